"""Small records with known content for the tests of the record stage."""

from pathlib import Path

import numpy as np

from strokequant.config import AdcConfig, CoreConfig, describe
from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.types import (
    Candidate,
    CaseRecord,
    CoreResult,
    Directionality,
    Equipment,
    Frame,
    GeometryAudit,
    InputRef,
    Mask,
    Measurement,
    QuantityMap,
    Role,
    Series,
    SkippedFile,
    Status,
    Verdict,
    Volume,
)

SHAPE = (6, 20, 16)
DWI_UID = "1.2.826.0.1.3680043.8.498.1001"
ADC_UID = "1.2.826.0.1.3680043.8.498.1002"
TILTED = (1.0, 0.0, 0.0, 0.0, np.cos(np.radians(18.5)), np.sin(np.radians(18.5)))
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
EVEN = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0)
UNEVEN = (0.0, 4.0, 8.0, 15.0, 22.0, 29.0)

U01 = Issue("U01", Level.WARN, "brain median 0.88", "a unit in the header", "look at white matter", "adc")
G05 = Issue("G05", Level.WARN, "gaps 4.00 to 7.00 mm", "even gaps", "", "series 0003")
B01 = Issue("B01", Level.STOP, "no b value in 12 images", "(0018,9087)", "export again", "series 0003")
S05 = Issue("S05", Level.INFO, "not signed")


def grid(z=EVEN, orientation=AXIAL, spacing=(2.0, 2.0), shape=SHAPE) -> Geometry:
    """Slices stacked along z from (-15, -20, z); not perpendicular to them where the orientation is tilted."""
    return Geometry.from_slices([(-15.0, -20.0, p) for p in z], orientation, spacing, shape[1:])


def box(geometry: Geometry, k=(2, 4), j=(8, 12), i=(10, 13)) -> np.ndarray:
    """A block of voxels; by default on the patient's left for an axial grid."""
    values = np.zeros(geometry.shape, bool)
    values[slice(*k), slice(*j), slice(*i)] = True
    return values


def measured(geometry: Geometry, core: np.ndarray) -> tuple[Measurement, ...]:
    volume = geometry.volume_ml(core)
    status = Status.MEASURED if volume else Status.ZERO
    ref = (InputRef(ADC_UID, "cd" * 32, "adc"),)
    adc = Measurement("infarct_core_adc_mean", 450.0, "um2/s", Status.MEASURED, method="mean", inputs=ref)
    none = Measurement("infarct_core_adc_mean", None, "um2/s", Status.NOT_EVALUABLE, method="no voxel in the core")
    return (
        Measurement(
            "infarct_core_volume", volume, "ml", status, 0.9 * volume, 1.2 * volume, "a range", "voxels", ref, (U01,)
        ),
        adc if volume else none,
        Measurement("infarct_core_volume_left", volume, "ml", status, inputs=ref),
        Measurement("infarct_core_volume_right", 0.0, "ml", Status.ZERO, inputs=ref),
        Measurement("brain_volume", None, "ml", Status.MISSING),
    )


def series() -> tuple[Series, ...]:
    values = [(0.0, Directionality.NONE)] * 2 + [(1000.0, Directionality.DIRECTIONAL)] * 3
    frames = tuple(
        Frame(0, n, f"1.2.{n}", b_value=b, b_tag="(0018,9087)", directionality=d) for n, (b, d) in enumerate(values)
    )
    scanner = Equipment("SIEMENS", "Skyra", "E11", "123", 3.0)
    header = {"protocol": "stroke", "patient_name": "DOE^JOHN"}
    files = (Path("/archive/DOE^JOHN/0001.dcm"),)
    return (
        Series(
            "0003",
            DWI_UID,
            "MR",
            Role.DWI,
            ("two b values",),
            files,
            frames,
            SHAPE[1:],
            description="DWI <tra>",
            equipment=scanner,
            header=header,
            patient_key="salted",
        ),
        Series("0004", ADC_UID, "MR", Role.ADC, ("ADC in Image Type",), files, shape=SHAPE[1:]),
        Series("0001", "1.2.3", "MR", Role.LOCALIZER, ("three orientations",), files),
    )


def audit(geometry: Geometry) -> GeometryAudit:
    positions = tuple(geometry.positions)
    issues = () if geometry.is_even else (G05,)
    verdict = Verdict.MEASURE_WITH_NOTE if issues else Verdict.MEASURE
    return GeometryAudit(
        verdict, 0.0, positions, tuple(np.diff(positions)), 5.0, geometry.tilt_deg, missing=(2,), issues=issues
    )


def images(geometry: Geometry, core: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ADC, DWI and brain mask: brain 800, lesion 450, brighter on DWI."""
    brain = box(geometry, (0, geometry.shape[0]), (2, geometry.shape[1] - 2), (2, geometry.shape[2] - 2))
    adc = np.where(core, 450.0, 800.0).astype(np.float32) * brain
    dwi = np.where(brain, 1000 * np.exp(-adc / 1000), 0).astype(np.float32)
    return adc, dwi, brain


def case_record(
    case="case01", timepoint="baseline", *, geometry: Geometry | None = None, lesion=True, **changes
) -> CaseRecord:
    """A whole record: maps, masks, candidates, audits, configuration."""
    geometry = grid() if geometry is None else geometry
    core = box(geometry) if lesion else np.zeros(geometry.shape, bool)
    speck = box(geometry, (1, 2), (4, 5), (4, 5)) if lesion else core
    adc, dwi, brain = images(geometry, core | speck)
    dwi_ref, adc_ref = InputRef(DWI_UID, "ab" * 32, "dwi", ("1.2.1", "1.2.2")), InputRef(ADC_UID, "cd" * 32, "adc")
    adc_map = QuantityMap(
        adc, adc > 0, geometry, "um2/s", "adc", "two-point", {"b": (0, 1000.0)}, {"zero": 3}, (adc_ref,)
    )
    mask = Mask(core, geometry, "infarct_core", "threshold", {"adc_threshold": 620})
    found = [(core, True, "1 mL or more"), (speck, False, "below 1 mL")] if lesion else []
    candidates = tuple(
        Candidate(
            n,
            int(m.sum()),
            geometry.volume_ml(m),
            450.0,
            np.nan if m.sum() == 1 else 3.0,
            4.2,
            (7.5, -1.0, 12.0),
            "left",
            (1, 3),
            kept,
            (why,),
        )
        for n, (m, kept, why) in enumerate(found, 1)
    )
    labels = (core + 2 * (speck & ~core)).astype(np.int32)
    steps = (("threshold", 1.5), ("minimum cluster", geometry.volume_ml(core)))
    content = {
        "case": case,
        "timepoint": timepoint,
        "series": series(),
        "audits": {"0003": audit(geometry)},
        "used": {"dwi": "0003", "adc": "0004"},
        "measurements": measured(geometry, core),
        "issues": (S05, U01),
        "inputs": (dwi_ref, adc_ref),
        "maps": {"adc": adc_map},
        "masks": {"brain": Mask(brain, geometry, "brain", "levels"), "infarct_core": mask},
        "images": {"dwi": Volume(dwi, geometry, source=dwi_ref)},
        "core": CoreResult(mask, labels, candidates, steps),
        "agreement": {"n": 100, "bias": -0.07, "slope": np.float32(0.5), "r": float("nan")},
        "configuration": {"adc": describe(AdcConfig()), "core": describe(CoreConfig())},
        "software": {"strokequant": "0.1.0", "numpy": "2"},
        "skipped": (SkippedFile(Path("/archive/DOE^JOHN/note.txt"), "not an image"),) * 2,
    }
    return CaseRecord(**{**content, **changes})


def refused_record(case="case02") -> CaseRecord:
    """A case with nothing but issues."""
    found = (B01,)
    numbers = tuple(
        Measurement(m, None, "ml", Status.NOT_EVALUABLE, issues=found)
        for m in ("infarct_core_volume", "infarct_core_volume_spline")
    )
    return CaseRecord(case, "baseline", (), {}, {}, numbers, found, software={"strokequant": "0.1.0"})
