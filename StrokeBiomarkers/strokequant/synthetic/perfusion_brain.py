"""A stroke brain in a perfusion scanner: DSC or CTP frames in memory, with the truth about everything that can be measured.

    patient = simulate_perfusion(PerfusionBrain(lesion=make_lesion(80, 20)), make_slab(slices=20, step_mm=6.0), dsc())
    patient.series                 # TimeSeries, as a reader would give it
    patient.truth.volumes_ml       # {"hypoperfusion": 80.0, "core": 20.0}, exact
    patient.truth.maps["cbv"]      # (k, j, i), also cbf, mtt, delay
    patient.truth.artery           # true arterial curve: patient.truth.artery.at(times)

`small_patient("dsc")` and `small_patient("ctp")` take well under a second. Motion: give `motion=step(60, 20, (2, 0, 0))` of
`perfusion_motion`; `patient.truth.motion.matrices(center)` is exact. Everything follows from the seed of the protocol.

Truth of hypoperfusion: the labels say where the true delay is that of penumbra or core. Tmax is delay + 2 to 3 s (more with a
longer MTT), so that Tmax > 6 s agrees with the label only where no tissue lies between: `CLEAR` gives oligemia a delay of 2 s
(Tmax about 4 s) and penumbra one of 7 s (Tmax about 9.5 s). The default states are those of the reference brain, whose oligemia
(delay 4 s) has a Tmax just above 6 s.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import SimpleITK as sitk

from ..geometry import Geometry
from ..types import TimeSeries
from .anatomy import Head, Tissue
from .diffusion_patient import Acquisition, DiffusionPatient, simulate
from .grids import Slab, make_slab
from .perfusion_curves import Curve, Injection, arterial_curve, dispersed, tissue_curve, venous_curve
from .perfusion_motion import HeadMotion
from .perfusion_protocol import Protocol, ctp, dsc
from .perfusion_tissue import (
    DELAY_STEP_S,
    PerfusionLesion,
    Physiology,
    State,
    TissueMix,
    make_lesion,
    mix_tissue,
)
from .perfusion_vessels import Tube, head_vessels

CLEAR = {
    "oligemia": State(0.60, 6.0, 2.0),
    "penumbra": State(0.45, 8.0, 7.0),
    "core_state": State(0.08, 12.0, 9.0),
}
"""States of a lesion whose border Tmax > 6 s finds: no tissue has a Tmax near 6 s."""
DSC_SIGNAL = np.array([0, 20, 3, 160, 100, 90, 30], np.float32)
"""Steady-state T2*-weighted signal by tissue; gray matter is 100."""
DSC_BLOOD = 100.0
T1_S = np.array([1, 0.4, 0.4, 4.0, 1.3, 0.9, 1.4])
"""T1 by tissue at 3 T, for the approach to the steady state."""
CT_NUMBER = np.array([-1000, -60, 900, 12, 35, 29, 55], np.float32)
"""HU by tissue: CSF, gray and white matter as in the phantom of Erlangen."""
CT_BLOOD = 45.0
CT_FLOOR = -1024.0


@dataclass(frozen=True)
class PerfusionBrain:
    """The patient.

    Args:
        lesion: None for a healthy brain.
        physiology: flow of healthy tissue.
        injections: boluses in the artery; none for a scan without contrast.
        recirculation: second pass of 15 % and plateau of 6 %.
        artery_dispersion_s: of the arterial input itself.
        artery_gain: times the concentration in arteries alone, to saturate them.
        occlusion: the MCA on the side of the lesion fills late and dispersed.
        leakage_per_s: K2 of the core, see `tissue_curve`.
        scale: of the head.
    """

    lesion: PerfusionLesion | None = None
    physiology: Physiology = Physiology()
    injections: tuple[Injection, ...] = (Injection(),)
    recirculation: bool = False
    artery_dispersion_s: float = 0.0
    artery_gain: float = 1.0
    occlusion: bool = True
    leakage_per_s: float = 0.0
    scale: float = 1.0

    def artery(self) -> Curve:
        """Arterial input in units of concentration."""
        return arterial_curve(*self.injections, recirculation=self.recirculation, dispersion_s=self.artery_dispersion_s)

    def vessels(self) -> tuple[Tube, ...]:
        """Arteries and sinuses."""
        if self.lesion is None or not self.occlusion:
            return head_vessels()
        side = "left" if self.lesion.hypoperfused.center[0] > 0 else "right"
        return head_vessels(occluded_side=side, collateral_delay_s=max(self.lesion.penumbra.delay_s - 2.0, 0.0))

    def diffusion_head(self, adc: float = 450.0) -> Head:
        """Head for the diffusion scan: the core is an acute infarct of the same place and volume."""
        core = self.lesion.core if self.lesion else None
        return Head((replace(core, adc=adc),) if core else (), self.scale)


@dataclass(frozen=True, eq=False)
class PerfusionTruth:
    """What is known about a patient; maps and shares are those of the head where it lies at rest.

    Args:
        maps: (k, j, i) float32: "cbf" and "cbv" per whole voxel (kappa = rho = 1), "mtt" and "delay" of its parenchyma in s;
            0 where there is no parenchyma. Vessels do not count.
        shares: (k, j, i) float32 share of the voxel: "gray", "white", "csf", "bone", "artery", "vein", and of parenchyma
            "oligemia" (without hypoperfusion), "hypoperfusion" (with the core), "core".
        labels: (k, j, i) uint8: 0 outside, 1 normal, 2 oligemia, 3 penumbra, 4 core, 5 CSF, 6 artery, 7 vein; what fills most.
        volumes_ml: exact: "hypoperfusion", "core". `sampled_volumes_ml`: sums of shares on this grid, less what vessels take
            and what lies outside the slab.
        artery, vein: curves of concentration with delay 0.
        vessel_curves: name of the vessel -> its own curve.
        vessel_shares: name -> (k, j, i) share.
        motion: of every frame.
        gain: measured unit (1/s or HU) per unit of concentration: "tissue" and "artery".
    """

    maps: dict[str, np.ndarray]
    shares: dict[str, np.ndarray]
    labels: np.ndarray
    volumes_ml: dict[str, float]
    sampled_volumes_ml: dict[str, float]
    artery: Curve
    vein: Curve
    vessel_curves: dict[str, Curve]
    vessel_shares: dict[str, np.ndarray]
    motion: HeadMotion | None
    gain: dict[str, float]

    @property
    def brain(self) -> np.ndarray:
        """(k, j, i) bool: at least half of the voxel is parenchyma, CSF or vessel inside the head, and some is parenchyma."""
        return self.shares["gray"] + self.shares["white"] >= 0.5

    def clean_voxels(self, vessel: str, share: float = 0.98) -> np.ndarray:
        """(m, 3) indices (k, j, i) of voxels that this vessel fills."""
        return np.argwhere(self.vessel_shares[vessel] >= share)


@dataclass(frozen=True, eq=False)
class PerfusionPatient:
    """What the scanner measured, and the truth.

    Args:
        series: frames in the unit of the kind: signal (gray matter 100) or HU.
        truth: see `PerfusionTruth`.
        brain, slab, protocol: what it was made from.
    """

    series: TimeSeries
    truth: PerfusionTruth
    brain: PerfusionBrain
    slab: Slab
    protocol: Protocol

    @property
    def geometry(self) -> Geometry:
        """Grid of the frames."""
        return self.slab.geometry


@dataclass(frozen=True, eq=False)
class _Model:
    """The head as a function of time: what a frame needs, at hand.

    Args:
        mix: what the voxels hold.
        rows: (m,) row of the table of curves for every entry of the mix; weights: CBF/6000 x share.
        row_curve, row_delay_s: curve and delay of every row.
        curves: of tissue, by component.
        vessels: (curve, positions, shares).
    """

    mix: TissueMix
    protocol: Protocol
    rows: np.ndarray
    weights: np.ndarray
    row_component: np.ndarray
    row_delay_s: np.ndarray
    curves: tuple[Curve, ...]
    vessels: tuple[tuple[Curve, np.ndarray, np.ndarray], ...]
    base: np.ndarray
    parenchyma: np.ndarray
    brightness: np.ndarray
    steady: np.ndarray

    def _table(self, times_s: np.ndarray) -> np.ndarray:
        """(rows, k) value of every curve at the time of every slice."""
        table = np.empty((len(self.row_delay_s), len(times_s)), np.float32)
        for number, curve in enumerate(self.curves):
            own = self.row_component == number
            table[own] = curve.at(times_s[None] - self.row_delay_s[own, None])
        return table

    def concentration(self, times_s: np.ndarray, slice_of: np.ndarray) -> np.ndarray:
        """(n,) concentration of tissue times its share, each voxel at the time of its slice."""
        values = self._table(times_s)[self.rows, slice_of[self.mix.entry_voxel]]
        return np.bincount(self.mix.entry_voxel, self.weights * values, len(self.mix.voxels))

    def frame(self, number: int, times_s: np.ndarray, slice_of: np.ndarray) -> np.ndarray:
        """(n,) noise-free values of the voxels of the mix; `slice_of` (n,) indexes `times_s`."""
        concentration = self.concentration(times_s, slice_of)
        make = _ct_frame if self.protocol.kind == "ctp" else _mr_frame
        return make(self, number, concentration, times_s, slice_of)


def _ct_frame(model: _Model, number: int, concentration, times_s, slice_of) -> np.ndarray:
    enhanced = concentration
    for curve, where, share in model.vessels:
        enhanced[where] += share * curve.at(times_s)[slice_of[where]]
    return model.base + model.protocol.enhancement_hu * enhanced


def _mr_frame(model: _Model, number: int, concentration, times_s, slice_of) -> np.ndarray:
    how = model.protocol
    te = how.echo_time_ms / 1000
    inside = concentration / np.maximum(model.parenchyma, 1e-6)
    signal = model.base * (1 + model.steady[number]) if how.steady_state else model.base.copy()
    early = 1 + _approach(how, T1_S[Tissue.GRAY], number) if how.steady_state else 1.0
    signal += model.brightness * early * np.exp(-te * how.tissue_relaxivity * inside)
    for curve, where, share in model.vessels:
        rate = how.artery_relaxivity * curve.at(times_s)[slice_of[where]]
        signal[where] += share * DSC_BLOOD * np.exp(-te * rate)
    return signal


def _approach(how: Protocol, t1_s, number: int):
    """Excess of the signal of frame `number` over the steady state, relative."""
    decay = np.exp(-how.step_s / np.asarray(t1_s))
    cosine = np.cos(np.radians(how.flip_deg))
    steady = (1 - decay) / (1 - decay * cosine)
    return (1 / steady - 1) * (decay * cosine) ** number


def _static(mix: TissueMix, how: Protocol) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Constant signal, signal of the parenchyma, and the excess of the constant part by frame (t, n) for DSC."""
    vessel = np.zeros(len(mix.voxels))
    for _, where, share in mix.vessels:
        vessel[where] += share
    if how.kind == "ctp":
        return CT_NUMBER @ mix.tissues + CT_BLOOD * vessel, np.zeros(0), np.zeros(0)
    outside = [tissue for tissue in Tissue if tissue not in (Tissue.GRAY, Tissue.WHITE)]
    base = DSC_SIGNAL[outside] @ mix.tissues[outside]
    brightness = sum(DSC_SIGNAL[t] * mix.tissues[t] for t in (Tissue.GRAY, Tissue.WHITE))
    excess = np.array([_approach(how, T1_S, n) for n in range(how.frames)])[:, outside]
    visible = np.maximum(base, 1e-6)
    steady = ((excess * DSC_SIGNAL[outside]) @ mix.tissues[outside]) / visible if how.steady_state else np.zeros(0)
    return base, brightness, steady


def _model(brain: PerfusionBrain, mix: TissueMix, how: Protocol) -> _Model:
    artery = brain.artery()
    vein = venous_curve(artery)
    leaks = [brain.leakage_per_s if component.state == "core" else 0.0 for component in mix.components]
    curves = tuple(
        tissue_curve(artery, component.mtt_s, leakage_per_s=leak)
        for component, leak in zip(mix.components, leaks, strict=True)
    )
    steps = np.rint(mix.entry_delay_s / DELAY_STEP_S).astype(np.int64)
    keys, rows = np.unique(mix.entry_component * 1_000_000 + steps + 500_000, return_inverse=True)
    component = keys // 1_000_000
    delays = (keys % 1_000_000 - 500_000) * DELAY_STEP_S
    vessels = tuple(
        (_vessel_curve(tube, artery, vein, brain.artery_gain), where, share) for tube, where, share in mix.vessels
    )
    weights = mix.entry_share * mix.entry_cbf * (brain.physiology.rho_over_kappa / 6000)
    return _Model(mix, how, rows, weights, component, delays, curves, vessels, *_ordered(mix, how))


def _ordered(mix: TissueMix, how: Protocol):
    base, brightness, steady = _static(mix, how)
    return base, mix.parenchyma, brightness, steady


def _vessel_curve(tube: Tube, artery: Curve, vein: Curve, gain: float) -> Curve:
    curve = vein if tube.venous else artery.scaled(gain)
    if tube.dispersion_s:
        curve = dispersed(curve, tube.dispersion_s)
    return curve.delayed(tube.delay_s)


def _frames_at_rest(model: _Model, times_s: np.ndarray) -> Iterator[np.ndarray]:
    rows, columns = model.mix.shape[1:]
    slice_of = model.mix.voxels // (rows * columns)
    fill = -1000.0 if model.protocol.kind == "ctp" else 0.0
    for number, moments in enumerate(times_s):
        yield model.mix.volume(model.frame(number, moments, slice_of), fill)


_MARGIN_MM = 12.0
"""How far the fine grid reaches beyond the slab: motion up to 5 mm and 5 degrees stays inside."""
_THROUGH = 4
"""Samples through a slice."""


def _fine_slab(slab: Slab) -> Slab:
    """Grid in head coordinates from which moved frames are read: half pixels (at most 0.9 mm), quarter slices."""
    geometry = slab.geometry
    if not geometry.is_even or geometry.tilt_deg > 0.01:
        msg = "motion needs evenly spaced slices that are stacked along their normal"
        raise ValueError(msg)
    pixel = geometry.pixel_spacing[0]
    fine = pixel / 2 if pixel > 1.2 else pixel
    step = slab.thickness_mm / _THROUGH
    rows, columns = geometry.shape[1:]
    center = volume_center(geometry)
    through = abs(geometry.positions[-1] - geometry.positions[0]) + slab.thickness_mm + 2 * _MARGIN_MM
    count = [int(np.ceil((n * pixel + 2 * _MARGIN_MM) / fine)) for n in (rows, columns)]
    row, column = np.reshape(slab.orientation, (2, 3))
    step_vector = geometry.normal * step
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = row * fine, column * fine, step_vector
    number = (int(np.ceil(through / step)), *count)
    affine[:3, 3] = center - affine[:3, :3] @ ((np.array(number[::-1]) - 1) / 2)
    return Slab(Geometry.from_affine(affine, number), step, slab.orientation)


def volume_center(geometry: Geometry) -> np.ndarray:
    """LPS mm of the center of a volume, about which `HeadMotion` turns."""
    slices, rows, columns = geometry.shape
    return (
        geometry.affine[:3, :3] @ np.array([(columns - 1) / 2, (rows - 1) / 2, (slices - 1) / 2])
        + geometry.affine[:3, 3]
    )


def _image(values: np.ndarray, affine: np.ndarray) -> sitk.Image:
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
    return image


def _sampled(fine: sitk.Image, slab: Slab, to_head: np.ndarray, fill: float) -> np.ndarray:
    """(k, j, i) mean over 2 x 2 points in plane and `_THROUGH` through the slice of the head moved by the inverse of `to_head`."""
    geometry = slab.geometry
    affine = geometry.affine.copy()
    affine[:3, 0] /= 2
    affine[:3, 1] /= 2
    affine[:3, 3] -= (affine[:3, 0] + affine[:3, 1]) / 2
    slices, rows, columns = geometry.shape
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(to_head[:3, :3].ravel().tolist())
    transform.SetTranslation(to_head[:3, 3].tolist())
    total = np.zeros((slices, rows, columns), np.float32)
    for offset in (np.arange(_THROUGH) + 0.5) / _THROUGH - 0.5:
        moved = affine.copy()
        moved[:3, 3] += geometry.normal * slab.thickness_mm * offset
        grid = _image(np.zeros((slices, rows * 2, columns * 2), np.uint8), moved)
        out = sitk.GetArrayFromImage(sitk.Resample(fine, grid, transform, sitk.sitkLinear, fill, sitk.sitkFloat32))
        total += out.reshape(slices, rows, 2, columns, 2).mean(axis=(2, 4))
    return total / _THROUGH


def _moved_frames(
    brain: PerfusionBrain, slab: Slab, how: Protocol, motion: HeadMotion, times_s: np.ndarray
) -> Iterator[np.ndarray]:
    """Frames of a moving head, read from a fine grid of the head at rest."""
    fine = _fine_slab(slab)
    mix = mix_tissue(
        fine, brain.lesion, brain.physiology, brain.vessels(), scale=brain.scale, samples=(1, 1, 1), vessel_samples=(2, 2, 2), lines=2
    )  # fmt: skip
    model = _model(brain, mix, how)
    fill = -1000.0 if how.kind == "ctp" else 0.0
    index = np.array(np.unravel_index(mix.voxels, mix.shape)[::-1], np.float32)
    points = (fine.geometry.affine[:3, :3] @ index + fine.geometry.affine[:3, 3:]).astype(np.float32)
    start = slab.geometry.positions[0]
    spacing = float(np.diff(slab.geometry.positions).mean()) if slab.geometry.shape[0] > 1 else slab.thickness_mm
    together = np.ptp(times_s, axis=1).max() == 0
    slice_of = np.zeros(len(mix.voxels), np.int64)
    for number, matrix in enumerate(motion.matrices(volume_center(slab.geometry))):
        moments = times_s[number]
        if not together:
            height = slab.geometry.normal @ (matrix[:3, :3] @ points + matrix[:3, 3:])
            slice_of = np.clip(np.rint((height - start) / spacing), 0, len(moments) - 1).astype(np.int64)
        volume = mix.volume(model.frame(number, moments, slice_of), fill)
        yield _sampled(_image(volume, fine.geometry.affine), slab, np.linalg.inv(matrix), fill)


def _add_noise(frame: np.ndarray, how: Protocol, rng: np.random.Generator) -> np.ndarray:
    if how.kind == "dsc":
        if how.noise:
            sigma = np.float32(DSC_SIGNAL[Tissue.GRAY] / how.noise)
            real = frame + sigma * rng.standard_normal(frame.shape, np.float32)
            frame = np.hypot(real, sigma * rng.standard_normal(frame.shape, np.float32))
    else:
        if how.noise:
            frame = frame + np.float32(how.noise) * rng.standard_normal(frame.shape, np.float32)
        if how.streak_hu:
            lines = rng.standard_normal((max(frame.shape[0] // 3, 1), frame.shape[1], 1), np.float32)
            frame[: len(lines)] += np.float32(how.streak_hu) * lines
        frame = np.maximum(frame, np.float32(CT_FLOOR))
    if how.clip_high is not None:
        frame = np.minimum(frame, np.float32(how.clip_high))
    if how.wrap_high is not None:
        frame = np.where(frame > how.wrap_high, frame - np.float32(2 * how.wrap_high), frame)
    return frame.astype(np.float32, copy=False)


def simulate_perfusion(
    brain: PerfusionBrain, slab: Slab, protocol: Protocol, motion: HeadMotion | None = None
) -> PerfusionPatient:
    """Scan a brain.

    Args:
        brain: the patient.
        slab: slices, of any kind; a moving head needs evenly spaced slices without tilt.
        protocol: from `dsc()` or `ctp()`.
        motion: one pose per frame, from `perfusion_motion`; None for a still head. Moving frames are read from a fine grid by
            linear interpolation, so that they are a little smoother than those of a still head.

    Returns:
        Frames and truth. The clock of the times starts with the first slice; the bolus of `Injection(onset_s=10)` arrives at 10 s.

    Raises:
        ValueError: a motion with another number of frames, or on slices that it cannot be made for.
    """
    if motion is not None and motion.frames != protocol.frames:
        msg = f"motion of {motion.frames} frames for {protocol.frames}"
        raise ValueError(msg)
    times_s = protocol.slice_times_s(slab.geometry.shape[0])
    mix = mix_tissue(slab, brain.lesion, brain.physiology, brain.vessels(), scale=brain.scale)
    if motion is None:
        frames = _frames_at_rest(_model(brain, mix, protocol), times_s)
    else:
        frames = _moved_frames(brain, slab, protocol, motion, times_s)
    rng = np.random.default_rng(protocol.seed)
    values = np.empty((protocol.frames, *slab.geometry.shape), np.float32)
    for number, frame in enumerate(frames):
        values[number] = _add_noise(frame, protocol, rng)
    series = _series(values, slab, protocol, times_s)
    return PerfusionPatient(series, _truth(brain, mix, slab, protocol, motion), brain, slab, protocol)


def _series(values: np.ndarray, slab: Slab, how: Protocol, times_s: np.ndarray) -> TimeSeries:
    apart = bool(np.ptp(times_s, axis=1).max() > 0)
    return TimeSeries(
        values,
        slab.geometry,
        times_s.mean(axis=1),
        "synthetic",
        "[hnsf'U]" if how.kind == "ctp" else "1",
        kind=how.kind,
        slice_times_s=times_s if apart else None,
        echo_time_ms=how.echo_time_ms if how.kind == "dsc" else None,
    )


def _truth(
    brain: PerfusionBrain, mix: TissueMix, slab: Slab, how: Protocol, motion: HeadMotion | None
) -> PerfusionTruth:
    artery = brain.artery()
    vein = venous_curve(artery)
    shares, by_name = _truth_shares(mix)
    lesions = {name: slab.geometry.volume_ml(shares[name]) for name in ("hypoperfusion", "core")}
    volumes = brain.lesion.volumes_ml if brain.lesion else {"hypoperfusion": 0.0, "core": 0.0}
    gains = {"tissue": how.tissue_relaxivity, "artery": how.artery_relaxivity}
    return PerfusionTruth(
        _truth_maps(mix),
        shares,
        _labels(shares),
        volumes,
        lesions,
        artery,
        vein,
        {tube.name: _vessel_curve(tube, artery, vein, brain.artery_gain) for tube in brain.vessels()},
        by_name,
        motion,
        gains if how.kind == "dsc" else dict.fromkeys(gains, how.enhancement_hu),
    )


def _truth_shares(mix: TissueMix) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    names = {"gray": Tissue.GRAY, "white": Tissue.WHITE, "csf": Tissue.CSF, "bone": Tissue.BONE}
    shares = {name: mix.volume(mix.tissues[tissue]) for name, tissue in names.items()}
    by_name = {}
    total = {False: np.zeros(len(mix.voxels), np.float32), True: np.zeros(len(mix.voxels), np.float32)}
    for tube, where, share in mix.vessels:
        own = np.zeros(len(mix.voxels), np.float32)
        own[where] = share
        by_name[tube.name] = mix.volume(own)
        total[tube.venous] += own
    shares["artery"], shares["vein"] = mix.volume(total[False]), mix.volume(total[True])
    states = dict.fromkeys(("oligemia", "penumbra", "core"), 0)
    for state in states:
        own = [n for n, component in enumerate(mix.components) if component.state == state]
        chosen = np.isin(mix.entry_component, own)
        states[state] = mix.volume(
            np.bincount(mix.entry_voxel[chosen], mix.entry_share[chosen], minlength=len(mix.voxels))
        )
    shares |= {
        "oligemia": states["oligemia"],
        "hypoperfusion": states["penumbra"] + states["core"],
        "core": states["core"],
    }
    return shares, by_name


def _truth_maps(mix: TissueMix) -> dict[str, np.ndarray]:
    mtt = np.array([component.mtt_s for component in mix.components])[mix.entry_component]
    flow = mix.entry_share * mix.entry_cbf
    n = len(mix.voxels)
    cbf = np.bincount(mix.entry_voxel, flow, n)
    cbv = np.bincount(mix.entry_voxel, flow * mtt / 60, n)
    delay = np.bincount(mix.entry_voxel, flow * mix.entry_delay_s, n) / np.maximum(cbf, 1e-9)
    mean_transit = 60 * cbv / np.maximum(cbf, 1e-9)
    return {
        name: mix.volume(values)
        for name, values in {"cbf": cbf, "cbv": cbv, "mtt": mean_transit, "delay": delay}.items()
    }


def _labels(shares: dict[str, np.ndarray]) -> np.ndarray:
    parenchyma = shares["gray"] + shares["white"]
    penumbra = shares["hypoperfusion"] - shares["core"]
    normal = parenchyma - shares["hypoperfusion"] - shares["oligemia"]
    stack = [normal, shares["oligemia"], penumbra, shares["core"], shares["csf"], shares["artery"], shares["vein"]]
    outside = 1 - parenchyma - shares["csf"] - shares["artery"] - shares["vein"]
    return np.argmax([outside, *stack], axis=0).astype(np.uint8)


def matching_diffusion(
    brain: PerfusionBrain,
    slab: Slab,
    acquisition: Acquisition | None = None,
    *,
    adc: float = 450.0,
    displacement: np.ndarray | None = None,
) -> DiffusionPatient:
    """Diffusion scan of the same patient: the core of the lesion is an acute infarct of the same place and exact volume.

    Args:
        brain, slab, acquisition, adc: patient, slices, how, ADC of the core in um2/s.
        displacement: (4, 4) LPS mm from the head in the perfusion scan (at rest) to the same anatomy in the diffusion scan: what
            a registration from perfusion to diffusion must find.
    """
    head = brain.diffusion_head(adc)
    if displacement is None:
        return simulate(head, slab, acquisition)
    to_head = np.linalg.inv(displacement)
    moved = _carried(slab, to_head)
    return replace(simulate(head, moved, acquisition), slab=slab)


def _carried(slab: Slab, matrix: np.ndarray) -> Slab:
    """The slab moved rigidly."""
    geometry, turn = slab.geometry, matrix[:3, :3]
    origins = geometry.slice_origins @ turn.T + matrix[:3, 3]
    cosines = (np.reshape(slab.orientation, (2, 3)) @ turn.T).ravel()
    carried = Geometry(geometry.shape, matrix @ geometry.affine, origins, geometry.slice_extents)
    return Slab(carried, slab.thickness_mm, tuple(float(v) for v in cosines), slab.tilt_deg)


SMALL_SLABS: dict[str, dict[str, Any]] = {
    "dsc": {"slices": 12, "rows": 72, "columns": 72, "pixel_mm": 3.0, "step_mm": 8.0, "center": (0.0, 0.0, 8.0)},
    "ctp": {"slices": 8, "rows": 112, "columns": 112, "pixel_mm": 1.9, "step_mm": 10.0, "center": (0.0, 0.0, 4.0)},
}


def small_patient(
    kind: str = "dsc",
    *,
    lesion: PerfusionLesion | None = None,
    healthy: bool = False,
    motion: HeadMotion | None = None,
    brain: dict[str, Any] | None = None,
    slab: dict[str, Any] | None = None,
    **protocol: Any,
) -> PerfusionPatient:
    """A coarse patient for tests: 70 mL of hypoperfusion with a core of 20 mL on the left, 40 frames of 1.5 s.

    Args:
        kind: "dsc" or "ctp".
        lesion: another one; `healthy` for none at all.
        motion: of 40 frames, or as many as `frames`.
        brain, slab, protocol: arguments of `PerfusionBrain`, `make_slab`, and `dsc` or `ctp` that differ.
    """
    chosen = None if healthy else lesion or make_lesion(70, 20, **CLEAR)
    make = {"dsc": dsc, "ctp": ctp}[kind]
    how = make(**({"frames": 40} | protocol))
    return simulate_perfusion(
        PerfusionBrain(lesion=chosen, **(brain or {})), make_slab(**(SMALL_SLABS[kind] | (slab or {}))), how, motion
    )
