"""Clinical facts of a case from a file beside it: TOML, JSON or CSV. Nothing is guessed; an empty field is "not known".

TOML and JSON hold one case, flat or in a table `clinical`. CSV holds one row a case with the names as header (a column `case` tells
the rows apart), or two columns `name,value`. Names and ranges are those of `quantities`; anything else is refused, so that a
misspelled fact cannot silently leave a rule undetermined.
"""

import csv
import io
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError
from .quantities import NUMBERS, WORDS, require_possible

CASE = "case"
_SEPARATORS = ",;\t"
_PARSERS = {".toml": tomllib.loads, ".json": json.loads}


def load_clinical(path: Path, *, case: str = "", optional: bool = False) -> dict[str, Any]:
    """Clinical facts by name.

    Args:
        path: `.toml`, `.json` or `.csv`.
        case: row of a CSV with a column `case`.
        optional: no row for this case means that nothing is known, instead of an error.

    Returns:
        Numbers and words by the names of `quantities.NUMBERS` and `quantities.WORDS`; several sites of an occlusion as a tuple.

    Raises:
        UsageError: K04, a file that cannot be read, a name that is not known, a value that cannot be, no or several rows.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = _parse(path, text, case, optional)
    except (OSError, UnicodeDecodeError) as error:
        reason = "not in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or "cannot be opened"
        raise _refused(path, reason, "a readable text file in UTF-8") from error
    except ValueError as error:
        raise _refused(path, str(error), f"a correct {path.suffix} file") from error
    return _checked(found, path)


def _parse(path: Path, text: str, case: str, optional: bool) -> Mapping[str, Any]:
    kind = path.suffix.lower()
    if kind == ".csv":
        return _from_csv(path, text, case, optional)
    if kind not in _PARSERS:
        raise _refused(path, f"a file of kind {kind!r}", ".toml, .json or .csv")
    data = _PARSERS[kind](text)
    if not isinstance(data, dict):
        raise _refused(path, f"a {type(data).__name__}", "names with values")
    inner = data.get("clinical", data)
    if not isinstance(inner, dict):
        raise _refused(path, "`clinical` is no table", "names with values")
    return inner


def _from_csv(path: Path, text: str, case: str, optional: bool) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise _refused(path, "an empty file", "a header and a row")
    separator = max(_SEPARATORS, key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)]
    if [cell.lower() for cell in rows[0]] == ["name", "value"]:
        return _pairs(path, rows[1:])
    return _row(path, rows, case, optional)


def _pairs(path: Path, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, row in enumerate(rows, start=2):
        if len(row) != 2 or row[0] in found:
            raise _refused(path, f"line {number}", "each name once, with one value")
        found[row[0]] = _cell(row[0], row[1])
    return found


def _row(path: Path, rows: Sequence[Sequence[str]], case: str, optional: bool) -> dict[str, Any]:
    header = rows[0]
    if len(set(header)) != len(header):
        raise _refused(path, "a column twice", "each column once")
    if any(len(row) != len(header) for row in rows):
        raise _refused(path, "rows of different length", f"{len(header)} cells in every row")
    chosen = [dict(zip(header, row, strict=True)) for row in rows[1:]]
    if CASE in header and case:
        chosen = [row for row in chosen if row[CASE] == case]
        if not chosen and optional:
            return {}
    if len(chosen) != 1:
        which = f"for case {case!r}" if case else "without a case to choose by"
        raise _refused(path, f"{len(chosen)} rows {which}", "one row")
    return {name: _cell(name, value) for name, value in chosen[0].items() if name != CASE}


def _cell(name: str, text: str) -> Any:
    """A cell as number or words; empty is not known. Text that is no number stays text and is refused later with its name."""
    if not text:
        return None
    if name in NUMBERS:
        try:
            return int(text) if text.lstrip("+-").isdecimal() else float(text)
        except ValueError:
            return text
    if name in WORDS:
        words = tuple(word.strip() for word in text.replace("+", "/").split("/") if word.strip())
        return words[0] if len(words) == 1 else words
    return text


def _checked(found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    known = {*NUMBERS, *WORDS}
    unknown = sorted(set(found) - known - {CASE})
    if unknown:
        raise _refused(path, "unknown: " + ", ".join(unknown), "of " + ", ".join([*NUMBERS, *WORDS]))
    facts = {}
    for name in sorted(set(found) & known):
        value = found[name] if not isinstance(found[name], list) else tuple(found[name])
        require_possible(name, value, path.name)
        if value is not None:
            facts[name] = value
    return facts


def _refused(path: Path, found: str, expected: str) -> UsageError:
    return UsageError(Issue("K04", Level.STOP, found, expected, "correct the file of clinical facts", path.name))
