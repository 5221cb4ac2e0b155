"""The phantom module inside a running Slicer 5.12: the cases of the screen tests, without the stand-in host.

Run by ctest (see Testing/CMakeLists.txt), or with all others by run_tests.py.
"""

import sys
import tempfile
import unittest
from pathlib import Path

import slicer

SHARED = Path(__file__).resolve().parents[1] / "Screens"


class test_phantom_qc(unittest.TestCase):
    """Named as the file: Slicer's test driver takes the class by the name of the script."""

    def setUp(self):
        if str(SHARED) not in sys.path:
            sys.path.insert(0, str(SHARED))
        import phantom_cases

        self.cases = phantom_cases
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("PhantomQC")
        self.panel = slicer.util.getModuleWidget("PhantomQC").panel

    def tearDown(self):
        slicer.mrmlScene.Clear()
        self.panel.core.close()
        self.panel.refresh()
        self._folder.cleanup()

    def test_from_the_folder_to_the_signed_session(self):
        """Vials found, a region dragged, labels swapped and taken back; the record holds what the screen shows."""
        self.cases.openAndCompute(self.panel, self.cases.patientFolder(self.folder))
        self.assertIn("2026-06-02", self.panel.ui.validLabel.text)
        before = self.cases.adc(self.panel, "V0")
        self.assertAlmostEqual(before, 1109.0, delta=5)
        self.cases.swap(self.panel, "V0", "V11")
        self.assertAlmostEqual(self.cases.adc(self.panel, "V11"), before, delta=0.01)
        self.panel.ui.undoButton.click()
        self.assertEqual(self.cases.adc(self.panel, "V0"), before)
        self.cases.drag(self.panel, "V3", (1.0, 0.0, 0.0))
        self.panel.ui.historyPath.currentPath = str(self.folder / "h.sqlite")
        self.cases.sign(self.panel, self.folder / "out")
        record = self.cases.recordOf(self.folder / "out")
        self.assertEqual([p["label"] for p in record["placements"] if p["placed_by"] == "QA1"], ["V3"])
        shown = {
            m["insert"]: m["value"] for m in record["measurements"] if m["metric"] == "adc" and m["repeat"] is None
        }
        self.assertAlmostEqual(shown["V3"], self.cases.adc(self.panel, "V3"), places=4)
        self.assertEqual(self.panel.ui.scannerCombo.count, 1)

    def test_closing_the_scene_starts_anew(self):
        self.cases.openAndCompute(self.panel, self.cases.patientFolder(self.folder, passes=1))
        slicer.mrmlScene.Clear()
        self.assertFalse(self.panel.core.isMeasured())
        self.assertTrue(self.panel.ui.computeButton.enabled)

    def test_what_is_no_phantom_has_no_verdict(self):
        self.cases.openAndCompute(self.panel, self.cases.patientFolder(self.folder, "uniform", passes=1))
        self.assertIn("Q01", self.panel.ui.statusLabel.text)
        self.assertEqual(self.panel.core.record.verdict.valid_until, "")

    def test_the_self_test_of_the_module_runs(self):
        slicer.selfTests["PhantomQC"]()
