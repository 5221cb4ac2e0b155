"""High contrast of CT from bar patterns: how much of each pattern is left, and the finest that is seen.

The pattern at a site is found in its own Fourier transform, in any direction of the bars. Bars and gaps are equally wide, so the mean of a site tells the
contrast of its bars, and modulation over (2/pi contrast) is the transfer of the scanner at that frequency.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..acr_config import AcrCtConfig
from .plane import Plane, disc_of

_DIRECTIONS = np.radians(np.arange(0, 180, 5.0))


@dataclass(frozen=True, eq=False)
class BarReading:
    """Patterns from coarse to fine.

    Args:
        pairs_per_cm: (n,).
        transfer: (n,) 1 for a perfect scanner, 0 above what the pixels can show.
        seen: (n,) bool: above the smallest transfer and above the noise, as are all coarser patterns.
        step: by how many sites, and in which direction, the patterns lie from where the registry has them; (0, 1) as there.
        sites: (n,) number of the site of each.
    """

    pairs_per_cm: np.ndarray
    transfer: np.ndarray
    seen: np.ndarray
    step: tuple[int, int]
    sites: np.ndarray

    @property
    def finest(self) -> float:
        """Finest pattern that is seen; 0 where none is."""
        return float(self.pairs_per_cm[self.seen].max()) if self.seen.any() else 0.0

    def frequency_at(self, transfer: float) -> float | None:
        """Frequency at which the transfer falls to a value, linear between patterns; None where it does not on what is seen."""
        below = np.flatnonzero(self.transfer < transfer)
        if not len(below) or below[0] == 0:
            return None
        n = int(below[0])
        (f0, f1), (t0, t1) = self.pairs_per_cm[n - 1 : n + 1], self.transfer[n - 1 : n + 1]
        return float(f0 + (f1 - f0) * (t0 - transfer) / (t0 - t1))


def read_bars(
    plane: Plane,
    sites: np.ndarray,
    between: np.ndarray,
    pairs_per_cm: Sequence[float],
    noise: Plane | None = None,
    config: AcrCtConfig = AcrCtConfig(),
) -> BarReading | None:
    """Transfer of every pattern; None where the sites are no brighter than what lies between them.

    Args:
        sites: (n, 2) mm of the image, in the order around the circle.
        between: (m, 2) mm of the body between the sites.
        pairs_per_cm: (n,) as the registry has them at the sites.
        noise: slice without patterns, of the same noise.
    """
    frequencies = np.asarray(pairs_per_cm, float)
    body = float(np.median([plane.disc(point, 3.0).mean() for point in between]))
    contrast = np.array([2 * (_windowed(plane, site, config)[3] - body) for site in sites])
    if np.median(contrast) < config.bar_hu:
        return None
    found = np.array([_modulations(plane, site, frequencies, config) for site in sites])
    floor = np.zeros_like(frequencies)
    if noise is not None:
        floor = np.max([_modulations(noise, site, frequencies, config) for site in sites], axis=0)
    step = _order(found / contrast[:, None])
    at = _sites(len(frequencies), step)
    order = np.argsort(frequencies)
    rows = np.arange(len(frequencies))
    modulation = found[at, rows][order]
    transfer = modulation / (2 / np.pi * contrast[at][order])
    shown = frequencies[order] < 5 / max(plane.spacing)
    transfer = np.where(shown, transfer, 0.0)
    sees = (transfer >= config.bar_transfer) & (modulation >= config.bar_floors * floor[order])
    return BarReading(frequencies[order], transfer, np.logical_and.accumulate(sees), step, at[order])


def _modulations(plane: Plane, site: np.ndarray, frequencies: np.ndarray, config: AcrCtConfig) -> np.ndarray:
    """(n,) amplitude at each frequency in the direction in which it is largest, under a window that falls to 0 at its rim."""
    dx, dy, weighted, _ = _windowed(plane, site, config)
    along = np.cos(_DIRECTIONS)[:, None] * dx + np.sin(_DIRECTIONS)[:, None] * dy
    waves = np.exp(-2j * np.pi * along[None] * frequencies[:, None, None] / 10)
    return 2 * np.abs((waves * weighted).sum(axis=-1)).max(axis=1)


def _windowed(plane: Plane, site: np.ndarray, config: AcrCtConfig):
    """x, y in mm from the middle of a site, values from their mean times weights of sum 1, and that mean."""
    box, inside = disc_of(plane.values.shape, plane.spacing, site, config.bar_mm)
    rows, columns = np.mgrid[box]
    dx, dy = columns[inside] * plane.spacing[0] - site[0], rows[inside] * plane.spacing[1] - site[1]
    weight = np.cos(np.pi / 2 * np.hypot(dx, dy) / config.bar_mm) ** 2
    weight /= weight.sum()
    values = plane.values[box][inside].astype(float)
    mean = float((weight * values).sum())
    return dx, dy, weight * (values - mean), mean


def _sites(count: int, step: tuple[int, int]) -> np.ndarray:
    """Site of each pattern when the circle is turned by `step[0]` sites and walked in the direction `step[1]`."""
    return (step[1] * np.arange(count) + step[0]) % count


def _order(found: np.ndarray) -> tuple[int, int]:
    """The order around the circle in which most modulation lies at the frequencies of the patterns; the registry's where none is clearly better."""
    count = len(found)
    orders = [(turn, way) for way in (1, -1) for turn in range(count)]
    scores = [found[_sites(count, order), np.arange(count)].sum() for order in orders]
    best = int(np.argmax(scores))
    return orders[best] if scores[best] > 1.1 * scores[0] else orders[0]
