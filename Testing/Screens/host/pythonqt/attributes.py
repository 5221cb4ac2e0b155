"""Qt properties as attributes, and no attribute that the class does not have.

PythonQt reads `label.text` and writes `label.text = "x"`; it refuses to write anything that is not a property. PySide6's own
`true_property` removes the setters, which PythonQt keeps, so it is not used.
"""

import inspect

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Property, QObject, Signal, SignalInstance

SIGNALS = (Signal, SignalInstance)
STRICT_MODULES = ("PySide6", "host.")

_loading = []


class loading:
    """While a .ui file loads, its widgets become attributes of the root: Qt's loader does so, PythonQt's not."""

    def __enter__(self):
        _loading.append(True)

    def __exit__(self, *error):
        _loading.pop()


def qobject_classes() -> list[type]:
    """Return the classes derived from QObject, bases first, each once."""
    found = []
    for module in (QtCore, QtGui, QtWidgets):
        for cls in (getattr(module, name) for name in dir(module)):  # vars() would miss what is loaded on first use
            if inspect.isclass(cls) and issubclass(cls, QObject):
                found += [base for base in reversed(cls.__mro__) if issubclass(base, QObject)]
    return list(dict.fromkeys(found))


class QtProperty(property):
    """A property of an object; asked of the class, a static function with the same name (QTimer.singleShot) is still there."""

    static = None

    def __get__(self, one, cls=None):
        return self.static if one is None and self.static is not None else super().__get__(one, cls)


def add_properties(cls: type) -> None:
    """Make the Qt properties that a class brings readable and writable as attributes."""
    meta = cls.staticMetaObject
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        one = meta.property(index)
        name = one.name()
        getter = cls.__dict__.get(name)
        if type(getter) in SIGNALS or isinstance(getter, property):
            continue
        setter = getattr(cls, "set" + name[0].upper() + name[1:], None)
        try:
            access = QtProperty(_reader(name, getter), _writer(name, setter) if one.isWritable() else None)
            access.static = getattr(cls, name) if isinstance(getter, staticmethod) else None
            setattr(cls, name, access)
        except (TypeError, AttributeError):
            continue  # a few classes are closed


def _reader(name, getter):
    if callable(getter) and not isinstance(getter, staticmethod):
        return lambda self: getter(self)
    return lambda self: self.property(name)


def _writer(name, setter):
    if callable(setter):
        return lambda self, value: setter(self, value)
    return lambda self, value: self.setProperty(name, value)


def is_strict(cls: type) -> bool:
    """Say whether a class is Qt's or a stand-in; classes that a module derives in Python take any attribute, as in PythonQt."""
    return cls.__module__.startswith(STRICT_MODULES)


def _refusal(self, name, static):
    cls = type(self).__name__
    if type(static) in SIGNALS:
        return f"Signal '{name}' can not be overwritten on {cls} object"
    if static is None:
        return f"'{name}' does not exist on {cls} and creating new attributes on C++ objects is not allowed"
    if type(static) is not Property and not hasattr(type(static), "__set__") and callable(static):
        return f"Slot '{name}' can not be overwritten on {cls} object"
    if isinstance(static, property) and static.fset is None:
        return f"Property '{name}' of {cls} object is not writable"
    return None


def assign(self, name, value) -> None:
    """Set an attribute, or refuse it as PythonQt does."""
    static = None if name.startswith("_") else inspect.getattr_static(type(self), name, None)
    bound = type(value) is SignalInstance  # PySide6 keeps a signal in the object when it is first asked for
    if not name.startswith("_") and not _loading and not bound and is_strict(type(self)):
        refusal = _refusal(self, name, static)
        if refusal:
            raise AttributeError(refusal)
    if type(static) is Property:
        static.fset(self, value)
    elif static is not None and hasattr(type(static), "__set__"):
        type(static).__set__(static, self, value)
    elif name == "__class__":
        raise TypeError(name)
    else:
        self.__dict__[name] = value
