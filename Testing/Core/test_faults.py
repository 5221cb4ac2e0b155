"""Known damage to every vendor's series: it is done as said, and reading gives the sound images, or says what is wrong.

The mutator of the fuzz run is checked here too: same seed, same bytes.
"""

import itertools
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
from small_patients import small

from Data.faults import FAULTS, NotApplicable, edit
from Data.mutate import OPERATIONS, Mutator, elements_of
from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.read import read_diffusion
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, StrokeQuantError
from strokequant.synthetic.anatomy import Head, region_of_volume
from strokequant.synthetic.diffusion_patient import Acquisition, simulate
from strokequant.synthetic.grids import make_slab
from strokequant.synthetic.patients import write_patient
from strokequant.synthetic.vendor_dicom import Study, images_of, write_study
from strokequant.types import Role, Verdict

VARIANTS = (
    "ge",
    "philips",
    "siemens_mosaic",
    "siemens_xa",
    "uih",
    "uih_mosaic",
    "canon_enhanced",
    "philips_enhanced",
)
OF_ADC = {"adc_in_mm2_per_s", "adc_in_odd_unit", "removed_unit"}
HARMLESS = {
    "duplicate_file", "equal_instance_numbers", "localizer_inside", "no_extension", "renumbered_private_blocks", "reversed_names",
    "shuffled_instance_numbers", "text_as_dicom", "wrong_extension",
}  # fmt: skip
"""Damage that must not change a number."""
NOT_IN_THE_HEADER = {"b_2500", "swapped_pixels"}
"""Damage that no header can show; the plausibility of the ADC and the range of b have to."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Folder, paths and what they read as, by variant; written once."""
    made = {}

    def get(variant):
        if variant not in made:
            slab = make_slab(slices=7, rows=40, columns=36, pixel_mm=5.0, step_mm=18.0)
            head = Head((region_of_volume(30, (40, 4, 18)),))
            patient = simulate(head, slab, Acquisition(images_of(variant)))
            folder = tmp_path_factory.mktemp(variant)
            paths = write_study(variant, patient, Study(), folder, maps=False)["dwi"]
            made[variant] = folder, paths, reading(folder)
        return made[variant]

    return get


def reading(folder: Path):
    """Images by b and content, voxel volumes of all diffusion series of a folder, and if a file or series is told apart.

    None for a refusal.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = scan(folder)
            series = [one for one in found.series if one.role is Role.DWI]
            audits = [audit_series(one) for one in series]
            read = [read_diffusion(one) for one in series]
        except StrokeQuantError:
            return None
    issues = [*found.issues, *(issue for one in (*series, *audits, *read) for issue in one.issues)]
    refused = any(audit.verdict is Verdict.REFUSE for audit in audits)
    if not read or refused or any(issue.level in (Level.STOP, Level.ASK) for issue in issues):
        return None
    images = {
        (round(float(b), 2), image.tobytes()) for one in read for b, image in zip(one.b_values, one.values, strict=True)
    }
    volumes = {one.geometry.voxel_volumes_mm3.tobytes() for one in read}
    return images, volumes, bool(found.skipped) or len(series) > 1


def damaged(variant, fault, sound, target):
    """Folder with a damaged copy, None where the fault means nothing for the vendor."""
    folder, paths, _ = sound(variant)
    shutil.copytree(folder, target)
    before = contents(target)
    try:
        touched = FAULTS[fault]([target / path.relative_to(folder) for path in paths])
    except NotApplicable:
        return None
    assert touched and contents(target) != before, "a fault that changes nothing tests nothing"
    return target


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_damage_is_said_or_harmless(fault, sound, tmp_path):
    """Harmless damage changes nothing; other damage is refused, or leaves sound images, fewer only where the scan says so."""
    applied = 0
    for variant in VARIANTS:
        folder = damaged(variant, fault, sound, tmp_path / variant)
        applied += folder is not None
        if folder is None or fault in OF_ADC | NOT_IN_THE_HEADER:
            continue
        images, volumes, _ = sound(variant)[2]
        found = reading(folder)
        if found is None:
            assert fault not in HARMLESS, variant
        elif fault in HARMLESS:
            assert images <= found[0] and volumes <= found[1], variant
        else:
            assert found[0] == images or (found[0] < images and found[2]), f"{variant}: other images without a word"
            assert found[1] == volumes, f"{variant}: other voxel volumes without a word"
    assert applied, "this fault means something for no vendor"


def test_mutations_follow_the_seed(sound):
    data = sound("ge")[1][0].read_bytes()
    first = [Mutator(data).mutate(seed) for seed in range(300)]
    assert first == [Mutator(data).mutate(seed) for seed in range(300)]
    assert sum(mutant != data for mutant, _ in first) > 285
    assert len({mutant for mutant, _ in first}) > 270
    named = {name for _, names in first for name in names.split("+")}
    assert named == {name for name, _ in OPERATIONS}


def test_elements_are_found_to_the_last_byte(sound):
    for variant in ("ge", "siemens_mosaic", "uih"):
        data = sound(variant)[1][0].read_bytes()
        elements = elements_of(data)
        assert elements[0].start == 132
        assert all(a.end == b.start for a, b in itertools.pairwise(elements))
        assert elements[-1].end == len(data) and elements[-1].tag == 0x7FE00010
        assert np.all(np.diff([element.tag for element in elements]) > 0)


def test_slice_that_leaves_its_series_is_told(tmp_path):
    """A file that contradicts its series is a group of its own; the rest, which lacks a slice, says so."""
    write_patient(small("ge"), tmp_path)
    files = sorted((tmp_path / "01_ge" / "adc").glob("*.dcm"))
    edit(files[0], lambda dataset: setattr(dataset, "StudyInstanceUID", "1.2.3"))
    parts = [s for s in scan(tmp_path).series if s.role is Role.ADC]
    assert len(parts) == 2
    assert all("StudyInstanceUID" in i.found for s in parts for i in s.issues if i.code == "F08")
    assert all(any(i.code == "F08" for i in s.issues) for s in parts)
