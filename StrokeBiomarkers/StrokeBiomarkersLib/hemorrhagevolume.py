"""The reading of hemorrhage on plain CT: candidates one by one, clicks into clots, strokes, landmarks, growth, record. No widget.

    compute      image, head, automatic search: once, seconds
    change       another decision or a click: outlines only, a fraction of a second
    follow       after a stroke: volumes of what was drawn
    settle       edema, all numbers, growth, table and record of the scene: when the hand rests

All numbers are those of the command: the same functions, in the same order.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from strokequant.batch.core_case import new_record
from strokequant.batch.earlier import Earlier, open_earlier
from strokequant.batch.hemorrhage_answers import ClotDecision, HemorrhageAnswers, answers_of
from strokequant.batch.hemorrhage_case import ONLY_PROPOSAL
from strokequant.batch.hemorrhage_clots import Clots
from strokequant.batch.hemorrhage_growth import KIND
from strokequant.biomarkers.hemorrhage_reader import shift_or_none
from strokequant.dicomio.audit import audit_series
from strokequant.errors import InputError, Issue, Level, StrokeQuantError
from strokequant.geometry import Geometry
from strokequant.hemorrhage_types import EDEMA, BloodCandidate, Seed, Structure
from strokequant.record.reader_output import ReaderOutput
from strokequant.segmentation.hematoma_region import nearest_voxel
from strokequant.types import CaseRecord, GeometryAudit, Mask, Role, SignOff

from .bloodsegments import (
    EDITABLE,
    SeenVoxels,
    drawingsOf,
    editsOf,
    ensureSegments,
    keepEdits,
    putMasks,
    shownMasks,
)
from .case import linkParts
from .ctinput import CtInput, ctSeries
from .earlierrecord import GrowthComparison, baselineAgain
from .editstate import EditState
from .grid import lpsOfPoint, rasOfPoint
from .hemorrhagestudy import OpenedStudy, measured
from .landmarks import Landmarks
from .livehemorrhage import ICH, BloodNumbers, LiveHemorrhage
from .offers import Offer
from .reading import CancelledError, Progress, Reading, silent
from .recordnode import writeRecord
from .segmentations import replaceVoxels
from .sourcefiles import SourcePlaces, hasFiles
from .strokes import keepRemoved
from .waits import Wait

ANSWERS = "StrokeBiomarkers.HemorrhageAnswers"
"""Attribute of a reading: what was said, and whether a reader drew the edema, as JSON."""


class HemorrhageVolume(Reading):
    """Reading of the blood on one CT."""

    module = "StrokeHemorrhageVolume"
    structure = ICH
    meaning = "hemorrhage read and confirmed"
    roles = (Role.NCCT,)
    stages = ("audit", "read", "brain", "hemorrhage", "edema", "measures")

    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.answers = HemorrhageAnswers(with_search=True)
        self.baseline: str | Earlier = ""
        self._comparison = GrowthComparison()
        self.ct: CtInput | None = None
        self.landmarks = Landmarks()
        self._opened: OpenedStudy | None = None
        self._found: OpenedStudy | None = None
        self._voxels, self._numbers = SeenVoxels(), BloodNumbers()
        self._isSettled = True

    # Choosing

    def selectCase(self, index: int) -> None:
        """Take another of the cases; its geometry, headers and air are looked at, answers of the case before are forgotten."""
        super().selectCase(index)
        self.answers, self.baseline = HemorrhageAnswers(with_search=True), ""
        self.ct = CtInput(self.case.series, self.audits, self.chosen, self.settings)

    def choose(self, key: str) -> None:
        """Measure on this CT, and on no other."""
        self.chosen = (key,)
        self.ct = CtInput(self.case.series, self.audits, self.chosen, self.settings)

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case; the detail is kernel and thickness."""
        return self.ct.offers() if self.ct is not None else ()

    def inputsWait(self) -> Wait:
        """ "series", "ct", or nothing."""
        blocking = self.ct.blocking()
        if blocking:
            return Wait("series", blocking) if self.ct.choice.found else Wait("ct")
        return Wait()

    def _audit(self, case) -> dict[str, GeometryAudit]:
        """Geometry of every CT: a reader may choose one that is not offered at first."""
        series = [one for one in ctSeries(case.series) if hasFiles(one)]
        return {one.key: audit_series(one, config=self.settings.audit) for one in series}

    # Computing

    def compute(self, progress: Progress = silent) -> CaseRecord:
        """Measure the case; landmarks and scores hold, clicks and decisions start anew."""
        before = self.answers
        self.answers = replace(before, seeds=(), decisions={}, confirmed_zero=False)
        try:
            record = super().compute(progress)
        except BaseException:
            self.answers = before
            raise
        self._opened, self._found = self._found, None
        if self.baseline and self.isMeasured():
            self._isSettled = False
            self.settle()
        elif self.baseline:
            self.record = self._comparison.grown(record, self.baseline, self.settings)
        return self.record

    def measure(self, stage: Callable[[str], None]) -> CaseRecord:
        """Measure `case`."""
        stage("audit")
        record, self._found = measured(
            new_record(self.case, self.settings, self._skipped),
            settings=self.settings,
            answers=self.answers,
            chosen=self.chosen,
            image=self.ct.image if self.ct is not None else None,
            stage=stage,
        )
        return record

    def canChange(self) -> bool:
        """True where the image is in hand, so that a click can be outlined."""
        return self.isMeasured() and self._opened is not None

    def shown(self) -> None:
        """A record is in the scene."""
        if not self.isMeasured():
            return
        ensureSegments(self.segmentation(), self.hostImage(), self.geometry())
        self.landmarks.show(self.answers.midline_lps, self.geometry(), self.nodes.reading)
        self._look()

    def geometry(self) -> Geometry:
        """Grid of the CT."""
        return self.record.images["ncct"].geometry

    # Changing

    def candidates(self) -> tuple[BloodCandidate, ...]:
        """Candidates of the search, then clicks."""
        return self.record.hemorrhage.candidates if self.isMeasured() else ()

    def decisions(self) -> dict[int, bool]:
        """Decision by the label of a candidate."""
        return {c.label: c.accepted for c in self.candidates()}

    def setAccepted(self, label: int, accepted: bool) -> None:
        """Take a clot or leave it out; strokes of the reader stay."""
        self.decide(label, accepted=accepted)

    def decide(self, label: int, **what: Any) -> None:
        """Decide on a clot: `accepted`, `structure`, `side`, `location`."""
        decision = replace(self.answers.decisions.get(label, ClotDecision()), **what)
        self.change(decisions={**self.answers.decisions, label: decision})

    def click(self, ras, structure: Structure) -> int:
        """Outline the clot at a point, or find the one that holds it already; that is then of this structure, and counts.

        Args:
            ras: mm, as the views show it.
            structure: what the clot is in.

        Returns:
            label of the clot.

        Raises:
            SegmentationError: H15, H18, the point is not on blood; nothing was changed.
        """
        point = lpsOfPoint(ras, self.geometry())
        known = self._labelAt(point)
        if known is not None:
            if next(c.structure for c in self.candidates() if c.label == known) is not structure:
                self.decide(known, structure=structure)
            return known
        self.change(seeds=(*self.answers.seeds, Seed(point, structure)))
        return self.candidates()[-1].label

    def change(self, **answers: Any) -> None:
        """Another decision, click or fact: what follows from it is computed and shown; strokes stay, edema waits for `settle`.

        Args:
            answers: fields of `HemorrhageAnswers`.

        Raises:
            StrokeQuantError: a point that is not on blood; nothing was changed.
            InputError: I10 where the image is not in hand.
        """
        if not self.canChange():
            raise InputError(_noImage(self.record))
        self.follow()
        new, opened = replace(self.answers, **answers), self._opened
        edits = editsOf(self.segmentation(), self._seen, opened.outlined)
        self._opened = opened.computed(
            self.settings, new, lambda clots: drawingsOf(edits, clots, self.geometry()) | self._drawnEdema()
        )
        self.answers = new
        keepEdits(self.segmentation(), edits)
        self._put(self._opened.record(self.settings, new))
        self._isSettled = False
        self._keepAnswers()

    def answer(self, **facts: Any) -> None:
        """Say something that changes no voxel: landmarks, scores, that there is no other blood."""
        if any(getattr(self.answers, name) != value for name, value in facts.items()):
            self.answers, self._isSettled = replace(self.answers, **facts), False
            self._keepAnswers()

    def placeLandmarks(self) -> None:
        """Take the landmarks as they are placed now."""
        if self.isMeasured():
            self.answer(midline_lps=self.landmarks.lps(self.geometry()))

    def editState(self) -> EditState:
        """Everything that was said, outlines and strokes; edema only where a reader drew it, else it follows."""
        self.follow()
        voxels = {name: values for name, values in self._seen.items() if name != EDEMA}
        if self._opened is not None:
            edits = editsOf(self.segmentation(), self._seen, self._opened.outlined)
            voxels |= {f"{name} erased": edit.removed for name, edit in edits.items()}
            voxels |= {EDEMA: self._seen[EDEMA]} if self._drawnEdema() else {}
        return EditState({"answers": self.answers.given()}, voxels)

    def restoreEdits(self, state: EditState) -> None:
        """Clots are outlined again from clicks and decisions, then strokes are put on them."""
        said = replace(answers_of(state.said["answers"]), with_search=True)
        self.change(**{name: getattr(said, name) for name in said.__dataclass_fields__})
        node, geometry = self.segmentation(), self.geometry()
        for name in EDITABLE:
            keepRemoved(node, state.voxels.get(f"{name} erased", np.zeros(geometry.shape, bool)), name)
            values = state.voxels.get(name)
            if values is not None and not np.array_equal(values, self._seen[name]):
                replaceVoxels(node, name, Mask(values, geometry, name, ""))
        self.landmarks.clear()
        self.landmarks.show(said.midline_lps, geometry, self.nodes.reading)
        self.follow()
        self._isSettled = False
        self.settle()

    def assignEarlier(self, earlier: Mapping[str, Earlier]) -> None:
        """Compare with the earlier reading that a trial names for this case, before it is computed.

        Args:
            earlier: baselines by what is compared, as of `ReadingItem.earlier`.
        """
        self.baseline = earlier.get(KIND, "")

    def compareWith(self, path: str, *, places: SourcePlaces | None = None) -> None:
        """Measure growth against an earlier record; an empty path ends it.

        Args:
            path: record.json, or a folder that holds one.
            places: remember where the record is, so that a scene can be gone on with.

        Raises:
            StrokeQuantError: I01, no record there; nothing was changed.
        """
        if path:
            found = open_earlier(Earlier(path))
            if places is not None:
                places.rememberRecord(found.sha256, Path(path))
        if path != self.baseline:
            self.baseline, self._isSettled = path, False
            self.settle()

    def follow(self) -> bool:
        """After a stroke: look at the voxels.

        Returns:
            True where they have changed.
        """
        changed = self._voxels.look(self.segmentation(), self.hostImage(), self.geometry())
        if changed:
            self._numbers.follow(changed, self.record, self._seen, self.geometry(), self.settings)
            self._isSettled = False
            self._keepAnswers()
        return bool(changed)

    def settle(self) -> None:
        """Edema, all numbers and growth; table, record and reading of the scene as they are now."""
        if not self.canChange():
            return
        self.follow()
        if self._isSettled:
            return
        self._opened, record = self._recorded()
        self._put(record)
        writeRecord(self.nodes.reading, self.record)
        self._showNumbers(self.record)
        linkParts(self.nodes)
        self._isSettled = True

    def live(self) -> LiveHemorrhage:
        """The numbers as they are now."""
        self.follow()
        return self.numbers()

    def numbers(self) -> LiveHemorrhage:
        """The numbers of what was looked at last."""
        return self._numbers.numbers(shift_or_none(self.answers.midline_lps))

    def canRecord(self) -> bool:
        """False where something was drawn on and the image is not in hand to measure it."""
        return self.canChange() or not self._isEdited()

    def readerRecord(self, reader: str) -> CaseRecord:
        """The record with everything as it is now, not signed yet.

        Raises:
            InputError: I10 where something was drawn on and cannot be measured.
        """
        if not self.canRecord():
            raise InputError(_noImage(self.record))
        if not self.canChange():
            return _withoutProposal(self.record)
        self.follow()
        return self._recorded(reader, read=True)[1]

    def write(self, reader: str, out: Path, **more) -> ReaderOutput:
        """Sign and write, once everything has settled."""
        self.settle()
        return super().write(reader, out, **more)

    def pointOf(self, label: int) -> tuple[float, float, float]:
        """RAS mm of the point that a clot was found from, as the views show it."""
        candidate = next(c for c in self.candidates() if c.label == label)
        return rasOfPoint(candidate.seed_lps, self.geometry())

    def labelOf(self, structure: str) -> int | None:
        """Label of the largest clot of a structure that counts; None where there is none."""
        found = [c for c in self.candidates() if c.accepted and c.structure == structure]
        return max(found, key=lambda c: c.volume_ml).label if found else None

    @property
    def _seen(self) -> dict[str, np.ndarray]:
        """(k, j, i) voxels of all segments as they were looked at last."""
        return self._voxels.values

    def _recorded(self, reader: str = "unknown", *, read: bool = False) -> tuple[OpenedStudy, CaseRecord]:
        """Everything computed anew from decisions and drawings."""
        outlined = self._opened.outlined
        edits = editsOf(self.segmentation(), self._seen, outlined)
        drawn = drawingsOf(edits, outlined, self.geometry(), reader) | self._drawnEdema(reader)
        opened = self._opened.settled(self.settings, self.answers, drawn)
        record = opened.record(self.settings, self.answers, read=read)
        if self.baseline:
            # one reader or two decides what growth is beyond error
            by = (SignOff(reader, self.meaning, ""),) if read else ()
            grown = self._comparison.grown(replace(record, sign_offs=by), self.baseline, self.settings)
            record = replace(grown, sign_offs=())
        return opened, record

    def _drawnEdema(self, reader: str = "unknown") -> dict[str, Mask]:
        return self._opened.drawnEdema(self._seen[EDEMA], self.geometry(), reader)

    def _put(self, record: CaseRecord) -> None:
        """Put what was computed into the scene."""
        self.record = record
        putMasks(self.segmentation(), self.hostImage(), shownMasks(self._opened.study), self._seen)
        for name in EDITABLE:
            self.nodes.segmentations.setdefault(name, self.segmentation())
        self._look()

    def _keepAnswers(self) -> None:
        """A scene may be saved at any time: what was said since the record was written stands beside it."""
        if self.isMeasured():
            kept = {"answers": self.answers.given(), "edema": bool(self._opened and self._drawnEdema())}
            self.nodes.reading.SetAttribute(ANSWERS, json.dumps(kept))

    def _look(self) -> None:
        """Take voxels and numbers as they are in scene and record."""
        self._voxels.look(self.segmentation(), self.hostImage(), self.geometry())
        self._numbers.take(self.record, self._seen, self.geometry(), self.settings)

    def _labelAt(self, point) -> int | None:
        """Clot that counts and holds a point; None where there is none."""
        index = nearest_voxel(point, self.geometry())
        clots = self._opened.outlined if self._opened is not None else Clots()
        pairs = zip(clots.labels, clots.hematomas, strict=True)
        return next((label for label, clot in pairs if clot.mask.values[index]), None)

    def _isEdited(self) -> bool:
        self.follow()
        masks = self.record.masks
        empty = np.zeros(self.geometry().shape, bool)
        return any(not np.array_equal(self._seen[n], masks[n].values if n in masks else empty) for n in EDITABLE)

    def _state(self) -> str:
        """Voxels of all segments and everything that was said."""
        content = hashlib.sha256()
        self.follow()
        for name, values in sorted(self._seen.items()):
            content.update(name.encode())
            content.update(np.packbits(values).tobytes())
        content.update(repr(sorted(self.answers.given().items(), key=str)).encode())
        return content.hexdigest()

    # Going on with a scene, and ending

    def resume(self, *, places=None, database=None, progress: Progress = silent):
        """Go on with the newest reading of the scene; its clots are outlined again on the image of the scene.

        Returns, Raises: as `Reading.resume`.
        """
        issues = super().resume(places=places, database=database, progress=progress)
        if issues is None:
            return None
        kept = json.loads(self.nodes.reading.GetAttribute(ANSWERS) or "{}")
        said = kept.get("answers", self.record.hemorrhage.parameters.get("answers", {}))
        self.answers = replace(answers_of(said), with_search=True)
        self.ct = CtInput(self.case.series, self.audits, self.chosen, self.settings)
        self.baseline, lost = baselineAgain(self.record, places)
        with suppress(CancelledError, StrokeQuantError):  # the reading can be signed as it is, without the image
            self._reopen(progress, isEdemaDrawn=bool(kept.get("edema")))
        return (*issues, *lost)

    def _reopen(self, progress: Progress, *, isEdemaDrawn: bool) -> None:
        image, stage = self.record.images["ncct"], self._stage(progress)
        if any(issue.code == "I07" for issue in image.issues):
            return  # another image than the one that was measured
        _, opened = measured(
            new_record(self.case, self.settings, self._skipped),
            settings=self.settings,
            answers=self.answers,
            chosen=self.chosen,
            image=image,
            stage=stage,
        )
        if opened is None:
            return
        self._opened = opened._replace(edema=None if isEdemaDrawn else self._seen[EDEMA])
        self._isSettled = False
        self.settle()

    def forget(self) -> None:
        """Let go of the record and remove its nodes."""
        self.landmarks.remove()
        super().forget()

    def abandon(self) -> None:
        """Nodes of the reading were removed: what is left stays in the scene as images."""
        self.landmarks.remove()
        super().abandon()

    def drop(self) -> None:
        """Let go of the record without touching a node."""
        super().drop()
        self.landmarks.forget()
        self._opened, self._isSettled = None, True
        self._voxels, self._numbers = SeenVoxels(), BloodNumbers()

    def close(self) -> None:
        """Let go of everything."""
        super().close()
        self.answers, self.baseline, self.ct = HemorrhageAnswers(with_search=True), "", None
        self._comparison = GrowthComparison()


def _noImage(record: CaseRecord) -> Issue:
    remedy = "open the folder of the case and compute again; what is in the scene can be signed as it was saved"
    return Issue("I10", Level.ASK, "the image is not in hand", "the image that was measured", remedy, record.case)


def _withoutProposal(record: CaseRecord) -> CaseRecord:
    kept = tuple(
        replace(m, issues=tuple(i for i in m.issues if i.code not in ONLY_PROPOSAL)) for m in record.measurements
    )
    return replace(record, measurements=kept, issues=tuple(i for i in record.issues if i.code not in ONLY_PROPOSAL))
