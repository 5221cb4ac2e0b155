"""Ten thousand random clicks and edits on the open module, by hand or by a make target; prints what was left behind.

python Testing/Screens/random_clicks.py [clicks] [seed] [core|perfusion|hemorrhage|phantom|wizard]
"""

import gc
import importlib
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def memory_mb() -> float:
    """Resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() / 2**20


def main(clicks: int, seed: int, module: str) -> int:
    """Click; exit code 1 where anything is wrong."""
    from clicking import clickAround
    from hemorrhage_cases import present
    from hemorrhage_clicking import clickAroundHemorrhage
    from host.session import Host
    from perfusion_clicking import clickAroundPerfusion
    from phantom_clicking import clickAroundPhantom
    from wizard_clicking import clickAroundWizard

    cases = importlib.import_module(f"{module}_cases")
    clicking = {
        "core": (clickAround, "philips"),
        "perfusion": (clickAroundPerfusion, "ctp"),
        "hemorrhage": (clickAroundHemorrhage, 1),
        "phantom": (clickAroundPhantom, "sound"),
        "wizard": (clickAroundWizard, 2),
    }
    click, patient = clicking[module]

    host = Host()
    host.begin()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for name in cases.MODULES if module == "wizard" else ():
            host.open(cases.FOLDER / f"{name}.py")  # steps are done in these
        panel = host.open(cases.MODULE).panel
        cases.openAndCompute(panel, cases.patientFolder(Path(folder), patient))
        marks = []
        parts = 10
        for part in range(parts):
            click(host, panel, Path(folder), clicks // parts, seed + part)
            gc.collect()
            marks.append(memory_mb())
            print(f"{(part + 1) * (clicks // parts)} clicks, {marks[-1]:.0f} MB, {len(present())} nodes", flush=True)
        wrong = host.end()
    growth = marks[-1] - marks[len(marks) // 2]
    print(f"{clicks} clicks in {time.perf_counter() - begin:.0f} s; memory of the second half {growth:+.0f} MB")
    print("\n".join(wrong) or "no error, no node and no observer left")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "StrokeBiomarkers"), str(ROOT / "PhantomQC")]
    given = [*sys.argv[1:], *("10000", "1", "core")[len(sys.argv) - 1 :]]
    code = main(int(given[0]), int(given[1]), given[2])
    sys.stdout.flush()
    os._exit(code)
