"""Pictures of the regions of a phantom: central slices with the border and the name of every region."""

import base64
from html import escape

import numpy as np

from ..config import ReportConfig
from ..phantom_types import PhantomSession
from .montage import View, contour_path, gray_png, slice_place, view_of

_TITLES = {"b0": "b 0", "adc": "ADC (10⁻⁶ mm²/s)", "image": "image"}


def region_pictures(session: PhantomSession, config: ReportConfig = ReportConfig()) -> str:
    """Every image of the session on the central slice, and the first image on its neighbors."""
    geometry, images = session.geometry, session.images
    usable = {name: image for name, image in images.items() if geometry is not None and image.shape == geometry.shape}
    if not usable:
        return "<p>There is no image to show.</p>"
    masks = [(p.label, p.mask) for p in session.placements if p.mask is not None and p.mask.any()]
    counts = np.sum([m.sum(axis=(1, 2)) for _, m in masks], axis=0) if masks else np.zeros(geometry.shape[0])
    slices = [int(k) for k in np.flatnonzero(counts)] or [geometry.shape[0] // 2]
    middle = slices[len(slices) // 2]
    view = view_of(geometry)
    first = next(iter(usable))
    shown = [(name, middle) for name in usable] + [(first, k) for k in slices if k != middle][:6]
    figures = []
    for name, k in shown:
        window = _window(name, usable[name][k], config)
        caption = f"{_TITLES.get(name, name)}, {slice_place(geometry, k)}, window {window[0]:.0f} to {window[1]:.0f}"
        picture = _picture(usable[name][k], window, view, [(label, mask[k]) for label, mask in masks], caption, config)
        figures.append(f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>")
    return f'<div class="montage">{"".join(figures)}</div>'


def _window(name: str, plane: np.ndarray, config: ReportConfig) -> tuple[float, float]:
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
