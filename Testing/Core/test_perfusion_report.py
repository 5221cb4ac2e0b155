"""The perfusion pages: numbers, colors and places that can be told from the page alone."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from html_page import Page
from perfusion_record_cases import AIF, TIMES, boxes, perfusion_record, refused_perfusion, with_diffusion
from PIL import Image
from record_cases import AXIAL, EVEN, SHAPE, TILTED, UNEVEN, case_record, grid

from strokequant.geometry import Geometry
from strokequant.perfusion_config import PerfusionReportConfig
from strokequant.perfusion_types import MotionTrace
from strokequant.record import colors
from strokequant.record.case_record import record_to_dict
from strokequant.record.cohort import cohort_page, cohort_row
from strokequant.record.montage import contour_path, view_of
from strokequant.record.perfusion_figures import curve_chart, motion_chart, step_chart
from strokequant.record.report import report_page
from strokequant.types import Mask, Volume

CONFIG = PerfusionReportConfig()
BLUE, GREEN, YELLOW, RED = (color for _, color in colors.TMAX_STEPS)


def page_of(record) -> tuple[str, Page]:
    source = report_page(record, record_to_dict(record)).decode("utf-8")
    return source, Page(source)


def part(source: str, anchor: str) -> str:
    """A section of the page."""
    return re.search(
        rf'<section id="{anchor}".*?</section>|<section [^>]*id="{anchor}".*?</section>', source, re.DOTALL
    ).group(0)


def png(source: str, name: str) -> np.ndarray:
    data = re.search(rf'id="{name}"[^>]*base64,([^"]+)"', source).group(1)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


CASES = {
    "flow core": perfusion_record(),
    "diffusion core": with_diffusion(),
    "no core": perfusion_record(core=False),
    "no lesion": perfusion_record(lesion=False),
    "uneven": perfusion_record(grid(z=UNEVEN)),
    "tilted": perfusion_record(grid(orientation=TILTED)),
    "from above": perfusion_record(grid(z=EVEN[::-1])),
    "refused": refused_perfusion(),
    "refused before it was read": replace(refused_perfusion(), perfusion=None, used={}),
    "no image": replace(perfusion_record(), images={}),
    "no maps": replace(perfusion_record(), maps={}),
    "no vessels": perfusion_record(vessels=None, brain_curve=None),
    "no reference values": perfusion_record(
        reference=replace(perfusion_record().perfusion.reference, ttp_s=np.nan, mtt_s=np.nan)
    ),
    "nothing reached": perfusion_record(
        time_audit=None, motion=None, bolus=None, vessels=None, reference=None, lesions=None, brain_curve=None, times_s=None, rules=(), bands={}
    ),
    "one slice": perfusion_record(Geometry.from_slices([(-15, -20, 0)], AXIAL, (2, 2), SHAPE[1:], single_slice_extent=5.0), lesion=False, vessels=None),
}  # fmt: skip


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
            assert attrs.get("scope") in ("row", "col", "rowgroup")
    assert not re.search(r"https?://|url\(|@import|nan\b|None", re.sub(r"base64,[^\"]+", "", source))
    assert report_page(record, record_to_dict(record)).decode() == source


def test_numbers_stand_at_the_top():
    _, page = page_of(perfusion_record())
    top = page.text[: page.text.index("Maps")]
    for words in (
        "Hypoperfusion, Tmax > 6 s 1.0 mL",
        "Core, rCBF < 30 % 0.2 mL",
        "Mismatch 0.8 mL",
        "Mismatch ratio 6.00",
    ):
        assert words in top, words
    for words in ("PROPOSAL", "research use only", "WARN A03", "WARN T07", "Tmax > 10 s"):
        assert words in top or words.lower() in top.lower(), words
    assert "contralateral mean, right side" in top


def test_a_core_from_diffusion_is_named_and_its_pages_stay():
    source, page = page_of(with_diffusion())
    top = page.text[: page.text.index("Maps")]
    assert "Core, ADC ≤ 620 · 10⁻⁶ mm²/s 0.5 mL" in top and "WARN U01" in top
    alone = Page(report_page(case_record(), record_to_dict(case_record())).decode())
    assert "Slices with core" in page.text and "From threshold to core" in page.text
    old = part(alone_source(), "lesion")
    assert part(source, "lesion") == old
    assert "Perfusion" not in alone.text


def alone_source() -> str:
    return report_page(case_record(), record_to_dict(case_record())).decode()


def test_infinite_ratio():
    _, page = page_of(perfusion_record(core=False))
    assert "Mismatch ratio ∞ the core is 0" in page.text
    row = re.search(
        r"<tr><th scope=\"row\">Mismatch ratio</th><td>(.*?)</td>", page_of(perfusion_record(core=False))[0]
    )
    assert row.group(1) == "<b>∞</b>"


def test_refused_study_says_why_and_shows_its_times():
    source, page = page_of(refused_perfusion())
    top = page.text[: page.text.index("Measurements")]
    assert "not evaluable" in top and "STOP D01" in top and "Infarct core" not in top
    assert "Acquisition Time (0008,0032)" in part(source, "motion")


@pytest.mark.parametrize(
    ("seconds", "color"),
    [
        (4.001, BLUE),
        (6.0, BLUE),
        (6.001, GREEN),
        (8.0, GREEN),
        (8.001, YELLOW),
        (10.0, YELLOW),
        (10.001, RED),
        (99.0, RED),
    ],
)
def test_tmax_has_the_steps_of_the_masks(seconds, color):
    table = colors.tmax_table()
    index = table.indices(np.array([[seconds]]), np.array([[True]]))
    assert tuple(table.palette[index[0, 0]]) == color


def test_tmax_below_the_first_step_is_gray_and_unknown_is_black():
    table = colors.tmax_table()
    values = np.array([[-2.0, 0.0, 2.0, 4.0, np.nan, 7.0]])
    shown = table.palette[table.indices(values, np.array([[True] * 5 + [False]]))][0]
    assert (shown[:4].max(axis=1) == shown[:4].min(axis=1)).all()
    assert (np.diff(shown[:4, 0].astype(int)) >= 0).all() and shown[2, 0] > 20
    assert tuple(shown[5]) == (0, 0, 0)


@pytest.mark.parametrize("table", [colors.blood_table(2.0, (0.0,)), colors.transit_table(15.0, (0.0,))])
def test_lightness_rises_with_the_value(table):
    lightness = table.colors.astype(float) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > -0.5).all() and lightness[-1] - lightness[0] > 150


def test_colors_of_the_maps_at_known_places():
    """Slice 2: lesion on the patient's left, which is right on the page; gray elsewhere."""
    record = perfusion_record()
    geometry = record.images["perfusion"].geometry
    parts = boxes(geometry)
    view = view_of(geometry, parts["brain"], margin_mm=16.0)
    source, _ = page_of(record)
    tmax = png(source, "qtmax2")
    where = {name: view.turn(mask[2]) for name, mask in parts.items()}
    assert tmax.shape[:2] == where["brain"].shape
    assert {tuple(c) for c in tmax[where["severe"]]} == {RED}
    assert {tuple(c) for c in tmax[where["lesion"] & ~where["severe"]]} == {GREEN}
    assert {tuple(c) for c in tmax[~where["brain"]]} == {(0, 0, 0)}
    assert np.argwhere(where["lesion"])[:, 1].mean() > tmax.shape[1] / 2
    flow = png(source, "qrcbf2").astype(int).sum(axis=2)
    assert flow[where["core"]].max() < flow[where["lesion"] & ~where["core"]].min() < flow[where["mirror"]].min()


def test_overlay_is_the_mask():
    record = perfusion_record()
    geometry = record.images["perfusion"].geometry
    parts = boxes(geometry)
    view = view_of(geometry, parts["brain"], margin_mm=16.0)
    source, _ = page_of(record)
    assert f'<path id="qc3" d="{contour_path(parts["core"][3], view)}"/>' in source
    assert f'<path id="qm3" d="{contour_path((parts["lesion"] & ~parts["core"])[3], view)}"/>' in source
    assert '<g id="qc1"/>' in source
    assert part(source, "perfusion").count('class="q-mismatch"') == 2


def test_relative_maps_name_reference_and_absolute_values():
    head = part(page_of(perfusion_record())[0], "maps")
    assert "× reference, and mL/100 g/min" in head
    assert re.findall(r'y="39"[^>]*>([^<]+)<', head) == ["0", "50", "100", "0", "4", "8"]


def test_no_lesion_shows_slices_all_the_same():
    source, page = page_of(perfusion_record(lesion=False))
    assert "No lesion: some slices of the baseline image." in page.text
    assert part(source, "perfusion").count("<figure>") == CONFIG.slices_without_lesion


def circles(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.findall(rf'<circle class="q-{kind}" cx="([\d.]+)" cy="([\d.]+)"', svg)
    return [(float(x), float(y)) for x, y in found]


def test_curves_are_drawn_at_their_times():
    perfusion = record_to_dict(perfusion_record())["perfusion"]
    svg, factor = curve_chart(perfusion, CONFIG)
    points = circles(svg, "aif")
    assert len(points) == len(TIMES)
    xs, ys = np.array(points).T
    assert np.allclose((xs - xs[0]) / (xs[-1] - xs[0]), np.array(TIMES) / TIMES[-1], atol=2e-4)
    share = (ys[0] - ys) / (ys[0] - ys.min())
    assert np.allclose(share, np.array(AIF) / 20, atol=1e-3)
    assert factor == 10.0
    arrival = float(re.search(r'<line class="limit" x1="([\d.]+)"', svg).group(1))
    assert arrival == pytest.approx(xs[4], abs=0.2)
    base = re.search(r'<rect class="q-base" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', svg)
    assert float(base.group(1)) == pytest.approx(xs[0], abs=0.2)
    assert float(base.group(1)) + float(base.group(2)) == pytest.approx(xs[2], abs=0.2)


def test_motion_and_steps():
    perfusion = record_to_dict(perfusion_record())["perfusion"]
    svg = motion_chart(perfusion, "translations_mm", "translation (mm)")
    assert svg.count('class="q-rejected"') == 1 and "from −2.00 to 0.50".replace("−", "-") in svg
    assert len(re.findall(r'class="q-curve q-axis[LPS]"', svg)) == 3
    steps = step_chart(perfusion)
    assert steps.count('class="bar missing"') == 1 and steps.count('class="bar"') == 6
    _, page = page_of(perfusion_record())
    assert "Largest displacement over the head 2.08 mm, corrected" in page.text and "frames replaced: 6" in page.text
    still = MotionTrace(np.zeros((8, 3)), np.zeros((8, 3)), np.zeros(8), np.zeros(8))
    assert "q-rejected" not in part(page_of(perfusion_record(motion=still))[0], "motion")


def test_artery_and_vein_are_shown_where_they_are():
    record = perfusion_record()
    geometry = record.images["perfusion"].geometry
    source, page = page_of(record)
    shown = part(source, "vessels")
    mask = np.zeros(geometry.shape[1:], bool)
    mask[[5, 5, 6], [8, 9, 8]] = True
    path = contour_path(mask, view_of(geometry, boxes(geometry)["brain"], margin_mm=16.0))
    assert f'<path class="q-voxels q-aif" d="{path}"/>' in shown
    assert "AIF, slice 2" in page.text and "3 voxels" in page.text
    for words in ("in use, automatic", "rejected", "flat top: 3 frames", "WARN A03: arrives 1.2 s late"):
        assert words in page.text, words


def test_rules_with_value_limit_margin_and_marks():
    source, _ = page_of(perfusion_record())
    shown = part(source, "rules")
    assert shown.count("<tbody>") == 2 and 'rowspan="3"' in shown
    text = Page(shown).text
    assert "DEFUSE3 not met" in text and "DAWN undetermined" in text
    assert "turns with 14.20 mL" in text and "not the trial's software" in text
    assert re.search(r"core < 70 mL 0.16 < 70 mL \+69.84 yes", text)
    assert re.search(r"mismatch >= 15 mL unconfirmed 0.8 >= 15 mL −14.2 no", text)
    assert "6 to 16 h – 6 to 16 h – not known" in text


def test_bands_reference_and_constants():
    source, _ = page_of(perfusion_record())
    bands = Page(part(source, "bands")).text
    assert "artery 2 1.0 6.00" in bands and "noise 1 0.9 5.50" in bands
    reference = Page(part(source, "reference")).text
    for words in (
        "contralateral mean, right side, without CSF and vessels",
        "50 mL/100 g/min",
        "κ 0.7333",
        "0.705",
        "cSVD",
    ):
        assert words in reference, words


def test_diffusion_on_perfusion():
    record = with_diffusion()
    base = record.images["perfusion"]
    registration = {
        "matrix_lps": np.eye(4),
        "displacement_mm": 3.2,
        "rotation_deg": 2.0,
        "mutual_information_gain_percent": 27.0,
    }
    result = replace(record.perfusion, parameters={**record.perfusion.parameters, "registration": registration})
    moved = replace(record, images={**record.images, "dwi_on_perfusion": base}, perfusion=result)
    source, page = page_of(moved)
    shown = part(source, "registration")
    assert "Moved by 3.20 mm and 2.00°" in page.text
    assert shown.count('class="q-edge"') == 4 and shown.count('class="q-core-line"') == 4
    assert 'id="registration"' not in page_of(record)[0]


def test_hostile_text_is_shown_and_not_run():
    bad = '<script>alert("x")</script>&\'"'
    record = perfusion_record()
    vessels = replace(record.perfusion.vessels, aif=replace(record.perfusion.vessels.aif, rejected=bad, side=bad))
    rules = tuple(type(r)(bad, bad, bad, r.answer, r.clauses) for r in record.perfusion.rules)
    reference = replace(record.perfusion.reference, definition=bad, side=bad)
    result = replace(
        record.perfusion,
        vessels=vessels,
        rules=rules,
        reference=reference,
        bands={"mismatch_ratio": {bad: 1.0}},
        parameters={"deconvolution": {bad: bad}, "answers": {bad: bad}},
    )
    source, page = page_of(replace(record, case=bad, perfusion=result))
    assert "<script>alert" not in source and [tag for tag, _ in page.elements].count("script") == 0
    assert bad in " ".join(page.words)


def test_page_of_many_noisy_slices_is_small_enough():
    shape = (32, 256, 256)
    geometry = Geometry.from_affine(np.diag([0.9, 0.9, 5.0, 1.0]), shape)
    record = perfusion_record(geometry)
    noise = np.random.default_rng(0)
    whole = np.ones(shape, bool)
    maps = {
        name: replace(m, values=noise.uniform(0, 12, shape).astype(np.float32), valid=whole)
        for name, m in record.maps.items()
    }
    masks = {**record.masks, "perfusion_brain": Mask(whole, geometry, "perfusion_brain", "")}
    lesion = noise.random(shape) < 0.5
    masks["hypoperfusion_6s"] = Mask(np.repeat(lesion[:, :1], 256, axis=1), geometry, "hypoperfusion_6s", "")
    image = Volume(noise.uniform(0, 80, shape).astype(np.float32), geometry, "[hnsf'U]")
    source = report_page(replace(record, maps=maps, masks=masks, images={"perfusion": image}), record_to_dict(record))
    assert 1_000_000 < len(source) < 6_000_000


def test_cohort_page_has_columns_of_perfusion_where_there_is_any():
    rows = [
        cohort_row(record_to_dict(record), outcome="measured", href=f"{n}/report.html")
        for n, record in enumerate((with_diffusion(), perfusion_record(core=False), refused_perfusion()))
    ]
    rows.append({"case": "case99", "timepoint": "tp1", "outcome": "failed", "reason": "a defect"})
    page = Page(cohort_page(rows).decode())
    for words in ("Tmax > 6 s", "Core in the mismatch", "1.0 mL", "∞", "not evaluable", "0.48 mL", "a defect"):
        assert words in page.text, words
    assert "A03" in rows[0]["warnings"] and "U01" in rows[0]["warnings"] and "U01" not in rows[1]["warnings"]
    only = Page(cohort_page([cohort_row(record_to_dict(case_record()), outcome="measured")]).decode())
    assert "Tmax" not in only.text
