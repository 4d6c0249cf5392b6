"""Where `--picture` writes: judged before anything is read or measured, so that no minute is lost to a wrong ending."""

from pathlib import Path

import click

from selfexplain.errors import InputError

KINDS = (".png", ".svg")


def drawable(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Return the path that `--picture` names, if a picture can be written there; None where none is wanted.

    Raises
    ------
    InputError
        When it is to be of a kind that pictures are not, or its folder does not exist.
    """
    if path is None:
        return None
    if path.suffix not in KINDS:
        raise InputError(f"--picture {path} is neither .png nor .svg", hint="end its name in .png or .svg")
    if not path.absolute().parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}", hint="name a place that exists")
    return path
