"""What a test relies on: leaks and errors are found, layouts are arranged, keys arrive, languages change, packages are never installed."""

import numpy as np
import pytest
import slicer

CARELESS = """
import slicer
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin

class Careless(ScriptedLoadableModule):
    pass

class CarelessWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    def setup(self):
        self.addObserver(slicer.app.applicationLogic().GetSelectionNode(), "ModifiedEvent", self.onModified)

    def onModified(self, caller, event):
        pass
"""
LAYOUT = """<layout type="horizontal"><item><view class="vtkMRMLSliceNode" singletontag="Red">
<property name="orientation" action="default">Axial</property></view></item>
<item><view class="vtkMRMLSliceNode" singletontag="Second"><property name="orientation" action="default">Axial</property>
<property name="viewlabel" action="default">2</property></view></item></layout>"""


def test_nodes_and_observers_left_behind_are_found(running):
    running.begin()
    tag = running.scene.AddObserver(slicer.vtkMRMLScene.EndCloseEvent, lambda caller, event: None)
    kept = slicer.vtkMRMLTextNode()
    kept.SetSingletonTag("kept")
    running.scene.AddNode(kept)
    wrong = running.end()
    running.scene.RemoveObserver(tag)
    running.scene.RemoveNode(kept)
    assert len(wrong) == 2 and "vtkMRMLTextNode left" in wrong[0] and "observer" in wrong[1]


def test_a_module_that_goes_on_observing_is_found(running, tmp_path):
    (tmp_path / "Careless.py").write_text(CARELESS)
    running.begin()
    running.open(tmp_path / "Careless.py")
    (wrong,) = [one for one in running.end() if "still observes" in one]
    assert wrong == "CarelessWidget still observes vtkMRMLSelectionNode: onModified"


def test_errors_in_slots_and_observers_are_found(running):
    import qt

    def fail(*arguments):
        raise ZeroDivisionError("in a slot")

    running.begin()
    button = qt.QPushButton()
    button.connect("clicked()", fail)
    button.click()
    node = running.scene.AddNewNodeByClass("vtkMRMLTextNode")
    node.AddObserver("ModifiedEvent", fail)
    node.Modified()
    qt.QTimer.singleShot(0, fail)
    running.processEvents()
    wrong = running.end()
    assert wrong[0].count("ZeroDivisionError: in a slot") == 3


def test_a_wait_cursor_that_stays_is_found(running):
    import qt

    running.begin()
    running.app.setOverrideCursor(qt.Qt.WaitCursor)
    assert running.end() == ["the wait cursor is still set"]


def test_what_the_host_lacks_says_its_name(host):
    with pytest.raises(AttributeError, match=r"slicer\.app\.pythonConsole"):
        host.app.pythonConsole()
    with pytest.raises(ValueError, match="no signal"):
        host.app.connect("started()", print)
    with pytest.raises(ValueError, match="no layout 777"):
        host.app.layoutManager().setLayout(777)


def test_layouts_of_a_module(host, screenshot):
    manager = host.app.layoutManager()
    volume = slicer.util.addVolumeFromArray(np.tile(np.arange(20, dtype=np.int16) * 50, (10, 20, 1)), name="ramp")
    volume.CreateDefaultDisplayNodes()
    manager.layoutLogic().GetLayoutNode().AddLayoutDescription(577, LAYOUT)
    manager.setLayout(577)
    host.app.showVolume(volume)
    host.processEvents()
    red, second = (manager.sliceWidget(name) for name in ("Red", "Second"))
    assert red.isVisible() and second.isVisible() and not manager.sliceWidget("Yellow").isVisible()
    assert abs(red.width - second.width) <= 2
    screenshot("host_layout")
    assert host.pixels("Second").std() > 20
    assert np.array_equal(host.pixels("Second"), host.pixels("Red"))


def test_linked_views_move_together(host):
    manager = host.app.layoutManager()
    manager.layoutLogic().GetLayoutNode().AddLayoutDescription(577, LAYOUT)
    manager.setLayout(577)
    volume = slicer.util.addVolumeFromArray(np.zeros((10, 20, 20), np.int16), np.diag([1, 1, 5, 1.0]))
    host.app.showVolume(volume)
    manager.sliceWidget("Red").sliceController().setSliceLink(True)
    logic, other = (manager.sliceWidget(name).sliceLogic() for name in ("Red", "Second"))
    logic.StartSliceOffsetInteraction()
    logic.SetSliceOffset(15)
    logic.EndSliceOffsetInteraction()
    assert other.GetSliceOffset() == 15
    manager.sliceWidget("Red").sliceController().setSliceLink(False)


def test_keys_reach_shortcuts(host):
    import qt

    seen = []
    shortcut = qt.QShortcut(slicer.util.mainWindow())
    shortcut.setKey(qt.QKeySequence("Ctrl+N"))
    shortcut.connect("activated()", lambda: seen.append("next"))
    host.press("Ctrl+N")
    shortcut.setKey(qt.QKeySequence())
    host.press("Ctrl+N")
    assert seen == ["next"]
    shortcut.delete()


def test_languages(host, tmp_path):
    from slicer.i18n import tr, translate

    path = tmp_path / "module_ko.ts"
    message = "<message><source>{}</source><translation>{}</translation></message>"
    context = "<context><name>test_host_session</name>{}</context>".format(
        message.format("Volume", "부피") + message.format("{n} slices", "{m} 절편")
    )
    path.write_text(f"<TS>{context}</TS>", encoding="utf-8")
    assert tr("Volume") == "Volume"
    host.translate(path)
    assert tr("Volume") == "부피" == translate("test_host_session", "Volume")
    assert tr("{n} slices") == "{n} slices", "other placeholders: not used"


def test_packages_are_asked_for_and_never_installed(host):
    import slicer.packaging

    wanted = ["no-such-package-of-this-name>=1"]
    slicer.packaging.pip_ensure(wanted, requester="Test")
    assert host.asked == [("Test", tuple(wanted))] and not slicer.packaging.pip_check(wanted)
    host.refusePackages()
    with pytest.raises(RuntimeError, match="no-such-package"):
        slicer.packaging.pip_ensure(wanted, requester="Test")
    with pytest.raises(RuntimeError):
        slicer.packaging.pip_install("x")


def test_testing_mode_shows_nothing(host):
    host.app.testing = True
    slicer.util.errorDisplay("quiet")
    assert host.dialogs == []


def test_settings_are_not_those_of_the_user(host):
    import qt

    assert qt.QSettings().fileName().startswith(host.app.temporaryPath)
    qt.QSettings().setValue("StrokeBiomarkers/x", 3)
    assert slicer.util.settingsValue("StrokeBiomarkers/x", 0, converter=int) == 3


def test_node_selectors_do_not_see_nodes_during_an_import(host, tmp_path):
    slicer.util.addVolumeFromArray(np.zeros((3, 4, 5), np.int16), name="saved")
    slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    host.closeScene()
    selector = slicer.qMRMLNodeComboBox()
    selector.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    selector.setMRMLScene(host.scene)
    counts = []
    tag = host.scene.AddObserver(
        slicer.vtkMRMLScene.NewSceneEvent, lambda caller, event: counts.append(selector.nodeCount())
    )
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    host.scene.RemoveObserver(tag)
    assert counts == [0] and selector.nodeFromIndex(0).GetName() == "saved"
    selector.setMRMLScene(None)


def test_files_load_and_save_through_slicer_util(host, tmp_path):
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    volume = slicer.util.addVolumeFromArray(values, np.diag([1, 2, 3, 1.0]), "v")
    assert slicer.util.saveNode(volume, str(tmp_path / "v.nrrd"), {})
    loaded = slicer.util.loadVolume(str(tmp_path / "v.nrrd"), {"show": False})
    assert np.array_equal(slicer.util.arrayFromVolume(loaded), values)
