"""Synthetic perfusion: exact curves and areas, volumes, delays, motion, protocols, files of every vendor read by hand."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from strokequant.synthetic.anatomy import Tissue
from strokequant.synthetic.grids import AXIAL, make_slab, rotated
from strokequant.synthetic.perfusion_brain import (
    CLEAR,
    PerfusionBrain,
    make_lesion,
    matching_diffusion,
    simulate_perfusion,
    small_patient,
)
from strokequant.synthetic.perfusion_curves import (
    STEP_S,
    Injection,
    Shape,
    arterial_curve,
    dispersed,
    tissue_curve,
    venous_curve,
)
from strokequant.synthetic.perfusion_frames import fine_slab, moved_frames
from strokequant.synthetic.perfusion_motion import drift, joined, shake, step, still, volume_center
from strokequant.synthetic.perfusion_protocol import ctp, dsc, truncated
from strokequant.synthetic.perfusion_tissue import STATES, State
from strokequant.synthetic.perfusion_vessels import Tube, vessel_shares

ARTERY = arterial_curve(Injection(10.0))
AREA = 6 * 1.5**4 / (4.5**3 * math.exp(-3))
"""Area of t^3 exp(-t/1.5) with peak 1."""


# --- curves ------------------------------------------------------------------------------------------------------------------


def exact_exponential(t, mtt, b=1.5):
    """Gamma variate of exponent 3 and peak 1 convolved with exp(-t/mtt), mtt > b, in closed form."""
    a = 1 / b - 1 / mtt
    u = np.maximum(t, 0)
    partial = 1 - np.exp(-a * u) * (1 + a * u + (a * u) ** 2 / 2 + (a * u) ** 3 / 6)
    return np.exp(-u / mtt) * 6 / a**4 * partial / (4.5**3 * math.exp(-3))


def test_arterial_curve_is_the_gamma_variate():
    assert ARTERY.at([9.99, 10.0, 14.5]) == pytest.approx([0, 0, 1], abs=1e-12)
    t = np.array([11.0, 13.37, 21.004])
    expected = (t - 10) ** 3 * np.exp(-(t - 10) / 1.5) / (4.5**3 * math.exp(-3))
    assert ARTERY.at(t) == pytest.approx(expected, abs=3e-6)
    assert ARTERY.area == pytest.approx(AREA, rel=1e-9)


def test_recirculation_adds_a_second_pass_and_a_plateau():
    curve = arterial_curve(Injection(10.0), recirculation=True)
    extra = curve.values - ARTERY.values
    assert extra[curve.times_s <= 14].max() == 0
    assert curve.at(250) == pytest.approx(0.06, abs=1e-4)
    assert curve.at(30.0) - ARTERY.at(30.0) == pytest.approx(0.15 + 0.06 * (1 - math.exp(-16 / 6)), abs=1e-6)


@pytest.mark.parametrize("mtt", [3.43, 4.0, 8.0, 12.0])
def test_exponential_tissue_is_the_closed_form(mtt):
    t = np.array([9.0, 10.5, 12.34, 17.0, 25.5, 60.0])
    assert tissue_curve(ARTERY, mtt).at(t) == pytest.approx(exact_exponential(t - 10, mtt), abs=1e-5)


@pytest.mark.parametrize(("shape", "limit"), [("exponential", 1e-9), ("box", 1e-14), ("linear", 1e-6), ("gamma", 1e-9)])
@pytest.mark.parametrize("mtt", [24 / 7, 4.0, 4.8, 12.0])
def test_area_of_tissue_over_artery_is_the_transit_time(shape, limit, mtt):
    assert tissue_curve(ARTERY, mtt, shape).area / ARTERY.area == pytest.approx(mtt, rel=limit)


@pytest.mark.parametrize("shape", list(Shape))
def test_convolution_agrees_with_quadrature(shape):
    residues = {
        Shape.EXPONENTIAL: lambda s: np.exp(-s / 5),
        Shape.BOX: lambda s: np.where(s <= 5, 1.0, 0.0),
        Shape.LINEAR: lambda s: np.maximum(1 - s / 10, 0),
        Shape.GAMMA: lambda s: np.exp(-s) * sum(s**n / math.factorial(n) for n in range(5)),
    }
    t = 19.0
    s = np.linspace(0, 5 if shape is Shape.BOX else 12, 400_001)
    expected = np.trapezoid(ARTERY.at(t - s) * residues[shape](s), s)
    assert tissue_curve(ARTERY, 5.0, shape, spread=5.0).at(t) == pytest.approx(expected, rel=2e-6)


def test_gamma_transit_of_spread_1_is_exponential():
    t = np.arange(0, 80, 1.5)
    assert tissue_curve(ARTERY, 4.0, "gamma", spread=1).at(t) == pytest.approx(
        tissue_curve(ARTERY, 4.0).at(t), abs=2e-5
    )


def test_dispersion_keeps_the_area_and_shifts_the_center_by_its_time():
    wide = dispersed(ARTERY, 3.0)
    centers = [float(c.values @ c.times_s / c.values.sum()) for c in (ARTERY, wide)]
    assert wide.area == pytest.approx(ARTERY.area, rel=1e-9)
    assert centers == pytest.approx([16.0, 19.0], abs=1e-6)
    vein = venous_curve(ARTERY)
    assert vein.area == pytest.approx(ARTERY.area, rel=1e-9)
    assert float(vein.values @ vein.times_s / vein.values.sum()) == pytest.approx(21.0, abs=1e-6)


def test_leakage_adds_the_running_integral():
    plain, leaking = tissue_curve(ARTERY, 4.0), tissue_curve(ARTERY, 4.0, leakage_per_s=-0.01)
    assert leaking.at(200) - plain.at(200) == pytest.approx(-0.01 * plain.area, rel=1e-6)


def test_a_curve_does_not_depend_on_the_sampling():
    t = np.array([3.3, 10.01, 11.234, 40.0])
    assert tissue_curve(ARTERY, 4.0).delayed(2.5).at(t + 2.5) == pytest.approx(
        tissue_curve(ARTERY, 4.0).at(t), abs=1e-9
    )
    assert STEP_S <= 0.02


def test_no_injection_is_no_contrast_and_a_transit_time_of_0_is_refused():
    assert not arterial_curve().values.any()
    with pytest.raises(ValueError, match="> 0"):
        tissue_curve(ARTERY, 0.0)


# --- times -------------------------------------------------------------------------------------------------------------------


def test_slice_times_of_every_order():
    times = dsc(frames=3, step_s=2.0, slice_order="sequential").slice_times_s(4)
    assert times[1].tolist() == [2.0, 2.5, 3.0, 3.5]
    assert dsc(frames=1, step_s=2.0, slice_order="interleaved").slice_times_s(5)[0] == pytest.approx(
        [0.0, 1.2, 0.4, 1.6, 0.8]
    )
    assert ctp(frames=2, step_s=3.0, slice_order="shuttle").slice_times_s(4)[1].tolist() == [3.0, 3.0, 4.5, 4.5]
    spiral = ctp(frames=2, step_s=2.0, slice_order="spiral").slice_times_s(4)
    assert spiral.tolist() == [[0.0, 0.5, 1.0, 1.5], [3.5, 3.0, 2.5, 2.0]]
    with pytest.raises(ValueError, match="order"):
        dsc(slice_order="sideways")


def test_uneven_frames_and_truncation():
    uneven = (*(1.5 * n for n in range(30)), *(45.0 + 3 * n for n in range(10)))
    how = ctp(frames=40, frame_times_s=uneven)
    assert how.starts_s()[[0, 29, 30, 39]].tolist() == [0, 43.5, 45, 72]
    assert truncated(how, 48.0).frames == 32
    with pytest.raises(ValueError, match="3 times for 4"):
        ctp(frames=4, frame_times_s=(0, 1, 2))


# --- brain -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["dsc", "ctp"])
def perfect(request):
    """A noise-free patient in the steady state."""
    steady = {"steady_state": False} if request.param == "dsc" else {}
    return small_patient(request.param, noise=None, **steady)


def concentration(patient):
    """(t, k, j, i) in units of concentration, baseline: the first 5 frames."""
    values = patient.series.values.astype(float)
    base = values[:5].mean(axis=0)
    gain = patient.truth.gain["tissue"]
    if patient.series.kind == "ctp":
        return (values - base) / gain
    ratio = np.maximum(values, 1e-9) / np.maximum(base, 1e-9)
    return -np.log(ratio) / (patient.series.echo_time_ms / 1000) / gain


def test_volumes_are_exact(perfect):
    truth = perfect.truth
    assert truth.volumes_ml == pytest.approx({"hypoperfusion": 70, "core": 20}, rel=1e-12)
    assert truth.sampled_volumes_ml["hypoperfusion"] == pytest.approx(70, rel=5e-3)
    assert truth.sampled_volumes_ml["core"] == pytest.approx(20, rel=5e-3)
    labels = perfect.geometry.volume_ml(np.isin(truth.labels, (3, 4)))
    assert labels == pytest.approx(70, rel=0.05)


def test_lesion_takes_the_place_of_csf_and_not_of_more():
    slab = make_slab(slices=40, step_mm=3.0, rows=100, columns=100, pixel_mm=2.0, center=(0, 0, 4))
    lesion = make_lesion(60, 10)
    mix = PerfusionBrain(lesion=lesion).mix(slab)
    assert np.abs(mix.tissues.sum(axis=0) + _vessels(mix) - 1).max() < 1e-5
    hypo = mix.regions["hypoperfused"]
    assert (mix.parenchyma >= hypo - 1e-5).all()
    assert slab.geometry.volume_ml(mix.volume(hypo)) == pytest.approx(60, rel=5e-3)


def _vessels(mix):
    total = np.zeros(len(mix.voxels))
    for _, where, share in mix.vessels:
        total[where] += share
    return total


def test_curve_of_a_voxel_is_that_of_its_truth(perfect):
    """Voxels of one tissue in one state, far from borders: CBF, MTT and delay of the maps give the curve."""
    truth, measured = perfect.truth, concentration(perfect)
    parenchyma = truth.shares["gray"] + truth.shares["white"]
    pure = (parenchyma > 0.9999) & (np.maximum(truth.shares["gray"], truth.shares["white"]) > 0.9999)
    checked = 0
    for mtt in (4.0, 4.8, 5.5, 7.0, 10.0):
        voxels = np.argwhere(pure & (np.abs(truth.maps["mtt"] - mtt) < 1e-4))
        for k, j, i in voxels[:: max(len(voxels) // 5, 1)]:
            curve = tissue_curve(truth.artery, mtt)
            expected = (
                truth.maps["cbf"][k, j, i] / 6000 * curve.at(perfect.series.times_s - truth.maps["delay"][k, j, i])
            )
            assert np.abs(measured[:, k, j, i] - expected).max() < 2e-3 * max(expected.max(), 1e-3)
            checked += 1
    assert checked >= 15


def test_area_of_a_mixed_voxel_is_its_blood_volume():
    patient = small_patient("ctp", noise=None, frames=160)
    measured = np.trapezoid(concentration(patient), patient.series.times_s, axis=0) / patient.truth.artery.area
    no_vessel = (patient.truth.shares["artery"] + patient.truth.shares["vein"] == 0) & patient.truth.brain
    assert np.abs(100 * measured - patient.truth.maps["cbv"])[no_vessel].max() < 0.01


def test_clean_artery_and_vein_show_their_curves(perfect):
    truth, times = perfect.truth, perfect.series.times_s
    gain = truth.gain["artery"] / truth.gain["tissue"]
    measured = concentration(perfect) / gain
    for name, limit in (("ICA left", 1.0), ("superior sagittal sinus", 1.0)):
        k, j, i = truth.clean_voxels(name, share=1.0)[0]
        expected = truth.vessel_curves[name].at(times)
        assert measured[:, k, j, i] == pytest.approx(expected, abs=limit * 1e-3)
    assert truth.vessel_curves["ICA left"].at(times) == pytest.approx(truth.artery.at(times), abs=1e-12)


def test_partial_volume_lowers_the_artery(perfect):
    share = perfect.truth.vessel_shares["MCA M2 right"]
    assert 0.2 < share.max() < 0.9


def test_occluded_side_fills_late():
    named = small_patient("ctp", frames=1, noise=None).truth.vessel_curves
    curves = [named[f"MCA M2 {side}"] for side in ("left", "right")]
    late, early = (float(curve.times_s[np.argmax(curve.values)]) for curve in curves)
    assert late - early > 3


def test_tubes_have_the_volume_of_cylinders():
    slab = make_slab(slices=20, step_mm=4.0, rows=40, columns=40, pixel_mm=2.0, center=(0, 0, 0))
    tube = Tube("upright", ((3.0, 1.0, -60.0), (3.0, 1.0, 60.0)), 2.8)
    ((indices, shares),) = vessel_shares((tube,), slab, np.eye(4), samples=(8, 8, 4))
    assert shares.sum() * 16 / 1000 == pytest.approx(math.pi * 2.8**2 * 80 / 1000, rel=0.02)
    assert len(np.unique(indices)) == len(indices)


def test_section_18_values_are_the_default():
    lesion = make_lesion(80, 20)
    assert (lesion.oligemia, lesion.penumbra, lesion.core_state) == (
        State(0.75, 6.0, 4.0),
        State(0.45, 8.0, 8.0),
        State(0.20, 12.0, 11.0),
    )
    mix = PerfusionBrain(lesion=lesion).mix(make_slab(slices=3, step_mm=8.0, rows=64, columns=64, pixel_mm=3.5))
    gray = {c.state: (c.cbf, c.mtt_s, c.delay_s) for c in mix.components if c.tissue is Tissue.GRAY}
    assert gray == {"normal": (60, 4, 0.5), "oligemia": (45, 6, 4), "penumbra": (27, 8, 8), "core": (12, 12, 11)}
    assert set(gray) == set(STATES)


def test_lesion_outside_the_brain_is_refused():
    with pytest.raises(ValueError, match="out of the brain"):
        make_lesion(80, 10, center=(60, 6, 16))


def test_side_and_slab_that_misses_the_lesion():
    right = make_lesion(60, 10, side="right")
    assert right.hypoperfused.center[0] == -40
    low = small_patient("ctp", frames=1, slab={"slices": 3, "center": (0, 0, -40)})
    assert low.truth.sampled_volumes_ml["hypoperfusion"] == 0
    assert low.truth.volumes_ml["hypoperfusion"] == pytest.approx(70)


def test_noise_follows_kind_and_seed():
    one, same, other = (small_patient("ctp", frames=2, seed=seed) for seed in (1, 1, 2))
    clean = small_patient("ctp", frames=2, noise=None)
    assert np.array_equal(one.series.values, same.series.values)
    assert not np.array_equal(one.series.values, other.series.values)
    inside = one.truth.brain
    assert (one.series.values - clean.series.values)[:, inside].std() == pytest.approx(2.0, rel=0.03)
    air = small_patient("dsc", frames=2).series.values[:, :, :4, :4]
    assert air.mean() == pytest.approx(100 / 50 * math.sqrt(math.pi / 2), rel=0.1)


def test_first_frames_are_not_in_the_steady_state():
    patient = small_patient("dsc", noise=None, frames=6)
    gray = patient.truth.shares["gray"] > 0.999
    course = patient.series.values[:, gray].mean(axis=1)
    assert course[0] / course[5] == pytest.approx(1.30, abs=0.02)
    assert course[4] == pytest.approx(course[5], rel=1e-3)


def test_faults_of_the_signal():
    none = small_patient("ctp", noise=None, frames=20, brain={"injections": ()})
    assert np.ptp(none.series.values, axis=0).max() == 0
    cut = small_patient("ctp", noise=None, frames=20, clip_high=250.0)
    k, j, i = cut.truth.clean_voxels("ICA left", 1.0)[0]
    assert (cut.series.values[:, k, j, i] == 250).sum() >= 2
    wrapped = small_patient("ctp", noise=None, frames=20, wrap_high=300.0)
    assert wrapped.series.values[:, k, j, i].min() < -200
    two = small_patient("dsc", noise=None, frames=40, brain={"injections": (Injection(8.0), Injection(32.0))})
    k, j, i = two.truth.clean_voxels("ICA left", 1.0)[0]
    low = two.series.values[:, k, j, i] < 60
    assert np.count_nonzero(np.diff(low.astype(int)) == 1) == 2
    full = small_patient("dsc", frames=20, brain={"artery_gain": 8.0})
    assert full.series.values[9:12, k, j, i].max() < 8
    streaked = small_patient("ctp", frames=2, streak_hu=20.0)
    assert streaked.series.values[:, 0].std() > streaked.series.values[:, 0][:, :4, :4].std()


def test_slice_timing_is_in_the_signal():
    together = small_patient("ctp", noise=None)
    apart = small_patient("ctp", noise=None, slice_order="sequential")
    assert together.series.slice_times_s is None
    times = apart.series.slice_times_s
    assert times.shape == (40, 8)
    assert apart.series.times_s == pytest.approx(times.mean(axis=1))
    assert np.array_equal(apart.series.values[:, 0], together.series.values[:, 0])
    k, j, i = next(v for v in together.truth.clean_voxels("superior sagittal sinus", 1.0) if v[0] == 5)
    expected = together.truth.vein.at(times[:, 5]) * 350 + 45
    assert apart.series.values[:, k, j, i] == pytest.approx(expected, abs=1e-2)


# --- motion ------------------------------------------------------------------------------------------------------------------


def test_matrices_follow_the_convention():
    motion = step(4, 2, (1.0, -2.0, 3.0), (0.0, 0.0, 5.0))
    center = np.array([3.0, 4.0, 5.0])
    matrices = motion.matrices(center)
    assert np.array_equal(matrices[1], np.eye(4))
    assert (matrices[2] @ [*center, 1])[:3] == pytest.approx(center + np.array([1, -2, 3]))
    ahead = (matrices[3] @ [*(center + np.array([10, 0, 0])), 1])[:3] - center - [1, -2, 3]
    assert ahead == pytest.approx([10 * math.cos(math.radians(5)), 10 * math.sin(math.radians(5)), 0])
    itk = pytest.importorskip("SimpleITK").Euler3DTransform(center.tolist(), 0.03, -0.05, 0.08, (1.0, 2.0, 3.0))
    angles = np.degrees([0.03, -0.05, 0.08])
    own = step(1, 0, (1.0, 2.0, 3.0), angles).matrices(center)[0]
    assert (own @ [20, -30, 40, 1])[:3] == pytest.approx(itk.TransformPoint((20.0, -30.0, 40.0)))


def test_courses():
    assert drift(5, (4, 0, 0)).translations_mm[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert shake(6, 2, 3, (2, 0, 0)).translations_mm[:, 0].tolist() == [0, 0, 2, -2, 2, 0]
    both = joined(drift(3, (2, 0, 0)), step(3, 1, (0, 1, 0), (0, 0, 2)))
    assert both.translations_mm.tolist() == [[0, 0, 0], [1, 1, 0], [2, 1, 0]]
    with pytest.raises(ValueError, match="3 frames"):
        small_patient("ctp", motion=still(3))


def seen_from(slab, matrix):
    """The slab moved rigidly: scanning the head at rest with it shows the head moved by the inverse."""
    turn, geometry = matrix[:3, :3], slab.geometry
    origins = geometry.slice_origins @ turn.T + matrix[:3, 3]
    cosines = tuple((np.reshape(slab.orientation, (2, 3)) @ turn.T).ravel())
    moved = type(geometry)(geometry.shape, matrix @ geometry.affine, origins, geometry.slice_extents)
    return replace(slab, geometry=moved, orientation=cosines)


def shifted(axis, by_mm):
    matrix = np.eye(4)
    matrix[axis, 3] = by_mm
    return matrix


def coordinates_of(slab, axis):
    """Stands for a head whose signal is the LPS coordinate of the point, which linear interpolation keeps exactly."""
    fine = fine_slab(slab)
    kji = np.indices(fine.geometry.shape).reshape(3, -1)
    values = fine.geometry.to_lps(kji.T)[:, axis]
    mix = SimpleNamespace(
        shape=fine.geometry.shape,
        voxels=np.arange(len(values)),
        volume=lambda content, fill: content.astype(np.float32).reshape(fine.geometry.shape),
    )
    return SimpleNamespace(mix=mix, protocol=dsc(frames=2), frame=lambda *_: values), fine


def test_inverse_of_the_true_motion_brings_every_voxel_back():
    """What a voxel of a moved frame shows lies within 0.05 mm of where the inverse of the true motion puts it."""
    oblique = rotated(rotated(AXIAL, "x", 10), "z", -7)
    slab = make_slab(slices=8, step_mm=5.0, rows=40, columns=36, pixel_mm=2.4, orientation=oblique, center=(3, -4, 9))
    motion = step(2, 1, (5.0, -3.0, 2.0), (2.0, -1.5, 5.0))
    back = np.linalg.inv(motion.matrices(volume_center(slab.geometry)))
    kji = np.indices(slab.geometry.shape).reshape(3, -1).T
    points = np.c_[slab.geometry.to_lps(kji), np.ones(len(kji))]
    inner = ((kji > 3) & (kji < np.array(slab.geometry.shape) - 4))[:, 1:].all(axis=1)
    for axis in range(3):
        head, fine = coordinates_of(slab, axis)
        frames = list(moved_frames(head, fine, slab, motion, np.zeros((2, 8))))
        for frame, matrix in zip(frames, back, strict=True):
            assert np.abs(frame.ravel() - points @ matrix[axis])[inner].max() < 1e-3


def test_moved_frame_is_the_head_at_rest_seen_from_the_other_side():
    """Against slices moved by the inverse, made without the fine grid: what is left is below 0.1 mm."""
    slab = make_slab(slices=10, step_mm=6.0, rows=80, columns=80, pixel_mm=2.8, center=(0, 0, 20))
    brain, how = PerfusionBrain(injections=()), ctp(frames=1, noise=None)
    motion = step(1, 0, (5.0, -3.0, 2.0), (2.0, -1.5, 5.0))
    many = joined(step(6, 0, (5.0, -3.0, 2.0), (2.0, -1.5, 5.0)), hardly_moving(6))
    moved = simulate_perfusion(brain, slab, replace(how, frames=6), many).series.values[0]
    back = np.linalg.inv(motion.matrices(volume_center(slab.geometry))[0])

    def misfit(matrix):
        frame = simulate_perfusion(brain, seen_from(slab, matrix), how).series.values[0]
        return float(((np.clip(frame, -100, 100) - np.clip(moved, -100, 100))[:, 12:-12, 12:-12] ** 2).mean())

    here = misfit(back)
    assert here < 0.05 * misfit(np.eye(4))
    for axis in range(3):
        less, more = (misfit(shifted(axis, by) @ back) for by in (-0.5, 0.5))
        assert less - 2 * here + more > 0
        assert abs(0.25 * (less - more) / (less - 2 * here + more)) < 0.1


def away_from_vessels(patient, voxels=2):
    return ~binary_dilation(patient.truth.shares["artery"] + patient.truth.shares["vein"] > 0, iterations=voxels)


def hardly_moving(frames):
    """As many poses as frames, all the same to a micrometer: made through the fine grid."""
    return drift(frames, (1e-3, 0, 0))


def test_a_head_that_does_not_move_looks_the_same_through_the_fine_grid():
    at_rest = small_patient("dsc", noise=None, frames=12, steady_state=False)
    through = small_patient("dsc", noise=None, frames=12, steady_state=False, motion=hardly_moving(12))
    inner = (at_rest.truth.shares["white"] > 0.99) & away_from_vessels(at_rest)
    assert np.abs(through.series.values - at_rest.series.values)[:, inner].max() < 1.0
    assert through.truth.motion.frames == 12 and at_rest.truth.motion is None


def test_a_step_is_as_exact_as_the_head_at_rest():
    slab = make_slab(slices=6, step_mm=8.0, rows=48, columns=48, pixel_mm=4.0, center=(0, 0, 20))
    brain, how = PerfusionBrain(lesion=make_lesion(60, 10)), ctp(frames=12, noise=None)
    motion = step(12, 6, (4.0, -2.0, 3.0), (0.0, 0.0, 4.0))
    moved = simulate_perfusion(brain, slab, how, motion).series.values
    back = np.linalg.inv(motion.matrices(volume_center(slab.geometry))[-1])
    at_rest = simulate_perfusion(brain, slab, how).series.values
    seen = simulate_perfusion(brain, seen_from(slab, back), how).series.values
    assert np.array_equal(moved[:6], at_rest[:6])
    assert np.abs(moved[6:] - seen[6:]).max() < 1 and np.abs(moved[6:] - at_rest[6:]).max() > 100


def test_slice_timing_of_a_moving_head_is_that_of_the_slice_it_lies_in():
    options = {"noise": None, "frames": 12}
    late = {"slice_order": "sequential"}
    effects = [
        small_patient("ctp", **options, **late, **moving).series.values[11]
        - small_patient("ctp", **options, **moving).series.values[11]
        for moving in ({}, {"motion": hardly_moving(12)})
    ]
    inner = small_patient("ctp", **options).truth.shares["white"] > 0.99
    inner[:4] = False
    assert effects[0][inner].mean() > 0.4
    assert np.abs(effects[1] - effects[0])[inner].mean() < 0.1 * effects[0][inner].mean()


def test_motion_needs_even_slices():
    with pytest.raises(ValueError, match="evenly spaced"):
        small_patient("ctp", motion=drift(40, (1, 0, 0)), slab={"tilt_deg": 10.0})


# --- diffusion of the same patient ---------------------------------------------------------------------------------------------


def test_diffusion_core_is_that_of_the_perfusion_lesion():
    brain = PerfusionBrain(lesion=make_lesion(80, 20, **CLEAR))
    slab = make_slab(slices=20, step_mm=6.0, center=(0, 0, 8))
    patient = matching_diffusion(brain, slab)
    assert slab.geometry.volume_ml(patient.infarct_fraction) == pytest.approx(20, rel=2e-3)
    perfused = simulate_perfusion(brain, slab, dsc(frames=1, noise=None))
    difference = np.abs(perfused.truth.shares["core"] - patient.infarct_fraction)
    assert difference[away_from_vessels(perfused, 1)].max() < 0.03


def test_displacement_leads_from_perfusion_to_diffusion():
    brain = PerfusionBrain(lesion=make_lesion(80, 20, **CLEAR))
    slab = make_slab(slices=40, step_mm=3.0, rows=100, columns=100, pixel_mm=2.0, orientation=rotated(AXIAL, "x", 8))
    displacement = step(1, 0, (3.0, -2.0, 4.0), (0.0, 2.0, 6.0)).matrices(volume_center(slab.geometry))[0]
    there = matching_diffusion(brain, slab, displacement=displacement)
    assert there.geometry is slab.geometry
    share = there.infarct_fraction
    index = np.indices(share.shape).reshape(3, -1)[::-1] @ share.ravel() / share.sum()
    found = slab.geometry.affine[:3, :3] @ index + slab.geometry.affine[:3, 3]
    expected = displacement @ [*brain.lesion.core.center, 1]
    assert found == pytest.approx(expected[:3], abs=0.02)
