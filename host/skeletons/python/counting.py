"""Counts words and lines."""


def count(text: str) -> dict[str, int]:
    """The number of words, that is, runs of anything but white space, and of lines."""
    return {"words": len(text.split()), "lines": len(text.splitlines())}
