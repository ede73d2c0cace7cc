// A client written by others as witness: it builds the same JSON as our driver, our stand-in takes what it sends, and it
// takes what our stand-in signs.
import { describe, expect, it } from 'vitest'
import { WhatsAppAPI } from 'whatsapp-api-js'
import {
  ActionButtons,
  ActionCTA,
  ActionList,
  ActionLocation,
  ActionProduct,
  ActionProductList,
  Address,
  Audio,
  Birthday,
  Body,
  BodyComponent,
  BodyParameter,
  Button,
  CarouselCard,
  CarouselComponent,
  CatalogProduct,
  Contacts,
  CopyComponent,
  Document,
  Email,
  Footer,
  Header,
  HeaderComponent,
  HeaderParameter,
  Image,
  Interactive,
  ListSection,
  Location,
  Name,
  Organization,
  PayloadComponent,
  Phone,
  Product,
  ProductSection,
  Reaction,
  Row,
  Sticker,
  Template,
  Text,
  URLComponent,
  Url,
  Video,
} from 'whatsapp-api-js/messages'
import type { ClientMessage } from 'whatsapp-api-js/types'
import type { Content } from '../../../src/domain/content.ts'
import type { RunningEmulator } from '../../../src/emulator/emulator.ts'
import { type Connected, connect, outgoing, type ProviderSpec, recipient, sendsOf } from '../connected.ts'

const spec: ProviderSpec = {
  name: 'meta',
  settings: { phoneNumberId: '1060000000000001', accessToken: 'witness-token', appSecret: 'witness-secret' },
  signingSecret: 'witness-secret',
  errors: { account: 190 },
  failureCode: '131026',
}

const cdn = 'https://cdn.example.test'
const reply = (id: string, title: string) => ({ id, title })
const soup = { id: 'dish:1', title: 'Soup', description: 'Tomato' }

/** What it is called, as our campaigns say it, as the other client builds it. */
const pairs: [string, Content, () => ClientMessage][] = [
  ['a text', { type: 'text', text: 'Grüße 👋', previewUrl: true }, () => new Text('Grüße 👋', true)],
  [
    'an image by link',
    { type: 'image', url: `${cdn}/a.png`, caption: 'Poster' },
    () => new Image(`${cdn}/a.png`, false, 'Poster'),
  ],
  ['an image by id', { type: 'image', mediaId: '1200000000000001' }, () => new Image('1200000000000001', true)],
  [
    'a video',
    { type: 'video', mediaId: '1200000000000001', caption: 'Teaser' },
    () => new Video('1200000000000001', true, 'Teaser'),
  ],
  ['an audio', { type: 'audio', mediaId: '1200000000000002' }, () => new Audio('1200000000000002', true)],
  ['a sticker', { type: 'sticker', url: `${cdn}/a.webp` }, () => new Sticker(`${cdn}/a.webp`)],
  [
    'a document',
    { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf', caption: 'Prices' },
    () => new Document(`${cdn}/p.pdf`, false, 'Prices', 'p.pdf'),
  ],
  [
    'a location',
    { type: 'location', latitude: '48.8584', longitude: 2.2945, name: 'Here', address: '1 Example Street' },
    () => new Location(2.2945, 48.8584, 'Here', '1 Example Street'),
  ],
  [
    'a reaction',
    { type: 'reaction', messageId: 'wamid.HBgTEST', emoji: '👍' },
    () => new Reaction('wamid.HBgTEST', '👍'),
  ],
  [
    'buttons with a text above',
    {
      type: 'buttons',
      header: { type: 'text', text: 'Booking' },
      body: 'Keep your slot?',
      footer: 'Example Ltd',
      buttons: [reply('yes', 'Yes'), reply('no', 'No')],
    },
    () =>
      new Interactive(
        new ActionButtons(new Button('yes', 'Yes'), new Button('no', 'No')),
        new Body('Keep your slot?'),
        new Header('Booking'),
        new Footer('Example Ltd'),
      ),
  ],
  [
    'buttons with an image above',
    { type: 'buttons', header: { type: 'image', url: `${cdn}/a.png` }, body: 'Ok?', buttons: [reply('yes', 'Yes')] },
    () =>
      new Interactive(
        new ActionButtons(new Button('yes', 'Yes')),
        new Body('Ok?'),
        new Header(new Image(`${cdn}/a.png`)),
      ),
  ],
  [
    'buttons with a document above',
    {
      type: 'buttons',
      header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' },
      body: 'Ok?',
      buttons: [reply('yes', 'Yes')],
    },
    () =>
      new Interactive(
        new ActionButtons(new Button('yes', 'Yes')),
        new Body('Ok?'),
        new Header(new Document(`${cdn}/p.pdf`, false, undefined, 'p.pdf')),
      ),
  ],
  [
    'a list',
    {
      type: 'list',
      header: 'Menu',
      body: 'Choose a dish',
      footer: 'Example Ltd',
      button: 'See dishes',
      sections: [
        { title: 'Warm', rows: [soup] },
        { title: 'Cold', rows: [{ id: 'dish:2', title: 'Salad' }] },
      ],
    },
    () =>
      new Interactive(
        new ActionList(
          'See dishes',
          new ListSection('Warm', new Row('dish:1', 'Soup', 'Tomato')),
          new ListSection('Cold', new Row('dish:2', 'Salad')),
        ),
        new Body('Choose a dish'),
        new Header('Menu'),
        new Footer('Example Ltd'),
      ),
  ],
  [
    'a request for a location',
    { type: 'locationRequest', body: 'Where to?' },
    () => new Interactive(new ActionLocation(), new Body('Where to?')),
  ],
  [
    'a product',
    { type: 'product', catalogId: '9000000001', productId: 'sku-9', body: 'Back in stock', footer: 'Example Ltd' },
    () =>
      new Interactive(
        new ActionProduct(new CatalogProduct('sku-9', '9000000001')),
        new Body('Back in stock'),
        undefined,
        new Footer('Example Ltd'),
      ),
  ],
  [
    'a list of products',
    {
      type: 'product',
      catalogId: '9000000001',
      sections: [{ title: 'Lamps', productIds: ['sku-1', 'sku-2'] }],
      header: 'New',
      body: 'This week',
    },
    () =>
      new Interactive(
        new ActionProductList('9000000001', new ProductSection('Lamps', new Product('sku-1'), new Product('sku-2'))),
        new Body('This week'),
        new Header('New'),
      ),
  ],
  [
    'a template without values',
    { type: 'template', template: 'hello', language: 'en' },
    () => new Template('hello', 'en'),
  ],
  [
    'a template with header, values and buttons',
    {
      type: 'template',
      template: 'spring_sale',
      language: 'en_US',
      header: { type: 'image', url: `${cdn}/hero.png` },
      body: ['Ada', '20%'],
      buttons: [
        { index: 0, type: 'url', value: 'cmp42' },
        { index: 1, type: 'quickReply', value: 'optout:cmp42' },
      ],
    },
    () =>
      new Template(
        'spring_sale',
        'en_US',
        new HeaderComponent(new HeaderParameter(new Image(`${cdn}/hero.png`))),
        new BodyComponent(new BodyParameter('Ada'), new BodyParameter('20%')),
        new URLComponent('cmp42'),
        new PayloadComponent('optout:cmp42'),
      ),
  ],
  [
    'a template with named values and a code',
    {
      type: 'template',
      template: 'flash_offer',
      language: 'en',
      body: { first_name: 'Ada', discount: '20%' },
      buttons: [{ index: 0, type: 'copyCode', value: 'SPRING20' }],
    },
    () =>
      new Template(
        'flash_offer',
        'en',
        new BodyComponent(new BodyParameter('Ada', 'first_name'), new BodyParameter('20%', 'discount')),
        new CopyComponent('SPRING20'),
      ),
  ],
  [
    'a template with a text above',
    { type: 'template', template: 'hello', language: 'en', header: { type: 'text', text: 'Ada' }, body: ['Monday'] },
    () =>
      new Template(
        'hello',
        'en',
        new HeaderComponent(new HeaderParameter('Ada')),
        new BodyComponent(new BodyParameter('Monday')),
      ),
  ],
  [
    'a template with a document above',
    {
      type: 'template',
      template: 'invoice',
      language: 'en',
      header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' },
    },
    () =>
      new Template(
        'invoice',
        'en',
        new HeaderComponent(new HeaderParameter(new Document(`${cdn}/p.pdf`, false, undefined, 'p.pdf'))),
      ),
  ],
  [
    'a template with a place above',
    {
      type: 'template',
      template: 'shop',
      language: 'en',
      header: { type: 'location', latitude: 48.8584, longitude: 2.2945, name: 'Here', address: '1 Example Street' },
    },
    () =>
      new Template(
        'shop',
        'en',
        new HeaderComponent(new HeaderParameter(new Location(2.2945, 48.8584, 'Here', '1 Example Street'))),
      ),
  ],
  [
    'a template with cards',
    {
      type: 'template',
      template: 'new_this_week',
      language: 'en_US',
      body: ['Ada'],
      cards: ['lamp', 'chair'].map((name, index) => ({
        header: { type: 'image', mediaId: `120000000000001${index}` },
        body: [name],
        buttons: [
          { index: 0, type: 'quickReply', value: `like:${name}` },
          { index: 1, type: 'url', value: name },
        ],
      })),
    },
    () =>
      new Template(
        'new_this_week',
        'en_US',
        new BodyComponent(new BodyParameter('Ada')),
        new CarouselComponent(
          ...(['lamp', 'chair'].map(
            (name, index) =>
              new CarouselCard(
                new Image(`120000000000001${index}`, true),
                new BodyComponent(new BodyParameter(name)),
                new PayloadComponent(`like:${name}`),
                new URLComponent(name),
              ),
          ) as [CarouselCard, ...CarouselCard[]]),
        ),
      ),
  ],
]

/** The other client, its calls led to our stand-in. */
function witness({ emulator }: Pick<Connected, 'emulator'>): WhatsAppAPI {
  const base = emulator.baseUrl('meta')
  const fetchThere = (url: string, options: RequestInit) =>
    fetch(url.replace('https://graph.facebook.com', base), options)
  return new WhatsAppAPI({
    token: 'witness-token',
    appSecret: 'witness-secret',
    webhookVerifyToken: 'witness-verify',
    v: 'v25.0',
    ponyfill: { fetch: fetchThere as typeof fetch, subtle: crypto.subtle },
  })
}

/** Requests that handed over a message, without what Meta leaves to the client. */
function bodiesOf(emulator: RunningEmulator): unknown[] {
  return sendsOf(emulator).map(({ body }) =>
    JSON.parse(body ?? '', (key, value: unknown) => {
      if (key === 'policy') return undefined
      return key === 'index' ? String(value) : value
    }),
  )
}

describe('another client', () => {
  it.each(pairs)('sends %s as our driver does, and the stand-in takes both', async (_, content, build) => {
    const connected = await connect(spec)
    expect(await connected.driver.send(outgoing({ content }))).toMatchObject({ kind: 'accepted' })
    const answer = await witness(connected).sendMessage('1060000000000001', recipient, build(), undefined, 'h7f3a-1-2s')
    expect(answer).toMatchObject({ messages: [{ id: expect.stringMatching(/^wamid\./) }] })
    const [ours, theirs] = bodiesOf(connected.emulator)
    expect(ours).toEqual(theirs)
  })

  it('quotes a message as our driver does', async () => {
    const connected = await connect(spec)
    await connected.driver.send(outgoing({ content: { type: 'text', text: 'Hi', replyTo: 'wamid.HBgTEST' } }))
    await witness(connected).sendMessage('1060000000000001', recipient, new Text('Hi'), 'wamid.HBgTEST', 'h7f3a-1-2s')
    const [ours, theirs] = bodiesOf(connected.emulator)
    expect(ours).toEqual(theirs)
  })

  it('builds contacts as our driver does', async () => {
    const { driver, emulator } = await connect(spec)
    const content: Content = {
      type: 'contacts',
      contacts: [
        {
          name: { formattedName: 'Dr Ada L.', firstName: 'Ada', lastName: 'L.', prefix: 'Dr' },
          phones: [{ phone: '+12025550102', type: 'WORK', waId: '12025550102' }],
          emails: [{ email: 'ada@example.test', type: 'WORK' }],
          org: { company: 'Example', department: 'R&D', title: 'Lead' },
          urls: [{ url: 'https://example.test', type: 'WORK' }],
          addresses: [
            { street: '1 Example Street', city: 'Paris', country: 'France', countryCode: 'FR', type: 'WORK' },
          ],
          birthday: '1990-12-10',
        },
      ],
    }
    await driver.send(outgoing({ content }))
    const theirs = new Contacts([
      new Name('Dr Ada L.', 'Ada', 'L.', undefined, undefined, 'Dr'),
      new Phone('+12025550102', 'WORK', '12025550102'),
      new Email('ada@example.test', 'WORK'),
      new Organization('Example', 'R&D', 'Lead'),
      new Url('https://example.test', 'WORK'),
      new Address('France', 'FR', undefined, 'Paris', '1 Example Street', undefined, 'WORK'),
      new Birthday('1990', '12', '10'),
    ])
    // This client writes them as text within the JSON.
    expect((bodiesOf(emulator)[0] as { contacts: unknown }).contacts).toEqual(JSON.parse(theirs.toJSON()))
  })

  it('builds a link button as the cards of a carousel carry it', async () => {
    const { driver, emulator } = await connect(spec)
    const card = (name: string) => ({
      header: { type: 'image' as const, url: `${cdn}/${name}.png` },
      buttons: [{ title: 'Shop', url: `https://example.test/${name}` }],
    })
    await driver.send(outgoing({ content: { type: 'carousel', body: 'New', cards: [card('lamp'), card('chair')] } }))
    const [body] = bodiesOf(emulator) as { interactive: { action: { cards: { type: string; action: unknown }[] } } }[]
    const theirs = new Interactive(new ActionCTA('Shop', 'https://example.test/lamp'), new Body('New'))
    const [first] = body?.interactive.action.cards ?? []
    expect(first?.action).toEqual(JSON.parse(JSON.stringify(theirs.action)))
    expect(first?.type).toBe(theirs.type)
  })

  it('marks a message as read as our driver does', async () => {
    const connected = await connect(spec, { settings: { ...spec.settings, markRead: true } })
    expect(await connected.driver.markRead?.('wamid.IN1')).toEqual({ ok: true, value: null })
    expect(await witness(connected).markAsRead('1060000000000001', 'wamid.IN1')).toEqual({ success: true })
    const [ours, theirs] = connected.emulator.ledger.map((entry) => entry.body)
    expect(JSON.parse(ours ?? '')).toEqual(JSON.parse(theirs ?? ''))
  })
})

describe('callbacks of the stand-in', () => {
  it('are taken by another client, and refused when one byte is changed', async () => {
    const connected = await connect(spec, {
      script: [{ phase: 'afterAccept', action: { type: 'webhooks', statuses: ['sent', 'delivered'] } }],
    })
    await connected.driver.send(outgoing())
    await connected.emulator.settled()
    await connected.emulator.sendInbound({ from: recipient, text: 'Grüße 👋', buttonPayload: 'yes' })
    const client = witness(connected)
    const heard: string[] = []
    client.on.status = ({ status, id }) => void heard.push(`${status} ${id.slice(0, 6)}`)
    client.on.message = ({ message }) => void heard.push(message.type)
    for (const { text, header } of connected.callbacks) {
      const signature = header('x-hub-signature-256') ?? ''
      expect(await client.verifyRequestSignature(text, signature)).toBe(true)
      expect(await client.verifyRequestSignature(text.replace('whatsapp', 'whatsapq'), signature)).toBe(false)
      await client.post(JSON.parse(text), text, signature)
    }
    expect(heard).toEqual(['sent wamid.', 'delivered wamid.', 'button'])
  })

  it('are answered by another client as by us when Meta asks for the token', async () => {
    const { driver, emulator } = await connect(spec, { settings: { ...spec.settings, verifyToken: 'witness-verify' } })
    const ask = (token: string) => ({
      'hub.mode': 'subscribe' as const,
      'hub.challenge': '1158201444',
      'hub.verify_token': token,
    })
    const ours = (token: string) => driver.answerHandshake?.(new URLSearchParams(ask(token)), 'unused')
    expect(ours('witness-verify')).toEqual({ status: 200, body: witness({ emulator }).get(ask('witness-verify')) })
    expect(ours('wrong')).toMatchObject({ status: 403 })
    expect(() => witness({ emulator }).get(ask('wrong'))).toThrow()
  })
})
