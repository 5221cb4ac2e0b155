"""Options of `strokequant trial`: what a study manager does with a trial folder. Reading and signing are done in Slicer."""

import argparse
import math
from datetime import date
from pathlib import Path

from .cli_command import command

MODELS = ("R1", "R2", "adjudication", "re-read", "training")
_MOST_CASES = 44
"""Of a training set: every patient has an identity of its own, and one for the next day."""
READ_MODELS = ("adjudicate", "mean", "single_and_audit", "consensus")


def add_trial(commands) -> None:
    """The command group `trial`."""
    text = "set up and run a trial: keys, readers, items, preparation without a window, status"
    group = commands.add_parser("trial", help=text, description=text)
    parts = group.add_subparsers(dest="part", required=True, metavar="PART")
    for add in (
        _key,
        _create,
        _reader,
        _train,
        _test,
        _qualify,
        _intake,
        _assign,
        _prepare,
        _status,
        _next,
        _compare,
        _due,
        _agreement,
        _clinical,
        _manage,
        _lock,
        _map,
    ):
        add(parts)


def _part(parts, name: str, text: str, function: str, *, folder: bool = True) -> argparse.ArgumentParser:
    part = command(parts, name, text, f"trial_{function}")
    if folder:
        part.add_argument("trial", metavar="TRIAL", type=Path, help="folder of the trial")
    return part


def _secret(part: argparse.ArgumentParser, *, key: bool = True) -> None:
    """Key of the study manager and where the passphrase comes from."""
    if key:
        part.add_argument("--key", metavar="FILE", type=Path, required=True, help="key of the study manager")
    part.add_argument(
        "--passphrase-file", metavar="FILE", type=Path, help="first line is the passphrase; asked for without it"
    )


def _key(parts) -> None:
    key = _part(parts, "key", "make a key that only a passphrase opens, and its public half", "key", folder=False)
    key.add_argument("folder", metavar="FOLDER", type=Path, help="of the owner, outside of the trial")
    key.add_argument("owner", metavar="ID", help="register id of the owner, such as R1")
    _secret(key, key=False)


def _create(parts) -> None:
    create = _part(parts, "create", "make a trial folder: charter, register, procedures, all signed", "create")
    create.add_argument("--id", required=True, metavar="ID", help="of the trial")
    create.add_argument("--title", required=True)
    create.add_argument("--sponsor", default="")
    create.add_argument("--charter-version", default="1", metavar="VERSION")
    create.add_argument("--manager", required=True, metavar="ID", help="register id of the study manager")
    create.add_argument("--manager-name", required=True, metavar="NAME", help="printed name")
    create.add_argument("--task", action="append", default=[], help="such as infarct_core; all where none is named")
    create.add_argument("--procedures", metavar="FOLDER", type=Path, help="procedures as canonical JSON")
    create.add_argument("--read-model", choices=READ_MODELS, default="adjudicate")
    create.add_argument("--accepted", choices=("R1", "mean"), default="R1", help="of two reads that do not differ (R1)")
    text = "rules by which two reads of a task differ, in place of the shipped ones"
    create.add_argument("--discrepancies", metavar="FILE", type=Path, action="append", default=[], help=text)
    create.add_argument("--prior-allowed", action="store_true", help="readers see the earlier time point")
    create.add_argument(
        "--interval-allowed", action="store_true", help="readers see the hours since the earlier time point"
    )
    create.add_argument("--onset-allowed", action="store_true", help="readers see the hours from onset")
    create.add_argument("--any-order", action="store_true", help="readers choose the order of their items")
    create.add_argument(
        "--visit",
        metavar="ID=FROM:TO[:ROLE,ROLE]",
        type=_visit,
        action="append",
        default=[],
        help="window in hours from onset, and the series that are expected, such as V1=0:24:dwi,adc",
    )
    _secret(create)


def _reader(parts) -> None:
    reader = _part(parts, "reader", "enter a reader in the register", "reader")
    reader.add_argument("--id", required=True, metavar="ID")
    reader.add_argument("--name", required=True, help="as it is printed under a signature")
    reader.add_argument("--role", action="append", default=[], choices=("reader", "adjudicator", "auditor", "clinical"))
    reader.add_argument("--public-key", metavar="FILE", type=Path, required=True, help="ID.pub.pem of the reader")
    _secret(reader)


def _qualify(parts) -> None:
    qualify = _part(parts, "qualify", "enter the result of a reader's test; every attempt is kept", "qualify")
    qualify.add_argument("--reader", required=True, metavar="ID")
    qualify.add_argument("--procedure", required=True, metavar="SOP", help="such as SB-CORE-001")
    qualify.add_argument("--major", required=True, type=int, metavar="N", help="of the version that was tested")
    qualify.add_argument("--date", required=True, type=date.fromisoformat, metavar="YYYY-MM-DD")
    qualify.add_argument("--expires", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last day; 12 months later")
    qualify.add_argument("--score", required=True, type=_share, metavar="0..1")
    qualify.add_argument("--failed", action="store_true", help="the pass mark was not reached")
    _secret(qualify)


def _train(parts) -> None:
    text = (
        "make training cases with sealed answers for a reader: synthetic patients, half of them with a wrong proposal"
    )
    train = _part(parts, "train", text, "train")
    train.add_argument("--reader", required=True, metavar="ID")
    train.add_argument(
        "--task", default="infarct_core", help="infarct_core, mismatch, ich_volume, ht_class, final_infarct"
    )
    kind = train.add_mutually_exclusive_group()
    kind.add_argument(
        "--follow-ups", action="store_true", help="the next day of signed cases of ich_volume, for growth"
    )
    kind.add_argument(
        "--practice",
        action="store_true",
        help="answers lie open and are shown after each signature; not for qualification, no repeats",
    )
    train.add_argument(
        "--cases", type=_count, default=8, metavar="N", help="patients (8), two of them without a lesion"
    )
    train.add_argument("--repeats", type=_count, default=2, metavar="N", help="of them hidden twice (2)")
    _secret(train)


def _test(parts) -> None:
    test = _part(
        parts, "test", "score the signed training cases of a reader; enters the attempt in the register", "test"
    )
    test.add_argument("--reader", required=True, metavar="ID")
    test.add_argument("--task", required=True, help="test, such as infarct_core or ich_growth")
    test.add_argument("--certificate", metavar="FILE", type=Path, help="HTML page to print, passed or not")
    _secret(test)


def _item_options(part: argparse.ArgumentParser) -> None:
    part.add_argument("--task", required=True, help="such as infarct_core")
    part.add_argument("--reader", required=True, metavar="ID")
    part.add_argument("--model", required=True, choices=MODELS)
    part.add_argument("--stratum", default="", help="site and time point; not kept in the item")


def _phantoms(part: argparse.ArgumentParser) -> None:
    part.add_argument(
        "--phantoms", metavar="FILE", type=Path, help="history of phantom sessions: are scanners qualified"
    )


def _prior(part: argparse.ArgumentParser) -> None:
    text = "signed item of an earlier time point of the same subject, which the reader may see and compare with"
    part.add_argument("--prior", default="", metavar="ITEM", help=text)


def _intake(parts) -> None:
    from .cli import add_deidentify_choices

    intake = _part(
        parts,
        "intake",
        "de-identify images, check how they were acquired, enter them in the map, and assign them",
        "intake",
    )
    intake.add_argument("input", metavar="INPUT", type=Path, help="images of one subject at one time point")
    intake.add_argument("--subject", required=True, help="as the study calls it")
    intake.add_argument("--visit", default="", metavar="ID", help="of the charter")
    intake.add_argument("--hours", type=_hours, metavar="H", help="from onset to the scan")
    intake.add_argument("--map", required=True, metavar="FILE", type=Path, help="identity map, outside of the trial")
    _prior(intake)
    add_deidentify_choices(intake)
    intake.add_argument("--series", action="append", default=[], metavar="KEY", help="see 'strokequant inspect'")
    _phantoms(intake)
    _item_options(intake)
    _secret(intake)


def _assign(parts) -> None:
    assign = _part(parts, "assign", "give an item, whose de-identified images are there, to a reader", "assign")
    assign.add_argument("item", metavar="ITEM", help="pseudonym: name of the folder below items")
    assign.add_argument("--subject", default="", help="as the study calls it; enters the item in the map")
    assign.add_argument("--visit", default="", metavar="ID", help="of the charter")
    assign.add_argument("--map", metavar="FILE", type=Path, help="identity map; needed with --subject and --prior")
    _prior(assign)
    _phantoms(assign)
    _item_options(assign)
    _secret(assign)


def _prepare(parts) -> None:
    prepare = _part(parts, "prepare", "automatic steps of items that nobody has opened; never signs", "prepare")
    prepare.add_argument("items", metavar="ITEM", nargs="*", help="all that wait where none is named")
    _phantoms(prepare)


def _status(parts) -> None:
    text = "every item with its state, step, since when, deviations and flags; no result"
    status = _part(parts, "status", text, "status")
    status.add_argument("--reader", metavar="ID", default="", help="worklist of this reader, in its order")
    status.add_argument("--training", action="store_true", help="training cases")
    status.add_argument("--csv", action="store_true", help="as CSV, with every column")


def _next(parts) -> None:
    following = _part(parts, "next", "the item that a reader reads next", "next")
    following.add_argument("--reader", metavar="ID", required=True)


def _mapped(part: argparse.ArgumentParser) -> None:
    part.add_argument(
        "--map", metavar="FILE", type=Path, required=True, help="identity map: whose reads belong together"
    )
    _secret(part)


def _compare(parts) -> None:
    text = "signed reads of every case: do R1 and R2 differ, who decides, which value is accepted"
    _mapped(_part(parts, "compare", text, "compare"))


def _due(parts) -> None:
    _mapped(_part(parts, "due", "reads that are to be assigned: adjudications, and repeats after 14 days", "due"))


def _agreement(parts) -> None:
    text = "agreement of readers with each other, with themselves and with the adjudicator, from signed reads"
    agreement = _part(parts, "agreement", text, "agreement")
    agreement.add_argument("--out", metavar="FILE", type=Path, help="report as an HTML page")
    _mapped(agreement)


def _clinical(parts) -> None:
    text = "enter the clinical form of a signed reading of transformation: symptomatic hemorrhage, by somebody who reads no images"
    clinical = _part(parts, "clinical", text, "clinical")
    clinical.add_argument("item", metavar="ITEM")
    clinical.add_argument(
        "--answers", metavar="FILE", type=Path, required=True, help="answers to the form SICH, JSON or TOML"
    )
    clinical.add_argument("--actor", metavar="ID", required=True, help="register id of somebody with the role clinical")
    clinical.add_argument("--reason", default="", help="why a form that was signed is replaced")
    clinical.add_argument("--key", metavar="FILE", type=Path, required=True, help="key of that person")
    _secret(clinical, key=False)


def _manage(parts) -> None:
    for name, text in (("withdraw", "take an item out of the trial"), ("reopen", "open a signed item again")):
        part = _part(parts, name, f"{text}, with a reason; nothing is deleted", name)
        part.add_argument("item", metavar="ITEM")
        part.add_argument("--reason", required=True)
        _secret(part)


def _lock(parts) -> None:
    _secret(_part(parts, "lock", "lock the database: nothing is read, added or opened again any more", "lock"))


def _map(parts) -> None:
    shown = _part(parts, "map", "show the identity map: who is who", "map", folder=False)
    shown.add_argument("file", metavar="FILE", type=Path)
    _secret(shown, key=False)


def _visit(text: str) -> dict:
    name, _, rest = text.partition("=")
    limits = rest.split(":")
    if not name or len(limits) not in (2, 3):
        msg = f"{text!r} is not ID=FROM:TO[:ROLE,ROLE]"
        raise argparse.ArgumentTypeError(msg)
    begin, end = _hours(limits[0]), _hours(limits[1])
    if begin > end:
        msg = f"{text!r}: the window ends before it begins"
        raise argparse.ArgumentTypeError(msg)
    expected = limits[2].split(",") if len(limits) == 3 else []
    return {"id": name, "from_hours": begin, "to_hours": end, "expected": expected}


def _hours(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        msg = f"{text!r} is no number of hours"
        raise argparse.ArgumentTypeError(msg)
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value <= _MOST_CASES:
        msg = f"{text!r} is not 0 to {_MOST_CASES}"
        raise argparse.ArgumentTypeError(msg)
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        msg = f"{text!r} is no score from 0 to 1"
        raise argparse.ArgumentTypeError(msg)
    return value
