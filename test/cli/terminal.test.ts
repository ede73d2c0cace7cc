// What people outside wrote, on an operator's terminal: it moves no cursor, sets no title, begins no line of its own.
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { type CliFolder, cliFolder, herald, writeIn } from '../support/cli.ts'
import { campaignDefinition } from '../support/open-test-app.ts'

/** Sets a title, clears the screen in both spellings, hides, reorders, and begins a line that looks like ours. */
const hostile =
  'Ann\u001b]0;owned\u0007\u001b[2J\u009b2J\u001b[8m\u202e\u2066\rerror: FAKE\n+12025550999  FAKE\u0085FAKE\u2028FAKE'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

async function setup() {
  const folder = cliFolder()
  await herald(folder, 'senders', 'add', writeIn(folder, 'sender.json', '{"name":"main","provider":"sandbox"}'))
  const csv = 'phone,first_name\n+12025550101,Ann\n'
  await herald(folder, 'import', writeIn(folder, `${hostile.replace('/', '')}.csv`, csv), '--list', 'people')
  const change = { name: 'sale', content: { type: 'text', text: `${hostile} {{ first_name }}` } }
  await herald(folder, 'campaigns', 'add', writeIn(folder, 'c.json', JSON.stringify(campaignDefinition(change))))
  const passwordFile = writeIn(folder, 'p', 'orange kettle lantern')
  await herald(folder, 'users', 'add', 'ada', '--role', 'admin', '--password-file', passwordFile)
  await herald(folder, 'keys', 'add', 'shop', '--user', 'ada')
  renameKey(folder, hostile)
  await herald(folder, 'suppress', 'add', '+12025550101', '--reason', 'opted_out', '--evidence', hostile)
  return folder
}

/** As an older edition took it. */
function renameKey({ dbPath }: CliFolder, name: string): void {
  const db = new Database(dbPath)
  db.prepare('UPDATE api_keys SET name = ?').run(name)
  db.close()
}

const commands = [
  ['imports', 'list'],
  ['imports', 'show', 'imp_1'],
  ['imports', 'undo', 'imp_1'],
  ['campaigns', 'show', 'sale'],
  ['suppress', 'list'],
  ['contacts', 'show', '+12025550101'],
  ['keys', 'list'],
  ['keys', 'revoke', 'key_1'],
  ['lists', 'show', hostile],
  ['campaigns', 'show', hostile],
  ['why', 'sale', hostile],
  [hostile],
  ['import', hostile, '--list', 'people'],
]

it('SR-38 is one line of plain text in every table and every sentence', async () => {
  const folder = await setup()
  let seen = 0
  for (const argv of commands) {
    const { stdout, stderr } = await herald(folder, ...argv)
    const said = `${stdout}${stderr}`
    expect(said, argv.join(' ')).not.toMatch(control)
    expect(said, argv.join(' ')).not.toMatch(/^(?:error: FAKE|\+12025550999|FAKE)/m)
    if (said.includes('FAKE')) seen++
  }
  expect(seen).toBeGreaterThanOrEqual(9)
})

it('SR-38 means the same in a document for programs, without a character that a terminal obeys', async () => {
  const folder = await setup()
  for (const argv of [
    ['keys', 'list'],
    ['suppress', 'list'],
    ['lists', 'show', hostile],
  ]) {
    const { stdout } = await herald(folder, '--json', ...argv)
    expect(stdout).not.toMatch(control)
    expect(JSON.stringify(JSON.parse(stdout))).toContain('FAKE')
  }
  const { json } = await herald(folder, '--json', 'keys', 'list')
  expect(json[0].name).toBe(hostile)
})
