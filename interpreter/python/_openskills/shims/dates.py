"""`strftime` as the C library of Linux does it: WASI's answers nothing at all if it meets what it does not know."""

import re
import time

_strftime = time.strftime
_DIRECTIVE = re.compile(r"%([-_0^#]*)(\d*)([EO]?)(.?)", re.DOTALL)
_KNOWN = frozenset("aAbBcCdDeFgGhHIjmMnprRsStTuUVwWxXyYzZ%")
_FURTHER = {
    "k": lambda moment: f"{moment[3]:2d}",
    "l": lambda moment: f"{moment[3] % 12 or 12:2d}",
    "P": lambda moment: "am" if moment[3] < 12 else "pm",
}
_BLANK = frozenset("ekl")
_TEXTS = frozenset("aAbBchpPZDFrRTxX")
_SWAPPED_TO_LOWER = frozenset("pZ")


def _unusual(found):
    flags, width, modifier, letter = found.groups()
    if letter == "%":
        return False
    return letter not in _KNOWN or "^" in flags or "#" in flags or bool(width or flags and letter in _BLANK)


def _spelled(found, moment):
    """What a directive stands for, in a form that the C library prints as it is."""
    if not _unusual(found):
        return found[0]
    flags, width, modifier, letter = found.groups()
    if letter in _FURTHER and not modifier:
        text = _FURTHER[letter](moment)
    elif letter in _KNOWN and letter:
        text = _strftime(f"%{modifier}{letter}", moment)
    else:
        return found[0].replace("%", "%%")
    pad = " " if letter in _BLANK or letter in _TEXTS else "0"
    for flag in flags:
        if flag == "-":
            pad = ""
        elif flag in "_0":
            pad = " " if flag == "_" else "0"
        elif flag == "^":
            text = text.upper()
        elif flag == "#":
            text = text.lower() if letter in _SWAPPED_TO_LOWER else text.upper()
    if letter not in _TEXTS:
        bare = text.lstrip("0 ") or "0"
        text = bare if not pad else bare.rjust(len(text), pad)
    if width and pad:
        # A field that no C library would fill is no use to anybody.
        text = text.rjust(min(int(width[:4]), 1024), pad)
    return text.replace("%", "%%")


def strftime(format, *moment):
    if isinstance(format, str) and len(moment) < 2 and any(map(_unusual, _DIRECTIVE.finditer(format))):
        now = moment[0] if moment else time.localtime()
        if isinstance(now, (tuple, time.struct_time)) and len(now) >= 9:
            format = _DIRECTIVE.sub(lambda found: _spelled(found, now), format)
    return _strftime(format, *moment)


strftime.__doc__, strftime.__module__ = _strftime.__doc__, "time"


def install():
    """Makes it that of `time`, which `datetime` asks, too."""
    time.strftime = strftime
