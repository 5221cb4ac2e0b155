"""QUiLoader: .ui files with the stand-in widgets. A widget, signal or slot that the host does not know is an error, not a blank."""

import inspect
import xml.etree.ElementTree as ElementTree

from PySide6 import QtCore, QtUiTools, QtWidgets
from PySide6.QtCore import QObject

from host.pythonqt import attributes, signals


def _custom_classes():
    import ctk
    import slicer

    for namespace in (ctk, slicer):
        for cls in list(vars(namespace).values()):
            if inspect.isclass(cls) and issubclass(cls, QtWidgets.QWidget):
                yield cls


def _named(root, name):
    found = root if root.objectName == name else root.findChild(QObject, name)
    if found is None:
        raise ValueError(f"a connection of the .ui file names {name!r}, which is not there")
    return found


def _take_connections(tree):
    """Remove the connections from the tree and return them: Qt would not find the signals of the stand-ins, and would not say so."""
    element = tree.find("connections")
    if element is None:
        return []
    tree.remove(element)
    return [tuple(one.findtext(key) for key in ("sender", "signal", "receiver", "slot")) for one in element]


def _unknown_properties(tree, classes):
    """Return "widget.property" for what a stand-in does not have: Designer's typos would be dynamic properties."""
    wrong = []
    for widget in tree.iter("widget"):
        cls = classes.get(widget.get("class"))
        for one in widget.findall("property") if cls else []:
            if one.get("stdset") != "0" and cls.staticMetaObject.indexOfProperty(one.get("name")) < 0:
                wrong.append(f"{widget.get('name')}.{one.get('name')}")
    return wrong


class QUiLoader(QtUiTools.QUiLoader):
    """Loads .ui files with the stand-in widgets and wires their connections."""

    def __init__(self, *args):
        super().__init__(*args)
        self._classes = {cls.__name__: cls for cls in _custom_classes()}
        self._failures = []

    def createWidget(self, className, parent=None, name=""):
        """Make one widget; Qt's loader asks for each."""
        if className not in self._classes:
            return super().createWidget(className, parent, name)
        try:
            widget = self._classes[className](parent)
            widget.setObjectName(name)
            return widget
        except Exception as failure:  # would be printed, and the widget replaced by an empty one
            self._failures.append(failure)
            return QtWidgets.QWidget(parent)

    def load(self, device, parent=None):
        """Return the root widget of an open QFile."""
        tree = ElementTree.fromstring(bytes(device.readAll().data()))
        self._check(device.fileName(), tree)
        connections = _take_connections(tree)
        buffer = QtCore.QBuffer()
        buffer.setData(ElementTree.tostring(tree))
        buffer.open(QtCore.QIODevice.ReadOnly)
        self.setWorkingDirectory(QtCore.QFileInfo(device.fileName()).dir())
        with attributes.loading():
            root = super().load(buffer, parent)
        if self._failures:
            raise self._failures[0]
        for sender, signal, receiver, slot in connections:
            bound, _ = signals.find_signal(_named(root, sender), signal)
            bound.connect(getattr(_named(root, receiver), slot.partition("(")[0]))
        return root

    def _check(self, fileName, tree):
        names = {element.text for element in tree.iterfind("customwidgets/customwidget/class")}
        names |= {
            one.get("class") for one in tree.iter("widget") if one.get("class").startswith(("ctk", "qMRML", "qSlicer"))
        }
        missing = sorted(names - set(self._classes))
        if missing:
            raise NotImplementedError(f"{fileName}: the host has no stand-in for {', '.join(missing)}")
        wrong = _unknown_properties(tree, self._classes)
        if wrong:
            raise NotImplementedError(f"{fileName}: the stand-ins have no property for {', '.join(wrong)}")
