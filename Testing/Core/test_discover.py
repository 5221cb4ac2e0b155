"""Cases and time points: identity decides what is mixed, folders only name."""

from pathlib import Path

import pytest

from strokequant.batch.discover import discover_cases
from strokequant.errors import Level
from strokequant.types import Role, Series

ROOT = Path("/in")


def series(key, folder, patient="p1", study="1.2.1", date="20260101", kind="dicom"):
    file = ROOT / folder / ("image.nii.gz" if kind == "nifti" else "1.dcm")
    return Series(
        key, f"uid{key}", "MR", Role.DWI, (), (file,), kind=kind, patient_key=patient if kind == "dicom" else "",
        study_uid=study if kind == "dicom" else "", header={"study_date": date, "study_time": "120000"},
    )  # fmt: skip


def names(cases):
    return [(c.case, c.timepoint, [s.key for s in c.series]) for c in cases]


def test_one_patient_in_nested_folders_is_one_case_named_by_the_input():
    cases = discover_cases(ROOT, [series("1", "study/dwi"), series("2", "study/adc")])
    assert names(cases) == [("in", "tp1", ["1", "2"])]


def test_patients_in_their_own_folders_are_cases():
    cases = discover_cases(ROOT, [series("1", "a", "p1"), series("2", "b/x", "p2"), series("3", "b/y", "p2")])
    assert names(cases) == [("a", "tp1", ["1"]), ("b", "tp1", ["2", "3"])]


def test_studies_are_time_points_in_order_of_their_time():
    cases = discover_cases(
        ROOT, [series("1", "a", study="2", date="20260105"), series("2", "b", study="1", date="20260101")]
    )
    assert names(cases) == [("in", "tp1", ["2"]), ("in", "tp2", ["1"])]


def test_two_patients_in_one_folder_wait_for_a_person():
    mixed = [series("1", "a", "p1"), series("2", "a", "p2"), series("3", "b", "p3")]
    blocked, measured = discover_cases(ROOT, mixed)
    assert (blocked.case, blocked.issues[0].code, blocked.issues[0].level) == ("a", "I03", Level.ASK)
    assert (measured.case, measured.issues) == ("b", ())


def test_split_of_patients_is_allowed_on_request_and_noted():
    cases = discover_cases(ROOT, [series("1", "a", "p1"), series("2", "a", "p2")], split_patients=True)
    assert names(cases) == [("a-p1", "tp1", ["1"]), ("a-p2", "tp1", ["2"])]
    assert all(c.issues[0].level is Level.WARN for c in cases)


def test_patients_are_never_mixed_in_a_case():
    mixed = [series(str(n), f"{n % 3}/{n % 2}", f"p{n % 5}") for n in range(30)]
    for case in discover_cases(ROOT, mixed, split_patients=True):
        assert len({s.patient_key for s in case.series}) == 1


def test_bids_subjects_and_sessions_name_case_and_time_point():
    cases = discover_cases(ROOT, [
        series("1", "sub-01/ses-a/dwi", kind="nifti"), series("2", "sub-01/ses-a/anat", kind="nifti"),
        series("3", "sub-01/ses-b/dwi", kind="nifti"), series("4", "sub-02/dwi", kind="nifti"),
    ])  # fmt: skip
    assert names(cases) == [("sub-01", "ses-a", ["1", "2"]), ("sub-01", "ses-b", ["3"]), ("sub-02", "tp1", ["4"])]


def test_nifti_folders_are_cases():
    cases = discover_cases(ROOT, [series("1", "x", kind="nifti"), series("2", "y", kind="nifti")])
    assert [c.case for c in cases] == ["x", "y"]


@pytest.mark.parametrize("patient", ["", "same"])
def test_studies_without_identity_do_not_become_one_time_point(patient):
    cases = discover_cases(ROOT, [series("1", "a", patient, study="1"), series("2", "b", patient, study="2")])
    assert len({(c.case, c.timepoint) for c in cases}) == 2


def test_same_folder_names_do_not_overwrite_each_other():
    cases = discover_cases(ROOT, [series("1", "x_y", "p1"), series("2", "x y", "p2")])
    assert len({(c.case, c.timepoint) for c in cases}) == 2
