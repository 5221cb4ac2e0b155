"""One time point from its series to the record of the infarct core.

Computes nothing itself: it hands the result of each stage to the next and turns what a stage refuses into measurements without
a value, with the reasons.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ..biomarkers.agreement import Agreement, agreement
from ..biomarkers.catalog import measure
from ..biomarkers.core_measures import core_measurements, not_measured
from ..biomarkers.core_zero import with_zero_judged
from ..config import AdcConfig
from ..dicomio.audit import audit_series
from ..dicomio.pairing import join
from ..dicomio.read import read_adc, read_diffusion, read_volume
from ..dicomio.units import decide_adc_unit
from ..errors import Issue, Level, SegmentationError, StrokeQuantError
from ..maps.adc import b0_image, compute_adc, trace_image
from ..maps.adc_checks import bright_scale_check, negative_check, scale_check
from ..maps.align import align_diffusion
from ..maps.resample import resample_to
from ..maps.vendor_adc import vendor_adc
from ..segmentation.brain import brain_mask, require_whole
from ..segmentation.diffusion_core import CoreImages, prepare_core, segment_core
from ..settings import Settings
from ..software import software_versions
from ..threads import in_threads
from ..types import (
    CaseRecord,
    CoreResult,
    InputRef,
    Mask,
    Measurement,
    QuantityMap,
    Role,
    Series,
    SkippedFile,
    Status,
    Volume,
)
from .discover import CaseInput
from .select import CoreInputs, b_values, select_core_inputs

PROPOSAL = Issue(
    "S05",
    Level.WARN,
    "automatic core, not signed by a reader",
    "a reader's confirmation",
    "treat it as a proposal: accept or reject every candidate, edit, sign",
)

_INSPECT = "run 'strokequant inspect' to see what every series was taken for"


@dataclass
class _Images:
    """What one case has in hand as it walks; filled stage by stage."""

    adc: QuantityMap | None = None
    unaligned_adc: QuantityMap | None = None
    trace: Volume | None = None
    b0: Volume | None = None
    brain: Mask | None = None
    vendor: QuantityMap | None = None
    issues: list[Issue] = field(default_factory=list)


def measure_core(
    case: CaseInput,
    *,
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    skipped: Sequence[SkippedFile] = (),
    stage: Callable[[str], None] = lambda text: None,
) -> CaseRecord:
    """Measure the infarct core of one time point; never raises for bad input.

    Args:
        case: its series.
        settings: thresholds of all stages.
        chosen: series keys that a person named.
        skipped: files that are no part of any series, for the record.
        stage: called with the name of each stage as it begins.
    """
    stage("audit")
    audits = {s.key: audit_series(s, config=settings.audit) for s in case.series if s.role in (Role.DWI, Role.ADC)}
    inputs = select_core_inputs(case.series, audits, chosen=chosen, config=settings.adc)
    record = partial(new_record, case, settings, skipped, audits=audits)
    issues = [*case.issues, *(i for s in case.series for i in s.issues), *inputs.issues]
    refusal = _refusal(case, inputs, issues)
    if refusal:
        status, reasons = refusal
        return record(used={}, measurements=not_measured(status, reasons), issues=tuple(issues or reasons))
    images = _Images()
    try:
        _load(inputs, images, settings, stage)
        stage("core")
        prepared = prepare_core(images.adc, images.trace, images.brain, config=settings.core)
        core = segment_core(images.adc, images.trace, images.brain, config=settings.core, prepared=prepared)
        core = with_zero_judged(core, settings.core)
        stage("interval")
        band = _threshold_band(images, prepared, settings)
        stage("measures")
    except StrokeQuantError as error:
        reasons = _once((*(i for i in images.issues if i.blocks), *error.issues))
        return record(
            used=_used(inputs),
            measurements=not_measured(Status.NOT_EVALUABLE, reasons),
            issues=_once((*issues, *images.issues, *error.issues)),
            **_in_hand(images),
        )
    return _measured(record, inputs, images, core, band, issues, settings)


def new_record(case: CaseInput, settings: Settings, skipped: Sequence[SkippedFile], **found: Any) -> CaseRecord:
    """Record of a time point: what was found and what it is measured with.

    Args:
        case: its series.
        settings: thresholds of all stages.
        skipped: files that are no part of any series.
        found: other fields of the record.
    """
    given = {"audits": {}, "used": {}, "measurements": (), "issues": case.issues}
    return CaseRecord(
        case=case.case,
        timepoint=case.timepoint,
        series=case.series,
        configuration=settings.describe(),
        software=software_versions(),
        skipped=tuple(skipped),
        **given | found,
    )


def _refusal(case: CaseInput, inputs: CoreInputs, issues: Sequence[Issue]) -> tuple[Status, tuple[Issue, ...]] | None:
    blocking = tuple(i for i in (*case.issues, *inputs.issues) if i.blocks)
    if any(i.blocks for i in case.issues):
        return Status.NOT_EVALUABLE, blocking
    if inputs.dwi or (inputs.adc and inputs.trace):
        return None
    if blocking:
        return Status.NOT_EVALUABLE, blocking
    no_b = tuple(replace(i, level=Level.STOP) for s in case.series for i in s.issues if i.code in ("B01", "B02"))
    if no_b:
        return Status.NOT_EVALUABLE, no_b
    one_b = tuple(_one_b(s, inputs) for s in case.series if s.role is Role.DWI)
    if one_b:
        return Status.NOT_EVALUABLE, one_b
    if inputs.adc:
        gate = Issue(
            "S02",
            Level.STOP,
            "an ADC map without a diffusion-weighted image",
            "a DWI of b about 1000 of the same study",
            "a threshold on ADC alone is no core; add the DWI series",
        )
        return Status.NOT_EVALUABLE, (gate,)
    roles = ", ".join(sorted({str(s.role) for s in case.series})) or "nothing"
    found = f"no diffusion series that an ADC can be taken from; found: {roles}"
    expected = "a DWI series with b0 and b about 1000, or an ADC map with its DWI"
    return Status.MISSING, (Issue("I02", Level.STOP, found, expected, _INSPECT),)


def _one_b(series: Series, inputs: CoreInputs) -> Issue:
    """Why a diffusion series gives no core: the b values that it has, and how many of its images have none."""
    only = ", ".join(f"{b:g}" for b in sorted(b_values(series)))
    found = f"b {only} s/mm2 only in {series.label}" if only else f"no b value in {series.label}"
    missing = sum(frame.b_value is None for frame in series.frames)
    if only and missing:
        found += f", and {missing} of {len(series.frames)} images without a readable b value"
    if inputs.adc is None:
        found += ", and no ADC map"
    code = "B01" if missing else "B05"
    return Issue(code, Level.STOP, found, "images with b about 0 and about 1000", _INSPECT, series.label)


def _load(inputs: CoreInputs, images: _Images, settings: Settings, stage: Callable[[str], None]) -> None:
    """Read, compute the ADC or take the vendor's, and find the brain."""
    if inputs.dwi:
        _load_diffusion(inputs, images, settings, stage)
        if inputs.adc:
            _load_vendor_for_comparison(inputs.adc, images, settings)
    else:
        _load_vendor(inputs, images, settings, stage)
    require_whole(images.brain, settings.brain)
    images.issues += negative_check(images.adc, images.brain, settings.adc)
    images.issues += scale_check(images.adc, images.brain, settings.unit)
    _stop_at(images.issues)


def _load_diffusion(inputs: CoreInputs, images: _Images, settings: Settings, stage: Callable[[str], None]) -> None:
    stage("read")
    acquired = read_diffusion(inputs.dwi, config=settings.read)
    b0 = read_diffusion(inputs.b0, config=settings.read) if inputs.b0 else None
    acquired = join(b0, acquired) if b0 else acquired
    stage("align")
    dwi = align_diffusion(acquired, config=settings.adc)
    stage("adc")
    images.adc = compute_adc(dwi, config=settings.adc)
    moved = dwi.values is not acquired.values
    images.unaligned_adc = compute_adc(acquired, config=settings.adc) if moved else images.adc
    images.issues += [*dwi.issues, *images.adc.issues]
    images.b0, images.trace = b0_image(dwi, config=settings.adc), trace_image(dwi, config=settings.adc)
    images.b0 = replace(images.b0, source=b0.source) if b0 else images.b0
    stage("brain")
    try:
        images.brain = brain_mask(images.b0, adc=images.adc, config=settings.brain)
    except SegmentationError as error:
        raise SegmentationError(*error.issues, *bright_scale_check(images.adc, images.b0, settings.unit)) from None


def _load_vendor(inputs: CoreInputs, images: _Images, settings: Settings, stage: Callable[[str], None]) -> None:
    stage("read")
    trace = _trace(inputs.trace, settings)
    volume = read_adc(inputs.adc, config=settings.read)
    stage("brain")
    brain = brain_mask(trace, config=settings.brain)
    images.trace, images.brain = _on_grid_of(volume, trace, brain, images, settings)
    images.adc = _vendor_map(inputs.adc, volume, images.brain, settings)
    images.issues += [*images.trace.issues, *images.adc.issues]


def _stop_at(issues: Sequence[Issue]) -> None:
    blocking = [i for i in issues if i.blocks]
    if blocking:
        raise StrokeQuantError(*blocking)


def _trace(series: Series, settings: Settings) -> Volume:
    """High b image that gates a vendor ADC; where its b is not known, it is used as it is and said so."""
    if not b_values(series):
        return read_volume(series, config=settings.read)
    dwi = read_diffusion(series, config=settings.read)
    return replace(trace_image(dwi, config=settings.adc), issues=dwi.issues)


def _on_grid_of(volume: Volume, trace: Volume, brain: Mask, images: _Images, settings: Settings) -> tuple[Volume, Mask]:
    difference = trace.geometry.differs_from(volume.geometry)
    if not difference:
        return trace, brain
    images.issues.append(
        Issue(
            "G17",
            Level.WARN,
            f"DWI and ADC lie on different grids: {difference}",
            "one grid",
            "the DWI was resampled to the ADC map",
        )
    )
    moved = resample_to(trace, volume.geometry, config=settings.grid)
    as_volume = Volume(brain.values.astype(np.float32), brain.geometry)
    moved_brain = resample_to(as_volume, volume.geometry, config=settings.grid).values >= 0.5
    return moved, replace(brain, values=moved_brain, geometry=volume.geometry)


def _vendor_map(series: Series, volume: Volume, brain: Mask, settings: Settings) -> QuantityMap:
    header = series.header | {"rwvm_units": volume.provenance.get("rwvm_units")}
    return vendor_adc(volume, decide_adc_unit(volume.values, brain.values, header, config=settings.unit))


def _load_vendor_for_comparison(series: Series, images: _Images, settings: Settings) -> None:
    """The vendor's map beside the recomputed one; whatever is wrong with it is told and stands beside no number."""
    try:
        volume = read_adc(series, config=settings.read)
        difference = volume.geometry.differs_from(images.adc.geometry)
        if difference:
            images.issues += _other_slices(series, volume, images.adc, difference)
            volume = resample_to(volume, images.adc.geometry, config=settings.grid)
        vendor = _vendor_map(series, volume, images.brain, settings)
        images.vendor = replace(vendor, issues=tuple(replace(i, level=Level.INFO) for i in vendor.issues))
    except StrokeQuantError as error:
        remedy = "the vendor's map is not compared"
        images.issues += [replace(i, level=Level.INFO, remedy=remedy) for i in error.issues]


def _other_slices(series: Series, volume: Volume, adc: QuantityMap, difference: str) -> list[Issue]:
    """A scanner may interpolate its map within the slices, but its slices lie where those of the images lie."""
    theirs, ours = (np.asarray(image.geometry.slice_extents) for image in (volume, adc))
    if len(theirs) == len(ours) and np.allclose(theirs, ours, rtol=0.01):
        return []
    found = f"slices of the images ({len(ours)}, {ours.mean():.3f} mm) and of the vendor's ADC ({len(theirs)}, {theirs.mean():.3f} mm) differ"
    remedy = "check which slice distance is right: the volume is proportional to it"
    return [Issue("G17", Level.WARN, f"{found}: {difference}", "the same slices", remedy, series.label)]


def _disagreement(compared: Agreement, config: AdcConfig) -> tuple[Issue, ...]:
    percent = compared.bias_percent
    if percent is None or abs(percent) <= config.vendor_bias_percent:
        return ()
    found = f"recomputed ADC differs from the vendor's by {percent:+.1f} % in the mean of the brain"
    expected = f"within {config.vendor_bias_percent:g} %"
    remedy = "check b values, scale factors and the order of the images before the volume is used"
    return (Issue("P10", Level.WARN, found, expected, remedy),)


def _threshold_band(images: _Images, prepared: CoreImages, settings: Settings) -> tuple[float, float]:
    """Volumes with the ADC threshold one step lower and one step higher; normal tissue stays that of the threshold itself."""
    step = settings.core.adc_step

    def volume(threshold: float) -> float:
        config = replace(settings.core, adc_threshold=threshold)
        moved = segment_core(images.adc, images.trace, images.brain, config=config, prepared=prepared)
        return moved.mask.volume_ml

    lower, higher = in_threads(volume, (settings.core.adc_threshold - step, settings.core.adc_threshold + step))
    return lower, higher


def _measured(
    record, inputs: CoreInputs, images: _Images, core: CoreResult, band, issues, settings: Settings
) -> CaseRecord:
    compared = _compared(images)
    if compared is not None:
        images.issues += _disagreement(compared, settings.adc)
    beside = (PROPOSAL, *(i for i in (*inputs.issues, *images.issues, *core.issues) if i.level is Level.WARN))
    audits = record.keywords["audits"]
    used = _used(inputs)
    beside += tuple(i for key in sorted(set(used.values())) for i in audits[key].issues if i.level is Level.WARN)
    measurements = core_measurements(
        core.mask, images.adc, core.candidates, threshold_band_ml=band, issues=beside, config=settings.measure
    )
    brain = Measurement(
        "brain_volume",
        images.brain.volume_ml,
        measure("brain_volume").unit,
        Status.MEASURED,
        method=images.brain.method,
        inputs=images.adc.inputs,
    )
    in_hand = _in_hand(images)
    return record(
        used=used,
        measurements=(*measurements, brain),
        issues=_once((*issues, *images.issues, *core.issues, PROPOSAL)),
        core=core,
        **in_hand | {"masks": {"infarct_core": core.mask, **in_hand["masks"]}},
    )


def _compared(images: _Images) -> Agreement | None:
    """Vendor against recomputed, both without alignment, which scanners do not do: formula, b values and scale are compared."""
    return None if images.vendor is None else agreement(images.vendor, images.unaligned_adc, images.brain.values)


def _in_hand(images: _Images) -> dict[str, Any]:
    """What a record keeps of the images, also where no core may be measured on them."""
    if images.adc is None:
        return {}
    compared = _compared(images)
    maps = {"adc": images.adc, "adc_vendor": images.vendor}
    pictures = {"dwi": images.trace, "b0": images.b0}
    return {
        "inputs": _inputs(images),
        "maps": {name: content for name, content in maps.items() if content is not None},
        "masks": {} if images.brain is None else {"brain": images.brain},
        "images": {name: content for name, content in pictures.items() if content is not None},
        "agreement": None if compared is None else compared.as_dict(),
    }


def _used(inputs: CoreInputs) -> dict[str, str]:
    parts = {"dwi": inputs.dwi, "b0": inputs.b0, "trace": inputs.trace, "adc": inputs.adc}
    return {part: series.key for part, series in parts.items() if series is not None}


def _inputs(images: _Images) -> tuple[InputRef, ...]:
    found = [*images.adc.inputs, *(images.vendor.inputs if images.vendor else ())]
    found += [image.source for image in (images.trace, images.b0) if image is not None and image.source]
    return _once(found)


def _once(items: Sequence) -> tuple:
    return tuple(dict.fromkeys(items))
