// Every kind of content as Bird's page writes it, held against the schema that Bird publishes.
import { expect, it } from 'vitest'
import type { Content } from '../../../src/domain/content.ts'
import { messageParts } from '../../../src/providers/bird/content.ts'
import { checkContent, getProvider } from '../../../src/providers/registry.ts'
import { createMessage } from './create-message.ts'

const cdn = 'https://cdn.example.test'
const projectId = '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01'
const bird = getProvider('bird')

const bodies: [string, Content, unknown][] = [
  ['a text', { type: 'text', text: 'Hello' }, { type: 'text', text: { text: 'Hello' } }],
  [
    'a text with a preview of its link',
    { type: 'text', text: 'Your table is ready. https://example.test/t', previewUrl: true },
    {
      type: 'text',
      text: {
        text: 'Your table is ready. https://example.test/t',
        metadata: { whatsapp: { previewUrl: true } },
      },
    },
  ],
  [
    'an image with caption and label',
    { type: 'image', url: `${cdn}/a.png`, altText: 'Poster', caption: 'Caption' },
    { type: 'image', image: { text: 'Caption', images: [{ mediaUrl: `${cdn}/a.png`, altText: 'Poster' }] } },
  ],
  [
    'several files',
    {
      type: 'document',
      files: [{ url: `${cdn}/v.mp4` }, { url: `${cdn}/p.pdf`, filename: 'price-list.pdf', altText: 'Prices' }],
      caption: 'Catalogue and prices',
    },
    {
      type: 'file',
      file: {
        text: 'Catalogue and prices',
        files: [
          { mediaUrl: `${cdn}/v.mp4`, contentType: 'video/mp4' },
          {
            mediaUrl: `${cdn}/p.pdf`,
            contentType: 'application/pdf',
            filename: 'price-list.pdf',
            altText: 'Prices',
          },
        ],
      },
    },
  ],
  [
    'several images with labels, above a button with an id and one without',
    {
      type: 'buttons',
      header: {
        type: 'image',
        images: [
          { url: `${cdn}/a.png`, altText: 'Front' },
          { url: `${cdn}/b.png`, altText: 'Back' },
        ],
      },
      body: 'Two views',
      buttons: [{ id: 'sku:9:order', title: 'Order' }, { title: 'Not now' }],
    },
    {
      type: 'image',
      image: {
        text: 'Two views',
        images: [
          { mediaUrl: `${cdn}/a.png`, altText: 'Front' },
          { mediaUrl: `${cdn}/b.png`, altText: 'Back' },
        ],
        actions: [
          { type: 'postback', postback: { text: 'Order', payload: 'sku:9:order' } },
          { type: 'reply', reply: { text: 'Not now' } },
        ],
      },
    },
  ],
  [
    'several files above buttons',
    {
      type: 'buttons',
      header: { type: 'document', files: [{ url: `${cdn}/a.pdf` }, { url: `${cdn}/b.pdf`, altText: 'Terms' }] },
      body: 'Shall we call?',
      buttons: [{ id: 'call', title: 'Call me' }],
    },
    {
      type: 'file',
      file: {
        text: 'Shall we call?',
        files: [
          { mediaUrl: `${cdn}/a.pdf`, contentType: 'application/pdf' },
          { mediaUrl: `${cdn}/b.pdf`, contentType: 'application/pdf', altText: 'Terms' },
        ],
        actions: [{ type: 'postback', postback: { text: 'Call me', payload: 'call' } }],
      },
    },
  ],
  [
    'an image that was uploaded',
    { type: 'image', mediaId: 'https://media.api.bird.com/workspaces/w/media/m' },
    { type: 'image', image: { images: [{ mediaUrl: 'https://media.api.bird.com/workspaces/w/media/m' }] } },
  ],
  [
    'several images',
    {
      type: 'image',
      images: [{ url: `${cdn}/a.png`, altText: 'Front' }, { url: `${cdn}/b.png` }],
      caption: 'Two views',
    },
    {
      type: 'image',
      image: {
        text: 'Two views',
        images: [{ mediaUrl: `${cdn}/a.png`, altText: 'Front' }, { mediaUrl: `${cdn}/b.png` }],
      },
    },
  ],
  [
    'a sticker as an image',
    { type: 'sticker', url: `${cdn}/a.webp` },
    { type: 'image', image: { images: [{ mediaUrl: `${cdn}/a.webp` }] } },
  ],
  [
    'a video',
    { type: 'video', url: `${cdn}/v.mp4?size=2`, caption: 'Teaser' },
    { type: 'file', file: { text: 'Teaser', files: [{ mediaUrl: `${cdn}/v.mp4?size=2`, contentType: 'video/mp4' }] } },
  ],
  [
    'an audio',
    { type: 'audio', url: `${cdn}/a.ogg` },
    { type: 'file', file: { files: [{ mediaUrl: `${cdn}/a.ogg`, contentType: 'audio/ogg' }] } },
  ],
  [
    'an audio whose address has no ending',
    { type: 'audio', url: `${cdn}/audio/42` },
    { type: 'file', file: { files: [{ mediaUrl: `${cdn}/audio/42`, contentType: 'audio/mpeg' }] } },
  ],
  [
    'a document by its file name',
    { type: 'document', url: `${cdn}/download/7`, filename: 'price-list.pdf', caption: 'Prices' },
    {
      type: 'file',
      file: {
        text: 'Prices',
        files: [{ mediaUrl: `${cdn}/download/7`, contentType: 'application/pdf', filename: 'price-list.pdf' }],
      },
    },
  ],
  [
    'a document of a kind that nobody knows',
    { type: 'document', url: `${cdn}/plan.dwg` },
    { type: 'file', file: { files: [{ mediaUrl: `${cdn}/plan.dwg`, contentType: 'application/octet-stream' }] } },
  ],
  [
    'a location',
    {
      type: 'location',
      latitude: '48.8584',
      longitude: 2.2945,
      name: 'Meeting point',
      address: '1 Example Street, Paris',
    },
    {
      type: 'location',
      location: {
        coordinates: { latitude: 48.8584, longitude: 2.2945 },
        location: { label: 'Meeting point', address: '1 Example Street, Paris' },
      },
    },
  ],
  [
    'a bare location',
    { type: 'location', latitude: 48.8584, longitude: 2.2945 },
    { type: 'location', location: { coordinates: { latitude: 48.8584, longitude: 2.2945 } } },
  ],
  [
    'buttons, whose ids come back as payload',
    {
      type: 'buttons',
      body: 'Keep your slot?',
      buttons: [
        { id: 'slot:42:confirm', title: 'Confirm' },
        { id: 'slot:42:cancel', title: 'Cancel' },
      ],
    },
    {
      type: 'text',
      text: {
        text: 'Keep your slot?',
        actions: [
          { type: 'postback', postback: { text: 'Confirm', payload: 'slot:42:confirm' } },
          { type: 'postback', postback: { text: 'Cancel', payload: 'slot:42:cancel' } },
        ],
      },
    },
  ],
  [
    'buttons under an image',
    {
      type: 'buttons',
      header: { type: 'image', url: `${cdn}/a.png` },
      body: 'Two views',
      buttons: [{ id: 'sku:9:order', title: 'Order' }],
    },
    {
      type: 'image',
      image: {
        text: 'Two views',
        images: [{ mediaUrl: `${cdn}/a.png` }],
        actions: [{ type: 'postback', postback: { text: 'Order', payload: 'sku:9:order' } }],
      },
    },
  ],
  [
    'buttons under a document',
    {
      type: 'buttons',
      header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'prices.pdf' },
      body: 'Catalogue and prices',
      buttons: [{ id: 'lead:call', title: 'Call me' }],
    },
    {
      type: 'file',
      file: {
        text: 'Catalogue and prices',
        files: [{ mediaUrl: `${cdn}/p.pdf`, contentType: 'application/pdf', filename: 'prices.pdf' }],
        actions: [{ type: 'postback', postback: { text: 'Call me', payload: 'lead:call' } }],
      },
    },
  ],
  [
    'a list without sections',
    {
      type: 'list',
      header: 'Menu',
      body: 'Choose a dish',
      button: 'See dishes',
      sections: [
        {
          rows: [
            { id: 'dish:1', title: 'Soup' },
            { id: 'dish:2', title: 'Salad' },
          ],
        },
      ],
    },
    {
      type: 'list',
      list: {
        title: 'Menu',
        text: 'Choose a dish',
        items: [
          {
            actions: [
              { type: 'postback', postback: { text: 'Soup', payload: 'dish:1' } },
              { type: 'postback', postback: { text: 'Salad', payload: 'dish:2' } },
            ],
          },
        ],
        metadata: { button: { label: 'See dishes' } },
      },
    },
  ],
  [
    'a list with sections and descriptions',
    {
      type: 'list',
      body: 'Choose a dish',
      button: 'See dishes',
      sections: [
        { title: 'Warm', rows: [{ id: 'dish:1', title: 'Soup', description: 'Tomato and basil' }] },
        { title: 'Cold', rows: [{ id: 'dish:2', title: 'Salad' }] },
      ],
    },
    {
      type: 'list',
      list: {
        text: 'Choose a dish',
        items: [
          {
            title: 'Warm',
            actions: [
              {
                type: 'postback',
                postback: {
                  text: 'Soup',
                  payload: 'dish:1',
                  metadata: { description: { label: 'Tomato and basil' } },
                },
              },
            ],
          },
          { title: 'Cold', actions: [{ type: 'postback', postback: { text: 'Salad', payload: 'dish:2' } }] },
        ],
        metadata: { button: { label: 'See dishes' } },
      },
    },
  ],
  [
    'a request for the location',
    { type: 'locationRequest', body: 'Where should we deliver?' },
    { type: 'text', text: { text: 'Where should we deliver?', actions: [{ type: 'locationRequest' }] } },
  ],
  [
    'a carousel, whose card bodies are titles',
    {
      type: 'carousel',
      body: 'New this week',
      cards: ['lamp', 'chair'].map((name) => ({
        header: { type: 'image', url: `${cdn}/${name}.jpg` },
        body: name,
        buttons: [{ title: 'View', url: `https://shop.example.test/${name}` }],
      })),
    },
    {
      type: 'carousel',
      carousel: {
        text: 'New this week',
        items: ['lamp', 'chair'].map((name) => ({
          title: name,
          mediaUrl: `${cdn}/${name}.jpg`,
          actions: [{ type: 'link', link: { text: 'View', url: `https://shop.example.test/${name}` } }],
        })),
      },
    },
  ],
]

const receiver = { contacts: [{ identifierKey: 'phonenumber', identifierValue: '+12025550101' }] }

it.each(bodies)('writes %s', (_, content, body) => {
  checkContent(bird, content)
  expect(messageParts(content)).toEqual({ body })
  expect(createMessage.safeParse({ receiver, ...messageParts(content) }).error).toBeUndefined()
})

it.each<[string, Content, unknown]>([
  [
    'named values, the newest version and the language as Bird writes it',
    { type: 'template', template: projectId, language: 'pt_BR', body: { first_name: 'Ada', url: '?campaignid=42' } },
    {
      projectId,
      version: 'latest',
      locale: 'pt-BR',
      parameters: [
        { type: 'string', key: 'first_name', value: 'Ada' },
        { type: 'string', key: 'url', value: '?campaignid=42' },
      ],
    },
  ],
  [
    'a version and no values',
    { type: 'template', template: projectId, namespace: 'b7a0c1d2-1111-4222-8333-444455556666', language: 'en' },
    { projectId, version: 'b7a0c1d2-1111-4222-8333-444455556666', locale: 'en' },
  ],
  [
    'an empty list of values',
    { type: 'template', template: projectId, language: 'en', body: [] },
    { projectId, version: 'latest', locale: 'en' },
  ],
])('writes a template with %s', (_, content, template) => {
  checkContent(bird, content)
  expect(messageParts(content)).toEqual({ template })
  expect(createMessage.safeParse({ receiver, ...messageParts(content) }).error).toBeUndefined()
})

it('quotes beside the body', () => {
  const parts = messageParts({
    type: 'text',
    text: 'Answering your question',
    replyTo: '1f2e3d4c-0000-4000-8000-00000000000a',
  })
  expect(parts).toEqual({
    body: { type: 'text', text: { text: 'Answering your question' } },
    replyTo: { id: '1f2e3d4c-0000-4000-8000-00000000000a', type: 'message' },
  })
  expect(createMessage.safeParse({ receiver, ...parts }).error).toBeUndefined()
})

const button = { id: 'yes', title: 'Yes' }
const card = {
  header: { type: 'image' as const, url: `${cdn}/l.jpg` },
  body: 'Lamp',
  buttons: [{ title: 'View', url: 'https://shop.example.test' }],
}

it.each<[string, Content, RegExp]>([
  ['values in order', { type: 'template', template: projectId, language: 'en', body: ['Ada'] }, /names set in Studio/],
  [
    'a header of a template',
    { type: 'template', template: projectId, language: 'en', header: { type: 'image', url: `${cdn}/a.png` } },
    /values of header of a template belong into body/,
  ],
  [
    'buttons and cards of a template',
    {
      type: 'template',
      template: projectId,
      language: 'en',
      buttons: [{ index: 0, type: 'url', value: 'x' }],
      cards: [{ body: { a: 'b' } }, { body: { a: 'b' } }],
    },
    /values of buttons and cards of a template/,
  ],
  ['a footer under buttons', { type: 'buttons', body: 'a', footer: 'b', buttons: [button] }, /have no footer/],
  [
    'a text over buttons',
    { type: 'buttons', header: { type: 'text', text: 'a' }, body: 'b', buttons: [button] },
    /no text header/,
  ],
  [
    'a footer under a list',
    { type: 'list', body: 'a', footer: 'b', button: 'c', sections: [{ rows: [button] }] },
    /a list has no footer/,
  ],
  [
    'a card with replies',
    { type: 'carousel', body: 'a', cards: [card, { ...card, buttons: [button] }] },
    /card 2 .* exactly one link/,
  ],
  [
    'a card without a body',
    { type: 'carousel', body: 'a', cards: [card, { header: card.header, buttons: card.buttons }] },
    /card 2 .* needs a body/,
  ],
  ['a media id that is no address', { type: 'image', mediaId: '1200000000000001' }, /address that the upload returned/],
  ['a video that WhatsApp does not play', { type: 'video', url: `${cdn}/v.mov` }, /\.mov, which is no video/],
  ['a picture that WhatsApp does not show', { type: 'image', url: `${cdn}/a.gif` }, /\.gif files are image\/gif/],
  [
    'such a picture among several',
    { type: 'image', images: [{ url: `${cdn}/a.png` }, { url: `${cdn}/b.bmp` }] },
    /\.bmp files/,
  ],
  ['a picture as audio', { type: 'audio', url: `${cdn}/a.png` }, /\.png, which is no audio/],
])('refuses %s and says what to do', (_, content, message) => {
  expect(() => checkContent(bird, content)).toThrow(
    expect.objectContaining({ code: 'content.not_supported', message: expect.stringMatching(message) }),
  )
})

it('leaves addresses with placeholders to the rendered text', () => {
  checkContent(bird, { type: 'video', url: 'https://cdn.example.test/{{ file }}.mov' })
  checkContent(bird, { type: 'image', mediaId: '{{ picture }}' })
})
