"""Whether CT numbers are Hounsfield units and what does not belong in a head, on a synthetic head that is changed in one thing."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.dicomio.ct_audit import audit_ct_values
from strokequant.errors import Level
from strokequant.segmentation.ct_head import ct_head
from strokequant.synthetic.hemorrhage_head import CtProtocol, synthetic_head

SMALL = {"slices": 24, "rows": 128, "columns": 128, "pixel_mm": 1.8, "step_mm": 6.0, "center": (0.0, 0.0, 8.0)}


@pytest.fixture(scope="module")
def plain():
    """Head without blood, and mm from its middle to the left, backward and upward."""
    image, _, _ = synthetic_head(CtProtocol(SMALL))
    points = image.geometry.to_lps(np.argwhere(np.ones(image.values.shape, bool))).reshape(*image.values.shape, 3)
    return image, np.moveaxis(points, -1, 0)


def said(image):
    return {(i.code, i.level) for i in audit_ct_values(image, ct_head(image), rescale_types=("HU",)).issues}


@pytest.mark.parametrize(
    ("slope", "offset", "codes"),
    [
        (1.0, 0.0, set()),
        (1.0, 5.0, set()),
        (1.0, 12.0, {("H01", Level.WARN), ("H12", Level.WARN)}),
        (1.0, -12.0, {("H01", Level.WARN)}),
        (0.97, 0.0, {("H01", Level.WARN)}),
        (1.0, 60.0, {("H01", Level.STOP)}),
        # of stored values with an intercept of -1024: air stays, brain reads 0
        (0.97, -0.03 * 1024, {("H12", Level.STOP)}),
    ],
)
def test_a_wrong_rescale_is_said(plain, slope, offset, codes):
    image, _ = plain
    found = said(replace(image, values=slope * image.values + np.float32(offset)))
    assert codes <= found if codes else not found


def test_what_does_not_belong_in_a_head_is_said(plain):
    """Each is drawn as large as the text of the limit says it must be, and twice that."""
    image, (left, back, up) = plain
    inner = (np.abs(up - 20) < 20) & (np.hypot(left - 20, back) < 8)
    vessels = np.hypot(left, back - 30) < 6
    gas = (np.abs(up - 30) < 12) & (np.hypot(left, back + 55) < 8)
    opened = (left > 0) & (np.abs(up - 30) < 25) & (np.abs(back) < 45) & (image.values > 150)
    for where, value, code in ((inner, 600, "H13"), (vessels, 180, "H04"), (gas, -900, "H13"), (opened, 20, "H13")):
        hu = image.values.copy()
        hu[where] = value
        found = said(replace(image, values=hu))
        assert code in {c for c, _ in found}, (code, value)
