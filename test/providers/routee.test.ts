// Routee by the suite that every driver passes.
import { describeProvider } from './conformance.ts'

describeProvider({
  name: 'routee',
  settings: {
    applicationId: 'conformance-app',
    applicationSecret: 'conformance-app-secret',
    from: '302101234567',
    whatsappAccountId: 'waba-1',
  },
  emulator: { routee: { applicationId: 'conformance-app', applicationSecret: 'conformance-app-secret' } },
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
