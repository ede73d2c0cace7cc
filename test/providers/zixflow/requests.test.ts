// What Zixflow is sent over either API, literally: method, path, headers and body of each kind.
import { expect, it } from 'vitest'
import type { Content, TemplateContent } from '../../../src/domain/content.ts'
import { type TemplateShape, templateProblems } from '../../../src/domain/template.ts'
import type { ZixflowTemplate } from '../../../src/emulator/zixflow/options.ts'
import type { OutgoingMessage } from '../../../src/providers/provider.ts'
import { checkContent, getProvider } from '../../../src/providers/registry.ts'
import { connect, outgoing, sendsOf } from '../connected.ts'

const phoneId = '104000000000000'
const cdn = 'https://cdn.example.test'
const credentials = { phoneId, apiKey: 'test-api-key' }
const ai = { ...credentials, api: 'ai', workspaceId: 'workspace-1' }

async function sendOver(settings: Record<string, unknown>, content: Content, change: Partial<OutgoingMessage> = {}) {
  const spec = { name: 'zixflow', settings, errors: { account: 'unauthorised' }, failureCode: '131026' } as const
  const connected = await connect(spec)
  const result = await connected.driver.send(outgoing({ to: '+12025550111', content, ...change }))
  expect(result, JSON.stringify(result)).toMatchObject({ kind: 'accepted' })
  const [sent] = sendsOf(connected.emulator)
  return { ...connected, result, sent, body: JSON.parse(sent?.body ?? '{}') as Record<string, unknown> }
}

const template: Content = {
  type: 'template',
  template: 'order_shipped',
  language: 'en',
  header: { type: 'image', url: `${cdn}/a.jpg` },
  body: ['Ada', '100'],
  buttons: [{ index: 1, type: 'url', value: '100' }],
}
const contacts: Content = {
  type: 'contacts',
  contacts: [
    { name: { formattedName: 'Ada L.', firstName: 'Ada' }, phones: [{ phone: '+12025550102', type: 'WORK' }] },
  ],
}
const buttons: Content = {
  type: 'buttons',
  header: { type: 'text', text: 'Order 100' },
  body: 'Deliver tomorrow?',
  footer: 'Reply any time',
  buttons: [
    { id: 'yes', title: 'Yes' },
    { id: 'no', title: 'No' },
  ],
}
const buttonsObject = {
  type: 'button',
  header: { type: 'text', text: 'Order 100' },
  body: { text: 'Deliver tomorrow?' },
  footer: { text: 'Reply any time' },
  action: {
    buttons: [
      { type: 'reply', reply: { id: 'yes', title: 'Yes' } },
      { type: 'reply', reply: { id: 'no', title: 'No' } },
    ],
  },
}
const list: Content = {
  type: 'list',
  header: 'Menu',
  body: 'Choose a dish',
  button: 'See dishes',
  sections: [{ title: 'Warm', rows: [{ id: 'dish:1', title: 'Soup', description: 'Tomato' }] }],
}
const listObject = {
  type: 'list',
  header: { type: 'text', text: 'Menu' },
  body: { text: 'Choose a dish' },
  action: {
    button: 'See dishes',
    sections: [{ title: 'Warm', rows: [{ id: 'dish:1', title: 'Soup', description: 'Tomato' }] }],
  },
}
const contactObject = [
  { name: { formatted_name: 'Ada L.', first_name: 'Ada' }, phones: [{ phone: '+12025550102', type: 'WORK' }] },
]
const place: Content = { type: 'location', latitude: 37.97, longitude: '23.72', name: 'Shop', address: '1 Example St' }

const sessions: [string, Content, Record<string, unknown>][] = [
  [
    'text',
    { type: 'text', text: 'Hello Ada', previewUrl: false },
    { type: 'text', text: { body: 'Hello Ada', preview_url: false } },
  ],
  ['text alone', { type: 'text', text: 'Hello Ada' }, { type: 'text', text: { body: 'Hello Ada' } }],
  [
    'image',
    { type: 'image', url: `${cdn}/a.jpg`, caption: 'New in' },
    { type: 'image', image: { link: `${cdn}/a.jpg`, caption: 'New in' } },
  ],
  ['video', { type: 'video', url: `${cdn}/a.mp4` }, { type: 'video', video: { link: `${cdn}/a.mp4` } }],
  [
    'document',
    { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf', caption: 'P' },
    { type: 'document', document: { link: `${cdn}/p.pdf`, caption: 'P', filename: 'p.pdf' } },
  ],
  ['audio', { type: 'audio', url: `${cdn}/a.mp3` }, { type: 'audio', audio: { link: `${cdn}/a.mp3` } }],
  ['sticker', { type: 'sticker', url: `${cdn}/a.webp` }, { type: 'sticker', sticker: { link: `${cdn}/a.webp` } }],
  [
    'location with texts for degrees',
    place,
    { type: 'location', location: { latitude: '37.97', longitude: '23.72', name: 'Shop', address: '1 Example St' } },
  ],
  ['contacts', contacts, { type: 'contacts', contacts: contactObject }],
  ['buttons', buttons, { type: 'interactive', interactive: buttonsObject }],
  [
    'buttons with an image whose header is its address',
    { ...buttons, header: { type: 'image', url: `${cdn}/a.jpg` } },
    { type: 'interactive', interactive: { ...buttonsObject, header: { type: 'image', image: `${cdn}/a.jpg` } } },
  ],
  ['list', list, { type: 'interactive', interactive: listObject }],
]

it.each(sessions)('sends a session message over the older API: %s', async (_, content, expected) => {
  const { sent, body, webhookUrl, result } = await sendOver(credentials, content)
  expect(sent).toMatchObject({ method: 'POST', path: '/zixflow/api/v1/campaign/whatsapp/message/send' })
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: expect.stringMatching(/^Bearer /),
  })
  expect(body).toEqual({ to: '12025550111', phoneId, ...expected, submissionStatus: true, reportURL: webhookUrl })
  expect(result).toMatchObject({ trackingId: expect.stringMatching(/^[0-9a-f]{24}$/) })
})

it('sends a template over the older API with flat variables', async () => {
  const { sent, body, webhookUrl } = await sendOver(credentials, template)
  expect(sent?.path).toBe('/zixflow/api/v1/campaign/whatsapp/send')
  expect(body).toEqual({
    to: '12025550111',
    phoneId,
    templateName: 'order_shipped',
    language: 'en',
    variables: { image: `${cdn}/a.jpg`, body_1: 'Ada', body_2: '100', button_1: '100' },
    submissionStatus: true,
    reportURL: webhookUrl,
  })
})

const variables: [string, Partial<Extract<Content, { type: 'template' }>>, Partial<OutgoingMessage>, object][] = [
  ['none', {}, {}, {}],
  ['a text header', { header: { type: 'text', text: 'Hi' } }, {}, { header_1: 'Hi' }],
  ['a video header', { header: { type: 'video', url: `${cdn}/a.mp4` } }, {}, { video: `${cdn}/a.mp4` }],
  ['a document header', { header: { type: 'document', url: `${cdn}/p.pdf` } }, {}, { document: `${cdn}/p.pdf` }],
  ['values with names as they stand', { body: { body_1: 'Ada', special: 'x' } }, {}, { body_1: 'Ada', special: 'x' }],
  [
    'a code once, though text and button show it',
    { body: ['123456'], buttons: [{ index: 0, type: 'url', value: '123456' }] },
    { useCase: 'authentication' },
    { otp: '123456' },
  ],
]

it.each(variables)('names the values of a template: %s', async (_, part, change, expected) => {
  const content: Content = { type: 'template', template: 'order_shipped', language: 'en_US', ...part }
  expect((await sendOver(credentials, content, change)).body.variables).toEqual(expected)
  expect((await sendOver(ai, content, change)).body.variables).toEqual(expected)
})

it('hands the options of the sender over', async () => {
  const settings = {
    ...credentials,
    source: 'Shop',
    linkWithRecord: true,
    submissionStatus: false,
    reportSessions: false,
  }
  const { body, result } = await sendOver(settings, { type: 'text', text: 'Hi' })
  expect(body).toEqual({
    to: '12025550111',
    phoneId,
    type: 'text',
    text: { body: 'Hi' },
    source: 'Shop',
    linkWithRecord: true,
  })
  // Zixflow said yes and named nothing: it is accepted, and nothing more will be known.
  expect(result).toEqual({ kind: 'accepted', trackingId: null })
})

it('writes the file of a header as an object when the sender says so', async () => {
  const content: Content = { ...buttons, header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' } }
  const settings = { ...credentials, headerMedia: 'object' }
  expect(getProvider('zixflow', settings).contentProblems(content)).toEqual([])
  expect(getProvider('zixflow', credentials).contentProblems(content)).toEqual([
    'a document in a header has no filename',
  ])
  const { body } = await sendOver(settings, content)
  expect(body.interactive).toMatchObject({
    header: { type: 'document', document: { link: `${cdn}/p.pdf`, filename: 'p.pdf' } },
  })
})

const aiKinds: [string, Content, Record<string, unknown>][] = [
  ['message/text', { type: 'text', text: 'Hi', previewUrl: true }, { text: { body: 'Hi', preview_url: true } }],
  ['message/image', { type: 'image', url: `${cdn}/a.jpg` }, { image: { link: `${cdn}/a.jpg` } }],
  [
    'message/video',
    { type: 'video', url: `${cdn}/a.mp4`, caption: 'V' },
    { video: { link: `${cdn}/a.mp4`, caption: 'V' } },
  ],
  ['message/audio', { type: 'audio', url: `${cdn}/a.mp3` }, { audio: { link: `${cdn}/a.mp3` } }],
  ['message/document', { type: 'document', url: `${cdn}/p.pdf` }, { document: { link: `${cdn}/p.pdf` } }],
  ['message/sticker', { type: 'sticker', url: `${cdn}/a.webp` }, { sticker: { link: `${cdn}/a.webp` } }],
  [
    'message/location',
    place,
    { location: { latitude: 37.97, longitude: 23.72, name: 'Shop', address: '1 Example St' } },
  ],
  ['message/contacts', contacts, { contacts: contactObject }],
  [
    'message/reaction',
    { type: 'reaction', messageId: 'wamid.AAA', emoji: '👍' },
    { reaction: { message_id: 'wamid.AAA', emoji: '👍' } },
  ],
  ['message/interactive/reply-buttons', buttons, { interactive: buttonsObject }],
  [
    'message/interactive/reply-buttons',
    { ...buttons, header: { type: 'image', url: `${cdn}/a.jpg` } },
    { interactive: { ...buttonsObject, header: { type: 'image', image: { link: `${cdn}/a.jpg` } } } },
  ],
  ['message/interactive/list-buttons', list, { interactive: listObject }],
  [
    'message/interactive/location-request',
    { type: 'locationRequest', body: 'Where?' },
    {
      interactive: { type: 'location_request_message', body: { text: 'Where?' }, action: { name: 'send_location' } },
    },
  ],
  [
    'template',
    template,
    {
      template_name: 'order_shipped',
      language: 'en',
      variables: { image: `${cdn}/a.jpg`, body_1: 'Ada', body_2: '100', button_1: '100' },
    },
  ],
]

it.each(aiKinds)('sends over the newer API by its path: %s', async (path, content, expected) => {
  const { sent, body, webhookUrl, result } = await sendOver(ai, content)
  expect(sent).toMatchObject({ method: 'POST', path: `/zixflow/api/ingest/whatsapp/v1/${path}/send` })
  expect(sent?.headers).toMatchObject({ 'content-type': 'application/json', 'x-workspace-id': 'workspace-1' })
  expect(sent?.headers).toHaveProperty('x-api-key')
  expect(sent?.headers).not.toHaveProperty('authorization')
  expect(body).toEqual({
    recipient: '12025550111',
    phone_id: phoneId,
    ...expected,
    post_back_url: webhookUrl,
    post_back_data: 'h7f3a-1-2s',
  })
  expect(result).toMatchObject({ trackingId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
})

it('sends a carousel over the newer API', async () => {
  const content: Content = {
    type: 'carousel',
    body: 'New',
    cards: ['lamp', 'chair'].map((name) => ({
      header: { type: 'image', url: `${cdn}/${name}.png` },
      body: name,
      buttons: [{ title: 'Shop', url: `https://example.test/${name}` }],
    })),
  }
  const { sent, body } = await sendOver(ai, content)
  expect(sent?.path).toBe('/zixflow/api/ingest/whatsapp/v1/message/interactive/media-carousel/send')
  expect(body.interactive).toMatchObject({
    type: 'carousel',
    action: {
      cards: [
        {
          card_index: 0,
          type: 'cta_url',
          header: { type: 'image', image: { link: `${cdn}/lamp.png` } },
          action: { name: 'cta_url', parameters: { display_text: 'Shop', url: 'https://example.test/lamp' } },
        },
        { card_index: 1 },
      ],
    },
  })
})

it('needs the workspace for the newer API', () => {
  const { settings } = getProvider('zixflow')
  expect(settings.safeParse({ ...credentials, api: 'ai' }).error?.issues).toMatchObject([{ path: ['workspaceId'] }])
})

const refused: [string, Content, RegExp][] = [
  ['a file of its own', { type: 'image', mediaId: '7' }, /by url, not by mediaId/],
  ['an alternative text', { type: 'image', url: `${cdn}/a.png`, altText: 'A lamp' }, /altText/],
  ['several images', { type: 'image', images: [{ url: `${cdn}/a.png` }, { url: `${cdn}/b.png` }] }, /one image/],
  ['a GIF', { type: 'image', url: `${cdn}/a.gif` }, /image\/gif/],
  ['cards in a template', { ...template, cards: [{}, {}] }, /cards/],
  [
    'a place in the header of a template',
    { ...template, header: { type: 'location', latitude: 1, longitude: 2 } },
    /location/,
  ],
  [
    'a payload of a quick reply',
    { ...template, buttons: [{ index: 0, type: 'quickReply', value: 'x' }] },
    /quick reply/,
  ],
  ['a coupon', { ...template, buttons: [{ index: 0, type: 'copyCode', value: 'X' }] }, /useCase authentication/],
]

it.each(refused)('refuses in words: %s', (_, content, words) => {
  for (const settings of [credentials, ai])
    expect(getProvider('zixflow', settings).contentProblems(content).join()).toMatch(words)
})

it('names its newer API to whoever asks the older one for a reaction', () => {
  const reaction: Content = { type: 'reaction', messageId: 'wamid.AAA', emoji: '👍' }
  expect(() => checkContent(getProvider('zixflow', credentials), reaction)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('Zixflow AI') }),
  )
  checkContent(getProvider('zixflow', ai), reaction)
})

it('V12: finds out which values a template of the campaign API takes, in each language that is asked for', async () => {
  const templates: ZixflowTemplate[] = [
    {
      name: 'order_shipped',
      language: 'en',
      components: [
        { type: 'HEADER', format: 'IMAGE' },
        { type: 'BODY', text: 'Hi {{1}}, order {{2}}' },
        { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY' }, { type: 'URL', url: 'https://example.test/{{1}}' }] },
      ],
    },
    { name: 'order_shipped', language: 'pt_BR', variables: ['body_1', 'voucher'] },
    { name: 'login', language: 'en', variables: ['otp'] },
  ]
  const spec = {
    name: 'zixflow',
    settings: credentials,
    errors: { account: 'unauthorised' },
    failureCode: '131026',
  } as const
  const { driver } = await connect({ ...spec, emulator: { zixflow: { templates } } })
  const answer = await driver.templates?.find?.('order_shipped', ['en', 'pt-BR', 'fr'])
  const found = answer?.ok ? answer.value : []
  expect(found.map(({ language, status }) => [language, status])).toEqual([
    ['en', 'unknown'],
    ['pt_BR', 'unknown'],
  ])
  const [english, portuguese] = found.map(({ shape }) => shape)
  expect(templateProblems(template as TemplateContent, english as TemplateShape)).toEqual([])
  for (const wrong of [{ body: ['Ada'] }, { header: undefined }, { buttons: undefined }, { body: { body_1: 'Ada' } }])
    expect(templateProblems({ ...template, ...wrong } as TemplateContent, english as TemplateShape)).toHaveLength(1)
  const named = { type: 'template', template: 'order_shipped', language: 'pt_BR' } as const
  expect(templateProblems({ ...named, body: { body_1: 'Ada', voucher: 'X' } }, portuguese as TemplateShape)).toEqual([])
  expect(templateProblems({ ...named, body: ['Ada', 'X'] }, portuguese as TemplateShape)).toHaveLength(1)
  const login = await driver.templates?.find?.('login', ['en'])
  expect(login?.ok && login.value[0]?.shape?.body).toEqual(['1'])
  const refused = await connect({
    ...spec,
    settings: { ...credentials, apiKey: 'other' },
    emulator: { zixflow: { apiKey: 'x' } },
  })
  expect(await refused.driver.templates?.find?.('login', ['en'])).toMatchObject({
    ok: false,
    error: { code: 'unauthorised' },
  })
})
