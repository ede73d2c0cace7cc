// Every kind of content as 1MSG's pages write it, literally.
import { describe, expect, it } from 'vitest'
import { type Content, contentSchema } from '../../../src/domain/content.ts'
import { oneMsgProvider } from '../../../src/providers/onemsg/driver.ts'
import { checkContent } from '../../../src/providers/registry.ts'
import { outgoing } from '../connected.ts'
import { now, prepare, sendSuccess, token } from './support.ts'

async function sent(content: Content, settings: Record<string, unknown> = {}, change = {}) {
  contentSchema.parse(content)
  checkContent(oneMsgProvider as never, content)
  const { driver, asked } = prepare([sendSuccess], settings)
  const message = outgoing({ to: '+12025550111', content, useCase: 'service', expiresAt: now + 3_600_000, ...change })
  expect(await driver.send(message)).toEqual({ kind: 'accepted', trackingId: 'wamid.AAA' })
  const [request] = asked
  expect(request).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
  const [, method, query] = /^\/ABC123456789\/(\w+)\?(.*)$/.exec(request?.path ?? '') ?? []
  expect(query).toBe(`token=${token}`)
  return { method, json: request?.json, headers: request?.headers }
}

const phone = '12025550111'
const cdn = 'https://cdn.example.org'

const cases: [string, Content, string, object][] = [
  [
    'text with a quote',
    { type: 'text', text: 'Hello Ada', replyTo: 'wamid.AAA' },
    'sendMessage',
    { body: 'Hello Ada', quotedMsgId: 'wamid.AAA' },
  ],
  [
    'image by address',
    { type: 'image', url: `${cdn}/a.png`, caption: 'Poster' },
    'sendFile',
    { body: `${cdn}/a.png`, filename: 'a.png', caption: 'Poster' },
  ],
  [
    'image by id',
    { type: 'image', mediaId: '123', replyTo: 'wamid.Q' },
    'sendFile',
    { mediaId: '123', mediaType: 'image', quotedMsgId: 'wamid.Q' },
  ],
  [
    'image whose address has no ending',
    { type: 'image', url: `${cdn}/poster?size=2` },
    'sendFile',
    { body: `${cdn}/poster?size=2`, filename: 'image.jpg' },
  ],
  [
    'video',
    { type: 'video', url: `${cdn}/a.mp4`, caption: 'Teaser' },
    'sendFile',
    { body: `${cdn}/a.mp4`, filename: 'a.mp4', caption: 'Teaser' },
  ],
  ['audio', { type: 'audio', url: `${cdn}/a.mp3` }, 'sendFile', { body: `${cdn}/a.mp3`, filename: 'a.mp3' }],
  ['audio by id', { type: 'audio', mediaId: '9' }, 'sendFile', { mediaId: '9', mediaType: 'audio' }],
  [
    'document',
    { type: 'document', url: `${cdn}/p.pdf`, filename: 'prices.pdf', caption: 'Prices' },
    'sendFile',
    { body: `${cdn}/p.pdf`, filename: 'prices.pdf', caption: 'Prices' },
  ],
  [
    'document named by its address',
    { type: 'document', url: `${cdn}/price%20list.xlsx` },
    'sendFile',
    { body: `${cdn}/price%20list.xlsx`, filename: 'price list.xlsx' },
  ],
  ['sticker by address', { type: 'sticker', url: `${cdn}/s.webp` }, 'sendSticker', { link: `${cdn}/s.webp` }],
  ['sticker by id', { type: 'sticker', mediaId: '77' }, 'sendSticker', { mediaId: '77' }],
  [
    'location',
    { type: 'location', latitude: 45.018337, longitude: '-73.968285', name: 'HQ', address: '1 Example Street' },
    'sendLocation',
    { lat: '45.018337', lng: '-73.968285', name: 'HQ', address: '1 Example Street' },
  ],
  ['location without a name', { type: 'location', latitude: 1, longitude: 2 }, 'sendLocation', { lat: '1', lng: '2' }],
  [
    'contacts',
    {
      type: 'contacts',
      contacts: [
        {
          name: { formattedName: 'Ada Example', firstName: 'Ada', lastName: 'Example' },
          birthday: '2012-08-18',
          phones: [{ phone: '+1 202 555 0102', type: 'WORK', waId: '12025550102' }],
          emails: [{ email: 'ada@example.org', type: 'WORK' }],
          org: { company: 'Example Ltd', department: 'Design', title: 'Manager' },
          urls: [{ url: 'https://example.org', type: 'WORK' }],
          addresses: [
            { street: '1 Example Street', city: 'London', country: 'United Kingdom', countryCode: 'gb', type: 'HOME' },
          ],
        },
      ],
    },
    'sendContact',
    {
      contacts: [
        {
          name: { formatted_name: 'Ada Example', first_name: 'Ada', last_name: 'Example' },
          birthday: '2012-08-18',
          phones: [{ phone: '+1 202 555 0102', type: 'WORK', wa_id: '12025550102' }],
          emails: [{ email: 'ada@example.org', type: 'WORK' }],
          org: { company: 'Example Ltd', department: 'Design', title: 'Manager' },
          urls: [{ url: 'https://example.org', type: 'WORK' }],
          addresses: [
            { street: '1 Example Street', city: 'London', country: 'United Kingdom', country_code: 'gb', type: 'HOME' },
          ],
        },
      ],
    },
  ],
  [
    'list',
    {
      type: 'list',
      header: 'Booking',
      body: 'Pick a slot',
      footer: 'Reply any time',
      button: 'Slots',
      sections: [{ title: 'Monday', rows: [{ id: 'm9', title: '09:00', description: 'Room 1' }] }],
    },
    'sendList',
    {
      body: 'Pick a slot',
      header: 'Booking',
      footer: 'Reply any time',
      action: 'Slots',
      sections: [{ title: 'Monday', rows: [{ id: 'm9', title: '09:00', description: 'Room 1' }] }],
    },
  ],
  [
    'buttons',
    {
      type: 'buttons',
      body: 'Confirm?',
      buttons: [
        { id: 'y', title: 'Yes' },
        { id: 'n', title: 'No' },
      ],
    },
    'sendButton',
    {
      body: 'Confirm?',
      sections: [
        { type: 'reply', reply: { id: 'y', title: 'Yes' } },
        { type: 'reply', reply: { id: 'n', title: 'No' } },
      ],
    },
  ],
  [
    'buttons under a document',
    {
      type: 'buttons',
      header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' },
      body: 'Confirm?',
      footer: 'Example Ltd',
      buttons: [{ id: 'y', title: 'Yes' }],
    },
    'sendButton',
    {
      header: { type: 'document', document: { link: `${cdn}/p.pdf`, filename: 'p.pdf' } },
      body: 'Confirm?',
      footer: 'Example Ltd',
      sections: [{ type: 'reply', reply: { id: 'y', title: 'Yes' } }],
    },
  ],
  [
    'location request',
    { type: 'locationRequest', body: 'Where are you?', replyTo: 'wamid.Q' },
    'sendLocationRequest',
    { body: 'Where are you?', quotedMsgId: 'wamid.Q' },
  ],
  [
    'reaction',
    { type: 'reaction', messageId: 'wamid.BBB', emoji: '👍' },
    'sendReaction',
    { body: '👍', quotedMsgId: 'wamid.BBB' },
  ],
  [
    'one product',
    { type: 'product', catalogId: '900', productId: 'SKU-1', body: 'Back', footer: 'Example Ltd' },
    'sendProduct',
    { action: { catalog_id: '900', product_retailer_id: 'SKU-1' }, body: 'Back', footer: 'Example Ltd' },
  ],
  [
    'a list of products',
    {
      type: 'product',
      catalogId: '900',
      sections: [{ title: 'Deals', productIds: ['SKU-1'] }],
      header: 'Catalog',
      body: 'See our deals',
    },
    'sendProduct',
    {
      action: {
        catalog_id: '900',
        sections: [{ title: 'Deals', product_items: [{ product_retailer_id: 'SKU-1' }] }],
      },
      header: 'Catalog',
      body: 'See our deals',
    },
  ],
  [
    'carousel with links',
    {
      type: 'carousel',
      body: 'Pick a product',
      cards: ['1', '2'].map((n) => ({
        header: { type: 'image', url: `${cdn}/${n}.jpg` },
        body: `Card ${n}`,
        buttons: [{ title: 'Open', url: `https://example.org/p${n}` }],
      })),
    },
    'sendCarousel',
    {
      body: 'Pick a product',
      cards: ['1', '2'].map((n) => ({
        header: { type: 'image', image: { link: `${cdn}/${n}.jpg` } },
        body: { text: `Card ${n}` },
        type: 'cta_url',
        action: { name: 'cta_url', parameters: { display_text: 'Open', url: `https://example.org/p${n}` } },
      })),
    },
  ],
  [
    'template with an image, values and a link',
    {
      type: 'template',
      template: 'order_shipped',
      language: 'en',
      header: { type: 'image', url: `${cdn}/a.jpg` },
      body: ['Ada', '100'],
      buttons: [{ index: 1, type: 'url', value: '100' }],
    },
    'sendTemplate',
    {
      template: 'order_shipped',
      namespace: 'aaaa_bbbb',
      language: { policy: 'deterministic', code: 'en' },
      params: [
        { type: 'header', parameters: [{ type: 'image', image: { link: `${cdn}/a.jpg` } }] },
        {
          type: 'body',
          parameters: [
            { type: 'text', text: 'Ada' },
            { type: 'text', text: '100' },
          ],
        },
        { type: 'button', sub_type: 'url', index: 1, parameters: [{ type: 'text', text: '100' }] },
      ],
    },
  ],
  [
    'template with a stored document, a code and a quick reply',
    {
      type: 'template',
      template: 'codes',
      language: 'de',
      namespace: 'own_namespace',
      header: { type: 'document', mediaId: '55', filename: 'a.pdf' },
      buttons: [
        { index: 0, type: 'copyCode', value: 'SPRING' },
        { index: 1, type: 'quickReply', value: 'stop' },
      ],
      replyTo: 'wamid.Q',
    },
    'sendTemplate',
    {
      template: 'codes',
      namespace: 'own_namespace',
      language: { policy: 'deterministic', code: 'de' },
      params: [
        { type: 'header', parameters: [{ type: 'document', document: { id: '55', filename: 'a.pdf' } }] },
        {
          type: 'button',
          sub_type: 'copy_code',
          index: 0,
          parameters: [{ type: 'coupon_code', coupon_code: 'SPRING' }],
        },
        { type: 'button', sub_type: 'quick_reply', index: 1, parameters: [{ type: 'payload', payload: 'stop' }] },
      ],
      quotedMsgId: 'wamid.Q',
    },
  ],
  [
    'template with cards',
    {
      type: 'template',
      template: 'test_carousel',
      language: 'en_US',
      body: ['b1'],
      cards: ['1', '2'].map((n) => ({
        header: { type: 'video', url: `${cdn}/${n}.mp4` },
        body: [`c${n}`],
        buttons: [{ index: 0, type: 'url', value: n }],
      })),
    },
    'sendTemplate',
    {
      template: 'test_carousel',
      namespace: 'aaaa_bbbb',
      language: { policy: 'deterministic', code: 'en_US' },
      params: [
        { type: 'body', parameters: [{ type: 'text', text: 'b1' }] },
        {
          type: 'CAROUSEL',
          cards: ['1', '2'].map((n, index) => ({
            card_index: index,
            components: [
              { type: 'header', parameters: [{ type: 'video', video: { link: `${cdn}/${n}.mp4` } }] },
              { type: 'body', parameters: [{ type: 'text', text: `c${n}` }] },
              { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: n }] },
            ],
          })),
        },
      ],
    },
  ],
  [
    'a template of the catalogue',
    {
      type: 'template',
      template: 'catalog',
      language: 'en-US',
      buttons: [{ index: 0, type: 'catalog', value: '001' }],
    },
    'sendTemplate',
    {
      template: 'catalog',
      namespace: 'aaaa_bbbb',
      language: { policy: 'deterministic', code: 'en_US' },
      params: [
        {
          type: 'button',
          sub_type: 'CATALOG',
          index: 0,
          parameters: [{ type: 'action', action: { thumbnail_product_retailer_id: '001' } }],
        },
      ],
    },
  ],
  [
    'a template with an amount, a time everywhere and an instant',
    {
      type: 'template',
      template: 'invoice',
      language: 'de',
      body: [
        { type: 'currency', code: 'EUR', amount: '19.90', fallback: '19,90 €' },
        { type: 'dateTime', at: '2026-12-01T18:05', fallback: '1. Dezember' },
        { type: 'dateTime', at: '2026-12-01T18:00:00+01:00', fallback: 'heute' },
      ],
    },
    'sendTemplate',
    {
      template: 'invoice',
      namespace: 'aaaa_bbbb',
      language: { policy: 'deterministic', code: 'de' },
      params: [
        {
          type: 'body',
          parameters: [
            {
              type: 'currency',
              currency: { currency_code: 'EUR', amount_1000: 19_900, fallback_value: '19,90 €' },
            },
            {
              type: 'date_time',
              date_time: {
                component: { year: 2026, month: 12, day_of_month: 1, hour: 18, minute: 5 },
                fallback_value: '1. Dezember',
              },
            },
            {
              type: 'date_time',
              date_time: { unix_epoch: { timestamp: 1_796_144_400 }, fallback_value: 'heute' },
            },
          ],
        },
      ],
    },
  ],
  [
    'template without values',
    { type: 'template', template: 'hello', language: 'en' },
    'sendTemplate',
    { template: 'hello', namespace: 'aaaa_bbbb', language: { policy: 'deterministic', code: 'en' } },
  ],
]

it.each(cases)('sends %s with exactly the documented body', async (_, content, method, body) => {
  const request = await sent(content)
  expect(request.method).toBe(method)
  expect(request.json).toEqual({ phone, ...body })
})

it('gives cards with replies the kind that the settings name', async () => {
  const content: Content = {
    type: 'carousel',
    body: 'Pick one',
    cards: ['a', 'b'].map((id) => ({
      header: { type: 'video', mediaId: '5' },
      buttons: [{ id, title: 'This one' }],
    })),
  }
  const card = (type: string, id: string) => ({
    header: { type: 'video', video: { id: '5' } },
    type,
    action: { buttons: [{ type: 'quick_reply', quick_reply: { id, title: 'This one' } }] },
  })
  expect((await sent(content)).json).toMatchObject({ cards: [card('cta_url', 'a'), card('cta_url', 'b')] })
  expect((await sent(content, { replyCardType: 'quick_reply' })).json).toMatchObject({
    cards: [card('quick_reply', 'a'), card('quick_reply', 'b')],
  })
})

it('follows the settings for what the pages leave open', async () => {
  const text: Content = { type: 'text', text: 'Hi' }
  expect((await sent(text, { phoneFormat: 'number' })).json).toEqual({ phone: 12025550111, body: 'Hi' })
  expect((await sent(text)).headers).not.toHaveProperty('authorization')
  expect((await sent(text, { authorizationHeader: true })).headers).toMatchObject({ authorization: `Bearer ${token}` })
  const cards = ['a', 'b'].map((value) => ({ body: [value] }))
  const template: Content = { type: 'template', template: 'hello', language: 'en', cards }
  const settings = { templateCarouselType: 'carousel', useMMlite: true, messageActivitySharing: false }
  expect((await sent(template, settings)).json).toMatchObject({
    params: [{ type: 'carousel' }],
    useMMlite: true,
    messageActivitySharing: false,
  })
})

it('drops the word that some cabinets show before the id of a channel', async () => {
  await sent({ type: 'text', text: 'Hi' }, { channelId: 'instanceABC123456789' })
})

describe('the validity of templates', () => {
  const template: Content = { type: 'template', template: 'hello', language: 'en' }
  const secondsOf = async (useCase: string, seconds: number, settings = {}) => {
    const { json } = await sent(template, settings, { useCase, expiresAt: now + seconds * 1000 + 400 })
    return (json as { messageSendTtlSeconds?: number }).messageSendTtlSeconds
  }

  it.each([
    ['marketing', 129_600, 129_600],
    ['marketing', 43_199, undefined],
    ['utility', 3_600, 3_600],
    ['utility', 29, undefined],
    ['utility', 43_201, undefined],
    ['authentication', 600, 600],
    ['authentication', 901, undefined],
    ['service', 3_600, undefined],
  ])(
    'VA-07 carries the rest of it within the range of the use case: %s with %i s left',
    async (useCase, left, told) => {
      expect(await secondsOf(useCase, left)).toBe(told)
    },
  )

  it('stays at home when the settings say so, and with every other kind of content', async () => {
    expect(await secondsOf('utility', 600, { sendValidity: false })).toBeUndefined()
    const text = await sent({ type: 'text', text: 'Hi' }, {}, { useCase: 'utility', expiresAt: now + 600_000 })
    expect(text.json).toEqual({ phone, body: 'Hi' })
  })
})

const refused: [string, Content, RegExp][] = [
  ['several images', { type: 'image', images: [{ url: `${cdn}/1.png` }, { url: `${cdn}/2.png` }] }, /one image/],
  ['an image with altText', { type: 'image', url: `${cdn}/1.png`, altText: 'A lamp' }, /altText/],
  ['a video of another type', { type: 'video', url: `${cdn}/1.mov` }, /video\/quicktime/],
  ['a choice of link previews', { type: 'text', text: 'Hi', previewUrl: true }, /previewUrl/],
  ['a quote by another kind of id', { type: 'text', text: 'Hi', replyTo: 'abc' }, /wamid/],
  ['a document without an ending', { type: 'document', url: `${cdn}/prices` }, /ending/],
  ['a filename without an ending', { type: 'document', url: `${cdn}/p.pdf`, filename: 'prices' }, /ending/],
  ['a contact with one name', { type: 'contacts', contacts: [{ name: { formattedName: 'Ada' } }] }, /firstName/],
  [
    'a long id of a button',
    { type: 'buttons', body: 'Hi', buttons: [{ id: 'x'.repeat(201), title: 'Yes' }] },
    /201 characters, at most 200/,
  ],
  ['a header over one product', { type: 'product', catalogId: '9', productId: '1', header: 'Hi' }, /header/],
  ['values by name', { type: 'template', template: 't', language: 'en', body: { name: 'Ada' } }, /in order/],
  [
    'a place over a template',
    { type: 'template', template: 't', language: 'en', header: { type: 'location', latitude: 1, longitude: 2 } },
    /header of a template/,
  ],
]

it.each(refused)('refuses %s before a launch, in words', (_, content, words) => {
  contentSchema.parse(content)
  expect(() => checkContent(oneMsgProvider as never, content)).toThrow(words)
})

it('says nothing against a document whose name is filled in per person, and refuses the person when it is wrong', async () => {
  expect(oneMsgProvider.contentProblems({ type: 'document', url: `${cdn}/a`, filename: '{{ file }}' })).toEqual([])
  const { driver, asked } = prepare([sendSuccess])
  const content: Content = { type: 'document', url: `${cdn}/a`, filename: 'prices' }
  expect(await driver.send(outgoing({ content }))).toMatchObject({ kind: 'not_started', skip: 'missing_variable' })
  expect(asked).toEqual([])
})
