"""In-plane, mask-weighted Gaussian smoothing of the frames of one slice: (G * (C m)) / (G * m).

Voxels outside the mask give nothing and get nothing, so that the skull, CSF or air never leak into the brain. Slices are never
mixed: they are thick. Frames are smoothed one by one in buffers that stay in the cache; a product with banded matrices is as
fast on an idle machine and many times slower where its threads have to share the processors.
"""

import numpy as np


def gaussian_taps(sigma_px: float, cut: float) -> np.ndarray:
    """Weights exp(-d^2 / (2 sigma^2)) of the distances d = 0, 1, ... up to `cut` SD, float32.

    They are not scaled to sum 1: the division by the smoothed mask does that.
    """
    if sigma_px <= 0:
        return np.ones(1, np.float32)
    distance = np.arange(int(cut * sigma_px + 0.5) + 1)
    return np.exp(-0.5 * (distance / sigma_px) ** 2).astype(np.float32)


class MaskedGaussian:
    """Smoothing of frames under one mask.

    Args:
        mask: (rows, columns) bool.
        sigma_px: SD along rows (j) and columns (i) in pixels.
        cut: SDs at which the Gaussian ends.
    """

    def __init__(self, mask: np.ndarray, sigma_px: tuple[float, float], cut: float):
        self._taps = tuple(gaussian_taps(sigma, cut) for sigma in sigma_px)
        margins = [len(taps) - 1 for taps in self._taps]
        self._padded = np.zeros(
            [size + 2 * margin for size, margin in zip(mask.shape, margins, strict=True)], np.float32
        )
        self._inner = tuple(slice(margin, margin + size) for size, margin in zip(mask.shape, margins, strict=True))
        self._sum, self._pair = np.empty(mask.shape, np.float32), np.empty(mask.shape, np.float32)
        self._scale = np.ones(mask.shape, np.float32)
        weight = self._convolve(mask.astype(np.float32)).copy()
        self._scale = np.divide(1, weight, out=np.zeros_like(weight), where=mask)

    def smooth(self, frame: np.ndarray) -> None:
        """Smooth a (rows, columns) float32 frame in place; it must be 0 outside the mask, and is so afterwards."""
        np.multiply(self._convolve(frame), self._scale, out=frame)

    def _convolve(self, frame: np.ndarray) -> np.ndarray:
        for axis, taps in enumerate(self._taps):
            self._padded[self._inner] = frame if axis == 0 else self._sum
            np.multiply(self._shifted(axis, 0), taps[0], out=self._sum)
            for distance, weight in enumerate(taps[1:], start=1):
                np.add(self._shifted(axis, -distance), self._shifted(axis, distance), out=self._pair)
                self._pair *= weight
                self._sum += self._pair
        return self._sum

    def _shifted(self, axis: int, by: int) -> np.ndarray:
        window = list(self._inner)
        window[axis] = slice(window[axis].start + by, window[axis].stop + by)
        return self._padded[tuple(window)]
