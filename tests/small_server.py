"""The server over the small backends of the tests: `python -m tests.small_server run app.py`."""

from streamlit.web.cli import main

from core import backends
from tests.backends import SMALL

if __name__ == "__main__":
    backends.PACKAGES.update(SMALL)
    main()
