"""An output folder with many phantom sessions: what is in it stays, and nothing that was signed is replaced by somebody else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import Issue, Level, RecordError
from .phantom_rows import is_phantom


class OtherSessions(NamedTuple):
    """Sessions that are in a folder beside the one that is written.

    Args:
        outputs: relative path -> SHA-256 of their files.
        cases: their entries of the manifest.
        records: their records as plain data, in the same order.
    """

    outputs: dict[str, str]
    cases: list[dict[str, Any]]
    records: list[dict[str, Any]]


def other_sessions(out: Path, folder: str, data: Mapping[str, Any]) -> OtherSessions:
    """What is in an output folder already.

    Args:
        folder: of the session that is written, relative.
        data: its record as plain data.

    Raises:
        RecordError: O01 where the folder holds patients, or the session that is written would replace one of other images or one that
            another person has signed.
    """
    manifest = _read(out / "run.json")
    cases, records = [], []
    for case in manifest.get("cases", ()):
        record = _read(out / case["folder"] / "record.json") if case["folder"] else {}
        if record and not is_phantom(record):
            raise _refused(f"the folder holds patients, such as {case['case']}", data["case"])
        if record and case["folder"] != folder:
            cases.append(case)
            records.append(record)
    _require_own(_read(out / folder / "record.json"), data)
    kept = tuple(f"{case['folder']}/" for case in cases)
    outputs = {path: digest for path, digest in manifest.get("outputs", {}).items() if path.startswith(kept)}
    return OtherSessions(outputs if kept else {}, cases, records)


def _require_own(known: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Refuse to replace a session of other images, or one that another person has signed."""
    before, now = ({one["uid"] for one in each.get("inputs", ())} for each in (known, data))
    if before and now and not before & now:
        raise _refused("this name and date are those of a session of other images", data["case"])
    signed = {one["reader"] for one in known.get("sign_offs", ())} - {one["reader"] for one in data["sign_offs"]}
    if signed:
        raise _refused(f"the session was signed before by {', '.join(sorted(signed))}", data["case"])


def _refused(found: str, case: str) -> RecordError:
    remedy = "choose another output folder or another name of the session"
    return RecordError(Issue("O01", Level.STOP, found, "a folder of phantom sessions, each once", remedy, case))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
