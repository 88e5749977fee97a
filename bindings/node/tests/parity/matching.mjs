// Whether what was found holds what is expected: see tests/cases/parity/README.md.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

/** The one member whose name begins with `$`. */
function directive(value) {
  if (kind(value) !== 'object') return undefined;
  const [name, more] = Object.keys(value);
  return name?.startsWith('$') && more === undefined ? name : undefined;
}

function kind(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function length(value) {
  if (typeof value === 'string') return [...value].length;
  return kind(value) === 'object' ? Object.keys(value).length : value?.length;
}

/** Throws with the place where they differ. */
export function check(place, expected, found) {
  const holds = (it) => {
    if (!it) assert.fail(`${place}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  };
  const name = directive(expected);
  if (name !== undefined) {
    const argument = expected[name];
    switch (name) {
      case '$contains':
        return holds(typeof found === 'string' && found.includes(argument));
      case '$lacks':
        return holds(typeof found === 'string' && !found.includes(argument));
      case '$length':
        return holds(length(found) === argument);
      case '$kind':
        return holds(kind(found) === argument);
      case '$exactly':
        return holds(isDeepStrictEqual(found, argument));
      case '$all':
        return argument.forEach((each) => check(place, each, found));
      case '$has':
        holds(Array.isArray(found));
        return argument.forEach((each) => holds(found.some((element) => matches(each, element))));
      case '$absent':
        return holds(found === undefined);
      default:
        return assert.fail(`${place}: there is no ${name}`);
    }
  }
  if (kind(expected) === 'object') {
    holds(kind(found) === 'object');
    for (const [member, value] of Object.entries(expected)) {
      if (directive(value) === '$absent' || Object.hasOwn(found, member)) check(`${place}.${member}`, value, found[member]);
      else assert.fail(`${place}: there is no ${member} in ${JSON.stringify(found)}`);
    }
    return undefined;
  }
  if (Array.isArray(expected)) {
    holds(Array.isArray(found) && found.length === expected.length);
    return expected.forEach((value, index) => check(`${place}[${index}]`, value, found[index]));
  }
  return holds(Object.is(expected, found) || expected === found);
}

function matches(expected, found) {
  try {
    check('', expected, found);
    return true;
  } catch {
    return false;
  }
}
