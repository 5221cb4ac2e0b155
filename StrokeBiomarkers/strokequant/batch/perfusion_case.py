"""Perfusion of one time point, added to its record: at once, or step by step for a reader who changes something and goes on.

    record, study = select_study(record, ...)
    open_study(record, study, ...)                  # read, motion, curves, vessels, registration: seconds
    compute_study(study, answers, ...)              # maps and lesions: a fraction of a second, as often as wanted
    study_record(record, study, ...)                # numbers, ranges, criteria

Computes nothing itself: it hands the result of each stage to the next, and what a stage refuses becomes measurements without a value,
with the reasons.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..biomarkers.case_quantities import case_quantities
from ..biomarkers.criteria import evaluate_all
from ..biomarkers.mismatch import penumbra_mask
from ..biomarkers.perfusion_bands import (
    Study,
    noise_issues,
    scenarios,
    volume_bands,
    with_bands,
    with_hidden_flow,
    with_less_noise,
    with_motion,
)
from ..biomarkers.perfusion_measures import not_measured, perfusion_measurements
from ..codes import HOUNSFIELD
from ..dicomio.audit import audit_series
from ..dicomio.read_time import read_time_series
from ..dicomio.time_audit import audit_times
from ..dicomio.time_join import joined_series
from ..errors import Issue, Level, StrokeQuantError
from ..maps.coregister import Coregistration, coregister, mask_onto
from ..perfusion_types import Lesions, PerfusionResult, Strokes, TimeAudit, Vessel, Vessels
from ..segmentation.reference_tissue import vessel_mask
from ..settings import Settings
from ..types import CaseRecord, GeometryAudit, InputRef, Mask, Measurement, Role, Series, Status, TimeSeries, Verdict
from ..vessels.manual import chosen_candidate, manual_vessel
from ..vessels.pair import pair_vessels
from . import perfusion_stages as stages
from .perfusion_answers import PerfusionAnswers
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
_OF_SEARCH = {Vessel.AIF: ("A01", "A09"), Vessel.VOF: ("A02",)}
"""What the search said of a vessel; it holds as long as nobody chooses that vessel."""
_INSPECT = "run 'strokequant inspect' to see what every series was taken for"


@dataclass
class PerfusionStudy:
    """What one study has in hand as it walks.

    Args:
        inputs: series that are measured as one study.
        audits: geometry by series key.
        automatic: artery and vein as found.
        core: of diffusion, on the grid of the series.
        early: issues up to the registration; `late`: of artery, maps and lesions.
        kind, source: of the series, which itself is let go where `prepared` holds it in place.
    """

    inputs: tuple[Series, ...]
    audits: Mapping[str, GeometryAudit]
    time_audit: TimeAudit | None = None
    series: TimeSeries | None = None
    prepared: stages.Prepared | None = None
    automatic: Vessels | None = None
    vessels: Vessels | None = None
    core: Mask | None = None
    registration: Coregistration | None = None
    computed: stages.Computed | None = None
    early: list[Issue] = field(default_factory=list)
    late: list[Issue] = field(default_factory=list)
    kind: str = ""
    source: InputRef | None = None

    def handed_over(self) -> TimeSeries:
        """The series, which this study no longer holds: motion correction writes over it, since two would be twice the memory."""
        series, self.series = self.series, None
        return series

    def let_go_of_search(self) -> None:
        """Without the curves that vessels were searched in, which only another choice of vessels needs."""
        self.prepared = replace(self.prepared, survey=None)

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All, each once; a note that has become a warning as the warning alone."""
        every = dict.fromkeys((*self.early, *self.late))
        warned = {(issue.code, issue.found) for issue in every if issue.level is Level.WARN}
        return tuple(i for i in every if i.level is not Level.INFO or (i.code, i.found) not in warned)


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
    record, study = select_study(record, settings=settings, chosen=chosen, answers=answers)
    if study is None:
        return record
    try:
        open_study(record, study, settings=settings, answers=answers, stage=stage)
        compute_study(study, settings=settings, answers=answers, once=True, stage=stage)
    except StrokeQuantError as error:
        return refused_record(record, study, error, settings=settings, answers=answers)
    return study_record(record, study, settings=settings, answers=answers, stage=stage)


def select_study(
    record: CaseRecord,
    *,
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    answers: PerfusionAnswers = PerfusionAnswers(),
) -> tuple[CaseRecord, PerfusionStudy | None]:
    """Audit the dynamic series and choose what is measured.

    Returns:
        The record with the audits, and the study; no study where nothing may be measured: the record says why.
    """
    if answers.leakage_correction is not None:
        settings = settings_with(answers, settings)
        record = replace(record, configuration={**record.configuration, **settings.describe()})
    dynamic = [s for s in record.series if s.role in PERFUSION_ROLES]
    audits = {s.key: audit_series(s, config=settings.audit) for s in dynamic}
    times = {s.key: audit_times(s, times_s=answers.times_s, config=settings.time) for s in dynamic}
    inputs = select_perfusion_inputs(record.series, audits, times, chosen=chosen)
    record = replace(record, audits={**record.audits, **audits})
    mixed = tuple(i for i in record.issues if i.code == "I03" and i.blocks)
    if mixed:
        return _without(record, mixed, found=inputs.found), None
    if not inputs.series:
        return _without(record, inputs.issues or (_nothing(record),), found=inputs.found), None
    refusal = _joined_refusal(inputs.series, settings)
    if refusal:
        return _without(record, refusal, found=True), None
    return record, PerfusionStudy(inputs.series, audits, times.get(inputs.series[0].key))


def _joined_refusal(series: Sequence[Series], settings: Settings) -> tuple[Issue, ...]:
    """Why series that a person named as one study form no stack that may be measured; each alone may well do."""
    if len(series) == 1:
        return ()
    try:
        audit = audit_series(joined_series(series), config=settings.audit)
    except StrokeQuantError as error:
        return error.issues
    return tuple(i for i in audit.issues if i.blocks) if audit.verdict is Verdict.REFUSE else ()


def settings_with(answers: PerfusionAnswers, settings: Settings) -> Settings:
    """Settings as a person changed them for this study."""
    if answers.leakage_correction is None:
        return settings
    wanted = replace(settings.concentration, leakage_correction=answers.leakage_correction)
    return replace(settings, concentration=wanted)


def open_study(
    record: CaseRecord,
    study: PerfusionStudy,
    *,
    settings: Settings = Settings(),
    answers: PerfusionAnswers = PerfusionAnswers(),
    stage: Callable[[str], None] = lambda text: None,
) -> None:
    """Everything that does not depend on the artery: images, motion, curves, vessels as found, registration of the core.

    Args:
        record: of the time point, with the diffusion core where there is one.
        study: with its inputs; gets the results.
        settings, answers, stage: as of `add_perfusion`.

    Raises:
        StrokeQuantError: what cannot be measured; the study holds what was reached.
    """
    stage("read")
    settings = settings_with(answers, settings)
    series = study.inputs
    study.series = read_time_series(
        series[0] if len(series) == 1 else series,
        times_s=answers.times_s,
        echo_time_ms=answers.echo_time_ms,
        config=settings.read,
        time_config=settings.time,
    )
    study.kind, study.source = study.series.kind, study.series.source
    if study.kind == "ctp" and study.series.unit != HOUNSFIELD.value:
        raise StrokeQuantError(_no_hounsfield(series[0]))
    study.time_audit = audit_times(study.series, config=settings.time)
    study.early += [*study.series.issues, *study.time_audit.issues]
    if study.time_audit.verdict is Verdict.REFUSE:
        raise StrokeQuantError(*(i for i in study.time_audit.issues if i.blocks))
    study.prepared = stages.prepare(
        study.handed_over(), settings=settings, baseline=answers.baseline, in_place=True, stage=stage
    )
    study.early += study.prepared.issues
    stage("vessels")
    study.automatic = study.vessels = stages.automatic_vessels(study.prepared, settings=settings)
    study.core = _diffusion_core(record, study, settings, stage)


def compute_study(
    study: PerfusionStudy,
    *,
    settings: Settings = Settings(),
    answers: PerfusionAnswers = PerfusionAnswers(),
    lesion: Mask | None = None,
    core_strokes: Strokes | None = None,
    once: bool = False,
    stage: Callable[[str], None] = lambda text: None,
) -> None:
    """Artery, maps and lesions of a study that `open_study` has opened; what it held of them is replaced.

    Args:
        study: gets the results.
        settings, answers, stage: as of `add_perfusion`.
        lesion: hypoperfusion as a reader drew it, in place of the accepted candidates.
        core_strokes: what a reader drew on the core.
        once: no other vessels will be chosen, and the curves that they are searched in are let go.

    Raises:
        StrokeQuantError: without an artery, or without normal tissue.
    """
    study.computed, study.late = None, []
    study.vessels = _vessels(study, answers, settings)
    if once:
        study.let_go_of_search()
    computed = stages.compute(
        study.prepared,
        study.vessels,
        settings=settings,
        core=study.core,
        affected=answers.affected,
        accepted=answers.accepted,
        lesion=lesion,
        core_strokes=core_strokes,
        stage=stage,
    )
    study.computed, study.late = computed, [*computed.issues]
    if study.prepared.series.kind == "dsc" and computed.lesions.core_source != "ADC":
        study.late.append(MR_CORE_BY_FLOW)


def refused_record(
    record: CaseRecord,
    study: PerfusionStudy,
    error: StrokeQuantError,
    *,
    settings: Settings = Settings(),
    answers: PerfusionAnswers = PerfusionAnswers(),
) -> CaseRecord:
    """The record of a study that cannot be measured: what was reached, and numbers without a value, with the reasons."""
    reasons = tuple(i for i in error.issues if i.blocks) or error.issues
    study.late += error.issues
    return _merged(record, study, not_measured(Status.NOT_EVALUABLE, reasons), _result(study, answers), settings)


def _no_hounsfield(series: Series) -> Issue:
    kinds = sorted({str(frame.extra.get("rescale_type", "")) for frame in series.frames} - {""})
    found = f"CT perfusion with Rescale Type {', '.join(kinds)}"
    return Issue("U03", Level.STOP, found, "Hounsfield units", "send the series as the scanner made it", series.label)


def _nothing(record: CaseRecord) -> Issue:
    roles = ", ".join(sorted({str(s.role) for s in record.series})) or "nothing"
    near = [s for s in record.series if s.role is Role.OTHER and len(s.role_reasons) > 1][:2]
    why = "".join(f"; {s.label}: {s.role_reasons[-1]}" for s in near)
    remedy = f"{_INSPECT}; say with --series KEY --kind dsc or ctp what no header says"
    return Issue("I02", Level.STOP, f"no DSC or CT perfusion series; found: {roles}{why}", "a perfusion series", remedy)


def _without(record: CaseRecord, reasons: Sequence[Issue], *, found: bool) -> CaseRecord:
    status = Status.NOT_EVALUABLE if found else Status.MISSING
    issues = tuple(dict.fromkeys((*record.issues, *reasons)))
    return replace(record, measurements=(*record.measurements, *not_measured(status, reasons)), issues=issues)


def _vessels(study: PerfusionStudy, answers: PerfusionAnswers, settings: Settings) -> Vessels:
    found = study.automatic
    picked = {}
    for vessel in Vessel:
        point, number = getattr(answers, f"{vessel}_lps"), getattr(answers, f"{vessel}_candidate")
        if point:
            curves = study.prepared.survey.curves
            chosen = manual_vessel(curves, vessel=vessel, point_lps=point, config=settings.vessel)
            picked[vessel] = stages.at_rest(study.prepared, chosen, settings)
        elif number:
            picked[vessel] = chosen_candidate(getattr(found, f"{vessel}_candidates"), number)
    if not picked:
        return found
    stays = {code for vessel, codes in _OF_SEARCH.items() if vessel not in picked for code in codes}
    return pair_vessels(
        picked.get(Vessel.AIF, found.aif),
        picked.get(Vessel.VOF, found.vof),
        aif_candidates=found.aif_candidates,
        vof_candidates=found.vof_candidates,
        issues=tuple(issue for issue in found.issues if issue.code in stays),
        config=settings.vessel,
    )


def _diffusion_core(record: CaseRecord, study: PerfusionStudy, settings: Settings, stage) -> Mask | None:
    """Core of the diffusion series on the grid of DSC; None where there is none, or for CT."""
    core = record.masks.get("infarct_core")
    image = record.images.get("b0") or record.images.get("dwi")
    if core is None or image is None or study.prepared.series.kind != "dsc":
        return None
    stage("registration")
    study.registration = coregister(study.prepared.baseline, image, config=settings.coregistration)
    study.early += study.registration.issues
    if not study.registration.trusted:
        return None
    return mask_onto(core, study.prepared.baseline.geometry, study.registration.matrix)


def study_record(
    record: CaseRecord,
    study: PerfusionStudy,
    *,
    settings: Settings = Settings(),
    answers: PerfusionAnswers = PerfusionAnswers(),
    read: bool = False,
    ranges: bool = True,
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """The record with the numbers of a computed study.

    Args:
        record: as of `open_study`.
        study: after `compute_study`; its issues stay as they are.
        settings, answers, stage: as of `add_perfusion`.
        read: a reader has decided: the note that it is a proposal is left out.
        ranges: with what other arteries, settings and noise give; without, the ranges are those of contours and thresholds.
    """
    stage("measures")
    settings = settings_with(answers, settings)
    computed, masks = study.computed, study.prepared.masks
    of_registration = [i for i in study.registration.issues if i.level is Level.WARN] if study.registration else []
    beside = () if read else (PROPOSAL,)
    beside = [*beside, *(i for i in study.issues if i.level is Level.WARN and i not in of_registration)]
    series = study.inputs
    beside += (
        [i for s in series for i in study.audits[s.key].issues if i.level is Level.WARN] if len(series) == 1 else []
    )
    tissue = masks.tissue & ~computed.vessels.values
    core_volume = next((m for m in record.measurements if m.id == "infarct_core_volume" and m.value is not None), None)
    measurements = perfusion_measurements(
        computed.maps,
        computed.lesions,
        computed.reference,
        tissue,
        venous=computed.venous,
        core_volume=core_volume if computed.lesions.core_source == "ADC" and not _is_core_drawn(study) else None,
        issues=tuple(dict.fromkeys(beside)),
        lesion_config=settings.lesion,
        config=settings.measure,
    )
    measurements = [
        replace(m, issues=(*m.issues, *of_registration)) if m.id.startswith("mismatch_") else m for m in measurements
    ]
    bands = {}
    if ranges:
        stage("interval")
        measurements, bands = _with_bands(measurements, study, settings)
    stage("criteria")
    quantities = case_quantities(
        measurements,
        answers.clinical,
        lesions=computed.lesions,
        reference=computed.reference,
        modality="CT" if study.prepared.series.kind == "ctp" else "MR",
        software=f"strokequant {computed.maps.parameters['method']} {record.software.get('strokequant', '')}".strip(),
        core_limit=settings.core.adc_threshold if computed.lesions.core_source == "ADC" else None,
        config=settings.lesion,
    )
    result = replace(_result(study, answers), rules=evaluate_all(quantities), bands=bands)
    of_noise = (issue for m in measurements for issue in m.issues if issue.code == "D18")
    own = (*of_noise, *(() if read else (PROPOSAL,)))
    return _merged(record, study, measurements, result, settings, own)


def _is_core_drawn(study: PerfusionStudy) -> bool:
    """True where the core of the mismatch is no longer that of the diffusion series: its volume is on the grid of perfusion."""
    return study.computed.lesions.core_proposal is not None


def _with_bands(measurements: Sequence[Measurement], study: PerfusionStudy, settings: Settings):
    prepared, computed = study.prepared, study.computed
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
        study.vessels,
        prepared.motion.rejected,
        computed.steady_share,
    )
    if not computed.lesions.hypoperfusion[settings.lesion.main_tmax_s].values.any():
        return tuple(measurements), {}
    used_px = prepared.curves.parameters["smooth_px"]
    listed = scenarios(
        study, _smoothed(prepared, used_px, settings), deconvolution=settings.deconvolution, config=settings.band
    )
    factors = volume_bands(study, listed, smooth_px=used_px, lesion_config=settings.lesion, steady=settings.steady_flow)
    if prepared.series.kind == "ctp" and prepared.motion.moved_mm > settings.motion.displacement_warn_mm:
        factors = with_motion(factors, settings.band)
    noise = computed.lesions.rcbf_cores[settings.lesion.core_rcbf].parameters.get("rcbf_noise", 0.0)
    if noise > 0:
        factors = with_hidden_flow(factors, noise, settings.band)
    told = noise_issues(factors, computed.lesions.core_source, settings.band)
    measurements = [replace(m, issues=(*m.issues, told[m.id])) if m.id in told else m for m in measurements]
    return with_bands(measurements, with_less_noise(factors, settings.band), computed.lesions.core_source)


def _smoothed(prepared: stages.Prepared, used_px: float, settings: Settings):
    step = settings.band.smooth_step_px
    for px in (used_px - step, used_px + step):
        if px >= 0 and step > 0:
            yield f"smoothing {px:g} px", stages.brain_curves(prepared, settings, smooth_px=px)


def _result(study: PerfusionStudy, answers: PerfusionAnswers) -> PerfusionResult:
    prepared, computed = study.prepared, study.computed
    registration = study.registration
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
        kind=study.kind,
        time_audit=study.time_audit,
        motion=prepared.motion if prepared else None,
        bolus=prepared.bolus if prepared else None,
        vessels=study.vessels,
        reference=computed.reference if computed else None,
        lesions=computed.lesions if computed else None,
        brain_curve=prepared.brain_curve if prepared else None,
        times_s=np.asarray(prepared.series.times_s) if prepared else None,
        parameters=parameters,
        issues=study.issues,
    )


def _merged(record: CaseRecord, study: PerfusionStudy, measurements, result, settings: Settings, own=()) -> CaseRecord:
    """The record with everything that perfusion gave."""
    series = study.inputs
    source = study.source
    kind = str(series[0].role)
    used = {kind if n == 0 else f"{kind}_{n + 1}": s.key for n, s in enumerate(series)}
    images, maps, masks = _in_hand(study, settings)
    return replace(
        record,
        used={**record.used, **used},
        measurements=(*record.measurements, *measurements),
        issues=tuple(dict.fromkeys((*record.issues, *(i for s in series for i in s.issues), *study.issues, *own))),
        inputs=(*record.inputs, source) if source is not None else record.inputs,
        maps={**record.maps, **maps},
        masks={**record.masks, **masks},
        images={**record.images, **images},
        perfusion=result,
    )


def _in_hand(study: PerfusionStudy, settings: Settings) -> tuple[dict, dict, dict]:
    """Images, maps and masks that a record keeps, also where no lesion may be measured on them."""
    images, maps, masks = {}, {}, {}
    if study.prepared is not None:
        images["perfusion"] = study.prepared.baseline
        masks |= {"perfusion_brain": study.prepared.masks.brain, "csf": study.prepared.masks.csf}
    if study.registration is not None:
        images["dwi_on_perfusion"] = study.registration.moved
    if study.computed is not None:
        computed = study.computed
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
