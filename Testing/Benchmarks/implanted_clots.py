"""Clots of known share implanted in a real head: shapes, places and surroundings drawn from a seed, apart from `strokequant.synthetic`.

Shapes are level sets on a fine grid (ellipsoid, blob, lobes, long, irregular), scaled to a volume. Every voxel holds the share of them that
its own extent through the slice does; tissue is replaced by that share, seen through the blur of a scanner, with noise. A rim of edema has
an uneven width. Places are drawn by what lies there in the head: deep, at the skull, in a ventricle, at the falx, at sinus or tentorium.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

FAMILIES = ("ellipsoid", "blob", "lobed", "long", "irregular")
PLACES = ("deep", "lobar", "skull", "ventricle", "cast", "falx", "sinus")
AXES = {
    "ellipsoid": (1.2, 1, 0.85),
    "blob": (1.25, 1, 0.85),
    "lobed": (1, 1, 1),
    "long": (1.9, 0.85, 0.7),
    "irregular": (1.3, 1, 0.8),
}
RELIEF = {"ellipsoid": (0, 1), "blob": (0.12, 0.5), "lobed": (0, 1), "long": (0.12, 0.5), "irregular": (0.28, 0.33)}
"""Height of the relief and its width, as shares of the radius."""
OUTSIDE_MM = -50.0
STEP_MM = 0.9


@dataclass(frozen=True)
class ClotCase:
    """What is implanted; `draw` makes it from a seed."""

    seed: int
    family: str
    place: str
    volume_ml: float
    hu: float
    rim_mm: float
    rim_hu: float
    noise_hu: float
    blur_mm: float


@dataclass(frozen=True, eq=False)
class Site:
    """A head without blood, and where clots may lie.

    Args:
        image: `Volume` in HU.
        head: of `ct_head`.
        depth, to_ventricle: (k, j, i) mm below the skull and from a ventricle, on every fourth pixel.
        bright: the same grid, tissue as bright as sinus, tentorium and falx.
    """

    image: object
    head: object
    depth: np.ndarray
    to_ventricle: np.ndarray
    bright: np.ndarray

    @classmethod
    def of(cls, image, head) -> "Site":
        """Places of a head."""
        geometry = image.geometry
        along_i, along_j = geometry.pixel_spacing
        steps = (geometry.mean_extent_mm, 4 * along_j, 4 * along_i)
        brain, fluid = (m.values[:, ::4, ::4] for m in (head.brain, head.ventricles))
        even = ndimage.gaussian_filter(np.clip(image.values, -50, 120), (0, 1 / along_j, 1 / along_i))[:, ::4, ::4]
        depth = ndimage.distance_transform_edt(brain, sampling=steps)
        bright = brain & (even > 44) & (even < 75) & (depth > 4)
        return cls(image, head, depth, ndimage.distance_transform_edt(~fluid, sampling=steps), bright)

    @property
    def may_bleed(self) -> np.ndarray:
        """(k, j, i) inside of the skull, without bone and calcification."""
        return self.head.brain.values & (self.image.values < 120)


@dataclass(frozen=True, eq=False)
class ImplantedClot:
    """One implanted clot.

    Args:
        case: what was drawn.
        image: HU.
        share, rim: (k, j, i) share of clot and of edema.
        center: LPS mm.
    """

    case: ClotCase
    image: object
    share: np.ndarray
    rim: np.ndarray
    center: np.ndarray = field(default_factory=lambda: np.zeros(3))

    @property
    def truth_ml(self) -> float:
        """Sum of the shares."""
        return self.image.geometry.volume_ml(self.share)

    def clicks(self, count: int, least: float = 0.5) -> np.ndarray:
        """(count, 3) LPS mm of voxels with at least this share, at random."""
        index = np.argwhere(self.share > least)
        random = np.random.default_rng(self.case.seed + 77)
        return self.image.geometry.to_lps(index[random.integers(0, len(index), count)])


def draw(seed: int, place: str | None = None) -> ClotCase:
    """A case of a seed: 3 to 60 mL, 55 to 80 HU, no rim or one of 2 to 10 mm."""
    random = np.random.default_rng(seed)
    return ClotCase(
        seed,
        FAMILIES[seed % len(FAMILIES)],
        place or PLACES[seed // len(FAMILIES) % len(PLACES)],
        float(np.exp(random.uniform(np.log(3), np.log(60)))),
        float(random.uniform(55, 80)),
        float(random.choice([0.0, random.uniform(2, 4), random.uniform(4, 10)])),
        float(random.uniform(16, 26)),
        float(random.uniform(3, 6)),
        float(random.uniform(0.5, 0.8)),
    )


class Level:
    """Signed distance of a shape to its surface on a fine grid, positive inside, and a random field for uneven rims."""

    def __init__(self, case: ClotCase, center: np.ndarray, random: np.random.Generator):
        radius = np.cbrt(case.volume_ml * 750 / np.pi)
        self.center, self.count = np.asarray(center, float), int((2 * radius + 1.6 * case.rim_mm + 4) / STEP_MM)
        axis = (np.arange(-self.count, self.count + 1) * STEP_MM).astype(np.float32)
        turn = np.linalg.qr(random.normal(size=(3, 3)))[0].astype(np.float32)
        points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij")[::-1], axis=-1) @ turn
        level = 1 - np.sqrt(((points / np.float32(AXES[case.family])) ** 2).sum(-1)) / np.float32(radius)
        height, width = RELIEF[case.family]
        if height:
            relief = self._noise(level.shape, radius * width, random)
            level += height * relief * np.clip(1.6 - (1 - level), 0, 1)
        if case.family == "lobed":
            lobes = [0.75 - np.linalg.norm(points, axis=-1) / radius]
            for _ in range(4):
                away = random.normal(size=3)
                away *= 0.75 * radius * random.uniform(0.5, 1) / np.linalg.norm(away)
                lobes.append(
                    random.uniform(0.55, 0.8) - np.linalg.norm(points - away.astype(np.float32), axis=-1) / radius
                )
            level = np.max(lobes, axis=0)
        inside = (
            level
            > np.partition(level.ravel(), -int(case.volume_ml * 1000 / STEP_MM**3))[
                -int(case.volume_ml * 1000 / STEP_MM**3)
            ]
        )
        labels, count = ndimage.label(inside)
        inside = labels == np.argmax(np.bincount(labels.ravel())[1:]) + 1 if count > 1 else inside
        signed = ndimage.distance_transform_edt(inside) - ndimage.distance_transform_edt(~inside)
        self.signed = ndimage.gaussian_filter((signed * STEP_MM).astype(np.float32), 1)
        width = case.rim_mm * (1 + 0.3 * np.clip(self._noise(level.shape, 4.0, random), -2, 2)) if case.rim_mm else 0
        self.outer = self.signed + np.float32(1) * width

    @staticmethod
    def _noise(shape, width_mm: float, random) -> np.ndarray:
        noise = ndimage.gaussian_filter(random.normal(size=shape).astype(np.float32), width_mm / STEP_MM, truncate=3)
        return noise / noise.std()

    def at(self, points: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(...,) values at (..., 3) LPS points."""
        index = ((points - self.center) / STEP_MM + self.count)[..., ::-1]
        return ndimage.map_coordinates(values, np.moveaxis(index, -1, 0), order=1, cval=OUTSIDE_MM)

    def share(self, geometry, values: np.ndarray) -> np.ndarray:
        """(k, j, i) share of every voxel above 0, over its extent through the slice."""
        found = np.zeros(geometry.shape, np.float32)
        reach = self.count * STEP_MM
        along = np.abs(geometry.positions - self.center @ geometry.normal)
        across, down = geometry.affine[:3, 0], geometry.affine[:3, 1]
        for k in np.flatnonzero(along < reach + geometry.slice_extents):
            rows, columns = np.indices(geometry.shape[1:]).reshape(2, -1)
            centers = geometry.slice_origins[k] + columns[:, None] * across + rows[:, None] * down
            near = np.flatnonzero(np.linalg.norm(centers - self.center, axis=1) < reach * 1.75)
            half = geometry.slice_extents[k] / 2 + max(geometry.pixel_spacing)
            depth = self.at(centers[near], values)
            found[k].flat[near[depth >= half]] = 1
            mixed = near[np.abs(depth) < half]
            layers = max(4, int(np.ceil(geometry.slice_extents[k] / 0.7)))
            total = np.zeros(len(mixed), np.float32)
            for through in (np.arange(layers) + 0.5) / layers - 0.5:
                for right, low in ((-0.25, -0.25), (-0.25, 0.25), (0.25, -0.25), (0.25, 0.25)):
                    offset = right * across + low * down + through * geometry.slice_extents[k] * geometry.normal
                    total += self.at(centers[mixed] + offset, values) > 0
            found[k].flat[mixed] = total / (4 * layers)
        return found


def center_of(case: ClotCase, site: Site, random: np.random.Generator) -> np.ndarray:
    """LPS mm of a center for a clot at its place."""
    geometry, radius = site.image.geometry, np.cbrt(case.volume_ml * 750 / np.pi)
    depth, fluid = site.depth, site.to_ventricle
    index = np.argwhere(depth > 0) * [1, 4, 4]
    points = geometry.to_lps(index)
    low, high = np.quantile(points[:, 2], [0.25, 0.92])
    inner, away = depth[depth > 0], fluid[depth > 0]
    beside = np.abs(site.head.midplane.leftward_mm(points))
    middle = (points[:, 2] > low) & (points[:, 2] < high)
    apart = away > min(0.9 * radius, 12)
    found = {
        "deep": middle & (inner > 1.15 * radius + 3) & apart,
        "lobar": middle & (inner > radius + 3) & (inner < 1.3 * radius + 8) & apart,
        "skull": middle & (inner > 0.55 * radius) & (inner < 0.85 * radius) & apart,
        "ventricle": middle & (inner > radius) & (away > 0) & (away < 0.9 * radius),
        "cast": middle & (away == 0),
        "falx": middle
        & (beside < 0.9 * radius)
        & (beside > 0.4 * radius)
        & (inner < 1.6 * radius)
        & (away > 0.7 * radius),
        "sinus": _beside_bright(site, index, points, radius) & (inner > 0.8 * radius),
    }[case.place]
    if not found.any():
        found = middle & (inner > 0.9 * radius)
    if not found.any():
        found = inner >= np.quantile(inner, 0.999)
    return points[random.choice(np.flatnonzero(found))] + random.uniform(-1, 1, 3)


def _beside_bright(site: Site, index: np.ndarray, points: np.ndarray, radius: float) -> np.ndarray:
    """Points whose clot touches sinus or tentorium: below the middle, behind."""
    bright = site.image.geometry.to_lps(np.argwhere(site.bright) * [1, 4, 4])
    bright = bright[(bright[:, 2] < np.quantile(points[:, 2], 0.5)) & (bright[:, 1] > np.quantile(points[:, 1], 0.5))]
    if not len(bright):
        return np.zeros(len(points), bool)
    from scipy.spatial import cKDTree

    nearest = cKDTree(bright).query(points)[0]
    return (nearest > 0.75 * radius) & (nearest < 1.05 * radius) & (points[:, 1] > np.quantile(points[:, 1], 0.4))


def implant_clot(case: ClotCase, site: Site) -> ImplantedClot:
    """The head of a site with the clot of a case."""
    random = np.random.default_rng([case.seed, 5])
    geometry = site.image.geometry
    center = center_of(case, site, random)
    level = Level(case, center, random)
    inside = site.may_bleed
    share = np.where(inside, level.share(geometry, level.signed), 0)
    if case.place == "cast":
        share *= in_plane_share(site.head.ventricles.values, geometry)
    rim = np.zeros_like(share)
    if case.rim_mm and case.place != "cast":
        rim = np.where(inside & ~site.head.ventricles.values, level.share(geometry, level.outer), 0)
        rim = np.clip(rim - share, 0, 1).astype(np.float32)
    return shown(case, site, share.astype(np.float32), rim, center, random)


def in_plane_share(mask: np.ndarray, geometry) -> np.ndarray:
    """(k, j, i) share of a mask with upright walls, its border smoothed within the slices."""
    along_i, along_j = geometry.pixel_spacing
    smooth = ndimage.gaussian_filter(mask.astype(np.float32), (0, 0.7 / along_j, 0.7 / along_i))
    return np.clip((smooth - 0.25) * 2, 0, 1)


def shown(case: ClotCase, site: Site, share, rim, center, random) -> ImplantedClot:
    """Shares in place of tissue, blurred, with noise that tissue and clot have alike."""
    geometry = site.image.geometry
    along_i, along_j = geometry.pixel_spacing
    sd = (0, case.blur_mm / along_j, case.blur_mm / along_i)
    used = np.flatnonzero((share + rim).any(axis=(1, 2)))
    values = np.array(site.image.values, np.float32)
    part = slice(used[0], used[-1] + 1) if used.size else slice(0, 0)
    blood, swollen = (ndimage.gaussian_filter(a[part], sd) for a in (share, rim))
    values[part] = values[part] * (1 - blood - swollen) + case.hu * blood + case.rim_hu * swollen
    # the noise of the head is gone where it was replaced
    noise = random.normal(0, case.noise_hu, blood.shape).astype(np.float32)
    values[part] += noise * np.sqrt(np.clip(1 - (1 - blood - swollen) ** 2, 0, 1))
    return ImplantedClot(case, replace(site.image, values=values), share, rim, center)


OUTER = ("sdh", "edh", "sah", "layered ivh")


def implant_outer(kind: str, seed: int, site: Site) -> ImplantedClot:
    """Blood that is no clot in the brain: a crescent or a lens along the skull, blood in sulci, a level in the ventricles.

    Args:
        kind: one of `OUTER`.
        seed: of size and place.
        site: head.
    """
    random = np.random.default_rng([seed, 9])
    geometry, head = site.image.geometry, site.head
    drawn = replace(draw(seed), place=kind, family="", rim_mm=0.0)
    if kind == "layered ivh":
        share, center = _level_in_ventricles(site, random)
    elif kind == "sah":
        share, center = _in_sulci(site, random)
    else:
        share, center = _along_skull(site, random, lens=kind == "edh")
    share = np.where(site.may_bleed, share, 0).astype(np.float32)
    drawn = replace(drawn, volume_ml=geometry.volume_ml(share), hu=min(drawn.hu, 72.0))
    return shown(drawn, site, share, np.zeros_like(share), center, np.random.default_rng([seed, 11])) if head else None


def _along_skull(site: Site, random, lens: bool) -> tuple[np.ndarray, np.ndarray]:
    """Share of a layer under the skull: a lens of 12 to 24 mm over 25 to 40 degrees, or a crescent of 5 to 13 mm over 50 to 80."""
    from strokequant.segmentation.ct_head import in_plane_distance

    geometry, brain = site.image.geometry, site.head.brain.values
    depth = in_plane_distance(brain, geometry)
    index = np.argwhere(depth > 0)
    points = geometry.to_lps(index)
    middle = points.mean(axis=0)
    top = np.quantile(points[:, 2], 0.97)
    height = random.uniform(20, 30) if lens else random.uniform(25, 40)
    angle = random.uniform(-50, 50) + random.choice([0, 180])
    width = random.uniform(25, 40) if lens else random.uniform(50, 80)
    thick = random.uniform(12, 24) if lens else random.uniform(5, 13)
    center = np.array([*middle[:2], random.uniform(middle[2] - 5, top - height)])
    around = np.degrees(np.arctan2(points[:, 1] - center[1], points[:, 0] - center[0]))
    off = (around - angle + 180) % 360 - 180
    reach = np.clip(1 - (off / width) ** 2 - ((points[:, 2] - center[2]) / height) ** 2, 0, 1)
    surface = thick * (reach if lens else np.sqrt(reach))
    share = np.zeros(geometry.shape, np.float32)
    pixel = max(geometry.pixel_spacing)
    share[tuple(index.T)] = np.where(reach > 0, np.clip(0.5 + (surface - depth[tuple(index.T)]) / pixel, 0, 1), 0)
    return share, center


def _in_sulci(site: Site, random) -> tuple[np.ndarray, np.ndarray]:
    """Share of CSF outside of the ventricles within 25 to 40 mm of a point of it."""
    geometry, head = site.image.geometry, site.head
    fluid = head.csf.values & ~head.ventricles.values
    index = np.argwhere(fluid)
    points = geometry.to_lps(index)
    middle = points[(points[:, 2] > np.quantile(points[:, 2], 0.3)) & (points[:, 2] < np.quantile(points[:, 2], 0.8))]
    center = middle[random.integers(len(middle))]
    near = np.zeros_like(fluid)
    near[tuple(index[np.linalg.norm(points - center, axis=1) < random.uniform(25, 40)].T)] = True
    return in_plane_share(near, geometry), center


def _level_in_ventricles(site: Site, random) -> tuple[np.ndarray, np.ndarray]:
    """Share of the hindmost part of the ventricles, below a level of fluid."""
    geometry, fluid = site.image.geometry, site.head.ventricles.values
    index = np.argwhere(fluid)
    points = geometry.to_lps(index)
    left = site.head.midplane.leftward_mm(points) * random.choice([-1, 1]) > 2
    level = np.quantile(points[left, 1], random.uniform(0.4, 0.75))
    part = np.zeros_like(fluid)
    part[tuple(index[left & (points[:, 1] > level)].T)] = True
    return in_plane_share(part, geometry), points[left & (points[:, 1] > level)].mean(axis=0)
