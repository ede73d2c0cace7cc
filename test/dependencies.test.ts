// Every direct dependency has a line in docs/dependencies.md that says what it is for, and no line is out of date; and
// what the documents promise about security stands there.
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
  ])('SR-58 has a line for each that is %s, in order, and no other', (_, packages, lines) => {
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

describe('the lock file', () => {
  interface Locked {
    integrity?: string
    hasInstallScript?: boolean
  }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
  const installed = Object.entries(packages).filter(([path]) => path !== '')

  it('SR-58 pins every package by its hash', () => {
    expect(installed.length).toBeGreaterThan(200)
    expect(installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? '')).map(([path]) => path)).toEqual([])
  })

  it('SR-58 lets no package run a script at its installation but those that are named', () => {
    const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)
    const names = new Set(scripted.map((path) => path.split('node_modules/').at(-1)))
    expect([...names].sort()).toEqual(Object.keys(allowScripts).sort())
  })
})

describe('what is said about security', () => {
  it('SR-60 names a private way to report a hole, and times in which it is mended', () => {
    const policy = read('SECURITY.md')
    expect(policy).toMatch(/Report a vulnerability/)
    expect(policy).toMatch(/do not open a public issue/)
    expect(policy.match(/\| within \d+ (?:working )?days[^|]*\|/g)).toHaveLength(4)
    expect(read('README.md')).toContain('SECURITY.md')
  })

  it('SR-45 says that the disk is what encrypts contacts and messages', () => {
    expect(read('docs/operations.md')).toMatch(
      /contacts and messages are not\. If the disk can get lost, encrypt all of it/,
    )
  })
})
