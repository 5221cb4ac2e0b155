"""CT perfusion of every vendor: one series, or one per volume; tables that shuttle or spiral; classic and enhanced."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..grids import Slab
from .common import (
    Options,
    Pixels,
    Scanner,
    SeriesInfo,
    Study,
    add_pixels,
    add_plane,
    add_private,
    decimal,
    decimals,
    new_dataset,
    write_files,
)
from .dynamic import DynamicScan, moment, slice_times
from .enhanced import FRAME_CONTENT, IN_STACK, STACK, TEMPORAL, FrameInfo, Layout, add_geometry, brain_code, dataset_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2.1"
INTERCEPT = -1024
SIEMENS = Scanner("SIEMENS", "SOMATOM Force", ("syngo CT VA50A",))
GE = Scanner("GE MEDICAL SYSTEMS", "Revolution CT", ("revo_ct_21b.32",))
CANON = Scanner("CANON_MEC", "Aquilion ONE", ("V8.4SP2001",))
PHILIPS = Scanner("Philips", "iCT 256", ("4.1.10",))
ENHANCED_LAYOUT = Layout(
    ((STACK, FRAME_CONTENT), (IN_STACK, FRAME_CONTENT), (TEMPORAL, FRAME_CONTENT)),
    shared_geometry=True,
    spacing_tag=False,
    rescale_type="HU",
)


def encode_hu(values: np.ndarray) -> Pixels:
    """HU as unsigned 12 bit with intercept -1024."""
    stored = np.clip(np.rint(values) - INTERCEPT, 0, 4095).astype(np.uint16)
    return Pixels(stored, 12, False, 1.0, INTERCEPT, "HU")


def _head(study: Study, scanner: Scanner, series: SeriesInfo, sop_class: str, instance: object) -> "Dataset":
    ds = new_dataset(study, scanner, series, sop_class, instance)
    del ds["MagneticFieldStrength"]
    ds.Modality = "CT"
    return ds


def ct_image(
    study: Study, scanner: Scanner, series: SeriesInfo, slab: Slab, k: int, values: np.ndarray, instance: int
) -> "Dataset":
    """One classic CT image of a slice in HU, without a time of its own."""
    ds = _head(study, scanner, series, CT_IMAGE, instance)
    ds.ScanOptions, ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime = "AXIAL MODE", "80", "200", "500"
    ds.ConvolutionKernel, ds.GantryDetectorTilt, ds.RotationDirection = "H20f", "0", "CW"
    ds.SliceThickness = decimal(slab.thickness_mm)
    ds.ReconstructionDiameter = decimal(slab.geometry.pixel_spacing[0] * slab.geometry.shape[2])
    ds.ContrastBolusAgent = "Iodine"
    add_plane(ds, slab, k)
    add_pixels(ds, encode_hu(values))
    ds.WindowCenter, ds.WindowWidth = "40", "80"
    ds.AcquisitionNumber, ds.InstanceNumber = "1", str(instance)
    return ds


def _stamp(ds: "Dataset", study: Study, seconds: float, *, datetime: bool) -> None:
    ds.AcquisitionDate, ds.AcquisitionTime = moment(study, seconds)
    ds.ContentDate, ds.ContentTime = moment(study, seconds + 0.3)
    if datetime:
        ds.AcquisitionDateTime = ds.AcquisitionDate + ds.AcquisitionTime


def _slices(
    scan: DynamicScan,
    study: Study,
    scanner: Scanner,
    series: SeriesInfo,
    frames: Sequence[int],
    *,
    datetime: bool = True,
) -> Iterator["Dataset"]:
    """Slices of each frame, acquisition number by frame, time of every slice."""
    times = slice_times(scan)
    slices = times.shape[1]
    for n in frames:
        for k in range(slices):
            instance = (n - frames[0]) * slices + k + 1
            ds = ct_image(study, scanner, series, scan.slab, k, scan.series.values[n, k], instance)
            ds.AcquisitionNumber = str(n + 1)
            _stamp(ds, study, times[n, k], datetime=datetime)
            yield ds


def write_siemens(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One series, Acquisition DateTime and Acquisition Time per slice."""
    series = SeriesInfo(5, "VPCT Perfusion 10.0 H20f", ("ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 DYN"))
    return write_files(_slices(scan, study, SIEMENS, series, range(scan.protocol.frames)), folder, options)


def _ge(scan: DynamicScan, study: Study) -> Iterator["Dataset"]:
    """Passes of the table one after the other: an acquisition number for each half of the slices of a frame."""
    series = SeriesInfo(5, "CT PERFUSION SHUTTLE", ("ORIGINAL", "PRIMARY", "AXIAL"))
    times = slice_times(scan)
    slices = times.shape[1]
    half = (slices + 1) // 2
    for n in range(len(times)):
        for k in range(slices):
            values = scan.series.values[n, k]
            ds = ct_image(study, GE, series, scan.slab, k, values, n * slices + k + 1)
            ds.AcquisitionNumber = str(2 * n + 1 + (k >= half))
            _stamp(ds, study, times[n, k], datetime=False)
            add_private(ds, 0x0019, "GEMS_ACQU_01", {0x24: ("DS", decimal(round(float(times[n, k]), 3)))})
            yield ds


def write_ge(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One series; two acquisition numbers per frame, one for each position of the table; Acquisition Time per slice."""
    return write_files(_ge(scan, study), folder, options)


def write_canon(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One series per volume, each in a folder of its own."""
    paths = []
    for n in range(scan.protocol.frames):
        series = SeriesInfo(100 + n, "CBP Dynamic", ("ORIGINAL", "PRIMARY", "AXIAL", "VOLUME"))
        frame = _slices(scan, study, CANON, series, range(n, n + 1), datetime=False)
        paths += write_files(frame, folder / f"{n + 1:03d}", options)
    return paths


def _philips(scan: DynamicScan, study: Study) -> Iterator["Dataset"]:
    series = SeriesInfo(301, "Brain Perfusion jog", ("ORIGINAL", "PRIMARY", "AXIAL"))
    times = slice_times(scan)
    frames, slices = times.shape
    for n in range(frames):
        for k in range(slices):
            values = scan.series.values[n, k]
            ds = ct_image(study, PHILIPS, series, scan.slab, k, values, n * slices + k + 1)
            _stamp(ds, study, times[n, k], datetime=False)
            ds.AcquisitionDate, ds.AcquisitionTime = moment(study, 0.0)
            ds.TemporalPositionIdentifier, ds.NumberOfTemporalPositions = str(n + 1), str(frames)
            yield ds


def write_philips(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """One series whose Acquisition Time is that of its start; Content Time and Temporal Position tell the frames apart."""
    return write_files(_philips(scan, study), folder, options)


def _enhanced_frame(scan: DynamicScan, study: Study, n: int, k: int, seconds: float) -> "Dataset":
    stamp = "".join(moment(study, seconds))
    group = dataset_of()
    group.FrameContentSequence = [
        dataset_of(
            FrameAcquisitionDateTime=stamp,
            FrameReferenceDateTime=stamp,
            FrameAcquisitionDuration=500.0,
            StackID="1",
            InStackPositionNumber=k + 1,
            TemporalPositionIndex=n + 1,
            DimensionIndexValues=[1, k + 1, n + 1],
        )
    ]

    origin = scan.slab.geometry.slice_origins[k]
    group.PlanePositionSequence = [dataset_of(ImagePositionPatient=decimals(origin))]
    center = [0.0, 0.0, float(origin[2])]
    group.CTPositionSequence = [
        dataset_of(
            TablePosition=float(origin[2]), DataCollectionCenterPatient=center, ReconstructionTargetCenterPatient=center
        )
    ]
    event = study.uid("irradiation", n)
    group.IrradiationEventIdentificationSequence = [dataset_of(IrradiationEventUID=event)]
    return group


def _add_exposure(group: "Dataset") -> None:
    group.CTAcquisitionDetailsSequence = [
        dataset_of(
            RotationDirection="CW",
            RevolutionTime=0.5,
            SingleCollimationWidth=1.2,
            TotalCollimationWidth=38.4,
            TableHeight=150.0,
            GantryDetectorTilt=0.0,
            DataCollectionDiameter=500.0,
        )
    ]
    exposure = dataset_of(ExposureTimeInms=500.0, XRayTubeCurrentInmA=200.0, ExposureInmAs=100.0)
    exposure.ExposureModulationType = "NONE"
    group.CTExposureSequence = [exposure]
    group.CTGeometrySequence = [dataset_of(DistanceSourceToDetector=1085.6, DistanceSourceToDataCollectionCenter=595.0)]
    group.CTTableDynamicsSequence = [dataset_of()]


def _add_reconstruction(group: "Dataset", slab: Slab) -> None:
    i, j = slab.geometry.pixel_spacing
    group.CTReconstructionSequence = [
        dataset_of(
            ReconstructionAlgorithm="FILTER_BACK_PROJ",
            ConvolutionKernel="H20f",
            ConvolutionKernelGroup="BRAIN",
            ReconstructionDiameter=decimal(i * slab.geometry.shape[2]),
            ReconstructionPixelSpacing=[j, i],
            ReconstructionAngle=360.0,
            ImageFilter="NONE",
        )
    ]


def _enhanced_shared(scan: DynamicScan) -> "Dataset":
    group = dataset_of()
    kind = dataset_of(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], PixelPresentation="MONOCHROME")
    kind.VolumetricProperties, kind.VolumeBasedCalculationTechnique = "VOLUME", "NONE"
    group.CTImageFrameTypeSequence = [kind]
    group.FrameAnatomySequence = [dataset_of(AnatomicRegionSequence=[brain_code()], FrameLaterality="U")]
    group.CTAcquisitionTypeSequence = [
        dataset_of(AcquisitionType="SEQUENCED", ConstantVolumeFlag="NO", FluoroscopyFlag="NO")
    ]
    group.CTXRayDetailsSequence = [
        dataset_of(KVP=80.0, FocalSpots=[1.0], FilterType="FLAT", FilterMaterial=["TITANIUM"])
    ]
    _add_exposure(group)
    _add_reconstruction(group, scan.slab)
    group.FrameVOILUTSequence = [dataset_of(WindowCenter="40", WindowWidth="80")]
    add_geometry(group, scan.slab, FrameInfo(0, 1, None, (), (), 1.0, INTERCEPT), ENHANCED_LAYOUT)
    return group


def write_enhanced(scan: DynamicScan, study: Study, folder: Path, options: Options = Options()) -> list[Path]:
    """All frames in one enhanced CT image, Frame Acquisition DateTime per frame, geometry and rescale shared."""
    series = SeriesInfo(6, "CTP enhanced", ("ORIGINAL", "PRIMARY", "VOLUME", "NONE"))
    ds = _head(study, SIEMENS, series, ENHANCED_CT_IMAGE, 1)
    times = slice_times(scan)
    pairs = [(n, k) for n in range(len(times)) for k in range(times.shape[1])]
    for keyword in ("AcquisitionDate", "AcquisitionTime"):
        del ds[keyword]
    ds.AcquisitionDateTime = "".join(moment(study, 0.0))
    ds.ContentQualification, ds.PixelPresentation, ds.VolumetricProperties = "RESEARCH", "MONOCHROME", "VOLUME"
    ds.VolumeBasedCalculationTechnique, ds.PresentationLUTShape = "NONE", "IDENTITY"
    ds.BurnedInAnnotation, ds.LossyImageCompression, ds.AcquisitionContextSequence = "NO", "00", []
    stored = encode_hu(scan.series.values).stored.reshape(-1, *scan.slab.geometry.shape[1:])
    add_pixels(ds, Pixels(stored))
    ds.NumberOfFrames, ds.InstanceNumber, ds.AcquisitionNumber = str(len(pairs)), "1", "1"
    organization = study.uid("dimensions", series.number)
    ds.DimensionOrganizationSequence = [dataset_of(DimensionOrganizationUID=organization)]
    ds.DimensionIndexSequence = [
        dataset_of(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=group)
        for pointer, group in ENHANCED_LAYOUT.dimensions
    ]
    ds.SharedFunctionalGroupsSequence = [_enhanced_shared(scan)]
    ds.PerFrameFunctionalGroupsSequence = [_enhanced_frame(scan, study, n, k, times[n, k]) for n, k in pairs]
    return write_files([ds], folder, options)
