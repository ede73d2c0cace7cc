// A form with one file as bytes, for uploads of media.
import { randomBytes } from 'node:crypto'
import type { MediaFile } from './provider.ts'

export interface MultipartBody {
  contentType: string
  body: Uint8Array
}

/** Fields first, then the file: some receivers read no field after it. */
export function multipartBody(fields: Record<string, string>, fileField: string, file: MediaFile): MultipartBody {
  const boundary = `herald-${randomBytes(12).toString('hex')}`
  const texts = Object.entries(fields).map(([name, value]) => part(boundary, `name="${quoted(name)}"`, '', value))
  const head = part(
    boundary,
    `name="${quoted(fileField)}"; filename="${quoted(file.filename)}"`,
    `content-type: ${file.mimeType}\r\n`,
  )
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([
      Buffer.from(texts.join('')),
      Buffer.from(head),
      file.bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  }
}

function part(boundary: string, disposition: string, headers: string, value?: string): string {
  const head = `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${headers}\r\n`
  return value === undefined ? head : `${head}${value}\r\n`
}

/** As browsers write names: no quote and no line break may end them. */
function quoted(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
