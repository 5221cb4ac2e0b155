"""strokequant: objective, reproducible imaging biomarkers of stroke from CT and MR. Research use only."""

__version__ = "0.1.0"
