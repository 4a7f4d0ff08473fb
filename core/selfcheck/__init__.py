"""Whether the models compute rightly and fast enough on this machine's device."""

from core.selfcheck.checks import examine
from core.selfcheck.finding import DeviceCheck

__all__ = ["DeviceCheck", "examine"]
