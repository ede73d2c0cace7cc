// One name in every place where a name is stored or looked up: other spellings of it (upper case, decomposed letters, spaces
// around) find the same thing, and make no second one. Whoever adds a place adds it here.
import { describe, expect, it } from 'vitest'
import { logIn } from '../../src/engine/accounts/sessions.ts'
import { addUser, showUser } from '../../src/engine/accounts/users.ts'
import { countAudience } from '../../src/engine/campaigns/audience-count.ts'
import { pageCampaigns } from '../../src/engine/campaigns/campaign-list.ts'
import { showCampaign } from '../../src/engine/campaigns/campaign-view.ts'
import { addCampaign, cloneCampaign, editCampaign } from '../../src/engine/campaigns/drafts.ts'
import { deleteList, pageLists, showList } from '../../src/engine/contacts/lists.ts'
import { addSender, showSender } from '../../src/engine/senders/senders.ts'
import { removeCap, setCap, showLimits } from '../../src/engine/service/limits.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../support/claims.ts'
import { clientAt } from '../support/clients.ts'
import { addSandbox, campaignDefinition, importLines, openTestApp, type TestApp } from '../support/open-test-app.ts'

const written = 'Müller Söhne'
const others = ['Mu\u0308ller So\u0308hne', 'MÜLLER SÖHNE', '  müller   söhne ', 'Mu\u0308LLER\u00a0so\u0308hne']

const lines = ['phone,First Name,Größe', '+12025550100,Ada,38', '+12025550101,Bob,40']

/** A list, a sender, a user and a campaign of one name. */
async function setup(): Promise<TestApp> {
  const test = await openTestApp()
  await importLines(test, lines, { list: written })
  await addSandbox(test, { name: written })
  await addCampaign(test.ctx, definition({}))
  return test
}

function definition(change: Record<string, unknown>): Record<string, unknown> {
  return campaignDefinition({ name: written, sender: written, audience: { lists: [written] }, ...change })
}

/** Passwords are slow to hash: only who asks for a user has one. */
async function withUser(ctx: TestApp['ctx']): Promise<TestApp['ctx']> {
  await addUser(ctx, { name: written, password: 'orange kettle lantern', role: 'admin' })
  return ctx
}

const login = (name: string, password = 'orange kettle lantern') => ({
  name,
  password,
  client: clientAt('127.0.0.1'),
  deviceToken: undefined,
})

/** Every place that finds a thing by its name. */
const lookUps: [string, (test: TestApp, name: string) => Promise<unknown>][] = [
  ['lists show', async ({ ctx }, name) => expect((await showList(ctx, name)).name).toBe(written)],
  ['senders show', async ({ ctx }, name) => expect((await showSender(ctx, name)).name).toBe(written)],
  ['campaigns show', async ({ ctx }, name) => expect((await showCampaign(ctx, name)).name).toBe(written)],
  [
    'the log-in',
    async ({ ctx }, name) => expect((await logIn(await withUser(ctx), login(name))).principal.name).toBe(written),
  ],
  ['users show', async ({ ctx }, name) => expect((await showUser(await withUser(ctx), name)).name).toBe(written)],
  [
    'a search among campaigns',
    async ({ ctx }, name) =>
      expect(await pageCampaigns(ctx, { q: name.trim().slice(0, -1), limit: 9 })).toHaveLength(1),
  ],
  ['the list of an audience', async ({ ctx }, name) => expect(await peopleIn(ctx, { lists: [name] })).toBe(2)],
  ['an exclusion', async ({ ctx }, name) => expect(await peopleIn(ctx, { lists: [written], exclude: [name] })).toBe(0)],
  [
    'the campaign of a filter',
    async ({ ctx }, name) =>
      expect(await peopleIn(ctx, { lists: [written], filter: { not: { campaign: name, status: ['accepted'] } } })).toBe(
        2,
      ),
  ],
  [
    'the names in a definition, which are stored as the things are called',
    async ({ ctx }, name) => {
      const audience = { lists: [name, written], exclude: [name] }
      const { sender, definition: stored } = await addCampaign(
        ctx,
        definition({ name: 'Other', sender: name, audience }),
      )
      expect([sender, stored.sender, stored.audience]).toEqual([
        written,
        written,
        { lists: [written], exclude: [written] },
      ])
    },
  ],
]

async function peopleIn(ctx: TestApp['ctx'], audience: unknown): Promise<number> {
  return (await countAudience(ctx, audience)).people
}

/** Every place that makes a thing with a name. */
const makers: [string, (test: TestApp, name: string) => Promise<unknown>][] = [
  [
    'an import, which goes into the list that there is',
    async (test, name) => {
      expect(await importLines(test, lines, { list: name })).toMatchObject({ alreadyImported: true, list: written })
      await importLines(test, ['phone', '+12025550102'], { list: name })
      expect((await pageLists(test.ctx, { limit: 10 })).map((list) => list.name)).toEqual([written])
    },
  ],
  ['campaigns add', ({ ctx }, name) => refused(addCampaign(ctx, definition({ name })), 'campaign.name_taken')],
  ['campaigns clone', ({ ctx }, name) => refused(cloneCampaign(ctx, written, { name }), 'campaign.name_taken')],
  [
    'campaigns edit',
    async ({ ctx }, name) => {
      await addCampaign(ctx, definition({ name: 'Other' }))
      await refused(editCampaign(ctx, 'Other', definition({ name })), 'campaign.name_taken')
      expect((await editCampaign(ctx, written, definition({ name }))).name).toBe(
        name.normalize('NFC').trim().replace(/\s+/g, ' '),
      )
    },
  ],
  ['senders add', ({ ctx }, name) => refused(addSender(ctx, { name, provider: 'sandbox' }), 'sender.name_taken')],
  [
    'users add',
    async ({ ctx }, name) =>
      refused(
        addUser(await withUser(ctx), { name, password: 'orange kettle lantern', role: 'admin' }),
        'user.name_taken',
      ),
  ],
]

async function refused(made: Promise<unknown>, code: string): Promise<void> {
  await expect(made).rejects.toMatchObject({ code })
}

describe('S9: a name in another spelling', () => {
  it.each(lookUps)('finds the same in %s', async (_, look) => {
    for (const name of others) await look(await setup(), name)
  })

  it.each(makers)('makes nothing new in %s', async (_, make) => {
    for (const name of others) await make(await setup(), name)
  })

  it('counts guesses at one password together where only the name tells them apart', async () => {
    const ctx = await withUser((await setup()).ctx)
    const client = clientAt('127.0.0.1')
    for (const name of [...others, ...others, ...others])
      await logIn(ctx, { ...login(name, 'wrong'), client }).catch(() => {})
    await refused(logIn(ctx, { ...login(written), client }), 'auth.too_many_tries')
  })

  it('keeps a list whose campaign has not ended from being deleted', async () => {
    const test = await setup()
    await refused(deleteList(test.ctx, others[0] ?? ''), 'list.in_use')
  })

  it.each(['{{ First_Name }} {{ GRO\u0308SSE }}'.replace('SSE', 'ßE'), '{{ first_name }} {{ größe }}'])(
    'is a field of a text and of a filter: %s',
    async (text) => {
      const test = await setup()
      const audience = { lists: [written], filter: { field: ' Gro\u0308ße ', atLeast: 39 } }
      await addCampaign(test.ctx, definition({ name: 'Other', audience, content: { type: 'text', text } }))
      await launchAndPlan(test, 'Other')
      const { definition: stored } = await showCampaign(test.ctx, 'other')
      expect(stored.audience.filter).toMatchObject({ field: 'größe' })
      const rows = await test.ctx.db.read((tx) => tx.all<{ variables: string }>('SELECT variables FROM messages'))
      expect(rows.map(({ variables }) => JSON.parse(variables))).toEqual([{ first_name: 'Bob', größe: '40' }])
    },
  )

  it.each(['tag:Sale', 'tag: sale ', 'TAG:SALE', 'tag:\u200bsale'])('is a tag, in a cap for %j', async (scope) => {
    const test = await openTestApp()
    await importLines(test, ['phone', '+12025550100'])
    await addSandbox(test)
    await removeCap(test.ctx, 'Daily')
    await setCap(test.ctx, { id: 'Sale-cap', scope, max: 1, window: '24h', onCap: 'skip' })
    expect((await showLimits(test.ctx)).caps).toMatchObject([{ id: 'sale-cap', scope: 'tag:sale' }])
    for (const [name, tag] of [
      ['A', ' SALE'],
      ['B', 'Sale'],
      ['C', 'other'],
    ]) {
      const content = { type: 'text', text: 'Hello' }
      await addCampaign(
        test.ctx,
        campaignDefinition({ name, tags: [tag, tag], content, limits: { quietHours: 'ignore' } }),
      )
      await launchAndPlan(test, name ?? '')
      await record(test, await claimAll(test))
    }
    expect((await storedMessages(test)).map(({ status, reason }) => reason ?? status)).toEqual([
      'accepted',
      'frequency_cap',
      'accepted',
    ])
  })

  it('holds for caps and tags that were stored before', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', '+12025550100'])
    await addSandbox(test)
    await test.ctx.db.write((tx) =>
      tx.run(`INSERT INTO settings (key, value) VALUES ('limits', ?)`, [
        JSON.stringify({
          quietHours: null,
          caps: [{ id: 'sale', scope: 'tag:Sale', max: 1, window: '24h', onCap: 'skip' }],
        }),
      ]),
    )
    for (const name of ['A', 'B'])
      await addCampaign(
        test.ctx,
        campaignDefinition({ name, tags: ['sale'], content: { type: 'text', text: 'Hi' }, limits: {} }),
      )
    await test.ctx.db.write((tx) => tx.run(`UPDATE campaign_revisions SET tags = '["Sale "]'`))
    for (const name of ['A', 'B']) {
      await launchAndPlan(test, name)
      await record(test, await claimAll(test))
    }
    expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['accepted', 'skipped'])
  })

  it('still tells apart what was stored before and differs in its case', async () => {
    const test = await openTestApp()
    await importLines(test, ['phone', '+12025550100'], { list: 'Sale' })
    await importLines(test, ['phone', '+12025550101', '+12025550102'], { list: 'Later' })
    await test.ctx.db.write((tx) => tx.run(`UPDATE lists SET name = 'sale' WHERE name = 'Later'`))
    const counts = []
    for (const name of ['Sale', 'sale', 'SALE']) counts.push(await peopleIn(test.ctx, { lists: [name] }))
    expect(counts).toEqual([1, 2, 1])
  })
})
