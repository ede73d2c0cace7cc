// The form of the project: its layers, its tree, its words. The rules of the layers stand in .dependency-cruiser.mjs,
// each with what to do instead.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cruise, type IConfiguration, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../src/cli/program.ts'
import { tempDir } from './support/open-test-app.ts'

const root = new URL('..', import.meta.url).pathname
const { default: rules }: { default: IConfiguration } = await import(`${root}.dependency-cruiser.mjs`)
const options: ICruiseOptions = {
  ruleSet: { forbidden: rules.forbidden ?? [] },
  validate: true,
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules' },
  ...(rules.options?.enhancedResolveOptions && { enhancedResolveOptions: rules.options.enhancedResolveOptions }),
}

async function readLayers(baseDir: string): Promise<ICruiseResult> {
  const tsConfig = extractTSConfig(join(root, 'tsconfig.json'))
  const { output } = await cruise(['src'], { ...options, baseDir }, undefined, { tsConfig })
  return output as ICruiseResult
}

/** A tree of small files that breaks what it is told to break. */
function plant(files: Record<string, string>): string {
  const dir = tempDir()
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

async function broken(files: Record<string, string>): Promise<string[]> {
  const { summary } = await readLayers(plant(files))
  return [...new Set(summary.violations.map((violation) => violation.rule.name))].sort()
}

interface Source {
  path: string
  text: string
}

function filesUnder(folder: string, ending: RegExp): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (path) => ending.test(path) && !path.includes('node_modules') && statSync(join(root, folder, path)).isFile(),
    )
    .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(join(root, folder, path), 'utf8') }))
}

const sources = filesUnder('src', /\.tsx?$/)

function linesWith(pattern: RegExp, files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  )
}

const outside = (...places: string[]) =>
  sources.filter(({ path }) => !places.some((place) => path.startsWith(`src/${place}`)))
const inside = (place: string) => sources.filter(({ path }) => path.startsWith(`src/${place}`))

describe('the layers', () => {
  it('hold, and were read', async () => {
    const { summary, modules } = await readLayers(root)
    expect(
      summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
      'npm run check says what to do instead',
    ).toEqual([])
    const own = modules.filter(({ source }) => /^src\/.*\.tsx?$/.test(source))
    expect(own.length).toBeGreaterThan(50)
    expect(own.length).toBe(sources.length)
    // A reader that cannot parse TypeScript finds modules without a single import.
    expect(summary.totalDependenciesCruised ?? 0).toBeGreaterThan(own.length)
  })

  it.each<[string, string, Record<string, string>]>([
    [
      'a rule that asks the store',
      'domain-knows-its-own',
      { 'src/domain/cap.ts': "import '../store/caps.ts'", 'src/store/caps.ts': 'export {}' },
    ],
    ['a rule that reads a file', 'domain-is-pure', { 'src/domain/cap.ts': "import 'node:fs'" }],
    [
      'a store that calls a provider',
      'store-knows-its-own',
      { 'src/store/caps.ts': "import '../providers/provider.ts'", 'src/providers/provider.ts': 'export {}' },
    ],
    [
      'an import of a type only',
      'providers-knows-its-own',
      {
        'src/providers/provider.ts': "import type { Row } from '../store/rows.ts'\nexport type A = Row",
        'src/store/rows.ts': 'export type Row = 1',
      },
    ],
    [
      'a stage that imports another',
      'stages-meet-in-the-database',
      { 'src/engine/send/loop.ts': "import '../plan/plan.ts'", 'src/engine/plan/plan.ts': 'export {}' },
    ],
    [
      'a stage that reaches another through the engine',
      'stages-reach-no-stage',
      {
        'src/engine/send/loop.ts': "import '../both.ts'",
        'src/engine/both.ts': "import './plan/plan.ts'",
        'src/engine/plan/plan.ts': 'export {}',
      },
    ],
    [
      'a command that shows a page',
      'cli-knows-its-own',
      { 'src/cli/run.ts': "import '../web/page.ts'", 'src/web/page.ts': 'export {}' },
    ],
    [
      'a page that asks the store',
      'web-knows-its-own',
      { 'src/web/page.ts': "import '../store/rows.ts'", 'src/store/rows.ts': 'export {}' },
    ],
    [
      'an emulator that asks our driver',
      'emulator-shares-nothing',
      { 'src/emulator/meta.ts': "import '../providers/meta/errors.ts'", 'src/providers/meta/errors.ts': 'export {}' },
    ],
    [
      'a driver that leans on another',
      'drivers-stay-apart',
      { 'src/providers/bird/driver.ts': "import '../meta/errors.ts'", 'src/providers/meta/errors.ts': 'export {}' },
    ],
    [
      'an engine that names a driver',
      'drivers-behind-the-port',
      { 'src/engine/senders.ts': "import '../providers/meta/errors.ts'", 'src/providers/meta/errors.ts': 'export {}' },
    ],
    [
      'an engine that opens the app',
      'nobody-knows-the-root',
      { 'src/engine/senders.ts': "import '../app.ts'", 'src/app.ts': 'export {}' },
    ],
    [
      'an engine that knows the file of the database',
      'dialect-behind-the-seam',
      {
        'src/engine/health.ts': "import '../store/sqlite-connection.ts'",
        'src/store/sqlite-connection.ts': 'export {}',
      },
    ],
    [
      'two files in a circle',
      'no-cycle',
      { 'src/domain/a.ts': "import './b.ts'", 'src/domain/b.ts': "import './a.ts'" },
    ],
    ['a file that nobody uses', 'no-orphan', { 'src/domain/a.ts': 'export {}' }],
    ['an import of nothing', 'resolves', { 'src/domain/a.ts': "import './b.ts'" }],
  ])('see %s', async (_, rule, files) => {
    expect(await broken(files)).toContain(rule)
  })
})

describe('the drawing in ARCHITECTURE.md', () => {
  const page = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

  it('shows the layers as they are (npm run graph)', async () => {
    const { modules } = await readLayers(root)
    const layerOf = (path: string) => path.split('/')[1] ?? ''
    const real = modules.flatMap(({ source, dependencies }) =>
      source.startsWith('src/')
        ? dependencies
            .filter(({ resolved }) => resolved.startsWith('src/') && layerOf(resolved) !== layerOf(source))
            .map(({ resolved }) => `${layerOf(source)} → ${layerOf(resolved)}`)
        : [],
    )
    const names = new Map([...page.matchAll(/^(\w+)\["([\w.]+)"\]$/gm)].map(([, id = '', name = '']) => [id, name]))
    const drawn = [...page.matchAll(/^(\w+)-->(\w+)$/gm)].map(
      ([, from = '', to = '']) => `${names.get(from)} → ${names.get(to)}`,
    )
    expect(drawn.sort()).toEqual([...new Set(real)].sort())
  })

  it('stands on a page that is read in ten minutes', () => {
    expect(page.split('\n').length).toBeLessThanOrEqual(151)
  })
})

describe('what must not be', () => {
  it('no SQL outside the store', () => {
    const sql =
      /\bsql`|\b(?:SELECT\s+[\w*(]|INSERT\s+INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b|CREATE\s+(?:TABLE|INDEX)\b|PRAGMA\s+\w)/
    expect(linesWith(sql, outside('store/'))).toEqual([])
    expect(linesWith(sql, inside('store/')).length).toBeGreaterThan(50)
  })

  it('no setting read from the environment outside the configuration', () => {
    expect(linesWith(/process\.env\b/, outside('runtime/process-env.ts'))).toEqual([])
  })

  it('no path made of the address of the database outside the store', () => {
    const address = /\bdatabase(?:Url|Path)\b|\bnotes\.place\b|\bas unknown as ThreadAddress\b/
    // The command line and the configuration name the setting; app.ts hands it to the store.
    expect(linesWith(address, outside('store/', 'app.ts', 'runtime/config.ts', 'cli/host.ts'))).toEqual([])
    const shown = linesWith(/\.shownName\b/, outside('store/'))
    expect(shown.map((line) => line.split(':')[0])).toEqual(['src/cli/commands/start.ts'])
  })

  it('no clock and no chance in the rules', () => {
    expect(
      linesWith(/Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|randomBytes|setTimeout/, inside('domain/')),
    ).toEqual([])
  })

  it('no present that a transaction takes from outside', () => {
    // An instant of another clock, or of before the transaction waited, is no `Present` (store/database.ts).
    const takesNow = ({ path, text }: Source) =>
      [...text.matchAll(/function (\w+)(?:<[^>]*>)?\(([^)]*)\)/g)]
        .filter(([, , parameters = '']) => /\btx: WriteTx\b/.test(parameters) && /\bnow: number\b/.test(parameters))
        .map(([, name = '']) => `${path} ${name}`)
    expect(inside('store/').flatMap(takesNow)).toEqual([])
    expect(takesNow({ path: 'a', text: 'function pause(tx: WriteTx, id: number, now: number)' })).toEqual(['a pause'])
  })

  it('no row locked but by the name of its kind', () => {
    expect(linesWith(/\btx\.lock\(/, outside('store/locks.ts'))).toEqual([])
    const asked = linesWith(/\blockRows\(/, outside('store/locks.ts')).map((line) => line.split(':')[0] ?? '')
    expect(asked.every((path) => path.startsWith('src/store/'))).toBe(true)
    expect(asked.length).toBeGreaterThan(5)
  })

  it('no file that gathers others, and no folder for things without a name', () => {
    const nameless = /(?:^|\/)(?:utils?|helpers?|common|shared|types|models|services|managers?|lib|misc)(?:\/|\.tsx?$)/
    expect(sources.map(({ path }) => path).filter((path) => /(?:^|\/)index\.tsx?$/.test(path))).toEqual([])
    expect(sources.map(({ path }) => path).filter((path) => nameless.test(path))).toEqual([])
    expect(sources.map(({ path }) => path).filter((path) => path.split('/').length > 5)).toEqual([])
  })

  it('no file that does not say its duty first', () => {
    const all = [...sources, ...filesUnder('test', /\.tsx?$/), ...filesUnder('bench', /\.ts$/)]
    const silent = all.filter(({ text }) => !/^(?:#!.*\n)?(?:\/\/ \S|\/\*\*? ?\S)/.test(text))
    expect(silent.map(({ path }) => path)).toEqual([])
  })

  it('no file that has grown beyond what one sitting reads', () => {
    // The data model, and every kind of message with its limits, are each one page by design.
    const pages = ['src/store/schema.ts', 'src/domain/content.ts']
    const long = sources.filter(({ path, text }) => text.split('\n').length > 420 && !pages.includes(path))
    expect(long.map(({ path }) => path)).toEqual([])
  })
})

describe('the tree', () => {
  it('has the layers under src and nothing else', () => {
    const known = ['app.ts', 'cli', 'domain', 'emulator', 'engine', 'http', 'main.ts', 'providers', 'runtime', 'store']
    const found = readdirSync(join(root, 'src')).filter((name) => name !== 'web')
    expect(found.sort()).toEqual(known)
  })

  it('has a folder of the engine for every stage of the flow and every noun, and no drawer beside them', () => {
    const entries = readdirSync(join(root, 'src/engine'), { withFileTypes: true })
    const stages = ['import', 'plan', 'report', 'send', 'track']
    const nouns = ['accounts', 'campaigns', 'contacts', 'duties', 'replies', 'senders', 'service']
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect(folders.sort()).toEqual([...stages, ...nouns].sort())
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    expect(files.sort()).toEqual(['context.ts', 'node-life.ts', 'version.ts'])
  })

  it('says for every stage what is read, what is written and what a kill does', () => {
    const entries = ['import/import-csv', 'plan/planner', 'send/sender-loop', 'track/apply-events']
    for (const entry of entries) {
      const head = readFileSync(join(root, `src/engine/${entry}.ts`), 'utf8').slice(0, 900)
      expect(head, entry).toMatch(/Reads/)
      expect(head, entry).toMatch(/writes|Writes/)
      expect(head, entry).toMatch(/Safe to(?:\s|\/\/)+kill/)
    }
  })
})

describe('the words', () => {
  /** Words that docs/concepts.md has another one for: those in code in the last column of its table. */
  const concepts = readFileSync(join(root, 'docs/concepts.md'), 'utf8')
  const lastCells = [...concepts.matchAll(/^\| [^|]+ \| [^|]+ \| ([^|]*) \|$/gm)].map(([, cell = '']) => cell)
  const forbidden = lastCells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word))
  const others = new RegExp(`(?:^|_)(?:${forbidden.join('|')})s?(?:_|$)`)

  const parted = (name: string) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

  it('that are not ours were read from the page', () => {
    expect(forbidden.length).toBeGreaterThan(20)
    expect(forbidden).toContain('gateway')
  })

  it('of the tables are ours', () => {
    const schema = readFileSync(join(root, 'src/store/schema.ts'), 'utf8')
    const tables = [...schema.matchAll(/sqliteTable\(\s*'(\w+)'/g)].map(([, name = '']) => name)
    expect(tables.length).toBeGreaterThan(15)
    expect(tables.filter((name) => others.test(name))).toEqual([])
    expect(tables.filter((name) => !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*s$/.test(name) && name !== 'audit_log')).toEqual([])
  })

  it('of the command line are ours', async () => {
    type Program = Awaited<ReturnType<typeof buildProgram>>
    const names = (command: Program): string[] => [
      command.name(),
      ...command.options.map((option) => option.attributeName()),
      ...command.commands.flatMap((child) => names(child as Program)),
    ]
    const all = names(await buildProgram())
    expect(all.length).toBeGreaterThan(50)
    expect(all.filter((name) => others.test(parted(name.replaceAll('-', '_'))))).toEqual([])
  })

  it('of what files offer each other are ours, except where a provider has the word', () => {
    const offered = outside('providers/', 'emulator/').flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:async )?(?:function|class|const|interface|type) (\w+)/gm)].map(
        ([, name = '']) => `${path} ${name}`,
      ),
    )
    expect(offered.length).toBeGreaterThan(300)
    expect(offered.filter((line) => others.test(parted(line.split(' ')[1] ?? '')))).toEqual([])
  })
})
