// Where things are on this machine.
'use strict';

const native = require('../native.js');

const { path } = require('./path.js');

function userPolicyPath() {
  return native.userPolicyPath() ?? null;
}

function projectPolicyPaths(folder) {
  return native.projectPolicyPaths(path(folder, 'the folder'));
}

function standardPlaces(directory, pathVariable, home) {
  const place = path(directory, 'the folder');
  return native.standardPlaces(place, pathVariable, home === undefined ? undefined : path(home, 'home'));
}

function isBroad(folder, home) {
  return native.isBroad(path(folder, 'the folder'), home === undefined ? undefined : path(home, 'home'));
}

module.exports = { isBroad, projectPolicyPaths, standardPlaces, userPolicyPath };
