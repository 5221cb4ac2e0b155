"""The report: complete, self-contained, rightly turned, escaped, and the same every time."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from html_page import Page
from PIL import Image
from record_cases import AXIAL, B01, EVEN, SHAPE, TILTED, U01, UNEVEN, box, case_record, grid, refused_record

from strokequant.config import ReportConfig
from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.record import figures, montage
from strokequant.record.case_record import record_to_dict
from strokequant.record.cohort import cohort_page, cohort_row
from strokequant.record.core_pictures import core_pictures
from strokequant.record.report import report_page
from strokequant.record.sections import number
from strokequant.types import Measurement, QuantityMap, Series, SignOff, Status, Volume

CONFIG = ReportConfig()


def page_of(record) -> tuple[str, Page]:
    source = report_page(record, record_to_dict(record)).decode("utf-8")
    return source, Page(source)


def png(source: str, name: str) -> np.ndarray:
    data = re.search(rf'id="{name}"[^>]*base64,([^"]+)"', source).group(1)
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.mode == "L"
    return np.asarray(image)


CASES = {
    "lesion": case_record(),
    "zero": case_record(lesion=False),
    "uneven": case_record(geometry=grid(z=UNEVEN)),
    "tilted": case_record(geometry=grid(orientation=TILTED)),
    "from above": case_record(geometry=grid(z=EVEN[::-1])),
    "refused": refused_record(),
    "adc only": case_record(images={}),
    "no map": case_record(maps={}),
    "no brain": case_record(masks={}),
    "not segmented": case_record(core=None, masks={}, agreement=None),
    "nothing": case_record(
        core=None, masks={}, maps={}, images={}, series=(), audits={}, used={}, measurements=(), issues=(), skipped=()
    ),
    "one slice": case_record(
        geometry=Geometry.from_slices([(0, 0, 0)], AXIAL, (2, 2), SHAPE[1:], single_slice_extent=5.0)
    ),
}


@pytest.mark.parametrize("record", CASES.values(), ids=CASES.keys())
def test_every_kind_of_case_gives_a_whole_page(record):
    source, page = page_of(record)
    assert len(page.ids) == len(set(page.ids))
    known = {f"#{name}" for name in page.ids}
    for tag, attrs in page.elements:
        link = attrs.get("href", "")
        assert link.startswith("data:image/png;base64,") or link in known or not link, (tag, link)
        assert "src" not in attrs and tag not in ("link", "iframe", "img", "object")
        if tag == "svg":
            assert attrs.get("aria-hidden") == "true" or attrs.get("aria-label")
        if tag == "th":
            assert attrs.get("scope") in ("row", "col")
    assert not re.search(r"https?://|url\(|@import|nan\b|None", re.sub(r"base64,[^\"]+", "", source))
    assert "PROPOSAL" in page.text.upper() and "research use only" in page.text
    assert source.startswith("<!DOCTYPE html>") and '<html lang="en">' in source


@pytest.mark.parametrize("record", [CASES["lesion"], CASES["refused"]], ids=["lesion", "refused"])
def test_same_record_same_bytes(record):
    data = record_to_dict(record)
    assert report_page(record, data) == report_page(record, data)


def test_result_at_the_top():
    _, page = page_of(case_record())
    text = page.text
    head = text[: text.index("Measurements")]
    for words in ("case01", "baseline", "0.48 mL", "0.43 to 0.58", "Right 0.00 mL", "Left 0.48 mL", "WARN U01"):
        assert words in head, words
    assert "automatic proposal: not a result until a reader has signed" in head
    assert "INFO" not in head


def test_states_read_differently():
    assert "0.00 mL looked for, not there" in page_of(case_record(lesion=False))[1].text
    refused = page_of(refused_record())[1].text
    assert "Infarct core volume not evaluable" in refused
    assert refused.index("STOP B01") < refused.index("Measurements")
    missing = (Measurement("infarct_core_volume", None, "ml", Status.MISSING),)
    assert "Infarct core volume not measured" in page_of(case_record(measurements=missing))[1].text
    none = page_of(case_record(measurements=()))[1].text
    assert "no volume" in none


def test_signed_record_is_no_proposal():
    record = case_record().signed(SignOff("R01", "reviewed", "2026-01-02T03:04:05Z"))
    text = page_of(record)[1].text
    assert "R01: reviewed (2026-01-02T03:04:05Z)" in text
    assert "automatic proposal" not in text


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(4.184, 2, "4.18"), (0.004, 2, "&lt; 0.01"), (0.0, 2, "0.00"), (-3.2, 1, "−3.2"), (None, 2, "–"), (2.0, 0, "2")],
)
def test_numbers(value, decimals, shown):
    assert number(value, decimals) == shown


def test_hostile_text_is_shown_and_not_run():
    bad = '<script>alert("x")</script>&\'"'
    issue = Issue("U01", Level.WARN, bad, bad, bad, bad)
    series = tuple(replace(s, description=bad, role_reasons=(bad,), key=bad) for s in case_record().series[:1])
    map_ = case_record().maps["adc"]
    adc = QuantityMap(map_.values, map_.valid, map_.geometry, "um2/s", "adc", bad, {bad: bad}, {bad: 1})
    core = case_record().core
    core = replace(core, candidates=(replace_slots(core.candidates[0], reasons=(bad,)),), steps=((bad, 1.0),))
    record = case_record(
        case=bad,
        timepoint=bad,
        issues=(issue,),
        series=series,
        used={bad: bad},
        maps={"adc": adc},
        core=core,
        software={bad: bad},
        agreement={bad: bad},
        configuration={bad: {bad: {"value": bad, "unit": bad, "source": bad, "evidence": bad}}},
        images={bad: case_record().images["dwi"]},
    )
    source, page = page_of(record)
    assert source.count("<script>") == 1
    assert 'alert("x")' not in source
    assert bad in " ".join(page.words)
    assert [tag for tag, _ in page.elements].count("script") == 1


def replace_slots(item, **changes):
    return type(item)(**{**{name: getattr(item, name) for name in item.__slots__}, **changes})


def test_no_identity():
    source, _ = page_of(case_record())
    assert not re.search("DOE|archive|salted", source)


def test_page_of_32_noisy_slices_is_small_enough():
    """The worst pictures for PNG: noise over the whole field of view."""
    shape = (32, 256, 256)
    geometry = grid(z=np.arange(32) * 5.0, spacing=(0.9, 0.9), shape=shape)
    noise = np.random.default_rng(0)
    adc = noise.uniform(100, 3000, shape).astype(np.float32)
    dwi = noise.uniform(1, 1000, shape).astype(np.float32)
    base = case_record(geometry=geometry)
    whole = replace(base.masks["brain"], values=np.ones(shape, bool))
    record = replace(
        base,
        maps={"adc": replace(base.maps["adc"], values=adc, valid=np.ones(shape, bool))},
        images={"dwi": Volume(dwi, geometry)},
        masks={**base.masks, "brain": whole},
    )
    source = report_page(record, record_to_dict(record))
    assert 1_000_000 < len(source) < 4_000_000


def marked(geometry: Geometry, lps) -> np.ndarray:
    """Signal 100 on a floor of 1, bright in the voxels within 6 mm of a place in the patient."""
    kji = np.argwhere(np.ones(geometry.shape, bool))
    near = np.linalg.norm(geometry.to_lps(kji) - lps, axis=1) < 6
    values = np.ones(geometry.shape, np.float32)
    values.ravel()[near] = 100
    return values


def flipped(signs, order=(0, 1)) -> Geometry:
    """An axial grid centered at 0 whose rows and columns run in any direction."""
    shape = (5, 40, 40)
    axes = np.diag([*signs, 1.0])[:, [*order, 2]]
    affine = np.eye(4)
    affine[:3, :3] = axes * [2.0, 2.0, 4.0]
    affine[:3, 3] = -affine[:3, :3] @ np.array([19.5, 19.5, 2.0])
    return Geometry.from_affine(affine, shape)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["straight", "transposed"])
@pytest.mark.parametrize("signs", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_left_of_the_patient_is_right_on_the_page(signs, order):
    """Patient coordinates decide, however the rows and columns run."""
    geometry = flipped(signs, order)
    view = montage.view_of(geometry)
    assert view.markers == ("R", "L", "A", "P")
    for lps, (row, column) in (((26, 0, 0), (0.5, 0.83)), ((0, -26, 0), (0.17, 0.5)), ((-26, 26, 0), (0.83, 0.17))):
        shown = view.turn(marked(geometry, lps)[2])
        rows, columns = np.nonzero(shown > 50)
        assert rows.mean() / 40 == pytest.approx(row, abs=0.05)
        assert columns.mean() / 40 == pytest.approx(column, abs=0.05)


@pytest.mark.parametrize(
    ("axes", "markers"),
    [(((1, 0, 0), (0, 0, -1)), ("R", "L", "S", "I")), (((0, 1, 0), (0, 0, 1)), ("A", "P", "S", "I"))],
    ids=["coronal", "sagittal"],
)
def test_markers_of_other_planes(axes, markers):
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = axes
    affine[:3, 2] = np.cross(*axes)
    assert montage.view_of(Geometry.from_affine(affine, (3, 4, 5))).markers == markers


def test_slices_run_from_the_feet_up_and_say_where_they_are():
    up, down = grid(z=(-10.0, -5.0, 0.0, 5.0, 10.0, 15.0)), grid(z=EVEN[::-1])
    assert montage.slices_upward(up) == [0, 1, 2, 3, 4, 5]
    assert montage.slices_upward(down) == [5, 4, 3, 2, 1, 0]
    assert montage.slice_place(up, 0) == "I 10.0 mm"
    assert montage.slice_place(up, 5) == "S 15.0 mm"
    thumbs = [
        a["data-slice"] for _, a in page_of(case_record(geometry=down))[1].elements if "thumb" in a.get("class", "")
    ]
    assert thumbs == ["5", "4", "3", "2", "1", "0"]


def test_picture_keeps_the_real_proportions():
    geometry = grid(spacing=(1.0, 3.0))
    view = montage.view_of(geometry)
    assert view.size_mm == pytest.approx((20 * 1.0, 16 * 3.0))
    source, _ = page_of(case_record(geometry=geometry))
    width, height = map(float, re.search(r'class="slice" viewBox="0 0 ([\d.]+) ([\d.]+)"', source).groups())
    cropped = core_pictures(case_record(geometry=geometry), CONFIG).view
    assert (height, width) == pytest.approx(cropped.size_mm)


def test_contour_runs_around_the_voxels():
    """A block of 4 x 3 pixels of 2 mm with its corners cut, in millimeters of the picture."""
    geometry = grid()
    view = montage.view_of(geometry)
    path = montage.contour_path(box(geometry)[2], view)
    points = np.array([[float(n) for n in p.split()] for p in path.strip("MZ").split("L")])
    assert (points[:, 0].min(), points[:, 0].max()) == (20, 26)
    assert (points[:, 1].min(), points[:, 1].max()) == (16, 24)
    x, y = points.T
    area = 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))
    assert area == pytest.approx(6 * 8 - 4 * 0.5)
    assert montage.contour_path(np.zeros(SHAPE[1:], bool), view) == ""


def test_contour_at_the_border_of_the_image_is_closed():
    geometry = grid()
    whole = np.ones(SHAPE[1:], bool)
    path = montage.contour_path(whole, montage.view_of(geometry))
    assert path.count("M") == path.count("Z") == 1


def test_adc_window_is_fixed():
    geometry = grid()
    record = case_record(geometry=geometry)
    values = record.maps["adc"].values.copy()
    values[3, 9, 6:9] = (0, 750, 3000)
    record = replace(record, maps={"adc": replace(record.maps["adc"], values=values, valid=np.ones(SHAPE, bool))})
    shown = png(page_of(record)[0], "p1s3")
    view = core_pictures(record, CONFIG).view
    pixels = view.turn(values[3])
    for value, gray in ((0, 0), (750, 128), (3000, 255), (450, 76)):
        assert set(shown[pixels == value]) == {gray}


def test_picture_does_not_depend_on_signal_scale():
    one = case_record()
    other = replace(one, images={"dwi": Volume(one.images["dwi"].values * 1000, one.images["dwi"].geometry)})
    np.testing.assert_array_equal(png(page_of(one)[0], "p0s2"), png(page_of(other)[0], "p0s2"))


def test_image_on_another_grid_is_not_drawn_under_the_contours():
    record = case_record()
    moved = Volume(record.images["dwi"].values, grid(z=np.array(EVEN) + 3))
    pictures = core_pictures(replace(record, images={"dwi": moved}), CONFIG)
    assert [panel.title for panel in pictures.panels] == ["ADC"]


def test_contours_of_core_and_of_candidates_left_out():
    _, page = page_of(case_record())
    assert {i for i in page.ids if re.fullmatch(r"(core|left)\d+", i)} == {"core2", "core3", "left1"}
    assert "candidate left out" in page.text


def test_candidate_leads_to_its_slice():
    _, page = page_of(case_record())
    links = [
        a["href"] for tag, a in page.elements if tag == "a" and "data-slice" in a and "thumb" not in a.get("class", "")
    ]
    assert links[0] == "#slice2" and "slice2" in page.ids


def test_uneven_slices_and_faults_are_told():
    text = page_of(case_record(geometry=grid(z=UNEVEN)))[1].text
    assert "slices are uneven" in text and "4.000 to 7.000" in text and "1 missing" in text
    assert text.index("WARN G05") < text.index("Measurements")


def test_page_is_complete_without_script():
    source, page = page_of(case_record())
    controls = [a for _, a in page.elements if a.get("class") == "controls"]
    assert controls and "hidden" in controls[0]
    for words in ("Slices with core", "All slices", "Slice 3 of 6 · S 10.0 mm · core 0.24 mL"):
        assert words in page.text
    assert "innerHTML" not in source


def test_configuration_with_citation_and_provenance():
    text = page_of(case_record())[1].text
    for words in ("adc_threshold", "620", "Purushotham", "unconfirmed", "ab" * 32, "(0018,9087)", "strokequant 0.1.0"):
        assert words in text, words
    assert "bias (recomputed − vendor) −0.07" in text


def test_histogram_by_hand():
    brain, core = np.full(100, 810.0), np.full(50, 460.0)
    svg = figures.adc_histogram(brain, core, 620, CONFIG)
    assert "brain: 100 voxels, median 810" in svg and "core: 50 voxels, median 460" in svg and "threshold 620" in svg
    assert figures.adc_histogram(brain[:0], core[:0], 620, CONFIG) == ""
    assert figures.adc_histogram(brain, core[:0], None, CONFIG).count("area core") == 0


def test_ticks_are_round():
    assert figures.nice_ticks(10) == [2.5, 5, 7.5, 10]
    assert figures.nice_ticks(7.9) == [2, 4, 6]
    assert figures.nice_ticks(0) == []


def test_gap_plot():
    svg = figures.gap_plot([0, 5, 10, 20], [5, 5, 10], [2])
    assert svg.count('class="bar"') == 2 and svg.count('class="bar missing"') == 1
    assert figures.gap_plot([0], [], []) == ""


def test_cohort_page():
    rows = [
        cohort_row(record_to_dict(case_record(case="b<b>")), outcome="measured", href="b/baseline/report.html"),
        cohort_row(
            record_to_dict(refused_record("a")), outcome="refused", reason=str(B01), href="a/baseline/report.html"
        ),
        {"case": "c", "timepoint": "", "outcome": "failed", "reason": "broken file"},
    ]
    source = cohort_page(rows).decode()
    page = Page(source)
    assert cohort_page(rows[::-1]).decode() == source
    assert page.text.index("not evaluable") < page.text.index("0.48 mL") < page.text.index("broken file")
    assert "3 cases and time points: 1 failed, 1 measured, 1 refused" in page.text
    assert "b<b>" in page.text and "<b>b<b>" not in source
    assert rows[0]["warnings"] == [U01.code]
    assert Page(cohort_page([]).decode()).text


def test_many_slices_and_candidates_stay_readable():
    shape = (60, 20, 16)
    geometry = grid(z=np.arange(60) * 2.0, shape=shape)
    base = case_record(geometry=geometry)
    core = box(geometry, (5, 50))
    labels = core.astype(np.int32)
    some = base.core.candidates
    many = (some[0], *(replace_slots(some[1], label=n) for n in range(2, 102)))
    result = replace(base.core, mask=replace(base.core.mask, values=core), labels=labels, candidates=many)
    _, page = page_of(replace(base, core=result, masks={}))
    assert sum(1 for i in page.ids if re.fullmatch(r"slice\d+", i)) == CONFIG.max_montage_slices
    assert "80 smaller candidates left out" in page.text


def test_series_without_frames_and_without_equipment():
    bare = Series("n1", "sha256:ab", "", case_record().series[0].role, (), (), kind="nifti")
    text = page_of(case_record(series=(bare,), used={"adc": "n1"}))[1].text
    assert "No b value in the headers" in text
