"""How messages become words: templates, names and dates in the language of who reads them, and calendar objects."""

from notifications.wording.reading import RegionFault
from notifications.wording.region import Region
from notifications.wording.writer import RegionWording

__all__ = ["Region", "RegionFault", "RegionWording"]
