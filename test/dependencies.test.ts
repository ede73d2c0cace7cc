// Every direct dependency has a line in docs/dependencies.md that says what it is for, and no line is out of date.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url)

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

interface Package {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  license?: string
}

const declared = JSON.parse(read('package.json')) as Package
const [shipped = '', development = ''] = read('docs/dependencies.md').split('## For development')

interface Line {
  name: string
  use: string
  licence: string
}

/** A pipe within a cell is written as \|. */
function linesOf(part: string): Line[] {
  const rows = part.matchAll(/^\| (\S+) \| ((?:\\\||[^|])+) \| ([^|]+) \| [^|]+ \|$/gm)
  return [...rows]
    .map(([, name = '', use = '', licence = '']) => ({ name, use, licence }))
    .filter(({ name }) => name !== 'package')
}

describe('the page of dependencies', () => {
  it.each([
    ['shipped', declared.dependencies, linesOf(shipped)],
    ['for development', declared.devDependencies, linesOf(development)],
  ])('has a line for each that is %s, in order, and no other', (_, packages, lines) => {
    expect(lines.map(({ name }) => name)).toEqual(Object.keys(packages).sort())
    for (const { name, use } of lines) expect(use.length, name).toBeGreaterThan(4)
  })

  it('names the licence that the package has', () => {
    for (const { name, licence } of [...linesOf(shipped), ...linesOf(development)]) {
      const { license } = JSON.parse(read(`node_modules/${name}/package.json`)) as Package
      const spelled = license === 'BSD-0-Clause' ? '0BSD' : license
      expect(licence, name).toBe(spelled)
    }
  })

  it('holds exact versions, but for the one that must differ between lines of Node', () => {
    const all = Object.entries({ ...declared.dependencies, ...declared.devDependencies })
    expect(all.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range)).map(([name]) => name)).toEqual(['better-sqlite3'])
  })
})
