// What a page says before a launch: green only where most people get the message at its time, and a warning while the
// content is still being chosen.
import { describe, expect, it } from 'vitest'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { typedCampaign } from '../support/campaign-form.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  phoneNumber,
  templateContent,
} from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const GREEN = 'Ready to send.'

async function open(sender: Record<string, unknown> = {}): Promise<ApiClient> {
  const client = await serveApi()
  await addMeta(client, sender)
  await importPeople(client, 5)
  return client
}

/** Everybody has had their one message of the day. */
async function useCaps(client: ApiClient): Promise<void> {
  await addTestCampaign(client, { name: 'First', content: templateContent })
  await launchAndPlan(client, 'First')
  await record(client, await claimAll(client))
}

const weekly = { cron: '0 9 * * MON', timeZone: 'UTC' }

const kinds: [string, (client: ApiClient) => Promise<unknown>, string | RegExp, Record<string, unknown>?][] = [
  [
    'caps put everybody off until tomorrow',
    async (client) => {
      await useCaps(client)
      await addTestCampaign(client, { content: templateContent, limits: { frequencyCap: 'respect' } })
    },
    'Only 0 of 5 people will get it at its time: 5 will get it later',
  ],
  [
    'a daily limit leaves most people no time',
    (client) =>
      addTestCampaign(client, { content: templateContent, limits: { validity: '10h', quietHours: 'ignore' } }),
    'Only 1 of 5 people will get it: 4 too late, after it expires',
    { dailyLimit: 1 },
  ],
  ['nobody of a one-off has an open session', (client) => addTestCampaign(client), /This can’t be sent yet:/],
  [
    'nobody of the first occurrence has an open session',
    (client) => addTestCampaign(client, { schedule: weekly }),
    'Nobody would get the first occurrence: 5 without an open session',
  ],
]

describe('the review', () => {
  it.each(kinds)('D1: is not green when %s', async (_, prepare, said, sender) => {
    const client = await open(sender)
    await prepare(client)
    const id = (await client.api('/campaigns')).body.items.find(
      ({ name }: { name: string }) => name === 'Spring sale',
    ).id
    const { text } = await (await visit(client)).get(`/campaigns/${id}/review`)
    expect(text).not.toContain(GREEN)
    expect(text).not.toContain('class="note"')
    expect(text).toMatch(said instanceof RegExp ? said : new RegExp(said))
  })

  it('D1: is green when everybody gets it at its time', async () => {
    const client = await open()
    await addTestCampaign(client, { content: templateContent })
    expect((await (await visit(client)).get('/campaigns/cmp_1/review')).text).toContain(GREEN)
  })

  it('D1: says so in the answers of the API, and where it is launched', async () => {
    const client = await open()
    await useCaps(client)
    await addTestCampaign(client, { content: templateContent, limits: { frequencyCap: 'respect' } })
    const { body } = await client.api('/campaigns/cmp_2/forecast')
    expect(body.verdict).toBe('mostLater')
    expect(body.warnings).toContainEqual(expect.stringMatching(/^only 0 of 5 people .* \(campaign\.mostly_later\)$/))
    const launched = await client.api('/campaigns/cmp_2/launch', { method: 'POST', body: {} })
    expect(launched.body.warnings).toContainEqual(expect.stringContaining('campaign.mostly_later'))
  })

  it('D23: has a row for each bucket, and their sum', async () => {
    const client = await open({ dailyLimit: 1 })
    await addTestCampaign(client, { content: templateContent, limits: { validity: '10h', quietHours: 'ignore' } })
    const { text } = await (await visit(client)).get('/campaigns/cmp_1/review')
    expect(text).toContain('wait longer for the daily limit of the sender than the message is worth sending')
    const table = text.split('Who gets it, when, and who does not</caption>')[1]?.split('</table>')[0] ?? ''
    const numbers = [...table.matchAll(/<td class="number" data-label="People">(\d+)<\/td>/g)].map(([, n]) => Number(n))
    expect(numbers).toEqual([1, 4, 5])
  })
})

const form = { ...typedCampaign, '/useCase': 'marketing', act: 'check' }
const CLOSED = 'Nobody in this audience has written to “main”'

describe('the editor', () => {
  it('D1: warns while the content is chosen that nobody has an open session', async () => {
    const client = await open()
    const visitor = await visit(client)
    const shown = async (change = {}) => (await visitor.post('/campaigns/new', { ...form, ...change })).text
    expect(await shown()).toContain(CLOSED)
    expect(await shown({ '/content/type': 'template' })).not.toContain(CLOSED)
    expect(await shown({ '/session': 'assume' })).not.toContain(CLOSED)
    expect(await shown({ '/sender': 'sandbox' })).not.toContain(CLOSED)
    expect(await shown({ '/audience/lists': '' })).not.toContain(CLOSED)
    const wrote = (n: number) =>
      client.ctx.db.write((tx) =>
        tx.run('INSERT INTO contact_senders (contact_id, sender_id, last_inbound_at) VALUES (?, 2, ?)', [
          n,
          client.clock.now() - 3_600_000,
        ]),
      )
    await wrote(1)
    expect(await shown()).toContain('Only 1 of 5 people wrote to “main”')
    await wrote(2)
    await wrote(3)
    expect(await shown()).not.toContain('in the last 24 hours')
  })

  it('D1: counts open sessions for the API too', async () => {
    const client = await open()
    const count = async (body: Record<string, unknown>) =>
      (await client.api('/previews/audience', { method: 'POST', body: { audience: { lists: ['people'] }, ...body } }))
        .body
    expect(await count({})).toMatchObject({ people: 5, inSession: null })
    expect(await count({ sender: 'main' })).toMatchObject({ people: 5, inSession: 0 })
  })

  it('D9: chooses no sender and no list where there are several', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    await importPeople(client, 1)
    const one = (await visitor.get('/campaigns/new')).text
    expect(one).toMatch(/<option value="sandbox" selected/)
    await addSandbox(client, { name: 'a shop' })
    await importPeople(client, 1, 'a list')
    const { text } = await visitor.get('/campaigns/new')
    expect(text).toMatch(/<option value="" selected[^>]*>Choose a sender</)
    expect(text).not.toMatch(/name="\/audience\/lists"[^>]*checked/)
    const refused = await visitor.post('/campaigns/new', { ...form, '/sender': '', act: 'save' })
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('id="/sender-error"')
  })
})

/** Values that look like a number or a date to somebody, and compare as none: German ones, one with its unit, wide digits. */
const unlike = ['1.000.000', '1.000,50', '01.02.1980', '12 kg', '１２', '1 000']

describe('a filter that compares', () => {
  it.each(unlike)('D31: says of %s in the editor, the review and the API whom it leaves out', async (value) => {
    const client = await serveApi()
    await addSandbox(client)
    await importLines(client, ['phone,points', `${phoneNumber(0)},1000`, `${phoneNumber(1)},"${value}"`])
    const visitor = await visit(client)
    const filtered = {
      'filter/match': 'all',
      'filter/0/field': 'points',
      'filter/0/operator': 'atLeast',
      'filter/0/value': '1000',
    }
    const { text } = await visitor.post('/campaigns/new', { ...form, ...filtered })
    expect(text).toMatch(/number-big">1<\/strong> people now/)
    expect(text.replace(/<[^>]+>/g, '')).toContain(
      `1 person has a field points that is not a number, such as ${value}: the filter leaves them out`,
    )
    const saved = await visitor.post('/campaigns/new', { ...form, ...filtered, '/useCase': 'utility', act: 'save' })
    expect(saved.status).toBe(303)
    const said = expect.stringContaining(`1 person has a "points" that is not a number, such as "${value}"`)
    expect((await client.api('/campaigns/cmp_1/forecast')).body.warnings).toContainEqual(said)
    const review = (await visitor.get('/campaigns/cmp_1/review')).text
    expect(review).not.toContain(GREEN)
    expect(review).toContain(`such as &quot;${value}&quot;`)
    const date = { ...filtered, 'filter/0/value': '2024-01-01' }
    const dated = (await visitor.post('/campaigns/new', { ...form, ...date })).text.replace(/<[^>]+>/g, '')
    expect(dated).toContain('that is not a date')
  })
})

describe('the decision', () => {
  const decide = async (client: ApiClient, id = 'cmp_1') => {
    const { text } = await (await visit(client)).get(`/campaigns/${id}/review`)
    return { text, words: text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ') }
  }

  it('D8: a recurring campaign names its rhythm, its next times, its message, its people and its sender', async () => {
    const client = await open()
    await addTestCampaign(client, {
      content: templateContent,
      schedule: { cron: '0 9 * * MON,THU', timeZone: 'Europe/Berlin' },
    })
    const { words } = await decide(client)
    expect(words).toContain('5 people get this on Thu, 3 Jun 2027, 07:00 UTC.')
    expect(words).toMatch(
      /From main To people People 5 of 5 When every Monday and Thursday at 09:00 \(Europe\/Berlin\)/,
    )
    expect(words).toMatch(/Next times 3 Jun 2027, 07:00 UTC 7 Jun 2027, 07:00 UTC 10 Jun 2027, 07:00 UTC Takes about/)
    expect(words).toMatch(/Type 5, the number of people who get the first one .*Start schedule/)
  })

  it('D8: says in one sentence who gets it, who waits and who is left out, and the verb on its button', async () => {
    const client = await serveApi()
    await addSandbox(client)
    await importPeople(client, 4)
    await addSuppression(client.ctx, phoneNumber(3), { reason: 'opted_out', evidence: 'said so' })
    await addTestCampaign(client, { schedule: { at: '2027-06-03T09:00', timeZone: 'UTC' } })
    const { words } = await decide(client)
    expect(words).toContain('3 people get this on Thu, 3 Jun 2027, 09:00 UTC. 1 is left out.')
    expect(words).toContain('Schedule for 3 people')
    await addTestCampaign(client, { name: 'Now' })
    const now = await decide(client, 'cmp_2')
    expect(now.words).toContain('3 people get this as soon as you send it. 1 is left out.')
    expect(now.words).toContain('Send now to 3 people')
  })

  it('D8: the message is the one of three real people: the longest, the shortest, one with a fallback', async () => {
    const client = await serveApi()
    await addSandbox(client)
    await importLines(client, [
      'phone,first_name',
      ...['Ada', 'Maximiliane', '', 'Bo'].map((name, n) => `${phoneNumber(n)},${name}`),
    ])
    const text = "Hello {{ first_name | default: 'dear reader' }}"
    await addTestCampaign(client, { content: { type: 'text', text } })
    const { words } = await decide(client)
    expect(words).toMatch(/The longest text: \S+ Hello (?:Maximiliane|dear reader) /)
    expect(words).toMatch(/The shortest text: \S+ Hello Bo /)
    expect([...words.matchAll(/Hello (Maximiliane|dear reader|Bo|Ada)/g)]).toHaveLength(2)
  })
})
