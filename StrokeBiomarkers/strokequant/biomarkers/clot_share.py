"""Share of clot in an infarct: volumes in integer microliters, the limit of 30 % decided exactly, a band around it told.

    f = V(clot) / V(infarct), the infarct with the clot in it

An infarct that was drawn around the clot without it would give 42.9 % where 30.0 % is right: both masks are united first, and what
of the clot lies outside the infarct mask is told.
"""

from dataclasses import dataclass
from fractions import Fraction

from ..errors import Issue, Level
from ..follow_up_config import TransformationConfig
from ..segmentation.cleanup import microliters
from ..segmentation.cropping import require_one_grid
from ..types import InputRef, Mask, Measurement, Status
from .catalog import measure
from .mismatch import VolumeBand

BELOW, AT, ABOVE = "below", "at", "above"


@dataclass(frozen=True)
class ClotShare:
    """Share of clot.

    Args:
        clot_ul, infarct_ul: integer microliters; the infarct with the clot in it.
        outside_ul: of the clot, outside the infarct mask as it was drawn.
        percent: exact; None where there is no infarct.
        side: "below", "at" or "above" the limit; empty where there is no infarct.
        lower, upper: percent by the ranges of both volumes; None where there are none.
        issues: E41, E42, E44.
    """

    clot_ul: int
    infarct_ul: int
    outside_ul: int
    percent: Fraction | None
    side: str
    lower: float | None = None
    upper: float | None = None
    issues: tuple[Issue, ...] = ()

    @property
    def near_limit(self) -> bool:
        """True inside the band around the limit."""
        return any(issue.code == "E41" for issue in self.issues)


def share_of_masks(
    clot: Mask,
    infarct: Mask,
    *,
    bands: tuple[VolumeBand, VolumeBand] | None = None,
    config: TransformationConfig = TransformationConfig(),
) -> ClotShare:
    """Share of clot by two masks on one grid.

    Args:
        clot, infarct: masks.
        bands: volumes of both with their ranges, where they are known.
        config: limit and bands around it.

    Raises:
        GeometryError: G17, the two are on different grids.
    """
    require_one_grid(("clot", clot.geometry), ("infarct", infarct.geometry))
    geometry = clot.geometry
    united = geometry.volume_ml(clot.values | infarct.values)
    outside = geometry.volume_ml(clot.values & ~infarct.values)
    ranges = _ranges(*bands, added_ml=outside) if bands else (None, None)
    return _share(*(microliters(ml) for ml in (clot.volume_ml, united, outside)), ranges, config)


def share_of_volumes(
    clot: VolumeBand | float,
    infarct: VolumeBand | float,
    *,
    infarct_includes_clot: bool,
    config: TransformationConfig = TransformationConfig(),
) -> ClotShare:
    """Share of clot by two volumes.

    Args:
        clot, infarct: in mL, with their ranges where there are any.
        infarct_includes_clot: False where the infarct was drawn without the clot, which is then added.
    """
    one, other = (v if isinstance(v, VolumeBand) else VolumeBand(v, v, v) for v in (clot, infarct))
    added = 0 if infarct_includes_clot else microliters(one.value)
    total = microliters(other.value) + added
    return _share(microliters(one.value), total, added, _ranges(one, other, added_ml=added / 1000), config)


def _ranges(clot: VolumeBand, infarct: VolumeBand, *, added_ml: float) -> tuple[float | None, float | None]:
    """Smallest and largest share in percent by the ranges of both volumes; None where they have none."""
    low, high = infarct.lower + added_ml, infarct.upper + added_ml
    if not (clot.lower < clot.upper or infarct.lower < infarct.upper) or not low or not high:
        return None, None
    return 100 * clot.lower / high, 100 * clot.upper / low


def share_measurement(share: ClotShare, *, inputs: tuple[InputRef, ...] = ()) -> Measurement:
    """The share in percent for the record; not evaluable where there is no infarct."""
    name = "transformation_clot_share"
    unit = measure(name).unit
    if share.percent is None:
        return Measurement(name, None, unit, Status.NOT_EVALUABLE, inputs=inputs, issues=share.issues)
    value = float(share.percent)
    method = f"{share.clot_ul / 1000:.3f} mL clot in {share.infarct_ul / 1000:.3f} mL infarct with the clot"
    words = "smallest over largest to largest over smallest of both ranges" if share.lower is not None else ""
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(name, value, unit, status, share.lower, share.upper, words, method, inputs, share.issues)


def _share(clot_ul: int, infarct_ul: int, outside_ul: int, ranges, config: TransformationConfig) -> ClotShare:
    if not infarct_ul or clot_ul > infarct_ul:
        found = "no infarct" if not infarct_ul else "a clot larger than infarct and clot together"
        remedy = "outline the infarct with the clot in it"
        issue = Issue("E44", Level.ASK, found, "an infarct that holds the clot", remedy)
        return ClotShare(clot_ul, infarct_ul, outside_ul, None, "", issues=(issue,))
    percent = Fraction(100 * clot_ul, infarct_ul)
    limit = Fraction(str(config.share_percent))
    side = AT if percent == limit else BELOW if percent < limit else ABOVE
    lower, upper = ranges
    issues = (*_outside(clot_ul, infarct_ul, outside_ul, config), *_near(percent, limit, lower, upper, config))
    return ClotShare(clot_ul, infarct_ul, outside_ul, percent, side, lower, upper, issues)


def _outside(clot_ul: int, infarct_ul: int, outside_ul: int, config: TransformationConfig) -> tuple[Issue, ...]:
    if not outside_ul or 100 * outside_ul <= Fraction(str(config.outside_percent)) * clot_ul:
        return ()
    drawn = infarct_ul - outside_ul
    wrong = f"; without it the share would read {100 * clot_ul / drawn:.1f} %" if drawn else ""
    found = f"{outside_ul / 1000:.1f} of {clot_ul / 1000:.1f} mL clot lie outside the infarct mask{wrong}"
    remedy = "include the clot in the infarct, or answer that the clot passes its border or is remote"
    return (Issue("E42", Level.WARN, found, "an infarct mask that includes the clot", remedy),)


def _near(percent: Fraction, limit: Fraction, lower, upper, config: TransformationConfig) -> tuple[Issue, ...]:
    spanned = lower is not None and upper is not None and lower <= limit <= upper
    if abs(percent - limit) > Fraction(str(config.band_percent)) and not spanned:
        return ()
    ranges = f", {lower:.1f} to {upper:.1f} %" if spanned else ""
    found = f"{float(percent):.1f} % clot in the infarct{ranges}"
    expected = f"further from {float(limit):g} %, where the class turns"
    return (Issue("E41", Level.WARN, found, expected, "read both outlines again before the class is used"),)
