"""Templates as data: one Markdown file with front matter and the turns.

The text is split into roles before anything is rendered, so a question that contains `## system` stays a question.
What a model replied is data like a question: it is put into later turns as it is, and never read as a template.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml

from selfexplain.errors import InputError
from selfexplain.near_names import meant
from selfexplain.prompting import lock, probability_words
from selfexplain.prompting.form import STRUCTURED
from selfexplain.prompting.turns import HANDED, UNRENDERABLE, Field, Turn, compiled, names_in, quoted, split_turns
from selfexplain.records import LETTERS, Item, Message, Option

FRONT_MATTER = re.compile(r"\A---\n(?P<matter>.*?\n)---\n(?P<body>.*)\Z", re.DOTALL)

Scale = Literal["probability", "percent", "0-20", "words"]
About = Literal["own_answer", "event"]
Estimand = Literal["judgement", "forecast"]
Need = Literal["choices"]


AT_LEAST_ONE = msgspec.Meta(min_length=1)

NOTHING: Mapping[str, Any] = {}


class FrontMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a template says of itself."""

    name: str
    version: int
    elicits: Annotated[tuple[Field | Annotated[tuple[Field, ...], AT_LEAST_ONE], ...], AT_LEAST_ONE]
    """The fields a reply holds, in the order in which they are asked for; with several turns, a list for each."""
    elicitation: str = "once"
    scale: Scale = "percent"
    about: About = "own_answer"
    audience: str = ""
    """For whom the explanation is written."""
    language: str = "en"
    needs: tuple[Need, ...] = ()
    """What every Item must have."""
    roles: tuple[str, ...] = ()
    """Which other models its elicitation asks: each is named at the Run, as `--role entailment=openai/NAME`."""
    guesses: Annotated[int, msgspec.Meta(gt=0, le=20)] = 4
    """How many guesses, or how many alternatives to an answer, its elicitation asks for, where it asks for several."""
    orders: Annotated[int, msgspec.Meta(gt=0)] = 1
    """In how many orders an elicitation shows the options that averages over them; at most as many as there are."""
    draws: Annotated[int, msgspec.Meta(gt=0)] = 1
    """How many replies to one prompt an elicitation takes that draws; with more than one not at temperature 0."""
    top: Annotated[int, msgspec.Meta(gt=0)] | None = None
    """How many words or quotes it asks for; another number in a reply is noted."""
    max_tokens: Annotated[int, msgspec.Meta(gt=0)] = 512
    """The longest reply to one turn."""
    top_logprobs: Annotated[int, msgspec.Meta(ge=0)] = 0
    """How many alternatives to each token to ask for: OpenAI gives up to 20, llama.cpp hundreds."""
    structured: bool = False
    """Ask servers to hold each reply to one JSON object with the fields in their order, where they can.

    It is checked in every reply, never believed; where a server does not take it, the text alone asks for the form.
    """
    grammar: str | None = None
    """GBNF that holds the reply to its form, on servers that take it.

    It makes the model say what it would not say: see docs/decisions/0002. Measure without it first.
    """
    source: str = ""
    """Where this way of asking was published."""


class Example(msgspec.Struct, frozen=True):
    """An Item with its answer, as a template shows it."""

    question: str
    answer: str
    """The first gold text; with choices, the text of that option."""
    label: str
    """With choices, the label of that option, else empty."""
    options: tuple[Option, ...]

    @classmethod
    def of(cls, item: Item) -> "Example":
        """Return what may be shown of an Item that is never asked."""
        option = item.gold_option
        if option is None:
            return cls(item.question, item.gold[0], "", item.options)
        return cls(item.question, option.text, option.label, item.options)


class Template(msgspec.Struct, frozen=True):
    """A way of asking."""

    front: FrontMatter
    turns: tuple[Turn, ...]
    text: str
    """The file's whole text, as kept in a Run's manifest."""
    examples: tuple[Example, ...] = ()
    """What `{{ examples }}` shows: those of the Dataset that is asked."""

    def showing(self, examples: Iterable[Item]) -> "Template":
        """Return this template with the examples of a Dataset."""
        return msgspec.structs.replace(self, examples=tuple(map(Example.of, examples)))

    @property
    def uses(self) -> frozenset[str]:
        """The names that the blocks print or ask for, such as `question`."""
        return frozenset().union(*(names_in(block.text) for turn in self.turns for block in turn.blocks))

    @property
    def estimand(self) -> Estimand:
        """What a stated confidence is: a judgement of an answer that is there, or a forecast of one that is not yet."""
        fields = [field for turn in self.turns for field in turn.elicits]
        both = "confidence" in fields and "answer" in fields
        return "forecast" if both and fields.index("confidence") < fields.index("answer") else "judgement"

    @property
    def id(self) -> str:
        """`name@version`, as it stands in the lock and in RunSpecs."""
        return f"{self.front.name}@{self.front.version}"

    @property
    def content_hash(self) -> str:
        """sha256 of the text, as 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def require_suits(self, items: Iterable[Item], examples: Iterable[Item] = ()) -> None:
        """Raise InputError when there are choices or examples that this template would not show, or none to show."""
        given = next(iter(examples), None)
        if given is not None and "examples" not in self.uses:
            raise InputError(
                f"{given.id!r} is an example, and the template {self.id} shows none",
                hint="use classify, put {{ examples }} into your template, or take the rows with `split: example` out",
            )
        if given is None and "examples" in self.uses:
            raise InputError(
                f"the template {self.id} shows examples, and there are none",
                hint="mark some rows of the question file with `split: example`, or use another template",
            )
        needs, shows = "choices" in self.front.needs, bool(self.uses & {"choices", "options"})
        for item in items:  # once through, since they may be read from a file
            if needs and not item.choices:
                raise InputError(
                    f"Item {item.id!r} has no choices, and the template {self.id} asks for the label of one",
                    hint="use answer-confidence or answer-why-confidence, or give every Item its `choices`",
                )
            if needs and len(item.choices) > len(LETTERS):
                raise InputError(
                    f"Item {item.id!r} has {len(item.choices)} choices, and the template {self.id} reads the "
                    "probability of single letters",
                    hint="use answer-confidence or answer-why-confidence for more than 26 choices",
                )
            if item.choices and not shows:
                raise InputError(
                    f"Item {item.id!r} has choices, and the template {self.id} does not show them",
                    hint="use answer-confidence or answer-why-confidence, or put {{ options }} into your template",
                )

    def render(self, item: Item, *, turn: int = 0, reply: Mapping[str, Any] = NOTHING) -> tuple[Message, ...]:
        """Return the messages that a turn adds to its conversation when one Item is asked.

        Parameters
        ----------
        item : Item
            What to ask.
        turn : int
            Which of the turns, from 0.
        reply : mapping of field to value
            What was read from the replies to earlier turns: `{{ reply.answer }}`. Data, never a template.

        Raises
        ------
        InputError
            When the template uses something an Item does not have.
        """
        # Never the gold answer.
        shown = {
            "question": item.question,
            "choices": item.choices,
            "options": item.options,
            "examples": self.examples,
            "reply": reply,
        }
        try:
            return tuple(Message(block.role, compiled(block.text).render(shown)) for block in self.turns[turn].blocks)
        except UNRENDERABLE as error:
            raise InputError(
                f"template {self.id}: {error}", hint="a template can use {{ question }} and {{ options }}"
            ) from None


def parse(text: str, *, where: str) -> Template:
    """Return the Template that a file's text describes.

    Parameters
    ----------
    text : str
        Front matter between `---` lines, then `## system`, `## user`, `## assistant` blocks. A `## user` block
        that no `## assistant` block follows is asked, and its reply stands there for what comes after;
        `## new conversation` begins another one, which knows nothing of the first.
    where : str
        What to call the text in errors: its path, or the Run it was kept in.

    Raises
    ------
    InputError
        When the front matter or the blocks are not as documented, or do not fit each other.
    """
    text = text.replace("\r\n", "\n")
    parts = FRONT_MATTER.match(text)
    if parts is None:
        raise InputError(f"{where}: no front matter", hint="begin the file with ---, YAML, and --- again")
    front = parse_front_matter(parts["matter"], where)
    asked = list(split_turns(parts["body"], where))
    elicits = elicited(front, where)
    if len(elicits) != len(asked):
        raise InputError(
            f"{where}: `elicits` speaks of {len(elicits)} turns, and {len(asked)} are asked",
            hint="a `## user` block without `## assistant` after it is asked: give each its list, [[…], […]]",
        )
    if front.grammar is not None and len(asked) > 1:
        raise InputError(f"{where}: a grammar holds one reply, and {len(asked)} turns are asked", hint="leave it out")
    if front.structured and front.grammar is not None:
        raise InputError(f"{where}: `structured` and `grammar` both hold the reply to a form", hint="leave one out")
    if front.structured and not set(chain.from_iterable(elicits)) <= set(STRUCTURED):
        raise InputError(
            f"{where}: `structured` holds {', '.join(STRUCTURED)} alone", hint="leave it out, or elicit only these"
        )
    if front.scale == "words":
        probability_words.of(front.language)  # raises here, not in the middle of a Run
    turns = []
    known: set[str] = set()
    for fields, (fresh, blocks) in zip(elicits, asked, strict=True):
        quotes = frozenset(name for block in blocks for name in quoted(block.text))
        if not quotes <= known | HANDED:
            raise InputError(
                f"{where}: {{{{ reply.{min(quotes - known - HANDED)} }}}} is not there yet",
                hint=f"earlier turns elicit: {', '.join(sorted(known)) or 'nothing'}",
            )
        known.update(fields)
        turns.append(Turn(elicits=fields, blocks=blocks, fresh=fresh, quotes=quotes))
    return Template(front=front, turns=tuple(turns), text=text)


def elicited(front: FrontMatter, where: str) -> tuple[tuple[Field, ...], ...]:
    """Return the fields of each turn; `[answer, confidence]` is short for `[[answer, confidence]]`."""
    nested = tuple(each for each in front.elicits if isinstance(each, tuple))
    plain = tuple(each for each in front.elicits if not isinstance(each, tuple))
    if nested and plain:
        raise InputError(f"{where}: `elicits` mixes fields and lists", hint="write [a, b], or [[a], [b]] for two turns")
    turns = nested or (plain,)
    fields = [field for turn in turns for field in turn]
    twice = next((field for field in fields if fields.count(field) > 1), None)
    if twice is not None:
        raise InputError(f"{where}: `elicits` names {twice} twice", hint="each field is read from one reply")
    return turns


def parse_front_matter(matter: str, where: str) -> FrontMatter:
    """Return the checked front matter."""
    try:
        return msgspec.convert(yaml.safe_load(matter), FrontMatter)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{where}: front matter: {error}", hint=f"known keys: {', '.join(FrontMatter.__struct_fields__)}"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2026-13-45
        raise InputError(
            f"{where}: the front matter is not YAML ({error})", hint="quote texts that hold : or {"
        ) from None


def load(path: Path) -> Template:
    """Return the Template in a file, checked against the lock beside it.

    Raises
    ------
    InputError
        When the file cannot be read, or its text changed and its version did not.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # -sig: some editors write a byte order mark
    except OSError as error:
        raise InputError(f"no template at {path}: {error.strerror}", hint="name a template or a .md file") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8", hint="save the file as UTF-8") from None
    template = parse(text, where=str(path))
    lock.check(template.id, template.content_hash, path)
    return template


def folders() -> Sequence[Path]:
    """Return where templates are looked for: `./prompts`, then those that came with selfexplain."""
    package = Path(__file__).parents[1]
    packaged = package / "prompts"
    # An editable installation has them beside the package, in the checkout.
    return (Path("prompts"), packaged if packaged.is_dir() else package.parent / "prompts")


JUDGES = "judge"
"""The folder inside `prompts` with what judges are asked: no ways of asking the model that a Run is about."""


def available(kind: str = "") -> dict[str, Path]:
    """Return the file of every template by name, the user's own first; of those for judges with `kind="judge"`."""
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted((folder / kind).glob("*.md")):
            found.setdefault(path.stem, path)
    return found


def judging(name: str) -> Template:
    """Return a judge's template by its name, or by the path of its file.

    Raises
    ------
    InputError
        When there is none, or it does not ask for one verdict.
    """
    template = named(name, JUDGES)
    if [turn.elicits for turn in template.turns] != [("verdict",)]:
        raise InputError(
            f"the template {template.id} does not ask for a verdict alone",
            hint="let it have one turn and `elicits: [verdict]`, as judge has",
        )
    return template


def named(name: str, kind: str = "") -> Template:
    """Return a template by its name, or by the path of its file.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name.endswith(".md"):
        return load(Path(name))
    known = available(kind)
    if name not in known:
        raise InputError(
            f"no template is called {name!r}",
            hint=f"{meant(name, known)}known: {len(known)}, see `selfexplain list templates`; or a path to a .md",
        )
    template = load(known[name])
    if template.front.name != name:
        raise InputError(
            f"{known[name]} calls itself {template.front.name!r}", hint="let the file and its `name` agree"
        )
    return template
