"""measurements.csv and cases.csv: columns, states, quoting, and numbers equal to record.json."""

import csv
import io

import pytest
from record_cases import ADC_UID, U01, UNEVEN, case_record, grid, measured, refused_record

from strokequant.errors import Issue, Level
from strokequant.record import table
from strokequant.record.case_record import record_to_dict
from strokequant.types import Measurement, SignOff, Status

CONTRACT = "case,timepoint,measure,value,unit,status,lower,upper,method,code,series_uid,reader,software"


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def rows_of(record) -> dict[str, dict[str, str]]:
    return {row["measure"]: row for row in read(table.measurements_bytes([record_to_dict(record)]))}


def test_columns_of_the_contract():
    data = table.measurements_bytes([record_to_dict(case_record())])
    assert data.split(b"\n")[0].decode() == CONTRACT + ",warnings,shown"
    assert b"\r" not in data and data.endswith(b"\n")


def test_a_measured_row():
    row = rows_of(case_record())["infarct_core_volume"]
    assert row == {
        "case": "case01",
        "timepoint": "baseline",
        "measure": "infarct_core_volume",
        "value": "0.48",
        "unit": "ml",
        "status": "measured",
        "lower": "0.432",
        "upper": "0.576",
        "method": "voxels",
        "code": "SCT:118565006",
        "series_uid": ADC_UID,
        "reader": "automatic proposal",
        "software": "strokequant 0.1.0",
        "warnings": "WARN U01 adc: brain median 0.88",
        "shown": "0.48",
    }


def test_derivation_stands_with_the_code():
    assert rows_of(case_record())["infarct_core_adc_mean"]["code"] == "DCM:113041; SCT:373098007"


def test_zero_not_evaluable_and_missing():
    rows = rows_of(case_record(lesion=False))
    found = {name: (row["value"], row["status"]) for name, row in rows.items()}
    assert found["infarct_core_volume"] == ("0.0", "zero")
    assert found["infarct_core_adc_mean"] == ("", "not_evaluable")
    assert found["brain_volume"] == ("", "missing")


def test_reason_stands_beside_what_is_not_evaluable():
    row = rows_of(refused_record())["infarct_core_volume"]
    assert (row["value"], row["lower"], row["status"]) == ("", "", "not_evaluable")
    assert row["warnings"] == "STOP B01 series 0003: no b value in 12 images"


def test_warnings_of_the_geometry_reach_the_number_and_information_does_not():
    row = rows_of(case_record(geometry=grid(z=UNEVEN)))["infarct_core_volume"]
    assert row["warnings"].split(" | ") == [
        "WARN G05 series 0003: gaps 4.00 to 7.00 mm",
        "WARN U01 adc: brain median 0.88",
    ]


def test_numbers_are_those_of_the_record_digit_for_digit():
    third = (Measurement("infarct_core_volume", 10 / 3, "ml", Status.MEASURED, 1e-7, 1e3 / 7),)
    record = record_to_dict(case_record(measurements=third))
    row = read(table.measurements_bytes([record]))[0]
    for column in ("value", "lower", "upper"):
        assert float(row[column]) == record["measurements"][0][column]
    assert row["value"] == "3.33333333"


def test_reader_of_a_signed_record():
    record = case_record().signed(SignOff("R02", "reviewed", "")).signed(SignOff("R05", "reviewed", ""))
    assert rows_of(record)["infarct_core_volume"]["reader"] == "R02; R05"


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2+3", "@cmd", "\t=1", "\r=1", " =1", "＝1"])
def test_no_text_runs_as_a_formula(text):
    shown = table.cell(text)
    assert shown.startswith("'")
    assert "\t" not in shown and "\r" not in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-0.5, "-0.5"), (0, "0"), (None, ""), (float("nan"), ""), ("ADC <= 620", "ADC <= 620"), ("", "")],
)
def test_plain_cells(value, shown):
    assert table.cell(value) == shown


def test_quotes_commas_and_other_scripts_come_back():
    method = 'threshold, "robust"; naïve β\nsecond line'
    odd = (Measurement("infarct_core_volume", 1.0, "ml", Status.MEASURED, method=method, issues=(U01,)),)
    data = table.measurements_bytes([record_to_dict(case_record(case="Ünit, 1", measurements=odd))])
    row = read(data)[0]
    assert row["case"] == "Ünit, 1"
    assert row["method"] == method.replace("\n", " ")
    assert len(data.splitlines()) == 2


def test_hostile_case_name_and_issue():
    issue = Issue("U01", Level.WARN, '=HYPERLINK("http://x","y")')
    numbers = tuple(measured(grid(), grid().slice_extents[:, None, None] > [[[9.0] * 16] * 20])[:1])
    rows = read(
        table.measurements_bytes([record_to_dict(case_record(case="=cmd|x", measurements=numbers, issues=(issue,)))])
    )
    assert rows[0]["case"] == "'=cmd|x"
    assert not rows[0]["warnings"].startswith("=")


def test_order_does_not_depend_on_the_order_of_work():
    records = [record_to_dict(case_record(case=name)) for name in ("b", "a", "c")]
    assert table.measurements_bytes(records) == table.measurements_bytes(records[::-1])
    assert [row["case"] for row in read(table.measurements_bytes(records))] == ["a"] * 5 + ["b"] * 5 + ["c"] * 5


def test_cases_table():
    cases = [
        {"case": "b", "timepoint": "", "outcome": "refused", "reason": "B01: no b value, none", "seconds": None},
        {"case": "a", "timepoint": "t", "outcome": "measured", "reason": "", "seconds": 2.5, "peak_memory_mb": 812},
    ]
    assert table.cases_bytes(cases).decode() == (
        "case,timepoint,outcome,reason,seconds,peak_memory_mb\n"
        "a,t,measured,,2.5,812\n"
        'b,,refused,"B01: no b value, none",,\n'
    )


def test_files(tmp_path):
    table.write_measurements(tmp_path, [record_to_dict(case_record())])
    table.write_cases(tmp_path, [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cases.csv", "measurements.csv"]
    assert (tmp_path / "cases.csv").read_text() == "case,timepoint,outcome,reason,seconds,peak_memory_mb\n"
