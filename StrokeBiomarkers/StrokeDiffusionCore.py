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
)

from StrokeBiomarkersLib.modulewidget import ReadingModuleWidget
from StrokeBiomarkersLib.translations import installTranslation


class StrokeDiffusionCore(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        installTranslation()
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


class StrokeDiffusionCoreWidget(ReadingModuleWidget):
    """The panel of the core."""

    def makeLogic(self):
        """Parameter node and reading."""
        return StrokeDiffusionCoreLogic()

    def makePanel(self, ui, core):
        """Candidates one by one, edits, record."""
        from StrokeBiomarkersLib.corepanel import CorePanel

        return CorePanel(ui, core)


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
