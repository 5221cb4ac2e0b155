"""What is said about baseline and bolus (codes D01 to D08, D13, D15)."""

from ..errors import Issue, Level
from ..perfusion_config import ConcentrationConfig

_EFFECT = {"dsc": "ln(S0/S)", "ctp": "HU"}


def unusable(found: str, frames_min: int) -> Issue:
    """D13."""
    return Issue(
        "D13",
        Level.STOP,
        found,
        f"a DSC or CTP series of at least {frames_min} frames, positive in DSC, and a brain mask on its grid",
        "choose the dynamic series; correct the brain mask",
    )


def steady(frames: int) -> Issue:
    """D07."""
    return Issue("D07", Level.INFO, f"{frames} frames before the steady state are left out", "", "")


def no_bolus(height: float, needed: float, kind: str) -> Issue:
    """D01, by height."""
    return Issue(
        "D01",
        Level.STOP,
        f"the mean of the brain changes by {height:.3g} in {_EFFECT[kind]}",
        f"at least {needed:.3g}",
        "check that contrast agent was given and that this is the dynamic series",
    )


def slow(rise_s: float, longest_s: float) -> Issue:
    """D01, by slowness."""
    return Issue(
        "D01",
        Level.STOP,
        f"the mean of the brain takes {rise_s:.0f} s to rise from 25 to 75 %: drift, no first pass",
        f"at most {longest_s:g} s",
        "check that contrast agent was given as a bolus; correct motion and drift",
    )


def wrong_sign(kind: str) -> Issue:
    """D06."""
    words = {
        "dsc": ("the signal rises with the bolus", "T2* contrast that lowers the signal"),
        "ctp": ("HU fall with the bolus", "HU that rise"),
    }
    found, expected = words[kind]
    remedy = "check the kind of the series and that values were not inverted; T1-weighted series (DCE) are not measured"
    return Issue("D06", Level.STOP, found, expected, remedy)


def too_early(arrival: int, first: int) -> Issue:
    """D04."""
    return Issue(
        "D04",
        Level.STOP,
        f"contrast agent arrives in frame {arrival}, the first usable frame is {first}",
        "frames without contrast agent before the bolus",
        "set the baseline by hand if there are such frames; otherwise the series cannot be measured",
    )


def too_late(peak: int, frames: int, end: float, level: Level) -> Issue:
    """D05."""
    return Issue(
        "D05",
        level,
        f"the mean of the brain peaks in frame {peak} of {frames} and ends at {100 * end:.0f} % of its peak",
        "a scan that goes on until the bolus has passed",
        "no map can be trusted" if level is Level.STOP else "CBV and MTT are too low; Tmax is kept",
    )


def two_boluses(peaks: list[int], times_s, level: Level) -> Issue:
    """D02."""
    when = " and ".join(f"{float(times_s[n]):.0f} s" for n in peaks)
    return Issue(
        "D02",
        level,
        f"the mean of the brain peaks at {when}",
        "one first pass; recirculation is lower",
        "cut the series to one bolus, check for motion, or set the baseline by hand to accept it",
    )


def short(frames: int, by_hand: bool, config) -> Issue:
    """D03."""
    level = Level.ASK if frames < config.baseline_min_frames and not by_hand else Level.WARN
    return Issue(
        "D03",
        level,
        f"{frames} baseline frames",
        f"at least {config.baseline_warn_frames}",
        "maps are noisier; set the baseline by hand to accept it" if level is Level.ASK else "maps are noisier",
    )


def drift(percent: float, config) -> Issue:
    """D08."""
    return Issue(
        "D08",
        Level.WARN,
        f"the mean of the brain changes within the baseline by {percent:.0f} % of the bolus",
        f"at most {100 * config.drift_warn:g} %",
        "correct motion, or set the baseline by hand",
    )


def by_hand(first: int, last: int, arrival: int) -> Issue:
    """D15."""
    found = f"baseline of frames {first} to {last - 1}, set by hand"
    if last <= arrival:
        return Issue("D15", Level.INFO, found)
    return Issue("D15", Level.WARN, found, f"frames before arrival in frame {arrival}", "move the end of the baseline")


def no_such_frames(frames: tuple[int, int], count: int) -> Issue:
    """D15, refused."""
    return Issue(
        "D15", Level.STOP, f"baseline [{frames[0]}, {frames[1]})", f"first < last within 0 to {count}", "set it again"
    )


def soon_after(arrival_s: float, last_s: float, config: ConcentrationConfig) -> Issue | None:
    """D05, where the scan ends too soon after the bolus came to the artery: late tissue has not had its own by then."""
    after = last_s - arrival_s
    if after >= config.after_warn_s:
        return None
    stop = after < config.after_stop_s
    limit = config.after_stop_s if stop else config.after_warn_s
    remedy = "send all frames, or scan longer" if stop else "Tmax above 8 s, CBV and core are doubtful"
    level = Level.STOP if stop else Level.WARN
    return Issue("D05", level, f"the scan ends {after:.1f} s after the bolus came", f"at least {limit:g} s", remedy)
