// The tables of docs/providers say what the drivers do. HERALD_UPDATE_DOCS=1 writes them anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { providerNames } from '../../src/providers/provider.ts'
import { capabilitiesTable, columns } from './capabilities-table.ts'

const folder = new URL('../../docs/providers/', import.meta.url)
const begin = '<!-- capabilities:begin -->'
const end = '<!-- capabilities:end -->'
const real = providerNames.filter((name) => name !== 'sandbox')

const pages: [string, string | undefined][] = [
  ['README', undefined],
  ...real.map((name): [string, string] => [name, name]),
]

it.each(pages)('docs/providers/%s.md is true', async (page, name) => {
  const file = new URL(`${page}.md`, folder)
  expect(existsSync(file), `${file.pathname} is missing`).toBe(true)
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begin)
  const [, after] = (rest ?? '').split(end)
  expect(after, `${page}.md has no place for the table`).toBeDefined()
  const expected = `${before}${begin}\n${await capabilitiesTable(name)}\n${end}${after}`
  if (process.env.HERALD_UPDATE_DOCS === '1') writeFileSync(file, expected)
  else expect(text, 'run it with HERALD_UPDATE_DOCS=1').toBe(expected)
})

it('has a column for every provider', () => {
  expect(new Set(columns.map(({ name }) => name))).toEqual(new Set(real))
})
