"""Exact perfusion curves: arterial input, residues, their convolution, sampled at any times.

Everything lives on a grid of 0.01 s and is read from it at real times, so that a curve does not depend on when a scanner looks.
Exponential kernels are integrated exactly over the pieces of the grid, boxes and ramps are differences of running integrals:
the area of tissue over artery is the mean transit time to rounding. Concentration is in units of the arterial peak, flow is
taken out: tissue of CBF f mL/100 g/min reads f/6000 x `tissue_curve`.

    artery = arterial_curve(Injection(onset_s=10.0), recirculation=True)
    tissue = tissue_curve(artery, mtt_s=4.0)                      # exponential residue
    c = 60 / 6000 * tissue.at(times - delay)                      # CBF 60, any times, any delay
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.signal import fftconvolve, lfilter
from scipy.special import gammaincc

STEP_S = 0.01
START_S, END_S = -60.0, 300.0
"""Extent of the grid: before any injection, after any scan."""


class Shape(StrEnum):
    """Shape of the residue R(t), the share of an instant bolus still in the tissue."""

    EXPONENTIAL = "exponential"
    """exp(-t/MTT)"""
    BOX = "box"
    """1 until MTT"""
    LINEAR = "linear"
    """1 - t/(2 MTT), until 0"""
    GAMMA = "gamma"
    """Transit times are gamma distributed with shape `spread`: 1 is exponential, 100 nearly a box"""


@dataclass(frozen=True, eq=False)
class Curve:
    """A function of time on the fine grid.

    Args:
        values: at `start_s` + n x 0.01 s.
        start_s: time of the first value; the curve is 0 before it.
    """

    values: np.ndarray
    start_s: float = START_S

    def at(self, times_s) -> np.ndarray:
        """Values at any times in s; 0 before the grid, the last value after it."""
        position = (np.asarray(times_s, float) - self.start_s) / STEP_S
        return np.interp(position, np.arange(len(self.values)), self.values, left=0.0)

    @property
    def times_s(self) -> np.ndarray:
        """Times of the grid."""
        return self.start_s + STEP_S * np.arange(len(self.values))

    @property
    def area(self) -> float:
        """Integral over the grid."""
        return float(self.values.sum() - (self.values[0] + self.values[-1]) / 2) * STEP_S

    def delayed(self, delay_s: float) -> "Curve":
        """The same curve later."""
        return replace(self, start_s=self.start_s + delay_s)

    def scaled(self, factor: float) -> "Curve":
        """The curve times a number."""
        return replace(self, values=self.values * factor)


@dataclass(frozen=True, slots=True)
class Injection:
    """One passage of a bolus through the artery: gamma variate of exponent 3.

    Args:
        onset_s: arrival.
        height: peak; 1 is the unit of concentration.
        width_s: time constant; the peak is 3 of them after the onset.
    """

    onset_s: float = 10.0
    height: float = 1.0
    width_s: float = 1.5


def _grid() -> np.ndarray:
    return START_S + STEP_S * np.arange(round((END_S - START_S) / STEP_S) + 1)


def _gamma_variate(t: np.ndarray, onset_s: float, width_s: float) -> np.ndarray:
    """(t - onset)^3 exp(-(t - onset)/width), peak 1."""
    u = np.maximum(t - onset_s, 0) / (3 * width_s)
    return u**3 * np.exp(3 * (1 - u))


def _passage(t: np.ndarray, injection: Injection, recirculation: bool) -> np.ndarray:
    onset = injection.onset_s
    first = _gamma_variate(t, onset, injection.width_s)
    if recirculation:
        first = first + 0.15 * _gamma_variate(t, onset + 8, 4.0)
        first = first + 0.06 * (1 - np.exp(-np.maximum(t - onset - 4, 0) / 6))
    return injection.height * first


def arterial_curve(*injections: Injection, recirculation: bool = False, dispersion_s: float = 0.0) -> Curve:
    """Arterial input.

    Args:
        injections: one after the other; none gives a curve of zeros (no contrast).
        recirculation: adds a second pass of 15 % and a plateau of 6 % to each.
        dispersion_s: time constant of an exponential kernel of area 1.
    """
    t = _grid()
    values = sum((_passage(t, injection, recirculation) for injection in injections), np.zeros_like(t))
    curve = Curve(values)
    return dispersed(curve, dispersion_s) if dispersion_s > 0 else curve


def _exponential(values: np.ndarray, tau_s: float) -> np.ndarray:
    """Convolution with exp(-t/tau), exact for values that are linear between the points of the grid."""
    h = STEP_S / tau_s
    decay = np.exp(-h)
    new = tau_s * (1 - (1 - decay) / h)
    old = tau_s * (1 - decay) - new
    return lfilter([new, old], [1, -decay], values)


def _running_integral(values: np.ndarray) -> np.ndarray:
    steps = (values[1:] + values[:-1]) * (STEP_S / 2)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _shifted(values: np.ndarray, by_s: float) -> np.ndarray:
    """Values `by_s` later, linear between the points of the grid."""
    n = np.arange(len(values))
    return np.interp(n - by_s / STEP_S, n, values, left=0.0)


def dispersed(curve: Curve, tau_s: float) -> Curve:
    """Convolution with the exponential kernel exp(-t/tau)/tau: later by tau, wider, same area."""
    return replace(curve, values=_exponential(curve.values, tau_s) / tau_s)


def _box(values: np.ndarray, mtt_s: float) -> np.ndarray:
    integral = _running_integral(values)
    return integral - _shifted(integral, mtt_s)


def _linear(values: np.ndarray, mtt_s: float) -> np.ndarray:
    base = 2 * mtt_s
    integral = _running_integral(values)
    twice = _running_integral(integral)
    return integral - (twice - _shifted(twice, base)) / base


def _gamma_transit(values: np.ndarray, mtt_s: float, spread: float) -> np.ndarray:
    """By FFT, with half weight at both ends of every product (trapezoid)."""
    residue = gammaincc(spread, STEP_S * np.arange(len(values)) * spread / mtt_s)
    whole = fftconvolve(values, residue)[: len(values)]
    return STEP_S * (whole - 0.5 * residue[0] * values - 0.5 * residue * values[0])


def tissue_curve(
    artery: Curve,
    mtt_s: float,
    shape: Shape | str = Shape.EXPONENTIAL,
    *,
    spread: float = 5.0,
    leakage_per_s: float = 0.0,
) -> Curve:
    """Convolution of the artery with the residue; area MTT x that of the artery.

    Args:
        artery: input.
        mtt_s: mean transit time, > 0.
        shape: of the residue.
        spread: of gamma distributed transit times.
        leakage_per_s: K2; this times the running integral of the curve is added. Negative where leaked contrast counteracts
            the first pass, as by T1 in DSC.

    Returns:
        Curve per unit of flow (1/s x s): multiply by CBF/6000 for CBF in mL/100 g/min.
    """
    if not mtt_s > 0:
        msg = f"mean transit time {mtt_s} s must be > 0"
        raise ValueError(msg)
    kernels = {
        Shape.EXPONENTIAL: _exponential,
        Shape.BOX: _box,
        Shape.LINEAR: _linear,
        Shape.GAMMA: lambda values, mtt: _gamma_transit(values, mtt, spread),
    }
    values = kernels[Shape(shape)](artery.values, mtt_s)
    return replace(artery, values=values + leakage_per_s * _running_integral(values) if leakage_per_s else values)


def venous_curve(artery: Curve, *, transit_s: float = 3.0, delay_s: float = 2.0) -> Curve:
    """Venous output: the artery through an exponential of this transit time, later, with the same area."""
    return dispersed(artery, transit_s).delayed(delay_s)
