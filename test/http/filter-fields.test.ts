// Names of fields that are hard to write in a query: every face that takes a filter answers, and never with a fault.
import { expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { addSandbox, campaignDefinition, importLines } from '../support/open-test-app.ts'

const names = [
  'a\\',
  '\\',
  '\\\\',
  'a\0',
  '\0',
  'a\0b',
  '"',
  'a"b',
  "a'b",
  '$',
  '$.a',
  'a.b',
  'a[0]',
  '[',
  '%',
  '\u2028',
  '💥',
  '\ud800',
  'x'.repeat(64),
  'x'.repeat(65),
  '__proto__',
  '\u001f\u007f',
]

it('F11: no name of a field is a fault, in whatever takes a filter', async () => {
  const client = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
  await addSandbox(client)
  await importLines(client, ['phone,city', '+12025550101,Berlin'], { list: 'people' })
  const statuses: string[] = []
  for (const field of names)
    for (const condition of [
      { is: 'x' },
      { isEmpty: true },
      { above: 3 },
      { in: ['x', '\0'] },
      { contains: '\\' },
      { startsWith: '\0' },
      { below: '2026-12-01' },
    ]) {
      const filter = { not: { any: [{ field, ...condition }] } }
      const audience = { lists: ['people'], filter }
      const definition = campaignDefinition({ name: `c${statuses.length}`, audience })
      for (const [path, body] of [
        ['/previews/content', { audience, content: { type: 'text', text: 'Hello {{ city }}' }, sender: 'main' }],
        ['/previews/audience', { audience }],

        ['/campaigns', definition],
      ] as const) {
        const { status } = await client.api(path, { method: 'POST', body: JSON.stringify(body) })
        if (status >= 500) statuses.push(`${path} ${JSON.stringify({ field, ...condition })} ${status}`)
      }
      const exported = await client.api(
        `/contacts/export?filter=${encodeURIComponent(JSON.stringify(filter).replace('\\ud800', '').slice(0, 7000))}`,
      )
      if (exported.status >= 500) statuses.push(`export ${JSON.stringify(field)} ${exported.status}`)
    }
  expect(statuses).toEqual([])
})
