"""Density of an infarct against its mirror region: net water uptake, and hints for the regions of ASPECTS where they are given.

    NWU = 100 (1 - D(infarct) / D(mirror)) %,    D = mean of voxels of 20 to 80 HU

A hint is no score: it says that a region is darker on CT, or lower in ADC, than the same region of the other side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import Issue, Level
from ..follow_up_config import FinalInfarctConfig
from ..geometry import Geometry
from ..maps.resample import sample
from ..segmentation.cropping import require_one_grid
from ..segmentation.sides import MidPlane
from ..types import InputRef, Mask, Measurement, QuantityMap, Status, Volume
from .catalog import measure

SIDES = ("left", "right")
_HOUNSFIELD = "[hnsf'U]"
_ADC = "um2/s"


@dataclass(frozen=True, eq=False)
class RegionAtlas:
    """Regions on the grid of an image, registered to the patient and confirmed by a reader.

    Args:
        labels: (k, j, i) integers, 0 outside.
        geometry: of the labels.
        names: region and side ("left" or "right") by label.
        source: of the atlas, with its license.
    """

    labels: np.ndarray
    geometry: Geometry
    names: Mapping[int, tuple[str, str]]
    source: str


@dataclass(frozen=True, slots=True)
class RegionHint:
    """One region against its mirror region.

    Args:
        region, side: as in the atlas.
        mean, mirror_mean: HU or ADC; None where there are too few voxels.
        difference: mean less that of the mirror region.
        hint: True where it is lower by the limit or more.
        issues: E53.
    """

    region: str
    side: str
    mean: float | None
    mirror_mean: float | None
    difference: float | None
    hint: bool = False
    issues: tuple[Issue, ...] = field(default=())


def mirror_mask(mask: Mask, plane: MidPlane) -> Mask:
    """The region at the same place of the other side, without the mask itself."""
    matrix = np.eye(4)
    matrix[:3, :3] -= 2 * np.outer(plane.normal, plane.normal)
    matrix[:3, 3] = 2 * (plane.point @ plane.normal) * plane.normal
    mirrored, _ = sample(mask.values.astype(np.float32), mask.geometry, mask.geometry, matrix=matrix)
    values = (mirrored >= 0.5) & ~mask.values
    return replace(mask, values=values, name=f"{mask.name}_mirror", method=f"{mask.method}; mirrored", issues=())


def net_water_uptake(
    ct: Volume,
    infarct: Mask,
    mirror: Mask,
    *,
    inputs: Sequence[InputRef] = (),
    config: FinalInfarctConfig = FinalInfarctConfig(),
) -> Measurement:
    """Net water uptake in percent; negative where the infarct is denser, as with blood in it.

    Args:
        ct: in HU.
        infarct, mirror: on its grid, such as of `mirror_mask`.
        inputs: what was measured on.
        config: range of density.

    Raises:
        GeometryError: G17, masks on another grid.
    """
    name = "net_water_uptake"
    unit = measure(name).unit
    require_one_grid(("CT", ct.geometry), ("infarct", infarct.geometry), ("mirror region", mirror.geometry))
    means = [_density(ct, mask.values, config) for mask in (infarct, mirror)]
    problem = "" if ct.unit == _HOUNSFIELD else f"an image in {ct.unit}"
    if not problem and None in means:
        problem = f"fewer than {config.region_voxels} voxels of {config.water_low_hu:g} to {config.water_high_hu:g} HU"
    if problem:
        issue = Issue("E52", Level.STOP, problem, "an infarct and a mirror region on CT", "check both regions")
        return Measurement(name, None, unit, Status.NOT_EVALUABLE, inputs=tuple(inputs), issues=(issue,))
    value = water_uptake_percent(*means)
    method = f"{means[0]:.2f} HU in the infarct, {means[1]:.2f} HU in the mirror region"
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(name, value, unit, status, method=method, inputs=tuple(inputs), issues=tuple(ct.issues))


def water_uptake_percent(infarct_hu: float, mirror_hu: float) -> float:
    """100 (1 - D(infarct) / D(mirror))."""
    return 100 * (1 - infarct_hu / mirror_hu)


def regional_hints(
    image: Volume | QuantityMap,
    atlas: RegionAtlas,
    *,
    plane: MidPlane | None = None,
    config: FinalInfarctConfig = FinalInfarctConfig(),
) -> tuple[RegionHint, ...]:
    """Every region of an atlas against the same region of the other side, in the order of the labels.

    Args:
        image: CT in HU, or a map of ADC.
        atlas: on its grid.
        plane: gives a region that was drawn on one side alone its mirror region; without it there is no hint for it.
        config: limits.

    Raises:
        GeometryError: G17, an atlas on another grid.
    """
    require_one_grid(("image", image.geometry), ("atlas", atlas.geometry))
    label_of = {names: label for label, names in atlas.names.items()}
    hints = []
    for label in sorted(atlas.names):
        region, side = atlas.names[label]
        own = atlas.labels == label
        other = label_of.get((region, SIDES[1 - SIDES.index(side)]))
        opposite = _opposite(own, atlas, plane) if other is None else atlas.labels == other
        values = [None if where is None else _density(image, where, config) for where in (own, opposite)]
        hints.append(_hint(region, side, *values, adc=image.unit == _ADC, config=config))
    return tuple(hints)


def _opposite(region: np.ndarray, atlas: RegionAtlas, plane: MidPlane | None) -> np.ndarray | None:
    """The mirror image of a region that the atlas has on one side alone; None without a plane, or without the region."""
    if plane is None or not region.any():
        return None
    return mirror_mask(Mask(region, atlas.geometry, "region", atlas.source), plane).values


def _hint(region: str, side: str, mean: float | None, mirror: float | None, *, adc: bool, config) -> RegionHint:
    if mean is None or mirror is None:
        where = "the region" if mean is None else "its mirror region"
        issue = Issue(
            "E53", Level.INFO, f"too little of {where}", f"{config.region_voxels} voxels", "read without hint"
        )
        return RegionHint(region, side, mean, mirror, None, issues=(issue,))
    difference = mean - mirror
    low = -difference >= (config.hint_adc_percent * mirror / 100 if adc else config.hint_hu)
    return RegionHint(region, side, mean, mirror, difference, bool(low))


def _density(image: Volume | QuantityMap, region: np.ndarray, config: FinalInfarctConfig) -> float | None:
    """Mean of tissue in a region: 20 to 80 HU on CT, what is valid and above 0 on a map of ADC."""
    values = image.values[region].astype(float)
    if image.unit == _ADC:
        valid = image.valid[region] if isinstance(image, QuantityMap) else np.isfinite(values)
        chosen = values[valid & (values > 0)]
    else:
        chosen = values[(values >= config.water_low_hu) & (values <= config.water_high_hu)]
    return float(chosen.mean()) if len(chosen) >= config.region_voxels else None
