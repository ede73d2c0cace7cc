// Zixflow's two APIs by the suite that every driver passes.
import { describeProvider } from './conformance.ts'

const phoneId = '104000000000000'
const both = {
  name: 'zixflow',
  emulator: { zixflow: { apiKey: 'conformance-api-key', workspaceId: 'workspace-1' } },
  errors: { template: 'invalid_data', account: 'unauthorised' },
  failureCode: '131026',
  whatsappRefusal: (code: number) => ({ status: 200, body: { status: false, message: `(#${code}) scripted` } }),
  acceptsWithoutId: 'status or success is true: the pages call that success, and name no message by default',
} as const

describeProvider({ ...both, settings: { phoneId, apiKey: 'conformance-api-key' } })

describeProvider({
  ...both,
  settings: { phoneId, apiKey: 'conformance-api-key', api: 'ai', workspaceId: 'workspace-1' },
})
