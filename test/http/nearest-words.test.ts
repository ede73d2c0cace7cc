// Misspelt words in requests and files: the nearest word that is allowed is named, for values, keys and parameters, at its place.
import { describe, expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { folderWithDatabase, herald, writeIn } from '../support/cli.ts'
import { addSandbox, campaignDefinition, importPeople } from '../support/open-test-app.ts'

const day = async (): Promise<ApiClient> => {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 1)
  return client
}

const audience = { lists: ['people'] }

/** Changes of a campaign with one mistake, its place, and the word that was meant. */
const definitions: [Record<string, unknown>, string, string][] = [
  [{ useCase: 'marketting' }, '/useCase', 'marketing'],
  [{ useCase: 'Marketing' }, '/useCase', 'marketing'],
  [{ content: { type: 'txt', text: 'Hello' } }, '/content/type', 'text'],
  [{ content: { type: 'text', txt: 'Hello' } }, '/content/txt', 'text'],
  [{ delivery: 'atMostOnc' }, '/delivery', 'atMostOnce'],
  [{ schedule: { cron: '0 9 * * *', missed: 'latst' } }, '/schedule/missed', 'latest'],
  [{ limits: { quietHours: 'respekt' } }, '/limits/quietHours', 'respect'],
  [{ limits: { validty: '36h' } }, '/limits/validty', 'validity'],
  [{ audience: { ...audience, exclud: ['people'] } }, '/audience/exclud', 'exclude'],
  [{ audience: { ...audience, filter: { feild: 'city', is: 'Rome' } } }, '/audience/filter', 'field'],
  [{ audience: { ...audience, filter: { field: 'city', iz: 'Rome' } } }, '/audience/filter', 'is'],
  [
    { audience: { ...audience, filter: { all: [{ campaign: 'May', status: ['deliverd'] }] } } },
    '/audience/filter/all/0/status/0',
    'delivered',
  ],
]

describe.each(definitions)('P9: a campaign with %j', (change, pointer, word) => {
  const definition = campaignDefinition({ limits: {}, ...change })
  it('P9: is refused at its place with the word that was meant, by the API', async () => {
    const { status, body } = await (await day()).api('/campaigns', { method: 'POST', body: definition })
    expect(status).toBe(422)
    expect(body.errors).toContainEqual(
      expect.objectContaining({ pointer, detail: expect.stringContaining(`did you mean "${word}"?`) }),
    )
  })
})

it('P9: the same words stand in the refusal of a file', async () => {
  const folder = await folderWithDatabase()
  const file = writeIn(folder, 'campaign.json', JSON.stringify(campaignDefinition({ useCase: 'marketting' })))
  const { exitCode, stderr } = await herald(folder, 'campaigns', 'add', file)
  expect(exitCode).toBe(3)
  expect(stderr).toContain('/useCase: is "marketting", did you mean "marketing"? Allowed are marketing, utility')
})

/** Requests with one mistake, its place, and the word that was meant. */
const requests: [string, Record<string, unknown> | undefined, string, string][] = [
  ['GET /campaigns?status=runing', undefined, '/status', 'running'],
  ['GET /campaigns?stats=running', undefined, '/stats', 'status'],
  ['GET /lists?limt=5', undefined, '/limt', 'limit'],
  ['GET /replies?reading=probable_optout', undefined, '/reading', 'probable_opt_out'],
  ['GET /campaigns/x/export?status=sent,deliverd', undefined, '/status', 'delivered'],
  ['GET /contacts/export?format=xls', undefined, '/format', 'xlsx'],
  ['POST /users', { name: 'Bea', role: 'editr', password: 'violet anchor pebble' }, '/role', 'editor'],
  ['POST /users', { name: 'Bea', rol: 'editor', password: 'violet anchor pebble' }, '/rol', 'role'],
  ['POST /keys', { name: 'shop', user: 'ada', rights: ['raed'] }, '/rights/0', 'read'],
  ['POST /suppressions', { phone: '+12025550101', reason: 'opt_out', scope: 'al' }, '/scope', 'all'],
  ['POST /suppressions', { phone: '+12025550101', reason: 'opted-out' }, '/reason', 'opted_out'],
]

it.each(requests)('P9: %s with %j names the word that was meant', async (call, body, pointer, word) => {
  const [method = '', path = ''] = call.split(' ')
  const answer = await (await day()).api(path, { method, ...(body !== undefined && { body }) })
  expect([400, 422]).toContain(answer.status)
  expect(answer.body.errors).toContainEqual(
    expect.objectContaining({ pointer, detail: expect.stringContaining(`did you mean "${word}"?`) }),
  )
})

it('P9: a word that is like none gets the list, and a long one is cut', async () => {
  const client = await day()
  const far = await client.api('/campaigns?status=xyz')
  expect(far.body.errors[0].detail).toBe(
    'is "xyz", allowed are draft, scheduled, running, paused, finished, cancelled, archived',
  )
  const body = { name: 'Bea', role: 'editor'.repeat(20_000), password: 'violet anchor pebble' }
  const long = await client.api('/users', { method: 'POST', body })
  expect(long.body.errors[0].detail.length).toBeLessThan(200)
  const keys = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`${'key'.repeat(500)}${n}`, 1]))
  const many = await client.api('/users', { method: 'POST', body: { ...body, role: 'editor', ...keys } })
  expect(many.body.errors).toHaveLength(100)
  expect(many.text.length).toBeLessThan(40_000)
})
