"""Programs of others on the same phantom scans, each by its own interpreter: what they read and how long they take.

Every runner is a few lines that call the public interface of the package and print one line of JSON; nothing of them is installed with this repository.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from common import LIBRARY

_OURS = """
import json, sys
sys.path.insert(0, sys.argv[2])
from strokequant.dicomio.scan import scan
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.session import measure_session
session = measure_session(scan(sys.argv[1]).series, load_registry()[sys.argv[3]])
found = {f"{m.metric}.{m.insert}" if m.insert else m.metric: m.value for m in session.measurements if m.value is not None}
print(json.dumps(found))
"""

_PYLINAC_CT = """
import json, sys, matplotlib
matplotlib.use("Agg")
from pylinac import ACRCT
ct = ACRCT(sys.argv[1])
ct.analyze()
data = ct.results_data(as_dict=True)
names = {"Air": "air", "Poly": "polyethylene", "Acrylic": "acrylic", "Bone": "bone", "Water": "water"}
found = {f"hu.{names[k]}": v for k, v in data["ct_module"]["rois"].items()}
print(json.dumps(found | {"ct_roll": data["phantom_roll_deg"], "ct_bb_distance": data["uniformity_module"]["bb_distance_mm"]}))
"""

_PYLINAC_MR = """
import json, sys, matplotlib
matplotlib.use("Agg")
from pylinac import ACRMRILarge
mr = ACRMRILarge(sys.argv[1])
mr.analyze()
data = mr.results_data(as_dict=True)
lines = data["geometric_distortion_module"]["distances"]
found = {"mri_diameter_" + k: float(v.removesuffix("mm")) for k, v in lines.items() if k in ("horizontal", "vertical")}
found |= {"mri_piu": data["uniformity_module"]["piu"], "mri_slice_thickness": data["slice1"]["measured_slice_thickness_mm"]}
print(json.dumps(found))
"""

_HAZEN = """
import json, sys, logging
logging.disable(logging.CRITICAL)
from hazenlib.utils import get_dicom_files
from hazenlib.tasks.acr_geometric_accuracy import ACRGeometricAccuracy
from hazenlib.tasks.acr_ghosting import ACRGhosting
from hazenlib.tasks.acr_low_contrast_object_detectability import ACRLowContrastObjectDetectability
from hazenlib.tasks.acr_slice_position import ACRSlicePosition
from hazenlib.tasks.acr_slice_thickness import ACRSliceThickness
from hazenlib.tasks.acr_snr import ACRSNR
from hazenlib.tasks.acr_uniformity import ACRUniformity
tasks = (ACRGeometricAccuracy, ACRGhosting, ACRLowContrastObjectDetectability, ACRSlicePosition, ACRSliceThickness, ACRSNR, ACRUniformity)
found, failed = {}, []
for task in tasks:
    try:
        result = task(input_data=get_dicom_files(sys.argv[1]), report=False).run()
    except Exception as error:
        failed.append(f"{task.__name__}: {type(error).__name__}")
        continue
    for m in result.measurements:
        found[f"{task.__name__} {m.name} {m.subtype}"] = m.value
print(json.dumps({"failed": failed} | {k: v for k, v in found.items() if isinstance(v, (int, float, str))}, default=str))
"""

_MRBIAS = """
import os, sys, matplotlib
matplotlib.use("Agg")
import SimpleITK as sitk
first = sitk.Transform
class Transform:
    def __new__(cls, *words):
        return first(*words) if words else sitk.CompositeTransform(3)
    GetInverse = staticmethod(lambda transform: transform.GetInverse())
sitk.Transform = Transform
sys.path.insert(0, sys.argv[2])
from mrbias import MRBIAS
os.chdir(sys.argv[3])
MRBIAS(os.path.join(sys.argv[2], "config", "diffusion_example_1_config.yaml"), write_to_screen=False).analyse(sys.argv[1])
print("{}")
"""
"""MR-BIAS e455051 asks for a call that SimpleITK 2 has no more; the four lines before it give it back."""

_TIMED = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wall": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime, "code": done.returncode,
                  "out": done.stdout[-20000:], "error": done.stderr[-400:]}))
"""


@dataclass
class Contender:
    """One program on one input.

    Args:
        command: to run; None with the reason in `note` where it cannot.
        cpu, wall: seconds of every run; `found` what it printed last.
    """

    name: str
    command: list[str] | None
    note: str = ""
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    found: dict = field(default_factory=dict)


def ours(data: Path, phantom: str) -> Contender:
    """This library, from DICOM to numbers."""
    return Contender("strokequant", [sys.executable, "-P", "-c", _OURS, str(data), str(LIBRARY), phantom])


def ours_report(data: Path, out: Path, phantom: str, *words: str) -> Contender:
    """The command of this library, from DICOM to record and report."""
    start = f"import sys; sys.path.insert(0, {str(LIBRARY)!r}); from strokequant import cli; sys.exit(0 if cli.run(sys.argv[1:]) in (0, 3) else 1)"
    return Contender(
        "strokequant",
        [
            sys.executable,
            "-P",
            "-c",
            start,
            "phantom",
            str(data),
            "--out",
            str(out),
            "--phantom",
            phantom,
            "--quiet",
            *words,
        ],
    )


def peer(name: str, python: Path | None, code: str, option: str, *words: str) -> Contender:
    """A program of others; without its interpreter a row that says how to give it."""
    if python is None or not Path(python).exists():
        return Contender(name, None, f"not run: give {option}")
    return Contender(name, [str(python), "-c", code, *words])


def pylinac_ct(python: Path | None, data: Path) -> Contender:
    """pylinac on an ACR CT scan."""
    return peer("pylinac", python, _PYLINAC_CT, "--pylinac-python", str(data))


def pylinac_mr(python: Path | None, data: Path) -> Contender:
    """pylinac on an ACR MRI set."""
    return peer("pylinac", python, _PYLINAC_MR, "--pylinac-python", str(data))


def hazen(python: Path | None, data: Path) -> Contender:
    """hazen on an ACR MRI set, all tasks of one series."""
    return peer("hazen", python, _HAZEN, "--hazen-python", str(data))


def mrbias(python: Path | None, root: Path | None, data: Path, out: Path) -> Contender:
    """MR-BIAS on its own scans of the diffusion phantom."""
    if root is None or not Path(root).exists():
        return Contender("MR-BIAS", None, "not run: give --mrbias")
    return peer("MR-BIAS", python, _MRBIAS, "--mrbias-python", str(data), str(root), str(out))


def run_interleaved(contenders: list[Contender], repeat: int) -> None:
    """Every contender once, then all of them again: what else the machine does falls on all alike."""
    for _ in range(repeat):
        for one in contenders:
            if one.command is None:
                continue
            launch = [sys.executable, "-I", "-S", "-c", _TIMED, *one.command]
            done = json.loads(subprocess.run(launch, capture_output=True, text=True, check=True).stdout)
            if done["code"]:
                one.command, one.note = (
                    None,
                    "failed: " + (done["error"].strip().splitlines() or ["no message"])[-1][:160],
                )
                continue
            one.cpu.append(done["cpu"])
            one.wall.append(done["wall"])
            lines = [line for line in done["out"].strip().splitlines() if line.startswith("{")]
            one.found = json.loads(lines[-1]) if lines else {}
