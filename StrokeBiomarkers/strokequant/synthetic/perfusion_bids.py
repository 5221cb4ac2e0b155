"""A perfusion scan as 4-D NIfTI with a sidecar: VolumeTiming, and SliceTiming where slices have times of their own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from .perfusion_frames import image_of
from .vendors.dynamic import DynamicScan, slice_times

_GAIN = {"dsc": 8.0, "ctp": 1.0}


def sidecar_of(scan: DynamicScan) -> dict[str, Any]:
    """BIDS metadata.

    Raises:
        ValueError: slices whose times differ from frame to frame, which a sidecar cannot hold.
    """
    how, times = scan.protocol, slice_times(scan)
    offsets = times - how.starts_s()[:, None]
    if np.ptp(offsets, axis=0).max() > 1e-9:
        msg = "a sidecar has one list of slice times for all frames"
        raise ValueError(msg)
    content = {"VolumeTiming": how.starts_s().round(6).tolist(), "SliceThickness": scan.slab.thickness_mm}
    if np.ptp(offsets) > 0:
        content["SliceTiming"] = offsets[0].round(6).tolist()
    if how.kind == "ctp":
        return content | {"Modality": "CT", "Manufacturer": "Siemens", "SeriesDescription": "VPCT Perfusion", "KVP": 80}
    scanner = {"Modality": "MR", "Manufacturer": "Siemens", "MagneticFieldStrength": 3, "ScanningSequence": "EP_GR"}
    name = {"SeriesDescription": "ep2d_perf_p2", "ImageType": ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]}
    return content | scanner | name | {"EchoTime": how.echo_time_ms / 1000, "FlipAngle": how.flip_deg}


def write_perfusion_bids(scan: DynamicScan, folder: Path, label: str = "01") -> list[Path]:
    """Write one subject.

    Args:
        scan: on an even, untilted slab.
        folder: root of the data set.
        label: of the subject.

    Raises:
        ValueError: slices or times that the format cannot hold.
    """
    if not scan.slab.geometry.is_even or scan.slab.geometry.tilt_deg > 0.01:
        msg = "NIfTI needs evenly spaced slices that are stacked along their normal"
        raise ValueError(msg)
    kind = scan.protocol.kind
    base = folder / f"sub-{label}" / "perf" / f"sub-{label}_{kind}"
    base.parent.mkdir(parents=True, exist_ok=True)
    paths = [base.with_name(base.name + ending) for ending in (".nii.gz", ".json")]
    stored = np.rint(scan.series.values * _GAIN[kind]).astype(np.int16)
    affine = scan.slab.geometry.affine
    images = [image_of(volume, affine) for volume in stored]
    sitk.WriteImage(sitk.JoinSeries(images, 0.0, scan.protocol.step_s), str(paths[0]))
    paths[1].write_text(json.dumps(sidecar_of(scan), indent=2) + "\n", "utf-8")
    description = folder / "dataset_description.json"
    description.write_text(json.dumps({"Name": "Digital heads", "BIDSVersion": "1.9.0"}, indent=2) + "\n", "utf-8")
    return [*paths, description]
