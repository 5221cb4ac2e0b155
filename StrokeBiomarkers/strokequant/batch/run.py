"""Many cases: one bad case never stops the rest, a killed run goes on, the numbers do not depend on the number of jobs."""

import json
import multiprocessing
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import Issue, Level, StrokeQuantError
from ..record.files import write_bytes, write_error, write_files, write_manifest
from ..record.table import write_cases, write_measurements
from ..settings import Settings
from ..software import software_versions
from ..threads import imported_meanwhile, together
from ..types import CaseRecord, SkippedFile
from . import resume
from .case import GROWTH, Part, is_measured, measure_case, principal_measurements
from .discover import CaseInput
from .earlier import Earlier
from .follow_up_answers import FollowUpAnswers, FollowUpRequest
from .hemorrhage_answers import HemorrhageAnswers
from .memory import peak_memory_mb, reset_peak_memory
from .pairs import Key, in_order, pair_time_points, rounds_of
from .perfusion_answers import PerfusionAnswers
from .progress import Progress

if TYPE_CHECKING:
    from ..phantom.history import StoredSession

INDEX = "index.html"
"""Page of all cases of a run."""


@dataclass(frozen=True)
class Outcome:
    """What became of one time point of one case.

    Args:
        outcome: "measured", "partly" (some parts refused), "refused" (with the reason) or "failed" (a defect, or a machine that
            gave up).
        reason: one line.
        outputs: path relative to the output folder -> SHA-256.
        notes: what was left out of the DICOM objects, and why.
    """

    case: str
    timepoint: str
    outcome: str
    reason: str = ""
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    outputs: dict[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    resumed: bool = False
    notes: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Folder of the case, relative to the output folder."""
        return f"{self.case}/{self.timepoint}"


def run_cases(
    cases: Sequence[CaseInput],
    out: Path,
    *,
    settings: Settings = Settings(),
    chosen: Sequence[str] = (),
    skipped: Sequence[SkippedFile] = (),
    wanted: Sequence[Part] = (),
    answers: Mapping[str, PerfusionAnswers] | None = None,
    hemorrhage: HemorrhageAnswers = HemorrhageAnswers(),
    follow_up: FollowUpRequest = FollowUpRequest(),
    sessions: Sequence["StoredSession"] | None = None,
    jobs: int = 1,
    resumed: bool = False,
    command: Iterable[str] = (),
    progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Measure every case and write what the output contract names.

    Args:
        cases: from `discover_cases`.
        out: output folder; made when it is not there.
        chosen: series keys that a person named.
        skipped: files that are no part of any series.
        wanted: parts to measure; all that the series allow where empty.
        answers: of a person about perfusion, by case.
        hemorrhage: of a person about hemorrhage in the last time point of a case.
        follow_up: baseline, forms and outlines. Without a baseline the time points of a case are paired automatically.
        sessions: of a phantom history, which stand beside the numbers of the scanners that they are about; None where there is no history.
        jobs: processes; each case is measured in one of them.
        resumed: keep what an earlier run has finished with the same files, configuration and software.

    Raises:
        RecordError: the output folder cannot be written. What was finished before is kept.
    """
    progress = progress or Progress(quiet=True)
    started = _utc_now()
    try:
        out.mkdir(parents=True, exist_ok=True)
        _remove_torn_files(out)
    except OSError as error:
        raise write_error(out, error) from error
    done = resume.finished(out) if resumed else {}
    if not resumed:
        resume.clear(out)
    known = None if sessions is None else tuple(sessions)
    asked = (tuple(chosen), tuple(skipped), tuple(wanted))
    shared = _Shared(out, settings, *asked, answers or {}, hemorrhage, follow_up, known)
    outcomes, rounds = _kept_and_open(_rounds(cases, shared), done, out)
    if outcomes:
        progress.line(f"{len(outcomes)} of {len(cases)} cases were finished before and are kept")
    count = sum(len(works) for works in rounds)
    number = 0
    for works in rounds:  # a follow-up needs the record of its baseline
        for outcome in _measured(works, jobs):
            resume.append(out, asdict(outcome))
            outcomes.append(outcome)
            number += 1
            progress.step(number, count, f"{outcome.folder} {outcome.outcome}")
    outcomes.sort(key=lambda o: (o.case, o.timepoint))
    _write_tables(out, outcomes, settings, command, started)
    resume.clear(out)
    return tuple(outcomes)


def _kept_and_open(
    rounds: Iterable[Iterable["_Work"]], done: Mapping[tuple[str, str], Mapping], out: Path
) -> tuple[list[Outcome], list[list["_Work"]]]:
    """What an earlier run has finished and still holds, and what is left of every round."""
    kept: list[Outcome] = []
    left: list[list[_Work]] = []
    for works in rounds:
        left.append([])
        for item in works:
            entry = done.get((item.case.case, item.case.timepoint))
            if entry and entry["fingerprint"] == item.fingerprint and resume.is_intact(out, entry):
                kept.append(_restored(entry))
            else:
                left[-1].append(item)
    return kept, left


@dataclass(frozen=True)
class _Shared:
    """What all cases of a run have in common."""

    out: Path
    settings: Settings
    chosen: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    wanted: tuple[Part, ...]
    answers: Mapping[str, PerfusionAnswers]
    hemorrhage: HemorrhageAnswers
    follow_up: FollowUpRequest
    sessions: tuple["StoredSession", ...] | None = None


@dataclass(frozen=True)
class _Work:
    """One time point to measure; `fingerprint` changes with everything that its record depends on."""

    case: CaseInput
    out: Path
    settings: Settings
    chosen: tuple[str, ...]
    skipped: tuple[SkippedFile, ...]
    fingerprint: str
    wanted: tuple[Part, ...]
    answers: PerfusionAnswers
    hemorrhage: HemorrhageAnswers
    earlier: Mapping[str, Earlier]
    follow_up: FollowUpAnswers
    sessions: tuple["StoredSession", ...] | None = None


def _rounds(cases: Sequence[CaseInput], shared: _Shared) -> list[list[_Work]]:
    """Time points that need no other one, then those that need them, and so on."""
    pairs = pair_time_points(cases, shared.wanted, baseline=shared.follow_up.timepoint)
    asked = shared.settings.describe()
    made: dict[Key, _Work] = {}
    rounds = []
    for keys in rounds_of(pairs):
        rounds.append([])
        for case in (c for c in cases if (c.case, c.timepoint) in keys):
            work = _work(case, shared, pairs[case.case, case.timepoint], cases)
            depends = [_state_of(item, made) for item in work.earlier.values()]
            mark = resume.fingerprint(case, asked | _answers(work, depends), __version__)
            made[case.case, case.timepoint] = replace(work, fingerprint=mark)
            rounds[-1].append(made[case.case, case.timepoint])
    return rounds


def _work(case: CaseInput, shared: _Shared, baselines: Mapping[str, CaseInput], cases: Sequence[CaseInput]) -> _Work:
    request = shared.follow_up
    later = [c for c in cases if c.case == case.case and c.timepoint != request.timepoint]
    is_last = bool(later) and in_order(later)[-1] is case
    is_baseline = bool(request.timepoint) and case.timepoint == request.timepoint
    clicked = request.baseline_hemorrhage if is_baseline else shared.hemorrhage if is_last else HemorrhageAnswers()
    return _Work(
        case,
        shared.out,
        shared.settings,
        shared.chosen,
        shared.skipped,
        "",
        shared.wanted,
        shared.answers.get(case.case, PerfusionAnswers()),
        clicked,
        _earlier(baselines, shared),
        request.of(case.case, case.timepoint, is_only=is_last and len({c.case for c in cases}) == 1),
        shared.sessions,
    )


def _earlier(baselines: Mapping[str, CaseInput], shared: _Shared) -> dict[str, Earlier]:
    """Baselines by what is compared: the record that a person named, or those of this run."""
    if shared.follow_up.record:
        return dict.fromkeys(GROWTH, Earlier(shared.follow_up.record))
    automatic = not shared.follow_up.explicit
    return {
        kind: Earlier(str(shared.out / first.case / first.timepoint / "record.json"), first.series, automatic)
        for kind, first in baselines.items()
    }


def _state_of(earlier: Earlier, made: Mapping[Key, _Work]) -> str:
    """What a baseline depends on: that of its time point in this run, or the hash of its record."""
    path = Path(earlier.path)
    work = made.get((path.parent.parent.name, path.parent.name)) if earlier.series else None
    return work.fingerprint if work is not None else resume.state_of_records(path)


def _answers(work: _Work, baselines: Sequence[str]) -> dict[str, Any]:
    """What a person asked and said about a time point, and what it is compared with; {} for nothing."""
    series = work.case.series
    named = sorted(s.key for s in series if s.key in work.chosen)
    entered = {s.key: issue.found for s in series for issue in s.issues if issue.code == "B07"}
    perfusion, blood, follow_up = (part.given() for part in (work.answers, work.hemorrhage, work.follow_up))
    said = [named, entered, *([sorted(work.wanted), repr(perfusion)] if work.wanted or perfusion else [])]
    said += [repr(blood)] if blood else []
    said += [repr(follow_up), sorted(baselines)] if follow_up or baselines else []
    if work.sessions is not None:
        from .scanner_qualification import relevant_digests

        said.append(["phantoms", *relevant_digests(series, work.sessions)])
    return {"answers": said} if any(said) else {}


def _measured(work: Sequence[_Work], jobs: int) -> Iterable[Outcome]:
    """Outcomes as they come."""
    if jobs <= 1 or len(work) <= 1:
        yield from map(_measure, work)
        return
    yield from _in_processes(work, min(jobs, len(work)))


def _in_processes(work: Sequence[_Work], jobs: int) -> Iterable[Outcome]:
    """A process that dies takes its pool with it; what it left is measured again, each case in a process of its own."""
    left = dict(enumerate(work))
    with _pool(jobs) as pool:
        futures = {pool.submit(_measure, item): n for n, item in left.items()}
        for future in as_completed(list(futures)):
            try:
                outcome = future.result()
            except BrokenProcessPool:
                continue
            del left[futures[future]]
            yield outcome
    for item in left.values():
        with _pool(1) as pool:
            try:
                outcome = pool.submit(_measure, item).result()
            except BrokenProcessPool:
                outcome = _failed(item, "the process that measured it died (out of memory, or a crash in a library)")
        yield outcome


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def _measure(work: _Work) -> Outcome:
    """Measure and write one case; everything that can go wrong becomes its outcome, but a full or read-only disk."""
    from ..errors import RecordError

    reset_peak_memory()
    begin = time.perf_counter()
    try:
        outcome = _measure_and_write(work)
    except RecordError:
        raise
    except StrokeQuantError as error:
        outcome = _failed(work, _one_line(error.issues), "refused")
    except Exception as error:  # a defect in one case must not stop the others
        outcome = _failed(work, f"unexpected {type(error).__name__}: {error}")
    values = asdict(outcome) | {"seconds": round(time.perf_counter() - begin, 3), "peak_memory_mb": peak_memory_mb()}
    return Outcome(**values)


_NEEDED_LATER = (
    "skimage.filters",
    "scipy.interpolate",
    "scipy.optimize",
    "strokequant.record.case_record",
    "strokequant.record.dicom_out",
    "highdicom",
    "PIL.PngImagePlugin",
    "jsonschema",
    "strokequant.record.report",
    "skimage.measure",
)
"""Imported while images are aligned or a head is searched for, which needs little of the interpreter, in the order of use."""
_WITHOUT_INTERPRETER = ("align", "motion", "brain")


def _measure_and_write(work: _Work) -> Outcome:
    with imported_meanwhile(_NEEDED_LATER) as begin:
        record = measure_case(
            work.case,
            wanted=work.wanted,
            settings=work.settings,
            chosen=work.chosen,
            skipped=work.skipped,
            answers=work.answers,
            hemorrhage=work.hemorrhage,
            earlier=work.earlier,
            follow_up=work.follow_up,
            sessions=work.sessions,
            stage=lambda name: begin() if name in _WITHOUT_INTERPRETER else None,
        )
    return _written(work, record)


def _written(work: _Work, record: CaseRecord) -> Outcome:
    """Everything is made before anything of it is written."""
    from ..record.case_record import case_contents
    from ..record.dicom_out import dicom_contents

    contents, made = together(partial(case_contents, record), partial(dicom_contents, record, now=datetime.now(UTC)))
    hashes = write_files(work.out / work.case.case / work.case.timepoint, contents | made.files)
    prefix = f"{work.case.case}/{work.case.timepoint}"
    principal = principal_measurements(record)
    refused = [m for m in principal if not is_measured(m)]
    reasons = [i for m in refused for i in ([i for i in m.issues if i.blocks] or m.issues)]
    return Outcome(
        work.case.case,
        work.case.timepoint,
        "measured" if not refused else "refused" if len(refused) == len(principal) else "partly",
        _one_line(reasons),
        outputs={f"{prefix}/{path}": digest for path, digest in hashes.items()},
        fingerprint=work.fingerprint,
        notes=tuple(str(issue) for issue in made.issues if issue.level is not Level.INFO),
    )


def _failed(work: _Work, reason: str, outcome: str = "failed") -> Outcome:
    return Outcome(work.case.case, work.case.timepoint, outcome, reason)


def _one_line(issues: Sequence[Issue]) -> str:
    return " | ".join(dict.fromkeys(str(issue) for issue in issues))


def _restored(entry: dict[str, Any]) -> Outcome:
    known = {name: entry[name] for name in Outcome.__dataclass_fields__ if name in entry}
    return Outcome(**known | {"resumed": True})


def _write_tables(
    out: Path, outcomes: Sequence[Outcome], settings: Settings, command: Iterable[str], started: str
) -> None:
    from ..record.cohort import cohort_page
    from ..record.further_tables import write_further_tables

    records = {o.folder: json.loads((out / o.folder / "record.json").read_bytes()) for o in outcomes if o.outputs}
    outputs = {path: digest for o in outcomes for path, digest in o.outputs.items()}
    rows = [_index_row(o, records.get(o.folder)) for o in outcomes]
    outputs[INDEX] = write_bytes(out / INDEX, cohort_page(rows, records.values()))
    outputs |= write_further_tables(out, records.values())
    outputs["measurements.csv"] = write_measurements(out, records.values())
    outputs["cases.csv"] = write_cases(out, [asdict(o) for o in outcomes])
    write_manifest(
        out,
        outputs=outputs,
        inputs={entry["uid"]: entry["sha256"] for record in records.values() for entry in record["inputs"]},
        software=software_versions(optional=True),
        configuration=settings.describe(),
        command=command,
        cases=[
            {
                "case": o.case,
                "timepoint": o.timepoint,
                "outcome": o.outcome,
                "reason": o.reason,
                "folder": o.folder if o.outputs else "",
                "fingerprint": o.fingerprint,
            }
            for o in outcomes
        ],
        started_utc=started,
        finished_utc=_utc_now(),
    )


def _index_row(outcome: Outcome, record: dict[str, Any] | None) -> dict[str, Any]:
    from ..record.cohort import cohort_row

    if record is None:
        names = {"case": outcome.case, "timepoint": outcome.timepoint, "outcome": outcome.outcome}
        return names | {"reason": outcome.reason, "status": "missing", "warnings": []}
    return cohort_row(record, outcome=outcome.outcome, reason=outcome.reason, href=f"{outcome.folder}/report.html")


def _remove_torn_files(out: Path) -> None:
    """Temporary files of a run that was killed while writing."""
    for torn in out.rglob(".*.part"):
        torn.unlink(missing_ok=True)


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
