"""Digital heads: exact lesion volumes, exact ADC through every vendor's files (decoded here by hand), positions, identity."""

import json
import math
import shutil
import struct
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from strokequant.synthetic.anatomy import (
    PARENCHYMA,
    Head,
    RegionKind,
    Tissue,
    lies_in_brain,
    region_fraction,
    region_of_volume,
    tissue_fractions,
)
from strokequant.synthetic.bids import write_bids
from strokequant.synthetic.diffusion_patient import ICOSAHEDRAL, Acquisition, simulate, weightings
from strokequant.synthetic.grids import AXIAL, QUARTER_TURN, SAGITTAL, make_slab, rotated
from strokequant.synthetic.patients import demo_patients, side_of, with_noise, write_patient
from strokequant.synthetic.vendor_dicom import VARIANTS, Options, Study, images_of, write_study
from strokequant.synthetic.vendors import philips, uih

LESION = region_of_volume(30, (40, 4, 18), (1, 1.4, 1), adc=450)
OBLIQUE = rotated(rotated(AXIAL, "x", 14), "z", -8)
SMALL = {"slices": 9, "rows": 64, "columns": 48, "pixel_mm": 3.6, "step_mm": 12.0, "orientation": OBLIQUE}


def scanned(variant, **slab):
    """Noise-free patient on a small oblique slab."""
    acquisition = Acquisition(images_of(variant, ICOSAHEDRAL), snr=None)
    return simulate(Head((LESION,)), make_slab(**(SMALL | slab)), acquisition)


# --- anatomy -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "slab",
    [
        {"step_mm": 1.0, "slices": 130},
        {"step_mm": 1.0, "slices": 150, "orientation": OBLIQUE},
        {"step_mm": 1.0, "slices": 150, "tilt_deg": 18.5, "thickness_mm": math.cos(math.radians(18.5))},
        {"step_mm": 2.0, "slices": 90, "orientation": SAGITTAL, "center": (0, 0, 0)},
        {"step_mm": 1.0, "slices": 130, "orientation": QUARTER_TURN, "reverse": True},
    ],
    ids=["axial", "oblique", "tilted", "sagittal", "turned"],
)
@pytest.mark.parametrize("volume", [1.5, 80.0])
def test_shares_of_a_lesion_sum_to_its_exact_volume(slab, volume):
    lesion = region_of_volume(volume, (38, 4, 14), (1, 1.6, 1.1), angle_deg=25)
    grid = make_slab(rows=110, columns=110, pixel_mm=2.0, **slab)
    share = region_fraction(lesion, grid, np.eye(4))
    assert lesion.volume_ml == pytest.approx(volume, rel=1e-12)
    assert grid.geometry.volume_ml(share) == pytest.approx(volume, rel=1e-3)
    assert share.min() >= 0 and share.max() <= 1 + 1e-6


def test_thick_slices_hold_the_exact_share():
    """Slices without gaps tile space: their shares sum to the volume however thick they are."""
    for step in (3.0, 5.0, 8.0):
        grid = make_slab(slices=int(150 / step), step_mm=step)
        assert grid.geometry.volume_ml(region_fraction(LESION, grid, np.eye(4))) == pytest.approx(30, rel=2e-4)


def test_gaps_are_not_seen_by_the_slices():
    grid = make_slab(slices=30, step_mm=6.0, thickness_mm=3.0)
    share = region_fraction(LESION, grid, np.eye(4))
    assert grid.geometry.volume_ml(share) == pytest.approx(30, rel=0.03)
    assert float(share.sum()) * grid.geometry.pixel_area_mm2 * 3.0 / 1000 == pytest.approx(15, rel=0.03)


def test_brain_is_that_of_an_adult_and_almost_symmetric():
    grid = make_slab(slices=56, step_mm=3.0, rows=100, columns=100, pixel_mm=2.2)
    shares = tissue_fractions(Head(), grid, np.eye(4))
    brain = sum(shares[tissue] for tissue in PARENCHYMA)
    assert 1200 < grid.geometry.volume_ml(brain) < 1500
    assert 0.3 < grid.geometry.volume_ml(shares[Tissue.GRAY]) / grid.geometry.volume_ml(brain) < 0.6
    assert np.abs(shares.sum(axis=0) - 1).max() < 1e-6
    right, left = brain[:, :, :50].sum(), brain[:, :, 50:].sum()
    assert 0.98 < right / left < 1.02
    assert not np.array_equal(brain[:, :, :50], brain[:, :, :49:-1])


def test_lesions_that_would_have_no_exact_volume_are_refused(tmp_path):
    with pytest.raises(ValueError, match="overlap"):
        Head((LESION, region_of_volume(5, (44, 8, 20))))
    assert lies_in_brain(LESION)
    assert not lies_in_brain(region_of_volume(5, (66, 0, 18)))
    assert not lies_in_brain(region_of_volume(5, (10, 0, 13)))
    outside = replace(demo_patients()[0], head=Head((region_of_volume(5, (66, 0, 18)),)))
    with pytest.raises(ValueError, match="out of the brain"):
        write_patient(outside, tmp_path)


def test_side_is_that_of_the_patient():
    assert side_of((LESION,)) == "left"
    assert side_of((region_of_volume(5, (-40, 0, 20)),)) == "right"
    assert side_of((region_of_volume(5, (2, 0, 40)),)) == "bilateral"
    assert side_of(()) == "none"


# --- signal ------------------------------------------------------------------------------------------------------------------


def test_adc_of_a_whole_lesion_voxel_is_exact():
    patient = scanned("ge")
    whole = patient.infarct_fraction >= 1 - 1e-6
    assert whole.sum() > 20
    assert np.abs(patient.adc[whole] - 450).max() < 0.05
    assert patient.signal[0][whole] == pytest.approx(760 * 1.1, rel=1e-5)
    assert patient.scanner_adc()[whole] == pytest.approx(450, abs=0.05)


def test_anisotropy_shows_in_directions_and_not_in_the_mean():
    shares = tissue_fractions(Head(), make_slab(**SMALL), np.eye(4))
    white = shares[Tissue.WHITE] == 1
    images = weightings(1000, ICOSAHEDRAL)
    even = simulate(Head(), make_slab(**SMALL), Acquisition(images, snr=None, anisotropy=0))
    uneven = simulate(Head(), make_slab(**SMALL), Acquisition(images, snr=None, anisotropy=0.3))
    spread = np.ptp(uneven.signal[1:], axis=0)[white] / uneven.signal[1:].mean(axis=0)[white]
    assert spread.min() > 0.1
    assert np.abs(uneven.adc - even.adc)[white].max() < 0.05
    arithmetic = np.log(uneven.signal[0][white] / uneven.signal[1:].mean(axis=0)[white]) * 1000
    assert (arithmetic < even.adc[white] - 1).mean() > 0.9


def test_tissue_adc_is_physiologic():
    patient = scanned("ge")
    shares = tissue_fractions(Head(), patient.slab, np.eye(4))
    outside = patient.infarct_fraction == 0
    assert patient.adc[(shares[Tissue.WHITE] == 1) & outside].min() > 700
    assert patient.adc[(shares[Tissue.GRAY] == 1) & outside].max() < 900
    assert patient.adc[shares[Tissue.CSF] == 1].mean() == pytest.approx(3000, rel=0.01)


def test_noise_is_rician_and_follows_the_seed():
    slab = make_slab(slices=3, step_mm=30)
    one, same, other = (simulate(Head(), slab, Acquisition(snr=20, seed=seed)) for seed in (4, 4, 5))
    assert np.array_equal(one.signal, same.signal)
    assert not np.array_equal(one.signal, other.signal)
    sigma = 620 / 20
    air = simulate(Head(), slab, Acquisition(snr=None)).signal[0] == 0
    assert one.signal[0][air].mean() == pytest.approx(sigma * math.sqrt(math.pi / 2), rel=0.02)


def test_false_friends_look_like_what_they_are():
    shine = region_of_volume(8, (38, 4, 18), adc=860, t2_ratio=1.9, kind=RegionKind.SHINE_THROUGH)
    blood = region_of_volume(8, (-38, 4, 18), adc=420, t2_ratio=0.15, kind=RegionKind.HEMORRHAGE)
    slab = make_slab()
    patient = simulate(Head((shine, blood)), slab, Acquisition(snr=None))
    dwi = patient.signal[1:].mean(axis=0)
    inside_shine, inside_blood = (region_fraction(r, slab, np.eye(4)) > 0.999 for r in (shine, blood))
    normal = np.median(dwi[(patient.adc > 700) & (patient.adc < 900)])
    assert (dwi[inside_shine] > 1.5 * normal).all() and (patient.adc[inside_shine] > 700).all()
    assert (dwi[inside_blood] < 0.5 * normal).all() and (patient.adc[inside_blood] < 620).all()
    assert not patient.infarct_fraction.any()


def test_motion_moves_the_lesion_between_b0_and_dwi():
    slab = make_slab(slices=40, step_mm=3)
    still = simulate(Head((LESION,)), slab, Acquisition(snr=None))
    moved = simulate(Head((LESION,)), slab, Acquisition(snr=None, motion_mm=(4.0, -3.0, 2.0)))

    def center(share):
        weights = share.ravel() / share.sum()
        index = np.indices(share.shape).reshape(3, -1).astype(float)
        k, j, i = index @ weights
        return np.array([i * 1.8, j * 1.8, k * 3.0])

    shift = center(moved.infarct_fraction) - center(still.infarct_fraction)
    assert shift == pytest.approx([4, -3, 2], abs=0.02)
    assert np.array_equal(still.signal[0], moved.signal[0])


# --- files of every vendor, decoded by hand ----------------------------------------------------------------------------------


def raw_pixels(ds):
    dtype = "<i2" if ds.PixelRepresentation else "<u2"
    return np.frombuffer(ds.PixelData, dtype).astype(float).reshape(-1, ds.Rows, ds.Columns)


def private(ds, group, creator, offset):
    return ds.private_block(group, creator)[offset].value


def ge_b(ds):
    value = int(private(ds, 0x43, "GEMS_PARM_01", 0x39)[0])
    return float(value - 10**9 if value >= 10**9 else value)


B_OF = {
    "ge": ge_b,
    "ge_unbiased": ge_b,
    "philips": lambda ds: private(ds, 0x2001, "Philips Imaging DD 001", 3),
    "philips_adc_typed": lambda ds: private(ds, 0x2001, "Philips Imaging DD 001", 3),
    "philips_adc_silent": lambda ds: private(ds, 0x2001, "Philips Imaging DD 001", 3),
    "siemens_slices": lambda ds: float(private(ds, 0x19, "SIEMENS MR HEADER", 0x0C)),
    "siemens_mosaic": lambda ds: float(private(ds, 0x19, "SIEMENS MR HEADER", 0x0C)),
    "uih": lambda ds: private(ds, 0x65, "Image Private Header", 9),
    "uih_mosaic": lambda ds: private(ds, 0x65, "Image Private Header", 9),
    "toshiba_old": lambda ds: ds.get("DiffusionBValue", 0.0),
}


def classic_slices(variant, datasets):
    """(b, position, pixels) of every slice of single-slice files; frames without b are left out."""
    out = []
    for ds in datasets:
        try:
            b = B_OF[variant](ds)
        except KeyError:
            continue
        values = raw_pixels(ds)[0]
        if variant.startswith("philips"):
            values = values / private(ds, 0x2005, "Philips MR Imaging DD 001", 0x0E)
        elif "RescaleSlope" in ds:
            values = values * float(ds.RescaleSlope)
        out.append((b, ds.ImagePositionPatient, values))
    return out


def mosaic_slices(variant, datasets):
    out = []
    for ds in datasets:
        if variant == "siemens_mosaic":
            count = private(ds, 0x19, "SIEMENS MR HEADER", 0x0A)
            across = down = math.ceil(math.sqrt(count))
        else:
            count = int(private(ds, 0x65, "Image Private Header", 0x50))
            across = math.ceil(math.sqrt(count))
            down = math.ceil(count / across)
        rows, columns = ds.Rows // down, ds.Columns // across
        pixels = raw_pixels(ds)[0]
        for k in range(count):
            top, left = k // across * rows, k % across * columns
            if variant == "siemens_mosaic":
                where = siemens_position(ds, k, rows, columns)
            else:
                where = private(ds, 0x65, "Image Private Header", 0x51)[k].ImagePositionPatient
            out.append((B_OF[variant](ds), where, pixels[top : top + rows, left : left + columns]))
    return out


def siemens_position(ds, k, rows, columns):
    """Position of tile k: the mosaic is centered on the slice; slices follow along the CSA slice normal."""
    row, column = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
    spacing = np.array(ds.PixelSpacing, float)
    first = np.array(ds.ImagePositionPatient, float)
    first = first + row * spacing[1] * (ds.Columns - columns) / 2 + column * spacing[0] * (ds.Rows - rows) / 2
    normal = np.array(csa_values(ds, "SliceNormalVector"), float)
    return first + k * float(ds.SpacingBetweenSlices) * normal


def csa_values(ds, name):
    data = private(ds, 0x29, "SIEMENS CSA HEADER", 0x10)
    assert data[:8] == b"SV10\x04\x03\x02\x01"
    count, magic = struct.unpack_from("<II", data, 8)
    assert magic == 77
    at = 16
    found = None
    for _ in range(count):
        tag, items = struct.unpack_from("<64s", data, at)[0], struct.unpack_from("<i", data, at + 76)[0]
        at += 84
        texts = []
        for _ in range(items):
            length = struct.unpack_from("<4i", data, at)[1]
            texts.append(data[at + 16 : at + 16 + length].rstrip(b"\x00").decode())
            at += 16 + (length + 3) // 4 * 4
        if tag.split(b"\x00")[0].decode() == name:
            found = [text for text in texts if text]
    return found


def enhanced_slices(variant, datasets):
    out = []
    for ds in datasets:
        for group, values in zip(ds.PerFrameFunctionalGroupsSequence, raw_pixels(ds), strict=True):
            if variant == "philips_enhanced":
                item = private(group, 0x2005, "Philips MR Imaging DD 005", 0x0F)[0]
                values = values / private(item, 0x2005, "Philips MR Imaging DD 001", 0x0E)
            where = group.PlanePositionSequence[0].ImagePositionPatient
            out.append((group.MRDiffusionSequence[0].DiffusionBValue, where, values))
    return out


def decoded(variant, paths, patient):
    """(n, k, j, i) signal of the files in the units of the patient, b values, positions."""
    datasets = sorted((pydicom.dcmread(path) for path in paths), key=lambda ds: int(ds.InstanceNumber))
    family = (
        enhanced_slices
        if variant in ("canon_enhanced", "siemens_xa", "philips_enhanced")
        else mosaic_slices
        if VARIANTS[variant].multi_frame
        else classic_slices
    )
    origins = patient.geometry.slice_origins
    stacks = [[] for _ in origins]
    for b, where, values in family(variant, datasets):
        distance = np.linalg.norm(origins - np.array(where, float), axis=1)
        assert distance.min() < 2e-4
        stacks[int(distance.argmin())].append((b, values))
    scale = VARIANTS[variant].gain or philips.FLOATING_POINT_GAIN
    signal = np.array([[values / scale for _, values in stack] for stack in stacks]).swapaxes(0, 1)
    return signal, [b for b, _ in stacks[0]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_files_give_back_signal_b_and_adc(variant, tmp_path):
    patient = scanned(variant)
    written = write_study(variant, patient, Study(), tmp_path)
    signal, b = decoded(variant, written["dwi"], patient)
    assert b == pytest.approx([w.b for w in patient.weightings], rel=1e-6)
    half_a_step = 0.5 / np.array([step_of(variant, w.b) for w in patient.weightings]).reshape(-1, 1, 1, 1)
    assert (np.abs(signal - patient.signal) <= half_a_step * 1.001 + 1e-5).all()

    inside = patient.infarct_fraction >= 1 - 1e-6
    low = np.array(b) < 10
    logs = np.log(signal[:, inside])
    adc = (np.log(signal[low][:, inside].mean(axis=0)) - logs[~low].mean(axis=0)) / (
        np.mean(np.array(b)[~low]) - np.mean(np.array(b)[low])
    )
    rounding = (half_a_step[0].item() / signal[low].mean(axis=0)[inside]) + half_a_step[-1].item() / signal[-1][inside]
    assert (np.abs(adc * 1e6 - 450) <= rounding / 900 * 1e6 + 0.06).all()


def step_of(variant, b):
    """Stored steps per unit of signal."""
    if variant.startswith("philips"):
        return philips.FLOATING_POINT_GAIN * (0.025 if b < 10 else 0.05)
    return VARIANTS[variant].gain


def test_where_b_values_stand_and_where_not(tmp_path):
    def first_and_last(variant):
        patient = scanned(variant)
        paths = write_study(variant, patient, Study(), tmp_path / variant, maps=False)["dwi"]
        return pydicom.dcmread(paths[0]), pydicom.dcmread(paths[-1])

    b0, dwi = first_and_last("ge")
    assert "DiffusionBValue" not in b0 and dwi.DiffusionBValue == 1000
    assert list(private(b0, 0x43, "GEMS_PARM_01", 0x39)) == [0, 8, 0, 0]
    assert private(dwi, 0x43, "GEMS_PARM_01", 0x39)[0] == 1_000_001_000
    b0, dwi = first_and_last("toshiba_old")
    assert "DiffusionBValue" not in b0 and dwi.DiffusionBValue == 1000
    b0, dwi = first_and_last("uih")
    assert "DiffusionBValue" not in dwi
    assert private(dwi, 0x65, "Image Private Header", 0x0A) == 1000
    assert private(dwi, 0x65, "Image Private Header", 0x09) == uih.B_HIGH
    assert private(b0, 0x65, "Image Private Header", 0x09) == uih.B_LOW
    b0, dwi = first_and_last("siemens_mosaic")
    assert "DiffusionBValue" not in dwi
    assert csa_values(dwi, "B_value") == ["1000    "] and csa_values(b0, "DiffusionDirectionality") == ["NONE"]
    assert csa_values(dwi, "NumberOfImagesInMosaic") == ["9"]


def test_philips_repeats_of_b0_are_floats(tmp_path):
    patient = scanned("philips")
    paths = write_study("philips", patient, Study(), tmp_path, maps=False)["dwi"]
    values = {private(pydicom.dcmread(path), 0x2001, "Philips Imaging DD 001", 3) for path in paths}
    assert values == {0.0, 0.0010000000474974513, 1000.0}
    pairs = {(float(pydicom.dcmread(p).RescaleSlope), pydicom.dcmread(p).DiffusionBValue > 10) for p in paths}
    assert pairs == {(1.5, False), (2.0, True)}


@pytest.mark.parametrize("variant", ["philips_adc_silent", "philips_adc_typed"])
def test_philips_adc_within_the_raw_series_has_no_b(variant, tmp_path):
    patient = scanned(variant)
    datasets = [pydicom.dcmread(p) for p in write_study(variant, patient, Study(), tmp_path)["dwi"]]
    adc = [ds for ds in datasets if 3 not in ds.private_block(0x2001, "Philips Imaging DD 001")]
    assert len(adc) == patient.geometry.shape[0]
    assert all("DiffusionBValue" not in ds for ds in adc)
    assert ("ADC" in adc[0].ImageType) == (variant == "philips_adc_typed")
    values = np.array([raw_pixels(ds)[0] * float(ds.RescaleSlope) for ds in adc])
    assert np.abs(values - patient.scanner_adc().clip(0, 3276)).max() <= 0.41


@pytest.mark.parametrize("variant", ["ge", "siemens_mosaic", "siemens_xa", "philips"])
def test_vendor_adc_is_exact_and_says_no_unit(variant, tmp_path):
    patient = scanned(variant)
    datasets = [pydicom.dcmread(path) for path in write_study(variant, patient, Study(), tmp_path)["adc"]]
    values = np.concatenate([raw_pixels(ds) * float(ds.get("RescaleSlope", 1)) for ds in datasets])
    inside = patient.infarct_fraction >= 1 - 1e-6
    assert np.abs(values[inside] - 450).max() <= 0.5 * float(datasets[0].get("RescaleSlope", 1)) + 0.06
    assert all(
        "um2/s" not in str(ds) and "mm2/s" not in str(ds.get("RealWorldValueMappingSequence", "")) for ds in datasets
    )
    b_of_map = [e for ds in datasets for e in ds.iterall() if e.tag in (0x00189087, 0x0019100C, 0x20011003)]
    assert not b_of_map


@pytest.mark.parametrize("syntax", ["implicit", "rle"])
def test_transfer_syntaxes_hold_the_same_pixels(syntax, tmp_path):
    patient = scanned("ge")
    plain = write_study("ge", patient, Study(), tmp_path / "plain")["dwi"]
    other = write_study("ge", patient, Study(), tmp_path / "other", Options(transfer_syntax=syntax))["dwi"]
    for a, b in zip(plain[::7], other[::7], strict=True):
        one, two = pydicom.dcmread(a), pydicom.dcmread(b)
        assert two.file_meta.TransferSyntaxUID.is_implicit_VR == (syntax == "implicit")
        assert two.file_meta.TransferSyntaxUID.is_encapsulated == (syntax == "rle")
        assert np.array_equal(one.pixel_array, two.pixel_array)
        assert one.SOPInstanceUID == two.SOPInstanceUID


def test_own_slope_of_every_slice(tmp_path):
    patient = scanned("ge")
    paths = write_study("ge", patient, Study(), tmp_path, Options(slice_slopes=True), maps=False)["dwi"]
    assert len({float(pydicom.dcmread(path).RescaleSlope) for path in paths}) > 4
    signal, _ = decoded("ge", paths, patient)
    assert np.abs(signal - patient.signal).max() <= 0.5 * 2.5 / VARIANTS["ge"].gain * 1.001


@pytest.mark.parametrize(
    "slab",
    [
        {"reverse": True},
        {"tilt_deg": 15},
        {"offsets_mm": [-50, -44, -38, -32, -24, -16, -8, 0, 8]},
        {"orientation": SAGITTAL},
    ],
)
def test_geometry_variants_keep_positions(slab, tmp_path):
    patient = scanned("siemens_slices", **slab)
    written = write_study("siemens_slices", patient, Study(), tmp_path, Options(shuffle_seed=3), maps=False)
    signal, _ = decoded("siemens_slices", written["dwi"], patient)
    assert np.abs(signal - patient.signal).max() <= 0.5 / VARIANTS["siemens_slices"].gain * 1.001
    normal = np.cross(*np.reshape(patient.slab.orientation, (2, 3)))
    step = np.diff(patient.geometry.slice_origins, axis=0)[0]
    angle = math.degrees(math.acos(min(1.0, abs(step @ normal) / np.linalg.norm(step))))
    assert angle == pytest.approx(slab.get("tilt_deg", 0), abs=1e-3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_files_are_deterministic_and_nobody_is_named(variant, tmp_path):
    for folder in ("one", "two"):
        write_study(variant, scanned(variant), Study(3), tmp_path / folder, Options(shuffle_seed=1))
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.dcm"))
    assert files
    uids = set()
    for name in files:
        data = (tmp_path / "one" / name).read_bytes()
        assert data == (tmp_path / "two" / name).read_bytes()
        ds = pydicom.dcmread(tmp_path / "one" / name, stop_before_pixels=True)
        assert (str(ds.PatientName), ds.PatientID) == ("Synthetic^Patient03", "SYNTH-003")
        assert ds.StudyInstanceUID == Study(3).uid("study") and ds.SOPInstanceUID.is_valid
        assert str(ds.SOPInstanceUID).startswith("2.25.")
        uids.add(ds.SOPInstanceUID)
    assert len(uids) == len(files)


@pytest.mark.skipif(not shutil.which("dciodvfy"), reason="dciodvfy is not installed")
@pytest.mark.parametrize("variant", [v for v in VARIANTS if v not in ("siemens_xa", "uih_mosaic")])
def test_validator_finds_no_error(variant, tmp_path):
    """UIH mosaics lack a position as the real ones do, XA maps hold acquisition attributes as the real ones do."""
    written = write_study(variant, scanned(variant), Study(), tmp_path)
    for path in {p for paths in written.values() for p in (paths[0], paths[-1])}:
        found = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
        assert not [line for line in (found.stdout + found.stderr).splitlines() if line.startswith("Error")]


# --- BIDS and the demo patients ----------------------------------------------------------------------------------------------


def test_bids_image_lies_where_the_slices_lie(tmp_path):
    patient = scanned("siemens_slices")
    image_path, bval, bvec, _, description = write_bids(patient, tmp_path)
    assert json.loads(description.read_text())["BIDSVersion"]
    image = sitk.ReadImage(str(image_path))
    assert image.GetDimension() == 4
    values = sitk.GetArrayFromImage(image)
    assert np.abs(values / 10 - patient.signal).max() <= 0.0501
    corner = patient.geometry.affine @ [5, 7, 3, 1]
    assert image.TransformIndexToPhysicalPoint((5, 7, 3, 0))[:3] == pytest.approx(corner[:3], abs=1e-3)
    assert bval.read_text().split() == ["0"] + ["1000"] * 6
    table = np.loadtxt(bvec)
    ras = np.diag([-1, -1, 1]) @ patient.geometry.affine[:3, :3]
    ras = ras / np.linalg.norm(ras, axis=0)
    mirrored = table * ([[-1], [1], [1]] if np.linalg.det(ras) > 0 else 1)
    lps = np.diag([-1, -1, 1]) @ ras @ mirrored
    assert pytest.approx(np.array(ICOSAHEDRAL), abs=1e-6) == lps[:, 1:].T


def test_bids_refuses_what_one_affine_cannot_say(tmp_path):
    with pytest.raises(ValueError, match="evenly spaced"):
        write_bids(scanned("siemens_slices", tilt_deg=10), tmp_path)


def test_demo_patients_cover_what_they_promise():
    patients = demo_patients()
    assert [p.number for p in patients] == list(range(1, len(patients) + 1))
    assert len({p.name for p in patients}) == len(patients)
    volumes = [sum(r.volume_ml for r in p.head.infarcts) for p in patients]
    for wanted in (0, 1.5, 5, 12, 35, 80):
        assert any(v == pytest.approx(wanted, abs=1e-9) for v in volumes)
    assert {p.expected.outcome for p in patients} == {"measure", "refuse"}
    assert all(lies_in_brain(r) for p in patients for r in p.head.infarcts)
    assert all(p.expected.issue and p.fault for p in patients if p.expected.outcome == "refuse")


def test_written_patient_has_its_truth_beside_it(tmp_path):
    spec = with_noise(demo_patients()[2], None)
    truth = write_patient(spec, tmp_path)
    stored = json.loads((tmp_path / f"{spec.name}.truth.json").read_text())
    assert stored["volume_ml"] == truth.volume_ml == 5.0
    assert (stored["side"], stored["lesion_count"], stored["outcome"]) == ("left", 3, "measure")
    assert stored["sampled_volume_ml"] == pytest.approx(5, rel=2e-3)
    assert stored["adc_at_or_below_620_ml"] == pytest.approx(5, rel=0.15)
    assert stored["adc_um2_s"] == pytest.approx((2 * 480 + 1.6 * 440 + 1.4 * 460) / 5, abs=1e-3)
    assert sum(lesion["volume_ml"] for lesion in stored["lesions"]) == pytest.approx(5, abs=1e-5)


def test_patients_to_refuse_are_damaged_as_said(tmp_path):
    missing, no_b = (p for p in demo_patients() if p.fault)
    write_patient(missing, tmp_path)
    levels = sorted(
        {float(pydicom.dcmread(p).ImagePositionPatient[2]) for p in (tmp_path / missing.name).rglob("*.dcm")}
    )
    gaps = np.diff(levels)
    assert len(levels) == 25 and sorted(set(gaps.round(6))) == [5, 10]
    write_patient(no_b, tmp_path)
    for path in (tmp_path / no_b.name).rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        assert "DiffusionBValue" not in ds and not any(e.tag.is_private for e in ds)
