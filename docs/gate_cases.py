"""Ask the embedded model `selfgate` with the changed templates of docs/cases, for the two cases of docs/gate.md.

`python docs/gate_cases.py` takes about two minutes of one processor core for each template, resumes Runs that were
interrupted, and writes what the gate needs of each answer beside its template: `docs/cases/NAME.csv`.
"""

from pathlib import Path

import selfexplain as sx
from selfexplain.runs.baseline import pairs_of
from selfexplain.verdicts import answers

CASES = Path(__file__).with_name("cases")


def main() -> None:
    """Ask, and write a table for each template."""
    for template in sorted(CASES.glob("*.md")):
        run = sx.run("selfgate", template=str(template))
        if run.folder is not None:
            template.with_suffix(".csv").write_bytes(pairs_of(answers(run.folder, "stated").rows))


if __name__ == "__main__":
    main()
