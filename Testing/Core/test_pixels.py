"""Decoding of stored values, rescale, padding and what is refused."""

import gzip
import hashlib

import numpy as np
import pytest

from Data.tiny_dicom import item, save, tiny_image
from strokequant.dicomio import pixels
from strokequant.dicomio.pixels import load_dataset, padding_mask, real_values, stored_frames
from strokequant.errors import ReadError


def stored(dataset, indices=(0,)):
    return [frame for _, frame in stored_frames(dataset, indices)]


RAMP = np.arange(12, dtype=np.uint16).reshape(3, 4)


def compress(dataset, name: str):
    from pydicom import uid

    dataset.compress(getattr(uid, name), generate_instance_uid=False)
    return dataset


@pytest.mark.parametrize("values", [RAMP, RAMP.astype(np.int16) - 6, RAMP.astype(np.uint8)])
def test_native_values(values):
    assert np.array_equal(stored(tiny_image(values))[0], values)


def test_rle_and_its_fallback():
    """The decoder of pydicom and GDCM inside SimpleITK give the same, and neither rescales."""
    values = np.arange(-128, 128, dtype=np.int16).reshape(16, 16) * 97
    dataset = compress(tiny_image(values, RescaleSlope="3", RescaleIntercept="7"), "RLELossless")
    assert np.array_equal(stored(dataset)[0], values)
    fallback = pixels._decode_with_itk(dataset, dataset.file_meta.TransferSyntaxUID, "")
    assert np.array_equal(fallback[0], values)


def test_fallback_is_used_where_no_decoder_is_installed(monkeypatch):
    import pydicom.pixels

    class Missing:
        is_available = False

    values = np.arange(256, dtype=np.uint16).reshape(16, 16)
    dataset = compress(tiny_image(values), "RLELossless")
    monkeypatch.setattr(pydicom.pixels, "get_decoder", lambda syntax: Missing)
    monkeypatch.setattr(pydicom.pixels, "pixel_array", None)
    assert np.array_equal(stored(dataset)[0], values)


def test_unknown_transfer_syntax_is_named():
    dataset = tiny_image(RAMP)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    with pytest.raises(ReadError, match=r"F06.*MPEG2.*1\.2\.840\.10008\.1\.2\.4\.100"):
        stored(dataset)


def test_big_endian_with_spare_bits(tmp_path):
    """12 stored bits without sign extension: 0x0FFF is -1, 0x0800 is -2048."""
    from pydicom.uid import ExplicitVRBigEndian

    bits = np.array([[0x0800, 0x0FFF], [0, 0x07FF]], np.uint16)
    dataset = tiny_image(bits, BitsStored=12, HighBit=11, PixelRepresentation=1)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.PixelData = bits.astype(">u2").tobytes()
    read, _ = load_dataset(save(dataset, tmp_path / "a.dcm"))
    assert stored(read)[0].tolist() == [[-2048, -1], [0, 2047]]


@pytest.mark.parametrize("shape", ["short", "missing", "empty"])
def test_pixel_data_too_short_is_refused(shape):
    dataset = tiny_image(RAMP)
    if shape == "short":
        dataset.PixelData = dataset.PixelData[:-2]
    elif shape == "empty":
        dataset.PixelData = b""
    else:
        del dataset.PixelData
    with pytest.raises(ReadError, match="P07"):
        stored(dataset)


def test_truncated_file_never_gives_other_values(tmp_path):
    """Cut anywhere, a compressed file is refused or gives what was stored."""
    values = np.random.default_rng(1).integers(0, 4000, (16, 16)).astype(np.uint16)
    whole = save(compress(tiny_image(values), "RLELossless"), tmp_path / "a.dcm").read_bytes()
    refused = 0
    for cut in range(len(whole) - 400, len(whole), 7):
        path = tmp_path / "b.dcm"
        path.write_bytes(whole[:cut])
        try:
            dataset, _ = load_dataset(path)
            assert np.array_equal(stored(dataset)[0], values)
        except ReadError as error:
            assert error.issues[0].code in ("P07", "I06")
            refused += 1
    assert refused > 50


@pytest.mark.parametrize(
    "elements",
    [
        {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"PhotometricInterpretation": ""},
    ],
)
def test_color_is_refused(elements):
    with pytest.raises(ReadError, match="P07"):
        stored(tiny_image(RAMP, **elements))


def test_monochrome1_values_are_not_inverted():
    assert np.array_equal(stored(tiny_image(RAMP, PhotometricInterpretation="MONOCHROME1"))[0], RAMP)


def test_signed_12_bit_without_sign_extension():
    """P05: 0x0FFF in 12 stored bits is -1, whether or not the upper bits repeat the sign."""
    bits = np.array([[0x0FFF, 0x0800], [0x0001, 0xFFFF]], np.uint16)
    dataset = tiny_image(bits, BitsStored=12, HighBit=11, PixelRepresentation=1)
    assert stored(dataset)[0].tolist() == [[-1, -2048], [1, -1]]


def test_high_bit_above_bits_stored():
    bits = (RAMP << 4).astype(np.uint16)
    assert np.array_equal(stored(tiny_image(bits, BitsStored=12, HighBit=15))[0], RAMP)


def test_overlay_bits_are_cleared():
    bits = RAMP | np.uint16(0x1000)
    dataset = tiny_image(bits, BitsStored=12, HighBit=11)
    dataset.add_new((0x6000, 0x0102), "US", 12)
    assert np.array_equal(stored(dataset)[0], RAMP)


def test_undeclared_upper_bits_are_refused():
    with pytest.raises(ReadError, match="Bits Stored 12"):
        stored(tiny_image(RAMP | np.uint16(0x1000), BitsStored=12, HighBit=11))


def test_multi_frame_indices():
    frames = np.arange(24, dtype=np.uint16).reshape(4, 2, 3)
    dataset = tiny_image(frames[0], NumberOfFrames=4)
    dataset.PixelData = frames.tobytes()
    assert np.array_equal(stored(dataset, (1, 3)), frames[[1, 3]])
    assert np.array_equal(stored(compress(dataset, "RLELossless"), (1, 3)), frames[[1, 3]])


def test_rescale():
    values = real_values(np.array([[0, 1240]], np.int16), None, 0.5, -10.0)
    assert values.dtype == np.float32
    assert values.tolist() == [[-10.0, 610.0]]


def test_modality_lut_wins_over_rescale():
    """P03: entries 100, 300, 900 from stored value 5 on; outside, the first and the last entry hold."""
    lut = item(LUTDescriptor=[3, 5, 16], LUTData=[100, 300, 900], ModalityLUTType="US")
    dataset = tiny_image(RAMP, ModalityLUTSequence=[lut])
    values = real_values(np.array([[4, 5, 6, 7, 8]], np.uint16), dataset, 2.0, 1.0)
    assert values.tolist() == [[100, 100, 300, 900, 900]]


@pytest.mark.parametrize(
    ("values", "elements", "expected"),
    [
        ([0, 5, 6], {"PixelPaddingValue": 5}, [False, True, False]),
        ([0, 5, 6], {"PixelPaddingValue": 5, "PixelPaddingRangeLimit": 6}, [False, True, True]),
        ([0, 5, 6], {"PixelPaddingValue": 6, "PixelPaddingRangeLimit": 5}, [False, True, True]),
    ],
)
def test_padding(values, elements, expected):
    stored_values = np.array([values], np.uint16)
    assert padding_mask(stored_values, tiny_image(stored_values, **elements)).tolist() == [expected]


def test_padding_in_the_wrong_signedness():
    """-2000 written as unsigned 63536, as many CT scanners do."""
    values = np.array([[-2000, 0]], np.int16)
    dataset = tiny_image(values)
    dataset.add_new((0x0028, 0x0120), "US", 63536)
    assert padding_mask(values, dataset).tolist() == [[True, False]]
    assert padding_mask(values, tiny_image(values)) is None


def test_hash_is_that_of_the_file_and_gzip_is_unpacked(tmp_path):
    path = save(tiny_image(RAMP), tmp_path / "a.dcm")
    packed = tmp_path / "a.dcm.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file in (path, packed):
        dataset, sha256 = load_dataset(file)
        assert sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert np.array_equal(stored(dataset)[0], RAMP)


@pytest.mark.parametrize("data", [b"\x1f\x8bbroken", b"\0" * 128 + b"DICM\x08\0\x05\0CS\xff\xff"])
def test_broken_files_are_refused(tmp_path, data):
    path = tmp_path / "a.dcm"
    path.write_bytes(data)
    with pytest.raises(ReadError, match=r"I06|P07"):
        stored(load_dataset(path)[0])
    with pytest.raises(ReadError, match="I06"):
        load_dataset(tmp_path / "absent.dcm")


@pytest.mark.parametrize(
    "name", ["MR_small_RLE", "MR_small_jpeg_ls_lossless", "MR_small_jp2klossless", "MR_small_bigendian"]
)
def test_real_compressed_files_equal_the_native_one(shared_data, name):
    """F06: RLE, JPEG-LS, JPEG 2000 and big endian copies of one image, by both decoders."""
    folder = shared_data / "edge_cases" / "pydicom_malformed"
    native = stored(load_dataset(folder / "MR_small.dcm")[0])[0]
    dataset, _ = load_dataset(folder / f"{name}.dcm")
    assert np.array_equal(stored(dataset)[0], native)
    assert np.array_equal(pixels._decode_with_itk(dataset, dataset.file_meta.TransferSyntaxUID, "")[0], native)


def test_real_multi_fragment_jpeg(shared_data):
    dataset, _ = load_dataset(shared_data / "edge_cases" / "jpeg_multifragment" / "5001041.dcm")
    by_itk = pixels._decode_with_itk(dataset, dataset.file_meta.TransferSyntaxUID, "")[0]
    assert np.array_equal(stored(dataset)[0], by_itk)
    assert by_itk.max() == 1873


@pytest.mark.parametrize("high", [3, 16, 200])
def test_high_bit_that_contradicts_bits_stored_is_refused(high, tmp_path):
    dataset = tiny_image(np.full((4, 4), 4000, np.uint16), BitsAllocated=16, BitsStored=12, HighBit=high)
    with pytest.raises(ReadError, match="P07"):
        list(stored_frames(dataset, [0]))
