// Files in old encodings: taken where the names read well for the people of the file, else shown in several for a person to choose.
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import type { AppError } from '../../../src/domain/errors.ts'
import { importSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import type { Reading } from '../../../src/engine/import/encoding-doubt.ts'
import { importCsv } from '../../../src/engine/import/import-csv.ts'
import { inspectFile } from '../../../src/engine/import/inspect-file.ts'
import { csvFile, openTestApp, tempDir } from '../../support/open-test-app.ts'
import { contactsOf } from './import-support.ts'

const phones = {
  TR: '+905321230',
  DE: '+4915123450',
  PL: '+486001200',
  CZ: '+420601120',
  HU: '+36201230',
  LT: '+370612300',
  LV: '+371212300',
  ES: '+346001200',
  FR: '+336123400',
  RO: '+407212300',
  RU: '+7912345000',
  GR: '+3069123400',
  PT: '+3519123000',
  GB: '+4477009000',
  IS: '+35461201',
  DK: '+45201200',
  US: '+120255501',
  JP: '+8190123400',
  none: '015123450',
}

function fileOf(country: keyof typeof phones, encoding: string, names: readonly string[]): Buffer {
  const rows = names.map((name, n) => `${phones[country]}${String(n + 10).padStart(2, '0')},${name}\r\n`)
  return iconv.encode(`phone,name\r\n${rows.join('')}`, encoding)
}

const doubtful: [keyof typeof phones, string, string[]][] = [
  ['TR', 'windows-1254', ['Ayşe', 'Işık', 'Doğan', 'Gül']],
  ['DE', 'windows-1254', ['Ayşe', 'Jürgen', 'Müller', 'Köhler', 'Groß']],
  ['PL', 'windows-1250', ['Paweł', 'Wójcik', 'Żaneta', 'Łukasz']],
  ['PL', 'windows-1250', ['Gdańsk', 'Poznań', 'Wójcik', 'Józef']],
  ['PL', 'iso-8859-2', ['Paweł', 'Ąbra', 'Śliwa']],
  ['CZ', 'windows-1250', ['Dvořák', 'Nováček', 'Jiří']],
  ['CZ', 'cp852', ['Dvořák', 'Nováček', 'Jiří']],
  ['HU', 'windows-1250', ['Erdős', 'Szűcs', 'László']],
  ['RO', 'windows-1250', ['Ţiriac', 'Ioniţă', 'Brânză']],
  ['LT', 'windows-1257', ['Šimkus', 'Ąžuolas', 'Živilė']],
  ['LV', 'windows-1257', ['Bērziņš', 'Jānis', 'Kārlis']],
  ['ES', 'macintosh', ['José', 'Muñoz', 'García', 'Inés']],
  ['ES', 'macintosh', ['García', 'Martín', 'Ana']],
  ['DE', 'macintosh', ['Jürgen', 'Müller', 'Groß']],
  ['FR', 'macintosh', ['François', 'Hélène', 'Zoé']],
  ['FR', 'cp850', ['François', 'Hélène', 'Zoé']],
  ['ES', 'cp850', ['Sánchez', 'Tomás', 'Málaga']],
  ['DE', 'cp850', ['Jürgen', 'Müller', 'Köln']],
  ['RU', 'windows-1251', ['Мария', 'Пётр', 'Иван']],
  ['RU', 'koi8-r', ['Мария', 'Пётр', 'Иван']],
  ['GR', 'windows-1253', ['Γιώργος', 'Άννα', 'Ελένη']],
]

const clear: [keyof typeof phones, string[]][] = [
  ['DE', ['Jürgen', 'René', 'Groß', 'Café O’Hara', '5 m²']],
  ['FR', ['François', 'Œuvre', 'L’Haÿ', 'd’Arc', 'Zoë']],
  ['ES', ['José', 'Mª José', '¿Qué?', 'Muñoz', 'N° 5']],
  ['PT', ['João', 'Conceição', 'Antônio', 'Inês']],
  ['GB', ['O’Brien', 'Zoë', '“Bob”', 'Café – bar', 'José']],
  ['IS', ['Þór', 'Guðrún', 'Sigríður', 'Ýr']],
  ['DK', ['Søren', 'Åse', 'Ærø']],
  ['US', ['José', 'Zoë', 'François', 'Søren']],
  ['none', ['Jürgen', 'René', 'Groß']],
]

async function refusalOf(content: Uint8Array, defaultCountry?: string): Promise<AppError> {
  const path = csvFile(tempDir(), content)
  return inspectFile(path, defaultCountry === undefined ? {} : { defaultCountry }).then(
    () => expect.unreachable(),
    (error: AppError) => error,
  )
}

describe('names of an old encoding', () => {
  it.each(doubtful)('I7: of %s in %s are shown as they are in several', async (country, encoding, names) => {
    const bytes = fileOf(country, encoding, names)
    const { code, hint, details } = await refusalOf(bytes)
    const readings = details?.readings as Reading[]
    expect([code, readings.length >= 2]).toEqual(['csv.encoding_doubt', true])
    const right = readings.find((reading) => reading.samples.every((name) => names.includes(name)))
    expect(right?.samples.length).toBeGreaterThan(0)
    expect(hint).toContain(`--encoding ${right?.encoding} (${right?.samples.join(', ')})`)
    const path = csvFile(tempDir(), bytes)
    const { sample } = await inspectFile(path, { encoding: right?.encoding ?? '' })
    expect(sample.map(([, name]) => name)).toEqual(names)
  })

  it.each(clear)('I7: of %s in Windows-1252 are taken, with a note', async (country, names) => {
    const { encoding, sample, notes } = await inspectFile(csvFile(tempDir(), fileOf(country, 'windows-1252', names)))
    expect([encoding, sample.map(([, name]) => name)]).toEqual(['windows-1252', names])
    expect(notes.join()).toContain('Windows-1252')
  })

  it('I7: are judged by the country that is named for national numbers', async () => {
    const bytes = fileOf('none', 'windows-1250', ['Dvořák', 'Nováková', 'Veselý', 'Marešová'])
    expect((await refusalOf(bytes, 'CZ')).code).toBe('csv.encoding_doubt')
  })

  it('I7: from elsewhere, of a few among many, are no reason to ask', async () => {
    const names = Array.from({ length: 80 }, (_, n) => ['Jürgen', 'Müller', 'Bärbel', 'Köhler'][n % 4] ?? '')
    const { encoding } = await inspectFile(csvFile(tempDir(), fileOf('DE', 'windows-1252', [...names, 'Søren'])))
    expect(encoding).toBe('windows-1252')
  })

  it('I7: far down in a large file are seen too', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => `+4915123${String(n).padStart(5, '0')},Jürgen\r\n`)
    const bytes = iconv.encode(`phone,name\r\n${rows.join('')}+4915199999999,Ayşe\r\n`, 'windows-1254')
    expect(await refusalOf(bytes)).toMatchObject({
      code: 'csv.encoding_doubt',
      message: expect.stringContaining('Ayþe'),
    })
  })

  it('I7: 18 macroman: with the line ends of an old Mac', async () => {
    const bytes = iconv.encode(
      'phone,first_name,city\r+447700900261,José,München\r+447700900262,Inés,Orléans\r',
      'macintosh',
    )
    const { code, details } = await refusalOf(bytes)
    expect(code).toBe('csv.encoding_doubt')
    expect(details?.readings).toContainEqual({ encoding: 'macintosh', samples: ['José', 'Inés', 'Orléans'] })
  })
})

describe('an encoding that is named', () => {
  it.each([
    ['cp850', 'cp850'],
    ['IBM-852', 'cp852'],
    ['850', 'cp850'],
    ['MacRoman', 'macintosh'],
    ['x-mac-centraleurope', 'maccenteuro'],
    ['latin1', 'windows-1252'],
    ['windows-1254', 'windows-1254'],
  ])('I7: %s is known', async (given, encoding) => {
    const path = csvFile(tempDir(), 'phone,name\n+12025550101,Ann\n')
    expect((await inspectFile(path, { encoding: given })).encoding).toBe(encoding)
  })

  it.each(['base64', 'hex', 'utf7', 'cp999', ''])('I7: %j is none', async (given) => {
    const path = csvFile(tempDir(), 'phone,name\n+12025550101,Ann\n')
    await expect(inspectFile(path, { encoding: given })).rejects.toMatchObject({ code: 'csv.encoding' })
  })

  it('I7: is read to the last letter, and refused where it does not have a byte', async () => {
    const test = await openTestApp()
    const bytes = iconv.encode('phone,name\n+12025550101,Zoé\n+12025550102,Fran‡ois €5 ’Œ\n', 'windows-1252')
    const options = { list: 'people', encoding: 'windows-1252', rejectsPath: null }
    await importCsv(test.ctx, { ...options, path: csvFile(test.dir, bytes) })
    expect((await contactsOf(test)).map(({ name }) => name)).toEqual(['Zoé', 'Fran‡ois €5 ’Œ'])
    const broken = Buffer.concat([bytes, Buffer.from('+12025550103,J\x81rgen\n', 'latin1')])
    await expect(importCsv(test.ctx, { ...options, path: csvFile(test.dir, broken) })).rejects.toMatchObject({
      code: 'csv.encoding',
    })
  })

  it('I7: is of no importance for numbers to suppress', async () => {
    const test = await openTestApp()
    const path = csvFile(test.dir, fileOf('PL', 'windows-1250', ['Paweł', 'Łukasz']))
    expect(await importSuppressions(test.ctx, { path }, {})).toMatchObject({ added: 2, rejectedLines: 0 })
  })
})
