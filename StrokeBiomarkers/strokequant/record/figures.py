"""Small charts of the report as SVG: crisp on paper, colored by the style sheet, each with its content in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ..config import ReportConfig

_WIDTH, _HEIGHT = 560.0, 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 20.0, 36.0


def chart(body: str, words: str) -> str:
    """A chart with its content in words."""
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(words)}">'
        f"<title>{escape(words)}</title>{body}</svg>"
    )


class Axes:
    """Linear axes from data to picture; y from `y_low`, which is 0 or negative."""

    top, left, right = _TOP, _LEFT, _WIDTH - _RIGHT

    def __init__(self, x: tuple[float, float], y_top: float, y_low: float = 0.0):
        self.x_low, self.x_high = x
        self.y_low, self.y_top = y_low, y_top

    def x(self, value: float) -> float:
        """Place on the picture."""
        return _LEFT + (value - self.x_low) / (self.x_high - self.x_low) * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Place on the picture."""
        return _HEIGHT - _BOTTOM - (value - self.y_low) / (self.y_top - self.y_low) * (_HEIGHT - _TOP - _BOTTOM)

    @property
    def bottom(self) -> float:
        """Place of the lower end."""
        return self.y(self.y_low)

    def _y_ticks(self) -> list[float]:
        if self.y_low == 0:
            return nice_ticks(self.y_top)
        step = nice_ticks(self.y_top - self.y_low)[0]
        return [n * step for n in range(int(np.ceil(self.y_low / step)), int(np.floor(self.y_top / step)) + 1)]

    def draw(self, x_ticks, x_title: str, y_title: str) -> str:
        """Lines, numbers and titles."""
        bottom = self.bottom
        parts = [f'<line class="axis" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{bottom:.1f}" y2="{bottom:.1f}"/>']
        for tick in x_ticks:
            parts.append(
                f'<text class="tick" x="{self.x(tick):.1f}" y="{bottom + 14:.1f}" text-anchor="middle">{_signed(tick)}</text>'
            )
        for tick in self._y_ticks():
            y = self.y(tick)
            parts.append(f'<line class="grid" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(
                f'<text class="tick" x="{_LEFT - 6:g}" y="{y + 3.5:.1f}" text-anchor="end">{_signed(tick)}</text>'
            )
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(
            f'<text class="title" x="{middle:.1f}" y="{_HEIGHT - 4:g}" text-anchor="middle">{escape(x_title)}</text>'
        )
        parts.append(f'<text class="title" x="2" y="11">{escape(y_title)}</text>')
        return "".join(parts)


def _signed(tick: float) -> str:
    return f"{round(tick, 9):g}".replace("-", "−")


def nice_ticks(high: float, count: int = 4) -> list[float]:
    """Round numbers above 0 up to `high`, about `count` of them."""
    if not high > 0:
        return []
    raw = high / count
    power = 10.0 ** np.floor(np.log10(raw))
    step = float(next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999))
    return [round(step * i, 10) for i in range(1, int(high / step + 1e-9) + 1)]


def _steps_path(axes: Axes, edges: np.ndarray, heights: np.ndarray) -> str:
    points = [f"M{axes.x(edges[0]):.1f} {axes.y(0):.1f}"]
    for left, right, height in zip(edges[:-1], edges[1:], heights, strict=True):
        points.append(f"L{axes.x(left):.1f} {axes.y(height):.1f}L{axes.x(right):.1f} {axes.y(height):.1f}")
    return "".join(points) + f"L{axes.x(edges[-1]):.1f} {axes.y(0):.1f}Z"


@dataclass(frozen=True, eq=False)
class Distribution:
    """Values of one structure.

    Args:
        name: as people read it; the style sheet has a class of its first word.
        values: (n,).
        color: as style sheets write it; empty where the class has one.
    """

    name: str
    values: np.ndarray
    color: str = ""


def histogram(
    curves: Sequence[Distribution], edges: np.ndarray, limits: Sequence[tuple[str, float]], titles: tuple[str, str]
) -> str:
    """Values of several structures, each as the share of its own voxels; empty without values.

    Args:
        curves: may be empty.
        edges: (n + 1,) of the bins.
        limits: words and value of lines across the chart.
        titles: of the x axis; of the whole, in words.
    """
    shares = [np.histogram(c.values, edges)[0] / max(1, len(c.values)) * 100 for c in curves]
    top = max((float(s.max()) for s in shares), default=0.0) * 1.05
    if top <= 0:
        return ""
    low, high = float(edges[0]), float(edges[-1])
    axes = Axes((low, high), top)
    body = [axes.draw(x_ticks(low, high, 5), titles[0], "share of voxels (%)")]
    words = []
    for curve, share in zip(curves, shares, strict=True):
        if len(curve.values):
            style = f' style="fill:{curve.color};stroke:{curve.color}"' if curve.color else ""
            kind = curve.name.partition(" ")[0].lower()
            body.append(f'<path class="area {escape(kind)}"{style} d="{_steps_path(axes, edges, share)}"/>')
            words.append(f"{curve.name}: {len(curve.values)} voxels, median {np.median(curve.values):.0f}")
    for n, (name, value) in enumerate(limits):
        x, y = axes.x(value), _TOP + 9 + 11 * n
        body.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP:g}" y2="{axes.y(0):.1f}"/>')
        body.append(f'<text class="limit" x="{x + 5:.1f}" y="{y:g}">{escape(name)} {value:g}</text>')
        words.append(f"{name} {value:g}")
    return chart("".join(body), f"{titles[1]}; " + "; ".join(words))


def adc_histogram(brain: np.ndarray, core: np.ndarray, threshold: float | None, config: ReportConfig) -> str:
    """ADC of brain and core.

    Args:
        brain, core: ADC values in um2/s; either may be empty.
        threshold: of the core; None where none was used.
        config: bin width and right end.
    """
    edges = np.arange(0.0, config.histogram_high + config.histogram_bin, config.histogram_bin)
    limits = [("threshold", threshold)] if threshold is not None else []
    titles = ("ADC (10⁻⁶ mm²/s)", "ADC histogram in 10⁻⁶ mm²/s")
    return histogram([Distribution("brain", brain), Distribution("core", core)], edges, limits, titles)


def x_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Round numbers from `low` to `high`."""
    step = nice_ticks(high - low, count)[0]
    return [n * step for n in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


def gap_plot(positions: list[float], gaps: list[float], missing: list[int]) -> str:
    """Distance from each slice to the next over the position along the normal; a gap with a missing slice stands out.

    Args:
        positions: (n,) mm ascending.
        gaps: (n-1,) mm.
        missing: indices of gaps.
    """
    words = f"{len(positions)} slices, {len(missing)} gaps with a missing slice"
    titles = ("position along the slice normal (mm)", "distance to the next slice (mm)")
    return bars_between(positions, gaps, missing, titles, words)


def bars_between(
    places: list[float], steps: list[float], marked: list[int], titles: tuple[str, str], words: str
) -> str:
    """The step from each place to the next as a bar between them; empty where there is nothing to draw.

    Args:
        places: (n,) ascending.
        steps: (n-1,) heights.
        marked: indices of steps that stand out.
        titles: of x and y.
        words: what is shown; the range of the steps is added.
    """
    if len(places) < 2 or len(steps) != len(places) - 1 or max(steps) <= 0 or places[-1] <= places[0]:
        return ""
    axes = Axes((places[0], places[-1]), max(steps) * 1.15)
    body = [axes.draw(x_ticks(places[0], places[-1]), *titles)]
    for index, step in enumerate(steps):
        left, right, y = axes.x(places[index]), axes.x(places[index + 1]), axes.y(step)
        kind = "bar missing" if index in marked else "bar"
        width = max(0.5, right - left - 1)
        body.append(
            f'<rect class="{kind}" x="{left + 0.5:.1f}" y="{y:.1f}" width="{width:.1f}" height="{axes.y(0) - y:.1f}"/>'
        )
    return chart("".join(body), f"{words}; {titles[1]}: {min(steps):.2f} to {max(steps):.2f}")
