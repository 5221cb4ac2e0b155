"""What every command of the command line has."""

import argparse

EPILOG = """\
exit codes: 0 measured; 1 nothing could be measured, or an unexpected failure; 2 wrong usage;
            3 some cases failed or were refused, the rest is done; 4 'verify' found a difference

INPUT is a folder (searched recursively), a DICOMDIR, a BIDS data set, a zip or one file.
Research use only. Automatic results are proposals until a reader has signed them.
"""


def command(commands, name: str, text: str, function: str) -> argparse.ArgumentParser:
    """A command with the options that all have.

    Args:
        commands: that it is added to.
        name: word of the command line.
        text: one line of help.
        function: that does it.
    """
    parser = commands.add_parser(
        name, help=text, description=text, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(function=function)
    parser.add_argument("--quiet", action="store_true", help="no progress; messages and results only")
    parser.add_argument("--json", action="store_true", help="results as JSON on stdout")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an unexpected failure")
    return parser
