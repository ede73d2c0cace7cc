// `herald demo` as a process of its own: what a visitor and a build server see.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'

const PATIENCE_MS = 150_000

interface Demo {
  child: ChildProcess
  /** Temporary folder of the process: what it leaves there is left. */
  dir: string
  stdout(): string
  hasSaid(pattern: RegExp): Promise<void>
  closed: Promise<unknown[]>
}

function startDemo({ onTestFinished }: TestContext, ...flags: string[]): Demo {
  const dir = mkdtempSync(join(tmpdir(), 'herald-test-demo-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  // A wish of this machine that must not reach the demo.
  const env = { ...process.env, TMPDIR: dir, HERALD_PUBLIC_URL: 'https://example.com/elsewhere', HERALD_PORT: '1' }
  const child = spawn(process.execPath, ['dist/main.js', 'demo', ...flags], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stdout = ''
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString()
  })
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
  })
  const hasSaid = async (pattern: RegExp) => {
    while (!pattern.test(said)) await once(child.stderr, 'data')
  }
  return { child, dir, stdout: () => stdout, hasSaid, closed: once(child, 'close') }
}

const leftIn = (dir: string) => readdirSync(dir).filter((name) => name.startsWith('herald-demo-'))

// Most of their time they wait for the rate of the provider: they do it together.
describe.concurrent('herald demo', () => {
  it('sends a thousand lines of CSV over HTTP and balances, in one JSON document', {
    timeout: PATIENCE_MS,
  }, async (test) => {
    const demo = startDemo(test, '--json', '--keep')
    expect(await demo.closed).toEqual([0, null])
    const result = JSON.parse(demo.stdout())
    expect(result).toMatchObject({
      balances: true,
      import: { rows: 1000, added: 954, duplicates: 8, rejected: 38 },
      forecast: { audience: 954, skippedBy: { opted_out: 6 } },
      report: { campaign: { status: 'finished' }, totals: { audience: 954, skippedBy: { opted_out: 8 } } },
      provider: { accepted: 946, people: 946, answersLost: 3 },
      verify: { ok: true },
    })
    const { delivered, read, failed, skipped } = result.report.totals.byStatus
    expect(delivered + read + failed + skipped).toBe(954)
    expect(Math.min(delivered, read, failed)).toBeGreaterThan(0)
    expect(result.messages[0]).toMatchObject({ status: 'read', tracking_id: expect.stringMatching(/^wamid\./) })
    expect(result.provider.ratePerSecond).toBeLessThanOrEqual(80)
    expect(existsSync(join(result.directory, 'herald.db'))).toBe(true)
  })

  it('ends in good order with Ctrl-C and leaves nothing behind', { timeout: PATIENCE_MS }, async (test) => {
    const demo = startDemo(test)
    await demo.hasSaid(/\d+ of 954 messages/)
    expect(leftIn(demo.dir)).toHaveLength(1)
    demo.child.kill('SIGINT')
    expect(await demo.closed).toEqual([130, null])
    expect(demo.stdout()).toContain('1  samples/contacts.csv becomes contacts')
    expect(leftIn(demo.dir)).toEqual([])
  })
})
