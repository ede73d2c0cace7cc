// Parts of a page that are kept true while somebody looks: where they cannot be, they are greyed and say why, nothing that was
// typed is lost, and they go on by themselves. And the focus of the keyboard is never under a bar.
import type { Locator, Page } from 'playwright-core'
import { afterAll, describe, expect, it } from 'vitest'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { pageRoutes } from '../support/all-routes.ts'
import { ADMIN, type BrowserDay, browserPath, endBrowser, startDay } from '../support/browser.ts'
import { campaignDefinition, csvFile } from '../support/open-test-app.ts'

afterAll(endBrowser)

const TIMEOUT_MS = 240_000
/** More than a page waits before it asks again. */
const TURN_MS = 5_000

async function begin() {
  const day = await startDay()
  const { ctx } = day.app
  const path = csvFile(day.dir, 'phone,first_name\n+12025550101,Ann\n+12025550102,Bob\n')
  await importCsv(ctx, { path, list: 'people', rejectsPath: null })
  const { page, context, complaints } = await day.openLoggedIn()
  // The timers of the page are turned by hand, or nobody would wait for less than they do.
  await page.clock.install()
  return { day, page, context, complaints }
}

/** Turns the page's timers until something has come, or gone. */
async function turned(page: Page, part: Locator, state: 'visible' | 'detached' = 'visible'): Promise<void> {
  const isSo = async () => {
    await page.clock.runFor(TURN_MS)
    return (await part.count()) > 0 === (state === 'visible')
  }
  await expect.poll(isSo).toBe(true)
}

async function openEditor({ day, page }: { day: BrowserDay; page: Page }): Promise<void> {
  await page.goto(`${day.url}/campaigns/new`)
  await page.locator('[id="/audience/lists-people"]').check()
  await page.locator('[id="/content/text"]').fill('Hello one')
  await turned(page, page.locator('#look-content').getByText('Hello one'))
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
      await turned(page, stale(page, 'look-content').getByText('you are logged out'))
      expect(await page.locator('#look-content').getAttribute('class')).toContain('stale')
      expect(await stale(page, 'look-content').getByRole('link', { name: 'Log in' }).getAttribute('target')).toBe(
        '_blank',
      )
      const other = await context.newPage()
      await other.goto(`${at.day.url}/login`)
      await other.getByLabel('Name').fill(ADMIN.name)
      await other.getByLabel('Password').fill(ADMIN.password)
      await other.getByRole('button', { name: 'Log in' }).click()
      await other.waitForURL(`${at.day.url}/`)
      await other.close()
      await turned(page, page.locator('#look-content').getByText('Hello two'))
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
      await turned(page, stale(page, 'look-content').getByText('you are offline'))
      await context.setOffline(false)
      await turned(page, page.locator('#look-content').getByText('Hello two'))
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
      await turned(page, stale(page, 'look-content').getByText('can’t answer right now'))
      await page.unroute('**/campaigns/new')
      await turned(page, page.locator('#look-content').getByText('Hello two'))
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
      await turned(page, stale(page, 'health').getByText('you are offline'))
      await context.setOffline(false)
      await context.clearCookies()
      await turned(page, stale(page, 'health').getByText('you are logged out'))
      await day.logIn(context)
      await turned(page, stale(page, 'health'), 'detached')
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

/** The same of all that can have the focus, from the top to the bottom: the browser scrolls to it as it does for a key. */
const LOOK_AT_ALL = `(() => {
  const found = []
  for (const el of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')) {
    if (el.tabIndex < 0) continue
    el.focus()
    if (document.activeElement === el) found.push(${LOOK_AT_FOCUS})
  }
  return found
})()`

interface Stop {
  name: string
  isHidden: boolean
}

const sizes = [
  [1440, 900],
  [390, 844],
  [720, 450],
] as const

const things: Record<string, string> = {
  id: 'cmp_1',
  name: 'snd_1',
  cap: 'daily',
  user: 'usr_1',
  list: 'people',
  contact: 'con_1',
  import: 'imp_1',
}

/** Every stop of the key on the page that is open. */
async function stopsOfKey(page: Page): Promise<Stop[]> {
  const stops: Stop[] = []
  for (;;) {
    await page.keyboard.press('Tab')
    const found = (await page.evaluate(LOOK_AT_FOCUS)) as Stop | null
    if (found === null) return stops
    stops.push(found)
  }
}

describe.skipIf(browserPath === undefined)('the focus of the keyboard', () => {
  it(
    'D10: is never under a bar, on any page that is longer than the screen, on a phone, a wide screen and a page that is enlarged',
    async () => {
      const { day, page } = await begin()
      await addCampaign(day.app.ctx, campaignDefinition({ sender: 'sandbox', useCase: 'utility', limits: {} }))
      const pages = pageRoutes({ app: day.app } as never)
        .filter(
          ({ method, path }) => method === 'GET' && !/assets|export|job|upload|setup|login|key|message/.test(path),
        )
        .map(({ path }) => path.replace(/\{(\w+)\}/g, (_, name: string) => things[name] ?? '?'))
      const hidden: string[] = []
      const stops = new Map<string, number>()
      for (const path of pages) {
        await page.goto(`${day.url}${path}`, { waitUntil: 'domcontentloaded' })
        for (const [width, height] of sizes) {
          await page.setViewportSize({ width, height })
          const isLong = await page.evaluate('document.documentElement.scrollHeight > innerHeight')
          if (isLong !== true) continue
          const found = (await page.evaluate(LOOK_AT_ALL)) as Stop[]
          stops.set(`${width}`, (stops.get(`${width}`) ?? 0) + found.length)
          for (const { name, isHidden } of found) if (isHidden) hidden.push(`${path} at ${width} ${name}`)
        }
      }
      expect([...stops.values()].filter((count) => count > 100)).toHaveLength(sizes.length)
      expect(hidden).toEqual([])
    },
    TIMEOUT_MS,
  )

  it.each(sizes)(
    'D10: is not under the bar of the longest form when the key moves it, at %i×%i',
    async (width, height) => {
      const { day, page } = await begin()
      await page.setViewportSize({ width, height })
      await page.goto(`${day.url}/campaigns/new`)
      await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
      const stops = await stopsOfKey(page)
      expect(stops.length).toBeGreaterThan(30)
      expect(stops.filter(({ isHidden }) => isHidden)).toEqual([])
    },
    TIMEOUT_MS,
  )
})
