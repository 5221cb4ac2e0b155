"""Two readers, the third who decides, and repeats: every rule just inside and just outside, who may read what, and what is accepted."""

import json
import math
import shutil
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from test_deidentify import one_series
from trial_objects import (
    PASSPHRASE,
    START,
    Clock,
    add_item,
    new_trial,
    opened,
    read_to_submission,
    sign,
)

from strokequant import trial_commands
from strokequant.cli import EXIT_PARTLY, run
from strokequant.errors import TrialError
from strokequant.trial.adjudication import due, require_wanted, rules_of, verdict_of, verdicts
from strokequant.trial.agreement import agreement, agreement_text, agreement_to_data
from strokequant.trial.agreement_page import agreement_page
from strokequant.trial.discrepancy import discrepancies, read_rules, shipped_rules
from strokequant.trial.identity_map import IdentityMap, MapEntry, read_map, write_map
from strokequant.trial.reads import cases_of, values_of
from strokequant.trial.taking_in import Visit, enter_item
from strokequant.trial.trial_config import TrialConfig
from strokequant.trial.trial_folder import new_pseudonym, read_trial, save_register
from strokequant.trial.verify_trial import verify_trial

RULES = shipped_rules()


def differ(task, rule, first, second):
    """Whether two reads differ by one rule alone."""
    (found,) = discrepancies([one for one in RULES[task] if one["id"] == rule], first, second)
    return found.exceeds


def just_above(value):
    return float(np.nextafter(value, math.inf))


VOLUMES = [("infarct_core", "infarct_core_volume", 5.0, 0.2), ("final_infarct", "final_infarct_volume", 5.0, 0.2), ("ich_volume", "ich_volume", 2.0, 0.125)]  # fmt: skip


@pytest.mark.parametrize(("task", "measure", "absolute", "relative"), VOLUMES)
def test_volumes_inside_and_outside_of_the_larger_limit(task, measure, absolute, relative):
    def exceeds(a, b):
        return differ(task, "volume", {measure: a}, {measure: b})

    assert not exceeds(8.0, 8.0 + absolute)
    assert exceeds(8.0, 8.0 + absolute + 1e-9)
    a = 100.0
    b = a * (1 + relative / 2) / (1 - relative / 2)  # |a - b| = relative x mean
    assert not exceeds(a, b - 1e-9) and exceeds(a, b + 1e-9)
    assert not exceeds(0.0, 0.0)
    assert not exceeds(0.0, absolute) and exceeds(0.0, just_above(absolute)), "beside a zero the absolute limit alone"
    assert exceeds(None, 8.0) and exceeds(8.0, None)


def test_a_lesion_that_one_read_finds_is_told_also_within_the_limit():
    rules = [one for one in RULES["infarct_core"] if one["id"] == "volume"]
    (found,) = discrepancies(rules, {"infarct_core_volume": 0.0}, {"infarct_core_volume": 3.0})
    assert (found.exceeds, found.flip) == (False, True)


PAIRS = [
    ("infarct_core", "mean_adc", {"infarct_core_adc_mean": 500.0}, 500 * 1.04 / 0.96 - 1e-9, 500 * 1.04 / 0.96 + 1e-9),
    ("infarct_core", "evaluability", {"evaluability": "limited"}, "limited", "diagnostic"),
    ("ich_volume", "ivh", {"ivh_volume": 0.0}, 0.0, 0.1),
    ("mismatch", "ratio", {"mismatch_ratio": 1.5}, 2.0, just_above(2.0)),
    ("mismatch", "ratio", {"mismatch_ratio": math.inf}, math.inf, 9.0),
    ("mismatch", "status", {"mismatch_volume": 0.0}, 0.0, 4.0),
    ("ht_class", "heidelberg", {"heidelberg": "1c"}, "1c", "2"),
    ("ht_class", "ecass", {"ecass": "PH1"}, "PH1", "PH2"),
    ("recanalization", "grade", {"vessel_grade": "2b"}, "2b", "2a"),
]


@pytest.mark.parametrize(("task", "rule", "first", "inside", "outside"), PAIRS)
def test_every_other_rule_inside_and_outside(task, rule, first, inside, outside):
    (measure,) = first
    assert not differ(task, rule, first, {measure: inside})
    assert differ(task, rule, first, {measure: outside})


@pytest.mark.parametrize(
    ("growth", "percent", "expands"), [(6.0, 33.0, False), (6.001, 10.0, True), (2.0, 33.01, True)]
)
def test_expansion_by_one_read_alone(growth, percent, expands):
    still = {"ich_growth_volume": 1.0, "ich_growth_percent": 5.0}
    other = {"ich_growth_volume": growth, "ich_growth_percent": percent}
    assert differ("ich_volume", "expansion", still, other) is expands
    assert not differ("ich_volume", "expansion", other, other)
    assert discrepancies([one for one in RULES["ich_volume"] if one["id"] == "expansion"], {}, {}) == ()
    assert differ("mismatch", "reperfusion", {"reperfusion_index": 0.5}, {"reperfusion_index": 0.51})
    assert not differ("mismatch", "reperfusion", {"reperfusion_index": 0.5}, {"reperfusion_index": 0.2})


def test_every_rule_has_a_pair_and_a_source():
    tested = {(task, rule) for task, rule, *_ in PAIRS} | {(task, "volume") for task, *_ in VOLUMES}
    tested |= {("ich_volume", "expansion"), ("mismatch", "reperfusion")}
    tested |= {(task, "evaluability") for task in RULES}
    assert {(task, rule["id"]) for task, rules in RULES.items() for rule in rules} <= tested
    assert all(len(rule["source"]) > 20 for rules in RULES.values() for rule in rules)


def test_a_file_of_rules_is_checked(tmp_path):
    path = tmp_path / "rules.json"
    for broken in ('{"task": "x"}', "{", json.dumps({"task": "x", "rules": [dict(RULES["ht_class"][0])] * 2})):
        path.write_text(broken)
        with pytest.raises(TrialError, match="W38"):
            read_rules(path)


def test_values_of_a_record():
    record = {
        "measurements": [{"id": "mismatch_ratio", "value": None, "infinite": True}, {"id": "ich_volume", "value": 3.0}],
        "forms": {"transformation": {"ecass": "PH2", "heidelberg": ["2", "3b"]}, "vessels": [{"grade": "2b"}]},
        "reading": {"evaluability": "limited"},
    }
    assert values_of(record) == {
        "mismatch_ratio": math.inf,
        "ich_volume": 3.0,
        "evaluability": "limited",
        "ecass": "PH2",
        "heidelberg": "2, 3b",
        "vessel_grade": "2b",
    }


# --- in a trial --------------------------------------------------------------------------------------------------------------


READS = {"S1": (10.0, 12.0), "S2": (10.0, 40.0), "S3": (30.0, 31.0), "S4": (0.0, 0.0), "S5": (20.0, 21.0)}
"""mL of R1 and R2 by subject; those of S2 differ."""


class World:
    """A trial with two readers, an adjudicator and a map."""

    def __init__(self, folder, **charter):
        self.clock = Clock()
        visits = ({"id": "V1", "from_hours": 0, "to_hours": 24, "expected": []},)
        charter = {"visits": visits, **charter}
        self.trial, self.keys = new_trial(
            folder, readers=("R1", "R2", "A1"), clock=self.clock, fixed_order=False, **charter
        )
        register = self.trial.register
        register = register.with_reader(replace(register.reader("A1"), roles=("adjudicator",)))
        own = {"key": self.keys["M1"], "passphrase": PASSPHRASE}
        self.trial = save_register(self.trial, register, now=self.clock(), event="reader.changed", **own)
        self.map = IdentityMap()

    def add(self, subject, model, reader, value=None):
        """A read, signed with a volume where one is given."""
        name = add_item(self.trial, reader=reader, model=model, clock=self.clock)
        self.map = self.map.with_entry(MapEntry(name, subject, "V1", reader, model, "infarct_core"))
        if value is not None:
            self.sign(name, reader, value)
        return name

    def sign(self, name, reader, value):
        def write(record, out, *, now):
            (out / "case").mkdir(parents=True)
            reading = {name: getattr(record.reading, name) for name in ("evaluability", "prior", "acquisition_sha256")}
            reading |= {"acquisition": [], "prior_manifest_sha256": ""}
            data = {"measurements": [{"id": "infarct_core_volume", "value": value}], "reading": reading}
            (out / "case" / "record.json").write_text(json.dumps(data))

        item = opened(self.trial, name, self.clock, reader)
        read_to_submission(item, self.clock)
        sign(item, self.keys, self.clock, reader=reader, write=write)
        item.close(now=self.clock())

    def verdict(self, subject):
        return next(one for one in verdicts(self.trial, self.map) if one.case.subject == subject)

    def wanted(self, subject, model, reader, days=0):
        """Why a read is refused; empty where it is wanted."""
        whose = {"subject": subject, "visit": "V1", "task": "infarct_core", "reader": reader, "model": model}
        try:
            require_wanted(self.trial, self.map, **whose, now=self.clock() + timedelta(days=days))
        except TrialError as error:
            (issue,) = error.issues
            assert issue.code == "W38" and subject not in str(issue)
            return issue.found
        return ""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Five subjects, read by both."""
    made = World(tmp_path_factory.mktemp("reads"))
    for subject, (first, second) in READS.items():
        made.add(subject, "R1", "R1", first)
        made.add(subject, "R2", "R2", second)
    return made


def test_reads_that_agree_give_the_first_and_reads_that_differ_wait_for_the_third(world):
    found = {one.case.subject: one for one in verdicts(world.trial, world.map)}
    assert {subject: str(one.outcome) for subject, one in found.items()} == dict.fromkeys(READS, "agreed") | {
        "S2": "adjudicate"
    }
    assert found["S1"].accepted["infarct_core_volume"] == 10.0 and found["S1"].how == "R1, which R2 agrees with"
    assert found["S2"].exceeded == ("volume",) and found["S2"].accepted is None
    assert found["S4"].accepted["infarct_core_volume"] == 0.0
    mean = replace(world.trial, charter=replace(world.trial.charter, accepted="mean"))
    one = verdict_of(mean, found["S1"].case)
    assert (one.accepted["infarct_core_volume"], one.how, len(one.items)) == (11.0, "mean of R1 and R2", 2)


@pytest.mark.parametrize(
    ("model", "value", "outcome"),
    [("mean", 25.0, "agreed"), ("single_and_audit", 10.0, "agreed"), ("consensus", None, "adjudicate")],
)
def test_other_read_models(world, model, value, outcome):
    trial = replace(world.trial, charter=replace(world.trial.charter, read_model=model))
    one = verdict_of(trial, world.verdict("S2").case)
    assert (str(one.outcome), (one.accepted or {}).get("infarct_core_volume")) == (outcome, value)


def test_who_may_read_what(world):
    assert world.wanted("S9", "R1", "R1") == ""
    assert world.wanted("S1", "R1", "A1") == "the case has a R1 already"
    assert world.wanted("S1", "adjudication", "A1") == "the reads of the case are agreed: nothing is to be adjudicated"
    assert world.wanted("S9", "adjudication", "A1") == "the reads of the case are waiting: nothing is to be adjudicated"
    assert world.wanted("S2", "adjudication", "R2") == "R2 has read the case as R2"
    assert world.wanted("S2", "adjudication", "A1") == ""
    assert world.wanted("S1", "re-read", "A1", days=15) == "A1 has signed no read of the case"
    assert world.wanted("S1", "re-read", "R1", days=13).startswith("a repeat before 2026-12-15")
    assert world.wanted("S1", "re-read", "R1", days=14) == ""


def test_one_reader_is_not_both(tmp_path):
    made = World(tmp_path)
    made.add("S1", "R1", "R1")
    assert made.wanted("S1", "R2", "R1") == "R1 has read the case as R1"
    assert made.wanted("S1", "R2", "R2") == ""
    assert str(made.verdict("S1").outcome) == "waiting"


def test_repeats_are_drawn_from_the_seed_and_come_in_time(world):
    soon = due(world.trial, world.map, now=START + timedelta(days=13))
    assert [(one.subject, one.model) for one in soon] == [("S2", "adjudication")]
    later = due(world.trial, world.map, now=START + timedelta(days=15))
    assert sum(one.model == "re-read" for one in later) == 10, "all where there are fewer than 20"
    few = TrialConfig(repeat_least=1, repeat_share=0.3)
    drawn = [
        (one.subject, one.reader) for one in due(world.trial, world.map, now=START + timedelta(days=15), config=few)[1:]
    ]
    assert len(drawn) == 4 and drawn == [
        (one.subject, one.reader) for one in due(world.trial, world.map, now=START + timedelta(days=99), config=few)[1:]
    ]


@pytest.fixture(scope="module")
def decided(world):
    """The third read, and three repeats."""
    name = world.add("S2", "adjudication", "A1", 38.0)
    for subject, value in (("S1", 11.0), ("S3", 29.0), ("S5", 20.0)):
        world.add(subject, "re-read", "R1", value)
    return name


def test_what_the_adjudicator_signs_is_final(world, decided):
    one = world.verdict("S2")
    assert (str(one.outcome), one.accepted["infarct_core_volume"], one.how) == ("adjudicated", 38.0, "the adjudicator")
    assert one.items == (decided,)
    assert world.wanted("S2", "adjudication", "A1") == "the case has an adjudication already"
    assert not [one for one in due(world.trial, world.map, now=START) if one.model == "adjudication"]


def test_agreement_is_that_of_the_formulas(world, decided):
    (found,) = agreement(world.trial, verdicts(world.trial, world.map))
    numbers = {one.name: one for one in found.between}
    d = np.array([a - b for a, b in READS.values()])
    assert numbers["bias, R1 less R2"].value == pytest.approx(d.mean())
    limit = d.mean() + 1.96 * d.std(ddof=1)
    assert numbers["upper limit of agreement"].value == pytest.approx(limit) and numbers["ICC(2,1)"].n == 5
    rc, sd = found.within["R1"]
    wsd = math.sqrt(((10 - 11) ** 2 / 2 + (30 - 29) ** 2 / 2 + 0) / 3)
    assert sd.value == pytest.approx(wsd) and rc.value == pytest.approx(2.77 * wsd, rel=1e-3) and rc.n == 3
    assert found.adjudicated == {"R1": 0, "R2": 1}
    assert found.outcomes == {"agreed": 4, "adjudicated": 1}
    row = next(one for one in found.pairs if one["subject"] == "S2")
    assert (row["accepted"], row["exceeded"], row["adjudicator"]) == (38.0, "volume", "A1")
    page = agreement_page(world.trial, [found]).decode()
    assert "adjudicated" in page and "판독자 일치도" in page and "38" in page
    assert "ICC(2,1)" in agreement_text([found]) and json.dumps(agreement_to_data([found]))


def test_a_repeat_does_not_tell_its_reader_that_it_is_one(tmp_path):
    made = World(tmp_path)
    made.add("S1", "R1", "R1", 10.0)
    path = tmp_path / "map.json"
    write_map(path, made.map, PASSPHRASE, trial=made.trial.folder)
    name = new_pseudonym(made.trial)
    one_series(made.trial.item_folder(name) / "images")
    how = {"task": "infarct_core", "reader": "R1", "model": "re-read", "identities": path, "passphrase": PASSPHRASE}
    with pytest.raises(TrialError, match=r"W38.*a repeat before"):
        enter_item(made.trial, name, Visit("S1", "V1"), **how, now=made.clock())
    assert read_map(path, PASSPHRASE) == made.map, "the map is as it was"
    made.clock.time += timedelta(days=15)
    item = enter_item(made.trial, name, Visit("S1", "V1"), **how, now=made.clock())
    assert item.model == "R1"
    inside = b"".join(p.read_bytes() for p in made.trial.folder.rglob("*") if p.is_file())
    assert b"re-read" not in inside
    entry = read_map(path, PASSPHRASE).entries[-1]
    assert (entry.item, entry.model) == (name, "re-read")
    (case,) = cases_of(made.trial, read_map(path, PASSPHRASE))
    assert [read.item for read in case.repeats] == [name]


def test_a_read_that_was_changed_is_compared_with_nothing(world):
    (case, *_) = cases_of(world.trial, world.map)
    path = case.read("R1").record
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content.replace(b"10.0", b"11.0"))
    with pytest.raises(TrialError, match=r"W38.*record\.json|W38.*content has changed"):
        verdicts(world.trial, world.map)
    path.write_bytes(content)


def test_an_item_that_was_taken_away_or_put_in_is_found(world, tmp_path):
    trial = read_trial(world.trial.folder)
    name = world.verdict("S5").case.read("R1").item
    folder = trial.item_folder(name)
    folder.rename(tmp_path / name)
    (issue,) = verify_trial(trial.folder)
    assert (issue.code, issue.found, issue.subject) == ("W25", "the item is missing", name)
    with pytest.raises(TrialError, match=r"W38.*missing from the trial"):
        verdicts(trial, world.map)
    (tmp_path / name).rename(folder)
    shutil.copytree(folder, folder.with_name("0123456789abcdef"))
    assert "0123456789abcdef" in {issue.subject for issue in verify_trial(trial.folder)}
    shutil.rmtree(folder.with_name("0123456789abcdef"))
    assert verify_trial(trial.folder) == ()


def test_the_charter_holds_the_rules(tmp_path, world):
    assert rules_of(world.trial, "infarct_core") == [dict(rule) for rule in RULES["infarct_core"]]
    strict = [dict(RULES["infarct_core"][0], absolute=1, relative=0.05)]
    trial, _ = new_trial(tmp_path, readers=("R1",), discrepancies={"infarct_core": strict}, accepted="mean")
    again = read_trial(trial.folder)
    assert again.charter.accepted == "mean" and rules_of(again, "infarct_core") == strict
    assert set(again.charter.discrepancies) == {"infarct_core"}
    moved = replace(world.verdict("S1").case)
    assert verdict_of(again, moved).exceeded == ("volume",)


def test_the_commands(world, decided, tmp_path, capsys, monkeypatch):
    path = tmp_path / "map.json"
    write_map(path, world.map, PASSPHRASE, trial=world.trial.folder)
    (tmp_path / "secret.txt").write_text(PASSPHRASE)
    monkeypatch.setattr(trial_commands, "_now", lambda: START + timedelta(days=20))
    own = ["--map", str(path), "--key", str(world.keys["M1"]), "--passphrase-file", str(tmp_path / "secret.txt")]
    folder = str(world.trial.folder)
    assert run(["trial", "compare", folder, "--json", *own]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["waiting"] == 0 and len(said["cases"]) == 5
    assert run(["trial", "due", folder, *own]) == 0
    assert "re-read" in capsys.readouterr().out
    assert run(["trial", "agreement", folder, "--out", str(tmp_path / "a.html"), *own]) == 0
    assert "ICC(2,1)" in capsys.readouterr().out and (tmp_path / "a.html").exists()
    other = [*own[:3], str(world.keys["R1"]), *own[4:]]
    assert run(["trial", "compare", folder, *other]) == 1
    assert "W27" in capsys.readouterr().err
    world.add("S7", "R1", "R1", 1.0)
    world.add("S7", "R2", "R2", 30.0)
    write_map(path, world.map, PASSPHRASE, trial=world.trial.folder)
    assert run(["trial", "compare", folder, *own]) == EXIT_PARTLY
    assert read_map(path, PASSPHRASE) == world.map
