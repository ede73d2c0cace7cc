// Readers of what others write, each with samples to begin with; what a reader gives back must be true of every text.
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseCron } from '../../src/domain/cron.ts'
import { AppError } from '../../src/domain/errors.ts'
import { checkTexts, compileText } from '../../src/domain/personalisation.ts'
import { parsePhone } from '../../src/domain/phone.ts'
import { readAudience } from '../../src/engine/campaigns/audience-count.ts'
import { readContent } from '../../src/engine/campaigns/content-preview.ts'
import { detectDelimiter, parseSample } from '../../src/engine/import/delimiter.ts'
import { ByteScanner, decideEncoding, refuseOtherKinds } from '../../src/engine/import/encoding.ts'
import { checkQuotes } from '../../src/engine/import/quote-check.ts'
import { decodeStart } from '../../src/engine/import/text-decoder.ts'
import { parseWebhook as readBird } from '../../src/providers/bird/webhook.ts'
import { parseWebhook as readMeta } from '../../src/providers/meta/webhook.ts'
import { parseWebhook as readOneMsg } from '../../src/providers/onemsg/webhook.ts'
import { parseWebhook as readRoutee } from '../../src/providers/routee/webhook.ts'
import { parseWebhook as readZixflow } from '../../src/providers/zixflow/webhook.ts'
import { loadYaml } from '../../src/runtime/yaml.ts'

export interface ForeignReading {
  name: string
  samples: string[]
  /** Reads a text; throws an Error of its own words for an answer that cannot be, and AppError for what it refuses. */
  read(text: string): void
}

const root = new URL('../../samples/', import.meta.url)

function samplesIn(folder: string, ending: string): string[] {
  return readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(`${folder}${name}`, root), 'utf8'))
}

type ReadCallback = (body: string) => { kind: string }[]

const callbackReaders: Record<string, ReadCallback> = {
  bird: readBird,
  meta: readMeta,
  onemsg: readOneMsg,
  routee: readRoutee,
  zixflow: readZixflow,
}

/** Whatever comes is read as something, if only as unreadable. */
function callbacksOf([provider, read]: [string, ReadCallback]): ForeignReading {
  return {
    name: `callbacks of ${provider}`,
    samples: samplesIn(`webhooks/${provider}/`, '.json'),
    read: (text) => {
      for (const { kind } of read(text)) if (typeof kind !== 'string') throw new Error('a callback is read as nothing')
    },
  }
}

/** What only some readers refuse, all of them refuse with an AppError. */
function orRefused(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
  }
}

/** The start of a file as an import looks at it: encoding, delimiter, quotes, records. */
function readTable(bytes: Buffer): void {
  const scanner = new ByteScanner()
  scanner.add(bytes)
  const scan = scanner.finish()
  refuseOtherKinds(scan.start, 'a.csv')
  const { label, markBytes } = decideEncoding(scan, undefined, 'a.csv')
  const text = decodeStart(scan.start.subarray(markBytes), label)
  const delimiter = detectDelimiter(text, true, 'a.csv')
  checkQuotes(text, true, { fileName: 'a.csv', delimiters: [delimiter], linesBefore: 0 })
  const cells = parseSample(text, delimiter, true).flat()
  if (cells.join('').length > text.length) throw new Error('the cells of a table are longer than the table')
}

export const foreignReadings: ForeignReading[] = [
  {
    name: 'a table',
    samples: [
      ...['contacts.csv', 'contacts-excel-semicolon.csv'].map((name) =>
        readFileSync(new URL(name, root)).subarray(0, 600).toString('latin1'),
      ),
      'phone;name\n+12025550101;"Ada; ""Countess"""\n',
      '\xff\xfep\0h\0o\0n\0e\0\n\0+\x001\x002\x000\x002\x00',
      '\xef\xbb\xbfphone\tname\r\n+12025550101\tZo\xc3\xab\r\n',
    ],
    read: (text) => orRefused(() => readTable(Buffer.from(text, 'latin1'))),
  },
  {
    name: 'a phone',
    samples: [
      '+49 30 123456',
      '0151/23456789',
      '(202) 555-0101 ext. 5',
      '=+44 7700 900123',
      '٠١٥٠١٢٣٤٥٦٧',
      '00 1 202 555 0101',
    ],
    read: (text) => {
      const { phone } = parsePhone(text, { defaultCountry: 'DE' })
      if (phone !== undefined && !/^\+[1-9]\d{6,14}$/.test(phone.phone)) throw new Error(`${phone.phone} is no number`)
    },
  },
  {
    name: 'a cron pattern',
    samples: ['0 9 * * MON-FRI', '*/15 8-18 1,15 * *', '0 0 29 2 *', '30 2 L * 0#1', '@daily'],
    read: (text) => orRefused(() => parseCron(text)),
  },
  {
    name: 'a definition',
    samples: samplesIn('campaigns/', '.yaml'),
    read: (text) => {
      const { parseDocument } = loadYaml()
      const document = parseDocument(text, { strict: true, version: '1.2', schema: 'core', uniqueKeys: true })
      if (document.errors.length > 0) return
      let value: Record<string, unknown> | null
      try {
        value = document.toJS({ maxAliasCount: 0 })
      } catch {
        return
      }
      orRefused(() => readAudience(value?.audience))
      orRefused(() => readContent(value?.content))
    },
  },
  {
    name: 'a text with placeholders',
    samples: [
      'Hello {{ first_name | default: "you" }}',
      '{{ points | plus: 3 | round: 2 }} {{ city | upcase | truncate: 5 }}',
      "{{ voucher | replace: 'a', 'b' | append: name }}{% if x %}y{% endif %}",
      '{{ when | date: "%d.%m.%Y" }}{{- a -}}',
    ],
    read: (text) =>
      orRefused(() => {
        checkTexts([text])
        compileText(text).render({ first_name: 'Ada', points: '12', city: 'Zürich', voucher: 'ab', when: '2027-01-01' })
      }),
  },
  ...Object.entries(callbackReaders).map(callbacksOf),
]

const tokens = [
  ...[
    '',
    ' ',
    '\n',
    '\r\n',
    '\t',
    '"',
    "'",
    '\\',
    ',',
    ';',
    ':',
    '- ',
    '{{',
    '}}',
    '{%',
    '%}',
    '|',
    '[',
    ']',
    '{',
    '}',
  ],
  ...[
    'null',
    'true',
    '-1',
    '1e400',
    '9'.repeat(30),
    '0x10',
    '~',
    '&a',
    '*a',
    '<<',
    '!!js',
    '---',
    '#',
    '\u0000',
    '\ufeff',
  ],
  ...[
    '\ud800',
    '\u202e',
    'é',
    '😀',
    '__proto__',
    'constructor',
    '\\u0000',
    '+',
    '(',
    '@',
    '.',
    '/',
    '*',
    '?',
    'L',
    '#1',
  ],
]

interface Change {
  at: number
  length: number
  token: string
  times: number
}

/** A sample of which pieces are cut out, doubled, or replaced by what texts of this kind are made of. */
export function changedTexts(samples: readonly string[]): fc.Arbitrary<string> {
  const change: fc.Arbitrary<Change> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 400 })),
    token: fc.oneof(fc.constantFrom(...tokens), fc.constant('again'), fc.string({ unit: 'binary', maxLength: 6 })),
    times: fc.oneof(
      { weight: 4, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 300 }) },
    ),
  })
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: 8 }))
    .map(([sample, changes]) => changes.reduce(changed, sample))
}

function changed(text: string, { at, length, token, times }: Change): string {
  const from = Math.floor(at * text.length)
  const piece = text.slice(from, from + length)
  const put = (token === 'again' ? piece : token).repeat(times)
  return (text.slice(0, from) + put + text.slice(token === 'again' ? from : from + length)).slice(0, 100_000)
}
