// One plain content of each kind, as most providers take it; a provider's own test replaces what it needs otherwise.
import type { Content, ContentType } from '../../src/domain/content.ts'

const cdn = 'https://cdn.example.test'

export const plainContents: { [T in ContentType]: Extract<Content, { type: T }> } = {
  text: { type: 'text', text: 'Hello' },
  image: { type: 'image', url: `${cdn}/a.png`, caption: 'Poster' },
  video: { type: 'video', url: `${cdn}/a.mp4`, caption: 'Teaser' },
  audio: { type: 'audio', url: `${cdn}/a.mp3` },
  document: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf', caption: 'Prices' },
  sticker: { type: 'sticker', url: `${cdn}/a.webp` },
  location: { type: 'location', latitude: 48.8584, longitude: 2.2945, name: 'Here', address: '1 Example Street' },
  contacts: {
    type: 'contacts',
    contacts: [
      {
        name: { formattedName: 'Ada L.', firstName: 'Ada', lastName: 'L.' },
        phones: [{ phone: '+12025550102', type: 'WORK' }],
      },
    ],
  },
  buttons: {
    type: 'buttons',
    body: 'Keep your slot?',
    footer: 'Example Ltd',
    buttons: [
      { id: 'yes', title: 'Yes' },
      { id: 'no', title: 'No' },
    ],
  },
  list: {
    type: 'list',
    body: 'Choose a dish',
    button: 'See dishes',
    sections: [{ title: 'Warm', rows: [{ id: 'dish:1', title: 'Soup', description: 'Tomato and basil' }] }],
  },
  locationRequest: { type: 'locationRequest', body: 'Where should we deliver?' },
  carousel: {
    type: 'carousel',
    body: 'New this week',
    cards: ['lamp', 'chair'].map((name) => ({
      header: { type: 'image', url: `${cdn}/${name}.png` },
      body: `A ${name}`,
      buttons: [{ title: 'Shop', url: `https://example.test/${name}` }],
    })),
  },
  product: { type: 'product', catalogId: '9000000001', productId: 'sku-9', body: 'Back in stock' },
  reaction: { type: 'reaction', messageId: 'wamid.HBgTEST', emoji: '👍' },
  template: { type: 'template', template: 'spring_sale', language: 'en', body: ['Ada', '20%'] },
}

const two = ['a', 'b'].map((name) => ({ url: `${cdn}/${name}.png`, altText: name }))
const papers = [{ url: `${cdn}/p.pdf`, filename: 'prices.pdf', altText: 'Prices' }, { url: `${cdn}/v.mp4` }]
const button = { id: 'yes', title: 'Yes' }

/** Several files in a message or a header, and texts for those who do not see them: Bird alone has them. */
export const severalFiles: Content[] = [
  { type: 'image', images: two, caption: 'Two views' },
  { type: 'image', url: `${cdn}/a.png`, altText: 'A poster' },
  { type: 'document', files: papers, caption: 'Catalogue' },
  { type: 'buttons', header: { type: 'image', images: two }, body: 'Which one?', buttons: [button] },
  {
    type: 'buttons',
    header: { type: 'image', url: `${cdn}/a.png`, altText: 'A poster' },
    body: 'Yes?',
    buttons: [button],
  },
  { type: 'buttons', header: { type: 'document', files: papers }, body: 'Shall we call?', buttons: [button] },
]
