// `npm run simulate -- --seeds 2000 [--from 1]`, `--seed 17`: plays worlds and shows the first that breaks a promise, made as
// small as it can be. `--keep` adds it to the list that every test run plays; `--trace` shows the story of one seed.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { memoryFolder } from '../../support/memory-folder.ts'
import { keptWith } from './kept.ts'
import { playSeeds } from './play.ts'
import { reportOf } from './shrink.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
})
const memory = memoryFolder()
if (memory !== undefined) process.env.TMPDIR ??= memory
const from = Number(values.seed ?? values.from)
const count = values.seed === undefined ? Number(values.seeds) : 1
const startedAt = performance.now()
const startedCpu = process.cpuUsage()
const { played, calls, broken, last } = await playSeeds(
  Array.from({ length: count }, (_, n) => from + n),
  {
    onProgress: (done) => {
      if (done % 500 === 0) process.stderr.write(`${done} of ${count}\n`)
    },
  },
)
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(startedCpu)
const cpuMs = (user + system) / 1000 / Math.max(1, played)
if (values.trace) process.stdout.write(`${last.trace.join('\n')}\n${last.hash}\n`)
if (broken !== undefined) {
  process.stdout.write(`${reportOf(broken.seed, broken)}\n`)
  if (values.keep) writeFileSync(new URL('kept.json', import.meta.url), keptWith(broken))
  process.exitCode = 1
}
process.stdout.write(
  `${played} of ${count} seeds, ${calls} calls, ${broken === undefined ? 'nothing broken' : 'one broken'}, ${seconds.toFixed(1)} s, ${cpuMs.toFixed(0)} ms of CPU each\n`,
)
