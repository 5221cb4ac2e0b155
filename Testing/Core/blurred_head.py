"""Heads by other means than the rest of the phantoms, to check the core on what it was not made with.

Tissue is drawn on cells of 1 mm, imaged with a Gaussian point spread and slice profile instead of box voxels, on voxels of any size.
Lesions are irregular (a ball with a bumpy surface, cut open by sulci or by a ventricle), never replace CSF, and their contrast changes
with the tissue that they lie in. Truth is the number of cells.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from strokequant.geometry import Geometry
from strokequant.types import Mask, QuantityMap, Volume

SHAPE = (130, 180, 150)
MIDDLE = np.array([65.0, 90.0, 75.0])
SIZE = np.array([52.0, 76.0, 60.0])
PLACES = {"deep": (6, 8, 28), "cortex": (14, -22, 36), "ventricle": (4, -6, 17)}
"""Offset of the center of a lesion from the middle of the brain, in mm along (k, j, i)."""
DECAY = 1e-3


@dataclass(frozen=True)
class Protocol:
    """Voxel size and slice distance in mm, blur in voxels (FWHM), SNR of white matter in b0, directions."""

    pixel: float
    thickness: float
    step: float
    blur: float
    snr: float = 40.0
    directions: int = 3


PROTOCOLS = {
    "2.0 x 4": Protocol(2.0, 4.0, 4.0, 1.2),
    "1.6 x 5": Protocol(1.6, 5.0, 5.0, 1.3),
    "1.25 x 3": Protocol(1.25, 3.0, 3.0, 1.5),
    "1.8 x 4 + 1 gap": Protocol(1.8, 4.0, 5.0, 1.0, directions=6),
}


@dataclass(frozen=True)
class Blurred:
    """One imaged head with its truth in mL and the share of lesion in every voxel."""

    adc: QuantityMap
    trace: Volume
    brain: Mask
    truth_ml: float
    share: np.ndarray


def _smooth_noise(rng, sigma):
    """Random field of an SD of `sigma` cells, made on cells three times as wide, which is fine enough for 6 and more."""
    coarse = tuple(-(-n // 3) + 2 for n in SHAPE)
    field = ndimage.gaussian_filter(rng.standard_normal(coarse).astype(np.float32), sigma / 3)
    field = ndimage.zoom(field, 3, order=1)[tuple(slice(n) for n in SHAPE)]
    return field / field.std()


def _offsets():
    return [axis - middle for axis, middle in zip(np.ogrid[tuple(slice(n) for n in SHAPE)], MIDDLE, strict=True)]


def anatomy(rng):
    """Brain and the b0 signal and ADC (um2/s) of its cells: white matter, cortical ribbon, sulci, ventricles, subarachnoid space."""
    k, j, i = _offsets()
    out = np.sqrt((k / SIZE[0]) ** 2 + (j / SIZE[1]) ** 2 + (i / SIZE[2]) ** 2)
    brain = out <= 1
    depth = (1 - out) * SIZE.min()
    sheets = np.abs(_smooth_noise(rng, 6.0))
    sulcus = brain & ((depth < 2.0) | ((sheets < 0.10) & (depth < 18)))
    lateral = (k / 9) ** 2 + ((j - 2) / 30) ** 2 + ((np.abs(i) - 8) / 5) ** 2 <= 1
    fluid = sulcus | (lateral & brain)
    to_surface = ndimage.distance_transform_edt(~sulcus)
    gray = brain & ~fluid & (to_surface <= 3)
    s0, adc = np.full(SHAPE, 1.0, np.float32), np.full(SHAPE, 760.0, np.float32)
    s0[gray], adc[gray] = 1.12, 810
    adc *= 1 + 0.03 * _smooth_noise(rng, 7.0)
    s0 *= 1 + 0.03 * _smooth_noise(rng, 9.0)
    s0[fluid], adc[fluid] = 2.6, 2900
    s0[~brain] = 0
    return brain, fluid, s0, adc


def bumpy_ball(rng, place, volume_ml):
    """Cells of an irregular ball that has this volume before CSF is cut out of it."""
    distance = np.sqrt(sum((axis - offset) ** 2 for axis, offset in zip(_offsets(), PLACES[place], strict=True)))
    score = distance * (1 + 0.12 * _smooth_noise(rng, 7.0))
    inside = np.sort(score, axis=None)[int(volume_ml * 1000)]
    return score <= inside


def imaged(fine, protocol):
    """(k, j, i) image of cells."""
    sigma = np.array([protocol.thickness, protocol.pixel * protocol.blur, protocol.pixel * protocol.blur]) / 2.3548
    blurred = ndimage.gaussian_filter(fine, sigma)
    steps = (protocol.step, protocol.pixel, protocol.pixel)
    axes = [np.arange(1.3, n - 1, step) for n, step in zip(SHAPE, steps, strict=True)]
    return ndimage.map_coordinates(blurred, np.meshgrid(*axes, indexing="ij"), order=1)


def _with_noise(signal, sigma, rng):
    return np.hypot(signal + sigma * rng.standard_normal(signal.shape), sigma * rng.standard_normal(signal.shape))


def blurred_head(place, volume_ml, protocol, seed, *, adc=(380.0, 520.0), t2_ratio=(1.0, 1.35)):
    """Imaged head with one lesion.

    Args:
        place: key of `PLACES`.
        volume_ml: of the lesion with the CSF in it; the truth is without.
        protocol: how it is imaged.
        seed: of anatomy, lesion and noise.
        adc: range of the ADC of the lesion in um2/s.
        t2_ratio: range of its b0 signal over that of its tissue.
    """
    rng = np.random.default_rng(seed)
    brain, fluid, s0, tissue_adc = anatomy(rng)
    lesion = bumpy_ball(rng, place, volume_ml) & brain & ~fluid
    s0[lesion] *= rng.uniform(*t2_ratio)
    tissue_adc[lesion] *= rng.uniform(*adc) / np.median(tissue_adc[lesion])
    sigma = 1 / protocol.snr
    clean = [imaged(image, protocol) for image in (s0, s0 * np.exp(-DECAY * tissue_adc))]
    b0 = _with_noise(clean[0], sigma, rng)
    logs = [np.log(_with_noise(clean[1], sigma, rng)) for _ in range(protocol.directions)]
    trace = np.exp(np.mean(logs, axis=0))
    geometry = Geometry.from_affine(np.diag([protocol.pixel, protocol.pixel, protocol.step, 1.0]), b0.shape)
    values = (np.log(b0 / trace) / DECAY).astype(np.float32)
    return Blurred(
        QuantityMap(values, values > 0, geometry, "um2/s", "adc", "ln(b0/trace)/b"),
        Volume((300 * trace).astype(np.float32), geometry),
        Mask(imaged(brain.astype(np.float32), protocol) >= 0.5, geometry, "brain", "truth of the phantom"),
        float(lesion.sum()) / 1000,
        imaged(lesion.astype(np.float32), protocol),
    )
