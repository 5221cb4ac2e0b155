"""What a hand does with a brush, for tests: one stroke of the active effect of a segment editor, on the real labelmap.

Slicer's Paint and Erase put a disc in the plane of the slice, one slice thick, or a sphere with `BrushSphere`; masks, overwrite mode
and undo are those of vtkSlicerSegmentEditorLogic.
"""

import numpy as np
import slicer
import vtk
from vtkmodules.util.numpy_support import numpy_to_vtk

MODES = {"Paint": "ModificationModeAdd", "Erase": "ModificationModeRemove"}


def stroke(editor, points_ras, view: str = "Red", diameter_mm: float | None = None) -> None:
    """Paint or erase along points.

    Args:
        editor: a qMRMLSegmentEditorWidget with an active effect.
        points_ras: points in mm, shape (n, 3).
        view: slice view in which the hand draws.
        diameter_mm: size of the brush; without it that of the effect.

    Raises:
        RuntimeError: nothing would happen in the application: no effect, no segment, read only.
    """
    effect = editor.activeEffect()
    if effect is None or effect.name not in MODES:
        raise RuntimeError(f"no brush is active: {effect.name if effect else None}")
    if editor.readOnly or not editor.currentSegmentID():
        raise RuntimeError("the editor is read only or no segment is selected")
    logic = editor._logic
    logic.SetSegmentationNode(editor.segmentationNode())
    logic.SetSourceVolumeNode(editor.sourceVolumeNode())
    logic.UpdateReferenceGeometryImage()
    logic.ResetModifierLabelmapToDefault()
    slice_node = slicer.app.layoutManager().sliceWidget(view).mrmlSliceNode()
    radius = (diameter_mm or _diameter(effect, slice_node)) / 2
    modifier = logic.GetModifierLabelmap()
    flat = None if effect.commonParameter("BrushSphere") == "1" else _plane(slice_node, editor.sourceVolumeNode())
    _fill(modifier, np.atleast_2d(np.asarray(points_ras, float)), radius, flat)
    editor.saveStateForUndo()
    mode = getattr(logic, MODES[effect.name])
    logic.ModifySegmentByLabelmap(editor.segmentationNode(), editor.currentSegmentID(), modifier, mode, False, False)
    editor.updateWidgetFromMRML()


def _diameter(effect, slice_node):
    if effect.commonParameter("BrushDiameterIsRelative") == "1":
        return slice_node.GetFieldOfView()[1] * float(effect.commonParameter("BrushRelativeDiameter")) / 100
    return float(effect.commonParameter("BrushAbsoluteDiameter"))


def _plane(slice_node, volume):
    """Return (normal, half thickness in mm) of the slice that the hand draws on."""
    to_ras = slicer.util.arrayFromVTKMatrix(slice_node.GetSliceToRAS())
    normal = to_ras[:3, 2] / np.linalg.norm(to_ras[:3, 2])
    ijk_to_ras = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(ijk_to_ras)
    steps = np.abs(normal @ slicer.util.arrayFromVTKMatrix(ijk_to_ras)[:3, :3])
    return normal, steps.max() / 2  # the voxel axis that runs along the normal


def _fill(modifier, points, radius, flat):
    matrix = vtk.vtkMatrix4x4()
    modifier.GetImageToWorldMatrix(matrix)
    to_world = slicer.util.arrayFromVTKMatrix(matrix)
    extent = modifier.GetExtent()
    mask = np.zeros([extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0)], np.uint8)
    for point in points:
        _stamp(mask, to_world, extent, point, radius, flat)
    scalars = numpy_to_vtk(mask.ravel(), deep=True)
    scalars.SetName("ImageScalars")
    modifier.GetPointData().SetScalars(scalars)


def _stamp(mask, to_world, extent, point, radius, flat):
    """Set the voxels whose centers lie in the brush at one point."""
    inverse = np.linalg.inv(to_world)
    center = inverse[:3, :3] @ point + inverse[:3, 3]
    reach = (radius if flat is None else max(radius, flat[1])) * np.linalg.norm(inverse[:3, :3], axis=1)
    low = [max(int(np.ceil(center[a] - reach[a])), extent[2 * a]) for a in range(3)]
    high = [min(int(np.floor(center[a] + reach[a])), extent[2 * a + 1]) for a in range(3)]
    if any(low[a] > high[a] for a in range(3)):
        return
    k, j, i = np.meshgrid(*(np.arange(low[a], high[a] + 1) for a in (2, 1, 0)), indexing="ij")
    offset = np.stack([i, j, k], -1) @ to_world[:3, :3].T + to_world[:3, 3] - point
    if flat is None:
        inside = (offset**2).sum(-1) <= radius**2
    else:
        depth = offset @ flat[0]
        inside = ((offset**2).sum(-1) - depth**2 <= radius**2) & (np.abs(depth) < flat[1] + 1e-6)
    box = tuple(slice(low[a] - extent[2 * a], high[a] + 1 - extent[2 * a]) for a in (2, 1, 0))
    mask[box] |= inside.astype(np.uint8)
