// The calls beside sending: templates, numbers, media, read marks, the Marketing Messages API.
import { FormData } from 'undici'
import { expect, it } from 'vitest'
import { call, openEmulator, phone, phoneNumberId, requestsOf, send, wabaId } from './support.ts'

const definition = {
  name: 'spring_sale',
  language: 'en_US',
  category: 'MARKETING',
  parameter_format: 'NAMED',
  message_send_ttl_seconds: 86_400,
  components: [
    { type: 'HEADER', format: 'IMAGE', example: { header_handle: ['4:aGFuZGxl'] } },
    {
      type: 'BODY',
      text: 'Hi {{first_name}}, {{discount}} off until Sunday.',
      example: {
        body_text_named_params: [
          { param_name: 'first_name', example: 'Ada' },
          { param_name: 'discount', example: '20%' },
        ],
      },
    },
    { type: 'FOOTER', text: 'Example Ltd' },
    {
      type: 'BUTTONS',
      buttons: [
        { type: 'URL', text: 'Shop', url: 'https://example.test/s/{{1}}', example: ['https://example.test/s/cmp42'] },
        { type: 'QUICK_REPLY', text: 'Stop promotions' },
      ],
    },
  ],
}
const templatesPath = `/v25.0/${wabaId}/message_templates`
const create = (emulator: Awaited<ReturnType<typeof openEmulator>>, body: object) =>
  call(emulator, {
    method: 'POST',
    path: templatesPath,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

it('creates a template, lists it, checks messages against it, deletes it', async () => {
  const emulator = await openEmulator({ meta: { templates: [] } })
  const created = await create(emulator, definition)
  expect(created.json).toEqual({ id: expect.stringMatching(/^\d{16}$/), status: 'APPROVED', category: 'MARKETING' })
  const listed = await call(emulator, {
    path: `${templatesPath}?fields=name,status,components,parameter_format&limit=10`,
  })
  expect(listed.json.data).toEqual([
    {
      id: created.json.id,
      name: 'spring_sale',
      status: 'APPROVED',
      components: definition.components,
      parameter_format: 'NAMED',
    },
  ])
  const message = (...components: object[]) => ({
    messaging_product: 'whatsapp',
    to: phone(1),
    type: 'template',
    template: { name: 'spring_sale', language: { code: 'en_US' }, components },
  })
  const header = { type: 'header', parameters: [{ type: 'image', image: { id: '12' } }] }
  const text = (parameter_name: string) => ({ type: 'text', parameter_name, text: 'x' })
  const body = { type: 'body', parameters: [text('first_name'), text('discount')] }
  const link = { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'cmp42' }] }
  expect((await send(emulator, message(header, body, link))).status).toBe(200)
  expect((await send(emulator, message(header, body))).json.error.code).toBe(132000)
  const deleted = await call(emulator, { method: 'DELETE', path: `${templatesPath}?name=spring_sale` })
  expect(deleted.json).toEqual({ success: true })
  expect((await send(emulator, message(header, body, link))).json.error.code).toBe(132001)
})

it.each<[string, object]>([
  ['an unknown key', { ...definition, colour: 'red' }],
  ['a category that does not exist', { ...definition, category: 'FUN' }],
  ['a placeholder without example', { ...definition, components: [{ type: 'BODY', text: 'Hi {{first_name}}' }] }],
  [
    'a hole in the placeholders',
    {
      ...definition,
      parameter_format: 'POSITIONAL',
      components: [{ type: 'BODY', text: '{{2}}', example: { body_text: [['a']] } }],
    },
  ],
  ['a validity outside the range of the category', { ...definition, message_send_ttl_seconds: 60 }],
  ['no body', { ...definition, components: [{ type: 'FOOTER', text: 'Example Ltd' }] }],
])('refuses a template with %s', async (_, wrong) => {
  const emulator = await openEmulator()
  const answer = await create(emulator, wrong)
  expect(answer.status).toBe(400)
  expect(answer.json.error.code).toBe(100)
})

it('refuses a second template of one name and language', async () => {
  const emulator = await openEmulator()
  await create(emulator, definition)
  expect((await create(emulator, definition)).json.error).toMatchObject({ code: 100, error_subcode: 2388024 })
})

it('lists templates page by page and by status', async () => {
  const templates = ['a', 'b', 'c'].map((name) => ({ name, language: 'en' }))
  const emulator = await openEmulator({
    meta: { templates: [...templates, { name: 'd', language: 'en', status: 'PAUSED' }] },
  })
  const first = await call(emulator, { path: `${templatesPath}?status=APPROVED&limit=2&fields=name` })
  expect(first.json.data.map((one: { name: string }) => one.name)).toEqual(['a', 'b'])
  expect(first.json.paging.next).toBeDefined()
  const { after } = first.json.paging.cursors
  const second = await call(emulator, { path: `${templatesPath}?status=APPROVED&limit=2&fields=name&after=${after}` })
  expect(second.json.data.map((one: { name: string }) => one.name)).toEqual(['c'])
  expect(second.json.paging.next).toBeUndefined()
})

it('tells quality, limit and throughput of a number, and no field that does not exist', async () => {
  const emulator = await openEmulator({
    meta: {
      phoneNumbers: [{ id: phoneNumberId, qualityRating: 'YELLOW', messagingLimit: 'TIER_2K', throughput: 'HIGH' }],
    },
  })
  const fields = 'quality_rating,whatsapp_business_manager_messaging_limit,throughput,health_status'
  const answer = await call(emulator, { path: `/v25.0/${phoneNumberId}?fields=${fields}` })
  expect(answer.json).toMatchObject({
    quality_rating: 'YELLOW',
    whatsapp_business_manager_messaging_limit: 'TIER_2K',
    throughput: { level: 'HIGH' },
    health_status: { can_send_message: 'AVAILABLE' },
    id: phoneNumberId,
  })
  const wrong = await call(emulator, { path: `/v25.0/${phoneNumberId}?fields=colour` })
  expect(wrong.json.error).toMatchObject({ code: 100, message: expect.stringContaining('nonexisting field (colour)') })
  const all = await call(emulator, { path: `/v25.0/${wabaId}/phone_numbers?fields=quality_rating` })
  expect(all.json.data).toEqual([{ quality_rating: 'YELLOW', id: phoneNumberId }])
})

it('takes an upload, tells its size and hash, and forgets it', async () => {
  const emulator = await openEmulator()
  const upload = (type: string, bytes: number) => {
    const form = new FormData()
    form.set('messaging_product', 'whatsapp')
    form.set('type', type)
    form.set('file', new Blob([Buffer.alloc(bytes, 1)], { type }), 'a.png')
    return call(emulator, { method: 'POST', path: `/v25.0/${phoneNumberId}/media`, body: form })
  }
  const { id } = (await upload('image/png', 10)).json
  expect((await call(emulator, { path: `/v25.0/${id}` })).json).toMatchObject({
    id,
    mime_type: 'image/png',
    file_size: 10,
  })
  expect((await call(emulator, { method: 'DELETE', path: `/v25.0/${id}` })).json).toEqual({ success: true })
  expect((await call(emulator, { path: `/v25.0/${id}` })).json.error).toMatchObject({ code: 100, error_subcode: 33 })
  expect((await upload('application/zip', 10)).json.error.code).toBe(131053)
  expect((await upload('image/webp', 600 * 1024)).json.error.code).toBe(131053)
})

it('does not count read marks as messages', async () => {
  const emulator = await openEmulator()
  const mark = {
    messaging_product: 'whatsapp',
    status: 'read',
    message_id: 'wamid.IN1',
    typing_indicator: { type: 'text' },
  }
  expect((await send(emulator, mark)).json).toEqual({ success: true })
  expect(requestsOf(emulator)).toMatchObject([{ operation: 'markRead', verdict: 'served', trackingId: null }])
})

it('takes only templates at the Marketing Messages API, with its two keys more', async () => {
  const emulator = await openEmulator()
  const template = { name: 'hello', language: { code: 'en' } }
  const keys = { product_policy: 'CLOUD_API_FALLBACK', message_activity_sharing: true }
  const path = `/v25.0/${phoneNumberId}/marketing_messages`
  const message = { messaging_product: 'whatsapp', to: phone(1), type: 'template', template, ...keys }
  expect((await send(emulator, message, { path })).status).toBe(200)
  expect((await send(emulator, message)).json.error.code).toBe(100)
  const text = { messaging_product: 'whatsapp', to: phone(1), type: 'text', text: { body: 'Hi' } }
  expect((await send(emulator, text, { path })).json.error.code).toBe(100)
})
