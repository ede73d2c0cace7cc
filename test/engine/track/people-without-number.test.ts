// People whom WhatsApp names by an id, and people who change their number.
import { describe, expect, it } from 'vitest'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { addSuppression, showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { showReplies } from '../../../src/engine/replies/replies.ts'
import { settleByOperator } from '../../../src/engine/replies/settle-reply.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import {
  applyDue,
  applyInbound,
  applyMessages,
  applyStatus,
  metaEnvelope,
  metaStatus,
  storeCallback,
} from '../../support/callbacks.ts'
import { accepted, claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  importLines,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
  templateContent,
} from '../../support/open-test-app.ts'

const phone = phoneNumber(0)
const userId = 'US.1349000000000000001'
const changedId = 'US.1349000000000000002'

/** One campaign is with two people, another one waits for them. */
async function setup(): Promise<TestApp> {
  const test = await openTestApp()
  await addMeta(test)
  await importPeople(test, 2)
  const limits = { frequencyCap: 'ignore', quietHours: 'ignore' }
  await addTestCampaign(test, { content: templateContent, limits })
  await launchAndPlan(test, 'Spring sale')
  await record(test, await claimAll(test), (message) => accepted(message.attemptId))
  await addTestCampaign(test, { name: 'Next', content: templateContent, limits })
  await launchAndPlan(test, 'Next')
  return test
}

async function delivered(test: TestApp, extra: Record<string, unknown>, beside: Record<string, unknown> = {}) {
  const status = { ...metaStatus({ trackingId: 'track-1', status: 'delivered', at: test.clock.now() }), ...extra }
  await storeCallback(test, metaEnvelope({ ...beside, statuses: [status] }))
  await applyDue(test)
}

const write = (test: TestApp, text: string, from: Record<string, unknown> = { from_user_id: userId }) =>
  applyMessages(test, [{ id: `wamid.${text}`, type: 'text', text: { body: text }, ...from }])
const suppressed = async (test: TestApp) =>
  (await showSuppressions(test.ctx, { limit: 9 })).map((one) => `${one.phone} ${one.scope} ${one.reason}`).sort()
const optedOut = (number = phone) => `${number} marketing opted_out`
const statusesOf = async (test: TestApp, of = phone) =>
  (await storedMessages(test)).filter((message) => message.phone === of).map(({ status }) => status)
const replies = (test: TestApp) => showReplies(test.ctx, { limit: 9 })

describe('I2: a person who hides the number', () => {
  it('is delivered to by the id of the message alone (case 44)', async () => {
    const test = await setup()
    await delivered(test, { recipient_user_id: userId })
    expect(await statusesOf(test)).toEqual(['delivered', 'pending'])
    expect((await showContact(test.ctx, phone)).userIds).toEqual([userId])
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a status', { recipient_id: phone.slice(1), recipient_user_id: userId }, {}],
    [
      'the contact beside a status',
      { recipient_id: phone.slice(1) },
      { contacts: [{ profile: { name: 'Ada' }, wa_id: phone.slice(1), user_id: userId }] },
    ],
  ])('opts out by the id that %s has taught (case 42)', async (_, extra, beside) => {
    const test = await setup()
    await delivered(test, extra, beside)
    await write(test, 'STOP')
    expect(await suppressed(test)).toEqual([optedOut()])
    expect(await statusesOf(test)).toEqual(['delivered', 'skipped'])
    expect(await replies(test)).toMatchObject([{ phone, text: 'STOP', reading: 'opt_out', isOpen: false }])
  })

  it('is learned from the answer to a call, and from what they wrote under their number', async () => {
    const test = await openTestApp()
    await addMeta(test)
    await importPeople(test, 2)
    await addTestCampaign(test, { content: templateContent })
    await launchAndPlan(test, 'Spring sale')
    await record(test, await claimAll(test), ({ attemptId, phone: to }) => ({
      kind: 'accepted',
      trackingId: `track-${attemptId}`,
      ...(to === phone && { userId }),
    }))
    await write(test, 'Hello', { from: phoneNumber(1).slice(1), from_user_id: changedId })
    await write(test, 'STOP')
    await write(test, 'Please stop', { from_user_id: changedId })
    expect(await suppressed(test)).toEqual([optedOut(), optedOut(phoneNumber(1))])
  })

  it('opts out by a tap on our message, and by WhatsApp’s own switch', async () => {
    const test = await setup()
    const button = { payload: 'optout:spring', text: 'No more' }
    const tap = { id: 'wamid.T', type: 'button', button, from_user_id: userId, context: { id: 'track-1' } }
    await applyMessages(test, [tap])
    expect(await suppressed(test)).toEqual([optedOut()])
    expect(await statusesOf(test)).toEqual(['read', 'skipped'])
    await delivered(test, { id: 'track-2', recipient_user_id: changedId })
    const preference = { user_id: changedId, category: 'marketing_messages', value: 'stop', timestamp: 1_795_900_100 }
    await storeCallback(test, metaEnvelope({ user_preferences: [preference] }, 'user_preferences'))
    await applyDue(test)
    expect(await suppressed(test)).toEqual([optedOut(), optedOut(phoneNumber(1))])
  })

  it('opens a session by the id', async () => {
    const test = await setup()
    await delivered(test, { recipient_user_id: userId })
    await write(test, 'Hello')
    const rows = await test.ctx.db.read((tx) =>
      tx.all<{ at: number }>('SELECT last_inbound_at AS at FROM contact_senders WHERE contact_id = 1'),
    )
    expect(rows).toEqual([{ at: Math.floor(test.clock.now() / 1000) * 1000 }])
  })

  it('who opts out before anybody knows the number is obeyed as soon as it is known', async () => {
    const test = await setup()
    await write(test, 'STOP')
    expect(await replies(test)).toMatchObject([
      { phone: null, contactId: null, userId, reading: 'opt_out', isOpen: true },
    ])
    expect(await suppressed(test)).toEqual([])
    await delivered(test, { recipient_user_id: userId })
    expect(await suppressed(test)).toEqual([optedOut()])
    expect(await statusesOf(test)).toEqual(['delivered', 'skipped'])
    expect(await replies(test)).toMatchObject([{ phone, isOpen: false }])
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('whom nobody knows is settled by a person, with the phone', async () => {
    const test = await setup()
    await write(test, 'STOP')
    await write(test, 'not interested')
    const settle = (change: object) => settleByOperator(test.ctx, 'rep_1', { as: 'opt_out', by: 'ann', ...change })
    await expect(settle({})).rejects.toMatchObject({ code: 'reply.unmatched', hint: expect.stringContaining(userId) })
    expect(await settle({ phone })).toMatchObject({ phone, isOpen: false, stopped: 1 })
    expect(await suppressed(test)).toEqual([optedOut()])
    expect((await showContact(test.ctx, phone)).replies).toHaveLength(2)
    expect(await showReplies(test.ctx, { limit: 9, isOpen: true })).toEqual([])
    await expect(settle({ phone: phoneNumber(1) })).rejects.toMatchObject({ code: 'reply.matched' })
    await write(test, 'Stop it', { from_user_id: changedId })
    await settleByOperator(test.ctx, 'rep_3', { as: 'not_opt_out', by: 'ann' })
    expect(await showReplies(test.ctx, { limit: 9, isOpen: true })).toEqual([])
  })

  it('F3: who was erased stays so, also under the id', async () => {
    const test = await setup()
    await delivered(test, { recipient_id: phone.slice(1), recipient_user_id: userId })
    await write(test, 'I am Quilla')
    await eraseContactByOperator(test.ctx, phone)
    await write(test, 'I am Quilla again')
    await applyStatus(test, { trackingId: 'track-2', status: 'delivered' })
    expect(await replies(test)).toEqual([])
    const left = await test.ctx.db.read((tx) =>
      tx.all<{ text: string }>(
        `SELECT body AS text FROM webhook_events UNION ALL SELECT user_id FROM contact_user_ids UNION ALL SELECT key FROM suppressions`,
      ),
    )
    expect(left.filter(({ text }) => /Quilla|2025550100|1349/.test(text))).toEqual([])
    // Nor does a stranger's reply that somebody takes for theirs.
    await write(test, 'STOP', { from_user_id: changedId })
    const [stranger] = await replies(test)
    const settled = settleByOperator(test.ctx, stranger?.id ?? '', { as: 'opt_out', by: 'ann', phone })
    await expect(settled).rejects.toMatchObject({ code: 'contact.erased' })
  })
})

const changeNumber = (test: TestApp, from: string, to: string | null, ids: Record<string, unknown> = {}) =>
  applyMessages(test, [
    {
      id: `wamid.SYS.${from}.${to}`,
      type: 'system',
      from: from.replace('+', ''),
      system: { type: 'user_changed_number', body: 'free text', ...(to && { wa_id: to.replace('+', '') }), ...ids },
    },
  ])

describe('I10: a changed number', () => {
  it('is named when a person asks why about the old one', async () => {
    const test = await openTestApp()
    await addMeta(test)
    await importPeople(test, 1)
    await addTestCampaign(test)
    await changeNumber(test, phoneNumber(0), '+447700906002')
    const { decision, checks } = await whyFor(test.ctx, 'Spring sale', phoneNumber(0))
    expect(decision).toBe('not_a_contact')
    expect(checks).toMatchObject([{ detail: expect.stringContaining('became +447700906002') }])
    expect((await whyFor(test.ctx, 'Spring sale', '+447700906003')).checks).toMatchObject([
      { detail: 'no contact has this number' },
    ])
  })

  it('inherits the opt-out, of a contact and of a stranger (case 53)', async () => {
    const test = await openTestApp()
    await addMeta(test)
    await applyInbound(test, '+447700906001', 'STOP')
    await addSuppression(test.ctx, '+447700906005', { scope: 'all', reason: 'blocked' })
    await addSuppression(test.ctx, '+447700906007', { scope: 'all', reason: 'invalid_number' })
    await changeNumber(test, '+447700906001', '+447700906002')
    await changeNumber(test, '+447700906005', '+447700906006')
    await changeNumber(test, '+447700906007', '+447700906008')
    expect(await suppressed(test)).toEqual([
      optedOut('+447700906001'),
      optedOut('+447700906002'),
      '+447700906005 all blocked',
      '+447700906006 all blocked',
      '+447700906007 all invalid_number',
    ])
  })

  it('is the same contact, with lists, history and consent, and late callbacks of the old number fit', async () => {
    const test = await setup()
    await test.ctx.db.write((tx) => tx.run(`UPDATE contacts SET consent = 'granted' WHERE id = 1`))
    await changeNumber(test, phone, '+447700906002', { user_id: changedId, previous_user_id: userId })
    expect(await showContact(test.ctx, '+447700906002')).toMatchObject({
      id: 'con_1',
      lists: ['people'],
      consent: 'granted',
      zone: 'Europe/London',
      formerPhones: [phone],
      userIds: [userId, changedId],
      replies: [{ kind: 'number_change', text: `${phone} became +447700906002` }],
    })
    await applyStatus(test, { trackingId: 'track-1', to: phone.slice(1), status: 'delivered' })
    expect(await statusesOf(test, '+447700906002')).toEqual(['delivered', 'pending'])
    // The old number may be somebody else's by now.
    await applyInbound(test, phone, 'Hello, who are you?')
    expect((await showContact(test.ctx, phone)).id).not.toBe('con_1')
    await test.ctx.db.write((tx) => tx.run('UPDATE webhook_events SET next_try_at = 0, applied_at = NULL'))
    await applyDue(test)
    expect(await showContact(test.ctx, '+447700906002')).toMatchObject({ id: 'con_1', formerPhones: [phone] })
    expect((await showContact(test.ctx, phone)).formerPhones).toEqual([])
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('stops what waits for the new number, where that is a contact already, and hands a no over', async () => {
    const test = await setup()
    await applyInbound(test, phone, 'STOP')
    await test.ctx.db.write((tx) => tx.run(`UPDATE contacts SET consent = 'denied' WHERE id = 1`))
    expect(await statusesOf(test, phoneNumber(1))).toEqual(['accepted', 'pending'])
    await changeNumber(test, phone, phoneNumber(1))
    expect(await statusesOf(test, phoneNumber(1))).toEqual(['accepted', 'skipped'])
    expect(await showContact(test.ctx, phoneNumber(1))).toMatchObject({ consent: 'denied' })
    expect(await showContact(test.ctx, phone)).toMatchObject({ id: 'con_1' })
  })

  it('that is hidden is known by the new id', async () => {
    const test = await setup()
    await delivered(test, { recipient_user_id: userId })
    const system = { type: 'user_changed_user_id', previous_user_id: userId, user_id: changedId, body: 'free text' }
    await applyMessages(test, [{ id: 'wamid.SYS', type: 'system', system }])
    await write(test, 'STOP', { from_user_id: changedId })
    expect(await suppressed(test)).toEqual([optedOut()])
  })

  it('to the number of an erased person brings nobody back, and an erasure removes former numbers', async () => {
    const test = await setup()
    await eraseContactByOperator(test.ctx, phoneNumber(1))
    await changeNumber(test, phone, phoneNumber(1))
    expect((await showContact(test.ctx, phone)).formerPhones).toEqual([])
    await applyInbound(test, phone, 'STOP')
    await changeNumber(test, phone, '+447700906002')
    await eraseContactByOperator(test.ctx, '+447700906002')
    expect(await suppressed(test)).toEqual([])
    const bodies = await test.ctx.db.read((tx) => tx.all<{ body: string }>('SELECT body FROM webhook_events'))
    expect(bodies.filter(({ body }) => body.includes('2025550100') || body.includes('7700906002'))).toEqual([])
  })
})

it('I10: a Brazilian who answers without the ninth digit is the person who has it (case 45)', async () => {
  const test = await openTestApp()
  await addMeta(test)
  await importLines(test, ['phone', '+5511961234567'])
  await applyInbound(test, '551161234567', 'SAIR')
  expect(await suppressed(test)).toEqual([optedOut('+5511961234567')])
  const count = await test.ctx.db.read((tx) => tx.get<{ n: number }>('SELECT count(*) AS n FROM contacts'))
  expect(count?.n).toBe(1)
})
