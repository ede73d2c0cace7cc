// `import`: a CSV file into a list, with every line in exactly one bucket.
import type { Command } from 'commander'
import type { DateOrder } from '../../domain/date-order.ts'
import { AppError } from '../../domain/errors.ts'
import { counted } from '../../domain/plural.ts'
import type { Context } from '../../engine/context.ts'
import { type ImportOptions, importCsv } from '../../engine/import/import-csv.ts'
import type { ImportResult } from '../../engine/import/import-result.ts'
import { statFile } from '../../engine/import/inspect-file.ts'
import { receiveFile } from '../../engine/import/received-file.ts'
import { checkNewFile, refuseTaken } from '../../runtime/csv-file.ts'
import { file, mapping, oneOf, text } from '../arguments.ts'
import { country } from '../country-argument.ts'
import { refuseDefinition } from '../definition-file.ts'
import { AnsweredError, action, type Host } from '../host.ts'
import { showWarnings } from '../import-warnings.ts'
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
  sheet?: string
  header?: boolean
  overwriteBlanks?: boolean
  strictColumns?: boolean
  rejectLandline?: boolean
  groups?: boolean
  dateFormat?: DateOrder
  dates?: string
  numbers?: string
}

export function addImport(program: Command): void {
  program
    .command('import')
    .argument('<file>', 'CSV or XLSX file, or - for standard input')
    .requiredOption('--list <name>', 'the list; created if it does not exist', text)
    .option('--default-country <code>', 'country of numbers written without calling code, for example DE', country)
    .option('--international', 'digits without + are complete international numbers')
    .option(
      '--map <column=field>',
      'what a column is: phone, zone, consent, opt_out, a field name, field:date, or - to leave it out',
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
    .option('--rejects <file>', 'where rejected lines go (default: beside the file)', file)
    .option('--encoding <name>', 'encoding of the file when it cannot be recognised', text)
    .option('--sheet <name>', 'sheet of a workbook (default: the first one)', text)
    .option('--no-header', 'the first line is data; columns are column_1, column_2 …')
    .option('--overwrite-blanks', 'a blank cell clears the stored value')
    .option('--strict-columns', 'reject lines with fewer cells than the header instead of filling them with blanks')
    .option('--reject-landline', 'reject landline numbers')
    .option('--groups', 'the phone column holds ids of groups, for senders with groups: true')
    .option('--date-format <order>', 'order of day, month and year in date columns', oneOf(['dmy', 'mdy', 'ymd']))
    .option(
      '--dates <form>',
      'form of dates in the file, for example DD.MM.YYYY, or of one column: since=DD.MM.YYYY; repeatable',
      declared,
    )
    .option('--numbers <column=form>', '1234.56 as a column writes it: spent=1.234,56; repeatable', declared)
    .option(
      '--force',
      'import although it was imported before, more than 25 % is rejected, or replace removes many; overwrite the rejects file',
    )
    .addHelpText(
      'after',
      '\nEvery line ends in exactly one bucket: added, updated, unchanged, duplicate, suppressed or rejected.\nYou can correct a rejects file and import it on its own.',
    )
    .action(action(runImport))
}

/** Given several times, as one text with semicolons. */
function declared(form: string, before: string | undefined): string {
  return before === undefined ? form : `${before}; ${form}`
}

async function runImport(host: Host, file: string, flags: Flags): Promise<void> {
  // Before a database is made for it.
  if (file !== '-') statFile(file)
  refuseDefinition(file)
  if (flags.rejects !== undefined) refuseTaken(flags.rejects, flags.force)
  // Input from a pipe has no folder, so no file is written next to it.
  const rejectsPath = flags.rejects ?? (file === '-' ? null : undefined)
  const result = await host.withApp(
    (app) =>
      host.untilStopped(async () => {
        // The folder may be that of the database, which is there by now.
        if (flags.rejects !== undefined) checkNewFile(flags.rejects, flags.force)
        using input = await inputFile(app.ctx, file, host.signal)
        using progress = host.progress()
        return await importCsv(app.ctx, {
          ...optionsOf(flags),
          ...(rejectsPath !== undefined && { rejectsPath }),
          path: input.path,
          ...(input.fileName !== undefined && { fileName: input.fileName }),
          onProgress: (state) => progress.show(state),
          signal: host.signal,
        })
      }, 'lines that are being applied are finished first'),
    { mayCreate: true },
  )
  host.output.result(result, () => showImportResult(host.output, result))
  if (host.signal.aborted) throw new AnsweredError(tooLate(result))
}

/** A script must not go on to send after the import was stopped. */
function tooLate({ importId }: ImportResult): AppError {
  return new AppError('interrupted', 'the import was complete before it could be stopped', {
    ...(importId !== null && { hint: `To take it back: herald imports undo ${importId}.` }),
  })
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
    ...(flags.force && { isForced: true }),
    ...(flags.encoding && { encoding: flags.encoding }),
    ...(flags.sheet && { sheet: flags.sheet }),
    ...(flags.header === false && { hasNoHeader: true }),
    ...(flags.overwriteBlanks && { overwriteBlanks: true }),
    ...(flags.strictColumns && { strictColumns: true }),
    ...(flags.rejectLandline && { rejectLandline: true }),
    ...(flags.groups && { isGroups: true }),
    ...(flags.dateFormat && { dateOrder: flags.dateFormat }),
    ...(flags.dates && { dates: flags.dates }),
    ...(flags.numbers && { numbers: flags.numbers }),
  }
}

interface InputFile extends Disposable {
  path: string
  fileName?: string
}

async function inputFile(ctx: Context, file: string, signal: AbortSignal): Promise<InputFile> {
  if (file !== '-') return { path: file, [Symbol.dispose]: () => {} }
  if (process.stdin.isTTY)
    throw new AppError('usage.missing_value', 'nothing comes from standard input', {
      hint: 'Pipe a file in: herald import - --list x < contacts.csv.',
    })
  const received = await receiveFile(ctx, process.stdin, signal)
  return { ...received, fileName: 'standard input.csv' }
}

export function showImportResult(output: Output, result: ImportResult): void {
  if (result.alreadyImported)
    return output.line(
      `This file was imported on ${result.importedAt ?? ''} (${result.importId ?? ''}); nothing to do. Use --force to apply it again.`,
    )
  if (!output.isQuiet) showReading(output, result)
  output.line(
    result.dryRun
      ? `Dry run: nothing was stored. "${result.list}" would get`
      : `Imported into "${result.list}" (${result.importId ?? ''}):`,
  )
  output.table(
    ['bucket', 'rows'],
    [
      ['added', result.added],
      ['updated', result.updated],
      ['unchanged', result.unchanged],
      ['duplicate in the file', result.duplicates],
      ['suppressed', result.suppressed],
      ['rejected', result.rejected],
      ['all rows', result.rows],
    ],
    '',
  )
  if (!output.isQuiet) showDetails(output, result)
  else if (result.rejectsFile !== null) output.line(`Rejected lines are in ${result.rejectsFile}.`)
}

/** What is said beside the buckets. */
function showDetails(output: Output, result: ImportResult): void {
  output.line(linesText(result))
  if (result.removed > 0) output.line(`${result.removed} members that the file does not name leave the list`)
  showWarnings(output, result)
  showRepeats(output, result)
  showRejects(output, result)
}

/** Rows and lines differ by the header, blank lines and line breaks inside cells. */
function linesText({ rows, lines, blankLines }: ImportResult): string {
  const blank = blankLines === 0 ? '' : `, ${blankLines} of them blank`
  return `${counted(rows, 'row', 'rows')} in ${counted(lines, 'line', 'lines')} of the file${blank}`
}

/** What was recognised in the file: a wrong guess is seen here first. */
function showReading(output: Output, { encoding, delimiter, columns, notes, sheet }: ImportResult): void {
  const named = columns.filter(({ name }) => name !== '')
  const became = named.map(({ name, field }) =>
    field === null ? `${name} (left out)` : name === field ? name : `${name} → ${field}`,
  )
  const split = delimiter === '\t' ? 'tabs' : `"${delimiter}"`
  const where = sheet === null ? `split by ${split}, in ${encoding}` : `of the sheet "${sheet}"`
  output.line(`Columns, ${where}: ${became.join(', ')}`)
  for (const note of notes.filter((text) => !text.startsWith('delimiter'))) output.line(note)
}

function showRepeats(output: Output, { repeats, duplicates }: ImportResult): void {
  for (const { line, keptLine, differs } of repeats)
    output.line(`line ${line} repeats line ${keptLine}${differs ? ' with other data' : ''}; line ${keptLine} counts`)
  if (duplicates > repeats.length && repeats.length > 0) output.line(`… and ${duplicates - repeats.length} more`)
}

function showRejects(output: Output, { examples, rejected, rejectsFile }: ImportResult): void {
  for (const { line, code, detail } of examples) output.line(`line ${line} is rejected: ${detail} (${code})`)
  if (rejected > examples.length) output.line(`… and ${rejected - examples.length} more`)
  if (rejectsFile !== null) output.line(`Correct the rejected lines in ${rejectsFile} and import that file.`)
  else if (rejected > 0) output.line('To get the rejected lines as a file, name one with --rejects.')
}
