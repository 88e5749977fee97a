"""Modules that can be imported and not used: the message comes when something of them is called."""

import errno
import sys
import types

_REASONS = {
    "ctypes": "the sandbox loads no native libraries",
    "curses": "the sandbox has no terminal",
    "readline": "the sandbox has no terminal",
    "termios": "the sandbox has no terminal",
    "syslog": "the sandbox has no system log: use `logging` to stderr",
    "_posixshmem": "the sandbox has one process, which shares memory with none",
}


class Absent:
    """Stands for a function or class of a module that is not there."""

    def __init__(self, name, reason, error):
        self.__name__, self._reason, self._error = name, reason, error

    def __call__(self, *_, **__):
        raise self._error(errno.ENOTSUP, f"{self.__name__}: {self._reason}")

    def __repr__(self):
        return f"<{self.__name__}, which the sandbox does not have>"


def _module(name, members, constants=(), error=OSError, package=False, **others):
    module = types.ModuleType(name, f"Not in the sandbox: {_REASONS[name.partition('.')[0]]}.")
    for member in members:
        setattr(module, member, Absent(f"{name}.{member}", _REASONS[name.partition(".")[0]], error))
    for place, constant in enumerate(constants):
        setattr(module, constant, place)
    module.__dict__.update(others)
    if package:
        module.__path__ = []
    sys.modules[name] = module
    return module


def install():
    """Makes them."""
    _ctypes()

    class CursesError(Exception):
        pass

    curses = _module("curses", ["initscr", "wrapper", "newwin", "endwin"], error=lambda _, text: CursesError(text),
                     package=True)
    curses.error = CursesError
    _readline()

    class TermiosError(Exception):
        pass

    _module("termios", ["tcgetattr", "tcsetattr", "tcflush", "tcdrain", "tcsendbreak"],
            ("TCSANOW", "TCSADRAIN", "TCSAFLUSH", "ECHO", "ICANON", "VMIN", "VTIME", "TIOCGWINSZ", "ISIG", "IXON"),
            error=lambda number, text: TermiosError(number, text)).error = TermiosError
    _module("syslog", ["openlog", "syslog", "closelog", "setlogmask"],
            ("LOG_EMERG", "LOG_ALERT", "LOG_CRIT", "LOG_ERR", "LOG_WARNING", "LOG_NOTICE", "LOG_INFO", "LOG_DEBUG",
             "LOG_PID", "LOG_USER", "LOG_DAEMON"))


def _readline():
    """What scripts set up for whoever types at a terminal is of no use, and does no harm."""
    readline = _module("readline", ["read_history_file", "write_history_file", "append_history_file"])
    for name in ("parse_and_bind read_init_file insert_text redisplay set_completer set_completer_delims add_history"
                 " set_completion_display_matches_hook set_startup_hook set_pre_input_hook set_history_length"
                 " clear_history remove_history_item replace_history_item set_auto_history get_completer"
                 " get_history_item").split():
        setattr(readline, name, lambda *_: None)
    for name, value in {"get_history_length": -1, "get_current_history_length": 0, "get_begidx": 0, "get_endidx": 0,
                        "get_completion_type": 0, "get_line_buffer": "", "get_completer_delims": " \t\n"}.items():
        setattr(readline, name, lambda value=value: value)
    readline.backend = "readline"


def _ctypes():
    """Types can be named, for scripts that need them on another system only; nothing can be loaded or called."""

    class _Type:
        def __init__(self, value=0):
            self.value = value

        def __init_subclass__(cls, **_):
            pass

        def __class_getitem__(cls, _):
            return cls

    class _MetaLength(type):
        def __mul__(cls, length):
            return cls

    class _Simple(_Type, metaclass=_MetaLength):
        pass

    names = ("c_bool c_char c_wchar c_byte c_ubyte c_short c_ushort c_int c_uint c_long c_ulong c_longlong c_ulonglong"
             " c_size_t c_ssize_t c_float c_double c_char_p c_wchar_p c_void_p c_int8 c_int16 c_int32 c_int64 c_uint8"
             " c_uint16 c_uint32 c_uint64 py_object").split()
    types_ = {name: type(name, (_Simple,), {}) for name in names}
    calls = ["CDLL", "PyDLL", "cast", "memmove", "memset", "string_at", "addressof", "sizeof", "byref", "pointer",
             "POINTER", "create_string_buffer", "create_unicode_buffer", "CFUNCTYPE"]
    structure = type("Structure", (_Simple,), {})
    union = type("Union", (_Simple,), {})

    class _Loader:
        def __getattr__(self, name):
            raise OSError(errno.ENOTSUP, f"ctypes.{name}: the sandbox loads no native libraries")

        LoadLibrary = Absent("ctypes.cdll.LoadLibrary", "the sandbox loads no native libraries", OSError)

    ctypes = _module("ctypes", calls, package=True, Structure=structure, Union=union, cdll=_Loader(),
                     pydll=_Loader(), pythonapi=_Loader(), ArgumentError=type("ArgumentError", (Exception,), {}),
                     RTLD_GLOBAL=0, RTLD_LOCAL=0, get_errno=lambda: 0, set_errno=lambda value: 0, **types_)
    ctypes.util = _module("ctypes.util", [], find_library=lambda name: None)
    ctypes.wintypes = _module("ctypes.wintypes", [], DWORD=types_["c_ulong"], HANDLE=types_["c_void_p"],
                              BOOL=types_["c_int"], LPCWSTR=types_["c_wchar_p"])
