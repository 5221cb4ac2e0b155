"""What a person said about follow-up and in forms; light to import."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..hemorrhage_types import EDEMA, Structure
from ..types import InputRef
from .hemorrhage_answers import HemorrhageAnswers

if TYPE_CHECKING:
    from ..biomarkers.forms import Answers
    from ..types import Mask


BLOOD_NAMES = (*Structure, EDEMA)
MASK_NAMES = ("infarct", "chronic", "clot", "aspects", *BLOOD_NAMES)
"""Files that a reader may give; blood and edema in place of what is outlined here."""
_ROLES = {"infarct": "final_infarct", "chronic": "final_chronic"}
"""Names by which an input says that it belongs to the final infarct."""


@dataclass(frozen=True)
class FollowUpAnswers:
    """Answers about one time point; everything is optional and goes into the record.

    Args:
        forms: that readers answered about it.
        masks: outlines of readers by name, one of `MASK_NAMES`: files, or masks that are in hand.
        reader: code of who drew them.
        study_mdd_ml: minimal detectable difference of the study's pair of readers by "ich" and "ich_ivh".
    """

    forms: "tuple[Answers, ...]" = ()
    masks: "Mapping[str, Path | Mask]" = field(default_factory=dict)
    reader: str = ""
    study_mdd_ml: Mapping[str, float] = field(default_factory=dict)

    @property
    def blood(self) -> dict[str, Path]:
        """Outlines that take the place of what is outlined on CT."""
        return {name: path for name, path in self.masks.items() if name in BLOOD_NAMES}

    @property
    def final(self) -> bool:
        """True where a reader outlined, or answered about, a final infarct."""
        return "infarct" in self.masks or any(a.form == "FI" for a in self.forms)

    def inputs(self) -> tuple[InputRef, ...]:
        """Outlines by the hash of their files."""
        hashes = {name: _hash(path) for name, path in sorted(self.masks.items())}
        return tuple(InputRef(f"sha256:{h}", h, f"{_ROLES.get(n, n)}_outline") for n, h in hashes.items() if h)

    def given(self) -> dict[str, Any]:
        """What was said, by name; of a mask its hash."""
        said: dict[str, Any] = {}
        if self.forms:
            said["forms"] = [[a.form, a.version, a.modality, a.reader, dict(a.values)] for a in self.forms]
        if self.masks:
            said["masks"] = {name: _hash(path) for name, path in sorted(self.masks.items())}
            said["reader"] = self.reader
        if self.study_mdd_ml:
            said["study_mdd_ml"] = dict(sorted(self.study_mdd_ml.items()))
        return said


@dataclass(frozen=True)
class FollowUpRequest:
    """What a person said about follow-up for all cases of a run.

    Args:
        record: record.json, or a folder that holds one, that every time point is compared with; empty for none.
        timepoint: that the other time points of each case are compared with; where empty, the first one that shows the same.
        forms: answers of readers; each says its case and time point, or is of the last time point of the only case.
        masks: folder of outlines: CASE/TIMEPOINT/NAME, or NAME for the last time point of the only case.
        reader, study_mdd_ml: see `FollowUpAnswers`.
        baseline_hemorrhage: clicks into the clots of the baseline `timepoint`.
    """

    record: str = ""
    timepoint: str = ""
    forms: "tuple[Answers, ...]" = ()
    masks: str = ""
    reader: str = ""
    study_mdd_ml: Mapping[str, float] = field(default_factory=dict)
    baseline_hemorrhage: HemorrhageAnswers = HemorrhageAnswers()

    @property
    def explicit(self) -> bool:
        """True where a person named the baseline."""
        return bool(self.record or self.timepoint)

    def of(self, case: str, timepoint: str, *, is_only: bool) -> FollowUpAnswers:
        """What was said about one time point.

        Args:
            case, timepoint: names.
            is_only: the last time point of the only case, which answers without a name belong to.
        """
        forms = tuple(a for a in self.forms if (a.case, a.timepoint) == (case, timepoint) or (is_only and not a.case))
        folders = [Path(self.masks) / case / timepoint, *([Path(self.masks)] if is_only else [])] if self.masks else []
        return FollowUpAnswers(forms, _masks(folders), self.reader, self.study_mdd_ml)


_ENDINGS = (".nii.gz", ".nii", ".seg.nrrd", ".nrrd")


def _masks(folders: Sequence[Path]) -> dict[str, Path]:
    """The first file of every name."""
    found: dict[str, Path] = {}
    for folder in folders:
        for name in MASK_NAMES:
            for ending in _ENDINGS:
                path = folder / f"{name}{ending}"
                if name not in found and path.is_file():
                    found[name] = path
    return found


def _hash(path: "Path | Mask") -> str:
    """Hash of a file, or of the voxels of a mask; empty where a file cannot be read."""
    if not isinstance(path, Path):
        return hashlib.sha256(path.values.tobytes()).hexdigest()
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
