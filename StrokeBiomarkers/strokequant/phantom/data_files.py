"""Registry and criteria are data: JSON files held to a schema, each known by the hash of its content."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError
from ..record.files import schema_errors


def checked_json(path: Path, schema: Path, code: str) -> tuple[dict[str, Any], str]:
    """Content of a data file and its SHA-256.

    Args:
        code: of the issue where it cannot be used.

    Raises:
        UsageError: with that code: no file, no JSON, or data that do not hold to the schema.
    """
    try:
        content = Path(path).read_bytes()
        data = json.loads(content.decode("utf-8"))
    except (OSError, ValueError) as error:
        raise refused(path, str(error), "a readable JSON file in UTF-8", code) from error
    errors = schema_errors(data, schema)
    if errors:
        raise refused(path, "; ".join(errors[:3]), f"data that hold to {schema.name}", code)
    return data, hashlib.sha256(content).hexdigest()


def refused(path: Path, found: str, expected: str, code: str) -> UsageError:
    """The error of a data file that cannot be used."""
    return UsageError(Issue(code, Level.STOP, found, expected, "correct the file", Path(path).name))
