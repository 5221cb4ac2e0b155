"""ADC: speed, memory and accuracy against mrtrix3, dipy, SimpleITK and plain numpy, on one phantom with known truth.

    python Testing/Benchmarks/bench_adc.py [--dipy-python PYTHON] [--repeat N]

The phantom is an ellipsoid of brain (800) with lesions (450) and ventricles (3000, in um2/s), 192 x 192 x 32 voxels. Noise-free
errors are over all tissue; biases are those of the mean over a tissue at SNR 30 (Rician, brain at b0). Times of mrtrix3 hold
program start and files; all others work on arrays in memory. Where a noise floor keeps only part of a tissue (CSF), what is
kept is biased: its brighter half. The floor keeps noise out of a map, it does not make the mean of drowned tissue right.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import Result, machine, measure, measure_program, table

SHAPE = (32, 192, 192)
SPACING = (1.2, 1.2, 5.0)
B = 1000.0
SNR = 30.0
DIRECTIONS = {
    3: np.eye(3),
    6: np.array([[1, 1, 0], [1, -1, 0], [1, 0, 1], [1, 0, -1], [0, 1, 1], [0, 1, -1]]) / np.sqrt(2),
}
FACTS = (
    "max error %",
    "median error %",
    "brain bias % SNR 30",
    "lesion bias % SNR 30",
    "CSF bias % SNR 30",
    "CSF kept %",
)


def phantom(directions: int, noisy: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images (1 + directions, k, j, i) float32 and true ADC in um2/s, 0 outside."""
    k, j, i = np.meshgrid(
        *[(np.arange(n) - (n - 1) / 2) * d for n, d in zip(SHAPE, SPACING[::-1], strict=True)], indexing="ij"
    )
    truth = np.where((i / 70) ** 2 + (j / 90) ** 2 + (k / 75) ** 2 < 1, 800.0, 0.0)
    truth[(np.abs(i) - 14) ** 2 / 80 + j**2 / 900 + k**2 / 300 < 1] = 3000
    truth[(i - 42) ** 2 / 200 + (j - 10) ** 2 / 500 + k**2 / 400 < 1] = 450
    s0 = np.select([truth == 450, truth == 3000, truth > 0], [1100.0, 1800.0, 1000.0], 0.0)
    images = np.stack([s0, *[s0 * np.exp(-B * truth * 1e-6)] * directions])
    if noisy:
        rng = np.random.default_rng(1)
        sigma = 1000 / SNR
        images = np.hypot(images + rng.normal(0, sigma, images.shape), rng.normal(0, sigma, images.shape))
    return images.astype(np.float32), truth


def facts(adc: np.ndarray, truth: np.ndarray, noisy: bool, valid: np.ndarray | None = None) -> dict:
    """Errors of an ADC map in um2/s."""
    valid = np.isfinite(adc) if valid is None else valid
    if not noisy:
        error = np.abs(adc[truth > 0].astype(float) / truth[truth > 0] - 1) * 100
        return {"max error %": float(error.max()), "median error %": float(np.median(error))}
    found = {}
    for name, value in (("brain", 800), ("lesion", 450), ("CSF", 3000)):
        found[f"{name} bias % SNR 30"] = float(adc[(truth == value) & valid].mean(dtype=float) / value - 1) * 100
    found["CSF kept %"] = float(valid[truth == 3000].mean()) * 100
    return found


def strokequant(directions: int, noisy: bool):
    """This library: choice of b, noise floor, reasons and counts included."""
    from strokequant.geometry import Geometry
    from strokequant.maps.adc import compute_adc
    from strokequant.types import DiffusionSeries, Directionality

    images, truth = phantom(directions, noisy)
    kinds = (Directionality.NONE, *[Directionality.DIRECTIONAL] * directions)
    vectors = np.vstack([np.full((1, 3), np.nan), DIRECTIONS[directions]])
    grid = Geometry.from_affine(np.diag([*SPACING, 1]), SHAPE)
    dwi = DiffusionSeries(images, grid, np.array([0, *[B] * directions]), ("flag",) * len(images), vectors, kinds)
    return lambda: compute_adc(dwi), lambda adc: facts(adc.values, truth, noisy, adc.valid)


def numpy_one_liner(directions: int, noisy: bool):
    """Two-point formula without any check."""
    images, truth = phantom(directions, noisy)

    def call():
        with np.errstate(divide="ignore", invalid="ignore"):
            return (np.log(images[0]) - np.log(images[1:]).mean(axis=0)) * np.float32(1e6 / B)

    return call, lambda adc: facts(adc, truth, noisy)


def simpleitk(directions: int, noisy: bool):
    """The same with filters of SimpleITK."""
    import SimpleITK as sitk

    values, truth = phantom(directions, noisy)
    images = [sitk.GetImageFromArray(value) for value in values]

    def call():
        total = sitk.Log(images[1])
        for image in images[2:]:
            total += sitk.Log(image)
        return (sitk.Log(images[0]) - total * (1 / directions)) * (1e6 / B)

    return call, lambda adc: facts(sitk.GetArrayFromImage(adc), truth, noisy)


def dipy_tensor(directions: int, noisy: bool, method: str):
    """Mean diffusivity of a tensor fitted by dipy."""
    from dipy.core.gradients import gradient_table
    from dipy.reconst.dti import TensorModel

    values, truth = phantom(directions, noisy)
    table_of_b = gradient_table(
        bvals=np.array([0, *[B] * directions]), bvecs=np.vstack([np.zeros((1, 3)), DIRECTIONS[directions]])
    )
    data = np.ascontiguousarray(np.moveaxis(values, 0, -1))
    model = TensorModel(table_of_b, fit_method=method)
    return lambda: model.fit(data).md, lambda adc: facts(adc * 1e6, truth, noisy)


def mrtrix(directions: int, repeat: int) -> Result:
    """dwi2adc of mrtrix3 on NIfTI files."""
    import SimpleITK as sitk

    rows = []
    for noisy, times in ((False, repeat), (True, 1)):
        images, truth = phantom(directions, noisy)
        with tempfile.TemporaryDirectory() as folder:
            source, gradients, target = (Path(folder) / name for name in ("dwi.nii", "grad.b", "adc.nii"))
            sitk.WriteImage(sitk.JoinSeries([sitk.GetImageFromArray(image) for image in images]), str(source))
            vectors = np.vstack([np.zeros((1, 3)), DIRECTIONS[directions]])
            np.savetxt(gradients, np.column_stack([vectors, [0, *[B] * directions]]))

            def read(target=target, truth=truth, noisy=noisy):
                return facts(sitk.GetArrayFromImage(sitk.ReadImage(str(target)))[1] * 1e6, truth, noisy)

            command = ["dwi2adc", "-quiet", "-force", "-grad", gradients, source, target]
            rows.append(measure_program("mrtrix3 dwi2adc", command, repeat=times, note="with files", facts_of=read))
    return replace(rows[0], facts=rows[0].facts | rows[1].facts)


def both(name: str, target: str, *, repeat: int, **arguments) -> Result:
    """One row: time and errors without noise, biases with noise."""
    clean = measure(name, target, repeat=repeat, noisy=False, **arguments)
    if clean.seconds is None:
        return clean
    noisy = measure(name, target, repeat=1, noisy=True, **arguments)
    return replace(clean, facts=clean.facts | noisy.facts, note=clean.note or noisy.note)


def main() -> None:
    """Run all and print a table for three and one for six directions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--dipy-python", default=sys.executable, help="interpreter in whose environment dipy is installed"
    )
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    print(machine("SimpleITK"))
    for directions in (3, 6):
        arguments = {"directions": directions, "repeat": options.repeat}
        rows = [
            both("strokequant", "bench_adc:strokequant", **arguments),
            both("numpy", "bench_adc:numpy_one_liner", **arguments, note="no checks, no validity"),
            both("SimpleITK", "bench_adc:simpleitk", **arguments),
            mrtrix(directions, options.repeat),
        ]
        for method in ("OLS", "WLS") if directions >= 6 else ():
            once = arguments | {"repeat": 1, "python": options.dipy_python, "method": method}
            rows.append(both(f"dipy {method}", "bench_adc:dipy_tensor", **once, note="tensor, MD"))
        print(f"\n{SHAPE[2]} x {SHAPE[1]} x {SHAPE[0]} voxels, b0 and {directions} directions\n")
        print(table(rows, reference="numpy", facts=FACTS))
    print("\ndipy fits tensors, which needs six directions.")


if __name__ == "__main__":
    main()
