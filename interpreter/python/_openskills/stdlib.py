"""The standard library, held in memory as compressed code, since the component has no files of its own.

Modules are read and compiled while the component is built. Those of `HOT` are imported then too; the others are
decompressed and run when a script imports them.
"""

import importlib.machinery
import linecache
import marshal
import os
import sys
import zlib

# What real scripts import, and what that leads to: each costs memory in the component's image and no time in a run.
HOT = """
__future__ abc argparse array ast asyncio base64 binascii bisect builtins calendar cmath codecs collections
collections.abc colorsys concurrent.futures configparser contextlib contextvars copy csv dataclasses datetime decimal
difflib dis email email.message email.mime.base email.mime.multipart email.mime.text email.parser email.policy
email.utils encodings.ascii encodings.idna encodings.latin_1 encodings.utf_8_sig enum errno fcntl fnmatch fractions
functools gc getopt getpass glob graphlib gzip hashlib heapq hmac html html.entities html.parser http http.client
http.cookiejar http.cookies http.server importlib.metadata importlib.resources importlib.util inspect io ipaddress
itertools json keyword linecache locale logging logging.handlers math mimetypes numbers operator optparse os pathlib
pickle platform plistlib pprint pwd queue random re runpy secrets select selectors shlex shutil signal smtplib socket
sqlite3 ssl stat statistics string struct subprocess sysconfig tarfile tempfile textwrap threading time timeit token
tokenize tomllib traceback types typing unicodedata unittest unittest.mock urllib.error urllib.parse urllib.request
urllib.response urllib.robotparser uuid warnings weakref webbrowser xml.dom xml.dom.minidom xml.etree.ElementTree
xml.sax.saxutils zipfile zlib zoneinfo
""".split()

# Of the library's own tree, what no script can use here.
LEFT_OUT = {"test", "idlelib", "turtledemo", "tkinter", "ensurepip", "site-packages", "__pycache__", "__phello__",
            "pydoc_data", "config-3.14-wasm32-wasi", "lib-dynload", "turtle", "antigravity", "this",
            "__hello__", "msilib", "nturl2path"}

# Names that a fresh `python3` has imported before it runs a script. A file of the script's folder cannot take their
# place there, so it cannot here.
EARLY = {"abc", "codecs", "encodings", "genericpath", "io", "os", "posixpath", "site", "stat", "zipimport", "builtins",
         "sys", "marshal", "posix", "time", "_collections_abc", "_sitebuiltins", "importlib", "types", "warnings"}

# What is changed in a module once it is imported, by its name.
after_import = {}

_code = {}
_packages = set()
_importers = None
_baseline = frozenset()
_newest = None
_can_be_shadowed = {}


class Loader:
    """Gives a module its code out of memory."""

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(_load(module.__name__), module.__dict__)
        if module.__name__ in after_import:
            after_import[module.__name__](module)

    def get_code(self, name):
        return _load(name)

    def get_source(self, name):
        return None

    def is_package(self, name):
        return name in _packages


_loader = Loader()


class Finder:
    """Finds the modules of the standard library, after those of the script's folder, as `python3` does."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _code:
            return None
        spec = importlib.machinery.ModuleSpec(name, _loader, origin="frozen", is_package=name in _packages)
        return spec

    @staticmethod
    def invalidate_caches():
        pass


def _load(name):
    try:
        return marshal.loads(zlib.decompress(_code[name]))
    except KeyError:
        raise ImportError(f"no module {name!r} in the standard library", name=name) from None


def install(root):
    """Reads the library below `root` and lets everything that is imported from now on come out of memory."""
    _read(root, "")
    sys.meta_path.insert(0, Finder)
    # A look at the sources of the library, for a traceback's lines, would be a look at files that are not there.
    update = linecache.updatecache

    def updatecache(filename, module_globals=None):
        if not isinstance(filename, str) or filename.startswith((root, "/bundled", "/world", "/0", "<")):
            return []
        return update(filename, module_globals)

    linecache.updatecache = updatecache


def _read(folder, prefix):
    for entry in sorted(os.listdir(folder)):
        stem, extension = os.path.splitext(entry)
        path = f"{folder}/{entry}"
        if entry in LEFT_OUT or (not prefix and stem in LEFT_OUT):
            continue
        if extension == ".py" and stem != "__init__":
            _compile(path, prefix + stem)
        elif not extension and os.path.isfile(f"{path}/__init__.py"):
            _compile(f"{path}/__init__.py", prefix + entry)
            _packages.add(prefix + entry)
            _read(path, f"{prefix}{entry}.")


def _compile(path, name):
    with open(path, "rb") as file:
        source = file.read()
    # Named as CPython names what it carries in itself: tracebacks show no lines of it, and look for no file.
    code = compile(source, f"<frozen {name}>", "exec", dont_inherit=True)
    _code[name] = zlib.compress(marshal.dumps(code), 9)


def import_hot_modules():
    """Imports what scripts use most."""
    for name in HOT:
        __import__(name)


def freeze():
    """The end of the build: forgets what belongs to it alone."""
    import gc

    global _baseline, _newest
    # As `python3` has it: files of the script's folder come before the standard library.
    sys.meta_path.remove(Finder)
    sys.meta_path.append(Finder)
    sys.path.clear()
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    linecache.clearcache()
    import re

    re.purge()
    for name, module in list(sys.modules.items()):
        # Packages that were imported before this one still look for their modules where the library lay.
        if getattr(module, "__path__", None) and name in _packages:
            module.__path__ = module.__spec__.submodule_search_locations = []
        top = name.partition(".")[0]
        if top not in EARLY and not top.startswith("_") and top not in sys.builtin_module_names and top in _code:
            _can_be_shadowed.setdefault(top, []).append(name)
    # Loaded later otherwise, outside of what is frozen here.
    from wit_world.imports import http, process

    del http, process
    _baseline, _newest = frozenset(sys.modules), next(reversed(sys.modules))
    gc.collect()
    gc.freeze()


def make_room_for(folder):
    """Forgets modules whose name a file of the script's folder has: natively the file would be found first."""
    try:
        entries = os.listdir(folder)
    except OSError:
        return
    for entry in entries:
        stem, extension = os.path.splitext(entry)
        if stem in _can_be_shadowed and extension in ("", ".py"):
            if not extension and not os.path.isfile(f"{folder}/{entry}/__init__.py"):
                continue
            for name in _can_be_shadowed[stem]:
                sys.modules.pop(name, None)


def since_baseline():
    """The names of the modules that were not there before the script ran, in the order of their import."""
    names = []
    # From the end: to look at a name is to count a reference, and that copies the page it lies on.
    for name in reversed(sys.modules):
        if name == _newest:
            break
        if name not in _baseline:
            names.append(name)
    return names[::-1]


def has(name):
    """Whether the standard library has a module of that name."""
    return name in _code or name in sys.builtin_module_names or name in _baseline
