// The tables of docs/providers, written from what the drivers declare and offer.
import { contentTypes } from '../../src/domain/content.ts'
import { HttpClient } from '../../src/providers/http-client.ts'
import type { Driver, Provider, ProviderName } from '../../src/providers/provider.ts'
import { getProvider } from '../../src/providers/registry.ts'

/** One column: a provider, and where its settings choose between APIs, one of them. */
interface Column {
  name: Exclude<ProviderName, 'sandbox'>
  title: string
  settings: Record<string, unknown>
}

const bird = {
  workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
  channelId: '7a6b5c4d-0000-4000-8000-000000000002',
  organizationId: '3c2b1a09-0000-4000-8000-000000000005',
  accessKey: 'x',
  signingKey: 'x',
}
const meta = { phoneNumberId: '1060000000000001', wabaId: '1000000000000001', accessToken: 'x', appSecret: 'x' }

/** With every optional setting that switches something on. */
export const columns: readonly Column[] = [
  { name: 'meta', title: 'Meta Cloud API', settings: { ...meta, markRead: true } },
  { name: 'bird', title: 'Bird', settings: bird },
  { name: 'routee', title: 'Routee', settings: { applicationId: 'x', applicationSecret: 'x', from: '15550100009' } },
  { name: 'onemsg', title: '1MSG', settings: { channelId: 'x', token: 'x', markRead: true } },
  { name: 'zixflow', title: 'Zixflow (campaign)', settings: { phoneId: 'x', apiKey: 'x', api: 'campaign' } },
  { name: 'zixflow', title: 'Zixflow (ai)', settings: { phoneId: 'x', apiKey: 'x', api: 'ai', workspaceId: 'x' } },
]

type Facts = Provider['capabilities'] & { driver: Driver }
type Cell = boolean | string

const contentRows = contentTypes.map((type): [string, (facts: Facts) => Cell] => [
  `\`${type}\``,
  ({ content }) => content.includes(type),
])

const rows: readonly [string, (facts: Facts) => Cell][] = [
  ...contentRows,
  ['quotes a message (`replyTo`)', ({ hasReplyTo }) => hasReplyTo],
  ['counts clicks (`trackLinks`)', ({ hasLinkTracking }) => hasLinkTracking],
  ['groups as recipients', ({ hasGroups }) => hasGroups],
  ['only templates outside the 24-hour session', ({ needsSession }) => needsSession],
  ['asks the provider for an open session', ({ asksForSession }) => asksForSession],
  ['our reference comes back', ({ hasReference }) => hasReference],
  [
    'can be asked about a message',
    ({ lookUp }) => ({ none: false, trackingId: 'by its id', reference: 'by our reference' })[lookUp],
  ],
  [
    'refuses a repeated send',
    ({ idempotencyWindowMs }) => idempotencyWindowMs > 0 && `${idempotencyWindowMs / 3_600_000} h`,
  ],
  ['gets the validity', ({ hasValidity }) => hasValidity],
  ['has frequency caps of its own', ({ hasFrequencyCap }) => hasFrequencyCap],
  ['gets tags', ({ hasTags }) => hasTags],
  ['statuses', ({ statuses }) => statuses.join(', ')],
  [
    'callbacks are proved by',
    ({ webhookProof }) => (webhookProof === 'address' ? 'secret in the address' : 'signature'),
  ],
  ['`templates sync`', ({ templates }) => templates.includes('list') || (templates.includes('find') && 'by name')],
  ['tells whether a template is approved', ({ hasTemplateStatus }) => hasTemplateStatus],
  ['`templates create`', ({ templates }) => templates.includes('create')],
  ['`templates delete`', ({ templates }) => templates.includes('delete')],
  ['`senders check`', ({ driver }) => driver.checkAccount !== undefined],
  ['`senders webhook set`', ({ driver }) => driver.setWebhook !== undefined],
  ['`senders upload`', ({ driver }) => driver.uploadMedia !== undefined],
  ['marks messages as read', ({ driver }) => driver.markRead !== undefined],
]

/** The table of one provider, or of all. */
export async function capabilitiesTable(name?: string): Promise<string> {
  const shown = columns.filter((column) => name === undefined || column.name === name)
  const facts = await Promise.all(shown.map(factsOf))
  const lines = rows.map(([title, read]) => line([title, ...facts.map((one) => textOf(read(one)))]))
  const head = [line(['', ...shown.map(({ title }) => title)]), line(['---', ...shown.map(() => ':-:')])]
  return [...head, ...lines].join('\n')
}

function line(cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

function textOf(cell: Cell): string {
  return cell === true ? '✓' : cell === false ? '–' : cell
}

async function factsOf({ name, settings }: Column): Promise<Facts> {
  const provider = getProvider(name, settings)
  const http = new HttpClient({ baseUrl: 'http://127.0.0.1:1', connections: 1, deadlineMs: 1_000 })
  const driver = provider.connect({
    settings: provider.settings.parse(settings),
    baseUrl: 'http://127.0.0.1:1',
    http,
    webhookUrl: undefined,
    now: () => 0,
    wait: async () => {},
    receive: async () => {},
  })
  await http.destroy()
  return { ...provider.capabilities, driver }
}
