"""Every way to a number gives the same number: command, `python -m`, the script inside Slicer, the module."""

import json
import os
import subprocess
import sys
from pathlib import Path

import faults
import pydicom
import pytest
import slicer
from patients import patientFolder

from StrokeBiomarkersLib import batch
from StrokeBiomarkersLib.diffusioncore import DiffusionCore
from StrokeBiomarkersLib.scenefile import writeScene
from StrokeBiomarkersLib.segmentations import maskFromSegment
from StrokeBiomarkersLib.tables import measurementsFromTable
from strokequant import cli
from strokequant.record.case_record import write_case

LIBRARY = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
BATCH = LIBRARY / "StrokeBiomarkersLib" / "batch.py"
CLOCK = ("run.json", "cases.csv", "index.html", ".dcm")
"""Files that hold the time of the run."""


def command(patient, out):
    return ["run", str(patient), "--out", str(out), "--quiet"]


def inProcess(patient, out):
    assert cli.run(command(patient, out)) == cli.EXIT_MEASURED


def asPackage(patient, out):
    started([sys.executable, "-m", "strokequant", *command(patient, out)])


def insideSlicer(patient, out):
    started([sys.executable, str(BATCH), "--", *command(patient, out)])


def byModule(patient, out):
    core = DiffusionCore()
    core.openFolder(patient, out=out)
    record = core.compute()
    write_case(record, out / record.case / record.timepoint)
    core.close()


def started(words, code=0):
    environment = os.environ | {"PYTHONPATH": str(LIBRARY)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == code, done.stderr
    return done


def written(out):
    files = (path for path in out.rglob("*") if path.is_file() and not path.name.endswith(CLOCK))
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    yield patientFolder(tmp_path_factory.mktemp("routes"), "tilted")


@pytest.fixture(scope="module")
def reference(patient, tmp_path_factory):
    out = tmp_path_factory.mktemp("reference")
    inProcess(patient, out)
    files = written(out)
    assert any(name.endswith("record.json") for name in files) and "measurements.csv" in files
    yield files


@pytest.mark.parametrize("route", [asPackage, insideSlicer, byModule], ids=lambda route: route.__name__)
def test_every_route_gives_the_same_bytes(scene, patient, reference, tmp_path, route):
    route(patient, tmp_path / "out")
    found = written(tmp_path / "out")
    if route is byModule:
        found["measurements.csv"] = reference["measurements.csv"]  # the module writes tables when a reader signs
    assert set(found) == set(reference)
    assert [name for name in sorted(found) if found[name] != reference[name]] == []


def test_the_script_ends_with_the_code_of_the_command(patient, tmp_path):
    assert batch.main(["run", str(tmp_path / "nothing"), "--out", str(tmp_path / "out")]) == cli.EXIT_NOTHING
    assert batch.main(["no such word"]) == cli.EXIT_USAGE
    assert batch.main(["run", str(patient), "--scene"]) == cli.EXIT_USAGE
    done = started([sys.executable, str(BATCH), "run", str(tmp_path / "nothing"), "--out", "x"], cli.EXIT_NOTHING)
    assert "Traceback" not in done.stderr


def test_words_of_the_command_follow_two_dashes():
    assert batch.wordsOf(["--testing", "--", "run", "in"]) == ["run", "in"]
    assert batch.wordsOf(["run", "in"]) == ["run", "in"]


def test_a_scene_is_written_on_demand(scene, patient, tmp_path):
    scenes = tmp_path / "scenes"
    assert batch.main([*command(patient, tmp_path / "out"), "--scene", str(scenes)]) == cli.EXIT_MEASURED
    (path,) = scenes.iterdir()
    core = DiffusionCore()
    core.openFolder(patient)
    expected = core.compute().masks["infarct_core"]
    core.close()
    scene.Clear()
    assert scene.ReadFromMRB(str(path), True)
    (segmentation,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    image = scene.GetFirstNodeByName(f"{segmentation.GetName().removesuffix(' masks')} dwi")
    back = maskFromSegment(segmentation, "infarct_core", image)
    assert (back.values == expected.values).all() and back.volume_ml == expected.volume_ml


def test_a_scene_that_cannot_be_written_is_said(scene, patient, tmp_path, capsys):
    core = DiffusionCore()
    core.openFolder(patient)
    record = core.compute()
    core.close()
    assert not writeScene(record, tmp_path / "no folder")
    assert "could not be written" in capsys.readouterr().err


def withoutBValues(parent):
    """A patient of GE whose b0 and weighted images are series of one image per slice, and say no b value."""

    def change(header):
        isB0 = float(header.get("DiffusionBValue", 0)) < 10
        header.SeriesNumber = 3 if isB0 else 4
        header.SeriesInstanceUID += ".1" if isB0 else ""
        if not isB0:
            header.SeriesDescription = "Ax DWI"
        block = header.private_block(0x0019, "GEMS_ACQU_01", create=True)
        for offset, gain in zip((0x8A, 0x8B), (11, 29), strict=True):
            block.add_new(offset, "SS", gain)
        for tag in ("DiffusionBValue", "DiffusionDirectionality", "DiffusionGradientOrientation"):
            if tag in header:
                delattr(header, tag)
        del header.private_block(0x0043, "GEMS_PARM_01")[0x39]
        for offset in (0xBB, 0xBC, 0xBD):
            del header.private_block(0x0019, "GEMS_ACQU_01")[offset]

    folder = patientFolder(parent, "ge")
    for path in (folder / "adc").iterdir():
        path.unlink()
    seen = set()
    for path in sorted((folder / "dwi").iterdir()):
        header = pydicom.dcmread(path)
        place = float(header.get("DiffusionBValue", 0)) < 10, float(header.ImagePositionPatient[2])
        if place in seen:
            path.unlink()
        seen.add(place)
    faults.edit_all(sorted((folder / "dwi").iterdir()), change)
    return folder


def test_a_scene_has_the_b_values_that_were_entered(scene, tmp_path):
    """The core of the scene is that of the record, which there is only with `--b-value`."""
    patient, out, scenes = withoutBValues(tmp_path / "in"), tmp_path / "out", tmp_path / "scenes"
    answers = [word for key, b in (("0003", 0), ("0004", 1000)) for word in ("--b-value", f"{key}={b}")]
    assert batch.main([*command(patient, out), "--scene", str(scenes)]) == cli.EXIT_NOTHING
    assert batch.main([*command(patient, out), *answers, "--scene", str(scenes)]) == cli.EXIT_MEASURED
    (path,) = scenes.iterdir()
    scene.ReadFromMRB(str(path), True)
    (record,) = (json.loads(one.read_bytes()) for one in out.rglob("record.json"))
    expected = next(m for m in record["measurements"] if m["id"] == "infarct_core_volume")
    (table,) = slicer.util.getNodesByClass("vtkMRMLTableNode")
    found = next(m for m in measurementsFromTable(table) if m.id == "infarct_core_volume")
    assert found.value == pytest.approx(expected["value"], rel=1e-9) and found.value > 0
    assert "B07" in {issue.code for issue in found.issues}
