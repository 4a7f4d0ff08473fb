"""The server over the small backends: `python -m tests.support.small_server run app.py`."""

from streamlit.web.cli import main

from core.models import registry
from tests.backends import SMALL

if __name__ == "__main__":
    registry.PACKAGES.update(SMALL)
    main()
