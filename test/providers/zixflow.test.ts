// Zixflow's two APIs by the suite that every driver passes.
import { describeProvider } from './conformance.ts'
import type { WholeSpec } from './connected.ts'
import { severalFiles } from './contents.ts'

const phoneId = '104000000000000'
const both = {
  name: 'zixflow' as const,
  emulator: { zixflow: { apiKey: 'conformance-api-key', workspaceId: 'workspace-1' } },
  wrongForms: [
    ...severalFiles,
    { type: 'document', url: 'https://cdn.example.test/p.pdf', filename: `${'p'.repeat(240)}.pdf` },
    { type: 'template', template: 'Spring Sale', language: 'en' },
    { type: 'location', latitude: 48.8584, longitude: 2.2945, address: '1 Example Street' },
  ],
  errors: { template: 'invalid_data', account: 'unauthorised' },
  failureCode: '131026',
  whatsappRefusal: (code: number) => ({ status: 200, body: { status: false, message: `(#${code}) scripted` } }),
  acceptsWithoutId: 'status or success is true: the pages call that success, and name no message by default',
} satisfies Omit<WholeSpec, 'settings'>

describeProvider({ ...both, settings: { phoneId, apiKey: 'conformance-api-key' } })

describeProvider({
  ...both,
  settings: { phoneId, apiKey: 'conformance-api-key', api: 'ai', workspaceId: 'workspace-1' },
})
