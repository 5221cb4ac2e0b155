"""HemorrhageResult to plain data. Slice numbers count from 0."""

from collections.abc import Callable
from typing import Any

from ..hemorrhage_types import HemorrhageResult
from .issue_lists import as_dicts

Plain = Callable[[Any], Any]

_AXES = (
    "a_mm",
    "b_caliper_mm",
    "b_chord_mm",
    "slice_index",
    "slices",
    "areas_mm2",
    "weights",
    "c_kothari_mm",
    "c_plain_mm",
    "a_lps",
    "b_caliper_lps",
    "b_chord_lps",
)
_CANDIDATE = (
    "label",
    "structure",
    "volume_ml",
    "mean_hu",
    "seed_lps",
    "side",
    "location",
    "slices",
    "accepted",
    "reasons",
)
"""Fields that the schema has."""


def hemorrhage_to_dict(result: HemorrhageResult | None, plain: Plain) -> dict | None:
    """Hemorrhage of a record as plain data; None where there was none.

    Args:
        result: of one time point.
        plain: data of any shape to JSON data.
    """
    if result is None:
        return None
    return {
        "proposal": result.proposal,
        "facts": plain(result.facts),
        "clots": [_clot(clot, plain) for clot in result.clots],
        "abc2": {name: plain(getattr(result.abc2, name)) for name in _AXES} if result.abc2 is not None else None,
        "candidates": [{name: plain(getattr(c, name)) for name in _CANDIDATE} for c in result.candidates],
        "parameters": plain(result.parameters),
        "issues": as_dicts(result.issues),
    }


def _clot(clot: Any, plain: Plain) -> dict:
    return {
        "structure": clot.mask.name,
        "volume_ml": plain(clot.volume_ml),
        "half_maximum_ml": plain(clot.half_maximum_ml),
        "fixed_window_ml": plain(clot.fixed_window_ml),
        "step_band_ml": plain(clot.step_band_ml),
        "threshold_hu": plain(clot.threshold_hu),
        "clot_hu": plain(clot.clot_hu),
        "background_hu": plain(clot.background_hu),
        "seed_lps": plain(clot.seed_lps),
        "method": clot.mask.method,
        "parameters": plain(clot.parameters),
        "issues": as_dicts(clot.issues),
    }
