"""Signal-to-noise ratio at b 0 by three ways, and ADC by direction."""

from collections.abc import Sequence

import numpy as np

from ..types import DiffusionSeries, Directionality


def snr_of(images: Sequence[np.ndarray], masks: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """SNR of every region, by way.

    "temporal": mean over time and voxels over the root of the mean variance over three or more passes; a drift of the signal lowers it.
    "difference": of the first two passes, mean over SD of their difference / sqrt 2. "spatial": mean over SD within the region of one
    pass, with the slope of the coil taken out.

    Args:
        images: (passes) of (k, j, i) at the lowest b.
        masks: regions.
    """
    values = [np.stack([image[mask] for image in images]).astype(float) for mask in masks]
    out: dict[str, np.ndarray] = {}
    if len(images) > 2:
        out["temporal"] = np.array(
            [_ratio(v.mean(), np.sqrt(v.var(axis=0, ddof=1).mean())) if v.size else np.nan for v in values]
        )
    if len(images) > 1:
        out["difference"] = np.array(
            [_ratio(v[:2].mean(), (v[0] - v[1]).std(ddof=1) / np.sqrt(2)) if v.shape[1] > 2 else np.nan for v in values]
        )
    out["spatial"] = np.array([_spatial(images[0], mask) for mask in masks])
    return out


def _ratio(mean: float, sd: float) -> float:
    return float(mean / sd) if sd > 0 else float("nan")


def _spatial(image: np.ndarray, mask: np.ndarray) -> float:
    """Mean over SD of what a plane leaves."""
    places = np.argwhere(mask)
    if len(places) < 8:
        return float("nan")
    values = image[mask].astype(float)
    matrix = np.c_[np.ones(len(places)), places - places.mean(axis=0)]
    rest = values - matrix @ np.linalg.lstsq(matrix, values, rcond=None)[0]
    rank = np.linalg.matrix_rank(matrix)
    return _ratio(values.mean(), float(np.sqrt((rest**2).sum() / (len(values) - rank))))


def direction_percent(dwi: DiffusionSeries, masks: Sequence[np.ndarray]) -> np.ndarray:
    """(n,) 100 (max - min) / mean of the ADC along each direction; empty where the series has no three to six directions."""
    b = np.asarray(dwi.b_values, float)
    along = [n for n, kind in enumerate(dwi.directionality) if kind is Directionality.DIRECTIONAL]
    groups: dict[tuple, list[int]] = {}
    for n in along:
        d = np.round(np.asarray(dwi.directions[n], float), 2)
        lead = d[np.flatnonzero(np.abs(d) > 0.05)[0]] if (np.abs(d) > 0.05).any() else 1.0
        groups.setdefault(tuple((d * np.sign(lead) + 0.0).tolist()), []).append(n)
    low = np.flatnonzero(b <= 10)
    if not 3 <= len(groups) <= 6 or not len(low):
        return np.array([])
    out = []
    for mask in masks:
        s0 = dwi.values[low][:, mask].mean()
        adcs = []
        for members in groups.values():
            signals = np.array([dwi.values[n][mask].mean() for n in members])
            weights = b[members]
            with np.errstate(divide="ignore", invalid="ignore"):
                adcs.append((weights * np.log(s0 / signals)).sum() / (weights**2).sum())
        out.append(100 * (max(adcs) - min(adcs)) / np.mean(adcs))
    return np.array(out)
