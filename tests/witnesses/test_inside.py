"""The inside of a transformers model, of any kind: the same numbers by another route, whatever shares a batch."""

from typing import Any

import numpy as np
import pytest

from selfexplain.errors import InputError
from selfexplain.providers.chat_prompt import prompt_ids
from selfexplain.records import Message
from selfexplain.white_box import Aim, Input, WhiteBox
from witnesses.insides import KINDS, TURNS, WINDOW, deciding, inside

ROUNDING = 2e-5
"""Most kinds compute norms and softmax in 32 bits, whatever the weights have."""

LONG = (Message("system", "Be brief."), Message("user", "One, two, three: " * 4 + "and aZb?"))
"""Longer than the windows that slide."""


def naive(kind: str, ids: tuple[int, ...], answer: tuple[int, ...]) -> float:
    """Log-probability of an answer, from the model's plain forward pass over all of it."""
    import torch

    model = inside(kind).model
    with torch.no_grad():
        every = model(input_ids=torch.tensor([[*ids, *answer]])).logits[0].log_softmax(dim=-1)
    return float(sum(every[len(ids) - 1 + step, token] for step, token in enumerate(answer)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turns", [TURNS, LONG], ids=["short", "long"])
def test_values_are_those_of_a_plain_pass(kind: str, turns: tuple[Message, ...]) -> None:
    """All targets, answers of several tokens, rivals that begin alike; also behind a window that slides."""
    model = inside(kind)
    cut = model.cut(turns, "So: ", "ab")
    assert len(cut.ids) > WINDOW or turns is TURNS
    a = cut.answer
    other, longer = (a[0], a[1] + 1), (a[0], a[0], a[1])
    given = [Input(cut.ids), Input((*cut.ids[:40], *cut.ids[42:]))]
    told = [{each: naive(kind, one.ids, each) for each in (a, other, longer)} for one in given]

    assert model.values(given, Aim("logprob", a)).values == pytest.approx([each[a] for each in told], abs=ROUNDING)
    assert model.values(given, Aim("prob", a)).values == pytest.approx([np.exp(each[a]) for each in told], rel=1e-6)
    expected = [each[a] - max(each[other], each[longer]) for each in told]
    margin = model.values(given, Aim("margin", a, (other, longer)))
    assert not margin.aim.first_token
    assert margin.values == pytest.approx(expected, abs=ROUNDING)


@pytest.mark.parametrize("kind", KINDS)
def test_a_margin_without_rivals_is_against_the_next_most_probable_token(kind: str) -> None:
    """Found at the first Input, and kept for the others; it is a difference of two logits."""
    model = inside(kind)
    cut = model.cut(TURNS, "", "b")
    found = model.values([Input(cut.ids), Input(cut.ids[:-3])], Aim("margin", cut.answer))
    every = [naive(kind, cut.ids, (token,)) for token in range(258)]
    ((rival,),) = found.aim.others

    first = (int(np.argmax(every)),)
    ((second,),) = model.values([Input(cut.ids)], Aim("margin", first)).aim.others

    assert found.aim.first_token
    assert second == np.argsort(every)[-2]
    assert every[rival] == max(value for token, value in enumerate(every) if token != cut.answer[0])
    assert found.values[0] == pytest.approx(every[cut.answer[0]] - every[rival], abs=ROUNDING)


@pytest.mark.parametrize("kind", KINDS)
def test_many_at_once_are_what_each_is_alone(kind: str) -> None:
    """Different lengths, rows that stand in, blocked positions; and whatever was read before."""
    model = inside(kind)
    cut = model.cut(TURNS, "", "ab")
    mean = model.mean_embedding()
    inputs = [Input(cut.ids), Input(cut.ids[:-4]), Input(cut.ids[:-1]), Input((*cut.ids[:30], *cut.ids[35:]))]
    inputs += [Input(cut.ids, {place: mean}) for place in (31, 40)]
    inputs += [Input(cut.ids, blocked=frozenset(places)) for places in ({29}, {33, 35})]
    for aim in (Aim("logprob", cut.answer), Aim("margin", cut.answer, ((7,), (9, 10)))):
        together = model.values(inputs, aim).values
        alone = []
        for each in inputs:
            model._many.forget()
            alone.append(float(model.values([each], aim).values[0]))

        assert together == pytest.approx(alone, abs=ROUNDING)
    assert len(set(np.round(together, 6))) == len(inputs)
    rows = model.embeddings(cut.ids)
    early = [
        Input(cut.ids, {place: mean if is_gone else rows[place]}) for place in (20, 35) for is_gone in (True, False)
    ]
    early += [Input(cut.ids, blocked=frozenset({20}))]
    found = model.values(early, aim).values  # whatever is changed, what comes before it is all that they share

    assert found[1] == pytest.approx(found[3], abs=ROUNDING)
    assert found == pytest.approx([float(model.values([each], aim).values[0]) for each in early], abs=ROUNDING)
    assert len(set(np.round(found, 4))) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_blocked_is_not_read(kind: str) -> None:
    """Another token in its place changes nothing, which it does where it is not blocked."""
    model = inside(kind)
    cut = model.cut(TURNS, "", "ab")
    aim = Aim("logprob", cut.answer)
    other = (*cut.ids[:30], cut.ids[30] + 1, *cut.ids[31:])
    free = model.values([Input(cut.ids), Input(other)], aim).values
    blocked = model.values([Input(ids, blocked=frozenset({30})) for ids in (cut.ids, other)], aim).values

    assert abs(free[0] - free[1]) > 1e-4
    assert blocked[0] == pytest.approx(blocked[1], abs=ROUNDING)
    weights = model.attention(Input(cut.ids, blocked=frozenset({30}))).weights
    assert weights[:, :, 31:, 30].max() == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_what_differences_say(kind: str) -> None:
    """Of all targets, by central differences of the embedding rows; also behind what is only remembered."""
    model = inside(kind)
    cut = model.cut(TURNS, "", "ab")
    rows, n = model.embeddings(cut.ids), len(cut.ids)
    size, within = (1e-5, 1e-4) if kind == "gpt2" else (5e-4, 2e-2)
    slopes = []
    for aim in (
        Aim("logprob", cut.answer),
        Aim("margin", cut.answer),
        Aim("margin", cut.answer, ((cut.answer[0], 3),)),
    ):
        places = (n - 12, n - 3)
        found = model.gradients([Input(cut.ids)], aim, places)
        again = model.gradients([Input(cut.ids), Input(cut.ids, {n - 12: rows[n - 12]})], found.aim, places)
        assert found.gradients is not None
        assert again.gradients is not None
        for number, place in enumerate(places):
            slope = np.linalg.norm(found.gradients[0, number])
            slopes.append(slope)
            step = size * found.gradients[0, number] / slope
            near = [Input(cut.ids, {place: rows[place] + sign * step}) for sign in (1, -1)]
            high, low = model.values(near, found.aim).values

            assert slope == pytest.approx((high - low) / (2 * size), rel=within, abs=within / 5)
            assert again.gradients[:, number] == pytest.approx(found.gradients[[0, 0], number], abs=ROUNDING)
    assert max(slopes) > within


@pytest.mark.parametrize("kind", KINDS)
def test_attention_is_shared_among_what_came_before(kind: str) -> None:
    """Rows sum to 1, nothing looks ahead, and the way of computing is put back."""
    model = inside(kind)
    cut = model.cut(LONG, "", "ab")
    before = model.model.config._attn_implementation
    seen = model.attention(Input(cut.ids), Aim("logprob", cut.answer))

    assert seen.weights.sum(axis=-1) == pytest.approx(1.0)
    assert np.triu(seen.weights, 1).max() == 0.0
    assert seen.value == pytest.approx(naive(kind, cut.ids, cut.answer), abs=ROUNDING)
    assert model.model.config._attn_implementation == before


def test_gradients_of_attention_are_what_differences_say() -> None:
    """Of one edge in the second layer, changed after the softmax."""
    from transformers import AttentionInterface

    model = inside("llama")
    cut = model.cut(TURNS, "", "ab")
    aim = Aim("logprob", cut.answer)
    seen = model.attention(Input(cut.ids), aim)
    assert seen.gradients is not None
    nudge = 0.0

    def nudged(part: Any, query: Any, *rest: Any, scaling: float, **_: Any) -> Any:
        key, value, mask = rest
        key, value = (each.repeat_interleave(part.num_key_value_groups, dim=1) for each in (key, value))
        weights = (query @ key.transpose(2, 3) * scaling + mask).softmax(dim=-1)
        if part.layer_idx == 1:
            weights[0, 2, len(cut.ids) - 1, 25] += nudge
        return (weights @ value).transpose(1, 2).contiguous(), weights

    AttentionInterface.register("nudged", nudged)
    model.model.set_attn_implementation("nudged")
    found = []
    for nudge in (1e-3, -1e-3):  # noqa: B007 - read above
        model._many.forget()
        found.append(float(model.values([Input(cut.ids)], aim).values[0]))
    model.model.set_attn_implementation("sdpa")

    slope = (found[0] - found[1]) / 2e-3
    assert seen.gradients[1, 2, -1, 25] == pytest.approx(slope, rel=1e-2)
    assert abs(slope) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_states_are_those_before_the_last_norm(kind: str) -> None:
    """The first is what the first layer reads; the last gives the model's logits, once it is normalised."""
    import torch

    model = inside(kind)
    cut = model.cut(TURNS, "", "ab")
    states = model.hidden_states(Input(cut.ids))
    with torch.no_grad():
        out = model.model(input_ids=torch.tensor([list(cut.ids)]), output_hidden_states=True)

    assert states.shape[0] == model.model.config.get_text_config().num_hidden_layers + 1
    assert states[:-1] == pytest.approx(torch.cat(out.hidden_states[:-1]).numpy(), abs=ROUNDING)
    norms = [(name.split(".")[-1], module) for name, module in model.model.named_modules() if name.count(".") == 1]
    norm = next(module for name, module in norms if name in {"ln_f", "norm"})
    assert np.abs(states[-1] - out.hidden_states[-1].numpy()).max() > 0.01
    normed = norm(torch.tensor(states[-1])[None]).detach()
    assert normed.numpy() == pytest.approx(out.hidden_states[-1].numpy(), abs=ROUNDING)


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_shuffled_layers_are_put_back(kind: str) -> None:
    """Inside they give another value, always the same by the seed; afterwards every number is as before."""
    model = inside(kind)
    cut = model.cut(TURNS, "", "ab")
    given, aim = [Input(cut.ids), Input(cut.ids[:-1])], Aim("logprob", cut.answer)
    before = {name: each.clone() for name, each in model.model.state_dict().items()}
    plain = model.values(given, aim).values.tolist()
    noisy = []
    for _ in range(2):
        with model.shuffled(1, seed=4):
            noisy.append(model.values(given, aim).values.tolist())
            changed = [name for name, each in model.model.state_dict().items() if not each.equal(before[name])]
    with pytest.raises(KeyError), model.shuffled(2, seed=1):
        raise KeyError

    assert noisy[0] == noisy[1] != plain
    assert all(".1." in name or ".2." in name for name in changed)
    assert model.values(given, aim).values == pytest.approx(plain, abs=ROUNDING)
    assert all(each.equal(before[name]) for name, each in model.model.state_dict().items())


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_norms_are_those_of_what_each_head_passes(kind: str) -> None:
    """Worked out from the weights, head by head and source by source; their sum is what the layer writes."""
    import torch

    model = inside(kind)
    cut = model.cut(TURNS, "", "ab")
    written, read = [], []
    layers = model._layers()
    parts = [layer.self_attn if kind == "llama" else layer.attn for layer in layers]
    outs = [part.o_proj if kind == "llama" else part.c_proj for part in parts]
    hooks = [part.register_forward_hook(lambda _, __, out: written.append(out[0])) for part in parts]
    hooks += [out.register_forward_hook(lambda _, given, __: read.append(given[0])) for out in outs]
    seen = model.attention(Input(cut.ids), norms=True)
    for hook in hooks:
        hook.remove()
    assert seen.norms is not None
    layer, heads = 1, seen.weights.shape[1]
    weight = (outs[layer].weight if kind == "llama" else outs[layer].weight.T).numpy()
    states = torch.tensor(model.hidden_states(Input(cut.ids))[layer])
    norm = layers[layer].input_layernorm if kind == "llama" else layers[layer].ln_1
    if kind == "llama":
        values = parts[layer].v_proj(norm(states)).detach().numpy()
        size = values.shape[1] // 2
        values = np.stack([values[:, (head // 2) * size : (head // 2 + 1) * size] for head in range(heads)])
    else:
        values = parts[layer].c_attn(norm(states)).detach().numpy()[:, -32:]
        size = 32 // heads
        values = np.stack([values[:, head * size : (head + 1) * size] for head in range(heads)])
    moved = np.stack(
        [
            seen.weights[layer, head, -1][:, None] * (values[head] @ weight[:, head * size : (head + 1) * size].T)
            for head in range(heads)
        ]
    )

    assert seen.norms[layer, :-1] == pytest.approx(np.linalg.norm(moved, axis=-1), rel=1e-3)
    assert seen.norms[layer, -1] == pytest.approx(np.linalg.norm(moved.sum(axis=0), axis=-1), rel=1e-3)
    bias = 0.0 if kind == "llama" else outs[layer].bias.numpy()
    assert moved.sum(axis=(0, 1)) + bias == pytest.approx(written[layer][0, -1].numpy(), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_know_their_characters(kind: str) -> None:
    """The tokens are those that the model is asked with; together they cover what was said, and nothing twice."""
    model = inside(kind)
    turns = (*TURNS[:1], Message("user", " <|im_end|> Café “你好” aZb?\n"))
    cut = model.cut(turns, "So: ", " it")

    asked = prompt_ids(model.tokenizer, [*turns, Message("assistant", "So:  it")])
    assert [*cut.ids, *cut.answer] == asked
    assert isinstance(model, WhiteBox)
    assert model.text(cut.answer) == "it"
    covered = {place for places in cut.places for place in places}
    contents = [*(turn.content for turn in turns), "So: "]
    letters = {(number, at) for number, text in enumerate(contents) for at, each in enumerate(text) if each.strip()}
    assert letters <= covered
    assert cut.places[-1] == ((2, 4),)


def test_what_cannot_be_looked_into_says_so() -> None:
    """Too long a text; layers of another kind."""
    model = inside("llama")
    with pytest.raises(InputError, match="context length is 256"):
        model.cut([Message("user", "a" * 300)], "", "b")
    from selfexplain.providers.many_inputs import ManyInputs

    config = deciding().model.config
    config.layer_types = ["linear_attention"]
    try:
        with pytest.raises(InputError, match="linear_attention"):
            ManyInputs(deciding().model)
    finally:
        config.layer_types = None


def test_batches_become_smaller_where_memory_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers, from batches of two at most; a single text that does not fit is said to be one."""
    import torch

    model, most = inside("llama"), 2
    cut = model.cut(TURNS, "", "ab")
    inputs, aim = [Input(cut.ids[:40]), Input(cut.ids[:41]), Input(cut.ids[:42])], Aim("logprob", cut.answer)
    before, read = model.values(inputs, aim).values, model._many.read

    def cramped(batch: Any, *rest: Any, **more: Any) -> Any:
        if len(batch) > most:
            raise torch.OutOfMemoryError
        return read(batch, *rest, **more)

    monkeypatch.setattr(model._many, "read", cramped)
    monkeypatch.setattr(model, "_most", model._most)
    assert model.values(inputs, aim).values == pytest.approx(before, abs=ROUNDING)
    most = 0
    with pytest.raises(InputError, match="does not fit into the memory of cpu"):
        model.values(inputs, aim)
