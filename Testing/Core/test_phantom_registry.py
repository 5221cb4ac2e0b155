"""Certified values: exact at the nodes, refused outside, formulas of the literature to 0.1."""

import json

import numpy as np
import pytest

from strokequant.errors import UsageError
from strokequant.phantom.certified import certified_value, sensitivity_percent, speedy_angell, temperature_of
from strokequant.phantom.criteria_sets import criteria_for, load_criteria
from strokequant.phantom.registry_files import FOLDER, find_phantom, load_phantom, load_registry
from strokequant.phantom_types import PhantomKind

NODES = [0, 16, 18, 20, 22, 24, 26]
TABLE = {
    0: [1109, 1799, 1898, 2000, 2106, 2232, 2335],
    10: [817, 1376, 1462, 1551, 1640, 1742, 1825],
    20: [579, 1047, 1112, 1183, 1258, 1322, 1390],
    30: [380, 722, 760, 832, 886, 929, 989],
    40: [220, 440, 471, 507, 545, 584, 625],
    50: [110, 231, 246, 267, 293, 323, 352],
}


@pytest.fixture(scope="module")
def caliber():
    return load_registry()["caliber_128_0155"]


def codes(value):
    return [issue.code for issue in value.issues]


def test_nodes_are_exact(caliber):
    for insert in caliber.inserts:
        values = [certified_value(insert, t).value for t in NODES]
        assert np.allclose(values, TABLE[insert.concentration_percent], rtol=1e-12)


def test_uncertainty_is_expanded_and_the_missing_coverage_factor_said(caliber):
    found = certified_value(caliber.insert("V0"), 0.0)
    assert found.uncertainty == pytest.approx(2 * 8.3)
    assert found.judged and codes(found) == ["Q53"]
    between = certified_value(caliber.insert("V0"), 21.0)
    share = (14.3 / 2000 + 15 / 2106) / 2
    assert between.uncertainty / between.value == pytest.approx(2 * share + 0.007, rel=1e-3)


def test_law_is_linear_in_the_inverse_temperature(caliber):
    x = [1 / (t + 273.15) for t in (20, 21, 22)]
    w = (x[0] - x[1]) / (x[0] - x[2])
    expected = np.exp((1 - w) * np.log(2000) + w * np.log(2106))
    assert certified_value(caliber.insert("V0"), 21).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("t", [-0.1, 26.1, 37.0])
def test_nothing_outside_the_range(caliber, t):
    found = certified_value(caliber.insert("V3"), t)
    assert found.value is None and not found.judged and codes(found) == ["Q55"]


def test_no_temperature_no_value(caliber):
    for t in (None, float("nan")):
        assert codes(certified_value(caliber.insert("V3"), t)) == ["Q54"]


@pytest.mark.parametrize(("t", "judged"), [(0, True), (1.5, True), (1.6, False), (8, False), (15.9, False), (16, True)])
def test_no_judgment_between_distant_nodes(caliber, t, judged):
    found = certified_value(caliber.insert("V0"), t)
    assert found.value is not None and found.judged is judged
    assert ("Q56" in codes(found)) is not judged


def test_water_of_the_literature():
    law = load_registry()["ice_water"].insert("water").law
    values = [speedy_angell(t, law.constants) for t in (0, 16, 20, 25, 37)]
    assert np.allclose(values, [1099.0, 1815.2, 2023.1, 2299.5, 3037.2], atol=0.06)
    assert sensitivity_percent(law, 20) == pytest.approx(2.64, abs=6e-3)
    assert sensitivity_percent(law, 0) == pytest.approx(3.55, abs=6e-3)


def test_sensitivity_of_the_certificate(caliber):
    found = [sensitivity_percent(caliber.insert(v).law, 8.0) for v in ("V0", "V3", "V5", "V7", "V9", "V11")]
    assert np.allclose(found, [3.02, 3.26, 3.70, 4.01, 4.33, 4.64], atol=0.02)


def test_temperature_comes_back(caliber):
    for definition, label in ((caliber, "V0"), (load_registry()["ice_water"], "water")):
        insert = definition.insert(label)
        for t in (0.0, 0.7, 17.3, 25.0):
            assert temperature_of(insert.law, certified_value(insert, t).value) == pytest.approx(t, abs=1e-9)
    assert temperature_of(caliber.insert("V0").law, 900.0) is None
    assert temperature_of(caliber.insert("V0").law, -1.0) is None


def test_a_type_without_certificate_has_no_values_for_pvp():
    definition = load_registry()["diffusion_vials"]
    assert certified_value(definition.insert("V1"), 0).value == pytest.approx(1099.0, abs=0.06)
    assert codes(certified_value(definition.insert("V3"), 0)) == ["Q52"]


def test_registry_holds_what_it_says():
    known = load_registry()
    assert {"caliber_128_0155", "ice_water", "acr_ct_464", "acr_mri_large", "hematoma_volumes", "blood_hu"} <= set(
        known
    )
    hu = {i.label: i.value for i in known["acr_ct_464"].inserts if "hu" in i.traits}
    assert hu == {"air": -1000, "acrylic": 120, "water": 0, "polyethylene": -95, "bone": 955}
    air = known["acr_ct_464"].insert("air").center_mm
    assert np.allclose(air[:2], 63 / np.sqrt(2), atol=1e-3)
    assert [i.value for i in known["hematoma_volumes"].inserts] == [1, 5, 10, 30, 60]
    assert known["caliber_128_0155"].insert("V4").center_mm == (0, 35, None)


def test_phantoms_are_found_by_id_serial_and_file(tmp_path):
    assert find_phantom("acr_ct_464").kind is PhantomKind.ACR_CT
    assert find_phantom("128-0155").id == "caliber_128_0155"
    path = tmp_path / "own.json"
    path.write_text((FOLDER / "ice_water.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert find_phantom(str(path)).id == "ice_water"
    with pytest.raises(UsageError, match="Q50"):
        find_phantom("caliber")


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "elephant"},
        {"laws": {"water": {"kind": "nodes", "range_c": [0, 30], "temperatures_c": [0, 20], "values": [1, 2],
                            "uncertainties": [1, 1], "source": "x"}}},
        {"laws": {"water": {"kind": "nodes", "range_c": [0, 20], "temperatures_c": [20, 0], "values": [1, 2],
                            "uncertainties": [1, 1], "source": "x"}}},
        {"laws": {}},
        {"certificate": {"valid_until": "next year"}},
    ],
)  # fmt: skip
def test_files_that_contradict_themselves_are_refused(tmp_path, change):
    data = json.loads((FOLDER / "ice_water.json").read_text(encoding="utf-8")) | change
    path = tmp_path / "own.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError, match="Q58"):
        load_phantom(path)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="Q58"):
        load_phantom(path)


def test_criteria_sets():
    sets = load_criteria()
    assert {"qiba_dwi", "acr_ct", "acr_mri_older", "acr_mri_newer", "project_ct", "project_diffusion"} <= set(sets)
    bias = next(c for c in sets["qiba_dwi"].criteria if c.id == "bias")
    assert (bias.op, bias.limit, bias.unit, bias.confirmed) == ("abs<=", 3.6, "%", False)
    slope = next(c for c in sets["project_ct"].criteria if c.id == "slope")
    assert slope.limit == (0.98, 1.02) and slope.proposed and slope.confirmed
    assert all(c.source for one in sets.values() for c in one.criteria)
    assert [one.id for one in criteria_for(PhantomKind.ACR_CT)] == ["acr_ct", "project_ct"]
    with pytest.raises(UsageError, match="Q59"):
        criteria_for(PhantomKind.ACR_CT, ("qiba_dwi",))


def test_a_limit_in_another_unit_is_refused(tmp_path):
    from strokequant.phantom.criteria_sets import FOLDER as CRITERIA
    from strokequant.phantom.criteria_sets import load_criteria_set

    data = json.loads((CRITERIA / "project_ct.json").read_text(encoding="utf-8"))
    data["criteria"][0]["unit"] = "mm"
    path = tmp_path / "own.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError, match="Q59"):
        load_criteria_set(path)
