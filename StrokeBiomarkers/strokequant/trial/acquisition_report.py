"""Acquisition profiles over all series of a scan, as a table and as plain data."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..dicomio.scan import Scan
from ..errors import Issue, Level, TrialError
from ..types import Series
from .acquisition import (
    TIERS,
    AcquisitionProfile,
    acquisition_issues,
    check_acquisition,
    limits_text,
    read_profile,
    shipped_profiles,
    value_text,
)
from .acquisition_facts import FACTS, acquisition_facts
from .acquisition_partners import partners_of

AUTO = "auto"
_WORDS = {True: "met", False: "NOT met", None: "not known"}


def chosen_profiles(name: str) -> tuple[AcquisitionProfile, ...]:
    """Profiles by what a person asked for: "auto" for all, an id, `id@version`, or a file.

    Raises:
        TrialError: W53, there is none.
    """
    shipped = shipped_profiles()
    if name == AUTO:
        return shipped
    found = tuple(one for one in shipped if name in (one.id, one.name))
    if found:
        return found
    if Path(name).is_file():
        return (read_profile(Path(name)),)
    known = ", ".join(one.id for one in shipped)
    raise TrialError(Issue("W53", Level.STOP, f"no profile {name}", f"auto, a file, or one of {known}", "correct it"))


def acquisition_data(
    scan: Scan,
    profiles: Sequence[AcquisitionProfile],
    *,
    sessions: Sequence[Any] | None = None,
    originals: Mapping[str, Series] = {},
) -> list[dict[str, Any]]:
    """Every series that a profile is for, with each condition; series without one are not in the list.

    Args:
        scan: of the images.
        profiles: of any role.
        sessions: of a phantom history; None where there is none.
        originals: series before their dates were moved, by the Series Instance UID that they have now.
    """
    rows = []
    for series in scan.series:
        for profile in (one for one in profiles if one.is_for(series)):
            partners = partners_of(series, scan.series)
            facts = acquisition_facts(
                series, sessions=sessions, partners=partners, original=originals.get(series.series_uid)
            )
            results = check_acquisition(profile, facts)
            issues = acquisition_issues(profile, results, series.key)
            rows.append(
                {
                    "series": series.key,
                    "b_values_with": [partner.key for partner in partners],
                    "role": str(series.role),
                    "profile": profile.name,
                    "outcome": _outcome(issues),
                    "checks": [_check_data(result) for result in results],
                    "issues": [issue.as_dict() for issue in issues],
                }
            )
    return rows


def acquisition_text(rows: Sequence[dict[str, Any]]) -> str:
    """The same as a table."""
    lines = []
    for row in rows:
        others = f", b values with {', '.join(row['b_values_with'])}" if row["b_values_with"] else ""
        lines.append(f"{row['series']}  {row['role'].upper()}  {row['profile']}{others}: {row['outcome']}")
        for check in row["checks"]:
            tiers = "; ".join(
                f"{tier} {_WORDS[check[tier]['holds']]}: {check[tier]['limits']}" for tier in TIERS if tier in check
            )
            lines.append(f"    {check['text']}: {check['shown']}  [{tiers}]")
    return "\n".join(lines) if lines else "no series that a profile is for"


def _outcome(issues: Sequence[Issue]) -> str:
    if any(issue.blocks for issue in issues):
        return "below the minimum, or not known"
    return "minimum, not ideal" if issues else "ideal"


def _check_data(result: Any) -> dict[str, Any]:
    check = result.check
    tiers = {tier: {"holds": result.holds[tier], "limits": limits_text(limits)} for tier, limits in check.tiers.items()}
    unit = FACTS[check.fact].unit
    return {
        "id": check.id,
        "fact": check.fact,
        "text": check.text.en,
        "text_ko": check.text.ko,
        "value": result.value,
        "unit": unit,
        "shown": "not known" if result.value is None else value_text(result.value, unit),
        "reason": list(check.reason),
        **tiers,
    }
