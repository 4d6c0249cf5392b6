"""Places by digest: what a dict of lists would hold, in a tenth of the memory."""

from hypothesis import given
from hypothesis import strategies as st

from selfexplain.digests import Places

# Few digests, so that some are the same, and some that lie in one another's way: they differ in high bits alone.
DIGESTS = st.sampled_from([0, 1, 2, 2**63, 2**63 + 1, 2**64 - 1])


@given(st.lists(st.tuples(DIGESTS, st.integers(0, 2**64 - 2))))
def test_every_place_is_found_in_the_order_in_which_it_was_added(pairs: list[tuple[int, int]]) -> None:
    places, expected = Places(), dict[int, list[int]]()
    for digest, place in pairs:
        places.add(digest, place)
        expected.setdefault(digest, []).append(place)

    assert len(places) == len(pairs)
    assert {digest: list(places.of(digest)) for digest in expected} == expected


def test_ten_thousand_are_all_there_after_growing_and_moving() -> None:
    """The multiples of a large odd number are spread like a hash."""
    places = Places()
    digests = [number * 0x9E3779B97F4A7C15 % 2**64 for number in range(10_000)]
    for number, digest in enumerate(digests):
        places.add(digest, number)
    for number, digest in enumerate(digests):
        places.move(digest, number, number + 7)

    assert [list(places.of(digest)) for digest in digests] == [[number + 7] for number in range(10_000)]
    assert list(places.of(12345)) == []
