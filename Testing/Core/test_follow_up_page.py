"""The page of follow-up endpoints says what the rule files, the forms and the settings say."""

import pytest

from strokequant.biomarkers.forms import load_forms
from strokequant.biomarkers.growth import EXPANSION_FOLDER, expansion_text
from strokequant.biomarkers.rules import FOLDER, load_rules
from strokequant.biomarkers.symptomatic import SYMPTOMATIC_FOLDER, symptomatic_text
from strokequant.biomarkers.vessel_status import grades_of_percent
from strokequant.follow_up_config import (
    FinalInfarctConfig,
    FollowUpRegistrationConfig,
    GrowthConfig,
    TransformationConfig,
)

PAGE = (FOLDER.parents[2] / "Resources" / "Docs" / "follow_up.md").read_text(encoding="utf-8")
CELLS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")]


def sections():
    return {part.split("\n", 1)[0]: part.split("\n## ")[0] for part in PAGE.split("\n### ")[1:]}


@pytest.mark.parametrize(
    ("folder", "text"), [(EXPANSION_FOLDER, expansion_text), (SYMPTOMATIC_FOLDER, symptomatic_text)]
)
def test_every_definition_is_on_the_page(folder, text):
    for rule in load_rules(folder):
        section = sections()[rule.name + (" (u)" if rule.status == "unconfirmed" else "")]
        assert f"`{rule.id}` version {rule.version}; {rule.source}." in section
        lines = section.split("\n- ")[1:]
        assert len(lines) == len(rule.clauses) + len(rule.alternatives)
        for clause in rule.all_clauses:
            assert text(clause) + ("" if clause.confirmed else " (u)") in section


def test_nothing_else_is_on_the_page():
    rules = [*load_rules(EXPANSION_FOLDER), *load_rules(SYMPTOMATIC_FOLDER)]
    assert len(sections()) == len(rules)


def test_forms_of_the_page():
    for form in load_forms().values():
        source = form.source + (" (u)" if form.status == "unconfirmed" else "")
        modalities = ", ".join(form.modalities) or "no images"
        assert [form.id, form.name["en"], form.version, modalities, source] in CELLS
        if form.score == "grade":
            labels = "; ".join(choice.label["en"] for choice in form.question("grade").choices)
            assert f"- {form.id}: {labels}\n" in PAGE


def test_grades_of_the_page():
    for row in CELLS:
        if len(row) == 4 and row[0][0].isdigit():
            ends = [int(word) for word in row[0].split(" to ")]
            for percent in ends:
                assert list(grades_of_percent(percent).values()) == row[1:]


def test_limits_of_the_page():
    growth, final = GrowthConfig(), FinalInfarctConfig()
    change, registration = TransformationConfig(), FollowUpRegistrationConfig()
    rows = [
        ["hematoma without ventricular blood", f"{growth.mdd_intra_ml:g}", f"{growth.mdd_inter_ml:g}"],
        ["hematoma and ventricular blood", f"{growth.mdd_total_intra_ml:g}", f"{growth.mdd_total_inter_ml:g}"],
    ]
    assert all(row in CELLS for row in rows)
    flat = " ".join(PAGE.split())
    for words in (
        f"more than {100 * (growth.thickness_change - 1):.0f} %",
        f"share > {change.share_percent:g} %",
        f"share ≥ {change.share_percent:g} %",
        f"Within {change.band_percent:g} percentage points of {change.share_percent:g} %",
        f"Decrease: {final.decrease_percent:g} % or more; increase: {final.increase_ml:g} mL or more",
        f"voxels of {final.water_low_hu:g} to {final.water_high_hu:g} HU",
        f"{final.hint_hu:g} HU darker, or {final.hint_adc_percent:g} % lower in ADC",
        f"above {registration.residual_warn_mm:g} mm warned of (E22), above {registration.residual_stop_mm:g} mm refused",
        f"less than {registration.cover_min_mm:g} mm of slices",
        f"a turn above {registration.largest_deg:g} degrees",
    ):
        assert words in flat, words
    assert registration.overlap_min_percent == 50 and "less than half of the smaller head" in flat
