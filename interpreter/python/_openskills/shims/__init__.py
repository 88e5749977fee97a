"""What the sandbox does in another way than an operating system, and what it says about what it cannot do."""

from . import (absent, clock, dates, devices, errors, event_loop, hashes, locks, mapped, modes, pools, processes,
               signals, system, threads, web, zones)


def install():
    """Before the standard library is imported: modules that it looks for."""
    errors.install()
    modes.install()
    devices.install()
    system.install()
    locks.install()
    mapped.install()
    absent.install()
    web.install_tls()


def install_after_imports():
    """When the standard library is there."""
    from wit_world.imports import process

    system.install_after_imports()
    system.exit_at_once(process.exit)
    signals.install(process.exit)
    dates.install()
    clock.install()
    web.install()
    threads.install()
    event_loop.install()
    processes.install()
    pools.install()
    hashes.install()
    zones.install()
