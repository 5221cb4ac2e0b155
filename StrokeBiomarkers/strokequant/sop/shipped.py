"""The procedures that come with the library."""

from pathlib import Path

from .fact_registry import NAMES
from .procedure import Procedure, read_procedure

FOLDER = Path(__file__).parent / "procedures"


def shipped_procedures(folder: Path = FOLDER) -> dict[str, Procedure]:
    """All procedures of a folder by task, such as "infarct_core".

    Raises:
        ProcedureError: a file that is no procedure, or was changed by hand.
    """
    found = (read_procedure(path, NAMES) for path in sorted(folder.glob("*.json")))
    return {procedure.task: procedure for procedure in found}
