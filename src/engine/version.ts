// What tells one state of an object from another: two people, or two programs, who change the same thing see that the
// other one was first. A version is compared in the transaction that changes the object.
import { hash } from 'node:crypto'
import { AppError } from '../domain/errors.ts'

/** The states of an object that a caller knows; `*` for any. Undefined: the caller does not say. */
export type Seen = readonly string[] | undefined

/** 22 characters that change whenever one of the facts does. Facts are plain data in a fixed order. */
export function versionOf(facts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(facts), 'base64url').slice(0, 22)
}

/** Throws AppError version.changed unless the object is in a state that the caller knows. `what` begins a sentence. */
export function requireSeen(seen: Seen, version: string, what: string): void {
  if (seen === undefined || seen.includes(version) || seen.includes('*')) return
  throw new AppError('version.changed', `${what} changed meanwhile: nothing is done`, {
    hint: 'Read it again, then repeat your change.',
  })
}
