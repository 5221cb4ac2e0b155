"""record.json: everything, nothing twice, nothing that tells who, and the same bytes every time."""

import json
import subprocess
import sys
from dataclasses import replace
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from record_cases import ADC_UID, B01, DWI_UID, G05, S05, TILTED, U01, UNEVEN, case_record, grid, refused_record

from strokequant.config import CoreConfig, describe
from strokequant.errors import RecordError
from strokequant.record.case_record import (
    flat_configuration,
    plain,
    record_to_dict,
    write_case,
)
from strokequant.record.files import canonical_json, read_schema, schema_errors, sha256_file
from strokequant.record.issue_lists import all_issues, issues_beside
from strokequant.types import Measurement, SignOff, Status

RECORDS = {
    "lesion": case_record(),
    "zero": case_record(lesion=False),
    "uneven": case_record(geometry=grid(z=UNEVEN)),
    "tilted": case_record(geometry=grid(orientation=TILTED)),
    "refused": refused_record(),
    "not segmented": case_record(core=None, masks={}, agreement=None, measurements=()),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_every_record_holds_to_the_schema(record):
    data = record_to_dict(record)
    assert schema_errors(data, "record.schema.json") == []
    assert json.loads(canonical_json(data)) == data


def test_content_by_hand():
    data = record_to_dict(case_record())
    assert (data["case"], data["timepoint"], data["status"]) == ("case01", "baseline", "proposal")
    assert data["status_text"] == "automatic proposal: not a result until a reader has signed"
    assert [s["key"] for s in data["series"]] == ["0001", "0003", "0004"]
    dwi = data["series"][1]
    assert dwi["used_as"] == ["dwi"]
    assert [(g["b_value"], g["tag"], g["frames"]) for g in dwi["b_values"]] == [
        (0.0, "(0018,9087)", 2),
        (1000.0, "(0018,9087)", 3),
    ]
    assert data["series"][0]["used_as"] == [] and data["series"][0]["rescale"] is None
    core = next(m for m in data["masks"] if m["name"] == "infarct_core")
    assert core["voxels"] == 24 and core["volume_ml"] == pytest.approx(24 * 2 * 2 * 5 / 1000)
    assert data["measurements"][0]["value"] == pytest.approx(0.48)
    assert data["measurements"][0]["code"] == {"value": "118565006", "scheme": "SCT", "meaning": "Volume"}
    assert data["core"]["steps"][0] == {"step": "threshold", "volume_ml": 1.5}
    assert data["core"]["candidates"][1]["sd_adc"] is None
    assert data["agreement"] == {"n": 100, "bias": -0.07, "slope": 0.5, "r": None}
    assert data["skipped"] == [{"reason": "not an image", "files": 2}]
    assert data["inputs"][0] == {"uid": DWI_UID, "sha256": "ab" * 32, "role": "dwi", "instances": ["1.2.1", "1.2.2"]}
    assert data["inputs"][1]["uid"] == ADC_UID


def test_zero_not_evaluable_and_missing_differ():
    data = record_to_dict(case_record(lesion=False))
    found = {m["id"]: (m["value"], m["status"]) for m in data["measurements"]}
    assert found["infarct_core_volume"] == (0.0, "zero")
    assert found["infarct_core_adc_mean"] == (None, "not_evaluable")
    assert found["brain_volume"] == (None, "missing")


def test_identity_and_paths_stay_out():
    text = canonical_json(record_to_dict(case_record())).decode()
    for word in ("DOE", "archive", "salted", "note.txt", "0001.dcm"):
        assert word not in text


def test_sign_off_ends_the_proposal():
    signed = case_record().signed(SignOff("R01", "I have reviewed this", "2026-01-02T03:04:05Z"))
    data = record_to_dict(signed)
    assert data["status"] == "signed"
    assert data["sign_offs"] == [
        {"reader": "R01", "meaning": "I have reviewed this", "signed_utc": "2026-01-02T03:04:05Z"}
    ]
    assert schema_errors(data, "record.schema.json") == []


def test_uneven_and_tilted_grids_are_told():
    uneven = record_to_dict(case_record(geometry=grid(z=UNEVEN)))["grids"]["grid1"]
    assert uneven["even"] is False and "uneven" in uneven["note"]
    assert [o[2] for o in uneven["slice_origins_lps"]] == list(UNEVEN)
    assert uneven["slice_extents_mm"] == [4, 4, 5.5, 7, 7, 7]
    tilted = record_to_dict(case_record(geometry=grid(orientation=TILTED)))["grids"]["grid1"]
    assert tilted["tilt_deg"] == pytest.approx(18.5) and "no qform" in tilted["note"]
    assert tilted["even"] is True
    even = record_to_dict(case_record())["grids"]
    assert list(even) == ["grid1"] and even["grid1"]["note"] == ""


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("surprise",), 1),
        (("measurements", 0, "surprise"), 1),
        (("measurements", 0, "status"), "not_evaluable"),
        (("measurements", 0, "value"), None),
        (("measurements", 2, "status"), "zero"),
        (("measurements", 0, "status"), "good"),
        (("series", 0, "role"), "brain"),
        (("issues", 0, "level"), "ERROR"),
        (("maps", 0, "sha256"), "abc"),
        (("maps", 0, "file"), "../adc.nii.gz"),
        (("audits", 0, "verdict"), "fine"),
        (("core", "candidates", 0, "side"), "top"),
        (("grids", "grid1", "slice_extents_mm"), [0.0]),
        (("configuration", 0, "surprise"), 1),
        (("case",), ""),
    ],
)
def test_schema_refuses(place, value):
    data = record_to_dict(case_record())
    target = data
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    assert schema_errors(data, "record.schema.json")


def test_schema_misses_no_key():
    data = record_to_dict(case_record())
    for key in data:
        assert schema_errors({k: v for k, v in data.items() if k != key}, "record.schema.json"), key


@pytest.mark.parametrize("name", ["record.schema.json", "run.schema.json"])
def test_schema_is_strict_and_explains_every_field(name):
    """Every object says what more it may hold, and every property has a description."""
    objects = 0

    def walk(node, where):
        nonlocal objects
        if isinstance(node, list):
            for n, item in enumerate(node):
                walk(item, f"{where}[{n}]")
        if not isinstance(node, dict):
            return
        if node.get("type") == "object":
            objects += 1
            assert "additionalProperties" in node, where
            if "properties" in node:
                assert node["additionalProperties"] is False, where
                assert set(node["properties"]) - set(node["required"]) <= {"fingerprint", "reading"}, where
                for key, content in node["properties"].items():
                    assert len(content.get("description", "")) > 2, f"{where}.{key}"
        for key, item in node.items():
            walk(item, f"{where}.{key}")

    walk(read_schema(name), name)
    assert objects > 1


def test_plain_data_of_anything():
    class Kind(Enum):
        A = "a"

    value = {
        Kind.A: np.array([[1, 2]]),
        "f": np.float32(0.1),
        "b": np.bool_(True),
        "p": Path("/data/x/y.dcm"),
        "s": {3, 1},
        "t": (np.int64(3), None),
        "o": object(),
    }
    assert plain(value) == {
        "a": [[1, 2]],
        "f": 0.100000001,
        "b": True,
        "p": "y.dcm",
        "s": [1, 3],
        "t": [3, None],
        "o": "object",
    }


def test_configuration_of_every_shape_is_one_list():
    one = flat_configuration({"core": CoreConfig()})
    assert one == flat_configuration({"core": describe(CoreConfig())})
    threshold = next(e for e in one if e["name"] == "adc_threshold")
    assert (threshold["section"], threshold["value"], threshold["unit"]) == ("core", 620.0, "um2/s")
    assert "Purushotham" in threshold["source"] and threshold["evidence"] == "unconfirmed"
    flat = flat_configuration(describe(CoreConfig()))
    assert [e["name"] for e in flat] == [e["name"] for e in one] and {e["section"] for e in flat} == {""}
    assert flat_configuration({"jobs": 2})[0]["value"] == 2
    assert flat_configuration({}) == []


def test_issues_are_gathered_once_and_ordered():
    record = case_record(geometry=grid(z=UNEVEN), issues=(S05, U01, U01, B01))
    found = [(i["level"], i["code"]) for i in all_issues(record_to_dict(record))]
    assert found == [("STOP", "B01"), ("WARN", "G05"), ("WARN", "U01"), ("INFO", "S05")]


def test_warnings_of_what_a_number_was_made_of_stand_beside_it():
    data = record_to_dict(case_record(geometry=grid(z=UNEVEN), issues=(S05,)))
    volume = data["measurements"][0]
    assert [i["code"] for i in issues_beside(data, volume)] == ["G05", "U01"]


def test_warnings_of_series_that_were_not_used_do_not():
    unused = case_record(geometry=grid(z=UNEVEN), issues=(G05, B01), used={"adc": "0004"})
    data = record_to_dict(unused)
    assert G05.as_dict() in data["audits"][0]["issues"] and G05.as_dict() in data["issues"]
    assert [i["code"] for i in issues_beside(data, data["measurements"][0])] == ["B01", "U01"]


def test_a_measurement_without_value_never_stands_without_a_reason():
    bare = (Measurement("infarct_core_volume", None, "ml", Status.NOT_EVALUABLE),)
    data = record_to_dict(case_record(geometry=grid(z=UNEVEN), issues=(), used={"adc": "0004"}, measurements=bare))
    assert [i["code"] for i in issues_beside(data, data["measurements"][0])] == ["G05"]


def test_unknown_measure_is_refused():
    odd = (Measurement("weight", 1.0, "kg", Status.MEASURED),)
    with pytest.raises(RecordError, match="weight"):
        record_to_dict(case_record(measurements=odd))


def test_files_on_disk(tmp_path):
    hashes = write_case(case_record(), tmp_path / "case01" / "baseline")
    folder = tmp_path / "case01" / "baseline"
    assert sorted(hashes) == [
        "maps/adc.nii.gz",
        "maps/adc.valid.nii.gz",
        "masks/brain.seg.nrrd",
        "masks/candidates.seg.nrrd",
        "masks/infarct_core.seg.nrrd",
        "record.json",
        "report.html",
    ]
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} == set(hashes)
    for name, digest in hashes.items():
        assert sha256_file(folder / name) == digest
    data = json.loads((folder / "record.json").read_bytes())
    assert data["maps"][0]["sha256"] == hashes["maps/adc.nii.gz"]
    assert data["core"]["candidates_sha256"] == hashes["masks/candidates.seg.nrrd"]
    assert {m["file"]: m["sha256"] for m in data["masks"]}["masks/brain.seg.nrrd"] == hashes["masks/brain.seg.nrrd"]


def test_dicom_writer_adds_its_files(tmp_path):
    hashes = write_case(refused_record(), tmp_path, dicom_writer=lambda record, folder: {"dicom/sr.dcm": record.case})
    assert hashes["dicom/sr.dcm"] == "case02"


def test_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    record = case_record()
    with pytest.raises(RecordError, match="O01"):
        write_case(replace(record, masks={"../x": record.masks["brain"]}), tmp_path / "case")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_of_a_record_that_cannot_be(tmp_path):
    odd = replace(case_record(), measurements=(Measurement("weight", 1.0, "kg", Status.MEASURED),))
    broken = replace(case_record(), case="")
    for record in (odd, broken):
        with pytest.raises(RecordError):
            write_case(record, tmp_path / "case")
    assert list(tmp_path.iterdir()) == []


def test_second_run_in_another_process_and_place_is_the_same(tmp_path):
    """Another process has another hash seed, so that a set or a dictionary order would show."""
    code = (
        "import sys, json; from pathlib import Path; from record_cases import case_record;"
        "from strokequant.record.case_record import write_case;"
        "print(json.dumps(write_case(case_record(), Path(sys.argv[1]))))"
    )
    found = []
    for name, seed in (("a", "1"), ("b" * 30, "2")):
        environment = {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed, "PATH": ""}
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name)], env=environment, capture_output=True, check=True
        )
        found.append(json.loads(done.stdout))
    assert found[0] == found[1] and len(found[0]) == 7
