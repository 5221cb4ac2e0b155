"""Runs of many cases: one bad case stops nothing, a killed run goes on, numbers do not depend on the way."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from small_patients import small

from strokequant.batch import resume, run
from strokequant.batch.discover import CaseInput, discover_cases
from strokequant.dicomio.scan import scan
from strokequant.errors import RecordError
from strokequant.record import files
from strokequant.record.verify import verify
from strokequant.settings import Settings
from strokequant.synthetic.patients import write_patient


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Two patients who can be measured and one who must be refused."""
    root = tmp_path_factory.mktemp("cohort")
    truths = {name: write_patient(small(name), root) for name in ("ge", "siemens", "refuse_missing_slice")}
    return root, truths


@pytest.fixture(scope="module")
def cases(cohort):
    root, _ = cohort
    return discover_cases(root, scan(root).series)


@pytest.fixture(scope="module")
def measured(cases, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, run.run_cases(cases, out)


DETERMINISTIC = ("measurements.csv", "*/*/record.json", "*/*/maps/*", "*/*/masks/*", "*/*/report.html")


def deterministic_bytes(out):
    return {p.relative_to(out).as_posix(): p.read_bytes() for pattern in DETERMINISTIC for p in out.glob(pattern)}


def volume_of(out, outcome):
    record = json.loads((out / outcome.folder / "record.json").read_text())
    return next(m for m in record["measurements"] if m["id"] == "infarct_core_volume")


def test_bad_case_stops_nothing(measured, cohort):
    out, outcomes = measured
    _, truths = cohort
    by_name = {o.case: o for o in outcomes}
    assert by_name["09_refuse_missing_slice"].outcome == "refused"
    assert "G06" in by_name["09_refuse_missing_slice"].reason
    for name in ("ge", "siemens"):
        outcome = by_name[truths[name].name]
        assert outcome.outcome == "measured"
        assert volume_of(out, outcome)["value"] == pytest.approx(truths[name].volume_ml, rel=0.2)


def test_refused_case_has_no_number_but_a_record(measured):
    out, outcomes = measured
    refused = next(o for o in outcomes if o.outcome == "refused")
    volume = volume_of(out, refused)
    assert (volume["value"], volume["status"]) == (None, "not_evaluable")
    assert (out / refused.folder / "report.html").exists()


def test_second_run_and_two_jobs_write_the_same_bytes(measured, cases, tmp_path):
    out, _ = measured
    run.run_cases(cases, tmp_path, jobs=2)
    assert deterministic_bytes(tmp_path) == deterministic_bytes(out)


def test_written_run_verifies(measured):
    assert verify(measured[0]) == ()


def test_time_and_memory_are_in_the_table(measured):
    rows = (measured[0] / "cases.csv").read_text().splitlines()
    assert rows[0].split(",")[:4] == ["case", "timepoint", "outcome", "reason"]
    assert len(rows) == 4


def count_measurements(monkeypatch, stop_after=None):
    calls = []
    original = run._measure

    def counted(work):
        if stop_after is not None and len(calls) == stop_after:
            raise KeyboardInterrupt
        calls.append(work.case.case)
        return original(work)

    monkeypatch.setattr(run, "_measure", counted)
    return calls


def test_killed_run_goes_on_where_it_stopped(measured, cases, tmp_path, monkeypatch):
    first = count_measurements(monkeypatch, stop_after=1)
    with pytest.raises(KeyboardInterrupt):
        run.run_cases(cases, tmp_path)
    assert not (tmp_path / "run.json").exists()
    monkeypatch.undo()
    second = count_measurements(monkeypatch)
    outcomes = run.run_cases(cases, tmp_path, resumed=True)
    assert first + second == [c.case for c in cases]
    assert [o.resumed for o in outcomes] == [True, False, False]
    assert deterministic_bytes(tmp_path) == deterministic_bytes(measured[0])
    assert not (tmp_path / resume.JOURNAL).exists()


@pytest.fixture(scope="module")
def finished(cases, tmp_path_factory):
    """A run of one case."""
    out = tmp_path_factory.mktemp("finished")
    run.run_cases(cases[:1], out)
    return out


def test_resume_of_a_finished_run_measures_nothing(cases, finished, tmp_path, monkeypatch):
    copytree(finished, tmp_path, dirs_exist_ok=True)
    calls = count_measurements(monkeypatch)
    run.run_cases(cases[:1], tmp_path, resumed=True)
    assert calls == []
    assert verify(tmp_path) == ()


@pytest.mark.parametrize("change", ["configuration", "output", "torn journal"])
def test_resume_measures_again_what_no_longer_holds(change, cases, finished, tmp_path, monkeypatch):
    case = cases[:1]
    copytree(finished, tmp_path, dirs_exist_ok=True)
    settings = Settings()
    if change == "configuration":
        settings = replace(settings, core=replace(settings.core, adc_threshold=600.0))
    elif change == "output":
        path = next(tmp_path.glob("*/*/masks/*core*"))
        path.write_bytes(path.read_bytes() + b"x")
    else:
        (tmp_path / "run.json").unlink()
        (tmp_path / resume.JOURNAL).write_text('{"case": "01_ge", "timepoi')
    calls = count_measurements(monkeypatch)
    run.run_cases(case, tmp_path, settings=settings, resumed=True)
    assert calls == [case[0].case]


def test_full_disk_is_said_and_leaves_no_torn_file(cases, tmp_path, monkeypatch):
    original = files.os.replace

    def full(source, target):
        if Path(target).name == "report.html":
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(source, target)

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(RecordError, match="No space left") as caught:
        run.run_cases(cases[:1], tmp_path)
    assert caught.value.issues[0].code == "O01"
    assert not list(tmp_path.rglob("*.part"))
    monkeypatch.undo()
    (outcome,) = run.run_cases(cases[:1], tmp_path, resumed=True)
    assert outcome.outcome == "measured"


def test_torn_files_of_a_killed_run_are_removed(cases, tmp_path):
    torn = tmp_path / "01_ge" / "tp1" / ".record.json.123.part"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"half")
    run.run_cases(cases[:1], tmp_path)
    assert not torn.exists()


def test_defect_in_one_case_is_its_outcome(cases, tmp_path, monkeypatch):
    import strokequant.batch.core_case as core_case

    def defect(*args, **kwargs):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(core_case, "segment_core", defect)
    outcomes = run.run_cases(cases, tmp_path)
    assert {o.outcome for o in outcomes} == {"failed", "refused"}
    assert "planted" in next(o.reason for o in outcomes if o.outcome == "failed")


def test_files_that_vanish_fail_their_case_only(cohort, tmp_path):
    root, _ = cohort
    copy = tmp_path / "in"
    for name in ("01_ge", "02_siemens"):
        for path in (root / name).rglob("*"):
            if path.is_file():
                target = copy / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    found = discover_cases(copy, scan(copy).series)
    first = found[0].series[0].files[0]
    outcomes = run.run_cases(found, tmp_path / "out")
    assert [o.outcome for o in outcomes] == ["measured", "measured"]
    first.unlink()
    outcomes = run.run_cases(found, tmp_path / "out2")
    assert [o.outcome for o in outcomes][1] == "measured"


def test_case_without_any_series_is_missing(tmp_path):
    (outcome,) = run.run_cases([CaseInput("empty", "tp1", ())], tmp_path)
    assert outcome.outcome == "refused"
    assert volume_of(tmp_path, outcome)["status"] == "missing"


def test_map_and_agreement_are_written_though_the_core_is_refused(shared_data, tmp_path):
    """Siemens XA30, b 2500: no core, but the recomputed map is that of the scanner."""
    folder = shared_data / "diffusion" / "dicom_vendors" / "siemens_xa30_raw20dir_vendorADC"
    (outcome,) = run.run_cases(discover_cases(folder, scan(folder).series), tmp_path)
    assert outcome.outcome == "refused" and "B04" in outcome.reason
    record = json.loads((tmp_path / outcome.folder / "record.json").read_text())
    found = record["agreement"]
    assert abs(found["bias_percent"]) <= 0.1
    assert -3 <= found["lower"] < found["upper"] <= 3
    assert (tmp_path / outcome.folder / "maps" / "adc.nii.gz").exists()
    assert volume_of(tmp_path, outcome)["value"] is None
    assert verify(tmp_path) == ()
