"""What was computed anew, in the nodes that are there: maps and masks of a perfusion record."""

from typing import Any

import numpy as np
import slicer

from strokequant.types import CaseRecord

from .hierarchy import placeUnderStudy
from .perfusiondrawing import LESION, coreName
from .segmentations import refillSegment
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
        if known is None or not np.array_equal(mask.values, known.values):
            refillSegment(mask, segmentation, image)
            nodes.segmentations[name] = segmentation
