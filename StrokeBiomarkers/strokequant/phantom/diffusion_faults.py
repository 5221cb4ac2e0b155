"""Faults of scanner, scan or phantom, named in words with the number that shows them."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..diffusion_phantom_config import FaultConfig
from ..errors import Issue, Level
from ..phantom_types import CertifiedValue
from .diffusion_measures import GroupData, Numbers, Thermal, mean_known, pass_drift
from .fault_model import Explanation, b_errors

GRADIENT, NONLINEARITY, TEMPERATURE, NOT_ISOTHERMAL, WARMING = "Q08", "Q09", "Q10", "Q11", "Q12"
LOW_SNR, B_VALUE, GHOST, LABELS, MISFIT, SCALE = "Q13", "Q15", "Q16", "Q19", "Q20", "Q22"


def fault_issues(
    numbers: Numbers,
    data: GroupData,
    thermal: Thermal,
    explanation: tuple[Explanation, dict[str, np.ndarray], np.ndarray] | None,
    certified: Sequence[CertifiedValue],
    ghost: float,
    bad: Mapping[str, object],
    config: FaultConfig = FaultConfig(),
) -> list[Issue]:
    """Faults that the numbers show; adds the numbers of the causes."""
    issues = [*_snr(data, bad, config), *_left_out(data), *_ghost(ghost, config), *_drift(numbers, data, config)]
    issues += _b_values(data, config)
    if explanation is not None:
        issues += _causes(numbers, explanation[0], thermal.isothermal, config)
        issues += _certificate(data, explanation, certified, config)
    if not thermal.isothermal:
        found = _thermal_words(data, thermal)
        remedy = "bias is judged at the center only; cool longer, and keep ice around all vials"
        issues.append(Issue(NOT_ISOTHERMAL, Level.WARN, found, "one temperature in all vials", remedy))
    return issues


def _thermal_words(data: GroupData, thermal: Thermal) -> str:
    means = mean_known(thermal.inferred_c, axis=0)
    shown = [
        f"{v.label} {t:.1f}" for v, t in zip(data.vials, means, strict=True) if "water" in v.traits and np.isfinite(t)
    ]
    warm = [v.label for v, w in zip(data.vials, thermal.affected, strict=True) if w]
    return f"water vials read {', '.join(shown)} °C; thermal, not bias: {', '.join(warm) or 'none'}"


def _snr(data: GroupData, bad, config: FaultConfig) -> list[Issue]:
    center = [i for i, v in enumerate(data.vials) if "isocenter" in v.traits and v.label not in bad]
    kinds = [k for k in ("difference", "temporal", "spatial") if k in data.snr]
    if not center or not kinds:
        return []
    value = float(data.snr[kinds[0]][center[0]])
    if not value < config.snr:
        return []
    remedy = "check coil and its elements, position, averages"
    found = f"SNR {value:.0f} at b 0 in the center vial"
    return [Issue(LOW_SNR, Level.WARN, found, f"at least {config.snr:g}", remedy)]


def _left_out(data: GroupData) -> list[Issue]:
    """b values that are not used because the signal is at the noise."""
    low: dict[float, list[str]] = {}
    for n, vial in enumerate(data.vials):
        used = np.all([one[n].used for one in data.signals], axis=0)
        if np.isfinite(data.adc[:, n]).any():
            for b in data.b_values[~used]:
                low.setdefault(float(b), []).append(vial.label)
    if not low:
        return []
    found = "; ".join(f"b {b:g} of {', '.join(labels)}" for b, labels in sorted(low.items()))
    return [
        Issue("Q14", Level.INFO, f"left out at the noise floor: {found}", "", "the ADC rests on the other b values")
    ]


def _ghost(ghost: float, config: FaultConfig) -> list[Issue]:
    if not ghost > config.ghost_percent:
        return []
    remedy = "have echo planar calibration and gradient delays checked"
    return [
        Issue(GHOST, Level.WARN, f"ghost of {ghost:.1f} % of the signal", f"up to {config.ghost_percent:g} %", remedy)
    ]


def _drift(numbers: Numbers, data: GroupData, config: FaultConfig) -> list[Issue]:
    drift, se = pass_drift(data)
    if not np.isfinite(drift):
        return []
    numbers.add("adc_drift_percent", drift, uncertainty=2 * se, n=len(data.adc))
    if not (abs(drift) > config.drift_percent and abs(drift) > config.sigmas * se):
        return []
    verb = "rises" if drift > 0 else "falls"
    found = f"ADC {verb} by {abs(drift):.2f} % from pass to pass"
    remedy = "let the phantom come to its temperature; repeatability of these passes is that of the phantom"
    return [Issue(WARMING, Level.WARN, found, f"less than {config.drift_percent:g} %", remedy)]


def _causes(numbers: Numbers, found: Explanation, isothermal: bool, config: FaultConfig) -> list[Issue]:
    issues = []
    gradient, nonlinearity, temperature = (found.causes.get(n) for n in ("gradient", "nonlinearity", "temperature"))
    if gradient and gradient.value <= -1:  # no amplitude does that: vials are labeled wrong
        gradient = None
    scale = 100 * (np.sqrt(1 + gradient.value) - 1) if gradient else 0.0
    numbers.add("gradient_scale_percent", scale, uncertainty=100 * gradient.se if gradient else None)
    k = 100 * nonlinearity.value if nonlinearity else 0.0
    numbers.add("adc_nonlinearity_percent", k, uncertainty=200 * nonlinearity.se if nonlinearity else None)
    if gradient and gradient.named:
        words = f"ADC off by {100 * gradient.value:+.1f} % alike at every PVP and place: gradient amplitude off by {scale:+.1f} %"
        remedy = "have the gradients calibrated; or b values are nominal and not actual"
        issues.append(Issue(GRADIENT, Level.WARN, words, f"within {config.gradient_percent:g} %", remedy))
    if nonlinearity and nonlinearity.named and isothermal:  # a warm rim and the square of the distance look alike
        words = f"ADC error grows with the square of the distance from the isocenter: {k:+.1f} % at 100 mm"
        remedy = "turn on the vendor's correction of gradient nonlinearity for diffusion"
        issues.append(Issue(NONLINEARITY, Level.WARN, words, f"within {config.nonlinearity_percent:g} %", remedy))
    if temperature and temperature.named and isothermal:
        words = f"ADC error grows with PVP as {temperature.value:+.1f} °C would make it"
        remedy = "read the thermometer again; the bias is that of the temperature, not of the scanner"
        issues.append(
            Issue(TEMPERATURE, Level.WARN, words, f"within {config.temperature_c:g} °C of what was stated", remedy)
        )
    return issues


def _certificate(data: GroupData, explanation, certified: Sequence[CertifiedValue], config: FaultConfig) -> list[Issue]:
    """Wrong map of the vials or wrong certificate: order or size of the ADC does not go with it."""
    found, _, known = explanation
    reference = np.array([c.value for c, k in zip(certified, known, strict=True) if k])
    mean = mean_known(data.adc, axis=0)[known]
    rank = rank_correlation(reference, mean)
    issues = []
    if rank < config.rank:
        words = f"order of the ADC of the vials: rank correlation {rank:.2f} with the certificate"
        issues.append(Issue(LABELS, Level.STOP, words, f"at least {config.rank:g}", "check placements and phantom"))
    misfit = 100 * float(np.median(np.abs(found.residual)))
    if misfit > config.misfit_percent:
        words = f"ADC differs from the certificate by {misfit:.0f} % (median) without a pattern of a scanner fault"
        issues.append(
            Issue(
                MISFIT,
                Level.STOP,
                words,
                f"up to {config.misfit_percent:g} %",
                "check serial number, lot and certificate",
            )
        )
    return issues


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation; equal values share their mean rank."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def _b_values(data: GroupData, config: FaultConfig) -> list[Issue]:
    """A b value, or a signal scale, off the line of the others in all vials."""
    if len(data.b_values) < 4:
        return []
    adc = mean_known(data.adc, axis=0)
    residuals = np.mean([[s.residuals for s in one] for one in data.signals], axis=0)
    used = np.all([[s.used for s in one] for one in data.signals], axis=0) & np.isfinite(adc)[:, None]
    noise = _log_noise(data)
    delta, delta_se, scale, scale_se = b_errors(np.nan_to_num(adc), residuals, noise, used, data.b_values)
    issues = []
    b = np.maximum(data.b_values, 1.0)
    off = np.where(data.b_values > 50, 100 * np.abs(delta) / b, 0) * (np.abs(delta) > config.sigmas * delta_se)
    steps = 100 * np.abs(scale) * (np.abs(scale) > config.sigmas * scale_se)
    if steps.max() > config.scale_percent and steps.max() > 100 * np.abs(delta * adc.max() * 1e-6).max():
        n = int(np.argmax(steps))
        words = f"signal at b {data.b_values[n]:g} is off by {100 * scale[n]:+.1f} % alike in all vials"
        issues.append(
            Issue(
                SCALE,
                Level.WARN,
                words,
                "one scale for all b values",
                "check Rescale Slope and scale factors of the series",
            )
        )
    elif off.max() > config.b_error_percent:
        n = int(np.argmax(off))
        words = f"b {data.b_values[n]:g} s/mm2 acts as {data.b_values[n] + delta[n]:.0f} in all vials"
        issues.append(
            Issue(
                B_VALUE, Level.WARN, words, "signal that falls evenly with b", "check nominal against actual b values"
            )
        )
    return issues


def _log_noise(data: GroupData) -> np.ndarray:
    """(n, m) standard error of the mean ln S over passes, from voxel noise at b 0 carried to smaller signals."""
    means = np.mean([[s.means for s in one] for one in data.signals], axis=0)
    snr = next(iter(data.snr.values()))
    voxels = np.array([s.voxels for s in data.signals[0]])
    with np.errstate(divide="ignore", invalid="ignore"):
        out = means[:, :1] / means / snr[:, None] / np.sqrt(voxels * len(data.signals))[:, None]
    return np.nan_to_num(out, nan=1.0, posinf=1.0)
