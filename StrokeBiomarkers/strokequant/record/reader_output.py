"""Output of one case that a reader has signed, beside the cases that are in the folder already.

Same files as those of a run, so that `verify` holds over all of them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, RecordError
from ..software import software_versions
from ..types import CaseRecord
from .case_record import write_case
from .dicom_out import write_dicom
from .files import write_bytes, write_error, write_manifest
from .table import write_cases, write_measurements

COMMAND = ("StrokeDiffusionCore",)
INDEX = "index.html"


@dataclass(frozen=True)
class ReaderOutput:
    """What was written.

    Args:
        folder: of the case and time point.
        sha256: by path relative to the output folder.
        issues: what was left out of the DICOM objects, and why.
    """

    folder: Path
    sha256: dict[str, str]
    issues: tuple[Issue, ...] = ()


def write_reader_case(
    record: CaseRecord, out: Path, *, now: datetime, command: Sequence[str] = COMMAND, previous: Sequence[Any] = ()
) -> ReaderOutput:
    """Write a signed record with its images and DICOM objects, and the tables of the whole output folder.

    Args:
        record: signed.
        out: output folder; made where it is not there.
        now: time of writing, local, with its zone.
        command: what was used, for the manifest.
        previous: datasets of earlier structured reports that the new ones replace.

    Raises:
        RecordError: O01 where the folder cannot be written, or holds what somebody else has signed; nothing that was there before
            is lost.
    """
    name = f"{record.case}/{record.timepoint}"
    folder = out / record.case / record.timepoint
    _require_own(folder, record)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(out, error) from error
    before = _manifest(out)
    hashes = dict(write_case(record, folder))
    written = write_dicom(record, folder, now=now, previous=previous)
    hashes |= written.sha256
    outputs = {path: digest for path, digest in before["outputs"].items() if _is_of_other_case(path, name)}
    outputs |= {f"{name}/{path}": digest for path, digest in hashes.items()}
    cases = [case for case in before["cases"] if case["folder"] != name]
    cases.append(
        {"case": record.case, "timepoint": record.timepoint, "outcome": "measured", "reason": "", "folder": name}
    )
    _write_tables(record, out, outputs, cases, now, command)
    notes = tuple(issue for issue in written.issues if issue.level is not Level.INFO)
    return ReaderOutput(folder, outputs, notes)


def _write_tables(
    record: CaseRecord,
    out: Path,
    outputs: dict[str, str],
    cases: list[dict],
    now: datetime,
    command: Sequence[str],
) -> None:
    from .cohort import cohort_page, cohort_row
    from .further_tables import write_further_tables

    cases.sort(key=lambda case: (case["case"], case["timepoint"]))
    records = {c["folder"]: json.loads((out / c["folder"] / "record.json").read_bytes()) for c in cases if c["folder"]}
    rows = [
        cohort_row(records[c["folder"]], outcome=c["outcome"], reason=c["reason"], href=f"{c['folder']}/report.html")
        for c in cases
        if c["folder"]
    ]
    outputs[INDEX] = write_bytes(out / INDEX, cohort_page(rows, records.values()))
    outputs |= write_further_tables(out, records.values())
    outputs["measurements.csv"] = write_measurements(out, records.values())
    outputs["cases.csv"] = write_cases(out, cases)
    write_manifest(
        out,
        outputs=outputs,
        inputs={entry["uid"]: entry["sha256"] for one in records.values() for entry in one["inputs"]},
        software=software_versions(optional=True),
        configuration=record.configuration,
        command=command,
        cases=cases,
        finished_utc=now.isoformat(timespec="seconds"),
    )


def _require_own(folder: Path, record: CaseRecord) -> None:
    """Refuse to replace a signed reading by one of other images, of another reader, or of something else.

    Raises:
        RecordError: O01.
    """
    try:
        known = json.loads((folder / "record.json").read_bytes())
        signed = {(one["reader"], one["meaning"]) for one in known["sign_offs"]}
        inputs = {one["uid"] for one in known["inputs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return
    own = {(one.reader, one.meaning) for one in record.sign_offs}
    other = sorted(f"{reader}: {meaning}" for reader, meaning in signed - own)
    if signed and inputs and not inputs & {one.uid for one in record.inputs}:
        other = ["a reading of other images"]
    if other:
        found = f"the folder of this case holds what was signed before: {'; '.join(other)}"
        remedy = "choose another output folder"
        raise RecordError(Issue("O01", Level.STOP, found, "a folder of its own for every reading", remedy, record.case))


def _manifest(out: Path) -> dict[str, Any]:
    """Cases and outputs of an earlier run in the same folder; none where there was none, or it cannot be read."""
    try:
        known = json.loads((out / "run.json").read_bytes())
        present = [c for c in known["cases"] if not c["folder"] or (out / c["folder"] / "record.json").is_file()]
        return {"cases": present, "outputs": dict(known["outputs"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"cases": [], "outputs": {}}


def _is_of_other_case(path: str, name: str) -> bool:
    return "/" in path and not path.startswith(f"{name}/")
