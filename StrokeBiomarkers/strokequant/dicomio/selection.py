"""Selection: which frames of a series are its diffusion-weighted images, and which are its ADC map.

Derived frames that a scanner mixes in (ADC, FA, tensor, calculated b) are left out; directional images or one isotropic set are
used, never both. A frame without b value and direction beside weighted ones may be an ADC map or a b0 without its tag: it is
left out with a warning where b0 and high b are there without it, and asked about otherwise. A weighted image without b value is refused: no b value is ever assumed.
"""

from collections import Counter

from ..config import AdcConfig
from ..errors import Issue, Level, ReadError
from ..types import Directionality, Frame, Role, Series
from .headers import frame_issues

_MAPS = frozenset(
    {
        "ADC",
        "ADC_UNSPECIFIED",
        "EADC",
        "EXP",
        "FA",
        "RA",
        "VR",
        "TENSOR",
        "TENSOR_B0",
        "COLFA",
        "COLORFA",
        "FAMAP",
        "ADCMAP",
        "CALC_BVALUE",
        "CALCBVALUE",
        "SYNTHETIC",
    }
)
_ADC = frozenset({"ADC", "ADC_UNSPECIFIED", "ADCMAP"})
_NOT_MAGNITUDE = frozenset({"PHASE", "PHASE MAP", "REAL", "IMAGINARY", "P", "R", "I"})


def map_kind(frame: Frame) -> str:
    """Kind of derived map that Image Type names, "" for an acquired or trace-weighted image."""
    words = [word.upper().strip() for word in frame.image_type[2:]]
    return next((word for word in words if word in _MAPS), "")


def diffusion_frames(series: Series, *, config: AdcConfig = AdcConfig()) -> tuple[tuple[Frame, ...], tuple[Issue, ...]]:
    """Frames to compute an ADC map from, and what was left out.

    Raises:
        ReadError: B01 where a b value is missing, F01 where nothing but maps is there.
    """
    issues = [*_require_placed(series), *_b_issues(series, config)]
    acquired, left_out = [], Counter()
    for frame in series.frames:
        reason = _reason_to_leave_out(frame, config)
        if reason:
            left_out[reason] += 1
        else:
            acquired.append(frame)
    if left_out:
        issues.append(_left_out(left_out, series))
    weighted = _with_b_value(acquired, issues, series, config)
    return tuple(_one_kind(weighted, issues, series, config)), tuple(issues)


def adc_frames(series: Series) -> tuple[tuple[Frame, ...], tuple[Issue, ...]]:
    """Frames of the ADC map: those that Image Type names so where there are any, else all."""
    issues = list(_require_placed(series))
    named = [frame for frame in series.frames if any(word.upper() in _ADC for word in frame.image_type)]
    chosen = named or list(series.frames)
    if len(chosen) < len(series.frames):
        level = Level.INFO if series.role is Role.ADC else Level.ASK
        found = f"{len(chosen)} frames named ADC among {len(series.frames)}"
        issues.append(
            Issue("F02", level, found, "a series of its own", "confirm that these frames are the ADC map", series.label)
        )
    if all(frame.b_value is None for frame in chosen):
        found = "no b value in the header of the ADC map"
        issues.append(
            Issue("F04", Level.INFO, found, "", "taken from the source series where there is one", series.label)
        )
    return tuple(chosen), tuple(issues)


def _require_placed(series: Series) -> tuple[Issue, ...]:
    """Issues of the frames; raises where they stop."""
    issues = frame_issues(series.frames, series.label)
    blocking = [issue for issue in issues if issue.blocks]
    if blocking:
        raise ReadError(*blocking)
    return issues


def _reason_to_leave_out(frame: Frame, config: AdcConfig) -> str:
    words = {str(frame.extra.get("complex_component", "")).upper(), *(word.upper() for word in frame.image_type[2:4])}
    if words & _NOT_MAGNITUDE:
        return "phase, real or imaginary"
    kind = map_kind(frame)
    is_ge_b0 = frame.b_tag.startswith("(0043,") and frame.b_value is not None and round(frame.b_value) <= config.b0_max
    return "" if is_ge_b0 else kind


def _left_out(counts: Counter, series: Series) -> Issue:
    found = ", ".join(f"{count} {kind} frames" for kind, count in sorted(counts.items()))
    return Issue("F01", Level.INFO, f"{found} left out", "acquired images", "", series.label)


def _with_b_value(frames: list[Frame], issues: list[Issue], series: Series, config: AdcConfig) -> list[Frame]:
    bare = [frame for frame in frames if frame.b_value is None]
    if not frames:
        remedy = "choose the series with the acquired images"
        raise ReadError(
            *issues, Issue("F01", Level.STOP, "derived maps only", "diffusion-weighted images", remedy, series.label)
        )
    if len(bare) == len(frames) or any(_looks_weighted(frame) for frame in bare):
        rejected = sorted({words for frame in bare for words in frame.extra.get("b_rejected", ())})
        found = f"{len(bare)} of {len(frames)} frames without b value"
        found += f" (rejected: {', '.join(rejected)})" if rejected else ""
        expected = "Diffusion b-value (0018,9087) or the vendor's own element"
        remedy = "export the series again with its private elements"
        raise ReadError(*issues, Issue("B01", Level.STOP, found, expected, remedy, series.label))
    if bare:
        found = f"{len(bare)} frames without b value and direction beside {len(frames) - len(bare)} with one"
        remedy = "they are not used; they may be an ADC map, a trace image or a b0 without its tag"
        level = Level.WARN if _is_complete(frames, config) else Level.ASK
        issues.append(Issue("F02", level, found, "a b value in every frame", remedy, series.label))
    return [frame for frame in frames if frame.b_value is not None]


def _is_complete(frames: list[Frame], config: AdcConfig) -> bool:
    """True where frames with a b value hold a b0 and a high b: what is left out then changes nothing."""
    is_b0 = {round(frame.b_value) <= config.b0_max for frame in frames if frame.b_value is not None}
    return is_b0 == {True, False}


def _looks_weighted(frame: Frame) -> bool:
    weighted = frame.direction is not None or frame.directionality in (
        Directionality.DIRECTIONAL,
        Directionality.ISOTROPIC,
    )
    return weighted or bool(frame.extra.get("b_rejected"))


def _one_kind(frames: list[Frame], issues: list[Issue], series: Series, config: AdcConfig) -> list[Frame]:
    """Directional images or one isotropic set beside the b0 images."""
    high = [frame for frame in frames if round(frame.b_value) > config.b0_max]
    kinds = Counter(frame.directionality for frame in high)
    if len(kinds) < 2:
        return frames
    kept = next(
        kind for kind in (Directionality.DIRECTIONAL, Directionality.ISOTROPIC, Directionality.UNKNOWN) if kinds[kind]
    )
    dropped = [frame for frame in high if frame.directionality is not kept]
    unsure = any(frame.directionality is Directionality.UNKNOWN for frame in dropped)
    other_b = {round(frame.b_value) for frame in dropped} - {round(f.b_value) for f in high if f.directionality is kept}
    level = Level.ASK if unsure else Level.WARN if other_b else Level.INFO
    found = f"{kinds[kept]} {kept} frames used, {len(dropped)} others left out"
    found += f", with b {sorted(other_b)}" if other_b else ""
    remedy = "say what the images without a direction are" if unsure else ""
    issues.append(Issue("F01", level, found, "directional images or one isotropic set", remedy, series.label))
    drop = set(map(id, dropped))
    return [frame for frame in frames if id(frame) not in drop]


def _b_issues(series: Series, config: AdcConfig) -> list[Issue]:
    """Actual against nominal b, and two sources of b that disagree."""
    issues: dict[Issue, None] = {}
    actual_nominal = {
        (frame.b_value, frame.b_nominal)
        for frame in series.frames
        if frame.b_value is not None and frame.b_nominal is not None
    }
    if actual_nominal:
        (low, low_nominal), (high, high_nominal) = min(actual_nominal), max(actual_nominal)
        if low_nominal == high_nominal:
            low, low_nominal = 0.0, 0.0
        effect = 100 * ((high - low) / (high_nominal - low_nominal) - 1) if high_nominal > low_nominal else 0.0
        if abs(effect) > config.b_actual_nominal_percent:
            found = (
                f"actual b {high:.4g}, nominal {high_nominal:g}: the nominal b would change the ADC by {effect:+.2f} %"
            )
            issues[Issue("B03", Level.WARN, found, "equal b values", "the actual b is used", series.label)] = None
    for frame in series.frames:
        other = frame.extra.get("b_other")
        if other is None or frame.b_value is None:
            continue
        crosses = (round(frame.b_value) <= config.b0_max) != (round(other[0]) <= config.b0_max)
        found = f"{frame.b_tag} = {frame.b_value:g} but {other[1]} = {other[0]:g}"
        level = Level.ASK if crosses else Level.WARN
        issues[Issue("B03", level, found, "equal b values", f"{frame.b_tag} is used", series.label)] = None
    return list(issues)
