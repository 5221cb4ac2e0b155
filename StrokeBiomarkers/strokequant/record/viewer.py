"""The picture part of the report: one stored picture per slice, drawn again wherever it is needed.

Every picture stands once in the page as SVG; viewer, montage and overview refer to it, so that the page stays small. What is shown on
them comes from the part of the record that they belong to.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape

import numpy as np

from ..config import ReportConfig
from ..geometry import Geometry
from ..threads import in_threads
from .montage import View, contour_path, evenly, gray_png, slice_place, slices_upward, within_budget


@dataclass(frozen=True, eq=False)
class Panel:
    """One image that is shown slice by slice: its title, values (k, j, i) and window."""

    title: str
    values: np.ndarray
    window: tuple[float, float]
    window_text: str


@dataclass(frozen=True, eq=False)
class Layer:
    """A structure whose contour is drawn.

    Args:
        name: of its class in the style sheet, and in ids.
        words: of the legend.
        values: (k, j, i) bool.
        told: short name in captions; empty where they do not tell its volume.
        color: as style sheets write it; empty where the class has one.
    """

    name: str
    words: str
    values: np.ndarray
    told: str = ""
    color: str = ""


@dataclass(frozen=True, eq=False)
class Pictures:
    """All that one part of the page draws on: one grid, one or more panels, contours.

    Args:
        panels: images.
        layers: contours, in the order in which they are drawn.
        brain: (k, j, i) mask with a switch of its own, None without one.
        slices: that are shown, upward.
        nothing: words of a caption where no layer that it tells is in the slice.
        prefix: of all ids, so that a page may hold several.
        marks: further SVG by slice, switched with the contours.
    """

    geometry: Geometry
    view: View
    panels: tuple[Panel, ...]
    layers: tuple[Layer, ...]
    brain: np.ndarray | None
    slices: tuple[int, ...]
    nothing: str
    prefix: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)

    @property
    def told(self) -> list[Layer]:
        """Layers whose volume captions tell."""
        return [layer for layer in self.layers if layer.told]

    def ml(self, layer: Layer, k: int) -> float:
        """Volume of a layer in one slice."""
        return np.count_nonzero(layer.values[k]) * float(self.geometry.voxel_volumes_mm3[k]) / 1000

    def lesion_ml(self, k: int) -> float:
        """Volume of all layers that captions tell, in one slice."""
        return sum(self.ml(layer, k) for layer in self.told)

    @property
    def lesion_slices(self) -> list[int]:
        """Slices that hold something that captions tell, upward."""
        return [k for k in slices_upward(self.geometry) if any(layer.values[k].any() for layer in self.told)]

    @property
    def key_slice(self) -> int:
        """Slice to show first: most of what captions tell, else of the other layers, else the middle one."""
        for layers in (self.told, [layer for layer in self.layers if not layer.told]):
            area = sum(np.count_nonzero(layer.values, axis=(1, 2)) for layer in layers)
            if np.any(area):
                return int(np.argmax(area * self.geometry.slice_extents))
        return self.slices[len(self.slices) // 2]

    def caption(self, k: int) -> str:
        """What a slice is and what is in it."""
        content = [_volume_words(layer.told, self.ml(layer, k)) for layer in self.told if layer.values[k].any()]
        place = f"Slice {k + 1} of {self.geometry.shape[0]} · {slice_place(self.geometry, k)}"
        return f"{place} · {', '.join(content) or self.nothing}"


def _volume_words(name: str, ml: float) -> str:
    return f"{name} {ml:.2f} mL" if ml >= 0.005 else f"{name} < 0.01 mL"


def _encode(pictures: Pictures, config: ReportConfig) -> list[list[bytes]]:
    """PNG by panel and slice that is shown, reduced until all together keep to the budget."""

    def draw(longest: int) -> list[bytes]:
        one = partial(_draw_slice, pictures.view, longest)
        return [png for panel in pictures.panels for png in in_threads(partial(one, panel), pictures.slices)]

    longest = min(config.max_image_px, max(pictures.view.shape))
    images = within_budget(draw, longest, config.image_budget_bytes)
    count = len(pictures.slices)
    return [images[n : n + count] for n in range(0, len(images), count)]


def _draw_slice(view: View, longest: int, panel: Panel, k: int) -> bytes:
    return gray_png(view.turn(panel.values[k]), panel.window, longest)


def _contours(pictures: Pictures, k: int) -> str:
    """Contours of a slice: solid or dashed as the style of the layer says, with a dark edge; the brain apart.

    Rules with one class only: a style sheet sees no ancestors of a shape that is drawn by reference.
    """
    parts, shapes, prefix = [], [], pictures.prefix
    for layer in pictures.layers:
        path = contour_path(layer.values[k], pictures.view)
        if path:
            name = f"{prefix}{layer.name}{k}"
            color = f' style="stroke:{layer.color}"' if layer.color else ""
            shapes.append(f'<path id="{name}" class="k-path" d="{path}"/>')
            parts.append(
                f'<use href="#{name}" class="k-edge"/><use href="#{name}" class="k-{escape(layer.name)}"{color}/>'
            )
    brain = "" if pictures.brain is None else contour_path(pictures.brain[k], pictures.view)
    outline = f'<path class="k-path k-brain" d="{brain}"/>' if brain else ""
    drawn = "".join(parts) + pictures.marks.get(k, "")
    return f'{"".join(shapes)}<g id="{prefix}c{k}">{drawn}</g><g id="{prefix}b{k}">{outline}</g>'


def asset_svg(pictures: Pictures, config: ReportConfig) -> str:
    """All pictures and contours, each once, not visible by themselves."""
    height, width = pictures.view.size_mm
    parts = []
    for p, panel in enumerate(_encode(pictures, config)):
        for k, png in zip(pictures.slices, panel, strict=True):
            data = b64encode(png).decode()
            parts.append(
                f'<image id="{pictures.prefix}p{p}s{k}" width="{width:.2f}" height="{height:.2f}" preserveAspectRatio="none" '
                f'href="data:image/png;base64,{data}"/>'
            )
    contours = "".join(_contours(pictures, k) for k in sorted(pictures.slices))
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
    prefix = pictures.prefix
    title = f"{pictures.panels[panel].title}, {pictures.caption(k)}, {pictures.view.markers[0]} is on the left of the picture"
    label = 'aria-hidden="true"' if hidden else f'role="img" aria-label="{escape(title)}"'
    outline = f'<use class="b" href="#{prefix}b{k}"/>' if brain else ""
    return (
        f'<svg class="slice" viewBox="0 0 {width:.2f} {height:.2f}" {label} data-panel="{panel}">'
        f'<use class="i" href="#{prefix}p{panel}s{k}"/>{outline}<use class="c" href="#{prefix}c{k}"/>'
        f"{side_marker(pictures.view) if markers else ''}</svg>"
    )


def viewer(pictures: Pictures) -> str:
    """The large picture with a slider; without script it shows the slice with most to see."""
    k, prefix = pictures.key_slice, pictures.prefix
    panels = "".join(
        f"<div><h3>{escape(panel.title)}</h3>{slice_svg(pictures, p, k, brain=True)}"
        f'<p class="window">{escape(panel.window_text)}</p></div>'
        for p, panel in enumerate(pictures.panels)
    )
    controls = (
        '<div class="controls" hidden>'
        f'<label class="slide">Slice <input type="range" class="slider" min="0" max="{len(pictures.slices) - 1}" '
        f'value="{pictures.slices.index(k)}" aria-describedby="{prefix}caption"></label>'
        '<label><input type="checkbox" class="show-core" checked> contours (C)</label>'
        '<label><input type="checkbox" class="show-brain"> brain mask (B)</label>'
        "</div>"
    )
    return (
        f'<div class="viewer no-brain" id="{prefix}viewer" data-prefix="{prefix}"><div class="panels">{panels}</div>'
        f'<p class="caption" id="{prefix}caption" aria-live="polite">{escape(pictures.caption(k))}</p>{controls}</div>'
    )


def legend(pictures: Pictures) -> str:
    """What the lines mean and how the pictures lie."""
    left = pictures.view.markers[0]
    entries = []
    for layer in pictures.layers:
        if layer.told or layer.values.any():
            color = f' style="border-top-color:{layer.color}"' if layer.color else ""
            entries.append(f'<span class="key {escape(layer.name)}"{color}></span> {escape(layer.words)}')
    words = {"R": "right", "L": "left", "A": "anterior", "P": "posterior"}
    side = f"{left} (patient {words.get(left, left)}) is on the left, from patient coordinates; bar 5 cm"
    return f'<p class="legend">{" ".join(f"<span>{entry}</span>" for entry in entries)}<span>{side}</span></p>'


def montage_slices(pictures: Pictures, config: ReportConfig) -> list[int]:
    """Slices at reading size, upward: of many evenly some, and the one with most to see."""
    slices = [k for k in pictures.lesion_slices if k in pictures.slices]
    if len(slices) <= config.max_montage_slices:
        return slices
    key = pictures.key_slice
    shown = evenly(slices, config.max_montage_slices)
    nearest = min(shown, key=lambda k: abs(k - key))
    return [key if k == nearest else k for k in shown]


def montage(pictures: Pictures, config: ReportConfig) -> str:
    """Slices with lesion at reading size, the panels side by side, upward."""
    shown, all_slices = montage_slices(pictures, config), pictures.lesion_slices
    if not shown:
        return ""
    figures = "".join(
        f'<figure id="{pictures.prefix}slice{k}"><div class="pair">'
        + "".join(slice_svg(pictures, p, k) for p in range(len(pictures.panels)))
        + f"</div><figcaption>{escape(pictures.caption(k))}</figcaption></figure>"
        for k in shown
    )
    what = pictures.nothing.removeprefix("no ")
    less = (
        f"<p>{len(shown)} of {len(all_slices)} slices with {escape(what)}, evenly spread over it.</p>"
        if len(shown) < len(all_slices)
        else ""
    )
    return f'{less}<div class="montage{" single" if len(pictures.panels) == 1 else ""}">{figures}</div>'


def overview(pictures: Pictures) -> str:
    """All slices that are shown, small, upward; a click shows one in the viewer."""
    thumbs, lesion, prefix = [], set(pictures.lesion_slices), pictures.prefix
    for k in pictures.slices:
        kind = "thumb has-core" if k in lesion else "thumb"
        label = escape(pictures.caption(k))
        thumbs.append(
            f'<a class="{kind}" href="#{prefix}viewer" data-slice="{k}" data-caption="{label}" aria-label="{label}" title="{label}">'
            f"{slice_svg(pictures, 0, k, markers=False, hidden=True)}<span>{k + 1}</span></a>"
        )
    return f'<div class="overview" data-viewer="{prefix}viewer">{"".join(thumbs)}</div>'
