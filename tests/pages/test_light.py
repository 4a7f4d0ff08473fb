"""Opening a page loads no model library."""

import subprocess
import sys
from pathlib import Path

from core.settings import ROOT
from tests.test_imports import HEAVY

CODE = """
import sys
from streamlit.testing.v1 import AppTest
from pages.ui.shared import frame
frame.from_outside = lambda: False
app = AppTest.from_file("app.py", default_timeout=30).run()
assert not app.exception, app.exception
for page in ("library", "cards", "settings"):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, app.exception
print(sorted(set(sys.modules) & set(sys.argv[1:])))
"""


def test_opening_the_pages_loads_no_model_library(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *HEAVY],
        cwd=ROOT,
        env={"TRIPTYCH_DATA": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr
