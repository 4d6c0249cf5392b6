"""The verb that tries: tests of a Run's explanations, which ask again and look what moves; for scripts and the command.

Every reply is recorded in the Run's folder `trials`, so the same call goes on where it stopped and asks nothing twice.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selfexplain import plugins
from selfexplain.ask_plan import Model, Roles, require_counts
from selfexplain.errors import InputError
from selfexplain.event_loop import in_loop
from selfexplain.grading.same_answer import SameAnswer
from selfexplain.pipeline.ask import Progress, Watch
from selfexplain.pipeline.budget import require_tokens
from selfexplain.pipeline.many_records import by_id
from selfexplain.providers.provider import Provider
from selfexplain.providers.roles import require_filled
from selfexplain.records import SCHEMA_VERSION, Item
from selfexplain.rereading import records_of
from selfexplain.runs.folder import RunFolder, versions
from selfexplain.telling import Say, silent
from selfexplain.trials.conduct import cost_of, left_alone
from selfexplain.trials.continuing import mode_of
from selfexplain.trials.trial import Explained, How, Mode, Subject, Trial, explained

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from selfexplain.pipeline.tried import Desk, Tried
    from selfexplain.trials.finding import Finding

__all__ = ["TrialResult", "trial"]

ALL = "all"
"""Names every trial."""

PAGE, NUMBERS = "trials.html", "trials.json"

MODES: tuple[Mode, ...] = ("quoted", "prefill")


@dataclass(frozen=True)
class TrialResult:
    """What trials say of a Run's explanations."""

    numbers: Mapping[str, Any]
    """What `selfexplain trial --json` prints."""
    page: Path | None
    """Where they stand as a page; None where nothing was asked."""
    findings: "Mapping[str, Sequence[Finding]]"
    """What each trial found of each Record."""

    def to_dict(self) -> Mapping[str, Any]:
        """Return the numbers as strict JSON values."""
        return self.numbers


class Chosen(NamedTuple):
    """A Run, and what is to be done with it."""

    folder: RunFolder
    trials: Mapping[str, Trial]
    subjects: Sequence[Subject]
    left_out: Mapping[str, int]
    how: How


def trial(
    run: str | Path,
    trials: str | Sequence[str],
    *,
    model: Model | None = None,
    base_url: str | None = None,
    roles: Roles | None = None,
    mode: Mode = "quoted",
    limit: int | None = None,
    seed: int = 0,
    concurrency: int | None = None,
    max_calls: int | None = None,
    dry_run: bool = False,
    say: Say = silent,
    watch: Watch = silent,
) -> TrialResult:
    r"""Test the explanations of a Run: ask its model again with one thing changed, and look what moves.

    Replies are recorded in the Run's folder `trials`; what has one is not asked again, so that an interrupted call is
    resumed by the same one. A trial that makes no sense of this Run asks nothing and says why.

    Parameters
    ----------
    run : str or Path
        The folder of a Run.
    trials : str or sequence of str
        Their names, such as `hints`; a string may hold several, with commas. `all` is every one.
    model : str, Provider or callable, optional
        The model of the Run, where this process cannot find it by its name: a Python function, say.
    base_url : str, optional
        The address of the Run's server, as in :func:`selfexplain.run`.
    roles : mapping, optional
        Who else is asked, by role: `{"paraphraser": "openai/NAME"}`.
    mode : str
        How the model is given the beginning of its reasoning: `quoted` in a user's turn, which every provider takes, or
        `prefill`, as the beginning of its own reply, which many refuse.
    limit : int, optional
        Look into so many answers at most, from the first on.
    seed : int
        Of what is drawn: options that hints point to, inserted words, mistakes.
    concurrency : int, optional
        Requests at once; by default what the provider can make use of.
    max_calls : int, optional
        Never make more calls for trials of this Run, earlier ones and those that fail included.
    dry_run : bool
        Only count the calls, and say which trials apply; nothing is asked or written.
    say, watch : callable
        Told sentences and `Progress`; silent by default.

    Returns
    -------
    TrialResult
        `.to_dict()` is what `selfexplain trial --json` prints.

    Raises
    ------
    InputError
        When nothing can be tried, or the model that is named is not the Run's.
    BudgetSpent
        When `max_calls` are made; the same call with more goes on.
    ProviderError
        When somebody who is asked cannot go on; the same call resumes.

    Examples
    --------
    A model that does whatever it is told to think, and keeps that to itself:

    >>> import re, tempfile
    >>> import selfexplain as sx
    >>> def pliant(messages):
    ...     told = re.search("I think the answer is ([AB])", messages[-1]["content"])
    ...     return f"Because: It is the larger one.\nAnswer: {told[1] if told else 'A'}\nConfidence: 90"
    >>> item = sx.Item("q1", "Which is the capital?", ("A",), ("Lima", "Cusco"))
    >>> questions = sx.Dataset("capitals", "1", (item,))
    >>> run = sx.run(questions, model=pliant, template="why-first", results=tempfile.mkdtemp())
    >>> found = sx.trial(run.folder, "hints", model=pliant)
    >>> found.to_dict()["trials"]["hints"]["modes"][0]["measures"]["suggestion_unfaithful"]["value"]
    1.0
    """
    require_counts(concurrency=concurrency)
    require_tokens(max_calls, what="calls")
    if mode not in MODES:
        raise InputError(f"mode is {mode!r}", hint=f"expected {' or '.join(MODES)}")
    chosen = choose(Path(run), trials, roles or {}, mode=mode, limit=limit, seed=seed)
    say(forecast_in_words(chosen))
    if dry_run:
        return TrialResult(forecast(chosen), None, {})
    if not chosen.folder.writable:
        raise InputError(f"{run} cannot be written", hint="copy the Run to a folder of yours, and name that")
    with chosen.folder.locked():
        providers = providers_of(chosen.folder, model, base_url, roles or {})
        tried = in_loop(conducted(chosen, providers, concurrency=concurrency, max_calls=max_calls, watch=watch))
        return concluded(chosen, tried)


def choose(path: Path, names: str | Sequence[str], roles: Roles, *, mode: Mode, limit: int | None, seed: int) -> Chosen:
    """Return a Run, its Records and the trials that are named; nothing is asked yet.

    Raises
    ------
    InputError
        When a name is unknown, a role is filled that nobody asks, or no answer of the Run can be looked into.
    """
    from selfexplain.pipeline.tried import subjects_of  # noqa: PLC0415 - numpy

    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}", hint="expected a whole number of at least 1")
    trials = named(names)
    known = {each.facts.role for each in trials.values()} - {""}
    require_filled(known & roles.keys(), roles, by=f"the trials {', '.join(trials)}")
    folder = RunFolder(path)
    items: Mapping[str, Item] = by_id(folder.items)
    records = records_of(folder, folder.calls(), answered=True)
    subjects, left_out = subjects_of(folder, records, items, limit)
    if not subjects:
        reasons = ", ".join(f"{n} {why}" for why, n in left_out.items())
        raise InputError(f"no answer of {path} can be looked into: {reasons or 'there is none'}")
    others: tuple[Explained, ...] = ()
    if any(each.facts.needs_others for each in trials.values()):  # of all Records, so that `limit` does not change it
        others = tuple(filter(None, (explained(items[record.item], record) for record in records)))
    how = How(SameAnswer(plugins.graders(), plugins.categorisers()), mode, frozenset(roles), seed, others)
    return Chosen(folder, trials, subjects, left_out, how)


def named(names: str | Sequence[str]) -> dict[str, Trial]:
    """Return trials by their names, in the order in which they are named; `all` are all, in their own."""
    known = plugins.trials()
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    if ALL in wanted:
        wanted = [each.facts.name for each in sorted(known.values(), key=lambda each: each.facts.address)]
    found = {name: plugins.pick(known, name, kind="trial") for name in wanted if name}
    if not found:
        raise InputError("no trial is named", hint=f"known: {', '.join(sorted(known))}, or {ALL}")
    return found


def forecast(chosen: Chosen) -> dict[str, Any]:
    """Return how many calls each trial takes at most, and why it asks nothing about some Records."""
    from selfexplain.pipeline.tried_numbers import reasons  # noqa: PLC0415 - numpy

    found = {}
    for name, each in chosen.trials.items():
        idle = in_loop(left_alone(each, chosen.subjects, chosen.how))
        cost = cost_of([each], chosen.subjects, chosen.how)
        found[name] = {
            "n": len(chosen.subjects) - len(idle),
            "calls": cost.total(),
            "calls_by_role": {role or "model": n for role, n in cost.items()},
            "not_applicable": reasons(idle),
            "needs": each.facts.needs,
        }
    return {**about(chosen), "calls": sum(each["calls"] for each in found.values()), "trials": found}


def forecast_in_words(chosen: Chosen) -> str:
    """Say how many calls are made at most, and which trials have nothing to ask."""
    costs = {name: cost_of([each], chosen.subjects, chosen.how) for name, each in chosen.trials.items()}
    lines = [f"{len(chosen.subjects):,} answers. At most, less where replies are recorded:"]
    for name, cost in costs.items():
        others = "".join(f", {n:,} of them to the {role}" for role, n in cost.items() if role)
        if cost.total():
            lines.append(f"  {name:<28} {cost.total():>7,} calls{others}")
        else:
            idle = in_loop(left_alone(chosen.trials[name], chosen.subjects[:1], chosen.how))
            needs = chosen.trials[name].facts.needs
            lines.append(f"  {name:<28} nothing to ask: {idle[0].why}" + (f" (needs {needs})" if needs else ""))
    return "\n".join(lines)


def about(chosen: Chosen) -> dict[str, Any]:
    """Return what all trials have in common."""
    spec = chosen.folder.manifest.spec
    return {
        "schema_version": SCHEMA_VERSION,
        "run": str(chosen.folder.path),
        "dataset": {"name": spec.dataset, "version": spec.dataset_version},
        "model": spec.model,
        "template": spec.template,
        "n_records": len(chosen.subjects),
        "left_out": dict(chosen.left_out),
    }


def providers_of(folder: RunFolder, model: Model | None, base_url: str | None, roles: Roles) -> dict[str, Provider]:
    """Return the model of a Run, and who fills each role.

    Raises
    ------
    InputError
        When the model that is named is another one.
    """
    spec = folder.manifest.spec
    provider = plugins.provider_for(spec.model if model is None else model, base_url=base_url)
    if provider.name != spec.model:
        raise InputError(
            f"{provider.name} is not the model that answered, which is {spec.model}",
            hint="a trial asks that one again: leave -m out, or name it as the Run did",
        )
    for key in sorted(provider.identity.keys() & spec.model_identity.keys()):
        if provider.identity[key] != spec.model_identity[key]:
            raise InputError(
                f"{provider.name} is not what it was: its {key} is {provider.identity[key][:24]}, and the Run's "
                f"{spec.model_identity[key][:24]}",
                hint="name the file or the server that the Run was asked with, or make a new Run",
            )
    return {"": provider, **{role: plugins.provider_in_role(each) for role, each in sorted(roles.items())}}


async def conducted(
    chosen: Chosen,
    providers: Mapping[str, Provider],
    *,
    concurrency: int | None,
    max_calls: int | None,
    watch: Watch,
) -> "list[Tried]":
    """Conduct one trial after the other, and write what each finds as soon as it is done."""
    from selfexplain.pipeline.tried import Desk, Tried, write_findings  # noqa: PLC0415 - numpy

    desk = Desk(chosen.folder, providers, concurrency=concurrency, most_calls=max_calls)
    told = counting(watch, of=len(chosen.trials) * len(chosen.subjects))
    found = []
    try:
        await require_mode(chosen, desk)
        for name, each in chosen.trials.items():
            begun, sent = time.monotonic(), desk.sent
            findings = await desk.conduct(each, chosen.subjects, chosen.how, watch=told)
            write_findings(chosen.folder, name, findings)
            most = cost_of([each], chosen.subjects, chosen.how).total()
            found.append(Tried(each, findings, most, desk.sent - sent, round(time.monotonic() - begun, 1)))
    finally:
        await desk.aclose()
    return found


async def require_mode(chosen: Chosen, desk: "Desk") -> None:
    """Raise InputError where a model is to be given the beginning of its reply and does not go on: one call tells."""
    reasoning = [each for each in chosen.trials.values() if each.facts.family == "reasoning"]
    if chosen.how.mode != "prefill" or not reasoning:
        return
    found, asked = await mode_of(reasoning[0].facts, chosen.subjects, desk.ask, chosen.how)
    if asked and found != "prefill":
        raise InputError(
            f"{chosen.folder.manifest.spec.model} does not go on from the beginning of a reply",
            hint="it refuses, or begins anew. Leave --mode prefill out: the reasoning is then quoted in a user's turn",
        )


def counting(watch: Watch, *, of: int) -> "Callable[[Finding], None]":
    """Return what counts findings, and tells how many there are."""
    done = failed = 0

    def count(finding: "Finding") -> None:
        nonlocal done, failed
        done, failed = done + 1, failed + (finding.status == "failed")
        watch(Progress(done, of, failed, 0))

    return count


def concluded(chosen: Chosen, tried: "Sequence[Tried]") -> TrialResult:
    """Return what trials say, and write the numbers and the page, beside those of earlier trials of the Run."""
    import msgspec  # noqa: PLC0415 - with numpy

    from selfexplain.pipeline.tried import findings_of  # noqa: PLC0415
    from selfexplain.pipeline.tried_numbers import numbers_of  # noqa: PLC0415
    from selfexplain.records import encode  # noqa: PLC0415
    from selfexplain.report.trials_page import render, view_of  # noqa: PLC0415

    found = {}
    for each in tried:
        facts = each.trial.facts
        cost = {"calls": each.most_calls, "asked": each.sent, "seconds": each.seconds}
        found[facts.name] = {**numbers_of(facts, facts.summarise(each.findings), chosen.how), "cost": cost}
    numbers = {**about(chosen), "trials": found}
    folder = chosen.folder
    kept = {**numbers, "trials": {**before(folder), **found}}
    folder.write(NUMBERS, msgspec.json.format(encode(kept), indent=2) + b"\n")
    items: Mapping[str, Item] = by_id(folder.items)
    findings = {each.trial.facts.name: each.findings for each in tried}
    shown = {name: findings.get(name) or findings_of(folder, name) for name in kept["trials"]}
    view = view_of(kept, shown, items, made_with=f"Made with selfexplain {versions()['selfexplain']}.")
    return TrialResult(numbers, folder.write(PAGE, render(view).encode()), findings)


def before(folder: RunFolder) -> dict[str, Any]:
    """Return what earlier trials of a Run said; nothing where there are none, or they are not ours to read."""
    import msgspec  # noqa: PLC0415

    try:
        found = msgspec.json.decode((folder.path / NUMBERS).read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA_VERSION:
        return {}
    trials, known = found.get("trials"), plugins.trials()
    return {name: each for name, each in trials.items() if name in known} if isinstance(trials, dict) else {}
