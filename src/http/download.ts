// Files that are made while they are sent: never held whole, never shown by the browser, whatever they are called.
import type { Context as HonoContext } from 'hono'

/** Sends pieces of text as a file. A fault on the way breaks the answer off, so that no half file looks whole. */
export function download(
  c: HonoContext,
  { fileName, type }: { fileName: string; type: 'text/csv' | 'application/json' },
  pieces: AsyncIterable<string>,
): Response {
  c.header('content-type', `${type}; charset=utf-8`)
  c.header('content-disposition', attachmentName(fileName))
  return c.body(streamOf(pieces[Symbol.asyncIterator]()))
}

/** Asks for a piece when the reader has taken the one before. */
function streamOf(pieces: AsyncIterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    pull: async (controller) => {
      // What reads the database ends within its turn: without a pause nobody else would get one.
      await new Promise((resolve) => setImmediate(resolve))
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await pieces.return?.()
    },
  })
}

/** Old readers take the first name, new ones the second; neither can hold a quote or a line break. */
export function attachmentName(fileName: string): string {
  const plain = fileName.normalize('NFKD').replace(/[^A-Za-z0-9._ -]/g, '_')
  const encoded = encodeURIComponent(wellFormed(fileName)).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** Half a character cannot be encoded. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}
