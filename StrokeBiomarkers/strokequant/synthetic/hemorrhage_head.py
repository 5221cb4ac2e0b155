"""A synthetic head CT: the digital head in HU, with skull, CSF, gray and white matter, noise and the blur of a scanner."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..types import Volume
from .anatomy import Head, Tissue, tissue_fractions
from .grids import Slab, make_slab

HU = {
    Tissue.AIR: -1000.0,
    Tissue.SCALP: 20.0,
    Tissue.MUSCLE: 55.0,
    Tissue.BONE: 900.0,
    Tissue.CSF: 6.0,
    Tissue.GRAY: 37.0,
    Tissue.WHITE: 28.0,
}


@dataclass(frozen=True)
class CtProtocol:
    """How the head is scanned.

    Args:
        slab: arguments of `grids.make_slab`.
        noise_hu: SD of the noise.
        blur_mm: SD of the point spread in the plane.
        seed: of the noise.
    """

    slab: dict
    noise_hu: float = 3.5
    blur_mm: float = 0.6
    seed: int = 1


def synthetic_head(protocol: CtProtocol) -> tuple[Volume, np.ndarray, Slab]:
    """Head CT without blood.

    Args:
        protocol: grid and noise.

    Returns:
        HU, the voxels of brain and CSF inside the skull, and the slab for the writers of DICOM.
    """
    slab = make_slab(**protocol.slab)
    geometry = slab.geometry
    fractions = tissue_fractions(Head(), slab, np.eye(4))
    hu = np.zeros(geometry.shape, np.float32)
    for tissue, value in HU.items():
        hu += value * fractions[tissue]
    along_i, along_j = geometry.pixel_spacing
    hu = ndimage.gaussian_filter(hu, (0, protocol.blur_mm / along_j, protocol.blur_mm / along_i))
    noise = np.random.default_rng(protocol.seed).normal(0, protocol.noise_hu, geometry.shape)
    hu = np.maximum(hu + noise.astype(np.float32), -1024)
    inside = fractions[Tissue.CSF] + fractions[Tissue.GRAY] + fractions[Tissue.WHITE] > 0.5
    return Volume(hu, geometry, "[hnsf'U]", "attenuation"), inside, slab
