"""A practice case on the screen: the answer is shown after the signature, beside the reading, and that of a test never is."""

import slicer
import wizard_cases as cases

from StrokeBiomarkersLib.segmentations import segmentVoxels
from strokequant.trial.practice import add_practice_case
from strokequant.trial.training import add_training_case
from strokequant.trial.training_cases import _kind_of, _truth
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_folder

GRID = {"slices": 22, "rows": 96, "columns": 96, "pixel_mm": 2.4, "step_mm": 6.4}
LEAKED = 4
"""Number of a patient whose infarct touches an abscess."""


def truthNodes():
    """Segmentations that are the true outline."""
    nodes = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    return [node for node in nodes if node.GetSegmentation().GetSegment("truth")]


def signed(panel, folder, case):
    """Read a case; nothing of the answer is shown before the signature. Text and rows after it, None where there are none."""
    panel.cases.choose(case)
    panel.ui.openButton.click()
    cases.readCore(panel)
    assert panel.practice.table.table.isHidden() and not truthNodes()
    cases.sign(panel, folder / "keys" / "R1.key.pem", cases.PASSPHRASE)
    assert panel.wizard.item.status.state == "signed", panel.ui.statusLabel.text
    if panel.ui.practiceBox.isHidden():
        assert not truthNodes() and not panel.ui.trainingLabel.isHidden()
        return None
    table = panel.practice.table.table
    rows = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount)]
    return panel.practice.label.text, rows


def outlineIsShown(panel, outline, geometry):
    """One outline, of the true voxels, in a color that the segments of the reading do not have."""
    (node,) = truthNodes()
    core = panel.wizard.core
    assert (segmentVoxels(node, "truth", core.hostImage(), geometry) == outline).all()
    segment = node.GetSegmentation().GetSegment("truth")
    others = core.segmentation().GetSegmentation()
    colors = [others.GetSegment(name).GetColor() for name in others.GetSegmentIDs()]
    assert segment.GetColor() not in colors and node.GetDisplayNode().GetSegmentVisibility("truth")


def test_a_practice_case_shows_its_answer_after_the_signature_and_a_test_does_not(host, screenshot, tmp_path):
    """The proposal runs into an abscess, and is signed as it is."""
    kind = _kind_of("infarct_core")
    patient = kind.draw(11, LEAKED, slab=GRID)
    images = patient.write(tmp_path / "images")
    truth = _truth(kind, patient, images, "p1")
    cases.makeTrial(tmp_path, [])
    how = {"reader": "R1", "task": "infarct_core"}
    clock = cases.Clock()
    practice = add_practice_case(read_trial(tmp_path / "trial"), images, truth, now=clock(), **how)
    test = add_training_case(
        read_trial(tmp_path / "trial"), images, truth, passphrase=cases.PASSPHRASE, now=clock(), **how
    )
    panel = cases.openModules(host)
    cases.listTrial(panel, tmp_path, mode=1)
    seen = {}
    for case in (practice, test):
        seen[case] = signed(panel, tmp_path, case)
        if case == practice:
            outlineIsShown(panel, *patient.outline())
            screenshot("guided_reading_practice")
        panel.ui.closeButton.click()
        assert not truthNodes() and panel.ui.practiceBox.isHidden()
    assert seen[test] is None
    text, (volume, dice, _) = seen[practice]
    assert "not passed" in text and "ran into" in text and "magenta" in text
    over = float(volume[2].split()[0]) - patient.truth
    assert volume[1] == f"{patient.truth:.1f} mL" and over > 5, "nothing was corrected"
    assert volume[3] == f"✗ {over:+.1f} mL (± 5.0 mL)"
    assert dice[:2] == ["Dice", "1"] and dice[3].startswith("✗") and dice[3].endswith("(≥ 0.7)")
    assert [issue for issue in verify_folder(tmp_path / "trial") if issue.blocks] == []
