"""The verb that looks: witnesses beside what a Run claims; for notebooks, scripts and the command."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfexplain import plugins
from selfexplain.api import records_of, silent
from selfexplain.errors import InputError
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.many_records import by_id
from selfexplain.records import SCHEMA_VERSION, Item, Openness, Record, Transparency
from selfexplain.runs.folder import RunFolder
from selfexplain.white_box import WhiteBox
from selfexplain.witnesses.witness import Witness

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.evidence import Target, UnitKind
    from selfexplain.pipeline.witness import Asked, Look, Looked, Settings
    from selfexplain.pipeline.witnessed import Witnessed

__all__ = ["WitnessResult", "runnable", "witness"]

Say = Callable[[str], None]
Watch = Callable[[int, int], None]

PAGE = "evidence.html"

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
    left_out: Mapping[str, int]


def witness(
    run: str | Path,
    witnesses: str | Sequence[str],
    *,
    model: str | WhiteBox | None = None,
    unit: "UnitKind" = "word",
    target: "Target | None" = None,
    baseline: str | None = None,
    claim: str | None = None,
    measure: str = "named_auroc",
    limit: int | None = None,
    seed: int = 0,
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
    model : str or WhiteBox, optional
        What is looked into: `hf/…`, or a white box. By default the model that answered, where this process can open it.
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
    limit : int, optional
        Look at so many Records at most, from the first on.
    seed : int
        Of draws, in witnesses and in null distributions.
    dry_run : bool
        Only count passes; no model is loaded, nothing is written.
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
    """
    from selfexplain.pipeline.witness import Settings  # noqa: PLC0415 - numpy

    names = [name.strip() for name in witnesses.split(",")] if isinstance(witnesses, str) else list(witnesses)
    chosen = {name: plugins.witness(name) for name in names if name}
    settings = Settings(unit=unit, target=target, baseline=baseline, seed=seed)
    for each in chosen.values():
        settings.of(each)  # refused before anything is asked
    opened = open_run(Path(run), limit)
    counted = passes(opened, chosen, settings)
    say(counted["sentence"])
    if dry_run:
        return WitnessResult({"schema_version": SCHEMA_VERSION, "run": str(opened.folder.path), **counted}, None)
    with opened.folder.locked():
        look = look_of(opened, chosen, settings, model)
        found = look.at(opened.asked, say=say, watch=watch)
        return concluded(opened, look, found, claim=claim, measure=measure, seed=seed)


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
    asked, left_out = explainable(folder, records, items, limit)
    if not asked:
        reasons = ", ".join(f"{n} {why}" for why, n in left_out.items())
        raise InputError(f"no answer of {path} can be explained: {reasons or 'there is none'}")
    return Opened(folder, records, items, asked, left_out)


def passes(opened: Opened, witnesses: Mapping[str, Witness], settings: "Settings") -> dict[str, Any]:
    """Return how many passes it takes to look at all Records, from witnesses' own formulas, before a model is loaded."""
    from selfexplain.pipeline.witness import case_for, cost_of  # noqa: PLC0415 - numpy

    template = template_of(opened.folder)
    forward = backward = 0
    for each in opened.asked:
        try:
            case = case_for(each, template, settings.unit)
        except InputError:
            continue
        tokens = sum(len(message.content) for message in case.messages) // 4
        cost = cost_of(witnesses, len(case.units), tokens)
        forward, backward = forward + cost.forward, backward + cost.backward
    n = len(opened.asked)
    sentence = (
        f"{n:,} answers, {', '.join(witnesses)}: about {forward:,} forward and {backward:,} backward passes, "
        "less where evidence is there already."
    )
    return {"n": n, "cost": {"forward": forward, "backward": backward}, "sentence": sentence}


def look_of(
    opened: Opened, witnesses: Mapping[str, Witness], settings: "Settings", model: str | WhiteBox | None
) -> "Look":
    """Return witnesses and the model that they look into, loaded."""
    from selfexplain.pipeline.witness import Look  # noqa: PLC0415 - numpy

    if model is None or isinstance(model, str):
        box, inside = inside_of(opened.folder, model)
    else:
        box, inside = model, {"name": model.name}
    return Look(
        folder=opened.folder,
        template=template_of(opened.folder),
        witnesses=witnesses,
        model=box,
        inside=inside,
        settings=settings,
        is_greedy=opened.folder.manifest.spec.temperature == 0,
        pool=[item.question for item in opened.folder.items] if settings.baseline == "replace" else (),
    )


def inside_of(folder: RunFolder, model: str | None) -> tuple[WhiteBox, dict[str, str]]:
    """Return the model of a Run as one that can be looked into, and what its identity rests on.

    Raises
    ------
    InputError
        When this process cannot open it, or what is named is another one.
    """
    spec = folder.manifest.spec
    name = model or opened_here(spec.model)
    if not name.startswith("hf/"):
        raise refused(spec.model, folder.manifest.transparency, named=model)
    from selfexplain.providers.hf import Transformers  # noqa: PLC0415 - only who looks inside needs it
    from selfexplain.providers.inside import Inside  # noqa: PLC0415

    try:
        provider = Transformers(name.removeprefix("hf/"))
    except InputError as error:
        if model is not None:
            raise
        raise InputError(
            f"{spec.model} has answered, and its files are not found: {error.message}",
            hint="name them: -m hf/FOLDER, or -m hf/FILE.gguf",
        ) from None
    shared = (provider.identity.keys() & spec.model_identity.keys()) - SAME_PARAMETERS
    other = [key for key in sorted(shared) if provider.identity[key] != spec.model_identity[key]]
    if other:
        raise InputError(
            f"{provider.name} is not the model that answered: its {other[0]} is {provider.identity[other[0]][:12]}…, "
            f"and the Run's {spec.model_identity[other[0]][:12]}…",
            hint="name the folder or file that the Run was asked with",
        )
    return Inside(provider.loaded(), name=provider.name), {"name": provider.name, **provider.identity}


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
    opened: Opened, look: "Look", looked: "Looked", *, claim: str | None, measure: str, seed: int
) -> WitnessResult:
    """Return what was found beside what is claimed, and write its page."""
    import msgspec  # noqa: PLC0415 - with numpy

    from selfexplain.pipeline.claimed_places import kinds_of  # noqa: PLC0415 - numpy
    from selfexplain.pipeline.supported import joined  # noqa: PLC0415
    from selfexplain.pipeline.witnessed import to_dict, witnessed  # noqa: PLC0415
    from selfexplain.records import encode  # noqa: PLC0415

    looked.left_out.update(opened.left_out)
    kinds = kinds_of(each.record for each in opened.asked)
    chosen = claim or next(iter(kinds), "")
    if not chosen or (claim is not None and claim not in kinds):
        found_kinds = ", ".join(kinds) or "none"
        raise InputError(
            f"this Run claims no {claim}" if claim else "this Run claims nothing: its template asks for no explanation",
            hint=f"it holds: {found_kinds}" if kinds else "ask with top-words, word-scores or answer-why-confidence",
        )
    facts = {name: each.facts for name, each in look.witnesses.items()}
    able = list(dict.fromkeys(each.facts.family for each in plugins.witnesses().values()))
    measures = plugins.agreements()
    if measure not in measures:
        plugins.pick(measures, measure, kind="agreement")
    found = witnessed(looked, facts, chosen, measures, able, by=measure, seed=seed)
    spec = opened.folder.manifest.spec
    numbers = {
        "schema_version": SCHEMA_VERSION,
        "run": str(opened.folder.path),
        "dataset": {"name": spec.dataset, "version": spec.dataset_version},
        "model": spec.model,
        "template": spec.template,
        "inside": dict(look.inside),
        "unit": look.settings.unit,
        "claim": chosen,
        "claims": list(kinds),
        "n_records": len(opened.asked),
        "seconds": looked.seconds,
        **to_dict(found, looked),
        "joined": joined(found, looked),
    }
    opened.folder.write("witness.json", msgspec.json.format(encode(numbers), indent=2) + b"\n")
    return WitnessResult(numbers, None)


def runnable(model: str | Any) -> dict[str, str]:
    """Return for every witness why it cannot look at a model; an empty text where it can.

    Parameters
    ----------
    model : str or Provider
        As `-m` names it; it is described, not asked.

    Examples
    --------
    >>> from selfexplain.providers.scripted import Scripted
    >>> runnable("openai/NAME")["attention"]
    'needs a look inside; weights are closed (…)'
    """
    provider = plugins.provider_for(model, asks=False)
    card = provider.transparency
    return {name: reason_against(each, provider.name, card) for name, each in sorted(plugins.witnesses().items())}


def reason_against(each: Witness, model: str, card: Transparency) -> str:
    """Return why a witness cannot look at a model, from its transparency card; an empty text where it can."""
    needs = each.facts.needs
    if needs == "provider":
        return ""
    if needs == "token_probabilities":
        known = card.token_probabilities
        return "" if known.state == "open" else f"needs the probabilities of tokens; they are {said(known)}"
    if model.startswith(("local/", "hf/")):
        return ""
    return f"needs a look inside; weights are {said(card.weights)}, and not in this process: name them with -m hf/…"


def facts_of(names: Iterable[str]) -> dict[str, str]:
    """Return the question that each witness settles."""
    return {name: plugins.witness(name).facts.question for name in names}
