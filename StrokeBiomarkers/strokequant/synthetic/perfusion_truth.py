"""What is known about a patient in a perfusion scanner: maps, shares, labels, volumes, curves, motion."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..geometry import Geometry
from .anatomy import Tissue
from .perfusion_curves import Curve
from .perfusion_motion import HeadMotion
from .perfusion_protocol import Protocol
from .perfusion_signal import Contrast
from .perfusion_tissue import TissueMix
from .perfusion_vessels import Tube


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
        """(k, j, i) bool: at least half of the voxel is parenchyma."""
        return self.shares["gray"] + self.shares["white"] >= 0.5

    def clean_voxels(self, vessel: str, share: float = 0.98) -> np.ndarray:
        """(m, 3) indices (k, j, i) of voxels that this vessel fills."""
        return np.argwhere(self.vessel_shares[vessel] >= share)


def truth_of(
    mix: TissueMix,
    geometry: Geometry,
    protocol: Protocol,
    contrast: Contrast,
    *,
    volumes_ml: dict[str, float],
    tubes: Iterable[Tube],
    motion: HeadMotion | None,
) -> PerfusionTruth:
    """Truth of the head at rest.

    Args:
        mix: on the slices of the scanner.
        geometry, protocol, contrast: of the scan.
        volumes_ml: exact volumes of the lesion.
        tubes: all vessels, also those outside the slab.
        motion: during the scan.
    """
    shares, by_name = _truth_shares(mix)
    gains = {"tissue": protocol.tissue_relaxivity, "artery": protocol.artery_relaxivity}
    return PerfusionTruth(
        _truth_maps(mix),
        shares,
        _labels(shares),
        volumes_ml,
        {name: geometry.volume_ml(shares[name]) for name in volumes_ml},
        contrast.artery,
        contrast.vein,
        {tube.name: contrast.in_vessel(tube) for tube in tubes},
        by_name,
        motion,
        gains if protocol.kind == "dsc" else dict.fromkeys(gains, protocol.enhancement_hu),
    )


def _truth_shares(mix: TissueMix) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Shares by name, and those of every vessel by its name."""
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
    states = {state: mix.volume(_state_share(mix, state)) for state in ("oligemia", "penumbra", "core")}
    hypoperfusion = states["penumbra"] + states["core"]
    shares |= {"oligemia": states["oligemia"], "hypoperfusion": hypoperfusion, "core": states["core"]}
    return shares, by_name


def _state_share(mix: TissueMix, state: str) -> np.ndarray:
    """(n,) share of the voxel in a state."""
    own = [number for number, component in enumerate(mix.components) if component.state == state]
    chosen = np.isin(mix.entry_component, own)
    return np.bincount(mix.entry_voxel[chosen], mix.entry_share[chosen], minlength=len(mix.voxels))


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
    """(k, j, i) uint8: see `PerfusionTruth`."""
    parenchyma = shares["gray"] + shares["white"]
    penumbra = shares["hypoperfusion"] - shares["core"]
    normal = parenchyma - shares["hypoperfusion"] - shares["oligemia"]
    stack = [normal, shares["oligemia"], penumbra, shares["core"], shares["csf"], shares["artery"], shares["vein"]]
    outside = 1 - parenchyma - shares["csf"] - shares["artery"] - shares["vein"]
    return np.argmax([outside, *stack], axis=0).astype(np.uint8)
