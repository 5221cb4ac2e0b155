"""Unfolding of Siemens mosaics and UIH VFRAME images."""

import numpy as np
import pytest

from Core.test_vendors import csa2
from Data.tiny_dicom import add_private, save, series_of, tiny_image
from strokequant.dicomio.headers import frame_issues, frames_of
from strokequant.dicomio.mosaic import layout_of, parse_csa, unfold
from strokequant.dicomio.read import read_diffusion
from strokequant.errors import Level, ReadError

ROW, COLUMN = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, -1.0])
NORMAL = np.cross(ROW, COLUMN)
FIRST = np.array([10.0, -20.0, 30.0])
STEP = 6.0
TILE = (3, 4)
SPACING = (2.0, 1.5)


def siemens_mosaic(n: int = 5, *, sign: float = 1.0, protocol: str = "", **elements):
    """Mosaic of n sagittal tiles whose first voxels lie at FIRST + k STEP sign NORMAL; tile k holds 100 k + pixel number."""
    side = int(np.ceil(np.sqrt(n)))
    big = np.zeros((side * TILE[0], side * TILE[1]), np.uint16)
    for k in range(n):
        row, column = divmod(k, side)
        tile = 100 * k + np.arange(TILE[0] * TILE[1]).reshape(TILE)
        big[row * TILE[0] : (row + 1) * TILE[0], column * TILE[1] : (column + 1) * TILE[1]] = tile
    corner = FIRST - ROW * SPACING[1] * (side - 1) * TILE[1] / 2 - COLUMN * SPACING[0] * (side - 1) * TILE[0] / 2
    dataset = tiny_image(
        big,
        ImageType=["ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "MOSAIC"],
        ImageOrientationPatient=[*ROW, *COLUMN],
        PixelSpacing=list(SPACING),
        SpacingBetweenSlices=STEP,
        position=corner,
        **elements,
    )
    direction = [f"{part:.8f}" for part in sign * NORMAL]
    header = csa2({"NumberOfImagesInMosaic": [str(n)], "SliceNormalVector": direction, "B_value": ["0"]})
    dataset.add_new((0x0029, 0x0010), "LO", "SIEMENS CSA HEADER")
    dataset.add_new((0x0029, 0x1010), "OB", header)
    if protocol:
        dataset.add_new((0x0029, 0x1020), "OB", protocol.encode())
    return dataset


def protocol_of(n: int, step: float) -> str:
    lines = [f"sSliceArray.lSize = {n}"]
    lines += [f"sSliceArray.asSlice[{k}].sPosition.dSag = {k * step}" for k in range(1, n)]
    return "\n".join(lines)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_tiles_lie_where_they_were_put(tmp_path, sign):
    """HF and FH order: positions follow SliceNormalVector, values follow positions."""
    path = save(siemens_mosaic(sign=sign), tmp_path / "a.dcm")
    dwi = read_diffusion(series_of([path]))
    assert dwi.values.shape == (1, 5, *TILE)
    for k in range(5):
        tile = int(dwi.values[0, k, 0, 0]) // 100
        assert dwi.geometry.slice_origins[k] == pytest.approx(FIRST + tile * sign * STEP * NORMAL)
    assert np.array_equal(dwi.values[0] % 100, np.broadcast_to(np.arange(12).reshape(TILE), (5, *TILE)))
    assert dwi.geometry.affine[:3, :2] == pytest.approx(np.column_stack([ROW * SPACING[1], COLUMN * SPACING[0]]))


def test_protocol_confirms_the_spacing():
    assert layout_of(siemens_mosaic(protocol=protocol_of(5, STEP))).problem is None


@pytest.mark.parametrize("step", [5.0, 6.5])
def test_protocol_that_contradicts_the_spacing_is_refused(tmp_path, step):
    dataset = siemens_mosaic(protocol=protocol_of(5, step))
    assert layout_of(dataset).problem[0] == "G15"
    with pytest.raises(ReadError, match="G15"):
        read_diffusion(series_of([save(dataset, tmp_path / "a.dcm")]))


def without_csa(dataset):
    del dataset[0x0029, 0x1010]


def with_other_count(dataset):
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", 0x0A, "US", 6)


def with_other_normal(dataset):
    dataset.ImageOrientationPatient = [1.0, 0, 0, 0, 1, 0]


def without_spacing(dataset):
    del dataset.SpacingBetweenSlices


def without_position(dataset):
    del dataset.ImagePositionPatient


def with_odd_rows(dataset):
    dataset.Rows = 8


@pytest.mark.parametrize(
    "spoil", [without_csa, with_other_count, with_other_normal, without_spacing, without_position, with_odd_rows]
)
def test_what_cannot_be_established_is_refused(tmp_path, spoil):
    dataset = siemens_mosaic()
    spoil(dataset)
    layout = layout_of(dataset)
    assert layout.problem[0] == "G15"
    assert layout.positions == ()
    with pytest.raises(ReadError, match="G15"):
        read_diffusion(series_of([save(dataset, tmp_path / "a.dcm")]))


def uih_mosaic(n: int = 5, positions: int = 5, b_value: float = 0.0):
    """VFRAME of 2 x 3 tiles with stated positions that are not evenly spaced."""
    big = np.zeros((2 * TILE[0], 3 * TILE[1]), np.uint16)
    for k in range(n):
        row, column = divmod(k, 3)
        big[row * TILE[0] : (row + 1) * TILE[0], column * TILE[1] : (column + 1) * TILE[1]] = k
    dataset = tiny_image(big, ImageType=["ORIGINAL", "PRIMARY", "M", "VFRAME"], Manufacturer="UIH")
    from pydicom.dataset import Dataset

    items = []
    for k in range(positions):
        item = Dataset()
        item.ImagePositionPatient = [1.0, 2.0, float(k**2)]
        items.append(item)
    add_private(dataset, 0x0065, "Image Private Header", 0x50, "DS", str(n))
    dataset.add_new((0x0065, 0x1051), "SQ", items)
    dataset.add_new((0x0065, 0x1009), "FD", b_value)
    return dataset


def test_uih_positions_are_taken_one_by_one(tmp_path):
    dwi = read_diffusion(series_of([save(uih_mosaic(), tmp_path / "a.dcm")]))
    assert dwi.values[0, :, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert dwi.geometry.slice_origins[:, 2].tolist() == [0, 1, 4, 9, 16]


def test_uih_sequence_as_bytes(tmp_path):
    """Implicit VR does not say that the private sequence is one."""
    from pydicom.uid import ImplicitVRLittleEndian

    dataset = uih_mosaic()
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dwi = read_diffusion(series_of([save(dataset, tmp_path / "a.dcm")]))
    assert dwi.geometry.slice_origins[:, 2].tolist() == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("positions", [0, 4, 6])
def test_uih_without_all_positions_is_refused(tmp_path, positions):
    path = save(uih_mosaic(positions=positions), tmp_path / "a.dcm")
    with pytest.raises(ReadError, match="G16"):
        read_diffusion(series_of([path]))


def test_plain_image_is_no_mosaic():
    assert layout_of(tiny_image(np.zeros((2, 2), np.uint16))) is None


def test_broken_csa_is_empty():
    whole = csa2({"B_value": ["1000"]})
    assert parse_csa(whole) == {"B_value": ("1000",)}
    assert parse_csa(whole[:40]) == {}
    assert parse_csa(b"") == {}
    assert parse_csa(b"\xff" * 200) == {}


def test_csa1_lengths():
    """CSA1 adds the number of items of the first field to every length."""
    import struct

    def field(name, items, base):
        data = name.encode().ljust(64, b"\0") + struct.pack("<i4s3i", 1, b"IS", 6, len(items), 77)
        for item in items:
            data += struct.pack("<4i", len(item) + base, 0, 77, 0) + item.encode().ljust(
                (len(item) + 3) // 4 * 4, b"\0"
            )
        return data

    data = struct.pack("<II", 2, 77) + field("EchoLinePosition", ["64", "", ""], 3) + field("B_value", ["1000"], 3)
    assert parse_csa(data) == {"EchoLinePosition": ("64",), "B_value": ("1000",)}


def test_unfold_keeps_only_tiles_with_a_position():
    layout = layout_of(siemens_mosaic(5))
    assert unfold(np.zeros((9, 12)), layout).shape == (5, *TILE)


@pytest.mark.parametrize("folder", ["siemens_VE11_mosaic_hfs", "siemens_VE11_mosaic_hfdl"])
def test_real_mosaics_agree_with_the_protocol(shared_data, folder):
    """First tile: its center must be the position that the protocol of the scanner states for a slice."""
    import re

    import pydicom

    files = sorted((shared_data / "diffusion" / "dicom_vendors" / folder).glob("*.dcm"))
    dwi = read_diffusion(series_of(files))
    protocol = pydicom.dcmread(files[0], stop_before_pixels=True)[0x0029, 0x1020].value.decode("latin-1")
    found = dict(re.findall(r"sSliceArray\.asSlice\[0\]\.sPosition\.d(\w+)\s*=\s*(\S+)", protocol))
    center = np.array([float(found.get(axis, 0.0)) for axis in ("Sag", "Cor", "Tra")])
    rows, columns = dwi.geometry.shape[1:]
    middle = np.array([columns / 2, rows / 2, 0, 1])
    first = (dwi.geometry.affine @ middle)[:3]
    assert dwi.geometry.shape == (25, 128, 128)
    assert first == pytest.approx(center, abs=0.01)


@pytest.mark.parametrize(("protocol", "told"), [("", True), (protocol_of(5, STEP), False)])
def test_slice_distance_that_rests_on_a_tag_alone_is_told(protocol, told):
    frames = frames_of(siemens_mosaic(5, protocol=protocol), 0)
    warned = [issue for issue in frame_issues(frames) if issue.level is Level.WARN and issue.code == "G15"]
    assert bool(warned) is told
