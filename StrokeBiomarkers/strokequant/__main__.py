"""`python -m strokequant`: the command."""

import sys


def main() -> int:
    """Run the command; returns its exit code."""
    from .cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
