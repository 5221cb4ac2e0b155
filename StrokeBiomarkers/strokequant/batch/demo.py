"""The demonstration: synthetic patients with known truth, written as DICOM and measured like any others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..dicomio.scan import scan
from ..synthetic.hemorrhage_patients import (
    HemorrhageSpec,
    HemorrhageTruth,
    hemorrhage_demo_patients,
    write_hemorrhage_patient,
)
from ..synthetic.patients import PatientSpec, Truth, demo_patients, write_patient
from ..synthetic.perfusion_patients import (
    PerfusionPatientTruth,
    PerfusionSpec,
    perfusion_demo_patients,
    write_perfusion_patient,
)
from .discover import discover_cases
from .progress import Progress
from .run import Outcome, run_cases


def run_demo(
    out: Path,
    *,
    specs: Sequence[PatientSpec | PerfusionSpec | HemorrhageSpec] | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> tuple[list[dict[str, Any]], tuple[Outcome, ...]]:
    """Generate patients below OUT/patients, measure them into OUT/records.

    Args:
        out: folder; earlier patients of the same name are replaced.
        specs: patients; the standard ones by default.

    Returns:
        One row per patient and measure (case, scanner, measure, truth_ml, measured_ml, outcome, expected, as_expected), and the
        outcomes.
    """
    progress = progress or Progress(quiet=True)
    patients, records = out / "patients", out / "records"
    specs = (*demo_patients(), *perfusion_demo_patients(), *hemorrhage_demo_patients()) if specs is None else specs
    truths = []
    for number, spec in enumerate(specs, 1):
        truths.append(_writer_of(spec)(spec, patients))
        progress.step(number, len(specs), f"wrote {spec.name}")
    root = patients / specs[0].name if len(specs) == 1 else patients
    found = scan(root, progress=progress.step)
    cases = discover_cases(root, found.series)
    outcomes = run_cases(cases, records, skipped=found.skipped, jobs=jobs, command=["demo"], progress=progress)
    by_case = {_patient_of(outcome.case): outcome for outcome in outcomes}
    rows = [
        _row(truth, measure, volume, by_case.get(_patient_of(truth.name)), records)
        for truth in truths
        for measure, volume in _measures(truth)
    ]
    return rows, outcomes


def _writer_of(spec: PatientSpec | PerfusionSpec | HemorrhageSpec):
    if isinstance(spec, HemorrhageSpec):
        return write_hemorrhage_patient
    return write_perfusion_patient if isinstance(spec, PerfusionSpec) else write_patient


def _patient_of(name: str) -> str:
    """Number that a demo folder or BIDS subject begins with."""
    return name.removeprefix("sub-")[:2]


def _measures(truth: Truth) -> tuple[tuple[str, float], ...]:
    """Measures that are compared with the truth, and the true mL."""
    if isinstance(truth, HemorrhageTruth):
        return (("ich_volume", truth.volume_ml),)
    if not isinstance(truth, PerfusionPatientTruth):
        return (("infarct_core_volume", truth.volume_ml),)
    return ("hypoperfusion_6s_volume", truth.hypoperfusion_ml), ("mismatch_core_volume", truth.core_ml)


def _row(truth: Truth, measure: str, true_ml: float, outcome: Outcome | None, records: Path) -> dict[str, Any]:
    volume, codes = _volume_and_codes(records, outcome, measure)
    refused = volume is None
    told = not truth.issue or truth.issue in codes
    return {
        "case": truth.name,
        "scanner": truth.scanner,
        "measure": measure,
        "truth_ml": true_ml,
        "measured_ml": volume,
        "outcome": outcome.outcome if outcome else "missing",
        "expected": " ".join(filter(None, (truth.outcome, truth.issue))),
        "as_expected": told and refused is not truth.measurable,
    }


def _volume_and_codes(records: Path, outcome: Outcome | None, measure: str) -> tuple[float | None, set[str]]:
    if outcome is None or not outcome.outputs:
        return None, set()
    record = json.loads((records / outcome.folder / "record.json").read_text(encoding="utf-8"))
    found = next((m for m in record["measurements"] if m["id"] == measure), None)
    return (None, set()) if found is None else (found["value"], {issue["code"] for issue in found["issues"]})
