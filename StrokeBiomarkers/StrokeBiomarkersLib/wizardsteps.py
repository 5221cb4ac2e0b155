"""Lists of a guided reading: steps with their state, deviations with code and reason, numbers as they would be signed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from strokequant.biomarkers.catalog import MEASURES
from strokequant.sop.procedure import Procedure
from strokequant.types import Measurement

from .listtable import fitTable, listTable
from .wizard import StepRow, StepState
from .wizardtexts import numberText, reasonText, stepMark, stepStateText

FEW, MANY = 60, 480
"""Pixels of a short and of a long list."""


class FilledTable:
    """A list that is filled as a whole; nothing in it is edited."""

    def __init__(self, layout, headers: Sequence[str], height: int):
        self.table = listTable(headers)
        self.table.minimumHeight = height
        fitTable(self.table)
        layout.addWidget(self.table)

    def fill(self, rows: Iterable[Sequence[str]], current: int = -1) -> None:
        """Fill the list; the current row is bold and in sight."""
        rows = list(rows)
        self.table.rowCount = len(rows)
        for number, texts in enumerate(rows):
            for column, text in enumerate(texts):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(text)
                if number == current:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.table.setItem(number, column, item)
        fitTable(self.table)
        if current >= 0:
            self.table.setCurrentCell(current, 0)
            self.table.scrollToItem(self.table.item(current, 0))


class StepTable(FilledTable):
    """Steps of the procedure.

    Args:
        layout: gets the table.
    """

    def __init__(self, layout):
        super().__init__(layout, ["", _("Step"), _("What to do"), _("State")], MANY)
        self.table.wordWrap = False

    def show(self, rows: Sequence[StepRow], words: Callable[[Any], str]) -> None:
        """Show all steps."""
        current = next((n for n, row in enumerate(rows) if row.state is StepState.CURRENT), -1)
        self.fill(((stepMark(r), r.step.id, words(r.step.text), stepStateText(r)) for r in rows), current)


class DeviationTable(FilledTable):
    """Deviations of all steps.

    Args:
        layout: gets the table.
    """

    def __init__(self, layout):
        super().__init__(layout, [_("Step"), _("Code"), _("Deviation and reason")], FEW)

    def show(self, rows: Sequence[tuple[str, str, str, str]]) -> None:
        """Show step, code, what it is and reason."""
        self.table.visible = bool(rows)
        self.table.minimumHeight = FEW + 40 * min(len(rows), 4)
        self.fill((step, code, f"{what}: {reasonText(reason)}") for step, code, what, reason in rows)


class NumberTable(FilledTable):
    """Numbers as they would be signed: those that the procedure asks for first.

    Args:
        layout: gets the table.
    """

    def __init__(self, layout):
        super().__init__(layout, [_("Number"), _("Value")], 150)

    def show(self, procedure: Procedure, measurements: Sequence[Measurement]) -> None:
        """Show the numbers with their intervals."""
        wanted = [output["id"] for output in procedure.outputs]
        ordered = sorted(measurements, key=lambda m: wanted.index(m.id) if m.id in wanted else len(wanted))
        self.fill((MEASURES[m.id].name, _valueOf(m)) for m in ordered if m.id in MEASURES)


def _valueOf(measurement: Measurement) -> str:
    unit = MEASURES[measurement.id].unit_text
    text = numberText(measurement)
    return f"{text} {unit}" if measurement.value is not None and unit else text
