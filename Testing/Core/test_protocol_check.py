"""Scan of a diffusion phantom against the protocols of the profile: every item passes, fails, or is not in the header."""

import json

import pytest

from strokequant.dicomio.scan import scan
from strokequant.errors import UsageError
from strokequant.phantom.diffusion_session import analyze_diffusion
from strokequant.phantom.protocol_check import check_protocol, conformance, conformance_issue, facts_for, load_protocols
from strokequant.phantom.registry_files import load_registry
from strokequant.synthetic.phantom_dicom import write_session
from strokequant.synthetic.phantom_faults import session_of

SETS = load_protocols()
V1 = SETS["qiba_conformance_v1"]
KEPT = {
    "repetition_time_ms": 8000.0, "echo_time_ms": 100.0, "averages": 2.0, "bandwidth_hz": 1500.0, "fov_mm": [220.0, 220.0],
    "matrix": [184, 184], "acquired_matrix": [140, 140], "thickness_mm": 4.0, "spacing_mm": 5.0, "slices": 25, "phase_encoding": "COL",
    "parallel_factor": 2.0,
}  # fmt: skip
B = (0.0, 500.0, 1000.0, 1500.0, 2000.0)


def outcomes(changes=None, b=B, coil="Head_20", field=3.0):
    facts = facts_for(KEPT | (changes or {}), b, coil, field)
    return {item.rule.id: str(item.outcome) for item in check_protocol(facts, V1)}


def test_a_scan_as_asked_for_passes_every_item():
    assert set(outcomes().values()) == {"pass"} and len(outcomes()) == 15


@pytest.mark.parametrize(
    ("changes", "item"),
    [
        ({"repetition_time_ms": 6999.0}, "tr"), ({"echo_time_ms": 151.0}, "te"), ({"averages": 1.0}, "nsa"),
        ({"bandwidth_hz": 999.0}, "bandwidth"), ({"fov_mm": [240.0, 240.0]}, "fov"), ({"acquired_matrix": [96, 96]}, "matrix"),
        ({"matrix": [512, 512]}, "reconstruction"), ({"thickness_mm": 5.0}, "thickness"), ({"spacing_mm": 3.9}, "spacing"),
        ({"slices": 19}, "slices"), ({"phase_encoding": "ROW"}, "phase_encoding"), ({"parallel_factor": 3.0}, "parallel"),
    ],
)  # fmt: skip
def test_one_item_that_differs_fails_alone(changes, item):
    found = outcomes(changes)
    assert found.pop(item) == "fail" and set(found.values()) == {"pass"}


@pytest.mark.parametrize("b", [(0.0, 500.0, 900.0, 2000.0), B[:-1], (0.0, 500.0, 1000.0, 1500.0, 2100.0)])
def test_b_values(b):
    assert outcomes(b=b)["b_values"] == "fail"


def test_what_the_header_does_not_say_is_no_failure():
    found = outcomes({"parallel_factor": None}, coil="", field=None)
    assert {name for name, outcome in found.items() if outcome == "not in header"} == {"parallel", "coil", "field"}


def test_the_documents_differ_and_the_nearest_is_named():
    rows = conformance(facts_for(KEPT | {"averages": 1.0}, (0, 500, 900, 2000), "Head", 1.5), tuple(SETS.values()))
    assert rows[0]["set"] == "qiba_ice_water 1.0" and rows[0]["failed"] == 0
    assert conformance_issue(rows) is None
    off = conformance(facts_for(KEPT | {"slices": 7}, B, "Head", 1.5), tuple(SETS.values()))
    issue = conformance_issue(off)
    assert issue.code == "Q23" and "number of slices 7" in issue.found and "20 to 30" in issue.expected


def test_a_file_that_is_wrong_is_refused(tmp_path):
    bad = {"schema_version": 1, "id": "x"}
    (tmp_path / "x.json").write_text(json.dumps(bad))
    with pytest.raises(UsageError):
        load_protocols(tmp_path)


def test_of_dicom(tmp_path):
    write_session(session_of("sound", 1, passes=1), tmp_path)
    session = analyze_diffusion(scan(tmp_path).series, load_registry()["digital_diffusion_vials"])
    nearest = session.protocol["conformance"][0]
    items = {item["id"]: item["outcome"] for item in nearest["items"]}
    assert nearest["set"] == "qiba_conformance_v1 1.0"
    assert items["tr"] == items["te"] == items["b_values"] == items["fov"] == items["matrix"] == "pass"
    assert items["slices"] == "fail" and items["parallel"] == "not in header"
    assert "Q23" in {issue.code for issue in session.issues}


def test_ice_water(shared_data):
    """The reference: this scan complies; the factor of acceleration is not in its header."""
    folder = shared_data / "phantom" / "diffusion_icewater" / "ep2d_rep1"
    session = analyze_diffusion(scan(folder).series, load_registry()["caliber_128_0155"])
    nearest = session.protocol["conformance"][0]
    assert nearest["set"] == "qiba_conformance_v1 1.0" and nearest["failed"] == 0
    assert {i["id"] for i in nearest["items"] if i["outcome"] == "not in header"} >= {"parallel"}
