"""Which series of a time point the infarct core is measured on, and why.

Acquired directions come before a scanner's trace; a series that can give an ADC comes before one that cannot. Where two series
are equally good, nobody guesses: a person names one. Where the b0 is in a series of its own and there is no ADC map, both are used
together if the headers show that they have one grid and one signal scale, or if a person names both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..config import AdcConfig
from ..dicomio.pairing import Pairing, pairing_of
from ..errors import Issue, Level
from ..types import Directionality, GeometryAudit, Role, Series, Verdict


@dataclass(frozen=True)
class CoreInputs:
    """Series by the part that they play; None where there is none.

    Args:
        dwi: has b0 and high b: the ADC is computed from it.
        trace: high b alone: gates a vendor ADC.
        adc: vendor ADC map.
        b0: series with the b0 of `dwi`, which then holds the high b alone.
        issues: why something was not used; blocking ones mean that nothing may be measured.
    """

    dwi: Series | None = None
    trace: Series | None = None
    adc: Series | None = None
    issues: tuple[Issue, ...] = ()
    b0: Series | None = None


def select_core_inputs(
    series: Sequence[Series],
    audits: dict[str, GeometryAudit],
    *,
    chosen: Sequence[str] = (),
    config: AdcConfig = AdcConfig(),
) -> CoreInputs:
    """Choose DWI and ADC series.

    Args:
        series: all series of the time point.
        audits: geometry audit by series key, for DWI and ADC series.
        chosen: series keys that a person named; others of the same role are not used.
    """
    issues: list[Issue] = []
    usable = [s for s in series if s.role in (Role.DWI, Role.ADC)]
    named = {s.role for s in usable if s.key in chosen}
    usable = [s for s in usable if s.role not in named or s.key in chosen]
    measurable = []
    for s in usable:
        refused = s.key in audits and audits[s.key].verdict is Verdict.REFUSE
        blocking = [i for i in s.issues if i.blocks]
        issues += [*((i for i in audits[s.key].issues if i.blocks) if refused else ()), *blocking]
        if not refused and not blocking:
            measurable.append(s)
    diffusion = [s for s in measurable if s.role is Role.DWI]
    full = [s for s in diffusion if _has_b0_and_high(s, config)]
    rest = [s for s in diffusion if s not in full]
    dwi = _best(full, issues)
    adc = _best([s for s in measurable if s.role is Role.ADC], issues, optional=dwi is not None)
    if dwi:
        return CoreInputs(dwi, None, adc, (*issues, *_by_hand(dwi)))
    high = _best([s for s in rest if not _is_b0_only(s, config)], issues)
    low = [s for s in rest if _is_b0_only(s, config)]
    b0 = _partner(low, high, chosen, issues, has_map=adc is not None)
    if b0:
        return CoreInputs(high, None, adc, (*issues, *_by_hand(high, b0)), b0)
    return CoreInputs(None, high, adc, (*issues, *_by_hand(*([high] if high else ()))))


def _partner(
    low: Sequence[Series], high: Series | None, chosen: Sequence[str], issues: list[Issue], *, has_map: bool
) -> Series | None:
    """Series whose b0 belongs to the high b, None where there is none or it may not be used; the issues say why."""
    if high is None or not low:
        return None
    named = high.key in chosen and any(s.key in chosen for s in low)
    if (has_map and not named) or not b_values(high):
        return None
    b0 = _best(low, issues)
    if b0 is None:
        return None
    pairing = pairing_of(b0, high)
    issues.append(_pairing_issue(b0, high, pairing, named=named))
    return None if issues[-1].blocks else b0


def _pairing_issue(b0: Series, high: Series, pairing: Pairing, *, named: bool) -> Issue:
    both = f"b0 in {b0.label}, high b in {high.label}"
    if pairing.differs:
        remedy = "use a series that holds its own b0, or the scanner's ADC map"
        return Issue("C02", Level.STOP, f"{both}: {'; '.join(pairing.differs)}", "one grid, timing and scale", remedy)
    if pairing.is_proved:
        return Issue("C02", Level.INFO, f"{both}, used together: {'; '.join(pairing.shown)}")
    expected = "a header that shows one grid and one signal scale"
    unknown = f"{both}: {'; '.join(pairing.unknown)}"
    if named:
        return Issue("C02", Level.WARN, unknown, expected, "a person named both; compare the ADC of normal brain")
    remedy = f"name both with --series {b0.key} --series {high.key} if they were acquired together"
    return Issue("C02", Level.ASK, unknown, expected, remedy)


def _by_hand(*series: Series) -> tuple[Issue, ...]:
    """Answers of a person that must stand beside the number."""
    return tuple(issue for s in series for issue in s.issues if issue.code == "B07")


def b_values(series: Series) -> set[float]:
    """Distinct b values of a series in s/mm2, rounded to 1; empty where none is known."""
    values = {f.b_value for f in series.frames if f.b_value is not None}
    values |= set(series.header.get("b_values") or ())
    return {round(float(b)) for b in values}


def _has_b0_and_high(series: Series, config: AdcConfig) -> bool:
    values = b_values(series)
    return len(values) > 1 and max(values) > config.b0_max


def _is_b0_only(series: Series, config: AdcConfig) -> bool:
    values = b_values(series)
    return bool(values) and max(values) <= config.b0_max


def _rank(series: Series) -> tuple[bool, bool]:
    """Lower is better: acquired before derived, directions before trace."""
    derived = bool(series.frames) and "DERIVED" in {t.upper() for f in series.frames for t in f.image_type[:1]}
    directional = any(f.directionality is Directionality.DIRECTIONAL for f in series.frames)
    return derived, not directional


def _best(candidates: Sequence[Series], issues: list[Issue], *, optional: bool = False) -> Series | None:
    if not candidates:
        return None
    best = min(_rank(s) for s in candidates)
    equal = [s for s in candidates if _rank(s) == best]
    if len(equal) == 1:
        return equal[0]
    listed = ", ".join(s.label for s in equal)
    issues.append(
        Issue(
            "C01",
            Level.INFO if optional else Level.ASK,
            f"{len(equal)} {equal[0].role} series that are equally good: {listed}",
            "one",
            "not compared with the recomputed map" if optional else "name one with --series KEY",
        )
    )
    return None
