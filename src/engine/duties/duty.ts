// Work that one node at a time does. A node holds it by its lease; when that node is gone, or gave it up
// after an error, the next one to look goes on from its mark. A node that was silent for longer than its lease and wakes
// finds the duty taken: nothing that it writes for it afterwards is kept.
// Reads and writes duties. Safe to kill: that is what it is for.
import type { OrderedWork, StandingWork } from '../../domain/trouble.ts'
import type { WriteTx } from '../../store/database.ts'
import {
  type Duty,
  type DutyKey,
  endDuty,
  findDuty,
  type Hands,
  holdsDuty,
  markDuty,
  releaseDuty,
  takeDuty,
  takeOrder,
} from '../../store/duties.ts'
import type { Context } from '../context.ts'
import { isNodeOver } from '../node-life.ts'

/** Another node has the duty by now, or it was ordered anew; the work ends without a result. */
export class DutyLost extends Error {}

/** What comes of some work is written through it: the database, or a duty, which is asked whether it is still held. */
export interface Writer {
  write<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T>
}

/** A duty in our hands. */
export interface HeldDuty extends Writer {
  nodeId: number
  /** How far it has come, or what was ordered; null at the beginning of work that nobody ordered. */
  mark: unknown
  /** A transaction of the work. Throws DutyLost when another node has taken the duty. */
  write<T>(fn: (tx: WriteTx) => Promise<T>): Promise<T>
  /** Writes how far it has come. Throws DutyLost when another node has taken it, and with it what `tx` wrote is undone. */
  move(tx: WriteTx, mark: unknown): Promise<void>
}

/** What is done with a duty in our hands. */
type Act<T> = (duty: HeldDuty) => Promise<{ isDone: boolean; value: T }>

/** Does the work, unless another process is at it: undefined then. What is not done keeps its mark for the next time. */
export function doDuty<T>(ctx: Context, key: DutyKey<StandingWork>, act: Act<T>): Promise<T | undefined> {
  return carryOut(ctx, { key, take: (tx, hands) => takeDuty(tx, key, hands) }, act)
}

/** Carries an order out, unless another process is at it or has done so: undefined then. */
export function doOrder<T>(ctx: Context, key: DutyKey<OrderedWork>, act: Act<T>): Promise<T | undefined> {
  return carryOut(ctx, { key, take: (tx, hands) => takeOrder(tx, key, hands) }, act)
}

interface Taking {
  key: DutyKey
  take: (tx: WriteTx, hands: Hands) => Promise<Duty | undefined>
}

function carryOut<T>(ctx: Context, { key, take }: Taking, act: Act<T>): Promise<T | undefined> {
  return onceInProcess(ctx, `${key.work} ${key.subjectId}`, async () => {
    const hands = await handsFor(ctx, key)
    if (hands === undefined) return undefined
    const taken = await ctx.db.write((tx) => take(tx, hands))
    if (taken === undefined) return undefined
    const duty = heldDuty(ctx, { key, nodeId: hands.to, mark: taken.mark })
    try {
      const { isDone, value } = await act(duty)
      if (isDone) await ctx.db.write((tx) => endDuty(tx, key, duty.nodeId))
      return value
    } catch (error) {
      if (error instanceof DutyLost) return undefined
      throw error
    } finally {
      await ctx.db.write((tx) => releaseDuty(tx, key, duty.nodeId))
    }
  })
}

/** From whom it would come to this node; undefined while another process is at it. */
async function handsFor(ctx: Context, key: DutyKey): Promise<Hands | undefined> {
  const to = await ctx.node.id()
  const from = (await ctx.db.read((tx) => findDuty(tx, key)))?.nodeId ?? null
  return from === null || from === to || (await isNodeOver(ctx, from)) ? { from, to } : undefined
}

function heldDuty(ctx: Context, { key, nodeId, mark }: { key: DutyKey; nodeId: number; mark: unknown }): HeldDuty {
  return {
    nodeId,
    mark,
    write: (fn) =>
      ctx.db.write(async (tx) => {
        if (!(await holdsDuty(tx, key, nodeId))) throw lost(key)
        return fn(tx)
      }),
    move: async (tx, mark) => {
      if (!(await markDuty(tx, key, nodeId, mark))) throw lost(key)
    },
  }
}

function lost({ work, subjectId }: DutyKey): DutyLost {
  return new DutyLost(`another process of Herald goes on with ${work} ${subjectId}`)
}

const atWork = new WeakMap<Context, Set<string>>()

/** Undefined when this process is at it already. */
export async function onceInProcess<T>(ctx: Context, key: string, act: () => Promise<T>): Promise<T | undefined> {
  const keys = atWork.get(ctx) ?? new Set()
  atWork.set(ctx, keys)
  if (keys.has(key)) return undefined
  keys.add(key)
  try {
    return await act()
  } finally {
    keys.delete(key)
  }
}
