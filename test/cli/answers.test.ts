// What commands answer: help that teaches, exactly one JSON document with the promised fields, and text for people.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { stringify } from 'yaml'
import { examples } from '../../src/cli/examples.ts'
import { buildProgram } from '../../src/cli/program.ts'
import {
  cliFolder,
  folderWithDatabase,
  herald,
  heraldProcess,
  type Json,
  sharedCliFolder,
  writeIn,
} from '../support/cli.ts'
import { campaignDefinition } from '../support/open-test-app.ts'

/** Commands that do something, by their path. */
function commandsOf(command: Command, path: string[] = []): [string, Command][] {
  return command.commands.flatMap((known) => {
    const name = [...path, known.name()]
    return known.commands.length > 0 ? commandsOf(known, name) : [[name.join(' '), known] as [string, Command]]
  })
}

const commands = commandsOf(await buildProgram())

/** The words of a command line as a shell splits it. */
function wordsOf(line: string): string[] {
  return [...line.replace(/ >.*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

describe('help', () => {
  it('has one example for each command, and none for others', () => {
    expect(Object.keys(examples).sort()).toEqual(commands.map(([path]) => path).sort())
  })

  it.each(commands)(
    'of %s says what it does, with arguments and flags explained, and ends with the example',
    async (path, command) => {
      const { exitCode, stdout, stderr } = await herald({ dir: '.', dbPath: 'none.db' }, ...path.split(' '), '--help')
      expect([exitCode, stderr]).toEqual([0, ''])
      expect(stdout).toContain(`Usage: herald ${path}`)
      expect(command.description()).not.toBe('')
      expect(stdout).toContain(`Example:\n  ${examples[path]}`)
      for (const argument of command.registeredArguments) expect(argument.description).not.toBe('')
      for (const option of command.options) expect(option.description).not.toBe('')
      const [program, ...words] = wordsOf(examples[path] ?? '')
      expect([program, ...words.slice(0, path.split(' ').length)]).toEqual(['herald', ...path.split(' ')])
      const known = command.options.flatMap(({ short, long }) => [short, long])
      for (const flag of words.filter((word) => /^--?[a-z]/.test(word))) expect(known).toContain(flag)
      const needed = command.registeredArguments.filter((argument) => argument.required).length
      expect(words.length - path.split(' ').length).toBeGreaterThanOrEqual(needed)
    },
  )

  it('begins with the first steps when nothing is named', async () => {
    const { exitCode, stdout, stderr } = await herald(cliFolder())
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toContain('First steps:')
  })

  it('names the version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect((await herald(cliFolder(), '--version')).stdout).toBe(`${version}\n`)
  })
})

const folder = sharedCliFolder(async (made) => {
  const rows =
    'phone,first_name,opt_in\n+12025550101,Ada,yes\n+12025550102,Bob,yes\n+12025550102,Bob,yes\n+12025550103,Cid,no\n'
  writeIn(made, 'people.csv', `${rows}+12,Dan,yes\n+12025550105,Eve,yes\n`)
  writeIn(made, 'sender.yaml', 'name: main\nprovider: sandbox\npairIntervalSeconds: 0\nratePerSecond: 1000\n')
  writeIn(made, 'campaign.yaml', stringify(campaignDefinition()))
  writeIn(made, 'numbers.txt', '+12025550110\n+12025550111\n')
})

const at = (name: string) => join(folder.dir, name)
const anInstant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
const statuses = 'pending sending accepted sent delivered read failed unknown skipped expired cancelled'.split(' ')
const zeroOrMore = Object.fromEntries(statuses.map((status) => [status, expect.any(Number)]))
const campaign = { id: 'cmp_1', name: 'Spring sale' }

describe('with --json each command answers one document', () => {
  // In this order: each goes on where the one before has ended.
  it.each<[string[], Json]>([
    [['import', at('people.csv'), '--list', 'people', '--dry-run'], { importId: null, list: 'people', dryRun: true }],
    [
      ['import', at('people.csv'), '--list', 'people'],
      {
        importId: 'imp_1',
        list: 'people',
        rows: 6,
        added: 4,
        updated: 0,
        unchanged: 0,
        duplicates: 1,
        suppressed: 0,
        rejected: 1,
        rejectsFile: at('people.rejects.csv'),
        encoding: 'utf-8',
        delimiter: ',',
      },
    ],
    [
      ['import', at('people.csv'), '--list', 'people'],
      { importId: 'imp_1', alreadyImported: true, rows: 6, added: 0, updated: 0 },
    ],
    [['imports', 'list'], [{ id: 'imp_1', status: 'applied', rows: 6 }]],
    [['imports', 'show', 'imp_1'], { id: 'imp_1', rejects: [{ line: 6, code: 'phone.too_short' }] }],
    [['lists', 'list'], [{ name: 'people', contacts: 4, fields: ['first_name'] }]],
    [['lists', 'show', 'people'], { id: 'lst_1', name: 'people', contacts: 4, busy: false }],
    [
      ['contacts', 'show', '+12025550101'],
      { phone: '+12025550101', attributes: { first_name: 'Ada' }, lists: ['people'], messages: [] },
    ],
    [['contacts', 'export', '--list', 'people', '-o', at('people.out.csv')], { file: at('people.out.csv') }],
    [['suppress', 'add', '+12025550105', '--reason', 'opted_out'], { phone: '+12025550105', scope: 'all', stopped: 0 }],
    [
      ['suppress', 'list', '--phone', '+12025550105'],
      [{ phone: '+12025550105', reason: 'opted_out', since: anInstant }],
    ],
    [['suppress', 'remove', '+12025550105'], { phone: '+12025550105', removed: 1 }],
    [['suppress', 'import', at('numbers.txt')], { rows: 2, added: 2, known: 0, rejected: [] }],
    [
      ['senders', 'add', at('sender.yaml')],
      {
        id: 'snd_1',
        name: 'main',
        provider: 'sandbox',
        status: 'active',
        webhookUrl: expect.stringContaining('/webhooks/'),
      },
    ],
    [['senders', 'list'], [{ name: 'main' }]],
    [['senders', 'show', 'main'], { id: 'snd_1', webhookUrl: expect.any(String) }],
    [['senders', 'pause', 'main'], { status: 'paused' }],
    [['senders', 'resume', 'main'], { status: 'active' }],
    [['senders', 'set', 'main', '--rate', '500'], { ratePerSecond: 500 }],
    [['templates', 'list'], []],
    [['limits', 'show'], { quietHours: { from: '21:00', to: '08:00' }, caps: [{ max: 1 }] }],
    [['limits', 'set', 'quiet-hours', 'off'], { quietHours: null }],
    [['limits', 'cap', 'weekly', '--max', '3', '--window', '7d'], { caps: [{}, { id: 'weekly', max: 3 }] }],
    [
      ['schedule', 'preview', '0 9 * * MON', '--time-zone', 'Europe/Berlin', '-n', '2', '--from', '2027-03-22T00:00'],
      {
        occurrences: [
          { at: '2027-03-22T08:00:00Z', local: '2027-03-22T09:00', note: null },
          { at: '2027-03-29T07:00:00Z', local: '2027-03-29T09:00' },
        ],
      },
    ],
    [['campaigns', 'add', at('campaign.yaml')], { ...campaign, status: 'draft' }],
    [['campaigns', 'list'], [{ ...campaign, status: 'draft' }]],
    [['campaigns', 'show', 'cmp_1'], { ...campaign, definition: { name: 'Spring sale' } }],
    [['campaigns', 'edit', 'cmp_1', at('campaign.yaml')], { ...campaign, revision: 2 }],
    [['campaigns', 'clone', 'cmp_1', '--name', 'Second'], { id: 'cmp_2', name: 'Second', status: 'draft' }],
    [
      ['campaigns', 'test', 'Second', '--to', '+12025550101'],
      { message: expect.any(String), phone: '+12025550101', status: 'accepted' },
    ],
    [['campaigns', 'archive', 'Second'], { name: 'Second', status: 'archived' }],
    [
      ['forecast', 'Spring sale'],
      {
        audience: 4,
        byOutcome: { sent: 3, skipped: 1, deferred: 0, expired: 0 },
        firstAt: anInstant,
        lastAt: anInstant,
        warnings: expect.any(Array),
      },
    ],
    [
      ['why', 'Spring sale', '+12025550103'],
      {
        decision: expect.any(String),
        checks: expect.arrayContaining([expect.objectContaining({ check: expect.any(String) })]),
      },
    ],
    [['campaigns', 'launch', 'Spring sale'], { ...campaign, status: 'scheduled' }],
    [['campaigns', 'pause', 'Spring sale'], { ...campaign, status: 'paused', onTheWire: 0 }],
    [['campaigns', 'resume', 'Spring sale'], { ...campaign, status: 'running', willExpire: 0 }],
    [
      ['run', 'Spring sale'],
      { campaign: { ...campaign, status: 'finished' }, totals: { audience: 4, byStatus: { skipped: 1, pending: 0 } } },
    ],
    [
      ['report', 'Spring sale'],
      {
        campaign: { ...campaign, status: 'finished' },
        runs: [
          {
            run: 'run_2',
            occurrence: expect.any(String),
            status: 'finished',
            audience: 4,
            byStatus: zeroOrMore,
            skippedBy: { opted_out: 1 },
            failedBy: expect.any(Object),
            waitingFor: [],
            startedAt: anInstant,
            finishedAt: anInstant,
          },
        ],
        totals: { audience: 4, byStatus: zeroOrMore },
      },
    ],
    [['run', 'Spring sale'], { campaign: { ...campaign, status: 'finished' }, totals: { audience: 4 } }],
    [['campaigns', 'cancel', 'Spring sale', '--yes'], { error: { code: 'campaign.finished' } }],
    [['export', 'Spring sale', '-o', at('out.csv')], { file: at('out.csv'), lines: 4 }],
    [['verify'], { ok: true, checks: expect.arrayContaining([expect.objectContaining({ ok: true })]) }],
    [['unknown', 'list'], []],
    [['imports', 'undo', 'imp_1', '--yes'], { id: 'imp_1', status: 'undone' }],
    [['contacts', 'erase', '+12025550101', '--yes'], { stoppedMessages: 0 }],
    [['campaigns', 'archive', 'Spring sale'], { status: 'archived' }],
    [['lists', 'delete', 'people', '--yes'], { name: 'people' }],
    [['doctor'], { ok: expect.any(Boolean), findings: expect.any(Array), settings: { port: 8080 } }],
    [['backup', at('copy.db')], { file: at('copy.db') }],
    [['schema', 'campaign'], { type: 'object', properties: { useCase: expect.any(Object) } }],
    [['schema', 'sender'], { properties: expect.objectContaining({ provider: expect.any(Object) }) }],
    [['users', 'list'], []],
    [['keys', 'list'], []],
  ])('%j', async (argv, document) => {
    const { json } = await herald(folder, ...argv, '--json')
    expect(json).toMatchObject(document)
  })

  it('and the exported CSV has the columns that were promised', () => {
    const [header, first = ''] = readFileSync(at('out.csv'), 'utf8').split('\n')
    expect(header).toBe(
      'message_id,phone,status,reason,provider_code,tracking_id,due_at,accepted_at,sent_at,delivered_at,read_at,failed_at,attempts,first_name',
    )
    expect(first).toMatch(/^msg_\d+,\d+,/)
  })
})

describe('for people', () => {
  afterEach(() => vi.unstubAllEnvs())

  const people =
    'Name;Mobil;Weg\nAnn;0151 23456789;x\nBob;0151 23456789;y\nCid;12;z\nDan;0151 23456780;x\nEve;0151 23456781;x\n'

  it('an import says how it read the file, what became of the lines, and what to do with the rejected ones', async () => {
    const made = await folderWithDatabase()
    const file = writeIn(made, 'people.csv', people)
    const flags = ['--list', 'people', '--default-country', 'DE', '--map', 'Weg=-']
    const { exitCode, stdout, stderr } = await herald(made, 'import', file, ...flags)
    expect([exitCode, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Columns, split by ";", in utf-8: Name → name, Mobil → phone, Weg (left out)')
    expect(stdout).toMatch(/added +3/)
    expect(stdout).toContain('line 3 repeats line 2 with other data; line 2 counts')
    expect(stdout).toMatch(/line 4 is rejected: .*\(phone\.too_short\)/)
    expect(stdout).toContain(
      `Correct the rejected lines in ${join(made.dir, 'people.rejects.csv')} and import that file.`,
    )
    expect((await herald(made, 'import', file, ...flags)).stdout).toMatch(/^This file was imported on .*--force/)
  })

  it('reads a file from standard input', async () => {
    const made = cliFolder()
    const { exitCode, json } = await heraldProcess(
      made,
      ['--json', 'import', '-', '--list', 'people', '--default-country', 'DE'],
      {
        input: people,
      },
    )
    expect([exitCode, json.rows, json.added]).toEqual([0, 5, 3])
    expect([json.rejectsFile, readdirSync(made.dir).filter((name) => name.endsWith('.csv'))]).toEqual([null, []])
    const rejects = join(made.dir, 'rejects.csv')
    const again = ['import', '-', '--list', 'again', '--default-country', 'DE', '--rejects', rejects, '--dry-run']
    await heraldProcess(made, again, { input: people })
    expect(readFileSync(rejects, 'utf8')).toContain('Cid,12,z,4,phone.too_short')
  })

  it('colours are for terminals only, and never with --no-color or NO_COLOR', async () => {
    const made = await folderWithDatabase()
    const terminal = process.stdout.isTTY
    const isColoured = async (...flags: string[]) =>
      (await herald(made, 'limits', 'show', ...flags)).stdout.includes('\u001b[')
    try {
      process.stdout.isTTY = false
      expect(await isColoured()).toBe(false)
      process.stdout.isTTY = true
      vi.stubEnv('NO_COLOR', '')
      expect(await isColoured()).toBe(true)
      expect(await isColoured('--no-color')).toBe(false)
      vi.stubEnv('NO_COLOR', '1')
      expect(await isColoured()).toBe(false)
    } finally {
      process.stdout.isTTY = terminal
    }
  })

  it('--quiet leaves the answer and drops the notes', async () => {
    const made = cliFolder()
    await herald(made, 'senders', 'add', writeIn(made, 'sender.yaml', 'name: main\nprovider: sandbox\n'))
    const { stdout, stderr } = await herald(made, '--quiet', 'senders', 'list')
    expect([stdout.includes('main'), stderr]).toEqual([true, ''])
  })

  it('names from files cannot move the cursor', async () => {
    const made = cliFolder()
    const file = writeIn(made, 'people.csv', 'phone,name\n+12025550101,\u009b31mred\u202e\n')
    await herald(made, 'import', file, '--list', 'people')
    const { stdout } = await herald(made, 'contacts', 'show', '+12025550101')
    expect(stdout).toContain('31mred\n')
    expect(stdout).not.toContain('\u009b')
    expect(stdout).not.toContain('\u202e')
  })
})
