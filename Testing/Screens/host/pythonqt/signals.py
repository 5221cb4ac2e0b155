"""`sender.connect("clicked(bool)", f)` and `disconnect`, as PythonQt has them.

A Python function or method gets as many arguments as it declares; every other callable (functools.partial, a method of a Qt or VTK
object) gets all arguments of the signal, and fails if it does not take them. Where PythonQt only prints a warning, for a signal that
does not exist, this raises ValueError.
"""

import inspect
import re

from PySide6 import QtCore


def _normalized(signature):
    return bytes(QtCore.QMetaObject.normalizedSignature(signature).data()).decode()


def _split(signature):
    match = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", signature)
    if not match:
        raise ValueError(f"{signature!r} is not a signal signature: write for example 'clicked(bool)'")
    return match[1], [part for part in match[2].split(",") if part.strip()]


def find_signal(sender, signature: str):
    """Return (bound signal, number of arguments) for a C++ signature such as "clicked(bool)"."""
    name, arguments = _split(signature)
    normalized = _normalized(signature)
    for cls in type(sender).__mro__:
        standIn = cls.__dict__.get("cppSignals", {})
        if normalized in standIn:
            return getattr(sender, standIn[normalized]), len(arguments)
    meta = sender.metaObject()
    if meta.indexOfSignal(normalized) < 0:
        known = sorted({bytes(meta.method(i).methodSignature().data()).decode() for i in _signals(meta)})
        raise ValueError(f"{type(sender).__name__} has no signal {signature!r}; it has {', '.join(known)}")
    return _overload(getattr(sender, name), normalized), len(arguments)


def _overload(signal, normalized):
    """Return the variant of a signal with these arguments: `clicked` alone is `clicked()` in PySide6."""
    arguments = normalized.partition("(")[2].rstrip(")")
    try:
        return signal[arguments] if arguments else signal
    except IndexError:
        return signal  # the only variant, declared in Python


def _signals(meta):
    return (i for i in range(meta.methodCount()) if meta.method(i).methodType() == QtCore.QMetaMethod.Signal)


def arguments_taken(callback, available: int) -> int:
    """Return how many of the arguments of a signal PythonQt passes to a callback."""
    code = getattr(getattr(callback, "__func__", callback), "__code__", None)
    if code is None or code.co_flags & inspect.CO_VARARGS:
        return available
    return min(available, code.co_argcount - (1 if inspect.ismethod(callback) else 0))


def _receiver(receiver):
    if len(receiver) == 2:  # (object, "slot()")
        return getattr(receiver[0], receiver[1].partition("(")[0])
    (callback,) = receiver
    return callback


def connect(self, signature, *receiver) -> bool:
    """Call a function whenever the signal is emitted: `(signature, f)` or `(signature, object, "slot()")`."""
    if not isinstance(signature, str):  # PySide6's own `signal.connect(f)` comes by here with (sender, code, f)
        return QtCore.QObject.connect(signature, *receiver)
    callback = _receiver(receiver)
    if not callable(callback):
        raise TypeError(f"{callback!r} is not callable")
    signal, available = find_signal(self, signature)
    count = arguments_taken(callback, available)

    def forward(*arguments):
        callback(*arguments[:count])

    links = self.__dict__.setdefault("_links", {})
    links.setdefault(_normalized(signature), []).append((callback, forward, signal))
    signal.connect(forward)
    return True


def disconnect(self, signature=None, *receiver) -> bool:
    """Undo `connect`; without a callback all of a signal, without a signal all. Say whether there was something to undo."""
    if signature is not None and not isinstance(signature, str):
        return QtCore.QObject.disconnect(signature, *receiver)
    links = self.__dict__.get("_links", {})
    if signature:
        find_signal(self, signature)
    callback = _receiver(receiver) if receiver else None
    found = False
    for key in [_normalized(signature)] if signature else list(links):
        for link in list(links.get(key, [])):
            if callback is None or link[0] == callback:
                link[2].disconnect(link[1])
                links[key].remove(link)
                found = True
    return found
