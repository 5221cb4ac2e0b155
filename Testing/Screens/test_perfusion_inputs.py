"""Where the perfusion module takes its images from: folder, scene, DICOM database; and the fields for what they do not say."""

import json

import numpy as np
import perfusion_cases as cases
import pytest
import slicer
from dicom_database import DicomDatabase


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    parent = tmp_path_factory.mktemp("inputs")
    yield {kind: cases.patientFolder(parent, name) for kind, name in (("ctp", "ctp"), ("dsc", "dsc_dwi"))}


@pytest.fixture(scope="session")
def dynamic(folders):
    """Time series by kind, as the library reads them from DICOM."""
    from strokequant.dicomio.read_time import read_time_series
    from strokequant.dicomio.scan import scan
    from strokequant.types import Role

    series = {kind: [one for one in scan(folder).series if one.role is Role(kind)] for kind, folder in folders.items()}
    yield {kind: read_time_series(one) for kind, (one,) in series.items()}


@pytest.fixture
def panel(host):
    yield host.open(cases.MODULE).panel


def sequenceOf(timeSeries):
    """Sequence and proxy as a file that says nothing but voxels and matrix."""
    from StrokeBiomarkersLib.sequences import timeSeriesToNodes

    nodes = timeSeriesToNodes(timeSeries, "frames")
    sequence = nodes.sequence
    for node in (sequence, nodes.volume, *map(sequence.GetNthDataNode, range(sequence.GetNumberOfDataNodes()))):
        for attribute in list(node.GetAttributeNames()):
            node.RemoveAttribute(attribute)
    return nodes


def write(edit, text):
    """Type into a field and leave it."""
    edit.text = text
    edit.editingFinished.emit()


def niftiFolder(folder, timeSeries, **sidecar):
    """A BIDS-like file of frames, with a sidecar that holds what is given."""
    from strokequant.record.images import nifti_bytes

    folder.mkdir()
    values = timeSeries.values.astype(np.float32)
    (folder / "sub-01_perf.nii.gz").write_bytes(nifti_bytes(values, timeSeries.geometry))
    (folder / "sub-01_perf.json").write_text(json.dumps({"SeriesDescription": "ep2d_perf", "Modality": "MR"} | sidecar))
    return folder


def test_a_sequence_without_origin_is_asked_about_and_measured(panel, dynamic, tmp_path):
    """Kind, times and echo time of DSC: asked one after the other, never guessed, and written into the record."""
    ui, timeSeries = panel.ui, dynamic["dsc"]
    nodes = sequenceOf(timeSeries)
    ui.perfusionSelector.setCurrentNode(nodes.sequence)
    ui.useImagesButton.click()
    assert "U03" in ui.statusLabel.text and panel.core.case is None
    ui.kindBox.setCurrentIndex(1)
    ui.useImagesButton.click()
    assert panel.core.case is not None and not ui.computeButton.enabled
    assert "step between frames" in ui.computeButton.toolTip and "T01" in ui.computeButton.toolTip
    write(ui.stepEdit, "1,5")
    assert panel.core.answers.times_s == 1.5 and ui.computeButton.enabled
    ui.computeButton.click()
    assert not panel.core.isMeasured() and "D09" in ui.statusLabel.text
    write(ui.echoEdit, f"{timeSeries.echo_time_ms:g}")
    ui.computeButton.click()
    assert panel.core.isMeasured(), ui.statusLabel.text
    assert (ui.stepEdit.text, ui.echoEdit.text) == ("1.5", f"{timeSeries.echo_time_ms:g}")
    said = panel.core.record.perfusion.parameters["answers"]
    assert (said["times_s"], said["echo_time_ms"]) == (1.5, timeSeries.echo_time_ms)
    cases.sign(panel, tmp_path / "out")
    assert "Written to" in ui.resultLabel.text, ui.statusLabel.text
    volumes = cases.volumesOf(panel, tmp_path / "out")
    assert volumes == pytest.approx(dict.fromkeys(volumes, panel.core.live().volume), rel=1e-6)


@pytest.mark.parametrize("text", ["abc", "0", "-1.5", "inf", "1 2 x"])
def test_what_is_no_time_is_said_and_changes_nothing(panel, dynamic, text):
    ui = panel.ui
    ui.perfusionSelector.setCurrentNode(sequenceOf(dynamic["ctp"]).sequence)
    ui.kindBox.setCurrentIndex(2)
    ui.useImagesButton.click()
    write(ui.stepEdit, "2")
    for edit in (ui.stepEdit, ui.echoEdit):
        write(edit, text)
        assert "no number" in ui.statusLabel.text
        assert panel.core.answers.times_s == 2 and panel.core.answers.echo_time_ms is None
        edit.text = "2" if edit is ui.stepEdit else ""


def test_times_of_every_frame_are_taken_and_counted(panel, dynamic):
    ui, times = panel.ui, dynamic["ctp"].times_s
    ui.perfusionSelector.setCurrentNode(sequenceOf(dynamic["ctp"]).volume)
    ui.kindBox.setCurrentIndex(2)
    ui.useImagesButton.click()
    write(ui.stepEdit, " ".join(f"{time:g}" for time in times[:-1]))
    assert not ui.computeButton.enabled and "T11" in ui.computeButton.toolTip
    uneven = times + np.linspace(0, 0.5, len(times))
    write(ui.stepEdit, "\t".join(f"{time:.4f}" for time in uneven))
    assert ui.computeButton.enabled and "T11" not in ui.auditLabel.text
    ui.computeButton.click()
    assert panel.core.isMeasured(), ui.statusLabel.text
    assert panel.core.record.perfusion.times_s == pytest.approx(uneven, abs=1e-4)
    assert len(ui.stepEdit.text.split()) == len(times), "what was said is still there"
    write(ui.stepEdit, "")
    assert panel.core.answers.times_s is None and not ui.computeButton.enabled


def test_files_that_say_no_times_are_asked_about_too(panel, dynamic, tmp_path):
    ui, timeSeries = panel.ui, dynamic["dsc"]
    ui.inputPath.currentPath = str(niftiFolder(tmp_path / "bids", timeSeries))
    ui.openButton.click()
    assert not ui.computeButton.enabled and "T01" in ui.computeButton.toolTip, ui.auditLabel.text
    write(ui.stepEdit, "1.5")
    write(ui.echoEdit, f"{timeSeries.echo_time_ms:g}")
    ui.computeButton.click()
    assert panel.core.isMeasured(), ui.statusLabel.text


def test_what_was_said_of_one_case_is_not_said_of_the_next(panel, folders, dynamic, tmp_path):
    ui = panel.ui
    ui.inputPath.currentPath = str(niftiFolder(tmp_path / "bids", dynamic["dsc"]))
    ui.openButton.click()
    write(ui.stepEdit, "1.5")
    ui.inputPath.currentPath = str(folders["ctp"])
    ui.openButton.click()
    assert ui.stepEdit.text == "" and panel.core.answers.times_s is None


def test_images_from_dicom_are_read_again_from_their_files(panel, folders, dynamic, tmp_path, monkeypatch):
    from StrokeBiomarkersLib.sequences import timeSeriesToNodes

    database = DicomDatabase(tmp_path)
    for path in sorted(folders["ctp"].rglob("*.dcm")):
        database.insert(str(path))
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    ui = panel.ui
    ui.perfusionSelector.setCurrentNode(timeSeriesToNodes(dynamic["ctp"], "ctp").volume)
    ui.useImagesButton.click()
    assert ui.computeButton.enabled and "Acquisition" in ui.auditLabel.text, ui.statusLabel.text
    ui.computeButton.click()
    fromNodes = panel.core.live().volume
    cases.openAndCompute(panel, folders["ctp"])
    assert panel.core.live().volume == fromNodes > 0


def test_a_study_of_the_database_is_opened_from_the_list(host, folders, tmp_path, monkeypatch):
    database = DicomDatabase(tmp_path / "database")
    for path in sorted(path for folder in folders.values() for path in folder.rglob("*.dcm")):
        database.insert(str(path))
    widget = host.open(cases.MODULE)
    panel = widget.panel
    assert not panel.studies.button.enabled and "import one" in panel.studies.button.toolTip
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    host.leave()
    host.enter(widget)
    assert panel.studies.box.count == 2 and panel.studies.button.enabled
    volumes = []
    for row in range(2):
        panel.studies.box.setCurrentIndex(row)
        panel.studies.button.click()
        panel.ui.computeButton.click()
        assert panel.core.isMeasured(), panel.ui.statusLabel.text
        volumes.append(panel.core.live().volume)
    assert volumes[0] != volumes[1]
    cases.sign(panel, tmp_path / "out")
    panel.ui.databaseBox.click()
    if panel.ui.overlayButton.enabled:
        panel.ui.overlayButton.click()
        panel.ui.overlayConfirmBox.click()
    cases.sign(panel, tmp_path / "out")
    assert "Written to" in panel.ui.resultLabel.text
    panel.studies.button.click()
    panel.ui.computeButton.click()
    assert panel.core.live().volume == volumes[1], "results that lie in the study change nothing"
    database.isOpen = False
    host.leave()
    host.enter(widget)
    assert panel.studies.box.count == 0
