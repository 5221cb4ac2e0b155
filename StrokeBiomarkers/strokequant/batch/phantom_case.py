"""`strokequant phantom`: one session measured, judged, entered in the history, and written."""

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..acr_config import AcrCtConfig, AcrMriConfig, BloodInsertConfig, VolumeInsertConfig
from ..config import describe
from ..phantom.criteria_sets import criteria_for
from ..phantom.diffusion_session import DiffusionSettings, Stated
from ..phantom.history import History
from ..phantom.session import measure_session
from ..phantom.trend import with_trend
from ..phantom.verdict import judge
from ..phantom_types import CriteriaSet, PhantomDefinition, PhantomKind, PhantomRecord, PhantomSession
from ..record.files import write_bytes, write_files, write_manifest
from ..record.phantom_folder import other_sessions
from ..record.phantom_record import phantom_contents
from ..record.table import measurements_bytes, write_cases
from ..software import software_versions
from ..types import Series
from .memory import peak_memory_mb
from .phantom_study import placed_by


def run_phantom(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    stated: Stated,
    out: Path,
    *,
    case: str,
    criteria: tuple[str, ...] = (),
    folders: tuple[Path, ...] = (),
    history: Path | None = None,
    settings: DiffusionSettings = DiffusionSettings(),
    command: Iterable[str] = (),
) -> tuple[PhantomRecord, dict[str, Any]]:
    """Measure a session and write its folder.

    Args:
        series: of one scan.
        case: name of the folder of the session.
        criteria: criteria sets by id or path; the usual ones where empty.
        folders: of criteria files of the site.
        history: file that the session is entered in; None for none.

    Returns:
        The record and its plain data.

    Raises:
        UsageError: criteria or history cannot be used.
        RecordError: a file cannot be written.
    """
    started = utc_now(), time.perf_counter()
    sets = criteria_for(phantom.kind, criteria, *folders)
    session = placed_by(measure_session(series, phantom, stated, settings=settings), stated)
    record = judged(session, sets, settings=settings)
    if history is not None:
        record = entered(record, history)
    return record, write_phantom(record, out, case=case, command=command, started=started)


def judged(
    session: PhantomSession, sets: Sequence[CriteriaSet], *, settings: DiffusionSettings = DiffusionSettings()
) -> PhantomRecord:
    """The record of a session with its verdict."""
    configuration = _configuration(session.phantom, settings)
    return PhantomRecord(session, judge(session, sets), configuration=configuration, software=software_versions())


def entered(record: PhantomRecord, history: Path) -> PhantomRecord:
    """The record as it stands in a history, which it is entered in.

    Raises:
        UsageError: Q69, the history cannot be used.
    """
    kept = History(history)
    kept.add(record)
    return with_trend(record, kept)


def write_phantom(
    record: PhantomRecord,
    out: Path,
    *,
    case: str,
    command: Iterable[str] = (),
    started: tuple[str, float] | None = None,
) -> dict[str, Any]:
    """Write the folder of a session, the tables and the manifest.

    Args:
        started: time of the start, ISO and of `time.perf_counter`; now where it is not given.

    Returns:
        the record as plain data.

    Raises:
        RecordError: a file cannot be written.
    """
    begun, begin = started or (utc_now(), time.perf_counter())
    timepoint = record.session.date or "tp1"
    data, contents = phantom_contents(record, case=case, timepoint=timepoint)
    folder = f"{case}/{timepoint}"
    others = other_sessions(out, folder, data)
    outputs = dict(others.outputs)
    outputs |= {f"{folder}/{name}": digest for name, digest in write_files(out / case / timepoint, contents).items()}
    entry = _entry(record, data, folder)
    outputs["measurements.csv"] = write_bytes(out / "measurements.csv", measurements_bytes([*others.records, data]))
    seconds = round(time.perf_counter() - begin, 3)
    row = entry | {"seconds": seconds, "peak_memory_mb": peak_memory_mb()}
    outputs["cases.csv"] = write_cases(out, [*others.cases, row])
    write_manifest(
        out,
        outputs=outputs,
        inputs={ref["uid"]: ref["sha256"] for one in (*others.records, data) for ref in one["inputs"]},
        software=software_versions(optional=True),
        configuration=record.configuration,
        command=command,
        cases=[*others.cases, entry],
        started_utc=begun,
        finished_utc=utc_now(),
    )
    return data


def _entry(record: PhantomRecord, data: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Row of cases.csv."""
    outcome = str(record.verdict.outcome)
    measured = any(m["value"] is not None for m in data["measurements"])
    return {
        "case": data["case"],
        "timepoint": data["timepoint"],
        "outcome": outcome if measured else "refused",
        "reason": "" if outcome == "qualified" else " | ".join(record.verdict.reasons[:3]),
        "folder": folder,
        "fingerprint": "",
    }


def _configuration(phantom: PhantomDefinition | None, settings: DiffusionSettings) -> dict[str, Any]:
    """Numbers of the analysis of this kind of phantom."""
    if phantom is None:
        return {}
    if phantom.kind is PhantomKind.ACR_CT:
        return {"acr_ct": describe(AcrCtConfig())}
    if phantom.kind is PhantomKind.ACR_MRI:
        return {"acr_mri": describe(AcrMriConfig())}
    if phantom.kind is PhantomKind.DIFFUSION:
        return {name: describe(getattr(settings, name)) for name in ("pose", "vial", "fault")}
    if any("blood" in insert.traits for insert in phantom.inserts):
        return {"blood": describe(BloodInsertConfig())}
    return {"volume": describe(VolumeInsertConfig())}


def phantom_text(data: dict[str, Any], out: Path) -> str:
    """What the command prints: verdict, reasons, the center and the whole phantom."""
    verdict = data["verdict"]
    lines = [f"{data['case']} {data['timepoint']}: {verdict['outcome'].replace('_', ' ').upper()}"]
    if verdict["valid_until"]:
        lines[0] += f", valid until {verdict['valid_until']}"
    lines += [f"  {reason}" for reason in verdict["reasons"]]
    shown = [
        m for m in data["measurements"] if m["repeat"] is None and m["metric"] in ("adc", "adc_bias_percent", "hu")
    ]
    for m in shown:
        value = "none" if m["value"] is None else f"{m['value']:.{m['decimals']}f}"
        plus = "" if m["uncertainty"] is None else f" ± {m['uncertainty']:.{m['decimals']}f}"
        note = "" if m["judged"] else "  (not judged)"
        lines.append(
            f"  {m['name']} {m['insert']}{' ' + m['group'] if m['group'] else ''}: {value}{plus} {m['unit_text']}{note}"
        )
    for issue in data["issues"]:
        if issue["level"] != "INFO":
            where = f"{issue['subject']}: " if issue["subject"] else ""
            lines.append(f"  {issue['level']} {issue['code']} {where}{issue['found']}")
    lines.append(f"report: {out / data['case'] / data['timepoint'] / 'report.html'}")
    return "\n".join(lines)


def utc_now() -> str:
    """Time of the clock, for the manifest alone."""
    return datetime.now(UTC).isoformat(timespec="seconds")
