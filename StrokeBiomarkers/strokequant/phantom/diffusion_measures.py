"""Numbers of a diffusion phantom session: per vial and pass, repeatability within one protocol, linearity, temperature, causes of bias.

Passes of different protocols are never pooled: every group of passes has its own numbers. Uncertainties are expanded (k = 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..diffusion_phantom_config import FaultConfig, VialConfig
from ..errors import Issue, Level
from ..phantom_types import CertifiedValue, Insert, PhantomMeasurement
from ..statistics.linearity import linearity
from ..statistics.repeatability import repeatability
from ..types import Status
from .certified import certified_value
from .fault_model import Explanation, design_of, explain
from .metrics import metric
from .thermometry import inferred_temperature, sensitivity
from .vial_signals import VialSignal


@dataclass(frozen=True, eq=False)
class GroupData:
    """Passes of one protocol.

    Args:
        group: letter.
        signals: (passes) of all vials, in the order of `vials`.
        times_min: (passes) minutes after the first; NaN where no header says it.
        b_values: of the shells.
        from_isocenter_mm: (n,) distance of the vials from the origin of the patient coordinates.
        snr: by kind: "temporal", "difference", "spatial", per vial.
        direction_percent: (n,) or empty.
    """

    group: str
    vials: tuple[Insert, ...]
    signals: tuple[tuple[VialSignal, ...], ...]
    times_min: np.ndarray
    b_values: np.ndarray
    from_isocenter_mm: np.ndarray
    snr: dict[str, np.ndarray]
    direction_percent: np.ndarray

    @property
    def adc(self) -> np.ndarray:
        """(passes, n) um2/s."""
        return np.array([[s.adc for s in one] for one in self.signals])

    @property
    def adc_clean(self) -> np.ndarray:
        """(passes, n) um2/s without the bias of noise."""
        return np.array([[s.adc_clean for s in one] for one in self.signals])

    @property
    def adc_se(self) -> np.ndarray:
        """(passes, n) standard error from the voxels."""
        return np.array([[s.adc_se for s in one] for one in self.signals])


@dataclass(frozen=True, eq=False)
class Thermal:
    """Temperatures of the water vials, and what they say about bias.

    Args:
        inferred_c: (passes, n) of all vials that have a law; NaN elsewhere.
        isothermal: False where the vials have different temperatures.
        affected: (n,) vials whose bias is temperature and not scanner.
    """

    inferred_c: np.ndarray
    spread_c: float
    isothermal: bool
    affected: np.ndarray


def mean_known(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Mean of what is finite; NaN where nothing is."""
    values = np.asarray(values, float)
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    return np.where(count > 0, np.where(known, values, 0).sum(axis=axis) / np.maximum(count, 1), np.nan)


class Numbers:
    """Collects measurements of one group."""

    def __init__(self, data: GroupData, certified: Sequence[CertifiedValue]):
        self.data, self.certified = data, certified
        self.found: list[PhantomMeasurement] = []

    def add(
        self, metric_id: str, value: float | None, insert: str = "", *, issues: Sequence[Issue] = (), **facts
    ) -> None:
        """One number; not finite or outside its physical range becomes "not evaluable" with the reason."""
        entry = metric(metric_id)
        usable = value is not None and np.isfinite(value)
        inside = usable and (entry.low is None or value >= entry.low) and (entry.high is None or value <= entry.high)
        if usable and not inside:
            found = f"{value:.4g} {entry.unit_text}"
            expected = (
                f"{entry.low if entry.low is not None else '-'} to {entry.high if entry.high is not None else '-'}"
            )
            issues = (
                *issues,
                Issue("Q63", Level.STOP, found, expected, "look at the region", f"{entry.name} {insert}".strip()),
            )
        uncertainty = facts.pop("uncertainty", None)
        if uncertainty is not None and not np.isfinite(uncertainty):
            uncertainty = None
        self.found.append(
            PhantomMeasurement(
                metric_id,
                float(value) if inside else None,
                entry.unit,
                insert,
                uncertainty=uncertainty if inside else None,
                group=self.data.group,
                status=Status.MEASURED if inside else Status.NOT_EVALUABLE,
                issues=tuple(issues),
                **facts,
            )
        )


def certified_values(vials: Sequence[Insert], temperature_c: float | None) -> tuple[CertifiedValue, ...]:
    """What the vials should read."""
    return tuple(
        certified_value(v, temperature_c) if v.law is not None else CertifiedValue(None, None, False) for v in vials
    )


def explanation_of(data: GroupData, certified: Sequence[CertifiedValue], temperature_c: float, config: FaultConfig):
    """Causes of the ADC errors and the columns they were told by; None where fewer than 8 vials have a certificate."""
    adc = mean_known(data.adc_clean, axis=0)
    known = np.array([c.value is not None for c in certified]) & np.isfinite(adc)
    if known.sum() < 8:
        return None
    reference = np.array([c.value if c.value is not None else np.nan for c in certified])
    slopes = np.array([sensitivity(v.law, temperature_c) if v.law is not None else np.nan for v in data.vials])
    place = np.array([v.center_mm[:2] for v in data.vials], float)
    design = design_of(slopes, data.from_isocenter_mm, place)
    se = mean_known(data.adc_se, axis=0) / np.sqrt(len(data.adc)) / adc
    small = {name: column[known] for name, column in design.items()}
    found = explain(np.log(adc / reference)[known], se[known], small, config)
    return found, {name: np.where(known, column, np.nan) for name, column in design.items()}, known


def thermal_of(
    data: GroupData, explanation, temperature_c: float | None, config: FaultConfig, vial: VialConfig
) -> Thermal:
    """Whether the vials have one temperature."""
    n = len(data.vials)
    inferred = np.full((len(data.adc), n), np.nan)
    for p, row in enumerate(data.adc):
        for i, v in enumerate(data.vials):
            found = inferred_temperature(v.law, row[i]) if v.law is not None else None
            inferred[p, i] = np.nan if found is None else found
    water = np.array(["water" in v.traits for v in data.vials])
    means = mean_known(inferred, axis=0) if np.isfinite(inferred).any() else np.full(n, np.nan)
    corrected = means.copy()
    if explanation is not None:
        found, design, _ = explanation
        scanner = [c.value * design[name] for name, c in found.causes.items() if name == "nonlinearity"]
        for part in scanner:
            corrected = corrected - part / design["temperature"]
    of_water = corrected[water & np.isfinite(corrected)]
    spread = float(np.ptp(of_water)) if len(of_water) > 1 else float("nan")
    thermal = bool(explanation is not None and explanation[0].thermal) or bool(spread > vial.thermal_spread_c)
    center = corrected[water & np.array(["isocenter" in v.traits for v in data.vials])]
    reference = float(center[0]) if len(center) and np.isfinite(center[0]) else temperature_c
    affected = np.zeros(n, bool)
    if thermal and reference is not None:
        away = np.array(["isocenter" not in v.traits for v in data.vials])
        affected = away & (np.abs(corrected - reference) > config.thermal_c)
    return Thermal(inferred, spread, not thermal, affected)


def vial_numbers(numbers: Numbers, thermal: Thermal, bad: dict[str, tuple[Issue, ...]]) -> None:
    """ADC, bias, random error, b dependence of every vial.

    Args:
        bad: by label, what makes the numbers of a vial worthless.
    """
    data = numbers.data
    mean = mean_known(data.adc, axis=0) if len(data.adc) else np.array([])
    warm = Issue(
        "Q11",
        Level.WARN,
        "bias by temperature, not by the scanner",
        "one temperature in all vials",
        "cool longer; keep ice around all vials",
    )
    for i, vial in enumerate(data.vials):
        issues = bad.get(vial.label, ())
        judged = not issues and not thermal.affected[i]
        beside = (*issues, *((warm,) if thermal.affected[i] else ()))
        certified = numbers.certified[i]
        for p, signals in enumerate(data.signals, 1):
            s = signals[i]
            numbers.add(
                "adc",
                s.adc,
                vial.label,
                uncertainty=2 * s.adc_se,
                reference=certified.value,
                repeat=p,
                judged=judged,
                n=s.voxels,
                issues=beside,
            )
        se = _se(data, i)
        numbers.add(
            "adc",
            mean[i],
            vial.label,
            uncertainty=2 * se,
            reference=certified.value,
            judged=judged,
            n=len(data.adc),
            issues=beside,
        )
        _bias(numbers, vial, float(mean[i]), se, certified, judged and certified.judged, beside)
        sd = mean_known([100 * one[i].adc_sd / one[i].adc for one in data.signals])
        numbers.add("adc_roi_sd_percent", sd, vial.label, judged=not issues, n=data.signals[0][i].voxels, issues=issues)
        numbers.add(
            "adc_b_dependence_percent",
            b_dependence([one[i] for one in data.signals]),
            vial.label,
            judged=not issues,
            issues=issues,
        )
        if len(data.direction_percent):
            numbers.add(
                "adc_direction_percent", data.direction_percent[i], vial.label, judged=not issues, issues=issues
            )


def _se(data: GroupData, i: int) -> float:
    """Standard error of the mean over passes: of the passes where there are three or more, else of the voxels."""
    adc = data.adc[:, i]
    if len(adc) >= 3:
        return float(np.std(adc, ddof=1) / np.sqrt(len(adc)))
    return float(mean_known(data.adc_se[:, i]) / np.sqrt(len(adc)))


def _bias(
    numbers: Numbers, vial: Insert, adc: float, se: float, certified: CertifiedValue, judged: bool, issues
) -> None:
    if certified.value is None:
        return
    u = float(np.hypot(2 * se, certified.uncertainty or 0.0))
    issues = (*issues, *(i for i in certified.issues if i.code != "Q53"))
    n = len(numbers.data.adc)
    facts = {"reference": certified.value, "judged": judged, "n": n, "issues": issues}
    bias = adc - certified.value
    numbers.add("adc_bias", bias, vial.label, uncertainty=u, **facts)
    numbers.add(
        "adc_bias_percent", 100 * bias / certified.value, vial.label, uncertainty=100 * u / certified.value, **facts
    )


def b_dependence(passes: Sequence[VialSignal]) -> float:
    """Largest difference of two-point ADC between pairs of b values in percent, of the mean over passes."""
    two = np.array([s.two_point for s in passes])
    with np.errstate(invalid="ignore"):
        mean = two.mean(axis=0)
    values = mean[np.isfinite(mean)]
    if len(values) < 2:
        return float("nan")
    pairs = [abs(a - b) / b for n, a in enumerate(values) for b in values[n + 1 :]]
    return float(100 * max(pairs))


def repeat_numbers(numbers: Numbers, bad: dict[str, tuple[Issue, ...]]) -> None:
    """Repeatability of every vial over the passes of the group."""
    data = numbers.data
    if len(data.adc) < 2:
        return
    for i, vial in enumerate(data.vials):
        values = data.adc[:, i]
        if not np.isfinite(values).all():
            continue
        found = repeatability([values.tolist()])
        facts = {"n": len(values), "judged": vial.label not in bad, "issues": bad.get(vial.label, ())}
        numbers.add("adc_wsd", found.wsd.value, vial.label, **facts)
        numbers.add("adc_rc", found.rc.value, vial.label, **facts)
        numbers.add("adc_wcv_percent", 100 * found.wsd.value / float(values.mean()), vial.label, **facts)


def snr_numbers(numbers: Numbers, bad: dict[str, tuple[Issue, ...]]) -> None:
    """SNR at b 0 by every way that the passes allow; the first is the one that is judged."""
    kinds = [k for k in ("temporal", "difference", "spatial") if k in numbers.data.snr]
    for i, vial in enumerate(numbers.data.vials):
        facts = {"judged": vial.label not in bad, "issues": bad.get(vial.label, ())}
        for n, kind in enumerate(kinds):
            value = float(numbers.data.snr[kind][i])
            if n == 0:
                numbers.add("snr_b0", value, vial.label, method=kind, **facts)
            numbers.add(f"snr_b0_{kind}", value, vial.label, **facts)


def linearity_numbers(numbers: Numbers, bad: dict[str, tuple[Issue, ...]], isothermal: bool) -> None:
    """Line of measured on certified ADC over all vials."""
    mean = mean_known(numbers.data.adc, axis=0)
    pairs = [
        (c.value, m)
        for c, m, v in zip(numbers.certified, mean, numbers.data.vials, strict=True)
        if c.value is not None and np.isfinite(m) and v.label not in bad
    ]
    if len(pairs) < 4:
        return
    found = linearity([p[0] for p in pairs], [float(p[1]) for p in pairs])
    facts = {"n": len(pairs), "judged": isothermal and all(c.judged for c in numbers.certified if c.value is not None)}
    if not isothermal:
        remedy = "cool longer; keep ice around all vials"
        facts["issues"] = (Issue("Q11", Level.WARN, "vials of different temperature", "one temperature", remedy),)
    half = None if found.slope.lower is None else (found.slope.upper - found.slope.lower) / 2
    numbers.add("adc_linearity_slope", found.slope.value, uncertainty=half, **facts)
    numbers.add("adc_linearity_intercept", found.intercept.value, **facts)
    numbers.add("adc_linearity_r2", found.r2, **facts)
    if found.quadratic_p is not None:
        numbers.add("adc_linearity_quadratic_p", found.quadratic_p, **facts)


def spatial_numbers(numbers: Numbers, thermal: Thermal, bad: dict[str, tuple[Issue, ...]]) -> None:
    """ADC of one material away from the center against that at the center."""
    data = numbers.data
    mean = mean_known(data.adc, axis=0)
    place = np.array([v.center_mm[:2] for v in data.vials], float)
    centers = [i for i, v in enumerate(data.vials) if "isocenter" in v.traits and v.label not in bad]
    if not centers:
        return
    c = centers[0]
    for i, vial in enumerate(data.vials):
        same = vial.material == data.vials[c].material and i != c and np.isfinite(mean[i])
        distance = float(np.linalg.norm(place[i] - place[c]))
        if same and distance <= 40 and vial.label not in bad:
            issues = (
                (Issue("Q11", Level.WARN, "the vials differ in temperature", "one temperature", "cool longer"),)
                if not thermal.isothermal
                else ()
            )
            numbers.add(
                "adc_spatial_percent",
                100 * (mean[i] - mean[c]) / mean[c],
                vial.label,
                judged=thermal.isothermal,
                n=len(data.adc),
                issues=issues,
            )


def thermal_numbers(
    numbers: Numbers, thermal: Thermal, temperature_c: float | None, explanation: Explanation | None
) -> None:
    """Temperatures of the water vials, their spread and drift; error of the stated one."""
    data = numbers.data
    for i, vial in enumerate(data.vials):
        if vial.law is None or not np.isfinite(thermal.inferred_c[:, i]).any():
            continue
        slope = sensitivity(
            vial.law, temperature_c if temperature_c is not None else float(mean_known(thermal.inferred_c[:, i]))
        )
        u = 2 * _se(data, i) / float(mean_known(data.adc[:, i])) / slope
        numbers.add(
            "temperature_inferred",
            float(mean_known(thermal.inferred_c[:, i])),
            vial.label,
            uncertainty=u,
            n=len(data.adc),
        )
        if "isocenter" in vial.traits and temperature_c is not None:
            difference = float(mean_known(thermal.inferred_c[:, i])) - temperature_c
            numbers.add("temperature_difference", difference, vial.label, uncertainty=u)
            drift = drift_per_min(thermal.inferred_c[:, i], data.times_min)
            if np.isfinite(drift):
                numbers.add("temperature_drift", drift, vial.label, n=len(data.adc))
    if np.isfinite(thermal.spread_c):
        numbers.add("temperature_spread", thermal.spread_c)
    if explanation is not None and np.isfinite(explanation.temperature_c):
        numbers.add("temperature_error", explanation.temperature_c, uncertainty=2 * explanation.temperature_se)


def drift_per_min(values: np.ndarray, minutes: np.ndarray) -> float:
    """Least squares slope; NaN below three passes or without times."""
    good = np.isfinite(values) & np.isfinite(minutes)
    if good.sum() < 3 or np.ptp(minutes[good]) <= 0:
        return float("nan")
    return float(np.polyfit(minutes[good], values[good], 1)[0])


def pass_drift(data: GroupData) -> tuple[float, float]:
    """Percent per pass by which ADC rises, and its standard error; NaN below three passes.

    The slopes of all vials, each weighted by the noise of its voxels; where the passes scatter more, the error is larger.
    """
    adc, se = data.adc, data.adc_se
    known = np.isfinite(adc).all(axis=0) & np.isfinite(se).all(axis=0) & (adc > 0).all(axis=0) & (se > 0).all(axis=0)
    if len(adc) < 3 or not known.any():
        return float("nan"), float("nan")
    logs = np.log(adc[:, known])
    variance = ((se / adc)[:, known] ** 2).mean(axis=0)
    p = np.arange(len(logs)) - (len(logs) - 1) / 2
    slopes = p @ (logs - logs.mean(axis=0)) / (p @ p)
    weights = (p @ p) / variance
    drift = float((weights * slopes).sum() / weights.sum())
    residual = logs - logs.mean(axis=0) - p[:, None] * drift
    excess = float((residual**2 / variance).sum()) / (residual.size - known.sum() - 1)
    return 100 * drift, 100 * float(np.sqrt(max(1.0, excess) / weights.sum()))
