// Refusals on pages: what to do is said in words of the pages, and never as a command of a terminal.
import { expect, it } from 'vitest'
import { AppError } from '../../src/domain/errors.ts'
import { sentencesOf } from '../../src/web/error-words.ts'

it.each([
  ['campaign.name_taken', 'Choose another name, or clone that one: herald campaigns clone.', /Choose another name/],
  ['csv.encoding', 'Name its encoding: --encoding shift_jis.', /Read the file differently/],
  ['rate.out_of_range', 'Give a rate up to 1000.', /Give a rate up to 1000\.$/],
  ['db.io', 'Name another file with --db.', /^it went wrong$/],
] as const)('%s says what to do without a command', (code, hint, said) => {
  const sentences = sentencesOf(new AppError(code, 'it went wrong', { hint }))
  expect(sentences).toMatch(said)
  expect(sentences).not.toMatch(/herald |--/)
})
