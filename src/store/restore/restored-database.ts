// A restored backup before it takes its place: what the old database knows since is carried into it, what nobody knows is in
// doubt, its campaigns are paused, and it begins a life and an epoch of its own.
import type { Origin } from '../../domain/ids.ts'
import { risenEpoch } from '../../domain/ids.ts'
import type { Beside } from '../../domain/incarnation.ts'
import { lossesOf, type OldFacts, type RestoreLoss } from '../../domain/restore-losses.ts'
import { newestAttempt } from '../attempts.ts'
import type { Database, WriteTx } from '../database.ts'
import { heldResult } from '../held-result.ts'
import { besideOf, epochName, newIncarnation, readOrigin, withPast } from '../incarnation.ts'
import { readJournal } from '../journal.ts'
import { recordResults } from '../record.ts'
import { findSetting, removeSetting, setSetting } from '../settings.ts'
import {
  allowAllMoves,
  balanceBooks,
  doubtUnread,
  forgetProcesses,
  listEndedSince,
  listSending,
  noteOpenRuns,
  pauseAll,
  planAgainInDoubt,
  settleByAttempts,
  standInForLostCalls,
} from './books.ts'
import { type CarriedCalls, carryCalls, isSameHistory } from './carry-calls.ts'
import { type CarriedPeople, carryPeople } from './carry-people.ts'
import type { OldDatabase, OldState } from './old-database.ts'

export interface CarryOptions {
  old: OldDatabase
  /** Where the journals of its last processes are. */
  journalPath: (nodeId: number) => string
  /** An operator knows that nothing was sent since the backup. */
  isNothingSent: boolean
  /** Under which name the restored database will lie. */
  path: string
}

export interface CarriedOver {
  /** When the backup was made; null when it does not say. */
  copiedAt: string | null
  old: OldState
  /** Null when nothing could be carried. */
  people: CarriedPeople | null
  /** Null when nothing could be carried, or when the old database did not go on from this backup. */
  calls: CarriedCalls | null
  /** Messages that may have been sent since: unknown, never sent again by themselves. */
  inDoubt: number
  /** Calls that processes had under way when they died, by their journals. */
  underWay: number
  pausedCampaigns: string[]
  /** Kinds of which nothing could be carried, or perhaps not all. */
  losses: RestoreLoss[]
  /** Paused ones that were cancelled or archived in the old database. */
  endedSince: string[]
  epoch: number
}

/** The whole of it is one transaction. The note is written beside the database before the file takes its place. */
export async function carryOver(db: Database, options: CarryOptions): Promise<{ carried: CarriedOver; note: Beside }> {
  return db.write(async (tx) => {
    const allowLegalMoves = await allowAllMoves(tx)
    const result = await carryAll(tx, options)
    await allowLegalMoves()
    return result
  })
}

async function carryAll(tx: WriteTx, options: CarryOptions): Promise<{ carried: CarriedOver; note: Beside }> {
  const { old } = options
  const now = await tx.now()
  const copiedAt = (await findSetting(tx, 'copied_at')) ?? null
  const hasOld = old.readFrom !== undefined
  const isWhole = old.state === 'whole'
  const isSame = hasOld && (await isSameHistory(tx))
  const facts = factsOf(old, isSame)
  const people = hasOld ? await carryPeople(tx, { isWhole, isSameHistory: isSame }) : null
  await noteOpenRuns(tx)
  const calls = isSame ? await carryCalls(tx, isWhole) : null
  if (isSame) await settleByAttempts(tx, now)
  const underWay = await settleUnderWay(tx, isSame ? await readOldOrigin(tx) : undefined, options)
  const isCertain = (isSame && isWhole) || options.isNothingSent
  const inDoubt = isCertain ? 0 : await doubtUnread(tx, { now, isRead: isSame && old.isNewest })
  const losses = lossesOf(facts).filter((kind) => !(options.isNothingSent && kind === 'calls'))
  if (!isCertain) await planAgainInDoubt(tx, facts.gaps.includes('messages'))
  await standInForLostCalls(tx, now)
  await forgetProcesses(tx, now)
  await balanceBooks(tx, now)
  // Whether an occurrence ran since the backup is known only where everything is.
  const from = isCertain ? now : instantOf(copiedAt)
  const pausedCampaigns = await pauseAll(tx, { detail: { copiedAt, old: old.state }, from, now })
  const endedSince = isSame ? await listEndedSince(tx) : []
  const { epoch, note } = await beginAnew(tx, isSame, options)
  const carried = {
    copiedAt,
    old: old.state,
    people,
    calls,
    losses,
    inDoubt,
    underWay,
    pausedCampaigns,
    endedSince,
    epoch,
  }
  return { carried, note }
}

function factsOf({ state, readFrom, isNewest, salvaged }: OldDatabase, isSameHistory: boolean): OldFacts {
  const gaps = (salvaged ?? []).filter(({ hasGaps }) => hasGaps).map(({ table }) => table)
  return { isWhole: state === 'whole', isRead: readFrom !== undefined, isNewest, isSameHistory, gaps }
}

function instantOf(copiedAt: string | null): number {
  const at = copiedAt === null ? Number.NaN : Date.parse(copiedAt)
  return Number.isNaN(at) ? 0 : at
}

async function readOldOrigin(tx: WriteTx): Promise<Origin & { startedAt: Map<number, number> }> {
  const rows = await tx.all<{ key: string; value: string }>(
    `SELECT key, value FROM staging.settings WHERE key IN ('installation', 'epoch', 'pastEpochs')`,
  )
  const values = new Map(rows.map(({ key, value }) => [key, JSON.parse(value) as never]))
  const nodes = await tx.all<{ id: number; startedAt: number }>('SELECT id, started_at AS startedAt FROM staging.nodes')
  return {
    installation: values.get('installation') ?? '',
    epoch: values.get('epoch') ?? 1,
    past: values.get('pastEpochs') ?? [],
    startedAt: new Map(nodes.map(({ id, startedAt }) => [id, startedAt])),
  }
}

/** What was on the wire is what the journals of the old processes say; of the backup's own processes nothing is known. */
async function settleUnderWay(
  tx: WriteTx,
  origin: (Origin & { startedAt: Map<number, number> }) | undefined,
  { journalPath }: CarryOptions,
): Promise<number> {
  const now = await tx.now()
  const sending = await listSending(tx)
  for (const senderId of new Set(sending.map((message) => message.senderId))) {
    const results = sending
      .filter((message) => message.senderId === senderId)
      .map((message) => {
        const startedAt = origin?.startedAt.get(message.nodeId)
        const isKnown = origin !== undefined && startedAt !== undefined
        const owner = {
          nodeId: message.nodeId,
          startedAt: startedAt ?? 0,
          epoch: origin === undefined ? '' : epochName(origin),
        }
        return heldResult(message, isKnown ? readJournal(journalPath(message.nodeId), owner) : undefined, now)
      })
    await recordResults(tx, { senderId, nodeId: 0, now, results, random: () => 0.5 })
  }
  return sending.length
}

/** Neither a copy nor held: the file is the one used from here on, under references of its own. */
async function beginAnew(
  tx: WriteTx,
  isSame: boolean,
  { path }: CarryOptions,
): Promise<{ epoch: number; note: Beside }> {
  const own = await readOrigin(tx)
  const old = isSame ? await readOldOrigin(tx) : own
  const before = old.installation === own.installation ? old : own
  const epoch = risenEpoch(Math.max(own.epoch, before.epoch), await tx.now())
  await setSetting(tx, 'pastEpochs', withPast(before, await newestAttempt(tx)))
  await setSetting(tx, 'epoch', epoch)
  await removeSetting(tx, 'hold')
  await removeSetting(tx, 'copied_at')
  await removeSetting(tx, 'copy_of')
  const incarnation = newIncarnation(await findSetting(tx, 'incarnation'))
  await setSetting(tx, 'incarnation', incarnation)
  return { epoch, note: besideOf(own, incarnation, path) }
}
