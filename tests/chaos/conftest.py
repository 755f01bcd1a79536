"""The broken builds are tried in the worlds that the services' own tests have."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "reporting"))
