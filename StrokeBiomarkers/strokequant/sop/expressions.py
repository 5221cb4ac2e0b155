"""Conditions of a procedure: a small language over named facts, never code.

Numbers, quoted strings, true and false, registered names, lists, `+ - * /`, `and or not`, `in`, comparisons that may be chained, and the
functions below. A missing fact, a division by zero or a comparison of unlike things gives `UNKNOWN`, which `and` and `or` carry on only
where it matters. What a text holds beyond this is refused when it is read, long before a case is opened.
"""

import ast
import math
import operator
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from ..errors import Issue, Level, StrokeQuantError

MAX_CHARACTERS = 300
MAX_DEPTH = 16


class Unknown(Enum):
    """Type of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        raise TypeError("unknown is neither true nor false")


UNKNOWN: Final = Unknown.UNKNOWN
"""What an expression is worth when something that it needs is not there."""

_ARITHMETIC: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ORDER: dict[type, Callable] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS = ("abs", "all", "any", "is_set", "len", "max", "min", "sum")
_WORDS = {"true": True, "false": False}


class ExpressionError(StrokeQuantError):
    """A text that is no expression of this language."""


@dataclass(frozen=True)
class Expression:
    """A condition that was read.

    Args:
        text: as it was written.
        names: facts that it asks for.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(compare=False, repr=False)

    def evaluate(self, facts: Mapping[str, Any]) -> Any:
        """Worth of the expression.

        Args:
            facts: bool, number, string or list of them by name; None and what is not there are unknown.

        Returns:
            Its value, or `UNKNOWN`.
        """
        return _value(self._tree, facts)


def parse(text: str, names: Collection[str]) -> Expression:
    """Read an expression.

    Args:
        text: at most `MAX_CHARACTERS`.
        names: facts that exist.

    Raises:
        ExpressionError: W01, the text is none, or asks for what does not exist.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_CHARACTERS:
        raise _error(text, f"1 to {MAX_CHARACTERS} characters")
    if "\\" in text or not text.isprintable():
        raise _error(text, "one line without backslash")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _error(text, "a condition such as 'slice_step_mm <= 6.5 and coverage_mm >= 120'") from error
    asked: set[str] = set()
    _check(tree, text, names, asked, MAX_DEPTH)
    return Expression(text, frozenset(asked), tree)


def _error(text: Any, expected: str) -> ExpressionError:
    shown = text if isinstance(text, str) and len(text) <= MAX_CHARACTERS else f"{str(text)[:40]}..."
    remedy = "correct the condition in the file of the procedure"
    return ExpressionError(Issue("W01", Level.STOP, f"condition {shown!r}", expected, remedy))


def _check(node: ast.AST, text: str, names: Collection[str], asked: set[str], depth: int) -> None:
    """Refuse every node that the language does not know."""
    if depth <= 0:
        raise _error(text, f"at most {MAX_DEPTH} levels")
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float | str):
            raise _error(text, "numbers, 'text', true or false")
        return
    if isinstance(node, ast.Name):
        if node.id in _WORDS:
            return
        if node.id not in names:
            raise _error(text, f"a fact that exists instead of {node.id!r}")
        asked.add(node.id)
        return
    for part in _parts(node, text):
        _check(part, text, names, asked, depth - 1)


def _parts(node: ast.AST, text: str) -> list[ast.expr]:
    """What a compound node is made of."""
    match node:
        case ast.BoolOp(values=values) | ast.List(elts=values):
            return values
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return [operand]
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _ARITHMETIC:
            return [left, right]
        case ast.Compare(left=left, ops=ops, comparators=others) if all(_known_comparison(op) for op in ops):
            return [left, *others]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and args:
            if name == "is_set" and not (len(args) == 1 and isinstance(args[0], ast.Name)):
                raise _error(text, "is_set(name of a fact)")
            return args
    raise _error(text, f"and, or, not, in, + - * /, comparisons, lists, {', '.join(_FUNCTIONS)}")


def _known_comparison(op: ast.cmpop) -> bool:
    return type(op) in _ORDER or isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn)


def _value(node: ast.expr, facts: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return _WORDS[name] if name in _WORDS else _fact(facts, name)
        case ast.List(elts=elements):
            return _or_unknown([_value(e, facts) for e in elements], list)
        case ast.BoolOp(op=op, values=values):
            return _logic(isinstance(op, ast.And), [_value(v, facts) for v in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            value = _value(operand, facts)
            return not value if isinstance(value, bool) else UNKNOWN
        case ast.UnaryOp(operand=operand):
            value = _value(operand, facts)
            return -value if _is_number(value) else UNKNOWN
        case ast.BinOp(op=op, left=left, right=right):
            return _arithmetic(_ARITHMETIC[type(op)], _value(left, facts), _value(right, facts))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(v, facts) for v in (left, *others)]
            return _logic(True, [_compared(op, a, b) for op, a, b in zip(ops, values, values[1:], strict=False)])
        case ast.Call(func=ast.Name(id="is_set"), args=[ast.Name(id=name)]):
            return name in _WORDS or _fact(facts, name) is not UNKNOWN
        case ast.Call(func=ast.Name(id=name), args=args):
            return _called(name, [_value(a, facts) for a in args])
    raise AssertionError(f"{type(node).__name__} passed the check")


def _fact(facts: Mapping[str, Any], name: str) -> Any:
    value = facts.get(name)
    if isinstance(value, list | tuple):
        return _or_unknown(list(value), list)
    if isinstance(value, bool | str):
        return value
    return value if _is_number(value) else UNKNOWN


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _or_unknown(values: list, made: Callable[[list], Any]) -> Any:
    return UNKNOWN if any(v is UNKNOWN or v is None for v in values) else made(values)


def _logic(conjunction: bool, values: list) -> Any:
    """`and` and `or` of three values: one false decides an `and`, one true an `or`, whatever is unknown."""
    if any(value is (not conjunction) for value in values):
        return not conjunction
    return conjunction if all(value is conjunction for value in values) else UNKNOWN


def _arithmetic(combine: Callable, left: Any, right: Any) -> Any:
    if not (_is_number(left) and _is_number(right)):
        return UNKNOWN
    try:
        result = combine(left, right)
    except (ZeroDivisionError, OverflowError):
        return UNKNOWN
    return result if math.isfinite(result) else UNKNOWN


def _compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(op, ast.In | ast.NotIn):
        if not isinstance(right, list):
            return UNKNOWN
        found = any(_alike(left, element) and left == element for element in right)
        return found is isinstance(op, ast.In)
    if not _alike(left, right):
        return UNKNOWN
    if isinstance(op, ast.Eq | ast.NotEq):
        return (left == right) is isinstance(op, ast.Eq)
    return _ORDER[type(op)](left, right) if _is_number(left) else UNKNOWN


def _alike(left: Any, right: Any) -> bool:
    return (_is_number(left) and _is_number(right)) or type(left) is type(right)


def _called(name: str, values: list) -> Any:
    """A function of its arguments, or of the one list that it was given."""
    values = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if any(value is UNKNOWN for value in values):
        return UNKNOWN
    if name == "len":
        return len(values)
    if name in ("all", "any"):
        return _logic(name == "all", values) if all(isinstance(v, bool) for v in values) else UNKNOWN
    if not all(_is_number(v) for v in values) or (not values and name != "sum"):
        return UNKNOWN
    if name == "abs":
        return abs(values[0]) if len(values) == 1 else UNKNOWN
    return {"max": max, "min": min, "sum": sum}[name](values)
