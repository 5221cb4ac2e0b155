"""Lists, dicts and ranges read from a parameter node: each change is written back at once."""

import collections.abc


class NodeList(collections.abc.MutableSequence):
    """A list in a parameter node. `+` and `*` are refused, as in Slicer: their result would not be in the node."""

    def __init__(self, save, values):
        self._save, self._values = save, values

    def _change(self, values):
        self._save(values)  # checks first: a refused change leaves the list as it was
        self._values = values

    def __len__(self):
        return len(self._values)

    def __getitem__(self, index):
        return self._values[index]

    def __setitem__(self, index, value):
        values = list(self._values)
        values[index] = value
        self._change(values)

    def __delitem__(self, index):
        values = list(self._values)
        del values[index]
        self._change(values)

    def insert(self, index, value):
        """Insert a value before a position."""
        values = list(self._values)
        values.insert(index, value)
        self._change(values)

    def extend(self, values):
        """Append several values with one change."""
        self._change([*self._values, *values])

    def sort(self, **options):
        """Sort in place."""
        self._change(sorted(self._values, **options))

    def _refuse(self, other):
        raise NotImplementedError(
            "a list of a parameter node can not be added or multiplied; use += or make a list of it first"
        )

    __add__ = __radd__ = __mul__ = __rmul__ = _refuse

    def __eq__(self, other):
        return self._values == list(other) if isinstance(other, list | NodeList) else NotImplemented

    __hash__ = None

    def __repr__(self):
        return f"NodeList({self._values})"


class NodeDict(collections.abc.MutableMapping):
    """A dict in a parameter node. `get` takes no default, as in Slicer."""

    def __init__(self, save, values):
        self._save, self._values = save, values

    def _change(self, values):
        self._save(values)
        self._values = values

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return iter(self._values)

    def __getitem__(self, key):
        return self._values[key]

    def __setitem__(self, key, value):
        self._change({**self._values, key: value})

    def __delitem__(self, key):
        values = dict(self._values)
        del values[key]
        self._change(values)

    def get(self, key):
        """Return a value or None."""
        return self._values.get(key)

    def pop(self, key):
        """Remove a key and return its value."""
        value = self._values[key]
        del self[key]
        return value

    def __eq__(self, other):
        return self._values == dict(other) if isinstance(other, dict | NodeDict) else NotImplemented

    __hash__ = None

    def __repr__(self):
        return f"NodeDict({self._values})"


class FloatRange:
    """Two numbers, the first not above the second."""

    def __init__(self, minimum=0, maximum=0):
        self._set(minimum, maximum)

    def _set(self, minimum, maximum):
        if not minimum <= maximum:
            raise ValueError(f"a range needs minimum <= maximum, not {minimum} and {maximum}")
        self._minimum, self._maximum = minimum, maximum

    minimum = property(lambda self: self._minimum, lambda self, value: self._set(value, self._maximum))
    maximum = property(lambda self: self._maximum, lambda self, value: self._set(self._minimum, value))

    def setRange(self, minimum, maximum):
        """Set both ends."""
        self._set(minimum, maximum)

    def __eq__(self, other):
        if not isinstance(other, FloatRange):
            return NotImplemented
        return (self.minimum, self.maximum) == (other.minimum, other.maximum)

    __hash__ = None

    def __repr__(self):
        return f"FloatRange(minimum={self.minimum}, maximum={self.maximum})"


class NodeRange(FloatRange):
    """A range in a parameter node."""

    def __init__(self, save, minimum, maximum):
        super().__init__(minimum, maximum)
        self._save = save

    def _set(self, minimum, maximum):
        if hasattr(self, "_save"):
            self._save(FloatRange(minimum, maximum))
        super()._set(minimum, maximum)
