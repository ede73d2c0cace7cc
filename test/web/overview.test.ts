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
    const numbers = (status: string, from: number, to: number) =>
      Array.from({ length: Math.abs(from - to) + 1 }, (_, n) => `${status} ${from + (from < to ? n : -n)}`)
    const names = shown(text)
    expect(names).toHaveLength(20)
    expect(names.slice(0, 4)).toEqual(['paused 7', 'running 7', 'paused 6', 'running 6'])
    expect(names.slice(10)).toEqual([...numbers('scheduled', 7, 3), ...numbers('finished', 7, 3)])
    for (const word of ['in draft', 'scheduled', 'running', 'paused', 'finished'])
      expect(text).toMatch(new RegExp(`number-big">7</span><a href="/campaigns\\?status=\\w+">${word}<`))
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
    expect((await editor.get('/')).text).toContain('Begin with <a href="/import">a CSV of your contacts</a>')
    expect((await viewer.get('/')).text).toContain('No campaign was written yet.')
    await importPeople(client, 1)
    expect((await editor.get('/')).text).toContain('Now <a href="/campaigns/new">write a campaign</a>')
  })

  it('says in words why a sender is paused', async () => {
    const client = await serveApi()
    await pauseSenderByOperator(client.ctx, 'sandbox')
    const { text } = await (await visit(client, 'viewer')).get('/')
    expect(text).toContain('is paused, nothing of it is sent: <bdi>it was paused by hand</bdi>.')
  })
})
