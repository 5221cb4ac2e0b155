"""Agreement of the scanner's ADC map with the recomputed one (Bland and Altman, Lancet 1986;327:307)."""

from dataclasses import asdict, dataclass

import numpy as np

from ..errors import GeometryError, Issue, Level, UnitError
from ..statistics.bland_altman import bias_and_limits
from ..types import QuantityMap


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two maps of one quantity agree, voxel by voxel.

    Args:
        n: voxels that are valid in both maps and inside the mask.
        bias: mean of recomputed - vendor, in the unit of the maps; None without voxels.
        bias_percent: bias in percent of the mean of the vendor's map.
        sd: standard deviation of the differences (n - 1).
        lower, upper: limits of agreement, bias -/+ 1.96 sd.
        slope: least squares slope of recomputed on vendor.
        correlation: Pearson correlation.
        only_vendor, only_recomputed: voxels of the mask that are valid in one map only.
        unit: UCUM.
    """

    n: int
    bias: float | None
    bias_percent: float | None
    sd: float | None
    lower: float | None
    upper: float | None
    slope: float | None
    correlation: float | None
    only_vendor: int
    only_recomputed: int
    unit: str

    def as_dict(self) -> dict[str, float | int | str | None]:
        """Plain dictionary for JSON."""
        return asdict(self)


def agreement(vendor: QuantityMap, recomputed: QuantityMap, mask: np.ndarray) -> Agreement:
    """Compare two maps on one grid.

    Args:
        vendor: the map that is the reference.
        recomputed: the map that is compared with it.
        mask: (k, j, i) bool, where to compare.

    Returns:
        The agreement; statistics that need more voxels, or voxels that differ, are None.

    Raises:
        UnitError: the maps are not in one unit.
        GeometryError: G17, the maps are not on one grid.
    """
    _check(vendor, recomputed)
    both = mask & vendor.valid & recomputed.valid
    x, y = vendor.values[both].astype(np.float64), recomputed.values[both].astype(np.float64)
    difference = y - x
    n = int(x.size)
    bias, sd, lower, upper = bias_and_limits(difference) if n else (None, None, None, None)
    slope, correlation = _regression(x, y)
    return Agreement(
        n=n,
        bias=bias,
        bias_percent=100 * bias / float(x.mean()) if n and x.mean() else None,
        sd=sd,
        lower=lower,
        upper=upper,
        slope=slope,
        correlation=correlation,
        only_vendor=int(np.count_nonzero(mask & vendor.valid & ~recomputed.valid)),
        only_recomputed=int(np.count_nonzero(mask & recomputed.valid & ~vendor.valid)),
        unit=recomputed.unit,
    )


def _check(vendor: QuantityMap, recomputed: QuantityMap) -> None:
    if vendor.unit != recomputed.unit:
        found = f"maps in {vendor.unit} and {recomputed.unit}"
        raise UnitError(Issue("U02", Level.STOP, found, "one unit", "scale one map to the unit of the other"))
    difference = vendor.geometry.differs_from(recomputed.geometry)
    if difference:
        raise GeometryError(
            Issue("G17", Level.STOP, difference, "one grid", "resample one map to the grid of the other")
        )


def _regression(x: np.ndarray, y: np.ndarray) -> tuple[float | None, float | None]:
    """Slope of y on x and correlation; None where one of both does not vary."""
    if x.size < 2:
        return None, None
    x, y = x - x.mean(), y - y.mean()
    xx, yy, xy = float(x @ x), float(y @ y), float(x @ y)
    slope = xy / xx if xx > 0 else None
    return slope, xy / np.sqrt(xx * yy).item() if xx > 0 and yy > 0 else None
