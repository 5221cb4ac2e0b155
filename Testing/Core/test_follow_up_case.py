"""Follow-up end to end through the command: growth at its limits, what is refused, transformation, forms, registration, pairs of a run."""

import csv
import io
import json
import re
import shutil

import numpy as np
import pydicom
import pytest
from follow_up_patients import DARK, DAY_0, DAY_1, GRID, voxels_near, write_ct, write_outline

from strokequant.batch.earlier import Earlier, open_earlier
from strokequant.batch.hemorrhage_growth import bleeding_of_record
from strokequant.biomarkers.forms import load_forms
from strokequant.cli import run
from strokequant.dicomio.read import read_volume
from strokequant.dicomio.scan import scan
from strokequant.hemorrhage_config import HematomaConfig
from strokequant.maps.masked_rigid import apart_mm
from strokequant.patient_check import is_same_patient, patient_check
from strokequant.settings import Settings
from strokequant.synthetic.perfusion_motion import rotation

CENTER = (28.0, 0.0, 14.0)
THIN = GRID | {"slices": 60, "step_mm": 2.5}
NO_BLOOD = {"thrombectomy": "no", "pattern": "none", "remote": "none", "ivh": "no", "sah": "no", "sdh": "no"}
CLOT = NO_BLOOD | {"pattern": "clot", "mass_effect": "limited", "beyond_border": "no"}


def measured(out, *where):
    return json.loads(out.joinpath(*where, "record.json").read_text(encoding="utf-8"))


def row(data, name):
    return next(m for m in data["measurements"] if m["id"] == name)


def codes(item):
    return {i["code"] for i in item["issues"]}


def command(*words):
    return run([*map(str, words), "--quiet"])


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Two plain CT of one patient, a day apart, in one folder; the images are those that the command reads."""
    root = tmp_path_factory.mktemp("case")
    write_ct(root / "one" / "day0", DAY_0, clot_ml=20)
    write_ct(root / "one" / "day1", DAY_1, clot_ml=27, seed=2)
    return root / "one"


@pytest.fixture(scope="module")
def geometry(case):
    found = scan(case / "day1")
    return read_volume(found.series[0]).geometry


def outlined(folder, geometry, **voxels):
    for name, count in voxels.items():
        write_outline(folder / f"{name}.nii.gz", voxels_near(geometry, CENTER, count), geometry)
    return folder


@pytest.fixture(scope="module")
def baselines(case, geometry, tmp_path_factory):
    """Records of the first time point with outlines of 20 and of 10 mL."""
    root, found = tmp_path_factory.mktemp("baselines"), {}
    for ml in (20, 10):
        masks = outlined(root / f"masks{ml}", geometry, ich=50 * ml)
        words = ("--masks", masks, "--reader", "R1")
        assert command("hemorrhage", case / "day0", "--out", root / f"out{ml}", *words) == 0
        found[ml] = root / f"out{ml}"
        assert row(measured(found[ml], "day0", "tp1"), "ich_volume")["value"] == ml
    return found


@pytest.mark.parametrize(
    ("ml", "voxels", "change", "x1", "x2"),
    [
        (20, 1299, (5.98, 29.9), "fail", "fail"),
        (20, 1300, (6.0, 30.0), "pass", "fail"),
        (20, 1301, (6.02, 30.1), "pass", "pass"),
        (10, 664, (3.28, 32.8), "fail", "fail"),
        (10, 665, (3.3, 33.0), "pass", "fail"),
        (10, 666, (3.32, 33.2), "pass", "pass"),
    ],
)
def test_growth_at_its_limits(case, geometry, baselines, tmp_path, ml, voxels, change, x1, x2):
    masks = outlined(tmp_path / "masks", geometry, ich=voxels)
    words = ("--baseline", baselines[ml], "--masks", masks, "--reader", "R2")
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "out", *words) == 0
    data = measured(tmp_path / "out", "day1", "tp1")
    assert row(data, "ich_growth_volume")["value"] == change[0]
    assert row(data, "ich_growth_percent")["value"] == pytest.approx(change[1], abs=1e-9)
    answers = {rule["rule"]: rule["answer"] for rule in data["follow_up"]["growth"]["expansion"]}
    assert (answers["X1"], answers["X2"], answers["X5"], answers["X6"]) == (x1, x2, "fail", "fail")
    assert {answers[name] for name in ("X3", "X3G", "X4")} == {x1}
    verdict = data["follow_up"]["growth"]["verdicts"]["ich"]
    assert verdict["readers"] == "this pair of readers" and verdict["beyond"] is (change[0] > 5.83)
    assert data["follow_up"]["baselines"]["hemorrhage"]["same_patient"] is True
    assert "E20" in {i["code"] for i in data["follow_up"]["issues"]}


def test_what_this_study_can_detect_replaces_what_was_published(case, geometry, baselines, tmp_path):
    masks = outlined(tmp_path / "masks", geometry, ich=1100)
    words = ("--baseline", baselines[20], "--masks", masks, "--mdd", "1.5", "--mdd-total", "2.5")
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "out", *words) == 0
    verdicts = measured(tmp_path / "out", "day1", "tp1")["follow_up"]["growth"]["verdicts"]
    assert {name: (v["limit_ml"], v["beyond"], v["source"]) for name, v in verdicts.items()} == {
        "ich": (1.5, True, "this study"),
        "ich_ivh": (2.5, False, "this study"),
    }


@pytest.mark.parametrize(
    ("when", "more", "level", "code"),
    [
        (DAY_1, {"number": 2}, "STOP", "E01"),
        (("20260228", "080000"), {}, "STOP", "E02"),
        (DAY_1, {"header": {"ContrastBolusAgent": "Iodine"}}, "STOP", "E03"),
        (DAY_1, {"header": {"ConvolutionKernel": "H40s"}}, "WARN", "E05"),
        (DAY_1, {"grid": THIN}, "WARN", "E04"),
    ],
)
def test_what_may_not_be_compared(baselines, tmp_path, when, more, level, code):
    write_ct(tmp_path / "later", when, clot_ml=30, **more)
    words = ("--baseline", baselines[20], "--seed=28,0,14")
    exit_code = command("hemorrhage", tmp_path / "later", "--out", tmp_path / "out", *words)
    data = measured(tmp_path / "out", "later", "tp1")
    growth = row(data, "ich_growth_volume")
    assert (code, level) in {(i["code"], i["level"]) for i in growth["issues"]}
    assert (growth["value"] is None) is (level == "STOP")
    # a CT with contrast agent is not even measured
    assert exit_code == (0 if level == "WARN" else 1 if code == "E03" else 3)
    assert bool(data["follow_up"]["growth"]["expansion"]) is (level == "WARN")


def test_a_contrast_ct_that_a_person_names_is_measured_and_not_compared(baselines, tmp_path):
    write_ct(tmp_path / "later", DAY_1, clot_ml=30, header={"ContrastBolusAgent": "Iodine"})
    key = scan(tmp_path / "later").series[0].key
    words = ("--baseline", baselines[20], "--seed=28,0,14", "--series", key)
    assert command("hemorrhage", tmp_path / "later", "--out", tmp_path / "out", *words) == 3
    data = measured(tmp_path / "out", "later", "tp1")
    assert row(data, "ich_volume")["value"] > 0
    assert row(data, "ich_growth_volume")["value"] is None and "E03" in codes(row(data, "ich_growth_volume"))


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "no json",
        '{"format": "strokequant record 1"}',
        '{"format": "strokequant record 1", "case": "a", "timepoint": "b", "measurements": [{"id": "ich_volume"}]}',
        '{"format": "strokequant record 1", "case": "a", "timepoint": "b", "measurements": 3, "visit": []}',
    ],
)
def test_a_baseline_that_is_no_record_gives_no_growth(case, tmp_path, content):
    (tmp_path / "record.json").write_text(content, "utf-8")
    words = ("--baseline", tmp_path / "record.json", "--seed=28,0,14")
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "out", *words) == 3
    growth = row(measured(tmp_path / "out", "day1", "tp1"), "ich_growth_volume")
    assert growth["value"] is None and codes(growth) == {"I01"}


def test_a_baseline_that_was_changed_is_told(case, geometry, baselines, tmp_path):
    shutil.copytree(baselines[20], tmp_path / "before")
    path = tmp_path / "before" / "day0" / "tp1" / "record.json"
    path.write_text(path.read_text("utf-8").replace('"value": 20.0', '"value": 19.0'), "utf-8")
    words = ("--baseline", tmp_path / "before", "--masks", outlined(tmp_path / "masks", geometry, ich=1300))
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "out", *words) == 0
    data = measured(tmp_path / "out", "day1", "tp1")
    for issues in (data["follow_up"]["issues"], row(data, "ich_growth_volume")["issues"]):
        assert ("O02", "WARN") in {(i["code"], i["level"]) for i in issues}


def moved(shift=(6.0, -6.0, 5.3), turn=(6.0, -6.0, 5.3)):
    """From a point of the scanner to the head: 10 mm and 10 degrees."""
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(turn)
    matrix[:3, 3] = shift
    return matrix


def test_images_of_both_time_points_are_measured_and_registered(tmp_path):
    truth = moved()
    write_ct(tmp_path / "a" / "ct", DAY_0, pose=truth, clot_ml=20)
    write_ct(tmp_path / "b" / "ct", DAY_1, grid=THIN, clot_ml=30, seed=2)
    out = tmp_path / "out"
    assert command("hemorrhage", tmp_path / "b", "--out", out, "--baseline", tmp_path / "a") == 0
    data = measured(out, "b", "tp1")
    assert row(measured(out, "b", "baseline"), "ich_volume")["value"] == pytest.approx(20, rel=0.08)
    growth = row(data, "ich_growth_volume")
    assert growth["value"] == pytest.approx(10, abs=1.5)
    assert {"E04", "S05"} <= codes(growth) and "against baseline" in growth["method"]
    found = data["follow_up"]["registrations"]["hemorrhage"]
    index = np.argwhere(np.ones((14, 14, 12), bool)) * 10 - 65.0
    # of a point at follow-up, where the scanner is the head, to the same anatomy at baseline
    assert apart_mm(np.array(found["matrix"]), np.linalg.inv(truth), index) < 1.0
    page = (out / "b" / "tp1" / "report.html").read_text(encoding="utf-8")
    assert page.count("fields of both in turn") >= 3 and "growth &gt; 6 mL" in page
    assert "hematoma at baseline, registered" in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    shown = set(re.findall(r'href="#([^"]+)"', page))
    assert shown <= set(ids)
    assert command("verify", out) == 0


def test_images_of_another_patient_are_refused_before_anything_is_written(case, tmp_path):
    write_ct(tmp_path / "other", DAY_0, number=2)
    words = ("--baseline", tmp_path / "other")
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "out", *words) == 1
    assert not (tmp_path / "out").exists()
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "out", "--baseline", tmp_path / "nothing") == 2


def walk(item):
    """Every content item of a structured report."""
    for content in item.get("ContentSequence", ()):
        yield content
        yield from walk(content)


def test_a_run_pairs_the_time_points_of_a_case(case, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert command("run", case.parent, "--out", first) == 0
    name = next(p for p in first.iterdir() if p.is_dir()).name
    data = measured(first, name, "tp2")
    assert measured(first, name, "tp1")["follow_up"] is None
    baseline = data["follow_up"]["baselines"]["hemorrhage"]
    assert (baseline["timepoint"], baseline["automatic"], baseline["same_patient"]) == ("tp1", True, True)
    growth = row(data, "ich_growth_volume")
    assert growth["value"] == pytest.approx(7, abs=1.0)
    assert growth["method"].endswith("against tp1, paired automatically")
    assert "E14" in {i["code"] for i in data["follow_up"]["issues"]}
    before = open_earlier(Earlier(str(first / name / "tp1")))
    assert before.other_settings("hemorrhage", Settings()) == before.other_settings("infarct", Settings()) == ""
    other = Settings(hematoma=HematomaConfig(band_step_hu=3.0))
    assert before.other_settings("hemorrhage", other) == "hematoma.band_step_hu 2.0, now 3.0"
    assert "band_step_hu" in bleeding_of_record(before, "", other).visit.method
    report = pydicom.dcmread(first / name / "tp2" / "dicom" / "sr_hemorrhage.dcm")
    told = {str(item.TextValue) for item in walk(report) if "TextValue" in item}
    assert any(t.startswith("Expansion of the hematoma, X1 1.0 (") and t.endswith(": met") for t in told)
    assert any(t.startswith("Baseline: tp1 of 2026-03-01") for t in told)
    numbers = {i.ConceptNameCodeSequence[0].CodeMeaning: i for i in walk(report) if i.get("ValueType") == "NUM"}
    measured_value = numbers["Absolute growth"].MeasuredValueSequence[0]
    assert float(measured_value.NumericValue) == pytest.approx(growth["value"], abs=1e-6)
    assert measured_value.MeasurementUnitsCodeSequence[0].CodeValue == "ml"
    assert "ich_growth_volume" in (first / "measurements.csv").read_text(encoding="utf-8")
    assert command("run", case.parent, "--out", second, "--jobs", 2) == 0
    for path in ("measurements.csv", f"{name}/tp2/record.json", f"{name}/tp2/report.html"):
        assert (first / path).read_bytes() == (second / path).read_bytes()
    before = (first / name / "tp2" / "report.html").stat().st_mtime_ns
    assert command("run", case.parent, "--out", first, "--resume") == 0
    assert (first / name / "tp2" / "report.html").stat().st_mtime_ns == before
    assert command("verify", first) == 0


def test_a_record_tells_the_patient_of_images_and_no_identity(case):
    series, others = scan(case / "day0").series, scan(case / "day1").series
    one, other = patient_check(series), patient_check(others)
    key = series[0].patient_key
    assert is_same_patient(one, key) and is_same_patient(other, key)
    assert one["check"] != other["check"] and key not in json.dumps(one)
    assert is_same_patient(one, "x") is False
    assert is_same_patient(None, key) is None and is_same_patient(one, "") is None


def coded_values(path):
    """Meanings of coded values by the meaning of their concept, of a whole structured report."""
    found, pending = {}, [pydicom.dcmread(path)]
    while pending:
        node = pending.pop()
        pending += list(node.get("ContentSequence", ()))
        if node.get("ValueType") == "CODE":
            name = node.ConceptNameCodeSequence[0].CodeMeaning
            found.setdefault(name, []).append(node.ConceptCodeSequence[0].CodeMeaning)
    return found


def answered(path, *entries):
    versions = {name: form.version for name, form in load_forms().items()}
    content = [{"version": versions[e["form"]], **e} for e in entries]
    path.write_text(json.dumps({"schema_version": 1, "answers": content}), "utf-8")
    return path


@pytest.mark.parametrize(
    ("voxels", "mass", "percent", "ecass", "heidelberg", "conflict"),
    [
        (1495, "limited", 29.9, "PH1", ["1c"], False),
        (1500, "limited", 30.0, "PH1", ["2"], True),
        (1505, "marked", 30.1, "PH2", ["2"], False),
    ],
)
def test_transformation_at_30_percent(case, geometry, tmp_path, voxels, mass, percent, ecass, heidelberg, conflict):
    masks = outlined(tmp_path / "masks", geometry, ich=voxels, infarct=5000)
    said = answered(
        tmp_path / "answers.json",
        {"form": "HT", "modality": "CT", "reader": "R1", "values": CLOT | {"mass_effect": mass}},
        {"form": "FI", "modality": "CT", "reader": "R1", "values": {"chronic": "none"}},
    )
    out = tmp_path / "out"
    assert command("hemorrhage", case / "day1", "--out", out, "--masks", masks, "--answers", said) == 0
    data = measured(out, "day1", "tp1")
    found = data["forms"]["transformation"]
    assert (found["ecass"], found["heidelberg"], found["conflict"]) == (ecass, heidelberg, conflict)
    assert (found["side_from"], found["share"]["near_limit"]) == ("masks", True)
    share = row(data, "transformation_clot_share")
    assert share["value"] == pytest.approx(percent, abs=1e-9) and "E41" in codes(share)
    assert ("E40" in {i["code"] for i in data["forms"]["issues"]}) is conflict
    assert row(data, "final_infarct_volume")["value"] == 100.0
    water = row(data, "net_water_uptake")  # healthy tissue around the clot: none, and no blood is read as its opposite
    assert abs(water["value"]) < 12 and ("E52" in codes(water)) is (water["value"] < 0)
    page = (out / "day1" / "tp1" / "report.html").read_text(encoding="utf-8")
    assert ecass in page and "Hemorrhagic transformation" in page
    coded = coded_values(out / "day1" / "tp1" / "dicom" / "sr_hemorrhage.dcm")
    assert coded["ECASS bleeding class"] == [f"ECASS class {ecass}"]
    assert coded["Heidelberg bleeding class"] == [f"Heidelberg class {heidelberg[0]}"]
    assert command("verify", out) == 0


def test_water_uptake_of_an_infarct_that_is_5_hu_darker(tmp_path):
    write_ct(tmp_path / "ct", DAY_1, clot_ml=0, dark_ml=20)
    image = read_volume(scan(tmp_path / "ct").series[0])
    infarct = voxels_near(image.geometry, DARK, 1000)
    write_outline(tmp_path / "masks" / "infarct.seg.nrrd", infarct, image.geometry)
    said = answered(tmp_path / "a.json", {"form": "FI", "modality": "CT", "values": {"chronic": "none"}})
    words = ("hemorrhage", tmp_path / "ct", "--answers", said, "--masks", tmp_path / "masks")
    assert command(*words, "--out", tmp_path / "out") == 0
    found = row(measured(tmp_path / "out", "ct", "tp1"), "net_water_uptake")
    # the head is symmetric about the middle of the grid
    darker, normal = (
        float(hu[(hu >= 20) & (hu <= 80)].mean()) for hu in (image.values[infarct], image.values[infarct[:, :, ::-1]])
    )
    assert found["value"] == pytest.approx(100 * (1 - darker / normal), abs=0.7) and found["value"] > 9
    assert "E52" not in codes(found)


def test_what_nobody_answered_is_asked(case, geometry, tmp_path):
    masks = outlined(tmp_path / "masks", geometry, ich=1500, infarct=5000)
    words = ("hemorrhage", case / "day1", "--masks", masks)
    assert command(*words, "--out", tmp_path / "silent") == 3
    silent = measured(tmp_path / "silent", "day1", "tp1")
    infarct = row(silent, "final_infarct_volume")
    assert (infarct["value"], infarct["status"], codes(infarct)) == (None, "missing", {"E30"})
    part = {name: value for name, value in CLOT.items() if name != "mass_effect"}
    said = answered(
        tmp_path / "answers.json",
        {"form": "HT", "modality": "CT", "values": part},
        {"form": "FI", "modality": "CT", "values": {"chronic": "outlined"}},
    )
    assert command(*words, "--out", tmp_path / "part", "--answers", said) == 3
    data = measured(tmp_path / "part", "day1", "tp1")
    found = data["forms"]["transformation"]
    assert (found["ecass"], found["heidelberg"]) == (None, None)
    assert "no answer to mass_effect" in {i["found"] for i in found["issues"]}
    infarct = row(data, "final_infarct_volume")
    assert infarct["status"] == "missing" and "chronic lesions" in infarct["issues"][0]["found"]


def test_blood_in_an_infarct_without_answers_asks_for_the_form(case, geometry, tmp_path):
    masks = outlined(tmp_path / "masks", geometry, ich=1500, infarct=5000)
    said = answered(tmp_path / "a.json", {"form": "FI", "modality": "CT", "values": {"chronic": "none"}})
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "o", "--masks", masks, "--answers", said) == 0
    data = measured(tmp_path / "o", "day1", "tp1")
    assert data["forms"]["transformation"] is None
    share = row(data, "transformation_clot_share")
    assert share["value"] == 30.0 and "E30" in {i["code"] for i in data["forms"]["issues"]}


def test_an_atlas_on_the_grid_gives_hints(case, geometry, tmp_path):
    index = np.argwhere(np.ones(geometry.shape, bool))
    lps = geometry.to_lps(index)
    labels = np.zeros(geometry.shape, np.uint8)
    # the left region holds the clot and reads higher: the right one is the darker of the two
    for label, center in ((1, CENTER), (2, (-CENTER[0], *CENTER[1:]))):
        near = np.linalg.norm(lps - center, axis=1) < 12
        labels[tuple(index[near].T)] = label
    write_outline(tmp_path / "masks" / "aspects.nii.gz", labels, geometry)
    names = {"source": "drawn for this test", "labels": {"1": ["L", "left"], "2": ["L", "right"]}}
    regions = dict.fromkeys(("C", "L", "I", "IC", "M1", "M2", "M3", "M4", "M5", "M6"), "no")
    said = answered(tmp_path / "a.json", {"form": "ASPECTS", "modality": "CT", "values": {"side": "left"} | regions})
    words = ("hemorrhage", case / "day1", "--answers", said, "--masks", tmp_path / "masks")
    assert command(*words, "--out", tmp_path / "unnamed") == 0
    forms = measured(tmp_path / "unnamed", "day1", "tp1")["forms"]
    assert forms["hints"] == [] and "I06" in {i["code"] for i in forms["issues"]}
    (tmp_path / "masks" / "aspects.json").write_text(json.dumps(names), "utf-8")
    assert command(*words, "--out", tmp_path / "out") == 0
    forms = measured(tmp_path / "out", "day1", "tp1")["forms"]
    assert [(h["region"], h["side"], h["hint"]) for h in forms["hints"]] == [("L", "left", False), ("L", "right", True)]
    assert forms["hints"][0]["difference"] == -forms["hints"][1]["difference"] > 2
    assert [a["points"] for a in forms["aspects"]] == [10] and "drawn for this test" in forms["hints_note"]
    # regions that a reader drew on one side are compared with their mirror images
    write_outline(tmp_path / "masks" / "aspects.nii.gz", np.where(labels == 2, labels, 0), geometry)
    one_side = {"source": "drawn by a reader", "labels": {"2": ["L", "right"]}}
    (tmp_path / "masks" / "aspects.json").write_text(json.dumps(one_side), "utf-8")
    assert command(*words, "--out", tmp_path / "one") == 0
    forms = measured(tmp_path / "one", "day1", "tp1")["forms"]
    assert [(h["region"], h["side"], h["hint"]) for h in forms["hints"]] == [("L", "right", True)]
    assert "alike" in forms["hints_note"]


def test_two_readings_of_one_form_wait_for_a_decision(case, tmp_path):
    one = {"form": "HT", "modality": "CT", "reader": "R1", "values": CLOT | {"share": "below"}}
    said = answered(tmp_path / "a.json", one, one | {"reader": "R2", "values": NO_BLOOD})
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "o", "--answers", said) == 0
    forms = measured(tmp_path / "o", "day1", "tp1")["forms"]
    assert forms["transformation"] is None and len(forms["answers"]) == 2
    assert [(i["level"], i["found"]) for i in forms["issues"] if i["code"] == "E32"] == [("ASK", "2 readings: R1, R2")]


def test_answers_and_outlines_of_nothing_are_wrong_usage(case, tmp_path):
    words = ("hemorrhage", case / "day1", "--out", tmp_path / "out")
    entry = {"form": "HT", "modality": "CT", "values": NO_BLOOD, "case": "day1", "timepoint": "tp9"}
    assert command(*words, "--answers", answered(tmp_path / "a.json", entry)) == 2
    (tmp_path / "masks").mkdir()
    assert command(*words, "--masks", tmp_path / "masks") == 2
    assert not (tmp_path / "out").exists()


def test_forms_stand_in_the_record_with_scale_version_and_modality(case, tmp_path):
    clinical = {"hours": 24, "nihss_baseline": 10, "nihss_before": 10, "nihss_worst": 14, "nihss_item_rise": 0}
    clinical |= {"major_intervention": "no", "death": "no", "other_cause": "no", "predominant_cause": "yes"}
    vessel = {"site": "M1", "side": "left"}
    regions = dict.fromkeys(("L", "I", "IC", "M1", "M2", "M3", "M4", "M5", "M6"), "no")
    said = answered(
        tmp_path / "answers.json",
        {"form": "HT", "modality": "CT", "reader": "R1", "values": CLOT | {"share": "below"}},
        {"form": "SICH", "reader": "R9", "values": clinical},
        {"form": "eTICI", "modality": "DSA", "values": vessel | {"grade": "2b50", "percent": 60}},
        {"form": "TIMI", "modality": "DSA", "values": vessel | {"grade": "3"}},
        {"form": "AOL", "modality": "CTA", "values": vessel | {"grade": "2"}},
        {"form": "ASPECTS", "modality": "CT", "values": {"side": "left", "C": "yes"} | regions},
    )
    out = tmp_path / "out"
    assert command("hemorrhage", case / "day1", "--out", out, "--answers", said) == 0
    forms = measured(out, "day1", "tp1")["forms"]
    vessels = {v["scale"]: v for v in forms["vessels"]}
    assert vessels["eTICI"]["label"] == "eTICI 1.0 (DSA): 2b50" and vessels["eTICI"]["grades"]["mTICI"] == "2b"
    assert vessels["AOL"]["grade"] == "2"
    assert vessels["TIMI"]["grade"] is None and "E35" in codes(vessels["TIMI"])
    assert [(a["points"], a["affected"]) for a in forms["aspects"]] == [(9, ["C"])]
    assert "atlas" in forms["hints_note"] and forms["hints"] == []
    answers = {r["rule"].removeprefix("SICH-"): r["answer"] for r in forms["symptomatic"]}
    assert answers == {"HEIDELBERG": "pass", "SITS-MOST": "fail", "ECASS2": "pass", "ECASS3": "pass", "NINDS": "pass"}
    assert forms["transformation"]["side_from"] == "reader"
    table = {(r["item"], r["scale"]): r for r in csv.DictReader(io.StringIO((out / "classes.csv").read_text("utf-8")))}
    assert table["vessel status, left M1", "eTICI"]["value"] == "2b50"
    assert table["vessel status, left M1", "eTICI"]["version"] == "1.0"
    assert (
        table["vessel status, left M1", "TIMI"]["value"] == ""
        and "E35" in table["vessel status, left M1", "TIMI"]["warnings"]
    )
    assert [table["hemorrhagic transformation", s]["value"] for s in ("ECASS", "Heidelberg")] == ["PH1", "1c"]
    assert table["early ischemic change", "ASPECTS"]["value"] == "9"
    assert table["symptomatic hemorrhage", "SICH-SITS-MOST"]["value"] == "not met"
    assert command("verify", out) == 0
    (out / "classes.csv").write_text((out / "classes.csv").read_text("utf-8").replace("PH1", "PH2"), "utf-8")
    assert command("verify", out) == 4
    words = ("hemorrhage", case / "day1", "--out", tmp_path / "bad", "--answers")
    (tmp_path / "bad.json").write_text('{"schema_version": 1, "answers": [{"form": "TICI", "values": {}}]}', "utf-8")
    assert command(*words, tmp_path / "bad.json") == 2
    toml = (
        'schema_version = 1\n[[answers]]\nform = "mTICI"\nversion = "1.0"\nmodality = "DSA"\nvalues = { grade = "3" }\n'
    )
    (tmp_path / "a.toml").write_text(toml, "utf-8")
    assert command("hemorrhage", case / "day1", "--out", tmp_path / "toml", "--answers", tmp_path / "a.toml") == 0
    asked = measured(tmp_path / "toml", "day1", "tp1")["forms"]["vessels"][0]
    assert asked["grade"] is None and "E30" in codes(asked)
