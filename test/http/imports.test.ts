// Imports over HTTP: tried, made, watched, taken back; their rejected lines; the lists, people and suppressions that
// come of them.
import { readXlsx } from 'hucre/xlsx'
import { describe, expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { until } from '../support/fake-clock.ts'

const people = [
  'phone,first_name,city',
  '+12025550101,Ann,Berlin',
  '+12025550102,Bob,Rome',
  '+12025550102,Bobby,Rome',
  '+12,Nobody,Nowhere',
  '+12025550103,Zoë,Köln',
].join('\n')

async function uploaded({ api }: ApiClient, body = people, fileName = 'people.csv'): Promise<string> {
  const headers = { 'content-type': 'text/csv' }
  return (await api(`/uploads?fileName=${fileName}`, { method: 'POST', body, headers })).body.id
}

/** Waits for the end of some work; returns how it stands then. */
async function done(client: ApiClient, job: { id: string }) {
  const state = async () => (await client.api(`/imports/jobs/${job.id}`)).body
  await until(client.clock, async () => (await state()).state !== 'running')
  return state()
}

async function imported(client: ApiClient, change: Record<string, unknown> = {}, body = people) {
  const upload = await uploaded(client, body)
  const started = await client.api('/imports', { method: 'POST', body: { upload, list: 'spring', ...change } })
  expect(started.status).toBe(202)
  return done(client, started.body)
}

describe('an import over the API', () => {
  it('is tried first: buckets, people of each, rejected lines, and nothing stored', async () => {
    const client = await serveApi()
    await imported(client, { list: 'spring' }, 'phone,city\n+12025550101,Bonn\n')
    const tried = await imported(client, { dryRun: true })
    expect(tried).toMatchObject({
      kind: 'import',
      state: 'done',
      dryRun: true,
      hasRejects: true,
      result: { rows: 5, added: 2, updated: 1, unchanged: 0, duplicates: 1, suppressed: 0, rejected: 1 },
    })
    expect(tried.result.samples).toMatchObject({
      added: [{ phone: '+12025550102', fields: { first_name: 'Bob' } }, { phone: '+12025550103' }],
      updated: [
        { line: 2, phone: '+12025550101', fields: { first_name: 'Ann', city: 'Berlin' }, before: { city: 'Bonn' } },
      ],
      unchanged: [],
      suppressed: [],
    })
    expect(tried.result.repeats).toEqual([{ line: 4, keptLine: 3, phone: '+12025550102', differs: true }])
    expect(tried.result.examples).toMatchObject([{ line: 5, code: 'phone.too_short' }])
    expect(JSON.stringify(tried)).not.toContain(client.dir)
    const rejects = await client.api(`/imports/jobs/${tried.id}/rejects`)
    expect(rejects.headers.get('content-disposition')).toContain('filename="people.rejects.csv"')
    expect(rejects.text.split('\n').slice(0, 2)).toEqual([
      'phone,first_name,city,herald_line,herald_code,herald_hint',
      expect.stringMatching(/^\+12,Nobody,Nowhere,5,phone\.too_short,/),
    ])
    expect((await client.api('/imports')).body.items).toHaveLength(1)
    expect((await client.api('/lists/spring')).body.contacts).toBe(1)
  })

  it('is made, listed, and taken back', async () => {
    const client = await serveApi()
    expect(await imported(client)).toMatchObject({ state: 'done', result: { importId: 'imp_1', added: 3 } })
    expect((await client.api('/uploads')).body.items).toEqual([])
    expect((await client.api('/lists/spring')).body).toMatchObject({ contacts: 3, fields: ['first_name', 'city'] })
    const shown = await client.api('/imports/imp_1')
    expect(shown.body).toMatchObject({ list: 'spring', status: 'applied', rejected: 1, rejects: [{ line: 5 }] })
    expect((await client.api('/imports/imp_1/rejects')).text).toContain('+12,Nobody,Nowhere,5,phone.too_short')
    const undo = await client.api('/imports/imp_1/undo', { method: 'POST' })
    expect(await done(client, undo.body)).toMatchObject({
      kind: 'undo',
      undone: { id: 'imp_1', status: 'undone', undoneAt: expect.any(String) },
    })
    expect((await client.api('/lists/spring')).body.contacts).toBe(0)
  })

  it('takes the mapping that was said, and says when a file was imported before', async () => {
    const client = await serveApi()
    const file = 'whom,since\n0151 23456789,3.4.2027\n'
    const change = { mapping: { whom: 'phone', since: 'joined:date' }, defaultCountry: 'de', dateOrder: 'dmy' }
    expect((await imported(client, change, file)).result.added).toBe(1)
    const [contact] = (await client.api('/lists/spring/contacts')).body.items
    expect(contact).toMatchObject({ phone: '+4915123456789', attributes: { joined: '2027-04-03' } })
    expect((await imported(client, change, file)).result).toMatchObject({ alreadyImported: true, importId: 'imp_1' })
  })

  it('S7: takes the forms in which a file writes dates and numbers, and refuses a form that is none at once', async () => {
    const client = await serveApi()
    const file = 'phone,since,spent\n+12025550101,31.12.2025,"1.000,50"\n'
    expect((await imported(client, { dates: 'since=DD.MM.YYYY', numbers: 'spent=1.234,56' }, file)).result.added).toBe(
      1,
    )
    const [contact] = (await client.api('/lists/spring/contacts')).body.items
    expect(contact.attributes).toEqual({ since: '2025-12-31', spent: '1000.50' })
    const refused = await client.api('/imports', { method: 'POST', body: { upload: 'upl_1', list: 'x', dates: 'dmy' } })
    expect(refused.status).toBe(400)
    expect(refused.text).toContain('DD.MM.YYYY')
  })

  it('fails with its reason, and keeps the buckets of a file with too many bad lines', async () => {
    const client = await serveApi()
    expect(await imported(client, { mapping: { phon: 'phone' } })).toMatchObject({
      state: 'failed',
      error: { code: 'csv.unknown_column', hint: 'Did you mean "phone"?' },
    })
    const bad = 'phone\n+12025550101\n1\n2\n'
    const refused = await imported(client, {}, bad)
    expect(refused).toMatchObject({
      state: 'failed',
      hasRejects: true,
      error: { code: 'csv.too_many_rejects', status: 422 },
      result: { rows: 3, rejected: 2, added: 1 },
    })
    expect(JSON.stringify(refused)).not.toContain(client.dir)
    expect(await imported(client, { force: true }, bad)).toMatchObject({ result: { importId: 'imp_1', added: 1 } })
  })

  it('refuses unknown words, wrong countries and names that no list can have, all at once', async () => {
    const client = await serveApi()
    const upload = await uploaded(client)
    const body = { upload, list: '<b>', defaultCountry: 'XX', dryrun: true }
    const refused = await client.api('/imports', { method: 'POST', body })
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(refused.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      '/list',
      '/defaultCountry',
      '/dryrun',
    ])
  })

  it('SR-15 is for editors; SR-16 its progress for whoever started it', async () => {
    const client = await serveApi()
    const upload = await uploaded(client)
    const body = { upload, list: 'spring' }
    expect((await client.api('/imports', { method: 'POST', body, as: 'viewer' })).body.code).toBe('auth.forbidden')
    expect((await client.api('/imports/jobs/0123456789abcdef01234567')).body.code).toBe('import.not_found')
    const { body: job } = await client.api('/imports', { method: 'POST', body, as: 'editor' })
    expect((await client.api(`/imports/jobs/${job.id}`, { as: 'viewer' })).body.code).toBe('auth.forbidden')
    await done(client, job)
    expect((await client.api('/imports', { as: 'viewer' })).body.items).toHaveLength(1)
    expect((await client.api('/lists/spring/export', { as: 'editor' })).body.code).toBe('auth.forbidden')
    expect((await client.api('/contacts/con_1/export', { as: 'editor' })).body.code).toBe('auth.forbidden')
    expect((await client.api('/contacts/con_1', { method: 'DELETE', as: 'sender' })).body.code).toBe('auth.forbidden')
  })

  it('tells its progress as events that end with it', async () => {
    const client = await serveApi()
    const upload = await uploaded(client)
    const { body: job } = await client.api('/imports', { method: 'POST', body: { upload, list: 'spring' } })
    const { text, headers } = await client.api(`/imports/jobs/${job.id}/events`)
    expect(headers.get('content-type')).toContain('text/event-stream')
    const last = JSON.parse(text.trim().split('\n').at(-1)?.replace('data: ', '') ?? '')
    expect(last).toMatchObject({ id: job.id, state: 'done', result: { added: 3 } })
  })

  it('is started once for one Idempotency-Key', async () => {
    const client = await serveApi()
    const body = { upload: await uploaded(client), list: 'spring' }
    const headers = { 'idempotency-key': 'spring-1' }
    const first = await client.api('/imports', { method: 'POST', body, headers })
    await done(client, first.body)
    const again = await client.api('/imports', { method: 'POST', body, headers })
    expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([first.body.id, 'true'])
    const other = await client.api('/imports', { method: 'POST', body: { ...body, list: 'other' }, headers })
    expect(other.body.code).toBe('idempotency.mismatch')
    expect((await client.api('/imports')).body.items).toHaveLength(1)
  })

  it('pages through imports and lists by a cursor that belongs to them', async () => {
    const client = await serveApi()
    for (const list of ['a', 'b', 'c']) await imported(client, { list })
    const ids = async (path: string, key: 'id' | 'name') => {
      const { body } = await client.api(path)
      return [body.items.map((item: Record<string, string>) => item[key]), body.nextCursor]
    }
    const [first, cursor] = await ids('/imports?limit=2', 'id')
    expect(first).toEqual(['imp_3', 'imp_2'])
    expect(await ids(`/imports?limit=2&cursor=${cursor}`, 'id')).toEqual([['imp_1'], null])
    const [, ofLists] = await ids('/lists?limit=2', 'name')
    expect(await ids(`/lists?limit=2&cursor=${ofLists}`, 'name')).toEqual([['c'], null])
    expect((await client.api(`/lists?cursor=${cursor}`)).body.code).toBe('cursor.invalid')
  })
})

describe('the contacts of a list', () => {
  it('are paged, and found by the beginning of a number or a text in a field', async () => {
    const client = await serveApi()
    await imported(client)
    const found = async (query: string) => {
      const { body } = await client.api(`/lists/spring/contacts?${query}`)
      return [body.items.map((item: { phone: string }) => item.phone.slice(-3)), body.nextCursor] as const
    }
    const [first, cursor] = await found('limit=2')
    expect(first).toEqual(['101', '102'])
    expect(await found(`limit=2&cursor=${cursor}`)).toEqual([['103'], null])
    expect((await found('search=%2B1 202 555-0102'))[0]).toEqual(['102'])
    expect((await found('search=1202'))[0]).toEqual(['101', '102', '103'])
    expect((await found('search=BERL'))[0]).toEqual(['101'])
    expect((await found(`search=${encodeURIComponent('ZOË')}`))[0]).toEqual(['103'])
    expect((await found('search=first_name'))[0]).toEqual([])
    expect((await found(`search=${encodeURIComponent("%' OR 1=1 --")}`))[0]).toEqual([])
    expect((await client.api(`/lists/spring/contacts?search=x&cursor=${cursor}`)).body.code).toBe('cursor.invalid')
  })

  it('are exported without +, or raw for programs', async () => {
    const client = await serveApi()
    await imported(client, {}, 'phone,name\n+12025550101,=1+1\n')
    const { text, headers } = await client.api('/lists/spring/export')
    expect(headers.get('content-disposition')).toBe(`attachment; filename="spring.csv"; filename*=UTF-8''spring.csv`)
    expect(text).toBe("phone,time_zone,consent,name,herald_lists,herald_suppressed\n12025550101,,,'=1+1,spring,\n")
    const raw = await client.api('/lists/spring/export?raw=true')
    expect(raw.text).toContain('+12025550101,,,=1+1')
  })

  it('I15: are exported of all lists together, or of some and a filter', async () => {
    const client = await serveApi()
    await imported(client)
    const phones = (text: string) =>
      text
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(',')[0])
    const everybody = await client.api('/contacts/export')
    expect(everybody.headers.get('content-disposition')).toContain('contacts.csv')
    expect(phones(everybody.text)).toEqual(phones((await client.api('/lists/spring/export')).text))
    const filter = encodeURIComponent('{"field":"city","is":"Berlin"}')
    expect(phones((await client.api(`/contacts/export?list=spring&filter=${filter}`)).text)).toEqual(['12025550101'])
    const address = `${client.base}/api/v1/contacts/export?format=xlsx`
    const response = await fetch(address, { headers: { authorization: `Bearer ${client.keys.admin}` } })
    expect(response.headers.get('content-disposition')).toContain('contacts.xlsx')
    const { sheets } = await readXlsx(await response.arrayBuffer())
    expect(sheets[0]?.rows.slice(1).map(([phone]) => phone)).toEqual(phones(everybody.text))
    expect((await client.api('/contacts/export?filter=x')).body.code).toBe('filter.invalid')
    expect((await client.api('/contacts/export?list=nowhere')).body.code).toBe('list.not_found')
    expect((await client.api('/contacts/export', { as: 'editor' })).body.code).toBe('auth.forbidden')
  })
})

describe('one person', () => {
  it('is shown by phone or id, copied whole, and erased by an administrator', async () => {
    const client = await serveApi()
    await imported(client)
    const byPhone = await client.api('/contacts/%2B12025550101')
    expect(byPhone.body).toMatchObject({ id: 'con_1', lists: ['spring'], attributes: { city: 'Berlin' }, messages: [] })
    expect((await client.api('/contacts/con_1')).body).toEqual(byPhone.body)
    const copy = await client.api('/contacts/con_1/export')
    expect(JSON.parse(copy.text)).toEqual(byPhone.body)
    expect(copy.headers.get('content-disposition')).toContain('con_1.json')
    expect((await client.api('/contacts/con_1', { method: 'DELETE' })).body).toMatchObject({ id: 'con_1' })
    expect((await client.api('/contacts/con_1')).body.code).toBe('contact.not_found')
    expect((await client.api('/contacts/nonsense')).status).toBe(422)
  })
})

describe('suppressions over the API', () => {
  it('are added, found, lifted', async () => {
    const client = await serveApi()
    const body = { phone: '+44 7700 900123', scope: 'marketing', evidence: 'a letter' }
    const added = await client.api('/suppressions', { method: 'POST', body })
    expect(added.body).toEqual({ phone: '+447700900123', scope: 'marketing', isNew: true, stopped: 0 })
    await client.api('/suppressions', { method: 'POST', body: { phone: '+12025550101' } })
    const found = async (query: string) => (await client.api(`/suppressions?${query}`)).body
    expect((await found('')).items.map((item: { phone: string }) => item.phone)).toEqual([
      '+12025550101',
      '+447700900123',
    ])
    expect((await found('phone=4477')).items).toMatchObject([{ reason: 'blocked', evidence: 'a letter' }])
    expect((await found('scope=all')).items).toHaveLength(1)
    const first = await found('limit=1')
    expect((await found(`limit=1&cursor=${first.nextCursor}`)).items).toMatchObject([{ phone: '+447700900123' }])
    expect((await client.api(`/suppressions?scope=all&cursor=${first.nextCursor}`)).body.code).toBe('cursor.invalid')
    const lifted = await client.api('/suppressions/%2B447700900123', { method: 'DELETE' })
    expect(lifted.body).toEqual({ phone: '+447700900123', removed: 1 })
    expect((await client.api('/suppressions/%2B447700900123', { method: 'DELETE' })).status).toBe(404)
  })

  it('come from a file, line by line', async () => {
    const client = await serveApi()
    const upload = await uploaded(client, 'number;why\n+447700900123;x\n"+447700900124";y\n0151 23456789;z\nnone;w\n')
    const body = { upload, scope: 'all', defaultCountry: 'DE' }
    const started = await client.api('/suppressions/import', { method: 'POST', body })
    expect(await done(client, started.body)).toMatchObject({
      kind: 'suppressions',
      suppressed: { rows: 4, added: 3, known: 0, rejectedLines: 1, rejected: [{ line: 5 }] },
    })
    const [newest] = (await client.api('/suppressions')).body.items
    expect(newest).toMatchObject({ phone: '+4915123456789', evidence: 'imported from people.csv' })
    expect((await client.api('/uploads')).body.items).toEqual([])
  })

  it('refuse a file whose line never ends, and what nobody may claim', async () => {
    const client = await serveApi()
    const upload = await uploaded(client, `"${'1'.repeat(200_000)}`)
    const started = await client.api('/suppressions/import', { method: 'POST', body: { upload } })
    expect(await done(client, started.body)).toMatchObject({ error: { code: 'csv.line_too_long' } })
    const erased = { phone: '+12025550101', reason: 'erased' }
    expect((await client.api('/suppressions', { method: 'POST', body: erased })).body.code).toBe('request.invalid')
  })
})
