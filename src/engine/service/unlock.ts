// Instants that a clock that was wrong left in the future: found for doctor, and cleared.
// Reads and writes senders, campaigns, people of senders, nodes and troubles. Safe to kill: one transaction.
import { formatId } from '../../domain/ids.ts'
import { formatInstant } from '../../domain/instant.ts'
import { counted } from '../../domain/plural.ts'
import type { ReadTx } from '../../store/database.ts'
import { clearInstantsAhead, type InstantAhead, listInstantsAhead } from '../../store/instants-ahead.ts'
import { endLease, listNodesAhead, type Node } from '../../store/nodes.ts'
import type { Context } from '../context.ts'

export interface ImpossibleInstant {
  /** Whose it is: `sender "main"`. */
  what: string
  field: string
  /** The latest one, where it is about several people. */
  at: string
}

export async function findImpossible(ctx: Context): Promise<ImpossibleInstant[]> {
  const nowUs = ctx.clock.nowUs()
  return ctx.db.read(async (tx) => [
    ...(await listInstantsAhead(tx, nowUs)).map(viewInstant),
    ...(await listNodesAhead(tx, Math.floor(nowUs / 1000))).map(viewNode),
  ])
}

/** Clears what no clock that was right can have written, but for a process that runs: it is restarted instead. */
export async function unlock(ctx: Context): Promise<{ cleared: ImpossibleInstant[] }> {
  const nowUs = ctx.clock.nowUs()
  const now = Math.floor(nowUs / 1000)
  return ctx.db.write(async (tx) => {
    const ahead = await listInstantsAhead(tx, nowUs)
    await clearInstantsAhead(tx, ahead, now)
    const nodes = await deadNodesAhead(ctx, tx, now)
    for (const { id } of nodes) await endLease(tx, id, now)
    return { cleared: [...ahead.map(viewInstant), ...nodes.map(viewNode)] }
  })
}

async function deadNodesAhead(ctx: Context, tx: ReadTx, now: number): Promise<Node[]> {
  return (await listNodesAhead(tx, now)).filter(({ id }) => !ctx.db.isNodeAlive(id))
}

function viewInstant({ field, of, name, at, people }: InstantAhead): ImpossibleInstant {
  const whose = people === null ? '' : ` and ${counted(people, 'person', 'people')}`
  return { what: `${of} "${name}"${whose}`, field, at: instantText(at) }
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
