// The Meta Cloud API by the suite that every driver passes.
import { describeProvider } from './conformance.ts'

const settings = {
  phoneNumberId: '1060000000000001',
  accessToken: 'conformance-token',
  appSecret: 'conformance-app-secret',
  wabaId: '1000000000000001',
}

describeProvider({
  name: 'meta',
  settings,
  emulator: { meta: { accessToken: 'conformance-token' } },
  signingSecret: 'conformance-app-secret',
  wrongForms: [
    { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: `${'p'.repeat(240)}.pdf` },
    { type: 'template', template: 'Spring Sale', language: 'en' },
  ],
  errors: { recipient: 131026, template: 132000, account: 190, unknown: 131000 },
  failureCode: '131026',
  markReadSettings: { ...settings, markRead: true },
  template: {
    name: 'summer_sale',
    definition: {
      name: 'summer_sale',
      language: 'en',
      category: 'MARKETING',
      components: [{ type: 'BODY', text: 'Hi {{1}}, it is summer.', example: { body_text: [['Ada']] } }],
    },
  },
})
