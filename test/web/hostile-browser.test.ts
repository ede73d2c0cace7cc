// Hundreds of hostile texts in every place that people outside can reach, looked at by a real browser: with our policy
// it has nothing to report, and without the policy nothing of theirs runs either.
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { fill, pageRoutes } from '../support/all-routes.ts'
import { ADMIN, type BrowserDay, browserPath, endBrowser, startDay } from '../support/browser.ts'
import { hostileCorpus, someHostile } from '../support/hostile-corpus.ts'
import { campaignDefinition, csvFile, phoneNumber } from '../support/open-test-app.ts'
import { quickSession, quickUser } from '../support/quick-users.ts'
import { visitorOf } from '../support/visitor.ts'

afterAll(endBrowser)

const COLUMNS = 12

const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
const phoneAt = (n: number) => `+1${202 + Math.floor(n / 100)}555${String(100 + (n % 100)).padStart(4, '0')}`

/** Every text as a field of somebody, and some of them wherever else a text is taken. */
async function fillDay({ app: { ctx }, dir }: BrowserDay): Promise<void> {
  await quickUser(ctx, ADMIN.name, 'admin', ADMIN.password)
  const rows = Array.from({ length: Math.ceil(hostileCorpus.length / COLUMNS) }, (_, n) =>
    hostileCorpus.slice(n * COLUMNS, (n + 1) * COLUMNS),
  )
  const header = ['phone', 'first_name', ...Array.from({ length: COLUMNS - 1 }, (_, n) => `f${n}`)].join()
  const people = rows.map((texts, n) =>
    [phoneAt(n), ...Array.from({ length: COLUMNS }, (_, i) => cell(texts[i] ?? ''))].join(),
  )
  const bad = someHostile(8).map((text) => [cell(text), ...Array(COLUMNS).fill(cell(text))].join())
  const [fileName = ''] = someHostile(1)
  await importCsv(ctx, {
    path: csvFile(dir, [header, ...people, ...bad, ''].join('\n')),
    fileName: `${fileName}.csv`,
    list: 'people',
    rejectsPath: null,
    isForced: true,
  })
  for (const [n, text] of someHostile(20).entries()) {
    if (/\{[{%]/.test(text) || /\p{Cc}/u.test(text)) continue
    const content = { type: 'text', text: `${text} {{ first_name }} ${text}` }
    await addCampaign(
      ctx,
      campaignDefinition({
        name: [...`${n} ${text}`].slice(0, 40).join(''),
        sender: 'sandbox',
        useCase: 'utility',
        content,
        limits: {},
      }),
    )
  }
  for (const [n, text] of someHostile(15).entries()) {
    await addSuppression(ctx, phoneNumber(n), { evidence: text, reason: 'opted_out', scope: 'marketing' })
    await addKey(ctx, { name: text.slice(0, 90), user: 'Ada', rights: ['read'] })
  }
  // What a provider said of an account, and the templates that it told of.
  const [said = '', ...titles] = someHostile(9)
  await ctx.db.write(async (tx) => {
    await tx.run(`UPDATE senders SET status = 'paused', pause_reason = 'account_error', pause_detail = ?`, [said])
    await tx.runEach(
      `INSERT INTO templates (sender_id, name, language, title, status, status_detail, category, updated_at) VALUES (1, ?, 'en', ?, 'rejected', ?, ?, 0)`,
      titles.map((title) => [title, title, title, title]),
    )
  })
  await addSuppression(ctx, phoneAt(0), { evidence: hostileCorpus[4] ?? '', scope: 'marketing' })
}

/** A browser that tells when a text of ours ran, and what the policy stopped. */
async function openBrowser(day: BrowserDay, bypassCSP: boolean) {
  const { page, context, complaints } = await day.openLoggedIn({ bypassCSP })
  let calls = 0
  const reports: string[] = []
  await context.exposeFunction('canary', () => {
    calls++
  })
  await context.exposeFunction('tellReport', (report: string) => {
    reports.push(`${page.url()} ${report}`)
  })
  await context.addInitScript(() => {
    const told = globalThis as unknown as {
      addEventListener(name: string, listener: (event: { violatedDirective: string; blockedURI: string }) => void): void
      tellReport(report: string): void
    }
    told.addEventListener('securitypolicyviolation', (event) =>
      told.tellReport(`${event.violatedDirective} ${event.blockedURI}`),
    )
  })
  return { page, complaints, reports, calls: () => calls }
}

const things: Record<string, string> = {
  id: 'cmp_5',
  name: 'sandbox',
  cap: 'daily',
  user: 'usr_1',
  list: 'people',
  contact: 'con_1',
  import: 'imp_1',
  upload: 'upl_1',
}

/** Of all pages of the program those on which some of the texts stand. */
async function pagesWithTexts({ app, url }: BrowserDay): Promise<string[]> {
  const { sessionToken } = await quickSession(app.ctx, ADMIN.name)
  const visitor = visitorOf(url, sessionToken, '')
  const pages = pageRoutes({ app } as never).filter(
    ({ method, path }) => method === 'GET' && !/events|export/.test(path),
  )
  const found: string[] = []
  for (const { path } of [...pages, { path: '/lists/people?search=canary' }]) {
    const address = fill(
      path.replace(/\{(\w+)\}/g, (whole, name: string) => things[name] ?? whole),
      'cmp_1',
    )
    const { status, text, headers } = await visitor.get(address)
    expect(status, address).toBeLessThan(500)
    if (text.includes('canary') && /html/.test(headers.get('content-type') ?? '')) found.push(address)
  }
  return found
}

/** A file is uploaded, so that its names and first rows stand on the page of its columns. */
async function upload(page: Page, day: BrowserDay): Promise<void> {
  const texts = someHostile(24).map((text) => text.replaceAll('\n', ' '))
  const rows = texts.map((text, n) => [phoneNumber(n), cell(text), cell(texts.at(-n - 1) ?? '')].join())
  const name = '<img src=x onerror=canary()>.csv'
  await page.goto(`${day.url}/import`)
  const header = `phone,${cell('a <img src=x onerror=canary()> b')},${cell('"><svg onload=canary()>')}`
  await page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from([header, ...rows, ''].join('\n')) })
  await page.getByRole('button', { name: 'Upload' }).first().click()
  await page.waitForURL(/\/import\/upl_/)
}

it.skipIf(browserPath === undefined)(
  'SR-40 A-06 A-09 A-12 A-19 nothing of hundreds of hostile texts runs on any page, with our policy and without it',
  async () => {
    expect(hostileCorpus.length).toBeGreaterThan(450)
    const day = await startDay()
    await fillDay(day)
    const paths = await pagesWithTexts(day)
    expect(paths.length).toBeGreaterThan(10)
    for (const bypassCSP of [true, false]) {
      const { page, complaints, reports, calls } = await openBrowser(day, bypassCSP)
      await upload(page, day)
      // Without the policy a picture that is not there must have had its time to fail; the policy speaks at once.
      const waitUntil = bypassCSP ? 'load' : 'domcontentloaded'
      for (const path of paths) await page.goto(`${day.url}${path}`, { waitUntil })
      // What was typed comes back with its error, and previews are put into the page by a script.
      await page.goto(`${day.url}/campaigns/new`)
      await page.locator('[name="/name"]').fill('"><img src=x onerror=canary()>')
      await page.locator('[name="/sender"]').selectOption('sandbox')
      await page.locator('[name="/audience/lists"][value=people]').check()
      await page
        .locator('[name="/content/text"]')
        .fill(
          '<svg onload=canary()> {{ first_name }} {{ f3 }} *<b onclick=canary()>* https://x.example/"onmouseover=canary()',
        )
      await page.getByText('svg onload=canary()').first().waitFor()
      await page.keyboard.press('Tab')
      expect({ complaints, reports, calls: calls() }).toEqual({ complaints: [], reports: [], calls: 0 })
      await page.context().close()
    }
  },
  60_000,
)

it.skipIf(browserPath === undefined)(
  'SR-43 nothing is left in a browser, and nothing secret stands in an address',
  async () => {
    const day = await startDay()
    const { page } = await openBrowser(day, false)
    const visited: string[] = []
    page.on('framenavigated', (frame) => visited.push(frame.url()))
    await page.goto(`${day.url}/keys/new`)
    await page.locator('[name=name]').fill('shop')
    await page.getByRole('button', { name: 'Make the key' }).click()
    const key = /herald_[\w-]{43}/.exec(await page.content())?.[0] ?? ''
    expect(key).not.toBe('')
    for (const path of ['/', '/campaigns/new', '/import', '/lists', '/keys']) await page.goto(`${day.url}${path}`)
    expect(await page.content()).not.toContain(key)
    const left = () =>
      page.evaluate(
        `(async () => ({ local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie,
        databases: (await indexedDB.databases()).map(({ name }) => name), caches: await caches?.keys?.() ?? [] }))()`,
      )
    // The time zone of the browser is no secret.
    const nothing = { local: {}, session: {}, cookies: 'herald-zone=UTC', databases: [], caches: [] }
    expect(await left()).toEqual(nothing)
    for (const url of visited) expect(url).not.toMatch(/herald_|csrf|password|orange|session/)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(/\/login/)
    expect(await left()).toEqual(nothing)
    // Going back shows nothing of what was seen: no page is kept.
    await page.goBack()
    await page.waitForURL(/\/login/)
    expect(await page.content()).not.toContain('shop')
  },
  30_000,
)
