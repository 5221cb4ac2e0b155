"""Perfusion mismatch on DSC-MR and CT: artery and vein, maps, hypoperfusion, core, trial criteria, signed record. For research only."""

from typing import Union

import slicer
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSequenceNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from StrokeBiomarkersLib.modulewidget import ReadingModuleWidget
from StrokeBiomarkersLib.translations import installTranslation


class StrokePerfusionMismatch(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        installTranslation()
        self.parent.title = _("Stroke Perfusion Mismatch")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Neuroimaging")]
        self.parent.dependencies = ["Segmentations", "SegmentEditor", "SubjectHierarchy", "Markups", "Plots"]
        self.parent.contributors = ["StrokeBiomarkers contributors"]
        self.parent.helpText = (
            _(
                "Measures hypoperfusion, core and mismatch on DSC-MR and CT perfusion. Artery, vein and lesions are proposed;"
                " a reader moves the artery, accepts or leaves out every candidate, edits, and signs. For research only: not for"
                " diagnosis or treatment."
            )
            + self.getDefaultModuleDocumentationLink()
        )
        self.parent.acknowledgementText = _("See CITATION.cff for how to cite.")


@parameterNodeWrapper
class StrokePerfusionMismatchParameterNode:
    """What a scene keeps: no path of a folder, which may name a patient."""

    perfusion: Union[vtkMRMLSequenceNode, vtkMRMLScalarVolumeNode, None]  # noqa: UP007 - Slicer's wrapper knows no X | Y
    dwi: vtkMRMLScalarVolumeNode
    b0: vtkMRMLScalarVolumeNode
    adc: vtkMRMLScalarVolumeNode
    reader: str
    addToDatabase: bool = False


class StrokePerfusionMismatchWidget(ReadingModuleWidget):
    """The panel of the mismatch."""

    def makeLogic(self):
        """Parameter node and reading."""
        return StrokePerfusionMismatchLogic()

    def makePanel(self, ui, core):
        """Vessels, maps, candidates, criteria, record."""
        from StrokeBiomarkersLib.perfusionpanel import PerfusionPanel

        return PerfusionPanel(ui, core)


class StrokePerfusionMismatchLogic(ScriptedLoadableModuleLogic):
    """Parameter node, and the reading itself in `core`."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        from StrokeBiomarkersLib.perfusionmismatch import PerfusionMismatch

        self.core = PerfusionMismatch(title=_("Curves"))

    def getParameterNode(self):
        """Typed parameter node."""
        return StrokePerfusionMismatchParameterNode(super().getParameterNode())


class StrokePerfusionMismatchTest(ScriptedLoadableModuleTest):
    """Self-test on a generated patient."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run all."""
        self.setUp()
        self.test_measure()

    def test_measure(self):
        """The hypoperfused volume of a generated patient is near its truth, and the record is written."""
        from StrokeBiomarkersLib.selftest import measureGeneratedPerfusion

        measured, truth = measureGeneratedPerfusion(self.delayDisplay)
        self.assertAlmostEqual(measured, truth, delta=0.12 * truth)
