"""The guided reading inside a running Slicer 5.12: the cases of the screen tests, without the stand-in host.

Run by ctest (see Testing/CMakeLists.txt), or with all others by run_tests.py.
"""

import sys
import tempfile
import unittest
from pathlib import Path

import slicer

SHARED = Path(__file__).resolve().parents[1] / "Screens"


class test_guided_reading(unittest.TestCase):
    """Named as the file: Slicer's test driver takes the class by the name of the script."""

    def setUp(self):
        if str(SHARED) not in sys.path:
            sys.path.insert(0, str(SHARED))
        import wizard_cases

        self.cases = wizard_cases
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("StrokeBiomarkers")
        self.panel = slicer.util.getModuleWidget("StrokeBiomarkers").panel
        self.panel.clock = wizard_cases.Clock()

    def tearDown(self):
        self.panel.closeCase()
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("StrokeBiomarkers")
        self._folder.cleanup()

    def test_a_core_is_read_from_a_worklist_to_its_signature(self):
        """Checks, answers, summary, key and passphrase; a wrong passphrase signs nothing."""
        images = self.cases.corePatient(self.folder / "patient")
        self.cases.makeTrial(self.folder, [("infarct_core", "R1", images, "R1")])
        self.cases.listTrial(self.panel, self.folder)
        self.panel.ui.openButton.click()
        self.assertEqual(self.cases.stepOf(self.panel), "O1", self.panel.ui.statusLabel.text)
        self.cases.readCore(self.panel)
        key = self.folder / "keys" / "R1.key.pem"
        self.cases.sign(self.panel, key, "wrong words")
        self.assertEqual(str(self.panel.wizard.item.status.state), "submitted")
        self.cases.sign(self.panel, key, self.cases.PASSPHRASE)
        self.assertEqual(str(self.panel.wizard.item.status.state), "signed", self.panel.ui.statusLabel.text)
        self.assertEqual(self.cases.stepOf(self.panel), "")

    def test_the_window_is_as_before_when_the_case_is_closed(self):
        """Menus, toolbars and title go while a case is read, and come back."""
        title = slicer.util.mainWindow().windowTitle
        images = self.cases.corePatient(self.folder / "patient")
        self.cases.listFolder(self.panel, images, self.folder / "out", "infarct_core")
        self.panel.ui.openButton.click()
        self.assertIn(self.panel.wizard.item.id, slicer.util.mainWindow().windowTitle)
        self.panel.ui.closeButton.click()
        self.assertIsNone(self.panel.wizard)
        self.assertEqual(slicer.util.mainWindow().windowTitle, title)
