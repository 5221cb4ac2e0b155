"""The main window: the panel of the open module on the left, the views on the right, a status bar."""

from PySide6 import QtCore, QtWidgets

from host.widgets.base import SceneWidget


class ModuleSelector(QtCore.QObject):
    """What `slicer.util.selectModule` talks to."""

    def __init__(self, window):
        super().__init__(window)
        self._window = window

    def selectModule(self, name):
        """Leave the open module and enter another."""
        import slicer

        module = slicer.app.moduleManager().module(name)
        if module is None:
            raise RuntimeError(f"no module {name!r}")
        self._window.showModule(module)

    selectedModule = QtCore.Property(str, lambda self: self._window.moduleName())


class qSlicerMainWindow(QtWidgets.QMainWindow):
    """The window that `slicer.util.mainWindow()` returns."""

    _WIDTH = 430

    def __init__(self, layoutManager):
        super().__init__()
        self.setObjectName("qSlicerMainWindow")
        self.resize(1400, 900)
        self._module = None
        self._selector = ModuleSelector(self)
        self._scroll = QtWidgets.QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarAlwaysOff)
        self._scroll.setFixedWidth(self._WIDTH)
        center = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(center)
        row.setContentsMargins(2, 2, 2, 2)
        row.addWidget(self._scroll)
        row.addWidget(layoutManager.viewport(), 1)
        self.setCentralWidget(center)
        self.statusBar()

    def moduleSelector(self):
        """Return the module selector."""
        return self._selector

    def moduleName(self):
        """Return the name of the open module, or an empty text."""
        return self._module.name if self._module else ""

    def showModule(self, module):
        """Leave the open module and enter another, or none."""
        if module is self._module:
            return
        if self._module is not None:
            self._module.widgetRepresentation().exit()
            self._scroll.takeWidget()
        self._module = module
        if module is not None:
            panel = module.widgetRepresentation()
            self._scroll.setWidget(panel)
            panel.show()
            panel.enter()


def release(panel) -> None:
    """Take the scene from a panel's widgets, so that none of them listens any more, and delete it."""
    import shiboken6

    for widget in [*panel.findChildren(QtWidgets.QWidget), panel]:
        if isinstance(widget, SceneWidget):
            widget.blockSignals(True)
            widget.setMRMLScene(None)
    shiboken6.delete(panel)
