// Lists found by a part of their name, the same on page, API and command line.
import { expect, it } from 'vitest'
import { pageLists } from '../../../src/engine/contacts/lists.ts'
import { serveApi } from '../../support/api-client.ts'
import { importPeople } from '../../support/open-test-app.ts'
import { visit } from '../../support/visitor.ts'

it('lists are found by a part of their name in large and small letters, page by page', async () => {
  const client = await serveApi()
  for (const name of ['Åre spring', 'Autumn', 'Late SPRING', 'spring A', 'spring B'])
    await importPeople(client, 1, name)
  const found = async (query: string) =>
    (await client.api(`/lists?${query}`)).body.items.map(({ name }: { name: string }) => name)
  expect(await found('q=spring')).toEqual(['Late SPRING', 'spring A', 'spring B', 'Åre spring'])
  expect(await found('q=%C3%A5RE%20s')).toEqual(['Åre spring'])
  expect(await found('q=winter')).toEqual([])
  const first = await client.api('/lists?q=spring&limit=2')
  expect(await found(`q=spring&limit=2&cursor=${first.body.nextCursor}`)).toEqual(['spring B', 'Åre spring'])
  expect((await client.api(`/lists?q=autumn&cursor=${first.body.nextCursor}`)).body.code).toBe('cursor.invalid')
  expect((await pageLists(client.ctx, { limit: 9, nameHolds: 'autumn' })).map(({ name }) => name)).toEqual(['Autumn'])
})

it('a page says that no list has the text, and leads back to all', async () => {
  const visitor = await visit(await serveApi())
  expect((await visitor.get('/lists?q=winter')).text).toContain('No list has this in its name')
})
