"""The seams of the phantom side: what a phantom is, what was measured on it, and what that says about a scanner.

The way is the one of patients: series -> pose -> placements -> measurements -> verdict -> record. Values carry UCUM units (ADC in um2/s, lengths in mm,
temperatures in degrees Celsius, dates as ISO 8601 text "YYYY-MM-DD"); positions are LPS mm, arrays (k, j, i). The phantom frame has its origin in the
center of the phantom, x to the right of the image, y down and z along the axis of the phantom, as in the drawing of its maker.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import Issue
from .types import Equipment, InputRef, SignOff, Status

if TYPE_CHECKING:
    from .geometry import Geometry
    from .phantom.trend import Trend


class PhantomKind(StrEnum):
    """What a phantom is made for."""

    DIFFUSION = "diffusion"
    """Vials of known ADC, or one of ice water."""
    ACR_CT = "acr_ct"
    ACR_MRI = "acr_mri"
    VOLUME = "volume"
    """Inserts of known volume: hematoma, infarct."""


class MetricOutcome(StrEnum):
    """One measurement against one limit."""

    PASS = "pass"
    CONDITIONAL = "conditional"
    """The uncertainty reaches across the limit."""
    FAIL = "fail"
    NOT_EVALUATED = "not_evaluated"
    """No value, or no trustworthy reference for it; the reason says why."""


class Qualification(StrEnum):
    """What a session says about the scanner."""

    QUALIFIED = "qualified"
    CONDITIONAL = "conditional"
    FAILED = "failed"
    NO_VERDICT = "no_verdict"
    """Wrong phantom, expired certificate, no temperature, ...: the numbers stand, no verdict does."""


@dataclass(frozen=True, slots=True)
class TemperatureLaw:
    """How a certified value depends on the temperature, and where that is certified.

    Args:
        kind: "nodes": ln(value) linear in 1/T between neighboring nodes, exact at them. "speedy-angell": water, `constants` (D0 in um2/s, T0 in K, exponent).
        temperatures_c: (n,) nodes, ascending.
        values: (n,) certified at the nodes, in the unit of the insert.
        uncertainties: (n,) as the certificate gives them, at its own coverage factor.
        low_c, high_c: range of the certificate; nothing is given outside.
        gaps_c: (low, high) intervals, ends excluded, in which a value is given but no bias may be judged.
        interpolation_percent: error of the interpolation, added to the expanded uncertainty between nodes; of a formula, its expanded uncertainty.
        source: citation.
    """

    kind: str
    low_c: float
    high_c: float
    temperatures_c: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    uncertainties: tuple[float, ...] = ()
    constants: tuple[float, ...] = ()
    constants_error: tuple[float, ...] = ()
    gaps_c: tuple[tuple[float, float], ...] = ()
    interpolation_percent: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Insert:
    """One vial, rod, cylinder or lesion of a phantom.

    Args:
        label: as its maker calls it: "V0", "bone", "10 mL".
        material: "PVP 10 %", "water", "bone", ...
        quantity: "adc", "attenuation", "volume", "length" or "signal".
        unit: UCUM.
        center_mm: (x, y, z) in the phantom frame; z None where it runs through the phantom.
        radius_mm: of the insert in its plane; `roi_radius_mm` of what is measured in it.
        value: certified or nominal; None where `law` gives it.
        uncertainty: of `value` at `coverage_k`; None where nobody states one.
        coverage_k: coverage factor of the uncertainties; None where the certificate does not say, which counts as 1.
        law: dependence on temperature, None where there is none.
        concentration_percent: of PVP by mass, None for other materials.
        traits: what rules ask for: "water", "isocenter", "background", ...
        module: part of the phantom that holds it, from 1; None where there is one part only.
        source: citation of the value.
    """

    label: str
    material: str
    quantity: str
    unit: str
    center_mm: tuple[float, float, float | None]
    radius_mm: float
    roi_radius_mm: float
    value: float | None = None
    uncertainty: float | None = None
    coverage_k: float | None = None
    law: TemperatureLaw | None = None
    concentration_percent: float | None = None
    traits: tuple[str, ...] = ()
    module: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The paper behind the values of one phantom.

    Args:
        number: of the certificate, empty where the values are nominal for the type.
        issuer: who certified.
        issued, valid_until: ISO dates, empty where not stated.
        sha256: of the certificate file, empty where it is not kept.
        entered_by, verified_by: reader codes; two persons before first use.
    """

    number: str = ""
    issuer: str = ""
    issued: str = ""
    valid_until: str = ""
    sha256: str = ""
    entered_by: str = ""
    verified_by: str = ""


@dataclass(frozen=True)
class PhantomDefinition:
    """One phantom of the registry.

    Args:
        id: stable id of the entry, such as "caliber_128_0155_ice".
        version: of the entry.
        serial: of the phantom; empty where the entry is for a type, whose nominal values every copy shares.
        lengths_mm: named dimensions: body_radius, length, bb_distance, module_pitch, ...
        conditions: where the values hold: field_strength_t, kvp, environment, ...
        traits: "serial_required", "temperature_required", ...
        source: citation of geometry and values.
    """

    id: str
    version: str
    name: str
    kind: PhantomKind
    manufacturer: str
    model: str
    inserts: tuple[Insert, ...]
    certificate: Certificate = field(default_factory=Certificate)
    serial: str = ""
    lot: str = ""
    lengths_mm: dict[str, float] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    traits: tuple[str, ...] = ()
    source: str = ""
    note: str = ""
    sha256: str = ""
    """Of the registry file."""

    def insert(self, label: str) -> Insert:
        """The insert of this label; KeyError where there is none."""
        for insert in self.inserts:
            if insert.label == label:
                return insert
        raise KeyError(label)


@dataclass(frozen=True, slots=True)
class CertifiedValue:
    """What an insert should read under the conditions of a session.

    Args:
        value: in the unit of the insert; None where the registry refuses.
        uncertainty: expanded to k = 2, in that unit; None where nobody states one.
        judged: False where a value stands but no bias may be judged (between distant nodes).
        source: citation.
        issues: why there is no value or no judgment.
    """

    value: float | None
    uncertainty: float | None
    judged: bool
    source: str = ""
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One limit of a criteria set.

    Args:
        id: stable id.
        metric: id in the phantom metric catalog.
        op: "<=", ">=", "<", ">", "between" (ends included) or "abs<=".
        limit: number, or (low, high) of "between".
        unit: UCUM.
        set_id, set_version: the criteria set it belongs to.
        source: citation.
        confirmed: False where the limit was not checked against the primary document; the verdict then says so.
        proposed: True for a choice of this project without published limit.
        inserts: labels or traits it applies to; empty for all measurements of the metric.
        roi: how the region is defined, in words.
        field_t: (low, high) of field strengths in T, high excluded; None for all.
        guard: False where the document compares the plain value: then the uncertainty does not move the limit.
        missing: what a missing or untrustworthy value does: "no_verdict", "conditional" or "ignore".
        withholds: metrics that are not judged where this limit is not met: a wrong temperature makes every bias meaningless.
    """

    id: str
    metric: str
    op: str
    limit: float | tuple[float, float]
    unit: str
    set_id: str = ""
    set_version: str = ""
    source: str = ""
    confirmed: bool = True
    proposed: bool = False
    inserts: tuple[str, ...] = ()
    roi: str = ""
    field_t: tuple[float, float] | None = None
    guard: bool = True
    missing: str = "no_verdict"
    withholds: tuple[str, ...] = ()
    note: str = ""
    only_for: tuple[str, ...] = ()
    """Quantities or traits of inserts; the limit is not one of a phantom that has none of them. Empty: of every phantom of the kind."""


@dataclass(frozen=True)
class CriteriaSet:
    """Limits of one document, in one version."""

    id: str
    version: str
    name: str
    kind: PhantomKind
    source: str
    criteria: tuple[Criterion, ...]
    valid_months: int = 0
    """How long a qualification by this set holds; 0 where it does not say."""
    note: str = ""
    sha256: str = ""


@dataclass(frozen=True, eq=False)
class PhantomPose:
    """Where the phantom lies.

    Args:
        center_lps: (3,) of its center, mm.
        axes: (3, 3) columns are the x, y and z axes of the phantom in LPS; a mirrored phantom has determinant -1.
        score: of the search, higher is better; `residual_mm` of the landmarks.
        method: "search", "manual seed", ...
    """

    center_lps: np.ndarray
    axes: np.ndarray
    score: float = float("nan")
    residual_mm: float = float("nan")
    method: str = "search"
    roll_deg: float = float("nan")
    issues: tuple[Issue, ...] = ()

    def to_lps(self, points_mm: np.ndarray) -> np.ndarray:
        """(n, 3) LPS mm of (n, 3) points of the phantom frame."""
        return np.atleast_2d(points_mm) @ np.asarray(self.axes).T + np.asarray(self.center_lps)


@dataclass(frozen=True, eq=False)
class InsertPlacement:
    """Where one insert was found, and the region measured in it.

    Args:
        label: of the insert.
        center_lps: (3,) mm.
        radius_mm: of the region.
        mask: (k, j, i) bool on `geometry`, None where a region was not made.
    """

    label: str
    center_lps: tuple[float, float, float]
    radius_mm: float
    mask: np.ndarray | None = None
    geometry: "Geometry | None" = None
    issues: tuple[Issue, ...] = ()
    placed_by: str = ""
    """Who put it there: code of a person, or "a person" where nobody said which; empty for the search."""
    picture: np.ndarray | None = None
    """(j, i) of its image on `middle_slice`, where the regions of a session lie on images of their own."""

    @property
    def middle_slice(self) -> int:
        """Slice in the middle of the region; 0 without one."""
        held = [] if self.mask is None else np.flatnonzero(self.mask.any(axis=(1, 2)))
        return int(held[len(held) // 2]) if len(held) else 0

    @property
    def voxels(self) -> int:
        """Voxels of the region."""
        return 0 if self.mask is None else int(np.count_nonzero(self.mask))


@dataclass(frozen=True, slots=True)
class PhantomMeasurement:
    """One number of the phantom metric catalog, or the reason why there is none.

    Args:
        metric: id in the catalog.
        value: None unless status is measured (or zero).
        unit: UCUM, from the catalog.
        insert: label, empty for the whole phantom.
        uncertainty: expanded (k = 2) of measurement and reference together, in `unit`; None where not known.
        reference: what it was compared with, in the unit of the insert; None where there is none.
        repeat: pass number from 1; None for a number over all passes.
        group: protocol group of the passes; numbers of different groups are never pooled.
        judged: False where the number stands but must not be judged; the issues say why.
        n: voxels, points or passes behind it.
    """

    metric: str
    value: float | None
    unit: str
    insert: str = ""
    uncertainty: float | None = None
    reference: float | None = None
    method: str = ""
    repeat: int | None = None
    group: str = ""
    status: Status = Status.MEASURED
    judged: bool = True
    n: int = 0
    inputs: tuple[InputRef, ...] = ()
    issues: tuple[Issue, ...] = ()

    def __post_init__(self):
        has_value = self.value is not None
        if has_value != (self.status in (Status.MEASURED, Status.ZERO)):
            msg = f"{self.metric}: status {self.status} does not go with value {self.value}"
            raise ValueError(msg)
        if has_value and not np.isfinite(self.value):
            msg = f"{self.metric}: value {self.value} is not finite"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class ScannerState:
    """A scanner as it was on the day of a session. Holds no patient identity.

    Args:
        equipment: manufacturer, model, software, serial, field strength.
        coil: receive coil as the header names it.
        hardware: other facts by which a change is seen: gradient, tube, detector, station, ...
    """

    equipment: Equipment
    modality: str = ""
    coil: str = ""
    hardware: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the scanner in the history: manufacturer, model, serial number."""
        parts = (self.equipment.manufacturer, self.equipment.model, self.equipment.serial)
        return "|".join(" ".join(part.split()) for part in parts)


@dataclass(frozen=True, eq=False)
class PhantomSession:
    """One phantom on one scanner on one day, measured.

    Args:
        phantom: entry of the registry that was named; None where none was.
        scanner: as its headers say.
        date: of the scan, from the header, ISO; empty where the header has none.
        temperature_c: stated by the operator or read from the phantom; None where nobody said one.
        temperature_source: "stated", "ice water", "thermometer of the phantom", ...
        serial_seen: serial number that the operator read from the phantom; empty where not given.
        observations: defects that the operator or the analysis saw: "air bubble in V3", ...; each withholds the verdict.
        geometry: grid of the placements.
        images: arrays for the report by name, (k, j, i) on `geometry`.
    """

    phantom: PhantomDefinition | None
    scanner: ScannerState
    date: str
    measurements: tuple[PhantomMeasurement, ...]
    temperature_c: float | None = None
    temperature_source: str = ""
    temperature_uncertainty_c: float | None = None
    serial_seen: str = ""
    pose: PhantomPose | None = None
    placements: tuple[InsertPlacement, ...] = ()
    observations: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    inputs: tuple[InputRef, ...] = ()
    protocol: dict[str, Any] = field(default_factory=dict)
    geometry: "Geometry | None" = None
    images: dict[str, np.ndarray] = field(default_factory=dict)
    time: str = ""
    """Of the scan, "HH:MM:SS"; tells two sessions of one day apart."""


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One measurement against one limit, in words too."""

    criterion: Criterion
    outcome: MetricOutcome
    value: float | None
    uncertainty: float | None
    insert: str
    reason: str
    repeat: int | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class PhantomVerdict:
    """What a session says about its scanner.

    Args:
        outcome: see `Qualification`.
        valid_until: ISO date; empty where there is no qualification.
        reasons: in words, most serious first; each names metric, value, limit and source.
        metrics: every measurement against every limit.
        sets: "id version" of the criteria sets used.
        issues: why no verdict could be given, and what must be known beside it.
    """

    outcome: Qualification
    valid_until: str
    reasons: tuple[str, ...]
    metrics: tuple[MetricVerdict, ...] = ()
    sets: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlSignal:
    """A rule of a control chart that was broken.

    Args:
        rule: "1_3s", "2_2s", "R_4s", "4_1s", "10_x" or "cusum".
        date, value, z: of the point that broke it.
    """

    scanner: str
    metric: str
    insert: str
    rule: str
    date: str
    value: float
    z: float
    words: str


@dataclass(frozen=True, slots=True)
class EndpointEffect:
    """What the bias of a scanner does to an endpoint of a patient.

    Args:
        endpoint: "infarct_core_volume", "ich_volume", ...
        metric, bias_percent, bias_uncertainty_percent: of the phantom session it rests on.
        measured, corrected: the endpoint as measured, and as it would be without the bias, in the unit of the endpoint.
        effect_percent, lower_percent, upper_percent: 100 (measured - corrected) / corrected for the bias and for bias -+ its uncertainty; None where it
            depends on the case and was not computed on one.
        threshold, effective_threshold: of the segmentation, as set and what it means in true values, in `unit`.
        words: for the report.
    """

    endpoint: str
    metric: str
    bias_percent: float
    bias_uncertainty_percent: float | None
    words: str
    session_date: str = ""
    scanner: str = ""
    threshold: float | None = None
    effective_threshold: float | None = None
    unit: str = ""
    measured: float | None = None
    corrected: float | None = None
    effect_percent: float | None = None
    lower_percent: float | None = None
    upper_percent: float | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannerQualification:
    """What is known of the scanner of a patient from phantom sessions; beside a case record it changes no number.

    Args:
        outcome: of the last session before the scan, NO_VERDICT where there is none.
        session_date, valid_until: ISO dates, empty where there is none.
        changes: what differs between the scanner then and on the day of the patient, in words.
        effects: bias carried into the endpoints.
        issues: Q64 (changed), Q65 (out of date), Q66 (none, or failed), Q72 (bias in an endpoint).
        scanner, kind, series: key of the scanner, kind of phantom, key of the patient's series.
    """

    outcome: Qualification
    session_date: str = ""
    valid_until: str = ""
    phantom: str = ""
    sets: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    effects: tuple[EndpointEffect, ...] = ()
    issues: tuple[Issue, ...] = ()
    scanner: str = ""
    kind: str = ""
    series: str = ""


@dataclass(frozen=True, eq=False)
class PhantomRecord:
    """Everything of one session: what was scanned, measured, judged, and how it stands in the history.

    Args:
        signals: rules of control charts broken by this session.
        effects: its bias carried into endpoints.
        configuration: every parameter with unit, value and citation.
        trends: control charts of the leading numbers and of those that break a rule, up to this session.
        changes: on the scanner since the session before, in words.
    """

    session: PhantomSession
    verdict: PhantomVerdict
    signals: tuple[ControlSignal, ...] = ()
    effects: tuple[EndpointEffect, ...] = ()
    configuration: dict[str, Any] = field(default_factory=dict)
    software: dict[str, str] = field(default_factory=dict)
    sign_offs: tuple[SignOff, ...] = ()
    trends: tuple["Trend", ...] = ()
    changes: tuple[str, ...] = ()
