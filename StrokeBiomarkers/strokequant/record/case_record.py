"""CaseRecord to plain data and to files: what a regulator, a reader and a program check.

`record_to_dict` is the one source of record.json, measurements.csv and report.html, so that they cannot disagree. The data hold
no clock, path, host or patient identity, and numbers are rounded as `files.rounded` says.
"""

import dataclasses
import enum
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..biomarkers.catalog import MEASURES
from ..biomarkers.mismatch import is_infinite
from ..config import describe
from ..errors import Issue, Level, RecordError
from ..geometry import Geometry
from ..threads import together
from ..types import CaseRecord, CoreResult, Measurement, QuantityMap, Series, Volume
from .files import canonical_json, require_schema, rounded, write_files
from .follow_up_data import follow_up_to_dict, forms_to_dict
from .hemorrhage_data import hemorrhage_to_dict
from .images import candidate_bytes, hypoperfusion_candidate_bytes, is_orthogonal, map_bytes, mask_bytes, valid_bytes
from .issue_lists import as_dicts
from .perfusion_data import HYPOPERFUSION_CANDIDATES_FILE, perfusion_to_dict
from .reading_data import reading_to_data
from .scanner_data import scanners_to_data
from .visit_data import visit_to_data

FORMAT = "strokequant record 1"
PROPOSAL = "automatic proposal: not a result until a reader has signed"
SIGNED = "signed by a reader"
RESEARCH_USE = "research use only: not for diagnosis or treatment"
CANDIDATES_FILE = "masks/candidates.seg.nrrd"

_IDENTITY = ("patient_name", "patient_id", "birth", "accession", "physician", "operator", "address")


def plain(value: Any) -> Any:
    """Data of any shape as JSON data; a path keeps its last part only, a number that is not finite becomes None."""
    if value is None or (isinstance(value, (bool, str)) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, Issue):
        return value.as_dict()
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, Path):
        return value.name
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, (int, float)):
        return rounded(value)
    return _plain_container(value)


def _plain_container(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return [plain(item) for item in value]
    text = str(value)
    return type(value).__name__ if " at 0x" in text else text


def flat_configuration(configuration: Any) -> list[dict]:
    """Every parameter in one list: section, name, value, unit, source, evidence.

    Args:
        configuration: section -> configuration dataclass, or `config.describe` of one; or one level of named entries.
    """
    entries = []

    def add(section: str, name: str, entry: Mapping) -> None:
        texts = {key: str(entry.get(key, "")) for key in ("unit", "source", "evidence")}
        entries.append({"section": section, "name": name, "value": plain(entry.get("value")), **texts})

    for section, content in configuration.items():
        content = describe(content) if dataclasses.is_dataclass(content) else content
        if isinstance(content, Mapping) and not {"value", "unit"} <= set(content):
            for name, entry in content.items():
                is_entry = isinstance(entry, Mapping) and "value" in entry
                add(str(section), str(name), entry if is_entry else {"value": entry})
        else:
            add("", str(section), content if isinstance(content, Mapping) else {"value": content})
    return sorted(entries, key=lambda e: (e["section"], e["name"]))


def _b_values(series: Series) -> list[dict]:
    """Frames of a series counted by b value and by the tag that says so."""
    counts = Counter((f.b_value, f.b_nominal, f.b_tag, str(f.directionality)) for f in series.frames)
    groups = [
        {"b_value": plain(b), "b_nominal": plain(nominal), "tag": tag, "directionality": how, "frames": n}
        for (b, nominal, tag, how), n in counts.items()
    ]
    has_any = any(g["b_value"] is not None or g["b_nominal"] is not None for g in groups)
    return sorted(groups, key=lambda g: (g["b_value"] is None, g["b_value"] or 0, str(g))) if has_any else []


def _rescale(series: Series) -> dict | None:
    if not series.frames:
        return None
    slopes = [f.slope for f in series.frames]
    intercepts = [f.intercept for f in series.frames]
    extremes = (min(slopes), max(slopes), min(intercepts), max(intercepts))
    return dict(
        zip(("slope_low", "slope_high", "intercept_low", "intercept_high"), map(rounded, extremes), strict=True)
    )


def header_without_identity(header: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a series that may leave the place where it was read."""
    return {key: value for key, value in header.items() if not any(word in key.lower() for word in _IDENTITY)}


def _series(series: Series, used: Mapping[str, str]) -> dict:
    return {
        "key": series.key,
        "series_uid": series.series_uid,
        "study_uid": series.study_uid,
        "modality": series.modality,
        "role": str(series.role),
        "role_reasons": list(series.role_reasons),
        "used_as": sorted(part for part, key in used.items() if key == series.key),
        "kind": series.kind,
        "description": series.description,
        "equipment": plain(series.equipment),
        "files": len(series.files),
        "frames": len(series.frames),
        "rows": int(series.shape[0]),
        "columns": int(series.shape[1]),
        "b_values": _b_values(series),
        "rescale": _rescale(series),
        "header": plain(header_without_identity(series.header)),
        "issues": as_dicts(series.issues),
    }


class _Grids:
    """Grids by name, each once."""

    def __init__(self):
        self.by_name: dict[str, dict] = {}

    def name_of(self, geometry: Geometry) -> str:
        content = {
            "shape": list(geometry.shape),
            "affine_lps": plain(geometry.affine),
            "slice_origins_lps": plain(geometry.slice_origins),
            "slice_extents_mm": plain(geometry.slice_extents),
            "even": geometry.is_even,
            "tilt_deg": rounded(geometry.tilt_deg),
            "frame_of_reference": geometry.frame_of_reference,
            "note": _grid_note(geometry),
        }
        for name, known in self.by_name.items():
            if known == content:
                return name
        name = f"grid{len(self.by_name) + 1}"
        self.by_name[name] = content
        return name


def _grid_note(geometry: Geometry) -> str:
    notes = []
    if not geometry.is_even:
        notes.append(
            "slices are uneven: the affine in NIfTI and NRRD files has the mean step and is for display only; "
            "slice_origins_lps and slice_extents_mm are exact and were used for volumes"
        )
    if not is_orthogonal(geometry):
        notes.append("axes are not perpendicular: NIfTI files have an exact sform and no qform")
    return "; ".join(notes)


def _image(name: str, image: Volume, grids: _Grids) -> dict:
    return {
        "name": name,
        "grid": grids.name_of(image.geometry),
        "unit": image.unit,
        "quantity": image.quantity,
        "source_uid": image.source.uid if image.source else None,
        "provenance": plain(image.provenance),
        "issues": as_dicts(image.issues),
    }


def map_files(name: str) -> tuple[str, str]:
    """Relative paths of a map and of its validity."""
    return f"maps/{name}.nii.gz", f"maps/{name}.valid.nii.gz"


def mask_file(name: str) -> str:
    """Relative path of a mask."""
    return f"masks/{name}.seg.nrrd"


def _file(prefix: str, path: str, hashes: Mapping[str, str]) -> dict:
    return {f"{prefix}file": path if path in hashes else None, f"{prefix}sha256": hashes.get(path)}


def _map(name: str, content: QuantityMap, grids: _Grids, hashes: Mapping[str, str]) -> dict:
    path, valid_path = map_files(name)
    return {
        "name": name,
        **_file("", path, hashes),
        **_file("valid_", valid_path, hashes),
        "grid": grids.name_of(content.geometry),
        "unit": content.unit,
        "quantity": content.quantity,
        "method": content.method,
        "parameters": plain(content.parameters),
        "counts": {str(key): int(count) for key, count in content.counts.items()},
        "valid_voxels": int(np.count_nonzero(content.valid)),
        "input_uids": [ref.uid for ref in content.inputs],
        "issues": as_dicts(content.issues),
    }


def _mask(name: str, mask, grids: _Grids, hashes: Mapping[str, str]) -> dict:
    return {
        "name": name,
        **_file("", mask_file(name), hashes),
        "grid": grids.name_of(mask.geometry),
        "structure": mask.name,
        "method": mask.method,
        "parameters": plain(mask.parameters),
        "edited_by": mask.edited_by,
        "voxels": int(np.count_nonzero(mask.values)),
        "volume_ml": rounded(mask.volume_ml),
        "issues": as_dicts(mask.issues),
    }


def _core(core: CoreResult | None, hashes: Mapping[str, str]) -> dict | None:
    if core is None:
        return None
    return {
        **_file("candidates_", CANDIDATES_FILE, hashes),
        "candidates": [plain(candidate) for candidate in core.candidates],
        "steps": [{"step": str(step), "volume_ml": rounded(float(volume))} for step, volume in core.steps],
        "issues": as_dicts(core.issues),
    }


def _code(code) -> dict | None:
    return None if code is None else {"value": code.value, "scheme": code.scheme, "meaning": code.meaning}


def _measurement(measurement: Measurement) -> dict:
    entry = MEASURES.get(measurement.id)
    if entry is None:
        remedy = "add it to biomarkers/catalog.py"
        raise RecordError(Issue("O01", Level.STOP, f"measure {measurement.id}", "a measure of the catalog", remedy))
    return {
        "id": measurement.id,
        "name": entry.name,
        "value": plain(measurement.value),
        "unit": measurement.unit,
        "unit_text": entry.unit_text,
        "status": str(measurement.status),
        "lower": plain(measurement.lower),
        "upper": plain(measurement.upper),
        "interval": measurement.interval,
        "infinite": is_infinite(measurement),
        "decimals": entry.decimals,
        "definition": entry.definition,
        "formula": entry.formula,
        "citation": entry.citation,
        "code": _code(entry.code),
        "derivation": _code(entry.derivation),
        "method": measurement.method,
        "input_uids": [ref.uid for ref in measurement.inputs],
        "issues": as_dicts(measurement.issues),
    }


def _audits(record: CaseRecord) -> list[dict]:
    rows = []
    for key, audit in sorted(record.audits.items()):
        fields = {f.name: plain(getattr(audit, f.name)) for f in dataclasses.fields(audit)}
        rows.append({"series": key, **fields, "issues": as_dicts(audit.issues)})
    return rows


def _skipped(record: CaseRecord) -> list[dict]:
    """Files that belong to no series, counted by reason: a file name may tell who the patient is."""
    counts = Counter(file.reason for file in record.skipped)
    return [{"reason": reason, "files": n} for reason, n in sorted(counts.items())]


def record_to_dict(record: CaseRecord, *, hashes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A record as plain data that hold to record.schema.json.

    Args:
        record: the record.
        hashes: relative path -> SHA-256 of the map and mask files already written; files that are not in it are listed as null.

    Raises:
        RecordError: a measure that is not in the catalog.
    """
    hashes = hashes or {}
    grids = _Grids()
    return {
        "format": FORMAT,
        "case": record.case,
        "timepoint": record.timepoint,
        "status": "proposal" if record.proposal else "signed",
        "status_text": PROPOSAL if record.proposal else SIGNED,
        "use": RESEARCH_USE,
        "series": [_series(s, record.used) for s in sorted(record.series, key=lambda s: (s.key, s.series_uid))],
        "audits": _audits(record),
        "used": dict(record.used),
        "images": [_image(name, image, grids) for name, image in sorted(record.images.items())],
        "maps": [_map(name, content, grids, hashes) for name, content in sorted(record.maps.items())],
        "masks": [_mask(name, mask, grids, hashes) for name, mask in sorted(record.masks.items())],
        "grids": grids.by_name,
        "core": _core(record.core, hashes),
        "perfusion": perfusion_to_dict(record.perfusion, hashes, plain),
        "hemorrhage": hemorrhage_to_dict(record.hemorrhage, plain),
        "follow_up": follow_up_to_dict(record.follow_up, plain),
        "forms": forms_to_dict(record.forms, plain),
        "visit": visit_to_data(record),
        "scanners": scanners_to_data(record, plain),
        "measurements": [_measurement(m) for m in record.measurements],
        "agreement": plain(record.agreement),
        "issues": as_dicts(record.issues),
        "configuration": flat_configuration(record.configuration),
        "software": {str(name): str(version) for name, version in record.software.items()},
        "inputs": [plain(ref) for ref in sorted(record.inputs, key=lambda ref: (ref.uid, ref.role))],
        "skipped": _skipped(record),
        "sign_offs": [plain(sign_off) for sign_off in record.sign_offs],
        **reading_to_data(record, plain),
    }


def _check_names(record: CaseRecord) -> None:
    for name in (*record.maps, *record.masks):
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise RecordError(
                Issue("O01", Level.STOP, f"name {name!r}", "lower case letters, digits and _", "rename it")
            )


def _image_contents(record: CaseRecord) -> dict[str, bytes]:
    """Relative path -> content of every map and mask file."""
    makers: dict[str, Callable[[], bytes]] = {}
    for name, content in sorted(record.maps.items()):
        path, valid_path = map_files(name)
        makers[path], makers[valid_path] = partial(map_bytes, content), partial(valid_bytes, content)
    for name, mask in sorted(record.masks.items()):
        makers[mask_file(name)] = partial(mask_bytes, mask)
    if record.core is not None and record.core.candidates:
        makers[CANDIDATES_FILE] = partial(candidate_bytes, record.core)
    lesions = record.perfusion.lesions if record.perfusion is not None else None
    if lesions is not None and lesions.candidates and lesions.labels is not None:
        makers[HYPOPERFUSION_CANDIDATES_FILE] = partial(hypoperfusion_candidate_bytes, lesions)
    return dict(zip(makers, together(*makers.values()), strict=True))


def case_contents(record: CaseRecord) -> dict[str, bytes]:
    """Relative path -> content of maps, masks, record.json and report.html of one time point.

    Raises:
        RecordError: O01, where the record does not hold to its schema.
    """
    from .report import report_page

    _check_names(record)
    contents = _image_contents(record)
    data = record_to_dict(
        record, hashes={path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    )
    require_schema(data, "record.schema.json", "record.json")
    contents["record.json"] = canonical_json(data)
    contents["report.html"] = report_page(record, data)
    return contents


def write_case(
    record: CaseRecord,
    folder: Path,
    *,
    dicom_writer: Callable[[CaseRecord, Path], Mapping[str, str]] | None = None,
) -> dict[str, str]:
    """Write maps, masks, record.json and report.html of one time point; nothing is written before all of it is made.

    Args:
        record: what was measured.
        folder: OUT/<case>/<timepoint>; made where it is not there.
        dicom_writer: writes DICOM objects into the same folder and returns relative path -> SHA-256.

    Returns:
        Relative path (with forward slashes) -> SHA-256 of every file written.

    Raises:
        RecordError: O01, where a file cannot be written or the record does not hold to its schema.
    """
    hashes = write_files(folder, case_contents(record))
    if dicom_writer is not None:
        hashes.update(dicom_writer(record, folder))
    return dict(sorted(hashes.items()))
