"""A reader's way through perfusion on real MRML: choose, compute, move the artery, decide, edit, sign; and what goes wrong in between."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import slicer
from mrml_samples import present
from small_patients import small_perfusion

from StrokeBiomarkersLib.perfusionmismatch import LESION, PerfusionMismatch
from StrokeBiomarkersLib.readeredits import carriedDecisions
from StrokeBiomarkersLib.reading import CancelledError
from StrokeBiomarkersLib.segmentations import replaceVoxels
from StrokeBiomarkersLib.tables import measurementsFromTable
from StrokeBiomarkersLib.volumes import mapFromNode
from strokequant.batch.case import Part, measure_case
from strokequant.batch.discover import discover_cases
from strokequant.batch.perfusion_case import PROPOSAL, PerfusionAnswers
from strokequant.dicomio.scan import scan
from strokequant.errors import StrokeQuantError
from strokequant.perfusion_config import VesselConfig
from strokequant.perfusion_types import Vessel
from strokequant.record.case_record import record_to_dict
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.verify import verify
from strokequant.settings import Settings
from strokequant.synthetic.perfusion_patients import write_perfusion_patient
from strokequant.types import Mask

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VOLUME = f"{LESION}_volume"


def folderOf(name: str, parent: Path, **changes) -> Path:
    spec = small_perfusion(name, **changes)
    write_perfusion_patient(spec, parent)
    return parent / spec.name


@pytest.fixture(scope="session")
def dsc(tmp_path_factory):
    yield folderOf("dsc_dwi", tmp_path_factory.mktemp("dsc"))


@pytest.fixture(scope="session")
def ctp(tmp_path_factory):
    yield folderOf("ctp", tmp_path_factory.mktemp("ctp"))


def opened(folder):
    core = PerfusionMismatch()
    core.openFolder(folder)
    return core


@pytest.fixture
def reading(scene, ctp):
    core = opened(ctp)
    yield core
    core.close()


@pytest.fixture
def measured(reading):
    reading.compute()
    assert reading.isMeasured(), reading.record.issues
    yield reading


def command(folder, **answers):
    """What the command measures."""
    found = scan(folder)
    case = discover_cases(folder, found.series)[0]
    return measure_case(case, wanted=(Part.MISMATCH,), skipped=found.skipped, answers=PerfusionAnswers(**answers))


def numbers(record):
    return {m.id: (m.value, m.lower, m.upper, m.status) for m in record.measurements}


def same(reading, expected):
    """Numbers equal to the last bit once the reading has settled, and so are the maps of the scene."""
    reading.settle()
    assert numbers(reading.record) == numbers(expected)
    for name, node in reading.nodes.maps.items():
        assert np.array_equal(mapFromNode(node).values, expected.maps[name].values, equal_nan=True), name
    assert np.array_equal(reading.mask().values, expected.masks[LESION].values)


def test_the_numbers_are_those_of_the_command(measured, ctp):
    expected = command(ctp)
    assert record_to_dict(measured.record) == record_to_dict(expected)
    same(measured, expected)


def test_a_moved_artery_and_another_side_give_the_numbers_of_the_command(measured, ctp):
    other = measured.record.perfusion.vessels.aif_candidates[1]
    node = measured.marks.nodes[Vessel.AIF]
    x, y, z = other.center_lps
    node.SetNthControlPointPositionWorld(0, -x, -y, z)
    assert measured.moveVessel(Vessel.AIF) and not measured.moveVessel(Vessel.AIF)
    point = measured.answers.aif_lps
    assert point == pytest.approx(other.center_lps, abs=1e-6)
    measured.change(affected="left", clinical={"age_y": 70})
    same(measured, command(ctp, aif_lps=point, affected="left", clinical={"age_y": 70}))


def test_dsc_with_diffusion_is_as_by_the_command(scene, dsc):
    core = opened(dsc)
    core.compute()
    assert core.isMeasured() and core.record.perfusion.lesions.core_source == "ADC"
    same(core, command(dsc))
    core.close()


def test_the_automatic_artery_comes_back(measured):
    before, nodes = numbers(measured.record), dict(measured.nodes.maps)
    measured.chooseVessel(Vessel.AIF, 2)
    assert numbers(measured.record) != before
    assert measured.record.perfusion.vessels.aif.method == "chosen candidate"
    measured.chooseVessel(Vessel.AIF, 0)
    measured.settle()
    assert numbers(measured.record) == before and measured.nodes.maps == nodes, "the nodes are the same"
    assert not measured.isUnwritten()


def test_a_point_without_a_curve_changes_nothing(measured):
    before, values = numbers(measured.record), measured.mask().values
    node = measured.marks.nodes[Vessel.AIF]
    shown = measured.marks._placed[Vessel.AIF]
    node.SetNthControlPointPositionWorld(0, 500.0, 0.0, 0.0)
    with pytest.raises(StrokeQuantError) as caught:
        measured.moveVessel(Vessel.AIF)
    assert caught.value.issues[0].code == "A11"
    assert numbers(measured.record) == before and np.array_equal(measured.mask().values, values)
    measured.marks.putBack(Vessel.AIF)
    assert not measured.marks.isMoved(Vessel.AIF) and measured.marks._placed[Vessel.AIF] == shown


def test_a_candidate_is_left_and_taken_back(measured):
    values = measured.mask().values
    (label,) = [c.label for c in measured.candidates() if c.accepted][:1]
    measured.setAccepted(label, False)
    assert not (measured.mask().values & (measured.record.perfusion.lesions.labels == label)).any()
    assert measured.live().volume < measured.record.masks["perfusion_brain"].volume_ml
    assert measured.isUnwritten()
    measured.setAccepted(label, True)
    assert np.array_equal(measured.mask().values, values)


def draw(core, change):
    """Change the lesion as strokes do; `change` gets a copy of its voxels."""
    mask = core.mask()
    values = mask.values.copy()
    change(values)
    replaceVoxels(core.segmentation(), LESION, Mask(values, mask.geometry, LESION, "stroke"))


def lowerHalf(values):
    k = np.nonzero(values)[0]
    values[: int(np.median(k))] = False


def test_what_follows_from_a_stroke_follows(measured, tmp_path):
    before = measured.live()
    draw(measured, lowerHalf)
    after = measured.live()
    assert 0 < after.volume < before.volume and after.volume == measured.mask().volume_ml
    severe = [next(m for m in live.numbers if m.id == "hypoperfusion_10s_volume").value for live in (before, after)]
    assert severe[1] < severe[0]
    inScene = slicer.util.arrayFromSegmentBinaryLabelmap(
        measured.segmentation(), "hypoperfusion_10s", measured.hostImage()
    )
    assert np.count_nonzero(inScene) == np.count_nonzero(measured.record.masks["hypoperfusion_10s"].values)
    record = measured.readerRecord("R1")
    lesion = record.masks[LESION]
    assert lesion.edited_by == record.masks["hypoperfusion_10s"].edited_by == "R1" and "edited" in lesion.method
    assert PROPOSAL not in record.issues


def test_strokes_survive_another_artery(measured):
    corner = (slice(4, 5), slice(40, 42), slice(40, 42))
    draw(measured, lambda values: values.__setitem__(corner, True))
    measured.live()
    measured.chooseVessel(Vessel.AIF, 2)
    assert measured.mask().values[corner].all()
    measured.chooseVessel(Vessel.AIF, 0)
    assert measured.mask().values[corner].all()


def test_decisions_stay_with_their_tissue():
    before = np.zeros((1, 4, 8), int)
    before[0, :, :4], before[0, :, 5:7] = 1, 2
    after = np.zeros_like(before)
    after[0, :, 5:8], after[0, :2, :2] = 1, 2
    assert carriedDecisions(before, {2: False}, after) == {1: False}
    assert carriedDecisions(before, {1: False, 2: True}, after) == {1: True, 2: False}
    assert carriedDecisions(before, {1: False}, np.zeros_like(before)) == {}


def test_record_table_and_seg_give_one_volume(measured, tmp_path):
    measured.chooseVessel(Vessel.AIF, 2)
    measured.change(affected="right", clinical={"age_y": 66, "nihss": 12, "hours": 8, "mrs_pre": 0, "occlusion": "M1"})
    draw(measured, lowerHalf)
    live = measured.live()
    output = measured.write("R1", tmp_path / "out", now=NOW)
    stored = json.loads((output.folder / "record.json").read_bytes())
    inRecord = next(m for m in stored["measurements"] if m["id"] == VOLUME)
    with open(tmp_path / "out" / "measurements.csv", newline="", encoding="utf-8") as file:
        inTable = [float(r["value"]) for r in csv.DictReader(file) if r["measure"] == VOLUME]
    seg = read_mask_from_seg(output.folder / "dicom" / "seg_perfusion.dcm", measured.mask().geometry, name=LESION)
    inScene = next(m for m in measurementsFromTable(measured.nodes.table) if m.id == VOLUME)
    assert inScene.value == live.volume == seg.volume_ml
    assert inTable == [inRecord["value"]] == [pytest.approx(live.volume, rel=1e-9)]
    assert stored["sign_offs"][0]["reader"] == "R1"
    said = stored["perfusion"]["parameters"]["answers"]
    assert said["aif_candidate"] == 2 and said["clinical"]["occlusion"] == "M1"
    assert {r["rule"]: r["answer"] for r in stored["perfusion"]["rules"]}["DEFUSE3"] in ("pass", "fail")
    assert verify(tmp_path / "out") == ()
    assert not measured.isUnwritten()


def test_computing_again_leaves_no_node_behind(measured):
    before = sorted(className for className, _ in present(slicer.mrmlScene))
    for _ in range(2):
        measured.compute()
    assert sorted(className for className, _ in present(slicer.mrmlScene)) == before
    measured.forget()
    left = [className for className, _ in present(slicer.mrmlScene)]
    assert not {"vtkMRMLMarkupsFiducialNode", "vtkMRMLPlotChartNode", "vtkMRMLTableNode"} & set(left)


@pytest.mark.parametrize("stage", ["read", "motion", "maps", "show"])
def test_canceling_changes_nothing(measured, stage):
    segmentation, before = measured.segmentation(), present(slicer.mrmlScene)
    measured.change(affected="right")

    def progress(done, total, text):
        if text == stage:
            raise CancelledError

    with pytest.raises(CancelledError):
        measured.compute(progress)
    assert measured.segmentation() is segmentation and present(slicer.mrmlScene) == before
    measured.chooseVessel(Vessel.AIF, 2)
    assert measured.isMeasured()


def test_removed_nodes_do_not_hurt(measured):
    slicer.mrmlScene.RemoveNode(measured.marks.nodes[Vessel.AIF])
    slicer.mrmlScene.RemoveNode(measured.curves.chart)
    slicer.mrmlScene.RemoveNode(measured.nodes.maps["tmax"])
    assert measured.isMeasured() and not measured.moveVessel(Vessel.AIF)
    measured.chooseVessel(Vessel.AIF, 2)
    assert Vessel.AIF in measured.marks.present() and measured.curves.isPresent()
    assert slicer.mrmlScene.IsNodePresent(measured.nodes.maps["tmax"])
    slicer.mrmlScene.RemoveNode(measured.segmentation())
    assert measured.isLost()
    measured.abandon()
    measured.compute()
    assert measured.isMeasured()


def test_without_an_artery_a_reader_chooses_one(scene, ctp):
    strict = replace(VesselConfig(), ratio_warn=0.1, ratio_ask=0.1)  # no artery is large enough
    core = PerfusionMismatch(Settings(vessel=strict))
    core.openFolder(ctp)
    record = core.compute()
    assert not core.isMeasured() and core.canChange() and not core.isLost(), record.issues
    assert "A10" in {issue.code for issue in record.issues if issue.blocks}
    assert core.curves.isPresent() and len(core.marks.present()) == 2 and not core.hasSceneReading()
    core.chooseVessel(Vessel.AIF, 1)
    assert core.isMeasured() and core.hasSceneReading()
    assert core.record.masks[LESION].volume_ml > 10
    core.close()


def test_a_study_without_contrast_is_refused(scene, tmp_path):
    core = opened(folderOf("refuse_no_contrast", tmp_path))
    record = core.compute()
    assert not core.isMeasured() and not core.canChange()
    assert "D01" in {issue.code for issue in record.issues if issue.blocks}
    core.close()
