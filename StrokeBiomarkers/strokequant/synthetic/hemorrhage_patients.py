"""Hemorrhage patients of the demonstration: clots of exact volume in a synthetic head, as DICOM, with truth; two that must be refused."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .hemorrhage_head import CtProtocol, synthetic_head
from .hemorrhage_implant import Implant, Implanted, implant
from .hemorrhage_shapes import clot_of_volume
from .patients import Expected, Truth
from .vendors.common import Options, Scanner, SeriesInfo, Study, write_files
from .vendors.perfusion_ct import CANON, GE, PHILIPS, SIEMENS, ct_image

NCCT = SeriesInfo(2, "HEAD WITHOUT CONTRAST", ("ORIGINAL", "PRIMARY", "AXIAL"))


@dataclass(frozen=True)
class HemorrhageSpec:
    """One patient to generate.

    Args:
        number: 1 to 99; makes identity, UIDs and noise.
        name: folder.
        scanner: equipment.
        clots: may be none.
        protocol: of the CT; its seed is the number.
        header: attributes that the files get instead, such as {"ConvolutionKernel": "H70h"}; None deletes one.
        offset_hu: added to every value, as by a wrong rescale.
        expected: what a measurement must do.
        note: what is special.
    """

    number: int
    name: str
    scanner: Scanner
    clots: tuple[Implant, ...]
    protocol: CtProtocol
    header: dict[str, Any] = field(default_factory=dict)
    offset_hu: float = 0.0
    expected: Expected = Expected()
    note: str = ""


@dataclass(frozen=True)
class HemorrhageTruth(Truth):
    """What is known about a patient with hemorrhage: `volume_ml` is the exact volume of the clots, and more.

    Args:
        seeds_lps: a point inside of every clot, LPS mm.
    """

    seeds_lps: tuple[tuple[float, float, float], ...] = ()


def simulate_hemorrhage(spec: HemorrhageSpec) -> tuple[Implanted, Any]:
    """Scan the head of a patient; the slab is for the writers of DICOM."""
    image, inside, slab = synthetic_head(spec.protocol)
    return implant(image, spec.clots, within=inside, blur_mm=spec.protocol.blur_mm, seed=spec.number), slab


def write_ncct(
    found: Implanted, slab: Any, spec: HemorrhageSpec, folder: Path, options: Options = Options()
) -> list[Path]:
    """Write a head as a series of classic CT images."""
    study = Study(spec.number)
    return write_files(_images(found, slab, spec, study), folder, options)


def _images(found: Implanted, slab: Any, spec: HemorrhageSpec, study: Study):
    header = {"KVP": "120", "ConvolutionKernel": "H30s", "ContrastBolusAgent": None, "BodyPartExamined": "HEAD"}
    for k, plane in enumerate(found.image.values):
        ds = ct_image(study, spec.scanner, NCCT, slab, k, plane + spec.offset_hu, k + 1)
        for keyword, value in (header | spec.header).items():
            if value is None:
                delattr(ds, keyword)
            else:
                setattr(ds, keyword, value)
        yield ds


def truth_of_hemorrhage(spec: HemorrhageSpec, found: Implanted) -> HemorrhageTruth:
    """Truth of a simulated patient."""
    centers = [clot.shape.center for clot in spec.clots]
    side = "none" if not centers else "left" if all(c[0] > 0 for c in centers) else "right"
    side = "bilateral" if centers and len({c[0] > 0 for c in centers}) == 2 else side
    return HemorrhageTruth(
        patient_id=Study(spec.number).patient_id,
        name=spec.name,
        scanner=f"{spec.scanner.manufacturer} {spec.scanner.model}",
        variant="ncct",
        note=spec.note,
        volume_ml=round(found.volume_ml, 6),
        side=side,
        lesion_count=len(spec.clots),
        adc_um2_s=None,
        lesions=tuple(
            {"kind": "ich", **asdict(clot), "volume_ml": round(clot.shape.volume_ml, 6)} for clot in spec.clots
        ),
        sampled_volume_ml=round(found.sampled_ml, 6),
        adc_at_or_below_620_ml=0.0,
        **asdict(spec.expected),
        seeds_lps=tuple(centers),
    )


def write_hemorrhage_patient(spec: HemorrhageSpec, folder: Path) -> HemorrhageTruth:
    """Generate one patient.

    Args:
        spec: from `hemorrhage_demo_patients`, or your own.
        folder: gets a subfolder `spec.name` with the images, and `<spec.name>.truth.json` beside it.

    Returns:
        The truth, as in the file.
    """
    found, slab = simulate_hemorrhage(spec)
    write_ncct(found, slab, spec, folder / spec.name / "ncct")
    truth = truth_of_hemorrhage(spec, found)
    text = json.dumps(asdict(truth), indent=2, sort_keys=True) + "\n"
    (folder / f"{spec.name}.truth.json").write_text(text, "utf-8")
    return truth


THICK = {"slices": 32, "rows": 256, "columns": 256, "pixel_mm": 0.9, "step_mm": 5.0, "center": (0.0, 0.0, 5.0)}
THIN = THICK | {"slices": 64, "step_mm": 2.5}


def hemorrhage_demo_patients(first: int = 15) -> tuple[HemorrhageSpec, ...]:
    """The patients, numbered from `first`."""
    deep = Implant(clot_of_volume(28, (26, -2, 14), (1, 1.3, 0.9), lobes=0.15, phase=1.0), edema_mm=4.0)
    lobar = Implant(clot_of_volume(14, (-42, 22, 30), (1, 1.2, 1.0), lobes=0.2, phase=3.0))
    contrast = Expected("refuse", "H04", "contrast agent reads as blood")
    rescale = Expected("refuse", "H01", "air does not read -1000 HU")
    patients = (
        ("ich_deep", SIEMENS, (deep,), THIN, {"note": "deep ICH of irregular shape with a rim of edema"}),
        ("ich_lobar_tilted", GE, (lobar,), THICK | {"tilt_deg": 15.0}, {"note": "lobar ICH, slices tilted by 15 degrees"}),
        ("no_blood", CANON, (), THICK, {"note": "no hemorrhage"}),
        ("refuse_contrast_ct", PHILIPS, (lobar,), THICK, {"header": {"ContrastBolusAgent": "Iodine"}, "expected": contrast, "note": "CT with contrast agent"}),
        ("refuse_rescale", SIEMENS, (lobar,), THICK, {"offset_hu": 110.0, "expected": rescale, "note": "Rescale Intercept off by 110 HU"}),
    )  # fmt: skip
    return tuple(
        HemorrhageSpec(number, f"{number:02d}_{name}", scanner, clots, CtProtocol(slab, seed=number), **more)
        for number, (name, scanner, clots, slab, more) in enumerate(patients, start=first)
    )
