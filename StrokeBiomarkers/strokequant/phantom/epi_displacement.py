"""EPI displacement: vials on the diffusion images against the same vials on an undistorted series of the same study."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..geometry import unit_normal
from ..phantom_types import Insert, PhantomMeasurement
from ..types import Role, Series, Volume
from .metrics import metric
from .passes import diffusion_series
from .shells import Shells
from .vial_centers import find_centers
from .vial_pose import VialPose, coarser


def displacement_numbers(series: Sequence[Series], pose: VialPose, group: str, vials: Sequence[Insert], settings):
    """Displacement of every vial, and the largest within 6 cm of the center.

    Returns:
        Measurements and issues; both empty where there is no anatomical series.
    """
    anatomy = _anatomy(series)
    if anatomy is None:
        return [], ()
    try:
        volume = read_volume(_near(anatomy, pose), config=settings.read)
    except StrokeQuantError as error:
        return [], tuple(error.issues)
    return displacement_against(volume, anatomy.label, pose, group, vials, settings)


def displacement_against(volume: Volume, label: str, pose: VialPose, group: str, vials: Sequence[Insert], settings):
    """The same against an image that is read already; `label` names it."""
    places = _centers_on(volume, pose, vials, settings.pose)
    if places is None:
        found = "vials not found on the anatomical series"
        remedy = "scan it at the place of the diffusion images"
        return [], (Issue("Q17", Level.INFO, found, "vials with visible borders", remedy, label),)
    moved = np.linalg.norm(pose.centers_lps - places, axis=1)
    within = np.array([np.hypot(*v.center_mm[:2]) <= 60.5 for v in vials])
    entry = metric("epi_displacement")
    worst = float(moved[within].max())
    made = [
        PhantomMeasurement(
            "epi_displacement", worst, entry.unit, group=group, n=int(within.sum()), method=f"against {label}"
        )
    ]
    issues = ()
    if worst > settings.fault.displacement_mm:
        shift = (pose.centers_lps - places)[within].mean(axis=0)
        found = (
            f"EPI displaces vials by up to {worst:.1f} mm; all together by ({', '.join(f'{v:.1f}' for v in shift)}) mm"
        )
        remedy = "check shim, center frequency and fat suppression; shorten the echo train"
        issues = (Issue("Q17", Level.WARN, found, f"up to {settings.fault.displacement_mm:g} mm", remedy, label),)
    return made, issues


def _anatomy(series: Sequence[Series]) -> Series | None:
    """Thinnest MR series that is no diffusion, no map and no localizer."""
    diffusion = {s.key for s in diffusion_series(series)}
    out = (Role.ADC, Role.LOCALIZER, Role.DERIVED, Role.DSC)
    usable = [
        s for s in series
        if s.kind == "dicom" and s.modality == "MR" and s.key not in diffusion and s.role not in out and len(s.frames) > 4
    ]  # fmt: skip
    return min(usable, key=lambda s: (s.frames[0].thickness or 99.0, s.key), default=None)


_REACH_MM = 7.5


def _near(series: Series, pose: VialPose) -> Series:
    """The series with the files of the slices around the middle of the vials alone."""
    orientation = series.frames[0].orientation
    if orientation is None or any(frame.position is None for frame in series.frames):
        return series
    normal = unit_normal(orientation)
    center = pose.centers_lps.mean(axis=0)
    reach = 2 * _REACH_MM + (series.frames[0].thickness or 0.0)
    near = sorted({f.file for f in series.frames if abs((np.array(f.position) - center) @ normal) <= reach})
    order = {file: n for n, file in enumerate(near)}
    frames = tuple(replace(f, file=order[f.file]) for f in series.frames if f.file in order)
    return replace(series, files=tuple(series.files[n] for n in near), frames=frames) if len(frames) > 1 else series


def _centers_on(volume, pose: VialPose, vials: Sequence[Insert], config) -> np.ndarray | None:
    """(n, 3) LPS of the vials on another image, on its slices nearest to where the diffusion images have them."""
    g = volume.geometry
    if abs(pose.axis_lps @ g.normal) < 0.9:
        return None
    shells = coarser(Shells(np.array([0.0]), volume.values[None], g), config.pixel_mm)
    g = shells.geometry
    center = pose.centers_lps.mean(axis=0)
    k = int(np.argmin(np.abs(g.positions - center @ g.normal)))
    right, down = (g.affine[:3, n] / np.linalg.norm(g.affine[:3, n]) for n in (0, 1))
    along = (g.positions[k] - pose.centers_lps @ g.normal) / (pose.axis_lps @ g.normal)
    at = pose.centers_lps + along[:, None] * pose.axis_lps
    start = np.stack([(at - g.slice_origins[k]) @ right, (at - g.slice_origins[k]) @ down], axis=1)
    reach = max(1, round(_REACH_MM / g.mean_extent_mm))
    layout = start - start.mean(axis=0)
    found = find_centers(
        shells, layout, start, pose.radius_mm, slice(max(0, k - reach // 2), k + reach // 2 + 1), config
    )
    if found.by_layout.sum() > len(vials) // 2:
        return None
    moved = (found.used_mm - start)[:, :1] * right + (found.used_mm - start)[:, 1:] * down
    return pose.centers_lps + moved
