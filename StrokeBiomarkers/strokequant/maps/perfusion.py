"""CBF, CBV, MTT, Tmax and TTP maps of a DSC-MR or CT perfusion study.

    CBF = 6000 (kappa/rho) max(k)    CBV = 100 (kappa/rho) int(Ct) / int(Ca)    MTT = 60 CBV / CBF    TTP = t(max Ct) - arrival(AIF)

The integrals are trapezoids over real times; nothing is clipped at 0, which would turn noise into volume. CBF of a truncated
deconvolution is biased (0.63 of the truth at MTT 4 s): it serves ratios, it is no absolute flow. Tmax is delay plus 2 to 3 s.
"""

from collections.abc import Iterable

import numpy as np

from ..errors import Issue, Level, MapError
from ..perfusion_config import DeconvolutionConfig
from ..perfusion_types import Curves, PerfusionMaps, VesselCurve
from ..types import QuantityMap
from .deconvolution import thresholds_of
from .time_grid import TimePlan
from .voxelwise import QUANTITIES, VoxelValues, voxel_values

REASONS = ("outside_mask", "non_finite", "no_positive_flow", "no_positive_volume", "no_positive_peak")
"""Why a voxel has no value; zero in `QuantityMap.reasons` is valid, n stands for `REASONS[n - 1]`."""

_OUTSIDE, _NON_FINITE, _FLOW, _VOLUME, _PEAK = range(1, 6)


def perfusion_maps(
    curves: Curves,
    aif: VesselCurve,
    *,
    vof_scale: float = 1.0,
    leave_out: Iterable[int] = (),
    residual: bool = False,
    config: DeconvolutionConfig = DeconvolutionConfig(),
) -> PerfusionMaps:
    """Maps of all voxels with a curve.

    Args:
        vof_scale: factor on the artery for its partial volume (area of the vein over that of the artery); 1 leaves it alone.
            Divides CBF and CBV; MTT, Tmax, TTP and ratios stay.
        leave_out: frames to bridge by interpolation, such as those rejected for motion.
        residual: also the misfit of the model.

    Raises:
        MapError: D20 where frames, times, artery, scale or settings cannot be used.
    """
    if not (np.isfinite(vof_scale) and vof_scale > 0):
        raise MapError(Issue("D20", Level.STOP, f"scale of the AIF {vof_scale}", "a positive number", "leave it at 1"))
    leave_out = sorted(set(leave_out))
    values = voxel_values(
        curves, aif, wanted=QUANTITIES if residual else QUANTITIES[:4], leave_out=leave_out, config=config
    )
    arrival = arrival_s(aif, values.time, config)
    shared = _Shared(
        curves, _method(curves, config), _parameters(curves, aif, values.time, vof_scale, leave_out, arrival, config)
    )
    maps = _maps(values, arrival, vof_scale, shared, config)
    return PerfusionMaps(**maps, parameters=shared.parameters, issues=_issues(values, leave_out, config))


def arrival_s(aif: VesselCurve, time: TimePlan, config: DeconvolutionConfig = DeconvolutionConfig()) -> float:
    """Arrival of the bolus in the artery: as its curve tells, else where it first passes a share of its peak."""
    known = aif.scores.get("arrival_s")
    if known is not None and np.isfinite(known):
        return float(known)
    values, times = time.aif_values, time.aif_times_s
    peak = int(values.argmax())
    limit = config.arrival_fraction * values[peak]
    below = np.flatnonzero(values[:peak] < limit)
    if not len(below):
        return float(times[0])
    last = below[-1]
    share = (limit - values[last]) / (values[last + 1] - values[last])
    return float(times[last] + share * (times[last + 1] - times[last]))


class _Shared:
    """What all maps of one study have in common."""

    def __init__(self, curves: Curves, method: str, parameters: dict):
        self.curves, self.method, self.parameters = curves, method, parameters
        self._place = np.flatnonzero(curves.mask)

    def map_of(self, quantity: str, unit: str, numbers: np.ndarray, reasons: np.ndarray, **odd: int) -> QuantityMap:
        """Numbers and reasons (0 where valid) of the voxels of the mask on the whole grid."""
        curves = self.curves
        shape = curves.geometry.shape
        values, where = np.zeros(shape, np.float32), np.full(shape, _OUTSIDE, np.uint8)
        is_odd = bool(reasons.any())
        values.ravel()[self._place] = np.where(reasons == 0, numbers, 0) if is_odd else numbers
        where.ravel()[self._place] = reasons
        totals = np.bincount(reasons, minlength=len(REASONS) + 1)[1:].tolist() if is_odd else [0] * len(REASONS)
        totals[_OUTSIDE - 1] = int(where.size - len(reasons))
        return QuantityMap(
            values,
            where == 0,
            curves.geometry,
            unit,
            quantity,
            self.method,
            parameters=self.parameters,
            counts=dict(zip(REASONS, totals, strict=True)) | odd,
            inputs=curves.inputs,
            reasons=where,
            reason_names=REASONS,
        )


def _maps(
    values: VoxelValues, arrival: float, vof_scale: float, shared: _Shared, config: DeconvolutionConfig
) -> dict[str, QuantityMap]:
    ratio = config.kappa / config.rho_g_ml / vof_scale
    finite = np.isfinite(values.flow) & np.isfinite(values.volume) & np.isfinite(values.peak)
    base = np.where(finite, 0, _NON_FINITE).astype(np.uint8)
    flow = _marked(base, values.flow <= 0, _FLOW)
    peak = _marked(base, values.peak <= 0, _PEAK)
    with np.errstate(divide="ignore", invalid="ignore"):
        transit = values.volume / values.flow
    edges = int(np.count_nonzero(values.at_edge & (flow == 0)))
    maps = {
        "cbf": shared.map_of("cbf", "ml/[100]g/min", values.flow * np.float32(6000 * ratio), base),
        "cbv": shared.map_of("cbv", "ml/[100]g", values.volume * np.float32(100 * ratio), base),
        "mtt": shared.map_of("mtt", "s", transit, _marked(flow, values.volume <= 0, _VOLUME)),
        "tmax": shared.map_of("tmax", "s", values.tmax_s, flow, at_window_edge=edges),
        "ttp": shared.map_of("ttp", "s", values.peak_s - np.float32(arrival), peak),
    }
    if values.residual is not None:
        maps["residual"] = shared.map_of("residual", "1", values.residual, peak)
    return maps


def _marked(reasons: np.ndarray, wrong: np.ndarray, reason: int) -> np.ndarray:
    """A copy with `reason` where something is wrong and no other reason stands."""
    return np.where(wrong & (reasons == 0), np.uint8(reason), reasons)


def _method(curves: Curves, config: DeconvolutionConfig) -> str:
    names = {
        "cSVD": "block-circulant SVD",
        "oSVD": "block-circulant SVD, threshold by oscillation index",
        "sSVD": "standard SVD, depends on delay: for comparison",
        "Tikhonov": "block-circulant matrix, Tikhonov",
    }
    leakage = curves.parameters.get("leakage_correction")
    return names[config.method] + (f"; leakage corrected ({leakage})" if leakage else "")


def _parameters(
    curves: Curves,
    aif: VesselCurve,
    time: TimePlan,
    vof_scale: float,
    leave_out: list[int],
    arrival: float,
    config: DeconvolutionConfig,
) -> dict:
    thresholds = thresholds_of(config)
    facts = {
        "method": config.method,
        "threshold": thresholds[0] if len(thresholds) == 1 else list(thresholds),
        "grid_step_s": time.grid.step_s,
        "grid_points": time.grid.count,
        "padded_length": time.grid.count if config.method == "sSVD" else 2 * time.grid.count,
        "interpolated": time.interpolated,
        "slice_times": curves.slice_times_s is not None,
        "frames_used": len(time.used),
        "frames_left_out": leave_out,
        "first_frame": int(time.used[0]),
        "baseline_frames": [curves.bolus.first, curves.bolus.last],
        "window_s": [config.window_low_s, config.window_high_s],
        "plateau": config.plateau,
        "kappa": config.kappa,
        "rho_g_ml": config.rho_g_ml,
        "vof_scale": float(vof_scale),
        "aif_method": aif.method,
        "aif_voxels": len(aif.voxels),
        "aif_center_lps_mm": [float(value) for value in aif.center_lps],
        "aif_arrival_s": arrival,
        "concentration": curves.parameters,
    }
    return facts | ({"oscillation_limit": config.oscillation_limit} if config.method == "oSVD" else {})


def _issues(values: VoxelValues, leave_out: list[int], config: DeconvolutionConfig) -> tuple[Issue, ...]:
    issues = []
    if values.time.interpolated:
        frames = f"without frame(s) {', '.join(map(str, leave_out))} " if leave_out else ""
        found = f"curves {frames}interpolated to an even step of {values.time.grid.step_s:.3f} s"
        issues.append(Issue("D21", Level.INFO, found, "even frames", "nothing: real times were used"))
    share = 100 * float(np.mean(values.at_edge)) if len(values.at_edge) else 0.0
    if share > config.edge_warn_percent:
        found = f"{share:.1f} % of the voxels"
        window = f"a maximum of the residue within {config.window_low_s:g} to {config.window_high_s:g} s"
        issues.append(Issue("D22", Level.WARN, found, window, "check the mask, the AIF and the noise", "Tmax"))
    return tuple(issues)
