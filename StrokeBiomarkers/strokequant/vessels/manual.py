"""Vessels that a reader chooses: a point or a region, by the same path as the automatic ones.

A point moves to the highest peak close by and grows to the vessel there; a region gives the mean of its voxels. The same voxels
give the same curve and scores as the automatic search. Gates do not refuse here: the reader sees what they say.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import Issue, Level, MapError
from ..geometry import Geometry
from ..maps.concentration import concentration
from ..perfusion_config import ConcentrationConfig, VesselConfig
from ..perfusion_types import Bolus, Curves, Vessel, VesselCurve
from ..types import Mask, TimeSeries
from .clusters import REACH, grow, measured_curve, with_gamma_fit
from .gates import as_warnings, faults, median_step_s, refusals
from .survey import Survey, survey_curves


def manual_vessel(
    source: Curves | TimeSeries,
    *,
    vessel: Vessel,
    point_lps: tuple[float, float, float] | None = None,
    roi: np.ndarray | None = None,
    bolus: Bolus | None = None,
    survey: Survey | None = None,
    config: VesselConfig = VesselConfig(),
    signal: ConcentrationConfig = ConcentrationConfig(),
) -> VesselCurve:
    """Curve of a point or a region.

    Args:
        source: curves, or the series itself (with `bolus`) where the place lies outside of their mask; what needs the other
            voxels, such as how late the artery is, is then not said.
        vessel: AIF or VOF.
        point_lps: mm.
        roi: (k, j, i) bool on the grid of the source.
        bolus: for a series.
        survey: of the curves, to be made once for many places.
        config: limits.
        signal: concentration, for a series.

    Returns:
        The curve; failed gates and faults are its issues.

    Raises:
        MapError: A11 where there is no voxel with a curve; whatever `concentration` refuses.
    """
    if (point_lps is None) == (roi is None):
        raise MapError(_unusable("a point and a region" if roi is not None else "neither a point nor a region"))
    place = _voxel_of(source.geometry, point_lps) if roi is None else None
    if roi is not None and (roi.shape != source.geometry.shape or not roi.any()):
        raise MapError(_unusable(f"a region of {np.count_nonzero(roi)} voxels, shape {roi.shape}"))
    if isinstance(source, TimeSeries):
        survey = _local_survey(source, roi if place is None else _around(source.geometry, place), bolus, config, signal)
    survey = survey or survey_curves(source, config=config)
    rows, issues = _rows_of_point(survey, place, config) if roi is None else _rows_of_region(survey, roi)
    method = "manual point" if roi is None else "manual ROI"
    curve = with_gamma_fit(measured_curve(survey, rows, vessel, method, config), survey.curves.bolus.first)
    failed = refusals(curve.scores, vessel, median_step_s(curve.times_s), config)
    own = (*issues, *as_warnings(failed, vessel), *faults(curve.scores, vessel, config))
    return replace(curve, rejected="", issues=own)


def chosen_candidate(candidates: Sequence[VesselCurve], number: int) -> VesselCurve:
    """A candidate that a reader has chosen from the list; what spoke against it becomes a warning.

    Args:
        candidates: of the automatic search.
        number: from 1.

    Raises:
        MapError: A11 where there is no such candidate.
    """
    if not 1 <= number <= len(candidates):
        raise MapError(_unusable(f"candidate {number} of {len(candidates)}"))
    curve = candidates[number - 1]
    against = as_warnings([("A08", curve.rejected)] if curve.rejected else [], curve.vessel)
    return replace(curve, method="chosen candidate", rejected="", issues=(*curve.issues, *against))


def _voxel_of(geometry: Geometry, point_lps) -> tuple[int, int, int]:
    """(k, j, i) of the voxel that holds a point.

    Raises:
        MapError: A11 outside of the slices.
    """
    point = np.asarray(point_lps, float)
    distance = np.abs(geometry.positions - point @ geometry.normal)
    k = int(np.argmin(distance))
    offset = point - geometry.slice_origins[k]
    (i, j), *_ = np.linalg.lstsq(geometry.affine[:3, :2], offset, rcond=None)
    voxel = (k, round(float(j)), round(float(i)))
    inside = all(0 <= n < size for n, size in zip(voxel, geometry.shape, strict=True))
    if not inside or distance[k] > geometry.slice_extents[k]:
        raise MapError(_unusable(f"the point {tuple(round(float(x), 1) for x in point)} mm LPS"))
    return voxel


def _around(geometry: Geometry, voxel: tuple[int, int, int]) -> np.ndarray:
    k, j, i = voxel
    near = np.zeros(geometry.shape, bool)
    near[k, max(0, j - REACH) : j + REACH + 1, max(0, i - REACH) : i + REACH + 1] = True
    return near


def _local_survey(series: TimeSeries, where: np.ndarray, bolus: Bolus | None, config, signal) -> Survey:
    """Survey of a part of the series; it does not know the rest."""
    if bolus is None:
        raise MapError(_unusable("a series without its bolus"))
    mask = Mask(where, series.geometry, "vessel search", "around the chosen place")
    curves = concentration(series, mask, bolus, smooth_px=0, config=signal)
    return replace(survey_curves(curves, config=config), highest=0.0, earliest_s=float("nan"))


def _rows_of_point(survey: Survey, voxel: tuple[int, int, int], config: VesselConfig) -> tuple[np.ndarray, tuple]:
    k, j, i = voxel
    along_i, along_j = survey.curves.geometry.pixel_spacing
    index = survey.index
    distance = np.hypot((index[:, 1] - j) * along_j, (index[:, 2] - i) * along_i)
    near = np.flatnonzero((index[:, 0] == k) & (distance <= config.pick_mm))
    if not near.size:
        raise MapError(_unusable(f"no voxel with a curve within {config.pick_mm:g} mm of the point"))
    position = survey.lookup[tuple(index[near].T)]
    if (position < 0).all():
        return near[np.argmin(distance[near])][None], (_few(1, config),)
    position = position[position >= 0]
    seed = int(position[np.argmax(survey.shapes.peak[position])])
    rows = survey.rows[grow(survey, seed, np.ones(len(survey.rows), bool), config)]
    return rows, (_few(len(rows), config),) if len(rows) < config.cluster_min else ()


def _rows_of_region(survey: Survey, roi: np.ndarray) -> tuple[np.ndarray, tuple]:
    rows = np.flatnonzero(roi[survey.curves.mask])
    if not rows.size:
        raise MapError(_unusable("no voxel with a curve in the region"))
    missing = int(np.count_nonzero(roi)) - len(rows)
    if not missing:
        return rows, ()
    found = f"{missing} of {np.count_nonzero(roi)} voxels of the region have no curve"
    return rows, (Issue("A11", Level.WARN, found, "a region within the mask of the curves", "they are left out"),)


def _few(voxels: int, config: VesselConfig) -> Issue:
    found = f"a vessel of {voxels} voxel{'s' if voxels > 1 else ''}"
    return Issue("A08", Level.WARN, found, f"at least {config.cluster_min}", "draw a region instead")


def _unusable(found: str) -> Issue:
    return Issue(
        "A11", Level.STOP, found, "a point or a region within the slices, where there are curves", "choose again"
    )
