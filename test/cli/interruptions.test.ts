// Commands that are stopped from outside: by Ctrl-C, and by a reader that has seen enough.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { cliFolder, folderWithDatabase, herald, startHerald, stopped, writeIn } from '../support/cli.ts'
import { phoneNumber } from '../support/open-test-app.ts'

describe('stopped in the middle', () => {
  it('an import ends with 130 and leaves nothing (bad input 185)', async () => {
    const made = await folderWithDatabase()
    const child = startHerald(made, ['import', '-', '--list', 'people'], { input: null })
    child.stdin.write(`phone\n${phoneNumber(1)}\n`)
    const staging = join(made.dir, 'staging')
    await becameTrue(() => existsSync(staging) && readdirSync(staging).length > 0)
    const [exitCode, stderr] = await Promise.all([stopped(child), text(child.stderr)])
    expect([exitCode, stderr]).toEqual([
      130,
      expect.stringContaining('nothing was imported. The same command starts it again'),
    ])
    expect(readdirSync(staging)).toEqual([])
    expect((await herald(made, '--json', 'lists', 'list')).json).toEqual([])
  })

  it('an import that is being applied is finished, says how to take it back, and still ends with 130 (bad input 185)', async () => {
    const made = await folderWithDatabase()
    const file = writeIn(
      made,
      'many.csv',
      `phone\n${Array.from({ length: 900 }, (_, n) => `${phoneNumber(n)}\n`).join('')}`,
    )
    const importing = herald(made, '--json', 'import', file, '--list', 'people')
    const db = new Database(made.dbPath, { readonly: true })
    const applied = db.prepare(`SELECT applied_through FROM imports WHERE status = 'applying'`).pluck()
    await becameTrue(() => Number(applied.get() ?? 0) > 0)
    db.close()
    process.emit('SIGINT', 'SIGINT')
    const { exitCode, json, stderr } = await importing
    expect([exitCode, json.added]).toEqual([130, 900])
    expect(stderr).toContain('herald imports undo imp_1')
  })
})

describe('a reader that has seen enough', () => {
  it('ends the command quietly', async () => {
    const made = cliFolder()
    const lines = Array.from({ length: 9_000 }, (_, n) => `+49151${20_000_000 + n},${'a long note '.repeat(4)}\n`)
    await herald(made, 'import', writeIn(made, 'many.csv', `phone,note\n${lines.join('')}`), '--list', 'people')
    const child = startHerald(made, ['contacts', 'export', '--list', 'people'])
    child.stdout.once('data', () => child.stdout.destroy())
    const ended = new Promise((done) => child.once('close', done))
    expect([await text(child.stderr), await ended]).toEqual(['', 0])
  })
})

/** Lets the event loop turn until something is true. */
async function becameTrue(isTrue: () => boolean): Promise<void> {
  const startedAt = performance.now()
  while (!isTrue()) {
    if (performance.now() - startedAt > 15_000) throw new Error('it did not become true')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
