"""A reader's way through perfusion on real MRML: choose, compute, move the artery, decide, edit, sign; and what goes wrong in between."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from small_patients import small_perfusion

from StrokeBiomarkersLib.perfusionmismatch import LESION, PerfusionMismatch
from StrokeBiomarkersLib.volumes import mapFromNode
from strokequant.batch.case import Part, measure_case
from strokequant.batch.discover import discover_cases
from strokequant.batch.perfusion_case import PerfusionAnswers
from strokequant.dicomio.scan import scan
from strokequant.perfusion_types import Vessel
from strokequant.record.case_record import record_to_dict
from strokequant.synthetic.perfusion_patients import write_perfusion_patient

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
VOLUME = f"{LESION}_volume"


def folderOf(name: str, parent: Path, **changes) -> Path:
    spec = small_perfusion(name, **changes)
    write_perfusion_patient(spec, parent)
    return parent / spec.name


@pytest.fixture(scope="session")
def dsc(tmp_path_factory):
    yield folderOf("dsc_dwi", tmp_path_factory.mktemp("dsc"))


@pytest.fixture(scope="session")
def ctp(tmp_path_factory):
    yield folderOf("ctp", tmp_path_factory.mktemp("ctp"))


def opened(folder):
    core = PerfusionMismatch()
    core.openFolder(folder)
    return core


@pytest.fixture
def reading(scene, ctp):
    core = opened(ctp)
    yield core
    core.close()


@pytest.fixture
def measured(reading):
    reading.compute()
    assert reading.isMeasured(), reading.record.issues
    yield reading


def command(folder, **answers):
    """What the command measures."""
    found = scan(folder)
    case = discover_cases(folder, found.series)[0]
    return measure_case(case, wanted=(Part.MISMATCH,), skipped=found.skipped, answers=PerfusionAnswers(**answers))


def numbers(record):
    return {m.id: (m.value, m.lower, m.upper, m.status) for m in record.measurements}


def same(reading, expected):
    """Numbers equal to the last bit once the reading has settled, and so are the maps of the scene."""
    reading.settle()
    assert numbers(reading.record) == numbers(expected)
    for name, node in reading.nodes.maps.items():
        assert np.array_equal(mapFromNode(node).values, expected.maps[name].values, equal_nan=True), name
    assert np.array_equal(reading.mask().values, expected.masks[LESION].values)


def test_the_numbers_are_those_of_the_command(measured, ctp):
    expected = command(ctp)
    assert record_to_dict(measured.record) == record_to_dict(expected)
    same(measured, expected)


def test_a_moved_artery_and_another_side_give_the_numbers_of_the_command(measured, ctp):
    other = measured.record.perfusion.vessels.aif_candidates[1]
    node = measured.marks.nodes[Vessel.AIF]
    x, y, z = other.center_lps
    node.SetNthControlPointPositionWorld(0, -x, -y, z)
    assert measured.moveVessel(Vessel.AIF) and not measured.moveVessel(Vessel.AIF)
    point = measured.answers.aif_lps
    assert point == pytest.approx(other.center_lps, abs=1e-6)
    measured.change(affected="left", clinical={"age_y": 70})
    same(measured, command(ctp, aif_lps=point, affected="left", clinical={"age_y": 70}))


def test_dsc_with_diffusion_is_as_by_the_command(scene, dsc):
    core = opened(dsc)
    core.compute()
    assert core.isMeasured() and core.record.perfusion.lesions.core_source == "ADC"
    same(core, command(dsc))
    core.close()
