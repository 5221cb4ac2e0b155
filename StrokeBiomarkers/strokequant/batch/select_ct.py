"""Which CT of a time point blood is measured on, and why another is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..dicomio.ct_audit import CtAudit, audit_ct_headers
from ..errors import Issue, Level
from ..hemorrhage_config import CtAuditConfig
from ..types import GeometryAudit, Role, Series, Verdict

_INSPECT = "run 'strokequant inspect' to see what every series was taken for"


@dataclass(frozen=True)
class CtChoice:
    """What is measured.

    Args:
        series: None where nothing may be measured.
        header: audit of its headers; a question that naming the series answers stays as a warning.
        issues: why there is no series.
        found: some CT was there, so that the hemorrhage is not evaluable and not missing.
    """

    series: Series | None
    header: CtAudit
    issues: tuple[Issue, ...] = ()
    found: bool = True


def ct_candidates(series: Sequence[Series], chosen: Sequence[str] = ()) -> list[Series]:
    """CT series that a person named, else those that are plain CT by their headers."""
    named = [s for s in series if s.key in chosen and s.modality in ("CT", "")]
    return named or [s for s in series if s.modality == "CT" and s.role is Role.NCCT]


def other_ct(series: Sequence[Series]) -> list[Series]:
    """CT that a person may name, though its headers speak against it."""
    return [s for s in series if s.modality == "CT" and s.role not in (Role.LOCALIZER, Role.CTP)]


def select_ct(
    series: Sequence[Series],
    audits: Mapping[str, GeometryAudit],
    *,
    chosen: Sequence[str] = (),
    config: CtAuditConfig = CtAuditConfig(),
) -> CtChoice:
    """Choose among the CT series of one time point.

    Args:
        series: of the time point.
        audits: geometry by series key, of all `ct_candidates`.
        chosen: series keys that a person named; a named CT is measured though its tags speak against it, with the warning.
        config: limits of the header audit.
    """
    candidates = ct_candidates(series, chosen)
    if not candidates:
        return CtChoice(None, CtAudit(), _nothing(series, config), bool(other_ct(series)))
    issues: list[Issue] = []
    usable: list[tuple[Series, CtAudit]] = []
    for s in candidates:
        header = _as_named(audit_ct_headers(s, config=config), s.key in chosen)
        blocking = [i for i in (*s.issues, *audits[s.key].issues, *header.issues) if i.blocks]
        if audits[s.key].verdict is Verdict.REFUSE or blocking:
            issues += blocking
        else:
            usable.append((s, header))
    thin = _thinnest(usable)
    if len(thin) == 1:
        return CtChoice(*thin[0])
    if not usable:
        return CtChoice(None, CtAudit(), tuple(dict.fromkeys(issues)))
    listed = ", ".join(s.label for s, _ in thin)
    remedy = "name one with --series KEY"
    return CtChoice(
        None, CtAudit(), (Issue("C01", Level.ASK, f"{len(thin)} plain CT series: {listed}", "one", remedy),)
    )


def _thinnest(usable: Sequence[tuple[Series, CtAudit]]) -> list[tuple[Series, CtAudit]]:
    """Of several reconstructions the one with the thinnest slices; only equal ones are left to a person."""

    def thickness(pair: tuple[Series, CtAudit]) -> float:
        told = pair[1].facts.get("thickness_mm") or [float("inf")]
        return max(told)

    least = min((thickness(pair) for pair in usable), default=0.0)
    return [pair for pair in usable if thickness(pair) <= least]


def _as_named(audit: CtAudit, named: bool) -> CtAudit:
    """A question that naming the series answers stays as a warning."""
    if not named:
        return audit
    answered = (replace(i, level=Level.WARN) if i.level is Level.ASK else i for i in audit.issues)
    return replace(audit, issues=tuple(answered))


def _nothing(series: Sequence[Series], config: CtAuditConfig) -> tuple[Issue, ...]:
    """Why no series is a plain CT: what speaks against those that are CT, or that there is none."""
    found = [i for s in other_ct(series) for i in audit_ct_headers(s, config=config).issues if i.blocks]
    if found:
        return tuple(dict.fromkeys(found))
    roles = ", ".join(sorted({str(s.role) for s in series})) or "nothing"
    remedy = f"{_INSPECT}; name a CT with --series KEY where it is one" if other_ct(series) else _INSPECT
    return (Issue("I02", Level.STOP, f"no plain head CT; found: {roles}", "a CT without contrast agent", remedy),)
