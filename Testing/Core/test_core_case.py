"""One time point: why it is refused, in words that name the cause, and what stands beside its number."""

import faults
import numpy as np
import pydicom
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
        def change(ds):
            ds.SpacingBetweenSlices = "5.9"
            del ds.private_block(0x0029, "SIEMENS CSA HEADER")[0x20]

        faults.edit_all(paths, change)

    _, volume = measured(patient("siemens", closer))
    assert found(volume, "G17").level is Level.WARN
    assert "slices" in found(volume, "G17").found


def test_images_that_do_not_share_one_scale_wait_for_a_reader(patient):
    _, volume = measured(patient("ge", faults.swapped_pixels))
    assert volume.value is None
    assert found(volume, "P06").level is Level.ASK


def test_warnings_of_the_geometry_stand_beside_the_number(patient):
    _, volume = measured(patient("ge", faults.negative_spacing_tag))
    assert volume.status is Status.MEASURED
    assert {"G01", "G02"} <= {i.code for i in volume.issues if i.level is Level.WARN}


def without_b0(paths):
    for path in paths:
        if pydicom.dcmread(path).get("DiffusionBValue", 0) < 10:
            path.unlink()


def test_vendor_map_on_another_grid_is_met_where_it_lies(patient):
    """The map is half a slice and one pixel away from the images; read as one grid, lesion and gate would be apart."""
    folder = patient("ge", without_b0)
    step = small("ge").slab["pixel_mm"]

    def shift(ds):
        x, y, z = (float(v) for v in ds.ImagePositionPatient)
        ds.ImagePositionPatient = [x + 3 * step, y, z]
        ds.PixelData = np.roll(ds.pixel_array, -3, axis=1).tobytes()

    whole, _ = measured(folder)
    faults.edit_all(sorted((folder / "adc").iterdir()), shift)
    _, volume = measured(folder)
    assert found(volume, "G17").level is Level.WARN
    assert volume.value == pytest.approx(whole.measurements[0].value, rel=0.02)


def test_interval_holds_the_number_and_what_the_threshold_changes(patient):
    _, volume = measured(patient("ge"))
    assert volume.lower < volume.value < volume.upper


def test_mosaic_that_contradicts_its_protocol_is_refused_with_the_contradiction(patient):
    def closer(paths):
        faults.edit_all(paths, lambda ds: setattr(ds, "SpacingBetweenSlices", "5.9"))

    record, _ = measured(patient("siemens", closer))
    refused = next(i for i in record.issues if i.blocks)
    assert refused.code == "G15"
    assert "5.9" in refused.found and "prescribed" in refused.found


def test_every_reason_of_a_refusal_stands_beside_the_number(patient, monkeypatch):
    """A brain mask that fails must not hide that b 2500 was wrong in the first place."""
    import strokequant.batch.core_case as core_case
    from strokequant.errors import Issue, SegmentationError

    def fail(*args, **kwargs):
        raise SegmentationError(Issue("S01", Level.STOP, "planted"))

    monkeypatch.setattr(core_case, "brain_mask", fail)
    record, volume = measured(patient("ge", faults.b_2500))
    assert {"B04", "S01"} <= {i.code for i in volume.issues}
    assert "adc" in record.maps


def few_slices(paths):
    places = sorted({float(pydicom.dcmread(path).ImagePositionPatient[2]) for path in paths})
    for path in paths:
        if float(pydicom.dcmread(path).ImagePositionPatient[2]) not in places[8:12]:
            path.unlink()


def test_few_slices_of_a_sound_brain_are_refused_for_what_they_cover_and_not_for_their_scale(patient):
    """Without that, a core beside them would be measured as 0 mL."""
    _, volume = measured(patient("ge", few_slices))
    assert volume.value is None
    assert "4 slices that cover 26 mm" in found(volume, "S01").found
    assert "P06" not in {i.code for i in volume.issues}


def test_images_without_a_head_are_refused_for_the_mask_and_for_the_adc(patient):
    def noise(paths):
        rng = np.random.default_rng(1)

        def change(ds):
            ds.PixelData = rng.integers(1, 40, (ds.Rows, ds.Columns)).astype("<i2").tobytes()

        faults.edit_all(paths, change)

    _, volume = measured(patient("ge", noise))
    assert volume.value is None
    assert {"S01", "P06"} <= {i.code for i in volume.issues}
