// What Bird knows of a message: by its id, or by our reference among the messages to the person, because lists cannot be
// filtered by reference. That a reference is not there proves something only when the whole list was read, some time
// after the call: Bird stores what it accepts, but nobody promises that its lists show it at once.
import { HOUR_MS } from '../../domain/time-zone.ts'
import { parseJson } from '../http-result.ts'
import type { LookUpQuery, LookUpResult } from '../provider.ts'
import { arrayOf, objectOf, readInstant, textOf } from '../webhook-parts.ts'
import { type BirdApi, isSuccess } from './api.ts'
import { failureOf } from './errors.ts'
import { instantOf, statusOf } from './webhook.ts'

type Json = Record<string, unknown>

/** From the call to the moment from which absence counts. */
const PROOF_AFTER_MS = 10 * 60_000
/** Bird's clock may differ from ours. */
const CLOCK_MARGIN_MS = HOUR_MS
/** Largest page, and as many of them as are read. */
const PAGE = 1000
const PAGES_MAX = 10

const notFound: LookUpResult = { found: false, isProof: false }

export async function lookUp(api: BirdApi, query: LookUpQuery): Promise<LookUpResult> {
  return query.trackingId === null ? byReference(api, query) : byId(api, query.trackingId)
}

async function byId(api: BirdApi, id: string): Promise<LookUpResult> {
  const message = await get(api, `${api.channelPath}/messages/${encodeURIComponent(id)}`)
  return message === undefined ? notFound : found(api, message)
}

async function byReference(api: BirdApi, { reference, to, startedAt }: LookUpQuery): Promise<LookUpResult> {
  const isLate = api.now() - startedAt >= PROOF_AFTER_MS
  const startAt = new Date(startedAt - CLOCK_MARGIN_MS).toISOString()
  let pageToken: string | null = null
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = new URLSearchParams({ direction: 'outgoing', to, startAt, limit: String(PAGE) })
    if (pageToken !== null) query.set('pageToken', pageToken)
    const list = await get(api, `${api.channelPath}/messages?${query}`)
    if (list === undefined || !Array.isArray(list.results)) return notFound
    const message = list.results.map(objectOf).find((one) => one.reference === reference)
    if (message !== undefined) return found(api, message)
    pageToken = textOf(list.nextPageToken)
    if (pageToken === null || pageToken === '') return { found: false, isProof: isLate }
  }
  return notFound
}

/** A JSON object, or undefined when the answer is anything else. */
async function get(api: BirdApi, path: string): Promise<Json | undefined> {
  const answer = await api.call({ method: 'GET', path })
  if (answer.kind !== 'answer' || !isSuccess(answer)) return undefined
  const body = parseJson(answer.text)
  return typeof body === 'object' && body !== null ? objectOf(body) : undefined
}

async function found(api: BirdApi, message: Json): Promise<LookUpResult> {
  const trackingId = textOf(message.id)
  const status = statusOf(message)
  if (trackingId === null || status === undefined) return notFound
  const at = instantOf(message)
  if (status === 'failed') return { found: true, trackingId, status, at, failure: failureOf(message) }
  const readAt = status === 'delivered' ? await readInstantOf(api, trackingId) : undefined
  return readAt === undefined
    ? { found: true, trackingId, status, at }
    : { found: true, trackingId, status: 'read', at: readAt }
}

/** When the person read it: an interaction, no status. Undefined when none is known. */
async function readInstantOf(api: BirdApi, id: string): Promise<number | null | undefined> {
  const list = await get(api, `${api.channelPath}/messages/${encodeURIComponent(id)}/interactions`)
  const read = arrayOf(list?.results)
    .map(objectOf)
    .find(({ type }) => type === 'read' || type === 'clicked')
  return read === undefined ? undefined : readInstant(read.createdAt)
}
