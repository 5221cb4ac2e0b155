"""The reading of hypoperfusion and mismatch: artery and vein that a reader moves, candidates one by one, strokes, record. No widget.

    compute      motion, brain, curves, registration, maps, lesions: once, seconds
    change       another artery, side, decision: maps and lesions only, a fraction of a second
    follow       after a stroke: what follows from the lesion as it is drawn

All numbers are those of the command: the same functions, in the same order.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import slicer

from strokequant.batch.core_case import measure_core, new_record
from strokequant.batch.perfusion_case import (
    PROPOSAL,
    PerfusionAnswers,
    PerfusionStudy,
    compute_study,
    open_study,
    refused_record,
    select_study,
    study_record,
)
from strokequant.batch.select import select_core_inputs
from strokequant.batch.select_perfusion import PERFUSION_ROLES, select_perfusion_inputs
from strokequant.dicomio.time_audit import audit_times
from strokequant.errors import InputError, Issue, Level, StrokeQuantError
from strokequant.perfusion_types import LesionCandidate, TimeAudit, Vessel
from strokequant.types import CaseRecord, Mask, Measurement, Role, Verdict

from .case import caseToScene, linkParts
from .grid import rasOfVoxel
from .hierarchy import placeUnderStudy, removeNodes, studyOf
from .offers import Offer, offersOf
from .perfusionchart import CurveChart
from .readeredits import ReaderEdits, carriedDecisions, unionOf
from .reading import CancelledError, Progress, Reading, silent
from .recordnode import MARK, writeRecord
from .segmentations import EDITED, UNKNOWN_READER, refillSegment, replaceVoxels
from .strokes import keepRemoved, keptEdits
from .vesselmarks import VesselMarks
from .volumes import mapToNode, refillMap
from .waits import Wait

LESION = "hypoperfusion_6s"
NUMBERS = (
    "hypoperfusion_6s_volume",
    "hypoperfusion_10s_volume",
    "mismatch_core_volume",
    "mismatch_volume",
    "mismatch_ratio",
    "mismatch_volume_coregistered",
    "hypoperfusion_6s_intensity_ratio",
)
"""What the panel shows, in order."""

_FACTS = ("clinical", "overlay_confirmed")
"""Answers that change no map and no lesion."""

_EARLY = ("times_s", "echo_time_ms", "baseline")
"""Answers that curves are computed with."""

_OTHER_MAPS = ("aif_lps", "aif_candidate", "affected")
"""Answers with which the clusters are other ones."""


class LiveMismatch(NamedTuple):
    """The numbers as they are now.

    Args:
        volume: hypoperfusion in mL.
        numbers: of `NUMBERS`.
    """

    volume: float
    numbers: tuple[Measurement, ...]


class _Opened(NamedTuple):
    """A case up to its curves.

    Args:
        base: record without perfusion, with the diffusion core where there is one.
        study: None where no series may be measured.
        answers: that it was opened with; those about times, echo time and baseline hold until it is opened again.
    """

    base: CaseRecord
    study: PerfusionStudy | None
    answers: PerfusionAnswers


class PerfusionMismatch(Reading):
    """Reading of one perfusion study."""

    module = "StrokePerfusionMismatch"
    structure = LESION
    meaning = "hypoperfusion and mismatch read and confirmed"
    roles = (Role.DSC, Role.CTP, Role.DWI, Role.ADC)
    stages = ("core", "read", "motion", "brain", "curves", "vessels", "registration", "maps", "lesions")
    stages += ("measures", "interval", "criteria")

    def __init__(self, *args, title: str = "Curves", **more):
        super().__init__(*args, **more)
        self.answers = PerfusionAnswers()
        self.timeAudits: dict[str, TimeAudit] = {}
        self.marks, self.curves = VesselMarks(), CurveChart(title)
        self._opened: _Opened | None = None
        self._found: _Opened | None = None
        self._drawn: np.ndarray | None = None
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

    def auditTimes(self) -> None:
        """Look at the frame times of the dynamic series anew."""
        series = [one for one in self.case.series if one.role in PERFUSION_ROLES] if self.case else []
        given, config = self.answers.times_s, self.settings.time
        self.timeAudits = {one.key: audit_times(one, times_s=given, config=config) for one in series}

    def choose(self, key: str) -> None:
        """Measure on this series; DSC and CT perfusion exclude each other."""
        super().choose(key)
        roles = {one.key: one.role for one in self.case.series}
        if roles[key] in PERFUSION_ROLES:
            self.chosen = tuple(k for k in self.chosen if k == key or roles[k] not in PERFUSION_ROLES)

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case; the detail is frames and step, or nothing."""
        if self.case is None:
            return ()
        dynamic = self._dynamic()
        core = select_core_inputs(self.case.series, self.audits, chosen=self.chosen, config=self.settings.adc)
        used = {one.key: str(one.role) for one in dynamic.series}
        parts = ("dwi", "trace", "adc") if any(one.role is Role.DSC for one in dynamic.series) else ()
        used |= {getattr(core, part).key: part for part in parts if getattr(core, part) is not None}
        details = {key: f"{one.frames} x {one.step_s:.2f} s" for key, one in self.timeAudits.items() if one.frames}
        refused = {key: one.issues for key, one in self.timeAudits.items() if one.verdict is Verdict.REFUSE}
        return offersOf(self.case.series, self.audits, used, roles=self.roles, details=details, refusals=refused)

    def inputsWait(self) -> Wait:
        """ "times", "series", "perfusion", or nothing."""
        inputs = self._dynamic()
        if inputs.series:
            return Wait()
        blocking = tuple(dict.fromkeys(issue for issue in inputs.issues if issue.blocks))
        if any(issue.code.startswith("T") and issue.level is Level.ASK for issue in blocking):
            return Wait("times", blocking)
        return Wait("series", blocking) if blocking else Wait("perfusion")

    def _dynamic(self):
        return select_perfusion_inputs(self.case.series, self.audits, self.timeAudits, chosen=self.chosen)

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
        self._drawn = self.mask().values if self.isMeasured() else None

    def _toCurves(self, stage: Callable[[str], None]) -> tuple[_Opened, CaseRecord | None]:
        """The case up to its curves; a record only where it is refused on the way."""
        how = self._how()
        diffusion = any(one.role in (Role.DWI, Role.ADC) for one in self.case.series)
        if diffusion:
            stage("core")
            shared = {"settings": self.settings, "chosen": self.chosen, "skipped": self._skipped}
            base = measure_core(self.case, stage=lambda text: stage("core"), **shared)
        else:
            base = new_record(self.case, self.settings, self._skipped)
        base, study = select_study(base, chosen=self.chosen, **how)
        if study is None:
            return _Opened(base, None, self.answers), base
        try:
            open_study(base, study, stage=stage, **how)
        except StrokeQuantError as error:
            return _Opened(base, study, self.answers), refused_record(base, study, error, **how)
        return _Opened(base, study, self.answers), None

    def _how(self) -> dict[str, Any]:
        return {"settings": self.settings, "answers": self.answers}

    def _now(self, **answers: Any) -> dict[str, Any]:
        """As `_how`, with what the curves in hand were computed with."""
        early = {name: getattr(self._opened.answers, name) for name in _EARLY}
        return {"settings": self.settings, "answers": replace(self.answers, **early | answers)}

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
        study = replace(self._opened.study, late=list(self._opened.study.late))
        proposal = None
        if not wasMeasured or any(_isNew(name, new, self.answers) for name in answers if name not in _FACTS):
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
        if not new.accepted and not _isEdited(edits):
            self.markWritten()

    def follow(self) -> None:
        """After a stroke: masks and numbers that follow from the lesion as it is drawn.

        Raises:
            StrokeQuantError: the segment cannot be read.
        """
        mask = self.mask()
        if np.array_equal(mask.values, self._drawn):
            return
        self._drawn = mask.values
        if not self.canChange():
            return
        study = replace(self._opened.study, late=[])
        compute_study(study, lesion=mask if _isEdited(self._edits()) else None, **self._now())
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
        """False where the lesion was drawn on and the curves are not in hand to measure it."""
        return self.canChange() or np.array_equal(self.mask().values, self.record.masks[LESION].values)

    def readerRecord(self, reader: str) -> CaseRecord:
        """The record with the lesion as it is now, not signed yet.

        Raises:
            InputError: I10 where the lesion was drawn on and cannot be measured.
        """
        if not self.canRecord():
            raise InputError(_noCurves(self.record))
        if not self.canChange():
            return _withoutProposal(self.record)
        study, mask = replace(self._opened.study, late=[]), self.mask(reader)
        compute_study(study, lesion=mask if _isEdited(self._edits()) else None, **self._now())
        return study_record(self._opened.base, study, read=True, **self._now())

    def _recomputed(self, study: PerfusionStudy, new: PerfusionAnswers, edits: ReaderEdits):
        """Compute a study with other answers; decisions on candidates stay with the tissue that they were made on.

        Returns:
            the answers with these decisions, and the lesion without strokes.
        """
        before, decided = self.record.perfusion.lesions, new.accepted
        if decided and before is not None and any(_isNew(name, new, self.answers) for name in _OTHER_MAPS):
            compute_study(study, settings=self.settings, answers=replace(new, accepted={}))
            decided = carriedDecisions(before.labels, decided, study.computed.lesions.labels)
        new = replace(new, accepted=decided)
        compute_study(study, settings=self.settings, answers=new)
        lesions = study.computed.lesions
        proposal = lesions.hypoperfusion[self.settings.lesion.main_tmax_s]
        if _isEdited(edits):
            values = edits.on(proposal.values)
            drawn = replace(proposal, values=values, method=proposal.method + EDITED, edited_by=UNKNOWN_READER)
            compute_study(study, settings=self.settings, answers=new, lesion=drawn)
        return new, proposal

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
        host, study = self.hostImage(), studyOf(self.segmentation())
        for name, one in record.maps.items():
            if one is self.record.maps.get(name):
                continue
            node = self.nodes.maps.get(name)
            if node is not None and slicer.mrmlScene.IsNodePresent(node):
                refillMap(node, one)
            else:
                self.nodes.maps[name] = mapToNode(one, f"{record.case} {record.timepoint} {name}")
                placeUnderStudy(self.nodes.maps[name], study)
        node = self.segmentation()
        for name, mask in record.masks.items():
            before = self.record.masks.get(name)
            if name == LESION or mask.geometry is not record.masks[LESION].geometry or mask is before:
                continue
            if before is None or not np.array_equal(mask.values, before.values):
                refillSegment(mask, node, host)
                self.nodes.segmentations[name] = node
        if proposal is not None:
            refillSegment(proposal, node, host)
            if not np.array_equal(proposal.values, record.masks[LESION].values):
                replaceVoxels(node, LESION, record.masks[LESION])

    def _update(self, record: CaseRecord) -> None:
        """Show what is not a map or mask; the reading of the scene is written at once, since a scene may be saved at any time."""
        self.record = record
        writeRecord(self.nodes.reading, record)
        linkParts(self.nodes)
        self._drawn = self.mask().values
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
            compute_study(opened.study, lesion=self.mask() if _isEdited(self._edits()) else None, **self._how())
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
        self._opened = self._drawn = None
        self._isSettled = True

    def close(self) -> None:
        """Let go of everything."""
        super().close()
        self.answers, self.timeAudits = PerfusionAnswers(), {}


def _isNew(name: str, new: PerfusionAnswers, old: PerfusionAnswers) -> bool:
    return getattr(new, name) != getattr(old, name)


def _isEdited(edits: ReaderEdits) -> bool:
    return bool(edits.added.any() or edits.removed.any())


def _noCurves(record: CaseRecord) -> Issue:
    remedy = "open the folder of the case and compute again; what is in the scene can be signed as it was saved"
    return Issue("I10", Level.ASK, "the curves are not in hand", "the files that were measured", remedy, record.case)


def _withoutProposal(record: CaseRecord) -> CaseRecord:
    measurements = tuple(replace(m, issues=tuple(i for i in m.issues if i != PROPOSAL)) for m in record.measurements)
    return replace(record, measurements=measurements, issues=tuple(i for i in record.issues if i != PROPOSAL))
