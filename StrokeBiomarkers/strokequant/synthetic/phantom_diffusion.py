"""Digital diffusion phantom: 13 vials of polyvinylpyrrolidone (PVP) in a water bath, in any pose, with known faults.

Signal of a pass p at b: S0 exp(-b g² ADC (1 + k (r / 100 mm)²) exp(s dT)), with r from the isocenter, g the gradient amplitude, k its
nonlinearity and dT the local temperature error. Borders are one pixel wide, so that every voxel further inside is exact. An image is
the mean over averages of magnitudes with Gaussian noise in two channels; b > 0 is the geometric mean of three such directions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .grids import Slab, make_slab

LAYOUT_MM: tuple[tuple[float, float], ...] = (
    (0, 0), (30, 18), (30, 52), (-30, 52), (0, 35), (-61, 0), (-30, 18), (-30, -52), (-30, -18), (0, -35), (30, -52), (30, -18), (61, 0),
)  # fmt: skip
"""x to the right and y down from the center of the phantom, V0 to V12."""
PVP_PERCENT = (0, 0, 0, 10, 10, 20, 20, 30, 30, 40, 40, 50, 50)
ADC_0C = (1109.0, 817.0, 579.0, 380.0, 220.0, 110.0)
"""um2/s at 0 °C for PVP 0, 10, ... 50 %: the certificate that the reference phantom was made after."""
ADC_20C = (2000.0, 1551.0, 1183.0, 832.0, 507.0, 267.0)
B_0C = (0.0, 500.0, 1000.0, 1500.0, 2000.0)
B_20C = (0.0, 200.0, 400.0, 600.0, 800.0)
SENSITIVITY_0C = (0.0302, 0.0326, 0.0370, 0.0401, 0.0433, 0.0464)
"""Relative change of the ADC per °C for PVP 0, 10, ... 50 % between 0 and 16 °C."""
_S0 = (1.0, 0.95, 0.9, 0.82, 0.7, 0.5)
_BATH_S0 = 0.8


def per_vial(by_pvp: Sequence[float]) -> tuple[float, ...]:
    """Values of the 13 vials from those of PVP 0, 10, ... 50 %."""
    return tuple(by_pvp[pvp // 10] for pvp in PVP_PERCENT)


@dataclass(frozen=True)
class VialPhantom:
    """What is in the phantom.

    Args:
        adc_um2_s: (13,) true ADC of the vials.
        s0: (13,) signal without diffusion weighting, water 1.
        bath_adc: of the water around them.
        vial_radius_mm, body_radius_mm, half_length_mm: vials and body are cylinders.
        bubbles: (vial, radius mm) of air in the middle of a vial.
        empty: no vials, only the bath: a uniform phantom.
        bath_s0: signal of what is around the vials; 0 is ice.
        wall_mm: thickness of the walls of the vials, which have no signal.
    """

    adc_um2_s: tuple[float, ...] = per_vial(ADC_0C)
    s0: tuple[float, ...] = per_vial(_S0)
    bath_adc: float = 1109.0
    vial_radius_mm: float = 12.0
    body_radius_mm: float = 97.0
    half_length_mm: float = 60.0
    bubbles: tuple[tuple[int, float], ...] = ()
    empty: bool = False
    bath_s0: float = _BATH_S0
    wall_mm: float = 0.0


def single_tube(adc_um2_s: float = 1099.0, **fields) -> VialPhantom:
    """One tube of water in the middle, in ice."""
    return VialPhantom((adc_um2_s,) * 13, (1.0,) + (0.0,) * 12, **({"bath_s0": 0.0} | fields))


@dataclass(frozen=True)
class PhantomFaults:
    """What is wrong with scanner or scan; the defaults are nothing.

    Args:
        gradient_scale: g.
        nonlinearity: k, share at 100 mm from the isocenter.
        warming: (passes,) or number: temperature error in °C of every pass; a number grows by that much per pass from 0.
        temperature_c: error of the temperature of the whole phantom in °C.
        thermal_gradient_c_per_mm: (x, y) of the phantom frame.
        b_error: nominal b -> actual b.
        ghost: share of the signal that appears half a field of view away along the columns.
        epi_shift_mm: displacement along the columns.
        saturation: stored value at which the images are clipped, None for none.
        drift_per_pass: share by which the ADC grows from pass to pass, at any PVP.
        gain_per_pass: share by which the signal changes from pass to pass.
    """

    gradient_scale: float = 1.0
    nonlinearity: float = 0.0
    warming_c_per_pass: float = 0.0
    temperature_c: float = 0.0
    thermal_gradient_c_per_mm: tuple[float, float] = (0.0, 0.0)
    b_error: dict[float, float] = field(default_factory=dict)
    ghost: float = 0.0
    epi_shift_mm: float = 0.0
    saturation: float | None = None
    drift_per_pass: float = 0.0
    gain_per_pass: float = 0.0


@dataclass(frozen=True)
class PhantomScan:
    """How it lies and how it is scanned.

    Args:
        b_values: nominal s/mm2.
        snr: of one image at b 0 in water.
        averages, passes: number of excitations of an image, and of repeats of the whole protocol.
        center_lps, roll_deg: of the phantom; `flipped` turns it upside down, `tilt_deg` about the x axis of the patient.
        isocenter_lps: origin of gradient nonlinearity.
        slab: slices; axial, 13 of 5 mm, where None.
        directions: images of which an image with b > 0 is the geometric mean.
        gain: stored value of water without diffusion weighting.
        seed: of the noise.
    """

    b_values: tuple[float, ...] = B_0C
    snr: float = 100.0
    averages: int = 2
    passes: int = 4
    center_lps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    roll_deg: float = 0.0
    flipped: bool = False
    tilt_deg: float = 0.0
    isocenter_lps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    slab: Slab | None = None
    directions: int = 3
    gain: float = 1000.0
    seed: int = 1

    @property
    def slices(self) -> Slab:
        """The slab that is scanned."""
        if self.slab is not None:
            return self.slab
        return make_slab(slices=13, pixel_mm=1.71875, step_mm=5.0, thickness_mm=4.0, center=(0.0, 0.0, 0.0))

    @property
    def axes(self) -> np.ndarray:
        """(3, 3) columns are the x, y and z axes of the phantom in LPS."""
        roll, tilt = np.radians([self.roll_deg, self.tilt_deg])
        about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
        about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
        flip = np.diag([-1.0, 1.0, -1.0]) if self.flipped else np.eye(3)
        return about_x @ about_z @ flip


@dataclass(frozen=True, eq=False)
class DigitalSession:
    """Images with their truth.

    Args:
        images: (passes, b, k, j, i) uint16.
        centers_lps: (13, 3) of the vials, in the middle of the phantom.
        adc_um2_s: (passes, 13) that the images hold at the middle of the vials, faults included.
    """

    images: np.ndarray
    scan: PhantomScan
    phantom: VialPhantom
    faults: PhantomFaults
    centers_lps: np.ndarray
    adc_um2_s: np.ndarray


def simulate(
    phantom: VialPhantom = VialPhantom(), scan: PhantomScan = PhantomScan(), faults: PhantomFaults = PhantomFaults()
) -> DigitalSession:
    """Scan the phantom; the same arguments give the same images."""
    shares, bath, places = _shares(phantom, scan, faults)
    factor = _factor_at(places, scan, faults)
    rng = np.random.default_rng(scan.seed)
    images = np.empty((scan.passes, len(scan.b_values), *bath.shape), np.uint16)
    for p in range(scan.passes):
        for n, b in enumerate(scan.b_values):
            clean = _signal(phantom, scan, faults, shares, bath, factor, p, b)
            images[p, n] = _stored(_measured(clean, scan, rng, b), scan, faults)
    points = np.c_[np.array(LAYOUT_MM), np.zeros(len(LAYOUT_MM))]
    centers = points @ scan.axes.T + np.array(scan.center_lps)
    adc = np.array([_true_adc(phantom, scan, faults, centers, p) for p in range(scan.passes)])
    return DigitalSession(images, scan, phantom, faults, centers, adc)


def _places(scan: PhantomScan, faults: PhantomFaults) -> tuple[np.ndarray, np.ndarray]:
    """(k, j, i, 3) LPS and phantom frame of every voxel; the phantom is displaced along the columns by an EPI shift."""
    geometry = scan.slices.geometry
    k, j, i = np.indices(geometry.shape, sparse=True)
    along_i, along_j = geometry.affine[:3, 0], geometry.affine[:3, 1]
    lps = geometry.slice_origins[k] + i[..., None] * along_i + j[..., None] * along_j
    down = along_j / np.linalg.norm(along_j)
    frame = (lps - faults.epi_shift_mm * down - np.array(scan.center_lps)) @ scan.axes
    return lps, frame


def _shares(phantom: VialPhantom, scan: PhantomScan, faults: PhantomFaults):
    """(13, k, j, i) share of every voxel in every vial, (k, j, i) in the bath, and LPS of the voxels."""
    lps, frame = _places(scan, faults)
    pixel = scan.slices.geometry.pixel_spacing[0]
    ends = np.clip(0.5 + (phantom.half_length_mm - np.abs(frame[..., 2])) / pixel, 0, 1)

    def inside(x: float, y: float, radius: float) -> np.ndarray:
        return np.clip(0.5 + (radius - np.hypot(frame[..., 0] - x, frame[..., 1] - y)) / pixel, 0, 1) * ends

    body = inside(0, 0, phantom.body_radius_mm)
    if phantom.empty:
        return np.zeros((len(LAYOUT_MM), *body.shape), np.float32), body.astype(np.float32), lps
    shares = np.stack([inside(x, y, phantom.vial_radius_mm) for x, y in LAYOUT_MM]).astype(np.float32)
    outside = shares.sum(axis=0)
    if phantom.wall_mm:
        outside = sum(inside(x, y, phantom.vial_radius_mm + phantom.wall_mm) for x, y in LAYOUT_MM)
    bath = np.clip(body - outside, 0, None).astype(np.float32)
    for vial, radius in phantom.bubbles:
        shares[vial] *= 1 - inside(*LAYOUT_MM[vial], radius)
    return shares, bath, lps


def _factor_at(lps: np.ndarray, scan: PhantomScan, faults: PhantomFaults) -> np.ndarray:
    """Factor of the ADC at LPS points (..., 3) by the gradients."""
    r = np.linalg.norm(lps - np.array(scan.isocenter_lps), axis=-1)
    return faults.gradient_scale**2 * (1 + faults.nonlinearity * (r / 100) ** 2)


def _warmth(vial: int | None, faults: PhantomFaults, p: int) -> float:
    """Temperature error in °C of a vial (None: the bath) in pass p."""
    x, y = (0.0, 0.0) if vial is None else LAYOUT_MM[vial]
    gx, gy = faults.thermal_gradient_c_per_mm
    return faults.temperature_c + faults.warming_c_per_pass * p + gx * x + gy * y


def _adc(phantom: VialPhantom, faults: PhantomFaults, vial: int | None, p: int) -> float:
    base = phantom.bath_adc if vial is None else phantom.adc_um2_s[vial]
    sensitivity = SENSITIVITY_0C[0 if vial is None else PVP_PERCENT[vial] // 10]
    return base * float(np.exp(sensitivity * _warmth(vial, faults, p))) * (1 + faults.drift_per_pass * p)


def _signal(phantom, scan, faults, shares, bath, factor, p: int, b: float) -> np.ndarray:
    """(k, j, i) signal without noise."""
    actual = faults.b_error.get(b, b)
    total = phantom.bath_s0 * bath * np.exp(-actual * 1e-6 * _adc(phantom, faults, None, p) * factor)
    for vial, share in enumerate(shares):
        adc = _adc(phantom, faults, vial, p)
        here = share > 0
        total[here] += phantom.s0[vial] * share[here] * np.exp(-actual * 1e-6 * adc * factor[here])
    if faults.ghost:
        total += faults.ghost * np.roll(total, total.shape[1] // 2, axis=1)
    return (total * (1 + faults.gain_per_pass) ** p).astype(np.float32)


def _measured(clean: np.ndarray, scan: PhantomScan, rng: np.random.Generator, b: float) -> np.ndarray:
    """Noisy magnitude image; the geometric mean of the directions where b > 0."""
    if not np.isfinite(scan.snr):
        return clean
    sigma = np.float32(np.sqrt(scan.averages) / scan.snr)
    directions = scan.directions if b > 0 else 1
    log_sum = np.zeros_like(clean)
    for _ in range(directions):
        mean = np.zeros_like(clean)
        for _ in range(scan.averages):
            real = clean + sigma * rng.standard_normal(clean.shape, np.float32)
            imaginary = sigma * rng.standard_normal(clean.shape, np.float32)
            mean += np.hypot(real, imaginary)
        log_sum += np.log(np.maximum(mean / scan.averages, 1e-9))
    return np.exp(log_sum / directions)


def _stored(image: np.ndarray, scan: PhantomScan, faults: PhantomFaults) -> np.ndarray:
    top = faults.saturation if faults.saturation is not None else 65535
    return np.clip(np.rint(image * scan.gain), 0, top).astype(np.uint16)


def _true_adc(
    phantom: VialPhantom, scan: PhantomScan, faults: PhantomFaults, centers: np.ndarray, p: int
) -> np.ndarray:
    adc = np.array([_adc(phantom, faults, vial, p) for vial in range(len(LAYOUT_MM))])
    return adc * _factor_at(centers, scan, faults)
