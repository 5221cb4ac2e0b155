"""Grid of MTT, delay, CBV and residue (after Kudo et al., Radiology 2013;267:201): our own exact one, and the shared files."""

import numpy as np
import pytest
from perfusion_objects import DSC_SCALE, ECHO_TIME, aif, artery_area, curves, noisy_dsc, tissue

from strokequant.maps.voxelwise import voxel_values
from strokequant.perfusion_config import DeconvolutionConfig

MTT = (24.0, 12.0, 8.0, 6.0, 4.8, 4.0, 24 / 7)
CBV = (1.0, 2.0, 3.0, 4.0, 5.0)
ALL_LAGS = DeconvolutionConfig(threshold=0.10, window_low_s=-1e6, window_high_s=1e6, plateau=1.0)
SETS = ("dsc_d0-3", "dsc_d0-12", "ctp_d0-3")


def grid(delays):
    """CBF, CBV, MTT and delay of every combination."""
    cbv, mtt, delay = (axis.ravel() for axis in np.meshgrid(CBV, MTT, delays, indexing="ij"))
    return 60 * cbv / mtt, cbv, mtt, delay


def correlation(a, b):
    return float(np.corrcoef(a, b)[0, 1])


@pytest.mark.parametrize("shape", ["exponential", "linear"])
@pytest.mark.parametrize(
    ("step", "low", "high"),
    [(1.0, 0, 3), (1.0, -3, 3), (1.0, 0, 12), (1.5, 0, 3), (1.5, -3, 3), (1.5, 0, 12), (2.0, 0, 3), (2.0, 0, 12)],
)
def test_noise_free_grid(low, high, step, shape):
    cbf, cbv, mtt, delay = grid(np.arange(low, high + 0.01, 2 if high > 3 else 0.5))
    times = np.arange(int(90 / step)) * step
    found = voxel_values(
        curves(tissue(times, cbf, mtt, delay, shape), times),
        aif(times),
        config=DeconvolutionConfig(threshold=0.10),
    )
    flow, volume = 6000.0 * found.flow, 100.0 * found.volume
    assert correlation(flow, cbf) >= 0.984
    assert correlation(volume, cbv) >= 0.997
    assert correlation(60 * volume / flow, mtt) >= 0.997
    short = (mtt <= 12) & (delay <= 6)
    assert np.abs(volume[short] / cbv[short] - 1).max() <= 0.01


def test_area_of_the_artery_is_the_closed_form():
    times = np.arange(0, 80, 0.01)
    assert aif(times).values.sum() * 0.01 == pytest.approx(artery_area(), rel=1e-6)
    ratio = tissue(times, 60, 4, 2).sum() * 0.01 / artery_area()
    assert ratio == pytest.approx(60 * 4 / 6000, rel=1e-6)


@pytest.mark.parametrize("shape", ["exponential", "box", "linear"])
def test_exact_curves_agree_with_a_convolution_on_a_fine_grid(shape):
    times = np.arange(0, 60, 0.002)
    residue = {
        "exponential": np.exp(-times / 5),
        "box": (times < 5) + 0.0,
        "linear": np.clip(1 - times / 10, 0, None),
    }[shape]
    a = aif(times).values
    fine = np.convolve(a, residue)[: len(times)] * 0.002 * 60 / 6000
    assert np.abs(fine - tissue(times, 60, 5, 0, shape)).max() < 1e-3 * fine.max()


def test_noise_without_smoothing_lowers_the_correlation_as_published():
    cbf, _, mtt, delay = grid(np.arange(0, 3.01, 0.5))
    times = np.arange(54) * 1.5
    clean = np.repeat(tissue(times, cbf, mtt, delay), 64, axis=0).astype(np.float32)
    noisy = noisy_dsc(clean, 20, np.random.default_rng(4))
    found = voxel_values(curves(noisy, times), aif(times), config=DeconvolutionConfig(threshold=0.10))
    truth = np.repeat(cbf, 64)
    assert 0.6 < correlation(found.flow, truth) < 0.97


def read(folder, name):
    sitk = pytest.importorskip("SimpleITK")
    return sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"{name}.nii.gz")))


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "perfusion" / "synthetic_kudo_grid"


def load(folder, name):
    """Curves, their artery, and a function that reads a truth or reference map of the same voxels."""
    signal = read(folder, f"{name}_noisefree")
    modality, delays = name.split("_")
    mask = np.zeros(signal.shape[1:], bool)
    mask[1:, 4:60, 4:60] = True
    values = signal[:, mask].T.astype(float)
    scale = ECHO_TIME * DSC_SCALE
    concentration = -np.log(values / 100) / scale if modality == "dsc" else (values - 35) / 350
    table = np.loadtxt(folder / "aif_vof.csv", delimiter=",", skiprows=1)
    data = curves(concentration, table[:, 0], mask=mask)
    return data, aif(table[:, 0], values=table[:, 1]), lambda of: read(folder, of.format(delays))[mask]


@pytest.mark.parametrize("name", SETS)
def test_reference_maps_are_reproduced(folder, name):
    data, artery_curve, of = load(folder, name)
    found = voxel_values(data, artery_curve, config=ALL_LAGS)
    tmax = np.abs(found.tmax_s - of("reference_{}_Tmax_cSVD10_noisefree"))
    flow = 6000.0 * found.flow / of("reference_{}_CBF_cSVD10_noisefree") - 1
    assert np.sqrt(np.mean(tmax**2)) < 1e-4
    assert tmax.max() < 2e-3
    assert np.abs(flow).max() < 1e-4


@pytest.mark.parametrize("name", SETS)
def test_shared_grid_meets_the_targets(folder, name):
    """At MTT 24 s and delays above 6 s the bolus is still in the tissue at the last frame: no area tells its volume."""
    data, artery_curve, of = load(folder, name)
    found = voxel_values(data, artery_curve, config=DeconvolutionConfig(threshold=0.10))
    flow, volume = 6000.0 * found.flow, 100.0 * found.volume
    cbf, cbv, mtt, delay = (of(f"truth_{{}}_{kind}") for kind in ("cbf", "cbv", "mtt", "delay"))
    shape = of("truth_{}_Rshape_1exp_2lin_3box")
    for one in (1, 2):
        chosen = shape == one
        assert correlation(flow[chosen], cbf[chosen]) >= 0.984
        chosen &= delay <= 6
        assert correlation(volume[chosen], cbv[chosen]) >= 0.997
        assert correlation((60 * volume / flow)[chosen], mtt[chosen]) >= 0.997
    short = (mtt <= 12) & (delay <= 6)
    assert np.abs(volume[short] / cbv[short] - 1).max() <= 0.01
    tmax = np.abs(found.tmax_s - of("reference_{}_Tmax_cSVD10_noisefree"))
    assert np.median(tmax) <= 0.05
    assert np.sqrt(np.mean(tmax[shape < 3] ** 2)) <= 0.05
    for chosen in ((shape < 3) & (mtt == m) for m in np.unique(mtt)):
        slope = np.polyfit(delay[chosen], found.tmax_s[chosen], 1)[0]
        assert slope == pytest.approx(1.0, abs=0.01)
