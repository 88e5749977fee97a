// Finds the native half that was built for this machine: `npm run build` puts it beside this file.
'use strict';

const { arch, platform } = process;

const file = `./openskills.${platform}-${arch}-gnu.node`;

function load() {
  try {
    return require(file);
  } catch (cause) {
    if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
      throw new Error(`@openskills/runtime runs on Linux on x64 and arm64, and this is ${platform} on ${arch}`, { cause });
    }
    if (cause.code === 'MODULE_NOT_FOUND') {
      throw new Error(`@openskills/runtime has no native half for ${platform}-${arch}: build it with \`npm run build\``, {
        cause,
      });
    }
    throw new Error(`the native half of @openskills/runtime cannot be loaded: ${cause.message}`, { cause });
  }
}

module.exports = load();
