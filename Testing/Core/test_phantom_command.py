"""`strokequant phantom` on DICOM: verdict, files, exit codes, and what it refuses."""

import json
from dataclasses import replace

import pytest
from small_patients import small

from strokequant import cli
from strokequant.phantom.history import History
from strokequant.record.verify import verify
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.patients import write_patient
from strokequant.synthetic.phantom_dicom import write_anatomy, write_session
from strokequant.synthetic.phantom_diffusion import VialPhantom, simulate
from strokequant.synthetic.phantom_faults import session_of

SLAB = make_slab(slices=7, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))
PHANTOM = ("--phantom", "digital_diffusion_vials", "--quiet")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "qa"
    write_session(session_of("sound", 1, slab=SLAB), folder, by_b_value=True)
    return folder


@pytest.fixture(scope="module")
def written(sound, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    code = cli.run(["phantom", str(sound), "--out", str(out), *PHANTOM, "--temperature", "0"])
    return code, out


def record_of(out):
    (path,) = out.rglob("record.json")
    return json.loads(path.read_text())


def run(folder, out, *words):
    code = cli.run(["phantom", str(folder), "--out", str(out), *PHANTOM, *words])
    return code, record_of(out)


def test_one_series_for_each_b_value_becomes_passes(written):
    code, out = written
    record = record_of(out)
    assert code == cli.EXIT_MEASURED
    assert record["protocol"]["groups"]["A"]["passes"] == 4
    assert record["verdict"]["outcome"] in ("qualified", "conditional")
    assert not [i for i in record["issues"] if i["level"] in ("STOP", "WARN")]
    bias = {m["insert"]: m["value"] for m in record["measurements"] if m["metric"] == "adc_bias_percent"}
    assert len(bias) == 13
    assert abs(bias["V0"]) < 0.6


def test_everything_is_written_and_verifies(written):
    _, out = written
    folder = out / "qa" / "2026-03-02"
    for name in ("record.json", "report.html", "placements.json", "masks/regions.seg.nrrd"):
        assert (folder / name).is_file(), name
    assert verify(out) == ()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 4
    for label in ("V0", "V12"):
        assert f">{label}</text>" in page


def test_a_changed_byte_is_found(written, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(written[1], copy)
    table = copy / "measurements.csv"
    table.write_text(table.read_text().replace("adc.V0", "adc.V1", 1))
    assert any(issue.code == "O02" for issue in verify(copy))


def test_a_second_run_writes_the_same_bytes(sound, written, tmp_path):
    cli.run(["phantom", str(sound), "--out", str(tmp_path), *PHANTOM, "--temperature", "0"])
    for name in ("measurements.csv", "qa/2026-03-02/record.json", "qa/2026-03-02/report.html"):
        assert (tmp_path / name).read_bytes() == (written[1] / name).read_bytes(), name


def test_placements_come_back_with_a_correction(sound, written, tmp_path):
    placements = json.loads((written[1] / "qa/2026-03-02/placements.json").read_text())
    placements["vials"]["V0"][0] += 2.0
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(placements))
    _, record = run(sound, tmp_path / "out", "--temperature", "0", "--placements", str(path))
    placed = {p["label"]: p["center_lps_mm"] for p in record["placements"]}
    assert placed["V0"] == pytest.approx(placements["vials"]["V0"], abs=1e-6)
    assert "Q04" in {issue["code"] for issue in record["issues"]}


def test_no_temperature_no_verdict(sound, tmp_path):
    code, record = run(sound, tmp_path)
    assert code == cli.EXIT_PARTLY
    assert record["verdict"]["outcome"] == "no_verdict"
    assert "Q54" in {issue["code"] for issue in record["verdict"]["issues"]}


def test_wrong_serial_no_verdict(sound, tmp_path):
    words = ["--phantom", "caliber_128_0155", "--quiet", "--temperature", "0", "--serial", "128-9999"]
    code = cli.run(["phantom", str(sound), "--out", str(tmp_path), *words])
    assert code == cli.EXIT_PARTLY
    assert "Q51" in {issue["code"] for issue in record_of(tmp_path)["verdict"]["issues"]}


def test_a_defect_that_was_seen_gives_no_verdict(sound, tmp_path):
    code, record = run(sound, tmp_path, "--temperature", "0", "--observation", "air bubble in V3")
    assert code == cli.EXIT_PARTLY
    assert "Q61" in {issue["code"] for issue in record["verdict"]["issues"]}


@pytest.mark.parametrize("name", ["uniform", "half_imaged", "tilt", "saturation"])
def test_bad_scans_get_no_verdict(name, tmp_path):
    write_session(session_of(name, 1, slab=SLAB, passes=1), tmp_path / "qa")
    code, record = run(tmp_path / "qa", tmp_path / "out", "--temperature", "0")
    assert record["verdict"]["outcome"] == "no_verdict"
    assert code in (cli.EXIT_PARTLY, cli.EXIT_NOTHING)


def test_a_patient_is_no_phantom(tmp_path):
    write_patient(small("ge"), tmp_path / "patient")
    code, record = run(tmp_path / "patient", tmp_path / "out", "--temperature", "0")
    assert code == cli.EXIT_NOTHING
    assert record["verdict"]["outcome"] == "no_verdict"
    assert "Q01" in {issue["code"] for issue in record["issues"]}


def test_displacement_against_an_undistorted_series(tmp_path):
    shifted = session_of("displaced", 1, slab=SLAB, passes=1)
    write_session(shifted, tmp_path / "qa")
    write_anatomy(shifted, tmp_path / "qa")
    _, record = run(tmp_path / "qa", tmp_path / "out", "--temperature", "0")
    found = [m["value"] for m in record["measurements"] if m["metric"] == "epi_displacement"]
    assert found[0] == pytest.approx(4.0, abs=0.5)
    assert "Q17" in {issue["code"] for issue in record["issues"] if issue["level"] == "WARN"}


def test_no_displacement_no_warning(tmp_path):
    still = session_of("sound", 2, slab=SLAB, passes=1)
    write_session(still, tmp_path / "qa")
    write_anatomy(still, tmp_path / "qa")
    _, record = run(tmp_path / "qa", tmp_path / "out", "--temperature", "0")
    found = [m["value"] for m in record["measurements"] if m["metric"] == "epi_displacement"]
    assert found[0] < 0.7
    assert not [i for i in record["issues"] if i["code"] == "Q17"]


def test_other_echo_time_is_another_protocol(tmp_path):
    session = session_of("sound", 3, slab=SLAB, passes=3)
    write_session(session, tmp_path / "qa", protocols={3: 75.0})
    _, record = run(tmp_path / "qa", tmp_path / "out", "--temperature", "0")
    groups = record["protocol"]["groups"]
    assert sorted(facts["passes"] for facts in groups.values()) == [1, 2]


def test_history_and_trend(sound, tmp_path):
    history = tmp_path / "history.sqlite"
    run(sound, tmp_path / "first", "--temperature", "0", "--history", str(history))
    run(sound, tmp_path / "again", "--temperature", "0", "--history", str(history))
    assert len(History(history).sessions()) == 1
    assert History(history).verify() == ()


def test_wrong_words_are_usage(sound, tmp_path, capsys):
    words = ["phantom", str(sound), "--out", str(tmp_path), "--quiet"]
    assert cli.run([*words, "--phantom", "no such phantom"]) == cli.EXIT_USAGE
    assert (
        cli.run([*words, "--phantom", "digital_diffusion_vials", "--placements", str(tmp_path / "none.json")])
        == cli.EXIT_USAGE
    )
    assert cli.run([*words, "--phantom", "digital_diffusion_vials", "--series", "9999"]) == cli.EXIT_USAGE
    assert "Q50" in capsys.readouterr().err


def test_an_empty_folder_measures_nothing(tmp_path):
    (tmp_path / "empty").mkdir()
    code = cli.run(["phantom", str(tmp_path / "empty"), "--out", str(tmp_path / "out"), *PHANTOM, "--temperature", "0"])
    assert code == cli.EXIT_NOTHING


def test_phantom_series_are_phantoms_to_a_run(sound):
    from strokequant.dicomio.scan import scan

    assert {str(s.role) for s in scan(sound).series} == {"phantom"}


def test_bubble_is_in_the_images_and_the_rest_stands(tmp_path):
    session = simulate(replace(VialPhantom(), bubbles=((3, 3.0),)), session_of("sound", 4, slab=SLAB, passes=1).scan)
    write_session(session, tmp_path / "qa")
    _, record = run(tmp_path / "qa", tmp_path / "out", "--temperature", "0")
    bias = {m["insert"]: m for m in record["measurements"] if m["metric"] == "adc_bias_percent"}
    assert not bias["V3"]["judged"]
    assert bias["V0"]["judged"]
    assert record["verdict"]["outcome"] == "no_verdict"


def test_ice_water(shared_data, tmp_path):
    words = ["--phantom", "caliber_128_0155", "--serial", "128-0155", "--temperature", "0", "--quiet"]
    code = cli.run(["phantom", str(shared_data / "phantom" / "diffusion_icewater"), "--out", str(tmp_path), *words])
    record = record_of(tmp_path)
    adc = {m["insert"]: m["value"] for m in record["measurements"] if m["metric"] == "adc" and m["repeat"] is None}
    assert adc["V0"] == pytest.approx(1122.9, rel=0.003)
    independent = (1122.9, 1139.4, 1188.7, 869.4, 845.8, 615.2, 605.5, 418.6, 405.6, 230.2, 230.7, 122.0, 134.4)
    for n, value in enumerate(independent[:11]):
        assert adc[f"V{n}"] == pytest.approx(value, rel=0.02), f"V{n}"
    for n in (11, 12):
        assert 110 < adc[f"V{n}"] < 1.02 * independent[n], (
            "at the noise floor; certified 110, and the other program's region is 2 mm off V12"
        )
    wcv = {m["insert"]: m["value"] for m in record["measurements"] if m["metric"] == "adc_wcv_percent"}
    assert wcv["V0"] < 0.5
    warm = next(i for i in record["issues"] if i["code"] == "Q11")
    assert "V2" in warm["found"]
    bias = {m["insert"]: m for m in record["measurements"] if m["metric"] == "adc_bias_percent"}
    assert bias["V0"]["judged"]
    assert not any(bias[label]["judged"] for label in ("V2", "V3", "V5", "V7", "V11", "V12"))
    assert code == cli.EXIT_PARTLY
