"""Digital ACR-like large MRI phantom with exact numbers, slice by slice, and a box seen from the side."""

import numpy as np

from ..phantom.mri_spokes import diameters, hole_places
from ..phantom.plane import Plane, rotation

SPOKE_CONTRAST = {8: 0.014, 9: 0.025, 10: 0.036, 11: 0.051}
"""Of the holes of each slice (ACR guidance; unconfirmed)."""
INSERT_DOWN_MM = 7.0
_FINE = 3


def acr_plane(
    part="uniform", *, size=256, pixel=0.9765625, diameters=(190.0, 190.0), shift=(1.3, -2.1), roll=0.0, ramps=(50.0, 50.0),
    bars=0.0, spots=(1100.0, 900.0), bubble=True, ghost=0.0, noise=8.0, signal=1000.0, seed=1,
    spokes=None, contrast=None, insert_turn=0.0,
) -> Plane:  # fmt: skip
    """One slice: "first" (ramps and bars), "last" (bars), "uniform" (two spots) or "plain".

    Args:
        part: what is in it.
        spokes: 8 to 11 for the insert with the spokes of that slice, brighter by `contrast`, or by that of the phantom.
        insert_turn: degrees, beside the roll.
    """
    axis = (np.arange(size * _FINE) - (size * _FINE - 1) / 2) * pixel / _FINE
    x, y = np.meshgrid(axis, axis)
    turn = rotation(roll)
    px = (x - shift[0]) * turn[0, 0] + (y - shift[1]) * turn[1, 0]
    py = (x - shift[0]) * turn[0, 1] + (y - shift[1]) * turn[1, 1]
    image = np.full_like(px, signal)
    if part == "uniform":
        for side, value in zip((-1, 1), spots, strict=True):
            image[np.hypot(px - 35 * side, py) <= 9] = value * signal / 1000
    if part == "first":
        image[np.abs(py) < 5] = 0
        for sign, length in zip((-1, 1), ramps, strict=True):
            image[(np.abs(px - 4 * sign) < length / 2) & (sign * py > 0.4) & (sign * py < 4.5)] = 0.25 * signal
    if spokes:
        _draw_spokes(image, px, py, spokes, SPOKE_CONTRAST[spokes] if contrast is None else contrast, insert_turn)
    short = {"first": -65.0, "last": -65.0}.get(part, -86.0)
    image[(px > -6) & (px < 0) & (py < short)] = 0
    image[(px >= 0) & (px < 6) & (py < short + (bars if part in ("first", "last") else 0.0))] = 0
    inside = (px / diameters[0]) ** 2 + (py / diameters[1]) ** 2 <= 0.25
    image = np.where(inside & ~(bubble & (py < -90)), image, 0.0)
    image = image.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))
    if ghost:
        far = np.abs((np.arange(size) - (size - 1) / 2) * pixel)
        image[(far > 100)[:, None] & (far < 40)[None]] += ghost / 100 * signal
    rng = np.random.default_rng(seed)
    channels = rng.normal(0, noise, (2, size, size))
    return Plane(np.hypot(image + channels[0], channels[1]), (pixel, pixel))


def _draw_spokes(image, x, y, slice_number: int, contrast: float, turn: float) -> None:
    """Ring and holes of the insert."""
    r = np.hypot(x, y - INSERT_DOWN_MM)
    image[(r > 45) & (r < 52)] = 0
    within = np.nonzero(r < 45)
    near_x, near_y = x[within], y[within] - INSERT_DOWN_MM
    bright = np.ones(len(near_x))
    for radius, holes in zip(diameters() / 2, hole_places(slice_number, turn), strict=True):
        for hx, hy in holes:
            bright[(near_x - hx) ** 2 + (near_y - hy) ** 2 <= radius**2] = 1 + contrast
    image[within] *= bright


def box_plane(*, size=256, pixel=0.9765625, across=190.0, length=148.0, turned=3.0, noise=30.0, signal=1000.0) -> Plane:
    """A sagittal slice: length from top to bottom."""
    axis = (np.arange(size * _FINE) - (size * _FINE - 1) / 2) * pixel / _FINE
    x, y = np.meshgrid(axis, axis)
    turn = rotation(turned)
    px, py = x * turn[0, 0] + y * turn[1, 0], x * turn[0, 1] + y * turn[1, 1]
    inside = (np.abs(px) < across / 2) & (np.abs(py) < length / 2)
    image = (signal * inside).reshape(size, _FINE, size, _FINE).mean(axis=(1, 3))
    channels = np.random.default_rng(2).normal(0, noise, (2, size, size))
    return Plane(np.hypot(image + channels[0], channels[1]), (pixel, pixel))
