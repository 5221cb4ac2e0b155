"""Perfusion objects with known truth: exact concentration of tissue behind a gamma-variate artery, sampled at any times.

The convolution of `A (t - t0)^3 exp(-(t - t0)/b)` with an exponential, box or linear residue has a closed form in incomplete
gamma functions, so nothing is built on a time grid. kappa = rho = 1: CBV = CBF MTT / 60 in mL/100 g, CBF in mL/100 g/min.
"""

import numpy as np
from scipy import ndimage, special

from strokequant.geometry import Geometry
from strokequant.perfusion_types import Bolus, Curves, Vessel, VesselCurve

ONSET = 10.0
WIDTH = 1.5
PEAK_SCALE = 1 / ((3 * WIDTH) ** 3 * np.exp(-3))
DSC_SCALE = 671.516
DSC_ARTERY_SCALE = 30.543
ECHO_TIME = 0.030


def artery(times, *, onset=ONSET, width=WIDTH):
    """AIF with a peak of 1."""
    u = np.clip(np.asarray(times, dtype=float) - onset, 0, None)
    return u**3 * np.exp(-u / width) / ((3 * width) ** 3 * np.exp(-3))


def artery_area(*, width=WIDTH):
    return 6 * width**4 / ((3 * width) ** 3 * np.exp(-3))


def _cumulative(u):
    """Integral of the unscaled artery from its onset to u."""
    return WIDTH**4 * 6 * special.gammainc(4, np.clip(u, 0, None) / WIDTH)


def _moment(u):
    """Integral of u times the unscaled artery."""
    return WIDTH**5 * 24 * special.gammainc(5, np.clip(u, 0, None) / WIDTH)


def tissue(times, cbf, mtt, delay, shape="exponential", *, onset=ONSET):
    """(..., t) tissue curve in units of the artery; `cbf`, `mtt`, `delay` broadcast, MTT > 1.5 s for the exponential."""
    cbf, mtt, delay = (np.asarray(value, dtype=float)[..., None] for value in (cbf, mtt, delay))
    u = np.asarray(times, dtype=float) - onset - delay
    if shape == "exponential":
        rate = 1 / WIDTH - 1 / mtt
        positive = np.clip(u, 0, None)
        area = np.exp(-positive / mtt) * 6 * special.gammainc(4, rate * positive) / rate**4
    elif shape == "box":
        area = _cumulative(u) - _cumulative(u - mtt)
    else:
        window = _cumulative(u) - _cumulative(u - 2 * mtt)
        moment = _moment(u) - _moment(u - 2 * mtt)
        area = (1 - u / (2 * mtt)) * window + moment / (2 * mtt)
    return PEAK_SCALE * cbf / 6000 * area


def bolus(frames=60):
    return Bolus(0, 4, 5, 10, np.zeros(frames))


def aif(times, *, values=None, **scores):
    """The artery as a `VesselCurve`."""
    times = np.asarray(times, dtype=float)
    values = artery(times) if values is None else np.asarray(values, dtype=float)
    return VesselCurve(Vessel.AIF, values, times, np.zeros((1, 3), int), (0.0, 0.0, 0.0), "manual point", scores)


def curves(values, times, *, mask=None, spacing=(2.0, 2.0, 6.0), kind="ctp", slice_times=None):
    """(n, t) as `Curves`; without a mask, one row of n voxels."""
    values = np.ascontiguousarray(values, dtype=np.float32)
    mask = np.ones((1, 1, len(values)), bool) if mask is None else mask
    grid = Geometry.from_affine(np.diag([*spacing, 1.0]), mask.shape)
    unit = "[hnsf'U]" if kind == "ctp" else "1/s"
    times = np.asarray(times, dtype=float)
    return Curves(values, mask, grid, times, kind, unit, bolus(len(times)), slice_times_s=slice_times)


class Brain:
    """Ellipsoid of gray and white matter with oligemia, penumbra and core in one hemisphere; truth per voxel of `mask`.

    Args:
        shape: (k, j, i).
        spacing: (i, j, k) in mm.
    """

    TISSUE = ((1.0, None, None), (0.75, 6.0, 4.0), (0.45, 8.0, 8.0), (0.20, 12.0, 11.0))

    def __init__(self, shape=(20, 128, 128), spacing=(1.8, 1.8, 6.0), *, onset=ONSET, seed=3):
        rng = np.random.default_rng(seed)
        self.shape, self.spacing, self.onset = shape, spacing, onset
        z, y, x = np.meshgrid(*[(np.arange(n) + 0.5) / n for n in shape], indexing="ij")
        self.mask = ((x - 0.5) / 0.40) ** 2 + ((y - 0.5) / 0.44) ** 2 + ((z - 0.5) / 0.475) ** 2 < 1
        texture = ndimage.gaussian_filter(rng.standard_normal(shape), (1, 4, 4))[self.mask]
        white = texture < np.percentile(texture, 45)
        level = np.sqrt(((x - 0.33) / 0.16) ** 2 + ((y - 0.52) / 0.22) ** 2 + ((z - 0.5) / 0.45) ** 2)[self.mask]
        kind = (level < 1).astype(int) + (level < 0.85) + (level < 0.45)
        factors, mtts, delays = (np.array([row[n] or 0.0 for row in self.TISSUE])[kind] for n in range(3))
        self.kind = kind
        self.cbf = np.where(white, 25.0, 60.0) * factors * (1 + 0.10 * rng.standard_normal(len(kind)))
        self.mtt = np.where(kind == 0, np.where(white, 4.8, 4.0), mtts)
        self.delay = np.where(kind == 0, np.where(white, 1.5, 0.5), delays) + 0.4 * rng.standard_normal(len(kind))

    def concentration(self, times):
        """(n, t) float32 in units of the artery."""
        return tissue(times, self.cbf, self.mtt, self.delay, onset=self.onset).astype(np.float32)

    def aif(self, times):
        return aif(times, values=artery(times, onset=self.onset))

    def curves(self, values, times, **more):
        return curves(values, times, mask=self.mask, spacing=self.spacing, **more)

    def volume_ml(self, chosen):
        return float(np.count_nonzero(chosen) * np.prod(self.spacing) / 1000)


def noisy_dsc(concentration, snr, rng, *, baseline=6):
    """Concentration that Rician noise on the signal leaves, back in units of the artery; baseline is a mean of frames."""
    signal = 100 * np.exp(-ECHO_TIME * DSC_SCALE * concentration)
    sigma = np.float32(100 / snr)
    real = signal + sigma * rng.standard_normal(signal.shape, dtype=np.float32)
    signal = np.hypot(real, sigma * rng.standard_normal(signal.shape, dtype=np.float32))
    rest = signal[:, :baseline].mean(axis=1, keepdims=True)
    return -np.log(signal / rest) / np.float32(ECHO_TIME * DSC_SCALE)


def noisy_ctp(concentration, sd_hu, rng, *, baseline=4):
    """The same for HU = 35 + 350 C with Gaussian noise."""
    noisy = concentration + np.float32(sd_hu / 350) * rng.standard_normal(concentration.shape, dtype=np.float32)
    return noisy - noisy[:, :baseline].mean(axis=1, keepdims=True)


def smoothed(values, mask, sigma=1.0):
    """Mask-weighted in-plane Gaussian of (n, t) curves."""
    weight = ndimage.gaussian_filter(mask.astype(np.float32), (0, sigma, sigma))
    out = np.empty_like(values)
    frame = np.zeros(mask.shape, np.float32)
    for t in range(values.shape[1]):
        frame[mask] = values[:, t]
        out[:, t] = (ndimage.gaussian_filter(frame, (0, sigma, sigma))[mask]) / weight[mask]
    return out
