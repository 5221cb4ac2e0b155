"""A core of 0 mL: sound, or resting on a judgment that a reader must confirm."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.biomarkers.core_zero import with_zero_judged
from strokequant.config import CoreConfig
from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.types import Candidate, CoreResult, Mask

GRID = Geometry.from_affine(np.diag([2.0, 2.0, 5.0, 1.0]), (4, 8, 8))
OTHER = Issue("S04", Level.WARN, "planted")
OLD = Issue("S03", Level.WARN, "what the segmentation said")


def core(*volumes, accepted=False):
    """A result with candidates of these volumes; one voxel of core where something was accepted."""
    values = np.zeros(GRID.shape, bool)
    values[1, 2, 3] = accepted
    candidates = tuple(
        Candidate(n, 1, ml, 500.0, 10.0, 3.0, (0.0, 0.0, 0.0), "left", (n, n + 1), accepted)
        for n, ml in enumerate(sorted(volumes, reverse=True), 1)
    )
    mask = Mask(values, GRID, "infarct_core", "planted")
    return CoreResult(mask, np.zeros(GRID.shape, np.int32), candidates, (), (OTHER, OLD))


def judged(result, **config):
    issues = with_zero_judged(result, CoreConfig(**config)).issues
    assert OTHER in issues, "other issues stay"
    return [issue for issue in issues if issue.code == "S03"]


def test_nothing_listed_is_a_sound_zero():
    assert judged(core()) == []


@pytest.mark.parametrize(("volumes", "level"), [((0.999,), Level.INFO), ((0.9996,), Level.WARN), ((1.0,), Level.WARN)])
def test_size_from_which_a_cluster_counts_as_core_decides(volumes, level):
    (told,) = judged(core(*volumes, 0.06))
    assert told.level is level


def test_reader_is_led_to_what_was_left_out():
    (told,) = judged(core(4.2, 1.5, 0.3))
    assert told.level is Level.WARN
    assert "3 candidates" in told.found and "4.20 mL (left, slices 2 to 3)" in told.found and "2 of them" in told.found
    assert "confirm" in told.remedy


def test_limit_is_that_of_the_configuration():
    assert judged(core(4.2), min_cluster_ml=5.0)[0].level is Level.INFO


def test_core_that_is_not_zero_has_no_note_about_a_zero():
    assert judged(core(4.2, accepted=True)) == []
    assert judged(replace(core(4.2, accepted=True), candidates=())) == []
