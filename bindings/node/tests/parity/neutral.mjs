// What the package gives, in the form in which the cases expect it: names in snake_case.

/** What a skill or its author wrote is not renamed. */
const THEIRS = ['arguments', 'errorSchema', 'hooks', 'inputSchema', 'metadata', 'output', 'outputSchema', 'schema', 'value'];

/** The members of errors that the cases know. */
const OF_ERRORS = ['nearest', 'path', 'faults', 'refusals', 'limitMs', 'compiling', 'field', 'function', 'which'];

const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export function neutral(value) {
  if (Buffer.isBuffer(value)) return bytes(value);
  if (Array.isArray(value)) return value.map(neutral);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    members.map(([name, member]) => [
      snake(name),
      THEIRS.includes(name) ? digits(member) : neutral(member),
    ]),
  );
}

/** Bigints as decimal texts. */
function digits(value) {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(digits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, digits(member)]));
}

function bytes(buffer) {
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? { text } : { base64: buffer.toString('base64') };
}

export function neutralError(error) {
  const { kind, message, hint, stdout = null, stderr = null } = error;
  const more = OF_ERRORS.filter((name) => name in error).map((name) => [snake(name), neutral(error[name])]);
  return { kind, message, hint, stdout, stderr, ...Object.fromEntries(more) };
}

/** With what only the operator sees, which no copy of a reply has, and what the model gets. */
export function neutralReply(reply) {
  const { hint, audit } = reply;
  return { ...neutral({ ...reply, hint, ...(audit && { audit }) }), answer: reply.toValue() };
}
