"""What a model claims to have mattered: units of the question, with their places in it, as a witness will look at them.

A claim is not a fact about the model. It becomes one side of a comparison when a witness has looked.
"""

from typing import Literal, get_args

import msgspec

ClaimKind = Literal["words", "word_scores", "quotes", "redaction", "counterfactual", "steps"]
"""How the claim was made: listed, scored, quoted, taken out, changed, or told in steps."""

CLAIM_KINDS: tuple[ClaimKind, ...] = get_args(ClaimKind)

LISTED_KINDS = frozenset[ClaimKind]({"words", "word_scores", "quotes"})
"""Kinds whose units ought to stand in the question. Those of an edit always do; steps are the model's own words."""

Place = Literal["placed", "ambiguous", "duplicate", "not_in_text", "free_text"]
"""`placed`: one place in the question. `ambiguous`: several, all kept. `duplicate`: said before. `not_in_text`: none.
`free_text`: not claimed to stand there."""

Span = tuple[int, int]


class Unit(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is claimed to matter."""

    text: str
    """As the model wrote it; for what it took out or changed, the question's own words."""
    place: Place
    spans: tuple[Span, ...] = ()
    """Where it stands in the Item's question, each as [start, end) in characters; several only when ambiguous."""
    rank: int | None = None
    """Its place in the model's own order, from 1; None where no order is claimed."""
    score: float | None = None
    """In [−1, 1], as stated; None where none is."""
    becomes: str | None = None
    """What the model wrote in its place, in a counterfactual."""
    notes: tuple[str, ...] = ()
    """`inflected`, `quotes_stripped`, `other_script`, `no_score`, `score_out_of_range`, `more_places`."""

    @property
    def in_text(self) -> bool:
        """Whether it stands in the question at all."""
        return self.place in {"placed", "ambiguous"}


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one reply claims to have mattered."""

    kind: ClaimKind
    units: tuple[Unit, ...]
    text: str = ""
    """The edited question as the model wrote it; empty where nothing was edited."""
    share_changed: float | None = None
    """Of the question's words, those that a redaction took out or a counterfactual changed; in [0, 1]."""
    notes: tuple[str, ...] = ()
    """`wrong_count`, `more_units`, `other_place_possible`, `everything_removed`, `not_minimal`, `label_leaked`,
    `coarse_diff`, `more_text`."""

    @property
    def said(self) -> tuple[Unit, ...]:
        """The units without those that only repeat an earlier one."""
        return tuple(unit for unit in self.units if unit.place != "duplicate")

    @property
    def in_input_rate(self) -> float | None:
        """The share of the different units that stand in the question, in [0, 1]; None where there is nothing to find.

        Examples
        --------
        >>> Claim("words", (Unit("Peru", "placed", ((8, 12),), 1), Unit("city", "not_in_text", rank=2))).in_input_rate
        0.5
        """
        if self.kind not in LISTED_KINDS or not self.said:
            return None
        return sum(unit.in_text for unit in self.said) / len(self.said)
