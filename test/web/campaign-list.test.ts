// The list of campaigns: results from kept counters, filters, order, and what is done in a row.
import { describe, expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import { countStatements } from '../support/counted-statements.ts'
import { addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

async function begin(): Promise<ApiClient> {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 4)
  return client
}

const namesIn = (text: string) =>
  [...text.matchAll(/<td data-label="Name">.*?<bdi>([^<]*)<\/bdi>/gs)].map(([, name]) => name)

/** Cells of a row as texts, by the name of their column. */
function row(text: string, name: string): Record<string, string> {
  const found = text.split('<tr>').find((one) => one.includes(`<bdi>${name}</bdi>`)) ?? ''
  return Object.fromEntries(
    [...found.matchAll(/data-label="([^"]+)">(.*?)<\/td>/gs)].map(([, label = '', cell = '']) => [
      label,
      cell.replaceAll(/<[^>]*>/g, ' ').trim(),
    ]),
  )
}

describe('the list of campaigns', () => {
  it('has what came of each, as the API and the report have it', async () => {
    const client = await begin()
    const { id } = await addTestCampaign(client, { name: 'News' })
    await launchAndPlan(client, id)
    const claimed = await claimAll(client)
    await record(client, claimed.slice(0, 3))
    const [listed] = (await client.api('/campaigns')).body.items
    const { totals } = (await client.api(`/campaigns/${id}/report`)).body
    expect(listed.results).toMatchObject({ audience: totals.audience, delivered: 0, read: 0, failed: 0 })
    expect(listed.results.waiting).toBe(totals.byStatus.pending + totals.byStatus.sending)
    const { text } = await (await visit(client, 'viewer')).get('/campaigns')
    expect(row(text, 'News')).toMatchObject({ Audience: '4', Delivered: '0%', Read: '0%' })
    expect(text).toContain('class="part-sent"')
  })

  it('is filtered by status and tag, and keeps one when the other is chosen', async () => {
    const client = await begin()
    await addTestCampaign(client, { name: 'Winter', tags: ['Season'] })
    await addTestCampaign(client, { name: 'Plain' })
    const viewer = await visit(client, 'viewer')
    const { text } = await viewer.get('/campaigns?tag=season')
    expect(namesIn(text)).toEqual(['Winter'])
    expect(text).toContain('href="/campaigns?status=draft&amp;tag=season"')
    expect(namesIn((await viewer.get('/campaigns?status=running&tag=season')).text)).toEqual([])
    expect((await client.api('/campaigns?tag=SEASON')).body.items).toMatchObject([{ name: 'Winter' }])
  })

  it('is read in any order, page by page, each campaign once', async () => {
    const client = await begin()
    const names = ['Beta', 'Delta', 'Alpha', 'Gamma']
    for (const name of names) await addTestCampaign(client, { name })
    const pages = async (order: string) => {
      const seen: string[] = []
      for (let cursor = ''; ; ) {
        const { items, nextCursor } = (await client.api(`/campaigns?limit=3&order=${order}${cursor}`)).body
        seen.push(...items.map(({ name }: { name: string }) => name))
        if (nextCursor === null) return seen
        cursor = `&cursor=${encodeURIComponent(nextCursor)}`
      }
    }
    expect(await pages('name')).toEqual([...names].sort())
    expect(await pages('oldest')).toEqual(names)
    expect(await pages('newest')).toEqual(names.toReversed())
    const viewer = await visit(client, 'viewer')
    expect(namesIn((await viewer.get('/campaigns?sort=name')).text)).toEqual([...names].sort())
  })

  it('duplicates and pauses in its rows, for those who may', async () => {
    const client = await begin()
    const { id } = await addTestCampaign(client, { name: 'News' })
    await launchAndPlan(client, id)
    const sender = await visit(client, 'sender')
    const { text } = await sender.get('/campaigns')
    for (const act of ['clone', 'pause'])
      expect(text).toMatch(new RegExp(`<button[^>]*form="row-acts"[^>]*formaction="/campaigns/${id}/${act}"`))
    expect((await (await visit(client, 'viewer')).get('/campaigns')).text).not.toContain('formaction')
    expect((await sender.post(`/campaigns/${id}/pause`)).status).toBe(303)
    expect((await sender.get('/campaigns?status=paused')).text).toContain('<bdi>News</bdi>')
  })

  it('F12: asks the same few statements however long it is, and never the messages', async () => {
    const client = await begin()
    const viewer = await visit(client, 'viewer')
    const asked = async (count: number) => {
      for (let n = 0; n < count; n++) await addTestCampaign(client, { name: `${count} ${n}` })
      const counted = countStatements()
      await viewer.get('/campaigns')
      return counted.texts()
    }
    const few = await asked(2)
    const many = await asked(20)
    expect(many.length).toBeLessThanOrEqual(few.length + 1)
    expect(many.filter((text) => /\bmessages\b/.test(text) && !/'unknown'/.test(text))).toEqual([])
  })
})
