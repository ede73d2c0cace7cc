// What can be saved can be sent: every content with one of its values replaced by something hostile is either refused when a campaign
// is saved, or taken by the provider's stand-in, which is as strict as the provider's page.
import { describe, expect, it } from 'vitest'
import { type Content, contentSchema } from '../../src/domain/content.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { checkContent, getProvider } from '../../src/providers/registry.ts'
import { connect, outgoing, type ProviderSpec } from './connected.ts'
import { plainContents, severalFiles } from './contents.ts'

const cdn = 'https://cdn.example.test'
const project = '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01'
const none = { errors: { account: 'x' }, failureCode: 'x' }
const key = 'hostile-access-key'

const specs: ProviderSpec[] = [
  { ...none, name: 'meta', settings: { phoneNumberId: '1060000000000001', accessToken: key, appSecret: key } },
  {
    ...none,
    name: 'bird',
    settings: {
      workspaceId: '5d4c3b2a-0000-4000-8000-000000000001',
      channelId: '7a6b5c4d-0000-4000-8000-000000000002',
      accessKey: key,
      signingKey: key,
    },
  },
  { ...none, name: 'onemsg', settings: { channelId: 'ABC123456789', token: key, namespace: 'aaaa_bbbb' } },
  { ...none, name: 'routee', settings: { applicationId: 'app', applicationSecret: key, from: '302101234567' } },
  { ...none, name: 'zixflow', settings: { phoneId: '104000000000000', apiKey: key } },
  { ...none, name: 'zixflow', settings: { phoneId: '104000000000000', apiKey: key, api: 'ai', workspaceId: 'w-1' } },
]

/** Contents with every field that they can have. */
const whole: Content[] = [
  ...Object.values(plainContents),
  ...severalFiles,
  { type: 'text', text: 'See https://example.test', previewUrl: true },
  { ...plainContents.buttons, header: { type: 'text', text: 'Booking' } },
  { ...plainContents.buttons, header: { type: 'document', url: `${cdn}/p.pdf`, filename: 'p.pdf' } },
  { ...plainContents.buttons, header: { type: 'video', url: `${cdn}/v.mp4` }, footer: undefined },
  { type: 'buttons', body: 'Sure?', buttons: [{ title: 'Yes' }, { title: 'No' }] },
  { ...plainContents.list, header: 'Menu', footer: 'Example Ltd' },
  {
    ...plainContents.list,
    sections: ['Warm', 'Cold'].map((title) => ({ title, rows: [{ id: title, title: 'Soup' }] })),
  },
  {
    type: 'product',
    catalogId: '900',
    sections: [{ title: 'Deals', productIds: ['sku-1', 'sku-2'] }],
    header: 'Catalogue',
    body: 'See',
    footer: 'Example Ltd',
  },
  {
    type: 'carousel',
    body: 'Pick one',
    cards: ['1', '2'].map((id) => ({
      header: { type: 'image', url: `${cdn}/${id}.png` },
      buttons: [{ id, title: 'This' }],
    })),
  },
  {
    type: 'contacts',
    contacts: [
      {
        name: { formattedName: 'Ada', firstName: 'A', lastName: 'L', middleName: 'M', prefix: 'Dr', suffix: 'Jr' },
        phones: [{ phone: '+12025550102', type: 'WORK', waId: '12025550102' }],
        emails: [{ email: 'ada@example.test', type: 'WORK' }],
        org: { company: 'Example', department: 'Design', title: 'Manager' },
        urls: [{ url: 'https://example.test', type: 'WORK' }],
        addresses: [{ street: '1', city: 'C', state: 'S', zip: '1', country: 'C', countryCode: 'gr', type: 'HOME' }],
        birthday: '1990-12-31',
      },
    ],
  },
  {
    type: 'template',
    template: 'spring_sale',
    namespace: 'aaaa_bbbb',
    language: 'pt_BR',
    header: { type: 'text', text: 'Ada' },
    body: ['Ada', '20%'],
    buttons: [
      { index: 0, type: 'url', value: 'x' },
      { index: 1, type: 'quickReply', value: 'y' },
      { index: 2, type: 'copyCode', value: 'SAVE20' },
    ],
  },
  { type: 'template', template: 'spring_sale', language: 'en', header: { type: 'image', url: `${cdn}/a.png` } },
  {
    type: 'template',
    template: 'spring_sale',
    language: 'en',
    header: { type: 'location', latitude: 1, longitude: 2, name: 'Here', address: '1 Street' },
  },
  { type: 'template', template: 'spring_sale', language: 'en', body: { first_name: 'Ada' } },
  { type: 'template', template: project, language: 'en', body: { first_name: 'Ada', imageURL: `${cdn}/a.png` } },
  {
    type: 'template',
    template: 'cards',
    language: 'en',
    cards: ['1', '2'].map((value) => ({
      header: { type: 'image', url: `${cdn}/${value}.png` },
      body: ['x'],
      buttons: [{ index: 0, type: 'url', value }],
    })),
  },
] as Content[]

const lengths = [15, 20, 24, 60, 72, 128, 160, 200, 256, 512, 1024, 4069, 4096]
const texts: unknown[] = [
  '',
  ' ',
  '\u200b',
  '\u00a0',
  null,
  7,
  'a\nb',
  'a\tb',
  'a\u0000b',
  '\u0007',
  'a     b',
  ' a ',
  'größe %zz <b>"\'&',
  '\ud83d',
  '👩‍👩‍👧‍👦',
  'e\u0301'.repeat(30),
  '\u202ertl',
  'https://example.test/größe 1.png',
  'https://localhost/a.png',
  'ftp://example.test/a.png',
]
/** Of these the longest that can be saved is sent. */
const longTexts = lengths.map((length) => '🎉'.repeat(length))
const numbers: unknown[] = [0, -1, 90, 90.1, 180, 180.1, -181, 1e9, '48.5', '', null, Number.NaN, 9, 10, 11]

function isTaken(provider: Provider, content: Content): boolean {
  try {
    checkContent(provider, content)
    return true
  } catch {
    return false
  }
}

type Variant = readonly [what: string, content: Content]

/** What a content becomes when each value that was not tried yet is replaced, left out, or given once more, where it can be saved. */
function variantsOf(content: Content, tried: Set<string>, saved: (variant: unknown) => Content | undefined): Variant[] {
  const root = structuredClone(content) as unknown as Record<string, unknown>
  const variants: Variant[] = []
  const visit = (holder: Record<string, unknown>, path: string) => {
    for (const [name, value] of Object.entries(holder)) {
      const place = `${path}.${name}`
      if (name === 'type' || value === undefined) continue
      const others = tried.has(place) ? [] : othersOf(value)
      const longest = longTexts.findLast((text) => {
        holder[name] = text
        return typeof value === 'string' && others.length > 0 && saved(root) !== undefined
      })
      for (const other of longest === undefined ? others : [...others, longest]) {
        holder[name] = other
        const variant = saved(root)
        if (variant !== undefined)
          variants.push([`${place} = ${(JSON.stringify(other) ?? 'left out').slice(0, 40)}`, variant])
      }
      tried.add(place)
      holder[name] = value
      if (typeof value === 'object' && value !== null) visit(value as Record<string, unknown>, place)
    }
  }
  visit(root, content.type)
  return variants
}

function othersOf(value: unknown): unknown[] {
  if (typeof value === 'string') return [...texts, undefined]
  if (!Array.isArray(value)) return typeof value === 'object' ? [{}, null, 'x', undefined] : [...numbers, undefined]
  const counts = [1, 2, 3, 4, 10, 11, 30, 31]
  const several = counts.map((count) => Array.from({ length: count }, (_, n) => many(value[0], n)))
  return [[], [...value, ...value], ...several, null, undefined]
}

/** Another one of the same kind, with ids and titles of its own. */
function many(value: unknown, n: number): unknown {
  return JSON.parse(
    JSON.stringify(value ?? 'x', (name, part) =>
      ['id', 'title'].includes(name) && typeof part === 'string'
        ? `${part}${n}`.slice(-20)
        : name === 'index'
          ? n
          : part,
    ),
  )
}

/** What one does not get is sent to the next, so that the whole takes seconds; `HOSTILE_VALUES=all` gives each of them all. */
const SHARE = process.env.HOSTILE_VALUES === 'all' ? 1 : specs.length

describe.each(specs.map((spec, n) => [getProvider(spec.name, spec.settings).title, spec, n] as const))(
  '%s',
  (_, spec, n) => {
    it('V7, V8, V9, V10: takes whatever can be saved, with any hostile value in any place', async () => {
      const provider = getProvider(spec.name, spec.settings)
      const { driver } = await connect(spec)
      const saved = (variant: unknown) => {
        const parsed = contentSchema.safeParse(variant)
        return parsed.success && isTaken(provider, parsed.data) ? parsed.data : undefined
      }
      const places = new Set<string>()
      const all = whole.flatMap((content) => variantsOf(content, places, saved))
      const tried = all.filter((_variant, index) => index % SHARE === n % SHARE)
      expect(tried.length).toBeGreaterThan(30)
      const wrong: string[] = []
      for (let from = 0; from < tried.length; from += 8)
        await Promise.all(
          tried.slice(from, from + 8).map(async ([what, content]) => {
            const result = await driver.send(outgoing({ content }))
            if (result.kind !== 'accepted') wrong.push(`${what}: ${result.kind} ${result.error?.text}`)
          }),
        )
      expect(wrong).toEqual([])
    })
  },
)
