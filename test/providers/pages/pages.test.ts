// Every item of the providers' pages is spoken or has its reason: tables as data, held against what the drivers write, against
// the places in the code, and against docs/providers/coverage.md. HERALD_UPDATE_DOCS=1 writes the document anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Content } from '../../../src/domain/content.ts'
import { getProvider } from '../../../src/providers/registry.ts'
import type { ProviderSpec } from '../connected.ts'
import { plainContents, severalFiles } from '../contents.ts'
import { bird } from './bird.ts'
import { meta } from './meta.ts'
import { onemsg } from './onemsg.ts'
import { routee } from './routee.ts'
import type { Page, Row } from './row.ts'
import { writtenBy } from './written.ts'
import { zixflow } from './zixflow.ts'
import { zixflowAi } from './zixflow-ai.ts'

const cdn = 'https://cdn.example.test'
const key = 'coverage-access-key'
const rows = (page: Page) => Object.values(page.parts).flat()

interface Covered {
  page: Page
  spec: ProviderSpec
  contents: Content[]
}

const none = { errors: { account: 'x' }, failureCode: 'x' }
const pages: Covered[] = [
  {
    page: routee,
    spec: {
      ...none,
      name: 'routee',
      settings: {
        applicationId: 'app',
        applicationSecret: 'secret-of-app',
        from: '302101234567',
        whatsappAccountId: 'waba-1',
      },
      template: {
        definition: {
          templateName: 'order_shipped',
          templateCategory: 'UTILITY',
          localizations: [{ language: 'en', components: [{ componentType: 'BODY', text: 'Hi {{1}}' }] }],
        },
        name: 'order_shipped',
      },
    },
    contents: [
      {
        type: 'template',
        template: 'spring_sale',
        language: 'en',
        header: { type: 'location', latitude: 1, longitude: 2 },
        body: ['Ada'],
        buttons: [
          { index: 0, type: 'url', value: 'x' },
          { index: 1, type: 'quickReply', value: 'y' },
        ],
      },
      { type: 'template', template: 'spring_sale', language: 'en', header: { type: 'image', url: `${cdn}/a.png` } },
    ],
  },
  {
    page: bird,
    spec: {
      ...none,
      name: 'bird',
      settings: {
        workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
        channelId: '7a6b5c4d-0000-4000-8000-000000000002',
        organizationId: '3c2b1a09-0000-4000-8000-000000000005',
        accessKey: key,
        signingKey: key,
      },
      template: { definition: { name: 'Sale', description: 'x', template: { defaultLocale: 'en', variables: [] } } },
    },
    contents: [
      ...severalFiles,
      { type: 'text', text: 'Hi', previewUrl: true, trackLinks: true, replyTo: '1f2e3d4c-0000-4000-8000-00000000000a' },
      { type: 'buttons', body: 'Sure?', buttons: [{ title: 'Yes' }, { id: 'no', title: 'No' }] },
      { ...plainContents.template, template: '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01', body: { first_name: 'Ada' } },
    ],
  },
  {
    page: onemsg,
    spec: {
      ...none,
      name: 'onemsg',
      settings: { channelId: 'ABC123456789', token: key, markRead: true },
      template: {
        name: 'order_shipped',
        definition: {
          name: 'order_shipped',
          category: 'UTILITY',
          language: 'en',
          components: [{ type: 'BODY', text: 'Hi' }],
        },
      },
    },
    contents: onemsgContents(),
  },
  {
    page: zixflow,
    spec: {
      ...none,
      name: 'zixflow',
      settings: { phoneId: '104000000000000', apiKey: key, source: 'Herald', linkWithRecord: true },
    },
    contents: [
      {
        type: 'buttons',
        header: { type: 'image', url: `${cdn}/a.png` },
        body: 'Sure?',
        footer: 'Example',
        buttons: [{ id: 'y', title: 'Yes' }],
      },
      { type: 'text', text: 'Hi', previewUrl: true },
      { ...plainContents.template, buttons: [{ index: 0, type: 'url', value: 'x' }] },
    ],
  },
  {
    page: zixflowAi,
    spec: {
      ...none,
      name: 'zixflow',
      settings: { phoneId: '104000000000000', apiKey: key, api: 'ai', workspaceId: 'workspace-1' },
    },
    contents: [
      { type: 'text', text: 'Hi', previewUrl: true },
      { ...plainContents.buttons, header: { type: 'image', url: `${cdn}/a.png` } },
      { ...plainContents.template, buttons: [{ index: 0, type: 'url', value: 'x' }] },
    ],
  },
  {
    page: meta,
    spec: {
      ...none,
      name: 'meta',
      settings: {
        phoneNumberId: '1060000000000001',
        wabaId: '1000000000000001',
        accessToken: key,
        appSecret: key,
        markRead: true,
      },
      template: {
        name: 'order_shipped',
        definition: {
          name: 'order_shipped',
          language: 'en',
          category: 'UTILITY',
          components: [{ type: 'BODY', text: 'Hi {{1}}, it is on its way.', example: { body_text: [['Ada']] } }],
        },
      },
    },
    contents: metaContents(),
  },
]

function metaContents(): Content[] {
  return [
    { type: 'image', mediaId: '1200000000000001' },
    { type: 'text', text: 'Hi', previewUrl: true, replyTo: 'wamid.Q' },
    { ...plainContents.buttons, header: { type: 'text', text: 'Booking' } },
    {
      type: 'product',
      catalogId: '900',
      sections: [{ title: 'Deals', productIds: ['sku-1'] }],
      header: 'Catalogue',
      body: 'See',
    },
    {
      type: 'template',
      template: 'invoice',
      language: 'en',
      body: {
        total: { type: 'currency', code: 'EUR', amount: 1, fallback: 'x' },
        due: { type: 'dateTime', at: '2026-12-01T18:00', fallback: 'x' },
      },
      buttons: [
        { index: 0, type: 'catalog', value: '1' },
        { index: 1, type: 'copyCode', value: 'X' },
        { index: 2, type: 'quickReply', value: 'y' },
        { index: 3, type: 'url', value: 'z' },
      ],
    },
  ]
}

function onemsgContents(): Content[] {
  return [
    { type: 'image', mediaId: '55' },
    { type: 'text', text: 'Hi', replyTo: 'wamid.Q' },
    {
      type: 'contacts',
      contacts: [
        {
          name: { formattedName: 'Ada', firstName: 'A', lastName: 'L', middleName: 'M', prefix: 'Dr', suffix: 'Jr' },
          phones: [{ phone: '+12025550102', type: 'work', waId: '12025550102' }],
          emails: [{ email: 'ada@example.test', type: 'WORK' }],
          org: { company: 'Example', department: 'Design', title: 'Manager' },
          urls: [{ url: 'https://example.test', type: 'WORK' }],
          addresses: [{ street: '1', city: 'C', state: 'S', zip: '1', country: 'C', countryCode: 'gr', type: 'HOME' }],
          birthday: '1990-12-31',
        },
      ],
    },
    {
      type: 'product',
      catalogId: '900',
      sections: [{ title: 'Deals', productIds: ['sku-1'] }],
      header: 'Catalogue',
      body: 'See',
    },
    {
      type: 'carousel',
      body: 'Pick one',
      cards: ['1', '2'].map((id) => ({
        header: { type: 'image', url: `${cdn}/${id}.png` },
        buttons: [{ id, title: 'This' }],
      })),
    },
    { type: 'template', template: 'sale', language: 'en', header: { type: 'document', url: `${cdn}/a.pdf` } },
    { type: 'template', template: 'sale', language: 'en', header: { type: 'image', url: `${cdn}/a.png` } },
    {
      type: 'template',
      template: 'invoice',
      language: 'en',
      body: [
        { type: 'currency', code: 'EUR', amount: 1, fallback: 'x' },
        { type: 'dateTime', at: '2026-12-01T18:00', fallback: 'x' },
        { type: 'dateTime', at: '2026-12-01T18:00Z', fallback: 'x' },
      ],
      buttons: [
        { index: 0, type: 'catalog', value: '1' },
        { index: 1, type: 'copyCode', value: 'X' },
        { index: 2, type: 'quickReply', value: 'y' },
      ],
    },
    {
      type: 'template',
      template: 'cards',
      language: 'en',
      cards: ['1', '2'].map((value) => ({
        header: { type: 'video', url: `${cdn}/${value}.mp4` },
        buttons: [{ index: 0, type: 'url', value }],
      })),
    },
  ]
}

/** A plain content of each kind that the provider has, where the page needs no other. */
function contentsFor({ spec, contents }: Covered): Content[] {
  const { capabilities, contentProblems } = getProvider(spec.name, spec.settings)
  const plain = capabilities.content.map((type): Content => plainContents[type])
  return [...plain.filter((content) => contentProblems(content).length === 0), ...contents]
}

const calls = (all: readonly Row[]) => all.flatMap(({ call }) => call ?? [])
const keys = (all: readonly Row[]) => all.flatMap(({ keys: own = [] }) => own)
const sorted = (words: readonly string[]) => [...new Set(words)].sort()

describe.each(pages.map((covered) => [covered.page.title, covered] as const))('the page of %s', (_, covered) => {
  const all = rows(covered.page)

  it('V6, V11, V12: has every item in the code, or says why not', () => {
    for (const { item, at, not } of all) {
      expect(
        [at, not].filter((one) => one !== undefined),
        item,
      ).toHaveLength(1)
      if (at === undefined) continue
      const [file = '', ...text] = at.split(':')
      const path = new URL(
        `../../../src/${file.startsWith('/') ? file.slice(1) : `providers/${file}`}`,
        import.meta.url,
      )
      expect(existsSync(path), `${item}: ${file}`).toBe(true)
      expect(readFileSync(path, 'utf8'), `${item}: ${at}`).toContain(text.join(':'))
    }
  })

  it('V6, V11, V12: names every call and field that the driver writes, and none that it does not write', async () => {
    const written = await writtenBy(covered.spec, contentsFor(covered))
    expect({ calls: written.calls, keys: written.keys }).toEqual({ calls: sorted(calls(all)), keys: sorted(keys(all)) })
  })
})

it('V6, V11, V12: says the same in docs/providers/coverage.md', () => {
  const file = new URL('../../../docs/providers/coverage.md', import.meta.url)
  const text = documentOf(pages.map(({ page }) => page))
  if (process.env.HERALD_UPDATE_DOCS === '1') writeFileSync(file, text)
  else expect(readFileSync(file, 'utf8'), 'run it with HERALD_UPDATE_DOCS=1').toBe(text)
})

function documentOf(all: readonly Page[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|')
  const placeOf = ({ at, not }: Row) => {
    if (at === undefined) return `not spoken: ${not}`
    const [file = ''] = at.split(':')
    return `\`src/${file.startsWith('/') ? file.slice(1) : `providers/${file}`}\``
  }
  const line = (row: Row) => {
    const names = [...(row.call === undefined ? [] : [row.call]), ...(row.keys ?? [])].map((name) => `\`${name}\``)
    return `| ${cell(row.item)} | ${names.join(', ')} | ${cell(placeOf(row))} |`
  }
  const section = (page: Page) => {
    const spoken = rows(page).filter(({ at }) => at !== undefined).length
    const parts = Object.entries(page.parts).map(
      ([title, own]) => `### ${title}\n\n| item | in requests | where |\n|---|---|---|\n${own.map(line).join('\n')}\n`,
    )
    return `## ${page.title}\n\nSource: ${page.source}. ${spoken} of ${rows(page).length} items are spoken.\n\n${parts.join('\n')}`
  }
  return `# What of the providers' pages is spoken

Each call, field, limit, list of words and rule of the pages that the drivers were written from, with its place in the code or
the reason why it is not spoken. The tables are data in \`test/providers/pages/\`; a test holds them against the calls and fields that
the drivers write, and against this page (\`HERALD_UPDATE_DOCS=1 npx vitest run test/providers/pages\`). Limits of WhatsApp
itself, which hold at every provider, are in \`src/domain/content-shape.ts\`.

${all.map(section).join('\n')}`
}
