// Instants later than they can be (domain/possible-instant.ts): found for doctor, cleared by unlock.
import { latestBlock, latestPast, possibleHold, possiblePast, possibleSlotUs } from '../domain/possible-instant.ts'
import { BACK_OFF_MAX_MS } from '../domain/trouble.ts'
import type { Present, ReadTx, WriteTx } from './database.ts'

export type FieldAhead = 'last start' | 'turn' | 'hold' | 'daily count' | 'block' | 'last message'

export interface InstantAhead {
  field: FieldAhead
  of: 'sender' | 'campaign'
  id: number
  name: string
  /** The latest one. */
  at: number
  /** People, where it is about a sender and each of them. */
  people: number | null
}

/** Everything but the nodes. */
export async function listInstantsAhead(tx: ReadTx, nowUs: number): Promise<InstantAhead[]> {
  return [
    ...(await gatesAhead(tx, nowUs)),
    ...(await campaignsAhead(tx, nowUs)),
    ...(await pairsAhead(tx, nowUs / 1000)),
  ]
}

async function gatesAhead(tx: ReadTx, nowUs: number): Promise<InstantAhead[]> {
  const rows = await tx.all<{
    id: number
    name: string
    rate: number
    lastStartAtUs: number | null
    turnUntilUs: number | null
    holdUntil: number | null
    dailyHorizonAt: number
  }>(
    `SELECT id, name, rate_per_second AS rate, last_start_at_us AS lastStartAtUs, hold_until AS holdUntil,
            ${tx.sql.larger('coalesce(sole_until_us, 0)', 'coalesce(shared_until_us, 0)')} AS turnUntilUs, daily_horizon_at AS dailyHorizonAt FROM senders ORDER BY id`,
  )
  const now = nowUs / 1000
  return rows.flatMap(({ id, name, rate, lastStartAtUs, turnUntilUs, holdUntil, dailyHorizonAt }) => {
    const found: [FieldAhead, at: number | null, isPossible: boolean][] = [
      ['last start', toMs(lastStartAtUs), possibleSlotUs(lastStartAtUs, nowUs, rate) !== null],
      ['turn', toMs(turnUntilUs), possibleSlotUs(turnUntilUs, nowUs, rate) !== null],
      ['hold', holdUntil, possibleHold(holdUntil, now) !== null],
      ['daily count', dailyHorizonAt, possiblePast(dailyHorizonAt, now) !== null],
    ]
    return found.flatMap(([field, at, isPossible]): InstantAhead[] =>
      at === null || isPossible ? [] : [{ field, of: 'sender', id, name, at, people: null }],
    )
  })
}

function toMs(us: number | null): number | null {
  return us === null ? null : Math.floor(us / 1000)
}

async function campaignsAhead(tx: ReadTx, nowUs: number): Promise<InstantAhead[]> {
  const rows = await tx.all<{ id: number; name: string; rate: number; lastStartAtUs: number }>(
    `SELECT c.id, c.name, coalesce(c.rate_per_second, s.rate_per_second) AS rate, c.last_start_at_us AS lastStartAtUs
     FROM campaigns c JOIN senders s ON s.id = c.sender_id WHERE c.last_start_at_us > ? ORDER BY c.id`,
    [nowUs],
  )
  const impossible = rows.filter(({ rate, lastStartAtUs }) => possibleSlotUs(lastStartAtUs, nowUs, rate) === null)
  return impossible.map(({ id, name, lastStartAtUs }) => ({
    field: 'last start',
    of: 'campaign',
    id,
    name,
    at: Math.floor(lastStartAtUs / 1000),
    people: null,
  }))
}

async function pairsAhead(tx: ReadTx, now: number): Promise<InstantAhead[]> {
  const found: InstantAhead[] = []
  const ask = async (field: FieldAhead, column: string, latest: number) => {
    const rows = await tx.all<{ id: number; name: string; people: number; at: number }>(
      `SELECT s.id, s.name, count(*) AS people, max(p.${column}) AS at FROM senders s
       JOIN contact_senders p ON p.sender_id = s.id AND p.${column} > ? GROUP BY s.id ORDER BY s.id`,
      [latest],
    )
    found.push(...rows.map((row): InstantAhead => ({ field, of: 'sender', ...row })))
  }
  await ask('block', 'blocked_until', latestBlock(now))
  await ask('last message', 'last_claim_at', latestPast(now))
  return found
}

/** What is impossible is taken away; the next claim counts the people of the last day anew. */
export async function clearInstantsAhead(tx: WriteTx, ahead: readonly InstantAhead[], now: Present): Promise<void> {
  const of = (kind: InstantAhead['of'], ...fields: FieldAhead[]) =>
    ahead.filter((one) => one.of === kind && fields.includes(one.field)).map(({ id }) => [id])
  await tx.runEach(`UPDATE senders SET last_start_at_us = NULL WHERE id = ?`, of('sender', 'last start'))
  await tx.runEach(
    `UPDATE senders SET pace_node_id = NULL, sole_until_us = NULL, shared_until_us = NULL WHERE id = ?`,
    of('sender', 'turn'),
  )
  await tx.runEach(`UPDATE senders SET hold_until = NULL, throttles = 0 WHERE id = ?`, of('sender', 'hold'))
  await tx.runEach(`UPDATE campaigns SET last_start_at_us = NULL WHERE id = ?`, of('campaign', 'last start'))
  await tx.run(`UPDATE contact_senders SET blocked_until = NULL WHERE blocked_until > ?`, [latestBlock(now)])
  await tx.runEach(
    `UPDATE contact_senders SET last_claim_at = ? WHERE sender_id = ? AND last_claim_at > ?`,
    of('sender', 'last message').map(([id = 0]) => [now, id, latestPast(now)]),
  )
  const recounted = of('sender', 'daily count', 'last message')
  await tx.runEach(`UPDATE senders SET daily_horizon_at = 0, daily_used = 0 WHERE id = ?`, recounted)
  await tx.run(`UPDATE troubles SET next_try_at = ? WHERE next_try_at > ?`, [now, latestPast(now) + BACK_OFF_MAX_MS])
}
