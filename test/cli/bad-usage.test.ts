// Command lines, settings, files and surroundings that are wrong: one line that says what to do, the right exit code.
import { once } from 'node:events'
import { lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type CliFolder,
  cliFolder,
  expectRefusal,
  folderWithDatabase,
  herald,
  saidBy,
  sharedCliFolder,
  startHerald,
  stopped,
  writeIn,
} from '../support/cli.ts'
import { phoneNumber } from '../support/open-test-app.ts'
import { stopBetweenTransactions } from '../support/stopped-process.ts'

const folder = sharedCliFolder(async (made) => {
  const people = Array.from({ length: 3 }, (_, n) => `${phoneNumber(n)},N${n}`)
  await herald(made, 'import', writeIn(made, 'people.csv', `phone,name\n${people.join('\n')}\n`), '--list', 'people')
  await herald(made, 'senders', 'add', writeIn(made, 'sender.yaml', 'name: main\nprovider: sandbox\n'))
})

afterEach(() => vi.unstubAllEnvs())

describe('a command line is refused', () => {
  it.each<[string, string[], string, string | RegExp]>([
    ['with an unknown command (bad input 170)', ['imprt', 'x.csv'], 'usage.unknown_command', 'Did you mean import?'],
    [
      'with an unknown flag (bad input 170)',
      ['import', 'x.csv', '--list', 'x', '--dry-rnu'],
      'usage.unknown_option',
      'Did you mean --dry-run?',
    ],
    [
      'with an unknown word of a group (bad input 170)',
      ['campaigns', 'lanch', 'x'],
      'usage.unknown_command',
      'Did you mean launch?',
    ],
    ['with a group alone', ['campaigns'], 'usage.missing_value', /add, list, show.*See herald campaigns --help/],
    ['with a flag without value (bad input 171)', ['import', 'x.csv', '--list'], 'usage.missing_value', '--list'],
    [
      'without a flag that is needed (bad input 171)',
      ['import', 'x.csv'],
      'usage.missing_value',
      'See herald import --help',
    ],
    [
      'without an argument (bad input 171)',
      ['lists', 'show'],
      'usage.missing_value',
      "missing required argument 'list'",
    ],
    [
      'with a flag twice (bad input 171)',
      ['import', 'x.csv', '--list', 'a', '--list', 'b'],
      'usage.invalid_value',
      'twice',
    ],
    ['with an empty value (bad input 171)', ['senders', 'set', 'main', '--rate='], 'usage.invalid_value', 'no value'],
    [
      'with a rate below its range (bad input 171)',
      ['senders', 'set', 'main', '--rate=-5'],
      'usage.invalid_value',
      'above 0, at most 10000',
    ],
    ['with a port above its range (bad input 177)', ['start', '--port', '70000'], 'usage.invalid_value', '0 to 65535'],
    [
      'with a word that is none of the allowed',
      ['import', 'x.csv', '--list', 'x', '--mode', 'merge'],
      'usage.invalid_value',
      'upsert, replace',
    ],
    [
      'with a country that is none',
      ['import', 'x.csv', '--list', 'x', '--default-country', 'Germany'],
      'usage.invalid_value',
      'two letters',
    ],
    [
      'with a mapping that is none',
      ['import', 'x.csv', '--list', 'x', '--map', 'phone'],
      'usage.invalid_value',
      'column=field',
    ],
    [
      'with a question that nobody can answer (bad input 183)',
      ['lists', 'delete', 'people'],
      'usage.needs_yes',
      '--yes',
    ],
    ['with no change', ['senders', 'set', 'main'], 'usage.missing_value', '--rate'],
  ])('%s', async (_what, argv, code, says) => {
    await expectRefusal(folder, argv, { exitCode: 2, code, says })
  })

  it('without a database name', async () => {
    const { exitCode, stderr } = await herald({ ...folder, dbPath: '' }, 'lists', 'list')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('no value')])
  })

  it.each<[string, string[], string]>([
    ['list', ['lists', 'show', 'nobody'], 'list.not_found'],
    ['campaign', ['report', 'nobody'], 'campaign.not_found'],
    ['sender', ['senders', 'show', 'nobody'], 'sender.not_found'],
    ['import', ['imports', 'show', 'imp_99'], 'import.not_found'],
    ['contact', ['contacts', 'show', '+4915112345678'], 'contact.not_found'],
    ['suppression', ['suppress', 'remove', '+4915112345678'], 'suppression.not_found'],
    ['message', ['unknown', 'resolve', 'msg_99', '--as', 'failed'], 'message.not_found'],
  ])('that names a %s which does not exist', async (_what, argv, code) => {
    await expectRefusal(folder, argv, { exitCode: 5, code })
  })

  it('that names a list which cannot be one', async () => {
    const argv = ['import', join(folder.dir, 'people.csv'), '--list', '../etc']
    await expectRefusal(folder, argv, { exitCode: 3, code: 'list.name_invalid' })
  })
})

describe('files are not overwritten', () => {
  const exportTo = (path: string, ...flags: string[]) => [
    'contacts',
    'export',
    '--list',
    'people',
    '-o',
    path,
    ...flags,
  ]

  it('unless it is said (bad input 174)', async () => {
    const taken = writeIn(folder, 'taken.csv', 'mine')
    await expectRefusal(folder, exportTo(taken), { exitCode: 5, code: 'file.exists', says: '--force' })
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    expect((await herald(folder, ...exportTo(taken, '--force'))).exitCode).toBe(0)
    expect(readFileSync(taken, 'utf8')).toContain('12025550100')
  })

  it('through a link, even when it is said (bad input 174)', async () => {
    const target = writeIn(folder, 'target.csv', 'mine')
    const link = join(folder.dir, 'link.csv')
    symlinkSync(target, link)
    await expectRefusal(folder, exportTo(link), { exitCode: 5, code: 'file.exists' })
    await expectRefusal(folder, exportTo(link, '--force'), {
      exitCode: 3,
      code: 'file.not_a_regular_file',
      says: 'link',
    })
    expect(readFileSync(target, 'utf8')).toBe('mine')
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('in a folder that is not there (bad input 174)', async () => {
    const path = join(folder.dir, 'no', 'where.csv')
    await expectRefusal(folder, exportTo(path), { exitCode: 3, code: 'file.not_writable', says: 'Check the folder' })
  })

  it('by a backup', async () => {
    await expectRefusal(folder, ['backup', writeIn(folder, 'backup.db', 'mine')], { exitCode: 5, code: 'file.exists' })
  })
})

describe('a database is refused', () => {
  const at = (dbPath: string): CliFolder => ({ dir: folder.dir, dbPath })

  it.each<[string, () => string, number, string]>([
    [
      'that is another file (bad input 173)',
      () => writeIn(folder, 'passwd', 'root:x:0:0\n'.repeat(9)),
      4,
      'db.not_ours',
    ],
    [
      'that is encrypted (bad input 173)',
      () => writeIn(folder, 'sealed.db', Buffer.alloc(8192, 0xa7)),
      4,
      'db.not_ours',
    ],
    ['of another program (bad input 173)', foreignDatabase, 4, 'db.not_ours'],
    ['that is a folder', () => folder.dir, 4, 'db.not_ours'],
    ['below a file', () => join(writeIn(folder, 'a-file', 'x'), 'herald.db'), 4, 'db.missing'],
    ['in a folder that is not there', () => '/proc/herald/herald.db', 4, 'db.missing'],
    ['of a kind that is not supported', () => 'mysql://localhost/herald', 4, 'db.unsupported'],
  ])('%s', async (_what, path, exitCode, code) => {
    const { stderr, ...result } = await herald(at(path()), '--json', 'lists', 'list')
    expect([result.exitCode, result.json.error.code]).toEqual([exitCode, code])
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  function foreignDatabase(): string {
    const path = join(folder.dir, 'foreign.db')
    const db = new Database(path)
    db.exec('CREATE TABLE IF NOT EXISTS notes (text TEXT)')
    db.close()
    return path
  }

  it('that a newer program made (bad input 173)', async () => {
    const made = await folderWithDatabase()
    change(made, `INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('new', 99999999999999)`)
    change(made, `UPDATE settings SET value = '"9.9.0"' WHERE key = 'appVersion'`)
    await expectRefusal(made, ['lists', 'list'], {
      exitCode: 4,
      code: 'db.newer_schema',
      says: 'made by Herald 9.9.0, this is',
    })
  })

  it('while a program of another version is at work on it; reading stays possible (bad input 182)', async () => {
    const made = cliFolder()
    const running = startHerald(made, ['start', '--port', '0', '--json'])
    await saidBy(running, /\}/)
    change(made, `UPDATE nodes SET app_version = '9.9.0'`)
    const file = writeIn(made, 'people.csv', 'phone\n+12025550101\n')
    await expectRefusal(made, ['import', file, '--list', 'people'], {
      exitCode: 5,
      code: 'instance.version_mismatch',
      says: 'Herald 9.9.0 is at work',
    })
    expect((await herald(made, 'lists', 'list')).exitCode).toBe(0)
    expect(await stopped(running)).toBe(0)
    expect((await herald(made, 'import', file, '--list', 'people')).exitCode).toBe(0)
  })

  it('when the clock is behind it (bad input 186)', async () => {
    const made = cliFolder()
    const running = startHerald(made, ['start', '--port', '0', '--json'])
    await saidBy(running, /\}/)
    const file = writeIn(made, 'people.csv', 'phone\n+12025550101\n')
    // It lives and says nothing more: its next heartbeat would be right.
    stopBetweenTransactions(made.dbPath, running)
    const ahead = 'heartbeat_at = heartbeat_at + 7200000, lease_until = lease_until + 7200000'
    change(made, `UPDATE nodes SET ${ahead} WHERE stopped_at IS NULL`)
    await expectRefusal(made, ['import', file, '--list', 'others'], {
      exitCode: 4,
      code: 'clock.behind',
      says: 'set the clock',
    })
    running.kill('SIGCONT')
    expect(await stopped(running)).toBe(0)
  })

  it('H7: and not because of what dead processes left in the future, with or without their locks', async () => {
    const made = cliFolder()
    const file = writeIn(made, 'people.csv', 'phone\n+12025550101\n')
    await herald(made, 'import', file, '--list', 'people')
    change(
      made,
      `UPDATE nodes SET heartbeat_at = heartbeat_at + 9e10, lease_until = lease_until + 9e10, stopped_at = NULL`,
    )
    expect((await herald(made, 'import', file, '--list', 'others', '--force')).exitCode).toBe(0)
    rmSync(`${made.dbPath}-nodes`, { recursive: true })
    change(
      made,
      `UPDATE nodes SET heartbeat_at = heartbeat_at + 9e10, lease_until = lease_until + 9e10, stopped_at = NULL`,
    )
    expect((await herald(made, 'import', file, '--list', 'third', '--force')).exitCode).toBe(0)
    const doctor = await herald(made, '--json', 'doctor')
    expect(doctor.exitCode).toBe(8)
    expect(doctor.stdout).toContain('herald unlock clears it')
    expect((await herald(made, '--json', 'unlock', '--yes')).json.cleared).not.toEqual([])
    expect((await herald(made, '--json', 'unlock')).json.cleared).toEqual([])
  })
})

/** A change by hand, as no command makes it. */
function change({ dbPath }: CliFolder, sql: string): void {
  const db = new Database(dbPath)
  db.prepare(sql).run()
  db.close()
}

describe('a setting is refused', () => {
  it.each<[string, string, string, string | RegExp]>([
    ['HERALD_PORT', '', 'config.empty_value', 'set but empty'],
    ['HERALD_PORT', '80a', 'config.invalid', 'HERALD_PORT'],
    ['HERALD_PORT', '70000', 'config.invalid', '65535'],
    ['HERALD_TIME_ZONE', 'Mars/Phobos', 'config.invalid', 'IANA'],
    ['HERALD_SECRET_KEY', 'short', 'config.invalid', 'openssl rand'],
    ['HERALD_SECRET_KEY_FILE', '/nowhere/herald.key', 'config.secret_missing', 'does not exist'],
    ['HERALD_CONFIG', '/nowhere/herald.yaml', 'config.invalid', 'HERALD_CONFIG'],
  ])('%s=%s (bad input 177, 178)', async (name, value, code, says) => {
    vi.stubEnv(name, value)
    await expectRefusal(folder, ['lists', 'list'], { exitCode: 4, code, says })
  })

  it.each<[string, string, string | RegExp]>([
    [
      'host: 127.0.0.1\nprot: 8080\n',
      'config.unknown_key',
      /settings.yaml:2: "prot" is no setting.*Did you mean "port"/,
    ],
    ['port: "80a"\n', 'config.invalid', 'settings.yaml:1: port'],
    ['# mine\nport: 70000\n', 'config.invalid', 'settings.yaml:2: port'],
    ['port: [\n', 'config.invalid', 'settings.yaml:'],
  ])('in a file: %j (bad input 177)', async (content, code, says) => {
    vi.stubEnv('HERALD_CONFIG', writeIn(folder, 'settings.yaml', content))
    await expectRefusal(folder, ['lists', 'list'], { exitCode: 4, code, says })
  })

  it('when others can read the key file (bad input 179)', async () => {
    const key = writeIn(folder, 'open.key', `${'ab'.repeat(32)}\n`)
    writeFileSync(key, `${'ab'.repeat(32)}\n`, { mode: 0o644 })
    vi.stubEnv('HERALD_SECRET_KEY_FILE', key)
    await expectRefusal(folder, ['lists', 'list'], {
      exitCode: 4,
      code: 'config.key_file_open',
      says: `chmod 600 ${key}`,
    })
  })

  it('when the port is taken (bad input 181)', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = String((server.address() as AddressInfo).port)
    const { exitCode, json, stderr } = await herald(cliFolder(), '--json', 'start', '--port', port)
    server.close()
    expect([exitCode, json.error.code]).toEqual([4, 'config.port_in_use'])
    expect(stderr).toContain(`127.0.0.1:${port}`)
  })
})
