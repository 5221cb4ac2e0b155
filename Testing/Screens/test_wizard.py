"""The guided reading on the screen: from import to signature, step by step."""

import pytest
import wizard_cases as cases


@pytest.fixture(scope="session")
def patient(tmp_path_factory):
    yield cases.corePatient(tmp_path_factory.mktemp("patient"))


@pytest.fixture
def panel(host):
    yield cases.openModules(host)


def test_a_core_is_read_from_import_to_signature(host, panel, patient, tmp_path, screenshot):
    cases.listFolder(panel, patient, tmp_path / "out", "infarct_core")
    assert panel.cases.table.rowCount == 1
    screenshot("a_list")
    panel.ui.openButton.click()
    assert panel.wizard is not None, panel.ui.statusLabel.text
    screenshot("b_open")
    panel.bar.automaticButton.click()
    print(cases.stepOf(panel), panel.ui.statusLabel.text, panel.bar.nextButton.toolTip)
    screenshot("c_auto")
    assert cases.stepOf(panel) == "O6"
    cases.answer(panel, evaluability="diagnostic")
    assert cases.go(panel) == "A6"
    screenshot("d_a6")
    cases.answer(panel, brain_mask_confirmed=True, candidates_decided=True, exclusions_reviewed=True)
    assert cases.go(panel) == "A7"
    assert cases.go(panel) == "A8"
    assert cases.go(panel) == "Z1"
    screenshot("e_z1")
    cases.answer(panel, plausibility_confirmed=True, side_confirmed=True)
    assert cases.go(panel) == "Z2"
    cases.answer(panel, deviations_reviewed=True)
    screenshot("f_z2")
    assert cases.go(panel) == "Z3"
    cases.answer(panel, preview_confirmed=True)
    assert cases.go(panel) == "Z4"
    screenshot("g_z4")
    cases.sign(panel)
    print(panel.ui.resultLabel.text, panel.ui.statusLabel.text)
    screenshot("h_signed")
    assert cases.stepOf(panel) == ""
