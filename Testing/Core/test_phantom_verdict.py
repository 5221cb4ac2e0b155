"""Verdicts: guard band, what withholds a verdict, how long it holds, and what asks for requalification."""

from dataclasses import replace

import pytest
from phantom_sessions import SCANNER, diffusion_session, measurement, with_certificate

from strokequant.errors import Issue, Level
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.scanner import scanner_changes
from strokequant.phantom.verdict import compare, judge
from strokequant.phantom_types import Criterion, MetricOutcome, PhantomKind, Qualification
from strokequant.qualification_config import VerdictConfig
from strokequant.types import Status

SETS = criteria_for(PhantomKind.DIFFUSION)


def verdict(session, **more):
    return judge(session, SETS, **more)


def codes(found):
    return [issue.code for issue in found.issues]


@pytest.mark.parametrize(
    ("op", "limit", "value", "u", "outcome"),
    [
        ("abs<=", 3.6, -3.0, 0.5, "pass"),
        ("abs<=", 3.6, -3.6, 0.0, "pass"),
        ("abs<=", 3.6, -3.3, 0.5, "conditional"),
        ("abs<=", 3.6, 3.7, 0.5, "conditional"),
        ("abs<=", 3.6, -4.2, 0.5, "fail"),
        (">=", 50, 60, 5, "pass"),
        (">=", 50, 52, 5, "conditional"),
        (">=", 50, 44, 5, "fail"),
        ("<", 3.0, 3.0, None, "fail"),
        ("between", (0.95, 1.05), 1.0, 0.02, "pass"),
        ("between", (0.95, 1.05), 1.04, 0.02, "conditional"),
        ("between", (0.95, 1.05), 1.08, 0.02, "fail"),
        ("between", (0.95, 1.05), 1.08, 0.20, "conditional"),
        ("between", (0.95, 1.05), 1.051, None, "fail"),
    ],
)
def test_guard_band(op, limit, value, u, outcome):
    assert compare(value, u, Criterion("x", "adc_bias_percent", op, limit, "%")) == outcome


def test_without_guard_the_plain_value_decides():
    criterion = Criterion("x", "adc_rc", "<=", 15.0, "um2/s", guard=False)
    assert compare(14.9, 5.0, criterion) is MetricOutcome.PASS
    assert compare(15.1, 5.0, criterion) is MetricOutcome.FAIL


def test_healthy_scanner_is_qualified_and_its_sources_are_named():
    found = verdict(diffusion_session())
    assert found.outcome is Qualification.QUALIFIED
    assert found.valid_until == "2027-02-25"
    assert found.sets == ("qiba_dwi 1.1", "project_diffusion 1.0")
    assert codes(found) == ["Q60"]
    assert all(one.criterion.source for one in found.metrics)


def test_unconfirmed_limits_cap_where_that_is_asked():
    found = verdict(diffusion_session(), config=VerdictConfig(require_confirmed=True))
    assert found.outcome is Qualification.CONDITIONAL


def test_failure_names_value_limit_and_source():
    found = verdict(diffusion_session({("adc_bias_percent", "V0"): (5.2, 0.8)}))
    assert found.outcome is Qualification.FAILED and found.valid_until == ""
    assert "5.20 ± 0.80 %" in found.reasons[0] and "± 3.6 %" in found.reasons[0]
    assert "QIBA DWI Profile" in found.reasons[0] and "unconfirmed" in found.reasons[0]


def test_close_to_a_limit_is_conditional():
    found = verdict(diffusion_session({("adc_bias_percent", "V0"): (3.4, 0.8)}))
    assert found.outcome is Qualification.CONDITIONAL
    assert found.valid_until == "2027-02-25"


def test_limits_of_the_isocenter_do_not_judge_other_vials():
    found = verdict(diffusion_session({("adc_bias_percent", "V11"): (13.0, 0.5)}))
    assert found.outcome is Qualification.QUALIFIED


def test_a_missing_number_is_said():
    assert verdict(diffusion_session({("adc_bias_percent", "V0"): None})).outcome is Qualification.NO_VERDICT
    found = verdict(diffusion_session({("adc_rc", "V0"): None}))
    assert found.outcome is Qualification.CONDITIONAL
    assert any("Repeatability" in reason and "not measured" in reason for reason in found.reasons)


def test_passes_are_judged_one_by_one_only_where_there_is_no_number_over_all():
    session = diffusion_session({("adc_bias_percent", "V0"): None})
    passes = tuple(measurement("adc_bias_percent", "V0", v, 0.1, repeat=n) for n, v in ((1, 0.1), (2, 9.0)))
    assert verdict(replace(session, measurements=session.measurements + passes)).outcome is Qualification.FAILED
    whole = measurement("adc_bias_percent", "V0", 0.5, 0.1)
    session = replace(session, measurements=(*session.measurements, *passes, whole))
    assert verdict(session).outcome is Qualification.QUALIFIED


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"temperature_c": None}, "Q54"),
        ({"temperature_c": 30.0}, "Q55"),
        ({"observations": ("air bubble in V3",)}, "Q61"),
        ({"issues": (Issue("Q01", Level.STOP, "no phantom"),)}, "Q01"),
    ],
)
def test_no_verdict(more, code):
    found = verdict(diffusion_session(**more))
    assert found.outcome is Qualification.NO_VERDICT
    assert code in codes(found) and found.valid_until == "" and found.reasons


def test_failure_does_not_hide_behind_a_missing_precondition():
    """The wrong phantom says nothing about the scanner, whatever its numbers."""
    session = diffusion_session({("adc_bias_percent", "V0"): (50.0, 0.5)}, temperature_c=None)
    assert verdict(session).outcome is Qualification.NO_VERDICT


def test_no_phantom_named():
    found = verdict(replace(diffusion_session(), phantom=None))
    assert found.outcome is Qualification.NO_VERDICT and codes(found)[0] == "Q50"


@pytest.mark.parametrize(("seen", "good"), [("128-0155", True), ("", False), ("128-0156", False)])
def test_serial_number(seen, good):
    session = with_certificate(
        diffusion_session(phantom="caliber_128_0155", serial_seen=seen),
        number="C-1", valid_until="2027-01-01", entered_by="A", verified_by="B",
    )  # fmt: skip
    found = verdict(session)
    assert found.outcome is (Qualification.QUALIFIED if good else Qualification.NO_VERDICT)
    assert ("Q51" in codes(found)) is not good
    assert found.valid_until == ("2027-01-01" if good else "")


def test_a_certificate_that_is_not_complete_makes_it_conditional():
    found = verdict(diffusion_session(phantom="caliber_128_0155", serial_seen="128-0155"))
    assert found.outcome is Qualification.CONDITIONAL and "Q52" in codes(found)
    assert "end of validity" in " ".join(found.reasons)


@pytest.mark.parametrize(("until", "date", "good"), [("2026-11-25", "2026-11-25", True), ("2026-11-24", "2026-11-25", False), ("2026-11-24", "", False)])  # fmt: skip
def test_expired_certificate(until, date, good):
    found = verdict(with_certificate(diffusion_session(date=date), valid_until=until))
    assert (found.outcome is Qualification.NO_VERDICT) is not good
    assert ("Q52" in codes(found)) is not good


def test_a_field_strength_without_certificate():
    scanner = replace(SCANNER, equipment=replace(SCANNER.equipment, field_strength_t=7.0))
    found = verdict(diffusion_session(phantom="caliber_128_0155", serial_seen="128-0155", scanner=scanner))
    assert found.outcome is Qualification.NO_VERDICT and "Q57" in codes(found)


def test_a_temperature_between_distant_nodes_withholds_the_bias():
    found = verdict(diffusion_session(temperature_c=8.0))
    assert found.outcome is Qualification.NO_VERDICT
    bias = next(one for one in found.metrics if one.criterion.id == "bias")
    assert bias.outcome is MetricOutcome.NOT_EVALUATED and bias.value == 0.6


def test_a_wrong_temperature_is_no_failure_of_the_scanner():
    wrong = {("adc_bias_percent", "V0"): (6.0, 0.2), ("temperature_error", ""): (1.9, 0.3)}
    found = verdict(diffusion_session(wrong))
    assert found.outcome is Qualification.NO_VERDICT
    assert any("temperature" in reason for reason in found.reasons)
    noisy = wrong | {("adc_roi_sd_percent", "V0"): (5.0, None)}
    assert verdict(diffusion_session(noisy)).outcome is Qualification.FAILED


def test_numbers_that_the_analysis_does_not_trust():
    doubt = Issue("Q61", Level.STOP, "air bubble in V0")
    session = diffusion_session({("adc_bias_percent", "V0"): None})
    doubted = measurement("adc_bias_percent", "V0", 9.0, 0.1, judged=False, issues=(doubt,))
    found = verdict(replace(session, measurements=(*session.measurements, doubted)))
    assert found.outcome is Qualification.NO_VERDICT
    assert any("air bubble in V0" in reason for reason in found.reasons)
    absent = replace(doubted, value=None, status=Status.NOT_EVALUABLE, judged=True)
    found = verdict(replace(session, measurements=(*session.measurements, absent)))
    assert found.outcome is Qualification.NO_VERDICT


@pytest.mark.parametrize(
    ("date", "until"), [("2026-11-30", "2027-02-28"), ("2027-11-30", "2028-02-29"), ("2026-12-01", "2027-03-01")]
)
def test_valid_until_counts_months(date, until):
    assert verdict(diffusion_session(date=date)).valid_until == until


def test_requalification_triggers():
    def changed(**fields):
        return replace(SCANNER, equipment=replace(SCANNER.equipment, **fields))

    assert scanner_changes(SCANNER, SCANNER) == ()
    assert scanner_changes(SCANNER, changed(software="syngo MR XA50")) == ("software: syngo MR XA30 -> syngo MR XA50",)
    assert scanner_changes(SCANNER, changed(serial="999")) == ("serial number: 12345 -> 999",)
    assert scanner_changes(SCANNER, changed(field_strength_t=2.89)) == ("field strength: 3.0 -> 2.89",)
    assert scanner_changes(SCANNER, changed(field_strength_t=2.95)) == ()
    assert scanner_changes(SCANNER, changed(manufacturer="SIEMENS")) == ()
    assert scanner_changes(SCANNER, replace(SCANNER, coil="Head_32")) == ("coil: HeadNeck_20 -> Head_32",)
    assert scanner_changes(SCANNER, replace(SCANNER, coil="")) == ()
    assert scanner_changes(SCANNER, replace(SCANNER, hardware={"transmit_coil": "Head"})) == (
        "transmit coil: Body -> Head",
    )


def test_coil_is_read_from_classic_and_enhanced_headers():
    from pydicom.dataset import Dataset

    from strokequant.dicomio.headers import facts_of

    classic = Dataset()
    classic.ReceiveCoilName = "HeadNeck_20"
    assert facts_of(classic)["receive_coil"] == "HeadNeck_20"
    enhanced, group, coil = Dataset(), Dataset(), Dataset()
    coil.ReceiveCoilName = "Head_32"
    group.MRReceiveCoilSequence = [coil]
    enhanced.SharedFunctionalGroupsSequence = [group]
    assert facts_of(enhanced)["receive_coil"] == "Head_32"


def test_a_scanner_without_serial_number_is_said_and_judged():
    scanner = replace(SCANNER, equipment=replace(SCANNER.equipment, serial=""))
    found = verdict(diffusion_session(scanner=scanner))
    assert found.outcome is Qualification.QUALIFIED and "Q66" in codes(found)


def test_reasons_name_the_protocol_where_there_are_several():
    session = diffusion_session()
    bad = measurement("adc_rc", "V0", 40.0, group="B")
    found = verdict(replace(session, measurements=(*session.measurements, bad)))
    assert found.outcome is Qualification.FAILED and "(B)" in found.reasons[0]
