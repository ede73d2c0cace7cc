// How the editor leads: what is missing in one sentence, templates and common kinds first, the rest folded, and a question
// before something typed is left behind.
import { afterAll, describe, expect, it } from 'vitest'
import { getSender } from '../../src/store/senders.ts'
import { putTemplate } from '../../src/store/templates.ts'
import { serveApi } from '../support/api-client.ts'
import { browserPath, endBrowser, startDay } from '../support/browser.ts'
import { saleTemplate } from '../support/campaign-form.ts'
import { addMeta, addSandbox, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

afterAll(endBrowser)

const barOf = (html: string) => /<p id="look-bar"[^>]*>([^<]*)</.exec(html)?.[1]

describe('the editor', () => {
  it('says in one sentence what is missing', async () => {
    const client = await serveApi()
    await addSandbox(client)
    await importPeople(client, 1)
    const visitor = await visit(client)
    const look = async (fields: Record<string, string>) =>
      barOf((await visitor.post('/campaigns/new', { act: 'check', '/content/type': 'text', ...fields })).text)
    expect(await look({})).toBe('sent when it is launched. Still missing: a name, a sender, a list and a text.')
    const most = { '/name': 'Sale', '/sender': 'main', '/audience/lists': 'people', '/content/text': 'Hello' }
    expect(await look({ ...most, 'schedule/kind': 'once' })).toBe('main. Still missing: a time.')
    const daily = { 'schedule/kind': 'daily', 'schedule/time': '09:00', '/schedule/timeZone': 'UTC' }
    expect(await look({ ...most, ...daily })).toBe('main · every day at 09:00 (UTC)')
  })

  it('has four kinds in sight, the others and the limits folded until something in them was said', async () => {
    const client = await serveApi()
    await addSandbox(client)
    const visitor = await visit(client)
    const look = async (fields: Record<string, string>) =>
      (await visitor.post('/campaigns/new', { act: 'check', '/sender': 'main', '/content/type': 'text', ...fields }))
        .text
    const folds = (text: string) =>
      [...text.matchAll(/<details([^>]*)>/g)].map(([, open = '']) => open.includes('open'))
    const plain = await look({})
    expect(folds(plain)).toEqual([false, false])
    const [inSight = ''] = plain.split('<details')
    expect([...inSight.matchAll(/name="\/content\/type" value="(\w+)"/g)].map(([, kind]) => kind)).toEqual([
      'template',
      'text',
      'image',
      'buttons',
    ])
    expect(folds(await look({ '/content/type': 'list', 'content/was': 'list', '/limits/validity': '2h' }))).toEqual([
      true,
      true,
    ])
  })

  it('has no button for what scripts do by themselves', async () => {
    const client = await serveApi()
    const { text } = await (await visit(client)).get('/campaigns/new')
    expect(text).toMatch(/<noscript><button[^>]*>\s*Refresh count, preview and times\s*<\/button><\/noscript>/)
  })

  it.runIf(browserPath)('asks before somebody leaves with something typed and not saved', async () => {
    const day = await startDay()
    const { page, complaints } = await day.openLoggedIn()
    await page.goto(`${day.url}/campaigns/new`)
    await page.locator('[name="/name"]').click()
    await page.keyboard.type('Half a thought')
    const asked = page.waitForEvent('dialog')
    const left = page.goto(`${day.url}/`).catch(() => undefined)
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.accept()
    await left
    expect(complaints).toEqual([])
  })
})

it('the picture of a template is what is picked, and its name and language are not typed', async () => {
  const client = await serveApi()
  await addMeta(client)
  await importPeople(client, 1)
  await client.ctx.db.write(async (tx) =>
    putTemplate(tx, (await getSender(tx, 'main')).id, saleTemplate, await tx.now()),
  )
  const visitor = await visit(client)
  const chosen = {
    '/sender': 'main',
    'sender/was': '',
    '/content/type': 'text',
    '/audience/lists': 'people',
    act: 'check',
  }
  const first = await visitor.post('/campaigns/new', chosen)
  expect(first.text).toMatch(/name="\/content\/type" value="template" checked/)
  expect(first.text).toMatch(
    /<strong dir="auto">sale<\/strong>.*<span class="wa-text" dir="auto">Hello, 20% off<\/span>/s,
  )
  const picked = await visitor.post('/campaigns/new', {
    ...chosen,
    'sender/was': 'main',
    '/content/type': 'template',
    'content/was': 'template',
    'template/pick': 'sale\ten',
  })
  expect(picked.text).toContain('<input type="hidden" name="/content/template" value="sale"/>')
  expect(picked.text).toContain('<input type="hidden" name="/content/language" value="en"/>')
  expect(picked.text).not.toMatch(/Name of the template|0 is the first/)
})
