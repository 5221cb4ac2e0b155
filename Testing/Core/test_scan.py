"""Scan: every kind of input and of broken file; what is found, what is left out, and that order never matters."""

import errno
import gzip
import os
import random
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import AXIAL, SAGITTAL, a_series, a_slice, uid, write
from nifti_writer import write_nifti
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEGLSLossless,
    RLELossless,
)

from strokequant.config import ScanConfig
from strokequant.dicomio import scan as scan_module
from strokequant.dicomio.files import Walk
from strokequant.dicomio.scan import scan
from strokequant.errors import InputError, Level
from strokequant.types import Role


def levels(issues):
    return [(issue.code, str(issue.level)) for issue in issues]


def reasons(found):
    return {item.path.name: item.reason for item in found.skipped}


def refusal(path, **options):
    with pytest.raises(InputError) as caught:
        scan(path, **options)
    issue = caught.value.issues[0]
    assert issue.found and issue.expected and issue.remedy
    return issue.code


def test_a_series_in_nested_folders_without_endings(tmp_path):
    for number in range(1, 5):
        write(a_slice(number=number), tmp_path / f"d{number}" / "deep" / f"IM{number}")
    found = scan(tmp_path)
    (series,) = found.series
    assert (series.key, series.shape, len(series.files), len(series.frames)) == ("0003", (8, 8), 4, 4)
    assert [frame.file for frame in series.frames] == [0, 1, 2, 3]
    assert series.patient_key and "Test" not in repr(series) and "P1" not in repr(series)
    assert found.skipped == ()


@pytest.mark.parametrize("name", ["a.dcm", "a.IMA", "a", "a.123.456"])
@pytest.mark.parametrize("preamble", [True, False])
def test_a_single_file(tmp_path, name, preamble):
    path = write(a_slice(), tmp_path / name, preamble=preamble)
    (series,) = scan(path).series
    assert series.files == (path,)


@pytest.mark.parametrize("syntax", [DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_transfer_syntaxes(tmp_path, syntax):
    ds = a_slice()
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    write(ds, tmp_path / "a.dcm", syntax=syntax)
    found = scan(tmp_path)
    assert len(found.series) == 1 and not found.skipped


def test_order_and_names_of_files_do_not_matter(tmp_path):
    a_series(tmp_path / "a", "s1", 5, SeriesNumber=2)
    a_series(tmp_path / "a", "s2", 5, SeriesNumber=2)
    a_series(tmp_path / "a", "s3", 5, SeriesNumber=1, ImageType=["DERIVED", "PRIMARY", "DIFFUSION", "ADC"])
    files = sorted((tmp_path / "a").iterdir())
    shuffled = files[:]
    random.Random(1).shuffle(shuffled)
    (tmp_path / "b").mkdir()
    for number, file in enumerate(shuffled):
        shutil.copy(file, tmp_path / "b" / f"x{number}")
    one, two = scan(tmp_path / "a"), scan(tmp_path / "b")
    assert [s.key for s in one.series] == ["0001", "0002", "0002.2"]
    for left, right in zip(one.series, two.series, strict=True):
        assert (left.key, left.series_uid, left.role, left.frames, left.header) == (
            right.key, right.series_uid, right.role, right.frames, right.header)  # fmt: skip


def test_what_is_no_image_is_listed_and_never_fatal(tmp_path):
    a_series(tmp_path, n=3)
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "empty.dcm").write_bytes(b"")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "._s001.dcm").write_bytes((tmp_path / "s001.dcm").read_bytes())
    (tmp_path / "inner.zip").write_bytes(b"PK\x03\x04rest")
    (tmp_path / "garbage.dcm").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "half.dcm").write_bytes((tmp_path / "s001.dcm").read_bytes()[:200])
    for name, sop_class in {
        "sc": "1.2.840.10008.5.1.4.1.1.7",
        "sr": "1.2.840.10008.5.1.4.1.1.88.11",
        "ps": "1.2.840.10008.5.1.4.1.1.11.1",
        "XX_0001": "1.3.46.670589.11.0.0.12.2",
        "seg": "1.2.840.10008.5.1.4.1.1.66.4",
    }.items():
        write(a_slice(series=name, SOPClassUID=sop_class), tmp_path / name)
    found = scan(tmp_path)
    assert len(found.series) == 1 and len(found.series[0].files) == 3
    why = reasons(found)
    assert len(why) == 14
    assert all(why.values())
    assert "hidden" in why["._s001.dcm"] and "hidden" in why[".DS_Store"]
    assert "empty" in why["empty.dcm"] and "PDF" in why["report.pdf"] and "archive" in why["inner.zip"]
    assert "private SOP class" in why["XX_0001"]
    assert "Presentation State" in why["ps"] and "Secondary Capture" in why["sc"]
    codes = levels(found.issues)
    assert ("F05", "INFO") in codes
    assert ("I06", "WARN") in codes, "broken files may be lost slices"


def without_permission(monkeypatch, *names):
    """The system refuses to open these files, also where tests run with all rights."""
    opened = Path.open

    def open_(self, *args, **options):
        if self.name in names:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(self, *args, **options)

    monkeypatch.setattr(Path, "open", open_)


def test_files_without_permission_are_called_so_and_not_broken(tmp_path, monkeypatch):
    a_series(tmp_path, n=5)
    without_permission(monkeypatch, "s002.dcm", "s004.dcm")
    found = scan(tmp_path)
    assert reasons(found)["s002.dcm"] == "cannot be read: Permission denied"
    (told,) = [issue for issue in found.issues if issue.code in ("I01", "I06")]
    assert (told.code, told.level) == ("I01", Level.WARN)
    assert "2 files" in told.found and "Permission denied" in told.found and "permission" in told.remedy


def test_input_of_which_no_file_may_be_read_is_refused_for_that(tmp_path, monkeypatch):
    a_series(tmp_path, n=2)
    without_permission(monkeypatch, "s001.dcm", "s002.dcm")
    with pytest.raises(InputError) as refused:
        scan(tmp_path)
    assert [issue.code for issue in refused.value.issues] == ["I01"]
    assert "Permission denied" in str(refused.value)


def test_two_patients_that_share_all_their_uids_are_told_in_one_line(tmp_path):
    a_series(tmp_path / "a", n=5)
    a_series(tmp_path / "b", n=5, PatientID="P2", PatientName="Test^Two")
    found = scan(tmp_path)
    for series in found.series:
        (told,) = [issue for issue in series.issues if issue.code == "I04"]
        assert told.level is Level.ASK
        assert "5 times" in told.found


@pytest.mark.parametrize("keep", [1, 60, 127])
def test_a_cut_off_file_leaves_a_question_on_its_series(tmp_path, keep):
    """The header of such a file is whole: without the check the series would lose a slice, or read it as zeros."""
    paths = a_series(tmp_path, n=5)
    whole = paths[4].read_bytes()
    paths[4].write_bytes(whole[: len(whole) - 128 + keep])
    found = scan(tmp_path)
    (series,) = found.series
    assert len(series.files) == 4
    assert ("I06", "ASK") in levels(series.issues)
    assert "cut off" in reasons(found)["s005.dcm"]


def test_a_cut_off_file_with_a_whole_copy_is_harmless(tmp_path):
    paths = a_series(tmp_path, n=3)
    (tmp_path / "again.dcm").write_bytes(paths[2].read_bytes()[:-10])
    found = scan(tmp_path)
    assert len(found.series[0].files) == 3
    assert found.series[0].issues == ()


def test_a_file_that_ends_before_its_pixels_and_one_without(tmp_path):
    paths = a_series(tmp_path, n=4)
    whole = paths[3].read_bytes()
    paths[3].write_bytes(whole[: whole.rfind(b"\xe0\x7f\x10\x00")])
    ds = a_slice(number=9)
    ds.Rows = None
    write(ds, tmp_path / "norows.dcm")
    found = scan(tmp_path)
    assert len(found.series[0].files) == 3
    assert ("I06", "ASK") in levels(found.series[0].issues)
    assert "Rows" in reasons(found)["norows.dcm"]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
@pytest.mark.parametrize("damage", ["none", "no delimiter", "half a fragment", "no fragment"])
def test_cut_off_compressed_pixels(tmp_path, syntax, damage):
    from pydicom.encaps import encapsulate

    ds = a_slice()
    ds.PixelData = encapsulate([b"\x01" * 100])
    ds["PixelData"].VR = "OB"
    path = write(ds, tmp_path / "a.dcm", syntax=syntax)
    data = path.read_bytes()
    end = len(data) - 8 if data.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0") else len(data)
    path.write_bytes({"none": data, "no delimiter": data[:end], "half a fragment": data[: end - 60],
                      "no fragment": data[: end - 108] + data[end:]}[damage])  # fmt: skip
    a_series(tmp_path, "other", 2)
    found = scan(tmp_path)
    assert len(found.series) == (2 if damage == "none" else 1)


def test_copies_and_contradictions(tmp_path):
    paths = a_series(tmp_path / "a", n=3)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    found = scan(tmp_path)
    assert len(found.series[0].files) == 3
    assert [code for code in levels(found.issues) if code[0] == "I04"] == [("I04", "INFO")]
    assert found.series[0].issues == ()
    data = bytearray(paths[1].read_bytes())
    data[-1] ^= 1
    paths[1].write_bytes(data)
    found = scan(tmp_path)
    assert len(found.series[0].files) == 3
    assert levels(found.series[0].issues) == [("I04", "ASK")]
    kept = {path.read_bytes() for path in found.series[0].files}
    paths[1].rename(tmp_path / "b" / "zzz.dcm")
    assert {path.read_bytes() for path in scan(tmp_path).series[0].files} == kept


def test_two_patients(tmp_path):
    a_series(tmp_path, "one", 2)
    a_series(tmp_path, "two", 2, PatientID="P2", PatientName="Other^Two")
    found = scan(tmp_path)
    assert len({series.patient_key for series in found.series}) == 2
    assert ("I03", "WARN") in levels(found.issues)
    assert "Other" not in str(found.issues)


def test_one_series_uid_with_two_patients_is_split(tmp_path):
    a_series(tmp_path / "a", "s", 2)
    for number in (3, 4):
        write(a_slice("s", number, PatientID="P2", PatientName="Other^Two"), tmp_path / "b" / f"{number}.dcm")
    assert len({series.patient_key for series in scan(tmp_path).series}) == 2


def test_mixed_orientation(tmp_path):
    """G12: within the tolerance of 0.01 it is one stack; a localizer of three slices is split off; two full stacks ask."""
    a_series(tmp_path, n=5)
    tilted = [1, 0, 0.008, 0, 1, 0]
    write(a_slice(number=6, ImageOrientationPatient=tilted), tmp_path / "t.dcm")
    assert len(scan(tmp_path).series) == 1
    for number in (11, 12, 13):
        write(a_slice(number=number, ImageOrientationPatient=SAGITTAL), tmp_path / f"{number}.dcm")
    found = scan(tmp_path).series
    assert [(s.key, len(s.frames)) for s in found] == [("0003", 6), ("0003.2", 3)]
    # the sagittal images lie at one x: one position
    assert all(("G12", "INFO") in levels(s.issues) for s in found)
    for number in range(20, 25):
        ds = a_slice(number=number, ImageOrientationPatient=SAGITTAL, ImagePositionPatient=[number, 0, 0])
        write(ds, tmp_path / f"{number}.dcm")
    assert all(("G12", "ASK") in levels(s.issues) for s in scan(tmp_path).series)


def test_different_matrix_is_split(tmp_path):
    a_series(tmp_path, n=3)
    write(a_slice(number=9, Rows=4, PixelData=bytes(64)), tmp_path / "small.dcm")
    assert [s.shape for s in scan(tmp_path).series] == [(8, 8), (4, 8)]


def diffusion(folder, series="s", b=1000.0, n=3, kind="DIRECTIONAL", image_type=None, first=1):
    for number in range(first, first + n):
        tags = {"DiffusionBValue": b, "DiffusionDirectionality": kind}
        if kind == "DIRECTIONAL":
            tags["DiffusionGradientOrientation"] = [1.0, 0, 0]
        if image_type:
            tags["ImageType"] = image_type
        write(a_slice(series, number, z=5.0 * (number - first), **tags), folder / f"{number}.dcm")


def test_derived_frames_inside_one_series_are_split_off(tmp_path):
    """F01: a series with b0, directions, trace, ADC and FA."""
    diffusion(tmp_path, b=0.0, kind="NONE", first=1)
    diffusion(tmp_path, b=1000.0, first=10)
    diffusion(tmp_path, kind="ISOTROPIC", image_type=["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], first=20)
    for first, word in ((30, "ADC"), (40, "FA")):
        diffusion(tmp_path, b=0.0, kind="NONE", image_type=["DERIVED", "PRIMARY", "DIFFUSION", word], first=first)
    found = {s.key: s for s in scan(tmp_path).series}
    assert [(s.role, len(s.frames)) for s in found.values()] == [
        (Role.DWI, 6), (Role.DWI, 3), (Role.ADC, 3), (Role.DERIVED, 3)]  # fmt: skip
    assert {f.b_value for f in found["0003"].frames} == {0, 1000}
    assert ("F01", "INFO") in levels(found["0003"].issues)


def test_b0_and_trace_stay_together(tmp_path):
    diffusion(tmp_path, b=0.0, kind="NONE", first=1)
    diffusion(tmp_path, kind="ISOTROPIC", image_type=["DERIVED", "PRIMARY", "DIFFUSION", "TRACEW"], first=20)
    (series,) = scan(tmp_path).series
    assert len(series.frames) == 6


def test_acquisitions_are_split_only_where_positions_repeat(tmp_path):
    """G11: a head CT with an acquisition number per slice is one stack; a repeated scan is two; a time series is one."""
    for number in range(1, 7):
        write(a_slice(number=number, AcquisitionNumber=number), tmp_path / "one" / f"{number}.dcm")
    assert len(scan(tmp_path / "one").series) == 1
    for acquisition in (1, 2):
        for z in range(4):
            ds = a_slice(number=10 * acquisition + z, z=5.0 * z, AcquisitionNumber=acquisition)
            write(ds, tmp_path / "two" / f"{acquisition}{z}.dcm")
    two = scan(tmp_path / "two").series
    assert [len(s.frames) for s in two] == [4, 4]
    assert ("G11", "WARN") in levels(two[0].issues)
    for acquisition in range(1, 9):
        for z in range(2):
            ds = a_slice(number=10 * acquisition + z, z=5.0 * z, AcquisitionNumber=acquisition)
            write(ds, tmp_path / "time" / f"{acquisition}{z}.dcm")
    assert len(scan(tmp_path / "time").series) == 1


def test_b_values_are_never_split_by_acquisition(tmp_path):
    for acquisition, b in ((1, 0.0), (2, 1000.0)):
        for z in range(3):
            ds = a_slice(number=10 * acquisition + z, z=5.0 * z, AcquisitionNumber=acquisition, DiffusionBValue=b)
            write(ds, tmp_path / f"{acquisition}{z}.dcm")
    assert len(scan(tmp_path).series) == 1


def test_a_diffusion_series_without_b_values_says_so(tmp_path):
    for number in range(6):
        tags = {"SeriesDescription": "DWI", "ScanningSequence": "EP"}
        write(a_slice(number=number, z=5.0 * (number % 3), **tags), tmp_path / f"{number}.dcm")
    (series,) = scan(tmp_path).series
    assert series.role == Role.DWI
    assert levels(series.issues) == [("B01", "WARN")]


def test_echoes_are_split(tmp_path):
    for echo in (10.0, 10.2, 90.0):
        for z in range(3):
            number = int(echo * 100) + z
            write(a_slice(number=number, z=5.0 * z, EchoTime=echo), tmp_path / f"{number}.dcm")
    assert [len(s.frames) for s in scan(tmp_path).series] == [6, 3]


def test_links_loops_and_exclusions(tmp_path):
    a_series(tmp_path / "data", n=2)
    (tmp_path / "data" / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "again.dcm").symlink_to(tmp_path / "data" / "s001.dcm")
    os.mkfifo(tmp_path / "pipe")
    shutil.copytree(tmp_path / "data", tmp_path / "out", symlinks=True)
    found = scan(tmp_path, exclude=(tmp_path / "out",))
    assert len(found.series[0].files) == 2
    why = reasons(found)
    assert "holds it" in why["loop"] and "nowhere" in why["dangling"] and "output" in why["out"]
    assert "no regular file" in why["pipe"]
    assert "another name" in (why.get("again.dcm") or why["s001.dcm"])


def test_missing_rights(tmp_path, monkeypatch):
    """Run as root nothing is forbidden, so the refusal of the operating system is imitated."""
    a_series(tmp_path / "ok", n=2)
    a_series(tmp_path / "locked", "x", n=2)
    (tmp_path / "ok" / "secret.dcm").write_bytes(b"x" * 200)
    scandir, opened = os.scandir, type(tmp_path).open

    def no_scandir(path="."):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    def no_open(self, *args, **options):
        if self.name == "secret.dcm":
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **options)

    monkeypatch.setattr(os, "scandir", no_scandir)
    monkeypatch.setattr(type(tmp_path), "open", no_open)
    found = scan(tmp_path)
    assert len(found.series) == 1
    assert "Permission denied" in reasons(found)["locked"] and "Permission denied" in reasons(found)["secret.dcm"]
    assert refusal(tmp_path / "locked") == "I01"
    assert refusal(tmp_path / "ok" / "secret.dcm") == "I01"


def test_input_that_cannot_be_used(tmp_path):
    (tmp_path / "text.txt").write_text("words")
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "absent") == "I01"
    assert refusal(tmp_path / "empty") == "I02"
    assert refusal(tmp_path / "text.txt") == "I02"
    assert refusal(tmp_path) == "I02"
    (tmp_path / "no.zip").write_bytes(b"no zip")
    assert refusal(tmp_path / "no.zip") == "I05"


def test_zip(tmp_path):
    paths = a_series(tmp_path / "data", n=3)
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for path in paths:
            archive.write(path, f"study/{path.name}")
        archive.writestr("readme.txt", "words")
    (tmp_path / "work").mkdir()
    found = scan(tmp_path / "study.zip", workspace=tmp_path / "work")
    assert len(found.series[0].files) == 3
    assert found.root == tmp_path / "work"
    assert all(path.is_relative_to(found.root) for path in found.series[0].files)
    assert refusal(tmp_path / "study.zip") == "I01"


def test_zip_bomb_and_escape(tmp_path):
    for name, member in (("bomb.zip", {"a": bytes(60 * 2**20)}), ("up.zip", {"../evil.dcm": b"x"})):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside, data in member.items():
                archive.writestr(inside, data)
        work = tmp_path / f"work-{name}"
        work.mkdir()
        assert refusal(tmp_path / name, workspace=work) == "I05"
    assert not (tmp_path / "evil.dcm").exists()


def test_broken_member_of_a_zip_is_said(tmp_path):
    paths = a_series(tmp_path / "data", n=2)
    with zipfile.ZipFile(tmp_path / "study.zip", "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            archive.write(path, path.name)
        archive.writestr("bad.dcm", b"A" * 300)
    data = (tmp_path / "study.zip").read_bytes()
    (tmp_path / "study.zip").write_bytes(data.replace(b"A" * 300, b"A" * 299 + b"B"))
    (tmp_path / "work").mkdir()
    found = scan(tmp_path / "study.zip", workspace=tmp_path / "work")
    assert ("I06", "WARN") in levels(found.issues)


def test_dicomdir(tmp_path):
    from pydicom.fileset import FileSet

    files = FileSet()
    for number in range(1, 5):
        ds = a_slice(number=number, StudyDate="20200101", StudyTime="120000", StudyID="1")
        write(ds, tmp_path / "in" / f"{number}.dcm")
        files.add(tmp_path / "in" / f"{number}.dcm")
    files.write(tmp_path / "cd")
    found = scan(tmp_path / "cd" / "DICOMDIR")
    assert len(found.series[0].files) == 4 and found.series[0].issues == ()
    assert "DICOMDIR" in reasons(found)
    found.series[0].files[3].unlink()
    found = scan(tmp_path / "cd" / "DICOMDIR")
    assert ("I06", "ASK") in levels(found.series[0].issues), "a slice that the DICOMDIR lists is gone"


def test_progress_is_told(tmp_path):
    a_series(tmp_path, n=3)
    calls = []
    scan(tmp_path, progress=lambda done, total, words: calls.append((done, total)))
    assert calls[0] == (0, 3) and calls[-1] == (3, 3)


def test_a_header_that_no_rule_foresaw_stops_nothing(tmp_path, monkeypatch):
    a_series(tmp_path, n=3)
    original = scan_module.frames_of

    def raises_for_one(dataset, file):
        if dataset.InstanceNumber == 2:
            raise ZeroDivisionError
        return original(dataset, file)

    monkeypatch.setattr(scan_module, "frames_of", raises_for_one)
    (series,) = scan(tmp_path).series
    assert len(series.files) == 2
    assert ("I06", "ASK") in levels(series.issues)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_headers_never_raise(tmp_path, seed):
    rng = random.Random(seed)
    a_series(tmp_path / "good", "good", 2)
    whole = write(a_slice("bad"), tmp_path / "whole.dcm").read_bytes()
    for number in range(40):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 12)):
            data[rng.randrange(132, len(data))] = rng.randrange(256)
        (tmp_path / f"{number}.dcm").write_bytes(data[: rng.randrange(140, len(data) + 1)])
    found = scan(tmp_path)
    assert sum(len(s.files) for s in found.series) + len(found.skipped) == 43


def image(shape=(3, 8, 8), seed=0):
    return np.random.default_rng(seed).normal(500, 100, shape).astype("f4")


def test_bids(tmp_path):
    raw = tmp_path / "sub-01" / "ses-1" / "dwi"
    write_nifti(raw / "sub-01_ses-1_dwi.nii.gz", image((4, 3, 8, 8)))
    (raw / "sub-01_ses-1_dwi.bval").write_text("0 1000 1000 1000")
    (raw / "sub-01_ses-1_dwi.bvec").write_text("0 1 0 0\n0 0 1 0\n0 0 0 1")
    write_nifti(raw / "sub-01_ses-1_adc.nii.gz", image(seed=1))
    write_nifti(raw.parent / "anat" / "sub-01_ses-1_FLAIR.nii.gz", image(seed=2))
    write_nifti(raw.parent / "anat" / "sub-01_ses-1_T1w.nii.gz", image(seed=3))
    derivatives = tmp_path / "derivatives" / "sub-01" / "ses-1"
    write_nifti(derivatives / "sub-01_ses-1_lesion-msk.nii.gz", (image() > 600).astype("u1"))
    write_nifti(derivatives / "sub-01_ses-1_space-MNI_dwi.nii.gz", image(seed=4))
    write_nifti(derivatives / "sub-01_ses-1_desc-preproc_dwi.nii.gz", image(seed=5))
    (tmp_path / "dataset_description.json").write_text("{}")
    found = scan(tmp_path)
    roles = {s.files[0].name.split("ses-1_")[1]: s.role for s in found.series}
    assert roles == {
        "dwi.nii.gz": Role.DWI, "adc.nii.gz": Role.ADC, "FLAIR.nii.gz": Role.FLAIR, "T1w.nii.gz": Role.OTHER,
        "space-MNI_dwi.nii.gz": Role.DERIVED, "desc-preproc_dwi.nii.gz": Role.DERIVED}  # fmt: skip
    assert "label map" in reasons(found)["sub-01_ses-1_lesion-msk.nii.gz"]
    dwi = next(s for s in found.series if s.role == Role.DWI)
    assert dwi.header["b_values"] == (0, 1000, 1000, 1000) and dwi.header["session"] == "1"
    assert dwi.patient_key and len({s.patient_key for s in found.series}) == 1


def test_bids_with_two_subjects(tmp_path):
    for n in (1, 2):
        write_nifti(tmp_path / f"sub-0{n}" / f"sub-0{n}_adc.nii.gz", image(seed=n))
    assert ("I03", "WARN") in levels(scan(tmp_path).issues)


@pytest.mark.parametrize(
    ("name", "role"),
    [("Case_ADC", Role.ADC), ("case_adcmap", Role.ADC), ("case_eADC", Role.DERIVED), ("case_exp_ADC", Role.DERIVED),
     ("case_DWI", Role.DWI), ("case_b0", Role.DWI), ("case_calc_b1400", Role.DERIVED), ("case_tmax", Role.DERIVED),
     ("case_FLAIR", Role.FLAIR), ("case_thing", Role.OTHER), ("case_ADC_MNI", Role.DERIVED), ("case_FA", Role.DERIVED)],
)  # fmt: skip
def test_plain_names_are_weak_evidence(tmp_path, name, role):
    write_nifti(tmp_path / f"{name}.nii.gz", image())
    (series,) = scan(tmp_path).series
    assert series.role == role
    if role in (Role.ADC, Role.DWI):
        assert "only the file name" in series.role_reasons[0]


def test_masks_are_no_images(tmp_path):
    write_nifti(tmp_path / "dwi.nii.gz", image())
    write_nifti(tmp_path / "x_adc.nii.gz", (image() > 600).astype("f4"))  # a mask with a misleading name
    write_nifti(tmp_path / "lesion_probability.nii.gz", np.linspace(0, 1, 192, dtype="f4").reshape(3, 8, 8))
    found = scan(tmp_path)
    assert [s.role for s in found.series] == [Role.DWI]
    assert len(found.skipped) == 2


def test_sidecar_tags_are_stronger_than_the_suffix(tmp_path):
    write_nifti(tmp_path / "sub-1_dwi.nii.gz", image())
    (tmp_path / "sub-1_dwi.json").write_text('{"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "ADC"]}')
    write_nifti(tmp_path / "sub-2_dwi.nii.gz", image(seed=2))
    (tmp_path / "sub-2_dwi.json").write_text('{"ImageType": ["DERIVED", "PRIMARY", "DIFFUSION", "FA"]}')
    assert [s.role for s in scan(tmp_path).series] == [Role.ADC, Role.DERIVED]


def test_a_4d_adc_is_not_guessed(tmp_path):
    write_nifti(tmp_path / "sub-1_adc.nii.gz", image((2, 3, 8, 8)))
    assert scan(tmp_path).series[0].role == Role.OTHER


def test_broken_nifti_is_listed(tmp_path):
    write_nifti(tmp_path / "a_dwi.nii.gz", image())
    (tmp_path / "b_dwi.nii.gz").write_bytes(gzip.compress(b"x" * 1000))
    (tmp_path / "c_dwi.nii.gz").write_bytes((tmp_path / "a_dwi.nii.gz").read_bytes()[:-300])
    (tmp_path / "d_dwi.nii.gz").write_bytes((tmp_path / "a_dwi.nii.gz").read_bytes())
    found = scan(tmp_path)
    assert len(found.series) == 1
    assert len(found.skipped) == 3
    assert {"I04", "I06"} <= {issue.code for issue in found.issues}


def test_single_nifti(tmp_path):
    path = write_nifti(tmp_path / "a_adc.nii", image())
    (series,) = scan(path).series
    assert (series.role, series.kind, series.files) == (Role.ADC, "nifti", (path,))


def test_constants_of_the_test_images():
    assert np.dot(np.cross(AXIAL[:3], AXIAL[3:]), [0, 0, 1]) == 1
    assert uid("a") == uid("a") != uid("b")


VENDOR_ROLES = {
    "ge_pioneer_tensor_b1000_6dir/In": ["dwi"],
    "philips57_classic_b1000_12dir": ["dwi"],
    "philips_classic": ["dwi"],
    "canon61_enhanced_b1500": ["dwi"],
    "siemens_VE11_mosaic_hfs": ["dwi"],
    "siemens_VE11_mosaic_hfdl": ["dwi"],
    "siemens_xa30_raw20dir_vendorADC": ["dwi", "adc", "dwi", "derived", "derived", "derived"],
}


@pytest.mark.parametrize("folder", sorted(VENDOR_ROLES))
def test_roles_of_real_vendors(shared_data, folder):
    found = scan(shared_data / "diffusion/dicom_vendors" / folder)
    assert [str(s.role) for s in found.series] == VENDOR_ROLES[folder]
    assert all(s.issues == () for s in found.series)


def test_philips_objects_without_pixels_are_left_out(shared_data):
    found = scan(shared_data / "diffusion/dicom_vendors/philips57_classic_b1000_12dir/In")
    assert len(found.series[0].files) == 544
    assert {"PS_0545", "XX_0546", "XX_0547", "DICOMDIR"} == set(reasons(found))
    assert [i.code for i in found.issues] == ["F05"]


def test_real_stroke_cases(shared_data):
    isles = scan(shared_data / "diffusion/isles22_case0009")
    assert [str(s.role) for s in isles.series] == ["adc", "dwi", "flair"]
    ads = scan(shared_data / "diffusion/ads_subject02")
    assert [(str(s.role), s.header.get("b_values")) for s in ads.series] == [
        ("adc", None),
        ("dwi", ()),
        ("dwi", (0.0,)),
    ]
    assert sum("label map" in item.reason for item in ads.skipped) == 4
    assert refusal(shared_data / "diffusion/soop_lesion_masks") == "I02"


def test_real_ct(shared_data):
    found = scan(shared_data / "ct")
    roles = {s.files[0].parent.name: str(s.role) for s in found.series}
    assert roles.pop("dicom") == "ncct"
    assert set(roles.values()) == {"phantom"}
    assert len(next(s for s in found.series if s.role == Role.NCCT).frames) == 28, "21 acquisitions, one stack"


def test_edge_cases(shared_data):
    found = scan(shared_data / "edge_cases")
    assert "cut off" in reasons(found)["MR_truncated.dcm"]
    monitoring = [s for s in found.series if s.files[0].parent.parent.name == "notavolume"]
    assert [str(s.role) for s in monitoring] == ["other"]
    mixed = [s for s in found.series if s.files[0].parent.parent.name == "sliceorientation"]
    assert len(mixed) == 2 and all("G12" in {i.code for i in s.issues} for s in mixed)
    twins = next(s for s in found.series if s.files[0].name.startswith("MR_small"))
    assert ("I04", "ASK") in levels(twins.issues), "one SOP Instance UID in eight different encodings"


def test_link_to_a_folder_above_does_not_bring_in_the_neighbors(tmp_path):
    inside, neighbor = tmp_path / "case", tmp_path / "other"
    inside.mkdir()
    neighbor.mkdir()
    (neighbor / "stranger.dcm").write_bytes(b"x")
    (inside / "up").symlink_to(tmp_path, target_is_directory=True)
    (inside / "own.dcm").write_bytes(b"y")
    walk = Walk(ScanConfig())
    assert [path.name for path in walk.files(inside)] == ["own.dcm"]
    assert walk.skipped[0].reason == "link to a folder that holds it"
