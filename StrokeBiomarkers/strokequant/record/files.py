"""Writing and hashing: a file appears whole or not at all, and every byte of it is accounted for.

Each file is written beside its target, flushed to the disk and renamed. `run.json` lists the SHA-256 of every output, and one of
itself. JSON is canonical: sorted keys, one space of indent, UTF-8, LF, and numbers of `SIGNIFICANT_DIGITS` significant digits, so
that a second run writes the same bytes.
"""

import contextlib
import errno
import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, RecordError
from ..threads import in_threads

SIGNIFICANT_DIGITS = 9
"""Digits of a number in record.json and measurements.csv: more than float32 holds, fewer than where platforms differ."""

MANIFEST = "run.json"

_REMEDIES = {
    errno.ENOSPC: "free some space on the disk, then run again with --resume",
    errno.EDQUOT: "the quota is used up: free some space, then run again with --resume",
    errno.EROFS: "choose an output folder that can be written",
    errno.EACCES: "choose an output folder that you may write, or change its permissions",
    errno.EPERM: "choose an output folder that you may write, or change its permissions",
    errno.ENAMETOOLONG: "choose a shorter output folder or case name",
    errno.ENOTDIR: "a file stands where a folder is needed: remove it or choose another output folder",
    errno.EEXIST: "a file stands where a folder is needed: remove it or choose another output folder",
    errno.EISDIR: "a folder stands where a file is needed: remove it or choose another output folder",
}


def write_error(path: Path, error: OSError) -> RecordError:
    """The error to raise where a file cannot be written; names the file, never its whole path."""
    found = f"{path.parent.name}/{path.name}: {error.strerror or type(error).__name__}"
    remedy = _REMEDIES.get(error.errno, "check the output folder, then run again with --resume")
    return RecordError(Issue("O01", Level.STOP, found, "an output folder that can be written", remedy, path.name))


def _sync_folder(folder: Path) -> None:
    """Make a rename durable; not every system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file whole or not at all, and the folders above it.

    Args:
        path: target; an existing file is replaced.
        data: its content.

    Returns:
        SHA-256 of `data`, hexadecimal.

    Raises:
        RecordError: O01, where it cannot be written; nothing is left behind and an older file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise write_error(path, error) from error
        raise
    _sync_folder(path.parent)
    return hashlib.sha256(data).hexdigest()


def write_files(folder: Path, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Write files below a folder, each whole or not at all.

    Args:
        folder: made where it is not there.
        contents: by path relative to the folder, with forward slashes.

    Returns:
        SHA-256 by the same paths, sorted.

    Raises:
        RecordError: O01, where one cannot be written; others may be there then.
    """
    paths = sorted(contents)
    hashes = in_threads(lambda path: write_bytes(folder / path, contents[path]), paths)
    return dict(zip(paths, hashes, strict=True))


def sha256_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def rounded(number: float) -> float | int | None:
    """A number as it is written: significant digits, no negative zero, None where it is not finite."""
    if isinstance(number, int):
        return number
    if not math.isfinite(number):
        return None
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}") + 0.0


def canonical_json(value: Any) -> bytes:
    """The one way in which plain data is written as JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def read_schema(name: str | Path) -> dict:
    """A schema published beside this file, such as "record.schema.json", or at a path of its own."""
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))


def schema_errors(value: Any, schema_name: str | Path) -> list[str]:
    """What in plain data does not hold to its schema, each with the place; sorted, empty where all is right."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(read_schema(schema_name))
    return sorted(f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value))


def require_schema(value: Any, schema_name: str, subject: str) -> None:
    """Raise RecordError where plain data does not hold to its schema."""
    errors = schema_errors(value, schema_name)
    if errors:
        found = "; ".join(errors[:3]) + (f"; and {len(errors) - 3} more" if len(errors) > 3 else "")
        remedy = "this is a defect of the software or of a plug-in: report it with this line"
        raise RecordError(Issue("O01", Level.STOP, found, f"data that hold to {schema_name}", remedy, subject))


def manifest_hash(manifest: Mapping[str, Any]) -> str:
    """SHA-256 over a manifest without its own "sha256"."""
    rest = {key: value for key, value in manifest.items() if key != "sha256"}
    return hashlib.sha256(canonical_json(rest)).hexdigest()


def write_manifest(
    out: Path,
    *,
    outputs: Mapping[str, str],
    inputs: Mapping[str, str],
    software: Mapping[str, str],
    configuration: Any,
    command: Iterable[str],
    cases: Iterable[Mapping[str, Any]],
    started_utc: str = "",
    finished_utc: str = "",
) -> str:
    """Write OUT/run.json, the last file of a run.

    Args:
        out: output folder.
        outputs: relative path with forward slashes -> SHA-256 of every other file of the run.
        inputs: Series Instance UID, or "sha256:..." for NIfTI -> SHA-256.
        software: name -> version.
        configuration: as in `CaseRecord.configuration`.
        command: the words of the command; the caller leaves out what may identify a patient or a machine.
        cases: {"case", "timepoint", "outcome", "reason", "folder"} each; folder is relative and "" where there is none.
        started_utc, finished_utc: ISO 8601; the clock stands here and nowhere in the record.

    Returns:
        SHA-256 of run.json itself.
    """
    from .case_record import flat_configuration

    manifest = {
        "format": "strokequant run 1",
        "outputs": dict(outputs),
        "inputs": dict(inputs),
        "software": dict(software),
        "configuration": flat_configuration(configuration),
        "command": [str(word) for word in command],
        "cases": sorted((dict(case) for case in cases), key=lambda case: (case["case"], case["timepoint"])),
        "started_utc": started_utc,
        "finished_utc": finished_utc,
    }
    manifest["sha256"] = manifest_hash(manifest)
    require_schema(manifest, "run.schema.json", MANIFEST)
    return write_bytes(out / MANIFEST, canonical_json(manifest))
