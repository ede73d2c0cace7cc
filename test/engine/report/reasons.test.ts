// Codes of failures in words: what the system, a line or HTTP says, what WhatsApp says, and what only a provider knows.
import { expect, it } from 'vitest'
import { explainFailure } from '../../../src/engine/report/reasons.ts'

it.each([
  ['econnrefused', /could not be reached/],
  ['und_err_connect_timeout', /could not be reached/],
  ['und_err_socket', /line broke/],
  ['econnreset', /line broke/],
  ['cert_has_expired', /not trusted/],
  ['deadline', /in time/],
  ['http_401', /credentials/],
  ['http_404', /refused the request/],
  ['http_429', /slow down/],
  ['http_503', /whether it took/],
  ['131026', /has no WhatsApp/],
])('says what "%s" means', (code, words) => {
  expect(explainFailure(code)).toMatch(words)
})

it.each(['999999', 'toString', 'http_', 'E_ODD', ''])('leaves "%s" to the provider', (code) => {
  expect(explainFailure(code)).toBeUndefined()
})
