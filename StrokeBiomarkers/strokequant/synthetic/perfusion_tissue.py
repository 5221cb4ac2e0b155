"""Perfusion of the digital head: flow, transit time and delay of every tissue and lesion, as shares of the voxels of a slab.

Gray and white matter each have four states: normal, oligemic, penumbral, core. A voxel holds shares of all of them; flow and
delay vary smoothly from place to place. Delays are multiples of 0.02 s, so that truth is exact and curves are shared.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .anatomy import (
    Head,
    Region,
    Tissue,
    lies_in_brain,
    region_fraction,
    region_of_volume,
    slice_points,
    texture,
    tissue_fractions,
)
from .grids import Slab
from .perfusion_vessels import Tube, vessel_shares

DELAY_STEP_S = 0.02
_TEXTURE_SD = 0.316
"""SD of `texture`: mean of five sines."""
_SMALL_PIXEL_MM = 1.2
STATES = ("normal", "oligemia", "penumbra", "core")


@dataclass(frozen=True, slots=True)
class Perfusion:
    """Perfusion of a healthy tissue.

    Args:
        cbf: mL/100 g/min (kappa = rho = 1).
        mtt_s, delay_s: s.
    """

    cbf: float
    mtt_s: float
    delay_s: float


@dataclass(frozen=True, slots=True)
class State:
    """Perfusion of a lesion.

    Args:
        cbf_factor: times the flow of the tissue.
        mtt_s, delay_s: s, whatever the tissue.
    """

    cbf_factor: float
    mtt_s: float
    delay_s: float


@dataclass(frozen=True)
class PerfusionLesion:
    """Nested ellipsoids; make it with `make_lesion`.

    Args:
        hypoperfused: penumbra and core together: tissue whose true delay is that of penumbra or core. Its volume is exact: it
            replaces any CSF within it.
        core: inside `hypoperfused`, None for none; exact too.
        oligemic: around `hypoperfused`, None for none; takes only parenchyma that is there, so that its volume is not exact.
        oligemia, penumbra, core_state: perfusion; the defaults are those of the reference brain.
    """

    hypoperfused: Region
    core: Region | None = None
    oligemic: Region | None = None
    oligemia: State = State(0.75, 6.0, 4.0)
    penumbra: State = State(0.45, 8.0, 8.0)
    core_state: State = State(0.20, 12.0, 11.0)

    def __post_init__(self):
        if not lies_in_brain(self.hypoperfused):
            msg = f"hypoperfused region at {self.hypoperfused.center} reaches out of the brain or into a ventricle"
            raise ValueError(msg)

    @property
    def volumes_ml(self) -> dict[str, float]:
        """Exact volumes of "hypoperfusion" (with the core) and "core"."""
        return {"hypoperfusion": self.hypoperfused.volume_ml, "core": self.core.volume_ml if self.core else 0.0}


def make_lesion(
    hypoperfusion_ml: float = 80.0,
    core_ml: float = 20.0,
    *,
    side: str = "left",
    center=(40.0, 6.0, 16.0),
    proportions=(1.0, 1.75, 1.15),
    oligemia_ml: float | None = None,
    **states: State,
) -> PerfusionLesion:
    """Lesion of exact volumes.

    Args:
        hypoperfusion_ml: with the core.
        core_ml: 0 for none.
        side: of the patient; mirrors `center`, which is for the left.
        center: LPS mm.
        proportions: of the semi-axes.
        oligemia_ml: ellipsoid of oligemia including all inside; half more than `hypoperfusion_ml` when None, 0 for none.
        states: `oligemia`, `penumbra`, `core_state`.
    """
    sign = {"left": 1, "right": -1}[side]
    where = (sign * center[0], center[1], center[2])
    oligemia = 1.5 * hypoperfusion_ml if oligemia_ml is None else oligemia_ml
    return PerfusionLesion(
        region_of_volume(hypoperfusion_ml, where, proportions),
        region_of_volume(core_ml, where, proportions) if core_ml else None,
        region_of_volume(oligemia, where, proportions) if oligemia else None,
        **states,
    )


@dataclass(frozen=True)
class Physiology:
    """Flow of healthy tissue and its variation.

    Args:
        gray, white: see `Perfusion`.
        cbf_sd: relative variation of flow from place to place, of about 20 mm.
        delay_sd_s: the same of the delay.
        rho_over_kappa: 1 makes curves with kappa = rho = 1; 1.04/0.7333 makes a measurement that uses these read `cbf`.
    """

    gray: Perfusion = Perfusion(60.0, 4.0, 0.5)
    white: Perfusion = Perfusion(25.0, 4.8, 1.5)
    cbf_sd: float = 0.10
    delay_sd_s: float = 0.4
    rho_over_kappa: float = 1.0


class Component(NamedTuple):
    """One tissue in one state."""

    tissue: Tissue
    state: str
    cbf: float
    mtt_s: float
    delay_s: float


@dataclass(frozen=True, eq=False)
class TissueMix:
    """What the voxels of a slab hold.

    Args:
        shape: (k, j, i).
        voxels: (n,) flat indices of the voxels that are not all air.
        tissues: (tissue, n) shares, vessels taken out.
        vessels: (tube, positions in `voxels`, shares) of every vessel that is in the slab.
        components: tissues and states.
        entry_voxel, entry_component: (m,) position in `voxels` and component of every share of parenchyma that is there.
        entry_share, entry_cbf, entry_delay_s: (m,) share of the voxel, its flow and its delay.
        regions: shares (n,) of the nested regions by name: "oligemic", "hypoperfused", "core".
    """

    shape: tuple[int, int, int]
    voxels: np.ndarray
    tissues: np.ndarray
    vessels: tuple[tuple[Tube, np.ndarray, np.ndarray], ...]
    components: tuple[Component, ...]
    entry_voxel: np.ndarray
    entry_component: np.ndarray
    entry_share: np.ndarray
    entry_cbf: np.ndarray
    entry_delay_s: np.ndarray
    regions: dict[str, np.ndarray]

    @property
    def parenchyma(self) -> np.ndarray:
        """(n,) share of gray and white matter."""
        return self.tissues[Tissue.GRAY] + self.tissues[Tissue.WHITE]

    def volume(self, values: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """(k, j, i) float32 of values at `voxels`."""
        out = np.full(int(np.prod(self.shape)), fill, np.float32)
        out[self.voxels] = values
        return out.reshape(self.shape)


def _components(physiology: Physiology, lesion: PerfusionLesion | None) -> tuple[Component, ...]:
    out = []
    for tissue, healthy in ((Tissue.GRAY, physiology.gray), (Tissue.WHITE, physiology.white)):
        out.append(Component(tissue, "normal", healthy.cbf, healthy.mtt_s, healthy.delay_s))
        if lesion:
            for name, state in zip(STATES[1:], (lesion.oligemia, lesion.penumbra, lesion.core_state), strict=True):
                out.append(Component(tissue, name, healthy.cbf * state.cbf_factor, state.mtt_s, state.delay_s))
    return tuple(out)


def _nested_shares(lesion: PerfusionLesion | None, slab: Slab, pose, voxels, lines: int) -> dict[str, np.ndarray]:
    none = np.zeros(len(voxels), np.float32)
    shares = {"oligemic": none, "hypoperfused": none, "core": none}
    regions = (lesion.oligemic, lesion.hypoperfused, lesion.core) if lesion else (None,) * 3
    for name, region in zip(shares, regions, strict=True):
        if region is not None:
            shares[name] = region_fraction(region, slab, pose, lines).ravel()[voxels]
    return shares


def _make_room(tissues: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Shares with at least `wanted` of parenchyma, gray and white in their proportion, the other tissues reduced for it."""
    parenchyma = tissues[Tissue.GRAY] + tissues[Tissue.WHITE]
    target = np.maximum(parenchyma, wanted)
    out = tissues * ((1 - target) / np.maximum(1 - parenchyma, 1e-9))
    white = np.where(parenchyma > 1e-6, tissues[Tissue.WHITE] / np.maximum(parenchyma, 1e-6), 0.5)
    out[Tissue.GRAY], out[Tissue.WHITE] = target * (1 - white), target * white
    return np.maximum(out, 0)


def _split_vessels(tubes, slab: Slab, pose, scale: float, voxels, samples):
    """Vessels of the slab with positions in `voxels`, and the share (n,) of all of them."""
    taken = np.zeros(len(voxels), np.float32)
    vessels = []
    for tube, (indices, shares) in zip(
        tubes, vessel_shares(tubes, slab, pose, scale=scale, samples=samples), strict=True
    ):
        where = np.searchsorted(voxels, indices)
        kept = (where < len(voxels)) & (voxels[np.minimum(where, len(voxels) - 1)] == indices)
        where, shares = where[kept], shares[kept]
        taken[where] += shares
        if len(where):
            vessels.append((tube, where, shares))
    return tuple(vessels), np.minimum(taken, 1)


def _state_shares(regions: dict[str, np.ndarray], parenchyma: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the voxel in every state; they sum to the parenchyma."""
    hypo = np.minimum(regions["hypoperfused"], parenchyma)
    core = np.minimum(regions["core"], hypo)
    rest = parenchyma - hypo
    around = np.maximum(regions["oligemic"] - regions["hypoperfused"], 0)
    outside = np.maximum(1 - regions["hypoperfused"], 1e-6)
    oligemia = rest * np.minimum(around / outside, 1)
    return {"normal": rest - oligemia, "oligemia": oligemia, "penumbra": hypo - core, "core": core}


def mix_tissue(
    slab: Slab,
    lesion: PerfusionLesion | None,
    physiology: Physiology,
    tubes: tuple[Tube, ...],
    *,
    pose: np.ndarray | None = None,
    scale: float = 1.0,
    samples=None,
    vessel_samples=(5, 5, 8),
    lines: int = 8,
) -> TissueMix:
    """Shares of everything in every voxel.

    Args:
        slab: slices.
        lesion, physiology, tubes: see there.
        pose: (4, 4) from scanner to head coordinates; a still head when None.
        scale: of the head.
        samples: points per voxel for tissues; (2, 2, 4), or (1, 1, 4) for pixels below 1.2 mm, when None.
        vessel_samples, lines: points per voxel for vessels, lines per pixel for the lesion.
    """
    samples = samples or ((1, 1, 4) if slab.geometry.pixel_spacing[0] < _SMALL_PIXEL_MM else (2, 2, 4))
    pose = np.eye(4) if pose is None else pose
    shares = tissue_fractions(Head(scale=scale), slab, pose, samples).reshape(len(Tissue), -1)
    voxels = np.flatnonzero(shares[Tissue.AIR] < 1)
    regions = _nested_shares(lesion, slab, pose, voxels, lines)
    vessels, taken = _split_vessels(tubes, slab, pose, scale, voxels, vessel_samples)
    tissues = _make_room(shares[:, voxels], regions["hypoperfused"]) * (1 - taken)
    parenchyma = tissues[Tissue.GRAY] + tissues[Tissue.WHITE]
    regions = {name: share * (1 - taken) for name, share in regions.items()}
    states = _state_shares(regions, parenchyma)
    points = np.concatenate([slice_points(slab, k, pose) for k in range(slab.geometry.shape[0])])[voxels]
    components = _components(physiology, lesion)
    entries = _entries(components, tissues, states, parenchyma, points, physiology)
    return TissueMix(slab.geometry.shape, voxels, tissues, vessels, components, *entries, regions)


def _entries(components, tissues, states, parenchyma, points, physiology: Physiology):
    flow = 1 + physiology.cbf_sd / _TEXTURE_SD * texture(points, 21.0, 0.7)
    later = physiology.delay_sd_s / _TEXTURE_SD * texture(points, 26.0, 1.9)
    lists = []
    for number, component in enumerate(components):
        share = tissues[component.tissue] / np.maximum(parenchyma, 1e-9) * states[component.state]
        where = np.flatnonzero(share > 1e-4)
        delay = np.rint((component.delay_s + later[where]) / DELAY_STEP_S) * DELAY_STEP_S
        cbf = component.cbf * np.maximum(flow[where], 0.2)
        lists.append((where, np.full(len(where), number), share[where], cbf, delay))
    voxel, component, share, cbf, delay = (np.concatenate(parts) for parts in zip(*lists, strict=True))
    return voxel, component, share.astype(np.float32), cbf.astype(np.float32), delay
