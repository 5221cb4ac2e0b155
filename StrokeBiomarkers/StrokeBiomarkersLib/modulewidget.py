"""Shell between Slicer and the panel of a reading: events of the application and of the scene. The same for every module."""

import sys
from typing import TYPE_CHECKING

import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

if TYPE_CHECKING:  # a module is imported when Slicer starts: the library waits until the module is opened
    from .readingpanel import ReadingPanel

RELOADED = ("strokequant", "StrokeBiomarkersLib", "PhantomQCLib")


class ReadingModuleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Widget of a module whose interface is `UI/<module>.ui`; a module says which logic and panel it has."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = self.panel = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None

    def makeLogic(self):
        """Logic with `getParameterNode()` and the reading in `core`."""
        raise NotImplementedError

    def makePanel(self, ui, core) -> "ReadingPanel":
        """Panel of the reading."""
        raise NotImplementedError

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath(f"UI/{self.moduleName}.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = self.makeLogic()
        self.panel = self.makePanel(self.ui, self.logic.core)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(scene, scene.NodeRemovedEvent, self.onNodeRemoved)
        self.addObserver(scene, scene.StartSaveEvent, self.onSceneStartSave)
        self.initializeParameterNode()

    def cleanup(self):
        """The panel goes away."""
        self.setParameterNode(None)
        self.removeObservers()
        if self.panel is not None:
            self.panel.dispose()

    def enter(self):
        """The module is opened."""
        self.initializeParameterNode()
        self.panel.enter()

    def exit(self):
        """Another module is opened."""
        self.setParameterNode(None)
        self.panel.leave()

    def onSceneStartClose(self, caller, event):
        """Let go of all nodes."""
        self.setParameterNode(None)
        self.panel.sceneCloses()

    def onSceneEndClose(self, caller, event):
        """Start anew."""
        self.panel.sceneClosed()
        if self.parent.isEntered:
            self.initializeParameterNode()

    def onSceneEndImport(self, caller, event):
        """Show what was restored: selectors know no node before the end of an import."""
        if self.parent.isEntered:
            self.initializeParameterNode()
            self.panel.resume()

    def onSceneStartSave(self, caller, event):
        """The scene file is about to be written."""
        self.panel.sceneSaves()

    def onNodeRemoved(self, caller, event):
        """Perhaps one of the reading."""
        if not slicer.mrmlScene.IsClosing():
            self.panel.nodeRemoved()

    def initializeParameterNode(self):
        """Take the parameter node."""
        self.setParameterNode(self.logic.getParameterNode())

    def setParameterNode(self, parameterNode):
        """Bind a parameter node, or none."""
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._parameterNodeGuiTag)
        self._parameterNode = parameterNode
        if self._parameterNode:
            self._parameterNodeGuiTag = self._parameterNode.connectGui(self.ui)

    def onReload(self):
        """Load the library anew too: a reload of the module file alone would keep it."""
        for name in [name for name in sys.modules if name.split(".")[0] in RELOADED]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)
