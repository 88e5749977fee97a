"""The component's exports. Everything above the class happens once, while the component is built."""

import sys

# The standard library in memory goes first, so that what is imported from here on comes out of it.
from _openskills import stdlib

stdlib.install(sys.path[0])

from _openskills import shims

shims.install()

from _openskills import check as script_check
from _openskills import program
from wit_world import WitWorld as World

stdlib.import_hot_modules()
shims.install_after_imports()
program.prepare()


class WitWorld(World):
    def run(self, kind, name, path, packages, arguments, directory):
        return program.run(kind, name, path, packages, arguments, directory)

    def check(self, paths):
        return script_check.report(paths)


stdlib.freeze()
