"""Headers: the facts of every slice image and of its series, without pixels and without identity.

`frames_of` turns one data set into frames: one for a classic image, one per frame of an enhanced multi-frame image (facts of the
per-frame functional group, else of the shared group, else of the data set), one per tile of a mosaic. A fact that is absent or
broken is None. What is wrong with a frame travels with it in `Frame.extra` and becomes an issue in `frame_issues`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..errors import Issue, Level
from ..types import Directionality, Equipment, Frame
from .elements import (
    HeaderLevel,
    datetime_s,
    element_value,
    first_item,
    integer,
    number,
    strings_of,
    text,
    time_of_day_s,
    vector,
)
from .mosaic import MosaicLayout, layout_of, tile_times
from .vendors import diffusion_of, dynamic_begin_s, receive_gain, scale_slope

_PATIENT_SALT = "strokequant.patient.1"
_TRACE_WORDS = frozenset({"TRACEW", "TRACE", "ISOTROPIC"})

_NUMBERS = {
    "echo_time_ms": "EchoTime",
    "repetition_time_ms": "RepetitionTime",
    "inversion_time_ms": "InversionTime",
    "flip_angle_deg": "FlipAngle",
    "kvp": "KVP",
    "gantry_tilt": "GantryDetectorTilt",
    "exposure_mas": "Exposure",
    "slice_location": "SliceLocation",
    "temporal_position": "TemporalPositionIdentifier",
    "echo_number": "EchoNumbers",
    "stack_position": "InStackPositionNumber",
}
_SEQUENCES = {"kvp": "CTXRayDetailsSequence"}
"""Functional group of a number, where it is not that of the frame content."""
_TEXTS = {
    "scanning_sequence": "ScanningSequence",
    "sequence_variant": "SequenceVariant",
    "sequence_name": "SequenceName",
    "complex_component": "ComplexImageComponent",
    "stack_id": "StackID",
    "convolution_kernel": "ConvolutionKernel",
}
_TIMES = {"acquisition_time": "AcquisitionTime", "content_time": "ContentTime"}
_DATETIMES = {
    "acquisition_datetime": "AcquisitionDateTime",
    "frame_acquisition_datetime": "FrameAcquisitionDateTime",
    "frame_reference_datetime": "FrameReferenceDateTime",
}
_MILLISECONDS = {"trigger_time": "TriggerTime", "nominal_trigger_delay": "NominalCardiacTriggerDelayTime"}
_FACTS = {
    "modality": "Modality",
    "series_uid": "SeriesInstanceUID",
    "study_uid": "StudyInstanceUID",
    "frame_of_reference_uid": "FrameOfReferenceUID",
    "sop_instance_uid": "SOPInstanceUID",
    "sop_class": "SOPClassUID",
    "description": "SeriesDescription",
    "protocol": "ProtocolName",
    "pulse_sequence": "PulseSequenceName",
    "sequence_name": "SequenceName",
    "scanning_sequence": "ScanningSequence",
    "sequence_variant": "SequenceVariant",
    "scan_options": "ScanOptions",
    "acquisition_type": "MRAcquisitionType",
    "acquisition_contrast": "AcquisitionContrast",
    "image_type": "ImageType",
    "photometric_interpretation": "PhotometricInterpretation",
    "body_part": "BodyPartExamined",
    "patient_position": "PatientPosition",
    "study_date": "StudyDate",
    "study_time": "StudyTime",
    "series_date": "SeriesDate",
    "series_time": "SeriesTime",
    "acquisition_date": "AcquisitionDate",
    "dates_modified": "LongitudinalTemporalInformationModified",
    "series_number": "SeriesNumber",
    "contrast_agent": "ContrastBolusAgent",
    "contrast_route": "ContrastBolusRoute",
    "convolution_kernel": "ConvolutionKernel",
    "burned_in_annotation": "BurnedInAnnotation",
    "quality_control_image": "QualityControlImage",
    "content_qualification": "ContentQualification",
    "lossy_compression": "LossyImageCompression",
    "volumetric_properties": "VolumetricProperties",
    "derivation": "DerivationDescription",
    "identity_removed": "PatientIdentityRemoved",
    "conversion_type": "ConversionType",
}
_FACT_NUMBERS = {
    "samples_per_pixel": "SamplesPerPixel",
    "bits_allocated": "BitsAllocated",
    "bits_stored": "BitsStored",
    "high_bit": "HighBit",
    "pixel_representation": "PixelRepresentation",
    "number_of_temporal_positions": "NumberOfTemporalPositions",
    "images_in_acquisition": "ImagesInAcquisition",
}


def frames_of(dataset: Any, file: int) -> tuple[Frame, ...]:
    """Header facts of every slice image of one data set, which may have been read without its pixels.

    Args:
        dataset: pydicom dataset.
        file: index that the frames carry.
    """
    layout = layout_of(dataset)
    if layout is not None:
        return _mosaic_frames(dataset, file, layout)
    groups = element_value(dataset, "PerFrameFunctionalGroupsSequence") or ()
    shared = first_item(dataset, "SharedFunctionalGroupsSequence")
    count = integer(dataset, "NumberOfFrames") or 1
    common = (*_levels(shared), HeaderLevel(dataset))
    if count == 1 and not len(groups):
        return (_frame(common, file, 0),)
    frames = tuple(_frame((HeaderLevel(group), *common), file, index) for index, group in enumerate(groups))
    if count == len(frames):
        return frames
    problem = ("G00", f"{count} frames with {len(groups)} Per-Frame Functional Groups (5200,9230)")
    frames = frames or (_frame(common, file, 0),)
    return tuple(replace(frame, position=None, extra=frame.extra | {"problem": problem}) for frame in frames)


def frame_issues(frames: Sequence[Frame], subject: str = "") -> tuple[Issue, ...]:
    """Issues that frames carry: mosaics that cannot be unfolded, rejected and conflicting b values; each once."""
    issues: dict[Issue, None] = {}
    for frame in frames:
        if "problem" in frame.extra:
            code, words = frame.extra["problem"]
            remedy = "convert the series with its vendor's or another tool, or export single slices"
            issues[Issue(code, Level.STOP, words, "a position for every slice", remedy, subject)] = None
        if "mosaic_unproved" in frame.extra:
            found = "the slice distance of the mosaic is Spacing Between Slices (0018,0088) alone"
            remedy = "compare with the protocol or with a series of single slices"
            issues[Issue("G15", Level.WARN, found, "slice positions of the protocol", remedy, subject)] = None
        for words in frame.extra.get("b_rejected", ()):
            expected = "0 to 10000 s/mm2"
            remedy = "treated as missing; export the series again with its own b values"
            issues[Issue("B02", Level.WARN, words, expected, remedy, subject)] = None
    return tuple(issues)


def facts_of(dataset: Any) -> dict[str, Any]:
    """Series-level facts of one data set: text, numbers and `Equipment`; no identity except through `patient_key`.

    `rows` and `columns` are those of one slice: of a tile where the image is a mosaic.
    """
    facts: dict[str, Any] = {name: text(dataset, keyword) for name, keyword in _FACTS.items()}
    facts |= {name: integer(dataset, keyword) for name, keyword in _FACT_NUMBERS.items()}
    layout = layout_of(dataset)
    rows, columns = integer(dataset, "Rows") or 0, integer(dataset, "Columns") or 0
    facts["rows"], facts["columns"] = layout.tile_shape if layout and not layout.problem else (rows, columns)
    facts["mosaic"] = layout.vendor if layout else ""
    facts["number_of_frames"] = integer(dataset, "NumberOfFrames") or 1
    facts["transfer_syntax"] = text(getattr(dataset, "file_meta", None), "TransferSyntaxUID")
    facts["has_pixels"] = (
        any(key in dataset for key in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")) or rows > 0
    )
    facts["padding_value"] = number(dataset, "PixelPaddingValue")
    facts["padding_limit"] = number(dataset, "PixelPaddingRangeLimit")
    facts |= _first_frame_facts(dataset)
    facts["body_part"] = facts["body_part"] or _anatomic_region(dataset)
    facts["patient_key"] = _patient_key(dataset)
    facts["equipment"] = _equipment(dataset)
    return facts


def _first_frame_facts(dataset: Any) -> dict[str, Any]:
    """Facts that enhanced images keep in functional groups, from the first frame."""
    groups = _groups(dataset)
    transform = _value_transform(groups)
    frame_type = _from(groups, "MRImageFrameTypeSequence", "FrameType", strings_of)
    return {
        "rescale_type": transform["type"],
        "rwvm_units": _real_world(groups).get("rwvm_units", ""),
        "frame_type": "\\".join(frame_type or ()),
        "echo_time_ms": _echo_time(groups),
        "repetition_time_ms": _from(groups, "MRTimingAndRelatedParametersSequence", "RepetitionTime", number),
        "inversion_time_ms": _from(groups, "MRModifierSequence", "InversionTimes", number)
        or number(dataset, "InversionTime"),
        "receive_coil": _from(groups, "MRReceiveCoilSequence", "ReceiveCoilName", _text_or_none) or "",
        "transmit_coil": _from(groups, "MRTransmitCoilSequence", "TransmitCoilName", _text_or_none) or "",
    }


def _levels(*datasets: Any) -> tuple[HeaderLevel, ...]:
    return tuple(HeaderLevel(dataset) for dataset in datasets if dataset is not None)


def _groups(dataset: Any) -> tuple[HeaderLevel, ...]:
    first = first_item(dataset, "PerFrameFunctionalGroupsSequence")
    return _levels(first, first_item(dataset, "SharedFunctionalGroupsSequence"), dataset)


def _anatomic_region(dataset: Any) -> str:
    for group in _groups(dataset):
        region = first_item(first_item(group.dataset, "FrameAnatomySequence"), "AnatomicRegionSequence")
        if region is not None:
            return text(region, "CodeMeaning").upper()
    return ""


def _patient_key(dataset: Any) -> str:
    """Salted hash of identity; "" where the data set holds none, so that nothing is concluded from it."""
    identity = [text(dataset, keyword) for keyword in ("PatientID", "PatientName", "PatientBirthDate")]
    if not any(identity):
        return ""
    return hashlib.sha256("\0".join([_PATIENT_SALT, *identity]).encode()).hexdigest()


def _equipment(dataset: Any) -> Equipment:
    return Equipment(
        manufacturer=text(dataset, "Manufacturer"),
        model=text(dataset, "ManufacturerModelName"),
        software=text(dataset, "SoftwareVersions"),
        serial=text(dataset, "DeviceSerialNumber"),
        field_strength_t=number(dataset, "MagneticFieldStrength"),
        institution=text(dataset, "InstitutionName"),
    )


def _from(groups: Sequence[HeaderLevel], sequence: str, keyword: str, reader: Any) -> Any:
    """Value from the first group whose sequence (or which itself) holds it."""
    for group in groups:
        value = group.ask(_in_group, sequence, keyword, reader)
        if value is not None:
            return value
    return None


def _in_group(group: Any, sequence: str, keyword: str, reader: Any) -> Any:
    for holder in (first_item(group, sequence), group):
        value = None if holder is None else reader(holder, keyword)
        if value is not None and value != ():
            return value
    return None


def _text_or_none(dataset: Any, keyword: str) -> str | None:
    return text(dataset, keyword) or None


def _three(dataset: Any, keyword: str) -> tuple[float, ...] | None:
    return vector(dataset, keyword, 3)


def _six(dataset: Any, keyword: str) -> tuple[float, ...] | None:
    return vector(dataset, keyword, 6)


def _two(dataset: Any, keyword: str) -> tuple[float, ...] | None:
    return vector(dataset, keyword, 2)


def _frame(groups: Sequence[HeaderLevel], file: int, index: int) -> Frame:
    whole = groups[-1]
    image_type = _image_type(groups)
    diffusion = diffusion_of(*groups)
    trace = diffusion.directionality is not Directionality.NONE and not _TRACE_WORDS.isdisjoint(image_type)
    transform = _value_transform(groups)
    return Frame(
        file=file,
        index=index,
        sop_instance_uid=whole.ask(text, "SOPInstanceUID"),
        position=_from(groups, "PlanePositionSequence", "ImagePositionPatient", _three),
        orientation=_from(groups, "PlaneOrientationSequence", "ImageOrientationPatient", _six),
        pixel_spacing=_from(groups, "PixelMeasuresSequence", "PixelSpacing", _two),
        thickness=_from(groups, "PixelMeasuresSequence", "SliceThickness", number),
        spacing_tag=_from(groups, "PixelMeasuresSequence", "SpacingBetweenSlices", number),
        instance_number=whole.ask(integer, "InstanceNumber"),
        acquisition_number=_from(groups, "FrameContentSequence", "FrameAcquisitionNumber", integer)
        or whole.ask(integer, "AcquisitionNumber"),
        image_type=image_type,
        b_value=diffusion.b_value,
        b_nominal=diffusion.b_nominal,
        b_tag=diffusion.b_tag,
        direction=None if trace else diffusion.direction,
        directionality=Directionality.ISOTROPIC if trace else diffusion.directionality,
        slope=transform["slope"],
        intercept=transform["intercept"],
        scale_slope=scale_slope(*groups),
        times=_times(groups),
        extra=_extra(groups, transform, diffusion),
    )


def _image_type(groups: Sequence[HeaderLevel]) -> tuple[str, ...]:
    for sequence in ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence"):
        for group in groups[:-1]:
            frame_type = group.ask(_frame_type, sequence)
            if frame_type:
                return frame_type
    return groups[-1].ask(strings_of, "ImageType")


def _frame_type(group: Any, sequence: str) -> tuple[str, ...]:
    return strings_of(first_item(group, sequence), "FrameType")


def _value_transform(groups: Sequence[HeaderLevel]) -> dict[str, Any]:
    """Rescale of a frame; slope 1 and intercept 0 only where no element says anything."""
    sequence = "PixelValueTransformationSequence"
    slope = _from(groups, sequence, "RescaleSlope", number)
    intercept = _from(groups, sequence, "RescaleIntercept", number)
    return {
        "slope": 1.0 if slope is None else slope,
        "intercept": 0.0 if intercept is None else intercept,
        "type": _from(groups, sequence, "RescaleType", _text_or_none) or "",
        "missing": slope is None or intercept is None,
    }


def _real_world(groups: Sequence[HeaderLevel]) -> dict[str, Any]:
    """Unit, slope and intercept of the linear Real World Value Mapping (0040,9096), {} where there is none."""
    items = (group.ask(first_item, "RealWorldValueMappingSequence") for group in groups)
    mapping = next((item for item in items if item), None)
    slope = number(mapping, "RealWorldValueSlope")
    if slope is None:
        return {}
    return {
        "rwvm_units": text(first_item(mapping, "MeasurementUnitsCodeSequence"), "CodeValue"),
        "rwvm_slope": slope,
        "rwvm_intercept": number(mapping, "RealWorldValueIntercept") or 0.0,
    }


def _echo_time(groups: Sequence[HeaderLevel]) -> float | None:
    effective = _from(groups, "MREchoSequence", "EffectiveEchoTime", number)
    return effective if effective is not None else groups[-1].ask(number, "EchoTime")


def _times(groups: Sequence[HeaderLevel]) -> dict[str, float]:
    whole = groups[-1]
    times = {name: time_of_day_s(whole.ask(text, keyword)) for name, keyword in _TIMES.items()}
    for name, keyword in _DATETIMES.items():
        value = _from(groups, "FrameContentSequence", keyword, _text_or_none)
        times[name] = datetime_s(value or "")
    if times["acquisition_datetime"] is None:
        stamp = whole.ask(text, "AcquisitionDate") + whole.ask(text, "AcquisitionTime")
        times["acquisition_datetime"] = datetime_s(stamp)
    for name, keyword in _MILLISECONDS.items():
        value = _from(groups, "CardiacSynchronizationSequence", keyword, number)
        times[name] = None if value is None else value / 1000
    times["temporal_offset"] = _from(groups, "TemporalPositionSequence", "TemporalPositionTimeOffset", number)
    if whole.ask(text, "Manufacturer").casefold().startswith("philips"):
        times["dynamic_begin"] = dynamic_begin_s(*groups)
    return {name: value for name, value in times.items() if value is not None}


def _extra(groups: Sequence[HeaderLevel], transform: dict[str, Any], diffusion: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {
        name: _from(groups, _SEQUENCES.get(name, "FrameContentSequence"), keyword, number)
        for name, keyword in _NUMBERS.items()
    }
    extra |= {name: _from(groups, "FrameContentSequence", keyword, _text_or_none) for name, keyword in _TEXTS.items()}
    temporal = _from(groups, "FrameContentSequence", "TemporalPositionIndex", number)
    extra["temporal_position"] = temporal if temporal is not None else extra["temporal_position"]
    extra["echo_time_ms"] = _echo_time(groups)
    extra["complex_component"] = extra["complex_component"] or _from(
        groups, "MRImageFrameTypeSequence", "ComplexImageComponent", _text_or_none
    )
    extra["rescale_type"] = transform["type"]
    extra["rescale_missing"] = transform["missing"] or None
    extra["modality_lut"] = groups[-1].ask(first_item, "ModalityLUTSequence") is not None or None
    extra["b_rejected"] = diffusion.rejected or None
    extra["b_other"] = diffusion.other_b
    extra["gradient"] = diffusion.gradient
    extra["receive_gain"] = groups[-1].ask(receive_gain)
    extra |= _real_world(groups)
    return {name: value for name, value in extra.items() if value not in (None, "")}


def _mosaic_frames(dataset: Any, file: int, layout: MosaicLayout) -> tuple[Frame, ...]:
    frame = _frame(_levels(dataset), file, 0)
    if layout.problem:
        return (
            replace(frame, position=None, extra=frame.extra | {"mosaic": layout.vendor, "problem": layout.problem}),
        )
    extra = frame.extra | {"mosaic": layout.vendor} | ({"mosaic_unproved": True} if layout.unproved else {})
    offsets = tile_times(dataset, len(layout.positions))
    return tuple(
        replace(
            frame,
            index=tile,
            position=position,
            extra=extra,
            times=frame.times | ({"mosaic_offset": offsets[tile]} if offsets else {}),
        )
        for tile, position in enumerate(layout.positions)
    )
