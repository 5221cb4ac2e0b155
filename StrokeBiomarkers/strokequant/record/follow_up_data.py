"""Comparison with an earlier time point and forms of readers, to plain data."""

from collections.abc import Callable
from typing import Any

from ..biomarkers.transformation import Transformation
from ..follow_up_types import FollowUpResult, FormsResult
from ..perfusion_types import RuleResult
from .issue_lists import as_dicts

Plain = Callable[[Any], Any]


def follow_up_to_dict(result: FollowUpResult | None, plain: Plain) -> dict | None:
    """Comparison of a record with an earlier one; None where there was none.

    Args:
        result: of one time point.
        plain: data of any shape to JSON data.
    """
    if result is None:
        return None
    return {
        "baselines": {name: plain(facts) for name, facts in sorted(result.baselines.items())},
        "growth": _growth(result.growth, plain),
        "infarct": _infarct(result.infarct, plain),
        "registrations": {name: _registration(r, plain) for name, r in sorted(result.registrations.items())},
        "issues": as_dicts(result.issues),
    }


def forms_to_dict(result: FormsResult | None, plain: Plain) -> dict | None:
    """Answers of readers and what follows from them; None where no form was answered."""
    if result is None:
        return None
    return {
        "answers": [_without_issues(answers, plain) for answers in result.answers],
        "transformation": _transformation(result.transformation, plain),
        "symptomatic": _rules(result.symptomatic, plain),
        "vessels": [{**_without_issues(score, plain), "label": score.label} for score in result.vessels],
        "aspects": [_without_issues(score, plain) for score in result.aspects],
        "hints": [_without_issues(hint, plain) for hint in result.hints],
        "hints_note": result.hints_note,
        "issues": as_dicts(result.issues),
    }


def _without_issues(item: Any, plain: Plain) -> dict:
    """A dataclass, its issues sorted."""
    names = [name for name in item.__dataclass_fields__ if name != "issues"]
    return {**{name: plain(getattr(item, name)) for name in names}, "issues": as_dicts(item.issues)}


def _rules(rules: tuple[RuleResult, ...], plain: Plain) -> list[dict]:
    return [_without_issues(rule, plain) for rule in rules]


def _growth(growth: Any, plain: Plain) -> dict | None:
    if growth is None:
        return None
    return {
        "expansion": _rules(growth.expansion, plain),
        "expansion_total": _rules(growth.expansion_total, plain),
        "verdicts": {name: _verdict(verdict, plain) for name, verdict in sorted(growth.verdicts.items())},
        "issues": as_dicts(growth.issues),
    }


def _verdict(verdict: Any, plain: Plain) -> dict:
    return {
        "change_ml": plain(verdict.change_ul / 1000),
        "limit_ml": plain(verdict.limit.ml),
        "readers": verdict.limit.readers,
        "source": verdict.limit.source,
        "beyond": verdict.beyond,
        "words": verdict.words,
    }


def _infarct(growth: Any, plain: Plain) -> dict | None:
    if growth is None:
        return None
    return {
        "category": growth.category,
        "offset_ratio": plain(growth.offset_ratio),
        "cube_root_mm": plain(growth.cube_root_mm),
        "issues": as_dicts(growth.issues),
    }


def _registration(found: Any, plain: Plain) -> dict:
    return {
        "matrix": plain(found.matrix),
        "displacement_mm": plain(found.displacement_mm),
        "rotation_deg": plain(found.rotation_deg),
        "residual_mm": plain(found.residual_mm),
        "overlap_percent": plain(found.overlap_percent),
        "correlation": plain(found.correlation),
        "issues": as_dicts(found.issues),
    }


def _transformation(found: Transformation | None, plain: Plain) -> dict | None:
    if found is None:
        return None
    names = [name for name in found.__dataclass_fields__ if name not in ("issues", "share")]
    content = {name: plain(getattr(found, name)) for name in names}
    share = None if found.share is None else _share(found.share, plain)
    return {**content, "share": share, "hemorrhage": found.hemorrhage, "issues": as_dicts(found.issues)}


def _share(share: Any, plain: Plain) -> dict:
    return {
        "clot_ml": plain(share.clot_ul / 1000),
        "infarct_ml": plain(share.infarct_ul / 1000),
        "outside_ml": plain(share.outside_ul / 1000),
        "percent": None if share.percent is None else plain(float(share.percent)),
        "side": share.side,
        "near_limit": share.near_limit,
    }
