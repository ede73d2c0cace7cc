// The preview of a file and its import read the same text out of the same bytes: every byte, and every pair of bytes where letters
// have several, in every encoding that the page offers.
import { describe, expect, it } from 'vitest'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { inspectFile } from '../../../src/engine/import/inspect-file.ts'
import { decoderOf, decodeStart, encodingNamed, wideEncodings } from '../../../src/engine/import/text-decoder.ts'
import { encodings } from '../../../src/web/import-words.ts'
import { csvFile, openTestApp } from '../../support/open-test-app.ts'
import { contactsOf } from './import-support.ts'

const offered = encodings.map(([name]) => name).filter((name) => name !== '')

/** The text that an import stores; undefined for bytes that it refuses. */
function imported(bytes: Buffer, label: string): string | undefined {
  const decoder = decoderOf(label)
  try {
    return decoder.write(bytes) + decoder.end()
  } catch {
    return undefined
  }
}

describe('the one decoder', () => {
  it.each(offered)('D6: shows each byte as the import reads it, in %s', (name) => {
    const label = encodingNamed(name)
    const isWide = wideEncodings.has(label)
    const pairs = isWide ? [...Array(256).keys()].flatMap((a) => [...Array(256).keys()].map((b) => [a, b])) : []
    const others: string[] = []
    for (const bytes of [...[...Array(256).keys()].map((byte) => [byte]), ...pairs]) {
      const unit = label.startsWith('utf-16') ? [bytes[0] ?? 0, 0] : bytes
      const buffer = Buffer.from(unit)
      const shown = decodeStart(buffer, label)
      const stored = imported(buffer, label)
      if (stored === undefined ? !shown.includes('\ufffd') : stored !== shown) others.push(buffer.toString('hex'))
    }
    expect(others).toEqual([])
  })

  it('D6: shows the signs between 0x80 and 0x9f of a Windows file as they are stored', async () => {
    const signs = [...Array(32).keys()]
      .map((n) => 0x80 + n)
      .filter((byte) => ![0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte))
    const test = await openTestApp()
    const text = Buffer.concat([Buffer.from('phone,name\n+12025550101,"a '), Buffer.from(signs), Buffer.from(' b"\n')])
    const path = csvFile(test.dir, Uint8Array.from(text))
    const { sample } = await inspectFile(path, { encoding: 'windows-1252' })
    expect(sample[0]?.[1]).toMatch(/^a €.*’.*Ÿ b$/)
    await importCsv(test.ctx, { path, list: 'people', rejectsPath: null, encoding: 'windows-1252' })
    expect((await contactsOf(test)).map(({ name }) => name)).toEqual([sample[0]?.[1]])
  })
})
