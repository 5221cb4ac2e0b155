"""Pictures of the regions of a phantom: central slices with the border and the name of every region."""

import base64
from html import escape

import numpy as np

from ..config import ReportConfig
from ..phantom_types import PhantomSession
from .montage import View, contour_path, gray_png, slice_place, view_of

_TITLES = {"b0": "b 0", "adc": "ADC (10⁻⁶ mm²/s)", "image": "image", "ct": "CT"}
_HU_WINDOW = (-160.0, 240.0)
"""Water, polyethylene and acrylic are told apart; the object of low contrast is seen."""
_MOST_SLICES = 8


def region_pictures(session: PhantomSession, config: ReportConfig = ReportConfig()) -> str:
    """Every image of the session on the central slice, and the first image on its neighbors."""
    geometry, images = session.geometry, session.images
    usable = {name: image for name, image in images.items() if geometry is not None and image.shape == geometry.shape}
    if not usable:
        return _own_pictures(session, config) or "<p>There is no image to show.</p>"
    masks = [(p.label, p.mask) for p in session.placements if p.mask is not None and p.mask.any()]
    slices = _slices(masks, geometry.shape[0])
    middle = slices[0]
    view = view_of(geometry)
    first = next(iter(usable))
    shown = [(name, middle) for name in usable] + [(first, k) for k in slices[1:]]
    figures = []
    for name, k in shown:
        window = _window(name, usable[name][k], config)
        caption = f"{_TITLES.get(name, name)}, {slice_place(geometry, k)}, window {window[0]:.0f} to {window[1]:.0f}"
        picture = _picture(usable[name][k], window, view, [(label, mask[k]) for label, mask in masks], caption, config)
        figures.append(f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>")
    return f'<div class="montage">{"".join(figures)}</div>'


def key_picture(session: PhantomSession, config: ReportConfig = ReportConfig()) -> str:
    """The first image on its central slice with all regions of that slice, as one figure; empty without an image."""
    geometry = session.geometry
    usable = {n: i for n, i in session.images.items() if geometry is not None and i.shape == geometry.shape}
    if not usable:
        return next(iter(_own_figures(session, config)), "")
    masks = [(p.label, p.mask) for p in session.placements if p.mask is not None and p.mask.any()]
    k = _slices(masks, geometry.shape[0])[0]
    name = next(iter(usable))
    window = _window(name, usable[name][k], config)
    caption = f"{_TITLES.get(name, name)}, {slice_place(geometry, k)}"
    shown = [(label, mask[k]) for label, mask in masks if mask.shape == geometry.shape]
    picture = _picture(usable[name][k], window, view_of(geometry), shown, caption, config)
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _own_pictures(session: PhantomSession, config: ReportConfig) -> str:
    """Regions that lie on images of their own, each on its middle slice; empty where there are none."""
    figures = _own_figures(session, config)
    return f'<div class="montage">{"".join(figures)}</div>' if figures else ""


def _own_figures(session: PhantomSession, config: ReportConfig) -> list[str]:
    """One figure for every image and slice that holds the middle of a region."""
    own = [p for p in session.placements if p.picture is not None and p.mask is not None and p.geometry is not None]
    groups: dict[tuple[int, int], list] = {}
    for p in own:
        groups.setdefault((id(p.geometry), p.middle_slice), []).append(p)
    figures = []
    for (_, k), members in groups.items():
        first = members[0]
        name = "ct" if session.scanner.modality == "CT" else "image"
        window = _window(name, first.picture, config)
        labels = ", ".join(p.label for p in members)
        caption = f"{labels}: {slice_place(first.geometry, k)}, window {window[0]:.0f} to {window[1]:.0f}"
        masks = [(p.label, p.mask[k]) for p in members]
        picture = _picture(first.picture, window, view_of(first.geometry), masks, caption, config)
        figures.append(f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>")
    return figures


def _slices(masks: list[tuple[str, np.ndarray]], count: int) -> list[int]:
    """Middle slice of every region; with the neighbors that hold regions where that is one slice for all."""
    held = [np.flatnonzero(mask.any(axis=(1, 2))) for _, mask in masks]
    middles = sorted({int(k[len(k) // 2]) for k in held}) or [count // 2]
    if len(middles) > 1 or not held:
        return middles[:_MOST_SLICES]
    every = sorted({int(k) for one in held for k in one} - set(middles))
    return [*middles, *every][:_MOST_SLICES]


def _window(name: str, plane: np.ndarray, config: ReportConfig) -> tuple[float, float]:
    if name == "ct":
        return _HU_WINDOW
    if name == "adc":
        positive = plane[np.isfinite(plane) & (plane > 0)]
        return 0.0, float(np.percentile(positive, 95)) if len(positive) else config.adc_window_high
    known = plane[np.isfinite(plane)]
    low, high = (float(np.percentile(known, p)) for p in (1, 99.5))
    return (low, high) if high > low else (low, low + 1.0)


def _picture(plane: np.ndarray, window, view: View, masks, words: str, config: ReportConfig) -> str:
    height, width = view.size_mm
    png = base64.b64encode(gray_png(view.turn(plane), window, 2 * config.max_image_px)).decode()
    body = [
        f'<image href="data:image/png;base64,{png}" width="{width:.2f}" height="{height:.2f}" preserveAspectRatio="none"/>'
    ]
    for label, mask in masks:
        path = contour_path(mask, view)
        if not path:
            continue
        j, i = np.argwhere(view.turn(mask)).mean(axis=0)
        y, x = (j + 0.5) * view.spacing[0], (i + 0.5) * view.spacing[1]
        body.append(f'<path class="k-path k-core" d="{path}"/>')
        body.append(
            f'<text x="{x:.1f}" y="{y - 7:.1f}" text-anchor="middle" font-size="6" fill="#fff" stroke="#000" stroke-width="1.2" '
            f'paint-order="stroke" font-weight="700">{escape(label)}</text>'
        )
    return f'<svg class="slice" viewBox="0 0 {width:.2f} {height:.2f}" role="img" aria-label="{escape(words)}">{"".join(body)}</svg>'
