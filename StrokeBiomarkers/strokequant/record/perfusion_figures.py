"""Charts of perfusion: curves of artery, vein and brain, motion of the frames, steps between them. Drawn from plain data."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ..perfusion_config import PerfusionReportConfig
from .figures import Axes, bars_between, chart, x_ticks

Data = Mapping[str, Any]

UNITS = {"dsc": ("ΔR2*", "1/s"), "ctp": ("enhancement", "HU")}
_DIRECTIONS = ("L", "P", "S")


def curve_chart(perfusion: Data, config: PerfusionReportConfig) -> tuple[str, float]:
    """Artery, vein and brain over time, with baseline and arrival.

    Returns:
        SVG, empty without curves; factor that the brain curve is drawn with.
    """
    vessels = perfusion["vessels"] or {}
    brain, times = perfusion["brain_curve"], perfusion["times_s"]
    drawn = [(name, vessels[name]["times_s"], vessels[name]["values"]) for name in ("aif", "vof") if vessels.get(name)]
    top = max((max(_numbers(values)) for _, _, values in drawn), default=0.0)
    factor = _brain_factor(brain, top, config)
    if brain and times:
        drawn.append(("mean", times, [None if v is None else v * factor for v in brain]))
    if not drawn or not times or times[-1] <= times[0]:
        return "", factor
    numbers = [v for _, _, values in drawn for v in _numbers(values)]
    high = max(numbers)
    if high <= 0:
        return "", factor
    axes = Axes((times[0], times[-1]), high * 1.08, min(0.0, min(numbers) * 1.05))
    quantity, unit = UNITS.get(perfusion["kind"], ("concentration", ""))
    body = [_baseline(axes, perfusion), axes.draw(x_ticks(times[0], times[-1]), "time (s)", f"{quantity} ({unit})")]
    body += [_line(axes, at, values, name) for name, at, values in drawn]
    words = (
        f"curves of {', '.join({'mean': 'brain'}.get(n, n.upper()) for n, _, _ in drawn)}; highest {high:.3g} {unit}"
    )
    return chart("".join(body), words), factor


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [v for v in values if v is not None] or [0.0]


def _brain_factor(brain, top: float, config: PerfusionReportConfig) -> float:
    high = max(_numbers(brain or []))
    if not brain or high <= 0 or top <= 0:
        return 1.0
    return max((f for f in config.brain_factors if f * high <= top), default=1.0)


def _baseline(axes: Axes, perfusion: Data) -> str:
    bolus, times = perfusion["bolus"], perfusion["times_s"]
    if not bolus:
        return ""
    first, last = times[bolus["first"]], times[max(bolus["first"], bolus["last"] - 1)]
    left, right = axes.x(first), axes.x(last)
    arrival = axes.x(times[bolus["arrival"]])
    height = axes.bottom - axes.top
    return (
        f'<rect class="q-base" x="{left:.1f}" y="{axes.top:g}" width="{max(1.0, right - left):.1f}" height="{height:.1f}"/>'
        f'<text class="limit" x="{left:.1f}" y="{axes.top - 4:g}">baseline</text>'
        f'<line class="limit" x1="{arrival:.1f}" x2="{arrival:.1f}" y1="{axes.top:g}" y2="{axes.bottom:.1f}"/>'
        f'<text class="limit" x="{arrival + 4:.1f}" y="{axes.top + 9:g}">arrival</text>'
    )


def _line(axes: Axes, times: Sequence[float], values: Sequence[float | None], kind: str) -> str:
    points = [(axes.x(t), axes.y(v)) for t, v in zip(times, values, strict=True) if t is not None and v is not None]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="q-{kind}" cx="{x:.1f}" cy="{y:.1f}" r="1.6"/>' for x, y in points)
    return f'<path class="q-curve q-{kind}" d="{path}"/>{dots if kind in ("aif", "vof") else ""}'


def motion_chart(perfusion: Data, which: str, title: str) -> str:
    """Three components of the motion over time; frames that were replaced are marked.

    Args:
        perfusion: plain data.
        which: "translations_mm" or "rotations_deg".
        title: of the y axis.
    """
    motion, times = perfusion["motion"], perfusion["times_s"]
    if not motion or not times or times[-1] <= times[0] or len(motion[which]) != len(times):
        return ""
    rows = [[v or 0.0 for v in row] for row in motion[which]]
    low, high = min(map(min, rows)), max(map(max, rows))
    reach = max(high, -low, 0.5) * 1.1
    axes = Axes((times[0], times[-1]), reach, -reach)
    body = [_rejected(axes, motion["rejected"], times)]
    body.append(axes.draw(x_ticks(times[0], times[-1]), "time (s)", title))
    for n, direction in enumerate(_DIRECTIONS):
        body.append(_line(axes, times, [row[n] for row in rows], f"axis{direction}"))
    words = f"{title} by frame from {low:.2f} to {high:.2f}, {len(motion['rejected'])} frames replaced"
    return chart("".join(body), words)


def _rejected(axes: Axes, frames: Sequence[int], times: Sequence[float]) -> str:
    lines = [axes.x(times[frame]) for frame in frames if frame < len(times)]
    return "".join(
        f'<line class="q-rejected" x1="{x:.1f}" x2="{x:.1f}" y1="{axes.top:g}" y2="{axes.bottom:.1f}"/>' for x in lines
    )


def step_chart(perfusion: Data) -> str:
    """Steps between the frames over the time; long ones stand out."""
    audit, times = perfusion["time_audit"], perfusion["times_s"]
    if not times:
        return ""
    steps = [later - earlier for earlier, later in pairwise(times)]
    words = f"{len(times)} frames, {len(audit['long_steps']) if audit else 0} long steps"
    marked = audit["long_steps"] if audit else []
    return bars_between(times, steps, marked, ("time after the first frame (s)", "step to the next frame (s)"), words)
