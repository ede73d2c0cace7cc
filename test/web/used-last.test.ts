// What the pickers of the editor offer first: what the campaigns that were saved last chose, marked so, also where there is more
// than a page shows.
import { expect, it } from 'vitest'
import { usedLast } from '../../src/engine/campaigns/used-last.ts'
import { getSender } from '../../src/store/senders.ts'
import { putTemplate } from '../../src/store/templates.ts'
import { serveApi } from '../support/api-client.ts'
import { saleTemplate } from '../support/campaign-form.ts'
import { addMeta, addTestCampaign, importPeople, templateContent } from '../support/open-test-app.ts'
import { present } from '../support/present.ts'
import { visit } from '../support/visitor.ts'

const plain = (html: string) =>
  html
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ')
    .trim()
const optionsOf = (text: string, id: string) =>
  [
    ...(new RegExp(`<select id="${id}".*?</select>`, 's').exec(text)?.[0] ?? '').matchAll(
      /<option[^>]*>(.*?)<\/option>/gs,
    ),
  ].map(([, label = '']) => plain(label))
const choicesOf = (text: string, id: string) =>
  [
    ...(new RegExp(`<fieldset id="${id}".*?</fieldset>`, 's').exec(text)?.[0] ?? '').matchAll(
      /<label[^>]*>(.*?)<\/label>/gs,
    ),
  ].map(([, label = '']) => plain(label))

const template = { ...saleTemplate, shape: null, text: null }

async function day() {
  const client = await serveApi()
  for (const name of ['a shop', 'main', 'z shop']) await addMeta(client, { name })
  for (const list of ['people', 'staff', 'zebra']) await importPeople(client, 1, list)
  await client.ctx.db.write(async (tx) => {
    await tx.run(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 80)
       INSERT INTO lists (name, fields, created_at) SELECT 'list ' || printf('%03d', i), '[]', 0 FROM n`,
    )
    for (const name of ['alpha', 'hello', 'sale'])
      await putTemplate(tx, (await getSender(tx, 'z shop')).id, { ...template, name, title: name }, present(0))
  })
  return { client, visitor: await visit(client, 'editor') }
}

it('D9: sender, lists and template used last come first and are marked; nothing is chosen by itself', async () => {
  const { client, visitor } = await day()
  await addTestCampaign(client, { name: 'One', sender: 'main', audience: { lists: ['people'] } })
  await addTestCampaign(client, {
    name: 'Two',
    sender: 'z shop',
    audience: { lists: ['zebra'], exclude: ['staff'] },
    content: { ...templateContent, template: 'sale' },
  })
  const { text } = await visitor.get('/campaigns/new')
  expect(optionsOf(text, '/sender').slice(0, 4)).toEqual([
    'Choose a sender',
    expect.stringMatching(/^z shop \(.*\), used last$/),
    expect.stringMatching(/^main \(.*\), used lately$/),
    expect.stringMatching(/^a shop \([^,]*\)$/),
  ])
  expect(text).toMatch(/<option value="" selected[^>]*>Choose a sender/)
  expect(choicesOf(text, '/audience/lists').slice(0, 3)).toEqual([
    'zebra, used last',
    'people, used lately',
    'list 001',
  ])
  expect(choicesOf(text, '/audience/exclude').filter((label) => label.includes('used'))).toEqual([])
  expect(text).not.toMatch(/<input type="checkbox"[^>]*name="\/audience\/lists"[^>]*checked/)
})

it('D9: a template that was used last is the first of its sender', async () => {
  const { client, visitor } = await day()
  await addTestCampaign(client, { name: 'One', sender: 'z shop', content: { ...templateContent, template: 'sale' } })
  const { text } = await visitor.post('/campaigns/new', {
    '/sender': 'z shop',
    '/content/type': 'template',
    act: 'check',
  })
  const [, pick = ''] = /<fieldset id="template\/pick"(.*?)<\/fieldset>/s.exec(text) ?? []
  const cards = [...pick.matchAll(/<strong dir="auto">([^<]*)<\/strong> <span class="soft">([^<]*)</g)]
  expect(cards.map(([, title, said]) => [title, said].join(': '))).toEqual([
    'sale: en, approved, used last',
    'alpha: en, approved',
    'hello: en, approved',
    'Another one, by its name: ',
  ])
})

it('D9: a search finds by name alone', async () => {
  const { client, visitor } = await day()
  await addTestCampaign(client, { audience: { lists: ['people'] } })
  const { text } = await visitor.post('/campaigns/new', { 'find/lists': '07', act: 'check' })
  expect(choicesOf(text, '/audience/lists')).toEqual(
    ['007', ...Array.from({ length: 10 }, (_, n) => `07${n}`)].map((number) => `list ${number}`).sort(),
  )
})

it('D9: definitions that cannot be read say nothing, and five names of a kind come first', () => {
  const saved = (...lists: string[]) => ({ sender: 'main', audience: { lists }, content: { type: 'text' } })
  const used = usedLast(['no definition', null, { sender: 7 }, saved('a', 'b'), saved('b', 'c', 'd'), saved('e', 'f')])
  expect([...used.lists]).toEqual([
    ['a', 'last'],
    ['b', 'last'],
    ['c', 'lately'],
    ['d', 'lately'],
    ['e', 'lately'],
  ])
  expect([...used.senders]).toEqual([['main', 'last']])
  expect([...used.templates]).toEqual([])
})
