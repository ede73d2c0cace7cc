// Pages that stay true while somebody looks at them: parts of them are taken anew from the server, and nothing else moves.
// The browser's own timers are turned by hand.
import SqliteConnection from 'better-sqlite3'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { pauseSenderByOperator, resumeSenderByOperator, setSender } from '../../src/engine/senders/senders.ts'
import { type BrowserDay, browserPath, endBrowser, startDay } from '../support/browser.ts'
import { csvFile } from '../support/open-test-app.ts'

afterAll(endBrowser)

/** More than the pages wait before they look again. */
const TURN_MS = 5_000

async function loggedIn(): Promise<{ day: BrowserDay; page: Page; complaints: string[] }> {
  const day = await startDay()
  const { page, complaints } = await day.openLoggedIn()
  await page.clock.install()
  return { day, page, complaints }
}

it.skipIf(browserPath === undefined)('Senders show how they fare without anybody loading them again', async () => {
  const { day, page, complaints } = await loggedIn()
  const { ctx } = day.app
  await page.goto(`${day.url}/senders/snd_1`)
  // What somebody types beside it stays, and so does the place where they are.
  await page.getByLabel('People in 24 hours').fill('500')
  await page.getByRole('button', { name: 'Check connection' }).focus()
  await pauseSenderByOperator(ctx, 'sandbox')
  await page.clock.runFor(TURN_MS)
  await page.getByText('it was paused by hand').first().waitFor()
  await page.getByRole('link', { name: 'Resume …' }).waitFor()
  expect(await page.getByLabel('People in 24 hours').inputValue()).toBe('500')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Check connection')

  await page.goto(`${day.url}/senders`)
  await resumeSenderByOperator(ctx, 'sandbox')
  await page.clock.runFor(TURN_MS)
  await page.getByText('active', { exact: true }).waitFor()
  await setSender(ctx, 'sandbox', { ratePerSecond: 77 })
  await page.clock.runFor(TURN_MS)
  await page.getByText('77/s').waitFor()
  expect(complaints).toEqual([])
})

it.skipIf(browserPath === undefined)('An import that goes on counts, and is shown as done when it is', async () => {
  const { day, page, complaints } = await loggedIn()
  const path = csvFile(day.dir, 'phone\n+12025550101\n')
  await importCsv(day.app.ctx, { path, list: 'spring', rejectsPath: null })
  const connection = new SqliteConnection(day.app.ctx.db.shownName, { timeout: 5_000 })
  const set = connection.prepare('UPDATE imports SET status = ?, applied_through = ?, people = 200')
  set.run('applying', 50)
  await page.goto(`${day.url}/imports/imp_1`)
  await page.getByText('50 of 200 people stored').waitFor()
  expect(await page.getByRole('link', { name: 'Open the list' }).count()).toBe(0)
  set.run('applying', 120)
  await page.clock.runFor(TURN_MS)
  await page.getByText('120 of 200 people stored').waitFor()
  expect(await page.locator('progress').getAttribute('value')).toBe('120')
  set.run('applied', 200)
  await page.clock.runFor(TURN_MS)
  await page.getByRole('link', { name: 'Undo' }).waitFor()
  connection.close()
  expect(complaints).toEqual([])
})
