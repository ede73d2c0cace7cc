// The pages of senders: as a browser without scripts sees them, and how they stay true in one with scripts.
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { setUp } from '../../src/engine/accounts/setup.ts'
import { senderHealth } from '../../src/engine/sender-health.ts'
import { pauseSenderByOperator, resumeSenderByOperator, setSender } from '../../src/engine/senders.ts'
import { serveApi } from '../support/api-client.ts'
import { browserPath, startDay } from '../support/browser.ts'
import { addSandbox, openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

describe('the form of a new sender', () => {
  it('asks whether it writes to groups where the provider has them, and nowhere else', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    expect((await visitor.get('/senders/new?provider=meta')).text).not.toContain('writes to groups')
    expect((await visitor.get('/senders/new?provider=sandbox')).text).toContain('writes to groups')
    const added = await visitor.post('/senders/new', { provider: 'sandbox', name: 'teams', groups: 'yes' })
    expect((await visitor.get(added.headers.get('location') ?? '')).text).toContain('people and groups')
    expect((await client.api('/senders/teams')).body.groups).toBe(true)
  })
})

describe('how a sender fares', () => {
  it('counts everybody written to within a day once, also many of one instant', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    const now = test.clock.now()
    const connection = new SqliteConnection(test.dbPath)
    connection
      .prepare(
        `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 50000)
         INSERT INTO contact_senders (contact_id, sender_id, last_claim_at)
         SELECT n, 1, CASE WHEN n <= 100 THEN ? ELSE ? + n / 30000 END FROM numbers`,
      )
      .run(now - 86_400_000, now - 1_000)
    connection.close()
    expect((await senderHealth(test.ctx, 'main')).peopleInDay).toBe(49_900)
  })

  it('says without scripts how to see the newest numbers, and eats no note when a script asks', async () => {
    const client = await serveApi()
    const visitor = await visit(client)
    const paused = await visitor.post('/senders/snd_1/pause')
    const [note = ''] = (paused.headers.get('set-cookie') ?? '').split(';')
    const withNote = { cookie: `${visitor.cookie}; ${note}` }
    const forScript = await visitor.get('/senders/snd_1', { ...withNote, 'sec-fetch-dest': 'empty' })
    expect([forScript.text.includes('nothing more leaves'), forScript.headers.get('set-cookie')]).toEqual([false, null])
    const { text } = await visitor.get('/senders/snd_1', withNote)
    expect(text).toContain('nothing more leaves')
    expect(text).toContain('nothing of it is sent: <bdi>somebody paused it</bdi>')
    expect(text).toContain('<noscript><p><a href="/senders/snd_1">Load the newest numbers</a>')
  })
})

it.skipIf(browserPath === undefined)('Senders show how they fare without anybody loading them again', async () => {
  const day = await startDay()
  const { ctx } = day.app
  await setUp(ctx, new URL(day.setupUrl).pathname.split('/')[2] ?? '', {
    name: 'Ada',
    password: 'orange kettle lantern',
  })
  const { page, complaints } = await day.open()
  await page.goto(`${day.url}/login`)
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Password').fill('orange kettle lantern')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${day.url}/`)

  await page.goto(`${day.url}/senders/snd_1`)
  // What somebody types beside it stays, and so does the place where they are.
  await page.getByLabel('People in 24 hours').fill('500')
  await page.getByRole('button', { name: 'Ask the provider' }).focus()
  await pauseSenderByOperator(ctx, 'sandbox')
  await page.getByText('somebody paused it').first().waitFor()
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  expect(await page.getByLabel('People in 24 hours').inputValue()).toBe('500')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Ask the provider')

  await page.goto(`${day.url}/senders`)
  await resumeSenderByOperator(ctx, 'sandbox')
  await page.getByText('active', { exact: true }).waitFor()
  await setSender(ctx, 'sandbox', { ratePerSecond: 77 })
  await page.getByText('77/s').waitFor()
  expect(complaints).toEqual([])
})
