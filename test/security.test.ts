// Holds test/security.md against the tests: each requirement is tested where the page says, or says why it waits.
// `npx vitest run test/security.test.ts -u` writes the last column anew.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const folder = new URL('.', import.meta.url).pathname
const page = readFileSync(join(folder, 'security.md'), 'utf8')
const rowPattern = /^\| ((?:SR|A)-\d\d) \| (.*) \|(.*)\|$/gm

/** Work of its own, later. */
const mayWait = ['SR-08', 'SR-51', 'SR-59']

/** Names of tests begin with ids, those of cases (semantics.md) first; a name may go on with a second one. */
function idsOf(text: string): string[] {
  const named = /(?<=[[(,{\s])(['"`])((?:[A-Z]{2}-\d\d )*(?:SR|A)-\d\d\b.*?)\1/g
  const names = [...text.matchAll(named)].map(([, , name = '']) => name)
  return names.flatMap((name) => name.match(/\b(?:SR|A)-\d\d\b/g) ?? [])
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.ts') && path !== 'security.test.ts')
  .sort()
const filesById = new Map<string, string[]>()
for (const path of files)
  for (const id of new Set(idsOf(readFileSync(join(folder, path), 'utf8'))))
    filesById.set(id, [...(filesById.get(id) ?? []), path])

const written = page.replace(rowPattern, (_, id: string, what: string, last: string) => {
  const later = /later: .*/.exec(last)?.[0].trim()
  const place = filesById.get(id)?.join(', ') ?? later ?? ''
  return `| ${id} | ${what} | ${place} |`
})
const rows = [...written.matchAll(rowPattern)].map(([, id = '', , last = '']) => ({ id, last: last.trim() }))

it('names every requirement once, with its tests', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  const untested = rows.filter(({ id, last }) => last === '' || (last.startsWith('later:') && !mayWait.includes(id)))
  expect(untested.map(({ id }) => id)).toEqual([])
})

it('knows every id that a test begins with', () => {
  expect([...filesById.keys()].filter((id) => !rows.some((row) => row.id === id))).toEqual([])
})

it('says where each requirement is tested', async () => {
  await expect(written).toMatchFileSnapshot('security.md')
})
