"""From the images of a subject to a read item: de-identified, entered in the identity map, assigned."""

import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dicomio.scan import scan
from ..errors import Issue, Level, TrialError
from ..phantom.qualification import KINDS
from ..types import Series
from .adjudication import require_wanted
from .assignment import assign_item
from .identity_map import IdentityMap, MapEntry, read_map, write_map
from .item_acquisition import write_acquisition
from .item_file import TRAINING, ItemFile
from .prior_item import require_same_subject
from .trial_folder import Trial, new_pseudonym

if TYPE_CHECKING:
    from ..phantom.history import StoredSession


@dataclass(frozen=True)
class TakenIn:
    """An item that was made.

    Args:
        item: as assigned.
        issues: what was left out, what the schedule expects and is not there (W36), and what of the acquisition is not as its profile asks
            for (W50 to W52); nothing is left out for that.
    """

    item: ItemFile
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True)
class Visit:
    """What is taken in.

    Args:
        subject: as the study calls it; ASCII.
        visit: id of the charter; empty for none.
        hours_from_onset: of the scan; None where it is not known.
        stratum: site and time point, inside which the order of the worklist is drawn.
    """

    subject: str
    visit: str = ""
    hours_from_onset: float | None = None
    stratum: str = ""


def take_in(
    trial: Trial,
    images: Path,
    visit: Visit,
    *,
    task: str,
    reader: str,
    model: str,
    identities: Path,
    passphrase: str,
    now: datetime,
    series: Collection[str] = (),
    prior: str = "",
    looked_at: Collection[str] = (),
    retain_device: bool = True,
    sessions: "Sequence[StoredSession] | None" = None,
    workspace: Path | None = None,
) -> TakenIn:
    """Make a read item of the images of a subject.

    Args:
        trial: that it belongs to.
        images: folder, archive or file, with the identity of the subject in it.
        visit: of whom and when.
        task, reader, model: as of `assignment.assign_item`.
        identities, passphrase: of the identity map.
        now: with its zone.
        series: that are wanted; all where empty.
        prior: pseudonym of the signed item of an earlier time point of the same subject; empty for none.
        looked_at, retain_device: as of `deidentify.intake.deidentify`.
        sessions: of a phantom history, for the status of the scanner; None where there is none.
        workspace: for the members of an archive.

    Raises:
        TrialError: W27, W29, the map; W40 and following, the de-identification; W20 to W25, W37, W38, the assignment. No item is left behind then.
        InputError: there are no images.
    """
    from ..deidentify.intake import deidentify

    window = _window(trial, visit)
    _require_subject(visit.subject)
    known = read_map(identities, passphrase).with_subject(visit.subject)
    if prior:
        require_same_subject(known, prior, visit.subject)
    name = new_pseudonym(trial)
    folder = trial.item_folder(name)
    try:
        secret = bytes.fromhex(known.secrets[visit.subject])
        chosen = {"series": series, "looked_at": looked_at, "retain_device": retain_device, "workspace": workspace}
        found = deidentify(images, folder, pseudonym=name, secret=secret, **chosen)
        acquisition = write_acquisition(
            folder, sessions=sessions, originals=_originals(images, found.series, workspace, sessions)
        )
        how = {"task": task, "reader": reader, "model": model, "prior": prior, "facts": window}
        place = {"identities": identities, "known": known, "passphrase": passphrase, "now": now}
        item = _entered(trial, name, visit, **how, **place)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return TakenIn(item, (*found.issues, *_not_received(trial, visit, found.report), *acquisition))


def enter_item(
    trial: Trial,
    item: str,
    visit: Visit,
    *,
    task: str,
    reader: str,
    model: str,
    identities: Path,
    passphrase: str,
    now: datetime,
    prior: str = "",
) -> ItemFile:
    """Assign an item whose de-identified images are in its folder already, and enter it in the map.

    Args:
        item: its pseudonym.
        visit: of whom and when.
        prior: as of `take_in`.

    Raises:
        TrialError: as of `take_in`; the map is as it was then.
    """
    _require_subject(visit.subject)
    known = read_map(identities, passphrase).with_subject(visit.subject)
    if prior:
        require_same_subject(known, prior, visit.subject)
    how = {"task": task, "reader": reader, "model": model, "prior": prior, "facts": _window(trial, visit)}
    place = {"identities": identities, "known": known, "passphrase": passphrase, "now": now}
    return _entered(trial, item, visit, **how, **place)


def _entered(
    trial: Trial,
    name: str,
    visit: Visit,
    *,
    known: IdentityMap,
    identities: Path,
    passphrase: str,
    task: str,
    reader: str,
    model: str,
    **how: Any,
) -> ItemFile:
    """The item in the map first, so that no item is ever without a subject, and then assigned; the map as it was where it is not."""
    shown = model
    if model != TRAINING:
        whose = {"subject": visit.subject, "visit": visit.visit, "task": task, "reader": reader, "model": model}
        shown = require_wanted(trial, known, **whose, now=how["now"])
    entry = MapEntry(name, visit.subject, visit.visit, reader, model, task)
    write_map(identities, known.with_entry(entry), passphrase, trial=trial.folder)
    try:
        return assign_item(trial, name, task=task, reader=reader, model=shown, stratum=visit.stratum, **how)
    except BaseException:
        write_map(identities, known, passphrase, trial=trial.folder)
        raise


def _originals(
    images: Path, new_uids: Mapping[str, str], workspace: Path | None, sessions: "Sequence[StoredSession] | None"
) -> dict[str, Series]:
    """Series as they came, by their new UID; nothing is read again where no history of phantoms asks for their dates."""
    if sessions is None:
        return {}
    with tempfile.TemporaryDirectory(dir=workspace) as members:
        found = scan(images, workspace=Path(members)).series
    return {new_uids[one.series_uid]: one for one in found if one.series_uid in new_uids and str(one.role) in KINDS}


def _require_subject(subject: str) -> None:
    """Refuse a name that the map cannot hold, without saying it.

    Raises:
        TrialError: W29.
    """
    if not subject.strip() or not subject.isascii() or not subject.isprintable():
        found, expected = "a name of the subject with other characters, or none", "printable ASCII characters"
        raise TrialError(Issue("W29", Level.STOP, found, expected, "name the subject by the number of the study"))


def _window(trial: Trial, visit: Visit) -> dict[str, Any]:
    """What a reader's procedure may know of the time of the scan.

    Raises:
        TrialError: W29, the charter has no such visit.
    """
    planned = _planned(trial, visit)
    hours, facts = visit.hours_from_onset, {}
    if planned is not None and hours is not None:
        facts["timepoint_in_window"] = planned["from_hours"] <= hours <= planned["to_hours"]
    if hours is not None and trial.charter.blinding.get("onset_allowed"):
        facts["hours_from_onset"] = hours
    return facts


def _planned(trial: Trial, visit: Visit) -> Mapping[str, Any] | None:
    planned = next((one for one in trial.charter.visits if one["id"] == visit.visit), None)
    if planned is None and visit.visit:
        known = ", ".join(one["id"] for one in trial.charter.visits) or "no visit"
        remedy = "name a visit of the charter"
        raise TrialError(Issue("W29", Level.STOP, f"visit {visit.visit}", known, remedy, trial.charter.id))
    return planned


def _not_received(trial: Trial, visit: Visit, report: Mapping[str, Any]) -> tuple[Issue, ...]:
    """What the schedule expects at a visit and did not come: a question to the site, never an assumption."""
    planned = _planned(trial, visit) or {"expected": ()}
    received = {role for series in report["series"] for role in series["roles"]}
    missing = sorted(set(planned["expected"]) - received)
    if not missing:
        return ()
    found, remedy = (
        f"no {', '.join(missing)}",
        "ask the site; what does not come is missing, and nothing is put in its place",
    )
    return (Issue("W36", Level.WARN, found, f"{', '.join(planned['expected'])} at {visit.visit}", remedy, visit.visit),)
