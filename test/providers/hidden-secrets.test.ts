// Secrets are hidden in every form in which a provider may repeat them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hiderOf, secretsOfHeaders } from '../../src/providers/hidden-secrets.ts'

const secret = 'EAAG/test+secret=="x"?1'

describe('F4: a secret', () => {
  it.each<[string, string]>([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ secret })],
    ['in JSON with its slashes marked', JSON.stringify(secret).replaceAll('/', '\\/')],
    ['in an address', new URLSearchParams({ token: secret }).toString()],
    ['in a path', encodeURIComponent(secret).toLowerCase().replace('eaag', 'EAAG')],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 behind a name', Buffer.from(`application:${secret}`).toString('base64')],
    ['in base64 behind another name', Buffer.from(`app:${secret}:x`).toString('base64')],
    ['in base64 for addresses', Buffer.from(`ap:${secret}`).toString('base64url')],
  ])('F4: is hidden %s', (_, text) => {
    const said = hiderOf([secret])(`they said ${text}.`)
    expect(said).toContain('[hidden]')
    expect(said).toMatch(/^they said .*\.$/)
    expect(said).not.toContain('test')
    expect(said).not.toContain(Buffer.from('test+secr').toString('base64').slice(2, -2))
  })

  it('F4: is hidden wherever it stands, and what holds none stays as it is', () => {
    const anyText = fc.string({ unit: fc.constantFrom(...'abc ') })
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const hide = hiderOf(['0123456789'])
        expect(hide(`${before}0123456789${after}`)).toBe(`${before}[hidden]${after}`)
        expect(hide(before)).toBe(before)
      }),
    )
    expect(hiderOf([secret, 'short'])('a short text')).toBe('a short text')
  })

  it('F4: that is a part of another is hidden with it', () => {
    expect(hiderOf(['abcdefgh', 'abcdefgh-ijkl'])('abcdefgh-ijkl abcdefgh')).toBe('[hidden] [hidden]')
  })

  it('F4: is found in the headers that prove who asks', () => {
    expect(
      secretsOfHeaders({ Authorization: 'Bearer tok', 'x-api-key': 'k', 'content-type': 'application/json' }),
    ).toEqual(['tok', 'k'])
  })
})
