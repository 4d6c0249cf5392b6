"""The verb that looks: witnesses beside what a Run claims; for notebooks, scripts and the command."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from selfexplain import plugins
from selfexplain.errors import InputError
from selfexplain.event_loop import in_loop
from selfexplain.pipeline.as_asked import sampling_of, template_of
from selfexplain.pipeline.budget import Budget, Metered, budgeted, require_tokens
from selfexplain.pipeline.many_records import by_id
from selfexplain.providers import function
from selfexplain.providers.provider import Provider, transparency_of
from selfexplain.providers.retry import retried
from selfexplain.records import SCHEMA_VERSION, Ask, Item, Openness, Record, Request, Response, Transparency
from selfexplain.rereading import records_of
from selfexplain.runs.calls import Calls, recorded, remembered
from selfexplain.runs.folder import RunFolder, versions
from selfexplain.settings import read_settings
from selfexplain.telling import silent
from selfexplain.white_box import WhiteBox

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from collections.abc import Iterable

    from selfexplain.agreement.verdict import Family
    from selfexplain.evidence import Target, UnitKind
    from selfexplain.pipeline.removal_questions import Wanted
    from selfexplain.pipeline.removals import Removals
    from selfexplain.pipeline.witness import AnyWitness, Asked, Asking, Inside, Look, Looked, Settings
    from selfexplain.report.evidence_rows import EvidenceRow

__all__ = ["WitnessResult", "runnable", "witness"]

Answering: TypeAlias = Provider | Callable[..., Any]
"""What a script asks, as in :func:`selfexplain.run`."""

Say = Callable[[str], None]
Watch = Callable[[int, int], None]

SAME_PARAMETERS = frozenset({"precision", "device"})
"""Parts of an identity in which a model that is looked into may differ from the one that answered."""


def unwatched(_: int, __: int) -> None:
    """Watch nothing."""


@dataclass(frozen=True)
class WitnessResult:
    """What witnesses found of a Run, beside what it claims."""

    numbers: Mapping[str, Any]
    """What `selfexplain witness --json` prints."""
    page: Path | None
    """Where the questions stand with their words tinted; None where nothing was looked at."""
    rows: "Sequence[EvidenceRow]" = ()
    """What the page shows of each answer."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return the numbers as strict JSON values."""
        return self.numbers


@dataclass(frozen=True)
class Opened:
    """A Run whose answers are going to be explained."""

    folder: RunFolder
    records: Sequence[Record]
    items: Mapping[str, Item]
    asked: "Sequence[Asked]"
    """Those that are looked at now."""
    everything: "Sequence[Asked]"
    """Those that can be: some may have been looked at before."""
    left_out: Mapping[str, int]


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


def open_run(path: Path, limit: int | None) -> Opened:
    """Return a Run and those of its Records whose answers can be explained."""
    from selfexplain.pipeline.witness import explainable  # noqa: PLC0415 - numpy

    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}", hint="expected a whole number of at least 1")
    folder = RunFolder(path)
    if not folder.writable:
        raise InputError(f"{path} cannot be written", hint="copy the Run to a folder of yours, and name that")
    records = records_of(folder, folder.calls(), answered=True)
    items = by_id(folder.items)
    everything, left_out = explainable(folder, records, items, None)
    if not everything:
        reasons = ", ".join(f"{n} {why}" for why, n in left_out.items())
        raise InputError(f"no answer of {path} can be explained: {reasons or 'there is none'}")
    return Opened(folder, records, items, everything[:limit], everything, left_out)


def claim_of(opened: Opened, claim: str | None, say: Say) -> str:
    """Return which kind of claim is compared: the first that the Run holds, where none is asked for.

    Where none is held, that is said: evidence can still be gathered.

    Raises
    ------
    InputError
        When a kind is asked for that the Run does not hold: before a model is looked into.
    """
    from selfexplain.pipeline.claimed_places import kinds_of  # noqa: PLC0415 - numpy

    kinds = kinds_of(each.record for each in opened.asked)
    templates = "ask with top-words, word-scores or answer-why-confidence"
    if claim is None and not kinds:
        say(f"No answer says what mattered to it, so there is no claim to compare with: {templates}.")
    if claim is not None and claim not in kinds:
        held = f"it holds: {', '.join(kinds)}" if kinds else templates
        raise InputError(f"this Run claims no {claim}", hint=held)
    return claim or next(iter(kinds), "rationale")  # without any claim the Evidence stands alone


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


def look_of(
    opened: Opened,
    witnesses: "Mapping[str, AnyWitness]",
    settings: "Settings",
    model: "str | WhiteBox | Answering | None",
    base_url: str | None,
    *,
    ask_again: "Callable[[str | Answering | None, str | None], Asking]",
) -> "Look":
    """Return witnesses and what they look at: the model loaded, or ready to be asked."""
    from selfexplain.pipeline.witness import Inside, Look  # noqa: PLC0415 - numpy

    inside = asking = None
    needs = {each.facts.needs for each in witnesses.values()}
    if "white_box" in needs:
        inside = Inside(model, {"name": model.name}) if isinstance(model, WhiteBox) else inside_of(opened.folder, model)
    if needs - {"white_box"}:
        asking = ask_again(None if isinstance(model, WhiteBox) else model, base_url)
    return Look(
        folder=opened.folder,
        template=template_of(opened.folder),
        witnesses=witnesses,
        settings=settings,
        inside=inside,
        asking=asking,
        pool=[item.question for item in opened.folder.items] if settings.baseline == "replace" else (),
    )


def asking_of(
    folder: RunFolder,
    model: "str | Answering | None",
    base_url: str | None,
    *,
    concurrency: int | None = None,
    max_calls: int | None = None,
) -> "Asking":
    """Return the model of a Run as one that is asked again; what it says is recorded in `evidence/calls`."""
    from selfexplain.grading.same_answer import SameAnswer  # noqa: PLC0415 - only who asks again needs it
    from selfexplain.pipeline.witness import Asking  # noqa: PLC0415

    spec, template = folder.manifest.spec, template_of(folder)
    named = None if model is None else plugins.provider_for(model, base_url=base_url)
    is_own = named is not None and named.name == spec.model  # else it is there to be looked into
    provider = named if named is not None and is_own else plugins.provider(spec.model, base_url=base_url)
    require_same(provider.name, provider.identity, folder)
    said, told = folder.calls(), Calls(folder.path / "evidence" / "calls")
    budget = Budget(None, [Metered(told.totals, None)], most_calls=max_calls)
    within_it = budgeted(recorded(provider.generate, told), budget)
    send = at_once(retried(within_it), concurrency or provider.concurrency)

    async def close() -> None:
        await told.aclose()
        await provider.aclose()

    return Asking(
        ask=remembered(remembered(send, told), said),
        elicit=partial(plugins.elicitation(template.front.elicitation), sampling=sampling_of(folder)),
        same=SameAnswer(plugins.graders(), plugins.categorisers()),
        identity={"name": provider.name, **provider.identity},
        close=close,
    )


def at_once(ask: Ask, most: int) -> Ask:
    """Return `ask`, except that at most so many Requests are in flight."""
    gate = asyncio.Semaphore(most)

    async def ask_in_turn(request: Request) -> Response:
        async with gate:
            return await ask(request)

    return ask_in_turn


def inside_of(folder: RunFolder, model: "str | Answering | None") -> "Inside":
    """Return the model of a Run as one that can be looked into, and what its identity rests on.

    Raises
    ------
    InputError
        When this process cannot open it, or what is named is another one.
    """
    from selfexplain.pipeline.witness import Inside  # noqa: PLC0415 - numpy

    spec = folder.manifest.spec
    name = opened_here(spec.model) if model is None else model
    try:
        provider = plugins.provider_for(name, asks=False)
    except InputError as error:
        if model is not None:
            raise
        raise InputError(
            f"{spec.model} has answered, and it is not found here: {error.message}",
            hint="no function can be looked into; ask it again: -w occlusion-asked -m FILE.py:FUNCTION"
            if spec.model.startswith(f"{function.PREFIX}/")
            else "name its files: -m hf/FOLDER, or -m hf/FILE.gguf",
        ) from None
    require_same(provider.name, provider.identity, folder)
    identity = {"name": provider.name, **provider.identity}
    if callable(own := getattr(provider, "look_inside", None)):
        return Inside(own(), identity, is_served=model is None)
    if not callable(loaded := getattr(provider, "loaded", None)):
        raise refused(spec.model, folder.manifest.transparency, named=None if model is None else provider.name)
    from selfexplain.providers.inside import Inside as Transformed  # noqa: PLC0415 - only who looks inside needs it

    return Inside(Transformed(loaded(), name=provider.name), identity)


def require_same(name: str, identity: Mapping[str, str], folder: RunFolder) -> None:
    """Raise InputError where what two identities share says that another model has answered."""
    known = folder.manifest.spec.model_identity
    for key in sorted((identity.keys() & known.keys()) - SAME_PARAMETERS):
        if identity[key] != known[key]:
            raise InputError(
                f"{name} is not the model that answered: its {key} is {identity[key][:24]}, and the Run's "
                f"{known[key][:24]}",
                hint="name the folder, the file or the server that the Run was asked with",
            )


def opened_here(model: str) -> str:
    """Return under which name this process can open a model: the served GGUF files are looked into by transformers.

    >>> opened_here("local/smollm2-135m-instruct"), opened_here("openai/NAME")
    ('hf/smollm2-135m-instruct', 'openai/NAME')
    """
    return "hf/" + model.removeprefix("local/") if model.startswith("local/") else model


def refused(model: str, card: Transparency, *, named: str | None) -> InputError:
    """Return why a model cannot be looked into."""
    if named is not None:
        return InputError(f"-m {named} cannot be looked into", hint="name a model in this process: -m hf/FOLDER")
    return InputError(
        f"{model} cannot be looked into: its weights are {said(card.weights)}",
        hint=f"if you have them here, name them: -m hf/FOLDER. What is open of a model: selfexplain show model {model}",
    )


def said(openness: Openness) -> str:
    """Return one side of a transparency card as words."""
    return f"{openness.state} ({openness.detail})"


def concluded(
    opened: Opened,
    look: "Look",
    looked: "Looked",
    taken: "Removals | None",
    noise: Mapping[str, Any] | None,
    *,
    claim: str,
    measure: str,
    seed: int,
    is_open: bool,
) -> WitnessResult:
    """Return what was found beside what is claimed, and write its page."""
    import msgspec  # noqa: PLC0415 - with numpy

    from selfexplain.pipeline.claimed_places import kinds_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.held import CONCLUDED, with_held  # noqa: PLC0415
    from selfexplain.pipeline.removals_measured import in_agreement  # noqa: PLC0415
    from selfexplain.pipeline.removals_measured import to_dict as removed  # noqa: PLC0415
    from selfexplain.pipeline.supported import joined  # noqa: PLC0415
    from selfexplain.pipeline.witnessed import to_dict, witnessed  # noqa: PLC0415
    from selfexplain.records import encode  # noqa: PLC0415
    from selfexplain.report.evidence_page import render, view_of  # noqa: PLC0415
    from selfexplain.report.evidence_rows import rows_of  # noqa: PLC0415
    from selfexplain.report.explained_by import PAGE  # noqa: PLC0415

    known = plugins.all_witnesses()
    looked = with_held(look, looked, opened.everything, known)
    looked.left_out.update(opened.left_out)
    facts = {name: (look.witnesses.get(name) or known[name]).facts for name in looked.evidence}
    looks_inside = any(lines and facts[name].needs == "white_box" for name, lines in looked.evidence.items())
    able = families_of(plugins.every_witness(), has_inside=is_open or looks_inside)
    measures = plugins.agreements()
    found = witnessed(looked, facts, claim, measures, able, by=measure, seed=seed)
    spec = opened.folder.manifest.spec
    numbers = {
        "schema_version": SCHEMA_VERSION,
        "run": str(opened.folder.path),
        "dataset": {"name": spec.dataset, "version": spec.dataset_version},
        "model": spec.model,
        "template": spec.template,
        "inside": None if look.inside is None else dict(look.inside.identity),
        "unit": look.settings.unit,
        "claim": claim,
        "claims": list(kinds_of(each.record for each in looked.asked)),
        "n_records": len(looked.asked),
        "found_before": [name for name in looked.evidence if name not in look.witnesses],
        "seconds": looked.seconds,
        **to_dict(found, looked),
        "joined": joined(found, looked),
        "removals": None if taken is None else removed(taken),
        "shuffled": noise,
    }
    if taken is not None:
        for name, each in in_agreement(numbers["removals"], looked, facts).items():
            numbers["witnesses"][name]["agreement"] |= each
    opened.folder.write(CONCLUDED, msgspec.json.format(encode(numbers), indent=2) + b"\n")
    put_into_reports(opened.folder, numbers)
    rows, note = rows_of(found, looked)
    made_with = f"Made with selfexplain {versions()['selfexplain']}."
    titles = {name: (each.facts.title, each.facts.meaning) for name, each in measures.items()}
    page = render(view_of(numbers, rows, titles, note, made_with=made_with))
    return WitnessResult(numbers, opened.folder.write(PAGE, page.encode()), rows)


def put_into_reports(folder: RunFolder, numbers: Mapping[str, Any]) -> None:
    """Put what witnesses say into the reports of a Run, where these are; the rest of them stays as it is."""
    from selfexplain.report import markdown  # noqa: PLC0415 - matplotlib
    from selfexplain.report.explained_by import between, explained_by, put_in  # noqa: PLC0415
    from selfexplain.report.html import fill  # noqa: PLC0415

    found = explained_by(numbers)
    section = between(fill("explained.html.j2", evidence=found))
    summary = markdown.explained(found)
    changes = {
        "report.html": partial(put_in, section=section),
        "report.md": partial(markdown.put_in, section=summary),
    }
    for name, change in changes.items():
        try:
            old = (folder.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # nobody has measured this Run yet, or its report was deleted: the next one has the section
        if (new := change(old)) != old:
            folder.write(name, new.encode())


def families_of(witnesses: "Iterable[AnyWitness]", *, has_inside: bool) -> list["Family"]:
    """Return the families that can run on a model."""
    return list(dict.fromkeys(each.facts.family for each in witnesses if has_inside or each.facts.needs != "white_box"))


def can_be_looked_into(model: "str | WhiteBox | Answering") -> bool:
    """Tell whether witnesses could look into a model from here, whoever of them is asked now.

    >>> [can_be_looked_into(name) for name in ("glass/bag-honest", "glass/tree-honest", "openai/NAME")]
    [True, False, False]
    """
    if isinstance(model, WhiteBox):
        return True
    try:
        provider = plugins.provider_for(model, asks=False)
    except InputError:  # its files are not here, or a function that only the Run's own script knows
        return False
    return not closed_inside(provider, read_settings().declared(provider.name, transparency_of(provider)))


def runnable(model: str | Provider) -> dict[str, str]:
    """Return for every witness why it cannot look at a model; an empty text where it can.

    Parameters
    ----------
    model : str or Provider
        As `-m` names it; it is described, not asked.

    Examples
    --------
    >>> found = runnable("openai/NAME")
    >>> found["occlusion-asked"], found["attention"][:19]
    ('', 'needs a look inside')
    """
    provider = plugins.provider_for(model, asks=False)
    card = read_settings().declared(provider.name, transparency_of(provider))
    closed, tokens = closed_inside(provider, card), card.token_probabilities
    hidden = "" if tokens.state == "open" else f"needs the probabilities of tokens; they are {said(tokens)}"
    why = {"provider": "", "token_probabilities": hidden, "white_box": closed}
    return {name: why[each.facts.needs] for name, each in sorted(plugins.all_witnesses().items())}


def closed_inside(provider: Provider, card: Transparency) -> str:
    """Return why a model cannot be looked into; an empty text where it can."""
    if callable(own := getattr(provider, "look_inside", None)):
        try:
            own()
        except InputError as error:
            return f"needs a look inside; {error.message}"
        return ""
    if provider.name.startswith("local/") or callable(getattr(provider, "loaded", None)):
        return ""
    return f"needs a look inside; weights are {said(card.weights)}, and none are in this process (-m hf/FOLDER)"
