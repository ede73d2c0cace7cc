// Messages without an answer on their page: shown with the reason, settled one by one, by those who may send.
import { expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, record, storedMessages } from '../support/claims.ts'
import { addSandbox, addTestCampaign, importPeople, openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

async function doubt() {
  const before = await openTestApp()
  await addSandbox(before)
  await importPeople(before, 3)
  await addTestCampaign(before)
  await launchAndPlan(before, 'Spring sale')
  const error = { code: 'timeout', text: '<b>gone</b>', advice: '', httpStatus: null }
  await record(before, await claimAll(before), () => ({ kind: 'unknown', error }))
  return serveApi({ dir: before.dir, clock: before.clock })
}

it('shows each with its phone and reason, and the report leads there', async () => {
  const client = await doubt()
  const viewer = await visit(client, 'viewer')
  const { text } = await viewer.get('/unknown')
  expect(text.match(/msg_\d/g)).toEqual(['msg_1', 'msg_2', 'msg_3'])
  expect(text).toContain('&lt;b&gt;gone&lt;/b&gt;')
  expect(text).not.toContain('Send it again')
  expect((await viewer.get('/campaigns/cmp_1/report')).text).toContain('href="/unknown?campaign=cmp_1"')
  expect((await viewer.post('/unknown/msg_1', { as: 'accepted' })).status).toBe(403)
})

it('settles what somebody knows, comes back to the same campaign, and does nothing for another word', async () => {
  const client = await doubt()
  const sender = await visit(client, 'sender')
  const campaign = 'cmp_1'
  const taken = await sender.post('/unknown/msg_1', { as: 'accepted', campaign })
  expect([taken.status, taken.headers.get('location')]).toEqual([303, '/unknown?campaign=cmp_1'])
  await sender.post('/unknown/msg_2', { as: 'failed' })
  await sender.post('/unknown/msg_3', { as: 'nothing' })
  expect((await storedMessages(client)).map(({ status }) => status)).toEqual(['accepted', 'failed', 'unknown'])
  await sender.post('/unknown/msg_3', { as: 'resend' })
  expect((await storedMessages(client)).map(({ status }) => status)).toEqual(['accepted', 'failed', 'unknown'])
  await sender.post('/unknown/msg_3/resend', { sure: 'yes' })
  expect((await storedMessages(client)).map(({ status }) => status)).toEqual(['accepted', 'failed', 'pending'])
  const { text } = await sender.get('/unknown?campaign=cmp_1')
  expect(text).toContain('None: the provider answered for every message.')
})

it('settles many at once, after it has said what will happen', async () => {
  const client = await doubt()
  const sender = await visit(client, 'sender')
  expect((await sender.get('/unknown')).text).toContain('Settle many at once')
  const asked = await sender.get('/unknown/settle?campaign=Spring+sale&reason=timeout&as=accepted')
  expect(asked.text).toContain('3 will count as taken by the provider. Nothing is sent.')
  const chosen = { campaign: 'Spring sale', reason: 'timeout', as: 'accepted', sure: 'yes' }
  expect((await sender.post('/unknown/settle', { ...chosen, count: '2' })).status).toBe(409)
  expect((await sender.post('/unknown/settle', { ...chosen, count: '3' })).status).toBe(303)
  expect((await storedMessages(client)).map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted'])
  const viewer = await visit(client, 'viewer')
  expect((await viewer.post('/unknown/settle', { ...chosen, count: '3' })).status).toBe(403)
})
