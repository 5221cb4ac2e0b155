"""Images of the scene that a reader chooses, and the fields for what they do not say themselves."""

from slicer.i18n import tr as _

from .imageinput import Answers, Images

UNITS = ("mm2/s", "1e-3 mm2/s", "1e-6 mm2/s")
KINDS = ("dsc", "ctp")


class ImageForm:
    """Selectors and fields of a .ui file; one that a module has no widget for stays empty.

    Args:
        ui: widgets by name: dwiSelector, b0Selector, adcSelector, bValueEdit, adcUnitBox; perfusionSelector, kindBox.
    """

    def __init__(self, ui):
        self._ui = ui
        for word in (_("unknown"), *UNITS):
            ui.adcUnitBox.addItem(word)
        self._hasFrames = hasattr(ui, "kindBox")
        for word in (_("unknown"), _("DSC perfusion"), _("CT perfusion")) if self._hasFrames else ():
            ui.kindBox.addItem(word)

    def images(self) -> Images:
        """Nodes that are chosen."""
        ui = self._ui
        still = (selector.currentNode() for selector in (ui.dwiSelector, ui.b0Selector, ui.adcSelector))
        return Images(*still, perfusion=ui.perfusionSelector.currentNode() if self._hasFrames else None)

    def answers(self) -> Answers:
        """What was stated; what is no number is no answer."""
        ui = self._ui
        unit = ui.adcUnitBox.currentIndex
        kind = ui.kindBox.currentIndex if self._hasFrames else 0
        return Answers(
            numberOf(ui.bValueEdit.text), UNITS[unit - 1] if unit > 0 else "", KINDS[kind - 1] if kind > 0 else ""
        )


def numberOf(text: str) -> float | None:
    """A number as people write it; None where it is none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def positiveOf(text: str) -> float | None:
    """A number above 0; None for an empty text.

    Raises:
        ValueError: for anything else.
    """
    if not text.strip():
        return None
    number = numberOf(text)
    if number is None or not 0 < number < float("inf"):
        raise ValueError(text)
    return number


def timesOf(text: str) -> float | tuple[float, ...] | None:
    """Step between frames, or the time of every frame with blanks between, in s; None for an empty text.

    Raises:
        ValueError: for anything else; whether times rise and are as many as frames is for the library to say.
    """
    words = text.split()
    if len(words) <= 1:
        return positiveOf(text)
    return tuple(float(word.replace(",", ".")) for word in words)
