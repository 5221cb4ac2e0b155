"""The hemorrhage pages: numbers, contours, window, axes and weights that can be told from the page alone."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from hemorrhage_record_cases import (
    BOXES,
    HU,
    box,
    clot,
    ct_grid,
    edema_of,
    hemorrhage_record,
    refused_hemorrhage,
)
from html_page import Page
from perfusion_record_cases import with_diffusion
from PIL import Image
from record_cases import EVEN, TILTED, UNEVEN, case_record

from strokequant.biomarkers.abc2 import Abc2
from strokequant.biomarkers.hemorrhage_measures import hemorrhage_measurements
from strokequant.errors import Issue, Level
from strokequant.geometry import Geometry
from strokequant.hemorrhage_config import HemorrhageReportConfig
from strokequant.hemorrhage_types import Structure
from strokequant.record.case_record import record_to_dict
from strokequant.record.cohort import cohort_page, cohort_row
from strokequant.record.colors import hex_of_segment
from strokequant.record.hemorrhage_figures import density_histogram, weight_chart
from strokequant.record.hemorrhage_pictures import hemorrhage_pictures
from strokequant.record.images import segment_of
from strokequant.record.montage import contour_path, page_place, view_of
from strokequant.record.report import report_page
from strokequant.types import Mask, Measurement, SignOff, Status, Volume

CONFIG = HemorrhageReportConfig()


def page_of(record) -> tuple[str, Page]:
    source = report_page(record, record_to_dict(record)).decode("utf-8")
    return source, Page(source)


def part(source: str, anchor: str) -> str:
    """A section of the page."""
    return re.search(rf'<section [^>]*id="{anchor}".*?</section>', source, re.DOTALL).group(0)


def many_slices(count: int = 120):
    """A thin CT with blood in 70 slices."""
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 1.0, 1.0]), (count, 20, 20))
    values = np.zeros(geometry.shape, bool)
    values[20:90, 8:12, 8:13] = True
    mask = Mask(values, geometry, "ich", "half maximum")
    image = Volume(np.full(geometry.shape, 30, np.float32), geometry, "[hnsf'U]")
    record = hemorrhage_record(edema=False)
    result = replace(record.hemorrhage, candidates=(), abc2=None)
    return replace(record, images={"ncct": image}, masks={"ich": mask}, hemorrhage=result)


def drawn():
    """A reader drew the ICH: there is no threshold."""
    geometry = ct_grid()
    nan = float("nan")
    one = clot("ich", geometry, threshold_hu=nan, clot_hu=nan, background_hu=nan, half_maximum_ml=nan, seed_lps=None)
    return hemorrhage_record(structures=("ich",), clots=(one,), proposal=False, candidates=())


CASES = {
    "all": hemorrhage_record(),
    "answered": hemorrhage_record(answered=True),
    "none": hemorrhage_record(structures=(), edema=False),
    "tilted": hemorrhage_record(ct_grid(orientation=TILTED)),
    "uneven": hemorrhage_record(ct_grid(z=UNEVEN)),
    "from above": hemorrhage_record(ct_grid(z=EVEN[::-1])),
    "refused": refused_hemorrhage(),
    "no result": replace(hemorrhage_record(), hemorrhage=None),
    "no image": replace(hemorrhage_record(), images={}),
    "no mask": replace(hemorrhage_record(), masks={}),
    "many slices": many_slices(),
    "drawn": drawn(),
    "beside diffusion": hemorrhage_record(base=case_record()),
    "beside all": hemorrhage_record(base=with_diffusion()),
    "facts missing": hemorrhage_record(facts={"kvp": [], "air_hu": None}),
}


@pytest.mark.parametrize("record", CASES.values(), ids=CASES)
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
            assert attrs.get("scope") in ("row", "col", "rowgroup")
    assert not re.search(r"https?://|url\(|@import|nan\b|None", re.sub(r"base64,[^\"]+", "", source))
    assert report_page(record, record_to_dict(record)).decode() == source


def test_numbers_stand_at_the_top():
    source, page = page_of(hemorrhage_record())
    top = Page(part(source, "hemorrhage")).text
    data = record_to_dict(hemorrhage_record())
    for words, name in (("Intracerebral (ICH)", "ich_volume"), ("Subdural (SDH)", "sdh_volume"), ("Perihematomal edema", "edema_volume")):  # fmt: skip
        value = next(m["value"] for m in data["measurements"] if m["id"] == name)
        assert f"{words} {value:.2f} mL" in top, words
    assert "left deep" in top and "no confidence intervals" in top
    assert "Infarct core" not in page.text


def test_a_proposal_is_marked_until_it_is_signed():
    record = hemorrhage_record()
    source, page = page_of(record)
    assert "automatic outline, no reader has looked at it" in page.text and "PROPOSAL, not signed" in source
    read = page_of(replace(record, hemorrhage=replace(record.hemorrhage, proposal=False)))[1].text
    assert "outlined with a reader, not signed" in read and "no reader has looked" not in read
    signed, text = page_of(record.signed(SignOff("R01", "reviewed", "2026-01-02T03:04:05Z")))
    assert (
        "no reader has looked" not in text.text
        and "x-state" not in part(signed, "hemorrhage")
        and "PROPOSAL" not in signed
    )


def test_zero_missing_and_refused_read_differently():
    none = Page(part(page_of(hemorrhage_record(structures=(), edema=False))[0], "hemorrhage")).text
    assert "Intracerebral (ICH) 0.00 mL looked for, not there" in none
    alone = hemorrhage_record(structures=("ich",), searched=(Structure.ICH, Structure.IVH), edema=False)
    some = Page(part(page_of(alone)[0], "hemorrhage")).text
    assert (
        "Nobody looked for: Subarachnoid (SAH); Subdural (SDH); Epidural (EDH)." in some
        and "Subdural (SDH) 0" not in some
    )
    refused = page_of(refused_hemorrhage())[1].text
    assert "Intracerebral (ICH) not evaluable" in refused
    assert refused.index("ASK H04") < refused.index("Measurements")


def test_unmeasurable_is_said_at_the_number():
    """A box of 2 x 2 x 2 voxels of 5 mm slices: 0.16 mL."""
    geometry = ct_grid()
    values = np.zeros(geometry.shape, bool)
    values[2:4, 14:16, 20:22] = True
    mask = Mask(values, geometry, "ich", "half maximum")
    small = clot("ich", geometry, mask=mask, volume_ml=mask.volume_ml)
    record = hemorrhage_record(structures=("ich",), edema=False, clots=(small,))
    found = hemorrhage_measurements(record.images["ncct"], [small])
    text = Page(part(page_of(replace(record, measurements=found))[0], "hemorrhage")).text
    assert "0.16 mL" in text and "unmeasurable" in text
    assert "unmeasurable" not in Page(part(page_of(CASES["none"])[0], "hemorrhage")).text


@pytest.mark.parametrize(
    "geometry", [ct_grid(), ct_grid(orientation=TILTED), ct_grid(z=EVEN[::-1])], ids=["even", "tilted", "down"]
)
def test_contours_are_the_masks_in_the_colors_of_their_segments(geometry):
    record = hemorrhage_record(geometry)
    source, _ = page_of(record)
    view = hemorrhage_pictures(record).view
    for name in (*BOXES, "edema"):
        mask = edema_of(geometry) if name == "edema" else box(name, geometry)
        color = hex_of_segment(segment_of(record.masks[name]).color)
        for k in np.flatnonzero(mask.any(axis=(1, 2))):
            assert f'<path id="x-{name}{k}" class="k-path" d="{contour_path(mask[k], view)}"/>' in source
            assert f'<use href="#x-{name}{k}" class="k-{name}" style="stroke:{color}"/>' in source
    colors = {segment_of(record.masks[name]).color for name in (*BOXES, "edema")}
    assert len(colors) == 6


def test_window_is_fixed():
    """0 to 80 HU from black to white, whatever the image holds."""
    record = hemorrhage_record()
    source, page = page_of(record)
    assert "window 80 / 40: 0 to 80 HU (fixed)" in page.text
    data = re.search(r'<image id="x-p0s2"[^>]*base64,([^"]+)"', source).group(1)
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))).astype(int)
    view = hemorrhage_pictures(record).view
    for name, level in (*HU.items(), ("edema", 22.0)):
        mask = edema_of(ct_grid()) if name == "edema" else box(name, ct_grid())
        if mask[2].any():
            inside = shown[view.turn(mask[2])]
            assert set(inside.tolist()) == {round(255 * level / 80)}, name


@pytest.mark.parametrize("orientation", [(1, 0, 0, 0, 1, 0), (0, 1, 0, 1, 0, 0), (-1, 0, 0, 0, -1, 0), TILTED], ids=str)
def test_a_point_lies_where_its_voxel_is_drawn(orientation):
    geometry = Geometry.from_slices([(-15.0, -20.0, z) for z in EVEN], orientation, (2.0, 1.5), (20, 16))
    view = view_of(geometry, margin_mm=0)
    mask = np.zeros(geometry.shape, bool)
    mask[3, 5, 11] = True
    corners = np.array(re.findall(r"([\d.]+) ([\d.]+)", contour_path(mask[3], view)), float)
    k, x, y = page_place(view, geometry, geometry.to_lps([[3, 5, 11]])[0])
    assert k == 3
    assert (x, y) == pytest.approx(tuple(corners.mean(axis=0)), abs=0.01)


def lines_of(section: str) -> dict[str, float]:
    """Length of every axis on the page, in mm."""
    found = {}
    for name, path in re.findall(r'<path class="x-axis (x-[a-z]+)" d="(M[^"]*?L[^M"]*)', section):
        (x0, y0), (x1, y1) = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), float)
        found[name] = float(np.hypot(x1 - x0, y1 - y0))
    return found


@pytest.mark.parametrize("name", ["all", "tilted", "uneven", "from above"])
def test_axes_are_drawn_in_their_length(name):
    record = CASES[name]
    section = part(page_of(record)[0], "axes")
    abc2 = record.hemorrhage.abc2
    expected = {"x-a": abc2.a_mm, "x-caliper": abc2.b_caliper_mm, "x-chord": abc2.b_chord_mm}
    assert lines_of(section) == pytest.approx(expected, abs=0.05)
    text = Page(section).text
    assert f"A {abc2.a_mm:.1f} mm" in text and f"slice {abc2.slice_index + 1}," in text
    for weighted, chord in ((True, False), (True, True), (False, False)):
        assert f"= {abc2.volume_ml(weighted=weighted, chord=chord):.2f} mL" in text


def test_every_slice_has_its_weight():
    """Areas 100, 75.1, 75, 25 and 24.9 of a reference: weights 1, 1, 0.5, 0.5, 0."""
    areas, weights = (100.0, 75.1, 75.0, 25.0, 24.9), (1.0, 1.0, 0.5, 0.5, 0.0)
    ends = ((0.0, 0.0, 5.0), (10.0, 0.0, 5.0))
    abc2 = Abc2(10.0, 10.0, 10.0, 1, (1, 2, 3, 4, 5), areas, weights, 15.0, 25.0, ends, ends, ends)
    section = part(page_of(hemorrhage_record(abc2=abc2))[0], "axes")
    rows = [Page(row).text.split() for row in re.findall(r"<tr>(?:(?!</tr>).)*?<td>.*?</tr>", section, re.DOTALL)]
    told = {int(row[0]): (row[-5], float(row[-4])) for row in rows}
    assert told == {2: ("%", 1.0), 3: ("%", 1.0), 4: ("%", 0.5), 5: ("%", 0.5), 6: ("%", 0.0)}
    assert "Sum of weights 3: C = 15.00 mm weighted; all slices 25.00 mm" in Page(section).text
    svg = weight_chart([0.0, 5.0, 10.0, 15.0, 20.0], [5.0] * 5, [a / 100 for a in areas], weights)
    assert [svg.count(f'x-weight x-{kind}"') for kind in ("full", "half", "none")] == [2, 2, 1]
    heights = [float(h) for h in re.findall(r'class="x-weight[^>]*height="([\d.]+)"', svg)]
    assert np.array(heights) / heights[0] == pytest.approx(np.array(areas) / 100, abs=2e-3)


def test_histogram_of_known_levels():
    record = hemorrhage_record(structures=("ich",), edema=True)
    svg = density_histogram(record, CONFIG)
    words = re.search(r"<title>(.*?)</title>", svg).group(1)
    voxels = int(box("ich", ct_grid()).sum())
    assert f"Intracerebral hemorrhage: {voxels} voxels, median 65" in words
    assert "Perihematomal edema" in words and "median 22" in words and "threshold 48.5" in words
    brain = int(re.search(r"brain: (\d+) voxels, median 32", words).group(1))
    everything = record.masks["ct_brain"].values & ~box("ich", ct_grid()) & ~edema_of(ct_grid())
    assert brain == int(everything.sum())
    assert density_histogram(hemorrhage_record(structures=(), edema=False), CONFIG) == ""
    few = replace(CONFIG, histogram_voxels=voxels + 1)
    assert "Intracerebral" not in density_histogram(record, few) and "Intracerebral" in density_histogram(
        record, replace(few, histogram_voxels=voxels)
    )


def test_methods_are_compared_with_the_outline():
    text = Page(part(page_of(hemorrhage_record())[0], "methods")).text
    volume = ct_grid().volume_ml(box("ich", ct_grid()))
    assert f"cut at half maximum {0.98 * volume:.2f} mL – −{0.02 * volume:.2f} mL, −2.0 %" in text
    assert f"40 to 100 HU {1.02 * volume:.2f} mL – +{0.02 * volume:.2f} mL, +2.0 %" in text
    assert "48.5 HU 65.0 HU 32.0 HU" in text
    assert "– – –" in Page(part(page_of(drawn())[0], "methods")).text


def test_form_is_answered_or_not():
    text = Page(part(page_of(hemorrhage_record())[0], "form")).text
    assert text.count("not answered") == 4
    answered, _ = page_of(hemorrhage_record(answered=True))
    text = Page(part(answered, "form")).text
    assert "not answered" not in text and text.count("answered") == 4
    assert "Modified Graeb score, 0 to 32 answered 4" in text and "IVH score (Hallevi), 0 to 23 answered 13" in text
    assert "13.46 mL" in text and "Midline shift at the foramen of Monro answered 4.0 mm" in text
    assert "Midline shift 4.0 mm" in Page(part(answered, "hemorrhage")).text


def test_candidates_are_taken_or_left_and_marked_on_the_slices():
    source, _ = page_of(hemorrhage_record())
    section = part(source, "blood-candidates")
    text = Page(section).text
    assert re.search(
        r"1 proposed ICH .* left deep 2–5 .* 65 HU, thick 2 left out ICH 0.20 mL 51.0 HU right lobar 5 ", text
    )
    assert 'data-viewer="x-viewer"' in section
    marks = {k: re.search(rf'<g id="x-c{k}">(.*?)</g>', source).group(1) for k in range(6)}
    assert [k for k, svg in marks.items() if "k-mark" in svg] == [4]
    assert [k for k, svg in marks.items() if "k-number" in svg] == [3, 4]


def test_ct_audit_says_what_was_expected_and_what_was_found():
    text = Page(part(page_of(hemorrhage_record())[0], "ct")).text
    for words in ("kernel H30s soft tissue as expected", "tube voltage 120 kV 100 to 140 kV", "air −1000 HU -1000 within 8 HU as expected", "brain 32 HU 20 to 40 HU as expected", "Contrast/Bolus Agent – none none"):  # fmt: skip
        assert words in text, words
    warned = Issue("H12", Level.WARN, "brain reads 50 HU", "20 to 40 HU")
    record = hemorrhage_record(facts={"brain_hu": 50.0}, issues=(warned,))
    text = Page(part(page_of(record)[0], "ct")).text
    assert "brain 50 HU 20 to 40 HU H12" in text and "as expected" not in text


@pytest.mark.parametrize(
    ("code", "found", "row"),
    [
        ("H04", "kernel H70h", "kernel"),
        ("H04", "description holds contrast", "Contrast/Bolus Agent"),
        ("H11", "tube voltage 100, 120 in one series", "tube voltage"),
        ("H11", "Slice Thickness 4, 7 in one series", "Slice Thickness"),
    ],
)
def test_a_code_of_several_facts_marks_the_one_it_is_about(code, found, row):
    issue = Issue(code, Level.WARN, found)
    section = part(page_of(hemorrhage_record(issues=(issue,)))[0], "ct")
    rows = [Page(r).text for r in re.findall(r"<tr>.*?</tr>", section)]
    assert [r.startswith(row) for r in rows if code in r] == [True]


def test_many_slices_show_blood_and_the_head_around():
    record = many_slices()
    pictures = hemorrhage_pictures(record, CONFIG)
    shown = np.array(pictures.slices)
    assert len(shown) == CONFIG.most_slices and (np.diff(shown) > 0).all()
    assert pictures.key_slice in pictures.slices
    assert np.diff(shown[(shown >= 20) & (shown < 90)]).max() <= 2
    assert shown[0] == 0 and shown[-1] == 119
    _, page = page_of(record)
    assert f"{CONFIG.most_slices} of 120 slices." in page.text and "24 of 70 slices with blood" in page.text
    large = [int(i.removeprefix("x-slice")) for i in page.ids if i.startswith("x-slice")]
    assert len(large) == 24 and pictures.key_slice in large
    assert min(large) <= 22 and max(large) >= 87 and np.diff(large).max() <= 5


def test_page_of_a_thin_noisy_ct_is_small_enough():
    shape = (200, 256, 256)
    geometry = Geometry.from_affine(np.diag([0.9, 0.9, 0.8, 1.0]), shape)
    noise = np.random.default_rng(0).uniform(0, 80, shape).astype(np.float32)
    values = np.zeros(shape, bool)
    values[50:120, 60:120, 60:140] = True
    record = many_slices()
    record = replace(
        record, images={"ncct": Volume(noise, geometry, "[hnsf'U]")}, masks={"ich": Mask(values, geometry, "ich", "")}
    )
    assert len(report_page(record, record_to_dict(record))) < 5_000_000


def test_hostile_text_is_shown_and_not_run():
    bad = '<script>alert("x")</script>&\'"</style>'
    record = hemorrhage_record()
    candidate = replace(record.hemorrhage.candidates[0], side=bad, location=bad, reasons=(bad,))
    answers = tuple(replace(m, method=bad) for m in record.measurements)
    result = replace(record.hemorrhage, candidates=(candidate,), facts={"kernel": bad, "contrast_agent": bad})
    source, page = page_of(replace(record, case=bad, hemorrhage=result, measurements=answers))
    assert "<script>alert" not in source and [tag for tag, _ in page.elements].count("script") == 1
    assert bad in " ".join(page.words)


def test_every_sheet_says_whose_it_is():
    source, _ = page_of(replace(hemorrhage_record(), case='a"b\\</style>'))
    style = re.search(r"<style>.*?</style>", source, re.DOTALL).group(0)
    foot = re.search(r'@bottom-left \{ content: "([^"]*)"', style).group(1)
    assert foot.startswith("a\\22 b\\5c \\3c \\2f style\\3e ") and "PROPOSAL" in foot
    assert "counter(page)" in style


def test_parameters_of_other_parts_stand_apart():
    source, _ = page_of(hemorrhage_record())
    section = part(source, "configuration")
    own, others = section.split('class="no-print"')
    assert "clot_low_hu" in own and "tmax_high_s" in others and "adc_threshold" in others
    assert "adc_threshold" not in own and "min_ml" in own
    both = part(page_of(hemorrhage_record(base=case_record()))[0], "configuration")
    assert "adc_threshold" in both.split('class="no-print"')[0]


def test_page_of_all_cases_has_columns_of_hemorrhage():
    blood = cohort_row(record_to_dict(hemorrhage_record()), outcome="measured", href="a/report.html")
    page = Page(cohort_page([blood]).decode()).text
    volume = ct_grid().volume_ml(box("ich", ct_grid()))
    assert "ICH IVH Edema Warnings" in page and f"{volume:.2f} mL" in page and "Core volume" not in page
    core = cohort_row(record_to_dict(case_record()), outcome="measured", href="b/report.html")
    both = Page(cohort_page([blood, core]).decode()).text
    assert "Core volume" in both and "ICH IVH Edema" in both and "Infarct core and hemorrhage" in both
    refused = cohort_row(record_to_dict(refused_hemorrhage()), outcome="refused")
    assert "not evaluable" in Page(cohort_page([refused]).decode()).text


def test_two_viewers_keep_apart():
    source, page = page_of(hemorrhage_record(base=case_record()))
    assert {"viewer", "x-viewer", "caption", "x-caption"} <= set(page.ids)
    assert source.count('data-viewer="x-viewer"') >= 1 and 'data-viewer="viewer"' in source
    missing = (Measurement("ich_volume", None, "ml", Status.MISSING),)
    absent = replace(case_record(), measurements=(*case_record().measurements, *missing))
    assert "Hemorrhage on plain CT" not in page_of(absent)[1].text
