"""Digital ACR-like CT phantom with exact numbers: inserts, wire ramps, low contrast, beads and bar patterns, at any roll, shift, mirror and pitch.

HU' = scale HU + offset + cup (1 - (r / 100 mm)²). The wires of the ramps are 0.5 mm apart along the axis; a slice shows those within its thickness.
Blur is a Gaussian, so that the transfer of a bar pattern of frequency f is exp(-2 pi² psf² f²) times that of the pixel. Where the real phantom has its
wires is not published: the ramps stand for the principle, the positions are those of this object.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Geometry
from ..types import Volume

INSERTS = {"air": (45, -1000), "acrylic": (135, 120), "water": (180, 0), "polyethylene": (225, -95), "bone": (-45, 955)}
"""Angle in degrees (0 to the right, positive clockwise) and CT number; all 63 mm from the center."""
BARS = {4: -135, 5: 180, 6: 135, 7: 90, 8: 45, 9: 0, 10: -45, 12: -90}
"""Line pairs per cm and angle of the patterns, 70 mm from the center."""
RODS_MM = (6, 5, 4, 3, 2)
BAR_HU = 1000.0
_WIRE_STEP_MM = 0.5


@dataclass(frozen=True)
class CtScan:
    """How the phantom lies and what the scanner makes of it.

    Args:
        roll: degrees, clockwise; `shift` mm of the center; `mirrored` left for right; `reverse` from the other end.
        scale, offset, cup: of the CT numbers, HU.
        pitch: distance of the module centers, mm.
        noise: SD in HU of every pixel; `psf` SD in mm of the blur.
        size, pixel, dz: columns, mm, distance of the slices in mm.
        thickness: of the slice profile, mm; None: as dz.
        wire_pitch: distance of the wires in the plane, mm; `wire_hu` of a wire in a slice of 5 mm; 0 leaves the ramps out.
        bars: False leaves the patterns out.
        table: a couch below; `modules` that are there; `zoom` of the whole.
    """

    roll: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    offset: float = 0.0
    cup: float = 0.0
    mirrored: bool = False
    reverse: bool = False
    pitch: float = 40.0
    noise: float = 4.0
    psf: float = 0.0
    size: int = 320
    pixel: float = 0.78125
    dz: float = 5.0
    thickness: float | None = None
    wire_pitch: float = 2.0
    wire_hu: float = 100.0
    bars: bool = True
    table: bool = False
    modules: tuple[int, ...] = (1, 2, 3, 4)
    zoom: float = 1.0
    seed: int = 3

    @property
    def width(self) -> float:
        """Thickness of a slice, mm."""
        return self.dz if self.thickness is None else self.thickness


def acr_ct(scan: CtScan = CtScan()) -> Volume:
    """Volume in HU; module n has its center at (n - 1) pitch."""
    fine = 3
    x, y = _frame(scan, fine)
    images = {module: _reduced(scan, _module(module, x, y, scan), fine) for module in scan.modules}
    half = scan.pitch / 2
    z = np.arange(-half + scan.dz / 2, 3 * scan.pitch + half, scan.dz)
    which = np.clip(np.round(z / scan.pitch).astype(int) + 1, 1, 4)
    order = np.arange(len(z))[::-1] if scan.reverse else np.arange(len(z))
    order = [n for n in order if which[n] in scan.modules]
    rng = np.random.default_rng(scan.seed)
    coarse = _frame(scan, 1)
    planes = []
    for n in order:
        plane = images[which[n]] + (_wires(scan, coarse, z[n]) if which[n] == 1 else 0.0)
        planes.append(plane + rng.normal(0, scan.noise, plane.shape))
    values = np.stack(planes).astype(np.float32)
    affine = np.diag([scan.pixel, scan.pixel, scan.dz, 1.0])
    affine[:2, 3] = -(scan.size - 1) / 2 * scan.pixel
    return Volume(values, Geometry.from_affine(affine, values.shape), "[hnsf'U]", "attenuation")


def _frame(scan: CtScan, fine: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the phantom for every fine pixel."""
    axis = (np.arange(scan.size * fine) - (scan.size * fine - 1) / 2) * scan.pixel / fine
    x, y = np.meshgrid(axis - scan.shift[0], axis - scan.shift[1])
    c, s = np.cos(np.radians(scan.roll)), np.sin(np.radians(scan.roll))
    px, py = (x * c + y * s) / scan.zoom, (y * c - x * s) / scan.zoom
    return (-px if scan.mirrored else px), py


def _reduced(scan: CtScan, image: np.ndarray, fine: int) -> np.ndarray:
    """Blurred, with a couch where there is one, as means over pixels."""
    if scan.psf:
        image = ndimage.gaussian_filter(image, scan.psf * fine / scan.pixel)
    image = image.reshape(scan.size, fine, scan.size, fine).mean(axis=(1, 3))
    if scan.table:
        rows = np.abs((np.arange(scan.size) - (scan.size - 1) / 2) * scan.pixel - 108) < 6
        image[rows] = np.maximum(image[rows], -100)
    return image


def _at(radius: float, angle_deg: float) -> tuple[float, float]:
    return radius * np.cos(np.radians(angle_deg)), radius * np.sin(np.radians(angle_deg))


def _module(module: int, x: np.ndarray, y: np.ndarray, scan: CtScan) -> np.ndarray:
    """CT numbers of one module on the fine grid."""
    r = np.hypot(x, y)
    image = np.zeros_like(x)
    for place, radius, hu in _discs(module):
        image[np.hypot(x - place[0], y - place[1]) <= radius] = hu
    if module == 2:
        image += 90
    if module == 4 and scan.bars:
        _draw_bars(image, x, y)
    image = scan.scale * image + scan.offset + scan.cup * (1 - (r / 100) ** 2)
    return np.where(r <= 100, image, -1000)


def _discs(module: int):
    """(center, radius, HU) of the round things of a module."""
    if module == 1:
        return [(_at(63, angle), 12.5, hu) for angle, hu in INSERTS.values()]
    if module == 2:
        large = [(_at(60, -90), 12.5, 6)]
        rods = []
        for n, d in enumerate(RODS_MM):
            cx, cy = _at(60, -30 + 40 * n)
            rods += [((cx + (m - 1.5) * 2 * d, cy), d / 2, 6) for m in range(4)]
        return large + rods
    if module == 3:
        return [(_at(20, -45), 0.8, 1500), (_at(80, 135), 0.8, 1500)]
    return []


def _draw_bars(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    """Squares of 15 mm with bars along y; one half of every period is bright."""
    for pairs_per_cm, angle in BARS.items():
        cx, cy = _at(70, angle)
        dx, dy = x - cx, y - cy
        bright = np.cos(2 * np.pi * dx * pairs_per_cm / 10) >= 0
        image[(np.abs(dx) <= 7.5) & (np.abs(dy) <= 7.5) & bright] = BAR_HU


def _wires(scan: CtScan, frame: tuple[np.ndarray, np.ndarray], z: float) -> np.ndarray:
    """What the wires within the slice at z add; the ramps rise in opposite directions above and below the center."""
    x, y = frame
    added = np.zeros_like(x)
    if not scan.wire_hu:
        return added
    sigma = np.hypot(max(scan.psf, 0.35), scan.pixel / np.sqrt(12))
    bright = scan.wire_hu * 5 / scan.width
    for sign in (-1, 1):
        for n in range(-30, 31):
            at = sign * (n + 0.5) * _WIRE_STEP_MM
            if abs(at - z) < scan.width / 2 and abs(n + 0.5) * scan.wire_pitch <= 45:
                dx = x - (n + 0.5) * scan.wire_pitch
                added += bright * np.exp(-(dx**2) / (2 * sigma**2)) * (np.abs(y - 24 * sign) <= 3)
    return scan.scale * added
