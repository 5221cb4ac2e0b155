"""Border of a lesion: as many voxels as their shares of lesion add up to.

A cut at any share is biased somewhere: the pole of a lesion that fills 45 % of a thick slice is lost at one half and counted in full
at 0.4. The sum of the shares over a band on both sides of the border has no such bias, and noise averages out in it. The mask takes
the voxels of the band by decreasing share, until their volume is that sum.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..config import CoreConfig
from ..geometry import Geometry
from .cleanup import label_clusters
from .cropping import Box, cropped
from .lesion_share import LesionShare, Signals, lesion_share

FACES = ndimage.generate_binary_structure(3, 1)
CORNERS = ndimage.generate_binary_structure(3, 3)
EVENING_SIGMA = (0.7, 0.7)
"""In pixels: the next neighbors, no more."""
FULL = 0.999
"""Share of a voxel that the lesion fills, but for rounding."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What borders are found in.

    Args:
        signals: both signals, not smoothed.
        seeds: voxels that are lesion beyond doubt.
        tissue: normal-appearing tissue.
        valid: voxels with a known ADC.
        geometry: grid.
    """

    signals: Signals
    seeds: np.ndarray
    tissue: np.ndarray
    valid: np.ndarray
    geometry: Geometry


def refine_borders(labels: np.ndarray, count: int, around: Surroundings, config: CoreConfig) -> np.ndarray:
    """Labels with the border of every cluster where the shares of lesion say.

    Args:
        labels: (k, j, i) clusters of voxels that meet the threshold, 1 to `count`.
        count: number of clusters.
        around: signals and tissue.
        config: parameters.

    Returns:
        (k, j, i) labels. A cluster keeps its border as it is where it has no inner voxel, so that its level is not known, where no
        normal tissue is near to compare with, or where the two hardly differ against noise.
    """
    filled = ndimage.binary_erosion(labels > 0, FACES, border_value=1)
    with_level = np.unique(labels[filled & around.seeds])
    if not with_level.size:
        return labels
    reach = band_reach(around.geometry, config.band_mm)
    owner = _owners(labels, reach)
    boxes = ndimage.find_objects(labels, max_label=count)
    refined = np.where(np.isin(labels, with_level), 0, labels)
    for label in with_level.tolist():
        box = _widened(boxes[label - 1], around.geometry, labels.shape, config.margin_mm)
        refined[box][_refined(labels[box], owner[box], filled[box], label, box, around, reach, config)] = label
    return refined


def _owners(labels: np.ndarray, reach: tuple[int, int, int]) -> np.ndarray:
    """Label of the nearest cluster for voxels within the reach of one, else 0."""
    distance, nearest = ndimage.distance_transform_edt(
        labels == 0, sampling=[1 / (n + 0.5) for n in reach], return_indices=True
    )
    return np.where(distance <= 1, labels[tuple(nearest)], 0)


def band_reach(geometry: Geometry, band_mm: float) -> tuple[int, int, int]:
    """Voxels along (k, j, i) that a band of this width reaches to either side of a border; one at least."""
    along_i, along_j = geometry.pixel_spacing
    return tuple(max(1, round(band_mm / mm)) for mm in (geometry.mean_extent_mm, along_j, along_i))


def _refined(
    labels: np.ndarray,
    owner: np.ndarray,
    filled: np.ndarray,
    label: int,
    box: Box,
    around: Surroundings,
    reach: tuple[int, int, int],
    config: CoreConfig,
) -> np.ndarray:
    """Mask of one cluster in its box."""
    body = labels == label
    part = Surroundings(
        around.signals.part(box),
        around.seeds[box] & body,
        around.tissue[box],
        around.valid[box],
        cropped(around.geometry, box),
    )
    share = _share_around(body, filled, owner, part, reach, config)
    if share is None:
        return body
    free = part.valid & ((owner == label) | (owner == 0))
    wider = _through_fluid(body, share, free)
    if (wider != body).any():
        share = _share_around(wider, filled, owner, part, reach, config) or share
    near = _dilated(body, reach) | (_dilated(wider, reach) & share.wet)
    band = near & _dilated(~wider, reach) & free
    sure = wider & ~band
    return fill_by_share(sure, band, _settled(share, body), part.geometry, connectivity=config.connectivity)


def _share_around(
    body: np.ndarray,
    filled: np.ndarray,
    owner: np.ndarray,
    part: Surroundings,
    reach: tuple[int, int, int],
    config: CoreConfig,
) -> LesionShare | None:
    """Shares by the levels on both sides of the border; None where they cannot be told.

    Both levels are taken next to the border, so that where lesion and normal tissue pass into each other slowly the border stays.
    """
    beside = _dilated(body, reach, times=2) & _dilated(~body, reach, times=2)
    normal = part.tissue & (owner == 0) & ~_dilated(body, reach) & beside
    if not normal.any():
        return None
    share = lesion_share(part.signals, part.seeds, part.seeds & filled & beside, normal, part.geometry, config)
    return share if share.noise <= config.most_noise else None


def _through_fluid(body: np.ndarray, share: LesionShare, free: np.ndarray) -> np.ndarray:
    """Body with the voxels next to it that are mostly lesion, not wholly, and hold CSF, which takes their ADC above the threshold."""
    mixed = free & share.wet & (share.values >= 0.5) & (share.values < FULL)
    return body | (ndimage.binary_dilation(body, CORNERS) & mixed)


def _settled(share: LesionShare, body: np.ndarray) -> np.ndarray:
    """Shares in which noise may pass 0 and 1, but not more.

    What is darker is another structure. What is brighter is no mixture, because normal tissue and CSF darken a lesion: its own ADC, by
    which it belongs to the body or not, decides.
    """
    values, limit = share.values, 2 * share.noise
    values = np.where(values < -limit, 0, values)
    values = np.where((values > FULL + limit) | ~share.known, body, values)
    return values.astype(np.float32)


def fill_by_share(
    sure: np.ndarray, band: np.ndarray, share: np.ndarray, geometry: Geometry, *, connectivity: int = 26
) -> np.ndarray:
    """Mask of the sure voxels and of those of a band with the highest shares, as many as the shares add up to.

    Args:
        sure: (k, j, i) voxels that the lesion fills.
        band: (k, j, i) voxels that it may fill in part.
        share: (k, j, i) share of lesion, for the band.
        geometry: every slice counts with its own extent.
        connectivity: pieces that do not touch the rest in this sense are left out.

    Returns:
        Mask whose volume is that of the sure voxels plus the sum of the shares, to half a voxel.
    """
    index = np.nonzero(band)
    size = geometry.voxel_volumes_mm3[index[0]]
    target = float((size * share[band]).sum(dtype=float))
    order = np.argsort(-_evened(sure, band, share)[band], kind="stable")
    allowed = np.ones(len(size), bool)
    for _ in range(3):
        chosen = _first_of(order[allowed[order]], size, target)
        mask = sure.copy()
        mask[tuple(axis[chosen] for axis in index)] = True
        stray = _stray(mask, sure, connectivity)[band]
        if not stray.any():
            break
        allowed &= ~stray
    return mask


def _first_of(order: np.ndarray, size: np.ndarray, target: float) -> np.ndarray:
    """As many first entries of an order as come nearest to a volume."""
    volume = np.concatenate([[0.0], np.cumsum(size[order], dtype=float)])
    return order[: int(np.abs(volume - target).argmin())]


def _evened(sure: np.ndarray, band: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Shares with as much of their neighbors in the slice, so that noise does not scatter the mask."""
    whole = np.where(sure, 1, np.where(band, np.clip(share, 0, 1), 0)).astype(np.float32)
    return whole + ndimage.gaussian_filter(whole, (0, *EVENING_SIGMA))


def _stray(mask: np.ndarray, sure: np.ndarray, connectivity: int) -> np.ndarray:
    """Voxels of a mask that do not touch its largest piece, or a piece with sure voxels."""
    labels, count = label_clusters(mask, connectivity=connectivity)
    if count < 2:
        return np.zeros_like(mask)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(labels[sure])] = True
    keep[1 + np.bincount(labels[mask])[1:].argmax()] = True
    keep[0] = True
    return ~keep[labels]


def _dilated(mask: np.ndarray, reach: tuple[int, int, int], *, times: int = 1) -> np.ndarray:
    """Mask with everything around it that is within a number of voxels along the axes."""
    if not mask.any():
        return mask
    distance = ndimage.distance_transform_edt(~mask, sampling=[1 / (times * n + 0.5) for n in reach])
    return distance <= 1


def _widened(found: Box, geometry: Geometry, shape: tuple[int, int, int], margin_mm: float) -> Box:
    """A box with a margin in mm."""
    along_i, along_j = geometry.pixel_spacing
    margins = [int(np.ceil(margin_mm / mm)) for mm in (geometry.mean_extent_mm, along_j, along_i)]
    return tuple(slice(max(0, s.start - m), min(n, s.stop + m)) for s, m, n in zip(found, margins, shape, strict=True))
