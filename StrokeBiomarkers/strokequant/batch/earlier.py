"""An earlier time point of a case: its record, its masks, and its images where they are at hand.

A record holds volumes, masks and how it was imaged, but no images: whoever has the record alone can measure growth and cannot register.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..biomarkers.visits import Visit, visit_from_dict
from ..errors import Issue, Level, StrokeQuantError
from ..follow_up_types import BaselineFacts
from ..geometry import Geometry
from ..patient_check import is_same_patient
from ..record.files import MANIFEST
from ..settings import Settings
from ..types import InputRef, Mask, Measurement, Series, Status
from .reader_masks import UNNAMED, load_mask

_STAGES = {
    "hemorrhage": ("ct_head", "hematoma", "blood_proposal", "hemorrhage"),
    "infarct": ("adc", "core", "brain"),
    "perfusion": ("time", "motion", "perfusion_brain", "concentration", "vessel", "deconvolution", "lesion"),
}
"""Settings that a volume depends on, by what is compared."""
_MASKS = {"ncct": "ich", "dwi": "infarct_core", "dsc": "hypoperfusion_6s", "ctp": "hypoperfusion_6s"}
"""Mask of the volume that is compared, by part."""


@dataclass(frozen=True)
class Earlier:
    """Where an earlier time point is.

    Args:
        path: its record.json, or a folder that holds one.
        series: its series, where its images are at hand.
        automatic: True where a run paired both.
        same_patient: what somebody says who knows both subjects, where the images are under pseudonyms; None for what the images say.
    """

    path: str
    series: tuple[Series, ...] = ()
    automatic: bool = False
    same_patient: bool | None = None


@dataclass(frozen=True, eq=False)
class EarlierRecord:
    """An earlier time point that was opened.

    Args:
        data: of its record.json, whose hash is `sha256`.
        earlier: where it is.
        folder: of its record.json.
    """

    data: Mapping[str, Any]
    sha256: str
    earlier: Earlier
    folder: Path = Path()

    def measurement(self, name: str) -> Measurement | None:
        """One of its measurements; None where it has none of this id."""
        row = next((m for m in self.data.get("measurements", ()) if m["id"] == name), None)
        if row is None:
            return None
        refs = [InputRef(i["uid"], i["sha256"], i["role"]) for i in self.data.get("inputs", ())]
        return _measurement(row, tuple(ref for ref in refs if ref.uid in row.get("input_uids", ())))

    def scan(self, part: str) -> Mapping[str, Any]:
        """How a part was imaged; empty where the record does not say it."""
        scans = (self.data.get("visit") or {}).get("scans", ())
        found = next((scan for scan in scans if scan["part"] == part), None)
        if found is None and part == "ncct":
            found = ((self.data.get("hemorrhage") or {}).get("facts") or {}).get("visit")
        return found or {}

    def visit(self, part: str, *, method: str, patient_key: str) -> Visit:
        """The scan of a part as a visit of a patient.

        Args:
            part: of `used` in the record.
            method: rule by which volumes are outlined.
            patient_key: of the follow-up; the visit carries it where the record is of the same patient, another one where it is not.
        """
        same = self.is_same_patient(patient_key)
        key = "" if same is None else patient_key if same else "another patient"
        readers = [] if self.drawn(part) in ("", UNNAMED) else [self.drawn(part)]
        readers += [sign_off["reader"] for sign_off in self.data.get("sign_offs", ())]
        reader = readers[-1] if readers else ""
        return visit_from_dict(self.scan(part), name="baseline", patient_key=key, method=method, reader=reader)

    def drawn(self, part: str) -> str:
        """Who drew, or changed, the mask of a part; empty where nobody did."""
        return next((m["edited_by"] for m in self.data.get("masks", ()) if m["name"] == _MASKS[part]), "")

    def is_same_patient(self, patient_key: str) -> bool | None:
        """Whether the record is of the patient of a series; None where it cannot be told."""
        if self.earlier.same_patient is not None:
            return self.earlier.same_patient
        return is_same_patient((self.data.get("visit") or {}).get("patient"), patient_key)

    def facts(self, part: str, patient_key: str) -> BaselineFacts:
        """What a follow-up keeps of it."""
        return BaselineFacts(
            self.data["case"],
            self.data["timepoint"],
            self.sha256,
            self.earlier.automatic,
            self.is_same_patient(patient_key),
            self.scan(part),
        )

    def mask(self, part: str, geometry: Geometry) -> Mask | None:
        """Outline of a part, on the grid of its image; None where its file is not there or does not fit."""
        name = _MASKS[part]
        try:
            return load_mask(self.folder / "masks" / f"{name}.seg.nrrd", geometry, name=name)
        except StrokeQuantError:
            return None

    def told(self) -> tuple[Issue, ...]:
        """E14 where a run paired both time points; O02 where the record is not what its run has written."""
        if not self.earlier.automatic:
            listed = _listed_hash(self.folder)
            if listed in (None, self.sha256):
                return ()
            remedy = "restore the record, or measure the baseline again"
            return (
                Issue(
                    "O02",
                    Level.WARN,
                    "the baseline was changed since it was written",
                    "a record as its run has written it",
                    remedy,
                ),
            )
        found = f"baseline {self.data['timepoint']}, the first time point that shows the same"
        remedy = "name the baseline where another one is meant"
        return (Issue("E14", Level.INFO, found, "a baseline that a person named", remedy),)

    def named(self, measurement: Measurement) -> Measurement:
        """A number of a comparison with what it was compared with in its method, and what is wrong with it beside it."""
        how = ", paired automatically" if self.earlier.automatic else ""
        words = f"against {self.data['timepoint']}{how}"
        method = f"{measurement.method}; {words}" if measurement.method else words
        beside = tuple(issue for issue in self.told() if issue.level is Level.WARN)
        return replace(measurement, method=method, issues=(*measurement.issues, *beside))

    def series(self, part: str) -> Series | None:
        """Series of a part; None where it is not at hand."""
        uid = self.scan(part).get("series_uid")
        return next((s for s in self.earlier.series if s.series_uid == uid), None)

    def other_settings(self, kind: str, settings: Settings) -> str:
        """Settings of a kind of volume that were not those of now, in words; empty where all are the same."""
        from ..record.case_record import plain

        now = settings.describe()
        changed = []
        for entry in self.data.get("configuration", ()):
            stage, name = entry["section"], entry["name"]
            if stage not in _STAGES[kind] or name not in now.get(stage, {}):
                continue
            value = plain(now[stage][name]["value"])
            if entry["value"] != value:
                changed.append(f"{stage}.{name} {entry['value']}, now {value}")
        return "; ".join(changed)


def open_earlier(earlier: Earlier) -> EarlierRecord:
    """The record at a path, or the only one below a folder.

    Raises:
        StrokeQuantError: I01, none, several or not readable.
    """
    path = Path(earlier.path)
    found = sorted(path.rglob("record.json")) if path.is_dir() else [path]
    if len(found) != 1:
        raise unusable(f"{len(found)} records below {path.name}")
    try:
        content = found[0].read_bytes()
        data = json.loads(content)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise unusable(f"{found[0].name}: {type(error).__name__}") from error
    if not isinstance(data, dict) or not str(data.get("format", "")).startswith("strokequant record"):
        raise unusable(f"{found[0].name} is no record")
    record = EarlierRecord(data, hashlib.sha256(content).hexdigest(), earlier, found[0].parent)
    try:
        record.facts("ncct", "any")
        for row in data["measurements"]:
            _measurement(row, ())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unusable(f"{found[0].name} is no whole record: {type(error).__name__}") from error
    return record


def _listed_hash(folder: Path) -> str | None:
    """Hash of the record in a folder of OUT/CASE/TIMEPOINT by the manifest of its run; None without one."""
    out = folder.parent.parent
    try:
        outputs = json.loads((out / MANIFEST).read_bytes())["outputs"]
        return outputs.get(f"{folder.relative_to(out).as_posix()}/record.json")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def unusable(found: str) -> StrokeQuantError:
    """I01 with what was found in place of a record that can be compared with."""
    remedy = "give the record.json, or the images, of the earlier time point"
    return StrokeQuantError(Issue("I01", Level.WARN, f"baseline: {found}", "one record to compare with", remedy))


def _measurement(row: Mapping[str, Any], inputs: tuple[InputRef, ...]) -> Measurement:
    issues = tuple(Issue(**{**issue, "level": Level(issue["level"])}) for issue in row.get("issues", ()))
    return Measurement(
        row["id"],
        row["value"],
        row["unit"],
        Status(row["status"]),
        row.get("lower"),
        row.get("upper"),
        row.get("interval", ""),
        row.get("method", ""),
        inputs,
        issues,
    )
