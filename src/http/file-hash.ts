// The hash of a file that comes as a stream: as the body, or as the file of a form.
import { createHash } from 'node:crypto'
import type { Context as HonoContext } from 'hono'
import type { Context } from '../engine/context.ts'
import { readFormWithFile } from '../engine/import/received-form.ts'
import { withPatience } from '../engine/import/uploads.ts'

/** Hashes what passes; `sha256` is null until the stream came to its end. */
export class FileHash {
  sha256: string | null = null

  async *of(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    for await (const chunk of stream) {
      hash.update(chunk)
      yield chunk
    }
    this.sha256 = hash.digest('hex')
  }
}

/** Reads the file of a request to its end and keeps only its hash. Throws as the route of the file would. */
export async function hashOfFile(ctx: Context, c: HonoContext): Promise<string | null> {
  const contentType = c.req.header('content-type') ?? ''
  const body = withPatience(ctx, (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>)
  const hash = new FileHash()
  const read = async (stream: AsyncIterable<Uint8Array>) => {
    for await (const _ of hash.of(stream));
  }
  if (/^multipart\/form-data/i.test(contentType))
    await readFormWithFile({ body, contentType }, { take: ({ stream }) => read(stream), discard: async () => {} })
  else await read(body)
  return hash.sha256
}
