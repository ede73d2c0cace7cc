// Answers to requests that may be sent twice: the first one counts, and the same request again gets its answer.
import { AppError } from '../../domain/errors.ts'
import { DAY_MS } from '../../domain/time-zone.ts'
import {
  beginRequest,
  deleteOldRequests,
  endRequest,
  findRequest,
  forgetRequest,
  keepNewestRequests,
} from '../../store/idempotency.ts'
import { listLivingNodes } from '../../store/nodes.ts'
import type { Context } from '../context.ts'

/** No answer is remembered for longer. */
const REMEMBERED_MS = DAY_MS
/** Of one user; beyond it the oldest are forgotten. */
const REMEMBERED_MAX = 10_000

export interface RememberedAnswer {
  status: number
  body: string
  /** Of the file that came with the request; null without one, or when it was not read to its end. */
  fileSha256: string | null
}

export interface RequestWithKey {
  /** How all keys of the user begin. */
  caller: string
  key: string
  requestSha256: string
  /** How long its answer counts, at most a day; default: a day. */
  keptMs?: number
  /** How many of the caller are remembered; default: 10,000. */
  keptMax?: number
}

/**
 * Undefined when the request is new; the first answer when it is not. Throws AppError idempotency.mismatch for another
 * request under the same key, idempotency.in_progress while the first is being served.
 */
export async function beginRequestOnce(
  ctx: Context,
  { caller, key, requestSha256, keptMs = REMEMBERED_MS, keptMax = REMEMBERED_MAX }: RequestWithKey,
): Promise<RememberedAnswer | undefined> {
  const nodeId = await ctx.node.id()
  return ctx.db.write(async (tx) => {
    const now = await tx.now()
    await deleteOldRequests(tx, now - REMEMBERED_MS)
    if (await beginRequest(tx, { key, requestSha256, nodeId, createdAt: now })) {
      await keepNewestRequests(tx, caller, keptMax)
      return undefined
    }
    const known = await findRequest(tx, key)
    const [knownSha256, fileSha256 = null] = known?.requestSha256.split(':') ?? []
    if (known !== undefined && knownSha256 !== requestSha256) throw anotherRequest()
    const answer =
      known?.status != null && known.body !== null ? { status: known.status, body: known.body, fileSha256 } : undefined
    if (answer !== undefined && (known?.createdAt ?? 0) >= now - keptMs) return answer
    // A process that died gives no answer any more: the request is served anew.
    const isServed = answer === undefined && (await listLivingNodes(tx, now)).some(({ id }) => id === known?.nodeId)
    if (isServed)
      throw new AppError(
        'idempotency.in_progress',
        'the first request with this Idempotency-Key is still being served',
        {
          hint: 'Ask again in a moment.',
        },
      )
    await forgetRequest(tx, key)
    await beginRequest(tx, { key, requestSha256, nodeId, createdAt: now })
    return undefined
  })
}

/** The key stands for a request that differs from this one. */
export function anotherRequest(): AppError {
  return new AppError('idempotency.mismatch', 'this Idempotency-Key was used for another request', {
    hint: 'Use a new key for every request.',
  })
}

export async function rememberAnswer(ctx: Context, key: string, answer: RememberedAnswer): Promise<void> {
  await ctx.db.write((tx) => endRequest(tx, key, answer))
}

/** The request came to nothing and may be sent again. */
export async function forgetAnswer(ctx: Context, key: string): Promise<void> {
  await ctx.db.write((tx) => forgetRequest(tx, key))
}
