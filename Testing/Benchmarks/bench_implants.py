"""Clots implanted in the real head of the shared test data: one click, jittered clicks, edema, the automatic search, blood that is no clot.

    python Testing/Benchmarks/bench_implants.py clots|fields|levels|jitter|edema|search|outer [--slice-mm 3] [--first 5000] [--count 35]

Truth is the share of every voxel (`implanted_clots`; `fields`: another family of shapes, kernels and densities, `field_clots`, --count of every class). Without --slice-mm the slices of the scanner are used, 4 and 7 mm and tilted. Seeds below
2000 were used while the software was made; take others for a judgement. Slow: about 5 s of a processor for one clot.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from common import LIBRARY

SHARED = "STROKEQUANT_TEST_DATA"
BONE_HU = 150.0
LEVELS = ("lobar", "rim", "skull", "ventricle", "falx", "skull rim")
TOO_SMALL = -14.0
SIZES = ((0, 3), (3, 5), (5, 10), (10, 30), (30, 100))


def head(slice_mm: float | None):
    """Site of the real head, on its own slices or on even ones."""
    from implanted_clots import Site

    from strokequant.dicomio.read import read_volume
    from strokequant.dicomio.scan import scan
    from strokequant.segmentation.ct_head import ct_head
    from strokequant.synthetic.hemorrhage_implant import resliced

    root = Path(os.environ.get(SHARED) or LIBRARY.parents[1] / "shared" / "data")
    image = read_volume(scan(root / "ct" / "head_ge_tilt18_variable_gap").series[0])
    image = resliced(image, slice_mm, noise_hu=2.0) if slice_mm else image
    return Site.of(image, ct_head(image))


def outlined(found, point, site, structure: str = "ich"):
    """Clot of a click, or the code of its refusal."""
    from strokequant.errors import SegmentationError
    from strokequant.segmentation.hematoma import segment_hematoma

    try:
        return segment_hematoma(found.image, point, head=site.head, structure=structure)
    except SegmentationError as error:
        return error.issues[0].code


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of two masks."""
    return float(2 * np.count_nonzero(one & other) / max(1, np.count_nonzero(one) + np.count_nonzero(other)))


def click(found) -> np.ndarray:
    """One point at random in the clot, not in its border where it has an inside."""
    return found.clicks(1, 0.9 if (found.share > 0.9).any() else 0.5)[0]


def structure_of(found) -> str:
    return "ivh" if found.case.place == "cast" else "ich"


def clots(site, seeds) -> None:
    """Error of the volume, Dice and voxels of bone, one line a clot, by place and by size."""
    from implanted_clots import draw, implant_clot

    _clicked(site, ((found.case.place, found) for found in (implant_clot(draw(seed), site) for seed in seeds)))


def fields(site, seeds) -> None:
    """The same of clots made under other assumptions, as many of every class."""
    from field_clots import CLASSES, implant_field

    made = ((kind, implant_field(seed, kind, site)) for kind in CLASSES for seed in seeds)
    _clicked(site, ((kind, found) for kind, found in made if found is not None))


def levels(site, seeds) -> None:
    """The same with a fluid level, the upper part of 40 to 52 HU, clicked below it: what is silently too small?"""
    from field_clots import implant_field

    silent = []
    for n, (seed, kind) in enumerate((s, k) for s in seeds for k in LEVELS):
        upper = 40.0 + 2 * (n % 7)
        found = implant_field(seed, kind, site, 3.0, upper)
        if found is None:
            continue
        points = found.image.geometry.to_lps(np.argwhere(found.share > (0.9 if (found.share > 0.9).any() else 0.5)))
        low = points[points[:, 1] > np.quantile(points[:, 1], 0.75)]
        clot = outlined(found, low[np.random.default_rng(seed).integers(len(low))], site)
        said = [clot] if isinstance(clot, str) else [i.code for i in clot.issues]
        error = np.nan if isinstance(clot, str) else 100 * (clot.volume_ml / found.truth_ml - 1)
        silent.append((error, bool(said), "H23" in said))
        print(f"{seed} {kind} {found.truth_ml:.1f} mL {found.case.hu:.0f} over {upper:.0f} HU noise {found.case.noise_hu:.1f}: {error:+.1f} % {' '.join(said)}", flush=True)  # fmt: skip
    table = np.array(silent, float)
    low = table[table[:, 0] < TOO_SMALL]
    print(f"{TOO_SMALL:g} % and worse: {len(low)}, with H23 {int(low[:, 2].sum())}, with any note {int(low[:, 1].sum())}; H23 on {int(table[:, 2].sum() - low[:, 2].sum())} of the other {len(table) - len(low)}")  # fmt: skip


def _clicked(site, cases) -> None:
    from strokequant.biomarkers.hemorrhage_measures import size_issues

    rows, kinds = [], []
    for kind, found in cases:
        clot = outlined(found, click(found), site, structure_of(found))
        refused = isinstance(clot, str)
        error = np.nan if refused else 100 * (clot.volume_ml / found.truth_ml - 1)
        overlap = 0.0 if refused else dice(clot.mask.values, found.share >= 0.5)
        geometry = found.image.geometry
        bone = 0.0 if refused else geometry.volume_ml(clot.mask.values & (site.image.values > BONE_HU))
        small = bool(not refused and size_issues(clot.volume_ml, clot.mask.values, geometry))
        said = [clot] if refused else [i.code for i in clot.issues]
        rows.append((found.truth_ml, error, overlap, bone, small, refused, bool(said)))
        kinds.append(kind)
        print(f"{found.case.seed} {found.case.family} {kind} {found.truth_ml:.1f} mL {found.case.hu:.0f} HU rim {found.case.rim_mm:.1f} mm: {error:+.1f} % Dice {overlap:.3f} {' '.join(said)}{' unmeasurable' if small else ''}", flush=True)  # fmt: skip
    table = np.array(rows, float)
    for kind in dict.fromkeys(kinds):
        of_kind = np.array([k == kind for k in kinds])
        _summary(kind, table[of_kind])
        _summary(f"{kind}, 3 mL and more", table[of_kind & (table[:, 0] >= 3)])
    for low, high in (*SIZES, (0, 1000)):
        _summary(f"{low} to {high} mL", table[(table[:, 0] >= low) & (table[:, 0] < high)])
    _summary("measurable by its own word", table[(table[:, 4] == 0) & (table[:, 5] == 0)])


def _summary(name: str, rows: np.ndarray) -> None:
    if not len(rows):
        return
    error, overlap = rows[:, 1], rows[:, 2]
    told = error[np.isfinite(error)]
    if not len(told):
        return
    worst = told[np.abs(told).argmax()]
    within = np.mean(np.abs(told) <= 4)
    print(f"| {name} | {len(rows)} | {told.mean():+.1f} ± {told.std():.1f} | {worst:+.1f} | {100 * within:.0f} % | {overlap.mean():.3f} ({overlap.min():.3f}) | {100 * np.mean(overlap >= 0.96):.0f} % | {1000 * rows[:, 3].max():.0f} µL | {int(rows[:, 5].sum())} |")  # fmt: skip


def jitter(site, seeds) -> None:
    """Largest less smallest volume of ten clicks all over a clot."""
    from implanted_clots import draw, implant_clot

    spreads = []
    for seed in seeds:
        found = implant_clot(draw(seed), site)
        results = [outlined(found, point, site, structure_of(found)) for point in found.clicks(10)]
        volumes = [c.volume_ml for c in results if not isinstance(c, str)]
        spread = np.ptp(volumes) if volumes else np.nan
        spreads.append(spread)
        print(f"{seed} {found.case.place} {found.truth_ml:.1f} mL: spread {spread:.2f} mL, refused {10 - len(volumes)} of 10", flush=True)  # fmt: skip
    print(
        f"spread: median {np.nanmedian(spreads):.2f}, largest {np.nanmax(spreads):.2f} mL, below 2 mL {np.mean(np.array(spreads) < 2):.2f}"
    )


def edema(site, seeds) -> None:
    """Volume of the rim with its range against the truth."""
    from dataclasses import replace

    from implanted_clots import draw, implant_clot

    from strokequant.biomarkers.hemorrhage_formulas import edema_extension_mm
    from strokequant.biomarkers.hemorrhage_measures import hemorrhage_measurements
    from strokequant.segmentation.edema import segment_edema

    rows = []
    for seed in seeds:
        found = implant_clot(draw(seed), site)
        clot = outlined(found, click(found), site)
        if found.case.place == "cast" or isinstance(clot, str):
            continue
        truth = found.image.geometry.volume_ml(found.rim)
        rim = segment_edema(found.image, clot.mask.values, clot.mask.values, replace(site.head, coarse=None))
        numbers = {m.id: m for m in hemorrhage_measurements(found.image, [clot], edema=rim)}
        volume, apart = numbers["edema_volume"], numbers["edema_extension_distance"]
        told, low, high = volume.value is not None, volume.lower or 0.0, volume.upper or 0.0
        far = edema_extension_mm(truth, found.truth_ml)
        held = told and low <= truth <= high, told and apart.lower <= far <= apart.upper
        rows.append((truth, rim.volume_ml, told, held[0], dice(rim.values, found.rim > 0.5), held[1]))
        print(f"{seed} rim {found.case.rim_mm:.1f} mm of {found.case.rim_hu:.0f} HU: {truth:.1f} mL, found {rim.volume_ml:.1f} ({low:.1f} to {high:.1f}) {'told' if told else 'not told'}, Dice {rows[-1][4]:.2f}", flush=True)  # fmt: skip
    table = np.array(rows, float)
    rims, told = table[:, 0] > 0, table[:, 2] > 0
    ratio = table[rims & told, 1] / table[rims & told, 0]
    print(f"rims told {np.sum(rims & told)} of {rims.sum()}, volume over truth median {np.median(ratio):.2f} ({ratio.min():.2f} to {ratio.max():.2f}), truth in the range {int(table[rims & told, 3].sum())}, extension distance {int(table[rims & told, 5].sum())}, Dice {table[rims & told, 4].mean():.2f}")  # fmt: skip
    print(f"clots without rim: edema told in {np.sum(~rims & told)} of {np.sum(~rims)}")


def search(site, seeds) -> None:
    """Clots that the automatic search proposes, and what else it proposes; by size."""
    from implanted_clots import draw, implant_clot

    from strokequant.segmentation.blood_proposal import propose_blood
    from strokequant.segmentation.ct_head import ct_head

    clear = propose_blood(site.image, site.head)
    print(f"without blood: {sum(c.volume_ml for c in clear.clots):.1f} mL")
    rows = []
    for seed in seeds:
        found = implant_clot(draw(seed), site)
        proposal = propose_blood(found.image, ct_head(found.image))
        hits = [c for c in proposal.clots if (c.mask.values & (found.share > 0.5)).any()]
        other = sum(c.volume_ml for c in proposal.clots) - sum(c.volume_ml for c in hits)
        error = 100 * (sum(c.volume_ml for c in hits) / found.truth_ml - 1) if hits else np.nan
        rows.append((found.truth_ml, bool(hits), other, error))
        near = [c.reasons[0] for c in proposal.candidates if np.linalg.norm(np.array(c.seed_lps) - found.center) < 25]
        print(f"{seed} {found.case.place} {found.truth_ml:.1f} mL {found.case.hu:.0f} HU: {'found' if hits else 'missed'} {error:+.1f} % other {other:.1f} mL {'' if hits else near[:2]}", flush=True)  # fmt: skip
    table = np.array(rows, float)
    for low, high in SIZES:
        part = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        if len(part):
            print(
                f"| {low} to {high} mL | {int(part[:, 1].sum())} of {len(part)} | {np.mean(part[:, 2] > 0):.2f} | {part[:, 2].max():.1f} mL |"
            )


def outer(site, seeds) -> None:
    """Blood along the skull, in sulci and in the ventricles, by three clicks and by a rough region."""
    from implanted_clots import OUTER, implant_outer

    from strokequant.segmentation.ct_head import grown_in_plane
    from strokequant.types import Mask

    for kind in OUTER:
        for seed in seeds:
            found = implant_outer(kind, seed, site)
            geometry, name = found.image.geometry, kind.split()[-1]
            region = Mask(grown_in_plane(found.share > 0.3, geometry, 5.0), geometry, "rough", "drawn")
            told = []
            for start in (*found.clicks(3, 0.8), region):
                clot = outlined(found, start, site, name)
                told.append(clot if isinstance(clot, str) else f"{100 * (clot.volume_ml / found.truth_ml - 1):+.0f} % Dice {dice(clot.mask.values, found.share >= 0.5):.2f} {' '.join(i.code for i in clot.issues)}")  # fmt: skip
            print(f"{kind} {seed} {found.truth_ml:.1f} mL: {' | '.join(told)}", flush=True)


def main() -> None:
    """Run one part."""
    parts = {
        "clots": clots,
        "fields": fields,
        "levels": levels,
        "jitter": jitter,
        "edema": edema,
        "search": search,
        "outer": outer,
    }
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=parts)
    parser.add_argument("--slice-mm", type=float, default=None, help="even slices; those of the scanner without")
    parser.add_argument("--first", type=int, default=5000, help="first seed")
    parser.add_argument("--count", type=int, default=35)
    options = parser.parse_args()
    sys.path.insert(0, str(LIBRARY))
    parts[options.part](head(options.slice_mm), range(options.first, options.first + options.count))


if __name__ == "__main__":
    main()
