"""`strokequant phantom`: one session measured, judged, entered in the history, and written."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..acr_config import AcrCtConfig, AcrMriConfig
from ..config import describe
from ..phantom.criteria_sets import criteria_for
from ..phantom.diffusion_session import DiffusionSettings, Stated
from ..phantom.history import History
from ..phantom.session import measure_session
from ..phantom.trend import with_trend
from ..phantom.verdict import judge
from ..phantom_types import PhantomDefinition, PhantomKind, PhantomRecord
from ..record.files import write_bytes, write_files, write_manifest
from ..record.phantom_record import phantom_contents
from ..record.table import measurements_bytes, write_cases
from ..software import software_versions
from ..types import Series
from .memory import peak_memory_mb


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
    started, begin = _utc_now(), time.perf_counter()
    sets = criteria_for(phantom.kind, criteria, *folders)
    session = measure_session(series, phantom, stated, settings=settings)
    configuration = _configuration(phantom, settings)
    record = PhantomRecord(session, judge(session, sets), configuration=configuration, software=software_versions())
    if history is not None:
        kept = History(history)
        kept.add(record)
        record = with_trend(record, kept)
    timepoint = session.date or "tp1"
    data, contents = phantom_contents(record, case=case, timepoint=timepoint)
    folder = f"{case}/{timepoint}"
    outputs = {f"{folder}/{name}": digest for name, digest in write_files(out / case / timepoint, contents).items()}
    outcome = str(record.verdict.outcome)
    measured = any(m["value"] is not None for m in data["measurements"])
    entry = {
        "case": case,
        "timepoint": timepoint,
        "outcome": outcome if measured else "refused",
        "reason": "" if outcome == "qualified" else " | ".join(record.verdict.reasons[:3]),
        "folder": folder,
        "fingerprint": "",
    }
    outputs["measurements.csv"] = write_bytes(out / "measurements.csv", measurements_bytes([data]))
    seconds = round(time.perf_counter() - begin, 3)
    outputs["cases.csv"] = write_cases(out, [entry | {"seconds": seconds, "peak_memory_mb": peak_memory_mb()}])
    write_manifest(
        out,
        outputs=outputs,
        inputs={ref["uid"]: ref["sha256"] for ref in data["inputs"]},
        software=software_versions(optional=True),
        configuration=configuration,
        command=command,
        cases=[entry],
        started_utc=started,
        finished_utc=_utc_now(),
    )
    return record, data


def _configuration(phantom: PhantomDefinition, settings: DiffusionSettings) -> dict[str, Any]:
    """Numbers of the analysis of this kind of phantom."""
    if phantom.kind is PhantomKind.ACR_CT:
        return {"acr_ct": describe(AcrCtConfig())}
    if phantom.kind is PhantomKind.ACR_MRI:
        return {"acr_mri": describe(AcrMriConfig())}
    if phantom.kind is PhantomKind.DIFFUSION:
        return {name: describe(getattr(settings, name)) for name in ("pose", "vial", "fault")}
    return {}


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


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
