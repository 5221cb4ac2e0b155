"""A baseline registered to its follow-up: CT to CT, DWI to FLAIR, CT to MR, of any thickness, tilt and coverage.

A rigid motion, for display and to carry masks; volumes are always measured on the grid that a mask was drawn on. The search starts from
the headers, from the centers and from the vertex of both heads, and with the head bent forward and back; it is refined on a finer
grid, and repeated from the follow-up to the baseline: what both directions differ by is the residual that a reader sees beside the
pictures. Refused with a reason: too few slices, images that show different parts of the head, directions that do not agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy import ndimage

from ..errors import GeometryError, Issue, Level
from ..follow_up_config import FollowUpRegistrationConfig
from ..geometry import Geometry
from ..segmentation.cropping import Box, bounding_box, cropped, uncropped
from ..types import Mask, Volume
from .check_pictures import CheckPicture, check_pictures
from .coregister import mask_onto
from .masked_rigid import AIR_HU, HOUNSFIELD, Found, Prepared, apart_mm, prepare, search, turn_deg
from .resample import sample

_FIRST_STEPS, _LAST_STEPS = (4.0, 0.2), (1.0, 0.02)
"""First and last step of the optimizer in mm: of the search from every start, and of the refinement."""
_BLUR = 0.5


@dataclass(frozen=True, eq=False)
class FollowUpRegistration:
    """How a baseline lies to its follow-up.

    Args:
        matrix: 4x4, LPS mm of a point in the follow-up to the same anatomy in the baseline.
        displacement_mm: root mean square displacement of the head against the headers; `rotation_deg` its turn.
        residual_mm: root mean square distance of both directions of the registration.
        overlap_percent: of the smaller image's head that both images show.
        correlation: of both images over the head, CT to CT; None for other pairs.
        moved: baseline on the grid of the follow-up.
        inside: (k, j, i) what of the follow-up the baseline covers.
        pictures: three planes for the reader's check.
        issues: E21, E22.
    """

    matrix: np.ndarray
    displacement_mm: float
    rotation_deg: float
    residual_mm: float
    overlap_percent: float
    correlation: float | None
    moved: Volume
    inside: np.ndarray
    pictures: tuple[CheckPicture, ...]
    issues: tuple[Issue, ...] = ()


def register_follow_up(
    baseline: Volume, followup: Volume, *, config: FollowUpRegistrationConfig = FollowUpRegistrationConfig()
) -> FollowUpRegistration:
    """Measure how the baseline lies to the follow-up.

    Args:
        baseline, followup: CT in HU or MR; even or uneven slices, tilted or not.
        config: grids and limits.

    Raises:
        GeometryError: E20, with the reason.
    """
    for name, volume in (("baseline", baseline), ("follow-up", followup)):
        _require_cover(name, volume.geometry, config)
    try:
        moving, fixed = (prepare(volume, config.grid_mm, config) for volume in (baseline, followup))
        matrix, residual = _both_ways(fixed, moving, config)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise _refused(f"no registration: {reason}", "two images of one part of one head") from error
    overlap, correlation = _agreement(fixed, moving, matrix)
    both_ct = baseline.unit == HOUNSFIELD and followup.unit == HOUNSFIELD
    _require_sound(matrix, residual, overlap, correlation if both_ct else None, config)
    fill = AIR_HU if baseline.unit == HOUNSFIELD else 0.0
    values, inside = sample(baseline.values, baseline.geometry, followup.geometry, matrix=matrix, fill=fill)
    moved = replace(baseline, values=values, geometry=followup.geometry, instance_uids=(), issues=())
    distance = apart_mm(np.eye(4), matrix, fixed.points())
    return FollowUpRegistration(
        matrix,
        distance,
        turn_deg(matrix),
        residual,
        overlap,
        correlation if both_ct else None,
        moved,
        inside,
        check_pictures(baseline, followup, matrix, fixed.points(), config),
        _issues(distance, turn_deg(matrix), residual, min(_cover(v.geometry) for v in (baseline, followup)), config),
    )


def carry_mask(
    mask: Mask,
    registration: FollowUpRegistration,
    geometry: Geometry,
    *,
    config: FollowUpRegistrationConfig = FollowUpRegistrationConfig(),
) -> Mask:
    """A mask of the baseline on the grid of the follow-up, to look at and to compare with.

    Args:
        mask: on the grid of the baseline.
        registration: of `register_follow_up`.
        geometry: of the follow-up.
        config: share outside that is told (E23).
    """
    if not mask.values.any():
        return replace(mask, values=np.zeros(geometry.shape, bool), geometry=geometry)
    own = bounding_box(mask.values)
    part = replace(mask, values=mask.values[own], geometry=cropped(mask.geometry, own))
    back = np.linalg.inv(registration.matrix)
    there = _box_around(part.geometry, geometry, back)
    carried = mask_onto(part, cropped(geometry, there), registration.matrix)
    carried = replace(carried, values=uncropped(carried.values, there, geometry.shape), geometry=geometry)
    _, inside = sample(np.zeros(geometry.shape, np.float32), geometry, part.geometry, matrix=back)
    total, outside = mask.volume_ml, part.geometry.volume_ml(part.values & ~inside)
    issues = mask.issues
    if total and 100 * outside > config.outside_percent * total:
        found = f"{outside:.1f} of {total:.1f} mL lie outside the follow-up"
        issue = Issue("E23", Level.WARN, found, "a follow-up that covers the lesion", "do not compare both", mask.name)
        issues = (*issues, issue)
    return replace(carried, method=f"{mask.method}; registered to the follow-up", issues=issues)


def _box_around(part: Geometry, geometry: Geometry, matrix: np.ndarray) -> Box:
    """Voxels of a grid around a part of another one; the first voxel where the part lies outside.

    Args:
        part: grid of the part.
        geometry: the other grid.
        matrix: LPS mm of a point of the part to the same anatomy in the other image.
    """
    ends = [sorted({0, n - 1}) for n in part.shape]
    corners = part.to_lps([(k, j, i) for k in ends[0] for j in ends[1] for i in ends[2]])
    reach = np.abs(part.affine[:3, :2]).sum(axis=1) + part.slice_extents.max()
    corners = np.concatenate([corners + sign * reach for sign in np.array(list(product((-1, 1), repeat=3)))])
    corners = corners @ matrix[:3, :3].T + matrix[:3, 3]
    # slices of a tilted stack are shifted within their planes: the box holds all of these shifts
    along = corners @ geometry.normal
    near = (geometry.positions > along.min() - geometry.slice_extents) & (
        geometry.positions < along.max() + geometry.slice_extents
    )
    slices = np.flatnonzero(near) if near.any() else np.array([0])
    axes = np.column_stack([geometry.affine[:3, 0], geometry.affine[:3, 1], geometry.normal])
    inside = np.concatenate(
        [np.linalg.solve(axes, (corners - o).T)[:2] for o in geometry.slice_origins[slices]], axis=1
    )
    low, high = np.floor(inside.min(axis=1)).astype(int), np.ceil(inside.max(axis=1)).astype(int) + 1
    i, j = (
        slice(int(np.clip(a, 0, n - 1)), int(np.clip(b, 1, n)))
        for a, b, n in zip(low, high, geometry.shape[:0:-1], strict=True)
    )
    return slice(int(slices[0]), int(slices[-1]) + 1), j, i


def _both_ways(fixed: Prepared, moving: Prepared, config: FollowUpRegistrationConfig) -> tuple[np.ndarray, float]:
    """Matrix from the follow-up to the baseline, and how far the search from the other image is from it.

    Points of the smaller head all lie where both were imaged: of a slab of 40 mm in a whole head 0.9 mm against 2.7 mm (measured).
    """
    swapped = np.count_nonzero(moving.head) < np.count_nonzero(fixed.head)
    one, other = (moving, fixed) if swapped else (fixed, moving)
    there = _search(one, other, config).matrix
    back = search(other, one, np.linalg.inv(there), steps_mm=_LAST_STEPS, samples=config.samples).matrix
    residual = apart_mm(there, np.linalg.inv(back), one.points())
    return (np.linalg.inv(there) if swapped else there), residual


def _search(fixed: Prepared, moving: Prepared, config: FollowUpRegistrationConfig) -> Found:
    """Best motion: from every start on blurred images, the best one refined."""
    blurred = [_blurred(part, config) for part in (fixed, moving)]

    def first(start: np.ndarray) -> Found | None:
        try:
            return search(*blurred, start, steps_mm=_FIRST_STEPS, samples=config.first_samples)
        except RuntimeError:
            return None

    tried = [found for found in map(first, _starts(fixed, moving)) if found is not None]
    if not tried:
        msg = "the images do not overlap"
        raise RuntimeError(msg)
    best = max(tried, key=lambda found: found.similarity)
    bent = [first(start) for start in _bent(best.matrix, fixed, config.pitch_deg)]
    best = max([best, *(found for found in bent if found is not None)], key=lambda found: found.similarity)
    return search(fixed, moving, best.matrix, steps_mm=_LAST_STEPS, samples=config.samples)


def _blurred(part: Prepared, config: FollowUpRegistrationConfig) -> Prepared:
    width = _BLUR * config.first_mm / config.grid_mm
    return replace(part, values=ndimage.gaussian_filter(part.values, width))


def _starts(fixed: Prepared, moving: Prepared) -> Iterator[np.ndarray]:
    """By the headers; centers of both heads onto each other; the same with the vertices at one height."""
    yield np.eye(4)
    one, other = fixed.points(), moving.points()
    shift = other.mean(axis=0) - one.mean(axis=0)
    yield _shifted(shift)
    yield _shifted((shift[0], shift[1], other[:, 2].max() - one[:, 2].max()))


def _shifted(shift) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    return matrix


def _bent(matrix: np.ndarray, fixed: Prepared, pitch_deg: float) -> Iterator[np.ndarray]:
    """The head bent about its left-right axis, both ways."""
    center = fixed.points().mean(axis=0)
    for angle in np.radians([-pitch_deg, pitch_deg]):
        turn = np.eye(4)
        turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        turn[:3, 3] = center - turn[:3, :3] @ center
        yield matrix @ turn


def _agreement(fixed: Prepared, moving: Prepared, matrix: np.ndarray) -> tuple[float, float]:
    """Percent of the smaller head that both show, and the correlation there."""
    values, _ = sample(moving.values, moving.geometry, fixed.geometry, matrix=matrix)
    head, _ = sample((moving.head & moving.covered).astype(np.float32), moving.geometry, fixed.geometry, matrix=matrix)
    own = fixed.head & fixed.covered
    common = own & (head > 0.5)
    smaller = min(np.count_nonzero(own), np.count_nonzero(moving.head & moving.covered))
    one, other = fixed.values[common], values[common]
    spread = common.any() and one.std() * other.std() > 0
    correlation = float(np.corrcoef(one, other)[0, 1]) if spread else 0.0
    return 100 * np.count_nonzero(common) / max(1, smaller), correlation


def _cover(geometry: Geometry) -> float:
    """Extent of the slices along their normal in mm."""
    return float(geometry.slice_extents.sum())


def _require_cover(name: str, geometry: Geometry, config: FollowUpRegistrationConfig) -> None:
    cover = _cover(geometry)
    along_i, along_j = geometry.affine[:3, :2].T / np.array(geometry.pixel_spacing)[:, None]
    problem = ""
    if geometry.shape[0] < 2 or cover < config.cover_min_mm:
        problem = f"{name} of {geometry.shape[0]} slices, {cover:.0f} mm"
    elif abs(along_i @ along_j) > 1e-3:
        problem = f"{name} with rows and columns that are not perpendicular"
    if problem:
        raise _refused(problem, f"two or more slices over {config.cover_min_mm:g} mm or more, perpendicular pixels")


def _require_sound(matrix, residual, overlap, correlation, config: FollowUpRegistrationConfig) -> None:
    if overlap < config.overlap_min_percent:
        problem = f"both images share {overlap:.0f} % of the head"
        raise _refused(problem, f"{config.overlap_min_percent:g} % or more")
    if turn_deg(matrix) > config.largest_deg:
        raise _refused(f"a turn of {turn_deg(matrix):.0f} deg", f"up to {config.largest_deg:g} deg")
    if residual > config.residual_stop_mm:
        problem = f"both directions of the registration are {residual:.1f} mm apart"
        raise _refused(problem, f"{config.residual_stop_mm:g} mm or less")
    if correlation is not None and correlation < config.correlation_min:
        problem = f"a correlation of {correlation:.2f} after registration"
        raise _refused(problem, f"{config.correlation_min:g} or more for two CTs of one head")


def _refused(found: str, expected: str) -> GeometryError:
    remedy = "compare both without registration, or choose another series"
    return GeometryError(Issue("E20", Level.STOP, found, expected, remedy))


def _issues(distance: float, angle: float, residual: float, cover: float, config) -> tuple[Issue, ...]:
    words = f"baseline moved by {distance:.1f} mm and {angle:.1f} deg onto the follow-up, residual {residual:.2f} mm"
    issues = [Issue("E21", Level.INFO, words, "", "check the pictures of both")]
    if cover < config.cover_warn_mm:
        found = f"{words}, by {cover:.0f} mm of slices"
        expected = f"{config.cover_warn_mm:g} mm or more, which fix the turn of the head"
        issues = [Issue("E21", Level.WARN, found, expected, "check the pictures of both")]
    if residual > config.residual_warn_mm:
        found = f"both directions of the registration are {residual:.1f} mm apart"
        expected = f"{config.residual_warn_mm:g} mm or less"
        issues.append(Issue("E22", Level.WARN, found, expected, "check the pictures before masks are compared"))
    return tuple(issues)
