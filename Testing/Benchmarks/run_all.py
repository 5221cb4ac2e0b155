"""All benchmarks, one after the other, as one markdown page on standard output.

    python Testing/Benchmarks/run_all.py > page.md

A benchmark that ends with an error leaves one line in its place; the others still run.
"""

import subprocess
import sys
import time

from common import HERE, LIBRARY, machine

BENCHMARKS = {
    "A whole case": "bench_case.py",
    "Reading series": "bench_read.py",
    "Apparent diffusion coefficient": "bench_adc.py",
    "Accuracy of the core": "bench_accuracy.py",
    "Memory of whole perfusion cases": "bench_memory.py",
    "Perfusion maps": "bench_perfusion.py",
    "Perfusion maps against truth": "bench_perfusion_truth.py",
    "Hematomas": "bench_hemorrhage.py",
    "Phantoms": "bench_phantom.py",
}


def run(title: str, name: str) -> str:
    """Section of one benchmark."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, str(HERE / name)], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return f"## {title}\n\n{name} ended with an error: {last}\n"
    _, _, page = done.stdout.partition("\n")
    return f"## {title}\n{page}\n({name}, {time.perf_counter() - begin:.0f} s)\n"


def main() -> int:
    """Print the page; 1 where a benchmark failed."""
    sys.path.insert(0, str(LIBRARY))
    from strokequant import __version__

    print(f"# Benchmarks of strokequant {__version__}\n")
    print(machine("scipy", "SimpleITK", "skimage", "pydicom", "highdicom", "nibabel", "dipy") + "\n", flush=True)
    failed = 0
    for title, name in BENCHMARKS.items():
        section = run(title, name)
        failed += "ended with an error" in section
        print(section, flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
