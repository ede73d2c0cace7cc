// Pages of long lists: a cursor that names the last item seen and the list it belongs to.
import { createHash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { AppError } from '../domain/errors.ts'
import { wholeIn } from '../domain/number-text.ts'

export const PAGE_SIZE_MAX = 1000

export const pageQuery = {
  limit: z
    .preprocess(
      (text) => (typeof text === 'string' ? (wholeIn(text) ?? text) : text),
      z.int().min(1).max(PAGE_SIZE_MAX),
    )
    .default(100)
    .openapi({ type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX, description: 'items of a page' }),
  cursor: z.string().max(2000).optional().openapi({ description: 'nextCursor of the page before' }),
}

/** A page of items. */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/**
 * Where a page begins: after the item of the cursor. Throws AppError cursor.invalid for one of another list or filter, and for
 * one that was changed.
 */
export function readCursor(cursor: string | undefined, list: string): string | undefined {
  if (cursor === undefined) return undefined
  const [mark, after] = decode(cursor)
  if (after === undefined || mark !== markOf(list, after))
    throw new AppError('cursor.invalid', 'the cursor does not belong to this list and filter', {
      hint: 'Begin again without a cursor.',
    })
  return after
}

/** Ties a cursor to its list. No secret: who computes one gets a page that they may see. */
function markOf(list: string, after: string): string {
  return createHash('sha256')
    .update(JSON.stringify([list, after]))
    .digest('base64url')
    .slice(0, 12)
}

function decode(cursor: string): unknown[] & [string?, string?] {
  try {
    const bytes = Buffer.from(cursor, 'base64url')
    // The decoder overlooks what is no base64url, and what does not fill a byte.
    if (bytes.toString('base64url') !== cursor) return []
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    const isPair = Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
    return isPair ? (value as [string, string]) : []
  } catch {
    return []
  }
}

/** `items` holds one more than the page when another page follows. */
export function page<T>(items: T[], limit: number, list: string, keyOf: (item: T) => string) {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = items.length > limit && last !== undefined ? writeCursor(list, keyOf(last)) : null
  return { items: shown, nextCursor }
}

/** Where the next page begins: behind the item with this key. */
export function writeCursor(list: string, after: string): string {
  return Buffer.from(JSON.stringify([markOf(list, after), after])).toString('base64url')
}
