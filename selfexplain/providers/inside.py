"""The inside of a model in this process: what a witness asks for, computed in batches on whatever device it is on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from selfexplain.errors import InputError
from selfexplain.providers.chat_prompt import placed_tokens
from selfexplain.providers.failures import shortened
from selfexplain.providers.hf import Transformers
from selfexplain.providers.loaded_model import LoadedModel, Precision, require_torch
from selfexplain.providers.many_inputs import ManyInputs
from selfexplain.records import Message
from selfexplain.white_box import Aim, Attention, Cut, Floats, Input, Valued

TOKENS_AT_ONCE = {"cpu": 4096, "cuda": 65_536}
"""Tokens of a batch that is only read, by kind of device."""
WITH_GRADIENTS = 8
"""So much more memory a token takes whose gradient is kept."""


def look_inside(model: str | Path, *, device: str | None = None, precision: Precision = "float32") -> "Inside":
    """Return a model that witnesses can look into.

    Parameters
    ----------
    model : str or Path
        A folder of safetensors, a `.gguf` file, or `smollm2-135m-instruct`, the embedded model.
    device, precision
        As for the models of `-m hf/…`.

    Raises
    ------
    InputError
        When it cannot be loaded, or has layers whose inside is not known.

    Examples
    --------
    `model = look_inside("smollm2-135m-instruct")`, then `occlusion(model, "What is 2 + 2?", "4")` of
    :mod:`selfexplain.witnesses`; `docs/witnesses.md` shows more.
    """
    provider = Transformers(model, device=device, precision=precision)
    return Inside(provider.loaded(), name=provider.name)


class Inside:
    """A white box over a model that transformers has loaded.

    Parameters
    ----------
    loaded : LoadedModel
        Frozen and in evaluation mode, as `loaded_model.load` gives it.
    name : str
        As the Provider is called that asks the same model.

    Raises
    ------
    InputError
        When it has layers whose inside is not known.
    """

    def __init__(self, loaded: LoadedModel, *, name: str) -> None:
        self.name = name
        self.model, self.tokenizer = loaded.model, loaded.tokenizer
        self._context = loaded.context
        self._many = ManyInputs(loaded.model)
        self._mean: Floats | None = None
        self._most = TOKENS_AT_ONCE.get(loaded.model.device.type, TOKENS_AT_ONCE["cpu"])

    @property
    def device(self) -> str:
        """What the work is done on: `cpu`, or the name of a GPU."""
        torch, _ = require_torch()
        device = self.model.device
        return str(torch.cuda.get_device_name(device) if device.type == "cuda" else device)

    def cut(self, messages: Sequence[Message], said: str, answer: str) -> Cut:
        """Return a conversation in tokens, the reply begun with `said` and going on with `answer`.

        Raises
        ------
        InputError
            When the chat template refuses or changes the conversation, or it is too long.
        """
        try:
            tokens = placed_tokens(self.tokenizer, [*messages, Message("assistant", said + answer)])
        except TemplateError as error:
            raise InputError(
                f"{self.name}: the model's chat template refuses these turns ({shortened(str(error))})",
                hint="some want turns of user and assistant to alternate: try another template",
            ) from None
        if self._context is not None and len(tokens) > self._context:
            raise InputError(
                f"{self.name}: prompt and answer have {len(tokens)} tokens, and the context length is {self._context}",
                hint="leave such Items out",
            )
        first = next(place for place, letter in enumerate(answer) if not letter.isspace()) + len(said)
        reply = len(messages)
        starts = (n for n, token in enumerate(tokens) if any(each >= (reply, first) for each in token.places))
        n = next(starts)
        return Cut(
            ids=tuple(token.id for token in tokens[:n]),
            places=tuple(token.places for token in tokens[:n]),
            answer=tuple(token.id for token in tokens[n:]),
        )

    def text(self, ids: Sequence[int]) -> str:
        """Return what tokens are as text."""
        return str(self.tokenizer.decode(list(ids)))

    def embeddings(self, ids: Sequence[int]) -> Floats:
        """Return the embedding rows of tokens, of shape (n, d)."""
        table = self.model.get_input_embeddings()
        torch, _ = require_torch()
        return numbers(table(torch.tensor(list(ids), device=self.model.device)))

    def mean_embedding(self) -> Floats:
        """Return the mean embedding row of the vocabulary, of shape (d,)."""
        if self._mean is None:
            torch, _ = require_torch()
            n = self.model.get_input_embeddings().weight.shape[0]
            known = torch.arange(min(n, len(self.tokenizer)), device=self.model.device)  # beyond are rows of padding
            self._mean = numbers(self.model.get_input_embeddings()(known).double().mean(dim=0))
        return self._mean

    def told(self, given: Input, tokens: Sequence[int]) -> tuple[Floats, Floats]:
        """Return the log-probability of each of the tokens that follow, and of the most probable one in its place."""
        torch, _ = require_torch()
        with torch.no_grad():
            begun = self._many.begin([given])
            logits = self._many.read([given], (tokens[:-1],), begun=begun).logits[0]
            every = wide(logits).log_softmax(dim=-1)
            own = every.gather(1, torch.tensor(list(tokens), device=every.device)[:, None])[:, 0]
            return numbers(own), numbers(every.amax(dim=-1))

    def values(self, inputs: Sequence[Input], aim: Aim) -> Valued:
        """Return f at each Input, together what each would give alone."""
        return self._in_memory(lambda: self._values(inputs, aim))

    def _values(self, inputs: Sequence[Input], aim: Aim) -> Valued:
        torch, _ = require_torch()
        found = []
        with torch.no_grad():
            begun = self._many.begin(inputs)
            for batch in self._batches(inputs, begun, aim, self._most):
                logits = self._many.read(batch, tails_of(aim), begun=begun).logits
                values, aim = aimed(logits, aim)
                found.append(values)
        return Valued(numbers(torch.cat(found)), aim)

    def gradients(self, inputs: Sequence[Input], aim: Aim, positions: Sequence[int]) -> Valued:
        """Return f at each of some Inputs of one length, and its gradient by the embedding rows at some positions."""
        return self._in_memory(lambda: self._gradients(inputs, aim, positions))

    def _gradients(self, inputs: Sequence[Input], aim: Aim, positions: Sequence[int]) -> Valued:
        torch, _ = require_torch()
        values, slopes = [], []
        begun = self._many.begin(inputs, until=min(positions)) if len(inputs) > 1 else 0
        with torch.enable_grad():
            for batch in self._batches(inputs, begun, aim, self._most // WITH_GRADIENTS):
                given = self._many.embedded(batch, tails_of(aim), begun).requires_grad_()
                logits = self._many.read(batch, tails_of(aim), begun=begun, embedded=given).logits
                found, aim = aimed(logits, aim)
                (slope,) = torch.autograd.grad(found.sum(), given)
                values.append(found.detach())
                slopes.append(slope[:, [position - begun for position in positions]])
        return Valued(numbers(torch.cat(values)), aim, numbers(torch.cat(slopes)))

    def attention(self, given: Input, aim: Aim | None = None, *, norms: bool = False) -> Attention:
        """Return the attention over one Input; with its gradients when there is an Aim."""
        torch, transformers = require_torch()
        n = len(given.ids)
        memory = transformers.DynamicCache()
        with self._eager(), torch.set_grad_enabled(aim is not None):
            tails = tails_of(aim) if aim is not None else ()
            embedded = self._many.embedded([given], tails, 0).requires_grad_(aim is not None)
            out = self._many.read([given], tails, memory=memory, embedded=embedded, output_attentions=True)
            weights = torch.stack([each[0, :, :n, :n].detach() for each in out.attentions])
            received = self._norms(weights[:, :, -1], memory, n) if norms else None
            if aim is None:
                return Attention(numbers(weights), received)
            value, aim = aimed(out.logits, aim)
            slopes = torch.autograd.grad(value.sum(), out.attentions)
        gradients = torch.stack([each[0, :, :n, :n] for each in slopes])
        return Attention(numbers(weights), received, value.item(), aim, numbers(gradients))

    def hidden_states(self, given: Input) -> Floats:
        """Return the residual stream, of shape (layers + 1, T, d): the embeddings, and what each layer leaves."""
        torch, _ = require_torch()
        left: list[Any] = []

        def keep(_: Any, __: Any, output: Any) -> None:
            left.append(output[0] if isinstance(output, tuple) else output)

        hook = self._layers()[-1].register_forward_hook(keep)  # the model itself gives the last one normalised
        try:
            with torch.no_grad():
                out = self._many.read([given], (), output_hidden_states=True)
        finally:
            hook.remove()
        return numbers(torch.stack([*(each[0] for each in out.hidden_states[:-1]), left[0][0]]))

    @contextmanager
    def shuffled(self, layers: int, *, seed: int) -> Iterator[None]:
        """Shuffle the numbers within each weight of the last layers, until the context ends: noise of the same size."""
        torch, _ = require_torch()
        draws = torch.Generator().manual_seed(seed)
        held = [parameter for layer in self._layers()[-layers:] for parameter in layer.parameters()]
        kept = [parameter.detach().clone() for parameter in held]
        self._many.forget()
        try:
            for parameter in held:
                order = torch.randperm(parameter.numel(), generator=draws).to(parameter.device)
                parameter.data = parameter.data.flatten()[order].reshape(parameter.shape)
            yield
        finally:
            for parameter, before in zip(held, kept, strict=True):
                parameter.data = before
            self._many.forget()

    def _layers(self) -> Any:
        """Return the model's layers, the list of modules that is as long as it has layers."""
        torch, _ = require_torch()
        n = self.model.config.get_text_config().num_hidden_layers
        return next(each for each in self.model.modules() if isinstance(each, torch.nn.ModuleList) and len(each) == n)

    def _norms(self, received: Any, memory: Any, n: int) -> Floats:
        """Return ‖α W_O W_V h‖ for each layer, head and source, and of the sum over heads; shape (L, heads + 1, T)."""
        torch, _ = require_torch()
        found = []
        for alphas, layer, kept in zip(received, self._layers(), memory.layers, strict=True):
            heads = alphas.shape[0]
            values = wide(kept.values[0, :, :n])
            values = values.repeat_interleave(heads // values.shape[0], dim=0)  # (heads, T, size)
            out = wide(output_weight(layer)).reshape(-1, heads, values.shape[-1])  # (d, heads, size)
            moved = torch.einsum("ht,hts,dhs->htd", wide(alphas), values, out)
            found.append(torch.cat([moved.norm(dim=-1), moved.sum(dim=0).norm(dim=-1)[None]]))
        return numbers(torch.stack(found))

    @contextmanager
    def _eager(self) -> Iterator[None]:
        """Let the model compute attention in the way that shows its weights."""
        before = self.model.config._attn_implementation  # noqa: SLF001 - transformers has no other name for it
        self.model.set_attn_implementation("eager")
        try:
            yield
        finally:
            self.model.set_attn_implementation(before)

    def _in_memory(self, work: Callable[[], Valued]) -> Valued:
        """Do some work; where the device's memory is too small for it, in smaller batches from then on."""
        torch, _ = require_torch()
        while True:
            try:
                return work()
            except torch.OutOfMemoryError:
                if self._most < WITH_GRADIENTS:
                    raise InputError(
                        f"{self.name}: a single text does not fit into the memory of {self.model.device}",
                        hint='look_inside(…, precision="bfloat16") takes half',
                    ) from None
            self._most //= 2
            self._many.forget()
            torch.cuda.empty_cache()

    def _batches(self, inputs: Sequence[Input], begun: int, aim: Aim, most: int) -> Iterator[Sequence[Input]]:
        """Yield Inputs that are read together."""
        longest = max(len(each.ids) for each in inputs) - begun + sum(map(len, tails_of(aim)))
        at_once = max(1, most // (longest + begun // 4))  # what is remembered is not computed, but copied
        for start in range(0, len(inputs), at_once):
            yield inputs[start : start + at_once]


def tails_of(aim: Aim) -> tuple[tuple[int, ...], ...]:
    """Return what has to be read behind the text: of each sequence all tokens but the last."""
    if aim.first_token:
        return ()
    return tuple(each[:-1] for each in (aim.answer, *aim.others))


def aimed(logits: Any, aim: Aim) -> tuple[Any, Aim]:
    """Return f for each row, and the Aim with its rivals.

    Parameters
    ----------
    logits : tensor of shape (rows, 1 + tokens of the tails, vocabulary)
    aim : Aim
    """
    logits = wide(logits)
    if aim.kind == "margin" and not aim.others:
        first = logits[0, 0].detach().clone()
        first[aim.answer[0]] = -float("inf")
        aim = Aim("margin", aim.answer, ((int(first.argmax()),),))
    if aim.first_token:
        rivals = [other[0] for other in aim.others]
        return logits[:, 0, aim.answer[0]] - logits[:, 0, rivals].amax(dim=1), aim
    every = logits.log_softmax(dim=-1)
    sums, column = [], 1
    for sequence in (aim.answer, *aim.others):
        columns = [0, *range(column, column + len(sequence) - 1)]
        sums.append(every[:, columns, list(sequence)].sum(dim=1))
        column += len(sequence) - 1
    if aim.kind != "margin":
        return (sums[0].exp() if aim.kind == "prob" else sums[0]), aim
    torch, _ = require_torch()
    return sums[0] - torch.stack(sums[1:], dim=1).amax(dim=1), aim


def output_weight(layer: Any) -> Any:
    """Return the weight that joins a layer's heads, of shape (d, heads · size).

    Raises
    ------
    InputError
        When the layer has none that is known.
    """
    for name, module in layer.named_modules():
        if name.endswith(("attn.o_proj", "attn.out_proj", "attn.dense", "attention.dense")):
            return module.weight
        if name.endswith("attn.c_proj"):  # GPT-2 keeps it the other way round
            return module.weight.T
    raise InputError(
        f"{type(layer).__name__} joins its heads in a way that is not known", hint="take another attention witness"
    )


def numbers(tensor: Any) -> Floats:
    """Return a tensor as an array, in 32 bits at least."""
    found: Floats = wide(tensor.detach()).cpu().numpy()
    return found


def wide(tensor: Any) -> Any:
    """Return a tensor in 32 bits, or in 64 where it has them: sums of logarithms need as many."""
    torch, _ = require_torch()
    return tensor if tensor.dtype == torch.float64 else tensor.float()
