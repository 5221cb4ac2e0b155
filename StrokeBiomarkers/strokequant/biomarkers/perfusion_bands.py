"""What perfusion volumes become under other arteries, settings and noise: the band that stands beside each of them.

Every scenario deconvolves the same curves once more and is thresholded in what is connected to the accepted lesion. Volumes are
compared with those of the study treated in the same way, so that only the change counts and clean-up does not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import Issue, Level
from ..maps.ensemble import Scenario, ensemble, noise_bank, rotated_noise
from ..maps.steady_flow import steady_flow
from ..perfusion_config import BandConfig, DeconvolutionConfig, LesionConfig, SteadyFlowConfig
from ..perfusion_types import Curves, Lesions, Reference, Vessels
from ..segmentation.calm_flow import around, calmed
from ..segmentation.cleanup import connected_to
from ..types import Measurement, Status

AS_MEASURED = "as measured"
MOTION = ("motion, less late tissue", "motion, more late tissue", "motion, less low flow", "motion, more low flow")
LESS_NOISE = "without noise, extrapolated"
HIDDEN = "low flow that noise hides"
_NOISE = "noise "
_HYPO, _SEVERE, _CORE = "hypoperfusion_6s_volume", "hypoperfusion_10s_volume", "perfusion_core_volume"
_MISMATCH, _RATIO, _CORE_USED = "mismatch_volume", "mismatch_ratio", "mismatch_core_volume"


@dataclass(frozen=True, eq=False)
class Study:
    """What the scenarios are compared with.

    Args:
        curves: that the maps were made of.
        tissue: (k, j, i) bool, where a lesion may be.
        lesions, reference, vessels: of the study.
        leave_out: frames that the maps were made without.
        steady_share: flow at the lag of its surroundings over CBF, in the reference tissue; low flow is that of CBF where None.
    """

    curves: Curves
    tissue: np.ndarray
    lesions: Lesions
    reference: Reference
    vessels: Vessels
    leave_out: tuple[int, ...] = ()
    steady_share: float | None = None


def scenarios(
    study: Study,
    smoothed: Iterable[tuple[str, Curves]] = (),
    *,
    deconvolution: DeconvolutionConfig = DeconvolutionConfig(),
    config: BandConfig = BandConfig(),
) -> Iterator[Scenario]:
    """Plausible changes, the study as it is first; one at a time, so that curves of other smoothing are let go in between.

    Args:
        study: to be changed.
        smoothed: the same study with other smoothing, and how, in words.
        deconvolution: settings of the study.
        config: how many of what.
    """
    aif = study.vessels.aif
    yield Scenario(AS_MEASURED, aif, config=deconvolution)
    others = [c for c in study.vessels.aif_candidates if not c.rejected and not np.array_equal(c.voxels, aif.voxels)]
    for n, other in enumerate(others[: config.arteries], 2):
        yield Scenario(f"artery {n}", other, config=deconvolution)
    if deconvolution.method in ("cSVD", "sSVD"):
        for step in (-config.threshold_step, config.threshold_step):
            threshold = deconvolution.threshold + step
            changed = replace(deconvolution, threshold=round(threshold, 6))
            yield Scenario(f"threshold of the deconvolution {threshold:.2f}", aif, config=changed)
    for how, curves in smoothed:
        yield Scenario(how, aif, curves, deconvolution)
        del curves  # before the next ones are made
    if study.curves.bolus.last - study.curves.bolus.first >= 3:
        for n in range(config.noise_repeats):
            yield Scenario(f"{_NOISE}{n + 1}", aif, config=deconvolution, noise_seed=n)


def volume_bands(
    study: Study,
    listed: Iterable[Scenario],
    *,
    smooth_px: float | tuple[float, float] = 0.0,
    lesion_config: LesionConfig = LesionConfig(),
    steady: SteadyFlowConfig = SteadyFlowConfig(),
) -> dict[str, dict[str, float]]:
    """Change of every volume: measure id -> scenario -> factor on the measured value.

    Args:
        study: as measured.
        listed: from `scenarios`.
        smooth_px: in-plane SD that the curves were smoothed with.
        lesion_config: thresholds.
        steady: how low flow is told.
    """
    bank, found = None, {}
    for scenario in listed:
        if scenario.noise_seed is not None and bank is None:
            bank = noise_bank(study.curves, smooth_px=smooth_px)
        found[scenario.name] = _of_scenario(scenario, study, bank, lesion_config, steady)
        del scenario  # its curves are let go before those of the next are made
    base = found.pop(AS_MEASURED)
    return {
        name: {scenario: volumes[name] / base[name] for scenario, volumes in found.items()}
        for name in base
        if base[name] > 0
    }


def with_less_noise(
    factors: dict[str, dict[str, float]], config: BandConfig = BandConfig()
) -> dict[str, dict[str, float]]:
    """Factors and the volume without noise: what as much noise again did, taken back once.

    Args:
        factors: of `volume_bands`.
        config: how far it may go.
    """
    changes = {name: noise_change(known) for name, known in factors.items()}
    least = 1 / config.noise_factor_max
    return {
        name: {**known, **({} if changes[name] is None else {LESS_NOISE: 1 / max(changes[name], least)})}
        for name, known in factors.items()
    }


def noise_change(known: Mapping[str, float]) -> float | None:
    """Mean factor of the draws of noise; None without any."""
    draws = [factor for scenario, factor in known.items() if scenario.startswith(_NOISE)]
    return sum(draws) / len(draws) if draws else None


def noise_issues(
    factors: Mapping[str, Mapping[str, float]], core_source: str, config: BandConfig = BandConfig()
) -> dict[str, Issue]:
    """D18 by measure id, of volumes that as much noise again changes by much.

    Args:
        factors: of `volume_bands`.
        core_source: "rCBF" where the core of the mismatch is that of perfusion.
        config: limit.
    """
    beside = {_HYPO: (_HYPO, _SEVERE, _MISMATCH, _RATIO), _CORE: (_CORE,)}
    beside[_CORE] += (_CORE_USED, _MISMATCH, _RATIO) if core_source == "rCBF" else ()
    found = {}
    for name, words in ((_HYPO, "late tissue"), (_CORE, "low flow")):
        change = noise_change(factors.get(name, {}))
        if change is not None and abs(change - 1) > config.noise_change_warn:
            told = f"as much noise again changes the volume of {words} by {100 * (change - 1):+.0f} %"
            expected = f"at most {100 * config.noise_change_warn:g} %"
            remedy = (
                "do not decide on this number alone; the noise of this scan has changed it already, to the same side"
            )
            found |= dict.fromkeys(beside[name], Issue("D18", Level.WARN, told, expected, remedy))
    return found


def with_motion(factors: dict[str, dict[str, float]], config: BandConfig = BandConfig()) -> dict[str, dict[str, float]]:
    """Factors and what the motion of a head on CT may have done: frames between thick slices are never what a still head would show.

    Args:
        factors: of `volume_bands`.
        config: what was measured on heads that moved.
    """
    late = dict(zip(MOTION, (*config.moved_hypoperfusion, 1.0, 1.0), strict=True))
    core = dict(zip(MOTION, (1.0, 1.0, *config.moved_core), strict=True))
    return {name: {**known, **(core if name == _CORE else late)} for name, known in factors.items()}


def with_hidden_flow(
    factors: dict[str, dict[str, float]], noise: float, config: BandConfig = BandConfig()
) -> dict[str, dict[str, float]]:
    """Factors and the low flow that noise hides: more noise shows none of it, since what calms the flow grows with the noise.

    Args:
        factors: of `volume_bands`.
        noise: SD of relative flow of a voxel.
        config: what was measured on noisy brains.
    """
    hidden = 1 + config.hidden_core * noise
    return {name: {**known, HIDDEN: hidden if name == _CORE else 1.0} for name, known in factors.items()}


def _of_scenario(
    scenario: Scenario, study: Study, bank: np.ndarray | None, config: LesionConfig, steady: SteadyFlowConfig
) -> dict[str, float]:
    """Volumes in mL of one scenario, in what is connected to the accepted lesion."""
    ((_, values),) = ensemble(study.curves, (scenario,), leave_out=study.leave_out, bank=bank)
    curves = scenario.curves or study.curves
    volume = study.curves.geometry.volume_ml
    tmax, flow = (_on_grid(numbers, curves) for numbers in (values.tmax_s, values.flow))
    known = study.tissue & np.isfinite(tmax) & (flow > 0)
    lesion = study.lesions.hypoperfusion[config.main_tmax_s].values
    late = connected_to(known & (tmax > config.main_tmax_s), lesion, connectivity=config.connectivity)
    normal = flow[study.reference.mask.values & np.isfinite(flow)].mean()
    low = late & (flow < config.core_rcbf * normal)
    if study.steady_share is not None and lesion.any():
        relative = _relative_flow(scenario, study, bank, float(normal) * study.steady_share, lesion, steady)
        low = study.tissue & (late | lesion) & (relative < config.core_rcbf)
    return {_HYPO: volume(late), _SEVERE: volume(late & (tmax > 10)), _CORE: volume(low)}


def _relative_flow(
    scenario: Scenario,
    study: Study,
    bank: np.ndarray | None,
    normal: float,
    lesion: np.ndarray,
    steady: SteadyFlowConfig,
) -> np.ndarray:
    """Flow over that of the reference tissue around the lesion, as the core of the study is told by; infinite elsewhere."""
    curves = scenario.curves or study.curves
    pixel = curves.geometry.pixel_spacing
    within = np.zeros(lesion.shape, bool)
    within[around(lesion, pixel, steady.margin_mm)] = True
    noise = None if scenario.noise_seed is None else rotated_noise(curves, bank, scenario.noise_seed)
    flow = steady_flow(
        curves,
        scenario.aif,
        within=within,
        leave_out=study.leave_out,
        noise=noise,
        config=scenario.config,
        steady=steady,
    )
    relative = np.where(flow.mask, flow.values / np.float32(normal), np.inf)
    return calmed(relative, study.tissue & flow.mask, lesion, flow.noise / normal, pixel, steady)


def _on_grid(numbers: np.ndarray, curves: Curves) -> np.ndarray:
    values = np.full(curves.geometry.shape, np.nan, np.float32)
    values[curves.mask] = numbers
    return values


def with_bands(
    measurements: Sequence[Measurement], factors: dict[str, dict[str, float]], core_source: str
) -> tuple[tuple[Measurement, ...], dict[str, dict[str, float]]]:
    """Measurements with wider intervals, and the values that made them so.

    Args:
        measurements: of the study.
        factors: of `volume_bands`.
        core_source: "rCBF" where the core changes with the perfusion maps, "ADC" where it does not.

    Returns:
        The measurements, and measure id -> scenario -> value.
    """
    by_id = {m.id: m for m in measurements}
    values = {
        name: {scenario: factor * by_id[name].value for scenario, factor in changes.items()}
        for name, changes in factors.items()
        if name in by_id and by_id[name].status is Status.MEASURED
    }
    values |= _of_mismatch(by_id, values, core_source)
    return tuple(_widened(m, values.get(m.id, {})) for m in measurements), values


def _of_mismatch(by_id: dict, values: dict, core_source: str) -> dict[str, dict[str, float]]:
    core = by_id.get(_CORE_USED)
    if _HYPO not in values or core is None or core.value is None:
        return {}
    cores = values.get(_CORE, {}) if core_source == "rCBF" else {}
    pairs = {scenario: (hypo, cores.get(scenario, core.value)) for scenario, hypo in values[_HYPO].items()}
    ratios = {scenario: hypo / infarct for scenario, (hypo, infarct) in pairs.items() if infarct > 0}
    return {
        _MISMATCH: {scenario: hypo - infarct for scenario, (hypo, infarct) in pairs.items()},
        _RATIO: ratios,
        **({_CORE_USED: cores} if cores else {}),
    }


def _widened(measurement: Measurement, values: dict[str, float]) -> Measurement:
    if measurement.status is not Status.MEASURED or not values:
        return measurement
    ends = [end for end in (measurement.lower, measurement.upper, measurement.value) if end is not None]
    words = measurement.interval + ("; " if measurement.interval else "")
    moved = any(name in MOTION for name in values)
    kinds = "settings, draws of noise and motion of the head" if moved else "settings and draws of noise"
    words += f"and what {len(values)} other arteries, {kinds} give"
    return replace(measurement, lower=min(*ends, *values.values()), upper=max(*ends, *values.values()), interval=words)
