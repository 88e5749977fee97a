"""What makes the interpreter out of CPython. Nothing here is for scripts."""
