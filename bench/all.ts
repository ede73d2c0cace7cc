// `npm run bench [-- NAME…] [--large]`: the benches of the README one after the other, and their figures as a table in bench/results.md.
// --large adds the import of ten million lines.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FIGURES_FILE, type Figure } from './figures.ts'

/** Each name with its runs: a script and its arguments. */
const benches: Record<string, string[][]> = {
  import: [
    ['import.ts', '--rows', '10000', '--rounds', '5'],
    ['import.ts', '--rows', '100000', '--rounds', '5'],
    ['import.ts', '--rows', '1000000', '--rounds', '3'],
  ],
  plan: [['plan.ts', '--messages', '1000000', '--past', '2000000', '--rounds', '3']],
  send: [
    ['send.ts', '--messages', '50000', '--answer', '0', '--rounds', '3', '--peers', 'yes'],
    ['send.ts', '--messages', '50000', '--answer', '20', '--rounds', '3'],
  ],
  rate: [
    ['rate.ts', '--senders', '1', '--rate', '80'],
    ['rate.ts', '--senders', '1', '--rate', '1000'],
    ['rate.ts', '--senders', '10', '--rate', '80'],
  ],
  track: [['track.ts', '--rounds', '3']],
  hand: [['hand.ts']],
  loop: [['loop.ts']],
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { large: { type: 'boolean', default: false } },
})
const unknown = positionals.filter((name) => benches[name] === undefined)
if (unknown.length > 0) throw new Error(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)
if (values.large) benches.import?.push(['import.ts', '--rows', '10000000', '--rounds', '1'])

const folder = mkdtempSync(join(tmpdir(), 'herald-bench-all-'))
const file = join(folder, 'figures')
const results = new URL('results.md', import.meta.url).pathname
const failed: string[] = []
for (const [name, runs] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  for (const [script = '', ...args] of runs) {
    console.log(`\n${name}: ${[script, ...args].join(' ')}`)
    const path = new URL(script, import.meta.url).pathname
    const env = { ...process.env, [FIGURES_FILE]: file }
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', path, ...args], { stdio: 'inherit', env })
    if (status !== 0) failed.push([script, ...args].join(' '))
    // After each: who stops it keeps what it has.
    writeFileSync(results, page(found()))
  }
}
const figures = found()
rmSync(folder, { recursive: true })
console.log(`\n${figures.filter(({ isReached }) => isReached).length} of ${figures.length} aims reached, in ${results}`)
if (failed.length > 0) {
  console.error(`did not end: ${failed.join('; ')}`)
  process.exitCode = 1
}

/** What all of them have told so far. */
function found(): Figure[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Figure)
}

function page(figures: readonly Figure[]): string {
  const rows = figures.map(
    ({ bench, what, found, beside, aim, isReached }) =>
      `| ${bench} | ${what} | ${found} | ${beside} | ${aim} | ${isReached ? 'yes' : 'no'} |`,
  )
  return `# Results of \`npm run bench\`

Written by the program; read the ratios, not the times. ${about()}

| bench | what | found | beside | aim | reached |
|---|---|---|---|---|---|
${rows.join('\n')}
`
}

/** What a reader needs to compare them with others. */
function about(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`
  const load = loadavg()[2]?.toFixed(1)
  return `Commit ${commit}, Node ${process.versions.node}, ${machine}, ${new Date().toISOString().slice(0, 10)}, mean load of the last quarter of an hour ${load}.`
}
