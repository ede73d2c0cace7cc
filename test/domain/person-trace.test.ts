// A person is found in a text whatever the spelling of their number, and nobody else is.
import { expect, it } from 'vitest'
import { holdsTrace, traceOf } from '../../src/domain/person-trace.ts'

it.each([
  ['+447700900123', '+447700900123'],
  ['+447700900123', 'Ann;07700 900123;x'],
  ['+447700900123', '["07700/900-123","perhaps"]'],
  ['+447700900123', 'tel (0044) 7700.900.123'],
  ['+447700900123', '07700\u00a0900\u202f123'],
  ['+447700900123', '０７７００９００１２３'],
  ['+447700900123', '٠٧٧٠٠٩٠٠١٢٣'],
  // Brazil with and without the ninth digit.
  ['+5511987654321', '551187654321@c.us'],
  ['club-7', '{"to":"club-7"}'],
])('%s stands in %s', (phone, text) => {
  expect(holdsTrace(text, traceOf(phone))).toBe(true)
})

it.each([
  ['+447700900123', '07700 900124'],
  ['+447700900123', ''],
  ['club-7', '7 of us'],
])('%s does not stand in %s', (phone, text) => {
  expect(holdsTrace(text, traceOf(phone))).toBe(false)
})
