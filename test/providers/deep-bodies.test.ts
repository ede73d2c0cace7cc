// How deep a body of a provider may be nested: brackets by the megabyte take long to read, and mean nothing.
import { expect, it } from 'vitest'
import { parseJson } from '../../src/providers/http-result.ts'

const nested = (depth: number, inner = '1') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`

it('F1: a body that is nested deeper than any provider nests is not read', () => {
  expect(parseJson(nested(200))).toBeDefined()
  expect(parseJson(nested(201))).toBeUndefined()
  expect(parseJson(`{"a":${nested(300)}}`)).toBeUndefined()
  expect(parseJson('['.repeat(3_000_000))).toBeUndefined()
})

it('F1: brackets in texts, and many beside each other, are no depth', () => {
  const text = `${'['.repeat(300)}"\\${'{'.repeat(300)}`
  expect(parseJson(JSON.stringify({ text, list: Array(1_000).fill([]) }))).toEqual({
    text,
    list: Array(1_000).fill([]),
  })
})
