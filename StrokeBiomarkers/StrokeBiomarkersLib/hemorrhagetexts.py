"""Words of the hemorrhage module on the screen, in the language of the application."""

from slicer.i18n import tr as _

from strokequant.biomarkers.abc2 import Abc2
from strokequant.dicomio.ct_audit import CtAudit
from strokequant.hemorrhage_types import BloodCandidate
from strokequant.types import CaseRecord, Measurement

from .coretexts import sideText
from .issuetexts import statusText
from .livehemorrhage import LiveBlood, LiveHemorrhage

SHORT = {"ich": "ICH", "ivh": "IVH", "sah": "SAH", "sdh": "SDH", "edh": "EDH"}
"""Names that are the same in every language."""

LOCATIONS = ("deep", "lobar", "brainstem", "cerebellum", "ventricle", "extra-axial")
SIDES = ("left", "right", "midline")


def stageText(stage: str) -> str:
    """What is being done."""
    words = {
        "audit": _("Auditing the geometry"),
        "read": _("Reading images"),
        "brain": _("Finding skull and brain"),
        "hemorrhage": _("Finding candidates"),
        "edema": _("Finding edema"),
        "measures": _("Measuring"),
        "show": _("Showing the result"),
    }
    return words.get(stage, _("Reading files"))


def waitWords() -> dict[str, str]:
    """What hemorrhage waits for, besides what every reading waits for."""
    return {
        "ct": _("Waits for a plain CT of the head"),
        "zero": _("No blood is outlined in the brain, or none in the ventricles: confirm that there is none"),
        "image": _("The image is not in hand: open the folder of the case and compute again"),
        "candidate": _("Waits for a clot: choose one in the list"),
        "notBlood": _("Edema is drawn, not clicked: choose a kind of blood"),
        "assigned": _("The study manager names the earlier reading that this case is compared with"),
        "record": _("Waits for the earlier record: choose a file or folder"),
        "edited": _(
            "Something was drawn on, but the image is not in hand: open the folder of the case and compute again"
        ),
    }


def partText(part: str) -> str:
    """What a series is used as."""
    return _("Plain CT") if part == "ncct" else _("not used")


def structureText(name: str) -> str:
    """Short name of a kind of blood, or edema."""
    return SHORT.get(name) or _("Edema")


def structureTip(name: str) -> str:
    """What a kind of blood is."""
    return {
        "ich": _("Intracerebral hemorrhage"),
        "ivh": _("Intraventricular hemorrhage"),
        "sah": _("Subarachnoid hemorrhage"),
        "sdh": _("Subdural hematoma"),
        "edh": _("Epidural hematoma"),
        "edema": _("Perihematomal edema"),
    }[name]


def locationText(location: str) -> str:
    """Where a clot is."""
    words = {
        "deep": _("deep"),
        "lobar": _("lobar"),
        "brainstem": _("brainstem"),
        "cerebellum": _("cerebellum"),
        "ventricle": _("ventricle"),
        "extra-axial": _("extra-axial"),
    }
    return words.get(location, location)


def headerText(header: CtAudit, values: CtAudit | None) -> str:
    """Kernel, voltage, thickness, contrast agent; what air reads, of the series that is measured."""
    facts = header.facts
    kvp = ", ".join(f"{v:g}" for v in facts.get("kvp") or ()) or "?"
    thickness = ", ".join(f"{mm:g}" for mm in facts.get("thickness_mm") or ()) or "?"
    text = _("kernel {kernel}, {kvp} kV, slices of {thickness} mm").format(
        kernel=facts.get("kernel") or "?", kvp=kvp, thickness=thickness
    )
    text += ", " + (_("contrast agent given") if facts.get("contrast_agent") else _("no contrast agent"))
    air = values.facts.get("air_hu") if values is not None else None
    return text if air is None else text + ", " + _("air {hu:.0f} HU").format(hu=air)


def tissueText(record: CaseRecord | None) -> str:
    """What brain and CSF read, once both are found."""
    facts = record.hemorrhage.facts if record is not None and record.hemorrhage is not None else {}
    brain, csf = facts.get("brain_hu"), facts.get("csf_hu")
    if brain is None:
        return ""
    text = _("brain {hu:.0f} HU").format(hu=brain)
    return text if csf is None else text + ", " + _("CSF {hu:.0f} HU").format(hu=csf)


def liveText(live: LiveHemorrhage | None, record: CaseRecord | None) -> str:
    """Volume of the ICH and of all blood; where there is none, the status that the record gives."""
    if live is not None:
        ich = next(row for row in live.rows if row.name == "ich")
        text = _("ICH {volume:.2f} mL ({lower:.2f} to {upper:.2f})").format(
            volume=ich.volume, lower=ich.lower, upper=ich.upper
        )
        return text if live.volume == ich.volume else text + "; " + _("all blood {ml:.2f} mL").format(ml=live.volume)
    volume = next((m for m in record.measurements if m.id == "ich_volume"), None) if record else None
    if volume is None or volume.value is not None:
        return _("No hemorrhage measured yet")
    return _("Hemorrhage: {status}").format(status=statusText(volume.status))


def abc2Text(abc2: Abc2 | None, clots: int) -> str:
    """ABC/2 with the slices and their weights, so that it can be checked by hand; it is meant for one clot."""
    if abc2 is None:
        return ""
    several = (
        "\n" + _("over {count} clots together: no volume of an ellipsoid").format(count=clots) if clots > 1 else ""
    )
    weights = "  ".join(f"{k + 1}: {w:g}" for k, w in zip(abc2.slices, abc2.weights, strict=True))
    return (
        _(
            "ABC/2 {weighted:.1f} mL (all slices {plain:.1f}): A {a:.1f}, B {b:.1f} on slice {slice}, C {c:.1f} mm; weights {weights}"
        ).format(
            weighted=abc2.volume_ml(),
            plain=abc2.volume_ml(weighted=False),
            a=abc2.a_mm,
            b=abc2.b_caliper_mm,
            slice=abc2.slice_index + 1,
            c=abc2.c_kothari_mm,
            weights=weights,
        )
        + several
    )


def rangeText(row: LiveBlood) -> str:
    """Interval, empty where there is none."""
    return _("{low} to {high}").format(low=f"{row.lower:.2f}", high=f"{row.upper:.2f}") if row.volume else ""


def shiftText(shift_mm: float | None) -> str:
    """Midline shift, or what is missing."""
    if shift_mm is None:
        return _("Midline shift: place the inner table on both sides, then the septum")
    return _("Midline shift {mm:.1f} mm").format(mm=shift_mm)


def candidateWords(candidate: BloodCandidate) -> tuple[str, ...]:
    """Kind, volume, density, side and location."""
    return (
        structureText(candidate.structure),
        f"{candidate.volume_ml:.2f}",
        f"{candidate.mean_hu:.0f}",
        sideText(candidate.side),
        locationText(candidate.location),
    )


def growthText(numbers: dict[str, Measurement]) -> str:
    """Growth of the ICH in mL and percent; empty where there is none."""
    growth, percent = numbers.get("ich_growth_volume"), numbers.get("ich_growth_percent")
    if growth is None:
        return ""
    if growth.value is None:
        return _("Growth: {status}").format(status=statusText(growth.status))
    text = _("Growth of the ICH {ml:+.2f} mL").format(ml=growth.value)
    return text if percent is None or percent.value is None else f"{text}, {percent.value:+.1f} %"
