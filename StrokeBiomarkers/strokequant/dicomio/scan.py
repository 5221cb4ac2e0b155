"""Scan: what is in a folder, file, DICOMDIR, zip, BIDS data set or NIfTI file; series with roles, and what was left out, and why.

Never fatal because of a file: what is broken, foreign or no image is listed in `Scan.skipped`. A file that was cut off leaves a
question (I06) on its series, so that the series does not silently lose a slice. Order and keys do not depend on names or order of
files. Raises only where the input as a whole cannot be used (I01, I02, I05).
"""

import hashlib
import os
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..config import ScanConfig
from ..errors import InputError, Issue, Level
from ..types import Equipment, Frame, Role, Series, SkippedFile
from .archive import extract, is_zip, refused
from .bids import NiftiFile, nifti_found
from .classify import classify, phantom_patient
from .elements import element_value, integer, text
from .files import Walk
from .grouping import Group, frame_order, group_frames
from .headers import facts_of, frames_of
from .nifti_file import GZIP_MAGIC, is_nifti
from .probe import known_begin, looks_like_dicom, probe_dicom
from .time_join import join_time_points

Progress = Callable[[int, int, str], None]
BEGIN_BYTES = 540
SIDECARS = (".json", ".bval", ".bvec", ".tsv", ".bvals", ".bvecs")
NIFTI_ENDINGS = (".nii", ".nii.gz")
_NOT_IN_HEADER = {"equipment", "patient_key", "series_uid", "study_uid", "modality", "sop_instance_uid", "has_pixels"}


@dataclass(frozen=True)
class Scan:
    """What an input holds.

    Args:
        root: folder (or file) that was searched; for a zip the workspace.
        series: sorted by series number, then UID; NIfTI after DICOM.
        skipped: files that are no part of any series, with reasons.
        issues: about the input as a whole.
    """

    root: Path
    series: tuple[Series, ...]
    skipped: tuple[SkippedFile, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass
class _Found:
    """What the files turned out to be, while they are read."""

    frames: dict[str, list[Frame]] = field(default_factory=lambda: defaultdict(list))
    files: list[Path] = field(default_factory=list)
    keys: list[Hashable] = field(default_factory=list)
    by_sop: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    nifti: list[NiftiFile] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    series_of: list[str] = field(default_factory=list)
    broken: dict[str, list[tuple[Path, str]]] = field(default_factory=lambda: defaultdict(list))
    listed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    issues: dict[str, list[Issue]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, int] = field(default_factory=dict)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    not_images: Counter = field(default_factory=Counter)
    unreadable: list[SkippedFile] = field(default_factory=list)
    nifti_issues: list[Issue] = field(default_factory=list)


SHARED_BY_A_GROUP = (
    "StudyInstanceUID",
    "PatientID",
    "PatientName",
    "Rows",
    "Columns",
    "PhotometricInterpretation",
    "Modality",
)
"""What the files of one group must share."""


def scan(
    path: Path,
    *,
    progress: Progress | None = None,
    workspace: Path | None = None,
    exclude: Sequence[Path] = (),
    config: ScanConfig = ScanConfig(),
) -> Scan:
    """Search an input for image series.

    Args:
        path: folder (searched recursively), single file, DICOMDIR or zip.
        progress: called with (files done, files in all, what is done).
        workspace: existing folder for the members of a zip; the caller deletes it. Needed for a zip only.
        exclude: folders that are not entered.
        config: limits.

    Raises:
        InputError: I01 where the path cannot be opened, I02 where it holds no image, I05 where an archive is refused.
    """
    path = Path(path)
    found = _Found()
    root = _root(path, workspace, found, config)
    _check_readable(root, path.name)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pydicom")  # its texts quote header values, perhaps identity
        series = _read_all(root, found, Walk(config, exclude), progress, config)
    if not series:
        raise _nothing(path, found)
    issues = (*_scan_issues(found, series), *found.nifti_issues)
    return Scan(root, series, tuple(sorted(found.skipped, key=lambda s: str(s.path))), issues)


def _read_all(
    root: Path, found: _Found, walk: Walk, progress: Progress | None, config: ScanConfig
) -> tuple[Series, ...]:
    """Every file once, then the series that they form: DICOM before NIfTI."""
    files = sorted(walk.files(root)) if root.is_dir() else [root]
    report = progress or (lambda done, total, words: None)
    for done, file in enumerate(files):
        report(done, len(files), "reading headers")
        _read_file(file, found)
    report(len(files), len(files), "reading headers")
    found.skipped += walk.skipped
    _drop_duplicates(found)
    series = join_time_points(_keyed(_dicom_series(found, config)))
    nifti, skipped, found.nifti_issues = nifti_found(found.nifti, root, config)
    found.skipped += skipped
    return (*series, *nifti)


def _root(path: Path, workspace: Path | None, found: _Found, config: ScanConfig) -> Path:
    """Folder or file to read; a zip is unpacked first, a DICOMDIR stands for its folder."""
    path = path.absolute()
    try:
        is_file = path.is_file()
        zipped = is_file and is_zip(path)
    except OSError as error:
        raise _unreadable(path.name, error) from None
    if not is_file:
        return path
    if path.name.upper() == "DICOMDIR":
        return path.parent
    if not zipped:
        if path.suffix.lower() == ".zip":
            raise refused("is no zip file", path.name)
        return path
    if workspace is None:
        remedy = "give the function a workspace folder, or unpack the archive"
        raise InputError(
            Issue("I01", Level.STOP, "an archive without a workspace", "a folder to unpack", remedy, path.name)
        )
    found.skipped += extract(path, Path(workspace), config=config)
    for item in found.skipped:
        found.broken[""].append((item.path, ""))
    return Path(workspace).absolute()


def _unreadable(name: str, error: OSError) -> InputError:
    found = f"cannot be opened: {error.strerror or type(error).__name__}"
    return InputError(Issue("I01", Level.STOP, found, "a readable folder or file", "check the path and rights", name))


def _check_readable(root: Path, name: str) -> None:
    try:
        if root.is_dir():
            with os.scandir(root):
                pass
        else:
            with root.open("rb"):
                pass
    except OSError as error:
        raise _unreadable(name, error) from None


def _nothing(path: Path, found: _Found) -> InputError:
    if found.unreadable and len(found.unreadable) == len(found.skipped):
        return InputError(replace(_not_opened(found.unreadable), level=Level.STOP, subject=path.name))
    reasons = Counter(item.reason for item in found.skipped)
    listed = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common(4))
    return InputError(
        Issue(
            "I02",
            Level.STOP,
            f"no image among {len(found.skipped)} files" + (f" ({listed})" if listed else ""),
            "CT or MR images as DICOM, or NIfTI",
            "check that the path leads to the images",
            path.name,
        )
    )


def _read_file(path: Path, found: _Found) -> None:
    """Find out what one file is, and keep what is needed of it."""
    try:
        with path.open("rb") as file:
            begin = file.read(BEGIN_BYTES)
    except OSError as error:
        _skip(found, path, f"cannot be read: {error.strerror or type(error).__name__}")
        found.unreadable.append(found.skipped[-1])
        return
    name = path.name.lower()
    if not begin:
        _skip(found, path, "empty file", broken=not name.endswith(SIDECARS))
    elif name.endswith(NIFTI_ENDINGS) or is_nifti(begin) or (begin[:2] == GZIP_MAGIC and name.endswith(".nii.gz")):
        found.nifti.append(NiftiFile(path))
    elif name.endswith(SIDECARS):
        _skip(found, path, "sidecar or table, no image")
    elif reason := known_begin(begin):
        _skip(found, path, reason)
    elif looks_like_dicom(begin):
        _read_dicom(path, found)
    else:
        _skip(found, path, "neither DICOM nor NIfTI", broken=name.endswith((".dcm", ".ima")))


def _skip(found: _Found, path: Path, reason: str, *, broken: bool = False, dataset: Any = None) -> None:
    found.skipped.append(SkippedFile(path, reason))
    if broken:
        found.broken[text(dataset, "SeriesInstanceUID")].append((path, text(dataset, "SOPInstanceUID")))


def _read_dicom(path: Path, found: _Found) -> None:
    probe = probe_dicom(path)
    dataset = probe.dataset
    if probe.reason:
        if probe.directory is not None:
            _read_directory(probe.directory, found)
        if not probe.broken and probe.reason != "no DICOM file":
            found.not_images[probe.reason.split(":")[0]] += 1
        _skip(found, path, probe.reason, broken=probe.broken, dataset=dataset)
        return
    try:
        frames = frames_of(dataset, len(found.files))
        if len(frames) > 1:
            found.facts[len(found.files)] = _facts(dataset)
    except Exception as error:  # a header that no rule has foreseen must not stop the other files
        _skip(found, path, f"broken DICOM header ({type(error).__name__})", broken=True, dataset=dataset)
        return
    series_uid = text(dataset, "SeriesInstanceUID")
    found.by_sop[text(dataset, "SOPInstanceUID")].append(len(found.files))
    found.files.append(path)
    found.series_of.append(series_uid)
    found.keys.append(_file_key(dataset))
    found.frames[series_uid] += frames
    found.numbers.setdefault(series_uid, integer(dataset, "SeriesNumber") or 0)


def _read_directory(directory: Any, found: _Found) -> None:
    """Images that a DICOMDIR lists, by series: what it lists and what is not there is missing."""
    series = ""
    for record in element_value(directory, "DirectoryRecordSequence") or ():
        kind = text(record, "DirectoryRecordType").upper()
        if kind == "SERIES":
            series = text(record, "SeriesInstanceUID")
        elif kind == "IMAGE" and (sop := text(record, "ReferencedSOPInstanceUIDInFile")):
            found.listed[series].add(sop)


def _file_key(dataset: Any) -> Hashable:
    """What files of one group must share."""
    return tuple(text(dataset, name) for name in SHARED_BY_A_GROUP)


def _drop_duplicates(found: _Found) -> None:
    """One file for every SOP Instance UID; copies go, contradicting files leave a question on their series."""
    copies = 0
    gone: set[int] = set()
    clashes: dict[str, list[str]] = defaultdict(list)
    for sop, indices in found.by_sop.items():
        if len(indices) < 2:
            continue
        (kept, *_), *others = sorted((_digest(found.files[i]), str(found.files[i]), i) for i in indices)
        for digest, _, index in others:
            gone.add(index)
            copies += digest == kept
            reason = (
                "copy of a file that was read already"
                if digest == kept
                else "another file with the same SOP Instance UID"
            )
            _skip(found, found.files[index], reason)
        if any(digest != kept for digest, _, _ in others):
            for uid in {found.series_of[i] for i in indices}:
                clashes[uid].append(sop)
    for uid, sops in clashes.items():
        found.issues[uid].append(_contradiction(sops))
    if gone:
        for uid, frames in found.frames.items():
            found.frames[uid] = [frame for frame in frames if frame.file not in gone]
    if copies:
        message = f"{copies} files are byte-identical copies of others"
        found.issues[""].append(Issue("I04", Level.INFO, message, "every image once", "the copies were left out"))


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return f"unreadable {path}"


def _contradiction(sops: Sequence[str]) -> Issue:
    where = f"...{min(sops)[-12:]}" if len(sops) == 1 else f"{len(sops)} times, the first ...{min(sops)[-12:]}"
    message = f"files with different content share one SOP Instance UID ({where})"
    return Issue("I04", Level.ASK, message, "one file per SOP Instance UID", "remove the one that is not meant")


def _dicom_series(found: _Found, config: ScanConfig) -> list[tuple[int, Series]]:
    """(series number, series without key), sorted by number, UID and group."""
    result = []
    for uid in sorted(found.frames, key=lambda u: (found.numbers[u], u)):
        if not found.frames[uid]:
            continue
        groups = group_frames(found.frames[uid], found.keys, config=config)
        issues = (*found.issues.pop(uid, []), *_missing_files(uid, found), *_disagreement(uid, found))
        result += [(found.numbers[uid], _series(group, found, issues)) for group in groups]
    return result


def _disagreement(uid: str, found: _Found) -> tuple[Issue, ...]:
    """F08 where files of one series contradict each other: one of the groups may lack a slice that went to another."""
    keys = {found.keys[frame.file] for frame in found.frames[uid]}
    if len(keys) < 2:
        return ()
    names = [
        name for name, values in zip(SHARED_BY_A_GROUP, zip(*keys, strict=True), strict=True) if len(set(values)) > 1
    ]
    remedy = "it was split; check that no slice is missing from the part that is measured"
    return (Issue("F08", Level.WARN, f"files that differ in {', '.join(names)}", "one of each in a series", remedy),)


def _missing_files(uid: str, found: _Found) -> list[Issue]:
    """I06 for files of a series that are broken and not there as a whole copy too, or that a DICOMDIR lists."""
    issues = []
    broken = [path for path, sop in found.broken.pop(uid, []) if sop not in found.by_sop]
    remedy = "copy the series again; without them slices are missing"
    if broken:
        message = f"{len(broken)} files of this series are broken or cut off, the first is {broken[0].name}"
        issues.append(Issue("I06", Level.ASK, message, "whole files", remedy))
    absent = [sop for sop in found.listed.get(uid, ()) if sop not in found.by_sop]
    if absent and not broken:
        message = f"the DICOMDIR lists {len(absent)} images of this series that are not there"
        issues.append(Issue("I06", Level.ASK, message, "all images", remedy))
    return issues


def _series(group: Group, found: _Found, issues: Sequence[Issue]) -> Series:
    """A series of one group; its facts come from the header of its first frame, which is read again unless it is a long one."""
    frames = sorted(group.frames, key=frame_order)
    indices = list(dict.fromkeys(frame.file for frame in frames))
    renumbered = {old: new for new, old in enumerate(indices)}
    facts = found.facts.get(indices[0]) or _facts(probe_dicom(found.files[indices[0]]).dataset)
    role, reasons = classify(frames, facts)
    return Series(
        key="",
        series_uid=facts["series_uid"],
        modality=facts["modality"],
        role=role,
        role_reasons=reasons,
        files=tuple(found.files[i] for i in indices),
        frames=tuple(replace(frame, file=renumbered[frame.file]) for frame in frames),
        shape=(facts["rows"], facts["columns"]),
        study_uid=facts["study_uid"],
        patient_key=facts["patient_key"],
        description=facts["description"],
        equipment=facts.get("equipment") or Equipment(),
        header={name: value for name, value in facts.items() if name not in _NOT_IN_HEADER and value not in (None, "")},
        issues=(*issues, *group.issues, *_without_b(role, frames)),
    )


def _facts(dataset: Any) -> dict[str, Any]:
    phantom = phantom_patient(text(dataset, "PatientName"), text(dataset, "PatientID"))
    return facts_of(dataset) | {"phantom_patient": phantom}


def _without_b(role: Role, frames: Sequence[Frame]) -> tuple[Issue, ...]:
    """B01 on a diffusion series in which no frame says its b value; reading it for an ADC is refused later."""
    if role != Role.DWI or any(frame.b_value is not None for frame in frames):
        return ()
    expected = "Diffusion b-value (0018,9087) or the vendor's own element"
    remedy = "export the series again with its private elements"
    return (Issue("B01", Level.WARN, f"no b value in any of {len(frames)} images", expected, remedy),)


def _keyed(numbered: Sequence[tuple[int, Series]]) -> tuple[Series, ...]:
    """Keys "0003", "0003.2" from the series numbers; issues get the label of their series."""
    seen: Counter = Counter()
    result = []
    for number, series in numbered:
        seen[number] += 1
        key = f"{number:04d}" + (f".{seen[number]}" if seen[number] > 1 else "")
        series = replace(series, key=key)
        result.append(replace(series, issues=tuple(replace(issue, subject=series.label) for issue in series.issues)))
    return tuple(result)


def _scan_issues(found: _Found, series: Sequence[Series]) -> tuple[Issue, ...]:
    issues = list(found.issues.get("", []))
    patients = {one.patient_key for one in series if one.patient_key}
    if len(patients) > 1:
        message = f"{len(patients)} patients in one input"
        issues.append(
            Issue("I03", Level.WARN, message, "one patient in a case", "every patient becomes a case of its own")
        )
    if found.unreadable:
        issues.append(_not_opened(found.unreadable))
    broken = [path for entries in found.broken.values() for path, _ in entries]
    if broken:
        message = f"{len(broken)} broken files belong to no series that was found, the first is {broken[0].name}"
        remedy = "see whether slices are missing; copy the files again"
        issues.append(Issue("I06", Level.WARN, message, "whole files", remedy))
    if found.not_images:
        listed = ", ".join(f"{count} x {name}" for name, count in sorted(found.not_images.items()))
        issues.append(Issue("F05", Level.INFO, f"left out: {listed}", "images"))
    if all(one.role == Role.OTHER for one in series):
        message = f"{len(series)} series, none of a known role"
        issues.append(
            Issue("I02", Level.WARN, message, "diffusion, perfusion or CT series", "see the reasons of every series")
        )
    return tuple(issues)


def _not_opened(files: Sequence[SkippedFile]) -> Issue:
    """Files of which nothing is known, because the system does not let them be read; nothing says that they are broken."""
    reasons = ", ".join(sorted({file.reason for file in files}))
    message = f"{len(files)} files, the first is {min(file.path.name for file in files)}: {reasons}"
    remedy = "see whether slices are missing; change the permission of the files, or ask for it, and scan again"
    return Issue("I01", Level.WARN, message, "files that you may read", remedy)
