"""NIfTI files as series and volumes, with what their sidecars say.

A b value comes from the user, the .bval file, or "DiffusionBValue" of the JSON sidecar, and from nothing else: never from a file
name, a position in a 4-D file or a custom. Values are read in file units after scl_slope; the unit of an ADC map is decided later.
Refused: no or two geometries, b values that do not fit the volumes, cut-off files, label maps asked for as images stay marked.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..config import AdcConfig, NiftiConfig, ScanConfig
from ..errors import GeometryError, Issue, Level, ReadError
from ..geometry import Geometry
from ..types import DiffusionSeries, Directionality, Equipment, InputRef, Role, Series, Volume
from . import nifti_file
from .nifti_file import NiftiHeader
from .nifti_times import time_facts
from .sidecars import B_RANGE, plausible_b, read_bvals, read_directions, sidecar_of, stem
from .units import unit_factor

SIDECAR_TEXTS = {
    "ImageType": "image_type",
    "SeriesDescription": "description",
    "ProtocolName": "protocol",
    "SequenceName": "sequence_name",
    "ScanningSequence": "scanning_sequence",
    "SequenceVariant": "sequence_variant",
    "BodyPartExamined": "body_part",
    "Units": "units",
    "ConvolutionKernel": "convolution_kernel",
    "ContrastBolusAgent": "contrast_agent",
}
SIDECAR_NUMBERS = {
    "EchoTime": "echo_time",
    "RepetitionTime": "repetition_time",
    "InversionTime": "inversion_time",
    "DiffusionBValue": "sidecar_b_value",
    "SliceThickness": "thickness",
    "SpacingBetweenSlices": "spacing_tag",
    "KVP": "kvp",
}


def nifti_series(
    path: Path,
    role: Role,
    *,
    b_value: float | None = None,
    unit: str | None = None,
    key: str = "",
    reasons: tuple[str, ...] = (),
    patient_key: str = "",
    raw: bytes | None = None,
    config: ScanConfig = ScanConfig(),
) -> Series:
    """One NIfTI file as a series of a stated role.

    Args:
        path: .nii or .nii.gz.
        role: what it is used for; the caller decides.
        b_value: s/mm2 of a 3-D diffusion image where the user says it; stronger than every file.
        unit: unit of an ADC map where the user says it, such as "mm2/s".
        key, reasons, patient_key: as of `Series`; reasons default to "stated by the user".
        raw: the bytes of the file, where the caller has read them already.

    Raises:
        ReadError: the file is no NIfTI, broken, or the b value or unit that the user gave cannot be one.
    """
    path = Path(path).resolve()
    raw = read_raw(path) if raw is None else raw
    data = nifti_file.unpacked(raw, path.name)
    header = nifti_file.parse_header(data, path.name)
    sidecar = sidecar_of(path)
    facts, issues = _facts(sidecar, header, unit, path.name)
    if role == Role.DWI or b_value is not None:
        b_facts, b_issues = _b_facts(path, header, sidecar, b_value)
        facts |= b_facts
        issues += b_issues
    if role in (Role.DSC, Role.CTP):
        facts |= time_facts(sidecar, header.shape[2])
    if looks_like_labels(data, header, config) and role not in (Role.OTHER, Role.DERIVED):
        found = "few whole numbers only, as in a label map"
        issues.append(Issue("F05", Level.WARN, found, "an image with gray values", "check the file", path.name))
    return Series(
        key=key or f"nifti-{stem(path)[:24]}",
        series_uid="sha256:" + hashlib.sha256(raw).hexdigest(),
        modality=str(sidecar.get("Modality", "")),
        role=role,
        role_reasons=reasons or (f"stated by the user: {role}",),
        files=(path,),
        shape=(header.shape[1], header.shape[0]),
        kind="nifti",
        patient_key=patient_key,
        description=str(sidecar.get("SeriesDescription", "")),
        equipment=_equipment(sidecar),
        header=facts,
        issues=tuple(issues),
    )


def read_raw(path: Path) -> bytes:
    """Bytes of a file as they lie on the disk; ReadError I01 where it cannot be opened."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unopened(path, error) from None


def _unopened(path: Path, error: OSError) -> ReadError:
    found = f"the file cannot be opened: {error.strerror or type(error).__name__}"
    remedy = "check the path and rights"
    return ReadError(Issue("I01", Level.STOP, found, "a readable NIfTI file", remedy, path.name))


def looks_like_labels(data: bytes, header: NiftiHeader, config: ScanConfig = ScanConfig()) -> bool:
    """True where the first volume holds few different values, all small whole numbers from 0, or one value only."""
    stored = nifti_file.first_volume(data, header)
    low, high = stored.min(), stored.max()
    if low == high or (low != low and np.isnan(stored).all()):
        return True
    ends = low * header.slope + header.inter, high * header.slope + header.inter
    if not (min(ends) >= 0 and max(ends) <= config.label_maximum):
        return False
    return all(_few_whole_numbers(part, header, config) for part in (stored[len(stored) // 2], stored))


def _few_whole_numbers(stored: np.ndarray, header: NiftiHeader, config: ScanConfig) -> bool:
    values = np.unique(stored) * header.slope + header.inter
    return values.size <= config.label_values and bool(np.abs(values - np.round(values)).max() < 1e-4)


def _equipment(sidecar: dict[str, Any]) -> Equipment:
    field = sidecar.get("MagneticFieldStrength")
    return Equipment(
        manufacturer=str(sidecar.get("Manufacturer", "")),
        model=str(sidecar.get("ManufacturerModelName", sidecar.get("ManufacturersModelName", ""))),
        software=str(sidecar.get("SoftwareVersions", "")),
        field_strength_t=float(field) if isinstance(field, int | float) else None,
    )


def _facts(sidecar, header: NiftiHeader, unit: str | None, subject: str) -> tuple[dict[str, Any], list[Issue]]:
    facts: dict[str, Any] = {"sidecar": bool(sidecar), "n_volumes": _volumes(header)}
    for name, fact in SIDECAR_TEXTS.items():
        if name in sidecar:
            value = sidecar[name]
            facts[fact] = "\\".join(map(str, value)) if isinstance(value, list) else str(value)
    for name, fact in SIDECAR_NUMBERS.items():
        value = sidecar.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
            facts[fact] = float(value)
    if unit is not None:
        if unit_factor(unit) is None:
            remedy = "give one such as mm2/s, um2/s or 10-3.mm2/s"
            raise ReadError(Issue("U02", Level.STOP, f'unit "{unit}"', "a unit of diffusion", remedy, subject))
        facts["unit_flag"] = unit
    issues = []
    if header.in_template_space:
        found = "the image lies in template space (sform or qform code 3 or 4)"
        expected = "the space of the patient"
        issues.append(Issue("G18", Level.ASK, found, expected, "take the image before normalization", subject))
    return facts, issues


def _volumes(header: NiftiHeader) -> int:
    return header.shape[3] if len(header.shape) > 3 else 1


def _b_facts(path: Path, header: NiftiHeader, sidecar, b_value) -> tuple[dict[str, Any], list[Issue]]:
    """b values of every volume with where they came from, or none with an issue."""
    count = _volumes(header)
    listed = read_bvals(path, count)
    in_sidecar = sidecar.get("DiffusionBValue")
    if b_value is not None:
        values, tag = _flag_b(b_value, count, path.name), "flag"
    elif listed is not None:
        values, tag = listed, "bval file"
    elif count == 1 and plausible_b(in_sidecar):
        values, tag = (float(in_sidecar),), '"DiffusionBValue" of the sidecar'
    else:
        return {"b_values": (), "b_tags": ()}, [_b_unknown(count, path.name)]
    issues = []
    if tag == "flag" and listed is not None and listed != values:
        found = f"b {values[0]:g} was given, the bval file says {listed[0]:g}"
        issues.append(Issue("B03", Level.WARN, found, "one b value", "check which is right", path.name))
    return {"b_values": values, "b_tags": (tag,) * count}, issues


def _flag_b(b_value: float, count: int, subject: str) -> tuple[float, ...]:
    if count != 1:
        found = f"one b value for {count} volumes"
        raise ReadError(Issue("B01", Level.STOP, found, "a .bval file", "write one b value per volume in it", subject))
    if not plausible_b(b_value):
        raise ReadError(Issue("B02", Level.STOP, f"b value {b_value}", B_RANGE, "correct it", subject))
    return (float(b_value),)


def _b_unknown(count: int, subject: str) -> Issue:
    return Issue(
        "B01",
        Level.WARN,
        "b value unknown: no .bval file and no DiffusionBValue in a sidecar",
        f"one b value for each of {count} volumes" if count > 1 else "a b value",
        "usable only as hyperintensity image beside a vendor ADC; give the b value to compute ADC",
        subject,
    )


def nifti_case(
    *,
    dwi: Path | None = None,
    b0: Path | None = None,
    adc: Path | None = None,
    b_value: float | None = None,
    adc_unit: str | None = None,
) -> tuple[Series, ...]:
    """Series of files that a person named one by one.

    Args:
        dwi: diffusion-weighted image, or a 4-D series with its .bval file.
        b0: image without diffusion weighting; one series with `dwi` where the b of both is known.
        adc: ADC map.
        b_value: s/mm2 of `dwi`.
        adc_unit: unit of `adc`.
    """
    found = []
    if dwi is not None:
        found.append(nifti_series(dwi, Role.DWI, b_value=b_value, key="dwi"))
    if b0 is not None:
        without = nifti_series(b0, Role.DWI, b_value=0.0, key="b0")
        known = bool(found and found[0].header["b_values"])
        found = [_joined(without, found[0])] if known else [*found, without]
    if adc is not None:
        found.append(nifti_series(adc, Role.ADC, unit=adc_unit, key="adc"))
    return tuple(found)


def _joined(b0: Series, dwi: Series) -> Series:
    """One series of two files; their grids are compared when they are read."""
    hashes = [one.series_uid.removeprefix("sha256:") for one in (b0, dwi)]
    lists = {name: b0.header[name] + dwi.header[name] for name in ("b_values", "b_tags")}
    return replace(
        dwi,
        series_uid="sha256:" + _input_hash(hashes),
        files=b0.files + dwi.files,
        header=dwi.header | lists | {"n_volumes": b0.header["n_volumes"] + dwi.header["n_volumes"]},
        issues=b0.issues + dwi.issues,
    )


def _input_hash(hashes: list[str]) -> str:
    from .read import input_hash

    return input_hash(hashes)


@dataclass
class NiftiImage:
    """One file as read: (k, j, i) or (t, k, j, i) values on their grid, with the hash of the file."""

    values: np.ndarray
    geometry: Geometry
    provenance: dict[str, Any]
    issues: list[Issue]
    sha256: str


def read_image(path: Path, subject: str, config: NiftiConfig = NiftiConfig()) -> NiftiImage:
    """Values of one file after scl_slope, on their grid.

    Raises:
        ReadError, GeometryError: the file is broken or does not say where its voxels are.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            header, values = nifti_file.stream_values(file, path.name)
    except OSError as error:
        raise _unopened(path, error) from None
    affine = nifti_file.lps_affine(header, path.name, config)
    issues = []
    bad = sum(int(part.size - np.count_nonzero(np.isfinite(part))) for part in values)
    if bad:
        found = f"{bad} voxels are not finite"
        issues.append(Issue("P05", Level.INFO, found, "numbers", "they are left out", subject))
    if nifti_file.spacing_differs(header, affine):
        spacing = ", ".join(f"{edge:g}" for edge in header.pixdim[1:4])
        found = f"pixdim {spacing} disagrees with the voxel edges of the affine"
        issues.append(Issue("G01", Level.WARN, found, "one spacing", "the affine is used; check it", subject))
    provenance = {
        "scl_slope": header.slope,
        "scl_inter": header.inter,
        "stored_type": str(header.dtype),
        "sform_code": header.sform_code,
        "qform_code": header.qform_code,
        "spatial_unit": "mm by custom" if header.units == 0 else "as stated",
        "non_finite": bad,
    }
    geometry = Geometry.from_affine(affine, header.shape[2::-1])
    return NiftiImage(values, geometry, provenance, issues, sha256)


def read_volume(series: Series, *, config: NiftiConfig = NiftiConfig()) -> Volume:
    """A 3-D NIfTI image in file units; Hounsfield units where the modality is CT.

    Raises:
        ReadError, GeometryError: the file is broken, 4-D, or does not say where its voxels are.
    """
    if len(series.files) != 1:
        raise _several(f"{len(series.files)} files", series)
    image = read_image(series.files[0], series.label, config)
    if image.values.ndim != 3:
        raise _several(f"{len(image.values)} volumes in one file", series)
    ct = series.modality == "CT"
    return Volume(
        image.values,
        image.geometry,
        unit="[hnsf'U]" if ct else "1",
        quantity="attenuation" if ct else "signal",
        source=input_ref(series, [image]),
        provenance=image.provenance,
        issues=(*series.issues, *image.issues),
    )


def _several(found: str, series: Series) -> ReadError:
    return ReadError(Issue("G00", Level.STOP, found, "one 3-D image", "say which volume is meant", series.label))


def read_adc(series: Series, *, config: NiftiConfig = NiftiConfig()) -> Volume:
    """An ADC map in file units; `units.decide_adc_unit` with the header of the series decides the unit."""
    volume = read_volume(series, config=config)
    return Volume(volume.values, volume.geometry, "1", "adc", volume.source, volume.provenance, volume.issues)


def read_diffusion(
    series: Series, *, config: NiftiConfig = NiftiConfig(), adc_config: AdcConfig = AdcConfig()
) -> DiffusionSeries:
    """Diffusion images of one 4-D file, or of several files (b0 and DWI apart) on one grid.

    Raises:
        ReadError: B01 where a b value is not known.
        GeometryError: G17 where the grids of the files differ.
    """
    b_values = np.array(series.header.get("b_values", ()), dtype=float)
    if not b_values.size:
        remedy = "give the b value, or a .bval file"
        raise ReadError(Issue("B01", Level.STOP, "b value unknown", "a b value per volume", remedy, series.label))
    images = [read_image(path, series.label, config) for path in series.files]
    geometry = images[0].geometry
    for image, path in zip(images[1:], series.files[1:], strict=True):
        if different := geometry.differs_from(image.geometry):
            remedy = "resample one of them onto the other, with a record of it"
            issue = Issue("G17", Level.STOP, different, f"the grid of {series.files[0].name}", remedy, path.name)
            raise GeometryError(issue)
    stacks = [image.values if image.values.ndim == 4 else image.values[None] for image in images]
    if sum(map(len, stacks)) != len(b_values):
        found = f"{len(b_values)} b values for {sum(map(len, stacks))} volumes"
        raise ReadError(Issue("B01", Level.STOP, found, "one per volume", "scan the folder again", series.label))
    directions = np.concatenate(
        [
            read_directions(path, len(stack), image.geometry.affine, config)
            for path, stack, image in zip(series.files, stacks, images, strict=True)
        ]
    )
    return DiffusionSeries(
        values=stacks[0] if len(stacks) == 1 else np.concatenate(stacks),
        geometry=geometry,
        b_values=b_values,
        b_tags=tuple(series.header["b_tags"]),
        directions=directions,
        directionality=_directionality(series, b_values, directions, adc_config),
        source=input_ref(series, images),
        provenance={"files": [image.provenance for image in images]},
        issues=tuple(dict.fromkeys([*series.issues, *(i for image in images for i in image.issues)])),
    )


def _directionality(series: Series, b_values, directions, config: AdcConfig) -> tuple[Directionality, ...]:
    trace = any("TRACE" in part.upper() for part in series.header.get("image_type", "").split("\\"))
    kinds = []
    for b, direction in zip(b_values, directions, strict=True):
        if round(b) <= config.b0_max:
            kinds.append(Directionality.NONE)
        elif np.isfinite(direction).all():
            kinds.append(Directionality.DIRECTIONAL)
        else:
            kinds.append(Directionality.ISOTROPIC if trace else Directionality.UNKNOWN)
    return tuple(kinds)


def input_ref(series: Series, images: list[NiftiImage]) -> InputRef:
    """Series by its identity and the hash of its files."""
    return InputRef(series.series_uid, _input_hash([image.sha256 for image in images]), str(series.role))
