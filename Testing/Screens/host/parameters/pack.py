"""`@parameterPack`: a group of parameters, alone or inside a parameter node."""

import typing

from host.parameters.kinds import Kind, make


def annotated_kinds(cls) -> dict:
    """Return {name: Kind} for the annotated attributes of a class; a value in the class body is the default."""
    from host.parameters.annotations import Default

    kinds = {}
    for name, annotation in typing.get_type_hints(cls, include_extras=True).items():
        kinds[name] = kind = make(annotation)
        kind.annotation = annotation
        if hasattr(cls, name):
            kind.default = Default(getattr(cls, name))
    return kinds


def split_name(owner, name: str) -> tuple:
    """Return (first part, rest or None) of a dotted name; ValueError if there is no such parameter."""
    first, _, rest = name.partition(".")
    if first not in owner._kinds:
        raise ValueError(f"{owner} has no parameter {first!r}; it has {', '.join(owner._kinds)}")
    return first, rest or None


def get_value(self, name):
    """Return a parameter by its name, for example "window.low"."""
    first, rest = split_name(self, name)
    value = getattr(self, first)
    return value.getValue(rest) if rest else value


def set_value(self, name, value):
    """Set a parameter by its name, for example "window.low"."""
    first, rest = split_name(self, name)
    if rest:
        getattr(self, first).setValue(rest, value)
    else:
        setattr(self, first, value)


def data_type(cls, name):
    """Return the annotated type of a parameter by its name."""
    first, rest = split_name(cls, name)
    kind = cls._kinds[first]
    return kind.base.dataType(rest) if rest else kind.annotation


def reserve(cls, names) -> None:
    """Refuse parameters and methods with the names that the decorator adds."""
    for name in names:
        if name in vars(cls) or name in cls._kinds:
            raise ValueError(f"Cannot use reserved name '{name}' in {cls.__name__}")


class PackKind(Kind):
    """A pack inside a node: each member under `name.member`."""

    @property
    def accepts(self):
        """Packs of this class."""
        return (self.base,)

    def has(self, node, key):
        name, kind = next(iter(self.base._kinds.items()))
        return kind.has(node, f"{key}.{name}")

    def read(self, node, key):
        bound = self.base.__new__(self.base)
        object.__setattr__(bound, "_place", (node, key))
        return bound

    def write(self, node, key, value):
        for name, kind in self.base._kinds.items():
            kind.write(node, f"{key}.{name}", getattr(value, name))

    def remove(self, node, key):
        for name, kind in self.base._kinds.items():
            kind.remove(node, f"{key}.{name}")


def _member(name, kind):
    def read(self):
        if self._place is None:
            return self._values[name]
        node, key = self._place
        return kind.read(node, f"{key}.{name}")

    def write(self, value):
        if self._place is None:
            kind.check(value)
            self._values[name] = value
        else:
            node, key = self._place
            kind.store(node, f"{key}.{name}", value)

    return property(read, write)


def _init(self, *arguments, **named):
    names = list(self._kinds)
    if len(arguments) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values, not {len(arguments)}")
    given = dict(zip(names, arguments, strict=False))
    for name in named:
        if name not in names or name in given:
            raise TypeError(f"{type(self).__name__} got an unexpected or double value {name!r}")
    object.__setattr__(self, "_place", None)
    object.__setattr__(self, "_values", {})
    for name, kind in self._kinds.items():
        setattr(self, name, (given | named).get(name, kind.default.value))


def _assign(self, name, value):
    if name not in self._kinds:
        raise AttributeError(f"{type(self).__name__} has no parameter {name!r}")
    object.__setattr__(self, name, value)


def _equal(self, other):
    return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self._kinds)


def _show(self):
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._kinds)})"


def parameterPack(cls=None):
    """Class decorator, with or without parentheses."""
    if cls is None:
        return parameterPack
    cls._kinds = annotated_kinds(cls)
    if not cls._kinds:
        raise ValueError(f"{cls.__name__} has no parameters")
    reserve(cls, ("getValue", "setValue", "dataType", "allParameters"))
    if "__init__" in vars(cls):
        raise NotImplementedError("the host knows no packs with an __init__ of their own")
    for name, kind in cls._kinds.items():
        kind.check(kind.default.value)
        setattr(cls, name, _member(name, kind))
    cls._packKind = PackKind
    cls.allParameters = cls._kinds
    cls.getValue, cls.setValue, cls.dataType = get_value, set_value, classmethod(data_type)
    cls.__init__, cls.__eq__, cls.__repr__, cls.__hash__, cls.__setattr__ = _init, _equal, _show, None, _assign
    return cls


def isParameterPack(one) -> bool:
    """Say whether a class or object is a pack."""
    return hasattr(one, "_packKind")
