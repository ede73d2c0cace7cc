// What a restore carries over from the old database, fact by fact.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { formatReference } from '../../../src/domain/ids.ts'
import { resumeByOperator } from '../../../src/engine/campaigns/lifecycle.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { planRuns } from '../../../src/engine/plan/planner.ts'
import { showReplies } from '../../../src/engine/replies/replies.ts'
import { settleByOperator } from '../../../src/engine/replies/settle-reply.ts'
import { reportOf } from '../../../src/engine/report/report.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { epochName, readOrigin } from '../../../src/store/incarnation.ts'
import { Journal } from '../../../src/store/journal.ts'
import { insertNode } from '../../../src/store/nodes.ts'
import { findSetting } from '../../../src/store/settings.ts'
import { applyInbound, applyStatus } from '../../support/callbacks.ts'
import { claim, launchAndPlan, record, storedMessages, tickAndPlan } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  templateContent,
} from '../../support/open-test-app.ts'
import { present } from '../../support/present.ts'
import { again, backedUp, limits, restored, rows, sendSome } from '../../support/restored.ts'

/** A backup that was made while a run was being planned. */
function planOnlyThrough(file: string, contactId: number): void {
  const db = new Database(file)
  db.exec(`INSERT INTO status_moves VALUES ('run', 'sending', 'planning');
    UPDATE runs SET status = 'planning', planned_through = ${contactId}, audience_count = ${contactId};
    DELETE FROM messages WHERE contact_id > ${contactId};
    UPDATE run_counts SET count = ${contactId} - 2 WHERE status = 'pending';
    DELETE FROM status_moves WHERE machine = 'run' AND from_status = 'sending' AND to_status = 'planning'`)
  db.close()
}

describe('P2: a restore carries over', () => {
  it('what people asked for, and who may log in', async () => {
    const { test, file } = await backedUp()
    const { ctx } = test
    await applyInbound(test, phoneNumber(0), 'STOP')
    await eraseContactByOperator(ctx, phoneNumber(1))
    await ctx.db.write(async (tx) => {
      await tx.run(`UPDATE contacts SET consent = 'denied' WHERE phone = ?`, [phoneNumber(2)])
      await tx.run(
        `INSERT INTO users (name, role, status, password_hash, created_at) VALUES ('Ada', 'admin', 'active', 'x', 1)`,
      )
    })
    const result = await restored(test, file)
    expect(result).toMatchObject({
      old: 'whole',
      people: { suppressions: 2, erasures: 1, consentWithdrawals: 1, users: 1 },
    })
    const next = await again(test)
    expect(await rows(next, `SELECT scope, reason FROM suppressions ORDER BY reason`)).toEqual([
      { scope: 'all', reason: 'erased' },
      { scope: 'marketing', reason: 'opted_out' },
    ])
    expect(await rows(next, `SELECT phone, key FROM contacts WHERE erased_at IS NOT NULL`)).toMatchObject([
      { phone: '', key: expect.stringMatching(/^erased:/) },
    ])
    expect(await rows(next, `SELECT work FROM duties WHERE work = 'erasure'`)).toHaveLength(1)
    expect(await rows(next, `SELECT phone FROM contacts WHERE consent = 'denied'`)).toEqual([{ phone: phoneNumber(2) }])
    expect(await rows(next, `SELECT name FROM users`)).toEqual([{ name: 'Ada' }])
  })

  it('what people wrote, and what was settled of it', async () => {
    const { test, file } = await backedUp()
    await applyInbound(test, phoneNumber(0), 'not interested')
    await applyInbound(test, '+12025550199', 'leave me alone')
    await settleByOperator(test.ctx, 'rep_1', { as: 'not_opt_out', by: 'ann' })
    await restored(test, file)
    const next = await again(test)
    expect(await showReplies(next.ctx, { limit: 9 })).toMatchObject([
      { phone: '+12025550199', text: 'leave me alone', isOpen: true },
      { phone: phoneNumber(0), text: 'not interested', isOpen: false, settledAs: 'not_opt_out', settledBy: 'ann' },
    ])
  })

  it('revoked keys and disabled users, and ends every login', async () => {
    const test = await openTestApp()
    await test.ctx.db.write(async (tx) => {
      await tx.run(
        `INSERT INTO users (id, name, role, status, password_hash, created_at) VALUES (1, 'Ada', 'admin', 'active', 'x', 1)`,
      )
      await tx.run(
        `INSERT INTO api_keys (user_id, name, prefix, key_sha256, rights, created_at) VALUES (1, 'ci', 'hk', 'aa', 'read', 1)`,
      )
      await tx.run(`INSERT INTO sessions (id_sha256, user_id, created_at, last_seen_at) VALUES ('s', 1, 1, 1)`)
    })
    const file = join(test.dir, 'backup.db')
    await test.ctx.db.backup({ path: file, part: `${file}.part` }, test.clock.now())
    await test.ctx.db.write(async (tx) => {
      await tx.run(`UPDATE users SET status = 'disabled', password_hash = 'y'`)
      await tx.run('UPDATE api_keys SET revoked_at = 5')
    })
    expect(await restored(test, file)).toMatchObject({ people: { users: 1, keyRevocations: 1 } })
    const next = await again(test)
    expect(await rows(next, 'SELECT status, password_hash AS hash FROM users')).toEqual([
      { status: 'disabled', hash: 'y' },
    ])
    expect(await rows(next, 'SELECT revoked_at AS at FROM api_keys')).toEqual([{ at: 5 }])
    expect(await rows(next, 'SELECT 1 FROM sessions')).toEqual([])
  })

  it('calls with their results, places in the caps and what callbacks told', async () => {
    const { test, file } = await backedUp({ limits: { quietHours: 'ignore', validity: '10d' } })
    await sendSome(test, 3)
    await applyStatus(test, { trackingId: 'track-1', status: 'read' }, { trackingId: 'track-3', status: 'delivered' })
    const before = await storedMessages(test)
    const caps = await rows(test, 'SELECT message_id AS id, at FROM cap_uses ORDER BY 1')
    expect(await restored(test, file)).toMatchObject({ calls: { messages: 4, runs: 0 }, inDoubt: 0 })
    const next = await again(test)
    expect(await storedMessages(next)).toEqual(before)
    expect(await rows(next, 'SELECT message_id AS id, at FROM cap_uses ORDER BY 1')).toEqual(caps)
    expect(await claim(next)).toMatchObject({ claimed: [] })
    await expect(resumeByOperator(next.ctx, 'Spring sale')).rejects.toMatchObject({
      code: 'campaign.needs_acknowledgement',
    })
    await resumeByOperator(next.ctx, 'Spring sale', { isAcknowledged: true })
    const { claimed, origin } = await claim(next)
    expect(claimed.map(({ messageId }) => messageId)).toEqual([6, 7, 8, 9, 10])
    expect(Math.min(...claimed.map(({ attemptId }) => attemptId))).toBeGreaterThan(5)
    expect(origin.epoch).toBeGreaterThan(1)
  })

  it('H6: references of before, for the calls that they name', async () => {
    const { test, file } = await backedUp()
    const installation = (await test.ctx.db.read((tx) => findSetting(tx, 'installation'))) ?? ''
    const { claimed } = await claim(test, { room: 1 })
    await record(test, claimed, () => ({
      kind: 'unknown',
      error: { code: 'deadline', text: '', advice: '', httpStatus: null },
    }))
    await restored(test, file)
    const next = await again(test)
    const [attemptId = 0] = claimed.map((one) => one.attemptId)
    const told = { trackingId: 'told-late', status: 'delivered' }
    await applyStatus(next, { ...told, reference: formatReference(installation, 1, attemptId + 1) })
    expect((await storedMessages(next))[2]?.status).toBe('unknown')
    await applyStatus(next, { ...told, trackingId: 'told-now', reference: formatReference(installation, 1, attemptId) })
    expect((await storedMessages(next))[2]?.status).toBe('delivered')
  })

  it('runs that were planned since, so that nobody gets their occurrence again', async () => {
    const schedule = { every: '1h', from: '2026-01-01T00:00:00Z', timeZone: 'UTC', overlap: 'allow' }
    const test = await openTestApp()
    await importPeople(test, 4)
    await addMeta(test)
    await addTestCampaign(test, { content: templateContent, limits, schedule })
    await launchAndPlan(test, 'Spring sale')
    const file = join(test.dir, 'backup.db')
    await test.ctx.db.backup({ path: file, part: `${file}.part` }, test.clock.now())
    test.clock.advance(3_600_000)
    await tickAndPlan(test, 'Spring sale')
    await addTestCampaign(test, { name: 'Since', content: templateContent, limits })
    await launchAndPlan(test, 'Since')
    await sendSome(test, 5)
    const before = await storedMessages(test)
    const runs = await rows(test, 'SELECT occurrence_key AS key, status FROM runs ORDER BY id')
    const result = await restored(test, file)
    expect(result.calls?.runs).toBeGreaterThan(0)
    const next = await again(test)
    expect(await storedMessages(next)).toEqual(before)
    expect(await rows(next, 'SELECT occurrence_key AS key, status FROM runs ORDER BY id')).toEqual(runs)
    expect(result.pausedCampaigns).toEqual(['Spring sale', 'Since'])
    await tickAndPlan(next, 'Spring sale')
    expect((await storedMessages(next)).length).toBe(before.length)
  })

  it('what the journal of a killed process says: answered, never begun, on the wire', async () => {
    const { test, file } = await backedUp()
    const { ctx } = test
    const node = await ctx.db.write((tx) => insertNode(tx, { host: 'here', pid: 1, appVersion: '0' }, present(7)))
    const { claimed } = await claim(test, { room: 3 })
    await ctx.db.write((tx) => tx.run(`UPDATE messages SET node_id = ${node} WHERE status = 'sending'`))
    await ctx.db.write((tx) => tx.run(`UPDATE attempts SET node_id = ${node} WHERE ended_at IS NULL`))
    const epoch = epochName(await ctx.db.read(readOrigin))
    const journal = new Journal(ctx.db.journalPath(node), { nodeId: node, startedAt: 7, epoch })
    const [answered = 0, onTheWire = 0] = claimed.map(({ attemptId }) => attemptId)
    journal.begun(answered, 1)
    journal.answered(answered, { startedAtUs: 1, endedAt: 2, result: { kind: 'accepted', trackingId: 'by-journal' } })
    journal.begun(onTheWire, 1)
    expect(await restored(test, file)).toMatchObject({ underWay: 3 })
    const next = await again(test)
    expect((await storedMessages(next)).slice(2, 5).map(({ status }) => status)).toEqual([
      'accepted',
      'unknown',
      'pending',
    ])
  })

  it('callbacks that were stored and not applied yet', async () => {
    const { test, file } = await backedUp()
    await test.ctx.db.write((tx) =>
      tx.run(
        `INSERT INTO webhook_events (sender_id, received_at, body_sha256, body, next_try_at) VALUES (1, 1, 'x', '{}', 1)`,
      ),
    )
    expect(await restored(test, file)).toMatchObject({ calls: { callbacks: 1 } })
    expect(await rows(await again(test), 'SELECT body FROM webhook_events WHERE next_try_at IS NOT NULL')).toHaveLength(
      1,
    )
  })
})

describe('P2: a restore without the old database', () => {
  it('leaves in doubt what was due, and sends it to nobody', async () => {
    const { test, file } = await backedUp()
    await sendSome(test, 3)
    await test.app[Symbol.asyncDispose]()
    for (const name of readdirSync(test.dir).filter((one) => /^herald\.db/.test(one)))
      rmSync(join(test.dir, name), { recursive: true })
    expect(await restored(test, file)).toMatchObject({ old: 'missing', people: null, calls: null, inDoubt: 8 })
    const next = await again(test)
    expect((await reportOf(next.ctx, 'Spring sale')).totals.unknownBy).toEqual({ restored: 8 })
    await resumeByOperator(next.ctx, 'Spring sale', { isAcknowledged: true })
    expect(await claim(next)).toMatchObject({ claimed: [] })
  })

  it('leaves in doubt whom a run still had to plan when the backup was made', async () => {
    const { test, file } = await backedUp()
    planOnlyThrough(file, 4)
    await sendSome(test, 3)
    await test.app[Symbol.asyncDispose]()
    for (const name of readdirSync(test.dir).filter((one) => /^herald\.db/.test(one)))
      rmSync(join(test.dir, name), { recursive: true })
    expect(await restored(test, file)).toMatchObject({ inDoubt: 2 })
    const next = await again(test)
    await resumeByOperator(next.ctx, 'Spring sale', { isAcknowledged: true })
    await planRuns(next.ctx)
    expect((await storedMessages(next)).map(({ status }) => status)).toEqual([
      'accepted',
      'accepted',
      ...Array(8).fill('unknown'),
    ])
    expect(await claim(next)).toMatchObject({ claimed: [] })
    const { checks } = await verify(next.ctx)
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
  })

  it('goes on where an operator knows that nothing was sent', async () => {
    const { test, file } = await backedUp()
    await test.app[Symbol.asyncDispose]()
    for (const name of readdirSync(test.dir).filter((one) => /^herald\.db/.test(one)))
      rmSync(join(test.dir, name), { recursive: true })
    expect(await restored(test, file, { isNothingSent: true })).toMatchObject({ inDoubt: 0 })
    const next = await again(test)
    await resumeByOperator(next.ctx, 'Spring sale', { isAcknowledged: true })
    expect((await claim(next)).claimed).toHaveLength(8)
  })

  it('reads what is no database as nothing, and keeps it', async () => {
    const { test, file } = await backedUp()
    await test.app[Symbol.asyncDispose]()
    for (const side of ['-wal', '-shm']) rmSync(`${test.dbPath}${side}`, { force: true })
    writeFileSync(test.dbPath, 'not a database')
    const result = await restored(test, file)
    expect(result).toMatchObject({ old: 'unreadable', inDoubt: 8 })
    expect(existsSync(result.movedTo ?? '')).toBe(true)
    await again(test)
  })
})

describe('P2: a restore is refused', () => {
  it('over the database of another installation, and leaves it where it is', async () => {
    const { test, file } = await backedUp()
    const other = await openTestApp()
    await expect(restored(other, file)).rejects.toMatchObject({ code: 'restore.other_installation' })
    expect(readdirSync(other.dir).filter((name) => /restore/.test(name))).toEqual([])
    await again(other)
    await expect(restored(test, test.dbPath)).rejects.toMatchObject({ code: 'usage.invalid_value' })
  })

  it('for a backup that is damaged', async () => {
    const { test, file } = await backedUp()
    const copy = new Database(file)
    copy.unsafeMode(true)
    copy.pragma('writable_schema = ON')
    copy.exec(`UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'messages'`)
    copy.close()
    await expect(restored(test, file)).rejects.toMatchObject({ code: 'db.damaged' })
    await again(test)
  })
})
