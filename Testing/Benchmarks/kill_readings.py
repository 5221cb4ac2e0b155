"""Kill a scripted reading at many random moments, and say what was there afterwards.

    python Testing/Benchmarks/kill_readings.py [--kills 500] [--seed 1] [--most 25]

A new item is begun after every 25 kills, so that beginning, middle and end of readings are met alike. Any loss ends the run with the reason.
"""

import argparse
import sys
import tempfile
from dataclasses import fields
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "StrokeBiomarkers"), str(ROOT / "Testing" / "Core"), str(ROOT / "Testing" / "Data")]

from killing import Killer, Tally  # noqa: E402

KILLS_PER_ITEM = 25


def main() -> None:
    """Kill, and print the tally."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=25, help="confirmed moves until the kill, at most")
    options = parser.parse_args()
    total = Tally()
    for n in range(0, options.kills, KILLS_PER_ITEM):
        with tempfile.TemporaryDirectory() as folder:
            killer = Killer(Path(folder), options.seed * 10_000 + n)
            for _ in range(min(KILLS_PER_ITEM, options.kills - n)):
                killer.kill_once(options.most)
        for field in fields(Tally):
            setattr(total, field.name, getattr(total, field.name) + getattr(killer.tally, field.name))
        print(f"{total.kills:4} kills: {total}", flush=True)


if __name__ == "__main__":
    main()
