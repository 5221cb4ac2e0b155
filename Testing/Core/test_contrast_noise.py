"""Contrast against noise, two injections, a slab beside the lesion: what looks like a measurement and is none, or needs a note."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_objects import curves

from strokequant.batch.perfusion_case import PerfusionStudy
from strokequant.batch.perfusion_stages import automatic_vessels, compute, prepare
from strokequant.errors import Level, StrokeQuantError
from strokequant.maps.contrast_noise import contrast_to_noise, weak_contrast
from strokequant.perfusion_config import ConcentrationConfig, LesionConfig
from strokequant.perfusion_types import Bolus
from strokequant.segmentation.hypoperfusion_candidates import Shares, judge
from strokequant.settings import Settings
from strokequant.synthetic.perfusion_brain import small_patient
from strokequant.synthetic.perfusion_curves import Injection
from strokequant.synthetic.perfusion_tissue import State, make_lesion

TIMES = np.arange(40) * 1.5
HEIGHT = 6.0
BRAIN = np.where(TIMES < 13, 0, HEIGHT * np.exp(-(((TIMES - 22.5) / 6) ** 2)))


def noisy(sds, baseline=8):
    """Slices of 400 voxels, each with noise of its own."""
    rng = np.random.default_rng(2)
    values = np.concatenate([BRAIN + sd * rng.standard_normal((400, 40)) for sd in sds]).astype(np.float32)
    data = curves(values, TIMES, mask=np.ones((len(sds), 20, 20), bool))
    return replace(data, bolus=Bolus(0, baseline, baseline + 1, 15, np.zeros(40)))


def test_ratio_is_height_over_noise_in_every_slice():
    sds = [0.5, 1.0, 3.0]
    found = contrast_to_noise(noisy(sds), BRAIN)
    assert list(found) == [0, 1, 2]
    assert list(found.values()) == pytest.approx([HEIGHT / sd for sd in sds], rel=0.05)


def test_without_a_baseline_or_without_noise_nothing_is_said():
    assert contrast_to_noise(noisy([1.0], baseline=2), BRAIN) == {}
    assert contrast_to_noise(noisy([0.0]), BRAIN) == {}
    assert weak_contrast({}) == ()


@pytest.mark.parametrize(
    ("ratios", "level", "words"),
    [
        ([9, 9, 9], None, ""),
        ([7, 7, 9], Level.WARN, "7.0 times"),
        ([2, 12, 12], Level.WARN, "slices 1"),
        ([3, 3.9, 12], Level.STOP, "3.9 times"),
    ],
)
def test_limits(ratios, level, words):
    issues = weak_contrast(dict(enumerate(ratios)))
    assert [i.level for i in issues] == ([level] if level else [])
    assert all(i.code == "D16" and words in i.found for i in issues)


def codes(patient, level):
    prepared = prepare(patient.series)
    computed = compute(prepared, automatic_vessels(prepared))
    return {i.code for i in (*prepared.issues, *computed.issues) if i.level is level}


def test_a_weak_bolus_is_refused_and_a_noisy_one_is_told():
    with pytest.raises(StrokeQuantError) as refused:
        prepare(small_patient("ctp", noise=2.0, brain={"injections": (Injection(10.0, 0.25),)}).series)
    assert [i.code for i in refused.value.issues] == ["D16"]
    assert "D16" in {i.code for i in prepare(small_patient("ctp", noise=8.0).series).issues}


@pytest.mark.parametrize(("kind", "noise"), [("dsc", 50.0), ("ctp", 4.0)])
def test_usual_scans_have_enough_contrast(kind, noise):
    patient = small_patient(kind, noise=noise, brain={"recirculation": True})
    found = {i.code for i in prepare(patient.series).issues}
    assert not found & {"D16", "D02"}


def test_a_second_injection_of_a_smaller_dose_is_told():
    injections = (Injection(10.0), Injection(45.0, 0.3))
    issues = prepare(small_patient("ctp", frames=56, brain={"injections": injections}).series).issues
    assert [i.level for i in issues if i.code == "D02"] == [Level.WARN]


def test_nothing_found_in_a_slab_stands_beside_the_number():
    below = {"slices": 4, "center": (0.0, 0.0, -32.0)}
    prepared = prepare(small_patient("ctp", slab=below).series)
    computed = compute(prepared, automatic_vessels(prepared))
    assert "S10" in {i.code for i in computed.issues if i.level is Level.WARN}
    assert computed.lesions.coverage_limited
    study = PerfusionStudy((), {}, early=list(prepared.issues), late=list(computed.issues))
    assert [i.level for i in study.issues if i.code == "S10"] == [Level.WARN]
    assert "S10" not in codes(small_patient("ctp"), Level.WARN)


@pytest.mark.parametrize("alike", ["without flow", "late"])
def test_a_small_cluster_that_both_sides_have_is_no_stroke(alike):
    def proposed(ul, **more):
        shares = Shares(0.0, 0.3, 0.3)
        return judge(60, ul, shares, (2, 3), np.arange(8), LesionConfig(), **more)

    assert proposed(3000)[0]
    taken, reasons = proposed(3000, alike=alike)
    assert not taken
    assert alike in reasons[0]
    assert proposed(9000, alike=alike)[0], "a large one is for a reader to judge"


@pytest.mark.parametrize("seed", [7, 9])
def test_a_healthy_brain_with_noise_shows_no_lesion(seed):
    patient = small_patient("dsc", healthy=True, frames=50, noise=20.0, seed=seed, brain={"recirculation": True})
    prepared = prepare(patient.series)
    lesions = compute(prepared, automatic_vessels(prepared)).lesions
    assert not lesions.hypoperfusion[6.0].values.any()


def test_leakage_is_corrected_where_the_settings_ask_for_it():
    normal = State(1.0, 4.0, 0.5)
    leaking = make_lesion(60, 40, oligemia=normal, penumbra=normal, core_state=normal)
    patient = small_patient("dsc", frames=56, noise=None, lesion=leaking, brain={"leakage_per_s": 0.02})
    corrected = replace(Settings(), concentration=replace(ConcentrationConfig(), leakage_correction=True))
    plain, asked = (prepare(patient.series, settings=s) for s in (Settings(), corrected))
    assert "D14" not in {i.code for i in plain.issues}
    assert "D14" in {i.code for i in asked.issues}
    core = patient.truth.shares["core"][plain.curves.mask] > 0.9
    ends = [one.curves.values[core][:, -8:].mean() for one in (plain, asked)]
    assert abs(ends[1]) < 0.6 * abs(ends[0])
    told = prepare(small_patient("ctp").series, settings=corrected).issues
    assert [i.level for i in told if i.code == "D14"] == [Level.INFO]


def test_limits_are_in_order():
    config = ConcentrationConfig()
    assert config.contrast_stop < config.contrast_warn
    assert config.second_warn < config.second_bolus
