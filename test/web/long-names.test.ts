// Names and words of providers without a blank: no page is wider than its window, and on a phone each cell stays beside the name of
// its column.
import { afterAll, expect, it } from 'vitest'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { campaignDefinition, csvFile, phoneNumber } from '../support/open-test-app.ts'

afterAll(endBrowser)

const long = 'W'.repeat(100)
const longer = 'W'.repeat(200)
const longest = 'W'.repeat(80)
const pages = [
  '/',
  '/campaigns',
  '/campaigns/new',
  '/campaigns/cmp_1',
  '/campaigns/cmp_1/edit',
  '/senders',
  '/senders/snd_2',
  '/templates',
  '/lists',
]

it.runIf(browserPath)('no name makes a page wider than its window, and cells stay beside their labels', async () => {
  const day = await startDay()
  const { ctx } = day.app
  for (const list of [long, 'قائمة العملاء الكرام'])
    await importCsv(ctx, {
      path: csvFile(day.dir, `phone,${'f'.repeat(60)}\n${phoneNumber(1)},x\n`),
      list,
      rejectsPath: null,
    })
  await addSender(ctx, { name: long, provider: 'sandbox' })
  await addCampaign(
    ctx,
    campaignDefinition({
      name: longest,
      sender: long,
      audience: { lists: [long] },
      content: { type: 'text', text: longer },
    }),
  )
  await ctx.db.write(async (tx) => {
    await tx.run(
      `UPDATE senders SET status = 'paused', pause_reason = 'account_error', pause_detail = ? WHERE id = 2`,
      [longer],
    )
    await tx.run(
      `INSERT INTO templates (sender_id, name, language, title, status, status_detail, updated_at)
       VALUES (2, 'sale', 'en', ?, 'rejected', ?, ?)`,
      [longer, longer, ctx.clock.now()],
    )
  })
  const { page } = await day.openLoggedIn()
  const wrong: string[] = []
  for (const path of pages) {
    const answer = await page.goto(`${day.url}${path}`)
    expect([path, answer?.status()]).toEqual([path, 200])
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      const beyond = Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'))
      if (beyond > 0) wrong.push(`${path} at ${width}: ${beyond} px beyond the side`)
    }
  }
  await page.goto(`${day.url}/templates`)
  await page.setViewportSize({ width: 390, height: 900 })
  const lefts = await page.evaluate(
    `[...document.querySelectorAll('td[data-label] > *')].map((part) => Math.round(part.getBoundingClientRect().left))`,
  )
  expect(new Set(lefts as number[]).size).toBe(1)
  expect(wrong).toEqual([])
})

it.runIf(browserPath)(
  'D32: a note with a long name is no wider than its page, and a name has 80 characters at most',
  async () => {
    const day = await startDay()
    const { ctx } = day.app
    await importCsv(ctx, {
      path: csvFile(day.dir, `phone,first_name\n${phoneNumber(1)},Ann\n`),
      list: 'people',
      rejectsPath: null,
    })
    const named = (name: string) => addCampaign(ctx, campaignDefinition({ name, sender: 'sandbox' }))
    await expect(named('W'.repeat(81))).rejects.toMatchObject({ details: { errors: [{ pointer: '/name' }] } })
    const { id } = await named(longest)
    const { page } = await day.openLoggedIn({ viewport: { width: 390, height: 844 } })
    await page.goto(`${day.url}/campaigns/${id}`)
    await page.click('text=Duplicate …')
    await page.click('button:text("Duplicate")')
    expect(await page.locator('.note').textContent()).toContain('(copy)')
    expect(Number(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth'))).toBe(0)
  },
)
