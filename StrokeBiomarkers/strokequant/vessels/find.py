"""Arterial input function (AIF) and venous output function (VOF), found automatically.

AIF: voxels that fill with the earliest ones, ordered by the sum of the ranks of peak, arrival, first moment, width and
irregularity, grow to vessels of 3 to 50 voxels; vessels are ordered by the same sum. The first that passes the gates and is
neither late, wide nor unfinished is used; the others stay as candidates with the reason. A search by time finds an artery that
fills early in whichever hemisphere it lies, so that the late side of an occlusion is not taken.

VOF: high peaks that come after the AIF, with a preference for the posterior midline (sagittal sinus, torcula).

The measured mean curve is used, never a fit.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from ..errors import Issue, Level
from ..perfusion_config import VesselConfig
from ..perfusion_types import Curves, Vessel, VesselCurve, Vessels
from ..segmentation.sides import MidPlane
from .clusters import grow, measured_curve, with_gamma_fit
from .gates import faults, first_pass, median_step_s, refusals, smoothness_limit
from .pair import pair_vessels
from .survey import Survey, survey_curves

_TRIES = 3000
"""Seeds that are tried: most of a noisy study's voxels have no neighbor that is alike."""


def find_vessels(
    curves: Curves,
    *,
    search: np.ndarray | None = None,
    midplane: MidPlane | None = None,
    survey: Survey | None = None,
    config: VesselConfig = VesselConfig(),
) -> Vessels:
    """AIF and VOF of a study.

    Args:
        curves: of a mask that may reach beyond the brain (carotids, sinuses); best not smoothed.
        search: (k, j, i) bool, where vessels may lie; all of `curves` without it.
        midplane: for the sides.
        survey: of these curves, where it was made already.
        config: limits.

    Returns:
        The vessels in use and up to five candidates of each, best first, then up to five that were refused. `issues` holds those
        of the vessels in use too. Without a usable artery `aif` is None with A01.
    """
    survey = survey or survey_curves(curves, search=search, midplane=midplane, config=config)
    arteries = _arteries(survey, config)
    kept_arteries = _kept(arteries, survey, config)
    aif = next((curve for curve in kept_arteries if not curve.rejected), None)
    veins = _veins(survey, aif, config)
    kept_veins = _kept(veins, survey, config)
    vof = next((curve for curve in kept_veins if not curve.rejected), None)
    issues = [_passed_over(aif, arteries, config)] if aif else [_no_artery(arteries, survey)]
    if vof is None:
        issues.append(_no_vein(veins))
    return pair_vessels(
        aif,
        vof,
        aif_candidates=kept_arteries,
        vof_candidates=kept_veins,
        issues=tuple(issue for issue in issues if issue),
        config=config,
    )


def _arteries(survey: Survey, config: VesselConfig) -> list[VesselCurve]:
    shapes = survey.shapes
    late = shapes.arrival_s > survey.earliest_s + config.late_s
    order = _artery_ranks(survey, lambda name: getattr(shapes, name), config)
    found = _clusters(survey, np.lexsort((order, late, _odd(survey, config))), Vessel.AIF, config)
    return _ordered(found, _artery_ranks(survey, lambda name: [c.scores[name] for c in found], config))


def _odd(survey: Survey, config: VesselConfig) -> np.ndarray:
    """(rows,) bool: no smooth first pass (motion at an edge, noise); looked at last, so that they do not crowd out vessels."""
    limit = smoothness_limit(median_step_s(survey.curves.times_s), config)
    return ~first_pass(survey.shapes, config) | (survey.shapes.irregularity > limit)


def _artery_ranks(survey: Survey, column: Callable[[str], Sequence[float]], config: VesselConfig) -> np.ndarray:
    """Sum of ranks; values that differ by less than frames can show share theirs."""
    width = config.tie_steps * median_step_s(survey.curves.times_s)
    ties = {
        "peak": -config.tie_peak * survey.highest,
        "arrival_s": width,
        "first_moment_s": width,
        "fwhm_s": width,
        "irregularity": config.tie_irregularity,
    }
    ranks = {name: stats.rankdata(np.round(np.asarray(column(name), float) / tie)) for name, tie in ties.items()}
    return sum(ranks.values()) + (config.early_weight - 1) * ranks["arrival_s"]


def _veins(survey: Survey, aif: VesselCurve | None, config: VesselConfig) -> list[VesselCurve]:
    shapes = survey.shapes
    moment = shapes.first_moment_s
    pool = _vein_pool(survey, aif, config)
    distance = _distance(survey, survey.lps, config)
    order = _rank_sum((-shapes.peak[pool], -moment[pool], -shapes.area[pool], distance[pool]))
    found = _clusters(survey, pool[np.lexsort((order, _odd(survey, config)[pool]))], Vessel.VOF, config)
    places = [_distance(survey, np.array([curve.center_lps]), config)[0] for curve in found]
    columns = [[-curve.scores[name] for curve in found] for name in ("peak", "first_moment_s", "area")]
    return _ordered(found, _rank_sum([*columns, places]))


def _vein_pool(survey: Survey, aif: VesselCurve | None, config: VesselConfig) -> np.ndarray:
    """Positions in `survey.rows` that are high, late and, where there are such, wider than the artery."""
    shapes = survey.shapes
    high = shapes.peak >= config.vein_peak * survey.highest
    moment = shapes.first_moment_s
    if aif is None:
        return np.flatnonzero(
            high & (moment >= (np.percentile(moment, 100 - config.vein_latest_percent) if moment.size else 0.0))
        )
    late = high & (moment >= aif.scores["first_moment_s"] + config.vein_delay_s)
    wide = late & (shapes.fwhm_s >= config.vein_width * aif.scores["fwhm_s"])
    return np.flatnonzero(wide if np.count_nonzero(wide) >= config.cluster_min else late)


def _clusters(survey: Survey, seeds: np.ndarray, vessel: Vessel, config: VesselConfig) -> list[VesselCurve]:
    """Vessels grown from seeds in their order, from voxels that are among the seeds."""
    free = np.zeros(len(survey.rows), bool)
    free[seeds] = True
    found: list[VesselCurve] = []
    for seed in seeds[:_TRIES].tolist():
        if not free[seed]:
            continue
        members = grow(survey, seed, free, config)
        free[seed] = False
        if len(members) < config.cluster_min:
            continue
        free[members] = False
        curve = measured_curve(survey, survey.rows[members], vessel, "automatic", config)
        found.append(replace(curve, issues=tuple(faults(curve.scores, vessel, config))))
        if len(found) == config.clusters:
            break
    return found


def _rank_sum(columns) -> np.ndarray:
    """Sum of the ranks (1 is best, equal values share a rank) of n things in several columns, lowest value first."""
    return np.sum([stats.rankdata(column) for column in columns], axis=0)


def _ordered(found: list[VesselCurve], ranks: np.ndarray) -> list[VesselCurve]:
    """Best first: gates, then faults, then ranks."""
    scored = [
        replace(curve, scores={**curve.scores, "rank_sum": float(rank)})
        for curve, rank in zip(found, ranks, strict=True)
    ]
    return sorted(scored, key=lambda c: (bool(c.rejected), bool(c.issues), c.scores["rank_sum"], c.voxels[0].tolist()))


def _kept(curves: list[VesselCurve], survey: Survey, config: VesselConfig) -> tuple[VesselCurve, ...]:
    usable = [curve for curve in curves if not curve.rejected]
    refused = [curve for curve in curves if curve.rejected]
    kept = usable[: config.candidates] + refused[: config.candidates]
    return tuple(with_gamma_fit(curve, survey.curves.bolus.first) for curve in kept)


def _distance(survey: Survey, lps: np.ndarray, config: VesselConfig) -> np.ndarray:
    """mm from the mid-plane plus a share of the mm to the back of the head (LPS +y)."""
    if not len(lps):
        return np.zeros(0)
    back = survey.curves.geometry.to_lps(survey.index)[:, 1].max()
    return np.abs(survey.plane.leftward_mm(lps)) + config.vein_back_weight * (back - lps[:, 1])


def _passed_over(aif: VesselCurve, arteries: list[VesselCurve], config: VesselConfig) -> Issue | None:
    """A09 where vessels of better rank, or saturated ones with a higher peak, were not taken.

    It asks where these are saturated and the one in use comes much later than the earliest voxels: it is tissue behind them.
    """
    better = [
        curve
        for curve in arteries
        if curve.scores["rank_sum"] < aif.scores["rank_sum"]
        or (curve.scores["peak"] > aif.scores["peak"] and _saturated(curve, config))
    ]
    if not better:
        return None
    first = min(better, key=lambda c: c.scores["rank_sum"])
    reason = first.rejected or "; ".join(issue.found for issue in first.issues)
    where = ", ".join(f"{x:.0f}" for x in first.center_lps)
    late = aif.scores.get("late_s", 0.0) > config.late_saturated_s and any(
        _saturated(curve, config) for curve in better
    )
    return Issue(
        "A09",
        Level.ASK if late else Level.WARN,
        f"{len(better)} arteries of better rank or higher peak were not used; the first, at LPS {where} mm: {reason}",
        "the first of the ranking",
        "choose the arterial input by hand: what is left comes too late" if late else "check the arterial input",
    )


def _saturated(curve: VesselCurve, config: VesselConfig) -> bool:
    return "A07" in [code for code, _ in refusals(curve.scores, curve.vessel, median_step_s(curve.times_s), config)]


def _no_artery(arteries: list[VesselCurve], survey: Survey) -> Issue:
    if arteries:
        reasons = [f"{n}: {curve.rejected}" for n, curve in enumerate(arteries[:3], start=1)]
        found = f"{len(arteries)} vessels, none usable; " + "; ".join(reasons)
    else:
        found = f"no vessel among {len(survey.rows)} voxels with a clear bolus"
    return Issue("A01", Level.ASK, found, "a clean, early curve", "choose the arterial input by hand")


def _no_vein(veins: list[VesselCurve]) -> Issue:
    found = (
        f"{len(veins)} veins, none usable; {veins[0].rejected}" if veins else "no high peak after the arterial input"
    )
    return Issue("A02", Level.WARN, found, "a high, late curve", "whether the scan was long enough cannot be told")
