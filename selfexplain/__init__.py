"""selfexplain: ask a language model what it answers, why, and how sure it is; then check all three.

Everything public is here; nothing heavy is imported before it is used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfexplain.acting import Recalibration, decide, load_map, recalibrate
    from selfexplain.asking import run
    from selfexplain.concluding import WitnessResult
    from selfexplain.errors import BudgetSpent, InputError, ProviderError, ReplyError, SelfexplainError, Undefined
    from selfexplain.histories import history
    from selfexplain.looking import witness
    from selfexplain.measuring import Result, evaluate_run
    from selfexplain.merging import merge
    from selfexplain.planning import plan
    from selfexplain.prompting.read_confidence import read_confidence
    from selfexplain.providers.model_file import pull_model
    from selfexplain.records import Dataset, Item, Reading, Record
    from selfexplain.rehearsal import dry_run
    from selfexplain.settings import Policy
    from selfexplain.tables import evaluate, evaluate_file
    from selfexplain.trying import TrialResult, trial
    from selfexplain.verdicts import compare, gate, set_baseline
    from selfexplain.ways import run_ways

__version__ = "0.1.0"

HOMES = {
    "selfexplain.acting": ("Recalibration", "decide", "load_map", "recalibrate"),
    "selfexplain.asking": ("run",),
    "selfexplain.errors": ("BudgetSpent", "InputError", "ProviderError", "ReplyError", "SelfexplainError", "Undefined"),
    "selfexplain.histories": ("history",),
    "selfexplain.concluding": ("WitnessResult",),
    "selfexplain.looking": ("witness",),
    "selfexplain.measuring": ("Result", "evaluate_run"),
    "selfexplain.merging": ("merge",),
    "selfexplain.planning": ("plan",),
    "selfexplain.prompting.read_confidence": ("read_confidence",),
    "selfexplain.providers.model_file": ("pull_model",),
    "selfexplain.records": ("Dataset", "Item", "Reading", "Record"),
    "selfexplain.rehearsal": ("dry_run",),
    "selfexplain.settings": ("Policy",),
    "selfexplain.tables": ("evaluate", "evaluate_file"),
    "selfexplain.trying": ("TrialResult", "trial"),
    "selfexplain.verdicts": ("compare", "gate", "set_baseline"),
    "selfexplain.ways": ("run_ways",),
}

__all__ = [
    "BudgetSpent",
    "Dataset",
    "InputError",
    "Item",
    "Policy",
    "ProviderError",
    "Reading",
    "Recalibration",
    "Record",
    "ReplyError",
    "Result",
    "SelfexplainError",
    "TrialResult",
    "Undefined",
    "WitnessResult",
    "compare",
    "decide",
    "dry_run",
    "evaluate",
    "evaluate_file",
    "evaluate_run",
    "gate",
    "history",
    "load_map",
    "merge",
    "plan",
    "pull_model",
    "read_confidence",
    "recalibrate",
    "run",
    "run_ways",
    "set_baseline",
    "trial",
    "witness",
]


def __getattr__(name: str) -> Any:
    for home, names in HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'selfexplain' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
