// Every command with odd words, broken files, folders for files and files for folders: a refusal in one line, never a fault.
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { herald, heraldProcess, sharedCliFolder, writeIn } from '../support/cli.ts'
import { campaignDefinition } from '../support/open-test-app.ts'

const folder = sharedCliFolder(async (made) => {
  await herald(made, 'import', writeIn(made, 'people.csv', 'phone,name\n+12025550100,Ann\n'), '--list', 'people')
  await herald(made, 'senders', 'add', writeIn(made, 'sender.yaml', 'name: main\nprovider: sandbox\n'))
  await herald(
    made,
    'campaigns',
    'add',
    writeIn(made, 'c.json', JSON.stringify(campaignDefinition({ sender: 'main', audience: { lists: ['people'] } }))),
  )
  mkdirSync(join(made.dir, 'folder'))
  writeIn(made, 'broken.yaml', 'a: [1, {b: "c\n\t- x')
  writeIn(made, 'broken.json', '{"name": ')
  writeIn(made, 'empty.yaml', '')
  writeIn(made, 'bytes.csv', Uint8Array.from([0xff, 0xfe, 0x00, 0x00, 0x80]))
  chmodSync(writeIn(made, 'unreadable.csv', 'phone\n+12025550100\n'), 0o000)
})

// Commands that go on until they are stopped, or work in a place of their own.
const lasting = ['start', 'emulator', 'demo']

function commandsOf(command: Command, path: string[] = []): [string, Command][] {
  const names = [...path, command.name()]
  return command.commands.length === 0
    ? [[names.join(' '), command]]
    : command.commands.flatMap((child) => commandsOf(child as Command, names))
}

const all = (await buildProgram()).commands
  .filter((command) => !lasting.includes(command.name()))
  .flatMap((command) => commandsOf(command as Command))

const odd = [
  '',
  ' ',
  '-1',
  '1e400',
  'NaN',
  '99999999999999999999',
  '__proto__',
  '../../x',

  '\u202e',
  '{{ x }}',
  `%s${'x'.repeat(5000)}`,
  'cmp_99999999999999999999',
  'con_0',
  'null',
  '💥',
  "'; DROP TABLE lists; --",
]
const files = [
  'folder',
  'broken.yaml',
  'broken.json',
  'empty.yaml',
  'bytes.csv',
  'unreadable.csv',
  'people.csv',
  'nowhere.csv',
  '/dev/null',
  'herald.db',
]

/** Each word with a third of the commands, each time with others; `ODD_VALUES=all` gives every word to every command. */
const SHARE = process.env.ODD_VALUES === 'all' ? 1 : 3
const some = <T>(words: readonly T[], turn: number) => words.filter((_, n) => (n + turn) % SHARE === 0)

async function expectNoFault(argv: string[]): Promise<void> {
  const { exitCode, stderr } = await herald(folder, ...argv)
  const said = `${JSON.stringify(argv).slice(0, 200)}: ${stderr.slice(0, 400)}`
  expect([0, 2, 3, 4, 5, 6, 7, 8], said).toContain(exitCode)
  expect(stderr, said).not.toMatch(/\(fault\)|^ {4}at /m)
  expect(stderr.split('\n').filter((line) => line.startsWith('error:')).length, said).toBeLessThanOrEqual(1)
}

/** Whatever names a file is kept within the folder of the test. */
function inPlace(word: string, names: string): string {
  const isFile = files.includes(word) || /file|folder|-o\b|output|rejects|credentials|script|from/.test(names)
  return isFile && !word.startsWith('/') ? join(folder.dir, word.replaceAll('..', 'up') || 'x') : word
}

describe('P9: a command with odd values', () => {
  it.each(all)('P9: %s never ends in a fault', { timeout: 60_000 }, async (name, command) => {
    let turn = all.findIndex(([one]) => one === name)
    const words = name.split(' ')
    const yes = command.options.some(({ long }) => long === '--yes') ? ['--yes'] : []
    const names = command.registeredArguments.map((argument) => argument.name())
    // Without an argument there is one way to call it.
    for (const word of names.length === 0 ? [''] : some([...odd, ...files], turn))
      await expectNoFault([...words, ...names.map((argument) => inPlace(word, argument)), ...yes])
    const given = names.map((argument) => (/file|folder/.test(argument) ? join(folder.dir, 'people.csv') : 'people'))
    const must = command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? '', 'people'])
    for (const option of command.options.filter(({ required }) => required))
      for (const word of some(['', 'NaN', '-5', '__proto__', '💥', 'folder', 'nowhere/x.csv'], turn++))
        await expectNoFault([...words, ...given, ...must, `${option.long}=${inPlace(word, option.flags)}`])
  })

  it('P9: a database that is a folder, a text or unreadable is refused in one line', async () => {
    for (const name of ['folder', 'people.csv', 'unreadable.csv', 'nowhere/deep/x.db', '/dev/null']) {
      const dbPath = name.startsWith('/') ? name : join(folder.dir, name)
      const { exitCode, stderr } = await herald({ ...folder, dbPath }, 'lists', 'list')
      expect([4, 7], stderr).toContain(exitCode)
      expect(stderr).toMatch(/^error: [^\n]+\(db\.\w+\)\n$/)
    }
  })

  it('P9: a reader that leaves ends a command without a word', async () => {
    const { exitCode, stderr } = await heraldProcess(folder, ['schema', 'campaign'], { input: '' })
    expect([exitCode, stderr]).toEqual([0, ''])
  })
})
