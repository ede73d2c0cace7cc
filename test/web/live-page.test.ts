// A campaign at work on its page: how far it is, how long the rest takes, and what waits for a time of its own.
import { describe, expect, it } from 'vitest'
import { liveReportOf } from '../../src/engine/report/live-report.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import { addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

async function begin(people = 20): Promise<{ client: ApiClient; id: string }> {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, people)
  const { id } = await addTestCampaign(client, { name: 'News' })
  await launchAndPlan(client, id)
  return { client, id }
}

/** Tomorrow, as WhatsApp asks for some people. */
async function postpone(client: ApiClient, count: number): Promise<void> {
  await client.ctx.db.write((tx) =>
    tx.run(
      `UPDATE messages SET due_at = ?, wait_reason = 'cool_off' WHERE id IN (SELECT id FROM messages WHERE status = 'pending' ORDER BY id DESC LIMIT ?)`,
      [client.clock.now() + 86_400_000, count],
    ),
  )
  await client.ctx.db.write((tx) =>
    tx.run(`UPDATE run_counts SET count = count - ? WHERE status = 'pending' AND reason = ''`, [count]),
  )
  await client.ctx.db.write((tx) =>
    tx.run(
      `INSERT INTO run_counts (run_id, status, reason, node_id, count) SELECT run_id, 'pending', 'cool_off', node_id, ? FROM run_counts WHERE status = 'pending' LIMIT 1`,
      [count],
    ),
  )
}

describe('the live page', () => {
  it('D24: tells how long the main part takes, apart from those who wait until tomorrow', async () => {
    const { client, id } = await begin()
    await postpone(client, 5)
    await client.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'running' WHERE id = 1`))
    const claimed = (await claimAll(client)).slice(0, 10)
    await record(client, claimed)
    const report = await liveReportOf(client.ctx, id)
    expect(report.later).toMatchObject({ count: 5 })
    expect(Date.parse(report.later?.firstAt ?? '') - client.clock.now()).toBeGreaterThan(80_000_000)
    if (report.mainDoneAt !== null) expect(Date.parse(report.mainDoneAt) - client.clock.now()).toBeLessThan(3_600_000)
    const { text } = await (await visit(client, 'viewer')).get(`/campaigns/${id}/live`)
    expect(text).toMatch(/5 wait until \d+ Jun 2027/)
  })

  it('D24: has no table of nothing, no word of being live and no tile of zero when it is over', async () => {
    const { client, id } = await begin(2)
    await record(client, await claimAll(client))
    await client.ctx.db.write((tx) => tx.run(`UPDATE campaigns SET status = 'finished' WHERE id = 1`))
    const { text } = await (await visit(client, 'viewer')).get(`/campaigns/${id}/live`)
    expect(text).not.toContain('data-moving')
    expect(text).toMatch(/<section data-waits[^>]* hidden/)
    expect(text).toMatch(/<li data-tile="failed" hidden/)
    expect(text).toMatch(/<li data-tile="sent">/)
    expect(text).toMatch(/role="status" aria-live="polite" data-live="said">2 of 2 done, 0 failed\.</)
  })
})
