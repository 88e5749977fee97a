"""Sockets and TLS, as far as a client of web servers needs them.

A script's `http.client`, `urllib` or `requests` writes an HTTP/1.1 request into what it takes for a socket. When the
request is whole, the host is asked to fetch it, through the gate that every skill's requests go through, and the
socket has the answer to read. What is not HTTP is told so.
"""

import enum
import errno
import io
import socket
import sys
import types

_MAX_HEAD = 256 << 10

# Of these the host has its own, or they are about a connection that is not ours.
_NOT_OURS = {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te", "trailer",
             "proxy-connection", "proxy-authorization", "proxy-authenticate", "expect"}
_CHANGED = {"connection", "content-length", "transfer-encoding", "keep-alive"}


class Socket:
    """A client's TCP socket, and the only kind that there is."""

    def __init__(self, family=socket.AF_INET, type=socket.SOCK_STREAM, proto=0, fileno=None):
        if family not in (-1, socket.AF_INET, socket.AF_INET6):
            raise OSError(errno.EAFNOSUPPORT, "the sandbox has sockets for web servers only")
        if fileno is not None or type not in (-1, socket.SOCK_STREAM):
            raise OSError(errno.EPROTONOSUPPORT, "the sandbox has sockets for web servers only")
        self.family = socket.AF_INET if family == -1 else family
        self.type, self.proto = socket.SOCK_STREAM, proto
        self._peer = None
        self._tls = False
        self._timeout = socket.getdefaulttimeout()
        self._sent = bytearray()
        self._answer = b""
        self._fault = None
        self._is_asked = False
        self._read = 0
        self._closed = False
        self._files = 0

    # What a client does.

    def connect(self, address):
        self._peer = (address[0], int(address[1]))

    def connect_ex(self, address):
        """Whether something listens there is not to be had; who wants to know it goes on as if nothing did."""
        return errno.EACCES

    def send(self, data, flags=0):
        self.sendall(data)
        return memoryview(data).nbytes

    def sendall(self, data, flags=0):
        if self._peer is None:
            raise OSError(errno.ENOTCONN, "the socket is not connected")
        self._sent += data
        request = _parse(self._sent)
        if request is not None:
            self._sent.clear()
            self._is_asked = True
            try:
                self._answer, self._read = self._fetch(*request), 0
            except OSError as error:
                # Some clients forgive a request that could not be written, and look for an answer all the same.
                self._fault = error
                # What takes too long is the answer, which natively shows when it is read.
                if not isinstance(error, TimeoutError):
                    raise

    def recv(self, size, flags=0):
        if self._fault is not None:
            raise self._fault
        if not self._is_asked:
            raise PermissionError(errno.EACCES, "the sandbox speaks HTTP to web servers and nothing else")
        data = self._answer[self._read:self._read + size]
        self._read += len(data)
        return data

    def recv_into(self, buffer, nbytes=0, flags=0):
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view))
        view[:len(data)] = data
        return len(data)

    def read(self, size=1 << 20, buffer=None):
        return self.recv(size) if buffer is None else self.recv_into(buffer)

    def write(self, data):
        return self.send(data)

    def makefile(self, mode="r", buffering=None, *, encoding=None, errors=None, newline=None):
        self._files += 1
        raw = _SocketFile(self)
        if "w" in mode:
            stream = io.BufferedWriter(raw)
        else:
            stream = io.BufferedReader(raw, buffering if buffering and buffering > 0 else io.DEFAULT_BUFFER_SIZE)
        return stream if "b" in mode else io.TextIOWrapper(stream, encoding, errors, newline)

    # What it is told, and what it asks.

    def settimeout(self, seconds):
        self._timeout = None if seconds is None else float(seconds)

    def gettimeout(self):
        return self._timeout

    def setblocking(self, flag):
        self._timeout = None if flag else 0.0

    timeout = property(gettimeout)

    def setsockopt(self, *_):
        pass

    def getsockopt(self, *_):
        return 0

    def getpeername(self):
        if self._peer is None:
            raise OSError(errno.ENOTCONN, "the socket is not connected")
        return self._peer

    def getsockname(self):
        return ("0.0.0.0", 0)

    def fileno(self):
        return -1

    def shutdown(self, how):
        pass

    def close(self):
        self._closed = True

    def detach(self):
        self.close()
        return -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # TLS is the host's, which checks every certificate.

    def getpeercert(self, binary_form=False):
        return b"" if binary_form else {}

    def version(self):
        return "TLSv1.3" if self._tls else None

    def cipher(self):
        return None

    def selected_alpn_protocol(self):
        return None

    def do_handshake(self):
        pass

    def unwrap(self):
        return self

    def pending(self):
        return len(self._answer) - self._read

    # What it cannot do.

    def _no_server(self, *_):
        raise PermissionError(errno.EACCES, "the sandbox has no server sockets: nothing can listen here")

    bind = listen = accept = _no_server

    def _no_datagrams(self, *_):
        raise PermissionError(errno.EACCES, "the sandbox has no datagrams: only requests to web servers")

    sendto = recvfrom = recvfrom_into = sendmsg = recvmsg = _no_datagrams

    def _fetch(self, method, target, headers, body):
        from wit_world.imports import http

        host, port = self._peer
        scheme, usual = ("https", 443) if self._tls else ("http", 80)
        if target.startswith(("http://", "https://")):
            url = target
        else:
            shown = f"[{host}]" if ":" in host else host
            url = f"{scheme}://{shown}{'' if port == usual else f':{port}'}{target}"
        limit = None if not self._timeout else max(1, int(self._timeout * 1000))
        fields = [http.Header(name, value) for name, value in headers if name.lower() not in _NOT_OURS]
        request = http.Request(method, url, fields, body or None, limit)
        try:
            return _answer(method, http.fetch(request))
        except Exception as error:
            kind = getattr(error, "value", None)
            if kind is None:
                raise
        # Outside of the handler: the binding's own exception says nothing to a script.
        raise _error(http, kind, host)


class Refused(PermissionError):
    """A request that is not permitted; its text is the host's, with what would permit it."""

    def __str__(self):
        return self.strerror


class _SocketFile(io.RawIOBase):
    def __init__(self, socket_):
        self._socket = socket_

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, buffer):
        return self._socket.recv_into(buffer)

    def write(self, data):
        return self._socket.send(data)


def _parse(sent):
    """The request in what was sent so far, once it is whole."""
    end = sent.find(b"\r\n\r\n")
    if end < 0:
        words = bytes(sent[:64]).split(b"\r\n", 1)[0]
        if len(sent) > _MAX_HEAD or (b"\r\n" in sent[:64] and b" HTTP/" not in words):
            raise PermissionError(errno.EACCES, "the sandbox speaks HTTP to web servers and nothing else")
        return None
    lines = bytes(sent[:end]).split(b"\r\n")
    try:
        method, target, version = lines[0].decode("latin-1").split(" ", 2)
    except ValueError:
        version = ""
    if not version.startswith("HTTP/"):
        raise PermissionError(errno.EACCES, "the sandbox speaks HTTP to web servers and nothing else")
    if method == "CONNECT":
        raise PermissionError(errno.EACCES, "the sandbox goes through no proxy: unset HTTPS_PROXY for it")
    headers = []
    for line in lines[1:]:
        name, _, value = line.partition(b":")
        headers.append((name.decode("latin-1").strip(), value.strip()))
    fields = {name.lower(): value for name, value in headers}
    rest = sent[end + 4:]
    if b"chunked" in fields.get("transfer-encoding", b"").lower():
        body = _chunks(rest)
    else:
        size = int(fields.get("content-length") or 0)
        body = bytes(rest[:size]) if len(rest) >= size else None
    return None if body is None else (method, target, headers, body)


def _chunks(data):
    body, place = bytearray(), 0
    while True:
        end = data.find(b"\r\n", place)
        if end < 0:
            return None
        size = int(bytes(data[place:end]).partition(b";")[0] or b"0", 16)
        place = end + 2
        if len(data) < place + size + 2:
            return None
        body += data[place:place + size]
        place += size + 2
        if size == 0:
            return bytes(body)


def _answer(method, response):
    from http import HTTPStatus

    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    head = [f"HTTP/1.1 {response.status} {phrase}".encode()]
    length = len(response.body)
    for header in response.headers:
        name = header.name.lower()
        if name == "content-length" and method == "HEAD":
            length = header.value.decode("latin-1")
        if name not in _CHANGED:
            head.append(b"-".join(part.capitalize() for part in header.name.encode().split(b"-")) + b": " + header.value)
    head.append(f"Content-Length: {length}".encode())
    head.append(b"Connection: close")
    return b"\r\n".join(head) + b"\r\n\r\n" + response.body


def _error(http, kind, host):
    text = getattr(kind, "value", "")
    if isinstance(kind, http.Error_Denied):
        return Refused(errno.EACCES, text)
    if isinstance(kind, http.Error_NameNotResolved):
        return socket.gaierror(socket.EAI_NONAME, f"Name or service not known: {host}")
    if isinstance(kind, http.Error_Timeout):
        return TimeoutError("timed out")
    if isinstance(kind, http.Error_Tls):
        import ssl

        return ssl.SSLCertVerificationError(1, text)
    if isinstance(kind, http.Error_TooLarge):
        return OSError(errno.EFBIG, f"the request or its answer has more than {text} bytes")
    if isinstance(kind, http.Error_InvalidRequest):
        return OSError(errno.EINVAL, text)
    return ConnectionError(errno.ECONNREFUSED, text)


def create_connection(address, timeout=socket._GLOBAL_DEFAULT_TIMEOUT, source_address=None, *, all_errors=False):
    """A socket for a web server."""
    made = Socket()
    if timeout is not socket._GLOBAL_DEFAULT_TIMEOUT:
        made.settimeout(timeout)
    made.connect(address)
    return made


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    """The name itself: it is the host that looks it up, after it has decided about it."""
    if type not in (0, socket.SOCK_STREAM):
        raise socket.gaierror(socket.EAI_NONAME, "the sandbox looks up names for web servers only")
    services = {"http": 80, "https": 443, None: 0}
    number = services.get(port, port)
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, int(number)))]


def _no_lookup(*_):
    raise socket.gaierror(socket.EAI_NONAME, "the sandbox looks up no names for scripts: send a request instead")


def install():
    """Makes these the sockets of every module."""
    socket.socket = socket.SocketType = Socket
    socket.create_connection = create_connection
    socket.getaddrinfo = getaddrinfo
    for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo"):
        setattr(socket, name, _no_lookup)
    socket.gethostname = lambda: "sandbox"
    socket.getfqdn = lambda name="": name or "sandbox"

    def create_server(*_, **__):
        raise PermissionError(errno.EACCES, "the sandbox has no server sockets: nothing can listen here")

    socket.create_server = create_server
    for name, value in (("IPPROTO_TCP", 6), ("TCP_NODELAY", 1), ("SOL_SOCKET", 1), ("SO_KEEPALIVE", 9),
                        ("SO_REUSEADDR", 2), ("AF_UNIX", 1), ("SOCK_DGRAM", 2), ("SO_BROADCAST", 6)):
        if not hasattr(socket, name):
            setattr(socket, name, value)


def _seconds_of(cert_time):
    import calendar
    import time

    return calendar.timegm(time.strptime(cert_time, "%b %d %H:%M:%S %Y GMT"))


def install_tls():
    """The module `ssl`: contexts are what a client hands on, and the host does the rest."""
    ssl = types.ModuleType("ssl", "TLS for clients of web servers, done by the host, which checks every certificate.")

    class SSLError(OSError):
        """An error of TLS."""

        reason = library = ""

    class SSLCertVerificationError(SSLError, ValueError):
        """The server's certificate is not valid."""

        verify_code, verify_message = 1, ""

    kinds = {name: type(name, (SSLError,), {}) for name in
             ("SSLZeroReturnError", "SSLWantReadError", "SSLWantWriteError", "SSLSyscallError", "SSLEOFError")}
    versions = enum.IntEnum("TLSVersion", {"MINIMUM_SUPPORTED": -2, "SSLv3": 768, "TLSv1": 769, "TLSv1_1": 770,
                                           "TLSv1_2": 771, "TLSv1_3": 772, "MAXIMUM_SUPPORTED": -1})
    modes = enum.IntEnum("VerifyMode", {"CERT_NONE": 0, "CERT_OPTIONAL": 1, "CERT_REQUIRED": 2})
    purposes = enum.Enum("Purpose", {"SERVER_AUTH": "1.3.6.1.5.5.7.3.1", "CLIENT_AUTH": "1.3.6.1.5.5.7.3.2"})

    class SSLContext:
        """What a client wants of TLS. The host's own rules hold whatever is set here."""

        def __init__(self, protocol=16):
            self.protocol, self.options, self.verify_flags = protocol, 0, 0
            self.check_hostname, self.verify_mode = True, modes.CERT_REQUIRED
            self.minimum_version, self.maximum_version = versions.TLSv1_2, versions.MAXIMUM_SUPPORTED
            self.post_handshake_auth, self.keylog_filename = False, None
            self.sni_callback = None

        def wrap_socket(self, sock, server_side=False, do_handshake_on_connect=True, suppress_ragged_eofs=True,
                        server_hostname=None, session=None):
            if server_side:
                raise PermissionError(errno.EACCES, "the sandbox has no server sockets: nothing can listen here")
            sock._tls = True
            sock.context, sock.server_hostname = self, server_hostname
            return sock

        def load_cert_chain(self, certfile, keyfile=None, password=None):
            raise SSLError("the sandbox presents no client certificates")

        def _accept(self, *_, **__):
            pass

        load_verify_locations = load_default_certs = set_default_verify_paths = _accept
        set_ciphers = set_alpn_protocols = set_ecdh_curve = set_npn_protocols = _accept

        def get_ca_certs(self, binary_form=False):
            return []

        def cert_store_stats(self):
            return {"x509": 0, "crl": 0, "x509_ca": 0}

        def get_ciphers(self):
            return []

    def create_default_context(purpose=purposes.SERVER_AUTH, *, cafile=None, capath=None, cadata=None):
        return SSLContext()

    def unverified(*_, **__):
        context = SSLContext()
        context.check_hostname, context.verify_mode = False, modes.CERT_NONE
        return context

    def get_server_certificate(*_, **__):
        raise OSError(errno.ENOTSUP, "the sandbox does not show certificates")

    class SSLSocket(Socket):
        """A socket with TLS."""

    ssl.__dict__.update(
        kinds, SSLError=SSLError, SSLCertVerificationError=SSLCertVerificationError,
        CertificateError=SSLCertVerificationError, SSLContext=SSLContext, SSLSocket=SSLSocket,
        SSLObject=type("SSLObject", (), {}), MemoryBIO=type("MemoryBIO", (), {}), TLSVersion=versions,
        VerifyMode=modes, Purpose=purposes, create_default_context=create_default_context,
        _create_unverified_context=unverified, _create_stdlib_context=create_default_context,
        _create_default_https_context=create_default_context, get_server_certificate=get_server_certificate,
        PROTOCOL_TLS=2, PROTOCOL_SSLv23=2, PROTOCOL_TLS_CLIENT=16, PROTOCOL_TLS_SERVER=17, PROTOCOL_TLSv1=3,
        PROTOCOL_TLSv1_1=4, PROTOCOL_TLSv1_2=5, OP_ALL=0, OP_NO_SSLv2=0, OP_NO_SSLv3=0, OP_NO_TLSv1=0, OP_NO_TLSv1_1=0,
        OP_NO_TLSv1_2=0, OP_NO_TLSv1_3=0, OP_NO_COMPRESSION=0, OP_NO_TICKET=0, OP_NO_RENEGOTIATION=0,
        OP_IGNORE_UNEXPECTED_EOF=0, OP_LEGACY_SERVER_CONNECT=0, OP_CIPHER_SERVER_PREFERENCE=0, VERIFY_DEFAULT=0,
        VERIFY_X509_STRICT=0, VERIFY_X509_PARTIAL_CHAIN=0, VERIFY_X509_TRUSTED_FIRST=0, HAS_SNI=True, HAS_ALPN=True,
        HAS_NPN=False, HAS_ECDH=True, HAS_TLSv1=False, HAS_TLSv1_1=False, HAS_TLSv1_2=True, HAS_TLSv1_3=True,
        HAS_SSLv2=False, HAS_SSLv3=False, HAS_NEVER_CHECK_COMMON_NAME=True, OPENSSL_VERSION="OpenSSL 3.0.0 (the host's)",
        OPENSSL_VERSION_INFO=(3, 0, 0, 0, 0), OPENSSL_VERSION_NUMBER=0x30000000, SSL_ERROR_EOF=8, SSL_ERROR_SSL=1,
        SSL_ERROR_WANT_READ=2, SSL_ERROR_WANT_WRITE=3, SSL_ERROR_SYSCALL=5, SSL_ERROR_ZERO_RETURN=6,
        CHANNEL_BINDING_TYPES=["tls-unique"], AlertDescription=enum.IntEnum("AlertDescription", {"CLOSE_NOTIFY": 0}),
        Options=int, VerifyFlags=int,
        get_default_verify_paths=lambda: types.SimpleNamespace(cafile=None, capath=None, openssl_cafile="",
                                                               openssl_capath=""),
        cert_time_to_seconds=_seconds_of, RAND_bytes=lambda size: __import__("os").urandom(size),
        match_hostname=lambda certificate, name: None,
    )
    for mode in modes:
        setattr(ssl, mode.name, mode)
    sys.modules["ssl"] = ssl
