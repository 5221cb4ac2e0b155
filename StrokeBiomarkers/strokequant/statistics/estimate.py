"""An estimate with all that a report must say beside it, and the checks that every statistic makes of its data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import Issue, Level, UsageError


@dataclass(frozen=True, slots=True)
class Estimate:
    """One statistic.

    Args:
        value: the estimate.
        lower, upper: confidence interval; None where there is none.
        form: which statistic, such as "ICC(2,1)".
        n, k: cases and replicates (or raters).
        df: degrees of freedom of the interval; None where it needs none.
        interval: how the interval was made, in words.
        se: standard error; None where the interval does not rest on one.
    """

    value: float
    lower: float | None = None
    upper: float | None = None
    form: str = ""
    n: int = 0
    k: int = 0
    df: float | None = None
    interval: str = ""
    se: float | None = None


def cannot(found: str, expected: str, remedy: str = "give more data") -> UsageError:
    """The error of a statistic that these data cannot give."""
    return UsageError(Issue("Q70", Level.STOP, found, expected, remedy))


def vector(values: Sequence[float], least: int, name: str = "values") -> np.ndarray:
    """(n,) finite float values.

    Raises:
        UsageError: Q70, fewer than `least` values, or values that are not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < least:
        raise cannot(f"{name} of shape {array.shape}", f"at least {least} numbers in one row")
    bad = int(np.count_nonzero(~np.isfinite(array)))
    if bad:
        raise cannot(f"{bad} of {array.size} {name} are missing", "none missing", "leave these cases out and say so")
    return array


def paired(x: Sequence[float], y: Sequence[float], least: int) -> tuple[np.ndarray, np.ndarray]:
    """Two rows of numbers of one length."""
    x, y = vector(x, least), vector(y, least)
    if x.shape != y.shape:
        raise cannot(f"{len(x)} and {len(y)} values", "pairs", "give both values of every case")
    return x, y


def table(values: Sequence[Sequence[float]], least_rows: int = 2, least_columns: int = 2) -> np.ndarray:
    """(n cases, k replicates or raters) finite float values."""
    lengths = {len(row) for row in values}
    if len(lengths) != 1:
        raise cannot(f"rows of {sorted(lengths)} values", "as many values for every case")
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] < least_rows or array.shape[1] < least_columns:
        raise cannot(f"a table of {array.shape}", f"at least {least_rows} cases and {least_columns} values each")
    vector(array.ravel(), 1)
    return array
