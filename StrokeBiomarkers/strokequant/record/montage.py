"""Pictures of slices for the report: gray images as they lie in the patient, and contours as paths.

Axial slices are shown as radiologists look at them, from the feet: the patient's right on the left of the picture, anterior on
top. The turn comes from patient coordinates alone, never from a tag that says how the patient lay.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..config import ReportConfig
from ..geometry import Geometry

_RIGHT_AND_DOWN = {
    0: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    1: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    2: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
}
"""LPS directions that point right and down on the screen, by the dominant axis of the slice normal."""

_LETTERS = (("R", "L"), ("A", "P"), ("I", "S"))


def letter(direction: np.ndarray) -> str:
    """Patient direction (R, L, A, P, I, S) that an LPS vector mostly points to."""
    axis = int(np.argmax(np.abs(direction)))
    return _LETTERS[axis][int(direction[axis] > 0)]


@dataclass(frozen=True)
class View:
    """How the slices of one grid are turned, cropped and scaled for the page.

    Args:
        transpose: rows and columns change places before flipping.
        flip_down, flip_right: the picture is reversed along this axis after that.
        rows, columns: half-open range kept, in turned pixels.
        spacing: (down, right) mm of a turned pixel.
        markers: letters at left, right, top, bottom.
    """

    transpose: bool
    flip_down: bool
    flip_right: bool
    rows: tuple[int, int]
    columns: tuple[int, int]
    spacing: tuple[float, float]
    markers: tuple[str, str, str, str]

    def turn(self, plane: np.ndarray) -> np.ndarray:
        """(j, i) plane as it lies on the page, cropped."""
        plane = plane.T if self.transpose else plane
        plane = plane[::-1] if self.flip_down else plane
        plane = plane[:, ::-1] if self.flip_right else plane
        return plane[slice(*self.rows), slice(*self.columns)]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns kept."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    @property
    def size_mm(self) -> tuple[float, float]:
        """Height and width of the picture."""
        return self.shape[0] * self.spacing[0], self.shape[1] * self.spacing[1]


def _bounds(used: np.ndarray, margin: int) -> tuple[int, int]:
    where = np.flatnonzero(used)
    if not len(where):
        return 0, len(used)
    return max(0, int(where[0]) - margin), min(len(used), int(where[-1]) + 1 + margin)


def view_of(geometry: Geometry, inside: np.ndarray | None = None, margin_mm: float = 12.0) -> View:
    """The view of a grid.

    Args:
        geometry: grid of the images.
        inside: (k, j, i) bool that the pictures are cropped to, with a margin; None keeps all.
        margin_mm: margin around it.
    """
    normal = int(np.argmax(np.abs(geometry.normal)))
    right, down = np.array(_RIGHT_AND_DOWN[normal])
    along_i, along_j = geometry.affine[:3, 0], geometry.affine[:3, 1]
    transpose = bool(abs(along_i @ right) + abs(along_j @ down) < abs(along_j @ right) + abs(along_i @ down))
    on_right, on_down = (along_j, along_i) if transpose else (along_i, along_j)
    flip_right, flip_down = bool(on_right @ right < 0), bool(on_down @ down < 0)
    spacing = float(np.linalg.norm(on_down)), float(np.linalg.norm(on_right))
    to_right, to_down = on_right * (-1 if flip_right else 1), on_down * (-1 if flip_down else 1)
    markers = letter(-to_right), letter(to_right), letter(-to_down), letter(to_down)
    n_j, n_i = geometry.shape[1:]
    full = View(
        transpose,
        flip_down,
        flip_right,
        (0, n_i if transpose else n_j),
        (0, n_j if transpose else n_i),
        spacing,
        markers,
    )
    if inside is None:
        return full
    flat = full.turn(inside.any(axis=0))
    rows = _bounds(flat.any(axis=1), round(margin_mm / spacing[0]))
    columns = _bounds(flat.any(axis=0), round(margin_mm / spacing[1]))
    return View(transpose, flip_down, flip_right, rows, columns, spacing, markers)


def page_place(view: View, geometry: Geometry, lps) -> tuple[int, float, float]:
    """Nearest slice of a point, and where it lies on the picture of that slice.

    Args:
        view: of the grid.
        geometry: the grid.
        lps: mm.

    Returns:
        k; x and y in mm of the turned picture, as contours have them.
    """
    point = np.asarray(lps, dtype=float)
    k = int(np.abs(geometry.positions - point @ geometry.normal).argmin())
    axes = np.column_stack([geometry.affine[:3, 0], geometry.affine[:3, 1], geometry.normal])
    i, j, _ = np.linalg.solve(axes, point - geometry.slice_origins[k])
    n_j, n_i = geometry.shape[1:]
    (row, rows), (column, columns) = ((i, n_i), (j, n_j)) if view.transpose else ((j, n_j), (i, n_i))
    row = rows - 1 - row if view.flip_down else row
    column = columns - 1 - column if view.flip_right else column
    down, right = view.spacing
    return k, (column - view.columns[0] + 0.5) * right, (row - view.rows[0] + 0.5) * down


def slice_place(geometry: Geometry, k: int) -> str:
    """Where the center of a slice is, such as "S 34.5 mm", on the axis that its normal mostly follows."""
    _, n_j, n_i = geometry.shape
    center = geometry.slice_origins[k] + (n_i - 1) / 2 * geometry.affine[:3, 0] + (n_j - 1) / 2 * geometry.affine[:3, 1]
    axis = int(np.argmax(np.abs(geometry.normal)))
    value = float(center[axis])
    return f"{_LETTERS[axis][int(value >= 0)]} {abs(value):.1f} mm"


def slices_upward(geometry: Geometry) -> list[int]:
    """Slice indices from inferior to superior (right to left, anterior to posterior for other planes)."""
    axis = int(np.argmax(np.abs(geometry.normal)))
    order = range(geometry.shape[0])
    return list(order if geometry.normal[axis] > 0 else reversed(order))


def evenly(slices: list[int], most: int) -> list[int]:
    """All of some slices, or so many of them, evenly spread, with the first and the last."""
    if len(slices) <= most:
        return slices
    return [slices[n] for n in np.linspace(0, len(slices) - 1, most).round().astype(int)] if most > 0 else []


def robust_window(values: np.ndarray, inside: np.ndarray | None, config: ReportConfig) -> tuple[float, float]:
    """Signal shown as black and as white: percentiles of the brain, or of all that is not 0 where there is no brain."""
    chosen = values[inside] if inside is not None and inside.any() else values[values != 0]
    chosen = chosen[np.isfinite(chosen)]
    if not len(chosen):
        return 0.0, 1.0
    low, high = np.percentile(chosen, [config.dwi_window_low_percentile, config.dwi_window_high_percentile])
    return (float(low), float(high)) if high > low else (float(low), float(low) + 1.0)


def gray_png(plane: np.ndarray, window: tuple[float, float], longest_px: int) -> bytes:
    """An 8-bit gray PNG of a turned plane; reduced, never enlarged, so that its longer side has at most `longest_px`."""
    from PIL import Image

    low, high = window
    scaled = np.clip((np.nan_to_num(plane.astype(np.float32), nan=low) - low) / (high - low), 0, 1)
    image = Image.fromarray(np.round(scaled * 255).astype(np.uint8))
    return _png(image, longest_px, Image.Resampling.LANCZOS)


def color_png(indices: np.ndarray, palette: np.ndarray, longest_px: int) -> bytes:
    """A PNG of a turned plane of uint8 indices into (n, 3) colors; reduced without mixing colors."""
    from PIL import Image

    image = Image.frombytes("P", indices.shape[::-1], np.ascontiguousarray(indices).tobytes())
    image.putpalette(palette.astype(np.uint8).tobytes())
    return _png(image, longest_px, Image.Resampling.NEAREST)


def _png(image, longest_px: int, how) -> bytes:
    factor = longest_px / max(image.size)
    if factor < 1:
        image = image.resize(tuple(max(1, round(n * factor)) for n in image.size), how)
    stream = io.BytesIO()
    # noise packs no better at the highest level, which takes three times as long
    image.save(stream, format="PNG", compress_level=6)
    return stream.getvalue()


def within_budget(draw: Callable[[int], list[bytes]], longest_px: int, budget: int) -> list[bytes]:
    """Pictures as large as a number of bytes for all of them allows.

    Args:
        draw: all pictures with a longer side of this many pixels.
        longest_px: to begin with.
        budget: bytes.
    """
    while True:
        images = draw(longest_px)
        total = sum(map(len, images))
        if total <= budget or longest_px <= 32:
            return images
        longest_px = max(32, int(longest_px * min(0.9, (budget / total) ** 0.5)))


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _corners(points: np.ndarray) -> np.ndarray:
    """A closed contour without the points that lie on a straight line between their neighbors."""
    ring = points[:-1]
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turns = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    return ring[np.abs(turns) > 1e-9] if len(ring) > 3 else ring


def contour_path(mask: np.ndarray, view: View) -> str:
    """SVG path around a (j, i) mask, in millimeters of the turned picture; empty where the mask is."""
    from skimage.measure import find_contours

    turned = view.turn(mask)
    rows, columns = (np.flatnonzero(turned.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return ""
    part = turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    first = np.array([rows[0] - 0.5, columns[0] - 0.5])
    parts = []
    for contour in find_contours(np.pad(part, 1).astype(float), 0.5):
        corners = (_corners(contour) + first) * view.spacing
        parts.append("M" + "L".join(f"{_number(x)} {_number(y)}" for y, x in corners) + "Z")
    return "".join(parts)
