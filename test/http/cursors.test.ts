// Cursors of every paged list, as the document names them: one that was changed, made up or made for something else is
// refused, and never begins the list again.
import { expect, it } from 'vitest'
import { apiRoutes, documentOf, fill } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'
import { addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'

interface Parameter {
  name: string
}

it('F11: cursors that are not ours are refused by every list', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  await addSandbox(client)
  await importPeople(client, 3)
  await addTestCampaign(client)
  await client.api('/lists/people/contacts')
  for (const name of ['k1', 'k2']) await client.api('/keys', { method: 'POST', body: { name, user: 'ada' } })
  const { body } = await client.api('/keys?limit=1')
  const ours: string = body.nextCursor
  const { paths } = documentOf(client)
  const paged = apiRoutes(client).filter(({ method, path }) => {
    const { parameters = [] } = paths[path.replace('/api/v1', '')][method.toLowerCase()]
    return parameters.some(({ name }: Parameter) => name === 'cursor')
  })
  expect(paged.length).toBeGreaterThan(9)
  const changed = `${ours.slice(0, 4)}${ours[4] === 'A' ? 'B' : 'A'}${ours.slice(5)}`
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const others = [
    '',
    'x',
    '0',
    '%00',
    'null',
    changed,
    ours.slice(2),
    `${ours}A`,
    forged(['keys', 'key_1']),
    forged([]),
    forged({}),
    forged([1, 2]),
    '..%2f',
    '💥',
  ]
  const wrong: string[] = []
  for (const { path } of paged) {
    const url = fill(path.replace('/api/v1', ''), 'x')
      .replace('/lists/x', '/lists/people')
      .replace('/campaigns/x', '/campaigns/cmp_1')
    for (const cursor of path.endsWith('/keys') ? others : [...others, ours]) {
      const answer = await client.api(`${url}?cursor=${encodeURIComponent(cursor)}`)
      if (answer.status !== 400 || answer.body.code !== 'cursor.invalid')
        wrong.push(`${url} ${cursor}: ${answer.status} ${answer.body.code}`)
    }
  }
  expect(wrong).toEqual([])
})

it('F11: a cursor is of one list with one filter', async () => {
  const client = await serveApi()
  await addSandbox(client)
  await importPeople(client, 3)
  const first = await client.api('/lists/people/contacts?limit=1')
  const cursor = encodeURIComponent(first.body.nextCursor)
  expect((await client.api(`/lists/people/contacts?limit=1&cursor=${cursor}`)).body.items).toHaveLength(1)
  for (const query of ['search=N', 'search=%2B1202'])
    expect((await client.api(`/lists/people/contacts?limit=1&${query}&cursor=${cursor}`)).body.code).toBe(
      'cursor.invalid',
    )
  for (const name of ['a', 'b', 'c']) await addTestCampaign(client, { name })
  const campaigns = encodeURIComponent((await client.api('/campaigns?limit=1')).body.nextCursor)
  for (const query of ['status=draft', 'q=a'])
    expect((await client.api(`/campaigns?limit=1&${query}&cursor=${campaigns}`)).body.code).toBe('cursor.invalid')
})
