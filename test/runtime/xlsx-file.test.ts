// Workbooks that we write: a text stays a text, never over a file unasked, gone when they are not finished.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readXlsx } from 'hucre/xlsx'
import { expect, it } from 'vitest'
import { XlsxFile } from '../../src/runtime/xlsx-file.ts'
import { tempDir } from '../support/open-test-app.ts'

async function rowsOf(path: string): Promise<unknown[][]> {
  return (await readXlsx(readFileSync(path))).sheets[0]?.rows ?? []
}

it('holds what it was given: texts as texts, counts as numbers', async () => {
  const path = join(tempDir(), 'out.xlsx')
  await using file = await XlsxFile.create(path, false)
  await file.add(['phone', 'note', 'n'])
  await file.add(['12025550101', '=1+1', 5])
  await file.add(['+12025550102', "'=1", null])
  await file.finish()
  expect(await rowsOf(path)).toEqual([
    ['phone', 'note', 'n'],
    ['12025550101', '=1+1', 5],
    ['+12025550102', "''=1", ''],
  ])
})

it('takes any number of rows', async () => {
  const path = join(tempDir(), 'out.xlsx')
  await using file = await XlsxFile.create(path, false)
  for (let n = 0; n < 5_000; n++) await file.add([String(n)])
  await file.finish()
  expect(await rowsOf(path)).toHaveLength(5_000)
})

it('overwrites nothing unasked, and is gone when it is not finished', async () => {
  const path = join(tempDir(), 'out.xlsx')
  writeFileSync(path, 'mine')
  await expect(XlsxFile.create(path, false)).rejects.toMatchObject({ code: 'file.exists' })
  {
    await using file = await XlsxFile.create(path, true)
    await file.add(['a'])
  }
  expect(existsSync(path)).toBe(false)
})
