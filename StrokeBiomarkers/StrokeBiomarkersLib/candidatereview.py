"""List of candidates in order of size: look at each, accept it or leave it out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from .listtable import fitTable, listTable

ACCEPTED, NUMBER = 0, 1


class CandidateReview:
    """Table of candidates in a layout.

    Args:
        layout: gets the table.
        onDecision: called with label and decision.
        onJump: called with the label of a candidate that is looked at.
        headers: of the first column, which holds the decision, and of those with the words of a candidate.
        words: what is said of a candidate, besides its number and the reasons.
    """

    def __init__(
        self,
        layout,
        onDecision: Callable[[int, bool], None],
        onJump: Callable[[int], None],
        headers: Sequence[str],
        words: Callable[[Any], Sequence[str]],
    ):
        self._onDecision, self._onJump, self._words = onDecision, onJump, words
        self._labels: list[int] = []
        self._filling = False
        self.table = listTable([headers[0], _("No."), *headers[1:], _("Why")])
        self.table.minimumHeight = 150
        fitTable(self.table)
        self.table.connect("itemChanged(QTableWidgetItem*)", self._onItem)
        self.table.connect("currentCellChanged(int,int,int,int)", self._onRow)
        layout.addWidget(self.table)

    def show(self, candidates: Sequence[Any], decisions: Mapping[int, bool]) -> None:
        """Fill the table; the selected row stays where the candidates are the same."""
        same = self._labels == [c.label for c in candidates]
        self._filling = True
        self._labels = [c.label for c in candidates]
        self.table.rowCount = len(self._labels)
        for row, candidate in enumerate(candidates):
            self._fill(row, candidate, decisions.get(candidate.label, False))
        if not same:
            self.table.setCurrentCell(-1, -1)
            fitTable(self.table)
        self._filling = False

    def current(self) -> int | None:
        """Label of the candidate that is looked at."""
        row = self.table.currentRow()
        return self._labels[row] if 0 <= row < len(self._labels) else None

    def look(self, row: int) -> None:
        """Look at the candidate of a row, also where it is looked at already."""
        if row < len(self._labels):
            self.table.setCurrentCell(-1, -1)
            self.table.setCurrentCell(row, NUMBER)

    def step(self, by: int) -> None:
        """Look at the next candidate, or the one before; stops at the ends."""
        if self._labels:
            row = min(max(self.table.currentRow() + by, 0), len(self._labels) - 1)
            self.table.setCurrentCell(row, NUMBER)

    def decide(self, accepted: bool) -> None:
        """Decide on the candidate that is looked at."""
        label = self.current()
        if label is not None:
            self._onDecision(label, accepted)

    def _fill(self, row: int, candidate: Any, accepted: bool) -> None:
        why, shortly = "; ".join(candidate.reasons), next(iter(candidate.reasons), "")
        words = ("", str(candidate.label), *self._words(candidate), shortly)
        for column, text in enumerate(words):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(why)
            self.table.setItem(row, column, item)
        box = self.table.item(row, ACCEPTED)
        box.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
        box.setCheckState(qt.Qt.Checked if accepted else qt.Qt.Unchecked)

    def _onItem(self, item) -> None:
        if not self._filling and item.column() == ACCEPTED and item.row() < len(self._labels):
            self._onDecision(self._labels[item.row()], item.checkState() == qt.Qt.Checked)

    def _onRow(self, row: int, column: int, oldRow: int, oldColumn: int) -> None:
        if not self._filling and 0 <= row < len(self._labels) and row != oldRow:
            self._onJump(self._labels[row])
