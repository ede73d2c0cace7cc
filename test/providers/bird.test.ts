// Bird by the suite that every driver passes.
import { describeProvider } from './conformance.ts'
import { severalFiles } from './contents.ts'

const accessKey = 'conformance-access-key'

describeProvider({
  name: 'bird',
  settings: {
    workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
    channelId: '7a6b5c4d-0000-4000-8000-000000000002',
    organizationId: '3c2b1a09-0000-4000-8000-000000000005',
    accessKey,
    signingKey: 'conformance-signing-key',
  },
  emulator: { bird: { accessKey } },
  signingSecret: 'conformance-signing-key',
  contents: {
    template: [
      {
        type: 'template',
        template: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01',
        language: 'pt_BR',
        body: { first_name: 'Ada', imageURL: 'https://cdn.example.test/hero.png' },
      },
    ],
    document: [
      { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: 'p.pdf', caption: 'Prices' },
      ...severalFiles.filter(({ type }) => type === 'document'),
    ],
    buttons: [
      ...severalFiles.filter(({ type }) => type === 'buttons'),
      // Two that carry an id, and one that comes back as a text.
      {
        type: 'buttons',
        body: 'Keep your slot?',
        buttons: [{ id: 'yes', title: 'Yes' }, { id: 'no', title: 'No' }, { title: 'Another time' }],
      },
      { type: 'buttons', body: 'Keep your slot?', buttons: [{ id: 'yes', title: 'Yes' }] },
      {
        type: 'buttons',
        header: { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: 'prices.pdf' },
        body: 'Interested?',
        buttons: [{ id: 'yes', title: 'Yes' }],
      },
    ],
    image: [
      { type: 'image', url: 'https://cdn.example.test/a.png', caption: 'Poster' },
      {
        type: 'image',
        images: [
          { url: 'https://cdn.example.test/a.png', altText: 'Front' },
          { url: 'https://cdn.example.test/b.png' },
        ],
        caption: 'Two views',
      },
    ],
  },
  replyTo: '1f2e3d4c-0000-4000-8000-00000000000a',
  wrongForms: [
    { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: `${'p'.repeat(240)}.pdf` },
    { type: 'template', template: 'spring_sale', language: 'en' },
    {
      type: 'template',
      template: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01',
      namespace: 'newest',
      language: 'en',
    },
    { type: 'template', template: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01', language: 'English' },
    { type: 'text', text: 'Hello', replyTo: 'wamid.HBgTEST' },
    {
      type: 'buttons',
      body: 'Sure?',
      buttons: [
        { id: 'a', title: 'Yes' },
        { id: 'b', title: 'Yes' },
      ],
    },
  ],
  errors: { recipient: 'Conflict', template: 'InvalidPayload', account: 'Unauthorized', unknown: 'InternalError' },
  failureCode: '131026',
  // Bird's answers to calls hand on no code of WhatsApp, unless they are messages that have failed already.
  whatsappRefusal: (code) => ({
    status: 202,
    body: {
      id: '0b1d2c3e-0000-4000-8000-000000000001',
      status: 'delivery_failed',
      failure: { code: 15001, description: 'refused', source: { name: 'whatsapp', code: String(code) } },
    },
  }),
  // Studio names a template by the id of its project.
  template: {
    definition: {
      name: 'Spring sale',
      template: { defaultLocale: 'en', variables: [{ key: 'first_name', type: 'string' }] },
    },
  },
})
