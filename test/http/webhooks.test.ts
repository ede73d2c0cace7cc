// Callbacks over HTTP: who is believed, what is kept, what is answered. The program is started as a service; only its
// clock is the test's.
import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { applyDue, metaEnvelope, metaStatus } from '../support/callbacks.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../support/claims.ts'
import { turn } from '../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  importPeople,
  openTestApp,
  type TestApp,
  templateContent,
} from '../support/open-test-app.ts'

const APP_SECRET = 'test-secret'

interface Service extends TestApp {
  /** Where Meta would call. */
  address: string
  base: string
}

async function serve(meta: Record<string, unknown> = {}): Promise<Service> {
  const test = await openTestApp({ env: { HERALD_PORT: '0' } })
  const { webhookUrl } = await addMeta(test, meta)
  const running = await test.app.serve()
  onTestFinished(async () => running[Symbol.asyncDispose]())
  return { ...test, base: running.url, address: `${running.url}${new URL(webhookUrl).pathname}` }
}

/** A service with messages that were accepted as track-1, track-2 … */
async function serveSent(people = 1): Promise<Service> {
  const service = await serve()
  await importPeople(service, people)
  await addTestCampaign(service, { content: templateContent })
  await launchAndPlan(service, 'Spring sale')
  await record(service, await claimAll(service))
  return service
}

function sign(body: string | Buffer, secret = APP_SECRET): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

interface Answer {
  status: number
  code: string | undefined
  text: string
  headers: Record<string, unknown>
}

async function post(
  address: string,
  body: string | Buffer,
  headers: Record<string, string> | string[] = { 'x-hub-signature-256': sign(body) },
  method: Dispatcher.HttpMethod = 'POST',
): Promise<Answer> {
  const answer = await request(address, { method, body, headers })
  const text = await answer.body.text()
  return { status: answer.statusCode, code: codeOf(text), text, headers: answer.headers }
}

function codeOf(text: string): string | undefined {
  try {
    return JSON.parse(text).code
  } catch {
    return undefined
  }
}

interface StoredEvent {
  body: string
  error: string | null
  isApplied: number
}

async function storedEvents({ ctx }: TestApp): Promise<StoredEvent[]> {
  return ctx.db.read((tx) =>
    tx.all<StoredEvent>(
      'SELECT body, apply_error AS error, applied_at IS NOT NULL AS isApplied FROM webhook_events ORDER BY id',
    ),
  )
}

/** Waits until the service has applied what it was given. */
async function applied(service: Service): Promise<StoredEvent[]> {
  for (;;) {
    const events = await storedEvents(service)
    if (events.length > 0 && events.every((event) => event.isApplied === 1 || event.error !== null)) return events
    await applyDue(service)
    await turn()
  }
}

const delivered = (trackingId = 'track-1') =>
  JSON.stringify(
    metaEnvelope({
      statuses: [metaStatus({ trackingId, status: 'delivered', at: Date.parse('2027-06-01T10:00:00Z') })],
    }),
  )

describe('a signature', () => {
  it('that is right lets a callback in, and the message has its status', async () => {
    const service = await serveSent()
    expect((await post(service.address, delivered())).status).toBe(200)
    await applied(service)
    expect((await storedMessages(service))[0]?.status).toBe('delivered')
  })

  it('SR-18 A-01 that is missing is answered 401, and nothing is stored', async () => {
    const service = await serve()
    expect(await post(service.address, delivered(), {})).toMatchObject({
      status: 401,
      code: 'webhook.signature_missing',
    })
    expect(await storedEvents(service)).toEqual([])
  })

  it.each([
    ['ST-07 of another secret', sign(delivered(), 'another-secret')],
    ['of another body', sign(`${delivered()} `)],
    ['one character short', sign(delivered()).slice(0, -1)],
    ['one character long', `${sign(delivered())}0`],
    ['that is no hexadecimal', 'sha256=zz'],
    ['of nothing', 'sha256='],
    ['of another algorithm', `sha1=${createHmac('sha1', APP_SECRET).update(delivered()).digest('hex')}`],
    ['without its algorithm', sign(delivered()).slice('sha256='.length)],
    ['of ten thousand characters', `sha256=${'0'.repeat(10_000)}`],
  ])('%s is answered 401, and nothing is stored', async (_name, signature) => {
    const service = await serve()
    const answer = await post(service.address, delivered(), { 'x-hub-signature-256': signature })
    expect(answer).toMatchObject({ status: 401, code: 'webhook.signature_wrong' })
    expect(await storedEvents(service)).toEqual([])
  })

  it('that is empty counts as missing', async () => {
    const { address } = await serve()
    expect((await post(address, delivered(), { 'x-hub-signature-256': '' })).code).toBe('webhook.signature_missing')
  })

  it('that comes twice is answered 401, even when one of them is right', async () => {
    const service = await serve()
    const name = 'x-hub-signature-256'
    const answer = await post(service.address, delivered(), [name, sign(delivered()), name, 'sha256=00'])
    expect(answer.status).toBe(401)
    expect(await storedEvents(service)).toEqual([])
  })

  it('SR-18 is over the raw bytes: the same JSON written otherwise is refused', async () => {
    const { address } = await serve()
    const written = '{"object":"whatsapp_business_account","entry":[],"name":"caf\\u00e9 \\/ \\ud83d\\ude00"}'
    expect((await post(address, written)).status).toBe(200)
    const rewritten = JSON.stringify(JSON.parse(written))
    expect((await post(address, rewritten, { 'x-hub-signature-256': sign(written) })).status).toBe(401)
  })

  it('A-02 cannot be checked by a sender that has no secret, and that is never open', async () => {
    const service = await serve()
    const { webhookUrl } = await addSandbox(service, { name: 'box' })
    const answer = await post(`${service.base}${new URL(webhookUrl).pathname}`, '{}')
    expect(answer).toMatchObject({ status: 503, code: 'webhook.not_configured' })
    expect(await storedEvents(service)).toEqual([])
  })
})

describe('an address', () => {
  it('with a wrong token and one of nobody get the same answer', async () => {
    const { base, address } = await serve()
    const wrong = await post(`${base}/webhooks/main/wrong-token`, delivered())
    const nobody = await post(`${base}/webhooks/nobody/wrong-token`, delivered())
    expect(wrong).toMatchObject({ status: 404, code: 'webhook.unknown_address' })
    expect(nobody.text).toBe(wrong.text)
    expect(wrong.text).not.toContain(new URL(address).pathname.split('/').at(-1))
  })

  it.each(['PUT', 'DELETE', 'PATCH'] as const)('takes no %s', async (method) => {
    const service = await serve()
    const { status } = await post(service.address, delivered(), undefined, method)
    expect([404, 405]).toContain(status)
    expect(await storedEvents(service)).toEqual([])
  })

  it('answers Meta’s handshake with the challenge when the token is ours', async () => {
    const { address } = await serve()
    const token = address.split('/').at(-1) ?? ''
    const ask = async (verifyToken: string, mode = 'subscribe') => {
      const query = new URLSearchParams({
        'hub.mode': mode,
        'hub.verify_token': verifyToken,
        'hub.challenge': '1158201444',
      })
      const answer = await request(`${address}?${query}`)
      return [answer.statusCode, await answer.body.text(), answer.headers['content-type']]
    }
    expect(await ask(token)).toEqual([200, '1158201444', expect.stringMatching(/^text\/plain/)])
    expect((await ask('wrong')).slice(0, 2)).toEqual([403, ''])
    expect((await ask(token, 'unsubscribe')).slice(0, 2)).toEqual([403, ''])
  })

  it('answers the handshake with a verify token of the sender’s own', async () => {
    const credentials = { phoneNumberId: '1060000000000001', accessToken: 'test-token', appSecret: APP_SECRET }
    const { address } = await serve({ credentials: { ...credentials, verifyToken: 'my-own-token' } })
    const query = new URLSearchParams({
      'hub.mode': 'subscribe',
      'hub.verify_token': 'my-own-token',
      'hub.challenge': '7',
    })
    const answer = await request(`${address}?${query}`)
    expect([answer.statusCode, await answer.body.text()]).toEqual([200, '7'])
  })
})

describe('a body', () => {
  it('SR-21 of exactly three MiB is taken, one byte more is answered 413', async () => {
    const service = await serve()
    const most = Buffer.alloc(3 * 1024 * 1024, ' ')
    most.write(delivered())
    expect((await post(service.address, most)).status).toBe(200)
    const more = Buffer.concat([most, Buffer.from(' ')])
    expect(await post(service.address, more)).toMatchObject({ status: 413, code: 'webhook.too_large' })
    expect(await storedEvents(service)).toHaveLength(1)
  })

  it('SR-21 that is too long is refused although nobody said how long it is', async () => {
    const { address } = await serve()
    const body = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(100_000, 'a')))
    const status = await request(address, { method: 'POST', body, headers: { 'x-hub-signature-256': 'sha256=00' } })
      .then(async (answer) => {
        await answer.body.dump()
        return answer.statusCode
      })
      // The server may close before everything was written.
      .catch(() => 413)
    expect(status).toBe(413)
  })

  it('that is packed is answered 415', async () => {
    const service = await serve()
    const headers = { 'x-hub-signature-256': sign('x'), 'content-encoding': 'gzip' }
    expect(await post(service.address, 'x', headers)).toMatchObject({ status: 415, code: 'webhook.encoded' })
    expect(await storedEvents(service)).toEqual([])
  })

  it.each([
    ['no JSON', 'this is no JSON'],
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['not of this kind', '{"object":"page","entry":[]}'],
    ['JSON ten thousand deep', '['.repeat(10_000) + ']'.repeat(10_000)],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ])('that is %s but genuine is stored, answered 200, and shows its error', async (_name, body) => {
    const service = await serve()
    expect((await post(service.address, body)).status).toBe(200)
    const [event] = await applied(service)
    expect(event?.error).toEqual(expect.stringMatching(/./))
  })

  it('with a field or a status that is new is kept and does no harm', async () => {
    const service = await serveSent()
    const unknownField = JSON.stringify(metaEnvelope({ anything: 1 }, 'business_status'))
    const unknownStatus = JSON.stringify(
      metaEnvelope({ statuses: [metaStatus({ trackingId: 'track-1', status: 'teleported' })] }),
    )
    expect((await post(service.address, unknownField)).status).toBe(200)
    expect((await post(service.address, unknownStatus)).status).toBe(200)
    while ((await applied(service)).length < 2) await turn()
    expect((await storedMessages(service))[0]?.status).toBe('accepted')
  })

  it('with one bad of a hundred applies the others', async () => {
    const service = await serveSent(10)
    const at = service.clock.now()
    const statuses = Array.from({ length: 10 }, (_, n) =>
      metaStatus({ trackingId: `track-${n + 1}`, status: 'delivered', at }),
    )
    const bad = [{ status: 'delivered' }, null, 7, 'text', { id: { nested: true }, status: 'read' }]
    const body = JSON.stringify(metaEnvelope({ statuses: [...bad, ...statuses] }))
    expect((await post(service.address, body)).status).toBe(200)
    const [event] = await applied(service)
    expect(event?.error).toContain('without the id')
    expect((await storedMessages(service)).every((message) => message.status === 'delivered')).toBe(true)
  })

  it.each([
    ['no number', 'abc'],
    ['below zero', '-1'],
    ['in the year 9999', '253402300799'],
    ['of 1970', '0'],
    ['a year ahead', String(Date.parse('2028-06-01T10:00:00Z') / 1000)],
  ])('whose timestamp is %s counts from its receipt', async (_name, timestamp) => {
    const service = await serveSent()
    const status = { ...metaStatus({ trackingId: 'track-1', status: 'delivered' }), timestamp }
    await post(service.address, JSON.stringify(metaEnvelope({ statuses: [status] })))
    await applied(service)
    const [message] = await storedMessages(service)
    expect(message?.status).toBe('delivered')
    expect(Math.abs((message?.deliveredAt ?? 0) - service.clock.now())).toBeLessThan(60_000)
  })

  it('with timestamps in milliseconds is understood', async () => {
    const service = await serveSent()
    const at = service.clock.now() - 5_000
    const status = { ...metaStatus({ trackingId: 'track-1', status: 'delivered' }), timestamp: String(at) }
    await post(service.address, JSON.stringify(metaEnvelope({ statuses: [status] })))
    await applied(service)
    expect((await storedMessages(service))[0]?.deliveredAt).toBe(at)
  })

  it('with an error text of a megabyte keeps a thousand characters of it', async () => {
    const service = await serveSent()
    const title = `<b>${'x'.repeat(1_000_000)}</b>`
    const status = metaStatus({
      trackingId: 'track-1',
      status: 'failed',
      code: 131_026,
      title,
      at: service.clock.now(),
    })
    expect((await post(service.address, JSON.stringify(metaEnvelope({ statuses: [status] })))).status).toBe(200)
    await applied(service)
    const [message] = await storedMessages(service)
    expect(message).toMatchObject({ status: 'failed', reason: '131026' })
    expect(message?.detail?.length).toBeLessThanOrEqual(1_000)
  })
})

describe('the same callback', () => {
  it('ST-06 a hundred times is answered 200 each time and is one row', async () => {
    const service = await serveSent()
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(service.address, delivered())))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(await applied(service)).toHaveLength(1)
  })

  it('SR-19 a year later changes nothing', async () => {
    const service = await serveSent()
    await post(service.address, delivered())
    await applied(service)
    const before = await storedMessages(service)
    service.clock.advance(365 * 86_400_000)
    expect((await post(service.address, delivered())).status).toBe(200)
    await applyDue(service)
    expect(await storedMessages(service)).toEqual(before)
  })
})

describe('callbacks', () => {
  it('SR-20 of unknown messages are kept for later and harm nobody', async () => {
    const service = await serveSent()
    expect((await post(service.address, delivered('somebody-elses'))).status).toBe(200)
    const [event] = await applied(service)
    expect(event).toMatchObject({ isApplied: 0, error: expect.stringContaining('no message of ours') })
    expect((await storedMessages(service))[0]?.status).toBe('accepted')
  })

  it('in any order and any number come to the same end', async () => {
    const orders = [
      ['read', 'delivered', 'sent'],
      ['sent', 'read', 'delivered', 'read'],
      ['delivered', 'sent', 'read', 'sent'],
    ]
    for (const order of orders) {
      const service = await serveSent()
      const at = service.clock.now()
      const instants = { sent: at + 1_000, delivered: at + 2_000, read: at + 3_000 }
      for (const status of order) {
        const one = metaStatus({ trackingId: 'track-1', status, at: instants[status as keyof typeof instants] })
        await post(service.address, JSON.stringify(metaEnvelope({ statuses: [one] })))
      }
      while ((await applied(service)).length < new Set(order).size) await turn()
      expect((await storedMessages(service))[0]).toMatchObject({
        status: 'read',
        deliveredAt: instants.delivered,
        readAt: instants.read,
      })
    }
  })

  it.each(['STOP', 'Stop!', ' stop ', 'unsubscribe me', 'STOPP'])(
    'that say “%s” end marketing to that person',
    async (text) => {
      const service = await serve()
      const message = { from: '12025550100', id: 'wamid.in', timestamp: '1', type: 'text', text: { body: text } }
      await post(service.address, JSON.stringify(metaEnvelope({ messages: [message] })))
      await applied(service)
      const rows = await service.ctx.db.read((tx) => tx.all('SELECT key, scope, reason FROM suppressions'))
      expect(rows).toEqual([{ key: '12025550100', scope: 'marketing', reason: 'opted_out' }])
    },
  )

  it.each(['Please stop by tomorrow', 'do not stop', 'hello'])('that say “%s” end nothing', async (text) => {
    const service = await serve()
    const message = { from: '12025550100', id: 'wamid.in', timestamp: '1', type: 'text', text: { body: text } }
    await post(service.address, JSON.stringify(metaEnvelope({ messages: [message] })))
    await applied(service)
    expect(await service.ctx.db.read((tx) => tx.all('SELECT 1 FROM suppressions'))).toEqual([])
  })
})

describe('the service', () => {
  it('says that it lives', async () => {
    const { base } = await serve()
    const answer = await request(`${base}/healthz`)
    expect([answer.statusCode, await answer.body.text()]).toEqual([200, 'ok'])
  })

  it('answers 400 to a host that it is not', async () => {
    const { base } = await serve()
    const answer = await request(`${base}/nothing`, { headers: { host: 'evil.test' } })
    await answer.body.dump()
    expect(answer.statusCode).toBe(400)
  })

  it('answers 404 to what is not there, as a problem with its code', async () => {
    const { base } = await serve()
    const answer = await request(`${base}/webhooks/main`, { method: 'POST', body: '{}' })
    expect(answer.statusCode).toBe(404)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(await answer.body.json()).toMatchObject({ status: 404, code: expect.stringMatching(/./) })
  })

  it('does not start twice on one port', async () => {
    const { base } = await serve()
    const other = await openTestApp({ env: { HERALD_PORT: new URL(base).port } })
    await expect(other.app.serve()).rejects.toMatchObject({ code: 'config.port_in_use' })
  })
})
