"""Acquisition profiles: every condition passes at its limit and stops or warns just beyond, with its coded reason."""

import json
from dataclasses import replace

import numpy as np
import pytest
from pydicom.sr._concepts_dict import concepts
from test_synthetic import scanned

from Data.tiny_dicom import series_in, tiny_image
from strokequant.cli import run
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, TrialError
from strokequant.sop.shipped import shipped_procedures
from strokequant.synthetic.vendor_dicom import Study, write_study
from strokequant.trial.acquisition import (
    FOLDER,
    acquisition_issues,
    check_acquisition,
    read_profile,
    shipped_profiles,
)
from strokequant.trial.acquisition_facts import FACTS, acquisition_facts
from strokequant.trial.acquisition_partners import partners_of
from strokequant.types import Role

PROFILES = {profile.id: profile for profile in shipped_profiles()}
TIERS = [
    (profile.id, check.id, tier, kind)
    for profile in PROFILES.values()
    for check in profile.checks
    for tier, limits in check.tiers.items()
    for kind in limits
]
EACH = pytest.mark.parametrize(("name", "check_id", "tier", "kind"), TIERS, ids=lambda value: str(value))


def check_of(name, check_id):
    return next(check for check in PROFILES[name].checks if check.id == check_id)


def at_limit(limits, kind):
    value = limits[kind].value
    return value[0] if kind == "one_of" else value


def beyond(limits, kind):
    value = limits[kind].value
    if kind == "one_of":
        return "another"
    if kind == "equals":
        return not value
    step = 0.001 * (abs(value) or 1)
    return value - step if kind == "low" else value + step


@EACH
def test_each_limit_holds_at_itself_and_not_beyond(name, check_id, tier, kind):
    check = check_of(name, check_id)
    limits = check.tiers[tier]
    good, bad = (
        check_acquisition(PROFILES[name], {check.fact: value})
        for value in (at_limit(limits, kind), beyond(limits, kind))
    )
    results = [next(r for r in found if r.check.id == check_id) for found in (good, bad)]
    assert [r.holds[tier] for r in results] == [True, False]
    issues = acquisition_issues(PROFILES[name], [results[1]], "0001")
    assert len(issues) == 1
    below_minimum = results[1].holds.get("minimum") is False
    assert (issues[0].code, issues[0].level) == (("W50", Level.STOP) if below_minimum else ("W51", Level.WARN))
    assert check.reason[1] in issues[0].remedy


@EACH
def test_what_nobody_knows_does_not_hold(name, check_id, tier, kind):
    check = check_of(name, check_id)
    result = next(r for r in check_acquisition(PROFILES[name], {}) if r.check.id == check_id)
    (issue,) = acquisition_issues(PROFILES[name], [result], "0001")
    assert issue.code == "W52"
    assert issue.blocks == ("minimum" in check.tiers and check.unknown == "stop")


def test_a_limit_of_a_procedure_stands_in_the_procedure_alone():
    procedures = shipped_procedures()
    core = procedures["infarct_core"]
    changed = replace(
        core, parameters={**core.parameters, "step_limit": {**core.parameters["step_limit"], "value": 4.5}}
    )
    profile = read_profile(FOLDER / "dwi.json", {**procedures, "infarct_core": changed})
    limit = next(c for c in profile.checks if c.id == "step").tiers["minimum"]["high"]
    assert limit.value == 4.5
    assert limit.source.startswith(f"{core.name} step_limit: ")
    raw = json.loads((FOLDER / "dwi.json").read_bytes())
    assert next(c for c in raw["checks"] if c["id"] == "step")["minimum"]["high"].keys() == {"procedure", "parameter"}


def test_every_reason_is_a_code_of_the_standard_and_every_text_in_both_languages():
    known = {code: meaning for entry in concepts["DCM"].values() for code, (meaning, _) in entry.items()}
    for profile in PROFILES.values():
        for check in profile.checks:
            assert (check.reason[0], known[check.reason[1]]) == ("DCM", check.reason[2])
            assert any("가" <= c <= "힣" for c in check.text.ko)
            assert all(limit.source for limits in check.tiers.values() for limit in limits.values())
    assert {role for p in PROFILES.values() for role in p.roles} == {
        "dwi",
        "dsc",
        "ctp",
        "ncct",
        "flair",
        "angiography",
        "phantom",
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("checks"),
        lambda d: d["checks"][0].update(fact="nothing"),
        lambda d: d["checks"].append(d["checks"][0]),
        lambda d: d["checks"][1]["minimum"].update(high={"procedure": "infarct_core", "parameter": "none"}),
        lambda d: d["checks"][1]["minimum"].update(high={"value": 5}),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path, change):
    data = json.loads((FOLDER / "dwi.json").read_bytes())
    change(data)
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(TrialError) as error:
        read_profile(path)
    assert error.value.issues[0].code == "W53"


def slices(folder, role=Role.NCCT, count=4, step=5.0, pixels=None, **elements):
    rng = np.random.default_rng(1)
    images = []
    for n in range(count):
        stored = np.clip(rng.normal(-1000, 3, (64, 64)), -1024, None).astype(np.int16)
        stored[16:48, 16:48] = 30 + n
        stored = stored if pixels is None else pixels(stored, n)
        images.append(tiny_image(stored, position=(0, 0, step * n), instance=n + 1, **elements))
    return series_in(folder, images, role=role)


def test_facts_of_headers_and_pixels(tmp_path):
    series = slices(
        tmp_path,
        Modality="CT",
        KVP=120,
        ConvolutionKernel="H30s",
        DeviceSerialNumber="7",
        RescaleSlope=1,
        RescaleIntercept=0,
    )
    facts = acquisition_facts(replace(series, modality="CT"))
    assert (facts["slice_step_mm"], facts["coverage_mm"], facts["pixel_mm"]) == (5, 20, 2)
    assert (facts["tube_voltage_kv"], facts["soft_kernel"], facts["serial_known"], facts["software_known"]) == (
        120,
        True,
        True,
        False,
    )
    assert facts["air_hu"] == pytest.approx(-1000, abs=10)
    assert facts["blank_images"] == 0
    assert facts.keys() <= FACTS.keys()


def test_blank_and_clipped_images_are_seen(tmp_path):
    blank = acquisition_facts(slices(tmp_path / "a", pixels=lambda s, n: s * 0 if n == 2 else s))
    assert blank["blank_images"] == 1
    clipped = acquisition_facts(slices(tmp_path / "b", pixels=lambda s, n: np.where(s > 0, 4095, s)))
    assert clipped["clipped_percent"] == pytest.approx(25)


def test_signal_to_noise_is_that_of_the_signal(tmp_path):
    def magnitude(stored, n):
        rng = np.random.default_rng(n)
        real = np.where(stored > 0, 600.0, 0.0) + rng.normal(0, 20, stored.shape)
        return np.hypot(real, rng.normal(0, 20, stored.shape)).astype(np.uint16)

    facts = acquisition_facts(slices(tmp_path, role=Role.FLAIR, pixels=magnitude))
    assert facts["signal_to_noise"] == pytest.approx(30, rel=0.2)


def test_command_says_what_is_met_and_what_is_not(tmp_path, capsys):
    write_study("siemens_slices", scanned("siemens_slices", slices=5, step_mm=22.0), Study(3), tmp_path / "in")
    assert run(["inspect", str(tmp_path / "in"), "--profile", "auto", "--quiet"]) == 3
    said = capsys.readouterr().out
    assert "SB-ACQ-DWI@1.0.0: below the minimum" in said
    assert "Distance of slices: 22 mm  [minimum NOT met: at most 6.5 (SB-CORE-001@" in said
    assert "b value nearest to 1000: 1000 s/mm2  [minimum met" in said
    assert run(["inspect", str(tmp_path / "in"), "--profile", "SB-ACQ-NONE", "--quiet"]) == 1
    assert "W53" in capsys.readouterr().err
    assert run(["inspect", str(tmp_path / "in"), "--profile", "SB-ACQ-DWI", "--quiet", "--json"]) == 3
    rows = json.loads(capsys.readouterr().out)["acquisition"]
    assert {row["role"] for row in rows} == {"dwi"}
    assert {issue["code"] for row in rows for issue in row["issues"]} >= {"W50"}


def test_b_values_of_two_series_count_together_where_they_are_of_one_acquisition(tmp_path):
    write_study("siemens_slices", scanned("siemens_slices", slices=5), Study(3), tmp_path)
    both = next(s for s in scan(tmp_path).series if {0, 1000} <= {f.b_value for f in s.frames})
    high = replace(both, key="high", frames=tuple(f for f in both.frames if f.b_value == 1000))
    low = replace(both, key="low", frames=tuple(f for f in both.frames if f.b_value == 0))
    assert acquisition_facts(high)["b_lowest"] == 1000
    assert partners_of(both, [high, low]) == ()
    assert partners_of(high, [high, replace(high, key="other")]) == ()
    assert (partners_of(high, [both, low, high]), partners_of(low, [low, high])) == ((both, low), (high,))
    together = acquisition_facts(high, partners=(low,))
    assert {name: together[name] for name in ("b_lowest", "b_near_1000")} == {"b_lowest": 0, "b_near_1000": 1000}
    assert acquisition_facts(low, partners=(high,))["directions"] == acquisition_facts(both)["directions"]
    for apart in (
        replace(low, study_uid="1.2.3"),
        replace(low, role=Role.ADC),
        replace(low, frames=tuple(replace(f, position=(9.0, 9.0, f.position[2])) for f in low.frames)),
    ):
        assert partners_of(high, [apart]) == ()
