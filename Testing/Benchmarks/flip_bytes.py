"""Change every byte of a signed item, one at a time, and say whether `verify` finds it and names the file.

    python Testing/Benchmarks/flip_bytes.py [--seed 1]

One bit of chance is flipped in every byte of item.json, images, trail, journal, outputs, manifest and signature.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "StrokeBiomarkers"), str(ROOT / "Testing" / "Core"), str(ROOT / "Testing" / "Data")]

from trial_objects import Clock, add_item, new_trial, opened, read_to_submission, sign  # noqa: E402

from strokequant.errors import Level  # noqa: E402
from strokequant.trial.verify_item import verify_item  # noqa: E402

UNWATCHED = {"lock.json"}


def signed_item(folder: Path):
    """A trial, and the folder of an item with edits that is signed."""
    clock = Clock()
    trial, keys = new_trial(folder, clock=clock)
    item = opened(trial, add_item(trial, clock=clock), clock)
    for n in range(3):
        item.edit("stroke", {"voxels": list(range(5 * n, 5 * n + 20))}, now=clock())
    read_to_submission(item, clock)
    sign(item, keys, clock)
    item.close(now=clock())
    return trial, item.folder


def flips(path: Path, trial, folder: Path, rng: random.Random) -> tuple[int, int, int]:
    """Number of flips of a file, of those that were missed, and of those whose file was not named."""
    path.chmod(0o644)
    content, missed, unnamed = path.read_bytes(), 0, 0
    for place in range(len(content)):
        changed = bytes([content[place] ^ (1 << rng.randrange(8))])
        path.write_bytes(content[:place] + changed + content[place + 1 :])
        stops = [issue for issue in verify_item(folder, trial) if issue.level is Level.STOP]
        missed += not stops
        unnamed += bool(stops) and not any(path.name in f"{one.subject} {one.found}" for one in stops)
    path.write_bytes(content)
    return len(content), missed, unnamed


def main() -> None:
    """Flip, and print a row for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    rng = random.Random(parser.parse_args().seed)
    total = [0, 0, 0]
    with tempfile.TemporaryDirectory() as scratch:
        trial, folder = signed_item(Path(scratch))
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in UNWATCHED):
            row = flips(path, trial, folder, rng)
            total = [a + b for a, b in zip(total, row, strict=True)]
            print(
                f"{path.relative_to(folder).as_posix():40} {row[0]:6} flips  {row[1]} missed  {row[2]} unnamed",
                flush=True,
            )
    print(f"{'all':40} {total[0]:6} flips  {total[1]} missed  {total[2]} unnamed")


if __name__ == "__main__":
    main()
