"""`signed/v1`, `signed/v2`, ...: a signed version of a reading, with manifest and signature.

A version is written whole beside its place, the entry `signed` in the trail makes it valid, and a rename puts it in its place. What was
cut off between the two is finished on the next opening.
"""

import contextlib
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..record.files import sha256_file
from .audit_trail import AuditEntry
from .item_states import Event

SIGNED, OUTPUT, MANIFEST, SIGNATURE = "signed", "output", "manifest.json", "signature.json"
REQUESTED, RELEASED = "sign.requested", "item.released"
MANIFEST_FORMAT, SIGNATURE_FORMAT = "strokequant signed reading 1", "strokequant signature 1"


def version_folder(folder: Path, version: int) -> Path:
    """Folder of a signed version."""
    return folder / SIGNED / f"v{version}"


def part_folder(folder: Path, version: int) -> Path:
    """Where a version is written until it is valid."""
    return folder / SIGNED / f".v{version}.part"


def manifest_hash_of(folder: Path, version: int) -> str:
    """SHA-256 of the manifest of a signed version; empty where there is none."""
    path = version_folder(folder, version) / MANIFEST
    return sha256_file(path) if path.is_file() else ""


def output_hashes(version: Path) -> dict[str, str]:
    """SHA-256 of every file of the output of a version, by path below the version's folder."""
    paths = sorted(path for path in (version / OUTPUT).rglob("*") if path.is_file())
    return {path.relative_to(version).as_posix(): sha256_file(path) for path in paths}


def files_hash(hashes: Mapping[str, str]) -> str:
    """One hash for all files of a version."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
    return hashlib.sha256(lines.encode("utf-8")).hexdigest()


def read_plain(path: Path) -> Any:
    """Plain data of a JSON file; None where it cannot be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def put_in_place(folder: Path, version: int) -> Path:
    """Rename a version to its place, and make it read-only.

    Raises:
        OSError: it cannot be renamed; the next opening tries again.
    """
    place = version_folder(folder, version)
    os.replace(part_folder(folder, version), place)
    make_read_only(place)
    return place


def make_read_only(place: Path) -> None:
    """Take the permission to write from every file of a version, as far as the file system knows one."""
    for path in place.rglob("*"):
        if path.is_file():
            with contextlib.suppress(OSError):
                path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def remove_part(folder: Path, version: int) -> None:
    """Remove what an attempt to sign has left."""
    shutil.rmtree(part_folder(folder, version), ignore_errors=True)


def finish_interrupted(folder: Path, entries: Iterable[AuditEntry]) -> tuple[int, ...]:
    """Put versions in their place that are valid by the trail, and remove attempts that are not.

    Returns:
        Versions that were put in their place.
    """
    valid = [entry.new["version"] for entry in entries if entry.event == Event.SIGN]
    moved = []
    for version in valid:
        if part_folder(folder, version).is_dir() and not version_folder(folder, version).exists():
            put_in_place(folder, version)
            moved.append(version)
    for part in (folder / SIGNED).glob(".v*.part"):
        shutil.rmtree(part, ignore_errors=True)
    return tuple(moved)
