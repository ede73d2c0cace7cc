// Definitions in the database that somebody changed by hand: read as strictly as a new one, run as nothing, and nobody
// else's campaign waits for them.
import { expect, it, vi } from 'vitest'
import { campaignSchema, parseCampaign } from '../../../src/domain/campaign.ts'
import { compileText } from '../../../src/domain/personalisation.ts'
import { pageCampaigns } from '../../../src/engine/campaigns/campaign-list.ts'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { tickAll } from '../../../src/engine/plan/tick.ts'
import { Service } from '../../../src/engine/service/service.ts'
import { serveApi } from '../../support/api-client.ts'
import { launchAndPlan, storedMessages } from '../../support/claims.ts'
import { until } from '../../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importPeople,
  openTestApp,
  type TestApp,
} from '../../support/open-test-app.ts'

const filter = (value: unknown) => ({ audience: { lists: ['people'], filter: value } })
const text = (value: unknown) => ({ content: { type: 'text', text: value } })
const deep = (levels: number): unknown => (levels === 0 ? { field: 'a', is: 'b' } : { not: deep(levels - 1) })

/** What a stored definition becomes, and never was. */
const tampered: [what: string, change: Record<string, unknown>][] = [
  ['SQL in the name of an operator', filter({ field: 'first_name', 'is OR 1=1 --': 'x' })],
  ['a field that is no text', filter({ field: { $ne: null }, is: 'x' })],
  [
    'a prototype in a filter',
    JSON.parse('{"audience":{"lists":["people"],"filter":{"__proto__":{"all":[]},"field":"x"}}}'),
  ],
  ['a filter without end', filter(deep(2_000))],
  [
    'a filter as wide as the sea',
    filter({ any: Array.from({ length: 5_000 }, (_, n) => ({ field: 'a', is: String(n) })) }),
  ],
  ['a serialised object', filter('O:8:"stdClass":1:{s:3:"cmd";s:2:"id";}')],
  ['a status that is SQL', filter({ campaign: 'x', status: ["read') OR 1=1 --"] })],
  ['lists that are no names', { audience: { lists: [{ toString: 'x' }] } }],
  ['a text that includes a file', text('{% include "/etc/passwd" %}')],
  ['a text that loops', text('{% for i in (1..1000000000) %}x{% endfor %}')],
  ['a text of ten megabytes', text('{{ a }}'.repeat(1_500_000))],
  ['a filter of texts that we do not have', text('{{ first_name | readfile }}')],
  ['a text that climbs out of its fields', text('{{ first_name.constructor.constructor }}')],
  ['an address of the inside', { content: { type: 'image', url: 'http://169.254.169.254/' } }],
  ['a rate without end', { limits: { ratePerSecond: 1e9 } }],
  ['a use case that asks nobody', { useCase: 'whatever' }],
  ['a delivery that nobody offers', { delivery: 'exactlyOnce' }],
  ['nothing', { content: undefined, audience: undefined }],
]

async function tamper({ ctx }: TestApp, name: string, change: Record<string, unknown>) {
  const definition = { ...campaignSchema.parse(campaignDefinition({ name })), ...change }
  await ctx.db.write((tx) =>
    tx.run(
      `UPDATE campaign_revisions SET definition = ? WHERE campaign_id = (SELECT id FROM campaigns WHERE name = ?)`,
      [JSON.stringify(definition), name],
    ),
  )
}

async function setup() {
  const test = await openTestApp()
  await addSandbox(test)
  await importPeople(test, 3)
  return test
}

it.each(tampered)('A-14 %s is planned for nobody, and pauses its campaign only', async (_, change) => {
  const test = await setup()
  for (const name of ['Bad', 'Good']) await addTestCampaign(test, { name })
  await launchByOperator(test.ctx, 'Bad')
  await launchByOperator(test.ctx, 'Good')
  await tamper(test, 'Bad', change)
  await tickAll(test.ctx)
  await planRuns(test.ctx)
  expect(await storedMessages(test, 'Bad')).toEqual([])
  expect(await storedMessages(test, 'Good')).toHaveLength(3)
  const shown = await showCampaign(test.ctx, 'Bad')
  expect(shown).toMatchObject({ status: 'paused', pauseReason: 'definition_unreadable' })
  expect(JSON.stringify(shown.pauseDetail).length).toBeLessThan(1_000)
  expect(await pageCampaigns(test.ctx, { limit: 10 })).toHaveLength(2)
  expect(Object.hasOwn(Object.prototype, 'all')).toBe(false)
})

it.each(tampered.filter((_, n) => n % 4 === 0))(
  'A-14 %s after the planning is sent to nobody, and others are sent',
  async (_, change) => {
    const test = await setup()
    for (const name of ['Bad', 'Good']) {
      await addTestCampaign(test, { name })
      await launchAndPlan(test, name)
    }
    await tamper(test, 'Bad', change)
    const log = vi.spyOn(test.ctx.log, 'error').mockImplementation(() => {})
    const service = new Service(test.ctx, test.app.connections)
    await service.start()
    await until(test.clock, async () =>
      (await storedMessages(test, 'Good')).every(({ status }) =>
        ['accepted', 'sent', 'delivered', 'read'].includes(status),
      ),
    )
    await service.stop()
    expect((await storedMessages(test, 'Bad')).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending'])
    expect((await showCampaign(test.ctx, 'Bad')).pauseReason).toBe('definition_unreadable')
    expect(log.mock.calls.filter(([told]) => (told as { campaign?: string }).campaign === 'cmp_1')).toHaveLength(1)
  },
)

it('A-22 a text is refused by its length before anybody parses it', async () => {
  const parse = (source: string) => () => compileText(source)
  for (const source of [
    '{{ a }}'.repeat(1_500_000),
    `{{ a | append: "${'x'.repeat(10_000_000)}" }}`,
    `${'{{'.repeat(5_000_000)}`,
  ])
    expect(parse(source)).toThrow(expect.objectContaining({ code: 'message.too_long' }))
  const client = await serveApi()
  await importPeople(client, 1)
  const body = campaignDefinition({ sender: 'sandbox', ...text('{{ a }}'.repeat(130_000)) })
  const answer = await client.api('/campaigns', { method: 'POST', body })
  expect([answer.status, answer.body.code]).toEqual([422, 'message.too_long'])
  const larger = await client.api('/campaigns', { method: 'POST', body: { ...body, ...text('x'.repeat(11_000_000)) } })
  expect(larger.status).toBe(413)
})

it('A-22 no filter and no row of filters makes a text that costs more than its limit', () => {
  const variables = { a: 'x'.repeat(5_000), b: 'y'.repeat(5_000) }
  for (const source of [
    `{{ a${' | append: a'.repeat(500)} }}`,
    `{{ a${' | replace: "x", a'.repeat(4)} }}`,
    `{{ a${' | replace: "", b'.repeat(3)} }}`,
    `{{ a | prepend: a | prepend: a | replace: "x", b | upcase }}`,
    `{{ a | slice: 0, 5000 }}`.repeat(2_000),
    `{{ a | truncatewords: 1000000000, b }}${'{{ a }}'.repeat(100)}`,
    `{{ "x" | times: 1000000000 | append: a | append: a | append: a }}`,
  ])
    expect(() => compileText(source).render(variables), source.slice(0, 40)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(message\.too_long|template\.)/) }),
    )
  expect(() => parseCampaign(campaignDefinition(text('{{ a | join: "," }}')), 'UTC')).not.toThrow()
})
