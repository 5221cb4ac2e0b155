"""Check the signed versions of an item: manifest, files, signature, and the entry of the trail that made each valid."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import Issue, Level
from ..record.case_record import plain
from ..record.files import MANIFEST as RUN
from ..record.files import canonical_json, sha256_file
from ..record.verify import verify
from .audit_trail import Anchor, AuditEntry
from .item_acquisition import acquisition_of, acquisition_problem
from .item_file import ACQUISITION, ItemFile
from .item_states import Event
from .keys import verify_signature
from .signed_files import fingerprint
from .signed_version import (
    MANIFEST,
    OUTPUT,
    RELEASED,
    REQUESTED,
    SIGNATURE,
    SIGNATURE_FORMAT,
    SIGNED,
    files_hash,
    manifest_hash_of,
    output_hashes,
    part_folder,
    read_plain,
    version_folder,
)
from .trial_folder import Trial

_RESTORE = "restore the signed version from a backup"
_SAME = {"signer": "reader", "signer_name": "reader_name", "meaning": "meaning", "signed_utc": "signed_utc"}
"""Fields of a signature, and those of the manifest that they repeat."""


def signed_issues(
    folder: Path, file: ItemFile, entries: tuple[AuditEntry, ...], trial: Trial | None
) -> Iterator[Issue]:
    """What of the signed versions does not hold, each with the file that it is about."""
    valid = {entry.new["version"]: entry for entry in entries if entry.event == Event.SIGN}
    present = {path.name for path in (folder / SIGNED).glob("v*")}
    for name in sorted(present - {f"v{version}" for version in valid}):
        yield _issue(f"{SIGNED}/{name}", "no entry of the trail says that it was signed", "an entry 'signed'")
    for version, entry in sorted(valid.items()):
        place = version_folder(folder, version)
        if not place.is_dir() and part_folder(folder, version).is_dir():
            remedy = "open the item once more: it is put in its place then"
            found = "it was signed, and the program ended before it was in its place"
            yield Issue("W33", Level.WARN, found, "a version in its place", remedy, f"{SIGNED}/v{version}")
            place = part_folder(folder, version)
        name = f"{SIGNED}/v{version}"
        yield from _released(place, name, version, entries)
        yield from _version(place, name, folder, file, entry, entries, trial)


def _released(place: Path, name: str, version: int, entries: tuple[AuditEntry, ...]) -> Iterator[Issue]:
    """Manifest and signature against the entry of their release."""
    released = [entry.new["sha256"] for entry in entries if entry.event == RELEASED and entry.new["version"] == version]
    for path, digest in sorted(released[-1].items()) if released else ():
        if (place / path).is_file() and sha256_file(place / path) != digest:
            yield _issue(f"{name}/{path}", "it is not the one that was released", f"sha256 {digest}")


def _version(
    place: Path,
    name: str,
    folder: Path,
    file: ItemFile,
    entry: AuditEntry,
    entries: tuple[AuditEntry, ...],
    trial: Trial | None,
) -> Iterator[Issue]:
    path = place / MANIFEST
    manifest = read_plain(path)
    if not isinstance(manifest, dict) or canonical_json(manifest) != path.read_bytes():
        yield _issue(f"{name}/{MANIFEST}", "it is missing, or not as it was written", "the manifest as it was signed")
        return
    yield from _fields(manifest, name, folder, file, entry, entries)
    yield from _files(place, name, manifest, entry)
    yield from _signature(place, name, manifest, trial)
    yield from _records(place, name, folder, file)
    if (place / OUTPUT / RUN).is_file():
        yield from verify(place / OUTPUT)


def _fields(
    manifest: Mapping[str, Any],
    name: str,
    folder: Path,
    file: ItemFile,
    entry: AuditEntry,
    entries: tuple[AuditEntry, ...],
) -> Iterator[Issue]:
    """A manifest against item, trail and the version before it."""
    version = entry.new["version"]
    requests = [one for one in entries[: entry.seq] if one.event == REQUESTED and one.new["version"] == version]
    expected = {
        "item": file.id,
        "version": version,
        "task": file.task,
        "procedure": dict(file.procedure),
        "reader": file.reader,
        "audit_request": str(Anchor(requests[-1].seq, requests[-1].hash)) if requests else "",
        "audit_head": str(Anchor(entry.seq, entry.hash)),
        "follows_sha256": manifest_hash_of(folder, version - 1) if version > 1 else "",
    }
    for field, value in expected.items():
        if manifest.get(field) != value:
            yield _issue(f"{name}/{MANIFEST}", f"{field} is {manifest.get(field)}", str(value))


def _files(place: Path, name: str, manifest: Mapping[str, Any], entry: AuditEntry) -> Iterator[Issue]:
    """Files of a version against its manifest, and the manifest's list against the trail."""
    listed = manifest.get("files")
    if not isinstance(listed, dict) or files_hash(listed) != entry.new["files_sha256"]:
        yield _issue(f"{name}/{MANIFEST}", "its list of files is not the one of the trail", "the list that was signed")
        return
    found = output_hashes(place)
    for path in sorted(found.keys() | listed.keys()):
        if path not in found:
            yield _issue(f"{name}/{path}", "the file is missing", "the file as it was signed")
        elif path not in listed:
            yield _issue(f"{name}/{path}", "the file does not belong to what was signed", "no such file")
        elif found[path] != listed[path]:
            yield _issue(f"{name}/{path}", f"the content has changed: sha256 {found[path]}", f"sha256 {listed[path]}")
    known = {MANIFEST, SIGNATURE, OUTPUT}
    for path in sorted(one.name for one in place.iterdir() if one.name not in known):
        yield _issue(f"{name}/{path}", "the file does not belong to what was signed", "no such file")


def _records(place: Path, name: str, folder: Path, file: ItemFile) -> Iterator[Issue]:
    """What signed records say of the intake of their item against the item."""
    for path in sorted((place / OUTPUT).rglob("record.json")):
        data = read_plain(path)
        reading = data.get("reading") if isinstance(data, dict) else None
        if not isinstance(reading, dict):
            continue
        for field, value in _of_intake(folder, file).items():
            if reading.get(field) != value:
                subject = path.relative_to(place).as_posix()
                yield _issue(f"{name}/{subject}", f"its {field} is not that of the item", f"{field} as in the item")


def _of_intake(folder: Path, file: ItemFile) -> dict[str, Any]:
    """Fields of a reading that its item gives; nothing of an acquisition that cannot be read, which is told elsewhere."""
    fields: dict[str, Any] = {"acquisition_sha256": file.files.get(ACQUISITION, "")}
    fields |= {"prior": file.prior, "prior_manifest_sha256": file.prior_manifest}
    if not acquisition_problem(folder, file):
        fields["acquisition"] = [plain(one) for one in acquisition_of(folder, file)]
    return fields


def _signature(place: Path, name: str, manifest: Mapping[str, Any], trial: Trial | None) -> Iterator[Issue]:
    path = place / SIGNATURE
    subject = f"{name}/{SIGNATURE}"
    if not path.exists():
        level = Level.STOP if trial is not None else Level.INFO
        remedy = _RESTORE if trial is not None else "outside of a trial a reading may be signed without a key"
        yield Issue("W28", level, "no cryptographic signature", "a signature of the reader", remedy, subject)
        return
    signature = read_plain(path)
    if not isinstance(signature, dict) or canonical_json(signature) != path.read_bytes():
        yield _unsigned(subject, "it is not as it was written", "the signature as it was written")
        return
    yield from _signer(place, subject, signature, manifest, trial)


def _signer(
    place: Path, subject: str, signature: Mapping[str, Any], manifest: Mapping[str, Any], trial: Trial | None
) -> Iterator[Issue]:
    """A signature against manifest and register."""
    public = str(signature.get("public_key"))
    expected = {field: manifest.get(same) for field, same in _SAME.items()}
    expected |= {"format": SIGNATURE_FORMAT, "algorithm": "Ed25519", "fingerprint": fingerprint(public)}
    expected |= {"manifest_sha256": sha256_file(place / MANIFEST)}
    reader = trial.register.reader(str(manifest.get("reader"))) if trial is not None else None
    if trial is not None:
        expected["public_key"] = reader.public_key if reader is not None else None
    for field, value in expected.items():
        if signature.get(field) != value:
            yield _unsigned(subject, f"{field} is {signature.get(field)}", str(value))
    if set(signature) != {*expected, "public_key", "signature"}:
        yield _unsigned(subject, "it has other fields", "the fields of a signature")
    why = verify_signature((place / MANIFEST).read_bytes(), str(signature.get("signature")), public)
    if why:
        yield _unsigned(subject, why, "a signature of the manifest with the key of the reader")


def _issue(subject: str, found: str, expected: str) -> Issue:
    return Issue("W33", Level.STOP, found, expected, _RESTORE, subject)


def _unsigned(subject: str, found: str, expected: str) -> Issue:
    return Issue("W28", Level.STOP, found, expected, _RESTORE, subject)
