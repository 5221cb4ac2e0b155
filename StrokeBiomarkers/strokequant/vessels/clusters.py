"""From single voxels to the curve of a vessel: neighbors that fill at the same time, with one course and a similar peak.

A vessel stays within its slice where slices have times of their own; else it may reach one slice up and down, because an upright
carotid has few whole voxels in a slice.
"""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from ..perfusion_config import VesselConfig
from ..perfusion_types import Bolus, Curves, Vessel, VesselCurve
from .gamma import gamma_residual
from .gates import median_step_s, refusals
from .shape import curve_shapes
from .survey import Survey, light_curve, times_of_slice

REACH = 10
"""Pixels around a seed within which its vessel is looked for."""


def grow(survey: Survey, seed: int, free: np.ndarray, config: VesselConfig) -> np.ndarray:
    """Voxels of the vessel that a voxel belongs to, nearest first.

    Args:
        survey: candidates.
        seed: position in `survey.rows`.
        free: (rows,) bool, voxels that may be taken.
        config: what a neighbor has in common with the seed.

    Returns:
        Positions in `survey.rows`, at most `cluster_max`, the seed first.
    """
    window, own = _window(survey, seed)
    places = np.argwhere(window >= 0)
    near = window[tuple(places.T)]
    alike = free[near]
    alike[alike] = _alike(survey, seed, near[alike], config)
    joined = np.zeros(window.shape, bool)
    joined[tuple(places[alike].T)] = True
    joined[own] = True
    labels, _ = ndimage.label(joined, np.ones((3, 3, 3)))
    places = np.argwhere(labels == labels[own])
    spacing = survey.curves.geometry
    steps = np.array([spacing.mean_extent_mm, spacing.pixel_spacing[1], spacing.pixel_spacing[0]])
    distance = (((places - own) * steps) ** 2).sum(axis=1)
    return window[tuple(places[np.argsort(distance, kind="stable")[: config.cluster_max]].T)]


def _window(survey: Survey, seed: int) -> tuple[np.ndarray, tuple[int, int, int]]:
    """Part of the lookup around a seed, and where the seed is in it; one slice where slices have times of their own."""
    slices = 1 if survey.curves.slice_times_s is None else 0
    voxel = survey.index[survey.rows[seed]]
    reach = np.array([slices, REACH, REACH])
    start, stop = np.maximum(voxel - reach, 0), voxel + reach + 1
    return survey.lookup[tuple(map(slice, start, stop))], tuple((voxel - start).tolist())


def _alike(survey: Survey, seed: int, others: np.ndarray, config: VesselConfig) -> np.ndarray:
    """(others,) bool: arrival, peak and course are those of the seed."""
    shapes = survey.shapes
    ratio = shapes.peak[others] / shapes.peak[seed]
    alike = np.abs(shapes.arrival_s[others] - shapes.arrival_s[seed]) <= config.same_arrival_s
    alike &= (ratio >= config.same_peak) & (ratio <= 1 / config.same_peak)
    first = survey.curves.bolus.first
    own, theirs = (survey.light[rows, first:].astype(float) for rows in (seed, others[alike]))
    own, theirs = own - own.mean(), theirs - theirs.mean(axis=1, keepdims=True)
    correlation = theirs @ own / np.sqrt((own @ own) * (theirs**2).sum(axis=1))
    alike[alike] = correlation >= config.same_correlation
    return alike


def measured_curve(survey: Survey, rows: np.ndarray, vessel: Vessel, method: str, config: VesselConfig) -> VesselCurve:
    """Mean curve of voxels with its scores; `rejected` says which gates it fails.

    Args:
        survey: highest peak, earliest arrival and sides.
        rows: rows of `survey.curves.values`.
        vessel: AIF or VOF.
        method: for the record.
        config: limits.
    """
    curves, rows = survey.curves, np.sort(np.asarray(rows))
    voxels = survey.index[rows]
    values = curves.values[rows].mean(axis=0, dtype=float)
    times = np.mean([times_of_slice(curves, k) for k in voxels[:, 0]], axis=0)
    values, frames = on_own_baseline(values, times, curves.bolus, config)
    scores = curve_scores(values, times, curves.bolus.first, survey.earliest_s, config)
    scores["baseline_frames"] = float(frames)
    if survey.highest > 0:
        scores["peak_share"] = scores["peak"] / survey.highest
    if vessel is Vessel.AIF and np.isfinite(survey.brain_s):
        scores["before_brain_s"] = survey.brain_s - scores["arrival_s"]
    scores["flagged_share"] = _flagged(curves, rows)
    scores["voxels"] = float(len(rows))
    center = curves.geometry.to_lps(voxels).mean(axis=0)
    return VesselCurve(
        vessel,
        values,
        times,
        voxels,
        tuple(float(x) for x in center),
        method,
        scores,
        "; ".join(reason for _, reason in refusals(scores, vessel, median_step_s(times), config)),
        survey.plane.side(center, config.midline_mm),
    )


def on_own_baseline(
    values: np.ndarray, times: np.ndarray, bolus: Bolus, config: VesselConfig
) -> tuple[np.ndarray, int]:
    """Curve with its level taken from the frames before its own bolus, and how many those are.

    An artery fills before the brain mean leaves its baseline. Where the frames that all voxels share reach into its rise, its
    whole curve lies too low by the same amount, which the mean of its earlier frames shows.
    """
    frames = bolus.last - bolus.first
    for _ in range(2):
        shape = curve_shapes(values[None], times, bolus.first, config)
        start = float(shape.arrival_s[0] - config.onset_rises * shape.rise_s[0])
        own = int(np.count_nonzero(times[bolus.first : bolus.last] <= start))
        if not config.own_baseline_frames <= own < bolus.last - bolus.first:
            break
        values, frames = values - values[bolus.first : bolus.first + own].mean(), own
    return values, frames


def curve_scores(values, times, first: int, earliest_s: float, config: VesselConfig) -> dict[str, float]:
    """Shape numbers of one curve and how late it is."""
    scores = curve_shapes(values[None], times, first, config).of(0)
    if np.isfinite(earliest_s):
        light = curve_shapes(light_curve(values, first)[None], times, first, config)
        scores["late_s"] = float(light.arrival_s[0]) - earliest_s
    return scores


def with_gamma_fit(curve: VesselCurve, first: int) -> VesselCurve:
    """The curve with how far a gamma fit of its first pass is off; the fit itself is never used."""
    residual = gamma_residual(curve.values[first:], curve.times_s[first:], curve.scores)
    return replace(curve, scores={**curve.scores, "gamma_residual": residual})


def _flagged(curves: Curves, rows: np.ndarray) -> float:
    return 0.0 if curves.flags is None else float(np.count_nonzero(curves.flags[rows]) / len(rows))
