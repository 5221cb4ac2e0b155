"""Check that a read item is what was assigned, read and signed: every byte of it, and which one is not.

Hashes find a changed byte, chains a removed or moved line, anchors a cut tail, the signature a manifest that was written anew. Who owns trail,
outputs and every key can still write all of them anew.
"""

from collections.abc import Iterator
from pathlib import Path

from ..errors import Issue, Level, StrokeQuantError
from .audit_trail import Anchor, AuditEntry, Problem, problems, read_trail
from .item_acquisition import acquisition_problem
from .item_file import ACQUISITION, ITEM, PRELIMINARY, ItemFile, changed_files, preliminary_hashes, read_item
from .item_states import Event, not_allowed
from .item_trail import parse_anchor, trail_path, trail_problems
from .journal import JOURNAL
from .signed_version import MANIFEST, SIGNED, read_plain
from .trial_folder import Trial
from .verify_signed import signed_issues

_RESTORE = "restore the item from a backup; do not go on with it"


def verify_item(folder: Path, trial: Trial | None = None) -> tuple[Issue, ...]:
    """What of an item is not as it was assigned, read and signed.

    Args:
        folder: of the item.
        trial: that it belongs to; None outside of one.

    Returns:
        Issues W10, W25, W28, W32, W33 and O02 that name file and line; empty where everything holds.
    """
    folder = Path(folder)
    try:
        file, digest = read_item(folder)
    except StrokeQuantError as error:
        return error.issues
    path = _trail_of(folder, file)
    entries, _ = read_trail(path)
    found = [_of_trail(folder, path, problem) for problem in trail_problems(path, _signed_heads(folder))]
    found += _assignment(file, digest, entries)
    found += [_of_trail(folder, path, Problem(seq, why)) for seq, why in not_allowed(entries)]
    found += [
        _issue("W25", folder, what, "the images as they were assigned") for what in changed_files_of(folder, file)
    ]
    found += _acquisition(folder, file)
    found += _preliminary(folder, entries)
    found += _journal(folder, entries)
    found += signed_issues(folder, file, entries, trial)
    return tuple(dict.fromkeys(found))


def _trail_of(folder: Path, file: ItemFile) -> Path:
    """The trail of the reader; where there is none, the one that is there, so that a changed reader is told as such."""
    path = trail_path(folder, file.reader)
    present = sorted(path.parent.glob("*.jsonl"))
    return present[0] if not path.exists() and len(present) == 1 else path


def changed_files_of(folder: Path, file: ItemFile) -> tuple[str, ...]:
    """Images that are not as they were assigned; outside of a trial an item has none of its own."""
    return changed_files(folder, file) if file.files else ()


def _assignment(file: ItemFile, digest: str, entries: tuple[AuditEntry, ...]) -> Iterator[Issue]:
    first = entries[0] if entries else None
    if first is None or first.event != Event.ASSIGN:
        yield Issue("W10", Level.STOP, "no assignment", "an assignment as first entry", _RESTORE, file.id)
    elif first.new.get("item_sha256") != digest:
        found = f"{ITEM} is not the one that was assigned"
        yield Issue("W25", Level.STOP, found, f"sha256 {first.new.get('item_sha256')}", _RESTORE, file.id)


def _acquisition(folder: Path, file: ItemFile) -> Iterator[Issue]:
    """Problems of the form of the acquisition; a changed byte of it is told with the images."""
    why = acquisition_problem(folder, file)
    if why:
        yield _issue("W25", folder, f"{ACQUISITION}: {why}", "an acquisition that holds to its schema")


def _preliminary(folder: Path, entries: tuple[AuditEntry, ...]) -> Iterator[Issue]:
    """Outputs of the preparation against the entry that says that it was done."""
    said = [entry.new["preliminary"] for entry in entries if entry.event == Event.PREPARE and _names_outputs(entry)]
    if not said:
        return
    found, place = preliminary_hashes(folder), PRELIMINARY.as_posix()
    for name in sorted(found.keys() | said[-1].keys()):
        if found.get(name) != said[-1].get(name):
            what = "was changed" if name in found and name in said[-1] else "is missing"
            what = what if name in said[-1] else "is there and was not written by the preparation"
            yield _issue("W32", folder, f"{place}/{name} {what}", "the outputs as the preparation wrote them")


def _names_outputs(entry: AuditEntry) -> bool:
    return isinstance(entry.new, dict) and isinstance(entry.new.get("preliminary"), dict)


def _journal(folder: Path, entries: tuple[AuditEntry, ...]) -> Iterator[Issue]:
    """Problems of the journal, its cut tail included as far as the trail names its head."""
    path = folder / JOURNAL
    named = [entry.new["journal"] for entry in entries if isinstance(entry.new, dict) and entry.new.get("journal")]
    for problem in problems(path, [anchor for text in named if (anchor := _anchor(text)) is not None]):
        found = f"{JOURNAL.as_posix()}, line {problem.index + 1}: {problem.found}"
        yield _issue("W32", folder, found, "the journal as it was written")


def _signed_heads(folder: Path) -> list[Anchor]:
    """Heads of the trail that manifests name."""
    manifests = [read_plain(path) for path in sorted((folder / SIGNED).glob(f"v*/{MANIFEST}"))]
    texts = [one.get(key) for one in manifests if isinstance(one, dict) for key in ("audit_request", "audit_head")]
    return [anchor for text in texts if (anchor := _anchor(text)) is not None]


def _anchor(text: object) -> Anchor | None:
    try:
        return parse_anchor(str(text))
    except ValueError:
        return None


def _of_trail(folder: Path, path: Path, problem: Problem) -> Issue:
    found = f"{path.parent.name}/{path.name}, line {problem.index + 1}: {problem.found}"
    return _issue("W10", folder, found, "a trail that nobody has changed")


def _issue(code: str, folder: Path, found: str, expected: str) -> Issue:
    return Issue(code, Level.STOP, found, expected, _RESTORE, folder.name)
