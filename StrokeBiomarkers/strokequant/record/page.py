"""The frame of every HTML page: self-contained, without network, with a policy that a browser enforces."""

from html import escape
from pathlib import Path

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def _resource(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _css_text(text: str) -> str:
    """Any text as a string of a style sheet: all but letters of ASCII, digits and a few marks by their number."""
    return '"' + "".join(c if c.isascii() and (c.isalnum() or c in " .,:-_") else f"\\{ord(c):x} " for c in text) + '"'


def _on_every_sheet(words: str) -> str:
    """Style that puts words and the number of the sheet at the foot of every printed page."""
    foot = "font: 7pt sans-serif; color: #3c4650;"
    return (
        f"@page {{ @bottom-left {{ content: {_css_text(words)}; {foot} }} "
        f'@bottom-right {{ content: counter(page) " / " counter(pages); {foot} }} }}'
    )


def document(title: str, body: str, *, script: bool, foot: str = "") -> bytes:
    """A whole page.

    Args:
        title: of the window.
        body: HTML that is already escaped.
        script: whether the page needs the script of the viewer.
        foot: text at the foot of every printed page; none where empty.
    """
    code = f"<script>{_resource('report.js')}</script>" if script else ""
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{_resource('report.css')}{_on_every_sheet(foot) if foot else ''}</style></head>\n"
        f"<body>{body}{code}</body></html>\n"
    )
    return page.encode("utf-8", "replace")
