"""The diffusion core module on the screen: from a folder to the signed record, and what goes wrong on the way."""

import time

import core_cases as cases
import numpy as np
import pydicom
import pytest
import slicer
from clicking import clickAround
from dicom_database import DicomDatabase

from StrokeBiomarkersLib.shortcuts import KEYS
from strokequant.record.dicom_seg import read_mask_from_seg

KOREAN = cases.MODULE.parent / "Resources" / "Translations" / "StrokeBiomarkers_ko-KR.ts"


@pytest.fixture(scope="session")
def patient(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("patient"), "philips")


@pytest.fixture
def widget(host):
    yield host.open(cases.MODULE)


@pytest.fixture
def panel(widget):
    yield widget.panel


@pytest.fixture
def measured(panel, patient):
    cases.openAndCompute(panel, patient)
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def test_every_button_waits_and_says_for_what(panel, patient):
    ui = panel.ui
    assert not ui.computeButton.enabled and "choose a folder" in ui.computeButton.toolTip
    assert not ui.writeButton.enabled and "compute first" in ui.writeButton.toolTip
    ui.inputPath.currentPath = str(patient)
    ui.openButton.click()
    assert ui.computeButton.enabled and KEYS["compute"] in ui.computeButton.toolTip
    assert panel.core.record is None


def test_the_audit_is_seen_before_anything_is_computed(panel, patient):
    panel.ui.inputPath.currentPath = str(patient)
    panel.ui.openButton.click()
    assert "20 slices" in panel.ui.auditLabel.text and "may be measured" in panel.ui.auditLabel.text
    table = panel.series.table
    assert table.rowCount == len(panel.core.case.series)
    assert table.item(0, 1).text() == "DWI"
    assert all(table.item(row, 3).text() for row in range(table.rowCount))


def test_a_reader_accepts_two_erases_part_of_one_and_all_places_agree(host, measured, tmp_path):
    panel, ui = measured, measured.ui
    chosen = cases.acceptTwo(panel)
    assert [label for label, on in panel.core.decisions().items() if on] == chosen
    before = panel.core.live().volume
    host.press(KEYS["erase"])
    panel.views.jump(cases.centerOf(panel, chosen[0]))
    host.stroke(panel.editor.widget, [cases.centerOf(panel, chosen[0])], view="StrokeDWI", diameter_mm=7)
    host.processEvents()
    after = panel.core.live().volume
    assert 0 < after < before and f"{after:.2f} mL" in ui.liveLabel.text
    assert not ui.writeButton.enabled and "reader" in ui.writeButton.toolTip
    cases.sign(panel, tmp_path / "out")
    volumes = cases.volumesOf(panel, tmp_path / "out")
    assert volumes["live"] == volumes["scene"] == volumes["seg"] == after
    assert volumes == pytest.approx(dict.fromkeys(volumes, after), rel=1e-6)
    assert "Written to" in ui.resultLabel.text
    assert not panel.core.isUnwritten()
    from strokequant.record.verify import verify

    assert verify(tmp_path / "out") == ()


def test_undo_takes_a_stroke_back_and_the_volume_follows(host, measured):
    before = measured.core.live()
    label = measured.review.current()
    host.press(KEYS["erase"])
    host.stroke(measured.editor.widget, [cases.centerOf(measured, label)], view="StrokeDWI", diameter_mm=7)
    host.processEvents()
    assert measured.core.live().volume < before.volume
    host.press(KEYS["undo"])
    host.processEvents()
    assert measured.core.live() == before and f"{before.volume:.2f} mL" in measured.ui.liveLabel.text
    host.press(KEYS["redo"])
    host.processEvents()
    assert measured.core.live().volume < before.volume


def test_a_decision_ends_the_list_of_undo_steps(host, measured):
    """A state of the voxels from before would contradict the list of candidates."""
    first, second = [c.label for c in measured.core.candidates()][:2]
    host.press(KEYS["erase"])
    host.stroke(measured.editor.widget, [cases.centerOf(measured, first)], view="StrokeDWI", diameter_mm=7)
    host.processEvents()
    measured.onDecision(second, not measured.core.decisions()[second])
    after = measured.core.mask().values
    host.press(KEYS["undo"])
    host.processEvents()
    assert np.array_equal(measured.core.mask().values, after)
    host.stroke(measured.editor.widget, [cases.centerOf(measured, first)], view="StrokeDWI", diameter_mm=12)
    host.processEvents()
    assert not np.array_equal(measured.core.mask().values, after), "the tool is still in hand"
    host.press(KEYS["undo"])
    host.processEvents()
    assert np.array_equal(measured.core.mask().values, after)


def test_the_volume_follows_a_stroke(host, panel, tmp_path):
    cases.openAndCompute(panel, cases.patientFolder(tmp_path, "siemens_xa", full=True))
    assert panel.core.isMeasured()
    host.press(KEYS["erase"])
    times, texts = [], {panel.ui.liveLabel.text}
    for shift in range(5):
        point = np.add(cases.centerOf(panel, 1), (0, 0, 6 * shift))
        host.stroke(panel.editor.widget, [point], view="StrokeDWI", diameter_mm=12)
        begin = time.perf_counter()
        panel.onStroke()
        times.append(time.perf_counter() - begin)
        texts.add(panel.ui.liveLabel.text)
    print(f"update after a stroke: {1000 * np.median(times):.0f} ms on {panel.core.record.core.labels.shape}")
    assert len(texts) > 3, "strokes changed the volume on the screen"


def test_keys_do_all_of_it(host, measured):
    labels = [c.label for c in measured.core.candidates()]
    assert measured.review.current() == labels[0]
    for label in labels[1:3]:
        host.press(KEYS["next"])
        assert measured.review.current() == label
    host.press(KEYS["previous"])
    label = measured.review.current()
    host.press(KEYS["leaveOut"])
    assert measured.core.decisions()[label] is False
    host.press(KEYS["accept"])
    assert measured.core.decisions()[label] is True
    host.press(KEYS["paint"])
    assert measured.editor.widget.activeEffect().name == "Paint"
    host.press(KEYS["noTool"])
    assert measured.editor.widget.activeEffect() is None


def test_keys_are_gone_when_the_module_is_left(host, widget, panel, patient):
    cases.openAndCompute(panel, patient)
    label = panel.review.current()
    host.leave()
    host.press(KEYS["next"])
    assert panel.review.current() == label
    host.enter(widget)
    host.press(KEYS["next"])
    assert panel.review.current() != label


def test_looking_at_a_candidate_moves_all_views(host, measured):
    measured.review.step(1)
    measured.review.step(-1)
    label = measured.review.current()
    k = np.array(cases.centerOf(measured, label))
    for name in ("StrokeDWI", "StrokeADC", "StrokeOverlay"):
        node = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
        toRas = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS())
        assert abs((k - toRas[:3, 3]) @ toRas[:3, 2]) < 3.3, "within half a slice"


def test_every_view_shows_its_image(measured):
    nodes = measured.core.nodes
    expected = (nodes.images["dwi"], nodes.maps["adc"], nodes.images["dwi"])
    for name, volume in zip(("StrokeDWI", "StrokeADC", "StrokeOverlay"), expected, strict=True):
        composite = slicer.app.layoutManager().sliceWidget(name).mrmlSliceCompositeNode()
        assert composite.GetBackgroundVolumeID() == volume.GetID() and composite.GetLinkedControl()
    assert not measured.editor.widget.autoShowSourceVolumeNode


def test_a_foreign_grid_in_the_segmentation_is_refused_in_the_panel(host, measured, tmp_path):
    """Somebody resampled the core elsewhere: no number is made up."""
    array = np.zeros((4, 9, 9), np.uint8)
    array[1:3, 2:6, 2:6] = 1
    other = slicer.util.addVolumeFromArray(array.astype(np.int16), np.diag([7.0, 5.0, 3.0, 1.0]), "other")
    segmentation = measured.core.segmentation()
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, segmentation, "infarct_core", other)
    host.processEvents()
    assert "G17" in measured.ui.statusLabel.text and not measured.ui.writeButton.enabled
    measured.ui.computeButton.click()
    assert measured.core.isMeasured() and measured.ui.computeButton.enabled


def test_only_the_core_can_be_edited(measured):
    editor = measured.editor.widget
    assert sorted(editor._buttons) == ["Erase", "Paint"]
    editor.setCurrentSegmentID("brain")
    assert editor.currentSegmentID() == "infarct_core"
    node = editor.mrmlSegmentEditorNode()
    assert node.GetOverwriteMode() == node.OverwriteNone


def test_painting_over_a_candidate_changes_the_core_alone(host, measured):
    from StrokeBiomarkersLib.segmentations import maskFromSegment

    def others():
        node, image = measured.core.segmentation(), measured.core.hostImage()
        ids = [s for s in node.GetSegmentation().GetSegmentIDs() if s != "infarct_core"]
        return [int(maskFromSegment(node, s, image).values.sum()) for s in ids]

    before = others()
    host.press(KEYS["paint"])
    host.stroke(measured.editor.widget, [cases.centerOf(measured, 1)], view="StrokeDWI", diameter_mm=40)
    host.processEvents()
    assert others() == before


def test_zero_is_confirmed_and_written(measured, tmp_path):
    panel, ui = measured, measured.ui
    assert not ui.zeroBox.enabled
    for label in panel.core.decisions():
        panel.onDecision(label, False)
    ui.readerEdit.text = "R1"
    ui.outputPath.currentPath = str(tmp_path / "out")
    assert ui.zeroBox.enabled and not ui.writeButton.enabled and "confirm" in ui.writeButton.toolTip
    ui.zeroBox.click()
    assert ui.writeButton.enabled
    ui.writeButton.click()
    assert set(cases.volumesOf(panel, tmp_path / "out").values()) == {0.0}
    ui.acceptButton.click()
    assert not ui.zeroBox.checked and not ui.zeroBox.enabled


@pytest.fixture
def database(tmp_path, monkeypatch):
    """DICOM database of the application."""
    database = DicomDatabase(tmp_path / "database")
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    yield database


def test_results_arrive_under_the_study_that_was_measured(measured, database, patient, tmp_path):
    for path in patient.rglob("*.dcm"):
        database.insert(str(path))
    (person,) = database.patients()
    (study,) = database.studiesForPatient(person)
    before = set(database.seriesForStudy(study))
    measured.ui.databaseBox.click()
    cases.acceptTwo(measured)
    cases.sign(measured, tmp_path / "out")
    assert "O04" not in measured.ui.resultLabel.text and "Written to" in measured.ui.resultLabel.text
    assert database.patients() == [person] and database.studiesForPatient(person) == [study], "nothing beside it"
    headers = [
        pydicom.dcmread(path)
        for uid in set(database.seriesForStudy(study)) - before
        for path in database.filesForSeries(uid)
    ]
    written = sorted(path.name for path in (tmp_path / "out").rglob("*.dcm"))
    kinds = sorted(header.SOPClassUID.name for header in headers)
    assert len(written) == len(kinds) and {"map_adc.dcm", "seg.dcm", "sr.dcm"} <= set(written)
    assert {"Segmentation Storage", "Comprehensive 3D SR Storage", "Parametric Map Storage"} == set(kinds)
    (seg,) = [path for path in (tmp_path / "database").rglob("*.dcm") if pydicom.dcmread(path).Modality == "SEG"]
    mask = measured.core.mask()
    assert read_mask_from_seg(seg, mask.geometry).volume_ml == measured.core.live().volume
    source = {instance for ref in measured.core.record.inputs for instance in ref.instances}
    referenced = next(one for one in headers if one.Modality == "SEG").ReferencedSeriesSequence[0]
    assert {item.ReferencedSOPInstanceUID for item in referenced.ReferencedInstanceSequence} <= source


def test_without_the_box_nothing_is_put_into_the_database(measured, database, tmp_path):
    cases.sign(measured, tmp_path / "out")
    assert "Written to" in measured.ui.resultLabel.text and database.patients() == []


@pytest.mark.parametrize("how", ["closed", "none", "refuses"])
def test_a_database_that_takes_nothing_is_said_and_the_record_is_written(
    measured, database, monkeypatch, tmp_path, how
):
    if how == "closed":
        database.isOpen = False
    elif how == "none":
        monkeypatch.delattr(slicer, "dicomDatabase")
    else:
        monkeypatch.setattr(database, "insert", lambda path: None)
    measured.ui.databaseBox.click()
    cases.sign(measured, tmp_path / "out")
    text = measured.ui.resultLabel.text
    assert "Written to" in text and list((tmp_path / "out").rglob("seg.dcm"))
    assert ("O04" if how == "refuses" else "database is not open") in text


def test_images_of_the_database_are_measured_without_being_stated(measured, database, patient):
    for path in patient.rglob("*.dcm"):
        database.insert(str(path))
    ui, nodes = measured.ui, measured.core.nodes
    expected = measured.core.live()
    ui.dwiSelector.setCurrentNode(nodes.images["dwi"])
    ui.b0Selector.setCurrentNode(nodes.images["b0"])
    ui.useImagesButton.click()
    ui.computeButton.click()
    assert measured.core.live() == expected, ui.statusLabel.text


def test_a_folder_that_cannot_be_written_loses_no_edit(host, measured, tmp_path):
    panel, ui = measured, measured.ui
    panel.onDecision(1, False)
    edited = panel.core.mask().values
    (tmp_path / "file").write_text("")
    ui.readerEdit.text = "R1"
    ui.outputPath.currentPath = str(tmp_path / "file")
    assert not ui.writeButton.enabled and "is a file" in ui.writeButton.toolTip
    ui.outputPath.currentPath = str(tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / panel.core.case.case).write_text("")
    ui.writeButton.click()
    assert "O01" in ui.statusLabel.text and not host.dialogs
    assert np.array_equal(panel.core.mask().values, edited) and panel.core.isUnwritten()
    ui.outputPath.currentPath = str(tmp_path / "other")
    ui.writeButton.click()
    assert "Written to" in ui.resultLabel.text


def test_a_folder_that_changed_meanwhile_is_said(host, measured, tmp_path):
    ui = measured.ui
    ui.readerEdit.text = "R1"
    ui.outputPath.currentPath = str(tmp_path / "out")
    assert ui.writeButton.enabled
    (tmp_path / "out").write_text("")
    host.press(KEYS["write"])
    assert "is a file" in ui.statusLabel.text and not ui.writeButton.enabled


def test_canceling_changes_nothing(host, panel, patient):
    import qt

    panel.ui.inputPath.currentPath = str(patient)
    panel.ui.openButton.click()
    before = cases.present()
    qt.QTimer.singleShot(0, panel.ui.cancelButton.click)
    panel.ui.computeButton.click()
    assert panel.core.record is None and cases.present() == before
    assert "Canceled" in panel.ui.statusLabel.text and panel.ui.computeButton.enabled


def test_closing_the_scene_starts_anew(host, measured, patient):
    host.closeScene()
    ui = measured.ui
    assert not measured.core.isMeasured() and measured.review.table.rowCount == 0
    assert ui.computeButton.enabled and not ui.writeButton.enabled
    ui.computeButton.click()
    assert measured.core.isMeasured()


def test_closing_the_scene_while_computing_cancels(host, panel, patient):
    import qt

    panel.ui.inputPath.currentPath = str(patient)
    panel.ui.openButton.click()
    qt.QTimer.singleShot(0, lambda: slicer.mrmlScene.Clear())
    panel.ui.computeButton.click()
    assert not panel.core.isMeasured() and panel.ui.computeButton.enabled


@pytest.mark.parametrize("what", ["segmentation", "all images", "one image", "table"])
def test_a_removed_node_is_noticed(host, measured, what):
    nodes = measured.core.nodes
    gone = {
        "segmentation": [measured.core.segmentation()],
        "all images": [*nodes.images.values(), *nodes.maps.values()],
        "one image": [nodes.images["b0"]],
        "table": [nodes.table],
    }[what]
    for node in gone:
        slicer.mrmlScene.RemoveNode(node)
    host.processEvents()
    lost = what in ("segmentation", "all images")
    assert measured.core.isMeasured() is not lost
    if lost:
        assert "compute again" in measured.ui.statusLabel.text and measured.review.table.rowCount == 0
    measured.ui.computeButton.click()
    assert measured.core.isMeasured()


@pytest.mark.parametrize("there", [True, False], ids=["files there", "files gone"])
def test_a_reopened_scene_goes_on(host, measured, tmp_path, monkeypatch, there):
    """Save, close, open: the same core, and the record that is signed then is that of the session."""
    from StrokeBiomarkersLib.sourcefiles import SourcePlaces

    panel, ui = measured, measured.ui
    chosen = cases.acceptTwo(panel)
    host.press(KEYS["erase"])
    panel.views.jump(cases.centerOf(panel, chosen[0]))
    host.stroke(panel.editor.widget, [cases.centerOf(panel, chosen[0])], view="StrokeDWI", diameter_mm=7)
    host.processEvents()
    before = panel.core.live(), panel.core.decisions(), panel.core.mask().values, ui.auditLabel.text
    ui.readerEdit.text = "R7"
    if not there:
        monkeypatch.setattr(SourcePlaces, "placesOf", lambda self, series: ())
    host.reopenScene(tmp_path / "case.mrb")
    core = panel.core
    assert core.isMeasured() and (core.live(), core.decisions()) == before[:2], ui.statusLabel.text
    assert np.array_equal(core.mask().values, before[2]) and f"{before[0].volume:.2f} mL" in ui.liveLabel.text
    assert ui.readerEdit.text == "R7" and panel.review.table.rowCount == len(before[1])
    assert ui.auditLabel.text == before[3] and ui.caseBox.count == 1
    assert ("audited again" in ui.statusLabel.text) is there and ("I10" in ui.statusLabel.text) is not there
    assert ui.computeButton.enabled is there and (there or "files" in ui.computeButton.toolTip)
    host.press(KEYS["erase"])
    host.stroke(panel.editor.widget, [cases.centerOf(panel, chosen[1])], view="StrokeDWI", diameter_mm=7)
    host.processEvents()
    after = core.live().volume
    assert after < before[0].volume, "editing goes on"
    cases.sign(panel, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text and ("O04" in ui.resultLabel.text) is not there
    if there:
        volumes = cases.volumesOf(panel, tmp_path / "out")
        assert volumes == pytest.approx(dict.fromkeys(volumes, after), rel=1e-6)


def test_a_scene_that_is_opened_before_the_module_goes_on_when_it_is_entered(host, widget, measured, tmp_path):
    expected = measured.core.live()
    host.leave()
    host.reopenScene(tmp_path / "case.mrb")
    assert not measured.core.isMeasured()
    host.enter(widget)
    assert measured.core.isMeasured() and measured.core.live() == expected
    composite = slicer.app.layoutManager().sliceWidget("StrokeADC").mrmlSliceCompositeNode()
    assert composite.GetBackgroundVolumeID() == measured.core.nodes.maps["adc"].GetID()


def test_a_scene_that_lost_its_map_says_so(host, measured, tmp_path):
    from StrokeBiomarkersLib.hierarchy import removeNodes

    removeNodes(measured.core.nodes.maps["adc"])
    host.reopenScene(tmp_path / "case.mrb")
    assert not measured.core.isMeasured() and "I07" in measured.ui.statusLabel.text and not host.dialogs


def test_a_bad_folder_is_said_in_the_panel(host, panel, tmp_path):
    panel.ui.inputPath.currentPath = str(tmp_path / "nothing")
    panel.ui.openButton.click()
    assert panel.ui.statusLabel.text.startswith("STOP I0") and not host.dialogs


def test_a_refused_case_says_why_and_is_not_computed(panel, tmp_path):
    panel.ui.inputPath.currentPath = str(cases.patientFolder(tmp_path, "refuse_missing_slice"))
    panel.ui.openButton.click()
    assert not panel.ui.computeButton.enabled and "G06" in panel.ui.computeButton.toolTip
    assert "is refused" in panel.ui.auditLabel.text


def test_images_without_origin_are_asked_about(host, measured):
    nodes, ui = measured.core.nodes, measured.ui
    copies = []
    for name in ("dwi", "b0"):
        array = slicer.util.arrayFromVolume(nodes.images[name]).copy()
        copy = slicer.util.addVolumeFromArray(array, name=name)
        copy.CopyOrientation(nodes.images[name])
        copies.append(copy)
    ui.dwiSelector.setCurrentNode(copies[0])
    ui.b0Selector.setCurrentNode(copies[1])
    ui.useImagesButton.click()
    assert "B01" in ui.statusLabel.text and measured.core.isMeasured(), "what is open stays open"
    ui.bValueEdit.text = "1000"
    ui.useImagesButton.click()
    assert measured.core.case.case.startswith("images-")
    ui.computeButton.click()
    assert measured.core.isMeasured()


def test_packages_are_asked_for_once_and_refused_in_the_panel(host, measured, monkeypatch):
    assert {requester for requester, _ in host.asked} == {"StrokeDiffusionCore"}
    from StrokeBiomarkersLib import readingpanel
    from StrokeBiomarkersLib.requirements import RequirementsError

    def refuse(requester):
        raise RequirementsError("scikit-image")

    monkeypatch.setattr(readingpanel, "ensureRequirements", refuse)
    measured.ui.computeButton.click()
    assert "scikit-image" in measured.ui.statusLabel.text and measured.core.isMeasured()


def test_another_case_lets_go_of_the_first(panel, tmp_path):
    cases.patientFolder(tmp_path, "ge")
    cases.patientFolder(tmp_path, "tilted")
    cases.openAndCompute(panel, tmp_path)
    assert panel.ui.caseBox.count == 2 and panel.core.isMeasured()
    first = panel.core.case.case
    panel.ui.caseBox.setCurrentIndex(1)
    assert panel.core.case.case != first and not panel.core.isMeasured()
    panel.ui.computeButton.click()
    assert panel.core.isMeasured()


def test_opens_and_measures_without_a_main_window(host, patient):
    with host.withoutMainWindow():
        panel = host.open(cases.MODULE).panel
        assert panel.editor.widget is None
        cases.openAndCompute(panel, patient)
        assert panel.core.isMeasured()


def test_leaving_gives_the_layout_back(host, widget, measured):
    from StrokeBiomarkersLib.coreviews import LAYOUT

    manager = slicer.app.layoutManager()
    assert manager.layout == LAYOUT
    host.leave()
    assert manager.layout != LAYOUT
    host.enter(widget)
    assert manager.layout == LAYOUT


def test_windows_are_those_of_the_report(measured):
    display = measured.core.nodes.maps["adc"].GetScalarVolumeDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 1500)
    assert not display.GetAutoWindowLevel()


def test_the_overlay_is_filled_and_the_others_are_not(host, measured):
    def red(view):
        pixels = host.pixels(view).astype(int)
        return int((pixels[..., 0] - pixels[..., 2] > 40).sum())

    measured.review.step(-5)
    counts = {view: red(view) for view in ("StrokeDWI", "StrokeADC", "StrokeOverlay")}
    assert counts["StrokeDWI"] > 0 and counts["StrokeADC"] > 0
    assert counts["StrokeOverlay"] > 2 * counts["StrokeDWI"]


@pytest.mark.parametrize("language", ["", "_ko"])
def test_pictures_for_the_documentation(host, tmp_path, screenshot, language):
    """A whole window and two panels in each language; every list shows its last column, nothing needs a scroll bar."""
    if language:
        host.translate(KOREAN)
    panel = host.open(cases.MODULE).panel
    ui = panel.ui
    ui.inputPath.currentPath = str(cases.patientFolder(tmp_path, "philips", full=True))
    ui.openButton.click()
    ui.inputPath.currentPath = "patients/03_philips"
    ui.outputPath.currentPath = "results"
    ui.readerEdit.text = "R1"
    host.processEvents()
    paths = [screenshot(f"diffusion_core_case{language}", whole=False)]
    ui.computeButton.click()
    ui.inputsBox.collapsed = True
    host.processEvents()
    paths.append(screenshot(f"diffusion_core{language}"))
    refused = cases.patientFolder(tmp_path, "refuse_missing_slice")
    ui.inputPath.currentPath = str(refused)
    ui.openButton.click()
    ui.inputPath.currentPath = "patients/09_refuse_missing_slice"
    ui.inputsBox.collapsed = False
    host.processEvents()
    paths.append(screenshot(f"diffusion_core_refused{language}", whole=False))
    assert all(10_000 < path.stat().st_size < 400_000 for path in paths)
    for table in (panel.series.table, panel.review.table):
        width = sum(table.columnWidth(column) for column in range(table.columnCount))
        assert width <= table.viewport().width + 1, "the last column is seen"


def test_the_self_test_of_the_module_runs(host, panel):
    slicer.selfTests["StrokeDiffusionCore"]()


def test_reloading_makes_a_new_panel(host, widget):
    widget.onReload()
    host.processEvents()
    assert slicer.modules.StrokeDiffusionCoreWidget is not widget


@pytest.mark.parametrize("clicks", [300])
def test_random_clicks_leave_nothing(host, measured, tmp_path, clicks):
    clickAround(host, measured, tmp_path, clicks)


def test_the_panel_speaks_korean(host, patient):
    host.translate(KOREAN)
    panel = host.open(cases.MODULE).panel
    assert panel.ui.computeButton.text == "계산" and "폴더" in panel.ui.computeButton.toolTip
    cases.openAndCompute(panel, patient)
    assert panel.ui.liveLabel.text.startswith("경색 코어")
