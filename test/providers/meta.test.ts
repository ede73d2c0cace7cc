// The Meta Cloud API by the suite that every driver passes.
import { describeProvider } from './conformance.ts'

describeProvider({
  name: 'meta',
  settings: {
    phoneNumberId: '1060000000000001',
    accessToken: 'conformance-token',
    appSecret: 'conformance-app-secret',
    wabaId: '1000000000000001',
  },
  emulator: { meta: { accessToken: 'conformance-token' } },
  signingSecret: 'conformance-app-secret',
  errors: { recipient: 131026, template: 132000, account: 190, unknown: 131000 },
  failureCode: '131026',
})
