"""`slicer.app`. An attribute that is not here raises: better than a mock that agrees to everything."""

import sys
import tempfile

import slicer
from PySide6 import QtCore, QtWidgets

from host.application import hierarchy, logics, modules
from host.application.io_manager import IOManager
from host.application.layout_manager import LayoutManager
from host.application.main_window import qSlicerMainWindow


class App:
    """The application object."""

    applicationName = "Slicer"
    applicationVersion = "5.12.3"
    majorVersion, minorVersion = 5, 12
    documentationBaseUrl = ""
    _SIGNALS = ("startupCompleted()", "aboutToQuit()", "lastWindowClosed()")

    def __init__(self):
        self._application = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["host"])
        self.temporaryPath = tempfile.mkdtemp(prefix="slicer_host_")
        self.slicerHome = self.temporaryPath
        self._isolateSettings()
        self._callbacks = {signal: [] for signal in self._SIGNALS}
        self.testing = False
        self.windowless = False
        self._scene = slicer.mrmlScene = slicer.vtkMRMLScene()
        modules.install()
        self._logic = logics.application_logic(self._scene)
        for name, logic in logics.module_logics(self._scene, self._logic).items():
            modules.register(modules.LogicModule(name, logic))
        self._dataIO = logics.data_io(self._scene, self._logic, self.temporaryPath)
        logics.prepare_scene(self._scene)
        self._hierarchy = hierarchy.HierarchyUpkeep(self._scene)
        self._io, self._moduleManager = IOManager(self), modules.ModuleManager()
        self._layoutManager = LayoutManager(self._logic, self._scene)
        self._window = qSlicerMainWindow(self._layoutManager)

    def __getattr__(self, name):
        raise AttributeError(f"slicer.app.{name} is not provided by the host")

    def _isolateSettings(self):
        """Keep the settings in the temporary folder: never those of the person who runs the tests."""
        QtCore.QCoreApplication.setOrganizationName("SlicerHost")
        QtCore.QCoreApplication.setApplicationName("Slicer")
        QtCore.QSettings.setDefaultFormat(QtCore.QSettings.IniFormat)
        QtCore.QSettings.setPath(QtCore.QSettings.IniFormat, QtCore.QSettings.UserScope, self.temporaryPath)

    def mrmlScene(self):
        """Return the scene."""
        return self._scene

    def applicationLogic(self):
        """Return the vtkSlicerApplicationLogic."""
        return self._logic

    def coreIOManager(self):
        """Return the IO manager."""
        return self._io

    ioManager = coreIOManager

    def moduleManager(self):
        """Return the module manager."""
        return self._moduleManager

    def layoutManager(self):
        """Return the layout manager; None without a main window."""
        return None if self.windowless else self._layoutManager

    def topLevelWidgets(self):
        """Return the top level widgets; `slicer.util.mainWindow()` looks for the main window among them."""
        every = self._application.topLevelWidgets()
        return [one for one in every if not (self.windowless and one is self._window)]

    def testingEnabled(self):
        """Say whether Slicer runs with `--testing`: then message boxes are skipped."""
        return self.testing

    def settings(self):
        """Return the settings, kept in the temporary folder."""
        return QtCore.QSettings()

    userSettings = settings

    @property
    def applicationLocaleName(self):
        """Language of the application, as the settings say it."""
        return self.settings().value("language", "en_US")

    def translate(self, context, text):
        """Return a text in the language of the application."""
        return QtCore.QCoreApplication.translate(context, text)

    def moduleDocumentationUrl(self, moduleName):
        """Return no address."""
        return ""

    def connect(self, signal, callback):
        """Call a function on a signal of the application."""
        if signal not in self._callbacks:
            raise ValueError(f"slicer.app of the host has no signal {signal!r}")
        self._callbacks[signal].append(callback)

    def disconnect(self, signal, callback):
        """Undo `connect`."""
        self._callbacks[signal].remove(callback)

    def emit(self, signal):
        """Call and forget the functions that wait for a signal. Not in Slicer."""
        callbacks, self._callbacks[signal] = self._callbacks[signal], []
        for callback in callbacks:
            callback()

    def showVolume(self, node):
        """Show a volume that was loaded, in all slice views."""
        selection = self._logic.GetSelectionNode()
        selection.SetActiveVolumeID(node.GetID())
        self._logic.PropagateVolumeSelection(0)
        self._layoutManager.resetSliceViews()

    def processEvents(self, *flags):
        """Let Qt deliver pending events. An error in a timer is reported, not raised here: so it is in PythonQt."""
        try:
            self._application.processEvents()
        except Exception:
            sys.excepthook(*sys.exc_info())

    def pauseRender(self):
        """Do nothing: views draw only when asked."""

    def resumeRender(self):
        """Do nothing: views draw only when asked."""

    def setRenderPaused(self, paused):
        """Do nothing: views draw only when asked."""

    def setOverrideCursor(self, cursor):
        """Show another cursor."""
        self._application.setOverrideCursor(cursor)

    def restoreOverrideCursor(self):
        """Show the cursor from before."""
        self._application.restoreOverrideCursor()

    def overrideCursor(self):
        """Return the cursor set, or None."""
        return self._application.overrideCursor()

    def clipboard(self):
        """Return the clipboard."""
        return self._application.clipboard()

    def keyboardModifiers(self):
        """Return the modifier keys that are held."""
        return self._application.keyboardModifiers()


def add_module_aliases() -> None:
    """Offer the compiled modules of the wheel under the names that they have inside Slicer, for example `vtkITK`."""
    for fullName, module in list(sys.modules.items()):
        if fullName.startswith(("slicer_core.vtk", "slicer_core.MRML")):
            name = fullName.rpartition(".")[2]
            sys.modules.setdefault(name, module)
            sys.modules.setdefault(name + "Python", module)
