// The pages of senders as a browser without scripts sees them; kept-fresh.test.ts looks at them with scripts.
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { senderHealth } from '../../src/engine/senders/sender-health.ts'
import { serveApi } from '../support/api-client.ts'
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
    const paused = await visitor.post('/senders/snd_1/pause', { sure: 'yes' })
    const [note = ''] = (paused.headers.get('set-cookie') ?? '').split(';')
    const withNote = { cookie: `${visitor.cookie}; ${note}` }
    const forScript = await visitor.get('/senders/snd_1', { ...withNote, 'sec-fetch-dest': 'empty' })
    expect([forScript.text.includes('nothing more leaves'), forScript.headers.get('set-cookie')]).toEqual([false, null])
    const { text } = await visitor.get('/senders/snd_1', withNote)
    expect(text).toContain('nothing more leaves')
    expect(text).toContain('nothing of it is sent: <bdi>it was paused by hand</bdi>')
    expect(text).toContain('<noscript><p><a href="/senders/snd_1">Load the newest numbers</a>')
  })
})
