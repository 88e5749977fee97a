// Inputs on their way to a skill, and outputs on their way back: JSON, and whole numbers of 64 bits.
'use strict';

const { types } = require('node:util');

/** How far arrays and objects may be within each other: what the runtime reads. */
const MAX_DEPTH = 127;

const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

/**
 * A value as JSON text, by the rules of `JSON.stringify` but for what it would lose without a word: see `fault`.
 * `undefined` if there is no value.
 */
function textOf(value, what) {
  return text(value, what, false);
}

/**
 * The same, for a function with types: a number that is too large for a whole one to be exact has a fraction in the
 * text, by which the library knows that it is none.
 */
function argumentsOf(value, what) {
  return text(value, what, true);
}

function text(value, what, areTyped) {
  if (value === undefined) return undefined;
  const found = { bigint: false, unsafe: false };
  const wrong = fault(value, 0, found);
  if (wrong !== undefined) throw new TypeError(`${what}${wrong.place.reverse().join('')} ${wrong.is}`);
  const isPlain = !found.bigint && !(areTyped && found.unsafe);
  const json = isPlain ? JSON.stringify(value) : written(value, areTyped);
  if (json === undefined) throw new TypeError(`${what} has no JSON: its toJSON gives nothing`);
  return json;
}

/**
 * What JSON has not and `JSON.stringify` makes something else of: numbers that are not finite, functions, symbols,
 * maps, sets, bytes, promises, errors, regular expressions; and what has itself within. With its place, from the
 * inside out.
 */
function fault(value, depth, found) {
  switch (typeof value) {
    case 'boolean':
    case 'undefined':
      return undefined;
    case 'string':
      return value.isWellFormed() ? undefined : wrong('has half of a surrogate pair in it');
    case 'number':
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) found.unsafe = true;
      return Number.isFinite(value) ? undefined : wrong(`is ${value}, and JSON has no such number`);
    case 'bigint':
      if (value < LEAST || value > MOST) return wrong('is a bigint of more than 64 bits');
      found.bigint = true;
      return undefined;
    case 'object':
      return value === null ? undefined : faultWithin(value, depth, found);
    default:
      return wrong(`is a ${typeof value}, and JSON has none`);
  }
}

function faultWithin(value, depth, found) {
  if (depth === MAX_DEPTH) return wrong(`is more than ${MAX_DEPTH} deep, or has itself within`);
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const inner = fault(value[at], depth + 1, found);
      if (inner !== undefined) return within(inner, `[${at}]`);
    }
    return undefined;
  }
  const odd = oddity(value);
  if (odd !== undefined) return wrong(`is ${odd}`);
  if (typeof value.toJSON === 'function') return fault(value.toJSON(''), depth + 1, found);
  for (const name of Object.keys(value)) {
    const inner = fault(value[name], depth + 1, found);
    if (inner !== undefined) {
      return within(inner, /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`);
    }
  }
  return undefined;
}

function wrong(is) {
  return { is, place: [] };
}

function within(inner, step) {
  // A circle has the same steps over and over.
  if (inner.place.length < 8) inner.place.push(step);
  else inner.place[7] = step;
  return inner;
}

/** What an object is that JSON makes `{}` of, and what to give instead. */
function oddity(value) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return undefined;
  if (types.isMap(value)) return 'a Map: give an object (`Object.fromEntries(map)`)';
  if (types.isSet(value)) return 'a Set: give an array (`[...set]`)';
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
    return 'bytes: give a text, in base64 for instance, or an array of numbers';
  }
  if (types.isPromise(value)) return 'a promise: await it';
  if (types.isRegExp(value)) return 'a regular expression: give its source';
  if (types.isWeakMap(value) || types.isWeakSet(value)) return 'a weak collection, which cannot be listed';
  if (types.isNativeError(value) && typeof value.toJSON !== 'function') return 'an error: give its message';
  return undefined;
}

/** JSON text with bigints as whole numbers, and if `areTyped`, without other whole numbers that are as large. */
function written(value, areTyped) {
  if (typeof value === 'bigint') return value.toString();
  if (areTyped && typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => written(item, areTyped) ?? 'null').join()}]`;
  if (typeof value.toJSON === 'function') return written(value.toJSON(''), areTyped);
  if (types.isBigIntObject(value)) return value.valueOf().toString();
  if (types.isBoxedPrimitive(value)) return JSON.stringify(value);
  const fields = [];
  for (const name of Object.keys(value)) {
    const json = written(value[name], areTyped);
    if (json !== undefined) fields.push(`${JSON.stringify(name)}:${json}`);
  }
  return `{${fields.join()}}`;
}

/** A result, with the whole numbers of a member of it that are too large for a number as bigints. */
function resultOf(text, member = 'output') {
  const result = JSON.parse(text);
  if (result.bigints === undefined) return result;
  for (const place of result.bigints) {
    // Not by assignment: a key may be `__proto__`.
    const steps = [member, ...place];
    const last = steps.pop();
    const holder = steps.reduce(own, result);
    const value = BigInt(own(holder, last));
    Object.defineProperty(holder, last, { value, enumerable: true, configurable: true, writable: true });
  }
  delete result.bigints;
  return result;
}

function own(holder, key) {
  return Object.getOwnPropertyDescriptor(holder, key).value;
}

module.exports = { argumentsOf, resultOf, textOf };
