"""Published figures, measured again from the outputs that their authors recorded: ours beside theirs.

Run it as a script with the folder of the recorded outputs (where each comes from stands in the table it prints)::

    python benchmarks/published_numbers.py FOLDER > docs/published_numbers.md

A figure *agrees* when ours, rounded to the digits that were printed, is the same. Takes about half a minute.
"""

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import isotonic_regression

from selfexplain.calibration import CalibrationTable, ClusterTable, accuracy, auroc, brier, ece, mean_confidence
from selfexplain.calibration.metric import estimate
from selfexplain.grading.choice import choice
from selfexplain.grading.numeric import numeric
from selfexplain.grading.yes_no import yes_no
from selfexplain.records import Item

Row = Mapping[str, Any]

BBH = {
    "date_understanding": ("87.20", "63.60"),
    "logical_deduction_three_objects": ("87.60", "52.80"),
    "disambiguation_qa": ("76.00", "67.20"),
    "penguins_in_a_table": ("79.45", "66.44"),
    "causal_judgement": ("54.01", "63.64"),
    "sports_understanding": ("97.60", "72.80"),
    "navigate": ("96.40", "50.40"),
    "boolean_expressions": ("92.80", "88.40"),
    "object_counting": ("93.20", "45.20"),
    "multistep_arithmetic_two": ("47.60", "1.20"),
}
"""Published accuracy in per cent, with and without a chain of thought."""


class Figure(NamedTuple):
    """One published number and ours."""

    what: str
    published: str
    """As printed, so that its digits say how exactly it is known."""
    ours: float

    @property
    def agrees(self) -> bool:
        """Whether ours rounds to what was printed."""
        _, _, decimals = self.published.partition(".")
        # A printed 0.5 may stand for 0.45 to 0.55, ends included: rounding halves is anybody's choice.
        return abs(self.ours - float(self.published)) <= 0.5 * 10.0 ** -len(decimals) + 1e-9

    @property
    def shown(self) -> str:
        """Ours, with one digit more than was printed."""
        _, _, decimals = self.published.partition(".")
        return f"{self.ours:.{len(decimals) + 1}f}"


def main(folder: Path) -> None:
    """Print the page."""
    print("# Published figures, measured again\n")
    print(
        "Other people recorded what models answered and printed figures on it. Here the same figures are measured "
        "with selfexplain from their recorded outputs. Made by `python benchmarks/published_numbers.py FOLDER`. "
        "A figure agrees when ours, rounded to the digits that were printed, is the same."
    )
    sections = (verbal_mmlu, token_probabilities, forecasts, controls, answers_of_bbh)
    for section in sections:
        section(folder)


def verbal_mmlu(folder: Path) -> None:
    """Show stated confidences, 33 models on MMLU."""
    rows = pd.read_csv(folder / "mmlu_verbal_recorded.csv.gz")
    domains = pd.read_csv(folder / "mmlu_verbal_items.csv").set_index("item_id")["domain"]
    published = pd.read_csv(folder / "mmlu_verbal_published.csv", dtype={"auroc": str})
    rows["domain"] = rows["item_id"].map(domains)
    whole, parts, accuracies = [], [], []
    apart: list[float] = []
    for line in published.itertuples():
        of_model = rows[rows["model"] == line.model]
        of_model = of_model if line.domain == "all" else of_model[of_model["domain"] == line.domain]
        ours = auroc(of_model["confidence_released"] / 100, of_model["correct"])
        if line.domain == "all":
            whole.append(Figure(f"AUROC, {line.model}", f"{float(str(line.auroc)):.12f}", ours))
            share = accuracy(of_model["confidence_released"] / 100, of_model["correct"])
            accuracies.append(Figure(f"accuracy, {line.model}", f"{line.accuracy:.12f}", share))
        else:
            parts.append(Figure(f"AUROC, {line.model}, {line.domain}", str(line.auroc), ours))
            counts = CalibrationTable.from_rows(of_model["confidence_released"] / 100, of_model["correct"])
            found = estimate(auroc, counts)
            theirs = float(str(line.ci_lo)), float(str(line.ci_hi))
            apart += [
                abs(end - other) for end, other in zip((found.low, found.high), theirs, strict=True) if end is not None
            ]
    heading("Stated confidence, MMLU", "synthiumjp/metacognitive-profile-atlas, commit ca311806, CC BY 4.0")
    print(
        "One reply per model and question, confidence stated as 0–100. The authors count a confidence that could not "
        "be read as 50, so these AUROCs do too; selfexplain leaves it out and counts it, which is the second table.\n"
    )
    summary(
        {
            "AUROC of each model, to 12 digits": whole,
            "accuracy of each model, to 12 digits": accuracies,
            "AUROC per model and domain, as printed": parts,
        }
    )
    print(
        f"\n*Intervals.* The authors print {len(apart) // 2} pairs of limits, of a bootstrap with 1,000 resamples "
        "whose seeds they do not tell, so theirs cannot come out to the digit. Beside ours (DeLong on the logit scale) "
        f"half of the {len(apart)} limits lie within {np.median(apart):.3f}, nine tenths within "
        f"{np.quantile(apart, 0.9):.3f}, and the furthest {max(apart):.3f} apart."
    )
    print("\n| model | n | missing | AUROC as published | AUROC without the filled-in 50s |\n|---|---|---|---|---|")
    for model, of_model in rows.groupby("model"):
        missing = int(of_model["confidence"].isna().sum())
        if missing > len(of_model) / 100:
            stated = of_model.dropna(subset=["confidence"])
            both = (
                auroc(each / 100, own["correct"])
                for each, own in ((of_model["confidence_released"], of_model), (stated["confidence"], stated))
            )
            filled, left_out = both
            print(f"| {model} | {len(of_model)} | {missing / len(of_model):.0%} | {filled:.4f} | {left_out:.4f} |")


def token_probabilities(folder: Path) -> None:
    """Show the largest probability at the answer token, 9 models on three sets."""
    rows = pd.read_csv(folder / "mc_maxprob_recorded.csv.gz")
    published = pd.read_csv(folder / "mc_maxprob_published.csv", dtype=str)
    shares, areas = [], []
    for line in published.itertuples():
        cell = rows[(rows["dataset"] == line.dataset) & (rows["model"] == line.model)]
        each = [prompt for _, prompt in cell.groupby("prompt")]
        measured = [
            (100 * accuracy(p["max_softmax_prob"], p["correct"]), 100 * auroc(p["max_softmax_prob"], p["correct"]))
            for p in each
        ]
        right, area = np.mean(measured, axis=0)
        shares.append(Figure(f"{line.dataset}, {line.model}", str(line.published_accuracy_pct), float(right)))
        areas.append(Figure(f"{line.dataset}, {line.model}", str(line.published_auroc_pct), float(area)))
    heading(
        "Token probability, multiple choice",
        "bplaut/llm-calibration-and-correctness-prediction, commit c176fdd3, MIT",
    )
    print(
        "The largest softmax probability at the answer token on ARC, MMLU and TruthfulQA; each figure is the mean of "
        "two prompts, in per cent. The authors count a reply without a letter as wrong.\n"
    )
    summary({"accuracy per set and model, %": shares, "AUROC per set and model, %": areas})


def forecasts(folder: Path) -> None:
    """Show P(YES) of events, 12 models."""
    rows = list(read_jsonl(folder / "forecast_gradient_recorded.jsonl.gz"))
    stated = {
        level: [row for row in rows if row["level"] == level and row["stated_prob_yes_pct"] is not None]
        for level in (0, 1, 2)
    }
    tables = {level: table_of(some) for level, some in stated.items()}
    most = tables[2]
    base = accuracy(most)
    heading("Probability of an event", "Pranav-1100/confidence-calibration-evaluation, commit 6ca268ac, MIT")
    print("Will a share close higher in ten trading days? P(YES), answered at three levels of evidence.\n")
    reliability, discrimination = corp(most)
    loose, loose_discrimination = corp_unpooled(stated[2])
    full = [
        *(Figure(f"AUROC, level {level}", text, auroc(tables[level])) for level, text in ((0, "0.417"), (1, "0.403"))),
        Figure("AUROC, level 2, 257 answers", "0.346", auroc(most)),
        *(
            Figure(f"Brier score, level {level}", text, brier(tables[level]))
            for level, text in ((0, "0.2523"), (1, "0.2631"), (2, "0.2809"))
        ),
        *(
            Figure(f"ECE, {bins} left-closed bins of equal width", text, ece(most, bins=bins, closed="left"))
            for bins, text in ((5, "0.079"), (10, "0.211"), (15, "0.208"))
        ),
        Figure("Brier skill", "-0.124", 1 - brier(most) / (base * (1 - base))),
        Figure("mean P(YES)", "0.491", mean_confidence(most)),
        Figure("base rate", "0.506", base),
        *(
            Figure(f"answering, level {level}, %", text, 100 * share_answering(rows, level))
            for level, text in enumerate(("6.5", "14.8", "54.0", "3.5"))
        ),
        Figure("CORP uncertainty", "0.2500", base * (1 - base)),
        Figure("CORP miscalibration, equal forecasts left apart", "0.0391", loose),
        Figure("CORP discrimination, equal forecasts left apart", "0.0081", loose_discrimination),
        Figure("CORP miscalibration, equal forecasts pooled", "0.0391", reliability),
        Figure("CORP discrimination, equal forecasts pooled", "0.0081", discrimination),
    ]
    print("| figure | published | ours | |\n|---|---|---|---|")
    for figure in full:
        print(
            f"| {figure.what} | {figure.published} | {figure.shown} | {'agrees' if figure.agrees else '**differs**'} |"
        )
    right = ", ".join(f"{ece(most, bins=bins):.3f}" for bins in (5, 10, 15))
    print(
        "\n*What differs, and why.* The isotonic fit of the authors sorts equal forecasts by their outcome, which lets "
        "the curve rise inside one stated value; with equal forecasts pooled first, as the definition asks "
        "(Dimitriadis, Gneiting & Jordan 2021), the split is smaller and the Brier score the same. The ECE of the same "
        f"rows in right-closed bins of 5, 10 and 15 is {right}: stated numbers sit on bin edges."
    )
    sure = estimate(auroc, most)
    print(
        "\n*Intervals.* For the AUROC at level 2 the authors print 0.280 to 0.413, and not how they found it; "
        f"{sure.method} gives {sure.low:.3f} to {sure.high:.3f} for the same rows taken as independent. Each question "
        f"was put to twelve models: with questions as clusters it is {by_question(stated[2])}."
    )


def share_answering(rows: Sequence[Row], level: int) -> float:
    """Return how many of the models' turns at a level of evidence end in an answer."""
    return float(np.mean([row["decision"] == "ANSWER" for row in rows if row["level"] == level]))


def by_question(rows: Sequence[Row]) -> str:
    """Return the interval of the AUROC with questions as clusters."""
    clusters = ClusterTable.from_rows(
        [row["stated_prob_yes_pct"] / 100 for row in rows],
        [row["outcome_yes"] for row in rows],
        [row["item_id"] for row in rows],
    )
    found = estimate(auroc, clusters)
    return f"{found.low:.3f} to {found.high:.3f}"


def controls(folder: Path) -> None:
    """Show the questions that the evidence answers, 12 models."""
    rows = list(read_jsonl(folder / "answerable_controls_recorded.jsonl.gz"))
    read = [row["correct"] for row in rows if row["correct"] is not None]
    heading("Questions that can be answered", "Pranav-1100/confidence-calibration-evaluation, commit 6ca268ac, MIT")
    print("Is a number in the evidence above a threshold? Answered by twelve models.\n")
    print("| figure | published | ours | |\n|---|---|---|---|")
    for figure in (
        Figure("right, all models, %", "99.9", 100 * float(np.mean(read))),
        Figure("errors", "1", len(read) - sum(read)),
        Figure("answered", "859", len(read)),
    ):
        agrees = "agrees" if figure.agrees else "**differs**"
        print(f"| {figure.what} | {figure.published} | {figure.ours:.{2 if '%' in figure.what else 0}f} | {agrees} |")
    print(
        "\n*What differs, and why.* Of the recorded replies one more can be read than the authors counted: it gives "
        "its decision as the letter of a choice."
    )


def answers_of_bbh(folder: Path) -> None:
    """Show what the graders make of recorded replies of a few-shot model."""
    options = {row["id"]: tuple(row["options"].values()) for row in read_jsonl(folder / "gold_multiple_choice.jsonl")}
    grade: dict[str, Callable[[Row], bool]] = {
        "mc": lambda row: right_by(choice, row, choices=options[row["item_id"]]),
        "yesno": lambda row: right_by(yes_no, row),
        "truefalse": lambda row: right_by(yes_no, row),
        "number": lambda row: right_by(numeric, row),
    }
    counts: dict[tuple[str, str], list[bool]] = {}
    for row in read_jsonl(folder / "bbh_davinci_recorded.jsonl.gz"):
        counts.setdefault((row["task"], row["method"]), []).append(grade[row["type"]](row))
    figures = []
    for (task, method), verdicts in counts.items():
        text = BBH[task]["answer only" in method]
        figures.append(Figure(f"{task}, {method}", text, 100 * float(np.mean(verdicts))))
    heading("Grading", "suzgunmirac/BIG-Bench-Hard, commit 9ee07bd4, MIT")
    print(
        "Accuracy of code-davinci-002 on ten tasks with and without a chain of thought; each answer is graded by "
        "selfexplain's `choice`, `yes_no` or `numeric` grader instead of by equality of strings.\n"
    )
    summary({"accuracy per task and prompt, %": figures})


def heading(title: str, source: str) -> None:
    """Begin a section."""
    print(f"\n## {title}\n\nRecorded outputs: {source}.\n")


def summary(figures: Mapping[str, Sequence[Figure]]) -> None:
    """Print how many figures of each kind agree, and every one that does not."""
    print("| figures | agree | largest difference |\n|---|---|---|")
    for kind, each in figures.items():
        largest = max(abs(figure.ours - float(figure.published)) for figure in each)
        print(f"| {kind} | {sum(figure.agrees for figure in each)} of {len(each)} | {largest:.1e} |")
    differing = [figure for each in figures.values() for figure in each if not figure.agrees]
    for figure in differing:
        print(f"\n* {figure.what}: published {figure.published}, ours {figure.shown}")


def read_jsonl(path: Path) -> Iterator[Row]:
    """Yield the objects of a JSONL file."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from map(json.loads, content.splitlines())


def table_of(rows: Sequence[Row]) -> CalibrationTable:
    """Count forecasts and outcomes."""
    return CalibrationTable.from_rows(
        [row["stated_prob_yes_pct"] for row in rows], [row["outcome_yes"] for row in rows], scale="percent"
    )


def corp(table: CalibrationTable) -> tuple[float, float]:
    """Return miscalibration and discrimination of the Brier score, with equal forecasts pooled."""
    return split_of(brier(table), table.n_correct / table.n, table.n.astype(float))


def corp_unpooled(rows: Sequence[Row]) -> tuple[float, float]:
    """Return the same with every forecast by itself, equal ones in the order of their outcomes."""
    pairs = sorted((row["stated_prob_yes_pct"] / 100, row["outcome_yes"]) for row in rows)
    outcome = np.array([outcome for _, outcome in pairs], dtype=float)
    return split_of(brier(table_of(rows)), outcome, np.ones_like(outcome))


def split_of(
    score: float, share: np.ndarray[Any, np.dtype[np.float64]], n: np.ndarray[Any, np.dtype[np.float64]]
) -> tuple[float, float]:
    """Return how much worse a score is than that of the isotonic fit, and how much better the fit is than the mean."""
    fitted = isotonic_regression(share, weights=n).x
    mean = float(np.average(share, weights=n))
    within = np.average(share * (1 - share), weights=n)
    best = float(np.average((fitted - share) ** 2, weights=n) + within)
    return score - best, mean * (1 - mean) - best


def right_by(grader: Callable[[str, Item], Any], row: Row, choices: tuple[str, ...] = ()) -> bool:
    """Return whether a grader calls a recorded answer right; one without an answer is not."""
    item = Item(row["item_id"], "recorded", gold=(row["gold"],), choices=choices)
    return row["answer"] is not None and grader(row["answer"], item).verdict == "correct"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
