"""Hematomas of exact volume: one click against a fixed window of 45 to 100 HU and ABC/2, and the time and memory of a clot.

    python Testing/Benchmarks/bench_hemorrhage.py [--offsets N]

Clots are irregular (lobes of 15 % of the radius), with a rim of edema or none, in tissue with noise, blurred like a scanner does. Truth is the
share of clot in every voxel. All methods get the same box of 8 mm around the clot, so that the baselines do not suffer from bone.
"""

import argparse
import sys

import numpy as np
from common import LIBRARY, machine, measure, table

ROWS = (
    (3.0, 1.25, 0.0),
    (10.0, 1.25, 3.0),
    (10.0, 2.5, 0.0),
    (30.0, 2.5, 3.0),
    (30.0, 5.0, 0.0),
    (30.0, 5.0, 3.0),
    (30.0, 7.0, 0.0),
    (30.0, 7.0, 3.0),
    (60.0, 5.0, 5.0),
)
"""mL, slices in mm, rim of edema in mm."""


def tissue(slice_mm: float, noise: float = 4.0, pixel_mm: float = 0.45):
    """Brain of 32 HU without a skull, the origin in its middle."""
    from strokequant.geometry import Geometry
    from strokequant.types import Volume

    shape = (round(90 / slice_mm), 200, 200)
    affine = np.diag([pixel_mm, pixel_mm, slice_mm, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape[::-1]) - 1) / 2
    values = np.random.default_rng(3).normal(32, noise, shape).astype(np.float32)
    return Volume(values, Geometry.from_affine(affine, shape), "[hnsf'U]", "attenuation")


def clot_in_tissue(volume_ml: float, slice_mm: float, rim_mm: float, offset: float):
    """Image, truth in mL, its voxels and the point to click."""
    from strokequant.synthetic.hemorrhage_implant import Implant, implant
    from strokequant.synthetic.hemorrhage_shapes import clot_of_volume

    center = (1.0, -1.0, offset * slice_mm)
    shape = clot_of_volume(volume_ml, center, (1, 1.3, 0.9), lobes=0.15, phase=1 + 5 * offset)
    found = implant(tissue(slice_mm), [Implant(shape, edema_mm=rim_mm)])
    return found, center


def errors(volume_ml: float, slice_mm: float, rim_mm: float, offset: float) -> tuple[float, float, float, float]:
    """Errors in % of the click, the fixed window and ABC/2 (Kothari), and Dice of the click."""
    from scipy import ndimage

    from strokequant.biomarkers.abc2 import abc2_of_mask
    from strokequant.segmentation.hematoma import segment_hematoma

    found, center = clot_in_tissue(volume_ml, slice_mm, rim_mm, offset)
    geometry = found.image.geometry
    clot = segment_hematoma(found.image, center)
    near = ndimage.distance_transform_edt(found.fraction == 0, sampling=(slice_mm, 0.45, 0.45)) <= 8
    window = near & (found.image.values > 45) & (found.image.values < 100)
    truth = found.fraction >= 0.5
    abc2 = abc2_of_mask(clot.mask.values, geometry).volume_ml()
    volumes = (clot.volume_ml, geometry.volume_ml(window), abc2)
    dice = 2 * (truth & clot.mask.values).sum() / (truth.sum() + clot.mask.values.sum())
    return (*(100 * (v / found.sampled_ml - 1) for v in volumes), dice)


def accuracy(offsets: int) -> str:
    """Markdown: mean error and the largest over offsets of the slices."""
    lines = [
        "| mL | slices mm | rim mm | one click, mean (worst) % | Dice | 45 to 100 HU % | ABC/2 % |",
        "| --- " * 7 + "|",
    ]
    for row in ROWS:
        found = np.array([errors(*row, offset) for offset in np.arange(offsets) / offsets])
        worst = found[np.abs(found[:, 0]).argmax(), 0]
        mean = found.mean(axis=0)
        click = f"{mean[0]:+.1f} ({worst:+.1f})"
        volume, slices, rim = (f"{n:g}" for n in row)
        lines.append(f"| {volume} | {slices} | {rim} | {click} | {mean[3]:.3f} | {mean[1]:+.1f} | {mean[2]:+.1f} |")
    return "\n".join(lines)


def one_click(volume_ml: float, slice_mm: float):
    """Target: one click on a clot."""
    from strokequant.segmentation.hematoma import segment_hematoma

    found, center = clot_in_tissue(volume_ml, slice_mm, 3.0, 0.3)

    def facts(clot) -> dict:
        return {"error_percent": 100 * (clot.volume_ml / found.sampled_ml - 1)}

    return lambda: segment_hematoma(found.image, center), facts


def fixed_window(volume_ml: float, slice_mm: float):
    """Target: largest part of 45 to 100 HU of the whole image."""
    from scipy import ndimage

    found, _ = clot_in_tissue(volume_ml, slice_mm, 3.0, 0.3)

    def call():
        labels, _ = ndimage.label((found.image.values > 45) & (found.image.values < 100))
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        return labels == sizes.argmax()

    def facts(mask) -> dict:
        return {"error_percent": 100 * (found.image.geometry.volume_ml(mask) / found.sampled_ml - 1)}

    return call, facts


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offsets", type=int, default=3, help="offsets of the slices in every row")
    options = parser.parse_args()
    sys.path.insert(0, str(LIBRARY))
    print(machine("scipy"))
    print(f"\nClot of 62 HU, noise 4 HU, mean over {options.offsets} offsets\n")
    print(accuracy(options.offsets))
    rows = []
    for volume, slices in ((30.0, 5.0), (30.0, 1.0)):
        size = {"volume_ml": volume, "slice_mm": slices, "repeat": 3}
        name = f"{volume:g} mL at {slices:g} mm"
        rows.append(measure(f"fixed window, {name}", "bench_hemorrhage:fixed_window", **size))
        rows.append(measure(f"one click, {name}", "bench_hemorrhage:one_click", **size))
    print("\nTime of one clot in 200 x 200 pixels\n")
    print(table(rows, facts=("error_percent",)))


if __name__ == "__main__":
    main()
