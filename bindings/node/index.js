// The package, for CommonJS and ES modules: one copy of everything, so that `instanceof` holds across both.
'use strict';

// Of this form, and of what it names, the imports of ES modules know the names without running it.
module.exports = {
  ...require('./lib/runtime.js'),
  ...require('./lib/tool-reply.js'),
  ...require('./lib/audit-file.js'),
  ...require('./lib/audit-log.js'),
  ...require('./lib/policy.js'),
  ...require('./lib/manifest.js'),
  ...require('./lib/place.js'),
  ...require('./lib/errors.js'),
};
