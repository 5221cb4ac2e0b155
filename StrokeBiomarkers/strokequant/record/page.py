"""The frame of every HTML page: self-contained, without network, with a policy that a browser enforces."""

from html import escape
from pathlib import Path

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def _resource(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def document(title: str, body: str, *, script: bool) -> bytes:
    """A whole page.

    Args:
        title: of the window.
        body: HTML that is already escaped.
        script: whether the page needs the script of the viewer.
    """
    code = f"<script>{_resource('report.js')}</script>" if script else ""
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_resource('report.css')}</style></head>\n<body>{body}{code}</body></html>\n"
    )
    return page.encode("utf-8", "replace")
