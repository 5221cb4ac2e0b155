"""Dynamic series from files: every layout of every vendor gives the same images at the right times, and damage is told or refused."""

import json
import tracemalloc

import numpy as np
import pytest
from dicom_writer import uid, write
from dynamic_series import CTP, DSC, an_image, clock, codes, dynamic, scanned, stamp, write_dynamic
from dynamic_series import even as even_times
from nifti_writer import write_nifti
from pydicom import dcmread
from pydicom.dataset import Dataset

from strokequant.dicomio.nifti import nifti_series
from strokequant.dicomio.read_time import read_time_series
from strokequant.dicomio.scan import scan
from strokequant.dicomio.time_audit import audit_times
from strokequant.dicomio.time_join import joined_series
from strokequant.errors import Level, ReadError
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.perfusion_dicom import CTP_VARIANTS, DSC_VARIANTS, write_perfusion
from strokequant.synthetic.perfusion_protocol import Protocol
from strokequant.synthetic.vendors.common import Options, Study
from strokequant.synthetic.vendors.dynamic import DynamicScan
from strokequant.synthetic.vendors.siemens import csa_header
from strokequant.types import Role, TimeSeries

FRAMES = 16
PIXELS = 8
UNEVEN = np.repeat(np.concatenate([np.arange(12) * 1.5, 16.5 + np.arange(1, 5) * 3.0])[:, None], 3, axis=1)


def even(frames=FRAMES, *args, **options):
    """`dynamic_series.even` of few frames."""
    return even_times(frames, *args, **options)


def expected(frames=FRAMES, slices=3, offset=0):
    """(t, k) value of every image."""
    return 100 + 10 * np.arange(frames)[:, None] + np.arange(slices)[None] + offset


def check(series, times, *, offset=0, kept=None, **options):
    """Read; every image must lie at its frame and slice, at its time."""
    read = read_time_series(series, **options)
    kept = np.arange(len(times)) if kept is None else kept
    np.testing.assert_array_equal(read.values[:, :, 3, 4], expected(len(times), times.shape[1], offset)[kept])
    wanted = times[kept] - times[kept][0].mean()
    np.testing.assert_allclose(read.times_s, wanted.mean(axis=1), atol=2e-6)
    if read.slice_times_s is None:
        assert np.ptp(times, axis=1).max() < 0.005
    else:
        np.testing.assert_allclose(read.slice_times_s, wanted, atol=2e-6)
    assert read.values.dtype == np.float32 and read.geometry.shape == read.values.shape[1:]
    return read


def refused(series, **options):
    with pytest.raises(ReadError) as error:
        read_time_series(series, **options)
    return error.value.issues[0]


@pytest.mark.parametrize("order", ["time", "slice", "none"])
@pytest.mark.parametrize(
    "times", [even(), even(offsets=[0, 0.75, 0.25]), UNEVEN], ids=["even", "interleaved", "uneven"]
)
def test_classic_dsc(tmp_path, times, order):
    series = dynamic(tmp_path, times, order=order)
    assert series.role is Role.DSC
    read = check(series, times)
    assert (read.kind, read.unit, read.echo_time_ms) == ("dsc", "1", 30.0)
    assert read.time_tag == "Acquisition Time (0008,0032)"
    assert len(read.instance_uids) == FRAMES and len(set(sum(read.instance_uids, ()))) == 3 * FRAMES
    assert set(read.source.instances) == set(sum(read.instance_uids, ()))


@pytest.mark.parametrize("shuttle", [False, True])
def test_classic_ctp(tmp_path, shuttle):
    t, x = np.arange(FRAMES)[:, None], np.linspace(0, 1, 6)[None]
    times = 1.5 * t + (1.2 * np.where(t % 2 == 0, x, 1 - x) if shuttle else 0 * x)
    series = dynamic(tmp_path, times, CTP, more=lambda t, k: {"AcquisitionNumber": t + 1})
    assert series.role is Role.CTP
    read = check(series, times, offset=-1024)
    assert (read.kind, read.unit, read.echo_time_ms) == ("ctp", "[hnsf'U]", None)
    assert read.provenance["kvp_range"] == [80, 80] and read.provenance["exposure_mas_range"] == [100, 100]


def test_two_slabs_at_two_table_positions(tmp_path):
    """Jog mode: two slabs in turn."""
    times = np.concatenate([even(FRAMES, 2, 3.0), even(FRAMES, 2, 3.0) + 1.5], axis=1)
    check(dynamic(tmp_path, times, CTP), times, offset=-1024)


def test_rescale_of_every_frame(tmp_path):
    slopes = lambda t, k: {"RescaleSlope": 1 + t % 3, "RescaleIntercept": -1000 - k}  # noqa: E731
    read = read_time_series(dynamic(tmp_path, even(), CTP, more=slopes))
    factor, shift = 1 + np.arange(FRAMES)[:, None] % 3, -1000 - np.arange(3)[None]
    np.testing.assert_array_equal(read.values[:, :, 0, 0], expected() * factor + shift)
    assert read.provenance["slope_range"] == [1, 3]


TELLING = {
    "AcquisitionDateTime": lambda s: {"AcquisitionDateTime": stamp(s), "AcquisitionTime": clock(0)},
    "date and time": lambda s: {"AcquisitionDate": "20240115", "AcquisitionTime": clock(s)},
    "TriggerTime": lambda s: {"AcquisitionTime": clock(0), "TriggerTime": f"{1000 * s:.3f}"},
    "ContentTime": lambda s: {"AcquisitionTime": clock(0), "ContentTime": clock(s)},
}


@pytest.mark.parametrize("tell", TELLING)
def test_elements_of_classic_images(tmp_path, tell):
    read = check(dynamic(tmp_path, even(), tags=TELLING[tell]), even())
    assert ("T02" in codes(read.issues, Level.WARN)) == (tell in ("TriggerTime", "ContentTime"))


def test_trigger_time_of_every_slice(tmp_path):
    """GE: one Acquisition Time, Trigger Time in ms for every slice."""
    times = even(offsets=[0, 0.75, 0.25])
    check(dynamic(tmp_path, times, tags=TELLING["TriggerTime"]), times)


def test_missing_and_repeated_frames_in_files(tmp_path):
    series = dynamic(tmp_path / "missing", even(), drop={(12, 1)})
    read = check(series, even(), kept=np.delete(np.arange(FRAMES), 12))
    assert read.provenance["missing_frames"] == [12]
    folder = write_dynamic(tmp_path / "repeated", even())
    for k in range(3):
        copy = an_image(DSC, 7, k, 500 + k, {"AcquisitionTime": clock(7 * 1.5), "SOPInstanceUID": uid("copy", k)})
        write(copy, folder / f"copy{k}.dcm")
    read = check(scanned(folder), even())
    assert read.provenance["repeated_frames"] == [7] and "T04" in codes(read.issues, Level.WARN)


def test_two_different_images_at_one_time(tmp_path):
    folder = write_dynamic(tmp_path, even())
    other = an_image(DSC, 8, 1, 500, {"AcquisitionTime": clock(7 * 1.5), "SOPInstanceUID": uid("other")})
    write(other, folder / "other.dcm")
    issue = refused(scanned(folder))
    assert (issue.code, issue.level) == ("T04", Level.STOP)


@pytest.mark.parametrize(
    ("name", "values", "level"),
    [("EchoTime", (30, 30.3), Level.STOP), ("KVP", (80, 100), Level.STOP), ("Exposure", (100, 200), Level.WARN)],
)
def test_what_changes_between_frames(tmp_path, name, values, level):
    base = DSC if name == "EchoTime" else CTP
    series = dynamic(tmp_path, even(), base, more=lambda t, k: {name: values[t >= 8]})
    if level is Level.STOP:
        assert refused(series).code == "T16"
    else:
        read = read_time_series(series)
        assert "T16" in codes(read.issues, level)
        assert read.provenance["exposure_mas_by_frame"] == [100] * 8 + [200] * 8


def full_range(value_of):
    """Images of 16 bits whose stored value is value_of(t)."""

    def more(t, k):
        signed = value_of(t) < 0 or value_of.__name__ == "signed"
        stored = np.full(64, value_of(t), "<i2" if signed else "<u2")
        return {"PixelData": stored.tobytes(), "BitsStored": 16, "HighBit": 15, "PixelRepresentation": int(signed)}

    return more


def unsigned(t):
    return (65000 + 100 * t) % 65536


def signed(t):
    return (32000 + 100 * t + 32768) % 65536 - 32768


def honest(t):
    return 65000 - 4000 * t


@pytest.mark.parametrize("curve", [unsigned, signed])
def test_values_that_wrap_are_refused(tmp_path, curve):
    issue = refused(dynamic(tmp_path, even(), more=full_range(curve)))
    assert (issue.code, issue.level) == ("T17", Level.STOP)
    assert "192 voxels" in issue.found


def test_large_honest_changes_are_no_wrap(tmp_path):
    read = read_time_series(dynamic(tmp_path, even(), more=full_range(honest)))
    assert read.provenance["wrapped_voxels"] == 0


def test_few_voxels_that_wrap_are_warned_about(tmp_path):
    def more(t, k):
        tags = full_range(honest)(t, k)
        stored = np.frombuffer(tags["PixelData"], "<u2").copy()
        stored[:3] = 65500 if t < 8 else 30
        return tags | {"PixelData": stored.tobytes()}

    read = read_time_series(dynamic(tmp_path, even(), more=more))
    assert "T17" in codes(read.issues, Level.WARN) and read.provenance["wrapped_voxels"] == 9


def test_values_of_12_bits_that_wrap_are_warned_about(tmp_path):
    """Metal beside air moves as far."""
    more = lambda t, k: {"PixelData": np.full(64, 4090 if t < 8 else 5, "<u2").tobytes()}  # noqa: E731
    read = read_time_series(dynamic(tmp_path, even(), more=more))
    assert "T17" in codes(read.issues, Level.WARN) and read.provenance["wrapped_voxels"] == 192


def test_clipped_values_are_counted(tmp_path):
    def more(frames):
        stored = np.full(64, 4095, "<u2")
        return lambda t, k: {"PixelData": stored.tobytes()} if t in frames else {}

    read = read_time_series(dynamic(tmp_path / "part", even(), more=more(range(5, 9))))
    assert "T18" in codes(read.issues, Level.WARN)
    assert (read.provenance["clipped_values"], read.provenance["clipped_voxels_in_part"]) == (4 * 192, 192)
    read = read_time_series(dynamic(tmp_path / "all", even(), more=more(range(FRAMES))))
    assert "T18" in codes(read.issues, Level.INFO), "bone and metal are at the limit in every frame"
    assert "T18" not in codes(read_time_series(dynamic(tmp_path / "none", even())).issues)


def enhanced(tmp_path, tell, modality="MR", frames=FRAMES, slices=3):
    """One multi-frame file, slice by slice."""
    ds = an_image(DSC if modality == "MR" else CTP, 0, 0, 1, {})
    for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "KVP"):
        if name in ds:
            delattr(ds, name)
    if tell == "DynamicScanBeginTime":
        ds.Manufacturer = "Philips"
    ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4.1" if modality == "MR" else "1.2.840.10008.5.1.4.1.1.2.1"
    ds.SOPInstanceUID, ds.NumberOfFrames = uid("enhanced", tmp_path.name), frames * slices
    ds.Rows = ds.Columns = PIXELS
    groups, pixels = [], []
    for k in range(slices):
        for t in range(frames):
            groups.append(a_group(t, k, tell, modality))
            pixels.append(np.full(PIXELS * PIXELS, 100 + 10 * t + k, "<u2"))
    ds.PerFrameFunctionalGroupsSequence, ds.PixelData = groups, np.concatenate(pixels).tobytes()
    write(ds, tmp_path / "enhanced.dcm")
    return scanned(tmp_path)


def item(**values) -> Dataset:
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def a_group(t, k, tell, modality) -> Dataset:
    seconds = even(offsets=[0, 0.75, 0.25])[t, k]
    content = item(TemporalPositionIndex=t + 1, StackID="1", InStackPositionNumber=k + 1)
    content.FrameAcquisitionDateTime = stamp(seconds if tell == "FrameAcquisitionDateTime" else 0)
    content.FrameReferenceDateTime = stamp(seconds if tell == "FrameReferenceDateTime" else 0)
    group = item(
        FrameContentSequence=[content],
        PlanePositionSequence=[item(ImagePositionPatient=[0, 0, 5.0 * k])],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[2, 2], SliceThickness=5)],
    )
    if tell == "NominalCardiacTriggerDelayTime":
        group.CardiacSynchronizationSequence = [item(NominalCardiacTriggerDelayTime=1500.0 * t)]
    if tell == "DynamicScanBeginTime":
        private = item()
        private.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0xA0, "FL", 1.5 * t)
        group.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0F, "SQ", [private])
    if tell == "TemporalPositionTimeOffset":
        group.TemporalPositionSequence = [item(TemporalPositionTimeOffset=seconds)]
    if modality == "CT":
        group.CTXRayDetailsSequence = [item(KVP=80 if t < 8 or tell != "voltage" else 100)]
    return group


@pytest.mark.parametrize("tell", ["FrameAcquisitionDateTime", "TemporalPositionTimeOffset", "FrameReferenceDateTime"])
@pytest.mark.parametrize("modality", ["MR", "CT"])
def test_enhanced_multi_frame(tmp_path, tell, modality):
    read = check(enhanced(tmp_path, tell, modality), even(offsets=[0, 0.75, 0.25]), offset=-1024 * (modality == "CT"))
    assert read.kind == ("dsc" if modality == "MR" else "ctp")


def test_enhanced_without_times_is_asked_about(tmp_path):
    series = enhanced(tmp_path, "nothing")
    assert series.role is Role.DSC
    assert (refused(series).code, refused(series).level) == ("T01", Level.ASK)
    check(series, even(), times_s=1.5)


def test_enhanced_tube_voltage(tmp_path):
    series = enhanced(tmp_path, "voltage", "CT")
    assert refused(series, times_s=1.5).code == "T16"


@pytest.mark.parametrize("tell", ["NominalCardiacTriggerDelayTime", "DynamicScanBeginTime"])
def test_philips_enhanced(tmp_path, tell):
    """Frame Acquisition DateTime is that of the first frame; the begin of the dynamic is elsewhere."""
    read = check(enhanced(tmp_path, tell), even())
    assert "T02" in codes(read.issues, Level.WARN)


def test_philips_classic_with_the_begin_of_the_dynamic_only(tmp_path):
    folder = write_dynamic(
        tmp_path, even(), DSC | {"Manufacturer": "Philips"}, tags=lambda s: {"AcquisitionTime": clock(0)}
    )
    for path in folder.iterdir():
        ds = dcmread(path)
        block = ds.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0xA0, "FL", 1.5 * ((ds.InstanceNumber - 1) // 3))
        block.add_new(0x0E, "FL", 1.0)
        ds.RescaleSlope, ds.RescaleIntercept = 1, 0
        write(ds, path)
    assert check(scanned(folder), even()).time_tag == "Dynamic Scan Begin Time (2005,xxA0)"


def mosaic(folder, times, *, offsets_ms, as_csa=False):
    """Siemens mosaic of 4 slices of 8 x 8, one file per frame."""
    for t, seconds in enumerate(times):
        ds = an_image(DSC, t, 0, t + 1, {"AcquisitionTime": clock(seconds), "AcquisitionNumber": t + 1})
        tiles = [np.full((8, 8), 100 + 10 * t + k, "<u2") for k in range(4)]
        ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
        ds.Manufacturer, ds.SpacingBetweenSlices = "SIEMENS", 5
        ds.Rows = ds.Columns = 16
        ds.ImagePositionPatient = [-8, -8, 0]
        ds.PixelData = np.block([[tiles[0], tiles[1]], [tiles[2], tiles[3]]]).tobytes()
        fields = {"SliceNormalVector": ("FD", ["0", "0", "1"]), "NumberOfImagesInMosaic": ("US", ["4"])}
        if as_csa:
            fields["MosaicRefAcqTimes"] = ("FD", [f"{value:.8f}" for value in offsets_ms])
        ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", csa_header(fields))
        if not as_csa:
            ds.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x29, "FD", list(offsets_ms))
        ds.SOPInstanceUID = uid("mosaic", folder.name, t)
        write(ds, folder / f"{t:03d}.dcm")
    return scanned(folder)


@pytest.mark.parametrize("as_csa", [False, True])
def test_siemens_mosaic(tmp_path, as_csa):
    offsets = np.array([0, 750, 250, 1000.0])
    series = mosaic(tmp_path, even()[:, 0], offsets_ms=offsets, as_csa=as_csa)
    assert series.role is Role.DSC
    read = check(series, even(slices=4, offsets=offsets / 1000))
    assert "T12" not in codes(read.issues)


def test_siemens_mosaic_with_impossible_slice_times(tmp_path):
    """After motion correction the element holds nonsense: the slices have no times then, and that is said."""
    series = mosaic(tmp_path, even()[:, 0], offsets_ms=[-1, 32800, 0, 5])
    read = check(series, even(slices=4))
    assert "T12" in codes(read.issues, Level.WARN)


def volumes(folder, times, base=CTP, **options):
    """One series per time point."""
    more = lambda t, k: {  # noqa: E731
        "SeriesInstanceUID": uid("volume", t), "SeriesNumber": 10 + t, "InstanceNumber": k + 1, "AcquisitionNumber": 1,
        "SeriesDescription": f"Brain Volume {t + 1}",
    }  # fmt: skip
    return scan(write_dynamic(folder, times, base, more=more, **options)).series


def test_volumes_in_series_of_their_own_become_one(tmp_path):
    series = volumes(tmp_path, UNEVEN)
    assert [s.role for s in series] == [Role.CTP] and series[0].key == "0010"
    read = check(series[0], UNEVEN, offset=-1024)
    assert len(read.provenance["series_uids"]) == FRAMES and "T20" in codes(series[0].issues, Level.INFO)


def test_joined_by_hand(tmp_path):
    base = CTP | {"NumberOfTemporalPositions": 2}
    parts = [volumes(tmp_path / str(n), even()[n : n + 1], base) for n in range(12)]
    assert all(s.role is not Role.CTP for part in parts for s in part)
    series = [s for part in parts for s in part]
    read = read_time_series(series)
    np.testing.assert_allclose(read.times_s, 1.5 * np.arange(12), atol=2e-6)
    assert "T10" not in codes(read.issues), "a part says nothing about the whole"


@pytest.mark.parametrize("reason", ["few", "one time", "hours"])
def test_volumes_that_are_no_time_series_stay_apart(tmp_path, reason):
    times = {"few": even(4), "one time": even(12, step=0), "hours": even(12, step=600)}[reason]
    assert len(volumes(tmp_path, times)) == len(times)


def test_plain_head_scans_of_one_study_are_not_joined_with_others(tmp_path):
    """Another kernel, another place."""
    write_dynamic(tmp_path / "a", even(3), CTP | {"ConvolutionKernel": "H20s"}, more=own_series("a"))
    write_dynamic(tmp_path / "b", even(3) + 10, CTP | {"ConvolutionKernel": "H60s"}, more=own_series("b"))
    assert len(scan(tmp_path).series) == 6


def own_series(name):
    return lambda t, k: {"SeriesInstanceUID": uid(name, t), "SOPInstanceUID": uid(name, t, k)}


def test_slabs_in_series_of_their_own(tmp_path):
    """Two positions in turn, each a series; joined when both are named."""

    def slab(n):
        return lambda t, k: own_series(f"slab{n}")(0, 100 * t + k) | {"ImagePositionPatient": [0, 0, 10.0 * n + 5 * k]}

    for n in range(2):
        write_dynamic(tmp_path / str(n), even(FRAMES, 2, 3.0) + 1.5 * n, CTP, more=slab(n))
    series = scan(tmp_path).series
    assert [s.role for s in series] == [Role.CTP, Role.CTP]
    read = read_time_series(series)
    assert read.values.shape == (FRAMES, 4, 8, 8)
    np.testing.assert_allclose(np.ptp(read.slice_times_s, axis=1), 1.5, atol=2e-6)


def test_series_that_do_not_belong_together(tmp_path):
    one = dynamic(tmp_path / "a", even(12), CTP)
    other = dynamic(tmp_path / "b", even(12), CTP | {"StudyInstanceUID": uid("another")})
    with pytest.raises(ReadError, match="study uid"):
        joined_series([one, other])
    with pytest.raises(ReadError, match="no series"):
        joined_series([])
    assert joined_series([one]) is one


def test_times_of_a_person(tmp_path):
    series = dynamic(tmp_path, even(), tags=lambda s: {"AcquisitionTime": clock(0)})
    assert refused(series).code == "T01"
    assert check(series, UNEVEN, times_s=UNEVEN[:, 0]).time_tag == "times file"
    assert check(series, even(step=1.25), times_s=1.25).time_tag == "flag"
    assert read_time_series(series, times_s=1.5, echo_time_ms=28.0).echo_time_ms == 28.0


def test_file_that_changed_after_the_scan(tmp_path):
    series = dynamic(tmp_path, even(12))
    write(an_image(DSC, 0, 0, 1, {"SOPInstanceUID": uid("new")}), series.files[3])
    assert refused(series).code == "I06"


def nifti(tmp_path, sidecar, role=Role.DSC, name="sub-1_dsc.nii.gz", frames=FRAMES, dtype="<i2", **options):
    values = np.broadcast_to(expected(frames)[:, :, None, None], (frames, 3, 8, 8)).astype(dtype)
    path = write_nifti(tmp_path / name, values, **options)
    if sidecar is not None:
        (tmp_path / name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))
    return nifti_series(path, role)


@pytest.mark.parametrize("key", ["VolumeTiming", "FrameTimesStart", "AcquisitionTime"])
def test_nifti_times_of_the_sidecar(tmp_path, key):
    told = UNEVEN[:, 0] + 5
    values = [clock(s) for s in told] if key == "AcquisitionTime" else told.tolist()
    read = check(nifti(tmp_path, {key: values, "EchoTime": 0.03, "MRAcquisitionType": "3D"}), UNEVEN)
    assert read.time_tag == f'"{key}" of the sidecar' and read.echo_time_ms == 30.0
    assert not [code for code in codes(read.issues) if code.startswith("T")]


def test_nifti_slice_timing(tmp_path):
    offsets = [0, 0.75, 0.25]
    told = {"VolumeTiming": even()[:, 0].tolist(), "SliceTiming": offsets}
    assert "T12" not in codes(check(nifti(tmp_path, told), even(offsets=offsets)).issues)
    reverse = told | {"SliceEncodingDirection": "k-"}
    check(nifti(tmp_path, reverse), even(offsets=offsets[::-1]))
    for wrong in ([0, 1.0], [0, 750, 250], [-1, 0, 0.5], "interleaved", None):
        read = check(nifti(tmp_path, told | {"SliceTiming": wrong}), even())
        assert "T12" in codes(read.issues, Level.WARN)


def test_nifti_of_ct_does_not_say_that_the_table_stood_still(tmp_path):
    told = {"VolumeTiming": even()[:, 0].tolist(), "Modality": "CT"}
    assert "T12" in codes(read_time_series(nifti(tmp_path, told, Role.CTP)).issues, Level.WARN)
    read = read_time_series(nifti(tmp_path, told | {"SliceTiming": [0, 0, 0]}, Role.CTP))
    assert "T12" not in codes(read.issues)


def test_nifti_without_times_is_asked_about(tmp_path):
    series = nifti(tmp_path, {"RepetitionTime": 1.5, "AcquisitionTime": "10:11:12.5"}, pixdim=(2, 2, 5, 1.5))
    issue = refused(series)
    assert (issue.code, issue.level) == ("T01", Level.ASK) and "1500 ms is not taken" in issue.found
    assert check(series, even(step=1.25), times_s=1.25).time_tag == "flag"
    assert "T09" in codes(read_time_series(series, times_s=1.25).issues)


@pytest.mark.parametrize(
    ("times", "code"), [([0, 1.5], "T11"), ([*range(15), 14], "T03"), ([0.0] * 16, "T03"), ([*range(15), "x"], "T01")]
)
def test_nifti_times_that_cannot_be(tmp_path, times, code):
    assert refused(nifti(tmp_path, {"VolumeTiming": times})).code == code


def test_nifti_scaling_and_units(tmp_path):
    told = {"VolumeTiming": even()[:, 0].tolist(), "Modality": "CT"}
    read = read_time_series(nifti(tmp_path, told, Role.CTP, slope=2.0, inter=-1024.0))
    np.testing.assert_array_equal(read.values[:, :, 0, 0], 2 * expected() - 1024)
    assert (read.kind, read.unit) == ("ctp", "[hnsf'U]")


def test_nifti_echo_time_in_ms_is_not_believed(tmp_path):
    told = {"VolumeTiming": even()[:, 0].tolist(), "EchoTime": 30}
    read = read_time_series(nifti(tmp_path, told))
    assert read.echo_time_ms is None and "D09" in codes(read.issues)


def test_nifti_in_a_scan(tmp_path):
    noise = np.random.default_rng(1).integers(0, 900, (12, 3, 8, 8)).astype("<i2")
    names = {
        "sub-1_ctp": Role.CTP,
        "sub-1_dsc": Role.DSC,
        "SMIR.Brain.XX.O.CT_4DPWI.1": Role.CTP,
        "sub-1_asl_perf": Role.OTHER,
    }
    for n, name in enumerate(names):
        write_nifti(tmp_path / f"{name}.nii.gz", noise + n)
    write_nifti(tmp_path / "sub-2_ctp.nii.gz", noise[0])
    found = {s.files[0].name.removesuffix(".nii.gz"): s.role for s in scan(tmp_path).series}
    assert found == names | {"sub-2_ctp": Role.OTHER}


SYNTHETIC = [
    *((variant, order) for variant in DSC_VARIANTS for order in ("together", "interleaved")),
    *((variant, order) for variant in CTP_VARIANTS for order in ("together", "shuttle", "spiral")),
    ("bids", "interleaved"),
]


@pytest.mark.parametrize(("variant", "order"), SYNTHETIC, ids=lambda words: words)
def test_synthetic_series_of_every_vendor(tmp_path, variant, order):
    """Values and times of every slice, across midnight, with uneven steps, from shuffled files."""
    kind = "ctp" if variant in CTP_VARIANTS else "dsc"
    starts = tuple(np.concatenate([np.arange(8) * 1.5, 10.5 + np.arange(1, 5) * 3.0]))
    how = Protocol(kind, 12, 1.5, None, frame_times_s=starts, slice_order=order)
    slab = make_slab(slices=5, rows=16, columns=24, pixel_mm=4.0, step_mm=8.0)
    values = np.random.default_rng(1).integers(20, 400, (12, 5, 16, 24)).astype(np.float32)
    times = how.slice_times_s(5)
    truth = TimeSeries(values, slab.geometry, times.mean(axis=1), "synthetic")
    study = Study(date="20241231", time="234952")
    write_perfusion(variant, DynamicScan(truth, slab, how), study, tmp_path, Options(shuffle_seed=3))
    series = scanned(tmp_path)
    assert series.role is {"dsc": Role.DSC, "ctp": Role.CTP}[kind]
    read = read_time_series(series)
    assert read.geometry.differs_from(slab.geometry) == ""
    factor = np.median(read.values / values) if kind == "dsc" else 1
    assert np.abs(read.values / factor - values).max() < (0.51 if kind == "ctp" else 0.1)
    told = read.times_s[:, None] if read.slice_times_s is None else read.slice_times_s
    wanted = times - times[0].mean()
    if variant == "philips_ctp":  # Content Time alone: nothing is said about single slices
        wanted = wanted.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(np.broadcast_to(told, (12, 5)), np.broadcast_to(wanted, (12, 5)), atol=2e-6)
    assert (read.echo_time_ms == 30.0) == (kind == "dsc")


def test_memory_stays_near_that_of_the_series(tmp_path):
    """One float32 array, and little beside it, for many files and for one."""
    big = np.arange(128 * 128, dtype="<u2").tobytes()
    more = lambda t, k: {"Rows": 128, "Columns": 128, "PixelData": big, "BitsStored": 16, "HighBit": 15}  # noqa: E731
    series = dynamic(tmp_path, even(40, 6), more=more)
    tracemalloc.start()
    try:
        read = read_time_series(series)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.25 * read.values.nbytes


def test_memory_of_one_large_file(tmp_path, monkeypatch):
    """The pixels of the file are there beside the series, its bytes are not."""
    monkeypatch.setattr("strokequant.dicomio.pixels._LARGE_BYTES", 2**20)
    rows = 256
    monkeypatch.setattr("test_read_time.PIXELS", rows)
    series = enhanced(tmp_path, "FrameAcquisitionDateTime")
    tracemalloc.start()
    try:
        read = read_time_series(series)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read.values.shape == (FRAMES, 3, rows, rows)
    assert peak < 1.6 * read.values.nbytes


@pytest.mark.parametrize(("dtype", "name"), [("<i2", "sub-1_dsc.nii.gz"), ("<f4", "sub-1_dsc.nii")])
def test_memory_of_nifti(tmp_path, dtype, name):
    values = np.random.default_rng(1).integers(0, 900, (FRAMES, 8, 128, 128)).astype(dtype)
    series = nifti_series(write_nifti(tmp_path / name, values), Role.DSC)
    tracemalloc.start()
    try:
        read = read_time_series(series, times_s=1.5)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(read.values, values)
    assert peak < 1.25 * read.values.nbytes


def test_one_frame_with_a_given_step_is_no_crash(tmp_path):
    series = dynamic(tmp_path, even(1), tags=lambda s: {"AcquisitionTime": clock(0)})
    read = read_time_series(series, times_s=1.5)
    assert read.times_s.tolist() == [0.0]
    audited = audit_times(read)
    assert {"T13", "T14"} <= set(codes(audited.issues, Level.STOP))
