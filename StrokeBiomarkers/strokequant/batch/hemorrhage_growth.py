"""Growth of a hemorrhage against the record of an earlier time point."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from ..biomarkers.growth import Bleeding, Growth, measure_growth
from ..biomarkers.visits import Visit, visit_of
from ..errors import Issue, Level, StrokeQuantError
from ..follow_up_config import GrowthConfig
from ..types import CaseRecord, Measurement, Status

METHOD = "half maximum, border by shares of clot"
"""Rule by which blood is outlined here, without the threshold of the image."""


def with_growth(record: CaseRecord, baseline: str | Path, *, config: GrowthConfig = GrowthConfig()) -> CaseRecord:
    """The record with growth against an earlier one; what cannot be compared has no number and says why.

    Args:
        record: of the follow-up, with hemorrhage measured.
        baseline: record.json, or a folder that holds one.
        config: limits.
    """
    volumes = {m.id: m for m in record.measurements}
    ich, ivh = volumes.get("ich_volume"), volumes.get("ivh_volume")
    if ich is None:
        return record
    try:
        before = bleeding_of_record(find_record(Path(baseline)))
    except StrokeQuantError as error:
        return replace(record, issues=tuple(dict.fromkeys((*record.issues, *error.issues))))
    growth = measure_growth(before, Bleeding(_visit(record), ich, _looked_for(ivh)), config=config)
    hemorrhage = replace(
        record.hemorrhage, parameters={**record.hemorrhage.parameters, "growth": _told(growth, before)}
    )
    issues = tuple(dict.fromkeys((*record.issues, *growth.issues)))
    return replace(
        record, measurements=(*record.measurements, *growth.measurements), issues=issues, hemorrhage=hemorrhage
    )


def find_record(path: Path) -> dict[str, Any]:
    """The record at a path, or the only one below a folder.

    Raises:
        StrokeQuantError: I01, none, several or not readable.
    """
    found = sorted(path.rglob("record.json")) if path.is_dir() else [path]
    if len(found) != 1:
        raise _unusable(f"{len(found)} records below {path.name}")
    try:
        data = json.loads(found[0].read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise _unusable(f"{found[0].name}: {type(error).__name__}") from error
    if not isinstance(data, dict) or not str(data.get("format", "")).startswith("strokequant record"):
        raise _unusable(f"{found[0].name} is no record")
    return data


def _unusable(found: str) -> StrokeQuantError:
    remedy = "give the record.json of the earlier time point; measure it first where there is none"
    return StrokeQuantError(Issue("I01", Level.WARN, f"baseline: {found}", "one record with hemorrhage", remedy))


def bleeding_of_record(data: dict[str, Any]) -> Bleeding:
    """Volumes and visit of a record.

    Raises:
        StrokeQuantError: I01, hemorrhage was not measured in it.
    """
    rows = {row["id"]: row for row in data.get("measurements", ())}
    if "ich_volume" not in rows:
        raise _unusable("a record without hemorrhage")
    facts = ((data.get("hemorrhage") or {}).get("facts") or {}).get("visit") or {}
    acquired = datetime.fromisoformat(facts["acquired"]) if facts.get("acquired") else None
    visit = Visit(
        "baseline",
        "",
        acquired,
        bool(facts.get("day_only")),
        str(facts.get("technique") or ""),
        facts.get("thickness_mm"),
        facts.get("step_mm"),
        str(facts.get("kernel") or ""),
        METHOD,
    )
    ivh = _measurement(rows["ivh_volume"]) if "ivh_volume" in rows else None
    return Bleeding(visit, _measurement(rows["ich_volume"]), _looked_for(ivh))


def _measurement(row: dict[str, Any]) -> Measurement:
    issues = tuple(Issue(**{**issue, "level": Level(issue["level"])}) for issue in row.get("issues", ()))
    return Measurement(
        row["id"],
        row["value"],
        row["unit"],
        Status(row["status"]),
        row.get("lower"),
        row.get("upper"),
        row.get("interval", ""),
        row.get("method", ""),
        issues=issues,
    )


def _looked_for(ivh: Measurement | None) -> Measurement | None:
    return None if ivh is None or ivh.status is Status.MISSING else ivh


def _visit(record: CaseRecord) -> Visit:
    series = next(s for s in record.series if s.key == record.used["ncct"])
    step = record.images["ncct"].geometry.mean_extent_mm if "ncct" in record.images else None
    return replace(visit_of(series, name="follow-up", method=METHOD, step_mm=step), patient_key="")


def visit_facts(record: CaseRecord) -> dict[str, Any]:
    """What a later time point needs of this one, without identity."""
    visit = _visit(record)
    return {
        "acquired": visit.acquired.isoformat() if visit.acquired else None,
        "day_only": visit.day_only,
        "technique": visit.technique,
        "thickness_mm": visit.thickness_mm,
        "step_mm": visit.step_mm,
        "kernel": visit.kernel,
    }


def _told(growth: Growth, before: Bleeding) -> dict[str, Any]:
    return {
        "baseline_ml": {"ich": before.ich.value, "ivh": before.ivh.value if before.ivh else None},
        "expansion": [{"rule": rule.rule, "answer": str(rule.answer)} for rule in growth.expansion],
        "expansion_total": [{"rule": rule.rule, "answer": str(rule.answer)} for rule in growth.expansion_total],
        "verdicts": {name: verdict.words for name, verdict in growth.verdicts.items()},
    }
