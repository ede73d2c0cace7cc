// The calls about the channel: state and costs, webhook addresses, files, read marks, templates.
import { expect, it } from 'vitest'
import { prepare, token } from './support.ts'

const url = 'https://herald.example.org/webhooks/main/c2VjcmV0'
const other = 'https://crm.example.org/hook'

it('reads state and costs of the channel', async () => {
  const { driver, asked } = prepare([
    { status: 200, body: { status: 'connected', accountStatus: 'ACTIVE', mm_lite_available: true } },
    { date: '05.2026', templates_cost: 400.0313 },
    [
      { period_date: '2026-03-01T00:00:00Z', quantity: 9, total_price: 1 },
      { period_date: '2026-04-01T00:00:00Z', quantity: 2, paid_quantity: 1, total_price: 0.0691 },
    ],
    { status: 200, body: { available: true, message: 'Ready' } },
  ])
  expect(await driver.checkAccount?.()).toEqual({
    ok: true,
    value: [
      { name: 'channel', value: 'connected', isProblem: false },
      { name: 'account', value: 'ACTIVE', isProblem: false },
      { name: 'marketing messages API offered', value: 'yes', isProblem: false },
      { name: 'cost of templates in 05.2026', value: '400.0313', isProblem: false },
      { name: 'conversations since 2026-04-01', value: '2', isProblem: false },
      { name: 'of these paid since 2026-04-01', value: '1', isProblem: false },
      { name: 'total price since 2026-04-01', value: '0.0691', isProblem: false },
      { name: 'marketing messages API', value: 'Ready', isProblem: false },
    ],
  })
  expect(asked.map(({ path }) => path)).toEqual([
    `/ABC123456789/status?token=${token}`,
    `/ABC123456789/statistics?date=05.2026&token=${token}`,
    `/ABC123456789/extendedStatistics?token=${token}`,
    `/ABC123456789/mmLiteStatus?token=${token}`,
    `/ABC123456789/outputIP?token=${token}`,
  ])
})

it.each(['disconnected', 'uninitialized', 'unregistered'])('calls a channel that is %s a problem', async (state) => {
  const { driver } = prepare([{ status: 200, body: { status: state } }, { status: 404 }])
  expect(await driver.checkAccount?.()).toEqual({
    ok: true,
    value: [{ name: 'channel', value: state, isProblem: true }],
  })
})

it.each<[string, unknown, unknown]>([
  ['no other', '', url],
  ['one other', other, [other, url]],
  ['others in one text', `${other},https://b.example.org`, [other, 'https://b.example.org', url]],
  ['a list that has ours', [other, url], [other, url]],
])('sets our address beside those that are there: %s', async (_, webhookUrl, posted) => {
  const { driver, asked } = prepare([{ webhookUrl }, { set: true, message: url }, {}])
  expect(await driver.setWebhook?.(url)).toEqual({ ok: true, value: { url } })
  expect(asked.map(({ method, path, json }) => [method, path.split(/[/?]/)[2], json])).toEqual([
    ['GET', 'webhook', undefined],
    ['POST', 'webhook', { webhookUrl: posted }],
    ['POST', 'settings', { ackNotificationsOn: true }],
  ])
})

it('reads the addresses of an older channel from its settings', async () => {
  const { driver, asked } = prepare([{ status: 404 }, { webhookUrl: other }, { set: true }, {}])
  expect(await driver.setWebhook?.(url)).toMatchObject({ ok: true })
  expect(asked[2]?.json).toEqual({ webhookUrl: [other, url] })
})

it('replaces nothing when the addresses cannot be read, or when there are five', async () => {
  const broken = prepare([{ status: 500 }])
  expect(await broken.driver.setWebhook?.(url)).toMatchObject({ ok: false })
  const five = prepare([{ webhookUrl: [1, 2, 3, 4, 5].map((n) => `https://${n}.example.org`) }])
  expect(await five.driver.setWebhook?.(url)).toMatchObject({ ok: false, error: { code: 'too_many_webhooks' } })
  for (const { asked } of [broken, five]) expect(asked.map(({ method }) => method)).toEqual(['GET'])
})

it('takes an error inside a 200 for one', async () => {
  const { driver } = prepare([{ webhookUrl: '' }, { response: { error: 'bad address' } }])
  expect(await driver.setWebhook?.(url)).toMatchObject({ ok: false, error: { text: 'bad address' } })
})

it('uploads a file as a data address and keeps its id as text', async () => {
  const { driver, asked } = prepare([{ mediaId: 1234567890123456 }])
  const file = { bytes: Buffer.from('png'), mimeType: 'image/png', filename: 'a.png' }
  expect(await driver.uploadMedia?.(file)).toEqual({ ok: true, value: { mediaId: '1234567890123456' } })
  expect(asked).toMatchObject([
    { path: `/ABC123456789/uploadMedia?token=${token}`, json: { body: 'data:image/png;base64,cG5n' } },
  ])
})

it('marks messages as read only for senders that ask for it', async () => {
  expect(prepare([{}]).driver.markRead).toBeUndefined()
  const { driver, asked } = prepare([{ result: 'success' }], { markRead: true })
  expect(await driver.markRead?.('wamid.IN')).toEqual({ ok: true, value: null })
  expect(asked).toMatchObject([{ path: `/ABC123456789/readMessage?token=${token}`, json: { messageId: 'wamid.IN' } }])
})

const components = [{ type: 'BODY', text: 'Hi {{1}}' }]
const template = (name: string, more = {}) => ({ name, language: 'en', category: 'MARKETING', components, ...more })

it('lists templates in all the forms in which 1MSG tells them', async () => {
  const { driver, asked } = prepare([
    {
      total: 3,
      templates: [
        template('a', { status: 'approved', rejected_reason: 'NONE', message_template_namespace: 'ns_1' }),
        template('b', { status: 'REJECTED', rejected_reason: 'INVALID_FORMAT', language: { code: 'de' } }),
        template('c', { status: 'odd', components: JSON.stringify(components), namespace: '' }),
      ],
    },
  ])
  const answer = await driver.templates?.list?.()
  const shape = { body: ['1'], isNamed: false, header: null, buttons: [], cards: [] }
  const text = { body: 'Hi {{1}}', header: null, footer: null, buttons: [], cards: [] }
  expect(answer).toMatchObject({
    ok: true,
    value: [
      {
        name: 'a',
        title: 'a',
        language: 'en',
        status: 'approved',
        statusDetail: 'approved',
        namespace: 'ns_1',
        shape,
        text,
      },
      { name: 'b', language: 'de', status: 'rejected', statusDetail: 'REJECTED: INVALID_FORMAT', namespace: 'ns_1' },
      { name: 'c', status: 'unknown', namespace: 'ns_1', shape, text },
    ],
  })
  expect(asked.map(({ path }) => path)).toEqual([`/ABC123456789/templates?limit=100&offset=0&token=${token}`])
})

it('goes on to the next page of templates, and stops where a channel repeats itself', async () => {
  const page = (from: number) =>
    Array.from({ length: 100 }, (_, n) => template(`t${from + n}`, { namespace: `ns_${from}` }))
  const two = prepare([
    { total: 150, templates: page(0) },
    { total: 150, templates: page(100).slice(0, 50) },
  ])
  const answer = await two.driver.templates?.list?.()
  expect(answer?.ok && answer.value.length).toBe(150)
  const repeating = prepare([{ templates: page(0) }])
  await repeating.driver.templates?.list?.()
  expect(repeating.asked).toHaveLength(2)
})

it('creates and deletes templates, and says when it was refused', async () => {
  const definition = { name: 'a', category: 'UTILITY', language: 'en', components }
  const { driver, asked } = prepare([{}, { result: 'success' }, { error: { message: 'exists', code: 100 } }])
  expect(await driver.templates?.create?.(definition)).toEqual({ ok: true, value: { name: 'a', status: 'submitted' } })
  expect(await driver.templates?.delete?.('a')).toEqual({ ok: true, value: { name: 'a' } })
  expect(await driver.templates?.create?.(definition)).toMatchObject({
    ok: false,
    error: { code: '100', text: 'exists' },
  })
  expect(asked.slice(0, 2)).toMatchObject([
    { path: `/ABC123456789/addTemplate?token=${token}`, json: definition },
    { path: `/ABC123456789/removeTemplate?token=${token}`, json: { name: 'a' } },
  ])
})
