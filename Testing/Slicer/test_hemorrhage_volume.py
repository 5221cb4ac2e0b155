"""The hemorrhage module inside a running Slicer 5.12: the cases of the screen tests, without the stand-in host.

Run by ctest (see Testing/CMakeLists.txt), or with all others by run_tests.py.
"""

import sys
import tempfile
import unittest
from pathlib import Path

import slicer

SHARED = Path(__file__).resolve().parents[1] / "Screens"


class test_hemorrhage_volume(unittest.TestCase):
    """Named as the file: Slicer's test driver takes the class by the name of the script."""

    def setUp(self):
        if str(SHARED) not in sys.path:
            sys.path.insert(0, str(SHARED))
        import hemorrhage_cases

        self.cases = hemorrhage_cases
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("StrokeHemorrhageVolume")
        self.panel = slicer.util.getModuleWidget("StrokeHemorrhageVolume").panel

    def tearDown(self):
        slicer.mrmlScene.Clear()
        self.panel.core.close()
        self.panel.refresh()
        self._folder.cleanup()

    def measure(self):
        self.cases.openAndCompute(self.panel, self.cases.patientFolder(self.folder))
        self.assertTrue(self.panel.core.isMeasured(), self.panel.ui.statusLabel.text)

    def test_one_click_outlines_a_clot_and_all_places_agree(self):
        """Click, decision, record: the volume is the same on screen, in record, table, scene and SEG."""
        self.measure()
        self.cases.leaveOut(self.panel, 1)
        before = self.cases.volume(self.panel, "ich")
        self.cases.clickInto(self.panel, self.cases.DEEP, "ivh")
        self.assertAlmostEqual(self.cases.volume(self.panel, "ivh"), 30, delta=2)
        self.assertEqual(self.cases.volume(self.panel, "ich"), before)
        self.cases.sign(self.panel, self.folder / "out")
        for name in ("ich", "ivh"):
            volumes = self.cases.volumesOf(self.panel, self.folder / "out", name)
            for place, volume in volumes.items():
                self.assertAlmostEqual(volume, volumes["live"], places=6, msg=place)

    def test_what_is_drawn_is_taken_from_the_others(self):
        self.measure()
        node = self.panel.editor.widget.mrmlSegmentEditorNode()
        self.assertEqual(node.GetOverwriteMode(), node.OverwriteVisibleSegments)
        self.panel.ui.sdhButton.click()
        self.assertEqual(self.panel.editor.widget.currentSegmentID(), "sdh")

    def test_landmarks_give_the_midline_shift(self):
        self.measure()
        for point in ((-70, 5, 20), (68, 5, 20), (3, 5, 20)):
            self.panel.core.landmarks.node.AddControlPointWorld(*point)
        self.panel.onLandmarks()
        self.assertIn("4.0 mm", self.panel.ui.midlineLabel.text)

    def test_a_saved_reading_goes_on(self):
        """Decisions and volumes of a scene that was saved, closed and opened again; then a clot is left out."""
        self.measure()
        self.cases.leaveOut(self.panel, 2)
        before = self.cases.volume(self.panel, "ich"), self.panel.core.answers
        path = str(self.folder / "reading.mrb")
        self.assertTrue(slicer.util.saveScene(path))
        slicer.mrmlScene.Clear()
        slicer.util.loadScene(path)
        slicer.app.processEvents()
        self.assertEqual((self.cases.volume(self.panel, "ich"), self.panel.core.answers), before)
        self.cases.leaveOut(self.panel, 1)
        self.assertEqual(self.cases.volume(self.panel, "ich"), 0)

    def test_closing_the_scene_starts_anew(self):
        self.measure()
        self.panel.ui.clickButton.click()
        slicer.mrmlScene.Clear()
        self.assertFalse(self.panel.core.isMeasured())
        self.assertTrue(self.panel.ui.computeButton.enabled)

    def test_the_self_test_of_the_module_runs(self):
        slicer.selfTests["StrokeHemorrhageVolume"]()
