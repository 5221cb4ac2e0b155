"""The base of all readings with another structure: what a second module gets without writing it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import slicer
from mrml_samples import present
from patients import patientFolder

from StrokeBiomarkersLib.case import caseToScene
from StrokeBiomarkersLib.reading import CancelledError, Reading
from StrokeBiomarkersLib.recordnode import recordNodes
from StrokeBiomarkersLib.segmentations import replaceVoxels
from StrokeBiomarkersLib.waits import Wait
from strokequant.batch.core_case import measure_core
from strokequant.record.verify import verify
from strokequant.types import Mask, Role

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class BrainReading(Reading):
    """A reader corrects the brain mask and signs it."""

    module = "BrainReading"
    structure = "brain"
    meaning = "brain read and confirmed"
    roles = (Role.DWI, Role.ADC)
    stages = ("audit", "read", "align", "adc", "brain", "core", "interval", "measures")

    def measure(self, stage):
        return measure_core(self.case, settings=self.settings, chosen=self.chosen, stage=stage)

    def readerRecord(self, reader):
        return replace(self.record, masks=self.record.masks | {"brain": self.mask(reader)})

    def offers(self):
        return ()

    def inputsWait(self):
        return Wait()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    yield patientFolder(tmp_path_factory.mktemp("reading"), "ge")


@pytest.fixture
def reading(scene, folder):
    reading = BrainReading()
    reading.openFolder(folder)
    reading.compute()
    yield reading
    reading.close()


def cut(reading):
    """Take the lowest slices off, as strokes do."""
    mask = reading.mask()
    values = mask.values.copy()
    values[: int(np.nonzero(values)[0].min()) + 2] = False
    replaceVoxels(reading.segmentation(), "brain", Mask(values, mask.geometry, "brain", "stroke"))


def test_another_structure_is_edited_signed_and_goes_on(reading, reopen, tmp_path):
    assert reading.isMeasured() and reading.decisions() == {} and not reading.isUnwritten()
    proposal = reading.mask()
    cut(reading)
    edited = reading.mask("R1")
    assert reading.isUnwritten() and 0 < edited.volume_ml < proposal.volume_ml and edited.edited_by == "R1"
    reading.close()
    reopen()
    again = BrainReading()
    assert again.hasSceneReading() and again.resume() is not None
    assert np.array_equal(again.mask().values, edited.values) and again.isUnwritten()
    assert np.array_equal(again.record.masks["brain"].values, proposal.values), "the proposal is kept beside the edits"
    output = again.write("R1", tmp_path / "out", now=NOW)
    assert verify(tmp_path / "out") == () and not again.isUnwritten()
    assert '"BrainReading"' in (tmp_path / "out" / "run.json").read_text() and output.folder.is_dir()
    again.close()


def test_readings_of_two_modules_do_not_take_each_others_records(reading, reopen):
    record = reading.record
    other = caseToScene(record, module="StrokeDiffusionCore")
    assert len(recordNodes("BrainReading")) == len(recordNodes("StrokeDiffusionCore")) == 1
    assert recordNodes("StrokeDiffusionCore")[0] is other.reading
    reading.forget()
    assert not reading.hasSceneReading() and recordNodes("StrokeDiffusionCore")


def test_canceling_and_computing_again_leave_nothing(reading):
    before = sorted(name for name, _ in present(slicer.mrmlScene))

    def progress(done, total, text):
        if text == "brain":
            raise CancelledError

    with pytest.raises(CancelledError):
        reading.compute(progress)
    assert reading.isMeasured()
    reading.compute()
    assert sorted(name for name, _ in present(slicer.mrmlScene)) == before


def test_a_removed_structure_ends_the_reading(reading):
    slicer.mrmlScene.RemoveNode(reading.segmentation())
    assert not reading.isMeasured()
    reading.abandon()
    assert not reading.hasSceneReading() and reading.case is not None
