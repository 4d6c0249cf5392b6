"""Results of promptfoo: the JSON that `promptfoo eval -o FILE.json` and `promptfoo export` write."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from selfexplain.errors import InputError
from selfexplain.readers.log_file import LogFile, listed, typed
from selfexplain.readers.reader import Logged, Options, Sample, fingerprint, kept, the_one
from selfexplain.records import Status
from selfexplain.runs.answers import Asked, Provenance

ERROR = 2
"""`failureReason`: 0 none, 1 an assertion, 2 no reply to assert anything of."""

PASS = "pass"  # noqa: S105 - a name of the tool's
"""The scorer that stands for all assertions together."""


class Provider(msgspec.Struct):
    """What answered."""

    id: str
    label: str | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return self.label or self.id


class Prompt(msgspec.Struct):
    """How it was asked."""

    label: str = ""


class Assertion(msgspec.Struct):
    """What a reply was held against."""

    type: str = ""
    metric: str | None = None

    @property
    def name(self) -> str:
        """The metric it counts for, else its type."""
        return self.metric or self.type


class Component(msgspec.Struct, rename={"passed": "pass"}):
    """What one assertion said."""

    passed: bool
    assertion: Assertion | None = None


class Grading(msgspec.Struct):
    """What all assertions said."""

    componentResults: list[Component | None] | None = None  # noqa: N815 - the tool's name


class Response(msgspec.Struct):
    """What came back."""

    output: Any = None
    finishReason: str | None = None  # noqa: N815 - the tool's name
    isRefusal: bool = False  # noqa: N815 - the tool's name


class Result(msgspec.Struct, kw_only=True):
    """One prompt, one provider, one test: the fields that are read here."""

    promptIdx: int  # noqa: N815 - the tool's name
    testIdx: int  # noqa: N815 - the tool's name
    success: bool
    provider: Provider
    prompt: Prompt = msgspec.field(default_factory=Prompt)
    promptId: str = ""  # noqa: N815 - the tool's name
    failureReason: int | None = None  # noqa: N815 - the tool's name
    error: str | None = None
    gradingResult: Grading | None = None  # noqa: N815 - the tool's name
    response: Response | None = None
    namedScores: dict[str, Any] = {}  # noqa: N815 - the tool's name
    vars: dict[str, Any] = {}
    testCase: dict[str, Any] = {}  # noqa: N815 - the tool's name
    metadata: dict[str, Any] | None = None

    @property
    def components(self) -> list[Component]:
        """What the assertions said, each."""
        return [one for one in (self.gradingResult and self.gradingResult.componentResults) or [] if one is not None]

    @property
    def failed(self) -> bool:
        """Whether there was no reply; older versions give no reason, and an error without output says the same."""
        nothing = self.response is None or self.response.output is None
        return self.failureReason == ERROR or (self.failureReason is None and self.error is not None and nothing)

    @property
    def fields(self) -> dict[str, Any]:
        """What options may name."""
        return {
            "output": None if self.response is None else self.response.output,
            "description": self.testCase.get("description"),
            "provider": self.provider.name,
            "prompt": self.prompt.label,
            "promptIdx": self.promptIdx,
            "testIdx": self.testIdx,
            "vars": self.vars,
            "metadata": self.metadata or {},
            "scores": self.namedScores,
        }


class Promptfoo:
    """Results of promptfoo, `-o FILE.json`.

    Right or wrong is what an assertion says: the only one each test has, or the one that `--scorer` names by its
    `metric:` or its type; `--scorer pass` takes all of them together. A test without assertions passes in promptfoo;
    here it is `undecided`.

    Name where the confidence stands: `--map confidence=output` reads what the model wrote; `output.KEY` in a reply
    that is an object; `metadata.KEY`, `scores.METRIC`, `vars.NAME`.

    Results of several providers or prompts are told apart by `--only provider=NAME`, `--only prompt=LABEL`. A test is
    called `test-N`, counted without its repeats; better name it: `--map item=description`, `--map item=metadata.id`.
    Tests with the same variables and assertions are repeats of one.

    An error is `failed`, never wrong; a refusal or content filter that the provider reported is `refused`, finish
    reason length `truncated`, an empty reply `no_answer`.
    """

    format = "promptfoo"

    def recognises(self, file: LogFile) -> bool:
        """Tell by the keys of the document."""
        top = file.document
        results = top.get("results") if isinstance(top, dict) else None
        return (
            isinstance(results, dict)
            and "config" in top
            and isinstance(results.get("results"), list)
            and "stats" in results
        )

    def read(self, file: LogFile, options: Options) -> Logged:
        """Return the results, in the order of tests."""
        results = results_in(file)
        results = kept([(result, result.fields) for result in results], options.only, file.path)
        results = sorted(results, key=lambda result: result.testIdx)
        for what, names in (
            ("provider", {result.provider.name for result in results}),
            ("prompt", {f"{result.promptIdx}" for result in results}),
        ):
            place = "promptIdx" if what == "prompt" else what
            the_one(f"{what}s", names, file.path, f"name one: --only {place}=NAME")
        scorer = options.scorer or scorer_of(results, file)
        require_scorer(results, scorer, file)
        first = results[0]
        return Logged(
            samples=samples_of(results, scorer, file),
            scorer=scorer,
            provenance=Provenance(
                kind="log",
                dataset=str((file.document.get("config") or {}).get("description") or "") or file.path.name,
                model=first.provider.name,
                template=first.prompt.label,
                template_hash=first.promptId,
                scale="probability",
            ),
        )


def results_in(file: LogFile) -> list[Result]:
    """Return the results of a document."""
    top = file.document
    inner = top.get("results") if isinstance(top, dict) else None
    rows = inner.get("results") if isinstance(inner, dict) else None
    if not isinstance(rows, list) or not isinstance(top.get("config"), dict | None):
        raise InputError(
            f"{file.path}: {file.found()}",
            hint="results of promptfoo are the JSON that `promptfoo eval -o FILE.json` writes",
        )
    return [typed(row, Result, f"{file.path}, results.results[{place}]") for place, row in enumerate(rows)]


def scorer_of(results: Sequence[Result], file: LogFile) -> str:
    """Return the only assertion that tests have."""
    names = {one.assertion.name for result in results for one in result.components if one.assertion is not None}
    if not names:
        raise InputError(
            f"{file.path}: no test has an assertion, so nothing says right or wrong",
            hint="add one; --scorer pass would take every reply for right",
        )
    return the_one(
        "assertions", names, file.path, f"name the one that says right or wrong: --scorer NAME, or {PASS} for all"
    )


def require_scorer(results: Sequence[Result], scorer: str, file: LogFile) -> None:
    """Raise InputError when no result has the assertion."""
    names = {one.assertion.name for result in results for one in result.components if one.assertion is not None}
    if scorer != PASS and scorer not in names:
        raise InputError(
            f"{file.path}: no test has an assertion {scorer!r}", hint=f"there are: {listed(sorted({*names, PASS}))}"
        )


def samples_of(results: Sequence[Result], scorer: str, file: LogFile) -> list[Sample]:
    """Return results in our words; the same variables and assertions make the same test."""
    tests: dict[Asked, str] = {}
    samples = []
    for result in results:
        asked = Asked(fingerprint(result.vars), fingerprint(result.testCase.get("assert")), f"promptfoo/{scorer}")
        item = tests.setdefault(asked, f"test-{len(tests)}")
        place = f"{file.path}, testIdx {result.testIdx}"
        fields: Mapping[str, Any] = result.fields
        correct = None if result.failed else correct_of(result, scorer, place)
        samples.append(Sample(place, item, asked, fields, correct, status_of(result)))
    return samples


def correct_of(result: Result, scorer: str, place: str) -> bool | None:
    """Return what the scorer says of a reply; None where it says nothing."""
    if scorer == PASS:
        return result.success if result.components else None
    said = [one.passed for one in result.components if one.assertion is not None and one.assertion.name == scorer]
    if len(said) > 1:
        raise InputError(
            f"{place}: {len(said)} assertions are called {scorer!r}",
            hint="give each a `metric:` of its own, and name that",
        )
    return said[0] if said else None


def status_of(result: Result) -> Status | None:
    """Return what is wrong with a reply, the first that applies; None if nothing is."""
    response = result.response or Response()
    output = response.output
    applies: dict[Status, bool] = {
        "failed": result.failed,
        "refused": response.isRefusal or response.finishReason == "content_filter",
        "truncated": response.finishReason in {"length", "max_tokens", "MAX_TOKENS"},
        "no_answer": output is None or (isinstance(output, str) and not output.strip()),
    }
    return next((status for status, does in applies.items() if does), None)
