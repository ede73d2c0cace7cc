// Parts of a page that are kept true while somebody looks: where they cannot be, they are greyed and say why, nothing that was
// typed is lost, and they go on by themselves. And the focus of the keyboard is never under a bar.
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { setUp } from '../../src/engine/accounts/setup.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { pageRoutes } from '../support/all-routes.ts'
import { type BrowserDay, browserPath, startDay } from '../support/browser.ts'
import { campaignDefinition, csvFile } from '../support/open-test-app.ts'

const PASSWORD = 'orange kettle lantern'
const TIMEOUT_MS = 240_000

async function begin(options: Parameters<BrowserDay['open']>[0] = {}) {
  const day = await startDay()
  const { ctx } = day.app
  await setUp(ctx, new URL(day.setupUrl).pathname.split('/')[2] ?? '', { name: 'Ada', password: PASSWORD })
  const path = csvFile(day.dir, 'phone,first_name\n+12025550101,Ann\n+12025550102,Bob\n')
  await importCsv(ctx, { path, list: 'people', rejectsPath: null })
  const { page, context, complaints } = await day.open(options)
  const logIn = async () => {
    const other = await context.newPage()
    await other.goto(`${day.url}/login`)
    await other.getByLabel('Name').fill('Ada')
    await other.getByLabel('Password').fill(PASSWORD)
    await other.getByRole('button', { name: 'Log in' }).click()
    await other.waitForURL(`${day.url}/`)
    await other.close()
  }
  await logIn()
  return { day, page, context, complaints, logIn }
}

async function openEditor({ day, page }: { day: BrowserDay; page: Page }): Promise<void> {
  await page.goto(`${day.url}/campaigns/new`)
  await page.locator('[id="/audience/lists-people"]').check()
  await page.locator('[id="/content/text"]').fill('Hello one')
  await page.locator('#look-content').getByText('Hello one').waitFor()
}

const stale = (page: Page, id: string) => page.locator(`#stale-${id}`)

describe.skipIf(browserPath === undefined)('a live part', () => {
  it(
    'D12: of the editor says that you are logged out, keeps what you typed, and goes on after a login',
    async () => {
      const at = await begin()
      const { page, context, complaints } = at
      await openEditor(at)
      await context.clearCookies()
      await page.locator('[id="/content/text"]').fill('Hello two')
      await stale(page, 'look-content').getByText('you are logged out').waitFor()
      expect(await page.locator('#look-content').getAttribute('class')).toContain('stale')
      expect(await stale(page, 'look-content').getByRole('link', { name: 'Log in' }).getAttribute('target')).toBe(
        '_blank',
      )
      await at.logIn()
      await page.locator('#look-content').getByText('Hello two').waitFor()
      expect(await stale(page, 'look-content').count()).toBe(0)
      expect(await page.locator('[id="/content/text"]').inputValue()).toBe('Hello two')
      expect(complaints).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'D12: of the editor says that you are offline, without an error, and goes on when you are back',
    async () => {
      const at = await begin()
      const { page, context, complaints } = at
      await openEditor(at)
      await context.setOffline(true)
      await page.locator('[id="/content/text"]').fill('Hello two')
      await stale(page, 'look-content').getByText('you are offline').waitFor()
      await context.setOffline(false)
      await page.locator('#look-content').getByText('Hello two').waitFor()
      expect(await stale(page, 'look-content').count()).toBe(0)
      expect(complaints.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'D12: of the editor says that the server cannot answer',
    async () => {
      const at = await begin()
      const { page, complaints } = at
      await openEditor(at)
      await page.route('**/campaigns/new', (route) => route.fulfill({ status: 503, body: 'busy' }))
      await page.locator('[id="/content/text"]').fill('Hello two')
      await stale(page, 'look-content').getByText('can’t answer right now').waitFor()
      await page.unroute('**/campaigns/new')
      await page.locator('#look-content').getByText('Hello two').waitFor()
      expect(complaints.filter((text) => !text.includes('503'))).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'D12: of a sender says that you are offline or logged out, and stays where it is',
    async () => {
      const at = await begin()
      const { day, page, context, complaints } = at
      await page.goto(`${day.url}/senders/snd_1`)
      await context.setOffline(true)
      await stale(page, 'health').getByText('you are offline').waitFor()
      await context.setOffline(false)
      await context.clearCookies()
      await stale(page, 'health').getByText('you are logged out').waitFor()
      await at.logIn()
      await stale(page, 'health').waitFor({ state: 'detached' })
      expect(page.url()).toBe(`${day.url}/senders/snd_1`)
      expect(complaints.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([])
    },
    TIMEOUT_MS,
  )

  it(
    'D12: of a run says that you are logged out',
    async () => {
      const { day, page, complaints } = await begin()
      const { ctx } = day.app
      await pauseSenderByOperator(ctx, 'sandbox')
      await addCampaign(ctx, campaignDefinition({ sender: 'sandbox', useCase: 'utility', limits: {} }))
      await launchByOperator(ctx, 'Spring sale')
      await page.goto(`${day.url}/campaigns/cmp_1/live`)
      // A campaign of another status is another page.
      await page.locator('.badge-running').waitFor()
      await page.locator('[data-live="state"]').getByText('Live', { exact: true }).waitFor()
      await ctx.db.write((tx) => tx.run('DELETE FROM sessions'))
      await stale(page, 'live-numbers').getByText('you are logged out').waitFor()
      expect(complaints).toEqual([])
    },
    TIMEOUT_MS,
  )
})

/** Where the focus is, and whether something else lies over it. */
const LOOK_AT_FOCUS = `(() => {
  const el = document.activeElement
  if (el === null || el === document.body) return null
  const { left, right, top, bottom, width } = el.getBoundingClientRect()
  const x = (Math.max(0, left) + Math.min(innerWidth, right)) / 2
  const visible = [Math.max(0, top), Math.min(innerHeight, bottom)]
  const at = document.elementFromPoint(x, (visible[0] + visible[1]) / 2)
  const isSeen = at !== null && (el.contains(at) || at.contains(el) || [...(el.labels ?? [])].some((label) => label.contains(at)))
  return { name: el.name || el.id || el.textContent.slice(0, 40), isHidden: width > 2 && !isSeen }
})()`

const things: Record<string, string> = {
  id: 'cmp_1',
  name: 'snd_1',
  cap: 'daily',
  user: 'usr_1',
  list: 'people',
  contact: 'con_1',
  import: 'imp_1',
}

describe.skipIf(browserPath === undefined)('the focus of the keyboard', () => {
  it.each([
    [1440, 900],
    [390, 844],
    [720, 450],
  ])(
    'D10: is never under a bar, on any page that is longer than the screen, at %i×%i',
    async (width, height) => {
      const at = await begin({ viewport: { width, height } })
      const { day, page } = at
      await addCampaign(day.app.ctx, campaignDefinition({ sender: 'sandbox', useCase: 'utility', limits: {} }))
      const pages = pageRoutes({ app: day.app } as never)
        .filter(
          ({ method, path }) => method === 'GET' && !/assets|export|job|upload|setup|login|key|message/.test(path),
        )
        .map(({ path }) => path.replace(/\{(\w+)\}/g, (_, name: string) => things[name] ?? '?'))
      const hidden: string[] = []
      let stops = 0
      for (const path of pages) {
        await page.goto(`${day.url}${path}`)
        const isLong = await page.evaluate('document.documentElement.scrollHeight > innerHeight')
        if (isLong !== true) continue
        for (let n = 0; n < 150; n++) {
          await page.keyboard.press('Tab')
          const found = (await page.evaluate(LOOK_AT_FOCUS)) as { name: string; isHidden: boolean } | null
          if (found === null) break
          stops++
          if (found.isHidden) hidden.push(`${path} ${found.name}`)
        }
      }
      expect(stops).toBeGreaterThan(100)
      expect(hidden).toEqual([])
    },
    TIMEOUT_MS,
  )
})
