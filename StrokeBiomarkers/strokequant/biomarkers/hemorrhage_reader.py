"""Measures of hemorrhage that only a reader's answers give: scores of ventricular blood, midline shift."""

from collections.abc import Mapping, Sequence

from ..errors import UsageError
from ..types import InputRef, Measurement, Status
from .catalog import measure
from .hemorrhage_formulas import GraebReading, ivh_score, ivh_score_ml, midline_shift_mm, modified_graeb

IVH_PARTS: dict[str, int] = {"right": 3, "left": 3, "third": 1, "fourth": 1, "hydrocephalus": 1}
"""Parts of the IVH score and the highest number of each."""


def reader_measurements(
    *,
    graeb: Mapping[str, int] | None = None,
    graeb_expanded: Sequence[str] = (),
    ivh: Mapping[str, int] | None = None,
    midline_lps: Sequence[Sequence[float]] = (),
    inputs: Sequence[InputRef] = (),
) -> tuple[Measurement, ...]:
    """Measures of what was answered, in the order of the catalog; what was not answered is not among them.

    Args:
        graeb, graeb_expanded: as of `GraebReading`; None where it was not read.
        ivh: by `IVH_PARTS`, what is not named is 0; None where it was not read.
        midline_lps: inner table on both sides and septum, LPS mm; empty where it was not measured.
        inputs: image that was read.

    Raises:
        UsageError: I01, an answer that cannot be.
    """
    found = []
    if graeb is not None:
        score = modified_graeb(GraebReading(dict(graeb), tuple(graeb_expanded)))
        found.append(_number("ivh_modified_graeb", score, _listed(graeb, graeb_expanded), inputs))
    if ivh is not None:
        score = ivh_score(**{name: ivh.get(name, 0) for name in IVH_PARTS})
        found.append(_number("ivh_score", score, _listed(ivh), inputs))
        found.append(_number("ivh_score_volume", ivh_score_ml(score), f"of a score of {score}", inputs))
    if len(midline_lps) == 3:
        shift = midline_shift_mm(*midline_lps)
        found.append(_number("midline_shift", shift, "three landmarks of a reader", inputs))
    return tuple(found)


def shift_or_none(midline_lps: Sequence[Sequence[float]]) -> float | None:
    """Midline shift in mm; None before all landmarks are there, or where they cannot be."""
    try:
        return midline_shift_mm(*midline_lps) if len(midline_lps) == 3 else None
    except UsageError:
        return None


def _listed(parts: Mapping[str, int], expanded: Sequence[str] = ()) -> str:
    words = [f"{name} {score}" for name, score in sorted(parts.items()) if score]
    words += [f"{name} expanded" for name in sorted(set(expanded))]
    return ", ".join(words) or "no ventricular blood"


def _number(name: str, value: float, method: str, inputs: Sequence[InputRef]) -> Measurement:
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(name, float(value), measure(name).unit, status, method=method, inputs=tuple(inputs))
