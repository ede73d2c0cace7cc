// Every refusal the program can give, by a stable code. A face turns a code into its own form
// (cli/exit-codes.ts, http/problem.ts); this file knows neither exit codes nor HTTP.
import { inSentences } from './sentence.ts'

/** Codes of rows that an import refuses. They also appear when one phone is typed by a person. */
export const rejectCodes = [
  'phone.missing',
  'phone.no_country',
  'phone.ambiguous',
  'phone.scientific',
  'phone.decimal',
  'phone.too_short',
  'phone.too_long',
  'phone.invalid',
  'phone.invalid_prefix',
  'phone.invalid_character',
  'phone.multiple',
  'phone.emergency',
  'phone.type_not_reachable',
  'phone.landline',
  'phone.legacy_format',
  'phone.looks_like_wa_id',
  'field.control_character',
  'field.too_long',
  'field.invalid_unicode',
  'csv.column_count',
  'consent.unclear',
  'date.invalid',
  'date.ambiguous',
] as const
export type RejectCode = (typeof rejectCodes)[number]

/** Every code by what it means to a caller; the faces give each kind its exit code or status. */
const codesByKind = {
  /** The input is wrong: a file, a definition, a value. */
  input: [
    ...rejectCodes,
    'csv.empty',
    'csv.no_rows',
    'csv.header_missing',
    'csv.phone_column_missing',
    'csv.phone_column_ambiguous',
    'csv.duplicate_column',
    'csv.empty_column_name',
    'csv.reserved_column',
    'csv.bad_column_name',
    'csv.column_name_too_long',
    'csv.too_many_columns',
    'csv.unknown_column',
    'csv.unknown_form',
    'csv.encoding',
    'csv.encoding_doubt',
    'csv.delimiter_unclear',
    'csv.bad_quote',
    'csv.unclosed_quote',
    'csv.line_too_long',
    'csv.not_text',
    'csv.workbook_too_large',
    'csv.unknown_sheet',
    'csv.too_many_rejects',
    'csv.changed_during_read',
    'file.not_found',
    'file.not_readable',
    'file.wrong_kind',
    'file.not_writable',
    'file.not_a_regular_file',
    'list.name_invalid',
    'campaign.not_an_object',
    'campaign.unknown_field',
    'campaign.invalid',
    'campaign.audience_missing',
    'campaign.audience_empty',
    'campaign.reaches_nobody',
    'campaign.missing_variables',
    'campaign.valid_until_unreadable',
    'content.invalid',
    'content.not_supported',
    'message.too_long',
    'media.url_not_allowed',
    'template.not_usable',
    'template.parameter_count',
    'template.unknown_field',
    'template.value_not_allowed',
    'template.syntax',
    'filter.invalid',
    'filter.too_large',
    'rate.out_of_range',
    'validity.out_of_range',
    'policy.unknown',
    'cap.requires_marketing',
    'cap.invalid',
    'quiet_hours.invalid',
    'reply.rules_invalid',
    'schedule.conflict',
    'schedule.too_far',
    'schedule.in_the_past',
    'schedule.needs_fixed_time',
    'schedule.invalid',
    'schedule.too_frequent',
    'cron.field_count',
    'cron.out_of_range',
    'cron.bad_range',
    'cron.syntax',
    'cron.letter',
    'cron.never',
    'cron.too_frequent',
    'cron.unknown_name',
    'date.time_missing',
    'date.zone_missing',
    'date.nonexistent_local_time',
    'date.leap_second',
    'date.out_of_range',
    'zone.unknown',
    'yaml.syntax',
    'yaml.alias',
    'yaml.not_one_document',
    'sender.invalid',
    'contact.field_invalid',
    'id.invalid',
    'idempotency.mismatch',
    'user.name_invalid',
    'password.too_short',
    'password.too_long',
    'password.common',
    'key.name_invalid',
    'key.rights',
    'key.expired',
  ],
  /** The command line is wrong. */
  usage: [
    'usage.unknown_command',
    'usage.unknown_option',
    'usage.missing_value',
    'usage.invalid_value',
    'usage.needs_yes',
    'host.not_allowed',
    'request.invalid',
    'json.duplicate_key',
    'json.encoding',
    'sort.unknown',
    'cursor.invalid',
  ],
  /** The process is set up wrongly. */
  configuration: [
    'config.invalid',
    'config.unknown_key',
    'config.empty_value',
    'config.key_file_open',
    'config.secret_missing',
    'config.secret_unreadable',
    'config.port_in_use',
    'config.port_not_allowed',
    'config.exposed',
    'config.native_module',
    'db.missing',
    'db.not_ours',
    'db.newer_schema',
    'db.unsupported',
    'db.folder_open',
    'clock.behind',
  ],
  /** What the caller wants to change is not what the caller saw. */
  changed: ['version.changed', 'version.unknown'],
  /** It cannot be done as things stand. */
  conflict: [
    'file.exists',
    'import.removes_too_many',
    'import.not_undoable',
    'list.busy',
    'contact.busy',
    'contact.erased',
    'reply.unmatched',
    'reply.matched',
    'list.in_use',
    'campaign.name_taken',
    'campaign.changed',
    'campaign.running',
    'campaign.finished',
    'campaign.cancelled',
    'campaign.archived',
    'campaign.not_launched',
    'campaign.needs_acknowledgement',
    'campaign.audience_changed',
    'sender.name_taken',
    'user.name_taken',
    'user.last_admin',
    'message.not_unknown',
    'message.other_count',
    'db.in_use',
    'db.held',
    'db.restoring',
    'restore.other_installation',
    'instance.version_mismatch',
    'db.illegal_move',
    'idempotency.in_progress',
    'idempotency.shown_once',
    'upload.too_many',
  ],
  notFound: [
    'import.not_found',
    'list.not_found',
    'contact.not_found',
    'campaign.not_found',
    'sender.not_found',
    'message.not_found',
    'run.not_found',
    'suppression.not_found',
    'reply.not_found',
    'user.not_found',
    'key.not_found',
    'cap.not_found',
    'webhook.unknown_address',
    'route.not_found',
    'upload.not_found',
    'import.no_rejects',
  ],
  /** Who asks is not known to be who they say. */
  notGenuine: [
    'webhook.signature_missing',
    'webhook.signature_wrong',
    'auth.required',
    'auth.wrong_credentials',
    'auth.wrong_password',
  ],
  /** Who asks is known and may not. */
  forbidden: ['auth.forbidden', 'csrf.origin', 'csrf.token'],
  tooMany: ['auth.too_many_tries', 'request.too_many', 'live.too_many_watchers'],
  /** As many as can be served are served. */
  busy: ['import.too_many', 'webhook.too_many'],
  gone: ['setup.link_over'],
  /** A part that is needed was never set up. */
  notConfigured: ['webhook.not_configured'],
  wrongMethod: ['route.wrong_method'],
  uriTooLong: ['request.uri_too_long'],
  tooSlow: ['request.too_slow'],
  tooLarge: ['webhook.too_large', 'request.too_large'],
  unsupportedMedia: ['webhook.encoded', 'request.not_json', 'request.not_a_form', 'request.not_a_table'],
  provider: ['provider.refused', 'provider.unreachable'],
  /** The provider has no such call: asking again is of no use. */
  notOffered: ['provider.cannot'],
  storage: ['db.full', 'db.busy', 'db.damaged', 'db.io', 'db.sync_failed'],
  checkFailed: ['check.failed', 'campaign.reached_nobody'],
  interrupted: ['interrupted'],
  fault: ['fault'],
} as const

export type ErrorKind = keyof typeof codesByKind
export type ErrorCode = (typeof codesByKind)[ErrorKind][number]

const kinds = new Map<string, ErrorKind>(
  Object.entries(codesByKind).flatMap(([kind, codes]) => codes.map((code) => [code, kind as ErrorKind] as const)),
)

export function kindOf(code: ErrorCode): ErrorKind {
  return kinds.get(code) ?? 'fault'
}

export function isErrorCode(text: string): text is ErrorCode {
  return kinds.has(text)
}

/** It is about everybody, not about the one at whose work it was met: a full disk, a lock, a lost database. */
export function isStorageError(error: unknown): boolean {
  return error instanceof AppError && kindOf(error.code) === 'storage'
}

/** One thing wrong in an input: where (JSON pointer, flag or column), which code, in words. */
export interface Problem {
  pointer: string
  code: ErrorCode
  detail: string
}

interface AppErrorOptions {
  /** What to do about it, as an instruction. */
  hint?: string
  /** Facts for programs: values found and allowed, all problems of an input. */
  details?: Record<string, unknown>
  cause?: unknown
}

/** A refusal or a fault with a stable code; `message` says what is wrong and where, with the values. */
export class AppError extends Error {
  override name = 'AppError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.details = options.details
  }
}

/** The storage's own words name files of the machine. */
const storageWords: Partial<Record<ErrorCode, string>> = {
  'db.full': 'the disk is full',
  'db.busy': 'the database is locked by another process',
  'db.damaged': 'the database is damaged',
  'db.io': 'the database cannot be read or written',
  'db.sync_failed': 'the disk has failed; nothing is sent or stored any more',
} satisfies Record<(typeof codesByKind)['storage'][number], string>

/** What of an error is told to people at other machines; undefined for a fault, of which nothing is. */
export function wordsOutside(error: unknown): { code: ErrorCode; message: string; hint?: string } | undefined {
  if (!(error instanceof AppError) || error.code === 'fault') return undefined
  const { code, message, hint } = error
  return { code, message: storageWords[code] ?? message, ...(hint !== undefined && { hint }) }
}

/** What is wrong and what to do about it, as one text. */
export function detailOf({ message, hint }: AppError): string {
  return hint === undefined ? message : inSentences(message, hint)
}

/** One error for all problems of an input: the first gives the code and the message, the rest stand in details. */
export function problemsError(problems: Problem[], subject: string): AppError {
  const [first] = problems
  if (first === undefined) throw new Error('problemsError needs at least one problem')
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  const where = first.pointer === '' ? subject : `${subject}${first.pointer}`
  return new AppError(first.code, `${where}: ${first.detail}${more}`, {
    details: { errors: problems.slice(0, PROBLEMS_MAX) },
  })
}

/** Most problems listed for one input. */
const PROBLEMS_MAX = 100

/**
 * The known word nearest to a mistyped one: by its letters (edit distance of at most a third), or one of which it is the beginning.
 * Undefined when none is near.
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  const letters = lettersOf(word)
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(letters.length / 3)) + 1
  let begun: string | undefined
  for (const candidate of known) {
    const other = lettersOf(candidate)
    const distance = editDistance(letters, other, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
    const [short, long] = letters.length < other.length ? [letters, other] : [other, letters]
    if (short.length >= BEGINNING_MIN && long.startsWith(short)) begun ??= candidate
  }
  return best ?? begun
}

/** Letters of a beginning that means something. */
const BEGINNING_MIN = 5

/** Nobody remembers whether a word is parted by a blank, a dash or a line below. */
function lettersOf(word: string): string {
  const letters = word.toLowerCase().replace(/[\s_-]/g, '')
  return letters === '' ? word.toLowerCase() : letters
}

/** What to do about an unknown word: the known one that is near, else something else to say. */
export function nearestHint(word: string, known: Iterable<string>, otherwise: string): string {
  const nearest = nearestWord(word, known)
  return nearest === undefined ? otherwise : `Did you mean "${nearest}"?`
}

/** Edit distance with neighbours swapped counted once, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforePrevious[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    beforePrevious = previous
    previous = row
  }
  return previous[b.length] ?? limit
}
