"""The body of a template: blocks, the turns that they make, and the conversations that turns belong to."""

import functools
import re
from collections.abc import Iterator
from typing import Literal, get_args

import jinja2
import jinja2.meta
import jinja2.nodes
import jinja2.sandbox
import msgspec

from selfexplain.errors import InputError
from selfexplain.records import Role

HEADING = re.compile(r"^## (?P<role>[^\n]*?)[ \t]*$", re.MULTILINE)

NEW_CONVERSATION = "new conversation"

Field = Literal[
    "answer",
    "rationale",
    "confidence",
    # Of elicitations that ask for several answers, or for a judgement of one:
    "guesses",
    "confidences",
    "alternatives",
    "verdict",
    "verdict_swapped",
    # Of explanations that are placed in the question:
    "words",
    "word_scores",
    "quotes",
    "redaction",
    "counterfactual",
    "steps",
    "target",
    "answer_again",
]

HANDED = frozenset({"other", "candidate", "mark", "gold"})
"""What an elicitation hands to a turn beside what was read: another answer, to compare with the first;
to a judge, the answer that it grades and what is right."""


class Block(msgspec.Struct, frozen=True):
    """One message, not yet rendered."""

    role: Role
    text: str


class Turn(msgspec.Struct, frozen=True):
    """What is sent up to one `## user` block that is asked."""

    elicits: tuple[Field, ...]
    blocks: tuple[Block, ...]
    """What it adds to its conversation; the last block is asked."""
    fresh: bool
    """It begins a conversation of its own."""
    quotes: frozenset[str]
    """The fields of earlier replies that its blocks show."""


ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(
    undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
)
"""Renders text for a model, not HTML: nothing to escape, everything to confine."""

UNRENDERABLE = (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, LookupError, RecursionError)
"""What a block raises that cannot be read or rendered."""


@functools.lru_cache
def compiled(text: str) -> jinja2.Template:
    """Return a block ready to render: compiled once, rendered for every Item."""
    return ENVIRONMENT.from_string(text)


@functools.lru_cache
def names_in(text: str) -> frozenset[str]:
    """Return the names that a block takes from outside; none for one that is no template, which rendering will say."""
    try:
        return frozenset(jinja2.meta.find_undeclared_variables(ENVIRONMENT.parse(text)))
    except UNRENDERABLE:
        return frozenset()


def split_turns(body: str, where: str) -> Iterator[tuple[bool, tuple[Block, ...]]]:
    """Yield for each turn whether it begins a conversation, and its blocks.

    Raises
    ------
    InputError
        When the body is not made of blocks, or a conversation does not end with one that asks.
    """
    pending: list[Block] = []
    fresh = True
    ahead = [*split_blocks(body, where), None]
    for block, following in zip(ahead, [*ahead[1:], None], strict=True):
        if block is None:
            if pending:
                raise InputError(
                    f"{where}: the last block is {pending[-1].role}", hint="end with the `## user` block that asks"
                )
            if fresh:
                raise InputError(
                    f"{where}: an empty conversation", hint="put a `## user` block into it, or leave it out"
                )
            fresh = True
            continue
        pending.append(block)
        if block.role == "user" and (following is None or following.role != "assistant"):
            yield fresh, tuple(pending)
            pending, fresh = [], False


def quoted(text: str) -> frozenset[str]:
    """Return the fields of `reply` that a block shows; a block that is no template says so when it is rendered.

    >>> sorted(quoted("{{ reply.answer }}? {% if reply['rationale'] %}!{% endif %}"))
    ['answer', 'rationale']
    """
    try:
        tree = ENVIRONMENT.parse(text)
    except UNRENDERABLE:
        return frozenset()
    names = [(node.node, node.attr) for node in tree.find_all(jinja2.nodes.Getattr)]
    names += [
        (node.node, str(node.arg.value))
        for node in tree.find_all(jinja2.nodes.Getitem)
        if isinstance(node.arg, jinja2.nodes.Const)
    ]
    return frozenset(name for of, name in names if isinstance(of, jinja2.nodes.Name) and of.name == "reply")


def split_blocks(body: str, where: str) -> Iterator[Block | None]:
    """Yield the blocks of a body in order, and None where a new conversation begins."""
    preamble, *rest = HEADING.split(body)
    if preamble.strip() or not rest:
        raise InputError(
            f"{where}: the text after the front matter must begin with a block",
            hint="write `## system`, `## user` or `## assistant` on a line of its own",
        )
    for role, text in zip(rest[::2], rest[1::2], strict=True):
        if role == NEW_CONVERSATION:
            if text.strip():
                raise InputError(f"{where}: text under `## {role}`", hint="put it into the `## user` block after it")
            yield None
        elif role in get_args(Role):
            yield Block(msgspec.convert(role, Role), text.strip())
        else:
            raise InputError(
                f"{where}: `## {role}` is no block",
                hint="blocks are `## system`, `## user`, `## assistant` and `## new conversation`; "
                "write other headings with ### or more",
            )
