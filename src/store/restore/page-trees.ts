// The trees of an SQLite file: from the root of a table to its pages, and which tables there are.
import { existsSync } from 'node:fs'
import { PageFile } from './page-file.ts'
import { type Page, readPage } from './page-rows.ts'
import { readSchemaRow, type SchemaRow } from './table-shapes.ts'

/** Along the tree of the first page; where that breaks, wherever rows look like those of a schema. */
export function readSchema(file: PageFile): SchemaRow[] {
  const along = [...pagesBelow(file, 1)]
  const rows = along.flatMap(([, page]) => schemaRowsOf(page))
  if (along.every(([, page]) => page?.kind === 'leaf' || page?.kind === 'interior')) return rows
  const seen = new Set(along.map(([number]) => number))
  for (let number = 2; number <= file.pageCount; number++)
    if (!seen.has(number)) rows.push(...schemaRowsOf(readPage(file, number)))
  return rows
}

function schemaRowsOf(page: Page | undefined): SchemaRow[] {
  return page?.kind === 'leaf' ? page.read().rows.flatMap((row) => readSchemaRow(row) ?? []) : []
}

/** Every page of a tree, each once; those that cannot be read too. */
export function* pagesBelow(file: PageFile, root: number): Generator<[number, Page | undefined]> {
  const seen = new Set<number>()
  const open = [root]
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    if (seen.has(number)) continue
    seen.add(number)
    const page = readPage(file, number)
    if (page?.kind === 'interior') open.push(...page.children)
    yield [number, page]
  }
}

/** Whose database a file is; undefined when nobody can say. SQLite is not asked: it deletes a log that it cannot read. */
export function readInstallation(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  using file = new PageFile(path)
  const root = readSchema(file).find(({ type, table }) => type === 'table' && table === 'settings')?.root
  for (const [, page] of root === undefined ? [] : pagesBelow(file, root)) {
    const rows = page?.kind === 'leaf' ? page.read().rows : []
    const found = rows.find(({ values }) => values[0] === 'installation')
    if (found !== undefined) return JSON.parse(String(found.values[1])) as string
  }
  return undefined
}
