"""The module `qt` that scripted modules import, and the changes to PySide6 that it needs."""

import sys
import types

from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets
from PySide6.QtCore import QObject

from host.pythonqt import attributes, modal, signals

NOT_IN_PYTHONQT = {"Signal", "Slot", "Property", "SignalInstance", "ClassInfo"}


def _qt():
    qt = types.ModuleType("qt")
    for module in (QtCore, QtGui, QtWidgets, QtUiTools):
        for name in dir(module):
            if not name.startswith("__") and name not in NOT_IN_PYTHONQT:
                setattr(qt, name, getattr(module, name))
    return qt


def _patch():
    classes = attributes.qobject_classes()
    for cls in classes:
        attributes.add_properties(cls)
    original = QObject.__getattribute__

    def lookup(self, name):  # `connect` is both static and bound in PySide6: a class attribute would be ignored
        if name == "connect":
            return types.MethodType(signals.connect, self)
        if name == "disconnect":
            return types.MethodType(signals.disconnect, self)
        return original(self, name)

    QObject.__getattribute__ = lookup
    QObject.className = lambda self: self.metaObject().className()
    QObject.name = property(lambda self: self.objectName, lambda self, value: self.setObjectName(value))
    QObject.delete = lambda self: self.deleteLater()
    for cls in classes:  # not inherited through the types of PySide6
        cls.__setattr__ = attributes.assign


def install() -> types.ModuleType:
    """Change PySide6 and make `import qt` work; once in a process. Return the module."""
    if "qt" not in sys.modules:
        _patch()
        sys.modules["qt"] = _qt()
        modal.install(sys.modules["qt"])
    return sys.modules["qt"]
