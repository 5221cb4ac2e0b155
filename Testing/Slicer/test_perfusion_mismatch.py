"""The perfusion module inside a running Slicer 5.12: the cases of the screen tests, without the stand-in host.

Run by ctest (see Testing/CMakeLists.txt), or with all others by run_tests.py.
"""

import sys
import tempfile
import unittest
from pathlib import Path

import slicer

SHARED = Path(__file__).resolve().parents[1] / "Screens"


class test_perfusion_mismatch(unittest.TestCase):
    """Named as the file: Slicer's test driver takes the class by the name of the script."""

    def setUp(self):
        if str(SHARED) not in sys.path:
            sys.path.insert(0, str(SHARED))
        import perfusion_cases

        self.cases = perfusion_cases
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("StrokePerfusionMismatch")
        self.panel = slicer.util.getModuleWidget("StrokePerfusionMismatch").panel

    def tearDown(self):
        slicer.mrmlScene.Clear()
        self.panel.core.close()
        self.panel.refresh()
        self._folder.cleanup()

    def measure(self):
        self.cases.openAndCompute(self.panel, self.cases.patientFolder(self.folder, "ctp"))
        self.assertTrue(self.panel.core.isMeasured(), self.panel.ui.statusLabel.text)

    def test_an_artery_is_chosen_and_dragged_and_all_places_agree(self):
        """Candidate, point, side, record: the volume is the same on screen, in record, table, scene and SEG."""
        self.measure()
        core = self.panel.core
        before = core.live().volume
        self.cases.useCandidate(self.panel, "aif", 2)
        self.assertEqual(core.answers.aif_candidate, 2)
        self.cases.dragArtery(self.panel, core.record.perfusion.vessels.aif_candidates[2].center_lps)
        self.assertIsNotNone(core.answers.aif_lps)
        self.assertNotEqual(core.live().volume, before)
        self.panel.ui.sideBox.setCurrentIndex(2)
        out = self.folder / "out"
        self.cases.sign(self.panel, out)
        volumes = self.cases.volumesOf(self.panel, out)
        for place, volume in volumes.items():
            self.assertAlmostEqual(volume, volumes["live"], places=4, msg=place)

    def test_the_chart_is_in_the_plot_view(self):
        self.measure()
        view = slicer.mrmlScene.GetSingletonNode("StrokeCurves", "vtkMRMLPlotViewNode")
        self.assertEqual(view.GetPlotChartNodeID(), self.panel.core.curves.chart.GetID())

    def test_a_saved_reading_goes_on(self):
        """Artery and numbers of a scene that was saved, closed and opened again; then the artery is moved again."""
        self.measure()
        self.cases.useCandidate(self.panel, "aif", 2)
        before = self.panel.core.live().volume, self.panel.core.answers
        path = str(self.folder / "reading.mrb")
        self.assertTrue(slicer.util.saveScene(path))
        slicer.mrmlScene.Clear()
        slicer.util.loadScene(path)
        slicer.app.processEvents()
        self.assertEqual((self.panel.core.live().volume, self.panel.core.answers), before)
        self.panel.onVessel("aif", 0)
        self.assertEqual(self.panel.core.answers.aif_candidate, 0)

    def test_closing_the_scene_starts_anew(self):
        self.measure()
        slicer.mrmlScene.Clear()
        self.assertFalse(self.panel.core.isMeasured())
        self.assertTrue(self.panel.ui.computeButton.enabled)
