"""The verb that looks: witnesses beside what a Run claims; for notebooks, scripts and the command."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfexplain import plugins
from selfexplain.able_to_look import can_be_looked_into
from selfexplain.concluding import WitnessResult, concluded
from selfexplain.errors import InputError
from selfexplain.event_loop import in_loop
from selfexplain.opening import Answering, Opened, Say, asking_of, claim_of, look_of, open_run
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.budget import require_tokens
from selfexplain.records import SCHEMA_VERSION
from selfexplain.telling import silent
from selfexplain.white_box import WhiteBox

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.evidence import Target, UnitKind
    from selfexplain.pipeline.removal_questions import Wanted
    from selfexplain.pipeline.removals import Removals
    from selfexplain.pipeline.witness import AnyWitness, Asked, Look, Looked, Settings


Watch = Callable[[int, int], None]


def unwatched(_: int, __: int) -> None:
    """Watch nothing."""


def witness(
    run: str | Path,
    witnesses: str | Sequence[str],
    *,
    model: "str | WhiteBox | Answering | None" = None,
    base_url: str | None = None,
    unit: "UnitKind" = "word",
    target: "Target | None" = None,
    baseline: str | None = None,
    claim: str | None = None,
    measure: str = "named_auroc",
    removals: int = 0,
    shuffle: int = 0,
    limit: int | None = None,
    seed: int = 0,
    concurrency: int | None = None,
    max_calls: int | None = None,
    dry_run: bool = False,
    say: Say = silent,
    watch: Watch = unwatched,
) -> WitnessResult:
    """Let witnesses look at the answers of a Run, and compare what the model claims with what they find.

    Evidence is written line by line to the Run's folder `evidence`; what is there for the same settings is not looked
    at again. A Record whose answer the model in this process would not have given is counted and not explained.

    Parameters
    ----------
    run : str or Path
        The folder of a Run.
    witnesses : str or sequence of str
        Their names, such as `occlusion`; a string may hold several, with commas.
    model : str, WhiteBox, Provider or callable, optional
        What is looked into: `hf/…`, or a white box. By default the model that answered, where this process can open it.
        A Run of a Python function needs that function here, to be asked again.
    base_url : str, optional
        For witnesses that ask again: the address of the Run's server, as in :func:`selfexplain.run`.
    unit : str
        `word`, `sentence`, `option` or `example`.
    target : str, optional
        What is explained; by default each witness's own, mostly `margin`.
    baseline : str, optional
        What stands in a unit's place; by default each witness's own.
    claim : str, optional
        Which kind of claim is compared: `words`, `word_scores`, `quotes`, `redaction`, `counterfactual`, `steps` or
        `rationale`. By default the first that the Run holds.
    measure : str
        The measure of agreement that the verdict rests on.
    removals : int
        Take the words away that the model names, and this many random sets of as many content words, at least 20, from
        each question: for comprehensiveness and sufficiency inside a model, for the flip rate of one that is asked. 0
        takes nothing away.
    shuffle : int
        Look at so many answers once more with all the model's layers shuffled: does a witness look at it at all?
    limit : int, optional
        Look at so many Records at most, from the first on.
    seed : int
        Of draws, in witnesses and in null distributions.
    concurrency : int, optional
        How many requests are in flight at once, of witnesses that ask again; by default as many as the provider takes.
    max_calls : int, optional
        Never make more calls, those that fail and those of earlier commands included, of witnesses that ask again.
    dry_run : bool
        Only count passes, and say how long they will take where Evidence is there to tell; no model is loaded, nothing
        is written.
    say, watch : callable
        Told sentences, and how many Records are done, and of how many.

    Returns
    -------
    WitnessResult
        `.to_dict()` is what `selfexplain witness --json` prints.

    Raises
    ------
    InputError
        When nothing can be looked at, or no model can be looked into.
    BudgetSpent
        When `max_calls` is reached; with more, the same command goes on.

    Examples
    --------
    A model of glass, whose deciding words are known, says what decided:

    >>> import tempfile
    >>> import selfexplain as sx
    >>> run = sx.run("reviews", model="glass/bag-honest", template="top-words", results=tempfile.mkdtemp(), limit=12)
    >>> found = sx.witness(run.folder, "occlusion,gradient-input")
    >>> found.numbers["verdicts"]["words"]["word"]
    'supported'
    """
    from selfexplain.pipeline.removals import wanted_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.shuffled import look_at_noise, require_inside  # noqa: PLC0415
    from selfexplain.pipeline.witness import Settings  # noqa: PLC0415

    names = [name.strip() for name in witnesses.split(",")] if isinstance(witnesses, str) else list(witnesses)
    known = plugins.all_witnesses()
    chosen = {name: plugins.pick(known, name, kind="witness") for name in names if name}
    if not chosen:
        raise InputError("no witness is named", hint=f"name some of {', '.join(sorted(known))}")
    settings = Settings(unit=unit, target=target, baseline=baseline, seed=seed)
    for each in chosen.values():
        settings.of(each)  # refused before anything is asked
    require_tokens(max_calls, what="calls")
    if concurrency is not None and concurrency < 1:
        raise InputError(f"concurrency is {concurrency}", hint="expected a whole number of at least 1")
    opened = open_run(Path(run), limit)
    compared = claim_of(opened, claim, say)
    require_of_a_claim(measure)
    wanted = wanted_of(removals, compared, chosen, settings, seed=seed)
    counted = passes(opened, chosen, settings, wanted)
    say(counted["sentence"])
    if dry_run:
        return WitnessResult({"schema_version": SCHEMA_VERSION, "run": str(opened.folder.path), **counted}, None)
    with opened.folder.locked():
        ask_again = partial(asking_of, opened.folder, concurrency=concurrency, max_calls=max_calls)
        look = look_of(opened, chosen, settings, model, base_url, ask_again=ask_again)
        require_inside(shuffle, look)
        found, taken = in_loop(looked_at(look, opened.asked, wanted, say=say, watch=watch))
        noise = look_at_noise(look, found, shuffle, seed=seed, say=say)
        is_open = look.inside is not None or can_be_looked_into(model or opened.folder.manifest.spec.model)
        return concluded(opened, look, found, taken, noise, claim=compared, measure=measure, seed=seed, is_open=is_open)


async def looked_at(
    look: "Look", asked: "Sequence[Asked]", wanted: "Wanted | None", *, say: Say, watch: Watch
) -> "tuple[Looked, Removals | None]":
    """Return what witnesses found about Records, and what came of taking words away, where that is wanted."""
    from selfexplain.pipeline.removals import take_away  # noqa: PLC0415 - numpy

    try:
        found = await look.at(asked, say=say, watch=watch)
        return found, None if wanted is None else await take_away(look, wanted, found, say=say)
    finally:
        await look.close()


def require_of_a_claim(measure: str) -> None:
    """Raise InputError unless a verdict can rest on a measure: others need words to be taken away first."""
    from selfexplain.agreement.measure import OF_A_CLAIM  # noqa: PLC0415 - numpy

    known = plugins.agreements()
    if plugins.pick(known, measure, kind="agreement").facts.takes not in OF_A_CLAIM:
        usable = sorted(name for name, each in known.items() if each.facts.takes in OF_A_CLAIM)
        raise InputError(
            f"no verdict can rest on {measure}, which compares what a model does with and without words",
            hint=f"--removals 20 shows it beside the verdict, which rests on one of {', '.join(usable)}",
        )


def passes(
    opened: Opened, witnesses: "Mapping[str, AnyWitness]", settings: "Settings", wanted: "Wanted | None"
) -> dict[str, Any]:
    """Return how many passes all Records take, from witnesses' own formulas, before a model is loaded.

    With them how long those that are left will take, where Evidence of this Run can tell.
    """
    from selfexplain.pipeline.removal_questions import most_passes  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.time_ahead import seconds_ahead, told  # noqa: PLC0415
    from selfexplain.pipeline.witness import case_for, cost_of  # noqa: PLC0415
    from selfexplain.runs.evidence_files import EvidenceFile  # noqa: PLC0415 - with these
    from selfexplain.witnesses.witness import Cost  # noqa: PLC0415

    template = template_of(opened.folder)
    files = {name: EvidenceFile(opened.folder.path, name) for name in {**plugins.all_witnesses(), **witnesses}}
    how = {name: {"unit": settings.unit, **settings.of(each)} for name, each in witnesses.items()}
    there = {name: {line.reply for line in files[name] if line.settings == how[name]} for name in witnesses}
    total, left, removed = Cost(0), dict.fromkeys(witnesses, Cost(0)), 0
    for each in opened.asked:
        try:
            case = case_for(each, template, settings.unit)
        except InputError:
            continue
        tokens = sum(len(message.content) for message in case.messages) // 4
        total += cost_of(witnesses, len(case.units), tokens)
        removed += 0 if wanted is None else most_passes(each, case.units, wanted, len(witnesses))
        for name, looks in witnesses.items():
            if each.request.key not in there[name]:
                left[name] += looks.facts.cost(len(case.units), tokens)
    n, seconds = len(opened.asked), seconds_ahead(files, left)
    taken = f" ({removed:,} of them to take words away, at most)" if removed else ""
    sentence = (
        f"{n:,} answer{'' if n == 1 else 's'}, {', '.join(witnesses)}: "
        f"about {total.forward + removed:,} forward{taken} and "
        f"{total.backward:,} backward passes, less where evidence is there already; {told(seconds)}."
    )
    cost = {"forward": total.forward + removed, "backward": total.backward, "seconds": seconds}
    return {"n": n, "cost": cost | ({} if wanted is None else {"removals": removed}), "sentence": sentence}
