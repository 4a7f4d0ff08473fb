"""What several files of tests share is in tests/support: no test imports another one."""

import re

from core.settings import ROOT

# A contract is no other test: it is there to be held against any backend.
ANOTHER = re.compile(r"(?:from|import) tests(?!\.contracts)(?:\.\w+)*(?:\.| import )test_\w+")


def test_no_test_imports_another() -> None:
    for file in (ROOT / "tests").rglob("*.py"):
        assert not ANOTHER.search(file.read_text(encoding="utf-8")), file
