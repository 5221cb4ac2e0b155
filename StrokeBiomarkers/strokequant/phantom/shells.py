"""Shells: one image for each b value of a diffusion series, and the ADC of their logarithms.

Directions of one b value become their geometric mean, repeats without diffusion weighting their arithmetic mean. A trace image of the
scanner stands beside directional ones only where there are none.
"""

from dataclasses import dataclass

import numpy as np

from ..config import AdcConfig
from ..errors import Issue, Level, MapError
from ..geometry import Geometry
from ..types import DiffusionSeries, Directionality


@dataclass(frozen=True, eq=False)
class Shells:
    """Images by b value.

    Args:
        b_values: (m,) s/mm2, ascending.
        values: (m, k, j, i) float32.
        images: indices of the series that every shell was made of.
    """

    b_values: np.ndarray
    values: np.ndarray
    geometry: Geometry
    images: tuple[tuple[int, ...], ...] = ()


def shells_of(dwi: DiffusionSeries, config: AdcConfig = AdcConfig()) -> Shells:
    """One image per b value.

    Raises:
        MapError: B05 where there are not two different b values.
    """
    b = np.asarray(dwi.b_values, dtype=float)
    groups = _groups(b, dwi.directionality, config)
    if len(groups) < 2:
        found = f"b {', '.join(f'{value:g}' for value in sorted(set(b.tolist())))} s/mm2"
        remedy = "name all series of the phantom scan"
        raise MapError(Issue("B05", Level.STOP, found, "two or more b values", remedy))
    values = np.empty((len(groups), *dwi.geometry.shape), np.float32)
    for n, (images, is_b0) in enumerate(groups):
        values[n] = _mean(dwi.values[list(images)], is_b0)
    means = np.array([b[list(images)].mean() for images, _ in groups])
    return Shells(means, values, dwi.geometry, tuple(images for images, _ in groups))


def _groups(b: np.ndarray, kinds: tuple[Directionality, ...], config: AdcConfig) -> list[tuple[tuple[int, ...], bool]]:
    """(images, is b0) of every shell, by ascending b."""
    order = np.argsort(b, kind="stable")
    groups: list[list[int]] = []
    for n in order.tolist():
        if groups and (b[n] - b[groups[-1][0]] <= config.b_shell_gap or np.round(b[n]) <= config.b0_max):
            groups[-1].append(n)
        else:
            groups.append([n])
    out = []
    for group in groups:
        is_b0 = bool(np.round(b[group]).max() <= config.b0_max)
        directional = [n for n in group if kinds[n] is Directionality.DIRECTIONAL]
        out.append((tuple(directional if directional and not is_b0 else group), is_b0))
    return out


def _mean(images: np.ndarray, is_b0: bool) -> np.ndarray:
    if len(images) == 1:
        return images[0]
    if is_b0:
        return images.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(images, dtype=np.float32)
    mean = np.exp(logs.mean(axis=0))
    return np.where(np.isfinite(mean), mean, 0)


def log_slope(b_values: np.ndarray, signals: np.ndarray, used: np.ndarray | None = None) -> np.ndarray:
    """ADC in um2/s: least squares slope of ln S on -b.

    Args:
        b_values: (m,) s/mm2.
        signals: (m, ...) positive where used.
        used: (m, ...) bool, None for all; fewer than two make NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(signals)
    usable = np.isfinite(logs) if used is None else used & np.isfinite(logs)
    b = np.asarray(b_values, float).reshape((-1,) + (1,) * (logs.ndim - 1))
    count = usable.sum(axis=0)
    logs = np.where(usable, logs, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        b_mean = (b * usable).sum(axis=0) / count
        centered = (b - b_mean) * usable
        slope = -1e6 * (centered * logs).sum(axis=0) / (centered**2).sum(axis=0)
    return np.where(count > 1, slope, np.nan)
