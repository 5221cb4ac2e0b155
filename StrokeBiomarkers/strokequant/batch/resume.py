"""Where a run stands, so that a killed run goes on and a finished one measures only what is new."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ..record.files import MANIFEST, canonical_json, sha256_file, write_error
from .discover import CaseInput

JOURNAL = ".strokequant-resume.jsonl"
"""One line per finished case while a run is under way; gone when run.json is written."""


def fingerprint(case: CaseInput, configuration: Any, version: str) -> str:
    """Changes when a file of the case (name, size or time), the configuration or the software does."""
    files = [_state(path) for path in sorted({f for s in case.series for f in s.files})]
    content = canonical_json({"files": files, "configuration": configuration, "version": version})
    return hashlib.sha256(content).hexdigest()


def _state(path: Path) -> list:
    """Name, size and time of a file; only its name where it has gone since it was found."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return [path.name, status.st_size, status.st_mtime_ns]
    return [path.name]


def state_of_records(path: Path) -> str:
    """Hash of a record, or of all records below a folder."""
    found = sorted(path.rglob("record.json")) if path.is_dir() else [path]
    with contextlib.suppress(OSError):
        return hashlib.sha256("".join(sha256_file(one) for one in found).encode()).hexdigest()
    return ""


def append(out: Path, entry: dict[str, Any]) -> None:
    """Add one finished case to the journal, on the disk before this returns."""
    try:
        with open(out / JOURNAL, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, sort_keys=True) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise write_error(out / JOURNAL, error) from error


def finished(out: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Entries of finished cases by (case, time point), from run.json and the journal; a torn last line is left out."""
    entries = []
    with contextlib.suppress(OSError, ValueError, KeyError):
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        for case in manifest["cases"]:
            prefix = f"{case['case']}/{case['timepoint']}/"
            outputs = {p: h for p, h in manifest["outputs"].items() if p.startswith(prefix)}
            entries.append({**case, "outputs": outputs})
    with contextlib.suppress(OSError):
        for line in (out / JOURNAL).read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
    return {(e["case"], e["timepoint"]): e for e in entries if "fingerprint" in e}


def is_intact(out: Path, entry: dict[str, Any]) -> bool:
    """True where every output of a finished case is there, unchanged."""
    try:
        return bool(entry["outputs"]) and all(
            sha256_file(out / path) == digest for path, digest in entry["outputs"].items()
        )
    except OSError:
        return False


def clear(out: Path) -> None:
    """Remove the journal; run.json holds everything now."""
    with contextlib.suppress(FileNotFoundError):
        (out / JOURNAL).unlink()
