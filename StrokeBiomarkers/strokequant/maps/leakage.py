"""Leakage correction of DSC (Boxerman et al., AJNR 2006), off by default.

dR2*(t) = K1 avg(t) - K2 int(avg), with the mean curve avg of brain that does not enhance; the corrected curve is dR2* + K2
int(avg). K2 > 0 where T1 effects of leaked agent raise the signal, < 0 where T2* effects lower it. In acute stroke the barrier is
mostly intact and delayed tissue looks like leakage to this model: in one brain without a leak a core by flow of 11 mL reads 32. So it
must be asked for, and warns.
"""

from dataclasses import replace

import numpy as np
from scipy.integrate import cumulative_trapezoid

from ..errors import Issue, Level, MapError
from ..perfusion_config import ConcentrationConfig
from ..perfusion_types import Curves


def correct_leakage(
    curves: Curves, *, brain: np.ndarray | None = None, config: ConcentrationConfig = ConcentrationConfig()
) -> tuple[Curves, np.ndarray]:
    """Curves without the effect of leaked agent.

    Args:
        curves: DSC.
        brain: (k, j, i) bool, where the mean curve is taken; all of `curves` without it.
        config: frames at the end that show enhancement.

    Returns:
        Corrected curves, and K2 in 1/s of every voxel (n,).

    Raises:
        MapError: D14 for CTP, or where no voxel is left for the mean curve.
    """
    if curves.kind != "dsc":
        raise MapError(Issue("D14", Level.STOP, f"leakage correction of {curves.kind}", "DSC", "leave it out"))
    chosen = _not_enhancing(curves, config)
    if brain is not None:
        chosen &= brain[curves.mask]
    if not chosen.any():
        found = "no voxel without enhancement"
        raise MapError(Issue("D14", Level.STOP, found, "a brain that mostly does not leak", "leave the correction out"))
    first = curves.bolus.first
    mean = curves.values[chosen].mean(axis=0, dtype=float)
    integral = np.zeros_like(mean)
    integral[first:] = cumulative_trapezoid(mean[first:], curves.times_s[first:], initial=0)
    model = np.stack([mean, -integral], axis=1)[first:]
    k2 = curves.values[:, first:] @ np.linalg.pinv(model)[1].astype(np.float32)
    values = curves.values + np.outer(k2, integral.astype(np.float32))
    values[:, :first] = 0
    share = 100 * np.count_nonzero(chosen) / len(chosen)
    found = f"leakage corrected, mean curve of {share:.0f} % of the voxels"
    remedy = (
        "compare with the maps without it: delayed tissue looks like leakage, so that a core by flow reads too large"
    )
    issue = Issue("D14", Level.WARN, found, "curves as they were measured", remedy)
    parameters = {**curves.parameters, "leakage_correction": "Boxerman 2006", "leakage_k2_median": float(np.median(k2))}
    return replace(curves, values=values, parameters=parameters, issues=(*curves.issues, issue)), k2


def _not_enhancing(curves: Curves, config: ConcentrationConfig) -> np.ndarray:
    """(n,) bool: the signal at the end is not more than one baseline SD above the baseline (dR2* not as far below 0)."""
    baseline = curves.values[:, curves.bolus.first : curves.bolus.last]
    end = curves.values[:, -config.leakage_frames :].mean(axis=1)
    return end >= -baseline.std(axis=1)
