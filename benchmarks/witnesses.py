"""What witnesses cost beside bare passes and beside Captum: `python benchmarks/witnesses.py [MODEL] [TURNS]`.

MODEL is what `-m hf/MODEL` takes, by default the embedded one. Prints processor seconds, the least of TURNS (default 2)
turns that alternate, for a question behind five examples (about 200 tokens) and alone (about 50), with an answer of
several tokens. *bare* is the number of passes that the method is defined by, times what one pass of the plain model
over all tokens takes, with as few logits as the answer needs. Captum is compared, once, where it is installed (`pip
install captum`), and on the short text alone, since it takes minutes; it knows no margin, so that all explain the log-
probability, and takes words away from the text.
"""

import importlib.util
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from selfexplain import plugins
from selfexplain.evidence import Evidence
from selfexplain.prompting.parts import layout_of
from selfexplain.providers.inside import Inside, look_inside
from selfexplain.providers.local import NAME
from selfexplain.records import Item
from selfexplain.witnesses import (
    attention,
    attention_saliency,
    gradient_input,
    integrated_gradients,
    occlusion,
    saliency,
    shapley,
)
from selfexplain.witnesses.case import Case, case_of, plain_layout
from selfexplain.witnesses.subject import tokens_of

QUESTION, SAID, ANSWER = "What is the capital city of Burkina Faso in West Africa?", "Answer: ", "Ouagadougou"
STEPS, PERMUTATIONS = 32, 10


class Method(NamedTuple):
    """One way of explaining, ours and Captum's."""

    name: str
    ours: Callable[[Inside, Case], Evidence]
    passes: Callable[[int], tuple[int, int]]
    """From the number of units to forward and backward passes."""
    captum: Callable[[Inside, Case], Any] | None = None


def main(name: str, turns: int) -> None:
    """Print both tables."""
    model = look_inside(name)
    print(f"{torch.get_num_threads()} thread(s), torch {torch.__version__}, {model.name} on {model.model.device}")
    layout = layout_of(plugins.template("few-shot"), Item("q", QUESTION))
    texts = {
        "behind five examples": case_of(layout, ANSWER, said=SAID),
        "alone": case_of(plain_layout(QUESTION, system="You answer short questions."), ANSWER, said=SAID),
    }
    for title, case in texts.items():
        cut = model.cut(case.messages, case.said, case.answer)
        n = len(case.units)
        print(f"\n{title}: {len(cut.ids)} tokens, {n} units, {len(cut.answer)} tokens of the answer\n")
        print("| method | passes F + B | bare, s | ours, s | ours ÷ bare | Captum, s | Captum ÷ ours |")
        print("|---|---|---|---|---|---|---|")
        for method in METHODS:
            print(line(model, case, method, turns, with_captum=title == "alone"), flush=True)
    if importlib.util.find_spec("captum") is not None:
        print(f"\nlargest difference to Captum in gradient × input: {difference(model, texts['alone']):.1e}")


def difference(model: Inside, case: Case) -> float:
    """Return how far our gradient × input is from Captum's at most, over units and the template."""
    theirs = captum_slopes("LayerGradientXActivation")(model, case).seq_attr.detach().cpu().numpy()
    own = tokens_of(case, model.cut(case.messages, case.said, case.answer))
    found = gradient_input(model, case, target="logprob")
    pairs = zip(found.units, own, strict=True)
    return max(abs((unit.score or 0.0) - float(theirs[list(each)].sum())) for unit, each in pairs)


def line(model: Inside, case: Case, method: Method, turns: int, *, with_captum: bool) -> str:
    """Return one row of the table."""
    ways: dict[str, Callable[[], Any]] = {
        "forward": lambda: bare(model, case, backward=False),
        "both": lambda: bare(model, case, backward=True),
        "ours": lambda: ours(model, case, method),
    }
    least = measured(ways, turns)
    if with_captum and method.captum is not None and importlib.util.find_spec("captum") is not None:
        slow = method.captum
        least |= measured({"captum": lambda: slow(model, case)}, 1)
    forward, backward = method.passes(len(case.units))
    plain = (forward - backward) * least["forward"] + backward * least["both"]
    beside = f"{least['captum']:.2f} | {least['captum'] / least['ours']:.1f}" if "captum" in least else "– | –"
    return (
        f"| {method.name} | {forward} + {backward} | {plain:.2f} | {least['ours']:.2f} | {least['ours'] / plain:.2f} "
        f"| {beside} |"
    )


def measured(ways: Mapping[str, Callable[[], Any]], turns: int) -> dict[str, float]:
    """Return the least processor seconds of each way, over turns that alternate."""
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(turns):
        for name, way in ways.items():
            started = time.process_time()
            way()
            least[name] = min(least[name], time.process_time() - started)
    return least


def ours(model: Inside, case: Case, method: Method) -> Evidence:
    """Explain with nothing remembered from before."""
    model._many.forget()  # noqa: SLF001 - each turn begins with what a first Record finds
    return method.ours(model, case)


def bare(model: Inside, case: Case, *, backward: bool) -> None:
    """Read everything once with the plain model, and go back to the embeddings."""
    cut = model.cut(case.messages, case.said, case.answer)
    ids = torch.tensor([[*cut.ids, *cut.answer]])[:, :-1]
    with torch.set_grad_enabled(backward):
        given = model.model.get_input_embeddings()(ids).requires_grad_(backward)
        m = len(cut.answer)
        every = model.model(inputs_embeds=given, logits_to_keep=m, use_cache=False).logits[0].log_softmax(dim=-1)
        value = every[range(m), list(cut.answer)].sum()
        if backward:
            torch.autograd.grad(value, given)


def chat(model: Inside, case: Case, question: str) -> str:
    """Return the conversation as one text, with another question."""
    turns = [{"role": each.role, "content": each.content} for each in case.messages[:-1]]
    turns += [{"role": "user", "content": question}, {"role": "assistant", "content": SAID.strip()}]
    return str(model.tokenizer.apply_chat_template(turns, tokenize=False, continue_final_message=True))


def captum_perturbs(method: str, **settings: Any) -> Callable[[Inside, Case], Any]:
    """Return Captum's attribution by words that are taken out of the question."""

    def explain(model: Inside, case: Case) -> Any:
        from captum import attr  # noqa: PLC0415 - where it is installed

        words = QUESTION.split()
        given = attr.TextTemplateInput(lambda *found: chat(model, case, " ".join(filter(None, found))), words)
        found = attr.LLMAttribution(getattr(attr, method)(model.model), model.tokenizer)
        # What Captum 0.9.0 remembers of earlier passes is changed by later ones in transformers 5: wrong numbers.
        return found.attribute(given, target=f" {ANSWER}", use_cached_outputs=False, **settings)

    return explain


def captum_slopes(method: str, **settings: Any) -> Callable[[Inside, Case], Any]:
    """Return Captum's attribution by gradients of the embedding layer."""

    def explain(model: Inside, case: Case) -> Any:
        from captum import attr  # noqa: PLC0415 - where it is installed

        layer = model.model.get_input_embeddings()
        layer.requires_grad_(True)  # noqa: FBT003 - torch takes it by position; Captum needs a graph
        try:
            found = attr.LLMGradientAttribution(getattr(attr, method)(model.model, layer), model.tokenizer)
            given = attr.TextTokenInput(chat(model, case, QUESTION), model.tokenizer)
            return found.attribute(given, target=f" {ANSWER}", **settings)
        finally:
            layer.requires_grad_(False)  # noqa: FBT003 - the same

    return explain


METHODS = (
    Method(
        "occlusion, delete",
        lambda model, case: occlusion(model, case, target="logprob", baseline="delete"),
        lambda n: (1 + n, 0),
        captum_perturbs("FeatureAblation"),
    ),
    Method(
        "occlusion, embed, template too",
        lambda model, case: occlusion(model, case, target="logprob"),
        lambda n: (2 + n, 0),
    ),
    Method(
        f"Shapley, {PERMUTATIONS} orders, delete",
        lambda model, case: shapley(model, case, target="logprob", baseline="delete", exact=False),
        lambda n: (PERMUTATIONS * (n - 1) + 2, 0),
        captum_perturbs("ShapleyValueSampling", n_samples=PERMUTATIONS),
    ),
    Method("saliency", lambda model, case: saliency(model, case, target="logprob"), lambda _: (1, 1)),
    Method(
        "gradient × input",
        lambda model, case: gradient_input(model, case, target="logprob"),
        lambda _: (1, 1),
        captum_slopes("LayerGradientXActivation"),
    ),
    Method(
        f"integrated gradients, {STEPS}",
        lambda model, case: integrated_gradients(model, case, target="logprob", most_steps=STEPS),
        lambda _: (STEPS + 2, STEPS),
        captum_slopes("LayerIntegratedGradients", n_steps=STEPS),
    ),
    Method("attention", attention, lambda _: (1, 0)),
    Method(
        "attention × gradient", lambda model, case: attention_saliency(model, case, target="logprob"), lambda _: (1, 1)
    ),
)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else NAME, int(sys.argv[2]) if len(sys.argv) > 2 else 2)
