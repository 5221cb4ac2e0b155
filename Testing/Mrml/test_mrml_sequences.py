"""Diffusion series and time series through sequence nodes, a scene file and back; b values and times to the bit."""

from dataclasses import replace

import numpy as np
import pytest
import slicer
from mrml_samples import assert_same, bolus, by_name, diffusion, sheared, uneven_tilted
from slicer import util

from StrokeBiomarkersLib.sequences import (
    diffusionFromNode,
    diffusionToNodes,
    imageGeometry,
    timeSeriesFromNode,
    timeSeriesToNodes,
)
from strokequant.errors import GeometryError, InputError, ReadError, UnitError


@pytest.mark.parametrize("geometry", [uneven_tilted(), sheared()], ids=["uneven", "sheared"])
@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
@pytest.mark.parametrize("way", ["sequence", "volume"])
def test_diffusion_comes_back_to_the_bit(scene, reopen, geometry, saved, way):
    series = diffusion(geometry)
    nodes = diffusionToNodes(series, "DWI")
    names = {"sequence": nodes.sequence.GetName(), "volume": nodes.volume.GetName()}
    classes = {"sequence": "vtkMRMLSequenceNode", "volume": "vtkMRMLScalarVolumeNode"}
    node = getattr(nodes, way)
    if saved:
        found = reopen().GetNodesByClassByName(classes[way], names[way])
        node = found.GetItemAsObject(0)
    assert_same(diffusionFromNode(node), series)


def test_the_view_shows_the_selected_image_on_its_grid(scene):
    series = diffusion(uneven_tilted())
    nodes = diffusionToNodes(series, "DWI")
    assert np.array_equal(util.arrayFromVolume(nodes.volume), series.values[-1])
    nodes.browser.SetSelectedItemNumber(1)
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(nodes.browser)
    assert np.array_equal(util.arrayFromVolume(nodes.volume), series.values[1])
    assert nodes.volume.GetParentTransformNode() is not None, "stepping keeps the slice positions"
    assert imageGeometry(nodes.volume).slice_origins.tobytes() == series.geometry.slice_origins.tobytes()
    assert_same(diffusionFromNode(nodes.volume), series)


@pytest.mark.parametrize("saved", [False, True], ids=["in memory", "mrb"])
def test_time_series_comes_back_to_the_bit(scene, reopen, saved):
    series = bolus()
    node = timeSeriesToNodes(series, "DSC").sequence
    if saved:
        node = by_name(reopen(), "DSC")
    assert_same(timeSeriesFromNode(node), series)
    assert [float(node.GetNthIndexValue(n)) for n in range(6)] == series.times_s.tolist()
    assert (node.GetIndexName(), node.GetIndexUnit()) == ("time", "s")


def test_times_that_do_not_rise_are_refused(scene):
    with pytest.raises(ValueError, match="rising times"):
        replace(bolus(), times_s=bolus().times_s[::-1].copy())
    with pytest.raises(ReadError, match=r"I08.*rise"):
        timeSeriesFromNode(foreign_sequence(scene), timesS=[0, 2, 1], unit="1")


def foreign_sequence(scene, images=3):
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", "foreign")
    for n in range(images):
        node = slicer.vtkMRMLScalarVolumeNode()
        util.updateVolumeFromArray(node, np.full((2, 3, 4), n, np.int16))
        sequence.SetDataNodeAtValue(node, str(n))
    return sequence


def test_b_values_of_a_sequence_from_elsewhere_are_asked_for(scene):
    sequence = foreign_sequence(scene)
    with pytest.raises(ReadError, match="ASK B01"):
        diffusionFromNode(sequence)
    with pytest.raises(ReadError, match="2 b values"):
        diffusionFromNode(sequence, bValues=[0, 1000])
    series = diffusionFromNode(sequence, bValues=[0, 500, 1000])
    assert series.b_values.tolist() == [0, 500, 1000] and set(series.b_tags) == {"flag"}


def test_times_of_a_sequence_from_elsewhere_are_asked_for(scene):
    sequence = foreign_sequence(scene)
    with pytest.raises(ReadError, match="ASK I08"):
        timeSeriesFromNode(sequence)
    with pytest.raises(UnitError, match="U03"):
        timeSeriesFromNode(sequence, timesS=[0, 1.5, 3])
    assert timeSeriesFromNode(sequence, timesS=[0, 1.5, 3], unit="1").times_s.tolist() == [0, 1.5, 3]


def test_a_removed_image_is_refused_and_a_changed_one_is_told(scene):
    sequence = diffusionToNodes(diffusion(), "DWI").sequence
    util.arrayFromVolume(sequence.GetNthDataNode(1))[0] = 0
    assert diffusionFromNode(sequence).issues[-1].code == "I07"
    sequence.RemoveDataNodeAtValue("2")
    with pytest.raises(GeometryError, match="4 images for 5"):
        diffusionFromNode(sequence)


def test_images_on_different_grids_are_refused(scene):
    sequence = foreign_sequence(scene)
    sequence.GetNthDataNode(2).SetOrigin(1, 0, 0)
    with pytest.raises(GeometryError, match="G17"):
        diffusionFromNode(sequence, bValues=[0, 500, 1000])


def test_a_single_volume_is_no_sequence(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "single")
    with pytest.raises(InputError, match="single image"):
        diffusionFromNode(node)
