"""Repeats of a deconvolution under other arteries, settings and noise, for intervals of what the maps give.

One repeat is one pass of the matrix over the curves and computes only what is asked for. New noise is not drawn for every
repeat: a bank of noise images is made once, smoothed as the curves were and scaled to the noise of the baseline, and every
repeat takes another random rotation of it in time, which goes into the matrix. Rotations keep the noise white; drawing whole
baseline frames instead, of which there are about six, gave volumes with 2.4 times the right spread.

DSC noise grows while the signal is low, which the baseline does not show, so intervals of DSC are somewhat narrow. A repeat
carries the noise twice: use the spread of the repeats, not their mean.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from ..errors import Issue, Level, MapError
from ..perfusion_config import ConcentrationConfig, DeconvolutionConfig
from ..perfusion_types import Curves, VesselCurve
from .smoothing import MaskedGaussian
from .voxelwise import AddedNoise, VoxelValues, voxel_values


@dataclass(frozen=True, eq=False)
class Scenario:
    """One repeat.

    Args:
        name: in words, such as "AIF 2" or "threshold 0.15".
        aif: artery of the repeat.
        curves: of other smoothing, say; None takes those of the study.
        config: of the repeat.
        noise_seed: adds noise of the bank; None leaves the curves as measured.
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
    bank: np.ndarray | None = None,
) -> Iterator[tuple[Scenario, VoxelValues]]:
    """Every scenario with its numbers for the voxels of the curves, one after the other, so that one at a time is in memory.

    Args:
        bank: from `noise_bank`, for the scenarios with a noise seed.

    Raises:
        MapError: D20, as for the maps.
    """
    wanted, leave_out = tuple(wanted), tuple(leave_out)
    for scenario in scenarios:
        own = curves if scenario.curves is None else scenario.curves
        noise = None if scenario.noise_seed is None else rotated_noise(own, bank, scenario.noise_seed)
        found = voxel_values(own, scenario.aif, wanted=wanted, leave_out=leave_out, noise=noise, config=scenario.config)
        yield scenario, found


def noise_bank(curves: Curves, *, smooth_px: float | tuple[float, float] = 0.0, seed: int = 0) -> np.ndarray:
    """(n, t) noise with the SD of the baseline of the curves and the correlation in space that their smoothing gave.

    In float16, whose steps of 0.1 % are nothing to noise and whose bank is half as large.

    Args:
        smooth_px: SD of the in-plane Gaussian that the curves were smoothed with, or one along rows and one along columns.

    Raises:
        MapError: D20 where the baseline has fewer than three frames.
    """
    baseline = curves.values[:, curves.bolus.first : curves.bolus.last]
    count = baseline.shape[1]
    if count < 3:
        expected = "at least 3 to take the noise from"
        raise MapError(Issue("D20", Level.STOP, f"{count} baseline frame(s)", expected, "leave the noise out"))
    typical = 2 * gammaincinv((count - 1) / 2, 0.5) / (count - 1)
    sd = np.sqrt(np.median(baseline.var(axis=1, ddof=1)) / typical)
    random, sigma = np.random.default_rng(seed), tuple(np.broadcast_to(smooth_px, 2).tolist())
    bank, squares = np.empty(curves.values.shape, np.float16), 0.0
    stops = np.cumsum(np.count_nonzero(curves.mask, axis=(1, 2)))
    for inside, first, stop in zip(curves.mask, [0, *stops[:-1]], stops, strict=True):
        drawn = random.standard_normal((stop - first, bank.shape[1]), dtype=np.float32)
        if max(sigma) > 0 and len(drawn):
            _smooth(drawn, inside, sigma)
        bank[first:stop] = drawn
        squares += float(np.square(drawn).sum(dtype=np.float64))
    if bank.size:
        bank *= np.float16(sd / np.sqrt(squares / bank.size))
    return bank


def _smooth(drawn: np.ndarray, inside: np.ndarray, sigma_px: tuple[float, float]) -> None:
    """Smooth the (n, t) noise of one slice in place."""
    gaussian = MaskedGaussian(inside, sigma_px, ConcentrationConfig().smooth_cut)
    frame = np.zeros(inside.shape, np.float32)
    for column in drawn.T:
        frame[inside] = column
        gaussian.smooth(frame)
        column[:] = frame[inside]


def rotated_noise(curves: Curves, bank: np.ndarray | None, seed: int) -> AddedNoise:
    """The bank under a random rotation in time, less its mean over the baseline, as in measured curves."""
    if bank is None or bank.shape != curves.values.shape:
        shape = None if bank is None else bank.shape
        msg = f"a noise bank of shape {curves.values.shape} is needed, not {shape}"
        raise ValueError(msg)
    frames = bank.shape[1]
    rotation, triangle = np.linalg.qr(np.random.default_rng(seed).standard_normal((frames, frames)))
    rotation *= np.sign(np.diag(triangle))
    baseline = slice(curves.bolus.first, curves.bolus.last)
    return AddedNoise(bank, rotation - rotation[:, baseline].mean(axis=1, keepdims=True))
