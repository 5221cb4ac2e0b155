"""Pictures of hemorrhage for the report: CT in one fixed window, every kind of blood in its color, the axes of ABC/2 where they were taken."""

from base64 import b64encode
from html import escape

import numpy as np

from ..geometry import Geometry
from ..hemorrhage_config import HemorrhageReportConfig
from ..hemorrhage_types import EDEMA, BloodCandidate, Structure
from ..types import CaseRecord
from .colors import hex_of_segment
from .images import segment_of
from .montage import View, contour_path, evenly, gray_png, page_place, slice_place, slices_upward, view_of
from .viewer import Layer, Panel, Pictures

PREFIX = "x-"
_TOLD = {Structure.ICH: "ICH", Structure.IVH: "IVH", Structure.SAH: "SAH", Structure.SDH: "SDH", Structure.EDH: "EDH"}


def hemorrhage_pictures(
    record: CaseRecord, config: HemorrhageReportConfig = HemorrhageReportConfig()
) -> Pictures | None:
    """Pictures of a record; None without a CT.

    Args:
        record: with hemorrhage.
        config: window and how many slices are shown.
    """
    image = record.images.get("ncct")
    if image is None:
        return None
    geometry = image.geometry
    layers = _layers(record, geometry)
    brain = record.masks.get("ct_brain")
    brain = brain.values if brain is not None and not brain.geometry.differs_from(geometry) else None
    seen = [mask for mask in (brain, *(layer.values for layer in layers)) if mask is not None and mask.any()]
    view = view_of(geometry, np.logical_or.reduce(seen) if seen else None, margin_mm=16.0)
    panel = Panel("CT without contrast agent", image.values, _window(config), _window_words(config))
    candidates = record.hemorrhage.candidates if record.hemorrhage is not None else ()
    marks, marked = _marks(candidates, view, geometry)
    shown = _shown(geometry, layers, marked, config)
    return Pictures(geometry, view, (panel,), layers, brain, shown, "no blood", PREFIX, marks)


def _window(config: HemorrhageReportConfig) -> tuple[float, float]:
    half = config.window_width_hu / 2
    return config.window_center_hu - half, config.window_center_hu + half


def _window_words(config: HemorrhageReportConfig) -> str:
    low, high = _window(config)
    return f"window {config.window_width_hu:g} / {config.window_center_hu:g}: {low:g} to {high:g} HU (fixed)"


def _layers(record: CaseRecord, geometry: Geometry) -> tuple[Layer, ...]:
    """Edema first, so that no line of blood is below it."""
    layers = []
    for name in (EDEMA, *Structure):
        mask = record.masks.get(str(name))
        if mask is not None and mask.values.any() and not mask.geometry.differs_from(geometry):
            segment = segment_of(mask)
            color = hex_of_segment(segment.color)
            layers.append(Layer(str(name), segment.name, mask.values, _TOLD.get(name, ""), color))
    return tuple(layers)


def _marks(candidates: tuple[BloodCandidate, ...], view: View, geometry: Geometry) -> tuple[dict[int, str], set[int]]:
    """A number at every candidate, with a cross where it is left out, by slice; and these slices."""
    marks: dict[int, str] = {}
    for candidate in candidates:
        k, x, y = page_place(view, geometry, candidate.seed_lps)
        cross = "" if candidate.accepted else f'<path class="k-mark" d="M{x - 3:.1f} {y:.1f}h6M{x:.1f} {y - 3:.1f}v6"/>'
        text = f'<text class="k-number" x="{x + 2:.1f}" y="{y - 2:.1f}" font-size="7">{candidate.label}</text>'
        marks[k] = marks.get(k, "") + cross + text
    return marks, set(marks)


def _shown(
    geometry: Geometry, layers: tuple[Layer, ...], marked: set[int], config: HemorrhageReportConfig
) -> tuple[int, ...]:
    """All slices; of very many those with blood, or evenly some of them, and others evenly between them."""
    order = slices_upward(geometry)
    if len(order) <= config.most_slices:
        return tuple(order)
    lesion = [k for k in order if any(layer.told and layer.values[k].any() for layer in layers)]
    largest = max(lesion, key=lambda k: sum(np.count_nonzero(layer.values[k]) for layer in layers), default=None)
    kept = marked | ({largest} if largest is not None else set())
    kept |= set(evenly(lesion, 2 * config.most_slices // 3))
    kept |= set(evenly([k for k in order if k not in kept], max(0, config.most_slices - len(kept))))
    return tuple(k for k in order if k in kept)


def axes_picture(record: CaseRecord, pictures: Pictures, config: HemorrhageReportConfig) -> str:
    """The slice of largest area with A, B as caliper (ticks at its ends) and B as chord (dashed); empty without ABC/2."""
    abc2 = record.hemorrhage.abc2 if record.hemorrhage is not None else None
    ich = record.masks.get(str(Structure.ICH))
    if abc2 is None or abc2.a_lps is None or ich is None or not ich.values[abc2.slice_index].any():
        return ""
    k, view = abc2.slice_index, pictures.view
    box = _around(ich.values[k], view, config.axes_margin_mm)
    axes = (
        (abc2.b_chord_lps, f"B {abc2.b_chord_mm:.1f} mm, chord", "x-chord"),
        (abc2.b_caliper_lps, f"B {abc2.b_caliper_mm:.1f} mm, caliper", "x-caliper"),
        (abc2.a_lps, f"A {abc2.a_mm:.1f} mm", "x-a"),
    )
    lines = [_line(pictures, ends, kind) for ends, _, kind in axes]
    lines += [_label(box, n, text, kind) for n, (_, text, kind) in enumerate(reversed(axes), 1)]
    color = hex_of_segment(segment_of(ich).color)
    outline = f'<path class="k-path k-ich" style="stroke:{color}" d="{contour_path(ich.values[k], view)}"/>'
    image = _zoomed(pictures, k, box, config)
    words = f"axes of ABC/2 on slice {k + 1}, {slice_place(pictures.geometry, k)}"
    left, top, width, height = box
    picture = (
        f'<svg class="slice" viewBox="{left:.2f} {top:.2f} {width:.2f} {height:.2f}" role="img" aria-label="{escape(words)}">'
        f"{image}{outline}{''.join(lines)}{_scale(box)}</svg>"
    )
    return f"<figure>{picture}<figcaption>{escape(words[0].upper() + words[1:])}; bar 2 cm</figcaption></figure>"


def _around(plane: np.ndarray, view: View, margin_mm: float) -> tuple[float, float, float, float]:
    """Left, top, width and height in mm of a square part of the picture around a region, within the picture."""
    rows, columns = (np.flatnonzero(view.turn(plane).any(axis=axis)) for axis in (1, 0))
    down, right = view.spacing
    top, bottom = rows[0] * down, (rows[-1] + 1) * down
    left, end = columns[0] * right, (columns[-1] + 1) * right
    size = max(bottom - top, end - left) + 2 * margin_mm
    height, width = view.size_mm
    size = min(size, height, width)
    left = min(max(0.0, (left + end - size) / 2), width - size)
    top = min(max(0.0, (top + bottom - size) / 2), height - size)
    return left, top, size, size


def _zoomed(pictures: Pictures, k: int, box: tuple[float, float, float, float], config: HemorrhageReportConfig) -> str:
    """The part of a slice in its full resolution."""
    view, panel = pictures.view, pictures.panels[0]
    down, right = view.spacing
    left, top, width, height = box
    rows = slice(int(top / down), int(np.ceil((top + height) / down)))
    columns = slice(int(left / right), int(np.ceil((left + width) / right)))
    part = view.turn(panel.values[k])[rows, columns]
    data = b64encode(gray_png(part, panel.window, config.axes_px)).decode()
    return (
        f'<image x="{columns.start * right:.2f}" y="{rows.start * down:.2f}" width="{part.shape[1] * right:.2f}" '
        f'height="{part.shape[0] * down:.2f}" preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
    )


def _line(pictures: Pictures, ends, kind: str) -> str:
    """A line between two points, with ticks at the ends of a caliper."""
    (_, x0, y0), (_, x1, y1) = (page_place(pictures.view, pictures.geometry, lps) for lps in ends)
    path = f"M{x0:.2f} {y0:.2f}L{x1:.2f} {y1:.2f}"
    length = float(np.hypot(x1 - x0, y1 - y0)) or 1.0
    across = (y0 - y1) / length * 2.5, (x1 - x0) / length * 2.5
    for x, y in ((x0, y0), (x1, y1)) if kind == "x-caliper" else ():
        path += f"M{x - across[0]:.2f} {y - across[1]:.2f}L{x + across[0]:.2f} {y + across[1]:.2f}"
    return f'<path class="x-axis-edge" d="{path}"/><path class="x-axis {kind}" d="{path}"/>'


def _label(box: tuple[float, float, float, float], line: int, words: str, kind: str) -> str:
    """One line of the names of the axes, at the upper left of the picture."""
    left, top, size, _ = box
    height = size / 18
    return (
        f'<text class="x-label {kind}" x="{left + 0.4 * height:.2f}" y="{top + 1.25 * height * line:.2f}" '
        f'font-size="{height:.2f}">{escape(words)}</text>'
    )


def _scale(box: tuple[float, float, float, float]) -> str:
    left, top, width, height = box
    x, y = left + width - 4, top + height - 4
    return f'<g class="marker"><path d="M{x - 20:.1f} {y:.1f}H{x:.1f}"/></g>'
