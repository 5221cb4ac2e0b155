"""Perfusion: the numbers of the catalog from maps, lesions and reference tissue, with interval and status.

Volumes carry a plausible range from in-plane contours and from the threshold moved by one step. Vessels are left out of means over
tissue. What cannot be measured has no number and says why; a volume of 0 is a result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..config import MeasureConfig
from ..errors import Issue, Level
from ..perfusion_config import LesionConfig
from ..perfusion_types import Lesions, PerfusionMaps, Reference
from ..segmentation.cleanup import microliters
from ..types import InputRef, Mask, Measurement, QuantityMap, Status
from .catalog import MEASURES, measure
from .mismatch import MISMATCH_MEASURES, mismatch_measurements, penumbra_mask
from .volume import boundary_band_ml

PERFUSION_MEASURES = tuple(
    name
    for name in MEASURES
    if name.startswith(("hypoperfusion_", "perfusion_", "mismatch_", "reference_tissue_"))
    and not name.endswith("_reperfusion")
)
_NO_LESION = "no hypoperfusion above the main threshold"


@dataclass(frozen=True, eq=False)
class _Measuring:
    """What all measures of one case share."""

    maps: PerfusionMaps
    lesions: Lesions
    reference: Reference
    tissue: np.ndarray
    issues: tuple[Issue, ...]
    lesion_config: LesionConfig
    config: MeasureConfig
    found: list[Measurement] = field(default_factory=list)

    @property
    def inputs(self) -> tuple[InputRef, ...]:
        return self.maps.tmax.inputs

    @property
    def main(self) -> Mask:
        """Lesion of the main threshold, for the mismatch."""
        return self.lesions.hypoperfusion[self.lesion_config.main_tmax_s]

    @property
    def six(self) -> Mask | None:
        """Lesion of 6 s, which the measures of the catalog are named after."""
        return self.lesions.hypoperfusion.get(6.0)

    def add(self, name: str, value: float | None, method: str, **more) -> None:
        """One number, or its absence with the reasons in `more`."""
        issues = (*self.issues, *more.pop("issues", ()))
        status = more.pop("status", None) or (
            Status.NOT_EVALUABLE if value is None else Status.MEASURED if value else Status.ZERO
        )
        number = None if value is None else float(value)
        self.found.append(
            Measurement(
                name, number, measure(name).unit, status, method=method, inputs=self.inputs, issues=issues, **more
            )
        )


def perfusion_measurements(
    maps: PerfusionMaps,
    lesions: Lesions,
    reference: Reference,
    tissue: np.ndarray,
    *,
    core_volume: Measurement | None = None,
    venous: Measurement | None = None,
    issues: Sequence[Issue] = (),
    lesion_config: LesionConfig = LesionConfig(),
    config: MeasureConfig = MeasureConfig(),
) -> tuple[Measurement, ...]:
    """All measures of perfusion but reperfusion, which needs two time points.

    Args:
        maps: of one deconvolution.
        lesions: of `segment_lesions`, or as a reader left them.
        reference: that the lesions were made with.
        tissue: (k, j, i) brain without CSF, artifact and vessels, for means.
        core_volume: core of the mismatch on its own grid ("infarct_core_volume"); that of `lesions.core` where None.
        venous: of `venous_tmax`; missing where None.
        issues: warnings that must stand beside every number.
        lesion_config, config: thresholds, range of the contours.

    Returns:
        `PERFUSION_MEASURES`, in the order of the catalog; volumes of thresholds that were not computed are missing.
    """
    beside = tuple(i for i in (*issues, *lesions.issues, *reference.issues) if i.level is not Level.INFO)
    measuring = _Measuring(maps, lesions, reference, tissue, tuple(dict.fromkeys(beside)), lesion_config, config)
    _add_volumes(measuring)
    _add_cores(measuring)
    _add_in_lesion(measuring)
    _add_collateral_index(measuring)
    _add_venous(measuring, venous)
    _add_reference(measuring)
    _add_mismatch(measuring, core_volume)
    order = list(MEASURES)
    return tuple(sorted(measuring.found, key=lambda m: order.index(m.id)))


def not_measured(status: Status, issues: Sequence[Issue]) -> tuple[Measurement, ...]:
    """All measures of perfusion without a value, each with the reasons."""
    return tuple(Measurement(m, None, measure(m).unit, status, issues=tuple(issues)) for m in PERFUSION_MEASURES)


def _banded(measuring: _Measuring, name: str, mask: Mask, threshold: str) -> None:
    """A volume with the range of its contours and of its threshold."""
    volume = mask.volume_ml
    low, high = boundary_band_ml(mask.values, mask.geometry, measuring.config.boundary_shift_px)
    below, above = [volume - low], [high - volume]
    words = f"in-plane contours moved by {measuring.config.boundary_shift_px:g} pixel"
    band = measuring.lesions.volume_bands_ml.get(threshold)
    if band is not None and not mask.edited_by:
        below.append(volume - band[0])
        above.append(band[1] - volume)
        words += " and the threshold by one step, combined in quadrature"
    lower = max(0.0, volume - float(np.hypot.reduce(np.clip(below, 0, None))))
    upper = volume + float(np.hypot.reduce(np.clip(above, 0, None)))
    words += "; a plausible range, not a confidence interval"
    measuring.add(name, volume, mask.method, lower=lower, upper=upper, interval=words)


def _add_volumes(measuring: _Measuring) -> None:
    for seconds in (4, 6, 8, 10):
        name = f"hypoperfusion_{seconds}s_volume"
        mask = measuring.lesions.hypoperfusion.get(float(seconds))
        if mask is None:
            measuring.add(name, None, "threshold not among the settings", status=Status.MISSING)
        else:
            _banded(measuring, name, mask, f"Tmax {seconds}")


def _add_cores(measuring: _Measuring) -> None:
    for percent in (20, 30, 34, 38):
        name = "perfusion_core_volume" if percent == 30 else f"perfusion_core_rcbf_{percent}_volume"
        mask = measuring.lesions.rcbf_cores.get(percent / 100)
        if mask is None:
            measuring.add(name, None, "threshold not among the settings", status=Status.MISSING)
        else:
            _banded(measuring, name, mask, f"rCBF {percent / 100:g}")


_IN_LESION = tuple(n for n in PERFUSION_MEASURES if n.startswith("hypoperfusion_6s_") and not n.endswith("s_volume"))


def _add_in_lesion(measuring: _Measuring) -> None:
    """What is measured in Tmax > 6 s."""
    if measuring.six is None:
        for name in _IN_LESION:
            measuring.add(name, None, "6 s not among the settings", status=Status.MISSING)
        return
    _add_intensity_ratio(measuring, measuring.six)
    _add_statistics(measuring, measuring.six)
    _add_low_volumes(measuring, measuring.six)


def _add_intensity_ratio(measuring: _Measuring, lesion: Mask) -> None:
    name = "hypoperfusion_6s_intensity_ratio"
    severe = measuring.lesions.hypoperfusion.get(10.0)
    whole = microliters(lesion.volume_ml)
    if severe is None:
        measuring.add(name, None, "10 s not among the settings", status=Status.MISSING)
    elif not whole:
        measuring.add(name, None, _NO_LESION, issues=(_no_lesion(),))
    else:
        measuring.add(name, microliters(severe.volume_ml) / whole, "ratio of volumes in whole microliters")


def _add_statistics(measuring: _Measuring, lesion: Mask) -> None:
    """CBV index and Tmax in the lesion."""
    reference = measuring.reference
    cbv, words = _mean(measuring.maps.cbv, lesion, measuring.tissue)
    index = None if cbv is None else cbv / reference.cbv
    measuring.add("hypoperfusion_6s_cbv_index", index, f"{words}; {reference.definition}", issues=_absent(index))
    tmax, words = _mean(measuring.maps.tmax, lesion, measuring.tissue)
    measuring.add("hypoperfusion_6s_tmax_mean", tmax, words, issues=_absent(tmax))
    values = _values(measuring.maps.tmax, lesion, measuring.tissue)[0]
    median = float(np.median(values)) if len(values) else None
    measuring.add("hypoperfusion_6s_tmax_median", median, f"median over {len(values)} voxels", issues=_absent(median))


def _no_lesion() -> Issue:
    return Issue("L08", Level.INFO, _NO_LESION, "hypoperfused tissue to measure in", "")


def _absent(value: float | None) -> tuple[Issue, ...]:
    return (_no_lesion(),) if value is None else ()


def _values(content: QuantityMap, mask: Mask, tissue: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Known values in the tissue of a mask, and the extent of their slices."""
    where = np.nonzero(mask.values & tissue & content.valid)
    return content.values[where].astype(float), mask.geometry.voxel_volumes_mm3[where[0]]


def _mean(content: QuantityMap, mask: Mask, tissue: np.ndarray) -> tuple[float | None, str]:
    """Mean weighted by the extents of the slices, and how many voxels it is of."""
    values, weights = _values(content, mask, tissue)
    words = f"mean over {len(values)} voxels without vessels"
    return (float(np.average(values, weights=weights)) if len(values) else None), words


def _add_low_volumes(measuring: _Measuring, lesion: Mask) -> None:
    cbv, reference = measuring.maps.cbv, measuring.reference
    for percent in (34, 38, 42):
        low = lesion.values & measuring.tissue & cbv.valid
        low &= cbv.values.astype(float) < percent / 100 * reference.cbv
        words = f"CBV < {percent / 100:g} x {reference.cbv:.3g}, {reference.definition}"
        measuring.add(f"hypoperfusion_6s_rcbv_{percent}_volume", cbv.geometry.volume_ml(low), words)


def _add_collateral_index(measuring: _Measuring) -> None:
    """Volume with a moderate arrival delay, times its mean rCBV."""
    maps, reference, limits = measuring.maps, measuring.reference, measuring.lesion_config
    delay = maps.ttp.values.astype(float) - reference.ttp_s
    known = measuring.tissue & maps.ttp.valid & maps.cbv.valid
    where = known & (delay >= limits.collateral_low_s) & (delay <= limits.collateral_high_s)
    mask = Mask(where, maps.ttp.geometry, "collateral", "")
    mean, _ = _mean(maps.cbv, mask, measuring.tissue)
    value = 0.0 if mean is None else mask.volume_ml * mean / reference.cbv
    words = (
        f"{mask.volume_ml:.1f} mL with TTP {limits.collateral_low_s:g} to {limits.collateral_high_s:g} s after the median of the "
        f"reference; {reference.definition}"
    )
    measuring.add("perfusion_collateral_index", value, words)


def _add_venous(measuring: _Measuring, venous: Measurement | None) -> None:
    if venous is None:
        measuring.add("perfusion_venous_tmax", None, "no vein was looked at", status=Status.MISSING)
    else:
        measuring.found.append(replace(venous, issues=(*measuring.issues, *venous.issues)))


def _add_reference(measuring: _Measuring) -> None:
    reference = measuring.reference
    measuring.add("reference_tissue_volume", reference.mask.volume_ml, reference.definition)
    measuring.add("reference_tissue_cbf", reference.cbf, reference.definition)
    measuring.add("reference_tissue_cbv", reference.cbv, reference.definition)


def _add_mismatch(measuring: _Measuring, core_volume: Measurement | None) -> None:
    lesions = measuring.lesions
    tissue = _main_volume(measuring)
    if core_volume is None and lesions.core is not None:
        core_volume = _core_measurement(measuring, lesions.core)
    if core_volume is None:
        for name in MISMATCH_MEASURES:
            measuring.add(name, None, "no core", status=Status.MISSING)
        return
    penumbra = None if lesions.core is None else penumbra_mask(measuring.main, lesions.core)
    measuring.found.extend(
        mismatch_measurements(tissue, core_volume, penumbra, inputs=measuring.inputs, issues=measuring.issues)
    )


def _main_volume(measuring: _Measuring) -> Measurement:
    """Volume of the main threshold, which may be another than those of the catalog."""
    name = f"hypoperfusion_{measuring.lesion_config.main_tmax_s:g}s_volume"
    known = [m for m in measuring.found if m.id == name]
    if known:
        return known[0]
    _banded(measuring, "hypoperfusion_6s_volume", measuring.main, f"Tmax {measuring.lesion_config.main_tmax_s:g}")
    return measuring.found.pop()


def _core_measurement(measuring: _Measuring, core: Mask) -> Measurement:
    """Volume of the core in use, as a core of the catalog."""
    threshold = f"rCBF {core.parameters['rcbf']:g}" if "rcbf" in core.parameters else ""
    _banded(measuring, "perfusion_core_volume", core, threshold)
    return measuring.found.pop()
