// What waits for a person: first on the overview, counted beside the navigation of every page, each with its own page; and
// gone when it is dealt with.
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { nextCommand } from '../../src/cli/commands/needs.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { pauseSenderByOperator, resumeSenderByOperator } from '../../src/engine/senders/senders.ts'
import { needKinds } from '../../src/engine/service/needs.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import { herald } from '../support/cli.ts'
import {
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
} from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

async function open(): Promise<{ client: ApiClient; visitor: Visitor }> {
  const before = await openTestApp()
  await addSandbox(before)
  await importPeople(before, 3)
  await addTestCampaign(before)
  await launchAndPlan(before, 'Spring sale')
  const error = { code: 'timeout', text: '', advice: '', httpStatus: null }
  await record(before, await claimAll(before), () => ({ kind: 'unknown', error }))
  const client = await serveApi({ dir: before.dir, clock: before.clock })
  return { client, visitor: await visit(client) }
}

const set = (client: ApiClient, sql: string, ...params: (string | number)[]) =>
  client.ctx.db.write((tx) => tx.run(sql, params))

/** The entries of the block, as links and texts. */
async function needs(visitor: Visitor): Promise<[string, string][]> {
  const { text } = await visitor.get('/')
  const block = /<section class="card needs".*?<\/section>/s.exec(text)?.[0] ?? ''
  return [...block.matchAll(/<li><a href="([^"]+)">(.*?)<\/a><\/li>/gs)].map(([, href = '', said = '']) => [
    href,
    said.replace(/<[^>]+>/g, ''),
  ])
}

const badge = (text: string) => Number(/class="needs-count">(\d+)</.exec(text)?.[1] ?? 0)

it('D4: shows nothing where nothing waits', async () => {
  const client = await serveApi()
  const visitor = await visit(client, 'viewer')
  expect(await needs(visitor)).toEqual([])
  expect((await herald(client, 'needs')).stdout).toBe('Nothing needs you.\n')
  expect(badge((await visitor.get('/campaigns')).text)).toBe(0)
})

/** Each kind: how it comes to wait, what is said and where it leads, and how it is dealt with. */
const kinds: [
  string,
  (client: ApiClient) => Promise<unknown>,
  string,
  string,
  (client: ApiClient) => Promise<unknown>,
][] = [
  [
    'a paused sender',
    ({ ctx }) => pauseSenderByOperator(ctx, 'main'),
    '/senders/snd_1',
    'The sender main is paused, nothing of it is sent: it was paused by hand.',
    ({ ctx }) => resumeSenderByOperator(ctx, 'main'),
  ],
  [
    'a campaign that paused itself',
    async (client) => {
      await addTestCampaign(client, { name: 'Second', schedule: { at: '2027-06-20T10:00', timeZone: 'UTC' } })
      await client.api('/campaigns/cmp_2/launch', { method: 'POST', body: {} })
      await set(client, `UPDATE campaigns SET status = 'paused', pause_reason = 'failed_share' WHERE id = 2`)
    },
    '/campaigns/cmp_2',
    'The campaign Second paused itself: too many of its messages failed.',
    (client) => set(client, `UPDATE campaigns SET pause_reason = 'operator' WHERE id = 2`),
  ],
  [
    'rejected lines',
    (client) => importLines(client, ['phone', phoneNumber(8), '12'], { list: 'other', isForced: true }),
    '/imports/imp_2',
    'The import of contacts-',
    (client) => importLines(client, ['phone', phoneNumber(9)], { list: 'other' }),
  ],
  [
    'a rejected template',
    (client) =>
      set(
        client,
        `INSERT INTO templates (sender_id, name, language, title, status, status_detail, updated_at)
         VALUES (1, 'sale', 'en', 'sale', 'rejected', 'REJECTED', ?)`,
        client.clock.now(),
      ),
    '/templates',
    '1 template was rejected or stopped by the provider in the last 7 days.',
    (client) => set(client, `UPDATE templates SET status = 'approved'`),
  ],
]

it.each(kinds)('D4: shows %s until it is dealt with, to everybody', async (_, begin, href, said, deal) => {
  const { client, visitor } = await open()
  const viewer = await visit(client, 'viewer')
  const unknown: [string, string] = [
    '/unknown',
    '3 messages were handed over and never confirmed: look them up, then settle them.',
  ]
  expect(await needs(visitor)).toEqual([unknown])
  await begin(client)
  expect(await needs(viewer)).toEqual(expect.arrayContaining([unknown, [href, expect.stringContaining(said)]]))
  expect(badge((await viewer.get('/lists')).text)).toBe(2)
  expect((await viewer.get(href)).status).toBe(200)
  const { needs: told } = (await client.api('/needs', { as: 'viewer' })).body
  const texts = told.map(({ text }: { text: string }) => text)
  expect(texts).toEqual((await needs(viewer)).map(([, text]) => text))
  const table = await herald(client, 'needs')
  expect(table.stdout.split('\n').slice(1, 3)).toEqual(texts.map((text: string) => expect.stringContaining(text)))
  expect((await herald(client, '--json', 'needs')).json.needs).toEqual(told)
  await deal(client)
  expect(await needs(visitor)).toEqual([unknown])
})

it('D4: names five of a kind and counts the others', async () => {
  const { client, visitor } = await open()
  await set(
    client,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
     INSERT INTO campaigns (name, status, pause_reason, revision_id, sender_id, priority, created_at, updated_at)
     SELECT 'shop ' || i, 'paused', 'template_errors', revision_id, sender_id, priority, created_at, updated_at
     FROM n JOIN campaigns c ON c.id = 1`,
  )
  const found = await needs(visitor)
  expect(found).toHaveLength(7)
  expect(found[5]).toEqual(['/campaigns?status=paused', '1,995 more campaigns paused by themselves.'])
  expect(badge((await visitor.get('/lists')).text)).toBe(7)
  const named = (await herald(client, 'needs')).stdout
  expect(named).toContain('1995 more campaigns paused by themselves.')
  expect(named).toContain('herald campaigns list --status paused')
})

it('D4: every command that `needs` names is one', async () => {
  const program = await buildProgram()
  for (const kind of needKinds)
    for (const id of [null, 'imp_1']) {
      const [, ...words] = nextCommand(kind, id).split(' ')
      const found = words
        .slice(0, 2)
        .reduce<Command | undefined>(
          (command, word) => command?.commands.find((child) => child.name() === word),
          program,
        )
      expect(found, nextCommand(kind, id)).toBeDefined()
      const flags = found?.options.map(({ long }) => long)
      for (const flag of words.filter((word) => word.startsWith('--'))) expect(flags).toContain(flag)
    }
})
