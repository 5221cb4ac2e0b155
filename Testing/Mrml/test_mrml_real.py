"""Real series through nodes, a scene file and back: voxels, b values, positions and volume to the bit."""

import numpy as np
import pytest
from mrml_samples import assert_same, by_name

from StrokeBiomarkersLib.segmentations import maskFromSegment, maskToSegment, segmentationNode
from StrokeBiomarkersLib.sequences import diffusionFromNode, diffusionToNodes
from StrokeBiomarkersLib.volumes import volumeFromNode, volumeToNode
from strokequant.dicomio.read import read_diffusion, read_volume
from strokequant.dicomio.scan import scan
from strokequant.types import Mask


def test_head_ct_tilted_and_unevenly_spaced(scene, reopen, shared_data):
    found = scan(shared_data / "ct" / "head_ge_tilt18_variable_gap")
    (series,) = (one for one in found.series if one.modality == "CT" and len(one.frames) > 10)
    volume = read_volume(series)
    assert volume.geometry.tilt_deg == pytest.approx(18.5, abs=0.1) and not volume.geometry.is_even
    mask = Mask(volume.values > -200, volume.geometry, "brain", "threshold")
    node = volumeToNode(volume, "head")
    maskToSegment(mask, segmentationNode(node, "masks"), node)
    reopen()
    node = by_name(scene, "head")
    back = volumeFromNode(node)
    assert_same(back, volume)
    segment = maskFromSegment(by_name(scene, "masks"), "brain", node)
    assert_same(segment, mask)
    assert segment.volume_ml == mask.volume_ml
    assert np.prod(node.GetSpacing()) * np.count_nonzero(mask.values) / 1000 > 1.02 * mask.volume_ml


def test_xa30_diffusion(scene, reopen, shared_data):
    found = scan(shared_data / "diffusion" / "dicom_vendors" / "siemens_xa30_raw20dir_vendorADC")
    read = [read_diffusion(series) for series in found.series if series.role == "dwi"]
    assert read
    for number, series in enumerate(read):
        diffusionToNodes(series, f"DWI {number}")
    reopen()
    for number, series in enumerate(read):
        sequences = scene.GetNodesByClassByName("vtkMRMLSequenceNode", f"DWI {number}")
        assert_same(diffusionFromNode(sequences.GetItemAsObject(0)), series)
