// Campaigns over HTTP: drafts, previews, actions, reports, export, live events.
import { describe, expect, it } from 'vitest'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { LiveReports } from '../../src/engine/service/live.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, providerError, record } from '../support/claims.ts'
import { until } from '../support/fake-clock.ts'
import {
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
} from '../support/open-test-app.ts'

async function served(people = 3): Promise<ApiClient> {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, people)
  return client
}

const post = (body: unknown = {}) => ({ method: 'POST', body })

/** A campaign that was launched and sent to its end. */
async function sent(people = 3): Promise<ApiClient> {
  const client = await served(people)
  await client.api('/campaigns', post(campaignDefinition()))
  await client.api('/campaigns/Spring%20sale/launch', post())
  const isDone = async () => {
    const { body } = await client.api('/campaigns/cmp_1/report')
    const { delivered, read } = body.totals.byStatus
    return body.campaign.status === 'finished' && delivered + read === people
  }
  await until(client.clock, isDone)
  return client
}

describe('a campaign over the API', () => {
  it('is saved, shown, replaced, cloned and archived', async () => {
    const { api } = await served()
    const saved = await api('/campaigns', post(campaignDefinition()))
    expect(saved).toMatchObject({ status: 201, body: { id: 'cmp_1', status: 'draft', sender: 'main' } })
    const replaced = await api('/campaigns/cmp_1', {
      method: 'PUT',
      body: campaignDefinition({ name: 'Summer sale', tags: ['Summer'] }),
    })
    expect(replaced.body).toMatchObject({ name: 'Summer sale', revision: 2, definition: { tags: ['summer'] } })
    expect((await api('/campaigns/Summer%20sale')).body).toEqual(replaced.body)
    const clone = await api('/campaigns/cmp_1/clone', post({ remaining: true }))
    expect(clone.body.definition.audience.filter).toMatchObject({ campaign: 'Summer sale' })
    expect((await api('/campaigns/cmp_1/archive', post())).body.status).toBe('archived')
  })

  it('is refused with the codes of a file, all of them at once', async () => {
    const { api } = await served()
    const refused = async (body: unknown) => (await api('/campaigns', post(body))).body
    const { name, ...nameless } = campaignDefinition()
    expect(name).toBe('Spring sale')
    const twoWrong = await refused({ ...nameless, templete: 1 })
    expect(twoWrong.errors.map((error: { pointer: string }) => error.pointer)).toEqual(['/name', '/templete'])
    expect(await refused({ ...campaignDefinition(), contnt: 1 })).toMatchObject({
      status: 422,
      code: 'campaign.unknown_field',
      errors: [{ detail: expect.stringContaining('did you mean "content"') }],
    })
    expect(await refused([])).toMatchObject({ code: 'campaign.not_an_object' })
    expect(await refused(campaignDefinition({ limits: { ratePerSecond: -1 } }))).toMatchObject({
      code: 'rate.out_of_range',
    })
    await api('/campaigns', post(campaignDefinition()))
    expect(await refused(campaignDefinition())).toMatchObject({ status: 409, code: 'campaign.name_taken' })
  })

  it('answers a body that is no JSON with 400, not with a fault', async () => {
    const { api } = await served()
    expect(await api('/campaigns', post('{"name": '))).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })

  it('is listed newest first in pages that do not shift, by status and by a part of the name', async () => {
    const { api } = await served()
    for (const name of ['Spring sale', 'Summer 100%', 'Autumn sale'])
      await api('/campaigns', post(campaignDefinition({ name })))
    await api('/campaigns/cmp_3/archive', post())
    const first = await api('/campaigns?limit=2')
    expect(first.body.items.map((item: { name: string }) => item.name)).toEqual(['Autumn sale', 'Summer 100%'])
    await api('/campaigns', post(campaignDefinition({ name: 'Winter sale' })))
    const second = await api(`/campaigns?limit=2&cursor=${first.body.nextCursor}`)
    expect(second.body).toMatchObject({ items: [{ name: 'Spring sale' }], nextCursor: null })
    const names = async (query: string) =>
      (await api(`/campaigns?${query}`)).body.items.map((item: { name: string }) => item.name)
    expect(await names('status=archived')).toEqual(['Autumn sale'])
    expect(await names('q=SALE')).toEqual(['Winter sale', 'Autumn sale', 'Spring sale'])
    expect(await names('q=0%25')).toEqual(['Summer 100%'])
    expect(await api(`/campaigns?status=draft&cursor=${first.body.nextCursor}`)).toMatchObject({
      status: 400,
      body: { code: 'cursor.invalid' },
    })
  })

  it('SR-54 is launched only for the number of people that was confirmed', async () => {
    const { api } = await served(3)
    await api('/campaigns', post(campaignDefinition({ schedule: { at: '2027-06-05T10:00:00Z' } })))
    const refused = await api('/campaigns/cmp_1/launch', post({ confirmedCount: 2 }))
    expect(refused).toMatchObject({ status: 409, body: { code: 'campaign.audience_changed' } })
    expect(refused.body.detail).toContain('3 people of 3 will get it, not 2')
    const launched = await api('/campaigns/cmp_1/launch', post({ confirmedCount: 3 }))
    expect(launched.body).toMatchObject({ status: 'scheduled', nextRunAt: '2027-06-05T10:00:00Z' })
    expect((await api('/campaigns/cmp_1/launch', post())).body.status).toBe('scheduled')
    expect((await api('/campaigns/cmp_1/pause', post())).body).toMatchObject({ status: 'paused', onTheWire: 0 })
    expect((await api('/campaigns/cmp_1/resume', post())).body).toMatchObject({ status: 'scheduled', willExpire: 0 })
    expect((await api('/campaigns/cmp_1/cancel', post())).body).toMatchObject({ status: 'cancelled' })
  })

  it('S1: reaches nobody only when that was confirmed, and says whom it reaches', async () => {
    const test = await served(3)
    const { api } = test
    await addSuppression(test.ctx, phoneNumber(0))
    await api('/campaigns', post(campaignDefinition()))
    expect((await api('/campaigns/cmp_1/review')).body).toMatchObject({
      people: 3,
      recipients: 2,
      leftOutBy: { blocked: 1 },
      forecast: { recipients: 2 },
    })
    for (const n of [1, 2]) await addSuppression(test.ctx, phoneNumber(n))
    expect(await api('/campaigns/cmp_1/launch', post())).toMatchObject({
      status: 422,
      body: { code: 'campaign.reaches_nobody', detail: expect.stringContaining('3 blocked') },
    })
    expect((await api('/campaigns/cmp_1/launch', post({ evenIfNobody: true, confirmedCount: 0 }))).body).toMatchObject({
      status: 'scheduled',
      reach: { people: 3, recipients: 0, leftOutBy: { blocked: 3 } },
    })
  })

  it('launches once for two requests with one Idempotency-Key', async () => {
    const { api } = await served()
    const headers = { 'idempotency-key': 'launch-1' }
    const first = await api('/campaigns', { ...post(campaignDefinition()), headers })
    const again = await api('/campaigns', { ...post(campaignDefinition()), headers })
    expect(again).toMatchObject({ status: 201, body: first.body })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  it('SR-15 asks for the right of each operation', async () => {
    const { api } = await served()
    await api('/campaigns', post(campaignDefinition()))
    expect((await api('/campaigns', { ...post(campaignDefinition()), as: 'viewer' })).status).toBe(403)
    for (const act of ['launch', 'pause', 'resume', 'cancel', 'test'])
      expect(
        (await api(`/campaigns/cmp_1/${act}`, { ...post({ to: '+12025550100' }), as: 'editor' })).status,
        act,
      ).toBe(403)
    expect((await api('/campaigns/cmp_1/export', { as: 'editor' })).status).toBe(403)
    expect((await api('/campaigns/cmp_1/forecast', { as: 'viewer' })).status).toBe(200)
  })
})

describe('a draft before it is saved', () => {
  it('counts its people, those whom a suppression stops among them', async () => {
    const client = await served(5)
    await importLines(client, ['phone', '+12025550100'], { list: 'staff' })
    const audience = { lists: ['people'], exclude: ['staff'], filter: { field: 'first_name', isNot: 'N4' } }
    const counted = await client.api('/previews/audience', post({ audience }))
    expect(counted.body).toEqual({ people: 3, suppressed: 0, inSession: null, leftOut: [], fields: ['first_name'] })
  })

  it('refuses a filter with its own code', async () => {
    const { api } = await served()
    const audience = { lists: ['people'], filter: { field: 'first_name', matches: '(a+)+$' } }
    expect(await api('/previews/audience', post({ audience }))).toMatchObject({
      status: 422,
      body: { code: 'filter.invalid', detail: expect.stringContaining('matches') },
    })
    const lists = { audience: { lists: ['nobody'] } }
    expect(await api('/previews/audience', post(lists))).toMatchObject({ body: { code: 'list.not_found' } })
  })

  it('shows what one person would read, and pages forwards and back', async () => {
    const { api } = await served(3)
    const ask = async (place: object) => {
      const body = { audience: { lists: ['people'] }, content: { type: 'text', text: 'Hi {{ first_name }}' }, ...place }
      return (await api('/previews/content', post(body))).body
    }
    const first = await ask({})
    expect(first).toMatchObject({ person: { phone: '+12025550100' }, content: { text: 'Hi N0' }, problem: null })
    const second = await ask({ after: first.person.id })
    expect(second.content.text).toBe('Hi N1')
    expect((await ask({ before: second.person.id })).content.text).toBe('Hi N0')
    expect((await ask({ before: first.person.id })).person).toBeNull()
  })

  it('says why one person cannot be written to', async () => {
    const client = await serveApi()
    await importLines(client, ['phone,first_name', '+12025550100,'])
    const body = { audience: { lists: ['people'] }, content: { type: 'text', text: 'Hi {{ first_name }}' } }
    expect((await client.api('/previews/content', post(body))).body).toMatchObject({
      content: null,
      problem: { code: 'campaign.missing_variables', detail: 'this person has no value for first_name' },
    })
  })

  it('fires a schedule on paper, with a note where the clocks change', async () => {
    const { api } = await served()
    const schedule = { cron: '30 1 * * *', timeZone: 'America/New_York' }
    const preview = await api('/previews/schedule', post({ schedule, count: 2, from: '2027-11-06T12:00:00Z' }))
    expect(preview.body).toMatchObject({
      timeZone: 'America/New_York',
      occurrences: [
        { at: '2027-11-07T05:30:00Z', local: '2027-11-07T01:30', note: expect.stringContaining('happens twice') },
        { at: '2027-11-08T06:30:00Z', local: '2027-11-08T01:30', note: null },
      ],
    })
    const until = await api('/previews/schedule', post({ schedule: { ...schedule, until: '2027-11-07' } }))
    expect(until.body).toMatchObject({
      understood: ['until 2027-11-07 (through 23:59:59.999 America/New_York, 2027-11-08T04:59:59.999Z)'],
      zoneData: { version: process.versions.tz },
    })
    expect((await api('/previews/schedule', post({ schedule: { cron: '99 1 * * *' } }))).body.code).toBe(
      'cron.out_of_range',
    )
  })

  it('names the people who speak against a launch', async () => {
    const client = await served(1)
    await importLines(client, ['phone,first_name', '+12025550198,', '+12025550199,Ada'])
    await client.api('/campaigns', post(campaignDefinition({ content: { type: 'text', text: '{{ first_name }}' } })))
    expect((await client.api('/campaigns/cmp_1/review')).body).toMatchObject({
      people: 3,
      refusals: [
        {
          code: 'campaign.missing_variables',
          people: [{ phone: '+12025550198', detail: 'no value for first_name' }],
        },
      ],
    })
  })
})

describe('a campaign that was sent', () => {
  it('is reported as JSON, CSV and page, by name or by Accept', async () => {
    const { api } = await sent()
    const { body } = await api('/campaigns/cmp_1/report')
    expect(body.totals).toMatchObject({ audience: 3, byStatus: { failed: 0, pending: 0 } })
    expect((await api('/campaigns/cmp_1/report?format=csv')).text).toContain('run,occurrence,status,audience,pending')
    const page = await api('/campaigns/cmp_1/report', { headers: { accept: 'text/html' } })
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.text).toContain('Spring sale')
    expect((await api('/campaigns/cmp_1/runs')).body.items).toMatchObject([{ run: body.runs[0].run, audience: 3 }])
    expect((await api('/campaigns/cmp_1/verify')).body.ok).toBe(true)
  })

  it('is exported as a stream, all of it or by status', async () => {
    const { api } = await sent()
    const all = await api('/campaigns/cmp_1/export')
    expect(all.headers.get('content-disposition')).toContain('attachment')
    expect(all.text.split('\n').filter(Boolean)).toHaveLength(4)
    expect(all.text).toContain(',12025550100,')
    expect((await api('/campaigns/cmp_1/export?status=failed,skipped')).text.split('\n').filter(Boolean)).toHaveLength(
      1,
    )
    expect((await api('/campaigns/cmp_1/export?raw=true')).text).toContain(',+12025550100,')
    expect((await api('/campaigns/cmp_1/export?status=lost')).status).toBe(400)
    expect((await api('/campaigns/cmp_9/export')).status).toBe(404)
  })

  it('tells over time, and of one person why', async () => {
    const { api } = await sent()
    const { body } = await api('/campaigns/cmp_1/timeline')
    const sums = body.points.reduce((sum: number, point: { accepted: number }) => sum + point.accepted, 0)
    expect(body).toMatchObject({ sampledOneOf: 1 })
    expect(sums).toBe(3)
    const why = await api('/campaigns/cmp_1/why?phone=%2B12025550100')
    expect(why.body).toMatchObject({ phone: '+12025550100', decision: expect.stringMatching(/read|delivered/) })
  })
})

describe('messages in doubt', () => {
  it('are listed in pages and settled by an operator, one by one', async () => {
    const before = await openTestApp()
    await addSandbox(before)
    await importPeople(before, 3)
    await addTestCampaign(before)
    await launchAndPlan(before, 'Spring sale')
    await record(before, await claimAll(before), () => ({ kind: 'unknown', error: providerError('timeout') }))
    const client = await serveApi({ dir: before.dir, clock: before.clock })
    const first = await client.api('/unknown?limit=2&campaign=cmp_1')
    expect(first.body.items.map((item: { phone: string }) => item.phone)).toEqual(['+12025550100', '+12025550101'])
    const second = await client.api(`/unknown?limit=2&campaign=cmp_1&cursor=${first.body.nextCursor}`)
    expect(second.body).toMatchObject({ items: [{ phone: '+12025550102' }], nextCursor: null })
    const [{ id }] = first.body.items
    expect((await client.api(`/unknown/${id}/resolve`, { ...post({ as: 'accepted' }), as: 'editor' })).status).toBe(403)
    expect((await client.api(`/unknown/${id}/resolve`, post({ as: 'accepted' }))).body).toEqual({
      id,
      status: 'accepted',
    })
    expect(await client.api(`/unknown/${id}/resolve`, post({ as: 'failed' }))).toMatchObject({
      status: 409,
      body: { code: 'message.not_unknown' },
    })
    expect((await client.api('/unknown/summary?campaign=cmp_1')).body).toMatchObject({ count: 2, canBeResent: 2 })
    const many = { as: 'failed', campaign: 'cmp_1' }
    expect(await client.api('/unknown/resolve', post({ ...many, count: 1 }))).toMatchObject({
      status: 409,
      body: { code: 'message.other_count' },
    })
    expect((await client.api('/unknown/resolve', post({ ...many, count: 2 }))).body).toEqual({ settled: 2, ended: 0 })
  })
})

describe('live numbers', () => {
  it('come as events and end when the service stops', async () => {
    const client = await served()
    await client.api('/campaigns', post(campaignDefinition()))
    const live = new AbortController()
    const response = await fetch(`${client.base}/api/v1/campaigns/cmp_1/live`, {
      headers: { authorization: `Bearer ${client.keys.viewer}` },
      signal: live.signal,
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const reader = response.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    const event = new TextDecoder().decode(value)
    expect(event).toMatch(/^event: live\ndata: \{.*\}\n\n$/)
    expect(JSON.parse(event.split('data: ')[1] ?? '')).toMatchObject({
      campaign: { id: 'cmp_1', status: 'draft' },
      ratePerSecond: 0,
      doneAt: null,
    })
    // The service of the test stops while this stream is open: a stop that hangs fails the test.
  })

  it('are shared by all watchers, and told again only after a change', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importPeople(test, 2)
    await addTestCampaign(test)
    const live = new LiveReports(test.ctx)
    const told: string[] = []
    const ended: string[] = []
    const watcher = (name: string) => ({
      tell: () => void told.push(name),
      end: () => void ended.push(name),
    })
    await live.watch('cmp_1', watcher('a'))
    const stopB = await live.watch('Spring sale', watcher('b'))
    expect(told).toEqual(['a', 'b'])
    await live.look('cmp_1')
    await live.look('cmp_1')
    expect(told).toEqual(['a', 'b', 'a', 'b'])
    stopB()
    expect(live.watchers).toBe(1)
    live.close()
    expect(ended).toEqual(['a'])
  })

  it('refuse one watcher more than there may be, and say when to come again', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importPeople(test, 1)
    await addTestCampaign(test)
    const live = new LiveReports(test.ctx, 1)
    const nobody = { tell: () => {}, end: () => {} }
    await live.watch('cmp_1', nobody)
    await expect(live.watch('cmp_1', nobody)).rejects.toMatchObject({
      code: 'live.too_many_watchers',
      details: { retryAfterSeconds: 30 },
    })
    live.close()
  })
})
