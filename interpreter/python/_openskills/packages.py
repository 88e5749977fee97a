"""Packages: where those are found that were added, what those are called that are not there, and whether they could
be."""

import importlib.machinery
import os
import sys

from . import stdlib

# The distribution that a module comes from, where the names differ.
DISTRIBUTIONS = {
    "yaml": "PyYAML", "PIL": "Pillow", "bs4": "beautifulsoup4", "dotenv": "python-dotenv", "cv2": "opencv-python",
    "sklearn": "scikit-learn", "docx": "python-docx", "pptx": "python-pptx", "dateutil": "python-dateutil",
    "fitz": "PyMuPDF", "Crypto": "pycryptodome", "jwt": "PyJWT", "OpenSSL": "pyOpenSSL", "serial": "pyserial",
    "git": "GitPython", "github": "PyGithub", "magic": "python-magic", "slugify": "python-slugify",
    "google": "google-api-python-client", "googleapiclient": "google-api-python-client", "markdown": "Markdown",
    "jinja2": "Jinja2", "pdf2image": "pdf2image", "attr": "attrs", "skimage": "scikit-image", "Bio": "biopython",
    "usb": "pyusb", "websocket": "websocket-client", "zmq": "pyzmq", "pkg_resources": "setuptools",
    "MySQLdb": "mysqlclient", "psycopg2": "psycopg2-binary", "telegram": "python-telegram-bot",
}

# Packages that are, or cannot do without, native code.
NATIVE = frozenset("""
numpy pandas scipy sklearn torch tensorflow jax cv2 PIL lxml fitz matplotlib cryptography Crypto psycopg2 MySQLdb
pydantic pydantic_core orjson ujson regex onnxruntime pyarrow polars duckdb skimage numba h5py netCDF4 shapely
geopandas rasterio greenlet gevent uvloop aiohttp playwright selenium pyaudio sounddevice zmq grpc grpcio transformers
tokenizers sentence_transformers faiss spacy xgboost lightgbm statsmodels seaborn networkit igraph rdkit anndata scanpy
pyodbc psutil cffi nacl bcrypt tiktoken openai anthropic fastapi rpds jsonschema curl_cffi pikepdf pypdfium2 pymupdf
whisper moviepy pytesseract reportlab weasyprint cairosvg cairo gi wx PyQt5 PyQt6 PySide6 pygame pyautogui pynput
llvmlite cupy umap hdbscan pysam zstandard lz4 snappy brotli Levenshtein rapidfuzz
""".split())


_SKILL = "/skill"


def explain(name, script):
    """Says after a traceback what a missing module means here. `script` is the file that was run, if it was one."""
    top = (name or "").partition(".")[0]
    if top in ("_bz2", "_lzma"):
        print(f"openskills: `{top[1:]}` is native code, which the sandbox does not load; `zlib`, `gzip` and `zipfile`"
              " are there", file=sys.stderr)
        return
    if not top or top.startswith("_") or top in sys.stdlib_module_names:
        return
    print("openskills: " + (of_the_skill(top, script) or advice(top)), file=sys.stderr)


def of_the_skill(top, script):
    """What to do about a module that is in the skill, but not where a script's modules are looked for."""
    folder = os.path.dirname(script or "")
    while folder.startswith(_SKILL + "/"):
        folder = os.path.dirname(folder)
        # A folder with a package's name may be one of examples: below the skill's own it takes more to be a module.
        if is_module(folder, top) if folder == _SKILL else has_code(folder, top):
            stem = os.path.splitext(script)[0]
            if folder == _SKILL and all(part.isidentifier() for part in stem.removeprefix(_SKILL + "/").split("/")):
                module = stem.removeprefix(_SKILL + "/").replace("/", ".")
                return (f"`{top}` is in the skill's own folder, which the script is not in: run it as"
                        f" `python3 -m {module}` from there (`openskills run SKILL --module {module}`)")
            return f"`{top}` is in `{folder}`, where modules are not looked for: the script is not in that folder"
    return None


def has_code(folder, top):
    """Whether a folder has a module of that name, or a folder that says it is one."""
    return os.path.isfile(f"{folder}/{top}.py") or os.path.isfile(f"{folder}/{top}/__init__.py")


def is_module(folder, top):
    """Whether a folder has a module, or a folder of modules, of that name."""
    return os.path.isfile(f"{folder}/{top}.py") or os.path.isdir(f"{folder}/{top}")


def advice(top):
    """What to do about a package that is missing."""
    distribution = DISTRIBUTIONS.get(top, top)
    if top in NATIVE:
        return (f"`{top}` (package {distribution}) has or needs native code, which the sandbox does not run;"
                " use the standard library instead, or run this script outside")
    return (f"`{top}` (package {distribution}) is not part of the sandbox's Python; if it is pure Python, it can be"
            f" added: `openskills packages add SKILL {distribution}`")


class _Packages(importlib.machinery.FileFinder):
    """Finds modules of packages, and never one that the standard library has: it comes first, as in `python3`."""

    def find_spec(self, fullname, target=None):
        if "." not in fullname and stdlib.has(fullname):
            return None
        return super().find_spec(fullname, target)


def found_in(folder):
    """Has modules looked for in a folder of packages. Gives what stands for it in `sys.path`."""
    loaders = (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES)

    def hook(path):
        if path != folder:
            raise ImportError
        return _Packages(path, loaders)

    sys.path_hooks.insert(0, hook)
    return folder
