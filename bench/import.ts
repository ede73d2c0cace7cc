// Import beside its limit: `sqlite3 .import` of the same file into a table with a unique phone, in the same rounds.
// `npm run bench:import -- --rows 1000000 --rounds 3`
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tell, tellRatio } from './figures.ts'
import { bench, median, numberFlag, peopleWithFaults, seconds, writePeople } from './measure.ts'

const rows = numberFlag('rows', 1_000_000)
const rounds = numberFlag('rounds', 3)
const PEAK_EVERY_MS = 50
const MILLION_RATIO_MAX = 2.5
const LARGE_ROWS = 1_000_000
const SMALL_ROWS = 10_000
const SMALL_SECONDS_MAX = 1
const MEMORY_MAX_MB = 200

const columns =
  'phone TEXT UNIQUE ON CONFLICT IGNORE, first_name TEXT, last_name TEXT, city TEXT, voucher TEXT, time_zone TEXT, tags TEXT'

/** The limit: the same columns and one unique index, nothing read, nothing checked. */
function bareImport(database: string, csv: string): void {
  const script = `CREATE TABLE people (${columns});\n.mode csv\n.import --skip 1 ${csv} people\n`
  const { status, stderr } = spawnSync('sqlite3', [database], { input: script, encoding: 'utf8' })
  if (status !== 0) throw new Error(`sqlite3 failed: ${stderr}`)
}

/** Our command in its own process. Returns its largest resident memory in MB, where the system tells it. */
async function ourImport(database: string, csv: string): Promise<number> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url))
  const args = [
    main,
    '--db',
    database,
    '--json',
    '--quiet',
    'import',
    csv,
    '--list',
    'people',
    '--rejects',
    `${database}.rejects.csv`,
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let answer = ''
  let peak = 0
  child.stdout.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  const timer = setInterval(() => {
    peak = Math.max(peak, residentPeak(child.pid))
  }, PEAK_EVERY_MS)
  const [code] = (await once(child, 'exit')) as [number]
  clearInterval(timer)
  const { added } = JSON.parse(answer) as { added: number }
  if (code !== 0 || added !== peopleWithFaults(rows)) throw new Error(`import ended with ${code}: ${answer}`)
  return peak
}

function residentPeak(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

await using place = bench()
const csv = join(place.dir, 'people.csv')
await writePeople(csv, rows, { hasFaults: true })
console.log(`${rows} lines, ${(statSync(csv).size / 1e6).toFixed(0)} MB`)
const times: [number, number][] = []
const peaks: number[] = []
for (let round = 1; round <= rounds; round++) {
  const bare = await seconds(async () => bareImport(join(place.dir, `bare-${round}.db`), csv))
  let peak = 0
  const ours = await seconds(async () => {
    peak = await ourImport(join(place.dir, `herald-${round}.db`), csv)
  })
  times.push([ours, bare])
  peaks.push(peak)
  console.log(
    `round ${round}: sqlite3 .import ${bare.toFixed(1)} s, Herald ${ours.toFixed(1)} s (${Math.round(rows / ours)} lines/s), ${(ours / bare).toFixed(2)} ×, at most ${peak.toFixed(0)} MB`,
  )
}
const named = { bench: 'import', what: `import of ${rows.toLocaleString('en')} lines` }
const beside = '`sqlite3 .import` of the same file'
// The start of the command is most of what a small file takes.
if (rows >= LARGE_ROWS) tellRatio({ ...named, rounds: times, beside, atMost: MILLION_RATIO_MAX })
else {
  const took = median(times.map(([ours]) => ours))
  const most = (SMALL_SECONDS_MAX * Math.max(rows, SMALL_ROWS)) / SMALL_ROWS
  const bare = median(times.map(([, bare]) => bare)).toFixed(2)
  tell({
    ...named,
    found: `${took.toFixed(2)} s`,
    beside: `${beside} (${bare} s, ${rounds} rounds)`,
    aim: `≤ ${most} s with the start`,
    isReached: took <= most,
  })
}
const peak = Math.max(...peaks)
const perLine = (median(times.map(([ours]) => ours)) / rows) * 1e6
tell({
  ...named,
  found: `${perLine.toFixed(1)} µs a line, at most ${peak.toFixed(0)} MB`,
  beside: 'its largest memory',
  aim: `≤ ${MEMORY_MAX_MB} MB, as much for every size`,
  isReached: peak <= MEMORY_MAX_MB,
})
