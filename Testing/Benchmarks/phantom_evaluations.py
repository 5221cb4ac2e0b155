"""Phantom analysis against the truth of digital phantoms: poses, faults with sensitivity and specificity, the block object."""

from dataclasses import replace

import numpy as np

from strokequant.phantom.diffusion_session import DiffusionSettings, Stated, analyze_passes
from strokequant.phantom.dwi_object import measure_blocks
from strokequant.phantom.epi_displacement import displacement_against
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.shells import shells_of
from strokequant.phantom.vial_pose import find_pose, vials_of
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.phantom_dicom import anatomy_of
from strokequant.synthetic.phantom_diffusion import (
    ADC_20C,
    B_20C,
    PhantomFaults,
    PhantomScan,
    VialPhantom,
    per_vial,
    simulate,
)
from strokequant.synthetic.phantom_dwi_object import ADC_UM2_S, B_VALUES, BLOCK, NOISE_COLUMNS, SNR, dwi_object
from strokequant.synthetic.phantom_faults import FAULTS, session_of
from strokequant.synthetic.phantom_passes import passes_of
from strokequant.types import Volume

VIALS = load_registry()["digital_diffusion_vials"]
SLAB = make_slab(slices=7, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))
THIN = make_slab(slices=5, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))
"""Of the many sessions with faults."""
_PASSES = 3
CODES = ("Q01", "Q05", "Q06", "Q08", "Q09", "Q10", "Q11", "Q12", "Q13", "Q15", "Q16", "Q22", "Q74", "Q75")
"""Issues that name a fault of a session."""
MILD: dict[str, tuple[str, list[tuple[str, PhantomFaults | dict]]]] = {
    "gradient amplitude": ("Q08", [(f"{100 * g:+.1f} %", PhantomFaults(gradient_scale=1 + g)) for g in (0.005, 0.01, 0.015, 0.02)]),
    "temperature": ("Q10", [(f"{t:+.2f} °C", PhantomFaults(temperature_c=t)) for t in (0.25, 0.5, 0.75, 1.0)]),
    "nonlinearity at 10 cm": ("Q09", [(f"{100 * k:.2f} %", PhantomFaults(nonlinearity=k)) for k in (0.0125, 0.025, 0.0375, 0.05)]),
    "not isothermal, over 60 mm": (
        "Q11", [(f"{60 * t:.2f} °C", PhantomFaults(thermal_gradient_c_per_mm=(0.0, t))) for t in (0.006, 0.012, 0.018, 0.025)]),
    "drift per pass": ("Q12", [(f"{100 * d:.2f} %", PhantomFaults(drift_per_pass=d)) for d in (0.0015, 0.003, 0.0045, 0.006)]),
    "SNR": ("Q13", [(f"{snr:g}", {"snr": float(snr)}) for snr in (60, 50, 40, 30)]),
    "b 1000 is": ("Q15", [(f"{b:g}", PhantomFaults(b_error={1000.0: b})) for b in (1010.0, 1015.0, 1025.0, 1050.0)]),
    "ghost": ("Q16", [(f"{100 * g:g} %", PhantomFaults(ghost=g)) for g in (0.01, 0.02, 0.03, 0.06)]),
}  # fmt: skip
"""Fault -> code and sizes from a quarter of what the catalog holds up to it."""


def pose_of_seed(seed: int) -> tuple[VialPhantom, PhantomScan]:
    """A phantom that lies anyhow: any rotation, either end first, 15 mm off, leaning up to 6°, at 0 or 20 °C."""
    rng = np.random.default_rng(5000 + seed)
    warm = bool(rng.integers(2))
    phantom = VialPhantom(per_vial(ADC_20C), bath_adc=2000.0) if warm else VialPhantom()
    scan = PhantomScan(
        passes=1,
        b_values=B_20C if warm else PhantomScan().b_values,
        roll_deg=float(rng.uniform(0, 360)),
        flipped=bool(rng.integers(2)),
        tilt_deg=float(rng.uniform(-6, 6)),
        center_lps=(*(float(v) for v in rng.uniform(-15, 15, 2)), 0.0),
        slab=SLAB,
        seed=seed,
    )
    return phantom, scan


def random_poses(count: int = 100) -> dict:
    """Phantoms labeled, and the largest distance of a vial from its truth across the axis."""
    labeled, worst, missed = 0, [], []
    vials = vials_of(VIALS.inserts)
    for seed in range(count):
        phantom, scan = pose_of_seed(seed)
        session = simulate(phantom, scan)
        pose = find_pose(shells_of(passes_of(session)[0].dwi), vials)
        if pose is None:
            missed.append(f"{seed}: not found")
            continue
        axis = scan.axes[:, 2]
        away = pose.centers_lps - session.centers_lps
        error = float(np.linalg.norm(away - np.outer(away @ axis, axis), axis=1).max())
        worst.append(error)
        if error <= 1.0:
            labeled += 1
        else:
            missed.append(f"{seed}: {error:.2f} mm")
    return {
        "poses": count,
        "labeled": labeled,
        "median_mm": float(np.median(worst)),
        "largest_mm": max(worst),
        "missed": missed,
    }


def codes_of(session) -> set[str]:
    """Codes of the faults that a session is given."""
    found = analyze_passes(passes_of(session), VIALS, Stated(0.0))
    return {issue.code for issue in found.issues if issue.level in ("STOP", "WARN")}


def displacement_codes(session) -> set[str]:
    """Codes of the comparison with an undistorted scan of the same phantom."""
    vials, settings = vials_of(VIALS.inserts), DiffusionSettings()
    pose = find_pose(shells_of(passes_of(session)[0].dwi), vials)
    if pose is None:
        return set()
    image, slab = anatomy_of(session)
    volume = Volume(image.astype(np.float32), slab.geometry)
    _, issues = displacement_against(volume, "anatomy", pose, "A", vials, settings)
    return {issue.code for issue in issues if issue.level in ("STOP", "WARN")}


def displacement(seeds: int = 20) -> dict:
    """The displaced phantom, and those without displacement."""
    own = [displacement_codes(session_of("displaced", seed, slab=SLAB, passes=1)) for seed in range(seeds)]
    rest = [
        displacement_codes(session_of(name, seed, slab=SLAB, passes=1))
        for name in ("sound", "gradient_high", "low_snr")
        for seed in range(seeds)
    ]
    return {
        "code": "Q17",
        "sensitivity": 100 * np.mean(["Q17" in codes for codes in own]),
        "specificity": 100 * np.mean(["Q17" not in codes for codes in rest]),
        "others": len(rest),
    }


def faults(seeds: int = 20) -> dict[str, dict]:
    """Of every fault: share of the sessions that name it, and share of the sessions without it that do not."""
    sessions = {
        name: [codes_of(session_of(name, seed, slab=THIN, passes=_PASSES)) for seed in range(seeds)]
        for name in FAULTS
        if not FAULTS[name].needs
    }
    rows = {}
    for name, case in FAULTS.items():
        if not case.code or case.needs:
            continue
        own = sessions[name]
        others = [codes for other, many in sessions.items() if _without(case.code, other) for codes in many]
        rows[name] = {
            "code": case.code,
            "sensitivity": 100 * np.mean([case.code in codes for codes in own]),
            "specificity": 100 * np.mean([case.code not in codes for codes in others]),
            "others": len(others),
        }
    rows["displaced"] = displacement(seeds)
    sound = sessions["sound"]
    rows["sound"] = {
        "code": "", "sensitivity": 100 * np.mean([not codes & set(CODES) for codes in sound]), "specificity": float("nan"), "others": 0,
    }  # fmt: skip
    return rows


def _without(code: str, other: str) -> bool:
    """True for a session that neither has the fault nor may show it as its consequence."""
    return FAULTS[other].code != code and code not in FAULTS[other].allowed


def mild_faults(seeds: int = 20) -> dict[str, list[tuple[str, float]]]:
    """Of every fault: size and share of the sessions that name it."""
    rows = {}
    for name, (code, sizes) in MILD.items():
        rows[name] = [
            (words, 100 * np.mean([code in codes_of(_mild(what, seed)) for seed in range(seeds)]))
            for words, what in sizes
        ]
    return rows


def _mild(what: PhantomFaults | dict, seed: int):
    sound = session_of("sound", seed, slab=THIN, passes=_PASSES)
    if isinstance(what, dict):
        return simulate(VialPhantom(), replace(sound.scan, **what))
    return simulate(VialPhantom(), sound.scan, what)


def block_object(seeds: int = 20) -> dict[str, float]:
    """Largest error in % of the mean over seeds, and of single objects, in the rows and columns that the reference names."""
    rows, adc = np.array(SNR[::-1]), np.array(ADC_UM2_S)
    tables = [
        measure_blocks(
            dwi_object(seed), B_VALUES, ADC_UM2_S, block=BLOCK, first_column=NOISE_COLUMNS, cut_off=True
        ).error_percent
        for seed in range(1, seeds + 1)
    ]
    middle = (adc >= 300) & (adc <= 2100)
    single, mean = np.abs(tables), np.abs(np.mean(tables, axis=0))
    named = {"SNR 50 and 100": np.isin(rows, (50, 100)), "SNR 50 to 100": rows >= 50}
    found = {}
    for words, chosen in named.items():
        found[f"{words}, ADC 300 to 2100, mean"] = float(mean[chosen][:, middle].max())
        found[f"{words}, ADC 300 to 2100, 95 % of cells"] = float(np.percentile(single[:, chosen][:, :, middle], 95))
        found[f"{words}, ADC 300 to 2100, worst cell"] = float(single[:, chosen][:, :, middle].max())
    found["SNR 50 to 100, ADC 100, mean"] = float(mean[rows >= 50][:, adc == 100].max())
    return found
