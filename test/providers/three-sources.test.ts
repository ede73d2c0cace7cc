// Each row of each provider's error table, told in every way that the provider has: sender, campaign and person come to the
// same, whatever tells it.
import { describe, expect, it } from 'vitest'
import { decideRecord, decideTold } from '../../src/domain/retry.ts'
import type { Failure } from '../../src/domain/send-result.ts'
import { proveSender } from '../../src/engine/send/prove.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import type { HttpClient, HttpOutcome } from '../../src/providers/http-client.ts'
import type { Driver } from '../../src/providers/provider.ts'
import { getProvider } from '../../src/providers/registry.ts'
import { applyDue, storeCallback } from '../support/callbacks.ts'
import { claim, launchAndPlan, providerError, record } from '../support/claims.ts'
import { addTestCampaign, importLines, openTestApp, phoneNumber, type TestApp } from '../support/open-test-app.ts'
import { lookUpOf, outgoing } from './connected.ts'
import { type CannedAnswer, type Teller, tellers, toldId } from './tellers.ts'

const sources = ['answer', 'callback', 'look-up'] as const
type Source = (typeof sources)[number]

/** A driver whose provider answers every call alike; tokens are given. */
function driverOf({ provider: name, credentials }: Teller, answer: (path: string) => CannedAnswer): Driver {
  const provider = getProvider(name, credentials(1))
  const http = {
    request: async ({ path, begin }: { path: string; begin?: () => boolean }): Promise<HttpOutcome> => {
      begin?.()
      const { status, body } =
        path === '/oauth/token' ? { status: 200, body: { access_token: 'test', expires_in: 3600 } } : answer(path)
      return { kind: 'answer', status, header: () => undefined, text: JSON.stringify(body) }
    },
  }
  return provider.connect({
    settings: provider.settings.parse(credentials(1)),
    baseUrl: 'http://provider.test',
    http: http as unknown as HttpClient,
    webhookUrl: undefined,
    now: () => Date.now(),
    wait: async () => {},
    receive: async () => {},
  })
}

async function toldBy(source: Source, teller: Teller, code: string): Promise<Failure | undefined> {
  if (source === 'answer') {
    const result = await driverOf(teller, () => teller.answer(code)).send(outgoing())
    if (result.kind === 'accepted' || result.kind === 'not_started') throw new Error(`${code} is ${result.kind}`)
    return result
  }
  if (source === 'callback') {
    const items = driverOf(teller, () => teller.answer(code)).parseWebhook(JSON.stringify(teller.callback(code)))
    const [item] = items
    if (item?.kind !== 'status' || items.length !== 1) throw new Error(`${code} is no status`)
    return item.failure
  }
  const { lookUp } = teller
  if (lookUp === undefined) return undefined
  const found = await driverOf(teller, (path) => lookUp(code, path)).lookUp?.(lookUpOf(toldId))
  return found?.found ? found.failure : undefined
}

const facts = { attempts: 0, expiresAt: 40 * 86_400_000, pairThrottles: 0, coolOffs: 0, senderThrottles: 0 }

/** What a failure means for sender, campaign and person; that an answer came at all ends a hold, and is no matter of its code. */
function meaningOf(source: Source, failure: Failure) {
  const decision = source === 'answer' ? decideRecord(failure, facts, 0, 0.5) : decideTold(failure, facts, 0)
  const { sender, campaign, suppress, blockContactUntil } = decision
  return {
    code: failure.error.code,
    advice: failure.error.advice,
    sender: sender !== undefined && 'recovered' in sender ? undefined : sender,
    campaign,
    suppress,
    blockContactUntil,
    waitReason: failure.kind === 'cool_off' ? decision.waitReason : undefined,
  }
}

describe.each(tellers)('$title', (teller) => {
  const ways = sources.filter((source) => source !== 'look-up' || teller.lookUp !== undefined)

  it.each(teller.codes)('V1, V4, V5: means the same by %s, whatever tells it', async (code) => {
    const told = await Promise.all(ways.map(async (source) => [source, await toldBy(source, teller, code)] as const))
    const [first, ...others] = told.map(([source, failure]) => {
      if (failure === undefined) throw new Error(`the ${source} tells no failure`)
      return meaningOf(source, failure)
    })
    expect(first?.advice).toMatch(/\S{3}/)
    for (const other of others) expect(other).toEqual(first)
  })

  it('V2: has a way to tell every row of its table', () => {
    expect(new Set(teller.codes).size + (teller.codesOfAnswers?.length ?? 0)).toBeGreaterThan(50)
  })
})

/** One code for each thing that a failure can do to others, and one that does nothing. */
const kinds = ['131042', '132015', '131053', '131026', '131050', '131049', '130429', '131056', '1']

const content = { type: 'text', text: 'Hello' }

/** A sender, a campaign and a person for each code, so that none meets what another has done. */
async function played(teller: Teller, source: Source): Promise<Record<string, unknown>[]> {
  const test = await openTestApp()
  for (const [n, code] of kinds.entries()) {
    const sender = `sender-${n}`
    await addSender(test.ctx, {
      name: sender,
      provider: teller.provider,
      credentials: teller.credentials(n),
      ratePerSecond: 1000,
      pairIntervalSeconds: 0,
    })
    // The second one keeps the campaign from being over.
    const people = [phoneNumber(2 * n), phoneNumber(2 * n + 1)].map((phone) => `${phone},America/New_York`)
    await importLines(test, ['phone,time_zone', ...people], { list: code })
    await addTestCampaign(test, { name: code, sender, audience: { lists: [code] }, session: 'assume', content })
    await launchAndPlan(test, code)
    const { claimed } = await claim(test, { sender, room: 1 })
    const [message] = claimed
    if (message === undefined) throw new Error(`nothing was claimed for ${code}`)
    await tell(test, { teller, source, code, sender, message })
  }
  return Promise.all(kinds.map((code) => stateOf(test, code)))
}

interface Told {
  teller: Teller
  source: Source
  code: string
  sender: string
  message: Awaited<ReturnType<typeof claim>>['claimed'][number]
}

async function tell(test: TestApp, { teller, source, code, sender, message }: Told): Promise<void> {
  const id = `track-${message.attemptId}`
  if (source === 'answer') {
    const result = await toldBy('answer', teller, code)
    if (result === undefined) throw new Error(`${code} is no failure`)
    return record(test, [message], () => result, sender)
  }
  if (source === 'callback') {
    await record(test, [message], () => ({ kind: 'accepted', trackingId: id }), sender)
    await storeCallback(test, teller.callback(code, id, message.phone.slice(1)), sender)
    return applyDue(test)
  }
  await record(test, [message], () => ({ kind: 'unknown', error: providerError('timeout') }), sender)
  const connected = await test.app.connections.getByName(sender)
  const asked = await toldBy('look-up', teller, code)
  connected.driver.lookUp = async () => ({ found: true, trackingId: id, status: 'failed', at: null, failure: asked })
  const connections = { get: async () => connected } as unknown as TestApp['app']['connections']
  // Earlier than this nothing is concluded.
  test.clock.advance(8 * 60_000)
  const { signal } = new AbortController()
  await proveSender(test.ctx, connections, { senderId: connected.sender.id, reference: String, signal })
}

/** Everything that a failure can change, but for its message. */
async function stateOf({ ctx, clock }: TestApp, code: string): Promise<Record<string, unknown>> {
  const row = await ctx.db.read((tx) =>
    tx.get<Record<string, unknown>>(
      `SELECT CASE c.status WHEN 'paused' THEN 'paused' ELSE 'goes on' END AS campaign, c.pause_reason AS campaignReason, c.answer_outcomes || c.told_outcomes AS outcomes,
              s.status AS sender, s.pause_reason AS senderReason, s.hold_until IS NOT NULL AS isHeld,
              (SELECT group_concat(p.scope || ' ' || p.reason) FROM suppressions p WHERE p.key = k.key) AS suppressed,
              (SELECT b.blocked_until > ? FROM contact_senders b WHERE b.contact_id = m.contact_id AND b.sender_id = s.id) AS isLeftAlone,
              m.wait_reason AS waitReason
       FROM messages m JOIN runs r ON r.id = m.run_id JOIN campaigns c ON c.id = r.campaign_id JOIN senders s ON s.id = r.sender_id
            JOIN contacts k ON k.id = m.contact_id
       WHERE c.name = ? ORDER BY m.id LIMIT 1`,
      [clock.now() - 3_600_000, code],
    ),
  )
  // A throttled pair waits by its own answer; told later, its message has failed.
  return { code, ...row, waitReason: row?.waitReason === 'cool_off' ? 'cool_off' : null }
}

const whole = tellers.filter(({ codes }) => kinds.every((code) => codes.includes(code)))

describe.each(whole)('a person, a campaign and a sender at $title', (teller) => {
  it('V2, V3, V4, V5: end in the same state, whatever tells a failure', async () => {
    const byAnswer = await played(teller, 'answer')
    expect(byAnswer).toMatchObject([
      { code: '131042', sender: 'paused', senderReason: 'account_error', campaign: 'goes on' },
      { code: '132015', sender: 'active', campaign: 'paused', campaignReason: 'template_errors' },
      { code: '131053', sender: 'active', campaign: 'goes on', outcomes: 'x' },
      { code: '131026', sender: 'active', campaign: 'goes on', outcomes: '', suppressed: null },
      { code: '131050', sender: 'active', suppressed: 'marketing opted_out' },
      { code: '131049', sender: 'active', waitReason: 'cool_off', isLeftAlone: 1 },
      { code: '130429', sender: 'active', isHeld: 1 },
      { code: '131056', sender: 'active', isHeld: 0, isLeftAlone: 1 },
      { code: '1', sender: 'active', isHeld: 0, outcomes: '' },
    ])
    expect(await played(teller, 'callback')).toEqual(byAnswer)
    if (teller.lookUp !== undefined) expect(await played(teller, 'look-up')).toEqual(byAnswer)
  })
})
