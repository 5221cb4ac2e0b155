"""Pictures of perfusion for the report: maps in color, the mismatch on the baseline image, where artery and vein were taken.

Every picture stands once in the page; montages refer to it, as in `viewer`. Lesions are paths over the picture, so that they stay
crisp on paper.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from html import escape

import numpy as np

from ..codes import HOUNSFIELD
from ..config import ReportConfig
from ..geometry import Geometry
from ..perfusion_config import PerfusionReportConfig
from ..perfusion_types import VesselCurve
from ..threads import in_threads
from ..types import CaseRecord, Mask, Volume
from .colors import ColorTable, blood_table, tmax_table, transit_table
from .montage import (
    View,
    color_png,
    contour_path,
    gray_png,
    robust_window,
    slice_place,
    slices_upward,
    view_of,
    within_budget,
)
from .viewer import side_marker


@dataclass(frozen=True, eq=False)
class MapPanel:
    """One map in color.

    Args:
        name: of the record; `title` and `unit` as people read them.
        values, known: (k, j, i).
        reference: value of the reference tissue in that unit; None for maps in absolute numbers.
    """

    name: str
    title: str
    unit: str
    values: np.ndarray
    known: np.ndarray
    table: ColorTable
    reference: float | None = None


@dataclass(frozen=True, eq=False)
class PerfusionPictures:
    """All that the perfusion pages draw on: one grid.

    Args:
        base: baseline image; `moved`: diffusion image on this grid.
        masks: by name; absent ones are left out.
        panels: maps.
        main: name of the mask of hypoperfusion; `core`: of the core in the mismatch.
        shown: slices of the montages, upward; `with_lesion` of them have one.
    """

    geometry: Geometry
    view: View
    base: Volume
    panels: tuple[MapPanel, ...]
    masks: dict[str, np.ndarray]
    main: str
    core: str
    shown: tuple[int, ...]
    with_lesion: int
    moved: Volume | None = None
    windows: dict[str, tuple[float, float]] = field(default_factory=dict)

    def mask(self, name: str, k: int) -> np.ndarray | None:
        """(j, i) of a slice; None where there is none."""
        values = self.masks.get(name)
        return values[k] if values is not None and values[k].any() else None

    def ml(self, name: str, k: int) -> float:
        """Volume of a mask in one slice."""
        values = self.masks.get(name)
        return 0.0 if values is None else np.count_nonzero(values[k]) * float(self.geometry.voxel_volumes_mm3[k]) / 1000

    def caption(self, k: int) -> str:
        """Which slice it is, and the lesion in it."""
        place = f"Slice {k + 1} of {self.geometry.shape[0]} · {slice_place(self.geometry, k)}"
        if self.main not in self.masks:
            return place
        return f"{place} · hypoperfusion {self.ml(self.main, k):.1f} mL, core {self.ml(self.core, k):.1f} mL"


def perfusion_pictures(
    record: CaseRecord,
    *,
    main: str,
    config: PerfusionReportConfig = PerfusionReportConfig(),
    windows: ReportConfig = ReportConfig(),
) -> PerfusionPictures | None:
    """Pictures of a record; None without a baseline image.

    Args:
        record: with perfusion.
        main: name of the mask of hypoperfusion.
        config: windows and sizes; `windows` says how gray images are windowed.
    """
    base = record.images.get("perfusion")
    if base is None:
        return None
    geometry = base.geometry
    masks = {name: m.values for name, m in record.masks.items() if _fits(m, geometry)}
    brain = masks.get("perfusion_brain")
    core = "mismatch_core" if "mismatch_core" in masks else "perfusion_core"
    moved = record.images.get("dwi_on_perfusion")
    moved = moved if moved is not None and not moved.geometry.differs_from(geometry) else None
    lesion = [masks[name] for name in (main, core) if name in masks]
    shown, with_lesion = _shown(geometry, np.logical_or.reduce(lesion) if lesion else None, brain, config)
    return PerfusionPictures(
        geometry=geometry,
        view=view_of(geometry, brain if brain is not None and brain.any() else None, margin_mm=16.0),
        base=base,
        panels=_panels(record, geometry, brain, config),
        masks=masks,
        main=main,
        core=core,
        shown=shown,
        with_lesion=with_lesion,
        moved=moved,
        windows=_windows(base, moved, masks, config, windows),
    )


def _windows(
    base: Volume,
    moved: Volume | None,
    masks: dict[str, np.ndarray],
    config: PerfusionReportConfig,
    windows: ReportConfig,
) -> dict[str, tuple[float, float]]:
    """Window of gray images: percentiles of tissue, whatever CSF has; the usual one of a brain for CT."""
    tissue = masks.get("perfusion_brain")
    if tissue is not None and "csf" in masks:
        tissue = tissue & ~masks["csf"]
    images = {"base": base} if moved is None else {"base": base, "moved": moved}
    found = {name: robust_window(image.values, tissue, windows) for name, image in images.items()}
    return found | ({"base": (config.ct_low_hu, config.ct_high_hu)} if base.unit == HOUNSFIELD.value else {})


def _fits(mask: Mask, geometry: Geometry) -> bool:
    return not mask.geometry.differs_from(geometry)


def _shown(geometry: Geometry, lesion, brain, config: PerfusionReportConfig) -> tuple[tuple[int, ...], int]:
    """Slices with lesion, upward; where there is none, slices spread over the brain."""
    order = slices_upward(geometry)
    if lesion is not None and lesion.any():
        area = np.count_nonzero(lesion, axis=(1, 2)) * geometry.slice_extents
        slices = [k for k in order if area[k]]
        most = sorted(slices, key=lambda k: -area[k])[: config.max_slices]
        return tuple(k for k in slices if k in most), len(slices)
    inside = [k for k in order if brain is None or brain[k].any()] or order
    chosen = np.linspace(0, len(inside) - 1, min(config.slices_without_lesion, len(inside))).round().astype(int)
    return tuple(dict.fromkeys(inside[n] for n in chosen)), 0


def _panels(record: CaseRecord, geometry: Geometry, brain, config: PerfusionReportConfig) -> tuple[MapPanel, ...]:
    found = record.perfusion.reference if record.perfusion is not None else None
    ticks = (0.0, 0.5, 1.0, 1.5, 2.0)
    blood = blood_table(config.relative_high, tuple(t for t in ticks if t <= config.relative_high))
    tables = {
        "tmax": ("Tmax", "s", tmax_table(config.tmax_high_s), None),
        "rcbf": ("CBF", "mL/100 g/min", blood, found.cbf if found else None),
        "rcbv": ("CBV", "mL/100 g", blood, found.cbv if found else None),
        "mtt": ("MTT", "s", transit_table(config.mtt_high_s, (0.0, 5.0, 10.0, 15.0)), None),
    }
    panels = []
    for name, (title, unit, table, reference) in tables.items():
        content = record.maps.get(name)
        if content is None or content.geometry.differs_from(geometry):
            continue
        known = content.valid & (brain if brain is not None else True)
        panels.append(MapPanel(name, title, unit, content.values, known, table, reference))
    return tuple(panels)


def perfusion_assets(pictures: PerfusionPictures, vessels: Iterable[VesselCurve], config: PerfusionReportConfig) -> str:
    """All pictures and contours, each once, not visible by themselves."""
    slices = sorted({*pictures.shown, *(int(k) for curve in vessels for k in curve.voxels[:, 0])})
    wanted = [("qb", k) for k in slices]
    wanted += [("qd", k) for k in pictures.shown] if pictures.moved is not None else []
    for panel in pictures.panels:
        whole = range(pictures.geometry.shape[0]) if panel.name == "tmax" else pictures.shown
        wanted += [(f"q{panel.name}", k) for k in whole]

    def draw(longest: int) -> list[bytes]:
        return in_threads(partial(_draw, pictures, longest), wanted)

    pngs = within_budget(draw, min(config.max_image_px, max(pictures.view.shape)), config.image_budget_bytes)
    height, width = pictures.view.size_mm
    images = "".join(
        f'<image id="{name}{k}" width="{width:.2f}" height="{height:.2f}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{b64encode(png).decode()}"/>'
        for (name, k), png in zip(wanted, pngs, strict=True)
    )
    paths = "".join(_paths(pictures, k) for k in range(pictures.geometry.shape[0]))
    return f'<svg class="assets" width="0" height="0" aria-hidden="true"><defs>{images}{paths}</defs></svg>'


def _draw(pictures: PerfusionPictures, longest: int, what: tuple[str, int]) -> bytes:
    name, k = what
    turn = pictures.view.turn
    if name in ("qb", "qd"):
        image, window = (pictures.base, "base") if name == "qb" else (pictures.moved, "moved")
        return gray_png(turn(image.values[k]), pictures.windows[window], longest)
    panel = next(p for p in pictures.panels if f"q{p.name}" == name)
    return color_png(turn(panel.table.indices(panel.values[k], panel.known[k])), panel.table.palette, longest)


def _paths(pictures: PerfusionPictures, k: int) -> str:
    parts = []
    for letter, name in (("h", pictures.main), ("m", "mismatch"), ("c", pictures.core), ("e", "perfusion_brain")):
        mask = pictures.mask(name, k)
        path = "" if mask is None else contour_path(mask, pictures.view)
        parts.append(f'<path id="q{letter}{k}" d="{path}"/>' if path else f'<g id="q{letter}{k}"/>')
    return "".join(parts)


def cell(view: View, layers: str, words: str, *, markers: bool = True, hidden: bool = False) -> str:
    """One picture of layers that are referred to."""
    height, width = view.size_mm
    label = 'aria-hidden="true"' if hidden else f'role="img" aria-label="{escape(words)}"'
    return (
        f'<svg class="slice" viewBox="0 0 {width:.2f} {height:.2f}" {label}>{layers}'
        f"{side_marker(view) if markers else ''}</svg>"
    )


def _use(name: str, k: int, kind: str = "") -> str:
    return f'<use href="#{name}{k}"{f" class={kind!r}" if kind else ""}/>'.replace("'", '"')


def overlay(pictures: PerfusionPictures, k: int) -> str:
    """Baseline image with mismatch in green and core in magenta."""
    layers = _use("qb", k) + _use("qm", k, "q-mismatch") + _use("qh", k, "q-line") + _use("qc", k, "q-core")
    words = f"mismatch on the baseline image, {pictures.caption(k)}"
    return cell(pictures.view, layers, words)


def overlay_montage(pictures: PerfusionPictures) -> str:
    """The mismatch on all slices that are shown."""
    figures = "".join(
        f"<figure>{overlay(pictures, k)}<figcaption>{k + 1} · {slice_place(pictures.geometry, k)}</figcaption></figure>"
        for k in pictures.shown
    )
    return f'<div class="q-montage">{figures}</div>'


def map_rows(pictures: PerfusionPictures) -> str:
    """One row a slice: mismatch and all maps side by side, under their color bars."""
    if not pictures.panels:
        return ""
    heads = [f"<div><h3>Mismatch</h3>{overlay_keys()}</div>"]
    heads += [f"<div><h3>{escape(panel.title)}</h3>{color_bar(panel)}</div>" for panel in pictures.panels]
    head = f'<div class="q-row q-head">{"".join(heads)}</div>'
    rows = [_map_row(pictures, k) for k in pictures.shown]
    return f'<div class="q-maps"><div class="q-first">{head}{rows[0]}</div>{"".join(rows[1:])}</div>'


def _map_row(pictures: PerfusionPictures, k: int) -> str:
    cells = [overlay(pictures, k)]
    for panel in pictures.panels:
        layers = _use(f"q{panel.name}", k) + _use("qc", k, "q-core-line")
        cells.append(cell(pictures.view, layers, f"{panel.title}, {pictures.caption(k)}", markers=False))
    caption = f"<figcaption>{escape(pictures.caption(k))}</figcaption>"
    return f'<figure id="map{k}"><div class="q-row">{"".join(cells)}</div>{caption}</figure>'


def overlay_keys() -> str:
    """What the colors of the mismatch mean."""
    return (
        '<p class="legend"><span><span class="q-key q-green"></span>hypoperfused, not core</span>'
        '<span><span class="q-key q-pink"></span>core</span></p>'
    )


def color_bar(panel: MapPanel) -> str:
    """The color table with its values, as a picture; relative maps give the unit of the reference too."""
    table = panel.table
    indices = np.arange(1, len(table.palette), dtype=np.uint8)[None]
    data = b64encode(color_png(indices, table.palette, indices.size)).decode()
    ends = {table.ticks[0]: "start", table.high: "end"}
    marks = [_tick(tick, table, f"{tick:g}", 26, ends) for tick in table.ticks]
    words = (
        f"{panel.title} from {table.low:g} to {table.high:g} {'of the reference' if panel.reference else panel.unit}"
    )
    unit, height = panel.unit, 29
    if panel.reference is not None:
        numbers = [(tick, f"{tick * panel.reference:.3g}") for tick in table.ticks[::2]]
        marks += [_tick(tick, table, text, 39, ends) for tick, text in numbers]
        unit, height = f"× reference, and {panel.unit}", 42
    return (
        f'<svg class="q-bar" viewBox="0 0 150 {height}" role="img" aria-label="{escape(words)}">'
        f'<image width="150" height="14" preserveAspectRatio="none" href="data:image/png;base64,{data}"/>{"".join(marks)}</svg>'
        f'<p class="window">{escape(unit)}</p>'
    )


def _tick(value: float, table: ColorTable, text: str, y: int, ends: dict[float, str]) -> str:
    x = 150 * (value - table.low) / (table.high - table.low)
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{ends.get(value, "middle")}">{escape(text)}</text>'


def tmax_overview(pictures: PerfusionPictures) -> str:
    """Tmax of all slices, small, upward."""
    panel = next((p for p in pictures.panels if p.name == "tmax"), None)
    if panel is None:
        return ""
    thumbs = [
        f'<figure class="q-thumb">{cell(pictures.view, _use("qtmax", k), f"Tmax, {pictures.caption(k)}", markers=False)}'
        f"<span>{k + 1}</span></figure>"
        for k in slices_upward(pictures.geometry)
    ]
    return f'<div class="q-side">{color_bar(panel)}</div><div class="overview">{"".join(thumbs)}</div>'


def registration_montage(pictures: PerfusionPictures) -> str:
    """Diffusion image on the grid of perfusion, with the edge of the perfusion brain and the core: do they fit?"""
    if pictures.moved is None:
        return ""
    figures = []
    for k in pictures.shown:
        words = f"{slice_place(pictures.geometry, k)}"
        pair = [
            cell(
                pictures.view,
                _use(name, k) + _use("qe", k, "q-edge") + _use("qc", k, "q-core-line"),
                f"{title}, {words}",
            )
            for name, title in (("qd", "diffusion on perfusion"), ("qb", "perfusion, baseline"))
        ]
        figures.append(
            f'<figure><div class="pair">{"".join(pair)}</div><figcaption>{k + 1} · {escape(words)}</figcaption></figure>'
        )
    return f'<div class="q-montage q-pairs">{"".join(figures)}</div>'


def vessel_pictures(pictures: PerfusionPictures, curves: dict[str, VesselCurve]) -> str:
    """The slice that holds most voxels of each vessel, with these voxels."""
    figures = []
    for name, curve in curves.items():
        if not len(curve.voxels):
            continue
        slices, counts = np.unique(curve.voxels[:, 0], return_counts=True)
        k = int(slices[counts.argmax()])
        mask = np.zeros(pictures.geometry.shape[1:], bool)
        at = curve.voxels[curve.voxels[:, 0] == k]
        mask[at[:, 1], at[:, 2]] = True
        path = contour_path(mask, pictures.view)
        kind = f"q-{curve.vessel}"
        layers = f'{_use("qb", k)}{_ring(mask, pictures.view, kind)}<path class="q-voxels {kind}" d="{path}"/>'
        words = f"{name}, slice {k + 1}, {slice_place(pictures.geometry, k)}"
        more = f", {len(curve.voxels)} voxels in all" if len(slices) > 1 else f", {len(curve.voxels)} voxels"
        figures.append(
            f"<figure>{cell(pictures.view, layers, words)}<figcaption>{escape(words + more)}</figcaption></figure>"
        )
    return f'<div class="q-vessels">{"".join(figures)}</div>' if figures else ""


def _ring(mask: np.ndarray, view: View, kind: str) -> str:
    """A circle around voxels that may be too few to see; none where they lie outside the picture."""
    turned = view.turn(mask)
    if not turned.any():
        return ""
    y, x = (np.argwhere(turned).mean(axis=0) + 0.5) * view.spacing
    return f'<circle class="q-ring {kind}" cx="{x:.1f}" cy="{y:.1f}" r="9"/>'
