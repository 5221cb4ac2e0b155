"""Choice of series: acquired before derived, directions before trace, a person where two are equally good."""

from dataclasses import replace

import pytest

from strokequant.batch.select import select_core_inputs
from strokequant.errors import Issue, Level
from strokequant.types import Directionality, Frame, GeometryAudit, Role, Series, Verdict


def dwi(key, b=(0, 1000), *, role=Role.DWI, derived=False, kind=Directionality.DIRECTIONAL, issues=()):
    image_type = ("DERIVED" if derived else "ORIGINAL", "PRIMARY")
    frames = tuple(
        Frame(0, n, "", image_type=image_type, b_value=value, directionality=kind if value else Directionality.NONE)
        for n, value in enumerate(b)
    )
    return Series(key, key, "MR", role, (), (), frames, issues=tuple(issues))


def adc(key, **options):
    return dwi(key, (None,), role=Role.ADC, derived=True, **options)


def test_directions_before_trace_before_nothing():
    directions, trace = dwi("1"), dwi("2", derived=True, kind=Directionality.ISOTROPIC)
    assert select_core_inputs([trace, directions], {}).dwi is directions
    assert select_core_inputs([trace], {}).dwi is trace


def test_high_b_alone_gates_a_vendor_map():
    found = select_core_inputs([dwi("1", (1000,)), adc("2"), dwi("3", (0,))], {})
    assert (found.dwi, found.trace.key, found.adc.key) == (None, "1", "2")


def test_equally_good_series_wait_for_a_person():
    found = select_core_inputs([dwi("1"), dwi("2")], {})
    assert found.dwi is None
    assert [(i.code, i.level) for i in found.issues] == [("C01", Level.ASK)]
    assert select_core_inputs([dwi("1"), dwi("2")], {}, chosen=["2"]).dwi.key == "2"


def test_two_vendor_maps_are_no_reason_to_stop_when_the_adc_is_computed():
    found = select_core_inputs([dwi("1"), adc("2"), adc("3")], {})
    assert (found.dwi.key, found.adc) == ("1", None)
    assert not any(i.blocks for i in found.issues)


@pytest.mark.parametrize("level", [Level.STOP, Level.ASK])
def test_series_with_a_blocking_issue_is_not_measured(level):
    broken = dwi("1", issues=[Issue("I06", level, "a file is cut off")])
    found = select_core_inputs([broken], {})
    assert found.dwi is None
    assert [i.code for i in found.issues] == ["I06"]
    assert select_core_inputs([replace(broken, issues=(Issue("I06", Level.WARN, "x"),))], {}).dwi is not None


def test_refused_geometry_is_not_measured_and_the_other_series_is():
    audit = GeometryAudit(Verdict.REFUSE, 0, (), (), None, 0, issues=(Issue("G06", Level.STOP, "hole"),))
    found = select_core_inputs([dwi("1"), dwi("2", derived=True)], {"1": audit})
    assert found.dwi.key == "2"
    assert [i.code for i in found.issues] == ["G06"]


def test_notes_of_a_refused_series_stand_beside_no_other_number():
    hole, uneven = Issue("G06", Level.STOP, "a hole"), Issue("G05", Level.WARN, "uneven")
    audit = GeometryAudit(Verdict.REFUSE, 0.0, (), (), None, 0.0, issues=(hole, uneven))
    found = select_core_inputs([dwi("1"), dwi("2", derived=True)], {"1": audit})
    assert found.dwi.key == "2"
    assert found.issues == (hole,)
