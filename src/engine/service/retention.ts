// What is kept for a while only: waiting uploads for a day; callbacks, replies, rejected lines and what messages said to each
// person for as long as the settings say.
// Reads ages; deletes in slices. Safe to kill: it goes on where it was.
import { DAY_MS } from '../../domain/time-zone.ts'
import { deleteOldReplies } from '../../store/replies.ts'
import { deleteOldRejects, type EndedRun, findRunEndedBefore, forgetVariables } from '../../store/retention.ts'
import { findSetting, setSetting } from '../../store/settings.ts'
import { deleteOldEvents } from '../../store/webhook-events.ts'
import type { Context } from '../context.ts'
import { doDuty, type HeldDuty } from '../duties/duty.ts'
import { eachAlone } from '../duties/each-alone.ts'
import { deleteOldUploads } from '../import/uploads.ts'

/** Rows of one transaction. */
const SLICE = 1_000

/** What is forgotten, by itself each: what fails at one is no reason to keep the others. */
const kinds: ((ctx: Context, duty: HeldDuty, before: number) => Promise<boolean>)[] = [
  async (ctx) => {
    await deleteOldUploads(ctx)
    return false
  },
  async (_ctx, duty, before) => (await duty.write((tx) => deleteOldEvents(tx, before, SLICE))) > 0,
  async (_ctx, duty, before) => (await duty.write((tx) => deleteOldRejects(tx, before, SLICE))) > 0,
  async (_ctx, duty, before) => (await duty.write((tx) => deleteOldReplies(tx, before, SLICE))) > 0,
  forgetNextRun,
]

/** Forgets one slice of each kind and one run; a kind that another node is at is left to it. Returns true when there is more. */
export async function forgetOld(ctx: Context): Promise<boolean> {
  const before = ctx.clock.now() - ctx.config.retentionDays * DAY_MS
  const items = kinds.map((forget, index) => ({ forget, id: index + 1 }))
  return eachAlone(ctx, { work: 'retention', items, idOf: ({ id }) => id }, async ({ forget, id }) => {
    const hasMore = await doDuty(ctx, { work: 'retention', subjectId: id }, async (duty) => ({
      isDone: false,
      value: await forget(ctx, duty, before),
    }))
    return hasMore ?? false
  })
}

const beforeAll: EndedRun = { finishedAt: 0, id: 0 }

async function forgetNextRun(ctx: Context, duty: HeldDuty, before: number): Promise<boolean> {
  const run = await ctx.db.read(async (tx) =>
    findRunEndedBefore(tx, before, (await findSetting(tx, 'forgottenThrough')) ?? beforeAll),
  )
  if (run === undefined) return false
  for (let after: number | undefined = 0; after !== undefined; ) {
    const from: number = after
    after = await duty.write((tx) => forgetVariables(tx, run.id, from, SLICE))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await duty.write((tx) => setSetting(tx, 'forgottenThrough', run))
  return true
}
