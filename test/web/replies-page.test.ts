// The page of replies: what is probably an opt-out first, settled by one click; own words and START.
import { expect, it } from 'vitest'
import { showSuppressions } from '../../src/engine/contacts/suppressions.ts'
import { showReplyRules } from '../../src/engine/replies/reply-rules.ts'
import { serveApi } from '../support/api-client.ts'
import { applyInbound, applyMessages } from '../support/callbacks.ts'
import { addMeta, importPeople, openTestApp, phoneNumber } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

async function written() {
  const before = await openTestApp()
  await addMeta(before)
  await importPeople(before, 3)
  await applyInbound(before, phoneNumber(0), 'not interested <b>at all</b>, please stop this')
  await applyInbound(before, phoneNumber(1), 'When do you open?')
  await applyMessages(before, [
    { id: 'wamid.U', type: 'text', text: { body: 'STOP' }, from_user_id: 'US.1349000000000000001' },
  ])
  return serveApi({ dir: before.dir, clock: before.clock })
}

it('I4: tells a picture, a reaction and an empty text apart', async () => {
  const before = await openTestApp()
  await addMeta(before)
  await importPeople(before, 1)
  const from = phoneNumber(0).slice(1)
  await applyMessages(before, [
    { from, id: 'wamid.P', type: 'image', image: { id: '1' } },
    { from, id: 'wamid.R', type: 'reaction', reaction: { message_id: 'wamid.A', emoji: '❤️' } },
    { from, id: 'wamid.E', type: 'text', text: { body: '' } },
  ])
  const viewer = await visit(await serveApi({ dir: before.dir, clock: before.clock }), 'viewer')
  const { text } = await viewer.get('/replies')
  expect(text).toContain('<span class="soft">picture</span>')
  expect(text).toMatch(/reaction: <\/span>\s*<bdi>❤️/)
  expect(text).toContain('an empty text')
})

it('I4: shows what is probably an opt-out first, and settles it by one click', async () => {
  const client = await written()
  const viewer = await visit(client, 'viewer')
  const { text } = await viewer.get('/replies')
  expect(text.indexOf('at all')).toBeLessThan(text.indexOf('When do you open?'))
  expect(text).toContain('&lt;b&gt;at all&lt;/b&gt;')
  expect(text).not.toContain('/settle')
  expect((await viewer.post('/replies/rep_1/settle', { as: 'opt_out' })).status).toBe(403)
  const editor = await visit(client, 'editor')
  expect((await editor.get('/')).text).toMatch(/href="\/replies">Replies to settle <strong>2</)
  expect((await editor.get('/replies')).text).toContain('Not an opt-out')
  const settled = await editor.post('/replies/rep_1/settle', { as: 'opt_out', filter: 'reading=probable_opt_out' })
  expect([settled.status, settled.headers.get('location')]).toEqual([303, '/replies?reading=probable_opt_out'])
  expect(await showSuppressions(client.ctx, { limit: 9 })).toMatchObject([
    { phone: phoneNumber(0), evidence: expect.stringContaining('according to') },
  ])
  expect((await editor.get('/replies?reading=probable_opt_out')).text).toContain('Opt-out, settled by')
  expect((await editor.post('/replies/rep_1/settle', { as: 'nothing' })).status).toBe(303)
})

it('I2: asks whose reply it is where nobody knows', async () => {
  const client = await written()
  const editor = await visit(client, 'editor')
  expect((await editor.get('/replies')).text).toContain('number not known yet')
  const refused = await editor.post('/replies/rep_3/settle', { as: 'opt_out', phone: '' })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('nobody knows whose reply')
  await editor.post('/replies/rep_3/settle', { as: 'opt_out', phone: '+1 202-555-0102' })
  expect(await showSuppressions(client.ctx, { limit: 9 })).toMatchObject([{ phone: phoneNumber(2) }])
  expect((await editor.get('/contacts/con_3')).text).toContain('What they wrote and tapped')
})

it('finds the replies of one person and of one kind, and says when a number is none', async () => {
  const client = await written()
  const viewer = await visit(client, 'viewer')
  const { text } = await viewer.get(`/replies?phone=${encodeURIComponent(phoneNumber(1))}`)
  expect(text).toContain('When do you open?')
  expect(text).not.toContain('at all')
  expect((await viewer.get('/replies?reading=opt_in')).text).toContain('Nothing of the kind.')
  expect((await viewer.get('/replies?phone=x')).status).toBe(422)
})

it('takes own words, payloads and what START does from an administrator', async () => {
  const client = await written()
  const editor = await visit(client, 'editor')
  expect((await editor.get('/replies/rules')).text).toContain('changes nothing')
  expect((await editor.post('/replies/rules', { words: 'x' })).status).toBe(403)
  const admin = await visit(client, 'admin')
  const form = { words: 'No more flowers\n\nKeine Blumen', payloads: 'p-17', onStart: 'lift' }
  expect((await admin.post('/replies/rules', form)).status).toBe(303)
  const rules = { words: ['No more flowers', 'Keine Blumen'], payloads: ['p-17'], onStart: 'lift' }
  expect(await showReplyRules(client.ctx)).toEqual(rules)
  const refused = await admin.post('/replies/rules', { ...form, words: '!!!' })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('has no letter and no digit')
  expect(await showReplyRules(client.ctx)).toEqual(rules)
})
