"""What trials of a Run's explanations ask, of whom, and where their replies and findings are kept."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from selfexplain.errors import BudgetSpent, SelfexplainError
from selfexplain.pipeline.as_asked import template_of
from selfexplain.pipeline.ask import Flights
from selfexplain.pipeline.budget import Budget, Metered, budgeted
from selfexplain.prompting.template import Template
from selfexplain.providers.first_alone import first_alone
from selfexplain.providers.pace import Pace, paced
from selfexplain.providers.provider import Provider
from selfexplain.providers.retry import retried
from selfexplain.records import Ask, Item, Record, Request, Response, encode
from selfexplain.runs.calls import NO_JSON, Calls, read_calls, recorded, remembered
from selfexplain.runs.folder import RunFolder
from selfexplain.trials.conduct import conduct
from selfexplain.trials.finding import Finding
from selfexplain.trials.trial import How, Subject, Trial, subject_of

FOLDER = "trials"
"""In a Run: `calls/`, what the model was asked; `roles/`, what others were; `NAME.jsonl`, what a trial found."""


def subjects_of(
    folder: RunFolder, records: Iterable[Record], items: Mapping[str, Item], limit: int | None
) -> tuple[list[Subject], Counter[str]]:
    """Return the first Records whose answer was read, as trials look into them; and why others are left out.

    Parameters
    ----------
    folder : RunFolder
    records : iterable of Record
    items : mapping of id to Item
    limit : int, optional
        At most so many, from the first on.
    """
    template: Template = template_of(folder)
    wanted, left_out = list[Record](), Counter[str]()
    for record in records:
        if limit is not None and len(wanted) == limit:
            break
        if record.report.answer.value is None:
            left_out["no_answer" if record.report.outcome == "completed" else record.report.outcome] += 1
        else:
            wanted.append(record)
    keys = {key for record in wanted for key in record.report.calls}
    calls = {call.key: call for call in read_calls(folder.path / "calls") if call.key in keys}
    found = []
    for record in wanted:
        subject = subject_of(items[record.item], template, record, calls)
        if subject is None:
            left_out["no_call"] += 1
        else:
            found.append(subject)
    return found, left_out


class Desk:
    """Whoever trials ask: the model of a Run, and who fills a role; every reply is recorded before anybody sees it.

    What others say is kept apart by who they are: another saboteur makes other mistakes, and must not be taken for
    the first.

    Parameters
    ----------
    folder : RunFolder
    providers : mapping of role to Provider
        The model that the Run is about has the empty role.
    concurrency : int, optional
        Requests at once to each; by default what it can make use of.
    most_calls : int, optional
        Never more calls, those of earlier times included.
    """

    def __init__(
        self,
        folder: RunFolder,
        providers: Mapping[str, Provider],
        *,
        concurrency: int | None = None,
        most_calls: int | None = None,
    ) -> None:
        self._providers = providers
        self._most = most_calls
        self._calls = {role: Calls(calls_of(folder.path, role, each)) for role, each in providers.items()}
        totals = {role: calls.totals_of(role) for role, calls in self._calls.items()}
        self._budget = Budget(None, [Metered(each, None) for each in totals.values()], None, most_calls)
        self._flights = Flights()
        self.at_once = {role: concurrency or each.concurrency for role, each in providers.items()}
        paces = {role: Pace(most) for role, most in self.at_once.items()}
        asked_before = [role for role, each in totals.items() if each.replies or each.failed_tries]
        self._asks = {
            role: remembered(retried(self._sending(role, paces), replied=asked_before), self._calls[role])
            for role in providers
        }

    def _sending(self, role: str, paces: Mapping[str, Pace]) -> Ask:
        send = budgeted(recorded(self._providers[role].generate, self._calls[role]), self._budget)
        return first_alone(paced(self._flights.counted(send, 0), paces), self._providers)

    @property
    def sent(self) -> int:
        """How many calls were made since this began, failed ones included."""
        return self._budget.sent

    async def ask(self, request: Request) -> Response:
        """Send a Request to whom it is for, unless its reply is recorded."""
        return await self._asks[request.role](request)

    async def conduct(self, trial: Trial, subjects: Sequence[Subject], how: How, **watched: Any) -> Sequence[Finding]:
        """Return what a trial finds; where it cannot go on, what is in flight is still recorded.

        Raises
        ------
        BudgetSpent
            When no more calls may be made.
        ProviderError
            When somebody who is asked cannot go on.
        """
        try:
            return await conduct(trial, subjects, self.ask, how, concurrency=self.at_once[""], **watched)
        except SelfexplainError as error:
            self._flights.stopped[0] = error
            await self._flights.land()
            if isinstance(error, BudgetSpent):
                raise BudgetSpent(
                    f"{self._budget.calls:,} calls made for trials of this Run, of the {self._most:,} that may be; "
                    "every reply is recorded",
                    hint="run the same command with a higher --max-calls: it asks only what is missing",
                ) from None
            raise

    async def aclose(self) -> None:
        """Finish what is being written, and let go of everybody."""
        for calls in self._calls.values():
            await calls.aclose()
        for provider in {id(each): each for each in self._providers.values()}.values():
            await provider.aclose()


def calls_of(run: Path, role: str, provider: Provider) -> Path:
    """Return the folder of the calls to one who is asked for trials of a Run."""
    if not role:
        return run / FOLDER / "calls"
    who = msgspec.json.encode([provider.name, dict(provider.identity)], order="deterministic")
    return run / FOLDER / "roles" / f"{role}-{hashlib.sha256(who).hexdigest()[:12]}"


def write_findings(folder: RunFolder, trial: str, findings: Iterable[Finding]) -> Path:
    """Write `trials/NAME.jsonl`: what a trial found, a line for each Record; made again from the recorded calls."""
    (folder.path / FOLDER).mkdir(exist_ok=True)
    return folder.write(f"{FOLDER}/{trial}.jsonl", (encode(each) + b"\n" for each in findings))


class Tried(NamedTuple):
    """One trial of a Run, conducted."""

    trial: Trial
    findings: Sequence[Finding]
    most_calls: int
    """Counted beforehand."""
    sent: int
    seconds: float


def findings_of(folder: RunFolder, trial: str) -> tuple[Finding, ...]:
    """Return what a trial found when it was last conducted; nothing where its file is gone or no longer readable."""
    try:
        lines = (folder.path / FOLDER / f"{trial}.jsonl").read_bytes().splitlines()
        return tuple(msgspec.json.decode(line, type=Finding) for line in lines)
    except (OSError, *NO_JSON):
        return ()
