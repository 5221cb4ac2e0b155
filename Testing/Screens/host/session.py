"""What a test holds in its hand: open a module, look, click, answer, take a picture, close."""

import contextlib
import os
import sys
from pathlib import Path

from host import errors, leaks, packaging, strokes
from host.start import start


class Host:
    """One test's view of the running application."""

    def __init__(self):
        self.app = start()
        import slicer

        from host.pythonqt import modal

        self.slicer, self.scene = slicer, slicer.mrmlScene
        self.errors = errors.Errors()
        self.stroke = strokes.stroke
        self._modal, self._opened, self._translators, self._left = modal, [], [], []

    # Around a test

    def begin(self) -> None:
        """Start from an empty scene and a quiet application."""
        self._modal.reset()
        self._left = []
        packaging.reset()
        self.app.testing = self.app.windowless = False
        self.scene.Clear()
        self.window.resize(1400, 900)
        self.window.show()
        self._baseline = leaks.Baseline()
        self.errors.start()

    def end(self) -> list[str]:
        """Close everything; return what is wrong: errors in slots, nodes or observers left, a cursor that still waits."""
        for module in list(self._opened):
            self.close(module)
        self._clear()
        self.app._layoutManager.setLayout(self.slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self.app._layoutManager.forget(("Red", "Yellow", "Green"))
        for translator in self._translators:
            self.app._application.removeTranslator(translator)
        self.processEvents()
        found = [self.errors.report()] if self.errors.caught else []
        self.errors.stop()
        if self.app.overrideCursor() is not None:
            found.append("the wait cursor is still set")
            self.app.restoreOverrideCursor()
        self.errors.caught.clear()
        self.window.hide()
        return found + self._left + self._baseline.differences()

    def _clear(self) -> None:
        """Clear the scene, and remove the singletons of modules, which closing a scene keeps."""
        self.scene.Clear()
        for name in ("vtkMRMLScriptedModuleNode", "vtkMRMLSegmentEditorNode"):
            for node in self.slicer.util.getNodesByClass(name):
                self.scene.RemoveNode(node)

    # The window

    @property
    def window(self):
        """The main window."""
        return self.app._window

    def processEvents(self) -> None:
        """Let Qt deliver pending events."""
        self.app.processEvents()

    def press(self, keys: str) -> None:
        """Press keys, for example "Ctrl+N", with the main window in front."""
        from PySide6 import QtGui, QtTest

        self.window.activateWindow()
        self.processEvents()
        QtTest.QTest.keySequence(self.window, QtGui.QKeySequence(keys))
        self.processEvents()

    @contextlib.contextmanager
    def withoutMainWindow(self):
        """As with `--no-main-window`: no main window and no layout manager."""
        self.app.windowless = True
        try:
            yield
        finally:
            self.app.windowless = False

    # Modules

    def open(self, path):
        """Open a module file; return the object of its widget class."""
        from host.application import modules

        module = modules.load_scripted(str(path))
        self._opened.append(module)
        self.app.emit("startupCompleted()")
        if self.app.windowless:
            widget = module.widgetRepresentation().self()
        else:
            self.window.showModule(module)
            widget = module.widgetRepresentation().self()
        self.processEvents()
        return widget

    def leave(self) -> None:
        """Go to another module: `exit()` of the open one."""
        self.window.showModule(None)

    def enter(self, widget) -> None:
        """Come back to a module: `enter()`."""
        self.window.showModule(self.app.moduleManager().module(widget.moduleName))

    def close(self, module) -> None:
        """End a module as the application does when it ends, given its widget object or module."""
        from host.application.main_window import release

        module = self.app.moduleManager().module(getattr(module, "moduleName", None) or module.name)
        panel = module.widgetRepresentation()
        if self.window.moduleName() == module.name:
            self.window.showModule(None)
        self.app.moduleManager().unload(module)
        self._left += leaks.observations(panel.self())
        panel._python = None
        release(panel)
        module._panel = None
        self._opened.remove(module)

    # A person

    @property
    def dialogs(self):
        """Every dialog that a person would have seen: `kind`, `title`, `text`, `details`, `answer`."""
        return list(self._modal.shown)

    @property
    def answers(self) -> list:
        """What a person answers to the next dialogs."""
        return self._modal.answers

    @property
    def asked(self) -> list:
        """What was asked of `slicer.packaging.pip_ensure`: (requester, requirements)."""
        return list(packaging.asked)

    def refusePackages(self) -> None:
        """Answer no when packages are to be installed."""
        packaging.refusing = True

    def translate(self, *paths) -> None:
        """Speak the language of .ts files, for modules opened after this."""
        from host.i18n import FileTranslator

        translator = FileTranslator([str(path) for path in paths])
        self._translators.append(translator)
        self.app._application.installTranslator(translator)

    # The scene

    def closeScene(self) -> None:
        """File > Close Scene."""
        self.scene.Clear()
        self.processEvents()

    def reopenScene(self, path) -> None:
        """Save the scene as .mrb, close it, open it again."""
        assert self.slicer.util.saveScene(str(path)), f"could not save {path}"
        self.closeScene()
        self.slicer.util.loadScene(str(path))
        self.processEvents()

    # Pictures

    def pixels(self, view: str = "Red"):
        """Return the pixels of a slice view (rows, columns, 3)."""
        return self.app._layoutManager.sliceWidget(view).sliceView()._draw()

    def screenshot(self, path, whole: bool = True) -> Path:
        """Save a picture of the main window, or of the open module's panel alone."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.processEvents()
        self.app._layoutManager.drawAll()
        self.processEvents()
        panel = self.window._scroll.widget()
        picture = self.window.grab() if whole or panel is None else _trimmed(panel.grab())
        if not picture.save(str(path)):
            raise OSError(f"could not write {path}")
        return path


def _trimmed(picture):
    """The picture of a panel without the empty space at its end."""
    image = picture.toImage()
    rows = [bytes(image.constScanLine(y)) for y in range(image.height())]
    used = max((y for y, row in enumerate(rows) if row != rows[-1]), default=len(rows) - 1)
    return picture.copy(0, 0, picture.width(), min(used + 14, picture.height()))


def finish(code: int) -> None:
    """End the process at once: PySide6 and VTK may abort in the interpreter's own clean-up."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
