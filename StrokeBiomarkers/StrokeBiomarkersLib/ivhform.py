"""Scores of ventricular blood that a reader gives: modified Graeb score by compartment, IVH score."""

from collections.abc import Callable, Mapping
from typing import Any

import qt
from slicer.i18n import tr as _

from strokequant.biomarkers.hemorrhage_formulas import GRAEB_LIMITS
from strokequant.biomarkers.hemorrhage_reader import IVH_PARTS


class IvhForm:
    """Both scores in a layout; a score that is not switched on was not read.

    Args:
        layout: gets the fields.
        onChanged: called without arguments after an answer.
    """

    def __init__(self, layout, onChanged: Callable[[], None]):
        self._onChanged, self._filling = onChanged, False
        self.graebBox, self.ivhBox = qt.QCheckBox(_("Modified Graeb score")), qt.QCheckBox(_("IVH score"))
        self.graeb, self.expanded, self.ivh = {}, {}, {}
        words = _compartments()
        layout.addWidget(self.graebBox)
        grid = qt.QGridLayout()
        for row, (name, limit) in enumerate(GRAEB_LIMITS.items()):
            grid.addWidget(qt.QLabel(words[name]), row, 0)
            self.graeb[name] = self._number(limit)
            grid.addWidget(self.graeb[name], row, 1)
            self.expanded[name] = qt.QCheckBox(_("expanded"))
            self.expanded[name].connect("toggled(bool)", self._told)
            grid.addWidget(self.expanded[name], row, 2)
        layout.addLayout(grid)
        layout.addWidget(self.ivhBox)
        form = qt.QFormLayout()
        for name, limit in IVH_PARTS.items():
            self.ivh[name] = self._number(limit)
            form.addRow(_parts()[name], self.ivh[name])
        layout.addLayout(form)
        for box in (self.graebBox, self.ivhBox):
            box.connect("toggled(bool)", self._told)
        self.show(None, (), None)

    def answers(self) -> dict[str, Any]:
        """`graeb`, `graeb_expanded` and `ivh_score` of `HemorrhageAnswers`."""
        graeb = {name: int(box.value) for name, box in self.graeb.items() if box.value}
        expanded = tuple(name for name, box in self.expanded.items() if box.checked)
        return {
            "graeb": graeb if self.graebBox.checked else None,
            "graeb_expanded": expanded if self.graebBox.checked else (),
            "ivh_score": {name: int(box.value) for name, box in self.ivh.items() if box.value}
            if self.ivhBox.checked
            else None,
        }

    def show(self, graeb: Mapping[str, int] | None, expanded, ivh: Mapping[str, int] | None) -> None:
        """Fill the fields, without telling that they were changed."""
        self._filling = True
        self.graebBox.checked, self.ivhBox.checked = graeb is not None, ivh is not None
        for name, box in self.graeb.items():
            box.value = (graeb or {}).get(name, 0)
            self.expanded[name].checked = name in expanded
        for name, box in self.ivh.items():
            box.value = (ivh or {}).get(name, 0)
        self._filling = False
        self._enable()

    def _number(self, limit: int):
        box = qt.QSpinBox()
        box.maximum = limit
        box.connect("valueChanged(int)", self._told)
        return box

    def _told(self, *ignored) -> None:
        if not self._filling:
            self._enable()
            self._onChanged()

    def _enable(self) -> None:
        for box in (*self.graeb.values(), *self.expanded.values()):
            box.enabled = self.graebBox.checked
        for box in self.ivh.values():
            box.enabled = self.ivhBox.checked


def _compartments() -> dict[str, str]:
    return {
        "fourth": _("Fourth ventricle"),
        "third": _("Third ventricle"),
        "left_lateral": _("Left lateral ventricle"),
        "right_lateral": _("Right lateral ventricle"),
        "left_occipital": _("Left occipital horn"),
        "right_occipital": _("Right occipital horn"),
        "left_temporal": _("Left temporal horn"),
        "right_temporal": _("Right temporal horn"),
    }


def _parts() -> dict[str, str]:
    return {
        "right": _("Right lateral ventricle (0 to 3):"),
        "left": _("Left lateral ventricle (0 to 3):"),
        "third": _("Third ventricle (0 or 1):"),
        "fourth": _("Fourth ventricle (0 or 1):"),
        "hydrocephalus": _("Hydrocephalus (0 or 1):"),
    }
