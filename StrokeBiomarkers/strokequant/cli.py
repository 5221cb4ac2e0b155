"""The command line: words in, exit code out. Results go to stdout, progress and messages to stderr."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from . import __version__
from .cli_command import EPILOG as _EPILOG
from .cli_command import command as _command
from .trial_cli import add_trial

EXIT_MEASURED, EXIT_NOTHING, EXIT_USAGE, EXIT_PARTLY, EXIT_DIFFERENCE = range(5)


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="strokequant",
        description="Imaging biomarkers of stroke from CT and MR, with provenance.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"strokequant {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_inspect(commands)
    _add_core(commands)
    _add_mismatch(commands)
    _add_hemorrhage(commands)
    _add_phantom(commands)
    _add_scanners(commands)
    _add_run(commands)
    _add_deidentify(commands)
    add_trial(commands)
    _add_verify(commands)
    _add_blank_forms(commands)
    _add_doctor(commands)
    return parser


def _add_demo(commands) -> None:
    demo = _command(commands, "demo", "synthetic patients with known truth, measured: truth | measured | error", "demo")
    demo.add_argument("out", metavar="OUT", type=Path, help="folder for the patients (DICOM) and their records")
    demo.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="cases measured at the same time (1)")


def _add_inspect(commands) -> None:
    inspect = _command(commands, "inspect", "series, their roles and why, geometry audit; measures nothing", "inspect")
    inspect.add_argument("input", metavar="INPUT", type=Path)
    inspect.add_argument(
        "--profile",
        metavar="PROFILE",
        help="check acquisition too: 'auto' for the profiles of all roles, an id such as SB-ACQ-DWI, or a file",
    )
    inspect.add_argument(
        "--phantoms", metavar="FILE", type=Path, help="history of phantom sessions, for the scanner in --profile"
    )
    _add_settings(inspect)


def _add_core(commands) -> None:
    core = _command(commands, "core", "infarct core of one case from DWI and ADC", "core")
    core.add_argument("input", metavar="INPUT", type=Path, nargs="?", help="not needed with --dwi")
    core.add_argument("--out", metavar="OUT", type=Path, required=True, help="output folder")
    files = core.add_argument_group("NIfTI files instead of INPUT")
    files.add_argument("--dwi", metavar="FILE", type=Path, help="diffusion-weighted image (b about 1000) or 4-D series")
    files.add_argument("--b0", metavar="FILE", type=Path, help="image without diffusion weighting")
    files.add_argument("--adc", metavar="FILE", type=Path, help="ADC map")
    files.add_argument("--adc-unit", metavar="UNIT", help="unit of --adc: mm2/s, 1e-3 mm2/s or 1e-6 mm2/s")
    _add_follow_up(core)
    _add_choices(core)


def _add_mismatch(commands) -> None:
    text = "maps, hypoperfusion, core, mismatch and trial criteria of one case from DSC-MR or CT perfusion"
    mismatch = _command(commands, "mismatch", text, "mismatch")
    mismatch.add_argument("input", metavar="INPUT", type=Path, nargs="?", help="not needed with --perfusion")
    mismatch.add_argument("--out", metavar="OUT", type=Path, required=True, help="output folder")
    files = mismatch.add_argument_group("a 4-D NIfTI file instead of INPUT, or a series that shows no contrast agent")
    files.add_argument("--perfusion", metavar="FILE", type=Path, help="DSC signal, or CT perfusion in HU")
    files.add_argument(
        "--kind",
        choices=("dsc", "ctp"),
        help="what FILE holds, or a series named by --series that was taken for something else",
    )
    mismatch.add_argument_group("follow-up").add_argument(
        "--earlier",
        metavar="RECORD",
        type=Path,
        help="earlier time point of this patient, its record.json or output folder: reperfusion against it. 'run' pairs time points by date",
    )
    _add_perfusion_answers(mismatch)
    _add_choices(mismatch)


def _add_perfusion_answers(command: argparse.ArgumentParser) -> None:
    said = command.add_argument_group("perfusion: what a person says where headers or the automatic choice do not")
    said.add_argument("--times", metavar="FILE", type=Path, help="text file with the time of every frame in s")
    said.add_argument("--frame-step", metavar="S", type=_positive, help="time between frames in s; never assumed")
    said.add_argument("--echo-time", metavar="MS", type=_positive, help="echo time of DSC in ms; never assumed")
    said.add_argument("--baseline", metavar="FIRST:LAST", type=_frames, help="baseline frames, from 1, both included")
    said.add_argument(
        "--aif", metavar="X,Y,Z", type=_point, help="point of the artery, LPS mm; --aif=-40,6,16 where X is negative"
    )
    said.add_argument("--vof", metavar="X,Y,Z", type=_point, help="point of the vein, LPS mm")
    said.add_argument("--side", choices=("left", "right"), help="affected side of the patient")
    said.add_argument(
        "--leakage-correction",
        action="store_true",
        default=None,
        help="correct DSC for leaked contrast agent (Boxerman 2006); off by default, since delayed tissue looks like leakage to it",
    )
    said.add_argument(
        "--clinical",
        metavar="FILE",
        type=Path,
        help="TOML, JSON or CSV with age_y, nihss, hours, ... for the trial rules",
    )


def _add_hemorrhage(commands) -> None:
    text = "hemorrhage on plain CT of one case: volume, ABC/2, edema, growth"
    hemorrhage = _command(commands, "hemorrhage", text, "hemorrhage")
    hemorrhage.add_argument("input", metavar="INPUT", type=Path)
    hemorrhage.add_argument("--out", metavar="OUT", type=Path, required=True, help="output folder")
    hemorrhage.add_argument(
        "--seed",
        metavar="[WHAT=]X,Y,Z",
        type=_seed,
        action="append",
        default=[],
        help="point in a clot, LPS mm; WHAT is ich (default), ivh, sah, sdh or edh; may be repeated; --seed=-20,5,30 where X is "
        "negative. Without one an automatic proposal is measured and marked as such",
    )
    _add_follow_up(hemorrhage)
    hemorrhage.add_argument(
        "--baseline-seed",
        metavar="[WHAT=]X,Y,Z",
        type=_seed,
        action="append",
        default=[],
        help="as --seed, in the images of --baseline",
    )
    hemorrhage.add_argument(
        "--mdd", metavar="ML", type=_positive, help="what this study's pair of readers can detect of a hematoma, in mL"
    )
    hemorrhage.add_argument(
        "--mdd-total", metavar="ML", type=_positive, help="the same of hematoma and ventricular blood together"
    )
    _add_choices(hemorrhage)


def _add_follow_up(command: argparse.ArgumentParser) -> None:
    said = command.add_argument_group("follow-up")
    said.add_argument(
        "--baseline",
        dest="earlier",
        metavar="RECORD|INPUT",
        type=Path,
        help="earlier time point of this patient: its record.json or output folder, or its images, which are measured too; growth "
        "against it. Without it the time points of one case are paired by date",
    )
    _add_forms(said)


def _add_forms(said) -> None:
    said.add_argument(
        "--answers",
        metavar="FILE",
        type=Path,
        help="JSON or TOML with the forms that readers answered: HT, SICH, FI, ASPECTS, eTICI, ...",
    )
    said.add_argument(
        "--masks",
        metavar="FOLDER",
        type=Path,
        help="outlines of a reader as .nii.gz or .seg.nrrd, in FOLDER or in FOLDER/CASE/TIMEPOINT: ich, ivh, sah, sdh, edh and edema take "
        "the place of what is outlined here; infarct and chronic give the final infarct, clot its share of blood, aspects (labels, with "
        "aspects.json) hints beside the score",
    )
    said.add_argument("--reader", metavar="CODE", default="", help="who drew the outlines")


def _add_scanners(commands) -> None:
    text = "history of phantom sessions: what every scanner is qualified for, trends, broken rules, comparison"
    scanners = _command(commands, "scanners", text, "scanners")
    scanners.add_argument("history", metavar="HISTORY", type=Path, help="file of `phantom --history`")
    scanners.add_argument("--out", metavar="OUT", type=Path, help="folder for the tables as CSV and JSON")
    scanners.add_argument(
        "--event",
        metavar="SCANNER=DATE:WORDS",
        type=_event,
        help="enter an upgrade or repair first: SCANNER is MANUFACTURER|MODEL|SERIAL; points before and after it are not pooled",
    )


def _event(text: str) -> tuple[str, str, str]:
    """(scanner, date, words)."""
    scanner, _, rest = text.partition("=")
    date, _, words = rest.partition(":")
    if not (scanner and words and len(date) == 10 and date[4] == date[7] == "-"):
        msg = f"{text!r} is not SCANNER=YYYY-MM-DD:WORDS"
        raise argparse.ArgumentTypeError(msg)
    return scanner, date, words


def _add_phantom(commands) -> None:
    text = "phantom scan: regions found and measured, against certificate and limits; what it says about the scanner"
    phantom = _command(commands, "phantom", text, "phantom")
    phantom.add_argument("input", metavar="INPUT", type=Path)
    phantom.add_argument("--out", metavar="OUT", type=Path, required=True, help="output folder")
    phantom.add_argument(
        "--phantom",
        metavar="FILE",
        required=True,
        help="registry file of the phantom that was scanned, or its id or serial number",
    )
    phantom.add_argument("--serial", metavar="NUMBER", default="", help="serial number as read from the phantom")
    phantom.add_argument(
        "--temperature", metavar="C", type=_celsius, help="of the phantom during the scan, °C; 0 in ice water"
    )
    phantom.add_argument(
        "--observation", metavar="TEXT", action="append", default=[], help="a defect seen, such as an air bubble"
    )
    phantom.add_argument("--placements", metavar="FILE", type=Path, help="placements.json with corrected regions")
    phantom.add_argument(
        "--criteria", metavar="SET", action="append", default=[], help="criteria set by id or file; may be repeated"
    )
    phantom.add_argument(
        "--history", metavar="FILE", type=Path, help="history of sessions; this one is added, and judged by its trend"
    )
    phantom.add_argument(
        "--series", metavar="KEY", action="append", default=[], help="use these series only (see 'inspect')"
    )


def _celsius(text: str) -> float:
    value = float(text)
    if not -20 <= value <= 60:
        msg = f"{text!r} is no temperature of a phantom in °C"
        raise argparse.ArgumentTypeError(msg)
    return value


def _add_run(commands) -> None:
    run = _command(commands, "run", "all that the series allow, for one case or a folder of cases", "run_all")
    run.add_argument("input", metavar="INPUT", type=Path)
    run.add_argument("--out", metavar="OUT", type=Path, required=True, help="output folder")
    run.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="cases measured at the same time (1)")
    run.add_argument("--resume", action="store_true", help="keep what is finished; measure what is new or was cut off")
    run.add_argument(
        "--split-patients", action="store_true", help="one case for every patient of a folder that mixes them"
    )
    _add_perfusion_answers(run)
    _add_forms(run.add_argument_group("follow-up"))
    _add_choices(run)


def _add_deidentify(commands) -> None:
    text = "images of one subject under a pseudonym: identity removed, dates moved, read again and compared; text in pixels refused"
    deidentify = _command(commands, "deidentify", text, "deidentify")
    deidentify.add_argument("input", metavar="INPUT", type=Path)
    deidentify.add_argument("--out", metavar="OUT", type=Path, required=True, help="gets images/ and intake.json")
    deidentify.add_argument(
        "--pseudonym", metavar="P", required=True, help="random name of the read item; never a number of the subject"
    )
    deidentify.add_argument(
        "--secret",
        metavar="FILE",
        type=Path,
        help="secret of the subject, made where it is not there; the same file keeps intervals between examinations. Keep it with the map of "
        "pseudonyms, never beside the images. Without it the way back is closed",
    )
    deidentify.add_argument(
        "--series",
        metavar="KEY",
        action="append",
        default=[],
        help="these series only (see 'inspect'); may be repeated",
    )
    add_deidentify_choices(deidentify)


def add_deidentify_choices(part: argparse.ArgumentParser) -> None:
    """What a person says of images that are de-identified."""
    part.add_argument(
        "--looked-at",
        metavar="KEY",
        action="append",
        default=[],
        help="series of which somebody looked at every image and found no text, where that is asked; may be repeated",
    )
    part.add_argument("--drop-serial", action="store_true", help="serial number of the scanner goes too")


def _add_verify(commands) -> None:
    text = "re-hash everything in OUT, check trails, signatures and procedures of a trial, and say what does not hold"
    verify = _command(commands, "verify", text, "verify")
    verify.add_argument("out", metavar="OUT", type=Path, help="folder of a run, of a trial, or of one read item")


def _add_blank_forms(commands) -> None:
    words = "forms of readers; with their names an empty file for --answers"
    forms = _command(commands, "forms", words, "forms")
    forms.add_argument(
        "forms", nargs="*", metavar="FORM", help="forms to answer, such as HT SICH; without one all are listed"
    )


def _add_doctor(commands) -> None:
    _command(commands, "doctor", "versions, optional parts and a self-test: what to paste in a bug report", "doctor")


def _add_choices(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--phantoms",
        metavar="FILE",
        type=Path,
        help="history of phantom sessions: says beside every number whether its scanner was qualified, and what its bias does",
    )
    command.add_argument(
        "--series",
        metavar="KEY",
        action="append",
        default=[],
        help="use this series of its role (see 'inspect'); may be repeated, also for a b0 in a series of its own",
    )
    command.add_argument(
        "--b-value",
        metavar="KEY=B",
        type=_b_value,
        action="append",
        default=[],
        help="b in s/mm2 of a series in which no tag says it; B alone for --dwi; may be repeated; never assumed",
    )
    _add_settings(command)


def _add_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="TOML file with other thresholds, such as [core] adc_threshold = 600",
    )


def _b_value(text: str) -> tuple[str, float]:
    """(series key, b); the key is "" where there is a number alone."""
    key, _, number = text.rpartition("=")
    try:
        return key, float(number)
    except ValueError:
        msg = f"{text!r} is no b value: B or KEY=B, such as 0003=1000"
        raise argparse.ArgumentTypeError(msg) from None


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        msg = f"{text!r} is not a number of jobs: 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        msg = f"{text!r} is not a number above 0"
        raise argparse.ArgumentTypeError(msg)
    return value


def _frames(text: str) -> tuple[int, int]:
    """Frames as people count them, from 1 with both ends, as [first, last) from 0."""
    first, _, last = text.partition(":")
    if not (first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last)):
        msg = f"{text!r} is not FIRST:LAST, such as 3:8"
        raise argparse.ArgumentTypeError(msg)
    return int(first) - 1, int(last)


def _seed(text: str) -> tuple[str, tuple[float, float, float]]:
    """(structure, point); the structure is "ich" where there is a point alone."""
    what, _, point = text.rpartition("=")
    if what not in ("", "ich", "ivh", "sah", "sdh", "edh"):
        msg = f"{what!r} is none of ich, ivh, sah, sdh, edh"
        raise argparse.ArgumentTypeError(msg)
    return what or "ich", _point(point)


def _point(text: str) -> tuple[float, float, float]:
    parts = text.split(",")
    if len(parts) != 3:
        msg = f"{text!r} is not X,Y,Z in mm"
        raise argparse.ArgumentTypeError(msg)
    x, y, z = (float(part) for part in parts)
    return x, y, z


def run(words: Sequence[str]) -> int:
    """Run one command.

    Args:
        words: as from the command line, without the program.

    Returns:
        The exit code of the contract.
    """
    options = build_parser().parse_args(words)
    from .errors import StrokeQuantError, UsageError

    try:
        module = import_module(f"{__package__}.{'trial_commands' if options.command == 'trial' else 'commands'}")
        return getattr(module, options.function)(options, words)
    except UsageError as error:
        _say(error)
        return EXIT_USAGE
    except StrokeQuantError as error:
        _say(error)
        return EXIT_NOTHING
    except KeyboardInterrupt:
        print("strokequant: interrupted; run again with --resume to go on", file=sys.stderr)
        return EXIT_NOTHING
    except BrokenPipeError:
        return EXIT_NOTHING
    except Exception as error:
        if options.debug:
            raise
        print(f"strokequant: unexpected {type(error).__name__}: {error}", file=sys.stderr)
        print(
            "expected: no failure; do: run again with --debug and report it with 'strokequant doctor'", file=sys.stderr
        )
        return EXIT_NOTHING


def _say(error: Exception) -> None:
    for issue in error.issues:
        print(f"strokequant: {issue.level} {issue.code}: {issue.found}", file=sys.stderr)
        if issue.expected:
            print(f"  expected: {issue.expected}", file=sys.stderr)
        if issue.remedy:
            print(f"  do: {issue.remedy}", file=sys.stderr)
