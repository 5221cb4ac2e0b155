"""Charts of a phantom report: measured on certified ADC, and the vials from pass to pass."""

from collections.abc import Mapping
from typing import Any

from .figures import Axes, chart, nice_ticks

Data = Mapping[str, Any]


def linearity_chart(data: Data) -> str:
    """Bias of every vial over its certified ADC, with uncertainty; empty where there are fewer than three."""
    points = [
        m for m in data["measurements"]
        if m["metric"] == "adc_bias_percent" and m["value"] is not None and m["repeat"] is None and m["group"] in ("", "A")
    ]  # fmt: skip
    if len(points) < 3:
        return ""
    reach = max(abs(m["value"]) + (m["uncertainty"] or 0) for m in points) * 1.1 or 1.0
    axes = Axes((0.0, max(m["reference"] for m in points) * 1.08), reach, -reach)
    body = [axes.draw(nice_ticks(axes.x_high, 5), "certified ADC (10⁻⁶ mm²/s)", "ADC bias (%)")]
    body.append(
        f'<line class="axis" x1="{axes.x(0):.1f}" x2="{axes.x(axes.x_high):.1f}" y1="{axes.y(0):.1f}" y2="{axes.y(0):.1f}"/>'
    )
    for m in points:
        x, u = axes.x(m["reference"]), m["uncertainty"] or 0.0
        fill = "var(--accent)" if m["judged"] else "var(--warn)"
        body.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{axes.y(m["value"] - u):.1f}" y2="{axes.y(m["value"] + u):.1f}" stroke="{fill}"/>'
        )
        body.append(f'<circle cx="{x:.1f}" cy="{axes.y(m["value"]):.1f}" r="3.5" fill="{fill}"/>')
        body.append(f'<text class="tick" x="{x + 5:.1f}" y="{axes.y(m["value"]) - 4:.1f}">{m["insert"]}</text>')
    words = "; ".join(f"{m['insert']} {m['value']:+.2f} %" for m in points)
    return chart("".join(body), f"ADC bias over certified ADC: {words}")


def passes_chart(data: Data) -> str:
    """Change of the ADC of every water-like vial against its mean, pass by pass; empty below two passes."""
    series: dict[str, list[tuple[int, float]]] = {}
    for m in data["measurements"]:
        if m["metric"] == "adc" and m["repeat"] is not None and m["value"] is not None and m["group"] in ("", "A"):
            series.setdefault(m["insert"], []).append((m["repeat"], m["value"]))
    shown = {label: values for label, values in list(series.items())[:3] if len(values) > 1}
    if not shown:
        return ""
    relative = {}
    for label, values in shown.items():
        mean = sum(v for _, v in values) / len(values)
        relative[label] = [(n, 100 * (v / mean - 1)) for n, v in values]
    reach = max(0.5, *(abs(y) for line in relative.values() for _, y in line)) * 1.1
    last = max(n for line in relative.values() for n, _ in line)
    axes = Axes((0.5, last + 0.5), reach, -reach)
    body = [axes.draw(range(1, last + 1), "pass", "ADC against its mean (%)")]
    for dash, (label, line) in zip(("", "6 3", "2 2"), relative.items(), strict=False):
        path = "M" + "L".join(f"{axes.x(n):.1f} {axes.y(y):.1f}" for n, y in line)
        body.append(f'<path d="{path}" fill="none" stroke="var(--accent)" stroke-width="2" stroke-dasharray="{dash}"/>')
        n, y = line[-1]
        body.append(f'<text class="tick" x="{axes.x(n) + 4:.1f}" y="{axes.y(y):.1f}">{label}</text>')
    words = "; ".join(f"{label} {', '.join(f'{y:+.2f}' for _, y in line)} %" for label, line in relative.items())
    return chart("".join(body), f"ADC from pass to pass: {words}")
