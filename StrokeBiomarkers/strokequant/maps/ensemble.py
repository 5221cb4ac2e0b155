"""Repeats of a deconvolution under other arteries, settings and noise, for intervals of what the maps give.

One repeat is one pass of the matrix over the curves and computes only what is asked for. Noise is repeated without drawing a
number per voxel: every frame of a repeat is the measured frame plus one of the baseline frames, whole and with a random sign.
That keeps the noise of the study with its correlation in space, and because it is linear in the frames it goes into the matrix.
It leaves out that DSC noise grows while the signal is low, so intervals of DSC are somewhat narrow. A repeat carries the noise
twice: use the spread of the repeats, not their mean.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import Issue, Level, MapError
from ..perfusion_config import DeconvolutionConfig
from ..perfusion_types import Curves, VesselCurve
from .voxelwise import VoxelValues, voxel_values


@dataclass(frozen=True, eq=False)
class Scenario:
    """One repeat.

    Args:
        name: in words, such as "AIF 2" or "threshold 0.15".
        aif: artery of the repeat.
        curves: of other smoothing, say; None takes those of the study.
        config: of the repeat.
        noise_seed: repeats the noise of the baseline; None leaves the curves as measured.
    """

    name: str
    aif: VesselCurve
    curves: Curves | None = None
    config: DeconvolutionConfig = DeconvolutionConfig()
    noise_seed: int | None = None


def ensemble(
    curves: Curves,
    scenarios: Iterable[Scenario],
    *,
    wanted: Iterable[str] = ("cbf", "tmax"),
    leave_out: Iterable[int] = (),
) -> Iterator[tuple[Scenario, VoxelValues]]:
    """Every scenario with its numbers for the voxels of the curves, one after the other, so that one at a time is in memory.

    Raises:
        MapError: D20, as for the maps.
    """
    wanted, leave_out = tuple(wanted), tuple(leave_out)
    for scenario in scenarios:
        own = curves if scenario.curves is None else scenario.curves
        mix = None if scenario.noise_seed is None else noise_mix(own, scenario.noise_seed, leave_out)
        found = voxel_values(
            own, scenario.aif, wanted=wanted, leave_out=leave_out, frame_mix=mix, config=scenario.config
        )
        yield scenario, found


def noise_mix(curves: Curves, seed: int, leave_out: Iterable[int] = ()) -> np.ndarray:
    """(f, f) matrix over the used frames that adds a random, signed baseline frame to every frame.

    Raises:
        MapError: D20 where the baseline has fewer than three frames.
    """
    left_out = set(leave_out)
    used = [frame for frame in range(curves.bolus.first, len(curves.times_s)) if frame not in left_out]
    baseline = [n for n, frame in enumerate(used) if frame < curves.bolus.last]
    count = len(baseline)
    if count < 3:
        expected = "at least 3 to take the noise from"
        raise MapError(Issue("D20", Level.STOP, f"{count} baseline frame(s)", expected, "leave the noise out"))
    rng = np.random.default_rng(seed)
    deviation = (np.eye(count) - 1 / count) * np.sqrt(count / (count - 1))
    picked = deviation[:, rng.integers(count, size=len(used))] * rng.choice([-1.0, 1.0], size=len(used))
    mix = np.eye(len(used))
    mix[baseline] += picked
    return mix
