// `import`: a CSV file into a list, with every line in exactly one bucket.
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { AppError } from '../../domain/errors.ts'
import { type ImportOptions, importCsv } from '../../engine/import/import-csv.ts'
import type { ImportResult } from '../../engine/import/import-result.ts'
import type { DateOrder } from '../../engine/import/stage-csv.ts'
import { mapping, oneOf, text } from '../arguments.ts'
import { action, type Host } from '../host.ts'
import type { Output } from '../output.ts'

interface Flags {
  list: string
  defaultCountry?: string
  international?: boolean
  map?: Record<string, string>
  mode?: 'upsert' | 'replace'
  onDuplicate?: 'first' | 'last'
  dryRun?: boolean
  rejects?: string
  force?: boolean
  encoding?: string
  header?: boolean
  overwriteBlanks?: boolean
  rejectLandline?: boolean
  dateFormat?: DateOrder
}

export function addImport(program: Command): void {
  program
    .command('import')
    .argument('<file>', 'CSV file, or - for standard input')
    .description('Bring the contacts of a CSV file into a list.')
    .requiredOption('--list <name>', 'the list; made when it is missing', text)
    .option('--default-country <code>', 'country of numbers written without calling code, for example DE', text)
    .option('--international', 'digits without + are complete international numbers')
    .option(
      '--map <column=field>',
      'what a column is: phone, zone, consent, a field name, field:date, or - to leave it out',
      mapping,
    )
    .option(
      '--mode <mode>',
      'upsert (default) adds and updates; replace also removes members that the file does not name',
      oneOf(['upsert', 'replace']),
    )
    .option(
      '--on-duplicate <which>',
      'which line of one person counts: first (default) or last',
      oneOf(['first', 'last']),
    )
    .option('--dry-run', 'show what would happen and store nothing')
    .option('--rejects <file>', 'where rejected lines go (default: beside the file)', text)
    .option('--encoding <name>', 'encoding of the file when it cannot be recognised', text)
    .option('--no-header', 'the first line is data; columns are column_1, column_2 …')
    .option('--overwrite-blanks', 'a blank cell clears the stored value')
    .option('--reject-landline', 'reject landline numbers')
    .option('--date-format <order>', 'order of day, month and year in date columns', oneOf(['dmy', 'mdy', 'ymd']))
    .option(
      '--force',
      'import although it was imported before, more than 25 % is rejected, or replace removes many; overwrite the rejects file',
    )
    .addHelpText(
      'after',
      '\nEvery line ends in exactly one bucket: added, updated, unchanged, duplicate, suppressed or rejected.\nA rejects file can be mended and imported alone.',
    )
    .action(action(runImport))
}

async function runImport(host: Host, file: string, flags: Flags): Promise<void> {
  const result = await host.withApp(async (app) => {
    await using input = await inputFile(file, app.ctx.dataDir)
    using progress = host.progress()
    return host.untilStopped(() =>
      importCsv(app.ctx, {
        ...optionsOf(flags),
        path: input.path,
        ...(input.fileName !== undefined && { fileName: input.fileName }),
        onInspected: (facts) => {
          const columns = facts.columns.map(({ name, field }) =>
            field === null ? `${name} (left out)` : name === field ? name : `${name} → ${field}`,
          )
          host.output.note(
            `${facts.fileName}: ${facts.encoding}, delimiter ${facts.delimiter === '\t' ? 'tab' : facts.delimiter}; ${columns.join(', ')}`,
          )
          for (const note of facts.notes) host.output.note(note)
        },
        onProgress: (state) => progress.show(state),
        signal: host.signal,
      }),
    )
  })
  host.output.result(result, () => showImportResult(host.output, result))
}

function optionsOf(flags: Flags): Omit<ImportOptions, 'path'> {
  return {
    list: flags.list,
    ...(flags.defaultCountry && { defaultCountry: flags.defaultCountry }),
    ...(flags.international && { isInternational: true }),
    ...(flags.map && { mapping: flags.map }),
    ...(flags.mode && { mode: flags.mode }),
    ...(flags.onDuplicate && { onDuplicate: flags.onDuplicate }),
    ...(flags.dryRun && { isDryRun: true }),
    ...(flags.rejects && { rejectsPath: flags.rejects }),
    ...(flags.force && { isForced: true }),
    ...(flags.encoding && { encoding: flags.encoding }),
    ...(flags.header === false && { hasNoHeader: true }),
    ...(flags.overwriteBlanks && { overwriteBlanks: true }),
    ...(flags.rejectLandline && { rejectLandline: true }),
    ...(flags.dateFormat && { dateOrder: flags.dateFormat }),
  }
}

interface InputFile extends AsyncDisposable {
  path: string
  fileName?: string
}

/** Standard input is written to a file first: it is read twice. */
async function inputFile(file: string, dataDir: string): Promise<InputFile> {
  if (file !== '-') return { path: file, [Symbol.asyncDispose]: async () => {} }
  if (process.stdin.isTTY)
    throw new AppError('usage.missing_value', 'nothing comes from standard input', {
      hint: 'Pipe a file in: herald import - --list x < contacts.csv.',
    })
  const folder = await mkdtemp(join(dataDir, 'stdin-'))
  const path = join(folder, 'stdin.csv')
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }))
  return {
    path,
    fileName: 'standard input.csv',
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export function showImportResult(output: Output, result: ImportResult): void {
  if (result.alreadyImported)
    output.line(
      `This file was imported on ${result.importedAt ?? ''} (${result.importId ?? ''}); nothing to do. Use --force to apply it again.`,
    )
  else
    output.line(
      result.dryRun
        ? `Dry run: nothing was stored. "${result.list}" would get`
        : `Imported into "${result.list}" (${result.importId ?? ''}):`,
    )
  output.table(
    ['bucket', 'lines'],
    [
      ['added', result.added],
      ['updated', result.updated],
      ['unchanged', result.unchanged],
      ['duplicate in the file', result.duplicates],
      ['suppressed', result.suppressed],
      ['rejected', result.rejected],
      ['all lines', result.rows],
    ],
    '',
  )
  for (const [name, count] of Object.entries(result.warnings))
    output.line(output.colors.yellow(`${count} × ${warnings[name] ?? name}`))
  if (result.rejectsFile !== null) output.line(`Rejected lines with their reasons: ${result.rejectsFile}`)
}

const warnings: Record<string, string> = {
  landline: 'landline number, accepted',
  not_in_plan: "not in the country's numbering plan, accepted",
  extension_ignored: 'extension left out',
  modernised: 'old spelling of a number brought to the modern one',
  zone_invalid: 'unknown time zone, taken from the number instead',
  duplicate_conflict: 'same person with different data in the file',
  status_ignored: 'opted-out person; an import lifts no suppression, whatever a status column says',
}
