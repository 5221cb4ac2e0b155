"""What a reader does with the diffusion core, from a folder to the signed record. No widget: texts on the screen are made elsewhere.

The numbers are those of the command: the same scan, the same case, the same measurement, the same files.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk

from strokequant.batch.core_case import measure_core
from strokequant.batch.discover import CaseInput, discover_cases
from strokequant.biomarkers.reader_edit import with_reader_core
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.scan import scan
from strokequant.errors import StrokeQuantError
from strokequant.record.case_record import record_to_dict
from strokequant.record.reader_output import ReaderOutput, write_reader_case
from strokequant.settings import Settings
from strokequant.types import Candidate, CaseRecord, GeometryAudit, Mask, Role, SignOff, SkippedFile

from .candidates import isAccepted, setAccepted
from .case import CaseNodes, caseToScene
from .dicomdatabase import addToDatabase
from .grid import isSameGrid, showSlicePositions
from .hierarchy import placeUnderStudy, removeNodes, studyOf
from .imageinput import Answers, Images, caseOfImages
from .livevolume import LiveVolume, liveVolume
from .offers import Offer, offersOf
from .readeredits import ReaderEdits, unionOf
from .segmentations import maskFromSegment, replaceVoxels
from .tables import measurementsToTable, recordToText

CORE = "infarct_core"
MEANING = "infarct core read and confirmed"
STAGES = ("audit", "read", "align", "adc", "brain", "core", "interval", "measures")
Progress = Callable[[int, int, str], None]


class CancelledError(Exception):
    """The reader does not want to wait any longer; raised by a progress callback."""


def _silent(done: int, total: int, text: str) -> None:
    """No progress wanted."""


class DiffusionCore:
    """One reading: cases, the chosen one, its record, its nodes, the edits."""

    def __init__(self, settings: Settings = Settings()):
        self.settings = settings
        self.cases: tuple[CaseInput, ...] = ()
        self.case: CaseInput | None = None
        self.audits: dict[str, GeometryAudit] = {}
        self.chosen: tuple[str, ...] = ()
        self.record: CaseRecord | None = None
        self.nodes: CaseNodes | None = None
        self._skipped: tuple[SkippedFile, ...] = ()
        self._edits: ReaderEdits | None = None
        self._written: tuple | None = None
        self._workspace: tempfile.TemporaryDirectory | None = None

    # Choosing

    def openFolder(self, path: Path, *, out: Path | None = None, progress: Progress = _silent) -> None:
        """Search a folder, DICOMDIR, zip or file for cases; the first one is chosen.

        Args:
            path: input.
            out: output folder, which is not searched.
            progress: called with (done, total, text); may raise `CancelledError`.

        Raises:
            InputError: where nothing can be read. What was open stays open.
        """
        workspace = tempfile.TemporaryDirectory(prefix="strokebiomarkers-")
        try:
            found = scan(Path(path), progress=progress, workspace=Path(workspace.name), exclude=(out,) if out else ())
        except BaseException:
            workspace.cleanup()
            raise
        self._open(discover_cases(Path(path), found.series), found.skipped, workspace)

    def openImages(self, images: Images, answers: Answers, database: Any) -> None:
        """Take images of the scene.

        Raises:
            InputError: the questions that are open, as `caseOfImages`.
        """
        workspace = tempfile.TemporaryDirectory(prefix="strokebiomarkers-")
        try:
            cases = caseOfImages(images, answers, database, Path(workspace.name))
        except BaseException:
            workspace.cleanup()
            raise
        self._open(cases, (), workspace)

    def selectCase(self, index: int) -> None:
        """Take another of the cases; its geometry is audited at once."""
        self.forget()
        self.case, self.chosen = self.cases[index], ()
        series = [one for one in self.case.series if one.role in (Role.DWI, Role.ADC)]
        self.audits = {one.key: audit_series(one, config=self.settings.audit) for one in series}

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case."""
        return offersOf(self.case.series, self.audits, self.chosen) if self.case else ()

    def choose(self, key: str) -> None:
        """Measure on this series of its role."""
        roles = {one.key: one.role for one in self.case.series}
        others = tuple(k for k in self.chosen if roles[k] is not roles[key])
        self.chosen = (*others, key)

    # Measuring

    def compute(self, progress: Progress = _silent) -> CaseRecord:
        """Measure the case and show the proposal in the scene.

        Nodes of an earlier proposal are removed; a segmentation with edits that were not written stays in the scene.

        Args:
            progress: called before every stage; may raise `CancelledError`, then nothing has changed.
        """

        def stage(text: str) -> None:
            progress(STAGES.index(text) if text in STAGES else 0, len(STAGES), text)

        record = measure_core(self.case, settings=self.settings, chosen=self.chosen, skipped=self._skipped, stage=stage)
        progress(len(STAGES), len(STAGES), "show")
        self.forget()
        self.record = record
        if record.core is not None:
            self._show(record)
        return record

    def isMeasured(self) -> bool:
        """True where a proposal is shown and its nodes are still there."""
        return self.record is not None and self.record.core is not None and self.segmentation() is not None

    def segmentation(self):
        """Segmentation that holds the core, None where it or every image under it was removed."""
        node = self.nodes.segmentations.get(CORE) if self.nodes else None
        present = node is not None and slicer.mrmlScene.IsNodePresent(node) and self.hostImage() is not None
        return node if present and node.GetSegmentation().GetSegment(CORE) else None

    def hostImage(self):
        """An image in the scene on the grid of the core, None where all were removed."""
        if self.nodes is None:
            return None
        images = (self.nodes.images.get("dwi"), *self.nodes.images.values(), *self.nodes.maps.values())
        geometry = self.record.core.mask.geometry
        present = (node for node in images if node is not None and slicer.mrmlScene.IsNodePresent(node))
        return next((node for node in present if node.GetImageData() and isSameGrid(node, geometry)), None)

    # Reading

    def candidates(self) -> tuple[Candidate, ...]:
        """Candidates in order of size, as proposed."""
        return self.record.core.candidates if self.isMeasured() else ()

    def decisions(self) -> dict[int, bool]:
        """Decision by the label of a candidate."""
        node = self.segmentation()
        return {c.label: isAccepted(node, c.label) for c in self.candidates()}

    def setAccepted(self, label: int, accepted: bool) -> None:
        """Take a candidate into the core or leave it out; strokes of the reader stay."""
        node, labels = self.segmentation(), self.record.core.labels
        before = unionOf(labels, self.decisions())
        self._edits = self._edits.seenIn(self.mask().values, before)
        setAccepted(node, label, accepted)
        values = self._edits.on(unionOf(labels, self.decisions()))
        core = self.record.core.mask
        replaceVoxels(node, CORE, Mask(values, core.geometry, core.name, core.method))

    def pointOf(self, label: int) -> tuple[float, float, float]:
        """RAS mm of the voxel of a candidate that is nearest to its middle, as the views show it."""
        index = np.argwhere(self.record.core.labels == label)
        nearest = index[np.argmin(((index - index.mean(axis=0)) ** 2).sum(axis=1))]
        toRas = slicer.util.arrayFromVTKMatrix(_ijkToRas(self.hostImage()))
        return tuple(float(x) for x in (toRas @ [*nearest[::-1], 1.0])[:3])

    def mask(self, reader: str = "") -> Mask:
        """Core as it is now."""
        return maskFromSegment(
            self.segmentation(), CORE, self.hostImage(), geometry=self.record.core.mask.geometry, reader=reader
        )

    def live(self) -> LiveVolume:
        """Volume and interval of the core as it is now: those that would be written."""
        mask = self.mask()
        if np.array_equal(mask.values, self.record.core.mask.values):
            volume = next(m for m in self.record.measurements if m.id == "infarct_core_volume")
            return LiveVolume(volume.value, volume.lower, volume.upper)
        return liveVolume(mask, self.settings.measure)

    # Writing

    def readerRecord(self, reader: str) -> CaseRecord:
        """The record with the core as it is now, not signed yet."""
        settings = self.settings
        return with_reader_core(
            self.record, self.mask(reader), self.decisions(), config=settings.measure, core_config=settings.core
        )

    def write(self, reader: str, out: Path, *, now: datetime, database: Any = None) -> ReaderOutput:
        """Sign the core as it is now, write it, and show the numbers in the scene.

        Args:
            reader: code of the reader.
            out: output folder.
            now: time of signing, with its zone.
            database: DICOM database that results are put into, None for none.

        Raises:
            RecordError: O01 where the folder cannot be written; the segmentation is as it was.
        """
        signed = self.readerRecord(reader).signed(SignOff(reader, MEANING, now.isoformat(timespec="seconds")))
        output = write_reader_case(signed, Path(out), now=now)
        self._written = self._state()
        self._showNumbers(signed)
        if database is not None:
            used = next(s for s in signed.series if s.key in signed.used.values())
            files = sorted((output.folder / "dicom").glob("*.dcm"))
            addToDatabase(files, database, studyUid=used.study_uid)
        return output

    def isUnwritten(self) -> bool:
        """True where a reader has changed something that is in no record yet."""
        if not self.isMeasured():
            return False
        try:
            return self._state() != self._written
        except StrokeQuantError:  # somebody has put the core on another grid: whatever it is, it is in no record
            return True

    # Ending

    def forget(self) -> None:
        """Let go of the record and remove its nodes; a segmentation with unwritten edits stays in the scene."""
        nodes, kept = self.nodes, self.segmentation() if self.isUnwritten() else None
        self.drop()
        if nodes is None:
            return
        removeNodes(*(node for node in nodes.all() if node is not kept))
        if kept is not None:
            kept.SetName(slicer.mrmlScene.GenerateUniqueName(f"{kept.GetName()} edited"))

    def drop(self) -> None:
        """Let go of the record without touching a node: the scene is closed, or nodes were removed."""
        self.record = self.nodes = self._edits = self._written = None

    def close(self) -> None:
        """Let go of everything, temporary files included."""
        self.drop()
        self.cases, self.case, self.audits, self.chosen = (), None, {}, ()
        if self._workspace is not None:
            self._workspace.cleanup()
            self._workspace = None

    def _open(self, cases: tuple[CaseInput, ...], skipped, workspace) -> None:
        self.forget()
        self.close()
        self._workspace, self._skipped, self.cases = workspace, tuple(skipped), cases
        if cases:
            self.selectCase(0)

    def _show(self, record: CaseRecord) -> None:
        self.nodes = caseToScene(record)
        images = [*self.nodes.images.values(), *self.nodes.maps.values()]
        segmentation = self.nodes.segmentations[CORE]
        for image in images:
            showSlicePositions(False, image, segmentation)
        self._edits = ReaderEdits.none(record.core.labels.shape)
        self._written = self._state()

    def _showNumbers(self, record: CaseRecord) -> None:
        study = studyOf(self.segmentation())
        old = self.nodes
        names = old.table.GetName(), old.record.GetName()
        removeNodes(old.table, old.record)
        table = measurementsToTable(record.measurements, names[0])
        text = recordToText(record_to_dict(record), names[1])
        for node in (table, text):
            placeUnderStudy(node, study)
        self.nodes = old._replace(table=table, record=text)

    def _state(self) -> tuple:
        return self.mask().values.tobytes(), tuple(sorted(self.decisions().items()))


def outputProblem(out: str) -> str:
    """Why a folder cannot be written: "missing", "file", "read-only", or nothing."""
    if not out.strip() or out == ".":
        return "missing"
    path = Path(out)
    while not path.exists() and path != path.parent:
        path = path.parent
    if not path.is_dir():
        return "file"
    return "" if os.access(path, os.W_OK) else "read-only"


def _ijkToRas(volumeNode):
    matrix = vtk.vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(matrix)
    return matrix
