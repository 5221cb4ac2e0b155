"""Diffusion-weighted signal of a digital head on given slices, with its noise-free ADC and the truth about its lesions.

Signal S(b) = S0 exp(-b ADC) of every tissue, summed over the shares of a voxel, so that partial volume behaves as it does in
a scanner. White matter may be anisotropic: with orthogonal or icosahedral directions the mean over directions stays the ADC.
"""

from dataclasses import dataclass, field

import numpy as np

from ..geometry import Geometry
from ..types import Directionality
from .anatomy import (
    B0_SIGNAL,
    PARENCHYMA,
    TISSUE_ADC,
    Head,
    Region,
    RegionKind,
    Tissue,
    region_fraction,
    slice_points,
    texture,
    tissue_fractions,
)
from .grids import Slab

NO_DIRECTION = (np.nan, np.nan, np.nan)
ORTHOGONAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_GOLDEN = (1 + 5**0.5) / 2
_ICOSAHEDRON = ((0, 1, _GOLDEN), (0, 1, -_GOLDEN), (1, _GOLDEN, 0), (1, -_GOLDEN, 0), (_GOLDEN, 0, 1), (-_GOLDEN, 0, 1))
ICOSAHEDRAL = tuple(tuple(float(c) / (1 + _GOLDEN**2) ** 0.5 for c in vertex) for vertex in _ICOSAHEDRON)
"""Six directions over which any tensor averages to its trace."""
TISSUE_TEXTURE = 0.03
ADC_FLOOR = 60.0
"""b0 signal below which the scanner writes no ADC."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """One image to acquire.

    Args:
        b: actual s/mm2.
        direction: unit vector in LPS; NaN for b0 and for a trace image.
        trace: True for the geometric mean over the directions that the scanner combined.
        b_nominal: b that the user set, where the vendor writes both; None when the same.
    """

    b: float
    direction: tuple[float, float, float] = NO_DIRECTION
    trace: bool = False
    b_nominal: float | None = None

    @property
    def directionality(self) -> Directionality:
        """As Diffusion Directionality (0018,9075)."""
        if self.trace:
            return Directionality.ISOTROPIC
        return Directionality.NONE if np.isnan(self.direction[0]) else Directionality.DIRECTIONAL


def weightings(b: float = 1000.0, directions=ORTHOGONAL, *, b0: tuple[float, ...] = (0.0,)) -> tuple[Weighting, ...]:
    """The b0 images, then one image per direction."""
    return (*(Weighting(low) for low in b0), *(Weighting(b, tuple(direction)) for direction in directions))


@dataclass(frozen=True)
class Acquisition:
    """How the scanner measures.

    Args:
        weightings: images in order of acquisition.
        snr: of white matter in the b0 image; None for no noise.
        seed: of the noise.
        anisotropy: 0 to 0.4; relative spread of the ADC of white matter over directions.
        motion_mm, motion_deg: shift along LPS and rotation about the superior axis of the head between b0 and the rest.
        bias: relative amplitude of a smooth receive field.
    """

    weightings: tuple[Weighting, ...] = field(default_factory=weightings)
    snr: float | None = 30.0
    seed: int = 0
    anisotropy: float = 0.25
    motion_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    motion_deg: float = 0.0
    bias: float = 0.0


@dataclass(frozen=True, eq=False)
class DiffusionPatient:
    """What the scanner measured, and the truth.

    Args:
        slab: slices.
        weightings: one per image.
        signal: (n, k, j, i) float32, arbitrary units, white matter 620 in b0.
        adc: (k, j, i) float32 um2/s of the noise-free signal of the moved head: log ratio of b0 and geometric mean.
        infarct_fraction: (k, j, i) share of infarct in every voxel, in the pose of the images with b > 0.
        head: with its regions.
    """

    slab: Slab
    weightings: tuple[Weighting, ...]
    signal: np.ndarray
    adc: np.ndarray
    infarct_fraction: np.ndarray
    head: Head

    @property
    def geometry(self) -> Geometry:
        """Grid of the images."""
        return self.slab.geometry

    def scanner_trace(self) -> tuple[float, np.ndarray]:
        """Highest b and the geometric mean of its images, as the scanner computes its trace image."""
        b = np.array([w.b for w in self.weightings])
        high = self.signal[b > b.max() * 0.99]
        return float(b.max()), np.exp(np.log(np.maximum(high, 1e-3)).mean(axis=0))

    def scanner_b0(self) -> np.ndarray:
        """Arithmetic mean of the b0 images."""
        return self.signal[np.array([w.b <= 10 for w in self.weightings])].mean(axis=0)

    def scanner_adc(self) -> np.ndarray:
        """ADC in um2/s of the measured images, as the scanner computes its map: never negative, 0 in the background."""
        base = self.scanner_b0()
        high, trace = self.scanner_trace()
        low = float(np.mean([w.b for w in self.weightings if w.b <= 10]))
        adc = np.log(np.maximum(base, 1e-3) / np.maximum(trace, 1e-3)) / (high - low) * 1e6
        return np.where(base > ADC_FLOOR, np.maximum(adc, 0), 0).astype(np.float32)


def _motion(acquisition: Acquisition) -> np.ndarray:
    angle = np.radians(acquisition.motion_deg)
    forward = np.eye(4)
    forward[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    forward[:3, 3] = acquisition.motion_mm
    return np.linalg.inv(forward)


@dataclass(frozen=True, eq=False)
class _Pose:
    """One position of the head, inside its outline only: shares, and what varies smoothly from place to place."""

    voxels: np.ndarray
    tissues: np.ndarray
    regions: np.ndarray
    points: np.ndarray
    fiber: np.ndarray
    signal_texture: np.ndarray
    adc_texture: np.ndarray


def _pose(head: Head, slab: Slab, pose: np.ndarray) -> _Pose:
    tissues = tissue_fractions(head, slab, pose).reshape(len(Tissue), -1)
    voxels = np.flatnonzero(tissues[Tissue.AIR] < 1)
    regions = [region_fraction(region, slab, pose).ravel()[voxels] for region in head.regions]
    regions = np.array(regions, np.float32).reshape(len(head.regions), len(voxels))
    points = np.concatenate([slice_points(slab, k, pose) for k in range(slab.geometry.shape[0])])
    points = points[voxels].astype(np.float32)
    replacing = np.array([region.kind is not RegionKind.SUSCEPTIBILITY for region in head.regions], bool)
    tissues = _make_room(tissues[:, voxels], regions[replacing].sum(axis=0))
    signal_texture = 1 + TISSUE_TEXTURE * texture(points, 42.0, 1.3)
    adc_texture = 1 + TISSUE_TEXTURE * texture(points, 57.0, 2.9)
    return _Pose(voxels, tissues, regions, points, _fiber(points), signal_texture, adc_texture)


def _make_room(tissues: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Tissue shares that sum to 1 - `taken`: regions replace parenchyma first, other tissue only where that is not enough."""
    parenchyma = sum(tissues[tissue] for tissue in PARENCHYMA)
    from_parenchyma = np.minimum(parenchyma, taken)
    from_rest = taken - from_parenchyma
    keep_parenchyma = 1 - from_parenchyma / np.maximum(parenchyma, 1e-12)
    keep_rest = 1 - from_rest / np.maximum(1 - parenchyma, 1e-12)
    out = tissues * keep_rest
    for tissue in PARENCHYMA:
        out[tissue] = tissues[tissue] * keep_parenchyma
    return np.maximum(out, 0)


def _fiber(points: np.ndarray) -> np.ndarray:
    """(n, 3) smooth unit vectors: fibers run left-right near the midline and fan out upward."""
    x, y, z = points.T
    vector = np.stack([np.exp(-((x / 25) ** 2)), 0.4 * np.sin(y / 20), 0.3 + 0.02 * np.abs(x) + 0 * z], axis=1)
    return vector / np.linalg.norm(vector, axis=1, keepdims=True)


def _signal(pose: _Pose, head: Head, weighting: Weighting, anisotropy: float) -> np.ndarray:
    """(n,) noise-free signal of the voxels of a pose."""
    directional = np.ones_like(pose.signal_texture)
    if weighting.directionality is Directionality.DIRECTIONAL:
        cosine = pose.fiber @ np.asarray(weighting.direction, np.float32)
        directional += anisotropy * (3 * cosine**2 - 1) / 2
    signal = np.zeros_like(directional)
    for tissue in (t for t in Tissue if t is not Tissue.AIR):
        adc = TISSUE_ADC[tissue] * (directional if tissue is Tissue.WHITE else 1)
        decay = np.exp(-weighting.b * 1e-6 * adc * (pose.adc_texture if tissue in PARENCHYMA else 1))
        signal += (
            pose.tissues[tissue] * B0_SIGNAL[tissue] * decay * (pose.signal_texture if tissue in PARENCHYMA else 1)
        )
    for share, region in zip(pose.regions, head.regions, strict=True):
        signal = _add_region(signal, share, region, weighting.b)
    return signal


def _add_region(signal: np.ndarray, share: np.ndarray, region: Region, b: float) -> np.ndarray:
    if region.kind is RegionKind.SUSCEPTIBILITY:
        return signal * (1 + (region.t2_ratio - 1) * share)
    return signal + share * np.float32(B0_SIGNAL[Tissue.GRAY] * region.t2_ratio * np.exp(-b * 1e-6 * region.adc))


def _trace(pose: _Pose, head: Head, weighting: Weighting, anisotropy: float) -> np.ndarray:
    logs = [np.log(_signal(pose, head, Weighting(weighting.b, axis), anisotropy)) for axis in ORTHOGONAL]
    return np.exp(np.mean(logs, axis=0))


def _noise_free(pose: _Pose, head: Head, weighting: Weighting, anisotropy: float) -> np.ndarray:
    make = _trace if weighting.trace else _signal
    return make(pose, head, weighting, anisotropy)


def _adc(images: list[np.ndarray], acquired: tuple[Weighting, ...]) -> np.ndarray:
    """ADC in um2/s between the mean of the lowest b and the geometric mean of the highest."""
    b = np.array([w.b for w in acquired])
    low, high = b < b.max() / 2, b > b.max() * 0.99
    base = np.mean([image for image, use in zip(images, low, strict=True) if use], axis=0)
    logs = np.mean([np.log(image) for image, use in zip(images, high, strict=True) if use], axis=0)
    return (np.log(base) - logs) / (b[high].mean() - b[low].mean()) * 1e6


def _receive_field(points: np.ndarray, amplitude: float) -> np.ndarray:
    return 1 + amplitude * np.sin(points[:, 0] / 70 + points[:, 1] / 90 + 0.5)


def simulate(head: Head, slab: Slab, acquisition: Acquisition | None = None) -> DiffusionPatient:
    """Scan a head.

    Args:
        head: with its regions.
        slab: slices.
        acquisition: images, noise, motion; defaults of `Acquisition` when None.

    Returns:
        Images with Rician noise, and the noise-free ADC and infarct shares.
    """
    how = acquisition or Acquisition()
    still = _pose(head, slab, np.eye(4))
    moves = how.motion_deg != 0 or any(how.motion_mm)
    moved = _pose(head, slab, _motion(how)) if moves else still
    rng = np.random.default_rng(how.seed)
    shape = slab.geometry.shape
    clean = [_noise_free(moved, head, weighting, how.anisotropy) for weighting in how.weightings]
    signal = np.zeros((len(how.weightings), int(np.prod(shape))), np.float32)
    for image, weighting, ready in zip(signal, how.weightings, clean, strict=True):
        pose = still if weighting.b <= 10 else moved
        values = ready if pose is moved else _noise_free(pose, head, weighting, how.anisotropy)
        image[pose.voxels] = values * _receive_field(pose.points, how.bias)
        if how.snr:
            _add_rician(image, B0_SIGNAL[Tissue.WHITE] / how.snr, rng)
    adc = np.zeros(signal.shape[1], np.float32)
    adc[moved.voxels] = _adc(clean, how.weightings)
    fraction = np.zeros_like(adc)
    for share, region in zip(moved.regions, head.regions, strict=True):
        if region.kind is RegionKind.INFARCT:
            fraction[moved.voxels] += share
    return DiffusionPatient(
        slab, how.weightings, signal.reshape(-1, *shape), adc.reshape(shape), fraction.reshape(shape), head
    )


def _add_rician(image: np.ndarray, sigma: float, rng: np.random.Generator) -> None:
    real = image + np.float32(sigma) * rng.standard_normal(image.shape, np.float32)
    imaginary = np.float32(sigma) * rng.standard_normal(image.shape, np.float32)
    np.hypot(real, imaginary, out=image)
