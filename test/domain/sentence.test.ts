// One full stop at the end of a sentence, whoever wrote it.
import { expect, it } from 'vitest'
import { ended, inSentences } from '../../src/domain/sentence.ts'

it.each([
  ['it went wrong', 'it went wrong.'],
  ['It went wrong.', 'It went wrong.'],
  ['Did you mean "a"?', 'Did you mean "a"?'],
  ['He said "no."', 'He said "no."'],
  ['one (and 2 more)', 'one (and 2 more).'],
  ['wait …', 'wait …'],
  ['', ''],
])('ends "%s" once', (text, expected) => {
  expect(ended(text)).toBe(expected)
})

it('puts sentences beside each other and leaves out what is missing', () => {
  expect(inSentences('190 Invalid token.', 'Check the sender.')).toBe('190 Invalid token. Check the sender.')
  expect(inSentences('it failed', undefined, '', null)).toBe('it failed.')
})
