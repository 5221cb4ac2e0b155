"""Pages of phantoms: control charts where the numbers say, one sheet of A4, the fleet, and folders with many sessions."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from phantom_sessions import SCANNER, diffusion_session

from strokequant import cli
from strokequant.batch.phantom_case import entered, judged, write_phantom
from strokequant.batch.phantom_study import A_PERSON, PhantomStudy
from strokequant.dicomio.scan import scan
from strokequant.errors import RecordError
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.diffusion_session import Stated
from strokequant.phantom.fleet_report import fleet_report
from strokequant.phantom.history import Event, History
from strokequant.phantom.registry_files import find_phantom
from strokequant.phantom.session import measure_session
from strokequant.phantom.trend import trend, trend_data
from strokequant.phantom_types import PhantomKind
from strokequant.record.phantom_certificate import certificate_page
from strokequant.record.phantom_fleet import fleet_page
from strokequant.record.phantom_record import phantom_to_dict
from strokequant.record.phantom_trends import cusum_chart, day_of, shewhart_chart
from strokequant.record.verify import verify
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.phantom_dicom import write_session
from strokequant.synthetic.phantom_faults import session_of
from strokequant.types import InputRef, SignOff

SETS = criteria_for(PhantomKind.DIFFUSION)
BIAS = ("adc_bias_percent", "V0")
SLAB = make_slab(slices=7, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))


def record(bias, day, *, scanner=SCANNER, **more):
    date = str(np.datetime64("2024-01-01") + day)
    inputs = (InputRef(f"1.2.{scanner.equipment.serial}.{day}", f"{scanner.key}{day}", "dwi"),)
    session = diffusion_session({BIAS: (bias, 0.3)}, date=date, scanner=scanner, inputs=inputs, **more)
    return judged(session, SETS)


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """22 points around 0 with an SD of about 0.3, then one of 4; a software update before the last two."""
    path = tmp_path_factory.mktemp("history") / "h.sqlite"
    kept = History(path)
    for n in range(22):
        kept.add(record(0.3 * (-1) ** n, 30 * n))
    kept.add(record(4.0, 30 * 22))
    newer = replace(SCANNER, equipment=replace(SCANNER.equipment, software="syngo MR XA61"))
    kept.add(record(0.2, 30 * 23, scanner=newer))
    kept.add_event(Event(SCANNER.key, "2025-12-01", "gradient coil replaced"))
    return path


@pytest.fixture(scope="module")
def last(history):
    """The session after the update and the repair, as it stands in the history."""
    newer = replace(SCANNER, equipment=replace(SCANNER.equipment, software="syngo MR XA61"))
    return entered(record(0.25, 30 * 24, scanner=newer), history)


def test_the_chart_has_every_point_where_its_value_is(history):
    data = trend_data(trend(History(history), SCANNER.key, *BIAS))
    page = shewhart_chart(data)
    circles = [tuple(map(float, pair)) for pair in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="3.4"', page)]
    diamonds = re.findall(r'<path d="M[\d.]+ [\d.]+l6 6', page)
    judged_points = [p for p in data["points"] if not p["rules"]]
    assert len(circles) == len(judged_points) and len(diamonds) == len(data["points"]) - len(judged_points) >= 1
    first, second = circles[:2]
    assert first[0] < second[0] and first[1] < second[1], "time runs to the right, larger values are higher"
    assert "1_3s" in page and "breaks" in page
    days = np.diff([day_of(p) for p in data["points"]])
    assert days[:22] == pytest.approx(30)


def test_the_limits_are_those_of_the_segment(history):
    data = trend_data(trend(History(history), SCANNER.key, *BIAS))
    page = shewhart_chart(data)
    assert page.count('class="limit" x1') == 2 * sum(
        any(p["sigma"] is not None for p in data["points"] if p["segment"] == n)
        for n in {p["segment"] for p in data["points"]}
    )
    assert page.count('stroke-dasharray="2 3"') == len({p["segment"] for p in data["points"]}) - 1 == 1


def test_cusum_shows_both_sums_and_the_decision_interval(history):
    data = trend_data(trend(History(history), SCANNER.key, *BIAS))
    page = cusum_chart(data)
    known = [p for p in data["points"] if p["cusum_upper"] is not None]
    assert page.count("<circle") == 2 * len(known) and ">h 5</text>" in page
    heights = [float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', page)]
    assert min(heights[: len(known)]) == pytest.approx(heights[22], abs=0.1), (
        "the last sum of the first segment is the largest"
    )
    assert cusum_chart(trend_data(bare_chart(data))) == ""


def bare_chart(data):
    """A chart before there are limits."""
    from strokequant.phantom.trend import Trend, TrendPoint

    bare = TrendPoint(1, "2024-01-01", "", 0.1, None, 1, 0.0, None, "", None, None, None, ())
    return Trend(data["scanner"], *BIAS, "%", (bare,))


def test_what_has_changed_since_the_session_before_is_in_the_record(last):
    assert last.changes == ("2025-12-01: gradient coil replaced",)
    assert [one.number for one in last.trends] == [BIAS]
    assert last.trends[0].points[-1].date == last.session.date


def test_an_update_is_a_reason_to_qualify_anew(history):
    newer = replace(SCANNER, equipment=replace(SCANNER.equipment, software="syngo MR XA61"))
    again = entered(record(0.2, 30 * 23, scanner=newer), history)
    assert again.changes == ("software: syngo MR XA30 -> syngo MR XA61 since 2025-10-22",)


def certificate(one):
    data = phantom_to_dict(one, case="qa", timepoint="2024-01-01")
    return certificate_page(one, data).decode()


def test_the_certificate_says_verdict_limits_changes_and_signature(last):
    signed = replace(last, sign_offs=(SignOff("QA1", "phantom session checked", "2026-01-02T03:04:05+00:00"),))
    page = certificate(signed)
    verdict = last.verdict
    assert f"valid until {verdict.valid_until}" in page and "QA1, 2026-01-02" in page
    assert "gradient coil replaced" in page and "unconfirmed" in page
    rows = page.count("<td>qiba_dwi") + page.count("<td>project_diffusion")
    assert rows == 1 + min(12, len(verdict.metrics)), "criteria, and one row for every limit"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(not (CHROMIUM and shutil.which("pdfinfo")), reason="no browser to print with")
def test_the_certificate_is_one_sheet_of_a4_at_its_longest(last, tmp_path):
    words = "a very long reason that goes on and on " * 8
    verdict = last.verdict
    metrics = tuple(replace(m, reason=f"{words} [set 1.0: source; unconfirmed]") for m in verdict.metrics) * 3
    long = replace(
        last,
        verdict=replace(verdict, metrics=metrics, reasons=(words,) * 20, sets=verdict.sets * 2),
        changes=(words, words),
    )
    page = tmp_path / "certificate.html"
    page.write_text(certificate(long), encoding="utf-8")
    pdf = tmp_path / "certificate.pdf"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    subprocess.run([CHROMIUM, *options, page.as_uri()], check=True, capture_output=True, timeout=600)
    told = subprocess.run(["pdfinfo", pdf], check=True, capture_output=True, text=True).stdout
    assert re.search(r"^Pages:\s+1$", told, re.MULTILINE), told
    assert re.search(r"^Page size:\s+59[45]\.?\d* x 84[12]", told, re.MULTILINE), told


def test_the_fleet_has_a_chart_for_every_scanner(tmp_path):
    path = tmp_path / "fleet.sqlite"
    kept = History(path)
    for serial in range(5):
        state = replace(SCANNER, equipment=replace(SCANNER.equipment, serial=f"S{serial}"))
        for n in range(6):
            kept.add(record((5.0 if serial == 4 else 0.3) + 0.1 * (-1) ** n, 30 * n, scanner=state))
    page = fleet_page(fleet_report(History(path))).decode()
    assert page.count("Shewhart chart of ADC bias V0") == 2 * 5, "title and words of every chart"
    assert page.count(">apart</span>") == 1 and "30 sessions" in page
    assert cli.run(["scanners", str(path), "--out", str(tmp_path / "out")]) == cli.EXIT_MEASURED
    assert (tmp_path / "out" / "scanners.html").read_bytes() == page.encode()


def test_a_folder_keeps_all_its_sessions(tmp_path):
    write_phantom(record(0.1, 0), tmp_path, case="a")
    write_phantom(record(0.2, 30), tmp_path, case="b")
    write_phantom(record(0.3, 0), tmp_path, case="a")
    assert verify(tmp_path) == ()
    rows = (tmp_path / "measurements.csv").read_text().splitlines()
    biases = [row.split(",")[3] for row in rows if ",adc_bias_percent.V0," in row]
    assert biases == ["0.3", "0.2"]
    cases = json.loads((tmp_path / "run.json").read_text())["cases"]
    assert [one["folder"] for one in cases] == ["a/2024-01-01", "b/2024-01-31"]


def test_a_session_of_other_images_or_of_another_signature_is_not_replaced(tmp_path):
    other = replace(SCANNER, equipment=replace(SCANNER.equipment, serial="999"))
    signed = replace(record(0.1, 0), sign_offs=(SignOff("QA1", "checked", "2026-01-02T03:04:05+00:00"),))
    write_phantom(signed, tmp_path, case="a")
    before = (tmp_path / "a/2024-01-01/record.json").read_bytes()
    for one in (record(0.1, 0, scanner=other), record(0.1, 0)):
        with pytest.raises(RecordError, match="O01"):
            write_phantom(one, tmp_path, case="a")
    assert (tmp_path / "a/2024-01-01/record.json").read_bytes() == before


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "qa"
    write_session(session_of("sound", 1, slab=SLAB, passes=2), folder)
    return PhantomStudy(scan(folder).series, find_phantom("digital_diffusion_vials"))


def numbers(session):
    return [(m.metric, m.insert, m.repeat, m.value) for m in session.measurements]


def test_an_open_study_measures_what_the_command_measures(study):
    stages = []
    session = study.measure(Stated(0.0, "stated"), stage=stages.append)
    assert stages[:2] == ["read", "read"] and "find" in stages
    plain = measure_session(study.series, study.phantom, Stated(0.0, "stated"))
    assert numbers(session) == numbers(plain)


def test_a_second_measurement_searches_nothing_again(study):
    study.measure(Stated(0.0, "stated"))
    stages = []
    place = {"V3": tuple(np.add(study.measure(Stated(0.0)).placements[3].center_lps, (2.0, 0, 0)))}
    session = study.measure(Stated(0.0, "stated", placements=place), by="QA1", stage=stages.append)
    assert stages == ["measure"]
    assert {p.label: p.placed_by for p in session.placements if p.placed_by} == {"V3": "QA1"}
    assert session.placements[3].center_lps == pytest.approx(place["V3"])
    unknown = study.measure(Stated(0.0, placements=place))
    assert unknown.placements[3].placed_by == A_PERSON
    data = phantom_to_dict(judged(session, SETS), case="qa", timepoint="tp1")
    assert [p["placed_by"] for p in data["placements"] if p["label"] in ("V3", "V4")] == ["QA1", ""]


def test_stopping_changes_nothing(study, tmp_path):
    fresh = PhantomStudy(study.series, study.phantom)

    def stop(text):
        raise InterruptedError(text)

    with pytest.raises(InterruptedError, match="read"):
        fresh.measure(Stated(0.0), stage=stop)
    assert fresh._passes is None and not fresh._poses


def test_the_schema_knows_every_part():
    from strokequant.record.files import require_schema

    for one in (record(0.1, 0), record(9.0, 0)):
        require_schema(phantom_to_dict(one, case="a", timepoint="b"), "phantom.schema.json", "a/b")
