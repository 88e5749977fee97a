/** JSON as it is read: with `Json<bigint>`, whole numbers beyond ±(2^53 − 1) are bigints. */
export type Json<Integer = never> =
  | null
  | boolean
  | number
  | string
  | Integer
  | Json<Integer>[]
  | { [name: string]: Json<Integer> };

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { [keyword: string]: Json };

/**
 * What can be given as JSON, by the rules of `JSON.stringify`: no maps, sets, bytes, promises, symbols and functions,
 * at any depth. `unknown` passes; what JSON would lose is a `TypeError` then.
 */
export type Jsonable<T> = unknown extends T
  ? T
  : T extends
        | symbol
        | ((...args: never) => unknown)
        | ReadonlyMap<unknown, unknown>
        | ReadonlySet<unknown>
        | WeakMap<WeakKey, unknown>
        | WeakSet<WeakKey>
        | PromiseLike<unknown>
        | ArrayBufferLike
        | ArrayBufferView
        | RegExp
    ? never
    : T extends { toJSON(name?: string): unknown }
      ? T
      : T extends object
        ? { [K in keyof T]: T[K] extends (...args: never) => unknown ? T[K] : Jsonable<T[K]> }
        : T;
