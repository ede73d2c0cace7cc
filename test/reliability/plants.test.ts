// The bugs that `npm run bench:planted` plants still have their place in the source, and the tests that must catch them
// still exist: looked at here, because planting and catching them takes half an hour.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Level, plantedBugs, withBug } from '../../bench/faults/planted-bugs.ts'

const root = new URL('../..', import.meta.url).pathname

function textOf({ files }: Level): string {
  return files
    .map((file) => join(root, file))
    .flatMap((path) => (statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path]))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
}

it.each(Object.entries(plantedBugs))('%s can be planted and has tests that must catch it', (_id, bug) => {
  const source = readFileSync(join(root, bug.file), 'utf8')
  expect(withBug(source, bug)).not.toBe(source)
  expect(bug.level.files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  expect(textOf(bug.level)).toContain(bug.level.named ?? '')
})
