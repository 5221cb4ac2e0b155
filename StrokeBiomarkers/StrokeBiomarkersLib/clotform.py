"""Structure, side and location of the clot that is looked at: proposed, decided by the reader."""

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from strokequant.hemorrhage_types import BloodCandidate, Structure

from .coretexts import sideText
from .hemorrhagetexts import LOCATIONS, SIDES, locationText, structureText

CHOICES = {"structure": tuple(str(s) for s in Structure), "side": SIDES, "location": LOCATIONS}


class ClotForm:
    """Three lists in a layout.

    Args:
        layout: gets a form.
        onDecided: called with "structure", "side" or "location", and what the reader decided.
    """

    def __init__(self, layout, onDecided: Callable[[str, str], None]):
        self._onDecided, self._filling = onDecided, False
        labels = {"structure": _("Blood:"), "side": _("Side:"), "location": _("Location:")}
        words = {"structure": structureText, "side": sideText, "location": locationText}
        form = qt.QFormLayout()
        self.boxes = {}
        for name, choices in CHOICES.items():
            box = self.boxes[name] = qt.QComboBox()
            for choice in choices:
                box.addItem(words[name](choice))
            box.connect("currentIndexChanged(int)", lambda index, name=name: self._onIndex(name, index))
            form.addRow(labels[name], box)
        layout.addLayout(form)

    def show(self, candidate: BloodCandidate | None) -> None:
        """Show a clot; None where none is looked at."""
        self._filling = True
        for name, box in self.boxes.items():
            value = str(getattr(candidate, name)) if candidate is not None else ""
            box.setCurrentIndex(CHOICES[name].index(value) if value in CHOICES[name] else -1)
        self._filling = False

    def step(self, name: str) -> None:
        """Take the next choice of a list."""
        box = self.boxes[name]
        box.setCurrentIndex((box.currentIndex + 1) % len(CHOICES[name]))

    def all(self) -> Sequence:
        """The lists."""
        return tuple(self.boxes.values())

    def _onIndex(self, name: str, index: int) -> None:
        if not self._filling and 0 <= index < len(CHOICES[name]):
            self._onDecided(name, CHOICES[name][index])
