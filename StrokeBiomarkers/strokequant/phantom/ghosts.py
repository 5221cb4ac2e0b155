"""Nyquist ghost of echo planar images: signal half a field of view away along the phase encoding."""

import numpy as np

from .shells import Shells


def ghost_percent(shells: Shells, phase_encoding: str | None) -> float:
    """Ghost in percent of the mean of the phantom, at the lowest b; NaN where there is no background.

    Squares of a magnitude image add up as signal and noise do, means do not: at the noise a ghost would be read too small.

    Args:
        phase_encoding: "COL" (down the columns), "ROW", or None where the header does not say: the stronger of both.
    """
    image = shells.values[0]
    axes = {"COL": (1,), "ROW": (2,)}.get(phase_encoding or "", (1, 2))
    found = [_along(image, axis) for axis in axes]
    known = [f for f in found if np.isfinite(f)]
    return max(known) if known else float("nan")


def _along(image: np.ndarray, axis: int) -> float:
    from scipy.ndimage import binary_dilation

    top = np.percentile(image, 99)
    body = image > 0.15 * top
    near = binary_dilation(body, np.ones((1, 5, 5), bool))
    shifted = np.roll(near, image.shape[axis] // 2, axis=axis)
    ghost = np.roll(body, image.shape[axis] // 2, axis=axis) & ~near
    rest = ~near & ~shifted
    if ghost.sum() < 200 or rest.sum() < 200 or not body.any():
        return float("nan")
    power = float(np.mean(image[ghost] ** 2.0) - np.mean(image[rest] ** 2.0))
    return 100 * float(np.sqrt(max(power, 0.0)) / image[body].mean())
