"""A session with an ACR phantom, CT or MR: series -> numbers, with every reason why there is none."""

from collections.abc import Mapping, Sequence

from ..acr_config import AcrCtConfig, AcrMriConfig
from ..config import ReadConfig
from ..dicomio.read import read_volume
from ..errors import Issue, Level, StrokeQuantError
from ..geometry import Geometry
from ..phantom_types import PhantomDefinition, PhantomKind, PhantomSession, ScannerState
from ..types import Equipment, Series
from .acr_ct import analyze_acr_ct
from .acr_mri import analyze_acr_mri
from .analysis import Analysis
from .qualification import day_of
from .scanner import scanner_state


def analyze_acr(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    *,
    serial: str = "",
    observations: tuple[str, ...] = (),
    placements: Mapping[str, tuple[float, float, float]] | None = None,
    ct_config: AcrCtConfig = AcrCtConfig(),
    mri_config: AcrMriConfig = AcrMriConfig(),
    read_config: ReadConfig = ReadConfig(),
) -> PhantomSession:
    """Measure a session with an ACR phantom; never raises for bad input.

    Args:
        series: of one scan of the phantom.
        phantom: registry entry of the kind acr_ct or acr_mri.
        serial: read from the phantom.
        observations: defects that the operator saw.
        placements: label -> LPS mm, where a person puts an insert of the CT phantom, or a region of the MR phantom.
    """
    is_ct = phantom.kind is PhantomKind.ACR_CT
    modality = "CT" if is_ct else "MR"
    own = sorted((s for s in series if s.modality in (modality, "")), key=lambda s: s.key)
    geometry, issues = None, ()
    if is_ct:
        analysis, used, geometry, issues = _ct(own, phantom, ct_config, read_config, placements)
    else:
        analysis = analyze_acr_mri(own, phantom, placements=placements, config=mri_config)
        used = _measured_series(own)
    first = used or (own[0] if own else None)
    inputs = tuple(dict.fromkeys(ref for m in analysis.measurements for ref in m.inputs))
    return PhantomSession(
        phantom=phantom,
        scanner=scanner_state(first) if first else ScannerState(Equipment(), modality),
        date=day_of(first) if first else "",
        measurements=analysis.measurements,
        serial_seen=serial,
        pose=analysis.pose,
        placements=analysis.placements,
        observations=observations,
        issues=(*issues, *analysis.issues),
        inputs=inputs,
        protocol=protocol_of(first),
        geometry=geometry or analysis.geometry,
        images=analysis.images,
        time=time_of(first),
    )


def _ct(
    series: Sequence[Series], phantom: PhantomDefinition, config: AcrCtConfig, read_config: ReadConfig, placements
) -> tuple[Analysis, Series | None, Geometry | None, tuple[Issue, ...]]:
    """The series in which the phantom is found; of several, the one with the most slices."""
    issues: list[Issue] = []
    refused = None
    for one in sorted(series, key=lambda s: (-len(s.frames), s.key)):
        try:
            volume = read_volume(one, config=read_config)
        except StrokeQuantError as error:
            issues += [Issue(i.code, Level.WARN, i.found, i.expected, i.remedy, i.subject) for i in error.issues]
            continue
        analysis = analyze_acr_ct(
            volume, phantom, config=config, placements=placements, thickness_mm=one.frames[0].thickness
        )
        if analysis.pose is not None:
            return analysis, one, volume.geometry, (*issues, *volume.issues)
        refused = refused or (analysis, one, volume.geometry, tuple(issues))
    if refused:
        return refused
    found = f"{len(series)} CT series, none that can be read"
    issue = Issue("Q01", Level.STOP, found, "one series of the phantom", "name the folder of the phantom scan")
    return Analysis((), issues=(issue,)), None, None, tuple(issues)


def _measured_series(series: Sequence[Series]) -> Series | None:
    """The longest series: the set of 11 slices where there is one."""
    return max(series, key=lambda s: len(s.frames), default=None)


def protocol_of(series: Series | None) -> dict:
    """Facts of a CT or MR scan that a physicist asks for."""
    if series is None or not series.frames:
        return {}
    frame = series.frames[0]
    names = ("kvp", "exposure_mas", "echo_time_ms", "repetition_time_ms")
    facts = {name: frame.extra.get(name) for name in names} | {
        "kernel": series.header.get("convolution_kernel"),
        "thickness_mm": frame.thickness,
        "series": series.key,
    }
    return {name: value for name, value in facts.items() if value not in (None, "")}


def time_of(series: Series | None) -> str:
    """Time of the series, "HH:MM:SS"."""
    digits = str(series.header.get("series_time") or series.header.get("study_time") or "")[:6] if series else ""
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:6]}" if len(digits) == 6 and digits.isdigit() else ""
