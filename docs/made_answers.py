"""Make the answers that docs/recalibration.md works on: `python docs/made_answers.py answers.csv`.

A model made up for the purpose: 1,000 questions, each asked once, seven stated values, overconfident at most of them.
"""

import sys
from pathlib import Path

import numpy as np

VALUES = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
STATED = np.array([0.04, 0.06, 0.08, 0.14, 0.26, 0.26, 0.16])
RIGHT = np.array([0.45, 0.45, 0.55, 0.6, 0.74, 0.86, 0.985])

rng = np.random.Generator(np.random.PCG64(2023))
place = rng.choice(len(VALUES), size=1000, p=STATED)
correct = rng.random(1000) < RIGHT[place]
lines = [f"q{row},{VALUES[at]:g},{int(right)}" for row, (at, right) in enumerate(zip(place, correct, strict=True))]
Path(sys.argv[1]).write_text("item,confidence,correct\n" + "\n".join(lines) + "\n", encoding="utf-8")
