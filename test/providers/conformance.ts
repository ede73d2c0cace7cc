// What every driver must do, whatever its provider: one suite, run for each against its dialect of the emulator. A
// provider's own test adds the literal requests and codes of its pages.
import { describe, expect, it } from 'vitest'
import { type Content, type ContentType, contentSchema, contentTypes } from '../../src/domain/content.ts'
import { type DeliveryInstants, lastStatus, withStatus } from '../../src/domain/message-status.ts'
import { holdsSender } from '../../src/domain/retry.ts'
import { takenCodes } from '../../src/domain/send-result.ts'
import { templateStatuses } from '../../src/domain/template.ts'
import type { FaultRule } from '../../src/emulator/fault-script.ts'
import { untoldOf } from '../../src/engine/senders/untold.ts'
import { hiderOf } from '../../src/providers/hidden-secrets.ts'
import { checkContent, getProvider } from '../../src/providers/registry.ts'
import { describeForms } from './conformance-forms.ts'
import {
  connect,
  itemsOf,
  lookUpOf,
  outgoing,
  type ProviderSpec,
  pngFile,
  recipient,
  type StatusItem,
  sendsOf,
  statusesOf,
  type WholeSpec,
} from './connected.ts'
import { plainContents } from './contents.ts'
import { mintedToken, repeatingServer } from './repeating-server.ts'

export function describeProvider(spec: WholeSpec): void {
  const { title, capabilities } = getProvider(spec.name, spec.settings)
  describe(`${title} as a provider`, () => {
    describeAcceptance(spec)
    describeForms(
      spec,
      capabilities.content.flatMap((type) => contentsOf(spec, type)),
    )
    describeRefusals(spec)
    describeDoubt(spec)
    describeCallbacks(spec)
    describeFailureClasses(spec)
    describeToken(spec)
    describeLookUp(spec)
    describeAccount(spec)
    describeTemplates(spec)
  })
}

const before = (action: FaultRule['action']): FaultRule[] => [{ phase: 'before', action }]
const afterAccept = (action: FaultRule['action']): FaultRule[] => [{ phase: 'afterAccept', action }]

function contentsOf(spec: ProviderSpec, type: ContentType): Content[] {
  return spec.contents?.[type] ?? [plainContents[type]]
}

function describeAcceptance(spec: ProviderSpec): void {
  const provider = getProvider(spec.name, spec.settings)
  const { capabilities } = provider
  const declared = capabilities.content.flatMap((type) =>
    contentsOf(spec, type).map((content, index) => [type, index + 1, content] as const),
  )
  const absent = contentTypes.filter((type) => !capabilities.content.includes(type))

  it.each(declared)('takes %s (%i) and names the message', async (type, _, content) => {
    expect(content.type).toBe(type)
    contentSchema.parse(content)
    checkContent(provider, content)
    const { driver, emulator } = await connect(spec)
    const result = await driver.send(outgoing({ content }))
    expect(result, JSON.stringify(result)).toMatchObject({ kind: 'accepted', trackingId: expect.stringMatching(/./) })
    const [sent, ...more] = sendsOf(emulator)
    expect(sent).toMatchObject({ verdict: 'accepted', trackingId: (result as { trackingId: string }).trackingId })
    expect(sent?.to?.replace(/\D/g, '')).toBe(recipient.replace(/\D/g, ''))
    expect(more).toEqual([])
  })

  it.each(absent)('refuses %s before anything is sent, naming who has it', (type) => {
    expect(() => checkContent(provider, plainContents[type])).toThrow(
      expect.objectContaining({
        code: 'content.not_supported',
        message: expect.stringContaining(provider.title),
        hint: expect.stringMatching(/have it|has it/),
      }),
    )
  })

  it('quotes a message exactly when it says so', async () => {
    const { replyTo = 'wamid.HBgTEST' } = spec
    const content: Content = { type: 'text', text: 'Hello', replyTo }
    if (!capabilities.hasReplyTo) return expect(() => checkContent(provider, content)).toThrow(/replyTo/)
    checkContent(provider, content)
    const { driver, emulator } = await connect(spec)
    expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted' })
    expect(sendsOf(emulator)[0]?.body).toContain(replyTo)
  })

  it('tracks links exactly when it says so', async () => {
    const content: Content = { type: 'text', text: 'See https://example.test', trackLinks: true }
    if (!capabilities.hasLinkTracking) return expect(() => checkContent(provider, content)).toThrow(/trackLinks/)
    checkContent(provider, content)
    const { driver } = await connect(spec)
    expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted' })
  })

  it('hands our reference and tags over exactly when it says so', async () => {
    const { driver, emulator } = await connect(spec)
    await driver.send(outgoing({ tags: ['spring-tag'] }))
    const [sent] = sendsOf(emulator)
    expect(sent?.reference ?? null).toBe(capabilities.hasReference ? 'h7f3a-1-2s' : null)
    expect(sent?.body?.includes('spring-tag')).toBe(capabilities.hasTags)
  })
}

function describeRefusals(spec: ProviderSpec): void {
  const { errors } = spec
  const known = (['recipient', 'template', 'account', 'temporary', 'unknown'] as const).flatMap((kind) =>
    errors[kind] === undefined ? [] : [[kind, errors[kind]] as const],
  )

  it.each(known)('takes an error of kind %s (%s) for what it is and keeps its code', async (kind, code) => {
    const { driver, emulator } = await connect(spec, { script: before({ type: 'providerError', code }) })
    const result = await driver.send(outgoing())
    const expected = kind === 'recipient' || kind === 'template' ? { kind: 'refused', scope: kind } : { kind }
    expect(result, JSON.stringify(result)).toMatchObject({
      ...expected,
      error: { code: expect.stringContaining(String(code)), advice: expect.stringMatching(/\S{3}/) },
    })
    const isRenewed = kind === 'account' && spec.renewal !== undefined
    expect(sendsOf(emulator)).toHaveLength(isRenewed ? 2 : 1)
  })

  it('waits as long as a throttle asks for', async () => {
    const { driver } = await connect(spec, { script: before({ type: 'throttle', retryAfter: 7 }) })
    expect(await driver.send(outgoing())).toMatchObject({ kind: 'throttled', scope: 'sender', retryAfterMs: 7_000 })
  })

  it('takes a throttle without a time, or with nonsense for it, as one without', async () => {
    for (const retryAfter of [undefined, 'soon']) {
      const script = before({ type: 'throttle', ...(retryAfter && { retryAfter }) })
      const { driver } = await connect(spec, { script })
      expect(await driver.send(outgoing())).toMatchObject({ kind: 'throttled', retryAfterMs: null })
    }
  })

  it('takes HTTP 429 with any body as a throttle', async () => {
    const { driver } = await connect(spec, { script: before({ type: 'answer', status: 429, body: 'slow down' }) })
    expect(await driver.send(outgoing())).toMatchObject({ kind: 'throttled' })
  })

  it('F4: repeats no secret that the provider repeats', async () => {
    const { driver, secrets } = await connect(spec, { baseUrl: await repeatingServer() })
    const said = JSON.stringify([
      await driver.send(outgoing()),
      await driver.checkAccount?.(),
      await driver.lookUp?.(lookUpOf('id-1')),
    ])
    expect(said).toContain('repeated')
    expect(hiderOf([...secrets, mintedToken])(said)).toBe(said)
  })

  const page = '<!doctype html><title>Not found</title>'
  it.each([
    [404, page],
    [404, ''],
    [404, { message: 'no Route matched with those values' }],
    [404, { error: 'Not Found', path: '/' }],
    [404, { error: { code: 404, message: 'Requested entity was not found.', status: 'NOT_FOUND' } }],
    [404, { error: { code: 404 } }],
    [400, { message: 'Bad Request' }],
    [400, { code: 400, message: 'Bad Request' }],
    [400, { timestamp: '2026-01-01T00:00:00Z', status: 400, error: 'Bad Request', path: '/' }],
    [400, { success: false, errors: [{ code: 7003, message: 'Could not route' }], messages: [], result: null }],
    [422, { detail: [{ loc: ['body', 'url'], msg: 'field required' }] }],
    [422, 'Unprocessable'],
    [415, { title: 'Unsupported Media Type', status: 415 }],
    [400, ''],
    [405, page],
    [410, 'gone'],
    [421, ''],
    [400, '\n<html>The plain HTTP request was sent to HTTPS port</html>'],
  ])('takes HTTP %i with %j for a wrong address, which uses nobody up', async (status, body) => {
    const { driver } = await connect(spec, { script: before({ type: 'answer', status, body }) })
    const result = await driver.send(outgoing())
    expect(result).toMatchObject({
      kind: 'account',
      error: { httpStatus: status, advice: expect.stringContaining('check') },
    })
  })

  it.each([
    page,
    { status: 'ok' },
    { success: true },
    { message: 'Welcome' },
    { error: { code: 404, message: 'Not Found' } },
    [],
    'OK',
  ])('is in doubt when another server says yes with %j, and the sender waits until it was looked at', async (body) => {
    const { driver } = await connect(spec, { script: before({ type: 'answer', status: 200, body }) })
    expect(await driver.send(outgoing())).toMatchObject({
      kind: 'unknown',
      retryAfterMs: 600_000,
      // Under no delivery policy is it sent again.
      error: { code: expect.toBeOneOf([...takenCodes]) },
    })
  })

  it('follows no redirect', async () => {
    const { driver, emulator } = await connect(spec, {
      script: before({ type: 'redirect', url: 'http://127.0.0.1:1/elsewhere' }),
    })
    expect(await driver.send(outgoing())).toMatchObject({ kind: 'account', error: { httpStatus: 302 } })
    expect(sendsOf(emulator)).toHaveLength(1)
  })

  it('knows that nothing was sent when nobody listens', async () => {
    const { driver } = await connect(spec, { baseUrl: 'http://127.0.0.1:1' })
    expect(await driver.send(outgoing())).toMatchObject({ kind: 'not_sent', error: { code: 'econnrefused' } })
  })
}

function describeDoubt(spec: ProviderSpec): void {
  const lost: [string, FaultRule['action']][] = [
    ['the connection is reset after acceptance', { type: 'resetConnection' }],
    ['half a status line comes', { type: 'closeAfterHalfStatusLine' }],
    ['only the headers come', { type: 'closeAfterHeaders' }],
    ['half an answer comes', { type: 'closeAfterHalfAnswer' }],
    ['the answer is no JSON', { type: 'malformedJson' }],
    ['the answer is a page', { type: 'html' }],
    ['the answer is empty', { type: 'emptyBody' }],
    ['the answer has no end', { type: 'hugeBody', bytes: 4 * 1024 * 1024 }],
    ['the answer is JSON of another shape', { type: 'answer', status: 200, body: [null, 7, { ok: 'maybe' }] }],
    ['a gateway answers 502', { type: 'html', status: 502 }],
    ['a gateway answers 504', { type: 'answer', status: 504, body: 'timeout' }],
    ['the provider answers 500 with nothing', { type: 'emptyBody', status: 500 }],
  ]

  it.each(lost)('is in doubt, and sends nothing again, when %s', async (_, action) => {
    const { driver, emulator } = await connect(spec, { script: afterAccept(action) })
    const result = await driver.send(outgoing())
    expect(result, JSON.stringify(result)).toMatchObject({ kind: 'unknown', error: { advice: expect.any(String) } })
    expect(sendsOf(emulator)).toHaveLength(1)
  })

  const patience: [string, FaultRule[]][] = [
    ['a gateway answers', before({ type: 'answer', status: 503, headers: { 'Retry-After': '9' }, body: 'busy' })],
    ['its throttle comes', before({ type: 'throttle', status: 503, retryAfter: 9 })],
    ['the message was taken', afterAccept({ type: 'answer', status: 503, headers: { 'Retry-After': '9' }, body: {} })],
    [
      'an undocumented code comes',
      before({
        type: 'answer',
        status: 500,
        headers: { 'Retry-After': '9' },
        body: { error: { code: 424242, message: 'odd' }, code: 424242, status: false, sent: false },
      }),
    ],
  ]

  it.each(patience)('S6: keeps the time that a failing server asks for, when %s', async (_, script) => {
    const { driver, emulator } = await connect(spec, { script })
    const result = await driver.send(outgoing())
    expect(result, JSON.stringify(result)).toMatchObject({ retryAfterMs: 9_000 })
    expect(['unknown', 'throttled']).toContain(result.kind)
    expect(holdsSender(result)).toBe(true)
    expect(sendsOf(emulator)).toHaveLength(1)
  })

  it('names no time where a failing server asks for none', async () => {
    const { driver } = await connect(spec, { script: before({ type: 'answer', status: 503, body: 'busy' }) })
    const result = await driver.send(outgoing())
    expect(result).toMatchObject({ kind: 'unknown' })
    expect(result).not.toHaveProperty('retryAfterMs')
    expect(holdsSender(result)).toBe(false)
  })

  it('is in doubt when no answer comes before the deadline', async () => {
    const { driver, emulator } = await connect(spec, { script: afterAccept({ type: 'dropAnswer' }), deadlineMs: 300 })
    expect(await driver.send(outgoing())).toMatchObject({ kind: 'unknown', error: { code: 'deadline' } })
    expect(sendsOf(emulator)).toHaveLength(1)
  })

  if (!spec.acceptsWithoutId)
    it('is in doubt when a success names no message, and goes on', async () => {
      const { driver } = await connect(spec, { script: afterAccept({ type: 'noId' }) })
      const result = await driver.send(outgoing())
      expect(result).toMatchObject({ kind: 'unknown' })
      expect(holdsSender(result)).toBe(false)
    })

  it('never takes a code that nobody documented as leave to send again', async () => {
    for (const status of [400, 409, 500, 503]) {
      const { driver, emulator } = await connect(spec, {
        script: before({ type: 'answer', status, body: { error: { code: 424242, message: 'odd' }, code: 424242 } }),
      })
      const { kind } = await driver.send(outgoing())
      expect(['refused', 'unknown', 'account'], `${status}`).toContain(kind)
      expect(sendsOf(emulator)).toHaveLength(1)
    }
  })
}

const fresh: DeliveryInstants = { acceptedAt: 1, sentAt: null, deliveredAt: null, readAt: null, failedAt: null }

function statusAfter(items: StatusItem[]): string | undefined {
  return lastStatus(items.reduce((facts, { status, at }) => withStatus(facts, { status, at: at ?? 2 }), fresh))
}

function describeCallbacks(spec: ProviderSpec): void {
  const { capabilities } = getProvider(spec.name, spec.settings)
  const callbacksOf = async (order: Partial<Extract<FaultRule['action'], { type: 'webhooks' }>>) => {
    const connected = await connect(spec, { script: afterAccept({ type: 'webhooks', ...order }) })
    const result = await connected.driver.send(outgoing())
    expect(result, JSON.stringify(result)).toMatchObject({ kind: 'accepted' })
    await connected.emulator.settled()
    return { ...connected, trackingId: (result as { trackingId: string }).trackingId }
  }
  const arriving = (['sent', 'delivered', 'read'] as const).filter((status) => capabilities.statuses.includes(status))

  it('reads each status that it declares, for the message that was sent', async () => {
    const connected = await callbacksOf({ statuses: [...arriving] })
    const items = statusesOf(connected)
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(arriving))
    for (const { trackingId, reference, at } of items) {
      expect(trackingId === connected.trackingId || reference === 'h7f3a-1-2s').toBe(true)
      expect(at === null || Math.abs(at - Date.now()) < 60_000).toBe(true)
      if (!capabilities.hasReference) expect(reference).toBeNull()
    }
    if (capabilities.hasReference) expect(items.map(({ reference }) => reference)).toContain('h7f3a-1-2s')
  })

  it('reads a later failure with its code and advice', async () => {
    const connected = await callbacksOf({ statuses: ['failed'], errorCode: spec.failureCode })
    const [item] = statusesOf(connected)
    expect(item).toMatchObject({
      status: 'failed',
      failure: { error: { code: expect.stringContaining(spec.failureCode), advice: expect.stringMatching(/\S{3}/) } },
    })
  })

  it('comes to the same status from late, repeated and reordered callbacks', async () => {
    const last = arriving.at(-1)
    const plain = await callbacksOf({ statuses: [...arriving], beforeAnswer: true })
    const mixed = await callbacksOf({ statuses: [...arriving], copies: 3, shuffled: true })
    expect(statusAfter(statusesOf(plain))).toBe(last)
    expect(statusesOf(mixed).length).toBeGreaterThanOrEqual(arriving.length * 3)
    expect(statusAfter(statusesOf(mixed))).toBe(last)
    expect(statusAfter(statusesOf(mixed).reverse())).toBe(last)
  })

  it('reads callbacks of a message that it never saw', async () => {
    const connected = await callbacksOf({ statuses: ['delivered'] })
    const [callback] = connected.callbacks
    const other = await connect(spec)
    const items = other.driver.parseWebhook(callback?.text ?? '')
    expect(items).toContainEqual(expect.objectContaining({ kind: 'status', status: 'delivered' }))
  })

  it('reads what a person writes', async () => {
    const connected = await connect(spec)
    const dialect = spec.dialect ?? spec.name
    await connected.emulator.sendInbound({ dialect: dialect as never, from: recipient, text: 'STOP' })
    const items = itemsOf(connected)
    expect(items).toContainEqual(expect.objectContaining({ kind: 'inbound', phone: recipient, text: 'STOP' }))
  })

  it('takes nonsense for unreadable and throws nothing', async () => {
    const { driver, callbacks } = await callbacksOf({ statuses: ['delivered'] })
    const good = callbacks[0]?.text ?? '{}'
    const spoilt = ['', '[]', 'null', '7', '"x"', '{', '{}', '[null]', '[[]]', good.slice(0, good.length / 2)]
    for (const body of [...spoilt, ...variantsOf(good)])
      for (const item of driver.parseWebhook(body)) expect(item.kind).toMatch(/^[a-z]+$/)
    for (const body of ['', 'null', '{']) {
      const items = driver.parseWebhook(body)
      expect(items.every(({ kind }) => kind === 'ignored' || kind === 'unreadable')).toBe(true)
    }
  })

  if (capabilities.webhookProof === 'signature')
    it('refuses callbacks that are not signed, or changed', async () => {
      const { driver, callbacks } = await callbacksOf({ statuses: ['delivered'] })
      const [callback] = callbacks
      if (callback === undefined) throw new Error('no callback came')
      expect(driver.verifyWebhook({ ...callback, header: () => undefined })).toMatchObject({ isGenuine: false })
      const changed = Buffer.concat([callback.body, Buffer.from(' ')])
      expect(driver.verifyWebhook({ ...callback, body: changed })).toMatchObject({ isGenuine: false })
    })
}

/** What each class of WhatsApp's own failures is, whoever tells it. */
const whatsappFailures: readonly [code: number, expected: object][] = [
  [131042, { kind: 'account' }],
  [132015, { kind: 'refused', scope: 'template', stopsCampaign: true }],
  [131053, { kind: 'refused', scope: 'template' }],
  [131026, { kind: 'refused', scope: 'recipient' }],
  [131050, { kind: 'refused', scope: 'recipient', suppress: { scope: 'marketing', reason: 'opted_out' } }],
  [131049, { kind: 'cool_off' }],
  [130429, { kind: 'throttled', scope: 'sender' }],
  [131056, { kind: 'throttled', scope: 'pair' }],
]

function describeFailureClasses(spec: ProviderSpec): void {
  const { capabilities } = getProvider(spec.name, spec.settings)
  const plain = (code: number) => ({ status: 400, body: { error: { code, message: `(#${code}) scripted` } } })
  const { whatsappRefusal = plain, wrapsCode = String } = spec

  it.each(whatsappFailures)(
    'V2, V4, V5: takes %i for the same in an answer, a callback and a look-up',
    async (code, is) => {
      const expected = { ...is, error: { code: String(code), advice: expect.stringMatching(/\S{3}/) } }
      const answered = await connect(spec, { script: before({ type: 'answer', ...whatsappRefusal(code) }) })
      const answer = await answered.driver.send(outgoing())
      expect(answer, JSON.stringify(answer)).toMatchObject(expected)
      const order: FaultRule['action'] = { type: 'webhooks', statuses: ['failed'], errorCode: wrapsCode(code) }
      const told = await connect(spec, { script: afterAccept(order) })
      const result = await told.driver.send(outgoing())
      await told.emulator.settled()
      const [item] = statusesOf(told)
      expect(item, JSON.stringify(item)).toMatchObject({ status: 'failed', failure: expected })
      if (capabilities.lookUp === 'none' || spec.hidesReasons || result.kind !== 'accepted') return
      const found = await told.driver.lookUp?.(lookUpOf(result.trackingId))
      expect(found, JSON.stringify(found)).toMatchObject({ found: true, status: 'failed', failure: expected })
    },
  )

  it('S16: names the recipient in callbacks, where it can be told', async () => {
    const told = await connect(spec, { script: afterAccept({ type: 'webhooks', statuses: ['delivered'] }) })
    await told.driver.send(outgoing())
    await told.emulator.settled()
    for (const { to } of statusesOf(told)) expect(to?.replace(/\D/g, '')).toBe(recipient.replace(/\D/g, ''))
  })
}

/** The callback with each of its values in turn replaced by something else. */
function variantsOf(text: string): string[] {
  const variants: string[] = []
  const visit = (holder: Record<string, unknown>, root: unknown) => {
    for (const [key, value] of Object.entries(holder)) {
      for (const other of [null, 7, [], {}, 'x']) {
        holder[key] = other
        variants.push(JSON.stringify(root))
      }
      holder[key] = value
      if (typeof value === 'object' && value !== null) visit(value as Record<string, unknown>, root)
    }
  }
  const root = JSON.parse(text) as Record<string, unknown>
  visit(root, root)
  return variants
}

function describeToken(spec: ProviderSpec): void {
  const unauthorised = { type: 'answer', status: 401, body: {} } as const

  if (spec.renewal)
    it('renews its token once when the provider refuses it, and sends the message once', async () => {
      const refusal = spec.renewal?.refusal ?? unauthorised
      const { driver, emulator } = await connect(spec, {
        script: [{ match: { nth: 1 }, phase: 'before', action: refusal }],
      })
      expect(await driver.send(outgoing())).toMatchObject({ kind: 'accepted' })
      expect(sendsOf(emulator).map(({ verdict }) => verdict)).toEqual(['refused', 'accepted'])
    })

  it('gives up when the account is refused, without trying on', async () => {
    const { driver, emulator } = await connect(spec, { script: before(spec.renewal?.refusal ?? unauthorised) })
    expect(await driver.send(outgoing())).toMatchObject({ kind: 'account' })
    expect(sendsOf(emulator)).toHaveLength(spec.renewal === undefined ? 1 : 2)
  })
}

function describeLookUp(spec: ProviderSpec): void {
  const { capabilities } = getProvider(spec.name, spec.settings)

  it('offers a look-up exactly when it says so', async () => {
    const { driver } = await connect(spec)
    expect(driver.lookUp !== undefined).toBe(capabilities.lookUp !== 'none')
  })

  if (capabilities.lookUp !== 'none')
    it('finds a message that was sent', async () => {
      const { driver, emulator } = await connect(spec)
      const result = await driver.send(outgoing())
      if (result.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(result)}`)
      await emulator.settled()
      const trackingId = capabilities.lookUp === 'trackingId' ? result.trackingId : null
      const found = await driver.lookUp?.(lookUpOf(trackingId))
      expect(found, JSON.stringify(found)).toMatchObject({ found: true, status: expect.any(String) })
      if (found?.found) {
        expect(found.trackingId).toBe(result.trackingId)
        expect([...capabilities.statuses, 'accepted']).toContain(found.status)
      }
    })

  if (capabilities.lookUp !== 'none')
    it('takes no broken answer as proof that a message is not there', async () => {
      for (const action of [
        { type: 'emptyBody', status: 500 },
        { type: 'html', status: 200 },
        { type: 'answer', status: 401, body: {} },
        { type: 'answer', status: 429, body: {} },
        { type: 'resetConnection' },
      ] satisfies FaultRule['action'][]) {
        const { driver } = await connect(spec, { script: [{ match: { operation: 'any' }, phase: 'before', action }] })
        expect(await driver.lookUp?.(lookUpOf('not-there')), JSON.stringify(action)).toEqual({
          found: false,
          isProof: false,
        })
      }
    })
}

function describeAccount(spec: ProviderSpec): void {
  const broken: FaultRule[] = [
    { match: { operation: 'any' }, phase: 'before', action: { type: 'answer', status: 500, body: 'broken' } },
  ]

  it('tells of its account, where it can', async () => {
    const { driver } = await connect(spec)
    const answer = await driver.checkAccount?.()
    if (answer === undefined) return expect(driver.checkAccount).toBeUndefined()
    expect(answer, JSON.stringify(answer)).toMatchObject({ ok: true })
    for (const fact of answer.ok ? answer.value : [])
      expect(fact).toEqual({ name: expect.stringMatching(/\S/), value: expect.any(String), isProblem: false })
  })

  it('V12: tells of its account exactly when it says so', async () => {
    const { driver, provider } = await connect(spec)
    expect(driver.checkAccount !== undefined).toBe(provider.capabilities.hasAccountCheck)
    expect(untoldOf(provider).length > 0).toBe(
      !provider.capabilities.hasAccountCheck || !provider.capabilities.hasTemplateStatus,
    )
  })

  it('registers our address for callbacks, where it can', async () => {
    const { driver, webhookUrl } = await connect(spec)
    const answer = await driver.setWebhook?.(webhookUrl)
    if (answer === undefined) return expect(driver.setWebhook).toBeUndefined()
    expect(answer, JSON.stringify(answer)).toEqual({ ok: true, value: { url: webhookUrl } })
  })

  it('V6: takes our address for callbacks back, where it can, and leaves the others', async () => {
    const { driver, webhookUrl } = await connect(spec)
    if (driver.clearWebhook === undefined) return
    const other = 'https://example.test/webhooks/other/x'
    await driver.setWebhook?.(other)
    await driver.setWebhook?.(webhookUrl)
    expect(await driver.clearWebhook(webhookUrl)).toEqual({ ok: true, value: { url: webhookUrl, others: [other] } })
    expect(await driver.clearWebhook(other)).toEqual({ ok: true, value: { url: other, others: [] } })
  })

  it('keeps a file at the provider, where it can', async () => {
    const { driver } = await connect(spec)
    const answer = await driver.uploadMedia?.(pngFile)
    if (answer === undefined) return expect(driver.uploadMedia).toBeUndefined()
    expect(answer, JSON.stringify(answer)).toEqual({ ok: true, value: { mediaId: expect.stringMatching(/./) } })
  })

  it('marks a message as read, where it can', async () => {
    const { driver } = await connect(spec, { settings: spec.markReadSettings ?? spec.settings })
    const answer = await driver.markRead?.('wamid.IN1')
    if (answer === undefined) return expect(spec.markReadSettings).toBeUndefined()
    expect(answer, JSON.stringify(answer)).toEqual({ ok: true, value: null })
  })

  it('says why when such a call fails', async () => {
    const { driver } = await connect(spec, { script: broken, settings: spec.markReadSettings ?? spec.settings })
    const answers = await Promise.all([
      driver.checkAccount?.(),
      driver.setWebhook?.('https://example.test/webhooks/main/x'),
      driver.uploadMedia?.(pngFile),
      driver.markRead?.('wamid.IN1'),
      driver.templates?.list?.(),
    ])
    for (const answer of answers.filter((one) => one !== undefined))
      expect(answer).toMatchObject({ ok: false, error: { advice: expect.stringMatching(/\S{3}/), httpStatus: 500 } })
  })
}

function describeTemplates(spec: ProviderSpec): void {
  const { capabilities } = getProvider(spec.name, spec.settings)

  it('lists, creates and deletes templates exactly as it says', async () => {
    const { driver } = await connect(spec)
    for (const call of ['list', 'find', 'create', 'delete'] as const)
      expect(driver.templates?.[call] !== undefined, call).toBe(capabilities.templates.includes(call))
  })

  if (capabilities.templates.includes('list'))
    it('lists templates whole', async () => {
      const { driver } = await connect(spec)
      const answer = await driver.templates?.list?.()
      expect(answer, JSON.stringify(answer)).toMatchObject({ ok: true })
      for (const template of answer?.ok ? answer.value : []) {
        expect(template.name).not.toBe('')
        expect(templateStatuses).toContain(template.status)
      }
    })

  if (capabilities.templates.includes('create'))
    it('creates a template, finds and deletes it', async () => {
      if (spec.template === undefined) throw new Error('the specification names no template')
      const { definition } = spec.template
      const { driver } = await connect(spec)
      const created = await driver.templates?.create?.(definition)
      expect(created, JSON.stringify(created)).toMatchObject({ ok: true, value: { status: expect.any(String) } })
      const name = spec.template.name ?? (created?.ok ? created.value.name : '')
      const names = async () => {
        const answer = await (driver.templates?.list?.() ?? driver.templates?.find?.(name, ['en']))
        return answer?.ok ? answer.value.map((template) => template.name) : []
      }
      expect(await names()).toContain(name)
      if (!capabilities.templates.includes('delete')) return
      expect(await driver.templates?.delete?.(name)).toMatchObject({ ok: true })
      expect(await names()).not.toContain(name)
    })
}
