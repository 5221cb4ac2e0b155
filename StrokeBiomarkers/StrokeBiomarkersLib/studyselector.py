"""Studies of Slicer's DICOM database in a list: one is opened without loading it first."""

from collections.abc import Callable, Sequence

import qt
from slicer.i18n import tr as _

from .dicomstudies import Study

ROW = 2
"""Of the form that holds it: below the folder and its button."""


class StudySelector:
    """List and button in a form.

    Args:
        form: QFormLayout that gets a row.
        onOpen: called with the Study Instance UID of the study that is to be opened.
    """

    def __init__(self, form, onOpen: Callable[[str], None]):
        self._onOpen, self._studies = onOpen, ()
        self.box, self.button = qt.QComboBox(), qt.QPushButton(_("Open study"))
        self.box.toolTip = _("Studies that were imported in the DICOM module; nothing has to be loaded")
        self.box.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        row = qt.QHBoxLayout()
        row.addWidget(self.box, 1)
        row.addWidget(self.button)
        form.insertRow(ROW, _("DICOM study:"), row)
        self.button.connect("clicked(bool)", self._onClicked)
        self.show(())

    def show(self, studies: Sequence[Study]) -> None:
        """Fill the list; the selected study stays where it is still there."""
        index = self.box.currentIndex
        kept = self._studies[index].uid if 0 <= index < len(self._studies) else ""
        self._studies = tuple(studies)
        self.box.clear()
        for study in self._studies:
            self.box.addItem(study.text)
        uids = [study.uid for study in self._studies]
        if kept in uids:
            self.box.setCurrentIndex(uids.index(kept))
        self.button.enabled = bool(self._studies)
        self.button.toolTip = (
            _("Take all series of this study, from their files")
            if self._studies
            else _("Waits for a study: import one in the DICOM module")
        )

    def _onClicked(self, *ignored) -> None:
        if 0 <= self.box.currentIndex < len(self._studies):
            self._onOpen(self._studies[self.box.currentIndex].uid)
