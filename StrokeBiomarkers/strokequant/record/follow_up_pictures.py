"""Pictures of follow-up for the report: the outline of the baseline, registered, beside that of the follow-up, slice by slice."""

from dataclasses import replace

import numpy as np

from ..biomarkers.final_infarct import FINAL
from ..config import ReportConfig
from ..hemorrhage_config import HemorrhageReportConfig
from ..types import CaseRecord, Volume
from .colors import hex_of_segment
from .images import segment_of
from .montage import robust_window, view_of
from .viewer import Layer, Panel, Pictures, montage_slices

HOUNSFIELD = "[hnsf'U]"
_BASELINE_COLOR = "#56b4e9"
_SHOWN = {"hemorrhage": ("ncct", "ich", "hematoma", "g-", "ich"), "infarct": (FINAL, FINAL, "infarct", "n-", "core")}
"""Image, mask, words, prefix of ids and style of the line, by what is compared; the baseline is dashed."""


def follow_up_pictures(record: CaseRecord, kind: str, config: ReportConfig = ReportConfig()) -> Pictures | None:
    """Slices with either outline; None where there is nothing to compare, or to show of a final infarct.

    Args:
        record: of the follow-up.
        kind: "hemorrhage" or "infarct".
        config: window of MR, number of slices.
    """
    image_name, mask_name, words, prefix, style = _SHOWN[kind]
    image, now = record.images.get(image_name), record.masks.get(mask_name)
    carried = record.follow_up.carried.get(kind) if record.follow_up is not None else None
    if image is None or now is None or now.geometry.differs_from(image.geometry):
        return None
    if carried is None and kind == "hemorrhage":
        return None  # the pages of hemorrhage show the CT and its blood
    layers = [Layer(style, f"{words} at follow-up", now.values, words, hex_of_segment(segment_of(now).color))]
    if carried is not None:
        layers.append(Layer("left", f"{words} at baseline, registered", carried.values, "", _BASELINE_COLOR))
    found = Pictures(
        image.geometry,
        view_of(image.geometry, _head(image)),
        (_panel(image, config),),
        tuple(layers),
        None,
        tuple(range(image.geometry.shape[0])),
        f"no {words}",
        prefix,
    )
    shown = tuple(montage_slices(found, config))
    return replace(found, slices=shown) if shown else None


def _head(image: Volume) -> np.ndarray:
    """Voxels that are not air, for the edges of the pictures."""
    low = -200.0 if image.unit == HOUNSFIELD else 0.1 * float(np.percentile(image.values, 99))
    return image.values > low


def _panel(image: Volume, config: ReportConfig) -> Panel:
    if image.unit == HOUNSFIELD:
        ct = HemorrhageReportConfig()
        low, high = (ct.window_center_hu + sign * ct.window_width_hu / 2 for sign in (-1, 1))
        return Panel("CT", image.values, (low, high), f"window {low:g} to {high:g} HU")
    low, high = robust_window(image.values, None, config)
    return Panel("MR", image.values, (low, high), f"window {low:.4g} to {high:.4g}")
