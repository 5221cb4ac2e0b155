"""Images and maps through nodes, a scene file and back, to the last bit; what was changed in Slicer is told."""

import numpy as np
import pytest
import slicer
import vtk
from mrml_samples import adc, assert_same, blob, by_name, ct, sheared, uneven_tilted
from slicer import util

from StrokeBiomarkersLib.grid import lpsAffine
from StrokeBiomarkersLib.volumes import REASONS_ROLE, mapFromNode, mapToNode, volumeFromNode, volumeToNode
from strokequant.errors import GeometryError, InputError, UnitError


@pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_volume_comes_back_to_the_bit(scene, reopen, geometry, saved):
    volume = ct(geometry)
    node = volumeToNode(volume, "head; CT: 1")
    if saved:
        node = by_name(reopen(), "head; CT: 1")
    back = volumeFromNode(node)
    assert_same(back, volume)
    mask = blob(geometry).values
    assert back.geometry.volume_ml(mask) == geometry.volume_ml(mask) > 0


@pytest.mark.parametrize("reasons", [True, False])
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_map_comes_back_to_the_bit(scene, reopen, reasons, saved):
    quantityMap = adc(uneven_tilted(), reasons=reasons)
    node = mapToNode(quantityMap, "ADC")
    if saved:
        node = by_name(reopen(), "ADC")
    assert_same(mapFromNode(node), quantityMap)
    assert node.GetVoxelValueUnits().GetCodeValue() == "um2/s"
    assert node.GetVoxelValueQuantity().GetCodeValue() == "113041"


def test_matrix_of_a_tilted_volume_keeps_the_shear(scene):
    geometry = sheared()
    node = volumeToNode(ct(geometry), "tilted")
    np.testing.assert_allclose(lpsAffine(node), geometry.affine, atol=1e-12)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    ras = util.arrayFromVTKMatrix(matrix)
    assert abs(np.linalg.det(ras[:3, :3])) == pytest.approx(geometry.voxel_volumes_mm3[0], rel=1e-12)
    assert np.prod(node.GetSpacing()) > 1.01 * geometry.voxel_volumes_mm3[0], (
        "a product of spacings over-reads under tilt"
    )


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_uneven_slices_are_shown_where_they_are(scene, reopen, saved):
    geometry = uneven_tilted()
    node = volumeToNode(ct(geometry), "head")
    if saved:
        node = by_name(reopen(), "head")
    toWorld = vtk.vtkGeneralTransform()
    node.GetParentTransformNode().GetTransformToWorld(toWorld)
    indices = np.array([(k, j, i) for k in range(geometry.shape[0]) for j in (0, 11) for i in (0, 4, 9)])
    shown = []
    for k, j, i in indices:
        regular = geometry.affine @ (i, j, k, 1.0)
        shown.append(np.array(toWorld.TransformDoublePoint(regular[:3] * (-1, -1, 1))) * (-1, -1, 1))
    np.testing.assert_allclose(shown, geometry.to_lps(indices), atol=1e-6)


def test_even_slices_have_no_transform(scene):
    assert volumeToNode(ct(sheared()), "even").GetParentTransformNode() is None


def test_changed_voxels_are_told(scene):
    node = volumeToNode(ct(), "head")
    util.arrayFromVolume(node)[2, 2, 2] += 1
    issue = volumeFromNode(node).issues[-1]
    assert (issue.code, issue.level) == ("I07", "WARN") and "voxels" in issue.found


def test_changed_grid_of_even_slices_is_taken_and_told(scene):
    node = volumeToNode(ct(sheared()), "head")
    node.SetOrigin(*(np.array(node.GetOrigin()) + 5))
    volume = volumeFromNode(node)
    assert "grid" in volume.issues[-1].found
    np.testing.assert_allclose(volume.geometry.affine, lpsAffine(node))


def test_changed_grid_of_uneven_slices_is_refused(scene):
    node = volumeToNode(ct(), "head")
    node.SetSpacing(1, 1, 1)
    with pytest.raises(GeometryError, match="G00"):
        volumeFromNode(node)


def test_hardened_uneven_slices_are_refused(scene):
    node = volumeToNode(ct(), "head")
    util.arrayFromVolume(node)[:] = 0
    node.SetAndObserveTransformNodeID(None)
    with pytest.raises(GeometryError, match="G00"):
        volumeFromNode(node)


def test_a_transform_of_the_user_is_refused(scene):
    node = volumeToNode(ct(sheared()), "head")
    moved = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "registration")
    node.SetAndObserveTransformNodeID(moved.GetID())
    with pytest.raises(GeometryError, match="registration"):
        volumeFromNode(node)


def test_volume_from_elsewhere_is_asked_for_its_unit(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "foreign")
    util.updateVolumeFromArray(node, np.ones((2, 3, 4), np.int16))
    with pytest.raises(UnitError, match="U03"):
        volumeFromNode(node)
    volume = volumeFromNode(node, unit="um2/s", quantity="adc")
    assert (volume.unit, volume.quantity, volume.values.dtype) == ("um2/s", "adc", np.float32)


def test_unit_of_a_volume_from_elsewhere_is_read(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    util.updateVolumeFromArray(node, np.full((2, 3, 4), -1000, np.int16))
    quantity, unit = slicer.vtkCodedEntry(), slicer.vtkCodedEntry()
    quantity.SetValueSchemeMeaning("112031", "DCM", "Attenuation Coefficient")
    unit.SetValueSchemeMeaning("[hnsf'U]", "UCUM", "Hounsfield unit")
    node.SetVoxelValueQuantity(quantity)
    node.SetVoxelValueUnits(unit)
    volume = volumeFromNode(node, unit="1")
    assert (volume.unit, volume.quantity, volume.values.max()) == ("[hnsf'U]", "attenuation", -1000)


def test_a_node_without_voxels_is_refused(scene):
    with pytest.raises(GeometryError, match="no voxels"):
        volumeFromNode(scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"))


def test_a_map_whose_validity_was_changed_is_refused(scene):
    node = mapToNode(adc(), "ADC")
    util.arrayFromVolume(node.GetNodeReference(REASONS_ROLE))[:] = 0
    with pytest.raises(InputError, match="I07"):
        mapFromNode(node)
    scene.RemoveNode(node.GetNodeReference(REASONS_ROLE))
    with pytest.raises(InputError, match="validity"):
        mapFromNode(node)


def test_a_newer_version_of_the_facts_is_not_misread(scene):
    node = volumeToNode(ct(), "head")
    text = node.GetAttribute("StrokeBiomarkers.Facts")
    node.SetAttribute("StrokeBiomarkers.Facts", text.replace('"version": 1', '"version": 2'))
    with pytest.raises(InputError, match="I07"):
        volumeFromNode(node)


def test_output_of_a_filter_on_uneven_slices_is_refused(scene):
    source = volumeToNode(ct(), "head")
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "filtered")
    node.CopyContent(source)
    node.RemoveAttribute("StrokeBiomarkers.Facts")
    node.SetAndObserveTransformNodeID(source.GetTransformNodeID())
    with pytest.raises(GeometryError, match="positions"):
        volumeFromNode(node, unit="1")
