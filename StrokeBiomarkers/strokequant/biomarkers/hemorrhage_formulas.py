"""Formulas of hemorrhage on CT: irregularity, edema, scores of ventricular blood, midline shift."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import cbrt, exp, pi, sqrt

import numpy as np

from ..errors import Issue, Level, UsageError
from ..geometry import Geometry
from ..segmentation.workgrid import WorkGrid

GRAEB_LIMITS: dict[str, int] = {
    "fourth": 4,
    "third": 4,
    "left_lateral": 4,
    "right_lateral": 4,
    "left_occipital": 2,
    "right_occipital": 2,
    "left_temporal": 2,
    "right_temporal": 2,
}
"""Compartments of the modified Graeb score and their highest score; one more for each that is expanded."""


def irregularity_index(surface_mm2: float, volume_ml: float) -> float:
    """Hematoma irregularity index: 100 for a sphere, cut-off 123.8 (BMC Neurol 2022)."""
    return 100 * (sqrt(surface_mm2 / pi) / 2) / cbrt(3 * volume_ml * 1000 / (4 * pi))


def surface_mm2(mask: np.ndarray, geometry: Geometry, *, step_mm: float = 1.0) -> float:
    """Surface of a mask, of its smoothed level set, because voxels have steps."""
    from scipy import ndimage
    from skimage.measure import marching_cubes, mesh_surface_area

    used = np.argwhere(mask)
    low, high = np.maximum(used.min(axis=0) - 2, 0), used.max(axis=0) + 3
    from ..segmentation.cropping import cropped

    box = tuple(slice(int(a), min(int(b), n)) for a, b, n in zip(low, high, mask.shape, strict=True))
    pieces = WorkGrid.of(cropped(geometry, box), step_mm)
    share = ndimage.gaussian_filter(np.pad(pieces.down(mask[box].astype(np.float32)), 4), 1.0)
    if share.max() <= 0.5:
        return float("nan")
    vertices, faces, _, _ = marching_cubes(share, 0.5, spacing=(step_mm,) * 3)
    return float(mesh_surface_area(vertices, faces))


def edema_extension_mm(edema_ml: float, ich_ml: float) -> float:
    """Edema extension distance: width of the rim if clot and edema were balls."""
    ball = 4 * pi / 3
    return cbrt((edema_ml + ich_ml) * 1000 / ball) - cbrt(ich_ml * 1000 / ball)


def relative_edema(edema_ml: float, ich_ml: float) -> float | None:
    """Edema over clot; None where there is no clot."""
    return edema_ml / ich_ml if ich_ml > 0 else None


@dataclass(frozen=True)
class GraebReading:
    """What a reader saw in the ventricles.

    Args:
        filled: score by compartment, see `GRAEB_LIMITS`; what is not named is 0.
        expanded: compartments that blood has widened.
    """

    filled: Mapping[str, int] = field(default_factory=dict)
    expanded: Sequence[str] = ()


def modified_graeb(reading: GraebReading) -> int:
    """Modified Graeb score, 0 to 32.

    Raises:
        UsageError: a compartment or a score that there is none of.
    """
    for name in (*reading.filled, *reading.expanded):
        if name not in GRAEB_LIMITS:
            raise _usage(f"compartment {name!r}", "one of " + ", ".join(GRAEB_LIMITS))
    for name, score in reading.filled.items():
        if not isinstance(score, int) or not 0 <= score <= GRAEB_LIMITS[name]:
            raise _usage(f"{name} = {score!r}", f"a whole number from 0 to {GRAEB_LIMITS[name]}")
    return sum(reading.filled.values()) + len(set(reading.expanded))


def ivh_score(*, right: int, left: int, third: int, fourth: int, hydrocephalus: int) -> int:
    """IVH score of Hallevi, 0 to 23: 3 (right + left) + third + fourth + 3 hydrocephalus.

    Raises:
        UsageError: a number that the score does not have.
    """
    limits = {"right": (right, 3), "left": (left, 3), "third": (third, 1), "fourth": (fourth, 1)}
    for name, (score, limit) in (limits | {"hydrocephalus": (hydrocephalus, 1)}).items():
        if not 0 <= int(score) <= limit:
            raise _usage(f"{name} = {score!r}", f"0 to {limit}")
    return 3 * (right + left) + third + fourth + 3 * hydrocephalus


def ivh_score_ml(score: int) -> float:
    """Volume exp(score / 5) in mL; 0 where no ventricular blood is scored, though the formula says 1."""
    return exp(score / 5) if score else 0.0


def midline_shift_mm(left_table: Sequence[float], right_table: Sequence[float], septum: Sequence[float]) -> float:
    """Shift of the septum at the foramen of Monro: half of the inner width less the distance to the nearer inner table.

    Args:
        left_table, right_table: LPS mm of the inner table on both sides, on one line with the septum.
        septum: LPS mm.
    """
    left, right, middle = (np.asarray(point, float) for point in (left_table, right_table, septum))
    width = float(np.linalg.norm(left - right))
    if not width > 0:
        raise _usage("both points of the inner table are one", "two points, left and right")
    along = float((middle - right) @ (left - right)) / width
    return abs(width / 2 - along)


def _usage(found: str, expected: str) -> UsageError:
    return UsageError(Issue("I01", Level.STOP, found, expected, "correct the answer"))
