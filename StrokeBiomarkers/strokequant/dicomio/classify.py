"""What a series is for: its role, with the reasons in words.

Evidence in order: color and image type of every frame, b values and directionality, acquisition contrast, sequence and its times,
repeated positions with rising time, contrast agent, kernel, body part; words of descriptions last. Words alone never make an ADC
map or a DWI. A wrong role is worse than none: where evidence is thin or contradictory, the role is "other" and the reason says so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..config import AdcConfig, ClassifyConfig
from ..geometry import unit_normal
from ..types import Directionality, Frame, Role
from .units import unit_factor
from .words import PATIENT_PHANTOM, plain, speaks_of

IMAGE_TYPE = "Image Type (0008,0008)"
Decision = tuple[Role, tuple[str, ...]]

_EXPONENTIAL = {"EADC", "EXPADC", "EXP", "EXPONENTIAL"}
_DERIVED_PARTS = {
    "FA": "fractional anisotropy", "COLFA": "color map", "RA": "tensor map", "TENSOR": "tensor map", "RGB": "color map",
    "CALC": "calculated b value", "SYNTHETIC": "synthetic image", "CALCULATED": "calculated b value",
    "MIP": "projection", "MINIP": "projection", "MNIP": "projection", "PROJECTION": "projection", "MPR": "reformat",
    "REFORMATTED": "reformat", "VRT": "rendering", "SUBTRACTION": "subtraction", "SUB": "subtraction",
    "CBF": "perfusion map", "RCBF": "perfusion map", "RELCBF": "perfusion map", "CBV": "perfusion map", "RCBV": "perfusion map",
    "RELCBV": "perfusion map", "MTT": "perfusion map", "RELMTT": "perfusion map", "TTP": "perfusion map", "TMAX": "perfusion map",
    "PBP": "perfusion map", "GBP": "perfusion map", "TTD": "perfusion map", "MAP": "parameter map", "SCREEN": "screen capture",
    "VNC": "virtual non-contrast", "IODINE": "iodine map", "MONOENERGETIC": "monoenergetic image",
}  # fmt: skip
_TRACE_PARTS = {"TRACEW", "TRACE", "ISOTROPIC", "ISODWI"}
_DIFFUSION_PARTS = {"DIFFUSION", "DWI"} | _TRACE_PARTS


@dataclass(frozen=True)
class Evidence:
    """Facts of a series as the rules want them.

    Args:
        frames, facts: as of `headers.frames_of` and `headers.facts_of`; facts may hold "phantom_patient" (bool).
        config, adc_config: limits.
    """

    frames: Sequence[Frame]
    facts: dict[str, Any]
    config: ClassifyConfig
    adc_config: AdcConfig

    @cached_property
    def words(self) -> str:
        """Plain text of all descriptions."""
        keys = ("description", "protocol", "sequence_name", "pulse_sequence", "derivation")
        return plain(*(self.facts.get(key, "") for key in keys))

    @cached_property
    def kinds(self) -> set[str]:
        """Kinds of the frames, see `frame_kind`."""
        return {frame_kind(frame) for frame in self.frames} or {""}

    @cached_property
    def type_parts(self) -> set[str]:
        """All words of all image types."""
        return {part for frame in self.frames for part in _parts(frame.image_type)}

    @cached_property
    def repeats(self) -> tuple[int, int]:
        """(number of slice positions, smallest number of frames at one of them)."""
        return count_positions(self.frames)

    @cached_property
    def b_values(self) -> list[float]:
        """Known b values."""
        return [frame.b_value for frame in self.frames if frame.b_value is not None]

    @cached_property
    def weighted(self) -> bool:
        """True where a frame is diffusion-weighted by its b value or directionality."""
        kinds = (Directionality.DIRECTIONAL, Directionality.ISOTROPIC)
        return any(round(b) > self.adc_config.b0_max for b in self.b_values) or any(
            frame.directionality in kinds for frame in self.frames
        )

    @cached_property
    def echo_planar(self) -> bool:
        """True where Scanning Sequence, or the name of the sequence, says echo planar."""
        sequence = str(self.facts.get("scanning_sequence", "")).upper().split("\\")
        name = plain(self.facts.get("sequence_name", ""), self.facts.get("pulse_sequence", ""))
        return "EP" in sequence or bool(re.search(r"\bep2?d?\b|\bepi|\bep b", name))

    @cached_property
    def contrast_agent(self) -> str:
        """Contrast agent as written, "" for none and for words that mean none."""
        agent = str(self.facts.get("contrast_agent") or "").strip()
        return "" if plain(agent) in ("", "none", "no", "n a", "na", "without", "ohne", "0") else agent

    def number(self, name: str) -> float:
        """A number of the facts, NaN where it is absent."""
        value = self.facts.get(name)
        return float(value) if isinstance(value, int | float) else float("nan")

    def says(self, topic: str) -> str:
        """Words of a topic in the descriptions."""
        return speaks_of(topic, self.words)

    def is_called(self, topic: str) -> str:
        """Words of a topic in the description of the series alone: a protocol names all series of a study."""
        return speaks_of(topic, plain(self.facts.get("description", "")))


def classify(
    frames: Sequence[Frame],
    facts: dict[str, Any],
    *,
    config: ClassifyConfig = ClassifyConfig(),
    adc_config: AdcConfig = AdcConfig(),
) -> Decision:
    """Role of one group of frames.

    Returns:
        (role, reasons); `Role.OTHER` with the reason where the evidence does not suffice.
    """
    evidence = Evidence(frames, facts, config, adc_config)
    modality = str(facts.get("modality", "")).upper()
    rules = [_phantom, _color, _localizer, *_RULES.get(modality, ())]
    for rule in rules:
        decision = rule(evidence)
        if decision is not None:
            return decision
    return Role.OTHER, (f"modality {modality or 'unknown'}: nothing shows that it is one of the known roles",)


def _parts(image_type: Sequence[str]) -> set[str]:
    return {part for value in image_type for part in re.split(r"[^A-Z0-9]+", str(value).upper()) if part}


def frame_kind(frame: Frame) -> str:
    """Kind of one frame by its image type: "adc", a derived kind in words, or "" for an acquired or trace image."""
    parts = _parts(frame.image_type)
    if parts & _EXPONENTIAL:
        return "exponential ADC"
    if "ADC" in parts or "DADC" in parts:
        return "adc"
    return next((_DERIVED_PARTS[part] for part in sorted(parts) if part in _DERIVED_PARTS), "")


def is_trace(frame: Frame) -> bool:
    """True for a trace image by its directionality or image type."""
    return frame.directionality == Directionality.ISOTROPIC or bool(_parts(frame.image_type) & _TRACE_PARTS)


def count_positions(frames: Sequence[Frame], step_mm: float = 0.01) -> tuple[int, int]:
    """(number of positions along the normal, smallest number of frames at one of them); (0, 0) without positions."""
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if not placed:
        return 0, 0
    normal = unit_normal(placed[0].orientation)
    along = np.array([frame.position for frame in placed]) @ normal
    _, counts = np.unique(np.round(along / step_mm).astype(np.int64), return_counts=True)
    return len(counts), int(counts.min())


def phantom_patient(*texts: str) -> bool:
    """True where patient name or ID are those of a phantom; nothing of them is kept."""
    return bool(re.search(PATIENT_PHANTOM, plain(*texts)))


def _phantom(e: Evidence) -> Decision | None:
    if str(e.facts.get("quality_control_image", "")).upper() == "YES":
        return Role.PHANTOM, ("Quality Control Image (0028,0300) is YES",)
    if e.facts.get("phantom_patient"):
        return Role.PHANTOM, ("patient name or ID is that of a phantom",)
    body = plain(e.facts.get("body_part", ""))
    if speaks_of("phantom", body):
        return Role.PHANTOM, (f"Body Part Examined (0018,0015) is {body.upper()}",)
    if word := e.says("phantom"):
        return Role.PHANTOM, (f'description holds "{word}"',)
    return None


def _color(e: Evidence) -> Decision | None:
    photometric = str(e.facts.get("photometric_interpretation", "")).upper()
    if (e.facts.get("samples_per_pixel") or 1) > 1 or photometric.startswith(("RGB", "YBR", "PALETTE")):
        return Role.DERIVED, (f"color image ({photometric or 'several samples per pixel'}): no measured values",)
    return None


def _localizer(e: Evidence) -> Decision | None:
    if e.type_parts & {"LOCALIZER", "SCOUT", "TOPOGRAM"}:
        return Role.LOCALIZER, (f"{IMAGE_TYPE} holds LOCALIZER",)
    if (word := e.says("localizer")) and not e.weighted and len(e.frames) <= e.config.localizer_frames:
        return Role.LOCALIZER, (f'description holds "{word}"', f"{len(e.frames)} images")
    return None


def _derived(e: Evidence) -> Decision | None:
    kinds = sorted(e.kinds - {"", "adc"})
    if kinds and not e.kinds & {""}:
        return Role.DERIVED, (f"{IMAGE_TYPE} says {', '.join(kinds)}",)
    for topic, words in (("capture", "a screen capture or report"), ("projection", "a projection or reformat")):
        if word := e.says(topic):
            return Role.DERIVED, (f'description holds "{word}": {words}',)
    return None


def _derived_diffusion(e: Evidence) -> Decision | None:
    """Maps and images that are computed from diffusion; here words count, because they only demote."""
    for topic, words in (
        ("eadc", "exponential ADC, no ADC"),
        ("synthetic_b", "an image of a calculated b value"),
        ("perfusion_map", "a map, no measured signal"),
    ):
        if word := e.says(topic):
            return Role.DERIVED, (f'description holds "{word}": {words}',)
    if (word := e.says("tensor")) and _is_derived(e):
        return Role.DERIVED, (f'description holds "{word}"', f"{IMAGE_TYPE} says DERIVED: a tensor map")
    return None


def _is_derived(e: Evidence) -> bool:
    return all(frame.image_type[:1] == ("DERIVED",) for frame in e.frames) and bool(e.frames)


def _adc(e: Evidence) -> Decision | None:
    if e.kinds == {"adc"}:
        return _one_per_position(e, (f"{IMAGE_TYPE} holds ADC",))
    unit = str(e.facts.get("rwvm_units", ""))
    if unit_factor(unit) is not None:
        return _one_per_position(e, (f'units code (0040,08EA) is "{unit}", a unit of diffusion',))
    if not (word := e.says("adc")):
        return None
    support = ["EP in Scanning Sequence (0018,0020)"] if e.echo_planar else []
    if e.type_parts & _DIFFUSION_PARTS or str(e.facts.get("acquisition_contrast", "")).upper() == "DIFFUSION":
        support.append("tags of diffusion")
    if _is_derived(e) and support:
        return _one_per_position(e, (f'description holds "{word}"', f"{IMAGE_TYPE} says DERIVED", *support))
    if not e.weighted:
        missing = "no tag of a derived diffusion image supports it"
        return Role.OTHER, (f'description holds "{word}", but {missing}',)
    return None


def _one_per_position(e: Evidence, reasons: tuple[str, ...]) -> Decision:
    positions, fewest = e.repeats
    if positions and fewest > 1:
        return Role.OTHER, (*reasons, f"but {fewest} images at one position: which is the map is not known")
    return Role.ADC, reasons


def _dwi(e: Evidence) -> Decision | None:
    reasons = []
    if e.weighted:
        highest = max(e.b_values, default=None)
        tag = next((f.b_tag for f in e.frames if f.b_value == highest), "")
        reasons.append(f"b value up to {highest:g} s/mm2 in {tag}" if highest else "directionality (0018,9075)")
    if parts := sorted(e.type_parts & _DIFFUSION_PARTS):
        reasons.append(f"{IMAGE_TYPE} holds {', '.join(parts)}")
    if str(e.facts.get("acquisition_contrast", "")).upper() == "DIFFUSION":
        reasons.append("Acquisition Contrast (0008,9209) is DIFFUSION")
    if re.search(r"\bep b ?\d", plain(e.facts.get("sequence_name", ""))):
        reasons.append("sequence name is that of a diffusion sequence")
    if reasons:
        if e.b_values and not e.weighted:
            reasons.append("only b0 images")
        return Role.DWI, tuple(reasons)
    if (word := e.says("dwi")) and e.echo_planar and e.b_values:
        return Role.DWI, (f'description holds "{word}"', "EP in Scanning Sequence (0018,0020)", "b value is stated")
    if word and e.echo_planar and e.repeats[1] > 1:
        repeated = f"{e.repeats[1]} images at each position"
        return Role.DWI, (f'description holds "{word}"', "EP in Scanning Sequence (0018,0020)", repeated, "no b value")
    if word:
        return Role.OTHER, (f'description holds "{word}", but no b value, directionality or image type supports it',)
    return None


def _dsc(e: Evidence) -> Decision | None:
    positions, fewest = e.repeats
    if fewest < e.config.time_points:
        return None
    seen = f"{fewest} images at each of {positions} positions"
    if word := e.says("labeling") or ("ASL" in e.type_parts and "ASL"):
        return Role.OTHER, (seen, f'"{word}": spin labeling, no contrast agent')
    told = _order_in_time(e)
    if not told:
        return Role.OTHER, (seen, "but their times do not rise")
    if word := e.says("dynamic_t1"):
        return Role.OTHER, (seen, f'description holds "{word}": T1-weighted (DCE), not DSC')
    if word := e.says("bold"):
        return Role.OTHER, (seen, f'description holds "{word}": functional MRI, not DSC')
    echo_ms = e.number("echo_time_ms")
    if not (e.echo_planar or echo_ms >= e.config.dsc_echo_ms):
        return Role.OTHER, (seen, "but neither echo planar nor a long echo time: T1-weighted as DCE, not DSC")
    support = _contrast_reasons(e)
    if not support:
        return Role.OTHER, (seen, "with rising times, but nothing shows a contrast agent: perhaps functional MRI")
    return Role.DSC, (seen, told, *support)


def _order_in_time(e: Evidence) -> str:
    """That the images follow each other in time, in words; "" where neither times nor tags of perfusion say so."""
    if rising_times(e.frames):
        return "their times rise"
    reasons = [reason for reason in _contrast_reasons(e) if "Agent" not in reason]
    return "their times do not rise, but they are called perfusion" if reasons else ""


def _contrast_reasons(e: Evidence) -> list[str]:
    reasons = []
    if e.contrast_agent:
        reasons.append("Contrast/Bolus Agent (0018,0010) is given")
    if str(e.facts.get("acquisition_contrast", "")).upper() == "PERFUSION" or "PERFUSION" in e.type_parts:
        reasons.append("tags say PERFUSION")
    if word := e.says("perfusion"):
        reasons.append(f'description holds "{word}"')
    return reasons


def rising_times(frames: Sequence[Frame]) -> bool:
    """True where frames at the first position have different times by any tag, or different temporal positions."""
    placed = [frame for frame in frames if frame.position is not None]
    here = [frame for frame in placed if frame.position == placed[0].position]
    tags = sorted({tag for frame in here for tag in frame.times})
    series = [[frame.times.get(tag) for frame in here] for tag in tags]
    series.append([frame.extra.get("temporal_position") for frame in here])
    return any(None not in times and len(set(times)) == len(here) for times in series) and len(here) > 1


def _flair(e: Evidence) -> Decision | None:
    contrast = str(e.facts.get("acquisition_contrast", "")).upper()
    if contrast in ("FLUID_ATTENUATED", "FLAIR"):
        return Role.FLAIR, (f"Acquisition Contrast (0008,9209) is {contrast}",)
    inversion, echo = e.number("inversion_time_ms"), e.number("echo_time_ms")
    repetition = e.number("repetition_time_ms")
    timed = inversion >= e.config.flair_inversion_ms and echo >= e.config.flair_echo_ms
    if timed and repetition >= e.config.flair_repetition_ms:
        return Role.FLAIR, (
            f"inversion time {inversion:g} ms, echo time {echo:g} ms, repetition time {repetition:g} ms",
        )
    if (word := e.says("flair")) and echo >= e.config.flair_echo_ms and not e.echo_planar:
        return Role.FLAIR, (f'description holds "{word}"', f"echo time {echo:g} ms")
    return None


def _swi(e: Evidence) -> Decision | None:
    contrast = str(e.facts.get("acquisition_contrast", "")).upper()
    gradient = "GR" in str(e.facts.get("scanning_sequence", "")).upper().split("\\")
    if contrast == "SUSCEPTIBILITY" or "SWI" in e.type_parts:
        return Role.SWI, (f"Acquisition Contrast (0008,9209) is {contrast}" if contrast else f"{IMAGE_TYPE} holds SWI",)
    echo = e.number("echo_time_ms")
    if (word := e.says("swi")) and gradient and echo >= e.config.swi_echo_ms and not e.echo_planar:
        return Role.SWI, (f'description holds "{word}"', f"gradient echo with echo time {echo:g} ms")
    return None


def _mr_angiography(e: Evidence) -> Decision | None:
    contrast = str(e.facts.get("acquisition_contrast", "")).upper()
    if contrast in ("TOF", "TIME_OF_FLIGHT", "PHASE_CONTRAST", "FLOW_ENCODED"):
        return Role.ANGIOGRAPHY, (f"Acquisition Contrast (0008,9209) is {contrast}",)
    gradient = "GR" in str(e.facts.get("scanning_sequence", "")).upper().split("\\")
    if (word := e.says("angiography")) and gradient and not e.echo_planar:
        return Role.ANGIOGRAPHY, (f'description holds "{word}"', "gradient echo")
    return None


def _ctp(e: Evidence) -> Decision | None:
    positions, fewest = e.repeats
    seen = f"{fewest} images at each of {positions} positions"
    if parts := e.type_parts & {"MON", "PREMON", "MONITORING"}:
        return Role.OTHER, (f"{IMAGE_TYPE} holds {min(parts)}: bolus monitoring",)
    if fewest > 1 and positions < e.config.ctp_positions:
        return Role.OTHER, (seen, "bolus monitoring or a single slice, no perfusion study")
    if fewest < e.config.time_points:
        return None
    if word := e.is_called("bolus_tracking"):
        return Role.OTHER, (seen, f'description holds "{word}": bolus monitoring, no perfusion study')
    if (word := e.says("angiography")) and not e.says("perfusion") and fewest < e.config.ctp_phases:
        return Role.ANGIOGRAPHY, (seen, f'description holds "{word}": phases of an angiography, no perfusion study')
    told = _order_in_time(e)
    if not told:
        return Role.OTHER, (seen, "but their times do not rise")
    return Role.CTP, (seen, told, *_contrast_reasons(e))


def _ct_derived(e: Evidence) -> Decision | None:
    if word := e.says("spectral") or e.says("perfusion_map"):
        return Role.DERIVED, (f'description holds "{word}": a computed image',)
    if (word := e.is_called("temporal_mean")) and (perfusion := e.is_called("perfusion")):
        return Role.DERIVED, (f'description holds "{word}" and "{perfusion}": a mean over time',)
    if _is_derived(e):
        return Role.DERIVED, (f"{IMAGE_TYPE} says DERIVED",)
    return None


def _ct_contrast(e: Evidence) -> Decision | None:
    plain_word = e.says("plain")
    if word := e.says("angiography"):
        return Role.ANGIOGRAPHY, (f'description holds "{word}"', *_contrast_reasons(e))
    if e.contrast_agent and not plain_word:
        return Role.OTHER, ("Contrast/Bolus Agent (0018,0010) is given: not a non-contrast CT",)
    if e.contrast_agent:
        return Role.OTHER, (f'description holds "{plain_word}", but Contrast/Bolus Agent (0018,0010) is given',)
    if (word := e.is_called("perfusion")) and not plain_word:
        return Role.OTHER, (f'description holds "{word}": one time point of a perfusion study',)
    if (word := e.says("contrast")) and not plain_word:
        return Role.OTHER, (f'description holds "{word}": perhaps with contrast agent',)
    return None


def _ncct(e: Evidence) -> Decision:
    body = plain(e.facts.get("body_part", ""))
    head = speaks_of("head", body) or e.says("head")
    elsewhere = speaks_of("other_body", body) or ("" if head else e.says("other_body"))
    if elsewhere and not speaks_of("head", body):
        return Role.OTHER, (f'"{elsewhere}": CT of another part of the body',)
    kernel = str(e.facts.get("convolution_kernel") or "")
    if sharp_kernel(kernel) or e.says("bone"):
        return Role.OTHER, (f'kernel "{kernel}": a bone or sharp reconstruction',)
    width = _field_of_view_mm(e)
    if not head and width > e.config.head_width_mm:
        return Role.OTHER, (f"field of view {width:.0f} mm and no sign of a head",)
    where = f'"{head}"' if head else "body part not stated"
    return Role.NCCT, ("CT without contrast agent by its tags", where, *([f"kernel {kernel}"] if kernel else []))


def _field_of_view_mm(e: Evidence) -> float:
    spacing = next((frame.pixel_spacing for frame in e.frames if frame.pixel_spacing), None)
    return float(e.facts.get("columns") or 0) * spacing[1] if spacing else 0.0


def sharp_kernel(kernel: str) -> bool:
    """True for bone, edge and lung kernels: Siemens B, H, J, U, Br, Hr with 55 and above, names of GE, Philips and Canon."""
    text = kernel.upper().replace(" ", "")
    if re.search(r"BONE|EDGE|LUNG|DETAIL|SHARP", text) or text in ("YD", "YE", "E", "L", "D"):
        return True
    match = re.match(r"^[BHJUIQ][A-Z]?(\d\d)", text)
    canon = re.match(r"^FC(\d\d)", text)
    return bool(
        (match and int(match[1]) >= 55) or (canon and int(canon[1]) in (*range(30, 40), *range(50, 60), *range(80, 90)))
    )


_RULES: dict[str, tuple[Callable[[Evidence], Decision | None], ...]] = {
    "MR": (_derived, _derived_diffusion, _adc, _dwi, _dsc, _flair, _swi, _mr_angiography),
    "CT": (_derived, _ctp, _ct_derived, _ct_contrast, _ncct),
}
