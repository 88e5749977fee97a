#!/bin/sh
# Stands in for cargo while maturin packs a wheel for the tests. maturin builds its one package, for which cargo selects
# other features of the engine's dependencies than for the workspace, and would build the engine once more. This builds
# what the workspace builds; maturin finds the library in what cargo tells, and packs that.
if [ "$1" != rustc ]; then
    exec "$OPENSKILLS_CARGO" "$@"
fi
# They would have PyO3 built once more, too.
unset PYO3_PYTHON PYO3_BUILD_EXTENSION_MODULE PYO3_ENVIRONMENT_SIGNATURE PYO3_CONFIG_FILE
exec "$OPENSKILLS_CARGO" build --workspace --lib --profile "$OPENSKILLS_PROFILE" --locked --message-format json-render-diagnostics
