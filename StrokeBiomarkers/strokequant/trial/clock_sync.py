"""Whether the clock of this computer is kept right by a time service, as the operating system says."""

import ctypes
import ctypes.util
import sys

_STRUCT_BYTES = 512
"""More than any struct timex takes."""
_TIME_ERROR = 5
"""What `ntp_adjtime` gives for a clock that nothing keeps right."""


def clock_is_synchronized() -> bool | None:
    """True or False as the kernel of Linux says; None where it cannot be asked."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(ctypes.util.find_library("c") or "libc.so.6")
        state = library.ntp_adjtime(ctypes.create_string_buffer(_STRUCT_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR
