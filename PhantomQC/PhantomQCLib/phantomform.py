"""What a person says about a session: the phantom, its serial number, the temperature, defects, criteria. Nothing is filled in beforehand."""

from collections.abc import Callable, Mapping

import qt
from slicer.i18n import tr as _

from StrokeBiomarkersLib.imageform import numberOf

from .phantomreading import Facts
from .phantomtexts import SOURCES, sourceText

LOW_C, HIGH_C = -20.0, 60.0
"""A temperature outside is no temperature of a phantom."""


class PhantomForm:
    """Fields of the .ui file.

    Args:
        ui: widgets by name.
        onFacts: called without arguments after an answer.
        onPhantom: called with the id that was chosen, empty for none.
        onCriteria: called with the ids that are ticked.
    """

    def __init__(self, ui, onFacts: Callable[[], None], onPhantom: Callable[[str], None], onCriteria: Callable):
        self._ui, self._isFilling, self._ids = ui, False, ()
        self._onPhantom, self._onCriteria = onPhantom, onCriteria
        self.criteria: dict[str, qt.QCheckBox] = {}
        for words in (_("not stated"), *map(sourceText, SOURCES)):
            ui.sourceCombo.addItem(words)
        for edit in (ui.serialEdit, ui.temperatureEdit, ui.defectsEdit):
            edit.connect("textChanged(QString)", lambda *ignored: onFacts())
        ui.sourceCombo.connect("currentIndexChanged(int)", lambda *ignored: onFacts())
        ui.unknownBox.connect("toggled(bool)", lambda *ignored: onFacts())
        ui.phantomCombo.connect("currentIndexChanged(int)", self._onIndex)

    def facts(self) -> Facts:
        """As they are stated now."""
        ui = self._ui
        index = ui.sourceCombo.currentIndex
        return Facts(
            ui.serialEdit.text.strip(),
            self.temperature(),
            SOURCES[index - 1] if index > 0 else "",
            tuple(part.strip() for part in ui.defectsEdit.text.split(";") if part.strip()),
            bool(ui.unknownBox.checked),
        )

    def temperature(self) -> float | None:
        """None where the field is empty or holds no temperature."""
        value = numberOf(self._ui.temperatureEdit.text)
        return value if value is not None and LOW_C <= value <= HIGH_C else None

    def isWrong(self) -> bool:
        """True where the field of the temperature holds something else."""
        return bool(self._ui.temperatureEdit.text.strip()) and self.temperature() is None

    def clear(self) -> None:
        """Another session: what was stated about the one before is not known of this one."""
        ui = self._ui
        ui.serialEdit.text = ui.temperatureEdit.text = ui.defectsEdit.text = ""
        ui.sourceCombo.setCurrentIndex(0)
        ui.unknownBox.checked = False

    def showPhantoms(self, names: Mapping[str, str], chosen: str) -> None:
        """Fill the list.

        Args:
            names: by id.
            chosen: id; empty for none.
        """
        self._isFilling, self._ids = True, ("", *names)
        box = self._ui.phantomCombo
        box.clear()
        for words in (_("choose the phantom"), *names.values()):
            box.addItem(words)
        box.setCurrentIndex(self._ids.index(chosen) if chosen in self._ids else 0)
        self._isFilling = False

    def choose(self, name: str) -> None:
        """Choose an entry, as a hand does."""
        self._ui.phantomCombo.setCurrentIndex(self._ids.index(name))

    def showCriteria(self, names: Mapping[str, str], chosen: tuple[str, ...]) -> None:
        """One box for every set of limits."""
        layout = self._ui.criteriaBox.layout()
        if list(self.criteria) != list(names):
            for box in self.criteria.values():
                layout.removeWidget(box)
                box.setParent(None)
                box.deleteLater()
            self.criteria = {name: qt.QCheckBox(name) for name in names}
            for box in self.criteria.values():
                box.connect("toggled(bool)", self._onBox)
                layout.addWidget(box)
        self._isFilling = True
        for name, box in self.criteria.items():
            box.checked = name in chosen
            box.toolTip = names[name]
        self._isFilling = False

    def _onIndex(self, index: int) -> None:
        if not self._isFilling and 0 <= index < len(self._ids):
            self._onPhantom(self._ids[index])

    def _onBox(self, *ignored) -> None:
        if not self._isFilling:
            self._onCriteria(tuple(name for name, box in self.criteria.items() if box.checked))
