"""Time zones, from the `tzdata` package, held in memory."""

import io
import os
import zlib

_zones = {}
_names = []


def install():
    """Reads the package while the component is built."""
    import tzdata
    import zoneinfo
    from zoneinfo import _common, _tzpath

    root = os.path.dirname(tzdata.__file__)
    with open(f"{root}/zones", encoding="ascii") as file:
        _names.extend(file.read().split())
    for name in _names:
        with open(f"{root}/zoneinfo/{name}", "rb") as file:
            _zones[name] = zlib.compress(file.read(), 9)

    def load_tzdata(key):
        try:
            return io.BytesIO(zlib.decompress(_zones[key]))
        except KeyError:
            raise zoneinfo.ZoneInfoNotFoundError(f"No time zone found with key {key}") from None

    def available_timezones():
        return set(_names)

    _common.load_tzdata = load_tzdata
    _tzpath.available_timezones = zoneinfo.available_timezones = available_timezones
    zoneinfo.reset_tzpath(to=())
