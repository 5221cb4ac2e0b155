"""PerfusionResult to plain data: every stage with its choices, so that a number can be followed back to the frames.

Frame and slice numbers count from 0. Curves are concentration in the unit of the series: 1/s for DSC, HU for CT perfusion.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ..perfusion_types import (
    Bolus,
    Lesions,
    MotionTrace,
    PerfusionResult,
    Reference,
    RuleResult,
    TimeAudit,
    VesselCurve,
    Vessels,
)
from .issue_lists import as_dicts

HYPOPERFUSION_CANDIDATES_FILE = "masks/hypoperfusion_candidates.seg.nrrd"

Plain = Callable[[Any], Any]


def perfusion_to_dict(result: PerfusionResult | None, hashes: Mapping[str, str], plain: Plain) -> dict | None:
    """Perfusion of a record as plain data; None where there was none.

    Args:
        result: stages that were reached.
        hashes: relative path -> SHA-256 of the files already written.
        plain: data of any shape to JSON data.
    """
    if result is None:
        return None
    rest = dict(result.parameters)
    return {
        "kind": result.kind,
        "times_s": plain(result.times_s),
        "time_audit": _fields(result.time_audit, TimeAudit, plain),
        "motion": _fields(result.motion, MotionTrace, plain),
        "bolus": _fields(result.bolus, Bolus, plain),
        "brain_curve": plain(result.brain_curve),
        "vessels": _vessels(result.vessels, plain),
        "reference": _reference(result.reference, plain),
        "lesions": _lesions(result.lesions, hashes, plain),
        "registration": plain(rest.pop("registration", None)),
        "deconvolution": plain(rest.pop("deconvolution", {})),
        "parameters": plain(rest),
        "rules": [_fields(rule, RuleResult, plain) for rule in result.rules],
        "bands": [
            {"measure": name, "scenarios": [{"scenario": words, "value": plain(v)} for words, v in values.items()]}
            for name, values in sorted(result.bands.items())
        ],
        "issues": as_dicts(result.issues),
    }


def _fields(item: Any, kind: type, plain: Plain) -> dict | None:
    """A dataclass of a stage, its issues sorted."""
    if item is None:
        return None
    content = {name: plain(getattr(item, name)) for name in kind.__dataclass_fields__ if name != "issues"}
    return {**content, "issues": as_dicts(item.issues)}


def _vessels(vessels: Vessels | None, plain: Plain) -> dict | None:
    if vessels is None:
        return None
    return {
        "aif": _fields(vessels.aif, VesselCurve, plain),
        "vof": _fields(vessels.vof, VesselCurve, plain),
        "aif_candidates": [_fields(curve, VesselCurve, plain) for curve in vessels.aif_candidates],
        "vof_candidates": [_fields(curve, VesselCurve, plain) for curve in vessels.vof_candidates],
        "vof_to_aif_area": plain(vessels.vof_to_aif_area),
        "issues": as_dicts(vessels.issues),
    }


def _reference(reference: Reference | None, plain: Plain) -> dict | None:
    if reference is None:
        return None
    numbers = {name: plain(getattr(reference, name)) for name in ("cbf", "cbv", "ttp_s", "mtt_s")}
    return {
        "definition": reference.definition,
        "side": reference.side,
        "volume_ml": plain(reference.mask.volume_ml),
        **numbers,
        "issues": as_dicts(reference.issues),
    }


def _lesions(lesions: Lesions | None, hashes: Mapping[str, str], plain: Plain) -> dict | None:
    if lesions is None:
        return None
    path = HYPOPERFUSION_CANDIDATES_FILE
    limits = [("Tmax", ">", s, "s", mask) for s, mask in sorted(lesions.hypoperfusion.items())]
    limits += [("rCBF", "<", r, "1", mask) for r, mask in sorted(lesions.rcbf_cores.items())]
    return {
        "core_source": lesions.core_source,
        "core_method": lesions.core.method if lesions.core is not None else "",
        "affected_side": lesions.affected_side,
        "coverage_limited": lesions.coverage_limited,
        "thresholds": [_threshold(*limit, lesions, plain) for limit in limits],
        "steps": [{"step": step, "volume_ml": plain(float(ml))} for step, ml in lesions.steps.items()],
        "candidates_file": path if path in hashes else None,
        "candidates_sha256": hashes.get(path),
        "candidates": [plain(candidate) for candidate in lesions.candidates],
        "issues": as_dicts(lesions.issues),
    }


def _threshold(name: str, op: str, limit: float, unit: str, mask: Any, lesions: Lesions, plain: Plain) -> dict:
    low, high = lesions.volume_bands_ml.get(f"{name} {limit:g}", (None, None))
    return {
        "map": name,
        "op": op,
        "value": plain(float(limit)),
        "unit": unit,
        "volume_ml": plain(mask.volume_ml),
        "lower_ml": plain(low),
        "upper_ml": plain(high),
    }
