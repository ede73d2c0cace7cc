// A marketing team's whole day in a browser, from the set-up link to the log-out, without a terminal.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { afterAll, expect, it } from 'vitest'
import { setSender } from '../../src/engine/senders/senders.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { csvFile, phoneNumber } from '../support/open-test-app.ts'

afterAll(endBrowser)

const PEOPLE = 40

const people = (phoneOf: (n: number) => string) =>
  ['phone,first_name', ...Array.from({ length: PEOPLE }, (_, n) => `${phoneOf(n)},Person ${n}`), ''].join('\n')

/** A file of rejected lines with its numbers filled in, as a spreadsheet saves it: semicolons, a mark before them. */
function mended(rejects: string, phoneOf: (n: number) => string): string {
  const [header = [], ...lines]: string[][] = parse(rejects)
  const [phone, name, reason] = ['phone', 'first_name', 'herald_code'].map((column) => header.indexOf(column))
  expect([phone, name, reason]).toEqual([0, 1, 3])
  expect(new Set(lines.map((cells) => cells[3]))).toEqual(new Set(['phone.no_country']))
  const right = lines.map(([, who = '', ...rest]) => [phoneOf(Number(who.replace('Person ', ''))), who, ...rest])
  return stringify([header, ...right], { delimiter: ';', record_delimiter: 'windows', bom: true })
}

it.skipIf(browserPath === undefined)(
  'A team sets up, imports a bad file and mends it, writes, launches, watches, pauses, reports and leaves',
  async () => {
    const day = await startDay()
    const { page, complaints } = await day.open()
    const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click()

    await page.goto(day.setupUrl)
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Password').fill('orange kettle lantern')
    await press('Begin')
    await page.getByText('Welcome, Ada').waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('Password').fill('orange kettle lantern')
    await press('Log in')

    // Half of the numbers lost their digits: the good lines go in, the others come back with their reasons.
    const upload = async (content: string) => {
      await page.goto(`${day.url}/import`)
      await page.locator('input[type=file]').setInputFiles(csvFile(day.dir, content))
      await press('Upload')
      await page.waitForURL(/\/import\/upl_/)
    }
    const tryIt = async () => {
      await press('Preview import')
      await page.waitForURL(/\/import\/jobs\//)
      await page.getByRole('heading', { name: 'Check before importing' }).waitFor()
    }
    await upload(people((n) => (n % 2 === 0 ? phoneNumber(n) : '555')))
    await page.locator('[name=list]').fill('spring')
    await tryIt()
    await page.getByText('Import the good lines all the same').click()
    await press(`Import ${PEOPLE / 2} people`)
    const rejects = page.getByRole('link', { name: `Download ${PEOPLE / 2} rejected lines` })
    await page.waitForURL(/\/imports\/imp_1/)
    const [download] = await Promise.all([page.waitForEvent('download'), rejects.click()])
    const path = join(day.dir, 'rejects.csv')
    await download.saveAs(path)
    // Mended, they go where the others went: nothing has to be said again.
    await upload(mended(readFileSync(path, 'utf8'), (n) => phoneNumber(n)))
    expect(await page.locator('[name=list]').inputValue()).toBe('spring')
    expect(await page.locator('[name=phone]').inputValue()).toBe('phone')
    for (const column of ['herald_line', 'herald_code', 'herald_hint'])
      expect(await page.getByLabel(`What ${column} becomes`).inputValue()).toBe('-')
    await tryIt()
    await press(`Import ${PEOPLE / 2} people`)
    await page.waitForURL(/\/imports\/imp_2/)
    await page.goto(`${day.url}/lists`)
    await page.getByRole('link', { name: 'spring' }).first().waitFor()

    // Slow enough to be watched.
    await setSender(day.app.ctx, 'sandbox', { ratePerSecond: 8, pairIntervalSeconds: 0 })
    await page.goto(`${day.url}/campaigns/new`)
    await page.locator('[name="/name"]').fill('Spring sale')
    await page.locator('[name="/useCase"]').selectOption('utility')
    await page.locator('[name="/sender"]').selectOption('sandbox')
    await page.locator('[name="/audience/lists"][value=spring]').check()
    await page.locator('[name="/content/text"]').fill('Hello *{{ first_name }}*')
    await page.getByText('Person 0').first().waitFor()
    await press('Save draft')
    await page.waitForURL(/\/campaigns\/cmp_1$/)

    await page.goto(`${day.url}/campaigns/cmp_1/review`)
    await page.locator('[name=confirm]').fill(String(PEOPLE))
    await press(/^Send now to/)
    // The numbers move without anybody loading the page again.
    const numberAbove = (n: number) =>
      expect
        .poll(async () => Number(await page.locator('[data-live=done]').textContent()), { timeout: 25_000 })
        .toBeGreaterThan(n)
    await page.waitForURL(/\/campaigns\/cmp_1\/live$/)
    await numberAbove(2)
    await press('Pause')
    await page.getByText('paused').first().waitFor()
    await page.goto(`${day.url}/campaigns/cmp_1/live`)
    await press('Resume')
    await page.locator('[data-live-source][data-status=running]').waitFor()
    await numberAbove(PEOPLE - 1)

    await page.goto(`${day.url}/campaigns/cmp_1/report`)
    await page.getByText(String(PEOPLE)).first().waitFor()
    const [csv] = await Promise.all([page.waitForEvent('download'), press('Download as CSV')])
    const exported = join(day.dir, 'export.csv')
    await csv.saveAs(exported)
    expect(readFileSync(exported, 'utf8').trim().split('\n')).toHaveLength(PEOPLE + 1)

    await press('Log out')
    await page.waitForURL(/\/login/)
    await page.goto(`${day.url}/campaigns`)
    expect(new URL(page.url()).pathname).toBe('/login')
    expect(complaints).toEqual([])
  },
  90_000,
)
