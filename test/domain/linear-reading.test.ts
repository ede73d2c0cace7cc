// Foreign texts of a hundred thousand signs go through everything that reads them with expressions. A reading whose work grows
// faster than the text does not come back within the patience of a test: that of a template took 19 s for 3,000 blanks.
import { describe, expect, it } from 'vitest'
import { dateIn, numberIn } from '../../src/domain/comparison.ts'
import { guessField } from '../../src/domain/contact.ts'
import { parseCron } from '../../src/domain/cron.ts'
import { neutraliseCell, restoreCell } from '../../src/domain/csv-cell.ts'
import { durationMs } from '../../src/domain/duration.ts'
import { parseWrittenTime } from '../../src/domain/instant.ts'
import { fieldName, nameKey, namePattern, plainName } from '../../src/domain/name.ts'
import { readText } from '../../src/domain/opt-out.ts'
import { parsePhone } from '../../src/domain/phone.ts'
import { placeholdersIn } from '../../src/domain/template.ts'
import { plainField } from '../../src/engine/import/columns.ts'

const LENGTH = 100_000

/** A sign or a few, again and again, between a begin and an end that fits nothing. */
const hostile: [string, string][] = ['', '{{', '+', '=', '"', '_', 'for=', '1'].flatMap((begin) =>
  [' ', '\t', '{{', '{{ ', '"', "'", '(', ' (', '_', '-', '0', '1 ', ';=', ', ', '. ', 'a', 'é', '\u200b', '\n'].map(
    (part): [string, string] => [begin, part],
  ),
)

const readings: [string, (text: string) => unknown][] = [
  ['placeholders of a template', placeholdersIn],
  ['a phone', (text) => parsePhone(text, { defaultCountry: 'DE' })],
  ['the name of a column', guessField],
  ['the field of a column', plainField],
  ['a name', (text) => [plainName(text), nameKey(text), fieldName(text), namePattern.test(text)]],
  ['a date or a number of a filter', (text) => [dateIn(text), numberIn(text)]],
  ['a reply', (text) => readText(text)],
  ['a cron pattern', parseCron],
  ['a duration', durationMs],
  ['a written time', parseWrittenTime],
  ['an exported cell', (text) => restoreCell(neutraliseCell(text))],
]

/** What is refused was read too. */
function readOrRefuse(read: (text: string) => unknown, text: string): void {
  try {
    read(text)
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
  }
}

describe('F9: a hostile text', () => {
  it.each(readings)('F9: of a hundred thousand signs is read at once as %s', (_, read) => {
    for (const [begin, part] of hostile) readOrRefuse(read, `${begin}${part.repeat(LENGTH / part.length)}~`)
  })
})

it('F9: names what stands in double braces without the blanks around it', () => {
  expect(placeholdersIn('{{ 2 }} {{1}} {{  }} {{ first name }}')).toEqual(['2', '1', 'first name'])
})
