"""Peak memory of whole perfusion cases, from DICOM to record and DICOM objects, as a multiple of their float32 series.

    python Testing/Benchmarks/bench_memory.py [--kind ctp]

Every case runs in processes of its own: one that only imports the libraries, and one that is the command. The peak of a process is
what the system says of it when it has ended (`resource`), so that nothing is missed between samples. Two ratios come of it: with the
libraries, and above them. The heads of DSC and CTP move by 5 mm and 5 degrees, since a series that is corrected exists twice.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from common import LIBRARY, machine

CASES = {
    "ctp": {"slices": 16, "rows": 256, "columns": 256, "pixel_mm": 0.86, "step_mm": 8.0, "center": (0.0, 0.0, 8.0)},
    "dsc": {"slices": 20, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)},
}
FRAMES = {"ctp": 45, "dsc": 60}
VARIANTS = {"ctp": "siemens_ctp", "dsc": "siemens_dsc_mosaic"}
TARGET = 4.0
LIBRARIES = "import highdicom, pydicom, SimpleITK, scipy.ndimage, scipy.interpolate, skimage.filters, skimage.measure"
_CHILD = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1024 * 1024 if sys.platform == "darwin" else 1024
print(json.dumps({"peak": used.ru_maxrss / unit, "cpu": used.ru_utime + used.ru_stime, "error": done.stderr[-300:] if done.returncode else ""}))
"""


def write_case_files(kind: str, moves: bool, folder: Path) -> None:
    """Generate the patient of a case."""
    from strokequant.synthetic.perfusion_brain import CLEAR, PerfusionBrain
    from strokequant.synthetic.perfusion_motion import step
    from strokequant.synthetic.perfusion_patients import PerfusionSpec, write_perfusion_patient
    from strokequant.synthetic.perfusion_protocol import ctp, dsc
    from strokequant.synthetic.perfusion_tissue import make_lesion

    frames = FRAMES[kind]
    protocol = ctp(frames=frames, noise=2.0, seed=1) if kind == "ctp" else dsc(frames=frames, seed=1)
    motion = step(frames, 10, (3, -2, 3), (3, 2, -3)) if moves else None
    brain = PerfusionBrain(lesion=make_lesion(80, 20, **CLEAR))
    spec = PerfusionSpec(1, "case", "", VARIANTS[kind], brain, CASES[kind], protocol, motion=motion)
    write_perfusion_patient(spec, folder)


def peak_mib(*command: str) -> tuple[float, float]:
    """Peak resident memory in MiB and processor seconds of a program, by a process between that holds nothing else."""
    done = subprocess.run([sys.executable, "-c", _CHILD, *command], capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    if facts["error"]:
        raise SystemExit(facts["error"])
    return facts["peak"], facts["cpu"]


def row(kind: str, moves: bool) -> str:
    """One line of the table."""
    slab = CASES[kind]
    series = slab["slices"] * slab["rows"] * slab["columns"] * FRAMES[kind] * 4 / 2**20
    with tempfile.TemporaryDirectory() as workspace:
        write_case_files(kind, moves, Path(workspace, "in"))
        command = ("-m", "strokequant", "mismatch", f"{workspace}/in", "--out", f"{workspace}/out", "--quiet")
        peak, cpu = peak_mib(sys.executable, *command)
    libraries, _ = peak_mib(sys.executable, "-c", LIBRARIES)
    size = f"{slab['rows']} x {slab['columns']} x {slab['slices']} x {FRAMES[kind]}"
    name = f"{kind.upper()} {size}, {'moved' if moves else 'still'}"
    numbers = f"{series:.0f} | {libraries:.0f} | {peak:.0f} | {peak / series:.2f} | {(peak - libraries) / series:.2f}"
    return f"| {name} | {numbers} | {cpu:.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=sorted(CASES))
    chosen = parser.parse_args().kind
    os.environ["PYTHONPATH"] = str(LIBRARY)
    sys.path.insert(0, str(LIBRARY))
    print(machine("scipy", "SimpleITK", "skimage", "pydicom", "highdicom"))
    print(f"\nMiB; asked for: at most {TARGET:g} times the series\n")
    print("| Case | Series | Libraries | Peak | Peak / series | Above the libraries / series | Processor s |")
    print("|---|---|---|---|---|---|---|")
    for kind in CASES if chosen is None else (chosen,):
        for moves in (False, True):
            print(row(kind, moves), flush=True)


if __name__ == "__main__":
    main()
