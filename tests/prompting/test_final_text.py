import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfexplain.prompting.final_text import final_text


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("Paris", "Paris"),
        ("<think>Rome?</think>Paris", "Paris"),
        ("<THINKING mode='long'>Rome?</THINKING>\nParis", "Paris"),
        ("[THINK]Rome?[/THINK]Paris", "Paris"),
        ("Rome? No.</think>Paris", "Paris"),
        ("Rome</think>Lyon</think>Paris", "Paris"),
        ("Nice<think>Rome</think>Lyon</think>Paris", "Paris"),
        ("<think>the tag <think> opens</think>Paris", "Paris"),
        (
            "<|channel|>analysis<|message|>Rome<|end|><|start|>assistant<|channel|>final<|message|>Paris<|return|>",
            "Paris",
        ),
        ("analysisRome? We need one city.assistantfinalParis", "Paris"),
        ("Paris<|im_end|>\n<|im_start|>user\nAnd Rome?", "Paris"),
        ("<|START_THINKING|>Rome<|END_THINKING|><|START_RESPONSE|>Paris<|END_RESPONSE|>", "Paris"),
        ("an analysis of it", "an analysis of it"),
    ],
)
def test_only_the_final_channel_is_kept(reply: str, kept: str) -> None:
    """Reasoning is no statement: a number in it must never be read as the answer's confidence."""
    final = final_text(reply)

    assert final.located.text.strip() == kept
    assert not final.truncated


@pytest.mark.parametrize(
    "reply", ["<think>Rome?", "Paris<think>or Rome", "<think>a</think><think>b", "<|channel|>analysis<|message|>Rome"]
)
def test_a_reply_that_ends_while_reasoning_is_truncated(reply: str) -> None:
    assert final_text(reply).truncated


def test_nothing_reaches_across_removed_reasoning() -> None:
    """Two stretches are joined by a break, so that "8" and "0" on both sides of a block never become 80."""
    assert "80" not in final_text("8<think>x</think>0").located.text


@settings(deadline=None)  # a loaded machine is no bug
@given(
    st.text()
    | st.lists(st.sampled_from(["<think>", "</think>", "a", "</s>", "<|channel|>final<|message|>"])).map("".join)
)
def test_every_kept_character_knows_its_place_in_the_reply(reply: str) -> None:
    located = final_text(reply).located

    assert len(located.text) == len(located.starts) == len(located.stops)
    for letter, start, stop in zip(located.text, located.starts, located.stops, strict=True):
        assert reply[start:stop] == letter or letter == "\x1e"
