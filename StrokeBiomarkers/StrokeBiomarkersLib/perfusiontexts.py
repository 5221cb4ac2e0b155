"""Words of the perfusion module on the screen, in the language of the application."""

from slicer.i18n import tr as _

from strokequant.biomarkers.mismatch import is_infinite
from strokequant.perfusion_types import (
    Answer,
    ClauseResult,
    LesionCandidate,
    RuleResult,
    TimeAudit,
    Vessel,
    VesselCurve,
)
from strokequant.types import CaseRecord, Measurement, Verdict

from .coretexts import sideText
from .issuetexts import statusText
from .vesselmarks import NAMES

UNCONFIRMED = "*"
"""Behind a limit that was not checked against the publication."""


def stageText(stage: str) -> str:
    """What is being done."""
    words = {
        "core": _("Measuring the core on diffusion"),
        "read": _("Reading the frames"),
        "motion": _("Correcting motion"),
        "brain": _("Finding the brain"),
        "curves": _("Computing curves"),
        "vessels": _("Finding artery and vein"),
        "registration": _("Registering diffusion to perfusion"),
        "maps": _("Computing maps"),
        "lesions": _("Finding lesions"),
        "measures": _("Measuring"),
        "interval": _("Trying other arteries, settings and noise"),
        "criteria": _("Applying trial criteria"),
        "show": _("Showing the result"),
    }
    return words.get(stage, _("Reading files"))


def waitWords() -> dict[str, str]:
    """What perfusion waits for, besides what every reading waits for."""
    return {
        "perfusion": _("Waits for a series of DSC or CT perfusion"),
        "times": _("Waits for the step between frames, which the files do not say"),
        "curves": _("Waits for the curves of a study: compute first"),
        "candidate": _("Waits for a candidate: choose one in the list"),
        "overlay": _("Waits for a look at diffusion over perfusion: show the overlay, then confirm that it lies right"),
        "notDsc": _("CT perfusion has no leakage correction"),
        "noDiffusion": _("There is no diffusion on this perfusion series"),
        "notShown": _("Show the overlay first"),
        "noCore": _("There is no core to draw on"),
        "edited": _(
            "The lesion was drawn on, but its curves are not in hand: open the folder of the case and compute again"
        ),
    }


def partText(part: str) -> str:
    """What a series is used as."""
    words = {
        "dsc": _("DSC perfusion"),
        "ctp": _("CT perfusion"),
        "dwi": _("DWI"),
        "trace": _("DWI (high b)"),
        "adc": _("ADC map"),
    }
    return words.get(part, _("not used"))


def timesText(audit: TimeAudit) -> str:
    """Verdict on frame times, with the numbers."""
    words = {
        Verdict.MEASURE: _("times may be used"),
        Verdict.MEASURE_WITH_NOTE: _("times may be used, with a note"),
        Verdict.REFUSE: _("times are refused"),
    }
    if not audit.frames:
        return words[audit.verdict]
    facts = _("{frames} frames, {duration:.0f} s, step {step:.2f} s ({low:.2f} to {high:.2f}), from {tag}").format(
        frames=audit.frames,
        duration=audit.duration_s,
        step=audit.step_s,
        low=audit.smallest_step_s,
        high=audit.largest_step_s,
        tag=audit.time_tag,
    )
    return f"{words[audit.verdict]}; {facts}"


def liveText(volume: float | None, record: CaseRecord | None) -> str:
    """Volume of the lesion; where there is none, the status that the record gives."""
    if volume is not None:
        return _("Tmax > 6 s: {volume:.1f} mL").format(volume=volume)
    found = next((m for m in record.measurements if m.id == "hypoperfusion_6s_volume"), None) if record else None
    if found is None or found.value is not None:
        return _("No perfusion measured yet")
    return _("Hypoperfusion: {status}").format(status=statusText(found.status))


def measureText(name: str, source: str) -> str:
    """What a number of the list is."""
    core = {"ADC": _("Core (ADC)"), "rCBF": _("Core (rCBF < 30 %)")}.get(source, _("Core"))
    words = {
        "hypoperfusion_6s_volume": _("Hypoperfusion, Tmax > 6 s"),
        "hypoperfusion_10s_volume": _("Severe delay, Tmax > 10 s"),
        "mismatch_core_volume": core,
        "mismatch_volume": _("Mismatch volume"),
        "mismatch_ratio": _("Mismatch ratio"),
        "mismatch_volume_coregistered": _("Mismatch, voxel by voxel"),
        "hypoperfusion_6s_intensity_ratio": _("Hypoperfusion intensity ratio"),
        "perfusion_venous_tmax": _("Venous Tmax (late from 10 s)"),
    }
    return words[name]


def valueText(measurement: Measurement) -> str:
    """A number with its unit, "∞" for the ratio of a core of 0, or the status where there is none."""
    if is_infinite(measurement):
        return "∞"
    if measurement.value is None:
        return statusText(measurement.status)
    if measurement.unit in ("ml", "s"):
        return f"{measurement.value:.1f} {measurement.unit.replace('ml', 'mL')}"
    return f"{measurement.value:.2f}"


def rangeText(measurement: Measurement) -> str:
    """Plausible range, empty where there is none."""
    if measurement.value is None or measurement.lower is None:
        return ""
    digits = 1 if measurement.unit == "ml" else 2
    high = "∞" if measurement.upper is None else f"{measurement.upper:.{digits}f}"
    return _("{low} to {high}").format(low=f"{measurement.lower:.{digits}f}", high=high)


def candidateWords(candidate: LesionCandidate) -> tuple[str, ...]:
    """Volume, Tmax and side."""
    return f"{candidate.volume_ml:.1f}", f"{candidate.tmax_mean_s:.1f}", sideText(candidate.side)


def vesselText(vessel: Vessel, number: int) -> str:
    """Name of a row in the list of vessels; 0 is a point of the reader."""
    return f"{NAMES[vessel]} {number}" if number else _("{vessel}, your point").format(vessel=NAMES[vessel])


def vesselWhy(curve: VesselCurve) -> str:
    """What speaks against a curve, or what it is like."""
    if curve.rejected:
        return curve.rejected
    against = "; ".join(f"{issue.code} {issue.found}" for issue in curve.issues)
    return against or _("{voxels} voxels, {side}").format(voxels=len(curve.voxels), side=sideText(curve.side) or "-")


def answerText(answer: Answer) -> str:
    """Outcome of a rule."""
    return {Answer.PASS: _("met"), Answer.FAIL: _("not met"), Answer.UNKNOWN: _("undetermined")}[answer]


def clauseText(clause: ClauseResult) -> str:
    """A clause with what was put in and how far it is from the limit."""
    marks = {Answer.PASS: "✓", Answer.FAIL: "✗", Answer.UNKNOWN: "?"}
    text = f"{marks[clause.answer]} {clause.words}{UNCONFIRMED if clause.unconfirmed else ''}"
    if clause.margin is not None:
        text += _(" (margin {margin:+.1f})").format(margin=clause.margin)
    return text


def ruleWhy(rule: RuleResult) -> str:
    """Clauses that decide: those that fail, else those that are not known, else the nearest to its limit."""
    for answer in (Answer.FAIL, Answer.UNKNOWN):
        found = [clause for clause in rule.clauses if clause.answer is answer]
        if rule.answer is answer and found:
            return "; ".join(clauseText(clause) for clause in found[:3]) + (" ..." if len(found) > 3 else "")
    if rule.flip_ml is not None:
        return _("turns with a change of {volume:.1f} mL").format(volume=rule.flip_ml)
    return ""


def ruleTip(rule: RuleResult) -> str:
    """All clauses and the source."""
    lines = [clauseText(clause) for clause in rule.clauses]
    if any(clause.unconfirmed for clause in rule.clauses):
        lines.append(UNCONFIRMED + " " + _("limit not checked against the publication"))
    return "\n".join([*lines, rule.source])
