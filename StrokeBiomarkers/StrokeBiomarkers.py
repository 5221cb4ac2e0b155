"""Guided reading: cases of a trial or of a folder, step by step after a procedure, checked, recorded, signed. For research only."""

import sys

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from StrokeBiomarkersLib.modulewidget import RELOADED
from StrokeBiomarkersLib.translations import installTranslation


class StrokeBiomarkers(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        installTranslation()
        self.parent.title = _("Stroke Biomarkers: Guided Reading")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Neuroimaging")]
        self.parent.dependencies = ["StrokeDiffusionCore", "StrokePerfusionMismatch", "StrokeHemorrhageVolume"]
        self.parent.contributors = ["StrokeBiomarkers contributors"]
        self.parent.helpText = (
            _(
                "Guides a reader through a standard operating procedure: worklist, steps with their checks, the right module for"
                " every step, deviations with reasons, signature. Every edit is kept at once. For research only: not for"
                " diagnosis or treatment."
            )
            + self.getDefaultModuleDocumentationLink()
        )
        self.parent.acknowledgementText = _("See CITATION.cff for how to cite.")


class StrokeBiomarkersWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel of the guided reading."""

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = self.panel = None

    def setup(self):
        """Build the panel."""
        ScriptedLoadableModuleWidget.setup(self)
        from StrokeBiomarkersLib.wizardpanel import WizardPanel

        uiWidget = slicer.util.loadUI(self.resourcePath("UI/StrokeBiomarkers.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = StrokeBiomarkersLogic()
        self.panel = WizardPanel(self.ui)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)

    def cleanup(self):
        """The panel goes away; what was read is kept."""
        self.removeObservers()
        if self.panel is not None:
            self.panel.dispose()

    def enter(self):
        """The module is opened."""
        self.panel.enter()

    def exit(self):
        """Another module is opened, perhaps the one of a step."""
        self.panel.leave()

    def onSceneStartClose(self, caller, event):
        """The case is closed with the scene; every edit is kept already."""
        self.panel.sceneCloses()

    def onReload(self):
        """Load the library anew too: a reload of the module file alone would keep it."""
        self.cleanup()
        for name in [name for name in sys.modules if name.split(".")[0] in RELOADED]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)


class StrokeBiomarkersLogic(ScriptedLoadableModuleLogic):
    """Nothing is computed here: modules measure, the library walks the procedure."""

    def procedures(self):
        """Procedures that come with the library, by task."""
        from StrokeBiomarkersLib.wizardsources import procedures

        return procedures()


class StrokeBiomarkersTest(ScriptedLoadableModuleTest):
    """Self-test on a generated patient."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run all."""
        self.setUp()
        self.test_read()

    def test_read(self):
        """A generated patient is read from import to signature; the signed volume is near its truth."""
        from StrokeBiomarkersLib.selftest import readGeneratedPatient

        measured, truth = readGeneratedPatient(self.delayDisplay)
        self.assertAlmostEqual(measured, truth, delta=0.1 * truth)
