"""What a person says about a perfusion study: artery and vein, leakage, kind; what the search said stays where it still holds."""

from dataclasses import replace

import numpy as np
import pytest
from perfusion_lesions import Case
from perfusion_objects import aif
from vessel_brain import VesselBrain, gamma

from strokequant.batch.answers import with_kind
from strokequant.batch.discover import CaseInput
from strokequant.batch.perfusion_answers import PerfusionAnswers
from strokequant.batch.perfusion_case import PerfusionStudy, compute_study, settings_with
from strokequant.cli import build_parser
from strokequant.commands import _perfusion_answers
from strokequant.errors import Issue, Level, SegmentationError, StrokeQuantError, UsageError
from strokequant.maps.bolus import find_bolus
from strokequant.maps.concentration import concentration
from strokequant.maps.leakage import correct_leakage
from strokequant.maps.perfusion import perfusion_maps
from strokequant.perfusion_types import Vessel, Vessels
from strokequant.settings import Settings
from strokequant.types import Role, Series
from strokequant.vessels.find import find_vessels

TIMES = np.arange(54) * 1.5
NO_ARTERY = Issue("A01", Level.ASK, "no vessel", "a clean, early curve", "choose the arterial input by hand")


class Prepared:
    """Of a study, only what is asked before the artery is missed."""

    motion, issues = None, ()


def test_a_vein_that_was_chosen_is_no_artery():
    vein = replace(aif(TIMES), vessel=Vessel.VOF)
    found = Vessels(None, None, vof_candidates=(vein,), issues=(NO_ARTERY,))
    study = PerfusionStudy((), {}, prepared=Prepared(), automatic=found)
    with pytest.raises(StrokeQuantError) as refused:
        compute_study(study, answers=PerfusionAnswers(vof_candidate=1))
    assert refused.value.issues == (NO_ARTERY,)
    assert study.vessels.vof.vessel is Vessel.VOF


def saturated(late_s):
    """The only early artery is cut off; what is left is wide and comes later."""
    brain = VesselBrain(tissue_start=13.5)
    brain.vessel(1, 14, 5, values=250 * np.minimum(gamma(brain.times, 10.0) / 0.6, 1))
    brain.vessel(0, 14, 8, height=100.0, start=10.0 + late_s, scale=2.0)
    series = brain.series()
    return find_vessels(concentration(series, brain.mask(), find_bolus(series, brain.mask()), smooth_px=0))


@pytest.mark.parametrize(("late_s", "level"), [(0.3, Level.WARN), (2.5, Level.ASK)])
def test_late_tissue_behind_saturated_arteries_is_asked_about(late_s, level):
    found = saturated(late_s)
    assert {i.code: i.level for i in found.issues}["A09"] is level


def test_without_normal_tissue_there_are_no_relative_maps():
    case = Case()
    case.put(np.s_[:], tmax=8.0)
    with pytest.raises(SegmentationError) as refused:
        case.reference()
    assert [i.code for i in refused.value.issues] == ["L10"]
    case.put(np.s_[:, :, ::2], tmax=1.0)
    assert {i.code: i.level for i in case.reference().issues} == {"L10": Level.WARN}


def test_leakage_correction_is_an_answer_that_changes_the_settings_of_its_study():
    options = build_parser().parse_args(["mismatch", "in", "--out", "out", "--leakage-correction"])
    answers = _perfusion_answers(options, [CaseInput("a", "tp1", ())])["a"]
    assert answers.given() == {"leakage_correction": True}
    assert settings_with(answers, Settings()).concentration.leakage_correction
    plain = build_parser().parse_args(["run", "in", "--out", "out"])
    asked_by_file = settings_with(answers, Settings())
    assert settings_with(_perfusion_answers(plain, [CaseInput("a", "tp1", ())])["a"], asked_by_file) is asked_by_file
    assert not settings_with(PerfusionAnswers(leakage_correction=False), asked_by_file).concentration.leakage_correction


@pytest.mark.parametrize("k2", [0.02, -0.02])
def test_blood_volume_of_leaking_tissue_is_that_without_the_leak(k2):
    """CBV = (int C + K2 int int avg) / int Ca: the leak adds -K2 int avg to the curve of one corner."""
    brain = VesselBrain("dsc", TIMES, tissue_peak=15.0)
    whole = find_bolus(brain.series(), brain.mask())
    truth = concentration(brain.series(), brain.mask(), whole, smooth_px=0)
    mean = brain.curves[:, 0, 16, 16]
    integral = np.concatenate([[0], np.cumsum((mean[1:] + mean[:-1]) / 2 * 1.5)])
    brain.curves[:, 1, 12:16, 12:16] -= (k2 * integral)[:, None, None]
    leaking = concentration(brain.series(), brain.mask(), whole, smooth_px=0)
    artery = aif(TIMES, values=60 * gamma(TIMES, 9.0))
    corrected, _ = correct_leakage(leaking)
    maps = [perfusion_maps(curves, artery).cbv.values[1, 14, 14] for curves in (truth, leaking, corrected)]
    assert abs(maps[1] / maps[0] - 1) > 0.2
    assert maps[2] == pytest.approx(maps[0], rel=0.01)
    assert perfusion_maps(corrected, artery).cbv.method.endswith("leakage corrected (Boxerman 2006)")
    assert [i.level for i in corrected.issues if i.code == "D14"] == [Level.WARN]


def dynamic(role=Role.OTHER, modality="MR"):
    return Series("0004", "uid", modality, role, ("46 images at each of 12 positions", "nothing shows it"), ())


def test_a_series_that_no_header_names_is_what_a_person_says_and_warns():
    cases = with_kind([CaseInput("a", "tp1", (dynamic(),))], ["0004"], Role.DSC)
    series = cases[0].series[0]
    assert series.role is Role.DSC
    assert [(i.code, i.level) for i in series.issues] == [("D17", Level.WARN)]
    assert "nothing shows it" in series.issues[0].found
    assert with_kind([CaseInput("a", "tp1", (dynamic(),))], [], Role.DSC)[0].series[0].role is Role.OTHER


@pytest.mark.parametrize(("series", "kind"), [(dynamic(), Role.CTP), (dynamic(Role.DWI), Role.DSC)])
def test_a_series_of_another_kind_stays_what_it_is(series, kind):
    with pytest.raises(UsageError):
        with_kind([CaseInput("a", "tp1", (series,))], ["0004"], kind)
