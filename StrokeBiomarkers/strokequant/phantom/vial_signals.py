"""Signals of the vials in one pass: regions, mean signal by b value, ADC with its standard error, and what disturbs them."""

from dataclasses import dataclass

import numpy as np

from ..config import AdcConfig
from ..diffusion_phantom_config import VialConfig
from ..geometry import Geometry
from ..maps.noise import estimate_noise
from ..types import DiffusionSeries
from .shells import Shells, log_slope
from .vial_pose import VialPose


@dataclass(frozen=True, eq=False)
class VialSignal:
    """One vial in one pass.

    Args:
        adc: um2/s, NaN where fewer than two b values can be used.
        adc_se: standard error from the voxels of the region.
        adc_sd: standard deviation of voxel ADC in the region.
        means: (m,) mean signal by b value; `used` those above the noise floor.
        two_point: (m,) ADC of b 0 (the lowest b) and every other b; NaN where not used.
        uneven: coefficient of variation of the lowest b over the region.
        saturated_percent: voxels at the largest stored value, at any b.
        voxels: of the region; `wanted` those that a whole region has.
        residuals: (m,) ln of the signal freed of Rician bias minus its line; `adc_clean` the slope of that line, for the search of causes.
    """

    label: str
    adc: float
    adc_se: float
    adc_sd: float
    means: np.ndarray
    used: np.ndarray
    two_point: np.ndarray
    uneven: float
    saturated_percent: float
    voxels: int
    wanted: float
    residuals: np.ndarray
    adc_clean: float = float("nan")


def region(geometry: Geometry, center_lps, axis_lps, config: VialConfig = VialConfig()) -> np.ndarray:
    """(k, j, i) bool: voxels within the radius of the axis of a vial, on the central slices."""
    half = config.roi_slices * geometry.mean_extent_mm / 2 if abs(np.dot(axis_lps, geometry.normal)) > 0.7 else 7.5
    mask = np.zeros(geometry.shape, bool)
    inside, box = _near(geometry, np.asarray(center_lps), np.asarray(axis_lps), config.roi_mm, half)
    mask[box] = inside
    return mask


def _near(geometry: Geometry, center, axis, radius: float, half: float):
    """Voxels of a box around the vial that lie in the cylinder, and the box."""
    ei, ej = geometry.affine[:3, 0], geometry.affine[:3, 1]
    along = geometry.slice_origins @ geometry.normal - center @ geometry.normal
    reach = half + radius + geometry.mean_extent_mm
    ks = np.flatnonzero(np.abs(along) <= reach)
    if not len(ks):
        return np.zeros((0, 0, 0), bool), (slice(0, 0), slice(0, 0), slice(0, 0))
    offset = center - geometry.slice_origins[ks].mean(axis=0)
    i0, j0 = offset @ ei / (ei @ ei), offset @ ej / (ej @ ej)
    pad = [reach / np.linalg.norm(e) + 2 for e in (ej, ei)]
    _, rows, columns = geometry.shape
    js = np.arange(max(0, int(j0 - pad[0])), min(rows, int(j0 + pad[0]) + 2))
    is_ = np.arange(max(0, int(i0 - pad[1])), min(columns, int(i0 + pad[1]) + 2))
    points = geometry.slice_origins[ks][:, None, None] + js[:, None, None] * ej + is_[:, None] * ei - center
    length = points @ axis
    distance = np.linalg.norm(points - length[..., None] * axis, axis=-1)
    inside = (distance <= radius) & (np.abs(length) <= half * (1 + 1e-6))
    box = (
        slice(ks[0], ks[-1] + 1),
        slice(js[0], js[-1] + 1) if len(js) else slice(0, 0),
        slice(is_[0], is_[-1] + 1) if len(is_) else slice(0, 0),
    )
    return inside, box


def signal_floor(dwi: DiffusionSeries, config: AdcConfig = AdcConfig()) -> float:
    """Noise of one channel of one average, from the air of the most weighted images; 0 where there is no air to see it in."""
    b = np.asarray(dwi.b_values)
    images = [dwi.values[n] for n in np.flatnonzero(b >= b.max() - config.b_shell_gap)]
    noise = estimate_noise(images, config)
    if noise.sigma is not None:
        return noise.sigma
    border = np.concatenate([np.r_[im[:, :4].ravel(), im[:, -4:].ravel()] for im in images])
    positive = border[border > 0]
    return float(np.median(positive) / np.sqrt(2 * np.log(2))) if len(positive) > 0.75 * len(border) else 0.0


def vial_signals(
    shells: Shells,
    pose: VialPose,
    masks: dict[str, np.ndarray],
    sigma: float,
    top: float | None,
    config: VialConfig = VialConfig(),
) -> tuple[VialSignal, ...]:
    """Signals of all vials.

    Args:
        shells: images by b value.
        masks: (k, j, i) region of every vial.
        sigma: see `signal_floor`.
        top: largest value that the files can hold, None where nothing is clipped there.
    """
    volume = np.pi * config.roi_mm**2 * config.roi_slices * shells.geometry.mean_extent_mm
    wanted = volume / (shells.geometry.pixel_area_mm2 * shells.geometry.mean_extent_mm)
    return tuple(_vial(label, shells, masks[label], sigma, top, wanted, config) for label in pose.labels)


def _vial(label: str, shells: Shells, mask, sigma: float, top, wanted: float, config: VialConfig) -> VialSignal:
    values = shells.values[:, mask].astype(float)
    count = values.shape[1]
    nothing = np.full(len(shells.b_values), np.nan)
    if count < 3:
        return VialSignal(
            label,
            np.nan,
            np.nan,
            np.nan,
            nothing,
            np.zeros(len(nothing), bool),
            nothing,
            np.nan,
            0.0,
            count,
            wanted,
            nothing,
        )
    means = values.mean(axis=1)
    used = (means > 0) & (means >= config.floor_sigmas * sigma)
    b = shells.b_values
    clean = np.sqrt(np.maximum(means**2 - config.rician_share * sigma**2, 0))
    adc, adc_clean = float(log_slope(b, means, used)), float(log_slope(b, clean, used))
    with np.errstate(divide="ignore", invalid="ignore"):
        two = np.where(used & (np.arange(len(b)) > 0), 1e6 * np.log(means[0] / means) / (b - b[0]), np.nan)
        each = log_slope(b[used], values[used], values[used] > 0) if used.sum() > 1 else np.full(count, np.nan)
        logs = np.where(used, np.log(clean), np.nan)
    residuals = logs + b * adc_clean * 1e-6
    residuals -= residuals[used].mean() if used.any() else 0
    known = each[np.isfinite(each)]
    sd = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    saturated = 100 * float((values >= top).any(axis=0).mean()) if top is not None else 0.0
    uneven = float(values[0].std(ddof=1) / means[0]) if means[0] > 0 else np.nan
    return VialSignal(
        label, adc, sd / np.sqrt(count), sd, means, used, two, uneven, saturated, count, wanted, residuals, adc_clean
    )


def clipped_at(dwi: DiffusionSeries, bits: int | None) -> float | None:
    """Value at which the images are clipped: the largest that their bits hold, or one that many voxels share; None where neither."""
    top = float(dwi.values.max())
    count = int((dwi.values == top).sum())
    full = bits is not None and top >= 2**bits - 1
    return top if full or count >= 50 else None
