"""The seams: frozen types that one stage hands to the next.

Each carries units, geometry and provenance, is validated when made, and is cheap to construct in a test. Arrays are numpy in
(k, j, i) order. ADC is in um2/s (1 um2/s = 1e-6 mm2/s), b in s/mm2, times in s, volumes in mL.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import Issue
from .geometry import Geometry

if TYPE_CHECKING:
    from .follow_up_types import FollowUpResult, FormsResult
    from .hemorrhage_types import HemorrhageResult
    from .perfusion_types import PerfusionResult
    from .phantom_types import ScannerQualification
    from .reading_types import ReadingProvenance
    from .segmentation.sides import MidPlane


class Role(StrEnum):
    """What a series is for."""

    DWI = "dwi"
    ADC = "adc"
    DSC = "dsc"
    CTP = "ctp"
    NCCT = "ncct"
    FLAIR = "flair"
    SWI = "swi"
    ANGIOGRAPHY = "angiography"
    PHANTOM = "phantom"
    LOCALIZER = "localizer"
    DERIVED = "derived"
    OTHER = "other"


class Verdict(StrEnum):
    """What a geometry audit decides."""

    MEASURE = "measure"
    MEASURE_WITH_NOTE = "measure-with-note"
    REFUSE = "refuse"


class Status(StrEnum):
    """Zero, not evaluable and missing are three different things."""

    MEASURED = "measured"
    ZERO = "zero"
    """Looked for and not there: the value is 0."""
    NOT_EVALUABLE = "not_evaluable"
    """There, but no number can be given; the issues say why."""
    MISSING = "missing"
    """The input for it was not there."""


class Directionality(StrEnum):
    """Diffusion Directionality (0018,9075), and what is said where it is absent."""

    NONE = "NONE"
    """b about 0."""
    DIRECTIONAL = "DIRECTIONAL"
    """One gradient direction (BMATRIX counts as this)."""
    ISOTROPIC = "ISOTROPIC"
    """A trace image."""
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Frame:
    """Header facts of one slice image: a classic file, one frame of a multi-frame file, or one tile of a mosaic.

    Args:
        file: index into `Series.files`.
        index: frame number within the file from 0; tile number in a mosaic.
        sop_instance_uid: of the file.
        position: Image Position (Patient) of this slice in LPS mm (computed for a tile), None when absent.
        orientation: six cosines of Image Orientation (Patient), None when absent.
        pixel_spacing: (between rows, between columns) in mm, None when absent.
        thickness: Slice Thickness in mm, None when absent. Never used as a distance between slices.
        spacing_tag: Spacing Between Slices (0018,0088) as written, sign included; audited, never used.
        instance_number, acquisition_number: as written; not spatial.
        image_type: values of Image Type (0008,0008), or of the frame.
        b_value: s/mm2, actual; None when no tag says it. Never a default.
        b_nominal: s/mm2 that the user set, where the vendor keeps both.
        b_tag: where `b_value` came from, such as "(0018,9087)" or "(0043,1039)[0]".
        direction: unit gradient direction in LPS, None when there is none.
        directionality: see `Directionality`.
        slope, intercept: of this frame's own rescale; 1 and 0 only when the header says so or has none.
        scale_slope: Philips (2005,100E), None when absent.
        times: seconds by tag name as found: acquisition_time, content_time, trigger_time, frame_acquisition_datetime, ...
        extra: small header facts that a role or an audit needs: echo_time_ms, temporal_position, kvp, gantry_tilt, ...
    """

    file: int
    index: int
    sop_instance_uid: str
    position: tuple[float, float, float] | None = None
    orientation: tuple[float, ...] | None = None
    pixel_spacing: tuple[float, float] | None = None
    thickness: float | None = None
    spacing_tag: float | None = None
    instance_number: int | None = None
    acquisition_number: int | None = None
    image_type: tuple[str, ...] = ()
    b_value: float | None = None
    b_nominal: float | None = None
    b_tag: str = ""
    direction: tuple[float, float, float] | None = None
    directionality: Directionality = Directionality.UNKNOWN
    slope: float = 1.0
    intercept: float = 0.0
    scale_slope: float | None = None
    times: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equipment:
    """Scanner that made a series. Holds no patient identity."""

    manufacturer: str = ""
    model: str = ""
    software: str = ""
    serial: str = ""
    field_strength_t: float | None = None
    institution: str = ""


@dataclass(frozen=True)
class Series:
    """One group of frames that belong together, and what they are for.

    Args:
        key: short stable name that is unique in a scan, such as "0003" or "0003.2"; used on screen and in messages.
        series_uid: Series Instance UID; for NIfTI "sha256:" and the hash of the image file.
        study_uid, patient_key: Study Instance UID; a salted hash of identity for "two patients" checks, never the identity.
        modality: DICOM modality, or "MR"/"CT" from a sidecar, or "".
        role: see `Role`; `role_reasons` says why, in words.
        kind: "dicom" or "nifti".
        files: absolute paths, sorted.
        frames: header facts; empty for NIfTI.
        shape: (rows, columns).
        description: Series Description without identity.
        header: other facts as text: transfer_syntax, sop_class, protocol, sequence_name, pixel units, study_date, body_part, ...
        issues: what was noticed while scanning.
    """

    key: str
    series_uid: str
    modality: str
    role: Role
    role_reasons: tuple[str, ...]
    files: tuple[Path, ...]
    frames: tuple[Frame, ...] = ()
    shape: tuple[int, int] = (0, 0)
    kind: str = "dicom"
    study_uid: str = ""
    patient_key: str = ""
    description: str = ""
    equipment: Equipment = field(default_factory=Equipment)
    header: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    @property
    def label(self) -> str:
        """Text for messages."""
        return f"series {self.key} ({self.description})" if self.description else f"series {self.key}"


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is no part of any series, with the reason."""

    path: Path
    reason: str


@dataclass(frozen=True)
class GeometryAudit:
    """What the slices of a series look like and whether they may be measured.

    Args:
        verdict: measure, measure with a note, or refuse.
        effect_percent: by how much a product of spacings (mean step length x pixel area) differs from the true voxel volume.
        positions: (n,) unique slice positions along the normal in mm, ascending.
        gaps: (n-1,) distances between them in mm.
        thickness_mm: Slice Thickness, None when absent or not constant.
        tilt_deg: angle between stacking direction and slice normal.
        missing, duplicate, overlapping, gapped: indices of the gap (into `gaps`) or position concerned.
        issues: G01 to G18 of the reference.
    """

    verdict: Verdict
    effect_percent: float
    positions: tuple[float, ...]
    gaps: tuple[float, ...]
    thickness_mm: float | None
    tilt_deg: float
    missing: tuple[int, ...] = ()
    duplicate: tuple[int, ...] = ()
    overlapping: tuple[int, ...] = ()
    gapped: tuple[int, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class InputRef:
    """One input by identity and content.

    Args:
        uid: Series Instance UID, or "sha256:..." for NIfTI.
        sha256: hash over the sorted hashes of its files.
        role: what it was used as.
        instances: SOP Instance UIDs used, in slice order; empty for NIfTI.
    """

    uid: str
    sha256: str
    role: str
    instances: tuple[str, ...] = ()


def _check_array(name: str, values: np.ndarray, geometry: Geometry, lead: int = 0) -> None:
    if values.shape[lead:] != geometry.shape:
        msg = f"{name} has shape {values.shape}, its geometry {geometry.shape}"
        raise ValueError(msg)


@dataclass(frozen=True, eq=False)
class Volume:
    """One 3-D image in a stated unit.

    Args:
        values: (k, j, i) float32, rescaled.
        geometry: its grid.
        unit: UCUM: "[hnsf'U]", "um2/s", or "1" for arbitrary signal.
        quantity: "signal", "attenuation", "adc", ...
        source: where it came from.
        provenance: rescale ranges, tags used, transforms.
        issues: what was noticed while reading.
        instance_uids: SOP Instance UID of the source of every slice (k,), empty when there is none.
    """

    values: np.ndarray
    geometry: Geometry
    unit: str = "1"
    quantity: str = "signal"
    source: InputRef | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    instance_uids: tuple[str, ...] = ()

    def __post_init__(self):
        _check_array("volume", self.values, self.geometry)


@dataclass(frozen=True, eq=False)
class TimeSeries:
    """A 4-D image with the real time of every frame.

    Args:
        values: (t, k, j, i) float32.
        times_s: (t,) after the first frame, from the headers; `time_tag` says which.
        kind: "dsc" or "ctp".
        slice_times_s: (t, k) where slices have times of their own, else None; `times_s` is then their mean.
        echo_time_ms: DSC, None when no tag says it.
        instance_uids: (t, k) SOP Instance UIDs, or empty.
    """

    values: np.ndarray
    geometry: Geometry
    times_s: np.ndarray
    time_tag: str
    unit: str = "1"
    source: InputRef | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    kind: str = ""
    slice_times_s: np.ndarray | None = None
    echo_time_ms: float | None = None
    instance_uids: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self):
        _check_array("time series", self.values, self.geometry, lead=1)
        times = np.asarray(self.times_s, dtype=float)
        if times.shape != (len(self.values),) or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
            msg = f"{len(self.values)} frames need as many rising times, not {times.tolist()}"
            raise ValueError(msg)
        if self.slice_times_s is not None and np.shape(self.slice_times_s) != self.values.shape[:2]:
            msg = f"slice times have shape {np.shape(self.slice_times_s)} for {self.values.shape[:2]} frames and slices"
            raise ValueError(msg)


@dataclass(frozen=True, eq=False)
class DiffusionSeries:
    """Diffusion-weighted images on one grid.

    Args:
        values: (n, k, j, i) float32 signal on one common scale.
        geometry: the common grid.
        b_values: (n,) actual s/mm2.
        b_tags: (n,) where each came from: a tag, "bval file", or "flag" when the user gave it.
        directions: (n, 3) unit vectors in LPS; NaN where there is none.
        directionality: (n,) see `Directionality`.
        instance_uids: (n, k) SOP Instance UIDs, or empty.
        other_sources: series beside `source` that images come from, such as one that holds the b0 alone.
    """

    values: np.ndarray
    geometry: Geometry
    b_values: np.ndarray
    b_tags: tuple[str, ...]
    directions: np.ndarray
    directionality: tuple[Directionality, ...]
    source: InputRef | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    instance_uids: tuple[tuple[str, ...], ...] = ()
    other_sources: tuple[InputRef, ...] = ()

    def __post_init__(self):
        _check_array("diffusion series", self.values, self.geometry, lead=1)
        n = len(self.values)
        for name in ("b_values", "b_tags", "directions", "directionality"):
            if len(getattr(self, name)) != n:
                msg = f"{name} has {len(getattr(self, name))} entries for {n} images"
                raise ValueError(msg)
        b = np.asarray(self.b_values, dtype=float)
        if not np.isfinite(b).all() or (b < 0).any():
            msg = f"b values must be finite and >= 0, not {b.tolist()}"
            raise ValueError(msg)


@dataclass(frozen=True, eq=False)
class QuantityMap:
    """A map of a physical quantity, with the voxels where it is not known.

    Args:
        values: (k, j, i) float32; meaningless where not `valid`.
        valid: (k, j, i) bool.
        unit: UCUM.
        quantity: catalog name, such as "adc".
        method: how it was made, in words.
        parameters: numbers that went in (b values, counts, mean type, threshold).
        counts: voxels by reason of being invalid or odd: non_finite, negative, below_noise_floor, ...
        reasons: (k, j, i) uint8, 0 where valid, else n where `reason_names[n - 1]` says why not; None where not kept.
        reason_names: names that `reasons` counts from 1.
    """

    values: np.ndarray
    valid: np.ndarray
    geometry: Geometry
    unit: str
    quantity: str
    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    inputs: tuple[InputRef, ...] = ()
    issues: tuple[Issue, ...] = ()
    instance_uids: tuple[str, ...] = ()
    reasons: np.ndarray | None = None
    reason_names: tuple[str, ...] = ()

    def __post_init__(self):
        _check_array("map", self.values, self.geometry)
        _check_array("validity mask", self.valid, self.geometry)


@dataclass(frozen=True, eq=False)
class Mask:
    """A boolean mask on a stated grid.

    Args:
        values: (k, j, i) bool.
        name: catalog name of the structure: "brain", "infarct_core", ...
        method: how it was made.
        edited_by: reader code, empty for automatic.
    """

    values: np.ndarray
    geometry: Geometry
    name: str
    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    edited_by: str = ""
    issues: tuple[Issue, ...] = ()

    def __post_init__(self):
        _check_array("mask", self.values, self.geometry)
        if self.values.dtype != bool:
            msg = f"a mask must be bool, not {self.values.dtype}"
            raise ValueError(msg)

    @property
    def volume_ml(self) -> float:
        """Cavalieri volume."""
        return self.geometry.volume_ml(self.values)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One lesion candidate that a reader can take or leave.

    Args:
        label: 1, 2, ... in order of decreasing volume; its value in `CoreResult.labels`.
        voxels, volume_ml: its size.
        mean_adc, sd_adc: um2/s over its voxels.
        dwi_z: mean robust z score of the DWI signal.
        centroid_lps: mm.
        side: "left", "right" or "midline", from patient coordinates.
        slices: first and last slice index (k).
        accepted: proposal of the algorithm, later the reader's decision.
        reasons: why it was proposed or left out, in words.
    """

    label: int
    voxels: int
    volume_ml: float
    mean_adc: float
    sd_adc: float
    dwi_z: float
    centroid_lps: tuple[float, float, float]
    side: str
    slices: tuple[int, int]
    accepted: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class CoreResult:
    """Automatic proposal of the diffusion core.

    Args:
        mask: union of the accepted candidates.
        labels: (k, j, i) int32, 0 outside, else `Candidate.label`.
        candidates: all, accepted or not, by decreasing volume.
        steps: volume in mL after every step, in order: ("threshold", 55.6), ("dwi gate", 5.2), ...
        midplane: plane that the sides were told apart by; None for a core that was not segmented here.
    """

    mask: Mask
    labels: np.ndarray
    candidates: tuple[Candidate, ...]
    steps: tuple[tuple[str, float], ...]
    issues: tuple[Issue, ...] = ()
    midplane: "MidPlane | None" = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number of the catalog, or the reason why there is none.

    Args:
        id: catalog id.
        value: None unless status is measured or zero.
        unit: UCUM, from the catalog.
        status: see `Status`.
        lower, upper: interval, None where there is none.
        interval: what the interval means, in words.
        method: how.
        inputs: what it was measured on.
        issues: warnings that must stand beside the number in every export.
    """

    id: str
    value: float | None
    unit: str
    status: Status
    lower: float | None = None
    upper: float | None = None
    interval: str = ""
    method: str = ""
    inputs: tuple[InputRef, ...] = ()
    issues: tuple[Issue, ...] = ()

    def __post_init__(self):
        has_value = self.value is not None
        if has_value != (self.status in (Status.MEASURED, Status.ZERO)):
            msg = f"{self.id}: status {self.status} does not go with value {self.value}"
            raise ValueError(msg)
        if self.status is Status.ZERO and self.value != 0:
            msg = f"{self.id}: status zero with value {self.value}"
            raise ValueError(msg)
        if has_value and not np.isfinite(self.value):
            msg = f"{self.id}: value {self.value} is not finite"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class SignOff:
    """A reader's signature under a record; an automatic record has none and is a proposal."""

    reader: str
    meaning: str
    signed_utc: str


@dataclass(frozen=True, eq=False)
class CaseRecord:
    """Everything measured for one time point of one case.

    Args:
        case, timepoint: names used for the output folder.
        series: all series that were found, used or not.
        audits: geometry audit by series key.
        used: series key by the part it played: {"dwi": "0003", "adc": "0004"}.
        maps, masks: by name.
        images: source images that the report draws on, by name ("dwi", "b0").
        core: candidates and steps, None when nothing was segmented.
        agreement: comparison of vendor with recomputed map, None when there was one only.
        configuration: every parameter with unit, value and citation.
        software: names and versions.
        proposal: True until a reader has signed.
        perfusion: stages of DSC or CTP, None where there was none.
        hemorrhage: clots, candidates and ABC/2 on plain CT, None where it was not looked for.
        follow_up: comparison with an earlier time point, None without one.
        forms: that readers answered, None without any.
        scanners: what phantom sessions say about the scanners; empty where no history of phantoms was given.
        reading: reader, procedure, checks and deviations; None where no procedure was walked.
    """

    case: str
    timepoint: str
    series: tuple[Series, ...]
    audits: dict[str, GeometryAudit]
    used: dict[str, str]
    measurements: tuple[Measurement, ...]
    issues: tuple[Issue, ...]
    inputs: tuple[InputRef, ...] = ()
    maps: dict[str, QuantityMap] = field(default_factory=dict)
    masks: dict[str, Mask] = field(default_factory=dict)
    images: dict[str, Volume] = field(default_factory=dict)
    core: CoreResult | None = None
    agreement: dict[str, Any] | None = None
    configuration: dict[str, Any] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)
    skipped: tuple[SkippedFile, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    perfusion: "PerfusionResult | None" = None
    hemorrhage: "HemorrhageResult | None" = None
    follow_up: "FollowUpResult | None" = None
    forms: "FormsResult | None" = None
    scanners: "tuple[ScannerQualification, ...]" = ()
    reading: "ReadingProvenance | None" = None

    @property
    def proposal(self) -> bool:
        """True until a reader has signed."""
        return not self.sign_offs

    def signed(self, sign_off: SignOff) -> "CaseRecord":
        """The same record with one more signature."""
        return replace(self, sign_offs=(*self.sign_offs, sign_off))
