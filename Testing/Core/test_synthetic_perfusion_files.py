"""Files of synthetic perfusion, decoded by hand: times where each vendor keeps them, values, geometry; the grid; the demo patients."""

import json
import math
from dataclasses import asdict, replace
from datetime import datetime

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from strokequant.perfusion_config import ConcentrationConfig
from strokequant.synthetic.grids import AXIAL, rotated
from strokequant.synthetic.perfusion_brain import small_patient
from strokequant.synthetic.perfusion_dicom import CTP_VARIANTS, DSC_VARIANTS, PERFUSION_VARIANTS, write_perfusion
from strokequant.synthetic.perfusion_grid import CBVS, DELAYS_S, MTTS_S, SHAPES, perfusion_grid
from strokequant.synthetic.perfusion_patients import (
    perfusion_demo_patients,
    simulate_perfusion_spec,
    write_perfusion_patient,
)
from strokequant.synthetic.vendor_dicom import Options, Study
from strokequant.synthetic.vendors.dynamic import slice_times

OBLIQUE = rotated(rotated(AXIAL, "x", 10), "z", -5)
SLAB = {
    "slices": 5,
    "rows": 40,
    "columns": 36,
    "pixel_mm": 5.0,
    "step_mm": 16.0,
    "center": (0, 0, 12),
    "orientation": OBLIQUE,
}
ORDERS = {
    "ge_dsc": "sequential",
    "philips_dsc": "interleaved",
    "philips_dsc_enhanced": "interleaved",
    "philips_dsc_enhanced_datetime": "sequential",
    "siemens_dsc": "interleaved",
    "siemens_dsc_mosaic": "interleaved",
    "siemens_xa_dsc": "sequential",
    "ge_ctp": "shuttle",
    "siemens_ctp": "spiral",
}
STUDY = Study(5, date="20240131", time="234930")
"""The scan starts at 23:59:30 and runs past midnight, into the next month."""


def patient_for(variant, **options):
    kind = "dsc" if variant in DSC_VARIANTS else "ctp"
    order = ORDERS.get(variant, "together")
    return small_patient(kind, noise=None, frames=24, slab=SLAB, slice_order=order, **options)


def clock(date, time):
    return datetime.strptime(f"{date}{time}", "%Y%m%d%H%M%S.%f").timestamp()


def scaled(ds):
    stored = np.frombuffer(ds.PixelData, "<u2").astype(float).reshape(-1, ds.Rows, ds.Columns)
    slope = float(ds.get("RescaleSlope", 1))
    return stored * slope + float(ds.get("RescaleIntercept", 0))


def _classic(ds, variant):
    """(s, position, values) of a classic file."""
    seconds = {
        "ge_dsc": lambda: float(ds.TriggerTime) / 1000,
        "philips_ctp": lambda: clock(ds.ContentDate, ds.ContentTime),
    }.get(variant, lambda: clock(ds.AcquisitionDate, ds.AcquisitionTime))()
    yield seconds, np.array(ds.ImagePositionPatient, float), scaled(ds)[0]


def _mosaic(ds, variant):
    tiles = ds.private_block(0x19, "SIEMENS MR HEADER")[0x0A].value
    times = ds.private_block(0x19, "SIEMENS MR HEADER")[0x29].value
    side = math.ceil(math.sqrt(tiles))
    rows, columns = ds.Rows // side, ds.Columns // side
    row, column = np.reshape(np.array(ds.ImageOrientationPatient, float), (2, 3))
    spacing = float(ds.PixelSpacing[0])
    corner = np.array(ds.ImagePositionPatient, float) + spacing * (side - 1) / 2 * (columns * row + rows * column)
    start = clock(ds.AcquisitionDate, ds.AcquisitionTime)
    for k in range(tiles):
        r, c = divmod(k, side)
        plane = scaled(ds)[0][r * rows : (r + 1) * rows, c * columns : (c + 1) * columns]
        yield start + times[k] / 1000, corner + 16.0 * k * np.cross(row, column), plane


def _enhanced(ds, variant):
    shared = ds.SharedFunctionalGroupsSequence[0]
    for group, plane in zip(ds.PerFrameFunctionalGroupsSequence, scaled(ds), strict=True):
        content = group.FrameContentSequence[0]
        stamp = content.FrameAcquisitionDateTime
        seconds = clock(stamp[:8], stamp[8:])
        if variant == "philips_dsc_enhanced":
            seconds = group.TemporalPositionSequence[0].TemporalPositionTimeOffset
        holder = group if "PixelValueTransformationSequence" in group else shared
        rescale = holder.PixelValueTransformationSequence[0]
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        yield seconds, position, plane * float(rescale.RescaleSlope) + float(rescale.RescaleIntercept)


def read_back(paths, variant):
    """(t, k, j, i) values, (t, k) times and (k, 3) positions, sorted by position along the normal, then by time."""
    images = []
    for path in paths:
        ds = pydicom.dcmread(path)
        read = _enhanced if "NumberOfFrames" in ds else _mosaic if "mosaic" in variant else _classic
        images += read(ds, variant)
    normal = np.cross(*np.reshape(OBLIQUE, (2, 3)))
    images.sort(key=lambda image: (round(float(image[1] @ normal), 2), image[0]))
    slices = len({round(float(image[1] @ normal), 2) for image in images})
    values = np.array([image[2] for image in images]).reshape(slices, -1, *images[0][2].shape).swapaxes(0, 1)
    times = np.array([image[0] for image in images]).reshape(slices, -1).T
    return values, times, np.array([image[1] for image in images]).reshape(slices, -1, 3)[:, 0]


@pytest.mark.parametrize("variant", PERFUSION_VARIANTS)
def test_values_times_and_positions_come_back(variant, tmp_path):
    patient = patient_for(variant)
    paths = write_perfusion(variant, patient, STUDY, tmp_path, Options(shuffle_seed=3))
    values, times, positions = read_back(paths, variant)
    gain, limit = (8.0, 0.5) if variant in DSC_VARIANTS else (1.0, 0.5)
    expected = np.clip(patient.series.values * gain, -1024, 3071 if gain == 1 else 4095)
    assert np.abs(values - expected).max() <= limit + 1e-3
    wanted = slice_times(patient)
    assert times - times.min() == pytest.approx(wanted - wanted.min(), abs=1e-5)
    assert positions == pytest.approx(patient.geometry.slice_origins, abs=1e-4)


@pytest.mark.parametrize("variant", PERFUSION_VARIANTS)
def test_headers_say_what_was_measured(variant, tmp_path):
    paths = write_perfusion(variant, patient_for(variant), STUDY, tmp_path)
    ds = pydicom.dcmread(paths[0])
    assert ds.PatientID == "SYNTH-005" and ds.StudyInstanceUID == STUDY.uid("study")
    assert ds.FrameOfReferenceUID == STUDY.uid("frame of reference")
    series = {pydicom.dcmread(path, specific_tags=["SeriesInstanceUID"]).SeriesInstanceUID for path in paths}
    assert len(series) == (24 if variant == "canon_ctp" else 1)
    uids = {pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID for path in paths}
    assert len(uids) == len(paths)
    if variant in CTP_VARIANTS:
        assert ds.Modality == "CT" and "EchoTime" not in ds and "MagneticFieldStrength" not in ds
        return
    assert ds.Modality == "MR"
    if "NumberOfFrames" in ds:
        shared = ds.SharedFunctionalGroupsSequence[0]
        assert shared.MREchoSequence[0].EffectiveEchoTime == 30.0
        assert float(shared.MRTimingAndRelatedParametersSequence[0].RepetitionTime) == 1500
        assert ds.AcquisitionContrast == "PERFUSION"
        assert "MRDiffusionSequence" not in ds.PerFrameFunctionalGroupsSequence[0]
    else:
        assert float(ds.EchoTime) == 30 and float(ds.RepetitionTime) == 1500


def test_time_is_nowhere_but_where_the_vendor_keeps_it(tmp_path):
    for variant in ("ge_dsc", "philips_ctp"):
        paths = write_perfusion(variant, patient_for(variant), STUDY, tmp_path / variant)
        acquired = {pydicom.dcmread(path).AcquisitionTime for path in paths}
        assert len(acquired) == 1
    paths = write_perfusion("philips_dsc_enhanced", patient_for("philips_dsc_enhanced"), STUDY, tmp_path / "offset")
    groups = pydicom.dcmread(paths[0]).PerFrameFunctionalGroupsSequence
    assert len({g.FrameContentSequence[0].FrameAcquisitionDateTime for g in groups}) == 1
    paths = write_perfusion(
        "philips_dsc_enhanced_datetime", patient_for("philips_dsc_enhanced"), STUDY, tmp_path / "moment"
    )
    groups = pydicom.dcmread(paths[0]).PerFrameFunctionalGroupsSequence
    assert not any("TemporalPositionSequence" in g for g in groups)


def test_shuttle_has_two_acquisition_numbers_per_frame(tmp_path):
    paths = write_perfusion("ge_ctp", patient_for("ge_ctp"), STUDY, tmp_path)
    numbers = [int(pydicom.dcmread(path, specific_tags=["AcquisitionNumber"]).AcquisitionNumber) for path in paths]
    assert numbers[:10] == [1, 1, 1, 2, 2, 3, 3, 3, 4, 4]


def test_a_kind_that_a_vendor_does_not_write_is_refused(tmp_path):
    with pytest.raises(ValueError, match="writes dsc, not ctp"):
        write_perfusion("ge_dsc", patient_for("ge_ctp"), STUDY, tmp_path)


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_bids_has_times_and_geometry(kind, tmp_path):
    patient = small_patient(kind, noise=None, frames=12, slab=SLAB, slice_order="interleaved")
    image_path, sidecar_path, _ = write_perfusion("bids", patient, STUDY, tmp_path)
    sidecar = json.loads(sidecar_path.read_text("utf-8"))
    times = slice_times(patient)
    assert sidecar["VolumeTiming"] == pytest.approx(patient.protocol.starts_s())
    assert sidecar["SliceTiming"] == pytest.approx(times[3] - sidecar["VolumeTiming"][3])
    assert sidecar.get("EchoTime") == (0.03 if kind == "dsc" else None)
    image = sitk.ReadImage(str(image_path))
    assert image.GetSize() == (36, 40, 5, 12)
    gain = 8 if kind == "dsc" else 1
    assert np.abs(sitk.GetArrayFromImage(image) / gain - patient.series.values).max() <= 0.5 / gain + 1e-3
    corner = image.TransformIndexToPhysicalPoint((0, 0, 4, 0))[:3]
    assert corner == pytest.approx(patient.geometry.slice_origins[4], abs=1e-3)
    with pytest.raises(ValueError, match="one list of slice times"):
        write_perfusion("bids", small_patient("ctp", frames=4, slab=SLAB, slice_order="spiral"), STUDY, tmp_path)


# --- grid --------------------------------------------------------------------------------------------------------------------


def fourier_svd(curves, artery, step_s, threshold=0.10):
    """Plain cSVD of (n, t) curves: CBF (kappa = rho = 1) and Tmax by a parabola."""
    length = 2 * len(artery)
    transfer = step_s * np.fft.rfft(artery, length)
    keep = np.abs(transfer) >= threshold * np.abs(transfer).max()
    residue = np.fft.irfft(np.where(keep, np.fft.rfft(curves, length) / np.where(keep, transfer, 1), 0), length)
    m, rows = residue.argmax(axis=1), np.arange(len(curves))
    before, top, after = (residue[rows, (m + d) % length] for d in (-1, 0, 1))
    shift = np.clip(0.5 * (before - after) / (before - 2 * top + after), -0.5, 0.5)
    late = np.where(m > length // 2, m - length, m) + shift
    return 6000 * top, late * step_s


def grid_curve(grid, where):
    values = (
        grid.scan.series.values[(slice(None), *where)].astype(float).reshape(len(grid.scan.series.values), -1)[:, 0]
    )
    if grid.scan.protocol.kind == "ctp":
        return (values - 35) / 350
    relaxivity = 30.543 if where[0] == slice(0, 1) else 671.516
    return -np.log(values / 100) / 0.03 / relaxivity


@pytest.mark.parametrize("kind", ["dsc", "ctp"])
def test_reference_numbers_of_the_grid(kind):
    """CBF and Tmax of noise-free cSVD at 10 %, vectors K1 and K2 of the reference."""
    grid = perfusion_grid(kind)
    artery = grid_curve(grid, grid.artery_tile())
    wanted = {
        (5, 0, 0, 3): (37.9579, 1.9069),
        (5, 6, 0, 3): (37.9579, 4.9069),
        (1, 2, 0, 3): (17.2583, 3.5914),
        (5, 0, 1, 3): (44.5009, 2.1738),
        (5, 0, 2, 3): (58.7340, 1.9735),
    }
    for (mtt, delay, shape, cbv), (cbf, tmax) in wanted.items():
        where = grid.tile(mtt=mtt, delay=delay, shape=shape, cbv=cbv)
        found = fourier_svd(grid_curve(grid, where)[None], artery, 1.5)
        assert float(found[0][0]) == pytest.approx(cbf, rel=1e-4)
        assert float(found[1][0]) == pytest.approx(tmax, abs=1e-3)
        assert grid.truth["mtt"][where].min() == pytest.approx(MTTS_S[mtt])
        assert grid.truth["delay"][where].max() == pytest.approx(DELAYS_S[delay])
        assert np.unique(grid.truth["shape"][where]).tolist() == [shape + 1]
        assert grid.truth["cbv"][where].max() == CBVS[cbv]


def test_grid_takes_any_times_delays_and_noise():
    grid = perfusion_grid("ctp", delays_s=(-3, 12), step_s=2.0, noise=2.0, seed=4, tile_px=6)
    assert grid.scan.series.times_s[:3].tolist() == [0, 2, 4]
    values = grid.scan.series.values
    assert values.shape[1] == 1 + len(SHAPES) * len(CBVS)
    assert values[:, 1:, :4].std() == pytest.approx(2.0, rel=0.05)
    assert np.array_equal(
        values, perfusion_grid("ctp", delays_s=(-3, 12), step_s=2.0, noise=2.0, seed=4, tile_px=6).scan.series.values
    )
    clean = perfusion_grid("ctp", delays_s=(-3, 12), step_s=1.0, tile_px=6)
    early, late = (grid_curve(clean, clean.tile(mtt=5, delay=d, shape=0, cbv=3)) for d in (0, 1))
    assert late[15:] == pytest.approx(early[:-15], abs=1e-6)


def test_grid_is_that_of_the_reference_data(shared_data):
    folder = shared_data / "perfusion" / "synthetic_kudo_grid"
    for name, kind, delays in (("dsc_d0-3", "dsc", DELAYS_S), ("ctp_d0-12", "ctp", range(0, 13, 2))):
        expected = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"{name}_noisefree.nii.gz")))
        grid = perfusion_grid(kind, delays_s=tuple(delays))
        assert np.abs(grid.scan.series.values - expected).max() < 5e-3
        cbf = sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"truth_{name.split('_')[1]}_cbf.nii.gz")))
        assert np.abs(grid.truth["cbf"] - cbf).max() < 1e-4


def test_grid_can_be_written(tmp_path):
    grid = perfusion_grid("dsc", tile_px=3, duration_s=9)
    paths = write_perfusion("siemens_dsc", grid.scan, STUDY, tmp_path)
    assert len(paths) == 6 * 16


# --- demo patients -----------------------------------------------------------------------------------------------------------


def small_spec(spec):
    slab = {"slices": 8, "rows": 56, "columns": 56, "pixel_mm": 4.0, "step_mm": 13.0}
    scan = replace(spec.diffusion, slab=slab) if spec.diffusion else None
    return replace(spec, slab=slab | {"center": (0, 0, 8)}, diffusion=scan)


def test_demo_patients_have_truth_and_one_study(tmp_path):
    specs = perfusion_demo_patients()
    assert [spec.number for spec in specs] == [11, 12, 13, 14]
    for spec in specs:
        truth = write_perfusion_patient(small_spec(spec), tmp_path)
        stored = json.loads((tmp_path / f"{spec.name}.truth.json").read_text("utf-8"))
        assert stored["hypoperfusion_ml"] == truth.hypoperfusion_ml == pytest.approx(truth.lesions[0]["volume_ml"])
        assert truth.volume_ml == truth.core_ml and truth.mismatch_ml == truth.hypoperfusion_ml - truth.core_ml
        files = sorted((tmp_path / spec.name).rglob("*.dcm"))
        assert len({pydicom.dcmread(f, specific_tags=["StudyInstanceUID"]).StudyInstanceUID for f in files}) == 1
    first = json.loads((tmp_path / f"{specs[0].name}.truth.json").read_text("utf-8"))
    assert first["adc_at_or_below_620_ml"] == pytest.approx(25, rel=0.2)
    assert first["core_from"] == "ADC" and np.linalg.det(np.array(first["perfusion_to_diffusion"])) == pytest.approx(1)
    assert {spec.expected.issue for spec in specs} == {"", "D05", "D01"}
    assert truth.outcome == "refuse" and not truth.measurable
    assert json.dumps(asdict(truth))


def test_demo_lesions_are_in_the_slabs_and_measurable():
    """Noise-free cSVD at 10 % with the true artery, on the grids of the demo: Tmax > 6 s is within 3 % of the truth."""
    for spec in perfusion_demo_patients()[:2]:
        protocol = replace(spec.protocol, noise=None, slice_order="together", steady_state=False)
        patient = simulate_perfusion_spec(replace(spec, protocol=protocol, motion=None))
        truth = patient.truth
        assert truth.sampled_volumes_ml["hypoperfusion"] == pytest.approx(
            spec.brain.volumes_ml()["hypoperfusion"], rel=0.01
        )
        vessels = truth.shares["artery"] + truth.shares["vein"]
        inside = (truth.shares["gray"] + truth.shares["white"] > 0.7) & (vessels < 0.02)
        values = patient.series.values[:, inside].T.astype(float)
        base = values[:, :5].mean(axis=1, keepdims=True)
        gain, te = truth.gain["tissue"], 0.03
        curves = (values - base) / gain if spec.protocol.kind == "ctp" else -np.log(values / base) / te / gain
        _, tmax = fourier_svd(curves, truth.artery.at(patient.series.times_s), spec.protocol.step_s)
        found = np.zeros(inside.shape, bool)
        found[inside] = tmax > 6
        label = inside & (truth.shares["hypoperfusion"] > 0.5)
        ratio = patient.geometry.volume_ml(found) / patient.geometry.volume_ml(label)
        assert ratio == pytest.approx(1, abs=0.03)
        assert 2 * np.count_nonzero(found & label) / (found.sum() + label.sum()) > 0.97


def test_truncated_patient_ends_soon_after_the_bolus():
    spec = perfusion_demo_patients()[2]
    config = ConcentrationConfig()
    after = spec.protocol.starts_s()[-1] - spec.brain.injections[0].onset_s
    assert config.after_stop_s < after < config.after_warn_s
