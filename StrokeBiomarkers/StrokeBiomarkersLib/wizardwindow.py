"""The window while a case is read: what could tell a reader who it is, or lead elsewhere, is put away and comes back afterwards.

What an application does not have is passed over: the parts differ between versions, and between Slicer and its stand-in.
"""

from contextlib import suppress
from pathlib import Path

import qt
import slicer

HIDDEN = ("*ToolBar", "HelpCollapsibleButton", "DataProbeCollapsibleWidget", "PythonConsoleDockWidget")
"""Parts of the main window, besides its menus, that show identity or lead out of the procedure."""

ABSENT = (AttributeError, RuntimeError)
TITLE = "StrokeBiomarkers"
CORNERS = 8


class ReadingWindow:
    """Puts parts of the main window away; does nothing where there is no window.

    Args:
        bar: widget that stays at the top of the window.
    """

    def __init__(self, bar):
        self._bar, self._dock, self._title, self._log = bar, None, None, ""
        self._hidden: list = []
        self._annotated = False

    @property
    def isOpen(self) -> bool:
        """True while a case is read."""
        return self._title is not None

    def enter(self, name: str, log: Path) -> None:
        """A case is read.

        Args:
            name: pseudonym, for the title of the window.
            log: file of the application's log meanwhile.
        """
        window = slicer.util.mainWindow()
        if window is None or self.isOpen:
            return
        self._title = window.windowTitle
        window.windowTitle = f"{TITLE} {name}"
        self._show(False)
        self._redirect(log)
        self._dock = qt.QDockWidget()
        self._dock.objectName = "StrokeWizardDock"
        self._dock.setFeatures(qt.QDockWidget.NoDockWidgetFeatures)
        self._dock.setTitleBarWidget(qt.QWidget())
        self._dock.setWidget(self._bar)
        window.addDockWidget(qt.Qt.TopDockWidgetArea, self._dock)
        self._bar.show()
        self._dock.show()

    def leave(self) -> None:
        """No case is read any more."""
        window = slicer.util.mainWindow()
        if window is None or not self.isOpen:
            return
        window.windowTitle, self._title = self._title, None
        self._bar.setParent(None)
        window.removeDockWidget(self._dock)
        self._dock.deleteLater()
        self._dock = None
        self._show(True)
        self._redirect(None)

    def clearCorners(self) -> None:
        """Take the corner annotations of all slice views away: Slicer writes patient, study and series into them."""
        manager = slicer.app.layoutManager()
        for name in manager.sliceViewNames() if manager is not None else ():
            corner = manager.sliceWidget(name).sliceView().cornerAnnotation()
            for number in range(CORNERS):
                corner.SetText(number, "")

    def _show(self, visible: bool) -> None:
        if visible:
            for widget in self._hidden:
                widget.visible = True
            self._hidden = []
        else:
            found = [widget for name in HIDDEN for widget in slicer.util.findChildren(name=name)]
            found.append(slicer.util.mainWindow().menuBar())
            self._hidden = [widget for widget in found if widget.visible]
            for widget in self._hidden:
                widget.visible = False
        with suppress(*ABSENT):
            self._annotate(slicer.modules.DataProbeInstance.infoWidget.sliceAnnotations, visible)
        if not visible:
            self.clearCorners()

    def _annotate(self, annotations, visible: bool) -> None:
        """Corner annotations off, or as the user had them: Slicer forgets its observers where they are off, and makes them with the corners."""
        if not visible:
            self._annotated = annotations.sliceViewAnnotationsEnabled
        annotations.sliceViewAnnotationsEnabled = visible and self._annotated
        if annotations.sliceViewAnnotationsEnabled:
            annotations.createCornerAnnotations()
        annotations.updateSliceViewFromGUI()

    def _redirect(self, log: Path | None) -> None:
        """Log of the application into the folder of the item, or back."""
        with suppress(*ABSENT):
            model = slicer.app.errorLogModel()
            if log is not None:
                self._log = model.filePath
            model.filePath = str(log) if log is not None else self._log
