"""A small brain with vessels whose concentration is known at every voxel: no library code takes part in making it."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import fftconvolve

from strokequant.geometry import Geometry
from strokequant.types import Mask, TimeSeries

SHAPE = (3, 32, 32)
ECHO_MS = 30.0
SPACING = (2.0, 2.0, 6.0)


def gamma(times, start, scale=1.5, power=3.0):
    """Gamma variate with peak 1 at start + power * scale."""
    since = np.maximum(np.asarray(times, float) - start, 0) / (power * scale)
    return since**power * np.exp(power * (1 - since))


def smeared(times, start, scale, mtt):
    """The gamma variate after an exponential transit of mean `mtt`, area kept; on a grid of 0.01 s."""
    fine = np.arange(0, float(times[-1]) + 0.01, 0.01)
    artery, kernel = gamma(fine, start, scale), np.exp(-fine / mtt)
    curve = fftconvolve(artery, kernel / kernel.sum())[: len(fine)]
    return np.interp(times, fine, curve)


def affine():
    """LPS: i to the left, j to the back, k up; the middle of the grid at x = 0."""
    matrix = np.diag([*SPACING, 1.0])
    matrix[:3, 3] = (-(SHAPE[2] - 1) * SPACING[0] / 2, -(SHAPE[1] - 1) * SPACING[1] / 2, 0.0)
    return matrix


@dataclass
class Place:
    """Voxels of one vessel in one slice, with its curve of peak `height`."""

    k: int
    rows: slice
    columns: slice
    values: np.ndarray

    @property
    def voxels(self):
        mask = np.zeros(SHAPE, bool)
        mask[self.k, self.rows, self.columns] = True
        return mask


class VesselBrain:
    """Tissue of one curve, with vessels set into it.

    Args:
        kind: "dsc" (concentration in 1/s) or "ctp" (in HU).
        times: s.
        tissue_peak, tissue_start: of the tissue's curve.
    """

    def __init__(self, kind="ctp", times=None, *, tissue_peak=8.0, tissue_start=11.0, slice_offsets=None):
        self.kind = kind
        self.times = np.arange(40) * 1.5 if times is None else np.asarray(times, float)
        self.offsets = np.zeros(SHAPE[0]) if slice_offsets is None else np.asarray(slice_offsets, float)
        self.geometry = Geometry.from_affine(affine(), SHAPE)
        j, i = np.ogrid[: SHAPE[1], : SHAPE[2]]
        self.brain = np.broadcast_to((j - 15.5) ** 2 + (i - 15.5) ** 2 < 15.0**2, SHAPE).copy()
        self.curves = np.zeros((len(self.times), *SHAPE))
        for k in range(SHAPE[0]):
            tissue = tissue_peak * smeared(self.slice_times(k), tissue_start, 1.5, 4.0)
            self.curves[:, k, self.brain[k]] = tissue[:, None]

    def slice_times(self, k):
        return self.times + self.offsets[k]

    def vessel(self, k, j, i, *, height=200.0, start=10.0, scale=1.5, size=(2, 3), values=None):
        """Set a vessel of rows x columns `size` into slice k with its corner at (j, i)."""
        if values is None:
            values = height * gamma(self.slice_times(k), start, scale)
        place = Place(k, slice(j, j + size[0]), slice(i, i + size[1]), np.asarray(values, float))
        self.curves[:, k, place.rows, place.columns] = place.values[:, None, None]
        return place

    def vein(self, k=1, j=26, i=15, *, height=200.0, start=12.0, size=(3, 3)):
        return self.vessel(k, j, i, values=height * smeared(self.slice_times(k), start, 1.5, 3.0), size=size)

    def mask(self):
        return Mask(self.brain, self.geometry, "brain", "drawn")

    def series(self, *, noise=0.0, seed=0, signal=None, **options):
        """Signal (S0 100, Rician noise) or HU (35, Gaussian noise) of the curves."""
        rng = np.random.default_rng(seed)
        if signal is None:
            signal = 100 * np.exp(-ECHO_MS / 1000 * self.curves) if self.kind == "dsc" else 35 + self.curves
        if noise and self.kind == "dsc":
            real, imaginary = rng.normal(0, noise, (2, *signal.shape))
            signal = np.hypot(signal + real, imaginary)
        elif noise:
            signal = signal + rng.normal(0, noise, signal.shape)
        slice_times = self.times[:, None] + self.offsets if self.offsets.any() else None
        settings = {"kind": self.kind, "slice_times_s": slice_times, "echo_time_ms": ECHO_MS, **options}
        return TimeSeries(signal.astype(np.float32), self.geometry, self.times, "analytic", **settings)
