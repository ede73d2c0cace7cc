// In which time zone pages show times: the one of the account, the browser's, the team's, in this order; and the fields that
// ask for a zone.
import { afterAll, describe, expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { addSandbox, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

afterAll(endBrowser)

const timesIn = (html: string) => [...html.matchAll(/<time [^>]*>[^<]*<\/time>/g)].map(([time]) => time)

async function listDay() {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 1)
  return { ...client, visitor: await visit(client) }
}

describe('times on pages', () => {
  it('D7: are in the zone of the browser, which is named, with UTC on hover', async () => {
    const { visitor } = await listDay()
    const cookie = `${visitor.cookie}; herald-zone=${encodeURIComponent('America/New_York')}`
    const [time = ''] = timesIn((await visitor.get('/lists', { cookie })).text)
    expect(time).toMatch(/^<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\dZ" title="\d{4}-\d\d-\d\d \d\d:\d\d UTC">/)
    expect(time).toMatch(/ New York<\/time>$/)
  })

  it('D7: are in the zone of the account, whatever the browser says', async () => {
    const { visitor } = await listDay()
    const said = await visitor.post('/account/time-zone', { timeZone: 'asia/tokyo' })
    expect(said.status).toBe(303)
    const cookie = `${visitor.cookie}; herald-zone=America/New_York`
    expect(timesIn((await visitor.get('/lists', { cookie })).text)[0]).toMatch(/ Tokyo<\/time>$/)
    await visitor.post('/account/time-zone', { timeZone: '' })
    expect(timesIn((await visitor.get('/lists', { cookie })).text)[0]).toMatch(/ New York<\/time>$/)
  })

  it('D7: are in the zone of the team where nothing else is known, also for a cookie that names no zone', async () => {
    const { visitor } = await listDay()
    expect((await visitor.post('/team', { timeZone: 'Europe/Berlin' })).status).toBe(303)
    for (const zone of ['', 'Mars/Base', '"><script>', `${'A'.repeat(5_000)}`]) {
      const cookie = `${visitor.cookie}; herald-zone=${encodeURIComponent(zone)}`
      expect(timesIn((await visitor.get('/lists', { cookie })).text)[0]).toMatch(/ Berlin<\/time>$/)
    }
  })

  it('D7: a misspelt zone is answered with the one that is meant, beside the field', async () => {
    const { visitor } = await listDay()
    for (const path of ['/account/time-zone', '/team']) {
      const { status, text } = await visitor.post(path, { timeZone: 'Europe/Berln' })
      expect(status).toBe(422)
      expect(text).toMatch(/id="timeZone-error">[^<]*Europe\/Berln[^<]*Europe\/Berlin/)
      expect(text).toContain('value="Europe/Berln"')
    }
  })

  it('D7: only an administrator chooses the zone of the team', async () => {
    const client = await serveApi()
    const viewer = await visit(client, 'viewer')
    expect((await viewer.get('/team')).text).not.toContain('<form class="decide')
    expect((await viewer.post('/team', { timeZone: 'Europe/Berlin' })).status).toBe(403)
  })
})

describe('the zone of a schedule', () => {
  const step = (html: string) => /name="\/schedule\/timeZone"|value="([^"]*)" id="\/schedule\/timeZone"/.exec(html)?.[1]
  const daily = { act: 'check', '/sender': 'main', '/content/type': 'text', 'schedule/kind': 'daily' }

  it('D7: begins as the one of the browser, and as the one of the team where one was chosen', async () => {
    const { visitor } = await listDay()
    const headers = { cookie: `${visitor.cookie}; herald-zone=America/New_York` }
    expect(step((await visitor.post('/campaigns/new', daily, headers)).text)).toBe('America/New_York')
    await visitor.post('/team', { timeZone: 'Europe/Berlin' })
    expect(step((await visitor.post('/campaigns/new', daily, headers)).text)).toBe('Europe/Berlin')
  })

  it('D7: is stored as it is shown, and is refused beside its field when it was emptied', async () => {
    const { visitor, api } = await listDay()
    const form = { ...daily, act: 'save', '/name': 'Daily', '/useCase': 'utility', '/audience/lists': 'people' }
    const typed = { ...form, '/content/text': 'Hello', 'schedule/time': '09:00' }
    const refused = await visitor.post('/campaigns/new', { ...typed, '/schedule/timeZone': '' })
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('id="/schedule/timeZone-error"')
    const cookie = `${visitor.cookie}; herald-zone=America/New_York`
    expect((await visitor.post('/campaigns/new', typed, { cookie })).status).toBe(303)
    expect((await api('/campaigns/cmp_1')).body.definition.schedule.timeZone).toBe('America/New_York')
  })
})

describe.skipIf(browserPath === undefined)('in a browser', () => {
  it('D7: the zone of the browser is used from the page after the login on, and every zone can be searched', async () => {
    const day = await startDay()
    const { page } = await day.openLoggedIn({ timezoneId: 'Asia/Kolkata' })
    await page.goto(`${day.url}/account`)
    await page.goto(`${day.url}/users`)
    expect(await page.locator('time').first().textContent()).toMatch(/ Kolkata$/)
    await page.goto(`${day.url}/account`)
    const options = page.locator('#timeZone-zones option')
    const zones = await options.evaluateAll((all) => all.map((one) => one.getAttribute('value')))
    expect(zones[0]).toMatch(/^Asia\/(?:Kolkata|Calcutta)$/)
    expect(zones).toContain('Europe/Berlin')
    expect(zones.length).toBeGreaterThan(400)
  })
})
