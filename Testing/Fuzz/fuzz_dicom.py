"""Damage DICOM files ten thousand times and read them: no traceback, no hang, no silently wrong geometry.

Every trial replaces one file of a small synthetic study by a damaged copy, scans the folder, audits and reads every series. What
must not happen: an exception that is not one of the library's own; more than `--limit` seconds or memory; a series that reads
without a word although its voxels no longer stand for the volume of the sound one. A multi-frame file or mosaic states its
geometry once, so that a damaged statement may agree with itself; such trials are counted and printed, not hidden. A file whose
Series Instance UID was damaged becomes a series of its own: that counts as said where the audit warns about that one slice.

    python Testing/Fuzz/fuzz_dicom.py --files 10000 --seed 1
"""

import argparse
import collections
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Data"))

import numpy as np
from mutate import Mutator

from strokequant.dicomio.audit import audit_series
from strokequant.dicomio.read import read_adc, read_diffusion, read_volume
from strokequant.dicomio.scan import scan
from strokequant.errors import Level, StrokeQuantError
from strokequant.synthetic.patients import demo_patients, write_patient
from strokequant.synthetic.vendor_dicom import VARIANTS
from strokequant.types import Role, Verdict

READERS = {Role.DWI: read_diffusion, Role.ADC: read_adc}
ORDER = ("sound", "refused", "said", "stated", "WRONG")
MEMORY_BYTES = 8 * 2**30
SLAB = {"slices": 6, "rows": 32, "columns": 32, "pixel_mm": 7.0, "step_mm": 20.0}
BASES = ("ge", "siemens_mosaic", "siemens_slices", "philips", "uih", "uih_mosaic", "canon_enhanced", "siemens_xa")


@dataclass(frozen=True)
class Base:
    """A sound study: its files, and what each of its series reads as."""

    variant: str
    folder: Path
    files: tuple[Path, ...]
    sound: dict[str, tuple]


class Hang(Exception):
    """A trial took too long."""


def volumes(geometry):
    return geometry.shape, geometry.voxel_volumes_mm3


def make_base(variant: str, root: Path) -> Base:
    spec = replace(demo_patients()[0], name=variant, variant=variant, slab=SLAB)
    write_patient(spec, root)
    folder = root / variant
    found = scan(folder)
    sound = {s.series_uid: volumes(READERS.get(s.role, read_volume)(s).geometry) for s in found.series}
    return Base(variant, folder, tuple(sorted(p for p in folder.rglob("*") if p.is_file())), sound)


def said(found, series, audit, image) -> bool:
    """True where any part of the way warned about this series or its files."""
    issues = [*found.issues, *series.issues, *audit.issues, *image.issues]
    return audit.verdict is not Verdict.MEASURE or any(i.level is not Level.INFO for i in issues) or bool(found.skipped)


def same(one, other) -> bool:
    return one[0] == other[0] and np.allclose(one[1], other[1], rtol=1e-3)


def try_folder(base: Base) -> str:
    """Read everything; the last of ORDER that any series earns."""
    try:
        found = scan(base.folder)
    except StrokeQuantError:
        return "refused"
    results = ["sound" if len(found.series) == len(base.sound) and not found.skipped else "refused"]
    for series in found.series:
        audit = audit_series(series)
        try:
            image = READERS.get(series.role, read_volume)(series)
        except StrokeQuantError:
            results.append("refused")
            continue
        sound = base.sound.get(series.series_uid)
        if sound is None or same(volumes(image.geometry), sound):
            continue
        strays = [s for s in found.series if s.series_uid not in base.sound]
        noted = any(audit_series(s).verdict is not Verdict.MEASURE for s in strays)
        if noted or said(found, series, audit, image):
            results.append("said")
        else:
            results.append("stated" if VARIANTS[base.variant].multi_frame else "WRONG")
    return max(results, key=ORDER.index)


def alarm(signum, frame):
    raise Hang


def trial(base: Base, mutators, seed: int, limit: int) -> tuple[str, str]:
    path = base.files[seed % len(base.files)]
    data, how = mutators[path].mutate(seed)
    path.write_bytes(data)
    signal.alarm(limit)
    try:
        return try_folder(base), how
    except Hang:
        return f"HANG over {limit} s", how
    except MemoryError:
        return f"MEMORY over {MEMORY_BYTES // 2**30} GiB", how
    except Exception:
        return "TRACEBACK\n" + traceback.format_exc(), how
    finally:
        signal.alarm(0)
        path.write_bytes(mutators[path].data)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000, help="damaged files (10000)")
    parser.add_argument("--seed", type=int, default=1, help="first seed (1)")
    parser.add_argument("--limit", type=int, default=20, help="seconds that one trial may take (20)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, alarm)
    counts, bad = collections.Counter(), []
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as root:
        bases = [make_base(variant, Path(root)) for variant in BASES]
        mutators = [{p: Mutator(p.read_bytes()) for p in base.files} for base in bases]
        for seed in range(options.seed, options.seed + options.files):
            n = seed % len(bases)
            result, how = trial(bases[n], mutators[n], seed, options.limit)
            counts[result.split("\n")[0].split(" over")[0]] += 1
            if result.split(" ")[0].split("\n")[0].isupper():
                bad.append(seed)
                print(f"seed {seed} {bases[n].variant} {how}: {result}", flush=True)
    seconds = time.perf_counter() - begin
    print(
        f"{options.files} damaged files in {seconds:.0f} s: " + ", ".join(f"{k} {v}" for k, v in sorted(counts.items()))
    )
    print(f"{options.files - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
