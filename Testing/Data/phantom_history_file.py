"""A history of phantom sessions for tests and pictures: three scanners, the first with an update, the second with a drift."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.history import History
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, PhantomMeasurement, PhantomRecord, PhantomSession, ScannerState
from strokequant.types import Equipment, InputRef

FIRST = ScannerState(Equipment("SIEMENS", "Skyra", "syngo MR XA20", "50001", 3.0), "MR")
"""The scanner of the generated sessions, before its update."""

OTHERS = (
    ScannerState(Equipment("GE", "Artist", "MR29", "70002", 1.5), "MR"),
    ScannerState(Equipment("Philips", "Ingenia", "R5.7", "90003", 3.0), "MR"),
)
NUMBERS = {
    ("adc_bias_percent", "V0"): (None, 0.4, "%"),
    ("adc_roi_sd_percent", "V0"): (1.1, None, "%"),
    ("adc_b_dependence_percent", "V0"): (0.5, None, "%"),
    ("adc_rc", "V0"): (4.0, None, "um2/s"),
    ("adc_wcv_percent", "V0"): (0.13, None, "%"),
    ("snr_b0", "V0"): (120.0, None, "1"),
    ("adc_linearity_slope", ""): (1.003, 0.01, "1"),
    ("adc_linearity_r2", ""): (0.9998, None, "1"),
}
SESSIONS = 23


def writeHistory(path: Path) -> Path:
    """Write it; the last session is of the end of 2025."""
    random = np.random.default_rng(7)
    history = History(path)
    newer = replace(FIRST, equipment=replace(FIRST.equipment, software="syngo MR XA30"))
    for number, scanner in enumerate((FIRST, *OTHERS)):
        for n in range(SESSIONS):
            drift = 0.35 * max(0, n - SESSIONS + 7) if number == 1 else 0.0
            state = newer if number == 0 and n >= SESSIONS - 2 else scanner
            history.add(_record(state, n, 0.2 * number + 0.35 * random.normal() + drift, random))
    return path


def _record(state: ScannerState, n: int, bias: float, random) -> PhantomRecord:
    day = str(np.datetime64("2023-02-10") + 45 * n)
    found = []
    for (metric, insert), (value, uncertainty, unit) in NUMBERS.items():
        number = bias if value is None else value * (1 + 0.004 * random.normal())
        reference = 1109.0 if value is None else None
        found.append(PhantomMeasurement(metric, float(number), unit, insert, uncertainty, reference=reference))
    session = PhantomSession(
        load_registry()["digital_diffusion_vials"],
        state,
        day,
        tuple(found),
        temperature_c=0.0,
        inputs=(InputRef(f"1.2.{state.equipment.serial}.{n}", f"{state.equipment.serial}{n}", "dwi"),),
    )
    verdict = judge(session, criteria_for(PhantomKind.DIFFUSION))
    return PhantomRecord(session, verdict, software={"strokequant": "test"})
