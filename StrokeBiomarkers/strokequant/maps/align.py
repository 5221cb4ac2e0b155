"""Alignment of the images of a diffusion series, only where it is needed.

The images of the high b (and those between) are compared with the first of them, then b0 with their trace image, rigidly. Only
what is further away than the threshold, and whose mutual information rises when it is moved, is resampled: interpolation changes noise and edges, and a false alignment
costs more than a displacement below the threshold. Distortion by eddy currents is not corrected.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ..config import AdcConfig
from ..errors import Issue, Level
from ..threads import in_threads
from ..types import DiffusionSeries
from .adc import b0_image, trace_image
from .b_selection import ImageChoice, choose_images
from .rigid import RigidMotion, can_register, measure_motion, move


@dataclass(frozen=True, slots=True)
class _Group:
    """Images that are moved together, and the one image by which they are measured."""

    images: tuple[int, ...]
    name: str
    samples: int


def align_diffusion(dwi: DiffusionSeries, *, config: AdcConfig = AdcConfig()) -> DiffusionSeries:
    """Measure displacement between the images of a series and align those that need it.

    Args:
        dwi: images on one grid.
        config: thresholds of the alignment and choice of b values.

    Returns:
        The series: the same arrays where nothing was moved; `provenance["alignment"]` holds what was measured for each group.
        M01 (WARN) says what was moved, M02 (WARN) that something could not be aligned and stays as it is.

    Raises:
        MapError: B05 where there are not two different b values.
    """
    choice = choose_images(dwi, config)
    reason = can_register(dwi.geometry, config, tilted=True)
    if reason:
        return _noted(dwi, [], [_not_checked(reason)])
    records: list[dict[str, Any]] = []
    issues: list[Issue] = []
    for groups, reference in _stages(choice, config):
        fixed = trace_image(dwi, config).values if reference is None else dwi.values[reference]
        moved: dict[int, np.ndarray] = {}
        for record, problems, images in in_threads(partial(_align_group, dwi, fixed, config), groups):
            records.append({"reference": "trace" if reference is None else f"image {reference}"} | record)
            issues.extend(problems)
            moved.update(images)
        dwi = _with_images(dwi, moved)
    return _noted(dwi, records, [*_applied(records, config), *issues])


def _stages(choice: ImageChoice, config: AdcConfig) -> list[tuple[list[_Group], int | None]]:
    """What is aligned to what, in order; the reference None stands for the trace image.

    Directions go to one image, not to their own trace, which is a blur of all positions as long as they are not aligned.
    """
    first, *directions = choice.high
    between = [n for n in choice.fit if n not in choice.low and n not in choice.high]
    singles = [_Group((n,), f"image {n}", config.align_screen_samples) for n in sorted((*directions, *between))]
    low = _Group(choice.low, "lowest b" if choice.low_weights else "b0", config.align_samples)
    return [(singles, first), ([low], None)]


def _align_group(
    dwi: DiffusionSeries, reference: np.ndarray, config: AdcConfig, group: _Group
) -> tuple[dict[str, Any], list[Issue], dict[int, np.ndarray]]:
    """Record, issues and moved images of one group."""
    image = dwi.values[group.images[0]] if len(group.images) == 1 else b0_image(dwi, config).values
    record: dict[str, Any] = {"group": group.name, "images": list(group.images), "applied": False}
    try:
        motion = measure_motion(reference, image, dwi.geometry, group.samples, config)
        if _needed(motion, config) and group.samples < config.align_samples:
            motion = measure_motion(reference, image, dwi.geometry, config.align_samples, config)
    except RuntimeError:
        return record, [_failed(group, "the registration ended with an error")], {}
    record |= _as_record(motion)
    if not _needed(motion, config):
        return record, [], {}
    if not motion.displacement_mm <= config.align_max_mm:
        return record, [_failed(group, f"a displacement of {motion.displacement_mm:.1f} mm is not plausible")], {}
    record["applied"] = True
    moved = {n: move(dwi.values[n], dwi.geometry, motion.matrix) for n in group.images}
    return record, [], moved


def _needed(motion: RigidMotion, config: AdcConfig) -> bool:
    far = not motion.displacement_mm <= config.align_threshold_mm
    return far and motion.gain_percent >= config.align_metric_gain_percent


def _as_record(motion: RigidMotion) -> dict[str, Any]:
    """Rounded: the last bits of a sum depend on where the memory lies, and a record must not."""
    return {
        "displacement_mm": round(motion.displacement_mm, 4),
        "rotation_deg": round(motion.rotation_deg, 4),
        "translation_lps_mm": np.round(motion.translation_mm, 4).tolist(),
        "matrix_lps": np.round(motion.matrix, 8).tolist(),
        "mutual_information_before": round(motion.metric_before, 6),
        "mutual_information_after": round(motion.metric_after, 6),
    }


def _with_images(dwi: DiffusionSeries, moved: dict[int, np.ndarray]) -> DiffusionSeries:
    if not moved:
        return dwi
    values = dwi.values.copy()
    for n, image in moved.items():
        values[n] = image
    return replace(dwi, values=values)


def _noted(dwi: DiffusionSeries, records: list[dict[str, Any]], issues: list[Issue]) -> DiffusionSeries:
    return replace(dwi, provenance={**dwi.provenance, "alignment": records}, issues=(*dwi.issues, *issues))


def _applied(records: list[dict[str, Any]], config: AdcConfig) -> list[Issue]:
    moved = [record for record in records if record["applied"]]
    if not moved:
        return []
    far = max(moved, key=lambda record: record["displacement_mm"])
    found = (
        f"moved: {', '.join(record['group'] for record in moved)}; {far['group']} by {far['displacement_mm']:.2f} mm"
    )
    return [
        Issue(
            "M01",
            Level.WARN,
            f"{found} and {far['rotation_deg']:.2f} deg",
            f"images of one series within {config.align_threshold_mm:g} mm",
            "they were aligned rigidly; compare the edges of b0 and DWI",
        )
    ]


def _failed(group: _Group, why: str) -> Issue:
    return Issue(
        "M02", Level.WARN, f"{group.name}: {why}", "a rigid alignment", "left as it is; compare the edges of b0 and DWI"
    )


def _not_checked(why: str) -> Issue:
    return Issue(
        "M02",
        Level.WARN,
        f"displacement between the images not checked: {why}",
        "an even grid of a whole head",
        "compare the edges of b0 and DWI",
    )
