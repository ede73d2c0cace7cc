// Every operation of the document, called with real data: what it answers when it works, and when it refuses a stranger, a
// caller without the right, a name that nothing has and a field that nobody described. Each answer is held against the
// document (test/support/described.ts). An operation that is added fails here until it is played.
import { expect, it, onTestFinished } from 'vitest'
import { roleRights, roles } from '../../src/domain/access.ts'
import { startEmulator } from '../../src/emulator/emulator.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { documentOf, fill } from '../support/all-routes.ts'
import { type ApiAnswer, type ApiCall, type ApiClient, serveApi } from '../support/api-client.ts'
import { applyInbound } from '../support/callbacks.ts'
import { claimAll, launchAndPlan, providerError, record } from '../support/claims.ts'
import { until } from '../support/fake-clock.ts'
import {
  addMeta,
  addSandbox,
  addTestCampaign,
  campaignDefinition,
  importPeople,
  openTestApp,
  phoneNumber,
  templateContent,
} from '../support/open-test-app.ts'
import { accounts } from '../support/provider-accounts.ts'

const phone = encodeURIComponent(phoneNumber(0))
const stranger = encodeURIComponent(phoneNumber(77))
const csv = 'phone,first_name\n+12025550180,Ann\n+12025550181,"Bob, or Rob"\n+12025550180,Anna\n12,Nobody\n'
const csvType = { 'content-type': 'text/csv' }
const templateOfProvider = {
  name: 'spring',
  language: 'en',
  category: 'MARKETING',
  components: [{ type: 'BODY', text: 'Hello, spring is here.' }],
}

/** Two messages in doubt, two replies and a sender whose provider answers. */
async function withHistory(): Promise<ApiClient> {
  const emulator = await startEmulator()
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const before = await openTestApp()
  await addMeta(before, { baseUrl: emulator.baseUrl('meta'), credentials: accounts.meta })
  const other = { name: 'other', provider: 'onemsg', credentials: accounts.onemsg }
  await addSender(before.ctx, { ...other, baseUrl: emulator.baseUrl('onemsg') })
  await addSandbox(before, { name: 'sandbox' })
  await importPeople(before, 3)
  await addTestCampaign(before, { name: 'Doubt', content: templateContent })
  await launchAndPlan(before, 'Doubt')
  await record(before, await claimAll(before), () => ({ kind: 'unknown', error: providerError('timeout') }))
  await applyInbound(before, phoneNumber(0), 'not interested, please stop this')
  const env = { HERALD_REQUESTS_PER_SECOND: '100000', HERALD_PUBLIC_URL: 'https://herald.example' }
  return serveApi({ dir: before.dir, clock: before.clock, env })
}

interface Operation {
  id: string
  method: string
  path: string
  right: (typeof roleRights)['admin'][number]
  takesJson: boolean
}

function operationsOf(client: ApiClient): Operation[] {
  const { paths } = documentOf(client)
  // biome-ignore lint/suspicious/noExplicitAny: a document
  return Object.entries<Record<string, any>>(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, described]) => ({
      id: described.operationId,
      method: method.toUpperCase(),
      path,
      right: described['x-right'],
      takesJson: described.requestBody?.content['application/json'] !== undefined,
    })),
  )
}

/** Plays one operation after another, and remembers which of them have worked. */
function playerOf(client: ApiClient) {
  const operations = operationsOf(client)
  const worked = new Set<string>()
  // biome-ignore lint/suspicious/noExplicitAny: what came is what the next call is made of
  const play = async (id: string, address: string, call: ApiCall = {}): Promise<ApiAnswer<any>> => {
    const operation = operations.find((one) => one.id === id)
    const answer = await client.api(address, { method: operation?.method ?? 'GET', ...call })
    expect(`${id} ${answer.status} ${answer.status < 300 ? '' : answer.text}`).toMatch(/^\w+ 20\d $/)
    worked.add(id)
    return answer
  }
  /** A stream that does not end by itself: its head is what the document describes. */
  const watch = async (id: string, address: string) => {
    const enough = new AbortController()
    const headers = { authorization: `Bearer ${client.keys.viewer}` }
    const { status, headers: head } = await fetch(`${client.base}/api/v1${address}`, { headers, signal: enough.signal })
    enough.abort()
    expect([status, head.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
    worked.add(id)
  }
  const missing = () => operations.map(({ id }) => id).filter((id) => !worked.has(id))
  return { play, watch, missing }
}

it('answers what the document says, for every operation that works', async () => {
  const client = await withHistory()
  const { play, watch, missing } = playerOf(client)
  const body = (value: unknown): ApiCall => ({ body: value })
  const bothTables = async (id: string, address: string) => {
    const sign = address.includes('?') ? '&' : '?'
    for (const format of ['csv', 'xlsx']) await play(id, `${address}${sign}format=${format}`)
  }
  const watched = async (id: string) => {
    const state = async () => (await play('getImportJob', `/imports/jobs/${id}`)).body
    await until(client.clock, async () => (await state()).state !== 'running')
    expect(await state()).toMatchObject({ state: 'done' })
    await play('watchImportJob', `/imports/jobs/${id}/events`)
  }
  const upload = async () =>
    (await play('uploadFile', '/uploads?fileName=a.csv', { body: csv, headers: csvType })).body.id

  // Files and people.
  await play('getUpload', `/uploads/${await upload()}`)
  await play('listUploads', '/uploads')
  await play('deleteUpload', '/uploads/upl_1')
  for (const dryRun of [true, false]) {
    const order = { upload: await upload(), list: 'spring', dryRun }
    const job = (await play('startImport', '/imports', body(order))).body
    await watched(job.id)
    if (dryRun) await bothTables('getImportJobRejects', `/imports/jobs/${job.id}/rejects`)
  }
  const [{ id: imported }] = (await play('listImports', '/imports?limit=1')).body.items
  await play('getImport', `/imports/${imported}`)
  await bothTables('getImportRejects', `/imports/${imported}/rejects`)
  await play('listLists', '/lists?limit=1')
  await play('getList', '/lists/spring')
  await play('listContacts', '/lists/spring/contacts?limit=1&search=Bob')
  await bothTables('exportList', '/lists/spring/export')
  await bothTables(
    'exportContacts',
    `/contacts/export?list=spring&filter=${encodeURIComponent('{"field":"first_name","is":"Ann"}')}`,
  )
  await play('findContacts', '/contacts?search=ann')
  await play(
    'addContact',
    '/contacts',
    body({ phone: '+12025550177', attributes: { first_name: 'Bea' }, addTo: ['spring'] }),
  )
  await play(
    'editContact',
    '/contacts/%2B12025550177',
    body({ attributes: { first_name: '' }, removeFrom: ['spring'] }),
  )
  await play('getContact', `/contacts/${phone}`)
  await play('exportContact', `/contacts/${phone}/export`)
  await play(
    'addSuppression',
    '/suppressions',
    body({ phone: phoneNumber(77), reason: 'opted_out', scope: 'marketing' }),
  )
  await play('listSuppressions', '/suppressions?limit=1')
  await bothTables('exportSuppressions', '/suppressions/export')
  await play('liftSuppression', `/suppressions/${stranger}`)
  await watched((await play('importSuppressions', '/suppressions/import', body({ upload: await upload() }))).body.id)
  const [reply] = (await play('listReplies', '/replies?isOpen=true')).body.items
  await play('settleReply', `/replies/${reply.id}/settle`, body({ as: 'opt_out' }))
  await play('getReplyRules', '/reply-rules')
  await play('setReplyRules', '/reply-rules', body({ words: ['weg damit'] }))

  // A campaign, from its previews to its end.
  const definition = campaignDefinition({ sender: 'sandbox', audience: { lists: ['people'] } })
  await play('previewAudience', '/previews/audience', body({ audience: definition.audience, useCase: 'marketing' }))
  await play(
    'previewContent',
    '/previews/content',
    body({ audience: definition.audience, content: definition.content }),
  )
  await play(
    'previewContent',
    '/previews/content',
    body({ audience: definition.audience, content: templateContent, sender: 'main' }),
  )
  const cron = { cron: '0 9 * * MON', timeZone: 'recipient' }
  for (const schedule of [
    cron,
    { at: '2027-07-01T09:00', timeZone: 'Europe/Berlin' },
    { every: '1d', from: '2027-07-01T09:00' },
  ])
    await play('previewSchedule', '/previews/schedule', body({ schedule, count: 2 }))
  const { id: campaign } = (await play('addCampaign', '/campaigns', body(definition))).body
  const at = (rest = '') => `/campaigns/${campaign}${rest}`
  await play('replaceCampaign', at(), body(definition))
  await play('getCampaign', at())
  for (const format of ['', '?format=csv', '?format=html', '?format=xlsx'])
    await play('getCampaignReport', at(`/report${format}`))
  await play('forecastCampaign', at('/forecast'))
  await play('reviewCampaign', at('/review'))
  let isTested = false
  const tested = play('sendTest', at('/test'), body({ to: phoneNumber(9) })).finally(() => (isTested = true))
  await until(client.clock, () => isTested)
  await tested
  await play('pauseSender', '/senders/sandbox/pause')
  await play('launchCampaign', at('/launch'), body({}))
  await play('pauseCampaign', at('/pause'))
  await play('resumeCampaign', at('/resume'), body({}))
  await watch('watchCampaign', at('/live'))
  await play('listNeeds', '/needs')
  await play('resumeSender', '/senders/sandbox/resume')
  await until(client.clock, async () => (await play('getCampaign', at())).body.status === 'finished')
  await play('listCampaigns', '/campaigns?limit=1')
  for (const rest of ['', '?run=run_2']) await play('getCampaignReport', at(`/report${rest}`))
  await play('listRuns', at('/runs'))
  await play('getCampaignTimeline', at('/timeline'))
  await play('verifyCampaign', at('/verify'))
  await bothTables('exportCampaign', at('/export'))
  for (const one of [phone, stranger]) await play('explainPerson', at(`/why?phone=${one}`))
  await play('getContact', `/contacts/${phone}`)
  const { id: cloned } = (await play('cloneCampaign', at('/clone'), body({ name: 'Again' }))).body
  await play('launchCampaign', `/campaigns/${cloned}/launch`, body({}))
  await play('cancelCampaign', `/campaigns/${cloned}/cancel`)
  await play('archiveCampaign', at('/archive'))
  const [first] = (await play('listUnknown', '/unknown?limit=1')).body.items
  await play('resolveUnknown', `/unknown/${first.id}/resolve`, body({ as: 'accepted' }))
  const { count } = (await play('countUnknown', '/unknown/summary')).body
  await play('resolveManyUnknown', '/unknown/resolve', body({ as: 'failed', count }))

  // Senders and templates; the second sender has no stand-in to ask.
  await play('addTemplate', '/senders/main/templates', body(templateOfProvider))
  await play('syncSenderTemplates', '/senders/main/templates/sync')
  await play('syncTemplates', '/templates/sync')
  await play('listSenders', '/senders?limit=1')
  await play(
    'addSender',
    '/senders',
    body({ name: 'second', provider: 'meta', credentials: accounts.meta, dailyLimit: 250 }),
  )
  await play('getSender', '/senders/second')
  await play('changeSender', '/senders/second', body({ ratePerSecond: 2.5, dailyLimit: null }))
  await play('getSenderHealth', '/senders/main/health')
  await play('checkSender', '/senders/main/check')
  for (const sender of ['main', 'other']) await play('registerWebhook', `/senders/${sender}/webhook`)
  await play('clearWebhook', '/senders/other/webhook')
  await play('rotateWebhook', '/senders/main/webhook/rotate')
  await play('listTemplates', '/templates?limit=100')
  await play('deleteTemplate', '/senders/main/templates/spring')

  // The installation and its people.
  await play('getLimits', '/limits')
  await play('setQuietHours', '/limits/quiet-hours', body({ from: '22:00', to: '07:00', allDay: ['sun'] }))
  await play('deleteQuietHours', '/limits/quiet-hours')
  await play('setCap', '/limits/caps/weekly', body({ max: 3, window: '7d', scope: 'tag:Sale' }))
  await play('deleteCap', '/limits/caps/weekly')
  await play('getMe', '/me')
  await play('addUser', '/users', body({ name: 'grace', role: 'editor', password: 'violet anchor pebble' }))
  await play('listUsers', '/users?limit=1')
  await play('changeUser', '/users/grace', body({ role: 'viewer' }))
  await play('getUser', '/users/grace')
  await play('setPassword', '/users/grace/password', body({ password: 'gravel lantern 82 pocket' }))
  const { id: key } = (await play('addKey', '/keys', body({ name: 'shop', user: 'grace', expiresAt: '2028-06-02' })))
    .body
  await play('listKeys', '/keys?limit=1')
  await play('revokeKey', `/keys/${key}`)
  await play('checkInstallation', '/doctor')
  await play('verifyInstallation', '/verify')
  await play('getDescription', '/openapi.json')
  const undo = (await play('undoImport', `/imports/${imported}/undo`)).body
  await watched(undo.id)
  await play('deleteList', '/lists/spring')
  await play('eraseContact', `/contacts/${phone}`)
  expect(missing()).toEqual([])
})

it('refuses as the document says, in every operation', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  const operations = operationsOf(client)
  expect(operations.length).toBeGreaterThan(80)
  const wrong: string[] = []
  const expectOne = async (what: string, statuses: number[], { path, method }: Operation, call: ApiCall) => {
    const { status, headers } = await client.api(path, { method, ...call })
    const type = headers.get('content-type')
    if (!statuses.includes(status) || type !== 'application/problem+json') wrong.push(`${what}: ${status} ${type}`)
  }
  for (const operation of operations) {
    const { id, path, right, takesJson } = operation
    const asked = { ...operation, path: fill(path, 'nobody_1') }
    const json = takesJson ? { body: {} } : {}
    await expectOne(`${id} of a stranger`, [401], asked, { ...json, headers: { authorization: '' } })
    const without = roles.find((role) => !roleRights[role].includes(right))
    if (without !== undefined) await expectOne(`${id} of a ${without}`, [403], asked, { ...json, as: without })
    const odd = `${asked.path}?nobodyDescribedThis=1`
    if (path.includes('{')) await expectOne(`${id} of nothing`, [400, 404, 409, 422], asked, json)
    if (takesJson)
      for (const body of ['', '[]', 'null', '{"nobodyDescribedThis": 1}', '{', '"x"'])
        await expectOne(`${id} with ${body}`, [400, 403, 404, 422], asked, { body })
    await expectOne(`${id} with an odd parameter`, [400, 404, 409, 422], { ...asked, path: odd }, json)
  }
  expect(wrong).toEqual([])
})
