"""Hemorrhage on plain CT: proposal, clicks into clots, edits, location, midline, growth, signed record. For research only."""

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


class StrokeHemorrhageVolume(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        installTranslation()
        self.parent.title = _("Stroke Hemorrhage Volume")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Neuroimaging")]
        self.parent.dependencies = ["Segmentations", "SegmentEditor", "SubjectHierarchy", "Markups"]
        self.parent.contributors = ["StrokeBiomarkers contributors"]
        self.parent.helpText = (
            _(
                "Measures hemorrhage on plain CT. The proposal is automatic; one click outlines a clot; a reader accepts or leaves"
                " out every clot, decides what it is in, edits, compares with an earlier record, and signs. For research only:"
                " not for diagnosis or treatment."
            )
            + self.getDefaultModuleDocumentationLink()
        )
        self.parent.acknowledgementText = _("See CITATION.cff for how to cite.")
        slicer.app.connect("startupCompleted()", registerSampleData)


def registerSampleData():
    """Offer generated patients with known truth in the Sample Data module."""
    from StrokeBiomarkersLib.sampledata import registerPatients

    registerPatients("StrokeHemorrhageVolume")


@parameterNodeWrapper
class StrokeHemorrhageVolumeParameterNode:
    """What a scene keeps: no path of a folder, which may name a patient."""

    ct: vtkMRMLScalarVolumeNode
    reader: str
    addToDatabase: bool = False


class StrokeHemorrhageVolumeWidget(ReadingModuleWidget):
    """The panel of the hemorrhage."""

    def makeLogic(self):
        """Parameter node and reading."""
        return StrokeHemorrhageVolumeLogic()

    def makePanel(self, ui, core):
        """Candidates, clicks, kinds of blood, landmarks, growth, record."""
        from StrokeBiomarkersLib.hemorrhagepanel import HemorrhagePanel

        return HemorrhagePanel(ui, core)


class StrokeHemorrhageVolumeLogic(ScriptedLoadableModuleLogic):
    """Parameter node, and the reading itself in `core`."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        from StrokeBiomarkersLib.hemorrhagevolume import HemorrhageVolume

        self.core = HemorrhageVolume()

    def getParameterNode(self):
        """Typed parameter node."""
        return StrokeHemorrhageVolumeParameterNode(super().getParameterNode())


class StrokeHemorrhageVolumeTest(ScriptedLoadableModuleTest):
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
        from StrokeBiomarkersLib.selftest import measureGeneratedHemorrhage

        measured, truth = measureGeneratedHemorrhage(self.delayDisplay)
        self.assertAlmostEqual(measured, truth, delta=0.1 * truth)
