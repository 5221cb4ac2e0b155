"""Work in threads: order of results, failures, imports meanwhile."""

import os
import subprocess
import sys
import threading

import pytest

from strokequant.threads import imported_meanwhile, in_threads, together


def test_results_come_in_the_order_of_the_items_whatever_is_ready_first():
    second_began = threading.Event()

    def task(number):
        if number:
            second_began.set()
        else:
            second_began.wait(5)
        return number

    assert in_threads(task, [0, 1]) == [0, 1]
    assert together(lambda: "a", lambda: "b") == ["a", "b"]
    assert in_threads(task, []) == []


def test_first_failure_is_raised_after_all_have_ended():
    ended = []

    def task(number):
        if number == 1:
            raise ValueError(number)
        ended.append(number)

    with pytest.raises(ValueError, match="1"):
        in_threads(task, [0, 1, 2])
    assert sorted(ended) == [0, 2]


def test_packages_are_there_when_the_block_ends_and_absent_ones_are_left_alone():
    sys.modules.pop("this_is_absent", None)
    with imported_meanwhile(["this_is_absent", "colorsys"]) as begin:
        begin()
        begin()
    assert "colorsys" in sys.modules


def test_nothing_is_imported_before_it_is_begun(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with imported_meanwhile(["colorsys"]):
        pass
    assert "colorsys" not in sys.modules


def test_a_case_of_diffusion_loads_nothing_of_perfusion():
    """scipy.stats and scipy.signal alone take half a second."""
    program = "import sys, strokequant.batch.run, strokequant.batch.core_case; print(*sys.modules)"
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=paths)
    assert not {"scipy.stats", "scipy.signal"} & set(done.stdout.split())
