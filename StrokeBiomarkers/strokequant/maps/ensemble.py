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
    bank = np.random.default_rng(seed).standard_normal(curves.values.shape, dtype=np.float32)
    sigma = tuple(np.broadcast_to(smooth_px, 2).tolist())
    if max(sigma) > 0:
        _smooth(bank, curves.mask, sigma)
    bank *= np.float32(sd / bank.std()) if bank.size else np.float32(1)
    return bank


def _smooth(bank: np.ndarray, mask: np.ndarray, sigma_px: tuple[float, float]) -> None:
    stops = np.cumsum(np.count_nonzero(mask, axis=(1, 2)))
    frame = np.zeros(mask.shape[1:], np.float32)
    for inside, first, stop in zip(mask, [0, *stops[:-1]], stops, strict=True):
        gaussian = MaskedGaussian(inside, sigma_px, ConcentrationConfig().smooth_cut)
        frame[:] = 0
        for column in bank[first:stop].T if stop > first else ():
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
