"""Lists of numbers and of trial criteria; they show what they are given."""

from collections.abc import Sequence

import qt
from slicer.i18n import tr as _

from strokequant.perfusion_types import Answer, RuleResult
from strokequant.types import Measurement

from .issuetexts import issueText
from .listtable import fitTable, listTable
from .perfusiontexts import UNCONFIRMED, answerText, measureText, rangeText, ruleTip, ruleWhy, valueText

_ANSWER_COLORS = {Answer.PASS: (0, 120, 60), Answer.FAIL: (190, 40, 30), Answer.UNKNOWN: (120, 120, 120)}


class NumbersTable:
    """Volumes, ratio, ranges in a layout."""

    def __init__(self, layout):
        self.table = listTable([_("Measure"), _("Value"), _("Range")])
        self.table.minimumHeight = 190
        layout.addWidget(self.table)

    def show(self, numbers: Sequence[Measurement], coreSource: str) -> None:
        """Fill the table; warnings of a number are its tooltip."""
        self.table.rowCount = len(numbers)
        for row, number in enumerate(numbers):
            words = measureText(number.id, coreSource), valueText(number), rangeText(number)
            tip = "\n".join(dict.fromkeys(issueText(issue) for issue in number.issues)) or number.method
            _fillRow(self.table, row, words, tip)
        fitTable(self.table)


class CriteriaTable:
    """Trial rules in a layout."""

    def __init__(self, layout):
        self.table = listTable([_("Trial"), _("Result"), _("Why")])
        self.table.minimumHeight = 230
        layout.addWidget(self.table)

    def show(self, rules: Sequence[RuleResult]) -> None:
        """Fill the table."""
        self.table.rowCount = len(rules)
        for row, rule in enumerate(rules):
            mark = UNCONFIRMED if any(clause.unconfirmed for clause in rule.clauses) else ""
            _fillRow(self.table, row, (rule.rule + mark, answerText(rule.answer), ruleWhy(rule)), ruleTip(rule))
            self.table.item(row, 1).setForeground(qt.QBrush(qt.QColor(*_ANSWER_COLORS[rule.answer])))
        fitTable(self.table)


def _fillRow(table, row: int, words: Sequence[str], tip: str) -> None:
    for column, text in enumerate(words):
        item = qt.QTableWidgetItem(text)
        item.setToolTip(tip)
        table.setItem(row, column, item)
