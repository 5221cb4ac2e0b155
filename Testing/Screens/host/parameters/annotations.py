"""What may stand in `Annotated[...]`: limits, choices, defaults, and how a bound widget looks."""

import dataclasses


class Validator:
    """Refuses a value that may not be stored."""

    def validate(self, value):
        """Raise ValueError or TypeError if the value does not fit."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class WithinRange(Validator):
    """The value lies in [minimum, maximum]; a bound widget gets these limits."""

    minimum: float
    maximum: float

    def validate(self, value):
        """Raise ValueError outside the limits."""
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is outside [{self.minimum}, {self.maximum}]")


@dataclasses.dataclass(frozen=True)
class Minimum(Validator):
    """The value is at least `minimum`."""

    minimum: float

    def validate(self, value):
        """Raise ValueError below the limit."""
        if value < self.minimum:
            raise ValueError(f"{value} is below {self.minimum}")


@dataclasses.dataclass(frozen=True)
class Maximum(Validator):
    """The value is at most `maximum`."""

    maximum: float

    def validate(self, value):
        """Raise ValueError above the limit."""
        if value > self.maximum:
            raise ValueError(f"{value} is above {self.maximum}")


@dataclasses.dataclass(frozen=True)
class Choice(Validator):
    """The value is one of `choices`; a bound combo box is filled with them."""

    choices: list

    def validate(self, value):
        """Raise ValueError for another value."""
        if value not in self.choices:
            raise ValueError(f"{value!r} is not one of {self.choices}")


@dataclasses.dataclass(frozen=True)
class Exclude(Validator):
    """The value is none of `excludedValues`."""

    excludedValues: list

    def validate(self, value):
        """Raise ValueError for an excluded value."""
        if value in self.excludedValues:
            raise ValueError(f"{value!r} is excluded")


@dataclasses.dataclass(frozen=True)
class RangeBounds(Validator):
    """Both ends of a FloatRange lie in [minimum, maximum]."""

    minimum: float
    maximum: float

    def validate(self, value):
        """Raise ValueError outside the limits."""
        if value.minimum < self.minimum or value.maximum > self.maximum:
            raise ValueError(f"{value} is outside [{self.minimum}, {self.maximum}]")


class Default:
    """The default value, or a function that makes one each time."""

    def __init__(self, value=None, *, generator=None):
        self._value, self._generator = value, generator

    @property
    def value(self):
        """The default value."""
        return self._generator() if self._generator else self._value


@dataclasses.dataclass(frozen=True)
class Decimals:
    """How many decimals a bound widget shows."""

    value: int


@dataclasses.dataclass(frozen=True)
class SingleStep:
    """The step of a bound widget."""

    value: float


def find(annotations, cls):
    """Return the first annotation of a class, or None."""
    return next((one for one in annotations if isinstance(one, cls)), None)
