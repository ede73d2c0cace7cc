// Every page in the dark theme on a wide screen, which shows all that there is: axe finds nothing against WCAG 2.2 AA. In the
// other theme on a phone it asks again what depends on colours and places, and nothing reaches beyond the side of either. The pages are read from the program, so that a new one is looked at too; those
// of an import and of a campaign are looked at in each of their states.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import SqliteConnection from 'better-sqlite3'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { addUser } from '../../src/engine/accounts/users.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { pauseByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { addRemoteSender } from '../../src/engine/senders/remote-sender.ts'
import { pauseSenderByOperator, resumeSenderByOperator, setSender } from '../../src/engine/senders/senders.ts'
import { pageRoutes } from '../support/all-routes.ts'
import { ADMIN, type BrowserDay, browserPath, endBrowser, startDay } from '../support/browser.ts'
import { campaignDefinition, csvFile, phoneNumber } from '../support/open-test-app.ts'

afterAll(endBrowser)

const require = createRequire(import.meta.url)
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const PEOPLE = 5
const TIMEOUT_MS = 600_000
/** What may be wrong in one look and right in another. */
const rulesOfLooks = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size']
/** Each width and each theme once: no colour depends on the width, and a phone shows nothing that a wide screen does not. */
const looks = [
  { width: 1280, colorScheme: 'dark', runOnly: tags },
  { width: 390, colorScheme: 'light', runOnly: rulesOfLooks },
] as const

interface Watch {
  day: BrowserDay
  page: Page
  /** Looks at a page, which has to answer with this status. */
  look(path: string, status?: number): Promise<void>
  /** The same of the page that stands open, under a name. */
  lookAtOpen(name: string): Promise<void>
  /** Fails when anything was wrong. */
  expectClean(): void
}

async function startWatch({ isLoggedIn }: { isLoggedIn: boolean }): Promise<Watch> {
  const day = await startDay()
  const { page, context, complaints } = await (isLoggedIn ? day.openLoggedIn() : day.open())
  // Half a megabyte, handed over once and not to each page.
  await context.addInitScript({ content: axe })
  const wrong: string[] = []
  const violations = (runOnly: readonly string[]) =>
    page.evaluate(
      `axe.run({ runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'], preload: false }).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html.slice(0, 200)))`,
    ) as Promise<string[]>
  const lookAtOpen = async (name: string) => {
    for (const { width, colorScheme, runOnly } of looks) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const found of await violations(runOnly)) wrong.push(`${name} ${colorScheme} ${width}: ${found}`)
      const beyond = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')
      if (Number(beyond) > 0) wrong.push(`${name} ${width}: ${beyond} px beyond the side`)
    }
  }
  const look = async (path: string, status = 200) => {
    const response = await page.goto(`${day.url}${path}`, { waitUntil: 'domcontentloaded' })
    if (response?.status() !== status) wrong.push(`${path}: status ${response?.status()} instead of ${status}`)
    await lookAtOpen(path)
  }
  const expectClean = () => {
    expect(wrong).toEqual([])
    expect(complaints).toEqual([])
  }
  return { day, page, look, lookAtOpen, expectClean }
}

const lines = Array.from({ length: PEOPLE }, (_, n) => `${phoneNumber(n)},Person ${n}`)

async function importPeople({ app: { ctx }, dir }: BrowserDay): Promise<void> {
  const path = csvFile(dir, ['phone,first_name', ...lines, '555,Bad', ''].join('\n'))
  await importCsv(ctx, { path, list: 'people', rejectsPath: null })
}

function byHand({ app }: BrowserDay, statement: string): void {
  const connection = new SqliteConnection(app.ctx.db.shownName, { timeout: 5_000 })
  connection.exec(statement)
  connection.close()
}

/** What a program of Ada's may do with her uploads and imports. */
async function programOf({ app, url }: BrowserDay) {
  const { key } = await addKey(app.ctx, { name: 'program', user: 'Ada' })
  const call = async (path: string, init: RequestInit = {}): Promise<{ id: string; state?: string }> => {
    const headers = { authorization: `Bearer ${key}`, ...init.headers }
    return (await fetch(`${url}/api/v1${path}`, { ...init, headers })).json() as Promise<{ id: string; state?: string }>
  }
  const upload = async (body: string) =>
    (await call('/uploads?fileName=people.csv', { method: 'POST', headers: { 'content-type': 'text/csv' }, body })).id
  const start = (path: string, body: unknown) =>
    call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const ended = (id: string) => expect.poll(async () => (await call(`/imports/jobs/${id}`)).state).not.toBe('running')
  return { upload, start, ended }
}

it.skipIf(browserPath === undefined)(
  'What a stranger sees is clean for those who do not see it, narrow and wide',
  async () => {
    const watch = await startWatch({ isLoggedIn: false })
    const { day, page, look, lookAtOpen } = watch
    const setupPath = new URL(day.setupUrl).pathname
    await look(setupPath)
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Password').fill('password')
    await page.getByRole('button', { name: 'Begin' }).click()
    await lookAtOpen('a set-up that was refused')
    await page.getByLabel('Password').fill(ADMIN.password)
    await page.getByRole('button', { name: 'Begin' }).click()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(/\/login/)
    await look(setupPath, 410)
    await look('/login?to=%2Flists')
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await lookAtOpen('a login that was refused')
    watch.expectClean()
  },
  TIMEOUT_MS,
)

/** What stands in the place of each parameter; each of them is there. */
const things: Record<string, string> = {
  id: 'cmp_1',
  name: 'snd_1',
  cap: 'daily',
  key: 'key_1',
  user: 'usr_1',
  list: 'people',
  contact: 'con_1',
  import: 'imp_1',
  upload: 'upl_1',
}
/** What a page is asked with that shows nothing without. */
const queries: Record<string, string> = {
  '/contacts': `?phone=${encodeURIComponent(phoneNumber(0))}`,
  '/suppressions/lift': `?phone=${encodeURIComponent(phoneNumber(1))}&scope=marketing`,
  '/campaigns/{id}/why': `?phone=${encodeURIComponent(phoneNumber(0))}`,
  '/unknown/settle': '?as=resend',
  '/templates/delete': '?sender=main&name=hello&language=en',
}
/** Looked at elsewhere here, downloads, and a question that looks as the others do. */
const elsewhere = [
  '/login',
  '/setup/{token}',
  '/import/jobs/{job}',
  '/campaigns/{id}/export',
  '/unknown/{message}/resend',
]

it.skipIf(browserPath === undefined)(
  'Every page is clean for those who do not see it, narrow and wide',
  async () => {
    const watch = await startWatch({ isLoggedIn: true })
    const { day, look } = watch
    const { ctx } = day.app
    await importPeople(day)
    await addCampaign(ctx, campaignDefinition({ sender: 'sandbox', useCase: 'utility', limits: {} }))
    const credentials = { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret: 'test-secret' }
    await addRemoteSender(ctx, { name: 'main', provider: 'meta', credentials })
    await addUser(ctx, { name: 'Bob', password: 'violet anchor pebble', role: 'viewer' })
    await addSuppression(ctx, phoneNumber(1), { scope: 'marketing', evidence: 'a letter' })
    await (await programOf(day)).upload(['mobile no,name', ...lines].join('\n'))
    const pages = pageRoutes({ app: day.app } as never).filter(
      ({ method, path }) => method === 'GET' && !path.startsWith('/assets') && !elsewhere.includes(path),
    )
    expect(pages.length).toBeGreaterThan(35)
    for (const { path } of pages)
      await look(path.replace(/\{(\w+)\}/g, (_, name: string) => things[name] ?? '?') + (queries[path] ?? ''))
    await look('/nothing/here', 404)
    await look('/senders/new?provider=zixflow')
    await look('/lists/people?search=nobody')
    watch.expectClean()
  },
  TIMEOUT_MS,
)

it.skipIf(browserPath === undefined)(
  'A campaign is clean in each of its states, narrow and wide',
  async () => {
    const watch = await startWatch({ isLoggedIn: true })
    const { day, look, lookAtOpen, page } = watch
    const { ctx } = day.app
    await importPeople(day)
    const define = (name: string, change = {}) =>
      addCampaign(ctx, campaignDefinition({ name, sender: 'sandbox', useCase: 'utility', limits: {}, ...change }))
    await setSender(ctx, 'sandbox', { ratePerSecond: 1000, pairIntervalSeconds: 0 })
    const statusOf = async (id: string) => (await watch.page.request.get(`${day.url}/campaigns/${id}`)).text()
    const done = await define('Done')
    await launchByOperator(ctx, done.id)
    await expect.poll(() => statusOf(done.id), { timeout: 20_000 }).toContain('badge-finished')
    await pauseSenderByOperator(ctx, 'sandbox')
    const waiting = await define('Waiting')
    await launchByOperator(ctx, waiting.id)
    await expect.poll(() => statusOf(waiting.id), { timeout: 20_000 }).toContain('badge-running')
    const paused = await define('Paused', { schedule: { cron: '0 9 * * MON' } })
    await launchByOperator(ctx, paused.id)
    await pauseByOperator(ctx, paused.id)
    for (const { id } of [done, waiting, paused])
      for (const tab of ['', '/live', '/report']) await look(`/campaigns/${id}${tab}`)
    await look('/')
    await look('/senders/sandbox')
    await resumeSenderByOperator(ctx, 'sandbox')
    await page.goto(`${day.url}/senders/sandbox`)
    await page.getByRole('button', { name: 'Check connection' }).click()
    await lookAtOpen('what a provider said')
    await look('/contacts/con_1')
    watch.expectClean()
  },
  TIMEOUT_MS,
)

it.skipIf(browserPath === undefined)(
  'An import is clean in each of its states, narrow and wide',
  async () => {
    const watch = await startWatch({ isLoggedIn: true })
    const { day, look, lookAtOpen, page } = watch
    await importPeople(day)
    const program = await programOf(day)
    const people = [...lines, `${phoneNumber(0)},Twice`, `${phoneNumber(9)},New`]
    const file = ['phone,first_name,zone', ...people.map((line) => `${line},Nowhere`)].join('\n')
    const bad = 'phone\n1\n2\n'
    const job = async (body: string, request: Record<string, unknown>) => {
      const { id } = await program.start('/imports', { upload: await program.upload(body), list: 'people', ...request })
      return { id, path: `/import/jobs/${id}` }
    }
    const endedJob = async (body: string, request: Record<string, unknown>) => {
      const { id, path } = await job(body, request)
      await program.ended(id)
      return path
    }
    // While something else holds the place at the database where imports are compared, this one goes on.
    const held = join(day.dir, 'held.db')
    new SqliteConnection(held).exec('CREATE TABLE held (n)').close()
    const place = await day.app.ctx.db.attachStaging(held)
    const running = await job(file, { dryRun: true })
    await look(running.path)
    await place[Symbol.asyncDispose]()
    // It shows what came of it without being asked.
    await page.getByRole('heading', { name: 'Check before importing' }).waitFor()
    await lookAtOpen('a try that is done')
    // A try with leavers and rejected lines, a file that is refused, one that fails, one that would remove too many.
    const shows = async (heading: string, path: string, status = 200) => {
      await look(path, status)
      expect(await page.locator('h1').textContent()).toBe(heading)
    }
    await shows('Check before importing', await endedJob(`${file}\n12,Short\n`, { dryRun: true, mode: 'replace' }))
    await shows('Check before importing', await endedJob(bad, {}))
    await shows('Nothing was imported', await endedJob(file, { mapping: { nobody: 'phone' } }), 422)
    await shows('Nothing was imported', await endedJob(`phone\n${phoneNumber(0)}\n`, { mode: 'replace' }), 422)
    await shows('Import of people.csv', await endedJob(file, {}))
    await shows('This file was imported before', await endedJob(file, {}))
    const numbers = async (body: string) => {
      const { id } = await program.start('/suppressions/import', { upload: await program.upload(body) })
      await program.ended(id)
      return `/import/jobs/${id}`
    }
    await shows('Numbers suppressed', await numbers(`number\n${phoneNumber(3)}\nnone\n`))
    await shows('Nothing was imported', await numbers('PK\u0003\u0004zip'), 422)
    // A file that no answer makes readable, and lines that come back mended.
    await look(`/import/${await program.upload('PK\u0003\u0004zip')}`, 422)
    await look(`/import/${await program.upload('phone,herald_line,herald_code,herald_hint\n+12025550177,2,x,y\n')}`)
    await page.getByLabel('Into which list').fill('<b>')
    await page.getByRole('button', { name: 'Preview import' }).click()
    await lookAtOpen('a mapping that was refused')
    await look('/import')
    await look('/imports')
    for (const status of ['applying', 'undoing', 'undone']) {
      byHand(day, `UPDATE imports SET status = '${status}', people = 7, applied_through = 3 WHERE id = 1`)
      await look('/imports/imp_1')
      await look('/lists')
    }
    watch.expectClean()
  },
  TIMEOUT_MS,
)
