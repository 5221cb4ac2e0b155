"""One time point: why it is refused, in words that name the cause, and what stands beside its number."""

import faults
import pytest
from small_patients import small

from strokequant.batch.core_case import measure_core
from strokequant.batch.discover import discover_cases
from strokequant.dicomio.scan import scan
from strokequant.errors import Level
from strokequant.synthetic.patients import write_patient
from strokequant.types import Status


def measured(folder):
    case = discover_cases(folder, scan(folder).series)[0]
    record = measure_core(case)
    return record, record.measurements[0]


@pytest.fixture
def patient(tmp_path):
    def write(name, damage=lambda paths: None, part="dwi"):
        write_patient(small(name), tmp_path)
        folder = next(p for p in tmp_path.iterdir() if p.is_dir())
        damage(sorted((folder / part).iterdir()))
        return folder

    return write


def found(measurement, code):
    return next(i for i in measurement.issues if i.code == code)


@pytest.mark.parametrize("damage", [faults.b_huge, faults.b_negative, faults.b_not_a_number])
def test_unreadable_b_values_are_the_reason_not_a_missing_series(patient, damage):
    _, volume = measured(patient("ge", damage))
    assert volume.status is Status.NOT_EVALUABLE
    assert {i.code for i in volume.issues} <= {"B01", "B02"}
    assert "S02" not in {i.code for i in volume.issues}


def test_refused_diffusion_series_is_the_reason_not_a_missing_one(patient):
    _, volume = measured(patient("ge", faults.missing_slice))
    assert {i.code for i in volume.issues} == {"G06"}


def test_one_b_value_is_named(patient):
    import pydicom

    def keep_b0(paths):
        for path in paths:
            if pydicom.dcmread(path).get("DiffusionBValue", 0) > 10:
                path.unlink()

    _, volume = measured(patient("ge", keep_b0))
    assert volume.status is Status.NOT_EVALUABLE
    assert "b 0 s/mm2 only" in found(volume, "B05").found


def test_slice_with_identical_pixels_twice_is_measured_with_a_warning(patient):
    _, volume = measured(patient("ge", faults.duplicate_slice))
    assert volume.status is Status.MEASURED
    assert found(volume, "G07").level is Level.WARN


def test_slice_with_other_pixels_twice_waits_for_a_reader(patient):
    _, volume = measured(patient("ge", faults.duplicate_changed))
    assert volume.status is Status.NOT_EVALUABLE
    assert found(volume, "G07").level is Level.ASK


def test_images_in_the_wrong_order_disagree_with_the_vendor(patient):
    record, volume = measured(patient("philips", faults.swapped_pixels))
    assert abs(record.agreement["bias_percent"]) > 10
    assert found(volume, "P10").level is Level.WARN


def test_sound_images_agree_with_the_vendor(patient):
    record, volume = measured(patient("philips"))
    assert abs(record.agreement["bias_percent"]) < 2
    assert "P10" not in {i.code for i in volume.issues}


def test_slice_distance_of_a_mosaic_that_the_map_contradicts_is_told(patient):
    def closer(paths):
        faults.edit_all(paths, lambda ds: setattr(ds, "SpacingBetweenSlices", "5.9"))

    _, volume = measured(patient("siemens", closer))
    assert found(volume, "G17").level is Level.WARN
    assert "slices" in found(volume, "G17").found
