"""The command: exit codes, messages, streams."""

import json
import os
import zipfile

import pytest
from small_patients import small

from strokequant.cli import run
from strokequant.synthetic.patients import write_patient


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    root = tmp_path_factory.mktemp("patient")
    return root / "01_ge", write_patient(small("ge"), root)


@pytest.fixture(scope="module")
def written(patient, tmp_path_factory):
    out = tmp_path_factory.mktemp("written")
    assert run(["core", str(patient[0]), "--out", str(out), "--quiet"]) == 0
    return out


def test_core_measures_one_case(written, patient):
    record = json.loads((written / "01_ge" / "tp1" / "record.json").read_text())
    volume = next(m for m in record["measurements"] if m["id"] == "infarct_core_volume")
    assert volume["value"] == pytest.approx(patient[1].volume_ml, rel=0.2)
    assert {p.name for p in written.iterdir()} == {"01_ge", "index.html", "measurements.csv", "cases.csv", "run.json"}


def test_verify_is_silent_on_what_was_written_and_finds_a_changed_byte(written, capsys, tmp_path):
    import shutil

    assert run(["verify", str(written)]) == 0
    copy = tmp_path / "copy"
    shutil.copytree(written, copy)
    path = copy / "01_ge" / "tp1" / "record.json"
    path.write_text(path.read_text().replace('"01_ge"', '"01_gf"', 1))
    assert run(["verify", str(copy)]) == 4
    assert "O02" in capsys.readouterr().out


def test_inspect_tells_roles_reasons_and_geometry(patient, capsys):
    assert run(["inspect", str(patient[0]), "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    dwi = next(s for s in found["series"] if s["role"] == "dwi")
    assert dwi["b_values"] == [0, 1000]
    assert dwi["reasons"]
    assert dwi["geometry"]["verdict"] == "measure"
    assert run(["inspect", str(patient[0]), "--quiet"]) == 0
    assert "because" in capsys.readouterr().out


def test_inspect_shows_no_identity(patient, capsys):
    run(["inspect", str(patient[0])])
    text = "".join(capsys.readouterr())
    assert "SYNTH" not in text
    assert "Synthetic^" not in text


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["unknown"],
        ["run", "in"],
        ["run", "in", "--out", "out", "--jobs", "0"],
        ["core", "--out", "out"],
        ["core", "in", "--out", "out", "--dwi", "x.nii.gz"],
    ],
)
def test_wrong_usage_is_two(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = run(words)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[core]\nadc_treshold = 600", "adc_treshold"),
        ("[core]\nadc_threshold = 'low'", "low"),
        ("nonsense", "nonsense"),
    ],
)
def test_configuration_that_is_not_known_is_refused(text, found, patient, tmp_path, capsys):
    config = tmp_path / "settings.toml"
    config.write_text(text)
    assert run(["run", str(patient[0]), "--out", str(tmp_path / "out"), "--config", str(config)]) == 2
    assert "expected" in capsys.readouterr().err


def test_threshold_of_the_configuration_is_used_and_recorded(patient, tmp_path):
    config = tmp_path / "settings.toml"
    config.write_text("[core]\nadc_threshold = 100")
    assert run(["run", str(patient[0]), "--out", str(tmp_path / "out"), "--config", str(config), "--quiet"]) == 0
    record = json.loads((tmp_path / "out" / "01_ge" / "tp1" / "record.json").read_text())
    volume = next(m for m in record["measurements"] if m["id"] == "infarct_core_volume")
    assert (volume["value"], volume["status"]) == (0, "zero")
    assert any(c["name"] == "adc_threshold" and c["value"] == 100 for c in record["configuration"])


def three_lines(error, code):
    """The message is what was found, what was expected, what to do; never a traceback."""
    assert code in error
    assert "expected:" in error
    assert "do:" in error
    assert "Traceback" not in error


def test_empty_folder(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    assert run(["run", str(tmp_path / "in"), "--out", str(tmp_path / "out")]) == 1
    three_lines(capsys.readouterr().err, "I02")


def test_folder_that_is_not_there(tmp_path, capsys):
    assert run(["run", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 1
    three_lines(capsys.readouterr().err, "I01")


def test_zip_is_measured_like_a_folder(patient, tmp_path):
    archive = tmp_path / "case.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for path in sorted(patient[0].rglob("*.dcm")):
            stream.write(path, path.name if "dwi" in path.parts else f"adc/{path.name}")
    assert run(["core", str(archive), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert (tmp_path / "out" / "case" / "tp1" / "record.json").exists()


def test_zip_bomb_is_refused(tmp_path, capsys):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as stream:
        stream.writestr("zeros.dcm", bytes(200 * 2**20))
    assert run(["run", str(archive), "--out", str(tmp_path / "out")]) == 1
    three_lines(capsys.readouterr().err, "I05")


def test_two_patients_are_not_measured_as_one(patient, tmp_path, capsys):
    import faults

    folder = tmp_path / "mixed"
    folder.mkdir()
    for path in sorted((patient[0] / "dwi").glob("*.dcm")):
        (folder / path.name).write_bytes(path.read_bytes())
    faults.two_patients(sorted(folder.glob("*.dcm")))
    assert run(["core", str(folder), "--out", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert "I03" in captured.out + captured.err


def test_output_folder_that_cannot_be_written(patient, tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert run(["run", str(patient[0]), "--out", str(blocked / "out"), "--quiet"]) == 1
    three_lines(capsys.readouterr().err, "O01")


def test_output_inside_the_input_is_not_measured_again(patient, tmp_path):
    folder = tmp_path / "case"
    for path in sorted((patient[0] / "dwi").glob("*.dcm")):
        (folder / "dwi").mkdir(parents=True, exist_ok=True)
        (folder / "dwi" / path.name).write_bytes(path.read_bytes())
    out = folder / "out"
    assert run(["run", str(folder), "--out", str(out), "--quiet"]) == 0
    first = (out / "measurements.csv").read_bytes()
    assert run(["run", str(folder), "--out", str(out), "--quiet"]) == 0
    assert (out / "measurements.csv").read_bytes() == first


def test_results_on_stdout_and_progress_on_stderr(patient, tmp_path, capsys):
    assert run(["core", str(patient[0]), "--out", str(tmp_path / "out"), "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["cases"][0]["outcome"] == "measured"
    assert "headers" in captured.err


def test_files_by_flags(tmp_path, capsys):
    truth = write_patient(small("bids"), tmp_path)
    dwi = next((tmp_path / "08_bids").rglob("*_dwi.nii.gz"))
    words = ["core", "--dwi", str(dwi), "--out", str(tmp_path / "out"), "--quiet"]
    assert run(words) == 0
    record = json.loads(next((tmp_path / "out").rglob("record.json")).read_text())
    volume = next(m for m in record["measurements"] if m["id"] == "infarct_core_volume")
    assert volume["value"] == pytest.approx(truth.volume_ml, rel=0.25)
    capsys.readouterr()
    bval = dwi.with_name(dwi.name.replace(".nii.gz", ".bval"))
    bval.rename(tmp_path / "elsewhere")
    dwi.with_name(dwi.name.replace(".nii.gz", ".json")).unlink()
    assert run([*words[:-2], str(tmp_path / "out2"), "--quiet"]) == 1
    assert "B01" in capsys.readouterr().out


def test_recorded_command_names_no_folder(written):
    command = json.loads((written / "run.json").read_text())["command"]
    assert command[0] == "core"
    assert not any(os.sep in word for word in command)


def test_series_that_is_not_there_is_wrong_usage(patient, tmp_path, capsys):
    assert run(["core", str(patient[0]), "--out", str(tmp_path / "o"), "--series", "9999", "--quiet"]) == 2
    assert "9999" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_demo_of_one_patient_finds_its_record(tmp_path):
    from strokequant.batch.demo import run_demo

    rows, outcomes = run_demo(tmp_path, specs=[small("ge")])
    assert [o.case for o in outcomes] == ["01_ge"]
    assert rows[0]["measured_ml"] == pytest.approx(rows[0]["truth_ml"], rel=0.2)


@pytest.mark.parametrize(
    "words",
    [("--b-value", "1000"), ("--b-value", "0099=1000"), ("--b-value", "0004=1000"), ("--b-value", "0004=20000")],
)
def test_b_value_that_belongs_to_no_silent_series_is_wrong_usage(patient, tmp_path, capsys, words):
    assert run(["core", str(patient[0]), "--out", str(tmp_path / "out"), "--quiet", *words]) == 2
    assert "--b-value" in capsys.readouterr().err


def test_b_value_of_a_file_has_no_key(tmp_path, capsys):
    words = ["core", "--dwi", "a.nii", "--out", str(tmp_path), "--b-value", "0004=1000"]
    assert run(words) == 2
    assert "--b-value" in capsys.readouterr().err


def test_b_value_must_be_a_number(tmp_path):
    with pytest.raises(SystemExit) as wrong:
        run(["core", str(tmp_path), "--out", str(tmp_path / "out"), "--b-value", "0004=high"])
    assert wrong.value.code == 2
