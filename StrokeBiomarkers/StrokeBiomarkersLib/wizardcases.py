"""List of the cases of a reader: pseudonym, task, state; the one that comes next is marked."""

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from strokequant.sop.shipped import shipped_titles

from .listtable import fitTable, listTable
from .wizardsources import CaseRow
from .wizardtexts import flagsText, modelText, stateText


class CaseTable:
    """Table in a layout.

    Args:
        layout: gets the table.
        onChosen: called without arguments when another case is chosen.
        onOpen: called without arguments when a case is double-clicked, or Enter is pressed.
    """

    def __init__(self, layout, onChosen: Callable[[], None], onOpen: Callable[[], None]):
        self._rows: list[CaseRow] = []
        self._titles = shipped_titles()
        self.table = listTable(["", _("Case"), _("Procedure"), _("State")])
        self.table.minimumHeight = 180
        fitTable(self.table)
        self.table.connect("currentCellChanged(int,int,int,int)", lambda *ignored: onChosen())
        self.table.connect("cellDoubleClicked(int,int)", lambda *ignored: onOpen())
        self.table.connect("cellActivated(int,int)", lambda *ignored: onOpen())
        layout.addWidget(self.table)

    def show(self, rows: Sequence[CaseRow], following: str = "", language: str = "en") -> None:
        """Fill the table; the chosen case stays chosen, else the next one is."""
        kept = self.current().id if self.current() is not None else ""
        self._rows = list(rows)
        wasBlocked = self.table.blockSignals(True)
        self.table.rowCount = len(self._rows)
        for number, row in enumerate(self._rows):
            self._fill(number, row, row.id == following, language)
        ids = [row.id for row in self._rows]
        wanted = kept if kept in ids and kept == following else following if following in ids else ids[0] if ids else ""
        self.table.setCurrentCell(ids.index(wanted) if wanted else -1, 1 if wanted else -1)
        self.table.blockSignals(wasBlocked)
        fitTable(self.table)

    def current(self) -> CaseRow | None:
        """The case that is chosen."""
        row = self.table.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def choose(self, case: str) -> None:
        """Choose a case by its pseudonym."""
        self.table.setCurrentCell([row.id for row in self._rows].index(case), 1)

    def _fill(self, number: int, row: CaseRow, isNext: bool, language: str) -> None:
        state = ", ".join(
            part for part in (stateText(row.status.state), flagsText(row.status.flags), modelText(row.model)) if part
        )
        for column, text in enumerate(
            (
                "▶" if isNext else "",
                row.id,
                self._titles[row.task].in_language(language) if row.task in self._titles else row.procedure,
                row.problem or state,
            )
        ):
            item = qt.QTableWidgetItem(text)
            item.setToolTip("\n".join((row.procedure, row.problem or state)))
            self.table.setItem(number, column, item)
