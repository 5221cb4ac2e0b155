"""What a reader does with one case, from a folder to the signed record: the same for every module. No widget; texts are made elsewhere.

A module derives from `Reading` and says how it measures, what a reader edits, and what a signed record holds. The numbers are those
of the command: the same scan, the same case, the same measurement, the same files.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import slicer

from strokequant.batch.discover import CaseInput, discover_cases
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.scan import scan
from strokequant.errors import InputError, Issue, Level, StrokeQuantError
from strokequant.record.case_record import record_to_dict
from strokequant.record.reader_output import ReaderOutput, write_reader_case
from strokequant.settings import Settings, settings_of
from strokequant.types import CaseRecord, GeometryAudit, Mask, Role, SignOff, SkippedFile, Verdict

from .case import CaseNodes, caseFromScene, caseToScene, linkParts
from .dicomdatabase import addToDatabase
from .dicomstudies import filesOfStudy
from .editstate import EditState
from .grid import isSameGrid, showSlicePositions
from .hierarchy import placeUnderStudy, removeNodes, studyOf
from .imageinput import Answers, Images, caseOfImages, casesOfFiles, imagesOf, keepImages
from .offers import Offer
from .recordnode import recordNodes
from .segmentations import maskFromSegment
from .sourcefiles import SourcePlaces, hasFiles, sameSeries, seriesAgain
from .tables import measurementsToTable, recordToText
from .waits import Wait

WRITTEN = "StrokeBiomarkers.Written"
"""Attribute of a segmentation: hash of what was written last, so that a scene knows whether something is in no record yet."""

Progress = Callable[[int, int, str], None]


class CancelledError(Exception):
    """The reader does not want to wait any longer; raised by a progress callback."""


def silent(done: int, total: int, text: str) -> None:
    """No progress wanted."""


class Reading:
    """One reading: cases, the chosen one, its record, its nodes, the edits."""

    module = ""
    """Name of the module; written into scenes and manifests."""

    structure = ""
    """Mask of the record that a reader edits and signs; also the id of its segment."""

    meaning = ""
    """What a signature says."""

    roles: tuple[Role, ...] = ()
    """Series that are audited when a case is chosen."""

    stages: tuple[str, ...] = ()
    """Words that the measurement calls out, in order."""

    def __init__(self, settings: Settings = Settings()):
        self.settings = settings
        self.cases: tuple[CaseInput, ...] = ()
        self.case: CaseInput | None = None
        self.audits: dict[str, GeometryAudit] = {}
        self.chosen: tuple[str, ...] = ()
        self.record: CaseRecord | None = None
        self.nodes: CaseNodes | None = None
        self._skipped: tuple[SkippedFile, ...] = ()
        self._images: tuple[Images, Answers] | None = None
        self._workspace: tempfile.TemporaryDirectory | None = None

    # What a module says

    def measure(self, stage: Callable[[str], None]) -> CaseRecord:
        """Measure `case`; `stage` may raise `CancelledError`."""
        raise NotImplementedError

    def readerRecord(self, reader: str) -> CaseRecord:
        """The record with the structure as it is now, not signed yet."""
        raise NotImplementedError

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case, and what each is used as."""
        raise NotImplementedError

    def inputsWait(self) -> Wait:
        """Why the series of the case cannot be measured; nothing where they can."""
        raise NotImplementedError

    def decisions(self) -> dict[int, bool]:
        """Decisions of the reader besides the voxels, by label."""
        return {}

    def editState(self) -> EditState:
        """Decisions, answers and strokes as they are now; those of the proposal right after computing."""
        raise NotImplementedError

    def restoreEdits(self, state: EditState) -> None:
        """Put decisions, answers and strokes back, right after the same case was computed again.

        Raises:
            StrokeQuantError: they do not belong to what was computed.
        """
        raise NotImplementedError

    def shown(self) -> None:
        """Called when a record has been put into the scene or taken from it."""

    # Choosing

    def openFolder(
        self, path: Path, *, out: Path | None = None, places: SourcePlaces | None = None, progress: Progress = silent
    ) -> None:
        """Search a folder, DICOMDIR, zip or file for cases; the first one is chosen.

        Args:
            path: input.
            out: output folder, which is not searched.
            places: remember where the series are.
            progress: called with (done, total, text); may raise `CancelledError`.

        Raises:
            InputError: where nothing can be read. What was open stays open.
        """
        with self._newWorkspace() as workspace:
            found = scan(Path(path), progress=progress, workspace=Path(workspace.name), exclude=(out,) if out else ())
        cases = discover_cases(Path(path), found.series)
        for case in cases if places else ():
            places.remember(case.series, _placeOf(case, Path(path)))
        self._open(cases, found.skipped, workspace)

    def openImages(self, images: Images, answers: Answers, database: Any) -> None:
        """Take images of the scene.

        Raises:
            InputError: the questions that are open, as `caseOfImages`.
        """
        with self._newWorkspace() as workspace:
            cases = caseOfImages(images, answers, database, Path(workspace.name))
        self._open(cases, (), workspace)
        self._images = images, answers

    def openStudy(self, uid: str, database: Any, progress: Progress = silent) -> None:
        """Take a study of the DICOM database, all its series, from their files.

        Raises:
            InputError: I09 where files are gone, I02 where none is an image. What was open stays open.
        """
        self._open(casesOfFiles(filesOfStudy(uid, database), progress), (), None)

    def selectCase(self, index: int) -> None:
        """Take another of the cases; its geometry is audited at once."""
        self.forget()
        self.case, self.chosen = self.cases[index], ()
        self.audits = self._audit(self.case)

    def openCases(self, cases: Sequence[CaseInput], skipped: Sequence[SkippedFile] = ()) -> None:
        """Take cases that were found before; their files stay where they are."""
        self._open(tuple(cases), skipped, None)

    def disguise(self, name: str, timepoint: str) -> None:
        """Call the cases by a pseudonym, before anything is computed: nodes, tables and folders are named after them."""
        self.cases = tuple(replace(one, case=name, timepoint=timepoint) for one in self.cases)
        if self.case is not None:
            self.case = replace(self.case, case=name, timepoint=timepoint)

    def withoutDescriptions(self, text: str) -> str:
        """A text for the screen of a blinded reader: series by their numbers, since a site may have typed anything into a description."""
        for series in self.case.series if self.case is not None else ():
            if series.description:
                text = text.replace(f" ({series.description})", "")
        return text

    def choose(self, key: str) -> None:
        """Measure on this series of its role."""
        roles = {one.key: one.role for one in self.case.series}
        others = tuple(k for k in self.chosen if roles[k] is not roles[key])
        self.chosen = (*others, key)

    def computeWaits(self) -> Wait:
        """Why the case cannot be measured: "case", "refused", "files", a key of the module, or nothing."""
        if self.case is None:
            return Wait("case")
        refused = tuple(issue for issue in self.case.issues if issue.blocks)
        if refused:
            return Wait("refused", refused)
        if not all(hasFiles(one) for one in self.case.series if one.role in self.roles):
            return Wait("files")
        return self.inputsWait()

    # Measuring

    def compute(self, progress: Progress = silent) -> CaseRecord:
        """Measure the case and show the proposal in the scene.

        Nodes of an earlier proposal are removed; a segmentation with edits that were not written stays in the scene.

        Args:
            progress: called before every stage; may raise `CancelledError`, then nothing has changed.
        """
        record = self.measure(self._stage(progress))
        progress(len(self.stages), len(self.stages), "show")
        self.forget()
        self.record = record
        if self.structure in record.masks:
            self._show(record)
        return record

    def _stage(self, progress: Progress) -> Callable[[str], None]:
        def stage(text: str) -> None:
            progress(self.stages.index(text) if text in self.stages else 0, len(self.stages), text)

        return stage

    def isLost(self) -> bool:
        """True where nodes that the reading needs were removed."""
        return self.nodes is not None and not self.isMeasured()

    def isMeasured(self) -> bool:
        """True where a proposal is shown and its nodes are still there."""
        return self.record is not None and self.structure in self.record.masks and self.segmentation() is not None

    def segmentation(self):
        """Segmentation that holds the structure, None where it or every image under it was removed."""
        node = self.nodes.segmentations.get(self.structure) if self.nodes else None
        present = node is not None and slicer.mrmlScene.IsNodePresent(node) and self.hostImage() is not None
        return node if present and node.GetSegmentation().GetSegment(self.structure) else None

    def hostImage(self):
        """An image in the scene on the grid of the structure, None where all were removed."""
        if self.nodes is None:
            return None
        images = (self.nodes.images.get("dwi"), *self.nodes.images.values(), *self.nodes.maps.values())
        geometry = self.record.masks[self.structure].geometry
        present = (node for node in images if node is not None and slicer.mrmlScene.IsNodePresent(node))
        return next((node for node in present if node.GetImageData() and isSameGrid(node, geometry)), None)

    def mask(self, reader: str = "") -> Mask:
        """Structure as it is now."""
        geometry = self.record.masks[self.structure].geometry
        return maskFromSegment(self.segmentation(), self.structure, self.hostImage(), geometry=geometry, reader=reader)

    # Going on with a scene

    def hasSceneReading(self) -> bool:
        """True where the scene holds a reading of this module."""
        return bool(recordNodes(self.module))

    def resume(self, *, places: SourcePlaces | None = None, database: Any = None, progress: Progress = silent):
        """Go on with the newest reading of the scene.

        Numbers, decisions and edits are those of the scene. Series are found again in their files, and audited again.

        Returns:
            None where the scene holds no reading of this module, else what a reader should know: I10 where files are not there or
            were changed; then nothing can be computed again, and no DICOM object can be written.

        Raises:
            InputError, GeometryError: the scene does not hold what is needed any more; nothing was changed.
        """
        readings = recordNodes(self.module)
        if not readings:
            return None
        record, nodes = caseFromScene(readings[-1])
        self._requireStructure(record, nodes)
        images = imagesOf(nodes.reading)
        with self._newWorkspace() as workspace:
            series, issues = self._seriesAgain(record, images, places, database, Path(workspace.name), progress)
        case = CaseInput(record.case, record.timepoint, series)
        audits = dict(record.audits) | ({} if issues else self._audit(case))
        _requireMeasurable(record, audits)
        self.close()
        self._workspace, self._images = workspace, images
        self.settings = settings_of(record.configuration)
        self.cases, self.case, self.audits = (case,), case, audits
        self.chosen, self._skipped = tuple(dict.fromkeys(record.used.values())), record.skipped
        self.record, self.nodes = replace(record, series=series, audits=audits), nodes
        self.shown()
        return issues

    def _seriesAgain(self, record, images, places, database, folder: Path, progress):
        """Series of the record, with their files where there are no issues."""
        try:
            if images is None:
                known = places.placesOf(record.series) if places else ()
                return seriesAgain(record, known, database, folder, progress), ()
            found = caseOfImages(*images, database, folder)
            return sameSeries(record, [one for case in found for one in case.series]), ()
        except StrokeQuantError as error:
            return record.series, error.issues

    def _requireStructure(self, record: CaseRecord, nodes: CaseNodes) -> None:
        """Refuse a reading whose structure is gone."""
        node = nodes.segmentations.get(self.structure)
        if node is None or node.GetSegmentation().GetSegment(self.structure) is None:
            found = f"{self.structure} was removed from the scene"
            raise InputError(Issue("I07", Level.STOP, found, "all parts of the reading", "compute again", record.case))

    # Writing

    def write(self, reader: str, out: Path, *, now: datetime, database: Any = None) -> ReaderOutput:
        """Sign the structure as it is now, write it, and show the numbers in the scene.

        Args:
            reader: code of the reader.
            out: output folder.
            now: time of signing, with its zone.
            database: DICOM database that results are put into, None for none.

        Returns:
            what was written; its issues say what is not in the DICOM database, or was not made.

        Raises:
            RecordError: O01 where the folder cannot be written; the segmentation is as it was.
        """
        signed = self.readerRecord(reader).signed(SignOff(reader, self.meaning, now.isoformat(timespec="seconds")))
        output = write_reader_case(signed, Path(out), now=now, command=(self.module,))
        self.markWritten()
        self._showNumbers(signed)
        return output if database is None else self._store(signed, output, database)

    def isUnwritten(self) -> bool:
        """True where a reader has changed something that is in no record yet."""
        if not self.isMeasured():
            return False
        try:
            return self._state() != self.segmentation().GetAttribute(WRITTEN)
        except StrokeQuantError:  # somebody has put the structure on another grid: whatever it is, it is in no record
            return True

    def markWritten(self) -> None:
        """What is there now is in a record, or is the proposal itself."""
        self.segmentation().SetAttribute(WRITTEN, self._state())

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

    def abandon(self) -> None:
        """Nodes of the reading were removed: what is left stays in the scene as images, no longer as a reading."""
        if self.nodes is not None:
            removeNodes(self.nodes.reading)
        self.drop()

    def drop(self) -> None:
        """Let go of the record without touching a node: the scene is closed."""
        self.record = self.nodes = None

    def close(self) -> None:
        """Let go of everything, temporary files included."""
        self.drop()
        self.cases, self.case, self.audits, self.chosen, self._images = (), None, {}, (), None
        if self._workspace is not None:
            self._workspace.cleanup()
            self._workspace = None

    @contextmanager
    def _newWorkspace(self) -> Iterator[tempfile.TemporaryDirectory]:
        """Temporary folder that is removed where what is done in it fails."""
        workspace = tempfile.TemporaryDirectory(prefix="strokebiomarkers-")
        try:
            yield workspace
        except BaseException:
            workspace.cleanup()
            raise

    def _open(self, cases: tuple[CaseInput, ...], skipped, workspace) -> None:
        self.forget()
        self.close()
        self._workspace, self._skipped, self.cases = workspace, tuple(skipped), cases
        if cases:
            self.selectCase(0)

    def _audit(self, case: CaseInput) -> dict[str, GeometryAudit]:
        series = [one for one in case.series if one.role in self.roles and hasFiles(one)]
        return {one.key: audit_series(one, config=self.settings.audit) for one in series}

    def _show(self, record: CaseRecord) -> None:
        self.nodes = caseToScene(record, module=self.module)
        keepImages(self.nodes.reading, self._images)
        images = [*self.nodes.images.values(), *self.nodes.maps.values()]
        for image in images:
            showSlicePositions(False, image, self.nodes.segmentations[self.structure])
        self.shown()
        self.markWritten()

    def _showNumbers(self, record: CaseRecord) -> None:
        study = studyOf(self.segmentation())
        name = f"{record.case} {record.timepoint}"
        removeNodes(self.nodes.table, self.nodes.record)
        table = measurementsToTable(record.measurements, f"{name} measurements")
        text = recordToText(record_to_dict(record), f"{name} record")
        for node in (table, text):
            placeUnderStudy(node, study)
        self.nodes = self.nodes._replace(table=table, record=text)
        linkParts(self.nodes)

    def _store(self, record: CaseRecord, output: ReaderOutput, database: Any) -> ReaderOutput:
        used = next(one for one in record.series if one.key in record.used.values())
        files = sorted((output.folder / "dicom").glob("*.dcm"))
        return replace(output, issues=(*output.issues, *addToDatabase(files, database, studyUid=used.study_uid)))

    def _state(self) -> str:
        content = hashlib.sha256(self.mask().values.tobytes())
        content.update(repr(sorted(self.decisions().items())).encode())
        return content.hexdigest()


def _placeOf(case: CaseInput, path: Path) -> Path:
    """Folder of the files of a case, or the archive that they were unpacked from."""
    folder = Path(os.path.commonpath([file.parent for one in case.series for file in one.files]))
    return folder if folder.is_relative_to(path.resolve()) or folder.is_relative_to(path) else path


def _requireMeasurable(record: CaseRecord, audits: dict[str, GeometryAudit]) -> None:
    """Refuse to go on where the audit of today refuses what was measured."""
    refused = [key for key in record.used.values() if key in audits and audits[key].verdict is Verdict.REFUSE]
    if refused:
        raise InputError(*(issue for issue in audits[refused[0]].issues if issue.blocks))
