// People added and changed by hand: by page, API and command the same, and the books of lists balance.
import { describe, expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { herald } from '../support/cli.ts'
import { importLines } from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

async function begin(): Promise<{ client: ApiClient; visitor: Visitor }> {
  const client = await serveApi({ env: { HERALD_DEFAULT_COUNTRY: 'DE' } })
  await importLines(client, ['phone,first_name,city', '+4915123456701,Jürgen,Köln'], { list: 'spring' })
  return { client, visitor: await visit(client, 'editor') }
}

async function listsOf({ api }: ApiClient): Promise<Record<string, number>> {
  const { items } = (await api('/lists')).body
  return Object.fromEntries(items.map(({ name, contacts }: { name: string; contacts: number }) => [name, contacts]))
}

describe('a person', () => {
  it('is added with fields and lists, and a number as it is dialled at home', async () => {
    const { client, visitor } = await begin()
    const form = { phone: '0151 23456702', name0: 'first_name', value0: 'Zoë', name1: 'last_name', value1: '' }
    const added = await visitor.post('/contacts/new', { ...form, list: 'spring, friends' })
    expect(added.status).toBe(303)
    const { body } = await client.api('/contacts/%2B4915123456702')
    expect(body).toMatchObject({ attributes: { first_name: 'Zoë' }, lists: ['friends', 'spring'] })
    expect(await listsOf(client)).toEqual({ friends: 1, spring: 2 })
    expect((await client.api('/verify')).body).toMatchObject({ ok: true })
    expect((await visitor.get(added.headers.get('location') ?? '')).text).toMatch(/<h1>Zoë<\/h1>/)
  })

  it('is refused at the field, with everything that was typed', async () => {
    const { client, visitor } = await begin()
    const form = { phone: '12', name0: 'first_name', value0: 'Zoë', list: 'spring' }
    const wrong = await visitor.post('/contacts/new', form)
    expect(wrong.status).toBe(422)
    expect(wrong.text).toMatch(/id="phone-error">[A-Z&+]/)
    expect(wrong.text).toContain('value="Zoë"')
    const list = await visitor.post('/contacts/new', { ...form, phone: '0151 23456702', list: 'a/b' })
    expect(list.text).toMatch(/id="list-error">/)
    const { status } = await client.api('/contacts', {
      method: 'POST',
      body: { phone: '+4915123456702', attributes: { phone: '1' } },
    })
    expect(status).toBe(422)
    expect(await listsOf(client)).toEqual({ spring: 1 })
  })

  it('is changed: fields set and removed, lists left and joined', async () => {
    const { client, visitor } = await begin()
    const page = await visitor.get('/contacts/con_1/edit')
    expect(page.text).toMatch(/name="keep" value="spring" checked/)
    const version = /name="version" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const form = { version, name0: 'first_name', value0: 'Jörg', name1: 'city', value1: '', list: 'autumn' }
    expect((await visitor.post('/contacts/con_1/edit', form)).status).toBe(303)
    const { body } = await client.api('/contacts/con_1')
    expect(body).toMatchObject({ attributes: { first_name: 'Jörg' }, lists: ['autumn'] })
    expect(await listsOf(client)).toEqual({ autumn: 1, spring: 0 })
    const stale = await visitor.post('/contacts/con_1/edit', { ...form, list: 'winter' })
    expect([stale.status, stale.text.includes('changed meanwhile')]).toEqual([412, true])
    expect((await client.api('/verify')).body).toMatchObject({ ok: true })
  })

  it('S14: is changed by a program that saw it as it is', async () => {
    const { client } = await begin()
    const change = (version: string) =>
      client.api('/contacts/con_1', {
        method: 'PATCH',
        body: { attributes: { city: 'Ulm' }, addTo: ['autumn'], removeFrom: ['spring'] },
        headers: { 'if-match': version },
      })
    const etag = (await client.api('/contacts/con_1')).headers.get('etag') ?? ''
    expect((await change('"of-yesterday"')).status).toBe(412)
    const { status, body } = await change(etag)
    expect([status, body.attributes.city, body.lists]).toEqual([200, 'Ulm', ['autumn']])
  })

  it('is found and changed on the command line', async () => {
    const { client } = await begin()
    const added = await herald(client, 'contacts', 'add', '+4915123456703', '--field', 'city=Ulm', '--list', 'spring')
    expect(added.stdout).toContain('+4915123456703')
    expect((await herald(client, 'contacts', 'list', '--search', 'ulm')).stdout).toContain('+4915123456703')
    const edited = await herald(
      client,
      'contacts',
      'edit',
      '+4915123456703',
      '--field',
      'city=',
      '--remove-from',
      'spring',
    )
    expect(edited.exitCode).toBe(0)
    expect(await listsOf(client)).toEqual({ spring: 1 })
  })

  it('is not added again once erased', async () => {
    const { client } = await begin()
    await client.api('/contacts/con_1', { method: 'DELETE' })
    const { body } = await client.api('/contacts', { method: 'POST', body: { phone: '+4915123456701' } })
    expect(body.code).toBe('contact.erased')
  })
})
