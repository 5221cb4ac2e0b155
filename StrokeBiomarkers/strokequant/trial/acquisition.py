"""Acquisition profiles: may a series be read at all (minimum), and is it as it should be (ideal)?

Profiles are data. A limit stands once: where a procedure has a parameter for it, the profile names procedure and parameter, and the value is
theirs; only limits that no procedure has stand in the profile, each with its source. Facts come from headers and pixels of one series,
before anything is measured. What a profile asks for and nobody knows does not hold.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, TrialError
from ..record.files import schema_errors
from ..sop.procedure import Procedure, Words
from ..sop.shipped import shipped_procedures
from ..types import Series
from .acquisition_facts import FACTS

FOLDER = Path(__file__).parent / "profiles"
SCHEMA = Path(__file__).parent / "profile.schema.json"
TIERS = ("minimum", "ideal")


@dataclass(frozen=True)
class Limit:
    """A limit with where it comes from.

    Args:
        value: number, yes or no, or a list of words.
        source: citation; for a parameter of a procedure its name as well.
    """

    value: Any
    source: str


@dataclass(frozen=True)
class ProfileCheck:
    """One condition.

    Args:
        id: unique in its profile.
        fact: name in `acquisition_facts.FACTS`.
        text: what is looked at.
        reason: scheme, value and meaning of the coded reason where it does not hold.
        unknown: "stop" or "warn": what it is at most where the fact is not known.
        tiers: "minimum" and "ideal" -> "low", "high", "equals" or "one_of" -> limit.
    """

    id: str
    fact: str
    text: Words
    reason: tuple[str, str, str]
    unknown: str
    tiers: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)


@dataclass(frozen=True)
class AcquisitionProfile:
    """What series of some roles must be like."""

    id: str
    version: str
    title: Words
    roles: frozenset[str]
    modality: str
    checks: tuple[ProfileCheck, ...]

    @property
    def name(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"

    def is_for(self, series: Series) -> bool:
        """True for a series of one of its roles, and of its modality where it has one."""
        return str(series.role) in self.roles and self.modality in ("", series.modality)


@dataclass(frozen=True)
class ProfileResult:
    """What one condition gave.

    Args:
        check: the condition.
        value: of the fact; None where it is not known.
        holds: by tier; None where the fact is not known.
    """

    check: ProfileCheck
    value: Any
    holds: Mapping[str, bool | None]


def read_profile(path: Path, procedures: Mapping[str, Procedure] | None = None) -> AcquisitionProfile:
    """A profile with its limits looked up.

    Args:
        path: JSON.
        procedures: by task, for the limits that they hold; None for the shipped ones.

    Raises:
        TrialError: W53, it does not hold to its schema, asks for a fact that is none, or names a parameter that no procedure has.
    """
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(path.name, type(error).__name__) from error
    wrong = schema_errors(data, SCHEMA)
    if wrong:
        raise _unusable(path.name, wrong[0])
    ids = [check["id"] for check in data["checks"]]
    unknown = [check["fact"] for check in data["checks"] if check["fact"] not in FACTS]
    if len(set(ids)) < len(ids) or unknown:
        raise _unusable(path.name, f"no fact {unknown[0]}" if unknown else "a check is there twice")
    known = shipped_procedures() if procedures is None else procedures
    return AcquisitionProfile(
        id=data["id"],
        version=data["version"],
        title=Words(**data["title"]),
        roles=frozenset(data["roles"]),
        modality=data["modality"],
        checks=tuple(_check(plain, known, path.name) for plain in data["checks"]),
    )


def shipped_profiles(procedures: Mapping[str, Procedure] | None = None) -> tuple[AcquisitionProfile, ...]:
    """All profiles that come with the library, in the order of their file names."""
    known = shipped_procedures() if procedures is None else procedures
    return tuple(read_profile(path, known) for path in sorted(FOLDER.glob("*.json")))


def check_acquisition(profile: AcquisitionProfile, facts: Mapping[str, Any]) -> tuple[ProfileResult, ...]:
    """Every condition of a profile against the facts of one series."""
    return tuple(_result(check, facts.get(check.fact)) for check in profile.checks)


def acquisition_issues(
    profile: AcquisitionProfile, results: Iterable[ProfileResult], subject: str
) -> tuple[Issue, ...]:
    """What does not hold: W50 below the minimum (STOP), W51 below the ideal (WARN), W52 not known."""
    issues = (_issue(profile, result, subject) for result in results)
    return tuple(issue for issue in issues if issue is not None)


def _issue(profile: AcquisitionProfile, result: ProfileResult, subject: str) -> Issue | None:
    tier = next((name for name in TIERS if name in result.holds and result.holds[name] is not True), "")
    if not tier:
        return None
    check = result.check
    expected = limits_text(check.tiers[tier])
    reason = f"{check.reason[1]} {check.reason[2]}"
    if result.value is None:
        stops = tier == "minimum" and check.unknown == "stop"
        level, code, found = Level.STOP if stops else Level.WARN, "W52", f"{check.text.en}: not known"
    else:
        level, code = (Level.STOP, "W50") if tier == "minimum" else (Level.WARN, "W51")
        found = f"{check.text.en}: {value_text(result.value, FACTS[check.fact].unit)}"
    remedy = f"{profile.name}, {tier}; reason {reason}"
    return Issue(code, level, found, expected, remedy, subject)


def limits_text(limits: Mapping[str, Limit]) -> str:
    """Limits in words, each with its source."""
    words = {"low": "at least", "high": "at most", "equals": "", "one_of": "one of"}
    return "; ".join(
        f"{words[name]} {value_text(limit.value)} ({limit.source})".strip() for name, limit in limits.items()
    )


def value_text(value: Any, unit: str = "") -> str:
    """A fact or limit for a person."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    shown = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{shown} {unit}" if unit not in ("", "1") else shown


def _check(plain: Mapping[str, Any], procedures: Mapping[str, Procedure], subject: str) -> ProfileCheck:
    tiers = {
        tier: {name: _limit(limit, procedures, subject) for name, limit in plain[tier].items()}
        for tier in TIERS
        if tier in plain
    }
    reason = plain["reason"]
    triple = (reason["scheme"], reason["value"], reason["meaning"])
    return ProfileCheck(plain["id"], plain["fact"], Words(**plain["text"]), triple, plain["unknown"], tiers)


def _limit(plain: Mapping[str, Any], procedures: Mapping[str, Procedure], subject: str) -> Limit:
    if "value" in plain:
        return Limit(plain["value"], plain["source"])
    procedure = procedures.get(plain["procedure"])
    parameter = procedure.parameters.get(plain["parameter"]) if procedure is not None else None
    if procedure is None or parameter is None:
        raise _unusable(subject, f"{plain['procedure']} has no parameter {plain['parameter']}")
    return Limit(parameter["value"], f"{procedure.name} {plain['parameter']}: {parameter['source']}")


def _result(check: ProfileCheck, value: Any) -> ProfileResult:
    return ProfileResult(check, value, {tier: _holds(limits, value) for tier, limits in check.tiers.items()})


def _holds(limits: Mapping[str, Limit], value: Any) -> bool | None:
    if value is None:
        return None
    tests = {
        "low": lambda limit: value >= limit,
        "high": lambda limit: value <= limit,
        "equals": lambda limit: value == limit,
        "one_of": lambda limit: value in limit,
    }
    return all(tests[name](limit.value) for name, limit in limits.items())


def _unusable(subject: str, found: str) -> TrialError:
    remedy = "restore the shipped file, or correct it"
    return TrialError(Issue("W53", Level.STOP, f"{subject}: {found}", "an acquisition profile", remedy, subject))
