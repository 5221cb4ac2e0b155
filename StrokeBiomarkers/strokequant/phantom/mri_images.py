"""Slices of a phantom series of MR as planes, with their places; words above Bits Stored are kept and said.

A patient's image with such words is refused. Digital phantoms and some scanners write them, and masked or clipped values would give other numbers.
"""

from dataclasses import dataclass

import numpy as np

from ..dicomio.pixels import load_dataset, real_values, stored_frames
from ..dicomio.read import input_hash
from ..errors import Issue, Level, ReadError, StrokeQuantError
from ..types import InputRef, Series
from .plane import Plane


@dataclass(frozen=True, eq=False)
class MriImages:
    """One series.

    Args:
        planes, positions: in order along the slice normal; mm.
        origins: (n, 3) LPS mm of the first pixel; `along_i`, `along_j` unit vectors of the image axes.
        normal: unit slice normal.
    """

    series: Series
    planes: tuple[Plane, ...]
    positions: np.ndarray
    origins: np.ndarray
    along_i: np.ndarray
    along_j: np.ndarray
    source: InputRef
    issues: tuple[Issue, ...] = ()

    @property
    def normal(self) -> np.ndarray:
        """Unit slice normal."""
        return np.cross(self.along_i, self.along_j)

    @property
    def axial(self) -> bool:
        """True where the slices lie across the axis of the scanner."""
        return int(np.argmax(np.abs(self.normal))) == 2


def read_mri_images(series: Series) -> MriImages | None:
    """Slices of a series; None where it has no places or repeats one slice.

    Raises:
        ReadError: files that cannot be decoded.
    """
    frames = [f for f in series.frames if f.position is not None and f.orientation and f.pixel_spacing]
    if not frames or len({f.orientation for f in frames}) != 1:
        return None
    along_i, along_j = np.asarray(frames[0].orientation, float).reshape(2, 3)
    normal = np.cross(along_i, along_j)
    frames.sort(key=lambda f: (float(np.dot(f.position, normal)), f.file, f.index))
    positions = np.array([float(np.dot(f.position, normal)) for f in frames])
    if len(frames) > 1 and np.diff(positions).min() < 0.01:
        return None
    pixels, digests, above = _decoded(series, {(f.file, f.index) for f in frames})
    planes = []
    for frame in frames:
        stored = pixels[frame.file, frame.index]
        rows, columns = frame.pixel_spacing
        planes.append(Plane(real_values(stored, None, frame.slope, frame.intercept), (columns, rows)))
    issues = ()
    if above:
        found = f"{above} stored values above Bits Stored"
        remedy = "used as they are; ask how the images were written"
        issues = (Issue("Q76", Level.WARN, found, "values within Bits Stored (0028,0101)", remedy, series.label),)
    source = InputRef(series.series_uid, input_hash(digests), "phantom")
    origins = np.array([f.position for f in frames])
    return MriImages(series, tuple(planes), positions, origins, along_i, along_j, source, issues)


def _decoded(series: Series, wanted: set[tuple[int, int]]):
    """(file, frame) -> stored values, hashes of the files, number of values above Bits Stored."""
    pixels, digests, above = {}, [], 0
    for number, path in enumerate(series.files):
        indices = sorted(index for file, index in wanted if file == number)
        dataset, digest = load_dataset(path, series.label)
        digests.append(digest)
        declared = _open_all_bits(dataset)
        for index, stored in stored_frames(dataset, indices, series.label):
            above += int(np.count_nonzero(stored > declared)) if declared else 0
            pixels[number, index] = stored
    return pixels, digests, above


def _open_all_bits(dataset) -> int:
    """Let every bit of plain unsigned pixels count; returns the largest value declared, 0 where nothing was changed."""
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
    if syntax is None or syntax.is_compressed or dataset.get("PixelRepresentation") != 0:
        return 0
    bits, stored = dataset.get("BitsAllocated"), dataset.get("BitsStored")
    if bits != 16 or not stored or stored >= bits:
        return 0
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    return (1 << int(stored)) - 1


def readable(series: Series) -> tuple[MriImages | None, tuple[Issue, ...]]:
    """As `read_mri_images`, with the reason instead of an error."""
    try:
        images = read_mri_images(series)
    except (ReadError, StrokeQuantError) as error:
        return None, tuple(error.issues)
    return images, images.issues if images else ()
