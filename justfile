# The menu. Each line is a command of `cargo xtask`, which needs nothing but cargo.

# What there is
default:
    @just --list --unsorted

# Build what is needed and run real skills on real data
demo:
    cargo xtask demo

# What CI runs, or some steps of it: `just test fmt clippy`
test *STEPS:
    cargo xtask test {{ STEPS }}

# The lints and the checks that need no build
lint:
    cargo xtask test fmt typos deny clippy

# Format all code
fmt:
    cargo xtask fmt

# Build the skills to skills/*/wasm/skill.wasm
skills:
    cargo xtask skills

# Build the guests of the tests to target/guests
guests:
    cargo xtask guests

# Run the benchmark, optimised
bench *ARGS:
    cargo xtask bench {{ ARGS }}

# Fuzz a target: front_matter, rules or instructions; for a minute, or `just fuzz rules 600`
fuzz TARGET *ARGS:
    cargo xtask fuzz {{ TARGET }} {{ ARGS }}

# Make many calls, good and bad
soak *CALLS:
    cargo xtask soak {{ CALLS }}

# Run the commands that README.md shows
readme:
    cargo xtask readme

# Install the tools of `test` into the user's cache folder
tools:
    cargo xtask tools

# Find or make the toolchain for guests
toolchain:
    cargo xtask toolchain
