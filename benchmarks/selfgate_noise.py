"""How far the embedded model's answers to `selfgate` move when nothing that matters changed.

`python benchmarks/selfgate_noise.py BASELINE_RUN VARIANT… --results FOLDER` asks all Items again for each variant and
prints how many answers, stated confidences and token probabilities differ from those of the Run, and what the gate
says at its default tolerances. Two kinds of variants:

* what one machine may do: the questions in another order (`reversed`, `shuffled`, `other-shuffle`), several at a time
  (`two-at-a-time`, `four-at-a-time`). `--write FOLDER` keeps the answers that then differ, on which
  `tests/pipeline/test_batch_order.py` judges again.
* what may be otherwise on another machine: the number of threads, how the prompt is cut into batches, which kernels
  compute attention.

`--template FILE` asks in another way than `few-shot`, as BASELINE_RUN then must have been.

About two minutes of one processor core each. Arithmetic on another processor is not among them: run it there.
"""

import argparse
import random
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

import selfexplain as sx
from selfexplain.datasets.selfgate import selfgate
from selfexplain.pipeline.gate import Verdict
from selfexplain.providers import model_file
from selfexplain.providers.openai import OpenAI
from selfexplain.records import Item, Source
from selfexplain.runs.baseline import pairs_of
from selfexplain.runs.folder import RunFolder
from selfexplain.settings import Policy
from selfexplain.verdicts import answers, gate, set_baseline


def as_shipped(_: Any) -> None:
    """Change nothing: another process."""


def two_threads(params: Any) -> None:
    """Share each matrix product between two threads."""
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2


def small_batches(params: Any) -> None:
    """Read the prompt 32 tokens at a time instead of 512."""
    params.n_batch = params.n_ubatch = 32


def two_slots(params: Any) -> None:
    """Answer two questions at a time, which share the batches."""
    params.n_parallel, params.n_ctx = 2, 2 * params.n_ctx


def four_slots(params: Any) -> None:
    """Answer four questions at a time."""
    params.n_parallel, params.n_ctx = 4, 4 * params.n_ctx


def plain_attention(params: Any) -> None:
    """Compute attention without the fused kernel."""
    params.flash_attn_type = 0


SOURCES: tuple[Source, ...] = ("stated", "token")

VARIANTS: dict[str, Callable[[Any], None]] = {
    "as-shipped": as_shipped,
    "reversed": as_shipped,
    "shuffled": as_shipped,
    "other-shuffle": as_shipped,
    "two-at-a-time": two_slots,
    "four-at-a-time": four_slots,
    "two-threads": two_threads,
    "small-batches": small_batches,
    "plain-attention": plain_attention,
}


CONCURRENCY = {"two-at-a-time": 2, "four-at-a-time": 4}

ORDERS: dict[str, Callable[[tuple[Item, ...]], tuple[Item, ...]]] = {
    "reversed": lambda items: items[::-1],
    "shuffled": lambda items: tuple(random.Random(1).sample(items, len(items))),
    "other-shuffle": lambda items: tuple(random.Random(2).sample(items, len(items))),
}


def served(change: Callable[[Any], None]) -> tuple[Any, OpenAI]:
    """Return a server whose parameters were changed, and what asks it; `providers.local.start_server` is the model."""
    import xllamacpp  # noqa: PLC0415 - an extra

    key, params = secrets.token_hex(), xllamacpp.CommonParams()
    params.model.path = str(model_file.pull_model(print))
    params.n_ctx, params.n_parallel, params.verbosity, params.ui = 2048, 1, 0, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.api_keys = [key]
    change(params)
    server = xllamacpp.Server(params)
    return server, OpenAI("any", base_url=f"{server.listening_address}/v1", api_key=key, name="local/changed")


def ask_again(variant: str, template: str, results: Path) -> Path:
    """Ask all Items under a variant; return the Run's folder."""
    dataset = selfgate()
    if variant in ORDERS:
        dataset = msgspec.structs.replace(dataset, items=ORDERS[variant](tuple(dataset.items)))
    server, provider = served(VARIANTS[variant])
    at_a_time = CONCURRENCY.get(variant, 1)
    run = sx.run(dataset, model=provider, template=template, concurrency=at_a_time, results=results / variant)
    del server
    assert run.folder is not None
    return run.folder


def changed(before: Path, after: Path) -> str:
    """Return how many answers and numbers differ between two Runs."""
    one, other = (
        {record["item"]: record for record in map(msgspec.json.decode, (run / "records.jsonl").open("rb"))}
        for run in (before, after)
    )
    assert one.keys() == other.keys()

    def differ(look: Callable[[Any], Any]) -> int:
        return sum(look(one[item]) != look(other[item]) for item in one)

    texts = differ(lambda record: record["report"]["answer"].get("value"))
    grades = differ(lambda record: record["grade"]["verdict"])
    stated = differ(lambda record: record["report"]["confidence"]["stated"].get("value"))
    token = differ(lambda record: record["report"]["confidence"]["token"].get("value"))
    return f"of {len(one)}: {texts} answers, {grades} grades, {stated} stated, {token} token probabilities differ"


def judged(verdict: Verdict) -> str:
    """Return a verdict in one line."""
    rules = " ".join(f"{rule.name} {rule.harm:+.3f} [{rule.low:+.3f}, {rule.high:+.3f}]" for rule in verdict.rules)
    return f"{verdict.source}: {verdict.verdict}{' (identical)' if verdict.identical else ''}; {rules}"


def main() -> None:
    """Ask, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("baseline_run", type=Path)
    parser.add_argument("variant", nargs="+", choices=VARIANTS)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--template", default="few-shot")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    assert (RunFolder(asked.baseline_run)).items == selfgate().items
    for source in SOURCES:
        set_baseline(asked.baseline_run, source, source, results=asked.results, replace=True)
    for variant in asked.variant:
        run = ask_again(variant, asked.template, asked.results)
        print(f"{variant:<16} {changed(asked.baseline_run, run)}", flush=True)
        for source in SOURCES:
            verdict = gate(run, source, source, policy=Policy(), results=asked.results)
            print(f"  {judged(verdict)}", flush=True)
            if asked.write is not None:
                before = set(answers(asked.baseline_run, source).rows)
                rows = [row for row in answers(run, source).rows if row not in before]
                (asked.write / f"{variant}-{source}.csv").write_bytes(pairs_of(rows))


if __name__ == "__main__":
    main()
