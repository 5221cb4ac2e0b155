"""The perfusion module on the screen: from a folder to the signed record, and what goes wrong on the way."""

import perfusion_cases as cases
import pytest

KOREAN = cases.MODULE.parent / "Resources" / "Translations" / "StrokeBiomarkers_ko-KR.ts"


@pytest.fixture(scope="session")
def ctp(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("ctp"), "ctp")


@pytest.fixture(scope="session")
def dsc(tmp_path_factory):
    yield cases.patientFolder(tmp_path_factory.mktemp("dsc"), "dsc_dwi")


@pytest.fixture
def widget(host):
    yield host.open(cases.MODULE)


@pytest.fixture
def panel(widget):
    yield widget.panel


@pytest.fixture
def measured(panel, ctp):
    cases.openAndCompute(panel, ctp)
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def test_a_proposal_is_signed_and_all_places_agree(measured, tmp_path):
    from strokequant.record.verify import verify

    assert not measured.ui.writeButton.enabled and "reader" in measured.ui.writeButton.toolTip
    cases.sign(measured, tmp_path / "out")
    assert "Written to" in measured.ui.resultLabel.text
    volumes = cases.volumesOf(measured, tmp_path / "out")
    assert volumes["live"] == volumes["scene"] == volumes["seg_perfusion.dcm"] > 0
    assert volumes == pytest.approx(dict.fromkeys(volumes, volumes["live"]), rel=1e-6)
    assert verify(tmp_path / "out") == ()
