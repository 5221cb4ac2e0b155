"""The core of the mismatch, drawn on by itself: what follows from it, what does not, and what becomes of the strokes."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
import slicer
from small_patients import small_perfusion

from StrokeBiomarkersLib.perfusiondrawing import LESION
from StrokeBiomarkersLib.perfusionmismatch import PerfusionMismatch
from StrokeBiomarkersLib.segmentations import maskFromSegment, replaceVoxels
from StrokeBiomarkersLib.sourcefiles import SourcePlaces
from strokequant.errors import InputError
from strokequant.record.dicom_seg import read_mask_from_seg
from strokequant.record.verify import verify
from strokequant.synthetic.perfusion_patients import write_perfusion_patient
from strokequant.types import Mask

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Places(dict):
    """Settings of the application."""

    def value(self, key):
        return self.get(key)

    def setValue(self, key, text):
        self[key] = text


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    parent = tmp_path_factory.mktemp("patients")
    for name in ("ctp", "dsc_dwi"):
        write_perfusion_patient(small_perfusion(name), parent)
    yield {kind: next(parent.glob(f"*_{name}")) for kind, name in (("ctp", "ctp"), ("dsc", "dsc_dwi"))}


@pytest.fixture
def places():
    return SourcePlaces(Places())


def measuredOf(folder, places=None):
    core = PerfusionMismatch()
    core.openFolder(folder, places=places)
    core.compute()
    assert core.isMeasured() and core.coreSegment()
    return core


@pytest.fixture
def measured(scene, folders):
    core = measuredOf(folders["ctp"])
    yield core
    core.close()


def segment(core, name=""):
    name = name or core.coreSegment()
    return maskFromSegment(core.segmentation(), name, core.hostImage(), geometry=core.geometry())


def draw(core, change, name=""):
    """Change a segment as strokes do; `change` gets a copy of its voxels."""
    mask = segment(core, name)
    values = mask.values.copy()
    change(values)
    replaceVoxels(core.segmentation(), mask.name, Mask(values, mask.geometry, mask.name, "stroke"))


def lowerHalf(values):
    values[: int(np.median(np.nonzero(values)[0]))] = False


def numbers(core):
    return {m.id: m.value for m in core.record.measurements}


CORNER = (slice(4, 5), slice(40, 42), slice(40, 42))


def paint(values):
    values[CORNER] = True


@pytest.mark.parametrize("kind", ["ctp", "dsc"])
def test_the_mismatch_follows_from_the_core_as_it_is_drawn(scene, folders, kind):
    core = measuredOf(folders[kind])
    assert core.coreSegment() == ("perfusion_core" if kind == "ctp" else "mismatch_core")
    before, proposal = numbers(core), segment(core)
    draw(core, lowerHalf)
    core.live()
    after, drawn = numbers(core), segment(core)
    assert 0 < drawn.volume_ml < proposal.volume_ml
    assert after["mismatch_core_volume"] == drawn.volume_ml
    assert after["mismatch_volume"] == pytest.approx(after[f"{LESION}_volume"] - drawn.volume_ml, abs=2e-3)
    mismatch = segment(core, LESION).values & ~drawn.values
    assert np.array_equal(segment(core, "mismatch").values, mismatch)
    same = [name for name in before if not name.startswith(("mismatch", "perfusion_core_volume"))]
    assert {name: after[name] for name in same} == {name: before[name] for name in same}, "nothing else depends on it"
    if kind == "ctp":
        assert after["perfusion_core_volume"] == drawn.volume_ml
    else:
        assert after["infarct_core_volume"] == before["infarct_core_volume"], "that is the core of the diffusion series"
        assert after["perfusion_core_volume"] == before["perfusion_core_volume"]
    core.close()


def test_strokes_on_the_core_stay_with_another_artery_side_and_decision(measured):
    proposal = segment(measured).values
    draw(measured, lambda values: (lowerHalf(values), paint(values)))
    measured.live()
    drawn = segment(measured).values
    erased = proposal & ~drawn
    label = measured.candidates()[0].label
    measured.chooseVessel("aif", 2)
    measured.change(affected="left")
    measured.setAccepted(label, False)
    now = segment(measured).values
    assert now[CORNER].all() and not (now & erased).any()
    measured.setAccepted(label, True)
    measured.change(affected="")
    measured.chooseVessel("aif", 0)
    assert np.array_equal(segment(measured).values, drawn)
    assert np.array_equal(measured.record.perfusion.lesions.core_proposal.values, proposal)


def test_a_stroke_that_is_taken_back_leaves_nothing(measured):
    before, proposal = numbers(measured), segment(measured).values
    draw(measured, lowerHalf)
    measured.live()
    draw(measured, lambda values: values.__setitem__(slice(None), proposal))
    measured.live()
    assert numbers(measured) == before and measured.record.perfusion.lesions.core_proposal is None
    assert not measured.isUnwritten()


def test_taking_back_a_stroke_on_the_lesion_is_no_stroke_on_the_core(measured):
    """Undo brings back all segments of that moment, the core that followed from the lesion among them."""
    before, lesion, core = numbers(measured), segment(measured, LESION).values, segment(measured).values
    draw(measured, lowerHalf, LESION)
    measured.live()
    assert not np.array_equal(segment(measured).values, core), "low flow counts inside hypoperfusion only"
    for name, values in ((LESION, lesion), (measured.coreSegment(), core)):
        draw(measured, lambda now, values=values: now.__setitem__(slice(None), values), name)
    measured.live()
    assert numbers(measured) == before and measured.record.perfusion.lesions.core_proposal is None


def test_record_and_seg_hold_the_core_as_it_was_drawn(measured, tmp_path):
    draw(measured, lowerHalf)
    assert measured.isUnwritten()
    volume = next(m.value for m in measured.live().numbers if m.id == "mismatch_core_volume")
    output = measured.write("R1", tmp_path / "out", now=NOW)
    stored = json.loads((output.folder / "record.json").read_bytes())
    found = {m["id"]: m for m in stored["measurements"]}
    seg = read_mask_from_seg(output.folder / "dicom" / "seg_perfusion.dcm", measured.geometry(), name="perfusion_core")
    assert found["mismatch_core_volume"]["value"] == pytest.approx(volume, rel=1e-9)
    assert seg.volume_ml == volume == segment(measured).volume_ml
    assert "drew" in found["mismatch_core_volume"]["method"] + found["perfusion_core_volume"]["method"]
    assert verify(tmp_path / "out") == () and not measured.isUnwritten()


def test_a_reopened_scene_goes_on_with_the_core(scene, folders, reopen, places):
    core = measuredOf(folders["ctp"], places)
    draw(core, lambda values: (lowerHalf(values), paint(values)))
    core.live()
    core.settle()
    before, drawn = numbers(core), segment(core).values
    core.close()
    reopen()
    again = PerfusionMismatch()
    assert again.resume(places=places) == () and again.canChange()
    assert np.array_equal(segment(again).values, drawn)
    again.change(clinical={"age_y": 70})
    again.settle()
    assert numbers(again) == before
    again.chooseVessel("aif", 2)
    assert segment(again).values[CORNER].all()
    again.chooseVessel("aif", 0)
    assert np.array_equal(segment(again).values, drawn)
    again.close()


def test_without_the_curves_a_drawn_core_is_not_written(scene, folders, reopen, tmp_path):
    measuredOf(folders["ctp"]).close()
    reopen()
    again = PerfusionMismatch()
    (issue,) = again.resume()
    assert issue.code == "I10" and again.canRecord()
    draw(again, lowerHalf)
    assert not again.canRecord() and again.live().numbers == ()
    with pytest.raises(InputError) as caught:
        again.write("R1", tmp_path / "out", now=NOW)
    assert caught.value.issues[0].code == "I10"
    again.close()


def test_a_removed_core_segment_comes_back(measured):
    proposal = segment(measured).values
    name = measured.coreSegment()
    measured.segmentation().GetSegmentation().RemoveSegment(name)
    assert measured.isMeasured() and measured.coreSegment() == "" and measured.live().volume > 0
    measured.chooseVessel("aif", 2)
    measured.chooseVessel("aif", 0)
    assert measured.coreSegment() == name and np.array_equal(segment(measured).values, proposal)


def test_an_empty_core_is_zero_and_can_be_drawn(measured):
    draw(measured, lambda values: values.__setitem__(slice(None), False))
    live = {m.id: m for m in measured.live().numbers}
    assert live["mismatch_core_volume"].value == 0
    assert live["mismatch_volume"].value == pytest.approx(measured.live().volume, abs=1e-3), "in whole microliters"
    draw(measured, paint)
    live = {m.id: m for m in measured.live().numbers}
    assert live["mismatch_core_volume"].value == segment(measured).volume_ml > 0


def test_computing_again_starts_without_strokes_and_keeps_them_in_the_scene(measured):
    proposal = segment(measured).values
    draw(measured, lowerHalf)
    measured.live()
    old = measured.segmentation()
    measured.compute()
    assert np.array_equal(segment(measured).values, proposal)
    assert slicer.mrmlScene.IsNodePresent(old) and old.GetName().endswith("edited")
