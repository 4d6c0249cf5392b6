"""Which sets are taken from a question: the claim's, what is left when nothing else is kept, random ones, and bins."""

import pytest

from selfexplain.claims import Claim, ClaimKind, Unit
from selfexplain.errors import Undefined
from selfexplain.pipeline.removal_questions import Wanted, Way, gone_from, most_passes, question_of
from selfexplain.pipeline.witness import Asked
from selfexplain.records import Item, Reading, Record, Request, Response, SelfReport
from selfexplain.runs.removal_files import Gone
from selfexplain.witnesses.case import case_of, plain_layout

QUESTION = "Is the tall old house red?"
CUT = case_of(plain_layout(QUESTION), "yes").units
"""Six words and the question mark, units 0 to 6; content words are units 2 to 5."""


def asked(*named: str) -> Asked:
    units = tuple(
        Unit(word, "placed", ((QUESTION.index(word), QUESTION.index(word) + len(word)),), rank)
        for rank, word in enumerate(named, 1)
    )
    attribution: dict[ClaimKind, Reading[Claim]] = {"words": Reading(Claim("words", units), "read")} if named else {}
    report = SelfReport(
        Reading("yes", "read", span=(0, 3)),
        Reading(None, "absent"),
        {},
        "completed",
        ("yes",),
        (),
        attribution=attribution,
    )
    request = Request("q", (), 10)
    return Asked(Record("q", report, None, {}), Item("q", QUESTION), request, Response("completed", "yes"))


def wanted(way: Way = "prob") -> Wanted:
    return Wanted(20, "words", {way: "embed"})


def test_one_named_word_is_taken_away_and_kept_alone_beside_every_other() -> None:
    """Four sets of one content word are all there are: for each its absence, and that of all else, `?` too."""
    question = question_of(asked("old"), CUT, wanted())
    everything = set(range(7))

    assert question.claim.said == (3,)
    assert question.every
    assert set(gone_from(question, "prob")) == {
        Gone(()),
        Gone(tuple(everything)),
        *(Gone((place,)) for place in (2, 3, 4, 5)),
        *(Gone(tuple(sorted(everything - {place}))) for place in (2, 3, 4, 5)),
    }


def test_the_first_words_of_a_claim_are_taken_away_for_each_bin() -> None:
    """Of six words 1, 5 and 10 % are one, 20 % two and 50 % three, which this claim does not fill."""
    question = question_of(asked("red", "tall"), CUT, wanted())
    gone = gone_from(question, "prob", tops=[(0, 1)])

    assert question.sizes == (1, 1, 1, 2)
    assert {Gone((5,)), Gone((2, 5)), Gone((0, 1)), Gone((0,))} <= set(gone)
    assert Gone((1,)) not in gone
    assert Gone((0, 1, 2, 3, 4, 6)) in gone  # `red` alone
    assert len(gone) == len(set(gone))


def test_a_model_that_is_asked_keeps_its_question_and_is_asked_five_times_unchanged() -> None:
    question = question_of(asked("old"), CUT, wanted(way="flip"))

    assert gone_from(question, "flip") == [
        *(Gone((), repeat) for repeat in range(1, 6)),
        *dict.fromkeys([Gone((3,)), *(question.without(each) for each in question.random)]),
    ]


def test_the_most_it_can_cost_is_known_before_a_witness_has_looked() -> None:
    """A witness adds at most its own two sets; of a Record that claims nothing, none are taken away."""
    n = len(gone_from(question_of(asked("old"), CUT, wanted()), "prob"))

    assert most_passes(asked("old"), CUT, wanted(), 0) == n
    assert most_passes(asked("old"), CUT, wanted(), 3) == n + 6
    assert most_passes(asked(), CUT, wanted(), 3) == 0


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ((), "absent"),
        (("tall", "old", "house", "red"), "only one claim"),
        (("Is", "the", "tall", "old", "house"), "5 units"),
    ],
)
def test_what_has_no_chance_level_is_left_out_with_its_reason(named: tuple[str, ...], why: str) -> None:
    with pytest.raises(Undefined, match=why):
        question_of(asked(*named), CUT, wanted())
