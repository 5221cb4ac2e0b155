"""Share of edema by distance from a clot: how much darker than its mirror image tissue is on the mean over all that lies equally far."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from ..hemorrhage_config import HemorrhageMeasureConfig

_EVENED = 3
"""Bins that a dip of the drop is the mean of."""


@dataclass(frozen=True, eq=False)
class EdemaProfile:
    """Drop against the mirror image by distance from the clot.

    Args:
        at_mm, drop: (n,) distances and HU.
        far: HU of the drop far from the clot: both sides are not alike on the whole.
        patches: places that the drop beside the clot is the mean of.
    """

    at_mm: np.ndarray
    drop: np.ndarray
    far: float
    patches: int

    @property
    def beside(self) -> float:
        """HU that the nearest tissue that can be seen is darker by; less than edema itself where the rim is thin."""
        return float(self.drop[0] - self.far)

    def lasting(self, config: HemorrhageMeasureConfig) -> float:
        """HU that tissue stays darker by where hardly any edema reaches: a wide rim, or a side that is darker than the other one."""
        last = self.at_mm >= config.edema_last_mm
        return max(0.0, float(self.drop[last].mean()) - self.far) if last.any() else 0.0

    @property
    def dip(self) -> float:
        """HU that the drop falls below that far from the clot on its way: normal tissue is there brighter than its mirror image."""
        if len(self.drop) < _EVENED:
            return 0.0
        evened = np.convolve(self.drop, np.full(_EVENED, 1 / _EVENED), "valid")
        return max(0.0, self.far - float(evened.min()))

    def level_shift(self, config: HemorrhageMeasureConfig) -> float:
        """HU to add to a drop for the level of tissue nearby: half-way between what is far from the clot and what is near to it."""
        return (self.dip - self.lasting(config)) / 2

    def contrast(self, unevenness: float, shift: float, config: HemorrhageMeasureConfig) -> float:
        """HU that edema is darker by, for a rim whose width has this SD relative to its mean.

        Next to the clot, where its blur hides it, everything is edema; further out it is the share of the rim that is that wide.
        """
        above = self.drop - self.far + shift
        widths = np.arange(0.5, config.edema_reach_mm, 0.1)[:, None]
        spread = np.hypot(unevenness * widths, config.edema_step_mm / 2)
        wide = special.ndtr((widths - self.at_mm) / spread)
        wide *= wide > 1e-6
        level = (wide * above).sum(axis=1) / np.maximum((wide**2).sum(axis=1), 1e-12)
        level = np.clip(level, above[0], max(above[0], config.edema_most_hu))
        apart = ((above - level[:, None] * wide) ** 2).sum(axis=1)
        return float(level[apart.argmin()])

    def shares(self, unevenness: float, shift: float, config: HemorrhageMeasureConfig) -> tuple[np.ndarray, np.ndarray]:
        """Distances and shares of edema there, falling with distance; 1 at the clot."""
        level = max(self.contrast(unevenness, shift, config), config.edema_least_hu)
        share = np.minimum.accumulate(np.clip((self.drop - self.far + shift) / level, 0, 1))
        share[share < config.edema_share] = 0
        return np.append(0.0, self.at_mm), np.append(1.0, share)
