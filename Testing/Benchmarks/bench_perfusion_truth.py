"""Deconvolution against truth: OSIPI curves, the grid of the reference data, and exact curves of any sampling and delay.

    python Testing/Benchmarks/bench_perfusion_truth.py

Nothing is timed. The reference data are read where `STROKEQUANT_TEST_DATA` names their folder, or beside the project; without
them their tables are left out. Curves are without noise and without smoothing; kappa = rho = 1. Threshold 0.10 of the largest singular
value is that of the reference maps, 0.20 the default of the software, which is for smoothed curves with noise.
"""

import csv
import os
import sys
from pathlib import Path

import numpy as np
from common import HERE, LIBRARY, machine

sys.path[:0] = [str(LIBRARY), str(LIBRARY.parent / "Testing" / "Core")]

THRESHOLDS = (0.10, 0.20)
SETS = ("dsc_d0-3", "dsc_d0-12", "ctp_d0-3")
SHAPES = {1: "exponential", 2: "linear", 3: "box"}
MTT = (24.0, 12.0, 8.0, 6.0, 4.8, 4.0, 24 / 7)
CBV = (1.0, 2.0, 3.0, 4.0, 5.0)
DELAYS = {
    "0 to 3": np.arange(0, 3.01, 0.5),
    "-3 to 3": np.arange(-3, 3.01, 0.5),
    "0 to 12": np.arange(0, 12.01, 2),
    "-3 to 12": np.arange(-3, 12.01, 0.5),
}


def config(threshold: float, **more):
    """Settings of a deconvolution."""
    from strokequant.perfusion_config import DeconvolutionConfig

    return DeconvolutionConfig(threshold=threshold, **more)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def folder() -> Path | None:
    """The reference data, where they are."""
    found = Path(os.environ.get("STROKEQUANT_TEST_DATA", HERE.parents[2] / "shared" / "data")) / "perfusion"
    return found if found.is_dir() else None


def osipi(data: Path) -> list[str]:
    """How many of the 14 curves lie within the tolerance of the collection: CBF 15 + 10 %, CBV 1 + 10 %."""
    from perfusion_objects import aif, curves

    from strokequant.maps.voxelwise import voxel_values

    with open(data / "osipi_dsc_dro" / "dsc_data.csv") as file:
        rows = list(csv.DictReader(file))
    lines = ["| Threshold | Within | Outside |", "|---|---|---|"]
    for threshold in THRESHOLDS:
        outside = []
        for row in rows:
            tissue = np.array(row["C_tis"].split(), float)[None]
            times = np.arange(tissue.shape[1]) * float(row["tr"])
            artery = aif(times, values=np.array(row["C_aif"].split(), float))
            found = voxel_values(curves(tissue, times), artery, config=config(threshold))
            flow, volume = 6000 * float(found.flow[0]), 100 * float(found.volume[0])
            cbf, cbv = float(row["cbf"]), float(row["cbv"])
            if abs(flow - cbf) > 15 + 0.10 * cbf or abs(volume - cbv) > 1 + 0.10 * cbv:
                outside.append(f"CBF {cbf:g} reads {flow:.1f}, CBV {cbv:g} reads {volume:.2f}")
        lines.append(f"| {threshold:g} | {len(rows) - len(outside)} of {len(rows)} | {'; '.join(outside) or 'none'} |")
    return lines


def shared_grid(data: Path) -> list[str]:
    """The grid of the reference data, by set and residue."""
    from strokequant.maps.voxelwise import voxel_values

    head = "| Set | Residue | r CBF | r CBV | r MTT | CBV bias % | Tmax off s, median, RMS | slope |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for name in SETS:
        values, artery, of = _load(data / "synthetic_kudo_grid", name)
        found = voxel_values(values, artery, config=config(0.10))
        flow, volume = 6000.0 * found.flow, 100.0 * found.volume
        cbf, cbv, mtt, delay = (of(f"truth_{{}}_{kind}") for kind in ("cbf", "cbv", "mtt", "delay"))
        off = np.abs(found.tmax_s - of("reference_{}_Tmax_cSVD10_noisefree"))
        shape = of("truth_{}_Rshape_1exp_2lin_3box")
        for number, words in SHAPES.items():
            chosen = shape == number
            short = chosen & (mtt <= 12) & (delay <= 6)
            slopes = [
                np.polyfit(delay[chosen & (mtt == m)], found.tmax_s[chosen & (mtt == m)], 1)[0] for m in np.unique(mtt)
            ]
            facts = (
                f"{correlation(flow[chosen], cbf[chosen]):.4f}",
                f"{correlation(volume[chosen], cbv[chosen]):.4f}",
                f"{correlation((60 * volume / flow)[chosen], mtt[chosen]):.4f}",
                f"{100 * np.abs(volume[short] / cbv[short] - 1).max():.2f}",
                f"{np.median(off[chosen]):.1e}, {np.sqrt(np.mean(off[chosen] ** 2)):.1e}",
                f"{min(slopes):.3f} to {max(slopes):.3f}",
            )
            lines.append(f"| {name} | {words} | {' | '.join(facts)} |")
    return lines


def _load(data: Path, name: str):
    import SimpleITK as sitk
    from perfusion_objects import DSC_SCALE, ECHO_TIME, aif, curves

    def read(of: str) -> np.ndarray:
        return sitk.GetArrayFromImage(sitk.ReadImage(str(data / f"{of}.nii.gz")))

    signal = read(f"{name}_noisefree")
    modality, delays = name.split("_")
    mask = np.zeros(signal.shape[1:], bool)
    mask[1:, 4:60, 4:60] = True
    values = signal[:, mask].T.astype(float)
    tissue = -np.log(values / 100) / (ECHO_TIME * DSC_SCALE) if modality == "dsc" else (values - 35) / 350
    table = np.loadtxt(data / "aif_vof.csv", delimiter=",", skiprows=1)
    artery = aif(table[:, 0], values=table[:, 1])
    return curves(tissue, table[:, 0], mask=mask), artery, lambda of: read(of.format(delays))[mask]


def own_grid() -> list[str]:
    """Exact curves: correlation, dependence of CBF and Tmax on the delay, by sampling."""
    from perfusion_objects import aif, curves, tissue

    from strokequant.maps.voxelwise import voxel_values

    head = "| Step s | Delays s | Residue | Threshold | r CBF | r CBV | r MTT | CBF max/min | Tmax slope | SD s |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|---|"]
    for step in (1.0, 1.5, 2.0):
        for words, delays in DELAYS.items():
            for residue in ("exponential", "linear"):
                for threshold in THRESHOLDS if words == "-3 to 12" else THRESHOLDS[:1]:
                    cbv, mtt, delay = (x.ravel() for x in np.meshgrid(CBV, MTT, delays, indexing="ij"))
                    cbf = 60 * cbv / mtt
                    times = np.arange(int(90 / step)) * step
                    values = curves(tissue(times, cbf, mtt, delay, residue), times)
                    found = voxel_values(values, aif(times), config=config(threshold))
                    flow, volume = 6000.0 * found.flow, 100.0 * found.volume
                    spread, slopes, scatter = [], [], []
                    for m in MTT:
                        alike = (mtt == m) & (cbv == 4.0)
                        spread.append(flow[alike].max() / flow[alike].min())
                        line = np.polyfit(delay[alike], found.tmax_s[alike], 1)
                        slopes.append(line[0])
                        scatter.append(np.std(found.tmax_s[alike] - delay[alike]))
                    facts = [correlation(a, b) for a, b in ((flow, cbf), (volume, cbv), (60 * volume / flow, mtt))]
                    lines.append(
                        f"| {step:g} | {words} | {residue} | {threshold:g} | {' | '.join(f'{r:.4f}' for r in facts)} | "
                        f"{max(spread):.3f} | {min(slopes):.3f} to {max(slopes):.3f} | {max(scatter):.3f} |"
                    )
    return lines


def main() -> None:
    """All tables."""
    print(machine("scipy"))
    data = folder()
    if data is None:
        print("\nReference data not found: OSIPI curves and the reference grid are left out.")
    else:
        print("\nOSIPI DSC curves\n\n" + "\n".join(osipi(data)))
        print("\nGrid of the reference data, threshold 0.10\n\n" + "\n".join(shared_grid(data)))
    print("\nExact curves of a scan of 90 s\n\n" + "\n".join(own_grid()))


if __name__ == "__main__":
    main()
