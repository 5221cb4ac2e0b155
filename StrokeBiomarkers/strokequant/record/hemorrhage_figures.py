"""Charts of hemorrhage: CT numbers of clot and brain, area of every slice with its weight in ABC/2."""

from collections.abc import Sequence
from html import escape

import numpy as np

from ..hemorrhage_config import HemorrhageReportConfig
from ..types import CaseRecord
from .colors import hex_of_segment
from .figures import Axes, Distribution, chart, histogram, x_ticks
from .images import segment_of

_SHOWN = ("ich", "ivh", "sah", "sdh", "edh", "edema")


def density_histogram(record: CaseRecord, config: HemorrhageReportConfig) -> str:
    """CT numbers of every kind of blood, of edema, and of the brain beside them, with their colors; empty without blood."""
    image, brain = record.images.get("ncct"), record.masks.get("ct_brain")
    masks = [record.masks[name] for name in _SHOWN if name in record.masks and record.masks[name].values.any()]
    if image is None or not masks or record.hemorrhage is None:
        return ""
    curves = []
    if brain is not None:
        tissue = brain.values.copy()
        for mask in (*masks, record.masks.get("ventricles")):
            if mask is not None:
                tissue &= ~mask.values
        curves.append(Distribution("brain", image.values[tissue]))
    for mask in masks:
        segment = segment_of(mask)
        values = image.values[mask.values]
        if len(values) >= config.histogram_voxels:
            curves.append(Distribution(segment.name, values, hex_of_segment(segment.color)))
    edges = np.arange(config.histogram_low, config.histogram_high + config.histogram_bin, config.histogram_bin)
    clots = sorted(record.hemorrhage.clots, key=lambda clot: -clot.volume_ml)
    limits = [("threshold", round(clots[0].threshold_hu, 1))] if clots and np.isfinite(clots[0].threshold_hu) else []
    chart = histogram(curves, edges, limits, ("CT number (HU)", "CT numbers in HU"))
    keys = "".join(
        f'<span><span class="key area" style="background:{c.color or "var(--brain)"}"></span>{escape(c.name)}</span>'
        for c in curves
    )
    note = "each curve is the share of its own voxels; the line is the threshold of the largest clot"
    return f'<figure>{chart}<figcaption class="legend">{keys}<span>{note}</span></figcaption></figure>' if chart else ""


def weight_chart(positions: Sequence[float], extents: Sequence[float], areas_cm2, weights: Sequence[float]) -> str:
    """Area of every slice with blood as a bar as wide as the slice, its shade by its weight; lines at 75 and 25 % of the largest.

    Args:
        positions: (n,) mm along the slice normal, ascending.
        extents: (n,) mm.
        areas_cm2, weights: (n,).
    """
    if not positions:
        return ""
    top = max(areas_cm2)
    low, high = positions[0] - extents[0] / 2, positions[-1] + extents[-1] / 2
    axes = Axes((low, high), top * 1.12)
    body = [axes.draw(x_ticks(low, high), "position along the slice normal (mm)", "area of the ICH (cm²)")]
    for position, extent, area, weight in zip(positions, extents, areas_cm2, weights, strict=True):
        left, right, y = axes.x(position - extent / 2), axes.x(position + extent / 2), axes.y(area)
        kind = {1.0: "full", 0.5: "half"}.get(weight, "none")
        body.append(
            f'<rect class="x-weight x-{kind}" x="{left + 0.5:.1f}" y="{y:.1f}" width="{max(0.5, right - left - 1):.1f}" '
            f'height="{axes.y(0) - y:.1f}"/>'
        )
    for share, words in ((0.75, "75 %"), (0.25, "25 %")):
        y = axes.y(share * top)
        body.append(f'<line class="limit" x1="{axes.left:g}" x2="{axes.right:g}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(f'<text class="limit" x="{axes.right - 2:g}" y="{y - 3:.1f}" text-anchor="end">{words}</text>')
    counts = ", ".join(f"{list(weights).count(w)} of weight {w:g}" for w in (1.0, 0.5, 0.0))
    return chart("".join(body), f"area of the ICH by slice, largest {top:.2f} cm²; {counts}")
