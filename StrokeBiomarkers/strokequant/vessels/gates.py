"""What keeps a curve from being an artery or vein, and what stands beside one that is used.

A gate refuses (another run, irregular, flat top, clipped voxels, low peak, no first pass, later than the brain). Late, wide or unfinished curves are used only where
nothing better is there, with a warning. For a curve that a reader chose, gates warn as well.
"""

import numpy as np

from ..errors import Issue, Level
from ..perfusion_config import VesselConfig
from ..perfusion_types import Vessel
from .shape import Shapes

_NAME = {Vessel.AIF: "arterial input", Vessel.VOF: "venous output"}


def refusals(scores: dict[str, float], vessel: Vessel, step_s: float, config: VesselConfig) -> list[tuple[str, str]]:
    """(code, reason) of every gate that a curve fails.

    Args:
        scores: of `Shapes.of`, and `peak_share` (of the highest peak of the series), `before_brain_s` and
            `flagged_share` where they are known.
        vessel: a vein need not have fallen at the end of the scan.
        step_s: median step between frames.
        config: limits.
    """
    failed = []
    if scores["second_run"] >= config.second_run:
        failed.append(("A08", f"a second run reaches {100 * scores['second_run']:.0f} % of the peak"))
    limit = smoothness_limit(step_s, config)
    if scores["irregularity"] > limit:
        failed.append(("A08", f"irregular: {scores['irregularity']:.3f}, at most {limit:.3f}"))
    if scores.get("peak_share", 1.0) < config.peak_min:
        failed.append(("A08", f"its peak is {100 * scores['peak_share']:.0f} % of the highest"))
    if scores["fwhm_s"] > config.fwhm_gate_s:
        failed.append(("A04", f"FWHM {scores['fwhm_s']:.1f} s: no first pass"))
    if scores["area"] < config.area_min * scores["peak"] * scores["fwhm_s"]:
        failed.append(("A08", "falls below its baseline after the bolus: motion or drift at an edge"))
    if vessel is Vessel.AIF and scores["tail_fraction"] >= config.tail_gate:
        failed.append(("A05", f"the last frame has {100 * scores['tail_fraction']:.0f} % of the peak: no first pass"))
    if vessel is Vessel.AIF and scores.get("late_s", 0.0) > config.late_gate_s:
        failed.append(("A03", f"arrives {scores['late_s']:.1f} s after the earliest voxels"))
    if scores.get("before_brain_s", 0.0) < -config.after_brain_s:
        failed.append(("A03", f"arrives {-scores['before_brain_s']:.1f} s after the mean of the brain: no artery"))
    flat = scores["flatness"] > config.flat_width and scores["flat_frames"] >= config.flat_frames
    if flat and scores["fwhm_s"] >= config.flat_steps * step_s:
        failed.append(("A07", f"flat top: {scores['flat_frames']:.0f} frames, {scores['flatness']:.2f} of the width"))
    if scores.get("flagged_share", 0.0) > config.flagged_max:
        failed.append(("A07", f"{100 * scores['flagged_share']:.0f} % of its voxels are clipped or at the noise floor"))
    return failed


def faults(scores: dict[str, float], vessel: Vessel, config: VesselConfig) -> list[Issue]:
    """What makes a curve second choice: late, wide, not fallen at the end."""
    found = []
    name, tail = _NAME[vessel], f"the last frame has {100 * scores['tail_fraction']:.0f} % of the peak"
    if vessel is Vessel.VOF:
        if scores["tail_fraction"] > config.vof_tail_max:
            expected = f"at most {100 * config.vof_tail_max:g} %"
            found.append(
                _warn("A06", f"scan truncated: {tail}", expected, "CBV and MTT are too low; Tmax is kept", name)
            )
        return found
    late = scores.get("late_s", 0.0)
    if late > config.late_s:
        text = f"arrives {late:.1f} s after the earliest {config.earliest_percent:g} % of the voxels"
        remedy = "Tmax is too short by as much: choose an earlier artery"
        found.append(_warn("A03", text, f"at most {config.late_s:g} s", remedy, name))
    if scores["fwhm_s"] > config.fwhm_max_s:
        text = f"FWHM {scores['fwhm_s']:.1f} s"
        remedy = "CBF is too high and Tmax too short: choose a narrower artery"
        found.append(_warn("A04", text, f"at most {config.fwhm_max_s:g} s", remedy, name))
    if scores["tail_fraction"] > config.aif_tail_max:
        expected = f"at most {100 * config.aif_tail_max:g} %"
        found.append(_warn("A05", tail, expected, "CBV is too high or the scan too short: see the venous output", name))
    return found


def smoothness_limit(step_s: float, config: VesselConfig) -> float:
    """Largest irregularity of a clean curve, which grows where frames are far apart."""
    return config.smoothness_max * max(1.0, step_s / config.smoothness_step_s) ** 3


def first_pass(shapes: Shapes, config: VesselConfig) -> np.ndarray:
    """(n,) bool: one run that rises and falls again within the width of a bolus; motion at an edge and noise do not."""
    return (
        (shapes.second_run < config.second_run)
        & (shapes.tail_fraction < config.tail_gate)
        & (shapes.fwhm_s <= config.fwhm_gate_s)
    )


def as_warnings(failed: list[tuple[str, str]], vessel: Vessel) -> list[Issue]:
    """Gates that a curve chosen by a reader fails."""
    return [_warn(code, reason, "a clean first pass", "choose other voxels", _NAME[vessel]) for code, reason in failed]


def median_step_s(times_s: np.ndarray) -> float:
    """Median step between frames."""
    return float(np.median(np.diff(np.asarray(times_s, float))))


def _warn(code: str, found: str, expected: str, remedy: str, subject: str) -> Issue:
    return Issue(code, Level.WARN, found, expected, remedy, subject)
