"""Edema by distance from the clot: the level of a thin rim, the volume in its range, and what cannot be told."""

import numpy as np
import pytest
from scipy import special

from strokequant.biomarkers.hemorrhage_formulas import edema_extension_mm
from strokequant.biomarkers.hemorrhage_measures import hemorrhage_measurements
from strokequant.hemorrhage_config import HemorrhageMeasureConfig
from strokequant.segmentation.ct_head import ct_head
from strokequant.segmentation.edema import segment_edema
from strokequant.segmentation.edema_profile import EdemaProfile
from strokequant.segmentation.hematoma import segment_hematoma
from strokequant.synthetic.hemorrhage_head import CtProtocol, synthetic_head
from strokequant.synthetic.hemorrhage_implant import Implant, implant
from strokequant.synthetic.hemorrhage_shapes import clot_of_volume
from strokequant.types import Status

HEAD = {"slices": 36, "rows": 192, "columns": 192, "pixel_mm": 1.2, "step_mm": 4.0, "center": (0.0, 0.0, 8.0)}
CENTER = (28.0, 0.0, 14.0)
CONFIG = HemorrhageMeasureConfig()


@pytest.mark.parametrize("width", [2.0, 4.0, 8.0])
def test_the_level_of_a_rim_is_found_though_little_of_it_is_pure(width):
    """Width of a rim normally distributed: the drop at a distance is that of edema times the share of the rim that is so wide."""
    at = np.arange(2.0, 15.0)
    spread = np.hypot(CONFIG.edema_uneven * width, CONFIG.edema_step_mm / 2)
    profile = EdemaProfile(at, -1.5 + 10.0 * special.ndtr((width - at) / spread), -1.5, 100)
    assert profile.contrast(CONFIG.edema_uneven, 0.0, CONFIG) == pytest.approx(10.0, rel=0.02)
    distance, share = profile.shares(CONFIG.edema_uneven, 0.0, CONFIG)
    assert share[0] == 1 and (np.diff(share) <= 0).all()
    assert np.interp(width, distance, share) == pytest.approx(0.5, abs=0.03)


def measured(rim_mm):
    image, inside, _ = synthetic_head(CtProtocol(HEAD))
    shape = clot_of_volume(20, CENTER, (1, 1.2, 0.9), lobes=0.1)
    found = implant(image, [Implant(shape, edema_mm=rim_mm)], within=inside)
    head = ct_head(found.image)
    clot = segment_hematoma(found.image, CENTER, head=head)
    rim = segment_edema(found.image, clot.mask.values, clot.mask.values, head)
    numbers = {m.id: m for m in hemorrhage_measurements(found.image, [clot], edema=rim)}
    return numbers, found.image.geometry.volume_ml(found.edema), rim


@pytest.fixture(scope="module")
def known_rim():
    return measured(5.0)


def test_the_range_holds_a_known_rim(known_rim):
    numbers, truth, rim = known_rim
    volume = numbers["edema_volume"]
    assert volume.lower <= truth <= volume.upper
    assert volume.value == pytest.approx(rim.volume_ml)
    assert [i.code for i in volume.issues] == ["H21"]


def test_a_clot_without_edema_has_no_number_for_it():
    numbers, _, rim = measured(0.0)
    assert not rim.values.any()
    for name in ("edema_volume", "edema_relative", "edema_extension_distance"):
        assert numbers[name].status is Status.NOT_EVALUABLE
        assert [i.code for i in numbers[name].issues] == ["H22"]


def test_the_level_of_tissue_nearby_moves_the_range():
    """A side that is darker on the whole is no edema, and tissue that is brighter on the way hides some."""
    at = np.arange(2.0, 15.0)
    rim = 10.0 * special.ndtr((4 - at) / 1.5)
    flat, dark, bright = (EdemaProfile(at, rim + level, 0.0, 100) for level in (0.0, 4.0, -2.0))
    assert flat.lasting(CONFIG) == pytest.approx(0, abs=0.01) and flat.dip == pytest.approx(0, abs=0.01)
    assert dark.lasting(CONFIG) == pytest.approx(4.0, abs=0.01) and dark.dip == 0
    assert bright.dip == pytest.approx(2.0, abs=0.05) and bright.lasting(CONFIG) == 0
    assert dark.level_shift(CONFIG) == pytest.approx(-2.0, abs=0.01)
    assert bright.level_shift(CONFIG) == pytest.approx(1.0, abs=0.05)


def test_extension_distance_and_ratio_have_the_range_of_the_edema(known_rim):
    numbers, truth, _ = known_rim
    volume, ratio, width = (numbers[f"edema_{name}"] for name in ("volume", "relative", "extension_distance"))
    clot = numbers["ich_volume"].value
    assert (ratio.lower, ratio.upper) == pytest.approx((volume.lower / clot, volume.upper / clot))
    assert width.lower < width.value < width.upper
    assert width.lower <= edema_extension_mm(truth, 20.0) <= width.upper
