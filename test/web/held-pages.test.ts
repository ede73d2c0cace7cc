// Pages and API of a database that is not the one used last: each says so, with the way out, and nothing that sends is done.
import { describe, expect, it } from 'vitest'
import type { HoldReason } from '../../src/domain/incarnation.ts'
import { launchByOperator } from '../../src/engine/campaigns/launch.ts'
import { pauseByOperator } from '../../src/engine/campaigns/lifecycle.ts'
import { unlock } from '../../src/engine/service/unlock.ts'
import { fill, pageRoutes } from '../support/all-routes.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const schedule = { at: '2027-12-01T09:00', timeZone: 'UTC' }

/** Something of everything that pages show, in a database that holds. */
async function held(reason: HoldReason = 'older'): Promise<ApiClient> {
  const client = await serveApi()
  await importPeople(client, 2)
  await addTestCampaign(client, { sender: 'sandbox' })
  await addTestCampaign(client, {
    name: 'Paused',
    sender: 'sandbox',
    schedule: { ...schedule, at: '2027-06-20T09:00' },
  })
  await launchByOperator(client.ctx, 'Paused')
  await pauseByOperator(client.ctx, 'Paused')
  await client.ctx.db.write((tx) =>
    tx.run(`INSERT INTO settings (key, value) VALUES ('hold', ?)`, [JSON.stringify({ reason, since: 1 })]),
  )
  return client
}

/** An id that there is, for each kind of page that shows one thing. */
const ids: [RegExp, string][] = [
  [/^\/campaigns\//, 'cmp_1'],
  [/^\/senders\//, 'snd_1'],
  [/^\/imports\//, 'imp_1'],
  [/^\/lists\//, 'people'],
]

const textOf = (html: string) => html.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')

describe('H6: while sending is held', () => {
  it('every page says so, what it means, and what to do', { timeout: 120_000 }, async () => {
    const client = await held()
    const admin = await visit(client, 'admin')
    let pages = 0
    for (const { method, path, right } of pageRoutes(client)) {
      if (method !== 'GET' || right === null || path.startsWith('/assets')) continue
      const id = ids.find(([pattern]) => pattern.test(path))?.[1]
      const { headers, text } = await admin.get(fill(path, id))
      if (!/text\/html/.test(headers.get('content-type') ?? '') || !text.includes('<main')) continue
      pages++
      const said = textOf(text)
      expect(said, path).toContain('Sending is held: this database is an older state of the one used last')
      expect(said, path).toContain('No campaign starts and no message leaves.')
      expect(text, path).toContain('<code>herald unlock</code>')
      expect(text, path).toContain('<code>herald restore FILE</code>')
      expect(text.match(/class="warning hold"/g), path).toHaveLength(1)
    }
    expect(pages).toBeGreaterThan(20)
  })

  it.each([
    ['copy', 'this database is a backup'],
    ['other', 'belongs to another database'],
    ['no_folder', 'is missing'],
    ['second', 'this database is a copy'],
  ] as const)('a page says which kind of file it is: %s', async (reason, words) => {
    const client = await held(reason)
    const viewer = await visit(client, 'viewer')
    expect(textOf((await viewer.get('/')).text)).toContain(words)
  })

  it('a page without a login says nothing of it, and no page does after the unlock', async () => {
    const client = await held()
    expect(await (await fetch(`${client.base}/login`)).text()).not.toContain('Sending is held')
    await unlock(client.ctx)
    expect((await (await visit(client, 'viewer')).get('/')).text).not.toContain('Sending is held')
  })

  it('the review names it among what speaks against a launch, and launch and resume are refused with it', async () => {
    const client = await held()
    const admin = await visit(client, 'admin')
    const review = await admin.get('/campaigns/cmp_1/review')
    expect(textOf(review.text)).toContain('This can’t be sent yet: sending is held: this database is an older state')
    const calls: [string, number][] = [
      // The form again, with what speaks against it.
      ['/campaigns/cmp_1/launch', 422],
      ['/campaigns/cmp_2/resume', 409],
    ]
    for (const [path, expected] of calls) {
      const { status, text } = await admin.post(path, { confirmedCount: '2' })
      expect([path, status]).toEqual([path, expected])
      expect(textOf(text), path).toMatch(/sending is held: this database is an older state/i)
    }
    const statuses = await client.ctx.db.read((tx) => tx.all('SELECT status FROM campaigns ORDER BY id'))
    expect(statuses).toEqual([{ status: 'draft' }, { status: 'paused' }])
  })

  it('a live page promises no run that does not come', async () => {
    const client = await held()
    const viewer = await visit(client, 'viewer')
    expect((await viewer.get('/campaigns/cmp_2/live')).text).toContain('none does until the campaign is resumed')
    await addTestCampaign(client, { name: 'Ahead', sender: 'sandbox', schedule })
    await client.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'scheduled' WHERE name = 'Ahead'`))
    expect((await viewer.get('/campaigns/cmp_3/live')).text).toContain('No run begins while sending is held.')
    await unlock(client.ctx)
    expect((await viewer.get('/campaigns/cmp_3/live')).text).toContain('it begins within seconds')
  })

  it('every answer of the API says so, and what would send is refused with the reason and the way out', async () => {
    const client = await held()
    for (const path of ['/campaigns', '/campaigns/cmp_1', '/senders', '/nowhere', '/doctor']) {
      const { headers } = await client.api(path)
      expect([path, headers.get('herald-held')]).toEqual([path, 'older'])
    }
    const calls: [string, Record<string, unknown>?][] = [
      ['/campaigns/cmp_1/launch', {}],
      ['/campaigns/cmp_2/resume', {}],
      ['/campaigns/cmp_1/test', { to: '+12025550100' }],
    ]
    for (const [path, body] of calls) {
      const { status, body: problem } = await client.api(path, { method: 'POST', body })
      expect([path, status, problem.code]).toEqual([path, 409, 'db.held'])
      expect(problem.hint).toContain('herald unlock')
    }
    const { body: review } = await client.api('/campaigns/cmp_1/review')
    expect(review.refusals.map(({ code }: { code: string }) => code)).toEqual(['db.held'])
    const stranger = await fetch(`${client.base}/api/v1/campaigns`)
    expect([stranger.status, stranger.headers.get('herald-held')]).toEqual([401, null])
    await unlock(client.ctx)
    expect((await client.api('/campaigns')).headers.get('herald-held')).toBeNull()
  })
})
