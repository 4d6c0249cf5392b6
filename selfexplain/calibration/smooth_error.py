"""smECE: a calibration error without bins, at the one amount of smoothing that fits the error itself.

The Gaussian mirrored at 0 and 1 is the heat kernel of the interval, so smoothing is multiplication of cosine terms:
with D(v) the excess at confidence v and a_m = Σ_v D(v) cos(πmv),

    r_σ(t) = Σ_v D(v) K_σ(v, t) = a_0 + 2 Σ_m exp(−π²m²σ²/2) a_m cos(πmt),

exactly and with all mirror images. Some 3/σ terms suffice; the a_m are computed once, and each σ costs one Fourier
transform, however many rows there are. Very many confidences are moved to a grid first, and rows that have so many go
straight onto it: sorting them into a table would take most of the time.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from selfexplain.calibration.counting import BLOCK, LOOKED_AT, distinct
from selfexplain.calibration.if_calibrated import calibrated_copies, exceedance
from selfexplain.calibration.metric import Confidences, Outcomes, metric, tabulate
from selfexplain.calibration.resamples import coarsened
from selfexplain.calibration.rows import round_significant
from selfexplain.calibration.table import CalibrationTable, sums
from selfexplain.calibration.without_interval import KINK, p_value, without_interval
from selfexplain.inference import Floats

EXACT_VALUES = 2048
"""More distinct confidences than this are moved to a grid first."""

GRID = 2**13
"""Steps of that grid. A confidence between two points is shared out linearly, which keeps its mean and blurs it by half
a step at most; the error is below h²/(8σ) with h a step: 2e-7 at σ = 0.01, 2e-5 at σ = 0.0001."""

POINTS = np.linspace(0, 1, GRID + 1)
"""The confidences of the grid."""

TERM = 8.5
"""exp(−8.5²/2) = 2e-16: cosine terms with πmσ above this vanish."""

STEPS_PER_WIDTH = 64
"""Steps of the integral in one σ: the trapezoid rule is then wrong by (1/64)²/12, 2e-5 of the value."""

FINEST = 2e-5
"""Below this σ no root is looked for."""

DRAWS = 999
"""Calibrated copies of the answers; the least p-value is then 0.001."""

NARROWEST_TEST = 0.01
"""Below this σ the test compares errors blurred by it, so that its time does not grow with the rows."""

TEST_STEPS_PER_WIDTH = 16
"""The answers seen and those drawn are measured alike, so a coarse integral keeps the test what it is."""


@metric(
    title="Smooth calibration error",
    meaning=(
        "How far promised and kept lie apart on average, after blurring neighbouring confidences into each other; it "
        "needs no groups with edges."
    ),
    best=0.0,
    within=(0.0, 1.0),
    interval=without_interval(KINK),
)
def smooth_ece(confidence: Confidences, correct: Outcomes = None) -> float:
    """Smooth calibration error (smECE), in [0, 1]; 0 is best.

    **Definition.** smECE_σ = ∫₀¹ abs(Σᵢ (cᵢ − yᵢ) K_σ(cᵢ, t)) dt / N with K_σ the Gaussian of width σ mirrored at 0 and
    1; the value is the σ at which smECE_σ = σ. It lies between abs(:func:`gap`) and :func:`ece_distinct`, and within
    constant factors of the distance to the nearest calibrated model.

    **How it misleads.** Biased upwards like every absolute error, though no choice of bins adds to it. A few values far
    apart are hardly blurred: then it is nearly :func:`ece_distinct`; neighbours less than its value apart are merged,
    and their errors may cancel.

    **Edge cases.** Undefined without rows. The root is found to 1e-8 and its function to about 2e-5 of its value; below
    2e-5 the absolute gap is given. More than 2,048 confidences are moved to a grid of 8,193, which changes the value
    by less than 1e-6 where it is above 0.002; rows go straight onto it and agree with their table to 1e-8.

    **Interval.** None: where the truth may be 0 no resampling is right, and the bins that the honest interval of
    :func:`ece` rests on do not exist. :func:`smooth_ece_p` says what luck alone would show.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Błasiok & Nakkiran 2023 (arXiv 2309.12236, §3); the distance to calibration: Błasiok,
    Gopalan, Hu & Nakkiran 2022 (arXiv 2211.16886).

    Examples
    --------
    One value: all residuals have one sign, and blurring moves them without loss.

    >>> round(smooth_ece([0.9] * 10, [1] * 7 + [0] * 3), 6)
    0.2
    """
    excess = None if isinstance(confidence, CalibrationTable) else excess_of_rows(confidence, correct)
    if excess is not None:
        return own_width(POINTS, excess)
    table = tabulate(confidence, correct)
    excess = table.excess / table.total
    if len(excess) > EXACT_VALUES:
        return own_width(POINTS, shared_out(table.confidence, excess))
    return own_width(table.confidence, excess)


@metric(
    title="p-value of the smooth calibration error",
    meaning=(
        "How often a model whose confidence is exactly right would show promised and kept as far apart as here, after "
        "the blurring, by luck."
    ),
    best=None,
    within=(0.0, 1.0),
    interval=p_value,
)
def smooth_ece_p(confidence: Confidences, correct: Outcomes = None, *, seed: int = 0) -> float:
    """p-value of :func:`smooth_ece` against perfect calibration, in (0, 1].

    **Definition.** Consistency resampling: 999 sets of answers are drawn that are right with exactly the probability
    stated, and their :func:`smooth_ece` is compared with the one seen: (1 + those as large)/(1 + 999). A copy's is at
    least σ exactly where its error blurred by σ is, since that falls with σ: one σ is enough. Below 0.01 the errors
    blurred by 0.01 are compared. Of more than 1,000 different confidences neighbours are joined, in the answers seen
    as in those drawn.

    **How it misleads.** A large value is absence of evidence: with few answers everything passes. A small one says that
    the model is not perfectly calibrated, which no model is, and not that it matters: look at the size.

    **Edge cases.** Undefined without rows. Never 0: a simulation cannot show that something is impossible.

    **Interval.** None; a p-value speaks of chance itself. Undefined where rows were drawn together.

    Parameters
    ----------
    confidence : CalibrationTable, or array of float of shape (n,)
        A table, or the stated confidences, in [0, 1].
    correct : array of bool or of 0 and 1, shape (n,)
        Whether each answer was correct; left out with a table.
    seed : int
        Of the simulated answers.

    Returns
    -------
    float, in (0, 1]

    References
    ----------
    Błasiok & Nakkiran 2023 (arXiv 2309.12236) for the error; Bröcker & Smith 2007, Weather and Forecasting 22:651, for
    the resampling.

    Examples
    --------
    Thirty rows short of what was promised, with a standard deviation of 3; and exactly as promised:

    >>> smooth_ece_p([0.9] * 100, [1] * 60 + [0] * 40), smooth_ece_p([0.9] * 100, [1] * 90 + [0] * 10)
    (0.001, 1.0)
    """
    table = coarsened(tabulate(confidence, correct)).pooled
    sigma = max(smooth_ece(table), NARROWEST_TEST)
    waves = np.cos(np.outer(math.pi * table.confidence, np.arange(most_terms(sigma))))
    right = np.vstack([table.n_correct, calibrated_copies(table, DRAWS, seed=seed)])
    terms = (table.n * table.confidence - right) @ waves / table.total
    steps = 1 << math.ceil(math.log2(TEST_STEPS_PER_WIDTH / sigma))
    blocks = np.array_split(terms, math.ceil(len(terms) * steps / BLOCK))  # each stays in the processor's cache
    errors = np.concatenate([blurred_errors(block, sigma, steps) for block in blocks])
    return exceedance(float(errors[0]), errors[1:])


def own_width(confidence: Floats, excess: Floats) -> float:
    """Return the σ at which blurring by σ leaves an absolute excess of σ."""
    low, high = abs(float(excess.sum())), float(np.abs(excess).sum())
    if high <= max(low, FINEST):
        return low
    # Blurring only cancels: f lies in [low, high] and falls, so the root lies there too. Wide kernels are cheap.
    spectrum = Spectrum(confidence, excess)
    sigma = high
    while sigma > FINEST:
        terms = spectrum.terms(sigma / 2)
        if blurred_error(terms, sigma / 2) >= sigma / 2:
            return root(terms, sigma / 2, sigma)
        sigma /= 2
    return low


def shared_out(confidence: Floats, excess: Floats) -> Floats:
    """Return the excess on the grid, shape (GRID + 1,): each is shared linearly by the two points next to it."""
    whole, upper = np.zeros(GRID + 1), np.zeros(GRID + 1)
    for start in range(0, len(excess), BLOCK):  # what is in between then stays in the processor's cache
        here = slice(start, start + BLOCK)
        place = confidence[here] * GRID
        below = place.astype(np.int64)
        place -= below  # the part that goes up; nothing at confidence 1, which stands on the last point
        place *= excess[here]
        whole += sums(below, excess[here], GRID + 1)
        upper += sums(below, place, GRID + 1)
    whole -= upper
    whole[1:] += upper[:-1]
    return whole


def excess_of_rows(confidence: ArrayLike, correct: Outcomes) -> Floats | None:
    """Return the excess of rows on the grid, without a table; None where rows have few values, or may be unusable.

    The confidences are not rounded as a table's are: 12 digits more or less move the result by less than 1e-8.
    """
    stated, right = np.asarray(confidence), np.asarray(correct)
    if stated.dtype != np.float64 or right.dtype.kind not in "bi" or stated.ndim != 1 or stated.shape != right.shape:
        return None
    first = stated[:LOOKED_AT]
    if len(first) <= EXACT_VALUES or not usable(stated, right):
        return None
    if len(distinct(round_significant(first).view(np.int64))) <= EXACT_VALUES:
        return None
    return shared_out(stated, stated - right) / len(stated)


def usable(confidence: Floats, correct: NDArray[Any]) -> bool:
    """Tell whether all rows can be measured; whoever reads row by row can name the one that cannot."""
    return bool(confidence.min() >= 0 and confidence.max() <= 1 and correct.min() >= 0 and correct.max() <= 1)


class Spectrum:
    """The cosine terms a_m of the excess, as many as are asked for."""

    def __init__(self, confidence: Floats, excess: Floats) -> None:
        self._angle, self._excess = math.pi * confidence, excess
        self._known, self._complete = np.empty(0), False
        if confidence is POINTS:
            self._known = np.fft.rfft(excess, 2 * GRID).real
            self._complete = True  # a grid has no more to say to a kernel narrower than its steps

    def terms(self, sigma: float) -> Floats:
        """Return a_m = Σ_v D(v) cos(πmv) for every m that a kernel of this width, or a wider one, lets pass."""
        wanted = most_terms(sigma)
        while len(self._known) < wanted and not self._complete:
            step = max(1, min(wanted - len(self._known), 2_000_000 // len(self._angle)))  # 16 MB at a time
            m = np.arange(len(self._known), len(self._known) + step)
            self._known = np.concatenate([self._known, np.cos(np.outer(m, self._angle)) @ self._excess])
        return self._known[:wanted]


def most_terms(sigma: float) -> int:
    """Return how many terms a kernel of this width lets pass."""
    return math.ceil(TERM / (math.pi * sigma)) + 1


def blurred_error(terms: Floats, sigma: float) -> float:
    """Return ∫₀¹ abs(r_σ(t)) dt."""
    steps = 1 << max(10, math.ceil(math.log2(STEPS_PER_WIDTH / sigma)))
    return float(blurred_errors(terms, sigma, steps))


def blurred_errors(terms: Floats, sigma: float, steps: int) -> Floats:
    """Return ∫₀¹ abs(r_σ(t)) dt by the trapezoid rule, with the kinks of the absolute value integrated exactly.

    The cosine terms stand in the last axis, of which there must be no more than steps.
    """
    passed = terms * np.exp(-((math.pi * sigma * np.arange(terms.shape[-1])) ** 2) / 2)
    smooth = np.fft.irfft(2 * steps * passed, 2 * steps)[..., : steps + 1]
    size = np.abs(smooth)
    below, above = size[..., :-1], size[..., 1:]
    pairs = below + above
    crossing = smooth[..., :-1] * smooth[..., 1:] < 0
    # On a step where r changes its sign the two triangles hold (a² + b²)/(a + b) instead of a + b.
    pairs[crossing] = (below[crossing] ** 2 + above[crossing] ** 2) / pairs[crossing]
    areas: Floats = pairs.sum(axis=-1) / (2 * steps)
    return areas


def root(terms: Floats, low: float, high: float) -> float:
    """Return σ with blurred_error(σ) = σ between a σ where the error is larger and one where it is smaller.

    Secant steps that keep the root between two ends; a handful is enough.
    """
    below, above = blurred_error(terms, low) - low, blurred_error(terms, high) - high
    side = 0
    while high - low > 1e-9:
        middle = low + (high - low) * below / (below - above) if below > above else (low + high) / 2
        middle = min(max(middle, low), high)
        found = blurred_error(terms, middle) - middle
        if abs(found) <= 1e-8:
            return middle
        # The Illinois rule: halve the end that stays, or a secant creeps along one side.
        if found > 0:
            low, below = middle, found
            above = above / 2 if side == 1 else above
            side = 1
        else:
            high, above = middle, found
            below = below / 2 if side == -1 else below
            side = -1
    return (low + high) / 2
