"""Every vendor's files by name: the raw series, and the maps that the scanner adds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from .diffusion_patient import ORTHOGONAL, DiffusionPatient, Weighting, weightings
from .vendors import canon, ge, philips, siemens, siemens_xa, uih
from .vendors.common import Options, Study

Writer = Callable[[DiffusionPatient, Study, Path, Options], list[Path]]


def _two_b0(directions) -> tuple[Weighting, ...]:
    return weightings(1000.0, directions, b0=(0.0, 0.001))


def _one_b0(directions) -> tuple[Weighting, ...]:
    return weightings(1000.0, directions)


@dataclass(frozen=True)
class Variant:
    """One way in which a vendor writes a diffusion study.

    Args:
        raw: writer of the diffusion images.
        maps: folder name -> writer of what the scanner computes from them.
        acquire: directions -> images to acquire, with the b values that the vendor would write.
        multi_frame: slices are frames or tiles of one file, so that slices cannot go missing as files.
        gain: stored value per unit of signal where rescale does not matter; 0 where it differs between images.
    """

    raw: Writer
    maps: dict[str, Writer] = field(default_factory=dict)
    acquire: Callable[..., tuple[Weighting, ...]] = _one_b0
    multi_frame: bool = False
    gain: float = 0.0


VARIANTS: dict[str, Variant] = {
    "canon_enhanced": Variant(canon.write_enhanced, multi_frame=True, gain=canon.GAIN),
    "ge": Variant(ge.write_raw, {"adc": ge.write_adc}, gain=ge.GAIN),
    "ge_unbiased": Variant(partial(ge.write_raw, biased=False), gain=ge.GAIN),
    "philips": Variant(philips.write_classic, {"adc": philips.write_adc}, _two_b0),
    "philips_adc_silent": Variant(partial(philips.write_classic, appended_adc="silent"), acquire=_two_b0),
    "philips_adc_typed": Variant(partial(philips.write_classic, appended_adc="typed"), acquire=_two_b0),
    "philips_enhanced": Variant(philips.write_enhanced, acquire=_two_b0, multi_frame=True),
    "siemens_mosaic": Variant(
        siemens.write_mosaic,
        {"adc": siemens.write_adc, "trace": siemens.write_trace},
        multi_frame=True,
        gain=siemens.GAIN,
    ),
    "siemens_slices": Variant(
        siemens.write_slices, {"adc": siemens.write_adc, "trace": siemens.write_trace}, gain=siemens.GAIN
    ),
    "siemens_xa": Variant(
        siemens_xa.write_raw,
        {"adc": siemens_xa.write_adc, "trace": siemens_xa.write_trace},
        multi_frame=True,
        gain=siemens_xa.GAIN,
    ),
    "toshiba_old": Variant(canon.write_old, gain=canon.GAIN),
    "uih": Variant(uih.write_slices, acquire=uih.actual_weightings, gain=uih.GAIN),
    "uih_mosaic": Variant(uih.write_mosaic, acquire=uih.actual_weightings, multi_frame=True, gain=uih.GAIN),
}


def images_of(variant: str, directions=ORTHOGONAL) -> tuple[Weighting, ...]:
    """Images to simulate for a variant, so that the b values are those that it writes."""
    return VARIANTS[variant].acquire(directions)


def write_study(
    variant: str,
    patient: DiffusionPatient,
    study: Study,
    folder: Path,
    options: Options = Options(),
    *,
    maps: bool = True,
) -> dict[str, list[Path]]:
    """Write a patient as DICOM.

    Args:
        variant: key of `VARIANTS`.
        patient: simulated with `images_of(variant)`.
        study: identity and UIDs.
        folder: gets one subfolder per series.
        options: transfer syntax, order of files, slopes.
        maps: also the maps that the scanner computes.

    Returns:
        "dwi", "adc", "trace" -> paths in order of acquisition.
    """
    chosen = VARIANTS[variant]
    written = {"dwi": chosen.raw(patient, study, folder / "dwi", options)}
    for name, writer in chosen.maps.items() if maps else ():
        written[name] = writer(patient, study, folder / name, options)
    return written
