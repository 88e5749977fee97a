// What the package's own files ask its classes, and nobody else.
'use strict';

/** What an object says to the native half. */
const SETTINGS = Symbol('settings');

/** Makes an object of what people write in its place. */
const OF = Symbol('of');

module.exports = { OF, SETTINGS };
