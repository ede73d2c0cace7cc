// Holds test/semantics.md against the tests: each case is tested where the page says, and no case is missing on it.
// `npx vitest run test/semantics.test.ts -u` writes the last column anew.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const folder = new URL('.', import.meta.url).pathname
const page = readFileSync(join(folder, 'semantics.md'), 'utf8')
const rowPattern = /^\| ([A-Z]{2}-\d\d) \| (.*) \| (.*) \| (.*) \|$/gm

/** Cases that may wait for work of their own. */
const mayWait = ['FC-29', 'FC-30', 'HZ-07', 'HZ-08', 'HZ-16', 'RC-21', 'RC-23', 'DS-13', 'IM-25', 'PR-09', 'PR-19']

interface Row {
  id: string
  /** Why the case waits; empty when it does not. */
  later: string
}

const rows: Row[] = [...page.matchAll(rowPattern)].map(([, id = '', , , last = '']) => ({
  id,
  later: /later: .*/.exec(last)?.[0] ?? '',
}))

/** Names of tests that begin with an id, and rows of `it.each` that do; a name may go on with a second id. */
function idsOf(text: string): string[] {
  const names = [...text.matchAll(/(?<=[[(,{\s])(['"`])([A-Z]{2}-\d\d\b.*?)\1/g)].map(([, , name = '']) => name)
  return names.flatMap((name) => name.match(/\b(?:FC|QH|VA|HZ|RC|DS|IM|PR|RT|ST)-\d\d\b/g) ?? [])
}

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && path !== 'semantics.test.ts')
  .sort()
const filesById = new Map<string, string[]>()
for (const path of files)
  for (const id of new Set(idsOf(readFileSync(join(folder, path), 'utf8'))))
    filesById.set(id, [...(filesById.get(id) ?? []), path])

function lastColumn({ id, later }: Row): string {
  return [...(filesById.get(id) ?? []), ...(later === '' ? [] : [later])].join(', ')
}

describe('the page of cases', () => {
  it('names each case once', () => {
    const ids = rows.map(({ id }) => id)
    expect(ids.length).toBe(194)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('knows every case that a test names', () => {
    const known = new Set(rows.map(({ id }) => id))
    expect([...filesById.keys()].filter((id) => !known.has(id))).toEqual([])
  })

  it('has a test for every case, but for those that wait with a reason', () => {
    expect(rows.filter(({ id, later }) => !filesById.has(id) && later === '').map(({ id }) => id)).toEqual([])
    expect(rows.filter(({ id, later }) => later !== '' && !mayWait.includes(id))).toEqual([])
  })

  it('says where each case is tested', async () => {
    const written = page.replace(
      rowPattern,
      (_, id: string, given: string, expected: string) =>
        `| ${id} | ${given} | ${expected} | ${lastColumn(rows.find((row) => row.id === id) ?? { id, later: '' })} |`,
    )
    await expect(written).toMatchFileSnapshot('semantics.md')
  })
})
