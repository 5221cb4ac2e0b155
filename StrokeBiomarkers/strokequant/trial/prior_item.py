"""The earlier time point of a read item: another read item of the same subject, signed, and shown only where the charter allows it.

Who is who stands in the study manager's map and nowhere else: the manager names the earlier item when the later one is assigned, and
`item.json` then holds its pseudonym and the hash of its signed manifest. An earlier reading that is opened again or changed is not compared
with any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import Issue, Level, TrialError
from .identity_map import IdentityMap
from .item_file import IMAGES, TRAINING, ItemFile, read_item
from .item_states import ItemState
from .signed_version import OUTPUT, SIGNED, manifest_hash_of, version_folder
from .trial_folder import Trial
from .verify_item import verify_item
from .worklist import item_status

if TYPE_CHECKING:
    from ..batch.earlier import Earlier

COMPARED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ich_volume": ("hemorrhage", ("ich_volume",)),
    "ht_class": ("infarct", ("infarct_core", "final_infarct")),
    "final_infarct": ("infarct", ("infarct_core",)),
    "mismatch": ("perfusion", ("mismatch",)),
    "recanalization": ("", ("recanalization",)),
}
"""By task: what of the earlier reading is compared (empty where it is only looked at), and tasks that the earlier one may have had."""


@dataclass(frozen=True)
class PriorReading:
    """A signed reading of an earlier time point.

    Args:
        item: its pseudonym.
        reader: register id of who read it.
        version: that was signed.
        manifest_sha256: of that version.
        record: folder of its record.json.
        images: folder of its de-identified images.
    """

    item: str
    reader: str
    version: int
    manifest_sha256: str
    record: Path
    images: Path


def prior_reading(trial: Trial, prior: str, *, task: str, model: str) -> PriorReading:
    """The signed reading of an earlier item that an item may be compared with.

    Args:
        trial: of both.
        prior: pseudonym of the earlier item.
        task: of the later item.
        model: of the later item; training cases are compared with training cases.

    Raises:
        TrialError: W37, the charter shows no earlier time point, or the earlier item is not there, not signed, opened again, of a task
            that is not compared, or cannot be read.
    """
    if not trial.charter.blinding.get("prior_allowed"):
        raise _refused("the charter shows readers no earlier time point", "a charter with prior_allowed", prior)
    known = trial.training_items if model == TRAINING else trial.items
    if prior not in known:
        raise _refused("no such item", "a read item of this trial", prior)
    file, _ = read_item(trial.item_folder(prior))
    _, tasks = COMPARED.get(task, ("", ()))
    if file.task not in tasks:
        expected = f"one of {', '.join(tasks)}" if tasks else "a task that is compared with an earlier time point"
        raise _refused(f"a reading of {file.task} for {task}", expected, prior)
    status = item_status(trial, file)
    if status.state is not ItemState.SIGNED:
        found = f"the earlier item is {str(status.state).replace('_', ' ')}"
        raise _refused(found, "an earlier item that is signed", prior)
    return _signed(trial, file, status.version)


def require_sound(trial: Trial, prior: str) -> None:
    """Refuse an earlier item that does not verify.

    Raises:
        TrialError: W37 with what does not hold.
    """
    wrong = [issue for issue in verify_item(trial.item_folder(prior), trial) if issue.blocks]
    if wrong:
        raise _refused(f"the earlier item does not hold: {wrong[0].found}", "an item that verifies", prior)


def require_same_subject(identities: IdentityMap, prior: str, subject: str) -> None:
    """Refuse an earlier item that the map does not know as one of a subject.

    Raises:
        TrialError: W37; it names no subject.
    """
    whose = {entry.subject for entry in identities.entries if entry.item == prior}
    if whose != {subject}:
        found = "an item of another subject" if whose else "an item that the map does not know"
        raise _refused(found, "an earlier item of the same subject", prior)


def prior_of(trial: Trial | None, file: ItemFile) -> PriorReading | None:
    """The earlier reading of an item, as it was when the item was assigned; None where it has none.

    Raises:
        TrialError: W37, as of `prior_reading`, or it is another version than the one that was named.
    """
    if trial is None or not file.prior:
        return None
    try:
        found = prior_reading(trial, file.prior, task=file.task, model=file.model)
        if found.manifest_sha256 != file.prior_manifest:
            expected = "the version that the item was assigned with"
            raise _refused("the earlier reading was signed anew", expected, file.prior)
    except TrialError as error:
        remedy = "ask the study manager, who assigns this case anew"
        raise TrialError(*(replace(issue, remedy=remedy) for issue in error.issues)) from error
    return found


def prior_issue(trial: Trial, file: ItemFile) -> Issue | None:
    """What is to be told of the earlier reading of an item by a check of the trial: its version is gone, or another one stands now."""
    folder = trial.item_folder(file.prior)
    versions = [int(path.name[1:]) for path in (folder / SIGNED).glob("v*") if path.name[1:].isdigit()]
    hashes = {manifest_hash_of(folder, version): version for version in versions}
    if file.prior_manifest not in hashes:
        found = f"no signed version of {file.prior} with the manifest that was compared with"
        remedy = "restore the item from a backup; do not go on with it"
        return Issue("W37", Level.STOP, found, f"sha256 {file.prior_manifest}", remedy, file.id)
    if hashes[file.prior_manifest] != max(versions):
        found = (
            f"{file.prior} was signed anew since; this item is compared with its version {hashes[file.prior_manifest]}"
        )
        remedy = "withdraw this item and assign it anew, or open it again where it is signed"
        return Issue("W37", Level.WARN, found, f"version {max(versions)}", remedy, file.id)
    return None


def earlier_of(prior: PriorReading | None, task: str) -> "dict[str, Earlier]":
    """The earlier reading as a baseline for `batch.case.measure_case`; empty where nothing of it is measured.

    Raises:
        InputError: its images cannot be read.
    """
    from ..batch.earlier import Earlier
    from ..dicomio.scan import scan

    kind = COMPARED.get(task, ("", ()))[0]
    if prior is None or not kind:
        return {}
    series = tuple(scan(prior.images).series)
    return {kind: Earlier(str(prior.record), series, same_patient=True)}


def _signed(trial: Trial, file: ItemFile, version: int) -> PriorReading:
    folder = trial.item_folder(file.id)
    digest = manifest_hash_of(folder, version)
    records = sorted((version_folder(folder, version) / OUTPUT).rglob("record.json"))
    if not digest or len(records) != 1:
        raise _refused(f"{len(records)} records in its signed version", "one signed record", file.id)
    return PriorReading(file.id, file.reader, version, digest, records[0].parent, folder / IMAGES)


def _refused(found: str, expected: str, prior: str) -> TrialError:
    remedy = "name another earlier item, or assign the item without one"
    return TrialError(Issue("W37", Level.STOP, found, expected, remedy, prior))
