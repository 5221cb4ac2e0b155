"""Diffusion series and time series as sequence nodes, and back without loss.

One data node per image, a browser to step through them, and a proxy volume that the views show. Diffusion images are numbered,
because several share a b value; frames of a time series are indexed by their time in s. The exact b values, directions and times
are facts of the sequence node: an index value is text that Slicer may round.
"""

from typing import Any, NamedTuple

import numpy as np
import slicer
from slicer import util

from strokequant.errors import GeometryError, InputError, Issue, Level, ReadError
from strokequant.geometry import Geometry
from strokequant.types import DiffusionSeries, Directionality, TimeSeries

from . import facts as nodeFacts
from .grid import isSameGrid, nodeGeometry, requireNoForeignTransform
from .units import nodeUnit, unknownUnit, writeMeaning
from .volumes import fillImage, finishNode, identity

_DIFFUSION = (
    *("b_values", "b_tags", "directions", "directionality"),
    *("source", "provenance", "issues", "instance_uids"),
)
_TIMES = (
    "times_s",
    "time_tag",
    "unit",
    "source",
    "provenance",
    "issues",
    "slice_times_s",
    "echo_time_ms",
    "instance_uids",
)


class SequenceNodes(NamedTuple):
    """A sequence and what shows it."""

    sequence: Any
    browser: Any
    volume: Any
    """Proxy: the image that is selected in the browser."""


def diffusionToNodes(series: DiffusionSeries, name: str, *, showSlicePositions: bool = True) -> SequenceNodes:
    """Add diffusion images to the scene; the last image (highest b value) is selected."""
    sequence = _sequence(name, "image", "")
    for n, values in enumerate(series.values):
        node = _frame(values, series.geometry, f"{name} b {series.b_values[n]:g}", "1")
        node.SetAttribute("StrokeBiomarkers.BValue", repr(float(series.b_values[n])))
        sequence.SetDataNodeAtValue(node, str(n))
    kept = {key: getattr(series, key) for key in _DIFFUSION}
    return _finished(sequence, "diffusion", series, kept, showSlicePositions, selected=len(series.values) - 1)


def diffusionFromNode(node, *, bValues=None) -> DiffusionSeries:
    """The diffusion series of a sequence node, or of the proxy volume that shows it.

    Args:
        node: vtkMRMLSequenceNode or proxy.
        bValues: s/mm2 of every image, where the sequence is from elsewhere and a reader was asked.

    Raises:
        ReadError: B01 where no b values are known.
        GeometryError: G00, G17 where the images were changed and no longer lie on one grid.
    """
    sequence = sequenceOf(node)
    known = nodeFacts.read(sequence, "diffusion")
    values = frameValues(sequence)
    if known is not None:
        geometry, changes = _checked(sequence, values, known, len(known["b_values"]))
        kept = {key: known[key] for key in _DIFFUSION} | {"issues": (*known["issues"], *changes)}
        kept["directionality"] = tuple(map(Directionality, kept["directionality"]))
        return DiffusionSeries(values, geometry, **kept)
    if bValues is None or len(bValues) != len(values):
        found = f"{len(values)} images and {'no' if bValues is None else len(bValues)} b values"
        remedy = "load the series from DICOM, or give the b value of every image"
        raise ReadError(Issue("B01", Level.ASK, found, "one b value per image", remedy, sequence.GetName()))
    b = np.asarray(bValues, dtype=float)
    kinds = tuple(Directionality.NONE if value == 0 else Directionality.UNKNOWN for value in b)
    geometry = commonGrid(sequence)
    return DiffusionSeries(values, geometry, b, ("flag",) * len(b), np.full((len(b), 3), np.nan), kinds)


def timeSeriesToNodes(series: TimeSeries, name: str, *, showSlicePositions: bool = True) -> SequenceNodes:
    """Add a time series to the scene."""
    sequence = _sequence(name, "time", "s")
    for time, values in zip(np.asarray(series.times_s, dtype=float), series.values, strict=True):
        sequence.SetDataNodeAtValue(
            _frame(values, series.geometry, f"{name} {time:g} s", series.unit), repr(float(time))
        )
    kept = {key: getattr(series, key) for key in _TIMES} | {"contrast": series.kind}
    return _finished(sequence, "times", series, kept, showSlicePositions, selected=0)


def timeSeriesFromNode(node, *, timesS=None, unit: str | None = None) -> TimeSeries:
    """The time series of a sequence node, or of the proxy volume that shows it.

    Args:
        node: vtkMRMLSequenceNode or proxy.
        timesS: s of every frame, where the sequence is from elsewhere and a reader was asked: index values that Slicer or a
            file gave are not the times of the headers.
        unit: UCUM, likewise.

    Raises:
        ReadError: I08 where no times are known.
        UnitError: U03 where no unit is known.
        GeometryError: as `diffusionFromNode`.
    """
    sequence = sequenceOf(node)
    known = nodeFacts.read(sequence, "times")
    values = frameValues(sequence)
    if known is not None:
        geometry, changes = _checked(sequence, values, known, len(known["times_s"]))
        kept = {key: known[key] for key in _TIMES} | {"issues": (*known["issues"], *changes)}
        return TimeSeries(values, geometry, kind=known["contrast"], **kept)
    if timesS is None or len(timesS) != len(values):
        found = f"{len(values)} frames and {'no' if timesS is None else len(timesS)} times from headers"
        remedy = "load the series from DICOM, or give the time of every frame"
        raise ReadError(Issue("I08", Level.ASK, found, "one time per frame", remedy, sequence.GetName()))
    times = np.asarray(timesS, dtype=float)
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        found = f"times {times.tolist()}"
        raise ReadError(Issue("I08", Level.ASK, found, "times that rise", "correct the times", sequence.GetName()))
    unit = nodeUnit(sequence.GetNthDataNode(0)) or unit
    if not unit:
        raise unknownUnit(sequence)
    return TimeSeries(values, commonGrid(sequence), times, "flag", unit)


def imageGeometry(volumeNode) -> Geometry:
    """Exact grid of an image, a map or a proxy of this library; else the even grid of its matrix.

    Raises:
        GeometryError: G20 where a transform moves the image, G00 where its grid cannot be measured.
    """
    requireNoForeignTransform(volumeNode)
    holder = volumeNode
    if nodeFacts.read(volumeNode, "volume", "map") is None:
        browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(volumeNode)
        holder = browser.GetSequenceNode(volumeNode) if browser else volumeNode
    known = nodeFacts.read(holder, "volume", "map", "diffusion", "times")
    if known is not None and isSameGrid(volumeNode, known["geometry"]):
        return known["geometry"]
    return nodeGeometry(volumeNode)


def sequenceOf(node):
    """The sequence that a node is, or that it shows.

    Raises:
        InputError: I01 where it is neither.
    """
    if node.IsA("vtkMRMLSequenceNode"):
        return node
    browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)
    if browser is None:
        found = "a single image"
        remedy = "choose the sequence, or a volume that a sequence shows"
        raise InputError(Issue("I01", Level.STOP, found, "a sequence of images", remedy, node.GetName()))
    return browser.GetSequenceNode(node)


def _sequence(name: str, indexName: str, indexUnit: str):
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    sequence.SetIndexName(indexName)
    sequence.SetIndexUnit(indexUnit)
    sequence.SetIndexType(slicer.vtkMRMLSequenceNode.NumericIndex)
    return sequence


def _frame(values: np.ndarray, geometry: Geometry, name: str, unit: str):
    node = slicer.vtkMRMLScalarVolumeNode()
    node.SetName(name)
    fillImage(node, values, geometry)
    writeMeaning(node, "signal", unit)
    return node


def _finished(sequence, kind: str, series, kept: dict, showSlicePositions: bool, selected: int) -> SequenceNodes:
    uids = series.source.instances if series.source else ()
    nodeFacts.writeInstanceUids(sequence, uids)
    browser = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", f"{sequence.GetName()} browser")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    browser.SetSelectedItemNumber(selected)
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
    proxy = browser.GetProxyNode(sequence)
    nodeFacts.writeInstanceUids(proxy, uids)
    finishNode(proxy, series.geometry, showSlicePositions)
    nodeFacts.write(sequence, kind, identity(series.values, series.geometry, False) | kept)
    return SequenceNodes(sequence, browser, proxy)


def frameValues(sequence) -> np.ndarray:
    """(n, k, j, i) float32 copy of all images.

    Raises:
        InputError: I01 where there are none, or they are no scalar images.
        GeometryError: G17 where they differ in shape.
    """
    nodes = [sequence.GetNthDataNode(n) for n in range(sequence.GetNumberOfDataNodes())]
    if not nodes or not all(node.IsA("vtkMRMLScalarVolumeNode") and node.GetImageData() for node in nodes):
        found = "a sequence without images"
        raise InputError(Issue("I01", Level.STOP, found, "a sequence of images", "load it again", sequence.GetName()))
    arrays = [util.arrayFromVolume(node) for node in nodes]
    if len({array.shape for array in arrays}) > 1 or arrays[0].ndim != 3:
        found = f"images of shape {sorted({array.shape for array in arrays})}"
        remedy = "split the sequence"
        raise GeometryError(Issue("G17", Level.STOP, found, "images on one grid", remedy, sequence.GetName()))
    values = np.empty((len(arrays), *arrays[0].shape), dtype=np.float32)
    for n, array in enumerate(arrays):
        values[n] = array
    return values


def commonGrid(sequence) -> Geometry:
    """Grid of all data nodes.

    Raises:
        GeometryError: G17 where they differ.
    """
    geometry = nodeGeometry(sequence.GetNthDataNode(0))
    for n in range(1, sequence.GetNumberOfDataNodes()):
        if not isSameGrid(sequence.GetNthDataNode(n), geometry):
            found = f"image {n + 1} lies elsewhere than image 1"
            remedy = "split the sequence"
            raise GeometryError(Issue("G17", Level.STOP, found, "images on one grid", remedy, sequence.GetName()))
    return geometry


def _checked(sequence, values: np.ndarray, known: dict, images: int) -> tuple[Geometry, tuple[Issue, ...]]:
    """Geometry from the facts, where number and grid of the images are still the same."""
    geometry: Geometry = known["geometry"]
    name = sequence.GetName()
    sameGrid = all(isSameGrid(sequence.GetNthDataNode(n), geometry) for n in range(len(values)))
    if len(values) != images or not sameGrid:
        found = (
            f"{len(values)} images for {images} that were read" if len(values) != images else "images on another grid"
        )
        remedy = "load the series again"
        raise GeometryError(Issue("G00", Level.STOP, found, "the images as read", remedy, name))
    if nodeFacts.voxelHash(values) == known["sha256"]:
        return geometry, ()
    found = "voxels changed in Slicer since the series was read"
    return geometry, (Issue("I07", Level.WARN, found, "the series as read", "load the series again", name),)
