"""Choice of the images that an ADC is computed from.

The core threshold belongs to an ADC between b 0 and about 1000 s/mm2. Kurtosis makes the ADC depend on b: to second order
ln S = -b D + (b D)^2 K / 6, so that between b_low and b_high the apparent value is D (1 - (b_low + b_high) D K / 6); with D 700
um2/s and K 1 that is -12 % at 0/1000, -17 % at 0/1500 and -29 % at 0/2500. Images above the shell nearest 1000 are therefore
left out, never fitted together with it; images between b0 and that shell move the slope little and are kept. Below b 200
perfusion adds to the decay, so that a lowest b that is not about 0 is noted, and refused for the core above 200.

Directional images of a shell are preferred to a trace image of the scanner, because their mean is known to be geometric; both
together are never used, as the trace already is their mean.
"""

from dataclasses import dataclass

import numpy as np

from ..config import AdcConfig
from ..errors import Issue, Level, MapError
from ..types import DiffusionSeries, Directionality


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """Images of a diffusion series by the part that they play in its ADC.

    Args:
        low: images of the lowest b; `b_low` is the mean of their actual b, s/mm2.
        low_weights: weights of their geometric mean where they are no b0; empty for b0, whose mean is arithmetic.
        high: images of the shell nearest 1000; `b_high` is the weighted mean of their actual b.
        high_weights: weights of their geometric mean; every direction counts once, repeated or not; sum 1.
        fit: images of the slope fit; empty where two points decide.
        kind: "directional", "isotropic" or "unstated", of `high`.
        directions: number of distinct gradient directions in `high`; 0 where they are not known.
        left_out: images that are not used.
        reason: why these, in words.
    """

    low: tuple[int, ...]
    low_weights: tuple[float, ...]
    high: tuple[int, ...]
    high_weights: tuple[float, ...]
    fit: tuple[int, ...]
    b_low: float
    b_high: float
    kind: str
    directions: int
    left_out: tuple[int, ...]
    reason: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Shell:
    """Images of about one b value.

    Args:
        images: of one kind, ascending.
        weights: of their geometric mean; sum 1.
        kind: "directional", "isotropic" or "unstated".
        directions: distinct gradient directions; 0 where they are not known.
        balance: 1 where the directions average to a trace, 0 for fewer than three.
    """

    images: tuple[int, ...]
    weights: tuple[float, ...]
    kind: str
    directions: int
    balance: float


def choose_images(dwi: DiffusionSeries, config: AdcConfig = AdcConfig()) -> ImageChoice:
    """Choose b0, the shell nearest 1000 and what lies between.

    Args:
        dwi: images with actual b values.
        config: limits of the choice.

    Returns:
        The choice. A STOP or ASK among its issues concerns thresholds of the core, not the ADC itself.

    Raises:
        MapError: B05 where there are not two different b values.
    """
    b = np.asarray(dwi.b_values, dtype=float)
    b0 = tuple(np.flatnonzero(np.round(b) <= config.b0_max).tolist())
    shells = _shells(b, exclude=b0, gap=config.b_shell_gap)
    if b0:
        low, low_weights = b0, ()
    elif shells:
        lowest = _one_kind(dwi, shells.pop(0), config)
        low, low_weights = lowest.images, lowest.weights
    if not shells:
        raise MapError(_no_second_b(b, dwi, bool(b0)))
    nearest = _nearest(b, shells, config)
    high = _one_kind(dwi, nearest, config)
    between = _between(dwi, shells[: shells.index(nearest)], high, config)
    fit = _fit(b, low, between, high)
    used = {*low, *fit, *high.images}
    left_out = tuple(n for n in range(len(b)) if n not in used)
    b_low, b_high = _mean_b(b, low, low_weights), _mean_b(b, high.images, high.weights)
    issues = (
        *_low_issues(b_low, bool(b0), config),
        *_high_issues(b_low, b_high, config),
        *_direction_issues(high, config),
        *_left_out_issues(dwi, b, left_out),
    )
    choice = (low, low_weights, high.images, high.weights, fit, b_low, b_high, high.kind, high.directions, left_out)
    return ImageChoice(*choice, reason=_reason(b, fit, between), issues=issues)


def _mean_b(b: np.ndarray, images: tuple[int, ...], weights: tuple[float, ...]) -> float:
    """Mean of the actual b; rounding keeps equal values what they are."""
    return round(float(np.average(b[list(images)], weights=weights or None)), 9)


def choose_high(dwi: DiffusionSeries, config: AdcConfig = AdcConfig()) -> Shell:
    """The shell nearest b 1000, which needs no b0 beside it.

    Raises:
        MapError: B05 where there is b0 only.
    """
    b = np.asarray(dwi.b_values, dtype=float)
    b0 = tuple(np.flatnonzero(np.round(b) <= config.b0_max).tolist())
    shells = _shells(b, exclude=b0, gap=config.b_shell_gap)
    if not shells:
        raise MapError(_no_second_b(b, dwi, True))
    return _one_kind(dwi, _nearest(b, shells, config), config)


def _nearest(b: np.ndarray, shells: list[tuple[int, ...]], config: AdcConfig) -> tuple[int, ...]:
    return min(shells, key=lambda images: (abs(b[list(images)].mean() - config.b_core_target), b[images[0]]))


def _shells(b: np.ndarray, exclude: tuple[int, ...], gap: float) -> list[tuple[int, ...]]:
    """Groups of images with about one b value, ascending."""
    order = [n for n in np.argsort(b, kind="stable").tolist() if n not in set(exclude)]
    shells: list[list[int]] = []
    for n in order:
        if shells and b[n] - b[shells[-1][-1]] < gap:
            shells[-1].append(n)
        else:
            shells.append([n])
    return [tuple(shell) for shell in shells]


def _one_kind(dwi: DiffusionSeries, images: tuple[int, ...], config: AdcConfig) -> Shell:
    """Directional or isotropic images of one shell, never both."""
    kinds: dict[str, list[int]] = {"directional": [], "isotropic": [], "unstated": []}
    for n in sorted(images):
        kinds[_kind(dwi, n)].append(n)
    directional = _weighted(dwi, kinds["directional"], config)
    if directional.images and (directional.balance > 0 or not kinds["isotropic"]):
        return directional
    kind = "isotropic" if kinds["isotropic"] else "unstated"
    chosen = kinds[kind]
    return Shell(tuple(chosen), (1 / len(chosen),) * len(chosen), kind, 0, 1.0)


def _kind(dwi: DiffusionSeries, n: int) -> str:
    if dwi.directionality[n] is Directionality.ISOTROPIC:
        return "isotropic"
    if dwi.directionality[n] is Directionality.DIRECTIONAL or _has_direction(dwi, n):
        return "directional"
    return "unstated"


def _has_direction(dwi: DiffusionSeries, n: int) -> bool:
    direction = np.asarray(dwi.directions[n], dtype=float)
    return bool(np.isfinite(direction).all() and np.linalg.norm(direction) > 0.5)


def _weighted(dwi: DiffusionSeries, images: list[int], config: AdcConfig) -> Shell:
    """Directional images with weights by which every direction counts once, and how well they average to a trace."""
    unique: list[np.ndarray] = []
    member: list[int] = []
    for n in images:
        if not _has_direction(dwi, n):
            balance = 1.0 if len(images) >= 3 else 0.0
            return Shell(tuple(images), (1 / len(images),) * len(images), "directional", 0, balance)
        direction = np.asarray(dwi.directions[n], dtype=float)
        direction = direction / np.linalg.norm(direction)
        same = [
            m
            for m, other in enumerate(unique)
            if abs(direction @ other) >= np.cos(np.radians(config.direction_same_deg))
        ]
        member.append(same[0] if same else len(unique))
        if not same:
            unique.append(direction)
    repeats = np.bincount(member, minlength=len(unique)) if images else np.array([])
    weights = tuple(float(1 / (len(unique) * repeats[m])) for m in member)
    balance = 3 * float(np.linalg.eigvalsh(np.mean([np.outer(g, g) for g in unique], axis=0))[0]) if unique else 0.0
    return Shell(tuple(images), weights, "directional", len(unique), balance if balance > 1e-6 else 0.0)


def _between(dwi: DiffusionSeries, shells: list[tuple[int, ...]], high: Shell, config: AdcConfig) -> tuple[int, ...]:
    """Images of the lower shells that average over directions as the high shell does."""
    images: list[int] = []
    for shell in shells:
        lower = _one_kind(dwi, shell, config)
        if lower.kind == high.kind and lower.directions >= min(3, high.directions):
            images.extend(lower.images)
    return tuple(sorted(images))


def _fit(b: np.ndarray, low: tuple[int, ...], between: tuple[int, ...], high: Shell) -> tuple[int, ...]:
    """Images of a slope fit: where there are several b, or b differs by direction; else none."""
    differs = len(set(np.round(b[list(high.images)]).tolist())) > 1
    return tuple(sorted((*low, *between, *high.images))) if between or differs else ()


def _reason(b: np.ndarray, fit: tuple[int, ...], between: tuple[int, ...]) -> str:
    if not fit:
        return "two b values"
    return "several b values" if between else "b differs by direction"


def _no_second_b(b: np.ndarray, dwi: DiffusionSeries, has_b0: bool) -> Issue:
    found = "b " + ", ".join(f"{value:g}" for value in sorted({round(float(value), 3) for value in b})) + " s/mm2 only"
    missing = "images with b about 1000 s/mm2" if has_b0 else "images with b about 0 s/mm2"
    return Issue(
        "B05", Level.STOP, found, f"two different b values: {missing} too", "add the series that holds them", _name(dwi)
    )


def _name(dwi: DiffusionSeries) -> str:
    return str(dwi.provenance.get("series", ""))


def _low_issues(b_low: float, is_b0: bool, config: AdcConfig) -> tuple[Issue, ...]:
    if is_b0:
        return ()
    level = Level.STOP if round(b_low) > config.b_low_stop else Level.WARN
    return (
        Issue(
            "B05",
            level,
            f"no b0: the lowest b is {b_low:g} s/mm2; perfusion and kurtosis shift the ADC against b 0/1000",
            f"b up to {config.b0_max:g}, at most {config.b_low_stop:g} for a core",
            "add the b0 images",
        ),
    )


def _high_issues(b_low: float, b_high: float, config: AdcConfig) -> tuple[Issue, ...]:
    high = round(b_high)
    if config.b_core_low <= high <= config.b_core_high:
        return ()
    stop = high > config.b_core_stop or b_high - b_low < config.b_span_min
    return (
        Issue(
            "B04",
            Level.STOP if stop else Level.WARN,
            f"high b is {b_high:g} s/mm2",
            f"{config.b_core_low:g} to {config.b_core_high:g}, to which the core threshold belongs",
            "use images with b about 1000" if stop else "read ADC and core with the b value in mind",
        ),
    )


def _direction_issues(high: Shell, config: AdcConfig) -> tuple[Issue, ...]:
    if high.kind == "directional" and high.balance < config.direction_balance_min:
        found = f"{high.directions} gradient direction(s) with balance {high.balance:.2f}"
        remedy = "ADC of white matter depends on the directions: use three orthogonal ones or a trace image"
        level = Level.WARN if high.balance > 0 else Level.STOP
        return (Issue("B06", level, found, f"a balance of at least {config.direction_balance_min:g}", remedy),)
    if high.kind == "unstated" or (high.kind == "directional" and not high.directions):
        found = f"{len(high.images)} image(s) at the high b without gradient direction"
        return (Issue("B06", Level.INFO, found, "directions or ISOTROPIC", "taken as what averages to a trace"),)
    return ()


def _left_out_issues(dwi: DiffusionSeries, b: np.ndarray, left_out: tuple[int, ...]) -> tuple[Issue, ...]:
    if not left_out:
        return ()
    words = sorted({f"b {b[n]:g} {dwi.directionality[n]}" for n in left_out})
    return (
        Issue(
            "F01",
            Level.INFO,
            f"{len(left_out)} of {len(b)} images not used for the ADC: {', '.join(words)}",
            "b0, the shell nearest 1000 and what lies between, of one kind",
        ),
    )
