// The report of a campaign: it begins in words, its numbers lead to their people, its files have names, and it can be printed.
import { afterAll, describe, expect, it } from 'vitest'
import { noCounts } from '../../src/domain/report.ts'
import { partsOf } from '../../src/domain/results.ts'
import { makeFormat } from '../../src/web/format.ts'
import { reportHeadline } from '../../src/web/report-words.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { claimAll, launchAndPlan, providerError, record } from '../support/claims.ts'
import { addSandbox, addTestCampaign, importLines, importPeople } from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

afterAll(endBrowser)

const format = makeFormat('en-GB UTC')

/** Four people, of whom two get it and two have no WhatsApp. */
async function begin(): Promise<{ client: ApiClient; visitor: Visitor; id: string }> {
  const client = await serveApi()
  await addSandbox(client)
  const people = ['Ann', 'Bea', 'Cem', 'Dora'].map((name, n) => `+1202555010${n},${name}`)
  await importLines(client, ['phone,first_name', ...people])
  const { id } = await addTestCampaign(client, { name: 'Order news: Köln & Ulm' })
  await launchAndPlan(client, id)
  const claimed = await claimAll(client)
  await record(client, claimed.slice(0, 2))
  await record(
    client,
    claimed.slice(2),
    () => ({ kind: 'refused', scope: 'recipient', error: providerError('131026') }) as never,
  )
  return { client, visitor: await visit(client), id }
}

describe('the first sentence', () => {
  it.each([
    [{ delivered: 801, read: 801, failed: 402 }, '1,602 of 2,004 delivered (79%), half of them read.'],
    [{ read: 3 }, '3 of 3 delivered, all of them read.'],
    [{ delivered: 1, failed: 1_999 }, '1 of 2,000 delivered (<1%), none of them read.'],
    [{ skipped: 4 }, '0 of 4 delivered.'],
  ])('says %o in words', (counts, sentence) => {
    expect(reportHeadline(partsOf({ ...noCounts(), ...counts }), format)).toBe(sentence)
  })

  it('D22: a share is none or all only where it is', () => {
    const shares = [0, 0.0004, 0.5, 0.9996, 1]
    expect(shares.map(format.percent)).toEqual(['0%', '<0.1%', '50%', '>99.9%', '100%'])
    expect(shares.map(format.share)).toEqual(['0%', '<1%', '50%', '>99%', '100%'])
  })
})

describe('the report', () => {
  it('D22: has a colour of its own for each thing that happens to a message', async () => {
    const { visitor, id } = await begin()
    const { text } = await visitor.get(`/campaigns/${id}/report`)
    expect(text).toContain('0 of 4 delivered.')
    const bars = [...text.matchAll(/<dt>([^<]*)<\/dt><dd><svg[^>]*><rect[^>]*><\/rect><rect class="([^"]*)"/g)]
    const colours = Object.fromEntries(bars.map(([, label, name]) => [label, name]))
    expect(colours).toMatchObject({ Accepted: 'part-sent', Delivered: 'part-delivered', Read: 'part-read' })
    expect(colours.Failed).toBe('part-failed')
  })

  it('leads from a reason to its people, who become a list', async () => {
    const { client, visitor, id } = await begin()
    const { text } = await visitor.get(`/campaigns/${id}/report`)
    const [, href = ''] = /href="(\/campaigns\/[^"]*people[^"]*)"/.exec(text) ?? []
    const people = await visitor.get(href.replaceAll('&amp;', '&'))
    expect([...people.text.matchAll(/<bdi>(\+\d+)<\/bdi>/g)].map(([, phone]) => phone)).toEqual([
      '+12025550102',
      '+12025550103',
    ])
    expect(people.text).toContain('Cem')
    const fields = { status: 'failed', reason: '131026', run: '', list: 'No WhatsApp' }
    const made = await visitor.post(`/campaigns/${id}/people`, fields)
    expect(made.status).toBe(303)
    const { items } = (await client.api('/lists')).body
    expect(items.find(({ name }: { name: string }) => name === 'No WhatsApp')).toMatchObject({
      contacts: 2,
      fields: ['first_name'],
    })
    // Again it adds nobody, and the books of lists still balance.
    await visitor.post(`/campaigns/${id}/people`, fields)
    expect((await client.api('/verify')).body).toMatchObject({ ok: true })
    const unnamed = await visitor.post(`/campaigns/${id}/people`, { ...fields, list: ' ' })
    expect(unnamed.text).toMatch(/id="list-error">[^<]* is not a list name/)
  })

  it('looks for the people of a reason page by page, each once', async () => {
    const client = await serveApi()
    await addSandbox(client)
    await importPeople(client, 120)
    const { id } = await addTestCampaign(client, { name: 'Long' })
    await launchAndPlan(client, id)
    const visitor = await visit(client)
    const seen: string[] = []
    for (let path: string | undefined = `/campaigns/${id}/people?status=pending`; path !== undefined; ) {
      const { text } = await visitor.get(path)
      seen.push(...[...text.matchAll(/<bdi>(\+\d+)<\/bdi>/g)].map(([, phone = '']) => phone))
      path = /href="([^"]*)"[^>]*>Next page</.exec(text)?.[1]?.replaceAll('&amp;', '&')
    }
    expect(seen).toHaveLength(120)
    expect(new Set(seen).size).toBe(120)
  })

  it('exports files that are named after the campaign, with the fields of the people', async () => {
    const { client, visitor, id } = await begin()
    const day = new Date(client.clock.now()).toISOString().slice(0, 10)
    for (const kind of ['csv', 'xlsx']) {
      const { headers } = await visitor.get(`/campaigns/${id}/export?format=${kind}`)
      expect(headers.get('content-disposition')).toContain(`order-news-koln-ulm-${day}.${kind}`)
    }
    const { text } = await visitor.get(`/campaigns/${id}/export`)
    const [header = '', ...lines] = text.trim().split('\n')
    expect(header.split(',').at(-1)?.trim()).toBe('first_name')
    expect(lines.map((line) => line.trim().split(',').at(-1)).sort()).toEqual(['Ann', 'Bea', 'Cem', 'Dora'])
  })
})

it.runIf(browserPath)('D21: prints numbers and reasons, without forms, buttons and navigation', async () => {
  const day = await startDay()
  const { page } = await day.openLoggedIn()
  const { ctx } = day.app
  const test = { ctx, dir: day.dir } as never
  await importPeople(test, 2)
  const { id } = await addTestCampaign(test, { name: 'News', sender: 'sandbox' })
  await ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'scheduled' WHERE id = 1`))
  await page.goto(`${day.url}/campaigns/${id}/report`)
  await page.emulateMedia({ media: 'print' })
  for (const part of ['form', 'nav', 'button', '.button', '.bar'])
    for (const one of await page.locator(part).all()) expect([part, await one.isVisible()]).toEqual([part, false])
  for (const heading of ['Export', 'Why, for one person'])
    expect(await page.getByRole('heading', { name: heading }).isVisible()).toBe(false)
  expect(await page.getByRole('heading', { name: 'News' }).isVisible()).toBe(true)
})
