// Addresses that people can name: Herald hands them to the provider and asks none of them, however they are written.
// A server on this machine counts who comes, and so does the process itself: every connection that it opens is told.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { until } from '../support/fake-clock.ts'
import { addMeta, addTestCampaign, campaignDefinition, importLines, phoneNumber } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

/** Hosts that are this machine, its network, the metadata of a cloud, or nobody's. */
const inside = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.127.127.127', '2130706433', '0x7f000001', '0x7f.0.0.1', '0x7F.1'],
  ...[
    '0177.0.0.1',
    '0177.0000.0000.0001',
    '017700000001',
    '00000177.1',
    '127.0.0.1.',
    '127.000.000.001',
    '127.0x0.0.1',
  ],
  ...[
    '0',
    '0.0.0.0',
    '00',
    '0x0',
    '%31%32%37.0.0.1',
    '127%2e0.0.1',
    '①②⑦.⓪.⓪.①',
    '１２７.０.０.１',
    '127。0。0。1',
    '127．0．0．1',
  ],
  ...[
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::0001]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::FFFF:127.0.0.1]',
  ],
  ...['[0:0:0:0:0:ffff:127.0.0.1]', '[::127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]'],
  ...['[fe80::1]', '[fc00::1]', '[fd12:3456::1]', '[ff02::1]', '[2001:db8::1]', '[::1%25lo]', '[::1%lo]', '[v1.x]'],
  ...[
    'localhost',
    'LOCALHOST',
    'LocalHost.',
    'localhost.',
    'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ',
    'ｌｏｃａｌｈｏｓｔ',
    'l%6fcalhost',
    'api.localhost',
    'localhost.localdomain',
  ],
  ...[
    '169.254.169.254',
    '2852039166',
    '0xA9FEA9FE',
    '0251.0376.0251.0376',
    '169.254.43518',
    '[::ffff:a9fe:a9fe]',
    '[fd00:ec2::254]',
  ],
  ...['metadata.google.internal', 'metadata', 'instance-data', 'metadata.internal.'],
  ...[
    '10.0.0.1',
    '10.1',
    '167772161',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.168.257',
    '100.64.0.1',
    '198.18.0.1',
  ],
  ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '8.8.8.8'],
  ...[
    'router',
    'db',
    'redis.lan',
    'nas.home',
    'printer.local',
    'wiki.corp',
    'portal.intranet',
    'box.home.arpa',
    'vault.internal',
  ],
]

/** Whole addresses: other schemes, names within, what readers of addresses disagree about. */
function oddAddresses(port: number): string[] {
  return [
    ...[
      `//127.0.0.1:${port}/`,
      `127.0.0.1:${port}`,
      `http:127.0.0.1:${port}`,
      `http:/127.0.0.1:${port}`,
      `http:\\\\127.0.0.1:${port}`,
    ],
    ...[
      `http:///127.0.0.1:${port}/`,
      ` http://127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}\t/`,
      `ht\ntp://127.0.0.1:${port}/`,
    ],
    ...[
      `http://cdn.example@127.0.0.1:${port}/`,
      `http://user:word@cdn.example/`,
      `http://127.0.0.1:${port}\\@cdn.example/`,
    ],
    ...[
      `http://cdn.example\\@127.0.0.1:${port}/`,
      `http://cdn.example:80@127.0.0.1:${port}/`,
      'http://user@cdn.example/',
    ],
    ...[
      `http://127.0.0.1:${port}#@cdn.example/`,
      `http://127.0.0.1:${port}?@cdn.example/`,
      'http://10.0.0.1:dead/',
      'http://127.0.0.1:99999/',
    ],
    ...[
      'file:///etc/passwd',
      'file://localhost/etc/passwd',
      'ftp://127.0.0.1/',
      `gopher://127.0.0.1:${port}/_x`,
      'dict://127.0.0.1:11211/',
    ],
    ...[
      'ldap://127.0.0.1/',
      'jar:http://127.0.0.1!/',
      'data:image/png;base64,AAAA',
      'javascript:alert(1)',
      'blob:http://127.0.0.1/x',
    ],
    ...[`ws://127.0.0.1:${port}/`, 'about:blank', 'http://', 'http://.', 'http://..', 'http://%', 'http://[', '', 'x'],
  ]
}

/** Names of other people's servers; some of them lead back here. They are the provider's to ask. */
const names = (port: number) => [
  `http://127.0.0.1.nip.io:${port}/a.png`,
  `http://7f000001.nip.io:${port}/a.png`,
  `http://localtest.me:${port}/a.png`,
  `http://customer1.app.localhost.my.example:${port}/a.png`,
  `http://cdn.example/redirect?to=http://127.0.0.1:${port}/`,
  `http://cdn.example/#@127.0.0.1:${port}/`,
  `https://cdn.example/a.png`,
]

/** A server that nobody should ask, and the hosts that this process asked. */
async function watchCalls() {
  let requests = 0
  const server = createServer((_, response) => {
    requests++
    response.end('canary-of-the-inside')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const asked: string[] = []
  const note = (message: unknown) => {
    const { connectParams } = message as { connectParams: { host: string } }
    asked.push(connectParams.host)
  }
  subscribe('undici:client:beforeConnect', note)
  onTestFinished(async () => {
    unsubscribe('undici:client:beforeConnect', note)
    await new Promise((resolve) => server.close(resolve))
  })
  return { port, requests: () => requests, asked }
}

const image = (url: string) => ({ type: 'image', url })
/** Every place of a content that takes an address. */
const places: ((url: string) => Record<string, unknown>)[] = [
  image,
  (url) => ({ type: 'video', url }),
  (url) => ({ type: 'audio', url }),
  (url) => ({ type: 'document', url, filename: 'a.pdf' }),
  (url) => ({ type: 'sticker', url }),
  (url) => ({ type: 'image', images: [{ url: 'https://cdn.example/a.png' }, { url }] }),
  (url) => ({
    type: 'buttons',
    header: { type: 'image', url },
    body: 'x',
    buttons: [{ id: 'a', title: 'A' }],
  }),
  (url) => ({ type: 'template', template: 'hello', language: 'en', header: { type: 'video', url } }),
  (url) => ({
    type: 'carousel',
    body: 'x',
    cards: [url, 'https://cdn.example/a.png'].map((link) => ({
      header: { type: 'image', url: link },
      buttons: [{ title: 'A', url: 'https://cdn.example/' }],
    })),
  }),
  (url) => ({
    type: 'carousel',
    body: 'x',
    cards: [url, 'https://cdn.example/'].map((link) => ({
      header: { type: 'image', url: 'https://cdn.example/a.png' },
      buttons: [{ title: 'A', url: link }],
    })),
  }),
]

function addCampaign({ api }: ApiClient, content: unknown, name = 'c') {
  return api('/campaigns', { method: 'POST', body: campaignDefinition({ name, sender: 'sandbox', content }) })
}

const fast = { env: { HERALD_REQUESTS_PER_SECOND: '100000' } }

describe('SR-22 A-18 A-21 an address of the inside', () => {
  it('is refused in words, however it is written', async () => {
    const client = await serveApi(fast)
    await importLines(client, ['phone', phoneNumber(1)])
    const { port, requests } = await watchCalls()
    const addresses = [
      ...inside.map((host, n) => (n % 4 === 0 ? `https://${host}/a.png` : `http://${host}:${port}/a.png`)),
      ...oddAddresses(port),
    ]
    expect(new Set(addresses).size).toBeGreaterThan(120)
    const taken: string[] = []
    for (const url of addresses) {
      const { status, body } = await addCampaign(client, image(url))
      const problem = body.errors?.find(({ pointer }: { pointer: string }) => pointer === '/content/url')
      if (status !== 422 || (problem?.code !== 'media.url_not_allowed' && url !== ''))
        taken.push(`${url} ${status} ${body.code}`)
    }
    expect(taken).toEqual([])
    expect(requests()).toBe(0)
  })

  it('is refused in every place that takes an address', async () => {
    const client = await serveApi(fast)
    await importLines(client, ['phone', phoneNumber(1)])
    for (const [n, place] of places.entries()) {
      const good = await client.api('/previews/content', {
        method: 'POST',
        body: { audience: { lists: ['people'] }, content: place('https://cdn.example/a.png') },
      })
      expect([n, good.status]).toEqual([n, 200])
      const bad = await addCampaign(client, place('http://127.0.0.1/a.png'))
      expect([n, bad.status, bad.body.code]).toEqual([n, 422, 'media.url_not_allowed'])
    }
  })

  it('is refused when it stands in somebody’s field', async () => {
    const client = await serveApi(fast)
    const { port, requests, asked } = await watchCalls()
    const lines = inside.slice(0, 60).map((host, n) => `${phoneNumber(n)},"http://${host}:${port}/a.png"`)
    await importLines(client, ['phone,picture', ...lines])
    const added = await addCampaign(client, image('{{ picture }}'), 'pictures')
    expect(added.status).toBe(201)
    const launched = await client.api('/campaigns/pictures/launch', { method: 'POST', body: {} })
    if (launched.status === 200) {
      const report = async () => (await client.api('/campaigns/pictures/report')).body
      await until(client.clock, async () => (await report()).campaign.status === 'finished')
      expect((await report()).totals.byStatus).toMatchObject({ accepted: 0, sent: 0, delivered: 0, read: 0 })
    } else expect(launched.body.code).toMatch(/media\.url_not_allowed|content\.invalid/)
    expect(requests()).toBe(0)
    expect(asked.filter((host) => !host.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('cannot be the address of a provider, from outside', async () => {
    const client = await serveApi(fast)
    const { port, requests } = await watchCalls()
    const visitor = await visit(client)
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '169.254.169.254']) {
      const baseUrl = `http://${host}:${port}`
      const credentials = { phoneNumberId: '1060000000000001', accessToken: 'x', appSecret: 'x' }
      const body = { name: 'x', provider: 'meta', credentials }
      const added = await client.api('/senders', { method: 'POST', body: { ...body, baseUrl } })
      const changed = await client.api('/senders/sandbox', { method: 'PATCH', body: { baseUrl } })
      const hook = await client.api('/senders/sandbox/webhook', { method: 'POST', body: { url: baseUrl } })
      expect([added.status, changed.status]).toEqual([403, 403])
      expect(hook.status).toBeGreaterThanOrEqual(400)
      await visitor.post('/senders/new', { name: 'y', provider: 'meta', baseUrl, 'setting.baseUrl': baseUrl })
      const hosts = await client.ctx.db.read((tx) => tx.all('SELECT 1 FROM senders WHERE base_url IS NOT NULL'))
      expect(hosts).toEqual([])
    }
    expect(requests()).toBe(0)
  })
})

describe('SR-22 SR-23 a name of the outside', () => {
  it('is handed to the provider and asked by nobody here, not even for its address', async () => {
    const client = await serveApi(fast)
    const { port, requests, asked } = await watchCalls()
    const lines = names(port).map((url, n) => `${phoneNumber(n)},"${url}"`)
    await importLines(client, ['phone,picture', ...lines])
    const text = { type: 'text', text: `see ${names(port).join(' ')} http://127.0.0.1:${port}/`, previewUrl: true }
    for (const [name, content] of [
      ['pictures', image('{{ picture }}')],
      ['links', text],
    ] as const) {
      expect((await addCampaign(client, content, name)).status).toBe(201)
      expect((await client.api(`/campaigns/${name}/launch`, { method: 'POST', body: {} })).status).toBe(200)
    }
    const sent = async (name: string) => {
      const { pending, sending, ...others } = (await client.api(`/campaigns/${name}/report`)).body.totals.byStatus
      return { isDone: pending + sending === 0, others }
    }
    for (const name of ['pictures', 'links']) {
      await until(client.clock, async () => (await sent(name)).isDone)
      expect((await sent(name)).others).toMatchObject({ skipped: 0, failed: 0, expired: 0 })
    }
    expect(requests()).toBe(0)
    expect(asked.filter((host) => !host.startsWith('127.0.0.1:'))).toEqual([])
  })
})

describe('SR-25 what an address answers', () => {
  it('is not followed and not read out: a provider that points elsewhere is an error with its status', async () => {
    const { port, requests } = await watchCalls()
    const provider = createServer((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end()
    })
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void provider.close())
    const client = await serveApi(fast)
    await addMeta(client, { baseUrl: `http://127.0.0.1:${(provider.address() as AddressInfo).port}` })
    await importLines(client, ['phone', phoneNumber(1)])
    await addTestCampaign(client, { content: { type: 'template', template: 'hello', language: 'en' } })
    const check = await client.api('/senders/main/check', { method: 'POST' })
    expect(check.status).toBe(502)
    await client.api('/campaigns/Spring sale/launch', { method: 'POST', body: {} })
    const report = async () => (await client.api('/campaigns/Spring sale/report')).text
    await until(client.clock, async () => (await report()).includes('sender_paused'))
    const why = await client.api(`/campaigns/Spring sale/why?phone=${encodeURIComponent(phoneNumber(1))}`)
    for (const { text } of [check, why, { text: await report() }]) expect(text).not.toContain('canary')
    expect(requests()).toBe(0)
  })
})
