"""Perfusion in record.json and measurements.csv: everything, by hand, without infinite numbers, the same bytes every time."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from perfusion_record_cases import (
    A03,
    AIF,
    M07,
    S05P,
    T07,
    perfusion_record,
    refused_perfusion,
    with_diffusion,
)
from record_cases import U01, case_record

from strokequant import codes
from strokequant.errors import Issue, Level
from strokequant.record import table
from strokequant.record.case_record import case_contents, record_to_dict
from strokequant.record.files import canonical_json, schema_errors, write_files, write_manifest
from strokequant.record.images import segment_of
from strokequant.record.issue_lists import all_issues, issues_beside, issues_of_kind
from strokequant.record.kinds import Kind
from strokequant.record.verify import verify
from strokequant.types import Mask

RECORDS = {
    "flow core": perfusion_record(),
    "diffusion core": with_diffusion(),
    "no core": perfusion_record(core=False),
    "no lesion": perfusion_record(lesion=False),
    "refused": refused_perfusion(),
    "no vein": perfusion_record(
        vessels=replace(perfusion_record().perfusion.vessels, vof=None, vof_candidates=(), vof_to_aif_area=None)
    ),
    "nothing reached": perfusion_record(
        time_audit=None,
        motion=None,
        bolus=None,
        vessels=None,
        reference=None,
        lesions=None,
        brain_curve=None,
        times_s=None,
        rules=(),
        bands={},
    ),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_every_record_holds_to_the_schema(record):
    data = record_to_dict(record)
    assert schema_errors(data, "record.schema.json") == []
    assert json.loads(canonical_json(data)) == data
    assert canonical_json(record_to_dict(record)) == canonical_json(data)


def test_content_by_hand():
    found = record_to_dict(perfusion_record())["perfusion"]
    assert found["kind"] == "ctp"
    assert found["times_s"] == [0.0, 1.5, 3.0, 4.5, 7.5, 9.0, 10.5, 12.0]
    assert found["time_audit"]["long_steps"] == [3] and found["time_audit"]["verdict"] == "measure-with-note"
    assert found["motion"]["translations_mm"][5] == [0.5, -2.0, 0.25] and found["motion"]["rejected"] == [5]
    assert (found["bolus"]["first"], found["bolus"]["last"], found["bolus"]["arrival"]) == (0, 3, 4)
    assert found["vessels"]["aif"]["values"] == [pytest.approx(v) for v in AIF]
    assert found["vessels"]["aif"]["voxels"] == [[1, 5, 8], [1, 5, 9], [1, 6, 8]]
    assert found["vessels"]["aif"]["scores"]["odd"] is None
    assert [c["rejected"] for c in found["vessels"]["aif_candidates"]] == ["", "flat top: 3 frames"]
    assert found["vessels"]["vof_to_aif_area"] == 1.25
    assert found["reference"]["definition"] == "contralateral mean, right side, without CSF and vessels"
    assert (found["reference"]["cbf"], found["reference"]["volume_ml"]) == (50.0, pytest.approx(4 * 8 * 4 * 0.02))
    assert found["deconvolution"] == {"method": "cSVD", "threshold": 0.2, "kappa": 0.7333, "rho_g_ml": 1.04}
    assert found["bands"][0] == {
        "measure": "hypoperfusion_6s_volume",
        "scenarios": [{"scenario": "artery 2", "value": 1.0}, {"scenario": "noise 1", "value": 0.9}],
    }
    assert [i["code"] for i in found["issues"]] == ["A03", "T07"]


def test_lesions_by_hand():
    """Voxels of 0.02 mL: lesion 2 x 6 x 4, core 2 x 2 x 2."""
    found = record_to_dict(perfusion_record())["perfusion"]["lesions"]
    volumes = {(t["map"], t["value"]): t["volume_ml"] for t in found["thresholds"]}
    assert volumes[("Tmax", 6.0)] == pytest.approx(48 * 0.02)
    assert volumes[("rCBF", 0.3)] == pytest.approx(8 * 0.02)
    bands = {(t["map"], t["value"]): (t["lower_ml"], t["upper_ml"]) for t in found["thresholds"]}
    assert bands[("Tmax", 6.0)] == (pytest.approx(0.864), pytest.approx(1.056)) and bands[("Tmax", 8.0)] == (None, None)
    assert [(c["label"], c["accepted"], c["rcbf_mean"]) for c in found["candidates"]] == [
        (1, True, 0.4),
        (2, False, None),
    ]
    assert (found["core_source"], found["affected_side"], found["coverage_limited"]) == ("rCBF", "left", False)


def test_rules_by_hand():
    rule = record_to_dict(perfusion_record())["perfusion"]["rules"][0]
    assert (rule["rule"], rule["answer"], rule["comparable"], rule["flip_ml"]) == ("DEFUSE3", "fail", False, 14.2)
    assert [c["answer"] for c in rule["clauses"]] == ["pass", "fail", "unknown"]
    assert [c["margin"] for c in rule["clauses"]] == [69.84, -14.2, None]
    assert [c["unconfirmed"] for c in rule["clauses"]] == [False, True, False]


def rows_of(record) -> dict[str, dict[str, str]]:
    text = table.measurements_bytes([record_to_dict(record)]).decode()
    return {row["measure"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_infinite_ratio_prints_and_is_no_number():
    data = record_to_dict(perfusion_record(core=False))
    ratio = next(m for m in data["measurements"] if m["id"] == "mismatch_ratio")
    assert (ratio["value"], ratio["status"], ratio["infinite"]) == (None, "not_evaluable", True)
    row = rows_of(perfusion_record(core=False))["mismatch_ratio"]
    assert (row["value"], row["status"], row["shown"]) == ("", "not_evaluable", "∞")
    others = [m["id"] for m in data["measurements"] if m["infinite"]]
    assert others == ["mismatch_ratio"]


def test_finite_and_undefined_ratio():
    row = rows_of(perfusion_record())["mismatch_ratio"]
    assert (float(row["value"]), row["status"], row["shown"]) == (pytest.approx(6.0), "measured", "6.00")
    row = rows_of(perfusion_record(lesion=False))["mismatch_ratio"]
    assert (row["value"], row["status"], row["shown"]) == ("", "not_evaluable", "")


def codes_beside(record, measure) -> list[tuple[str, str]]:
    data = record_to_dict(record)
    m = next(m for m in data["measurements"] if m["id"] == measure)
    return [(i["code"], i["found"]) for i in issues_beside(data, m)]


def test_warnings_of_one_kind_do_not_mark_the_other():
    record = with_diffusion()
    perfusion = {"A03", "T07", "S05"}
    assert {c for c, _ in codes_beside(record, "hypoperfusion_6s_volume")} == perfusion
    assert {c for c, _ in codes_beside(record, "perfusion_core_volume")} == perfusion
    assert {c for c, _ in codes_beside(record, "infarct_core_volume")} == {"U01"}
    assert {c for c, _ in codes_beside(record, "mismatch_volume")} == perfusion | {"U01"}
    assert {c for c, _ in codes_beside(perfusion_record(), "mismatch_volume")} == perfusion


def test_warnings_of_the_case_mark_both():
    two = Issue("I03", Level.STOP, "two patients", "one")
    other = Issue("F08", Level.WARN, "files differ")
    base = with_diffusion()
    core = tuple(replace(m, issues=(*m.issues, two)) if m.id == "infarct_core_volume" else m for m in base.measurements)
    record = replace(base, issues=(*base.issues, two, other), measurements=core)
    for measure in ("infarct_core_volume", "hypoperfusion_6s_volume"):
        assert {"I03", "F08"} <= {c for c, _ in codes_beside(record, measure)}


def test_issues_of_a_mask_or_map_stand_with_its_own_kind():
    base = with_diffusion()
    noted = replace(base.maps["adc"], issues=(Issue("P04", Level.WARN, "negative ADC"),))
    late = replace(base.masks["mismatch"], issues=(Issue("L05", Level.WARN, "core outside"),))
    record = replace(base, maps={**base.maps, "adc": noted}, masks={**base.masks, "mismatch": late})
    assert {c for c, _ in codes_beside(record, "hypoperfusion_6s_volume")} & {"P04", "L05"} == {"L05"}
    assert {c for c, _ in codes_beside(record, "infarct_core_volume")} & {"P04", "L05"} == {"P04"}
    assert {c for c, _ in codes_beside(record, "mismatch_ratio")} & {"P04", "L05"} == {"P04", "L05"}


def test_issues_of_a_kind_for_the_structured_report():
    record = with_diffusion()
    assert {i.code for i in issues_of_kind(record, Kind.PERFUSION)} >= {"A03", "T07"}
    assert not {i.code for i in issues_of_kind(record, Kind.DIFFUSION)} & {"A03", "T07"}
    assert U01 in issues_of_kind(record, Kind.DIFFUSION)
    mismatch = tuple(
        replace(m, issues=(*m.issues, M07)) if m.id.startswith("mismatch") else m for m in record.measurements
    )
    data = record_to_dict(replace(record, measurements=mismatch, issues=(*record.issues, M07)))
    beside = {m["id"]: {i["code"] for i in issues_beside(data, m)} for m in data["measurements"]}
    assert "M07" in beside["mismatch_volume"] and "M07" not in beside["infarct_core_volume"]


def test_all_issues_are_listed_once():
    found = [(i["code"], i["found"]) for i in all_issues(record_to_dict(with_diffusion()))]
    assert len(found) == len(set(found))
    assert {(i.code, i.found) for i in (A03, T07, S05P, U01)} <= set(found)


def test_warnings_reach_the_table():
    rows = rows_of(with_diffusion())
    assert (
        "A03" in rows["hypoperfusion_6s_volume"]["warnings"]
        and "U01" not in rows["hypoperfusion_6s_volume"]["warnings"]
    )
    assert "A03" not in rows["infarct_core_volume"]["warnings"]


def test_a_record_without_perfusion_says_null():
    assert record_to_dict(case_record())["perfusion"] is None


def written(tmp_path, record):
    folder = tmp_path / record.case / record.timepoint
    hashes = write_files(folder, case_contents(record))
    data = json.loads((folder / "record.json").read_bytes())
    prefix = f"{record.case}/{record.timepoint}"
    outputs = {f"{prefix}/{path}": digest for path, digest in hashes.items()}
    outputs["measurements.csv"] = table.write_measurements(tmp_path, [data])
    case = {"case": record.case, "timepoint": record.timepoint, "outcome": "measured", "reason": "", "folder": prefix}
    outputs["cases.csv"] = table.write_cases(tmp_path, [{**case, "seconds": 1.0, "peak_memory_mb": 1.0}])
    write_manifest(
        tmp_path,
        outputs=outputs,
        inputs={item["uid"]: item["sha256"] for item in data["inputs"]},
        software={"strokequant": "0.1.0"},
        configuration={},
        command=["run"],
        cases=[case],
    )
    return folder, data


def test_files_are_the_same_twice_and_listed():
    record = with_diffusion()
    first, second = case_contents(record), case_contents(record)
    assert first == second
    assert "masks/hypoperfusion_candidates.seg.nrrd" in first and "masks/mismatch.seg.nrrd" in first
    data = json.loads(first["record.json"])
    assert data["perfusion"]["lesions"]["candidates_file"] == "masks/hypoperfusion_candidates.seg.nrrd"
    assert data["core"]["candidates_file"] == "masks/candidates.seg.nrrd"


def test_verify_covers_perfusion(tmp_path):
    folder, _ = written(tmp_path, with_diffusion())
    assert verify(tmp_path) == ()
    (folder / "masks/hypoperfusion_candidates.seg.nrrd").write_bytes(b"other")
    assert {i.subject for i in verify(tmp_path)} == {"case01/baseline/masks/hypoperfusion_candidates.seg.nrrd"}


def test_verify_finds_another_candidate_hash(tmp_path):
    folder, data = written(tmp_path, perfusion_record())
    data["perfusion"]["lesions"]["candidates_sha256"] = "0" * 64
    (folder / "record.json").write_bytes(canonical_json(data))
    assert any("hypoperfusion_candidates" in i.found for i in verify(tmp_path))


def test_candidates_are_segments_to_take_or_leave(tmp_path):
    folder, _ = written(tmp_path, perfusion_record())
    image = sitk.ReadImage(str(folder / "masks/hypoperfusion_candidates.seg.nrrd"))
    labels = sitk.GetArrayFromImage(image)
    assert [int((labels == n).sum()) for n in (1, 2)] == [48, 3]
    assert image.GetMetaData("Segment0_Name") == "Candidate 1 (proposed)"
    assert image.GetMetaData("Segment1_Name") == "Candidate 2 (left out)"


KNOWN = {
    "hypoperfusion_4s": ("Tmax > 4 s", codes.PERFUSION),
    "hypoperfusion_6s": ("Tmax > 6 s", codes.PERFUSION),
    "hypoperfusion_8s": ("Tmax > 8 s", codes.PERFUSION),
    "hypoperfusion_10s": ("Tmax > 10 s", codes.PERFUSION),
    "perfusion_core": ("Perfusion core, low rCBF", codes.PERFUSION),
    "mismatch_core": ("Infarct core on the perfusion series", codes.INFARCT),
    "mismatch": ("Mismatch", codes.PENUMBRA),
    "perfusion_brain": ("Brain, perfusion series", codes.BRAIN),
    "csf": ("Cerebrospinal fluid", codes.CEREBROSPINAL_FLUID),
    "vessels": ("Vessels", codes.BLOOD_VESSEL),
}


@pytest.mark.parametrize("name", KNOWN)
def test_every_mask_is_a_segment_with_words_and_code(name):
    geometry = perfusion_record().masks["mismatch"].geometry
    segment = segment_of(Mask(np.zeros(geometry.shape, bool), geometry, name, ""))
    assert (segment.name, segment.type) == KNOWN[name]
