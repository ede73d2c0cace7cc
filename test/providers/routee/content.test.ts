// What Routee is sent for each kind of content, literally, and what it is never sent.
import { describe, expect, it } from 'vitest'
import type { Content } from '../../../src/domain/content.ts'
import { bodyOf, contentProblems } from '../../../src/providers/routee/content.ts'

const settings = { fillText: true, templateKeys: 'templateId' } as const
const cdn = 'https://cdn.example.test'

const template: Content = {
  type: 'template',
  template: 'order_shipped',
  language: 'en',
  header: { type: 'image', url: `${cdn}/a.png` },
  body: ['Ada', '100'],
  buttons: [
    { index: 0, type: 'url', value: '100' },
    { index: 1, type: 'quickReply', value: 'thanks' },
  ],
}

const bodies: [string, Content, Record<string, unknown>][] = [
  ['a text', { type: 'text', text: 'Your order is on its way' }, { text: 'Your order is on its way' }],
  [
    'an image with its caption as text',
    { type: 'image', url: `${cdn}/a.png`, caption: 'New in' },
    { text: 'New in', imageURL: `${cdn}/a.png`, caption: 'New in' },
  ],
  [
    'an image without caption, whose address is the text',
    { type: 'image', url: `${cdn}/a.png` },
    { text: `${cdn}/a.png`, imageURL: `${cdn}/a.png` },
  ],
  [
    'a video',
    { type: 'video', url: `${cdn}/a.mp4`, caption: 'See' },
    { text: 'See', videoURL: `${cdn}/a.mp4`, caption: 'See' },
  ],
  [
    'a document',
    { type: 'document', url: `${cdn}/p.pdf`, filename: 'prices.pdf', caption: 'Price list' },
    { text: 'Price list', documentURL: `${cdn}/p.pdf`, filename: 'prices.pdf', caption: 'Price list' },
  ],
  [
    'a document without caption, whose name is the text',
    { type: 'document', url: `${cdn}/p.pdf`, filename: 'prices.pdf' },
    { text: 'prices.pdf', documentURL: `${cdn}/p.pdf`, filename: 'prices.pdf' },
  ],
  ['an audio', { type: 'audio', url: `${cdn}/a.mp3` }, { text: `${cdn}/a.mp3`, audioURL: `${cdn}/a.mp3` }],
  ['a sticker', { type: 'sticker', url: `${cdn}/a.webp` }, { text: `${cdn}/a.webp`, stickerURL: `${cdn}/a.webp` }],
  [
    'a location with its name as text',
    { type: 'location', latitude: 37.97, longitude: '23.72', name: 'Shop', address: '1 Example St' },
    { text: 'Shop', latitude: 37.97, longitude: 23.72, locationName: 'Shop', locationAddress: '1 Example St' },
  ],
  [
    'a location without name',
    { type: 'location', latitude: 37.97, longitude: 23.72 },
    { text: '37.97, 23.72', latitude: 37.97, longitude: 23.72 },
  ],
  [
    'an address outside ASCII in its standard form',
    { type: 'sticker', url: `${cdn}/größe.webp` },
    { text: `${cdn}/gr%C3%B6%C3%9Fe.webp`, stickerURL: `${cdn}/gr%C3%B6%C3%9Fe.webp` },
  ],
  [
    'a template',
    template,
    {
      text: 'Ada, 100',
      template: {
        templateId: 'order_shipped',
        language: { policy: 'deterministic', code: 'en' },
        components: [
          { type: 'header', parameters: [{ type: 'media', media: { type: 'image', url: `${cdn}/a.png` } }] },
          {
            type: 'body',
            parameters: [
              { type: 'text', text: 'Ada' },
              { type: 'text', text: '100' },
            ],
          },
          { type: 'button', subType: 'url', index: 0, parameters: [{ type: 'text', text: '100' }] },
          { type: 'button', subType: 'quick_reply', index: 1, parameters: [{ type: 'payload', payload: 'thanks' }] },
        ],
      },
    },
  ],
  [
    'a template with a document in its header',
    {
      type: 'template',
      template: 'invoice',
      language: 'en_US',
      header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' },
    },
    {
      text: 'invoice',
      template: {
        templateId: 'invoice',
        language: { policy: 'deterministic', code: 'en_US' },
        components: [
          {
            type: 'header',
            parameters: [{ type: 'media', media: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' } }],
          },
        ],
      },
    },
  ],
  [
    'a template without values',
    { type: 'template', template: 'hello', language: 'en' },
    { text: 'hello', template: { templateId: 'hello', language: { policy: 'deterministic', code: 'en' } } },
  ],
]

it.each(bodies)('writes %s', (_, content, expected) => {
  expect(contentProblems(content)).toEqual([])
  expect(bodyOf(content, settings)).toEqual(expected)
})

it('leaves out the text beside media when the sender says so, and never from a text', () => {
  const bare = { ...settings, fillText: false }
  expect(bodyOf({ type: 'audio', url: `${cdn}/a.mp3` }, bare)).toEqual({ audioURL: `${cdn}/a.mp3` })
  expect(bodyOf({ type: 'text', text: 'Hello' }, bare)).toEqual({ text: 'Hello' })
})

it('names the keys of a template otherwise when the sender says so', () => {
  const content: Content = { type: 'template', template: 'hello', language: 'en', header: { type: 'text', text: 'Hi' } }
  expect(bodyOf(content, { ...settings, templateKeys: 'templateName' })).toEqual({
    text: 'hello',
    template: {
      templateName: 'hello',
      language: { policy: 'deterministic', code: 'en' },
      components: [{ componentType: 'header', parameters: [{ type: 'text', text: 'Hi' }] }],
    },
  })
})

describe('what Routee cannot send', () => {
  const place = { type: 'location', latitude: 1, longitude: 2 } as const
  const refused: [string, Content, RegExp][] = [
    ['a text of 4070 characters', { type: 'text', text: 'x'.repeat(4070) }, /4070 characters, at most 4069/],
    ['a wish for a link preview', { type: 'text', text: 'https://example.test', previewUrl: true }, /previewUrl/],
    ['a file of its own', { type: 'image', mediaId: '77' }, /by url, not by mediaId/],
    ['a caption of 513 characters', { type: 'video', url: `${cdn}/a.mp4`, caption: 'x'.repeat(513) }, /at most 512/],
    ['a GIF', { type: 'image', url: `${cdn}/a.gif` }, /image\/gif/],
    ['a WAV', { type: 'audio', url: `${cdn}/a.wav` }, /audio\/wav/],
    ['a sticker that is no WebP', { type: 'sticker', url: `${cdn}/a.png` }, /image\/png; taken are image\/webp/],
    ['an alternative text', { type: 'image', url: `${cdn}/a.png`, altText: 'A lamp' }, /altText/],
    ['several images', { type: 'image', images: [{ url: `${cdn}/a.png` }, { url: `${cdn}/b.png` }] }, /one image/],
    ['a place with a name of 257 characters', { ...place, name: 'x'.repeat(257) }, /257 characters, at most 256/],
    ['a template with cards', { ...template, cards: [{}, {}] }, /cards/],
    ['values with names', { ...template, body: { name: 'Ada' } }, /without names/],
    ['a coupon', { ...template, buttons: [{ index: 0, type: 'copyCode', value: 'X' }] }, /copyCode/],
    [
      'two links in a template',
      { ...template, buttons: [0, 1].map((index) => ({ index, type: 'url', value: 'x' })) },
      /one url button/,
    ],
    [
      'a payload of 129 characters',
      { ...template, buttons: [{ index: 0, type: 'quickReply', value: 'x'.repeat(129) }] },
      /128/,
    ],
    ['a named place in a header', { ...template, header: { ...place, name: 'Shop' } }, /neither name nor address/],
    ['a header by mediaId', { ...template, header: { type: 'video', mediaId: '7' } }, /by url/],
  ]

  it.each(refused)('is refused in words: %s', (_, content, words) => {
    expect(contentProblems(content).join()).toMatch(words)
  })

  it('is not guessed at where a placeholder may still become anything', () => {
    expect(contentProblems({ type: 'text', text: `{{ name }}${'x'.repeat(4069)}` })).toEqual([])
    expect(contentProblems({ type: 'image', url: '{{ picture }}.gif' })).toEqual([])
  })
})
