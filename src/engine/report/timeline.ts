// What happened when: messages accepted, delivered, read and failed in each stretch of time. Reads only, in turns; of a
// large run some messages here and there, and then says so.
import { formatInstant } from '../../domain/instant.ts'
import { DAY_MS, HOUR_MS } from '../../domain/time-zone.ts'
import { getCampaign } from '../../store/campaigns.ts'
import type { ReadTx } from '../../store/database.ts'
import { listRunPage, listRunsById } from '../../store/runs.ts'
import { listInstants, type MessageInstants, skipInstants } from '../../store/timeline.ts'
import type { Context } from '../context.ts'
import type { ReportOptions } from './report.ts'

/** Messages read in one turn, a millisecond or two. */
const TURN = 500
/** Neighbours in a sample. Many short samples follow the course of a run: it is sent in the order in which it is read. */
const SAMPLE = 50
/** Messages read for one chart, some 50 ms of work in all; larger runs are sampled. */
const READ_MAX = 30_000
/** Runs shown in one chart, newest first. */
const RUNS_MAX = 50
const POINTS_MAX = 240
const MINUTE_MS = 60_000
/** Widths of a stretch that people can read off an axis. */
const WIDTHS_MS = [
  1_000,
  5_000,
  15_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
] as const

const kinds = ['accepted', 'delivered', 'read', 'failed'] as const
type Kind = (typeof kinds)[number]

export interface Timeline {
  /** Length of one stretch. */
  widthSeconds: number
  points: ({ at: string } & Record<Kind, number>)[]
  /** 1 when every message was read; n when one of n was, and the numbers are estimates. */
  sampledOneOf: number
}

export async function timelineOf(
  ctx: Context,
  idOrName: string,
  { runId }: ReportOptions = {},
  readMax = READ_MAX,
): Promise<Timeline> {
  const runs = await ctx.db.read(async (tx) => {
    const campaign = await getCampaign(tx, idOrName)
    if (runId === undefined) return listRunPage(tx, campaign.id, { limit: RUNS_MAX })
    return (await listRunsById(tx, [runId])).filter((run) => run.campaignId === campaign.id)
  })
  const total = runs.reduce((sum, run) => sum + run.audienceCount, 0)
  const stride = Math.max(1, Math.ceil(total / readMax))
  const seconds = new Map<number, Record<Kind, number>>()
  for (const run of runs)
    for await (const rows of turnsOf(ctx, run.id, stride)) for (const row of rows) countInstants(seconds, row, stride)
  return { ...pointsOf(seconds), sampledOneOf: stride }
}

async function* turnsOf(ctx: Context, runId: number, stride: number): AsyncGenerator<MessageInstants[]> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const place: number = after
    const turn = await ctx.db.read((tx) => readTurn(tx, { runId, stride, after: place }))
    yield turn.rows
    after = turn.after
    await new Promise((resolve) => setImmediate(resolve))
  }
}

interface Place {
  runId: number
  stride: number
  /** The contact that was read last, or left out. */
  after: number
}

/** Where the next turn begins; undefined at the end of the run. */
async function readTurn(
  tx: ReadTx,
  { runId, stride, after }: Place,
): Promise<{ rows: MessageInstants[]; after: number | undefined }> {
  const size = stride === 1 ? TURN : SAMPLE
  const rows: MessageInstants[] = []
  let place: number | undefined = after
  while (place !== undefined && rows.length < TURN) {
    const some: MessageInstants[] = await listInstants(tx, runId, place, size)
    rows.push(...some)
    const last = some.length < size ? undefined : some.at(-1)?.contactId
    place = last === undefined || stride === 1 ? last : await skipInstants(tx, runId, last, (stride - 1) * size)
  }
  return { rows, after: place }
}

function countInstants(seconds: Map<number, Record<Kind, number>>, row: MessageInstants, weight: number): void {
  const instants = { accepted: row.acceptedAt, delivered: row.deliveredAt, read: row.readAt, failed: row.failedAt }
  for (const kind of kinds) {
    const at = instants[kind]
    if (at === null) continue
    const second = Math.floor(at / 1000)
    const counts = seconds.get(second)
    if (counts === undefined) seconds.set(second, { ...nothing(), [kind]: weight })
    else counts[kind] += weight
  }
}

function nothing(): Record<Kind, number> {
  return { accepted: 0, delivered: 0, read: 0, failed: 0 }
}

/** Seconds brought together into as many stretches as a chart can show; empty ones between are kept. */
function pointsOf(seconds: Map<number, Record<Kind, number>>): Pick<Timeline, 'widthSeconds' | 'points'> {
  if (seconds.size === 0) return { widthSeconds: 1, points: [] }
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const second of seconds.keys()) {
    first = Math.min(first, second)
    last = Math.max(last, second)
  }
  const spanMs = (last - first + 1) * 1000
  const widthMs =
    WIDTHS_MS.find((width) => spanMs / width <= POINTS_MAX) ?? Math.ceil(spanMs / POINTS_MAX / DAY_MS) * DAY_MS
  const width = widthMs / 1000
  const begin = Math.floor(first / width)
  const stretches = Array.from({ length: Math.floor(last / width) - begin + 1 }, nothing)
  for (const [second, counts] of seconds) {
    const stretch = stretches[Math.floor(second / width) - begin]
    if (stretch !== undefined) for (const kind of kinds) stretch[kind] += counts[kind]
  }
  return {
    widthSeconds: width,
    points: stretches.map((counts, index) => ({ at: formatInstant((begin + index) * widthMs), ...counts })),
  }
}
