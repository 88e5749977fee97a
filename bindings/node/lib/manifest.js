// What needs no runtime.
'use strict';

const native = require('../native.js');

const { calls, later } = require('./calls.js');
const { text } = require('./options.js');
const { path } = require('./path.js');

async function checkManifests(files) {
  const paths = Array.from(files, (file) => path(file, 'the path of a SKILL.md'));
  return later((id) => native.check(calls, id, paths));
}

async function findManifests(folder) {
  const place = path(folder, 'the folder');
  return later((id) => native.find(calls, id, place));
}

function estimateTokens(value) {
  return native.estimateTokens(text(value, 'the text'));
}

module.exports = { checkManifests, estimateTokens, findManifests };
