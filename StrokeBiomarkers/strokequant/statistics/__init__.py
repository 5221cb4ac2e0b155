"""Statistics of repeatability, reproducibility and agreement, each with its interval."""
