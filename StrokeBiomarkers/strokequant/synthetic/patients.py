"""The patients of `strokequant demo`: one per scanner, lesions from none to 80 mL, two that must be refused, all with truth."""

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from .anatomy import Head, Region, RegionKind, lies_in_brain, region_of_volume
from .bids import write_bids
from .diffusion_patient import ORTHOGONAL, Acquisition, DiffusionPatient, simulate, weightings
from .grids import AXIAL, make_slab, rotated
from .vendor_dicom import Options, Study, images_of, write_study

BIDS = "bids"
ADC_THRESHOLD = 620.0
"""um2/s; truth is also given for the set of voxels at or below it."""


@dataclass(frozen=True)
class Expected:
    """What a measurement must do.

    Args:
        outcome: "measure" or "refuse".
        issue: code of the issue that must be reported; "" for none.
        reason: in words.
    """

    outcome: str = "measure"
    issue: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PatientSpec:
    """One patient to generate.

    Args:
        number: 1 to 99; makes identity, UIDs and noise.
        name: folder.
        scanner: in words, for a table.
        variant: key of `vendor_dicom.VARIANTS`, or "bids".
        head: with its lesions.
        slab: arguments of `grids.make_slab`.
        acquisition: arguments of `Acquisition` without the images and the seed.
        options: how DICOM is written.
        fault: "" or "missing_slice" or "no_b_values".
        expected: what a measurement must do.
        note: what is special.
    """

    number: int
    name: str
    scanner: str
    variant: str
    head: Head
    slab: dict[str, Any] = field(default_factory=dict)
    acquisition: dict[str, Any] = field(default_factory=dict)
    options: Options = Options()
    fault: str = ""
    expected: Expected = Expected()
    note: str = ""


@dataclass(frozen=True)
class Truth:
    """What is known about a patient.

    Args:
        patient_id, name, scanner, variant, note: as of the patient.
        volume_ml: exact volume of all infarcts.
        side: "left", "right", "bilateral" or "none", of the patient.
        lesion_count: infarcts.
        adc_um2_s: mean ADC of the infarcts, weighted by volume; None without one.
        lesions: each with kind, side, center (LPS mm), semi-axes (mm), exact volume and ADC; false friends included.
        sampled_volume_ml: infarct shares of the voxels summed over the slices: differs from `volume_ml` by sampling alone.
        adc_at_or_below_620_ml: voxels with infarct whose noise-free ADC is at or below 620 um2/s: what a perfect
            threshold on these voxels would give, partial volume included.
        outcome, issue, reason: what a measurement must do.
    """

    patient_id: str
    name: str
    scanner: str
    variant: str
    note: str
    volume_ml: float
    side: str
    lesion_count: int
    adc_um2_s: float | None
    lesions: tuple[dict[str, Any], ...]
    sampled_volume_ml: float
    adc_at_or_below_620_ml: float
    outcome: str
    issue: str
    reason: str

    @cached_property
    def measurable(self) -> bool:
        """True where a number is expected."""
        return self.outcome == "measure"


def side_of(regions: tuple[Region, ...]) -> str:
    """Side of the patient on which regions lie; a region that crosses the midline counts for both."""
    sides = set()
    for region in regions:
        reach = float(np.linalg.norm(np.linalg.inv(region.to_unit_sphere)[0]))
        sides |= {"left"} if region.center[0] + reach > 0 else set()
        sides |= {"right"} if region.center[0] - reach < 0 else set()
    return "bilateral" if len(sides) == 2 else next(iter(sides), "none")


def _describe(region: Region) -> dict[str, Any]:
    return {
        "kind": region.kind.value,
        "side": side_of((region,)),
        "center_lps_mm": list(region.center),
        "semi_axes_mm": [round(axis, 6) for axis in region.semi_axes],
        "angle_deg": region.angle_deg,
        "volume_ml": round(region.volume_ml, 6),
        "adc_um2_s": None if region.kind is RegionKind.SUSCEPTIBILITY else region.adc,
    }


def truth_of(spec: PatientSpec, patient: DiffusionPatient) -> Truth:
    """Truth of a simulated patient; its slices are those before any fault."""
    infarcts = spec.head.infarcts
    volumes = np.array([region.volume_ml for region in infarcts])
    below = (patient.infarct_fraction > 0) & (patient.adc <= ADC_THRESHOLD) & (patient.adc > 0)
    return Truth(
        patient_id=Study(spec.number).patient_id,
        name=spec.name,
        scanner=spec.scanner,
        variant=spec.variant,
        note=spec.note,
        volume_ml=round(float(volumes.sum()), 6),
        side=side_of(infarcts),
        lesion_count=len(infarcts),
        adc_um2_s=round(float(np.average([r.adc for r in infarcts], weights=volumes)), 3) if infarcts else None,
        lesions=tuple(_describe(region) for region in spec.head.regions),
        sampled_volume_ml=round(patient.geometry.volume_ml(patient.infarct_fraction), 6),
        adc_at_or_below_620_ml=round(patient.geometry.volume_ml(below), 6),
        **asdict(spec.expected),
    )


def simulate_spec(spec: PatientSpec) -> DiffusionPatient:
    """Scan the head of a patient as its scanner would."""
    images = weightings() if spec.variant == BIDS else images_of(spec.variant, ORTHOGONAL)
    acquisition = Acquisition(weightings=images, seed=spec.number, **spec.acquisition)
    return simulate(spec.head, make_slab(**spec.slab), acquisition)


def write_patient(spec: PatientSpec, folder: Path) -> Truth:
    """Generate one patient.

    Args:
        spec: from `demo_patients`, or your own.
        folder: gets a subfolder `spec.name` with the images, and `<spec.name>.truth.json` beside it.

    Returns:
        The truth, as in the file.

    Raises:
        ValueError: an infarct that does not lie wholly inside the brain, so that its volume would not be exact.
    """
    for region in spec.head.infarcts:
        if not lies_in_brain(region, spec.head.scale):
            msg = f"infarct at {region.center} reaches out of the brain"
            raise ValueError(msg)
    patient = simulate_spec(spec)
    target = folder / spec.name
    if spec.variant == BIDS:
        write_bids(patient, target, f"{spec.number:02d}")
    else:
        written = write_study(spec.variant, patient, Study(spec.number), target, spec.options, maps=not spec.fault)
        _FAULTS[spec.fault](written["dwi"])
    truth = truth_of(spec, patient)
    text = json.dumps(asdict(truth), indent=2, sort_keys=True) + "\n"
    (folder / f"{spec.name}.truth.json").write_text(text, "utf-8")
    return truth


def _no_fault(paths: list[Path]) -> None:
    """Leave the files as they are."""


def _remove_slice(paths: list[Path]) -> None:
    """Delete all images of one slice in the middle of the head."""
    import pydicom

    positions = {path: pydicom.dcmread(path, specific_tags=["ImagePositionPatient"]) for path in paths}
    levels = sorted({float(ds.ImagePositionPatient[2]) for ds in positions.values()})
    lost = levels[len(levels) // 2]
    for path, ds in positions.items():
        if float(ds.ImagePositionPatient[2]) == lost:
            path.unlink()


def _remove_b_values(paths: list[Path]) -> None:
    """Delete private tags and the public b value, as a strict de-identification does."""
    import pydicom

    for path in paths:
        ds = pydicom.dcmread(path)
        ds.remove_private_tags()
        for keyword in ("DiffusionBValue", "DiffusionGradientOrientation", "SequenceName"):
            if keyword in ds:
                del ds[keyword]
        ds.save_as(path, enforce_file_format=True)


_FAULTS = {"": _no_fault, "missing_slice": _remove_slice, "no_b_values": _remove_b_values}


def _infarct(volume_ml: float, center, proportions, **options) -> Region:
    return region_of_volume(volume_ml, center, proportions, **options)


def _false_friends() -> tuple[Region, ...]:
    """What looks like an acute infarct on one image and is none."""
    shine = RegionKind.SHINE_THROUGH
    return (
        region_of_volume(4, (-35, -20, 28), (1, 1.2, 1), adc=860, t2_ratio=1.9, kind=shine),
        region_of_volume(5, (34, 30, 26), (1, 1.2, 1), adc=1700, t2_ratio=1.7, kind=RegionKind.OLD_INFARCT),
        region_of_volume(2, (-27, 30, 20), (1, 1, 1), adc=420, t2_ratio=0.15, kind=RegionKind.HEMORRHAGE),
        region_of_volume(3, (-28, -38, -24), (1.2, 1, 0.8), t2_ratio=2.2, kind=RegionKind.SUSCEPTIBILITY),
    )


def demo_patients() -> tuple[PatientSpec, ...]:
    """The patients, in the order of their numbers."""
    oblique = rotated(rotated(AXIAL, "x", 12), "z", 4)
    middle = Head((_infarct(12, (42, 5, 24), (1, 1.4, 1), adc=450),))
    large = Head((_infarct(35, (-40, 2, 18), (1, 1.5, 1), adc=430, angle_deg=6), _false_friends()[1]))
    scattered = (
        _infarct(2.0, (36, -20, 30), (1, 1, 1), adc=480),
        _infarct(1.6, (42, 20, 20), (1, 1.2, 0.9), adc=440),
        _infarct(1.4, (30, 45, 28), (1, 1, 1), adc=460),
    )
    malignant = Head((_infarct(80, (40, 6, 16), (1, 1.75, 1.15), adc=400),))
    lacune = Head((_infarct(1.5, (-24, 10, 34), (1, 1.2, 1), adc=470),))
    both_sides = Head(
        (_infarct(5, (-38, 10, 24), (1, 1.3, 0.9), adc=440), _infarct(3, (30, 20, 30), (1, 1.2, 1), adc=500))
    )
    moved = {"motion_mm": (1.5, 2.0, 0.0), "motion_deg": 1.5}
    patients = (
        ("ge", "GE SIGNA Pioneer", "ge", middle, {"note": "one slice per file; b with the bias of 1e9"}),
        ("siemens", "Siemens Prisma E11", "siemens_mosaic", large, {"note": "mosaic, oblique; old infarct beside the new", "slab": {"orientation": oblique, "slices": 28}}),
        ("philips", "Philips Elition 5.7", "philips", Head(scattered), {"note": "three foci; b0 and DWI on different scales"}),
        ("siemens_xa", "Siemens Prisma XA30", "siemens_xa", malignant, {"note": "multi-frame; head moved after b0", "acquisition": moved}),
        ("uih", "UIH uMR 770", "uih_mosaic", lacune, {"note": "VFRAME mosaic; actual b 930 at nominal 1000"}),
        ("canon", "Canon Galan 3T", "canon_enhanced", Head(_false_friends()), {"note": "no acute infarct: shine-through, old infarct, hemorrhage, susceptibility"}),
        ("tilted", "Siemens Prisma E11", "siemens_slices", Head((_infarct(20, (38, -15, 26), (1, 1.3, 1), adc=450),)), _tilted()),
        ("bids", "NIfTI (BIDS)", BIDS, both_sides, {"note": "both hemispheres"}),
        ("refuse_missing_slice", "Philips Elition 5.7", "philips", large, _missing_slice()),
        ("refuse_no_b", "GE SIGNA Pioneer", "ge", middle, _no_b()),
    )  # fmt: skip
    return tuple(
        PatientSpec(number, f"{number:02d}_{name}", scanner, variant, head, **more)
        for number, (name, scanner, variant, head, more) in enumerate(patients, start=1)
    )


def _tilted() -> dict[str, Any]:
    slab = {"tilt_deg": 15.0, "step_mm": 5.2, "thickness_mm": 4.0, "reverse": True}
    note = "slices tilted by 15 degrees against their stack, with gaps, numbered from the top, files in random order"
    return {"note": note, "slab": slab, "options": Options(shuffle_seed=7)}


def _missing_slice() -> dict[str, Any]:
    expected = Expected("refuse", "G06", "one slice in the middle is missing")
    return {"note": "one slice deleted", "fault": "missing_slice", "expected": expected}


def _no_b() -> dict[str, Any]:
    expected = Expected("refuse", "B01", "no tag holds a b value")
    return {
        "note": "private tags and b removed, as by a strict de-identification",
        "fault": "no_b_values",
        "expected": expected,
    }


def with_noise(spec: PatientSpec, snr: float | None) -> PatientSpec:
    """The same patient at another signal-to-noise ratio; None for no noise."""
    return replace(spec, acquisition=spec.acquisition | {"snr": snr})
