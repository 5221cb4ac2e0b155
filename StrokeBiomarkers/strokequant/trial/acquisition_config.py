"""Constants of the acquisition check."""

from dataclasses import dataclass

from ..config import design


@dataclass(frozen=True)
class AcquisitionConfig:
    """Which images are looked at, and what counts as the same b value."""

    images: int = design(12, "1", "images of a series whose pixels are looked at, evenly spread")
    b_wanted: float = design(1000.0, "s/mm2", "diffusion weighting that stroke is read at")
    b_same: float = design(50.0, "s/mm2", "b values this close are one weighting with several directions")
    trace_directions: int = design(3, "1", "a trace image is made of at least three directions")
