"""Deconvolution: speed, memory and accuracy against a bare matrix product, osipy and PyPeT, on brains with known truth.

    python Testing/Benchmarks/bench_perfusion.py [--repeat N]

Two brains as in the methods: DSC of 128 x 128 x 20 voxels and 60 frames at SNR 50, CTP of 256 x 256 x 16 and 45 frames at
0.7 HU, sampled every 1.5 s, without smoothing. All run in one process in turn, and the least time of each counts, on the clock and of
the processor (all threads), so that a busy machine spoils no ratio. osipy and PyPeT are not part of this project: where `STROKEQUANT_OSIPY` and `STROKEQUANT_PYPET`
name folders with their sources they are run from there, else they are skipped. Accuracy is over the tissue outside the
lesion; Tmax is compared with the true delay, above which it lies by 2 to 3 s.
"""

import argparse
import importlib
import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import LIBRARY, Result, machine, table

sys.path[:0] = [str(LIBRARY), str(LIBRARY.parent / "Testing" / "Core")]

KINDS = ("dsc", "ctp")
FACTS = ("CBF bias %", "CBF r", "CBV bias %", "MTT bias %", "Tmax - delay s", "Tmax RMS s")
GEMM, WINDOW, OURS = "bare GEMM, all lags", "bare GEMM, search window", "strokequant maps"


class Study:
    """A brain with noise, and its artery, in the forms that the programs want."""

    def __init__(self, kind: str):
        from perfusion_objects import Brain, noisy_ctp, noisy_dsc

        rng = np.random.default_rng(1)
        if kind == "dsc":
            self.brain, self.times = Brain(), np.arange(60) * 1.5
            self.values = noisy_dsc(self.brain.concentration(self.times), 50, rng)
        else:
            self.brain = Brain(shape=(16, 256, 256), spacing=(0.86, 0.86, 8.0), onset=6.0)
            self.times = np.arange(45) * 1.5
            self.values = noisy_ctp(self.brain.concentration(self.times), 0.7, rng)
        self.values = np.ascontiguousarray(self.values, dtype=np.float32)
        self.mask = self.brain.mask
        self.curves, self.aif = self.brain.curves(self.values, self.times), self.brain.aif(self.times)

    def series(self) -> np.ndarray:
        """(k, j, i, t) float32."""
        whole = np.zeros((*self.mask.shape, len(self.times)), np.float32)
        whole[self.mask] = self.values
        return whole

    def facts(self, cbf, cbv, mtt, tmax) -> dict[str, float]:
        """Errors outside the lesion of (n,) maps; constants divided out."""
        brain, normal = self.brain, self.brain.kind == 0
        truth = (brain.cbf, brain.cbf * brain.mtt / 60, brain.mtt)
        bias = [
            100 * (np.median(found[normal] / true[normal]) - 1)
            for found, true in zip((cbf, cbv, mtt), truth, strict=True)
        ]
        over = tmax - brain.delay
        facts = (
            bias[0],
            np.corrcoef(cbf, brain.cbf)[0, 1],
            bias[1],
            bias[2],
            np.median(over),
            np.sqrt(np.mean(over**2)),
        )
        return dict(zip(FACTS, map(float, facts), strict=True))


def gemm(study: Study, rows: int, block: int = 2048) -> Callable:
    """Bare product of a (rows, t) matrix with all curves, in blocks that stay in the cache."""
    matrix = np.random.default_rng(0).standard_normal((rows, len(study.times)), dtype=np.float32)
    values = study.values

    def call():
        for first in range(0, len(values), block):
            matrix @ values[first : first + block].T

    return call


def strokequant(study: Study, method: str = "cSVD", residual: bool = False) -> tuple[Callable, Callable]:
    """Maps on the grid of the series, with validity and reasons; CBF, CBV, MTT, Tmax and TTP."""
    from strokequant.maps.perfusion import perfusion_maps
    from strokequant.perfusion_config import DeconvolutionConfig

    config = DeconvolutionConfig(method=method, kappa=1.0, rho_g_ml=1.0)

    def facts(maps):
        return study.facts(*(getattr(maps, name).values[study.mask] for name in ("cbf", "cbv", "mtt", "tmax")))

    return lambda: perfusion_maps(study.curves, study.aif, residual=residual, config=config), facts


def strokequant_tmax(study: Study) -> tuple[Callable, Callable]:
    """Tmax alone, as the repeats for intervals need it."""
    from strokequant.maps.voxelwise import voxel_values

    return lambda: voxel_values(study.curves, study.aif, wanted=("tmax",)), lambda _: {}


def osipy(study: Study, what: str) -> tuple[Callable, Callable]:
    """Circular SVD of osipy: the deconvolver alone, or all its maps."""
    sys.path.insert(0, _folder("STROKEQUANT_OSIPY"))
    series, aif = study.series(), study.aif.values.astype(np.float32)
    if what == "deconvolver":
        deconvolve = importlib.import_module("osipy.dsc.deconvolution").get_deconvolver("cSVD")
        return lambda: deconvolve.deconvolve(series, aif, study.times, study.mask), lambda _: {}
    maps_of = importlib.import_module("osipy.dsc.parameters.maps").compute_perfusion_maps

    def facts(maps):
        cbf, cbv, mtt, tmax = (_array(getattr(maps, name))[study.mask] for name in ("cbf", "cbv", "mtt", "tmax"))
        return study.facts(cbf, cbv / 0.73 * 1.04, mtt, tmax)

    return lambda: maps_of(series, aif, study.times, study.mask, deconvolution_method="cSVD"), facts


def pypet(study: Study) -> tuple[Callable, Callable]:
    """Maps of PyPeT with its default method; its artery is the gamma variate that made the data."""
    from perfusion_objects import PEAK_SCALE, WIDTH

    sys.path.insert(0, _folder("STROKEQUANT_PYPET"))
    maps_of = importlib.import_module("utils.generate_perfusion_maps").generate_perfusion_maps
    volumes = list(np.moveaxis(study.series(), -1, 0))
    properties = np.array([study.brain.onset, 3.0, WIDTH, PEAK_SCALE])

    def facts(maps):
        mtt, cbv, cbf, tmax = (found[study.mask] for found in maps)
        return study.facts(cbf * 1.05 / 0.73, cbv * 1.05 / 0.73, mtt, tmax)

    return lambda: maps_of(volumes, study.times.tolist(), study.mask, properties), facts


def _folder(variable: str) -> str:
    folder = os.environ.get(variable)
    if not folder or not Path(folder).is_dir():
        msg = f"{variable} does not name a folder with its sources"
        raise ImportError(msg)
    return folder


def _array(found) -> np.ndarray:
    return np.asarray(getattr(found, "values", found))


def targets(study: Study) -> dict[str, Callable]:
    """Name -> function that prepares a call and what turns its result into facts."""
    from strokequant.maps.deconvolution import search_lags
    from strokequant.perfusion_config import DeconvolutionConfig

    rows = len(search_lags(1.5, len(study.times), DeconvolutionConfig()))
    return {
        GEMM: lambda: (gemm(study, 2 * len(study.times)), lambda _: {}),
        WINDOW: lambda: (gemm(study, rows), lambda _: {}),
        OURS: lambda: strokequant(study),
        "strokequant maps and misfit": lambda: strokequant(study, residual=True),
        "strokequant Tmax only": lambda: strokequant_tmax(study),
        "strokequant oSVD": lambda: strokequant(study, "oSVD"),
        "osipy cSVD, deconvolver": lambda: osipy(study, "deconvolver"),
        "osipy cSVD, maps": lambda: osipy(study, "maps"),
        "PyPeT, maps": lambda: pypet(study),
    }


def in_turn(kind: str, repeat: int) -> list[Result]:
    """Time all in turn, slow ones in fewer rounds; a program that is not there says why."""
    study = Study(kind)
    calls, facts, notes = {}, {}, {}
    for name, prepare in targets(study).items():
        try:
            calls[name], facts_of = prepare()
            facts[name] = facts_of(calls[name]())
        except Exception as error:
            calls.pop(name, None)
            notes[name] = f"skipped: {error}"
    seconds, cpu = {name: [] for name in calls}, {name: [] for name in calls}
    for turn in range(repeat):
        for name, call in calls.items():
            if turn < 3 or min(seconds[name]) < 0.5:
                start, used = time.perf_counter(), time.process_time()
                call()
                seconds[name].append(time.perf_counter() - start)
                cpu[name].append(time.process_time() - used)
    rows = [
        Result(name, min(times), float(np.median(times)), facts=facts[name], cpu_s=min(cpu[name]))
        for name, times in seconds.items()
    ]
    return rows + [Result(name, note=note) for name, note in notes.items()]


def memory(kind: str) -> Result:
    """Most that one call of the maps allocates beside its input, the maps themselves included."""
    study = Study(kind)
    call, _ = strokequant(study)
    call()
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    series = study.mask.size * len(study.times) * 4 / 2**20
    facts = {"series MB": series, "curves MB": study.values.nbytes / 2**20, "share of the series": peak / series}
    return Result(f"maps, {kind.upper()}", peak_mb=peak, facts=facts)


def ratios(rows: list[Result]) -> str:
    """How ours stands to the others by the clock and by the processor, with the targets."""
    best = {row.name: np.array([row.seconds, row.cpu_s]) for row in rows if row.seconds}
    lines = ["| Ratio | by the clock | by the processor | asked for |", "|---|---|---|---|"]
    for name, text, goal in (
        (GEMM, "strokequant / bare GEMM of all lags", "at most 5"),
        (WINDOW, "strokequant / bare GEMM of the window", "at most 5"),
        ("osipy cSVD, deconvolver", "osipy deconvolver / strokequant", "at least 2.5"),
        ("osipy cSVD, maps", "osipy maps / strokequant", "at least 2.5"),
        ("PyPeT, maps", "PyPeT / strokequant", "at least 50"),
    ):
        if name in best:
            ratio = best[OURS] / best[name] if name in (GEMM, WINDOW) else best[name] / best[OURS]
            lines.append(f"| {text} | {ratio[0]:.2f} | {ratio[1]:.2f} | {goal} |")
    return "\n".join(lines)


def main() -> None:
    """Both brains, then memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15)
    repeat = parser.parse_args().repeat
    print(machine("scipy"))
    for kind in KINDS:
        rows = in_turn(kind, repeat)
        print(f"\n{kind.upper()}\n\n{table(rows, reference=OURS, facts=FACTS)}\n\n{ratios(rows)}")
    facts = ("series MB", "curves MB", "share of the series")
    print("\nMemory beside the curves\n\n" + table([memory(kind) for kind in KINDS], facts=facts))


if __name__ == "__main__":
    main()
