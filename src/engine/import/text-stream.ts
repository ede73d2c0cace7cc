// The text of a file as UTF-8, whatever its encoding, no faster than it is read.
import { createReadStream } from 'node:fs'
import { type Readable, Transform, type TransformCallback } from 'node:stream'
import { TextDecoder } from 'node:util'

const READ_BYTES = 256 * 1024

export interface TextFile {
  path: string
  /** A label of TextDecoder. */
  encoding: string
  /** Bytes before the text: a byte-order mark, a `sep=` line. */
  skipBytes: number
}

/** Fails with the TypeError of a decoder where the bytes do not fit the encoding. */
export function textStream(file: TextFile, onProgress?: (bytes: number) => void): Readable {
  const bytes = createReadStream(file.path, { start: file.skipBytes, highWaterMark: READ_BYTES })
  let read = file.skipBytes
  bytes.on('data', (chunk) => {
    read += chunk.length
    onProgress?.(read)
  })
  if (file.encoding === 'utf-8') return bytes
  const decoder = new TextDecoder(file.encoding, { fatal: true })
  // A decoder that throws inside a stream would end the process instead of the import.
  const decode = (done: TransformCallback, chunk?: Buffer) => {
    let text: string
    try {
      text = chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch (error) {
      return done(error as Error)
    }
    done(null, text)
  }
  const recode = new Transform({
    transform: (chunk: Buffer, _encoding, done) => decode(done, chunk),
    flush: (done) => decode(done),
  })
  bytes.on('error', (error) => recode.destroy(error))
  return bytes.pipe(recode)
}
