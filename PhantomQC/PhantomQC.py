"""Phantom scans: regions found and corrected, numbers against limits, verdict on the scanner, history. For research only."""

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)

from PhantomQCLib.library import readingModuleWidget


class PhantomQC(ScriptedLoadableModule):
    """The module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        from StrokeBiomarkersLib.translations import installTranslation

        installTranslation()
        self.parent.title = _("Phantom QC")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = ["Segmentations", "SubjectHierarchy", "Markups"]
        self.parent.contributors = ["StrokeBiomarkers contributors"]
        self.parent.helpText = (
            _(
                "Says from the scan of a phantom whether the numbers of a scanner count. Vials and inserts are found and labeled;"
                " a person moves or relabels a region; every number stands against its limit with the source of the limit; a"
                " signed session enters the history of the scanner, with control charts. For research only: not for diagnosis or"
                " treatment."
            )
            + self.getDefaultModuleDocumentationLink()
        )
        self.parent.acknowledgementText = _("See CITATION.cff for how to cite.")


@parameterNodeWrapper
class PhantomQCParameterNode:
    """What a scene keeps: no path of a folder, and no fact of a session, which is asked for every time."""

    reader: str


class PhantomQCWidget(readingModuleWidget()):
    """The panel of the phantom."""

    def makeLogic(self):
        """Parameter node and session."""
        return PhantomQCLogic()

    def makePanel(self, ui, core):
        """Session, phantom, facts, regions, limits, history, record."""
        from PhantomQCLib.phantompanel import PhantomPanel

        return PhantomPanel(ui, core)


class PhantomQCLogic(ScriptedLoadableModuleLogic):
    """Parameter node, and the session itself in `core`."""

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        from PhantomQCLib.phantomreading import PhantomReading

        self.core = PhantomReading()

    def getParameterNode(self):
        """Typed parameter node."""
        return PhantomQCParameterNode(super().getParameterNode())


class PhantomQCTest(ScriptedLoadableModuleTest):
    """Self-test on a generated phantom."""

    def setUp(self):
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run all."""
        self.setUp()
        self.test_measure()

    def test_measure(self):
        """The center of a generated phantom reads its true ADC, and the record is written."""
        from PhantomQCLib.selftest import measureGeneratedPhantom

        measured, truth = measureGeneratedPhantom(self.delayDisplay)
        self.assertAlmostEqual(measured, truth, delta=0.005 * truth)
