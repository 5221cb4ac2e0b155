"""The picture part of the report: one stored picture per slice, drawn again wherever it is needed.

Every picture stands once in the page as SVG; viewer, montage and overview refer to it, so that the page stays small.
"""

from base64 import b64encode
from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np

from ..config import ReportConfig
from ..geometry import Geometry
from ..threads import in_threads
from ..types import CaseRecord, CoreResult, Mask
from .kinds import Kind, kind_of
from .montage import View, contour_path, gray_png, robust_window, slice_place, slices_upward, view_of, within_budget


@dataclass(frozen=True, eq=False)
class Panel:
    """One image that is shown slice by slice: its title, values (k, j, i) and window."""

    title: str
    values: np.ndarray
    window: tuple[float, float]
    window_text: str


@dataclass(frozen=True, eq=False)
class Pictures:
    """All that the page draws on: one grid, one or two panels, contours of core, candidates left out and brain."""

    geometry: Geometry
    view: View
    panels: tuple[Panel, ...]
    core: np.ndarray | None
    left_out: np.ndarray | None
    brain: np.ndarray | None

    @property
    def lesion_slices(self) -> list[int]:
        """Slices with core, upward."""
        if self.core is None:
            return []
        return [k for k in slices_upward(self.geometry) if self.core[k].any()]

    @property
    def key_slice(self) -> int:
        """Slice to show first: most core, else most candidates left out, else the middle one."""
        for mask in (self.core, self.left_out):
            if mask is not None and mask.any():
                return int(np.argmax(np.count_nonzero(mask, axis=(1, 2)) * self.geometry.slice_extents))
        return self.geometry.shape[0] // 2

    def core_ml(self, k: int) -> float:
        """Volume of the core in one slice."""
        voxels = 0 if self.core is None else int(np.count_nonzero(self.core[k]))
        return voxels * float(self.geometry.voxel_volumes_mm3[k]) / 1000

    def caption(self, k: int) -> str:
        """What a slice is and what is in it."""
        ml = self.core_ml(k)
        content = f"core {ml:.2f} mL" if ml >= 0.005 else ("core < 0.01 mL" if ml > 0 else "no core")
        return f"Slice {k + 1} of {self.geometry.shape[0]} · {slice_place(self.geometry, k)} · {content}"


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


def pictures_of(record: CaseRecord, config: ReportConfig) -> Pictures | None:
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
    return Pictures(geometry, view_of(geometry, inside), panels, core, left_out, brain)


def _encode(pictures: Pictures, config: ReportConfig) -> list[list[bytes]]:
    """PNG by panel and slice, reduced until all together keep to the budget."""

    def draw(longest: int) -> list[bytes]:
        one = partial(_draw_slice, pictures.view, longest)
        return [png for panel in pictures.panels for png in in_threads(partial(one, panel), range(len(panel.values)))]

    longest = min(config.max_image_px, max(pictures.view.shape))
    images = within_budget(draw, longest, config.image_budget_bytes)
    slices = pictures.geometry.shape[0]
    return [images[n : n + slices] for n in range(0, len(images), slices)]


def _draw_slice(view: View, longest: int, panel: Panel, k: int) -> bytes:
    return gray_png(view.turn(panel.values[k]), panel.window, longest)


def _contours(pictures: Pictures, k: int) -> str:
    """Contours of a slice: the core solid with a dark edge, candidates left out dashed, the brain apart.

    Rules with one class only: a style sheet sees no ancestors of a shape that is drawn by reference.
    """
    parts, shapes = [], []
    for name, mask in (("core", pictures.core), ("left", pictures.left_out)):
        path = "" if mask is None else contour_path(mask[k], pictures.view)
        if path:
            shapes.append(f'<path id="{name}{k}" class="k-path" d="{path}"/>')
            parts.append(f'<use href="#{name}{k}" class="k-edge"/><use href="#{name}{k}" class="k-{name}"/>')
    brain = "" if pictures.brain is None else contour_path(pictures.brain[k], pictures.view)
    outline = f'<path class="k-path k-brain" d="{brain}"/>' if brain else ""
    return f'{"".join(shapes)}<g id="c{k}">{"".join(parts)}</g><g id="b{k}">{outline}</g>'


def asset_svg(pictures: Pictures, config: ReportConfig) -> str:
    """All pictures and contours, each once, not visible by themselves."""
    height, width = pictures.view.size_mm
    parts = []
    for p, panel in enumerate(_encode(pictures, config)):
        for k, png in enumerate(panel):
            data = b64encode(png).decode()
            parts.append(
                f'<image id="p{p}s{k}" width="{width:.2f}" height="{height:.2f}" preserveAspectRatio="none" '
                f'href="data:image/png;base64,{data}"/>'
            )
    contours = "".join(_contours(pictures, k) for k in range(pictures.geometry.shape[0]))
    return f'<svg class="assets" width="0" height="0" aria-hidden="true"><defs>{"".join(parts)}{contours}</defs></svg>'


def side_marker(view: View) -> str:
    """Letters of the patient's sides at the edges, and a bar of 5 cm."""
    height, width = view.size_mm
    left, right, top, bottom = view.markers
    size = max(height, width) * 0.052
    places = (
        (left, size * 0.25, height / 2, "start"),
        (right, width - size * 0.25, height / 2, "end"),
        (top, width / 2, size * 0.95, "middle"),
        (bottom, width / 2, height - size * 0.3, "middle"),
    )
    letters = "".join(
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" text-anchor="{anchor}">{name}</text>'
        for name, x, y, anchor in places
    )
    x, y = width - size * 0.4, height - size * 0.5
    bar = f'<path d="M{x - 50:.1f} {y:.1f}H{x:.1f}"/>' if width > 100 else ""
    return f'<g class="marker">{letters}{bar}</g>'


def slice_svg(
    pictures: Pictures, panel: int, k: int, *, markers: bool = True, brain: bool = False, hidden: bool = False
) -> str:
    """One slice of one panel as a reference to the stored picture."""
    height, width = pictures.view.size_mm
    title = f"{pictures.panels[panel].title}, {pictures.caption(k)}, {pictures.view.markers[0]} is on the left of the picture"
    label = 'aria-hidden="true"' if hidden else f'role="img" aria-label="{escape(title)}"'
    outline = f'<use class="b" href="#b{k}"/>' if brain else ""
    return (
        f'<svg class="slice" viewBox="0 0 {width:.2f} {height:.2f}" {label} data-panel="{panel}">'
        f'<use class="i" href="#p{panel}s{k}"/>{outline}<use class="c" href="#c{k}"/>'
        f"{side_marker(pictures.view) if markers else ''}</svg>"
    )


def viewer(pictures: Pictures) -> str:
    """The large picture with a slider; without script it shows the slice with most core."""
    k, n = pictures.key_slice, pictures.geometry.shape[0]
    order = slices_upward(pictures.geometry)
    panels = "".join(
        f"<div><h3>{escape(panel.title)}</h3>{slice_svg(pictures, p, k, brain=True)}"
        f'<p class="window">{escape(panel.window_text)}</p></div>'
        for p, panel in enumerate(pictures.panels)
    )
    controls = (
        '<div class="controls" hidden>'
        f'<label class="slide">Slice <input type="range" id="slider" min="0" max="{n - 1}" value="{order.index(k)}" '
        'aria-describedby="caption"></label>'
        '<label><input type="checkbox" id="show-core" checked> contours (C)</label>'
        '<label><input type="checkbox" id="show-brain"> brain mask (B)</label>'
        "</div>"
    )
    return (
        f'<div class="viewer no-brain" id="viewer"><div class="panels">{panels}</div>'
        f'<p class="caption" id="caption" aria-live="polite">{escape(pictures.caption(k))}</p>{controls}</div>'
    )


def legend(pictures: Pictures) -> str:
    """What the lines mean and how the pictures lie."""
    left = pictures.view.markers[0]
    entries = ['<span class="key core"></span> infarct core (proposed)']
    if pictures.left_out is not None and pictures.left_out.any():
        entries.append('<span class="key left"></span> candidate left out')
    words = {"R": "right", "L": "left", "A": "anterior", "P": "posterior"}
    side = f"{left} (patient {words.get(left, left)}) is on the left, from patient coordinates; bar 5 cm"
    return f'<p class="legend">{" ".join(f"<span>{entry}</span>" for entry in entries)}<span>{side}</span></p>'


def montage(pictures: Pictures, config: ReportConfig) -> str:
    """Slices with core at reading size, the panels side by side, upward; the slices with most core where there are many."""
    slices = pictures.lesion_slices
    if not slices:
        return ""
    largest = sorted(slices, key=lambda k: -pictures.core_ml(k))[: config.max_montage_slices]
    shown = [k for k in slices if k in largest]
    figures = "".join(
        f'<figure id="slice{k}"><div class="pair">'
        + "".join(slice_svg(pictures, p, k) for p in range(len(pictures.panels)))
        + f"</div><figcaption>{escape(pictures.caption(k))}</figcaption></figure>"
        for k in shown
    )
    less = (
        f"<p>{len(shown)} of {len(slices)} slices with core, those with most of it.</p>"
        if len(shown) < len(slices)
        else ""
    )
    return f'{less}<div class="montage">{figures}</div>'


def overview(pictures: Pictures) -> str:
    """All slices small, upward; a click shows one in the viewer."""
    thumbs = []
    for k in slices_upward(pictures.geometry):
        kind = "thumb has-core" if pictures.core is not None and pictures.core[k].any() else "thumb"
        label = escape(pictures.caption(k))
        thumbs.append(
            f'<a class="{kind}" href="#viewer" data-slice="{k}" data-caption="{label}" aria-label="{label}" title="{label}">'
            f"{slice_svg(pictures, 0, k, markers=False, hidden=True)}<span>{k + 1}</span></a>"
        )
    return f'<div class="overview">{"".join(thumbs)}</div>'
