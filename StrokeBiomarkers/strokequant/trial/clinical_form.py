"""The clinical form of a case, in a place of its own: entered after the images are signed, by somebody who reads no images.

Symptomatic hemorrhage joins the class that a reader signed with the NIHSS that the reader has not seen. The form lies in `clinical/ITEM`,
outside of every item, is signed with the key of whoever enters it, and names the signed reading by the hash of its manifest.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..biomarkers.forms import Answers, answers_as_dict, load_answers
from ..biomarkers.symptomatic import symptomatic
from ..biomarkers.transformation import Transformation
from ..errors import Issue, Level, StrokeQuantError, TrialError
from ..record.case_record import plain
from ..record.files import canonical_json, sha256_file
from .audit_trail import read_trail
from .item_file import read_item
from .item_states import ItemState
from .item_trail import ItemTrail, trail_path, trail_problems
from .keys import public_key_of, unlock
from .register import Reader, unknown_reader
from .signed_files import signature_problem, write_signed
from .signed_version import OUTPUT, manifest_hash_of, read_plain, version_folder
from .trial_folder import Trial
from .verify_item import verify_item
from .worklist import item_status

FORMAT = "strokequant clinical form 1"
CLINICAL, FORM, FILE = "clinical", "SICH", "form.json"
ROLE, SIGNED = "clinical", "clinical.signed"
_TASK = "ht_class"


@dataclass(frozen=True)
class ClinicalForm:
    """A form that was entered.

    Args:
        item: pseudonym of the signed reading.
        version: from 1.
        file: signed.
        results: every published definition with its answer.
    """

    item: str
    version: int
    file: Path
    results: tuple[Mapping[str, Any], ...]


def enter_clinical(
    trial: Trial,
    item: str,
    answers: Path,
    *,
    actor: str,
    key: Path,
    passphrase: str,
    now: datetime,
    reason: str = "",
) -> ClinicalForm:
    """Enter and sign the clinical form of a case.

    Args:
        trial: it belongs to.
        item: pseudonym of a signed reading of transformation.
        answers: file with the answers to the form SICH.
        actor: register id of somebody with the role clinical and no role of reading.
        key, passphrase: of that person.
        now: with its zone.
        reason: why a form that was entered is replaced; the one before stays.

    Raises:
        TrialError: W20, the person may not enter it; W23, the images are not signed, the database is locked, or a form is there and no
            reason is given; W27, key or passphrase; W38, the signed reading does not hold; W39, the answers are not those of one form.
        RecordError: O01.
    """
    who = _person(trial, actor)
    given = _answers(answers)
    image, manifest = _signed_images(trial, item)
    private = unlock(key, passphrase)
    if public_key_of(private) != who.public_key:
        raise _refused("W27", "a key of somebody else", f"the key that the register holds of {actor}", actor)
    trail = ItemTrail(trial.folder / CLINICAL / item, actor, actor=actor, role=ROLE, item=item)
    version = _next_version(trial, item, reason)
    results = tuple(plain(asdict(one)) for one in symptomatic(image, given))
    data = {
        "format": FORMAT,
        "item": item,
        "version": version,
        "image_manifest_sha256": manifest,
        "ecass": image.ecass,
        "actor": actor,
        "actor_name": who.name,
        "signed_utc": now.astimezone(UTC).isoformat(timespec="seconds"),
        "reason": reason,
        "follows_sha256": sha256_file(_file(trial, item, version - 1)) if version > 1 else "",
        "answers": answers_as_dict(given),
        "results": list(results),
    }
    path = _file(trial, item, version)
    write_signed(path, canonical_json(data), private)
    trail.append(SIGNED, utc=now, new={"version": version, "sha256": sha256_file(path)}, reason=reason)
    return ClinicalForm(item, version, path, results)


def clinical_issues(trial: Trial) -> Iterator[Issue]:
    """What of the clinical forms of a trial is not as it was signed."""
    for place in sorted(path for path in (trial.folder / CLINICAL).glob("*") if path.is_dir()):
        said: dict[int, str] = {}
        for path in sorted((place / "trail").glob("*.jsonl")):
            yield from (
                _issue("W10", f"{path.name}, line {one.index + 1}: {one.found}", place) for one in trail_problems(path)
            )
            entries, _ = read_trail(trail_path(place, path.stem))
            said |= {entry.new["version"]: entry.new["sha256"] for entry in entries if entry.event == SIGNED}
        present = {int(path.parent.name[1:]): path for path in place.glob(f"v[0-9]*/{FILE}")}
        for version in sorted(said.keys() | present.keys()):
            yield from _version(trial, place, version, present.get(version), said.get(version))


def _version(trial: Trial, place: Path, version: int, path: Path | None, digest: str | None) -> Iterator[Issue]:
    if path is None or digest is None:
        yield _issue("W33", f"v{version} is missing" if path is None else f"v{version} was entered by nobody", place)
        return
    data = read_plain(path)
    person = trial.register.reader(str(data.get("actor"))) if isinstance(data, dict) else None
    why = signature_problem(path, person.public_key) if person is not None else "nobody of the register signed it"
    if why or sha256_file(path) != digest:
        yield _issue("W28", f"v{version}: {why or 'it is not the one of its trail'}", place)
        return
    item = trial.item_folder(place.name)
    known = {manifest_hash_of(item, number) for number in range(1, 1 + len(list((item / "signed").glob("v*"))))}
    if data["image_manifest_sha256"] not in known:
        yield _issue("W33", f"v{version} is of a reading that is not there", place)


def _person(trial: Trial, actor: str) -> Reader:
    who = trial.register.reader(actor)
    if who is None:
        raise TrialError(unknown_reader(actor))
    if ROLE not in who.roles or {"reader", "adjudicator"} & set(who.roles):
        found = f"{actor} has the roles {', '.join(who.roles)}"
        raise _refused("W20", found, "the role clinical, and none of reading images", actor)
    return who


def _answers(path: Path) -> Answers:
    try:
        found = load_answers(path)
    except StrokeQuantError as error:
        raise _refused("W39", error.issues[0].found, f"answers to the form {FORM}", path.name) from error
    wrong = [issue for one in found for issue in one.issues if issue.blocks]
    if len(found) != 1 or found[0].form != FORM or wrong:
        said = wrong[0].found if wrong else f"answers to {', '.join(one.form for one in found) or 'no form'}"
        raise _refused("W39", said, f"answers to the form {FORM} alone", path.name)
    return found[0]


def _signed_images(trial: Trial, item: str) -> tuple[Transformation, str]:
    """Classes of a signed reading, and the hash of its manifest."""
    if trial.charter.database_locked_utc:
        raise _refused("W23", "the database is locked", "a trial that is not locked", item)
    folder = trial.item_folder(item)
    file, _ = read_item(folder)
    status = item_status(trial, file)
    if file.task != _TASK or status.state is not ItemState.SIGNED:
        found = f"a reading of {file.task}, {str(status.state).replace('_', ' ')}"
        raise _refused("W23", found, "a signed reading of hemorrhagic transformation: images first", item)
    wrong = [issue for issue in verify_item(folder, trial) if issue.blocks]
    records = sorted((version_folder(folder, status.version) / OUTPUT).rglob("record.json"))
    if wrong or len(records) != 1:
        found = wrong[0].found if wrong else f"{len(records)} records"
        raise _refused("W38", f"the signed reading does not hold: {found}", "a reading that verifies", item)
    data = (json.loads(records[0].read_bytes()).get("forms") or {}).get("transformation")
    if data is None:
        raise _refused("W23", "a reading without a class", "a reading with classes of transformation", item)
    return _transformation(data), manifest_hash_of(folder, status.version)


def _transformation(data: Mapping[str, Any]) -> Transformation:
    names = ("version", "modality", "ecass", "ecass_remote", "conflict", "side", "side_from", "answers", "reader")
    heidelberg = None if data["heidelberg"] is None else tuple(data["heidelberg"])
    return Transformation(**{name: data[name] for name in names}, heidelberg=heidelberg, share=None)


def _next_version(trial: Trial, item: str, reason: str) -> int:
    known = len(list((trial.folder / CLINICAL / item).glob(f"v[0-9]*/{FILE}")))
    if known and not reason.strip():
        raise _refused("W23", "a form that is signed already", "a reason for a new version", item)
    return known + 1


def _file(trial: Trial, item: str, version: int) -> Path:
    return trial.folder / CLINICAL / item / f"v{version}" / FILE


def _issue(code: str, found: str, place: Path) -> Issue:
    remedy = "restore the form from a backup"
    return Issue(code, Level.STOP, found, "the clinical form as it was signed", remedy, f"{CLINICAL}/{place.name}")


def _refused(code: str, found: str, expected: str, subject: str) -> TrialError:
    return TrialError(Issue(code, Level.STOP, found, expected, "correct it, or ask the study manager", subject))
