// Paths, as texts or as file URLs.
'use strict';

const { fileURLToPath } = require('node:url');

function path(value, what) {
  const text = value instanceof URL ? fileURLToPath(value) : value;
  if (typeof text !== 'string') throw new TypeError(`${what} is no path: give a text or a file URL`);
  return text;
}

module.exports = { path };
