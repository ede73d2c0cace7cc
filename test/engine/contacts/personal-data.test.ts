// What is known of one person: copied whole, erased from every file, kept no longer than is said.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import SqliteConnection from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { formatReference } from '../../../src/domain/ids.ts'
import { addUser } from '../../../src/engine/accounts/users.ts'
import { prepareTest } from '../../../src/engine/campaigns/test-send.ts'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { eraseContactByOperator } from '../../../src/engine/contacts/erasure.ts'
import { addSuppression, showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { storeUpload } from '../../../src/engine/import/uploads.ts'
import { resolveUnknown } from '../../../src/engine/report/unknown.ts'
import { verify } from '../../../src/engine/report/verify.ts'
import { forgetOld } from '../../../src/engine/service/retention.ts'
import type { Database } from '../../../src/store/database.ts'
import { findSetting } from '../../../src/store/settings.ts'
import { serveApi } from '../../support/api-client.ts'
import {
  applyDue,
  applyInbound,
  applyPreference,
  applyStatus,
  metaEnvelope,
  metaStatus,
  storeCallback,
} from '../../support/callbacks.ts'
import { accepted, claim, claimAll, launchAndPlan, record, storedMessages } from '../../support/claims.ts'
import { isOnPostgres } from '../../support/on-postgres.ts'
import {
  addMeta,
  addTestCampaign,
  csvFile,
  importLines,
  importPeople,
  openTestApp,
  type TestApp,
  tempDir,
} from '../../support/open-test-app.ts'

const phone = '+447700900123'
const other = '+447700900124'
const name = 'Quilla Featherstone'
/** A number as WhatsApp's ids of messages hold it. */
const trackingId = `wamid.${Buffer.from(`\u001c\u0018\u000c${phone.slice(1)}\u0015\u0002`).toString('base64')}`
const traces = [name, 'Quilla', '7700900123', '900 123', '900-123', 'quilla@example.com', trackingId.slice(8, 24)]

/** Every byte that lies in the data folder, names of files too; and every row that is on a server. */
async function everything({ ctx, dir }: TestApp): Promise<string> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((path) => !statSync(join(dir, path)).isDirectory())
    .map((path) => `${path}\n${readFileSync(join(dir, path), 'latin1')}`)
  return [...files, ...(isOnPostgres ? await rowsOf(ctx.db) : [])].join('\n')
}

async function rowsOf(db: Database): Promise<string[]> {
  return db.read(async (tx) => {
    const tables = await tx.all<{ name: string }>(
      `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'nodes' ORDER BY 1`,
    )
    const rows: string[] = []
    for (const { name } of tables)
      for (const { text } of await tx.all<{ text: string }>(`SELECT t::text AS text FROM ${name} t`)) rows.push(text)
    return rows
  })
}

async function found(test: TestApp): Promise<string[]> {
  const bytes = await everything(test)
  const wide = bytes.replaceAll('\0', '')
  return traces.filter((trace) => bytes.includes(trace) || wide.includes(trace))
}

/** What is found once the log of the database, which holds every page as it was, is written back. */
async function left(test: TestApp): Promise<string[]> {
  await test.ctx.db.scrub()
  return found(test)
}

/** Imports a file that lies elsewhere: what an operator keeps of it is the operator's. */
function importInto(test: TestApp, lines: string[], options = {}) {
  const path = csvFile(tempDir(), `${lines.join('\n')}\n`)
  return importCsv(test.ctx, { path, list: 'people', rejectsPath: null, isForced: true, ...options })
}

const person = `${phone},${name},quilla@example.com,${'long story of Quilla '.repeat(600)}`

/** Somebody who left a trace in every table and in every folder. */
async function setup() {
  const test = await openTestApp()
  await addMeta(test)
  await importInto(test, ['phone,first_name,email,story', person, `${other},Bob,bob@example.com,none`])
  await importInto(test, ['phone,first_name,email', `${phone},Quilla F,quilla@example.com`])
  await importInto(test, ['phone,first_name,consent', `07700 900 123,${name},perhaps`, `07700 900 124,Bob,perhaps`], {
    defaultCountry: 'GB',
  })
  await addTestCampaign(test, {
    content: { type: 'template', template: 'hello', language: 'en', body: ['{{ first_name }}'] },
  })
  await launchAndPlan(test, 'Spring sale')
  return test
}

async function sent(test: TestApp) {
  const claimed = await claimAll(test)
  await record(test, claimed, (message) =>
    message.phone === phone ? { kind: 'accepted', trackingId } : accepted(message.attemptId),
  )
  await applyInbound(test, phone, `I am ${name}`)
}

async function upload(test: TestApp, content: string | Uint8Array) {
  const { id } = await addUser(test.ctx, { name: 'ada', role: 'admin', password: 'orange kettle lantern' }).catch(
    () => ({ id: 'usr_1' }),
  )
  const userId = Number(id.slice(4))
  return storeUpload(test.ctx, { userId, fileName: 'x.csv' }, Readable.from([Buffer.from(content)]))
}

describe('SR-47 an erased person', () => {
  it('is in no file any more: database, log, uploads, staging', async () => {
    const test = await setup()
    await sent(test)
    await addSuppression(test.ctx, phone, { scope: 'marketing', reason: 'opted_out', evidence: `${name} wrote STOP` })
    await upload(test, `phone,name\n07700 900-123,${name}\n`)
    await upload(test, Buffer.from(`\ufeffphone,name\n+44 (7700) 900123,${name}\n`, 'utf16le'))
    await upload(test, `name,phone\n${name},٠٧٧٠٠٩٠٠١٢٣\n`)
    const kept = await upload(test, `phone,name\n${other},Bob\n`)
    expect((await found(test)).length).toBeGreaterThan(4)
    const { id } = await showContact(test.ctx, phone)
    expect(await eraseContactByOperator(test.ctx, phone)).toMatchObject({
      id,
      callbacks: 1,
      rejectedLines: 1,
      uploads: 3,
      note: expect.stringMatching(
        // What a server has in its pages cannot be overwritten.
        isOnPostgres
          ? /Unused space of the database may/
          : /^Backups and rejects files made before still hold the data[^.]*\.$/,
      ),
    })
    expect(await found(test)).toEqual([])
    const left = await test.ctx.db.read((tx) => tx.all<{ id: number }>('SELECT id FROM uploads'))
    expect(left.map((row) => `upl_${row.id}`)).toEqual([kept.id])
    expect(await test.ctx.db.read((tx) => tx.all('SELECT cells FROM rejects'))).toHaveLength(1)
  })

  // Pages of a server are its own: what stays in them docs/operations.md says.
  it.skipIf(isOnPostgres)(
    'leaves no trace in the pages of a database that grew and was split around many people',
    async () => {
      const test = await openTestApp()
      const areas = [201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228]
      // In no order, and of many lengths: pages are split everywhere.
      const lines = Array.from({ length: 2_000 }, (_, n) => (n * 1_237) % 2_000).map(
        (n) => `+1${areas[n % 20]}55501${String(Math.floor(n / 20)).padStart(2, '0')},${`Person ${n} `.repeat(n % 40)}`,
      )
      await importInto(test, ['phone,note', ...lines], {})
      await importInto(test, ['phone,note', ...lines.filter((_, n) => n % 3 === 0).map((line) => `${line} again`)], {})
      const connection = new SqliteConnection(test.dbPath)
      connection.pragma('wal_checkpoint(PASSIVE)')
      connection.close()
      // A split leaves the old halves of a page where they were: some people stand in the file more often than others.
      const copies = new Map<string, number>()
      for (const [number] of readFileSync(test.dbPath, 'latin1').matchAll(/1\d{3}55501\d\d/g))
        copies.set(number, (copies.get(number) ?? 0) + 1)
      const usual = Math.min(...copies.values())
      const split = [...copies].filter(([, count]) => count > usual).map(([number]) => number)
      expect(split.length).toBeGreaterThan(0)
      expect(split.length).toBeLessThan(20)
      for (const number of split) await eraseContactByOperator(test.ctx, `+${number}`)
      const bytes = await everything(test)
      expect(split.filter((number) => bytes.includes(number))).toEqual([])
      expect(bytes).toContain([...copies.keys()].find((number) => !split.includes(number)))
    },
  )

  it('stays counted, and the books of the campaign balance', async () => {
    const test = await setup()
    await sent(test)
    await eraseContactByOperator(test.ctx, phone)
    expect((await storedMessages(test)).map(({ status }) => status)).toEqual(['accepted', 'accepted'])
    expect((await verify(test.ctx)).ok).toBe(true)
    await expect(showContact(test.ctx, phone)).rejects.toMatchObject({ code: 'contact.not_found' })
  })

  it('is not imported again, in whatever spelling', async () => {
    const test = await setup()
    await eraseContactByOperator(test.ctx, phone)
    const again = await importInto(test, ['phone,first_name', `07700 900 123,${name}`, `${other},Bob`], {
      defaultCountry: 'GB',
    })
    expect(again).toMatchObject({ rows: 2, suppressed: 1, added: 0 })
    expect(await found(test)).toEqual([])
  })

  it('gets no message that was planned before, nor one that an operator sends again', async () => {
    const test = await setup()
    const [message] = await claim(test).then(({ claimed }) => claimed.filter((one) => one.phone === phone))
    if (message === undefined) throw new Error('nothing was claimed')
    await record(test, [message], () => ({
      kind: 'unknown',
      error: { code: 'x', text: name, advice: '', httpStatus: null },
    }))
    await eraseContactByOperator(test.ctx, phone)
    await resolveUnknown(test.ctx, `msg_${message.messageId}`, 'resend')
    expect((await claimAll(test)).filter(({ phone: to }) => to !== other)).toEqual([])
    expect(await storedMessages(test)).toContainEqual(expect.objectContaining({ status: 'skipped', reason: 'erased' }))
    expect(await showSuppressions(test.ctx, { limit: 10 })).toEqual([])
  })

  it('does not come back with a callback that comes later', async () => {
    const test = await setup()
    await sent(test)
    const attempts = await test.ctx.db.read((tx) =>
      tx.all<{ id: number; ref: string }>(
        `SELECT a.id, (SELECT value FROM settings WHERE key = 'installation') AS ref FROM attempts a JOIN messages m ON m.id = a.message_id JOIN contacts c ON c.id = m.contact_id WHERE c.phone = ?`,
        [phone],
      ),
    )
    const [attempt] = attempts
    const reference = `h${JSON.parse(attempt?.ref ?? '""')}-1-${attempt?.id.toString(36)}`
    await eraseContactByOperator(test.ctx, phone)
    await storeCallback(
      test,
      metaEnvelope({ statuses: [metaStatus({ trackingId, reference, status: 'delivered', at: test.clock.now() })] }),
    )
    await applyDue(test)
    const ids = await test.ctx.db.read((tx) =>
      tx.all<{ id: string }>('SELECT tracking_id AS id FROM attempts WHERE tracking_id IS NOT NULL'),
    )
    expect(ids.map(({ id }) => id)).not.toContain(trackingId)
    expect((await storedMessages(test)).map(({ status }) => status).sort()).toEqual(['accepted', 'delivered'])
  })

  it('is erased again in a minute while a message or an import is under way, and nothing happens before', async () => {
    const test = await setup()
    const { claimed } = await claim(test)
    await expect(eraseContactByOperator(test.ctx, phone)).rejects.toMatchObject({
      code: 'contact.busy',
      message: expect.stringContaining('on the wire'),
    })
    expect((await showContact(test.ctx, phone)).attributes.first_name).toBe('Quilla F')
    await record(test, claimed)
    await test.ctx.db.write((tx) => tx.run(`UPDATE imports SET status = 'applying' WHERE id = 1`))
    await expect(eraseContactByOperator(test.ctx, phone)).rejects.toMatchObject({
      code: 'contact.busy',
      message: expect.stringContaining('import'),
    })
    await test.ctx.db.write((tx) => tx.run(`UPDATE imports SET status = 'applied' WHERE id = 1`))
    await eraseContactByOperator(test.ctx, phone)
  })

  it('is not brought back by a file that was being read meanwhile', async () => {
    const test = await setup()
    let erasing: Promise<unknown> | undefined
    const reading = importInto(test, ['phone,first_name', `${phone},${name}`], {
      list: 'more',
      onProgress: () => {
        erasing ??= eraseContactByOperator(test.ctx, phone)
      },
    })
    await expect(reading).rejects.toMatchObject({ code: 'contact.busy' })
    await erasing
    expect(await found(test)).toEqual([])
  })

  it('takes no news of others along: a callback that waits is kept without the number', async () => {
    const test = await setup()
    const claimed = await claimAll(test)
    await record(test, claimed)
    const [first, second] = claimed
    const status = (message: typeof first, to: string) => ({
      ...metaStatus({ trackingId: `track-${message?.attemptId}`, status: 'delivered', at: test.clock.now() }),
      recipient_id: to,
    })
    await storeCallback(
      test,
      metaEnvelope({ statuses: [status(first, phone.slice(1)), status(second, other.slice(1))] }),
    )
    await eraseContactByOperator(test.ctx, phone)
    await applyDue(test)
    expect((await storedMessages(test)).filter(({ phone: to }) => to === other)).toMatchObject([
      { status: 'delivered' },
    ])
    expect(await everything(test)).not.toContain('7700900123')
  })

  it('F3: is not brought back by what they write, a test, a suppression or an import', async () => {
    const test = await setup()
    await sent(test)
    await eraseContactByOperator(test.ctx, phone)
    await applyInbound(test, phone, `STOP, I am ${name}`)
    await applyPreference(test, phone, 'stop')
    await expect(prepareTest(test.ctx, 'Spring sale', phone)).rejects.toMatchObject({ code: 'contact.erased' })
    await addSuppression(test.ctx, phone, { evidence: 'a letter' })
    await importCsv(test.ctx, {
      path: csvFile(tempDir(), `phone,first_name\n${phone},${name}\n`),
      list: 'people',
      rejectsPath: null,
    })
    await expect(showContact(test.ctx, phone)).rejects.toMatchObject({ code: 'contact.not_found' })
    expect(await showSuppressions(test.ctx, { limit: 10 })).toEqual([])
    expect(await left(test)).toEqual([])
  })

  it('F3: stays erased when a status of an old message tells the number again', async () => {
    const test = await setup()
    await sent(test)
    const [row] = await test.ctx.db.read((tx) =>
      tx.all<{ id: number }>(
        `SELECT a.id FROM attempts a JOIN messages m ON m.id = a.message_id JOIN contacts c ON c.id = m.contact_id WHERE c.phone = ?`,
        [phone],
      ),
    )
    const installation = await test.ctx.db.read((tx) => findSetting(tx, 'installation'))
    await eraseContactByOperator(test.ctx, phone)
    const status = { reference: formatReference(installation ?? '', 1, row?.id ?? 0), trackingId, to: phone.slice(1) }
    await applyStatus(test, { ...status, status: 'delivered' })
    expect((await storedMessages(test)).map(({ status: one }) => one).sort()).toEqual(['accepted', 'delivered'])
    expect(await left(test)).toEqual([])
  })

  it('F3: is erased once: again, by number or id, changes nothing', async () => {
    const test = await setup()
    const { id } = await eraseContactByOperator(test.ctx, phone)
    const before = await everything(test)
    for (const whom of [phone, id])
      expect(await eraseContactByOperator(test.ctx, whom)).toMatchObject({
        id,
        note: expect.stringContaining('before'),
      })
    expect(await everything(test)).toBe(before)
    await expect(eraseContactByOperator(test.ctx, '+447700900199')).rejects.toMatchObject({ code: 'contact.not_found' })
  })

  it('F3: can be erased once more when an older version let the number back in', async () => {
    const test = await setup()
    await eraseContactByOperator(test.ctx, phone)
    await test.ctx.db.write((tx) =>
      tx.run(`INSERT INTO contacts (key, phone, attributes, created_at, updated_at) VALUES (?, ?, '{}', 1, 1)`, [
        phone.slice(1),
        phone,
      ]),
    )
    await eraseContactByOperator(test.ctx, phone)
    expect(await found(test)).toEqual([])
    await applyInbound(test, phone, 'Hello')
    expect(await left(test)).toEqual([])
    expect((await verify(test.ctx)).ok).toBe(true)
  })

  it('is in no answer that is kept for a request to be sent again', async () => {
    const client = await serveApi()
    await importLines(client, ['phone,first_name', `${phone},Quilla`])
    await client.api('/suppressions', { method: 'POST', body: { phone }, headers: { 'idempotency-key': 'a' } })
    const answers = () => client.ctx.db.read((tx) => tx.all<{ body: string }>('SELECT body FROM idempotency_keys'))
    expect((await answers())[0]?.body).toContain(phone)
    expect((await client.api('/contacts/con_1', { method: 'DELETE' })).body).toMatchObject({ uploads: 0 })
    expect(await answers()).toEqual([])
  })
})

describe('SR-48 what is kept for a while only', () => {
  const DAY = 24 * 3_600_000
  const stored = (test: TestApp) =>
    test.ctx.db.read((tx) =>
      tx.get<{ callbacks: number; rejects: number; variables: number }>(
        `SELECT (SELECT count(*) FROM webhook_events) AS callbacks, (SELECT count(*) FROM rejects) AS rejects,
                (SELECT count(*) FROM messages WHERE variables IS NOT NULL) AS variables`,
      ),
    )
  const forget = async (test: TestApp) => {
    while (await forgetOld(test.ctx));
  }

  it('goes after its days: callbacks, rejected lines, what messages said to each person', async () => {
    const test = await setup()
    await sent(test)
    expect(await stored(test)).toEqual({ callbacks: 1, rejects: 2, variables: 2 })
    test.clock.advance(90 * DAY - 60_000)
    await forget(test)
    expect(await stored(test)).toEqual({ callbacks: 1, rejects: 2, variables: 2 })
    test.clock.advance(120_000)
    await forget(test)
    expect(await stored(test)).toEqual({ callbacks: 0, rejects: 0, variables: 0 })
    expect((await verify(test.ctx)).ok).toBe(true)
    expect((await showContact(test.ctx, phone)).messages).toMatchObject([{ status: 'accepted' }])
  })

  it('goes after as many days as the settings say', async () => {
    const test = await openTestApp({ env: { HERALD_RETENTION_DAYS: '7' } })
    await importInto(test, ['phone,first_name', '12,Nobody'])
    test.clock.advance(6 * DAY)
    await forget(test)
    expect((await stored(test))?.rejects).toBe(1)
    test.clock.advance(2 * DAY)
    await forget(test)
    expect((await stored(test))?.rejects).toBe(0)
  })

  it('stays while a run goes on', async () => {
    const test = await setup()
    test.clock.advance(91 * DAY)
    await forget(test)
    expect((await stored(test))?.variables).toBe(2)
    await claimAll(test)
    await forget(test)
    expect((await stored(test))?.variables).toBe(2)
    test.clock.advance(91 * DAY)
    await forget(test)
    expect((await stored(test))?.variables).toBe(0)
  })

  it('is forgotten in slices that many messages cannot make longer', async () => {
    const test = await openTestApp()
    await addMeta(test)
    await importPeople(test, 2_500)
    await addTestCampaign(test, {
      content: { type: 'template', template: 'hello', language: 'en', body: ['{{ first_name }}'] },
    })
    await launchAndPlan(test, 'Spring sale')
    await test.ctx.db.write(async (tx) => {
      await tx.run(`UPDATE messages SET status = 'cancelled'`)
      await tx.run(`UPDATE runs SET status = 'finished', finished_at = ?`, [test.clock.now()])
    })
    test.clock.advance(91 * DAY)
    const write = vi.spyOn(test.ctx.db, 'write')
    await forget(test)
    expect((await stored(test))?.variables).toBe(0)
    expect(write.mock.calls.length).toBeGreaterThan(4)
  })
})

it('SR-49 a person gets a copy of everything that is known of them, for people and for programs', async () => {
  const test = await setup()
  await sent(test)
  await addSuppression(test.ctx, phone, { scope: 'marketing', reason: 'opted_out', evidence: 'a letter' })
  const copy = await showContact(test.ctx, phone, { isCopy: true })
  await expect(
    `${JSON.stringify(copy, null, 2)}\n`.replaceAll(/long story(?: of Quilla long story)*/g, 'long story'),
  ).toMatchFileSnapshot('one-person.json.txt')
})
