// Campaign and sender files: YAML or JSON, one document, no aliases, no surprises of old YAML.
import { readFileSync } from 'node:fs'
import { hasControls } from '../domain/characters.ts'
import { AppError } from '../domain/errors.ts'
import { loadYaml } from '../runtime/yaml.ts'

const FILE_BYTES_MAX = 1024 * 1024

type DefinitionKind = 'campaign' | 'sender'

/** The value of a file, `-` for standard input. Throws AppError file.*, yaml.*, and file.wrong_kind for another kind than `wanted`. */
export function readDefinitionFile(path: string, wanted?: DefinitionKind): unknown {
  if (wanted !== undefined && isTableName(path)) throw table(path)
  const text = readText(path)
  const value = parse(path, text)
  if (wanted === undefined) return value
  const kind = kindOf(value)
  if (kind !== undefined && kind !== wanted) throw otherKind(path, kind)
  if (typeof value === 'string' && /[,;\t]/.test(text.split('\n', 1)[0] ?? '')) throw table(path)
  return value
}

/** Refuses a campaign or a sender where a table of people is wanted. */
export function refuseDefinition(path: string): void {
  if (!/\.(?:ya?ml|json)$/i.test(path)) return
  let kind: DefinitionKind | undefined
  try {
    kind = kindOf(parse(path, readText(path)))
  } catch (error) {
    if (error instanceof AppError) return
    throw error
  }
  if (kind !== undefined) throw otherKind(path, kind)
}

/** By the keys that no other kind of file has. */
function kindOf(value: unknown): DefinitionKind | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('provider' in value || 'credentials' in value) return 'sender'
  return 'useCase' in value || 'audience' in value || 'content' in value ? 'campaign' : undefined
}

function otherKind(path: string, kind: DefinitionKind): AppError {
  return new AppError('file.wrong_kind', `${path} is a ${kind} file`, {
    hint: `Add it with: herald ${kind}s add ${path}`,
  })
}

function isTableName(path: string): boolean {
  return /\.(?:csv|tsv|xlsx?)$/i.test(path)
}

function table(path: string): AppError {
  return new AppError('file.wrong_kind', `${path} is a table of people`, {
    hint: `Import it with: herald import ${path} --list NAME`,
  })
}

function parse(path: string, text: string): unknown {
  const { isScalar, LineCounter, parseDocument, visit } = loadYaml()
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    strict: true,
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
  })
  const placeOf = (offset = 0) => {
    const { line, col } = lineCounter.linePos(offset)
    return `${path}:${line}:${col}`
  }
  const [error] = document.errors
  if (error !== undefined) {
    const where = placeOf(error.pos[0])
    if (/call stack/.test(error.message)) throw tooDeep(where)
    if (error.code === 'DUPLICATE_KEY')
      throw new AppError('yaml.syntax', `${where}: this key is there twice`, { hint: 'Keep one of the two.' })
    if (error.code === 'MULTIPLE_DOCS')
      throw new AppError('yaml.not_one_document', `${where}: a second document begins here`, {
        hint: 'Give each campaign or sender a file of its own.',
      })
    throw new AppError('yaml.syntax', `${where}: ${error.message.split(/\n| at line \d/, 1)[0]}`, {
      hint: 'Indent with spaces, and quote texts that hold : or #.',
    })
  }
  try {
    visit(document, {
      Pair: (_, { key }) => {
        if (!isScalar(key)) throw notAText(path)
        if (isUnreadable(key.value)) throw unreadable(placeOf(key.range?.[0]))
      },
      Value: (_, node) => {
        const where = placeOf(node.range?.[0])
        if (node.tag !== undefined && !plainTags.test(node.tag)) throw tagged(where)
        if (isScalar(node) && typeof node.value === 'number' && !Number.isFinite(node.value))
          throw notFinite(where, node.source ?? '')
        if (isScalar(node) && isUnreadable(node.value)) throw unreadable(where)
      },
    })
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    if (error instanceof AppError) throw error
    if (error instanceof RangeError) throw tooDeep(path)
    throw new AppError('yaml.alias', `${path}: anchors and aliases (& and *) are not read`, {
      hint: 'Write the value out.',
      cause: error,
    })
  }
}

/** Tags that say what a value is anyway. */
const plainTags = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/

/** A value whose tag is overlooked is another one than was meant: `!env TOKEN` is no credential. */
function tagged(where: string): AppError {
  return new AppError('yaml.syntax', `${where}: tags (!name) are not read`, {
    hint: 'Write the value itself; a credential may be {env: NAME} or {file: PATH}.',
  })
}

/** `.inf` and `.nan` are numbers of YAML, and `1e999` becomes one: no setting has such a value. */
function notFinite(where: string, source: string): AppError {
  return new AppError('yaml.syntax', `${where}: ${source.slice(0, 40)} is not a number with digits`, {
    hint: 'Write a plain number, leave the key out for no limit, or quote a text.',
  })
}

/** A control character or half a character: the API takes neither, and not every database stores them. */
function isUnreadable(value: unknown): boolean {
  return typeof value === 'string' && (hasControls(value) || /\p{Cs}/u.test(value))
}

function unreadable(where: string): AppError {
  return new AppError('yaml.syntax', `${where}: this text has a control character or half a character in it`, {
    hint: 'Type the text again: it was pasted with signs that nobody sees, or written as \\u0000 or the like.',
  })
}

function notAText(path: string): AppError {
  return new AppError('yaml.syntax', `${path}: a key is a list, an object or an alias`, {
    hint: 'Write each key as a plain word.',
  })
}

function tooDeep(where: string): AppError {
  return new AppError('yaml.syntax', `${where}: values are nested too deeply`, {
    hint: 'herald schema campaign and herald schema sender show what a file may hold.',
  })
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
