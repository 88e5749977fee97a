"""Key derivation, which CPython leaves to a library that is not here. Slow: it is Python."""

import hashlib
import hmac


def pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None):
    """Password based key derivation function 2 (RFC 8018), with HMAC."""
    if not isinstance(hash_name, str):
        raise TypeError(f"expected 'str' for name, but got {type(hash_name)}")
    password, salt = bytes(memoryview(password)), bytes(memoryview(salt))
    if iterations < 1:
        raise ValueError("iteration value must be greater than 0.")
    keyed = hmac.new(password, digestmod=hash_name)
    size = keyed.digest_size
    dklen = size if dklen is None else dklen
    if dklen < 1:
        raise ValueError("key length must be greater than 0.")

    def once(message):
        mac = keyed.copy()
        mac.update(message)
        return mac.digest()

    key, block = b"", 0
    while len(key) < dklen:
        block += 1
        last = once(salt + block.to_bytes(4, "big"))
        total = int.from_bytes(last, "big")
        for _ in range(iterations - 1):
            last = once(last)
            total ^= int.from_bytes(last, "big")
        key += total.to_bytes(size, "big")
    return key[:dklen]


def scrypt(*_, **__):
    """Not here: it needs OpenSSL."""
    raise NotImplementedError("hashlib.scrypt needs OpenSSL, which the sandbox does not have; pbkdf2_hmac is there")


def install():
    """Adds them to `hashlib`."""
    if not hasattr(hashlib, "pbkdf2_hmac"):
        hashlib.pbkdf2_hmac = pbkdf2_hmac
    if not hasattr(hashlib, "scrypt"):
        hashlib.scrypt = scrypt
