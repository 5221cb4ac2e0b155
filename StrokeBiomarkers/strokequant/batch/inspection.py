"""What an input holds: every series, its role and why, whether it may be measured."""

from collections.abc import Sequence
from typing import Any

from ..dicomio.audit import TIMED_ROLES, audit_series
from ..dicomio.scan import Scan
from ..dicomio.time_audit import audit_times
from ..errors import Issue
from ..perfusion_types import TimeAudit
from ..settings import Settings
from ..types import GeometryAudit, Series
from .select import b_values


def inspection_dict(scan: Scan, *, settings: Settings = Settings()) -> dict[str, Any]:
    """Plain data for `--json`; holds no patient identity and no path outside the input."""
    return {
        "series": [_series(s, settings) for s in scan.series],
        "skipped": [{"file": _relative(s.path, scan), "reason": s.reason} for s in scan.skipped],
        "issues": [issue.as_dict() for issue in scan.issues],
    }


def inspection_text(found: dict[str, Any]) -> str:
    """The same for a person."""
    lines = []
    for s in found["series"]:
        images = f"{s['files']} files, {s['frames']} frames, {s['rows']}x{s['columns']}"
        lines.append(
            f"{s['key']}  {s['role'].upper()}  {s['description']}  [{s['modality']} {s['manufacturer']}; {images}]"
        )
        lines += [f"    because {reason}" for reason in s["reasons"]]
        if s["b_values"]:
            lines.append(f"    b {', '.join(f'{b:g}' for b in s['b_values'])} s/mm2 from {', '.join(s['b_tags'])}")
        if s["geometry"]:
            g = s["geometry"]
            lines.append(
                f"    geometry: {g['verdict']}; {g['slices']} slices, tilt {g['tilt_deg']:.2f} deg; "
                f"a product of spacings would read {g['effect_percent']:+.2f} %"
            )
        if s["times"]:
            lines.append(f"    {_times_text(s['times'])}")
        lines += [f"    {_text(issue)}" for issue in s["issues"]]
    if found["skipped"]:
        lines.append(f"{len(found['skipped'])} files are no part of any series:")
        lines += [f"    {s['file']}: {s['reason']}" for s in found["skipped"]]
    lines += [_text(issue) for issue in found["issues"]]
    return "\n".join(lines)


def _series(series: Series, settings: Settings) -> dict[str, Any]:
    audit = audit_series(series, config=settings.audit)
    times = None
    if series.role in TIMED_ROLES:
        times = audit_times(series, config=settings.time, read_config=settings.read)
    issues: Sequence[Issue] = tuple(dict.fromkeys((*series.issues, *audit.issues, *(times.issues if times else ()))))
    return {
        "key": series.key,
        "role": str(series.role),
        "reasons": list(series.role_reasons),
        "description": series.description,
        "modality": series.modality,
        "manufacturer": series.equipment.manufacturer,
        "model": series.equipment.model,
        "kind": series.kind,
        "files": len(series.files),
        "frames": len(series.frames),
        "rows": series.shape[0],
        "columns": series.shape[1],
        "b_values": sorted(b_values(series)),
        "b_tags": sorted({f.b_tag for f in series.frames if f.b_tag}),
        "geometry": _geometry(audit),
        "times": _times(times) if times else None,
        "issues": [issue.as_dict() for issue in issues],
    }


def _geometry(audit: GeometryAudit) -> dict[str, Any]:
    return {
        "verdict": str(audit.verdict),
        "effect_percent": round(audit.effect_percent, 4),
        "slices": len(audit.positions),
        "gaps_mm": [round(gap, 4) for gap in audit.gaps],
        "thickness_mm": audit.thickness_mm,
        "tilt_deg": round(audit.tilt_deg, 4),
    }


def _times(audit: TimeAudit) -> dict[str, Any]:
    seconds = ("duration_s", "step_s", "smallest_step_s", "largest_step_s", "slice_spread_s")
    return {
        "verdict": str(audit.verdict),
        "tag": audit.time_tag,
        "frames": audit.frames,
        **{name: round(getattr(audit, name), 4) for name in seconds},
        "even": audit.even,
        "slice_timing": audit.slice_timing,
        "long_steps": list(audit.long_steps),
        "missing": list(audit.missing),
        "repeated": list(audit.repeated),
    }


def _times_text(t: dict[str, Any]) -> str:
    if not t["frames"]:
        return f"times: {t['verdict']}"
    steps = f"{t['step_s']:.2f} s apart"
    if not t["even"]:
        steps = f"{t['smallest_step_s']:.2f} to {t['largest_step_s']:.2f} s apart, median {t['step_s']:.2f} s"
    slices = {
        "none": "one time a frame",
        "offsets": "slices one after the other",
        "irregular": "slices at times of their own",
    }
    spread = f", over {t['slice_spread_s']:.2f} s" if t["slice_spread_s"] else ""
    words = f"{slices[t['slice_timing']]}{spread}"
    return f"times: {t['verdict']}; {t['frames']} frames in {t['duration_s']:.1f} s, {steps}, {words}; from {t['tag']}"


def _relative(path, scan: Scan) -> str:
    return path.relative_to(scan.root).as_posix() if path.is_relative_to(scan.root) else path.name


def _text(issue: dict[str, str]) -> str:
    parts = [f"{issue['level']} {issue['code']}: {issue['found']}"]
    parts += [f"expected: {issue['expected']}"] if issue["expected"] else []
    parts += [f"do: {issue['remedy']}"] if issue["remedy"] else []
    return "; ".join(parts)
