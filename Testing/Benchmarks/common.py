"""Shared frame of the benchmarks: fresh processes, best of n, peak memory, one table.

A benchmark file holds *targets*: functions that take keyword arguments (plain JSON values), prepare everything that is not to
be timed, and return a function without arguments, or that function and a second one that turns its result into facts (errors
against truth, counts: a dictionary of plain values) outside the timed part. `measure` runs a target in a fresh process, times
the first function, and reads how far the peak memory of the process rose above its level before the first call.

    rows = [measure("numpy", "bench_adc:numpy_one_liner", noise=0.0), measure_program("mrtrix3", ["dwi2adc", "in.mif", "out.mif"])]
    print(machine())
    print(table(rows, reference="numpy", facts=("max_error_percent",)))
"""

import importlib
import importlib.util
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "StrokeBiomarkers"

_LAUNCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "cpu_s": cpu, "peak_mb": peak, "error": done.stderr[-300:] if done.returncode else ""}))
"""


@dataclass(frozen=True)
class Result:
    """One row.

    Args:
        name: what was measured.
        seconds: best of the repeats, None where it could not run.
        median_s: median of the repeats.
        peak_mb: rise of the peak memory during the calls (a target), or peak of the whole program (a program).
        facts: what the target said about its result.
        note: why it did not run, or what to know about it.
        cpu_s: least processor time (user and system, all threads) of the repeats; steadier than `seconds` on a busy machine.
    """

    name: str
    seconds: float | None = None
    median_s: float | None = None
    peak_mb: float | None = None
    facts: dict = field(default_factory=dict)
    note: str = ""
    cpu_s: float | None = None


def measure(
    name: str, target: str, *, repeat: int = 5, python: str = sys.executable, note: str = "", **arguments
) -> Result:
    """Time a target in a fresh process.

    Args:
        target: "module:function" in the benchmark folder.
        repeat: number of timed calls; one more call before them warms up and is not timed.
        python: interpreter, where a baseline lives in an environment of its own.
        arguments: handed to the target; plain JSON values.
    """
    command = [python, str(HERE / "common.py"), target, json.dumps(arguments), str(repeat)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        return Result(name, note=_reason(done.stderr))
    return Result(name, **json.loads(lines[-1]), note=note)


def measure_program(
    name: str,
    command: list[str],
    *,
    repeat: int = 5,
    note: str = "",
    facts_of: Callable[[], dict] | None = None,
) -> Result:
    """Time an external program, start and files included; peak memory is that of the whole program.

    Args:
        command: program and arguments.
        repeat: number of timed runs; one more before them warms the file cache and is not timed.
        facts_of: reads the output of the program and says what is in it.
    """
    if shutil.which(command[0]) is None:
        return Result(name, note=f"{command[0]} is not installed")
    runs = []
    for _ in range(repeat + 1):
        launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *map(str, command)]
        runs.append(json.loads(subprocess.run(launch, capture_output=True, text=True, check=True).stdout))
        if runs[-1]["error"]:
            return Result(name, note="failed: " + runs[-1]["error"].strip().splitlines()[-1])
    seconds = [run["seconds"] for run in runs[1:]]
    peak = max(run["peak_mb"] for run in runs)
    facts = facts_of() if facts_of else {}
    cpu = min(run["cpu_s"] for run in runs[1:])
    return Result(name, min(seconds), statistics.median(seconds), peak, facts, note, cpu)


def _reason(stderr: str) -> str:
    last = (stderr.strip().splitlines() or ["no output"])[-1]
    if last.startswith("ModuleNotFoundError"):
        return "not installed: " + last.split("'")[1]
    return "failed: " + last[:200]


def machine(*packages: str) -> str:
    """One line: processor, cores, system, Python and package versions."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    parts = [cpu, f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"]
    parts += [platform.system(), f"Python {platform.python_version()}"]
    for package in ("numpy", *packages):
        if importlib.util.find_spec(package) is None:
            continue
        parts.append(f"{package} {getattr(importlib.import_module(package), '__version__', '?')}")
    return ", ".join(parts)


def table(rows: list[Result], *, reference: str = "", facts: tuple[str, ...] = ()) -> str:
    """Markdown table; with `reference`, times as a multiple of that row's time too."""
    base = next((row.seconds for row in rows if row.name == reference), None)
    head = ["", "best s", "median s", "CPU s", *([f"x {reference}"] if base else []), "memory MB", *facts, "note"]
    lines = [head, ["---"] * len(head)]
    for row in rows:
        ratio = [_text(row.seconds / base if row.seconds else None)] if base else []
        numbers = [_text(row.seconds), _text(row.median_s), _text(row.cpu_s), *ratio, _text(row.peak_mb)]
        lines.append([row.name, *numbers, *(_text(row.facts.get(fact)) for fact in facts), row.note])
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _text(value) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _memory_mb(entry: str) -> float:
    """VmRSS or VmHWM of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith(entry))
    return int(line.split()[1]) / 1024


def _reset_peak() -> None:
    """Ask Linux to start the peak anew, so that preparing the input does not hide in it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _child(target: str, arguments: dict, repeat: int) -> dict:
    module, function = target.split(":")
    prepared = getattr(importlib.import_module(module), function)(**arguments)
    call, facts_of = prepared if isinstance(prepared, tuple) else (prepared, lambda _: {})
    _reset_peak()
    before = _memory_mb("VmRSS")
    result = call()
    peak = max(0.0, _memory_mb("VmHWM") - before)
    facts = facts_of(result)
    del result
    seconds, cpu = [], []
    for _ in range(repeat):
        start, used = time.perf_counter(), time.process_time()
        call()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return {
        "seconds": min(seconds),
        "median_s": statistics.median(seconds),
        "peak_mb": peak,
        "facts": facts,
        "cpu_s": min(cpu),
    }


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(LIBRARY)]
    print(json.dumps(_child(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))))
