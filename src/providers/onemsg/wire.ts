// JSON as it goes to 1MSG: no key without a value.

export type Json = Record<string, unknown>

/** The keys that have a value. */
export function drop(object: object): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
