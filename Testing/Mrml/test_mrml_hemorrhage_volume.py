"""A reader's way through hemorrhage on real MRML: choose, compute, click, decide, edit, compare, sign; and what goes wrong in between."""

import csv
import json
import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import slicer
from mrml_samples import present

from StrokeBiomarkersLib.bloodsegments import EDITABLE
from StrokeBiomarkersLib.grid import lpsOfPoint, rasOfPoint
from StrokeBiomarkersLib.hemorrhagevolume import HemorrhageVolume
from StrokeBiomarkersLib.livehemorrhage import ICH, IVH
from StrokeBiomarkersLib.reading import CancelledError
from StrokeBiomarkersLib.segmentations import replaceVoxels
from StrokeBiomarkersLib.sourcefiles import SourcePlaces
from StrokeBiomarkersLib.tables import measurementsFromTable
from strokequant.batch.case import Part, measure_case
from strokequant.batch.discover import discover_cases
from strokequant.batch.hemorrhage_answers import ClotDecision, HemorrhageAnswers
from strokequant.batch.hemorrhage_case import PROPOSAL
from strokequant.dicomio.scan import scan
from strokequant.errors import RecordError, SegmentationError, StrokeQuantError
from strokequant.hemorrhage_types import EDEMA, Seed, Structure
from strokequant.record.case_record import record_to_dict
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.verify import verify
from strokequant.synthetic.hemorrhage_head import CtProtocol
from strokequant.synthetic.hemorrhage_implant import Implant
from strokequant.synthetic.hemorrhage_patients import HemorrhageSpec, write_hemorrhage_patient
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.synthetic.vendors.perfusion_ct import SIEMENS
from strokequant.types import Mask, Status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}
DEEP, LOBAR = (28.0, 0.0, 14.0), (-44.0, 20.0, 32.0)
BRAIN = (-28.0, 40.0, 14.0)


def folderOf(parent: Path, number: int = 1, volumes=(30, 15), **more) -> Path:
    """One plain CT with a deep clot on the left and a lobar one on the right."""
    clots = [Implant(clot_of_volume(volumes[0], DEEP, (1, 1.3, 1.0), lobes=0.1), edema_mm=4.0)] if volumes else []
    clots += [Implant(clot_of_volume(volumes[1], LOBAR, (1, 1.1, 1.0)))] if len(volumes) > 1 else []
    spec = HemorrhageSpec(number, f"{number:02d}_ct", SIEMENS, tuple(clots), CtProtocol(SMALL, seed=number), **more)
    write_hemorrhage_patient(spec, parent)
    return parent / spec.name


@pytest.fixture(scope="session")
def two(tmp_path_factory):
    yield folderOf(tmp_path_factory.mktemp("two"))


@pytest.fixture
def reading(scene, two):
    core = HemorrhageVolume()
    core.openFolder(two)
    yield core
    core.close()


@pytest.fixture
def measured(reading):
    reading.compute()
    assert reading.isMeasured(), reading.record.issues
    yield reading


def command(folder, answers=HemorrhageAnswers()):
    """What the command measures."""
    found = scan(folder)
    case = discover_cases(folder, found.series)[0]
    return measure_case(case, wanted=(Part.HEMORRHAGE,), skipped=found.skipped, hemorrhage=answers)


def numbers(record):
    return {m.id: (m.value, m.lower, m.upper, m.status) for m in record.measurements}


def volumeOf(core, name):
    return next(row for row in core.live().rows if row.name == name)


def draw(core, name, change):
    """Change a segment as strokes do; `change` gets a copy of its voxels."""
    values = core._seen[name].copy()
    change(values)
    replaceVoxels(core.segmentation(), name, Mask(values, core.geometry(), name, "stroke"))
    return values


def lowerHalf(values):
    k = np.nonzero(values)[0]
    values[: int(np.median(k))] = False


def same(reading, expected):
    """Numbers and voxels equal to the last bit once the reading has settled."""
    reading.settle()
    assert numbers(reading.record) == numbers(expected)
    reading._look()
    for name in EDITABLE:
        wanted = expected.masks[name].values if name in expected.masks else np.zeros_like(reading._seen[name])
        assert np.array_equal(reading._seen[name], wanted), name


def test_geometry_headers_and_air_are_seen_before_anything_is_computed(reading):
    key = reading.ct.choice.series.key
    assert reading.record is None and reading.audits[key].verdict == "measure"
    assert reading.ct.header(key).facts["kernel"] == "H30s" and reading.ct.values.facts["air_hu"] == pytest.approx(
        -1000, abs=10
    )
    (offer,) = reading.offers()
    assert offer.offered and offer.part == "ncct" and "6 mm" in offer.detail and offer.reason
    assert not reading.computeWaits()


def test_the_numbers_are_those_of_the_command(measured, two):
    expected = command(two)
    assert record_to_dict(measured.record) == record_to_dict(expected)
    same(measured, expected)
    assert measurementsFromTable(measured.nodes.table) == expected.measurements


def test_decisions_clicks_and_facts_give_the_numbers_of_the_command(measured, two):
    measured.setAccepted(2, False)
    measured.decide(1, structure=Structure.IVH, location="ventricle")
    label = measured.click(measured.pointOf(2), Structure.EDH)
    assert label == len(measured.record.hemorrhage.candidates)
    measured.answer(graeb={"third": 2}, ivh_score={"left": 1}, midline_lps=((70, 0, 0), (-70, 0, 0), (4, 0, 0)))
    point = measured.answers.seeds[0].point_lps
    answers = HemorrhageAnswers(
        (Seed(point, Structure.EDH),),
        with_search=True,
        decisions={1: ClotDecision(structure=Structure.IVH, location="ventricle"), 2: ClotDecision(accepted=False)},
        graeb={"third": 2},
        ivh_score={"left": 1},
        midline_lps=((70, 0, 0), (-70, 0, 0), (4, 0, 0)),
    )
    expected = command(two, answers)
    assert numbers(expected)["edh_volume"][0] == pytest.approx(15, rel=0.08)
    assert numbers(expected)["midline_shift"][0] == pytest.approx(4)
    same(measured, expected)
    assert record_to_dict(measured.record) == record_to_dict(expected)
    assert measured.live().shift_mm == pytest.approx(4)


def test_one_click_grows_to_the_clot_and_does_not_depend_on_where(measured):
    for label in list(measured.decisions()):
        measured.setAccepted(label, False)
    assert measured.live().volume == 0 and measured.live().isEmpty()
    found = []
    for shift in ((0, 0, 0), (6, -5, 0), (-5, 6, 6)):
        x, y, z = np.add(DEEP, shift)
        begin = time.process_time()
        label = measured.click((-x, -y, z), Structure.ICH)
        print(f"click to clot: {1000 * (time.process_time() - begin):.0f} ms")
        found.append(volumeOf(measured, ICH).volume)
        measured.setAccepted(label, False)
    assert found == pytest.approx([30] * 3, rel=0.06) and np.ptp(found) < 0.6


def test_a_click_into_a_clot_that_counts_changes_its_structure_only(measured):
    before = volumeOf(measured, ICH).volume
    assert measured.click(measured.pointOf(1), Structure.ICH) == 1
    assert not measured.answers.seeds and volumeOf(measured, ICH).volume == before
    assert measured.click(measured.pointOf(1), Structure.EDH) == 1
    assert not measured.answers.seeds and volumeOf(measured, "edh").volume == pytest.approx(30, rel=0.06)


def test_a_click_beside_blood_changes_nothing(measured):
    before, values = numbers(measured.record), dict(measured._seen)
    x, y, z = BRAIN
    with pytest.raises(SegmentationError) as caught:
        measured.click((-x, -y, z), Structure.ICH)
    assert caught.value.issues[0].code == "H15" and numbers(measured.record) == before
    with pytest.raises(StrokeQuantError):
        measured.click((900.0, 0.0, 0.0), Structure.ICH)
    assert all(np.array_equal(measured._seen[name], values[name]) for name in EDITABLE)
    assert not measured.isUnwritten()


def test_a_clot_is_left_and_taken_back(measured):
    values = measured._seen[ICH].copy()
    measured.setAccepted(1, False)
    assert volumeOf(measured, ICH).volume == pytest.approx(15, rel=0.08) and measured.isUnwritten()
    measured.setAccepted(1, True)
    assert np.array_equal(measured._seen[ICH], values)


def test_strokes_survive_decisions_and_other_structures(measured):
    corner = (slice(4, 5), slice(40, 42), slice(40, 42))
    draw(measured, "sdh", lambda values: values.__setitem__(corner, True))
    erased = draw(measured, ICH, lowerHalf)
    assert measured.live().volume == pytest.approx(sum(row.volume for row in measured.live().rows[:5]))
    measured.setAccepted(1, False)
    measured.setAccepted(1, True)
    assert measured._seen["sdh"][corner].all() and np.array_equal(measured._seen[ICH], erased)
    measured.settle()
    assert measured._seen["sdh"][corner].all() and np.array_equal(measured._seen[ICH], erased)
    assert (
        measured.record.masks["sdh"].edited_by
        and measured.record.masks[ICH].volume_ml == volumeOf(measured, ICH).volume
    )


def test_what_follows_from_a_stroke_follows(measured):
    before = measured.live()
    draw(measured, ICH, lowerHalf)
    begin = time.process_time()
    after = measured.live()
    print(f"numbers after a stroke: {1000 * (time.process_time() - begin):.0f} ms")
    assert 0 < after.volume < before.volume and after.abc2.c_plain_mm < before.abc2.c_plain_mm
    row = volumeOf(measured, ICH)
    assert row.lower < row.volume < row.upper
    record = measured.readerRecord("R1")
    number = next(m for m in record.measurements if m.id == "ich_volume")
    assert (number.value, number.lower, number.upper) == pytest.approx((row.volume, row.lower, row.upper), rel=1e-9)
    assert record.masks[ICH].edited_by == "R1" and "edited" in record.masks[ICH].method
    assert PROPOSAL not in record.issues and record.hemorrhage.proposal is False


def test_no_voxel_is_in_two_structures(measured):
    both = measured._seen[ICH].copy()
    lowerHalf(both)
    draw(measured, IVH, lambda values: values.__setitem__(both, True))
    measured.live()
    measured.settle()
    count = np.sum([measured._seen[name] for name in EDITABLE], axis=0)
    assert count.max() == 1


def test_edema_follows_the_clot_until_it_is_drawn(measured):
    found = measured._seen[EDEMA].copy()
    assert found.any()
    for accepted in (False, True):
        for label in (1, 2):
            measured.setAccepted(label, accepted)
        measured.settle()
        assert np.array_equal(measured._seen[EDEMA], found & accepted)
    drawn = draw(measured, EDEMA, lowerHalf)
    measured.setAccepted(1, False)
    measured.settle()
    assert np.array_equal(measured._seen[EDEMA], drawn) and measured.record.masks[EDEMA].edited_by


def test_confirmed_zero_reaches_the_record(measured):
    assert numbers(measured.readerRecord("R1"))["sdh_volume"][3] is Status.MISSING
    measured.answer(confirmed_zero=True)
    record = measured.readerRecord("R1")
    assert numbers(record)["sdh_volume"][3] is Status.ZERO and numbers(record)["ich_volume"][3] is Status.MEASURED


def test_landmarks_are_points_of_the_scene(measured):
    node = measured.landmarks.node
    for point in ((-70, 5, 20), (68, 5, 20)):
        node.AddControlPointWorld(*point)
    measured.placeLandmarks()
    assert measured.live().shift_mm is None
    node.AddControlPointWorld(3, 5, 20)
    measured.placeLandmarks()
    assert measured.live().shift_mm == pytest.approx(4)
    assert next(m for m in measured.readerRecord("R1").measurements if m.id == "midline_shift").value == pytest.approx(
        4
    )
    measured.compute()
    assert measured.live().shift_mm == pytest.approx(4) and measured.landmarks.node.GetNumberOfControlPoints() == 3
    measured.landmarks.clear()
    measured.placeLandmarks()
    assert measured.live().shift_mm is None


def test_points_of_views_and_patient_agree(measured):
    geometry = measured.geometry()
    for point in (DEEP, LOBAR):
        there = lpsOfPoint(rasOfPoint(point, geometry), geometry)
        k = np.abs(geometry.positions - np.dot(point, geometry.normal)).argmin()
        assert np.dot(there, geometry.normal) == pytest.approx(geometry.positions[k])
        assert there[:2] == pytest.approx(point[:2], abs=1e-6)


def test_record_table_and_seg_give_one_volume(measured, tmp_path):
    measured.decide(2, structure=Structure.IVH)
    draw(measured, ICH, lowerHalf)
    measured.answer(confirmed_zero=True)
    live = measured.live()
    output = measured.write("R1", tmp_path / "out", now=NOW)
    stored = json.loads((output.folder / "record.json").read_bytes())
    with open(tmp_path / "out" / "measurements.csv", newline="", encoding="utf-8") as file:
        table = {r["measure"]: r for r in csv.DictReader(file)}
    scene = {m.id: m.value for m in measurementsFromTable(measured.nodes.table)}
    files = sorted((output.folder / "dicom").glob("seg*.dcm"))
    for name in (ICH, IVH, EDEMA):
        volume = (
            next(row.volume for row in live.rows if row.name == name)
            if name != EDEMA
            else volumeOf(measured, name).volume
        )
        inRecord = next(m for m in stored["measurements"] if m["id"] == f"{name}_volume")["value"]
        assert volume > 0 and inRecord == pytest.approx(volume, rel=1e-9)
        assert float(table[f"{name}_volume"]["value"]) == inRecord and scene[f"{name}_volume"] == volume
        found = [read_mask_from_seg(path, measured.geometry(), name=name) for path in files if segments(path) & {name}]
        assert [mask.volume_ml for mask in found] == [pytest.approx(volume, rel=1e-9)], name
    assert stored["sign_offs"][0]["reader"] == "R1"
    said = stored["hemorrhage"]["parameters"]["answers"]
    assert said["decisions"] == {"2": {"structure": "ivh"}} and said["confirmed_zero"] is True
    assert verify(tmp_path / "out") == ()
    assert not measured.isUnwritten()


def segments(path):
    """Names of the masks of a segmentation object."""
    import pydicom

    known = {"Intracerebral hemorrhage": ICH, "Intraventricular hemorrhage": IVH, "Perihematomal edema": EDEMA}
    found = pydicom.dcmread(path, stop_before_pixels=True).SegmentSequence
    return {known.get(str(one.SegmentLabel), "") for one in found}


class Settings(dict):
    """As QSettings."""

    def value(self, key):
        return self.get(key)

    setValue = dict.__setitem__


def test_growth_against_an_earlier_record(scene, tmp_path, reopen):
    """Two scans of one patient, hours apart: milliliters, percent, every definition; also in a scene that was opened again."""
    places = SourcePlaces(Settings())
    first = folderOf(tmp_path, 5, (20,), header={"AcquisitionTime": "080000", "ContentTime": "080000"})
    later = folderOf(tmp_path / "later", 5, (28,), header={"AcquisitionTime": "140000", "ContentTime": "140000"})
    core = HemorrhageVolume()
    core.openFolder(first)
    core.compute()
    core.write("R1", tmp_path / "first", now=NOW)
    core.openFolder(later, places=places)
    core.compute()
    with pytest.raises(StrokeQuantError):
        core.compareWith(str(tmp_path / "nothing"))
    assert core.baseline == ""
    core.compareWith(str(tmp_path / "first"))
    found = numbers(core.record)
    growth = core.record.follow_up.growth
    if found["ich_growth_volume"][0] is None:
        raise AssertionError(core.record.follow_up.issues)
    assert found["ich_growth_volume"][0] == pytest.approx(8, abs=1.2)
    assert found["ich_growth_percent"][0] == pytest.approx(40, abs=7)
    assert {rule.rule: str(rule.answer) for rule in growth.expansion}["X1"] == "pass"
    core.compareWith("")
    assert "ich_growth_volume" not in numbers(core.record)
    core.compareWith(str(tmp_path / "first"), places=places)
    core.drop()
    reopen()
    assert str(tmp_path) not in slicer.mrmlScene.GetSceneXMLString()
    again = HemorrhageVolume()
    assert again.resume(places=places) == ()
    assert numbers(again.record)["ich_growth_volume"] == found["ich_growth_volume"]
    again.drop()
    (tmp_path / "first").rename(tmp_path / "gone")
    lost = HemorrhageVolume()
    assert {issue.code for issue in lost.resume(places=places)} == {"I01"}, "growth is gone, and that is said"
    assert "ich_growth_volume" not in numbers(lost.record)
    lost.close()


def test_a_reading_goes_on_from_its_scene(measured, reopen):
    measured.decide(2, structure=Structure.IVH)
    measured.click((44.0, -20.0, 26.0), Structure.IVH)
    drawn = draw(measured, ICH, lowerHalf)
    measured.answer(ivh_score={"left": 2})
    measured.settle()
    before = measured.live(), measured.answers
    measured.drop()
    reopen()
    core = HemorrhageVolume()
    issues = core.resume()
    assert {i.code for i in issues} <= {"I10"} and core.canChange()
    assert core.answers == before[1]
    assert [row[:2] for row in core.live().rows] == [row[:2] for row in before[0].rows]
    assert np.array_equal(core._seen[ICH], drawn)
    core.setAccepted(2, False)
    assert np.array_equal(core._seen[ICH], drawn), "strokes stay"
    core.close()


def test_computing_again_leaves_no_node_behind(measured):
    before = sorted(className for className, _ in present(slicer.mrmlScene))
    for _ in range(2):
        measured.compute()
    assert sorted(className for className, _ in present(slicer.mrmlScene)) == before
    measured.forget()
    left = {className for className, _ in present(slicer.mrmlScene)}
    assert not {"vtkMRMLMarkupsFiducialNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode"} & left


@pytest.mark.parametrize("stage", ["audit", "brain", "edema", "show"])
def test_canceling_changes_nothing(measured, stage):
    measured.click((-28.0, 5.0, 14.0), Structure.ICH)
    answers, before = measured.answers, present(slicer.mrmlScene)

    def progress(done, total, text):
        if text == stage:
            raise CancelledError

    with pytest.raises(CancelledError):
        measured.compute(progress)
    assert measured.answers == answers and present(slicer.mrmlScene) == before
    measured.setAccepted(1, False)
    assert measured.isMeasured()


def test_removed_nodes_do_not_hurt(measured):
    slicer.mrmlScene.RemoveNode(measured.landmarks.node)
    measured.placeLandmarks()
    measured.segmentation().GetSegmentation().RemoveSegment(IVH)
    assert measured.isMeasured() and volumeOf(measured, IVH).volume == 0
    measured.decide(1, structure=Structure.IVH)
    assert volumeOf(measured, IVH).volume == pytest.approx(30, rel=0.06)
    slicer.mrmlScene.RemoveNode(measured.segmentation())
    assert measured.isLost()
    measured.abandon()
    measured.compute()
    assert measured.isMeasured()


def test_a_read_only_folder_loses_no_edit(measured, tmp_path):
    drawn = draw(measured, ICH, lowerHalf)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RecordError) as caught:
        measured.write("R1", blocked / "out", now=NOW)
    assert caught.value.issues[0].code == "O01"
    assert np.array_equal(measured._seen[ICH], drawn) and measured.isUnwritten()


def test_edits_that_are_in_no_record_stay_in_the_scene(measured):
    drawn = draw(measured, ICH, lowerHalf)
    node = measured.segmentation()
    measured.compute()
    assert slicer.mrmlScene.IsNodePresent(node) and node.GetName().endswith("edited")
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, ICH, measured.hostImage())
    assert np.array_equal(array > 0, drawn)


@pytest.mark.parametrize(
    ("more", "code", "offered"),
    [
        ({"header": {"ContrastBolusAgent": "Iodine"}}, "H04", True),
        ({"header": {"ConvolutionKernel": "H70h"}}, "H04", True),
        ({"offset_hu": 110.0}, "H01", True),
    ],
)
def test_bad_ct_waits_with_its_reason(scene, tmp_path, more, code, offered):
    core = HemorrhageVolume()
    core.openFolder(folderOf(tmp_path, 2, (), **more))
    wait = core.computeWaits()
    assert wait.key == "series" and code in {issue.code for issue in wait.issues}
    (offer,) = core.offers()
    assert offer.offered is offered
    core.choose(offer.series.key)
    if code == "H04":
        assert not core.computeWaits(), "naming the series answers the question"
        record = core.compute()
        assert code in {issue.code for issue in record.issues}
    else:
        assert core.computeWaits().key == "series"
    core.close()


def test_two_patients_in_one_folder_are_refused(scene, tmp_path):
    both = tmp_path / "both"
    both.mkdir()
    for number in (2, 3):
        for file in folderOf(tmp_path, number, ()).rglob("*.dcm"):
            shutil.copy(file, both / f"{number}_{file.name}")
    core = HemorrhageVolume()
    core.openFolder(both)
    waits = [(core.selectCase(n), core.computeWaits())[1] for n in range(len(core.cases))]
    assert waits and all(wait.key == "refused" and wait.issues[0].code == "I03" for wait in waits)
    core.close()


def test_without_blood_the_record_is_zero(scene, tmp_path):
    core = HemorrhageVolume()
    core.openFolder(folderOf(tmp_path, 4, ()))
    core.compute()
    assert core.isMeasured() and core.live().volume == 0 and core.live().isEmpty() and core.live().abc2 is None
    core.answer(confirmed_zero=True)
    record = core.readerRecord("R1")
    assert {record_status(record, f"{s}_volume") for s in Structure} == {Status.ZERO}
    core.close()


def record_status(record, name):
    return next(m.status for m in record.measurements if m.id == name)


def test_answers_are_forgotten_with_the_case(measured, two):
    measured.setAccepted(1, False)
    measured.openFolder(two)
    assert measured.answers == replace(HemorrhageAnswers(), with_search=True) and measured.record is None
