// What pages and the loops of the service ask again and again is found by an index, whatever the database holds: the plan of
// each statement is looked at, not the clock.
import SqliteConnection from 'better-sqlite3'
import { expect, it } from 'vitest'
import { listCampaignPage } from '../../src/store/campaign-list.ts'
import { listDueCampaigns, listNextTicks } from '../../src/store/campaigns.ts'
import { searchContactSlice } from '../../src/store/contacts.ts'
import type { ReadTx } from '../../src/store/database.ts'
import { countStoppedTemplates, findPausedSenders, findStoppedCampaigns } from '../../src/store/needs.ts'
import { countCampaigns, listLastMoved } from '../../src/store/overview.ts'
import { listSendersToProve, listUnproved } from '../../src/store/proof-runs.ts'
import { findRunEndedBefore } from '../../src/store/retention.ts'
import { listCampaignsToEnd, listOpenRuns } from '../../src/store/runs.ts'
import { countStatements } from '../support/counted-statements.ts'
import { importPeople, openTestApp } from '../support/open-test-app.ts'

const asked: [string, (tx: ReadTx) => Promise<unknown>, RegExp][] = [
  ['counts campaigns by status', countCampaigns, /USING COVERING INDEX campaigns_status/],
  [
    'lists campaigns at work',
    (tx) => listLastMoved(tx, ['running', 'paused'], 5),
    /INDEX campaigns_moved \(status=\?\)/,
  ],
  [
    'lists what comes next',
    (tx) => listNextTicks(tx, { until: 1, limit: 5 }),
    /SEARCH c USING INDEX campaigns_tick \(next_tick_at<\?\)/,
  ],
  [
    'lists campaigns by name',
    (tx) => listCampaignPage(tx, { order: 'name', after: 1, limit: 5 }),
    /SEARCH c USING INDEX \S+ \(name>\?\)/,
  ],
  [
    'lists campaigns of a status',
    (tx) => listCampaignPage(tx, { status: 'finished', limit: 5 }),
    /SEARCH c USING INDEX campaigns_status \(status=\?\)/,
  ],
  ['finds campaigns that paused themselves', (tx) => findStoppedCampaigns(tx, 5), /INDEX campaigns_stopped/],
  ['finds paused senders', (tx) => findPausedSenders(tx, 5), /INDEX senders_paused/],
  ['counts stopped templates', (tx) => countStoppedTemplates(tx, 0, 5), /INDEX templates_stopped/],
  ['finds campaigns whose time has come', (tx) => listDueCampaigns(tx, 0), /INDEX campaigns_tick \(next_tick_at<\?\)/],
  ['finds campaigns to end', listCampaignsToEnd, /INDEX runs_open/],
  [
    'lists the runs of a sender',
    (tx) => listOpenRuns(tx, 'sending', 1),
    /INDEX runs_open \(sender_id=\? AND status=\?\)/,
  ],
  [
    'finds senders that wait for proof',
    listSendersToProve,
    /SEARCH runs USING COVERING INDEX runs_proof \(sender_id>\?\)/,
  ],
  [
    'lists what a sender asks about, within each run behind the last one',
    (tx) => listUnproved(tx, { senderId: 1, after: { runId: 1, id: 1 }, limit: 5 }),
    /INDEX runs_proof \(sender_id=\? AND rowid>\?\)\nSEARCH c USING INTEGER PRIMARY KEY \(rowid=\?\)\nSEARCH m USING INDEX messages_unknown \(run_id=\? AND id>\?\)/,
  ],
  ['forgets runs in their order', (tx) => findRunEndedBefore(tx, 1, { finishedAt: 0, id: 0 }), /INDEX runs_finished/],
  [
    'searches a list in slices',
    (tx) => searchContactSlice(tx, { listId: 1, after: 0, limit: 5, pattern: '%a%', digits: '' }),
    /SEARCH c USING INTEGER PRIMARY KEY/,
  ],
  [
    'searches everybody in slices',
    (tx) => searchContactSlice(tx, { after: 0, limit: 5, pattern: '%a%', digits: '123' }),
    /SEARCH contacts USING INTEGER PRIMARY KEY|SEARCH c USING INTEGER PRIMARY KEY/,
  ],
]

/** Sorted after it was found: few rows, each part of which comes from the end of an index. */
const sortsFew = /UNION ALL|DISTINCT|"runs"/

it.each(asked)('F12: %s by an index', async (_what, ask, index) => {
  const test = await openTestApp()
  await importPeople(test, 3)
  const { ctx, dbPath } = test
  const counted = countStatements()
  await ctx.db.read(ask)
  const explain = new SqliteConnection(dbPath, { readonly: true })
  const statements = counted.texts().filter((sql) => /^\s*(?:select|with)/i.test(sql) && / from /i.test(sql))
  const plans = statements.map((sql) => {
    const params = [...sql.matchAll(/\?/g)].map(() => null)
    const plan = explain.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
    return { sql, details: plan.map(({ detail }) => detail) }
  })
  explain.close()
  expect(plans.flatMap(({ details }) => details).join('\n')).toMatch(index)
  for (const { sql, details } of plans)
    if (!sortsFew.test(sql)) expect(details.filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([])
})
