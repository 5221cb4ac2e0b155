"""What each word of the command does; every function returns an exit code."""

import json
import tempfile
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .batch.discover import CaseInput, discover_cases
from .batch.progress import Progress
from .cli import EXIT_DIFFERENCE, EXIT_MEASURED, EXIT_NOTHING, EXIT_PARTLY
from .errors import InputError, Issue, Level, UsageError
from .settings import Settings, load_settings

BASELINE = "baseline"
"""Time point of the images that were named as baseline."""


def demo(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant demo OUT`."""
    from .batch.demo import run_demo
    from .batch.summary import demo_table

    rows, outcomes = run_demo(options.out, jobs=options.jobs, progress=_progress(options))
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        print(demo_table(rows))
        print(f"\nreport of all cases: {options.out / 'records' / 'index.html'}")
    as_expected = all(row["as_expected"] for row in rows)
    return EXIT_MEASURED if as_expected and outcomes else EXIT_NOTHING


def inspect(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant inspect INPUT`."""
    from .batch.inspection import inspection_dict, inspection_text

    with tempfile.TemporaryDirectory() as workspace:
        scan = _scan(options, workspace)
        found = inspection_dict(scan, settings=_settings(options))
        if options.profile:
            found["acquisition"] = _acquisition(options, scan)
    print(json.dumps(found, indent=1) if options.json else inspection_text(found))
    if options.profile:
        return _told_acquisition(options, found["acquisition"])
    return EXIT_MEASURED if scan.series else EXIT_NOTHING


def _acquisition(options: Namespace, scan: Any) -> list[dict]:
    from .trial.acquisition_report import acquisition_data, chosen_profiles

    return acquisition_data(scan, chosen_profiles(options.profile), sessions=_phantom_sessions(options))


def _told_acquisition(options: Namespace, rows: list[dict]) -> int:
    """Exit code of the acquisition check: 3 where a series is below the minimum of its profile."""
    from .trial.acquisition_report import acquisition_text

    if not options.json:
        print(acquisition_text(rows))
    blocked = any(issue["level"] in (Level.STOP, Level.ASK) for row in rows for issue in row["issues"])
    return EXIT_PARTLY if blocked else EXIT_MEASURED if rows else EXIT_NOTHING


def core(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant core INPUT --out OUT`, or with files by flags."""
    from .batch.case import Part

    if options.dwi or options.b0 or options.adc:
        if options.input:
            raise _usage("both INPUT and files", "INPUT, or --dwi with --b0 or --adc", "leave one out")
        return _measure(options, words, [_case_of_files(options)], (), wanted=(Part.CORE,))
    if not options.input:
        raise _usage(
            "neither INPUT nor --dwi", "a folder, DICOMDIR, zip or file; or --dwi FILE", "name what to measure"
        )
    return _measure_case(options, words, Part.CORE)


def mismatch(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant mismatch INPUT --out OUT`, or with a file by flags."""
    from .batch.case import Part

    if options.perfusion:
        if options.input:
            raise _usage("both INPUT and --perfusion", "one of them", "leave one out")
        return _measure(options, words, [_perfusion_of_file(options)], (), wanted=(Part.MISMATCH,))
    if not options.input:
        raise _usage("neither INPUT nor --perfusion", "a folder, DICOMDIR, zip or file", "name what to measure")
    if options.earlier and not _is_record(options.earlier):
        raise _usage(
            f"--earlier {options.earlier.name}: no record", "record.json or an output folder", "measure it first"
        )
    with tempfile.TemporaryDirectory() as workspace:
        scan = _scan(options, workspace)
        cases = _one_case(_answered(options, discover_cases(options.input, scan.series)))
        return _measure(options, words, _of_kind(options, cases), scan.skipped, wanted=(Part.MISMATCH,))


def hemorrhage(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant hemorrhage INPUT --out OUT`."""
    from .batch.case import Part

    return _measure_case(options, words, Part.HEMORRHAGE)


def _measure_case(options: Namespace, words: Sequence[str], part: Any) -> int:
    """One case, and its baseline where images of it were named."""
    with tempfile.TemporaryDirectory() as workspace:
        scan = _scan(options, workspace)
        cases = _one_case(_answered(options, discover_cases(options.input, scan.series)))
        skipped = scan.skipped
        earlier = getattr(options, "earlier", None)
        if earlier is None or _is_record(earlier):
            return _measure(options, words, cases, skipped, wanted=(part,))
        unpacked = Path(workspace) / BASELINE
        unpacked.mkdir()
        before = _scan(options, str(unpacked), earlier)
        cases = [*cases, _baseline_case(options, cases, discover_cases(earlier, before.series))]
        return _measure(options, words, cases, (*skipped, *before.skipped), wanted=(part,), baseline=BASELINE)


def _is_record(path: Path) -> bool:
    """Whether a baseline is a record, or a folder of records, and no images."""
    if not path.exists():
        raise _usage(f"{path.name}: no such file or folder", "a record or images", "check the path")
    return path.suffix.lower() == ".json" or (path.is_dir() and next(path.rglob("record.json"), None) is not None)


def _baseline_case(options: Namespace, cases: Sequence[CaseInput], found: Sequence[CaseInput]) -> CaseInput:
    """The one time point of the images of a baseline, as a further time point of the case.

    Raises:
        InputError: I02, I03 or E01, no images, several time points, or another patient.
    """
    if len(found) != 1:
        names = ", ".join(f"{c.case}/{c.timepoint}" for c in found) or "nothing"
        issue = Issue("I03", Level.STOP, f"baseline: {names}", "images of one time point", "name one study")
        raise InputError(issue if found else replace(issue, code="I02"))
    keys = {s.patient_key for c in (*cases, *found) for s in c.series if s.patient_key}
    if len(keys) > 1:
        remedy = "choose the right baseline"
        raise InputError(Issue("E01", Level.STOP, "two patients", "one patient at both time points", remedy))
    taken = {s.key for c in cases for s in c.series}
    series = tuple(replace(s, key=f"{BASELINE}-{s.key}") if s.key in taken else s for s in found[0].series)
    return replace(found[0], case=cases[0].case if cases else found[0].case, timepoint=BASELINE, series=series)


def _hemorrhage_answers(seeds: Sequence[tuple[str, tuple[float, float, float]]]):
    """Clicks of the command line."""
    from .batch.hemorrhage_answers import HemorrhageAnswers
    from .hemorrhage_types import Seed, Structure

    return HemorrhageAnswers(tuple(Seed(point, Structure(what)) for what, point in seeds))


def _follow_up(options: Namespace, baseline: str):
    """Baseline, forms and outlines of the command line."""
    from .batch.follow_up_answers import FollowUpRequest
    from .biomarkers.forms import load_answers

    earlier, answers, masks = (getattr(options, name, None) for name in ("earlier", "answers", "masks"))
    if masks and not masks.is_dir():
        raise _usage(f"--masks {masks.name}: no such folder", "a folder with outlines", "check the path")
    mdd = {"ich": getattr(options, "mdd", None), "ich_ivh": getattr(options, "mdd_total", None)}
    return FollowUpRequest(
        record=str(earlier) if earlier and not baseline else "",
        timepoint=baseline,
        forms=load_answers(answers) if answers else (),
        masks=str(masks) if masks else "",
        reader=getattr(options, "reader", ""),
        study_mdd_ml={name: ml for name, ml in mdd.items() if ml is not None},
        baseline_hemorrhage=_hemorrhage_answers(getattr(options, "baseline_seed", ())),
    )


def run_all(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant run INPUT --out OUT`."""
    with tempfile.TemporaryDirectory() as workspace:
        scan = _scan(options, workspace)
        cases = _answered(options, discover_cases(options.input, scan.series, split_patients=options.split_patients))
        return _measure(options, words, cases, scan.skipped, jobs=options.jobs, resumed=options.resume)


def scanners(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant scanners HISTORY`."""
    from .phantom.fleet_report import fleet_contents, fleet_data, fleet_report, fleet_text
    from .phantom.history import Event, History

    history = History(options.history, must_exist=True)
    if options.event:
        history.add_event(Event(*options.event))
    report = fleet_report(history)
    if options.out:
        from .record.files import write_files
        from .record.phantom_fleet import fleet_page

        write_files(options.out, fleet_contents(report) | {"scanners.html": fleet_page(report)})
    print(json.dumps(fleet_data(report), indent=1) if options.json else fleet_text(report))
    if report.problems:
        return EXIT_DIFFERENCE
    return EXIT_MEASURED if report.sessions else EXIT_NOTHING


def phantom(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant phantom INPUT --out OUT --phantom FILE`."""
    from .batch.phantom_case import phantom_text, run_phantom
    from .phantom.diffusion_session import Stated
    from .phantom.placements import load_placements, movable
    from .phantom.registry_files import find_phantom

    named = find_phantom(options.phantom)
    labels = sorted({insert.label for insert in named.inserts} | movable(named))
    stated = Stated(
        options.temperature,
        "stated" if options.temperature is not None else "",
        options.serial,
        tuple(options.observation),
        load_placements(options.placements, labels) if options.placements else None,
    )
    with tempfile.TemporaryDirectory() as workspace:
        scan = _scan(options, workspace)
        unknown = sorted(set(options.series) - {s.key for s in scan.series})
        if unknown:
            raise _usage(
                f"--series {', '.join(unknown)}: no such series", "keys of 'strokequant inspect'", "correct the key"
            )
        _, data = run_phantom(
            [s for s in scan.series if not options.series or s.key in options.series],
            named,
            stated,
            options.out,
            case=safe_name(options.input),
            criteria=tuple(options.criteria),
            history=options.history,
            command=[Path(word).name if "/" in word or "\\" in word else word for word in words],
        )
    print(json.dumps(data, indent=1) if options.json else phantom_text(data, options.out))
    if not any(m["value"] is not None for m in data["measurements"]):
        return EXIT_NOTHING
    return EXIT_PARTLY if data["verdict"]["outcome"] == "no_verdict" else EXIT_MEASURED


def safe_name(path: Path) -> str:
    """Name of a session folder from the name of its input."""
    name = path.resolve().name.split(".")[0]
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name).strip("_")
    return kept or "phantom"


def verify(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant verify OUT`."""
    issues = _verified(options.out)
    if options.json:
        print(json.dumps([issue.as_dict() for issue in issues], indent=1))
    elif issues:
        print("\n".join(str(issue) for issue in issues))
    else:
        print(f"{options.out}: everything is as it was written")
    return EXIT_DIFFERENCE if any(issue.level is not Level.INFO for issue in issues) else EXIT_MEASURED


def _verified(path: Path) -> tuple[Issue, ...]:
    """What does not hold in the output of a run, in a trial, or in a read item."""
    from .record.verify import verify as verify_output
    from .trial.verify_trial import is_item, is_trial, verify_folder

    return verify_folder(path) if is_trial(path) or is_item(path) else verify_output(path)


def deidentify(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant deidentify INPUT --out OUT --pseudonym P`."""
    from .deidentify.intake import deidentify as make_copy
    from .deidentify.intake import intake_text
    from .deidentify.secret_file import secret_of

    progress = _progress(options)
    secret = secret_of(options.secret) if options.secret else None
    with tempfile.TemporaryDirectory() as workspace:
        found = make_copy(
            options.input,
            options.out,
            pseudonym=options.pseudonym,
            secret=secret,
            series=options.series,
            looked_at=options.looked_at,
            retain_device=not options.drop_serial,
            workspace=Path(workspace),
            progress=progress.step,
        )
    print(json.dumps(found.report, indent=1, ensure_ascii=False) if options.json else intake_text(found))
    return EXIT_PARTLY if found.report["refused"] else EXIT_MEASURED


def forms(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant forms`."""
    from .biomarkers.form_blank import blank_answers
    from .biomarkers.forms import load_forms

    known = load_forms()
    unknown = [name for name in options.forms if name not in known]
    if unknown:
        raise UsageError(
            Issue(
                "E33", Level.STOP, f"form {', '.join(unknown)}", "one of " + ", ".join(known), "see 'strokequant forms'"
            )
        )
    if options.forms:
        print(blank_answers(known[name] for name in options.forms), end="")
        return 0
    for form in known.values():
        print(f"{form.id:<12}{form.version:<6}{', '.join(form.modalities) or 'no images':<16}{form.name['en']}")
    return 0


def doctor(options: Namespace, words: Sequence[str]) -> int:
    """`strokequant doctor`."""
    from .batch.doctor import examination_text, examine

    found = examine()
    print(json.dumps(found, indent=1) if options.json else examination_text(found))
    return EXIT_MEASURED if found["self_test"]["passed"] else EXIT_NOTHING


def _one_case(cases: Sequence[CaseInput]) -> Sequence[CaseInput]:
    names = sorted({c.case for c in cases})
    if len(names) > 1:
        found = f"{len(names)} patients or cases in one input: {', '.join(names)}"
        raise InputError(Issue("I03", Level.STOP, found, "one case", "use 'strokequant run', or name one case"))
    return cases


def _progress(options: Namespace) -> Progress:
    return Progress(quiet=options.quiet)


def _settings(options: Namespace) -> Settings:
    return load_settings(options.config) if getattr(options, "config", None) else Settings()


def _scan(options: Namespace, workspace: str, path: Path | None = None):
    """Scan INPUT, or another path, but never what an earlier run wrote into OUT."""
    from .dicomio.scan import scan

    progress = _progress(options)
    out = getattr(options, "out", None)
    path = path or options.input
    if out and out.resolve() == path.resolve():
        raise _usage(f"INPUT and OUT are both {out}", "two folders", "choose another output folder")
    limits = _settings(options).scan
    exclude = (out,) if out else ()
    found = scan(path, progress=progress.step, workspace=Path(workspace), exclude=exclude, config=limits)
    for issue in found.issues:
        progress.message(str(issue))
    for reason, count in sorted(Counter(file.reason for file in found.skipped).items()):
        progress.line(f"left out: {count} x {reason}")
    return found


def _case_of_files(options: Namespace) -> CaseInput:
    from .dicomio.nifti import nifti_case

    if len(options.b_value) > 1 or any(key for key, _ in options.b_value):
        raise _usage("--b-value with a series key", "one --b-value B for --dwi", "give the number alone")
    b_value = options.b_value[0][1] if options.b_value else None
    series = nifti_case(dwi=options.dwi, b0=options.b0, adc=options.adc, b_value=b_value, adc_unit=options.adc_unit)
    name = (options.dwi or options.adc).name.split(".")[0]
    return CaseInput(name, "tp1", tuple(series))


def _perfusion_of_file(options: Namespace) -> CaseInput:
    from .dicomio.nifti import nifti_series
    from .types import Role

    if not options.kind:
        raise _usage("--perfusion without --kind", "--kind dsc or --kind ctp", "say what the file holds")
    name = options.perfusion.name.split(".")[0]
    return CaseInput(name, "tp1", (nifti_series(options.perfusion, Role(options.kind), key="perfusion"),))


def _of_kind(options: Namespace, cases: Sequence[CaseInput]) -> Sequence[CaseInput]:
    """Cases with the series that `--kind` says something of."""
    if not options.kind:
        return cases
    if not options.series:
        raise _usage("--kind without a series", "--series KEY", "name the series, see 'strokequant inspect'")
    from .batch.answers import with_kind
    from .types import Role

    return with_kind(cases, options.series, Role(options.kind))


def _perfusion_answers(options: Namespace, cases: Sequence[CaseInput]) -> dict:
    """What was said about perfusion, by case; clinical facts of a table by the names of the cases."""
    from .batch.perfusion_answers import PerfusionAnswers
    from .biomarkers.clinical import load_clinical

    said = {
        "times_s": _times(options),
        "echo_time_ms": options.echo_time,
        "baseline": options.baseline,
        "aif_lps": options.aif,
        "vof_lps": options.vof,
        "affected": options.side or "",
        "leakage_correction": options.leakage_correction,
    }
    names = sorted({c.case for c in cases})
    facts = {
        name: load_clinical(options.clinical, case=name, optional=len(names) > 1) if options.clinical else {}
        for name in names
    }
    return {name: PerfusionAnswers(**said, clinical=facts[name]) for name in names}


def _times(options: Namespace) -> float | tuple[float, ...] | None:
    if options.times is None:
        return options.frame_step
    if options.frame_step is not None:
        raise _usage("both --times and --frame-step", "one of them", "leave one out")
    from .dicomio.times import read_times_file

    return read_times_file(options.times)


def _answered(options: Namespace, cases: Sequence[CaseInput]) -> Sequence[CaseInput]:
    """Cases with the b values of `--b-value KEY=B`."""
    if any(not key for key, _ in options.b_value):
        raise _usage("--b-value B without a series", "--b-value KEY=B", "name the series, see 'strokequant inspect'")
    if not options.b_value:
        return cases
    from .batch.answers import with_b_values

    settings = _settings(options)
    return with_b_values(cases, dict(options.b_value), read_config=settings.read, adc_config=settings.adc)


def _measure(
    options, words, cases, skipped, *, wanted=(), jobs: int = 1, resumed: bool = False, baseline: str = ""
) -> int:
    from .batch.run import run_cases
    from .batch.summary import outcome_table, outcomes_dict

    _check_series(options.series, cases)
    follow_up = _follow_up(options, baseline)
    _check_answers(follow_up, cases)
    outcomes = run_cases(
        cases,
        options.out,
        settings=_settings(options),
        chosen=options.series,
        skipped=skipped,
        wanted=wanted,
        answers=_perfusion_answers(options, cases) if hasattr(options, "clinical") else None,
        hemorrhage=_hemorrhage_answers(getattr(options, "seed", ())),
        follow_up=follow_up,
        sessions=_phantom_sessions(options),
        jobs=jobs,
        resumed=resumed,
        command=[Path(word).name if "/" in word or "\\" in word else word for word in words],
        progress=_progress(options),
    )
    print(
        json.dumps(outcomes_dict(outcomes, options.out), indent=1)
        if options.json
        else outcome_table(outcomes, options.out)
    )
    found = {o.outcome for o in outcomes}
    if found <= {"refused", "failed"}:
        return EXIT_NOTHING
    return EXIT_MEASURED if found == {"measured"} else EXIT_PARTLY


def _phantom_sessions(options: Namespace):
    """Sessions of the phantom history of `--phantoms`; None without one."""
    if not getattr(options, "phantoms", None):
        return None
    from .phantom.history import History

    return History(options.phantoms, must_exist=True).sessions()


def _check_answers(request: Any, cases: Sequence[CaseInput]) -> None:
    """Every answer must be about a time point that is there, and a folder of outlines must hold one of it."""
    known = {(c.case, c.timepoint) for c in cases}
    names = {case for case, _ in known}
    for answers in request.forms:
        key = (answers.case, answers.timepoint)
        if key not in known and (answers.case or len(names) > 1):
            about = "/".join(key) if answers.case else "no case"
            listed = ", ".join("/".join(one) for one in sorted(known)[:10])
            raise _usage(f"answers to {answers.form} about {about}", f"one of {listed}", "correct case and timepoint")
    only = len(names) == 1
    if request.masks and not any(request.of(*key, is_only=only).masks for key in known):
        expected = "infarct.nii.gz, ich.seg.nrrd, ... in it or in CASE/TIMEPOINT below"
        raise _usage("--masks without an outline of any time point", expected, "correct the names")


def _check_series(chosen: Sequence[str], cases: Sequence[CaseInput]) -> None:
    known = {s.key for case in cases for s in case.series}
    unknown = [key for key in chosen if key not in known]
    if unknown:
        listed = ", ".join(sorted(known))
        raise _usage(f"--series {', '.join(unknown)}: no such series", f"of {listed}", "see 'strokequant inspect'")


def _usage(found: str, expected: str, remedy: str) -> UsageError:
    return UsageError(Issue("I01", Level.STOP, found, expected, remedy))
