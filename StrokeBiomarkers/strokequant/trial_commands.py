"""What each part of `strokequant trial` does; every function returns an exit code."""

import getpass
import json
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from .cli import EXIT_MEASURED, EXIT_NOTHING, EXIT_PARTLY
from .errors import Issue, Level, StrokeQuantError, TrialError, UsageError
from .record.files import write_bytes
from .trial.assignment import assign_item, reopen_item, withdraw_item
from .trial.discrepancy import read_rules
from .trial.identity_map import read_map
from .trial.item_file import read_item
from .trial.item_states import ItemState, ItemStatus
from .trial.keys import make_key, require_public_key, unlock
from .trial.plain_words import in_words
from .trial.register import Qualification, Reader, key_problem, unknown_reader
from .trial.signed_files import fingerprint
from .trial.status_table import status_csv, status_rows, status_text
from .trial.trial_config import TrialConfig
from .trial.trial_folder import Trial, create_trial, lock_database, read_trial, require_manager, save_register
from .trial.worklist import has_signed, item_status, next_item

PUBLIC_ENDING = ".pub.pem"


def trial_key(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial key FOLDER ID`."""
    public = make_key(options.folder, options.owner, _passphrase(options, again=True))
    path = options.folder / f"{options.owner}{PUBLIC_ENDING}"
    write_bytes(path, public.encode("ascii"))
    return _say(options, {"public_key": str(path), "fingerprint": fingerprint(public)})


def trial_create(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial create TRIAL`."""
    more: dict[str, Any] = {"procedures": options.procedures} if options.procedures else {}
    trial = create_trial(
        options.trial,
        trial_id=options.id,
        title=options.title,
        version=options.charter_version,
        sponsor=options.sponsor,
        manager=options.manager,
        manager_name=options.manager_name,
        key=options.key,
        passphrase=_passphrase(options),
        now=_now(),
        tasks=tuple(options.task),
        blinding={
            "prior_allowed": options.prior_allowed,
            "interval_allowed": options.interval_allowed,
            "onset_allowed": options.onset_allowed,
        },
        visits=tuple(options.visit),
        read_model=options.read_model,
        accepted=options.accepted,
        discrepancies=dict(read_rules(path) for path in options.discrepancies),
        fixed_order=not options.any_order,
        **more,
    )
    said = {"trial": trial.charter.id, "charter_sha256": trial.charter_sha256}
    return _say(options, said | {"manager": fingerprint(trial.charter.manager.public_key)})


def trial_reader(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial reader TRIAL`."""
    trial = read_trial(options.trial)
    known = trial.register.reader(options.id)
    try:
        text = options.public_key.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        found = f"{options.public_key.name}: {in_words(error)}"
        raise TrialError(Issue("W27", Level.STOP, found, "a public key", f"name ID{PUBLIC_ENDING}")) from error
    public = require_public_key(text, options.public_key.name)
    attempts = known.qualifications if known is not None else ()
    reader = Reader(options.id, options.name, tuple(options.role) or ("reader",), public, attempts)
    manager = trial.charter.manager
    why = key_problem(trial.register, reader, manager.id, manager.public_key, has_signed=has_signed(trial, options.id))
    if why:
        remedy = "let every reader make a key of their own with 'strokequant trial key'"
        raise TrialError(Issue("W27", Level.STOP, why, "a person with a key of their own", remedy, options.id))
    _save(options, trial, trial.register.with_reader(reader), "reader.added" if known is None else "reader.changed")
    return _say(options, {"reader": options.id, "fingerprint": fingerprint(public)})


def trial_qualify(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial qualify TRIAL`."""
    trial = read_trial(options.trial)
    expires = options.expires or _months_later(options.date, TrialConfig().qualification_months)
    known = sorted({named["name"].partition("@")[0] for named in trial.charter.procedures.values()})
    if options.procedure not in known or expires < options.date:
        found = f"{options.procedure}, {options.date.isoformat()} to {expires.isoformat()}"
        expected = f"one of {', '.join(known)}, until a day that is not before the test"
        raise UsageError(Issue("I01", Level.STOP, found, expected, "correct it", options.reader))
    attempt = Qualification(options.procedure, options.major, options.date, expires, options.score, not options.failed)
    _save(options, trial, trial.register.with_qualification(options.reader, attempt), "reader.qualified")
    return _say(options, {"reader": options.reader, "expires": expires.isoformat(), "passed": attempt.passed})


def trial_train(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial train TRIAL`."""
    from .trial.training_cases import make_follow_ups, make_training_cases

    trial, passphrase = _managed(options)
    whose = {"reader": options.reader, "passphrase": passphrase, "now": _now()}
    if options.follow_ups:
        items = make_follow_ups(trial, **whose)
    else:
        repeats = 0 if options.practice else options.repeats
        how = {"task": options.task, "count": options.cases, "repeats": repeats, "practice": options.practice}
        items = make_training_cases(trial, **whose, **how)
    return _say(options, {"reader": options.reader, "items": list(items)})


def trial_test(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial test TRIAL`."""
    from .trial.certificate import certificate
    from .trial.training import take_test

    trial, passphrase = _managed(options)
    own = {"key": options.key, "passphrase": passphrase}
    attempt = take_test(trial, reader=options.reader, task=options.task, now=_now(), **own)
    if options.certificate:
        write_bytes(options.certificate, certificate(trial, attempt))
    scores = {one.criterion.score: one.value if one.met else f"{one.value} NOT met" for one in attempt.result.scores}
    said = {
        "reader": options.reader,
        "passed": attempt.result.passed,
        "expires": attempt.qualification.expires.isoformat(),
    }
    _say(options, said | scores)
    return EXIT_MEASURED if attempt.result.passed else EXIT_PARTLY


def trial_intake(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial intake TRIAL INPUT`."""
    from .trial.taking_in import Visit, take_in

    trial, passphrase = _managed(options)
    visit = Visit(options.subject, options.visit, options.hours, options.stratum)
    with tempfile.TemporaryDirectory() as workspace:
        taken = take_in(
            trial,
            options.input,
            visit,
            task=options.task,
            reader=options.reader,
            model=options.model,
            identities=options.map,
            passphrase=passphrase,
            now=_now(),
            series=options.series,
            prior=options.prior,
            looked_at=options.looked_at,
            retain_device=not options.drop_serial,
            sessions=_sessions(options.phantoms),
            workspace=Path(workspace),
        )
    _say(options, {"item": taken.item.id, "issues": [str(issue) for issue in taken.issues]})
    return EXIT_PARTLY if any(issue.blocks for issue in taken.issues) else EXIT_MEASURED


def trial_assign(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial assign TRIAL ITEM`."""
    from .trial.item_acquisition import write_missing
    from .trial.taking_in import Visit, enter_item

    trial, passphrase = _managed(options)
    if bool(options.subject) != bool(options.map) or (
        (options.prior or options.model == "re-read") and not options.map
    ):
        found = "one of --subject and --map, or --prior or a repeat without them"
        expected = "--subject and --map together"
        raise UsageError(Issue("I01", Level.STOP, found, expected, "the map says whose items are compared"))
    write_missing(trial.item_folder(options.item), sessions=_sessions(options.phantoms))
    how = {name: getattr(options, name) for name in ("task", "reader", "model", "prior", "stratum")}
    if options.map:
        visit = Visit(options.subject, options.visit, stratum=how.pop("stratum"))
        how |= {"identities": options.map, "passphrase": passphrase}
        item = enter_item(trial, options.item, visit, now=_now(), **how)
    else:
        item = assign_item(trial, options.item, now=_now(), **how)
    return _say(options, {"item": item.id, "images": len(item.files)})


def trial_prepare(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial prepare TRIAL`."""
    trial = read_trial(options.trial)
    waiting = options.items or [one for one in trial.items if _state(trial, one) is ItemState.ASSIGNED]
    sessions = _sessions(options.phantoms)
    done: dict[str, Any] = {}
    failed = 0
    for item in waiting:
        try:
            done[item] = _prepared(trial, item, sessions)
        except StrokeQuantError as error:
            done[item], failed = str(error), failed + 1
    _say(options, done)
    if not failed:
        return EXIT_MEASURED
    return EXIT_PARTLY if failed < len(waiting) else EXIT_NOTHING


def trial_status(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial status TRIAL`."""
    trial = read_trial(options.trial)
    if options.reader:
        _require_reader(trial, options.reader)
    rows = status_rows(trial, reader=options.reader, training=options.training)
    if options.csv:
        print(status_csv(rows), end="")
    elif options.json:
        print(json.dumps(rows, indent=1))
    else:
        print(status_text(rows) if rows else "no items")
    return EXIT_MEASURED


def trial_next(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial next TRIAL --reader ID`."""
    trial = read_trial(options.trial)
    _require_reader(trial, options.reader)
    item = next_item(trial, options.reader)
    _say(options, {"item": item})
    return EXIT_MEASURED if item else EXIT_NOTHING


def trial_compare(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial compare TRIAL`."""
    from .trial.agreement import agreement

    trial, found = _verdicts(options)
    rows = [row for one in agreement(trial, found) for row in one.pairs]
    waiting = sum(one.outcome == "waiting" for one in found)
    read = {one.item for verdict in found for one in verdict.case.reads}
    left = [name for name in trial.items if name not in read and _state(trial, name) is not ItemState.WITHDRAWN]
    if options.json:
        print(json.dumps({"waiting": waiting, "not_in_map": left, "cases": rows}, indent=1))
    else:
        lines = ["  ".join(f"{name} {value}" for name, value in row.items() if value not in ("", None)) for row in rows]
        lines += [f"{name}: not in the map" for name in left]
        print("\n".join([*lines, f"{waiting} cases wait for a signed read"]))
    return EXIT_PARTLY if any(one.outcome == "adjudicate" for one in found) else EXIT_MEASURED


def trial_due(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial due TRIAL`."""
    from .trial.adjudication import due

    trial, passphrase = _managed(options)
    found = due(trial, read_map(options.map, passphrase, must_exist=True), now=_now())
    rows = [asdict(one) | {"since": one.since.date().isoformat()} for one in found]
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        print("\n".join("  ".join(filter(None, row.values())) for row in rows) or "nothing is due")
    return EXIT_MEASURED


def trial_agreement(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial agreement TRIAL`."""
    from .trial.agreement import agreement, agreement_text, agreement_to_data
    from .trial.agreement_page import agreement_page

    trial, found = _verdicts(options)
    result = agreement(trial, found)
    if options.out:
        write_bytes(options.out, agreement_page(trial, result))
    print(json.dumps(agreement_to_data(result), indent=1) if options.json else agreement_text(result))
    return EXIT_MEASURED


def _verdicts(options: Namespace) -> tuple[Trial, Any]:
    """The trial, and what the reads of every case come to."""
    from .trial.adjudication import verdicts

    trial, passphrase = _managed(options)
    return trial, verdicts(trial, read_map(options.map, passphrase, must_exist=True))


def trial_clinical(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial clinical TRIAL ITEM --answers FILE --actor ID`."""
    from .trial.clinical_form import enter_clinical

    own = {"actor": options.actor, "key": options.key, "passphrase": _passphrase(options), "reason": options.reason}
    found = enter_clinical(read_trial(options.trial), options.item, options.answers, now=_now(), **own)
    return _say(
        options, {"item": found.item, "version": found.version} | {r["rule"]: r["answer"] for r in found.results}
    )


def trial_withdraw(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial withdraw TRIAL ITEM --reason TEXT`."""
    trial, _ = _managed(options)
    return _say(options, _plain(withdraw_item(trial, options.item, reason=options.reason, now=_now())))


def trial_reopen(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial reopen TRIAL ITEM --reason TEXT`."""
    trial, _ = _managed(options)
    return _say(options, _plain(reopen_item(trial, options.item, reason=options.reason, now=_now())))


def trial_lock(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial lock TRIAL`."""
    trial = lock_database(read_trial(options.trial), key=options.key, passphrase=_passphrase(options), now=_now())
    return _say(options, {"database_locked_utc": trial.charter.database_locked_utc})


def trial_map(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant trial map FILE`."""
    entries = [asdict(entry) for entry in read_map(options.file, _passphrase(options), must_exist=True).entries]
    print(json.dumps(entries, indent=1) if options.json else "\n".join("  ".join(e.values()) for e in entries))
    return EXIT_MEASURED


def _require_reader(trial: Trial, reader: str) -> None:
    """Refuse a reader whom the register does not hold.

    Raises:
        TrialError: W20.
    """
    if trial.register.reader(reader) is None:
        raise TrialError(unknown_reader(reader))


def _managed(options: Namespace) -> tuple[Trial, str]:
    """The trial, for somebody who has the study manager's key; and the passphrase."""
    trial, passphrase = read_trial(options.trial), _passphrase(options)
    require_manager(trial, unlock(options.key, passphrase))
    return trial, passphrase


def _save(options: Namespace, trial: Trial, register: Any, event: str) -> None:
    own = {"key": options.key, "passphrase": _passphrase(options)}
    save_register(trial, register, now=_now(), event=event, **own)


def _sessions(path: Path | None) -> Any:
    if path is None:
        return None
    from .phantom.history import History

    return History(path, must_exist=True).sessions()


def _prepared(trial: Trial, item: str, sessions: Any) -> str:
    from .trial.batch_items import measure_item, prepare_item

    return prepare_item(trial, item, now=_now, measure=partial(measure_item, sessions=sessions)).says


def _state(trial: Trial, item: str) -> ItemState:
    try:
        return item_status(trial, read_item(trial.item_folder(item))[0]).state
    except StrokeQuantError:
        return ItemState.NONE


def _plain(status: ItemStatus) -> dict[str, Any]:
    return {"state": str(status.state), "version": status.version, "flags": ",".join(sorted(status.flags))}


def _say(options: Namespace, said: dict[str, Any]) -> int:
    print(json.dumps(said, indent=1) if options.json else "\n".join(_line(key, value) for key, value in said.items()))
    return EXIT_MEASURED


def _line(key: str, value: Any) -> str:
    """One value, or a list with each of its values on a line of its own."""
    if not isinstance(value, list):
        return f"{key}: {value}"
    return "\n".join([f"{key}:", *(f"  {one}" for one in value)]) if value else f"{key}: none"


def _passphrase(options: Namespace, *, again: bool = False) -> str:
    """The passphrase, from its file or asked for.

    Raises:
        UsageError: the file cannot be read, or the two that were typed differ.
    """
    if options.passphrase_file:
        try:
            return options.passphrase_file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, ValueError, IndexError) as error:
            found = f"--passphrase-file {options.passphrase_file.name}: {type(error).__name__}"
            raise UsageError(Issue("I01", Level.STOP, found, "a file whose first line it is", "correct it")) from error
    typed = getpass.getpass("passphrase: ")
    if again and getpass.getpass("once more: ") != typed:
        raise UsageError(Issue("I01", Level.STOP, "two different passphrases", "the same one twice", "type it again"))
    return typed


def _months_later(day: date, months: int) -> date:
    """The day before the same day some months later."""
    year, month = divmod(day.month - 1 + months, 12)
    same = day.replace(year=day.year + year, month=month + 1, day=min(day.day, 28))
    return same + timedelta(days=max(0, day.day - 28) - 1)


def _now() -> datetime:
    return datetime.now(UTC)
