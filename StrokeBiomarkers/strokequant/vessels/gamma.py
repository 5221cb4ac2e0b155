"""Gamma-variate fit of a first pass, for quality control only.

The measured curve is what is deconvolved: with the fit in its place a recirculating bolus reads CBV 2.0 times too high.
"""

import numpy as np
from scipy import optimize


def gamma_variate(times_s: np.ndarray, height: float, start_s: float, power: float, scale_s: float) -> np.ndarray:
    """height at its peak; (t - start)^power exp(-(t - start) / scale)."""
    since = np.maximum(np.asarray(times_s, float) - start_s, 0) / (power * scale_s)
    return height * since**power * np.exp(power * (1 - since))


def gamma_residual(values: np.ndarray, times_s: np.ndarray, scores: dict[str, float]) -> float:
    """Root mean square of the first pass minus its fit, over the peak; NaN where it cannot be fitted.

    Args:
        values, times_s: (t,) curve.
        scores: its peak, arrival, time to peak and width.
    """
    end = scores["arrival_s"] + 2.5 * scores["fwhm_s"]
    used = (times_s >= scores["arrival_s"] - scores["fwhm_s"]) & (times_s <= end)
    if np.count_nonzero(used) < 5 or scores["fwhm_s"] <= 0:
        return float("nan")
    times, scaled = times_s[used], values[used] / scores["peak"]
    guess = [1.0, scores["arrival_s"] - 0.3 * scores["fwhm_s"], 3.0, scores["fwhm_s"] / 4]
    low = [0.2, scores["arrival_s"] - 3 * scores["fwhm_s"], 0.3, 0.05]
    high = [3.0, scores["time_to_peak_s"], 20.0, 20.0]
    guess = np.clip(guess, np.add(low, 1e-6), np.subtract(high, 1e-6))

    def residual(parameters):
        return gamma_variate(times, *parameters) - scaled

    fit = optimize.least_squares(residual, guess, bounds=(low, high), max_nfev=100)
    return float(np.sqrt(np.mean(fit.fun**2)))
