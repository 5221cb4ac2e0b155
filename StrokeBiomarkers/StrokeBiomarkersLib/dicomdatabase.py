"""From a node or an item back to its DICOM files, so that the library reads times, b values and units itself; and results into the database.

The database is an argument: `slicer.dicomDatabase`, or anything with its methods `fileForInstance`, `filesForSeries` and `insert`.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import slicer

from strokequant.dicomio.scan import scan
from strokequant.errors import InputError, Issue, Level
from strokequant.types import Series

from .facts import INSTANCE_UIDS
from .hierarchy import hierarchyNode

FRAME_FILES = "MultiVolume.FrameFileList"
"""Attribute in which Slicer's importer of 4-D series keeps the files of a sequence, separated by commas."""


def instanceUids(node) -> tuple[str, ...]:
    """SOP Instance UIDs that a node, or the images of a sequence, came from."""
    holders = [node]
    if node.IsA("vtkMRMLSequenceNode"):
        holders += [node.GetNthDataNode(n) for n in range(node.GetNumberOfDataNodes())]
    elif not node.GetAttribute(INSTANCE_UIDS) and slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(
        node
    ):
        browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)
        return instanceUids(browser.GetSequenceNode(node))
    words = " ".join(holder.GetAttribute(INSTANCE_UIDS) or "" for holder in holders).split()
    return tuple(dict.fromkeys(words))


def seriesUidOf(node) -> str:
    """Series Instance UID that the subject hierarchy has for a node, or for what shows it; empty where it has none."""
    hierarchy = hierarchyNode()
    items = [hierarchy.GetItemByDataNode(one) for one in _relatives(node)]
    uidName = slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName()
    return next((uid for item in items if item and (uid := hierarchy.GetItemUID(item, uidName))), "")


def frameFilesOf(node) -> tuple[str, ...]:
    """Files that Slicer's importer of 4-D series has noted, none where it has not."""
    words = (one.GetAttribute(FRAME_FILES) for one in _relatives(node))
    return next((tuple(path for path in text.split(",") if path) for text in words if text), ())


def isFromDicom(node) -> bool:
    """True where the node says which DICOM files it came from."""
    return bool(instanceUids(node) or seriesUidOf(node) or frameFilesOf(node))


def _relatives(node) -> list:
    """A node, and the sequence that it shows."""
    browser = slicer.modules.sequences.logic().GetFirstBrowserNodeForProxyNode(node)
    return [node, browser.GetSequenceNode(node)] if browser is not None else [node]


def filesOfNode(node, database) -> tuple[Path, ...]:
    """DICOM files of a node.

    Args:
        node: volume, sequence or proxy that was loaded from DICOM, by Slicer or by this library.
        database: has `fileForInstance(uid) -> str`.

    Raises:
        InputError: I09 where the node has no DICOM origin, or a file is not in the database any more.
    """
    if uids := instanceUids(node):
        return _present([database.fileForInstance(uid) if database else "" for uid in uids], node.GetName())
    if seriesUid := seriesUidOf(node):
        return filesOfSeries(seriesUid, database, node.GetName())
    if paths := frameFilesOf(node):
        return _present(paths, node.GetName())
    found = "an image without DICOM origin"
    remedy = "load it from the DICOM module, or state what it does not say itself"
    raise InputError(Issue("I09", Level.ASK, found, "an image from DICOM", remedy, node.GetName()))


def filesOfItem(item: int, database) -> tuple[Path, ...]:
    """DICOM files of a series item of the subject hierarchy.

    Args:
        item: of a series, with or without a loaded node.
        database: has `fileForInstance` and `filesForSeries(uid) -> sequence of str`.

    Raises:
        InputError: I09 as `filesOfNode`.
    """
    hierarchy = hierarchyNode()
    seriesUid = hierarchy.GetItemUID(item, slicer.vtkMRMLSubjectHierarchyConstants.GetDICOMUIDName())
    if seriesUid:
        return filesOfSeries(seriesUid, database, hierarchy.GetItemName(item))
    node = hierarchy.GetItemDataNode(item)
    if node is None:
        found = "an item without series and image"
        remedy = "choose a series"
        raise InputError(Issue("I09", Level.ASK, found, "a series", remedy, hierarchy.GetItemName(item)))
    return filesOfNode(node, database)


def filesOfSeries(seriesUid: str, database, name: str = "") -> tuple[Path, ...]:
    """DICOM files of a series of the database.

    Raises:
        InputError: I09 where there are none, or one is gone.
    """
    paths = database.filesForSeries(seriesUid) if database else ()
    return _present(paths or [""], name or "series")


def readSeries(files: Sequence[Path], progress: Callable[[int, int, str], None] | None = None) -> tuple[Series, ...]:
    """Series of files that may lie in any folder, read by the library from their headers.

    Args:
        files: of any number of series.
        progress: as of `scan`.

    Raises:
        InputError: I02 where none of them is an image.
    """
    with tempfile.TemporaryDirectory(prefix="strokebiomarkers-") as folder:
        links = {Path(folder) / f"{number:06d}.dcm": Path(path) for number, path in enumerate(files)}
        for link, path in links.items():
            _link(path, link)
        found = scan(Path(folder), progress=progress)
        return tuple(replace(one, files=tuple(links[path] for path in one.files)) for one in found.series)


def addToDatabase(files: Iterable[Path], database, *, studyUid: str) -> tuple[Issue, ...]:
    """Put results into the DICOM database, under the study that they were measured on.

    Args:
        files: SEG, SR, maps.
        database: has `insert(path)` and `fileForInstance(uid)`.
        studyUid: Study Instance UID that every file must have.

    Returns:
        an issue for every file that was left out; the others are in.
    """
    issues = []
    for path in files:
        problem = _insert(Path(path), database, studyUid)
        if problem:
            remedy = "the file itself is in the output folder"
            issues.append(Issue("O04", Level.WARN, problem, "a DICOM file of this study", remedy, Path(path).name))
    return tuple(issues)


def _insert(path: Path, database, studyUid: str) -> str:
    """What is wrong with a file, empty where it is in the database now."""
    header = _header(path)
    if header is None:
        return "no DICOM file"
    if header.get("StudyInstanceUID") != studyUid:
        return "a file of another study"
    database.insert(str(path))
    known = database.fileForInstance(header.SOPInstanceUID)
    return "" if known and os.path.exists(known) else "the database did not take it"


def _header(path: Path) -> Any | None:
    import pydicom

    try:
        return pydicom.dcmread(path, specific_tags=["StudyInstanceUID", "SOPInstanceUID"])
    except (OSError, pydicom.errors.InvalidDicomError):
        return None


def _present(paths: Iterable[str], name: str) -> tuple[Path, ...]:
    unique = list(dict.fromkeys(paths))
    missing = sum(not path or not os.path.exists(path) for path in unique)
    if missing:
        found = f"{missing} of {len(unique)} DICOM files are not in the database"
        remedy = "import the series again"
        raise InputError(Issue("I09", Level.STOP, found, "all files of the series", remedy, name))
    return tuple(Path(path) for path in unique)


def _link(path: Path, link: Path) -> None:
    """Link where the system allows it, else copy."""
    try:
        os.symlink(path, link)
    except OSError:
        shutil.copyfile(path, link)
