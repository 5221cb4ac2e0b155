"""From one scan to cases and time points: which series belong together.

A case is one patient, a time point one study of that patient. Folders only name cases; identity decides what is mixed. A folder
that holds several patients is opened into its subfolders; where two patients lie in one and the same folder, nothing in it is
measured until a person has said that they may be split.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Issue, Level
from ..types import Series

_BIDS_SUBJECT = re.compile(r"^sub-[A-Za-z0-9-]+")
_BIDS_SESSION = re.compile(r"(?:^|[_/])ses-([A-Za-z0-9-]+)")


@dataclass(frozen=True)
class CaseInput:
    """One time point of one case, before anything is measured.

    Args:
        case, timepoint: names of the output folders.
        series: what was found for it, in scan order.
        issues: blocking ones mean that nothing may be measured.
    """

    case: str
    timepoint: str
    series: tuple[Series, ...]
    issues: tuple[Issue, ...] = ()


def discover_cases(root: Path, series: Sequence[Series], *, split_patients: bool = False) -> tuple[CaseInput, ...]:
    """Cases and time points of a scan, sorted by name.

    Args:
        root: the folder (or archive) that was scanned; its name is the case where it holds one patient only.
        series: all series of the scan.
        split_patients: make one case of every patient in a folder that mixes them, instead of refusing.
    """
    if not series:
        return ()
    folders = {s.key: _folder(s) for s in series}
    inside = all(folder.is_relative_to(root) for folder in folders.values())
    base = root if inside else _common(folders.values())
    found = []
    for folder, members, mixed in _split(base, series, folders):
        name = _name(folder, base, root, members)
        if mixed and split_patients:
            found += _one_case_each(name, members)
        elif mixed:
            found.append(CaseInput(name, "tp1", tuple(members), (_two_patients(members),)))
        else:
            found += _timepoints(name, members)
    return tuple(sorted(_unique(found), key=lambda c: (c.case, c.timepoint)))


def _folder(series: Series) -> Path:
    return _common(path.parent for path in series.files)


def _common(folders: Iterable[Path]) -> Path:
    folders = sorted(set(folders))
    first, last = folders[0].parts, folders[-1].parts
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return Path(*first[:shared])


def _identity(series: Series) -> str:
    """Who was imaged: a hash, or the study, for DICOM; for NIfTI, which names nobody, the BIDS subject or the folder."""
    if series.kind == "dicom":
        return series.patient_key or f"study:{series.study_uid}"
    subjects = [part for part in series.files[0].parts if _BIDS_SUBJECT.match(part)]
    if subjects:
        return "nifti:" + _BIDS_SUBJECT.match(subjects[0]).group()
    return f"nifti:{series.files[0].parent}"


def _split(folder: Path, series: Sequence[Series], folders: dict[str, Path]) -> list[tuple[Path, list[Series], bool]]:
    """(folder, series, mixed) of every case at or below this folder."""
    identities = {_identity(s) for s in series}
    if len(identities) <= 1:
        return [(folder, list(series), False)]
    below = defaultdict(list)
    here = []
    for s in series:
        relative = folders[s.key].relative_to(folder).parts
        if relative:
            below[relative[0]].append(s)
        else:
            here.append(s)
    cases = []
    if here:
        mixed = len({_identity(s) for s in here}) > 1
        cases.append((folder, here, mixed))
    for name in sorted(below):
        cases += _split(folder / name, below[name], folders)
    return cases


def _name(folder: Path, base: Path, root: Path, series: Sequence[Series]) -> str:
    """Case name: the BIDS subject, else the folder below the base, else the input; never identity from a header."""
    subjects = {m.group() for s in series for part in s.files[0].parts if (m := _BIDS_SUBJECT.match(part))}
    if len(subjects) == 1:
        return subjects.pop()
    below = folder.relative_to(base).parts or (root.stem if root.is_file() else root.name,)
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(below)).strip("._") or "case"


def _timepoints(name: str, series: Sequence[Series]) -> list[CaseInput]:
    groups = defaultdict(list)
    for s in series:
        session = _BIDS_SESSION.search(s.files[0].as_posix()) if s.kind == "nifti" else None
        groups[f"ses-{session.group(1)}" if session else s.study_uid].append(s)
    if len(groups) == 1:
        key = next(iter(groups))
        return [CaseInput(name, key if key.startswith("ses-") else "tp1", tuple(series))]
    ordered = sorted(groups.items(), key=lambda item: (study_time(item[1]), item[0]))
    return [
        CaseInput(name, key if key.startswith("ses-") else f"tp{n}", tuple(members))
        for n, (key, members) in enumerate(ordered, 1)
    ]


def study_time(series: Sequence[Series]) -> str:
    """Earliest date and time of the studies of some series, as DICOM writes them; empty where none says it."""
    told = [f"{s.header.get('study_date') or ''}{s.header.get('study_time') or ''}" for s in series]
    return min(filter(None, told), default="")


def _two_patients(series: Sequence[Series]) -> Issue:
    patients = {_identity(s) for s in series}
    return Issue(
        "I03",
        Level.ASK,
        f"{len(patients)} patients in one folder ({len(series)} series)",
        "one patient in a folder",
        "put every patient in a folder of its own, or allow the split with --split-patients",
    )


def _one_case_each(name: str, series: Sequence[Series]) -> list[CaseInput]:
    groups = defaultdict(list)
    for s in series:
        groups[_identity(s)].append(s)
    note = Issue(
        "I03",
        Level.WARN,
        f"a folder with {len(groups)} patients was split",
        "one patient in a folder",
        "check that no series is in the wrong case",
    )
    found = []
    for n, identity in enumerate(sorted(groups), 1):
        found += [
            CaseInput(c.case, c.timepoint, c.series, (note,)) for c in _timepoints(f"{name}-p{n}", groups[identity])
        ]
    return found


def _unique(cases: Sequence[CaseInput]) -> list[CaseInput]:
    """Cases of different folders that share a name get a number, so that no output overwrites another."""
    seen = defaultdict(int)
    unique = []
    for case in cases:
        key = (case.case, case.timepoint)
        seen[key] += 1
        name = case.case if seen[key] == 1 else f"{case.case}-{seen[key]}"
        unique.append(CaseInput(name, case.timepoint, case.series, case.issues))
    return unique
