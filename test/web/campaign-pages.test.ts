// Campaigns on pages: the editor that loses nothing, the review, the launch with its number, the run, the report.

import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { type Principal, roleRights } from '../../src/domain/access.ts'
import type { ProviderTemplate } from '../../src/domain/template.ts'
import { WatchedLaunches } from '../../src/engine/campaigns/watched-launches.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { getSender } from '../../src/store/senders.ts'
import { putTemplate } from '../../src/store/templates.ts'
import type { PageEnv } from '../../src/web/page.ts'
import { webPages } from '../../src/web/pages.tsx'
import { facesOf } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { saleTemplate, typedCampaign } from '../support/campaign-form.ts'
import { claimAll, tickAndPlan } from '../support/claims.ts'
import { until } from '../support/fake-clock.ts'
import { formFields } from '../support/form-fields.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importLines,
  importPeople,
  phoneNumber,
} from '../support/open-test-app.ts'
import { present } from '../support/present.ts'
import { type Visitor, visit } from '../support/visitor.ts'

interface Day extends ApiClient {
  visitor: Visitor
}

async function day(role: Parameters<typeof visit>[1] = 'admin', people = 3): Promise<Day> {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, people)
  return { ...client, visitor: await visit(client, role) }
}

const CSRF = 'a token'

/** Pages of somebody who is logged in, on which every check and launch is watched, however few people it is about. */
function watchingAll({ app, ctx }: Day) {
  const launches = new WatchedLaunches(ctx, 0)
  const session = { id: 'a session', csrfToken: CSRF }
  const principal: Principal = {
    userId: 1,
    name: 'Ada',
    role: 'admin',
    rights: roleRights.admin,
    session,
    keyId: null,
    timeZone: null,
  }
  const pages = new Hono<PageEnv>()
    .use('*', (c, next) => {
      c.set('principal', principal)
      return next()
    })
    .route('/', webPages({ ...facesOf(app), launches, describeApi: () => ({}) }))
  return { launches, pages }
}

const videoTemplate: ProviderTemplate = {
  ...saleTemplate,
  shape: null,
  text: {
    header: { type: 'video', text: null },
    body: 'Hello *{{1}}*, 20% off',
    footer: 'Example Ltd',
    buttons: [{ index: 0, title: 'Shop', url: 'https://example.test/' }],
    cards: [],
  },
}

const form = { ...typedCampaign, '/content/text': 'Hello *{{ first_name }}*' }

describe('the editor', () => {
  it('gives everything back as it was typed, with the error beside its field', async () => {
    const { visitor, api } = await day()
    const typed = {
      ...form,
      act: 'save',
      '/limits/validity': '99y',
      'schedule/kind': 'weekly',
      'schedule/time': '09:30',
    }
    const { status, text } = await visitor.post('/campaigns/new', typed)
    expect(status).toBe(422)
    expect(text).toMatch(/value="99y"[^>]*aria-invalid="true"/)
    expect(text).toMatch(/id="\/limits\/validity-error">Validity &quot;99y&quot; is not between/)
    expect(text).toContain('Hello *{{ first_name }}*</textarea>')
    expect(text).toContain('value="09:30"')
    expect(text).toMatch(/value="people" checked/)
    expect((await api('/campaigns')).body.items).toEqual([])
  })

  it('does not overwrite what somebody else saved meanwhile, unless they saw it', async () => {
    const { visitor, api } = await day()
    await visitor.post('/campaigns/new', { ...form, act: 'save' })
    const save = (change: Record<string, string>) =>
      visitor.post('/campaigns/cmp_1/edit', { ...form, ...change, act: 'save' })
    const versionIn = (html: string) => /name="version" value="([^"]+)"/.exec(html)?.[1] ?? ''
    const version = versionIn((await visitor.get('/campaigns/cmp_1/edit')).text)
    expect((await save({ version, '/content/text': 'First' })).status).toBe(303)
    const second = await save({ version, '/content/text': 'Second' })
    expect(second.status).toBe(409)
    expect(second.text).toContain('changed meanwhile')
    expect(second.text).toMatch(/Second<\/textarea>/)
    expect((await api('/campaigns/cmp_1')).body.definition.content.text).toBe('First')
    expect((await save({ version: versionIn(second.text), '/content/text': 'Second' })).status).toBe(303)
    expect((await api('/campaigns/cmp_1')).body.definition.content.text).toBe('Second')
  })

  it('keeps what was typed when the login ended and another one began, and saves nothing before it was seen', async () => {
    const { visitor, api, base } = await day()
    const old = await visitor.post('/campaigns/new', { ...form, csrf: 'of-the-login-before', act: 'save' })
    expect(old.status).toBe(403)
    expect(old.text).toContain('You logged in anew')
    expect(old.text).toContain('value="Spring sale"')
    expect((await api('/campaigns')).body.items).toEqual([])
    const over = await fetch(`${base}/campaigns/new`, {
      method: 'POST',
      headers: { 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ ...form, act: 'save' }),
    })
    expect(over.status).toBe(401)
    expect(await over.text()).toContain('name="/content/text" value="Hello *{{ first_name }}*"')
  })

  it('gives each place of the page a name of its own, so that a part can be drawn again alone', async () => {
    const { visitor } = await day()
    const { text } = await visitor.post('/campaigns/new', { ...form, 'schedule/kind': 'weekly', act: 'check' })
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    const parts = [...text.matchAll(/data-redraw="([^"]+)"/g)].flatMap(([, names = '']) => names.split(' '))
    expect(parts.filter((part) => !ids.includes(part))).toEqual([])
  })

  it('gives a filter back with the rows and groups that a button asked for, without scripts', async () => {
    const { visitor, api } = await day()
    const typed = { ...form, 'filter/match': 'all', 'filter/0/field': 'first_name', 'filter/0/value': 'N1' }
    const group = await visitor.post('/campaigns/new', { ...typed, act: 'add-group filter' })
    expect(group.text).toMatch(/<select id="filter\/1\/match"[^>]* autofocus=""/)
    expect(group.text).toContain('value="N1" id="filter/0/value"')
    const grouped = { ...typed, 'filter/1/match': 'any', 'filter/1/0/field': 'phone', 'filter/1/0/value': 'x' }
    const row = await visitor.post('/campaigns/new', { ...grouped, act: 'add-row filter/1' })
    expect(row.text).toContain('name="filter/1/1/field"')
    const removed = await visitor.post('/campaigns/new', { ...grouped, act: 'remove filter/1' })
    expect(removed.text).not.toContain('name="filter/1/0/field"')
    expect(removed.text).toContain('value="N1"')
    const saved = await visitor.post('/campaigns/new', { ...grouped, act: 'save' })
    expect(saved.headers.get('location')).toBe('/campaigns/cmp_1')
    const { filter } = (await api('/campaigns/cmp_1')).body.definition.audience
    expect(filter).toEqual({
      all: [
        { field: 'first_name', is: 'N1' },
        { field: 'phone', is: 'x' },
      ],
    })
  })

  it('shows a filter of any depth as rows and groups and saves it as it was', async () => {
    const client = await day()
    await addTestCampaign(client, { name: 'Before', schedule: { at: '2027-06-05T10:00:00Z' } })
    await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '3' })
    const deep = {
      any: [{ not: { all: [{ field: 'first_name', is: 'a\n, "b"' }, { not: { field: 'zone', isEmpty: true } }] } }],
    }
    const filter = {
      all: [
        deep,
        { field: 'phone', startsWith: '+1', isNot: '+12025550100' },
        { campaign: 'Before', status: ['sent', 'read'] },
      ],
    }
    await addTestCampaign(client, { audience: { lists: ['people'], filter } })
    const { text } = await client.visitor.get('/campaigns/cmp_2/edit')
    expect(text).toContain('name="filter/0/0/1/not" value="yes" checked')
    const sent = await client.visitor.send('/campaigns/cmp_2/edit', [...formFields(text, 'editor'), ['act', 'save']])
    expect(sent.status).toBe(303)
    expect((await client.api('/campaigns/cmp_2')).body.definition.audience.filter).toEqual(filter)
  })

  it('names the row whose field or campaign nobody has', async () => {
    const { visitor } = await day()
    const typed = { ...form, act: 'save', 'filter/match': 'all', 'filter/0/field': 'phone', 'filter/0/value': 'x' }
    const field = await visitor.post('/campaigns/new', {
      ...typed,
      'filter/1/field': 'frist_name',
      'filter/1/value': 'x',
    })
    expect(field.status).toBe(422)
    expect(field.text).toMatch(
      /id="filter\/1\/field-error">No contact of the audience has a field &quot;frist_name&quot;. Did you mean/,
    )
    const campaign = await visitor.post('/campaigns/new', {
      ...typed,
      'filter/1/campaign': 'Autumn',
      'filter/1/status': 'read',
    })
    expect(campaign.text).toMatch(
      /id="filter\/1\/campaign-error">Names the campaign &quot;Autumn&quot;, which does not exist/,
    )
  })

  it('takes line breaks as they were typed', async () => {
    const { visitor, api } = await day()
    await visitor.post('/campaigns/new', { ...form, act: 'save', '/content/text': 'Hello\r\nyou' })
    expect((await api('/campaigns/cmp_1')).body.definition.content.text).toBe('Hello\nyou')
  })

  it('saves a draft and opens it again with the same fields', async () => {
    const { visitor, api } = await day()
    const saved = await visitor.post('/campaigns/new', { ...form, act: 'save', '/tags': 'spring, sale' })
    expect(saved).toMatchObject({ status: 303 })
    expect(saved.headers.get('location')).toBe('/campaigns/cmp_1')
    const again = await visitor.get('/campaigns/cmp_1/edit')
    expect(again.text).toContain('value="spring, sale"')
    await visitor.post('/campaigns/cmp_1/edit', { ...form, '/name': 'Summer sale', act: 'save' })
    expect((await api('/campaigns/cmp_1')).body).toMatchObject({ name: 'Summer sale', revision: 2, status: 'draft' })
  })

  it('counts the audience, shows what people read one after the other, and when it fires', async () => {
    const { visitor } = await day()
    const typed = { ...form, 'schedule/kind': 'daily', 'schedule/time': '09:00', '/schedule/timeZone': 'Europe/Berlin' }
    const first = await visitor.post('/campaigns/new', { ...typed, act: 'check' })
    expect(first.text).toMatch(/number-big">3<\/strong> people now/)
    expect(first.text).toContain('Hello <strong>N0</strong>')
    expect(first.text).toContain('2027-06-02 07:00')
    const [, person = ''] = /name="preview\/person" value="([^"]+)"/.exec(first.text) ?? []
    const next = await visitor.post('/campaigns/new', { ...typed, act: 'next', 'preview/person': person })
    expect(next.text).toContain('Hello <strong>N1</strong>')
  })

  it('S10: says beside the count whom daily limit, rate and validity leave no time for', async () => {
    const { visitor, ctx } = await day()
    await ctx.db.write((tx) => tx.run('UPDATE senders SET daily_limit = 1'))
    const look = async (change: Record<string, string> = {}) =>
      (await visitor.post('/campaigns/new', { ...form, act: 'check', ...change })).text.replace(/<[^>]+>/g, '')
    expect(await look()).toContain(
      'At most 2 of them can get it before it expires after 1d 12h: its sender writes to 1 person in 24 hours.',
    )
    expect(await look({ '/limits/validity': '3d' })).not.toContain('can get it before it expires')
    await ctx.db.write((tx) => tx.run('UPDATE senders SET daily_limit = NULL'))
    expect(await look()).not.toContain('can get it before it expires')
    expect(await look({ '/limits/validity': '10s', '/limits/ratePerSecond': '0.2' })).toContain(
      'At most 2 of them can get it before it expires after 10s: 0.2 a second leave no time for more.',
    )
  })

  it('S10: says in the review how many will not get it in time, and why', async () => {
    const { visitor, ctx } = await day()
    await visitor.post('/campaigns/new', { ...form, '/limits/quietHours': 'ignore', act: 'save' })
    await ctx.db.write((tx) => tx.run('UPDATE senders SET daily_limit = 1'))
    const { text } = await visitor.get('/campaigns/cmp_1/review')
    expect(text).toContain('will not get it in time, at most 2 will: 1 by the daily limit of 1 people')
    expect(text).not.toContain('campaign.will_not_finish')
  })

  it('shows a template with the values of a person, and says where its text is not known', async () => {
    const client = await serveApi()
    await addMeta(client)
    await importPeople(client, 1)
    const visitor = await visit(client)
    const typed = {
      ...form,
      act: 'check',
      '/content/type': 'template',
      '/content/text': '',
      '/content/template': 'sale',
      '/content/language': 'en',
      '/content/body/0': '{{ first_name }}',
    }
    const unknown = await visitor.post('/campaigns/new', typed)
    expect(unknown.text).toContain('Its text is not known here')
    expect(unknown.text).toContain('<code>{{1}}</code> <bdi>N0</bdi>')
    await client.ctx.db.write(async (tx) =>
      putTemplate(tx, (await getSender(tx, 'main')).id, videoTemplate, present(0)),
    )
    const known = await visitor.post('/campaigns/new', typed)
    expect(known.text).not.toContain('Its text is not known here')
    expect(known.text).toContain('Hello <strong>N0</strong>, 20% off')
    expect(known.text).toMatch(/<b>video<\/b> <span dir="auto">comes with the template/)
    expect(known.text).toMatch(/wa-footer[^>]*>Example Ltd</)
    expect(known.text).toMatch(/wa-button"><span dir="auto">Shop<\/span><small dir="auto">https:\/\/example.test\/</)
    await visitor.post('/campaigns/new', { ...typed, act: 'save' })
    expect((await visitor.get('/campaigns/cmp_1')).text).toContain('Hello <strong>N0</strong>, 20% off')
  })

  it('keeps what was typed for another kind of content', async () => {
    const { visitor } = await day()
    const changed = { ...form, '/content/type': 'buttons', 'content/was': 'text', act: 'save' }
    const { status, text } = await visitor.post('/campaigns/new', changed)
    expect(status).toBe(422)
    expect(text).toContain('name="kept:/content/text" value="Hello *{{ first_name }}*"')
    expect(text).toMatch(/id="\/content\/body-error">is missing/i)
    const { '/content/text': typed, ...rest } = form
    const back = await visitor.post('/campaigns/new', {
      ...rest,
      'kept:/content/text': typed,
      '/content/body': 'Choose',
      'content/was': 'buttons',
      act: 'check',
    })
    expect(back.text).toContain('Hello *{{ first_name }}*</textarea>')
    expect(back.text).toContain('Hello <strong>N0</strong>')
    expect(back.text).toContain('name="kept:/content/body" value="Choose"')
  })

  it('SR-40 A-06 shows hostile people as text', async () => {
    const client = await serveApi()
    await addSandbox(client)
    const hostile = `<img src=x onerror=alert(1)> *<script>alert(2)</script>*`
    await importLines(client, ['phone,first_name', `+12025550100,"${hostile}"`])
    const visitor = await visit(client)
    const { text } = await visitor.post('/campaigns/new', {
      ...form,
      '/name': '"><script>alert(3)</script>',
      act: 'check',
    })
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(text).not.toMatch(/<img src=x|<script>alert/)
  })
})

describe('a launch', () => {
  it('SR-54 asks for the number of people and refuses another one', async () => {
    const { visitor, api } = await day()
    await visitor.post('/campaigns/new', { ...form, act: 'save' })
    const review = await visitor.get('/campaigns/cmp_1/review')
    expect(review.text).toContain('Ready to send.')
    expect(review.text).toContain('Type 3, the number of people who get it')
    const wrong = await visitor.post('/campaigns/cmp_1/launch', { confirm: '4' })
    expect(wrong.status).toBe(422)
    expect(wrong.text).toContain('3 people of 3 will get it, not 4')
    expect((await visitor.post('/campaigns/cmp_1/launch', { confirm: 'all' })).status).toBe(422)
    expect((await api('/campaigns/cmp_1')).body.status).toBe('draft')
    const launched = await visitor.post('/campaigns/cmp_1/launch', { confirm: ' 3 ' })
    expect(launched.headers.get('location')).toBe('/campaigns/cmp_1/live')
    expect((await visitor.get('/campaigns/cmp_1/review')).headers.get('location')).toBe('/campaigns/cmp_1')
  })

  it('names the people who speak against it, and offers no button', async () => {
    const client = await day()
    await importLines(client, ['phone,first_name', '+12025550198,'])
    await client.visitor.post('/campaigns/new', { ...form, act: 'save' })
    const { text } = await client.visitor.get('/campaigns/cmp_1/review')
    expect(text).toContain('This can’t be sent yet')
    expect(text).toContain('<bdi>+12025550198</bdi>: <bdi>no value for first_name</bdi>')
    expect(text).not.toContain('name="confirm"')
  })

  it('names five people at once and the others behind a click, says what to do and where, and all of it once', async () => {
    const client = await day('admin', 1)
    const lines = Array.from({ length: 23 }, (_, n) => `+447700900${100 + n},`)
    await importLines(client, ['phone,first_name', ...lines])
    await client.visitor.post('/campaigns/new', { ...form, act: 'save' })
    const { text } = await client.visitor.get('/campaigns/cmp_1/review')
    expect(text).toContain('23 of 24 people have no value for first_name')
    expect(text).toMatch(
      /or choose <a href="\/campaigns\/cmp_1\/edit#\/missingVariable">“If a field is empty: leave them out”<\/a>/,
    )
    const [open = '', behind = ''] = text.split('<details><summary>Show 15 more people</summary>')
    expect(open.match(/<li><bdi>\+447700900/g)).toHaveLength(5)
    expect(behind.match(/<li><bdi>\+447700900/g)).toHaveLength(15)
    expect(behind).toContain('and 3 more')
    expect(text).not.toMatch(/missingVariable:|will be refused/)
    const viewer = await visit(client, 'viewer')
    expect((await viewer.get('/campaigns/cmp_1/review')).text).not.toContain('/edit')
  })

  it('starts a campaign whose only time is past now, when the box is ticked', async () => {
    const client = await day()
    await addTestCampaign(client, { schedule: { at: '2027-06-01T07:00', timeZone: 'UTC' } })
    const { text } = await client.visitor.get('/campaigns/cmp_1/review')
    expect(text).toMatch(/This can’t be sent yet:<\/strong> <bdi>1 Jun 2027, 07:00 UTC was 3 hours ago/)
    expect(text).toContain('name="now"')
    expect((await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '3' })).status).toBe(422)
    const launched = await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '3', now: 'yes' })
    expect(launched.headers.get('location')).toBe('/campaigns/cmp_1/live')
  })

  it('S1: that reaches nobody wants a tick beside the number, and says why', async () => {
    const client = await day()
    for (const n of [0, 1, 2]) await addSuppression(client.ctx, phoneNumber(n), { reason: 'opted_out', evidence: 'x' })
    await client.visitor.post('/campaigns/new', { ...form, act: 'save' })
    const { text } = await client.visitor.get('/campaigns/cmp_1/review')
    expect(text).toContain('nobody would get campaign')
    expect(text).toContain('3 opted out')
    expect(text).toContain('Type 0, the number of people who get it')
    expect(text).toContain('Launch it, although nobody will get it')
    expect(text).toContain('Send now to nobody')
    expect(text).not.toMatch(/--even-if-nobody|campaign\.reaches_nobody/)
    expect((await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '0' })).status).toBe(422)
    expect((await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '3', nobody: 'yes' })).status).toBe(422)
    const launched = await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '0', nobody: 'yes' })
    expect(launched.headers.get('location')).toBe('/campaigns/cmp_1/live')
    await tickAndPlan(client, 'Spring sale')
    await claimAll(client)
    const report = await client.visitor.get('/campaigns/cmp_1/report')
    expect(report.text).toContain('nobody got it: 3 opted out')
  })

  it('shows how far the check of many people is, and offers the launch when it is done', async () => {
    const client = await day('admin', 1_200)
    await client.visitor.post('/campaigns/new', { ...form, act: 'save' })
    const { launches, pages } = watchingAll(client)
    const look = async () => (await pages.request('/campaigns/cmp_1/review')).text()
    const first = await look()
    expect(first).toMatch(/Looking at 1,200 people/)
    expect(first).toMatch(/<progress aria-label="Looking at everybody" max="1" value="0(?:\.\d+)?"/)
    expect(first).toMatch(/<noscript><meta http-equiv="refresh" content="2; url=/)
    expect(first).not.toContain('name="confirm"')
    const check = await launches.check('cmp_1')
    await until(client.clock, async () => check.state === 'done')
    expect(await look()).toContain('Send now to 1,200 people')
    const anew = await pages.request('/campaigns/cmp_1/review?anew=yes')
    expect(anew.headers.get('location')).toBe('/campaigns/cmp_1/review')
    expect(await look()).toContain('Looking at 1,200 people')
    await launches.close()
    expect(await look()).toContain('the service stops')
  })

  it('shows how far the launch to many people is, and then the campaign at work', async () => {
    const client = await day('admin', 1_200)
    await client.visitor.post('/campaigns/new', { ...form, act: 'save' })
    const { launches, pages } = watchingAll(client)
    const press = (confirm: string) =>
      pages.request('/campaigns/cmp_1/launch', { method: 'POST', body: new URLSearchParams({ csrf: CSRF, confirm }) })
    const check = await launches.check('cmp_1')
    await until(client.clock, async () => check.state === 'done')
    const mistyped = await press('12')
    expect(mistyped.status).toBe(422)
    expect(await mistyped.text()).toContain('1200 people of 1200 will get it, not 12')
    expect((await press('1,200')).headers.get('location')).toBe('/campaigns/cmp_1/review')
    const look = async () => pages.request('/campaigns/cmp_1/review')
    const meanwhile = await (await look()).text()
    expect(meanwhile).toMatch(
      /<div id="launch" data-fresh="\/campaigns\/cmp_1\/review" data-every-ms="1000">\s*<p>Everybody is checked once more/,
    )
    expect(meanwhile).toMatch(/<noscript><meta http-equiv="refresh" content="2; url=/)
    expect(meanwhile).not.toContain('name="confirm"')
    const launch = await launches.launchOf('cmp_1')
    await until(client.clock, async () => launch?.state === 'done')
    const then = await look()
    expect(then.headers.get('location')).toBe('/campaigns/cmp_1/live')
    expect(decodeURIComponent(decodeURIComponent(then.headers.get('set-cookie') ?? ''))).toContain(
      '"Spring sale" is launched.',
    )
    await launches.close()
  })

  it('is followed live, paused, resumed and reported, with and without scripts', async () => {
    const client = await day('sender')
    const { visitor, api, clock } = client
    await visitor.post('/campaigns/new', { ...form, act: 'save' })
    await visitor.post('/campaigns/cmp_1/launch', { confirm: '3' })
    expect((await visitor.post('/campaigns/cmp_1/pause')).headers.get('location')).toBe('/campaigns/cmp_1/live')
    const paused = await visitor.get('/campaigns/cmp_1/live')
    expect(paused.text).toContain('Nothing has become too late')
    expect((await visitor.post('/campaigns/cmp_1/cancel')).status).toBe(303)
    expect((await api('/campaigns/cmp_1')).body.status).toBe('paused')
    await visitor.post('/campaigns/cmp_1/resume')
    const isDone = async () => (await api('/campaigns/cmp_1/report')).body.campaign.status === 'finished'
    await until(clock, isDone)
    const live = await visitor.get('/campaigns/cmp_1/live')
    expect(live.text).toMatch(/data-live="done">3</)
    const report = await visitor.get('/campaigns/cmp_1/report')
    expect(report.text).toMatch(/3 of 3 delivered|\d of 3 delivered/)
    expect(report.text).not.toContain('were planned. Ask')
    expect(report.text).toContain('data-chart="/api/v1/campaigns/cmp_1/timeline"')
    const exported = await visitor.get('/campaigns/cmp_1/export')
    expect(exported.headers.get('content-disposition')).toContain('attachment')
    expect(exported.text.split('\n').filter(Boolean)).toHaveLength(4)
    const ask = () => visitor.get('/campaigns/cmp_1/why?phone=%2B12025550100')
    // The run is finished before the callbacks are applied.
    await until(clock, async () => !(await ask()).text.includes('<strong>The provider took the message'))
    const why = await ask()
    expect(why.text).toContain('planned in run_1')
    expect(why.text).toMatch(/<strong>The message was (?:sent|delivered|read)\.<\/strong>/)
    expect(why.text).toMatch(/Call at <time[^>]*>1 Jun 2027, 10:00 UTC<\/time>: the provider took the message/)
    expect(why.text).not.toMatch(/[^"]\d\d-\d\dT\d\d:\d\d[^Z]/)
    expect((await visitor.get('/campaigns/cmp_1/why?phone=nobody')).status).toBe(422)
  })

  it('S6: says in the report what still waits, for whom and until when', async () => {
    const client = await day('sender')
    const { visitor, api, clock, ctx } = client
    await pauseSenderByOperator(ctx, 'main')
    const times = { 'schedule/kind': 'daily', 'schedule/time': '10:01', '/schedule/timeZone': 'UTC' }
    await visitor.post('/campaigns/new', { ...form, ...times, act: 'save' })
    await visitor.post('/campaigns/cmp_1/launch', { confirm: '3' })
    const read = async () => (await visitor.get('/campaigns/cmp_1/report')).text.replace(/<[^>]+>/g, ' ')
    expect(await read()).toMatch(/The next run begins {1,2}1 Jun 2027, 10:01 UTC ?\./)
    const waits = async () => (await api('/campaigns/cmp_1/report')).body.waitingFor
    await until(clock, async () => (await waits()).some(({ count }: { count: number }) => count > 0))
    const text = await read()
    expect(text).toMatch(/What it waits for .* 3 \s*wait because the sender is paused \s*—/s)
    expect(text).toMatch(/The next run begins {1,2}2 Jun 2027, 10:01 UTC ?\./)
  })

  it('cancels only with the box ticked', async () => {
    const client = await day()
    await addTestCampaign(client, { schedule: { at: '2027-06-05T10:00:00Z' } })
    await client.visitor.post('/campaigns/cmp_1/launch', { confirm: '3' })
    const cancelled = await client.visitor.post('/campaigns/cmp_1/cancel', { sure: 'yes' })
    expect(cancelled.headers.get('location')).toBe('/campaigns/cmp_1/report')
    expect((await client.api('/campaigns/cmp_1')).body.status).toBe('cancelled')
    const copied = await client.visitor.post('/campaigns/cmp_1/clone', { name: 'Once more' })
    expect(copied.headers.get('location')).toBe('/campaigns/cmp_2/edit')
  })
})

describe('what a role sees', () => {
  it('SR-15 is no button that it may not press', async () => {
    const client = await day('viewer')
    await addTestCampaign(client)
    const { visitor } = client
    for (const path of ['/campaigns', '/campaigns/cmp_1', '/campaigns/cmp_1/review', '/campaigns/cmp_1/report']) {
      const { status, text } = await visitor.get(path)
      expect(status, path).toBe(200)
      expect(text, path).not.toMatch(/New campaign<|>\s*Edit\s*<|name="confirm"|Download as CSV|Archive …/)
    }
    expect((await visitor.get('/campaigns/new')).status).toBe(403)
    expect((await visitor.post('/campaigns/cmp_1/launch', { confirm: '3' })).status).toBe(403)
  })

  it('finds campaigns by status and by a part of the name', async () => {
    const client = await day()
    await addTestCampaign(client)
    await addTestCampaign(client, { name: 'Autumn' })
    const { text } = await client.visitor.get('/campaigns?q=spring&status=draft')
    expect(text).toContain('Spring sale')
    expect(text).not.toContain('Autumn')
    expect((await client.visitor.get('/campaigns?q=winter')).text).toContain('No campaign matches.')
  })
})
