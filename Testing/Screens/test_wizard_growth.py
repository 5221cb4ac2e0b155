"""A hemorrhage against the earlier reading that the trial names: nobody chooses a file, and the growth is that of what was signed."""

import json
import re
import sys
from pathlib import Path

import pytest
import wizard_cases as cases

from StrokeBiomarkersLib import earlierrecord
from strokequant.batch.hemorrhage_growth import growth_picture
from strokequant.trial.assignment import reopen_item
from strokequant.trial.trial_folder import read_trial
from strokequant.trial.verify_trial import verify_folder

sys.path.append(str(Path(__file__).resolve().parents[1] / "Core"))
from follow_up_patients import DAY_0, DAY_1, GRID, write_ct

COARSE = GRID | {"slices": 22, "rows": 88, "columns": 88, "pixel_mm": 2.5, "step_mm": 7.0}
CLOT = (-28.0, 0.0, 14.0)
DATE = re.compile("2026|0301|0302|03-0")


@pytest.fixture
def followed(host, tmp_path):
    """Panel, trial and the pseudonym of a signed reading of a clot of 20 mL; `day1` has the CT of 27 mL a day later."""
    write_ct(tmp_path / "day0", DAY_0, clot_ml=20, grid=COARSE)
    write_ct(tmp_path / "day1", DAY_1, clot_ml=27, seed=2, grid=COARSE)
    charter = {"blinding": {"prior_allowed": True, "interval_allowed": True}}
    (first,) = cases.makeTrial(tmp_path, [("ich_volume", "R1", tmp_path / "day0", "R1")], **charter)
    panel = cases.openModules(host, "StrokeHemorrhageVolume")
    cases.listTrial(panel, tmp_path)
    panel.ui.openButton.click()
    assert "earlier" not in panel.ui.caseLabel.text
    cases.readThrough(host, panel, lambda step: None)
    cases.sign(panel, tmp_path / "keys" / "R1.key.pem", cases.PASSPHRASE)
    panel.ui.closeButton.click()
    yield panel, read_trial(tmp_path / "trial"), first


def signedRecord(trial, item):
    (path,) = trial.item_folder(item).rglob("signed/v1/output/**/record.json")
    return json.loads(path.read_bytes())


def valueOf(record, name):
    return next(m["value"] for m in record["measurements"] if m["id"] == name)


def growthNow(panel):
    numbers = {m.id: m.value for m in panel.wizard.record().measurements}
    return numbers["ich_growth_volume"], numbers["ich_volume"]


def test_growth_is_measured_against_the_reading_that_the_trial_names(host, followed, tmp_path, monkeypatch):
    """The growth follows a stroke, and the signed one is the difference of both signed volumes."""
    panel, trial, first = followed
    pictures = []

    def counted(*args, **how):
        pictures.append(growth_picture(*args, **how))
        return pictures[-1]

    monkeypatch.setattr(earlierrecord, "growth_picture", counted)
    second = cases.addItem(trial, "ich_volume", "R1", tmp_path / "day1", prior=first, clock=panel.clock)
    cases.listTrial(panel, tmp_path)
    panel.ui.openButton.click()
    before = valueOf(signedRecord(trial, first), "ich_volume")
    assert first in panel.ui.statusLabel.text and "earlier signed reading" in panel.ui.statusLabel.text
    assert first in panel.ui.caseLabel.text and "24.0 h" in panel.ui.caseLabel.text
    assert not DATE.search(panel.ui.caseLabel.text + panel.ui.statusLabel.text)
    grown, volume = growthNow(panel)
    assert grown == pytest.approx(volume - before, abs=1e-3) and grown == pytest.approx(7, abs=1.0)
    blood = panel.modules.panel
    asked = {}

    def onStep(step):
        if step == "C4":
            assert not blood.ui.baselinePath.visible and not blood.ui.compareButton.visible
            blood.onCompare()
            assert blood.core.baseline.path.startswith(str(trial.item_folder(first)))
            blood.editor.use("Paint")
            host.stroke(blood.editor.widget, [(CLOT[0] - 24, CLOT[1], CLOT[2])], view="StrokeCT", diameter_mm=12)
            host.processEvents()
            drawn, now = growthNow(panel)
            assert now > volume and drawn == pytest.approx(now - before, abs=1e-3)
        asked[step] = {question.name for question in panel.wizard.questions()}

    cases.readThrough(host, panel, onStep)
    assert "growth_same_reader" not in set().union(*asked.values()), "the trial knows who read both"
    assert panel.wizard.facts()["growth_same_reader"] is True and panel.wizard.facts()["prior_used"] is True
    cases.sign(panel, tmp_path / "keys" / "R1.key.pem", cases.PASSPHRASE)
    panel.ui.closeButton.click()
    assert not blood.ui.compareButton.isHidden() and blood.core.baseline == ""
    assert len(pictures) == 1, "images are registered once, not with every stroke"
    record = signedRecord(trial, second)
    assert valueOf(record, "ich_growth_volume") == pytest.approx(valueOf(record, "ich_volume") - before, abs=1e-3)
    assert record["reading"]["prior"] == first
    assert [issue for issue in verify_folder(tmp_path / "trial") if issue.blocks] == []


def test_an_earlier_reading_that_was_opened_again_is_refused_in_plain_words(followed, tmp_path):
    panel, trial, first = followed
    second = cases.addItem(trial, "ich_volume", "R1", tmp_path / "day1", prior=first, clock=panel.clock)
    reopen_item(trial, first, reason="other clot", now=panel.clock())
    cases.listTrial(panel, tmp_path)
    panel.cases.choose(second)
    panel.ui.openButton.click()
    said = panel.ui.statusLabel.text
    assert panel.wizard is None and "W37" in said, said
    assert "the earlier item is in progress" in said and "study manager" in said
