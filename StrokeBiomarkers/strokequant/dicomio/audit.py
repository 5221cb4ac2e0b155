"""Geometry audit: may these slices be measured, and what would a product of spacings get wrong?

Rules G01 to G19, on Image Position and Image Orientation alone: thickness, spacing and tilt tags are compared, never used.
"""

from collections.abc import Sequence

import numpy as np

from ..config import AuditConfig
from ..errors import GeometryError, Issue, Level, StrokeQuantError
from ..geometry import Geometry, slice_extents, unit_normal
from ..types import Frame, GeometryAudit, Role, Series, Verdict
from .headers import frame_issues
from .nifti import read_raw
from .nifti_file import lps_affine, parse_header, unpacked

STACKED_ROLES = frozenset({Role.DWI, Role.DSC, Role.CTP})
"""Roles in which every position is imaged several times."""

TIMED_ROLES = frozenset({Role.DSC, Role.CTP})
"""Roles in which the time audit says which images are missing or there twice."""


def audit_series(series: Series, *, config: AuditConfig = AuditConfig()) -> GeometryAudit:
    """Audit of a series: DICOM from the header facts of its frames, NIfTI from the affine of its first file."""
    if series.kind == "nifti":
        return _audit_nifti(series, config)
    frames = series.frames
    placed = [f for f in frames if f.position is not None and f.orientation is not None and f.pixel_spacing is not None]
    known = [issue for issue in frame_issues(frames, series.label) if issue.blocks]
    if known:
        return _refused(*known)
    if len(placed) < len(frames) or not frames:
        return _refused(
            Issue(
                "G00",
                Level.STOP,
                f"{len(frames) - len(placed)} of {len(frames)} frames without position, orientation or pixel spacing",
                "(0020,0032), (0020,0037) and (0028,0030) in every frame",
                "export the series again with its geometry",
                series.label,
            )
        )
    turned = _orientation_spread(placed)
    if turned > config.orientation_tolerance:
        return _refused(
            Issue(
                "G12",
                Level.STOP,
                f"orientations that differ by {turned:.3f} in (0020,0037)",
                f"one orientation within {config.orientation_tolerance}",
                "split the series by orientation",
                series.label,
            )
        )
    try:
        unit_normal(placed[0].orientation)
    except GeometryError as error:
        return _refused(*error.issues)
    repeated, timed = series.role in STACKED_ROLES, series.role in TIMED_ROLES
    audit = _audit_positions(placed, repeated=repeated, timed=timed, subject=series.label, config=config)
    return _with_issues(audit, _header_issues(series))


def _audit_nifti(series: Series, config: AuditConfig) -> GeometryAudit:
    name = series.files[0].name
    try:
        header = parse_header(unpacked(read_raw(series.files[0]), name), name)
        geometry = Geometry.from_affine(lps_affine(header, name), header.shape[2::-1])
    except StrokeQuantError as error:
        return _refused(*error.issues)
    return audit_geometry(geometry, subject=series.label, config=config)


def audit_geometry(geometry: Geometry, *, subject: str = "", config: AuditConfig = AuditConfig()) -> GeometryAudit:
    """Audit of a grid that came without DICOM headers, such as NIfTI."""
    spacing = geometry.pixel_spacing
    orientation = (*geometry.affine[:3, 0] / spacing[0], *geometry.affine[:3, 1] / spacing[1])
    frames = [
        Frame(0, k, "", tuple(origin), orientation, (spacing[1], spacing[0]))
        for k, origin in enumerate(geometry.slice_origins)
    ]
    if len(frames) == 1:
        frames = [Frame(0, 0, "", frames[0].position, orientation, frames[0].pixel_spacing, geometry.mean_extent_mm)]
    return _audit_positions(frames, repeated=False, subject=subject, config=config)


def _refused(*issues: Issue) -> GeometryAudit:
    return GeometryAudit(Verdict.REFUSE, 0.0, (), (), None, 0.0, issues=issues)


def _orientation_spread(frames: Sequence[Frame]) -> float:
    cosines = np.array([f.orientation for f in frames], dtype=float)
    return float(np.abs(cosines - cosines[0]).max())


def _audit_positions(
    frames: Sequence[Frame], *, repeated: bool, timed: bool = False, subject: str, config: AuditConfig
) -> GeometryAudit:
    normal = unit_normal(frames[0].orientation)
    along = np.array([f.position for f in frames], dtype=float) @ normal
    order = np.argsort(along, kind="stable")
    ordered = [frames[i] for i in order]
    starts = np.flatnonzero(np.diff(along[order], prepend=-np.inf) >= config.duplicate_mm)
    counts = np.diff(np.append(starts, len(frames)))
    slices = [ordered[i] for i in starts]
    positions = along[order][starts]
    gaps = np.diff(positions)
    issues = [*([] if timed else _count_issues(positions, counts, repeated)), *_single_slice_issues(slices)]
    tilt, wander = _tilt(slices, normal)
    complete = timed or not repeated or counts.min() >= _usual(counts)
    missing = _missing_gaps(gaps, slices, config) if complete else ()
    issues += _missing_issues(gaps, positions, missing, slices)
    issues += _tilt_issues(tilt, wander, config)
    issues += _gap_issues(gaps, config)
    overlapping, gapped, thickness_issues = _thickness_issues(gaps, slices, config)
    issues += thickness_issues
    issues += _tag_issues(gaps, slices, config)
    thicknesses = {f.thickness for f in slices}
    return GeometryAudit(
        verdict=_verdict(issues),
        effect_percent=_effect_percent(slices, positions),
        positions=tuple(float(p) for p in positions),
        gaps=tuple(float(g) for g in gaps),
        thickness_mm=thicknesses.pop() if len(thicknesses) == 1 else None,
        tilt_deg=tilt,
        missing=missing,
        duplicate=() if repeated else tuple(int(i) for i in np.flatnonzero(counts > 1)),
        overlapping=overlapping,
        gapped=gapped,
        issues=tuple(_about(issue, subject) for issue in issues),
    )


def _about(issue: Issue, subject: str) -> Issue:
    return Issue(issue.code, issue.level, issue.found, issue.expected, issue.remedy, subject)


def _verdict(issues: Sequence[Issue]) -> Verdict:
    if any(issue.blocks for issue in issues):
        return Verdict.REFUSE
    noted = any(issue.level is Level.WARN for issue in issues)
    return Verdict.MEASURE_WITH_NOTE if noted else Verdict.MEASURE


def _with_issues(audit: GeometryAudit, more: Sequence[Issue]) -> GeometryAudit:
    issues = (*audit.issues, *more)
    values = {name: getattr(audit, name) for name in audit.__dataclass_fields__} | {
        "issues": issues,
        "verdict": _verdict(issues),
    }
    return GeometryAudit(**values)


def _effect_percent(slices: Sequence[Frame], positions: np.ndarray) -> float:
    """Error of (number of slices) x (mean step length) against the sum of the slices' own extents."""
    if len(slices) < 2:
        return 0.0
    steps = np.linalg.norm(np.diff(np.array([f.position for f in slices], dtype=float), axis=0), axis=1)
    return float(100 * (len(slices) * steps.mean() / slice_extents(positions).sum() - 1))


def _usual(counts: np.ndarray) -> int:
    """The most frequent number of images of a position; the larger where two are equally frequent."""
    values, positions = np.unique(counts, return_counts=True)
    return int(values[positions == positions.max()].max())


def _count_issues(positions: np.ndarray, counts: np.ndarray, repeated: bool) -> list[Issue]:
    usual = _usual(counts)
    if repeated and counts.min() < usual:
        short = [f"{positions[i]:.2f} mm ({counts[i]})" for i in np.flatnonzero(counts < usual)]
        return [
            Issue(
                "G06",
                Level.STOP,
                f"{len(short)} of {len(counts)} positions with fewer than {usual} images: {_list(short)}",
                "the same number of images at every position",
                "send the series again; images are missing",
            )
        ]
    if repeated and counts.max() > usual:
        more = [f"{positions[i]:.2f} mm ({counts[i]})" for i in np.flatnonzero(counts > usual)]
        return [
            Issue(
                "G07",
                Level.WARN,
                f"{len(more)} of {len(counts)} positions with more than {usual} images: {_list(more)}",
                "the same number of images at every position",
                "identical images are used once; different ones are refused when read",
            )
        ]
    if not repeated and counts.max() > 1:
        twice = [f"{positions[i]:.2f} mm" for i in np.flatnonzero(counts > 1)]
        return [
            Issue(
                "G07",
                Level.WARN,
                f"{len(twice)} of {len(counts)} positions with more than one slice: {_list(twice)}",
                "one slice at every position",
                "identical slices are used once; different ones are refused when read",
            )
        ]
    return []


def _single_slice_issues(slices: Sequence[Frame]) -> list[Issue]:
    if len(slices) > 1:
        return []
    thickness = slices[0].thickness
    level = Level.WARN if thickness else Level.STOP
    return [
        Issue(
            "G19",
            level,
            f"one slice, Slice Thickness (0018,0050) {thickness if thickness else 'absent'}",
            "two or more slices",
            "its volume is area x thickness and says nothing about the tissue beside it",
        )
    ]


def _tilt(slices: Sequence[Frame], normal: np.ndarray) -> tuple[float, float]:
    """Angle in degrees between stacking direction and normal, and how far slices leave that line in mm."""
    origins = np.array([f.position for f in slices], dtype=float)
    if len(origins) < 2:
        return 0.0, 0.0
    direction = origins[-1] - origins[0]
    cosine = abs(direction @ normal) / np.linalg.norm(direction)
    share = ((origins - origins[0]) @ normal) / (direction @ normal)
    wander = np.linalg.norm(origins - origins[0] - share[:, None] * direction, axis=1).max()
    return float(np.degrees(np.arccos(min(1.0, cosine)))), float(wander)


def _tilt_issues(tilt: float, wander: float, config: AuditConfig) -> list[Issue]:
    issues = []
    if tilt > config.tilt_deg:
        effect = 100 * (1 / np.cos(np.radians(tilt)) - 1)
        issues.append(
            Issue(
                "G03",
                Level.WARN,
                f"gantry tilt {tilt:.2f} deg; a product of spacings would read {effect:+.2f} %",
                "slices stacked along their normal",
                "the volume is measured along the normal",
            )
        )
    if wander > 1.0:
        issues.append(
            Issue(
                "G03",
                Level.WARN,
                f"slices shifted in their plane by up to {wander:.1f} mm from a straight stack",
                "one straight stack",
                "volume is right; check that it is one acquisition",
            )
        )
    return issues


def _gap_issues(gaps: np.ndarray, config: AuditConfig) -> list[Issue]:
    if len(gaps) < 2 or gaps.max() / gaps.min() <= config.uneven_ratio:
        return []
    listed = ", ".join(f"{length:.3f} x{count}" for length, count in _runs(gaps))
    return [
        Issue(
            "G05",
            Level.WARN,
            f"uneven slices, ratio {gaps.max() / gaps.min():.2f}, gaps {listed} mm",
            "one distance",
            "every slice is weighed with its own extent; compare with the spline volume",
        )
    ]


def _runs(gaps: np.ndarray) -> list[tuple[float, int]]:
    """Consecutive gaps of one length, within 0.01 mm, as (length, count)."""
    edges = np.flatnonzero(np.abs(np.diff(gaps)) > 0.01) + 1
    return [(float(run.mean()), len(run)) for run in np.split(gaps, edges)]


def _number_steps(slices: Sequence[Frame]) -> np.ndarray | None:
    """Differences of Instance Number between neighbors, None where numbers are absent."""
    numbers = [f.instance_number for f in slices]
    return None if None in numbers else np.abs(np.diff(numbers))


def _missing_gaps(gaps: np.ndarray, slices: Sequence[Frame], config: AuditConfig) -> tuple[int, ...]:
    """Gaps that look like a lost slice: isolated and wide, or wide with a matching hole in Instance Number."""
    if len(gaps) < 2:
        return ()
    left = np.concatenate([[np.nan], gaps[:-1]])
    right = np.concatenate([gaps[1:], [np.nan]])
    isolated = gaps >= config.missing_ratio * np.fmax(left, right)
    steps = _number_steps(slices)
    if steps is None or not np.median(steps) > 0:
        return tuple(int(i) for i in np.flatnonzero(isolated))
    common = np.median(gaps[steps == np.median(steps)])
    lengths = gaps / common
    hole = (steps > np.median(steps)) & (lengths >= config.missing_ratio)
    hole &= np.abs(lengths - steps / np.median(steps)) < 0.25
    return tuple(int(i) for i in np.flatnonzero(isolated | hole))


def _missing_issues(
    gaps: np.ndarray, positions: np.ndarray, missing: Sequence[int], slices: Sequence[Frame]
) -> list[Issue]:
    if not missing:
        return []
    steps = _number_steps(slices)
    places = []
    for i in missing:
        text = f"{gaps[i]:.2f} mm between {positions[i]:.2f} and {positions[i + 1]:.2f} mm"
        if steps is not None and steps[i] > np.median(steps):
            text += f", Instance Number jumps from {slices[i].instance_number} to {slices[i + 1].instance_number}"
        places.append(text)
    usual = float(np.median(gaps))
    share = 100 * sum(gaps[i] - usual for i in missing) / slice_extents(positions).sum()
    return [
        Issue(
            "G06",
            Level.STOP,
            f"{len(positions)} slices with a hole: {_list(places)}; it holds {share:.1f} % of the stack",
            f"a slice every {usual:.2f} mm",
            "send the missing slice, or let a reader decide on the series",
        )
    ]


def _thickness_issues(
    gaps: np.ndarray, slices: Sequence[Frame], config: AuditConfig
) -> tuple[tuple[int, ...], tuple[int, ...], list[Issue]]:
    thickness = [f.thickness for f in slices]
    if len(gaps) < 1 or any(t is None or t <= 0 for t in thickness):
        return (), (), []
    mean = (np.array(thickness[1:], dtype=float) + np.array(thickness[:-1], dtype=float)) / 2
    overlapping = np.flatnonzero(gaps < config.overlap_ratio * mean)
    gapped = np.flatnonzero(gaps > config.gapped_ratio * mean)
    summed = 100 * (sum(thickness) / slice_extents(np.concatenate([[0], np.cumsum(gaps)])).sum() - 1)
    by_thickness = f"area x Slice Thickness would read {summed:+.2f} %"
    issues = []
    if len(overlapping):
        found = f"{len(overlapping)} of {len(gaps)} gaps smaller than the thickness (down to {gaps[overlapping].min():.2f} mm); {by_thickness}"
        issues.append(Issue("G08", Level.WARN, found, "slices side by side", "every slice counts with its own extent"))
    if len(gapped):
        found = f"{len(gapped)} of {len(gaps)} gaps larger than the thickness (up to {gaps[gapped].max():.2f} mm); {by_thickness}"
        issues.append(Issue("G09", Level.INFO, found, "slices side by side", "every slice counts with its own extent"))
    return tuple(int(i) for i in overlapping), tuple(int(i) for i in gapped), issues


def _tag_issues(gaps: np.ndarray, slices: Sequence[Frame], config: AuditConfig) -> list[Issue]:
    tags = {f.spacing_tag for f in slices if f.spacing_tag is not None}
    if not tags or len(gaps) < 1:
        return []
    issues = []
    usual = float(np.median(gaps))
    off = [t for t in sorted(tags) if abs(abs(t) - usual) > config.spacing_tag_percent / 100 * usual]
    if off:
        found = f"Spacing Between Slices (0018,0088) {_list([f'{t:g}' for t in off])} mm, slices {usual:.4f} mm apart along the normal"
        issues.append(Issue("G01", Level.WARN, found, "the same distance", "the tag is not used"))
    if min(tags) < 0:
        found = f"Spacing Between Slices (0018,0088) {min(tags):g} mm"
        issues.append(
            Issue(
                "G02",
                Level.WARN,
                found,
                "a positive distance",
                "sign and value are ignored; slices are ordered by position",
            )
        )
    numbers = [f.instance_number for f in slices]
    return issues + _order_issues(numbers)


def _order_issues(numbers: Sequence[int | None]) -> list[Issue]:
    if None in numbers or len(numbers) < 3:
        return []
    steps = np.diff(numbers)
    if (steps > 0).all() or (steps < 0).all():
        return []
    return [
        Issue(
            "G10",
            Level.INFO,
            "Instance Number (0020,0013) does not follow the positions",
            "",
            "slices are ordered by position",
        )
    ]


def _header_issues(series: Series) -> list[Issue]:
    position = series.header.get("patient_position")
    if position in (None, "", "HFS"):
        return []
    return [
        Issue(
            "G18",
            Level.INFO,
            f"Patient Position (0018,5100) {position}",
            "HFS",
            "sides come from patient coordinates; check the L and R markers",
            series.label,
        )
    ]


def _list(items: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
