"""De-identification: nothing that was planted is left, and all that a reading needs is as before."""

import json
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from pydicom.datadict import DicomDictionary, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from test_synthetic import scanned

from Data.tiny_dicom import add_private, save, tiny_image
from strokequant.cli import run
from strokequant.deidentify.burned_in import letters_at_edges
from strokequant.deidentify.dataset import Cleaning, clean_dataset, table
from strokequant.deidentify.descriptions import clean_text
from strokequant.deidentify.disguise import Disguise
from strokequant.deidentify.intake import deidentify
from strokequant.deidentify.profile import PROFILE, SCHEMA, shipped_profile
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, MissingRequirementError, TrialError
from strokequant.record.files import schema_errors
from strokequant.synthetic.bids import write_bids
from strokequant.synthetic.vendor_dicom import Study, write_study

SECRET = b"s" * 32
DAY = "19310203"
WHO = "3f9ac1"
VALUES = {
    "DA": DAY,
    "DT": f"{DAY}040506",
    "TM": "171819.2021",
    "AS": "093Y",
    "DS": "31.5",
    "IS": "31",
    "US": 31,
}


def disguise():
    return Disguise(WHO, SECRET)


def planted(tag):
    """A value of the right kind that can be found again, and its mark."""
    vr = dictionary_VR(tag) if tag in DicomDictionary else "UN"
    mark = f"QX{tag:08X}"
    if vr in ("OB", "UN"):
        return vr, mark.encode(), mark
    if vr == "PN":
        return vr, f"{mark}^Given", mark
    if vr == "UI":
        return vr, f"1.2.36.{tag}.7", f"1.2.36.{tag}.7"
    if vr == "TM" and tag in shipped_profile().times:
        return vr, "040506", ""
    value = VALUES.get(vr, mark)
    return vr, value, {"DT": DAY, "US": "", "DS": "", "IS": ""}.get(vr, value)


def plant(dataset, tags):
    marks = set()
    for tag in sorted(tags):
        vr, value, mark = planted(tag)
        if vr == "SQ":
            item = Dataset()
            item.PatientName, item.ReferencedSOPInstanceUID = f"QXSQ{tag:08X}^In", f"1.2.37.{tag}"
            item.add_new(0x00081030, "LO", f"QXSQ{tag:08X}")
            value, mark = Sequence([item]), f"QXSQ{tag:08X}"
            marks.add(f"1.2.37.{tag}")
        dataset.add_new(tag, vr, value)
        marks.add(mark)
    return marks - {""}


def left(dataset, path, marks):
    """Marks that a written file still holds, anywhere in its bytes."""
    save(dataset, path)
    content = path.read_bytes().upper()
    return sorted(mark for mark in marks if mark.encode() in content)


def cleaned(dataset):
    clean_dataset(dataset, Cleaning(disguise()))
    return dataset


def image(**elements):
    return tiny_image(np.arange(64).reshape(8, 8), **elements)


SKIPPED = {0x00020000, 0x7FE00010, 0x00080016, 0x00080018, 0x00080005}
TABLE = {tag for tag in table(shipped_profile().table) if tag >> 16 > 2} - SKIPPED


def test_profile_holds_to_its_schema_and_names_codes_of_the_standard():
    data = json.loads(PROFILE.read_bytes())
    assert schema_errors(data, SCHEMA) == []
    known = {code.value: code.meaning for code in (getattr(codes.cid7050, name) for name in codes.cid7050.dir())}
    assert all(known[option["code"]] == option["meaning"] for option in data["options"])


def test_nothing_planted_in_the_table_is_left_at_the_top_or_in_items(tmp_path):
    dataset = image()
    nested = Dataset()
    marks = plant(nested, TABLE)
    marks |= plant(dataset, TABLE)
    dataset.add_new(0x00089215, "SQ", Sequence([nested]))  # Derivation Code Sequence: in no rule
    assert len(TABLE) > 600
    assert len(left(dataset, tmp_path / "before.dcm", marks)) == len(marks)
    assert left(cleaned(dataset), tmp_path / "after.dcm", marks) == ["QX00181000"]  # serial number of the device
    assert dataset.DerivationCodeSequence[0].keys()


def test_library_alone_does_not_look_into_items(tmp_path):
    """What the rules beyond the library are for; where it fails, the library has changed."""
    from dicomanonymizer.simpledicomanonymizer import anonymize_dataset, initialize_actions

    dataset = image()
    marks = plant(dataset, TABLE)
    nested = Dataset()
    nested.PatientName = "QXNESTED^In"
    dataset.add_new(0x00089215, "SQ", Sequence([nested]))
    anonymize_dataset(dataset, base_rules_gen=lambda: initialize_actions("dicomfields_2026c"))
    found = left(dataset, tmp_path / "library.dcm", marks | {"QXNESTED"})
    assert found == ["QXNESTED"]


def test_text_that_no_rule_names_does_not_stay(tmp_path):
    """Every text, name and byte attribute of the whole dictionary."""
    texts = {"LO", "SH", "ST", "LT", "UT", "UC", "PN", "AE", "UR", "OB"}
    tags = {tag for tag, entry in DicomDictionary.items() if entry[0] in texts and tag >> 16 > 2} - SKIPPED
    dataset = image()
    marks = plant(dataset, tags)
    after = left(cleaned(dataset), tmp_path / "all.dcm", marks)
    kept = {f"QX{tag:08X}" for tag in shipped_profile().keep}
    assert len(marks) > 750
    assert set(after) <= kept


def test_private_blocks_overlays_curves_meta_and_preamble_are_gone(tmp_path):
    dataset = image()
    add_private(dataset, 0x0009, "QXCREATOR", 0x10, "LO", "QXPRIVATE")
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0C, "IS", "1000")
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0D, "CS", "QXlower^no")
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x50, "LO", "QXOTHER")
    dataset.add_new(0x60000022, "LO", "QXOVERLAY")
    dataset.add_new(0x60003000, "OW", b"QXBITS")
    dataset.add_new(0x50003000, "OW", b"QXCURV")
    dataset.file_meta.SourceApplicationEntityTitle = "QXAETITLE"
    dataset.preamble = b"QXPREAMBLE".ljust(128, b"\0")
    path = tmp_path / "private.dcm"
    clean_dataset(dataset, Cleaning(disguise()))
    dataset.save_as(path, enforce_file_format=True)
    assert re.findall(rb"QX\w*", path.read_bytes()) == []
    assert dataset[0x0019, 0x100C].value == 1000
    assert (0x0019, 0x100D) not in dataset


def test_what_was_done_is_declared():
    dataset = cleaned(image(PatientID="4711", PatientName="Planted^Name"))
    assert (dataset.PatientIdentityRemoved, dataset.LongitudinalTemporalInformationModified) == ("YES", "MODIFIED")
    assert [i.CodeValue for i in dataset.DeidentificationMethodCodeSequence] == [
        "113100",
        "113105",
        "113107",
        "113109",
        "113111",
    ]
    assert dataset.PatientID == dataset.PatientName == WHO


def test_uids_map_alike_and_those_of_the_standard_stay():
    one, same, other = disguise(), disguise(), Disguise("another", SECRET)
    assert one.uid("1.2.3") == same.uid("1.2.3") != one.uid("1.2.4")
    assert one.uid("1.2.3") != other.uid("1.2.3")
    assert re.fullmatch(r"2\.25\.(0|[1-9]\d*)", one.uid("1.2.3"))
    assert len(one.uid("1.2.3")) <= 64
    assert one.uid("1.2.840.10008.5.1.4.1.1.4") == "1.2.840.10008.5.1.4.1.1.4"


def test_dates_keep_their_intervals():
    one = disguise()
    first, second = one.shifted("20240229"), one.shifted("20240301")
    assert (
        np.datetime64(f"{second[:4]}-{second[4:6]}-{second[6:]}")
        - np.datetime64(f"{first[:4]}-{first[4:6]}-{first[6:]}")
    ).astype(int) == 1
    assert one.days == Disguise("another", SECRET).days != Disguise(WHO, b"t" * 32).days
    assert -3650 <= one.days <= -365
    assert one.shifted("20240229101112.345+0900") == f"{first}101112.345"
    assert one.shifted("2024.02.29") == first
    assert one.shifted("00010101") == "00010101"  # a date that was removed before
    for broken in ("2024", "202402", "20241399", "", "yesterday"):
        assert one.shifted(broken) == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ep2d_diff_3scan_trace_p2 KIM MINSU", "ep2d diff trace"),
        ("AX T2 FLAIR Hospital 123456", "ax t2 flair"),
        ("CT Brain W/O Dr. Smith", "brain w o"),
        ("b=1000(0.445,0.000,0.895) Planted", "b=1000(0.445,0.000,0.895)"),
        ("*ep_b1000#5", "*ep_b1000#5"),
        ("Hong Gildong 770101-1234567", ""),
        ("", ""),
    ],
)
def test_descriptions_keep_known_words(text, kept):
    assert clean_text(text, shipped_profile().vocabulary) == kept


# --- whole inputs -------------------------------------------------------------------------------------------------------------


IDENTITY = {
    "PatientName": "Perfetti^Flairina",
    "PatientID": "AB77123",
    "PatientBirthDate": DAY,
    "AccessionNumber": "ACC-99001",
    "InstitutionName": "Saint Planted Hospital",
    "StationName": "PLANTEDMR3",
    "ReferringPhysicianName": "Planted^Doctor",
    "StudyDescription": "Stroke MR Perfetti",
    "OperatorsName": "Planted^Operator",
}


def with_identity(folder):
    for path in folder.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        for keyword, value in IDENTITY.items():
            setattr(dataset, keyword, value)
        dataset.SeriesDescription = f"{dataset.get('SeriesDescription', '')} Flairina AB77123"
        dataset.save_as(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("AB77123_Perfetti")
    write_study("siemens_mosaic", scanned("siemens_mosaic", slices=5, step_mm=22.0), Study(3), folder)
    with_identity(folder)
    (folder / "report.pdf").write_bytes(b"%PDF-1.4 Perfetti")
    return folder


@pytest.fixture(scope="module")
def result(study, tmp_path_factory):
    return deidentify(study, tmp_path_factory.mktemp("item"), pseudonym=WHO, secret=SECRET)


def test_no_file_name_or_byte_of_the_copy_names_the_subject(result):
    words = ("Perfetti", "Flairina", "AB77123", "ACC-99001", "99001", "Planted", "PLANTEDMR3", DAY)
    files = [path for path in result.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes().lower()
        name = path.relative_to(result.folder).as_posix().lower()
        assert [word for word in words if word.lower().encode() in content or word.lower() in name] == [], name


def test_copy_measures_as_the_original(study, result):
    before, after = scan(study), scan(result.folder / "images")
    assert [s.role for s in before.series] == [s.role for s in after.series]
    assert Counter(f.b_value for s in before.series for f in s.frames) == Counter(
        f.b_value for s in after.series for f in s.frames
    )
    for old, new in zip(before.series, after.series, strict=True):
        assert replace(old.equipment, institution="") == new.equipment
        assert new.series_uid == result.series[old.series_uid]
        assert [f.position for f in old.frames] == [f.position for f in new.frames]
    assert [item["reason"] for item in result.report["left_out"]] == ["a PDF document"]
    assert result.report["refused"] == []


def test_report_names_what_was_done_and_no_value(result):
    text = (result.folder / "intake.json").read_text("utf-8")
    assert json.loads(text) == result.report
    assert set(result.files) == {
        p.relative_to(result.folder).as_posix() for p in (result.folder / "images").rglob("*.dcm")
    }
    for series in result.report["series"]:
        assert series["searched_for_text"] > 0
        assert series["elements"]["removed"] > 0


def test_bids_keeps_b_values_and_loses_names_texts_and_extensions(tmp_path):
    source = tmp_path / "sub-Perfetti"
    write_bids(scanned("ge", slices=5, step_mm=22.0), source, "Perfetti")
    for sidecar in source.rglob("*.json"):
        data = json.loads(sidecar.read_text("utf-8"))
        sidecar.write_text(
            json.dumps(data | {"PatientName": "Perfetti", "InstitutionName": "Planted", "AcquisitionDateTime": "2024"}),
            "utf-8",
        )
    found = deidentify(source, tmp_path / "item", pseudonym=WHO, secret=SECRET)
    before, after = scan(source), scan(found.folder / "images")
    assert [s.header["b_values"] for s in before.series] == [s.header["b_values"] for s in after.series]
    for path in (found.folder / "images").rglob("*"):
        assert "perfetti" not in path.name.lower()
        if path.suffix == ".json":
            assert (
                not {"PatientName", "InstitutionName", "AcquisitionDateTime"}
                & json.loads(path.read_text("utf-8")).keys()
            )


def test_command_says_what_was_done_and_keeps_the_secret_apart(study, tmp_path, capsys):
    words = [
        "deidentify",
        str(study),
        "--out",
        str(tmp_path / "item"),
        "--pseudonym",
        WHO,
        "--secret",
        str(tmp_path / "key"),
        "--quiet",
    ]
    assert run(words) == 0
    assert "same: b values, device, geometry, pixels" in capsys.readouterr().out
    first = (tmp_path / "key").read_text("ascii")
    assert run([*words[:3], str(tmp_path / "second"), *words[4:]]) == 0
    assert (tmp_path / "key").read_text("ascii") == first
    one, two = (json.loads((tmp_path / name / "intake.json").read_bytes()) for name in ("item", "second"))
    assert one == two
    (tmp_path / "key").write_text("no secret")
    assert run([*words[:3], str(tmp_path / "third"), *words[4:]]) == 1


@pytest.mark.parametrize("name", ["ANONYMIZED", "Anon^US^NO", "ACR^SIEMENS"])
def test_names_that_are_none_do_not_refuse_device_and_units(tmp_path, name):
    device = {"DeviceSerialNumber": "ANONYMIZED", "RescaleType": "US", "BurnedInAnnotation": "NO"}
    source = one_series(tmp_path / "source", PatientName=name, AcquisitionDateTime="00010101101112", **device)
    copy = scan(deidentify(source, tmp_path / "item", pseudonym=WHO).folder / "images").series[0]
    assert (copy.equipment.manufacturer, copy.equipment.serial) == ("SIEMENS", "ANONYMIZED")
    assert copy.header["rescale_type"] == "US"


def test_frame_times_of_a_dynamic_series_are_read_as_before(tmp_path):
    times = [f"2312{2 * n:02d}.500000" for n in range(10)]
    for n, time in enumerate(times):
        elements = {
            "AcquisitionTime": time,
            "AcquisitionDate": "20240229",
            "AcquisitionDateTime": f"20240229{time}+0900",
        }
        for k in range(2):
            image = tiny_image(np.full((16, 16), 7 + n), position=(0, 0, 5.0 * k), instance=2 * n + k + 1, **elements)
            save(image, tmp_path / "source" / f"{n}_{k}.dcm")
    found = deidentify(tmp_path / "source", tmp_path / "item", pseudonym=WHO, secret=SECRET)
    before, after = (scan(folder).series[0] for folder in (tmp_path / "source", found.folder / "images"))
    for name in ("acquisition_time", "acquisition_datetime"):
        old, new = (sorted(f.times[name] for f in s.frames) for s in (before, after))
        assert np.diff(old) == pytest.approx(np.diff(new))
        moved = disguise().days * 86400 if name == "acquisition_datetime" else 0
        assert new[0] - old[0] == pytest.approx(moved)


def test_a_number_that_the_profile_itself_holds_is_no_leak(tmp_path):
    source = one_series(tmp_path / "source", PatientID="DEID 001", PatientName="Basic^Profile")
    assert deidentify(source, tmp_path / "item", pseudonym=WHO).report["refused"] == []


# --- refused ------------------------------------------------------------------------------------------------------------------


def one_series(folder, **elements):
    for n in range(3):
        save(
            tiny_image(np.full((32, 32), 7 + n), position=(0, 0, 5.0 * n), instance=n + 1, **elements),
            folder / f"{n}.dcm",
        )
    return folder


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"BurnedInAnnotation": "YES"}, "W40"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "W40"),
        ({"ConversionType": "WSD"}, "W40"),
        ({"ManufacturerModelName": "Scanner of Perfetti", "PatientName": "Perfetti^A"}, "W42"),
    ],
)
def test_refused_as_a_whole_with_the_reason(tmp_path, elements, code):
    source = one_series(tmp_path / "source", **elements)
    with pytest.raises(TrialError) as error:
        deidentify(source, tmp_path / "item", pseudonym=WHO)
    assert [issue.code for issue in error.value.issues] == [code, "W44"]
    assert not (tmp_path / "item" / "images").exists()
    assert "Perfetti" not in str(error.value)


def test_without_the_library_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingRequirementError, match="O03"):
        deidentify(one_series(tmp_path / "source"), tmp_path / "item", pseudonym=WHO)
    assert not (tmp_path / "item").exists()


def test_letters_in_the_corner_are_refused(tmp_path):
    source = one_series(tmp_path / "source")
    pixels = text_on(np.zeros((128, 128)), "PERFETTI A", (4, 6))
    save(tiny_image(pixels.astype(int), position=(0, 0, 15.0), instance=4), source / "3.dcm")
    with pytest.raises(TrialError) as error:
        deidentify(source, tmp_path / "item", pseudonym=WHO)
    assert {issue.code for issue in error.value.issues} >= {"W40"}


def test_two_patients_a_used_folder_and_a_telling_pseudonym_are_refused(tmp_path):
    source = one_series(tmp_path / "source", PatientID="AB77123", PatientName="Perfetti^A")
    for pseudonym, folder, code in (
        ("x-perfetti", "a", "W44"),
        ("../up", "b", "W44"),
        (WHO, "c", None),
        (WHO, "c", "W44"),
    ):
        if code is None:
            deidentify(source, tmp_path / folder, pseudonym=pseudonym)
            continue
        with pytest.raises(TrialError) as error:
            deidentify(source, tmp_path / folder, pseudonym=pseudonym)
        assert error.value.issues[0].code == code
    save(tiny_image(np.ones((8, 8)), PatientID="OTHER9", SeriesInstanceUID="1.2.9"), source / "other.dcm")
    with pytest.raises(TrialError, match="I03"):
        deidentify(source, tmp_path / "d", pseudonym=WHO)


def text_on(image, text, at, size=None):
    from PIL import Image, ImageDraw, ImageFont

    drawn = Image.fromarray(image.astype(np.float32))
    font = ImageFont.load_default() if size is None else ImageFont.load_default(size)
    ImageDraw.Draw(drawn).text(at[::-1], text, fill=1000.0, font=font)
    return np.asarray(drawn)


def head(seed, size=256):
    rows, columns = np.mgrid[:size, :size] - size / 2
    inside = (rows / (0.45 * size)) ** 2 + (columns / (0.36 * size)) ** 2 < 1
    noise = np.random.default_rng(seed).rayleigh(12, (size, size))
    return np.where(inside, 400 + 150 * np.sin(rows / 7) * np.cos(columns / 9), 0) + noise


@pytest.mark.parametrize("size", [None, 12, 18, 26])
@pytest.mark.parametrize("at", [(3, 4), (225, 4), (3, 150)])
def test_letters_are_found_in_corners_of_a_head(size, at):
    assert letters_at_edges(text_on(head(1), "KIM 1931", at, size))


def test_heads_without_letters_pass():
    assert not any(letters_at_edges(head(seed)) for seed in range(10))
    assert not letters_at_edges(np.zeros((16, 16)))
    assert not letters_at_edges(np.random.default_rng(1).rayleigh(20, (256, 256)))


def said(tmp_path, name, **how):
    """De-identified, and what was refused."""
    found = deidentify(how.pop("folder"), tmp_path / name, pseudonym="3f9ac1d2", secret=b"0" * 32, **how)
    return found, [(issue.code, issue.level) for issue in found.issues if issue.blocks]


def test_images_made_of_others_are_asked_about(tmp_path):
    folder = one_series(tmp_path / "in", ImageType=["DERIVED", "SECONDARY", "OTHER"])
    with pytest.raises(TrialError) as refused:
        said(tmp_path, "asked", folder=folder)
    issue = refused.value.issues[0]
    assert (issue.code, issue.level) == ("W45", Level.ASK) and "--looked-at" in issue.remedy
    (series,) = scan(folder).series
    found, wrong = said(tmp_path, "looked", folder=folder, looked_at=[series.key])
    assert wrong == [] and found.report["series"][0]["looked_at"] is True
    clear = one_series(tmp_path / "clear", ImageType=["DERIVED", "SECONDARY", "OTHER"], BurnedInAnnotation="NO")
    found, wrong = said(tmp_path, "no", folder=clear)
    assert wrong == [] and found.report["series"][0]["looked_at"] is False


def test_the_serial_number_stays_or_goes_as_declared(tmp_path):
    folder = one_series(tmp_path / "in", DeviceSerialNumber="SN-4711-X", SoftwareVersions="E11")
    kept, _ = said(tmp_path, "kept", folder=folder)
    gone, wrong = said(tmp_path, "gone", folder=folder, retain_device=False)
    assert wrong == []
    text = {name: b"".join(p.read_bytes() for p in (tmp_path / name).rglob("*.dcm")) for name in ("kept", "gone")}
    assert b"SN-4711-X" in text["kept"] and b"SN-4711-X" not in text["gone"]
    codes = [{one["code"] for one in found.report["options"]} for found in (kept, gone)]
    assert codes[0] - codes[1] == {"113109"}
    (copy,) = scan(tmp_path / "gone" / "images").series
    assert (copy.equipment.serial, copy.equipment.software) == ("", "E11")
    assert any("serial" in words for words in kept.report["not_done"])
    assert not any("serial" in words for words in gone.report["not_done"])
