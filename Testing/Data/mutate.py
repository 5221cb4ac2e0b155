"""Seeded damage to DICOM files for fuzzing: the same seed gives the same bytes; thousands of files per second.

Works on bytes, so that also what no writer would write comes out: wrong lengths, wrong VRs, bottomless sequences. Files in
explicit VR little endian are damaged element by element, others byte by byte.
"""

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass

LONG_VRS = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
VRS = [
    b"AE",
    b"AS",
    b"AT",
    b"CS",
    b"DA",
    b"DS",
    b"DT",
    b"FD",
    b"FL",
    b"IS",
    b"LO",
    b"LT",
    b"OB",
    b"OW",
    b"PN",
    b"SH",
    b"SL",
]
VRS += [b"SQ", b"SS", b"ST", b"TM", b"UI", b"UL", b"UN", b"US", b"UT", b"XX", b"\x00\x00", b"??"]
UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = 0x7FE00010
TEXT_EXTREMES = [
    b"", b"NaN", b"inf", b"-inf", b"1e300", b"-1e300", b"1e-300", b"0", b"-0", b"-1", b"99999999999999999999", b"1\\2", b"1\\\\3",
    b"\\\\\\\\", b"abc", b"1,5", b"0x10", b"1" * 64, b"1\\" * 500 + b"1", b"\x00" * 8, b"\xff\xfe\xfd\xfc", b"\x1b$B%", b" ", b"1 2",
]  # fmt: skip
DOUBLES = [float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 7.23e75, 0.0, -1.0, 5e-324]


@dataclass(frozen=True, slots=True)
class Element:
    """Where one top-level element lies: `start` of the tag, `value` to `end`."""

    tag: int
    vr: bytes
    start: int
    value: int
    end: int


def elements_of(data: bytes) -> list[Element]:
    """Top-level elements of a file in explicit VR little endian, as far as they can be followed."""
    out: list[Element] = []
    at = 132 if data[128:132] == b"DICM" else 0
    while at + 8 <= len(data):
        group, number, vr = struct.unpack_from("<HH2s", data, at)
        long = vr in LONG_VRS
        if not vr.isalpha() or (long and at + 12 > len(data)):
            break
        value = at + (12 if long else 8)
        length = struct.unpack_from("<I" if long else "<H", data, at + (8 if long else 6))[0]
        if length == UNDEFINED:
            break
        out.append(Element(group << 16 | number, vr, at, value, min(value + length, len(data))))
        at = value + length
    return out


def encode(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One element; `length` may lie."""
    length = len(value) if length is None else length
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr)
    if vr in LONG_VRS:
        return head + struct.pack("<HI", 0, length & 0xFFFFFFFF) + value
    return head + struct.pack("<H", length & 0xFFFF) + value


class Mutator:
    """Damages one file again and again.

    Args:
        data: a whole, sound DICOM file.
    """

    def __init__(self, data: bytes):
        self.data = data
        self.elements = elements_of(data)
        self.header_end = next((e.start for e in self.elements if e.tag == PIXEL_DATA), len(data))
        self.body = [e for e in self.elements if e.tag >> 16 != 2] or self.elements

    def mutate(self, seed: int) -> tuple[bytes, str]:
        """Damaged bytes, and the names of what was done, by one to three operations."""
        rng = random.Random(seed)
        mutant, names = self, []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            name, operation = rng.choice(OPERATIONS)
            data = operation(mutant, rng)
            names.append(name)
            mutant = Mutator(data)
            if not mutant.body:
                break
        return mutant.data, "+".join(names)

    def pick(self, rng: random.Random) -> Element:
        """One element, rarely the pixel data."""
        element = rng.choice(self.body)
        return rng.choice(self.body) if element.tag == PIXEL_DATA else element

    def replaced(self, element: Element, new: bytes) -> bytes:
        """File with another encoding in the place of an element."""
        return self.data[: element.start] + new + self.data[element.end :]


def _flip(data: bytes, low: int, high: int, rng: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 64))):
        if high > low:
            out[rng.randrange(low, high)] ^= 1 << rng.randrange(8)
    return bytes(out)


def flip_header(m: Mutator, rng: random.Random) -> bytes:
    return _flip(m.data, 0, m.header_end, rng)


def flip_pixels(m: Mutator, rng: random.Random) -> bytes:
    return _flip(m.data, m.header_end, len(m.data), rng)


def delete_element(m: Mutator, rng: random.Random) -> bytes:
    return m.replaced(rng.choice(m.elements), b"")


def delete_group(m: Mutator, rng: random.Random) -> bytes:
    group = m.pick(rng).tag >> 16
    return b"".join([m.data[:132], *(m.data[e.start : e.end] for e in m.elements if e.tag >> 16 != group)])


def duplicate_element(m: Mutator, rng: random.Random) -> bytes:
    element = m.pick(rng)
    return m.replaced(element, m.data[element.start : element.end] * 2)


def swap_elements(m: Mutator, rng: random.Random) -> bytes:
    """Two elements change places, so that tags do not ascend."""
    first, second = sorted((m.pick(rng), m.pick(rng)), key=lambda e: e.start)
    if first.start == second.start:
        return m.data
    a, b = m.data[first.start : first.end], m.data[second.start : second.end]
    return m.data[: first.start] + b + m.data[first.end : second.start] + a + m.data[second.end :]


def change_vr(m: Mutator, rng: random.Random) -> bytes:
    """Another VR with the same value; the layout of the header follows the new VR or not."""
    element, vr = m.pick(rng), rng.choice(VRS)
    if rng.random() < 0.5:
        return m.data[: element.start + 4] + vr + m.data[element.start + 6 :]
    return m.replaced(element, encode(element.tag, vr, m.data[element.value : element.end]))


def change_length(m: Mutator, rng: random.Random) -> bytes:
    element = m.pick(rng)
    value = m.data[element.value : element.end]
    length = rng.choice(
        (0, 1, len(value) + 1, len(value) - 1, len(value) + 1000, 0xFFFF, 0xFFFE, UNDEFINED, 0x7FFFFFFF)
    )
    return m.replaced(element, encode(element.tag, element.vr, value, length))


def extreme_value(m: Mutator, rng: random.Random) -> bytes:
    element = m.pick(rng)
    old = m.data[element.value : element.end]
    if element.vr in (b"FD", b"FL"):
        form, number = (
            ("<d", rng.choice(DOUBLES)) if element.vr == b"FD" else ("<f", rng.choice(DOUBLES[:3] + DOUBLES[6:8]))
        )
        value = struct.pack(form, number) * rng.choice((1, 1, 2, 3, 100))
    elif element.vr in (b"US", b"SS"):
        value = struct.pack("<H", rng.choice((0, 1, 2, 3, 255, 32767, 32768, 65535))) * rng.choice((1, 1, 1, 2))
    elif element.vr in (b"UL", b"SL"):
        value = struct.pack("<I", rng.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)))
    elif element.vr in (b"OB", b"OW", b"UN", b"SQ"):
        value = rng.choice((b"", b"\x00" * 7, old[: len(old) // 2], old + old[:64], rng.randbytes(256)))
    else:
        value = rng.choice(TEXT_EXTREMES)
    return m.replaced(element, encode(element.tag, element.vr, value + b" " * (len(value) % 2)))


def truncate(m: Mutator, rng: random.Random) -> bytes:
    at = rng.randrange(m.header_end) if rng.random() < 0.5 else rng.randrange(max(1, len(m.data)))
    return m.data[:at]


def truncate_at_element(m: Mutator, rng: random.Random) -> bytes:
    element = rng.choice(m.elements)
    return m.data[: rng.choice((element.start, element.value, element.start + 4, element.start + 6))]


def append_garbage(m: Mutator, rng: random.Random) -> bytes:
    return m.data + rng.randbytes(rng.choice((1, 3, 128, 4096)))


def zero_range(m: Mutator, rng: random.Random) -> bytes:
    start = rng.randrange(max(1, len(m.data)))
    end = min(len(m.data), start + rng.choice((2, 16, 512, 8192)))
    return m.data[:start] + b"\x00" * (end - start) + m.data[end:]


def nest_sequences(m: Mutator, rng: random.Random) -> bytes:
    """Sequences within sequences, to a depth that recursion does not survive, open or closed."""
    depth = rng.choice((3, 20, 200, 3000))
    opened = (
        struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, UNDEFINED) + struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)
    ) * depth
    closed = (struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)) * depth
    return _inserted(m, rng, opened + (closed if rng.random() < 0.7 else b""))


def stray_delimiter(m: Mutator, rng: random.Random) -> bytes:
    return _inserted(
        m, rng, struct.pack("<HHI", 0xFFFE, rng.choice((0xE000, 0xE00D, 0xE0DD)), rng.choice((0, UNDEFINED)))
    )


def insert_element(m: Mutator, rng: random.Random) -> bytes:
    tag = rng.choice((rng.randrange(2**32), 0x00189087, 0x00431039, 0x0019100C, 0x00280008, 0x00281053, 0x7FE00010))
    return _inserted(m, rng, encode(tag, rng.choice(VRS), rng.choice(TEXT_EXTREMES)))


def _inserted(m: Mutator, rng: random.Random, new: bytes) -> bytes:
    at = m.pick(rng).start
    return m.data[:at] + new + m.data[at:]


def change_transfer_syntax(m: Mutator, rng: random.Random) -> bytes:
    element = next((e for e in m.elements if e.tag == 0x00020010), None)
    if element is None:
        return m.data
    endings = (b"", b".1", b".2", b".5", b".1.99", b".4.50", b".4.70", b".4.80", b".4.90", b".9")
    uid = b"1.2.840.10008.1.2" + rng.choice(endings)
    return m.replaced(element, encode(element.tag, b"UI", uid + b"\x00" * (len(uid) % 2)))


def break_preamble(m: Mutator, rng: random.Random) -> bytes:
    return rng.choice((m.data[132:], m.data[:128] + b"DICN" + m.data[132:], m.data[128:], b"\x00" * 4 + m.data))


def empty(m: Mutator, rng: random.Random) -> bytes:
    return rng.choice((b"", b"\x00", m.data[:132], rng.randbytes(2000)))


OPERATIONS: list[tuple[str, Callable[[Mutator, random.Random], bytes]]] = [
    (function.__name__, function)
    for function in (
        append_garbage, break_preamble, change_length, change_length, change_transfer_syntax, change_vr, change_vr,
        delete_element, delete_element, delete_group, duplicate_element, empty, extreme_value, extreme_value, extreme_value,
        flip_header, flip_header, flip_pixels, insert_element, nest_sequences, stray_delimiter, swap_elements, truncate,
        truncate_at_element, zero_range,
    )
]  # fmt: skip
