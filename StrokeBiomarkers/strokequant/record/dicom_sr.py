"""The measurements of a case as a DICOM structured report: TID 1500, one TID 1411 group for each segment.

Numbers are NUM items with method and derivation. Where there is no number, a CODE item says why (CID 42): a placeholder number with a
qualifier is read back as a real value by common readers. Warnings, intervals and "automatic proposal" are Comment items.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .. import codes
from ..biomarkers.catalog import MEASURES
from ..biomarkers.mismatch import is_infinite
from ..codes import Code
from ..errors import Issue, Level
from ..types import CaseRecord, InputRef, Mask, Measurement, Status
from .dicom_common import (
    MANUFACTURER,
    MODEL,
    RESEARCH_ONLY,
    Writing,
    base_arguments,
    coded,
    finish,
    tracking_of,
    uid_of,
)
from .dicom_seg import parameters_text
from .dicom_source import Source, evidence_of, instance_header
from .images import segment_of
from .issue_lists import issues_of_kind
from .kinds import Kind, is_perfusion, kind_of, kinds_of_series
from .sr_follow_up import HOME as FOLLOW_UP_HOME
from .sr_follow_up import class_codes, follow_up_comments
from .sr_hemorrhage import hemorrhage_comments, side_of_blood
from .sr_reading import quality_codes, reading_comments, reading_pins, role_of

SERIES_NUMBER = 9003
PERFUSION_SERIES_NUMBER = 9006
HEMORRHAGE_SERIES_NUMBER = 9009
FINAL_SERIES_NUMBER = 9093
_NO_NUMBER = {Status.NOT_EVALUABLE: codes.INDETERMINATE, Status.MISSING: codes.NOT_ATTEMPTED}
_SIDES = {"left": codes.LEFT, "right": codes.RIGHT}
_SIDED = {"infarct_core_volume_left": codes.LEFT, "infarct_core_volume_right": codes.RIGHT}
_BY_VOXELS = (
    codes.VOLUME,
    codes.VOLUME_LEFT,
    codes.VOLUME_RIGHT,
    codes.VOLUME_HALF_MAXIMUM,
    codes.VOLUME_FIXED_WINDOW,
)
_PROCEDURES = {"MR": codes.MRI, "CT": codes.CT}
_SVD = ("cSVD", "oSVD", "sSVD")
_BY_DECONVOLUTION = (codes.TMAX, codes.VENOUS_TMAX, codes.CBF)
_BY_AXES = (codes.VOLUME_ABC2_KOTHARI, codes.VOLUME_ABC2_PLAIN, codes.VOLUME_ABC2_CHORD)
_HOME = {
    "perfusion_collateral_index": "perfusion_brain",
    "perfusion_venous_tmax": "perfusion_brain",
    "midline_shift": "ct_brain",
} | FOLLOW_UP_HOME
"""Structure of measures whose id does not begin with it."""


def structure_of(record: CaseRecord, measure_id: str) -> str:
    """Mask that a measure belongs to: the longest name that its id begins with; empty where there is none."""
    if measure_id in _HOME:
        return _HOME[measure_id]
    names = [mask.name for mask in record.masks.values() if measure_id.startswith(f"{mask.name}_")]
    return max(names, key=len, default="")


def measurements_of(record: CaseRecord, structure: str) -> tuple[Measurement, ...]:
    """Measurements of a structure, in the order of the catalog."""
    order = list(MEASURES)
    known = [m for m in record.measurements if m.id in MEASURES]
    found = [m for m in known if structure_of(record, m.id) == structure]
    return tuple(sorted(found, key=lambda m: order.index(m.id)))


def side_of(record: CaseRecord, structure: str = "infarct_core") -> Code | None:
    """Side of a structure, None where nothing says it."""
    if structure == "infarct_core":
        return _side_of_core(record)
    if kind_of(structure) is Kind.HEMORRHAGE:
        return side_of_blood(record, structure)
    lesions = record.perfusion.lesions if record.perfusion is not None else None
    if lesions is None or not structure.startswith(("hypoperfusion", "perfusion_core", "mismatch")):
        return None
    sides = {_SIDES[c.side] for c in lesions.candidates if c.accepted and c.side in _SIDES}
    return codes.BILATERAL if len(sides) == 2 else next(iter(sides), None)


def _side_of_core(record: CaseRecord) -> Code | None:
    """Side of the infarct core from its volumes on both sides, else from the accepted candidates; None where neither says it."""
    volumes = {m.id: m.value for m in record.measurements if m.id in _SIDED}
    sides = {_SIDED[name] for name, value in volumes.items() if value}
    if not volumes and record.core is not None:
        sides = {_SIDES[c.side] for c in record.core.candidates if c.accepted and c.side in _SIDES}
    if len(sides) == 2:
        return codes.BILATERAL
    return next(iter(sides), None)


def _method(entry: Any, record: CaseRecord) -> Code | None:
    if entry.code in _BY_VOXELS:
        return codes.SEGMENTED_VOXELS
    if entry.code in _BY_AXES:
        return codes.ELLIPSOID
    used = record.perfusion.parameters.get("deconvolution", {}) if record.perfusion is not None else {}
    return codes.SVD_DECONVOLUTION if entry.code in _BY_DECONVOLUTION and used.get("method") in _SVD else None


def _number(measurement: Measurement, record: CaseRecord) -> Any:
    from highdicom.sr import FindingSite
    from highdicom.sr import Measurement as NumItem

    entry = MEASURES[measurement.id]
    side = _SIDED.get(measurement.id)
    method = _method(entry, record)
    return NumItem(
        name=coded(entry.code),
        value=float(measurement.value),
        unit=coded(codes.UNITS[measurement.unit]),
        derivation=coded(entry.derivation) if entry.derivation else None,
        method=coded(method) if method else None,
        finding_sites=[FindingSite(coded(codes.BRAIN), laterality=coded(side))] if side else None,
    )


def _no_number(measurement: Measurement) -> Any:
    from highdicom.sr import CodeContentItem, ContentSequence, QualitativeEvaluation, RelationshipTypeValues

    entry = MEASURES[measurement.id]
    why = codes.DIVIDE_BY_ZERO if is_infinite(measurement) else _NO_NUMBER[measurement.status]
    evaluation = QualitativeEvaluation(coded(entry.code), coded(why))
    if entry.derivation:
        modifier = CodeContentItem(
            coded(codes.DERIVATION), coded(entry.derivation), RelationshipTypeValues.HAS_CONCEPT_MOD
        )
        evaluation[0].ContentSequence = ContentSequence([modifier])
    return evaluation


def _comments(measurements: Sequence[Measurement], writing: Writing) -> list[str]:
    """State, intervals, why there is no number, and warnings: one that stands beside all numbers of the group is said once."""
    lines = [f"{writing.state}, {RESEARCH_ONLY}"]
    warnings: dict[str, list[str]] = {}
    for m in measurements:
        name = MEASURES[m.id].name
        if m.lower is not None and m.upper is not None:
            lines.append(f"{name}: {m.lower:.6g} to {m.upper:.6g} {m.unit}, {m.interval}")
        if m.value is None:
            lines.append(f"{name}: {'infinite, the core is 0' if is_infinite(m) else m.status}")
        for text in dict.fromkeys(_unsure(m.issues)):
            warnings.setdefault(text, []).append(name)
    for text, names in warnings.items():
        beside_all = len(names) == len(measurements) > 1
        lines += [f"All measurements: {text}"] if beside_all else [f"{name}: {text}" for name in names]
    return lines


def _unsure(issues: Sequence[Issue]) -> list[str]:
    return [str(issue) for issue in issues if issue.level is not Level.INFO]


def _of_whole_part(record: CaseRecord, kind: Kind) -> list[str]:
    """What concerns all segments, once: issues, and measures that have no segment."""
    homeless = [
        f"{MEASURES[m.id].name}: {m.status}" + (f", {m.method}" if m.method else "")
        for m in record.measurements
        if m.id in MEASURES and kind_of(m.id) is kind and not structure_of(record, m.id)
    ]
    return [*homeless, *_unsure(issues_of_kind(record, kind))]


def _perfusion_methods(record: CaseRecord, structure: str) -> list[Any]:
    """Technique, artery and deconvolution that the numbers of a structure rest on, as codes."""
    from highdicom.sr import QualitativeEvaluation

    result = record.perfusion
    if result is None or not is_perfusion(structure) or not measurements_of(record, structure):
        return []
    found = [codes.CT_PERFUSION_TECHNIQUE if result.kind == "ctp" else codes.DSC_TECHNIQUE]
    if result.vessels is not None and result.vessels.aif is not None:
        found.append(codes.AIF_AUTOMATIC if result.vessels.aif.method == "automatic" else codes.AIF_MANUAL)
    if result.parameters.get("deconvolution", {}).get("method") in _SVD:
        found.append(codes.SVD_DECONVOLUTION)
    return [QualitativeEvaluation(coded(codes.MEASUREMENT_METHOD), coded(code)) for code in found]


def _perfusion_comments(record: CaseRecord, structure: str) -> list[str]:
    """Reference tissue, constants and the outcome of the rules, in words."""
    result = record.perfusion
    if result is None or not is_perfusion(structure):
        return []
    lines = []
    if result.reference is not None:
        r = result.reference
        lines.append(f"Reference tissue: {r.definition}; CBF {r.cbf:.6g} ml/[100]g/min, CBV {r.cbv:.6g} ml/[100]g")
    used = result.parameters.get("deconvolution", {})
    stated = [f"{name}={used[name]}" for name in sorted(used) if not isinstance(used[name], (dict, list, tuple))]
    lines += [f"Deconvolution: {'; '.join(stated)}"] if stated else []
    if structure == "mismatch":
        lines += [_rule_line(rule) for rule in result.rules]
    return lines


def _rule_line(rule: Any) -> str:
    words = {"pass": "met", "fail": "not met", "unknown": "undetermined"}[rule.answer]
    other = "" if rule.comparable else "; not the trial's software"
    return f"Criteria {rule.rule} {rule.version} ({rule.source}): {words}{other}"


def _add_comments(group: Any, lines: Sequence[str]) -> None:
    from highdicom.sr import RelationshipTypeValues, TextContentItem

    for line in lines:
        item = TextContentItem(coded(codes.COMMENT), line, RelationshipTypeValues.CONTAINS)
        group[0].ContentSequence.append(item)


def _pins(writing: Writing, structure: str) -> str:
    """What fixes the numbers, in one string: common readers return only the first of several parameters."""
    parameters = parameters_text(writing.record.configuration)
    inputs = [f"{i.role}:{i.uid}@{i.sha256}" for i in _inputs_of(writing.record, structure)]
    pins = [
        *reading_pins(writing.record),
        f"software={MODEL} {writing.version}",
        f"configuration_sha256={hashlib.sha256(parameters.encode()).hexdigest()}",
    ]
    return ";".join([*pins, *([f"inputs={','.join(inputs)}"] if inputs else []), *([parameters] if parameters else [])])


def _group(number: int, mask: Mask, segmentation: Any, source: Source, writing: Writing) -> Any:
    from highdicom import sr

    record = writing.record
    segment = segment_of(mask)
    measurements = measurements_of(record, mask.name)
    side = side_of(record, mask.name)
    tracking_id, tracking_uid = tracking_of(writing, str(source.header.PatientID), mask.name)
    graded = quality_codes(record) if number == 1 else []
    group = sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=tracking_uid, identifier=tracking_id),
        referenced_segment=sr.ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=number,
            source_series=sr.SourceSeriesForSegmentation(source.header.SeriesInstanceUID),
        ),
        time_point_context=sr.TimePointContext(time_point=writing.trial.timepoint_id),
        finding_category=coded(segment.category),
        finding_type=coded(segment.type),
        algorithm_id=sr.AlgorithmIdentification(
            name=f"{MODEL} {mask.name}", version=writing.version, parameters=[_pins(writing, mask.name)]
        ),
        finding_sites=[sr.FindingSite(coded(segment.region), laterality=coded(side) if side else None)],
        measurements=[_number(m, record) for m in measurements if m.value is not None],
        qualitative_evaluations=[
            *(_no_number(m) for m in measurements if m.value is None),
            *_perfusion_methods(record, mask.name),
            *(sr.QualitativeEvaluation(coded(name), coded(grade)) for name, grade in graded),
            *(sr.QualitativeEvaluation(coded(name), coded(value)) for name, value in class_codes(record, mask.name)),
        ],
    )
    lines = [*_comments(measurements, writing), *_perfusion_comments(record, mask.name)]
    lines += [*hemorrhage_comments(record, mask.name), *follow_up_comments(record, mask.name), *_unsure(mask.issues)]
    lines += [*_of_whole_part(record, kind_of(mask.name)), *reading_comments(record)] if number == 1 else []
    _add_comments(group, list(dict.fromkeys(lines)))
    return group


def _observers(writing: Writing) -> dict[str, Any]:
    from highdicom import sr

    device = sr.ObserverContext(
        observer_type=coded(codes.DEVICE),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=uid_of("device", MODEL, writing.version),
            name=MODEL,
            manufacturer_name=MANUFACTURER,
            model_name=MODEL,
            serial_number=writing.version,
        ),
    )
    if not writing.reader:
        return {"observer_device_context": device}
    person = sr.ObserverContext(
        observer_type=coded(codes.PERSON),
        observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(
            name=writing.reader_name,
            login_name=writing.reader if writing.record.reading is not None else None,
            role_in_procedure=coded(role_of(writing.record)),
        ),
    )
    return {"observer_person_context": person, "observer_device_context": device}


def _inputs_of(record: CaseRecord, structure: str) -> list[InputRef]:
    """Inputs of the numbers of a part; of perfusion with a core from ADC those of both."""
    lesions = record.perfusion.lesions if record.perfusion is not None else None
    if is_perfusion(structure) and lesions is not None and lesions.core_source == "ADC":
        return list(record.inputs)
    keys = {series.series_uid: series.key for series in record.series}
    used = kinds_of_series(record.used)
    kinds = {item: used.get(keys.get(item.uid, ""), {kind_of(item.role)}) for item in record.inputs}
    return [item for item, of in kinds.items() if kind_of(structure) in of]


def _input_headers(record: CaseRecord, source: Source, structure: str) -> list[Any]:
    """Headers of all instances that went into the numbers and lie in the study of the source."""
    by_uid = {series.series_uid: series for series in record.series}
    known = {item.uid for item in source.slices}
    headers = []
    for item in _inputs_of(record, structure):
        series = by_uid.get(item.uid)
        if series is not None and len(series.header.get("joined_series_uids", ())) > 1:
            continue  # its instances lie in several series, and which is not known
        sop_class = _sop_class(item, series, source)
        if series is None or not sop_class or series.study_uid != source.series.study_uid:
            continue
        for uid in sorted(set(item.instances) - known):
            headers.append(instance_header(source, uid, sop_class, item.uid))
            known.add(uid)
    return headers


def _sop_class(item: InputRef, series: Any, source: Source) -> str:
    if item.uid == source.header.SeriesInstanceUID:
        return str(source.header.SOPClassUID)
    stated = str(series.header.get("sop_class", "")) if series else ""
    return stated if stated.startswith("1.2.840.10008.") else ""


def _verification(writing: Writing) -> dict[str, Any]:
    record = writing.record
    if record.proposal:
        return {"is_complete": True, "is_final": False, "is_verified": False}
    return {
        "is_complete": True,
        "is_final": True,
        "is_verified": True,
        "verifying_observer_name": replace(writing, reader=record.sign_offs[-1].reader).reader_name,
        "verifying_organization": writing.trial.coordinating_center,
    }


def _verified_at(signed_utc: str) -> str:
    """DICOM date and time with offset; empty where the record does not hold a time. A time without a zone is UTC."""
    try:
        signed = datetime.fromisoformat(signed_utc)
    except ValueError:
        return ""
    signed = signed if signed.tzinfo else signed.replace(tzinfo=UTC)
    return signed.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def _procedure(modality: str, *, perfusion: bool) -> Code:
    if perfusion and modality == "CT":
        return codes.CT_PERFUSION_HEAD
    return _PROCEDURES.get(modality, codes.MRI)


def report(
    masks: Sequence[Mask],
    segmentation: Any,
    others: Sequence[Any],
    source: Source,
    writing: Writing,
    *,
    previous: Sequence[Any] = (),
    series_number: int = SERIES_NUMBER,
) -> tuple[Any, bytes]:
    """Structured report of the segments of one Segmentation.

    Args:
        masks: in the order of the segments.
        segmentation: dataset of it, with its final UIDs.
        others: further derived objects of this case: parametric maps.
        source: of the grid of the masks.
        writing: this call.
        previous: datasets of earlier reports that this one replaces.
        series_number: of the new series.

    Returns:
        pydicom dataset with its final UIDs, and its file.
    """
    from highdicom import sr

    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(**_observers(writing)),
        procedure_reported=coded(_procedure(str(source.header.Modality), perfusion=is_perfusion(masks[0].name))),
        imaging_measurements=[_group(n, mask, segmentation, source, writing) for n, mask in enumerate(masks, 1)],
        title=coded(codes.MEASUREMENT_REPORT),
    )
    dataset = sr.Comprehensive3DSR(
        evidence=[*evidence_of(source), segmentation, *others, *_input_headers(writing.record, source, masks[0].name)],
        content=content,
        previous_versions=list(previous) or None,
        **_verification(writing),
        **base_arguments(writing, "Measurements", series_number),
    )
    if not writing.record.proposal:
        dataset.VerifyingObserverSequence[0].VerificationDateTime = _verified_at(
            writing.record.sign_offs[-1].signed_utc
        )
    return dataset, finish(dataset, writing, source.patient_name)
