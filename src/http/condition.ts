// Conditional requests (RFC 9110, section 13): what can be edited carries an ETag, and a change may say which state of it
// the caller saw. An operation that cannot look at a condition refuses it: none is passed over in silence.
import { z } from '@hono/zod-openapi'
import type { Context as HonoContext, MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import type { Seen } from '../engine/version.ts'

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']
const STRONG_TAG = /^"([\x21\x23-\x7e]*)"$/
const WEAK_TAG = /^W\/"[\x21\x23-\x7e]*"$/
const TAGS_LENGTH_MAX = 4096

/** Field of an answer that is its ETag as well. */
export const versionField = z.string().openapi({
  description: 'the ETag of this object: send it as If-Match, and nothing is changed when someone else was first',
  example: 'q5c2Zb1l0vQ8mTnYw3xKfA',
})

/** Sends the ETag of an object, and returns the object. */
export function tagged<T extends { version: string }>(c: HonoContext, object: T): T {
  tag(c, object.version)
  return object
}

export function tag(c: HonoContext, version: string): void {
  c.header('ETag', `"${version}"`)
}

/** What If-Match says that the caller saw. Throws AppError request.invalid. */
export function seenBy(c: HonoContext): Seen {
  const given = c.req.header('if-match')
  if (given === undefined) return undefined
  return tagsOf(given, 'If-Match')
}

/** Strong tags only: a weak one equals nothing here. */
function tagsOf(given: string, header: string): string[] {
  const tags = given.length > TAGS_LENGTH_MAX ? [''] : given.split(',').map((part) => part.trim())
  if (tags.length === 1 && tags[0] === '*') return ['*']
  const unfit = tags.find((part) => !STRONG_TAG.test(part) && !WEAK_TAG.test(part))
  if (unfit !== undefined)
    throw new AppError('request.invalid', `${header} is "${given.slice(0, 60)}", expected "*" or quoted entity tags`, {
      hint: 'Send the ETag as it came, with its quotation marks.',
    })
  return tags.flatMap((part) => STRONG_TAG.exec(part)?.[1] ?? [])
}

/** For an operation with `isConditional`, and for every other one. */
export function conditional(isConditional: boolean): MiddlewareHandler {
  return async (c, next) => {
    if (SAFE_METHODS.includes(c.req.method)) {
      await next()
      if (isConditional) notModified(c)
      return
    }
    const refused = ['if-none-match', ...(isConditional ? [] : ['if-match'])].find((name) => c.req.header(name))
    if (refused !== undefined)
      throw new AppError('version.unknown', `this operation cannot look at ${refused}: nothing is changed`, {
        hint: isConditional ? 'Send If-Match, or no condition.' : 'Leave the condition out.',
      })
    await next()
  }
}

function notModified(c: HonoContext): void {
  const given = c.req.header('if-none-match')
  const etag = c.res.headers.get('etag')
  if (given === undefined || etag === null || c.res.status !== 200) return
  // Weak comparison: the tag without its mark.
  const known = given.split(',').map((part) => part.trim().replace(/^W\//, ''))
  if (!known.includes(etag) && given.trim() !== '*') return
  const headers = new Headers(c.res.headers)
  headers.delete('content-type')
  headers.delete('content-length')
  c.res = undefined
  c.res = new Response(null, { status: 304, headers })
}
