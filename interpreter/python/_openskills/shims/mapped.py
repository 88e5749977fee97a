"""Mapped files: read when they are mapped, and written to as the map is."""

import os
import sys
import types

ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY = 0, 1, 2, 3
PAGESIZE = 4096
_PRIVATE, _PROT_WRITE = 2, 2


class mmap(bytearray):
    """A file as bytes. What is written to it goes into the file at once."""

    def __new__(cls, *arguments, **options):
        return super().__new__(cls)

    def __init__(self, fileno, length, flags=1, prot=3, access=ACCESS_DEFAULT, *, offset=0, trackfd=True):
        if length < 0:
            raise OverflowError("memory mapped length must be positive")
        if offset < 0:
            raise OverflowError("memory mapped offset must be positive")
        if access == ACCESS_DEFAULT:
            access = ACCESS_COPY if flags & _PRIVATE else ACCESS_WRITE if prot & _PROT_WRITE else ACCESS_READ
        self._access, self._offset, self._at, self.closed = access, offset, 0, False
        self._file = None if fileno == -1 else fileno
        if self._file is None:
            super().__init__(length)
            return
        room = os.fstat(fileno).st_size - offset
        if length == 0:
            if room <= 0:
                raise ValueError("cannot mmap an empty file" if room == 0 and not offset
                                 else "mmap offset is greater than file size")
            length = room
        elif length > room:
            raise ValueError("mmap length is greater than file size")
        parts, place = [], offset
        while place < offset + length and (part := os.pread(fileno, min(1 << 20, offset + length - place), place)):
            parts.append(part)
            place += len(part)
        super().__init__(b"".join(parts))

    def _changes(self, start, data):
        """Writes to the file what has been written to the map."""
        if self._access == ACCESS_WRITE and self._file is not None:
            view, place = memoryview(data), self._offset + start
            while view:
                written = os.pwrite(self._file, view, place)
                view, place = view[written:], place + written

    def _open(self, writes=False):
        if self.closed:
            raise ValueError("mmap closed or invalid")
        if writes and self._access == ACCESS_READ:
            raise TypeError("mmap can't modify a readonly memory map.")

    def __getitem__(self, place):
        self._open()
        found = super().__getitem__(place)
        return bytes(found) if isinstance(place, slice) else found

    def __setitem__(self, place, value):
        self._open(writes=True)
        if not isinstance(place, slice):
            super().__setitem__(place, value)
            place %= len(self)
            return self._changes(place, bytes((value,)))
        start, stop, step = place.indices(len(self))
        if len(range(start, stop, step)) != len(value):
            raise IndexError("mmap slice assignment is wrong size")
        super().__setitem__(place, value)
        for number, each in enumerate(range(start, stop, step)) if step != 1 else ():
            self._changes(each, bytes(value[number:number + 1]))
        if step == 1:
            self._changes(start, bytes(value))

    def __delitem__(self, place):
        raise TypeError("mmap object doesn't support item deletion")

    def __iter__(self):
        return (bytes((byte,)) for byte in super(mmap, self).__iter__())

    def __contains__(self, item):
        # Of bytes it is made, one by one.
        return isinstance(item, bytes) and len(item) == 1 and super().find(item) >= 0

    def __enter__(self):
        self._open()
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        return f"<mmap.mmap closed={self.closed}, access={self._access}, length={len(self)}, pos={self._at}>"

    __hash__ = object.__hash__
    __eq__, __ne__ = object.__eq__, object.__ne__

    def close(self):
        if not self.closed:
            self.closed = True
            super().clear()

    def size(self):
        self._open()
        return len(self) if self._file is None else os.fstat(self._file).st_size

    def tell(self):
        self._open()
        return self._at

    def seek(self, pos, whence=os.SEEK_SET):
        self._open()
        place = pos + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self)}[whence]
        if not 0 <= place <= len(self):
            raise ValueError("seek out of range")
        self._at = place
        return place

    def seekable(self):
        return True

    def read(self, n=None):
        end = len(self) if n is None or n < 0 else min(len(self), self._at + n)
        found, self._at = self[self._at:end], end
        return found

    def read_byte(self):
        if self._at >= len(self):
            raise ValueError("read byte out of range")
        self._at += 1
        return self[self._at - 1]

    def readline(self):
        end = super().find(b"\n", self._at) + 1
        return self.read((end or len(self)) - self._at)

    def write(self, data):
        self._open(writes=True)
        data = bytes(data)
        if self._at + len(data) > len(self):
            raise ValueError("data out of range")
        self[self._at:self._at + len(data)] = data
        self._at += len(data)
        return len(data)

    def write_byte(self, byte):
        self.write(bytes((byte,)))

    def find(self, sub, start=None, end=None):
        self._open()
        return super().find(sub, self._at if start is None else start, len(self) if end is None else end)

    def rfind(self, sub, start=None, end=None):
        self._open()
        return super().rfind(sub, self._at if start is None else start, len(self) if end is None else end)

    def move(self, dest, src, count):
        if min(dest, src, count) < 0 or max(dest, src) + count > len(self):
            raise ValueError("source, destination, or count out of range")
        self[dest:dest + count] = self[src:src + count]

    def resize(self, newsize):
        self._open(writes=True)
        if self._access == ACCESS_COPY:
            raise TypeError("mmap can't resize a readonly or copy-on-write memory map.")
        if self._file is not None:
            os.ftruncate(self._file, self._offset + newsize)
        if newsize < len(self):
            super().__delitem__(slice(newsize, None))
        else:
            super().extend(bytes(newsize - len(self)))

    def flush(self, offset=0, size=None):
        self._open()

    def madvise(self, option, start=0, length=None):
        self._open()


def install():
    """Makes the module `mmap`."""
    module = types.ModuleType("mmap", __doc__)
    module.__dict__.update(
        mmap=mmap, error=OSError, ACCESS_DEFAULT=ACCESS_DEFAULT, ACCESS_READ=ACCESS_READ, ACCESS_WRITE=ACCESS_WRITE,
        ACCESS_COPY=ACCESS_COPY, PAGESIZE=PAGESIZE, ALLOCATIONGRANULARITY=PAGESIZE, MAP_SHARED=1, MAP_PRIVATE=_PRIVATE,
        MAP_ANON=32, MAP_ANONYMOUS=32, PROT_READ=1, PROT_WRITE=_PROT_WRITE, PROT_EXEC=4, MADV_NORMAL=0, MADV_RANDOM=1,
        MADV_SEQUENTIAL=2, MADV_WILLNEED=3, MADV_DONTNEED=4,
    )
    mmap.__module__ = "mmap"
    sys.modules["mmap"] = module
