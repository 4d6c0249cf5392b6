"""How a Run was asked, from its manifest: what reads its calls again, and what goes on asking in another process."""

from selfexplain.elicitation.elicitation import Sampling
from selfexplain.grading.judge import Judge
from selfexplain.prompting.template import Template, parse
from selfexplain.runs.folder import RunFolder


def template_of(folder: RunFolder) -> Template:
    """Return the template that a Run was asked with, from its manifest."""
    return parse(folder.manifest.template_text, where=str(folder.path / "manifest.json")).showing(folder.examples)


def judge_of(folder: RunFolder) -> Judge | None:
    """Return the judge of a Run, as it was asked."""
    text = folder.manifest.judge_text
    return Judge(parse(text, where=str(folder.path / "manifest.json"))) if text else None


def sampling_of(folder: RunFolder) -> Sampling:
    """Return at which temperature, with which seed and effort, and how often once more a Run was asked."""
    spec = folder.manifest.spec
    return Sampling(spec.temperature, spec.seed, spec.effort, spec.again)
