// Campaign and sender files: YAML or JSON, one document, no aliases, no surprises of old YAML.
import { readFileSync } from 'node:fs'
import { AppError } from '../domain/errors.ts'
import { loadYaml } from '../runtime/yaml.ts'

const FILE_BYTES_MAX = 1024 * 1024

/** The value of a file, `-` for standard input. Throws AppError file.*, yaml.*. */
export function readDefinitionFile(path: string): unknown {
  const text = readText(path)
  const { LineCounter, parseDocument } = loadYaml()
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    strict: true,
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
  })
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    const where = `${path}:${line}:${col}`
    if (error.code === 'MULTIPLE_DOCS')
      throw new AppError('yaml.not_one_document', `${where}: a second document begins here`, {
        hint: 'Give each campaign or sender a file of its own.',
      })
    throw new AppError('yaml.syntax', `${where}: ${error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '')}`, {
      hint: 'Indent with spaces, and quote texts that hold : or #.',
    })
  }
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    throw new AppError('yaml.alias', `${path}: anchors and aliases (& and *) are not read`, {
      hint: 'Write the value out.',
      cause: error,
    })
  }
}

function readText(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path === '-' ? 0 : path)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOENT') throw new AppError('file.not_found', `there is no file ${path}`, { cause: error })
    throw new AppError('file.not_readable', `cannot read ${path}`, {
      hint: 'Name a YAML or JSON file.',
      cause: error,
    })
  }
  if (bytes.length > FILE_BYTES_MAX)
    throw new AppError('file.not_readable', `${path} has ${bytes.length} bytes, at most ${FILE_BYTES_MAX}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new AppError('file.not_readable', `${path} is not UTF-8`, {
      hint: 'Save it as UTF-8.',
      cause: error,
    })
  }
}
