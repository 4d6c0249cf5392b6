"""Which witnesses can look at a model, by its transparency card, and why the others cannot."""

from typing import TYPE_CHECKING

from selfexplain import plugins
from selfexplain.errors import InputError
from selfexplain.opening import Answering, said
from selfexplain.providers.provider import Provider, transparency_of
from selfexplain.records import Transparency
from selfexplain.settings import read_settings
from selfexplain.white_box import WhiteBox

if TYPE_CHECKING:  # numpy, which `selfexplain --help` must not load
    from collections.abc import Iterable

    from selfexplain.agreement.verdict import Family
    from selfexplain.pipeline.witness import AnyWitness


def families_of(witnesses: "Iterable[AnyWitness]", *, has_inside: bool) -> list["Family"]:
    """Return the families that can run on a model."""
    return list(dict.fromkeys(each.facts.family for each in witnesses if has_inside or each.facts.needs != "white_box"))


def can_be_looked_into(model: "str | WhiteBox | Answering") -> bool:
    """Tell whether witnesses could look into a model from here, whoever of them is asked now.

    >>> [can_be_looked_into(name) for name in ("glass/bag-honest", "glass/tree-honest", "openai/NAME")]
    [True, False, False]
    """
    if isinstance(model, WhiteBox):
        return True
    try:
        provider = plugins.provider_for(model, asks=False)
    except InputError:  # its files are not here, or a function that only the Run's own script knows
        return False
    return not closed_inside(provider, read_settings().declared(provider.name, transparency_of(provider)))


def runnable(model: str | Provider) -> dict[str, str]:
    """Return for every witness why it cannot look at a model; an empty text where it can.

    Parameters
    ----------
    model : str or Provider
        As `-m` names it; it is described, not asked.

    Examples
    --------
    >>> found = runnable("openai/NAME")
    >>> found["occlusion-asked"], found["attention"][:19]
    ('', 'needs a look inside')
    """
    provider = plugins.provider_for(model, asks=False)
    card = read_settings().declared(provider.name, transparency_of(provider))
    closed, tokens = closed_inside(provider, card), card.token_probabilities
    hidden = "" if tokens.state == "open" else f"needs the probabilities of tokens; they are {said(tokens)}"
    why = {"provider": "", "token_probabilities": hidden, "white_box": closed}
    return {name: why[each.facts.needs] for name, each in sorted(plugins.all_witnesses().items())}


def closed_inside(provider: Provider, card: Transparency) -> str:
    """Return why a model cannot be looked into; an empty text where it can."""
    if callable(own := getattr(provider, "look_inside", None)):
        try:
            own()
        except InputError as error:
            return f"needs a look inside; {error.message}"
        return ""
    if provider.name.startswith("local/") or callable(getattr(provider, "loaded", None)):
        return ""
    return f"needs a look inside; weights are {said(card.weights)}, and none are in this process (-m hf/FOLDER)"
