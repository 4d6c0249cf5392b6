"""The verb that makes one Run of the shards that several machines asked."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from selfexplain.choosing import chosen_metrics
from selfexplain.measuring import Result, evaluated
from selfexplain.runs.folder import RESULTS, RunFolder
from selfexplain.runs.merge import merge_runs
from selfexplain.telling import Say, silent

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.choosing import Chosen

__all__ = ["merge"]


def merge(
    runs: Iterable[str | Path],
    *,
    results: str | Path = RESULTS,
    metrics: "Chosen" = "headline",
    say: Say = silent,
) -> Result:
    r"""Put the folders of one Run together, and measure it; nothing is asked.

    The result is the Run that one machine would have made of the same replies: where the parts were asked, and in which
    order they are named, leaves no trace in its Records and numbers. Merging what is merged changes nothing.

    Parameters
    ----------
    runs : iterable of str or Path
        Folders of the same Run from different machines; what only some of them hold is in the result.
    results : str or Path
        Where the Run is put, under its own name; if it lies there already, it is completed.
    metrics : str, metric function, or iterable of these
        What to measure, as in :func:`selfexplain.run`.
    say : callable
        Told sentences; silent by default.

    Returns
    -------
    Result
        Its warnings name the Items that no part has asked.

    Raises
    ------
    InputError
        When a folder is no Run, or they are of different Runs (says in what they differ); nothing is written then.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> import selfexplain as sx
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> questions = folder / "questions.csv"
    >>> _ = questions.write_text("id,question,gold\np,What is the capital of Peru?,Lima\nc,And of Chile?,Santiago\n")
    >>> replies = folder / "replies.jsonl"
    >>> _ = replies.write_text(json.dumps({"item": "*", "reply": "Answer: Lima\nConfidence: 90"}))
    >>> asked = {"model": f"scripted/{replies}", "template": "answer-confidence"}
    >>> parts = [sx.run(str(questions), shard=f"{i}/2", results=folder / f"machine{i}", **asked) for i in (1, 2)]
    >>> [part.metrics["n_answers"] for part in parts]
    [1, 1]
    >>> sx.merge([part.folder for part in parts], results=folder / "results").metrics["n_answers"]
    2
    """
    chosen = chosen_metrics(metrics)
    merged = merge_runs(list(map(Path, runs)), Path(results))
    say(f"Run: {merged.path} ({merged.added} files of calls added)")
    for remark in merged.remarks:
        say(remark)
    folder = RunFolder(merged.path)
    with folder.locked():
        return evaluated(folder, chosen)
