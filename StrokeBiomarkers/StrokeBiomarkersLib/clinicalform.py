"""Clinical facts that a reader enters for the trial criteria; an empty field is "not known"."""

from collections.abc import Callable, Mapping
from typing import Any

import qt
from slicer.i18n import tr as _

from strokequant.biomarkers.quantities import WORDS, require_possible

NUMBERS = ("age_y", "nihss", "hours", "mrs_pre")
OCCLUSION = "occlusion"


class ClinicalForm:
    """The fields in a layout.

    Args:
        layout: gets the form.
        onChanged: called without arguments after a fact was entered.
    """

    def __init__(self, layout, onChanged: Callable[[], None]):
        labels = {
            "age_y": _("Age (years):"),
            "nihss": _("NIHSS:"),
            "hours": _("Hours since last known well:"),
            "mrs_pre": _("mRS before the stroke:"),
        }
        form = qt.QFormLayout()
        self.edits = {name: qt.QLineEdit() for name in NUMBERS}
        for name, edit in self.edits.items():
            edit.connect("editingFinished()", onChanged)
            form.addRow(labels[name], edit)
        self.occlusion = qt.QComboBox()
        for word in (_("unknown"), *WORDS[OCCLUSION]):
            self.occlusion.addItem(word)
        self.occlusion.connect("currentIndexChanged(int)", onChanged)
        form.addRow(_("Occlusion:"), self.occlusion)
        layout.addLayout(form)

    def facts(self) -> dict[str, Any]:
        """What was entered.

        Raises:
            UsageError: K04, a value that cannot be.
        """
        found = {name: _number(name, edit.text) for name, edit in self.edits.items() if edit.text.strip()}
        if self.occlusion.currentIndex > 0:
            found[OCCLUSION] = WORDS[OCCLUSION][self.occlusion.currentIndex - 1]
        for name, value in found.items():
            require_possible(name, value)
        return found

    def show(self, facts: Mapping[str, Any]) -> None:
        """Fill the fields, without telling that they were changed."""
        for name, edit in self.edits.items():
            blocked = edit.blockSignals(True)
            edit.text = "" if facts.get(name) is None else f"{facts[name]:g}"
            edit.blockSignals(blocked)
        blocked = self.occlusion.blockSignals(True)
        word = facts.get(OCCLUSION)
        self.occlusion.setCurrentIndex(WORDS[OCCLUSION].index(word) + 1 if word in WORDS[OCCLUSION] else 0)
        self.occlusion.blockSignals(blocked)


def _number(name: str, text: str) -> Any:
    """A number; what is none stays text and is refused by name."""
    text = text.strip().replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value
