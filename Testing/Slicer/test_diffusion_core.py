"""The diffusion core module inside a running Slicer 5.12: the cases of the screen tests, without the stand-in host.

Run by ctest (see Testing/CMakeLists.txt), or with all others by run_tests.py.
"""

import sys
import tempfile
import unittest
from pathlib import Path

import slicer

SHARED = Path(__file__).resolve().parents[1] / "Screens"


class test_diffusion_core(unittest.TestCase):
    """Named as the file: Slicer's test driver takes the class by the name of the script."""

    def setUp(self):
        if str(SHARED) not in sys.path:
            sys.path.insert(0, str(SHARED))
        import core_cases

        self.cases = core_cases
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        slicer.mrmlScene.Clear()
        slicer.util.selectModule("StrokeDiffusionCore")
        self.panel = slicer.util.getModuleWidget("StrokeDiffusionCore").panel

    def tearDown(self):
        slicer.mrmlScene.Clear()
        self.panel.core.close()
        self.panel.refresh()
        self._folder.cleanup()

    def measure(self):
        self.cases.openAndCompute(self.panel, self.cases.patientFolder(self.folder, "philips"))
        self.assertTrue(self.panel.core.isMeasured(), self.panel.ui.statusLabel.text)

    def test_buttons_wait_and_say_for_what(self):
        self.assertFalse(self.panel.ui.writeButton.enabled)
        self.assertTrue(self.panel.ui.writeButton.toolTip)

    def test_two_candidates_are_accepted_and_all_places_agree(self):
        self.measure()
        self.cases.acceptTwo(self.panel)
        out = self.folder / "out"
        self.cases.sign(self.panel, out)
        volumes = self.cases.volumesOf(self.panel, out)
        for place, volume in volumes.items():
            self.assertAlmostEqual(volume, volumes["live"], places=6, msg=place)

    def test_the_screen_follows_the_segment(self):
        self.measure()
        before = self.panel.ui.liveLabel.text
        label = next(iter(self.panel.core.decisions()))
        values = self.panel.core.mask().values & (self.panel.core.record.core.labels != label)
        array = values.astype("uint8")
        segmentation, image = self.panel.core.segmentation(), self.panel.core.hostImage()
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, segmentation, "infarct_core", image)
        slicer.app.processEvents()
        self.assertNotEqual(self.panel.ui.liveLabel.text, before)

    def test_zero_is_confirmed(self):
        self.measure()
        for label in self.panel.core.decisions():
            self.panel.onDecision(label, False)
        self.panel.ui.readerEdit.text = "R1"
        self.panel.ui.outputPath.currentPath = str(self.folder / "out")
        self.assertFalse(self.panel.ui.writeButton.enabled)
        self.panel.ui.zeroBox.click()
        self.assertTrue(self.panel.ui.writeButton.enabled)

    def test_closing_the_scene_starts_anew(self):
        self.measure()
        slicer.mrmlScene.Clear()
        self.assertFalse(self.panel.core.isMeasured())
        self.assertTrue(self.panel.ui.computeButton.enabled)
        self.panel.ui.computeButton.click()
        self.assertTrue(self.panel.core.isMeasured())

    def test_a_removed_segmentation_is_noticed(self):
        self.measure()
        slicer.mrmlScene.RemoveNode(self.panel.core.segmentation())
        self.assertFalse(self.panel.core.isMeasured())
        self.assertTrue(self.panel.ui.statusLabel.text)

    def test_the_scene_keeps_the_core(self):
        self.measure()
        expected = self.panel.core.mask().values
        name = self.panel.core.segmentation().GetName()
        image = self.panel.core.hostImage().GetName()
        path = str(self.folder / "scene.mrb")
        self.assertTrue(slicer.util.saveScene(path))
        slicer.mrmlScene.Clear()
        slicer.util.loadScene(path)
        from StrokeBiomarkersLib.segmentations import maskFromSegment

        back = maskFromSegment(slicer.util.getNode(name), "infarct_core", slicer.util.getNode(image))
        self.assertTrue((back.values == expected).all())

    def test_a_saved_reading_goes_on(self):
        """Decisions, volume and record of a scene that was saved, closed and opened again."""
        self.measure()
        chosen = self.cases.acceptTwo(self.panel)
        before = self.panel.core.live(), self.panel.core.decisions()
        self.panel.ui.readerEdit.text = "R1"
        path = str(self.folder / "reading.mrb")
        self.assertTrue(slicer.util.saveScene(path))
        slicer.mrmlScene.Clear()
        slicer.util.loadScene(path)
        slicer.app.processEvents()
        self.assertEqual((self.panel.core.live(), self.panel.core.decisions()), before)
        self.assertIn("audited again", self.panel.ui.statusLabel.text)
        self.panel.onDecision(chosen[0], False)
        self.assertLess(self.panel.core.live().volume, before[0].volume)
        out = self.folder / "out"
        self.cases.sign(self.panel, out)
        volumes = self.cases.volumesOf(self.panel, out)
        for place, volume in volumes.items():
            self.assertAlmostEqual(volume, volumes["live"], places=6, msg=place)

    def test_results_arrive_in_the_dicom_database_under_their_study(self):
        """With the database of the application; in the host with the one that its test brings."""
        database = getattr(slicer, "dicomDatabase", None)
        if database is None or not database.isOpen:
            self.skipTest("no DICOM database is open")
        self.measure()
        study = self.panel.core.case.series[0].study_uid
        before = set(database.seriesForStudy(study))
        if not self.panel.ui.databaseBox.checked:
            self.panel.ui.databaseBox.click()
        self.cases.sign(self.panel, self.folder / "out")
        written = list((self.folder / "out").rglob("*.dcm"))
        self.assertEqual(len(set(database.seriesForStudy(study)) - before), len(written))
        self.assertNotIn("O04", self.panel.ui.resultLabel.text)

    def test_the_compiled_translation_is_loaded(self):
        """Qt of Slicer reads the file that was compiled elsewhere."""
        import qt

        from StrokeBiomarkersLib.translations import translationFile

        translator = qt.QTranslator()
        self.assertTrue(translator.load(str(translationFile("ko_KR"))))
        text = translator.translate("strokequant.issue_codes", "a slice is missing")
        self.assertEqual(text, "\ube60\uc9c4 \uc2ac\ub77c\uc774\uc2a4\uac00 \uc788\uc74c")

    def test_the_self_test_of_the_module_runs(self):
        slicer.selfTests["StrokeDiffusionCore"]()
