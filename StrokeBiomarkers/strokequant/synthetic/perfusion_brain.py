"""A stroke brain in a perfusion scanner: DSC or CTP frames in memory, with the truth about everything that can be measured.

    patient = simulate_perfusion(PerfusionBrain(lesion=make_lesion(80, 20)), make_slab(slices=20, step_mm=6.0), dsc())
    patient.series                 # TimeSeries, as a reader would give it
    patient.truth.volumes_ml       # {"hypoperfusion": 80.0, "core": 20.0}, exact
    patient.truth.maps["cbv"]      # (k, j, i), also cbf, mtt, delay
    patient.truth.artery           # true arterial curve: patient.truth.artery.at(times)

`small_patient("dsc")` and `small_patient("ctp")` take well under a second. Motion: give `motion=step(60, 20, (2, 0, 0))` of
`perfusion_motion`; `patient.truth.motion.matrices(center)` is exact. Everything follows from the seed of the protocol.

Truth of hypoperfusion: the volume of the tissue whose true delay is that of penumbra or core, exact by construction. Tmax is
delay + 2 to 3 s (more with a longer MTT), so that Tmax > 6 s measures this volume only where no tissue has a Tmax near 6 s: with
the states `CLEAR`, oligemia has a Tmax of 3.7 s and penumbra one of 8.6 s, and noise-free cSVD at 10 % with the true artery
finds 89.4 of 90 mL. The default states are those of the reference brain, whose oligemia (delay 4 s) has a Tmax of 6.1 s: there,
Tmax > 6 s is a volume between that of the lesion and that of its oligemic surroundings.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..geometry import Geometry
from ..types import TimeSeries
from .anatomy import Head
from .diffusion_patient import Acquisition, DiffusionPatient, simulate
from .grids import Slab, make_slab
from .perfusion_curves import Injection, arterial_curve
from .perfusion_frames import FINE_SAMPLES, damaged, fine_slab, frames_of_poses, moved_frames
from .perfusion_motion import HeadMotion, still, volume_center
from .perfusion_protocol import Protocol, ctp, dsc
from .perfusion_signal import Contrast, timed_head
from .perfusion_tissue import Perfusion, PerfusionLesion, Physiology, State, TissueMix, make_lesion, mix_tissue
from .perfusion_truth import PerfusionTruth, truth_of
from .perfusion_vessels import Tube, head_vessels

MOST_EXACT_POSES = 4
"""With more poses than this, frames are read from a fine grid."""
CLEAR = {
    "oligemia": State(0.70, 5.5, 1.0),
    "penumbra": State(0.45, 7.0, 6.0),
    "core_state": State(0.03, 10.0, 8.0),
}
"""States of a lesion whose border Tmax > 6 s finds and whose core rCBF < 0.30 finds: no tissue lies near either limit."""
ERLANGEN = Physiology(gray=Perfusion(53.0, 4.0, 0.5), white=Perfusion(25.0, 4.8, 1.5))
"""Flow of the CT perfusion phantom of Erlangen: gray matter a little lower than in the reference brain."""


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

    def contrast(self) -> Contrast:
        """Arterial input and what it does."""
        artery = arterial_curve(
            *self.injections, recirculation=self.recirculation, dispersion_s=self.artery_dispersion_s
        )
        return Contrast(artery, self.artery_gain, self.leakage_per_s, self.physiology.rho_over_kappa)

    def mix(self, slab: Slab, **options: Any) -> TissueMix:
        """Shares of everything in the voxels of a slab; `options` as in `mix_tissue`."""
        return mix_tissue(slab, self.lesion, self.physiology, self.vessels(), scale=self.scale, **options)

    def volumes_ml(self) -> dict[str, float]:
        """Exact volumes of "hypoperfusion" (with the core) and "core"."""
        return self.lesion.volumes_ml if self.lesion else {"hypoperfusion": 0.0, "core": 0.0}

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


def simulate_perfusion(
    brain: PerfusionBrain, slab: Slab, protocol: Protocol, motion: HeadMotion | None = None
) -> PerfusionPatient:
    """Scan a brain.

    Args:
        brain: the patient.
        slab: slices, of any kind; a head with more than 4 poses needs evenly spaced slices without tilt.
        protocol: from `dsc()` or `ctp()`.
        motion: one pose per frame, from `perfusion_motion`; None for a still head. Up to 4 poses (steps, shakes) are as exact as
            the head at rest; with more (drift), frames are read from a fine grid by linear interpolation, a little smoother.

    Returns:
        Frames and truth. The clock of the times starts with the first slice; the bolus of `Injection(onset_s=10)` arrives at 10 s.

    Raises:
        ValueError: a motion with another number of frames, or on slices that it cannot be made for.
    """
    if motion is not None and motion.frames != protocol.frames:
        msg = f"motion of {motion.frames} frames for {protocol.frames}"
        raise ValueError(msg)
    times_s = protocol.slice_times_s(slab.geometry.shape[0])
    mix, contrast = brain.mix(slab), brain.contrast()
    frames = _frames(brain, slab, protocol, motion or still(protocol.frames), mix, times_s)
    rng = np.random.default_rng(protocol.seed)
    values = np.empty((protocol.frames, *slab.geometry.shape), np.float32)
    for number, frame in enumerate(frames):
        values[number] = damaged(frame, protocol, rng)
    known = {"volumes_ml": brain.volumes_ml(), "tubes": brain.vessels(), "motion": motion}
    truth = truth_of(mix, slab.geometry, protocol, contrast, **known)
    return PerfusionPatient(_series(values, slab, protocol, times_s), truth, brain, slab, protocol)


def _frames(
    brain: PerfusionBrain, slab: Slab, protocol: Protocol, motion: HeadMotion, mix: TissueMix, times_s: np.ndarray
) -> Iterator[np.ndarray]:
    """Noise-free frames; `mix` is that of the head at rest."""
    contrast = brain.contrast()
    matrices, pose_of = np.unique(motion.matrices(volume_center(slab.geometry)), axis=0, return_inverse=True)
    if len(matrices) > MOST_EXACT_POSES:
        fine = fine_slab(slab)
        head = timed_head(brain.mix(fine, **FINE_SAMPLES), protocol, contrast)
        return moved_frames(head, fine, slab, motion, times_s)
    rest = np.eye(4)
    mixes = [mix if np.array_equal(m, rest) else brain.mix(slab, pose=np.linalg.inv(m)) for m in matrices]
    heads = [timed_head(of_pose, protocol, contrast) for of_pose in mixes]
    return frames_of_poses(heads, pose_of.ravel(), times_s)


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


def matching_diffusion(
    brain: PerfusionBrain,
    slab: Slab,
    acquisition: Acquisition | None = None,
    *,
    adc: float = 450.0,
    displacement: np.ndarray | None = None,
    head: Head | None = None,
) -> DiffusionPatient:
    """Diffusion scan of the same patient: the core of the lesion is an acute infarct of the same place and exact volume.

    Args:
        brain, slab, acquisition, adc: patient, slices, how, ADC of the core in um2/s.
        displacement: (4, 4) LPS mm from the head in the perfusion scan (at rest) to the same anatomy in the diffusion scan: what
            a registration from perfusion to diffusion must find.
        head: other than that of the brain, such as one with regions that are no core; `adc` is not used then.
    """
    head = brain.diffusion_head(adc) if head is None else head
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
