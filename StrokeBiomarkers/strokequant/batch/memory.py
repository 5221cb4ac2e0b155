"""Peak memory of this process."""

import contextlib
import sys

_STATUS = "/proc/self/status"
_CLEAR = "/proc/self/clear_refs"


def reset_peak_memory() -> None:
    """Forget the peak so far, where the system can (Linux); elsewhere the peak is of the process since it began."""
    with contextlib.suppress(OSError), open(_CLEAR, "w") as stream:
        stream.write("5")


def peak_memory_mb() -> float:
    """Highest resident memory in MB; 0 where the system does not say."""
    with contextlib.suppress(OSError), open(_STATUS) as stream:
        for line in stream:
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return _peak_by_resource()


def _peak_by_resource() -> float:
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
