"""Perfusion patients of the demonstration: DSC with DWI, CT perfusion, a truncated scan, one without contrast; all with truth.

Truth of the hypoperfusion volume is the exact volume of the tissue with the delay of penumbra or core. The lesions are `CLEAR`:
no tissue has a Tmax near 6 s or an rCBF near 0.30, so that this is what Tmax > 6 s must find; see `perfusion_brain`.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .anatomy import Head, Region
from .diffusion_patient import ORTHOGONAL, Acquisition, DiffusionPatient
from .grids import make_slab
from .patients import ADC_THRESHOLD, Expected, Truth, side_of
from .perfusion_brain import CLEAR, ERLANGEN, PerfusionBrain, PerfusionPatient, matching_diffusion, simulate_perfusion
from .perfusion_curves import Injection
from .perfusion_dicom import write_perfusion
from .perfusion_motion import HeadMotion, step, volume_center
from .perfusion_protocol import Protocol, ctp, dsc
from .perfusion_tissue import make_lesion
from .vendor_dicom import Options, Study, images_of, write_study


@dataclass(frozen=True)
class DiffusionScan:
    """Diffusion scan of a perfusion patient.

    Args:
        variant: key of `vendor_dicom.VARIANTS`.
        slab: arguments of `make_slab`.
        shift_mm, turn_deg: how the head lies in it, against the perfusion scan: LPS and about the LPS axes, about the center of
            the perfusion scan.
        adc: of the core in um2/s.
        t2_ratio: b0 signal of the core over that of gray matter; None for that of the lesion.
        beside: regions that are no core, such as an abscess; they must not overlap it.
    """

    variant: str
    slab: dict[str, Any]
    shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    adc: float = 450.0
    t2_ratio: float | None = None
    beside: tuple[Region, ...] = ()


@dataclass(frozen=True)
class PerfusionSpec:
    """One patient to generate.

    Args:
        number: 1 to 99; makes identity, UIDs and noise.
        name: folder.
        scanner: in words, for a table.
        variant: key of `perfusion_dicom.PERFUSION_VARIANTS`, or "bids".
        brain: with its lesion.
        slab: arguments of `make_slab`.
        protocol: of the perfusion scan; its seed is the number.
        diffusion: of the same patient, None for none.
        motion: during the perfusion scan.
        options: how DICOM is written.
        expected: what a measurement must do; the issue of one that measures must stand beside the numbers.
        note: what is special.
    """

    number: int
    name: str
    scanner: str
    variant: str
    brain: PerfusionBrain
    slab: dict[str, Any]
    protocol: Protocol
    diffusion: DiffusionScan | None = None
    motion: HeadMotion | None = None
    options: Options = Options()
    expected: Expected = Expected()
    note: str = ""


@dataclass(frozen=True)
class PerfusionPatientTruth(Truth):
    """What is known about a perfusion patient: as of a diffusion patient, `volume_ml` being that of the core, and more.

    Args:
        kind: "dsc" or "ctp".
        hypoperfusion_ml: exact volume of tissue with the delay of penumbra or core, core included.
        core_ml: exact volume of the core.
        mismatch_ml: difference; mismatch_ratio: quotient, None where the core is 0.
        core_from: "ADC" where there is a diffusion scan, else "rCBF".
        perfusion_to_diffusion: 4 x 4, LPS mm, from the head in the perfusion scan to that in the diffusion scan; None without.
        largest_motion_mm: of the center of the volume during the perfusion scan.
    """

    kind: str = ""
    hypoperfusion_ml: float = 0.0
    core_ml: float = 0.0
    mismatch_ml: float = 0.0
    mismatch_ratio: float | None = None
    core_from: str = ""
    perfusion_to_diffusion: tuple[tuple[float, ...], ...] | None = None
    largest_motion_mm: float = 0.0


def _displacement(spec: PerfusionSpec) -> np.ndarray:
    geometry = make_slab(**spec.slab).geometry
    moved = step(1, 0, spec.diffusion.shift_mm, spec.diffusion.turn_deg)
    return moved.matrices(volume_center(geometry))[0]


def _lesions(spec: PerfusionSpec) -> tuple[dict[str, Any], ...]:
    lesion = spec.brain.lesion
    parts = {"hypoperfusion": lesion.hypoperfused, "core": lesion.core} if lesion else {}
    return tuple(
        {
            "kind": name,
            "side": side_of((region,)),
            "center_lps_mm": list(region.center),
            "semi_axes_mm": [round(axis, 6) for axis in region.semi_axes],
            "volume_ml": round(region.volume_ml, 6),
        }
        for name, region in parts.items()
        if region is not None
    )


def _below_threshold_ml(diffusion: DiffusionPatient | None) -> float:
    if diffusion is None:
        return 0.0
    below = (diffusion.infarct_fraction > 0) & (diffusion.adc <= ADC_THRESHOLD) & (diffusion.adc > 0)
    return diffusion.geometry.volume_ml(below)


def truth_of_perfusion(
    spec: PerfusionSpec, patient: PerfusionPatient, diffusion: DiffusionPatient | None = None
) -> PerfusionPatientTruth:
    """Truth of a simulated patient."""
    volumes = {name: round(value, 6) for name, value in spec.brain.volumes_ml().items()}
    hypo, core = volumes["hypoperfusion"], volumes["core"]
    lesion = spec.brain.lesion
    moved = np.linalg.norm(spec.motion.translations_mm, axis=1).max() if spec.motion else 0.0
    matrix = _displacement(spec).round(9).tolist() if spec.diffusion else None
    return PerfusionPatientTruth(
        patient_id=Study(spec.number).patient_id,
        name=spec.name,
        scanner=spec.scanner,
        variant=spec.variant,
        note=spec.note,
        volume_ml=core,
        side=side_of((lesion.hypoperfused,)) if lesion else "none",
        lesion_count=int(core > 0),
        adc_um2_s=spec.diffusion.adc if spec.diffusion and core else None,
        lesions=_lesions(spec),
        sampled_volume_ml=round(patient.truth.sampled_volumes_ml["core"], 6),
        adc_at_or_below_620_ml=round(_below_threshold_ml(diffusion), 6),
        **asdict(spec.expected),
        kind=spec.protocol.kind,
        hypoperfusion_ml=hypo,
        core_ml=core,
        mismatch_ml=round(hypo - core, 6),
        mismatch_ratio=round(hypo / core, 6) if core else None,
        core_from="ADC" if spec.diffusion else "rCBF",
        perfusion_to_diffusion=tuple(tuple(row) for row in matrix) if matrix else None,
        largest_motion_mm=round(float(moved), 6),
    )


def simulate_perfusion_spec(spec: PerfusionSpec) -> PerfusionPatient:
    """Scan the brain of a patient as its scanner would."""
    return simulate_perfusion(spec.brain, make_slab(**spec.slab), spec.protocol, spec.motion)


def simulate_diffusion_spec(spec: PerfusionSpec) -> DiffusionPatient | None:
    """Diffusion scan of the same patient, None where the patient has none."""
    scan = spec.diffusion
    if scan is None:
        return None
    how = Acquisition(weightings=images_of(scan.variant, ORTHOGONAL), seed=spec.number)
    head = _diffusion_head(spec.brain, scan)
    return matching_diffusion(spec.brain, make_slab(**scan.slab), how, head=head, displacement=_displacement(spec))


def _diffusion_head(brain: PerfusionBrain, scan: DiffusionScan) -> Head:
    head = brain.diffusion_head(scan.adc)
    core = head.regions if scan.t2_ratio is None else tuple(replace(r, t2_ratio=scan.t2_ratio) for r in head.regions)
    return replace(head, regions=(*core, *scan.beside))


def write_perfusion_patient(spec: PerfusionSpec, folder: Path) -> PerfusionPatientTruth:
    """Generate one patient.

    Args:
        spec: from `perfusion_demo_patients`, or your own.
        folder: gets a subfolder `spec.name` with the images, and `<spec.name>.truth.json` beside it.

    Returns:
        The truth, as in the file.
    """
    target, study = folder / spec.name, Study(spec.number)
    patient = simulate_perfusion_spec(spec)
    write_perfusion(spec.variant, patient, study, target / "perfusion", spec.options)
    diffusion = simulate_diffusion_spec(spec)
    if diffusion is not None:
        write_study(spec.diffusion.variant, diffusion, study, target, spec.options)
    truth = truth_of_perfusion(spec, patient, diffusion)
    text = json.dumps(asdict(truth), indent=2, sort_keys=True) + "\n"
    (folder / f"{spec.name}.truth.json").write_text(text, "utf-8")
    return truth


MR_SLAB = {"slices": 17, "rows": 104, "columns": 104, "pixel_mm": 2.2, "step_mm": 6.5, "center": (0.0, 0.0, 8.0)}
CT_SLAB = {"slices": 12, "rows": 128, "columns": 128, "pixel_mm": 1.72, "step_mm": 8.0, "center": (0.0, 0.0, 8.0)}


def _brain(hypoperfusion_ml: float, core_ml: float, side: str, **options: Any) -> PerfusionBrain:
    lesion = make_lesion(hypoperfusion_ml, core_ml, side=side, **CLEAR)
    return PerfusionBrain(lesion=lesion, physiology=ERLANGEN, recirculation=True, **options)


def perfusion_demo_patients(first: int = 11) -> tuple[PerfusionSpec, ...]:
    """The patients, numbered from `first`."""
    diffusion = DiffusionScan(
        "siemens_mosaic",
        {"slices": 25, "rows": 104, "columns": 104, "pixel_mm": 2.2, "step_mm": 5.0},
        shift_mm=(2.0, -1.5, 1.0),
        turn_deg=(0.0, 0.0, 2.0),
    )
    moved = step(50, 14, (0.0, -1.5, 0.5), (1.0, 0.0, 0.0))
    late = _brain(80, 30, "left", injections=(Injection(14.0),))
    patients = (
        ("dsc_dwi", "Siemens Prisma E11", "siemens_dsc_mosaic", _brain(90, 25, "left", injections=(Injection(13.0),)), MR_SLAB, dsc(frames=50, seed=first, slice_order="interleaved"), {"diffusion": diffusion, "motion": moved, "note": "DSC and DWI; head moved during the bolus and between the scans; slices interleaved"}),
        ("ctp", "GE Revolution CT", "ge_ctp", _brain(95, 40, "right"), CT_SLAB, ctp(frames=40, noise=1.2, seed=first + 1, slice_order="shuttle"), {"note": "CT perfusion; table shuttles between two positions"}),
        ("ctp_truncated", "Canon Aquilion ONE", "canon_ctp", late, CT_SLAB, ctp(frames=26, noise=1.2, seed=first + 2), _truncated()),
        ("refuse_no_contrast", "GE SIGNA Pioneer", "ge_dsc", _brain(80, 20, "left", injections=()), MR_SLAB | {"slices": 8, "step_mm": 12.0}, dsc(frames=40, seed=first + 3), _no_contrast()),
    )  # fmt: skip
    return tuple(
        PerfusionSpec(number, f"{number:02d}_{name}", scanner, variant, brain, slab, protocol, **more)
        for number, (name, scanner, variant, brain, slab, protocol, more) in enumerate(patients, start=first)
    )


def _truncated() -> dict[str, Any]:
    expected = Expected("measure", "D05", "the scan ends soon after the bolus came")
    return {"note": "one series per volume; scan ends 23 s after the bolus came", "expected": expected}


def _no_contrast() -> dict[str, Any]:
    expected = Expected("refuse", "D01", "no contrast agent arrives")
    return {"note": "the injection failed", "expected": expected}
