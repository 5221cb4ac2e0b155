"""Pose of a diffusion phantom and the place of every vial, from the images alone.

Search for the labels, borders of the vials, and the same again towards both ends of the vials, which shows how far their axis leans.
The phantom frame is right-handed: a phantom that lies with its other end first looks mirrored on a slice and is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..diffusion_phantom_config import PoseConfig
from ..errors import Issue, Level
from ..geometry import Geometry
from ..phantom_types import Insert, PhantomPose
from .reformat import across
from .shells import Shells
from .tube_pose import find_tube, tube_pose
from .vial_centers import Centers, find_centers
from .vial_search import Discs, Match, discs_of, search, turned, vial_agreement


@dataclass(frozen=True, eq=False)
class VialPose:
    """Where phantom and vials are.

    Args:
        pose: of the phantom; its origin lies in the middle of the vials.
        labels: of the vials, as in `centers_lps`.
        centers_lps: (n, 3) of the vials, in the middle of their length.
        axis_lps: unit vector along the vials.
        half_length_mm: of the vials, as far as the slices show it.
        tilt_deg: between vials and slice normal.
        radius_mm: of the border of the vials.
        scale: of the layout on the image.
        matched: (n,) whether ADC and evenness of every vial agree with its label.
        by_layout: (n,) whether the layout placed it and not its own border.
        offset: ln ADC minus certificate, median over the vials.
        score, lead: see `Match`.
    """

    pose: PhantomPose
    labels: tuple[str, ...]
    centers_lps: np.ndarray
    axis_lps: np.ndarray
    half_length_mm: float
    tilt_deg: float
    radius_mm: float
    scale: float
    matched: tuple[bool, ...]
    by_layout: tuple[bool, ...]
    offset: float
    score: float
    lead: float
    issues: tuple[Issue, ...] = ()

    def moved(self, centers: dict[str, tuple[float, float, float]]) -> "VialPose":
        """The same with some vials where a person puts them."""
        places = self.centers_lps.copy()
        for label, center in centers.items():
            places[self.labels.index(label)] = center
        return replace(self, centers_lps=places)


_TYPICAL_ADC = {0.0: (1109, 817, 579, 380, 220, 110), 20.0: (2000, 1551, 1183, 832, 507, 267)}
"""um2/s of PVP 0, 10, ... 50 % at 0 and 20 °C, by which vials without a certificate are told apart; no number depends on it."""


def vials_of(inserts: Sequence[Insert]) -> tuple[Insert, ...]:
    """Inserts that are vials of PVP or water."""
    return tuple(i for i in inserts if i.quantity == "adc" and i.concentration_percent is not None)


def patterns_of(vials: Sequence[Insert]) -> np.ndarray:
    """(m, n) ln ADC of the vials at temperatures that they share: lowest, middle and highest node of the certificate, else typical ones."""
    if any(v.law is None or v.law.kind != "nodes" for v in vials):
        pvp = [v.concentration_percent for v in vials]
        return np.log([np.interp(pvp, range(0, 60, 10), values) for values in _TYPICAL_ADC.values()])
    nodes = sorted(set.intersection(*(set(v.law.temperatures_c) for v in vials)))
    chosen = sorted({nodes[0], nodes[len(nodes) // 2], nodes[-1]})
    values = [[v.law.values[v.law.temperatures_c.index(t)] for v in vials] for t in chosen]
    return np.log(np.array(values, float))


def find_pose(
    shells: Shells, vials: Sequence[Insert], config: PoseConfig = PoseConfig(), *, near: VialPose | None = None
) -> VialPose | None:
    """Find the phantom, whether the slices lie across its vials or along them; None where there is none in the images.

    Args:
        shells: images by b value.
        vials: of the registry.
        near: where other images of the same study have it; looked at first.
    """
    if len(vials) == 1:
        return _single(shells, vials[0], config)
    if near is not None and abs(near.axis_lps @ shells.geometry.normal) > 0.9:
        found = _across(shells, vials, config, parts=False, near=near)
        if found is not None:
            return found
    found = _across(shells, vials, config, parts=True)
    if found is None and shells.geometry.shape[0] >= config.least_slices and shells.geometry.is_even:
        cuts = (_across(across(shells, axis), vials, config, parts=False) for axis in (0, 1))
        found = next((pose for pose in cuts if pose is not None), None)
    return found


def _single(shells: Shells, vial: Insert, config: PoseConfig) -> VialPose | None:
    """Pose of a phantom of one tube."""
    views = [shells]
    if shells.geometry.shape[0] >= config.least_slices and shells.geometry.is_even:
        views += [across(shells, axis) for axis in (0, 1)]
    for view in views:
        tube = find_tube(view, vial, config)
        if tube is None:
            continue
        pose, centers, axis, half, tilt, issues = tube_pose(view, tube, vial, config)
        labels, sure = (vial.label,), (True,)
        radius = tube.radius_mm
        return VialPose(pose, labels, centers, axis, half, tilt, radius, 1.0, sure, (False,), 0.0, 1.0, 1.0, issues)
    return None


def _across(
    shells: Shells, vials: Sequence[Insert], config: PoseConfig, *, parts: bool, near: VialPose | None = None
) -> VialPose | None:
    """Pose on slices across the vials; `parts` looks everywhere for a phantom that is not imaged whole."""
    layout = np.array([v.center_mm[:2] for v in vials], float)
    patterns = patterns_of(vials)
    coarse = coarser(shells, config.pixel_mm)
    discs = discs_of(coarse, config)
    least, score = config.least_matched, config.least_score
    around = _on_slices(coarse.geometry, near) if near else None
    match = search(discs, layout, patterns, config, least_score=score, around=around)
    if parts and discs.cut and (sum(match.matched) < least or match.score < score):
        least, score = config.part_matched, config.part_score
        match = search(discs, layout, patterns, config, least_score=score, wide=True)
    if sum(match.matched) < least or match.score < score or match.lead < config.least_lead:
        return None
    return _located(shells, coarse, discs, match, layout, patterns, vials, config)


def _on_slices(geometry: Geometry, pose: VialPose) -> Match:
    """A pose in space as it lies on slices."""
    right, down = (geometry.affine[:3, n] / np.linalg.norm(geometry.affine[:3, n]) for n in (0, 1))
    x, y = pose.pose.axes[:, 0], pose.pose.axes[:, 1]
    angle = np.arctan2(-y @ right, y @ down)
    mirrored = bool(x @ (np.cos(angle) * right + np.sin(angle) * down) < 0)
    k = int(np.argmin(np.abs(geometry.positions - pose.pose.center_lps @ geometry.normal)))
    apart = pose.pose.center_lps - geometry.slice_origins[k]
    center = (float(apart @ right), float(apart @ down))
    degrees = float(np.degrees(angle))
    return Match(pose.score, pose.lead, center, degrees, mirrored, k, 0, pose.offset, pose.matched)


def coarser(shells: Shells, pixel_mm: float) -> Shells:
    """Means over blocks of pixels, where pixels are much finer than this."""
    factors = [max(1, round(pixel_mm / p)) for p in shells.geometry.pixel_spacing]
    if max(factors) == 1:
        return shells
    m, k, rows, columns = shells.values.shape
    right, down = factors
    kept = shells.values[:, :, : rows // down * down, : columns // right * right]
    blocks = kept.reshape(m, k, rows // down, down, columns // right, right).mean(axis=(3, 5), dtype=np.float32)
    old = shells.geometry
    corner = (right - 1) / 2 * old.affine[:3, 0] + (down - 1) / 2 * old.affine[:3, 1]
    affine = old.affine.copy()
    affine[:3, 0] *= right
    affine[:3, 1] *= down
    affine[:3, 3] += corner
    shape = blocks.shape[1:]
    geometry = Geometry(shape, affine, old.slice_origins + corner, old.slice_extents, old.frame_of_reference)
    return replace(shells, values=blocks, geometry=geometry)


def _located(
    shells, coarse: Shells, discs: Discs, match: Match, layout, patterns, vials, config: PoseConfig
) -> VialPose:
    start = turned(layout, match.angle_deg, match.mirrored) + match.center_mm
    first, last = _run(vial_agreement(discs, start, patterns[match.pattern], config), match.slice)
    middle = (first + last) // 2
    mirrored = layout * ([-1.0, 1.0] if match.mirrored else [1.0, 1.0])
    radius = float(np.median([v.radius_mm for v in vials]))

    def centers_at(k: int, begin: np.ndarray, border_mm: float | None = None) -> Centers:
        return find_centers(coarse, mirrored, begin, radius, slice(max(0, k - 1), k + 2), config, border_mm=border_mm)

    centers = centers_at(middle, start)
    slope = _slope(coarse.geometry, centers_at, centers, first, last)
    return _in_space(coarse.geometry, centers, slope, (first, middle, last), match, vials, config)


def _run(agreement: np.ndarray, k: int) -> tuple[int, int]:
    """First and last slice around k in which the vials agree with the certificate."""
    limit = 0.5 * float(agreement.max())
    first = last = k
    while first > 0 and agreement[first - 1] >= limit:
        first -= 1
    while last < len(agreement) - 1 and agreement[last + 1] >= limit:
        last += 1
    return first, last


def _slope(geometry: Geometry, centers_at, middle: Centers, first: int, last: int) -> np.ndarray:
    """(right, down) mm by which the vials move per mm along the slice normal."""
    if last - first < 4:
        return np.zeros(2)
    low, high = first + 1, last - 1
    ends = [centers_at(k, middle.fitted_mm, middle.radius_mm) for k in (low, high)]
    moved = ends[1].fitted_mm.mean(axis=0) - ends[0].fitted_mm.mean(axis=0)
    return moved / (geometry.positions[high] - geometry.positions[low])


def _in_space(geometry: Geometry, centers: Centers, slope, slices, match: Match, vials, config: PoseConfig) -> VialPose:
    first, middle, last = slices
    right = geometry.affine[:3, 0] / np.linalg.norm(geometry.affine[:3, 0])
    down = geometry.affine[:3, 1] / np.linalg.norm(geometry.affine[:3, 1])
    axis = geometry.normal + slope[0] * right + slope[1] * down
    axis /= np.linalg.norm(axis)
    origin = geometry.slice_origins[middle]
    places = origin + centers.used_mm[:, :1] * right + centers.used_mm[:, 1:] * down
    center = origin + centers.center_mm[0] * right + centers.center_mm[1] * down
    axes = _axes(centers.angle_deg, match.mirrored, right, down, axis)
    tilt = float(np.degrees(np.arccos(min(1.0, abs(axis @ geometry.normal)))))
    length = geometry.slice_extents[first : last + 1].sum()
    roll = float(np.degrees(np.arctan2(axes[1, 0], axes[0, 0])))
    pose = PhantomPose(center, axes, match.score, centers.residual_mm, "search", roll)
    return VialPose(
        pose,
        tuple(v.label for v in vials),
        places,
        axis,
        float(length) / 2,
        tilt,
        centers.radius_mm,
        centers.scale,
        match.matched,
        tuple(centers.by_layout.tolist()),
        match.offset,
        match.score,
        match.lead,
        _issues(tilt, match, centers, vials, config),
    )


def _axes(angle_deg: float, mirrored: bool, right, down, axis) -> np.ndarray:
    """Columns are the axes of the phantom: x and y as they lie on the slice, perpendicular to the vials."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    x = (c * right + s * down) * (-1 if mirrored else 1)
    y = -s * right + c * down
    z = axis if np.cross(x, y) @ axis > 0 else -axis
    x = x - (x @ z) * z
    x /= np.linalg.norm(x)
    return np.column_stack([x, np.cross(z, x), z])


def _issues(tilt: float, match: Match, centers: Centers, vials, config: PoseConfig) -> tuple[Issue, ...]:
    issues = []
    if tilt > config.tilt_note_deg:
        stop = tilt > config.tilt_stop_deg
        expected = f"vials perpendicular to the slices, within {config.tilt_note_deg:g} deg"
        remedy = "level the phantom and scan again" if stop else "regions follow the vials; level the phantom next time"
        issues.append(
            Issue("Q75", Level.STOP if stop else Level.WARN, f"vials lean by {tilt:.1f} deg", expected, remedy)
        )
    odd = [v.label for v, good in zip(vials, match.matched, strict=True) if not good]
    if odd:
        found = f"{', '.join(odd)} do not look as the certificate says"
        remedy = "look at the pictures: a bubble, a leak, or a part outside the images"
        issues.append(Issue("Q02", Level.WARN, found, "13 even vials in the order of their ADC", remedy))
    placed = [v.label for v, laid in zip(vials, centers.by_layout, strict=True) if laid]
    if placed:
        found = f"{', '.join(placed)} placed by the layout: their own border was not found where it should be"
        issues.append(Issue("Q03", Level.INFO, found, "", "look at the pictures; a placements file moves them"))
    return tuple(issues)
