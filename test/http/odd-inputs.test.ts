// Texts that look like a name, a number, a duration or a type and are none: refused where they come in, at every face.
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseCampaign, parseNewCampaign } from '../../src/domain/campaign.ts'
import { nameProblem } from '../../src/domain/name.ts'
import { decimalIn, wholeIn } from '../../src/domain/number-text.ts'
import { addKey } from '../../src/engine/accounts/keys.ts'
import { addFirstUser } from '../../src/engine/accounts/users.ts'
import { addSender } from '../../src/engine/senders/senders.ts'
import { setCap } from '../../src/engine/service/limits.ts'
import { answerHandshake } from '../../src/providers/meta/webhook.ts'
import { readConfig } from '../../src/runtime/config.ts'
import { documentOf } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'
import { cliFolder, herald, writeIn } from '../support/cli.ts'
import { campaignDefinition, importPeople, openTestApp } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

afterEach(() => vi.unstubAllEnvs())

/** Characters that no name may have. */
const hidden: [string, string][] = [
  ['a NUL', '\0'],
  ['a line break', '\n'],
  ['a carriage return', '\r'],
  ['an escape', '\x1b'],
  ['a delete', '\x7f'],
  ['a line break of the upper controls', '\x85'],
  ['a line separator', '\u2028'],
  ['a right-to-left override', '\u202e'],
  ['an isolate', '\u2066'],
  ['a right-to-left mark', '\u200f'],
  ['half a character', '\ud83d'],
  ['no character', '\uffff'],
]

describe('S18: a name with', () => {
  it.each(hidden)('S18: %s in it is refused by its place', async (_what, character) => {
    const test = await openTestApp()
    await importPeople(test, 1)
    const name = `Sale${character}2`
    const refused = { message: expect.stringContaining('at position 5, which no name may have') }
    expect(() => parseNewCampaign(campaignDefinition({ name }), 'UTC')).toThrow(
      expect.objectContaining({ ...refused, code: 'campaign.invalid' }),
    )
    await expect(addSender(test.ctx, { name, provider: 'sandbox' })).rejects.toMatchObject(refused)
    await expect(addSender(test.ctx, { name: 'x', account: name, provider: 'sandbox' })).rejects.toMatchObject(refused)
    const user = { name, role: 'admin' as const, password: 'gravel lantern 82 pocket' }
    await expect(addFirstUser(test.ctx, user)).rejects.toMatchObject({ code: 'user.name_invalid' })
    await addFirstUser(test.ctx, { ...user, name: 'ada' })
    await expect(addKey(test.ctx, { name, user: 'ada' })).rejects.toMatchObject({ code: 'key.name_invalid' })
    await expect(importPeople(test, 1, name)).rejects.toMatchObject({ code: 'list.name_invalid' })
  })

  it('S18: one of them is refused by API and page, which store what they are given and nothing else', async () => {
    const { api, ...client } = await serveApi()
    await importPeople(client as never, 1)
    const answer = await api('/campaigns', {
      method: 'POST',
      body: campaignDefinition({ sender: 'sandbox', name: 'Sale\n\u202e2' }),
    })
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/name'])
    expect((await api('/keys', { method: 'POST', body: { name: 'a\tb\0', user: 'ada' } })).status).toBe(400)
    const visitor = await visit({ api, ...client })
    const typed = { name: 'a\u202eb', user: 'ada', rights: 'read' }
    expect((await visitor.post('/keys/new', typed)).status).toBe(422)
    expect((await api('/campaigns')).body.items).toEqual([])
  })

  it('S18: letters, signs and joiners of any language is a name', () => {
    for (const name of ['Été №5 — 50 % & más!', 'فروش می‌کنیم', '👩‍👩‍👧 family', 'नमस्ते', 'tab\tbed', ' around ', '#1'])
      expect(nameProblem(name), name).toBeUndefined()
    for (const name of ['\u200b', '\u00ad\u2060', '\u3164']) expect(nameProblem(name)).toBeDefined()
  })

  it('S18: a control character that is stored already stays readable', () => {
    expect(parseCampaign(campaignDefinition({ name: 'Sale\u202e2' }), 'UTC').definition.name).toBe('Sale\u202e2')
  })
})

describe('S18: a number', () => {
  it('S18: is digits, and nothing that only a program reads as a number', () => {
    for (const text of [
      '0x10',
      '0b1',
      '1e3',
      '+5',
      ' 5',
      '5 ',
      '٣',
      '1_000',
      '1,5',
      'Infinity',
      'NaN',
      '',
      '-',
      '.5',
      '5.',
    ])
      expect([text, wholeIn(text), decimalIn(text)]).toEqual([text, undefined, undefined])
    fc.assert(
      fc.property(fc.string(), (text) => {
        const number = decimalIn(text)
        expect(number === undefined || /^-?\d+(\.\d+)?$/.test(text)).toBe(true)
        expect(wholeIn(text)).toBe(/^\d{1,15}$/.test(text) ? Number(text) : undefined)
      }),
    )
  })

  const odd = ['0x10', '1e1', '+5', '%205', '5.0', '', '٣', '-1', 'NaN', '9007199254740993']

  it('S18: is asked for by every list of the API', async () => {
    const test = await serveApi({ env: { HERALD_REQUESTS_PER_SECOND: '100000' } })
    const { paths } = documentOf(test) as { paths: Record<string, { get?: { parameters?: { name?: string }[] } }> }
    const lists = Object.entries(paths).filter(
      ([path, { get }]) => !path.includes('{') && get?.parameters?.some(({ name }) => name === 'limit'),
    )
    expect(lists.length).toBeGreaterThan(8)
    for (const [path] of lists)
      for (const limit of odd) expect((await test.api(`${path}?limit=${limit}`)).status, `${path} ${limit}`).toBe(400)
    for (const [path] of lists) expect((await test.api(`${path}?limit=16`)).status, path).toBe(200)
  })

  it('S18: is asked for by settings', () => {
    for (const text of ['0x1F90', '8e3', '+80', '80.5', 'abc'])
      expect(() => readConfig({ env: { HERALD_PORT: text } })).toThrow(/HERALD_PORT/)
    expect(() => readConfig({ env: { HERALD_PAIR_INTERVAL_SECONDS: '0x6' } })).toThrow(/PAIR_INTERVAL/)
    expect(readConfig({ env: { HERALD_PORT: ' 8081 ', HERALD_PAIR_INTERVAL_SECONDS: '1.5' } })).toMatchObject({
      port: 8081,
      pairIntervalSeconds: 1.5,
    })
  })

  it('S18: is asked for by forms', async () => {
    const test = await serveApi()
    const visitor = await visit(test)
    for (const text of ['0x10', '1e1', '+5']) {
      const cap = { id: 'daily', max: text, window: '24h', scope: 'all', onCap: 'defer', isEnabled: 'yes' }
      expect((await visitor.post('/limits/caps', cap)).status).toBe(422)
      const limits = { ratePerSecond: text, pairIntervalSeconds: '6' }
      expect((await visitor.post('/senders/snd_1/limits', limits)).status).toBe(422)
      expect((await visitor.post('/keys/new', { name: 'k', user: 'ada', rights: 'read', days: text })).status).toBe(422)
    }
    expect((await test.api('/limits')).body.caps).toMatchObject([{ id: 'daily', max: 1 }])
  })

  it('S18: is asked for by places on the map', () => {
    const place = (latitude: string) =>
      campaignDefinition({ content: { type: 'location', latitude, longitude: '13.4' } })
    expect(() => parseNewCampaign(place('0x34'), 'UTC')).toThrow(/latitude/)
    expect(() => parseNewCampaign(place('52.520008123456'), 'UTC')).not.toThrow()
  })
})

describe('S18: a duration', () => {
  it('S18: is one number and one unit, and more than nothing', async () => {
    const cron = { cron: '0 9 * * *' }
    for (const text of ['5 m', '0m', '0h', '5m 30s', '5', '٥m', '0x5m']) {
      const late = campaignDefinition({ schedule: { ...cron, catchUp: text } })
      expect(() => parseNewCampaign(late, 'UTC'), text).toThrow(expect.objectContaining({ code: 'schedule.invalid' }))
      const short = campaignDefinition({ limits: { validity: text } })
      expect(() => parseNewCampaign(short, 'UTC'), text).toThrow(
        expect.objectContaining({ code: 'validity.out_of_range' }),
      )
    }
    const { ctx } = await openTestApp()
    for (const window of ['24 h', '0h'])
      await expect(setCap(ctx, { id: 'daily', max: 1, window })).rejects.toMatchObject({ code: 'cap.invalid' })
    expect(
      parseNewCampaign(campaignDefinition({ schedule: { ...cron, catchUp: '90m' } }), 'UTC').schedule.catchUpMs,
    ).toBe(5_400_000)
  })

  it('S18: with a blank that is stored already stays readable', () => {
    const stored = campaignDefinition({ schedule: { cron: '0 9 * * *', catchUp: '5 m' }, limits: { validity: '36 h' } })
    expect(parseCampaign(stored, 'UTC')).toMatchObject({ validityMs: 129_600_000, schedule: { catchUpMs: 300_000 } })
  })
})

describe('S18: the handshake of a callback', () => {
  const ask = (query: string) => answerHandshake(new URLSearchParams(query), 'right-token')
  const right = 'hub.mode=subscribe&hub.verify_token=right-token'

  it('S18: is answered once and with what Meta sends: each parameter once, the challenge a plain word', () => {
    expect(ask(`${right}&hub.challenge=1158201444`)).toEqual({ status: 200, body: '1158201444' })
    for (const query of [
      `${right}`,
      `${right}&hub.challenge=`,
      `${right}&hub.challenge=%3Cscript%3Ealert(1)%3C/script%3E`,
      `${right}&hub.challenge=1&hub.challenge=2`,
      `${right}&hub.challenge=1%0d%0aset-cookie:x`,
      `${right}&hub.challenge=${'1'.repeat(201)}`,
      `${right}&hub.verify_token=wrong&hub.challenge=1`,
      `hub.mode=subscribe&hub.verify_token=wrong&hub.verify_token=right-token&hub.challenge=1`,
      `${right}&hub.mode=unsubscribe&hub.challenge=1`,
      `hub.mode[]=subscribe&hub.verify_token=right-token&hub.challenge=1`,
    ])
      expect(ask(query), query).toEqual({ status: 403, body: '' })
  })
})

describe('S18: the command line', () => {
  it('S18: repeats no value that was typed behind an unknown option', async () => {
    const folder = cliFolder()
    for (const argv of [
      ['senders', 'add', 'x.yaml', '--access-token=EAAG-canary'],
      ['--password=EAAG-canary', 'doctor'],
      ['import', 'x.csv', '--list', 'x', '--lst=EAAG-canary\nsecond line'],
    ]) {
      const { exitCode, stderr, stdout } = await herald(folder, ...argv)
      expect([exitCode, /unknown option '--[a-z-]+'/.test(stderr)]).toEqual([2, true])
      expect(stdout + stderr).not.toContain('canary')
    }
  })

  it('S18: repeats no secret of a sender file that is wrong', async () => {
    const folder = cliFolder()
    for (const credentials of [
      'phoneNumberId: "1060000000000001"\n  accesToken: EAAG-canary\n  appSecret: canary-too',
      'phoneNumberId: canary-id\n  accessToken: EAAG-canary\n  appSecret: {envv: canary}',
      'accessToken: [EAAG-canary]',
    ]) {
      const file = writeIn(folder, 'sender.yaml', `name: main\nprovider: meta\ncredentials:\n  ${credentials}\n`)
      const { exitCode, stderr, stdout } = await herald(folder, 'senders', 'add', file)
      expect(exitCode).toBe(3)
      expect(stdout + stderr).not.toMatch(/canary/)
    }
  })
})

describe('S18: an upload', () => {
  const csv = 'phone,name\n+12025550101,Ann\n'
  const formOf = (type: string | null) =>
    `--xyz\r\ncontent-disposition: form-data; name="file"; filename="people.csv"\r\n${type === null ? '' : `content-type: ${type}\r\n`}\r\n${csv}\r\n--xyz--\r\n`

  it('S18: is taken by the type that it declares: a table, in every way that browsers say so', async () => {
    const { api } = await serveApi()
    const send = (type: string, body: string) =>
      api('/uploads', { method: 'POST', body, headers: { 'content-type': type } })
    for (const type of [
      'text/csv',
      'TEXT/CSV; charset=utf-8',
      'text/tab-separated-values',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'application/octet-stream',
    ])
      expect((await send(type, csv)).status, type).toBe(201)
    for (const type of [
      'text/csvx',
      'text/csv-like',
      'application/octet-streams',
      'image/png',
      'text/plain',
      'text/html',
    ])
      expect((await send(type, csv)).status, type).toBe(415)
    const part = (type: string | null) => send('multipart/form-data; boundary=xyz', formOf(type))
    for (const type of [null, 'text/csv', 'text/plain', 'application/vnd.ms-excel', 'application/octet-stream'])
      expect((await part(type)).status, type ?? 'none').toBe(201)
    for (const type of ['image/png', 'application/json', 'text/html', 'application/zip', 'video/mp4', 'x']) {
      const { status, body } = await part(type)
      expect([status, body.code], type).toEqual([415, 'request.not_a_table'])
    }
  })
})
