"""What stands beside a Run's numbers: how it was asked, how open the model is, what it used, what it cost."""

from typing import Any

import msgspec

from selfexplain.pipeline.openness import as_seen
from selfexplain.pipeline.usage import cost_of, usage_of
from selfexplain.prompting.template import FrontMatter
from selfexplain.runs.calls import Calls
from selfexplain.runs.manifest import Manifest
from selfexplain.runs.totals import Totals
from selfexplain.settings import Settings


def facts_of(manifest: Manifest, front: FrontMatter, calls: Calls, settings: Settings) -> dict[str, Any]:
    """Return the keys `settings`, `transparency`, `usage` and `cost` of the metrics object.

    Prices and declarations are those that the user has set now: both may be learnt after the Run. What replies showed
    comes before what anybody says.
    """
    spec = manifest.spec
    card = as_seen(settings.declared(spec.model, manifest.transparency), calls.totals, calls.dropped)
    return {
        "settings": {
            "temperature": spec.temperature,
            "seed": spec.seed,
            **({} if spec.effort is None else {"effort": spec.effort}),
            **({"ask_again": spec.again} if spec.again else {}),
            "scale": front.scale,
            "elicitation": front.elicitation,
            "elicits": list(front.elicits),
            "audience": front.audience,
            "language": front.language,
            "about": front.about,
            "repeats": len(calls.repeats),
            "created": manifest.created,
            **asked_in(calls.totals),
            "identity": dict(spec.model_identity),
            "not_taken": sorted(calls.dropped),
            "versions": dict(manifest.versions),
            **({"draws": front.draws} if front.draws > 1 else {}),
            **({"roles": {role: filled.model for role, filled in spec.roles.items()}} if spec.roles else {}),
        },
        "transparency": msgspec.to_builtins(card),
        "usage": usage_of(calls.totals),
        "cost": cost_of(calls.totals, settings.prices.get(spec.model), model=spec.model),
        **({"roles": roles_of(manifest, calls, settings)} if spec.roles else {}),
    }


def asked_in(totals: Totals) -> dict[str, str]:
    """Return the setting that says how many replies came in batches; nothing where none did."""
    return {"batched": f"{totals.batched:,} of {totals.replies:,} replies"} if totals.batched else {}


def roles_of(manifest: Manifest, calls: Calls, settings: Settings) -> dict[str, Any]:
    """Return for each role who fills it, what that used and what it cost; not in the sums of the model itself."""
    return {
        role: {
            "model": filled.model,
            "usage": usage_of(calls.totals_of(role)),
            "cost": cost_of(calls.totals_of(role), settings.prices.get(filled.model), model=filled.model),
        }
        for role, filled in manifest.spec.roles.items()
    }
