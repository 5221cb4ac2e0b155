"""Motion of the head during the bolus: volumes of synthetic stroke brains that move, against the same brain that lies still.

    python Testing/Benchmarks/bench_perfusion_motion.py [--kind ctp|dsc] [--seed N] [--noise N] [--step S]

Every motion is simulated exactly, up to 5 mm and 5 degrees, and the whole study is measured: registration, curves, artery, maps, lesions. Nothing is
timed. Columns: change of Tmax > 6 s, mismatch and core in percent of the still scan, overlap of Tmax > 6 s, motion that is truly left.
"""

import argparse
import sys

import numpy as np
from common import LIBRARY, machine
from scipy.spatial.transform import Rotation

sys.path.insert(0, str(LIBRARY))

SLABS = {
    "ctp": {"slices": 16, "rows": 128, "columns": 128, "pixel_mm": 1.7, "step_mm": 8.0, "center": (0.0, 0.0, 8.0)},
    "dsc": {"slices": 17, "rows": 104, "columns": 104, "pixel_mm": 2.2, "step_mm": 6.5, "center": (0.0, 0.0, 8.0)},
}
NOISE = {"ctp": 2.0, "dsc": 35.0}
SCAN_S, WASH_IN_S = 66.0, 15.0


def motions(frames: int, step_s: float, seed: int) -> dict:
    """Motions by name; those at random have another pose in every frame."""
    from strokequant.synthetic.perfusion_motion import HeadMotion, drift, shake, step, still

    first, random = int(WASH_IN_S / step_s), np.random.default_rng(seed)
    shifts, turns = np.zeros((frames, 3)), np.zeros((frames, 3))
    shifts[first : first + 6], turns[first : first + 6] = random.uniform(-3, 3, (2, 6, 3))
    return {
        "still": still(frames),
        "step 4.7 mm, 4.7 degrees": step(frames, first + 2, (3, -2, 3), (3, 2, -3)),
        "step 5 mm across slices": step(frames, first + 2, (0, 0, 5)),
        "turn 5 degrees": step(frames, first + 2, (0, 0, 0), (5, 0, 0)),
        "shaken in 5 frames": shake(frames, first, 5, (2, 2, 4), (3, 2, -2)),
        "shaken across slices": shake(frames, first, 5, (0, 0, 5)),
        "6 frames at random": HeadMotion(shifts, turns),
        "drift 4.6 mm": drift(frames, (1, 2, 4), (2, 2, 2)),
    }


def measured(series):
    """Stages of a study: what was prepared, and what was computed."""
    from strokequant.batch import perfusion_stages as stages

    prepared = stages.prepare(series)
    return prepared, stages.compute(prepared, stages.automatic_vessels(prepared))


def left_mm(trace, motion, geometry) -> float:
    """Largest root mean square displacement that is left, over points of the brain."""
    points = np.random.default_rng(0).uniform((-60, -75, -40), (60, 75, 40), (300, 3))
    turns, exact = (
        Rotation.from_euler(axes, angles, degrees=True).as_matrix()
        for axes, angles in (("xyz", trace.rotations_deg), ("yxz", motion.rotations_deg[:, [1, 0, 2]]))
    )
    apart = points @ (turns - exact).transpose(0, 2, 1) + (trace.translations_mm - motion.translations_mm)[:, None]
    return float(np.sqrt((apart**2).sum(axis=2).mean(axis=1)).max())


def volumes(computed) -> np.ndarray:
    """Tmax > 6 s, mismatch, core in mL."""
    late, core = computed.lesions.hypoperfusion[6.0].volume_ml, computed.lesions.core.volume_ml
    return np.array([late, late - core, core])


def table(kind: str, seed: int, noise: float, step_s: float) -> list[str]:
    """Rows of one brain."""
    from strokequant.errors import StrokeQuantError
    from strokequant.synthetic.perfusion_brain import CLEAR, small_patient
    from strokequant.synthetic.perfusion_tissue import make_lesion

    frames = int(SCAN_S / step_s)
    lesion = make_lesion(80, 20, side=("left", "right")[seed % 2], **CLEAR)
    how = {"lesion": lesion, "slab": SLABS[kind], "frames": frames, "noise": noise, "seed": seed, "step_s": step_s}
    lines = ["| Motion | Tmax > 6 s % | mismatch % | core % | Dice | left mm |", "|---|---|---|---|---|---|"]
    rest = None
    for name, motion in motions(frames, step_s, seed).items():
        series = small_patient(kind, motion=None if name == "still" else motion, **how).series
        try:
            prepared, computed = measured(series)
        except StrokeQuantError as error:
            lines.append(f"| {name} | refused: {error} |")
            continue
        now, mask = volumes(computed), computed.lesions.hypoperfusion[6.0].values
        rest = rest or (now, mask)
        change = " | ".join(f"{value:+.1f}" for value in 100 * (now / rest[0] - 1))
        dice = 2 * (mask & rest[1]).sum() / (mask.sum() + rest[1].sum())
        left = left_mm(prepared.motion, motion, prepared.series.geometry)
        lines.append(f"| {name} | {change} | {dice:.3f} | {left:.2f} |")
    return [f"still: {rest[0][0]:.1f} mL, core {rest[0][2]:.1f} mL; truth 80 and 20 mL", "", *lines]


def main() -> None:
    """One table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=sorted(SLABS), default="ctp")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--noise", type=float, help="HU, or signal over noise")
    parser.add_argument("--step", type=float, default=1.5, help="s between frames")
    given = parser.parse_args()
    noise = NOISE[given.kind] if given.noise is None else given.noise
    print(machine("scipy", "SimpleITK"))
    print(f"\n{given.kind}, seed {given.seed}, noise {noise:g}, {given.step:g} s")
    print("\n".join(table(given.kind, given.seed, noise, given.step)))


if __name__ == "__main__":
    main()
