// The first page: bounded, whatever there is, and never silent about what stands still.
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { CampaignStatus } from '../../src/domain/campaign-status.ts'
import { pauseSenderByOperator } from '../../src/engine/senders/senders.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

/** How a campaign comes to a status. */
const ways: Partial<Record<CampaignStatus, CampaignStatus[]>> = {
  draft: [],
  scheduled: ['scheduled'],
  running: ['scheduled', 'running'],
  paused: ['scheduled', 'paused'],
  finished: ['scheduled', 'finished'],
}

async function addCampaigns(client: ApiClient, status: CampaignStatus, count: number): Promise<void> {
  const connection = new SqliteConnection(client.dbPath)
  for (let n = 1; n <= count; n++) {
    const { id } = await addTestCampaign(client, { name: `${status} ${n}`, sender: 'sandbox' })
    const move = connection.prepare('UPDATE campaigns SET status = ?, next_tick_at = ?, updated_at = ? WHERE id = ?')
    for (const next of ways[status] ?? []) move.run(next, 1000 - n, n, Number(id.replace('cmp_', '')))
  }
  connection.close()
}

/** Names of campaigns in the order in which the page shows them. */
function shown(text: string): string[] {
  return [...text.matchAll(/<bdi>((?:draft|scheduled|running|paused|finished) \d+)<\/bdi>/g)].map(
    ([, name]) => name ?? '',
  )
}

describe('the overview', () => {
  it('shows what is at work, what comes next and what finished last, a few of each, and counts the rest', async () => {
    const client = await serveApi()
    await importPeople(client, 1)
    for (const status of ['draft', 'scheduled', 'running', 'paused', 'finished'] as const)
      await addCampaigns(client, status, 7)
    const { text } = await (await visit(client, 'viewer')).get('/')
    const names = shown(text)
    expect(names.slice(0, 4)).toEqual(['paused 7', 'running 7', 'paused 6', 'running 6'])
    expect(names.slice(10)).toEqual(Array.from({ length: 5 }, (_, n) => `finished ${7 - n}`))
    for (const word of ['Draft', 'Scheduled', 'Running', 'Paused', 'Finished'])
      expect(text).toMatch(new RegExp(`href="/campaigns\\?status=\\w+">${word} <strong>7</strong>`))
  })

  it('lists what fires in the next seven days, and the calendar that of thirty', async () => {
    const client = await serveApi()
    await importPeople(client, 1)
    const { clock } = client
    const daily = await addTestCampaign(client, {
      name: 'Daily',
      sender: 'sandbox',
      schedule: { cron: '0 9 * * *', timeZone: 'Europe/Berlin' },
    })
    const once = { at: '2027-06-20T09:00', timeZone: 'UTC' }
    const later = await addTestCampaign(client, { name: 'Later', sender: 'sandbox', schedule: once })
    for (const { id } of [daily, later]) await client.api(`/campaigns/${id}/launch`, { method: 'POST' })
    expect(new Date(clock.now()).toISOString()).toContain('2027-06-01T')
    const viewer = await visit(client, 'viewer')
    const firings = (text: string, name: string) => text.split(`<bdi>${name}</bdi>`).length - 1
    const overview = (await viewer.get('/')).text
    expect([firings(overview, 'Daily'), firings(overview, 'Later')]).toEqual([7, 0])
    const calendar = (await viewer.get('/calendar')).text
    expect([firings(calendar, 'Daily'), firings(calendar, 'Later')]).toEqual([30, 1])
    expect(calendar).toContain('2 Jun 2027, 07:00 UTC')
  })

  it('S1: shows no finished campaign as a success that reached nobody', async () => {
    const client = await serveApi()
    await importPeople(client, 1)
    await addCampaigns(client, 'finished', 1)
    const viewer = await visit(client, 'viewer')
    for (const path of ['/', '/campaigns', '/campaigns/cmp_1'])
      expect((await viewer.get(path)).text, path).toContain('badge-failed">finished: nobody got it<')
  })

  it('says what to do first, to those who may', async () => {
    const client = await serveApi()
    const editor = await visit(client, 'editor')
    const viewer = await visit(client, 'viewer')
    const steps = async (visitor: typeof editor) =>
      /<ol class="first-steps">(.*?)<\/ol>/s.exec((await visitor.get('/')).text)?.[1] ?? ''
    for (const href of ['/import', '/senders/new', '/campaigns/new'])
      expect(await steps(editor)).toContain(`<a href="${href}">`)
    expect(await steps(viewer)).toContain('Add people')
    expect(await steps(viewer)).not.toContain('<a ')
    await importPeople(client, 1)
    expect(await steps(editor)).toContain('Add people <span class="done">✓ Done</span>')
    const { id } = await addTestCampaign(client, { sender: 'sandbox' })
    expect(await steps(editor)).toContain('Write a campaign <span class="done">')
    await client.api(`/campaigns/${id}/launch`, { method: 'POST' })
    expect(await steps(editor)).toBe('')
  })

  it('says in words why a sender is paused', async () => {
    const client = await serveApi()
    await pauseSenderByOperator(client.ctx, 'sandbox')
    const { text } = await (await visit(client, 'viewer')).get('/')
    expect(text).toContain('is paused, nothing of it is sent: <bdi>it was paused by hand</bdi>.')
  })
})
