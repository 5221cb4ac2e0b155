"""Phantoms: registry of certified values, measurement, verdict, trend, and what a scanner's bias does to an endpoint."""
