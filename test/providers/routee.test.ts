// Routee by the suite that every driver passes.
import { describeProvider } from './conformance.ts'
import { severalFiles } from './contents.ts'

describeProvider({
  name: 'routee',
  settings: {
    applicationId: 'conformance-app',
    applicationSecret: 'conformance-app-secret',
    from: '302101234567',
    whatsappAccountId: 'waba-1',
  },
  emulator: { routee: { applicationId: 'conformance-app', applicationSecret: 'conformance-app-secret' } },
  contents: {
    document: [
      {
        type: 'document',
        url: 'https://cdn.example.test/p.pdf',
        filename: `${'ü'.repeat(508)}.pdf`,
        caption: '🎉'.repeat(512),
      },
    ],
    location: [
      { type: 'location', latitude: 48.8584, longitude: 2.2945, name: 'Here', address: '1 Example Street' },
      // Taken, and not shown: the campaign is saved with a warning.
      { type: 'location', latitude: 48.8584, longitude: 2.2945, address: '1 Example Street' },
    ],
  },
  wrongForms: [
    ...severalFiles.filter(({ type }) => type !== 'buttons'),
    { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: `${'p'.repeat(509)}.pdf` },
    { type: 'document', url: 'https://cdn.example.test/p.pdf', caption: '🎉'.repeat(513) },
    { type: 'template', template: '1_sale', language: 'en' },
    { type: 'text', text: '🎉'.repeat(4_070) },
  ],
  errors: { recipient: '400005000', template: '400000000', account: '403001000', unknown: '500000000' },
  failureCode: 'whatsapp::external::1009',
  whatsappRefusal: (code) => ({
    status: 400,
    body: { code: '400000000', developerMessage: `whatsapp::external::${code} refused` },
  }),
  wrapsCode: (code) => `whatsapp::external::${code}`,
  hidesReasons: true,
  renewal: { refusal: { type: 'providerError', code: '401000000' } },
  template: {
    definition: {
      templateName: 'order_shipped',
      templateCategory: 'UTILITY',
      localizations: [
        { language: 'en', components: [{ componentType: 'BODY', text: 'Hello {{1}}, order {{2}} shipped' }] },
      ],
    },
    name: 'order_shipped',
  },
})
