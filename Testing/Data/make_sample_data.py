"""Make the archives of the Sample Data module, their pictures and Resources/SampleData.json:

    python Testing/Data/make_sample_data.py FOLDER [--url ADDRESS]

FOLDER gets one zip of each patient, to be published under ADDRESS. The same sources give the same bytes: archives hold no clock.
"""

import argparse
import hashlib
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
RESOURCES = ROOT / "Resources"
SIZE = (260, 280)
"""Pixels of a picture in the Sample Data module, as Slicer's module template asks for."""

CLOCK = (1980, 1, 1, 0, 0, 0)
PATIENTS = {
    "01_ge": ("StrokeDiffusionOneInfarct", "StrokeDiffusionCore"),
    "03_philips": ("StrokeDiffusionThreeFoci", "StrokeDiffusionCore"),
    "07_tilted": ("StrokeDiffusionTiltedStack", "StrokeDiffusionCore"),
    "15_ich_deep": ("StrokeHemorrhageDeep", "StrokeHemorrhageVolume"),
    "16_ich_lobar_tilted": ("StrokeHemorrhageLobarTilted", "StrokeHemorrhageVolume"),
}
"""Name in the Sample Data module, and the module that opens it, by generated patient."""

CONTOUR = (230, 159, 0)


def archive(folder: Path) -> bytes:
    """All files below a folder as zip, stored in order."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), CLOCK)
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return content.getvalue()


def picture(folder: Path) -> Image.Image:
    """Slice with most of the proposed core or hematoma, its contour, and the volume."""
    image, core, (low, high) = _found(folder)
    k = int(core.values.sum(axis=(1, 2)).argmax())
    gray = (np.clip((image.values[k] - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    side = SIZE[0]
    image = Image.fromarray(gray).resize((side, side), Image.Resampling.BICUBIC).convert("RGB")
    inside = np.asarray(Image.fromarray(core.values[k]).resize((side, side), Image.Resampling.NEAREST))
    pixels = np.array(image)
    pixels[inside & ~_eroded(inside)] = CONTOUR
    whole = Image.new("RGB", SIZE)
    whole.paste(Image.fromarray(pixels), (0, 0))
    text = f"{core.volume_ml:.1f} mL"
    ImageDraw.Draw(whole).text((side // 2, side + 4), text, fill=CONTOUR, anchor="mt", font_size=14)
    return whole


def _found(folder: Path):
    """Image, mask and window of what is proposed."""
    from strokequant.batch.case import measure_case
    from strokequant.batch.discover import discover_cases
    from strokequant.config import ReportConfig
    from strokequant.dicomio.scan import scan
    from strokequant.record.montage import robust_window

    record = measure_case(discover_cases(folder, scan(folder).series)[0])
    if "ncct" in record.images:
        return record.images["ncct"], record.masks["ich"], (0.0, 80.0)
    dwi = record.images["dwi"]
    return dwi, record.core.mask, robust_window(dwi.values, record.masks["brain"].values, ReportConfig())


def _eroded(inside: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    return ndimage.binary_erosion(inside, iterations=2)


def make(out: Path) -> list[dict[str, str]]:
    """Write archives and pictures; return the entries of the JSON file."""
    from strokequant.synthetic.demonstration import write_demo_patient

    entries = []
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for spec, (name, module) in PATIENTS.items():
            write_demo_patient(spec, Path(folder))
            content = archive(Path(folder) / spec)
            (out / f"{name}.zip").write_bytes(content)
            picture(Path(folder) / spec).save(RESOURCES / "Icons" / f"{name}.png", optimize=True)
            checksum = f"SHA256:{hashlib.sha256(content).hexdigest()}"
            words = {"name": name, "module": module, "spec": spec, "file": f"{name}.zip", "checksum": checksum}
            entries.append(words | {"thumbnail": f"{name}.png"})
    return entries


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--url", default="", help="address of the folder that the archives will be published in")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    content = {"url": options.url, "patients": make(options.folder)}
    (RESOURCES / "SampleData.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(*(one["file"] for one in content["patients"]), sep="\n")
