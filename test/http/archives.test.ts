// Archives and office files in the place of a CSV: refused in words wherever a file comes in, and never unpacked.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { until } from '../support/fake-clock.ts'
import { visit } from '../support/visitor.ts'

/** One entry of a ZIP, stored as it is; its name is not looked at by anybody. */
function zip(name: string, content: string): Buffer {
  const head = Buffer.alloc(30)
  head.write('PK\u0003\u0004', 'latin1')
  head.writeUInt32LE(content.length, 18)
  head.writeUInt32LE(0xffffffff, 22)
  head.writeUInt16LE(name.length, 26)
  return Buffer.concat([head, Buffer.from(name), Buffer.from(content)])
}

const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">${Array.from({ length: 12 }, (_, n) => `<!ENTITY a${n} "${`&a${n - 1 < 0 ? '' : n - 1};`.repeat(10)}">`).join('')}<!ENTITY x SYSTEM "file:///etc/passwd">]><sst>&a11;&x;</sst>`
const csv = 'phone,name\n+12025550101,Ann\n'
/** 8 MiB of a CSV in 8 KiB. */
const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, '+12025550101\n'))
const bytes = (text: string) => Buffer.from(`${text}${'\u0000\u0001\u00ff'.repeat(200)}`, 'latin1')

const files: [what: string, content: Buffer, words: RegExp][] = [
  ['a gzip bomb', bomb, /gzip file/],
  ['a gzipped CSV', gzipSync(csv), /gzip file/],
  ['a ZIP whose entry climbs out of its folder', zip('../../../etc/cron.d/x', csv), /Excel or ZIP/],
  ['a ZIP with an absolute entry', zip('/etc/passwd', csv), /Excel or ZIP/],
  ['a workbook that laughs a billion times', zip('xl/sharedStrings.xml', laughs), /Excel or ZIP/],
  ['an empty ZIP', bytes('PK\u0005\u0006'), /ZIP/],
  ['an old workbook', bytes('\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1'), /Excel/],
  ['a 7-Zip', bytes('7z\u00bc\u00af\u0027\u001c'), /7-Zip/],
  ['a RAR', bytes('Rar!\u001a\u0007'), /RAR/],
  ['a bzip2', bytes('BZh91AY&SY'), /bzip2/],
  ['an xz', bytes('\u00fd7zXZ\u0000'), /xz/],
  ['a Zstandard', bytes('\u0028\u00b5\u002f\u00fd'), /Zstandard/],
  ['a tar', bytes(`people.csv${'\u0000'.repeat(100)}0000644`), /NUL bytes/],
  ['an XML that laughs a billion times', Buffer.from(laughs), /XML/],
]

const upload = (client: ApiClient, content: Buffer) =>
  fetch(`${client.base}/api/v1/uploads?fileName=people.csv`, {
    method: 'POST',
    body: content,
    headers: { authorization: `Bearer ${client.keys.admin}`, 'content-type': 'text/csv' },
  }).then(async (response) => (await response.json()) as { id: string })

const filesIn = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => !statSync(join(dir, path)).isDirectory())

async function failure(client: ApiClient, path: string, body: unknown) {
  const started = await client.api(path, { method: 'POST', body })
  const job = async () => (await client.api(`/imports/jobs/${started.body.id}`)).body
  await until(client.clock, async () => (await job()).state !== 'running')
  return (await job()).error
}

it('SR-27 are refused by the API in words, by every way in, and stay the bytes they were', async () => {
  const client = await serveApi()
  const before = filesIn(client.dir)
  for (const [n, [what, content, words]] of files.entries()) {
    const { id } = await upload(client, content)
    const shown = await client.api(`/uploads/${id}`)
    expect([what, shown.status]).toEqual([what, 422])
    expect([what, shown.body.code]).toEqual([what, expect.stringMatching(/^csv\.(not_text|encoding)$/)])
    expect(shown.body.detail).toMatch(words)
    // Another way in reads a file by the same look at its beginning.
    if (n < 3)
      for (const problem of [
        await failure(client, '/imports', { upload: id, list: 'people' }),
        await failure(client, '/imports', { upload: id, list: 'people', mapping: { x: 'phone' }, encoding: 'latin1' }),
        await failure(client, '/suppressions/import', { upload: id }),
      ])
        expect([what, problem?.code, problem?.detail]).toEqual([what, 'csv.not_text', expect.stringMatching(words)])
    const [stored, ...more] = filesIn(join(client.dir, 'uploads'))
    expect([what, more]).toEqual([what, []])
    expect(readFileSync(join(client.dir, 'uploads', stored ?? '')).equals(content)).toBe(true)
    await client.api(`/uploads/${id}`, { method: 'DELETE' })
  }
  expect(filesIn(client.dir).filter((path) => !before.includes(path) && !path.startsWith('herald.db'))).toEqual([])
  expect((await client.api('/lists')).body.items).toEqual([])
})

it('SR-27 are refused by the pages with what to do instead', async () => {
  const client = await serveApi()
  const visitor = await visit(client)
  for (const [what, content, words] of files.slice(0, 6)) {
    const form = new FormData()
    form.set('csrf', visitor.csrf)
    form.set('file', new Blob([new Uint8Array(content)]), 'people.csv')
    const sent = await fetch(`${client.base}/import`, {
      method: 'POST',
      body: form,
      redirect: 'manual',
      headers: { cookie: visitor.cookie, 'sec-fetch-site': 'same-origin' },
    })
    const to = sent.headers.get('location')
    const { text } = to === null ? { text: await sent.text() } : await visitor.get(to)
    expect(text, what).toMatch(words)
    expect(text, what).toMatch(/save it as (?:XLSX or as )?CSV UTF-8/)
  }
})
