"""Regions of ASPECTS on the grid of a patient, for hints beside a reader's score: a label map with a JSON file of names beside it.

    aspects.nii.gz, aspects.json: {"source": "atlas, license, who fitted it", "labels": {"1": ["M1", "left"], "2": ["M1", "right"], ...}}

Regions of an atlas that somebody has fitted to this patient, or regions that a reader drew. A region that is there on one side alone is compared with
its mirror image; nothing is fitted here but the plane of symmetry.
"""

import json
from pathlib import Path

import numpy as np

from ..biomarkers.regions import SIDES, RegionAtlas, RegionHint, regional_hints
from ..errors import Issue, Level, ReadError
from ..segmentation.ct_head import ct_head
from ..segmentation.sides import MidPlane, find_midplane
from ..settings import Settings
from ..types import CaseRecord, QuantityMap, Volume
from .reader_masks import load_labels

ATLAS = "aspects"
NO_ATLAS = (
    "No hints for the regions of ASPECTS: they need regions on the grid of this patient, drawn by a reader (one side is enough) or of an atlas that "
    "was fitted and looked at; none comes with the software. The score is that of the reader alone."
)


def hints_of(
    record: CaseRecord, path: Path | None, modality: str, settings: Settings
) -> tuple[tuple[RegionHint, ...], str]:
    """Hints on CT, or on the ADC of MR, and why there are none or where the regions are from.

    Args:
        record: with the image.
        path: of the label map; None without one.
        modality: that ASPECTS was read on: "CT" or "MR".
        settings: limits of a hint.

    Raises:
        StrokeQuantError: I06 or G17, label map or names that cannot be used.
    """
    if path is None:
        return (), NO_ATLAS
    image = record.images.get("ncct") if modality == "CT" else record.maps.get("adc")
    if image is None:
        return (
            (),
            f"No hints for the regions of ASPECTS: this record has no {'plain CT' if modality == 'CT' else 'ADC'}.",
        )
    names, source = _names(path.with_name(f"{ATLAS}.json"))
    atlas = RegionAtlas(load_labels(path, image.geometry), image.geometry, names, source)
    plane = _plane(image, settings) if _is_one_sided(names) else None
    found = regional_hints(image, atlas, plane=plane, config=settings.final_infarct)
    mirrored = (
        "" if plane is None else f" Mirror images about a plane to which both sides are alike to {plane.symmetry:.2f}."
    )
    return found, f"Regions: {source}. A hint is no score: the region reads lower than its mirror region.{mirrored}"


def _is_one_sided(names: dict[int, tuple[str, str]]) -> bool:
    given = set(names.values())
    return any((region, SIDES[1 - SIDES.index(side)]) not in given for region, side in given)


def _plane(image: Volume | QuantityMap, settings: Settings) -> MidPlane:
    """Plane of symmetry of a head on CT, or of a map of ADC."""
    if isinstance(image, Volume):
        return ct_head(image, config=settings.ct_head, skull_config=settings.perfusion_brain).midplane
    brain = image.valid & (image.values > 0)
    return find_midplane(np.clip(image.values, 0, settings.final_infarct.plane_adc_um2_s), brain, image.geometry)


def _names(path: Path) -> tuple[dict[int, tuple[str, str]], str]:
    """Region and side by label, and the source."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        names = {int(label): (str(region), str(side)) for label, (region, side) in data["labels"].items()}
        source = str(data["source"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(f"names of the regions: {type(error).__name__}") from error
    if not names or not source or {side for _, side in names.values()} - set(SIDES):
        raise _unusable("no source, no label, or a side that is neither left nor right")
    return names, source


def _unusable(found: str) -> ReadError:
    expected = '{"source": "...", "labels": {"1": ["M1", "left"], ...}}'
    return ReadError(Issue("I06", Level.STOP, found, expected, "correct the file", f"{ATLAS}.json"))
