"""Automatic core of generated patients against their exact truth: volume, Dice, and false positives in heads without a lesion.

    python Testing/Benchmarks/bench_accuracy.py [--heads N] [--quick]

Every head is scanned in memory (b0 and three directions of b 1000, white matter anisotropic, Rician noise, SNR of white matter in
b0) and goes through ADC, brain mask and core with the standard configuration. Heads of one row differ in side, place, shape and ADC
(400 to 520 um2/s) of the lesion and in noise. Truth is the analytic volume; Dice is against voxels that the lesion fills by half or
more, and "half-filled" is the bias of the volume of exactly those: what counting whole voxels costs. The vendors' table writes one
head as DICOM in every way the generator knows and reads it back. These heads are simple: no motion, no distortion, smooth edges, one
lesion of one ADC. They show bias and repeatability of the method, not its clinical accuracy.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import LIBRARY, machine

VOLUMES_ML = (1.5, 5.0, 12.0, 35.0, 80.0)
SNRS = (15, 25, 40, 100)
STEPS_MM = {2.5: 52, 5.0: 26}
"""Slice distance -> slices."""
PLACES = ((42, 5, 24), (34, -22, 30), (30, 40, 26), (26, 10, 34), (38, 25, 20))
LARGE_PLACE = (40, 6, 16)
"""The place where 35 mL and more fit into one hemisphere."""
VENDOR_ML, VENDOR_SNR = 12.0, 25


@dataclass(frozen=True)
class Found:
    """One head: true volume in mL, that of the voxels filled by half or more, the measured one, Dice (NaN without a lesion), candidates."""

    truth_ml: float
    half_filled_ml: float
    measured_ml: float
    dice: float
    candidates: int


def random_head(volume_ml: float, rng: np.random.Generator):
    """Head with one lesion of this volume that lies wholly in the brain; none for 0."""
    from strokequant.synthetic.anatomy import Head, lies_in_brain, region_of_volume

    if not volume_ml:
        return Head(())
    for _ in range(200):
        place = LARGE_PLACE if volume_ml >= 35 else PLACES[rng.integers(len(PLACES))]
        center = np.array(place) + rng.uniform(-2, 2, 3) * (volume_ml < 80)
        center[0] *= rng.choice((-1, 1))
        shape = (
            (1, rng.uniform(1.6, 1.8), 1.15) if volume_ml >= 80 else (1, rng.uniform(1, 1.5), rng.uniform(0.85, 1.15))
        )
        region = region_of_volume(volume_ml, tuple(center), shape, adc=float(rng.uniform(400, 520)))
        if lies_in_brain(region, 1.0):
            return Head((region,))
    msg = f"no place for {volume_ml:g} mL"
    raise ValueError(msg)


def with_false_friends(head):
    """The head with what looks like an acute infarct on one image and is none: the regions of the demo's patient without infarct."""
    from strokequant.synthetic.anatomy import Head
    from strokequant.synthetic.patients import demo_patients

    friends = next(spec.head.regions for spec in demo_patients() if spec.head.regions and not spec.head.infarcts)
    return Head((*head.regions, *friends))


def measure_patient(patient) -> Found:
    """ADC, brain and core of what a scanner measured, in memory."""
    from strokequant.types import DiffusionSeries

    images = patient.weightings
    dwi = DiffusionSeries(
        patient.signal,
        patient.geometry,
        np.array([w.b for w in images]),
        ("generated",) * len(images),
        np.array([w.direction for w in images]),
        tuple(w.directionality for w in images),
    )
    return measure_dwi(dwi, patient)


def measure_dwi(dwi, patient) -> Found:
    """The way of a case from diffusion images to the core."""
    from strokequant.maps.adc import b0_image, compute_adc, trace_image
    from strokequant.segmentation.brain import brain_mask
    from strokequant.segmentation.diffusion_core import segment_core

    adc = compute_adc(dwi)
    core = segment_core(adc, trace_image(dwi), brain_mask(b0_image(dwi), adc=adc))
    truth = patient.infarct_fraction >= 0.5
    both = np.count_nonzero(core.mask.values & truth)
    total = np.count_nonzero(core.mask.values) + np.count_nonzero(truth)
    volume = sum(region.volume_ml for region in patient.head.infarcts)
    half_filled = patient.geometry.volume_ml(truth)
    return Found(
        volume, half_filled, core.mask.volume_ml, 2 * both / total if truth.any() else np.nan, len(core.candidates)
    )


def scan_head(head, step_mm: float, snr: float, seed: int):
    """Simulated patient."""
    from strokequant.synthetic.diffusion_patient import Acquisition, simulate
    from strokequant.synthetic.grids import make_slab

    return simulate(head, make_slab(slices=STEPS_MM[step_mm], step_mm=step_mm), Acquisition(snr=snr, seed=seed))


def seed_of(*parts: float) -> int:
    """Seed that follows from the row and the head."""
    return int(np.random.SeedSequence([round(10 * part) for part in parts]).generate_state(1)[0])


def measure_row(volume_ml: float, step_mm: float, snr: float, heads: int, friends: bool = False) -> list[Found]:
    """All heads of one row."""
    found = []
    for number in range(heads):
        seed = seed_of(volume_ml, step_mm, snr, number)
        head = random_head(volume_ml, np.random.default_rng(seed))
        head = with_false_friends(head) if friends else head
        found.append(measure_patient(scan_head(head, step_mm, snr, seed)))
    return found


def lesion_table(volumes: Iterable[float], snrs: Iterable[float], heads: int) -> tuple[str, list[Found]]:
    """Markdown: bias, SD and Dice of every volume, slice distance and SNR."""
    lines = [
        "| mL | slice mm | SNR | bias mL | bias % | SD % | worst % | half-filled % | Dice mean | Dice least |",
        "| --- " * 10 + "|",
    ]
    everything = []
    for volume in volumes:
        for step in STEPS_MM:
            for snr in snrs:
                found = measure_row(volume, step, snr, heads)
                everything += found
                error = np.array([100 * (f.measured_ml / f.truth_ml - 1) for f in found])
                dice = np.array([f.dice for f in found])
                bias = np.mean([f.measured_ml - f.truth_ml for f in found])
                spread = error.std(ddof=1) if len(error) > 1 else 0.0
                worst = error[np.abs(error).argmax()]
                half = np.mean([100 * (f.half_filled_ml / f.truth_ml - 1) for f in found])
                numbers = f"{bias:+.2f} | {error.mean():+.1f} | {spread:.1f} | {worst:+.1f} | {half:+.1f}"
                lines.append(f"| {volume:g} | {step:g} | {snr} | {numbers} | {dice.mean():.3f} | {dice.min():.3f} |")
    return "\n".join(lines), everything


def empty_table(snrs: Iterable[float], heads: int) -> str:
    """Markdown: false positives in heads without an infarct."""
    lines = [
        "| head | slice mm | SNR | heads with a core | mean mL | most mL | candidates listed |",
        "| --- " * 7 + "|",
    ]
    for friends in (False, True):
        name = "shine-through, old infarct, hemorrhage, susceptibility" if friends else "healthy"
        for step in STEPS_MM:
            for snr in snrs:
                found = measure_row(0.0, step, snr, heads, friends)
                volumes = [f.measured_ml for f in found]
                listed = np.mean([f.candidates for f in found])
                hits = f"{sum(v > 0 for v in volumes)} of {heads}"
                numbers = f"{np.mean(volumes):.3f} | {max(volumes):.3f} | {listed:.1f}"
                lines.append(f"| {name} | {step:g} | {snr} | {hits} | {numbers} |")
    return "\n".join(lines)


def vendor_table() -> str:
    """Markdown: one head, written as DICOM in every way and read back; the difference to the images in memory is what storing costs."""
    from strokequant.dicomio.read import read_diffusion
    from strokequant.dicomio.scan import scan
    from strokequant.errors import StrokeQuantError
    from strokequant.synthetic.anatomy import Head, region_of_volume
    from strokequant.synthetic.diffusion_patient import Acquisition, simulate
    from strokequant.synthetic.grids import make_slab
    from strokequant.synthetic.vendor_dicom import VARIANTS, Study, images_of, write_study
    from strokequant.types import Role

    head = Head((region_of_volume(VENDOR_ML, (42, 5, 24), (1, 1.4, 1), adc=450),))
    lines = ["| written as | measured mL | error % | Dice | in memory mL |", "| --- " * 5 + "|"]
    for variant in sorted(VARIANTS):
        acquisition = Acquisition(weightings=images_of(variant), snr=VENDOR_SNR, seed=1)
        patient = simulate(head, make_slab(), acquisition)
        memory = measure_patient(patient)
        with tempfile.TemporaryDirectory() as folder:
            write_study(variant, patient, Study(1), Path(folder), maps=False)
            series = next(s for s in scan(Path(folder)).series if s.role is Role.DWI)
            try:
                found = measure_dwi(read_diffusion(series), patient)
            except StrokeQuantError as error:
                lines.append(f"| {variant} | refused: {error.issues[0].found} | – | – | {memory.measured_ml:.2f} |")
                continue
        error = 100 * (found.measured_ml / found.truth_ml - 1)
        numbers = f"{found.measured_ml:.2f} | {error:+.1f} | {found.dice:.3f} | {memory.measured_ml:.2f}"
        lines.append(f"| {variant} | {numbers} |")
    return "\n".join(lines)


def summary(found: list[Found], limit_ml: float = 10.0) -> str:
    """One line over all heads with a lesion of a size."""
    large = [f for f in found if f.truth_ml >= limit_ml]
    error = np.array([100 * (f.measured_ml / f.truth_ml - 1) for f in large])
    within = np.mean(np.abs(error) <= 2)
    return (
        f"{len(large)} heads of {limit_ml:g} mL or more: bias {error.mean():+.1f} %, SD {error.std(ddof=1):.1f} %, "
        f"{100 * within:.0f} % of them within 2 %, largest error {error[np.abs(error).argmax()]:+.1f} %."
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--heads", type=int, default=4, help="heads of every row")
    parser.add_argument("--quick", action="store_true", help="a few rows only")
    options = parser.parse_args()
    sys.path.insert(0, str(LIBRARY))
    volumes, snrs = ((5.0, 35.0), (25,)) if options.quick else (VOLUMES_ML, SNRS)
    print(machine("scipy", "skimage"))
    print(f"\nOne lesion, {options.heads} heads in every row\n")
    rows, found = lesion_table(volumes, snrs, options.heads)
    print(rows)
    print("\n" + summary(found))
    print(f"\nNo infarct, {options.heads} heads in every row\n")
    print(empty_table(snrs, options.heads))
    print(f"\nOne lesion of {VENDOR_ML:g} mL, SNR {VENDOR_SNR}, slices of 5 mm, by way of writing\n")
    print(vendor_table())


if __name__ == "__main__":
    main()
