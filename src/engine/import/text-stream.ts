// The text of a file as UTF-8, whatever its encoding, no faster than it is read.
import { createReadStream } from 'node:fs'
import { type Readable, Transform, type TransformCallback } from 'node:stream'
import { decoderOf } from './text-decoder.ts'

const READ_BYTES = 256 * 1024

export interface TextFile {
  path: string
  /** A name of text-decoder.ts. */
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
  const decoder = decoderOf(file.encoding)
  // A decoder that throws inside a stream would end the process instead of the import.
  const decode = (done: TransformCallback, chunk?: Buffer) => {
    let text: string
    try {
      text = chunk === undefined ? decoder.end() : decoder.write(chunk)
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
