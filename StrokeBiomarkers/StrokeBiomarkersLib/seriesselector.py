"""List of series: what each is used as, and why another is not offered."""

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from .issuetexts import issueText, titleText
from .listtable import fitTable, listTable
from .offers import Offer


class SeriesSelector:
    """Table of series in a layout.

    Args:
        layout: gets the table.
        onChosen: called with the key of a series that the reader clicks twice.
        partText: puts the part of an offer into words.
        detailTitle: head of the column with the detail of an offer.
        shown: puts a text as the reader may see it.
    """

    def __init__(
        self,
        layout,
        onChosen: Callable[[str], None],
        partText: Callable[[str], str],
        detailTitle: str,
        shown: Callable[[str], str] = str,
    ):
        self._onChosen, self._partText, self._shown = onChosen, partText, shown
        self._offers: tuple[Offer, ...] = ()
        self.table = listTable([_("Series"), _("Used as"), detailTitle, _("Why")])
        self.table.minimumHeight = 130
        self.table.toolTip = _("Double-click a series to measure on it. A gray one is not offered: see why.")
        self.table.connect("cellDoubleClicked(int,int)", self._onCell)
        layout.addWidget(self.table)

    def show(self, offers: Sequence[Offer]) -> None:
        """Fill the table."""
        self._offers = tuple(offers)
        self.table.rowCount = len(self._offers)
        for row, offer in enumerate(self._offers):
            self._fill(row, offer)
        fitTable(self.table)

    def _fill(self, row: int, offer: Offer) -> None:
        used = self._partText(offer.part) if offer.offered else _("not offered")
        words = (offer.series.label.removeprefix("series "), used, offer.detail, _shortly(offer))
        for column, text in enumerate(words):
            item = qt.QTableWidgetItem(self._shown(text))
            item.setToolTip(self._shown("\n".join(issueText(issue) for issue in offer.issues) or offer.reason))
            if not offer.offered:
                item.setForeground(qt.QBrush(qt.QColor(130, 130, 130)))
            self.table.setItem(row, column, item)

    def _onCell(self, row: int, column: int) -> None:
        if row < len(self._offers) and self._offers[row].offered:
            self._onChosen(self._offers[row].series.key)


def _shortly(offer: Offer) -> str:
    """Why, without the data: those are in the tooltip and under Geometry."""
    return "; ".join(f"{issue.code} {titleText(issue.code)}" for issue in offer.issues) or offer.reason
