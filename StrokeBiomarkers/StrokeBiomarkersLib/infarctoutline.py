"""An infarct that a reader outlines on an image, from nothing: a segment of its own beside whatever else the image carries. No widget."""

from typing import Any

import numpy as np
import slicer

from strokequant.geometry import Geometry
from strokequant.types import Mask

from .hierarchy import placeUnderStudy, removeNodes, studyOf
from .segmentations import maskToSegment, replaceVoxels, segmentationNode, segmentVoxels

INFARCT = "infarct"
"""Id of the segment, and name of the voxels in a journal."""

METHOD = "outlined by a reader"
NAME = "Infarct"


class InfarctOutline:
    """The segment in the scene.

    Args:
        image: vtkMRMLScalarVolumeNode that is drawn on.
        geometry: exact grid of it.
    """

    def __init__(self, image: Any, geometry: Geometry):
        self._image, self._geometry = image, geometry
        self.node = segmentationNode(image, slicer.mrmlScene.GenerateUniqueName(NAME))
        empty = Mask(np.zeros(geometry.shape, bool), geometry, INFARCT, METHOD)
        maskToSegment(empty, self.node, image, name=NAME)
        placeUnderStudy(self.node, studyOf(image))

    @property
    def image(self) -> Any:
        """Image that is drawn on."""
        return self._image

    def isPresent(self) -> bool:
        """True while the segment is in the scene."""
        return slicer.mrmlScene.IsNodePresent(self.node)

    def values(self) -> np.ndarray:
        """(k, j, i) voxels as they are."""
        return segmentVoxels(self.node, INFARCT, self._image, self._geometry)

    def mask(self, reader: str) -> Mask:
        """The outline of a reader."""
        return Mask(self.values(), self._geometry, INFARCT, METHOD, edited_by=reader)

    def restore(self, values: np.ndarray) -> None:
        """Put voxels back."""
        replaceVoxels(self.node, INFARCT, Mask(values, self._geometry, INFARCT, METHOD))

    def remove(self) -> None:
        """Take the segment out of the scene."""
        removeNodes(self.node)
