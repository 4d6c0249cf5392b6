"""What witnesses look at: a Run whose answers can be explained, and the model that gave them, opened or asked again."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from selfexplain import plugins
from selfexplain.errors import InputError
from selfexplain.pipeline.as_asked import sampling_of, template_of
from selfexplain.pipeline.budget import Budget, Metered, budgeted
from selfexplain.pipeline.many_records import by_id
from selfexplain.providers import function
from selfexplain.providers.provider import Provider
from selfexplain.providers.retry import retried
from selfexplain.records import Ask, Item, Openness, Record, Request, Response, Transparency
from selfexplain.rereading import records_of
from selfexplain.runs.calls import Calls, recorded, remembered
from selfexplain.runs.folder import RunFolder
from selfexplain.white_box import WhiteBox

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.pipeline.witness import AnyWitness, Asked, Asking, Inside, Look, Settings


Answering: TypeAlias = Provider | Callable[..., Any]
"""What a script asks, as in :func:`selfexplain.run`."""

Say = Callable[[str], None]

SAME_PARAMETERS = frozenset({"precision", "device"})
"""Parts of an identity in which a model that is looked into may differ from the one that answered."""


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
