"""A whole DWI case from DICOM to record: the command, every stage of it, and the start of the program.

    python Testing/Benchmarks/bench_case.py [--repeat N]

Every case is a generated patient with one infarct of 12 mL, written as one file per slice: b0, three directions of b 1000, and the
ADC map of the scanner. The command is timed with the start of Python. Stages are timed inside one process each, first run, so that
imports at the point of use are in them; shown is the median over the processes of the processor time of all threads, which other work
on the machine disturbs less than the clock on the wall. "record" is maps, masks and record.json; the report is built once more to
time it alone and taken out of "record".
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from common import LIBRARY, Result, machine, measure, measure_program, table

CASES = {
    "128 x 128 x 26 x 4": {"slices": 26, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 5.0},
    "192 x 192 x 32 x 4": {"slices": 32, "rows": 192, "columns": 192, "pixel_mm": 1.2, "step_mm": 4.5},
    "112 x 112 x 73 x 4": {"slices": 73, "rows": 112, "columns": 112, "pixel_mm": 2.0, "step_mm": 2.0},
}
TRUTH_ML = 12.0
STAGES = ("scan", "audit", "read", "align", "adc", "brain", "core", "interval", "measures", "record", "report", "DICOM")


def write_case_files(folder: Path, slab: dict) -> int:
    """Generate the patient of a case; number of files."""
    from strokequant.synthetic.anatomy import Head, region_of_volume
    from strokequant.synthetic.patients import PatientSpec, write_patient

    head = Head((region_of_volume(TRUTH_ML, (42, 5, 24), (1, 1.4, 1), adc=450),))
    write_patient(PatientSpec(1, "case", "GE", "ge", head, slab), folder)
    return len(list(folder.rglob("*.dcm")))


class Clock:
    """Processor time in seconds by stage: `start` ends the stage before."""

    def __init__(self):
        self.seconds = {}
        self._name, self._began = "", 0.0

    def start(self, name: str) -> None:
        """Begin a stage; an empty name only ends the one before."""
        now = time.process_time()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._began
        self._name, self._began = name, time.process_time()


def stages(folder: str, out: str):
    """Target: the stages of one case, one after the other as the command walks them."""

    def call() -> dict:
        clock = Clock()
        clock.start("imports")
        from strokequant.batch.core_case import measure_core
        from strokequant.batch.discover import discover_cases
        from strokequant.dicomio.scan import scan
        from strokequant.record.case_record import record_to_dict, write_case
        from strokequant.record.dicom_out import write_dicom
        from strokequant.record.report import report_page

        clock.start("scan")
        (case,) = discover_cases(Path(folder), scan(Path(folder)).series)
        record = measure_core(case, stage=clock.start)
        clock.start("record")
        write_case(record, Path(out))
        clock.start("DICOM")
        write_dicom(record, Path(out), now=datetime(2024, 1, 15, 8, 30))
        clock.start("")
        data = record_to_dict(record, hashes={})
        clock.start("report")
        report_page(record, data)
        clock.start("")
        seconds = clock.seconds
        seconds["record"] -= seconds["report"]
        volume = next(m.value for m in record.measurements if m.id == "infarct_core_volume")
        return seconds | {"core mL": volume}

    return call, lambda facts: facts


def command(*words: str) -> list[str]:
    """The command in this interpreter."""
    return [sys.executable, "-m", "strokequant", *words]


def stage_seconds(folder: Path, out: Path, repeat: int) -> dict[str, float]:
    """Median of every stage over fresh processes."""
    runs = [measure("", "bench_case:stages", repeat=1, folder=str(folder), out=str(out)) for _ in range(repeat)]
    failed = [run.note for run in runs if not run.facts]
    if failed:
        raise SystemExit(f"the stages could not be timed: {failed[0]}")
    return {name: statistics.median(run.facts.get(name, 0.0) for run in runs) for name in runs[0].facts}


def stage_table(found: dict[str, dict[str, float]]) -> str:
    """Markdown table: stage | seconds of every case."""
    lines = ["| stage | " + " | ".join(found) + " |", "| --- " * (len(found) + 1) + "|"]
    for stage in ("imports", *STAGES):
        lines.append(
            f"| {stage} | " + " | ".join(f"{seconds.get(stage, 0.0):.3f}" for seconds in found.values()) + " |"
        )
    totals = (sum(seconds.get(stage, 0.0) for stage in ("imports", *STAGES)) for seconds in found.values())
    return "\n".join([*lines, "| sum | " + " | ".join(f"{total:.3f}" for total in totals) + " |"])


def start_rows(repeat: int) -> list[Result]:
    """Start of the program beside that of Python."""
    return [
        measure_program("python -c pass", [sys.executable, "-c", "pass"], repeat=repeat),
        measure_program("strokequant --help", command("--help"), repeat=repeat),
        measure_program("strokequant --version", command("--version"), repeat=repeat),
    ]


def main() -> None:
    """Print the table of the command, of the stages, and of the start."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(LIBRARY)
    sys.path.insert(0, str(LIBRARY))
    print(machine("scipy", "SimpleITK", "skimage", "pydicom", "highdicom"))
    rows, found = [], {}
    with tempfile.TemporaryDirectory() as workspace:
        for number, (name, slab) in enumerate(CASES.items()):
            folder, out = Path(workspace, f"case{number}"), Path(workspace, f"out{number}")
            files = write_case_files(folder, slab)
            words = command("core", str(folder), "--out", str(out), "--quiet")
            note = f"{files} files"
            rows.append(measure_program(name, words, repeat=options.repeat, note=note))
            found[name] = stage_seconds(folder, out / "stages", options.repeat)
    print("\n`strokequant core`, start of Python included; memory is the peak of the whole program\n")
    facts = [Result(**vars(row) | {"facts": {"core mL": found[row.name]["core mL"]}}) for row in rows]
    print(table(facts, facts=("core mL",)))
    print(f"\nProcessor seconds of every stage (the lesion has {TRUTH_ML:g} mL)\n")
    print(stage_table(found))
    print("\nStart of the program\n")
    print(table(start_rows(options.repeat), reference="python -c pass"))


if __name__ == "__main__":
    main()
