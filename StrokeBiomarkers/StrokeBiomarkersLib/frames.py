"""Frames of a 4-D image in the scene: voxels and grid. When they were imaged, the scene does not know.

An index of a sequence is text that an importer or a file gave, often frame x RepetitionTime: it is no time of a header.
"""

import numpy as np
from slicer import util

from strokequant.errors import GeometryError, Issue, Level
from strokequant.geometry import Geometry

from . import facts as nodeFacts
from .grid import nodeGeometry, requireNoForeignTransform
from .sequences import commonGrid, frameValues, sequenceOf


def framesOf(node) -> tuple[np.ndarray, Geometry]:
    """Frames of a sequence, of the volume that shows one, or of a volume with one value a frame.

    Args:
        node: vtkMRMLSequenceNode or volume node.

    Returns:
        (t, k, j, i) float32, and the grid of all frames.

    Raises:
        InputError: I01 for a single image.
        GeometryError: G17 where frames lie on different grids, G20 where a transform moves them, G00 where slices are uneven.
    """
    if not node.IsA("vtkMRMLSequenceNode"):
        requireNoForeignTransform(node)
        values = util.arrayFromVolume(node) if node.GetImageData() else np.zeros(0)
        if values.ndim == 4:
            return np.ascontiguousarray(np.moveaxis(values, -1, 0), dtype=np.float32), nodeGeometry(node)
    sequence = sequenceOf(node)
    known = nodeFacts.read(sequence, "times", "diffusion")
    if known is not None and not known["geometry"].is_even:
        found, remedy = "unevenly spaced slices", "load the series from DICOM"
        raise GeometryError(Issue("G00", Level.STOP, found, "a matrix that says where all are", remedy, node.GetName()))
    return frameValues(sequence), commonGrid(sequence)
