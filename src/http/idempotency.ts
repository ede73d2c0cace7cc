// Idempotency-Key: the same request sent again (a lost answer, a double click) gets the first answer and changes
// nothing. Source: the IETF draft on the Idempotency-Key header field.
import { createHash } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { AppError } from '../domain/errors.ts'
import type { Context } from '../engine/context.ts'
import { anotherRequest, beginRequestOnce, forgetAnswer, rememberAnswer } from '../engine/service/idempotency.ts'
import { type ApiEnv, isFileType } from './api.ts'
import { FileHash, hashOfFile } from './file-hash.ts'

/** What only reads by POST stands under this address: it takes no key, so that no reader fills the storage. */
const READING = /^\/api\/v1\/previews\//
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']
/** Fields of answers that are secrets: they are remembered nowhere, and null when the answer is given again. */
const secretFields = ['key', 'webhookUrl']

/** For every operation that changes something. */
export function idempotent(ctx: Context): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.header('idempotency-key')
    const principal = c.get('principal')
    const isReading = SAFE_METHODS.includes(c.req.method) || READING.test(c.req.path)
    if (given === undefined || principal === undefined || isReading) return next()
    if (!/^[\x21-\x7e]{1,255}$/.test(given))
      throw new AppError('request.invalid', 'an Idempotency-Key has 1 to 255 visible ASCII characters')
    // With other rights it is another request: an answer is never given to a caller who may not ask for it.
    const key = `${principal.userId}:${principal.rights.join()}:${given}`
    const requestSha256 = await hashOf(c.req)
    const known = await beginRequestOnce(ctx, { caller: `${principal.userId}:`, key, requestSha256 })
    const isFile = isFileType(c.req.header('content-type') ?? '')
    if (known !== undefined) {
      if (isFile && known.fileSha256 !== null && known.fileSha256 !== (await hashOfFile(ctx, c))) throw anotherRequest()
      c.set('isGranted', true)
      return c.body(known.body, known.status as 200, {
        'content-type': known.status < 400 ? 'application/json' : 'application/problem+json',
        'idempotency-replayed': 'true',
      })
    }
    const fileHash = isFile ? new FileHash() : undefined
    c.set('fileHash', fileHash)
    await next()
    await remember(ctx, key, { response: c.res, fileSha256: fileHash?.sha256 ?? null })
  }
}

async function hashOf(request: {
  method: string
  path: string
  url: string
  text(): Promise<string>
  header(name: string): string | undefined
}) {
  const isJson = /^application\/json/i.test(request.header('content-type') ?? '')
  const body = isJson ? await request.text() : ''
  const { search } = new URL(request.url)
  return createHash('sha256').update(`${request.method} ${request.path}${search}\n`).update(body).digest('hex')
}

/** Faults are not remembered: the request may be sent again. */
async function remember(
  ctx: Context,
  key: string,
  { response, fileSha256 }: { response: Response; fileSha256: string | null },
): Promise<void> {
  if (response.status >= 500) return forgetAnswer(ctx, key)
  const body = withoutSecrets(await response.clone().text())
  await rememberAnswer(ctx, key, { status: response.status, body, fileSha256 })
}

function withoutSecrets(json: string): string {
  if (!secretFields.some((name) => json.includes(`"${name}"`))) return json
  return JSON.stringify(JSON.parse(json), (name, value) => (secretFields.includes(name) ? null : value))
}
