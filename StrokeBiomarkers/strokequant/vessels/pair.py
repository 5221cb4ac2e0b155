"""Artery and vein together: ratio of their areas, and the optional correction of an artery for partial volume.

An artery that fills its voxels to 0.6 reads CBF and CBV 1.67 times too high; MTT, Tmax and ratios do not change. Scaling by the
vein is off by default: large veins have partial volume too, and the area of the carotid exceeds that of the sinus in 49 of 52 patients
(PLoS ONE 0097586).
"""

from dataclasses import replace

import numpy as np
from scipy.integrate import trapezoid

from ..errors import Issue, Level
from ..perfusion_config import VesselConfig
from ..perfusion_types import VesselCurve, Vessels


def pair_vessels(
    aif: VesselCurve | None,
    vof: VesselCurve | None,
    *,
    aif_candidates: tuple[VesselCurve, ...] = (),
    vof_candidates: tuple[VesselCurve, ...] = (),
    issues: tuple[Issue, ...] = (),
    config: VesselConfig = VesselConfig(),
) -> Vessels:
    """Vessels in use, with the issues of both and of the pair; for curves found or chosen alike."""
    own = [*issues, *(aif.issues if aif else ()), *(vof.issues if vof else ())]
    ratio = area_ratio(aif, vof) if aif and vof else None
    if ratio is not None:
        own.append(_ratio_issue(ratio, aif, config))
        own += _order(aif, vof)
    return Vessels(aif, vof, aif_candidates, vof_candidates, ratio, tuple(own))


def area_ratio(aif: VesselCurve, vof: VesselCurve) -> float | None:
    """Area under the vein over that under the artery, real times; None where the artery has none."""
    area = float(trapezoid(aif.values, aif.times_s))
    return float(trapezoid(vof.values, vof.times_s)) / area if area > 0 else None


def scale_by_vof(aif: VesselCurve, vof: VesselCurve) -> VesselCurve:
    """Artery scaled to the area of the vein; unchanged, with the reason, where the vein has the smaller area.

    Returns:
        A curve with the factor in `scores["scaled_by"]` and A10.
    """
    ratio = area_ratio(aif, vof)
    if ratio is None or not np.isfinite(ratio) or ratio <= 1:
        found = "no area" if ratio is None else f"ratio of areas {ratio:.2f}"
        issue = Issue("A10", Level.INFO, f"arterial input not scaled: {found}", "above 1")
        return replace(aif, scores={**aif.scores, "scaled_by": 1.0}, issues=(*aif.issues, issue))
    issue = Issue("A10", Level.WARN, f"arterial input scaled by {ratio:.2f} to the area of the venous output", "", "")
    scores = {**aif.scores, "scaled_by": ratio}
    for name in ("peak", "area"):
        if name in scores:
            scores[name] *= ratio
    return replace(aif, values=aif.values * ratio, scores=scores, issues=(*aif.issues, issue))


def _ratio_issue(ratio: float, aif: VesselCurve, config: VesselConfig) -> Issue:
    found = f"area of the venous output over that of the arterial input {ratio:.2f}"
    if ratio <= config.ratio_warn:
        return Issue("A10", Level.INFO, found)
    asked = ratio > config.ratio_ask and aif.method == "automatic"
    remedy = "the arterial input is small or tissue: CBF and CBV are too high by as much; choose another or scale it"
    return Issue("A10", Level.ASK if asked else Level.WARN, found, f"at most {config.ratio_warn:g}", remedy)


def _order(aif: VesselCurve, vof: VesselCurve) -> list[Issue]:
    early, late = (curve.scores.get("first_moment_s") for curve in (aif, vof))
    if early is None or late is None or late > early:
        return []
    found = f"first moment of the venous output {late:.1f} s, of the arterial input {early:.1f} s"
    return [Issue("A12", Level.WARN, found, "the vein after the artery", "check both; they may be exchanged")]
