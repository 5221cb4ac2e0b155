"""Normal tissue that relative flow and volume are divided by, with its definition in words; and vessels, which are no tissue.

The choice decides: in one noise-free CTP brain the core `rCBF < 0.30` was 30 mL by the contralateral mean, 73 mL by the
contralateral median and 41 mL by the mean of short Tmax. Mask, definition and value therefore go with every export.
"""

import numpy as np

from ..errors import Issue, Level, SegmentationError, UsageError
from ..maps.steady_flow import SteadyFlow
from ..perfusion_config import LesionConfig
from ..perfusion_types import PerfusionMaps, Reference
from ..types import Mask, QuantityMap
from .hemispheres import Sides

DEFINITIONS = ("contralateral mean", "contralateral median", "mean of short Tmax")


def vessel_mask(
    cbv: QuantityMap,
    tissue: np.ndarray,
    sides: Sides,
    *,
    factor: float | None = None,
    config: LesionConfig = LesionConfig(),
) -> Mask:
    """Voxels with the blood volume of a vessel.

    Args:
        cbv: map.
        tissue: (k, j, i) brain without CSF and artifact.
        sides: the unaffected one gives the mean.
        factor: times that mean; `config.vessel_cbv` when None.
        config: limits.
    """
    factor = config.vessel_cbv if factor is None else factor
    known = tissue & cbv.valid
    normal = cbv.values[known & sides.unaffected].astype(float)
    mean = float(normal.mean()) if normal.size else 0.0
    vessels = known & (cbv.values > factor * mean) if mean > 0 else np.zeros(known.shape, bool)
    return Mask(vessels, cbv.geometry, "vessels", f"CBV > {factor:g} x {mean:.3g}, the mean of the unaffected side")


def reference_tissue(
    maps: PerfusionMaps,
    brain: Mask,
    csf: Mask,
    vessels: Mask,
    sides: Sides,
    *,
    artifact: Mask | None = None,
    config: LesionConfig = LesionConfig(),
) -> Reference:
    """Reference tissue and its values.

    Args:
        maps: all maps of one deconvolution.
        brain, csf, vessels, artifact: the first without the others is tissue.
        sides: with the affected side; where it is not known, both sides are used and L01 stands in `sides.issues`.
        config: definition and limits.

    Returns:
        `cbf` and `cbv` by the definition, medians of TTP and MTT; L04 and L10 where it is small or not normal.

    Raises:
        SegmentationError: L04, no voxel of reference tissue, or no flow in it; L10, most of it late.
        UsageError: I01, an unknown definition.
    """
    if config.reference not in DEFINITIONS:
        found, expected = f"reference {config.reference!r}", "one of " + ", ".join(DEFINITIONS)
        raise UsageError(Issue("I01", Level.STOP, found, expected, "correct the setting [lesion] reference"))
    tissue = brain.values & ~csf.values & ~vessels.values & maps.cbf.valid & maps.cbv.valid
    if artifact is not None:
        tissue &= ~artifact.values
    where, side, words = _where(maps, tissue, sides, config)
    geometry = maps.cbf.geometry
    statistic = np.median if config.reference == "contralateral median" else np.mean
    cbf, cbv = (_value(content, where, statistic) for content in (maps.cbf, maps.cbv))
    if not (cbf > 0 and cbv > 0):
        raise SegmentationError(
            Issue(
                "L04",
                Level.STOP,
                f"{np.count_nonzero(where)} voxels of reference tissue, mean CBF {cbf:.3g}, mean CBV {cbv:.3g}",
                "normal tissue with flow and volume above 0",
                "check brain mask, CSF, midline and side",
                words,
            )
        )
    mask = Mask(where, geometry, "reference_tissue", words)
    issues = _issues(mask, maps, words, config)
    blocking = [issue for issue in issues if issue.blocks]
    if blocking:
        raise SegmentationError(*blocking)
    ttp, mtt = (_value(content, where, np.median) for content in (maps.ttp, maps.mtt))
    return Reference(mask, words, side, cbf, cbv, ttp, mtt, issues)


def reference_flow(flow: SteadyFlow, reference: Reference) -> float:
    """Flow at the lag of its surroundings in the reference tissue, by the statistic of its definition; 0 where it is not known."""
    values = flow.values[reference.mask.values & flow.mask].astype(float)
    statistic = np.median if "median" in reference.definition else np.mean
    return float(statistic(values)) if values.size else 0.0


def relative_map(content: QuantityMap, value: float, reference: Reference) -> QuantityMap:
    """A map divided by the value of the reference tissue, such as rCBF.

    Args:
        content: CBF or CBV.
        value: of the reference tissue, above 0.
        reference: named in the method.
    """
    return QuantityMap(
        (content.values / np.float32(value)).astype(np.float32),
        content.valid,
        content.geometry,
        "{ratio}",
        f"r{content.quantity}",
        f"{content.method}; divided by {value:.4g} {content.unit}, {reference.definition}",
        parameters={"reference": reference.definition, "reference_value": value},
        inputs=content.inputs,
    )


def _where(maps: PerfusionMaps, tissue: np.ndarray, sides: Sides, config: LesionConfig) -> tuple[np.ndarray, str, str]:
    """Mask, side and words of the reference."""
    without = "without CSF and vessels"
    if config.reference == "mean of short Tmax":
        words = f"mean of tissue with Tmax < {config.short_tmax_s:g} s, {without}"
        return tissue & maps.tmax.valid & (maps.tmax.values < config.short_tmax_s), "both", words
    side = sides.reference_side
    statistic = config.reference.removeprefix("contralateral ")
    words = f"contralateral {statistic}, {side} side, {without}"
    if side == "both":
        words = f"{statistic} of both sides, affected side unknown, {without}"
    return tissue & sides.unaffected, side, words


def _value(content: QuantityMap, where: np.ndarray, statistic) -> float:
    values = content.values[where & content.valid].astype(float)
    return float(statistic(values)) if values.size else 0.0


def _issues(mask: Mask, maps: PerfusionMaps, words: str, config: LesionConfig) -> tuple[Issue, ...]:
    issues = []
    if mask.volume_ml < config.reference_min_ml:
        found = f"{mask.volume_ml:.1f} mL of reference tissue"
        expected = f"{config.reference_min_ml:g} mL or more"
        issues.append(Issue("L04", Level.WARN, found, expected, "check brain mask, CSF, midline and side", words))
    known = mask.values & maps.tmax.valid
    late = float(np.mean(maps.tmax.values[known] > config.main_tmax_s)) if known.any() else 0.0
    if late > config.reference_hypoperfused:
        found = f"{100 * late:.0f} % of the reference tissue with Tmax > {config.main_tmax_s:g} s"
        expected = f"{100 * config.reference_hypoperfused:.0f} % at most"
        remedy = "look for disease of the other side, a late AIF or a wrong midline; relative values read high"
        level = Level.WARN
        if late > config.reference_hypoperfused_stop:
            level, remedy = Level.STOP, "check the frame times, choose another artery, or say which side is affected"
        issues.append(Issue("L10", level, found, expected, remedy, words))
    return tuple(issues)
