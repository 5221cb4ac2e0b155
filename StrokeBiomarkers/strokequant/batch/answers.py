"""Answers of a person to questions that the files leave open, applied before anything is measured.

A b value is taken from a person only where no tag of the series says one, and only for a series of one image per slice: a single
number cannot belong to several images for certain. It never replaces what a header says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..config import AdcConfig, ReadConfig
from ..dicomio.classify import count_positions
from ..dicomio.vendors import plausible_b
from ..errors import Issue, Level, UsageError
from ..types import Directionality, Frame, Role, Series
from .discover import CaseInput

_MODALITIES = {Role.DSC: "MR", Role.CTP: "CT"}
FLAG = "flag"
"""Stands for the tag of a b value that a person entered."""


def with_b_values(
    cases: Sequence[CaseInput],
    b_values: Mapping[str, float],
    *,
    read_config: ReadConfig = ReadConfig(),
    adc_config: AdcConfig = AdcConfig(),
) -> tuple[CaseInput, ...]:
    """Cases in which series have the b value that a person says.

    Args:
        cases: from `discover_cases`.
        b_values: s/mm2 by series key.

    Raises:
        UsageError: no such series, a value out of range, or a series for which a b value may not be entered.
    """
    known = {s.key for case in cases for s in case.series}
    for key, b in b_values.items():
        if key not in known:
            raise _refused(f"{key}: no such series", "one of " + ", ".join(sorted(known)), "see 'strokequant inspect'")
        if not plausible_b(b, read_config):
            raise _refused(f"{key}={b:g}", f"0 to {read_config.b_max:g} s/mm2", "correct it")

    def answered(series: Series) -> Series:
        return _with_b(series, b_values[series.key], adc_config) if series.key in b_values else series

    return tuple(replace(case, series=tuple(map(answered, case.series))) for case in cases)


def with_kind(cases: Sequence[CaseInput], keys: Sequence[str], kind: Role) -> tuple[CaseInput, ...]:
    """Cases in which series are the DSC or CT perfusion that a person says they are.

    Args:
        cases: from `discover_cases`.
        keys: of series, as a person named them.
        kind: DSC or CTP.

    Raises:
        UsageError: a named series that is of another role for a reason, or of the other modality.
    """

    def answered(series: Series) -> Series:
        return _with_kind(series, kind) if series.key in keys and series.role is not kind else series

    return tuple(replace(case, series=tuple(map(answered, case.series))) for case in cases)


def _with_kind(series: Series, kind: Role) -> Series:
    if series.role is not Role.OTHER or series.modality != _MODALITIES[kind]:
        found = f"--kind {kind} for {series.label}: {series.modality}, taken for {series.role}"
        expected = f"a series of {_MODALITIES[kind]} that no tag says what it is"
        raise UsageError(Issue("I01", Level.STOP, found, expected, "leave --kind out"))
    reasons = "; ".join(series.role_reasons)
    found = f"{kind.upper()} by hand; the headers: {reasons}"
    issue = Issue("D17", Level.WARN, found, "a contrast agent in the header", "compare with the protocol", series.label)
    words = f"{kind.upper()}, said by hand"
    return replace(series, role=kind, role_reasons=(*series.role_reasons, words), issues=(*series.issues, issue))


def _with_b(series: Series, b: float, config: AdcConfig) -> Series:
    reason = _why_not(series)
    if reason:
        remedy = "leave it out; a b value can be entered only where no tag says it"
        raise _refused(f"{series.label}: {reason}", "an MR series of one image per slice without b value", remedy)
    found = f"b {b:g} s/mm2 was entered by hand"
    issue = Issue("B07", Level.WARN, found, "a b value in the header", "compare it with the protocol", series.label)
    return replace(
        series,
        role=Role.DWI,
        role_reasons=(*series.role_reasons, f"b value {b:g} s/mm2 entered by hand"),
        frames=tuple(_frame_with_b(frame, b, config) for frame in series.frames),
        issues=(*(i for i in series.issues if i.code != "B01"), issue),
    )


def _why_not(series: Series) -> str:
    """Why no b value may be entered for a series, "" where it may."""
    if series.kind != "dicom":
        return "no DICOM series; for NIfTI use --dwi FILE --b-value B"
    stated = sorted({(f.b_value, f.b_tag) for f in series.frames if f.b_value is not None})
    if stated:
        return f"the header says b {', '.join(f'{b:g} in {tag}' for b, tag in stated[:4])}"
    if series.modality != "MR" or series.role not in (Role.DWI, Role.OTHER):
        return f"{series.modality} series taken for {series.role}"
    positions, _ = count_positions(series.frames)
    if len(series.frames) > positions:
        return f"{len(series.frames)} images at {positions} slice positions"
    return ""


def _frame_with_b(frame: Frame, b: float, config: AdcConfig) -> Frame:
    weighted = frame.directionality in (Directionality.DIRECTIONAL, Directionality.ISOTROPIC)
    how = frame.directionality if weighted else Directionality.UNKNOWN
    return replace(
        frame, b_value=b, b_tag=FLAG, directionality=Directionality.NONE if round(b) <= config.b0_max else how
    )


def _refused(found: str, expected: str, remedy: str) -> UsageError:
    return UsageError(Issue("I01", Level.STOP, f"--b-value {found}", expected, remedy))
