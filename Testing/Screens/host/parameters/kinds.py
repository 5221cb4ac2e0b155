"""How each type of parameter is checked and written into a vtkMRMLScriptedModuleNode."""

import enum
import inspect
import pathlib
import types
import typing

import slicer

from host.parameters.annotations import Default, Validator, find
from host.parameters.containers import FloatRange, NodeDict, NodeList, NodeRange

PATHS = (
    pathlib.Path,
    pathlib.PosixPath,
    pathlib.WindowsPath,
    pathlib.PurePath,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
)


def split(annotation) -> tuple:
    """Return (type, annotations) of a possibly annotated type."""
    base, *extras = typing.get_args(typing.Annotated[annotation, None])
    return base, tuple(extras[:-1])


class Kind:
    """One type: check, read, write. Subclasses say how; validators are added to all."""

    accepts: tuple = ()
    noneAllowed = False

    def __init__(self, base, extras=()):
        self.base, self.extras = base, extras
        self.validators = [v() if inspect.isclass(v) else v for v in extras if self._validates(v)]
        given = find(extras, Default)
        self.default = given if given is not None else Default(generator=self.initial)

    @staticmethod
    def _validates(one):
        return isinstance(one, Validator) or (inspect.isclass(one) and issubclass(one, Validator))

    def check(self, value):
        """Raise ValueError or TypeError if the value may not be stored."""
        if value is None and not self.noneAllowed:
            raise ValueError("the value may not be None")
        if value is not None and self.accepts and not isinstance(value, self.accepts):
            raise TypeError(f"the value must be {self.accepts}, not {type(value).__name__} {value!r}")
        for validator in self.validators:
            validator.validate(value)

    def store(self, node, key, value):
        """Check and write a value; the node says once that it changed."""
        self.check(value)
        with slicer.util.NodeModify(node):
            self.write(node, key, value)

    def has(self, node, key):
        """Say whether the node has a value."""
        return node.HasParameter(key)

    def read(self, node, key):
        """Return the value."""
        return self.parse(node.GetParameter(key))

    def write(self, node, key, value):
        """Write a checked value."""
        node.SetParameter(key, self.format(value))

    def remove(self, node, key):
        """Forget the value."""
        node.UnsetParameter(key)

    def format(self, value):
        """Return the text of a value."""
        return str(value)

    def parse(self, text):
        """Return the value of a text."""
        return self.base(text)

    def initial(self):
        """Return the value without any default given."""
        return self.base()


class NumberKind(Kind):
    """int and float. A bool is refused: Slicer would write "True" and fail when it reads that."""

    @property
    def accepts(self):
        """An int will do for a float, a float will not for an int."""
        return (int, float) if self.base is float else (int,)

    def check(self, value):
        if isinstance(value, bool):
            raise TypeError(f"the value must be a number, not {value}")
        super().check(value)

    def initial(self):
        return 0


class TextKind(Kind):
    """str."""

    accepts = (str,)


class BoolKind(Kind):
    """bool, kept as "True" or "False"."""

    accepts = (bool,)

    def parse(self, text):
        return text == "True"


class PathKind(Kind):
    """The classes of pathlib."""

    @property
    def accepts(self):
        """Only the class itself and what derives from it."""
        return (self.base,)


class EnumKind(Kind):
    """An enum, kept by name: renaming a member breaks saved scenes."""

    @property
    def accepts(self):
        """Members only."""
        return (self.base,)

    def format(self, value):
        return value.name

    def parse(self, text):
        if text not in self.base.__members__:
            raise ValueError(f"{text!r} in the parameter node is not a name in {self.base!r}")
        return self.base[text]

    def initial(self):
        return next(iter(self.base))


class NodeKind(Kind):
    """A MRML node, kept as node reference, with an empty text beside it that says that a choice was made."""

    noneAllowed = True

    @property
    def accepts(self):
        """Nodes of the class and what derives from it."""
        return (self.base,)

    def read(self, node, key):
        return node.GetNodeReference(key)

    def write(self, node, key, value):
        node.SetParameter(key, "")
        node.SetNodeReferenceID(key, value.GetID() if value is not None else None)

    def remove(self, node, key):
        node.UnsetParameter(key)
        node.RemoveNodeReferenceIDs(key)

    def initial(self):
        return None


class NoneKind(Kind):
    """None, as one of the types of a union."""

    noneAllowed = True
    accepts = (type(None),)

    def read(self, node, key):
        return None

    def format(self, value):
        return "True"

    def initial(self):
        return None


class ListKind(Kind):
    """A list. What is read writes each change into the node."""

    accepts = (list, NodeList)

    def __init__(self, base, extras=()):
        super().__init__(base, extras)
        arguments = typing.get_args(base)
        if len(arguments) != 1:
            raise NotImplementedError("the host knows lists of one type only: list[str]")
        self.element = make(arguments[0])

    def check(self, value):
        super().check(value)
        for one in value:
            self.element.check(one)

    def _length(self, node, key):
        return int(node.GetParameter(f"{key}.len") or 0)

    def has(self, node, key):
        return node.HasParameter(f"{key}.len")

    def read(self, node, key):
        values = [self.element.read(node, f"{key}.{i}") for i in range(self._length(node, key))]
        return NodeList(lambda changed: self.store(node, key, changed), values)

    def write(self, node, key, value):
        old, values = self._length(node, key), list(value)
        for index, one in enumerate(values):
            self.element.write(node, f"{key}.{index}", one)
        for index in range(len(values), old):
            self.element.remove(node, f"{key}.{index}")
        node.SetParameter(f"{key}.len", str(len(values)))

    def remove(self, node, key):
        for index in range(self._length(node, key)):
            self.element.remove(node, f"{key}.{index}")
        node.UnsetParameter(f"{key}.len")

    def initial(self):
        return []


class TupleKind(Kind):
    """A tuple of fixed length, each place with its type."""

    accepts = (tuple,)

    def __init__(self, base, extras=()):
        super().__init__(base, extras)
        self.elements = [make(argument) for argument in typing.get_args(base)]
        if not self.elements:
            raise NotImplementedError("a tuple needs the types of its places: tuple[int, str]")

    def check(self, value):
        super().check(value)
        if len(value) != len(self.elements):
            raise ValueError(f"the tuple must have {len(self.elements)} places, not {len(value)}")
        for element, one in zip(self.elements, value, strict=True):
            element.check(one)

    def has(self, node, key):
        return self.elements[0].has(node, f"{key}.0")

    def read(self, node, key):
        return tuple(element.read(node, f"{key}.{i}") for i, element in enumerate(self.elements))

    def write(self, node, key, value):
        for index, (element, one) in enumerate(zip(self.elements, value, strict=True)):
            element.write(node, f"{key}.{index}", one)

    def remove(self, node, key):
        for index, element in enumerate(self.elements):
            element.remove(node, f"{key}.{index}")

    def initial(self):
        return tuple(element.initial() for element in self.elements)


class DictKind(ListKind):
    """A dict in its order, kept as a list of pairs. What is read writes each change into the node."""

    accepts = (dict, NodeDict)

    def __init__(self, base, extras=()):
        Kind.__init__(self, base, extras)
        arguments = typing.get_args(base)
        if len(arguments) != 2:
            raise NotImplementedError("the host knows dicts with types only: dict[str, float]")
        self.element = TupleKind(tuple[arguments])

    def check(self, value):
        Kind.check(self, value)
        for pair in value.items():
            self.element.check(pair)

    def read(self, node, key):
        pairs = [self.element.read(node, f"{key}.{i}") for i in range(self._length(node, key))]
        return NodeDict(lambda changed: self.store(node, key, changed), dict(pairs))

    def write(self, node, key, value):
        super().write(node, key, value.items())

    def initial(self):
        return {}


class UnionKind(Kind):
    """One of several types; the key in the node says which."""

    noneAllowed = True

    def __init__(self, base, extras=()):
        self.options = [make(argument) for argument in typing.get_args(base)]
        super().__init__(base, extras)

    def _option(self, value):
        refusals = []
        for index, option in enumerate(self.options):
            try:
                option.check(value)
            except (TypeError, ValueError) as refusal:
                refusals.append(str(refusal))
            else:
                if value is not None or isinstance(option, NoneKind):
                    return index, option
        raise TypeError(f"{value!r} fits none of the types: {'; '.join(refusals)}")

    def check(self, value):
        self._option(value)
        for validator in self.validators:
            validator.validate(value)

    def has(self, node, key):
        return any(option.has(node, f"{key}.{i}") for i, option in enumerate(self.options))

    def read(self, node, key):
        for index, option in enumerate(self.options):
            if option.has(node, f"{key}.{index}"):
                return option.read(node, f"{key}.{index}")
        raise KeyError(key)

    def write(self, node, key, value):
        index, option = self._option(value)
        self.remove(node, key)
        option.write(node, f"{key}.{index}", value)

    def remove(self, node, key):
        for index, option in enumerate(self.options):
            option.remove(node, f"{key}.{index}")

    def initial(self):
        optional = len(self.options) == 2 and isinstance(self.options[1], NoneKind)
        return None if optional else self.options[0].initial()


class RangeKind(Kind):
    """A FloatRange, kept as its two ends."""

    accepts = (FloatRange,)

    def has(self, node, key):
        return node.HasParameter(f"{key}._minimum")

    def read(self, node, key):
        low, high = (float(node.GetParameter(f"{key}.{end}")) for end in ("_minimum", "_maximum"))
        return NodeRange(lambda changed: self.store(node, key, changed), low, high)

    def write(self, node, key, value):
        node.SetParameter(f"{key}._minimum", str(value.minimum))
        node.SetParameter(f"{key}._maximum", str(value.maximum))

    def remove(self, node, key):
        for end in ("_minimum", "_maximum"):
            node.UnsetParameter(f"{key}.{end}")


def make(annotation) -> Kind:
    """Return the kind of a possibly annotated type."""
    base, extras = split(annotation)
    cls = _kind_class(base)
    if cls is None:
        raise NotImplementedError(f"the host has no parameters of type {base}")
    return cls(base, extras)


def _kind_class(base):
    origin = typing.get_origin(base)
    if origin in (typing.Union, types.UnionType):
        return UnionKind
    plain = {
        int: NumberKind,
        float: NumberKind,
        str: TextKind,
        bool: BoolKind,
        type(None): NoneKind,
        FloatRange: RangeKind,
    }
    plain |= dict.fromkeys(PATHS, PathKind)
    containers = {list: ListKind, tuple: TupleKind, dict: DictKind}
    if base in plain or origin in containers or base in containers:
        return plain.get(base) or containers.get(origin or base)
    if not isinstance(base, type):
        return None
    if issubclass(base, slicer.vtkMRMLNode):
        return NodeKind
    if issubclass(base, enum.Enum):
        return EnumKind
    return getattr(base, "_packKind", None)
