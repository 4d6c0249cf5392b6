"""Claims about a question and about its translation, compared by linked groups of words; counted by hand."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain import plugins
from selfexplain.claims import Claim
from selfexplain.pipeline.claims_compared import ClaimsCompared, Overlap, Side, compare_claims
from selfexplain.pipeline.shared_units import shared_units, translations
from selfexplain.prompting.read_claim import read_claim
from selfexplain.records import Dataset, Grade, Item, Reading, Record, SelfReport

PERU = Item("peru", "What is the capital of Peru?", ("Lima",))
PAIRS = (("秘鲁", "Peru"), ("的", "of"), ("首都", "capital"), ("是", "is"), ("什么", "What"))
ZH = Item("peru", "秘鲁的首都是什么？", ("利马",), original=PERU.question, aligned=PAIRS)
FR = Item(
    "peru",
    "Quelle est la capitale du Pérou ?",
    ("Lima",),
    original=PERU.question,
    aligned=(("Quelle", "What"), ("est", "is"), ("la capitale", "the capital"), ("Pérou", "Peru")),
)


def record(item: Item, words: str | None = None, rationale: str | None = None) -> Record:
    absent: Reading[str] = Reading(None, "absent")
    claims: dict[str, Reading[Claim]] = {}
    if words is not None:
        claims["words"] = read_claim(f"Words: {words}", "words", question=item.question)
    told = absent if rationale is None else Reading(rationale, "read")
    report = SelfReport(absent, told, {}, "completed", ("",), ("k",), attribution=claims)  # type: ignore[arg-type]
    return Record(item.id, report, Grade("correct", "exact"), {"stated": "ok"})


def compared(a: Item, said: str, b: Item, then: str, *, free: bool = False) -> ClaimsCompared:
    field = "rationale" if free else "words"
    one, other = (Side([record(item, **{field: text})], {item.id: item}) for item, text in ((a, said), (b, then)))
    found = compare_claims(one, other, plugins.graders())
    assert found is not None
    return found


def only(found: ClaimsCompared) -> Overlap:
    (overlap,) = found.overlaps
    return overlap


def test_a_claim_in_two_languages_is_compared_by_linked_groups() -> None:
    """Capital and Peru in A, 秘鲁 and 什么 in B: one of three groups. Of five, two by chance: 0.28.

    By chance: two of five each share 0, 1 or 2 groups with probability 3/10, 6/10, 1/10: 6/10 · 1/3 + 1/10 = 0.3.
    """
    overlap = only(compared(PERU, "capital, Peru", ZH, "秘鲁、什么"))

    assert (overlap.words_a, overlap.words_b) == (2, 2)
    assert overlap.jaccard.value == pytest.approx(1 / 3)
    assert overlap.jaccard_by_chance == pytest.approx(0.3)
    assert (overlap.outside_a, overlap.outside_b) == (0, 0)


def test_the_same_claim_in_another_language_and_order_is_the_same_set_and_another_ranking() -> None:
    """At depth 1 nothing in common, at depth 2 all: 0.9, as for two words of one question in swapped places."""
    overlap = only(compared(PERU, "capital, Peru", ZH, "秘鲁、首都"))
    assert overlap.ranked is not None

    assert overlap.jaccard.value == 1
    assert overlap.ranked.value == pytest.approx(0.9)


def test_it_does_not_matter_which_side_is_the_translation() -> None:
    one = only(compared(PERU, "capital, Peru", ZH, "秘鲁、什么"))
    other = only(compared(ZH, "秘鲁、什么", PERU, "capital, Peru"))

    assert one.jaccard == other.jaccard
    assert one.ranked == other.ranked


def test_two_translations_of_one_original_meet_in_it() -> None:
    """French links 4 groups, all of which Chinese links too: 的 has no French word, `la` no Chinese one of its own."""
    shared = shared_units(FR, ZH)
    assert shared is not None
    assert (shared.n, shared.a.n_outside, shared.b.n_outside) == (4, 1, 1)

    assert only(compared(FR, "Pérou, la", ZH, "首都、秘鲁")).jaccard.value == 1


def test_words_in_no_link_are_counted_and_not_compared() -> None:
    """`the` is in no link; without it both name Peru alone."""
    found = compared(PERU, "the, Peru", ZH, "秘鲁")
    overlap = only(found)
    assert found.translated is not None

    assert (overlap.words_a, overlap.outside_a, overlap.outside_b) == (1, 1, 0)
    assert overlap.jaccard.value == 1
    told = found.translated
    assert (told.n, told.groups, told.words_a, told.words_b) == (1, 5, 6, 8)
    assert (told.outside_a, told.outside_b) == (1, 0)


def test_a_rationale_names_a_group_by_all_its_content_words() -> None:
    """Units with content: capital and Peru. 首先 holds a character of 首都 and names no capital, nor 秘密 Peru."""
    said = "Peru's capital."
    both, one, none = (
        only(compared(PERU, said, ZH, then, free=True))
        for then in ("首都在秘鲁海边。", "首先，秘鲁在南美洲。", "这是秘密。")
    )

    assert (both.words_a, both.words_b, both.jaccard.value) == (2, 2, 1)
    assert (one.words_b, one.jaccard.value, one.jaccard_by_chance) == (1, 0.5, 0.5)
    assert (none.words_b, none.jaccard.value) == (0, 0)


def test_answers_in_two_languages_are_not_called_another_one() -> None:
    """Lima and 利马: no grader can tell; that both are right can be told."""
    found = compared(PERU, "Peru", ZH, "秘鲁")

    assert (found.answer_changed.value, found.grade_changed.value) == (None, 0)
    assert found.why == ()


def test_an_original_that_is_not_the_other_question_is_said() -> None:
    other = msgspec.structs.replace(PERU, question="Which town is the capital of Peru?")
    found = compared(other, "Peru", ZH, "秘鲁")

    assert found.overlaps == ()
    assert found.why == ("the `original` of a translation is not the other side's question, in 1 Item: peru",)


def test_the_same_text_is_compared_word_by_word_though_it_is_a_translation() -> None:
    found = compared(ZH, "首都", ZH, "首都、秘鲁")

    assert found.translated is None
    assert only(found).jaccard.value == 0.5  # 2 of 4 characters
    assert only(found).outside_a is None


def test_pairs_that_share_a_word_are_one_group() -> None:
    """`es gibt` for `there … is` stands apart in one of them."""
    item = Item("a", "有几个人？", ("2",), original="How many people are there?")
    item = msgspec.structs.replace(item, aligned=(("有", "are"), ("有", "there"), ("人", "people")))
    shared = shared_units(Item("a", "How many people are there?", ("2",)), item)
    assert shared is not None

    assert (shared.n, shared.a.unit_of, shared.b.unit_of) == (2, {2: 0, 3: 1, 4: 1}, {3: 0, 0: 1})


@given(st.permutations(PAIRS))
def test_the_order_of_pairs_decides_nothing(pairs: list[tuple[str, str]]) -> None:
    again = msgspec.structs.replace(ZH, aligned=tuple(pairs))

    assert shared_units(PERU, again) == shared_units(PERU, ZH)


def test_items_without_links_keep_their_hash() -> None:
    """What named a Run yesterday names it today; links name another one."""
    plain = Dataset("towns", "1", (PERU,))
    linked = Dataset("towns", "1", (ZH,))

    assert plain.content_hash == "8885d8f50403d17e5806d5046037c507b430c4e56a9f7d0cbcf5d3ae5b4a0094"
    assert msgspec.json.encode(PERU) == b'{"id":"peru","question":"What is the capital of Peru?","gold":["Lima"]}'
    assert linked.content_hash != plain.content_hash
    assert msgspec.json.decode(msgspec.json.encode(ZH), type=Item) == ZH


def test_only_stated_translations_are_translations() -> None:
    stranger = msgspec.structs.replace(ZH, original="", aligned=())
    one = {"a": PERU, "b": PERU, "c": PERU}

    assert translations(one, {"a": ZH, "b": PERU, "c": stranger}, "abc") == {"a"}
