"""Perfusion of one time point, added to its record.

Computes nothing itself: it hands the result of each stage to the next, and what a stage refuses becomes measurements without a value,
with the reasons.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..biomarkers.case_quantities import case_quantities
from ..biomarkers.criteria import evaluate_all
from ..biomarkers.mismatch import penumbra_mask
from ..biomarkers.perfusion_bands import Study, scenarios, volume_bands, with_bands
from ..biomarkers.perfusion_measures import not_measured, perfusion_measurements
from ..dicomio.audit import audit_series
from ..dicomio.read_time import read_time_series
from ..dicomio.time_audit import audit_times
from ..errors import Issue, Level, StrokeQuantError
from ..maps.concentration import concentration
from ..maps.coregister import Coregistration, coregister, mask_onto
from ..perfusion_types import Lesions, PerfusionResult, TimeAudit, Vessel, Vessels
from ..segmentation.reference_tissue import vessel_mask
from ..settings import Settings
from ..types import CaseRecord, GeometryAudit, Mask, Measurement, Series, Status, TimeSeries, Verdict
from ..vessels.manual import manual_vessel
from ..vessels.pair import pair_vessels
from . import perfusion_stages as stages
from .select_perfusion import PERFUSION_ROLES, select_perfusion_inputs

PROPOSAL = Issue(
    "S05",
    Level.WARN,
    "automatic perfusion lesions, not signed by a reader",
    "a reader's confirmation",
    "treat them as a proposal: look at the AIF, accept or reject every candidate, edit, sign",
)
MR_CORE_BY_FLOW = Issue(
    "L11",
    Level.WARN,
    "the core of this MR study is low flow on DSC, not diffusion",
    "the diffusion core of the same study",
    "add the DWI; low flow on DSC is no established core",
)
_INSPECT = "run 'strokequant inspect' to see what every series was taken for"


@dataclass(frozen=True)
class PerfusionAnswers:
    """What a person said about a perfusion study; everything is optional and goes into the record.

    Args:
        times_s: of every frame, or the step between frames.
        echo_time_ms: of DSC.
        baseline: frames [first, last).
        aif_lps, vof_lps: points in LPS mm at which artery and vein are taken.
        affected: "left" or "right".
        clinical: facts for the trial rules.
    """

    times_s: float | tuple[float, ...] | None = None
    echo_time_ms: float | None = None
    baseline: tuple[int, int] | None = None
    aif_lps: tuple[float, float, float] | None = None
    vof_lps: tuple[float, float, float] | None = None
    affected: str = ""
    clinical: Mapping[str, Any] = field(default_factory=dict)

    def given(self) -> dict[str, Any]:
        """What was said, by name."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}


@dataclass
class _InHand:
    """What one study has in hand as it walks."""

    series: TimeSeries | None = None
    time_audit: TimeAudit | None = None
    prepared: stages.Prepared | None = None
    vessels: Vessels | None = None
    computed: stages.Computed | None = None
    registration: Coregistration | None = None
    issues: list[Issue] = field(default_factory=list)


def add_perfusion(
    record: CaseRecord,
    *,
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    answers: PerfusionAnswers = PerfusionAnswers(),
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """The record with perfusion measured; never raises for bad input.

    Args:
        record: of the time point, with the diffusion core where there is one.
        settings: thresholds of all stages.
        chosen: series keys that a person named.
        answers: of a person.
        stage: called with the name of each stage as it begins.
    """
    stage("audit")
    dynamic = [s for s in record.series if s.role in PERFUSION_ROLES]
    audits = {s.key: audit_series(s, config=settings.audit) for s in dynamic}
    times = {s.key: audit_times(s, times_s=answers.times_s, config=settings.time) for s in dynamic}
    inputs = select_perfusion_inputs(record.series, audits, times, chosen=chosen)
    record = replace(record, audits={**record.audits, **audits})
    if not inputs.series:
        return _without(record, inputs.issues or (_nothing(record),), found=inputs.found)
    hand = _InHand(time_audit=times.get(inputs.series[0].key))
    try:
        _walk(inputs.series, record, hand, settings, answers, stage)
    except StrokeQuantError as error:
        reasons = tuple(i for i in error.issues if i.blocks) or error.issues
        hand.issues += error.issues
        found = partial(_result, hand, answers)
        return _merged(record, hand, not_measured(Status.NOT_EVALUABLE, reasons), inputs.series, found(), settings)
    return _measured(record, hand, audits, inputs.series, settings, answers, stage)


def _nothing(record: CaseRecord) -> Issue:
    roles = ", ".join(sorted({str(s.role) for s in record.series})) or "nothing"
    return Issue("I02", Level.STOP, f"no DSC or CT perfusion series; found: {roles}", "a perfusion series", _INSPECT)


def _without(record: CaseRecord, reasons: Sequence[Issue], *, found: bool) -> CaseRecord:
    status = Status.NOT_EVALUABLE if found else Status.MISSING
    issues = tuple(dict.fromkeys((*record.issues, *reasons)))
    return replace(record, measurements=(*record.measurements, *not_measured(status, reasons)), issues=issues)


def _walk(series: Sequence[Series], record: CaseRecord, hand: _InHand, settings: Settings, answers, stage) -> None:
    stage("read")
    hand.series = read_time_series(
        series[0] if len(series) == 1 else series,
        times_s=answers.times_s,
        echo_time_ms=answers.echo_time_ms,
        config=settings.read,
        time_config=settings.time,
    )
    hand.time_audit = audit_times(hand.series, config=settings.time)
    hand.issues += [*hand.series.issues, *hand.time_audit.issues]
    if hand.time_audit.verdict is Verdict.REFUSE:
        raise StrokeQuantError(*(i for i in hand.time_audit.issues if i.blocks))
    hand.prepared = stages.prepare(hand.series, settings=settings, baseline=answers.baseline, stage=stage)
    hand.series = None  # the corrected series is in `prepared`; both would be twice the memory
    hand.issues += hand.prepared.issues
    stage("vessels")
    hand.vessels = _vessels(hand.prepared, answers, settings)
    core = _diffusion_core(record, hand, settings, stage)
    hand.computed = stages.compute(
        hand.prepared, hand.vessels, settings=settings, core=core, affected=answers.affected, stage=stage
    )
    hand.issues += hand.computed.issues
    if hand.prepared.series.kind == "dsc" and hand.computed.lesions.core_source != "ADC":
        hand.issues.append(MR_CORE_BY_FLOW)


def _vessels(prepared: stages.Prepared, answers: PerfusionAnswers, settings: Settings) -> Vessels:
    found = stages.automatic_vessels(prepared, settings=settings)
    if not answers.aif_lps and not answers.vof_lps:
        return found
    picked = {
        vessel: manual_vessel(prepared.survey.curves, vessel=vessel, point_lps=point, config=settings.vessel)
        for vessel, point in ((Vessel.AIF, answers.aif_lps), (Vessel.VOF, answers.vof_lps))
        if point
    }
    return pair_vessels(
        picked.get(Vessel.AIF, found.aif),
        picked.get(Vessel.VOF, found.vof),
        aif_candidates=found.aif_candidates,
        vof_candidates=found.vof_candidates,
        config=settings.vessel,
    )


def _diffusion_core(record: CaseRecord, hand: _InHand, settings: Settings, stage) -> Mask | None:
    """Core of the diffusion series on the grid of DSC; None where there is none, or for CT."""
    core = record.masks.get("infarct_core")
    image = record.images.get("b0") or record.images.get("dwi")
    if core is None or image is None or hand.prepared.series.kind != "dsc":
        return None
    stage("registration")
    hand.registration = coregister(hand.prepared.baseline, image, config=settings.coregistration)
    hand.issues += hand.registration.issues
    return mask_onto(core, hand.prepared.baseline.geometry, hand.registration.matrix)


def _measured(
    record, hand: _InHand, audits: Mapping[str, GeometryAudit], series, settings, answers, stage
) -> CaseRecord:
    stage("measures")
    computed, masks = hand.computed, hand.prepared.masks
    of_registration = [i for i in hand.registration.issues if i.level is Level.WARN] if hand.registration else []
    beside = [PROPOSAL, *(i for i in hand.issues if i.level is Level.WARN and i not in of_registration)]
    beside += [i for s in series for i in audits[s.key].issues if i.level is Level.WARN] if len(series) == 1 else []
    tissue = masks.tissue & ~computed.vessels.values
    core_volume = next((m for m in record.measurements if m.id == "infarct_core_volume" and m.value is not None), None)
    measurements = perfusion_measurements(
        computed.maps,
        computed.lesions,
        computed.reference,
        tissue,
        core_volume=core_volume if computed.lesions.core_source == "ADC" else None,
        issues=tuple(dict.fromkeys(beside)),
        lesion_config=settings.lesion,
        config=settings.measure,
    )
    measurements = [
        replace(m, issues=(*m.issues, *of_registration)) if m.id.startswith("mismatch_") else m for m in measurements
    ]
    stage("interval")
    measurements, bands = _with_bands(measurements, hand, settings)
    stage("criteria")
    quantities = case_quantities(
        measurements,
        answers.clinical,
        lesions=computed.lesions,
        reference=computed.reference,
        modality="CT" if hand.prepared.series.kind == "ctp" else "MR",
        software=f"strokequant {computed.maps.parameters['method']} {record.software.get('strokequant', '')}".strip(),
        core_limit=settings.core.adc_threshold if computed.lesions.core_source == "ADC" else None,
        config=settings.lesion,
    )
    result = replace(_result(hand, answers), rules=evaluate_all(quantities), bands=bands)
    hand.issues.append(PROPOSAL)
    return _merged(record, hand, measurements, series, result, settings)


def _with_bands(measurements: Sequence[Measurement], hand: _InHand, settings: Settings):
    prepared, computed = hand.prepared, hand.computed
    veins = vessel_mask(
        computed.maps.cbv,
        prepared.masks.tissue,
        computed.sides,
        factor=settings.lesion.vein_cbv,
        config=settings.lesion,
    )
    study = Study(
        prepared.curves,
        prepared.masks.tissue & ~veins.values,
        computed.lesions,
        computed.reference,
        hand.vessels,
        prepared.motion.rejected,
    )
    if not computed.lesions.hypoperfusion[settings.lesion.main_tmax_s].values.any():
        return tuple(measurements), {}
    used_px = prepared.curves.parameters["smooth_px"]
    listed = scenarios(
        study, _smoothed(prepared, used_px, settings), deconvolution=settings.deconvolution, config=settings.band
    )
    factors = volume_bands(study, listed, smooth_px=used_px, lesion_config=settings.lesion)
    return with_bands(measurements, factors, computed.lesions.core_source)


def _smoothed(prepared: stages.Prepared, used_px: float, settings: Settings):
    step = settings.band.smooth_step_px
    for px in (used_px - step, used_px + step):
        if px >= 0 and step > 0:
            curves = concentration(
                prepared.series, prepared.masks.brain, prepared.bolus, smooth_px=px, config=settings.concentration
            )
            yield f"smoothing {px:g} px", curves


def _result(hand: _InHand, answers: PerfusionAnswers) -> PerfusionResult:
    prepared, computed = hand.prepared, hand.computed
    kind = prepared.series.kind if prepared else hand.series.kind if hand.series else ""
    registration = hand.registration
    parameters: dict[str, Any] = {"answers": answers.given()} if answers.given() else {}
    if registration is not None:
        parameters["registration"] = {
            "matrix_lps": registration.matrix,
            "displacement_mm": registration.displacement_mm,
            "rotation_deg": registration.rotation_deg,
            "mutual_information_gain_percent": registration.gain_percent,
        }
    if computed is not None:
        parameters["deconvolution"] = computed.maps.parameters
    return PerfusionResult(
        kind=kind,
        time_audit=hand.time_audit,
        motion=prepared.motion if prepared else None,
        bolus=prepared.bolus if prepared else None,
        vessels=hand.vessels,
        reference=computed.reference if computed else None,
        lesions=computed.lesions if computed else None,
        brain_curve=prepared.brain_curve if prepared else None,
        times_s=np.asarray(prepared.series.times_s) if prepared else None,
        parameters=parameters,
        issues=tuple(dict.fromkeys(hand.issues)),
    )


def _merged(
    record: CaseRecord, hand: _InHand, measurements, series: Sequence[Series], result, settings: Settings
) -> CaseRecord:
    """The record with everything that perfusion gave."""
    source = hand.prepared.series.source if hand.prepared else hand.series.source if hand.series else None
    kind = str(series[0].role)
    used = {kind if n == 0 else f"{kind}_{n + 1}": s.key for n, s in enumerate(series)}
    images, maps, masks = _in_hand(hand, settings)
    return replace(
        record,
        used={**record.used, **used},
        measurements=(*record.measurements, *measurements),
        issues=tuple(dict.fromkeys((*record.issues, *(i for s in series for i in s.issues), *hand.issues))),
        inputs=(*record.inputs, source) if source is not None else record.inputs,
        maps={**record.maps, **maps},
        masks={**record.masks, **masks},
        images={**record.images, **images},
        perfusion=result,
    )


def _in_hand(hand: _InHand, settings: Settings) -> tuple[dict, dict, dict]:
    """Images, maps and masks that a record keeps, also where no lesion may be measured on them."""
    images, maps, masks = {}, {}, {}
    if hand.prepared is not None:
        images["perfusion"] = hand.prepared.baseline
        masks |= {"perfusion_brain": hand.prepared.masks.brain, "csf": hand.prepared.masks.csf}
    if hand.registration is not None:
        images["dwi_on_perfusion"] = hand.registration.moved
    if hand.computed is not None:
        computed = hand.computed
        maps |= {**computed.maps.named(), **computed.relative}
        masks |= {mask.name: mask for mask in computed.lesions.hypoperfusion.values()}
        masks |= {"reference_tissue": computed.reference.mask, "vessels": computed.vessels}
        if computed.lesions.core is not None:
            masks |= _core_and_penumbra(computed.lesions, settings)
    return images, maps, masks


def _core_and_penumbra(lesions: Lesions, settings: Settings) -> dict[str, Mask]:
    """Core by rCBF, core of the mismatch where that is another one, and tissue between core and hypoperfusion."""
    core = lesions.core
    found = {"mismatch": penumbra_mask(lesions.hypoperfusion[settings.lesion.main_tmax_s], core)}
    if lesions.core_source == "rCBF":
        return found | {"perfusion_core": core}
    by_flow = lesions.rcbf_cores.get(settings.lesion.core_rcbf)
    found |= {"mismatch_core": replace(core, name="mismatch_core")}
    return found | ({"perfusion_core": by_flow} if by_flow is not None else {})
