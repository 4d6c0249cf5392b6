"""Draw the picture of the README from a Run: `python docs/draw_quickstart.py results/quickstart__…`."""

import json
import sys
from pathlib import Path

from selfexplain.display.picture import write_picture
from selfexplain.report.picture import picture_of

metrics = json.loads((Path(sys.argv[1]) / "metrics.json").read_text(encoding="utf-8"))
write_picture(picture_of(metrics), Path(__file__).with_name("quickstart.png"))
