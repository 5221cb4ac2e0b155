"""Pictures of the diffusion core for the report: DWI and ADC with core, candidates left out and brain."""

import numpy as np

from ..config import ReportConfig
from ..geometry import Geometry
from ..types import CaseRecord, CoreResult, Mask
from .kinds import Kind, kind_of
from .montage import robust_window, slices_upward, view_of
from .viewer import Layer, Panel, Pictures


def _core_mask(record: CaseRecord) -> Mask | None:
    return record.core.mask if record.core is not None else record.masks.get("infarct_core")


def _base_geometry(record: CaseRecord) -> Geometry | None:
    """The grid to draw on: that of the core, else of the ADC, else of the first image."""
    core, adc = _core_mask(record), record.maps.get("adc")
    images = [image for name, image in sorted(record.images.items()) if kind_of(name) is Kind.DIFFUSION]
    candidates = [core, adc, record.images.get("dwi"), *images]
    return next((item.geometry for item in candidates if item is not None), None)


def _panels(
    record: CaseRecord, geometry: Geometry, brain: np.ndarray | None, config: ReportConfig
) -> tuple[Panel, ...]:
    """DWI (or another image where there is none) and ADC, as far as they lie on the grid."""
    panels = []
    names = [name for name in ("dwi", "trace", *sorted(record.images)) if name in record.images]
    names = [n for n in names if kind_of(n) is Kind.DIFFUSION and not record.images[n].geometry.differs_from(geometry)]
    if names:
        image = record.images[names[0]]
        window = robust_window(image.values, brain, config)
        percentiles = (
            f"{config.dwi_window_low_percentile:g} to {config.dwi_window_high_percentile:g} percentile of the brain"
        )
        title = "DWI" if names[0] in ("dwi", "trace") else names[0]
        panels.append(Panel(title, image.values, window, f"window {window[0]:.4g} to {window[1]:.4g} ({percentiles})"))
    adc = record.maps.get("adc")
    if adc is not None and not adc.geometry.differs_from(geometry):
        window = (config.adc_window_low, config.adc_window_high)
        values = np.where(adc.valid, adc.values, 0)
        panels.append(Panel("ADC", values, window, f"window {window[0]:g} to {window[1]:g} · 10⁻⁶ mm²/s (fixed)"))
    return tuple(panels)


def _on_grid(mask: Mask | None, geometry: Geometry) -> np.ndarray | None:
    return None if mask is None or mask.geometry.differs_from(geometry) else mask.values


def _left_out(core: CoreResult | None, config: ReportConfig) -> np.ndarray | None:
    """Voxels of the candidates left out that the page lists; the contours of hundreds of specks would hide the brain."""
    if core is None:
        return None
    listed = [c.label for c in core.candidates if not c.accepted][: config.max_candidates_left_out]
    return np.isin(core.labels, listed) & ~core.mask.values


def core_pictures(record: CaseRecord, config: ReportConfig) -> Pictures | None:
    """Pictures of a record; None where there is nothing to show."""
    geometry = _base_geometry(record)
    if geometry is None:
        return None
    brain = _on_grid(record.masks.get("brain"), geometry)
    panels = _panels(record, geometry, brain, config)
    if not panels:
        return None
    core = _on_grid(_core_mask(record), geometry)
    left_out = _left_out(record.core, config)
    seen = [mask for mask in (brain, core, left_out) if mask is not None and mask.any()]
    inside = np.logical_or.reduce(seen) if seen else None
    nothing = np.zeros(geometry.shape, dtype=bool)
    layers = (
        Layer("core", "infarct core (proposed)", core if core is not None else nothing, "core"),
        Layer("left", "candidate left out", left_out if left_out is not None else nothing),
    )
    shown = tuple(slices_upward(geometry))
    return Pictures(geometry, view_of(geometry, inside), panels, layers, brain, shown, "no core")
