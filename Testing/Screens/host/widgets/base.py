"""What the stand-in widgets share: stored properties, a scene, observers that die with the widget."""

import typing
import weakref

import shiboken6
from PySide6 import QtWidgets
from PySide6.QtCore import Property, Signal


def stored(qtype, name: str, default=None, changed: str | None = None) -> Property:
    """Return a Qt property kept in the instance; `changed` names a method to call after a write."""
    key = "_stored_" + name

    def read(self):
        return self.__dict__.get(key, default)

    def write(self, value):
        self.__dict__[key] = value
        if changed:
            getattr(self, changed)()

    return Property(qtype, read, write)


class Observers:
    """The observers of one widget on VTK objects. They hold the widget weakly and remove themselves once it is gone."""

    every: typing.ClassVar = weakref.WeakSet()

    def __init__(self, widget):
        self._widget = weakref.ref(widget)
        self._tags = []
        Observers.every.add(self)

    def observe(self, subject, event, method: str) -> None:
        """Call `widget.method(caller, event)` on an event."""

        def forward(caller, name):
            widget = self._widget()
            if widget is None or not shiboken6.isValid(widget):
                self.clear()
            else:
                getattr(widget, method)(caller, name)

        self._tags.append((subject, subject.AddObserver(event, forward)))

    def clear(self) -> None:
        """Remove all observers."""
        tags, self._tags = self._tags, []
        for subject, tag in tags:
            subject.RemoveObserver(tag)

    @classmethod
    def sweep(cls) -> None:
        """Remove the observers of widgets that are gone: in C++ they go with the widget."""
        for observers in list(cls.every):
            widget = observers._widget()
            if widget is None or not shiboken6.isValid(widget):
                observers.clear()


class SceneWidget:
    """Mixin of all qMRML widgets: a scene, and a hook when it changes."""

    _scene = None

    def mrmlScene(self):
        """Return the scene."""
        return self._scene

    def setMRMLScene(self, scene):
        """Set the scene."""
        self._scene = scene
        self._onScene()

    def _onScene(self):
        """React to a new scene."""


class qMRMLWidget(SceneWidget, QtWidgets.QWidget):
    """The root of a .ui file; hands the scene on to the widgets inside."""

    mrmlSceneChanged = Signal(object)
    cppSignals = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged"}  # noqa: RUF012

    def __init__(self, parent=None):
        super().__init__(parent)

    def _onScene(self):
        self.mrmlSceneChanged.emit(self._scene)


class qSlicerWidget(qMRMLWidget):
    """The other root that .ui files use."""
