"""The core as a reader left it: same numbers everywhere, sides and lesions that add up, output that verifies."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from small_patients import small

from strokequant.batch.core_case import measure_core
from strokequant.batch.discover import discover_cases
from strokequant.biomarkers.reader_edit import lesions_of, with_reader_core
from strokequant.dicomio.scan import scan
from strokequant.errors import RecordError
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.reader_output import write_reader_case
from strokequant.record.verify import verify
from strokequant.synthetic.patients import write_patient
from strokequant.types import SignOff, Status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SIGNED = SignOff("R1", "core confirmed", "2026-01-02T03:04:05+00:00")


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patient")
    write_patient(small("bids"), folder)
    write_patient(small("ge"), folder)
    cases = discover_cases(folder, scan(folder).series)
    return measure_core(next(c for c in cases if "ge" in c.case))


def value(record, name):
    return next(m for m in record.measurements if m.id == name)


def decisions(record):
    return {c.label: c.accepted for c in record.core.candidates}


def edited(record, keep):
    mask = record.masks["infarct_core"]
    values = mask.values & keep
    return replace(mask, values=values, edited_by="R1", method=f"{mask.method}, edited")


def test_an_untouched_core_keeps_its_numbers_and_is_no_proposal_any_more(record):
    read = with_reader_core(record, record.masks["infarct_core"], decisions(record))
    before, after = value(record, "infarct_core_volume"), value(read, "infarct_core_volume")
    assert (after.value, after.lower, after.upper, after.interval) == (
        before.value,
        before.lower,
        before.upper,
        before.interval,
    )
    assert "S05" in {i.code for i in before.issues} and "S05" not in {i.code for i in after.issues}
    assert "S05" not in {i.code for i in read.issues}


def test_an_edited_core_is_measured_anew_and_sides_add_up(record):
    values = record.masks["infarct_core"].values
    middle = int(np.median(np.nonzero(values)[2]))
    keep = np.ones_like(values)
    keep[:, :, middle] = False
    mask = edited(record, keep)
    read = with_reader_core(record, mask, decisions(record))
    volume = value(read, "infarct_core_volume")
    assert volume.value == mask.volume_ml < value(record, "infarct_core_volume").value
    assert volume.lower < volume.value < volume.upper and "threshold" not in volume.interval
    lesions = lesions_of(read.core, read.maps["adc"])
    assert sum(lesion.volume_ml for lesion in lesions) == pytest.approx(mask.volume_ml, rel=1e-12)
    sides = [value(read, f"infarct_core_volume_{side}").value for side in ("left", "right")]
    assert sides[0] == pytest.approx(mask.volume_ml, rel=1e-12) and sides[1] == 0
    assert value(read, "infarct_core_lesions").value == len(lesions)


def test_nothing_left_is_zero(record):
    mask = edited(record, np.zeros_like(record.masks["infarct_core"].values))
    read = with_reader_core(record, mask, {c.label: False for c in record.core.candidates})
    assert value(read, "infarct_core_volume").status is Status.ZERO
    assert value(read, "infarct_core_adc_mean").status is Status.NOT_EVALUABLE


def test_without_a_plane_sides_follow_the_candidates(record):
    core = replace(record.core, midplane=None)
    assert {lesion.side for lesion in lesions_of(core, record.maps["adc"])} == {"left"}
    nowhere = replace(core, labels=np.zeros_like(core.labels))
    assert {lesion.side for lesion in lesions_of(nowhere, record.maps["adc"])} == {"midline"}


def test_record_table_and_seg_give_one_volume_and_the_folder_verifies(record, tmp_path):
    keep = np.ones_like(record.masks["infarct_core"].values)
    keep[: int(np.median(np.nonzero(record.masks["infarct_core"].values)[0]))] = False
    mask = edited(record, keep)
    read = with_reader_core(record, mask, decisions(record)).signed(SIGNED)
    written = write_reader_case(read, tmp_path, now=NOW)
    stored = json.loads((written.folder / "record.json").read_bytes())
    fromRecord = next(m for m in stored["measurements"] if m["id"] == "infarct_core_volume")["value"]
    with open(tmp_path / "measurements.csv", newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["measure"] == "infarct_core_volume"]
    seg = read_mask_from_seg(written.folder / "dicom" / "seg.dcm", mask.geometry)
    assert np.array_equal(seg.values, mask.values)
    assert [float(r["value"]) for r in rows] == [fromRecord] == [pytest.approx(seg.volume_ml, rel=1e-9)]
    assert rows[0]["reader"] == "R1"
    assert verify(tmp_path) == ()


def test_a_second_case_joins_the_first(record, tmp_path):
    read = with_reader_core(record, record.masks["infarct_core"], decisions(record)).signed(SIGNED)
    write_reader_case(read, tmp_path, now=NOW)
    write_reader_case(replace(read, case="other"), tmp_path, now=NOW)
    write_reader_case(read, tmp_path, now=NOW)
    with open(tmp_path / "cases.csv", newline="", encoding="utf-8") as file:
        assert [r["case"] for r in csv.DictReader(file)] == sorted([read.case, "other"])
    assert verify(tmp_path) == ()


def test_a_folder_that_cannot_be_made_is_said(record, tmp_path):
    (tmp_path / "file").write_text("")
    read = with_reader_core(record, record.masks["infarct_core"], decisions(record)).signed(SIGNED)
    with pytest.raises(RecordError) as caught:
        write_reader_case(read, tmp_path / "file", now=NOW)
    assert caught.value.issues[0].code == "O01"


@pytest.mark.parametrize("what", ["reader", "meaning", "images"])
def test_what_somebody_else_has_signed_is_not_replaced(record, tmp_path, what):
    """Two modules, two readers or two patients with one name of a case, and one output folder."""
    unsigned = with_reader_core(record, record.masks["infarct_core"], decisions(record))
    write_reader_case(unsigned.signed(SIGNED), tmp_path, now=NOW)
    before = (tmp_path / "run.json").read_bytes()
    other = {
        "reader": unsigned.signed(replace(SIGNED, reader="R2")),
        "meaning": unsigned.signed(replace(SIGNED, meaning="mismatch confirmed")),
        "images": replace(unsigned, inputs=tuple(replace(i, uid=i.uid + ".9") for i in unsigned.inputs)).signed(SIGNED),
    }[what]
    with pytest.raises(RecordError) as caught:
        write_reader_case(other, tmp_path, now=NOW)
    assert caught.value.issues[0].code == "O01" and "signed before" in caught.value.issues[0].found
    assert (tmp_path / "run.json").read_bytes() == before and verify(tmp_path) == ()
    write_reader_case(other, tmp_path / "own", now=NOW)
