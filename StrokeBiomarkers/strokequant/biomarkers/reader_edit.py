"""Infarct core after a reader's decisions: the same measures, from the mask as the reader left it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import ndimage

from ..config import CoreConfig, MeasureConfig
from ..errors import Issue, Level
from ..types import Candidate, CaseRecord, CoreResult, Mask, QuantityMap
from .core_measures import CORE_MEASURES, core_measurements

CORE = "infarct_core"
ONLY_PROPOSAL = ("S05",)
"""Said beside the numbers of a proposal, and not beside those of a reader."""

MEASURED_ANEW = ("S03", "S04", "S05")
"""Depend on the mask: looked at again for the mask of the reader."""


def with_reader_core(
    record: CaseRecord,
    mask: Mask,
    accepted: Mapping[int, bool],
    *,
    config: MeasureConfig = MeasureConfig(),
    core_config: CoreConfig = CoreConfig(),
) -> CaseRecord:
    """The record with the core as a reader left it.

    Where no voxel was changed the numbers stay as they are, the effect of the threshold in their interval included. A changed mask
    is no longer the result of a threshold: its interval is that of its contours.

    Args:
        record: automatic proposal with maps, masks and core.
        mask: core on the grid of the proposal.
        accepted: decision by the label of a candidate.

    Returns:
        the record without the note that it is a proposal; it still has to be signed.
    """
    old = record.masks[CORE]
    decided = tuple(replace(c, accepted=accepted.get(c.label, c.accepted)) for c in record.core.candidates)
    core = replace(record.core, mask=mask, candidates=decided)
    issues = tuple(i for i in record.issues if i.code not in ONLY_PROPOSAL)
    if np.array_equal(mask.values, old.values):
        measurements = tuple(_without(m, ONLY_PROPOSAL) for m in record.measurements)
        return replace(record, core=core, measurements=measurements, issues=issues)
    adc = record.maps["adc"]
    beside = (*_beside(record), *(i for i in mask.issues if i.level is Level.WARN))
    lesions = lesions_of(core, adc, core_config)
    measured = core_measurements(mask, adc, lesions, issues=beside, config=config)
    others = tuple(_without(m, ONLY_PROPOSAL) for m in record.measurements if m.id not in CORE_MEASURES)
    issues = tuple(i for i in issues if i.code not in MEASURED_ANEW)
    return replace(
        record, core=core, masks=record.masks | {CORE: mask}, measurements=(*measured, *others), issues=issues
    )


def lesions_of(core: CoreResult, adc: QuantityMap, config: CoreConfig = CoreConfig()) -> tuple[Candidate, ...]:
    """Connected parts of an edited core by decreasing volume, each with its side.

    Their volumes add up to that of the mask. Side comes from the mid-sagittal plane of the proposal; without one, from the candidate
    that shares most voxels, else "midline".
    """
    mask, geometry = core.mask, core.mask.geometry
    labels, count = ndimage.label(mask.values, np.ones((3, 3, 3)))
    parts = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        index = np.argwhere(labels[box] == number) + [s.start for s in box]
        parts.append((geometry.voxel_volumes_mm3[index[:, 0]].sum() / 1000, index))
    parts.sort(key=lambda part: (-part[0], *part[1][0]))
    return tuple(_lesion(n, volume, index, core, adc, config) for n, (volume, index) in enumerate(parts[:count], 1))


def _lesion(
    label: int, volume_ml: float, index: np.ndarray, core: CoreResult, adc: QuantityMap, config: CoreConfig
) -> Candidate:
    where = tuple(index.T)
    geometry = core.mask.geometry
    center = np.average(geometry.to_lps(index), axis=0, weights=geometry.voxel_volumes_mm3[where[0]])
    values = adc.values[where][adc.valid[where]].astype(float)
    mean = float(values.mean()) if len(values) else 0.0
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    centroid = tuple(float(x) for x in center)
    slices = (int(index[0, 0]), int(index[-1, 0]))
    side = _side(where, center, core, config)
    reasons = ("part of the core as the reader left it",)
    return Candidate(label, len(index), float(volume_ml), mean, spread, 0.0, centroid, side, slices, True, reasons)


def _side(where: tuple, center: np.ndarray, core: CoreResult, config: CoreConfig) -> str:
    if core.midplane is not None:
        return core.midplane.side(center, config.midline_mm)
    shared = np.bincount(core.labels[where])
    shared[0] = 0
    known = {c.label: c.side for c in core.candidates}
    return known.get(int(shared.argmax()), "midline") if shared.any() else "midline"


def _beside(record: CaseRecord) -> Sequence[Issue]:
    """Warnings of the proposal that hold for any mask on the same images."""
    volume = next(m for m in record.measurements if m.id == "infarct_core_volume")
    return tuple(i for i in volume.issues if i.code not in MEASURED_ANEW)


def _without(measurement, codes: Sequence[str]):
    return replace(measurement, issues=tuple(i for i in measurement.issues if i.code not in codes))
