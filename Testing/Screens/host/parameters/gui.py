"""Which widget may show which parameter, and what the annotation does to the widget.

As in Slicer: the class of the widget counts exactly (a QSpinBox takes an int only, a QToolButton nothing), limits, entries and node
classes come from the annotation whatever the .ui file says, and a slider without limits is refused.
"""

import enum
import inspect
import typing

import slicer

from host.parameters import annotations as notes
from host.parameters.containers import FloatRange
from host.parameters.kinds import PATHS, NodeKind, NoneKind, UnionKind, split

BIG = 2**31


class Binding:
    """One widget and how its value is read, written and heard of. `rule` is (read, write, name of the signal)."""

    def __init__(self, widget, read, write, signal):
        self.widget, self.read, self.write = widget, read, write
        self._signal, self._callback = signal, None

    def connect(self, callback):
        """Call a function when the widget changes."""
        self._callback = callback
        if self._signal:
            getattr(self.widget, self._signal).connect(callback)

    def disconnect(self):
        """Undo `connect`."""
        if self._signal and self._callback:
            getattr(self.widget, self._signal).disconnect(self._callback)
        self._callback = None


def connect_all(wrapper, mapping) -> dict:
    """Return {parameter name: Binding}; all names are checked first."""
    types = {name: wrapper.dataType(name) for name in mapping}
    return {name: bind(widget, types[name]) for name, widget in mapping.items()}


def bind(widget, annotation) -> Binding:
    """Return the binding of a widget to an annotated type; RuntimeError if Slicer has none."""
    base, extras = split(annotation)
    for make_binding in _MAKERS:
        found = make_binding(widget, base, extras)
        if found is not None:
            return found
    raise RuntimeError(f"Unable to create GUI connector from datatype '{annotation}' to widget type '{type(widget)}'")


def _attribute(widget, name, convert=lambda value: value):
    return lambda: convert(getattr(widget, name)), lambda value: setattr(widget, name, convert(value))


def _check(widget, base, extras):
    import ctk
    import qt

    if base is not bool or type(widget) not in (qt.QCheckBox, ctk.ctkCheckBox, qt.QPushButton):
        return None
    if type(widget) is qt.QPushButton:
        widget.checkable = True
        return Binding(widget, *_attribute(widget, "checked"), "toggled")
    return Binding(widget, *_attribute(widget, "checked"), "toggled")


def _limits(extras):
    within = notes.find(extras, notes.WithinRange)
    if within:
        return within.minimum, within.maximum
    low, high = notes.find(extras, notes.Minimum), notes.find(extras, notes.Maximum)
    return low.minimum if low else None, high.maximum if high else None


def _appearance(widget, extras, whole):
    decimals, step = notes.find(extras, notes.Decimals), notes.find(extras, notes.SingleStep)
    if whole:
        widget.decimals = 0
    elif decimals:
        widget.decimals = decimals.value
    if step:
        widget.singleStep = step.value


def _whole(widget, base, extras):
    import qt

    if base is not int or type(widget) not in (qt.QSlider, qt.QSpinBox):
        return None
    low, high = _limits(extras)
    if type(widget) is qt.QSlider and None in (low, high):
        raise RuntimeError("Cannot have a connection to QSlider where the int type is unbounded.")
    step = notes.find(extras, notes.SingleStep)
    if step:
        widget.singleStep = step.value
    widget.setRange(-BIG if low is None else low, BIG - 1 if high is None else high)
    return Binding(widget, *_attribute(widget, "value"), "valueChanged")


def _number(widget, base, extras):
    import ctk
    import qt

    sliders = (ctk.ctkSliderWidget, slicer.qMRMLSliderWidget)
    boxes = (qt.QDoubleSpinBox, ctk.ctkDoubleSpinBox, slicer.qMRMLSpinBox)
    if base not in (float, int) or type(widget) not in sliders + boxes:
        return None
    low, high = _limits(extras)
    if type(widget) in sliders and None in (low, high):
        raise RuntimeError("Cannot have a connection to ctkSliderWidget where the float types is unbounded.")
    _appearance(widget, extras, base is int)
    widget.minimum = float("-inf") if low is None else low
    widget.maximum = float("inf") if high is None else high
    return Binding(widget, *_attribute(widget, "value", base), "valueChanged")


def _entries(widget, base, extras):
    import ctk
    import qt

    if type(widget) not in (qt.QComboBox, ctk.ctkComboBox):
        return None
    if inspect.isclass(base) and issubclass(base, enum.Enum):
        values, label = list(base), getattr(base, "label", lambda one: one.name)
    elif base in (int, float, str, bool):
        choice = notes.find(extras, notes.Choice)
        if choice is None:
            raise RuntimeError("ComboBoxToStringableConnector requires the Choice annotation to be used.")
        values, label = list(choice.choices), str
    else:
        return None
    widget.clear()
    for value in values:
        widget.addItem(label(value))

    def write(value):
        if value not in values:
            raise ValueError(f"Unable to find value {value} in choices {values}")
        widget.currentIndex = values.index(value)

    return Binding(widget, lambda: values[widget.currentIndex], write, "currentIndexChanged")


def _text(widget, base, extras):
    import qt

    if base is not str:
        return None
    if type(widget) is qt.QLineEdit:
        read, write = _attribute(widget, "text")
        return Binding(widget, read, lambda value: value == widget.text or write(value), "textChanged")
    if type(widget) is qt.QLabel:
        return Binding(widget, *_attribute(widget, "text"), None)
    if type(widget) is qt.QTextEdit:
        return Binding(widget, widget.toPlainText, widget.setPlainText, "textChanged")
    return None


def _range(widget, base, extras):
    import ctk

    if base is not FloatRange or type(widget) not in (ctk.ctkRangeWidget, slicer.qMRMLRangeWidget):
        return None
    bounds = notes.find(extras, notes.RangeBounds)
    if bounds is None:
        raise RuntimeError(
            "Cannot have a connection to a range widget where the float is unbounded. Add a RangeBounds annotation."
        )
    _appearance(widget, extras, False)
    widget.setRange(bounds.minimum, bounds.maximum)
    read = lambda: FloatRange(widget.minimumValue, widget.maximumValue)  # noqa: E731
    return Binding(widget, read, lambda value: widget.setValues(value.minimum, value.maximum), "valuesChanged")


def _path(widget, base, extras):
    import ctk

    names = {
        ctk.ctkPathLineEdit: ("currentPath", "currentPathChanged"),
        ctk.ctkDirectoryButton: ("directory", "directoryChanged"),
    }
    if base not in PATHS or type(widget) not in names:
        return None
    attribute, signal = names[type(widget)]
    return Binding(
        widget, lambda: base(getattr(widget, attribute)), lambda value: setattr(widget, attribute, str(value)), signal
    )


def _node_classes(base):
    from host.parameters.kinds import make

    arguments = typing.get_args(base) or (base,)
    try:
        kinds = [make(argument) for argument in arguments]
    except NotImplementedError:
        return None
    if isinstance(make(base), NodeKind | UnionKind) and all(isinstance(kind, NodeKind | NoneKind) for kind in kinds):
        return [kind.base.__name__ for kind in kinds if isinstance(kind, NodeKind)]
    return None


def _node(widget, base, extras):
    if type(widget) is not slicer.qMRMLNodeComboBox:
        return None
    names = _node_classes(base)
    if not names:
        return None
    widget.nodeTypes = names
    return Binding(widget, widget.currentNode, widget.setCurrentNode, "currentNodeChanged")


_MAKERS = (_check, _whole, _number, _entries, _text, _range, _path, _node)
