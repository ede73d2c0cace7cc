// Lists of campaigns: a page at a time, by what is stored of each, with the same next run at every face.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCron } from '../../../src/domain/cron.ts'
import { localFirings } from '../../../src/domain/cron-calendar.ts'
import { pageCampaigns } from '../../../src/engine/campaigns/campaign-list.ts'
import { showCampaign } from '../../../src/engine/campaigns/campaign-view.ts'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { serveApi } from '../../support/api-client.ts'
import { herald } from '../../support/cli.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp } from '../../support/open-test-app.ts'
import { visit } from '../../support/visitor.ts'

describe('F12: a list of campaigns', () => {
  it('F12: has the stored next tick of a schedule in one zone, whatever its firings are', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importPeople(test, 1)
    const { id } = await addTestCampaign(test, { schedule: { cron: '0 9 * * *', timeZone: 'Europe/Madrid' } })
    const { nextRunAt } = await launchByOperator(test.ctx, id)
    expect((await pageCampaigns(test.ctx, { limit: 1 }))[0]).toMatchObject({ nextRunAt, nextRunLocal: null })
    await test.ctx.db.write((tx) => tx.run('UPDATE campaigns SET next_tick_at = ?', [Date.UTC(2031, 0, 1)]))
    for (const shown of [await showCampaign(test.ctx, id), (await pageCampaigns(test.ctx, { limit: 1 }))[0]])
      expect(shown?.nextRunAt).toBe('2031-01-01T00:00:00Z')
  })

  it('F12: has the time of each recipient’s clock in recipients’ zones, at every face', async () => {
    const client = await serveApi()
    await importPeople(client, 1)
    const { id } = await addTestCampaign(client, {
      sender: 'sandbox',
      schedule: { cron: '0 9 1 2 *', timeZone: 'recipient' },
    })
    await launchByOperator(client.ctx, id)
    const { body } = await client.api('/campaigns')
    const [{ nextRunAt, nextRunLocal }] = body.items
    expect(nextRunLocal).toMatch(/T09:00$/)
    // On the clock that is farthest ahead.
    expect(Date.parse(`${nextRunLocal}Z`) - Date.parse(nextRunAt)).toBe(14 * 3_600_000)
    expect((await client.api(`/campaigns/${id}`)).body).toMatchObject({ nextRunAt, nextRunLocal })
    const viewer = await visit(client, 'viewer')
    for (const path of ['/campaigns', `/campaigns/${id}`, `/campaigns/${id}/live`])
      expect((await viewer.get(path)).text, path).toMatch(/09:00 on each recipient’s clock/)
    for (const command of [['list'], ['show', id]])
      expect((await herald(client, 'campaigns', ...command)).stdout).toContain(
        `${nextRunLocal} on each recipient's clock`,
      )
  })

  it('F12: holds for programs what one campaign says of itself', async () => {
    const client = await serveApi()
    await importPeople(client, 1)
    for (const [name, cron] of [
      ['One', '0 9 31 * *'],
      ['Two', '0 9 * * *'],
    ])
      await addTestCampaign(client, { name, sender: 'sandbox', schedule: { cron, timeZone: 'EST' } })
    const { body } = await client.api('/campaigns')
    const { json } = await herald(client, 'campaigns', 'list', '--json')
    for (const list of [body.items, json])
      for (const { useCase, tags: _tags, results: _results, ...listed } of list) {
        expect(useCase).toBe('marketing')
        expect(listed).toEqual((await client.api(`/campaigns/${listed.id}`)).body)
        expect(listed.warnings.length).toBeGreaterThan(0)
      }
  })

  it('F12: comes in pages on the command line, which say how to go on', async () => {
    const test = await openTestApp()
    await addSandbox(test)
    await importPeople(test, 1)
    for (let n = 1; n <= 5; n++) await addTestCampaign(test, { name: `Offer ${n}` })
    const first = await herald(test, 'campaigns', 'list', '--limit', '2', '--json')
    expect(first.json.map(({ name }: { name: string }) => name)).toEqual(['Offer 5', 'Offer 4'])
    expect(first.stderr).toContain('go on with --after cmp_4')
    const last = await herald(test, 'campaigns', 'list', '--limit', '3', '--after', 'cmp_4', '--json')
    expect(last.json.map(({ name }: { name: string }) => name)).toEqual(['Offer 3', 'Offer 2', 'Offer 1'])
    expect(last.stderr).toBe('')
    const found = await herald(test, 'campaigns', 'list', '--search', 'OFFER 3', '--status', 'draft')
    expect(found.stdout).toContain('Offer 3')
    expect(found.stdout).not.toContain('Offer 2')
  })
})

it('F12: a pattern that fires too often is found by a short look as by a long one', () => {
  const value = (max: number) =>
    fc.oneof(fc.constant('*'), fc.uniqueArray(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 4 }).map(String))
  const days = fc.constantFrom('* * *', '1,2 * *', '28 2 *', '* * MON,TUE', '31 * *', '1,31 * *')
  fc.assert(
    fc.property(value(59), value(23), days, (minute, hour, rest) => {
      const text = `${minute} ${hour} ${rest}`
      const firings = localFirings(text, Date.UTC(2026, 0, 1), 400)
      const isTooFrequent = firings.some((at, i) => i > 0 && at - (firings[i - 1] ?? 0) < 300_000)
      if (isTooFrequent) expect(() => parseCron(text)).toThrow(/minutes? apart/)
      else expect(parseCron(text).text).toBe(text)
    }),
    { numRuns: 60 },
  )
})
