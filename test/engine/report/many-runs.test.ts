// Reports of campaigns with hundreds of runs, and what is unknown of them: the totals are kept and not added up, a page reads what
// it shows. Statements are counted; no clock is asked.
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { fillCrowd } from '../../../bench/crowd.ts'
import { exportMessages } from '../../../src/engine/report/export.ts'
import { liveReportOf } from '../../../src/engine/report/live-report.ts'
import { pageRuns, reportOf } from '../../../src/engine/report/report.ts'
import { reportPage } from '../../../src/engine/report/report-page.ts'
import { reportTable } from '../../../src/engine/report/report-rows.ts'
import { type Timeline, timelineOf } from '../../../src/engine/report/timeline.ts'
import { showUnknown } from '../../../src/engine/report/unknown.ts'
import { showLargestUnknown, showManyUnknown } from '../../../src/engine/report/unknown-many.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { countStatements } from '../../support/counted-statements.ts'
import { addSandbox, openTestApp, type TestApp } from '../../support/open-test-app.ts'

/** The second campaign has ten runs for each campaign, each with a message that is unknown. */
async function crowded(campaigns: number, { people = 50, messages = campaigns * 60 } = {}): Promise<TestApp> {
  const test = await openTestApp()
  for (const n of [1, 2]) await addSandbox(test, { name: `Sender 0000${n}` })
  const connection = new SqliteConnection(test.dbPath)
  const size = { campaigns, lists: 2, senders: 2, people, messages, replies: 0 }
  fillCrowd(connection, { ...size, at: test.clock.now() })
  connection.close()
  return test
}

async function rowsOf(lines: AsyncIterable<readonly (readonly unknown[])[]>): Promise<(readonly unknown[])[]> {
  const rows = []
  for await (const slice of lines) rows.push(...slice)
  return rows
}

describe('F12: a campaign with many runs', () => {
  it('F12: is reported by as many statements as one with a few hundred', async () => {
    const counted = countStatements()
    const statements: number[] = []
    for (const campaigns of [16, 60]) {
      const test = await crowded(campaigns)
      counted.reset()
      const report = await reportOf(test.ctx, 'cmp_2')
      statements.push(counted.texts().length)
      expect(report.runs).toHaveLength(100)
      expect(report.runCount).toBe(campaigns * 10)
      expect(counted.texts().filter((sql) => /FROM runs r JOIN run_counts/.test(sql))).toEqual([])
    }
    expect(statements[1]).toBe(statements[0])
  })

  it('F12: has totals that are those of its runs, one by one', async () => {
    const { ctx } = await crowded(16)
    const { totals, runCount } = await reportOf(ctx, 'cmp_2')
    const runs = await pageRuns(ctx, 'cmp_2', { limit: 1000 })
    expect(runs).toHaveLength(runCount)
    expect(totals.audience).toBe(runs.reduce((sum, run) => sum + run.audience, 0))
    expect(totals.byStatus.delivered).toBe(runs.reduce((sum, run) => sum + run.byStatus.delivered, 0))
    expect(totals.unknownBy).toEqual({ no_answer: runs.reduce((sum, run) => sum + run.byStatus.unknown, 0) })
    const { checks } = await verify(ctx, { campaign: 'cmp_2' })
    expect(checks.find(({ name }) => name === 'campaign_counts')).toMatchObject({ ok: true })
  })

  it('F12: has a chart over time that is made of samples all along its largest run', async () => {
    const { ctx } = await crowded(16, { people: 2_000, messages: 4_000 })
    const runs = await pageRuns(ctx, 'cmp_4', { limit: 100 })
    const largest = runs.find(({ audience }) => audience === 2_000)
    const runId = Number(largest?.run.slice('run_'.length))
    const accepted = ({ points }: Timeline) => points.reduce((sum, point) => sum + point.accepted, 0)
    const whole = await timelineOf(ctx, 'cmp_4', { runId })
    expect([whole.sampledOneOf, accepted(whole)]).toEqual([1, 2_000])
    const counted = countStatements()
    const sampled = await timelineOf(ctx, 'cmp_4', { runId }, 500)
    expect([sampled.sampledOneOf, accepted(sampled)]).toEqual([4, 2_000])
    // Ten samples, and a look behind the last one.
    expect(counted.texts().filter((sql) => /accepted_at/.test(sql))).toHaveLength(11)
  })

  it('F12: shows one run without the others, however old it is', async () => {
    const { ctx } = await crowded(16)
    const oldest = (await pageRuns(ctx, 'cmp_2', { limit: 1000 })).at(-1)
    const runId = Number(oldest?.run.slice('run_'.length))
    const counted = countStatements()
    const report = await reportOf(ctx, 'cmp_2', { runId })
    expect(counted.texts().length).toBeLessThan(15)
    expect(report).toMatchObject({ runCount: 1, runs: [{ run: oldest?.run }], totals: { audience: oldest?.audience } })
    expect((await timelineOf(ctx, 'cmp_2', { runId })).points).not.toEqual([])
    expect((await reportOf(ctx, 'cmp_3', { runId })).runs).toEqual([])
  })

  it('F12: is written to files run by run, all of them', async () => {
    const { ctx } = await crowded(60)
    const { header, lines } = await reportTable(ctx, 'cmp_2')
    const rows = await rowsOf(lines)
    expect(rows).toHaveLength(600)
    expect(header.slice(0, 4)).toEqual(['run', 'occurrence', 'status', 'audience'])
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([header.length]))
    let page = ''
    for await (const piece of reportPage(await reportTable(ctx, 'cmp_2'))) page += piece
    expect(page.match(/<tr>/g)).toHaveLength(601)
    expect(page).toMatch(/^<!doctype html>.*<\/html>\n$/s)
  })

  it('F12: is exported in slices, whatever is wanted of it', async () => {
    const { ctx, dbPath } = await crowded(60)
    const connection = new SqliteConnection(dbPath)
    const big = connection.prepare('SELECT max(id) AS id FROM runs WHERE campaign_id = 2').get() as { id: number }
    // One run that takes several slices, with a rare status behind the first.
    connection.exec(`INSERT INTO contacts (key, phone, attributes, created_at, updated_at)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT 'x' || i, '+1' || i, '{}', 1, 1 FROM n;
      INSERT INTO messages (run_id, contact_id, revision_id, status, reason, scheduled_at, due_at, expires_at, created_at)
        SELECT ${big.id}, id, 2, iif(key = 'x2200', 'failed', 'pending'), iif(key = 'x2200', '131026', NULL), 1, 1, 1, 1 FROM contacts WHERE key LIKE 'x%'`)
    connection.close()
    const all = await rowsOf((await exportMessages(ctx, 'cmp_2')).lines)
    expect(all.length).toBeGreaterThan(3000)
    const failed = await rowsOf((await exportMessages(ctx, 'cmp_2', { statuses: ['failed'] })).lines)
    expect(failed.map(([, phone]) => phone)).toEqual(['12200'])
    expect(await rowsOf((await exportMessages(ctx, 'cmp_2', { runId: big.id, statuses: ['failed'] })).lines)).toEqual(
      failed,
    )
    expect(await rowsOf((await exportMessages(ctx, 'cmp_3', { runId: big.id })).lines)).toEqual([])
  })
})

it('F12: a campaign at work is watched by the newest calls, and not by all that it sent', async () => {
  const test = await crowded(16)
  const counted = countStatements()
  expect((await liveReportOf(test.ctx, 'cmp_3')).campaign.status).toBe('running')
  const explain = new SqliteConnection(test.dbPath, { readonly: true })
  const details = counted
    .texts()
    .filter((sql) => sql.includes('start_at_us'))
    .flatMap((sql) => {
      const params = [...sql.matchAll(/\?/g)].map(() => 1)
      return explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
    })
    .map(({ detail }) => detail)
  explain.close()
  expect(details).toContain('SEARCH m USING INTEGER PRIMARY KEY (rowid=?)')
  expect(details.filter((detail) => /\(run_id=\?\)|AUTOMATIC/.test(detail))).toEqual([])
})

describe('F12: many unknown messages', () => {
  it('F12: are shown by as many statements as a few, with the largest groups from the counters', async () => {
    const counted = countStatements()
    const statements: number[] = []
    for (const campaigns of [16, 60]) {
      const { ctx } = await crowded(campaigns)
      counted.reset()
      const page = await showUnknown(ctx, undefined, { limit: 51 })
      const many = await showLargestUnknown(ctx, {}, 5)
      statements.push(counted.texts().length)
      expect(page).toHaveLength(51)
      const { count, groups } = await showManyUnknown(ctx, {})
      const largest = [...groups].sort((one, other) => other.count - one.count)
      expect(many).toMatchObject({ count, groups: groups.length })
      expect(many.largest[0]).toMatchObject({ campaign: 'Campaign 00002', count: largest[0]?.count })
    }
    expect(statements[1]).toBe(statements[0])
  })

  it('F12: are counted without a look at their campaigns, which are asked once for all', async () => {
    const { ctx } = await crowded(16)
    const counted = countStatements()
    const { groups } = await showManyUnknown(ctx, {})
    expect(groups.length).toBeGreaterThan(10)
    expect(counted.texts().filter((sql) => /\bcampaigns\b/.test(sql))).toEqual([
      'SELECT id, name, status FROM campaigns WHERE id IN (SELECT value FROM json_each(?) n)',
    ])
  })

  it('F12: are paged through campaign by campaign, each once', async () => {
    const { ctx } = await crowded(16)
    const { count } = await showManyUnknown(ctx, { campaign: 'cmp_2' })
    const seen: string[] = []
    for (let afterId: string | undefined; ; afterId = seen.at(-1)) {
      const page = await showUnknown(ctx, 'cmp_2', { afterId, limit: 30 })
      seen.push(...page.map(({ id }) => id))
      if (page.length < 30) break
    }
    expect(seen).toHaveLength(count)
    expect(new Set(seen).size).toBe(count)
    expect((await showLargestUnknown(ctx, { campaign: 'cmp_2' }, 5)).count).toBe(count)
  })

  it('F12: of one campaign are found by its runs, and not among those of all others', async () => {
    const test = await crowded(16)
    const counted = countStatements()
    await showUnknown(test.ctx, 'cmp_2', { limit: 5 })
    const explain = new SqliteConnection(test.dbPath, { readonly: true })
    const [sql = ''] = counted.texts().filter((text) => text.includes('WITH slice'))
    const params = [...sql.matchAll(/\?/g)].map(() => 1)
    const plan = explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
    explain.close()
    const details = plan.map(({ detail }) => detail)
    expect(details).toContain('SEARCH r USING COVERING INDEX runs_newest (campaign_id=? AND id>?)')
    expect(details.filter((detail) => /SCAN m\b|TEMP B-TREE/.test(detail))).toEqual([])
  })
})
