"""List of all kinds of blood with volume and range; the one that is looked at is clicked and drawn on."""

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from .bloodsegments import EDITABLE
from .hemorrhagetexts import rangeText, structureText, structureTip
from .listtable import fitTable, listTable
from .livehemorrhage import LiveBlood


class BloodTable:
    """Table in a layout.

    Args:
        layout: gets the table.
        onChosen: called with the name of a kind of blood that the reader clicks on.
    """

    def __init__(self, layout, onChosen: Callable[[str], None]):
        self._onChosen, self._filling = onChosen, False
        self.table = listTable([_("Blood"), _("mL"), _("Range")])
        self.table.rowCount = len(EDITABLE)
        self.table.minimumHeight = 190
        self.table.connect("currentCellChanged(int,int,int,int)", self._onRow)
        layout.addWidget(self.table)

    def show(self, rows: Sequence[LiveBlood], chosen: str) -> None:
        """Fill the table."""
        self._filling = True
        known = {row.name: row for row in rows}
        for number, name in enumerate(EDITABLE):
            row = known.get(name)
            words = (structureText(name), f"{row.volume:.2f}" if row else "", rangeText(row) if row else "")
            for column, text in enumerate(words):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(structureTip(name))
                self.table.setItem(number, column, item)
        fitTable(self.table)
        self.table.setCurrentCell(EDITABLE.index(chosen), 0)
        self._filling = False

    def _onRow(self, row: int, column: int, oldRow: int, oldColumn: int) -> None:
        if not self._filling and 0 <= row < len(EDITABLE):
            self._onChosen(EDITABLE[row])
