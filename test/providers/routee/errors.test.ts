// Every code that Routee documents, as what it means for us.
import { expect, it } from 'vitest'
import type { HttpAnswer } from '../../../src/providers/http-result.ts'
import { documentedCodes, resultOfRefusal } from '../../../src/providers/routee/errors.ts'

function answerOf(status: number, body: unknown): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'answer', status, header: () => undefined, text }
}

const classes: [string, string][] = [
  ['400005000', 'refused'],
  ['404005000', 'refused'],
  ['400000000', 'refused'],
  ['401000000', 'account'],
  ['403000000', 'account'],
  ['404000000', 'refused'],
  ['409000000', 'refused'],
  ['429000000', 'throttled'],
  ['500000000', 'unknown'],
]

it('has a class for every documented code', () => {
  expect(classes.map(([code]) => code).sort()).toEqual([...documentedCodes].sort())
})

it.each(classes)('takes %s for %s, with advice, and keeps code and text', (code, kind) => {
  const answer = answerOf(Number(code.slice(0, 3)), { code, developerMessage: 'Told by Routee' })
  expect(resultOfRefusal(answer, 0)).toMatchObject({
    kind,
    error: { code, text: 'Told by Routee', advice: expect.stringMatching(/\w{4}/), httpStatus: answer.status },
  })
})

it('names the module of a code in the advice', () => {
  const answer = answerOf(403, { code: '403018001', developerMessage: 'No price' })
  expect(resultOfRefusal(answer, 0)).toMatchObject({ error: { advice: expect.stringContaining('module: price') } })
})

it('is in doubt about a code that no page knows, and about every code under a status of failure', () => {
  expect(resultOfRefusal(answerOf(418, { code: '199000001' }), 0)).toMatchObject({ kind: 'unknown' })
  expect(resultOfRefusal(answerOf(503, { code: '400000000' }), 0)).toMatchObject({ kind: 'unknown' })
})

it('believes a refusal in the body of a success', () => {
  const answer = answerOf(200, { code: '400000000', developerMessage: 'No' })
  expect(resultOfRefusal(answer, 0)).toMatchObject({ kind: 'refused', scope: 'template' })
})

it.each([413, 415, 422])('V10: takes a code of Routee under %i as a refusal, as it is one', (status) => {
  const answer = answerOf(status, { code: `${status}000001`, developerMessage: 'No' })
  expect(resultOfRefusal(answer, 0)).toMatchObject({
    kind: 'refused',
    scope: 'template',
    error: { code: `${status}000001` },
  })
})

it.each([408, 425])('V10: is in doubt about a code of Routee under %i', (status) => {
  expect(resultOfRefusal(answerOf(status, { code: `${status}000001` }), 0)).toMatchObject({ kind: 'unknown' })
})
