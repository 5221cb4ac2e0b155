"""Automatic proposal of the core as segments: the core and every candidate that a reader can take or leave.

One segmentation holds the segment of the core and one segment for each candidate; the reader's decision is a tag of the segment, so
it survives saving, and undoing an edit of the core does not touch it.
"""

from dataclasses import asdict, replace

import numpy as np

from strokequant.types import Candidate, CoreResult, Mask

from . import facts as nodeFacts
from .segmentations import maskFromSegment, maskToSegment, segmentationNode, segmentIds, segmentTag
from .sequences import imageGeometry

ACCEPTED_TAG = "StrokeBiomarkers.Accepted"


def coreToSegmentation(core: CoreResult, volumeNode, name: str):
    """Add a proposal to the scene.

    Args:
        core: on the grid of the image.
        volumeNode: image that it was found on.
        name: of the segmentation.

    Returns:
        vtkMRMLSegmentationNode.

    Raises:
        GeometryError: G17 where the core is not on the grid of the image.
    """
    node = segmentationNode(volumeNode, name)
    maskToSegment(core.mask, node, volumeNode)
    for candidate in core.candidates:
        mask = Mask(core.labels == candidate.label, core.mask.geometry, core.mask.name, "candidate")
        title = f"Candidate {candidate.label}, {candidate.volume_ml:.2f} mL"
        segmentId = maskToSegment(mask, node, volumeNode, segmentId=candidateId(candidate.label), name=title)
        _tagAccepted(node, segmentId, candidate.accepted)
    node.GetSegmentation().CollapseBinaryLabelmaps(False)
    kept = {"mask_id": core.mask.name, "steps": core.steps, "issues": core.issues}
    nodeFacts.write(node, "core", kept | {"candidates": [asdict(candidate) for candidate in core.candidates]})
    return node


def coreFromSegmentation(node, volumeNode, *, reader: str = "") -> CoreResult | None:
    """The proposal with the reader's edits and decisions; None where the segmentation holds none.

    Candidates keep the numbers of the proposal; a candidate that was deleted counts as not accepted.

    Raises:
        InputError, GeometryError: as `maskFromSegment`.
    """
    known = nodeFacts.read(node, "core")
    if known is None:
        return None
    geometry = imageGeometry(volumeNode)
    mask = maskFromSegment(node, known["mask_id"], volumeNode, geometry=geometry, reader=reader)
    labels = np.zeros(geometry.shape, dtype=np.int32)
    candidates = []
    for words in known["candidates"]:
        candidate = Candidate(**words)
        segmentId = candidateId(candidate.label)
        if segmentId in segmentIds(node):
            labels[maskFromSegment(node, segmentId, volumeNode, geometry=geometry).values] = candidate.label
        candidates.append(replace(candidate, accepted=isAccepted(node, candidate.label)))
    return CoreResult(mask, labels, tuple(candidates), known["steps"], known["issues"])


def candidateId(label: int) -> str:
    """Segment id of a candidate."""
    return f"candidate_{label:03d}"


def isAccepted(node, label: int) -> bool:
    """The decision on a candidate: the proposal, until a reader has decided."""
    segment = node.GetSegmentation().GetSegment(candidateId(label))
    return segment is not None and segmentTag(segment, ACCEPTED_TAG) == "yes"


def setAccepted(node, label: int, accepted: bool) -> None:
    """Keep a reader's decision on a candidate."""
    _tagAccepted(node, candidateId(label), accepted)


def _tagAccepted(node, segmentId: str, accepted: bool) -> None:
    node.GetSegmentation().GetSegment(segmentId).SetTag(ACCEPTED_TAG, "yes" if accepted else "no")
