"""NIfTI: geometry, values, b values and gradient directions against analytic truth and against nibabel."""

import gzip
import json

import numpy as np
import pytest
from nifti_writer import nifti_bytes, write_nifti

from strokequant.dicomio.nifti import looks_like_labels, nifti_case, nifti_series, read_adc, read_diffusion, read_volume
from strokequant.dicomio.nifti_file import lps_affine, parse_header, values_of
from strokequant.errors import GeometryError, Level, ReadError
from strokequant.types import Directionality, Role

SFORM = np.array([[-2, 0, 0, 90], [0, 2, 0, -120], [0, 0, 5, -60], [0, 0, 0, 1]], dtype=float)


def ramp(shape=(3, 4, 5), dtype="i2"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype) * 7 + 300


def codes(error):
    return [issue.code for issue in error.value.issues]


def affine_of(**options):
    return lps_affine(parse_header(nifti_bytes(ramp(), **options)))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8", "i8"])
def test_values_of_every_type_and_byte_order(tmp_path, name, order, dtype):
    values = (np.arange(60).reshape(3, 4, 5) * 2 - 50 * (dtype[0] in "if")).astype(dtype)
    volume = read_volume(nifti_series(write_nifti(tmp_path / name, values, order=order), Role.OTHER))
    np.testing.assert_array_equal(volume.values, values.astype(np.float32))
    assert volume.values.dtype == np.float32


def test_array_order_is_kji_and_affine_is_lps(tmp_path):
    volume = read_volume(nifti_series(write_nifti(tmp_path / "a.nii", ramp()), Role.FLAIR))
    assert volume.geometry.shape == (3, 4, 5)
    corner = volume.geometry.affine @ [4, 3, 2, 1]
    np.testing.assert_allclose(corner[:3], [-(90 - 2 * 4), -(-120 + 2 * 3), -60 + 5 * 2])
    assert volume.geometry.voxel_volumes_mm3 == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("slope", "inter", "expected"), [(0, 5, 300), (1, 0, 300), (0.5, 10, 160), (np.nan, 0, 300), (2, -600, 0)]
)
def test_scl_slope(tmp_path, slope, inter, expected):
    volume = read_volume(nifti_series(write_nifti(tmp_path / "a.nii", ramp(), slope=slope, inter=inter), Role.OTHER))
    assert volume.values[0, 0, 0] == expected


def test_tiny_slope_keeps_precision(tmp_path):
    """An ADC map in mm2/s stored as integers has a slope about 1e-6; 620 must come out as 0.00062."""
    volume = read_adc(
        nifti_series(write_nifti(tmp_path / "a.nii", np.full((2, 3, 3), 620, "i2"), slope=1e-6), Role.ADC)
    )
    assert volume.values[0, 0, 0] == pytest.approx(0.00062, rel=1e-6)


def test_slope_without_a_finite_intercept_is_refused(tmp_path):
    with pytest.raises(ReadError):
        nifti_series(write_nifti(tmp_path / "a.nii", ramp(), slope=2.0, inter=np.inf), Role.OTHER)


def test_no_geometry_is_refused(tmp_path):
    """Other readers make up an identity or a pixdim grid here."""
    series = nifti_series(write_nifti(tmp_path / "a.nii", ramp(), sform=SFORM, sform_code=0), Role.OTHER)
    with pytest.raises(GeometryError) as error:
        read_volume(series)
    assert codes(error) == ["G00"]
    assert "qform code 0 and sform code 0" in str(error.value)


def test_forms_that_agree_and_forms_that_do_not():
    q = (0, 1, 0, 90, -120, -60, -1.0)  # turned by 180 degrees about y with qfac -1: (-2, 2, +5)
    same = {"sform": SFORM, "qform": q, "pixdim": (2, 2, 5, 1)}
    np.testing.assert_allclose(affine_of(**same)[:3, 3], [-90, 120, -60])
    shifted = SFORM.copy()
    shifted[0, 3] += 0.05
    affine_of(**(same | {"sform": shifted}))
    shifted[0, 3] += 0.1
    with pytest.raises(GeometryError, match="apart"):
        affine_of(**(same | {"sform": shifted}))
    with pytest.raises(GeometryError, match="apart"):
        affine_of(**(same | {"sform": np.diag([-1, 1, 1, 1]) @ SFORM}))  # left and right swapped


def test_qform_alone_with_rotation():
    """Rotation about z by 30 degrees: b = c = 0, d = sin(15 degrees)."""
    affine = affine_of(qform=(0, 0, np.sin(np.radians(15)), 1, 2, 3, 1.0), pixdim=(2, 3, 4, 1))
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    np.testing.assert_allclose(affine[:3, 0], [-2 * c, -2 * s, 0], atol=1e-6)
    np.testing.assert_allclose(affine[:3, 1], [3 * s, -3 * c, 0], atol=1e-6)
    np.testing.assert_allclose(affine[:3, 3], [-1, -2, 3], atol=1e-6)


def test_shear_is_kept(tmp_path):
    """A tilted CT: the slice step is not along the normal; volume is |det|, not the product of the edges."""
    sheared = SFORM.copy()
    sheared[1, 2] = 5 * np.tan(np.radians(20))
    volume = read_volume(nifti_series(write_nifti(tmp_path / "a.nii", ramp(), sform=sheared), Role.NCCT))
    assert volume.geometry.tilt_deg == pytest.approx(20, abs=1e-4)
    assert volume.geometry.voxel_volumes_mm3 == pytest.approx(20.0)


def test_template_form_gives_way_to_the_patients():
    template = np.diag([3.0, 3, 3, 1])
    affine = affine_of(sform=template, sform_code=4, qform=(0, 1, 0, 90, -120, -60, -1.0), pixdim=(2, 2, 5, 1))
    assert abs(np.linalg.det(affine)) == pytest.approx(20)


def test_template_space_is_asked(tmp_path):
    series = nifti_series(write_nifti(tmp_path / "a.nii", ramp(), sform=SFORM, sform_code=4), Role.DWI)
    assert ("G18", Level.ASK) in [(i.code, i.level) for i in series.issues]


@pytest.mark.parametrize(("units", "factor"), [(0, 1), (1, 1000), (2, 1), (3, 1e-3), (10, 1)])
def test_spatial_units(units, factor):
    np.testing.assert_allclose(affine_of(sform=SFORM, units=units)[0, 0], 2 * factor)


def test_unknown_spatial_unit_and_singular_affine_are_refused():
    with pytest.raises(GeometryError):
        affine_of(sform=SFORM, units=5)
    with pytest.raises(GeometryError):
        affine_of(sform=np.diag([1.0, 1, 0, 1]))
    with pytest.raises(GeometryError):
        affine_of(sform=np.full((4, 4), np.nan))


def test_pixdim_that_disagrees_is_said(tmp_path):
    volume = read_volume(
        nifti_series(write_nifti(tmp_path / "a.nii", ramp(), sform=SFORM, pixdim=(1, 1, 1, 1)), Role.OTHER)
    )
    assert [(i.code, i.level) for i in volume.issues] == [("G01", Level.WARN)]


def test_non_finite_values_are_counted(tmp_path):
    values = ramp(dtype="f4")
    values[0, 0, :3] = np.nan, np.inf, -np.inf
    volume = read_volume(nifti_series(write_nifti(tmp_path / "a.nii", values), Role.OTHER))
    assert volume.provenance["non_finite"] == 3
    assert "3 voxels" in volume.issues[0].found


@pytest.mark.parametrize("keep", [10, 100, 351, 352, 400])
def test_cut_off_files_are_found(tmp_path, keep):
    path = tmp_path / "a.nii"
    path.write_bytes(nifti_bytes(ramp(), sform=SFORM)[:keep])
    with pytest.raises(ReadError):
        nifti_series(path, Role.OTHER)


def test_cut_off_gzip_and_wrong_files(tmp_path):
    whole = gzip.compress(nifti_bytes(np.random.default_rng(0).random((9, 9, 9)), sform=SFORM))
    for name, data in {"cut.nii.gz": whole[: len(whole) // 2], "text.nii": b"hello", "empty.nii.gz": b""}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ReadError):
            nifti_series(tmp_path / name, Role.OTHER)
    with pytest.raises(ReadError) as error:
        nifti_series(tmp_path / "absent.nii", Role.OTHER)
    assert codes(error) == ["I01"]


@pytest.mark.parametrize("options", [{"datatype": 32}, {"datatype": 128}, {"magic": b"ni1\0"}])
def test_complex_color_and_pairs_are_refused(options):
    with pytest.raises(ReadError):
        parse_header(nifti_bytes(ramp(), sform=SFORM, **options))


def four_d(tmp_path, bval=None, bvec=None, sidecar=None, name="sub-1_dwi", shape=(4, 3, 4, 5), **options):
    path = write_nifti(tmp_path / f"{name}.nii.gz", ramp(shape), **options)
    if bval is not None:
        (tmp_path / f"{name}.bval").write_text(bval)
    if bvec is not None:
        (tmp_path / f"{name}.bvec").write_text(bvec)
    if sidecar is not None:
        (tmp_path / f"{name}.json").write_text(json.dumps(sidecar))
    return path


def test_diffusion_with_bval_and_bvec(tmp_path):
    path = four_d(tmp_path, "0 1000 1000 5\n", "0 1 0 0\n0 0 1 0\n0 0 0 0\n", slope=2.0)
    dwi = read_diffusion(nifti_series(path, Role.DWI))
    np.testing.assert_array_equal(dwi.b_values, [0, 1000, 1000, 5])
    assert set(dwi.b_tags) == {"bval file"}
    assert [str(d) for d in dwi.directionality] == ["NONE", "DIRECTIONAL", "DIRECTIONAL", "NONE"]
    np.testing.assert_array_equal(dwi.values[1], ramp((4, 3, 4, 5))[1] * 2)
    assert np.isnan(dwi.directions[0]).all()


@pytest.mark.parametrize("x_step", [-2.0, 2.0])
def test_directions_in_lps_follow_fsl(tmp_path, x_step):
    """The patient's left is (1, 0, 0) in LPS; in FSL's frame x grows to the right image side whatever the storage."""
    sform = SFORM.copy()
    sform[0, 0] = x_step
    path = four_d(tmp_path, "0 1000", "0 1\n0 0\n0 0\n", shape=(2, 3, 4, 5), sform=sform)
    dwi = read_diffusion(nifti_series(path, Role.DWI))
    np.testing.assert_allclose(dwi.directions[1], [1, 0, 0], atol=1e-6)


@pytest.mark.parametrize("text", ["0,1000,1000,1000", "0\n1000\n1000\n1000\n", "\ufeff0 1000 1000 1000 \n\n"])
def test_bval_spellings(tmp_path, text):
    assert nifti_series(four_d(tmp_path, text), Role.DWI).header["b_values"] == (0, 1000, 1000, 1000)


@pytest.mark.parametrize(
    ("text", "code"),
    [("0 1000", "B01"), ("0 1000 -1 1000", "B02"), ("0 nan 1 1", "B02"), ("0 1e9 1 1", "B02"), ("a b c d", "B01")],
)
def test_bval_files_that_cannot_be_right(tmp_path, text, code):
    with pytest.raises(ReadError) as error:
        nifti_series(four_d(tmp_path, text), Role.DWI)
    assert codes(error) == [code]


def test_bvec_of_the_wrong_length(tmp_path):
    series = nifti_series(four_d(tmp_path, "0 1 1 1", "0 1\n0 0\n0 0\n"), Role.DWI)
    with pytest.raises(ReadError):
        read_diffusion(series)


def test_a_missing_b_value_is_never_assumed(tmp_path):
    path = four_d(tmp_path, name="sub-1_b1000_dwi", shape=(3, 4, 5))
    series = nifti_series(path, Role.DWI)
    assert series.header["b_values"] == ()
    assert [(i.code, i.level) for i in series.issues] == [("B01", Level.WARN)]
    assert read_volume(series).values.shape == (3, 4, 5)
    with pytest.raises(ReadError) as error:
        read_diffusion(series)
    assert codes(error) == ["B01"]


def test_b_value_of_the_sidecar_belongs_to_one_volume_only(tmp_path):
    one = nifti_series(four_d(tmp_path, sidecar={"DiffusionBValue": 800.0}, shape=(3, 4, 5)), Role.DWI)
    assert one.header["b_values"] == (800.0,)
    assert "sidecar" in one.header["b_tags"][0]
    many = nifti_series(four_d(tmp_path, sidecar={"DiffusionBValue": 800.0}, name="sub-2_dwi"), Role.DWI)
    assert many.header["b_values"] == ()


def test_flags_win(tmp_path):
    path = four_d(tmp_path, "800", sidecar={"DiffusionBValue": 700, "Units": "um2/s"}, shape=(3, 4, 5))
    series = nifti_series(path, Role.DWI, b_value=1000, unit="mm2/s")
    assert (series.header["b_values"], series.header["b_tags"]) == ((1000.0,), ("flag",))
    assert [i.code for i in series.issues] == ["B03"]
    assert series.header["unit_flag"] == "mm2/s"
    assert series.header["units"] == "um2/s"


@pytest.mark.parametrize("flags", [{"b_value": -1}, {"b_value": 1e6}, {"b_value": float("nan")}, {"unit": "furlong"}])
def test_flags_that_cannot_be_right(tmp_path, flags):
    with pytest.raises(ReadError):
        nifti_series(four_d(tmp_path, shape=(3, 4, 5)), Role.DWI, **flags)


def test_one_b_value_for_a_4d_file_is_refused(tmp_path):
    with pytest.raises(ReadError):
        nifti_series(four_d(tmp_path), Role.DWI, b_value=1000)


def test_b0_and_dwi_in_two_files(tmp_path):
    b0 = four_d(tmp_path, name="s_b0", shape=(3, 4, 5))
    dwi = four_d(tmp_path, name="s_dwi", shape=(3, 4, 5), slope=0.5)
    (series,) = nifti_case(dwi=dwi, b0=b0, b_value=1000)
    both = read_diffusion(series)
    np.testing.assert_array_equal(both.b_values, [0, 1000])
    np.testing.assert_array_equal(both.values[1] * 2, both.values[0])
    assert both.directionality == (Directionality.NONE, Directionality.UNKNOWN)
    assert both.b_tags == ("flag", "flag")
    moved = SFORM.copy()
    moved[2, 3] += 1
    (other,) = nifti_case(dwi=four_d(tmp_path, name="x_dwi", shape=(3, 4, 5), sform=moved), b0=b0, b_value=1000)
    with pytest.raises(GeometryError) as error:
        read_diffusion(other)
    assert codes(error) == ["G17"]


def test_named_files_without_a_b_value_stay_apart(tmp_path):
    b0, dwi = (four_d(tmp_path, name=name, shape=(3, 4, 5)) for name in ("s_b0", "s_dwi"))
    adc = four_d(tmp_path, name="s_adc", shape=(3, 4, 5))
    found = nifti_case(dwi=dwi, b0=b0, adc=adc, adc_unit="mm2/s")
    assert [(s.key, s.role, s.header.get("b_values")) for s in found] == [
        ("dwi", Role.DWI, ()), ("b0", Role.DWI, (0.0,)), ("adc", Role.ADC, None)]  # fmt: skip
    assert [i.code for i in found[0].issues] == ["B01"]
    assert found[2].header["unit_flag"] == "mm2/s"


def test_bids_inheritance(tmp_path):
    (tmp_path / "dataset_description.json").write_text("{}")
    (tmp_path / "dwi.bval").write_text("0 1000 1000 1000")
    (tmp_path / "sub-1_dwi.json").write_text('{"EchoTime": 0.08, "Modality": "CT"}')
    (tmp_path / "acq-other_dwi.json").write_text('{"EchoTime": 9}')
    folder = tmp_path / "sub-1" / "dwi"
    folder.mkdir(parents=True)
    path = four_d(folder, sidecar={"Modality": "MR"})
    series = nifti_series(path, Role.DWI)
    assert series.header["b_values"] == (0, 1000, 1000, 1000)
    assert series.header["echo_time"] == 0.08
    assert series.modality == "MR"


def test_broken_sidecar_is_absent(tmp_path):
    path = four_d(tmp_path, "0 1 2 3")
    path.with_name("sub-1_dwi.json").write_text("{broken")
    assert nifti_series(path, Role.DWI).header["sidecar"] is False


def test_identity_is_the_hash_of_the_content(tmp_path):
    one = nifti_series(write_nifti(tmp_path / "a.nii", ramp()), Role.OTHER)
    two = nifti_series(write_nifti(tmp_path / "b.nii", ramp()), Role.OTHER)
    assert one.series_uid == two.series_uid
    assert one.series_uid.startswith("sha256:") and len(one.series_uid) == 71
    assert read_volume(one).source.uid == one.series_uid


@pytest.mark.parametrize(
    ("values", "label"),
    [(np.eye(8)[None].repeat(3, 0).astype("u1"), True), (np.zeros((3, 8, 8), "f4"), True),
     ((np.arange(192) % 33).reshape(3, 8, 8).astype("i2"), True), (np.full((3, 8, 8), 620, "i2"), True),
     (np.arange(192).reshape(3, 8, 8).astype("i2"), False), (np.linspace(0, 1, 192).reshape(3, 8, 8).astype("f4"), False),
     (np.array([800, 450, 3000, 0] * 48).reshape(3, 8, 8).astype("i2"), False)],
)  # fmt: skip
def test_label_maps(values, label):
    data = nifti_bytes(values, sform=SFORM)
    assert looks_like_labels(data, parse_header(data)) is label


def test_a_label_map_stated_as_image_is_marked(tmp_path):
    series = nifti_series(write_nifti(tmp_path / "a.nii", np.eye(8)[None].repeat(3, 0).astype("u1")), Role.ADC)
    assert [i.code for i in series.issues] == ["F05"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_against_nibabel(tmp_path, version, seed):
    nib = pytest.importorskip("nibabel")
    rng = np.random.default_rng(seed)
    affine = np.eye(4)
    affine[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.uniform(0.5, 5, 3)
    affine[:3, 3] = rng.uniform(-100, 100, 3)
    image = {1: nib.Nifti1Image, 2: nib.Nifti2Image}[version](rng.normal(size=(6, 5, 4, 3)).astype("f4"), affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, tmp_path / "a.nii.gz")
    data = gzip.decompress((tmp_path / "a.nii.gz").read_bytes())
    header = parse_header(data)
    np.testing.assert_allclose(np.diag([-1, -1, 1, 1]) @ lps_affine(header), affine, atol=1e-4)
    np.testing.assert_array_equal(values_of(data, header), image.get_fdata().T.astype("f4"))


def test_real_files_against_nibabel(shared_data):
    nib = pytest.importorskip("nibabel")
    folder = shared_data / "diffusion"
    for path in [*folder.glob("ads_subject02/*.nii.gz"), *folder.glob("isles22_case0009/*/*/*/*.nii.gz")]:
        image = nib.load(path)
        volume = read_volume(nifti_series(path, Role.OTHER))
        np.testing.assert_allclose(volume.values, image.get_fdata().T, rtol=1e-6, atol=1e-4)
        np.testing.assert_allclose(np.diag([-1, -1, 1, 1]) @ volume.geometry.affine, image.affine, atol=1e-4)


def test_isles_case(shared_data):
    """The sidecar gives b 800 for the DWI; its 0 for the ADC map is no b value of a map and is not used."""
    raw = shared_data / "diffusion/isles22_case0009/rawdata/sub-strokecase0009/ses-0001"
    dwi = nifti_series(raw / "sub-strokecase0009_ses-0001_dwi.nii.gz", Role.DWI)
    assert dwi.header["b_values"] == (800.0,)
    assert dwi.equipment.manufacturer == "Philips Medical Systems"
    adc = nifti_series(raw / "sub-strokecase0009_ses-0001_adc.nii.gz", Role.ADC)
    assert "b_values" not in adc.header
    mask = raw.parents[2] / "derivatives/sub-strokecase0009/ses-0001/sub-strokecase0009_ses-0001_msk.nii.gz"
    values = read_volume(nifti_series(mask, Role.OTHER))
    assert values.geometry.volume_ml(values.values > 0.5) == pytest.approx(4.184, abs=1e-3)


def test_ads_case_is_exact(shared_data):
    """ADC = ln(b0 / DWI) / 1000 holds exactly in these files: both scale factors and both grids are read rightly."""
    folder = shared_data / "diffusion/ads_subject02"
    b0, dwi = folder / "Subject02_b0.nii.gz", folder / "Subject02_DWI.nii.gz"
    both = read_diffusion(nifti_case(b0=b0, dwi=dwi, b_value=1000)[0])
    adc = read_adc(nifti_series(folder / "Subject02_ADC.nii.gz", Role.ADC))
    ok = (both.values > 0).all(axis=0) & (adc.values != 0)
    b0_values, dwi_values = both.values[:, ok]
    np.testing.assert_allclose(np.log(b0_values / dwi_values) / 1000, adc.values[ok], atol=2e-9)
