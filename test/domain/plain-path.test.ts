// Paths that say what they are.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlainPath } from '../../src/domain/plain-path.ts'

const climbing = [
  '.',
  '..',
  '%2e',
  '%2E%2e',
  '.%2e',
  '%2e.',
  'a%2fb',
  '%2F',
  'a%5cb',
  'a\\b',
  '%00',
  '%0d%0a',
  '%7f',
  '%zz',
  '%',
  '%C0%AF',
  '%E0%A4%A',
]

describe('a path', () => {
  it.each(climbing)('F11: A-03 is none with the part %s, wherever it is', (part) => {
    for (const path of [`/${part}`, `/${part}/login`, `/webhooks/${part}/login`, `/a/b/${part}`])
      expect(isPlainPath(path), path).toBe(false)
  })

  it('F11: begins with one slash', () => {
    for (const path of ['', '*', 'login', '//login', 'http://127.0.0.1/login'])
      expect(isPlainPath(path), path).toBe(false)
    for (const path of ['/', '/login', '/a//b', '/lists/B%C3%BCcher%202026', '/a%252e', '/...', '/.git/config'])
      expect(isPlainPath(path), path).toBe(true)
  })

  it('F11: is read by a parser of URLs as it is written', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom(...climbing)).map((text) => text.replace(/[?#]/g, ''))
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const path = `/${parts.join('/')}`
        if (!isPlainPath(path)) return
        expect(new URL(path, 'http://127.0.0.1').pathname.split('/')).toHaveLength(path.split('/').length)
      }),
    )
  })
})
