"""Images that readers may get: one input de-identified, written under a pseudonym, read again and compared.

What is no CT or MR image stays out: reports, PDF documents, segmentations, presentation states, captures, DICOMDIR. A series whose pixels
carry text, that loses something which is needed, or in which identity is left, is refused as a whole, with the reason; the others are written.
The report holds counts and checks, and no value that was removed.
"""

import hashlib
import importlib.util
import re
import secrets
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..deidentify_config import DeidentifyConfig
from ..dicomio.scan import Scan, scan
from ..errors import Issue, Level, MissingRequirementError, TrialError
from ..record.files import canonical_json, require_schema, sha256_file, write_bytes, write_error
from ..types import Series
from .burned_in import frames_to_check, has_letters, header_refusal, question, text_refusal
from .compare import lost
from .dataset import Cleaning, clean_dataset
from .disguise import Disguise
from .identity import Identity, holds, identity_left, identity_of
from .nifti import dataset_description, name_words, same_nifti, suffix_of, write_nifti
from .profile import Profile, shipped_profile

FORMAT = "strokequant intake 1"
SCHEMA = Path(__file__).parent / "intake.schema.json"
REPORT = "intake.json"
IMAGES = "images"
_PSEUDONYM = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")
_NOT_DONE = (
    "faces: a head can be drawn from its images",
    "times of day stay; dates move by whole days",
    "text in the pixels is searched for at the top and bottom of some images of every series only",
)
_DEVICE_STAYS = "serial number and model of the scanner stay"
_MODEL_STAYS = "manufacturer, model and software of the scanner stay"
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Intake:
    """What came of an input.

    Args:
        folder: that holds `images/` and `intake.json`.
        report: as written.
        series: new Series Instance UID (or "sha256:..." for NIfTI) by the original one; for the study manager, not for the folder.
        files: SHA-256 by path relative to the folder.
        issues: refusals and what was left out.
    """

    folder: Path
    report: Mapping[str, Any]
    series: Mapping[str, str]
    files: Mapping[str, str]
    issues: tuple[Issue, ...] = ()


@dataclass
class _Series:
    """One series while it is written."""

    uid: str
    parts: list[Series]
    name: str
    files: list[Path] = field(default_factory=list)
    done: Counter = field(default_factory=Counter)
    checked: int = 0
    undecoded: int = 0
    looked_at: bool = False


def deidentify(
    path: Path,
    out: Path,
    *,
    pseudonym: str,
    secret: bytes | None = None,
    series: Collection[str] = (),
    looked_at: Collection[str] = (),
    retain_device: bool = True,
    workspace: Path | None = None,
    progress: Progress | None = None,
    profile: Profile | None = None,
    config: DeidentifyConfig = DeidentifyConfig(),
) -> Intake:
    """De-identify an input.

    Args:
        path: as of `scan`: folder, DICOMDIR, zip or file, DICOM or NIfTI, of one subject.
        out: folder that gets `images/` and `intake.json`; neither may be there.
        pseudonym: stands for the subject; letters, digits, - and _.
        secret: of the subject; the same one keeps intervals between examinations that come in at different times. None makes one, which
            nobody will know: the way back is closed.
        series: keys (as `inspect` shows them) or original UIDs of the series that are wanted; all where empty.
        looked_at: keys or original UIDs of series that a person looked at and found without text: answers W45.
        retain_device: serial numbers of scanners stay, which phantom qualification is by.
        workspace: for the members of a zip.
        progress: called with (done, all, words).
        profile: None for the shipped one.

    Raises:
        TrialError: W44, folder, pseudonym or secret cannot be used, no series was left, or one that was asked for by name was refused.
        MissingRequirementError: O03, dicom-anonymizer is not installed.
        InputError: as of `scan`.
        RecordError: O01, it cannot be written.
    """
    _require_library()
    profile = profile or shipped_profile()
    profile = profile if retain_device else profile.without_device()
    disguise = Disguise(pseudonym, secret or secrets.token_bytes(config.secret_bytes), config)
    _check_place(out, disguise)
    found = scan(path, workspace=workspace, exclude=(out,), progress=progress)
    _check_patient(found)
    part = out / f"{IMAGES}.part"
    try:
        work = _Work(disguise, profile, config, part, progress or (lambda done, total, words: None), looked_at)
        kept, issues = work.write(found, series)
        _check_wanted(kept, issues, series, out)
        part.rename(out / IMAGES)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _finish(out, found, kept, issues, work)


def intake_text(found: Intake) -> str:
    """What came of an input, for a person."""
    report = found.report
    lines = [
        f"{one['name']}  {', '.join(one['roles']).upper()}  {one['files']} files, {one['frames']} frames; same: {', '.join(one['same'])}"
        for one in report["series"]
    ]
    lines += [str(issue) for issue in found.issues]
    lines.append(f"{len(report['files'])} files under {report['pseudonym']}, {report['profile']}, {report['library']}")
    return "\n".join([*lines, *(f"not done: {words}" for words in report["not_done"])])


class _Work:
    """Writing of all series of one input."""

    def __init__(
        self,
        disguise: Disguise,
        profile: Profile,
        config: DeidentifyConfig,
        folder: Path,
        progress: Progress,
        looked_at: Collection[str] = (),
    ):
        self.disguise, self.profile, self.config, self.folder = disguise, profile, config, folder
        self.identity = Identity()
        self._progress, self._looked_at = progress, looked_at

    def write(self, found: Scan, wanted: Collection[str]) -> tuple[list[_Series], list[Issue]]:
        """Write every series that may be written, read all of it again, and take away what does not hold."""
        chosen = [s for s in found.series if not wanted or s.key in wanted or s.series_uid in wanted]
        issues: list[Issue] = []
        kept: list[_Series] = []
        by_uid: dict[str, list[Series]] = defaultdict(list)
        for one in chosen:
            by_uid[one.series_uid].append(one)
        try:
            self.folder.mkdir(parents=True)
        except OSError as error:
            raise write_error(self.folder, error) from error
        for number, (uid, parts) in enumerate(by_uid.items(), 1):
            self._progress(number - 1, len(by_uid), "de-identifying")
            state = _Series(uid, parts, f"s{number:02d}")
            refusal = self._nifti(state) if parts[0].kind == "nifti" else self._dicom(state)
            if refusal is None:
                kept.append(state)
            else:
                issues.append(refusal)
                self._drop(state)
        kept, refused = self._compared(kept)
        return kept, issues + refused

    def _dicom(self, state: _Series) -> Issue | None:
        """Write the copies of one DICOM series; the reason where it may not be."""
        for part in state.parts:
            refusal = header_refusal(part)
            if refusal is not None:
                return refusal
        files = sorted({file for part in state.parts for file in part.files})
        checked = frames_to_check(len(files), self.config)
        for number, file in enumerate(files):
            refusal = self._file(state, file, number, search=number in checked)
            if refusal is not None:
                return refusal
        state.looked_at = any(part.key in self._looked_at for part in state.parts) or state.uid in self._looked_at
        undecoded = state.undecoded > 0 and state.checked == 0
        asked = (question(part, undecoded=undecoded) for part in state.parts if not state.looked_at)
        return next((one for one in asked if one is not None), None)

    def _file(self, state: _Series, file: Path, number: int, *, search: bool) -> Issue | None:
        import pydicom

        key = state.parts[0].key
        try:
            dataset = pydicom.dcmread(file, force=True)
            pixels = hashlib.sha256(dataset.get("PixelData", b"")).digest()
            identity = identity_of(dataset, self.profile.vocabulary, self.config)
        except Exception as error:  # pydicom raises many types on malformed files
            return _unusable(f"{type(error).__name__} in one of its files", "whole DICOM files", "export it again", key)
        self.identity = self.identity | identity
        if holds(self.disguise.pseudonym, identity.words, self.config):
            found = "the pseudonym holds a name or number of the subject"
            raise TrialError(Issue("W44", Level.STOP, found, "a random pseudonym", "choose another one"))
        if _hidden_overlay(dataset):
            return replace(text_refusal(key), found="an overlay in unused bits of the pixels")
        if search:
            letters = has_letters(dataset, self.config)
            state.checked += letters is not None
            state.undecoded += letters is None
            if letters:
                return text_refusal(key)
        cleaning = Cleaning(self.disguise, self.profile, identity, self.config, state.done)
        clean_dataset(dataset, cleaning)
        left = identity_left(dataset, identity, self.config, technical=self.profile.keep.keys())
        if left:
            return _left(left, key)
        return self._save(dataset, state, number, pixels)

    def _save(self, dataset: Any, state: _Series, number: int, pixels: bytes) -> Issue | None:
        import pydicom

        folder = self.folder / f"{self.disguise.pseudonym}_{state.name}"
        target = folder / f"{number + 1:05d}.dcm"
        try:
            folder.mkdir(exist_ok=True)
            dataset.save_as(target, enforce_file_format=True)
        except OSError as error:
            raise write_error(target, error) from error
        except Exception as error:  # pydicom raises many types on values that cannot be written
            found = f"{type(error).__name__} while writing"
            return _unusable(found, "a header that DICOM allows", "export it again", state.parts[0].key)
        state.files.append(target)
        again = pydicom.dcmread(target, specific_tags=["PixelData"])
        if hashlib.sha256(again.get("PixelData", b"")).digest() != pixels:
            return _lost(("pixels",), state.parts[0].key)
        return None

    def _nifti(self, state: _Series) -> Issue | None:
        """Write the copy of one NIfTI image; the reason where it may not be."""
        one = state.parts[0]
        suffix = suffix_of(one)
        if not suffix:
            return _unusable("a NIfTI image of no known role", "an image that readers need", "leave it out", one.key)
        subject = [word for word in name_words(one.files[0]) if word.startswith("sub-")]
        words = frozenset(word[4:].casefold() for word in subject if len(word) > 4)
        if holds(self.disguise.pseudonym, words, self.config):
            found = "the pseudonym holds the name of the subject in the file names"
            raise TrialError(Issue("W44", Level.STOP, found, "a random pseudonym", "choose another one"))
        folder = self.folder / f"sub-{self.disguise.pseudonym.replace('-', '').replace('_', '')}"
        b0 = "_acq-b0" if one.header.get("b_tags") == ("file name",) else ""
        name = f"{folder.name}{b0}_run-{int(state.name[1:])}_{suffix}"
        state.files += write_nifti(one, name, folder, self.profile)
        description = self.folder / "dataset_description.json"
        if not description.exists():
            write_bytes(description, dataset_description())
        return None

    def _compared(self, kept: list[_Series]) -> tuple[list[_Series], list[Issue]]:
        """Read the copies with our own reader, and take away those that lost something."""
        if not kept:
            return [], []
        again, device = scan(self.folder), self.profile.retains_device
        good, refused = [], []
        for state in kept:
            if state.parts[0].kind == "nifti":
                copies = [
                    s for s in again.series if s.kind == "nifti" and s.files[0] in {f.resolve() for f in state.files}
                ]
                gone = same_nifti(state.parts[0], copies[0], device=device) if len(copies) == 1 else ("the image",)
            else:
                uid = self.disguise.uid(state.uid)
                copies = [s for s in again.series if s.series_uid == uid]
                gone = lost(state.parts, copies, self.disguise, device=device)
            if gone:
                refused.append(_lost(gone, state.parts[0].key))
                self._drop(state)
            else:
                good.append(state)
        return good, refused

    def _drop(self, state: _Series) -> None:
        """Take a refused series away; its folder too where nothing else is in it."""
        for file in state.files:
            file.unlink(missing_ok=True)
        folder = self.folder / f"{self.disguise.pseudonym}_{state.name}"
        if folder.is_dir():
            shutil.rmtree(folder)


def _finish(out: Path, found: Scan, kept: Sequence[_Series], issues: Sequence[Issue], work: _Work) -> Intake:
    """Hash what was written, and write the report."""
    files = {path.relative_to(out).as_posix(): sha256_file(path) for path in _files(out / IMAGES)}
    reasons = Counter(item.reason.split(":")[0] for item in found.skipped)
    left_out = [
        Issue("W41", Level.INFO, f"{count} files: {reason}", "CT and MR images", "they stay out")
        for reason, count in sorted(reasons.items())
    ]
    profile = work.profile
    report = {
        "format": FORMAT,
        "pseudonym": work.disguise.pseudonym,
        "profile": profile.name,
        "table": profile.table,
        "library": f"dicom-anonymizer {_version()}",
        "options": [{"code": code, "meaning": meaning} for code, meaning in profile.options],
        "dates": "all dates of the subject were moved by one whole number of days; intervals are the same",
        "series": [_series_report(state, work) for state in kept],
        "left_out": [{"reason": reason, "files": count} for reason, count in sorted(reasons.items())],
        "refused": [issue.as_dict() for issue in issues],
        "not_done": [*_NOT_DONE, _DEVICE_STAYS if profile.retains_device else _MODEL_STAYS],
        "files": files,
    }
    require_schema(report, SCHEMA, REPORT)
    write_bytes(out / REPORT, canonical_json(report))
    series = {state.uid: _new_uid(state, work) for state in kept}
    return Intake(out, report, series, files, (*issues, *left_out))


def _series_report(state: _Series, work: _Work) -> dict[str, Any]:
    first = state.parts[0]
    return {
        "name": state.name,
        "uid": _new_uid(state, work),
        "kind": first.kind,
        "roles": sorted({str(part.role) for part in state.parts}),
        "modality": first.modality,
        "files": len(state.files),
        "frames": sum(len(part.frames) for part in state.parts),
        "elements": dict(sorted(state.done.items())),
        "same": ["b values", "device", "geometry", "pixels", "rescale", "role", "times"],
        "searched_for_text": state.checked,
        "looked_at": state.looked_at,
        "not_decoded": state.undecoded,
    }


def _new_uid(state: _Series, work: _Work) -> str:
    if state.parts[0].kind == "nifti":
        image = next(file for file in state.files if ".nii" in file.name)
        return f"sha256:{sha256_file(work.folder.with_name(IMAGES) / image.relative_to(work.folder))}"
    return work.disguise.uid(state.uid)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _version() -> str:
    from importlib.metadata import version

    return version("dicom-anonymizer")


def _require_library() -> None:
    if importlib.util.find_spec("dicomanonymizer") is None:
        found, remedy = "dicom-anonymizer is not installed", "install it: pip install dicom-anonymizer"
        raise MissingRequirementError(Issue("O03", Level.STOP, found, "dicom-anonymizer 2.1 or later", remedy))


def _check_place(out: Path, disguise: Disguise) -> None:
    if not _PSEUDONYM.match(disguise.pseudonym):
        found, expected = "a pseudonym of other characters", "letters, digits, - and _, at most 63"
        raise TrialError(Issue("W44", Level.STOP, found, expected, "choose another one"))
    if len(disguise.secret) < disguise.config.shortest_secret_bytes:
        found, expected = "a secret that is too short", f"{disguise.config.shortest_secret_bytes} bytes or more"
        raise TrialError(Issue("W44", Level.STOP, found, expected, "let the program make one"))
    for name in (IMAGES, REPORT):
        if (out / name).exists():
            found, remedy = f"{name} is there already", "choose another folder"
            raise TrialError(Issue("W44", Level.STOP, found, "a folder without images", remedy, out.name))


def _check_patient(found: Scan) -> None:
    keys = {series.patient_key for series in found.series if series.patient_key}
    if len(keys) > 1:
        remedy = "de-identify each subject alone"
        raise TrialError(Issue("I03", Level.STOP, f"{len(keys)} patients", "one subject", remedy, found.root.name))


def _check_wanted(kept: Sequence[_Series], issues: Sequence[Issue], wanted: Collection[str], out: Path) -> None:
    if wanted and issues:
        raise TrialError(*issues)
    if not kept:
        none = Issue("W44", Level.STOP, "no series that readers may get", "at least one", "see the reasons", out.name)
        raise TrialError(*issues, none)


def _hidden_overlay(dataset: Any) -> bool:
    return any((group, 0x0102) in dataset and (group, 0x3000) not in dataset for group in range(0x6000, 0x6020, 2))


def _unusable(found: str, expected: str, remedy: str, key: str) -> Issue:
    return Issue("W44", Level.STOP, found, expected, remedy, key)


def _left(elements: Sequence[str], key: str) -> Issue:
    found = f"a name or number of the subject is left in {', '.join(elements[:5])}"
    remedy = "remove it at the site, or report it: the profile should know this element"
    return Issue("W43", Level.STOP, found, "images that name nobody", remedy, key)


def _lost(what: Sequence[str], key: str) -> Issue:
    found = f"not as before: {', '.join(what[:6])}"
    remedy = "report it: the profile should keep what this scanner writes"
    return Issue("W42", Level.STOP, found, "b values, times, geometry, device and pixels as before", remedy, key)
