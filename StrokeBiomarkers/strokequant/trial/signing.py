"""Signing a reading: written, anchored in the audit trail, signed, locked; or nothing of it, and the item is still submitted.

Order: the request with the hashes of values, masks and maps; the outputs, which name that entry; manifest and signature over the entry
`signed` that comes next; that entry itself, which makes all of it valid; the move to its place.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Issue, Level, RecordError, TrialError
from ..phantom_types import PhantomRecord
from ..record.files import canonical_json, sha256_file, write_bytes, write_error
from ..sop.walk import Walk, step_record_to_dict
from ..types import CaseRecord, SignOff
from .audit_trail import Anchor, AuditEntry
from .item_states import Event
from .item_trail import trail_problems
from .keys import public_key_of, signature_of, unlock
from .provenance import provenance_of, taken_in
from .signed_files import fingerprint
from .signed_version import (
    MANIFEST,
    MANIFEST_FORMAT,
    OUTPUT,
    RELEASED,
    REQUESTED,
    SIGNATURE,
    SIGNATURE_FORMAT,
    files_hash,
    manifest_hash_of,
    output_hashes,
    part_folder,
    put_in_place,
    remove_part,
    version_folder,
)
from .still_valid import look_again
from .trial_facts import is_trial_reading
from .values import map_hashes, mask_hashes, values_hash

if TYPE_CHECKING:
    from .reading_item import ReadingItem

TIMEPOINT = "tp1"
Write = Callable[..., Any]


@dataclass(frozen=True)
class SignedReading:
    """What was signed.

    Args:
        version: from 1.
        folder: of the version.
        manifest_sha256: of its manifest.
        audit_head: entry of the request, which the outputs name.
        record: as signed.
        output: what writing gave.
        issues: what was left out of the DICOM objects, and why.
    """

    version: int
    folder: Path
    manifest_sha256: str
    audit_head: Anchor
    record: Any
    output: Any = None
    issues: tuple[Issue, ...] = ()


def sign_item(
    item: "ReadingItem",
    record: Any,
    *,
    key: Path | None,
    passphrase: str,
    meaning: str,
    now: datetime,
    write: Write | None = None,
    of_case: Mapping[str, Any] = {},
) -> SignedReading:
    """Sign a submitted item.

    Args:
        item: that is signed.
        record: with the values that were submitted.
        key: private key of the reader; None only outside of a trial, where the record then has no cryptographic signature.
        passphrase: of the key: the reader proves who he is once more.
        meaning: author, verification or review.
        now: with its zone.
        write: called as write(record, out, now=...), writes the outputs below `out`; the files of a run where it is None.
        of_case: keywords of `ReadingItem.facts`.

    Raises:
        TrialError: W20 to W25, reader, procedure or images are not any more what they were on opening, or the database was locked
            meanwhile; W27, key or passphrase are wrong; W31, the values are not those that were submitted; W34, it could not be written.
        ProcedureError: W05, a condition of the step that signs does not hold.
    """
    look_again(item, now)
    if values_hash(record) != item.progress.values:
        remedy = "return to the reading, look at the values, and submit again"
        raise item.refused("W31", "the values have changed since", "the values that were submitted", remedy)
    private = _authenticated(item, key, passphrase, now)
    walk = _walk_signed(item, record, meaning, private is not None, now, of_case)
    new = {"version": item.status.version, "meaning": meaning, "values": values_hash(record)}
    new |= {"masks": mask_hashes(record), "maps": map_hashes(record)}
    head = _anchor(item.append(REQUESTED, now=now, new=new))
    signed = _signed_record(item, record, walk, meaning, head, now)
    try:
        return _written(item, signed, walk, private, head, meaning, now, write or _write_of(item, record))
    except (OSError, RecordError) as error:
        remove_part(item.folder, item.status.version)
        raise _not_written(item, error) from error


def write_outputs(record: CaseRecord, out: Path, *, now: datetime, previous: Sequence[Any] = ()) -> Any:
    """Write the outputs of a reading: the same files as those of a run.

    Args:
        record: signed.
        out: output folder.
        now: time of writing.
        previous: structured reports of the version before, which the new ones name as what they replace.
    """
    from ..record.reader_output import write_reader_case

    return write_reader_case(record, out, now=now, command=("trial",), previous=previous)


def write_session(record: PhantomRecord, out: Path, *, now: datetime, case: str) -> Any:
    """Write the outputs of a phantom session: the same files as those of its command."""
    from ..batch.phantom_case import write_phantom

    return write_phantom(record, out, case=case, command=("trial",))


def earlier_reports(item: "ReadingItem") -> list[Any]:
    """Structured reports of the version before; none for the first."""
    folder = version_folder(item.folder, item.status.version - 1) / OUTPUT
    paths = sorted(folder.rglob("dicom/sr*.dcm"))
    if not paths:
        return []
    from pydicom import dcmread

    return [dcmread(path) for path in paths]


def _write_of(item: "ReadingItem", record: Any) -> Write:
    if isinstance(record, PhantomRecord):
        return partial(write_session, case=item.id)
    return partial(write_outputs, previous=earlier_reports(item))


def _authenticated(item: "ReadingItem", key: Path | None, passphrase: str, now: datetime):
    """The open private key of the reader; None where a reading outside of a trial has none."""
    if key is None and not is_trial_reading(item):
        return None
    try:
        if key is None:
            raise item.refused("W27", "no key", "the key file of the reader", "choose your key file")
        private = unlock(key, passphrase)
        if is_trial_reading(item) and public_key_of(private) != item.reader.public_key:
            found, remedy = "a key of somebody else", "use your own key; the register holds its public half"
            raise item.refused("W27", found, f"the key that the register holds of {item.reader.id}", remedy)
    except TrialError as error:
        item.append("authentication.failed", now=now, new={"why": error.issues[0].found})
        raise
    return private


def _walk_signed(
    item: "ReadingItem", record: Any, meaning: str, authenticated: bool, now: datetime, of_case: Mapping[str, Any]
) -> Walk:
    """The walk with the signature done, as it will be once all is written; nothing is written yet."""
    facts = item.facts(record, now=now, **of_case)
    facts |= {"sign_meaning": meaning, "outputs_locked": True, "reauthenticated": authenticated}
    facts["audit_trail_intact"] = not trail_problems(item.trail.path)
    return item.finished_walk(facts, now=now)


def _signed_record(item: "ReadingItem", record: Any, walk: Walk, meaning: str, head: Anchor, now: datetime) -> Any:
    """The record with reader, procedure, head of the trail and signature; named after the item."""
    sign_off = SignOff(item.reader.id, meaning, now.astimezone(UTC).isoformat(timespec="seconds"))
    if not isinstance(record, CaseRecord):
        return replace(record, sign_offs=(*record.sign_offs, sign_off))
    charter = item.trial.charter if item.trial is not None else None
    reading = provenance_of(
        walk,
        answers=item.answers,
        started=item.progress.started,
        **taken_in(item),
        reader=item.reader.id,
        reader_name=item.reader.name,
        role="adjudicator" if item.file.model == "adjudication" else "reader",
        meaning=meaning,
        audit_head=str(head),
        charter_sha256=item.trial.charter_sha256 if charter else "",
        trial=charter.id if charter else "",
        trial_title=charter.title if charter else "",
        sponsor=charter.sponsor if charter else "",
    )
    return replace(record, case=item.id, timepoint=TIMEPOINT, reading=reading).signed(sign_off)


def _written(
    item: "ReadingItem",
    record: Any,
    walk: Walk,
    private: Any,
    head: Anchor,
    meaning: str,
    now: datetime,
    write: Write,
) -> SignedReading:
    """Write everything beside its place, then make it valid, then move it."""
    version = item.status.version
    part = part_folder(item.folder, version)
    remove_part(item.folder, version)
    output = write(record, part / OUTPUT, now=now)
    hashes = output_hashes(part)
    step = step_record_to_dict(walk.done[item.procedure.steps[-1].id])
    new = {
        "version": version,
        "step": step,
        "files_sha256": files_hash(hashes),
        "journal": str(item.journal.head or ""),
    }
    entry = item.seal(Event.SIGN, now=now, new=new, uids=_uids(part / OUTPUT))
    manifest = canonical_json(_manifest(item, hashes, head, entry, meaning, now))
    digest = write_bytes(part / MANIFEST, manifest)
    if private is not None:
        write_bytes(part / SIGNATURE, canonical_json(_signature(item, manifest, digest, private, meaning, now)))
    item.add(entry)
    place = _in_place(item, version)
    _release(item, place, now)
    return SignedReading(version, place, digest, head, record, output, tuple(getattr(output, "issues", ())))


def _release(item: "ReadingItem", place: Path, now: datetime) -> None:
    """Say in the trail what was released, so that a later change is told to be in the manifest or in the signature.

    The signature is valid without it: where the disk is full now, the entry is missing and nothing else.
    """
    hashes = {name: sha256_file(place / name) for name in (MANIFEST, SIGNATURE) if (place / name).is_file()}
    with suppress(RecordError):
        item.append(RELEASED, now=now, new={"version": item.status.version, "sha256": hashes})


def _in_place(item: "ReadingItem", version: int) -> Path:
    """Where a valid version lies; one that cannot be moved now is moved on the next opening."""
    try:
        return put_in_place(item.folder, version)
    except OSError:
        return part_folder(item.folder, version)


def _manifest(
    item: "ReadingItem", hashes: Mapping[str, str], head: Anchor, entry: AuditEntry, meaning: str, now: datetime
) -> dict[str, Any]:
    version = item.status.version
    return {
        "format": MANIFEST_FORMAT,
        "item": item.id,
        "version": version,
        "task": item.file.task,
        "procedure": dict(item.file.procedure),
        "item_sha256": item.trail.entries[0].new["item_sha256"],
        "reader": item.reader.id,
        "reader_name": item.reader.name,
        "meaning": meaning,
        "signed_utc": now.astimezone(UTC).isoformat(timespec="seconds"),
        "files": dict(hashes),
        "audit_request": str(head),
        "audit_head": str(_anchor(entry)),
        "follows_sha256": manifest_hash_of(item.folder, version - 1) if version > 1 else "",
    }


def _signature(
    item: "ReadingItem", manifest: bytes, digest: str, private: Any, meaning: str, now: datetime
) -> dict[str, Any]:
    public = public_key_of(private)
    return {
        "format": SIGNATURE_FORMAT,
        "algorithm": "Ed25519",
        "signer": item.reader.id,
        "signer_name": item.reader.name,
        "meaning": meaning,
        "signed_utc": now.astimezone(UTC).isoformat(timespec="seconds"),
        "public_key": public,
        "fingerprint": fingerprint(public),
        "manifest_sha256": digest,
        "signature": signature_of(manifest, private),
    }


def _uids(folder: Path) -> tuple[str, ...]:
    """SOP Instance UIDs of the DICOM objects that were written."""
    paths = sorted(folder.rglob("*.dcm"))
    if not paths:
        return ()
    from pydicom import dcmread

    return tuple(str(dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID) for path in paths)


def _anchor(entry: AuditEntry) -> Anchor:
    return Anchor(entry.seq, entry.hash)


def _not_written(item: "ReadingItem", error: OSError | RecordError) -> TrialError:
    """The error of a signature that could not be written; the item is as it was before."""
    if isinstance(error, OSError):
        error = write_error(Path(error.filename or item.folder / OUTPUT), error)
    issue = error.issues[0]
    found = f"the signature was not written: {issue.found}"
    remedy = "make it possible to write there (free some space), then sign again: the item is still submitted, nothing is lost"
    return TrialError(Issue("W34", Level.STOP, found, issue.expected, remedy, item.id))
