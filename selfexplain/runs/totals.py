"""What the recorded calls add up to: tokens, seconds, and what the replies showed of the model."""

from dataclasses import dataclass

from selfexplain.records import Call, Response


@dataclass
class Totals:
    """Sums over calls, one call at a time; a call is a try that is on disk."""

    replies: int = 0
    failed_tries: int = 0
    """Tries without a reply; together with `replies`, the recorded lines."""
    with_usage: int = 0
    """Replies that stated their tokens."""
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    seconds: float = 0.0
    """How long the requests took, added up: longer than the Run where several were asked at once."""
    asked_for_tokens: int = 0
    """Replies to Requests that wanted token probabilities."""
    with_tokens: int = 0
    """Those of them that held any."""
    batched: int = 0
    """Replies that came in a batch, whose tokens cost less."""
    batched_prompt: int = 0
    batched_completion: int = 0
    batched_cached: int = 0

    @property
    def without_usage(self) -> int:
        """Replies that did not state their tokens."""
        return self.replies - self.with_usage

    def add(self, call: Call) -> None:
        """Count one call."""
        self.seconds += call.seconds
        response = call.response
        if response.outcome == "failed":
            self.failed_tries += 1
            return
        self.replies += 1
        if response.usage is not None:
            self.with_usage += 1
            self.prompt += response.usage.prompt
            self.completion += response.usage.completion
            self.cached += response.usage.cached
        if response.batch is not None:
            self._add_batched(response)
        if call.request.logprobs and response.text and response.outcome != "refused":  # what else could hold tokens
            self.asked_for_tokens += 1
            self.with_tokens += bool(response.tokens)

    def _add_batched(self, response: Response) -> None:
        self.batched += 1
        if response.usage is not None:
            self.batched_prompt += response.usage.prompt
            self.batched_completion += response.usage.completion
            self.batched_cached += response.usage.cached
