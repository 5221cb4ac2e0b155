"""Training sets against three readers: one who accepts every proposal, one who knows the truth, one who is within the tolerance.

    python Testing/Benchmarks/evaluate_training.py [--task infarct_core ...] [--seeds 3]

Prints every case with truth and proposal, and the outcome of each reader. No reader who accepts every proposal may pass.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "StrokeBiomarkers"))

from strokequant.trial.training_cases import _kind_of, _planned, training_tasks  # noqa: E402
from strokequant.trial.training_score import TrainingAnswer, score, shipped_tests  # noqa: E402
from strokequant.trial.trial_config import TrialConfig  # noqa: E402

PATIENTS, REPEATS = 8, 2


def truths_of(task: str, seed: int):
    """Truth of every case of a set, hidden repeats included."""
    test, found = shipped_tests()[task], []
    for number in range(1, PATIENTS + 1):
        with tempfile.TemporaryDirectory() as work:
            _, truth = _planned(_kind_of(task), test, seed, number, None, Path(work), TrialConfig())
        shown = truth.truth_class or f"{truth.truth_ml:.1f}"
        print(f"  {number}  {truth.trap or 'plain':7} truth {shown:>6}  proposal {truth.proposal}", flush=True)
        found.append(truth)
    return [*found, *found[:REPEATS]]


def answers(test, truths, read):
    """Answers of a reader."""
    given = [read(truth) for truth in truths]
    return [
        TrainingAnswer(
            str(n),
            truth.source,
            truth.truth_ml,
            None if test.classes else float(value),
            trap=truth.trap,
            truth_class=truth.truth_class,
            value_class=str(value) if test.classes else "",
        )
        for n, (truth, value) in enumerate(zip(truths, given, strict=True))
    ]


def readers(test, seed: int):
    """What each reader makes of a case, by name."""
    draw = np.random.default_rng(seed)

    def careful(truth):
        if test.classes:
            return truth.truth_class
        half = max(test.tolerance.absolute, test.tolerance.relative * truth.truth_ml) / 4
        return max(0.0, truth.truth_ml + draw.normal(0, half)) if truth.truth_ml else 0.0

    def known(truth):
        return truth.truth_class or truth.truth_ml

    return {"accepts all": lambda truth: truth.proposal, "knows": known, "careful": careful}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", nargs="*", default=list(training_tasks()))
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    wrong = 0
    for task in options.task:
        test = shipped_tests()[task]
        for seed in range(1, options.seeds + 1):
            began = time.process_time()
            print(f"{task}, seed {seed}")
            truths = truths_of(task, 1000 * seed)
            for name, read in readers(test, seed).items():
                result = score(test, answers(test, truths, read))
                scores = ", ".join(
                    f"{s.criterion.score} {s.value if s.value is None else round(s.value, 3)}" for s in result.scores
                )
                print(f"  {name:11} {'PASSED' if result.passed else 'not passed'}: {scores}")
                wrong += result.passed if name == "accepts all" else not result.passed
            print(f"  CPU {time.process_time() - began:.0f} s", flush=True)
    print("as it must be" if not wrong else f"{wrong} outcomes that must not be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
