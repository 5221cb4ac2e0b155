"""List of arteries and veins: what was found, how each scores, and why another is better."""

from collections.abc import Callable
from typing import NamedTuple

import qt
from slicer.i18n import tr as _

from strokequant.perfusion_types import Vessel, VesselCurve, Vessels

from .listtable import fitTable, listTable
from .perfusiontexts import vesselText, vesselWhy

IN_USE = "●"


class Row(NamedTuple):
    """One row: candidate `number` of a vessel, 0 for the point of the reader."""

    vessel: Vessel
    number: int
    curve: VesselCurve


class VesselTable:
    """Table of vessels in a layout.

    Args:
        layout: gets the table.
        onChosen: called with vessel and number of a candidate that the reader clicks twice.
        onRow: called when another row is looked at.
    """

    def __init__(self, layout, onChosen: Callable[[Vessel, int], None], onRow: Callable[[], None]):
        self._onChosen, self._onRow = onChosen, onRow
        self._rows: tuple[Row, ...] = ()
        self._filling = False
        self.table = listTable(["", _("Vessel"), _("Peak"), _("Arrival"), _("FWHM"), _("Why")])
        self.table.minimumHeight = 170
        self.table.toolTip = _("Double-click a candidate to use it, or drag the points AIF and VOF in the views.")
        self.table.connect("cellDoubleClicked(int,int)", self._onCell)
        self.table.connect("currentCellChanged(int,int,int,int)", self._onCurrent)
        layout.addWidget(self.table)

    def show(self, vessels: Vessels | None) -> None:
        """Fill the table; the selected row stays."""
        self._filling = True
        kept = self.table.currentRow()
        self._rows = _rowsOf(vessels)
        self.table.rowCount = len(self._rows)
        for number, row in enumerate(self._rows):
            self._fill(number, row, row.number == 0 or _isUsed(row, vessels))
        fitTable(self.table)
        self.table.setCurrentCell(kept if kept < len(self._rows) else -1, 1)
        self._filling = False

    def current(self) -> Row | None:
        """The row that is looked at."""
        row = self.table.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def step(self, by: int) -> None:
        """Look at the next row; around the ends."""
        if self._rows:
            self.table.setCurrentCell((self.table.currentRow() + by) % len(self._rows), 1)

    def _fill(self, number: int, row: Row, isUsed: bool) -> None:
        scores = row.curve.scores
        numbers = (scores.get(name) for name in ("peak", "arrival_s", "fwhm_s"))
        words = (IN_USE if isUsed else "", vesselText(row.vessel, row.number), *(_short(n) for n in numbers))
        tip = "\n".join(f"{name}: {value:.3g}" for name, value in sorted(scores.items()))
        for column, text in enumerate((*words, vesselWhy(row.curve))):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(tip)
            if row.curve.rejected:
                item.setForeground(qt.QBrush(qt.QColor(130, 130, 130)))
            self.table.setItem(number, column, item)

    def _onCell(self, row: int, column: int) -> None:
        if row < len(self._rows) and self._rows[row].number:
            self._onChosen(self._rows[row].vessel, self._rows[row].number)

    def _onCurrent(self, row: int, column: int, oldRow: int, oldColumn: int) -> None:
        if not self._filling:
            self._onRow()


def _rowsOf(vessels: Vessels | None) -> tuple[Row, ...]:
    if vessels is None:
        return ()
    rows = []
    for vessel in Vessel:
        used = getattr(vessels, vessel)
        if used is not None and used.method == "manual point":
            rows.append(Row(vessel, 0, used))
        rows += [Row(vessel, n, curve) for n, curve in enumerate(getattr(vessels, f"{vessel}_candidates"), 1)]
    return tuple(rows)


def _isUsed(row: Row, vessels: Vessels) -> bool:
    used = getattr(vessels, row.vessel)
    if used is None or used.method == "manual point":
        return False
    return used.voxels.shape == row.curve.voxels.shape and bool((used.voxels == row.curve.voxels).all())


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}"
