"""Edits of a reader as entries of a journal: what was done is there again after the case was computed anew."""

import json

import numpy as np
import pytest
from hemorrhage_objects import DEEP, hemorrhageFolder
from patients import patientFolder
from small_patients import small_perfusion

from StrokeBiomarkersLib.diffusioncore import CORE, DiffusionCore
from StrokeBiomarkersLib.editstate import VOXELS, EditState, changesOf, proposalHash, replayed
from StrokeBiomarkersLib.hemorrhagevolume import HemorrhageVolume
from StrokeBiomarkersLib.livehemorrhage import ICH, IVH
from StrokeBiomarkersLib.perfusionmismatch import LESION, PerfusionMismatch
from StrokeBiomarkersLib.segmentations import replaceVoxels, segmentVoxels
from strokequant.hemorrhage_types import Structure
from strokequant.record.case_record import record_to_dict
from strokequant.synthetic.perfusion_patients import write_perfusion_patient
from strokequant.types import Mask


class Journal:
    """Entries as a file would keep them: JSON, voxels as lists."""

    def __init__(self, core):
        self._core, self._last, self.lines = core, core.editState(), []
        self.proposal = proposalHash(self._last)

    def look(self):
        now = self._core.editState()
        for kind, payload in changesOf(self._last, now):
            plain = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in payload.items()}
            self.lines.append(json.dumps([kind, plain]))
        self._last = now

    def entries(self):
        return [tuple(json.loads(line)) for line in self.lines]


def draw(core, name, geometry, change):
    """Change a segment as strokes do."""
    node = core.segmentation()
    values = segmentVoxels(node, name, core.hostImage(), geometry).copy()
    change(values)
    replaceVoxels(node, name, Mask(values, geometry, name, "stroke"))


def erasePart(values):
    index = np.argwhere(values)
    values[tuple(index[: len(index) // 3].T)] = False


def again(core, folder):
    """Another session: the same case, computed anew."""
    other = type(core)()
    other.openFolder(folder)
    other.compute()
    return other


def numbers(core):
    plain = record_to_dict(core.readerRecord("R1"))
    return plain["measurements"], plain["masks"]


def check(core, journal, folder):
    """Entries lead to the same state and the same numbers."""
    expected, wanted = core.editState(), numbers(core)
    other = again(core, folder)
    assert proposalHash(other.editState()) == journal.proposal
    assert numbers(other) != wanted, "the test edits something"
    other.restoreEdits(replayed(other.editState(), journal.entries()))
    assert changesOf(expected, other.editState()) == []
    assert numbers(other) == wanted
    other.forget()
    other.close()


def test_decisions_and_strokes_on_a_core_are_there_again(scene, tmp_path):
    folder = patientFolder(tmp_path, "philips")
    core = DiffusionCore()
    core.openFolder(folder)
    core.compute()
    journal = Journal(core)
    geometry = core.record.core.mask.geometry
    first, second = [label for label, on in core.decisions().items() if on][:2]
    core.setAccepted(second, False)
    journal.look()
    draw(core, CORE, geometry, erasePart)
    journal.look()
    core.setAccepted(first, False)
    journal.look()
    core.setAccepted(first, True)  # what was erased from it stays erased
    journal.look()
    assert len(journal.lines) >= 5
    check(core, journal, folder)
    core.close()


def test_clicks_decisions_and_strokes_on_blood_are_there_again(scene, tmp_path):
    folder = hemorrhageFolder(tmp_path)
    core = HemorrhageVolume()
    core.openFolder(folder)
    core.compute()
    journal = Journal(core)
    label = core.candidates()[0].label
    for edit in (
        lambda: core.decide(label, structure=Structure.IVH),
        lambda: draw(core, IVH, core.geometry(), erasePart),
        lambda: core.click((-DEEP[0], -DEEP[1], DEEP[2]), Structure.ICH),
        lambda: core.answer(confirmed_zero=True),
        lambda: core.settle(),
    ):
        edit()
        journal.look()
    assert core.live().rows[0].name == ICH
    check(core, journal, folder)
    core.close()


def test_artery_decisions_and_strokes_on_perfusion_are_there_again(scene, tmp_path):
    spec = small_perfusion("ctp")
    write_perfusion_patient(spec, tmp_path)
    folder = tmp_path / spec.name
    core = PerfusionMismatch()
    core.openFolder(folder)
    core.compute()
    journal = Journal(core)
    core.change(affected="left" if core.answers.affected != "left" else "right")
    journal.look()
    draw(core, LESION, core.geometry(), erasePart)
    core.follow()
    journal.look()
    draw(core, core.coreSegment(), core.geometry(), erasePart)
    core.follow()
    journal.look()
    core.settle()
    check(core, journal, folder)
    core.close()


def test_a_stroke_that_was_taken_back_leaves_nothing():
    before = EditState({}, {"a": np.zeros((2, 3, 4), bool)})
    drawn = np.zeros((2, 3, 4), bool)
    drawn[1, 2, 3] = True
    after = EditState({}, {"a": drawn})
    entries = [*changesOf(before, after), *changesOf(after, before)]
    assert [payload["flipped"].tolist() for _, payload in entries] == [[23], [23]]
    assert not replayed(before, entries).voxels["a"].any()


@pytest.mark.parametrize("payload", [{"shape": [2, 2, 2], "flipped": [0]}, {"shape": [2, 3, 4], "flipped": [24]}])
def test_voxels_of_another_grid_are_refused(payload):
    proposal = EditState({}, {"a": np.zeros((2, 3, 4), bool)})
    with pytest.raises(ValueError, match="grid"):
        replayed(proposal, [(VOXELS, {"structure": "a", **payload})])
