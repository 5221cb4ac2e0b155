"""`slicer.modules`, `slicer.app.moduleManager()`, and scripted modules as the application opens them."""

import importlib.util
import os
import sys
import types

import slicer
from PySide6 import QtWidgets

from host.widgets.base import qMRMLWidget, stored


class LogicModule:
    """A loadable module of which only the logic is here: `slicer.modules.volumes.logic()`."""

    def __init__(self, name, logic):
        self.name, self._logic, self.path = name, logic, ""

    def logic(self):
        """Return the module logic."""
        return self._logic

    def widgetRepresentation(self):
        """Return None: C++ panels are not in the host."""
        return None


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """The panel that the application gives to a scripted module; `self()` is the module's own widget object."""

    isEntered = stored(bool, "isEntered", False)

    def __init__(self, name, path):
        super().__init__()
        self._name, self._path, self._python = name, path, None
        QtWidgets.QVBoxLayout(self)
        self.setMRMLScene(slicer.mrmlScene)

    def self(self):
        """Return the object of the module's widget class."""
        return self._python

    def _create(self):
        self._python = getattr(sys.modules[self._name], f"{self._name}Widget")(self)
        setattr(slicer.modules, f"{self._name}Widget", self._python)
        self._python.setup()

    def reload(self):
        """Make the widget object anew from the reloaded file. As in Slicer, `enter` is not called."""
        self._create()

    def enter(self):
        """Open the module."""
        self.isEntered = True
        if hasattr(self._python, "enter"):
            self._python.enter()

    def exit(self):
        """Leave the module."""
        self.isEntered = False
        if hasattr(self._python, "exit"):
            self._python.exit()


class qSlicerScriptedLoadableModule:
    """A scripted module: what its file's module class fills in, and its panel."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.title = ""
        self.categories = self.contributors = self.dependencies = ()
        self.helpText = self.acknowledgementText = ""
        self.icon = None
        self.index = -1
        self.hidden = False
        self.widgetRepresentationCreationEnabled = True
        self._panel = None

    def logic(self):
        """Return None: a scripted module keeps its logic in its widget."""
        return None

    def widgetRepresentation(self):
        """Return the panel; the first time it is made and set up."""
        if self._panel is None:
            self._panel = qSlicerScriptedLoadableModuleWidget(self.name, self.path)
            self._panel._create()
        return self._panel


class ModuleManager:
    """Finds modules and tells when one goes. Its own factory manager, too."""

    _SIGNALS = ("moduleAboutToBeUnloaded(QString)", "moduleLoaded(QString)", "moduleUnloaded(QString)")

    def __init__(self):
        self._callbacks = {signal: [] for signal in self._SIGNALS}

    def module(self, name):
        """Return a module, or None."""
        return getattr(slicer.modules, name.lower(), None)

    def factoryManager(self):
        """Return what answers for the factory manager."""
        return self

    def loadedModuleNames(self):
        """Return the names of the modules."""
        return [
            one.name
            for one in vars(slicer.modules).values()
            if isinstance(one, LogicModule | qSlicerScriptedLoadableModule)
        ]

    modulesNames = loadedModuleNames

    def isLoaded(self, name):
        """Say whether there is such a module."""
        return self.module(name) is not None

    def connect(self, signal, callback):
        """Call a function with a module's name."""
        if signal not in self._callbacks:
            raise ValueError(f"the module manager of the host has no signal {signal!r}")
        self._callbacks[signal].append(callback)

    def disconnect(self, signal, callback):
        """Undo `connect`."""
        if callback in self._callbacks[signal]:
            self._callbacks[signal].remove(callback)

    def unload(self, module):
        """Close a scripted module as the application does when it ends."""
        for callback in list(self._callbacks["moduleAboutToBeUnloaded(QString)"]):
            callback(module.name)
        for name in (module.name.lower(), f"{module.name}Widget", f"{module.name}Instance"):
            vars(slicer.modules).pop(name, None)
        vars(slicer.moduleNames).pop(module.name, None)


def register(module) -> None:
    """Make a module available as `slicer.modules.<name in lower case>`."""
    setattr(slicer.modules, module.name.lower(), module)
    setattr(slicer.moduleNames, module.name, module.name)


def load_scripted(path: str) -> qSlicerScriptedLoadableModule:
    """Import a module file and make its module object, as the application does when it starts."""
    path = os.path.abspath(path)
    module = qSlicerScriptedLoadableModule(path)
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(module.name, path)
    sys.modules[module.name] = loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    register(module)
    setattr(slicer.modules, f"{module.name}Instance", getattr(loaded, module.name)(module))
    return module


def install() -> None:
    """Make the empty `slicer.modules` and the classes that `slicer.util` asks for."""
    slicer.modules = types.SimpleNamespace()
    slicer.moduleNames = types.SimpleNamespace()
    slicer.qSlicerScriptedLoadableModule = qSlicerScriptedLoadableModule
    slicer.qSlicerScriptedLoadableModuleWidget = qSlicerScriptedLoadableModuleWidget
