"""Templates as data: one Markdown file with front matter and the turns.

The text is split into roles before anything is rendered, so a question that contains `## system` stays a question.
"""

import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import jinja2
import jinja2.meta
import jinja2.sandbox
import msgspec
import yaml

from selfexplain.errors import InputError
from selfexplain.prompting import lock
from selfexplain.records import Item, Message, Option, Role

FRONT_MATTER = re.compile(r"\A---\n(?P<matter>.*?\n)---\n(?P<body>.*)\Z", re.DOTALL)
HEADING = re.compile(r"^## (?P<role>[^\n]*?)[ \t]*$", re.MULTILINE)

Field = Literal["answer", "rationale", "confidence"]
Scale = Literal["probability", "percent", "0-20", "words"]
About = Literal["own_answer", "event"]


class FrontMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a template says of itself."""

    name: str
    version: int
    elicits: Annotated[tuple[Field, ...], msgspec.Meta(min_length=1)]
    """The fields a reply holds, in the order in which they are asked for."""
    elicitation: str = "one-turn"
    scale: Scale = "percent"
    about: About = "own_answer"
    audience: str = ""
    """For whom the explanation is written."""
    language: str = "en"
    max_tokens: Annotated[int, msgspec.Meta(gt=0)] = 512
    grammar: str | None = None
    """GBNF that holds the reply to its form, on servers that take it.

    It makes the model say what it would not say: see docs/decisions/0002. Measure without it first.
    """
    source: str = ""
    """Where this way of asking was published."""


class Block(msgspec.Struct, frozen=True):
    """One turn, not yet rendered."""

    role: Role
    text: str


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
    blocks: tuple[Block, ...]
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
        return frozenset().union(*(names_in(block.text) for block in self.blocks))

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
        with_choices = next((item for item in items if item.choices), None)
        if with_choices is not None and not self.uses & {"choices", "options"}:
            raise InputError(
                f"Item {with_choices.id!r} has choices, and the template {self.id} does not show them",
                hint="use answer-confidence or answer-why-confidence, or put {{ options }} into your template",
            )

    def render(self, item: Item) -> tuple[Message, ...]:
        """Return the messages that ask one Item.

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
        }
        try:
            return tuple(Message(block.role, compiled(block.text).render(shown)) for block in self.blocks)
        except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
            raise InputError(
                f"template {self.id}: {error}", hint="a template can use {{ question }} and {{ options }}"
            ) from None


ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)
"""Renders text for a model, not HTML: nothing to escape, everything to confine."""


@functools.lru_cache
def compiled(text: str) -> jinja2.Template:
    """Return a block ready to render: compiled once, rendered for every Item."""
    return ENVIRONMENT.from_string(text)


@functools.lru_cache
def names_in(text: str) -> frozenset[str]:
    """Return the names that a block takes from outside; none for one that is no template, which rendering will say."""
    try:
        return frozenset(jinja2.meta.find_undeclared_variables(ENVIRONMENT.parse(text)))
    except (jinja2.TemplateError, RecursionError):
        return frozenset()


def parse(text: str, *, where: str) -> Template:
    """Return the Template that a file's text describes.

    Parameters
    ----------
    text : str
        Front matter between `---` lines, then `## system`, `## user`, `## assistant` blocks.
    where : str
        What to call the text in errors: its path, or the Run it was kept in.

    Raises
    ------
    InputError
        When the front matter or the blocks are not as documented.
    """
    text = text.replace("\r\n", "\n")
    parts = FRONT_MATTER.match(text)
    if parts is None:
        raise InputError(f"{where}: no front matter", hint="begin the file with ---, YAML, and --- again")
    front = parse_front_matter(parts["matter"], where)
    blocks = split_blocks(parts["body"], where)
    if blocks[-1].role != "user":
        raise InputError(f"{where}: the last block is {blocks[-1].role}", hint="end with the `## user` block that asks")
    return Template(front=front, blocks=blocks, text=text)


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


def split_blocks(body: str, where: str) -> tuple[Block, ...]:
    """Return the blocks of a body in order."""
    preamble, *rest = HEADING.split(body)
    if preamble.strip() or not rest:
        raise InputError(
            f"{where}: the text after the front matter must begin with a block",
            hint="write `## system`, `## user` or `## assistant` on a line of its own",
        )
    roles, texts = rest[::2], rest[1::2]
    for before, role in zip(["", *roles], roles, strict=False):
        if role not in get_args(Role):
            raise InputError(
                f"{where}: `## {role}` is no block",
                hint="blocks are `## system`, `## user`, `## assistant`; write other headings with ### or more",
            )
        if role == before == "user":
            raise InputError(
                f"{where}: two `## user` blocks in a row",
                hint="put the `## assistant` reply of an example between them, or join them",
            )
    return tuple(Block(msgspec.convert(role, Role), text.strip()) for role, text in zip(roles, texts, strict=True))


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


def available() -> dict[str, Path]:
    """Return the file of every template by name, the user's own first."""
    found: dict[str, Path] = {}
    for folder in folders():
        for path in sorted(folder.glob("*.md")):
            found.setdefault(path.stem, path)
    return found


def named(name: str) -> Template:
    """Return a template by its name, or by the path of its file.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name.endswith(".md"):
        return load(Path(name))
    known = available()
    if name not in known:
        raise InputError(
            f"no template is called {name!r}", hint=f"known: {', '.join(sorted(known))}; or a path to a .md"
        )
    template = load(known[name])
    if template.front.name != name:
        raise InputError(
            f"{known[name]} calls itself {template.front.name!r}", hint="let the file and its `name` agree"
        )
    return template
