"""Lists in a panel: short columns as wide as their words, the last one wrapped, so that nothing is cut off in a narrow panel."""

from collections.abc import Sequence

import qt

WIDEST = 0.36
"""Share of the table that one column may take."""


def listTable(headers: Sequence[str]):
    """QTableWidget whose rows are chosen, not edited.

    Args:
        headers: of the columns; the last one holds sentences.
    """
    table = qt.QTableWidget()
    table.columnCount = len(headers)
    table.setHorizontalHeaderLabels(list(headers))
    table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
    table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
    table.setSelectionMode(qt.QAbstractItemView.SingleSelection)
    table.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
    table.horizontalHeader().stretchLastSection = True
    table.verticalHeader().visible = False
    table.wordWrap = True
    return table


def fitTable(table) -> None:
    """Fit columns and rows to what is in them; a column of long words is wrapped, so that the last one stays readable."""
    widest = int(WIDEST * table.viewport().width)
    for column in range(table.columnCount - 1):
        table.resizeColumnToContents(column)
        if table.columnWidth(column) > widest > 0:
            table.setColumnWidth(column, widest)
    table.resizeRowsToContents()
