"""A reading that is killed at any moment goes on where it was, with every edit. Many more kills: Testing/Benchmarks/kill_readings.py."""

import sys

import pytest
from killing import Killer

KILLS = 25


@pytest.mark.skipif(sys.platform == "win32", reason="neither fork nor SIGKILL")
def test_killed_at_random_moments_nothing_that_was_confirmed_is_lost(tmp_path):
    killer = Killer(tmp_path, seed=7)
    for _ in range(KILLS):
        killer.kill_once(12)
    assert killer.tally.edits > KILLS and killer.tally.answers and killer.tally.signatures
