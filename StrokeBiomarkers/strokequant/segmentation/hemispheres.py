"""Left and right half of a perfusion series, and which of them is affected.

Side comes from patient coordinates and the mid-sagittal plane of `sides`. The affected side is the one with later Tmax: more volume
above the thresholds, else a later median of Tmax or TTP. Where neither tells, both sides stay in use and the reader is asked to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import Issue, Level, UsageError
from ..geometry import Geometry
from ..perfusion_config import LesionConfig, PerfusionBrainConfig
from ..perfusion_types import PerfusionMaps
from ..types import Mask, QuantityMap, Volume
from .cleanup import microliters
from .sides import MidPlane, find_midplane


@dataclass(frozen=True, eq=False)
class Sides:
    """Halves of the brain.

    Args:
        plane: mid-sagittal plane.
        left, right: (k, j, i) bool, of the patient; together the brain.
        affected: "left", "right" or "" where it cannot be told.
        why: how the affected side was told, in words.
        issues: S12, L01.
    """

    plane: MidPlane
    left: np.ndarray
    right: np.ndarray
    affected: str = ""
    why: str = ""
    issues: tuple[Issue, ...] = ()

    @property
    def unaffected(self) -> np.ndarray:
        """(k, j, i) bool: the other side than the affected one, both where that is not known."""
        if not self.affected:
            return self.left | self.right
        return self.right if self.affected == "left" else self.left

    @property
    def reference_side(self) -> str:
        """Name of `unaffected`."""
        return {"left": "right", "right": "left"}.get(self.affected, "both")


def split_sides(
    baseline: Volume,
    brain: Mask,
    *,
    plane: MidPlane | None = None,
    config: PerfusionBrainConfig = PerfusionBrainConfig(),
) -> Sides:
    """Halves of the brain by the plane of best mirror symmetry.

    Args:
        baseline: image whose symmetry is looked at.
        brain: mask on its grid.
        plane: of a reader or of an earlier result.
        config: least symmetry.
    """
    issues: tuple[Issue, ...] = ()
    index = np.argwhere(brain.values)
    if plane is None:
        signal = np.nan_to_num(baseline.values)
        high = np.percentile(signal[brain.values], 98) if brain.values.any() else 1.0
        plane = find_midplane(np.clip(signal, 0, max(float(high), 1e-6)), brain.values, baseline.geometry)
        plane, issues = _checked(plane, baseline.geometry.to_lps(index), config)
    left = np.zeros(brain.values.shape, bool)
    if len(index):
        left[tuple(index.T)] = plane.leftward_mm(baseline.geometry.to_lps(index)) > 0
    return Sides(plane, left, brain.values & ~left, issues=issues)


def _checked(plane: MidPlane, lps: np.ndarray, config: PerfusionBrainConfig) -> tuple[MidPlane, tuple[Issue, ...]]:
    """A plane that may be believed, or the sagittal plane through the center of the brain; S12 where it is uncertain."""
    found, expected = "", ""
    offset = float(abs(plane.leftward_mm(lps.mean(axis=0)[None])[0])) if len(lps) else 0.0
    if offset > config.midline_offset_mm:
        found = (
            f"the plane of best symmetry lies {offset:.0f} mm from the center of the brain; a sagittal plane is used"
        )
        expected = f"{config.midline_offset_mm:g} mm at most"
        plane = MidPlane(lps.mean(axis=0), np.array([1.0, 0.0, 0.0]), 0.0)
    elif plane.symmetry < config.symmetry_min:
        found = f"correlation of {plane.symmetry:.2f} of the brain with its mirror image"
        expected = f"{config.symmetry_min:g} or more"
    if not found:
        return plane, ()
    return plane, (Issue("S12", Level.WARN, found, expected, "look at the midline, or give it"),)


def with_affected_side(
    sides: Sides,
    maps: PerfusionMaps,
    tissue: np.ndarray,
    *,
    given: str = "",
    config: LesionConfig = LesionConfig(),
) -> Sides:
    """Sides with the affected one told.

    Args:
        sides: of `split_sides`.
        maps: Tmax and TTP.
        tissue: (k, j, i) voxels to look at: brain without CSF and artifact.
        given: "left" or "right" as a reader says; looked for where empty.
        config: limits.

    Raises:
        UsageError: I01, another word for the side.
    """
    if given not in ("", "left", "right"):
        raise UsageError(Issue("I01", Level.STOP, f"affected side {given!r}", "left or right", "correct the side"))
    if given:
        return replace(sides, affected=given, why="given by the reader")
    for told in (
        _by_volume(sides, maps.tmax, tissue, config),
        _by_median(sides, (maps.tmax, maps.ttp), tissue, config),
    ):
        if told is not None:
            return replace(sides, affected=told[0], why=told[1])
    issue = Issue(
        "L01",
        Level.WARN,
        "Tmax and TTP are alike on both sides",
        f"one side with {config.side_ratio:g} times the volume, or {config.side_shift_s:g} s later",
        "say which side is affected; until then both sides are the reference",
    )
    return replace(sides, why="cannot be told", issues=(*sides.issues, issue))


def _by_volume(sides: Sides, tmax: QuantityMap, tissue: np.ndarray, config: LesionConfig) -> tuple[str, str] | None:
    """Side with clearly more volume above the main threshold, then above the lowest one."""
    known = tissue & tmax.valid
    for seconds in (config.main_tmax_s, min(config.tmax_thresholds_s)):
        late = known & (tmax.values > seconds)
        volumes = {name: _microliters(late & half, tmax.geometry) for name, half in _halves(sides)}
        side = max(sorted(volumes), key=volumes.get)
        most, least = max(volumes.values()), min(volumes.values())
        if most >= microliters(config.side_min_ml) and most >= config.side_ratio * least:
            words = f"Tmax > {seconds:g} s: left {volumes['left'] / 1000:.1f}, right {volumes['right'] / 1000:.1f} mL"
            return side, words
    return None


def _by_median(
    sides: Sides, maps: Sequence[QuantityMap], tissue: np.ndarray, config: LesionConfig
) -> tuple[str, str] | None:
    """Side whose median is later."""
    for content in maps:
        known = tissue & content.valid
        values = {name: content.values[known & half] for name, half in _halves(sides)}
        if any(not len(v) for v in values.values()):
            continue
        medians = {name: float(np.median(v)) for name, v in values.items()}
        side = max(sorted(medians), key=medians.get)
        if abs(medians["left"] - medians["right"]) >= config.side_shift_s:
            words = f"median {content.quantity}: left {medians['left']:.2f}, right {medians['right']:.2f} s"
            return side, words
    return None


def _halves(sides: Sides) -> tuple[tuple[str, np.ndarray], ...]:
    return ("left", sides.left), ("right", sides.right)


def _microliters(mask: np.ndarray, geometry: Geometry) -> int:
    return microliters(geometry.volume_ml(mask))
