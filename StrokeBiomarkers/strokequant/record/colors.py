"""Colors of perfusion: one fixed table per map, and the colors that readers know for thresholds, core and mismatch.

CBF and CBV follow viridis, MTT inferno (both CC0): lightness rises with the value, so that they can be read in gray and by readers who do not
see red and green apart. Tmax has the classic steps of 4, 6, 8 and 10 s over dark gray.
"""

from dataclasses import dataclass

import numpy as np

Color = tuple[int, int, int]

CORE: Color = (232, 62, 162)
MISMATCH: Color = (52, 199, 89)
TMAX_STEPS: tuple[tuple[float, Color], ...] = (
    (4.0, (58, 120, 255)),
    (6.0, (52, 199, 89)),
    (8.0, (255, 214, 10)),
    (10.0, (235, 52, 47)),
)
"""Lower limit in s, excluded, and color."""

_VIRIDIS = "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725"
_INFERNO = "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4"
_GRAY_TOP = 110
"""Gray at the first step of Tmax: darker than every color, so that normal tissue shows its shape and no more."""


@dataclass(frozen=True, eq=False)
class ColorTable:
    """How a map is shown.

    Args:
        colors: (n, 3) uint8 of equal parts of the window; colors[0] is also below, colors[-1] also above.
        low, high: window in the unit of the map.
        ticks: values that the bar names.
    """

    colors: np.ndarray
    low: float
    high: float
    ticks: tuple[float, ...]

    def indices(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """uint8 index into `palette`: 0 where not known, else 1 + the part of the window."""
        count = len(self.colors)
        parts = (np.nan_to_num(values.astype(float)) - self.low) * count / (self.high - self.low)
        part = np.clip(np.ceil(parts) - 1, 0, count - 1).astype(np.uint8)
        return np.where(known, part + 1, 0).astype(np.uint8)

    @property
    def palette(self) -> np.ndarray:
        """(n + 1, 3) uint8: black for what is not known, then the colors."""
        return np.concatenate([np.zeros((1, 3), np.uint8), self.colors])


def hex_color(color) -> str:
    """As style sheets write it."""
    return "#" + "".join(f"{int(part):02x}" for part in color)


def hex_of_segment(color: tuple[float, float, float]) -> str:
    """Color of a segment, whose parts are 0 to 1, as style sheets write it."""
    return hex_color(round(255 * part) for part in color)


def _between(anchors: str, count: int = 120) -> np.ndarray:
    points = np.array([[int(a[n : n + 2], 16) for n in (0, 2, 4)] for a in anchors.split()], dtype=float)
    at = np.linspace(0, len(points) - 1, count)
    channels = [np.interp(at, np.arange(len(points)), points[:, c]) for c in range(3)]
    return np.round(np.stack(channels, axis=1)).astype(np.uint8)


def blood_table(high: float, ticks: tuple[float, ...]) -> ColorTable:
    """CBF and CBV from 0."""
    return ColorTable(_between(_VIRIDIS), 0.0, high, ticks)


def transit_table(high_s: float, ticks: tuple[float, ...]) -> ColorTable:
    """MTT from 0 s."""
    return ColorTable(_between(_INFERNO), 0.0, high_s, ticks)


def tmax_table(high_s: float = 12.0, parts_per_s: int = 10) -> ColorTable:
    """Tmax from 0 s: dark gray up to the first step, then one color a step. A value at a limit is below it, as in the masks."""
    limits = np.array([limit for limit, _ in TMAX_STEPS])
    upper = np.arange(1, round(high_s * parts_per_s) + 1) / parts_per_s
    step = np.searchsorted(limits, upper, side="left") - 1
    gray = np.repeat(np.round(_GRAY_TOP * upper / limits[0])[:, None], 3, axis=1)
    colors = np.array([color for _, color in TMAX_STEPS])
    table = np.where(step[:, None] < 0, gray, colors[np.clip(step, 0, None)])
    return ColorTable(table.astype(np.uint8), 0.0, high_s, (0.0, *limits.tolist()))
