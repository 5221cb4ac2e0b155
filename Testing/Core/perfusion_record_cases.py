"""Small records of perfusion with known content: maps of few values, lesions that are boxes, curves that are numbers by hand."""

from dataclasses import replace

import numpy as np
from record_cases import EVEN, box, case_record, grid

from strokequant.biomarkers.mismatch import penumbra_mask
from strokequant.biomarkers.perfusion_measures import not_measured, perfusion_measurements
from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.perfusion_types import (
    Answer,
    Bolus,
    ClauseResult,
    LesionCandidate,
    Lesions,
    MotionTrace,
    PerfusionMaps,
    PerfusionResult,
    Reference,
    RuleResult,
    TimeAudit,
    Vessel,
    VesselCurve,
    Vessels,
)
from strokequant.settings import Settings
from strokequant.types import CaseRecord, InputRef, Mask, QuantityMap, Role, Series, Status, Verdict, Volume

DYNAMIC_UID = "1.2.826.0.1.3680043.8.498.2001"
REF = InputRef(DYNAMIC_UID, "ef" * 32, "ctp")
A03 = Issue("A03", Level.WARN, "arrives 1.2 s late", "at most 1 s", "choose an earlier artery")
T07 = Issue("T07", Level.WARN, "a step of 3 s after frame 4", "even steps", "", "series 0007")
M07 = Issue("M07", Level.WARN, "not registered", "a registration")
S05P = Issue("S05", Level.WARN, "automatic perfusion lesions, not signed by a reader")
TIMES = (0.0, 1.5, 3.0, 4.5, 7.5, 9.0, 10.5, 12.0)
AIF = (0.0, 0.1, 0.0, 0.5, 20.0, 8.0, 3.0, 2.0)
VOF = (0.0, 0.0, 0.1, 0.0, 4.0, 16.0, 9.0, 5.0)
BRAIN = (0.0, 0.0, 0.0, 0.2, 1.0, 1.8, 1.2, 0.6)
LESION = {"k": (2, 4), "j": (6, 12), "i": (9, 13)}
SEVERE = {"k": (2, 4), "j": (8, 11), "i": (10, 13)}
CORE = {"k": (2, 4), "j": (9, 11), "i": (10, 12)}


def boxes(geometry: Geometry, *, lesion=True, core=True) -> dict[str, np.ndarray]:
    none = np.zeros(geometry.shape, bool)
    found = {"brain": box(geometry, (0, geometry.shape[0]), (2, geometry.shape[1] - 2), (2, geometry.shape[2] - 2))}
    found["lesion"] = box(geometry, **LESION) if lesion else none
    found["severe"] = box(geometry, **SEVERE) if lesion else none
    found["core"] = box(geometry, **CORE) if lesion and core else none
    found["mirror"] = box(geometry, (1, 5), (6, 14), (3, 7))
    return found


def maps_of(geometry: Geometry, parts: dict[str, np.ndarray]) -> dict[str, QuantityMap]:
    """Tmax 2, 7 and 11 s; CBF 50, 25 and 10; CBV 4 and 1; MTT 4.8 and 6 s."""
    brain, lesion, severe, core = (parts[name] for name in ("brain", "lesion", "severe", "core"))
    values = {
        "tmax": ("s", np.where(severe, 11.0, np.where(lesion, 7.0, 2.0))),
        "cbf": ("ml/[100]g/min", np.where(core, 10.0, np.where(lesion, 25.0, 50.0))),
        "cbv": ("ml/[100]g", np.where(core, 1.0, 4.0)),
        "mtt": ("s", np.where(core, 6.0, 4.8)),
        "ttp": ("s", np.where(lesion, 9.0, 3.0)),
        "rcbf": ("{ratio}", np.where(core, 0.2, np.where(lesion, 0.5, 1.0))),
        "rcbv": ("{ratio}", np.where(core, 0.25, 1.0)),
    }
    return {
        name: QuantityMap(
            np.where(brain, numbers, 0).astype(np.float32),
            brain,
            geometry,
            unit,
            name,
            "cSVD",
            {"threshold": 0.2},
            {},
            (REF,),
        )
        for name, (unit, numbers) in values.items()
    }


def lesions_of(geometry: Geometry, parts: dict[str, np.ndarray], *, core_source="rCBF") -> Lesions:
    masks = {
        s: Mask(parts["severe" if s > 7 else "lesion"], geometry, f"hypoperfusion_{s:g}s", f"Tmax > {s:g} s")
        for s in (4.0, 6.0, 8.0, 10.0)
    }
    flow = Mask(parts["core"], geometry, "perfusion_core", "rCBF < 0.3", {"rcbf": 0.3})
    core = (
        flow if core_source == "rCBF" else replace(flow, name="infarct_core", method="ADC, registered", parameters={})
    )
    ml = geometry.volume_ml(parts["lesion"])
    candidates = (
        LesionCandidate(
            1, int(parts["lesion"].sum()), ml, 8.5, 0.4, 0.1, 0.2, (7.5, -1.0, 12.0), "left", (2, 3), True, ("large",)
        ),
        LesionCandidate(2, 3, 0.06, 7.0, None, 0.9, 1.0, (-9.0, 5.0, 5.0), "right", (1, 1), False, ("mostly vessel",)),
    )
    speck = np.zeros(geometry.shape, bool)
    speck[1:2, 4, 3:6] = True
    return Lesions(
        masks,
        core,
        core_source,
        "left",
        {"threshold": ml + 0.06, "clusters": ml},
        candidates=candidates if parts["lesion"].any() else (),
        labels=(parts["lesion"] + 2 * (speck & ~parts["lesion"])).astype(np.int32),
        rcbf_cores=dict.fromkeys((0.2, 0.3, 0.34, 0.38), flow),
        volume_bands_ml={"Tmax 6": (0.9 * ml, 1.1 * ml)},
    )


def vessel(kind: Vessel, values, voxels, *, rejected="", issues=(), **scores) -> VesselCurve:
    values = np.array(values, np.float32)
    return VesselCurve(
        kind,
        values,
        np.array(TIMES),
        np.array(voxels),
        (-13.0, -14.0, 5.0),
        "automatic",
        scores,
        rejected,
        "right",
        issues,
    )


def vessels_of() -> Vessels:
    aif = vessel(
        Vessel.AIF,
        AIF,
        [(1, 5, 8), (1, 5, 9), (1, 6, 8)],
        issues=(A03,),
        peak=20.0,
        arrival_s=5.1,
        fwhm_s=3.3,
        rank_sum=4.0,
        odd=np.nan,
    )
    bad = vessel(Vessel.AIF, [v / 2 for v in AIF], [(2, 5, 8)], rejected="flat top: 3 frames", peak=10.0)
    vof = vessel(Vessel.VOF, VOF, [(1, 16, 8), (1, 16, 9)], peak=16.0)
    return Vessels(aif, vof, (aif, bad), (vof,), 1.25)


def rules() -> tuple[RuleResult, ...]:
    clauses = (
        ClauseResult("core_ml", "core < 70 mL", Answer.PASS, 0.16, 69.84, 69.84, limit="< 70 mL"),
        ClauseResult(
            "mismatch_ml", "mismatch >= 15 mL", Answer.FAIL, 0.8, -14.2, 14.2, unconfirmed=True, limit=">= 15 mL"
        ),
        ClauseResult("hours", "6 to 16 h", Answer.UNKNOWN, limit="6 to 16 h"),
    )
    return (
        RuleResult("DEFUSE3", "1.0", "NEJM 2018;378:708", Answer.FAIL, clauses, 14.2, comparable=False),
        RuleResult("DAWN", "1.0", "NEJM 2018;378:11", Answer.UNKNOWN, clauses[2:]),
    )


def result_of(stages: dict, **changes) -> PerfusionResult:
    """Perfusion with times, motion, curves and rules by hand."""
    n = len(TIMES)
    moved = np.zeros((n, 3))
    moved[5] = (0.5, -2.0, 0.25)
    content = {
        "kind": "ctp",
        "time_audit": TimeAudit(
            Verdict.MEASURE_WITH_NOTE,
            "Acquisition Time (0008,0032)",
            n,
            12.0,
            1.5,
            1.5,
            3.0,
            False,
            long_steps=(3,),
            issues=(T07,),
        ),
        "motion": MotionTrace(
            moved,
            moved / 10,
            np.linalg.norm(moved, axis=1),
            np.zeros(n),
            rejected=(5,),
            reference=(0, 1, 2),
            corrected=True,
        ),
        "bolus": Bolus(0, 3, 4, 5, np.linspace(100, 90, n)),
        "vessels": vessels_of(),
        "brain_curve": np.array(BRAIN),
        "times_s": np.array(TIMES),
        "rules": rules(),
        "bands": {
            "hypoperfusion_6s_volume": {"artery 2": 1.0, "noise 1": 0.9},
            "mismatch_ratio": {"artery 2": 6.0, "noise 1": 5.5},
        },
        "parameters": {"deconvolution": {"method": "cSVD", "threshold": 0.2, "kappa": 0.7333, "rho_g_ml": 1.04}},
        "issues": (T07, A03),
    }
    return PerfusionResult(**{**content, **stages, **changes})


def dynamic_series() -> Series:
    return Series(
        "0007", DYNAMIC_UID, "CT", Role.CTP, ("8 times at every position",), (), shape=(20, 16), issues=(T07,)
    )


def reference_of(geometry: Geometry, parts) -> Reference:
    mask = Mask(parts["mirror"], geometry, "reference_tissue", "contralateral")
    return Reference(mask, "contralateral mean, right side, without CSF and vessels", "right", 50.0, 4.0, 3.0, 4.8)


def perfusion_record(
    geometry: Geometry | None = None,
    *,
    lesion=True,
    core=True,
    core_source="rCBF",
    base: CaseRecord | None = None,
    **changes,
) -> CaseRecord:
    """A measured record, with diffusion where `base` has it.

    Args:
        geometry: grid of perfusion.
        lesion, core: whether there is any.
        core_source: "rCBF" or "ADC"; the ADC core is that of `base`.
        base: record that perfusion is added to; one without diffusion where None.
        changes: of the `PerfusionResult`.
    """
    geometry = grid(EVEN) if geometry is None else geometry
    parts = boxes(geometry, lesion=lesion, core=core)
    maps = maps_of(geometry, parts)
    lesions = lesions_of(geometry, parts, core_source=core_source)
    reference = reference_of(geometry, parts)
    known = PerfusionMaps(*(maps[name] for name in ("cbf", "cbv", "mtt", "tmax", "ttp")))
    adc_volume = next((m for m in base.measurements if m.id == "infarct_core_volume"), None) if base else None
    found = perfusion_measurements(
        known,
        lesions,
        reference,
        parts["brain"],
        core_volume=adc_volume if core_source == "ADC" else None,
        issues=(S05P, A03, T07),
    )
    masks = {m.name: m for m in lesions.hypoperfusion.values()}
    masks |= {
        "perfusion_brain": Mask(parts["brain"], geometry, "perfusion_brain", "levels"),
        "reference_tissue": reference.mask,
        "mismatch": penumbra_mask(lesions.hypoperfusion[6.0], lesions.core),
        "perfusion_core": lesions.rcbf_cores[0.3],
    }
    masks |= {"mismatch_core": replace(lesions.core, name="mismatch_core")} if core_source == "ADC" else {}
    image = Volume(np.where(parts["brain"], 40.0, 0.0).astype(np.float32), geometry, "[hnsf'U]", "attenuation", REF)
    record = base or _empty()
    return replace(
        record,
        series=(*record.series, dynamic_series()),
        used={**record.used, "ctp": "0007"},
        measurements=(*record.measurements, *found),
        issues=(*record.issues, T07, A03, S05P),
        inputs=(*record.inputs, REF),
        maps={**record.maps, **maps},
        masks={**record.masks, **masks},
        images={**record.images, "perfusion": image},
        configuration={**record.configuration, **Settings().describe()},
        perfusion=result_of({"lesions": lesions, "reference": reference}, **changes),
    )


def _empty() -> CaseRecord:
    return CaseRecord("case07", "baseline", (), {}, {}, (), (), software={"strokequant": "0.1.0"})


def refused_perfusion() -> CaseRecord:
    """No bolus: times were audited, nothing else was reached."""
    stop = Issue("D01", Level.STOP, "the mean of the brain does not change", "a bolus", "check the injection")
    record = _empty()
    result = PerfusionResult(
        "ctp", time_audit=TimeAudit(Verdict.MEASURE, "Acquisition Time (0008,0032)", 8, 12.0, 1.5, 1.5, 3.0, False)
    )
    return replace(
        record,
        series=(dynamic_series(),),
        used={"ctp": "0007"},
        measurements=not_measured(Status.NOT_EVALUABLE, (stop,)),
        issues=(stop, T07),
        perfusion=result,
    )


def with_diffusion(**options) -> CaseRecord:
    """Diffusion core 0.48 mL with its warning U01, and perfusion whose mismatch uses it."""
    return perfusion_record(core_source="ADC", base=case_record(), **options)
