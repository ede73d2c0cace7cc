// What people write and tap: kept, listed, settled by a person, obeyed once; and what START does.
import { describe, expect, it } from 'vitest'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { addSuppression, removeSuppression, showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { placeOf, showReplies, showReply } from '../../../src/engine/replies/replies.ts'
import { editReplyRules, setReplyRules, showReplyRules } from '../../../src/engine/replies/reply-rules.ts'
import { settleByOperator } from '../../../src/engine/replies/settle-reply.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { forgetOld } from '../../../src/engine/service/retention.ts'
import {
  applyDue,
  applyInbound,
  applyMessages,
  applyPreference,
  metaEnvelope,
  storeCallback,
} from '../../support/callbacks.ts'
import { launchAndPlan, storedMessages } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const DAY = 24 * 3_600_000
const phone = phoneNumber(0)

async function setup(people = 2): Promise<TestApp> {
  const test = await openTestApp()
  await importPeople(test, people)
  await addMeta(test)
  await addTestCampaign(test, { content: templateContent })
  await launchAndPlan(test, 'Spring sale')
  return test
}

const all = (test: TestApp) => showReplies(test.ctx, { limit: 100 })
const suppressed = async (test: TestApp) =>
  (await showSuppressions(test.ctx, { limit: 100 })).map(({ phone: number, scope, reason }) => ({
    phone: number,
    scope,
    reason,
  }))
const statusOf = async (test: TestApp, of: string) =>
  (await storedMessages(test)).find((message) => message.phone === of)?.status

async function write(test: TestApp, from: string, text: string, id: string, at = test.clock.now()) {
  const message = {
    from: from.replace('+', ''),
    id,
    timestamp: String(Math.floor(at / 1000)),
    type: 'text',
    text: { body: text },
  }
  await storeCallback(test, metaEnvelope({ messages: [message] }))
  await applyDue(test)
}

describe('I4: a reply', () => {
  it('is kept with what it was read as, and shown with the person', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'Thank you!')
    await applyInbound(test, phoneNumber(1), 'Please stop. Thanks')
    expect(await all(test)).toMatchObject([
      { phone: phoneNumber(1), text: 'Please stop. Thanks', reading: 'opt_out', isOpen: false, kind: 'text' },
      { phone, text: 'Thank you!', reading: 'other', isOpen: false, sender: 'main' },
    ])
    expect((await showContact(test.ctx, phone)).replies).toMatchObject([{ text: 'Thank you!' }])
    expect(await suppressed(test)).toEqual([{ phone: phoneNumber(1), scope: 'marketing', reason: 'opted_out' }])
  })

  it('that is the caption of a picture stops marketing; a reaction waits for a person', async () => {
    const test = await setup()
    const [from, other] = [phone.slice(1), phoneNumber(1).slice(1)]
    await applyMessages(test, [
      { from, id: 'wamid.P', type: 'image', image: { id: '1', caption: 'STOP' } },
      { from: other, id: 'wamid.R', type: 'reaction', reaction: { message_id: 'wamid.A', emoji: '👎' } },
    ])
    expect(await all(test)).toMatchObject([
      { kind: 'reaction', text: '👎', reading: 'probable_opt_out', isOpen: true },
      { kind: 'image', text: 'STOP', reading: 'opt_out', isOpen: false },
    ])
    expect(await suppressed(test)).toEqual([{ phone, scope: 'marketing', reason: 'opted_out' }])
  })

  it('that is probably an opt-out stands first until somebody says what it means', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'not interested')
    await applyInbound(test, phoneNumber(1), 'When do you open?')
    const [first, second] = await all(test)
    expect([first?.text, second?.text]).toEqual(['not interested', 'When do you open?'])
    expect(first).toMatchObject({ reading: 'probable_opt_out', isOpen: true })
    expect(await statusOf(test, phone)).toBe('pending')
    const settled = await settleByOperator(test.ctx, first?.id ?? '', { as: 'opt_out', by: 'ann' })
    expect(settled).toMatchObject({ isOpen: false, settledAs: 'opt_out', settledBy: 'ann', stopped: 1 })
    expect(await statusOf(test, phone)).toBe('skipped')
    expect(await showSuppressions(test.ctx, { limit: 9 })).toMatchObject([
      { phone, scope: 'marketing', reason: 'opted_out', evidence: expect.stringContaining('"not interested" (rep_1)') },
    ])
    expect(await settleByOperator(test.ctx, 'rep_1', { as: 'opt_out', by: 'ann' })).toMatchObject({ stopped: 0 })
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('that is no opt-out after all is settled, and nothing is stopped', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'please do not stop, I like it')
    await settleByOperator(test.ctx, 'rep_1', { as: 'not_opt_out', by: 'ann' })
    expect(await showReply(test.ctx, 'rep_1')).toMatchObject({ isOpen: false, settledAs: 'not_opt_out' })
    expect(await statusOf(test, phone)).toBe('pending')
    expect(await suppressed(test)).toEqual([])
    const unknown = settleByOperator(test.ctx, 'rep_9', { as: 'opt_out', by: 'ann' })
    await expect(unknown).rejects.toMatchObject({ code: 'reply.not_found' })
  })

  it('waits for nobody once the person has opted out, or gets no marketing anyway', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'not interested')
    await applyInbound(test, phone, 'leave me alone')
    await applyInbound(test, phone, 'STOP')
    await addSuppression(test.ctx, phoneNumber(1), { reason: 'blocked' })
    await applyInbound(test, phoneNumber(1), 'not interested')
    expect(await showReplies(test.ctx, { limit: 9, isOpen: true })).toEqual([])
  })

  it('is stored and obeyed once, however often its callback comes', async () => {
    const test = await setup()
    await write(test, phone, 'STOP', 'wamid.A')
    await removeSuppression(test.ctx, phone, undefined)
    await test.ctx.db.write((tx) => tx.run('UPDATE webhook_events SET next_try_at = 0, applied_at = NULL'))
    await applyDue(test)
    expect(await all(test)).toHaveLength(1)
    expect(await suppressed(test)).toEqual([])
    await write(test, phone, 'STOP', 'wamid.B')
    expect(await suppressed(test)).toHaveLength(1)
  })

  it('to WhatsApp itself is one too', async () => {
    const test = await setup()
    await applyPreference(test, phone, 'stop')
    await applyPreference(test, phone, 'resume')
    expect((await all(test)).map(({ kind, reading }) => [kind, reading])).toEqual([
      ['preference', 'other'],
      ['preference', 'opt_out'],
    ])
    expect(await suppressed(test)).toHaveLength(1)
  })

  it('is found by page, by number, by reading, and nothing is lost while others settle', async () => {
    const test = await setup(1)
    for (let n = 0; n < 7; n++)
      await write(test, phoneNumber(n), n % 2 === 0 ? 'not interested' : `Hello ${n}`, `id${n}`)
    const seen: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await showReplies(test.ctx, { limit: 2, after })
      const last = page.at(-1)
      if (last === undefined) break
      seen.push(...page.map(({ id }) => id))
      after = placeOf(last)
      if (seen.length === 2) await settleByOperator(test.ctx, last.id, { as: 'not_opt_out', by: 'ann' })
    }
    // What was settled meanwhile comes once more, among the others.
    expect(seen).toEqual(['rep_7', 'rep_5', 'rep_3', 'rep_1', 'rep_6', 'rep_5', 'rep_4', 'rep_2'])
    expect(await showReplies(test.ctx, { limit: 9, phone: phoneNumber(3) })).toMatchObject([{ text: 'Hello 3' }])
    expect(await showReplies(test.ctx, { limit: 9, phone: '+12025550999' })).toEqual([])
    expect(await showReplies(test.ctx, { limit: 9, reading: 'probable_opt_out' })).toHaveLength(4)
    await expect(showReplies(test.ctx, { limit: 9, phone: 'x' })).rejects.toMatchObject({
      code: 'phone.invalid_character',
    })
  })

  it('goes with the person who is erased, and after its days', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'I am Quilla')
    await applyInbound(test, phoneNumber(1), 'Hello')
    await eraseContactByOperator(test.ctx, phone)
    expect((await all(test)).map(({ text }) => text)).toEqual(['Hello'])
    test.clock.advance(91 * DAY)
    while (await forgetOld(test.ctx));
    expect(await all(test)).toEqual([])
  })
})

describe('I4: own words', () => {
  it('opt people out, alone or politely, and on buttons by payload', async () => {
    const test = await setup()
    await editReplyRules(test.ctx, { addWords: ['Keine Blumen mehr', 'keine BLUMEN mehr!'], addPayloads: ['p-17'] })
    expect(await showReplyRules(test.ctx)).toEqual({
      words: ['keine BLUMEN mehr!'],
      payloads: ['p-17'],
      onStart: 'nothing',
    })
    await applyInbound(test, phone, 'Bitte keine Blumen mehr.')
    await storeCallback(
      test,
      metaEnvelope({
        messages: [
          {
            from: phoneNumber(1).slice(1),
            id: 'wamid.T',
            timestamp: String(Math.floor(test.clock.now() / 1000)),
            type: 'button',
            button: { payload: 'p-17', text: 'Not for me' },
          },
        ],
      }),
    )
    await applyDue(test)
    expect((await suppressed(test)).map(({ phone: number }) => number).sort()).toEqual([phone, phoneNumber(1)])
    await editReplyRules(test.ctx, { removeWords: ['KEINE blumen mehr'], removePayloads: ['p-17'] })
    expect(await showReplyRules(test.ctx)).toMatchObject({ words: [], payloads: [] })
  })

  it('are refused when they are nothing or too much, with the place', async () => {
    const test = await openTestApp()
    const refused = { code: 'reply.rules_invalid' }
    await expect(editReplyRules(test.ctx, { addWords: ['!!!'] })).rejects.toMatchObject(refused)
    await expect(setReplyRules(test.ctx, { words: ['x'.repeat(101)] })).rejects.toMatchObject(refused)
    await expect(setReplyRules(test.ctx, { payloads: Array(201).fill('p') })).rejects.toMatchObject(refused)
  })
})

describe('START (case 54)', () => {
  it('lifts nothing as Herald ships, and is shown', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'STOP')
    await applyInbound(test, phone, 'START')
    expect(await suppressed(test)).toHaveLength(1)
    expect((await all(test)).map(({ reading }) => reading)).toEqual(['opt_in', 'opt_out'])
  })

  it('I4: lifts the opt-out where the installation says so, and is kept as consent', async () => {
    const test = await setup()
    await editReplyRules(test.ctx, { onStart: 'lift' })
    await applyInbound(test, phone, 'STOP')
    test.clock.advance(60_000)
    await applyInbound(test, phone, 'Start, please')
    expect(await suppressed(test)).toEqual([])
    expect(await showContact(test.ctx, phone)).toMatchObject({
      consent: 'granted',
      consents: [{ consent: 'granted', evidence: expect.stringMatching(/^wrote "Start, please" \(whe_\d+\)$/) }],
    })
  })

  it('I4: lifts no block, and nothing that was said after it', async () => {
    const test = await setup()
    await editReplyRules(test.ctx, { onStart: 'lift' })
    await addSuppression(test.ctx, phone, { scope: 'all', reason: 'blocked' })
    await write(test, phone, 'STOP', 'a')
    await write(test, phone, 'START', 'b')
    expect(await suppressed(test)).toEqual([{ phone, scope: 'all', reason: 'blocked' }])
    const now = test.clock.now()
    await write(test, phoneNumber(1), 'STOP', 'c', now)
    await write(test, phoneNumber(1), 'START', 'd', now - 60_000)
    expect((await suppressed(test)).map(({ phone: number }) => number)).toContain(phoneNumber(1))
  })
})
