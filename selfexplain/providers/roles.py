"""A Run may need other models beside the one it is about, each in a role: one that says whether two answers agree, say.

Their calls are recorded in the same Run, addressed by `Request.role`, and counted apart.
"""

from collections.abc import Iterable, Mapping

from selfexplain.errors import InputError
from selfexplain.providers.provider import Provider, transparency_of
from selfexplain.records import Request, Response


class WithRoles:
    """A Provider that sends each Request to the model that fills its role, and all others to the one it is about.

    Parameters
    ----------
    model : Provider
        What the Run is about: its name and identity are those of the whole, and as many Items are asked at once as it
        takes; each role has the requests at once that its own provider takes.
    roles : mapping of role to Provider
    """

    gathers = False
    """Whether all that is asked is asked in batches."""

    def __init__(self, model: Provider, roles: Mapping[str, Provider]) -> None:
        self.name, self.concurrency, self.identity = model.name, model.concurrency, model.identity
        self.transparency = transparency_of(model)
        self.by_role: Mapping[str, Provider] = {"": model, **roles}

    async def generate(self, request: Request) -> Response:
        """Send one Request to whom it is for."""
        return await self.by_role[request.role].generate(request)

    async def count_tokens(self, request: Request) -> int | None:
        """Return how many tokens a Request's messages are to whom it is for; None where that model cannot tell."""
        count = getattr(self.by_role[request.role], "count_tokens", None)
        return None if count is None else await count(request)

    async def aclose(self) -> None:
        """Let go of every model, each once."""
        for provider in {id(each): each for each in self.by_role.values()}.values():
            await provider.aclose()


def require_filled(needed: Iterable[str], given: Iterable[str], *, by: str) -> None:
    """Raise InputError unless exactly the roles that are needed are filled.

    Parameters
    ----------
    needed, given : iterable of str
        Names of roles.
    by : str
        What needs them, for the error: `the template semantic-entropy-entailment@1`.
    """
    needed, given = set(needed), set(given)
    if missing := sorted(needed - given):
        raise InputError(
            f"{by} asks another model in the role {missing[0]!r}, and none is named",
            hint=f"say --role {missing[0]}=PROVIDER/NAME; any model that -m takes can fill it",
        )
    if idle := sorted(given - needed):
        raise InputError(
            f"nothing is asked in the role {idle[0]!r}",
            hint=f"{by} needs {', '.join(sorted(needed)) or 'no other model'}: leave --role {idle[0]} out",
        )
