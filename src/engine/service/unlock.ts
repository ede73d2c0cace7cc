// What keeps an installation from its work and takes an operator to clear: instants that a clock that was wrong left in the
// future, and the hold on a file that is not the one used last.
// Reads and writes senders, campaigns, people of senders, nodes, troubles and settings. Safe to kill: marks of schedules are
// set right campaign by campaign, the rest in one transaction, and the note beside the file names both lives of the file
// until it is over.
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { counted } from '../../domain/plural.ts'
import type { ReadTx } from '../../store/database.ts'
import { beginEpoch, readOrigin } from '../../store/incarnation.ts'
import { clearInstantsAhead, type InstantAhead, listInstantsAhead } from '../../store/instants-ahead.ts'
import { findLastSent, type LastSent, listCampaignsThatSend } from '../../store/last-sent.ts'
import { endLease, listNodesAhead, type Node } from '../../store/nodes.ts'
import { fixMarks, listMarksAhead, type MarkAhead } from '../campaigns/marks-ahead.ts'
import type { Context, OnProgress } from '../context.ts'
import { findHold, type HoldView } from './held.ts'

export interface ImpossibleInstant {
  /** Whose it is: `sender "main"`. */
  what: string
  field: string
  /** The latest one, where it is about several people. */
  at: string
}

export async function findImpossible(ctx: Context, onProgress?: OnProgress): Promise<ImpossibleInstant[]> {
  const nowUs = ctx.clock.nowUs()
  const found = await ctx.db.read(async (tx) => [
    ...(await listInstantsAhead(tx, nowUs)).map(viewInstant),
    ...(await listNodesAhead(tx, Math.floor(nowUs / 1000))).map(viewNode),
  ])
  return [...found, ...(await listMarksAhead(ctx, onProgress)).map(viewMark)]
}

export interface HeldFile {
  hold: HoldView
  /** What the file says it sent last; null when it has sent nothing. */
  lastSent: { at: string; message: string; campaign: string; sender: string } | null
  /** What goes on when the hold ends. */
  campaigns: { id: string; name: string; status: string; pending: number }[]
}

/** What an operator looks at before the hold ends; undefined when nothing is held. */
export async function showHeldFile(ctx: Context): Promise<HeldFile | undefined> {
  return ctx.db.read(async (tx) => {
    const hold = await findHold(tx)
    if (hold === undefined) return undefined
    const last = await findLastSent(tx)
    const campaigns = await listCampaignsThatSend(tx)
    return {
      hold,
      lastSent: last === undefined ? null : viewLast(last),
      campaigns: campaigns.map(({ id, ...rest }) => ({ id: formatId('campaign', id), ...rest })),
    }
  })
}

function viewLast({ at, messageId, campaign, sender }: LastSent) {
  return { at: formatInstant(Math.floor(at)), message: formatId('message', messageId), campaign, sender }
}

export interface Unlocked {
  cleared: ImpossibleInstant[]
  /** Under which sending goes on; null when nothing was held. */
  epoch: number | null
}

/**
 * Clears what no clock that was right can have written, but for a process that runs: it is restarted instead. Ends the hold
 * on a file that is not the one used last; calls from here on have references of a new epoch.
 */
export async function unlock(ctx: Context): Promise<Unlocked> {
  const marks = await listMarksAhead(ctx)
  await fixMarks(ctx, marks)
  const { note, ...unlocked } = await ctx.db.write(async (tx) => {
    const now = await tx.now()
    const ahead = await listInstantsAhead(tx, now * 1000)
    await clearInstantsAhead(tx, ahead, now)
    const nodes = await deadNodesAhead(ctx, tx, now)
    for (const { id } of nodes) await endLease(tx, id, now)
    const isHeld = (await findHold(tx)) !== undefined
    const note = isHeld ? await beginEpoch(tx, ctx.db.notes, now) : undefined
    const epoch = isHeld ? (await readOrigin(tx)).epoch : null
    return { cleared: [...ahead.map(viewInstant), ...nodes.map(viewNode)], epoch, note }
  })
  if (note !== undefined) ctx.db.notes.write(note)
  return { ...unlocked, cleared: [...unlocked.cleared, ...marks.map(viewMark)] }
}

async function deadNodesAhead(ctx: Context, tx: ReadTx, now: number): Promise<Node[]> {
  return (await listNodesAhead(tx, now)).filter(({ id }) => !ctx.db.isNodeAlive(id))
}

function viewInstant({ field, of, name, at, people }: InstantAhead): ImpossibleInstant {
  const whose = people === null ? '' : ` and ${counted(people, 'person', 'people')}`
  return { what: `${of} "${name}"${whose}`, field, at: instantText(at) }
}

function viewMark({ name, field, at }: MarkAhead): ImpossibleInstant {
  return { what: `campaign "${name}"`, field, at: at === null ? 'never' : instantText(at) }
}

function viewNode({ id, heartbeatAt, leaseUntil }: Node): ImpossibleInstant {
  return {
    what: `node ${formatId('node', id)}`,
    field: 'heartbeat',
    at: instantText(Math.max(heartbeatAt, leaseUntil)),
  }
}

/** The last instant of a Date; a number beyond it is shown as it is. */
const DATE_MAX_MS = 8.64e15

function instantText(at: number): string {
  return at <= DATE_MAX_MS ? formatInstant(at) : String(at)
}
