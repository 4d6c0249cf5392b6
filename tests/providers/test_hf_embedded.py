"""The embedded model as transformers computes it, beside the same file served by llama.cpp; from the command line."""

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from providers.tiny_models import need_the_extra
from selfexplain import plugins
from selfexplain.errors import InputError
from selfexplain.providers import model_file
from selfexplain.providers.local import NAME, Local
from selfexplain.records import Call, Request, Response

PAGE = (Path(__file__).parents[2] / "docs" / "in_process.md").read_text(encoding="utf-8")
N = 6


@pytest.fixture(scope="module")
def home(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give the first Items of the quickstart, asked from the command line, and what the command printed."""
    need_the_extra()
    home = tmp_path_factory.mktemp("embedded")
    (home / "Mine.Q4.gguf").symlink_to(embedded_model)
    command = ["run", "quickstart", "-m", "hf/Mine.Q4.gguf", "-t", "few-shot", "--limit", str(N), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "selfexplain", *command],
        cwd=home,
        env=os.environ | {"SELFEXPLAIN_CACHE": str(model_file.cached().parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return home, json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def calls(home: Any) -> Mapping[str, tuple[Request, Response]]:
    (file,) = home[0].glob("results/*/calls/*.jsonl")
    read = [msgspec.json.decode(line, type=Call) for line in file.read_bytes().splitlines()]
    return {call.request.item: (call.request, call.response) for call in read}


def test_the_command_line_asks_a_gguf_file_in_process(home: Any, calls: Mapping[str, Any]) -> None:
    """Six Items, six calls, both sources of confidence; the file's hash stands in the manifest."""
    folder, metrics, said = home
    (manifest,) = folder.glob("results/*/manifest.json")

    assert len(calls) == N
    assert metrics["model"] == "hf/Mine.Q4"
    assert {source: facts["n"] for source, facts in metrics["sources"].items()}["token"] == N
    assert model_file.FILE_SHA256 in manifest.read_text()
    assert "Traceback" not in said
    assert "Loading" not in said


async def test_it_answers_as_the_same_file_served_by_llama_cpp(calls: Mapping[str, tuple[Request, Response]]) -> None:
    """The same answer line to each of the six; its tokens' log-probabilities differ by less than 0.5.

    llama.cpp computes with 8-bit activations, transformers with 32-bit floats: the numbers differ, and a number that is
    a close call may, so the confidence line is not compared.
    """
    served = Local(NAME)
    for request, response in calls.values():
        other = await served.generate(request)
        ours, theirs = (reply.text.splitlines()[0] for reply in (response, other))
        until = len(ours)

        assert ours == theirs
        assert (response.usage and response.usage.prompt) == (other.usage and other.usage.prompt)
        for one, same in zip(response.tokens, other.tokens, strict=False):
            if until <= 0:
                break
            assert one.text == same.text
            assert math.isclose(one.logprob, same.logprob, abs_tol=0.5)
            until -= len(one.text)
    await served.aclose()


def test_the_embedded_model_has_its_template_and_its_warning() -> None:
    """By its name it is the one that `local/` serves: examples first, and a word on its size."""
    from selfexplain.measuring import NOTES

    assert plugins.DEFAULT_TEMPLATES["hf/smollm2-135m-instruct"] == "few-shot"
    assert NOTES["hf/smollm2-135m-instruct"] == NOTES["local/smollm2-135m-instruct"]


def test_what_the_page_says_can_be_done(embedded_model: Path, tmp_path: Path) -> None:
    """Its command, as far as that asks nothing, counts tokens with the model's own tokenizer; its file is a model's."""
    need_the_extra()
    commands, files = (re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S) for kind in ("console", "python"))
    (command,) = re.findall(r"^\$ selfexplain (.*)$", commands[0], re.M)
    done = subprocess.run(
        [sys.executable, "-m", "selfexplain", *command.split(), "--dry-run"],
        cwd=tmp_path,
        env=os.environ
        | {"SELFEXPLAIN_CACHE": str(model_file.cached().parent), "SELFEXPLAIN_MODEL": str(embedded_model)},
        capture_output=True,
        text=True,
        check=False,
    )
    (tmp_path / "large.py").write_text(files[0])

    assert done.returncode == 0, done.stderr
    assert "hf-smollm2-135m-instruct__few-shot" in done.stdout
    assert "prompt tokens are counted by the model's own tokenizer" in done.stdout
    with pytest.raises(InputError, match="no folder at path/to/folder"):
        plugins.provider(f"{tmp_path}/large.py:model")
