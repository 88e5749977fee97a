"""A component with typed functions and no memory.

(component
    (core module $m
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "spin") (loop (br 0))))
    (core instance $i (instantiate $m))
    (func $add (param "a" u8) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func $spin (canon lift (core func $i "spin")))
    (instance $sums (export "add" (func $add)))
    (export "spin" (func $spin))
    (export "example:math/sums@1.2.0" (instance $sums)))
"""

from base64 import b64decode

SUMS = b64decode(
    "AGFzbQ0AAQABRwBhc20BAAAAAQoCYAJ/fwF/YAAAAwMCAAEHDgIDYWRkAAAEc3BpbgABChECBwAgACABagsHAANADAALCwAJBG5hbWUAAgFtAgQB"
    "AAAABwsBQAIBYX0BYnkAeQYJAQAAAQADYWRkCAYBAAAAAAAHBQFAAAEABgoBAAABAARzcGluCAYBAAABAAEFCgEBAQADYWRkAQALJgIABHNwaW4B"
    "AQAAF2V4YW1wbGU6bWF0aC9zdW1zQDEuMi4wBQAAADgOY29tcG9uZW50LW5hbWUBBgARAQABbQEGABIBAAFpAQ0BAgADYWRkAQRzcGluAQgFAQAE"
    "c3Vtcw=="
)
