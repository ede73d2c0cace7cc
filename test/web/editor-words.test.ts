// What the editor says is wrong: in its own words, beside a field that it shows, with a link to it.
import { expect, it } from 'vitest'
import { serveApi } from '../support/api-client.ts'
import { typedCampaign } from '../support/campaign-form.ts'
import { addMeta, addSandbox, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

const form = { ...typedCampaign, '/content/text': 'Hello {{ first_name }}' }
const kind = (type: string, fields: Record<string, string> = {}) => ({
  '/content/type': type,
  '/content/text': '',
  ...fields,
})
const when = (name: string, fields: Record<string, string> = {}) => ({ 'schedule/kind': name, ...fields })

/** What is typed, the label of the field that it is said of, and how it is said. */
const wrong: [Record<string, string>, string, RegExp][] = [
  [{ '/name': '' }, 'Name', /is missing/],
  [{ '/audience/lists': '' }, 'Send to people of', /Choose at least one list/],
  [
    { '/limits/frequencyCap': 'respect' },
    'Frequency caps',
    /are for marketing, and this is utility\. Let the installation decide/,
  ],
  [{ '/limits/ratePerSecond': '0' }, 'Messages a second', /^0 is not above 0/],
  [
    { '/limits/quietHours': 'own', '/limits/quietHours/from': '8', '/limits/quietHours/to': '9' },
    'Quiet hours',
    /"8" is no time/,
  ],
  [{ '/limits/validUntilField': 'ends_at' }, 'Expiry date field', /no contact of the audience has a field/],
  [{ '/tags': 'é' }, 'Tags', /may have up to 50 letters/],
  [{ '/content/text': '' }, 'Text', /is missing/],
  [{ '/content/text': '{{ first_name | shout }}' }, 'Text', /shout/],
  [kind('image'), 'Address of the file', /the address of a file or its id at the provider/],
  [kind('product', { '/content/catalogId': '1' }), 'Id of the product', /either one product or sections/],
  [kind('buttons', { '/content/body': 'x' }), 'Reply buttons: Button 1', /is missing/],
  [
    kind('buttons', { '/content/body': 'x', '/content/buttons/0/title': 'Yes', '/content/buttons/1/title': 'Yes' }),
    'Reply buttons: Button 2',
    /says "Yes" twice/,
  ],
  [kind('carousel', { '/content/body': 'x' }), 'Card 1: Shows', /is missing/],
  [kind('location', { '/content/latitude': 'north' }), 'Latitude', /is not a number from -90 to 90/],
  [kind('template', { '/content/template': 'a', '/content/header/type': 'image' }), 'Language', /is missing/],
  [when('once'), 'At', /the time is missing/],
  [
    when('once', { '/schedule/at': '2027-06-05T10:00', '/schedule/timeZone': 'Mars' }),
    'Time zone',
    /"Mars" is unknown/,
  ],
  [when('every', { '/schedule/every': '2w' }), 'First time', /an interval needs its first time\. Name it/],
  [
    when('every', { '/schedule/every': 'often', '/schedule/from': '2027-06-05T10:00' }),
    'Every',
    /"often" is no interval/,
  ],
  [
    when('every', { '/schedule/every': '6h', '/schedule/from': '2027-06-05T10:00', 'schedule/recipient': 'yes' }),
    'Every',
    /the clock of each recipient/,
  ],
  [when('cron', { '/schedule/cron': '0 9 * *' }), 'Pattern', /has 4 fields/],
  [when('monthly', { 'schedule/day': '32' }), 'On day', /allowed are 1–31/],
  [when('daily', { '/schedule/until': 'soon' }), 'Until', /"soon" can be read in several ways/],
  [
    { 'filter/match': 'all', 'filter/0/field': 'first_name', 'filter/0/operator': 'above', 'filter/0/value': 'x' },
    'Condition 1',
    /neither a number nor a date/,
  ],
  [{ 'filter/0/match': 'any', 'filter/0/0/field': '', 'filter/0/0/value': 'x' }, 'Condition 1.1', /names no field/],
]

/** Keys of definitions, places in them, and commands. */
const ofPrograms =
  /\b[a-z]+[A-Z]\w*|\b(?:content|audience|schedule)\/|--\w|\bherald \w|\b(?:mediaId|url|useCase|cron:|at:|every:)\b/

it('says it in words of the page, beside a field of the page', async () => {
  const client = await serveApi()
  await addSandbox(client)
  await addMeta(client, { name: 'meta' })
  await importPeople(client, 1)
  const visitor = await visit(client)
  for (const [fields, label, says] of wrong) {
    const { status, text } = await visitor.post('/campaigns/new', {
      ...form,
      ...fields,
      'content/was': fields['/content/type'] ?? 'text',
      act: 'save',
    })
    const what = JSON.stringify(fields)
    expect(status, what).toBe(422)
    const summary = /<div class="error whole summary" role="alert"[^>]*>([\s\S]*?)<\/div>/.exec(text)?.[1] ?? ''
    const said = [...summary.matchAll(/<a href="#([^"]+)">([^<]*)<\/a>: ([^<]*)<\/li>/g)].map(
      ([, id = '', name = '', words = '']) => ({ id: decodeURI(id), name, words: words.replaceAll('&quot;', '"') }),
    )
    const found = said.find(({ name }) => name === label)
    expect(found, `${what} ${JSON.stringify(said)}`).toBeDefined()
    const words = found?.words ?? ''
    // As a sentence at its field, and as it is said within one.
    expect([words, words.replace(/^./, (first) => first.toLowerCase())].join('\n'), what).toMatch(says)
    for (const { id, words } of said) {
      expect(text, what).toContain(` id="${id}"`)
      expect(text, what).toContain(`id="${id}-error">`)
      expect(words, what).not.toMatch(ofPrograms)
    }
    for (const [, look = ''] of text.matchAll(/<p class="(?:empty )?error">([^<]*)</g))
      expect(look.replaceAll(/&\w+;/g, ''), what).not.toMatch(ofPrograms)
  }
})
