"""Numbers of the analysis of ACR phantoms, each with unit and reason."""

from dataclasses import dataclass

from .config import cited, design


@dataclass(frozen=True)
class AcrCtConfig:
    """ACR CT phantom."""

    body_hu: float = design(-500.0, "[hnsf'U]", "half-way between air and the body")
    outside_mm: float = design(12.0, "mm", "the border is looked for this far inside and outside the nominal radius")
    rays: int = design(360, "1", "directions in which the border is looked for")
    trimmed: float = design(0.25, "1", "share of border points left out that fit the circle worst: couch, holder")
    diameter_percent: float = design(5.0, "%", "STOP: a diameter that is off by more is no border of this phantom")
    pattern_half_mm: float = design(8.0, "mm", "half width of the ring that is compared with the inserts")
    pattern_min: float = design(0.85, "1", "smallest correlation of that ring with the inserts of module 1")
    slices: int = design(3, "1", "central slices of a module that are measured")
    search_mm: float = design(18.0, "mm", "radius in which the centroid of an insert or bead is taken")
    bead_hu: float = design(40.0, "[hnsf'U]", "a bead stands out of its surroundings by this much in a slice of 5 mm")
    bead_mm: float = design(4.0, "mm", "radius in which the centroid of a bead is taken")
    between_mm: tuple[float, float] = cited(
        (45.0, 110.0),
        "mm",
        "center of module 3 beyond that of module 1: 70 (pylinac) to 80 (drawing)",
        evidence="design",
    )
    roll_note_deg: float = design(5.0, "deg", "WARN above: the phantom is rolled")
    noise_min_voxels: int = design(200, "1", "fewer voxels of a region give no number")
    bead_uncertainty_mm: float = cited(0.2, "mm", "expanded; largest error on digital phantoms", evidence="design")


@dataclass(frozen=True)
class AcrMriConfig:
    """ACR large MRI phantom."""
