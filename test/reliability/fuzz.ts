// Reads changed samples for as long as it is given, from another beginning each time. A text that reaches code which no
// text before it reached is kept, and changed further. Ends with the smallest text that a reader did not stand.
//
//   npm run fuzz -- [--minutes 10] [--only "a phone"] [--corpus folder]
//
// A corpus is a folder with what was kept, for each reader; it is read at the beginning and added to.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { changedTexts, type ForeignReading, foreignReadings } from '../support/foreign-readings.ts'
import { Coverage } from './coverage.ts'

/** From one set of beginnings; then what was found is among them. */
const TEXTS_PER_ROUND = 400

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    only: { type: 'string' },
    corpus: { type: 'string' },
  },
})

class Corpus {
  readonly texts: string[] = []
  readonly #folder: string | undefined

  constructor({ name, samples }: ForeignReading) {
    this.#folder = values.corpus && join(values.corpus, name.replaceAll(' ', '-'))
    this.texts.push(...samples)
    if (this.#folder === undefined) return
    mkdirSync(this.#folder, { recursive: true })
    const folder = this.#folder
    this.texts.push(
      ...readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as string),
    )
  }

  keep(text: string): void {
    this.texts.push(text)
    if (this.#folder === undefined) return
    // As JSON: a lone surrogate outlives the file.
    const path = join(this.#folder, createHash('sha256').update(JSON.stringify(text)).digest('hex').slice(0, 16))
    if (!existsSync(path)) writeFileSync(path, JSON.stringify(text))
  }
}

/** Returns whether the reader stood everything. */
function fuzz(reading: ForeignReading, forMs: number): boolean {
  using coverage = new Coverage()
  const corpus = new Corpus(reading)
  const begun = corpus.texts.length
  for (const text of corpus.texts) reading.read(text)
  coverage.hasGrown()
  // Libraries are loaded with the first text: that does not count.
  const untilMs = Date.now() + forMs
  let tried = 0
  const read = (text: string) => {
    reading.read(text)
    tried++
    if (coverage.hasGrown()) corpus.keep(text)
  }
  while (Date.now() < untilMs) {
    // The newest are changed most: what is behind them has been looked at least.
    const beginnings = [...corpus.texts, ...corpus.texts.slice(-20)]
    const details = fc.check(fc.property(changedTexts(beginnings), read), {
      numRuns: TEXTS_PER_ROUND,
      interruptAfterTimeLimit: Math.max(1, untilMs - Date.now()),
      markInterruptAsFailure: false,
    })
    if (details.counterexample === null) continue
    const [text] = details.counterexample
    console.log(`${reading.name}: ${String(details.errorInstance)}\n${JSON.stringify(text)}`)
    return false
  }
  const found = corpus.texts.length - begun
  console.log(
    `${reading.name}: ${tried} texts, ${found} of them reached something new, ${coverage.size} blocks and counts`,
  )
  return true
}

const readings = foreignReadings.filter(({ name }) => values.only === undefined || name === values.only)
if (readings.length === 0) throw new Error(`"${values.only}" is none of ${foreignReadings.map(({ name }) => name)}`)
const eachMs = (Number(values.minutes) * 60_000) / readings.length
for (const reading of readings) if (!fuzz(reading, eachMs)) process.exitCode = 1
