"""Hypoperfusion by Tmax thresholds and the rCBF core inside it, as a list of candidates for a reader.

    raw        brain, Tmax above the main threshold (6 s)
    tissue     without CSF, artifact (air, bone, calcification, signal loss) and large vessels
    candidates face-connected clusters, judged by size, vessel share, rim and end slices; the accepted ones are the lesion
    8, 10 s    Tmax above them inside the lesion, 4 s: its own clusters and the lesion, so that the masks are nested
    core       flow at the lag of its surroundings, calmed, below its share of the reference inside the lesion, or a core that was made elsewhere (ADC)

Every step is kept as a volume. A reader's decisions on candidates go in as `accepted` and everything follows from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from ..errors import Issue, Level
from ..geometry import Geometry
from ..maps.steady_flow import SteadyFlow
from ..perfusion_config import LesionConfig, SteadyFlowConfig
from ..perfusion_types import Lesions, PerfusionMaps, Reference, Strokes
from ..types import Mask, QuantityMap
from .calm_flow import around, calmed
from .cleanup import connected_to, keep_clusters
from .cropping import require_one_grid
from .hemispheres import Sides
from .hypoperfusion_candidates import Surroundings, list_lesions
from .perfusion_brain import PerfusionBrain
from .reference_tissue import reference_flow, vessel_mask
from .skull import CROSS
from .workgrid import WorkGrid

_MIRROR_MM = 4.0
"""Step of the grid on which the other side is looked up; anatomy is symmetric to some millimeters only."""


@dataclass(frozen=True, eq=False)
class _Field:
    """What is thresholded: Tmax and flow over the tissue that may be lesion.

    `low` is relative flow by which low flow is told, `noise` its SD; `cbf` is that of the maps.
    """

    tmax: QuantityMap
    cbf: QuantityMap
    low: np.ndarray
    noise: float
    brain: np.ndarray
    tissue: np.ndarray
    reference: Reference
    config: LesionConfig

    @property
    def geometry(self) -> Geometry:
        return self.tmax.geometry

    def late(self, seconds: float) -> np.ndarray:
        """Tissue with Tmax above a threshold; specks without flow, whose Tmax is noise, are as their surroundings are."""
        late = self.tissue & self.tmax.valid & (self.tmax.values > np.float32(seconds))
        size = _no_flow_px(self.geometry, self.config)
        near, known = (
            ndimage.uniform_filter(mask.astype(np.float32), (1, size, size), mode="constant")
            for mask in (late, self.tissue)
        )
        low = self.low_flow(self.config.core_rcbf) & ~late
        specks = _small_parts(low, size**2)
        found = late | (specks & (near > self.config.no_flow_share * known))
        if abs(seconds - self.config.main_tmax_s) > self.config.tmax_step_s:
            return found
        unknown = low & (self.low < self.config.no_flow_sds * self.noise)
        return found | (unknown & _closed(late, self.geometry, self.config.no_flow_mm / 2))

    def low_flow(self, rcbf: float) -> np.ndarray:
        """Tissue with flow below a share of the reference."""
        return self.tissue & self.cbf.valid & (self.low < rcbf)

    def calm(self, lesion: np.ndarray, steady: SteadyFlowConfig) -> "_Field":
        """The same with the noise of relative flow taken away around a lesion."""
        low = calmed(self.low, self.tissue, lesion, self.noise, self.geometry.pixel_spacing, steady)
        return replace(self, low=low)


def _no_flow_px(geometry: Geometry, config: LesionConfig) -> int:
    """Side of the square within which specks without flow follow their surroundings, odd."""
    pixels = round(config.no_flow_mm / min(geometry.pixel_spacing))
    return max(config.no_flow_px, pixels + 1 - pixels % 2)


def _relative_flow(maps: PerfusionMaps, reference: Reference, flow: SteadyFlow | None) -> tuple[np.ndarray, float]:
    """Flow over that of the reference tissue and its noise: at the lag of its surroundings, the largest residue where that is not known."""
    normal = reference_flow(flow, reference) if flow is not None else 0.0
    if normal <= 0:
        return maps.cbf.values.astype(float) / reference.cbf, 0.0
    return flow.values / np.float32(normal), flow.noise / normal


def _closed(mask: np.ndarray, geometry: Geometry, radius_mm: float) -> np.ndarray:
    """A mask with gaps up to twice the radius filled, slice by slice."""
    along_i, along_j = geometry.pixel_spacing
    reach_j, reach_i = int(radius_mm / along_j), int(radius_mm / along_i)
    if not mask.any() or not reach_i or not reach_j:
        return mask
    j, i = np.ogrid[-reach_j : reach_j + 1, -reach_i : reach_i + 1]
    disk = ((j * along_j) ** 2 + (i * along_i) ** 2 <= radius_mm**2)[None]
    margin = ((0, 0), (reach_j, reach_j), (reach_i, reach_i))
    box = around(mask, (1.0, 1.0), 0)
    closed = mask.copy()
    closed[box] = ndimage.binary_closing(np.pad(mask[box], margin), disk)[:, reach_j:-reach_j, reach_i:-reach_i]
    return closed


def _small_parts(mask: np.ndarray, voxels: int) -> np.ndarray:
    """Parts of a mask, connected by faces within a slice, of at most this many voxels."""
    in_plane = ndimage.generate_binary_structure(3, 1) & (np.arange(3) == 1)[:, None, None]
    labels, _ = ndimage.label(mask, in_plane)
    small = np.bincount(labels.ravel()) <= voxels
    small[0] = False
    return small[labels]


def segment_lesions(
    maps: PerfusionMaps,
    brain: PerfusionBrain,
    vessels: Mask,
    sides: Sides,
    reference: Reference,
    *,
    core: Mask | None = None,
    accepted: Mapping[int, bool] | None = None,
    lesion: Mask | None = None,
    core_strokes: Strokes | None = None,
    flow: SteadyFlow | None = None,
    config: LesionConfig = LesionConfig(),
    steady: SteadyFlowConfig = SteadyFlowConfig(),
) -> Lesions:
    """Propose hypoperfusion and core.

    Args:
        maps: CBF, CBV and Tmax on one grid.
        brain: masks of `perfusion_brain`.
        vessels: of `vessel_mask`; only large vessels leave the lesion voxel by voxel.
        sides: midline and affected side.
        reference: for rCBF.
        core: a core from elsewhere (ADC) on the grid of the maps; the rCBF core where None.
        accepted: a reader's decisions by the label of a candidate.
        lesion: hypoperfusion above the main threshold as a reader drew it, in place of the accepted candidates.
        core_strokes: what a reader drew on the core, whichever it is.
        flow: at the lag of its surroundings; that of the maps where None.
        config: thresholds and limits.
        steady: how noise is taken from `flow`.

    Returns:
        Nested masks "hypoperfusion_4s" and so on, core, candidates, volume after every step; L02, L03, L05, L06, L09.

    Raises:
        GeometryError: G17, a mask on another grid than the maps.
    """
    others = (("brain mask", brain.brain.geometry), ("vessel mask", vessels.geometry))
    others += tuple((name, one.geometry) for name, one in (("core", core), ("lesion", lesion)) if one is not None)
    require_one_grid(("Tmax map", maps.tmax.geometry), *others)
    veins = vessel_mask(maps.cbv, brain.tissue, sides, factor=config.vein_cbv, config=config).values
    low, noise = _relative_flow(maps, reference, flow)
    field = _Field(maps.tmax, maps.cbf, low, noise, brain.brain.values, brain.tissue & ~veins, reference, config)
    main = field.late(config.main_tmax_s)
    around = _surroundings(field, main, brain, vessels, sides)
    labels, candidates = list_lesions(main, around, accepted or {}, config)
    drawn = lesion
    lesion = np.isin(labels, [c.label for c in candidates if c.accepted]) if drawn is None else drawn.values
    masks = _nested(field, lesion)
    field = field.calm(lesion, steady)
    cores = {r: _rcbf_core(field, lesion, r) for r in sorted({*config.rcbf_thresholds, config.core_rcbf})}
    if drawn is not None:
        masks = {s: _edited(mask, drawn) for s, mask in masks.items()} | {config.main_tmax_s: drawn}
        cores = {r: _edited(mask, drawn) for r, mask in cores.items()}
    proposed = core if core is not None else cores[config.core_rcbf]
    used = core_strokes.on(proposed) if core_strokes is not None else proposed
    if core is None:
        cores[config.core_rcbf] = used
    limited = _reaches_the_end(lesion, field)
    return Lesions(
        hypoperfusion=masks,
        core=used,
        core_source="rCBF" if core is None else "ADC",
        affected_side=sides.affected,
        steps=_steps(field, maps.tmax, brain, main, lesion, proposed) | _drawn_step(core_strokes, used),
        issues=_issues(field, main, lesion, used, maps, limited),
        candidates=candidates,
        labels=labels,
        rcbf_cores=cores,
        volume_bands_ml=_bands(field, lesion),
        coverage_limited=limited,
        core_proposal=proposed if core_strokes is not None else None,
    )


def _surroundings(field: _Field, main: np.ndarray, brain: PerfusionBrain, vessels: Mask, sides: Sides) -> Surroundings:
    """What candidates are judged by."""
    border = field.brain & ~ndimage.binary_erosion(field.brain, CROSS, border_value=1)
    beside = ndimage.binary_dilation(brain.csf.values | brain.artifact.values, CROSS)
    rcbf = np.where(field.cbf.valid, field.cbf.values / np.float32(field.reference.cbf), np.nan)
    grid = WorkGrid.of(field.geometry, _MIRROR_MM)
    return Surroundings(
        tmax=field.tmax.values,
        rcbf=rcbf,
        vessels=vessels.values,
        rim=border | beside,
        measured_slices=_measured_slices(field),
        plane=sides.plane,
        geometry=field.geometry,
        grid=grid,
        flow=grid.down(np.where(field.brain, np.nan_to_num(rcbf), 0)),
        late=grid.down(main),
    )


def _measured_slices(field: _Field) -> np.ndarray:
    """Slices in which Tmax of the brain is known."""
    return np.flatnonzero((field.brain & field.tmax.valid).any(axis=(1, 2)))


def _nested(field: _Field, lesion: np.ndarray) -> dict[float, Mask]:
    """Mask by threshold; each contains the next."""
    config = field.config
    masks = {}
    for seconds in sorted({*config.tmax_thresholds_s, config.main_tmax_s}):
        if seconds < config.main_tmax_s:
            values = _clean(field.late(seconds), field, config.min_cluster_ml) | lesion
        else:
            values = field.late(seconds) & lesion
        words = f"Tmax > {seconds:g} s in the brain, without CSF, artifact and vessels; clusters judged one by one"
        masks[seconds] = Mask(values, field.geometry, f"hypoperfusion_{seconds:g}s", words, {"tmax_s": seconds})
    return masks


def _edited(mask: Mask, drawn: Mask) -> Mask:
    """A mask that follows from what a reader drew."""
    words = f"{mask.method}; inside hypoperfusion as a reader drew it"
    return replace(mask, method=words, edited_by=drawn.edited_by)


def _clean(mask: np.ndarray, field: _Field, min_ml: float) -> np.ndarray:
    return keep_clusters(mask, field.geometry, min_ml=min_ml, connectivity=field.config.connectivity)


def _rcbf_core(field: _Field, lesion: np.ndarray, rcbf: float) -> Mask:
    config = field.config
    low = field.low_flow(rcbf)
    if config.core_inside_hypoperfusion:
        low &= lesion
    inside = f" inside Tmax > {config.main_tmax_s:g} s" if config.core_inside_hypoperfusion else ""
    parameters = {
        "rcbf": rcbf,
        "reference": field.reference.definition,
        "reference_cbf": field.reference.cbf,
        "volume_before_clean_up_ml": field.geometry.volume_ml(low),
        **({"rcbf_noise": round(field.noise, 4)} if field.noise > 0 else {}),
    }
    words = f"rCBF < {rcbf:g} of {field.reference.definition}{inside}"
    return Mask(_clean(low, field, config.core_min_cluster_ml), field.geometry, "perfusion_core", words, parameters)


def _bands(field: _Field, lesion: np.ndarray) -> dict[str, tuple[float, float]]:
    """Volumes with every threshold one step lower and higher, in what is connected to the accepted lesion."""
    config, geometry = field.config, field.geometry
    bands = {}
    for seconds in sorted({*config.tmax_thresholds_s, config.main_tmax_s}):
        volumes = []
        for moved in (seconds - config.tmax_step_s, seconds + config.tmax_step_s):
            late = field.late(moved)
            if seconds < config.main_tmax_s:
                late = _clean(late, field, config.min_cluster_ml)
            else:
                late = (
                    connected_to(late, lesion, connectivity=config.connectivity)
                    if moved < config.main_tmax_s
                    else late & lesion
                )
            volumes.append(geometry.volume_ml(late))
        bands[f"Tmax {seconds:g}"] = (min(volumes), max(volumes))
    for rcbf in sorted({*config.rcbf_thresholds, config.core_rcbf}):
        volumes = [_rcbf_core(field, lesion, rcbf + s * config.rcbf_step).volume_ml for s in (-1, 1)]
        bands[f"rCBF {rcbf:g}"] = (min(volumes), max(volumes))
    return bands


def _reaches_the_end(lesion: np.ndarray, field: _Field) -> bool:
    """True where the lesion is cut by the first or last measured slice, and not by the end of the brain."""
    measured = _measured_slices(field)
    if not len(measured):
        return False
    for end, beyond in ((measured[0], measured[0] - 1), (measured[-1], measured[-1] + 1)):
        cut = not 0 <= beyond < len(lesion) or field.brain[beyond].any()
        if cut and lesion[end].any():
            return True
    return False


def _steps(
    field: _Field, tmax: QuantityMap, brain: PerfusionBrain, main: np.ndarray, lesion: np.ndarray, core: Mask
) -> dict[str, float]:
    """Volume in mL after every step, in order."""
    limit = f"Tmax > {field.config.main_tmax_s:g} s"
    raw = brain.brain.values & tmax.valid & (tmax.values > np.float32(field.config.main_tmax_s))
    volume = field.geometry.volume_ml
    steps = {
        f"{limit} in the brain": volume(raw),
        "without CSF and artifact": volume(raw & brain.tissue),
        "without large vessels": volume(main),
        "accepted candidates": volume(lesion),
    }
    if "rcbf" not in core.parameters:
        return steps | {"core from elsewhere": core.volume_ml}
    rcbf = f"rCBF < {core.parameters['rcbf']:g}"
    before = core.parameters["volume_before_clean_up_ml"]
    return steps | {f"of it {rcbf}": before, f"{rcbf}, without small clusters": core.volume_ml}


def _drawn_step(strokes: Strokes | None, core: Mask) -> dict[str, float]:
    return {} if strokes is None else {"core as a reader drew it": core.volume_ml}


def _issues(
    field: _Field, main: np.ndarray, lesion: np.ndarray, core: Mask, maps: PerfusionMaps, limited: bool
) -> tuple[Issue, ...]:
    config, volume = field.config, field.geometry.volume_ml
    found_ml, kept_ml, core_ml = volume(main), volume(lesion), core.volume_ml
    issues = []
    if limited:
        found = "hypoperfusion in the first or last measured slice"
        remedy = "read its volume as a lower limit; mismatch and ratio too"
        issues.append(Issue("L02", Level.WARN, found, "a lesion inside the slab", remedy))
    if found_ml - kept_ml > config.removed_warn * found_ml and found_ml >= config.small_ml:
        found = f"clean-up left {kept_ml:.1f} of {found_ml:.1f} mL"
        remedy = "look through the candidates and take back what is a lesion"
        issues.append(Issue("L03", Level.WARN, found, "noise and artifact to be the smaller part", remedy))
    if core_ml > kept_ml:
        found = f"core {core_ml:.1f} mL, Tmax > {config.main_tmax_s:g} s {kept_ml:.1f} mL"
        issues.append(
            Issue("L06", Level.WARN, found, "core inside hypoperfusion", "think of reperfusion; look at both")
        )
    outside = volume(core.values & ~lesion)
    if outside > config.core_outside_warn * core_ml and outside >= config.core_min_cluster_ml:
        found = f"{outside:.1f} of {core_ml:.1f} mL of the core outside hypoperfusion"
        remedy = "check the registration; think of reperfusion"
        issues.append(Issue("L05", Level.WARN, found, "core inside hypoperfusion", remedy))
    return (*issues, *_at_the_window(lesion, maps, config))


def _at_the_window(lesion: np.ndarray, maps: PerfusionMaps, config: LesionConfig) -> tuple[Issue, ...]:
    """L09 where Tmax of much of the lesion lies at the end of what was searched."""
    window = maps.parameters.get("window_s")
    step = maps.parameters.get("grid_step_s")
    if not window or not step or not lesion.any():
        return ()
    share = float(np.mean(maps.tmax.values[lesion] >= window[1] - step))
    if share <= config.window_share_warn:
        return ()
    found = f"{100 * share:.0f} % of the lesion within one step of {window[1]:g} s"
    remedy = "check the AIF; thresholds up to 10 s hold, Tmax means read low"
    return (Issue("L09", Level.WARN, found, f"{100 * config.window_share_warn:.0f} % at most", remedy),)
