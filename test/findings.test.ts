// Holds test/findings.md against the tests: each finding is tested where the page says, or says what it waits for.
// `npx vitest run test/findings.test.ts -u` writes the last column anew.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const folder = new URL('.', import.meta.url).pathname
const page = readFileSync(join(folder, 'findings.md'), 'utf8')
const rowPattern = /^\| ([HSVIFDP]\d{1,2}) \| (.*) \|(.*)\|$/gm

/** What findings may wait for. */
const mayWait = ['later: restore', 'later: schedules', 'later: inputs']

/** Names of tests begin with the ids, a colon after the last: `H1: …`, `H1, H2: …`. */
function idsOf(text: string): string[] {
  const names = [...text.matchAll(/(?<=[[(,{\s])(['"`])((?:[HSVIFDP]\d{1,2}(?:, | )?)+):/g)]
  return names.flatMap(([, , ids = '']) => ids.match(/[HSVIFDP]\d{1,2}/g) ?? [])
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && path !== 'findings.test.ts')
  .sort()
const filesById = new Map<string, string[]>()
for (const path of files)
  for (const id of new Set(idsOf(readFileSync(join(folder, path), 'utf8'))))
    filesById.set(id, [...(filesById.get(id) ?? []), path])

const written = page.replace(rowPattern, (_, id: string, what: string, last: string) => {
  const later = /later: .*/.exec(last)?.[0].trim()
  return `| ${id} | ${what} | ${filesById.get(id)?.join(', ') ?? later ?? ''} |`
})
const rows = [...written.matchAll(rowPattern)].map(([, id = '', , last = '']) => ({ id, last: last.trim() }))

it('names every finding once, with its tests or what it waits for', () => {
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  const untested = rows.filter(({ last }) => last === '' || (last.startsWith('later:') && !mayWait.includes(last)))
  expect(untested.map(({ id }) => id)).toEqual([])
})

it('knows every id that a test begins with', () => {
  expect([...filesById.keys()].filter((id) => !rows.some((row) => row.id === id))).toEqual([])
})

it('says where each finding is tested', async () => {
  await expect(written).toMatchFileSnapshot('findings.md')
})
