"""Mosaic: slices that a vendor tiled into one big image, and where each of them lies.

Siemens (MOSAIC): the number of tiles and the direction in which they run come from the CSA header, the distance from Spacing
Between Slices, which the slice positions of the protocol must confirm where the header holds them. Image Position (Patient) of a mosaic belongs to
the big image, as if it were centered on the first slice. UIH (VFRAME): number and every position come from private elements.
What cannot be established is refused (G15, G16), never guessed.
"""

import math
import re
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import ReadConfig
from ..geometry import unit_normal
from .elements import integer, number, numbers, private_value, strings_of, vector

_CSA_CREATOR = "SIEMENS CSA HEADER"
_CSA_OFFSETS = {"image": 0x10, "series": 0x20}
_SLICE_POSITION = re.compile(r"sSliceArray\.asSlice\[(\d+)\]\.sPosition\.d(Sag|Cor|Tra)\s*=\s*([-+0-9.eE]+)")
_SLICE_COUNT = re.compile(r"sSliceArray\.lSize\s*=\s*(\d+)")


@dataclass(frozen=True, slots=True)
class MosaicLayout:
    """How to cut a mosaic.

    Args:
        vendor: "siemens" or "uih".
        grid: (tile rows, tile columns); tiles run along rows first.
        tile_shape: (rows, columns) of one slice in pixels.
        positions: LPS mm of the first voxel of every tile, in tile order; empty where `problem` says why not.
        problem: (issue code, words) when the mosaic must be refused.
        unproved: True where the distance of the slices is known from a spacing tag alone.
    """

    vendor: str
    grid: tuple[int, int]
    tile_shape: tuple[int, int]
    positions: tuple[tuple[float, float, float], ...] = ()
    problem: tuple[str, str] | None = None
    unproved: bool = False


def layout_of(dataset: Any, config: ReadConfig = ReadConfig()) -> MosaicLayout | None:
    """Layout of a mosaic; None for an image that is not one."""
    image_type = tuple(word.upper() for word in strings_of(dataset, "ImageType"))
    if "MOSAIC" in image_type:
        return _siemens_layout(dataset, config)
    if "VFRAME" in image_type:
        return _uih_layout(dataset)
    return None


def unfold(image: np.ndarray, layout: MosaicLayout) -> np.ndarray:
    """(tiles, rows, columns) view or copy of a big image.

    Args:
        image: (rows, columns) of the whole mosaic.
    """
    (grid_rows, grid_columns), (rows, columns) = layout.grid, layout.tile_shape
    tiles = image.reshape(grid_rows, rows, grid_columns, columns).swapaxes(1, 2)
    return tiles.reshape(-1, rows, columns)[: len(layout.positions)]


def tile_times(dataset: Any, count: int) -> tuple[float, ...]:
    """Seconds from the time of a Siemens mosaic to that of each of its slices; () where the header does not say it.

    MosaicRefAcqTimes (0019,xx29) in ms, else the field of the CSA header. Numbers that cannot be right, as after motion
    correction, count as absent: below 0, or beyond Repetition Time.
    """
    value, _ = private_value(dataset, 0x0019, "SIEMENS MR HEADER", 0x29, "FD")
    times = numbers(value) or numbers(csa_header(dataset, "image")[0].get("MosaicRefAcqTimes"))
    repetition = number(dataset, "RepetitionTime") or math.inf
    if len(times) != count or min(times) < 0 or max(times) - min(times) > repetition:
        return ()
    return tuple((time - min(times)) / 1000 for time in times)


def csa_header(dataset: Any, part: str) -> tuple[dict[str, tuple[str, ...]], str]:
    """Fields of a Siemens CSA header and the element that holds it; ({}, "") where there is none.

    Args:
        part: "image" or "series".
    """
    value, tag = private_value(dataset, 0x0029, _CSA_CREATOR, _CSA_OFFSETS[part], "OB")
    return (parse_csa(value), tag) if isinstance(value, bytes) else ({}, "")


def parse_csa(data: bytes) -> dict[str, tuple[str, ...]]:
    """Non-empty items of every field of a CSA1 or CSA2 ("SV10") header; {} where the bytes are neither.

    Layout: 4-byte count of fields and a check number; per field a name of 64 bytes, VM, VR, syngo type, number of items and
    a check number; per item four 4-byte numbers, which hold its length (in CSA1 increased by the number of items of the first
    field), and the item padded to 4 bytes.
    """
    newer = data[:4] == b"SV10"
    offset = 8 if newer else 0
    fields: dict[str, tuple[str, ...]] = {}
    try:
        count, check = struct.unpack_from("<II", data, offset)
        if check not in (77, 205) or count > 1000:
            return {}
        offset += 8
        base = None
        for _ in range(count):
            name = data[offset : offset + 64].split(b"\0")[0].decode("latin-1")
            n_items = struct.unpack_from("<i", data, offset + 76)[0]
            offset += 84
            base = n_items if base is None else base
            items = []
            for _ in range(n_items):
                header = struct.unpack_from("<4i", data, offset)
                length = header[1] if newer else header[0] - base
                offset += 16
                if length < 0 or offset + length > len(data):
                    break
                items.append(data[offset : offset + length].split(b"\0")[0].decode("latin-1").strip())
                offset += (length + 3) // 4 * 4
            fields[name] = tuple(item for item in items if item)
    except struct.error:
        return {}
    return fields


def _siemens_layout(dataset: Any, config: ReadConfig) -> MosaicLayout:
    fields, _ = csa_header(dataset, "image")
    counts = {int(value) for value in numbers(fields.get("NumberOfImagesInMosaic"))}
    counts |= {int(value) for value in numbers(private_value(dataset, 0x0019, "SIEMENS MR HEADER", 0x0A, "US")[0])}
    if len(counts) != 1 or min(counts) < 1:
        return _refused("siemens", "G15", f"NumberOfImagesInMosaic {sorted(counts) or 'missing'}")
    count = counts.pop()
    side = math.isqrt(count - 1) + 1
    layout = _cut(dataset, "siemens", "G15", (side, side))
    if layout.problem:
        return layout
    positions, problem = _siemens_positions(dataset, fields, count, layout, config)
    unproved = count > 1 and len(_prescribed_spacings(dataset)) != count - 1
    refusal = ("G15", problem) if problem else None
    return MosaicLayout("siemens", layout.grid, layout.tile_shape, positions, refusal, unproved=unproved)


def _siemens_positions(dataset, fields, count, layout, config):
    """(positions, problem): the big image is centered on the first slice; tiles run along SliceNormalVector."""
    corner, orientation = vector(dataset, "ImagePositionPatient", 3), vector(dataset, "ImageOrientationPatient", 6)
    pixel_spacing, distance = vector(dataset, "PixelSpacing", 2), number(dataset, "SpacingBetweenSlices")
    direction = numbers(fields.get("SliceNormalVector"))
    if corner is None or orientation is None or pixel_spacing is None:
        return (), "no Image Position, Image Orientation or Pixel Spacing"
    if len(direction) != 3:
        return (), "no SliceNormalVector in the CSA header (0029,xx10)"
    if abs(abs(np.dot(direction, unit_normal(orientation))) - 1) > config.mosaic_normal_tolerance:
        return (), f"SliceNormalVector {direction} is not normal to the image"
    prescribed = _prescribed_spacings(dataset)
    if count > 1 and len(prescribed) == count - 1:
        uneven = max(prescribed) - min(prescribed) > config.mosaic_spacing_mm
        if uneven or distance is None or abs(distance - prescribed[0]) > config.mosaic_spacing_mm:
            return (), f"Spacing Between Slices {distance} against slices prescribed {prescribed} mm apart"
    if count > 1 and (distance is None or distance <= 0):
        return (), f"Spacing Between Slices (0018,0088) {distance}"
    row, column = np.array(orientation).reshape(2, 3)
    (grid_rows, grid_columns), (rows, columns) = layout.grid, layout.tile_shape
    first = np.array(corner)
    first = first + row * pixel_spacing[1] * (grid_columns - 1) * columns / 2
    first = first + column * pixel_spacing[0] * (grid_rows - 1) * rows / 2
    step = np.array(direction) * (distance or 0.0)
    return tuple(tuple((first + k * step).tolist()) for k in range(count)), ""


def _prescribed_spacings(dataset: Any) -> list[float]:
    """Distances in mm between neighboring slices of the protocol in the CSA series header, [] where it holds none."""
    value, _ = private_value(dataset, 0x0029, _CSA_CREATOR, _CSA_OFFSETS["series"], "OB")
    protocol = value.decode("latin-1") if isinstance(value, bytes) else ""
    size = _SLICE_COUNT.search(protocol)
    if size is None:
        return []
    slices = np.zeros((int(size[1]), 3))
    for index, axis, position in _SLICE_POSITION.findall(protocol):
        if int(index) < len(slices):
            slices[int(index), ("Sag", "Cor", "Tra").index(axis)] = float(position)
    return [float(step) for step in np.linalg.norm(np.diff(slices, axis=0), axis=1)]


def _uih_layout(dataset: Any) -> MosaicLayout:
    counts = numbers(private_value(dataset, 0x0065, "Image Private Header", 0x50, "DS")[0])
    if not counts or counts[0] < 1:
        return _refused("uih", "G16", f"number of slices (0065,xx50) {counts or 'missing'}")
    count = int(counts[0])
    columns = math.isqrt(count - 1) + 1
    layout = _cut(dataset, "uih", "G16", (-(-count // columns), columns))
    if layout.problem:
        return layout
    items, _ = private_value(dataset, 0x0065, "Image Private Header", 0x51, "SQ")
    positions = tuple(vector(item, "ImagePositionPatient", 3) for item in items or ())
    problem = None
    if len(positions) != count or None in positions:
        problem = ("G16", f"{sum(p is not None for p in positions)} slice positions in (0065,xx51) for {count} slices")
    return MosaicLayout("uih", layout.grid, layout.tile_shape, () if problem else positions, problem)


def _cut(dataset: Any, vendor: str, code: str, grid: tuple[int, int]) -> MosaicLayout:
    rows, columns = integer(dataset, "Rows") or 0, integer(dataset, "Columns") or 0
    if rows < 1 or columns < 1 or rows % grid[0] or columns % grid[1]:
        return _refused(vendor, code, f"{rows} x {columns} pixels cannot be cut into {grid[0]} x {grid[1]} tiles")
    return MosaicLayout(vendor, grid, (rows // grid[0], columns // grid[1]))


def _refused(vendor: str, code: str, words: str) -> MosaicLayout:
    return MosaicLayout(vendor, (1, 1), (0, 0), (), (code, words))
