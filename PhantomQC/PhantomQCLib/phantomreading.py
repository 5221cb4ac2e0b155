"""One phantom session from its folder to the signed record: what a technologist states, corrects and signs. No widget; texts are made elsewhere.

    compute      reads and searches once, then measures and judges
    follow       after a region was dragged: measured again without a new search
    relabel      two vials change their labels
    turn         the whole phantom is turned about its axis, or seen from the other end

All numbers are those of the command with the same facts and the same placements file.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from StrokeBiomarkersLib.dicomdatabase import readSeries
from StrokeBiomarkersLib.dicomstudies import filesOfStudy
from StrokeBiomarkersLib.reading import Progress, silent
from StrokeBiomarkersLib.waits import Wait, outputProblem
from strokequant.batch.phantom_case import entered, judged, write_phantom
from strokequant.batch.phantom_study import PhantomStudy, movable
from strokequant.commands import safe_name
from strokequant.dicomio.scan import scan
from strokequant.errors import InputError, Issue, Level
from strokequant.phantom.criteria_sets import DEFAULT_SETS, criteria_for, load_criteria
from strokequant.phantom.diffusion_session import Stated
from strokequant.phantom.preconditions import precondition_issues
from strokequant.phantom.qualification import day_of
from strokequant.phantom.registry_files import load_phantom, load_registry
from strokequant.phantom.scanner import scanner_state
from strokequant.phantom_types import PhantomDefinition, PhantomRecord, PhantomSession, ScannerState
from strokequant.record.phantom_folder import other_sessions
from strokequant.record.phantom_record import phantom_to_dict
from strokequant.types import Equipment, Series, SignOff, SkippedFile

from .phantomhistory import PhantomHistory
from .phantomscene import PhantomScene

MEANING = "phantom session checked"
"""What a signature says."""

MOVED_MM = 0.02
"""A region that was moved by less was not moved."""


class Facts(NamedTuple):
    """What only a person can say; nothing has a default.

    Args:
        serial: read from the phantom.
        temperature_c: of the phantom during the scan; None where nobody has measured it.
        temperature_source: by what it was measured.
        observations: defects that were seen.
        isUnknown: a person says that what is missing is not known.
    """

    serial: str = ""
    temperature_c: float | None = None
    temperature_source: str = ""
    observations: tuple[str, ...] = ()
    isUnknown: bool = False


class PhantomReading:
    """One session: its series, the phantom, what was stated, the record, the nodes."""

    module = "PhantomQC"
    stages = ("read", "find", "measure")

    def __init__(self):
        self.series: tuple[Series, ...] = ()
        self.used: set[str] = set()
        self.name = ""
        self.phantom: PhantomDefinition | None = None
        self.facts = Facts()
        self.criteria: tuple[str, ...] = ()
        self.places: dict[str, tuple[float, float, float]] = {}
        self.record: PhantomRecord | None = None
        self.scene = PhantomScene()
        self.history = PhantomHistory()
        self._study: PhantomStudy | None = None
        self._measured: tuple = ()
        self._undo: list[dict[str, tuple[float, float, float]]] = []
        self._skipped: tuple[SkippedFile, ...] = ()
        self._own: dict[str, PhantomDefinition] = {}
        self._workspace: tempfile.TemporaryDirectory | None = None

    # Choosing

    def openFolder(self, path: Path, *, out: Path | None = None, progress: Progress = silent) -> None:
        """Search a folder, DICOMDIR, zip or file for series.

        Args:
            path: input.
            out: output folder, which is not searched.
            progress: called with (done, total, text); may raise `CancelledError`.

        Raises:
            InputError: where nothing can be read. What was open stays open.
        """
        workspace = tempfile.TemporaryDirectory(prefix="strokebiomarkers-")
        try:
            excluded = (out,) if out else ()
            found = scan(Path(path), progress=progress, workspace=Path(workspace.name), exclude=excluded)
        except BaseException:
            workspace.cleanup()
            raise
        self._open(found.series, safe_name(Path(path)), found.skipped, workspace)

    def openStudy(self, uid: str, database: Any, progress: Progress = silent) -> None:
        """Take all series of a study of the DICOM database, from their files.

        Raises:
            InputError: I09 where files are gone, I02 where none is an image. What was open stays open.
        """
        self._open(readSeries(filesOfStudy(uid, database), progress), "phantom", (), None)

    def setUsed(self, key: str, on: bool) -> None:
        """Measure on this series, or leave it out."""
        self.used = self.used | {key} if on else self.used - {key}

    def phantoms(self) -> dict[str, PhantomDefinition]:
        """Registry by id: what comes with the library, then files of the site."""
        return load_registry() | self._own

    def choosePhantom(self, name: str) -> None:
        """Take an entry of the registry; an empty id takes none. Criteria are the usual ones of its kind."""
        self.phantom = self.phantoms()[name] if name else None
        self.criteria = DEFAULT_SETS[self.phantom.kind] if self.phantom is not None else ()

    def addPhantomFile(self, path: Path) -> str:
        """Add a registry file of the site.

        Returns:
            id of the entry.

        Raises:
            UsageError: Q58, a file that cannot be used.
        """
        definition = load_phantom(Path(path))
        self._own[definition.id] = definition
        return definition.id

    def criteriaSets(self) -> dict[str, str]:
        """Name by id of the criteria sets for this kind of phantom."""
        if self.phantom is None:
            return {}
        return {one.id: one.name for one in load_criteria().values() if one.kind is self.phantom.kind}

    def preconditions(self) -> tuple[Issue, ...]:
        """What would withhold a verdict by what is known before anything is measured: serial number, certificate, temperature."""
        if self.phantom is None:
            return ()
        first = next((one for one in self.series if one.key in self.used), None)
        state = scanner_state(first) if first is not None else ScannerState(Equipment())
        facts = self.facts
        session = PhantomSession(
            self.phantom,
            state,
            day_of(first) if first is not None else "",
            (),
            temperature_c=facts.temperature_c,
            serial_seen=facts.serial,
            observations=facts.observations,
        )
        return tuple(one for one in precondition_issues(session) if first is not None or one.code not in _OF_IMAGES)

    def computeWaits(self) -> Wait:
        """Why the session cannot be measured: "session", "phantom", "modality", "serial", "temperature", "criteria", or nothing."""
        if not self.series:
            return Wait("session")
        if self.phantom is None:
            return Wait("phantom")
        if not any(one.key in self.used for one in self.series):
            return Wait("modality")
        if not self.facts.isUnknown:
            if "serial_required" in self.phantom.traits and not self.facts.serial:
                return Wait("serial")
            if "temperature_required" in self.phantom.traits and self.facts.temperature_c is None:
                return Wait("temperature")
        return Wait() if self.criteria else Wait("criteria")

    # Measuring

    def compute(self, progress: Progress = silent) -> PhantomRecord:
        """Measure and judge the session, and show its regions; what a person had corrected is forgotten.

        Args:
            progress: called before every stage; may raise `CancelledError`, then nothing has changed.
        """
        study = self._study
        wanted = self._wanted()
        if study is None or self._measured[:2] != wanted[:2]:
            study = PhantomStudy([one for one in self.series if one.key in self.used], self.phantom)
        record = self._judged(study.measure(self._stated({}), stage=self._stage(progress)))
        progress(len(self.stages), len(self.stages), "show")
        self.forget()
        self._study, self._measured, self.record = study, wanted, record
        self.scene.show(record.session, study.series, f"{self.name} {record.session.date}".strip())
        return record

    def isMeasured(self) -> bool:
        """True where a session was measured, with a verdict or without."""
        return self.record is not None

    def isStale(self) -> bool:
        """True where series, phantom, facts or criteria are others than those that were measured."""
        return self.isMeasured() and self._measured != self._wanted()

    def isLost(self) -> bool:
        """True where nodes that the session needs were removed."""
        return self.isMeasured() and not self.scene.isPresent()

    # Correcting

    def movable(self) -> set[str]:
        """Labels of regions that a person may put somewhere else."""
        placements = self.record.session.placements if self.isMeasured() else ()
        return movable(self.phantom, placements) & {p.label for p in placements}

    def follow(self) -> bool:
        """After points were dragged: measure again where they are.

        Returns:
            True where one had moved.
        """
        if not self.isMeasured():
            return False
        moved = self._moved()
        if moved:
            self.place(self.places | moved, isNew=not self._isDragging(moved))
        return bool(moved)

    def relabel(self, first: str, second: str) -> None:
        """Two regions change their labels."""
        centers = self._centers()
        if first != second and {first, second} <= self.movable():
            self.place(self.places | {first: centers[second], second: centers[first]})

    def turn(self, degrees: float) -> None:
        """Turn all regions about the axis of the phantom."""
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        self._transform(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]))

    def mirror(self) -> None:
        """See the phantom from its other end: left and right change places."""
        self._transform(np.diag([-1.0, 1.0, 1.0]))

    def canUndo(self) -> bool:
        """True where a correction can be taken back."""
        return bool(self._undo)

    def undo(self) -> None:
        """Take the last correction back."""
        if self._undo:
            self._put(self._undo.pop())

    def automatic(self) -> None:
        """All regions where they were found."""
        if self.places:
            self.place({})

    def place(self, places: Mapping[str, tuple[float, float, float]], *, isNew: bool = True) -> None:
        """Measure again with regions where a person puts them, LPS mm; the others stay where they were found.

        Args:
            isNew: False where the same hand goes on moving, which is taken back as one.
        """
        if not self.isMeasured():
            return
        if isNew:
            self._undo.append(dict(self.places))
        self._put(dict(places))

    # Writing

    def writeWaits(self, reader: str, out: str, name: str) -> Wait:
        """Why the record cannot be signed: "measured", "stale", "reader", "name", "output", "outputFile", "outputReadOnly", or nothing."""
        if not self.isMeasured():
            return Wait("measured")
        if self.isStale():
            return Wait("stale")
        if not reader.strip():
            return Wait("reader")
        if not name:
            return Wait("name")
        return Wait(
            {"": "", "missing": "output", "file": "outputFile", "read-only": "outputReadOnly"}[outputProblem(out)]
        )

    def write(self, reader: str, out: Path, *, now: datetime, history: str = "") -> Path:
        """Sign the session, enter it in the history, and write its folder.

        Args:
            reader: code of the person.
            out: output folder.
            now: time of signing, with its zone.
            history: file; empty for none.

        Returns:
            folder of the session.

        Raises:
            RecordError: O01 where the folder cannot be written or belongs to another session; nothing was entered in the history.
            UsageError: Q69 where the history cannot be used.
        """
        signature = SignOff(reader, MEANING, now.astimezone(UTC).isoformat(timespec="seconds"))
        record = replace(self.record, session=self._named(reader), sign_offs=(signature,))
        timepoint = record.session.date or "tp1"
        data = phantom_to_dict(record, case=self.name, timepoint=timepoint)
        other_sessions(Path(out), f"{self.name}/{timepoint}", data)
        if history:
            record = entered(record, Path(history))
        write_phantom(record, Path(out), case=self.name, command=(self.module,))
        self.record = record
        self.scene.showRecord(record, self.name, timepoint)
        return Path(out) / self.name / timepoint

    # Ending

    def forget(self) -> None:
        """Let go of the record and remove its nodes."""
        self.scene.remove()
        self.drop()

    def drop(self) -> None:
        """Let go of the record without touching a node: the scene is closed."""
        self.scene.forget()
        self.record, self.places, self._undo = None, {}, []

    def close(self) -> None:
        """Let go of everything, temporary files included."""
        self.drop()
        self.series, self.used, self._study, self._measured, self._skipped = (), set(), None, (), ()
        if self._workspace is not None:
            self._workspace.cleanup()
            self._workspace = None

    def _open(self, series, name: str, skipped, workspace) -> None:
        if not series:
            remedy = "name the folder of the phantom scan"
            raise InputError(Issue("I02", Level.STOP, "no series", "DICOM images", remedy))
        self.forget()
        self.close()
        self.series, self.name, self._skipped, self._workspace = tuple(series), name, tuple(skipped), workspace
        self.used = {one.key for one in self.series}

    def _wanted(self) -> tuple:
        return (frozenset(self.used), self.phantom, self.facts, self.criteria)

    def _stated(self, places: Mapping[str, tuple[float, float, float]]) -> Stated:
        facts = self.facts
        known = facts.temperature_c is not None
        source = (facts.temperature_source or "stated") if known else ""
        return Stated(facts.temperature_c, source, facts.serial, facts.observations, dict(places) or None)

    def _judged(self, session: PhantomSession) -> PhantomRecord:
        return judged(session, criteria_for(self.phantom.kind, self.criteria))

    def _stage(self, progress: Progress) -> Callable[[str], None]:
        def stage(text: str) -> None:
            progress(self.stages.index(text), len(self.stages), text)

        return stage

    def _centers(self) -> dict[str, tuple[float, float, float]]:
        return {p.label: p.center_lps for p in self.record.session.placements}

    def _moved(self) -> dict[str, tuple[float, float, float]]:
        """Points of the scene that lie elsewhere than the regions that were measured."""
        centers, allowed = self._centers(), self.movable()
        return {
            label: point
            for label, point in self.scene.points().items()
            if label in allowed and np.linalg.norm(np.subtract(point, centers[label])) > MOVED_MM
        }

    def _isDragging(self, moved: Mapping[str, Any]) -> bool:
        """True where the hand that moves this region has moved it a moment ago."""
        before = self._undo[-1] if self._undo else None
        changed = {k for k in self.places if before is not None and self.places[k] != before.get(k)}
        return before is not None and changed == set(moved) and self.scene.isHeld()

    def _transform(self, turned: np.ndarray) -> None:
        """Move all regions within the plane of the phantom, about its center."""
        pose = self.record.session.pose if self.isMeasured() else None
        if pose is None:
            return
        axes, center, centers = np.asarray(pose.axes), np.asarray(pose.center_lps), self._centers()
        places = {}
        for label in sorted(self.movable()):
            own = axes.T @ (np.asarray(centers[label]) - center)
            places[label] = tuple(float(v) for v in center + axes @ (turned @ own))
        if places:
            self.place(self.places | places)

    def _put(self, places: dict[str, tuple[float, float, float]]) -> None:
        session = self._study.measure(self._stated(places))
        self.places, self.record = places, self._judged(session)
        self.scene.refill(session)

    def _named(self, reader: str) -> PhantomSession:
        """The session with the code of the person at every region that was moved."""
        session = self.record.session
        placements = tuple(replace(p, placed_by=reader) if p.placed_by else p for p in session.placements)
        return replace(session, placements=placements)


_OF_IMAGES = ("Q66", "Q52")
"""What cannot be known before there are images: the scanner, and the day on which a certificate has to be valid."""
