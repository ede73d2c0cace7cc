// Every file in samples/ is what it says it is: read by the product itself, as a user would have it read.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readDefinitionFile } from '../../src/cli/definition-file.ts'
import { type CampaignDefinition, parseCampaign } from '../../src/domain/campaign.ts'
import { contentTypes } from '../../src/domain/content.ts'
import { parsePhone } from '../../src/domain/phone.ts'
import { addCampaign } from '../../src/engine/campaigns/drafts.ts'
import { exportContacts } from '../../src/engine/contacts/export-contacts.ts'
import { importCsv } from '../../src/engine/import/import-csv.ts'
import { showImport } from '../../src/engine/import/imports.ts'
import { forecastFor } from '../../src/engine/report/forecast.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { parseWebhook } from '../../src/providers/meta/webhook.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { addSandbox, importLines, openTestApp, type TestApp } from '../support/open-test-app.ts'

const campaignFiles = readdirSync('samples/campaigns').map((name) => join('samples/campaigns', name))

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Days before the dates of the schedules, of which no launch may be farther away than 35. */
const SHORTLY_BEFORE = '2030-03-01T12:00:00Z'

async function setup(): Promise<TestApp> {
  const test = await openTestApp({ clock: new FakeClock(SHORTLY_BEFORE) })
  await importCsv(test.ctx, { path: 'samples/contacts.csv', list: 'spring', rejectsPath: null })
  return test
}

describe('samples/contacts.csv', () => {
  it('has a thousand lines, of which some are rejected, some repeat a person, and every one ends in a bucket', async () => {
    const { ctx } = await openTestApp()
    const result = await importCsv(ctx, { path: 'samples/contacts.csv', list: 'spring', rejectsPath: null })
    expect(result).toMatchObject({
      rows: 1000,
      added: 954,
      duplicates: 8,
      rejected: 38,
      encoding: 'utf-8',
      delimiter: ',',
    })
    const { rejects } = await showImport(ctx, result.importId ?? '')
    expect(new Set(rejects.map(({ code }) => code)).size).toBeGreaterThanOrEqual(8)
  })

  it('names only numbers that are kept for fiction', async () => {
    const { ctx } = await setup()
    const phones: string[] = []
    for await (const slice of (await exportContacts(ctx, { lists: ['spring'] }, true)).lines)
      phones.push(...slice.map((line) => String(line[0])))
    expect(phones).toHaveLength(954)
    const reserved =
      /^\+(?:1\d{3}55501\d\d|447700900\d{3}|336399800\d\d|467017406\d\d|61491570\d{3}|49(?:17139200\d\d|1522889545[0-9]|15228817386|15254599371|17299[0-9]{5}|174(?:9091317|9464308)))$/
    expect(phones.filter((phone) => !reserved.test(phone))).toEqual([])
  })

  it('has numbers that are mended and numbers that need the country named', async () => {
    const cells = readFileSync('samples/contacts.csv', 'utf8')
      .split('\n')
      .map((line) => line.split(',')[0] ?? '')
    const read = cells.map((cell) => parsePhone(cell).phone?.notes ?? [])
    expect(read.filter((notes) => notes.includes('cleaned')).length).toBeGreaterThanOrEqual(8)
    const isNational = (cell: string) => parsePhone(cell).reject?.code === 'phone.no_country'
    expect(cells.filter((cell) => isNational(cell) && parsePhone(cell, { defaultCountry: 'GB' }).phone).length).toBe(6)
  })
})

describe('samples/contacts-excel-semicolon.csv', () => {
  it('is read with its encoding, delimiter and German column names', async () => {
    const { ctx } = await openTestApp()
    const path = 'samples/contacts-excel-semicolon.csv'
    const result = await importCsv(ctx, { path, list: 'excel', defaultCountry: 'DE', rejectsPath: null })
    expect(result).toMatchObject({ rows: 6, added: 5, rejected: 1, encoding: 'windows-1252', delimiter: ';' })
  })
})

describe('samples/campaigns', () => {
  it.each(campaignFiles)('%s is saved, and its forecast reaches people of the sample list', async (file) => {
    const test = await setup()
    await addSandbox(test)
    await importLines(test, ['phone', '+447700900999'], { list: 'staff' })
    const campaign = await addCampaign(test.ctx, readDefinitionFile(file))
    const { audience, byOutcome } = await forecastFor(test.ctx, campaign.name)
    expect(audience).toBeGreaterThan(0)
    expect(byOutcome.sent + byOutcome.deferred).toBeGreaterThan(audience * 0.9)
  })

  it('show every kind of content and every way of scheduling', () => {
    const definitions = campaignFiles.map((file) => parseCampaign(readDefinitionFile(file), 'UTC'))
    const kinds = new Set(definitions.map(({ definition }) => definition.content.type))
    expect([...kinds].sort()).toEqual([...contentTypes].sort())
    const ways = new Set(definitions.map(({ schedule }) => schedule.timing.kind))
    expect([...ways].sort()).toEqual(['cron', 'every', 'launch', 'once'])
    expect(definitions.some(({ schedule }) => schedule.isRecipientLocal)).toBe(true)
    expect(new Set(definitions.map(({ definition }: { definition: CampaignDefinition }) => definition.name)).size).toBe(
      definitions.length,
    )
  })
})

describe('samples/senders', () => {
  it.each(readdirSync('samples/senders'))('%s is a sender, with its secrets in the environment', async (name) => {
    const { ctx } = await openTestApp()
    const path = join('samples/senders', name)
    for (const [, variable] of readFileSync(path, 'utf8').matchAll(/\{ *env: *([A-Z0-9_]+) *\}/g))
      vi.stubEnv(variable ?? '', 'placeholder-secret-of-a-test')
    const sender = await addSender(ctx, readDefinitionFile(path))
    expect(sender.status).toBe('active')
    expect(JSON.stringify(sender)).not.toContain('placeholder-secret')
  })
})

describe('samples/webhooks/meta', () => {
  const items = (name: string) => parseWebhook(readFileSync(`samples/webhooks/meta/${name}.json`, 'utf8'))

  it('hold each kind of callback once', () => {
    expect(items('delivered')[0]).toMatchObject({ kind: 'status', status: 'delivered', reference: 'h4f2a-1-a' })
    expect(items('read')[0]).toMatchObject({ kind: 'status', status: 'read', reference: 'h4f2a-1-a' })
    expect(items('failed')[0]).toMatchObject({
      kind: 'status',
      status: 'failed',
      failure: { error: { code: '131026' } },
    })
    expect(items('inbound-text')[0]).toMatchObject({ kind: 'inbound', phone: '+12025550123', text: 'STOP' })
    expect(items('button-reply')[0]).toMatchObject({ kind: 'inbound', buttonPayload: 'shop', text: 'In the shop' })
    expect(items('template-button')[0]).toMatchObject({ kind: 'inbound', buttonPayload: 'tulips', text: 'Tulips' })
    expect(items('user-preferences')[0]).toMatchObject({ kind: 'preference', phone: '+12025550123', wants: 'stop' })
  })
})
