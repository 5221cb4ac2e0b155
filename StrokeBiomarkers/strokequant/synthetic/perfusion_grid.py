"""Grid of curves with every combination of CBV, MTT, delay and residue, after Kudo: a digital reference object of DSC and CTP.

Tile (i, j) of slice z: MTT by i, delay by j, z = 1 + 5 x shape + CBV - 1 (exponential, linear, box). Slice 0 holds the artery
`[margin + tile x q : ... , margin : margin + tile, 0]` (onset 7 + q s, q 0 to 6; q = 3 is the input of the tissue) and the vein
`[margin : columns - margin, 20:28, 0]` for tiles of 8 pixels. Indices here are (i, j, k), as in the reference data.

    grid = perfusion_grid("ctp", delays_s=np.arange(-3, 3.1), noise=2.0)
    grid.scan.series, grid.truth["cbf"], grid.tile(mtt=2, delay=0, shape=1, cbv=3)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from ..types import TimeSeries
from .grids import Slab, make_slab
from .perfusion_curves import Curve, Injection, Shape, arterial_curve, tissue_curve, venous_curve
from .perfusion_frames import damaged
from .perfusion_protocol import Protocol, ctp, dsc
from .vendors.dynamic import DynamicScan

MTTS_S = (24.0, 12.0, 8.0, 6.0, 4.8, 4.0, 24 / 7)
DELAYS_S = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
CBVS = (1.0, 2.0, 3.0, 4.0, 5.0)
SHAPES = (Shape.EXPONENTIAL, Shape.LINEAR, Shape.BOX)
MARGIN = 4
S0, HU0 = 100.0, 35.0


@dataclass(frozen=True, eq=False)
class PerfusionGrid:
    """A digital reference object.

    Args:
        scan: frames, slices, protocol, as for the writers of files.
        truth: (k, j, i) float32 "cbf", "cbv", "mtt", "delay", and uint8 "shape" (1, 2, 3 by `SHAPES`); 0 outside the tiles.
        artery, vein: curves of the input and output.
        tile_px: side of a tile.
    """

    scan: DynamicScan
    truth: dict[str, np.ndarray]
    artery: Curve
    vein: Curve
    tile_px: int

    def tile(self, *, mtt: int, delay: int, shape: int, cbv: int) -> tuple[slice, slice, slice]:
        """(k, j, i) slices of a tile by the positions of its values in their lists."""
        z = 1 + len(CBVS) * shape + cbv
        return (slice(z, z + 1), _span(delay, self.tile_px), _span(mtt, self.tile_px))

    def artery_tile(self, number: int = 3) -> tuple[slice, slice, slice]:
        """(k, j, i) slices of an arterial tile; 3 is the input of the tissue."""
        return (slice(0, 1), _span(0, self.tile_px), _span(number, self.tile_px))

    def vein_tile(self) -> tuple[slice, slice, slice]:
        """(k, j, i) slices of the vein."""
        return (slice(0, 1), _span(2, self.tile_px), slice(MARGIN, MARGIN + len(MTTS_S) * self.tile_px))


def _span(number: int, tile_px: int) -> slice:
    return slice(MARGIN + number * tile_px, MARGIN + (number + 1) * tile_px)


@dataclass(frozen=True, slots=True)
class _Tile:
    """One combination and where it is."""

    where: tuple[int, slice, slice]
    shape: int
    cbv: float
    mtt: float
    delay: float

    @property
    def truth(self) -> dict[str, float]:
        """Values of the maps."""
        cbf = 60 * self.cbv / self.mtt
        return {"cbf": cbf, "cbv": self.cbv, "mtt": self.mtt, "delay": self.delay, "shape": self.shape + 1}


def _tiles(delays_s: Sequence[float], tile_px: int) -> Iterator[_Tile]:
    combinations = product(range(len(SHAPES)), enumerate(CBVS), enumerate(delays_s), enumerate(MTTS_S))
    for shape, (v, cbv), (j, delay), (i, mtt) in combinations:
        where = (1 + len(CBVS) * shape + v, _span(j, tile_px), _span(i, tile_px))
        yield _Tile(where, shape, cbv, mtt, float(delay))


def _truth(tiles: Sequence[_Tile], shape: tuple[int, int, int]) -> dict[str, np.ndarray]:
    truth = {name: np.zeros(shape, np.uint8 if name == "shape" else np.float32) for name in tiles[0].truth}
    for tile in tiles:
        for name, value in tile.truth.items():
            truth[name][tile.where] = value
    return truth


def _tissue(tiles: Sequence[_Tile], artery: Curve, times_s: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(t, k, j, i) concentration, slice 0 empty."""
    curves = {(n, mtt): tissue_curve(artery, mtt, residue) for n, residue in enumerate(SHAPES) for mtt in MTTS_S}
    values = np.zeros((len(times_s), *shape))
    for tile in tiles:
        course = tile.truth["cbf"] / 6000 * curves[tile.shape, tile.mtt].at(times_s - tile.delay)
        values[(slice(None), *tile.where)] = course[:, None, None]
    return values


def _add_vessels(values: np.ndarray, vein: Curve, times_s: np.ndarray, onset_s: float, tile_px: int) -> None:
    """Arteries of seven onsets and the vein, in slice 0."""
    for q in range(len(MTTS_S)):
        early = arterial_curve(Injection(onset_s - 3 + q))
        values[:, 0, _span(0, tile_px), _span(q, tile_px)] = early.at(times_s)[:, None, None]
    width = slice(MARGIN, MARGIN + len(MTTS_S) * tile_px)
    values[:, 0, _span(2, tile_px), width] = vein.at(times_s)[:, None, None]


def _measured(concentration: np.ndarray, how: Protocol) -> np.ndarray:
    if how.kind == "ctp":
        return (HU0 + how.enhancement_hu * concentration).astype(np.float32)
    relaxivity = np.full(concentration.shape[1], how.tissue_relaxivity)
    relaxivity[0] = how.artery_relaxivity
    rate = concentration * relaxivity[None, :, None, None]
    return (S0 * np.exp(-how.echo_time_ms / 1000 * rate)).astype(np.float32)


def perfusion_grid(
    kind: str = "dsc",
    *,
    delays_s: Sequence[float] = DELAYS_S,
    step_s: float = 1.5,
    duration_s: float = 81.0,
    noise: float | None = None,
    onset_s: float = 10.0,
    tile_px: int = 8,
    seed: int = 0,
    **protocol,
) -> PerfusionGrid:
    """Make a grid.

    Args:
        kind: "dsc" (noise: SNR) or "ctp" (noise: SD in HU); None for no noise.
        delays_s: of the tissue after the artery, negative ones too.
        step_s, duration_s: frames at 0, step, ... below the duration.
        onset_s: of the artery.
        tile_px: side of a tile.
        seed: of the noise.
        protocol: more arguments of `dsc` or `ctp`, such as `frame_times_s` with `frames`.
    """
    frames = int(np.ceil(duration_s / step_s - 1e-9))
    make = {"dsc": dsc, "ctp": ctp}[kind]
    how = make(**({"frames": frames, "step_s": step_s, "noise": noise, "seed": seed} | protocol))
    artery = arterial_curve(Injection(onset_s))
    vein = venous_curve(artery)
    shape = (
        1 + len(SHAPES) * len(CBVS),
        2 * MARGIN + max(len(delays_s), 3) * tile_px,
        2 * MARGIN + len(MTTS_S) * tile_px,
    )
    times = how.starts_s()
    tiles = list(_tiles(delays_s, tile_px))
    concentration = _tissue(tiles, artery, times, shape)
    _add_vessels(concentration, vein, times, onset_s, tile_px)
    rng = np.random.default_rng(how.seed)
    values = np.stack([damaged(frame, how, rng) for frame in _measured(concentration, how)])
    slab = make_slab(slices=shape[0], rows=shape[1], columns=shape[2], pixel_mm=2.0, step_mm=6.0)
    return PerfusionGrid(
        DynamicScan(_series(values, slab, how), slab, how), _truth(tiles, shape), artery, vein, tile_px
    )


def _series(values: np.ndarray, slab: Slab, how: Protocol) -> TimeSeries:
    echo = how.echo_time_ms if how.kind == "dsc" else None
    unit = "[hnsf'U]" if how.kind == "ctp" else "1"
    return TimeSeries(values, slab.geometry, how.starts_s(), "synthetic", unit, kind=how.kind, echo_time_ms=echo)
