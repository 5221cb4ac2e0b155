"""Reading series: speed and memory against dcm2niix and SimpleITK, and beside it whether each was right.

    python Testing/Benchmarks/bench_read.py [--repeat N] [--patients N] [--data FOLDER]

Right means, against the truth of a generated series: every slice is there, the corners of all slices are within 0.05 mm, the volume
of the stack within 0.1 %, all values within 1 % of the image's range after one common factor for the series, and b values within 1
s/mm2. A series with a slice missing is right when it is refused. dcm2niix is timed with its start and with writing NIfTI; the others
read into memory. Reference CT series, where present, are measured too: volume of a known object with the voxel volume of each reader.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import HERE, LIBRARY, machine, measure, measure_program, table
from readers import Image, Reading, dcm2niix_command, read_dcm2niix, read_simpleitk, read_strokequant

POSITION_MM, VOLUME_PERCENT, VALUE_PERCENT, B_S_MM2 = 0.05, 0.1, 1.0, 1.0
UNEVEN = tuple(np.cumsum([0.0] + [4.0] * 13 + [7.0] * 12) - 68)
SERIES = {
    "plain axial, one volume": ("ge", "adc", {}, ""),
    "plain axial, 4 images": ("ge", "dwi", {}, ""),
    "tilted 15 deg, one volume": ("siemens_slices", "adc", {"tilt_deg": 15.0, "step_mm": 5.2}, ""),
    "tilted 15 deg, 4 images": ("siemens_slices", "dwi", {"tilt_deg": 15.0, "step_mm": 5.2}, ""),
    "steps of 4 then 7 mm, one volume": ("ge", "adc", {"offsets_mm": UNEVEN}, ""),
    "steps of 4 then 7 mm, 4 images": ("ge", "dwi", {"offsets_mm": UNEVEN}, ""),
    "Siemens mosaic, oblique": ("siemens_mosaic", "dwi", {"tilt_deg": 0.0, "slices": 28}, ""),
    "Siemens XA enhanced": ("siemens_xa", "dwi", {}, ""),
    "Canon enhanced": ("canon_enhanced", "dwi", {}, ""),
    "Philips, scale differs by image": ("philips", "dwi", {}, ""),
    "a slice missing, one volume": ("ge", "adc", {}, "missing"),
    "a slice missing, 4 images": ("ge", "dwi", {}, "missing"),
}
"""Name -> variant, series, arguments of the slab, fault."""
LESION_HU, HEAD_HU = 48.5, -100.0
ELLIPSOID_ML, GE_HEAD_ML = 30.0, 3339.2


def truth_of(folder: Path, variant: str, kind: str, slab: dict, fault: str) -> tuple[Path, list[Image]]:
    """Write a series; its folder, and its images as they should be read."""
    from strokequant.synthetic.anatomy import Head, region_of_volume
    from strokequant.synthetic.diffusion_patient import Acquisition, simulate
    from strokequant.synthetic.grids import AXIAL, make_slab, rotated
    from strokequant.synthetic.vendor_dicom import Study, images_of, write_study

    head = Head((region_of_volume(12, (42, 5, 24), (1, 1.4, 1), adc=450),))
    turned = {"orientation": rotated(AXIAL, "x", 12)} if variant == "siemens_mosaic" else {}
    patient = simulate(head, make_slab(**slab | turned), Acquisition(weightings=images_of(variant), seed=1))
    paths = write_study(variant, patient, Study(1), folder)[kind]
    if fault:
        _remove_slice(paths)
    geometry = patient.geometry

    def to_lps(index: np.ndarray) -> np.ndarray:
        in_plane = index[:, 2:3] * geometry.affine[:3, 0] + index[:, 1:2] * geometry.affine[:3, 1]
        return geometry.slice_origins[np.asarray(index, int)[:, 0]] + in_plane

    images = patient.signal if kind == "dwi" else patient.scanner_adc()[None]
    b_values = [w.b for w in patient.weightings] if kind == "dwi" else [None]
    pairs = zip(images, b_values, strict=True)
    return paths[0].parent, [Image(image, to_lps, geometry.voxel_volumes_mm3, b) for image, b in pairs]


def _remove_slice(paths: list[Path]) -> None:
    import pydicom

    height = {path: float(pydicom.dcmread(path).ImagePositionPatient[2]) for path in paths}
    lost = sorted(set(height.values()))[len(set(height.values())) // 2]
    for path in (path for path in paths if height[path] == lost):
        path.unlink()


def turned_to(image: Image, truth: Image) -> Image:
    """The image with its array axes in the order and direction of the truth, where that is possible."""
    axes, wanted = _axes(image), _axes(truth)
    likeness = wanted @ axes.T
    order = np.abs(likeness).argmax(axis=1)
    if sorted(order) != [0, 1, 2]:
        return image
    signs = np.sign(likeness[range(3), order])
    values = image.values.transpose(order)
    values = values[tuple(slice(None, None, int(sign)) for sign in signs)]
    shape = values.shape

    def to_lps(index: np.ndarray) -> np.ndarray:
        own = np.empty(np.shape(index), float)
        for axis, (source, sign) in enumerate(zip(order, signs, strict=True)):
            own[:, source] = index[:, axis] if sign > 0 else shape[axis] - 1 - index[:, axis]
        return image.to_lps(own)

    volumes = image.voxel_mm3[:: int(signs[0])] if order[0] == 0 else image.voxel_mm3
    return Image(values, to_lps, volumes, image.b_value)


def _axes(image: Image) -> np.ndarray:
    """(3, 3) unit vectors of the array axes k, j, i."""
    ends = np.diag(np.array(image.values.shape) - 1)
    points = image.to_lps(np.vstack([np.zeros((1, 3), int), ends]))
    vectors = points[1:] - points[0]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def corners(image: Image) -> np.ndarray:
    """(4 k, 3) LPS of the corner voxels of every slice."""
    k, j, i = image.values.shape
    return image.to_lps(np.array([(n, y, x) for n in range(k) for y in (0, j - 1) for x in (0, i - 1)]))


def judge(reading: Reading, truth: list[Image], fault: str) -> str:
    """In a few words: right, or what is wrong."""
    if reading.failed:
        return "skipped: " + reading.refused
    if reading.refused:
        return f"right: refused ({reading.refused})" if fault else f"wrong: refused ({reading.refused[:60]})"
    images = [turned_to(image, truth[0]) for image in reading.images]
    if reading.resampled:
        volume = 100 * (images[0].voxel_mm3.sum() / truth[0].voxel_mm3.sum() - 1)
        return f"resampled to {len(images[0].values)} even slices, volume {volume:+.1f} %"
    found = _wrong_shape(images, truth) or _wrong_numbers(images, truth)
    warned = [words for words in reading.warned if "distance" in words.lower()] if found else []
    beside = f" (warned: {warned[0].split(': ')[-1][:46]} ...)" if warned else ""
    silent = "" if any(image.b_value is not None for image in images) or len(truth) == 1 else ", without b values"
    return ("wrong: " + ", ".join(found) if found else "right" + silent) + beside


def _wrong_shape(images: list[Image], truth: list[Image]) -> list[str]:
    shape, wanted = images[0].values.shape, truth[0].values.shape
    if len(images) != len(truth) or shape != wanted:
        sizes = [
            f"{n} x " + " x ".join(map(str, size[::-1])) for n, size in ((len(images), shape), (len(truth), wanted))
        ]
        return [f"{sizes[0]} instead of {sizes[1]}"]
    return []


def _wrong_numbers(images: list[Image], truth: list[Image]) -> list[str]:
    found = []
    distance = float(np.linalg.norm(corners(images[0]) - corners(truth[0]), axis=1).max())
    if distance > POSITION_MM:
        found.append(f"slices up to {distance:.1f} mm off")
    volume = 100 * (float(images[0].voxel_mm3.sum() / truth[0].voxel_mm3.sum()) - 1)
    if abs(volume) > VOLUME_PERCENT:
        found.append(f"volume {volume:+.1f} %")
    error, pairs = _value_error(images, truth)
    if error > VALUE_PERCENT:
        found.append(f"values {error:.0f} % off between images")
    wanted_b = [truth[n].b_value for n in pairs]
    told = [image.b_value for image in images]
    known = wanted_b[0] is not None and None not in told
    if known and max(abs(a - b) for a, b in zip(told, wanted_b, strict=True)) > B_S_MM2:
        found.append(f"b values {told}")
    return found


def _value_error(images: list[Image], truth: list[Image]) -> tuple[float, list[int]]:
    """99th percentile of the error in percent of the range of the worst image, and which truth each image was paired with."""
    flat = [image.values.ravel() for image in images]
    wanted = [image.values.ravel() for image in truth]
    likeness = np.array([[np.corrcoef(a[::7], b[::7])[0, 1] for b in wanted] for a in flat])
    pairs = [int(n) for n in likeness.argmax(axis=1)]
    bright = [w > np.percentile(w, 70) for w in wanted]
    ratios = [np.median(a[bright[n]] / wanted[n][bright[n]]) for a, n in zip(flat, pairs, strict=True)]
    factor = float(np.median(ratios))
    errors = (
        np.percentile(np.abs(a / factor - wanted[n]), 99) / np.percentile(wanted[n], 99)
        for a, n in zip(flat, pairs, strict=True)
    )
    return 100 * float(max(errors)), pairs


def correctness(workspace: Path) -> str:
    """Markdown table: series | what each reader made of it."""
    lines = ["| series | strokequant | dcm2niix | SimpleITK |", "| --- | --- | --- | --- |"]
    for number, (name, (variant, kind, slab, fault)) in enumerate(SERIES.items()):
        folder, truth = truth_of(workspace / f"series{number}", variant, kind, slab, fault)
        readings = (read_strokequant(folder), read_dcm2niix(folder, workspace), read_simpleitk(folder))
        lines.append(f"| {name} | " + " | ".join(judge(reading, truth, fault) for reading in readings) + " |")
    return "\n".join(lines)


def lesion_ml(image: Image) -> float:
    """Volume of the largest object above the middle of lesion (65 HU) and brain (32 HU)."""
    from scipy import ndimage

    labels, _ = ndimage.label(ndimage.gaussian_filter(image.values, (0, 0.8, 0.8)) > LESION_HU)
    largest = labels == np.bincount(labels.ravel())[1:].argmax() + 1
    return float(largest.sum(axis=(1, 2)) @ image.voxel_mm3) / 1000


def head_ml(image: Image) -> float:
    """Volume of the largest object of every slice with its holes: the head without table."""
    from scipy import ndimage

    areas = []
    for plane in image.values > HEAD_HU:
        labels, count = ndimage.label(plane)
        largest = labels == np.bincount(labels.ravel())[1:].argmax() + 1 if count else plane
        areas.append(ndimage.binary_fill_holes(largest).sum())
    return float(np.array(areas) @ image.voxel_mm3) / 1000


def reference_ct(data: Path, workspace: Path) -> str:
    """Markdown table: CT series | truth | volume of each reader."""
    jobs = [(path, f"ellipsoid, {path.name}", ELLIPSOID_ML, lesion_ml) for path in sorted((data / "ct" / "ellipsoid_30ml_dicom").glob("*/"))]  # fmt: skip
    jobs.append((data / "ct" / "head_ge_tilt18_variable_gap", "GE head, tilt and steps of 4, 1, 7 mm", GE_HEAD_ML, head_ml))  # fmt: skip
    lines = ["| series | truth mL | strokequant | dcm2niix | SimpleITK |", "| --- | --- | --- | --- | --- |"]
    for folder, name, truth, volume in jobs:
        if not folder.is_dir():
            lines.append(f"| {name} | {truth:g} | skipped: not there | | |")
            continue
        leaf = max((p for p in (folder, *folder.rglob("*")) if p.is_dir()), key=lambda p: len(list(p.glob("*"))))
        readings = (read_strokequant(folder), read_dcm2niix(folder, workspace), read_simpleitk(leaf))
        lines.append(f"| {name} | {truth:g} | " + " | ".join(_volume_text(r, truth, volume) for r in readings) + " |")
    return "\n".join(lines)


def _volume_text(reading: Reading, truth: float, volume) -> str:
    if reading.refused:
        return f"{'skipped' if reading.failed else 'refused'} ({reading.refused[:40]})"
    found = volume(reading.images[0])
    return f"{found:.2f} ({100 * (found / truth - 1):+.1f} %)"


def strokequant_target(folder: str):
    """Target: scan, audit and read."""
    return lambda: read_strokequant(Path(folder))


def simpleitk_target(folder: str):
    """Target: find and read the series."""
    return lambda: read_simpleitk(Path(folder))


def scan_target(folder: str):
    """Target: scan of many files."""
    from strokequant.dicomio.scan import scan

    return lambda: scan(Path(folder)), lambda found: {"files": sum(len(s.files) for s in found.series)}


def pydicom_target(folder: str):
    """Target: every header by pydicom, nothing done with it."""
    import pydicom

    files = sorted(Path(folder).rglob("*.dcm"))
    return lambda: [pydicom.dcmread(f, stop_before_pixels=True) for f in files], lambda found: {"files": len(found)}


def gdcm_target(folder: str):
    """Target: SimpleITK's search for series, folder by folder, as it has no list of files by series for a tree."""
    import SimpleITK as sitk

    folders = sorted({path.parent for path in Path(folder).rglob("*.dcm")})

    def call():
        reader = sitk.ImageSeriesReader()
        return [reader.GetGDCMSeriesFileNames(str(f), uid) for f in folders for uid in reader.GetGDCMSeriesIDs(str(f))]

    return call, lambda found: {"files": sum(map(len, found))}


def write_many(folder: Path, patients: int) -> None:
    """The same head as that many patients, each with 104 diffusion and 26 ADC files."""
    from strokequant.synthetic.anatomy import Head
    from strokequant.synthetic.diffusion_patient import Acquisition, simulate
    from strokequant.synthetic.grids import make_slab
    from strokequant.synthetic.vendor_dicom import Study, images_of, write_study

    patient = simulate(Head(()), make_slab(), Acquisition(weightings=images_of("ge"), seed=1))
    for number in range(1, patients + 1):
        write_study("ge", patient, Study(number), folder / f"{number:03d}")


def read_rows(folder: Path, out: Path, repeat: int) -> list:
    """Time of reading one series."""
    out.mkdir()
    words = {"folder": str(folder), "repeat": repeat}
    return [
        measure("strokequant", "bench_read:strokequant_target", **words, note="scan, audit, read"),
        measure("SimpleITK", "bench_read:simpleitk_target", **words, note="find, read"),
        measure_program("dcm2niix", dcm2niix_command(folder, out), repeat=repeat, note="start, convert, write"),
    ]


def scan_rows(folder: Path, repeat: int) -> list:
    """Time of finding out what thousands of files are."""
    words = {"folder": str(folder), "repeat": repeat}
    return [
        measure("strokequant", "bench_read:scan_target", **words, note="all header facts, series, roles"),
        measure("pydicom", "bench_read:pydicom_target", **words, note="headers only"),
        measure("SimpleITK", "bench_read:gdcm_target", **words, note="names by series, folder by folder"),
        measure_program("dcm2niix", ["dcm2niix", "-n", "-1", str(folder)], repeat=repeat, note="list of series"),
    ]


def main() -> None:
    """Print the tables of time, of correctness, and of the reference CT series."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--patients", type=int, default=20, help="patients of 130 files in the scan of many files")
    default = Path(os.environ.get("STROKEQUANT_TEST_DATA", HERE.parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="folder of reference data")
    options = parser.parse_args()
    sys.path.insert(0, str(LIBRARY))
    print(machine("SimpleITK", "pydicom", "nibabel"))
    with tempfile.TemporaryDirectory() as name:
        workspace = Path(name)
        print("\nWhat each made of generated series with known truth\n")
        print(correctness(workspace))
        print("\nTime of one diffusion series, 104 files of 128 x 128\n")
        print(
            table(read_rows(workspace / "series1" / "dwi", workspace / "out", options.repeat), reference="strokequant")
        )
        write_many(workspace / "many", options.patients)
        print(f"\nTime of finding the series in {130 * options.patients} files of {options.patients} patients\n")
        print(table(scan_rows(workspace / "many", options.repeat), reference="strokequant", facts=("files",)))
        if options.data.is_dir():
            print("\nVolume of a known object in reference CT series\n")
            print(reference_ct(options.data, workspace))
        else:
            print("\nReference CT series: skipped, no folder of reference data (--data or STROKEQUANT_TEST_DATA).")


if __name__ == "__main__":
    main()
