"""The demonstration: synthetic patients with known truth, written as DICOM and measured like any others."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..dicomio.scan import scan
from ..synthetic.patients import PatientSpec, Truth, demo_patients, write_patient
from .discover import discover_cases
from .progress import Progress
from .run import Outcome, run_cases


def run_demo(
    out: Path, *, specs: Sequence[PatientSpec] | None = None, jobs: int = 1, progress: Progress | None = None
) -> tuple[list[dict[str, Any]], tuple[Outcome, ...]]:
    """Generate patients below OUT/patients, measure them into OUT/records.

    Args:
        out: folder; earlier patients of the same name are replaced.
        specs: patients; the standard ones by default.

    Returns:
        One row per patient (case, scanner, truth_ml, measured_ml, outcome, expected, as_expected), and the outcomes.
    """
    progress = progress or Progress(quiet=True)
    patients, records = out / "patients", out / "records"
    specs = demo_patients() if specs is None else specs
    truths = []
    for number, spec in enumerate(specs, 1):
        truths.append(write_patient(spec, patients))
        progress.step(number, len(specs), f"wrote {spec.name}")
    root = patients / specs[0].name if len(specs) == 1 else patients
    found = scan(root, progress=progress.step)
    cases = discover_cases(root, found.series)
    outcomes = run_cases(cases, records, skipped=found.skipped, jobs=jobs, command=["demo"], progress=progress)
    by_case = {_patient_of(outcome.case): outcome for outcome in outcomes}
    return [_row(truth, by_case.get(_patient_of(truth.name)), records) for truth in truths], outcomes


def _patient_of(name: str) -> str:
    """Number that a demo folder or BIDS subject begins with."""
    return name.removeprefix("sub-")[:2]


def _row(truth: Truth, outcome: Outcome | None, records: Path) -> dict[str, Any]:
    volume, codes = _volume_and_codes(records, outcome)
    refused = volume is None
    as_expected = not refused if truth.measurable else refused and truth.issue in codes
    return {
        "case": truth.name,
        "scanner": truth.scanner,
        "truth_ml": truth.volume_ml,
        "measured_ml": volume,
        "outcome": outcome.outcome if outcome else "missing",
        "expected": truth.outcome if truth.measurable else f"{truth.outcome} {truth.issue}",
        "as_expected": as_expected,
    }


def _volume_and_codes(records: Path, outcome: Outcome | None) -> tuple[float | None, set[str]]:
    if outcome is None or not outcome.outputs:
        return None, set()
    record = json.loads((records / outcome.folder / "record.json").read_text(encoding="utf-8"))
    volume = next(m for m in record["measurements"] if m["id"] == "infarct_core_volume")
    return volume["value"], {issue["code"] for issue in volume["issues"]}
