"""Digital phantom of blood-like rods in a round body, with exact CT numbers: HU' = scale HU + offset."""

import numpy as np

from ..geometry import Geometry
from ..types import Volume

RODS_HU = (40.0, 50.0, 60.0, 70.0, 80.0)


def blood_rods(
    *,
    hu: tuple[float, ...] = RODS_HU,
    body_hu: float = 15.0,
    scale: float = 1.0,
    offset: float = 0.0,
    noise: float = 4.0,
    turn_deg: float = 20.0,
    shift: tuple[float, float] = (5.0, -8.0),
    slices: int = 7,
    size: int = 256,
    pixel: float = 0.9,
    step: float = 5.0,
    seed: int = 1,
) -> Volume:
    """Rods of 25 mm on a circle of 55 mm in a body of 90 mm radius.

    Args:
        hu: of the rods, in the order around the circle.
        turn_deg, shift: of the phantom; degrees clockwise and mm.
        slices, size, pixel, step: of the images, mm.
    """
    fine = 3
    axis = (np.arange(size * fine) - (size * fine - 1) / 2) * pixel / fine
    x, y = np.meshgrid(axis - shift[0], axis - shift[1])
    image = np.where(np.hypot(x, y) <= 90, body_hu, -1000.0)
    for n, value in enumerate(hu):
        angle = np.radians(turn_deg + 360 * n / len(hu))
        image[np.hypot(x - 55 * np.cos(angle), y - 55 * np.sin(angle)) <= 12.5] = value
    image = np.where(image > -1000, scale * image + offset, image)
    image = image.reshape(size, fine, size, fine).mean(axis=(1, 3))
    values = image + np.random.default_rng(seed).normal(0, noise, (slices, size, size))
    affine = np.diag([pixel, pixel, step, 1.0])
    affine[:2, 3] = -(size - 1) / 2 * pixel
    return Volume(values.astype(np.float32), Geometry.from_affine(affine, values.shape), "[hnsf'U]", "attenuation")
