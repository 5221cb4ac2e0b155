"""Infarct core on diffusion MR: proposal, candidates one by one, edits, signed record. For research only."""

import slicer
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


class StrokeDiffusionCore(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Stroke Diffusion Core")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Neuroimaging")]
        self.parent.dependencies = ["Segmentations", "SegmentEditor", "SubjectHierarchy"]
        self.parent.contributors = ["StrokeBiomarkers contributors"]
        self.parent.helpText = (
            _(
                "Measures the infarct core on DWI and ADC. The proposal is automatic; a reader accepts or leaves out every"
                " candidate, edits, and signs. For research only: not for diagnosis or treatment."
            )
            + self.getDefaultModuleDocumentationLink()
        )
        self.parent.acknowledgementText = _("See CITATION.cff for how to cite.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer generated patients with known truth in the Sample Data module."""
    from StrokeBiomarkersLib.sampledata import registerPatients

    registerPatients("StrokeDiffusionCore")


@parameterNodeWrapper
class StrokeDiffusionCoreParameterNode:
    """What a scene keeps: no path of a folder, which may name a patient."""

    dwi: vtkMRMLScalarVolumeNode
    b0: vtkMRMLScalarVolumeNode
    adc: vtkMRMLScalarVolumeNode
    reader: str
    addToDatabase: bool = False


class StrokeDiffusionCoreWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Shell around the panel: events of the application and of the scene."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = self.panel = None
        self._parameterNode = None
        self._parameterNodeGuiTag = None

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        from StrokeBiomarkersLib.corepanel import CorePanel

        uiWidget = slicer.util.loadUI(self.resourcePath("UI/StrokeDiffusionCore.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = StrokeDiffusionCoreLogic()
        self.panel = CorePanel(self.ui, self.logic.core, self.moduleName)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEndImport)
        self.addObserver(scene, scene.NodeRemovedEvent, self.onNodeRemoved)
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
        import sys

        for name in [name for name in sys.modules if name.split(".")[0] in ("strokequant", "StrokeBiomarkersLib")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class StrokeDiffusionCoreLogic(ScriptedLoadableModuleLogic):
    """Parameter node, and the reading itself in `core`."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        from StrokeBiomarkersLib.diffusioncore import DiffusionCore

        self.core = DiffusionCore()

    def getParameterNode(self):
        """Typed parameter node."""
        return StrokeDiffusionCoreParameterNode(super().getParameterNode())


class StrokeDiffusionCoreTest(ScriptedLoadableModuleTest):
    """Self-test on a generated patient."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run all."""
        self.setUp()
        self.test_measure()

    def test_measure(self):
        """The volume of a generated patient is near its truth, and the record is written."""
        from StrokeBiomarkersLib.selftest import measureGeneratedPatient

        measured, truth = measureGeneratedPatient(self.delayDisplay)
        self.assertAlmostEqual(measured, truth, delta=0.1 * truth)
