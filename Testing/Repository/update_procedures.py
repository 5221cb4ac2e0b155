"""Write the shipped procedures from their YAML sources.

python Testing/Repository/update_procedures.py          write
python Testing/Repository/update_procedures.py --check  say what would change, exit code 1 if anything
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "Resources" / "Procedures"
TARGET = ROOT / "StrokeBiomarkers" / "strokequant" / "sop" / "procedures"


def stale(source: Path = SOURCE, target: Path = TARGET) -> list[str]:
    """Names of shipped files that are not what their sources say, or have none."""
    from strokequant.sop.authoring import write_canonical

    with tempfile.TemporaryDirectory() as folder:
        made = {path.name: path.read_bytes() for path in write_canonical(source, Path(folder))}
    there = {path.name: path.read_bytes() for path in target.glob("*.json")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def main(arguments: list[str]) -> int:
    sys.path.insert(0, str(ROOT / "StrokeBiomarkers"))
    from strokequant.sop.authoring import write_canonical

    if "--check" in arguments:
        names = stale()
        print("\n".join(names) or "up to date")
        return int(bool(names))
    for path in write_canonical(SOURCE, TARGET):
        print(path.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
