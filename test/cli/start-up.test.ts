// What a command line loads before it does anything: only what it needs, because loading is most of a start.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { namedCommands } from '../../src/cli/commands.ts'
import { buildProgram } from '../../src/cli/program.ts'

const src = resolve('src')

/** Files that a file imports when it is loaded; types are not. */
function importsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  const named = [...text.matchAll(/^(?:import|export) (?!type\b)(?:[^;'"]*? from )?'(\.[^']+)'/gms)]
  return named.map(([, name = '']) => join(dirname(path), name))
}

function loadedWith(entry: string): string[] {
  const seen = new Set<string>()
  const visit = (path: string) => {
    if (seen.has(path) || !existsSync(path)) return
    seen.add(path)
    for (const next of importsOf(path)) visit(next)
  }
  visit(join(src, entry))
  return [...seen].map((path) => relative(src, path).replaceAll('\\', '/'))
}

describe('a start', () => {
  it('loads no data, no provider and no face before the command is known', () => {
    const loaded = loadedWith('cli/program.ts')
    expect(loaded.length).toBeGreaterThan(5)
    expect(
      loaded.filter((path) => /^(?:store|engine|providers|http|web|emulator|app\.ts|cli\/commands\/)/.test(path)),
    ).toEqual([])
  })

  it('opens a database without providers, import, service and faces', () => {
    const loaded = loadedWith('app.ts')
    expect(loaded).toContain('store/open-database.ts')
    expect(
      loaded.filter((path) =>
        /^(?:providers|http|web|emulator|engine\/(?!context|node-life|service\/held))/.test(path),
      ),
    ).toEqual([])
  })

  it('F12: lists imports without what reads files of contacts', () => {
    expect(
      loadedWith('cli/commands/imports.ts').filter((path) =>
        /domain\/phone\.ts|import\/(?:stage-csv|columns|apply-import)\.ts/.test(path),
      ),
    ).toEqual([])
  })

  it.each(['imports', 'senders', 'templates'])(
    'F12: lists %s without what reads campaigns and schedules',
    (command) => {
      const loaded = loadedWith(`cli/commands/${command}.ts`)
      expect(loaded.filter((path) => /domain\/(?:campaign|schedule|cron)\.ts/.test(path))).toEqual([])
    },
  )

  it.each(['lists', 'needs'])('F12: lists %s without zod', (command) => {
    const loaded = [...loadedWith(`cli/commands/${command}.ts`), ...loadedWith('app.ts')]
    expect(loaded.filter((path) => /^import (?!type\b).*'zod'/m.test(readFileSync(join(src, path), 'utf8')))).toEqual(
      [],
    )
  })

  it.each([
    [['--version'], []],
    [['lists', 'list'], ['lists']],
    [['--db', 'import', '--json', 'lists', 'list'], ['lists']],
    [['imprt', 'x.csv'], []],
    [['--help'], []],
    [[], []],
    [['help', 'import'], []],
  ])('of %j loads %j', (argv, names) => {
    expect(namedCommands(argv)).toEqual(names)
  })

  it('shows the same help whether commands are loaded or not', async () => {
    expect((await buildProgram([])).helpInformation()).toBe((await buildProgram()).helpInformation())
  })

  it('finds every file that the build names', () => {
    const built = resolve('dist')
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js'))
    expect(files.length).toBeGreaterThan(100)
    const unbuilt = files.filter((path) =>
      /\bimport\(\s*['"][^'"]+\.tsx?['"]/.test(readFileSync(join(built, path), 'utf8')),
    )
    expect(unbuilt).toEqual([])
  })
})
