"""Check that an output folder is what was written: every byte, and that its files agree with each other.

Hashes find a changed byte. The comparison of measurements.csv and of the record's own list of files with record.json finds a
change that was followed by new hashes. Neither is a signature: who can rewrite every file can rewrite all of them alike.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..errors import Issue, Level
from .files import MANIFEST, canonical_json, manifest_hash, schema_errors, sha256_file
from .further_tables import TABLES
from .phantom_rows import is_phantom
from .table import CASE_COLUMNS, CASES, MEASUREMENT_COLUMNS, MEASUREMENTS, cell, measurement_rows

_WRITTEN = "the files as they were written"
_RESTORE = "restore the file from a backup, or run the case again"
_KEY = ("case", "timepoint", "measure")


def _changed(
    subject: str, found: str, expected: str = _WRITTEN, level: Level = Level.STOP, remedy: str = _RESTORE
) -> Issue:
    return Issue("O02", level, found, expected, remedy, subject)


def _read_json(path: Path, subject: str) -> tuple[Any, list[Issue]]:
    """Data of a canonical JSON file, None where there are none, and what is wrong with it as a file."""
    try:
        content = path.read_bytes()
        data = json.loads(content)
        same = canonical_json(data) == content
    except OSError as error:
        return None, [_changed(subject, f"it cannot be read: {error.strerror or type(error).__name__}")]
    except (ValueError, RecursionError) as error:
        return None, [_changed(subject, f"it is not JSON: {error}"[:300])]
    return data, [] if same else [_changed(subject, "its text is not the form in which it was written")]


def _manifest(out: Path) -> tuple[dict | None, list[Issue]]:
    data, issues = _read_json(out / MANIFEST, MANIFEST)
    if data is None:
        return None, issues
    errors = schema_errors(data, "run.schema.json")
    if errors:
        return None, [*issues, *(_changed(MANIFEST, error, "run.schema.json") for error in errors[:10])]
    if manifest_hash(data) != data["sha256"]:
        issues.append(_changed(MANIFEST, "its content does not go with its own hash", data["sha256"]))
    return data, issues


def _is_inside(name: str) -> bool:
    parts = name.split("/")
    return bool(name) and "\\" not in name and ":" not in parts[0] and not {"", ".", ".."} & set(parts)


def _hash_issues(out: Path, outputs: Mapping[str, str]) -> Iterator[Issue]:
    for name, expected in sorted(outputs.items()):
        if not _is_inside(name):
            yield _changed(name, "a path that leads out of the folder", "a path inside the output folder")
            continue
        path = out / name
        if not path.is_file():
            yield _changed(name, "the file is missing")
            continue
        try:
            found = sha256_file(path)
        except OSError as error:
            yield _changed(name, f"it cannot be read: {error.strerror or type(error).__name__}")
            continue
        if found != expected:
            yield _changed(
                name, f"the content has changed: sha256 {found}, {path.stat().st_size} bytes", f"sha256 {expected}"
            )


def _extra_issues(out: Path, outputs: Mapping[str, str]) -> Iterator[Issue]:
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if not path.is_dir() and name != MANIFEST and name not in outputs:
            remedy = "move it elsewhere if it does not belong to the results"
            yield _changed(name, "a file that the run did not write", level=Level.WARN, remedy=remedy)


def _listed_files(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Files that a record names, with the hash that it gives."""
    if is_phantom(record):
        return iter(())
    core = record["core"] or {}
    lesions = (record["perfusion"] or {}).get("lesions") or {}
    pairs = [(m[f"{p}file"], m[f"{p}sha256"]) for m in record["maps"] for p in ("", "valid_")]
    pairs += [(mask["file"], mask["sha256"]) for mask in record["masks"]]
    pairs += [(part.get("candidates_file"), part.get("candidates_sha256")) for part in (core, lesions)]
    return ((path, digest) for path, digest in pairs if path is not None)


def _record_issues(record: Mapping[str, Any], folder: str, manifest: Mapping[str, Any]) -> Iterator[Issue]:
    """A record against the manifest: its files, its inputs, the name of its case."""
    subject = f"{folder}/record.json"
    for path, digest in _listed_files(record):
        listed = manifest["outputs"].get(f"{folder}/{path}")
        if listed != digest:
            yield _changed(subject, f"it gives sha256 {digest} for {path}", f"{listed or 'no such file'} in {MANIFEST}")
    for item in record["inputs"]:
        listed = manifest["inputs"].get(item["uid"])
        if listed != item["sha256"]:
            yield _changed(
                subject, f"it gives sha256 {item['sha256']} for input {item['uid']}", f"{listed} in {MANIFEST}"
            )


def _mask_issues(record: Mapping[str, Any], folder: Path, name: str) -> Iterator[Issue]:
    """Voxels counted again in every mask file, and their volume on the grid of the record."""
    for mask in record.get("masks", ()):
        path = folder / mask["file"] if mask["file"] else None
        if path is None or not path.is_file():
            continue
        try:
            inside = sitk.GetArrayFromImage(sitk.ReadImage(str(path))) != 0
        except RuntimeError:
            yield _changed(f"{name}/{mask['file']}", "it cannot be read as a segmentation")
            continue
        grid = record["grids"][mask["grid"]]
        if list(inside.shape) != grid["shape"]:
            yield _changed(f"{name}/{mask['file']}", f"shape {inside.shape}", f"{grid['shape']} as in record.json")
            continue
        affine = np.array(grid["affine_lps"])
        area = np.linalg.norm(np.cross(affine[:3, 0], affine[:3, 1]))
        volume = float(np.count_nonzero(inside, axis=(1, 2)) @ np.array(grid["slice_extents_mm"])) * area / 1000
        if inside.sum() != mask["voxels"] or not math.isclose(volume, mask["volume_ml"], rel_tol=1e-6, abs_tol=1e-9):
            expected = f"{mask['voxels']} voxels, {mask['volume_ml']} mL as in record.json"
            yield _changed(f"{name}/{mask['file']}", f"{inside.sum()} voxels, {volume:.9g} mL", expected)


def _records(out: Path, manifest: Mapping[str, Any]) -> tuple[list[dict], list[Issue]]:
    """Every record of the manifest that can be read, and what is wrong with them."""
    records, issues = [], []
    names = {name for name in manifest["outputs"] if name.rpartition("/")[2] == "record.json" and _is_inside(name)}
    for case in manifest["cases"]:
        name = f"{case['folder']}/record.json"
        if case["folder"] and name not in names:
            issues.append(_changed(name, f"no record of case {case['case']}", f"{MANIFEST} lists its folder"))
    for name in sorted(names):
        if not (out / name).is_file():
            continue
        data, problems = _read_json(out / name, name)
        issues += problems
        if data is None:
            continue
        schema = "phantom.schema.json" if is_phantom(data) else "record.schema.json"
        errors = schema_errors(data, schema)
        if errors:
            issues += [_changed(name, error, schema) for error in errors[:10]]
            continue
        records.append(data)
        folder = name.rpartition("/")[0]
        issues += _record_issues(data, folder, manifest)
        issues += _mask_issues(data, out / folder, folder)
        of_folder = {(c["case"], c["timepoint"]) for c in manifest["cases"] if c["folder"] == folder}
        if (data["case"], data["timepoint"]) not in of_folder:
            found = f"it is of case {data['case']!r}, time point {data['timepoint']!r}"
            issues.append(_changed(name, found, f"the case that {MANIFEST} lists for this folder"))
    return records, issues


def _read_table(path: Path, columns: tuple[str, ...]) -> tuple[list[dict[str, str]], list[Issue]]:
    try:
        reader = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))
        rows = list(reader)
    except (OSError, ValueError, csv.Error) as error:
        return [], [_changed(path.name, f"it cannot be read as a table: {error}"[:300])]
    if tuple(reader.fieldnames or ()) != columns or any(None in row or None in row.values() for row in rows):
        return [], [_changed(path.name, "columns are not those of the format", ", ".join(columns))]
    return rows, []


def _table_issues(out: Path, records: list[dict]) -> Iterator[Issue]:
    """measurements.csv against the records, cell by cell."""
    rows, issues = _read_table(out / MEASUREMENTS, MEASUREMENT_COLUMNS)
    yield from issues
    if issues:
        return
    in_table = {tuple(row[key] for key in _KEY): row for row in rows}
    expected = {tuple(row[key] for key in _KEY): row for data in records for row in measurement_rows(data)}
    if len(in_table) != len(rows):
        yield _changed(MEASUREMENTS, f"{len(rows)} rows for {len(in_table)} measurements", "one row per measurement")
    for key in sorted(expected.keys() | in_table.keys()):
        where = " / ".join(key)
        if key not in in_table:
            yield _changed(MEASUREMENTS, f"no row for {where}", "a row for every measurement of the records")
        elif key not in expected:
            yield _changed(MEASUREMENTS, f"a row for {where}", "a record with this measurement")
        else:
            for column in MEASUREMENT_COLUMNS:
                found, wanted = in_table[key][column], expected[key][column]
                if found != wanted:
                    yield _changed(MEASUREMENTS, f"{where}: {column} is {found!r}", f"{wanted!r} as in record.json")


def _case_issues(out: Path, manifest: Mapping[str, Any]) -> Iterator[Issue]:
    """cases.csv against the cases of the manifest."""
    columns = ("case", "timepoint", "outcome", "reason")
    rows, issues = _read_table(out / CASES, CASE_COLUMNS)
    yield from issues
    found = sorted(tuple(row[column] for column in columns) for row in rows)
    expected = sorted(tuple(cell(case[column]) for column in columns) for case in manifest["cases"])
    if not issues and found != expected:
        differing = sorted(set(found) ^ set(expected)) or found
        yield _changed(CASES, f"cases differ: {' / '.join(differing[0])}", f"the cases of {MANIFEST}")


def verify(out: Path) -> tuple[Issue, ...]:
    """What in an output folder is not as it was written.

    Args:
        out: folder with run.json.

    Returns:
        Issues O02: STOP for what is changed, missing or contradictory, WARN for files that do not belong to the run. Empty where
        everything holds.
    """
    out = Path(out)
    if not (out / MANIFEST).is_file():
        found = f"no {MANIFEST} in {out.name}" if out.is_dir() else f"no folder {out.name}"
        remedy = "name the folder that was given as --out; a run that was stopped has none: run it again with --resume"
        return (_changed(MANIFEST, found, "the output folder of a finished run", remedy=remedy),)
    manifest, issues = _manifest(out)
    if manifest is None:
        return tuple(issues)
    outputs = manifest["outputs"]
    issues += _hash_issues(out, outputs)
    issues += [_changed(n, f"not listed in {MANIFEST}") for n in (MEASUREMENTS, CASES) if n not in outputs]
    records, problems = _records(out, manifest)
    issues += problems
    if (out / MEASUREMENTS).is_file():
        issues += _table_issues(out, records)
    for name, make in TABLES.items():
        if name in outputs and (out / name).is_file() and (out / name).read_bytes() != make(records):
            issues.append(_changed(name, "its content is not that of the records", "the records"))
    if (out / CASES).is_file():
        issues += _case_issues(out, manifest)
    issues += _extra_issues(out, outputs)
    return tuple(dict.fromkeys(issues))
