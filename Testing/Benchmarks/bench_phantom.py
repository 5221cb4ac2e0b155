"""Phantoms: time and error against MR-BIAS, pylinac and hazen in one run; poses, faults and the block object against truth.

    python Testing/Benchmarks/bench_phantom.py --data DATA --mrbias CLONE --mrbias-python V/bin/python --pylinac-python V/bin/python \
        --hazen-python V/bin/python

DATA holds `acr_mri`, `diffusion_icewater` and `synthetic` (acr_ct_ok, acr_ct_fail). The programs of others live in environments of their own, outside of
the repository: `pip install pylinac==3.49.0`, `pip install hazen==2.0.0`, a clone of MR-BIAS e455051 (its test set C is the diffusion session) with
SimpleITK, scikit-image, lmfit 1.0.2, seaborn, reportlab, "pandas<3" and "pydicom<3". What is not given is skipped with the reason. Contenders run in
turns, the least processor time of the repeats counts.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import phantom_peers as peers
from common import LIBRARY, machine

PARTS = ("time", "poses", "faults", "mild", "blocks")
EXACT = {
    "acr_ct_ok": {"air": -1000.0, "polyethylene": -95.0, "water": 0.0, "acrylic": 120.0, "bone": 955.0, "roll": 0.0, "bb": 100.0},
    "acr_ct_fail": {"air": -970.82, "polyethylene": -92.97, "water": -0.82, "acrylic": 115.58, "bone": 925.53, "roll": 2.0, "bb": 100.0},
}  # fmt: skip
"""Exact means of the digital CT phantoms of the reference."""


def rows_of(contenders: list[peers.Contender], facts) -> list[str]:
    """Table rows: processor and wall seconds, ratio to the first, and what `facts` says of each."""
    base = min(contenders[0].cpu, default=None)
    out = []
    for one in contenders:
        if not one.cpu:
            out.append(f"| {one.name} | – | – | – | {one.note} |")
            continue
        cpu = min(one.cpu)
        ratio = f"{cpu / base:.1f}" if base else "–"
        out.append(f"| {one.name} | {cpu:.2f} | {min(one.wall):.2f} | {ratio} | {facts(one.found)} |")
    return out


def show(title: str, contenders: list[peers.Contender], facts, last: str) -> None:
    """One table."""
    print(f"\n{title}\n\n| | CPU s | wall s | x | {last} |\n|---|---|---|---|---|")
    print("\n".join(rows_of(contenders, facts)), flush=True)


def diffusion(options, work: Path) -> None:
    """From DICOM to report, on the scans that both can read."""
    data = options.mrbias / "data" / "mrbias_testset_C" if options.mrbias else options.data / "diffusion_icewater"
    words = ("--temperature", "0", "--serial", "128-0155")
    both = [
        peers.ours_report(data, work / "ours", "caliber_128_0155", *words),
        peers.mrbias(options.mrbias_python, options.mrbias, data, _folder(work / "mrbias")),
    ]
    peers.run_interleaved(both, options.repeat)
    show(f"Diffusion session, {len(list(data.rglob('*')))} files, DICOM to report", both, lambda found: "", "")


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def acr_ct(options) -> None:
    """Numbers of digital CT phantoms against their exact values."""
    for name, exact in EXACT.items():
        data = options.data / "synthetic" / name
        both = [peers.ours(data, "acr_ct_464"), peers.pylinac_ct(options.pylinac_python, data)]
        peers.run_interleaved(both, options.repeat)

        def facts(found, exact=exact) -> str:
            hu = max(
                abs(found[f"hu.{rod}"] - exact[rod]) for rod in ("air", "polyethylene", "water", "acrylic", "bone")
            )
            return f"HU {hu:.2f}, roll {abs(abs(found['ct_roll']) - exact['roll']):.3f}°, beads {abs(found['ct_bb_distance'] - exact['bb']):.2f} mm"

        show(f"ACR CT, {name}, DICOM to numbers", both, facts, "largest error")


def acr_mri(options) -> None:
    """Real sets: is every number there, and is the diameter that of the phantom."""
    for name in ("Siemens", "GE_Signa_Artist_1.5T_T1"):
        data = options.data / "acr_mri" / name
        contenders = [
            peers.ours(data, "acr_mri_large"),
            peers.pylinac_mr(options.pylinac_python, data),
            peers.hazen(options.hazen_python, data),
        ]
        peers.run_interleaved(contenders, options.repeat)
        show(f"ACR MRI, {name}, DICOM to numbers (true diameter 190 mm)", contenders, _mri_facts, "what it reads")


def _mri_facts(found: dict) -> str:
    wanted = ("mri_diameter_horizontal", "mri_diameter_vertical", "mri_piu", "mri_slice_thickness", "mri_spokes")
    if any(name in found for name in wanted):
        return ", ".join(
            f"{name.removeprefix('mri_').replace('_', ' ')} {found[name]:.1f}" for name in wanted if name in found
        )
    words = ("GeometricAccuracy", "Uniformity", "SliceThickness", "total")
    shown = [
        f"{k.removeprefix('ACR')} {v}"
        for k, v in found.items()
        if any(w in k for w in words) and isinstance(v, int | float)
    ]
    return "; ".join([*shown[:9], *found.get("failed", [])])


def accuracy(options) -> None:
    """Against truth."""
    sys.path.insert(0, str(LIBRARY))
    import phantom_evaluations as evaluations

    if "poses" in options.parts:
        print(f"\nRandom poses: {evaluations.random_poses(options.poses)}", flush=True)
    if "blocks" in options.parts:
        print("\nBlock object, largest error in %:")
        for words, value in evaluations.block_object().items():
            print(f"- {words}: {value:.2f}", flush=True)
    if "faults" in options.parts:
        print(
            f"\n| Fault | code | named % | not named without it % | sessions without |\n|---|---|---|---|---|   ({options.seeds} seeds)"
        )
        for name, row in evaluations.faults(options.seeds).items():
            print(
                f"| {name} | {row['code']} | {row['sensitivity']:.0f} | {row['specificity']:.1f} | {row['others']} |",
                flush=True,
            )
    if "mild" in options.parts:
        print("\nMild faults, share of the sessions that name them:")
        for name, sizes in evaluations.mild_faults(options.seeds).items():
            print(f"- {name}: " + ", ".join(f"{words} {share:.0f} %" for words, share in sizes), flush=True)


def main() -> None:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of phantom scans; without it nothing is timed")
    parser.add_argument("--mrbias", type=Path, help="clone of MR-BIAS")
    for name in ("mrbias", "pylinac", "hazen"):
        parser.add_argument(f"--{name}-python", type=Path, help=f"interpreter that has {name}")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--poses", type=int, default=100)
    options = parser.parse_args()
    print("# Phantoms\n\n" + machine("scipy", "SimpleITK", "pydicom"), flush=True)
    if "time" in options.parts and options.data is None:
        print("\nNothing timed: give --data")
    elif "time" in options.parts:
        with tempfile.TemporaryDirectory() as folder:
            acr_ct(options)
            acr_mri(options)
            diffusion(options, Path(folder))
    accuracy(options)


if __name__ == "__main__":
    main()
