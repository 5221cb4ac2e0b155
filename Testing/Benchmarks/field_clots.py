"""Clots implanted in a real head under other assumptions than `implanted_clots`: thresholded random fields, other kernels, uneven density.

A clot is where a random field under an envelope exceeds a level: binary in pixels of the scanner and layers of 0.75 mm, so that its volume is
counted. It is blurred by a kernel drawn from three (Gaussian, sharp with overshoot, broad tails), averaged over slices by a profile drawn from
three (box, overlapping, triangular), and put in place of tissue, in a quarter of the cases with what bone shines into it. Density has a gradient
and a texture, noise is correlated.
"""

from dataclasses import dataclass, replace

import numpy as np
from implanted_clots import ClotCase, ImplantedClot, Site, center_of
from scipy import ndimage

CLASSES = ("lobar", "rim", "skull", "skull rim", "ventricle", "cast", "thin cast", "falx", "sinus")
PLACE = {"rim": "lobar", "skull rim": "skull", "thin cast": "cast"}
LAYER_MM = 0.75
BRIGHT_HU = 45.0
SHINE_HU = 60.0
"""Brighter than brain, and the most of it that stays in a clot beside bone."""
GRID_MM = 1.0


@dataclass(frozen=True)
class Scanner:
    """Kernel, slice profile and noise of a case; whether bone shines into its clot as into brain."""

    kernel: str
    blur_mm: float
    profile: str
    noise_hu: float
    correlation_mm: float
    shines: bool


def draw_field(seed: int, kind: str, least_ml: float = 1.0) -> tuple[ClotCase, Scanner]:
    """A case of a class and a seed: 1 to 60 mL, 55 to 75 HU; a rim of 3 to 8 mm and 18 to 24 HU in its classes."""
    random = np.random.default_rng([seed, CLASSES.index(kind), 31])
    rim = kind in ("rim", "skull rim") or (kind in ("falx", "sinus", "ventricle") and random.random() < 0.5)
    volume = float(np.exp(random.uniform(np.log(least_ml), np.log(6 if kind == "thin cast" else 60))))
    case = ClotCase(
        seed, "field", PLACE.get(kind, kind), volume, float(random.uniform(55, 75)),
        float(random.uniform(3, 8)) if rim else 0.0, float(random.uniform(18, 24)), 0.0, 0.0,
    )  # fmt: skip
    scanner = Scanner(
        str(random.choice(["gauss", "sharp", "tails"])), float(random.uniform(0.5, 0.85)),
        str(random.choice(["box", "overlap", "triangle"])), float(random.uniform(2.5, 6)),
        float(random.uniform(0.2, 0.6)), bool(random.random() < 0.25),
    )  # fmt: skip
    return case, scanner


def field_noise(shape, sd: float, random) -> np.ndarray:
    """Smooth random field of SD 1."""
    noise = ndimage.gaussian_filter(random.normal(size=shape).astype(np.float32), sd, truncate=3)
    return noise / noise.std()


def with_level(case: ClotCase, points: np.ndarray, share: np.ndarray, upper_hu: float) -> np.ndarray:
    """(k, j, i) density of a clot whose front part, from a third to two thirds of its depth, is this dense: a fluid level, head supine."""
    back = points[..., 1]
    at = np.quantile(back[share > 0.5], np.random.default_rng(case.seed).uniform(0.35, 0.65))
    return (upper_hu + (case.hu - upper_hu) * np.clip(back - at + 0.5, 0, 1)).astype(np.float32)


class FieldGrid:
    """Random fields on an even grid around a center."""

    def __init__(self, center: np.ndarray, radius: float, reach: float, random):
        n = int(np.ceil(reach / GRID_MM))
        self.center, self.n = center, n
        axis = (np.arange(-n, n + 1) * GRID_MM).astype(np.float32)
        points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")[::-1], axis=-1)
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0].astype(np.float32)
        axes = np.exp(random.normal(0, 0.22, 3))
        axes /= np.cbrt(axes.prod())
        far = np.linalg.norm(points @ turn / axes.astype(np.float32), axis=-1) / np.float32(radius)
        shape = far.shape
        self.level = 1 - far
        self.level += np.float32(random.uniform(0.12, 0.35)) * field_noise(
            shape, max(3.0, radius * random.uniform(0.3, 0.6)), random
        )
        self.level += np.float32(0.05 if random.random() < 0.2 else 0) * field_noise(shape, 2.0, random)
        self.level[far > 1.9] = -1
        self.texture = field_noise(shape, random.uniform(2.5, 6), random)

    def at(self, values, points, cval=-1.0):
        index = ((points - self.center) / GRID_MM + self.n)[..., ::-1]
        return ndimage.map_coordinates(values, np.moveaxis(index, -1, 0), order=1, cval=cval)


def _layers(extent: float) -> np.ndarray:
    count = max(2, int(np.ceil(extent / LAYER_MM)))
    return (np.arange(count) + 0.5) / count - 0.5


def _blurred(values: np.ndarray, scanner: Scanner, geometry) -> np.ndarray:
    along_i, along_j = geometry.pixel_spacing

    def gauss(sd):
        return ndimage.gaussian_filter(values, (0, sd / along_j, sd / along_i))

    if scanner.kernel == "gauss":
        return gauss(scanner.blur_mm)
    if scanner.kernel == "sharp":
        return 1.25 * gauss(0.8 * scanner.blur_mm) - 0.25 * gauss(1.6 * scanner.blur_mm)
    return 0.85 * gauss(0.85 * scanner.blur_mm) + 0.15 * gauss(2.2 * scanner.blur_mm)


def implant_field(
    seed: int, kind: str, site: Site, least_ml: float = 1.0, upper_hu: float | None = None
) -> ImplantedClot | None:
    """The head of a site with the clot of a class and seed; None where its place holds less than half of the volume; with a fluid level below `upper_hu`."""
    case, scanner = draw_field(seed, kind, least_ml)
    random = np.random.default_rng([seed, CLASSES.index(kind), 57])
    geometry = site.image.geometry
    radius = float(np.cbrt(case.volume_ml * 750 / np.pi))
    center = center_of(case, site, random)
    cast = case.place == "cast"
    grid = FieldGrid(
        center, radius * (1.6 if cast else 1.0), 2 * radius * (1.6 if cast else 1.0) + case.rim_mm + 4, random
    )
    box, points = _box(geometry, center, grid.n * GRID_MM)
    if box is None:
        return None
    allowed = site.may_bleed[box]
    fluid = _fluid_layers(site, box)
    depth_of = [_layers(e) for e in geometry.slice_extents[box[0]]]
    levels = []
    for n, layers in enumerate(depth_of):
        extent = geometry.slice_extents[box[0].start + n]
        rows = []
        for through in layers:
            level = grid.at(grid.level, points[n] + through * extent * geometry.normal)
            inside = _fluid_at(fluid, n, through)
            if cast:
                level = np.where(inside, level, -1)
            elif case.place == "ventricle":
                level = np.where(inside, level + 0.25, level)
            rows.append(np.where(allowed[n], level, -1))
        levels.append(np.array(rows, np.float32))
    threshold = _threshold(levels, geometry, box, case.volume_ml)
    if threshold is None:
        return None
    masks = [level > threshold for level in levels]
    masks = _one_piece(masks)
    share = np.array([m.mean(axis=0) for m in masks], np.float32)
    rim = np.zeros_like(share)
    if case.rim_mm:
        rim = _rim(masks, share, geometry, box, case.rim_mm, random) * (allowed & ~site.head.ventricles.values[box])
    return _shown(case, scanner, site, box, points, masks, share, rim, grid, center, random, upper_hu)


def _box(geometry, center, reach):
    along = geometry.positions - center @ geometry.normal
    used = np.flatnonzero(np.abs(along) < reach + geometry.slice_extents)
    if not used.size:
        return None, None
    columns = np.linalg.pinv(geometry.affine[:3, :2])
    low, high = np.array(geometry.shape[1:]), np.zeros(2, int)
    for k in (used[0], used[-1]):
        i, j = columns @ (center - geometry.slice_origins[k])
        pad = reach / min(geometry.pixel_spacing)
        low = np.minimum(low, [int(j - pad), int(i - pad)])
        high = np.maximum(high, [int(j + pad) + 2, int(i + pad) + 2])
    low, high = np.maximum(low, 0), np.minimum(high, geometry.shape[1:])
    box = (slice(used[0], used[-1] + 1), slice(low[0], high[0]), slice(low[1], high[1]))
    j, i = np.mgrid[box[1], box[2]]
    across = i[..., None] * geometry.affine[:3, 0] + j[..., None] * geometry.affine[:3, 1]
    return box, (geometry.slice_origins[box[0], None, None] + across).astype(np.float32)


def _fluid_layers(site, box):
    along_i, along_j = site.image.geometry.pixel_spacing
    mask = site.head.ventricles.values[box].astype(np.float32)
    return ndimage.gaussian_filter(mask, (0, 0.8 / along_j, 0.8 / along_i))


def _fluid_at(fluid, n, through):
    """Ventricle between the slices, its wall sloping from slice to slice."""
    other = min(max(n + (1 if through > 0 else -1), 0), len(fluid) - 1)
    return (1 - abs(through)) * fluid[n] + abs(through) * fluid[other] > 0.5


def _threshold(levels, geometry, box, volume_ml):
    area = geometry.pixel_area_mm2
    values = np.concatenate([level.ravel() for level in levels])
    sizes = np.concatenate(
        [
            np.full(level.size, area * e / len(level) / 1000)
            for level, e in zip(levels, geometry.slice_extents[box[0]], strict=True)
        ]
    )
    keep = values > -1
    values, sizes = values[keep], sizes[keep]
    order = np.argsort(-values)
    total = np.cumsum(sizes[order])
    if (
        not len(total)
        or total[-1] < 0.5 * volume_ml
        or (np.searchsorted(total, volume_ml) >= len(total) and total[-1] < 0.8)
    ):
        return None
    return float(values[order[min(np.searchsorted(total, volume_ml), len(total) - 1)]])


def _one_piece(masks):
    flat = np.concatenate(masks)
    labels, count = ndimage.label(flat)
    if count > 1:
        flat = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1
    cuts = np.cumsum([len(m) for m in masks])[:-1]
    return np.split(flat, cuts)


def _rim(masks, share, geometry, box, width, random):
    """Share of a rim whose outer border is soft over 1.5 mm and uneven."""
    counts = [len(m) for m in masks]
    flat = np.concatenate(masks)
    step = float(np.mean(geometry.slice_extents[box[0]] / counts))
    along_i, along_j = geometry.pixel_spacing
    distance = ndimage.distance_transform_edt(~flat, sampling=(step, along_j, along_i)).astype(np.float32)
    uneven = width * (1 + 0.3 * field_noise(share.shape, (1, 12, 12), random))
    parts = np.split(distance, np.cumsum(counts)[:-1])
    near = np.array([np.clip((uneven[n] - d) / 1.5 + 0.5, 0, 1).mean(axis=0) for n, d in enumerate(parts)])
    return np.clip(near - share, 0, 1).astype(np.float32)


def _through(shares, scanner):
    """Shares as a slice profile sees them: it reaches into neighbors where slices overlap."""
    weight = {"box": 0.0, "overlap": 0.1, "triangle": 0.06}[scanner.profile]
    if not weight:
        return shares
    padded = np.pad(shares, ((1, 1), (0, 0), (0, 0)), mode="edge")
    return (1 - 2 * weight) * shares + weight * (padded[:-2] + padded[2:])


def _shown(case, scanner, site, box, points, masks, share, rim, grid, center, random, upper_hu):
    geometry = site.image.geometry
    blood, swollen = (_blurred(_through(a, scanner), scanner, geometry) for a in (share, rim))
    direction = random.normal(size=3)
    direction /= np.linalg.norm(direction)
    radius = np.cbrt(case.volume_ml * 750 / np.pi)
    slope = random.uniform(0, 4) * np.clip(((points - center) @ direction.astype(np.float32)) / radius, -1.5, 1.5)
    density = (
        (case.hu if upper_hu is None else with_level(case, points, share, upper_hu))
        + slope
        + random.uniform(0, 3) * grid.at(grid.texture, points, 0.0)
    )
    old = np.asarray(site.image.values[box], np.float32)
    new = old * (1 - blood - swollen) + density * blood + case.rim_hu * swollen
    along_i, along_j = geometry.pixel_spacing
    sd = (0, scanner.correlation_mm / along_j, scanner.correlation_mm / along_i)
    noise = ndimage.gaussian_filter(random.normal(size=old.shape).astype(np.float32), sd)
    noise *= scanner.noise_hu / noise.std()
    taken = np.clip(blood + swollen, 0, 1)
    new += noise * np.sqrt(np.clip(1 - (1 - taken) ** 2, 0, 1))
    if scanner.shines:
        level = ndimage.gaussian_filter(old, (0, 1.0 / along_j, 1.0 / along_i))
        new += taken * np.clip(level - BRIGHT_HU, 0, SHINE_HU)
    values = np.array(site.image.values, np.float32)
    values[box] = new
    full_share, full_rim = (np.zeros(geometry.shape, np.float32) for _ in range(2))
    full_share[box], full_rim[box] = share, rim
    return ImplantedClot(
        replace(case, noise_hu=scanner.noise_hu, blur_mm=scanner.blur_mm),
        replace(site.image, values=values),
        full_share,
        full_rim,
        center,
    )
