"""The preparation without a window: the automatic steps of an item up to the first that needs a reader. It never signs.

What it leaves in the item are the steps in the trail, and preliminary outputs that say so: no reader, unverified, a proposal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..batch.case import Part, measure_case
from ..batch.core_case import new_record
from ..batch.discover import CaseInput, discover_cases
from ..dicomio.scan import scan
from ..errors import Issue, Level, TrialError
from ..settings import Settings
from ..sop.walk import Passage, Walk
from ..types import CaseRecord
from .item_file import PRELIMINARY, preliminary_hashes
from .item_states import Event, ItemState
from .opening import open_for_program
from .provenance import provenance_of, taken_in
from .reading_item import ReadingItem
from .signing import TIMEPOINT
from .trial_folder import Trial

if TYPE_CHECKING:
    from ..phantom.history import StoredSession

PARTS = {
    "infarct_core": (Part.CORE,),
    "mismatch": (Part.MISMATCH,),
    "ich_volume": (Part.HEMORRHAGE,),
    "ht_class": (),
}
"""What is measured for a task before a reader is there, all that the series allow where nothing is named; a task that is not here is read
by eye, or outlined by the reader from nothing."""
PENDING = "PENDING READER"


@dataclass(frozen=True)
class Prepared:
    """An item after its automatic steps.

    Args:
        item: pseudonym.
        state: of it.
        walk: where it stands.
        passage: why it stands there.
        record: as measured; None where nothing was.
    """

    item: str
    state: ItemState
    walk: Walk
    passage: Passage | None
    record: CaseRecord | None

    @property
    def says(self) -> str:
        """One line: what it waits for."""
        step = self.walk.step.id if self.walk.step else ""
        stops = "" if self.passage is None else "; ".join(f"{r.id} ({r.deviation})" for r in self.passage.stops)
        return f"{PENDING} at step {step}" + (f": {stops}" if stops else "")


def prepare_item(
    trial: Trial,
    item_id: str,
    *,
    now: Callable[[], datetime],
    measure: Callable[[ReadingItem], Any] | None = None,
) -> Prepared:
    """Do the automatic steps of an item that nobody has opened yet.

    Args:
        trial: it belongs to.
        item_id: pseudonym.
        now: the clock.
        measure: gives the record of an item; `measure_item` where it is None.

    Raises:
        TrialError: W22 to W25, as of `opening.open_for_program`; W29, no windowless preparation for the task.
    """
    item = open_for_program(trial, item_id, now=now())
    try:
        record = (measure or measure_item)(item)
        passage = item.run_automatic(lambda step: record, now=now)
        _write_preliminary(item, record, now())
        new = {"step": item.walk.step.id if item.walk.step else "", "waits_for": PENDING}
        new |= {"preliminary": preliminary_hashes(item.folder)}
        item.append(Event.PREPARE, now=now(), new=new)
        return Prepared(item.id, item.status.state, item.walk, passage, record)
    finally:
        item.lock.release()


def measure_item(
    item: ReadingItem, *, settings: Settings = Settings(), sessions: "Sequence[StoredSession] | None" = None
) -> CaseRecord:
    """Measure the images of an item by its task, as the command without a window does.

    Args:
        item: that is open.
        settings: thresholds of all stages.
        sessions: of a phantom history, for the qualification of the scanner; None where there is none.

    Raises:
        TrialError: W29, a phantom session, which is measured by its own command.
    """
    if item.file.task == "phantom":
        remedy = "measure the session with 'strokequant phantom'"
        raise TrialError(Issue("W29", Level.STOP, "a phantom session", "images of a patient", remedy, item.id))
    from ..batch.final_infarct_case import with_final_image  # with the imports that a case of diffusion does not need

    case, skipped = case_of_item(item)
    if item.file.task == "final_infarct":
        return with_final_image(new_record(case, settings, skipped), settings)
    if item.file.task not in PARTS:
        return new_record(case, settings, skipped)
    how = {"settings": settings, "skipped": skipped, "sessions": sessions}
    return measure_case(case, wanted=PARTS[item.file.task], earlier=item.earlier(), **how)


def case_of_item(item: ReadingItem) -> tuple[CaseInput, tuple]:
    """Images of an item as one case, named after the item, and the files that are none.

    Raises:
        TrialError: W25, they are no case, or several.
    """
    found = scan(item.images)
    cases = discover_cases(item.images, found.series)
    if len(cases) != 1:
        names = f"{len(cases)} cases or time points in the images"
        raise TrialError(Issue("W25", Level.STOP, names, "one time point of one case", "assign it anew", item.id))
    return replace(cases[0], case=item.id, timepoint=TIMEPOINT), tuple(found.skipped)


def _write_preliminary(item: ReadingItem, record: CaseRecord, now: datetime) -> None:
    """Preliminary outputs, for a look before the reading."""
    from ..record.case_record import write_case
    from ..record.dicom_out import write_dicom

    reading = provenance_of(item.walk, answers=item.answers, started=item.progress.started, **taken_in(item))
    folder = item.folder / PRELIMINARY
    write_case(replace(record, reading=reading), folder)
    write_dicom(replace(record, reading=reading), folder, now=now)
