"""Times in files of real scanners: a diffusion series is a series of frames too, with a known Repetition Time."""

from dataclasses import replace

import numpy as np
import pytest

from strokequant.dicomio.frame_grid import frame_grid
from strokequant.dicomio.scan import scan
from strokequant.dicomio.time_audit import audit_times
from strokequant.dicomio.time_join import joined_series
from strokequant.types import Role


def dynamic(shared_data, folder, key):
    """A diffusion series, taken for a dynamic one."""
    found = scan(shared_data / "diffusion" / "dicom_vendors" / folder).series
    return replace(next(one for one in found if one.key == key), role=Role.DSC)


def test_siemens_xa_enhanced(shared_data):
    """21 files of 39 slices; the frames follow each other by Repetition Time, multiband slices share their time."""
    one = dynamic(shared_data, "siemens_xa30_raw20dir_vendorADC", "0010")
    grid = frame_grid(one)
    assert grid.tag == "Frame Acquisition DateTime (0018,9074)" and grid.times_s.shape == (21, 39)
    np.testing.assert_allclose(np.diff(grid.times_s, axis=0), one.header["repetition_time_ms"] / 1000, atol=2e-3)
    assert all({frame.extra["temporal_position"] for frame in row} == {n + 1} for n, row in enumerate(grid.frames))
    assert len(np.unique(np.round(grid.times_s[0], 3))) == 13
    assert not {issue.code for issue in grid.issues} & {"T02", "T05", "T09", "T10", "T11", "T12"}
    audited = audit_times(one)
    assert audited.slice_timing == "offsets" and audited.slice_spread_s == pytest.approx(3.2275, abs=1e-4)


def test_siemens_mosaic(shared_data):
    """4 mosaics of 25 interleaved slices; MosaicRefAcqTimes from 0 to 2.86 s within a Repetition Time of 3 s."""
    one = dynamic(shared_data, "siemens_VE11_mosaic_hfs", "0004")
    grid = frame_grid(one)
    np.testing.assert_allclose(np.diff(grid.times_s, axis=0), 3.0, atol=1e-6)
    offsets = grid.times_s[0] - grid.times_s[0].min()
    np.testing.assert_allclose(offsets[:4], [0.0, 1.55, 0.12, 1.67], atol=1e-6)
    assert offsets.max() == pytest.approx(2.86, abs=1e-6)


@pytest.mark.parametrize(
    ("folder", "key"),
    [
        ("philips57_classic_b1000_12dir", "0701"),
        ("ge_pioneer_tensor_b1000_6dir", "0001"),
        ("canon61_enhanced_b1500", "3000"),
    ],
)
def test_scanners_that_tell_one_time_for_all_frames_are_asked_about(shared_data, folder, key):
    audited = audit_times(dynamic(shared_data, folder, key))
    assert [issue.code for issue in audited.issues] == ["T01"]
    assert "Repetition Time" in audited.issues[0].found


def test_series_of_two_scanners_are_not_joined(shared_data):
    one = dynamic(shared_data, "siemens_xa30_raw20dir_vendorADC", "0010")
    other = dynamic(shared_data, "siemens_VE11_mosaic_hfs", "0004")
    with pytest.raises(Exception, match="T20"):
        joined_series([one, other])
