// What a node that is gone had claimed: its journal tells what never began and what was answered; only what was on the
// wire is unknown.
import { existsSync, statSync, truncateSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recoverLostNodes } from '../../../src/engine/send/recover.ts'
import type { ClaimedMessage } from '../../../src/store/claim.ts'
import { epochName, readOrigin } from '../../../src/store/incarnation.ts'
import { Journal } from '../../../src/store/journal.ts'
import { insertNode, stopNode } from '../../../src/store/nodes.ts'
import { endTroublesGone, listTroubles } from '../../../src/store/troubles.ts'
import { claimAll, launchAndPlan, providerError, storedMessages } from '../../support/claims.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp, type TestApp } from '../../support/open-test-app.ts'
import { cure, poison } from '../../support/poison.ts'
import { present } from '../../support/present.ts'

interface LostNode {
  test: TestApp
  nodeId: number
  claimed: ClaimedMessage[]
}

/** A node that claimed five messages, began three, got two answers and died. */
async function lostNode({ hasJournal = true, people = 5 } = {}): Promise<LostNode> {
  const test = await openTestApp()
  const { ctx, clock } = test
  await importPeople(test, people)
  await addSandbox(test)
  await addTestCampaign(test)
  await launchAndPlan(test, 'Spring sale')
  const startedAt = clock.now()
  const nodeId = await ctx.db.write((tx) =>
    insertNode(tx, { host: 'here', pid: 1, appVersion: '0' }, present(startedAt)),
  )
  ctx.db.lockNode(nodeId)[Symbol.dispose]()
  const claimed = await claimAll(test, { nodeId })
  if (!hasJournal) return { test, nodeId, claimed }
  const epoch = epochName(await ctx.db.read(readOrigin))
  const journal = new Journal(ctx.db.journalPath(nodeId), { nodeId, startedAt, epoch })
  for (const { attemptId, startAtUs } of claimed.slice(0, 3)) journal.begun(attemptId, startAtUs)
  const [first, second] = claimed
  const at = { startedAtUs: clock.nowUs(), endedAt: clock.now() }
  journal.answered(first?.attemptId ?? 0, { ...at, result: { kind: 'accepted', trackingId: 'track-1' } })
  const error = providerError('131026')
  journal.answered(second?.attemptId ?? 0, { ...at, result: { kind: 'refused', scope: 'recipient', error } })
  journal.close()
  return { test, nodeId, claimed }
}

const outcomes = async (test: TestApp) =>
  (await storedMessages(test)).map(({ status, reason, attempts }) => [status, reason, attempts])

describe('a node that is gone', () => {
  it('leaves unknown only what was on the wire', async () => {
    const { test } = await lostNode()
    expect(await recoverLostNodes(test.ctx)).toBe(1)
    expect(await outcomes(test)).toEqual([
      ['accepted', null, 1],
      ['failed', '131026', 1],
      ['unknown', 'node_lost', 1],
      ['pending', null, 0],
      ['pending', null, 0],
    ])
    expect(await recoverLostNodes(test.ctx)).toBe(0)
    test.clock.advance(3_000)
    expect(await claimAll(test)).toHaveLength(2)
  })

  it('leaves everything unknown that it had claimed when no journal proves anything', async () => {
    const { test } = await lostNode({ hasJournal: false })
    await recoverLostNodes(test.ctx)
    expect(await outcomes(test)).toEqual(Array(5).fill(['unknown', 'node_lost', 1]))
  })

  it('H4: is settled whole, however much it had claimed', async () => {
    const { test, claimed } = await lostNode({ people: 700 })
    expect(claimed).toHaveLength(700)
    await recoverLostNodes(test.ctx)
    const statuses = (await storedMessages(test)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 'pending')).toHaveLength(697)
  })

  it('H3: keeps back no other message when one of its results cannot be recorded', async () => {
    const { test } = await lostNode()
    await poison(test, { table: 'messages', event: 'UPDATE OF status', when: 'NEW.id = 1' })
    await recoverLostNodes(test.ctx)
    expect((await outcomes(test)).map(([status]) => status)).toEqual([
      'sending',
      'failed',
      'unknown',
      'pending',
      'pending',
    ])
    await cure(test)
    await recoverLostNodes(test.ctx)
    expect((await outcomes(test))[0]).toEqual(['accepted', null, 1])
  })

  it('leaves no journal when everything that it told is recorded', async () => {
    const { test, nodeId } = await lostNode()
    expect(existsSync(test.ctx.db.journalPath(nodeId))).toBe(true)
    await recoverLostNodes(test.ctx)
    expect(existsSync(test.ctx.db.journalPath(nodeId))).toBe(false)
  })

  it('H3: is looked after although its journal was cut off within an answer', async () => {
    const { test, nodeId } = await lostNode()
    const path = test.ctx.db.journalPath(nodeId)
    truncateSync(path, statSync(path).size - 4096 - 20)
    await recoverLostNodes(test.ctx)
    const statuses = (await storedMessages(test)).map(({ status }) => status)
    expect(statuses).not.toContain('sending')
    expect(statuses[0]).toBe('accepted')
  })

  it('H3: says which result cannot be recorded, and goes on when it can be', async () => {
    const { test } = await lostNode()
    await poison(test, { table: 'messages', event: 'UPDATE OF status', when: 'NEW.id = 1' })
    for (let pass = 0; pass < 3; pass++) await recoverLostNodes(test.ctx)
    const troubles = await test.ctx.db.read(listTroubles)
    expect(troubles).toMatchObject([{ work: 'result', subjectId: 1, tries: 1 }])
    await cure(test)
    await recoverLostNodes(test.ctx)
    await test.ctx.db.write((tx) => endTroublesGone(tx, present(test.clock.now())))
    expect(await test.ctx.db.read(listTroubles)).toEqual([])
  })

  it('is looked after when it has stopped and left what it could not record', async () => {
    const { test, nodeId } = await lostNode()
    await test.ctx.db.write((tx) => stopNode(tx, nodeId, present(test.clock.now())))
    await recoverLostNodes(test.ctx)
    expect((await outcomes(test)).map(([status]) => status)).not.toContain('sending')
  })
})
