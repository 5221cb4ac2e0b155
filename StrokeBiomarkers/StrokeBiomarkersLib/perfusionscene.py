"""What was computed anew, in the nodes that are there: maps and masks of a perfusion record."""

from typing import Any

import numpy as np
import slicer

from strokequant.types import CaseRecord, Mask

from .facts import voxelHash
from .hierarchy import placeUnderStudy
from .perfusiondrawing import LESION, coreName
from .segmentations import maskFromSegment, readSegmentFacts, refillSegment
from .volumes import mapToNode, refillMap


def refillMaps(nodes: Any, before: CaseRecord, now: CaseRecord, study: int) -> None:
    """Values of maps; a map whose node was removed gets a new one.

    Args:
        nodes: `CaseNodes`.
        before: record that the nodes hold.
        now: record computed anew.
        study: item of the subject hierarchy.
    """
    for name, one in now.maps.items():
        if one is before.maps.get(name):
            continue
        node = nodes.maps.get(name)
        if node is not None and slicer.mrmlScene.IsNodePresent(node):
            refillMap(node, one)
        else:
            nodes.maps[name] = mapToNode(one, f"{now.case} {now.timepoint} {name}")
            placeUnderStudy(nodes.maps[name], study)


def refillMasks(nodes: Any, segmentation, image, before: CaseRecord, now: CaseRecord) -> None:
    """Masks that follow from lesion and core, which a reader draws on and which are left alone.

    Args:
        nodes: `CaseNodes`.
        segmentation: that the masks are in.
        image: that they belong to.
        before, now: as of `refillMaps`.
    """
    drawn = (LESION, coreName(now))
    for name, mask in now.masks.items():
        known = before.masks.get(name)
        if name in drawn or mask.geometry is not now.masks[LESION].geometry or mask is known:
            continue
        if not isShown(mask, segmentation, image):
            refillSegment(mask, segmentation, image)
        nodes.segmentations[name] = segmentation


def isShown(mask: Mask, segmentation, image) -> bool:
    """True where a segment holds this mask already: after a stroke was taken back, the segments that followed from it are back too.

    To write it again would end the list of strokes that can be done again.
    """
    segment = segmentation.GetSegmentation().GetSegment(mask.name)
    known = readSegmentFacts(segment) if segment is not None else None
    if known is None or known["sha256"] != voxelHash(mask.values):
        return False
    shown = maskFromSegment(segmentation, mask.name, image, geometry=mask.geometry)
    return bool(np.array_equal(shown.values, mask.values))
