"""Head phantoms for the segmentation tests: tissue on a 1 mm grid, averaged as signal into the voxels of the scan.

Partial volume is that of a scanner: b0 and b1000 signals are averaged, then noise is added, then ADC is computed. Lesions
are given as the fraction of every 1 mm cell that they fill (ellipsoids by supersampling), so that their volume is known.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from strokequant.geometry import Geometry
from strokequant.types import QuantityMap, Volume

SHAPE = (160, 200, 170)
CENTER = np.array([80.0, 100.0, 85.0])
RADII = np.array([58.0, 82.0, 66.0])
B = 1000e-6


@dataclass(frozen=True)
class Tissue:
    """Signal at b0 and ADC (um2/s) of every cell, and the brain (with ventricles and sulci)."""

    s0: np.ndarray
    adc: np.ndarray
    brain: np.ndarray


@dataclass(frozen=True)
class Scan:
    b0: Volume
    trace: Volume
    adc: QuantityMap
    brain: np.ndarray
    truth: np.ndarray
    truth_ml: float

    @property
    def geometry(self):
        return self.trace.geometry


def cells(shape=SHAPE):
    return np.meshgrid(*(np.arange(n) + 0.0 for n in shape), indexing="ij", sparse=True)


def radius(center, axes, shape=SHAPE):
    return np.sqrt(sum(((c - m) / a) ** 2 for c, m, a in zip(cells(shape), center, axes, strict=True)))


def ellipsoid(center, axes, shape=SHAPE, sub=4):
    """Fraction of every cell inside an ellipsoid."""
    center, axes = np.asarray(center, float), np.asarray(axes, float)
    fraction = np.zeros(shape, np.float32)
    low = np.maximum(np.floor(center - axes - 1).astype(int), 0)
    high = np.minimum(np.ceil(center + axes + 2).astype(int), shape)
    grids = [np.arange(a * sub, b * sub) / sub + 0.5 / sub - 0.5 for a, b in zip(low, high, strict=True)]
    k, j, i = np.meshgrid(*grids, indexing="ij", sparse=True)
    inside = ((k - center[0]) / axes[0]) ** 2 + ((j - center[1]) / axes[1]) ** 2 + ((i - center[2]) / axes[2]) ** 2 <= 1
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    fraction[box] = block_mean(inside.astype(np.float32), (sub, sub, sub))
    return fraction


def block_mean(values, block):
    k, j, i = (n // b for n, b in zip(values.shape, block, strict=True))
    trimmed = values[: k * block[0], : j * block[1], : i * block[2]]
    return trimmed.reshape(k, block[0], j, block[1], i, block[2]).mean(axis=(1, 3, 5), dtype=np.float32)


def noise_field(seed, sigma, shape=SHAPE):
    field = np.random.default_rng(seed).standard_normal([n // 2 for n in shape]).astype(np.float32)
    field = ndimage.gaussian_filter(field, sigma / 2)
    field = ndimage.zoom(field, 2, order=1)
    field = np.pad(field, [(0, n - m) for n, m in zip(shape, field.shape, strict=True)], mode="edge")
    return field / field.std()


@lru_cache(maxsize=4)
def uniform_tissue():
    """Brain of ADC 800 with ventricles, CSF around it, nothing else: the phantom of the reference."""
    brain = radius(CENTER, RADII) <= 1
    s0 = np.where(brain, 1.0, 0.0).astype(np.float32)
    adc = np.full(SHAPE, 800, np.float32)
    for side in (-1, 1):
        ventricle = radius(np.add(CENTER, (8, 5, side * 9)), (10, 26, 5)) <= 1
        s0[ventricle], adc[ventricle] = 3.0, 3000
    return Tissue(s0, adc, brain)


@lru_cache(maxsize=2)
def folded_tissue(seed=0):
    """Brain of ADC 800 with ventricles, folded sulci and CSF around it: borders to CSF without anything else that varies."""
    depth = (1 - radius(CENTER, RADII)) * RADII.min()
    brain = depth > 0
    fluid = brain & (depth - 7 * np.maximum(noise_field(seed, 5), 0) < 1.5)
    for side in (-1, 1):
        fluid |= radius(np.add(CENTER, (8, 5, side * 9)), (10, 26, 5)) <= 1
    s0 = np.where(fluid, 3.0, np.where(brain, 1.0, 0.0)).astype(np.float32)
    return Tissue(s0, np.where(fluid, 3000, 800).astype(np.float32), brain)


@lru_cache(maxsize=6)
def layered_tissue(seed=0):
    """White matter, folded cortex, sulci, ventricles, deep gray matter, with texture in ADC and signal."""
    depth = (1 - radius(CENTER, RADII)) * RADII.min()
    brain = depth > 0
    fold = depth - 7 * np.maximum(noise_field(seed, 5), 0)
    adc = np.full(SHAPE, 740, np.float32)
    s0 = np.full(SHAPE, 0.92, np.float32)
    gray = fold < 4.5
    for side in (-1, 1):
        gray |= radius(np.add(CENTER, (2, 12, side * 14)), (11, 15, 8)) <= 1
    adc[gray], s0[gray] = 840, 1.12
    adc *= 1 + 0.03 * noise_field(seed + 1, 6)
    s0 *= 1 + 0.04 * noise_field(seed + 2, 8)
    fluid = brain & (fold < 1.5)
    for side in (-1, 1):
        fluid |= radius(np.add(CENTER, (8, 5, side * 9)), (10, 26, 5)) <= 1
    adc[fluid], s0[fluid] = 3000, 3.0
    s0[~brain] = 0
    return Tissue(s0, adc, brain)


def with_head(tissue):
    """Skull, scalp, eyes, neck with cord around a brain."""
    s0, adc = tissue.s0.copy(), tissue.adc.copy()
    outside = ~tissue.brain
    scalp = (radius(CENTER, RADII + 14) <= 1) & (radius(CENTER, RADII + 6) > 1)
    neck = np.broadcast_to(radius((20, 110, 85), (1e6, 50, 50)) <= 1, SHAPE).copy()
    neck[36:] = False
    cord = np.broadcast_to(radius((20, 120, 85), (1e6, 7, 7)) <= 1, SHAPE).copy()
    cord[40:] = False
    for where, signal, value in ((neck, 0.28, 1300), (scalp, 0.3, 1000), (cord, 1.3, 1100)):
        s0[where & outside], adc[where & outside] = signal, value
    for side in (-1, 1):
        eye = radius((55, 16, 85 + side * 32), (12, 12, 12)) <= 1
        s0[eye & outside], adc[eye & outside] = 3.0, 3000
    return Tissue(s0, adc, tissue.brain)


def with_susceptibility(tissue):
    """Pile-up and dropout above the frontal sinus and both petrous bones: same factor at every b."""
    s0 = tissue.s0.copy()
    for center in ((45, 35, 85), (40, 95, 35), (40, 95, 135)):
        s0 *= 1 + 1.2 * np.exp(-2 * radius(center, (10, 12, 10)) ** 2)
        s0 *= 1 - 0.9 * np.exp(-2 * radius(np.add(center, (-12, 0, 0)), (6, 12, 10)) ** 2)
    return Tissue(s0.astype(np.float32), tissue.adc, tissue.brain)


def with_lesion(tissue, fraction, adc=450, t2_ratio=1.1):
    """Lesion mixed into the cells by fraction; `adc` a number or an array over the cells. Not into CSF or outside."""
    fraction = np.where(tissue.brain & (tissue.adc < 2000), fraction, 0)
    s0 = tissue.s0 * (1 + (t2_ratio - 1) * fraction)
    lesion = t2_ratio * np.exp(-B * adc)
    background = np.exp(-B * tissue.adc)
    mixed = (fraction * lesion + (1 - fraction) * background) / (1 + (t2_ratio - 1) * fraction)
    return Tissue(s0.astype(np.float32), (-np.log(mixed) / B).astype(np.float32), tissue.brain), fraction


def with_replacing_lesion(tissue, fraction, adc=450, s0=1.1):
    """Lesion of its own signal in the place of tissue and CSF alike; not outside."""
    fraction = np.where(tissue.brain, fraction, 0)
    b0 = fraction * s0 + (1 - fraction) * tissue.s0
    b1000 = fraction * s0 * np.exp(-B * adc) + (1 - fraction) * tissue.s0 * np.exp(-B * tissue.adc)
    inside = b1000 > 0
    mixed = np.where(inside, np.log(np.where(inside, b0, 1) / np.where(inside, b1000, 1)) / B, tissue.adc)
    return Tissue(b0.astype(np.float32), mixed.astype(np.float32), tissue.brain), fraction


def bias_field(strength, shape=SHAPE):
    k, j, i = ((c - m) / 100 for c, m in zip(cells(shape), CENTER, strict=True))
    return np.exp(strength * (0.5 * k - 0.6 * j + 0.4 * i + 0.7 * (k * k + j * j + i * i)))


def rician(signal, sigma, rng):
    if not sigma:
        return signal.astype(np.float32)
    real = signal + sigma * rng.standard_normal(signal.shape, dtype=np.float32)
    return np.hypot(real, sigma * rng.standard_normal(signal.shape, dtype=np.float32))


def scan(tissue, block=(5, 1, 1), *, snr=40.0, directions=3, bias=0.0, fraction=None, seed=1, shift=0, scale=400.0):
    """Scan a tissue: block average of the signals, Rician noise, geometric mean of the directions, ADC.

    Args:
        tissue: on the 1 mm cells.
        block: cells per voxel along k, j, i, so voxel size in mm.
        snr: of b0 at signal 1; 0 for no noise.
        bias: strength of the bias field; 0.5 is a factor of about 2 over the brain.
        fraction: lesion fraction of the cells, for the truth.
        shift: misregistration of b1000 along j in cells.
    """
    rng = np.random.default_rng(seed)
    field = bias_field(bias) if bias else 1.0
    fine = tissue.s0 * field
    clean0 = block_mean(fine, block)
    fine = fine * np.exp(-B * tissue.adc)
    clean1 = block_mean(np.roll(fine, shift, axis=1), block)
    sigma = 1 / snr if snr else 0
    b0 = rician(clean0, sigma, rng)
    logs = sum(np.log(np.maximum(rician(clean1, sigma, rng), 1e-6)) for _ in range(directions))
    trace = np.exp(logs / directions)
    adc = (np.log(np.maximum(b0, 1e-6) / trace) / B).astype(np.float32)
    affine = np.diag([block[2], block[1], block[0], 1.0])
    affine[:3, 3] = -(CENTER * 1.0)[::-1] + (np.array(block[::-1]) - 1) / 2
    geometry = Geometry.from_affine(affine, clean0.shape)
    truth = block_mean(fraction, block) if fraction is not None else np.zeros(clean0.shape, np.float32)
    valid = np.isfinite(adc) & (clean0 + b0 > 0)
    return Scan(
        Volume(b0 * scale, geometry),
        Volume((trace * scale).astype(np.float32), geometry),
        QuantityMap(adc, valid, geometry, "um2/s", "adc", "ln(b0/trace)/b"),
        block_mean(tissue.brain.astype(np.float32), block) >= 0.5,
        truth,
        float(fraction.sum()) / 1000 if fraction is not None else 0.0,
    )
