"""Before a signature: charter, register, procedure and images once more, which may have been changed while the item was open."""

from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import TrialError
from .item_file import changed_files, changed_item
from .register import unknown_reader
from .trial_folder import read_trial

if TYPE_CHECKING:
    from .reading_item import ReadingItem


def look_again(item: "ReadingItem", now: datetime) -> None:
    """Read again what an item stands on; it goes on with what is there now.

    Raises:
        TrialError: W20, W23, W24, W25, W28, W29, W37, as of `opening.open_item`.
    """
    if item.trial is None or item.reader is None:
        return
    item.trial = read_trial(item.trial.folder)
    item.require_unlocked_database()
    reader = item.trial.register.reader(item.reader.id)
    if reader is None:
        raise TrialError(unknown_reader(item.reader.id))
    item.reader = reader
    if item.trial.procedure(item.file.task, now).content_hash != item.procedure.content_hash:
        found, remedy = "another procedure than the one of this reading", "ask the study manager"
        raise item.refused("W24", found, item.procedure.name, remedy)
    item.require_prior()
    item.changed_files = changed_files(item.folder, item.file)
    if item.changed_files:
        raise changed_item("; ".join(item.changed_files[:5]), item.id)
