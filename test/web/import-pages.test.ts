// The pages of an import as a browser without scripts walks through them: forms, redirects, what stands on each.
import SqliteConnection from 'better-sqlite3'
import { writeXlsx } from 'hucre/xlsx'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { importRequestSchema } from '../../src/engine/import/import-request.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { until } from '../support/fake-clock.ts'
import { importLines } from '../support/open-test-app.ts'
import { type Visitor, visit } from '../support/visitor.ts'

const hostile = '<img src=x onerror=alert(1)>'
const file = `Mobile Line.,name,${hostile.replaceAll(',', '')}\n+12025550101,"${hostile}",x\n12,short,y\n+12025550102,\u202eBob,z\n`

async function begin(): Promise<{ client: ApiClient; visitor: Visitor }> {
  const client = await serveApi()
  return { client, visitor: await visit(client, 'editor') }
}

/** Sends a file as the form does; the token stands before it. */
async function sendFile(
  { client, visitor }: { client: ApiClient; visitor: Visitor },
  body: string | Uint8Array<ArrayBuffer>,
  {
    path = '/import',
    csrf = visitor.csrf,
    fields = {},
  }: { path?: string; csrf?: string; fields?: Record<string, string> } = {},
): Promise<{ status: number; to: string; text: string }> {
  const form = new FormData()
  for (const [name, value] of Object.entries({ csrf, ...fields })) form.set(name, value)
  form.set('file', new Blob([body]), 'people.csv')
  const response = await fetch(`${client.base}${path}`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
    headers: { cookie: visitor.cookie, 'sec-fetch-site': 'same-origin' },
  })
  return { status: response.status, to: response.headers.get('location') ?? '', text: await response.text() }
}

/** Waits until the page of some work shows or leads to its end. */
async function ended({ client, visitor }: { client: ApiClient; visitor: Visitor }, path: string) {
  let page = await visitor.get(path)
  await until(client.clock, async () => {
    page = await visitor.get(path)
    return !page.text.includes('id="work"')
  })
  return page
}

describe('the pages of an import', () => {
  it('lead from a file by its columns and a try to a list, and back', async () => {
    const at = await begin()
    const { visitor } = at
    const sent = await sendFile(at, 'phone,name\n+12025550101,Ann\n+12025550102,Bob\n12,x\n')
    expect(sent).toMatchObject({ status: 303, to: '/import/upl_1' })
    const mapping = await visitor.get(sent.to)
    expect(mapping.text).toMatch(/<option value="phone" selected[^>]*>phone</)
    expect(mapping.text).toContain('its name says so')
    const columns = { phone: 'phone', as1: 'field', name1: 'first_name', mode: 'upsert', onDuplicate: 'first' }
    const nameless = await visitor.post(sent.to, columns)
    expect([nameless.status, nameless.text]).toEqual([422, expect.stringContaining('Which list do they go to?')])
    const tried = await visitor.post(sent.to, { ...columns, list: 'spring' })
    const job = tried.headers.get('location') ?? ''
    const dryRun = await ended(at, job)
    expect(dryRun.text).toContain('33.3%')
    expect(dryRun.text).toContain('Import the good lines all the same')
    const again = await visitor.post(`${job}/confirm`, { force: 'yes' })
    const result = await ended(at, again.headers.get('location') ?? '')
    expect(result.headers.get('location')).toBe('/imports/imp_1')
    expect((await visitor.get('/lists/spring')).text).toContain('2 contacts')
    expect((await visitor.get('/lists/spring?search=ann')).text).toContain('+12025550101')
    const undo = await visitor.post('/imports/imp_1/undo', { sure: 'yes' })
    expect((await ended(at, undo.headers.get('location') ?? '')).headers.get('location')).toBe('/imports/imp_1')
    expect((await visitor.get('/lists/spring')).text).toContain('0 contacts')
    expect((await visitor.get('/imports/imp_1')).text).toMatch(/Taken back<\/dt><dd><time[^>]*>1 Jun 2027/)
  })

  it('I7: show names in the encodings that a file may have, and read it in the chosen one', async () => {
    const at = await begin()
    const { visitor } = at
    const names = (country: string) => iconv.encode(`phone,name\n${country},Kučera\n`, 'windows-1250')
    const sent = await sendFile(at, Uint8Array.from(names('+420601123456')))
    const asked = await visitor.get(sent.to)
    expect([asked.status, asked.text]).toEqual([422, expect.stringContaining('Windows-1250 (central Europe)')])
    for (const name of ['Kučera', 'Kuèera']) expect(asked.text).toContain(name)
    const [, chosen = ''] = /href="([^"]+encoding=windows-1250)"/.exec(asked.text) ?? []
    expect((await visitor.get(chosen.replaceAll('&amp;', '&'))).text).toContain('Kučera')

    // The country is known only when somebody named it.
    const national = await sendFile(at, Uint8Array.from(names('601123456')))
    const columns = { phone: 'phone', list: 'cz', as1: 'field', name1: 'name', mode: 'upsert', onDuplicate: 'first' }
    const tried = await visitor.post(national.to, { ...columns, defaultCountry: 'CZ' })
    const failed = await ended(at, tried.headers.get('location') ?? '')
    const [, again = ''] = /href="([^"]+encoding=windows-1250)"/.exec(failed.text) ?? []
    const mapping = await visitor.get(again.replaceAll('&amp;', '&'))
    expect(mapping.text).toContain('Kučera')
    expect(mapping.text).toMatch(/value="CZ" selected/)
  })

  it('read a workbook, and offer its sheets', async () => {
    const at = await begin()
    const { visitor } = at
    const sheets = [
      { name: 'Notes', rows: [['phone'], ['+12025550109']] },
      {
        name: 'People & more',
        rows: [
          ['phone', 'name'],
          ['+12025550101', 'Ann'],
        ],
      },
    ]
    const sent = await sendFile(at, Uint8Array.from(await writeXlsx({ sheets })))
    const first = await visitor.get(sent.to)
    expect(first.text).toContain('+12025550109')
    expect(first.text).toMatch(/<option value="People &amp; more"/)
    const second = await visitor.get(`${sent.to}?sheet=${encodeURIComponent('People & more')}`)
    expect(second.text).toContain('Ann')
    const columns = { phone: 'phone', list: 'xl', as1: 'field', name1: 'name', mode: 'upsert', onDuplicate: 'first' }
    const tried = await visitor.post(sent.to, { ...columns, sheet: 'People & more' })
    const dryRun = await ended(at, tried.headers.get('location') ?? '')
    expect(dryRun.text).toContain('+12025550101')
    expect((await visitor.get(`${sent.to}?sheet=nowhere`)).text).toContain('has no sheet')
  })

  it('ask for the phone, and show the texts of a file as texts', async () => {
    const at = await begin()
    const { to } = await sendFile(at, file)
    const { text } = await at.visitor.get(to)
    expect(text).toContain('No column is named like one for phones')
    expect(text).toContain('“Mobile Line.” looks like it.')
    expect(text).not.toContain('<img src=x')
    expect(text).toMatch(/<bdi class="cell">&lt;img src=x onerror=alert\(1\)&gt;<\/bdi>/)
    const refused = await at.visitor.post(to, { list: 'spring' })
    expect(refused.text).toContain('Choose the column that holds the phone.')
  })

  it('offer every choice that a program has, and a program every one of the command line', async () => {
    const at = await begin()
    const { to } = await sendFile(at, 'phone,joined\n+12025550101,3.4.2027\n')
    const { text } = await at.visitor.get(to)
    const choices = Object.keys(importRequestSchema.shape)
    // The upload stands in the address, columns become fields one by one, a try and the question come after.
    const elsewhere: Record<string, string> = { upload: 'csrf', mapping: 'as1', dryRun: 'csrf', force: 'csrf' }
    for (const choice of choices) expect(text).toContain(`name="${elsewhere[choice] ?? choice}"`)
    const command = (await buildProgram()).commands.find((known) => known.name() === 'import')
    // Rejected lines are downloaded.
    const renamed: Record<string, string | null> = { map: 'mapping', dateFormat: 'dateOrder', rejects: null }
    const flags = command?.options.map((option) => option.attributeName()) ?? []
    expect(flags.length).toBeGreaterThan(10)
    for (const flag of flags) if (renamed[flag] !== null) expect(choices).toContain(renamed[flag] ?? flag)
  })

  it('take groups for groups when somebody says so, and keep what was chosen for another try', async () => {
    const at = await begin()
    const { to } = await sendFile(at, 'phone,since\n120363019502650977@g.us,3.4.2027\nclub-7,4.5.2027\n')
    const columns = { list: 'teams', phone: 'phone', as1: 'date', name1: 'since', mode: 'upsert', onDuplicate: 'last' }
    const tried = await at.visitor.post(to, { ...columns, groups: 'yes', dateOrder: 'dmy' })
    const job = tried.headers.get('location') ?? ''
    expect((await ended(at, job)).text).toContain('120363019502650977@g.us')
    const again = await at.visitor.get(`${to}?job=${job.split('/').at(-1)}`)
    expect(again.text).toMatch(/name="groups" value="yes" checked/)
    expect(again.text).toMatch(/<details class="differently" open="">\s*<summary>More choices/)
    expect(again.text).toMatch(/<option value="last" selected/)
    const confirmed = await at.visitor.post(`${job}/confirm`)
    await ended(at, confirmed.headers.get('location') ?? '')
    const person = await at.visitor.get('/contacts/con_1')
    expect(person.text).toContain('value="group:120363019502650977@g.us"')
    const fields = { phone: 'group:120363019502650977@g.us', scope: 'all', evidence: 'they asked', from: 'con_1' }
    expect((await at.visitor.post('/suppressions', fields)).headers.get('location')).toBe('/contacts/con_1')
  })

  it('S7: take the forms of dates and numbers, keep them for another try, and say beside the field when one is none', async () => {
    const at = await begin()
    const { to } = await sendFile(at, 'phone,since\n+12025550101,31.12.2025\n')
    const columns = {
      list: 'forms',
      phone: 'phone',
      as1: 'field',
      name1: 'since',
      mode: 'upsert',
      onDuplicate: 'first',
    }
    const refused = await at.visitor.post(to, { ...columns, dates: 'TT.MM.JJJJ', numbers: 'german' })
    expect(refused.status).toBe(422)
    expect(refused.text).toMatch(/id="dates-error"[^>]*>[^<]*DD\.MM\.YYYY/)
    expect(refused.text).toMatch(/id="numbers-error"[^>]*>[^<]*1\.234,56/)
    const tried = await at.visitor.post(to, { ...columns, dates: 'since=DD.MM.YYYY' })
    const job = tried.headers.get('location') ?? ''
    expect((await ended(at, job)).text).toContain('2025-12-31')
    const again = await at.visitor.get(`${to}?job=${job.split('/').at(-1)}`)
    expect(again.text).toContain('value="since=DD.MM.YYYY"')
  })

  it('know mended lines again: columns, list and choices of the import that rejected them', async () => {
    const at = await begin()
    const { visitor } = at
    const first = await sendFile(at, 'whom,since,x\n0151 23456789,3.4.2027,1\n0151,4.5.2027,2\n5,5.5.2027,3\n')
    const columns = { phone: 'whom', as1: 'date', name1: 'joined', as2: '-', name2: 'x', onDuplicate: 'first' }
    const choices = { mode: 'replace', defaultCountry: 'DE', dateOrder: 'dmy', rejectLandline: 'yes' }
    const tried = await visitor.post(first.to, { ...columns, ...choices, list: 'spring' })
    const job = tried.headers.get('location') ?? ''
    await ended(at, job)
    const rejects = await visitor.get(`/api/v1${job.replace('/import/', '/imports/')}/rejects`)
    const lines = rejects.text.split('\n')
    expect(lines[0]).toBe('whom,since,x,herald_line,herald_code,herald_hint')
    const mended = [lines[0], lines[1]?.replace('0151,', '0151 23456780,'), ''].join('\n')
    const expectKnown = async (who: Visitor) => {
      const { text } = await who.get((await sendFile({ ...at, visitor: who }, mended)).to)
      expect(text).toContain('These are rejected lines of <bdi>people.csv</bdi>')
      expect(text).toMatch(/name="list"[^>]* value="spring"|value="spring"[^>]* name="list"/)
      for (const choice of ['whom', 'date', 'DE', 'dmy', 'upsert'])
        expect(text).toMatch(new RegExp(`value="${choice}" selected`))
      expect(text).toMatch(/name="name1" value="joined"/)
      expect(text).toMatch(/name="rejectLandline" value="yes" checked/)
      expect(text).not.toMatch(/<option value="replace" selected/)
      expect(text).not.toContain('No column is named like one for phones')
    }
    await expectKnown(visitor)
    const made = await visitor.post(`${job}/confirm`, { force: 'yes' })
    await ended(at, made.headers.get('location') ?? '')
    // Somebody who saw nothing of the try knows them by the import that was made.
    await expectKnown(await visit(at.client, 'admin'))
    const gone = await visitor.get(`/api/v1${job.replace('/import/', '/imports/')}/rejects`)
    expect([gone.status, gone.text]).toEqual([404, expect.stringContaining('import.no_rejects')])
  })

  it('count one as one, and say what is wrong in words instead of codes', async () => {
    const at = await begin()
    const { visitor, client } = at
    const { to } = await sendFile(at, 'phone\n+12025550101\n+12\n')
    const wrong = await visitor.post(to, { phone: 'phone', list: '<b>', mode: 'upsert', onDuplicate: 'first' })
    expect(wrong.text).toContain('The name of a list has 1 to 100 letters')
    const tried = await visitor.post(to, { phone: 'phone', list: 'spring', mode: 'upsert', onDuplicate: 'first' })
    const job = tried.headers.get('location') ?? ''
    const dryRun = await ended(at, job)
    for (const said of ['Import 1 person', 'Download 1 rejected line', '1 line with too few digits.', '2 rows, each'])
      expect(dryRun.text).toContain(said)
    const made = await visitor.post(`${job}/confirm`, { force: 'yes' })
    await ended(at, made.headers.get('location') ?? '')
    const pages = await Promise.all(
      ['/imports', '/imports/imp_1', '/imports/imp_1/undo', '/lists/spring', '/contacts/con_1'].map((path) =>
        visitor.get(path),
      ),
    )
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    for (const { text } of [dryRun, ...pages]) {
      expect(text).not.toMatch(/\b(?:phone|field|csv|consent|date)\.[a-z_]+\b/)
      expect(text).not.toMatch(/>1 (?:people|lines|contacts|numbers)\b/)
    }
    expect(pages[2]?.text).toContain('1 person whom it added')
    expect(pages[3]?.text).toContain('>1 contact<')
    // Of a country with several clocks no zone may be known.
    const connection = new SqliteConnection(client.dbPath)
    connection.exec(`UPDATE contacts SET zone = 'country:BR'`)
    connection.close()
    for (const path of ['/lists/spring', '/contacts/con_1'])
      expect((await visitor.get(path)).text).toContain('Brazil (several zones)')
  })

  it('keep an encoding that a program named, though no page offers it', async () => {
    const at = await begin()
    const { to } = await sendFile(at, 'phone\n+12025550101\n')
    expect((await at.visitor.get(`${to}?encoding=koi8-u`)).text).toMatch(/<option value="koi8-u" selected/)
  })

  it('say what is wrong with a file that is none, and offer another reading', async () => {
    const at = await begin()
    const { to } = await sendFile(at, 'PK\u0003\u0004zip')
    const page = await at.visitor.get(to)
    expect([page.status, page.text]).toEqual([
      422,
      expect.stringContaining('is an Excel or ZIP file that cannot be read as a workbook'),
    ])
    expect(page.text).toContain('Read it again')
  })

  it('SR-12 keep no byte of a file that comes without the token of its form', async () => {
    const at = await begin()
    const refused = await sendFile(at, file, { csrf: 'x' })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('choose the file again')
    expect((await at.client.api('/uploads')).body.items).toEqual([])
  })

  it('SR-15 are for those who may, and offer nothing else to the others', async () => {
    const { client } = await begin()
    await importLines(client, ['phone', '+12025550101'], { list: 'spring' })
    const viewer = await visit(client, 'viewer')
    expect((await viewer.get('/import')).status).toBe(403)
    const list = await viewer.get('/lists/spring')
    expect(list.text).toContain('+12025550101')
    for (const word of ['Export CSV', 'Delete', 'Import more']) expect(list.text).not.toContain(word)
    const person = await viewer.get('/contacts/con_1')
    for (const word of ['Erase', 'Suppress this person', '/export']) expect(person.text).not.toContain(word)
    expect((await viewer.get('/contacts/con_1/erase')).status).toBe(403)
  })
})

describe('the pages of people and suppressions', () => {
  it('find a person, suppress them and lift it again with their consent', async () => {
    const at = await begin()
    const { client, visitor } = at
    await importLines(client, ['phone,name', `+12025550101,"${hostile}"`], { list: 'spring' })
    const found = await visitor.get('/contacts?search=%2B1+202+555+0101')
    expect(found.headers.get('location')).toBe('/contacts/con_1')
    expect((await visitor.get('/contacts/con_1')).text).toContain('<bdi>&lt;img src=x onerror=alert(1)&gt;</bdi>')
    const fields = { phone: '+12025550101', scope: 'all', evidence: 'a letter', from: 'con_1' }
    const added = await visitor.post('/suppressions', fields)
    expect(added.headers.get('location')).toBe('/contacts/con_1')
    expect((await visitor.get('/suppressions?phone=1202')).text).toContain('a letter')
    const lift = { phone: '+12025550101', scope: 'all' }
    expect((await visitor.post('/suppressions/lift', lift)).text).toContain('Only with the consent of the person.')
    expect((await visitor.post('/suppressions/lift', { ...lift, consented: 'yes' })).status).toBe(303)
    expect((await visitor.get('/suppressions')).text).toContain('Nobody is suppressed')
  })

  it('take numbers from a file', async () => {
    const at = await begin()
    const fields = { scope: 'all', reason: 'opted_out', evidence: '', defaultCountry: '' }
    const { to } = await sendFile(at, '+447700900123\nnone\n', { path: '/suppressions/import', fields })
    expect((await ended(at, to)).text).toContain('1 number suppressed now')
    expect((await at.visitor.get('/suppressions')).text).toContain('+447700900123')
  })

  it('erase a person only after a second thought', async () => {
    const { client } = await begin()
    await importLines(client, ['phone', '+12025550101'], { list: 'spring' })
    const admin = await visit(client)
    expect((await admin.post('/contacts/con_1/erase')).status).toBe(422)
    expect((await admin.post('/contacts/con_1/erase', { sure: 'yes' })).status).toBe(303)
    expect((await admin.get('/contacts/con_1')).status).toBe(404)
  })
})

it('D26: a list that is filled in says so, and is that of the rejected lines', async () => {
  const at = await begin()
  const { visitor } = at
  const columns = { phone: 'phone', as1: 'field', name1: 'name', mode: 'upsert', onDuplicate: 'first', list: 'spring' }
  const sent = await sendFile(at, 'phone,name\n+12025550101,Ann\n+12025550102,Bob\n+12025550103,Cem\n12,x\n')
  const fresh = await visitor.get(sent.to)
  expect(fresh.text).not.toContain('As last time.')
  const job = (await visitor.post(sent.to, columns)).headers.get('location') ?? ''
  await ended(at, job)
  const rejects = await visitor.get(`/api/v1${job.replace('/import/', '/imports/')}/rejects`)
  const back = await visitor.get((await sendFile(at, rejects.text.replace('12,', '+12025550104,'))).to)
  expect(back.text).toMatch(/value="spring"[^>]*name="list"/)
  expect(back.text).toContain('As last time.')
})

describe('D5: an import that is asked for twice', () => {
  it.each([
    ['at the same time', true],
    ['one after the other', false],
  ])('D5: is made once, by every form that starts it, %s', async (_when, isAtOnce) => {
    const at = await begin()
    const { visitor, client } = at
    const twice = async (path: string, fields: Record<string, string>) => {
      const send = () => visitor.post(path, fields)
      const answers = isAtOnce
        ? await Promise.all([send(), send()])
        : [await send(), await ended(at, (await send()).headers.get('location') ?? '').then(send)]
      const [first = '', second] = answers.map(({ headers }) => headers.get('location') ?? '')
      expect(second).toBe(first)
      return first
    }
    const sent = await sendFile(at, 'phone,name\n+12025550101,Ann\n+12025550102,Bob\n')
    const columns = { phone: 'phone', as1: 'field', name1: 'first_name', mode: 'upsert', onDuplicate: 'first' }
    const tried = (await visitor.post(sent.to, { ...columns, list: 'spring' })).headers.get('location') ?? ''
    await ended(at, tried)
    const job = await twice(`${tried}/confirm`, {})
    const shown = await ended(at, job)
    expect(shown.headers.get('location')).toBe('/imports/imp_1')
    expect((await client.api('/imports')).body.items.map(({ added }: { added: number }) => added)).toEqual([2])
    const undo = await twice('/imports/imp_1/undo', { sure: 'yes' })
    expect((await ended(at, undo)).headers.get('location')).toBe('/imports/imp_1')
    expect((await client.api('/imports')).body.items).toHaveLength(1)
    const other = await sendFile(at, 'phone,name\n+12025550101,Ann\n')
    const again = (await visitor.post(other.to, { ...columns, list: 'spring' })).headers.get('location') ?? ''
    await ended(at, again)
    await ended(at, await twice(`${again}/again`, {}))
  })
})
