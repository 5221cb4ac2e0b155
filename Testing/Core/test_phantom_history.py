"""History and trend: nothing is lost, changed or pooled that must not be."""

import csv
import io
import json
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from phantom_sessions import SCANNER, diffusion_session

from strokequant.errors import UsageError
from strokequant.phantom.criteria_sets import criteria_for
from strokequant.phantom.fleet import fleet
from strokequant.phantom.history import Event, History
from strokequant.phantom.trend import trend, trend_to_csv, trend_to_json, with_trend
from strokequant.phantom.verdict import judge
from strokequant.phantom_types import PhantomKind, PhantomRecord, Qualification
from strokequant.qualification_config import ControlConfig
from strokequant.types import InputRef, SignOff

SETS = criteria_for(PhantomKind.DIFFUSION)
BIAS = ("adc_bias_percent", "V0")
KEY = SCANNER.key


def record(bias, day, *, scanner=SCANNER, **more):
    """One session; its images have a hash of their own for every day and scanner."""
    date = str(np.datetime64("2026-01-01") + day)
    inputs = (InputRef("1.2.3", f"{scanner.key}{day}", "dwi"),)
    session = diffusion_session({BIAS: (bias, 0.3)}, date=date, scanner=scanner, inputs=inputs, **more)
    return PhantomRecord(session, judge(session, SETS), software={"strokequant": "1"})


def scanner(serial, **fields):
    return replace(SCANNER, equipment=replace(SCANNER.equipment, serial=serial, **fields))


def filled(path, values, *, first_day=0, **more):
    history = History(path)
    for n, value in enumerate(values):
        history.add(record(float(value), first_day + n, **more))
    return history


def test_sessions_come_back_as_they_were(tmp_path):
    history = History(tmp_path / "history.sqlite")
    assert history.add(record(1.25, 0)) == 1
    (found,) = History(tmp_path / "history.sqlite").sessions()
    assert found.scanner == SCANNER
    assert (found.date, found.outcome, found.valid_until) == ("2026-01-01", Qualification.QUALIFIED, "2026-04-01")
    assert found.content["sets"] == [f"{one.id} {one.version}" for one in SETS]
    assert [p.value for p in history.points(*BIAS)] == [1.25]
    assert BIAS in history.metrics()


def test_the_same_session_is_entered_once_and_a_new_analysis_beside_it(tmp_path):
    history = History(tmp_path / "h.sqlite")
    assert history.add(record(1.0, 0)) == 1
    assert history.add(record(1.0, 0)) is None
    assert history.add(record(1.1, 0)) == 2
    assert [p.value for p in history.points(*BIAS)] == [1.1]
    assert len(history.sessions()) == 1
    assert len(history.sessions(every_analysis=True)) == 2


def test_who_signed_is_kept(tmp_path):
    history = History(tmp_path / "h.sqlite")
    history.add(record(1.0, 0))
    history.add(replace(record(1.0, 0), sign_offs=(SignOff("QA1", "checked", "2026-01-02T03:04:05+00:00"),)))
    first, signed = history.sessions(every_analysis=True)
    assert "signed_by" not in first.content and signed.content["signed_by"] == ["QA1"]
    assert history.verify() == ()


def test_append_only(tmp_path):
    history = filled(tmp_path / "h.sqlite", [0.1, 0.2, 0.3])
    history.add_event(Event(KEY, "2026-01-02", "coil repaired"))
    assert history.verify() == ()
    with sqlite3.connect(tmp_path / "h.sqlite") as connection:
        for statement in (
            "UPDATE session SET outcome = 'qualified'",
            "DELETE FROM session",
            "UPDATE measurement SET value = 0",
            "DELETE FROM measurement",
            "UPDATE event SET words = ''",
            "DELETE FROM event",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="append only"):
                connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE measurement SET value = 0 WHERE session = 2", "session 2: changed"),
        ("UPDATE session SET outcome = 'failed' WHERE number = 2", "session 2: changed"),
        ("DELETE FROM session WHERE number = 2", "session 3: the session before it is missing"),
    ],
)
def test_an_edit_behind_its_back_is_seen(tmp_path, statement, words):
    history = filled(tmp_path / "h.sqlite", [0.1, 0.2, 0.3])
    with sqlite3.connect(tmp_path / "h.sqlite") as connection:
        for table in ("session", "measurement"):
            for verb in ("update", "delete"):
                connection.execute(f"DROP TRIGGER {table}_no_{verb}")
        connection.execute(statement)
    assert any(words in problem for problem in history.verify())


def test_files_that_are_no_history_are_refused(tmp_path):
    (tmp_path / "text.sqlite").write_text("no database, but long enough to be looked at" * 10, encoding="utf-8")
    with pytest.raises(UsageError, match="Q69"):
        History(tmp_path / "text.sqlite")
    with sqlite3.connect(tmp_path / "other.sqlite") as connection:
        connection.execute("CREATE TABLE patients (name TEXT)")
    with pytest.raises(UsageError, match="Q69"):
        History(tmp_path / "other.sqlite")
    with pytest.raises(UsageError, match="Q69"):
        History(tmp_path / "no folder" / "h.sqlite")


def test_no_limits_without_points(tmp_path):
    found = trend(filled(tmp_path / "h.sqlite", [0.1, 0.2]), KEY, *BIAS)
    assert [p.z for p in found.points] == [None, None]
    assert [issue.code for issue in found.issues] == ["Q68"]
    assert found.signals == ()


def test_own_baseline_is_frozen(tmp_path):
    rng = np.random.default_rng(4)
    base = rng.normal(0, 0.4, 20)
    found = trend(filled(tmp_path / "h.sqlite", [*base, 0.2, 5.0]), KEY, *BIAS)
    sigma = base.std(ddof=1)
    assert found.points[-1].sigma == pytest.approx(sigma, rel=1e-6)
    assert found.points[-1].sigma_source == "first 20 points"
    assert found.points[-1].z == pytest.approx(5.0 / sigma, rel=1e-6)
    assert "1_3s" in found.points[-1].rules and "cusum" in found.points[-1].rules
    assert found.points[-2].rules == ()
    assert "5.00 %" in found.signals[-1].words


def test_sigma_is_pooled_over_the_fleet_within_scanners(tmp_path):
    history = filled(tmp_path / "h.sqlite", [0.0, 0.2, 0.1])
    filled(tmp_path / "h.sqlite", [3.0, 3.2, 3.1], scanner=scanner("B"))
    found = trend(history, KEY, *BIAS)
    assert found.points[0].sigma == pytest.approx(0.1, rel=1e-6)
    assert found.points[0].sigma_source == "pooled over the fleet"


def test_a_changed_scanner_starts_anew(tmp_path):
    history = filled(tmp_path / "h.sqlite", np.tile([-0.1, 0.1], 4))
    filled(tmp_path / "h.sqlite", [2.0, 2.1], first_day=10, scanner=scanner("12345", software="syngo MR XA50"))
    found = trend(history, KEY, *BIAS)
    assert [p.segment for p in found.points] == [1] * 8 + [2] * 2
    assert "software: syngo MR XA30 -> syngo MR XA50" in found.changes[0]
    assert [p.cusum_upper for p in found.points][8] == pytest.approx(found.points[8].z - 0.5)


def test_an_event_starts_anew(tmp_path):
    history = filled(tmp_path / "h.sqlite", [0.0, 0.1, 0.2, 0.1])
    history.add_event(Event(KEY, "2026-01-03", "gradient coil replaced", "R1"))
    history.add_event(Event("another", "2026-01-02", "nothing to do with it"))
    found = trend(history, KEY, *BIAS)
    assert [p.segment for p in found.points] == [1, 1, 2, 2]
    assert "gradient coil replaced" in found.changes[0]


def test_the_order_is_that_of_the_scans_not_of_the_entry(tmp_path):
    history = filled(tmp_path / "h.sqlite", [3.0, 4.0], first_day=10)
    filled(tmp_path / "h.sqlite", [1.0, 2.0], first_day=0)
    assert [p.value for p in trend(history, KEY, *BIAS).points] == [1.0, 2.0, 3.0, 4.0]


def test_a_metric_without_target_is_centered_on_its_baseline(tmp_path):
    found = trend(filled(tmp_path / "h.sqlite", range(8)), KEY, "snr_b0", "V0", config=ControlConfig(baseline_points=6))
    assert found.points[0].target == 120.0 and found.points[0].z is None


def test_a_record_gets_the_rules_that_its_own_session_breaks(tmp_path):
    history = filled(tmp_path / "h.sqlite", [0.1, -0.1, 9.0, 0.1, -0.1, 0.0, 0.1])
    bad, good = record(9.0, 2), record(0.1, 6)
    config = ControlConfig(baseline_points=2)
    assert {s.rule for s in with_trend(bad, history, config=config).signals} >= {"1_3s", "cusum"}
    assert with_trend(good, history, config=config).signals == ()


def test_exports_say_the_same(tmp_path):
    charts = [trend(filled(tmp_path / "h.sqlite", [0.1, 0.2, 0.1, 0.2, 0.1, 3.0]), KEY, *BIAS)]
    rows = list(csv.DictReader(io.StringIO(trend_to_csv(charts).decode())))
    (data,) = json.loads(trend_to_json(charts))
    assert [float(r["value"]) for r in rows] == [p["value"] for p in data["points"]] == [0.1, 0.2, 0.1, 0.2, 0.1, 3.0]
    assert [float(r["z"]) for r in rows] == [p["z"] for p in data["points"]]
    assert data["scanner"] == rows[0]["scanner"] == KEY
    assert trend_to_csv(charts) == trend_to_csv(charts)


def test_fleet(tmp_path):
    rng = np.random.default_rng(5)
    for n in range(6):
        filled(tmp_path / "h.sqlite", rng.normal(0, 0.2, 4), scanner=scanner(f"S{n}"))
    history = filled(tmp_path / "h.sqlite", rng.normal(3, 0.2, 4), scanner=scanner("off"))
    found = fleet(history, *BIAS)
    assert {m.scanner.split("|")[-1]: m.apart for m in found.members}["off"] is True
    assert sum(bool(m.apart) for m in found.members) == 1
    assert found.components.rdc.value > 2 * found.components.rc.value
    assert {m.n for m in found.members} == {4}
    assert fleet(history, "adc_rc_long").members[0].mean is None


def test_the_command_shows_scanners_and_writes_tables(tmp_path, capsys):
    from strokequant.cli import run

    path = tmp_path / "h.sqlite"
    filled(path, [0.1, -0.1, 0.0, 0.1, -0.2, 9.0])
    for n in range(4):
        filled(path, [0.1 * n, 0.1], scanner=scanner(f"S{n}"))
    assert run(["scanners", str(path), "--out", str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    assert "Siemens Skyra 12345: failed (diffusion, 2026-01-06)" in text
    assert "Siemens Skyra S0: qualified until 2026-04-02 (diffusion, 2026-01-02)" in text
    assert "rule 1_3s" in text
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"sessions.csv", "trend.csv", "trend.json", "fleet.csv", "fleet.json", "scanners.html"}
    assert len((tmp_path / "out" / "sessions.csv").read_text(encoding="utf-8").splitlines()) == 1 + 6 + 8
    assert run(["scanners", str(path), "--event", f"{KEY}=2026-01-06:gradient repaired", "--json"]) == 0
    assert {one["date"] for one in json.loads(capsys.readouterr().out)["sessions"]} >= {"2026-01-06"}
    assert History(path).events(KEY) == (Event(KEY, "2026-01-06", "gradient repaired"),)
    assert trend(History(path), KEY, *BIAS).points[-1].segment == 2
    assert run(["scanners", str(tmp_path / "none.sqlite")]) == 2
    assert not (tmp_path / "none.sqlite").exists()


def test_the_command_tells_of_a_history_that_was_changed(tmp_path, capsys):
    from strokequant.cli import run

    filled(tmp_path / "h.sqlite", [0.1, 0.2])
    with sqlite3.connect(tmp_path / "h.sqlite") as connection:
        connection.execute("DROP TRIGGER session_no_update")
        connection.execute("UPDATE session SET outcome = 'failed' WHERE number = 1")
    assert run(["scanners", str(tmp_path / "h.sqlite")]) == 4
    assert "changed since it was entered" in capsys.readouterr().out


def test_protocols_are_never_pooled(tmp_path):
    one = record(1.0, 0)
    other = replace(one.session.measurements[0], value=9.0, group="B")
    first = replace(one.session.measurements[0], group="A")
    session = replace(one.session, measurements=(other, first, *one.session.measurements[1:]))
    history = History(tmp_path / "h.sqlite")
    history.add(replace(one, session=session))
    assert [p.value for p in history.points(*BIAS)] == [1.0]


def test_passes_of_one_protocol_are_averaged(tmp_path):
    one = record(1.0, 0)
    passes = tuple(replace(one.session.measurements[0], value=v, group="A", repeat=n) for n, v in ((1, 1.0), (2, 2.0)))
    history = History(tmp_path / "h.sqlite")
    history.add(replace(one, session=replace(one.session, measurements=passes)))
    assert [p.value for p in history.points(*BIAS)] == [1.5]
