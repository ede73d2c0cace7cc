// Words that somebody misspelt, or gave to the wrong command: what is suggested, and that it is looked at before anything is done.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { nearestWord } from '../../src/domain/errors.ts'
import { cliFolder, expectRefusal, herald, heraldProcess, sharedCliFolder, writeIn } from '../support/cli.ts'
import { campaignDefinition } from '../support/open-test-app.ts'

const folder = sharedCliFolder(async (made) => {
  await herald(
    made,
    'import',
    writeIn(made, 'people.csv', 'phone,name\n+12025550100,Ann\n12,x\n'),
    '--list',
    'spring',
    '--force',
  )
  await herald(made, 'senders', 'add', writeIn(made, 'sender.yaml', 'name: main\nprovider: sandbox\n'))
  const campaign = campaignDefinition({
    name: 'Spring sale',
    sender: 'main',
    audience: { lists: ['spring'] },
    content: { type: 'text', text: 'Hello' },
  })
  await herald(made, 'campaigns', 'add', writeIn(made, 'campaign.json', JSON.stringify(campaign)))
  const password = writeIn(made, 'password', 'plum-otter-ladder-42-quiet')
  await herald(made, 'users', 'add', 'Anna', '--role', 'editor', '--password-file', password)
})
const at = (name: string) => join(folder.dir, name)

describe('P9: a name that nothing has', () => {
  it.each([
    [['forecast', 'Sprng sale'], 'Spring sale'],
    [['campaigns', 'show', 'springsale'], 'Spring sale'],
    [['report', 'Spring'], 'Spring sale'],
    [['senders', 'pause', 'man'], 'main'],
    [['lists', 'show', 'sprng'], 'spring'],
    [['users', 'disable', 'Ana'], 'Anna'],
    [['limits', 'cap', 'dally', '--remove'], 'daily'],
  ])('P9: %j suggests %s', async (argv, nearest) => {
    const { stderr, exitCode } = await herald(folder, ...argv)
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(`Did you mean "${nearest}"?`)])
  })

  it('P9: in another case is that name', async () => {
    expect((await herald(folder, 'campaigns', 'show', 'spring SALE')).exitCode).toBe(0)
  })
})

describe('P9: a word that is none of the known', () => {
  it.each([
    [['export', 'Spring sale', '--status', 'deliverd'], 'delivered'],
    [['import', at('people.csv'), '--list', 'x', '--mode', 'upsrt'], 'upsert'],
    [['users', 'add', 'x', '--role', 'administrator'], 'admin'],
    [['suppress', 'add', '+12025550100', '--reason', 'optout'], 'opted_out'],
    [['campaigns', 'list', '--status', 'archved'], 'archived'],
    [['keys', 'add', 'x', '--user', 'Anna', '--rights', 'read,sendd'], 'send'],
    [['schema', 'campain'], 'campaign'],
    [['import', at('people.csv'), '--list', 'x', '--default-country', 'UK'], 'GB'],
    [['import', at('people.csv'), '--list', 'x', '--default-country', 'Germany'], 'DE'],
    [['suppress', 'import', at('people.csv'), '--default-country', 'Österreich'], 'AT'],
    [['import', at('people.csv'), '--lst', 'x'], '--list'],
    [['users', 'add', 'x', '--rol', 'admin'], '--role'],
    [['campaigns', 'test', 'x', '--too', '+12025550100'], '--to'],
    [['campaigns', 'shw', '--help'], 'show'],
    [['help', 'imprt'], 'import'],
  ])('P9: %j suggests %s', async (argv, nearest) => {
    const { exitCode, stderr } = await herald(folder, ...argv)
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(new RegExp(`Did you mean ${nearest}\\?`))])
  })

  /** Every command below the first depth, as the words of its group and its name. */
  function childrenOf(command: Command, path: string[] = []): [string[], string][] {
    return command.commands.flatMap((child): [string[], string][] => [
      ...(path.length === 0 ? [] : ([[path, child.name()]] as [string[], string][])),
      ...childrenOf(child, [...path, child.name()]),
    ])
  }

  it('P9: a misspelt command is suggested at every depth, after help and within it', async () => {
    const all = childrenOf(await buildProgram())
    expect(all.length).toBeGreaterThan(50)
    expect(all.map(([path]) => path.length)).toContain(2)
    for (const [path, name] of all) {
      const typo = `${name}${name.at(-1)}`
      for (const argv of [
        [...path, typo],
        ['help', ...path, typo],
        [...path, 'help', typo],
        [...path, typo, '--help'],
      ]) {
        const { exitCode, stderr } = await herald(folder, ...argv)
        expect([exitCode, stderr], argv.join(' ')).toEqual([2, expect.stringContaining(`Did you mean ${name}?`)])
      }
    }
  })

  it('P9: a misspelt help is suggested, and help is found at every depth', async () => {
    for (const argv of [['hlp'], ['users', 'hepl'], ['senders', 'webhook', 'hel']])
      expect((await herald(folder, ...argv)).stderr, argv.join(' ')).toContain('Did you mean help?')
    for (const argv of [
      ['senders', 'webhook', 'help', 'rotate'],
      ['senders', 'help', 'webhook', 'rotate'],
      ['help', 'senders', 'webhook', 'rotate'],
    ])
      expect((await herald(folder, ...argv)).stdout, argv.join(' ')).toContain('Usage: herald senders webhook rotate')
    expect((await herald(folder, 'senders', 'webhook', 'help')).stdout).toContain('Usage: herald senders webhook')
  })

  it('P9: suggests nothing where nothing is near', async () => {
    const { exitCode, stderr } = await herald(folder, 'help', 'nonsense')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("unknown command 'nonsense'. See herald --help.")])
    expect(nearestWord('zebra', ['list', 'show'])).toBeUndefined()
  })

  it.each([[['-v']], [['version']], [['-V']], [['--version']]])('P9: %j is the version', async (argv) => {
    const { exitCode, stdout } = await heraldProcess(folder, argv)
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+/)])
  })

  it.each([[['import', 'help']], [['help', 'import']], [['import', '--help']]])(
    'P9: %j shows the help of import',
    async (argv) => {
      const { exitCode, stdout } = await herald(folder, ...argv)
      expect([exitCode, stdout]).toEqual([0, expect.stringContaining('Usage: herald import')])
    },
  )
})

describe('P9: a file of another kind', () => {
  it.each([
    [['senders', 'add', at('campaign.json')], 'herald campaigns add'],
    [['campaigns', 'add', at('sender.yaml')], 'herald senders add'],
    [['campaigns', 'edit', 'Spring sale', at('sender.yaml')], 'herald senders add'],
    [['senders', 'set', 'main', '--credentials', at('campaign.json')], 'herald campaigns add'],
    [['campaigns', 'add', at('people.csv')], 'herald import'],
    [['senders', 'add', at('people.csv')], 'herald import'],
    [['import', at('campaign.json'), '--list', 'x'], 'herald campaigns add'],
    [['import', at('sender.yaml'), '--list', 'x'], 'herald senders add'],
  ])('P9: %j names the command that takes it', async (argv, says) => {
    await expectRefusal(folder, argv, { exitCode: 3, code: 'file.wrong_kind', says })
  })
})

describe('P9: what a command would write', () => {
  it.each([
    [['import', at('people.csv'), '--list', 'new', '--rejects']],
    [['export', 'Spring sale', '-o']],
    [['contacts', 'export', '-o']],
    [['imports', 'show', 'imp_1', '--rejects']],
    [['backup']],
  ])('P9: %j is refused at once where it cannot be written', async (argv) => {
    const taken = writeIn(folder, 'taken.csv', 'mine')
    await expectRefusal(folder, [...argv, taken], { exitCode: 5, code: 'file.exists' })
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    const { exitCode, stderr } = await herald(folder, ...argv, at('nowhere/x.csv'))
    expect([[3, 7].includes(exitCode ?? 0) || exitCode === 5, stderr]).toEqual([
      true,
      expect.stringContaining('nowhere'),
    ])
    mkdirSync(at('a-folder'), { recursive: true })
    if (argv[0] !== 'backup')
      await expectRefusal(folder, [...argv, at('a-folder')], { exitCode: 3, code: 'file.not_a_regular_file' })
  })

  it('P9: an import is refused for its rejects file before it makes a database', async () => {
    const empty = cliFolder()
    const taken = writeIn(empty, 'taken.csv', 'mine')
    const { exitCode } = await herald(
      empty,
      'import',
      writeIn(empty, 'a.csv', 'phone\n1\n'),
      '--list',
      'x',
      '--rejects',
      taken,
    )
    expect([exitCode, existsSync(empty.dbPath)]).toEqual([5, false])
  })

  it('P9: an import from standard input writes no file by itself', async () => {
    const before = readdirSync(folder.dir).sort()
    const input = 'phone\n+12025550101\n12\n'
    const { exitCode, json } = await heraldProcess(folder, ['--json', 'import', '-', '--list', 'piped', '--force'], {
      input,
    })
    expect([exitCode, json.rejected, json.rejectsFile]).toEqual([0, 1, null])
    expect(readdirSync(folder.dir).sort()).toEqual(before)
  })

  it('P9: --quiet says the buckets and nothing else', async () => {
    const { stdout, stderr } = await herald(
      folder,
      '--quiet',
      'import',
      at('people.csv'),
      '--list',
      'quiet',
      '--force',
      '--dry-run',
    )
    expect(stdout).not.toMatch(/Columns|line \d|rows in/)
    expect([stdout, stderr]).toEqual([expect.stringContaining('added'), ''])
  })

  it('P9: samples are written for whoever has no checkout, and never over files', async () => {
    const target = at('my samples')
    const { exitCode, json } = await herald(folder, '--json', 'samples', target)
    expect([exitCode, json.files]).toEqual([
      0,
      expect.arrayContaining([join(target, 'contacts.csv'), join(target, 'senders', 'sandbox.yaml')]),
    ])
    await expectRefusal(folder, ['samples', target], { exitCode: 5, code: 'file.exists' })
    const imported = await herald(folder, '--json', 'import', join(target, 'contacts.csv'), '--list', 'samples')
    expect(imported.json).toMatchObject({ added: 954, duplicates: 8, rejected: 38 })
  })
})

describe('P9: a question', () => {
  it.each([
    [['imports', 'undo', 'imp_99'], 'import.not_found'],
    [['lists', 'delete', 'nowhere'], 'list.not_found'],
    [['contacts', 'erase', '+12025550177'], 'contact.not_found'],
    [['restore', at('nowhere.db')], 'file.not_found'],
  ])('P9: %j is not asked about what is not there', async (argv, code) => {
    const { json } = await herald(folder, '--json', ...argv)
    expect(json.error.code).toBe(code)
  })

  it('P9: that cannot be asked says how to confirm', async () => {
    const { stderr } = await herald(folder, 'imports', 'undo', 'imp_1')
    expect(stderr).toContain(
      'Undo imp_1: this needs your confirmation. There is no terminal to ask on: confirm with --yes.',
    )
  })
})

describe('P8: a variable of the environment', () => {
  it.each([
    ['HERALD_PROT', '99', 'Did you mean "HERALD_PORT"?'],
    ['HERALD_TRUST_PROXY', 'true', 'Did you mean "HERALD_TRUSTS_PROXY"?'],
    ['HERALD_DB', 'x', 'Did you mean "HERALD_DATABASE_URL"?'],
    ['HERALD_DATABASE', 'x', 'Did you mean "HERALD_DATABASE_URL"?'],
    ['HERALD_PROT', '', 'Did you mean "HERALD_PORT"?'],
    ['HERALD_META_TOKEN', 'x', 'do not begin with HERALD_'],
    ['HERALD_PORT_8080_TCP', 'tcp://10.0.0.1:8080', 'enableServiceLinks'],
  ])('P8: %s=%s is refused and says: %s', async (name, value, says) => {
    vi.stubEnv(name, value)
    try {
      await expectRefusal(folder, ['doctor'], { exitCode: 4, code: 'config.unknown_key', says })
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it.each([
    ['HERALD_PORT', 'abc', 'must be a whole number from 0 to 65535'],
    ['HERALD_PORT', '70000', 'must be a whole number from 0 to 65535'],
    ['HERALD_LOG_LEVEL', 'debg', 'Did you mean "debug"?'],
    ['HERALD_TRUSTS_PROXY', 'maybe', 'true or false'],
    ['HERALD_PUBLIC_URL', 'herald.example.com', 'https://herald.example.com'],
  ])('P9: %s=%s says: %s', async (name, value, says) => {
    vi.stubEnv(name, value)
    try {
      const { exitCode, stderr } = await heraldProcess(folder, ['doctor'], { env: { [name]: value } })
      expect([exitCode, stderr]).toEqual([4, expect.stringContaining(says)])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
