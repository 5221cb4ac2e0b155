"""List of the published definitions of expansion, each with its answer for hematoma and for hematoma and ventricular blood."""

import qt
from slicer.i18n import tr as _

from strokequant.biomarkers.growth import Growth

from .listtable import fitTable, listTable
from .perfusiontexts import answerText, ruleTip, ruleWhy


class GrowthTable:
    """Table in a layout."""

    def __init__(self, layout):
        self.table = listTable([_("Expansion"), "ICH", "ICH + IVH", _("Why")])
        self.table.minimumHeight = 200
        layout.addWidget(self.table)

    def show(self, growth: Growth | None) -> None:
        """Fill the table; empty where nothing was compared."""
        rules = growth.expansion if growth is not None else ()
        total = {rule.rule: rule for rule in growth.expansion_total} if growth is not None else {}
        self.table.rowCount = len(rules)
        for row, rule in enumerate(rules):
            other = total.get(rule.rule)
            words = (rule.rule, answerText(rule.answer), answerText(other.answer) if other else "", ruleWhy(rule))
            for column, text in enumerate(words):
                item = qt.QTableWidgetItem(text)
                item.setToolTip(ruleTip(rule))
                self.table.setItem(row, column, item)
        fitTable(self.table)
