"""The reading of hypoperfusion and mismatch: artery and vein that a reader moves, candidates one by one, strokes, record. No widget.

    compute      motion, brain, curves, registration, maps, lesions: once, seconds
    change       another artery, side, decision: maps and lesions only, a fraction of a second
    follow       after a stroke: what follows from lesion and core as they are drawn

All numbers are those of the command: the same functions, in the same order.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import slicer

from strokequant.batch.perfusion_case import (
    PROPOSAL,
    PerfusionAnswers,
    PerfusionStudy,
    compute_study,
    refused_record,
    study_record,
)
from strokequant.batch.select_perfusion import select_perfusion_inputs
from strokequant.errors import InputError, Issue, Level, StrokeQuantError
from strokequant.perfusion_types import LesionCandidate, TimeAudit, Vessel
from strokequant.types import CaseRecord, Mask, Measurement

from .case import caseToScene, linkParts
from .editstate import EditState
from .grid import rasOfVoxel
from .hierarchy import removeNodes, studyOf
from .offers import Offer
from .perfusionchart import CurveChart
from .perfusiondrawing import LESION, Drawing, coreName
from .perfusionoffers import ROLES, perfusionOffers, perfusionWait, timeAuditsOf, withoutOtherDynamic
from .perfusionscene import refillMaps, refillMasks
from .perfusionstudy import FACTS, OTHER_MAPS, OpenedCase, isNew, openCase
from .readeredits import ReaderEdits, carriedDecisions, unionOf
from .reading import CancelledError, Progress, Reading, silent
from .recordnode import MARK, writeRecord
from .segmentations import EDITED, UNKNOWN_READER, maskFromSegment, refillSegment, replaceVoxels
from .strokes import keepRemoved, keptEdits
from .vesselmarks import VesselMarks
from .waits import Wait

NUMBERS = (
    "hypoperfusion_6s_volume",
    "hypoperfusion_10s_volume",
    "mismatch_core_volume",
    "mismatch_volume",
    "mismatch_ratio",
    "mismatch_volume_coregistered",
    "hypoperfusion_6s_intensity_ratio",
    "perfusion_venous_tmax",
)
"""What the panel shows, in order."""


class LiveMismatch(NamedTuple):
    """The numbers as they are now.

    Args:
        volume: hypoperfusion in mL.
        numbers: of `NUMBERS`.
    """

    volume: float
    numbers: tuple[Measurement, ...]


class PerfusionMismatch(Reading):
    """Reading of one perfusion study."""

    module = "StrokePerfusionMismatch"
    structure = LESION
    meaning = "hypoperfusion and mismatch read and confirmed"
    roles = ROLES
    stages = ("core", "read", "motion", "brain", "curves", "vessels", "registration", "maps", "lesions")
    stages += ("measures", "interval", "criteria")

    def __init__(self, *args, title: str = "Curves", **more):
        super().__init__(*args, **more)
        self.answers = PerfusionAnswers()
        self.timeAudits: dict[str, TimeAudit] = {}
        self.marks, self.curves = VesselMarks(), CurveChart(title)
        self._opened: OpenedCase | None = None
        self._found: OpenedCase | None = None
        self._drawing = Drawing()
        self._isSettled = True

    # Choosing

    def selectCase(self, index: int) -> None:
        """Take another of the cases; geometry and times are audited at once, answers of the case before are forgotten."""
        super().selectCase(index)
        self.answers = PerfusionAnswers()
        self.auditTimes()

    def answer(self, **answers: Any) -> None:
        """Say something about the case that is needed before it is computed: times, echo time, baseline, clinical facts."""
        self.answers = replace(self.answers, **answers)
        if "times_s" in answers:
            self.auditTimes()

    def correctsLeakage(self) -> bool:
        """Whether DSC is corrected for leakage: as the reader says, else as the settings do."""
        said = self.answers.leakage_correction
        return self.settings.concentration.leakage_correction if said is None else said

    def auditTimes(self) -> None:
        """Look at the frame times of the dynamic series anew."""
        self.timeAudits = timeAuditsOf(self.case, self.answers.times_s, self.settings)

    def choose(self, key: str) -> None:
        """Measure on this series; DSC and CT perfusion exclude each other."""
        super().choose(key)
        self.chosen = withoutOtherDynamic(self.case, self.chosen, key)

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case; the detail is frames and step, or nothing."""
        known = self.case, self.audits, self.timeAudits, self.chosen, self.settings
        return perfusionOffers(*known) if self.case is not None else ()

    def inputsWait(self) -> Wait:
        """ "times", "series", "perfusion", or nothing."""
        inputs = select_perfusion_inputs(self.case.series, self.audits, self.timeAudits, chosen=self.chosen)
        return perfusionWait(inputs)

    # Computing

    def compute(self, progress: Progress = silent) -> CaseRecord:
        """Measure the case; points, side, baseline and facts that the reader gave hold, decisions on candidates start anew.

        Where only the artery is missing, image, curves and points are shown, so that the reader can choose one.
        """
        before = self.answers
        self.answers = replace(before, aif_candidate=0, vof_candidate=0, accepted={}, overlay_confirmed=False)
        try:
            record = super().compute(progress)
        except BaseException:
            self.answers = before
            raise
        self._opened, self._found, self._isSettled = self._found, None, True
        if not self.isMeasured() and self.canChange():
            self._showUnmeasured(record)
        return record

    def measure(self, stage: Callable[[str], None]) -> CaseRecord:
        """Measure `case`."""
        opened, record = self._toCurves(stage)
        if record is None:
            study, how = opened.study, self._how()
            try:
                compute_study(study, stage=stage, **how)
                record = study_record(opened.base, study, stage=stage, **how)
            except StrokeQuantError as error:
                record = refused_record(opened.base, study, error, **how)
        self._found = opened  # adopted once the record is shown: until then a reader may cancel
        return record

    def canChange(self) -> bool:
        """True where curves are in hand, so that another artery can be taken."""
        return self._opened is not None and self._opened.study is not None and self._opened.study.prepared is not None

    def shown(self) -> None:
        """A record is in the scene."""
        self.marks.show(self.record.perfusion.vessels, self.record.images["perfusion"].geometry, self.nodes.reading)
        self.curves.show(self.record.perfusion)
        if self.isMeasured():
            self._drawing.start(self._masks(), self.record, self.segmentation())

    def _toCurves(self, stage: Callable[[str], None]) -> tuple[OpenedCase, CaseRecord | None]:
        """The case up to its curves; a record only where it is refused on the way."""
        shared = {"settings": self.settings, "chosen": self.chosen, "skipped": self._skipped}
        return openCase(self.case, self.answers, stage, **shared)

    def _how(self) -> dict[str, Any]:
        return {"settings": self.settings, "answers": self.answers}

    def _now(self, **answers: Any) -> dict[str, Any]:
        """As `_how`, with what the curves in hand were computed with."""
        return {"settings": self.settings, "answers": self._opened.held(replace(self.answers, **answers))}

    def _showUnmeasured(self, record: CaseRecord) -> None:
        """Image, brain and curves of a study without an artery; the scene holds no reading yet."""
        self.record, self.nodes = record, caseToScene(record, module=self.module)
        self.nodes.reading.SetAttribute(MARK, "")
        self.shown()

    # Changing

    def candidates(self) -> tuple[LesionCandidate, ...]:
        """Candidates in order of size."""
        return self.record.perfusion.lesions.candidates if self.isMeasured() else ()

    def decisions(self) -> dict[int, bool]:
        """Decision by the label of a candidate."""
        return {c.label: c.accepted for c in self.candidates()}

    def setAccepted(self, label: int, accepted: bool) -> None:
        """Take a candidate into the lesion or leave it out; strokes of the reader stay."""
        self.change(accepted={**self.answers.accepted, label: accepted})

    def pointOf(self, label: int) -> tuple[float, float, float]:
        """RAS mm of the voxel of a candidate that is nearest to its middle, as the views show it."""
        index = np.argwhere(self.record.perfusion.lesions.labels == label)
        nearest = index[np.argmin(((index - index.mean(axis=0)) ** 2).sum(axis=1))]
        return rasOfVoxel(nearest, self.geometry())

    def coreSegment(self) -> str:
        """Segment of the core of the mismatch, which can be drawn on like the lesion; empty where there is none."""
        name = coreName(self.record) if self.isMeasured() else ""
        return name if name and self.segmentation().GetSegmentation().GetSegment(name) else ""

    def geometry(self):
        """Grid of the series."""
        return self.record.images["perfusion"].geometry

    def moveVessel(self, vessel: Vessel) -> bool:
        """Take a vessel where its point is now.

        Returns:
            False where the point lies where the vessel was taken already, or was removed.

        Raises:
            StrokeQuantError: A11 where there is no curve, or what the maps refuse; nothing was changed.
        """
        if not self.marks.isMoved(vessel):
            return False
        point = self.marks.lpsOf(vessel, self.geometry())
        self.change(**{f"{vessel}_lps": point, f"{vessel}_candidate": 0})
        return True

    def chooseVessel(self, vessel: Vessel, number: int) -> None:
        """Take a candidate of the list, from 1; 0 goes back to the automatic choice."""
        self.change(**{f"{vessel}_lps": None, f"{vessel}_candidate": number})

    def change(self, **answers: Any) -> None:
        """Another artery, vein, side, decision or fact: what follows from it is computed and shown; strokes stay.

        Ranges are those of contours and thresholds until `settle`.

        Args:
            answers: fields of `PerfusionAnswers`.

        Raises:
            StrokeQuantError: as `compute_study`; nothing was changed.
            InputError: I10 where the curves are not in hand.
        """
        if not self.canChange():
            raise InputError(_noCurves(self.record))
        new, edits, wasMeasured = self._now(**answers)["answers"], self._edits(), self.isMeasured()
        if wasMeasured:
            self._drawing.notice(self._masks(), self.record, self.segmentation())
        study = replace(self._opened.study, late=list(self._opened.study.late))
        proposal = None
        if not wasMeasured or any(isNew(name, new, self.answers) for name in answers if name not in FACTS):
            new, proposal = self._recomputed(study, new, edits)
        record = study_record(self._opened.base, study, ranges=False, settings=self.settings, answers=new)
        self.answers, self._opened, self._isSettled = new, self._opened._replace(study=study), False
        if not wasMeasured:
            self.nodes, old = None, self.nodes
            removeNodes(*old.all())
            self.record = record
            self._show(record)
        elif proposal is not None:
            self._refill(record, proposal)
            keepRemoved(self.segmentation(), edits.removed)
        self._update(record)
        if not new.accepted and not _isEdited(edits) and self._drawing.strokes() is None:
            self.markWritten()

    def editState(self) -> EditState:
        """Everything that was said, and lesion and core as they are with what was erased from them."""
        said = self.answers.given()
        if "accepted" in said:
            said["accepted"] = {str(label): on for label, on in sorted(said["accepted"].items())}
        said = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
        if not self.isMeasured():
            return EditState({"answers": said}, {})
        masks = {name: mask.values for name, mask in self._masks().items()}
        erased = {f"{LESION} erased": self._edits().removed}
        if name := self.coreSegment():
            erased[f"{name} erased"] = keptEdits(self.segmentation(), masks[name].shape, name).removed
        return EditState({"answers": said}, masks | erased)

    def restoreEdits(self, state: EditState) -> None:
        """Artery, side and decisions give the maps again, then strokes are put on lesion and core."""
        self.change(**_answersOf(state.said["answers"]))
        node = self.segmentation()
        for name in (LESION, *([self.coreSegment()] if self.coreSegment() else [])):
            mask = self._masks()[name]
            values = state.voxels.get(name)
            if values is not None and not np.array_equal(values, mask.values):
                keepRemoved(node, state.voxels[f"{name} erased"], "" if name == LESION else name)
                replaceVoxels(node, name, replace(mask, values=values))
                self.follow()
        self._isSettled = False
        self.settle()

    def follow(self) -> None:
        """After a stroke: masks and numbers that follow from the lesion as it is drawn.

        Raises:
            StrokeQuantError: the segment cannot be read.
        """
        if not self._drawing.notice(self._masks(), self.record, self.segmentation()) or not self.canChange():
            return
        study = replace(self._opened.study, late=[])
        compute_study(study, **self._drawn(), **self._now())
        record = study_record(self._opened.base, study, ranges=False, **self._now())
        self._opened, self._isSettled = self._opened._replace(study=study), False
        self._refill(record, None)
        self._update(record)

    def settle(self) -> None:
        """Ranges with other arteries, settings and noise; table, record and reading of the scene as they are now."""
        if self._isSettled or not self.isMeasured() or not self.canChange():
            return
        self.record = study_record(self._opened.base, self._opened.study, **self._now())
        writeRecord(self.nodes.reading, self.record)
        self._showNumbers(self.record)
        self._isSettled = True

    def live(self) -> LiveMismatch:
        """The numbers of the lesion as it is now."""
        self.follow()
        known = {m.id: m for m in self.record.measurements}
        if not self.canRecord():
            return LiveMismatch(self.mask().volume_ml, ())
        return LiveMismatch(known[f"{LESION}_volume"].value, tuple(known[name] for name in NUMBERS if name in known))

    def canRecord(self) -> bool:
        """False where lesion or core was drawn on and the curves are not in hand to measure it."""
        known = self.record.masks
        return self.canChange() or all(
            np.array_equal(mask.values, known[name].values) for name, mask in self._masks().items()
        )

    def readerRecord(self, reader: str) -> CaseRecord:
        """The record with the lesion as it is now, not signed yet.

        Raises:
            InputError: I10 where the lesion was drawn on and cannot be measured.
        """
        if not self.canRecord():
            raise InputError(_noCurves(self.record))
        if not self.canChange():
            return _withoutProposal(self.record)
        self._drawing.notice(self._masks(), self.record, self.segmentation())
        study = replace(self._opened.study, late=[])
        compute_study(study, **self._drawn(reader), **self._now())
        return study_record(self._opened.base, study, read=True, **self._now())

    def _recomputed(self, study: PerfusionStudy, new: PerfusionAnswers, edits: ReaderEdits):
        """Compute a study with other answers; decisions on candidates stay with the tissue that they were made on.

        Returns:
            the answers with these decisions, and the lesion without strokes.
        """
        before, decided, strokes = self.record.perfusion.lesions, new.accepted, self._drawing.strokes()
        if decided and before is not None and any(isNew(name, new, self.answers) for name in OTHER_MAPS):
            compute_study(study, settings=self.settings, answers=replace(new, accepted={}))
            decided = carriedDecisions(before.labels, decided, study.computed.lesions.labels)
        new = replace(new, accepted=decided)
        how = {"settings": self.settings, "answers": new, "core_strokes": strokes}
        compute_study(study, **how)
        lesions = study.computed.lesions
        proposal = lesions.hypoperfusion[self.settings.lesion.main_tmax_s]
        if _isEdited(edits):
            values = edits.on(proposal.values)
            drawn = replace(proposal, values=values, method=proposal.method + EDITED, edited_by=UNKNOWN_READER)
            compute_study(study, **how, lesion=drawn)
        return new, proposal

    def _masks(self) -> dict[str, Mask]:
        """Lesion and core as they are in the scene."""
        found, name = {LESION: self.mask()}, self.coreSegment()
        if name:
            image, geometry = self.hostImage(), self.record.masks[name].geometry
            found[name] = maskFromSegment(self.segmentation(), name, image, geometry=geometry)
        return found

    def _drawn(self, reader: str = "") -> dict[str, Any]:
        """Lesion and strokes on the core, as `compute_study` takes them."""
        lesion = self.mask(reader) if _isEdited(self._edits()) else None
        return {"lesion": lesion, "core_strokes": self._drawing.strokes(reader or UNKNOWN_READER)}

    def _edits(self) -> ReaderEdits:
        """Strokes of the reader, against the accepted candidates."""
        if not self.isMeasured():
            return ReaderEdits.none(self.geometry().shape)
        labels = self.record.perfusion.lesions.labels
        edits = keptEdits(self.segmentation(), labels.shape)
        return edits.seenIn(self.mask().values, unionOf(labels, self.decisions()))

    def _refill(self, record: CaseRecord, proposal: Mask | None) -> None:
        """Put what was computed anew into the nodes that are there.

        Args:
            record: computed anew.
            proposal: lesion without strokes, None where its segment stays as it is drawn.
        """
        node, host, core = self.segmentation(), self.hostImage(), coreName(record)
        refillMaps(self.nodes, self.record, record, studyOf(node))
        refillMasks(self.nodes, node, host, self.record, record)
        self._drawing.refillCore(node, host, record)
        if core:
            self.nodes.segmentations[core] = node
        if proposal is not None:
            refillSegment(proposal, node, host)
            if not np.array_equal(proposal.values, record.masks[LESION].values):
                replaceVoxels(node, LESION, record.masks[LESION])

    def _update(self, record: CaseRecord) -> None:
        """Show what is not a map or mask; the reading of the scene is written at once, since a scene may be saved at any time."""
        self.record = record
        writeRecord(self.nodes.reading, record)
        linkParts(self.nodes)
        self._drawing.saw(self._masks())
        self.marks.show(record.perfusion.vessels, self.geometry(), self.nodes.reading)
        self.curves.show(record.perfusion)

    # Going on with a scene, and ending

    def resume(self, *, places=None, database=None, progress: Progress = silent):
        """Go on with the newest reading of the scene; its curves are computed again, where its files are there.

        Returns, Raises: as `Reading.resume`.
        """
        issues = super().resume(places=places, database=database, progress=progress)
        if issues is None:
            return None
        self.answers = PerfusionAnswers(**self.record.perfusion.parameters.get("answers", {}))
        self.auditTimes()
        if not issues:
            with suppress(CancelledError, StrokeQuantError):  # the reading can be signed as it is, without the curves
                self._reopen(progress)
        return issues

    def _reopen(self, progress: Progress) -> None:
        opened, refused = self._toCurves(self._stage(progress))
        if refused is None:
            compute_study(opened.study, **self._drawn(), **self._how())
            self._opened = opened

    def isLost(self) -> bool:
        """True where nodes that the reading needs were removed."""
        if self.nodes is None or self.isMeasured():
            return False
        image = self.nodes.images.get("perfusion")
        return LESION in self.record.masks or image is None or not slicer.mrmlScene.IsNodePresent(image)

    def forget(self) -> None:
        """Let go of the record and remove its nodes."""
        self.marks.remove()
        self.curves.remove()
        super().forget()

    def abandon(self) -> None:
        """Nodes of the reading were removed: what is left stays in the scene as images."""
        self.marks.remove()
        self.curves.remove()
        super().abandon()

    def drop(self) -> None:
        """Let go of the record without touching a node."""
        super().drop()
        self.marks.forget()
        self.curves.forget()
        self._drawing.forget()
        self._opened, self._isSettled = None, True

    def close(self) -> None:
        """Let go of everything."""
        super().close()
        self.answers, self.timeAudits = PerfusionAnswers(), {}

    def _state(self) -> str:
        content = hashlib.sha256(repr(sorted(self.decisions().items())).encode())
        for name, mask in sorted(self._masks().items()):
            content.update(name.encode() + mask.values.tobytes())
        return content.hexdigest()


def _answersOf(said: dict[str, Any]) -> dict[str, Any]:
    """Fields of `PerfusionAnswers` out of JSON; what was not said is as at the start."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    given["accepted"] = {int(label): on for label, on in given.get("accepted", {}).items()}
    answers = PerfusionAnswers(**given)
    return {name: getattr(answers, name) for name in answers.__dataclass_fields__}


def _isEdited(edits: ReaderEdits) -> bool:
    return bool(edits.added.any() or edits.removed.any())


def _noCurves(record: CaseRecord) -> Issue:
    remedy = "open the folder of the case and compute again; what is in the scene can be signed as it was saved"
    return Issue("I10", Level.ASK, "the curves are not in hand", "the files that were measured", remedy, record.case)


def _withoutProposal(record: CaseRecord) -> CaseRecord:
    measurements = tuple(replace(m, issues=tuple(i for i in m.issues if i != PROPOSAL)) for m in record.measurements)
    return replace(record, measurements=measurements, issues=tuple(i for i in record.issues if i != PROPOSAL))
