"""Lists of the panel: series, numbers against limits, regions, scanners. They show what they are given."""

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from StrokeBiomarkersLib.listtable import fitTable, listTable
from strokequant.batch.phantom_study import A_PERSON
from strokequant.phantom.metrics import PHANTOM_METRICS
from strokequant.phantom_types import MetricOutcome, MetricVerdict, PhantomSession
from strokequant.types import Series

from .phantomhistory import ScannerLine
from .phantomtexts import (
    COLORS,
    OUTCOME_COLORS,
    limitSource,
    limitText,
    metricName,
    metricValue,
    outcomeText,
    qualificationText,
    scannerText,
)

_ORDER = (MetricOutcome.FAIL, MetricOutcome.NOT_EVALUATED, MetricOutcome.CONDITIONAL, MetricOutcome.PASS)
_NUMBERS = (("adc", "adc_bias_percent"), ("hu", "hu_bias"), ("volume", "volume_bias_percent"))
"""Number of an insert and its difference from the certificate, by kind of phantom."""


class SeriesTable:
    """Series of a session with a box for each.

    Args:
        layout: gets the table.
        onUsed: called with key and whether the series is measured.
    """

    def __init__(self, layout, onUsed: Callable[[str, bool], None]):
        self._onUsed, self._keys, self._isFilling = onUsed, (), False
        self.table = listTable([_("Use"), _("Series"), _("Images"), _("Description")])
        self.table.minimumHeight, self.table.maximumHeight = 84, 130
        self.table.connect("itemChanged(QTableWidgetItem*)", self._onItem)
        layout.addWidget(self.table)

    def show(self, series: Sequence[Series], used: set[str]) -> None:
        """Fill the table."""
        self._isFilling, self._keys = True, tuple(one.key for one in series)
        self.table.rowCount = len(series)
        for row, one in enumerate(series):
            box = qt.QTableWidgetItem("")
            box.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
            box.setCheckState(qt.Qt.Checked if one.key in used else qt.Qt.Unchecked)
            self.table.setItem(row, 0, box)
            words = (one.key, f"{one.modality} {len(one.frames)}", one.description)
            _fill(self.table, row, words, "; ".join(one.role_reasons), first=1)
        fitTable(self.table)
        self._isFilling = False

    def _onItem(self, item) -> None:
        if not self._isFilling and item.column() == 0 and item.row() < len(self._keys):
            self._onUsed(self._keys[item.row()], item.checkState() == qt.Qt.Checked)


class LimitsTable:
    """Every number against every limit, the worst first."""

    def __init__(self, layout):
        self.table = listTable([_("Outcome"), _("Number"), _("Value and limit"), _("Source")])
        self.table.minimumHeight = 260
        layout.addWidget(self.table)

    def show(self, metrics: Sequence[MetricVerdict]) -> None:
        """Fill the table; the whole reason with the citation is the tooltip."""
        metrics = sorted(metrics, key=lambda m: _ORDER.index(m.outcome))
        self.table.rowCount = len(metrics)
        for row, m in enumerate(metrics):
            source = limitSource(m.criterion)
            against = f"{metricValue(m)}\n{limitText(m.criterion)}"
            words = (outcomeText(m.outcome), metricName(m), against, source)
            _fill(self.table, row, words, m.reason)
            self.table.item(row, 0).setForeground(qt.QBrush(qt.QColor(*OUTCOME_COLORS[m.outcome])))
        fitTable(self.table)


class RegionsTable:
    """Regions with what they read and who put them there.

    Args:
        layout: gets the table.
        onChosen: called with the label of a region that is clicked.
    """

    def __init__(self, layout, onChosen: Callable[[str], None]):
        self._onChosen, self._labels = onChosen, ()
        self.table = listTable([_("Region"), _("Certified"), _("Reads"), _("Difference"), _("Placed by")])
        self.table.minimumHeight = 190
        self.table.connect("cellClicked(int,int)", self._onCell)
        layout.addWidget(self.table)

    def show(self, session: PhantomSession | None, chosen: str) -> None:
        """Fill the table."""
        placements = session.placements if session is not None else ()
        self._labels = tuple(p.label for p in placements)
        self.table.rowCount = len(placements)
        for row, p in enumerate(placements):
            own = [m for m in session.measurements if m.insert == p.label and m.repeat is None]
            value, difference = _pair(own)
            reference = next((_shown(m.metric, m.reference) for m in own if m.reference is not None), "")
            said = "\n".join(dict.fromkeys(issue.found for m in own for issue in m.issues))
            by = _("search") if not p.placed_by else _("a person") if p.placed_by == A_PERSON else p.placed_by
            _fill(self.table, row, (p.label, reference, value, difference, by), said)
        if chosen in self._labels:
            self.table.selectRow(self._labels.index(chosen))
        fitTable(self.table)

    def step(self, chosen: str, by: int) -> str:
        """Label of the next region; empty where there is none."""
        if not self._labels:
            return ""
        at = self._labels.index(chosen) + by if chosen in self._labels else 0
        return self._labels[at % len(self._labels)]

    def _onCell(self, row: int, column: int) -> None:
        if row < len(self._labels):
            self._onChosen(self._labels[row])


class FleetTable:
    """Scanners of the history with their last verdict.

    Args:
        layout: gets the table.
        onChosen: called with the key of a scanner that is clicked.
    """

    def __init__(self, layout, onChosen: Callable[[str], None]):
        self._onChosen, self._keys = onChosen, ()
        self.table = listTable([_("Scanner"), _("Phantom"), _("Verdict"), _("Until"), _("Mean"), _("Told")])
        self.table.minimumHeight = 100
        self.table.connect("cellClicked(int,int)", self._onCell)
        layout.addWidget(self.table)

    def show(self, lines: Sequence[ScannerLine], means: dict[str, str], apart: set[str]) -> None:
        """Fill the table.

        Args:
            means: of the number that is shown, by scanner.
            apart: scanners that stand apart from the others in it.
        """
        self._keys = tuple(line.session.scanner.key for line in lines)
        self.table.rowCount = len(lines)
        for row, line in enumerate(lines):
            one = line.session
            told = [_("over")] if line.isOver else []
            told += [_("apart")] if one.scanner.key in apart else []
            told += list(line.rules)
            kind = str(one.content.get("kind", "")).replace("_", " ")
            verdict = qualificationText(one.outcome)
            words = (scannerText(one.scanner.key), kind, verdict, one.valid_until, means.get(one.scanner.key, ""))
            _fill(self.table, row, (*words, ", ".join(told)), "\n".join(one.content.get("reasons") or ()))
            self.table.item(row, 2).setForeground(qt.QBrush(qt.QColor(COLORS[one.outcome])))
        fitTable(self.table)

    def _onCell(self, row: int, column: int) -> None:
        if row < len(self._keys):
            self._onChosen(self._keys[row])


def _pair(own) -> tuple[str, str]:
    """Number of an insert, and its difference from the certificate."""
    by = {m.metric: m for m in own if m.value is not None}
    for number, difference in _NUMBERS:
        if number in by:
            away = by.get(difference)
            return _shown(number, by[number].value), _shown(difference, away.value if away else None, sign=True)
    return "", ""


def _shown(metric: str, value: float | None, *, sign: bool = False) -> str:
    if value is None:
        return ""
    entry = PHANTOM_METRICS[metric]
    text = f"{value:+.{entry.decimals}f}" if sign else f"{value:.{entry.decimals}f}"
    text = text.replace("-", "+") if sign and not float(text) else text
    return f"{text} {entry.unit_text}" if entry.unit_text in ("%", "HU", "mL") else text


def _fill(table, row: int, words: Sequence[str], tip: str, *, first: int = 0) -> None:
    for column, text in enumerate(words, first):
        item = qt.QTableWidgetItem(text)
        item.setToolTip(tip)
        table.setItem(row, column, item)
