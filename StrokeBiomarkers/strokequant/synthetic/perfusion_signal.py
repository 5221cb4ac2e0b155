"""Signal of the digital head over time: HU that rise, or T2*-weighted signal that falls, with what is constant around them."""

from dataclasses import dataclass

import numpy as np

from .anatomy import Tissue
from .perfusion_curves import Curve, dispersed, tissue_curve, venous_curve
from .perfusion_protocol import Protocol
from .perfusion_tissue import DELAY_STEP_S, TissueMix
from .perfusion_vessels import Tube

DSC_SIGNAL = np.array([0, 20, 3, 160, 100, 90, 30], np.float32)
"""Steady-state T2*-weighted signal by tissue; gray matter is 100."""
DSC_BLOOD = 100.0
T1_S = np.array([1, 0.4, 0.4, 4.0, 1.3, 0.9, 1.4])
"""T1 by tissue at 3 T, for the approach to the steady state."""
CT_NUMBER = np.array([-1000, -60, 900, 12, 35, 29, 55], np.float32)
"""HU by tissue: those of CSF, gray and white matter as in the CT perfusion phantom of Erlangen."""
CT_BLOOD = 45.0
CT_AIR = -1000.0
_PARENCHYMA = (Tissue.GRAY, Tissue.WHITE)
_NEGLIGIBLE = 1e-6
_KEY_BASE = 1_000_000
"""Room for the delays of one component, in steps, when component and delay are one number."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """What contrast does in a patient.

    Args:
        artery: input, in units of concentration.
        artery_gain: times the concentration in arteries alone.
        leakage_per_s: K2 of the core.
        units: rho over kappa; tissue curves are multiplied by it.
    """

    artery: Curve
    artery_gain: float = 1.0
    leakage_per_s: float = 0.0
    units: float = 1.0

    @property
    def vein(self) -> Curve:
        """Venous output."""
        return venous_curve(self.artery)

    def in_vessel(self, tube: Tube) -> Curve:
        """Concentration in a vessel."""
        curve = self.vein if tube.venous else self.artery.scaled(self.artery_gain)
        return (dispersed(curve, tube.dispersion_s) if tube.dispersion_s else curve).delayed(tube.delay_s)


@dataclass(frozen=True, eq=False)
class TimedHead:
    """The voxels of a mix as a function of time.

    Args:
        mix: what the voxels hold.
        protocol: how they are measured.
        rows: (m,) row of the table of curves for every entry of the mix.
        weights: (m,) CBF/6000 x share of every entry.
        row_component, row_delay_s: component and delay of every row.
        curves: of tissue, by component.
        vessels: curve, positions in the mix, shares.
        base: (n,) constant part: HU, or steady-state signal of all but parenchyma and vessels.
        bright: (n,) steady-state signal of the parenchyma before contrast, for DSC.
        parenchyma: (n,) its share.
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
    bright: np.ndarray
    parenchyma: np.ndarray

    def _table(self, times_s: np.ndarray) -> np.ndarray:
        """(rows, k) value of every curve at the time of every slice."""
        table = np.empty((len(self.row_delay_s), len(times_s)), np.float32)
        for number, curve in enumerate(self.curves):
            own = self.row_component == number
            table[own] = curve.at(times_s[None] - self.row_delay_s[own, None])
        return table

    def concentration(self, times_s: np.ndarray, slice_of: np.ndarray) -> np.ndarray:
        """(n,) concentration of tissue times its share, each voxel at the time of its slice."""
        if len(np.unique(times_s)) == 1:
            values = self._table(times_s[:1])[self.rows, 0]
        else:
            values = self._table(times_s)[self.rows, slice_of[self.mix.entry_voxel]]
        return np.bincount(self.mix.entry_voxel, self.weights * values, len(self.mix.voxels)).astype(np.float32)

    def frame(self, number: int, times_s: np.ndarray, slice_of: np.ndarray) -> np.ndarray:
        """(n,) noise-free values of the voxels of the mix; `slice_of` (n,) indexes `times_s` (k,)."""
        tissue = self.concentration(times_s, slice_of)
        vessels = [(where, share, curve.at(times_s)[slice_of[where]]) for curve, where, share in self.vessels]
        return self._hu(tissue, vessels) if self.protocol.kind == "ctp" else self._signal(number, tissue, vessels)

    def _hu(self, tissue: np.ndarray, vessels) -> np.ndarray:
        for where, share, concentration in vessels:
            tissue[where] += share * concentration
        return self.base + self.protocol.enhancement_hu * tissue

    def _signal(self, number: int, tissue: np.ndarray, vessels) -> np.ndarray:
        how = self.protocol
        te = how.echo_time_ms / 1000
        tissue *= -te * how.tissue_relaxivity
        tissue /= np.maximum(self.parenchyma, _NEGLIGIBLE)
        excess = _approach(how, number) if how.steady_state else np.zeros(len(T1_S))
        signal = self.bright * np.exp(tissue) * (1 + excess[Tissue.GRAY]) + self.base
        for tissue_class in Tissue:
            if tissue_class not in _PARENCHYMA and excess[tissue_class] > _NEGLIGIBLE:
                extra = np.float32(excess[tissue_class] * DSC_SIGNAL[tissue_class])
                signal += extra * self.mix.tissues[tissue_class]
        for where, share, concentration in vessels:
            signal[where] += share * DSC_BLOOD * np.exp(-te * how.artery_relaxivity * concentration)
        return signal


def _approach(how: Protocol, number: int) -> np.ndarray:
    """(tissue,) relative excess of the signal of frame `number` over the steady state."""
    decay = np.exp(-how.step_s / T1_S)
    cosine = np.cos(np.radians(how.flip_deg))
    steady = (1 - decay) / (1 - decay * cosine)
    return (1 / steady - 1) * (decay * cosine) ** number


def _constant(mix: TissueMix, how: Protocol) -> tuple[np.ndarray, np.ndarray]:
    """(n,) constant part and (n,) signal of the parenchyma."""
    if how.kind == "ctp":
        base = CT_NUMBER @ mix.tissues
        for _, where, share in mix.vessels:
            base[where] += CT_BLOOD * share
        return base, np.zeros(0, np.float32)
    bright = sum(DSC_SIGNAL[tissue] * mix.tissues[tissue] for tissue in _PARENCHYMA)
    return DSC_SIGNAL @ mix.tissues - bright, bright


def timed_head(mix: TissueMix, protocol: Protocol, contrast: Contrast) -> TimedHead:
    """Curves for everything that a mix holds."""
    curves = tuple(
        tissue_curve(
            contrast.artery,
            component.mtt_s,
            leakage_per_s=contrast.leakage_per_s if component.state == "core" else 0.0,
        )
        for component in mix.components
    )
    steps = np.rint(mix.entry_delay_s / DELAY_STEP_S).astype(np.int64)
    keys, rows = np.unique(mix.entry_component * _KEY_BASE + steps + _KEY_BASE // 2, return_inverse=True)
    vessels = tuple((contrast.in_vessel(tube), where, share) for tube, where, share in mix.vessels)
    weights = mix.entry_share * mix.entry_cbf * np.float32(contrast.units / 6000)
    delays = (keys % _KEY_BASE - _KEY_BASE // 2) * DELAY_STEP_S
    base, bright = _constant(mix, protocol)
    return TimedHead(
        mix, protocol, rows, weights, keys // _KEY_BASE, delays, curves, vessels, base, bright, mix.parenchyma
    )
