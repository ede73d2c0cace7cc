// Reads changed samples for as long as it is given, from another beginning each time, and ends with the smallest text that a
// reader did not stand. `npm run fuzz -- --minutes 10`
import fc from 'fast-check'
import { changedTexts, foreignReadings } from '../support/foreign-readings.ts'

const at = process.argv.indexOf('--minutes')
const minutes = at === -1 ? 1 : Number(process.argv[at + 1])
const runMs = (minutes * 60_000) / foreignReadings.length

for (const { name, samples, read } of foreignReadings) {
  const details = fc.check(fc.property(changedTexts(samples), read), {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: runMs,
    markInterruptAsFailure: false,
  })
  if (details.counterexample !== null) {
    console.log(
      `${name}, seed ${details.seed}: ${String(details.errorInstance)}\n${JSON.stringify(details.counterexample[0])}`,
    )
    process.exitCode = 1
  } else console.log(`${name}: ${details.numRuns} texts`)
}
