"""Words of the diffusion core module on the screen, in the language of the application."""

from slicer.i18n import tr as _

from strokequant.types import Candidate, CaseRecord

from .issuetexts import statusText
from .livevolume import LiveVolume


def stageText(stage: str) -> str:
    """What is being done."""
    words = {
        "audit": _("Auditing the geometry"),
        "read": _("Reading images"),
        "align": _("Aligning images"),
        "adc": _("Computing the ADC"),
        "brain": _("Finding the brain"),
        "core": _("Finding candidates"),
        "interval": _("Computing the interval"),
        "measures": _("Measuring"),
        "show": _("Showing the result"),
    }
    return words.get(stage, _("Reading files"))


def waitWords() -> dict[str, str]:
    """What the core waits for, besides what every reading waits for."""
    return {"diffusion": _("Waits for a DWI series with b0 and b about 1000, or an ADC map with its DWI")}


def partText(part: str) -> str:
    """What a series is used as."""
    return {"dwi": _("DWI"), "trace": _("DWI (high b)"), "adc": _("ADC map")}.get(part, _("not used"))


def liveText(live: LiveVolume | None, record: CaseRecord | None) -> str:
    """Volume and interval; where there is none, the status that the record gives."""
    if live is not None:
        return _("Infarct core {volume:.2f} mL ({lower:.2f} to {upper:.2f})").format(
            volume=live.volume, lower=live.lower, upper=live.upper
        )
    volume = next((m for m in record.measurements if m.id == "infarct_core_volume"), None) if record else None
    if volume is None or volume.value is not None:
        return _("No core measured yet")
    return _("Infarct core: {status}").format(status=statusText(volume.status))


def candidateWords(candidate: Candidate) -> tuple[str, ...]:
    """Volume, ADC and side."""
    return f"{candidate.volume_ml:.2f}", f"{candidate.mean_adc:.0f}", sideText(candidate.side)


def sideText(side: str) -> str:
    """Side of a candidate."""
    return {"left": _("left"), "right": _("right"), "midline": _("midline")}.get(side, side)
