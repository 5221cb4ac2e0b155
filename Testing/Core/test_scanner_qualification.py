"""Phantom sessions beside patients: which session counts, what has changed, what a bias does to the endpoint."""

import json
from dataclasses import replace

import numpy as np
import pytest
from phantom_sessions import CT_SCANNER, SCANNER, diffusion_session

from strokequant.batch.scanner_qualification import add_scanners, relevant_digests
from strokequant.config import CoreConfig
from strokequant.geometry import Geometry
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.endpoint_effects import core_effect, hemorrhage_effect
from strokequant.phantom.history import History
from strokequant.phantom.qualification import qualify
from strokequant.phantom.registry_files import load_registry
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, PhantomMeasurement, PhantomRecord, PhantomSession, Qualification
from strokequant.record.case_record import case_contents, record_to_dict
from strokequant.record.files import schema_errors
from strokequant.types import CaseRecord, InputRef, Mask, Measurement, QuantityMap, Role, Series, Status, Volume

SHAPE = (24, 96, 96)
SPACING = 2.0


def patient_series(day="20261201", scanner=SCANNER, role=Role.DWI, **header):
    facts = {"study_date": day, "receive_coil": scanner.coil} | header
    return Series("0003", "1.2.3", "MR", role, (), (), equipment=scanner.equipment, header=facts)


def history(tmp_path, *records):
    found = History(tmp_path / "h.sqlite")
    for one in records:
        found.add(one)
    return found.sessions()


def diffusion_record(bias, date="2026-11-25", uncertainty=0.5, **more):
    session = diffusion_session({("adc_bias_percent", "V0"): (bias, uncertainty)}, date=date, **more)
    return PhantomRecord(session, judge(session, criteria_for(PhantomKind.DIFFUSION)))


def graded_core():
    """A ball whose true ADC rises from 400 in the center by 15 for each mm: radius (T - 400) / 15 at threshold T."""
    geometry = Geometry.from_affine(np.diag([SPACING, SPACING, SPACING, 1.0]), SHAPE)
    k, j, i = np.indices(SHAPE).astype(float) * SPACING
    brain = ((k - 24) / 22) ** 2 + ((j - 96) / 80) ** 2 + ((i - 96) / 80) ** 2 < 1
    r = np.sqrt((k - 24) ** 2 + (j - 96) ** 2 + (i - 60) ** 2)
    adc = np.where(brain, np.minimum(800.0, 400 + 15 * r), 0)
    dwi = np.where(brain, 300 + np.clip(800 - adc, 0, None), 0)
    noise = np.random.default_rng(1).normal(0, 1, (2, *SHAPE))
    adc, dwi = adc + np.where(brain, 20 * noise[0], 0), dwi + np.where(brain, 25 * noise[1], 0)
    return geometry, adc.astype(np.float32), dwi.astype(np.float32), brain


def core_record(factor=1.0, series=None):
    from strokequant.segmentation.diffusion_core import segment_core

    geometry, adc, dwi, brain = graded_core()
    ref = InputRef("1.2.3", "0" * 64, "dwi")
    adc_map = QuantityMap(adc * np.float32(factor), brain, geometry, "um2/s", "adc", "test", inputs=(ref,))
    trace, mask = Volume(dwi, geometry), Mask(brain, geometry, "brain", "test")
    core = segment_core(adc_map, trace, mask)
    value = Measurement("infarct_core_volume", core.mask.volume_ml, "ml", Status.MEASURED, inputs=(ref,))
    return CaseRecord(
        "p1", "tp1", (series or patient_series(),), {}, {"dwi": "0003"}, (value,), (),
        maps={"adc": adc_map}, masks={"brain": mask, "infarct_core": core.mask}, images={"dwi": trace},
    )  # fmt: skip


def test_the_last_session_before_the_scan_counts(tmp_path):
    sessions = history(
        tmp_path, diffusion_record(0.1, "2026-06-01"), diffusion_record(0.2), diffusion_record(0.3, "2027-01-01")
    )
    found, session = qualify(patient_series(), sessions)
    assert (found.session_date, found.outcome, found.issues) == ("2026-11-25", Qualification.QUALIFIED, ())
    assert session.date == "2026-11-25"
    assert relevant_digests([patient_series("20260701")], sessions) == (sessions[0].digest,)


@pytest.mark.parametrize(
    ("series", "code"),
    [
        (patient_series("20270301"), "Q65"),
        (patient_series("20261101"), "Q66"),
        (patient_series(scanner=replace(SCANNER, equipment=replace(SCANNER.equipment, serial="9"))), "Q66"),
        (patient_series(scanner=replace(SCANNER, equipment=replace(SCANNER.equipment, serial=""))), "Q66"),
        (patient_series(scanner=replace(SCANNER, equipment=replace(SCANNER.equipment, software="XA60"))), "Q64"),
        (patient_series(receive_coil="Body_18"), "Q64"),
        (patient_series(""), "Q66"),
        (patient_series(role=Role.DSC), "Q66"),
    ],
)
def test_what_must_be_said(tmp_path, series, code):
    found, _ = qualify(series, history(tmp_path, diffusion_record(0.1)))
    assert [issue.code for issue in found.issues] == [code]


def test_a_failed_scanner(tmp_path):
    found, session = qualify(patient_series(), history(tmp_path, diffusion_record(9.0)))
    assert found.outcome is Qualification.FAILED and session is not None
    assert [issue.code for issue in found.issues] == ["Q66"]


def test_without_bias_the_core_stays(tmp_path):
    (session,) = history(tmp_path, diffusion_record(0.0, uncertainty=None))
    effect = core_effect(core_record(), session)
    assert effect.effective_threshold == 620
    assert effect.corrected == effect.measured and effect.effect_percent == 0


def test_a_bias_is_taken_out_again(tmp_path):
    """The same brain on a scanner that reads 5 % too high: the corrected volume is that of the scanner without bias."""
    (session,) = history(tmp_path, diffusion_record(5.0, uncertainty=1.0))
    true, biased = core_record(), core_record(1.05)
    volume = true.measurements[0].value
    assert volume == pytest.approx(4 / 3 * np.pi * 14.67**3 / 1000, rel=0.1)
    effect = core_effect(biased, session)
    assert effect.effective_threshold == pytest.approx(620 / 1.05)
    assert effect.measured < 0.90 * volume
    assert effect.corrected == pytest.approx(volume, rel=0.02)
    assert effect.effect_percent == pytest.approx(100 * (effect.measured / volume - 1), abs=2)
    assert effect.lower_percent < effect.effect_percent < effect.upper_percent
    assert "+5.0 ± 1.0 %" in effect.words and "590" in effect.words


def test_an_edited_core_is_not_guessed_at(tmp_path):
    (session,) = history(tmp_path, diffusion_record(5.0))
    record = core_record()
    edited = replace(record.masks["infarct_core"], edited_by="R1")
    effect = core_effect(replace(record, masks=record.masks | {"infarct_core": edited}), session)
    assert effect.effect_percent is None and effect.issues[0].code == "Q73"
    assert effect.effective_threshold == pytest.approx(620 / 1.05)


def test_another_threshold_is_followed(tmp_path):
    (session,) = history(tmp_path, diffusion_record(-2.0))
    assert core_effect(core_record(), session, CoreConfig(adc_threshold=600)).effective_threshold == pytest.approx(
        612.24, abs=0.01
    )


def ct_record(kind, *measurements, date="2026-11-01"):
    phantom = load_registry()["acr_ct_464" if kind is PhantomKind.ACR_CT else "hematoma_volumes"]
    if kind is PhantomKind.ACR_CT:
        rods = [i for i in phantom.inserts if "hu" in i.traits]
        measurements += tuple(PhantomMeasurement("hu", i.value, "[hnsf'U]", i.label) for i in rods)
        measurements += (PhantomMeasurement("hu_slope", 1.0, "1"), PhantomMeasurement("hu_offset", 0.0, "[hnsf'U]"))
    session = PhantomSession(phantom, CT_SCANNER, date, measurements)
    return PhantomRecord(session, judge(session, criteria_for(kind)))


def ich_record(ml):
    ref = InputRef("1.2.9", "0" * 64, "ncct")
    series = Series(
        "0007", "1.2.9", "CT", Role.NCCT, (), (), equipment=CT_SCANNER.equipment, header={"study_date": "20261201"}
    )
    value = Measurement("ich_volume", ml, "ml", Status.MEASURED, inputs=(ref,))
    return CaseRecord("p2", "tp1", (series,), {}, {"ncct": "0007"}, (value,), ())


def test_hemorrhage_by_lengths(tmp_path):
    beads = PhantomMeasurement("ct_bb_distance", 101.0, "mm", uncertainty=0.2)
    sessions = history(tmp_path, ct_record(PhantomKind.ACR_CT, beads))
    effect = hemorrhage_effect(ich_record(30.0), sessions)
    assert effect.corrected == pytest.approx(30 / 1.0201)
    assert effect.effect_percent == pytest.approx(2.01)
    assert (effect.lower_percent, effect.upper_percent) == pytest.approx((1.61, 2.41))


def test_hemorrhage_by_volume_inserts_of_its_size(tmp_path):
    biases = [
        PhantomMeasurement("volume_bias_percent", b, "%", f"{v} mL", reference=float(v))
        for v, b in ((1, 9.0), (30, -2.0))
    ]
    beads = PhantomMeasurement("ct_bb_distance", 101.0, "mm")
    sessions = history(tmp_path, ct_record(PhantomKind.ACR_CT, beads), ct_record(PhantomKind.VOLUME, *biases))
    assert hemorrhage_effect(ich_record(25.0), sessions).corrected == pytest.approx(25 / 0.98)
    assert hemorrhage_effect(ich_record(0.0), sessions) is None


def test_records_carry_it_in_every_export(tmp_path):
    sessions = history(tmp_path, diffusion_record(5.0))
    series = patient_series(receive_coil="Body_18")
    record = add_scanners(core_record(1.05, series), sessions)
    (scanner,) = record.scanners
    assert scanner.effects[0].effect_percent < 0
    assert record.measurements[0].value == core_record(1.05).measurements[0].value
    assert {"Q64"} <= {issue.code for issue in record.measurements[0].issues}
    data = record_to_dict(record)
    assert schema_errors(data, "record.schema.json") == []
    assert data["scanners"][0]["effects"][0]["words"].startswith("phantom of 2026-11-25: ADC bias +5.0")
    contents = case_contents(record)
    page = contents["report.html"].decode()
    assert "coil: HeadNeck_20 -&gt; Body_18" in page and "ADC bias +5.0" in page
    assert json.loads(contents["record.json"])["scanners"][0]["outcome"] in ("failed", "conditional")


def test_hemorrhage_record(tmp_path):
    beads = PhantomMeasurement("ct_bb_distance", 101.0, "mm")
    record = add_scanners(ich_record(30.0), history(tmp_path, ct_record(PhantomKind.ACR_CT, beads)))
    assert record.scanners[0].effects[0].corrected == pytest.approx(30 / 1.0201)
    assert schema_errors(record_to_dict(record), "record.schema.json") == []


def test_a_session_without_verdict_says_nothing_about_an_endpoint(tmp_path):
    sessions = history(tmp_path, diffusion_record(5.0, temperature_c=None))
    record = add_scanners(core_record(), sessions)
    assert record.scanners[0].outcome is Qualification.NO_VERDICT and record.scanners[0].effects == ()
    older = history(tmp_path, diffusion_record(2.0, "2026-10-01"), diffusion_record(5.0, temperature_c=None))
    assert add_scanners(core_record(), older).scanners[0].effects[0].bias_percent == 2.0


def test_an_empty_history_says_that_nothing_is_known():
    record = add_scanners(ich_record(30.0), ())
    assert [issue.code for issue in record.scanners[0].issues] == ["Q66"]
    assert [issue.code for issue in record.measurements[0].issues] == ["Q66"]


def test_the_command_names_the_scanner_in_every_output(tmp_path):
    from small_patients import small

    from strokequant.cli import run
    from strokequant.dicomio.scan import scan
    from strokequant.phantom.scanner import scanner_state
    from strokequant.synthetic.patients import write_patient

    write_patient(small("siemens"), tmp_path / "in")
    series = next(s for s in scan(tmp_path / "in").series if s.role is Role.DWI)
    store = History(tmp_path / "h.sqlite")
    store.add(diffusion_record(4.0, "2020-01-01", scanner=scanner_state(series)))
    words = ["core", str(tmp_path / "in"), "--quiet", "--phantoms", str(tmp_path / "h.sqlite"), "--out"]
    assert run([*words, str(tmp_path / "out")]) == 0
    (path,) = (tmp_path / "out").glob("*/*/record.json")
    data = json.loads(path.read_text(encoding="utf-8"))
    (effect,) = data["scanners"][0]["effects"]
    assert effect["effective_threshold"] == pytest.approx(620 / 1.04)
    assert effect["measured"] == pytest.approx(
        next(m["value"] for m in data["measurements"] if m["id"] == "infarct_core_volume")
    )
    assert "Q65" in (tmp_path / "out" / "measurements.csv").read_text(encoding="utf-8")
    assert "ADC bias +4.0" in path.with_name("report.html").read_text(encoding="utf-8")
    assert run(["verify", str(tmp_path / "out")]) == 0
    assert run([*words[:-2], str(tmp_path / "none.sqlite"), "--out", str(tmp_path / "out2")]) == 2
