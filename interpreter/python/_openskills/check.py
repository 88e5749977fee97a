"""Reads scripts without running them, and says what of them works in the sandbox."""

import ast
import functools
import json
import os
import re
import sys

from . import packages, stdlib

_PROCESSES = {
    "subprocess": {"run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"},
    "os": {"system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp", "execv", "execve", "execl", "execlp",
           "execvp", "spawnv", "spawnl", "startfile"},
    "asyncio": {"create_subprocess_exec", "create_subprocess_shell"},
    "pty": {"spawn", "fork"},
}
_SERVERS = {
    "http.server": {"HTTPServer", "ThreadingHTTPServer"},
    "socketserver": {"TCPServer", "UDPServer", "ThreadingTCPServer"},
    "asyncio": {"start_server", "start_unix_server", "open_connection"},
    "socket": {"create_server"},
}
_MAIL = {"smtplib": {"SMTP", "SMTP_SSL"}, "ftplib": {"FTP", "FTP_TLS"}, "imaplib": {"IMAP4", "IMAP4_SSL"},
         "poplib": {"POP3", "POP3_SSL"}, "telnetlib": {"Telnet"}}
_NATIVE = {"ctypes": {"CDLL", "cdll", "PyDLL", "windll"}}
_LINKS = {"os": {"symlink", "link"}}
_DESCRIPTORS = {"os": {"dup", "dup2", "pipe", "mkfifo", "openpty"}}
_HASHES = {"hashlib": {"scrypt"}}
# Texts that name what a library was built without.
_BUILT_WITHOUT = (
    (re.compile(r"\bUSING\s+(fts[345]|rtree)\b", re.IGNORECASE), "SQLite's `{}` is not in the sandbox"),
    (re.compile(r"^(?:[rwx]?[:|](?:bz2|xz)|bztar|xztar)$"), "archives of the kind `{}` need `bz2` or `lzma`"),
)
_TERMINAL = {"curses": {"initscr", "wrapper"}, "termios": {"tcgetattr", "tcsetattr"}, "tty": {"setraw", "setcbreak"},
             "getpass": {"getpass"}}
_MISSING = {"bz2", "lzma", "tkinter", "turtle", "_tkinter", "curses.textpad", "winreg", "winsound", "msvcrt", "_winapi",
            "ensurepip", "idlelib", "turtledemo", "dbm.gnu", "dbm.ndbm", "distutils", "imp", "cgi", "telnetlib",
            "pipes", "crypt", "nntplib", "imghdr", "sndhdr", "audioop", "asyncore", "asynchat", "compression.zstd",
            "compression.bz2", "compression.lzma", "multiprocessing.shared_memory"}
_URL = re.compile(r"^(https?)://([A-Za-z0-9.-]+\.[A-Za-z]{2,}|localhost|127\.0\.0\.1)(:\d+)?(?=[/?#]|$)")
_FETCHES = {"urllib.request", "http.client", "requests", "urllib3", "httpx", "aiohttp"}
_HEADER = re.compile(r"(?m)^# /// script$\s(?P<body>(^#(| .*)$\s)+)^# ///$")


def report(paths):
    """JSON: what each script needs."""
    _read.cache_clear()
    return json.dumps([_report(path) for path in paths])


def _report(path):
    script = _read(path)
    return script if isinstance(script, dict) else script.report()


@functools.lru_cache(maxsize=2_000)
def _read(path):
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        return {"path": path, "verdict": "unreadable", "message": str(error)}
    try:
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {"path": path, "verdict": "invalid", "message": f"not Python 3.14: {error}"}
    return _Script(path, source.decode("utf-8", "replace"), tree)


class _Script:
    def __init__(self, path, text, tree):
        self.path, self.text, self.tree = path, text, tree
        self.folder = os.path.dirname(path)
        # Names of the script, and what of which module they stand for.
        self.names = {}
        self.required, self.optional = {}, {}
        self.findings = []
        self.hosts, self.any_host = {}, []
        self.variables = {}
        self.roots = [self.folder, os.path.dirname(self.folder)]
        # Files of the skill that it imports in any case.
        self.beside = set()
        self.is_run = "__main__" in text
        self._imports(self.tree, guarded=False)

    def report(self):
        for node in ast.walk(self.tree):
            match node:
                case ast.Call():
                    self._call(node)
                case ast.Subscript():
                    self._environment(node)
                case ast.Constant(value=str() as text):
                    found = _URL.match(text)
                    self._text(text, node.lineno)
                    if found:
                        self.hosts.setdefault(found[2] + (found[3] or ""), (node.lineno, found[1]))
        declared = self._declared()
        needed = [self._package(name, line) for name, line in sorted(self.required.items())]
        named = set(self.required)
        for other in self._all_beside():
            for name, line in sorted(other.required.items()):
                # What those import is looked for beside the script that is run, too.
                if name not in named and not self._is_beside(name):
                    named.add(name)
                    needed.append(self._package(name, line) | {"in": other.path})
        optional = [self._package(name, line) for name, line in sorted(self.optional.items())
                    if name not in named]
        fetches = any(module in _FETCHES for module in self._modules())
        hosts = [{"host": host, "line": line, "entry": self._entry(host, scheme)}
                 for host, (line, scheme) in sorted(self.hosts.items())] if fetches else []
        return {
            "path": self.path,
            "verdict": self._verdict(needed),
            "packages": needed,
            "optional_packages": optional,
            "declared": declared,
            "limits": self.findings,
            "hosts": hosts,
            "any_host": bool(fetches and not hosts),
            "variables": [{"name": name, "line": line, "entry": f"Env({name})"}
                          for name, line in sorted(self.variables.items())],
            "reads_files": self.reads, "writes_files": self.writes,
        }

    reads = writes = False

    def _verdict(self, needed):
        if any(package["kind"] == "native" for package in needed):
            return "needs native packages"
        if needed:
            return "needs packages"
        if any(finding["certain"] for finding in self.findings):
            return "cannot"
        if self.findings:
            return "partly"
        return "runs"

    def _modules(self):
        for module, _ in self.names.values():
            yield module

    @staticmethod
    def _entry(host, scheme):
        return f"WebFetch(domain:{'http://' if scheme == 'http' else ''}{host})"

    def _package(self, name, line):
        kind = "native" if name in packages.NATIVE else "unknown"
        return {"module": name, "package": packages.DISTRIBUTIONS.get(name, name), "kind": kind, "line": line}

    def _all_beside(self):
        """The files of the skill that it imports, and those that they import."""
        seen, left = {self.path}, [self]
        while left:
            for path in sorted(left.pop().beside - seen):
                seen.add(path)
                other = _read(path)
                if isinstance(other, _Script):
                    yield other
                    left.append(other)

    def _imports_beside(self, name, names, level=0):
        """Notes the files of the skill that an import reads."""
        roots = self.roots
        if level:
            root = self.folder
            for _ in range(level - 1):
                root = os.path.dirname(root)
            roots = [root]
        parts = name.split(".") if name else []
        for root in roots:
            found = [f"{root}/{'/'.join([*parts, other])}" for other in names]
            found += [f"{root}/{'/'.join(parts[:count])}" for count in range(len(parts), 0, -1)]
            if not parts:
                found.append(root)
            files = [file for stem in found for file in (f"{stem}.py", f"{stem}/__init__.py") if os.path.isfile(file)]
            if files:
                self.beside.update(files)
                return

    # Imports: what is not in the standard library and not beside the script.

    def _imports(self, node, guarded, function=False):
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import(names=names):
                    for alias in names:
                        top = alias.name if alias.asname else alias.name.partition(".")[0]
                        self.names[alias.asname or top] = (top, None)
                        if not alias.asname and "." in alias.name:
                            self.names.setdefault(alias.name, (alias.name, None))
                        self._module(alias.name, child.lineno, guarded or function)
                case ast.ImportFrom(module=str() as module, names=names, level=0):
                    for alias in names:
                        self.names[alias.asname or alias.name] = (module, alias.name)
                    self._module(module, child.lineno, guarded or function, [alias.name for alias in names])
                case ast.ImportFrom(module=module, names=names, level=level) if not (guarded or function):
                    self._imports_beside(module or "", [alias.name for alias in names], level)
                case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                    caught = any(_catches_import(handler) for handler in handlers)
                    for statement in body:
                        self._imports(ast.Module([statement], []), guarded or caught, function)
                    for part in (*handlers, *orelse, *finalbody):
                        self._imports(ast.Module([part], []), guarded or caught, function)
                case ast.If(test=test) if "TYPE_CHECKING" in ast.dump(test):
                    for statement in child.orelse:
                        self._imports(ast.Module([statement], []), guarded, function)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                    self._imports(child, guarded, True)
                case ast.If():
                    self._imports(child, guarded, function)
                case _:
                    self._imports(child, guarded, function)

    def _module(self, name, line, guarded, names=()):
        top = name.partition(".")[0]
        if name in _MISSING or top in _MISSING:
            self._find("missing module", f"`{name}` is not in the sandbox's Python", line, not guarded)
            return
        if self._is_beside(top):
            if not guarded:
                self._imports_beside(name, names)
            advice = None
            if self.is_run and not packages.is_module(self.folder, top) and "sys.path" not in self.text:
                advice = packages.of_the_skill(top, self.path)
            if advice:
                self._find("module", advice, line, False)
            return
        if top in sys.stdlib_module_names or stdlib.has(top):
            return
        (self.optional if guarded else self.required).setdefault(top, line)

    def _is_beside(self, top):
        return any(packages.is_module(root, top) for root in self.roots)

    # Calls: what the sandbox has not.

    def _target(self, node):
        """The module and the name in it that a call's function is."""
        if isinstance(node, ast.Name):
            module, name = self.names.get(node.id, (None, None))
            return (module, name) if name else (None, node.id)
        if isinstance(node, ast.Attribute):
            parts = [node.attr]
            inner = node.value
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                module, name = self.names.get(inner.id, (None, None))
                if module is None:
                    return None, node.attr
                rest = list(reversed(parts))
                prefix = [module] + ([name] if name else []) + rest[:-1]
                return ".".join(prefix), rest[-1]
            return None, node.attr
        return None, None

    def _call(self, node):
        module, name = self._target(node.func)
        if module is None:
            if name in ("symlink_to", "hardlink_to"):
                self._find("links", f"`{name}` makes a link, and skills make none", node.lineno, False)
            if name in ("open", "read_text", "read_bytes", "iterdir", "glob", "rglob"):
                self.reads = True
            if name == "open" and _opens_to_write(node) or name in ("write_text", "write_bytes", "mkdir", "unlink"):
                self.writes = True
            if name == "environ":
                return
            self._environment_call(node, module, name)
            return
        self._environment_call(node, module, name)
        for table, kind, message in (
            (_PROCESSES, "process", "starts another program"),
            (_SERVERS, "socket", "listens, or opens a socket"),
            (_MAIL, "socket", "speaks a protocol that is not HTTP"),
            (_NATIVE, "native", "loads native code"),
            (_TERMINAL, "terminal", "needs a terminal"),
            (_LINKS, "links", "makes a link, and skills make none"),
            (_DESCRIPTORS, "descriptors", "needs descriptors of an operating system"),
            (_HASHES, "native", "needs OpenSSL, which the sandbox does not have"),
        ):
            if name in table.get(module, ()):
                program = _program(node) if kind == "process" else None
                shown = f"{module}.{name}" + (f" ({program})" if program else "")
                self._find(kind, f"`{shown}` {message}", node.lineno, False)
        if module == "socket" and name == "socket":
            self._find("socket", "`socket.socket` reaches web servers only", node.lineno, False)
        if module in ("os", "shutil") and name in ("mkdir", "makedirs", "remove", "rename", "copy", "copytree", "move"):
            self.writes = True

    def _text(self, text, line):
        for pattern, message in _BUILT_WITHOUT:
            found = pattern.search(text)
            if found:
                named = found[1] if found.re.groups else found[0]
                self._find("library", message.format(named.lower()), line, False)

    def _find(self, kind, message, line, certain):
        if kind == "module" and any(finding["message"] == message for finding in self.findings):
            return
        if len(self.findings) < 50:
            self.findings.append({"kind": kind, "message": message, "line": line, "certain": certain})

    def _environment_call(self, node, module, name):
        is_get = (module == "os" and name == "getenv") or (module in ("os.environ", "environ") and name == "get")
        if is_get and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
            self.variables.setdefault(node.args[0].value, node.lineno)

    def _environment(self, node):
        if isinstance(node.value, ast.Attribute) and node.value.attr == "environ":
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                self.variables.setdefault(node.slice.value, node.lineno)

    def _declared(self):
        """The packages that the script's header (PEP 723) names."""
        import tomllib

        found = _HEADER.search(self.text)
        if not found:
            return []
        lines = [line[2:] if line.startswith("# ") else line[1:] for line in found["body"].splitlines()]
        try:
            declared = tomllib.loads("\n".join(lines)).get("dependencies", [])
        except tomllib.TOMLDecodeError:
            return []
        return [str(name) for name in declared] if isinstance(declared, list) else []


def _catches_import(handler):
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return bool(names & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}) and not _gives_up(handler)


def _gives_up(handler):
    """Whether the handler ends the script: then the import was needed after all."""
    for node in ast.walk(handler):
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.Call):
            shown = ast.unparse(node.func)
            if shown in ("sys.exit", "exit", "quit", "os._exit"):
                return True
    return False


def _opens_to_write(node):
    mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and bool(set(mode.value) & set("wax+"))


def _program(node):
    """The program that a call starts, if it is written there."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.List) and first.elts:
        first = first.elts[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.split():
        return first.value.split()[0]
    if isinstance(first, ast.Attribute) and first.attr == "executable":
        return "python3"
    return None
