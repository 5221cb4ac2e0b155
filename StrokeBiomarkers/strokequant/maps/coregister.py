"""Diffusion onto perfusion of the same patient: a rigid motion, measured on the grid of the perfusion series and shown to the reader.

Both images are of one study and lie close by their headers. The moving image is first brought onto the fixed grid by the headers;
what is left is measured with mutual information. A motion is used only where it makes the images more alike.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..config import AdcConfig
from ..errors import Issue, Level
from ..geometry import Geometry
from ..perfusion_config import CoregistrationConfig
from ..types import Mask, Volume
from .resample import sample
from .rigid import can_register, measure_motion


@dataclass(frozen=True, eq=False)
class Coregistration:
    """How two series of one patient lie to each other.

    Args:
        matrix: 4x4, LPS mm of a point in the fixed image to the same anatomy in the moving image.
        displacement_mm, rotation_deg: of that.
        gain_percent: rise of the mutual information.
        moved: moving image on the grid of the fixed one, for the reader's check.
        inside: (k, j, i) what of the fixed grid the moving image covers.
        issues: M codes.
        trusted: False where neither a registration nor one frame of reference says how the images lie to each other.
    """

    matrix: np.ndarray
    displacement_mm: float
    rotation_deg: float
    gain_percent: float
    moved: Volume
    inside: np.ndarray
    issues: tuple[Issue, ...] = ()
    trusted: bool = True


def coregister(
    fixed: Volume, moving: Volume, *, config: CoregistrationConfig = CoregistrationConfig()
) -> Coregistration:
    """Measure how a diffusion image lies to a perfusion series.

    Args:
        fixed: mean of the baseline frames.
        moving: b0 image of the same study.
        config: limits.
    """
    by_header, inside = sample(moving.values, moving.geometry, fixed.geometry)
    in_plane = bool(can_register(fixed.geometry, AdcConfig(), tilted=True))
    problem = can_register(fixed.geometry, AdcConfig(), in_plane=True, tilted=True)
    overlap = 100 * float(np.mean(inside))
    if not problem and overlap < config.overlap_min_percent:
        problem = f"the series overlap by {overlap:.0f} % only"
    found = None
    if not problem:
        try:
            found = measure_motion(
                fixed.values, by_header, fixed.geometry, config.samples, AdcConfig(), in_plane=in_plane
            )
        except RuntimeError as error:
            problem = f"the registration failed: {str(error).splitlines()[-1]}"
    if found is None:
        return _unmoved(fixed, moving, by_header, inside, problem)
    if found.displacement_mm > config.largest_mm:
        return _unmoved(
            fixed, moving, by_header, inside, f"a displacement of {found.displacement_mm:.0f} mm is no result"
        )
    worth = found.displacement_mm > config.smallest_mm and found.gain_percent > config.gain_percent
    matrix = found.matrix if worth else np.eye(4)
    values, inside = sample(moving.values, moving.geometry, fixed.geometry, matrix=matrix)
    moved = _volume(moving, fixed.geometry, values)
    distance = found.displacement_mm if worth else 0.0
    rotation = found.rotation_deg if worth else 0.0
    issues = _issues(distance, found.displacement_mm, config)
    return Coregistration(matrix, distance, rotation, found.gain_percent, moved, inside, issues)


def mask_onto(mask: Mask, geometry: Geometry, matrix: np.ndarray, *, subdivisions: int = 2) -> Mask:
    """A mask on another grid: voxels of which at least half is inside.

    Args:
        mask: on the grid of the moving image.
        geometry: grid of the fixed image.
        matrix: as `Coregistration.matrix`.
        subdivisions: points along every axis of a voxel at which the mask is looked up.
    """
    share = np.zeros(geometry.shape, np.float32)
    values = mask.values.astype(np.float32)
    offsets = (np.arange(subdivisions) + 0.5) / subdivisions - 0.5
    for along_k in offsets:
        for along_j in offsets:
            for along_i in offsets:
                share += sample(values, mask.geometry, _shifted(geometry, along_i, along_j, along_k), matrix=matrix)[0]
    words = f"{mask.method}; registered to the perfusion series"
    return replace(mask, values=share >= subdivisions**3 / 2, geometry=geometry, method=words)


def _shifted(geometry: Geometry, i: float, j: float, k: float) -> Geometry:
    """The grid with its voxel centers moved by parts of a voxel; across the slices by parts of their own extents."""
    in_plane = geometry.affine[:3, :2] @ (i, j)
    across = np.outer(k * geometry.slice_extents, geometry.normal)
    return replace(geometry, slice_origins=geometry.slice_origins + in_plane + across)


def _volume(moving: Volume, geometry: Geometry, values: np.ndarray) -> Volume:
    return replace(moving, values=values, geometry=geometry, instance_uids=(), issues=())


def _unmoved(fixed: Volume, moving: Volume, by_header, inside, problem: str) -> Coregistration:
    frames = {fixed.geometry.frame_of_reference, moving.geometry.frame_of_reference} - {""}
    trusted = len(frames) < 2
    use = (
        "both are used as their headers place them"
        if trusted
        else "their frames of reference differ: no core is taken over"
    )
    found = f"diffusion was not registered to perfusion: {problem}; {use}"
    issue = Issue("M07", Level.WARN, found, "a registration that a reader can check", "look at the overlay of both")
    moved = _volume(moving, fixed.geometry, by_header)
    return Coregistration(np.eye(4), 0.0, 0.0, 0.0, moved, inside, (issue,), trusted)


def _issues(used_mm: float, measured_mm: float, config: CoregistrationConfig) -> tuple[Issue, ...]:
    words = f"moved by {used_mm:.2f} mm" if used_mm else f"left where it is ({measured_mm:.2f} mm measured)"
    level = Level.WARN if used_mm > config.warn_mm else Level.INFO
    return (Issue("M08", level, f"diffusion {words} onto perfusion", "", "check the overlay of both"),)
