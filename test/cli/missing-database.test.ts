// Where there is no database: five commands make one, every other one says so and leaves the folder as it was.
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { type CliFolder, cliFolder, herald, saidBy, startHerald, stopped, writeIn } from '../support/cli.ts'

const password = 'violet anchor pebble\n'
const making = ['demo', 'import', 'senders add', 'start', 'users add']
const needless = ['emulator', 'migrate', 'restore', 'samples', 'schema']
/** Where a word for each argument that must be given is not enough. */
const written: Record<string, string[]> = {
  'campaigns cancel': ['spring', '--yes'],
  'campaigns clone': ['spring', '--name', 'summer'],
  'contacts add': ['+12025550101'],
  'contacts edit': ['+12025550101'],
  'contacts erase': ['+12025550101', '--yes'],
  'imports undo': ['imp_1', '--yes'],
  'lists delete': ['people', '--yes'],
  'replies settle': ['rep_1', '--as', 'opt_out'],
  'senders set': ['main', '--rate', '5'],
  'suppress add': ['+12025550101', '--reason', 'opted_out'],
  'templates delete': ['main', 'hello', '--yes'],
  'unknown resolve': ['msg_1', '--as', 'accepted'],
  'users reset': ['ann', '--password-file', 'a-file'],
  'users set': ['ann', '--role', 'viewer'],
}

/** Every command that does something, under its whole name. */
function commandsOf(command: Command, path: string[] = []): [string, Command][] {
  const names = [...path, command.name()]
  return command.commands.length === 0
    ? [[names.join(' '), command]]
    : command.commands.flatMap((child) => commandsOf(child as Command, names))
}

const all = (await buildProgram()).commands.flatMap((command) => commandsOf(command as Command))
const needing = all.filter(([name]) => !making.includes(name) && !needless.includes(name))

/** A word for each argument and option that must be given. */
function wordsOf(name: string, command: Command): string[] {
  return (
    written[name] ?? [
      ...command.registeredArguments.filter(({ required }) => required).map(() => 'a-file'),
      ...command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? '', 'a-file']),
    ]
  )
}

/** Everything in a folder, with what is in its folders. */
function contents(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()
}

describe('P1: where there is no database', () => {
  it('every command is looked at, and those that make one are these', () => {
    expect(needing.length).toBeGreaterThan(50)
    const names = all.map(([name]) => name)
    expect(names).toEqual(expect.arrayContaining([...making, ...needless, ...Object.keys(written)]))
  })

  it.each(needing)('%s is refused and makes nothing', async (name, command) => {
    const folder = cliFolder()
    writeIn(folder, 'a-file', password)
    const words = wordsOf(name, command).map((word) => (word === 'a-file' ? join(folder.dir, word) : word))
    for (const dbPath of [folder.dbPath, join(folder.dir, 'data', 'deep', 'herald.db')]) {
      const { exitCode, json, stderr } = await herald({ ...folder, dbPath }, '--json', ...name.split(' '), ...words)
      expect([exitCode, json.error], stderr).toEqual([
        4,
        {
          code: 'db.missing',
          message: `there is no database at ${dbPath}`,
          hint: 'Name it with --db or HERALD_DATABASE_URL; `herald start` makes a new one.',
          details: null,
        },
      ])
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    }
    expect(contents(folder.dir)).toEqual(['a-file'])
  })

  it.each<[string, (folder: CliFolder) => string[]]>([
    ['import', (folder) => ['import', writeIn(folder, 'people.csv', 'phone\n+12025550101\n'), '--list', 'people']],
    ['senders add', (folder) => ['senders', 'add', writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n')]],
    [
      'users add',
      (folder) => ['users', 'add', 'ann', '--role', 'admin', '--password-file', writeIn(folder, 'secret', password)],
    ],
  ])('%s makes a new one, and says so once', async (_name, argv) => {
    const { dir } = cliFolder()
    const folder = { dir, dbPath: join(dir, 'data', 'herald.db') }
    const { exitCode, stderr } = await herald(folder, ...argv(folder))
    expect([exitCode, stderr]).toEqual([0, `a new database: ${folder.dbPath}\n`])
    expect(statSync(folder.dbPath).mode & 0o077).toBe(0)
    const again = await herald(folder, 'lists', 'list')
    expect([again.exitCode, again.stderr]).toEqual([0, ''])
  })

  it('start makes a new one, and says so', async () => {
    const folder = cliFolder()
    const child = startHerald(folder, ['start', '--port', '0', '--json'])
    let stderr = ''
    child.stderr.on('data', (piece) => {
      stderr += piece
    })
    await saidBy(child, /\}/)
    expect(await stopped(child)).toBe(0)
    expect(stderr).toContain(`a new database: ${folder.dbPath}\n`)
  })

  it.each<[string, (folder: CliFolder) => string[]]>([
    ['an import of a file that is not there', ({ dir }) => ['import', join(dir, 'no.csv'), '--list', 'people']],
    ['a sender in a file that is not there', ({ dir }) => ['senders', 'add', join(dir, 'no.yaml')]],
  ])('%s makes nothing', async (_what, argv) => {
    const folder = cliFolder()
    const { exitCode, json } = await herald(folder, '--json', ...argv(folder))
    expect([exitCode, json.error.code]).toEqual([3, 'file.not_found'])
    expect(contents(folder.dir)).toEqual([])
  })
})

describe('P1: the address of a database is refused, by those that read and those that make one', () => {
  it.each<[string, (dir: string) => string, string]>([
    ['a folder', (dir) => dir, 'db.not_ours'],
    ['a folder by its slash', (dir) => `${dir}/data/`, 'db.unsupported'],
    ['nothing after the scheme', () => 'sqlite:', 'db.unsupported'],
    ['a database in memory', () => ':memory:', 'db.unsupported'],
    ['a database in memory as a URL', () => 'file::memory:', 'db.unsupported'],
    ['another kind of database', () => 'mysql://localhost/herald', 'db.unsupported'],
    ['another machine', () => 'file://elsewhere/herald.db', 'db.unsupported'],
    ['options', (dir) => `file://${dir}/herald.db?mode=memory`, 'db.unsupported'],
    ['a slash in disguise', (dir) => `file://${dir}/a%2Fb.db`, 'db.unsupported'],
    ['a control character', (dir) => `${dir}/a\nb.db`, 'db.unsupported'],
    ['a device', () => '/dev/null', 'db.not_ours'],
    ['a link to nothing', (dir) => linkTo(dir, 'nowhere.db'), 'db.missing'],
    ['a link to itself', (dir) => linkTo(dir, 'link.db'), 'db.io'],
    ['a name that is too long', (dir) => `${dir}/${'n'.repeat(300)}.db`, 'db.io'],
  ])('%s', async (_what, address, code) => {
    const folder = cliFolder()
    const dbPath = address(folder.dir)
    const before = contents(folder.dir)
    const sender = join(import.meta.dirname, '../../samples/senders/sandbox.yaml')
    for (const argv of [
      ['lists', 'list'],
      ['senders', 'add', sender],
    ]) {
      const { exitCode, json, stderr } = await herald({ ...folder, dbPath }, '--json', ...argv)
      expect([exitCode, json.error.code]).toEqual([code === 'db.io' ? 7 : 4, code])
      expect(stderr).toMatch(/^error: [^\n]+\n$/)
    }
    expect(contents(folder.dir)).toEqual(before)
  })

  function linkTo(dir: string, target: string): string {
    symlinkSync(join(dir, target), join(dir, 'link.db'))
    return join(dir, 'link.db')
  }

  it.each(['below a file', 'in a folder of the kernel'])('by those that make one %s', async (where) => {
    const folder = cliFolder()
    const parent = where === 'below a file' ? writeIn(folder, 'a-file', 'x') : '/proc/herald'
    const sender = writeIn(folder, 'sender.yaml', 'name: main\nprovider: sandbox\n')
    const before = contents(folder.dir)
    const made = await herald({ ...folder, dbPath: join(parent, 'herald.db') }, '--json', 'senders', 'add', sender)
    expect([made.exitCode, made.json.error.code]).toEqual([7, 'db.io'])
    expect(contents(folder.dir)).toEqual(before)
  })

  it('but a link to a database is that database, with its locks and its key beside it', async () => {
    const folder = cliFolder()
    mkdirSync(join(folder.dir, 'disk'))
    const dbPath = join(folder.dir, 'disk', 'herald.db')
    await herald({ ...folder, dbPath }, 'senders', 'add', writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n'))
    symlinkSync(dbPath, folder.dbPath)
    const { exitCode, json } = await herald(folder, '--json', 'senders', 'list')
    expect([exitCode, json.length]).toEqual([0, 1])
    expect(existsSync(`${folder.dbPath}-nodes`)).toBe(false)
  })
})

describe('H10: what an interrupted creation left', () => {
  it.each<[string, (path: string) => void]>([
    ['an empty file', (path) => writeFileSync(path, '')],
    ['a header without tables', (path) => change(path, 'PRAGMA application_id = 1213353028')],
    [
      'a table of migrations without one',
      (path) =>
        change(
          path,
          'PRAGMA application_id = 1213353028; CREATE TABLE __drizzle_migrations (id INTEGER, hash TEXT, created_at)',
        ),
    ],
  ])('%s is named to readers and made anew by those that make one', async (_what, leave) => {
    const folder = cliFolder()
    leave(folder.dbPath)
    const refused = await herald(folder, '--json', 'lists', 'list')
    expect([refused.exitCode, refused.json.error.code]).toEqual([4, 'db.missing'])
    expect(refused.json.error.message).toContain('its creation was interrupted')
    expect(contents(folder.dir)).toEqual(['herald.db'])
    const sender = writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n')
    expect((await herald(folder, 'senders', 'add', sender)).exitCode).toBe(0)
    expect((await herald(folder, 'verify')).exitCode).toBe(0)
  })

  it('all tables without an identity are finished by whoever comes', async () => {
    const folder = cliFolder()
    await herald(folder, 'senders', 'add', writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n'))
    change(folder.dbPath, 'DELETE FROM settings')
    const { exitCode, stderr } = await herald(folder, 'senders', 'list')
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('had been interrupted; it is finished')])
    const db = new Database(folder.dbPath, { readonly: true })
    const keys = db.prepare('SELECT key FROM settings ORDER BY key').pluck().all()
    db.close()
    expect(keys).toEqual(expect.arrayContaining(['appVersion', 'epoch', 'installation']))
  })

  it('a database that lacks a table is damaged, not a fault', async () => {
    const folder = cliFolder()
    await herald(folder, 'senders', 'add', writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n'))
    change(folder.dbPath, 'DROP TABLE settings')
    const { exitCode, json } = await herald(folder, '--json', 'senders', 'list')
    expect([exitCode, json.error.code]).toEqual([7, 'db.damaged'])
  })

  it('the log of a database that is gone is never played into a new one', async () => {
    const folder = cliFolder()
    writeFileSync(`${folder.dbPath}-wal`, 'frames of the old database')
    const sender = writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n')
    const { exitCode, json } = await herald(folder, '--json', 'senders', 'add', sender)
    expect([exitCode, json.error.code]).toEqual([4, 'db.missing'])
    expect(json.error.hint).toContain('herald.db-wal away')
    expect(existsSync(folder.dbPath)).toBe(false)
  })

  it('an empty key file is named, and never replaced', async () => {
    const folder = cliFolder()
    writeFileSync(join(folder.dir, 'herald.key'), '', { mode: 0o600 })
    const sender = writeIn(folder, 's.yaml', 'name: main\nprovider: sandbox\n')
    const { exitCode, json } = await herald(folder, '--json', 'senders', 'add', sender)
    expect([exitCode, json.error.code]).toEqual([4, 'config.invalid'])
    expect(json.error.hint).toContain('delete it')
  })

  function change(path: string, sql: string): void {
    const db = new Database(path)
    db.exec(sql)
    db.close()
  }
})
