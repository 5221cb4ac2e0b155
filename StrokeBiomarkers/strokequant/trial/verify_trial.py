"""Check a whole trial folder: charter, register, procedures, the study manager's trail, and every item."""

from collections.abc import Iterator
from pathlib import Path

from ..errors import Issue, Level, StrokeQuantError
from ..record.files import sha256_file
from .audit_trail import read_trail
from .clinical_form import clinical_issues
from .item_file import ITEM, read_item
from .item_trail import trail_path, trail_problems
from .prior_item import prior_issue
from .signed_files import signature_problem
from .training import ATTEMPTED, ATTEMPTS
from .trial_folder import CHARTER, ITEMS, PROCEDURES, TRAIL, TRAINING_ITEMS, Trial, assigned_items, read_trial
from .verify_item import verify_item

_RESTORE = "restore the file from a backup"


def is_trial(path: Path) -> bool:
    """True for the folder of a trial."""
    return (path / CHARTER).is_file()


def is_item(path: Path) -> bool:
    """True for the folder of a read item."""
    return (path / ITEM).is_file()


def verify_folder(path: Path) -> tuple[Issue, ...]:
    """What in a trial folder, or in the folder of one item, does not hold.

    Args:
        path: folder with trial.json or item.json.

    Returns:
        Issues with the file, and the line of a trail; empty where everything holds.
    """
    path = Path(path)
    if is_trial(path):
        return verify_trial(path)
    above = path.resolve().parent.parent
    try:
        trial = read_trial(above) if is_trial(above) else None
    except StrokeQuantError as error:
        return (*error.issues, *verify_item(path))
    return (*verify_item(path, trial), *_prior(trial, path))


def verify_trial(folder: Path) -> tuple[Issue, ...]:
    """What in a trial folder does not hold; a trial that cannot be read still has its items checked."""
    try:
        trial, found = read_trial(folder), []
    except StrokeQuantError as error:
        trial, found = None, list(error.issues)
    if trial is not None:
        found += _procedures(trial)
        found += clinical_issues(trial)
    found += _manager(folder)
    found += _attempts(folder)
    found += _items(folder)
    for name in (ITEMS, TRAINING_ITEMS):
        for item in sorted(path for path in (folder / name).glob("*") if path.is_dir()):
            if is_item(item) or name == ITEMS:
                found += (*verify_item(item, trial), *_prior(trial, item))
    return tuple(dict.fromkeys(found))


def _procedures(trial: Trial) -> Iterator[Issue]:
    folder = trial.folder / PROCEDURES
    for path in sorted(folder.glob("*.json")):
        why = signature_problem(path, trial.charter.manager.public_key)
        if why:
            yield Issue("W24", Level.STOP, why, "a procedure as the study manager signed it", _RESTORE, path.name)
    for task in sorted(trial.charter.procedures):
        try:
            trial.named_procedure(task)
        except StrokeQuantError as error:
            yield from error.issues


def _prior(trial: Trial | None, folder: Path) -> Iterator[Issue]:
    """The earlier reading that an item is compared with."""
    try:
        file, _ = read_item(folder)
    except StrokeQuantError:
        return  # told by the check of the item
    issue = prior_issue(trial, file) if trial is not None and file.prior else None
    if issue is not None:
        yield issue


def _attempts(folder: Path) -> Iterator[Issue]:
    """Attempts at tests against what the study manager's trail says of each."""
    place = folder / TRAINING_ITEMS / ATTEMPTS
    entries, _ = read_trail(trail_path(folder, TRAIL))
    said = {entry.new["file"]: entry.new["sha256"] for entry in entries if entry.event == ATTEMPTED}
    present = {path.name: path for path in place.glob("*")}
    for name in sorted(said.keys() | present.keys()):
        if name not in said:
            yield _attempt(name, "no entry of the study manager's trail says that it was taken")
        elif name not in present:
            yield _attempt(name, "it is missing")
        elif sha256_file(present[name]) != said[name]:
            yield _attempt(name, "it is not as it was written")


def _items(folder: Path) -> Iterator[Issue]:
    """Items against what the study manager's trail says was assigned: one that is gone, and one that nobody assigned."""
    said = assigned_items(folder)
    present = {
        path.parent.name: path for name in (ITEMS, TRAINING_ITEMS) for path in sorted((folder / name).glob(f"*/{ITEM}"))
    }
    for name in sorted(said.keys() | present.keys()):
        if name not in present:
            yield Issue("W25", Level.STOP, "the item is missing", "every item that was assigned", _RESTORE, name)
        elif name not in said:
            found = "no entry of the study manager's trail says that it was assigned"
            yield Issue("W25", Level.STOP, found, "items that the study manager assigned", _RESTORE, name)
        elif sha256_file(present[name]) != said[name]:
            found = f"{ITEM} is not the one of the study manager's trail"
            yield Issue("W25", Level.STOP, found, f"sha256 {said[name]}", _RESTORE, name)


def _attempt(name: str, found: str) -> Issue:
    subject = f"{TRAINING_ITEMS}/{ATTEMPTS}/{name}"
    return Issue("W55", Level.STOP, found, "the attempt as it was kept", _RESTORE, subject)


def _manager(folder: Path) -> Iterator[Issue]:
    path = trail_path(folder, TRAIL)
    if not path.exists():
        yield Issue("W10", Level.STOP, f"no {path.name}", "the trail of the study manager", _RESTORE, path.name)
    for problem in trail_problems(path):
        found = f"{path.parent.name}/{path.name}, line {problem.index + 1}: {problem.found}"
        yield Issue("W10", Level.STOP, found, "a trail that nobody has changed", _RESTORE, path.name)
