"""Reperfusion against an earlier record: volumes and classes, other settings, another patient, and pairs of a run."""

import json
from dataclasses import replace

import pytest

from strokequant.batch.core_case import new_record
from strokequant.batch.discover import CaseInput
from strokequant.batch.earlier import Earlier
from strokequant.batch.pairs import pair_time_points
from strokequant.batch.reperfusion_case import with_reperfusion
from strokequant.biomarkers.catalog import measure
from strokequant.biomarkers.reperfusion import MEASURE, VOLUME
from strokequant.biomarkers.visits import visit_of, visit_to_dict
from strokequant.patient_check import patient_check
from strokequant.settings import Settings
from strokequant.types import Measurement, Role, Series, Status


def series(day="20260303", patient="a", role=Role.CTP):
    header = {"study_date": day, "study_time": "101500"}
    return Series("0001", f"1.2.{day}", "CT", role, ("made",), (), patient_key=patient, header=header)


def followup(volume, **facts):
    one = series(**facts)
    record = new_record(CaseInput("one", "tp2", (one,)), Settings(), ())
    found = Measurement(VOLUME, volume, "ml", Status.MEASURED if volume else Status.ZERO)
    return replace(record, used={"ctp": "0001"}, measurements=(found,))


def baseline(folder, volume, configuration=(), **facts):
    one = series(**{"day": "20260302", **facts})
    scan = {"part": "ctp", "series_uid": one.series_uid, **visit_to_dict(visit_of(one, name="ctp"))}
    row = {"id": VOLUME, "value": volume, "unit": "ml", "status": "measured" if volume else "zero"}
    data = {
        "format": "strokequant record 1",
        "case": "one",
        "timepoint": "tp1",
        "measurements": [row] if volume is not None else [],
        "visit": {"patient": patient_check((one,)), "scans": [scan]},
        "configuration": list(configuration),
    }
    path = folder / "record.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return Earlier(str(path))


def found(record):
    return next(m for m in record.measurements if m.id == MEASURE)


@pytest.mark.parametrize(
    ("before", "after", "classes"),
    [
        (100.0, 50.0, "DEFUSE2 no; DEFUSE3 10 to 90 %; EXTEND no"),
        (100.0, 49.999, "DEFUSE2 yes; DEFUSE3 10 to 90 %; EXTEND no"),
        (100.0, 9.999, "DEFUSE2 yes; DEFUSE3 > 90 %; EXTEND yes"),
        (100.0, 90.001, "DEFUSE2 no; DEFUSE3 < 10 %; EXTEND no"),
    ],
)
def test_volumes_of_two_time_points_and_the_classes_of_the_trials(tmp_path, before, after, classes):
    record = with_reperfusion(followup(after), baseline(tmp_path, before))
    assert found(record).value == pytest.approx(1 - after / before)
    assert classes in found(record).method and "against tp1" in found(record).method
    assert found(record).unit == measure(MEASURE).unit
    assert record.follow_up.baselines["perfusion"].timepoint == "tp1"


@pytest.mark.parametrize(
    ("facts", "code"), [({"patient": "b"}, "E01"), ({"day": "20260304"}, "E02"), ({"patient": ""}, "E12")]
)
def test_what_stands_between_two_time_points(tmp_path, facts, code):
    record = with_reperfusion(followup(20.0), baseline(tmp_path, 80.0, **facts))
    assert code in {i.code for i in found(record).issues}
    assert (found(record).value is None) == (code != "E12")


def test_other_settings_are_told(tmp_path):
    entry = {"section": "lesion", "name": "main_tmax_s", "value": 5.0}
    record = with_reperfusion(followup(20.0), baseline(tmp_path, 80.0, configuration=[entry]))
    assert found(record).value == 0.75
    assert any(i.code == "E06" and "main_tmax_s 5.0, now 6.0" in i.found for i in found(record).issues)


def test_a_record_without_hypoperfusion_or_none_at_baseline_gives_no_number(tmp_path):
    assert [i.code for i in found(with_reperfusion(followup(20.0), baseline(tmp_path, None))).issues] == ["I01"]
    none = found(with_reperfusion(followup(20.0), baseline(tmp_path, 0.0)))
    assert none.value is None and "L08" in {i.code for i in none.issues}


def test_a_time_point_without_perfusion_is_not_compared(tmp_path):
    record = replace(followup(20.0), measurements=())
    assert with_reperfusion(record, baseline(tmp_path, 80.0)) is record


def test_time_points_with_perfusion_are_paired_by_date():
    one, two = CaseInput("one", "b", (series("20260302"),)), CaseInput("one", "a", (series("20260303"),))
    plain = CaseInput("one", "c", (series("20260304", role=Role.NCCT),))
    pairs = pair_time_points([two, one, plain])
    assert pairs["one", "a"]["perfusion"] is one
    assert "perfusion" not in pairs["one", "b"] and "perfusion" not in pairs["one", "c"]
