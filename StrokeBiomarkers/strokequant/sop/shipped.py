"""The procedures that come with the library."""

import json
from pathlib import Path

from .fact_registry import NAMES
from .procedure import Procedure, Words, read_procedure

FOLDER = Path(__file__).parent / "procedures"


def shipped_procedures(folder: Path = FOLDER) -> dict[str, Procedure]:
    """All procedures of a folder by task, such as "infarct_core".

    Raises:
        ProcedureError: a file that is no procedure, or was changed by hand.
    """
    found = (read_procedure(path, NAMES) for path in sorted(folder.glob("*.json")))
    return {procedure.task: procedure for procedure in found}


def shipped_titles(folder: Path = FOLDER) -> dict[str, Words]:
    """Titles of the procedures by task, without the packages that check a procedure: a list can be shown before they are installed."""
    found = (json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json")))
    return {data["task"]: Words(**data["title"]) for data in found}
