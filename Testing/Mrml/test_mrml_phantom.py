"""A phantom session on real MRML: choose, state, compute, drag and relabel regions, sign, history; and what is refused."""

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import slicer
from dicom_database import DicomDatabase
from mrml_samples import present
from phantom_history_file import writeHistory

from PhantomQCLib.phantomhistory import PhantomHistory
from PhantomQCLib.phantomreading import Facts, PhantomReading
from PhantomQCLib.selftest import PHANTOM, writeGeneratedPhantom
from PhantomQCLib.trendcharts import TrendPlot, cusumLines, shewhartLines
from StrokeBiomarkersLib.dicomstudies import studiesOf
from StrokeBiomarkersLib.grid import lpsOfPoint
from StrokeBiomarkersLib.reading import CancelledError
from StrokeBiomarkersLib.tables import recordFromText
from strokequant.batch.phantom_case import run_phantom
from strokequant.batch.phantom_study import PhantomStudy
from strokequant.dicomio.scan import scan
from strokequant.errors import InputError, RecordError, StrokeQuantError
from strokequant.phantom.diffusion_session import Stated
from strokequant.phantom.history import History
from strokequant.phantom.placements import load_placements
from strokequant.phantom.registry_files import find_phantom
from strokequant.phantom_types import Qualification
from strokequant.record.verify import verify

NOW = datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC)
ICE = Facts(temperature_c=0.0, temperature_source="ice water")


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    yield writeGeneratedPhantom(tmp_path_factory.mktemp("sound") / "qa")


@pytest.fixture(scope="session")
def searched(sound):
    """The session read and searched once, for all tests."""
    study = PhantomStudy(scan(sound).series, find_phantom(PHANTOM))
    study.measure()
    yield study


@pytest.fixture
def opened(scene, sound, searched):
    core = PhantomReading()
    core.openFolder(sound)
    core.choosePhantom(PHANTOM)
    core.facts = ICE
    core._study, core._measured = searched, core._wanted()
    yield core
    core.close()


@pytest.fixture
def measured(opened):
    opened.compute()
    yield opened


def value(core, metric, insert=""):
    found = (m for m in core.record.session.measurements if (m.metric, m.insert, m.repeat) == (metric, insert, None))
    return next(found).value


def drag(core, label, mm):
    """Move a point in RAS, as a mouse does."""
    node = core.scene.handles
    number = next(n for n in range(node.GetNumberOfControlPoints()) if node.GetNthControlPointLabel(n) == label)
    ras = np.zeros(3)
    node.GetNthControlPointPositionWorld(number, ras)
    node.SetNthControlPointPositionWorld(number, *(ras + mm))


def test_the_numbers_are_those_of_the_command(measured, sound, tmp_path):
    _, data = run_phantom(
        scan(sound).series, find_phantom(PHANTOM), Stated(0.0, "ice water"), tmp_path, case="qa", command=("x",)
    )
    folder = measured.write("QA1", tmp_path / "mine", now=NOW)
    mine = json.loads((folder / "record.json").read_text())
    assert mine["measurements"] == data["measurements"] and mine["verdict"] == data["verdict"]
    assert mine["status"] == "signed" and mine["sign_offs"][0]["reader"] == "QA1"
    assert verify(tmp_path / "mine") == ()


def test_regions_are_points_and_segments_of_the_scene(measured):
    session, nodes = measured.record.session, measured.scene
    assert [nodes.handles.GetNthControlPointLabel(n) for n in range(13)] == [f"V{n}" for n in range(13)]
    for label, point in nodes.points().items():
        center = next(p.center_lps for p in session.placements if p.label == label)
        assert point == pytest.approx(center, abs=SLICE_MM)
    assert sorted(nodes.regions.GetSegmentation().GetSegmentIDs()) == sorted(f"V{n}" for n in range(13))
    image = nodes.images["b0"]
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(nodes.regions, "V0", image)
    assert np.array_equal(mask > 0, session.placements[0].mask)
    ras = np.zeros(3)
    nodes.handles.GetNthControlPointPositionWorld(0, ras)
    k, j, i = np.argwhere(mask).mean(axis=0)
    assert lpsOfPoint(ras, session.geometry) == pytest.approx(
        session.geometry.to_lps(np.array([[k, j, i]]))[0], abs=1.0
    )


SLICE_MM = 3.0
"""A point of the scene lies on a slice; a region in the middle of the vial."""


def test_nothing_has_moved_before_somebody_moves_it(measured):
    before = measured.record
    assert not measured.follow() and measured.record is before and not measured.canUndo()


def test_a_region_that_is_dragged_is_measured_there_and_is_a_persons(measured, tmp_path):
    before = {label: value(measured, "adc", label) for label in ("V3", "V4")}
    drag(measured, "V3", (30.0, 0.0, 0.0))
    assert measured.follow()
    assert abs(value(measured, "adc", "V3") - before["V3"]) > 20 and value(measured, "adc", "V4") == before["V4"]
    assert "Q04" in {i.code for i in measured.record.session.issues}
    folder = measured.write("QA1", tmp_path, now=NOW)
    record = json.loads((folder / "record.json").read_text())
    assert {p["label"]: p["placed_by"] for p in record["placements"] if p["placed_by"]} == {"V3": "QA1"}
    assert "V3 placed by QA1" in (folder / "report.html").read_text(encoding="utf-8")


def test_the_placements_file_gives_the_same_numbers(measured, searched, tmp_path):
    """Written with the session, the file gives what the hand gave."""
    drag(measured, "V5", (2.0, -1.0, 0.0))
    measured.follow()
    folder = measured.write("QA1", tmp_path, now=NOW)
    places = load_placements(folder / "placements.json", [f"V{n}" for n in range(13)])
    again = searched.measure(Stated(0.0, "ice water", placements={"V5": places["V5"]}))
    own = [(m.metric, m.insert, m.repeat, m.value) for m in measured.record.session.measurements]
    assert [(m.metric, m.insert, m.repeat, m.value) for m in again.measurements] == own


def test_relabel_and_undo(measured):
    before = {label: value(measured, "adc", label) for label in ("V0", "V11")}
    measured.relabel("V0", "V11")
    assert value(measured, "adc", "V0") == pytest.approx(before["V11"], rel=1e-6)
    assert value(measured, "adc", "V11") == pytest.approx(before["V0"], rel=1e-6)
    assert measured.record.verdict.outcome is not Qualification.QUALIFIED
    measured.undo()
    assert value(measured, "adc", "V0") == before["V0"] and not measured.places
    assert not any(p.placed_by for p in measured.record.session.placements)


def test_half_a_turn_swaps_opposite_vials_and_automatic_brings_them_back(measured):
    before = {label: value(measured, "adc", label) for label in ("V0", "V1", "V8")}
    measured.turn(180)
    assert value(measured, "adc", "V1") == pytest.approx(before["V8"], rel=0.02)
    measured.mirror()
    assert value(measured, "adc", "V1") == pytest.approx(value(measured, "adc", "V1"), rel=0.02)
    measured.automatic()
    assert {label: value(measured, "adc", label) for label in before} == before


def test_what_is_missing_is_asked_for(scene, sound):
    core = PhantomReading()
    assert core.computeWaits().key == "session"
    core.openFolder(sound)
    assert core.computeWaits().key == "phantom" and core.facts.temperature_c is None
    core.choosePhantom("caliber_128_0155")
    assert core.computeWaits().key == "serial"
    core.facts = Facts(serial="128-0155")
    assert core.computeWaits().key == "temperature"
    core.facts = Facts(serial="128-0155", isUnknown=True)
    assert not core.computeWaits()
    core.used = set()
    assert core.computeWaits().key == "modality"
    core.close()


def test_a_wrong_serial_number_and_an_expired_certificate_are_said_before_anything_is_measured(scene, sound, tmp_path):
    core = PhantomReading()
    core.openFolder(sound)
    core.choosePhantom("caliber_128_0155")
    core.facts = Facts(serial="128-9999", temperature_c=30.0)
    assert {"Q51", "Q55"} <= {i.code for i in core.preconditions()}
    source = Path(find_phantom.__code__.co_filename).parent / "registry" / "caliber_128_0155.json"
    entry = json.loads(source.read_text())
    entry["id"] = "ours"
    entry["certificate"] = {"number": "C1", "valid_until": "2026-01-31", "entered_by": "A", "verified_by": "B"}
    (tmp_path / "ours.json").write_text(json.dumps(entry))
    core.choosePhantom(core.addPhantomFile(tmp_path / "ours.json"))
    core.facts = Facts(serial="128-0155", temperature_c=0.0)
    assert [i.code for i in core.preconditions() if i.blocks] == ["Q52"]
    record = core.compute()
    assert record.verdict.outcome is Qualification.NO_VERDICT and "2026-01-31" in record.verdict.reasons[0]
    core.close()


def test_what_is_no_phantom_is_shown_and_nothing_can_be_corrected(scene, tmp_path):
    core = PhantomReading()
    core.openFolder(writeGeneratedPhantom(tmp_path / "qa", "uniform", passes=1))
    core.choosePhantom(PHANTOM)
    core.facts = ICE
    record = core.compute()
    assert record.verdict.outcome is Qualification.NO_VERDICT
    assert "Q01" in {i.code for i in record.session.issues} and not core.movable()
    assert core.scene.images, "what was scanned is shown all the same"
    assert not core.follow()
    core.turn(180)
    core.relabel("V0", "V1")
    assert not core.places
    core.forget()
    core.close()


def test_canceling_changes_nothing(measured):
    before, nodes = measured.record, present(slicer.mrmlScene)

    def cancel(done, total, text):
        raise CancelledError

    with pytest.raises(CancelledError):
        measured.compute(cancel)
    assert measured.record is before and present(slicer.mrmlScene) == nodes


def test_another_temperature_makes_the_record_stale(measured, tmp_path):
    assert not measured.isStale()
    measured.facts = Facts(temperature_c=20.0, temperature_source="thermometer")
    assert measured.isStale() and measured.writeWaits("QA1", str(tmp_path), "qa").key == "stale"
    measured.compute()
    assert not measured.isStale() and measured.record.session.temperature_c == 20.0


def test_nodes_go_with_the_session(scene, opened):
    before = present(scene)
    opened.compute()
    opened.compute()
    opened.forget()
    assert present(scene) == before


def test_a_removed_segmentation_is_noticed(measured):
    slicer.mrmlScene.RemoveNode(measured.scene.regions)
    assert measured.isLost()
    measured.forget()


def test_the_history_gets_signed_sessions_and_the_scene_the_record(measured, tmp_path):
    path = tmp_path / "h.sqlite"
    measured.write("QA1", tmp_path / "out", now=NOW, history=str(path))
    (one,) = History(path).sessions()
    assert one.date == measured.record.session.date and one.content["signed_by"] == ["QA1"]
    data = recordFromText(measured.scene.text)
    assert data["sign_offs"][0]["reader"] == "QA1" and data["trends"]


def test_what_another_person_signed_is_not_replaced_and_enters_no_history(measured, tmp_path):
    measured.write("QA1", tmp_path / "out", now=NOW)
    with pytest.raises(RecordError, match="O01"):
        measured.write("QA2", tmp_path / "out", now=NOW, history=str(tmp_path / "h.sqlite"))
    assert not (tmp_path / "h.sqlite").exists()


def test_a_study_of_the_database(scene, sound, tmp_path):
    database = DicomDatabase(tmp_path)
    for path in sorted(sound.rglob("*.dcm")):
        database.insert(str(path))
    core = PhantomReading()
    core.openStudy(studiesOf(database)[0].uid, database)
    assert core.name == "phantom" and len(core.series) == 2 and core.used == {one.key for one in core.series}
    core.close()


def test_nothing_to_open(scene, tmp_path):
    core = PhantomReading()
    with pytest.raises(InputError):
        core.openFolder(tmp_path)
    (tmp_path / "text.txt").write_text("no image")
    with pytest.raises(InputError):
        core.openFolder(tmp_path)
    core.close()


@pytest.fixture(scope="session")
def kept_history(tmp_path_factory):
    """Three scanners: one that drifts, one that stays, one with an update."""
    yield writeHistory(tmp_path_factory.mktemp("history") / "h.sqlite")


@pytest.fixture
def history(kept_history, tmp_path):
    yield PhantomHistory(), shutil.copy(kept_history, tmp_path / "h.sqlite")


def test_charts_of_a_history(scene, history):
    kept, path = history
    kept.open(str(path))
    drifting, _, updated = kept.scanners()
    number = kept.numbers(drifting)[0]
    assert number == ("adc_bias_percent", "V0")
    chart = kept.chart(drifting, number)
    names = [line.name for line in shewhartLines(chart)]
    assert {"Value", "Target", "+3 s", "-3 s", "Breaks a rule"} <= set(names)
    value_ = next(line for line in shewhartLines(chart) if line.name == "Value")
    assert value_.y.tolist() == [p.value for p in chart.points] and value_.x.tolist() == list(
        range(1, len(chart.points) + 1)
    )
    assert "C+ signal" in [line.name for line in cusumLines(chart)]
    assert "Change 2" in [line.name for line in shewhartLines(kept.chart(updated, number))]
    lines = kept.lines(number, date(2030, 1, 1))
    assert len(lines) == 3 and all(line.isOver for line in lines if line.session.valid_until)
    before = present(scene)
    plot = TrendPlot("Shewhart", "NoView")
    plot.show(shewhartLines(chart), "t", "x", "y")
    assert plot.chart.GetNumberOfPlotSeriesNodes() == len(names)
    plot.show([], "", "", "")
    assert present(scene) == before


def test_what_has_changed_on_the_scanner_is_known_before_signing(measured, history):
    kept, path = history
    kept.open(str(path))
    assert kept.changes(measured.record) == ()
    kept.addEvent(measured.record.session.scanner.key, "2026-01-15", "head coil replaced", "QA1")
    assert kept.changes(measured.record) == ("2026-01-15: head coil replaced",)


def test_events_and_export(scene, history, tmp_path):
    kept, path = history
    kept.open(str(path))
    scanner = kept.scanners()[0]
    kept.addEvent(scanner, "2025-06-01", "gradient coil replaced", "QA1")
    page = kept.export(tmp_path / "out")
    assert page.is_file() and (page.parent / "trend.csv").is_file() and kept.problems() == ()
    with pytest.raises(StrokeQuantError, match="Q69"):
        kept.open(str(tmp_path / "none.sqlite"))
    assert kept.path == str(path)


def test_the_ct_phantom(scene, shared_data):
    folder = shared_data / "phantom" / "synthetic" / "acr_ct_ok"
    core = PhantomReading()
    core.openFolder(folder)
    core.choosePhantom("acr_ct_464")
    record = core.compute()
    assert record.session.placements and core.scene.images["ct"] is not None
    assert core.movable() == {"air", "acrylic", "water", "polyethylene", "bone"}
    assert core.scene.fixed.GetNumberOfControlPoints() > 0 and core.scene.fixed.GetLocked()
    before = value(core, "hu", "water")
    core.relabel("water", "acrylic")
    assert value(core, "hu", "water") > before + 100
    core.forget()
    core.close()
