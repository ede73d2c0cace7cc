// JSON is read in one way only: what the check lets through means the same to whoever reads it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { checkJson, JSON_PARTS_MAX } from '../../src/http/json-text.ts'
import { serveApi } from '../support/api-client.ts'

/** The code and the offset of the refusal; null when it is taken. */
function refusalOf(json: string | Buffer): { code: string; offset?: number } | null {
  try {
    checkJson(Buffer.from(json))
    return null
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { code: error.code, ...(error.details as { offset?: number }) }
  }
}

describe('S15: a body of JSON', () => {
  it('S15: is taken when no object has a key twice, however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1), (value, indent) => {
        const escaped = JSON.stringify(value, null, indent).replace(
          /[\u007f-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
        expect(refusalOf(JSON.stringify(value, null, indent))).toBeNull()
        expect(refusalOf(escaped)).toBeNull()
      }),
    )
  })

  it.each([
    ['{"a":1,"a":2}', 7],
    ['{"a":1,"b":{},"a":{}}', 14],
    ['[{"x":{"name":"A","name":"B"}}]', 18],
    ['{"name":1,"n\\u0061me":2}', 10],
    ['{"a" : 1 , "a"\n: 2}', 11],
    ['{"":1,"":2}', 6],
    ['{"__proto__":1,"__proto__":2}', 15],
  ])('S15: with a key twice is refused with its place: %s', (json, offset) => {
    expect(refusalOf(json)).toEqual({ code: 'json.duplicate_key', offset })
  })

  it.each([
    '{"a":{"b":1},"b":{"a":1}}',
    '[{"a":1},{"a":1}]',
    '{"a":"a","b":"a"}',
    '["a","a"]',
    '{"a":"\\"a\\":1,\\"a\\":2"}',
    '{"a\\\\":1,"a":2}',
  ])('S15: that has no key twice is taken: %s', (json) => {
    expect(refusalOf(json)).toBeNull()
  })

  it.each<[string, Buffer, number]>([
    ['ISO-8859-1', Buffer.from('{"name":"André"}', 'latin1'), 13],
    ['an overlong slash', Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]), 6],
    ['half a surrogate pair', Buffer.concat([Buffer.from('"€'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"')]), 4],
    ['an end within a character', Buffer.from('"€').subarray(0, 3), 1],
    ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le'), 0],
  ])('S15: that is not UTF-8 is refused with its place: %s', (_, json, offset) => {
    expect(refusalOf(json)).toEqual({ code: 'json.encoding', offset })
  })

  it.each([
    ['"\\ud83d"', 1],
    ['"ab\\ude00"', 3],
    ['"\\ud83d \\ude00"', 1],
    ['"\\ud83d\\ud83d\\ude00"', 1],
    ['"\\\\\\ud83d"', 3],
    ['{"\\udc00":1}', 2],
  ])('S15: with half a character is refused with its place: %s', (json, offset) => {
    expect(refusalOf(json)).toEqual({ code: 'json.encoding', offset })
  })

  it.each([
    ['"a\\u0000"', 2],
    ['{"b\\u001f":1}', 3],
    ['"\\b"', 1],
    ['"é\\f"', 3],
    ['"\\u007F"', 1],
  ])('S15: with a control character is refused with its place: %s', (json, offset) => {
    expect(refusalOf(json)).toEqual({ code: 'request.invalid', offset })
  })

  it.each(['"\\n\\r\\t"', '"\\u000a\\u0009"', '"\\\\u0000"', '"\\\\b"'])(
    'S15: with breaks and tabs is taken: %s',
    (json) => {
      expect(refusalOf(json)).toBeNull()
    },
  )

  it.each(['"\\ud83d\\ude00"', '"\\\\ud83d"', '"\\u00e9"', '"😀"'])(
    'S15: with whole characters is taken: %s',
    (json) => {
      expect(refusalOf(json)).toBeNull()
    },
  )

  it('F1: has a bound of keys and values, however they are nested', () => {
    const refused = { code: 'request.invalid' }
    expect(refusalOf(`[${'0,'.repeat(JSON_PARTS_MAX)}0]`)).toEqual(refused)
    expect(refusalOf(`[${'{},'.repeat(JSON_PARTS_MAX)}0]`)).toEqual(refused)
    const keys = Array.from({ length: JSON_PARTS_MAX }, (_, n) => [`k${n}`, 0])
    expect(refusalOf(JSON.stringify(Object.fromEntries(keys)))).toEqual(refused)
    expect(refusalOf(`[${'"a",'.repeat(JSON_PARTS_MAX / 4)}0]`)).toBeNull()
  })

  it('leaves what is no JSON to the parser', () => {
    for (const text of ['', '{', '"a', '}', ']]', '{"a"', '{"a\\', '{"\\x":1}', ':', '{"a":1,,"b"}'])
      expect(refusalOf(text)).toBeNull()
  })
})

it('S15: the API answers 400 with the code, and changes nothing', async () => {
  const { base, keys } = await serveApi()
  const post = async (body: string | Buffer) => {
    const headers = { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/json' }
    const answer = await fetch(`${base}/api/v1/suppressions`, {
      method: 'POST',
      headers,
      body: new Uint8Array(Buffer.from(body)),
    })
    const problem = (await answer.json()) as { code?: string; detail?: string }
    return [answer.status, problem.code, ...(problem.code === 'request.invalid' ? [problem.detail] : [])]
  }
  expect(await post('')).toEqual([400, 'request.invalid', 'the body is empty or no JSON'])
  expect(await post('{"phone"')).toEqual([400, 'request.invalid', 'the body is empty or no JSON'])
  expect(await post('{"phone":"+12025550143","phone":"+12025550144"}')).toEqual([400, 'json.duplicate_key'])
  expect(await post(Buffer.from('{"phone":"+12025550143","note":"é"}', 'latin1'))).toEqual([400, 'json.encoding'])
  expect(await post('{"phone":"+12025550143","note":"\\ud83d"}')).toEqual([400, 'json.encoding'])
  const list = await fetch(`${base}/api/v1/suppressions`, { headers: { authorization: `Bearer ${keys.admin}` } })
  expect(await list.json()).toMatchObject({ items: [] })
})

describe('F1: what is wrong in a request', () => {
  it.each(['/campaigns', '/previews/content'])('F1: is told a hundred times at most by POST %s', async (path) => {
    const { api } = await serveApi()
    const unknown = Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`key_${n}_${'x'.repeat(n % 100)}`, n]))
    const content = { type: 'text', text: 'Hello', ...unknown }
    const { status, body, text } = await api(path, {
      method: 'POST',
      body:
        path === '/campaigns' ? { name: 'Spring', ...unknown, content } : { audience: { lists: ['people'] }, content },
    })
    expect([status, body.errors?.length]).toEqual([422, 100])
    expect(text.length).toBeLessThan(100_000)
  })
})
