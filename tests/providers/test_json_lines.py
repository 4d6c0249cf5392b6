"""A batch's results as they arrive: every whole line once, wherever the stream is cut, and the last one too."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfexplain.providers.batch import json_lines

ROWS = st.lists(st.fixed_dictionaries({"custom_id": st.text(max_size=5)}), max_size=5)


def read(*chunks: bytes) -> list[dict[str, str]]:
    async def stream() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def all_of_it() -> list[dict[str, str]]:
        return [found async for found in json_lines(stream())]

    return asyncio.run(all_of_it())


@given(ROWS, st.lists(st.integers(0, 400), max_size=6), st.sampled_from([b"\n", b""]))
def test_wherever_a_stream_is_cut_each_line_is_read_once(
    rows: list[dict[str, str]], cuts: list[int], end: bytes
) -> None:
    """Within a character, too; and servers that end their files without a line end lose no reply."""
    whole = b"\n".join(json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") for row in rows) + end
    places = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]

    assert read(*(whole[a:b] for a, b in itertools.pairwise(places))) == rows


@pytest.mark.parametrize("torn", [b'{"custom_id": "b', b"[1]", b"\xff", b""])
def test_half_a_line_is_left_out(torn: bytes) -> None:
    assert read(b'{"custom_id": "a"}\n' + torn) == [{"custom_id": "a"}]
