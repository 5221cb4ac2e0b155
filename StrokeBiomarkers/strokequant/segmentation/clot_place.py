"""Side and location of an outlined clot, as a first guess that a reader decides."""

import numpy as np
from scipy import ndimage

from ..hemorrhage_config import BloodProposalConfig
from .cropping import bounding_box, cropped
from .ct_head import CtHead, in_plane_distance

DEEP_MM, BESIDE_MM = 20.0, 45.0
"""Half of a deep clot lies farther from the inside of the skull, and nearer to the mid-plane."""
LOW_SHARE = 0.3
"""Lower part of the stack that holds the posterior fossa; nothing is infratentorial above it."""


def clot_place(
    mask: np.ndarray, head: CtHead, *, config: BloodProposalConfig = BloodProposalConfig()
) -> tuple[str, str]:
    """Side and location of a clot.

    Args:
        mask: (k, j, i) bool.
        head: of `ct_head`, on the same grid.
        config: width of the midline.

    Returns:
        "left", "right" or "midline"; "ventricle", "infratentorial", "deep" or "lobar". Empty for an empty mask.
    """
    if not mask.any():
        return "", ""
    geometry = head.brain.geometry
    points = geometry.to_lps(np.argwhere(mask))
    center = points.mean(axis=0)
    return head.midplane.side(center, config.midline_mm), _location(mask, head, center)


def _location(mask: np.ndarray, head: CtHead, center: np.ndarray) -> str:
    inside = np.count_nonzero(mask & head.ventricles.values)
    if 2 * inside > np.count_nonzero(mask) or _ring_share(mask, head.ventricles.values) > 0.5:
        return "ventricle"
    brain = head.brain.geometry.to_lps(np.argwhere(head.brain.values)[::197])
    if len(brain):
        height = (center[2] - brain[:, 2].min()) / max(float(np.ptp(brain[:, 2])), 1.0)
        if height < LOW_SHARE and center[1] > np.median(brain[:, 1]):
            return "infratentorial"
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    box = (slice(int(slices[0]), int(slices[-1]) + 1), *(slice(0, n) for n in mask.shape[1:]))
    depth = in_plane_distance(head.brain.values[box], cropped(head.brain.geometry, box))[mask[box]]
    beside = abs(float(head.midplane.leftward_mm(center[None])[0]))
    return "deep" if float(np.median(depth)) > DEEP_MM and beside < BESIDE_MM else "lobar"


def _ring_share(mask: np.ndarray, fluid: np.ndarray) -> float:
    """Share of the surroundings of a clot that is ventricle."""
    box = tuple(slice(max(0, s.start - 4), s.stop + 4) for s in bounding_box(mask))
    part = mask[box]
    ring = ndimage.binary_dilation(part, iterations=3) & ~ndimage.binary_dilation(part)
    return float(fluid[box][ring].mean(dtype=float)) if ring.any() else 0.0
