"""An ACR-like CT phantom with exact numbers: `HU' = scale HU + offset + cup (1 - (r / 100)^2)`, any roll, shift, mirror and module pitch."""

import numpy as np

from strokequant.geometry import Geometry
from strokequant.phantom.plane import polar, rotation
from strokequant.types import Volume

INSERTS = {"air": (45, -1000), "acrylic": (135, 120), "water": (180, 0), "polyethylene": (225, -95), "bone": (-45, 955)}


def acr_ct(
    *, roll=0.0, shift=(0.0, 0.0), scale=1.0, offset=0.0, cup=0.0, mirrored=False, reverse=False, pitch=40.0, noise=4.0,
    size=320, pixel=0.78125, dz=5.0, table=False, modules=(1, 2, 3, 4), zoom=1.0, seed=3,
):  # fmt: skip
    """Volume in HU; module n has its center at (n - 1) pitch."""
    fine = 3
    step = pixel / fine
    axis = (np.arange(size * fine) - (size * fine - 1) / 2) * step
    x, y = np.meshgrid(axis, axis)
    turn = rotation(roll)
    px, py = (
        ((x - shift[0]) * turn[0, 0] + (y - shift[1]) * turn[1, 0]),
        ((x - shift[0]) * turn[0, 1] + (y - shift[1]) * turn[1, 1]),
    )
    px = (-px if mirrored else px) / zoom
    py = py / zoom
    images = {module: _module(module, px, py, scale, offset, cup, fine) for module in (1, 2, 3, 4)}
    if table:
        bed = np.abs(y - 108) < 6
        bed = bed.reshape(size, fine, size, fine).mean(axis=(1, 3))
        images = {n: np.where(bed > 0.5, np.maximum(im, -100), im) for n, im in images.items()}
    half = pitch / 2
    z = np.arange(-half + dz / 2, 3 * pitch + half, dz)
    which = np.clip(np.round(z / pitch).astype(int) + 1, 1, 4)
    if reverse:
        which = which[::-1]
    chosen = [n for n in which if n in modules]
    rng = np.random.default_rng(seed)
    values = np.stack([images[n] + rng.normal(0, noise, (size, size)) for n in chosen]).astype(np.float32)
    affine = np.diag([pixel, pixel, dz, 1.0])
    affine[:2, 3] = -(size - 1) / 2 * pixel
    return Volume(values, Geometry.from_affine(affine, values.shape), "[hnsf'U]", "attenuation")


def _module(module, px, py, scale, offset, cup, fine):
    r = np.hypot(px, py)
    image = np.zeros_like(px)
    if module == 1:
        for angle, hu in INSERTS.values():
            cx, cy = polar(63, angle)
            image[np.hypot(px - cx, py - cy) <= 12.5] = hu
    elif module == 2:
        image[:] = 90
        cx, cy = polar(60, -90)
        image[np.hypot(px - cx, py - cy) <= 12.5] = 96
    elif module == 3:
        for radius, angle in ((20, -45), (80, 135)):
            cx, cy = polar(radius, angle)
            image[np.hypot(px - cx, py - cy) <= 0.8] = 1500
    image = scale * image + offset + cup * (1 - (r / 100) ** 2)
    image = np.where(r <= 100, image, -1000)
    size = image.shape[0] // fine
    return image.reshape(size, fine, size, fine).mean(axis=(1, 3))
