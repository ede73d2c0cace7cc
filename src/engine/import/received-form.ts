// A form with a file that arrives as a stream: its fields, then its file, which is handed on as it comes and never held.
// What stands behind the file, or beside it, is not read. Only a part of the form can be a file; a text never is.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import { AppError } from '../../domain/errors.ts'
import { refuseOtherFile } from './file-types.ts'

const FIELDS_MAX = 20
const FIELD_BYTES_MAX = 10_000
const FIELD_NAME_MAX = 100
const HEADER_PAIRS_MAX = 20
const HEADER_BYTES_MAX = 8 * 1024

/** What the parser gives of a file: field, bytes, name, encoding and declared type. */
type FilePart = [field: string | undefined, BusboyFileStream, name: string | undefined, encoding: string, type: string]

export interface FormFile {
  fileName: string
  stream: AsyncIterable<Uint8Array>
}

/** What is done with the file of a form. */
export interface FileTaker<T> {
  /** Gets the fields that stand before the file. */
  take(file: FormFile, fields: Readonly<Record<string, string>>): Promise<T>
  /** The form turned out to be none behind its file. */
  discard(taken: T): Promise<void>
}

/**
 * Reads a form of multipart/form-data with its one file. Throws AppError request.invalid for a form that is none, has
 * too many parts or no file, request.not_a_table for a file of another kind, and whatever `take` throws.
 */
export async function readFormWithFile<T>(
  { body, contentType }: { body: AsyncIterable<Uint8Array>; contentType: string },
  taker: FileTaker<T>,
): Promise<T> {
  const parser = parserOf(contentType)
  const fields: Record<string, string> = Object.create(null)
  let file: BusboyFileStream | undefined
  let work: Promise<T> | undefined
  parser.on('error', () => {})
  const refuse = (what: string) => parser.destroy(badForm(what))
  parser.on('field', (name: string | undefined, value: string, isNameCut: boolean, isValueCut: boolean) => {
    if (isNameCut || isValueCut || name === undefined || name.length > FIELD_NAME_MAX) refuse('has a field too long')
    else fields[name] ??= value
  })
  parser.on('file', (...[, stream, fileName, , type]: FilePart) => {
    file = stream
    // A form that is given up breaks its file off, also one that nobody reads.
    stream.on('error', () => {})
    // What is thrown at once, too, reaches the reader of the form and not the parser, which nobody catches.
    work = Promise.resolve().then(() => {
      refuseOtherFile(type ?? '')
      return taker.take({ fileName: fileName ?? '', stream: bytesOf(stream) }, fields)
    })
    // A file that is not taken to its end ends the form.
    work.catch((error: Error) => parser.destroy(error))
  })
  for (const limit of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const)
    parser.on(limit, () => refuse('has more parts than it needs'))
  try {
    await pipeline(Readable.from(body), parser)
  } catch (error) {
    const reason = error instanceof AppError ? error : badForm('breaks off or is no form', error)
    file?.destroy(reason)
    if (work !== undefined) await taker.discard(await work)
    throw reason
  }
  if (work === undefined) throw badForm('holds no file')
  return work
}

/** All fields that a form may have before its file, with what stands around them. */
const BEFORE_FILE_BYTES_MAX = 256 * 1024

/** What was typed beside a file, of which nothing is read. Throws AppError request.* as `readFormWithFile` does. */
export async function readFieldsBeforeFile(form: {
  body: AsyncIterable<Uint8Array>
  contentType: string
}): Promise<Readonly<Record<string, string>>> {
  let typed: Readonly<Record<string, string>> | undefined
  const stop = badForm('is read no further than its file')
  const take = (_file: FormFile, fields: Readonly<Record<string, string>>) => {
    typed = fields
    return Promise.reject(stop)
  }
  try {
    await readFormWithFile({ ...form, body: startOf(form.body) }, { take, discard: async () => {} })
  } catch (error) {
    if (typed === undefined) throw error
  }
  return typed ?? {}
}

async function* startOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of body) {
    if (bytes >= BEFORE_FILE_BYTES_MAX) throw badForm('has no file where one is expected')
    bytes += chunk.length
    yield chunk
  }
}

async function* bytesOf(stream: BusboyFileStream): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    throw error instanceof AppError ? error : badForm('breaks off within its file', error)
  }
}

function parserOf(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: {
        fields: FIELDS_MAX,
        fieldSize: FIELD_BYTES_MAX,
        fieldNameSize: FIELD_NAME_MAX,
        files: 1,
        parts: FIELDS_MAX + 1,
        headerPairs: HEADER_PAIRS_MAX,
        headerSize: HEADER_BYTES_MAX,
      },
    })
  } catch (error) {
    throw badForm('names no boundary between its parts', error)
  }
}

function badForm(what: string, cause?: unknown): AppError {
  return new AppError('request.invalid', `the form ${what}`, {
    hint: 'Send one file as multipart/form-data.',
    ...(cause !== undefined && { cause }),
  })
}
