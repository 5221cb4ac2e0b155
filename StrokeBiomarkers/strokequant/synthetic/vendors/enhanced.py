"""Enhanced multi-frame MR image: functional groups shared and per frame, as the vendors fill them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...types import Directionality
from ..diffusion_patient import Weighting
from ..grids import Slab
from .common import (
    ENHANCED_MR_IMAGE,
    Pixels,
    Scanner,
    SeriesInfo,
    Study,
    add_pixels,
    decimal,
    decimals,
    new_dataset,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

STACK, IN_STACK, TEMPORAL = 0x00209056, 0x00209057, 0x00209128
FRAME_CONTENT, DIFFUSION = 0x00209111, 0x00189117
DIFFUSION_B_VALUE, ECHO_TIME, ECHO = 0x00189087, 0x00189082, 0x00189114


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """One frame.

    Args:
        k: slice.
        temporal: 1 for the first image.
        weighting: None for a map without b.
        index: Dimension Index Values (0020,9157).
        slope, intercept: of this frame.
        frame_type: Frame Type (0008,9007).
        moment: Frame Acquisition DateTime (0018,9074); made up from the study and `temporal` when empty.
        offset_s: Temporal Position Time Offset (0020,930D); None to write none.
    """

    k: int
    temporal: int
    weighting: Weighting | None
    index: tuple[int, ...]
    frame_type: tuple[str, ...]
    slope: float = 1.0
    intercept: float = 0.0
    moment: str = ""
    offset_s: float | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a vendor fills the functional groups.

    Args:
        dimensions: (Dimension Index Pointer, Functional Group Pointer) pairs.
        shared_geometry: orientation, pixel measures and rescale in the shared groups.
        spacing_tag: write Spacing Between Slices (0018,0088).
        directional: term for one direction; Siemens XA writes BMATRIX.
        rescale_type: Rescale Type (0028,1054).
        contrast: Acquisition Contrast (0008,9209); no diffusion attributes unless DIFFUSION.
        echo_time_ms, repetition_ms: of the sequence.
    """

    dimensions: tuple[tuple[int, int], ...]
    shared_geometry: bool = False
    spacing_tag: bool = True
    directional: str = "DIRECTIONAL"
    rescale_type: str = "US"
    contrast: str = "DIFFUSION"
    echo_time_ms: float = 75.0
    repetition_ms: float = 5000.0


def dataset_of(**elements) -> "Dataset":
    """Data set of elements by keyword."""
    from pydicom.dataset import Dataset

    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def brain_code() -> "Dataset":
    """SNOMED code of the brain."""
    return dataset_of(CodeValue="12738006", CodingSchemeDesignator="SCT", CodeMeaning="Brain")


def diffusion_item(weighting: Weighting | None, directional: str) -> "Dataset":
    """Item of MR Diffusion Sequence (0018,9117); a map says ISOTROPIC and no b."""
    if weighting is None:
        return dataset_of(DiffusionDirectionality="ISOTROPIC")
    if weighting.directionality is not Directionality.DIRECTIONAL:
        return dataset_of(DiffusionDirectionality=weighting.directionality.value, DiffusionBValue=float(weighting.b))
    x, y, z = weighting.direction
    item = dataset_of(DiffusionDirectionality=directional, DiffusionBValue=float(weighting.b))
    item.DiffusionGradientDirectionSequence = [dataset_of(DiffusionGradientOrientation=[x, y, z])]
    if directional == "BMATRIX":
        names = ("XX", "XY", "XZ", "YY", "YZ", "ZZ")
        products = (x * x, x * y, x * z, y * y, y * z, z * z)
        matrix = {f"DiffusionBValue{name}": float(weighting.b * p) for name, p in zip(names, products, strict=True)}
        item.DiffusionBMatrixSequence = [dataset_of(**matrix)]
    return item


def add_geometry(group: "Dataset", slab: Slab, frame: FrameInfo, layout: Layout) -> None:
    """Plane orientation, pixel measures and rescale of a functional group."""
    group.PlaneOrientationSequence = [dataset_of(ImageOrientationPatient=decimals(slab.orientation))]
    measures = dataset_of(
        SliceThickness=decimal(slab.thickness_mm), PixelSpacing=decimals(slab.geometry.pixel_spacing[::-1])
    )
    if layout.spacing_tag and slab.geometry.shape[0] > 1:
        measures.SpacingBetweenSlices = decimal(np.abs(np.diff(slab.geometry.positions))[0])
    group.PixelMeasuresSequence = [measures]
    group.PixelValueTransformationSequence = [
        dataset_of(
            RescaleIntercept=decimal(frame.intercept),
            RescaleSlope=decimal(frame.slope),
            RescaleType=layout.rescale_type,
        )
    ]


def _shared_group(slab: Slab, layout: Layout) -> "Dataset":
    rows, columns = slab.geometry.shape[1:]
    group = dataset_of()
    group.MRImagingModifierSequence = [
        dataset_of(
            PixelBandwidth="1800",
            MagnetizationTransfer="NONE",
            BloodSignalNulling="NO",
            Tagging="NONE",
            TransmitterFrequency=123.25,
        )
    ]
    group.MRReceiveCoilSequence = [
        dataset_of(
            ReceiveCoilName="Head",
            ReceiveCoilManufacturerName="",
            ReceiveCoilType="VOLUME",
            QuadratureReceiveCoil="NO",
        )
    ]
    group.MRTransmitCoilSequence = [
        dataset_of(TransmitCoilName="Body", TransmitCoilManufacturerName="", TransmitCoilType="BODY")
    ]
    group.MRTimingAndRelatedParametersSequence = [_timing_item(layout)]
    group.MREchoSequence = [dataset_of(EffectiveEchoTime=float(layout.echo_time_ms))]
    group.MRModifierSequence = [_modifier_item()]
    group.MRAveragesSequence = [dataset_of(NumberOfAverages="1")]
    group.MRFOVGeometrySequence = [
        dataset_of(
            PercentSampling="100",
            PercentPhaseFieldOfView="100",
            InPlanePhaseEncodingDirection="COLUMN",
            MRAcquisitionFrequencyEncodingSteps=columns,
            MRAcquisitionPhaseEncodingStepsInPlane=rows,
        )
    ]
    group.FrameAnatomySequence = [dataset_of(AnatomicRegionSequence=[brain_code()], FrameLaterality="U")]
    return group


def _timing_item(layout: Layout) -> "Dataset":
    item = dataset_of(
        RepetitionTime=decimal(layout.repetition_ms),
        EchoTrainLength="64",
        FlipAngle="90",
        RFEchoTrainLength=1,
        GradientEchoTrainLength=64,
    )
    item.OperatingModeSequence = [dataset_of(OperatingModeType="GRADIENT", OperatingMode="IEC_NORMAL")]
    item.GradientOutputType, item.GradientOutput = "DB_DT", 10.0
    item.SpecificAbsorptionRateSequence = [
        dataset_of(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.1)
    ]
    return item


def _modifier_item() -> "Dataset":
    return dataset_of(
        InversionRecovery="NO",
        FlowCompensation="NONE",
        Spoiling="NONE",
        T2Preparation="NO",
        SpectrallySelectedExcitation="NONE",
        SpatialPresaturation="NONE",
        PartialFourier="NO",
        ParallelAcquisition="NO",
    )


def _frame_type_item(frame_type: tuple[str, ...], contrast: str) -> "Dataset":
    return dataset_of(
        FrameType=list(frame_type),
        PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME",
        VolumeBasedCalculationTechnique="NONE",
        ComplexImageComponent="MAGNITUDE",
        AcquisitionContrast=contrast,
    )


def _frame_group(study: Study, slab: Slab, frame: FrameInfo, layout: Layout) -> "Dataset":
    group = dataset_of()
    if layout.contrast == "DIFFUSION":
        group.MRDiffusionSequence = [diffusion_item(frame.weighting, layout.directional)]
    group.MRImageFrameTypeSequence = [_frame_type_item(frame.frame_type, layout.contrast)]
    moment = frame.moment or f"{study.date}{study.time}.{frame.temporal:06d}"
    if frame.offset_s is not None:
        group.TemporalPositionSequence = [dataset_of(TemporalPositionTimeOffset=float(frame.offset_s))]
    group.FrameContentSequence = [
        dataset_of(
            FrameAcquisitionDateTime=moment,
            FrameReferenceDateTime=moment,
            FrameAcquisitionDuration=100.0,
            StackID="1",
            InStackPositionNumber=frame.k + 1,
            TemporalPositionIndex=frame.temporal,
            DimensionIndexValues=list(frame.index),
        )
    ]
    group.PlanePositionSequence = [dataset_of(ImagePositionPatient=decimals(slab.geometry.slice_origins[frame.k]))]
    group.FrameVOILUTSequence = [dataset_of(WindowCenter="1000", WindowWidth="2000")]
    if not layout.shared_geometry:
        add_geometry(group, slab, frame, layout)
    return group


def _add_enhanced_module(ds: "Dataset", study: Study, contrast: str) -> None:
    for keyword in ("AcquisitionDate", "AcquisitionTime"):
        del ds[keyword]
    ds.AcquisitionDateTime = study.date + study.time
    ds.PixelPresentation, ds.VolumetricProperties = "MONOCHROME", "VOLUME"
    ds.VolumeBasedCalculationTechnique, ds.ComplexImageComponent = "NONE", "MAGNITUDE"
    ds.AcquisitionContrast, ds.ContentQualification, ds.MRAcquisitionType = contrast, "RESEARCH", "2D"
    ds.PulseSequenceName, ds.EchoPulseSequence, ds.MultipleSpinEcho = "epse2d", "SPIN", "NO"
    ds.MultiPlanarExcitation = ds.PhaseContrast = ds.TimeOfFlightContrast = ds.SaturationRecovery = "NO"
    ds.SteadyStatePulseSequence, ds.EchoPlanarPulseSequence = "NONE", "YES"
    ds.SpectrallySelectedSuppression, ds.OversamplingPhase, ds.KSpaceFiltering = "FAT", "NONE", "NONE"
    ds.GeometryOfKSpaceTraversal, ds.SegmentedKSpaceTraversal = "RECTILINEAR", "SINGLE"
    ds.RectilinearPhaseEncodeReordering, ds.AcquisitionDuration = "LINEAR", 90.0
    ds.NumberOfKSpaceTrajectories, ds.ResonantNucleus, ds.ApplicableSafetyStandardAgency = 1, "1H", "IEC"
    ds.AcquisitionContextSequence = []
    ds.BurnedInAnnotation, ds.LossyImageCompression, ds.PresentationLUTShape = "NO", "00", "IDENTITY"


def enhanced_image(
    study: Study,
    scanner: Scanner,
    series: SeriesInfo,
    slab: Slab,
    frames: Sequence[FrameInfo],
    pixels: Pixels,
    layout: Layout,
    instance: int = 1,
) -> "Dataset":
    """Enhanced MR image with one frame per entry of `frames`; `pixels.stored` is (frames, rows, columns)."""
    ds = new_dataset(study, scanner, series, ENHANCED_MR_IMAGE, instance)
    _add_enhanced_module(ds, study, layout.contrast)
    add_pixels(ds, pixels)
    ds.NumberOfFrames, ds.AcquisitionNumber, ds.InstanceNumber = str(len(frames)), str(instance), str(instance)
    organization = study.uid("dimensions", series.number)
    ds.DimensionOrganizationSequence = [dataset_of(DimensionOrganizationUID=organization)]
    ds.DimensionIndexSequence = [
        dataset_of(
            DimensionOrganizationUID=organization,
            DimensionIndexPointer=pointer,
            FunctionalGroupPointer=group,
        )
        for pointer, group in layout.dimensions
    ]
    shared = _shared_group(slab, layout)
    if layout.shared_geometry:
        add_geometry(shared, slab, frames[0], layout)
    ds.SharedFunctionalGroupsSequence = [shared]
    ds.PerFrameFunctionalGroupsSequence = [_frame_group(study, slab, frame, layout) for frame in frames]
    return ds
