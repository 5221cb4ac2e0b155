"""A hematoma implanted into a head CT, with blur, noise, edema and a truth that does not depend on either."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..types import Volume
from .hemorrhage_shapes import ClotShape, clot_fraction


@dataclass(frozen=True)
class Implant:
    """One clot.

    Args:
        shape: outline.
        hu: of the clot.
        noise_hu: SD of its noise.
        edema_mm: width of a rim of edema, 0 for none.
        edema_hu: its CT number.
        swirl_hu: CT number of a pocket of a third of the size in it, None for none.
    """

    shape: ClotShape
    hu: float = 62.0
    noise_hu: float = 3.0
    edema_mm: float = 0.0
    edema_hu: float = 20.0
    swirl_hu: float | None = None


@dataclass(frozen=True, eq=False)
class Implanted:
    """A CT with clots.

    Args:
        image: HU.
        fraction: (k, j, i) share of clot in every voxel before blur.
        edema: (k, j, i) share of edema.
        volume_ml: exact volume of the clots, as shaped.
        sampled_ml: shares summed over the slices: differs by the sampling of the slices alone.
    """

    image: Volume
    fraction: np.ndarray
    edema: np.ndarray
    volume_ml: float
    sampled_ml: float


def implant(
    image: Volume,
    clots: Sequence[Implant],
    *,
    within: np.ndarray | None = None,
    blur_mm: float = 0.6,
    seed: int = 1,
    thickness_mm: float | None = None,
) -> Implanted:
    """Put clots into a CT.

    Args:
        image: HU of a head without blood.
        clots: must not overlap.
        within: (k, j, i) voxels that may hold blood, such as the inside of the skull; then the sampled volume is the truth.
        blur_mm: SD of the point spread of the scanner in the plane.
        seed: of the noise.
        thickness_mm: see `clot_fraction`.
    """
    geometry = image.geometry
    values = np.array(image.values, np.float32)
    random = np.random.default_rng(seed)
    total, swollen = (np.zeros(geometry.shape, np.float32) for _ in range(2))
    for clot in clots:
        parts = _parts(clot, geometry, within, thickness_mm)
        values = _mixed(values, parts, clot.noise_hu, geometry, blur_mm, random)
        total += sum(share for name, share, _ in parts if name != "edema")
        swollen += sum(share for name, share, _ in parts if name == "edema")
    exact = sum(clot.shape.volume_ml for clot in clots)
    return Implanted(replace(image, values=values), total, swollen, exact, geometry.volume_ml(total))


def _parts(clot: Implant, geometry: Geometry, within: np.ndarray | None, thickness_mm: float | None):
    """(name, share of every voxel, HU) of what a clot puts in place of tissue; the shares exclude each other."""

    def share(shape: ClotShape) -> np.ndarray:
        fraction = clot_fraction(shape, geometry, thickness_mm=thickness_mm)
        return fraction if within is None else np.where(within, fraction, np.float32(0))

    blood = share(clot.shape)
    parts = []
    if clot.edema_mm:
        parts.append(("edema", np.clip(share(clot.shape.grown(clot.edema_mm)) - blood, 0, 1), clot.edema_hu))
    if clot.swirl_hu is not None:
        pocket = share(replace(clot.shape, semi_axes=tuple(a / 3 for a in clot.shape.semi_axes)))
        parts.append(("pocket", pocket, clot.swirl_hu))
        blood = blood - pocket
    return [*parts, ("blood", blood, clot.hu)]


def _mixed(values, parts, noise: float, geometry: Geometry, blur_mm: float, random) -> np.ndarray:
    """Tissue replaced by its shares, seen through the blur of the scanner."""
    along_i, along_j = geometry.pixel_spacing
    sd = (0, blur_mm / along_j, blur_mm / along_i)
    shown, taken = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    for _, share, hu in parts:
        seen = ndimage.gaussian_filter(share, sd) if blur_mm else share
        shown += hu * seen
        taken += seen
    used = taken > 0
    shown[used] += taken[used] * random.normal(0, noise, np.count_nonzero(used)).astype(np.float32)
    return values * (1 - taken) + shown


def resliced(image: Volume, slice_mm: float, *, noise_hu: float = 0.0, seed: int = 1) -> Volume:
    """A CT on even slices of another thickness along its own normal, without tilt; for thin slices from a thick-sliced head.

    Args:
        image: HU; uneven slices are interpolated linearly between their positions.
        slice_mm: distance of the new slices.
        noise_hu: SD of noise that is added, because interpolation smooths it away.
        seed: of that noise.
    """
    geometry = image.geometry
    depth = geometry.positions - geometry.positions[0]
    points = np.arange(0, depth[-1] + 1e-6, slice_mm)
    index = np.interp(points, depth, np.arange(len(depth)))
    low = np.minimum(index.astype(int), len(depth) - 2)
    values = np.empty((len(points), *geometry.shape[1:]), np.float32)
    shifts = geometry.slice_origins - geometry.slice_origins[0] - depth[:, None] * geometry.normal
    along_i, along_j = geometry.pixel_spacing
    units = geometry.affine[:3, 0] / along_i**2, geometry.affine[:3, 1] / along_j**2
    for n, (k, weight) in enumerate(zip(low, index - low, strict=True)):
        planes = [
            ndimage.shift(image.values[q], (shifts[q] @ units[1], shifts[q] @ units[0]), order=1, mode="nearest")
            for q in (k, k + 1)
        ]
        values[n] = (1 - weight) * planes[0] + weight * planes[1]
    if noise_hu:
        values += np.random.default_rng(seed).normal(0, noise_hu, values.shape).astype(np.float32)
    affine = np.array(geometry.affine)
    affine[:3, 2] = geometry.normal * slice_mm
    grid = Geometry.from_affine(affine, values.shape, geometry.frame_of_reference)
    return replace(image, values=values, geometry=grid, instance_uids=())
