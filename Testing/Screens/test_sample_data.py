"""Sample Data: what is registered, and what happens when a picture is clicked."""

import hashlib
import importlib.util
import json
import os
import sys
import types
from pathlib import Path

import core_cases as cases
import hemorrhage_cases
import pytest
import slicer
from host import sample_data
from PIL import Image

CHECKOUT = os.environ.get("SLICER_PYTHON_DIR", "")


@pytest.fixture
def sampledata(host):
    from StrokeBiomarkersLib import sampledata as found  # imports what only a running host has

    yield found


@pytest.fixture
def sources(host, sampledata, tmp_path, monkeypatch):
    """What the module has registered when Slicer has started; an empty cache of downloads."""
    monkeypatch.setattr(sample_data, "sources", [])
    slicer.mrmlScene.GetCacheManager().SetRemoteCacheDirectory(str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir(exist_ok=True)
    panel = host.open(cases.MODULE).panel
    sampledata.registerPatients("StrokeHemorrhageVolume")
    yield panel, {source["sampleName"]: source for source in sample_data.sources}
    slicer.app.settings().remove(sampledata.SETTING)


def click(source):
    source["customDownloader"](source)


def test_every_patient_has_a_picture_of_the_size_of_slicer_and_a_checksum(sources, sampledata):
    _, registered = sources
    assert list(registered) == [one.name for one in sampledata.samplePatients()] and len(registered) == 5
    for source in registered.values():
        with Image.open(source["thumbnailFileName"]) as picture:
            assert picture.size == (260, 280)
        assert source["checksums"].startswith("SHA256:") and len(source["checksums"]) == 7 + 64
        assert isinstance(source["uris"], str) and source["nodeNames"] == source["sampleName"]


def test_without_an_address_the_patient_is_generated_and_it_is_said(sources, sampledata, host):
    panel, registered = sources
    click(registered["StrokeDiffusionThreeFoci"])
    assert sampledata.SETTING in panel.ui.statusLabel.text and "generated on this computer" in panel.ui.statusLabel.text
    assert panel.core.case.case == "03_philips" and panel.ui.computeButton.enabled and not host.dialogs


def test_a_patient_opens_in_the_module_that_measures_it(sources, host):
    _, registered = sources
    panel = host.open(hemorrhage_cases.MODULE).panel
    click(registered["StrokeHemorrhageLobarTilted"])
    assert panel.core.case.case == "16_ich_lobar_tilted" and panel.ui.computeButton.enabled and not host.dialogs


def test_an_archive_is_fetched_from_the_address_and_opened(sources, sampledata, tmp_path, monkeypatch):
    panel, registered = sources
    maker = _maker()
    folder = cases.patientFolder(tmp_path, "philips")
    content = maker.archive(folder)
    published = tmp_path / "published"
    published.mkdir()
    (published / "StrokeDiffusionThreeFoci.zip").write_bytes(content)
    slicer.app.settings().setValue(sampledata.SETTING, f"{published.as_uri()}/")
    click(registered["StrokeDiffusionThreeFoci"])
    assert "checksum" in panel.ui.statusLabel.text and panel.core.case is None, "another file than the published one"
    checksum = f"SHA256:{hashlib.sha256(content).hexdigest()}"
    patient = next(one for one in sampledata.samplePatients() if one.spec == "03_philips")._replace(checksum=checksum)
    sampledata.openSample(patient, None)
    assert panel.core.case is not None and panel.ui.computeButton.enabled, panel.ui.statusLabel.text
    assert not panel.ui.statusLabel.text


def test_an_address_that_answers_nothing_is_said(sources, sampledata, tmp_path, host):
    panel, registered = sources
    slicer.app.settings().setValue(sampledata.SETTING, (tmp_path / "nowhere").as_uri())
    click(registered["StrokeDiffusionOneInfarct"])
    assert "could not be fetched" in panel.ui.statusLabel.text and not host.dialogs


def test_an_archive_has_the_same_bytes_every_time(host, tmp_path):
    maker = _maker()
    folder = cases.patientFolder(tmp_path, "philips")
    first = maker.archive(folder)
    for path in folder.rglob("*.dcm"):
        os.utime(path, (1, 1))
    assert maker.archive(folder) == first


def test_the_file_of_addresses_is_what_the_tool_writes(sampledata):
    maker, words = _maker(), json.loads(sampledata.FILE.read_text(encoding="utf-8"))
    assert set(words) == {"url", "patients"} and [p["spec"] for p in words["patients"]] == list(maker.PATIENTS)


@pytest.mark.skipif(not CHECKOUT, reason="SLICER_PYTHON_DIR is not set")
def test_slicers_own_module_takes_it(sampledata, monkeypatch):
    """Slicer's SampleData.py with its own checks of lists, checksums and buttons' names."""
    path = Path(CHECKOUT).parents[2] / "Modules" / "Scripted" / "SampleData" / "SampleData.py"
    if not path.is_file():
        pytest.skip(f"no {path.name} in the checkout")
    module = _loaded("SampleData", path)
    monkeypatch.setitem(sys.modules, "SampleData", module)
    monkeypatch.setattr(slicer.modules, "sampleDataSources", {}, raising=False)
    for module in ("StrokeDiffusionCore", "StrokeHemorrhageVolume") * 2:
        sampledata.registerPatients(module)
    found = slicer.modules.sampleDataSources[sampledata.TITLE]
    patients = sampledata.samplePatients()
    assert [source.sampleDescription for source in found] == [one.name for one in patients]
    for source, patient in zip(found, patients, strict=True):  # registered twice, there once
        assert source.checksums == [patient.checksum] and Path(source.thumbnailFileName).is_file()
        assert module.extractAlgoAndDigest(source.checksums[0])[0] == "SHA256"
        assert callable(source.customDownloader) and source.loadFiles == [False]


def _maker():
    return _loaded("make_sample_data", Path(__file__).resolve().parents[1] / "Data" / "make_sample_data.py")


def _loaded(name, path) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
