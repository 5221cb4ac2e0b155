"""Diffusion core on phantoms with known volume: ellipsoids, healthy brains, shine-through, artifacts; real images at the end."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from brain_phantom import (
    CENTER,
    ellipsoid,
    layered_tissue,
    scan,
    uniform_tissue,
    with_head,
    with_lesion,
    with_susceptibility,
)

from strokequant.config import CoreConfig
from strokequant.errors import GeometryError, UnitError
from strokequant.geometry import Geometry
from strokequant.segmentation.brain import brain_mask
from strokequant.segmentation.diffusion_core import segment_core
from strokequant.types import Mask, QuantityMap, Volume

BLOCKS = [(5, 1, 1), (2, 2, 2), (5, 2, 2), (3, 1, 1)]


def given_brain(case):
    return Mask(case.brain, case.geometry, "brain", "truth of the phantom")


def core(case, **parameters):
    return segment_core(case.adc, case.trace, given_brain(case), config=CoreConfig(**parameters))


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / max(np.count_nonzero(a) + np.count_nonzero(b), 1)


def lesion_of(volume_ml, *, shape=(0.85, 1.2), offset=(4.3, -9.6, 34.7)):
    radius = (volume_ml * 1000 * 3 / 4 / np.pi) ** (1 / 3)
    axes = radius * np.array([shape[0], shape[1], 1 / (shape[0] * shape[1])])
    return ellipsoid(np.add(CENTER, offset), axes)


@lru_cache(maxsize=8)
def one_lesion(volume_ml, layered=False, adc=450, t2_ratio=1.1):
    tissue = layered_tissue() if layered else uniform_tissue()
    return with_lesion(tissue, lesion_of(volume_ml), adc=adc, t2_ratio=t2_ratio)


@lru_cache(maxsize=8)
def standard(block=(5, 2, 2), snr=40.0):
    tissue, fraction = one_lesion(20)
    return scan(tissue, block, snr=snr, fraction=fraction)


@pytest.mark.parametrize("volume_ml", [10, 30, 70])
@pytest.mark.parametrize("block", BLOCKS)
def test_ellipsoid_within_two_percent(volume_ml, block):
    tissue, fraction = one_lesion(volume_ml)
    case = scan(tissue, block, snr=40, fraction=fraction)
    assert core(case).mask.volume_ml == pytest.approx(case.truth_ml, rel=0.02)


@pytest.mark.parametrize("snr", [15, 30, 100])
def test_noise_does_not_move_the_border(snr):
    tissue, fraction = one_lesion(30)
    case = scan(tissue, (2, 2, 2), snr=snr, fraction=fraction)
    result = core(case)
    assert result.mask.volume_ml == pytest.approx(case.truth_ml, rel=0.02)
    assert dice(result.mask.values, case.truth >= 0.5) > 0.97


@pytest.mark.parametrize(
    ("volume_ml", "block", "tolerance"), [(1, (2, 2, 2), 0.08), (3, (2, 2, 2), 0.05), (5, (5, 1, 1), 0.06)]
)
def test_small_lesions(volume_ml, block, tolerance):
    tissue, fraction = one_lesion(volume_ml)
    case = scan(tissue, block, snr=40, fraction=fraction)
    assert core(case).mask.volume_ml == pytest.approx(case.truth_ml, rel=tolerance)


def test_lesion_in_cortex_and_white_matter_with_bias_and_own_brain_mask():
    tissue, fraction = with_lesion(
        with_head(layered_tissue()), lesion_of(30, offset=(4, -9, 45)), adc=520, t2_ratio=1.2
    )
    case = scan(tissue, (5, 1, 1), snr=30, bias=0.8, fraction=fraction)
    result = segment_core(case.adc, case.trace, brain_mask(case.b0, adc=case.adc))
    assert dice(result.mask.values, case.truth >= 0.5) > 0.97
    assert result.mask.volume_ml == pytest.approx(case.truth_ml, rel=0.02)


def test_very_large_lesion_does_not_become_the_norm():
    fraction = ellipsoid(np.add(CENTER, (0, 0, 40)), (48, 62, 34))
    tissue, fraction = with_lesion(layered_tissue(), fraction, adc=500, t2_ratio=1.2)
    case = scan(tissue, (5, 2, 2), snr=30, fraction=fraction)
    assert case.truth_ml > 250
    assert core(case).mask.volume_ml == pytest.approx(case.truth_ml, rel=0.02)


def test_plain_threshold_is_kept_beside_and_is_no_result():
    case = standard(snr=15.0)
    result = core(case)
    below = case.brain & (np.rint(case.adc.values) <= 620) & (case.adc.values > 0)
    name, volume = result.steps[0]
    assert "620" in name and volume == pytest.approx(case.geometry.volume_ml(below))
    assert volume > 1.5 * case.truth_ml
    assert result.steps[-1][1] == pytest.approx(result.mask.volume_ml)
    assert result.steps[-2][1] == pytest.approx(case.geometry.volume_ml(below & result.mask.values))


@pytest.mark.parametrize("tissue", ["uniform", "layered", "susceptibility"])
@pytest.mark.parametrize("block", [(5, 1, 1), (2, 2, 2)])
@pytest.mark.parametrize("snr", [15, 40])
def test_healthy_brain_has_no_core(tissue, block, snr):
    base = uniform_tissue() if tissue == "uniform" else layered_tissue()
    case = scan(with_susceptibility(base) if tissue == "susceptibility" else base, block, snr=snr, bias=0.5)
    result = core(case)
    assert result.mask.volume_ml == 0
    assert result.steps[0][1] > 0


@pytest.mark.parametrize("snr", [15, 40])
def test_misregistered_healthy_brain_with_susceptibility(snr):
    case = scan(with_susceptibility(layered_tissue()), (5, 1, 1), snr=snr, bias=0.8, shift=1)
    assert core(case).mask.volume_ml == 0


@pytest.mark.parametrize(("adc", "t2_ratio"), [(700, 2.0), (850, 2.0), (1300, 3.0)])
def test_shine_through_has_no_core(adc, t2_ratio):
    tissue, fraction = one_lesion(20, layered=True, adc=adc, t2_ratio=t2_ratio)
    case = scan(tissue, (5, 2, 2), snr=40, fraction=fraction)
    inside = case.truth > 0.9
    assert np.median(case.trace.values[inside]) > 1.4 * np.median(case.trace.values[case.brain])
    assert core(case).mask.volume_ml == 0


def test_core_beside_shine_through_does_not_flow_into_it():
    acute = lesion_of(10)
    old = lesion_of(10, offset=(4.3, 18, 34.7)) * (acute == 0)
    tissue, old = with_lesion(layered_tissue(), old, adc=900, t2_ratio=2.2)
    tissue, acute = with_lesion(tissue, acute)
    case = scan(tissue, (2, 2, 2), snr=40, fraction=acute)
    assert core(case).mask.volume_ml == pytest.approx(case.truth_ml, rel=0.06)


def test_low_adc_without_dwi_signal_is_no_core():
    tissue, fraction = one_lesion(20, adc=450, t2_ratio=0.6)
    case = scan(tissue, (5, 2, 2), snr=40, fraction=fraction)
    assert case.adc.values[case.truth > 0.9].mean() < 500
    assert core(case).mask.volume_ml == 0


def noise_free(values):
    """Flat brain with one lesion of 5 x 8 x 8 voxels; a few of its voxels get their own ADC."""
    shape = (30, 80, 70)
    geometry = Geometry.from_affine(np.diag([2.0, 2.0, 4.0, 1.0]), shape)
    k, j, i = np.ogrid[:30, :80, :70]
    brain = ((k - 15) / 13) ** 2 + ((j - 40) / 36) ** 2 + ((i - 35) / 30) ** 2 <= 1
    adc = np.full(shape, 800, np.float32)
    adc[13:18, 36:44, 50:58] = 500
    for n, value in enumerate(values):
        adc[15, 40, 51 + 2 * n] = value
    trace = (400 * np.exp(-adc / 1000)).astype(np.float32)
    trace[13:18, 36:44, 50:58] = 320
    return (
        QuantityMap(adc, np.ones(shape, bool), geometry, "um2/s", "adc", "made"),
        Volume(trace, geometry),
        Mask(brain, geometry, "brain", "made"),
    )


@pytest.mark.parametrize(("inclusive", "voxels"), [(True, 2), (False, 1)])
def test_comparator_without_noise(inclusive, voxels):
    adc, trace, brain = noise_free([619, 620, 621])
    result = segment_core(adc, trace, brain, config=CoreConfig(adc_inclusive=inclusive))
    chosen = result.mask.values[15, 40, [51, 53, 55]]
    assert chosen.sum() == voxels
    assert result.mask.values.sum() == 5 * 8 * 8 - 3 + voxels
    assert adc.values[result.mask.values].max() <= (620 if inclusive else 619)


def test_invalid_and_negative_adc_are_never_core():
    adc, trace, brain = noise_free([-20, 0, np.nan])
    valid = adc.valid.copy()
    valid[15, 41, 51] = False
    result = segment_core(replace(adc, valid=valid), trace, brain)
    assert not result.mask.values[15, 40, [51, 53, 55]].any()
    assert not result.mask.values[15, 41, 51]
    assert result.mask.values.sum() == 5 * 8 * 8 - 4


def test_threshold_moves_the_volume_in_order():
    case = standard()
    volumes = [core(case, adc_threshold=t).mask.volume_ml for t in (560.0, 600.0, 620.0, 640.0)]
    assert volumes == sorted(volumes)


def test_growth_without_tolerance_keeps_to_the_smoothed_threshold():
    case = standard(snr=15.0)
    assert core(case, grow_sds=0.0).mask.volume_ml <= core(case).mask.volume_ml


def test_two_lesions_are_two_candidates_with_sides():
    tissue, left = with_lesion(uniform_tissue(), lesion_of(12, offset=(5, 20, 36)))
    tissue, right = with_lesion(tissue, lesion_of(6, offset=(0, -30, -34)))
    case = scan(tissue, (5, 2, 2), snr=40, fraction=left + right)
    result = core(case)
    first, second = [c for c in result.candidates if c.accepted]
    assert (first.side, second.side) == ("left", "right")
    assert first.volume_ml > second.volume_ml
    assert first.centroid_lps == pytest.approx((36, 20, 5), abs=1.5)
    assert (result.labels == first.label).sum() == first.voxels
    low = result.labels == first.label
    assert first.slices == (np.nonzero(low)[0].min(), np.nonzero(low)[0].max())
    assert first.mean_adc == pytest.approx(case.adc.values[low].mean(), rel=1e-5)
    assert result.mask.volume_ml == pytest.approx(sum(c.volume_ml for c in result.candidates if c.accepted), abs=0.002)


def test_mirrored_storage_keeps_the_side():
    case = standard()
    affine = case.geometry.affine.copy()
    affine[:3, 3] += affine[:3, 0] * (case.geometry.shape[2] - 1)
    affine[:3, 0] *= -1
    geometry = Geometry.from_affine(affine, case.geometry.shape)

    def turned(values):
        return np.ascontiguousarray(values[:, :, ::-1])

    adc = replace(case.adc, values=turned(case.adc.values), valid=turned(case.adc.valid), geometry=geometry)
    brain = Mask(turned(case.brain), geometry, "brain", "truth")
    result = segment_core(adc, Volume(turned(case.trace.values), geometry), brain)
    straight = core(case)
    assert result.candidates[0].side == straight.candidates[0].side == "left"
    assert result.mask.volume_ml == pytest.approx(straight.mask.volume_ml, rel=0.01)


def test_uneven_slices_count_with_their_own_extent():
    tissue, fraction = one_lesion(20)
    case = scan(tissue, (2, 2, 2), snr=40, fraction=fraction)
    kept = np.r_[0:40, 40:80:2]
    geometry = Geometry.from_slices(
        case.geometry.slice_origins[kept], [1, 0, 0, 0, 1, 0], (2.0, 2.0), case.geometry.shape[1:]
    )
    assert not geometry.is_even
    adc = replace(case.adc, values=case.adc.values[kept], valid=case.adc.valid[kept], geometry=geometry)
    result = segment_core(
        adc, Volume(case.trace.values[kept], geometry), Mask(case.brain[kept], geometry, "brain", "truth")
    )
    assert result.mask.volume_ml == pytest.approx(geometry.volume_ml(result.mask.values))
    assert result.mask.volume_ml == pytest.approx(case.truth_ml, rel=0.05)


def test_what_clean_up_removes_is_listed_and_said():
    fraction = lesion_of(20) + lesion_of(20, offset=(4.3, -9.6, -34.7))
    tissue, fraction = with_lesion(uniform_tissue(), fraction, adc=560, t2_ratio=1.1)
    case = scan(tissue, (5, 2, 2), snr=40, fraction=fraction)
    result = core(case)
    assert result.mask.volume_ml == 0
    assert [issue.code for issue in result.issues] == ["S03"]
    listed = sum(c.volume_ml for c in result.candidates)
    assert listed == pytest.approx(case.truth_ml, rel=0.15)
    assert all(not c.accepted and c.reasons[0].startswith("removed") for c in result.candidates)


def test_healthy_brain_without_noise_is_silent():
    case = scan(uniform_tissue(), (5, 2, 2), snr=0)
    result = core(case)
    assert result.mask.volume_ml == 0
    assert result.candidates == () and result.issues == ()


def test_same_input_same_result():
    case = standard()
    first, second = core(case), core(case)
    assert (first.labels == second.labels).all()
    assert first.candidates == second.candidates and first.steps == second.steps


def test_brain_of_nothing_and_of_one_slice():
    case = standard()
    empty = Mask(np.zeros(case.brain.shape, bool), case.geometry, "brain", "none")
    assert segment_core(case.adc, case.trace, empty).mask.volume_ml == 0
    k = 16
    geometry = Geometry.from_slices(
        case.geometry.slice_origins[k : k + 1], [1, 0, 0, 0, 1, 0], (2.0, 2.0), case.geometry.shape[1:], 5.0
    )
    part = slice(k, k + 1)
    adc = replace(case.adc, values=case.adc.values[part], valid=case.adc.valid[part], geometry=geometry)
    brain = Mask(case.brain[part], geometry, "brain", "truth")
    result = segment_core(adc, Volume(case.trace.values[part], geometry), brain)
    assert dice(result.mask.values, case.truth[part] >= 0.5) > 0.9


def test_wrong_unit_and_wrong_grid_are_refused():
    case = standard()
    with pytest.raises(UnitError, match="U02"):
        segment_core(replace(case.adc, unit="mm2/s"), case.trace, given_brain(case))
    affine = case.geometry.affine.copy()
    affine[0, 3] += 3
    moved = Volume(case.trace.values, Geometry.from_affine(affine, case.geometry.shape))
    with pytest.raises(GeometryError, match="G17"):
        segment_core(case.adc, moved, given_brain(case))


def nifti(path):
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.load(path)
    values = np.asarray(image.dataobj, np.float32).transpose(2, 1, 0)
    return values, Geometry.from_affine(np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine, values.shape)


def measured(values, geometry):
    return QuantityMap(values, np.isfinite(values) & (values > 0), geometry, "um2/s", "adc", "file")


def test_real_small_stroke_in_the_pons(shared_data):
    folder = shared_data / "diffusion" / "ads_subject02"
    b0, geometry = nifti(folder / "Subject02_b0.nii.gz")
    adc = measured(nifti(folder / "Subject02_ADC.nii.gz")[0] * 1e6, geometry)
    reference = nifti(folder / "Subject02_DAGMNet_CH3_Lesion_Predict.nii.gz")[0] > 0
    brain = brain_mask(Volume(b0, geometry), adc=adc)
    result = segment_core(adc, Volume(nifti(folder / "Subject02_DWI.nii.gz")[0], geometry), brain)
    assert (reference & (result.labels > 0)).any()
    assert geometry.volume_ml(result.mask.values & ~reference) < 0.5
    assert result.steps[0][1] > 20


def test_real_stroke_with_expert_mask(shared_data):
    folder = shared_data / "diffusion" / "isles22_case0009"
    case = "sub-strokecase0009/ses-0001/sub-strokecase0009_ses-0001"
    dwi, geometry = nifti(folder / "rawdata" / f"{case}_dwi.nii.gz")
    adc = measured(nifti(folder / "rawdata" / f"{case}_adc.nii.gz")[0] * 1000, geometry)
    expert = nifti(folder / "derivatives" / f"{case}_msk.nii.gz")[0] > 0
    trace = Volume(dwi, geometry)
    brain = brain_mask(trace, adc=adc)
    assert "skull-stripped" in brain.method
    result = segment_core(adc, trace, brain)
    plain = brain.values & (adc.values > 0) & (adc.values <= 620)
    assert dice(result.mask.values, expert) > 10 * dice(plain, expert)
    assert geometry.volume_ml(result.mask.values & ~expert) < 0.5
    assert {c.side for c in result.candidates if c.accepted} == {"left"}
