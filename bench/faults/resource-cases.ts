// What runs out or fails below Herald: the disk, descriptors, memory, a write, a sync. Nothing is sent that is not written
// down first; what was answered is kept; and it goes on by itself, or after a restart, when there is room again.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { delayed, failingAt } from '../../test/reliability/faults/kill-points.ts'
import { operations } from '../../test/reliability/faults/operations.ts'
import { patienceSeconds } from '../../test/reliability/faults/program.ts'
import { becomesTrue } from '../../test/reliability/faults/sink-process.ts'
import { brokenIn, campaign, Stage, Template } from '../../test/reliability/faults/stage.ts'

type Report = (name: string, broken: readonly string[], figures?: string) => void

/** Enough for the database and its log, and soon full. */
const DISK_MB = 24
const FULL_FOR_MS = 6_000
/** Of each sync of a slow disk. */
const SYNC_SECONDS = 0.2
/** What a service that is at rest may open beside what it has open. */
const DESCRIPTORS = 20
const HEAP_MB = 96
const RSS_LIMIT_KB = 320 * 1024
/** Prints the largest memory of what it runs: measured by another program than Node. */
const MEASURED = `import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)`

/** A name, and what is run: what is broken, and figures. */
type Case = [name: string, run: () => Promise<[string[], string]>]

/** All cases, or those whose name has one of the words. */
export async function runResourceFaults(report: Report, words: readonly string[] = ['']): Promise<void> {
  using template = await Template.make({ people: 400, ratePerSecond: 60, concurrency: 16 })
  const failing: [string, string, string][] = [
    ...['1', '2', '5', '9'].map((nth): [string, string, string] => ['fdatasync', 'EIO', nth]),
    ...['1', '2', '3'].map((nth): [string, string, string] => ['fsync', 'EIO', nth]),
    ...['5', '20', '60+', '90+'].map((nth): [string, string, string] => ['pwrite64', 'ENOSPC', nth]),
    ...['5', '40', '80'].map((nth): [string, string, string] => ['pwrite64', 'EIO', nth]),
    // A disk that becomes read-only while files are open: no mount does so at once.
    ...['20+', '60+'].map((nth): [string, string, string] => ['pwrite64', 'EROFS', nth]),
  ]
  const cases: Case[] = [
    ['the disk is full for a while', () => onDisk((under) => diskFull(template, under))],
    ['the disk is read-only', () => onDisk((under) => diskReadOnly(template, under))],
    [`${DESCRIPTORS} free descriptors`, () => fewDescriptors(template)],
    [`a heap of ${HEAP_MB} MB`, smallHeap],
    [`a disk that takes ${SYNC_SECONDS} s for a sync`, slowDisk],
    ...failing.map(
      ([call, error, when]): Case => [`${call} fails with ${error} at ${when}`, () => callFails(call, error, when)],
    ),
  ]
  for (const [name, run] of cases.filter(([name]) => words.some((word) => name.includes(word))))
    report(name, ...(await run()))
}

/** A small file system of its own; says so where this user may not mount one. */
async function onDisk(work: (under: string) => Promise<[string[], string]>): Promise<[string[], string]> {
  const under = mkdtempSync(join(tmpdir(), 'herald-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', under])
  if (mounted.status !== 0) return [[], 'not tried: only root may mount small disks']
  try {
    return await work(under)
  } finally {
    spawnSync('umount', ['-l', under])
    rmSync(under, { recursive: true, force: true })
  }
}

async function diskFull(template: Template, under: string): Promise<[string[], string]> {
  await using stage = await Stage.open(template, { under, env: { HERALD_CALL_DEADLINE_SECONDS: '2' } })
  const service = await stage.serve()
  await stage.ask('campaigns', 'launch', campaign)
  await stage.sink.asked(60)
  const filler = join(under, 'filler')
  const before = fill(filler)
  await sleep(FULL_FOR_MS)
  const during = stage.sink.requests().length
  const report = stage.herald(['report', campaign])
  const reads = await report.ended()
  rmSync(filler)
  const isOver = () => stage.values(`SELECT 1 FROM runs WHERE status <> 'finished'`).length === 0
  await becomesTrue(stage.dir, isOver)
  const code = await service.stop()
  const verdict = await stage.check({ rate: 60, unknownMax: 0 })
  return [
    [
      ...brokenIn(verdict),
      ...(code === 0 ? [] : [`the service ended with ${code}: ${lastLine(service)}`]),
      ...(reads.code === 0 ? [] : [`a report ended with ${reads.code} while the disk was full: ${lastLine(report)}`]),
    ],
    `filled with ${Math.round(before / 1e6)} MB after 60 calls; ${during} calls when there was room again, ${verdict.figures.requests} in all`,
  ]
}

function lastLine({ stderr }: { stderr: string }): string {
  return stderr.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
}

/** Writes until nothing fits; returns how many bytes. */
function fill(path: string): number {
  const file = openSync(path, 'w')
  let bytes = 0
  for (const size of [65_536, 512]) {
    const zeros = Buffer.alloc(size)
    try {
      for (;;) bytes += writeSync(file, zeros)
    } catch {
      // As full as pieces of this size make it.
    }
  }
  closeSync(file)
  return bytes
}

async function diskReadOnly(template: Template, under: string): Promise<[string[], string]> {
  await using stage = await Stage.open(template, { under })
  spawnSync('mount', ['-o', 'remount,ro', under])
  const refused = stage.herald(['run', campaign])
  const { code } = await refused.ended()
  const asked = stage.sink.requests().length
  spawnSync('mount', ['-o', `remount,rw,size=${DISK_MB}m`, under])
  await stage.ask('run', campaign)
  const broken = brokenIn(await stage.check({ rate: 60, unknownMax: 0 }))
  if (code !== 7 && code !== 4) broken.push(`run ended with ${code} on a read-only disk: ${refused.stderr.trim()}`)
  if (asked > 0) broken.push(`${asked} calls were made from a read-only disk`)
  return [broken, `exit code ${code}: ${refused.stderr.trim().split('\n').at(-1)}`]
}

/** Node needs hundreds while it loads the program: they are taken away when it has. */
async function fewDescriptors(template: Template): Promise<[string[], string]> {
  await using stage = await Stage.open(template, { latency: 0.5 })
  stage.change('UPDATE senders SET concurrency = 60, rate_per_second = 100')
  const service = await stage.serve()
  const { pid } = service.child
  const most = readdirSync(`/proc/${pid}/fd`).length + DESCRIPTORS
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${most}:${most}`])
  await stage.ask('campaigns', 'launch', campaign)
  await becomesTrue(stage.dir, () => stage.values(`SELECT 1 FROM runs WHERE status = 'finished'`).length > 0)
  const code = await service.stop()
  const notSent = stage.values<number>(`SELECT count(*) FROM attempts WHERE outcome = 'not_sent'`)[0]
  const broken = brokenIn(await stage.check({ rate: 100, unknownMax: 0 }))
  if (code !== 0) broken.push(`the service ended with ${code}: ${lastLine(service)}`)
  return [broken, `${notSent} calls found no descriptor and were made again`]
}

async function smallHeap(): Promise<[string[], string]> {
  using template = await Template.make({ people: 20_000, ratePerSecond: 2_000 })
  await using stage = await Stage.open(template, { latency: 0.001 })
  const run = stage.herald(['run', campaign], {
    inside: ['python3', '-c', MEASURED],
    env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
  })
  const { code } = await run.ended()
  const peak = Number(/peak (\d+)/.exec(run.stderr)?.[1])
  const usage = { rssPeakKb: { found: peak, limit: RSS_LIMIT_KB } }
  const broken = brokenIn(await stage.check({ rate: 2_000, unknownMax: 0, usage }))
  if (code !== 0) broken.push(`run ended with ${code}: ${run.stderr.trim().split('\n').at(-1)}`)
  return [broken, `20,000 messages, largest memory ${Math.round(peak / 1024)} MB`]
}

/** Fewer calls begin, because each is on the disk before; none is lost, in doubt or late. */
async function slowDisk(): Promise<[string[], string]> {
  using template = await Template.make({ people: 100, ratePerSecond: 100, concurrency: 16 })
  await using stage = await Stage.open(template)
  const beganAt = performance.now()
  const run = stage.herald(['run', campaign], { inside: delayed(['fsync', 'fdatasync'], SYNC_SECONDS) })
  const { code } = await run.ended()
  const broken = brokenIn(await stage.check({ rate: 100, unknownMax: 0 }))
  if (code !== 0) broken.push(`run ended with ${code}: ${lastLine(run)}`)
  return [broken, `100 messages in ${Math.round((performance.now() - beganAt) / 1000)} s`]
}

async function callFails(call: string, error: string, when: string): Promise<[string[], string]> {
  const { send } = operations
  if (send === undefined) return [['send is no operation'], '']
  using template = await Template.make(send.template)
  const { stage: prepared, command, goOn } = await send.prepare(template)
  await using stage = prepared
  await using run = stage.run([
    'timeout',
    '-s',
    'KILL',
    String(patienceSeconds),
    ...failingAt(call, error, when),
    ...command,
  ])
  const { code, signal } = await run.ended()
  const asked = stage.sink.requests().length
  const said = run.stderr.trim().split('\n').at(-1) ?? ''
  const broken = await goOn().catch((reason: Error) => [reason.message])
  if (signal !== null) broken.push('it neither went on nor ended in time')
  return [broken, `exit code ${code} after ${asked} of 12 calls${said === '' ? '' : `: ${said.slice(0, 160)}`}`]
}
