// What the editor says of what is typed: everything at once and at its field, nothing before anything was typed, and the
// message stays in sight whatever is wrong with it.
import { afterAll, describe, expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { typedCampaign } from '../support/campaign-form.ts'
import { formFields } from '../support/form-fields.ts'
import { addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

afterAll(endBrowser)

async function day(): Promise<ApiClient & { visitor: Visitor }> {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 3)
  return { ...client, visitor: await visit(client) }
}

/** A part of the page by its id, without the marks. */
function partOf(html: string, id: string): string {
  const from = html.indexOf(`id="${id}"`)
  return html
    .slice(from, html.indexOf('</section>', from))
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

describe('a form with several mistakes', () => {
  it('D18: names all of them at once, each at its own field', async () => {
    const { visitor } = await day()
    const { status, text } = await visitor.post('/campaigns/new', {
      ...typedCampaign,
      act: 'save',
      '/name': '',
      '/content/text': 'Hi {{ first_name }',
      '/limits/validity': '1000000',
      '/limits/ratePerSecond': '0',
      '/priority': '1000000',
    })
    expect(status).toBe(422)
    const fields = [...text.matchAll(/id="([^"]+)-error"/g)].map(([, id]) => id)
    expect(fields).toEqual(['/name', '/content/text', '/limits/validity', '/limits/ratePerSecond', '/priority'])
    expect(text).toContain('<title>Error: New campaign · Herald</title>')
    expect(text).toMatch(/class="error whole summary" role="alert" tabindex="-1" autofocus/)
  })

  it('D18: a field that nobody has is named at the text that names it', async () => {
    const { visitor } = await day()
    const fields = {
      '/content/type': 'buttons',
      'content/was': 'buttons',
      '/content/text': '',
      '/content/body': 'Hello',
    }
    const buttons = { '/content/buttons/0/title': 'Yes', '/content/footer': '{{ nick_name }}' }
    const { text } = await visitor.post('/campaigns/new', { ...typedCampaign, ...fields, ...buttons, act: 'save' })
    expect(text).toContain('id="/content/footer-error"')
  })

  it('D18: the API names them all too', async () => {
    const { api } = await day()
    const definition = {
      name: 'Sale',
      useCase: 'utility',
      sender: 'main',
      audience: { lists: ['people'] },
      content: { type: 'text', text: '{{ x | shout }}' },
      limits: { validity: '99y', ratePerSecond: 0 },
      priority: 1000,
    }
    const { status, body } = await api('/campaigns', { method: 'POST', body: definition })
    expect(status).toBe(422)
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      '/content/text',
      '/limits/ratePerSecond',
      '/limits/validity',
      '/priority',
    ])
  })

  it.runIf(browserPath)('D18: the reader begins at what is wrong', async () => {
    const browser = await startDay()
    const { page, complaints } = await browser.openLoggedIn()
    await page.goto(`${browser.url}/campaigns/new`)
    await page.click('button[value=save]')
    expect(await page.evaluate('document.activeElement.className')).toContain('summary')
    await page.goto(`${browser.url}/team`)
    await page.fill('[name=timeZone]', 'Mars')
    await page.click('main form button')
    expect(await page.evaluate('document.activeElement.name')).toBe('timeZone')
    expect(complaints).toEqual([])
  })
})

describe('the times of a schedule', () => {
  const look = async ({ visitor }: { visitor: Visitor }, fields: Record<string, string>, headers = {}) =>
    (await visitor.post('/campaigns/new', { ...typedCampaign, ...fields, act: 'check' }, headers)).text

  it('D20: no mistake is named before anything was typed', async () => {
    const client = await day()
    for (const kind of ['once', 'every', 'cron', 'daily', 'weekly', 'monthly'])
      expect(partOf(await look(client, { 'schedule/kind': kind }), 'look-schedule')).not.toMatch(/missing|fields|Write/)
    for (const type of ['text', 'buttons', 'list', 'carousel', 'template']) {
      const text = await look(client, { '/content/type': type, 'content/was': type, '/content/text': '' })
      expect(partOf(text, 'look-content'), type).toContain('Your text appears here.')
      expect(partOf(text, 'look-content'), type).not.toMatch(/missing|empty/)
    }
  })

  it('D20: one column where the schedule goes by the clock of the reader, another where it does not', async () => {
    const client = await day()
    const heads = (text: string) => [...text.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(([, head]) => head)
    const daily = { 'schedule/kind': 'daily', 'schedule/time': '09:00' }
    expect(heads(await look(client, daily))).toEqual(['Time in UTC'])
    const headers = { cookie: `${client.visitor.cookie}; herald-zone=America/New_York` }
    const elsewhere = await look(client, { ...daily, '/schedule/timeZone': 'Europe/Berlin' }, headers)
    expect(heads(elsewhere)).toEqual(['Time in Berlin', 'Time in New York'])
    expect(elsewhere).toMatch(/title="2027-06-02 07:00 UTC">Wed, 2 Jun 2027, 09:00</)
    expect(heads(await look(client, { ...daily, 'schedule/recipient': 'yes' }))).toContain('On each person’s own clock')
  })

  it('D20: several days of the week are one schedule, which comes back as it was ticked', async () => {
    const { visitor, api } = await day()
    const weekly = { 'schedule/kind': 'weekly', 'schedule/time': '09:00', '/schedule/timeZone': 'UTC' }
    const fields = Object.entries({
      ...typedCampaign,
      ...weekly,
      act: 'save',
      csrf: visitor.csrf,
      '/schedule/maxRuns': '4',
    })
    const days = ['THU', 'MON'].map((day): [string, string] => ['schedule/weekday', day])
    const saved = await visitor.send('/campaigns/new', [...fields, ...days])
    expect(saved.status).toBe(303)
    expect((await api('/campaigns/cmp_1')).body.definition.schedule).toMatchObject({
      cron: '0 9 * * MON,THU',
      maxRuns: 4,
    })
    expect((await visitor.get('/campaigns/cmp_1')).text).toContain('every Monday and Thursday at 09:00')
    const { text } = await visitor.get('/campaigns/cmp_1/edit')
    expect([...text.matchAll(/name="schedule\/weekday" value="(\w+)" checked/g)].map(([, day]) => day)).toEqual([
      'MON',
      'THU',
    ])
  })

  it('D30: says at the field that a time is past, or too far ahead', async () => {
    const client = await day()
    const at = async (time: string) =>
      partOf(await look(client, { 'schedule/kind': 'once', '/schedule/at': time }), 'look-when').split('Next times')[0]
    expect(await at('2027-05-31T09:00')).toMatch(/31 May 2027, 09:00 UTC was 1 day ago\. Choose a later time/)
    expect(await at('2027-07-30T09:00')).toMatch(/is more than 35 days ahead\. The latest possible time is 6 Jul 2027/)
    expect(await at('2027-06-20T09:00')).not.toMatch(/ago|ahead/)
    const { api } = client
    const schedule = { at: '2027-07-30T09:00', timeZone: 'UTC' }
    const { body } = await api('/previews/schedule', { method: 'POST', body: { schedule } })
    expect(body.problem.code).toBe('schedule.too_far')
  })
})

describe('the preview', () => {
  it('D28: keeps the message, and names what is too long and what is missing beside it', async () => {
    const { visitor } = await day()
    const fields = { '/content/type': 'buttons', 'content/was': 'buttons', '/content/text': '' }
    const typed = { '/content/body': 'Shall we?', '/content/buttons/0/title': 'A'.repeat(56) }
    const { text } = await visitor.post('/campaigns/new', { ...typedCampaign, ...fields, ...typed, act: 'check' })
    expect(text).toMatch(/class="wa-bubble">.*Shall we\?/)
    expect(text).toContain(`<div class="wa-button">${'A'.repeat(19)}…</div>`)
    expect(partOf(text, 'look-content')).toContain('Reply buttons: Button 1: has 56 characters, at most 20.')
    expect(text).toMatch(/data-max="20"/)
    const noBody = { ...typed, '/content/body': '' }
    const without = await visitor.post('/campaigns/new', { ...typedCampaign, ...fields, ...noBody, act: 'check' })
    expect(without.text).toContain('class="wa-bubble"')
    expect(partOf(without.text, 'look-content')).toContain('Text: is missing.')
  })
})

describe('a campaign that was launched', () => {
  it('D13: is edited as it is by a user who may send, and says to others how', async () => {
    const { visitor, api, ...client } = await day()
    await addTestCampaign({ ...client, api } as never, { schedule: { at: '2027-06-02T09:00', timeZone: 'UTC' } })
    await api('/campaigns/cmp_1/launch', { method: 'POST', body: {} })
    const page = await visitor.get('/campaigns/cmp_1')
    expect(page.text).toContain('href="/campaigns/cmp_1/edit"')
    const edit = await visitor.get('/campaigns/cmp_1/edit')
    expect(edit.text).toContain('It is launched.')
    const fields = formFields(edit.text, 'editor').filter(([name]) => name !== '/schedule/at' && name !== 'act')
    const changed: [string, string][] = [...fields, ['/schedule/at', '2027-06-03T10:00'], ['act', 'save']]
    const saved = await visitor.send('/campaigns/cmp_1/edit', changed)
    expect(saved.status).toBe(303)
    expect((await api('/campaigns/cmp_1')).body).toMatchObject({
      status: 'scheduled',
      nextRunAt: '2027-06-03T10:00:00Z',
    })
    const editor = await visit({ ...client, api } as never, 'editor')
    expect((await editor.get('/campaigns/cmp_1')).text).toContain('ask someone who may send to pause it first')
  })
})
