// Files that commands read and write: never over something that is there, never through a link, nobody else's to read.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { appVersion } from '../../src/runtime/app-version.ts'
import { CsvFile } from '../../src/runtime/csv-file.ts'
import { prepareSqlite } from '../../src/store/migrate.ts'
import { type CliFolder, cliFolder, expectRefusal, herald, writeIn } from '../support/cli.ts'
import { campaignDefinition } from '../support/open-test-app.ts'

async function setup() {
  const folder = cliFolder()
  await herald(folder, 'senders', 'add', writeIn(folder, 'sender.json', '{"name":"main","provider":"sandbox"}'))
  const csv = 'phone,first_name\n+12025550101,Ann\n+12025550102,Bob\n+12025550103,Cy\n+12025550104,Di\n12,Nobody\n'
  await herald(
    folder,
    'import',
    writeIn(folder, 'people.csv', csv),
    '--list',
    'people',
    '--rejects',
    join(folder.dir, 'rejected.csv'),
  )
  const definition = JSON.stringify(campaignDefinition({ name: 'sale' }))
  await herald(folder, 'campaigns', 'add', writeIn(folder, 'sale.json', definition))
  return folder
}

/** Every command that writes a file, with the place for its name. */
const writers = (path: string) => [
  ['export', 'sale', '-o', path],
  ['contacts', 'export', '--list', 'people', '-o', path],
  ['imports', 'show', 'imp_1', '--rejects', path],
  ['import', 'PEOPLE', '--list', 'more', '--rejects', path],
  ['backup', path],
]

function commandsWriting(folder: CliFolder, path: string): string[][] {
  return writers(path).map((argv) => argv.map((word) => (word === 'PEOPLE' ? join(folder.dir, 'people.csv') : word)))
}

describe('a file that a command writes', () => {
  it('is none when it is named -: that is standard output, as at other programs', async () => {
    const folder = await setup()
    const commands = [
      ['export', 'sale'],
      ['contacts', 'export', '--list', 'people'],
      ['suppress', 'export'],
      ['report', 'sale', '--format', 'csv'],
    ]
    for (const argv of commands) {
      const plain = await herald(folder, ...argv)
      expect((await herald(folder, ...argv, '-o', '-')).stdout, argv.join(' ')).toBe(plain.stdout)
    }
    expect(existsSync('-')).toBe(false)
  })

  it('SR-30 goes over nothing that is there, without a word (bad input 174)', async () => {
    const folder = await setup()
    const path = writeIn(folder, 'precious.txt', 'precious')
    for (const argv of commandsWriting(folder, path))
      await expectRefusal(folder, argv, { exitCode: 5, code: 'file.exists', says: 'precious.txt' })
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })

  it('SR-30 goes through no link, whether it leads to something or not, forced or not', async () => {
    const folder = await setup()
    const target = writeIn(folder, 'precious.txt', 'precious')
    const nowhere = join(folder.dir, 'nowhere.txt')
    for (const [name, to] of [
      ['a', target],
      ['b', nowhere],
    ]) {
      const link = join(folder.dir, name ?? '')
      symlinkSync(to ?? '', link)
      for (const argv of commandsWriting(folder, link))
        for (const force of [[], ['--force']]) {
          const { exitCode, stderr } = await herald(folder, ...argv, ...force)
          expect([3, 5], `${argv.join(' ')} ${stderr}`).toContain(exitCode)
        }
    }
    expect(readFileSync(target, 'utf8')).toBe('precious')
    expect(existsSync(nowhere)).toBe(false)
  })

  it('SR-30 is not written through a link that somebody puts in its place at the last moment', async () => {
    const { dir } = cliFolder()
    const path = join(dir, 'out.csv')
    const target = join(dir, 'precious.txt')
    writeFileSync(target, 'precious')
    let refused = 0
    for (let n = 0; n < 300; n++) {
      writeFileSync(path, 'x')
      symlinkSync(target, `${path}.link`)
      const isInTime = n % 2 === 0
      if (isInTime) renameSync(`${path}.link`, path)
      const creating = CsvFile.create(path, { isForced: true })
      if (!isInTime) renameSync(`${path}.link`, path)
      const file = await creating.catch((error: { code: string }) => {
        expect(error.code).toBe('file.not_a_regular_file')
        refused++
        return undefined
      })
      await file?.add(['owned'])
      await file?.[Symbol.asyncDispose]()
      rmSync(path, { force: true })
    }
    expect(readFileSync(target, 'utf8')).toBe('precious')
    expect(refused).toBeGreaterThanOrEqual(150)
  })
})

describe('a file that a campaign names', () => {
  it('SR-30 does not exist: no place of a definition leads to a file of this machine (bad input 175)', async () => {
    const folder = await setup()
    const secret = writeIn(folder, 'secret.csv', 'phone\n+12025550199\n')
    const image = (change: object) => ({ content: { type: 'image', ...change } })
    const changes: [Record<string, unknown>, string][] = [
      [{ contacts: '../secret.csv' }, 'campaign.unknown_field'],
      [{ audience: { lists: ['people'], file: secret } }, 'campaign.unknown_field'],
      [{ audience: { lists: [secret] } }, 'list.not_found'],
      [{ audience: { file: secret } }, 'campaign.audience_missing'],
      [{ content: { file: secret } }, 'content.invalid'],
      [{ content: { type: 'text', text: { file: secret } } }, 'content.invalid'],
      [{ content: { type: 'text', text: `{% include "${secret}" %}` } }, 'template.syntax'],
      [{ content: { type: 'text', text: `{% render '../secret.csv' %}` } }, 'template.syntax'],
      [image({ url: `file://${secret}` }), 'media.url_not_allowed'],
      [image({ url: secret }), 'media.url_not_allowed'],
      [image({ url: '../secret.csv' }), 'media.url_not_allowed'],
      [image({ file: secret }), 'campaign.unknown_field'],
    ]
    for (const [n, [change, code]] of changes.entries()) {
      const path = writeIn(folder, 'c.json', JSON.stringify(campaignDefinition({ name: `c${n}`, ...change })))
      const { exitCode, json, stdout } = await herald(folder, '--json', 'campaigns', 'add', path)
      expect([exitCode, json.error.code], JSON.stringify(change)).toEqual([expect.any(Number), code])
      expect(stdout).not.toContain('5550199')
    }
  })
})

describe('what lies on the disk', () => {
  it('SR-50 is for its owner alone, whatever the umask was', async () => {
    const folder = await setup()
    const dir = join(folder.dir, 'data')
    const run = (...argv: string[]) =>
      execFileSync(
        '/bin/sh',
        [
          '-c',
          'umask 000; exec "$@"',
          'sh',
          process.execPath,
          resolve('dist/main.js'),
          '--db',
          join(dir, 'herald.db'),
          ...argv,
        ],
        {
          cwd: folder.dir,
          env: { PATH: process.env.PATH, HERALD_LOG_LEVEL: 'silent' },
          input: 'phone\n+12025550101\n12\n+12025550102\n+12025550103\n+12025550104\n',
        },
      )
    run('import', '-', '--list', 'people', '--rejects', join(dir, 'rejected.csv'))
    run('backup', join(dir, 'copy.db'))
    run('contacts', 'export', '--list', 'people', '-o', join(dir, 'people.csv'))
    const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    expect(names).toEqual(
      expect.arrayContaining(['herald.db', 'herald.key', 'copy.db', 'rejected.csv', 'people.csv', 'staging']),
    )
    const open = [dir, ...names.map((name) => join(dir, name))].filter((path) => (statSync(path).mode & 0o077) !== 0)
    expect(open).toEqual([])
  })

  it('SR-50 is closed to others when it is opened, and stays open to a group that was let in', async () => {
    const folder = await setup()
    chmodSync(folder.dbPath, 0o644)
    await herald(folder, 'lists', 'list')
    expect(statSync(folder.dbPath).mode & 0o777).toBe(0o640)
    for (const name of readdirSync(folder.dir).filter(
      (file) => file.startsWith('herald.db-') && !statSync(join(folder.dir, file)).isDirectory(),
    ))
      expect(statSync(join(folder.dir, name)).mode & 0o007, name).toBe(0)
    const fresh = { dir: folder.dir, dbPath: join(folder.dir, 'fresh.db') }
    mkdirSync(join(folder.dir, 'open'), { mode: 0o755 })
    await prepareSqlite(fresh.dbPath, { appVersion, mayCreate: true })
    expect(statSync(fresh.dbPath).mode & 0o077).toBe(0)
  })

  it('F11: SR-50 closes the folder of a database that others could look into, and says so', async () => {
    const folder = await setup()
    const data = join(folder.dir, 'data')
    mkdirSync(data)
    chmodSync(data, 0o755)
    const made = await herald(
      { dir: folder.dir, dbPath: join(data, 'herald.db') },
      'import',
      writeIn(folder, 'a.csv', 'phone\n+12025550101\n'),
      '--list',
      'a',
    )
    expect([made.exitCode, statSync(data).mode & 0o777]).toEqual([0, 0o750])
    expect(made.stderr).toContain(`other users of this machine could look into ${data} (mode 755); its mode is 750 now`)
    chmodSync(data, 0o751)
    const again = await herald({ dir: folder.dir, dbPath: join(data, 'herald.db') }, 'lists', 'list')
    expect([again.exitCode, again.stderr.includes('its mode is 750 now'), statSync(data).mode & 0o777]).toEqual([
      0,
      true,
      0o750,
    ])
  })

  it('F11: SR-50 refuses a database in a folder that others look into for other files', async () => {
    const folder = cliFolder()
    const data = join(folder.dir, 'shared')
    mkdirSync(data)
    writeFileSync(join(data, 'others.txt'), '')
    for (const mode of [0o755, 0o777, 0o1777]) {
      chmodSync(data, mode)
      const argv = ['import', writeIn(folder, 'a.csv', 'phone\n+12025550101\n'), '--list', 'a']
      await expectRefusal({ dir: folder.dir, dbPath: join(data, 'herald.db') }, argv, {
        exitCode: 4,
        code: 'db.folder_open',
        says: 'chmod o=',
      })
      expect([readdirSync(data), statSync(data).mode & 0o7777]).toEqual([['others.txt'], mode])
    }
  })
})
