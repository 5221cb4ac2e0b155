"""Lists in a panel: short columns as wide as their words, the last one wrapped, so that nothing is cut off in a narrow panel."""

from collections.abc import Sequence

import qt

SHARE = 0.68
"""Of the table that all columns but the last may take; the longest of them gives way."""

NARROWEST = 60
"""Pixels of a column that gives way."""


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
    columns = range(table.columnCount - 1)
    for column in columns:
        table.resizeColumnToContents(column)
    excess = sum(table.columnWidth(column) for column in columns) - int(SHARE * table.viewport().width)
    longest = max(columns, key=table.columnWidth)
    if excess > 0:
        table.setColumnWidth(longest, max(table.columnWidth(longest) - excess, NARROWEST))
    table.resizeRowsToContents()
