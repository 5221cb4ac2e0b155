"""Height and time of the residue below the sampling step, for many voxels at once.

    m = first local maximum of k in the window from `plateau` times the largest value on
    d = 0.5 (k[m-1] - k[m+1]) / (k[m-1] - 2 k[m] + k[m+1]), clipped to +-0.5;  Tmax = (m + d) dt;  CBF from the largest k

Without the parabola a volume of Tmax > 6 s depends on the sampling (264 to 410 mL for one brain). A residue that stays flat has
ripples of nearly equal height; which is the largest is chance, so the first counts.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Peaks:
    """Peak of every column of a residue.

    Args:
        height: (b,) largest value in the window.
        place: (b,) lag of the peak in steps from the first row, with its fraction; None where not asked for.
        at_edge: (b,) no local maximum in the window: the peak lies at one of its ends or beyond.
    """

    height: np.ndarray
    place: np.ndarray | None = None
    at_edge: np.ndarray | None = None


def residue_peaks(residues: np.ndarray, plateau: float, *, places: bool = True) -> Peaks:
    """Peaks of (rows, b) residues; the first and last row are neighbors of the window and no part of it."""
    window = residues[1:-1]
    height = window.max(axis=0)
    if not places:
        return Peaks(height)
    rises = residues[1:] > residues[:-1]
    chosen = window >= height * np.float32(plateau)
    chosen &= rises[:-1]
    chosen &= ~rises[1:]
    row, found = first_true(chosen)
    lost = np.flatnonzero(~found)
    row[lost] = window[:, lost].argmax(axis=0)
    row += 1
    return Peaks(height, row + _parabola(residues, row), ~found)


def first_true(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First row that is True in every column of (rows, b) flags, and whether there is one."""
    rows = len(flags)
    numbers = np.arange(rows, 0, -1, dtype=np.uint8 if rows < 256 else np.uint16)
    last = (flags * numbers[:, None]).max(axis=0)
    return rows - last.astype(np.intp), last > 0


def _parabola(residues: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Offset of the vertex from `row`, in rows."""
    before, center, after = _neighbors(residues, row)
    before -= center
    after -= center
    bend = before + after
    flat = bend == 0
    bend[flat] = 1
    after -= before
    after /= bend
    after *= np.float32(-0.5)
    after[flat] = 0
    return np.clip(after, -0.5, 0.5, out=after)


def _neighbors(values: np.ndarray, row: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values one row before, at and one row after `row` in every column."""
    flat, columns = values.ravel(), values.shape[1]
    place = row * columns
    place += np.arange(-columns, 0)
    found = []
    for _ in range(3):
        found.append(flat.take(place))
        place += columns
    return found[0], found[1], found[2]


def peak_times(curves: np.ndarray, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximum of (f, b) curves and its time by the parabola through three, possibly uneven, samples."""
    height = curves.max(axis=0)
    row, _ = first_true(curves == height)
    inner = np.clip(row, 1, len(times_s) - 2)
    before, center, after = _neighbors(curves, inner)
    steps = np.diff(times_s).astype(np.float32)
    rise = (center - before) / steps.take(inner - 1)
    fall = (after - center) / steps.take(inner)
    middle = (times_s[:-1] + times_s[1:]) / 2
    half = (times_s[2:] - times_s[:-2]) / 2
    bend = rise - fall
    curved = bend > 0
    curved &= inner == row
    share = np.divide(rise, bend, out=np.zeros_like(rise), where=curved)
    vertex = middle.take(inner - 1) + share * half.take(inner - 1)
    return height, np.where(curved, vertex, times_s.take(np.minimum(row, len(times_s) - 1)))
