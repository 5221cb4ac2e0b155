"""Seams of perfusion: what one stage of a DSC-MR or CT perfusion study hands to the next.

Curves are kept for the voxels of a mask only, (n, t) float32 in the order of `mask.nonzero()`, so that no stage copies the 4-D
series. Times are in s after the first frame. Concentration is dR2* in 1/s (DSC) or dHU (CTP).
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np

from .errors import Issue
from .geometry import Geometry
from .types import InputRef, Mask, QuantityMap, Verdict


class Vessel(StrEnum):
    """Which vessel a curve was taken from."""

    AIF = "aif"
    VOF = "vof"


@dataclass(frozen=True)
class TimeAudit:
    """What the frame times of a series look like and whether curves may be measured.

    Args:
        verdict: measure, measure with a note, or refuse.
        time_tag: header element that the times came from, such as "Acquisition Time (0008,0032)"; "times file" or "flag" for NIfTI.
        frames: number of frames.
        duration_s: last minus first frame.
        step_s: median step between frames.
        smallest_step_s, largest_step_s: extremes.
        even: steps agree within the tolerance.
        slice_timing: "none" (one time a frame), "offsets" (slices have times of their own, the same pattern in every frame) or
            "irregular".
        slice_spread_s: largest difference of slice times within one frame.
        long_steps: indices of steps longer than 1.5 x the median (step n lies between frames n and n + 1).
        missing, repeated: frame numbers (from 0) concerned.
        issues: T codes.
    """

    verdict: Verdict
    time_tag: str
    frames: int
    duration_s: float
    step_s: float
    smallest_step_s: float
    largest_step_s: float
    even: bool
    slice_timing: str = "none"
    slice_spread_s: float = 0.0
    long_steps: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()
    repeated: tuple[int, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class MotionTrace:
    """Rigid motion of every frame against the baseline mean.

    Args:
        translations_mm: (t, 3) LPS displacement of the center of the volume.
        rotations_deg: (t, 3) about the LPS axes.
        displacement_mm: (t,) root mean square displacement over the head.
        residual_mm: (t,) the same, left after correction: of frames that stayed, and of the moved ones that fit worst; 0 elsewhere.
        rejected: frames that are replaced by interpolation in time.
        reference: frames whose mean was the fixed image.
        corrected: whether the series was resampled.
        issues: M codes.
    """

    translations_mm: np.ndarray
    rotations_deg: np.ndarray
    displacement_mm: np.ndarray
    residual_mm: np.ndarray
    rejected: tuple[int, ...] = ()
    reference: tuple[int, ...] = ()
    corrected: bool = False
    issues: tuple[Issue, ...] = ()

    @property
    def moved_mm(self) -> float:
        """Largest displacement of the frames that were kept; 0 where there is none."""
        return float(np.delete(self.displacement_mm, self.rejected).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Bolus:
    """When the bolus comes, from the mean curve of the brain.

    Args:
        first, last: baseline frames are [first, last); frames before `first` are not at steady state.
        arrival: frame in which the brain mean leaves the baseline.
        peak: frame of the strongest effect.
        mean_signal: (t,) mean signal of the brain.
        issues: D codes: no bolus, two boluses, short baseline, ...
    """

    first: int
    last: int
    arrival: int
    peak: int
    mean_signal: np.ndarray
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class Curves:
    """Concentration of the voxels of a mask.

    Args:
        values: (n, t) float32.
        mask: (k, j, i) bool with n voxels: those with a valid curve.
        times_s: (t,) of the frames.
        slice_times_s: (t, k) where slices have times of their own, else None.
        kind: "dsc" or "ctp".
        unit: "1/s" or "[hnsf'U]".
        bolus: baseline and arrival.
        counts: voxels left out or odd by reason: signal_not_positive, saturated, flat_top, ...
        parameters: smoothing, echo time, relaxivity, leakage correction, ...
        issues: D codes.
        flags: (n,) uint8, bits of `maps.saturation`: 1 clipped value, 2 signal at the noise floor; None where not looked for.
    """

    values: np.ndarray
    mask: np.ndarray
    geometry: Geometry
    times_s: np.ndarray
    kind: str
    unit: str
    bolus: Bolus
    slice_times_s: np.ndarray | None = None
    counts: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[InputRef, ...] = ()
    issues: tuple[Issue, ...] = ()
    flags: np.ndarray | None = None

    def __post_init__(self):
        n = int(np.count_nonzero(self.mask))
        if self.values.shape != (n, len(self.times_s)) or self.mask.shape != self.geometry.shape:
            msg = f"curves {self.values.shape} do not fit {n} voxels, {len(self.times_s)} times, grid {self.geometry.shape}"
            raise ValueError(msg)


@dataclass(frozen=True, eq=False)
class VesselCurve:
    """A curve of an artery or vein: a candidate, or the one in use.

    Args:
        vessel: AIF or VOF.
        values: (t,) measured mean curve in the unit of the `Curves` it came from, never a fit.
        times_s: (t,); `slice_times_s` of its voxels averaged where slices have times of their own.
        voxels: (m, 3) indices (k, j, i).
        center_lps: mm.
        method: "automatic", "chosen candidate", "manual point", "manual ROI" or "file".
        scores: shape numbers: peak, arrival_s, time_to_peak_s, first_moment_s, fwhm_s, irregularity, area, tail_fraction, rank_sum,
            ...
        rejected: why it may not be used, in words; empty when it may.
        side: "left", "right" or "midline", empty when unknown.
        issues: A codes that stand beside what is computed with it.
    """

    vessel: Vessel
    values: np.ndarray
    times_s: np.ndarray
    voxels: np.ndarray
    center_lps: tuple[float, float, float]
    method: str
    scores: dict[str, float] = field(default_factory=dict)
    rejected: str = ""
    side: str = ""
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class Vessels:
    """The artery and vein in use, and what else could be.

    Args:
        aif: None where nothing is good enough; `issues` says why.
        vof: None where none was found.
        aif_candidates, vof_candidates: best first, the rejected ones at the end.
        vof_to_aif_area: ratio of areas, None without VOF.
        issues: A codes.
    """

    aif: VesselCurve | None
    vof: VesselCurve | None
    aif_candidates: tuple[VesselCurve, ...] = ()
    vof_candidates: tuple[VesselCurve, ...] = ()
    vof_to_aif_area: float | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class PerfusionMaps:
    """Maps of one deconvolution, all on the grid of the series.

    Args:
        cbf: ml/[100]g/min.
        cbv: ml/[100]g.
        mtt, tmax, ttp: s.
        residual: root mean square of Ct minus its model over the peak of Ct, 1; None where not computed.
        parameters: method, threshold, padded length, step, search window, kappa, rho.
    """

    cbf: QuantityMap
    cbv: QuantityMap
    mtt: QuantityMap
    tmax: QuantityMap
    ttp: QuantityMap
    residual: QuantityMap | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def named(self) -> dict[str, QuantityMap]:
        """Map by catalog name."""
        maps = {name: getattr(self, name) for name in ("cbf", "cbv", "mtt", "tmax", "ttp", "residual")}
        return {name: content for name, content in maps.items() if content is not None}


@dataclass(frozen=True, eq=False)
class Reference:
    """Normal tissue that relative maps are divided by.

    Args:
        mask: voxels of the reference.
        definition: in words, such as "contralateral mean without CSF and vessels".
        side: of the reference: "left", "right" or "both".
        cbf, cbv: values in the units of the maps; relative maps are divided by them.
        ttp_s, mtt_s: median of the reference.
    """

    mask: Mask
    definition: str
    side: str
    cbf: float
    cbv: float
    ttp_s: float
    mtt_s: float
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class LesionCandidate:
    """One cluster of hypoperfusion that a reader can take or leave; named as in `types.Candidate` where it means the same.

    Args:
        label: 1, 2, ... in order of decreasing volume; its value in `Lesions.labels`.
        voxels, volume_ml: its size.
        tmax_mean_s, rcbf_mean: means over its voxels, weighted by the extents of the slices; rCBF None where not known.
        vessel_share, rim_share: share of its voxels that are vessel, and next to CSF, artifact or the border of the brain.
        centroid_lps: mm.
        side: "left", "right" or "midline", from patient coordinates.
        slices: first and last slice index (k).
        accepted: proposal of the algorithm, or the reader's decision.
        reasons: why, in words.
    """

    label: int
    voxels: int
    volume_ml: float
    tmax_mean_s: float
    rcbf_mean: float | None
    vessel_share: float
    rim_share: float
    centroid_lps: tuple[float, float, float]
    side: str
    slices: tuple[int, int]
    accepted: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Lesions:
    """Masks by threshold on the grid of the perfusion series.

    Args:
        hypoperfusion: Tmax threshold in s -> mask.
        core: the core used for mismatch.
        core_source: "rCBF" or "ADC".
        affected_side: "left", "right" or "" when it cannot be told.
        steps: volume in mL after every step of clean-up, by name.
        candidates: clusters of the main threshold by decreasing volume, accepted or not; `labels` (k, j, i) int32 holds them.
        rcbf_cores: rCBF threshold -> mask, all inside hypoperfusion where the settings say so.
        volume_bands_ml: threshold ("Tmax 6", "rCBF 0.3") -> volumes with the threshold one step lower and higher, sorted.
        coverage_limited: the lesion reaches the first or last measured slice, so that its volume is a lower limit, or there is none
            in a slab, beside which it may lie.
        core_proposal: the core before a reader drew on it; None where nobody did.
    """

    hypoperfusion: dict[float, Mask]
    core: Mask | None
    core_source: str
    affected_side: str
    steps: dict[str, float] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    candidates: tuple["LesionCandidate", ...] = ()
    labels: np.ndarray | None = None
    rcbf_cores: dict[float, Mask] = field(default_factory=dict)
    volume_bands_ml: dict[str, tuple[float, float]] = field(default_factory=dict)
    coverage_limited: bool = False
    core_proposal: Mask | None = None


@dataclass(frozen=True, eq=False)
class Strokes:
    """What a reader drew on a proposed mask; it stays where the proposal changes.

    Args:
        added: (k, j, i) voxels outside of the proposal.
        removed: (k, j, i) voxels erased from it.
        reader: code of who drew.
    """

    added: np.ndarray
    removed: np.ndarray
    reader: str

    def on(self, mask: Mask) -> Mask:
        """The mask as drawn."""
        values = (mask.values & ~self.removed) | self.added
        return replace(mask, values=values, method=f"{mask.method}; as a reader drew it", edited_by=self.reader)


class Answer(StrEnum):
    """Outcome of a clause or of a whole rule."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """One clause of a rule.

    Args:
        quantity: id of what is asked, such as "core_ml".
        words: the clause for a reader, such as "core < 70 mL".
        answer: pass, fail, or unknown where the input is missing.
        value: what was put in; None when missing.
        margin: signed distance to the limit in the unit of the quantity, >= 0 on the side that passes; None where it means nothing.
        flip_ml: smallest change of a volume in mL that turns this clause, None where no volume turns it.
        unconfirmed: True where the limit was not checked against the publication.
        limit: comparison and limit for a reader, such as "< 70 mL".
    """

    quantity: str
    words: str
    answer: Answer
    value: float | str | None = None
    margin: float | None = None
    flip_ml: float | None = None
    unconfirmed: bool = False
    limit: str = ""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One trial's rule applied to one case.

    Args:
        rule: id, such as "DEFUSE3"; `version` and `source` of its data file.
        answer: PASS "met", FAIL "not met", UNKNOWN "undetermined".
        clauses: in order; those of alternatives carry the name of the alternative in `words`.
        flip_ml: smallest change of a volume that turns the outcome of the rule, None where none does.
        comparable: False where map, core or reference is not that of the trial: "not the trial's software".
    """

    rule: str
    version: str
    source: str
    answer: Answer
    clauses: tuple[ClauseResult, ...]
    flip_ml: float | None = None
    comparable: bool = True
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, eq=False)
class PerfusionResult:
    """Everything that the perfusion of one time point gave, for the record and the report.

    Args:
        kind: "dsc" or "ctp".
        time_audit, motion, bolus, vessels, reference, lesions: of each stage, None where it was not reached.
        brain_curve: (t,) mean concentration of the brain, for the curve plot.
        times_s: (t,).
        rules: eligibility rules.
        bands: measure id -> what the interval is made of: scenario in words -> value.
    """

    kind: str
    time_audit: TimeAudit | None = None
    motion: MotionTrace | None = None
    bolus: Bolus | None = None
    vessels: Vessels | None = None
    reference: Reference | None = None
    lesions: Lesions | None = None
    brain_curve: np.ndarray | None = None
    times_s: np.ndarray | None = None
    rules: tuple[RuleResult, ...] = ()
    bands: dict[str, dict[str, float]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
