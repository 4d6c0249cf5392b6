"""From a name to the thing: the only look-up in the house.

Built-in things are found by looking through their folder; other packages offer theirs under the entry-point groups
`selfexplain.providers`, `selfexplain.metrics`, `selfexplain.graders`, `selfexplain.categorisers`,
`selfexplain.elicitations`, `selfexplain.recalibrators`, `selfexplain.readers`, `selfexplain.agreements`,
`selfexplain.trials` and `selfexplain.witnesses`; on the command line `path/to/file.py:OBJECT` names one in a file.
"""

import functools
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from selfexplain.datasets.questions import read_questions
from selfexplain.datasets.quickstart import NAME as QUICKSTART
from selfexplain.datasets.quickstart import quickstart
from selfexplain.datasets.reviews import NAME as REVIEWS
from selfexplain.datasets.reviews import reviews
from selfexplain.datasets.rows import SUFFIXES
from selfexplain.datasets.selfgate import NAME as SELFGATE
from selfexplain.datasets.selfgate import selfgate
from selfexplain.datasets.shutdown import NAME as SHUTDOWN
from selfexplain.datasets.shutdown import shutdown
from selfexplain.elicitation.elicitation import Elicitation
from selfexplain.errors import InputError
from selfexplain.glass import provider as glass
from selfexplain.grading.categoriser import Categoriser, CategoriserFacts
from selfexplain.grading.grader import Grader, GraderFacts
from selfexplain.grading.same_answer import SameAnswer
from selfexplain.near_names import meant
from selfexplain.prompting import template as templates
from selfexplain.prompting.template import Template
from selfexplain.providers import function
from selfexplain.providers.access import NO_KEY
from selfexplain.providers.function import Function
from selfexplain.providers.provider import Provider
from selfexplain.readers.reader import Reader
from selfexplain.records import Dataset
from selfexplain.trials.trial import Trial, TrialFacts
from selfexplain.witnesses.witness import Witness, WitnessFacts

if TYPE_CHECKING:  # numpy, pandas and scikit-learn, which `--help` must not load
    from pandas import DataFrame

    from selfexplain.recalibration.recalibrator import Recalibrator
    from selfexplain.witnesses.inquiry import AskingWitness

T = TypeVar("T")

KINDS = (
    "provider",
    "template",
    "dataset",
    "metric",
    "grader",
    "categoriser",
    "elicitation",
    "recalibrator",
    "reader",
    "agreement",
    "witness",
    "trial",
)

ALIASES = {"ece_width_10_right_closed": "ece"}
"""Metrics that have a second name, by it: the one that says how it is binned, as those of its siblings do."""

MOST_NAMED = 20
"""Where an unknown name is written, up to so many known ones are all named."""

DEFAULT_MODEL = "local/smollm2-135m-instruct"

EMBEDDED_MODELS = (DEFAULT_MODEL, "hf/smollm2-135m-instruct")
"""One model, as llama.cpp serves it and as transformers computes it."""

DEFAULT_TEMPLATES = dict.fromkeys(EMBEDDED_MODELS, "few-shot")
"""The embedded model is too small to follow instructions and learns the form from examples."""

DEFAULT_TEMPLATE = "answer-why-confidence"


def metrics() -> dict[str, Any]:
    """Return every metric by its name."""
    from selfexplain.calibration.metric import MetricFacts  # noqa: PLC0415 - numpy, which `--help` must not load

    marked = offered("calibration", "metrics", lambda found: isinstance(getattr(found, "facts", None), MetricFacts))
    return {found.facts.name: found for found in marked}


def graders() -> dict[str, Grader]:
    """Return every grader by the name that Items use."""
    marked = offered("grading", "graders", lambda found: isinstance(getattr(found, "facts", None), GraderFacts))
    return {found.facts.name: found for found in marked}


def categorisers() -> dict[str, Categoriser]:
    """Return every categoriser by the name that the Items of surveys use."""
    marked = offered(
        "grading", "categorisers", lambda found: isinstance(getattr(found, "facts", None), CategoriserFacts)
    )
    return {found.facts.name: found for found in marked}


def elicitations() -> dict[str, Elicitation]:
    """Return every elicitation by the name that templates use."""
    marked = offered(
        "elicitation", "elicitations", lambda found: callable(found) and isinstance(getattr(found, "name", None), str)
    )
    return {found.name: found for found in marked}


def recalibrators() -> dict[str, Callable[[], "Recalibrator"]]:
    """Return every method of recalibration by its name."""
    marked = offered(
        "recalibration",
        "recalibrators",
        lambda found: isinstance(found, type) and isinstance(getattr(found, "method", None), str),
    )
    return {found.method: found for found in marked}


def readers() -> dict[str, Callable[[], Reader]]:
    """Return every reader of other tools' logs by the name of its format."""
    marked = offered(
        "readers", "readers", lambda found: isinstance(found, type) and isinstance(getattr(found, "format", None), str)
    )
    return {found.format: found for found in marked}


def witnesses() -> dict[str, Witness]:
    """Return every witness that looks inside a model by its name."""
    return {found.facts.name: found for found in every_witness() if found.facts.needs == "white_box"}


def asking_witnesses() -> "dict[str, AskingWitness]":
    """Return every witness that asks again, and so can be called for any model, by its name."""
    return {found.facts.name: found for found in every_witness() if found.facts.needs != "white_box"}


def all_witnesses() -> dict[str, Any]:
    """Return every witness, whether it looks inside or asks again, by its name."""
    return {found.facts.name: found for found in every_witness()}


def every_witness() -> Iterator[Any]:
    """Yield witnesses of both kinds."""
    return offered("witnesses", "witnesses", lambda found: isinstance(getattr(found, "facts", None), WitnessFacts))


def witness(name: str) -> Witness:
    """Return a witness that looks inside a model by its name."""
    return pick(witnesses(), name, kind="witness")


def asking_witness(name: str) -> "AskingWitness":
    """Return a witness that asks again by its name."""
    return pick(asking_witnesses(), name, kind="witness")


def agreements() -> dict[str, Any]:
    """Return every measure of agreement between a claim and a witness by its name."""
    from selfexplain.agreement.measure import AgreementFacts  # noqa: PLC0415 - numpy, which `--help` must not load

    marked = offered("agreement", "agreements", lambda found: isinstance(getattr(found, "facts", None), AgreementFacts))
    return {found.facts.name: found for found in marked}


def trials() -> dict[str, Trial]:
    """Return every test of explanations by its name."""
    marked = offered("trials", "trials", lambda found: isinstance(getattr(found, "facts", None), TrialFacts))
    return {found.facts.name: found for found in marked}


def trial(name: str) -> Trial:
    """Return a test of explanations by its name."""
    return pick(trials(), name, kind="trial")


def providers() -> dict[str, Callable[..., Provider]]:
    """Return every adapter by its prefix."""

    def is_adapter(found: Any) -> bool:
        return isinstance(found, type) and isinstance(getattr(found, "prefix", None), str)

    marked = offered("providers", "providers", is_adapter)
    return {found.prefix: found for found in (*defined_in(glass, is_adapter), *marked)}


def batching() -> list[str]:
    """Return the names of models that can be asked in batches, as people write them."""
    return [f"{prefix}/NAME" for prefix, made in sorted(providers().items()) if hasattr(made, "batch_endpoint")]


def datasets() -> dict[str, Callable[[], Dataset]]:
    """Return every built-in question set by its name."""
    return {QUICKSTART: quickstart, REVIEWS: reviews, SELFGATE: selfgate, SHUTDOWN: shutdown}


def template(name: str) -> Template:
    """Return a template by its name or its file."""
    return templates.named(name)


def judging(name: str) -> Template:
    """Return what a judge is asked, by its name or its file."""
    return templates.judging(name)


def metric(name: str, known: Mapping[str, Any]) -> Any:
    """Return a metric by its name or its longer one, or the one in `path.py:OBJECT`.

    Raises
    ------
    InputError
        When there is none.
    """
    if ".py:" not in name:
        return pick(known, ALIASES.get(name, name), kind="metric")
    found = from_file(name)
    if not hasattr(found, "facts"):
        raise InputError(f"{name} is no metric", hint="mark it with @metric of selfexplain.calibration.metric")
    return found


def dataset(source: "str | DataFrame", *, columns: Mapping[str, str] | None = None) -> Dataset:
    """Return a built-in question set by its name, or the one in a file or a DataFrame, its columns renamed.

    Raises
    ------
    InputError
        When there is none of that name, or its rows cannot be used.
    """
    if not isinstance(source, str):
        return read_questions(source, graders=graders(), categorisers=categorisers(), columns=columns)
    if source in datasets():
        if columns:
            raise InputError(f"--map names columns of a file, and {source!r} is none", hint="leave it out")
        return datasets()[source]()
    path = Path(source)
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        raise InputError(
            f"no dataset is called {source!r}",
            hint=f"{meant(source, datasets())}known: {', '.join(datasets())}; or a {' or '.join(SUFFIXES)} file",
        )
    return read_questions(path, graders=graders(), categorisers=categorisers(), columns=columns)


def elicitation(name: str) -> Elicitation:
    """Return an elicitation by the name that a template gives; one that compares answers can do so."""
    found = pick(elicitations(), name, kind="elicitation")
    if not getattr(found, "compares", False):
        return found
    able: Any = functools.partial(cast("Any", found), same=SameAnswer(graders(), categorisers()))
    able.name = found.name
    return cast("Elicitation", able)


def recalibrator(name: str) -> Callable[[], "Recalibrator"]:
    """Return a method of recalibration by the name that `--method` gives."""
    return pick(recalibrators(), name, kind="method of recalibration")


def reader(name: str) -> Reader:
    """Return the reader of a format."""
    return pick(readers(), name, kind="reader")()


def provider(name: str, *, base_url: str | None = None, asks: bool = True) -> Provider:
    """Return what answers to `prefix/NAME`, to the path of a `.gguf` file, or to `path.py:OBJECT`.

    One that `asks` nothing, because it is only described, needs no key.

    Raises
    ------
    InputError
        When nothing does, or it has no use for a base URL.
    """
    known = providers()
    prefix, slash, rest = name.partition("/")
    if ".py:" in name:
        require_no_address(name, base_url)
        return as_provider(from_file(name))
    if name.lower().endswith(".gguf") and (prefix not in known or prefix == "local"):
        # Servers have models that are called openai/SOMETHING.gguf; `local/SOMETHING.gguf` can only be a path.
        require_no_address(name, base_url)
        return known["local"](Path(name))
    if not slash or not rest:
        raise InputError(
            f"{name!r} names no model",
            hint=f"write PROVIDER/NAME, such as {DEFAULT_MODEL} or openai/NAME, or path/to/model.gguf",
        )
    if prefix == function.PREFIX and prefix not in known:
        raise InputError(f"{name} is a function, and a name alone finds none", hint=f"name its file: FILE.py:{rest}")
    make = pick(known, prefix, kind="provider")
    taken = inspect.signature(make).parameters
    if "base_url" not in taken:
        require_no_address(f"{prefix}/", base_url)
    options = {"base_url": base_url, "api_key": None if asks else NO_KEY}
    return make(rest, **{key: value for key, value in options.items() if value is not None and key in taken})


def provider_for(model: Any, *, base_url: str | None = None, asks: bool = True) -> Provider:
    """Return what answers for a model: a name as in :func:`provider`, or what a script hands over."""
    return provider(model, base_url=base_url, asks=asks) if isinstance(model, str) else as_provider(model)


def provider_in_role(model: Any, *, asks: bool = True) -> Provider:
    """Return who fills a role; a name may carry the address of its server, `openai/NAME@http://localhost:8000/v1`."""
    if not isinstance(model, str):
        return as_provider(model)
    name, at, rest = model.partition("@http")  # names of models hold @, too
    return provider(name, base_url=f"http{rest}" if at else None, asks=asks)


def as_provider(model: Any) -> Provider:
    """Return what a script hands over as a Provider: one itself, a class of one, or a function to be asked.

    Raises
    ------
    InputError
        When it is none of these.
    """
    found = model() if isinstance(model, type) else model
    return found if isinstance(found, Provider) else Function(found)


def require_no_address(name: str, base_url: str | None) -> None:
    """Raise InputError when a base URL is given to what has no use for one."""
    if base_url is not None:
        raise InputError(
            f"{name} takes no --base-url", hint="use openai/NAME or anthropic/NAME for a server with an address"
        )


def pick(known: Mapping[str, T], name: str, *, kind: str) -> T:
    """Return the thing of that name, or raise InputError with the names near it, and all where they are few."""
    if name in known:
        return known[name]
    names = ", ".join(sorted(known)) if len(known) <= MOST_NAMED else f"{len(known)}, see `selfexplain list {kind}s`"
    raise InputError(f"no {kind} is called {name!r}", hint=f"{meant(name, known)}known: {names}")


def offered(package: str, group: str, wanted: Callable[[Any], bool]) -> Iterator[Any]:
    """Yield what the modules of one of our packages define and other packages offer."""
    home = importlib.import_module(f"selfexplain.{package}")
    for info in pkgutil.iter_modules(home.__path__):
        module = importlib.import_module(f"{home.__name__}.{info.name}")
        yield from defined_in(module, wanted)
    for point in installed().select(group=f"selfexplain.{group}"):
        yield point.load()


@functools.cache
def installed() -> Any:
    """Return what all packages offer, to `select` from: looked through once, since there are a hundred of them."""
    return entry_points()  # of one class up to Python 3.11, of another from 3.12 on


def defined_in(module: ModuleType, wanted: Callable[[Any], bool]) -> Iterable[Any]:
    """Return what a module itself defines, in the order of its text; what it only imports is another's."""
    return [
        value
        for value in vars(module).values()
        if getattr(value, "__module__", None) == module.__name__ and wanted(value)
    ]


def from_file(spec: str) -> Any:
    """Return OBJECT of `path/to/file.py:OBJECT`.

    Only the command line and Python callers may name such a file; a manifest that somebody sends never may.
    """
    file, _, name = spec.rpartition(":")
    path = Path(file)
    found = importlib.util.spec_from_file_location(path.stem, path)
    if not path.is_file() or found is None or found.loader is None:
        raise InputError(f"no Python file at {path}", hint="write path/to/file.py:OBJECT")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    try:
        return getattr(module, name)
    except AttributeError:
        names = ", ".join(sorted(each for each in vars(module) if not each.startswith("_"))) or "nothing"
        raise InputError(f"{path} has no {name!r}", hint=f"it offers {names}") from None
