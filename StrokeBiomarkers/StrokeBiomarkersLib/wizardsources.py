"""Where the cases of a reader come from: the worklist of a trial, its training cases, or a plain folder without a trial. No widget."""

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from strokequant.batch.discover import CaseInput, discover_cases
from strokequant.dicomio.scan import scan
from strokequant.errors import StrokeQuantError
from strokequant.sop.procedure import Procedure
from strokequant.sop.shipped import shipped_procedures
from strokequant.trial.audit_trail import read_trail
from strokequant.trial.item_file import ITEM, TRAINING, read_item
from strokequant.trial.item_states import ItemState, ItemStatus, state_of
from strokequant.trial.item_trail import trail_path
from strokequant.trial.opening import open_item, open_private, skip_item
from strokequant.trial.trial_folder import Trial, read_trial
from strokequant.trial.worklist import items_for, next_item

from .reading import Progress, Reading, silent


class CaseRow(NamedTuple):
    """One line of the list of cases.

    Args:
        id: pseudonym.
        task: such as infarct_core.
        procedure: name and version.
        model: of the read.
        status: state, version and flags.
        problem: why it cannot be read; empty where it can.
    """

    id: str
    task: str
    procedure: str
    model: str
    status: ItemStatus
    problem: str = ""


class TrialSource:
    """Worklist of a reader, or the training cases.

    Args:
        folder: of the trial.
        training: training cases alone.

    Raises:
        TrialError: W28, W29, the folder is no trial, or not as the study manager signed it.
    """

    isTrial = True

    def __init__(self, folder: Path, *, training: bool = False):
        self._folder, self._isTraining = Path(folder), training
        self.trial: Trial = read_trial(self._folder)

    def fresh(self) -> Trial:
        """The trial as it is on the disk now.

        Raises:
            TrialError: W28, W29, as when it was listed.
        """
        self.trial = read_trial(self._folder)
        return self.trial

    def readers(self) -> list[tuple[str, str]]:
        """Register id and printed name of everybody who may read."""
        able = {"reader", "adjudicator"}
        return [(one.id, one.name) for one in self.trial.register.readers if able & set(one.roles)]

    def cases(self, reader: str) -> list[CaseRow]:
        """Items of a reader, in the order of the worklist."""
        rows = [CaseRow(r.item, r.task, r.sop, r.model, r.status, r.problem) for r in items_for(self.trial, reader)]
        return [row for row in rows if (row.model == TRAINING) is self._isTraining]

    def nextCase(self, reader: str) -> str:
        """Pseudonym of the item that comes next; empty where nothing is left."""
        return next_item(self.trial, reader)

    def open(self, case: str, reader: str, *, now: datetime, takeOver: str = "", addendum: str = "") -> Any:
        """Open an item.

        Raises:
            StrokeQuantError: as `open_item`.
        """
        return open_item(self.fresh(), case, reader=reader, now=now, take_over=takeOver, addendum=addendum)

    def later(self, case: str, reader: str, reason: str, *, now: datetime) -> None:
        """Leave an item for later.

        Raises:
            StrokeQuantError: as `skip_item`.
        """
        skip_item(self.trial, case, reader=reader, reason=reason, now=now)

    def openImages(self, item: Any, core: Reading, progress: Progress) -> None:
        """Let a reading open the images of an item."""
        core.openFolder(item.images, progress=progress)


class FolderSource:
    """Cases of a plain folder, outside of a trial.

    Args:
        folder: searched for cases, as the command does.
        out: readings are kept and signed here, a folder each; it is not searched.
        task: what is read.
        progress: as of `scan`.

    Raises:
        InputError: nothing can be read.
    """

    isTrial = False

    def __init__(self, folder: Path, out: Path, task: str, *, progress: Progress = silent):
        self._out, self._procedure = Path(out), procedures()[task]
        self._workspace = tempfile.TemporaryDirectory(prefix="strokebiomarkers-")  # of an archive; goes with the source
        found = scan(Path(folder), progress=progress, workspace=Path(self._workspace.name), exclude=(self._out,))
        self._skipped = tuple(found.skipped)
        self._found = {_pseudonym(case, task): case for case in discover_cases(Path(folder), found.series)}

    def readers(self) -> list[tuple[str, str]]:
        """Nobody is registered: the code is typed in."""
        return []

    def cases(self, reader: str) -> list[CaseRow]:
        """Cases in the order of their folders, with the state of their reading."""
        task, name = self._procedure.task, self._procedure.name
        return [CaseRow(case, task, name, "", self._status(case)) for case in self._found]

    def nextCase(self, reader: str) -> str:
        """The first case that is not signed."""
        left = (row.id for row in self.cases(reader) if row.status.state is not ItemState.SIGNED)
        return next(left, "")

    def open(self, case: str, reader: str, *, now: datetime, takeOver: str = "", addendum: str = "") -> Any:
        """Open a reading, or go on with it.

        Raises:
            StrokeQuantError: as `open_private`.
        """
        how = {"procedure": self._procedure, "reader": reader, "now": now, "item_id": case}
        return open_private(self._out / case, addendum=addendum, take_over=takeOver, **how)

    def openImages(self, item: Any, core: Reading, progress: Progress) -> None:
        """Let a reading open the images of an item; a phantom session is opened by its folder."""
        case = self._found[item.id]
        if hasattr(core, "openCases"):
            core.openCases((case,), self._skipped)
        else:
            folders = {str(file.parent) for series in case.series for file in series.files}
            core.openFolder(Path(os.path.commonpath(sorted(folders))), progress=progress)

    def _status(self, case: str) -> ItemStatus:
        folder = self._out / case
        if not (folder / ITEM).exists():
            return ItemStatus(ItemState.ASSIGNED)
        try:
            file, _digest = read_item(folder)
            return state_of(read_trail(trail_path(folder, file.reader))[0])
        except StrokeQuantError:
            return ItemStatus()


def procedures() -> dict[str, Procedure]:
    """Procedures that come with the library, by task."""
    return shipped_procedures()


def _pseudonym(case: CaseInput, task: str) -> str:
    """Name of a reading that says nothing about the folder that it is of, which may name a patient."""
    uids = sorted(series.series_uid for series in case.series)
    return f"case-{hashlib.sha256('|'.join([task, *uids]).encode()).hexdigest()[:10]}"
