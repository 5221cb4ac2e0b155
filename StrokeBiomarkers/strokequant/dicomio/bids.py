"""NIfTI files of a scan: roles from BIDS suffixes, sidecars and names, and what is no image (masks, label maps).

A BIDS suffix and the image type of a sidecar are evidence; the words of any other name are weak evidence, and the reason says so.
Files that a person names get the role that the person says (`nifti.nifti_series`), whatever stands here.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..config import ClassifyConfig, ScanConfig
from ..errors import Issue, Level, StrokeQuantError
from ..types import Frame, Role, Series, SkippedFile
from . import nifti_file
from .classify import frame_kind
from .nifti import looks_like_labels, nifti_series, read_raw
from .sidecars import companions, dataset_root, sidecar_of, stem
from .words import plain, speaks_of

_PATIENT_SALT = "strokequant.bids.1"
_SUBJECT = re.compile(r"(?:^|[_/])(sub-[A-Za-z0-9]+)")
_SESSION = re.compile(r"(?:^|[_/])ses-([A-Za-z0-9]+)")
_SUFFIX_ROLES = {
    "dwi": Role.DWI,
    "adc": Role.ADC,
    "flair": Role.FLAIR,
    "swi": Role.SWI,
    "angio": Role.ANGIOGRAPHY,
    "cta": Role.ANGIOGRAPHY,
    "ncct": Role.NCCT,
}
_DYNAMIC_SUFFIXES = {"dsc": Role.DSC, "pwi": Role.DSC, "ctp": Role.CTP, "perf": None, "perfusion": None}
"""Suffixes of 4-D perfusion; None where the modality of the sidecar must say which."""
_NAME_ROLES = (
    ("eadc", Role.DERIVED),
    ("synthetic_b", Role.DERIVED),
    ("perfusion_map", Role.DERIVED),
    ("tensor", Role.DERIVED),
    ("adc", Role.ADC),
    ("dwi", Role.DWI),
    ("flair", Role.FLAIR),
    ("swi", Role.SWI),
    ("angiography", Role.ANGIOGRAPHY),
)
_B0_NAME = re.compile(r"\b(b ?0|b0000|nodif|lowb)\b")
_TEMPLATE_NAME = re.compile(r"\b(mni\w*|space mni\w*|talairach|template|normali[sz]ed)\b")


@dataclass(frozen=True, slots=True)
class NiftiFile:
    """A file that begins as NIfTI, or is named so."""

    path: Path


def nifti_found(
    files: Sequence[NiftiFile], root: Path, config: ScanConfig = ScanConfig()
) -> tuple[tuple[Series, ...], list[SkippedFile], list[Issue]]:
    """Series of the NIfTI files of a scan.

    Returns:
        (series sorted by path with keys "N001", ...; files left out with reasons; issues about broken and equal files).
    """
    series: list[Series] = []
    skipped: list[SkippedFile] = []
    issues: list[Issue] = []
    seen: dict[str, Path] = {}
    for file in sorted(files, key=lambda f: str(f.path)):
        try:
            one = _one(file.path, root, config)
        except StrokeQuantError as error:
            skipped.append(SkippedFile(file.path, f"broken or not read: {error.issues[0].found}"))
            issues.append(replace(error.issues[0], level=Level.WARN))
            continue
        if isinstance(one, SkippedFile):
            skipped.append(one)
        elif one.series_uid in seen:
            skipped.append(SkippedFile(file.path, "copy of a file that was read already"))
            issues.append(
                Issue("I04", Level.INFO, "byte-identical NIfTI files", "every image once", "one was left out")
            )
        else:
            seen[one.series_uid] = file.path
            series.append(replace(one, key=f"N{len(series) + 1:03d}"))
    labeled = (replace(s, issues=tuple(replace(i, subject=s.label) for i in s.issues)) for s in series)
    return tuple(labeled), skipped, issues


def _one(path: Path, root: Path, config: ScanConfig) -> Series | SkippedFile:
    raw = read_raw(path)
    data = nifti_file.unpacked(raw, path.name)
    header = nifti_file.parse_header(data, path.name)
    name = plain(stem(path))
    labels = looks_like_labels(data, header, config)
    if labels:
        return SkippedFile(path, "label map: few whole numbers only, no image")
    if (word := speaks_of("mask", name)) and _is_probability(data, header):
        return SkippedFile(path, f'"{word}" in the name and values from 0 to 1: a mask, no image')
    sidecar = sidecar_of(path)
    role, reasons = role_of(path, root, sidecar, len(header.shape) > 3)
    subject = _SUBJECT.search(stem(path)) or _SUBJECT.search(path.as_posix())
    one = nifti_series(path, role, reasons=reasons, raw=raw, patient_key=_patient_key(subject), config=config)
    extra: dict[str, Any] = {}
    if session := _SESSION.search(stem(path)):
        extra["session"] = session[1]
    issues = one.issues
    if role == Role.DWI and not one.header["b_values"] and _B0_NAME.search(name) and len(header.shape) == 3:
        extra |= {"b_values": (0.0,), "b_tags": ("file name",)}
        found = "only the file name says that this is the image with b 0"
        issues = (Issue("B01", Level.WARN, found, "a .bval file or DiffusionBValue in a sidecar", "confirm it"),)
    return replace(one, header=one.header | extra, issues=issues, description=one.description or _suffix(path))


def _is_probability(data: bytes, header: nifti_file.NiftiHeader) -> bool:
    values = nifti_file.first_volume(data, header)
    low, high = float(values.min()) * header.slope + header.inter, float(values.max()) * header.slope + header.inter
    return low >= 0 and high <= 1 + 1e-6


def _patient_key(subject: re.Match | None) -> str:
    return hashlib.sha256(f"{_PATIENT_SALT}\0{subject[1]}".encode()).hexdigest() if subject else ""


def _suffix(path: Path) -> str:
    """Last word of the name, as BIDS has it; never the subject."""
    last = re.split(r"[_\s]+", stem(path))[-1]
    return last if len(last) <= 24 and not re.search(r"\d{4}", last) else ""


def role_of(
    path: Path, root: Path, sidecar: dict[str, Any], four_d: bool, config: ClassifyConfig = ClassifyConfig()
) -> tuple[Role, tuple[str, ...]]:
    """Role of a NIfTI image by its sidecar, its BIDS suffix, and its name, in this order."""
    name = plain(stem(path))
    role, reasons = _evidence(path, name, sidecar, config)
    if four_d and role in (Role.OTHER, Role.NCCT):
        role, reasons = _dynamic(path, name, sidecar) or (role, reasons)
    if role == Role.ADC and four_d:
        return Role.OTHER, (*reasons, "but it is 4-D: which volume is the map is not known")
    if role not in (Role.OTHER, Role.DERIVED):
        if word := _TEMPLATE_NAME.search(name):
            return Role.DERIVED, (*reasons, f'"{word[0]}" in the name: not in the space of the patient')
        if role != Role.ADC and "derivatives" in _relative_parts(path, root):
            return Role.DERIVED, (*reasons, "lies below derivatives")
    return role, reasons


def _dynamic(path: Path, name: str, sidecar: dict[str, Any]) -> tuple[Role, tuple[str, ...]] | None:
    """DSC or CT perfusion of a 4-D image by its suffix or name; None where nothing or spin labeling is said."""
    if speaks_of("labeling", name) or "ArterialSpinLabelingType" in sidecar:
        return None
    suffix, modality = stem(path).split("_")[-1].lower(), str(sidecar.get("Modality", "")).upper()
    word = suffix if suffix in _DYNAMIC_SUFFIXES else speaks_of("perfusion", name)
    if not word:
        return None
    role = _DYNAMIC_SUFFIXES.get(word)
    ct = modality == "CT" or (not modality and bool(re.search(r"\bct\b|\bctp\b", name)))
    role = role or (Role.CTP if ct else Role.DSC if modality == "MR" else None)
    if role is None or (modality and (role is Role.CTP) != (modality == "CT")):
        return Role.OTHER, (f'4-D and "{word}", but neither CT nor MR is said for it',)
    return role, (f'4-D and "{word}" in the name', *((f"Modality {modality}",) if modality else ()))


def _relative_parts(path: Path, root: Path) -> tuple[str, ...]:
    try:
        return path.relative_to(root).parts[:-1]
    except ValueError:
        return path.parts[:-1]


def _evidence(path: Path, name: str, sidecar: dict[str, Any], config: ClassifyConfig) -> tuple[Role, tuple[str, ...]]:
    suffix = stem(path).split("_")[-1].lower()
    by_suffix = _SUFFIX_ROLES.get(suffix) if _SUBJECT.search(stem(path)) or dataset_root(path) else None
    image_type = sidecar.get("ImageType")
    image_type = tuple(map(str, image_type)) if isinstance(image_type, list) else ()
    kind = frame_kind(Frame(0, 0, "", image_type=image_type))
    if kind and kind != "adc":
        return Role.DERIVED, (f"ImageType of the sidecar says {kind}",)
    if kind == "adc":
        return Role.ADC, ("ImageType of the sidecar holds ADC", *_also(by_suffix, suffix, Role.ADC))
    if {"DIFFUSION", "TRACEW", "TRACE", "DWI"} & {part.upper() for part in image_type}:
        return Role.DWI, ("ImageType of the sidecar says diffusion", *_also(by_suffix, suffix, Role.DWI))
    if companions(path, ".bval"):
        return Role.DWI, ("a .bval file belongs to it", *_also(by_suffix, suffix, Role.DWI))
    if by_suffix:
        return by_suffix, (f'BIDS suffix "{suffix}"', *_sidecar_support(by_suffix, sidecar))
    if sidecar.get("Modality") == "CT":
        return Role.OTHER, ("Modality of the sidecar is CT, but the name does not say without contrast",)
    if _B0_NAME.search(name):
        return Role.DWI, (f'only the file name says b0: "{_B0_NAME.search(name)[0]}"',)
    for topic, role in _NAME_ROLES:
        if word := speaks_of(topic, name):
            return role, (f'only the file name says so: "{word}"',)
    if word := speaks_of("mask", name):
        return Role.OTHER, (f'"{word}" in the name',)
    return Role.OTHER, ("neither sidecar nor name says what it is",)


def _also(by_suffix: Role | None, suffix: str, role: Role) -> tuple[str, ...]:
    if by_suffix == role:
        return (f'BIDS suffix "{suffix}"',)
    return (f'the BIDS suffix "{suffix}" says otherwise',) if by_suffix else ()


def _sidecar_support(role: Role, sidecar: dict[str, Any]) -> tuple[str, ...]:
    b_value = sidecar.get("DiffusionBValue")
    if role == Role.DWI and isinstance(b_value, int | float) and b_value > 0:
        return (f"DiffusionBValue {b_value:g} in the sidecar",)
    inversion = sidecar.get("InversionTime")
    if role == Role.FLAIR and isinstance(inversion, int | float):
        return (f"InversionTime {inversion:g} in the sidecar",)
    return ()
