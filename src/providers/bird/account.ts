// Calls about the account: whether the channel answers, callbacks, files.
import { unreadable } from '../account-answer.ts'
import { HttpClient } from '../http-client.ts'
import { multipartBody } from '../multipart.ts'
import type { AccountAnswer, AccountFact, MediaFile } from '../provider.ts'
import { arrayOf, objectOf, textOf } from '../webhook-parts.ts'
import { type BirdApi, isSuccess } from './api.ts'
import { errorOfCall } from './errors.ts'

const events = ['whatsapp.outbound', 'whatsapp.inbound', 'whatsapp.interaction'] as const
/** Files go to a store of their own; large ones take their time. */
const UPLOAD_DEADLINE_MS = 120_000

/** Bird has no call for quality or limits: that the messages of the channel can be read is what there is to know. */
export async function checkAccount(api: BirdApi): Promise<AccountAnswer<AccountFact[]>> {
  const answer = await api.ask({ method: 'GET', path: `${api.channelPath}/messages?limit=1` })
  if (!answer.ok) return answer
  if (!Array.isArray(answer.value.results)) return unreadable('the answer lists no messages')
  const latest = objectOf(arrayOf(answer.value.results)[0])
  const latestAt = textOf(latest.createdAt)
  return {
    ok: true,
    value: [
      { name: 'channel', value: 'answers to this key', isProblem: false },
      ...(latestAt === null
        ? []
        : [{ name: 'latest message', value: `${textOf(latest.status) ?? '?'} at ${latestAt}`, isProblem: false }]),
    ],
  }
}

/** One subscription for each event, for this channel only. */
export async function setWebhook(api: BirdApi, url: string): Promise<AccountAnswer<{ url: string }>> {
  const { organizationId, channelId, signingKey } = api.settings
  const organization = organizationId === undefined ? '' : `/organizations/${organizationId}`
  for (const event of events) {
    const answer = await api.ask({
      method: 'POST',
      path: `${organization}${api.workspacePath}/webhook-subscriptions`,
      body: {
        service: 'channels',
        event,
        url,
        signingKey,
        eventFilters: [{ key: 'channelId', value: channelId }],
      },
    })
    if (!answer.ok) return answer
  }
  return { ok: true, value: { url } }
}

/** Asks for a place, puts the file there without our key, and names the file by its address. */
export async function uploadMedia(api: BirdApi, file: MediaFile): Promise<AccountAnswer<{ mediaId: string }>> {
  const place = await api.ask({
    method: 'POST',
    path: `${api.workspacePath}/channel-media/presigned-upload`,
    body: { contentType: file.mimeType },
  })
  if (!place.ok) return place
  const { mediaUrl, uploadUrl, uploadMethod, uploadFormData } = place.value
  const address = textOf(uploadUrl)
  const mediaId = textOf(mediaUrl)
  if (address === null || !URL.canParse(address) || mediaId === null) return unusablePlace()
  const fields = Object.entries(objectOf(uploadFormData)).map(([name, value]) => [name, String(value)])
  const { contentType, body } = multipartBody(Object.fromEntries(fields), 'file', file)
  const url = new URL(address)
  const http = new HttpClient({ baseUrl: url.origin, connections: 1, deadlineMs: UPLOAD_DEADLINE_MS })
  const outcome = await http.request({
    method: uploadMethod === 'PUT' ? 'PUT' : 'POST',
    path: `${url.pathname}${url.search}`,
    headers: { 'content-type': contentType },
    body,
  })
  await http.destroy()
  return outcome.kind === 'answer' && isSuccess(outcome)
    ? { ok: true, value: { mediaId } }
    : { ok: false, error: errorOfCall(outcome, api.now()) }
}

function unusablePlace(): AccountAnswer<never> {
  const advice = 'Put the file on a public address and use its url.'
  const text = 'Bird named no place for the file'
  return { ok: false, error: { code: 'no_upload_url', text, advice, httpStatus: null } }
}
