"""Noise level and edge-preserving smoothing of ADC and DWI together."""

import itertools

import numpy as np

from ..geometry import Geometry


def noise_sd(values: np.ndarray, where: np.ndarray) -> float:
    """Noise standard deviation from second differences within slices, robust against edges.

    Args:
        values: (k, j, i).
        where: voxels to use; the two neighbors must be among them.

    Returns:
        SD in the unit of the values; 0 for a noise-free image or where no three neighbors are known.
    """
    parts = []
    for axis in (1, 2):
        left, middle, right = (np.moveaxis(values, axis, 0)[s] for s in (slice(None, -2), slice(1, -1), slice(2, None)))
        known = np.moveaxis(where, axis, 0)
        known = known[:-2] & known[1:-1] & known[2:]
        parts.append((left - 2 * middle + right)[known])
    differences = np.abs(np.concatenate(parts))
    return float(1.4826 * np.median(differences) / np.sqrt(6)) if differences.size else 0.0


def joint_bilateral(
    channels: tuple[np.ndarray, ...],
    sds: tuple[float, ...],
    where: np.ndarray,
    geometry: Geometry,
    *,
    sigma_mm: float,
    range_sds: float,
) -> tuple[np.ndarray, ...]:
    """Mean over the 26 neighbors that are near in space and alike in every channel.

    Edges that are large against the noise stay where they are; a noise-free image is returned unchanged.

    Args:
        channels: (k, j, i) arrays on one grid.
        sds: noise SD of every channel.
        where: voxels that may be used and are changed.
        geometry: for the distances.
        sigma_mm: SD of the weight in space.
        range_sds: SD of the weight in value, in noise SDs.
    """
    if min(sds) <= 0:
        return tuple(c.copy() for c in channels)
    channels = tuple(c.astype(np.float32, copy=False) for c in channels)
    along_i, along_j = geometry.pixel_spacing
    steps = (geometry.mean_extent_mm, along_j, along_i)
    total = np.ones(where.shape, np.float32)
    sums = tuple(c.copy() for c in channels)
    for offset in itertools.product((-1, 0, 1), repeat=3):
        if offset <= (0, 0, 0):
            continue
        distance2 = sum((o * mm) ** 2 for o, mm in zip(offset, steps, strict=True))
        near = np.exp(-distance2 / (2 * sigma_mm**2))
        if near < 0.01:
            continue
        here, there = _pair(offset)
        weight = np.zeros(where[here].shape, np.float32)
        for channel, sd in zip(channels, sds, strict=True):
            weight += ((channel[here] - channel[there]) / (range_sds * sd)) ** 2
        weight = near * np.exp(-0.5 * weight) * (where[here] & where[there])
        total[here] += weight
        total[there] += weight
        for channel, summed in zip(channels, sums, strict=True):
            summed[here] += weight * channel[there]
            summed[there] += weight * channel[here]
    return tuple(s / total for s in sums)


def _pair(offset: tuple[int, int, int]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Slices of all voxels that have a neighbor at an offset, and of those neighbors."""
    here = tuple(slice(max(0, -o), min(0, -o) or None) for o in offset)
    there = tuple(slice(max(0, o), min(0, o) or None) for o in offset)
    return here, there
